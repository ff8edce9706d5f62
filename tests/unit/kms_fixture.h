/* A hall with one television on a graphics card that exists only in a test: for tests of screens on graphics cards, over the double
 * of libdrm. Each program that includes it wraps clock_gettime(). */
#pragma once

#include "tests/doubles/drm/outputs_double.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

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

static inline int start(void **state)
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
static inline int finish(void **state)
{
    (void)state;
    screen_kms.close(hall.screen);
    const unsigned nentered = outputs_log.nentered;

    outputs_destroy(outputs);
    return drm_double.nopen || drm_double.nmapped || drm_double.nfbs || drm_double.nbuffers ||
           drm_double.nblobs || nentered;
}

/* A new hall, for the next row of a table. */
static inline void start_again(void **state)
{
    assert_int_equal(finish(state), 0);
    start(state);
}

static inline void flipped(void *data, const struct screen_flip *flip)
{
    struct wall *wall = data;

    wall->flip = *flip;
    wall->nflips++;
}

static inline int try_open(struct wall *wall)
{
    const struct screen_events events = { wall, flipped };

    if (!outputs)
        outputs = outputs_create();
    wall->screen = NULL;
    return screen_kms.open(&wall->screen, outputs, &wall->config, &events, wall->error, sizeof(wall->error));
}

static inline void open_wall(struct wall *wall)
{
    if (try_open(wall) < 0)
        fail_msg("%s", wall->error);
}

static inline void shut(struct wall *wall)
{
    screen_kms.close(wall->screen);
    wall->screen = NULL;
}

static inline int begin(struct wall *wall, struct screen_buffer *back)
{
    return screen_kms.begin(wall->screen, back);
}

static inline int commit(struct wall *wall)
{
    const struct rect damage = { 0, 0, 10, 10 };
    uint64_t frame;

    return screen_kms.commit(wall->screen, &damage, 1, &frame);
}

static inline void wait_readable(struct wall *wall)
{
    struct pollfd pollfd = { .fd = screen_kms.fd(wall->screen), .events = POLLIN };

    assert_int_equal(poll(&pollfd, 1, WAIT_MS), 1);
}

static inline void wait_flip(struct wall *wall)
{
    const unsigned before = wall->nflips;

    while (wall->nflips == before) {
        wait_readable(wall);
        screen_kms.dispatch(wall->screen);
    }
}

/* One frame that begins with `value`, until it is on scan-out. */
static inline void show(struct wall *wall, uint8_t value)
{
    struct screen_buffer back;

    assert_int_equal(begin(wall, &back), 0);
    memset(back.pixels, value, back.stride);
    assert_int_equal(commit(wall), 0);
    wait_flip(wall);
}

static inline int shown_byte(const struct double_connector *connector)
{
    const struct double_buffer *buffer = drm_double_shown(card, connector);

    return buffer ? drm_double_byte(buffer, 0) : -1;
}

static inline struct screen_status look(struct wall *wall)
{
    struct screen_status status;

    screen_kms.status(wall->screen, &status);
    return status;
}

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static inline void use_legacy_calls(void)
{
    card->is_atomic = false;
}

static inline int start_legacy(void **state)
{
    const int status = start(state);

    use_legacy_calls();
    return status;
}

static inline struct wall second_wall(void)
{
    return (
        struct wall){ .config = { .id = "side", .driver = "kms", .output = "HDMI-A-2", .refresh_hz = 60 } };
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

static inline struct CMUnitTest over_legacy_calls(const char *name, CMUnitTestFunction test)
{
    return (struct CMUnitTest){ name, test, start_legacy, finish, NULL };
}

/* Over atomic commits, and over the older calls. */
#define TEST_BOTH(name) TEST(name), over_legacy_calls(#name " (legacy)", name)
