/* The order and size of languages on a wall (law of Kazakhstan on languages, No. 151-I, art. 21): Kazakh above or left of Russian in
 * letters of one size, a further language not larger; both at once. Judged in what a picture sets, whatever made it.
 *
 * A line with the words of several languages has one size, and their order is that of the hall file.
 */
#pragma once

#include "board/config/config.h"
#include "board/paint/picture.h"

/* Does the hall have Kazakh, so that there is something to judge? */
bool languages_are_judged(const struct config *config);
/* True, or false and `reason` says what stands where it must not. */
bool languages_hold(const struct config *config, const struct picture *picture, char *reason, size_t size);
