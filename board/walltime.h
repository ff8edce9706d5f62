/* The wall clock of the screens: a descriptor that becomes readable when the minute changes or somebody sets
 * the clock. Everything else in Kezek runs on CLOCK_MONOTONIC.
 */
#pragma once

#include "board/scene/scene.h"

int walltime_open(void); /* descriptor, or -errno; the caller closes it */
/* Arms it for the next minute. Call it after each time it became readable. */
void walltime_arm(int fd);
/* Now, in the process's time zone (TZ). is_known is false while the clock still stands at its value from
 * before the time was fetched (boards without a battery start in 1970 or at their image's date). */
struct scene_clock walltime_now(void);
int64_t walltime_ms(void); /* milliseconds since 1970 */
