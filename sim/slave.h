/* LED boards as Modbus RTU slaves, several on one line: what the board's LED class meets in kezek-sim and in
 * tests.
 *
 * A pure core: bytes in, bytes out at their time, registers and glasses in between; no I/O, no clock of its
 * own, no allocation after slave_bus_add(). sim/slave_line.h hangs it on a pty.
 *
 * It is written from the vendors' maps and from the Modbus specification, not from the profiles of
 * drivers/led and not on libmodbus, so that an error in a profile or in the master shows here. What a glass
 * shows is derived from the registers, by the device's own rules; a board that is told nothing shows what it
 * shows after power-on.
 *
 * Models: "owen-smi2" (functions 3, 4, 6, 16, 17; group frames to unit 0; lit segments in registers 36 and
 * 37; shows the number 0 after power-on, because its data type is Int then) and "dm56a04" (functions 3, 6,
 * 16; dark after power-on). Requests to unit 0 are carried out by all and answered by none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAVE_UNITS_MAX 32
#define SLAVE_CELLS_MAX 8
#define SLAVE_FRAME_MAX 256 /* Modbus over Serial Line V1.02, 2.5.1 */

struct slave_bus;

/* `gap_us`: silence that ends a frame, 3.5 characters. A request that begins sooner after the one before it
 * is lost for all, as on real lines. NULL: out of memory. */
struct slave_bus *slave_bus_create(uint32_t gap_us);
void slave_bus_destroy(struct slave_bus *bus); /* NULL is fine */

/* Hangs a powered board on the line. Its index, or -ENOENT no such model, -EINVAL address not 1..247, -EEXIST
 * address taken, -ENOSPC line full. */
int slave_bus_add(struct slave_bus *bus, const char *model, uint8_t address);
unsigned slave_bus_units(const struct slave_bus *bus);

/* ---- the line -------------------------------------------------------------------------------- */

/* Bytes as they arrive. */
void slave_bus_feed(struct slave_bus *bus, int64_t now_us, const uint8_t *bytes, size_t count);
/* When the next answer is to be sent; INT64_MAX: none waits. */
int64_t slave_bus_due_us(const struct slave_bus *bus);
/* The answer that is due by now, as one frame: its length, or 0. */
size_t slave_bus_take(struct slave_bus *bus, int64_t now_us, uint8_t out[SLAVE_FRAME_MAX]);

/* ---- what is seen ---------------------------------------------------------------------------- */

struct slave_view {
    const char *model;
    uint8_t address;
    bool is_powered;
    bool is_blinking;
    uint8_t brightness_percent;
    uint8_t cells;
    uint8_t
        segments[SLAVE_CELLS_MAX]; /* left to right; bit 0 = a, 1 = b … 6 = g, 7 = dot; all 0 without power */
    char text[2 * SLAVE_CELLS_MAX + 1]; /* the same to read: one character a cell, a lit dot behind it */
    uint64_t changes;                   /* rises whenever something above changed */
};
void slave_view(const struct slave_bus *bus, unsigned index, struct slave_view *view);

struct slave_counters {
    uint64_t requests;   /* to this unit, in good frames */
    uint64_t broadcasts; /* carried out */
    uint64_t writes;     /* registers written */
    uint64_t exceptions; /* answered */
    uint64_t dropped;    /* answers withheld by slave_drop_answers() */
};
void slave_counters(const struct slave_bus *bus, unsigned index, struct slave_counters *counters);

struct slave_bus_counters {
    uint64_t frames;     /* good ones, to anybody */
    uint64_t crc_errors; /* and cut or overlong frames */
    uint64_t gap_errors; /* requests lost because they came too soon after the one before */
};
void slave_bus_counters(const struct slave_bus *bus, struct slave_bus_counters *counters);

/* A register as a read would give it; 0 for one that the board does not have. */
uint16_t slave_register(const struct slave_bus *bus, unsigned index, uint16_t reg);

/* ---- faults ---------------------------------------------------------------------------------- */

/* Off: dark and deaf. On again: everything that was written is forgotten. */
void slave_set_power(struct slave_bus *bus, unsigned index, bool is_on);
/* Delay of its answers; the models' own defaults are 45 ms (owen-smi2) and 5 ms (dm56a04). */
void slave_set_delay(struct slave_bus *bus, unsigned index, uint32_t delay_us);
/* Carries out, but does not answer each nth request; 0: answers all. */
void slave_drop_answers(struct slave_bus *bus, unsigned index, unsigned nth);
/* Refuses each request with this exception code; 0: refuses none. */
void slave_set_exception(struct slave_bus *bus, unsigned index, uint8_t code);
/* Damages the CRC of each nth answer; 0: none. */
void slave_damage_answers(struct slave_bus *bus, unsigned index, unsigned nth);

/* CRC of the serial line, low byte first on the wire (V1.02, 6.2.2). */
uint16_t slave_crc(const uint8_t *bytes, size_t count);
