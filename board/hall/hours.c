#include "board/hall/hours.h"

#include <stdio.h>

static int length_of(const struct hours_span *span)
{
    int length = span->to_min - span->from_min;
    return length > 0 ? length : length + HOURS_DAY;
}

/* Minutes from `minute` forward to `at`: 0..HOURS_WEEK-1. */
static int ahead(int minute, int at)
{
    return (at - minute + HOURS_WEEK) % HOURS_WEEK;
}

static bool is_open(const struct hours *hours, int minute)
{
    for (unsigned i = 0; i < hours->nspans; i++)
        for (int day = 0; day < 7; day++) {
            const struct hours_span *span = &hours->span[i];
            if (span->days >> day & 1 && ahead(day * HOURS_DAY + span->from_min, minute) < length_of(span))
                return true;
        }
    return false;
}

/* The nearer of `best` and an edge of a span, if it is an edge of the whole, too: spans may touch or overlap. */
static int nearer(const struct hours *hours, int minute, int edge, int best)
{
    int wait = ahead(minute, edge);
    bool is_change = wait < best && is_open(hours, (minute + wait) % HOURS_WEEK) != is_open(hours, minute);
    return is_change ? wait : best;
}

static int next_change(const struct hours *hours, int minute)
{
    int best = HOURS_WEEK;
    for (unsigned i = 0; i < hours->nspans; i++)
        for (int day = 0; day < 7; day++) {
            const struct hours_span *span = &hours->span[i];
            int begin = day * HOURS_DAY + span->from_min;
            if (!(span->days >> day & 1))
                continue;
            best = nearer(hours, minute, begin, best);
            best = nearer(hours, minute, begin + length_of(span), best);
        }
    return best == HOURS_WEEK ? HOURS_NEVER : (minute + best) % HOURS_WEEK;
}

struct hours_state hours_at(const struct hours *hours, int minute)
{
    if (!hours->nspans || minute == HOURS_UNKNOWN)
        return (struct hours_state){ true, HOURS_NEVER };
    return (struct hours_state){ is_open(hours, minute), next_change(hours, minute) };
}

void hours_text(int minute, int at, char *out, size_t size)
{
    static const char *const days[] = { "Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun " };
    bool is_soon = minute != HOURS_UNKNOWN && ahead(minute, at) < HOURS_DAY;
    snprintf(out, size, "%s%02d:%02d", is_soon ? "" : days[at / HOURS_DAY % 7], at % HOURS_DAY / 60, at % 60);
}
