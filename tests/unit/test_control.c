/* The control socket with real clients: the board's side runs its loop on a thread, the test is the clients.
 */
#include "board/control.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

struct board {
    char folder[32], path[64];
    struct loop *loop;
    struct control *control;
    pthread_t thread;
    uint64_t held;
};

static double number(const cJSON *request, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(request, key);
    return item ? item->valuedouble : 0;
}

static void tell_many(struct board *board, unsigned count, unsigned size)
{
    char *line = malloc(size + 1);
    memset(line, 'w', size);
    line[size] = 0;
    for (unsigned i = 0; i < count; i++)
        control_tell(board->control, line);
    free(line);
}

static void reply_pattern(struct board *board, uint64_t id, size_t size)
{
    unsigned char *bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (unsigned char)(i * 31 >> 3);
    char line[64];
    snprintf(line, sizeof line, "{\"ok\":true,\"bytes\":%zu}", size);
    control_reply_bytes(board->control, id, line, bytes, size);
}

static void on_request(void *data, struct control_client *client, const cJSON *request)
{
    struct board *board = data;
    uint64_t id = control_client_id(client);
    const char *command = cJSON_GetObjectItemCaseSensitive(request, "cmd")->valuestring;
    if (!strcmp(command, "bytes")) {
        reply_pattern(board, id, (size_t)number(request, "size"));
        return;
    }
    if (!strcmp(command, "hold")) {
        board->held = id;
        return;
    }
    if (!strcmp(command, "fail")) {
        control_error(board->control, id, "no such screen: \"%s\"", "main\n");
        return;
    }
    if (!strcmp(command, "release"))
        control_reply(board->control, board->held, "{\"ok\":true,\"held\":true}");
    if (!strcmp(command, "watch"))
        control_watch(board->control, id, true);
    if (!strcmp(command, "tell"))
        tell_many(board, (unsigned)number(request, "count"), (unsigned)number(request, "size"));
    if (!strcmp(command, "quit"))
        loop_quit(board->loop, 0);
    char line[96];
    snprintf(line, sizeof line, "{\"ok\":true,\"n\":%d,\"watched\":%s}", (int)number(request, "n"),
             control_is_watched(board->control) ? "true" : "false");
    control_reply(board->control, id, line);
    control_reply(board->control, id, "{\"second\":\"reply is dropped\"}");
}

static void *board_thread(void *data)
{
    struct board *board = data;
    loop_run(board->loop);
    return NULL;
}

static int start(void **state)
{
    struct board *board = calloc(1, sizeof *board);
    strcpy(board->folder, "/tmp/kezek-control.XXXXXX");
    assert_non_null(mkdtemp(board->folder));
    snprintf(board->path, sizeof board->path, "%s/control", board->folder);
    board->loop = loop_create();
    board->control = control_create(board->loop, board->path, on_request, board);
    assert_non_null(board->control);
    assert_int_equal(pthread_create(&board->thread, NULL, board_thread, board), 0);
    *state = board;
    return 0;
}

static int join(const struct board *board)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    strcpy(address.sun_path, board->path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* One line without newline; false at the end of the stream. */
static bool hear(int fd, char *line, size_t size)
{
    size_t length = 0;
    while (recv(fd, line + length, 1, 0) == 1) {
        if (line[length] == '\n') {
            line[length] = 0;
            return true;
        }
        if (++length == size)
            fail_msg("line too long");
    }
    line[length] = 0;
    return false;
}

static void expect(int fd, const char *text)
{
    char line[4096];
    assert_true(hear(fd, line, sizeof line));
    assert_string_equal(line, text);
}

static void expect_echo(int fd, int n)
{
    char text[96], line[128];
    snprintf(text, sizeof text, "{\"cmd\":\"echo\",\"n\":%d}\n", n);
    say(fd, text);
    snprintf(text, sizeof text, "{\"ok\":true,\"n\":%d,", n);
    assert_true(hear(fd, line, sizeof line));
    assert_memory_equal(line, text, strlen(text));
}

static void expect_error(int fd, const char *part)
{
    char line[4096];
    assert_true(hear(fd, line, sizeof line));
    assert_memory_equal(line, "{\"ok\":false,\"error\":\"", 21);
    if (!strstr(line, part))
        fail_msg("\"%s\" is not in %s", part, line);
}

static int stop(void **state)
{
    struct board *board = *state;
    int fd = join(board);
    say(fd, "{\"cmd\":\"quit\"}\n");
    pthread_join(board->thread, NULL);
    close(fd);
    control_destroy(board->control);
    loop_destroy(board->loop);
    assert_int_not_equal(access(board->path, F_OK), 0);
    assert_int_equal(rmdir(board->folder), 0);
    free(board);
    return 0;
}

static void answers_requests_in_order(void **state)
{
    int fd = join(*state);
    say(fd, "{\"cmd\":\"echo\",\"n\":1}\n\n\r\n{\"cmd\":\"echo\",\"n\":2}\r\n{\"cmd\":\"bytes\",\"size\":3}"
            "\n{\"cmd\":\"echo\",\"n\":3}\n");
    expect(fd, "{\"ok\":true,\"n\":1,\"watched\":false}");
    expect(fd, "{\"ok\":true,\"n\":2,\"watched\":false}");
    expect(fd, "{\"ok\":true,\"bytes\":3}");
    char raw[3];
    assert_int_equal(recv(fd, raw, 3, MSG_WAITALL), 3);
    expect(fd, "{\"ok\":true,\"n\":3,\"watched\":false}");
    close(fd);
}

static void a_late_reply_keeps_the_order_and_delays_nobody_else(void **state)
{
    int slow = join(*state), other = join(*state);
    say(slow, "{\"cmd\":\"hold\"}\n{\"cmd\":\"echo\",\"n\":7}\n");
    expect_echo(other, 1);
    assert_int_equal(recv(slow, (char[1]){ 0 }, 1, MSG_DONTWAIT), -1);
    say(other, "{\"cmd\":\"release\"}\n");
    expect(slow, "{\"ok\":true,\"held\":true}");
    expect(slow, "{\"ok\":true,\"n\":7,\"watched\":false}");
    close(slow);
    close(other);
}

static void a_client_that_left_before_its_reply_is_fine(void **state)
{
    int gone = join(*state), other = join(*state);
    expect_echo(gone, 1);
    say(gone, "{\"cmd\":\"hold\"}\n");
    expect_echo(other, 1);
    close(gone);
    expect_echo(other, 2);
    say(other, "{\"cmd\":\"release\"}\n");
    expect(other, "{\"ok\":true,\"n\":0,\"watched\":false}");
    close(other);
}

static void a_reader_that_closed_its_writing_side_gets_its_replies(void **state)
{
    int fd = join(*state);
    char line[96];
    say(fd, "{\"cmd\":\"echo\",\"n\":1}\n{\"cmd\":\"echo\",\"n\":2}\nhalf a li");
    shutdown(fd, SHUT_WR);
    expect(fd, "{\"ok\":true,\"n\":1,\"watched\":false}");
    expect(fd, "{\"ok\":true,\"n\":2,\"watched\":false}");
    assert_false(hear(fd, line, sizeof line));
    close(fd);
}

static void half_a_line_waits_alone(void **state)
{
    int half = join(*state), other = join(*state);
    say(half, "{\"cmd\":\"echo\",");
    expect_echo(other, 5);
    say(half, "\"n\":6}\n");
    expect(half, "{\"ok\":true,\"n\":6,\"watched\":false}");
    close(half);
    close(other);
}

static void bad_requests_get_one_clear_error_each(void **state)
{
    static const struct {
        const char *line, *error;
    } rows[] = {
        { "hello\n", "no JSON" },
        { "{\"cmd\":\"echo\"\n", "no JSON" },
        { "{} {}\n", "no JSON" },
        { "\"\xff\"\n", "no JSON" },
        { "[]\n", "no command" },
        { "{\"cmd\":5}\n", "no command" },
        { "{\"cmd\":\"fail\"}\n", "no such screen: \\\"main\\u000a\\\"" },
    };
    int fd = join(*state);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        say(fd, rows[i].line);
        expect_error(fd, rows[i].error);
    }
    expect_echo(fd, 1);
    close(fd);
}

static void an_endless_line_gets_one_error_and_costs_no_memory(void **state)
{
    int fd = join(*state), other = join(*state);
    static char block[65536];
    memset(block, 'x', sizeof block);
    size_t sent = 0;
    for (ssize_t n = 0; sent < 1u << 30; sent += (size_t)n)
        if ((n = send(fd, block, sizeof block, MSG_NOSIGNAL)) < 0)
            break;
    assert_true(sent < 4u << 20); /* one line buffer and what a socket holds */
    expect_error(fd, "longer than 65536 bytes");
    assert_true(recv(fd, block, 1, 0) <= 0);
    expect_echo(other, 1);
    close(fd);
    close(other);
}

static void the_longest_line_is_taken(void **state)
{
    static char line[CONTROL_LINE_MAX + 2];
    int fd = join(*state);
    memset(line, ' ', CONTROL_LINE_MAX);
    memcpy(line, "{\"cmd\":\"echo\",\"n\":4", 19);
    strcpy(line + CONTROL_LINE_MAX - 2, "}\n");
    say(fd, line);
    expect(fd, "{\"ok\":true,\"n\":4,\"watched\":false}");
    close(fd);
}

static void the_seventeenth_client_is_told_why(void **state)
{
    int fd[CONTROL_CLIENTS_MAX];
    char line[96];
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        fd[i] = join(*state);
        expect_echo(fd[i], i);
    }
    int extra = join(*state);
    expect_error(extra, "too many clients: 16");
    assert_false(hear(extra, line, sizeof line));
    close(extra);
    close(fd[3]);
    expect_echo(fd[4], 1); /* the board saw the close before: it came first in the same epoll */
    expect_echo(fd[5], 1);
    fd[3] = join(*state);
    expect_echo(fd[3], 2);
    for (int i = 0; i < CONTROL_CLIENTS_MAX; i++)
        close(fd[i]);
}

static void watchers_get_every_line_and_others_none(void **state)
{
    int watcher = join(*state), other = join(*state);
    say(watcher, "{\"cmd\":\"watch\"}\n");
    expect(watcher, "{\"ok\":true,\"n\":0,\"watched\":true}");
    say(other, "{\"cmd\":\"tell\",\"count\":3,\"size\":5}\n");
    expect(other, "{\"ok\":true,\"n\":0,\"watched\":true}");
    for (int i = 0; i < 3; i++)
        expect(watcher, "wwwww");
    say(watcher, "{\"cmd\":\"echo\",\"n\":9}\n");
    expect(watcher, "{\"ok\":true,\"n\":9,\"watched\":true}");
    close(watcher);
    close(other);
}

static void a_watcher_that_never_reads_is_cut_and_the_other_misses_nothing(void **state)
{
    int deaf = join(*state), keen = join(*state), teller = join(*state);
    char line[1024];
    say(deaf, "{\"cmd\":\"watch\"}\n");
    say(keen, "{\"cmd\":\"watch\"}\n");
    expect(keen, "{\"ok\":true,\"n\":0,\"watched\":true}");
    expect(deaf, "{\"ok\":true,\"n\":0,\"watched\":true}");
    for (int round = 0; round < 40; round++) {
        say(teller, "{\"cmd\":\"tell\",\"count\":50,\"size\":1000}\n");
        for (int i = 0; i < 50; i++)
            assert_true(hear(keen, line, sizeof line));
        assert_true(hear(teller, line, sizeof line));
    }
    size_t heard = 0;
    for (ssize_t n; (n = recv(deaf, line, sizeof line, 0)) > 0;)
        heard += (size_t)n;
    assert_in_range(heard, 1, 1990000); /* not all of 40 * 50 * 1001 */
    close(deaf);
    close(keen);
    close(teller);
}

static void a_client_that_asks_and_never_reads_stops_alone(void **state)
{
    int greedy = join(*state), other = join(*state);
    for (int i = 0; i < 20000; i++)
        if (send(greedy, "{\"cmd\":\"bytes\",\"size\":100000}\n", 30, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    for (int i = 0; i < 20; i++)
        expect_echo(other, i);
    close(greedy);
    close(other);
}

static void many_megabytes_reach_a_slow_reader_unharmed(void **state)
{
    enum { SIZE = 6 << 20 };
    int slow = join(*state), other = join(*state);
    unsigned char *bytes = malloc(SIZE);
    say(slow, "{\"cmd\":\"bytes\",\"size\":6291456}\n");
    expect(slow, "{\"ok\":true,\"bytes\":6291456}");
    for (size_t got = 0; got < SIZE;) {
        ssize_t n = recv(slow, bytes + got, SIZE - got < 50000 ? SIZE - got : 50000, 0);
        assert_true(n > 0);
        got += (size_t)n;
        expect_echo(other, 1);
    }
    for (size_t i = 0; i < SIZE; i++)
        if (bytes[i] != (unsigned char)(i * 31 >> 3))
            fail_msg("byte %zu differs", i);
    expect_echo(slow, 2);
    free(bytes);
    close(slow);
    close(other);
}

static void the_socket_is_for_owner_and_group_only(void **state)
{
    struct board *board = *state;
    struct stat status;
    assert_int_equal(stat(board->path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0660);
}

static void a_socket_that_someone_listens_on_is_refused(void **state)
{
    struct board *board = *state;
    struct loop *loop = loop_create();
    assert_null(control_create(loop, board->path, on_request, NULL));
    assert_int_equal(errno, EADDRINUSE);
    loop_destroy(loop);
    int fd = join(board);
    expect_echo(fd, 1);
    close(fd);
}

static void a_stale_socket_is_replaced_and_another_file_is_not(void **state)
{
    (void)state;
    char folder[] = "/tmp/kezek-control.XXXXXX";
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof address.sun_path, "%s/control", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    struct loop *loop = loop_create();
    struct control *control = control_create(loop, address.sun_path, on_request, NULL);
    assert_non_null(control);
    control_destroy(control);
    assert_int_not_equal(access(address.sun_path, F_OK), 0);

    FILE *file = fopen(address.sun_path, "w");
    fclose(file);
    assert_null(control_create(loop, address.sun_path, on_request, NULL));
    assert_int_equal(errno, EEXIST);
    assert_int_equal(unlink(address.sun_path), 0);

    char too_long[200];
    snprintf(too_long, sizeof too_long, "%s/%0150d", folder, 1);
    assert_null(control_create(loop, too_long, on_request, NULL));
    assert_int_equal(errno, ENAMETOOLONG);
    assert_null(control_create(loop, "/nonexistent/kezek/control", on_request, NULL));
    assert_int_equal(errno, ENOENT);
    loop_destroy(loop);
    rmdir(folder);
}

static void the_run_folder_follows_the_environment(void **state)
{
    (void)state;
    char path[64];
    setenv("KEZEK_RUNDIR", "/tmp/kz", 1);
    assert_int_equal(rundir_path(path, sizeof path, "control"), 0);
    assert_string_equal(path, "/tmp/kz/control");
    assert_int_equal(rundir_path(path, sizeof path, NULL), 0);
    assert_string_equal(path, "/tmp/kz");
    assert_int_equal(rundir_path(path, 10, "control"), -ENAMETOOLONG);
    setenv("KEZEK_RUNDIR", "", 1);
    setenv("XDG_RUNTIME_DIR", "/tmp/xdg", 1);
    assert_int_equal(rundir_path(path, sizeof path, "control"), 0);
    assert_string_equal(path, geteuid() == 0 ? "/run/kezek/control" : "/tmp/xdg/kezek/control");
}

#define WITH_BOARD(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_BOARD(answers_requests_in_order),
        WITH_BOARD(a_late_reply_keeps_the_order_and_delays_nobody_else),
        WITH_BOARD(a_client_that_left_before_its_reply_is_fine),
        WITH_BOARD(a_reader_that_closed_its_writing_side_gets_its_replies),
        WITH_BOARD(half_a_line_waits_alone),
        WITH_BOARD(bad_requests_get_one_clear_error_each),
        WITH_BOARD(an_endless_line_gets_one_error_and_costs_no_memory),
        WITH_BOARD(the_longest_line_is_taken),
        WITH_BOARD(the_seventeenth_client_is_told_why),
        WITH_BOARD(watchers_get_every_line_and_others_none),
        WITH_BOARD(a_watcher_that_never_reads_is_cut_and_the_other_misses_nothing),
        WITH_BOARD(a_client_that_asks_and_never_reads_stops_alone),
        WITH_BOARD(many_megabytes_reach_a_slow_reader_unharmed),
        WITH_BOARD(the_socket_is_for_owner_and_group_only),
        WITH_BOARD(a_socket_that_someone_listens_on_is_refused),
        cmocka_unit_test(a_stale_socket_is_replaced_and_another_file_is_not),
        cmocka_unit_test(the_run_folder_follows_the_environment),
    };
    return cmocka_run_group_tests_name("control", tests, NULL, NULL);
}
