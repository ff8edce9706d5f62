/* The players of the chimes, in the place of the real-time threads of drivers/chime/tone.c: the same edges at the same times
 * into the same sinks, but at once; the reports come at their times.
 */
#pragma once

#include <stdint.h>

/* Called when a melody begins, with the time at which it will end. */
extern void (*player_started)(const void *player, int64_t now_us, int64_t end_us);
