/* The console between real ends: a control socket with written replies, and HTTP clients. Both loops run on
 * threads. */
#include "board/console/console.h"
#include "board/console/metrics.h"
#include "board/control.h"
#include "tests/unit/fake_board.h"
#include "tests/unit/http_client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

/* A loop on a thread that ends when its descriptor is written. */
struct runner {
    struct loop *loop;
    struct loop_source *source;
    int fd;
    pthread_t thread;
};

struct hall_test {
    char folder[40], path[64];
    struct config config;
    struct runner board, page;
    struct control *control;
    struct console *console;
};

static void quit(void *data, uint32_t events)
{
    (void)events;
    loop_quit(data, 0);
}

static void runner_init(struct runner *runner)
{
    runner->loop = loop_create();
    runner->fd = eventfd(0, 0);
    runner->source = loop_add(runner->loop, runner->fd, EPOLLIN, "quit", quit, runner->loop);
}

static void *runner_thread(void *data)
{
    loop_run(data);
    return NULL;
}

static void runner_start(struct runner *runner)
{
    assert_int_equal(pthread_create(&runner->thread, NULL, runner_thread, runner->loop), 0);
}

static void runner_stop(struct runner *runner)
{
    eventfd_write(runner->fd, 1);
    pthread_join(runner->thread, NULL);
}

static void runner_finish(struct runner *runner)
{
    loop_remove(runner->source);
    loop_destroy(runner->loop);
    close(runner->fd);
}

static void on_request(void *data, struct control_client *client, const cJSON *request)
{
    struct hall_test *test = data;
    uint64_t id = control_client_id(client);
    const char *command = cJSON_GetObjectItemCaseSensitive(request, "cmd")->valuestring;
    if (!strcmp(command, "status")) {
        control_reply(test->control, id, FAKE_STATUS);
    } else if (!strcmp(command, "snapshot")) {
        char *bytes = calloc(1, 300000);
        memset(bytes, 'P', 300000);
        control_reply_bytes(test->control, id, "{\"ok\":true,\"format\":\"png\",\"bytes\":300000}", bytes,
                            300000);
    } else if (!strcmp(command, "watch")) {
        control_watch(test->control, id, true);
        control_reply(test->control, id, "{\"ok\":true}");
        control_tell(test->control, "{\"watch\":\"truth\",\"truth\":\"fresh\"}");
    } else if (!strcmp(command, "event")) {
        control_tell(test->control, "{\"watch\":\"event\",\"type\":\"call\"}");
        control_reply(test->control, id, "{\"ok\":true}");
    } else {
        control_error(test->control, id, "no chime \"%s\"", "hall");
    }
}

static void start_board(struct hall_test *test)
{
    runner_init(&test->board);
    test->control = control_create(test->board.loop, test->path, on_request, test);
    assert_non_null(test->control);
    runner_start(&test->board);
}

static void stop_board(struct hall_test *test)
{
    runner_stop(&test->board);
    control_destroy(test->control);
    runner_finish(&test->board);
    test->control = NULL;
}

static int start(void **state)
{
    struct hall_test *test = calloc(1, sizeof *test);
    char error[128] = "";
    strcpy(test->folder, "/tmp/kezek-console.XXXXXX");
    assert_non_null(mkdtemp(test->folder));
    snprintf(test->path, sizeof test->path, "%s/control", test->folder);
    strcpy(test->config.hall, "open-almaty");
    strcpy(test->config.console.host, "127.0.0.1");
    test->config.nlangs = 1;
    strcpy(test->config.lang[0], "kk");
    strcpy(test->config.name.text[0], "Қабылдау");
    test->config.ndesks = 1;
    strcpy(test->config.desk[0].id, "3");
    test->config.desk[0].agency = NONE;
    start_board(test);
    runner_init(&test->page);
    test->console = console_create(test->page.loop, &test->config, test->path, error, sizeof error);
    if (!test->console)
        fail_msg("%s", error);
    runner_start(&test->page);
    *state = test;
    return 0;
}

static int stop(void **state)
{
    struct hall_test *test = *state;
    runner_stop(&test->page);
    console_destroy(test->console);
    runner_finish(&test->page);
    if (test->control)
        stop_board(test);
    assert_int_equal(rmdir(test->folder), 0);
    free(test);
    return 0;
}

static int ask(struct hall_test *test, const char *head, const char *body)
{
    return http_ask(console_port(test->console), head, body);
}

static void expect(struct hall_test *test, const char *head, const char *body, const char *status,
                   const char *part)
{
    http_expect(ask(test, head, body), status, part);
}

static void the_page_and_its_parts_are_served(void **state)
{
    expect(*state, "GET /", "", "200", "<!DOCTYPE html>");
    expect(*state, "GET /page.css", "", "200", "text/css");
    expect(*state, "GET /page.js", "", "200", "text/javascript");
    expect(*state, "GET /api/hall", "", "200",
           "{\"ok\":true,\"hall\":\"open-almaty\",\"board\":\"\",\"name\":{\"kk\":\"Қаб");
}

static void replies_of_the_board_come_unchanged(void **state)
{
    expect(*state, "GET /api/status", "", "200", "\r\n\r\n" FAKE_STATUS);
    expect(*state, "GET /api/chimes", "", "409", "{\"ok\":false,\"error\":\"no chime \\\"hall\\\"\"}");
}

static void pictures_are_forwarded(void **state)
{
    expect(*state, "GET /api/screens/main.png?frame=7", "", "200", "Content-Type: image/png");
    expect(*state, "GET /api/screens/main.png", "", "200", "Content-Length: 300000");
    expect(*state, "GET /api/screens/main", "", "404", "no such picture");
    expect(*state, "GET /api/screens/..%22.png", "", "404", "no such picture");
}

static void only_the_offered_commands_are_forwarded(void **state)
{
    static const char *const refused[] = {
        "{\"cmd\":\"watch\"}", "{\"cmd\":\"snapshot\",\"screen\":\"main\"}", "{\"cmd\":5}", "{}", "[]", "5",
    };
    expect(*state, "POST /api/command", "{\"cmd\":\"event\",\n\"type\":\"call\"}", "200", "{\"ok\":true}");
    expect(*state, "POST /api/command", "{\"cmd\":\"chime\"}", "409", "no chime");
    expect(*state, "POST /api/command", "{\"cmd\":\"screen-test\"}", "409", "no chime");
    expect(*state, "POST /api/command", "{\"cmd\":", "400", "no JSON: byte 7");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        expect(*state, "POST /api/command", refused[i], "400", "cmd must be event");
}

static void watch_lines_become_events(void **state)
{
    int fd = ask(*state, "GET /api/watch", "");
    char *text = http_hear(fd, "event: truth\ndata: {\"watch\":\"truth\",\"truth\":\"fresh\"}\n\n", NULL);
    assert_non_null(strstr(text, "event: board\ndata: {\"connected\":true}"));
    free(text);
    expect(*state, "POST /api/command", "{\"cmd\":\"event\",\"type\":\"call\"}", "200", "{\"ok\":true}");
    http_await(fd, "event: event\ndata: {\"watch\":\"event\",\"type\":\"call\"}\n\n");
    close(fd);
}

static void a_board_that_restarts_is_found_again(void **state)
{
    struct hall_test *test = *state;
    expect(test, "GET /api/status", "", "200", "hall-1");
    int fd = ask(test, "GET /api/watch", "");
    http_await(fd, "truth");
    stop_board(test);
    http_await(fd, "event: board\ndata: {\"connected\":false}");
    expect(test, "GET /api/status", "", "503", "{\"ok\":false,\"error\":\"the board ");
    expect(test, "GET /metrics", "", "200", "kezek_up 0\n# EOF\n");
    start_board(test);
    http_await(fd, "event: truth\ndata: {\"watch\":\"truth\",\"truth\":\"fresh\"}\n\n");
    for (bool is_back = false; !is_back;) { /* the other connection may need a moment longer */
        int status = ask(test, "GET /api/status", "");
        char *text = http_hear(status, NULL, NULL);
        is_back = strstr(text, "hall-1");
        free(text);
        close(status);
    }
    close(fd);
}

static void metrics_are_openmetrics(void **state)
{
    expect(*state, "GET /metrics", "", "200", "Content-Type: application/openmetrics-text; version=1.0.0");
    cJSON *status = cJSON_Parse(FAKE_STATUS);
    size_t size;
    char *text = metrics_format(status, &size);
    static const char *const lines[] = {
        "# TYPE kezek_up gauge\n# HELP kezek_up Does the board process answer?\nkezek_up 1\n",
        "\nkezek_info{version=\"0.1.0\",hall=\"open-almaty\",board=\"hall-1\"} 1\n",
        "\n# TYPE kezek_feed_events counter\n",
        "\nkezek_feed_events_total 10\n",
        "\nkezek_feed_fresh 0\n",
        "\nkezek_screen_on{screen=\"main\"} 1\nkezek_screen_on{screen=\"children\"} 0\n",
        "\n# TYPE kezek_screen_state stateset\n",
        "\nkezek_screen_state{screen=\"main\",kezek_screen_state=\"shown\"} 1\n",
        "\nkezek_screen_state{screen=\"main\",kezek_screen_state=\"unplugged\"} 0\n",
        "\nkezek_screen_state{screen=\"children\",kezek_screen_state=\"unplugged\"} 1\n",
        "\nkezek_screen_picture_age_seconds{screen=\"main\"} 1.2\n# TYPE ", /* the other one has had no picture */
        "\nkezek_bus_busy_ratio{bus=\"west\"} 0.012\n",
        "\nkezek_bus_latency_seconds{bus=\"west\"} 0.016\n",
        "\nkezek_bus_group_frames_total{bus=\"west\"} 7\n",
        "\nkezek_led_certainty{bus=\"west\",unit=\"16\",desk=\"1\",kezek_led_certainty=\"verified\"} 1\n",
        "\nkezek_led_certainty{bus=\"west\",unit=\"17\",desk=\"2\",kezek_led_certainty=\"unknown\"} 1\n",
        "\nkezek_led_certainty{bus=\"west\",unit=\"17\",desk=\"2\",kezek_led_certainty=\"lit\"} 0\n",
        "\nkezek_led_age_seconds{bus=\"west\",unit=\"16\",desk=\"1\"} 65\n",
        "\nkezek_led_other{bus=\"west\",unit=\"18\",desk=\"3\"} 1\n",
        "\nkezek_led_timeouts_total{bus=\"west\",unit=\"17\",desk=\"2\"} 40\n",
        "\nkezek_led_round_trip_seconds{bus=\"west\",unit=\"16\",desk=\"1\"} 0.0312\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("%s is not in:\n%s", lines[i], text);
    assert_string_equal(text + size - 6, "# EOF\n");
    free(text);
    cJSON_Delete(status);
    status = cJSON_Parse("{\"version\":\"a\\\"b\\\\c\\nd\"}");
    text = metrics_format(status, &size);
    assert_non_null(strstr(text, "version=\"a\\\"b\\\\c\\nd\""));
    free(text);
    cJSON_Delete(status);
}

#define WITH_HALL(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_HALL(the_page_and_its_parts_are_served),
        WITH_HALL(replies_of_the_board_come_unchanged),
        WITH_HALL(pictures_are_forwarded),
        WITH_HALL(only_the_offered_commands_are_forwarded),
        WITH_HALL(watch_lines_become_events),
        WITH_HALL(a_board_that_restarts_is_found_again),
        WITH_HALL(metrics_are_openmetrics),
    };
    return cmocka_run_group_tests_name("console", tests, NULL, NULL);
}
