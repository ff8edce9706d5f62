/* The HTTP server with real clients: its loop runs on a thread, the test writes requests byte by byte as it
 * likes. */
#include "board/console/http.h"
#include "tests/unit/http_client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct server {
    struct loop *loop;
    struct http *http;
    pthread_t thread;
    uint16_t port;
    uint64_t held;
};

static void get_hello(void *data, struct http_request *request)
{
    struct server *server = data;
    http_reply_static(server->http, http_request_id(request), "text/plain", "hello", 5);
}

static void get_item(void *data, struct http_request *request)
{
    struct server *server = data;
    const char *rest = http_request_rest(request);
    http_reply(server->http, http_request_id(request), 200, "text/plain", rest, strlen(rest));
}

static void post_echo(void *data, struct http_request *request)
{
    struct server *server = data;
    size_t length;
    const char *body = http_request_body(request, &length);
    char *copy = malloc(length + 1);
    memcpy(copy, body, length);
    http_reply_take(server->http, http_request_id(request), 200, "application/json", copy, length);
    http_reply_error(server->http, http_request_id(request), 500, "a second reply is dropped");
}

static void get_hold(void *data, struct http_request *request)
{
    struct server *server = data;
    server->held = http_request_id(request);
}

static void get_release(void *data, struct http_request *request)
{
    struct server *server = data;
    http_reply_error(server->http, server->held, 504, "said \"%s\"", "later");
    get_hello(server, request);
}

static void get_watch(void *data, struct http_request *request)
{
    struct server *server = data;
    uint64_t id = http_request_id(request);
    if (http_stream(server->http, id))
        http_event(server->http, id, "first", "{\"n\":0}");
}

/* {"count"} events of 1000 bytes to all. */
static void post_tell(void *data, struct http_request *request)
{
    struct server *server = data;
    size_t length;
    int count = atoi(http_request_body(request, &length));
    char text[1001];
    memset(text, 'z', 1000); /* no hexadecimal digit: chunk sizes stand between */
    text[1000] = 0;
    for (int i = 0; i < count; i++)
        http_event(server->http, 0, "tick", text);
    get_hello(server, request);
}

static void get_quit(void *data, struct http_request *request)
{
    struct server *server = data;
    (void)request;
    loop_quit(server->loop, 0);
}

static const struct http_route routes[] = {
    { "GET", "/", get_hello },      { "GET", "/item/*", get_item },     { "POST", "/echo", post_echo },
    { "GET", "/hold", get_hold },   { "GET", "/release", get_release }, { "GET", "/watch", get_watch },
    { "POST", "/tell", post_tell }, { "GET", "/quit", get_quit },
};

static void *server_thread(void *data)
{
    struct server *server = data;
    loop_run(server->loop);
    return NULL;
}

static int start(void **state)
{
    char error[128] = "";
    struct server *server = calloc(1, sizeof *server);
    struct http_config config = {
        .host = "127.0.0.1", .route = routes, .nroutes = sizeof routes / sizeof *routes, .data = server
    };
    server->loop = loop_create();
    server->http = http_create(server->loop, &config, error, sizeof error);
    if (!server->http)
        fail_msg("%s", error);
    server->port = http_port(server->http);
    assert_int_equal(pthread_create(&server->thread, NULL, server_thread, server), 0);
    *state = server;
    return 0;
}

static int ask(const struct server *server, const char *method, const char *path, const char *headers,
               const char *body)
{
    char head[512];
    int fd = http_join(server->port);
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s", method, path, server->port,
             headers);
    http_say(fd, head);
    if (body) {
        snprintf(head, sizeof head, "Content-Length: %zu\r\n\r\n", strlen(body));
        http_say(fd, head);
        http_say(fd, body);
    } else {
        http_say(fd, "\r\n");
    }
    return fd;
}

#define BYE  "Connection: close\r\n"
#define JSON "Content-Type: application/json\r\n" BYE

static int stop(void **state)
{
    struct server *server = *state;
    int fd = ask(server, "GET", "/quit", BYE, NULL); /* stays unanswered: destroying must cope */
    pthread_join(server->thread, NULL);
    http_destroy(server->http);
    loop_destroy(server->loop);
    close(fd);
    free(server);
    return 0;
}

static void routes_answer_and_others_do_not(void **state)
{
    http_expect(ask(*state, "GET", "/", BYE, NULL), "200", "\r\n\r\nhello");
    http_expect(ask(*state, "HEAD", "/", BYE, NULL), "200", "Content-Length: 5");
    http_expect(ask(*state, "GET", "/item/main.png", BYE, NULL), "200", "\r\n\r\nmain.png");
    http_expect(ask(*state, "GET", "/item", BYE, NULL), "404",
                "{\"ok\":false,\"error\":\"there is nothing here\"}");
    http_expect(ask(*state, "GET", "/../etc/passwd", BYE, NULL), "404", "nothing here");
    http_expect(ask(*state, "DELETE", "/", BYE, NULL), "405", "not done with that method");
    http_expect(ask(*state, "GET", "/echo", BYE, NULL), "405", "not done with that method");
}

static void every_answer_forbids_foreign_scripts(void **state)
{
    http_expect(ask(*state, "GET", "/", BYE, NULL), "200",
                "Content-Security-Policy: default-src 'none'; script-src 'self'");
    http_expect(ask(*state, "GET", "/none", BYE, NULL), "404", "X-Content-Type-Options: nosniff");
}

static void only_names_of_this_machine_are_answered(void **state)
{
    static const struct {
        const char *host, *status;
    } rows[] = {
        { "127.0.0.1", "200" },
        { "192.168.1.7:8080", "200" },
        { "localhost:8080", "200" },
        { "[::1]:8080", "200" },
        { "LOCALHOST", "200" },
        { "evil.example", "421" },
        { "evil.example:80", "421" },
        { "127.0.0.1.evil.example", "421" },
        { "[", "421" },
        { "", "421" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        int fd = http_join(((const struct server *)*state)->port);
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n" BYE "\r\n", rows[i].host);
        http_say(fd, text);
        http_expect(fd, rows[i].status, "");
    }
}

static void a_post_comes_from_the_own_page_only(void **state)
{
    struct server *server = *state;
    char own[128];
    snprintf(own, sizeof own, JSON "Origin: http://127.0.0.1:%u\r\n", server->port);
    http_expect(ask(server, "POST", "/echo", JSON, "{\"a\":1}"), "200", "\r\n\r\n{\"a\":1}");
    http_expect(ask(server, "POST", "/echo", own, "{\"a\":2}"), "200", "\r\n\r\n{\"a\":2}");
    http_expect(ask(server, "POST", "/echo", JSON "Origin: http://evil.example\r\n", "{}"), "403",
                "another page");
    http_expect(ask(server, "POST", "/echo", JSON "Origin: null\r\n", "{}"), "403", "another page");
    http_expect(ask(server, "POST", "/echo", BYE "Content-Type: text/plain\r\n", "{}"), "415",
                "application/json");
    http_expect(ask(server, "POST", "/echo", BYE, "{}"), "415", "application/json");
}

static void bodies_are_bounded(void **state)
{
    static char body[HTTP_BODY_MAX + 2];
    memset(body, 'b', HTTP_BODY_MAX);
    http_expect(ask(*state, "POST", "/echo", JSON, body), "200", body);
    int fd = ask(*state, "POST", "/echo", JSON "Content-Length: 1000000000\r\n", NULL);
    http_expect(fd, "413", "too long; at most 65536");
    fd = ask(*state, "POST", "/echo", JSON "Transfer-Encoding: chunked\r\n", NULL);
    size_t sent = 0;
    while (sent < 1u << 30 && send(fd, "ffff\r\n", 6, MSG_NOSIGNAL) > 0 &&
           send(fd, body, 65535, MSG_NOSIGNAL) > 0 && send(fd, "\r\n", 2, MSG_NOSIGNAL) > 0)
        sent += 65535;
    assert_true(sent < 32u << 20); /* what sockets hold */
    close(fd);
}

static void headers_are_bounded(void **state)
{
    static char line[40000] = "X-Long: ";
    int fd = http_join(((const struct server *)*state)->port);
    memset(line + 8, 'h', sizeof line - 9);
    http_say(fd, "GET / HTTP/1.1\r\nHost: localhost\r\n");
    send(fd, line, strlen(line), MSG_NOSIGNAL);
    send(fd, "\r\n\r\n", 4, MSG_NOSIGNAL);
    char *text = http_hear(fd, "\r\n", NULL);
    if (text[0]) /* the connection may also just be reset */
        assert_memory_equal(text, "HTTP/1.1 4", 10);
    free(text);
    close(fd);
    http_expect(ask(*state, "GET", "/", BYE, NULL), "200", "hello");
}

static void an_answer_may_come_later(void **state)
{
    int later = ask(*state, "GET", "/hold", BYE, NULL);
    http_expect(ask(*state, "GET", "/", BYE, NULL), "200", "hello");
    http_expect(ask(*state, "GET", "/release", BYE, NULL), "200", "hello");
    http_expect(later, "504", "{\"ok\":false,\"error\":\"said \\\"later\\\"\"}");
}

static void a_client_that_left_before_its_answer_is_fine(void **state)
{
    close(ask(*state, "GET", "/hold", BYE, NULL));
    http_expect(ask(*state, "GET", "/", BYE, NULL), "200", "hello");
    http_expect(ask(*state, "GET", "/release", BYE, NULL), "200", "hello");
    http_expect(ask(*state, "GET", "/release", BYE, NULL), "200", "hello");
}

static void events_reach_every_page(void **state)
{
    int one = ask(*state, "GET", "/watch", "", NULL), two = ask(*state, "GET", "/watch", "", NULL);
    http_await(one, "event: first\ndata: {\"n\":0}\n\n");
    http_await(two, "event: first\ndata: {\"n\":0}\n\n");
    http_expect(ask(*state, "POST", "/tell", JSON, "1"), "200", "hello");
    char *text = http_hear(one, "zzz", NULL);
    assert_non_null(strstr(text, "event: tick\ndata: zzz"));
    free(text);
    http_await(two, "zzz");
    close(one);
    close(two);
}

static void a_page_that_does_not_read_is_cut_and_the_other_misses_nothing(void **state)
{
    struct server *server = *state;
    int deaf = ask(server, "GET", "/watch", "", NULL), keen = ask(server, "GET", "/watch", "", NULL);
    http_await(keen, "data: {\"n\":0}\n\n");
    size_t heard = 0;
    for (int round = 0; round < 100; round++) {
        http_expect(ask(server, "POST", "/tell", JSON, "100"), "200", "hello");
        while (heard < 100000u * (unsigned)(round + 1)) {
            char block[16384];
            ssize_t n = recv(keen, block, sizeof block, 0);
            assert_true(n > 0);
            for (ssize_t i = 0; i < n; i++)
                heard += block[i] == 'z';
        }
    }
    heard = 0;
    char block[65536];
    for (ssize_t n; (n = recv(deaf, block, sizeof block, 0)) > 0;)
        heard += (size_t)n;
    assert_true(heard < 9900000);
    close(deaf);
    close(keen);
}

static void the_seventeenth_page_is_told_why(void **state)
{
    int fd[HTTP_STREAMS_MAX];
    for (int i = 0; i < HTTP_STREAMS_MAX; i++) {
        fd[i] = ask(*state, "GET", "/watch", "", NULL);
        http_await(fd[i], "first");
    }
    http_expect(ask(*state, "GET", "/watch", BYE, NULL), "503", "too many pages are open");
    for (int i = 0; i < HTTP_STREAMS_MAX; i++)
        close(fd[i]);
}

static void a_taken_port_is_an_error_with_its_name(void **state)
{
    struct server *server = *state;
    char error[128] = "";
    struct http_config config = { .host = "127.0.0.1", .port = server->port, .route = routes, .nroutes = 1 };
    struct loop *loop = loop_create();
    assert_null(http_create(loop, &config, error, sizeof error));
    assert_non_null(strstr(error, "127.0.0.1:"));
    config.host = "no host";
    assert_null(http_create(loop, &config, error, sizeof error));
    assert_non_null(strstr(error, "no host: "));
    loop_destroy(loop);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(routes_answer_and_others_do_not),
        WITH_SERVER(every_answer_forbids_foreign_scripts),
        WITH_SERVER(only_names_of_this_machine_are_answered),
        WITH_SERVER(a_post_comes_from_the_own_page_only),
        WITH_SERVER(bodies_are_bounded),
        WITH_SERVER(headers_are_bounded),
        WITH_SERVER(an_answer_may_come_later),
        WITH_SERVER(a_client_that_left_before_its_answer_is_fine),
        WITH_SERVER(events_reach_every_page),
        WITH_SERVER(a_page_that_does_not_read_is_cut_and_the_other_misses_nothing),
        WITH_SERVER(the_seventeenth_page_is_told_why),
        WITH_SERVER(a_taken_port_is_an_error_with_its_name),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
