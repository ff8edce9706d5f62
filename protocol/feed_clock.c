#include "protocol/feed_clock.h"

void feed_clock_set(struct feed_clock *clock, int64_t ts_ms, int64_t sent_us, int64_t received_us)
{
    clock->is_known = true;
    clock->high_us = ts_ms * 1000 - sent_us;
    clock->low_us = ts_ms * 1000 - received_us;
}

int64_t feed_clock_age_us(const struct feed_clock *clock, int64_t ts_ms, int64_t now_us)
{
    return now_us - feed_clock_sent_us(clock, ts_ms);
}

int64_t feed_clock_sent_us(const struct feed_clock *clock, int64_t ts_ms)
{
    return ts_ms * 1000 - clock->high_us;
}

int64_t feed_clock_server_ms(const struct feed_clock *clock, int64_t now_us)
{
    return (now_us + clock->low_us + (clock->high_us - clock->low_us) / 2) / 1000;
}
