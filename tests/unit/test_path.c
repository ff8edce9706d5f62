/* What a call costs on its whole path through the board, with the demo hall's own file: from the checked message through
 * feed, hall, announcement, scene and painter to the bytes of the receipt. Heap allocations: none.
 */
#include "board/hall/receipts.h"
#include "board/paint/paint.h"
#include "board/scene/scene.h"
#include "protocol/feed.h"
#include "tests/heap_count.h"
#include "tests/unit/demo_hall.h"

#include <string.h>

#define WIDTH       1920
#define HEIGHT      1080
#define WARM_CALLS  300
#define CALLS       400
#define CALL_GAP_US 9000000 /* longer than the dwell: calls come one by one, as on most days */

static struct {
    struct config *config;
    struct fonts *fonts;
    struct feed *feed;
    struct feed_memory memory;
    struct hall hall;
    struct announce announce;
    struct receipts receipts;
    struct painter *painter;
    struct picture *picture;
    struct screen_buffer buffer[2];
    unsigned back;
    int64_t now_us;
    struct scene_clock clock;
    uint64_t sounds;
    unsigned heap; /* allocations of the calls */
} board;

static void on_event(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                     int64_t received_us)
{
    (void)data;
    int desk = NONE;
    uint64_t token = receipts_open(&board.receipts, event, received_us);
    assert_true(is_current);
    board.sounds += sound == FEED_LIVE;
    assert_true(hall_apply(&board.hall, event, board.now_us, &desk) > 0);
    receipts_expect(&board.receipts, token, "screen/main");
    assert_true(announce_call(&board.announce, &board.hall, desk, token, board.now_us));
    receipts_settle(&board.receipts, token, "screen/main", "shown", board.now_us, "", true);
}
static void ignore_event(void *data, const struct event *event)
{
    (void)data, (void)event;
}
static void ignore_decide(void *data, const struct event *event, enum feed_sound sound)
{
    (void)data, (void)event, (void)sound;
}
static void ignore_desk(void *data, const struct state_desk *desk)
{
    (void)data, (void)desk;
}
static void ignore_gone(void *data, const char *desk)
{
    (void)data, (void)desk;
}
static void ignore_state(void *data, const struct state *state)
{
    (void)data, (void)state;
}
static void ignore_hello(void *data, const struct hello *hello)
{
    (void)data, (void)hello;
}
static const struct feed_sink sink = { .event = on_event,
                                       .decide = ignore_decide,
                                       .duplicate = ignore_event,
                                       .desk = ignore_desk,
                                       .gone = ignore_gone,
                                       .snapshot = ignore_state,
                                       .hello = ignore_hello };

static int start(void **unused)
{
    (void)unused;
    char error[256];
    memset(&board, 0, sizeof board);
    board.config = demo_hall();
    board.fonts = fonts_create(&font_files_debian, error, sizeof error);
    struct feed_config feed = { .id = "hall-1", .boot = "b", .nonce_seed = 1, .ttl_ms = 10000 };
    board.feed = feed_create(&feed, &board.memory);
    if (!board.config || !board.fonts || !board.feed)
        return -1;
    hall_init(&board.hall, board.config);
    announce_init(&board.announce, board.config, board.config->screen[0].zones,
                  board.config->calls.dwell_ms * INT64_C(1000));
    receipts_init(&board.receipts, "hall-1");
    board.painter = painter_create(board.fonts, WIDTH, HEIGHT, PIXEL_XRGB8888);
    board.picture = calloc(1, sizeof *board.picture);
    for (unsigned i = 0; i < 2; i++)
        board.buffer[i] = (struct screen_buffer){ .pixels = calloc(WIDTH * HEIGHT, 4),
                                                  .stride = WIDTH * 4,
                                                  .width = WIDTH,
                                                  .height = HEIGHT,
                                                  .format = PIXEL_XRGB8888,
                                                  .index = (uint8_t)i };
    board.clock = (struct scene_clock){
        .year = 2026, .month = 11, .day = 22, .weekday = 6, .hour = 14, .minute = 0, .is_known = true
    };
    board.now_us = 1000000;
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++)
        free(board.buffer[i].pixels);
    free(board.picture);
    painter_destroy(board.painter);
    feed_destroy(board.feed);
    fonts_destroy(board.fonts);
    config_destroy(board.config);
    return 0;
}

/* Paints what changed, flips, and repairs the other buffer, as a wall does; the pixels before the commit are
 * returned. */
static uint64_t show(void)
{
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage = 0;
    struct scene_input input = { .config = board.config,
                                 .screen = &board.config->screen[0],
                                 .hall = &board.hall,
                                 .announce = &board.announce,
                                 .truth = FEED_FRESH,
                                 .clock = board.clock };
    scene_build(board.picture, board.fonts, &input, WIDTH, HEIGHT);
    assert_false(board.picture->is_full);
    uint64_t pixels =
        painter_paint(board.painter, &board.buffer[board.back], board.picture, damage, &ndamage);
    board.back ^= 1;
    painter_repair(board.painter, &board.buffer[board.back]);
    return pixels;
}

static uint64_t call(unsigned number)
{
    static const char *const letters[] = { "А", "Д", "К", "Н", "П" };
    static struct message message;
    static struct receipt receipt;
    char json[256], error[200], text[4096];
    snprintf(json, sizeof json, "{\"v\":1,\"type\":\"call\",\"desk\":\"%u\",\"ticket\":\"%s%03u\"}",
             number * 5 % 12 + 1, letters[number % 5], number % 1000);
    board.now_us += CALL_GAP_US;
    assert_int_equal(message_parse(&message, MESSAGE_EVENT, json, strlen(json), error, sizeof error), 0);
    message.received_us = board.now_us;
    unsigned before = allocations; /* parsing is the link's; cJSON allocates there */
    feed_message(board.feed, &message, board.now_us, &sink);
    announce_tick(&board.announce, board.now_us);
    uint64_t pixels = show();
    assert_true(receipts_take(&board.receipts, board.now_us, &receipt));
    assert_true(message_format_receipt(text, sizeof text, &receipt) > 0);
    board.now_us += board.config->calls.dwell_ms * INT64_C(1000);
    announce_tick(&board.announce, board.now_us);
    show(); /* the panel turns dark */
    board.heap += allocations - before;
    return pixels;
}

static void a_call_allocates_nothing_on_its_whole_path(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < WARM_CALLS; i++)
        call(i);
    board.heap = 0;
    for (unsigned i = WARM_CALLS; i < WARM_CALLS + CALLS; i++)
        call(i);
    assert_true(!COUNTS_HEAP || allocations > 100); /* the counting works */
    assert_int_equal(board.heap, 0);
    assert_int_equal(board.sounds, WARM_CALLS + CALLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_allocates_nothing_on_its_whole_path, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
