/* The inside of simulated LED boards: registers by model, and what the glass shows. For sim/slave*.c.
 *
 * A model is a row of data, with functions where a map has rules of its own: sim/slave_owen.c,
 * sim/slave_modules.c (DM…, LED-485), sim/slave_signs.c (Ditel, iKAN).
 */
#pragma once

#include "sim/slave.h"

#define SLAVE_REGS   256 /* that a model has, wherever they lie */
#define SLAVE_COILS  256
#define SLAVE_NO_REG 65535

enum { READ_COILS = 1, READ_HOLDING = 3, READ_INPUT = 4, WRITE_COIL = 5, WRITE_ONE = 6 };
enum { WRITE_COILS = 15, WRITE_MANY = 16, SERVER_ID = 17 };
enum { ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS = 2, ILLEGAL_VALUE = 3 };

enum slave_access {
    SLAVE_READ,  /* read only */
    SLAVE_RAM,   /* forgotten without power */
    SLAVE_SAVED, /* kept when the save register was written */
    SLAVE_KEPT   /* kept at once */
};
struct slave_area {
    uint16_t first, last;
    uint8_t access;
    uint16_t min, max; /* of each register; max 0: any value */
};
#define SLAVE_END                                                                                            \
    {                                                                                                        \
        1, 0, 0, 0, 0                                                                                        \
    } /* of a table of areas */

/* Where a board has its address and line settings; SLAVE_NO_REG: not over the bus. */
struct slave_places {
    uint16_t unit, baud, parity;
    const int *bauds; /* value of the register to baud; ends with -1, 0 is no speed */
};
enum slave_takes { SLAVE_AT_ONCE, SLAVE_AT_SAVE, SLAVE_AT_POWER_ON };

struct slave_unit;
struct slave_model {
    const char *name, *server_id;
    uint32_t functions; /* bit per function code */
    bool is_mute;       /* silent at functions that it does not have; others answer exception 1 */
    bool is_matrix;     /* of dots: `text` of the view is what it shows, segments come near */
    uint32_t delay_us;
    uint8_t cells;
    const struct slave_area *area, *coils; /* end with SLAVE_END; coils NULL: none */
    struct slave_places places;
    uint8_t unit_takes, serial_takes; /* enum slave_takes */
    uint16_t save, save_value;        /* register that saves */
    uint16_t safe_s;                  /* register of the safe state's time-out in seconds */
    uint16_t whole, whole_last;       /* an area that is read and written whole, or refused */
    void (*factory)(struct slave_unit *unit);
    void (*power_on)(struct slave_unit *unit); /* what is not in registers; or NULL */
    /* An exception for a write that the areas allow, or 0; NULL: none. */
    int (*refuses)(const struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                   const uint16_t *value);
    void (*written)(struct slave_unit *unit, uint16_t first, uint16_t count); /* or NULL */
    void (*show)(const struct slave_unit *unit,
                 struct slave_view *view); /* cells, blinking, brightness, colour */
    bool (*group)(
        struct slave_unit *unit,
        const uint8_t *request); /* a broadcast with a meaning of its own; NULL: broadcasts are not heard */
};

struct slave_unit {
    const struct slave_model *model;
    uint8_t address;
    struct led_serial serial;
    bool is_powered, is_safe;
    uint16_t showing, shown_count; /* last write that the glass shows, where the model asks for it */
    uint8_t colour, luminosity;    /* where they are in no register */
    int64_t now_us, safe_us;       /* of the last write; when the safe state begins */
    uint64_t writes, changes, flash_writes;
    uint16_t reg[SLAVE_REGS], kept[SLAVE_REGS]; /* in the order of the areas */
    bool coil[SLAVE_COILS];
};

extern const struct slave_model slave_smi2, slave_smi2_m, slave_dm56a04, slave_dm36b06, slave_led_485,
    slave_ditel_dn, slave_ikan;
const struct slave_model *slave_model_find(const char *name);

/* As it comes from the factory, without power. */
void slave_unit_init(struct slave_unit *unit, const struct slave_model *model);
/* As a technician sets it; a speed that it does not have leaves its own. */
void slave_unit_set(struct slave_unit *unit, uint8_t address, const struct led_serial *serial);
void slave_unit_power_on(struct slave_unit *unit);
void slave_unit_power_off(struct slave_unit *unit);
/* Time passes: the safe state begins when nobody wrote. */
void slave_unit_pass(struct slave_unit *unit, int64_t now_us);

uint16_t *slave_unit_at(struct slave_unit *unit, uint16_t reg);       /* NULL: it has no such register */
uint16_t slave_unit_reg(const struct slave_unit *unit, uint16_t reg); /* 0 for one that it does not have */
bool slave_unit_has(const struct slave_unit *unit, uint16_t first, unsigned count);
bool slave_unit_has_coils(const struct slave_unit *unit, uint16_t first, unsigned count);
/* 0, or an exception: then nothing was written. */
int slave_unit_write(struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                     const uint16_t *value);
int slave_unit_write_coils(struct slave_unit *unit, uint16_t first, uint16_t count, const bool *value);
void slave_unit_view(const struct slave_unit *unit, struct slave_view *view);

/* Carries out a request: length of the answer's bytes behind unit and function, 0 for none, or a negative
 * exception. */
int slave_carry_out(struct slave_unit *unit, const uint8_t *request, uint8_t *answer);
/* Length of a request, 0 while it cannot be told. */
size_t slave_request_length(const uint8_t *request, size_t count);
bool slave_is_write(uint8_t function);

/* ---- glass ----------------------------------------------------------------------------------- */

enum { A = 1, B = 2, C = 4, D = 8, E = 16, F = 32, G = 64, DOT = 128 };
/* What the boards' own fonts draw; a character without a shape stays dark. */
uint8_t slave_glyph(char character);
/* Left to right; a dot is lit in the cell before it. */
void slave_put_joined(struct slave_view *view, const char *text, size_t length);
/* Right aligned, with `decimals` places behind the point; `too_large` where it finds no room. */
void slave_put_number(struct slave_view *view, long value, unsigned decimals, const char *too_large);
/* Two characters a register, first one in the high byte, from `first` on. */
void slave_put_pairs(const struct slave_unit *unit, struct slave_view *view, uint16_t first, unsigned count);
void slave_read_glass(struct slave_view *view);
