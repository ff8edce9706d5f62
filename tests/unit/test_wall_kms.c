/* Walls on the kms backend, over graphics cards of a double of libdrm: what happens to wall screens in the field, and that a
 * picture is there again by itself. */
#include "board/wall.h"
#include "tests/doubles/drm/outputs_double.h"
#include "tests/unit/demo_hall.h"

#include <errno.h>
#include <string.h>

#define S           INT64_C(1000000)
#define PATIENCE_US (5 * S)

static struct {
    struct double_card *card;
    struct double_connector *hdmi[2];
    drmModeModeInfo full_hd, hd;
    struct outputs *outputs;
    struct config *config;
    struct fonts *fonts;
    struct loop *loop;
    struct wall wall[2];
    unsigned nwalls, nflips[2];
    struct hall hall;
    struct scene_input input;
} bench;

static void on_flip(void *data, struct wall *wall)
{
    (void)data;
    bench.nflips[wall - bench.wall]++;
    loop_quit(bench.loop, 0);
}

static void on_change(void *data, struct wall *wall)
{
    (void)data, (void)wall;
}

static struct config *load(void)
{
    struct config *config = demo_hall();
    assert_non_null(config);
    for (unsigned i = 0; i < 2; i++) {
        struct screen_config *device = &config->screen[i].device;
        strcpy(device->driver, "kms");
        snprintf(device->output, sizeof device->output, "HDMI-A-%u", i + 1);
        device->width = device->height = 0;
        device->path[0] = '\0';
    }
    return config;
}

static int start(void **unused)
{
    (void)unused;
    char error[256];
    memset(&bench, 0, sizeof bench);
    memset(&outputs_log, 0, sizeof outputs_log);
    drm_double_reset();
    bench.full_hd = drm_double_mode(1920, 1080, 60);
    bench.hd = drm_double_mode(1280, 720, 60);
    bench.card = drm_double_add("card1", 2);
    for (unsigned i = 0; i < 2; i++)
        bench.hdmi[i] = drm_double_connector(bench.card, DRM_MODE_CONNECTOR_HDMIA, i + 1);
    bench.config = load();
    bench.fonts = fonts_create(&font_files_debian, error, sizeof error);
    bench.loop = loop_create();
    bench.outputs = outputs_create();
    assert_true(bench.fonts && bench.loop && bench.outputs);
    hall_init(&bench.hall, bench.config);
    bench.input = (struct scene_input){ .config = bench.config, .hall = &bench.hall, .truth = FEED_FRESH };
    const struct wall_events events = { .flipped = on_flip, .changed = on_change };
    for (unsigned i = 0; i < 2; i++)
        wall_init(&bench.wall[i], bench.loop, bench.outputs, bench.fonts, bench.config, i, &events);
    bench.nwalls = 1;
    return 0;
}

static int stop(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++)
        wall_finish(&bench.wall[i]);
    outputs_destroy(bench.outputs);
    loop_destroy(bench.loop);
    fonts_destroy(bench.fonts);
    config_destroy(bench.config);
    return drm_double.nopen || drm_double.nmapped; /* the kernel frees the buffers of a card that went */
}

static void turn_at(int64_t now_us)
{
    for (unsigned i = 0; i < bench.nwalls; i++) {
        wall_tick(&bench.wall[i], now_us);
        wall_present(&bench.wall[i], &bench.input, now_us);
    }
}

static void turn(void)
{
    turn_at(clock_us());
}

static void give_up(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    loop_quit(bench.loop, 1);
}

/* As the board does: turns until that wall has flipped once more. */
static void until_flip(unsigned index)
{
    unsigned before = bench.nflips[index];
    struct loop_timer *patience = loop_timer(bench.loop, "patience", give_up, NULL);
    loop_timer_at(patience, clock_us() + PATIENCE_US);
    turn();
    while (bench.nflips[index] == before) {
        assert_int_equal(loop_run(bench.loop), 0);
        turn();
    }
    loop_timer_remove(patience);
}

/* What the board does when outputs_dispatch() says that something has changed. */
static void outputs_changed(void)
{
    outputs_double_renew(bench.outputs);
    for (unsigned i = 0; i < bench.nwalls; i++)
        wall_look(&bench.wall[i], clock_us());
}

static void plug(unsigned index, const drmModeModeInfo *mode)
{
    drm_double_plug(bench.hdmi[index], "TV", 1, mode);
    outputs_changed();
}

static void stands(unsigned index, enum wall_state state)
{
    assert_string_equal(wall_state_names[bench.wall[index].state], wall_state_names[state]);
}

static void shows(unsigned index, unsigned width)
{
    const struct double_buffer *buffer = drm_double_shown(bench.card, bench.hdmi[index]);
    stands(index, WALL_SHOWN);
    assert_string_equal(bench.wall[index].detail, "");
    assert_non_null(buffer);
    assert_int_equal(buffer->fb_width, width);
    assert_int_equal(drm_double_crtc(bench.card, bench.hdmi[index])->mode.hdisplay, width);
}

static void a_board_that_boots_without_a_tv_shows_a_picture_when_it_comes(void **unused)
{
    (void)unused;
    turn();
    stands(0, WALL_UNPLUGGED);
    assert_true(strstr(bench.wall[0].detail, "HDMI-A-1") != NULL);
    int64_t plugged_us = clock_us();
    plug(0, &bench.full_hd);
    until_flip(0);
    assert_true(clock_us() - plugged_us < S);
    shows(0, 1920);
}

static void a_tv_that_is_off_at_night_shows_the_present_picture_in_the_morning(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    uint64_t evening = bench.wall[0].hash;
    drm_double_unplug(bench.hdmi[0]);
    outputs_changed();
    turn();
    stands(0, WALL_UNPLUGGED);
    bench.input.truth = FEED_BLANK;
    bench.wall[0].is_dirty = true;
    until_flip(0);
    plug(0, &bench.full_hd);
    until_flip(0);
    shows(0, 1920);
    assert_true(bench.wall[0].hash != evening);
}

static void another_tv_gets_its_own_mode(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    drm_double_unplug(bench.hdmi[0]);
    outputs_changed();
    turn();
    plug(0, &bench.hd);
    until_flip(0);
    shows(0, 1280);
}

static void another_tv_that_comes_between_two_looks_gets_its_own_mode(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    plug(0, &bench.hd);
    until_flip(0);
    shows(0, 1280);
}

static void a_screen_that_others_took_is_told_of_and_taken_back(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    drm_double_usurp(bench.card, true);
    bench.input.truth = FEED_BLANK; /* it is found out with the next frame */
    bench.wall[0].is_dirty = true;
    turn();
    stands(0, WALL_AWAY);
    turn();
    drm_double_usurp(bench.card, false);
    outputs_changed();
    until_flip(0);
    shows(0, 1920);
}

static void the_console_gets_the_screen_and_gives_it_back(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    outputs_log.is_away = true;
    outputs_changed();
    stands(0, WALL_AWAY);
    turn();
    assert_false(wall_is_flipping(&bench.wall[0]));
    outputs_log.is_away = false;
    outputs_changed();
    until_flip(0);
    shows(0, 1920);
}

static void a_card_that_is_taken_out_and_put_in_shows_again(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    drm_double_remove(bench.card);
    outputs_changed();
    turn();
    stands(0, WALL_ABSENT);
    drm_double_return(bench.card);
    outputs_changed();
    until_flip(0);
    shows(0, 1920);
}

static void two_screens_of_one_card_flip_each_for_itself(void **unused)
{
    (void)unused;
    bench.nwalls = 2;
    plug(0, &bench.full_hd);
    plug(1, &bench.hd);
    until_flip(0);
    if (bench.nflips[1] == 0)
        until_flip(1);
    shows(0, 1920);
    shows(1, 1280);
    drm_double_unplug(bench.hdmi[1]);
    outputs_changed();
    turn();
    stands(1, WALL_UNPLUGGED);
    bench.input.truth = FEED_STALE;
    bench.input.has_lease = true;
    bench.wall[0].is_dirty = true;
    until_flip(0);
    shows(0, 1920);
}

static void a_driver_that_loses_flips_is_found_out_and_opened_again(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    bench.card->is_lost_flip = true;
    bench.input.truth = FEED_BLANK;
    bench.wall[0].is_dirty = true;
    int64_t now_us = clock_us();
    turn_at(now_us);
    turn_at(now_us + FLIP_LATE_US);
    stands(0, WALL_STUCK);
    bench.card->is_lost_flip = false;
    turn_at(now_us + FLIP_LOST_US);
    until_flip(0);
    shows(0, 1920);
}

static void standby_turns_the_output_off_and_on(void **unused)
{
    (void)unused;
    plug(0, &bench.full_hd);
    until_flip(0);
    wall_set_power(&bench.wall[0], false, clock_us());
    stands(0, WALL_STANDBY);
    assert_false(outputs_log.is_on);
    bench.input.truth = FEED_BLANK;
    bench.wall[0].is_dirty = true;
    turn();
    assert_false(wall_is_flipping(&bench.wall[0]));
    wall_set_power(&bench.wall[0], true, clock_us());
    assert_true(outputs_log.is_on);
    until_flip(0);
    shows(0, 1920);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_board_that_boots_without_a_tv_shows_a_picture_when_it_comes),
        TEST(a_tv_that_is_off_at_night_shows_the_present_picture_in_the_morning),
        TEST(another_tv_gets_its_own_mode),
        TEST(another_tv_that_comes_between_two_looks_gets_its_own_mode),
        TEST(a_screen_that_others_took_is_told_of_and_taken_back),
        TEST(the_console_gets_the_screen_and_gives_it_back),
        TEST(a_card_that_is_taken_out_and_put_in_shows_again),
        TEST(two_screens_of_one_card_flip_each_for_itself),
        TEST(a_driver_that_loses_flips_is_found_out_and_opened_again),
        TEST(standby_turns_the_output_off_and_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
