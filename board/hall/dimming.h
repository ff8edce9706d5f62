/* How bright the LED boards are through the day, by the clock on the wall. Pure.
 *
 * Each step holds from its minute to the next one's, the last one over midnight to the first. What the clock skips or
 * repeats at a change of daylight saving is skipped or repeated here, too.
 */
#pragma once

#include <stdint.h>

#define DIMMING_STEPS_MAX 16 /* more than a sunny day has */

struct dimming_step {
    uint16_t from_min; /* of the day, 0..1439 */
    uint8_t percent;   /* 0..100 */
};
struct dimming {
    uint8_t nsteps;                              /* 0: the boards keep their own brightness */
    struct dimming_step step[DIMMING_STEPS_MAX]; /* by rising from_min */
};

/* Per cent at this minute of the day, LED_BRIGHTNESS_OWN without steps. minute < 0, the time is not known yet: the
 * brightest step, because a number that is too bright can still be read. */
uint8_t dimming_at(const struct dimming *dimming, int minute);
