#include "board/walltime.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define YEAR_MIN 2026 /* of the first release: an earlier clock is not set */

int walltime_open(void)
{
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    walltime_arm(fd);
    return fd;
}

void walltime_arm(int fd)
{
    uint64_t ticks;
    if (read(fd, &ticks, sizeof ticks) < 0 && errno == ECANCELED)
        errno = 0; /* the clock was set: the caller looks at it anyway */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct itimerspec next = { .it_value.tv_sec = now.tv_sec - now.tv_sec % 60 + 60 };
    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &next, NULL);
}

struct scene_clock walltime_now(void)
{
    /* time() is of the last tick: when the timer of a minute wakes us, it may still be the minute before. */
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    struct tm tm;
    localtime_r(&now.tv_sec, &tm);
    return (struct scene_clock){
        .year = tm.tm_year + 1900,
        .month = tm.tm_mon + 1,
        .day = tm.tm_mday,
        .weekday = (tm.tm_wday + 6) % 7,
        .hour = tm.tm_hour,
        .minute = tm.tm_min,
        .is_known = tm.tm_year + 1900 >= YEAR_MIN,
    };
}

int64_t walltime_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
