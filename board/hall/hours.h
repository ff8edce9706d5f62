/* When a screen is wanted: spans of the week, as the clock on the wall shows it. Pure.
 *
 * Time is a minute of the week in the hall's time zone, 0 = Monday 00:00. Nobody counts hours across a change of
 * daylight saving: what the clock skips does not happen (a span that begins in the skipped hour begins with the hour
 * after it), and what it repeats happens twice. A wall clock that is not known yet never darkens a screen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOURS_SPANS_MAX 16 /* two a day and two to spare */
#define HOURS_DAY       1440
#define HOURS_WEEK      (7 * HOURS_DAY)
#define HOURS_UNKNOWN   (-1) /* as `minute`: the board has no time yet */
#define HOURS_NEVER     (-1)

struct hours_span {
    uint8_t days; /* on which it begins: bit 0 = Monday */
    uint16_t from_min,
        to_min; /* of the day: 0..1439, 1..1440; over midnight if from_min > to_min. Never equal. */
};
struct hours {
    uint8_t nspans;                          /* 0: always */
    struct hours_span span[HOURS_SPANS_MAX]; /* may overlap */
};
struct hours_state {
    bool is_open;
    int until; /* minute of the week when that changes; HOURS_NEVER */
};

struct hours_state hours_at(const struct hours *hours, int minute);
/* "08:00" if `at` is less than a day after `minute`, else "Mon 08:00". */
void hours_text(int minute, int at, char *out, size_t size);
