/* The virtual clock, in the place of the kernel's: clock_gettime, timerfd, epoll_pwait2 and getrandom of everything that is
 * linked into the test program come here (test_scenarios.ld), so that the programs' own code needs no hook.
 *
 * Time stands while code runs and jumps when the loop would sleep: to the next alarm, timer or deadline. One thread; what
 * happens at one moment happens in the order in which the alarms were added. A loop that turns a hundred thousand times without
 * time passing is an error: it would be a busy loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SECOND_US  INT64_C(1000000)
#define MOMENT_MAX INT64_MAX

typedef void (*alarm_fn)(void *data, int64_t now_us);
struct alarm {
    int64_t at_us; /* MOMENT_MAX: not set. To be set by its owner at any time */
    alarm_fn fn;   /* at_us is MOMENT_MAX again when it is called */
    void *data;
    struct alarm *next;
};

/* Begins a world: CLOCK_MONOTONIC at 1000 s, CLOCK_REALTIME at `wall_s`. The seed is that of getrandom(). */
void moment_begin(int64_t wall_s, uint64_t seed);
int64_t moment_us(void);
void moment_step_wall(int64_t by_s); /* somebody sets the clock (NTP): timers that ask for it wake up */
void alarm_add(struct alarm *alarm, alarm_fn fn, void *data);
void alarm_remove(struct alarm *alarm);
/* Lets time pass without a program until its next alarm has been called. */
void moment_pass(void);
/* Called whenever the loop is about to wait. */
extern void (*moment_turned)(void);
uint64_t moment_random(uint64_t *state); /* splitmix64 */
