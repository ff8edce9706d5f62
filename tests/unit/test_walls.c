/* The walls of a board over outputs that a test scripts: when displays are asked, and what receipts say of a screen that
 * nobody sees. */
#include "board/calls.h"
#include "board/walls.h"
#include "tests/unit/demo_hall.h"
#include "tests/unit/fake_screen.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define MS INT64_C(1000)
#define S  INT64_C(1000000)

static struct {
    struct board *board;
    struct scene_input input;
    char folder[32], path[64];
    int outputs_fd;
    unsigned creates, destroys, probes;
    bool has_changed; /* what outputs_dispatch() answers */
} bench;

/* ---- doubles --------------------------------------------------------------------------------- */
const struct screen_ops *__wrap_screen_backend(const char *name);
const struct screen_ops *__wrap_screen_backend(const char *name)
{
    (void)name;
    return &fake_ops;
}

struct outputs *__wrap_outputs_create(void);
struct outputs *__wrap_outputs_create(void)
{
    bench.creates++;
    return (struct outputs *)&bench;
}

void __wrap_outputs_destroy(struct outputs *outputs);
void __wrap_outputs_destroy(struct outputs *outputs)
{
    bench.destroys += outputs != NULL;
}

bool __wrap_outputs_settle(struct outputs *outputs, char *names, size_t size);
bool __wrap_outputs_settle(struct outputs *outputs, char *names, size_t size)
{
    (void)outputs, (void)names, (void)size;
    return true;
}

int __wrap_outputs_fd(const struct outputs *outputs);
int __wrap_outputs_fd(const struct outputs *outputs)
{
    (void)outputs;
    return bench.outputs_fd;
}

bool __wrap_outputs_dispatch(struct outputs *outputs);
bool __wrap_outputs_dispatch(struct outputs *outputs)
{
    eventfd_t count;
    (void)outputs;
    assert_int_equal(eventfd_read(bench.outputs_fd, &count), 0);
    return bench.has_changed;
}

void __wrap_outputs_probe(struct outputs *outputs);
void __wrap_outputs_probe(struct outputs *outputs)
{
    (void)outputs;
    bench.probes++;
}

/* ---- a board with one screen and no other device --------------------------------------------- */
static void set_driver(const char *driver)
{
    struct screen_config *device = &bench.board->config->screen[0].device;
    snprintf(device->driver, sizeof device->driver, "%s", driver);
    snprintf(device->output, sizeof device->output, "HDMI-A-1");
}

static struct config *load(void)
{
    struct config *config = demo_hall();
    assert_non_null(config);
    config->nscreens = 1;
    config->nbuses = config->nchimes = 0;
    for (unsigned i = 0; i < config->ndesks; i++)
        config->desk[i].bus = NONE;
    return config;
}

static void turned(void *data, int64_t now_us)
{
    struct board *board = data;
    (void)now_us;
    loop_quit(board->loop, 0);
}

static void close_others(struct board *board)
{
    speakers_destroy(board->speakers);
    desks_destroy(board->desks);
}

static void open_others(struct board *board)
{
    const struct desks_events events = { .data = board };
    board->desks = desks_create(board->loop, board->config, &board->receipts, &events);
    board->speakers = speakers_create(board->loop, board->config, &board->receipts, NULL, NULL);
    assert_true(board->desks && board->speakers);
}

static int start(void **unused)
{
    (void)unused;
    char error[256];
    memset(&bench, 0, sizeof bench);
    fake_init();
    strcpy(bench.folder, "/tmp/kezek-walls.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    snprintf(bench.path, sizeof bench.path, "%s/control", bench.folder);
    bench.outputs_fd = eventfd(0, EFD_CLOEXEC);
    struct board *board = bench.board = calloc(1, sizeof *board);
    board->config = load();
    board->fonts = fonts_create(&font_files_debian, error, sizeof error);
    board->loop = loop_create();
    board->turn_timer = loop_timer(board->loop, "turn", turned, board);
    board->control = control_create(board->loop, bench.path, NULL, NULL);
    assert_true(board->fonts && board->loop && board->turn_timer && board->control);
    receipts_init(&board->receipts, board->config->board);
    hall_init(&board->hall, board->config);
    open_others(board);
    bench.input = (struct scene_input){ .config = board->config, .hall = &board->hall, .truth = FEED_FRESH };
    set_driver("kms");
    return walls_set_up(board);
}

static int stop(void **unused)
{
    (void)unused;
    struct board *board = bench.board;
    walls_take_down(board, NULL);
    walls_finish(board);
    assert_int_equal(bench.creates, bench.destroys);
    assert_false(fake.is_open);
    close_others(board);
    control_destroy(board->control);
    loop_timer_remove(board->turn_timer);
    loop_destroy(board->loop);
    fonts_destroy(board->fonts);
    config_destroy(board->config);
    free(board);
    close(fake.fd);
    close(bench.outputs_fd);
    rmdir(bench.folder);
    return 0;
}

static void turn(int64_t now_us)
{
    walls_present(bench.board, &bench.input, now_us);
}

static void open_wall(int64_t now_us)
{
    turn(now_us);
    fake_flip(now_us + 16 * MS);
    assert_int_equal(bench.board->wall[0].state, WALL_SHOWN);
}

static void outputs_change(bool is_change)
{
    bench.has_changed = is_change;
    assert_int_equal(eventfd_write(bench.outputs_fd, 1), 0);
    if (is_change) {
        assert_int_equal(loop_run(bench.board->loop), 0);
        return;
    }
    loop_timer_at(bench.board->turn_timer, clock_us() + 10 * MS);
    assert_int_equal(loop_run(bench.board->loop), 0);
}

static void call(const char *ticket, uint64_t seq)
{
    struct event event = { .type = EVENT_CALL, .seq = seq };
    strcpy(event.desk, "3");
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    assert_true(calls_apply(bench.board, &event, true, FEED_MUTED, clock_us()));
}

static void notice(const char *id, const char *text)
{
    struct event event = { .type = EVENT_NOTICE, .notice = { .ntexts = text != NULL } };
    strcpy(event.notice.id, id);
    strcpy(event.notice.text[0].lang, "ru");
    snprintf(event.notice.text[0].text, NOTICE_SIZE, "%s", text ? text : "");
    assert_true(calls_apply(bench.board, &event, true, FEED_LIVE, clock_us()));
}

/* The next finished receipt has this to say of the screen. */
static void receipt_says(const char *result, const char *detail)
{
    struct receipt receipt;
    assert_true(receipts_take(&bench.board->receipts, clock_us(), &receipt));
    assert_int_equal(receipt.noutlets, 1);
    assert_string_equal(receipt.outlet[0].outlet, "screen/main");
    assert_string_equal(receipt.outlet[0].result, result);
    assert_string_equal(receipt.outlet[0].detail, detail);
}

static void no_receipt_is_finished(void)
{
    struct receipt receipt;
    assert_false(receipts_take(&bench.board->receipts, clock_us(), &receipt));
}

/* ---- outputs --------------------------------------------------------------------------------- */
static void outputs_exist_while_a_screen_is_kms_and_stay_over_a_reload(void **unused)
{
    (void)unused;
    assert_int_equal(bench.creates, 1);
    walls_take_down(bench.board, NULL);
    assert_int_equal(walls_set_up(bench.board), 0);
    assert_int_equal(bench.creates, 1);
    assert_int_equal(bench.destroys, 0);
    walls_take_down(bench.board, NULL);
    set_driver("memory");
    assert_int_equal(walls_set_up(bench.board), 0);
    assert_int_equal(bench.destroys, 1);
    assert_null(bench.board->outputs);
    walls_probe(bench.board);
    assert_int_equal(bench.probes, 0);
}

/* As at a reload. */
static void take(struct config *fresh)
{
    struct config *old = bench.board->config;
    walls_take_down(bench.board, fresh);
    close_others(bench.board);
    bench.board->config = fresh;
    open_others(bench.board);
    assert_int_equal(walls_set_up(bench.board), 0);
    hall_init(&bench.board->hall, fresh);
    receipts_init(&bench.board->receipts, fresh->board);
    bench.input.config = fresh;
    config_destroy(old);
}

static void a_reload_leaves_a_screen_open_whose_device_stays_the_same(void **unused)
{
    (void)unused;
    open_wall(S);
    call("А042", 1);
    turn(2 * S); /* its frame is on the way */
    struct config *fresh = load();
    fresh->screen[0].device = bench.board->config->screen[0].device;
    fresh->screen[0].overscan = 0.05;
    take(fresh);
    assert_int_equal(fake.opens, 1);
    assert_int_equal(fake.closes, 0);
    call("А043", 1);            /* the first receipt of the new hall */
    fake_flip(2 * S + 16 * MS); /* of the old one */
    no_receipt_is_finished();
    turn(3 * S);
    fake_flip(3 * S + 16 * MS);
    receipt_says("shown", "");
    fresh = load();
    fresh->screen[0].device = bench.board->config->screen[0].device;
    fresh->screen[0].device.rotation = 90;
    take(fresh);
    assert_int_equal(fake.closes, 1);
    open_wall(4 * S);
    assert_int_equal(fake.opens, 2);
}

static void a_reload_that_ends_the_hours_wakes_the_screen(void **unused)
{
    (void)unused;
    open_wall(S);
    wall_set_power(&bench.board->wall[0], false, 2 * S);
    assert_int_equal(bench.board->wall[0].state, WALL_STANDBY);
    bench.board->wall[0].is_on = true; /* what the new hours say is what the wall was told last */
    struct config *fresh = load();
    fresh->screen[0].device = bench.board->config->screen[0].device;
    take(fresh);
    turn(3 * S);
    assert_int_equal(bench.board->wall[0].state, WALL_SHOWN);
}

static void a_change_of_outputs_is_looked_at_at_once(void **unused)
{
    (void)unused;
    open_wall(S);
    fake.status.state = SCREEN_UNPLUGGED;
    outputs_change(false);
    assert_int_equal(bench.board->wall[0].state, WALL_SHOWN);
    outputs_change(true);
    assert_int_equal(bench.board->wall[0].state, WALL_UNPLUGGED);
}

static void displays_are_asked_every_10_s_only_while_one_is_waited_for(void **unused)
{
    (void)unused;
    int64_t now_us = 100 * S;
    open_wall(now_us);
    turn(now_us += 60 * S);
    assert_int_equal(bench.probes, 0); /* the clock asks once a minute: walls_probe() */
    assert_int_equal(bench.board->probe_us, INT64_MAX);
    fake.status.state = SCREEN_UNPLUGGED;
    outputs_change(true);
    bench.board->wall[0].is_dirty = false; /* no frame is on its way */
    turn(now_us);
    for (unsigned i = 1; i <= 6; i++) {
        assert_true(walls_deadline_us(bench.board) <= now_us + 10 * S);
        turn(now_us + 10 * S - 1);
        assert_int_equal(bench.probes, i - 1);
        turn(now_us += 10 * S);
        assert_int_equal(bench.probes, i);
    }
    fake.status.state = SCREEN_SHOWN;
    outputs_change(true);
    turn(now_us);
    fake_flip(now_us += 16 * MS);
    turn(now_us + 60 * S);
    assert_int_equal(bench.probes, 6);
}

/* ---- receipts -------------------------------------------------------------------------------- */
static void a_call_on_a_screen_that_is_seen_is_shown_at_its_flip(void **unused)
{
    (void)unused;
    open_wall(S);
    call("А042", 1);
    turn(2 * S);
    no_receipt_is_finished();
    fake_flip(2 * S + 16 * MS);
    receipt_says("shown", "");
}

static void a_call_on_an_unplugged_screen_fails_and_says_why(void **unused)
{
    (void)unused;
    open_wall(S);
    fake.status.state = SCREEN_UNPLUGGED;
    outputs_change(true);
    call("А042", 1);
    receipt_says("failed", "HDMI-A-1: no display is plugged in");
    turn(2 * S);
    fake_flip(2 * S + 16 * MS); /* scanned out, for nobody */
    no_receipt_is_finished();
}

static void a_display_that_goes_before_the_flip_has_shown_nothing(void **unused)
{
    (void)unused;
    open_wall(S);
    call("А042", 1);
    turn(2 * S);
    fake.status.state = SCREEN_UNPLUGGED;
    outputs_change(true);
    receipt_says("failed", "HDMI-A-1: no display is plugged in");
    fake_flip(2 * S + 16 * MS);
    no_receipt_is_finished();
}

/* The call of desk 3 is nothing that the screen of another desk owes a receipt for. */
static void a_screen_of_one_desk_shows_no_other_ones_calls(void **unused)
{
    (void)unused;
    struct wall *wall = &bench.board->wall[0];
    struct config_screen *screen = &bench.board->config->screen[0];
    int third = config_desk_index(bench.board->config, "3");
    screen->dwell_ms = 15000;
    for (int is_mine = 0; is_mine < 2; is_mine++) {
        screen->desk = (int16_t)(is_mine ? third : third + 1);
        wall_change(wall, bench.board->config, 0);
        assert_int_equal(wall->announce.dwell_us, 15000000);
        call("А042", 1 + (uint64_t)is_mine);
        assert_int_equal(wall->announce.slot[0].is_used, is_mine);
    }
}

static void a_place_of_a_desk_owes_the_next_call_until_the_last_one_is_over(void **unused)
{
    (void)unused;
    struct wall *wall = &bench.board->wall[0];
    struct config_screen *screen = &bench.board->config->screen[0];
    screen->layout.landscape = (struct layout_grid){
        1, 1, 1, { 1000 }, { 1000 }, { { .part = PART_DESKS, .rows = 1, .columns = 1 } }
    };
    screen->layout.portrait = screen->layout.landscape;
    open_wall(S);
    call("А042", 1);
    call("А043", 2);
    turn(2 * S);
    fake_flip(2 * S + 16 * MS);
    receipt_says("shown", "");
    no_receipt_is_finished();
    assert_int_equal(wall->announce.slot[1].token != 0, 1);
    wall->announce.slot[0].is_new = false; /* its dwell is over */
    wall->is_dirty = true;
    turn(11 * S);
    fake_flip(11 * S + 16 * MS);
    assert_int_equal(wall->announce.slot[1].token, 0);
    receipt_says("shown", "");
}

static void calls_that_wait_for_a_panel_fail_with_the_screen(void **unused)
{
    (void)unused;
    bench.board->wall[0].announce.most = 1;
    open_wall(S);
    call("А042", 1);
    turn(2 * S);
    fake_flip(2 * S + 16 * MS);
    receipt_says("shown", "");
    call("А043", 2);
    no_receipt_is_finished();
    fake.status.state = SCREEN_AWAY;
    outputs_change(true);
    receipt_says("failed", "HDMI-A-1: another program or the text console has the screen");
}

static void a_flip_that_never_comes_fails_the_call_and_frees_the_link(void **unused)
{
    (void)unused;
    open_wall(S);
    call("А042", 1);
    turn(2 * S);
    assert_true(walls_are_flipping(bench.board));
    turn(2 * S + 499 * MS);
    assert_true(walls_are_flipping(bench.board));
    turn(2 * S + 500 * MS);
    assert_false(walls_are_flipping(bench.board));
    receipt_says("failed", "no page flip for 0.5 s after frame 1; opened again after 3 s");
}

static void a_screen_that_cannot_be_opened_fails_its_calls_with_the_reason(void **unused)
{
    (void)unused;
    fake.open_error = -EACCES;
    fake.complaint = "/dev/dri/card0: permission denied; add kezek to group video";
    turn(S);
    call("А042", 1);
    receipt_says("failed", fake.complaint);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
static void a_notice_that_no_font_can_write_is_told_until_it_is_gone(void **unused)
{
    (void)unused;
    notice("fire", "Пожар \xf0\x9f\x94\xa5");
    assert_string_equal(
        bench.board->lacking,
        "notice fire: ru: the fonts have no glyph for U+1F525, a box is shown; write it differently");
    notice("pause", "Обед");
    assert_true(bench.board->lacking[0]);
    notice("fire", NULL);
    assert_string_equal(bench.board->lacking, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_notice_that_no_font_can_write_is_told_until_it_is_gone),
        TEST(outputs_exist_while_a_screen_is_kms_and_stay_over_a_reload),
        TEST(a_reload_leaves_a_screen_open_whose_device_stays_the_same),
        TEST(a_reload_that_ends_the_hours_wakes_the_screen),
        TEST(a_change_of_outputs_is_looked_at_at_once),
        TEST(displays_are_asked_every_10_s_only_while_one_is_waited_for),
        TEST(a_call_on_a_screen_that_is_seen_is_shown_at_its_flip),
        TEST(a_call_on_an_unplugged_screen_fails_and_says_why),
        TEST(a_display_that_goes_before_the_flip_has_shown_nothing),
        TEST(a_screen_of_one_desk_shows_no_other_ones_calls),
        TEST(a_place_of_a_desk_owes_the_next_call_until_the_last_one_is_over),
        TEST(calls_that_wait_for_a_panel_fail_with_the_screen),
        TEST(a_flip_that_never_comes_fails_the_call_and_frees_the_link),
        TEST(a_screen_that_cannot_be_opened_fails_its_calls_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
