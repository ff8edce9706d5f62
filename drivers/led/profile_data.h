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

#define LED_TEXT_REGS_MAX                                                                                    \
    32 /* of a text area, and of one read: what the largest known one (SMI2-M: 16) needs, doubled */
#define LED_COIL_ON     0xFF00 /* function 5: Modbus Application Protocol V1.1b3, 6.5 */
#define LED_FOLDS_MAX   128
#define LED_RANGES_MAX  16
#define LED_CHOICES_MAX 12 /* speeds of a device: the largest known list has 9 */

enum led_packing {
    LED_PACK_TWO,      /* two ASCII characters a register, first one in the high byte */
    LED_PACK_ONE,      /* one ASCII character a register, low byte */
    LED_PACK_SEGMENTS, /* two cells a register as segment bits, left one in the high byte */
    LED_PACK_NUMBER,   /* not text at all: digits as one number, of a device without text */
    LED_PACKINGS
};
enum led_dot {
    LED_DOT_NONE,  /* the cells have no dot: a dot is refused */
    LED_DOT_CELL,  /* a dot takes a cell of its own */
    LED_DOT_JOINS, /* a dot is lit in the cell of the character before it */
    LED_DOTS
};
/* When what commissioning writes comes true, and where its answer comes from. */
enum led_effect {
    LED_EFFECT_EACH,  /* each write at once */
    LED_EFFECT_SAVE,  /* all with the write that saves */
    LED_EFFECT_POWER, /* all when it is switched on the next time */
    LED_EFFECTS
};
enum led_answer {
    LED_ANSWER_OLD,
    LED_ANSWER_NEW,
    LED_ANSWER_UNKNOWN, /* or none: it is not waited for */
    LED_ANSWERS
};
enum led_setting_kind { LED_BAUD, LED_PARITY, LED_STOP_BITS, LED_SETTINGS };
struct led_setting { /* of the serial line */
    uint16_t reg;
    uint8_t nchoices; /* 0: cannot be written */
    struct {
        int code; /* baud; 'N' 'E' 'O'; stop bits */
        uint16_t value;
    } choice[LED_CHOICES_MAX];
};

/* A device without text. Its cells show what the number is, so only texts that are that number are shown. */
enum led_number {
    LED_U16,
    LED_I16,
    LED_U32,
    LED_I32,
    LED_F32
}; /* f32: IEEE 754 single, whole numbers only */
enum led_negative {
    LED_NEGATIVE_NONE,
    LED_NEGATIVE_TWOS,
    LED_NEGATIVE_ONES,
    LED_NEGATIVE_NIBBLE /* bits 28-31: 1 if negative, 24-27: decimals, below: the magnitude (DM36B06) */
};

enum led_identify { LED_IDENTIFY_NONE, LED_IDENTIFY_SERVER_ID, LED_IDENTIFY_REGISTERS };

struct led_range {
    uint16_t first, last;
};
struct led_fold_entry {
    uint32_t from;
    char to;
};

struct led_profile {
    char name[33], title[96], source[640];
    const char *confidence; /* a literal */
    struct {
        uint8_t unit;
        struct led_serial serial;
    } factory; /* all 0: not known */
    bool has_fc05, has_fc06, has_fc16;
    uint16_t max_regs; /* of one request, as the device limits it */
    uint16_t turnaround_ms, min_gap_ms;
    struct {
        uint16_t reg, regs, cells;
        uint16_t length_reg; /* takes the number of characters after each text */
        uint8_t packing, dot;
        bool is_left_aligned, has_length;
        bool is_zero_filled; /* bytes behind the last cell are 0; else the pad */
        char pad;
        bool shows[128];
        uint8_t nfolds;
        struct led_fold_entry fold[LED_FOLDS_MAX]; /* by rising code point */
    } text;
    struct {
        uint8_t type, negative; /* enum led_number, enum led_negative */
        bool is_low_first;      /* the word with the lower bits is in the first register */
        bool has_leading_zeros; /* it fills its cells with zeros */
        bool has_point;
        uint16_t point_reg, decimals; /* the register takes the number of decimals; how many it can have */
    } number;
    uint8_t
        glyph[128]; /* segments of a character: bit 0 = a … bit 6 = g, bit 7 = dot; 0 unknown (but for ' ') */
    char bits[9];   /* device's bit order for segments: the letter at [i] is bit i, '.' the dot */
    uint8_t ninit, nblank;
    struct led_write init[LED_WRITES_MAX], blank[LED_WRITES_MAX];
    bool has_blink;
    struct led_write blink_on, blink_off;
    uint16_t verify_reg, verify_regs; /* verify_regs 0: cannot be read back */
    struct led_write mode;            /* read behind the text, and then equal to this; count 0: none */
    uint16_t lit_reg, lit_regs;       /* inside the verify range; lit_regs 0: device does not tell */
    bool is_lit_right_first;
    uint8_t identify; /* enum led_identify */
    regex_t pattern;
    struct led_write identity; /* registers and values that tell the device */
    uint8_t nnever;
    struct led_range never_write[LED_RANGES_MAX];
    uint16_t broadcast_ms;
    struct {
        uint16_t reg, min, max; /* max 0: has none */
    } brightness;
    struct {
        uint16_t reg;
        bool has[LED_COLOURS];
        uint16_t value[LED_COLOURS];
    } colour;
    struct {
        uint16_t base;     /* a frame begins at base + its first unit */
        uint8_t max_units; /* 0: has none */
    } group;
    struct {
        bool has;
        uint8_t effect, answer; /* enum led_effect, enum led_answer */
        uint16_t unit_reg, rest_ms;
        struct led_setting setting[LED_SETTINGS];
        struct led_write save; /* count 0: has none */
    } commission;
};

/* The writes that bring `text` (as led_fold() takes it; "" is blank) onto the cells: their number, or
 * led_fold()'s error. */
int led_profile_writes(const struct led_profile *profile, const char *text,
                       struct led_write out[LED_WRITES_MAX]);

/* Numbers (profile_number.c). `text` is what the cells show, ASCII. Why it is not the number that the device
 * would show, or NULL: it is. */
const char *profile_number_defect(const struct led_profile *profile, const char *text);
void profile_number_pack(const struct led_profile *profile, const char *text, uint16_t value[2]);
unsigned profile_number_decimals(const char *text);
unsigned profile_number_digits(const struct led_profile *profile); /* that always fit its type */

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

/* ---- beside the text -------------------------------------------------------------------------
 * Each fills *out and returns true, or returns false: the device cannot do that. */

/* 0 to 100 per cent of what the device has; 0 is its lowest step, never dark. */
bool led_profile_brightness(const struct led_profile *profile, unsigned percent, struct led_write *out);
/* False for LED_COLOUR_OWN, and for a colour that the device does not have. */
bool led_profile_colour(const struct led_profile *profile, enum led_colour colour, struct led_write *out);

/* Group frame: one request to unit 0 that carries the texts of `count` boards with the consecutive addresses
 * first_unit … first_unit + count - 1, all of this profile; text[i] as led_fold() takes it. Carries the text
 * only: boards must have had their init block. Not acknowledged: certainty is LED_SENT until a read-back. */
unsigned led_profile_group_max(const struct led_profile *profile); /* boards in one frame; 0: has none */
bool led_profile_group(const struct led_profile *profile, uint8_t first_unit, unsigned count,
                       const char *const *text, struct led_write *out);
unsigned led_profile_broadcast_ms(const struct led_profile *profile); /* rest of the line after unit 0 */

/* The request that asks a device who it is; led_profile_identifies() judges the answer. False: none. */
bool led_profile_identity(const struct led_profile *profile, struct led_write *out);

/* Commissioning: the writes that give a unit a new address and line settings, each with what is known of
 * its answer. What the profile cannot set (`serial` NULL: the unit has what is wanted) is refused: number of
 * steps, or -ENOTSUP, -EINVAL (a speed that the device does not have), with `why`; a setting without a
 * register may be wanted as it comes from the factory. These writes are the only ones that may touch registers
 * of never_write. If no step is effective, they count when the unit is switched on the next time. */
#define LED_COMMISSION_MAX 8
enum { LED_TAKES_UNIT = 1, LED_TAKES_BAUD = 2, LED_TAKES_PARITY = 4, LED_TAKES_STOP_BITS = 8 };
struct led_commission_step {
    struct led_write write;
    bool is_answered_anew; /* the answer comes from the new address and settings; else from the old ones */
    bool is_silent;    /* no answer is to be expected (it restarts), or nobody knows where it comes from */
    bool is_effective; /* after it the unit listens at the new address and settings, all of them */
    bool is_doubtful; /* what it takes should count at once; but maps are often silent on that: look for it */
    uint8_t takes;    /* LED_TAKES_…: what of them is new from now on, where each write counts at once */
    uint16_t rest_ms; /* how long it then is deaf */
};
int led_profile_commission(const struct led_profile *profile, uint8_t unit, const struct led_serial *serial,
                           struct led_commission_step out[LED_COMMISSION_MAX], char *why, size_t why_size);

bool led_profile_may_write(const struct led_profile *profile, const struct led_write *write);
