/* The hall's buses with their LED boards, as the hall file has them: a pty at each bus's device path, a simulated board for
 * each unit whose type the simulator knows. For kezek-sim.
 */
#pragma once

#include "board/config/config.h"
#include "sim/slave_line.h"

struct wires {
    unsigned nbuses;
    uint64_t seed;
    struct wire {
        struct slave_bus *bus;
        struct slave_line *line;
        int8_t slave[LED_UNITS_MAX]; /* by the unit's index in the hall file; NONE: no such type here */
    } wire[BUSES_MAX];
};
struct wires_faults {
    struct slave_faults board; /* of each */
    uint16_t unplug;           /* permille of the requests that pull the adapter (slave_line_pull()) */
};
#define WIRES_NO_FAULTS                                                                                      \
    {                                                                                                        \
        .board.late_us = 200000                                                                              \
    }
struct wires_config {
    bool
        is_paced; /* the lines have the speeds of the hall file (sim/slave_line.h); else bytes take no time */
    struct wires_faults faults;
    uint64_t seed; /* of them */
};
/* The one of `faults` with this name: those of slave_fault_names, and "unplug". NULL: no such fault. */
uint16_t *wires_fault(struct wires_faults *faults, const char *name);
/* Calls changed(data) after each frame that changed what a board shows. 0 or -errno with a reason. */
int wires_init(struct wires *wires, struct loop *loop, const struct config *config,
               const struct wires_config *how, void (*changed)(void *data), void *data, char *error,
               size_t error_size);
void wires_finish(struct wires *wires); /* also of zeroed or half made ones */
/* What the board above a desk shows. False: it has none. */
bool wires_view(const struct wires *wires, const struct config_desk *desk, struct slave_view *view);
/* Its power. 0, or -ENOENT: it has none. */
int wires_power(struct wires *wires, const struct config_desk *desk, bool is_on);
/* Another one hangs there: `unit` 0: new from its box, else with this address. 0, -ENOENT. */
int wires_replace(struct wires *wires, const struct config_desk *desk, uint8_t unit);
/* From now on, in place of those before, of the board above a desk (then `unplug` means nothing). 0, -ENOENT. */
int wires_trouble(struct wires *wires, const struct config_desk *desk, const struct wires_faults *faults);
void wires_trouble_all(struct wires *wires, const struct wires_faults *faults);
/* Pulls the adapter of a bus, or plugs it in again, by slave_line.h. 0 or -errno. */
int wires_plug(struct wires *wires, unsigned bus, bool is_in);
bool wires_is_plugged(const struct wires *wires, unsigned bus);
