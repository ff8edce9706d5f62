/* The inside of a LED profile, and what the engine computes from it. For drivers/led only.
 *
 * A profile is a plain value that never changes after loading: any number of threads may read it.
 * Everything here is pure. Registers are PDU addresses, 0-based.
 */
#pragma once

#include "drivers/led/profile.h"

#include <regex.h>
#include <stdbool.h>
#include <stdint.h>

#define LED_REGS_MAX                                                                                         \
    32 /* of one write of ours; what the largest known text area (SMI2-M: 16) needs, doubled */
#define LED_FOLDS_MAX  128
#define LED_RANGES_MAX 16

enum led_packing {
    LED_PACK_TWO,      /* two ASCII characters a register, first one in the high byte */
    LED_PACK_ONE,      /* one ASCII character a register, low byte */
    LED_PACK_SEGMENTS, /* two cells a register as segment bits, left one in the high byte */
    LED_PACKINGS
};
enum led_dot {
    LED_DOT_NONE,  /* the cells have no dot: a dot is refused */
    LED_DOT_CELL,  /* a dot takes a cell of its own */
    LED_DOT_JOINS, /* a dot is lit in the cell of the character before it */
    LED_DOTS
};
enum led_identify { LED_IDENTIFY_NONE, LED_IDENTIFY_SERVER_ID, LED_IDENTIFY_REGISTERS };

struct led_range {
    uint16_t first, last;
};
struct led_fold_entry {
    uint32_t from;
    char to;
};
struct led_line {
    uint8_t unit, stop_bits;
    char parity; /* 'N' 'E' 'O' */
    int baud;
};

struct led_profile {
    char name[33], title[96], source[384];
    const char *confidence; /* a literal */
    struct led_line factory;
    bool has_fc06, has_fc16;
    uint16_t max_regs; /* of one request, as the device limits it */
    uint16_t turnaround_ms, min_gap_ms;
    struct {
        uint16_t reg, regs;
        uint8_t packing, dot, cells;
        bool is_left_aligned;
        char pad;
        bool shows[128];
        uint8_t nfolds;
        struct led_fold_entry fold[LED_FOLDS_MAX]; /* by rising code point */
    } text;
    uint8_t
        glyph[128]; /* segments of a character: bit 0 = a … bit 6 = g, bit 7 = dot; 0 unknown (but for ' ') */
    char bits[9];   /* device's bit order for segments: the letter at [i] is bit i, '.' the dot */
    uint8_t ninit, nblank;
    struct led_write init[LED_WRITES_MAX], blank[LED_WRITES_MAX];
    bool has_blink;
    struct led_write blink_on, blink_off;
    uint16_t verify_reg, verify_regs; /* verify_regs 0: cannot be read back */
    uint16_t lit_reg, lit_regs;       /* inside the verify range; lit_regs 0: device does not tell */
    bool is_lit_right_first;
    uint8_t identify; /* enum led_identify */
    regex_t pattern;
    struct led_write identity; /* registers and values that tell the device */
    uint8_t nnever;
    struct led_range never_write[LED_RANGES_MAX];
};

/* The writes that bring `text` (as led_fold() takes it; "" is blank) onto the cells: their number, or
 * led_fold()'s error. */
int led_profile_writes(const struct led_profile *profile, const char *text,
                       struct led_write out[LED_WRITES_MAX]);

/* Is what was read from the verify range what we wrote? Blinking compares as "off" or "not off", because
 * devices are known to read back another non-zero value than the one written. */
bool led_profile_equals(const struct led_profile *profile, const char *text, bool is_blinking,
                        const uint16_t *read);

/* What the device says about its segments: */
enum led_lit {
    LED_LIT_UNTOLD, /* the profile has no read-back of segments, or no glyph for one of the characters */
    LED_LIT_EQUAL,
    LED_LIT_OTHER,
};
enum led_lit led_profile_lit(const struct led_profile *profile, const char *text, const uint16_t *read);

/* Does an answer (FC17: the bytes after the byte count; FC03: registers as big-endian bytes) come from such a
 * device? */
bool led_profile_identifies(const struct led_profile *profile, const uint8_t *bytes, size_t size);

bool led_profile_may_write(const struct led_profile *profile, const struct led_write *write);
