/* Screens on graphics cards, over a double of libdrm: modes, buffers, damage, and the list of a card. */
#include "drivers/clock.h"
#include "tests/heap_count.h"

#include "tests/unit/kms_fixture.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

/* ---- modes ----------------------------------------------------------------------------------- */

static void nothing_is_set_before_the_first_frame(void **state)
{
    (void)state;
    open_wall(&hall);
    assert_int_equal(card->ncommits, 0);
    assert_int_equal(card->nmodesets, 0);
    assert_int_equal(shown_byte(hdmi), -1);
    show(&hall, 7);
    assert_int_equal(card->nmodesets, 1);
    assert_int_equal(shown_byte(hdmi), 7);
}

static void the_mode_that_the_boot_left_is_taken_over(void **state)
{
    (void)state;
    drm_double_boot(card, hdmi, &full_hd);
    open_wall(&hall);
    show(&hall, 7);
    assert_int_equal(card->nmodesets, 0);
    assert_int_equal(card->ncalls[CALL_COMMIT], 0); /* those with ALLOW_MODESET */
    assert_int_equal(shown_byte(hdmi), 7);
    assert_false(look(&hall).had_mode_set);
}

static void a_mode_whose_picture_has_a_shape_is_taken_over_too(void **state)
{
    (void)state;
    full_hd.flags |= DRM_MODE_FLAG_PIC_AR_16_9;
    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    drm_double_boot(card, hdmi, &full_hd);
    open_wall(&hall);
    show(&hall, 7);
    assert_int_equal(card->nmodesets, 0);
}

static void another_mode_than_the_boot_s_needs_one_mode_set(void **state)
{
    (void)state;
    drm_double_boot(card, hdmi, &hd);
    open_wall(&hall);
    show(&hall, 7);
    show(&hall, 8);
    assert_int_equal(card->nmodesets, 1);
    assert_int_equal(look(&hall).mode_width, 1920);
    assert_true(look(&hall).had_mode_set);
}

static void frames_set_no_mode(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    const unsigned modesets = card->nmodesets, commits = card->ncalls[CALL_COMMIT],
                   sets = card->ncalls[CALL_SET_CRTC], blocking = card->nblocking;

    for (uint8_t i = 2; i < 8; i++) {
        show(&hall, i);
        assert_int_equal(shown_byte(hdmi), i);
    }
    assert_int_equal(card->nmodesets, modesets);
    assert_int_equal(card->ncalls[CALL_COMMIT], commits);
    assert_int_equal(card->ncalls[CALL_SET_CRTC], sets);
    assert_int_equal(card->nblocking, blocking);
}

static void no_frame_is_shown_before_it_was_there(void **state)
{
    (void)state;
    open_wall(&hall);
    drm_double.early_ns = 100000000;
    for (uint8_t i = 1; i < 4; i++) {
        const int64_t before_us = monotonic_us();

        show(&hall, i);
        assert_true(hall.flip.at_us >= before_us);
        assert_true(hall.flip.at_us <= monotonic_us());
    }
}

static void a_card_with_atomic_calls_is_driven_by_the_older_ones_where_the_hall_file_says_so(void **state)
{
    (void)state;
    hall.config.kms = KMS_LEGACY;
    open_wall(&hall);
    show(&hall, 1);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
    assert_int_equal(card->ncalls[CALL_SET_CRTC], 1);
    const unsigned switched = card->ncalls[CALL_DPMS];

    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    assert_int_equal(card->ncalls[CALL_DPMS], switched + 1);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    assert_int_equal(shown_byte(hdmi), 2);
    shut(&hall);
    assert_int_equal(shown_byte(hdmi), -1);
    assert_int_equal(card->ncalls[CALL_TEST] + card->ncalls[CALL_COMMIT], 0);
}

static void the_mode_of_the_hall_file_is_shown(void **state)
{
    (void)state;
    hall.config.width = 1280;
    hall.config.height = 720;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(look(&hall).mode_width, 1280);
    assert_int_equal(look(&hall).refresh_mhz / 100, 600);
    assert_string_equal(look(&hall).detail, "");
    assert_string_equal(look(&hall).monitor, "KZK TV");
    assert_int_equal(look(&hall).width_mm, 1210);
}

static void a_mode_that_the_display_lacks_is_replaced_and_reported(void **state)
{
    (void)state;
    hall.config.width = 3840;
    hall.config.height = 2160;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(look(&hall).mode_width, 1920);
    assert_says(look(&hall).detail, "HDMI-A-1 cannot show 3840x2160, 1920x1080 at ");
}

static void a_mode_that_a_test_refuses_is_not_set(void **state)
{
    (void)state;
    card->test_max_width = card->commit_max_width = 1300;
    open_wall(&hall);
    assert_int_equal(drm_double.nbuffers, 2);
    show(&hall, 1);
    assert_int_equal(look(&hall).mode_width, 1280);
    assert_says(look(&hall).detail, "refused: No space left on device");
    assert_int_equal(card->nmodesets, 1);
}

static void no_mode_that_works_is_an_error_that_says_so(void **state)
{
    (void)state;
    card->test_max_width = 100;
    assert_int_equal(try_open(&hall), -ENOSPC);
    assert_says(hall.error, "HDMI-A-1: none of its modes works (1920x1080 at ");
    assert_says(hall.error, "No space left on device");
}

static void a_mode_that_fails_in_earnest_is_not_tried_again_until_the_display_changes(void **state)
{
    struct screen_buffer back;

    (void)state;
    card->commit_max_width = 1300;
    open_wall(&hall);
    assert_int_equal(commit(&hall), -ENODEV);
    assert_int_equal(begin(&hall, &back), -ENODEV);
    assert_says(look(&hall).detail, "refused: No space left on device; another mode is tried");
    shut(&hall);
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(look(&hall).mode_width, 1280);
    shut(&hall);

    card->commit_max_width = 0;
    drm_double_plug(hdmi, "Other TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 2);
    assert_int_equal(look(&hall).mode_width, 1920);
}

static void when_all_modes_have_failed_they_are_all_tried_again(void **state)
{
    unsigned nopened = 0;

    (void)state;
    card->commit_max_width = 100;
    for (; try_open(&hall) == 0; nopened++) {
        assert_int_equal(commit(&hall), -ENODEV);
        shut(&hall);
    }
    assert_int_equal(nopened, 2);
    assert_says(hall.error, "none of its modes works");
    card->commit_max_width = 0;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(look(&hall).mode_width, 1920);
}

static void a_driver_that_sets_modes_only_while_one_waits_gets_that(void **state)
{
    (void)state;
    open_wall(&hall);
    drm_double_fail(card, CALL_COMMIT, EINVAL, 1);
    show(&hall, 1);
    assert_int_equal(card->nblocking, 1);
    assert_int_equal(shown_byte(hdmi), 1);
    show(&hall, 2);
    assert_int_equal(card->nblocking, 1);
}

static void a_display_unplugged_between_test_and_frame_is_not_the_mode_s_fault(void **state)
{
    (void)state;
    open_wall(&hall);
    drm_double_unplug(hdmi);
    drm_double_fail(card, CALL_COMMIT, EINVAL, 2);
    assert_int_equal(commit(&hall), -ENODEV);
    assert_says(look(&hall).detail, "unplugged");
    shut(&hall);
    outputs_double_renew(outputs);
    assert_int_equal(try_open(&hall), -EAGAIN);

    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(look(&hall).mode_width, 1920);
}

static void every_frame_that_is_refused_at_last_is_an_error(void **state)
{
    static const int errors[] = { EINVAL, ENOSPC, ERANGE };

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    for (size_t i = 0; i < 3; i++) { /* the flip is refused, setting everything is not */
        drm_double_fail(card, CALL_FLIP, errors[i], 1);
        show(&hall, 2);
        assert_int_equal(shown_byte(hdmi), 2);
    }
    drm_double_fail(card, CALL_FLIP, EINVAL, 2);
    drm_double_fail(card, CALL_COMMIT, ENOSPC, 1);
    assert_int_equal(commit(&hall), -ENODEV);
}

/* ---- formats and buffers --------------------------------------------------------------------- */

static void a_format_that_the_plane_lacks_is_replaced_and_reported(void **state)
{
    struct screen_buffer back;

    (void)state;
    for (uint8_t format = 0; format < PIXEL_FORMATS; format++) {
        card->formats[0] = card->formats[1 - format];
        card->nformats = 1;
        hall.config.format = format;
        open_wall(&hall);
        assert_int_equal(begin(&hall, &back), 0);
        assert_int_equal(back.format, 1 - format);
        assert_says(look(&hall).detail, format ? "pixels are xrgb8888" : "pixels are rgb565");
        show(&hall, 1);
        start_again(state);
    }
}

static void where_memory_is_small_pixels_are_too(void **state)
{
    struct screen_buffer back;

    (void)state;
    card->memory_bytes = 2 * 1920 * 1088 * 3;
    open_wall(&hall);
    assert_int_equal(begin(&hall, &back), 0);
    assert_int_equal(back.format, PIXEL_RGB565);
    assert_int_equal(look(&hall).mode_width, 1920);
}

static void no_memory_at_all_is_an_error_and_nothing_is_kept(void **state)
{
    static const enum double_call calls[] = { CALL_CREATE_DUMB, CALL_ADD_FB, CALL_MAP };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        drm_double_fail(card, calls[i], ENOMEM, 1000);
        assert_int_equal(try_open(&hall), -ENOMEM);
        assert_says(hall.error, "Cannot allocate memory");
        assert_int_equal(drm_double.nbuffers + drm_double.nfbs + drm_double.nmapped, 0);
        drm_double_fail(card, calls[i], 0, 0);
        open_wall(&hall); /* nobody has to pull the plug for it */
        shut(&hall);
    }
}

static void rows_are_whole_cache_lines_in_every_mode(void **state)
{
    struct screen_buffer back;

    (void)state;
    drm_double_plug(hdmi, "Panel", 1, &wide);
    for (uint8_t format = 0; format < PIXEL_FORMATS; format++) {
        hall.config.format = format;
        open_wall(&hall);
        assert_int_equal(begin(&hall, &back), 0);
        assert_int_equal(back.width, 1366);
        assert_int_equal(back.stride % 64, 0);
        show(&hall, 1);
        assert_int_equal(drm_double_shown(card, hdmi)->fb_width, 1366);
        shut(&hall);
    }
}

static void the_picture_on_scan_out_can_be_read(void **state)
{
    struct screen_buffer front;

    (void)state;
    open_wall(&hall);
    for (uint8_t i = 1; i < 4; i++) {
        show(&hall, i);
        assert_int_equal(screen_kms.front(hall.screen, &front), 0);
        assert_int_equal(front.pixels[0], i);
        assert_int_equal(front.width, 1920);
    }
}

static void buffers_are_mapped_for_writing_only_until_a_snapshot(void **state)
{
    struct screen_buffer front;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(drm_double.nmapped, 2);
    assert_int_equal(drm_double.nreadable, 0);
    assert_int_equal(screen_kms.front(hall.screen, &front), 0);
    assert_int_equal(drm_double.nreadable, 1);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void assert_clip(unsigned index, int x1, int y1, int x2, int y2)
{
    const struct drm_mode_rect *clip = &card->plane[0].clip[index];

    if (clip->x1 != x1 || clip->y1 != y1 || clip->x2 != x2 || clip->y2 != y2)
        fail_msg("clip %u is %d,%d to %d,%d, not %d,%d to %d,%d", index, clip->x1, clip->y1, clip->x2,
                 clip->y2, x1, y1, x2, y2);
}

static void damage_clips_are_the_rectangles_as_they_lie_in_memory(void **state)
{
    static const struct rect damage[] = { { 100, 20, 30, 7 }, { 0, 0, 1, 1 } };
    static const struct {
        uint16_t rotation;
        int clip[2][4];
    } rows[] = {
        { 0, { { 100, 20, 130, 27 }, { 0, 0, 1, 1 } } },
        { 90, { { 1920 - 27, 100, 1920 - 20, 130 }, { 1919, 0, 1920, 1 } } },
        { 180, { { 1920 - 130, 1080 - 27, 1820, 1060 }, { 1919, 1079, 1920, 1080 } } },
        { 270, { { 20, 1080 - 130, 27, 980 }, { 0, 1079, 1, 1080 } } },
    };
    uint64_t frame;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hall.config.rotation = rows[i].rotation;
        open_wall(&hall);
        show(&hall, 1);
        assert_int_equal(card->plane[0].nclips, 0); /* the first frame is all new */
        assert_int_equal(screen_kms.commit(hall.screen, damage, 2, &frame), 0);
        assert_int_equal(card->plane[0].nclips, 2);
        for (unsigned c = 0; c < 2; c++)
            assert_clip(c, rows[i].clip[c][0], rows[i].clip[c][1], rows[i].clip[c][2], rows[i].clip[c][3]);
        wait_flip(&hall);
        shut(&hall);
    }
}

static void damage_outside_of_the_picture_is_cut_off(void **state)
{
    static const struct rect damage[] = { { -5, -5, 10, 10 }, { 1900, 1070, 100, 100 }, { 3000, 0, 5, 5 } };
    uint64_t frame;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(screen_kms.commit(hall.screen, damage, 3, &frame), 0);
    assert_int_equal(card->plane[0].nclips, 2);
    assert_clip(0, 0, 0, 5, 5);
    assert_clip(1, 1900, 1070, 1920, 1080);
    wait_flip(&hall);
}

static void a_driver_without_damage_clips_shows_frames_too(void **state)
{
    (void)state;
    card->has_damage = card->has_link_status = false;
    open_wall(&hall);
    show(&hall, 1);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

static void a_frame_without_damage_is_no_frame(void **state)
{
    uint64_t frame;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    const unsigned commits = card->ncommits;

    assert_int_equal(screen_kms.commit(hall.screen, NULL, 0, &frame), -EINVAL);
    assert_int_equal(card->ncommits, commits);
    show(&hall, 2);
}

static void a_frame_allocates_nothing(void **state)
{
    (void)state;
    if (!COUNTS_HEAP)
        skip();
    open_wall(&hall);
    show(&hall, 1);
    const unsigned before = allocations;

    for (uint8_t i = 0; i < 5; i++)
        show(&hall, i);
    assert_int_equal(allocations, before);
    assert_int_equal(drm_double.nblobs, 0);
}

/* ---- the list of a card ---------------------------------------------------------------------- */

static void the_list_has_the_largest_modes_first_and_says_what_is_shown(void **state)
{
    static drmModeModeInfo modes[80];
    static struct output list[4];
    struct kms_card *reader;
    char error[200];

    (void)state;
    for (unsigned i = 0; i < DOUBLE_MODES; i++)
        modes[i] = drm_double_mode((uint16_t)(640 + 8 * (i * 7 % DOUBLE_MODES)), 480, 60);
    modes[5] = full_hd;
    modes[5].clock = modes[5].clock * 1000 / 1001;
    drm_double_plug(hdmi, "TV", DOUBLE_MODES, modes);
    drm_double_boot(card, hdmi, &modes[5]);
    assert_int_equal(kms_card_open(&reader, "/dev/dri/card0", error, sizeof(error)), 0);
    assert_int_equal(kms_card_read(reader, true, list, 4), 1);
    assert_int_equal(list[0].nmodes, OUTPUT_MODES_MAX);
    assert_int_equal(list[0].mode[0].width, 1920);
    for (unsigned i = 1; i < list[0].nmodes; i++)
        assert_true(list[0].mode[i].width <= list[0].mode[i - 1].width || i == 1);
    assert_in_range(list[0].mode[0].refresh_mhz, 59930, 59950);
    assert_int_equal(list[0].current.width, 1920);
    assert_int_equal(list[0].state, OUTPUT_PLUGGED);
    assert_string_equal(list[0].card, "card0");
    assert_string_equal(list[0].driver, "double");
    assert_int_equal(kms_card_connector(reader, "HDMI-A-1"), hdmi->id);
    assert_int_equal(kms_card_connector(reader, "DP-9"), 0);
    kms_card_close(reader);
}

static void a_probe_asks_displays_also_while_no_screen_is_open(void **state)
{
    static struct output list[4];
    struct kms_card *reader;
    char error[200];

    (void)state;
    assert_int_equal(kms_card_open(&reader, "/dev/dri/card0", error, sizeof(error)), 0);
    assert_int_equal(kms_card_read(reader, false, list, 4), 1);
    assert_int_equal(hdmi->nprobes, 0);
    assert_int_equal(kms_card_read(reader, true, list, 4), 1);
    assert_int_equal(hdmi->nprobes, 1); /* the kernel asks for the master only */
    assert_int_equal(card->ndrops, 2);  /* and gives the card back */
    drm_double_remove(card);
    assert_int_equal(kms_card_read(reader, true, list, 4), -ENODEV);
    kms_card_close(reader);
}

static void *take(void *reader)
{
    return (void *)(intptr_t)kms_card_take(reader);
}

static void a_card_that_is_given_away_while_it_is_being_taken_is_not_kept(void **state)
{
    struct kms_card *reader;
    pthread_t worker;
    void *answer;
    char error[200];

    (void)state;
    assert_int_equal(kms_card_open(&reader, "/dev/dri/card0", error, sizeof(error)), 0);
    const unsigned ndrops = card->ndrops;

    drm_double_stall(card, CALL_SET_MASTER);
    assert_int_equal(kms_card_want(reader), 0);
    assert_int_equal(pthread_create(&worker, NULL, take, reader), 0);
    while (!drm_double_stalled(card, CALL_SET_MASTER))
        usleep(1000);
    kms_card_give(reader);
    drm_double_release(card);
    pthread_join(worker, &answer);
    assert_int_equal((intptr_t)answer, -EBUSY);
    assert_int_equal(kms_card_reign(reader), 0);
    assert_int_equal(card->ndrops, ndrops + 1);

    assert_int_equal(kms_card_want(reader), 0);
    assert_int_equal(kms_card_take(reader), 0);
    assert_true(kms_card_reign(reader) > 0);
    kms_card_close(reader);
}

static void *probe(void *reader)
{
    static struct output list[4];

    return (void *)(intptr_t)kms_card_read(reader, true, list, 4);
}

/* Or the console would stay dark as long. */
static void a_card_is_given_away_also_while_its_displays_are_asked(void **state)
{
    struct kms_card *reader;
    pthread_t worker;
    void *count;
    char error[200];

    (void)state;
    assert_int_equal(kms_card_open(&reader, "/dev/dri/card0", error, sizeof(error)), 0);
    const unsigned ndrops = card->ndrops;

    drm_double_stall(card, CALL_GET_CONNECTOR);
    assert_int_equal(pthread_create(&worker, NULL, probe, reader), 0);
    while (!drm_double_stalled(card, CALL_GET_CONNECTOR))
        usleep(1000);
    kms_card_give(reader);
    assert_int_equal(card->ndrops, ndrops + 1);
    drm_double_release(card);
    pthread_join(worker, &count);
    assert_int_equal((intptr_t)count, 1);
    kms_card_close(reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_set_before_the_first_frame),
        TEST_BOTH(the_mode_that_the_boot_left_is_taken_over),
        TEST(a_mode_whose_picture_has_a_shape_is_taken_over_too),
        TEST_BOTH(another_mode_than_the_boot_s_needs_one_mode_set),
        TEST_BOTH(frames_set_no_mode),
        TEST_BOTH(no_frame_is_shown_before_it_was_there),
        TEST(a_card_with_atomic_calls_is_driven_by_the_older_ones_where_the_hall_file_says_so),
        TEST(the_mode_of_the_hall_file_is_shown),
        TEST(a_mode_that_the_display_lacks_is_replaced_and_reported),
        TEST(a_mode_that_a_test_refuses_is_not_set),
        TEST(no_mode_that_works_is_an_error_that_says_so),
        TEST(a_mode_that_fails_in_earnest_is_not_tried_again_until_the_display_changes),
        TEST(when_all_modes_have_failed_they_are_all_tried_again),
        TEST(a_driver_that_sets_modes_only_while_one_waits_gets_that),
        TEST(a_display_unplugged_between_test_and_frame_is_not_the_mode_s_fault),
        TEST(every_frame_that_is_refused_at_last_is_an_error),
        TEST(a_format_that_the_plane_lacks_is_replaced_and_reported),
        TEST(where_memory_is_small_pixels_are_too),
        TEST(no_memory_at_all_is_an_error_and_nothing_is_kept),
        TEST(rows_are_whole_cache_lines_in_every_mode),
        TEST(the_picture_on_scan_out_can_be_read),
        TEST(buffers_are_mapped_for_writing_only_until_a_snapshot),
        TEST(damage_clips_are_the_rectangles_as_they_lie_in_memory),
        TEST(damage_outside_of_the_picture_is_cut_off),
        TEST(a_driver_without_damage_clips_shows_frames_too),
        TEST(a_frame_without_damage_is_no_frame),
        TEST_BOTH(a_frame_allocates_nothing),
        TEST(the_list_has_the_largest_modes_first_and_says_what_is_shown),
        TEST(a_probe_asks_displays_also_while_no_screen_is_open),
        TEST(a_card_that_is_given_away_while_it_is_being_taken_is_not_kept),
        TEST(a_card_is_given_away_also_while_its_displays_are_asked),
    };

    return cmocka_run_group_tests_name("kms", tests, NULL, NULL);
}
