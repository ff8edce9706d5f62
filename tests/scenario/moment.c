#include "tests/scenario/moment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define START_US  (1000 * SECOND_US)
#define TIMERS    32
#define STILL_MAX 100000

struct timer {
    int fd; /* an eventfd; 0: free */
    clockid_t clock;
    int64_t at_us; /* of its clock; MOMENT_MAX: not armed */
    bool wants_steps;
};

static int64_t now_us, wall_offset_us;
static uint64_t random_state;
static struct alarm *alarms;
static struct timer timers[TIMERS];
void (*moment_turned)(void);
static unsigned still; /* returns of epoll_pwait2 since time passed */

int __real_close(int fd);

int __wrap_clock_gettime(clockid_t clock, struct timespec *out);
int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *next, struct itimerspec *before);
int __wrap_close(int fd);
int __wrap_epoll_pwait2(int fd, struct epoll_event *events, int count, const struct timespec *timeout,
                        const sigset_t *mask);
ssize_t __wrap_getrandom(void *out, size_t size, unsigned flags);

void moment_begin(int64_t wall_s, uint64_t seed)
{
    now_us = START_US;
    wall_offset_us = wall_s * SECOND_US - now_us;
    random_state = seed;
    alarms = NULL;
    still = 0;
}

int64_t moment_us(void)
{
    return now_us;
}

uint64_t moment_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- alarms ---------------------------------------------------------------------------------- */

void alarm_add(struct alarm *alarm, alarm_fn fn, void *data)
{
    struct alarm **end = &alarms;
    while (*end)
        end = &(*end)->next;
    *alarm = (struct alarm){ .at_us = MOMENT_MAX, .fn = fn, .data = data };
    *end = alarm;
}

void alarm_remove(struct alarm *alarm)
{
    for (struct alarm **at = &alarms; *at; at = &(*at)->next)
        if (*at == alarm) {
            *at = alarm->next;
            return;
        }
}

/* The list may change under a callback: begin anew after each. */
static void call_alarms(void)
{
    struct alarm *alarm = alarms;
    while (alarm) {
        if (alarm->at_us > now_us) {
            alarm = alarm->next;
            continue;
        }
        alarm->at_us = MOMENT_MAX;
        alarm->fn(alarm->data, now_us);
        alarm = alarms;
    }
}

static int64_t next_alarm_us(void)
{
    int64_t at_us = MOMENT_MAX;
    for (const struct alarm *alarm = alarms; alarm; alarm = alarm->next)
        at_us = alarm->at_us < at_us ? alarm->at_us : at_us;
    return at_us;
}

/* ---- timerfd --------------------------------------------------------------------------------- */

static int64_t offset_us(const struct timer *timer)
{
    return timer->clock == CLOCK_REALTIME ? wall_offset_us : 0;
}

static int64_t next_timer_us(void)
{
    int64_t at_us = MOMENT_MAX;
    for (const struct timer *timer = timers; timer < timers + TIMERS; timer++)
        if (timer->fd && timer->at_us != MOMENT_MAX && timer->at_us - offset_us(timer) < at_us)
            at_us = timer->at_us - offset_us(timer);
    return at_us;
}

static void fire_timers(void)
{
    for (struct timer *timer = timers; timer < timers + TIMERS; timer++)
        if (timer->fd && timer->at_us != MOMENT_MAX && timer->at_us - offset_us(timer) <= now_us) {
            timer->at_us = MOMENT_MAX;
            eventfd_write(timer->fd, 1);
        }
}

void moment_step_wall(int64_t by_s)
{
    wall_offset_us += by_s * SECOND_US;
    for (struct timer *timer = timers; timer < timers + TIMERS; timer++)
        if (timer->fd && timer->wants_steps && timer->at_us != MOMENT_MAX) {
            timer->at_us = MOMENT_MAX;
            eventfd_write(timer->fd, 1);
        }
}

static struct timer *timer_of(int fd)
{
    for (struct timer *timer = timers; timer < timers + TIMERS; timer++)
        if (timer->fd == fd)
            return timer;
    return NULL;
}

int __wrap_timerfd_create(int clock, int flags)
{
    struct timer *timer = timer_of(0);
    int fd = eventfd(0, (flags & TFD_NONBLOCK ? EFD_NONBLOCK : 0) | (flags & TFD_CLOEXEC ? EFD_CLOEXEC : 0));
    if (fd < 0)
        return fd;
    if (!timer) {
        __real_close(fd);
        errno = ENFILE;
        return -1;
    }
    *timer = (struct timer){ .fd = fd, .clock = clock, .at_us = MOMENT_MAX };
    return fd;
}

/* Absolute times only: whoever wants another kind is told. */
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *next, struct itimerspec *before)
{
    struct timer *timer = timer_of(fd);
    if (!timer || before || !(flags & TFD_TIMER_ABSTIME)) {
        errno = EINVAL;
        return -1;
    }
    int64_t at_us = next->it_value.tv_sec * SECOND_US + (next->it_value.tv_nsec + 999) / 1000;
    timer->at_us = at_us ? at_us : MOMENT_MAX;
    timer->wants_steps = flags & TFD_TIMER_CANCEL_ON_SET;
    return 0;
}

int __wrap_close(int fd)
{
    struct timer *timer = fd > 0 ? timer_of(fd) : NULL;
    if (timer)
        timer->fd = 0;
    return __real_close(fd);
}

/* ---- time and chance ------------------------------------------------------------------------- */

int __wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
    int64_t at_us = now_us + (clock == CLOCK_REALTIME ? wall_offset_us : 0);
    *out = (struct timespec){ at_us / SECOND_US, at_us % SECOND_US * 1000 };
    return 0;
}

ssize_t __wrap_getrandom(void *out, size_t size, unsigned flags)
{
    (void)flags;
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)out)[i] = (unsigned char)moment_random(&random_state);
    return (ssize_t)size;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void pass_until(int64_t at_us)
{
    if (at_us == MOMENT_MAX) {
        fprintf(stderr, "scenario: everybody waits, and nothing will ever happen\n");
        abort();
    }
    if (at_us > now_us) {
        now_us = at_us;
        still = 0;
    }
}

void moment_pass(void)
{
    pass_until(next_alarm_us());
    call_alarms();
}

static void note_standstill(void)
{
    if (++still < STILL_MAX)
        return;
    fprintf(stderr, "scenario: the loop turns and turns at %lld us: a busy loop\n", (long long)now_us);
    abort();
}

int __wrap_epoll_pwait2(int fd, struct epoll_event *events, int count, const struct timespec *timeout,
                        const sigset_t *mask)
{
    int64_t until_us =
        timeout ? now_us + timeout->tv_sec * SECOND_US + (timeout->tv_nsec + 999) / 1000 : MOMENT_MAX;
    note_standstill();
    if (moment_turned)
        moment_turned();
    for (;;) {
        call_alarms();
        fire_timers();
        int ready = epoll_pwait(fd, events, count, 0, mask);
        if (ready != 0 || now_us >= until_us)
            return ready;
        pass_until(earlier(until_us, earlier(next_alarm_us(), next_timer_us())));
    }
}
