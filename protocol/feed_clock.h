/* The server's clock as seen from ours, without any wall clock (FEED-3): a question was sent at one of our times, its answer
 * was received at another, and the server wrote its ts in between. Microseconds of CLOCK_MONOTONIC; ts in milliseconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct feed_clock {
    bool is_known;
    int64_t high_us, low_us; /* server's clock minus ours lies within */
};

void feed_clock_set(struct feed_clock *clock, int64_t ts_ms, int64_t sent_us, int64_t received_us);
/* How long ago the server wrote ts, at most; below 0: in the future. Only while the clock is known, like the next two. */
int64_t feed_clock_age_us(const struct feed_clock *clock, int64_t ts_ms, int64_t now_us);
/* Our earliest time at which the server can have written ts. */
int64_t feed_clock_sent_us(const struct feed_clock *clock, int64_t ts_ms);
int64_t feed_clock_server_ms(const struct feed_clock *clock, int64_t now_us); /* the middle of the bounds */
