/* Screens on graphics cards: what happens to wall screens in the field. */
#include "tests/unit/kms_fixture.h"

#include <errno.h>

static void open_and_show(void)
{
    open_wall(&hall);
    show(&hall, 1);
}

static void unplug(void)
{
    drm_double_unplug(hdmi);
    outputs_double_renew(outputs);
}

static void plug_in(void)
{
    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
}

/* ---- displays that come and go --------------------------------------------------------------- */

static void a_boot_without_a_television_waits_for_it(void **state)
{
    (void)state;
    drm_double_unplug(hdmi);
    assert_int_equal(try_open(&hall), -EAGAIN);
    assert_says(hall.error, "HDMI-A-1: no display; check its cable and power");

    hdmi->connection = DRM_MODE_CONNECTED; /* a television that starts: no modes yet */
    outputs_double_renew(outputs);
    assert_int_equal(try_open(&hall), -EAGAIN);
    assert_says(hall.error, "without modes yet");

    plug_in();
    open_and_show();
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
}

static void an_unplugged_display_keeps_its_picture_and_comes_back_by_itself(void **state)
{
    (void)state;
    open_and_show();
    const unsigned drops = card->ndrops;

    unplug();
    assert_int_equal(look(&hall).state, SCREEN_UNPLUGGED);
    assert_says(look(&hall).detail, "HDMI-A-1: no display; check its cable and power");
    show(&hall, 2);                        /* frames go on */
    assert_int_equal(card->ndrops, drops); /* nobody else gets the card meanwhile */

    plug_in();
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_string_equal(look(&hall).detail, "");
    wait_flip(&hall); /* of the picture that was put back */
    assert_int_equal(shown_byte(hdmi), 2);
    assert_int_equal(card->nmodesets, 1);
    show(&hall, 3);
    assert_int_equal(shown_byte(hdmi), 3);
}

static void a_cable_in_the_wrong_port_is_told_so(void **state)
{
    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    open_and_show();
    drm_double_unplug(hdmi);
    drm_double_plug(other, "TV", 1, &full_hd);
    outputs_double_renew(outputs);
    assert_says(look(&hall).detail, "HDMI-A-1: no display, but one at HDMI-A-2, which no screen uses");
    shut(&hall);
    assert_int_equal(try_open(&hall), -EAGAIN);
    assert_says(hall.error, "HDMI-A-1: no display, but one at HDMI-A-2");
}

static void a_link_that_broke_is_trained_again(void **state)
{
    (void)state;
    open_and_show();
    unplug();
    look(&hall);
    hdmi->is_link_bad = true;
    plug_in();
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_false(hdmi->is_link_bad);
    assert_int_equal(card->nmodesets, 2);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 1);
}

static void a_late_edid_does_not_take_a_good_mode_away(void **state)
{
    const drmModeModeInfo guess = drm_double_mode(1024, 768, 60);

    (void)state;
    open_and_show();
    unplug();
    look(&hall);
    drm_double_plug(hdmi, NULL, 1, &guess); /* what the kernel offers without an EDID */
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_int_equal(look(&hall).mode_width, 1920);
    wait_flip(&hall);

    plug_in();
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_int_equal(card->nmodesets, 1);
    show(&hall, 2);
}

static void an_empty_list_of_modes_is_waited_out(void **state)
{
    (void)state;
    open_and_show();
    hdmi->display.nmodes = 0;
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_UNPLUGGED);
    assert_says(look(&hall).detail, "no modes yet; if it stays so, check the plug");
    show(&hall, 2);
}

static void another_display_gets_its_own_mode(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_and_show();
    unplug();
    look(&hall);
    drm_double_plug(hdmi, "Panel", 1, &wide);
    outputs_double_renew(outputs);
    assert_int_equal(begin(&hall, &back), -ENODEV);
    assert_says(look(&hall).detail, "wants another mode");
    shut(&hall);
    open_wall(&hall);
    show(&hall, 2);
    assert_int_equal(look(&hall).mode_width, 1366);
    assert_int_equal(shown_byte(hdmi), 2);
}

static void an_edid_of_garbage_is_no_edid(void **state)
{
    (void)state;
    memset(hdmi->display.edid, 0xa5, sizeof(hdmi->display.edid));
    open_and_show();
    assert_string_equal(look(&hall).monitor, "");
    assert_false(outputs_find(outputs, "HDMI-A-1")->has_edid);
}

static void a_card_that_was_taken_out_is_lost(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_and_show();
    drm_double_remove(card);
    assert_int_equal(commit(&hall), -ENODEV);
    outputs_double_renew(outputs);
    assert_int_equal(begin(&hall, &back), -ENODEV);
    assert_says(look(&hall).detail, "the card is gone");
    drm_double_return(card); /* so that what the kernel freed is counted as given back */
    shut(&hall);
    outputs_double_renew(outputs);
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

/* ---- standby --------------------------------------------------------------------------------- */

static void a_screen_in_standby_is_dark_and_wakes_with_its_picture(void **state)
{
    (void)state;
    open_and_show();
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    assert_int_equal(shown_byte(hdmi), -1);
    assert_int_equal(outputs_log.ncec, 1);
    assert_false(outputs_log.is_on);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    assert_int_equal(shown_byte(hdmi), 1);
    wait_flip(&hall);
    assert_int_equal(outputs_log.ncec, 2);
    assert_true(outputs_log.is_on);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    assert_int_equal(outputs_log.ncec, 2);
    show(&hall, 2);
}

static void a_display_that_cannot_sleep_goes_on_showing_the_truth(void **state)
{
    (void)state;
    use_legacy_calls();
    open_and_show();
    drm_double_fail(card, CALL_DPMS, EINVAL, 1);
    assert_int_equal(screen_kms.power(hall.screen, false), -EINVAL);
    assert_int_equal(outputs_log.ncec, 0); /* nor is its television told to */
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    show(&hall, 2);
}

/* It was told to while another program had it, so nobody knew. */
static void a_display_that_turns_out_not_to_sleep_shows_the_truth(void **state)
{
    (void)state;
    use_legacy_calls();
    open_and_show();
    drm_double_usurp(card, true);
    assert_int_equal(commit(&hall), -EAGAIN);
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    drm_double_usurp(card, false);
    drm_double_fail(card, CALL_DPMS, EINVAL,
                    2); /* to wake it, which legacy calls do not look at, and to sleep */
    look(&hall);
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_true(outputs_log.is_on);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

/* Televisions pull at the cable while they sleep; a signal would wake some. */
static void a_display_that_is_plugged_in_standby_stays_dark_all_the_time(void **state)
{
    (void)state;
    open_and_show();
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    const unsigned nmodesets = card->nmodesets;

    unplug();
    assert_int_equal(look(&hall).state, SCREEN_STANDBY);
    plug_in();
    assert_int_equal(look(&hall).state, SCREEN_STANDBY);
    assert_int_equal(card->nmodesets, nmodesets);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 1);
}

static void standby_lasts_while_the_console_has_the_screen(void **state)
{
    (void)state;
    open_and_show();
    drm_double_usurp(card, true);
    assert_int_equal(commit(&hall), -EAGAIN);
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    drm_double_usurp(card, false);
    assert_int_equal(look(&hall).state, SCREEN_STANDBY);
    assert_int_equal(shown_byte(hdmi), -1);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    assert_int_equal(shown_byte(hdmi), 1);
    wait_flip(&hall);
    show(&hall, 2);
}

static void nobody_waits_for_a_display_that_wakes(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_and_show();
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    const unsigned nblocking = card->nblocking;

    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    assert_int_equal(begin(&hall, &back), -EBUSY);
    wait_flip(&hall);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
    assert_int_equal(card->nblocking, nblocking);
}

static void a_screen_that_sleeps_from_the_start_sets_nothing(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_wall(&hall);
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    assert_int_equal(begin(&hall, &back), -EAGAIN);
    assert_int_equal(shown_byte(hdmi), -1);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    assert_int_equal(shown_byte(hdmi), -1);
    assert_int_equal(card->nmodesets, 0);
    show(&hall, 1);
}

/* A text console would shine all night. */
static void a_screen_that_sleeps_from_the_start_darkens_what_the_boot_left(void **state)
{
    (void)state;
    drm_double_boot(card, hdmi, &full_hd);
    open_wall(&hall);
    assert_true(drm_double_crtc(card, hdmi)->is_active);
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    assert_false(drm_double_crtc(card, hdmi)->is_active);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    show(&hall, 7);
    assert_int_equal(shown_byte(hdmi), 7);
}

/* ---- what was there before, and what stays behind -------------------------------------------- */

static void a_cursor_or_overlay_of_the_boot_is_switched_off(void **state)
{
    (void)state;
    drm_double_boot(card, hdmi, &full_hd);
    card->plane[2] = (struct double_plane){
        .id = 502, .possible_crtcs = 1, .type = DRM_PLANE_TYPE_OVERLAY, .crtc_id = 400, .fb_id = 1
    };
    card->nplanes = 3;
    open_and_show();
    assert_int_equal(card->plane[2].fb_id, 0);
    assert_int_equal(shown_byte(hdmi), 1);
}

static void colours_that_a_desktop_left_are_put_back(void **state)
{
    (void)state;
    drm_double_boot(card, hdmi, &full_hd);
    card->crtc[0].gamma_blob = 77;
    card->plane[0].rotation = DRM_MODE_ROTATE_180;
    card->plane[0].alpha = 100;
    open_and_show();
    assert_int_equal(card->crtc[0].gamma_blob, 0);
    assert_int_equal(card->plane[0].rotation, DRM_MODE_ROTATE_0);
    assert_int_equal(card->plane[0].alpha, 0xffff);
    assert_int_equal(card->nmodesets, 0);
}

static void no_picture_is_left_standing(void **state)
{
    static const struct {
        bool is_atomic, needs_plane, keeps_mode;
    } rows[] = { { true, false, true }, { true, true, false }, { false, false, false } };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        card->is_atomic = rows[i].is_atomic;
        card->needs_plane = rows[i].needs_plane;
        open_wall(&hall);
        show(&hall, 1);
        assert_int_equal(commit(&hall), 0); /* also with a frame on its way */
        const unsigned drops = card->ndrops;

        shut(&hall);
        assert_int_equal(shown_byte(hdmi), -1);
        assert_int_equal(card->plane[0].fb_id, 0);
        assert_int_equal(card->crtc[0].is_active, rows[i].keeps_mode);
        assert_int_equal(card->ndrops, drops + 1); /* others may have the card */
        open_wall(&hall);
        const unsigned flips = hall.nflips;

        show(&hall, 3); /* and the event of the frame before finds nobody */
        assert_int_equal(hall.nflips, flips + 1);
        assert_int_equal(shown_byte(hdmi), 3);
        assert_int_equal(card->nmodesets > 1, !rows[i].keeps_mode);
        start_again(state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_boot_without_a_television_waits_for_it),
        TEST(an_unplugged_display_keeps_its_picture_and_comes_back_by_itself),
        TEST(a_cable_in_the_wrong_port_is_told_so),
        TEST(a_link_that_broke_is_trained_again),
        TEST(a_late_edid_does_not_take_a_good_mode_away),
        TEST(an_empty_list_of_modes_is_waited_out),
        TEST(another_display_gets_its_own_mode),
        TEST(an_edid_of_garbage_is_no_edid),
        TEST(a_card_that_was_taken_out_is_lost),
        TEST_BOTH(a_screen_in_standby_is_dark_and_wakes_with_its_picture),
        TEST(nobody_waits_for_a_display_that_wakes),
        TEST(a_display_that_cannot_sleep_goes_on_showing_the_truth),
        TEST(a_display_that_turns_out_not_to_sleep_shows_the_truth),
        TEST(a_display_that_is_plugged_in_standby_stays_dark_all_the_time),
        TEST(standby_lasts_while_the_console_has_the_screen),
        TEST(a_screen_that_sleeps_from_the_start_sets_nothing),
        TEST_BOTH(a_screen_that_sleeps_from_the_start_darkens_what_the_boot_left),
        TEST_BOTH(a_cursor_or_overlay_of_the_boot_is_switched_off),
        TEST(colours_that_a_desktop_left_are_put_back),
        TEST(no_picture_is_left_standing),
    };

    return cmocka_run_group_tests_name("kms field", tests, NULL, NULL);
}
