/* What survives a kill of the board. */
#include "board/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE   100
#define LAYOUT 1

static char folder[64], path[80];

static int start(void **unused)
{
    (void)unused;
    snprintf(folder, sizeof folder, "/tmp/kezek-journal.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/feed", folder);
    return setenv("KEZEK_RUNDIR", folder, 1);
}

static int stop(void **unused)
{
    (void)unused;
    unlink(path);
    return rmdir(folder);
}

static void leave(const char *text)
{
    char *memory = journal_map("feed", SIZE, LAYOUT);
    assert_non_null(memory);
    snprintf(memory, SIZE, "%s", text);
    journal_unmap(memory, SIZE);
}

static void expect(size_t size, unsigned layout, const char *text)
{
    char *memory = journal_map("feed", size, layout);
    assert_non_null(memory);
    assert_string_equal(memory, text);
    for (size_t i = strlen(text); i < size; i++)
        assert_int_equal(memory[i], 0);
    journal_unmap(memory, size);
}

static void a_new_one_is_zero_and_its_owners_alone(void **unused)
{
    (void)unused;
    struct stat stat_of;
    expect(SIZE, LAYOUT, "");
    assert_int_equal(stat(path, &stat_of), 0);
    assert_int_equal(stat_of.st_mode & 0777, 0600);
}

static void what_a_killed_process_stored_is_there_again(void **unused)
{
    (void)unused;
    pid_t pid = fork();
    if (pid == 0) {
        char *memory = journal_map("feed", SIZE, LAYOUT);
        if (memory)
            memcpy(memory, "before the kill", sizeof "before the kill");
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    expect(SIZE, LAYOUT, "before the kill");
}

static void one_of_another_size_is_zeroed(void **unused)
{
    (void)unused;
    leave("old");
    expect(SIZE + 8, LAYOUT, "");
    leave("old");
    expect(SIZE - 8, LAYOUT, "");
}

static void one_of_another_layout_is_zeroed(void **unused)
{
    (void)unused;
    leave("old");
    expect(SIZE, LAYOUT + 1, "");
}

static void garbage_of_the_right_size_is_zeroed(void **unused)
{
    (void)unused;
    leave("old");
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    fputs("garbage", file);
    assert_int_equal(fclose(file), 0);
    expect(SIZE, LAYOUT, "");
}

static void a_link_in_its_place_is_not_followed(void **unused)
{
    (void)unused;
    char elsewhere[80];
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", folder);
    assert_int_equal(symlink(elsewhere, path), 0);
    assert_null(journal_map("feed", SIZE, LAYOUT));
    assert_int_equal(errno, ELOOP);
    assert_int_equal(access(elsewhere, F_OK), -1);
}

static void without_a_run_directory_there_is_none(void **unused)
{
    (void)unused;
    setenv("KEZEK_RUNDIR", "/nonexistent/kezek", 1);
    assert_null(journal_map("feed", SIZE, LAYOUT));
    journal_unmap(NULL, SIZE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_one_is_zero_and_its_owners_alone), TEST(what_a_killed_process_stored_is_there_again),
        TEST(one_of_another_size_is_zeroed),          TEST(one_of_another_layout_is_zeroed),
        TEST(garbage_of_the_right_size_is_zeroed),    TEST(a_link_in_its_place_is_not_followed),
        TEST(without_a_run_directory_there_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
