/* One wall on a memory screen: when it paints, and when what it carries counts as shown. */
#include "board/wall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLIP_PATIENCE_MS 5000

static struct {
    struct config *config;
    struct fonts *fonts;
    struct loop *loop;
    struct wall wall;
    struct hall hall;
    struct scene_input input;
    uint64_t shown[ANNOUNCE_SLOTS];
    unsigned nshown, flips;
} bench;

static void complain(void *data, const char *line)
{
    (void)data;
    print_error("%s\n", line);
}

static void on_flip(void *data, struct wall *wall)
{
    (void)data;
    bench.flips++;
    bench.nshown = wall->ncarried;
    memcpy(bench.shown, wall->carried, sizeof bench.shown);
    loop_quit(bench.loop, 0);
}

static int start(void **unused)
{
    (void)unused;
    char path[512], error[256];
    const char *source = getenv("KEZEK_SOURCE");
    struct config_paths paths = { 0 };
    struct json_report report = { .line = complain };
    memset(&bench, 0, sizeof bench);
    snprintf(path, sizeof path, "%s/sim/demo.json", source ? source : ".");
    bench.config = config_load(path, &paths, &report);
    bench.fonts = fonts_create(&font_files_debian, error, sizeof error);
    bench.loop = loop_create();
    if (!bench.config || !bench.fonts || !bench.loop)
        return -1;
    hall_init(&bench.hall, bench.config);
    bench.input = (struct scene_input){
        .config = bench.config,
        .hall = &bench.hall,
        .truth = FEED_FRESH,
        .clock = { .year = 2026, .month = 11, .day = 22, .weekday = 6, .hour = 14, .is_known = true },
    };
    wall_init(&bench.wall, bench.loop, NULL, bench.fonts, bench.config, 0, on_flip, NULL);
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    wall_finish(&bench.wall);
    loop_destroy(bench.loop);
    fonts_destroy(bench.fonts);
    config_destroy(bench.config);
    return 0;
}

static void give_up(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    loop_quit(bench.loop, 1);
}

static void until_flip(void)
{
    struct loop_timer *patience = loop_timer(bench.loop, "patience", give_up, NULL);
    loop_timer_at(patience, clock_us() + FLIP_PATIENCE_MS * INT64_C(1000));
    assert_int_equal(loop_run(bench.loop), 0);
    loop_timer_remove(patience);
}

static void present(void)
{
    wall_present(&bench.wall, &bench.input, clock_us());
}

static void call(const char *desk, const char *ticket, uint64_t token)
{
    struct event event = { .type = EVENT_CALL };
    int index;
    snprintf(event.desk, sizeof event.desk, "%s", desk);
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    assert_true(hall_apply(&bench.hall, &event, clock_us(), &index) > 0);
    assert_true(announce_call(&bench.wall.announce, &bench.hall, index, token, clock_us()));
    bench.wall.is_dirty = true;
}

static void open_calm(void)
{
    assert_true(wall_try(&bench.wall, clock_us()));
    present();
    until_flip();
    assert_int_equal(bench.flips, 1);
}

static void an_absent_wall_paints_nothing(void **unused)
{
    (void)unused;
    present();
    assert_int_equal(bench.wall.pixels, 0);
    assert_false(bench.wall.is_flipping);
}

static void it_opens_paints_and_flips_once(void **unused)
{
    (void)unused;
    open_calm();
    assert_int_equal(bench.nshown, 0);
    assert_false(wall_try(&bench.wall, clock_us()));
}

static void it_presents_only_when_something_changed(void **unused)
{
    (void)unused;
    open_calm();
    uint64_t pixels = bench.wall.pixels;
    present();
    assert_false(bench.wall.is_flipping);
    bench.wall.is_dirty = true; /* marked, but the picture is the same */
    present();
    assert_false(bench.wall.is_flipping);
    assert_false(bench.wall.is_dirty);
    assert_int_equal(bench.wall.pixels, pixels);
}

static void a_call_counts_as_shown_at_its_flip(void **unused)
{
    (void)unused;
    open_calm();
    call("3", "А042", 7);
    int64_t before_us = clock_us();
    present();
    assert_true(bench.wall.is_flipping);
    assert_int_equal(bench.flips, 1);
    until_flip();
    assert_int_equal(bench.flips, 2);
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
    assert_true(bench.wall.flip_us > before_us);
    call("4", "А043", 8);
    present();
    until_flip();
    assert_int_equal(bench.nshown, 1); /* the first one is not told again */
    assert_int_equal(bench.shown[0], 8);
}

static void while_a_flip_is_pending_nothing_is_painted_and_the_next_frame_has_it(void **unused)
{
    (void)unused;
    open_calm();
    call("3", "А042", 7);
    present();
    uint64_t pixels = bench.wall.pixels;
    call("4", "А043", 8);
    call("5", "А044", 9);
    present();
    assert_int_equal(bench.wall.pixels, pixels);
    assert_true(bench.wall.is_dirty);
    until_flip();
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
    present();
    until_flip();
    assert_int_equal(bench.nshown, 2);
    assert_int_equal(bench.shown[0] + bench.shown[1], 17);
}

static void a_call_that_changes_no_pixel_is_shown_already(void **unused)
{
    (void)unused;
    open_calm();
    call("3", "А042", 7);
    present();
    until_flip();
    assert_true(announce_call(&bench.wall.announce, &bench.hall, config_desk_index(bench.config, "3"), 8,
                              clock_us()));
    bench.wall.is_dirty = true;
    present();
    assert_false(bench.wall.is_flipping);
    assert_int_equal(bench.flips, 3);
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 8);
    assert_int_equal(bench.wall.ncarried, 0);
}

static void a_call_behind_an_alert_or_a_blank_wall_is_not_shown(void **unused)
{
    (void)unused;
    open_calm();
    struct event alert = { .type = EVENT_NOTICE };
    int desk;
    snprintf(alert.notice.id, sizeof alert.notice.id, "fire");
    alert.notice.level = NOTICE_ALERT;
    alert.notice.ntexts = 1;
    snprintf(alert.notice.text[0].lang, sizeof alert.notice.text[0].lang, "ru");
    snprintf(alert.notice.text[0].text, sizeof alert.notice.text[0].text, "Пожар");
    assert_true(hall_apply(&bench.hall, &alert, clock_us(), &desk) > 0);
    call("3", "А042", 7);
    present();
    until_flip();
    assert_int_equal(bench.nshown, 0);
    alert.notice.ntexts = 0;
    assert_true(hall_apply(&bench.hall, &alert, clock_us(), &desk) > 0);
    bench.input.truth = FEED_BLANK;
    bench.wall.is_dirty = true;
    present();
    until_flip();
    assert_int_equal(bench.nshown, 0);
    bench.input.truth = FEED_FRESH;
    bench.wall.is_dirty = true;
    present();
    until_flip();
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
}

static void a_device_that_is_not_there_is_tried_again_ever_later(void **unused)
{
    (void)unused;
    snprintf(bench.config->screen[0].device.driver, sizeof bench.config->screen[0].device.driver, "none");
    int64_t now_us = 1000000;
    assert_true(wall_try(&bench.wall, now_us)); /* the first failure is news */
    assert_true(bench.wall.detail[0]);
    int64_t last_us = 0;
    for (int i = 0; i < 10; i++) {
        int64_t wait_us = wall_deadline_us(&bench.wall) - now_us;
        assert_true(wait_us >= last_us && wait_us >= 1000000 && wait_us <= 60000000);
        assert_false(wall_try(&bench.wall, now_us + wait_us - 1));
        now_us += wait_us;
        assert_false(wall_try(&bench.wall, now_us));
        last_us = wait_us;
    }
    assert_int_equal(last_us, 60000000);
}

static int refuse_commit(struct screen *screen, const struct rect *damage, unsigned ndamage, uint64_t *frame)
{
    (void)screen, (void)damage, (void)ndamage, (void)frame;
    return -EIO;
}

static void a_screen_that_refuses_a_frame_is_opened_again(void **unused)
{
    (void)unused;
    open_calm();
    struct screen_ops broken = *bench.wall.ops;
    broken.commit = refuse_commit;
    bench.wall.ops = &broken;
    call("3", "А042", 7);
    present();
    assert_int_equal(bench.wall.state, WALL_ABSENT);
    assert_int_equal(bench.wall.ncarried, 0);
    assert_string_equal(bench.wall.detail, "lost: Input/output error");
    assert_true(wall_try(&bench.wall, clock_us()));
    present();
    until_flip();
    assert_int_equal(bench.nshown, 1); /* the call was not lost with the frame */
    assert_int_equal(bench.shown[0], 7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_absent_wall_paints_nothing),
        TEST(it_opens_paints_and_flips_once),
        TEST(it_presents_only_when_something_changed),
        TEST(a_call_counts_as_shown_at_its_flip),
        TEST(while_a_flip_is_pending_nothing_is_painted_and_the_next_frame_has_it),
        TEST(a_call_that_changes_no_pixel_is_shown_already),
        TEST(a_call_behind_an_alert_or_a_blank_wall_is_not_shown),
        TEST(a_device_that_is_not_there_is_tried_again_ever_later),
        TEST(a_screen_that_refuses_a_frame_is_opened_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
