/* Screens on graphics cards, over a double of libdrm: what happens to wall screens in the field, and what the kernel may answer. */
#include "tests/doubles/drm/outputs_double.h"
#include "tests/heap_count.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define WAIT_MS 2000
#define HDMI    DRM_MODE_CONNECTOR_HDMIA
#define DP      DRM_MODE_CONNECTOR_DisplayPort

struct wall {
    struct screen *screen;
    struct screen_config config;
    char error[300];
    unsigned nflips;
    struct screen_flip flip;
};

static struct double_card *card;
static struct double_connector *hdmi;
static struct outputs *outputs;
static drmModeModeInfo full_hd, hd, wide;
static struct wall hall;
static int64_t skipped_s; /* of the monotonic clock, for those who wait */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);

int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    const int status = __real_clock_gettime(clock, now);

    now->tv_sec += skipped_s;
    return status;
}

/* ---- a hall with one television -------------------------------------------------------------- */

static int start(void **state)
{
    (void)state;
    skipped_s = 0;
    full_hd = drm_double_mode(1920, 1080, 60);
    hd = drm_double_mode(1280, 720, 60);
    wide = drm_double_mode(1366, 768, 60);
    drm_double_reset();
    card = drm_double_add("card0", 2);
    hdmi = drm_double_connector(card, HDMI, 1);
    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    hall =
        (struct wall){ .config = { .id = "main", .driver = "kms", .output = "HDMI-A-1", .refresh_hz = 60 } };
    outputs = NULL;
    return 0;
}

/* Nothing may be left, whatever the test did. */
static int finish(void **state)
{
    (void)state;
    screen_kms.close(hall.screen);
    const unsigned nentered = outputs_log.nentered;

    outputs_destroy(outputs);
    return drm_double.nopen || drm_double.nmapped || drm_double.nfbs || drm_double.nbuffers ||
           drm_double.nblobs || nentered;
}

static void flipped(void *data, const struct screen_flip *flip)
{
    struct wall *wall = data;

    wall->flip = *flip;
    wall->nflips++;
}

static int try_open(struct wall *wall)
{
    const struct screen_events events = { wall, flipped };

    if (!outputs)
        outputs = outputs_create();
    wall->screen = NULL;
    return screen_kms.open(&wall->screen, outputs, &wall->config, &events, wall->error, sizeof(wall->error));
}

static void open_wall(struct wall *wall)
{
    if (try_open(wall) < 0)
        fail_msg("%s", wall->error);
}

static void shut(struct wall *wall)
{
    screen_kms.close(wall->screen);
    wall->screen = NULL;
}

static int begin(struct wall *wall, struct screen_buffer *back)
{
    return screen_kms.begin(wall->screen, back);
}

static int commit(struct wall *wall)
{
    const struct rect damage = { 0, 0, 10, 10 };
    uint64_t frame;

    return screen_kms.commit(wall->screen, &damage, 1, &frame);
}

static void wait_readable(struct wall *wall)
{
    struct pollfd pollfd = { .fd = screen_kms.fd(wall->screen), .events = POLLIN };

    assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
}

static void wait_flip(struct wall *wall)
{
    const unsigned before = wall->nflips;

    while (wall->nflips == before) {
        wait_readable(wall);
        screen_kms.dispatch(wall->screen);
    }
}

/* One frame that begins with `value`, until it is on scan-out. */
static void show(struct wall *wall, uint8_t value)
{
    struct screen_buffer back;

    assert_int_equal(begin(wall, &back), 0);
    memset(back.pixels, value, back.stride);
    assert_int_equal(commit(wall), 0);
    wait_flip(wall);
}

static int shown_byte(const struct double_connector *connector)
{
    const struct double_buffer *buffer = drm_double_shown(card, connector);

    return buffer ? drm_double_byte(buffer, 0) : -1;
}

static struct screen_status look(struct wall *wall)
{
    struct screen_status status;

    screen_kms.status(wall->screen, &status);
    return status;
}

static void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void use_legacy_calls(void)
{
    card->is_atomic = false;
}

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
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        drm_double_boot(card, hdmi, &full_hd);
        open_wall(&hall);
        show(&hall, 7);
        assert_int_equal(card->nmodesets, 0);
        assert_int_equal(card->ncalls[CALL_COMMIT], 0); /* those with ALLOW_MODESET */
        assert_int_equal(shown_byte(hdmi), 7);
        assert_false(look(&hall).had_mode_set);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

static void another_mode_than_the_boot_s_needs_one_mode_set(void **state)
{
    (void)state;
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        drm_double_boot(card, hdmi, &hd);
        open_wall(&hall);
        show(&hall, 7);
        show(&hall, 8);
        assert_int_equal(card->nmodesets, 1);
        assert_int_equal(look(&hall).mode_width, 1920);
        assert_true(look(&hall).had_mode_set);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

static void frames_set_no_mode(void **state)
{
    (void)state;
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
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
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
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

static void a_display_unplugged_between_test_and_frame_is_not_the_mode_s_fault(void **state)
{
    (void)state;
    open_wall(&hall);
    drm_double_unplug(hdmi);
    drm_double_fail(card, CALL_COMMIT, EINVAL, 1);
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
        start(state);
        card->formats[0] = card->formats[1 - format];
        card->nformats = 1;
        hall.config.format = format;
        open_wall(&hall);
        assert_int_equal(begin(&hall, &back), 0);
        assert_int_equal(back.format, 1 - format);
        assert_says(look(&hall).detail, format ? "pixels are xrgb8888" : "pixels are rgb565");
        show(&hall, 1);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
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
    for (int is_atomic = 0; is_atomic < 2 && COUNTS_HEAP; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        open_wall(&hall);
        show(&hall, 1);
        const unsigned before = allocations;

        for (uint8_t i = 0; i < 5; i++)
            show(&hall, i);
        assert_int_equal(allocations, before);
        assert_int_equal(drm_double.nblobs, 0);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

/* ---- several screens ------------------------------------------------------------------------- */

static struct wall second_wall(void)
{
    return (
        struct wall){ .config = { .id = "side", .driver = "kms", .output = "HDMI-A-2", .refresh_hz = 60 } };
}

static void two_screens_on_one_card_flip_as_they_like(void **state)
{
    (void)state;
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        struct wall side = second_wall();

        start(state);
        card->is_atomic = is_atomic;
        struct double_connector *other = drm_double_connector(card, HDMI, 2);

        drm_double_plug(other, "Side", 1, &hd);
        open_wall(&hall);
        open_wall(&side);
        show(&hall, 1);
        for (uint8_t i = 2; i < 10; i++) {
            const unsigned flips = hall.nflips;

            assert_int_equal(commit(&hall), 0);
            show(&side, i); /* its dispatch may read the event of the other */
            while (hall.nflips == flips)
                wait_flip(&hall);
            assert_int_equal(hall.nflips, flips + 1);
            assert_int_equal(hall.flip.frame, i);
            assert_int_equal(side.flip.frame, i - 1);
            assert_int_equal(shown_byte(other), i);
        }
        assert_int_equal(card->nmodesets, 2);
        shut(&side);
        show(&hall, 77);
        assert_int_equal(shown_byte(hdmi), 77);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

static void the_crtc_that_others_need_is_left_to_them(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    other->possible_crtcs = 1; /* the first only */
    drm_double_plug(other, "Side", 1, &hd);
    open_wall(&hall);
    open_wall(&side);
    show(&hall, 1);
    show(&side, 2);
    assert_int_equal(hdmi->crtc_id, card->crtc[1].id);
    assert_int_equal(other->crtc_id, card->crtc[0].id);
    shut(&side);
}

static void a_display_keeps_the_crtc_of_the_boot(void **state)
{
    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    drm_double_boot(card, other, &hd); /* the first CRTC */
    drm_double_boot(card, hdmi, &full_hd);
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(hdmi->crtc_id, card->crtc[1].id);
    assert_int_equal(card->nmodesets, 0);
    assert_true(card->crtc[0].is_active);
}

static void a_boot_that_cloned_its_picture_is_parted(void **state)
{
    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    drm_double_boot(card, hdmi, &hd);
    other->crtc_id = hdmi->crtc_id;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(shown_byte(hdmi), 1);
    assert_int_equal(other->crtc_id, 0);
}

/* A connector that leaves a CRTC draws it into its commit, and the kernel sends an event for each. */
static void the_event_of_a_crtc_that_was_left_is_no_flip(void **state)
{
    struct wall side = second_wall();
    struct double_connector *other = drm_double_connector(card, HDMI, 2);
    struct screen_buffer back;

    (void)state;
    drm_double_plug(other, "Side", 1, &hd);
    drm_double_boot(card, hdmi, &hd);
    other->crtc_id = hdmi->crtc_id;
    open_wall(&hall);
    open_wall(&side);
    assert_int_equal(begin(&side, &back), 0);
    assert_int_equal(commit(&side), 0);
    drm_double_crtc(card, other)->due_ns += UINT64_C(50000000);
    wait_readable(&side);
    screen_kms.dispatch(side.screen);
    assert_int_equal(side.nflips, 0);
    wait_flip(&side);
    show(&side, 2);
    shut(&side);
}

static void more_displays_than_the_card_can_drive_are_refused(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    hdmi->possible_crtcs = other->possible_crtcs = 1;
    open_wall(&hall);
    assert_int_equal(try_open(&side), -ENOSPC);
    assert_says(side.error, "HDMI-A-2: the card drives no more displays at once");
    show(&hall, 1);
}

static void two_screens_on_one_output_are_refused(void **state)
{
    struct wall side = second_wall();

    (void)state;
    strcpy(side.config.output, "HDMI-A-1");
    open_wall(&hall);
    assert_int_equal(try_open(&side), -EINVAL);
    assert_says(side.error, "HDMI-A-1 is in use by another screen");
    show(&hall, 1);
}

static void screens_on_several_cards_are_found_by_name(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_card *render = drm_double_add("card1", 0); /* no connectors */
    struct double_card *usb = drm_double_add("card2", 1);
    struct double_connector *dp = drm_double_connector(usb, DP, 1);

    drm_double_plug(dp, "Side", 1, &hd);
    strcpy(side.config.output, "DP-1");
    open_wall(&hall);
    open_wall(&side);
    show(&hall, 1);
    show(&side, 2);
    assert_int_equal(drm_double_byte(drm_double_shown(usb, dp), 0), 2);
    assert_int_equal(shown_byte(hdmi), 1);
    assert_int_equal(render->ncommits, 0);
    assert_int_equal(outputs_count(outputs), 2);
    shut(&side);
}

/* ---- what the hall file may get wrong -------------------------------------------------------- */

static void an_output_that_is_not_there_is_named_with_those_that_are(void **state)
{
    (void)state;
    drm_double_connector(card, DP, 1);
    strcpy(hall.config.output, "HDMI-A-2");
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_string_equal(hall.error, "no output HDMI-A-2; this machine has HDMI-A-1, DP-1");
}

static void a_machine_without_a_card_says_so(void **state)
{
    (void)state;
    drm_double_remove(card);
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "no output HDMI-A-1: no graphics card yet");

    drm_double_return(card); /* fifteen seconds after the service */
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 1);
}

static void a_card_that_may_not_be_opened_names_the_group(void **state)
{
    (void)state;
    drm_double_fail(card, CALL_OPEN, EACCES, 1);
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "/dev/dri/card0: permission denied; add the user to group video");
}

static void a_card_that_may_not_be_opened_is_named_beside_those_that_may(void **state)
{
    (void)state;
    struct double_card *denied = drm_double_add("card1", 1);

    strcpy(hall.config.output, "DP-1");
    drm_double_fail(denied, CALL_OPEN, EACCES, 1);
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "no output DP-1; this machine has HDMI-A-1; /dev/dri/card1: permission denied");
}

static void a_card_without_dumb_buffers_says_so(void **state)
{
    (void)state;
    card->has_dumb = false;
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "/dev/dri/card0: its driver has no buffers that programs can paint into");
}

static void impossible_rotations_are_refused(void **state)
{
    (void)state;
    hall.config.rotation = 45;
    assert_int_equal(try_open(&hall), -EINVAL);
    assert_says(hall.error, "a rotation of 0, 90, 180 or 270, not 45");
    hall.config.rotation = 360;
    assert_int_equal(try_open(&hall), -EINVAL);
    hall.config.rotation = 0;
    hall.config.output[0] = '\0';
    assert_int_equal(try_open(&hall), -EINVAL);
    assert_says(hall.error, "such as HDMI-A-1");
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

    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
}

static void an_unplugged_display_keeps_its_picture_and_comes_back_by_itself(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    const unsigned drops = card->ndrops;

    drm_double_unplug(hdmi);
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_UNPLUGGED);
    assert_says(look(&hall).detail, "HDMI-A-1: no display; check its cable and power");
    show(&hall, 2);                        /* frames go on */
    assert_int_equal(card->ndrops, drops); /* nobody else gets the card meanwhile */

    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
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

    open_wall(&hall);
    show(&hall, 1);
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
    open_wall(&hall);
    show(&hall, 1);
    drm_double_unplug(hdmi);
    outputs_double_renew(outputs);
    look(&hall);
    hdmi->is_link_bad = true;
    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
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
    open_wall(&hall);
    show(&hall, 1);
    drm_double_unplug(hdmi);
    outputs_double_renew(outputs);
    look(&hall);
    drm_double_plug(hdmi, NULL, 1, &guess); /* what the kernel offers without an EDID */
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_int_equal(look(&hall).mode_width, 1920);
    wait_flip(&hall);

    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    assert_int_equal(card->nmodesets, 1);
    show(&hall, 2);
}

static void an_empty_list_of_modes_is_waited_out(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
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
    open_wall(&hall);
    show(&hall, 1);
    drm_double_unplug(hdmi);
    outputs_double_renew(outputs);
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
    open_wall(&hall);
    show(&hall, 1);
    assert_string_equal(look(&hall).monitor, "");
    assert_false(outputs_find(outputs, "HDMI-A-1")->has_edid);
}

static void a_card_that_was_taken_out_is_lost(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
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

/* ---- other programs -------------------------------------------------------------------------- */

/* Something that has the node open, by another name than ours. */
static pid_t start_holder(void)
{
    char node[80];
    int ready[2];

    snprintf(node, sizeof(node), "%s/card0", drm_double_folder());
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();

    if (pid == 0) {
        const int fd = open(node, O_RDONLY), comm = open("/proc/self/comm", O_WRONLY);

        if (write(comm, "Xorg", 4) == 4 && fd >= 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    char byte;

    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void stop_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_program_that_holds_the_card_is_named(void **state)
{
    char expected[100];
    const pid_t pid = start_holder();

    (void)state;
    drm_double_usurp(card, true);
    const int status = try_open(&hall);

    stop_holder(pid);
    assert_int_equal(status, -EBUSY);
    snprintf(expected, sizeof(expected), "HDMI-A-1: held by Xorg (pid %d); stop it", (int)pid);
    assert_string_equal(hall.error, expected);
    snprintf(expected, sizeof(expected), "Xorg (pid %d)", (int)pid);
    assert_string_equal(outputs_find(outputs, "HDMI-A-1")->held_by, expected);

    drm_double_usurp(card, false);
    outputs_double_renew(outputs);
    assert_string_equal(outputs_find(outputs, "HDMI-A-1")->held_by, "");
    open_wall(&hall);
    show(&hall, 1);
}

static void a_card_that_is_taken_away_is_taken_back_when_it_is_free(void **state)
{
    struct screen_buffer back;

    (void)state;
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        open_wall(&hall);
        show(&hall, 1);
        drm_double_usurp(card, true);
        assert_int_equal(commit(&hall), -EAGAIN);
        assert_int_equal(look(&hall).state, SCREEN_AWAY);
        assert_says(look(&hall).detail, "HDMI-A-1: held by ");
        assert_int_equal(begin(&hall, &back), -EAGAIN);

        drm_double_usurp(card, false);
        card->plane[0].fb_id = 1; /* the other program's last picture */
        assert_int_equal(look(&hall).state, SCREEN_SHOWN);
        wait_flip(&hall);
        assert_int_equal(shown_byte(hdmi), 1);
        show(&hall, 2);
        assert_int_equal(shown_byte(hdmi), 2);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

static void without_root_a_card_that_was_opened_too_early_is_opened_again(void **state)
{
    (void)state;
    card->is_unprivileged = true;
    drm_double_usurp(card, true);
    assert_int_equal(try_open(&hall), -EBUSY);
    drm_double_usurp(card, false);
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(shown_byte(hdmi), 1);
}

static void the_console_gets_the_screen_and_gives_it_back(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    const unsigned commits = card->ncommits;

    outputs_log.is_away = true;
    kms_card_give(outputs_enter(outputs, "HDMI-A-1")); /* as vt.c does */
    assert_int_equal(look(&hall).state, SCREEN_AWAY);
    assert_says(look(&hall).detail, "the console has it");
    assert_int_equal(begin(&hall, &back), -EAGAIN);
    assert_int_equal(commit(&hall), -EAGAIN);
    assert_int_equal(card->ncommits, commits);
    card->crtc[0].mode = hd; /* the console's */
    card->plane[0].fb_id = 1;

    outputs_log.is_away = false;
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 1);
    assert_int_equal(drm_double_crtc(card, hdmi)->mode.hdisplay, 1920);
    show(&hall, 2);
    outputs_log.nentered--; /* of the enter above; the card leaves with outputs */
}

static void while_the_console_has_the_screens_none_is_opened(void **state)
{
    (void)state;
    outputs = outputs_create();
    outputs_log.is_away = true;
    assert_int_equal(try_open(&hall), -EBUSY);
    assert_says(hall.error, "the console has it until its terminal is shown again");
}

static void a_flip_that_is_still_under_way_is_no_loss(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    drm_double_fail(card, CALL_FLIP, EBUSY, 1);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
    assert_int_equal(card->nmodesets, 1);

    shut(&hall);
    outputs_destroy(outputs);
    outputs = NULL;
    use_legacy_calls();
    open_wall(&hall);
    show(&hall, 1);
    drm_double_fail(card, CALL_FLIP, EBUSY, 2);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

static void a_flip_whose_event_never_comes_is_given_up(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    card->is_lost_flip = true;
    assert_int_equal(commit(&hall), 0);
    assert_int_equal(begin(&hall, &back), -EBUSY);
    skipped_s = 3;
    assert_int_equal(begin(&hall, &back), 0);
    skipped_s = 0;
    card->is_lost_flip = false;
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

/* ---- standby --------------------------------------------------------------------------------- */

static void a_screen_in_standby_is_dark_and_wakes_with_its_picture(void **state)
{
    (void)state;
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        open_wall(&hall);
        show(&hall, 1);
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
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

static void a_display_that_cannot_sleep_goes_on_showing_the_truth(void **state)
{
    (void)state;
    use_legacy_calls();
    open_wall(&hall);
    show(&hall, 1);
    drm_double_fail(card, CALL_DPMS, EINVAL, 1);
    assert_int_equal(screen_kms.power(hall.screen, false), -EINVAL);
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    show(&hall, 2);
}

/* Televisions pull at the cable while they sleep; a signal would wake some. */
static void a_display_that_is_plugged_in_standby_stays_dark_all_the_time(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(screen_kms.power(hall.screen, false), 0);
    const unsigned nmodesets = card->nmodesets;

    drm_double_unplug(hdmi);
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_STANDBY);
    drm_double_plug(hdmi, "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    outputs_double_renew(outputs);
    assert_int_equal(look(&hall).state, SCREEN_STANDBY);
    assert_int_equal(card->nmodesets, nmodesets);
    assert_int_equal(screen_kms.power(hall.screen, true), 0);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 1);
}

static void standby_lasts_while_the_console_has_the_screen(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
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
    open_wall(&hall);
    show(&hall, 1);
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
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        drm_double_boot(card, hdmi, &full_hd);
        open_wall(&hall);
        assert_true(drm_double_crtc(card, hdmi)->is_active);
        assert_int_equal(screen_kms.power(hall.screen, false), 0);
        assert_false(drm_double_crtc(card, hdmi)->is_active);
        assert_int_equal(screen_kms.power(hall.screen, true), 0);
        show(&hall, 7);
        assert_int_equal(shown_byte(hdmi), 7);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

/* ---- what was there before, and what stays behind -------------------------------------------- */

static void a_cursor_or_overlay_of_the_boot_is_switched_off(void **state)
{
    (void)state;
    for (int is_atomic = 0; is_atomic < 2; is_atomic++) {
        start(state);
        card->is_atomic = is_atomic;
        drm_double_boot(card, hdmi, &full_hd);
        card->plane[2] = (struct double_plane){
            .id = 502, .possible_crtcs = 1, .type = DRM_PLANE_TYPE_OVERLAY, .crtc_id = 400, .fb_id = 1
        };
        card->nplanes = 3;
        open_wall(&hall);
        show(&hall, 1);
        assert_int_equal(card->plane[2].fb_id, 0);
        assert_int_equal(shown_byte(hdmi), 1);
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
}

static void colours_that_a_desktop_left_are_put_back(void **state)
{
    (void)state;
    drm_double_boot(card, hdmi, &full_hd);
    card->crtc[0].gamma_blob = 77;
    card->plane[0].rotation = DRM_MODE_ROTATE_180;
    card->plane[0].alpha = 100;
    open_wall(&hall);
    show(&hall, 1);
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
        start(state);
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
        assert_int_equal(finish(state), 0);
        hall.screen = NULL;
        outputs = NULL;
    }
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
    kms_card_give(reader);
    assert_int_equal(kms_card_read(reader, false, list, 4), 1);
    assert_int_equal(hdmi->nprobes, 0);
    assert_int_equal(kms_card_read(reader, true, list, 4), 1);
    assert_int_equal(hdmi->nprobes, 1); /* the kernel asks for the master only */
    assert_int_equal(card->ndrops, 2);  /* and gives the card back */
    drm_double_remove(card);
    assert_int_equal(kms_card_read(reader, true, list, 4), -ENODEV);
    kms_card_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_set_before_the_first_frame),
        TEST(the_mode_that_the_boot_left_is_taken_over),
        TEST(another_mode_than_the_boot_s_needs_one_mode_set),
        TEST(frames_set_no_mode),
        TEST(the_mode_of_the_hall_file_is_shown),
        TEST(a_mode_that_the_display_lacks_is_replaced_and_reported),
        TEST(a_mode_that_a_test_refuses_is_not_set),
        TEST(no_mode_that_works_is_an_error_that_says_so),
        TEST(a_mode_that_fails_in_earnest_is_not_tried_again_until_the_display_changes),
        TEST(when_all_modes_have_failed_they_are_all_tried_again),
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
        TEST(a_frame_allocates_nothing),
        TEST(two_screens_on_one_card_flip_as_they_like),
        TEST(the_crtc_that_others_need_is_left_to_them),
        TEST(a_display_keeps_the_crtc_of_the_boot),
        TEST(a_boot_that_cloned_its_picture_is_parted),
        TEST(the_event_of_a_crtc_that_was_left_is_no_flip),
        TEST(more_displays_than_the_card_can_drive_are_refused),
        TEST(two_screens_on_one_output_are_refused),
        TEST(screens_on_several_cards_are_found_by_name),
        TEST(an_output_that_is_not_there_is_named_with_those_that_are),
        TEST(a_machine_without_a_card_says_so),
        TEST(a_card_that_may_not_be_opened_names_the_group),
        TEST(a_card_that_may_not_be_opened_is_named_beside_those_that_may),
        TEST(a_card_without_dumb_buffers_says_so),
        TEST(impossible_rotations_are_refused),
        TEST(a_boot_without_a_television_waits_for_it),
        TEST(an_unplugged_display_keeps_its_picture_and_comes_back_by_itself),
        TEST(a_cable_in_the_wrong_port_is_told_so),
        TEST(a_link_that_broke_is_trained_again),
        TEST(a_late_edid_does_not_take_a_good_mode_away),
        TEST(an_empty_list_of_modes_is_waited_out),
        TEST(another_display_gets_its_own_mode),
        TEST(an_edid_of_garbage_is_no_edid),
        TEST(a_card_that_was_taken_out_is_lost),
        TEST(a_program_that_holds_the_card_is_named),
        TEST(a_card_that_is_taken_away_is_taken_back_when_it_is_free),
        TEST(without_root_a_card_that_was_opened_too_early_is_opened_again),
        TEST(the_console_gets_the_screen_and_gives_it_back),
        TEST(while_the_console_has_the_screens_none_is_opened),
        TEST(a_flip_that_is_still_under_way_is_no_loss),
        TEST(a_flip_whose_event_never_comes_is_given_up),
        TEST(a_screen_in_standby_is_dark_and_wakes_with_its_picture),
        TEST(nobody_waits_for_a_display_that_wakes),
        TEST(a_display_that_cannot_sleep_goes_on_showing_the_truth),
        TEST(a_display_that_is_plugged_in_standby_stays_dark_all_the_time),
        TEST(standby_lasts_while_the_console_has_the_screen),
        TEST(a_screen_that_sleeps_from_the_start_sets_nothing),
        TEST(a_screen_that_sleeps_from_the_start_darkens_what_the_boot_left),
        TEST(a_cursor_or_overlay_of_the_boot_is_switched_off),
        TEST(colours_that_a_desktop_left_are_put_back),
        TEST(no_picture_is_left_standing),
        TEST(the_list_has_the_largest_modes_first_and_says_what_is_shown),
        TEST(a_probe_asks_displays_also_while_no_screen_is_open),
    };

    return cmocka_run_group_tests_name("kms", tests, NULL, NULL);
}
