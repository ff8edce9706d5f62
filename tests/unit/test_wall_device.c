/* One wall on a screen whose troubles are written in a script, and its test pictures. */
#include "tests/unit/fake_screen.h"
#include "tests/unit/wall_bench.h"

#include <errno.h>
#include <unistd.h>

const struct screen_ops *__real_screen_backend(const char *name);
const struct screen_ops *__wrap_screen_backend(const char *name);
const struct screen_ops *__wrap_screen_backend(const char *name)
{
    return strcmp(name, "fake") == 0 ? &fake_ops : __real_screen_backend(name);
}

static int start_fake(void **unused)
{
    fake_init();
    if (fake.fd < 0 || start(unused) != 0)
        return -1;
    struct screen_config *device = &bench.config->screen[0].device;
    snprintf(device->driver, sizeof device->driver, "fake");
    snprintf(device->output, sizeof device->output, "HDMI-A-1");
    return 0;
}

static int stop_fake(void **unused)
{
    int status = stop(unused);
    assert_false(fake.is_open);
    assert_int_equal(fake.opens >= fake.closes, true);
    close(fake.fd);
    return status;
}

/* ---- a device with troubles ------------------------------------------------------------------ */
static void turn(int64_t now_us)
{
    wall_tick(&bench.wall, now_us);
    announce_tick(&bench.wall.announce, now_us);
    wall_present(&bench.wall, &bench.input, now_us);
}

/* Opened, painted and flipped at `now_us`. */
static void open_fake(int64_t now_us)
{
    turn(now_us);
    assert_true(fake.is_queued);
    fake_flip(now_us + 16 * MS);
    assert_int_equal(bench.wall.state, WALL_SHOWN);
}

static void stands(enum wall_state state, const char *detail)
{
    assert_string_equal(wall_state_names[bench.wall.state], wall_state_names[state]);
    assert_string_equal(bench.wall.detail, detail);
}

static void outputs_become(enum screen_state state, int64_t now_us)
{
    fake.status.state = state;
    wall_look(&bench.wall, now_us);
}

static void a_device_that_is_not_there_is_tried_ever_later_and_told_of_once(void **unused)
{
    (void)unused;
    int64_t now_us = 100 * S, last_us = 0;
    fake.open_error = -ENODEV;
    fake.complaint = "there is no output HDMI-A-1; this board has HDMI-A-2";
    turn(now_us);
    stands(WALL_ABSENT, fake.complaint);
    for (unsigned i = 0; i < 10; i++) {
        int64_t wait_us = wall_deadline_us(&bench.wall) - now_us;
        assert_true(wait_us >= last_us && wait_us >= S && wait_us <= 10 * S);
        turn(now_us + wait_us - 1);
        assert_int_equal(fake.opens, i + 1);
        now_us += wait_us;
        turn(now_us);
        last_us = wait_us;
    }
    assert_int_equal(last_us, 10 * S);
    assert_int_equal(bench.changes, 1);
    fake.open_error = 0;
    wall_look(&bench.wall, now_us); /* an output has come: no waiting */
    assert_true(wall_deadline_us(&bench.wall) <= now_us);
    turn(now_us);
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.changes, 2);
    assert_true(fake.is_queued);
}

static void a_driver_that_is_not_built_in_is_named(void **unused)
{
    (void)unused;
    snprintf(bench.config->screen[0].device.driver, sizeof bench.config->screen[0].device.driver, "none");
    turn(S);
    stands(WALL_ABSENT, "no driver \"none\" in this build");
}

static void reasons_not_to_open_are_told_apart(void **unused)
{
    (void)unused;
    static const struct {
        int error;
        enum wall_state state;
        const char *complaint;
    } rows[] = {
        { -EAGAIN, WALL_UNPLUGGED, "HDMI-A-1: no display is plugged in" },
        { -EBUSY, WALL_AWAY, "card0 belongs to Xorg (pid 812); stop it" },
        { -EACCES, WALL_ABSENT, "/dev/dri/card0: add the service to group video" },
    };
    int64_t now_us = S;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        fake.open_error = rows[i].error;
        fake.complaint = rows[i].complaint;
        turn(now_us += 10 * S);
        stands(rows[i].state, rows[i].complaint);
        assert_int_equal(bench.changes, i + 1);
    }
}

static void a_call_that_flips_on_an_unplugged_screen_is_not_seen(void **unused)
{
    (void)unused;
    open_fake(S);
    outputs_become(SCREEN_UNPLUGGED, 2 * S);
    stands(WALL_UNPLUGGED, "HDMI-A-1: no display is plugged in");
    call("3", "А042", 7);
    turn(3 * S);
    fake_flip(3 * S + 16 * MS); /* it is scanned out all the same */
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.state_at_flip, WALL_UNPLUGGED);
    outputs_become(SCREEN_SHOWN, 4 * S);
    stands(WALL_SHOWN, "");
    turn(4 * S);
    assert_true(fake.is_queued); /* no pixel differs, but the flip proves the picture */
    fake_flip(4 * S + 16 * MS);
    assert_int_equal(bench.state_at_flip, WALL_SHOWN);
    assert_int_equal(bench.nshown, 0);
    unsigned commits = fake.commits;
    bench.wall.is_dirty = true;
    turn(5 * S);
    assert_int_equal(fake.commits, commits);
}

static void nothing_is_painted_in_standby_or_away_and_one_frame_catches_up(void **unused)
{
    (void)unused;
    static const enum screen_state states[] = { SCREEN_STANDBY, SCREEN_AWAY };
    int64_t now_us = S;
    open_fake(now_us);
    for (size_t i = 0; i < 2; i++) {
        unsigned commits = fake.commits;
        uint64_t pixels = bench.wall.pixels;
        if (states[i] == SCREEN_STANDBY)
            wall_set_power(&bench.wall, false, now_us);
        else
            outputs_become(SCREEN_AWAY, now_us);
        assert_int_equal(bench.wall.state, i ? WALL_AWAY : WALL_STANDBY);
        for (unsigned n = 0; n < 3; n++) {
            call("3", n & 1 ? "А042" : "А043", 7);
            turn(now_us += S);
        }
        assert_int_equal(fake.commits, commits);
        assert_int_equal(bench.wall.pixels, pixels);
        if (states[i] == SCREEN_STANDBY)
            wall_set_power(&bench.wall, true, now_us);
        else
            outputs_become(SCREEN_SHOWN, now_us);
        turn(now_us);
        assert_int_equal(fake.commits, commits + 1);
        fake_flip(now_us + 16 * MS);
        assert_int_equal(bench.state_at_flip, WALL_SHOWN);
    }
}

static void a_flip_that_was_dropped_while_away_holds_nothing_up(void **unused)
{
    (void)unused;
    open_fake(S);
    call("3", "А042", 7);
    turn(2 * S);
    assert_true(wall_is_flipping(&bench.wall));
    outputs_become(SCREEN_AWAY, 2 * S);
    assert_false(wall_is_flipping(&bench.wall)); /* the link is read */
    turn(60 * S);
    stands(WALL_AWAY, "HDMI-A-1: another program or the text console has the screen");
    assert_int_equal(bench.wall.late_flips, 0);
    fake.is_queued = false; /* whoever had the card threw it away */
    outputs_become(SCREEN_SHOWN, 61 * S);
    turn(61 * S);
    assert_true(fake.is_queued);
    fake_flip(61 * S + 16 * MS);
    stands(WALL_SHOWN, "");
}

static void a_call_that_ends_while_its_frame_is_lost_was_not_shown(void **unused)
{
    (void)unused;
    open_fake(S);
    call("3", "А042", 7);
    turn(2 * S);
    fake.begin_error = -ENODEV; /* before the flip */
    wall_look(&bench.wall, 2 * S);
    assert_int_equal(fake.closes, 1);
    fake.begin_error = 0;
    announce_end(&bench.wall.announce, 2, "А042", clock_us() + 60 * S); /* its dwell is over, too */
    assert_false(bench.wall.announce.slot[0].is_used);
    turn(2 * S);
    fake_flip(2 * S + 16 * MS);
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.nshown, 0);
}

static void standby_holds_for_whatever_is_plugged_in_then(void **unused)
{
    (void)unused;
    wall_set_power(&bench.wall, false, S);
    turn(S);
    assert_int_equal(fake.powers, 1); /* opened, looked at, and off it goes */
    stands(WALL_STANDBY, "HDMI-A-1: the display is in stand-by");
    wall_set_power(&bench.wall, false, 2 * S);
    assert_int_equal(fake.powers, 1);
    outputs_become(SCREEN_UNPLUGGED, 3 * S);
    stands(WALL_UNPLUGGED, "HDMI-A-1: no display is plugged in");
    outputs_become(SCREEN_SHOWN, 4 * S); /* another one is lit when it comes */
    assert_int_equal(fake.powers, 2);
    assert_int_equal(bench.wall.state, WALL_STANDBY);
    assert_int_equal(fake.commits, 0);
}

static void a_flip_that_does_not_come_is_told_of_once_and_lets_the_link_be_read(void **unused)
{
    (void)unused;
    open_fake(S);
    call("3", "А042", 7);
    turn(2 * S);
    unsigned changes = bench.changes;
    assert_int_equal(wall_deadline_us(&bench.wall), 2 * S + 500 * MS);
    turn(2 * S + 499 * MS);
    assert_true(wall_is_flipping(&bench.wall));
    assert_int_equal(bench.wall.state, WALL_SHOWN);
    turn(2 * S + 500 * MS);
    assert_false(wall_is_flipping(&bench.wall));
    stands(WALL_STUCK, "no page flip for 0.5 s after frame 1; opened again after 3 s");
    assert_int_equal(bench.wall.late_flips, 1);
    assert_int_equal(bench.changes, changes + 1);
    turn(3 * S);
    fake_flip(3 * S); /* late, but there */
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.state_at_flip, WALL_SHOWN);
    assert_int_equal(bench.changes, changes + 2);
}

static void a_first_frame_has_the_time_that_a_mode_set_takes(void **unused)
{
    (void)unused;
    turn(S);
    assert_int_equal(fake.commits, 1);
    assert_false(wall_is_flipping(&bench.wall)); /* the link is read meanwhile */
    assert_int_equal(wall_deadline_us(&bench.wall), S + 2 * S);
    turn(S + 1999 * MS);
    assert_int_equal(bench.wall.late_flips, 0);
    fake_flip(S + 1999 * MS);
    stands(WALL_SHOWN, "");
    outputs_become(SCREEN_UNPLUGGED, 4 * S);
    outputs_become(SCREEN_SHOWN, 5 * S);
    turn(5 * S);
    turn(5 * S + 1999 * MS);
    assert_int_equal(bench.wall.late_flips, 0);
    turn(5 * S + 2000 * MS);
    stands(WALL_STUCK, "no page flip for 2.0 s after frame 1; opened again after 3 s");
}

static void a_flip_that_the_loop_had_no_time_to_read_is_not_late(void **unused)
{
    (void)unused;
    open_fake(S);
    call("3", "А042", 7);
    turn(2 * S);
    fake.flip_us = 2 * S + 16 * MS;
    turn(2 * S + 700 * MS); /* a serial adapter took its time to open */
    assert_int_equal(bench.wall.late_flips, 0);
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.wall.flip_us, 2 * S + 16 * MS);
    stands(WALL_SHOWN, "");
}

static void a_screen_that_is_stuck_is_opened_again_ever_later_until_it_flips(void **unused)
{
    (void)unused;
    int64_t now_us = 2 * S;
    open_fake(S);
    call("3", "А042", 7);
    turn(now_us);
    unsigned changes = bench.changes;
    turn(now_us += 500 * MS);
    turn(now_us += 2500 * MS - 1);
    assert_int_equal(fake.opens, 1);
    turn(now_us += 1); /* 3 s: closed, opened and painted */
    assert_int_equal(fake.opens, 2);
    assert_true(fake.is_queued);
    stands(WALL_STUCK, "no page flip for 0.5 s after frame 1; opened again after 3 s");
    for (unsigned i = 0; i < 4; i++) {
        int64_t at_us;
        while ((at_us = wall_deadline_us(&bench.wall)) < now_us + 60 * S && fake.opens == i + 2)
            turn(now_us = at_us);
        assert_int_equal(fake.opens, i + 3);
    }
    assert_true(now_us >= (5 + 4 * 3 + 1 + 2 + 4) * S);
    assert_int_equal(bench.changes, changes + 1);
    fake_flip(now_us + 16 * MS);
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.nshown, 1); /* the frame after the lost one carries it */
}

static void a_flip_that_is_lost_with_the_display_leaves_the_device_open(void **unused)
{
    (void)unused;
    int64_t now_us = 2 * S;
    open_fake(S);
    call("3", "А042", 7);
    turn(now_us);
    outputs_become(SCREEN_UNPLUGGED, now_us);
    assert_false(wall_is_flipping(&bench.wall)); /* nobody waits for a picture that nobody sees */
    for (unsigned i = 0; i < 10; i++) {
        int64_t wait_us = wall_deadline_us(&bench.wall) - now_us;
        assert_true(wait_us > 0);
        turn(now_us += wait_us < S ? S : wait_us);
    }
    assert_int_equal(fake.closes, 0);
    assert_int_equal(bench.wall.state, WALL_UNPLUGGED);
    assert_int_equal(bench.wall.late_flips, 0);
    fake.is_queued = false; /* the driver has given it up */
    turn(now_us += 3 * S);
    unsigned commits = fake.commits;
    turn(now_us += 60 * S);
    assert_int_equal(fake.commits, commits); /* nothing new, and nobody to see it */
    outputs_become(SCREEN_SHOWN, now_us);
    turn(now_us);
    fake_flip(now_us + 16 * MS);
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(fake.closes, 0);
}

static void a_display_that_wants_another_mode_is_opened_again_in_silence(void **unused)
{
    (void)unused;
    open_fake(S);
    call("3", "А042", 7);
    unsigned changes = bench.changes;
    turn(2 * S - 5 * MS);
    fake.begin_error = -ENODEV; /* before the flip */
    wall_look(&bench.wall, 2 * S);
    assert_int_equal(fake.closes, 1);
    fake.begin_error = 0;
    assert_true(wall_deadline_us(&bench.wall) <= 2 * S);
    turn(2 * S);
    fake_flip(2 * S + 16 * MS);
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.nshown, 1); /* the call was not lost with the frame */
    assert_int_equal(bench.shown[0], 7);
    assert_int_equal(bench.changes, changes);
}

static void a_screen_that_refuses_frames_is_told_of_once_and_tried_ever_later(void **unused)
{
    (void)unused;
    int64_t now_us = 2 * S;
    open_fake(S);
    call("3", "А042", 7);
    unsigned changes = bench.changes;
    fake.commit_error = -ENOSPC;
    turn(now_us);
    turn(now_us); /* once more at once */
    stands(WALL_ABSENT,
           "a frame was refused: No space left on device; try a smaller \"mode\" in the hall file");
    for (unsigned opens = fake.opens; opens < 8; opens++) {
        int64_t wait_us = wall_deadline_us(&bench.wall) - now_us;
        assert_true(wait_us >= S && wait_us <= 10 * S);
        turn(now_us += wait_us);
        assert_int_equal(fake.opens, opens + 1);
    }
    assert_int_equal(bench.changes, changes + 1);
    fake.commit_error = 0;
    turn(now_us += 10 * S);
    fake_flip(now_us);
    stands(WALL_SHOWN, "");
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 7);
}

static void a_device_that_is_busy_is_asked_again_and_in_the_end_opened_anew(void **unused)
{
    (void)unused;
    int64_t now_us = 2 * S;
    open_fake(S);
    call("3", "А042", 7);
    fake.commit_error = -EBUSY; /* short of memory, say */
    turn(now_us);
    assert_int_equal(wall_deadline_us(&bench.wall), now_us + 20 * MS);
    turn(now_us += 20 * MS);
    fake.commit_error = 0;
    turn(now_us += 20 * MS);
    assert_true(fake.is_queued);
    fake_flip(now_us);
    assert_int_equal(bench.nshown, 1);
    call("4", "А043", 8);
    fake.commit_error = -EBUSY;
    for (int64_t end_us = now_us + 500 * MS; now_us <= end_us; now_us += 20 * MS)
        turn(now_us);
    assert_int_equal(fake.closes, 1);
    fake.commit_error = 0;
    turn(now_us);
    fake_flip(now_us);
    assert_int_equal(bench.nshown, 1);
    assert_int_equal(bench.shown[0], 8);
    stands(WALL_SHOWN, "");
}

static void what_a_display_cannot_do_is_told_once(void **unused)
{
    (void)unused;
    const char *remedy = "HDMI-A-1 has no mode 3840x2160; 1920x1080 stands instead";
    snprintf(fake.status.detail, sizeof fake.status.detail, "%s", remedy);
    open_fake(S);
    stands(WALL_SHOWN, remedy);
    wall_look(&bench.wall, 2 * S);
    assert_int_equal(bench.changes, 1);
    fake.status.detail[0] = '\0';
    wall_look(&bench.wall, 3 * S);
    stands(WALL_SHOWN, "");
}

/* ---- test pictures --------------------------------------------------------------------------- */
static void a_test_picture_takes_the_place_of_calls_until_its_time_is_over(void **unused)
{
    (void)unused;
    open_fake(S);
    wall_test(&bench.wall, TEST_GRID, 32 * S, 2 * S);
    assert_string_equal(wall_test_name(&bench.wall), "grid");
    turn(2 * S);
    assert_false(wall_is_flipping(&bench.wall)); /* the link is read meanwhile */
    fake_flip(2 * S + 16 * MS);
    unsigned commits = fake.commits;
    call("3", "А042", 7);
    turn(3 * S);
    assert_int_equal(fake.commits, commits); /* it stands still */
    assert_int_equal(wall_deadline_us(&bench.wall) <= 32 * S, true);
    turn(32 * S - 1);
    assert_non_null(wall_test_name(&bench.wall));
    turn(32 * S);
    assert_null(wall_test_name(&bench.wall));
    fake_flip(32 * S + 16 * MS);
    assert_int_equal(bench.nshown, 1); /* the call stands there now */
    assert_int_equal(bench.shown[0], 7);
}

static void an_alert_ends_a_test_picture(void **unused)
{
    (void)unused;
    open_fake(S);
    wall_test(&bench.wall, TEST_TEXT, 600 * S, 2 * S);
    turn(2 * S);
    fake_flip(2 * S + 16 * MS);
    unsigned commits = fake.commits;
    put_alert(true);
    turn(3 * S);
    assert_null(wall_test_name(&bench.wall));
    assert_int_equal(fake.commits, commits + 1);
}

static void bars_that_move_are_painted_at_every_flip(void **unused)
{
    (void)unused;
    int64_t now_us = 2 * S;
    open_fake(S);
    wall_test(&bench.wall, TEST_MOTION, 600 * S, now_us);
    turn(now_us);
    unsigned commits = fake.commits;
    for (unsigned i = 1; i <= 20; i++) {
        fake_flip(now_us += 16 * MS);
        turn(now_us);
        assert_int_equal(fake.commits, commits + i);
    }
    wall_test_end(&bench.wall, now_us);
    fake_flip(now_us += 16 * MS);
    turn(now_us);
    assert_int_equal(fake.commits, commits + 21); /* the hall again */
    fake_flip(now_us += 16 * MS);
    turn(now_us);
    assert_int_equal(fake.commits, commits + 21);
}

static void a_test_picture_wakes_a_display_and_lets_it_sleep_again(void **unused)
{
    (void)unused;
    open_fake(S);
    wall_set_power(&bench.wall, false, 2 * S);
    assert_int_equal(bench.wall.state, WALL_STANDBY);
    wall_test(&bench.wall, TEST_BARS, 32 * S, 2 * S);
    assert_int_equal(bench.wall.state, WALL_SHOWN);
    turn(2 * S);
    fake_flip(2 * S + 16 * MS);
    wall_set_power(&bench.wall, false, 3 * S); /* as the hours say at every turn */
    assert_int_equal(bench.wall.state, WALL_SHOWN);
    turn(32 * S);
    assert_int_equal(bench.wall.state, WALL_STANDBY);
}

#define SCRIPTED(name) cmocka_unit_test_setup_teardown(name, start_fake, stop_fake)
int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(a_device_that_is_not_there_is_tried_ever_later_and_told_of_once),
        SCRIPTED(a_driver_that_is_not_built_in_is_named),
        SCRIPTED(reasons_not_to_open_are_told_apart),
        SCRIPTED(a_call_that_flips_on_an_unplugged_screen_is_not_seen),
        SCRIPTED(nothing_is_painted_in_standby_or_away_and_one_frame_catches_up),
        SCRIPTED(a_flip_that_was_dropped_while_away_holds_nothing_up),
        SCRIPTED(a_call_that_ends_while_its_frame_is_lost_was_not_shown),
        SCRIPTED(standby_holds_for_whatever_is_plugged_in_then),
        SCRIPTED(a_flip_that_does_not_come_is_told_of_once_and_lets_the_link_be_read),
        SCRIPTED(a_first_frame_has_the_time_that_a_mode_set_takes),
        SCRIPTED(a_flip_that_the_loop_had_no_time_to_read_is_not_late),
        SCRIPTED(a_screen_that_is_stuck_is_opened_again_ever_later_until_it_flips),
        SCRIPTED(a_flip_that_is_lost_with_the_display_leaves_the_device_open),
        SCRIPTED(a_display_that_wants_another_mode_is_opened_again_in_silence),
        SCRIPTED(a_screen_that_refuses_frames_is_told_of_once_and_tried_ever_later),
        SCRIPTED(a_device_that_is_busy_is_asked_again_and_in_the_end_opened_anew),
        SCRIPTED(what_a_display_cannot_do_is_told_once),
        SCRIPTED(a_test_picture_takes_the_place_of_calls_until_its_time_is_over),
        SCRIPTED(an_alert_ends_a_test_picture),
        SCRIPTED(bars_that_move_are_painted_at_every_flip),
        SCRIPTED(a_test_picture_wakes_a_display_and_lets_it_sleep_again),
    };
    return cmocka_run_group_tests_name("wall device", tests, NULL, NULL);
}
