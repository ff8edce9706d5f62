#include "sim/relay.h"

#include <string.h>

#define PIECE_US 1000

static unsigned bits_of(const struct led_serial *serial)
{
    return 9u + (serial->parity != 'N') + serial->stop_bits;
}

int64_t relay_bytes_us(const struct led_serial *serial, size_t count)
{
    return (INT64_C(1000000) * bits_of(serial) * (int64_t)count + serial->baud - 1) / serial->baud;
}

uint32_t relay_gap_us(const struct led_serial *serial)
{
    return serial->baud > 19200 ? 1750 : (uint32_t)(3500000ull * bits_of(serial) / (unsigned)serial->baud);
}

void relay_init(struct relay *relay, const struct led_serial *serial)
{
    memset(relay, 0, sizeof *relay);
    for (unsigned end = 0; end < RELAY_ENDS; end++) {
        relay->way[end].free_us = INT64_MIN;
        relay_set(relay, end, serial);
    }
}

void relay_set(struct relay *relay, unsigned end, const struct led_serial *serial)
{
    relay->way[end].serial = *serial;
}

/* Nobody hears a byte whole that shares its time with one of the other end. */
static void collide(struct relay_way *mine, unsigned at, struct relay_way *other)
{
    for (unsigned i = 0; i < other->count; i++) {
        unsigned there = (other->first + i) % RELAY_BYTES;
        if (mine->on_line[at].begin_us >= other->on_line[there].end_us ||
            other->on_line[there].begin_us >= mine->on_line[at].end_us)
            continue;
        mine->collisions += !mine->on_line[at].is_damaged;
        other->collisions += !other->on_line[there].is_damaged;
        mine->on_line[at].is_damaged = other->on_line[there].is_damaged = true;
    }
}

void relay_send(struct relay *relay, unsigned end, int64_t now_us, const uint8_t *bytes, size_t count)
{
    struct relay_way *way = &relay->way[end];
    int64_t begin_us = way->free_us < now_us ? now_us : way->free_us;
    for (size_t i = 0; i < count; i++) {
        if (way->count == RELAY_BYTES) {
            way->lost += count - i;
            return;
        }
        unsigned at = (way->first + way->count++) % RELAY_BYTES;
        way->on_line[at].begin_us = begin_us + relay_bytes_us(&way->serial, i);
        way->on_line[at].end_us = way->free_us = begin_us + relay_bytes_us(&way->serial, i + 1);
        way->on_line[at].byte = bytes[i];
        way->on_line[at].is_damaged = false;
        way->bytes++;
        collide(way, at, &relay->way[!end]);
    }
}

int64_t relay_due_us(const struct relay *relay, unsigned end)
{
    const struct relay_way *way = &relay->way[!end];
    return way->count ? way->on_line[way->first].end_us : INT64_MAX;
}

int64_t relay_last_us(const struct relay *relay, unsigned end)
{
    const struct relay_way *way = &relay->way[!end];
    return way->count ? way->free_us : INT64_MAX;
}

int64_t relay_wake_us(const struct relay *relay, unsigned end, int64_t taken_us)
{
    int64_t due_us = relay_due_us(relay, end), last_us = relay_last_us(relay, end);
    if (due_us >= taken_us + PIECE_US)
        return due_us;
    return last_us < taken_us + PIECE_US ? last_us : taken_us + PIECE_US;
}

/* A receiver samples at its own speed: what it makes of the bits depends on them, and is never the byte. */
static bool is_readable(const struct relay *relay)
{
    const struct led_serial *a = &relay->way[RELAY_MASTER].serial, *b = &relay->way[RELAY_UNITS].serial;
    return a->baud == b->baud && a->parity == b->parity;
}

bool relay_take(struct relay *relay, unsigned end, int64_t now_us, uint8_t *byte, int64_t *at_us)
{
    struct relay_way *way = &relay->way[!end];
    if (relay_due_us(relay, end) > now_us)
        return false;
    bool is_damaged = way->on_line[way->first].is_damaged || !is_readable(relay);
    *byte = way->on_line[way->first].byte ^ (is_damaged ? 0x55 : 0);
    *at_us = way->on_line[way->first].end_us;
    way->first = (way->first + 1) % RELAY_BYTES;
    way->count--;
    return true;
}
