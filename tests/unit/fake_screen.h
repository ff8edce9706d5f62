/* A screen of which a test says what it answers, for tests of what stands on the class: one at a time. Flips come by hand:
 * fake_flip(). */
#pragma once

#include "drivers/screen/screen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#ifndef FAKE_WIDTH
#define FAKE_WIDTH  64
#define FAKE_HEIGHT 48
#endif

static struct {
    int open_error, begin_error, commit_error;
    const char *complaint;
    struct screen_status status;
    bool is_queued, is_open;
    int64_t flip_us; /* of an event that waits in the descriptor, 0: none */
    unsigned opens, closes, commits, powers;
    struct screen_events events;
    unsigned back;
    uint64_t frame;
    int fd;
    uint8_t pixels[2][FAKE_WIDTH * FAKE_HEIGHT * 4];
} fake;

static inline int fake_open(struct screen **screen, struct outputs *outputs,
                            const struct screen_config *config, const struct screen_events *events,
                            char *error, size_t error_size)
{
    (void)outputs, (void)config;
    fake.opens++;
    if (fake.open_error) {
        snprintf(error, error_size, "%s", fake.complaint);
        return fake.open_error;
    }
    assert_false(fake.is_open);
    fake.is_open = true;
    fake.is_queued = false;
    fake.events = *events;
    *screen = (struct screen *)&fake;
    return 0;
}

static inline void fake_close(struct screen *screen)
{
    assert_ptr_equal(screen, &fake);
    assert_true(fake.is_open);
    fake.is_open = false;
    fake.closes++;
}

static inline int fake_begin(struct screen *screen, struct screen_buffer *back)
{
    (void)screen;
    if (fake.begin_error)
        return fake.begin_error;
    if (fake.status.state == SCREEN_STANDBY || fake.status.state == SCREEN_AWAY)
        return -EAGAIN;
    *back = (struct screen_buffer){ .pixels = fake.pixels[fake.back],
                                    .stride = FAKE_WIDTH * 4,
                                    .width = FAKE_WIDTH,
                                    .height = FAKE_HEIGHT,
                                    .index = (uint8_t)fake.back };
    return fake.is_queued ? -EBUSY : 0;
}

static inline int fake_commit(struct screen *screen, const struct rect *damage, unsigned ndamage,
                              uint64_t *frame)
{
    (void)screen, (void)damage;
    assert_true(ndamage > 0);
    if (fake.commit_error)
        return fake.commit_error;
    assert_false(fake.is_queued);
    fake.is_queued = true;
    fake.commits++;
    *frame = ++fake.frame;
    return 0;
}

static inline int fake_fd(struct screen *screen)
{
    (void)screen;
    return fake.fd;
}

static inline void fake_status(struct screen *screen, struct screen_status *status)
{
    (void)screen;
    *status = fake.status;
}

static inline int fake_power(struct screen *screen, bool is_on)
{
    (void)screen;
    fake.powers++;
    fake.status.state = is_on ? SCREEN_SHOWN : SCREEN_STANDBY;
    return 0;
}

static inline void fake_flip(int64_t at_us)
{
    const struct screen_flip flip = { .frame = fake.frame, .at_us = at_us };
    assert_true(fake.is_queued);
    fake.is_queued = false;
    fake.back = 1 - fake.back;
    fake.events.flipped(fake.events.data, &flip);
}

static inline void fake_dispatch(struct screen *screen)
{
    (void)screen;
    if (fake.flip_us)
        fake_flip(fake.flip_us);
    fake.flip_us = 0;
}

static const struct screen_ops fake_ops = { .name = "fake",
                                            .open = fake_open,
                                            .close = fake_close,
                                            .begin = fake_begin,
                                            .commit = fake_commit,
                                            .fd = fake_fd,
                                            .dispatch = fake_dispatch,
                                            .status = fake_status,
                                            .power = fake_power };

static inline void fake_init(void)
{
    memset(&fake, 0, sizeof fake);
    fake.fd = eventfd(0, EFD_CLOEXEC);
}
