/* A serial line between two ptys, on which bytes take their time. A pty has no speed of its own: what is written
 * at one end is at the other end at once, whatever the two are set to.
 *
 * A pure core. Each end has the settings of its port. Bytes that an end sends go onto the line one after the
 * other, each as long as start, data, parity and stop bits take at its speed, and arrive when they are complete.
 * The pair is half-duplex: bytes of both ends at one time damage each other, and an end does not hear while it
 * sends. Where the ends differ in speed or parity, rubbish arrives. sim/slave_line.h and
 * tests/integration/led_relay.c put ptys to it.
 */
#pragma once

#include "drivers/led/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RELAY_BYTES 1024 /* of one way on the line, four of the longest frames; what finds no room is lost */

enum { RELAY_MASTER, RELAY_UNITS, RELAY_ENDS };

struct relay_way {            /* from one end to the other one */
    struct led_serial serial; /* of the sender */
    int64_t free_us;          /* its transmitter is done */
    unsigned first, count;
    struct {
        int64_t begin_us, end_us;
        uint8_t byte;
        bool is_damaged;
    } on_line[RELAY_BYTES];
    uint64_t bytes, lost, collisions,
        busy_us; /* sent, without room, damaged by the other end; time on the line */
};
struct relay {
    struct relay_way way[RELAY_ENDS]; /* by the end that sends */
};

/* Time of `count` characters one behind the other, rounded up to a microsecond. */
int64_t relay_bytes_us(const struct led_serial *serial, size_t count);
/* Silence between frames: 3.5 characters, 1.75 ms above 19200 baud (Modbus over Serial Line V1.02, 2.5.1.1). */
uint32_t relay_gap_us(const struct led_serial *serial);

void relay_init(struct relay *relay, const struct led_serial *serial);
/* Settings of the port at `end`, for what it sends from now on. */
void relay_set(struct relay *relay, unsigned end, const struct led_serial *serial);
/* The port at `end` was given these bytes at now_us. */
void relay_send(struct relay *relay, unsigned end, int64_t now_us, const uint8_t *bytes, size_t count);
/* When the next byte is complete at `end`; INT64_MAX: none is on its way. */
int64_t relay_due_us(const struct relay *relay, unsigned end);
/* When the last of them is. */
int64_t relay_last_us(const struct relay *relay, unsigned end);
/* When to look at `end` again, if it got its last bytes at taken_us: like an adapter, which gives what has arrived
 * by the millisecond and not byte by byte. */
int64_t relay_wake_us(const struct relay *relay, unsigned end, int64_t taken_us);
/* The next byte that has arrived at `end` by now, and when it had. False: none. */
bool relay_take(struct relay *relay, unsigned end, int64_t now_us, uint8_t *byte, int64_t *at_us);
