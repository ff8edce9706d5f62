/* When a child that died is started again. */
#include "board/child.h"
#include "board/log.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_US INT64_C(1000000)
#define T0        (100 * SECOND_US)
#define KILLED    9 /* as waitpid() tells it */

static struct child child;

static int start(void **unused)
{
    (void)unused;
    child = (struct child){ .name = "link", .pid = 1000, .started_us = T0 };
    return 0;
}

/* Lives for `life_us`, dies, and is started again when that was said. */
static int64_t wait_after_life_of(int64_t life_us)
{
    int64_t died_us = child.started_us + life_us;
    int64_t wait_us = child_died(&child, KILLED, died_us) - died_us;
    assert_int_equal(child.pid, 0);
    child.pid = 1000;
    child.started_us = died_us + wait_us;
    return wait_us;
}

static void one_that_dies_at_once_waits_twice_as_long_each_time_up_to_ten_seconds(void **unused)
{
    (void)unused;
    static const int64_t expected_us[] = { 200000,  400000,  800000,   1600000,
                                           3200000, 6400000, 10000000, 10000000 };
    for (size_t i = 0; i < sizeof expected_us / sizeof expected_us[0]; i++)
        assert_int_equal(wait_after_life_of(1000), expected_us[i]);
}

static void a_minute_of_life_is_forgiven(void **unused)
{
    (void)unused;
    for (int i = 0; i < 5; i++)
        wait_after_life_of(1000);
    assert_int_equal(wait_after_life_of(61 * SECOND_US), 200000);
}

static void a_short_life_is_not(void **unused)
{
    (void)unused;
    wait_after_life_of(1000);
    assert_int_equal(wait_after_life_of(59 * SECOND_US), 400000);
}

static void one_that_dies_again_and_again_is_told_once_and_when_it_stays(void **unused)
{
    (void)unused;
    char said[4096];
    FILE *log = tmpfile();
    int stderr_fd = dup(STDERR_FILENO);
    assert_true(log && dup2(fileno(log), STDERR_FILENO) == STDERR_FILENO);
    log_open("test", LOG_LEVEL_INFO);
    for (int i = 0; i < 100; i++) {
        wait_after_life_of(1000);
        child_tick(&child, child.started_us + 59 * SECOND_US);
    }
    int64_t stable_us = child_deadline_us(&child);
    child_tick(&child, stable_us);
    int64_t after_us = child_deadline_us(&child);
    wait_after_life_of(70 * SECOND_US);
    child_died(&child, SIGSYS, child.started_us + 70 * SECOND_US);
    log_open("test", LOG_LEVEL_ERROR);
    dup2(stderr_fd, STDERR_FILENO);
    close(stderr_fd);
    rewind(log);
    said[fread(said, 1, sizeof said - 1, log)] = '\0';
    fclose(log);
    assert_int_equal(stable_us, child.started_us - 200000 - 10 * SECOND_US);
    assert_int_equal(after_us, INT64_MAX);
    assert_string_equal(
        said, "test: link: killed by signal 9; starts again in 0.2 s\n"
              "test: link: killed by signal 9 again; tried each 10 s at most, told when it stays up\n"
              "test: link: stays up\n"
              "test: link: killed by signal 9; starts again in 0.2 s\n"
              "test: link: ended by its sandbox; starts again in 0.2 s\n");
}

/* There is no kezek-link beside a test. */
static void one_that_cannot_be_executed_ends_by_itself(void **unused)
{
    (void)unused;
    struct config *config = calloc(1, sizeof *config);
    int status = 0;
    child = (struct child){ .name = "link" };
    assert_int_equal(child_start(&child, config, -1, T0), 0);
    assert_true(child.pid > 0);
    assert_int_equal(child.starts, 1);
    assert_int_equal(waitpid(child.pid, &status, 0), child.pid);
    assert_true(WIFEXITED(status));
    assert_int_not_equal(WEXITSTATUS(status), 0);
    free(config);
}

static void stopping_what_does_not_run_does_nothing(void **unused)
{
    (void)unused;
    child.pid = 0;
    child_stop(&child);
}

int main(void)
{
    log_open("test", LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_that_dies_at_once_waits_twice_as_long_each_time_up_to_ten_seconds, start),
        cmocka_unit_test_setup(a_minute_of_life_is_forgiven, start),
        cmocka_unit_test_setup(a_short_life_is_not, start),
        cmocka_unit_test_setup(one_that_dies_again_and_again_is_told_once_and_when_it_stays, start),
        cmocka_unit_test_setup(one_that_cannot_be_executed_ends_by_itself, start),
        cmocka_unit_test_setup(stopping_what_does_not_run_does_nothing, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
