/* What is wrong with an LED board, or with its whole bus, in words for the technician who stands below it: what,
 * and what to do. Pure.
 *
 * What one board suffers alone is its own address, profile or plug; what all suffer is the line. The counters run
 * from the start of the service, so they decide nothing that power cuts alone explain.
 */
#pragma once

#include "drivers/led/led.h"

#define LED_TROUBLE_SIZE 200

/* One word: dead (no reply), other (another device answers), damaged (replies), refuses; else how sure its text is. */
const char *led_state(const struct led_unit_status *status);

/* None of the first four. */
bool led_is_well(const struct led_unit_status *status);

/* "" when nothing is wrong. `out` has LED_TROUBLE_SIZE bytes. */
void led_unit_trouble(const struct led_unit_config *config, const struct led_unit_status *status, char *out);

/* `unit` has the status of each of config->nunits boards. "" when nothing is wrong with the bus itself; else its
 * boards need no look of their own. */
void led_bus_trouble(const struct led_bus_config *config, const struct led_bus_status *status,
                     const struct led_unit_status *unit, char *out);
