/* The wall clock: the hall's time zone, the next minute, and a clock that was never set. */
#include "board/walltime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define REAL (-1)
static time_t faked;

/* As the kernel's: of the last tick, which may be of the second before. */
time_t __wrap_time(time_t *out);
time_t __wrap_time(time_t *out)
{
    time_t now = faked - 1;
    if (out)
        *out = now;
    return now;
}

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (faked == REAL)
        return __real_clock_gettime(clock, now);
    *now = (struct timespec){ .tv_sec = faked };
    return 0;
}

static void in_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static void the_clock_shows_the_time_of_the_hall(void **unused)
{
    (void)unused;
    faked = 1795376340; /* Sunday, 2026-11-22 19:39:00 UTC */
    in_zone("UTC");
    struct scene_clock clock = walltime_now();
    assert_int_equal(clock.year, 2026);
    assert_int_equal(clock.month, 11);
    assert_int_equal(clock.day, 22);
    assert_int_equal(clock.weekday, 6); /* Monday is 0 */
    assert_int_equal(clock.hour, 19);
    assert_int_equal(clock.minute, 39);
    assert_true(clock.is_known);
    in_zone("Asia/Almaty"); /* five hours ahead: Monday already */
    clock = walltime_now();
    assert_int_equal(clock.day, 23);
    assert_int_equal(clock.weekday, 0);
    assert_int_equal(clock.hour, 0);
}

static void a_clock_from_before_the_first_release_is_not_known(void **unused)
{
    (void)unused;
    in_zone("UTC");
    faked = 0;
    assert_false(walltime_now().is_known);
    faked = 1767225599; /* the last second of 2025 */
    assert_false(walltime_now().is_known);
    faked++;
    assert_true(walltime_now().is_known);
}

static void the_first_moment_of_a_minute_is_of_that_minute(void **unused)
{
    (void)unused;
    in_zone("UTC");
    faked = 1795376340;
    assert_int_equal(walltime_now().minute, 39);
    faked--;
    assert_int_equal(walltime_now().minute, 38);
}

static void it_wakes_at_the_next_full_minute(void **unused)
{
    (void)unused;
    faked = REAL;
    int fd = walltime_open();
    assert_true(fd >= 0);
    struct itimerspec left;
    assert_int_equal(timerfd_gettime(fd, &left), 0);
    int64_t at_ms = walltime_ms() + left.it_value.tv_sec * INT64_C(1000) + left.it_value.tv_nsec / 1000000;
    assert_in_range(left.it_value.tv_sec, 0, 60);
    int64_t beside_ms = (at_ms + 1000) % 60000; /* between the two readings a little time passes */
    assert_in_range(beside_ms, 900, 2000);
    walltime_arm(fd);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_clock_shows_the_time_of_the_hall),
        cmocka_unit_test(a_clock_from_before_the_first_release_is_not_known),
        cmocka_unit_test(the_first_moment_of_a_minute_is_of_that_minute),
        cmocka_unit_test(it_wakes_at_the_next_full_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
