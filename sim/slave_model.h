/* The inside of simulated LED boards: registers by model, and what the glass shows. For sim/slave.c. */
#pragma once

#include "sim/slave.h"

#define SLAVE_REGS 256

struct slave_unit;
struct slave_model {
    const char *name, *server_id;
    uint32_t functions; /* bit per function code */
    uint32_t delay_us;
    uint8_t cells;
    const struct slave_area {
        uint16_t first, last;
        bool is_writable;
    } * area; /* ends with last 0 */
    void (*power_on)(struct slave_unit *unit);
    void (*written)(struct slave_unit *unit, uint16_t first, uint16_t count);
    void (*show)(const struct slave_unit *unit, struct slave_view *view); /* cells, blinking, brightness */
    bool (*group)(struct slave_unit *unit,
                  const uint8_t *request); /* a broadcast with a meaning of its own; or NULL */
};

struct slave_unit {
    const struct slave_model *model;
    uint8_t address;
    bool is_powered;
    bool shows_number; /* dm56a04: the last write was a number */
    uint64_t writes, changes;
    uint16_t reg[SLAVE_REGS];
};

const struct slave_model *slave_model_find(const char *name);
void slave_unit_power_on(struct slave_unit *unit);
void slave_unit_power_off(struct slave_unit *unit);
bool slave_unit_has(const struct slave_unit *unit, uint16_t first, unsigned count);
/* False: nothing was written, one of the registers is not there or read-only. */
bool slave_unit_write(struct slave_unit *unit, uint16_t first, unsigned count, const uint16_t *value);
void slave_unit_view(const struct slave_unit *unit, struct slave_view *view);
