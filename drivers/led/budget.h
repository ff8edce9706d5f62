/* What a bus can do, by calculation: how soon a call stands on the wire, how long everything takes. Pure.
 *
 * The figures come from the frames that the engine really sends for each profile, the line's speed and
 * silence (3.5 characters), the longest delay that each device may take before it answers, and the adapter's
 * latency. A real bus is faster: devices mostly answer sooner.
 */
#pragma once

#include "drivers/led/led.h"

#define LED_LOADS_WARN 28 /* of 32 unit loads: leave room for a spare board and for the adapter */
#define LED_LOADS_MAX  32 /* what a driver of the standard (TIA-485) drives */

struct led_budget {
    uint32_t idle_us;   /* call → last byte of its text, when the bus is idle; the slowest board */
    uint32_t behind_us; /* the same behind the longest transaction of a board that answers */
    uint32_t dead_us;   /* the same behind a try of a board that does not answer */
    uint32_t group_us;  /* the same behind the longest group frame and the rest after it; 0: there are none */
    uint32_t worst_us;  /* the longest of these */
    uint32_t change_us; /* new texts for all boards at once → all acknowledged, or sent by group frames */
    uint32_t start_us;  /* the port is opened → everything asked, written and read back once, all boards */
    uint32_t refresh_us;    /* the same without asking who they are */
    uint32_t load_permille; /* of the bus, by the refresh each reassert_ms */
    unsigned loads;         /* unit loads: the boards and the adapter */
};
/* All zero for a bus without boards. */
void led_bus_budget(const struct led_bus_config *config, struct led_budget *budget);
