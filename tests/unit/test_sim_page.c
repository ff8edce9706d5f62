/* The demo page between real ends: a memory screen, simulated LED boards, a trace file, an HTTP client. Nothing stands between:
 * what is asked over HTTP was put there through the devices. */
#include "board/paint/png.h"
#include "sim/camera.h"
#include "sim/listener.h"
#include "sim/page.h"
#include "tests/unit/http_client.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define WIDTH  64
#define HEIGHT 32

struct demo {
    char folder[40], hall_file[64], chime_file[64];
    struct config *hall;
    struct loop *loop;
    struct loop_source *quit_source;
    int quit_fd;
    struct wires wires;
    struct page *page;
    struct queue *queue;
    pthread_t thread;
    struct screen *screen;
    uint16_t rotation;
};

static void complain(void *data, const char *line)
{
    (void)data;
    print_error("%s\n", line);
}

static void write_hall(struct demo *demo)
{
    FILE *file = fopen(demo->hall_file, "w");
    fprintf(file,
            "{\"hall\":\"test\",\"board\":\"b1\",\"name\":{\"ru\":\"Зал\"},\"languages\":[\"ru\"],"
            "\"timezone\":\"Asia/Almaty\",\"broker\":{\"urls\":[\"mqtt://127.0.0.1:1\"]},"
            "\"zones\":[{\"id\":\"z\",\"name\":{\"ru\":\"Зал\"}}],\"desks\":["
            "{\"id\":\"1\",\"zone\":\"z\",\"led\":{\"bus\":\"west\",\"unit\":16,\"profile\":\"owen-smi2\"}},"
            "{\"id\":\"2\",\"zone\":\"z\"}],\"buses\":[{\"id\":\"west\",\"device\":\"bus\"}],"
            "\"screens\":[{\"id\":\"main\",\"driver\":\"memory\",\"size\":\"1280x720\",\"path\":\"wall\","
            "\"zones\":[\"z\"]}],\"chimes\":[{\"id\":\"c\",\"driver\":\"trace\",\"file\":\"chime\"}]}");
    fclose(file);
}

static void quit(void *data, uint32_t events)
{
    (void)events;
    loop_quit(data, 0);
}

static void *run(void *data)
{
    loop_run(data);
    return NULL;
}

/* Its broker is not there: the day goes on. */
static void start_server(struct demo *demo)
{
    char error[256] = "";
    const struct queue_config config = { .hall = demo->hall, .seed = 1, .pace = PACE_NONE };
    const struct queue_watch watch = {
        .data = demo->page, .event = page_event, .board = page_board, .link = page_link
    };
    demo->queue = queue_create(demo->loop, &config, &watch, error, sizeof error);
    if (!demo->queue)
        fail_msg("%s", error);
    page_attach(demo->page, demo->queue);
}

static int start_hall(void **state, bool has_server)
{
    struct demo *demo = calloc(1, sizeof *demo);
    struct json_report report = { .line = complain };
    char error[256] = "";
    strcpy(demo->folder, "/tmp/kezek-page.XXXXXX");
    assert_non_null(mkdtemp(demo->folder));
    snprintf(demo->hall_file, sizeof demo->hall_file, "%s/hall.json", demo->folder);
    snprintf(demo->chime_file, sizeof demo->chime_file, "%s/chime", demo->folder);
    write_hall(demo);
    demo->hall = config_load(demo->hall_file, NULL, &report);
    assert_non_null(demo->hall);
    demo->loop = loop_create();
    demo->quit_fd = eventfd(0, 0);
    demo->quit_source = loop_add(demo->loop, demo->quit_fd, EPOLLIN, "quit", quit, demo->loop);
    const struct page_config config = { .hall = demo->hall, .wires = &demo->wires, .host = "127.0.0.1" };
    demo->page = page_create(demo->loop, &config, error, sizeof error);
    if (!demo->page)
        fail_msg("%s", error);
    if (wires_init(&demo->wires, demo->loop, demo->hall, &(struct wires_config){ 0 }, page_leds, demo->page,
                   error, sizeof error) < 0)
        fail_msg("%s", error);
    if (has_server)
        start_server(demo);
    assert_int_equal(pthread_create(&demo->thread, NULL, run, demo->loop), 0);
    *state = demo;
    return 0;
}

static int start(void **state)
{
    return start_hall(state, false);
}

static int start_with_server(void **state)
{
    return start_hall(state, true);
}

static int stop(void **state)
{
    struct demo *demo = *state;
    eventfd_write(demo->quit_fd, 1);
    pthread_join(demo->thread, NULL);
    page_attach(demo->page, NULL);
    queue_destroy(demo->queue);
    wires_finish(&demo->wires);
    page_destroy(demo->page);
    loop_remove(demo->quit_source);
    loop_destroy(demo->loop);
    close(demo->quit_fd);
    config_destroy(demo->hall);
    if (demo->screen)
        screen_memory.close(demo->screen);
    unlink(demo->hall_file);
    unlink(demo->chime_file);
    if (rmdir(demo->folder) < 0)
        fail_msg("something is left in %s", demo->folder);
    free(demo);
    return 0;
}

/* ---- the wall ---- */

static void flipped(void *data, const struct screen_flip *flip)
{
    *(uint64_t *)data = flip->frame;
}

static void show(struct demo *demo, uint32_t want)
{
    char error[128] = "";
    struct screen_config config = demo->hall->screen[0].device;
    struct screen_buffer back;
    static uint64_t flip;
    const struct screen_events events = { &flip, flipped };
    uint64_t frame;
    config.width = WIDTH;
    config.height = HEIGHT;
    config.rotation = demo->rotation;
    if (!demo->screen && screen_memory.open(&demo->screen, NULL, &config, &events, error, sizeof error) < 0)
        fail_msg("%s", error);
    assert_int_equal(screen_memory.begin(demo->screen, &back), 0);
    for (unsigned y = 0; y < HEIGHT; y++)
        for (unsigned x = 0; x < WIDTH; x++)
            memcpy(back.pixels + y * back.stride + x * 4, &want, 4);
    assert_int_equal(screen_memory.commit(demo->screen, NULL, 0, &frame), 0);
    fd_set set;
    FD_ZERO(&set);
    FD_SET(screen_memory.fd(demo->screen), &set);
    assert_int_equal(select(screen_memory.fd(demo->screen) + 1, &set, NULL, NULL, NULL), 1);
    screen_memory.dispatch(demo->screen);
    assert_int_equal(flip, frame);
}

/* ---- the client ---- */

static int ask(struct demo *demo, const char *head, const char *body)
{
    return http_ask(page_port(demo->page), head, body);
}

static void expect(struct demo *demo, const char *head, const char *body, const char *status,
                   const char *part)
{
    http_expect(ask(demo, head, body), status, part);
}

/* Pixel (9, 5) of the picture as it stands upright. */
static void expect_picture(struct demo *demo, unsigned width, uint32_t want)
{
    char path[80];
    size_t size;
    int fd = ask(demo, "GET /api/screens/main.png", "");
    char *text = http_hear(fd, NULL, &size);
    close(fd);
    assert_memory_equal(text + 9, "200", 3);
    char *png = strstr(text, "\r\n\r\n") + 4;
    snprintf(path, sizeof path, "%s/shot.png", demo->folder);
    FILE *file = fopen(path, "wb");
    fwrite(png, 1, size - (size_t)(png - text), file);
    fclose(file);
    struct screen_buffer buffer = { 0 };
    assert_int_equal(png_read(path, &buffer), 0);
    unlink(path);
    assert_int_equal(buffer.width, width);
    uint32_t pixel;
    memcpy(&pixel, buffer.pixels + 5 * buffer.stride + 4 * 9, 4);
    assert_int_equal(pixel & 0xffffff, want);
    free(buffer.pixels);
    free(text);
}

static void expect_color(struct demo *demo, uint32_t want)
{
    expect_picture(demo, WIDTH, want);
}

/* ---- the tests ---- */

static void the_page_knows_the_hall(void **state)
{
    expect(*state, "GET /", "", "200", "<title>Kezek");
    expect(*state, "GET /page.css", "", "200", "text/css");
    expect(*state, "GET /page.js", "", "200", "text/javascript");
    expect(*state, "GET /api/place", "", "200", "\"bus\":\"west\",\"unit\":16,\"type\":\"owen-smi2\"");
    expect(*state, "GET /api/screens/none.png", "", "404", "no such screen");
}

static void a_turned_wall_is_seen_upright(void **state)
{
    struct demo *demo = *state;
    struct screen_buffer front;
    const uint32_t mark = 0xabcdef;
    demo->rotation = 90;
    show(demo, 0x112233);
    assert_int_equal(screen_memory.front(demo->screen, &front), 0);
    assert_int_equal(front.height, WIDTH);
    memcpy(front.pixels + 9 * front.stride + 4 * (WIDTH - 1 - 5), &mark, sizeof mark);
    expect_picture(demo, HEIGHT, mark);
}

static void a_wall_is_seen_as_it_is_on_scan_out(void **state)
{
    struct demo *demo = *state;
    expect(demo, "GET /api/screens/main.png", "", "404", "shows nothing yet");
    int fd = ask(demo, "GET /api/watch", "");
    http_await(fd, "event: screen\ndata: {\"screen\":\"main\",\"frame\":0}");
    show(demo, 0x112233);
    http_await(fd, "{\"screen\":\"main\",\"frame\":1}");
    expect_color(demo, 0x112233);
    show(demo, 0xffd400);
    http_await(fd, "{\"screen\":\"main\",\"frame\":2}");
    expect_color(demo, 0xffd400);
    screen_memory.close(demo->screen); /* kezekd ends and comes back */
    demo->screen = NULL;
    http_await(fd, "{\"screen\":\"main\",\"frame\":0}");
    show(demo, 0x445566);
    http_await(fd, "{\"screen\":\"main\",\"frame\":1}");
    expect_color(demo, 0x445566);
    close(fd);
}

static void a_led_board_shows_its_registers_and_its_plug_can_be_pulled(void **state)
{
    struct demo *demo = *state;
    int fd = ask(demo, "GET /api/watch", "");
    free(http_hear(
        fd,
        "event: leds\ndata: [{\"desk\":\"1\",\"on\":true,\"blink\":false,\"safe\":false,\"brightness\":100,"
        "\"colour\":\"red\",",
        NULL));
    expect(demo, "POST /api/led", "{\"desk\":\"1\",\"power\":false}", "200", "{\"ok\":true}");
    http_await(fd, "{\"desk\":\"1\",\"on\":false,");
    expect(demo, "POST /api/led", "{\"desk\":\"2\",\"power\":false}", "409", "no LED board at desk");
    expect(demo, "POST /api/led", "{\"desk\":\"9\",\"power\":false}", "409", "there is no desk");
    close(fd);
}

static void an_adapter_is_pulled_and_plugged_in_again(void **state)
{
    struct demo *demo = *state;
    struct stat there;
    char path[80];
    snprintf(path, sizeof path, "%s/bus", demo->folder);
    int fd = ask(demo, "GET /api/watch", "");
    http_await(fd, "event: buses\ndata: [{\"bus\":\"west\",\"plugged\":true}]");
    expect(demo, "POST /api/bus", "{\"bus\":\"west\",\"plugged\":false}", "200", "ok");
    http_await(fd, "{\"bus\":\"west\",\"plugged\":false}");
    assert_int_equal(lstat(path, &there), -1);
    expect(demo, "POST /api/bus", "{\"bus\":\"west\",\"plugged\":false}", "200", "ok"); /* as it is */
    expect(demo, "POST /api/bus", "{\"bus\":\"west\",\"plugged\":true}", "200", "ok");
    http_await(fd, "{\"bus\":\"west\",\"plugged\":true}");
    assert_int_equal(stat(path, &there), 0);
    expect(demo, "POST /api/bus", "{\"bus\":\"north\",\"plugged\":true}", "409", "there is no bus \\\"north");
    expect(demo, "POST /api/bus", "{\"bus\":\"west\"}", "409", "plugged must be true or false");
    close(fd);
}

static void what_hangs_above_a_desk_is_replaced_and_troubled(void **state)
{
    static const struct {
        const char *head, *body, *status, *part;
    } rows[] = {
        { "POST /api/led", "{\"desk\":\"1\",\"new\":true}", "200", "ok" },
        { "POST /api/led", "{\"desk\":\"1\",\"unit\":17}", "200", "ok" },
        { "POST /api/led", "{\"desk\":\"1\",\"unit\":248}", "409", "unit, which is 1 to 247" },
        { "POST /api/led", "{\"desk\":\"1\"}", "409", "what is to be done" },
        { "POST /api/faults", "{\"faults\":{\"noise\":20,\"unplug\":0}}", "200", "ok" },
        { "POST /api/faults", "{\"desk\":\"1\",\"faults\":{\"noise\":20}}", "200", "ok" },
        { "POST /api/faults", "{\"desk\":\"2\",\"faults\":{}}", "409", "no LED board at desk" },
        { "POST /api/faults", "{\"desk\":\"9\",\"faults\":{}}", "409", "there is no desk" },
        { "POST /api/faults", "{\"faults\":{\"gremlins\":1}}", "409", "there is no fault \\\"gremlins" },
        { "POST /api/faults", "{\"faults\":{\"noise\":1001}}", "409", "noise must be 0 to 1000" },
        { "POST /api/faults", "{}", "409", "faults: which" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect(*state, rows[i].head, rows[i].body, rows[i].status, rows[i].part);
}

static void a_gong_is_told_tone_by_tone(void **state)
{
    struct demo *demo = *state;
    int fd = ask(demo, "GET /api/watch", "");
    http_await(fd, "event: hall");
    FILE *file = fopen(demo->chime_file, "w");
    fprintf(file, "# gong1\n");
    for (int i = 0; i < 8; i++)
        fprintf(file, "%d 1\n%d 0\n", 1000000 + i * 2000000, 2000000 + i * 2000000);
    fclose(file);
    char *text = http_hear(fd, "\"kind\":\"off\"", NULL);
    assert_non_null(strstr(text, "\"kind\":\"melody\",\"melody\":\"gong1\""));
    assert_non_null(strstr(text, "\"kind\":\"on\",\"at_ms\":0,\"hz\":500,\"amplitude\":1"));
    free(text);
    close(fd);
}

static void buttons_say_why_they_do_nothing(void **state)
{
    expect(*state, "POST /api/desk", "{\"desk\":\"1\",\"action\":\"call\"}", "409",
           "without its queue server");
    expect(*state, "POST /api/hall", "{\"alert\":true}", "409", "without its queue server");
    expect(*state, "POST /api/desk", "{\"desk\":", "400", "no JSON");
}

static void press(struct demo *demo, const char *action, const char *status, const char *part)
{
    char body[64];
    snprintf(body, sizeof body, "{\"desk\":\"1\",\"action\":\"%s\"}", action);
    expect(demo, "POST /api/desk", body, status, part);
}

static void expect_desk(int fd, const char *state)
{
    char text[128];
    snprintf(text, sizeof text, "{\"desk\":\"1\",%s", state);
    http_await(fd, text);
}

static void buttons_do_what_a_clerk_does(void **state)
{
    struct demo *demo = *state;
    int fd = ask(demo, "GET /api/watch", "");
    expect_desk(fd, "\"status\":\"open\",\"phase\":\"idle\",\"ticket\":\"\"");
    press(demo, "recall", "409", "call somebody first");
    press(demo, "call", "200", "{\"ok\":true}"); /* nobody waits: somebody comes */
    expect_desk(fd, "\"status\":\"open\",\"phase\":\"called\",\"ticket\":\"А001\"");
    press(demo, "recall", "200", "ok");
    press(demo, "serve", "200", "ok");
    expect_desk(fd, "\"status\":\"open\",\"phase\":\"serving\",\"ticket\":\"А001\"");
    press(demo, "call", "200", "ok"); /* ends the visit that is there */
    expect_desk(fd, "\"status\":\"open\",\"phase\":\"called\",\"ticket\":\"А002\"");
    press(demo, "no_show", "200", "ok");
    expect_desk(fd, "\"status\":\"open\",\"phase\":\"idle\",\"ticket\":\"\"");
    press(demo, "done", "409", "call somebody first");
    press(demo, "pause", "200", "ok");
    expect_desk(fd, "\"status\":\"paused\",\"phase\":\"idle\",\"ticket\":\"\"");
    press(demo, "call", "200", "ok"); /* opens the desk */
    expect_desk(fd, "\"status\":\"open\",\"phase\":\"called\",\"ticket\":\"А003\"");
    press(demo, "pause", "200", "ok");
    expect_desk(fd, "\"status\":\"paused\"");
    press(demo, "open", "200", "ok");
    expect_desk(fd, "\"status\":\"open\"");
    press(demo, "sing", "409", "action must be call, recall");
    expect(demo, "POST /api/desk", "{\"desk\":1,\"action\":\"call\"}", "409", "there is no desk");
    close(fd);
}

static void the_hall_is_switched(void **state)
{
    struct demo *demo = *state;
    int fd = ask(demo, "GET /api/watch", "");
    http_await(fd, "\"mute\":false,\"alert\":false,\"pace\":\"off\"");
    expect(demo, "POST /api/hall", "{\"alert\":true}", "200", "ok");
    http_await(fd, "\"mute\":false,\"alert\":true,\"pace\":\"off\"");
    expect(demo, "POST /api/hall", "{\"alert\":false,\"mute\":true}", "200", "ok");
    http_await(fd, "\"mute\":true,\"alert\":false,\"pace\":\"off\"");
    expect(demo, "POST /api/hall", "{\"alert\":false}", "200", "ok"); /* as it is */
    expect(demo, "POST /api/hall", "{\"pace\":\"quiet\"}", "200", "ok");
    http_await(fd, "\"pace\":\"quiet\"");
    expect(demo, "POST /api/hall", "{\"pace\":\"gallop\"}", "409", "pace must be off, quiet or rush");
    close(fd);
}

#define WITH_DEMO(test)   cmocka_unit_test_setup_teardown(test, start, stop)
#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, start_with_server, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DEMO(the_page_knows_the_hall),
        WITH_DEMO(a_wall_is_seen_as_it_is_on_scan_out),
        WITH_DEMO(a_turned_wall_is_seen_upright),
        WITH_DEMO(a_led_board_shows_its_registers_and_its_plug_can_be_pulled),
        WITH_DEMO(an_adapter_is_pulled_and_plugged_in_again),
        WITH_DEMO(what_hangs_above_a_desk_is_replaced_and_troubled),
        WITH_DEMO(a_gong_is_told_tone_by_tone),
        WITH_DEMO(buttons_say_why_they_do_nothing),
        WITH_SERVER(buttons_do_what_a_clerk_does),
        WITH_SERVER(the_hall_is_switched),
    };
    return cmocka_run_group_tests_name("sim page", tests, NULL, NULL);
}
