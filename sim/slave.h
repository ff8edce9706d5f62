/* LED boards as Modbus RTU slaves, several on one line: what the board's LED class meets in kezek-sim and in
 * tests.
 *
 * A pure core: bytes in, bytes out at their time, registers and glasses in between; no I/O, no clock of its
 * own, no allocation after slave_bus_create(). sim/slave_line.h hangs it on a pty, sim/relay.h gives the wire
 * a speed.
 *
 * It is written from the vendors' maps and from the Modbus specification, not from the profiles of
 * drivers/led and not on libmodbus, so that an error in a profile or in the master shows here. What a glass
 * shows is derived from the registers, by the device's own rules; a board that is told nothing shows what it
 * shows after power-on.
 *
 *   model        functions       answers  cells  beside the map
 *   owen-smi2    3 4 6 16 17     45 ms    4      group frames to unit 0; lit segments in 36 and 37; settings
 *                                                count, and are kept, when 129 is written to 15
 *   owen-smi2-m  3 6 16          5 ms     4      safe state (dashes, yellow) when nobody writes for 10 s, as
 *                                                long as register 4062 says so; text is written whole or
 *                                                refused (exception 2); 5000 saves
 *   dm56a04      3 6 16          5 ms     4      a new address counts at once, a new speed after power-on
 *   dm36b06      3 6 16          5 ms     6      the same
 *   led-485      6 16            5 ms     6      numbers by 6, segments by 16; silent at anything else; address
 *                                                and speed count at once
 *   ditel-dn     5 6 15 16       5 ms     4      the first register of a write says what it is; text keeps the
 *                                                colour; coil 5 blinks
 *   icpdas-ikan  1 3 5 6 15 16   5 ms     8      a sign whose message 0 is "%u000", stored by its web page
 *
 * A write of address or settings is answered at the old ones. Unknown of the real devices, and decided here:
 * owen-smi2 shows 0 after power-on, since its type is a number then; which functions led-485 and ditel-dn
 * answer to beside their writes; when dm… and led-485 take new settings; what the safe pattern is. Requests to
 * unit 0 are heard by owen-smi2 only, and answered by none.
 */
#pragma once

#include "drivers/led/profile.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAVE_UNITS_MAX 32
#define SLAVE_CELLS_MAX 8
#define SLAVE_FRAME_MAX 256 /* Modbus over Serial Line V1.02, 2.5.1 */

struct slave_bus;

/* `gap_us`: silence that ends a frame, 3.5 characters. A request that begins sooner after the one before it,
 * or after an answer on a line with a speed, is lost for all, as on real lines. NULL: out of memory. */
struct slave_bus *slave_bus_create(uint32_t gap_us);
void slave_bus_destroy(struct slave_bus *bus); /* NULL is fine */

/* What the port of the master is set to. Boards with another speed or parity are deaf, and what they say is
 * rubbish to the master; stop bits make no difference to a receiver. Bytes then take their time. NULL, as at
 * first: a line without speed, on which everybody hears everybody. */
void slave_bus_set_line(struct slave_bus *bus, const struct led_serial *serial);

/* Hangs a powered board on the line, with the settings of the line (without a speed: those of the factory).
 * Its index, or -ENOENT no such model, -EINVAL address not 1..247, -EEXIST address taken, -ENOSPC line
 * full. */
int slave_bus_add(struct slave_bus *bus, const char *model, uint8_t address);
unsigned slave_bus_units(const struct slave_bus *bus);

/* ---- the line -------------------------------------------------------------------------------- */

/* Bytes as they arrive; `now_us` is when the last of them was complete. */
void slave_bus_feed(struct slave_bus *bus, int64_t now_us, const uint8_t *bytes, size_t count);
/* When the next bytes are to be sent; INT64_MAX: none wait. */
int64_t slave_bus_due_us(const struct slave_bus *bus);
/* The bytes that are due by now, in pieces (an echo, then babble, then the answer …): their count, or 0. A
 * piece goes onto the line at its slave_bus_due_us(). Pieces that overlap come as one, which is rubbish. */
size_t slave_bus_take(struct slave_bus *bus, int64_t now_us, uint8_t out[SLAVE_FRAME_MAX]);
/* Time passes without traffic: safe states begin. */
void slave_bus_pass(struct slave_bus *bus, int64_t now_us);
/* When a glass will change by itself; INT64_MAX: not. */
int64_t slave_bus_change_us(const struct slave_bus *bus);

/* ---- what is seen ---------------------------------------------------------------------------- */

struct slave_view {
    const char *model;
    uint8_t address;
    bool is_powered;
    bool is_blinking;
    bool is_safe; /* nobody wrote in time: it shows its safe pattern */
    uint8_t brightness_percent;
    uint8_t colour; /* enum led_colour, never LED_COLOUR_OWN */
    uint8_t cells;
    uint8_t
        segments[SLAVE_CELLS_MAX]; /* left to right; bit 0 = a, 1 = b … 6 = g, 7 = dot; all 0 without power */
    char text[2 * SLAVE_CELLS_MAX + 1]; /* the same to read: one character a cell, a lit dot behind it */
    uint64_t changes;                   /* rises whenever something above changed */
};
void slave_view(const struct slave_bus *bus, unsigned index, struct slave_view *view);

struct slave_counters {
    uint64_t requests;     /* to this unit, in good frames */
    uint64_t broadcasts;   /* heard */
    uint64_t writes;       /* registers and coils written */
    uint64_t flash_writes; /* of memory that wears out */
    uint64_t exceptions;   /* answered */
    uint64_t dropped;      /* answers withheld by slave_drop_answers() */
    uint64_t faults;       /* of slave_set_faults() */
};
void slave_counters(const struct slave_bus *bus, unsigned index, struct slave_counters *counters);

struct slave_bus_counters {
    uint64_t frames;     /* good ones, to anybody */
    uint64_t crc_errors; /* and cut or overlong frames */
    uint64_t gap_errors; /* requests lost because they came too soon after a frame */
    uint64_t collisions; /* of two answers */
};
void slave_bus_counters(const struct slave_bus *bus, struct slave_bus_counters *counters);

/* A register as a read would give it; 0 for one that the board does not have. */
uint16_t slave_register(const struct slave_bus *bus, unsigned index, uint16_t reg);
/* Line settings that it works with now; its address is in the view. */
struct led_serial slave_settings(const struct slave_bus *bus, unsigned index);

/* ---- by hand --------------------------------------------------------------------------------- */

/* Off: dark and deaf. On again: what was not saved is forgotten. */
void slave_set_power(struct slave_bus *bus, unsigned index, bool is_on);
/* As by its menu, and kept. An address may be given twice: then both answer at once. A speed that the board
 * does not have leaves its own; NULL: settings as they are. */
void slave_set_settings(struct slave_bus *bus, unsigned index, uint8_t address,
                        const struct led_serial *serial);
/* Another one of its type from the box hangs in its place: with the address and settings of the factory. */
void slave_set_new(struct slave_bus *bus, unsigned index);
/* It answers writes of its address and settings at the new ones, as some meters do (Simex SWE). */
void slave_answer_anew(struct slave_bus *bus, unsigned index, bool is_anew);

/* ---- faults ---------------------------------------------------------------------------------- */

/* Delay of its answers; the models' own defaults are above. */
void slave_set_delay(struct slave_bus *bus, unsigned index, uint32_t delay_us);
/* Carries out, but does not answer each nth request; 0: answers all. */
void slave_drop_answers(struct slave_bus *bus, unsigned index, unsigned nth);
/* Refuses each request with this exception code; 0: refuses none. */
void slave_set_exception(struct slave_bus *bus, unsigned index, uint8_t code);
/* Damages the CRC of each nth answer; 0: none. */
void slave_damage_answers(struct slave_bus *bus, unsigned index, unsigned nth);

/* What goes wrong by chance, each with a rate of its own, at requests to a unit. */
enum slave_fault {
    SLAVE_LOST,           /* the request is damaged on its way: not carried out, not answered */
    SLAVE_MUTE,           /* carried out, not answered */
    SLAVE_LATE,           /* carried out, answered `late_us` later than usual */
    SLAVE_STALE,          /* a write is lost, and the answer before is sent again in its place */
    SLAVE_WRONG_UNIT,     /* the answer bears another unit's address */
    SLAVE_NOISE,          /* a byte of the answer is damaged */
    SLAVE_GARBAGE_BEFORE, /* 1 to 8 bytes ahead of the answer */
    SLAVE_GARBAGE_AFTER,  /* … and behind it */
    SLAVE_HALF,           /* the answer breaks off */
    SLAVE_REFUSE,         /* not carried out, answered with an exception */
    SLAVE_ECHO,           /* the adapter hears what the master says to anyone; of the first board alone */
    SLAVE_BABBLE,         /* this unit talks while another one is asked */
    SLAVE_REBOOT,         /* its power fails for a moment: not carried out, not answered, and all forgotten */
    SLAVE_FAULTS
};
extern const char *const slave_fault_names[SLAVE_FAULTS]; /* "lost", "wrong-unit" … */
struct slave_faults {
    uint16_t permille[SLAVE_FAULTS];
    uint32_t late_us;
    uint8_t exception; /* of SLAVE_REFUSE; 0: one of 1, 2, 3, 4, 8 by chance */
};
void slave_set_faults(struct slave_bus *bus, unsigned index, const struct slave_faults *faults);
/* The same seed gives the same faults. */
void slave_seed(struct slave_bus *bus, uint64_t seed);

/* CRC of the serial line, low byte first on the wire (V1.02, 6.2.2). */
uint16_t slave_crc(const uint8_t *bytes, size_t count);
