/* When the bar of a call that is new is there. Pure.
 *
 * A panel that is new stands inverse for its dwell. So that it is noticed, its bar comes and goes HIGHLIGHT_BEATS times, once a second,
 * and then the panel stands still (WCAG 2.2.2: what blinks ends within five seconds; 2.3.1: less than three a second). All bars of
 * a wall come and go together: the first one begins the beat, one that comes in between waits for the next, so however many calls
 * there are, the wall changes at most twice a second for them. The number stands still all the while.
 */
#pragma once

#include "board/hall/announce.h"

#define HIGHLIGHT_BEAT_US 1000000
#define HIGHLIGHT_BEATS   3

/* A call is about to become new. `seen_us` is the time on the clock of until_us. */
void highlight_begin(struct announce *announce, int64_t seen_us);
/* Sets is_marked and mark_us of each place; true if a bar came or went. */
bool highlight_mark(struct announce *announce, int64_t seen_us);
