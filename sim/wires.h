/* The hall's buses with their LED boards, as the hall file has them: a pty at each bus's device path, a simulated board for
 * each unit whose type the simulator knows. For kezek-sim.
 */
#pragma once

#include "board/config/config.h"
#include "sim/slave_line.h"

struct wires {
    unsigned nbuses;
    struct wire {
        struct slave_bus *bus;
        struct slave_line *line;
        int8_t slave[LED_UNITS_MAX]; /* by the unit's index in the hall file; NONE: no such type here */
    } wire[BUSES_MAX];
};
struct wires_config {
    bool
        is_paced; /* the lines have the speeds of the hall file (sim/slave_line.h); else bytes take no time */
    struct slave_faults faults; /* of each board */
    uint64_t seed;              /* of them */
};
/* Calls changed(data) after each frame that changed what a board shows. 0 or -errno with a reason. */
int wires_init(struct wires *wires, struct loop *loop, const struct config *config,
               const struct wires_config *how, void (*changed)(void *data), void *data, char *error,
               size_t error_size);
void wires_finish(struct wires *wires); /* also of zeroed or half made ones */
/* What the board above a desk shows. False: it has none. */
bool wires_view(const struct wires *wires, const struct config_desk *desk, struct slave_view *view);
/* Its power. 0, or -ENOENT: it has none. */
int wires_power(struct wires *wires, const struct config_desk *desk, bool is_on);
