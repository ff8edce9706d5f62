/* The LED boards of the hall: each bus is the real schedule (drivers/led/schedule) on a simulated wire with simulated boards
 * (tests/unit/led_world.h), in the place of the worker thread of drivers/led/modbus.c. The boards live on when the
 * controller dies; a glass shows what was written to it last.
 */
#pragma once

#include "board/config/config.h"

void buses_begin(const struct config *config); /* all boards of the hall file, powered */
void buses_end(void);
int buses_cut(const char *bus, bool is_cut); /* the pair is cut behind the adapter. -ENOENT: no such bus */
int buses_power(const struct config *config, int desk, bool is_on); /* -ENOENT: the desk has no LED board */
void buses_power_all(bool is_on);
/* What the glass above a desk shows now, without blanks around it; NULL: it has none. */
const char *buses_glass(const struct config *config, int desk, bool *is_blinking);
bool buses_is_reachable(const struct config *config, int desk); /* powered, and its pair is whole */
/* The glass showed `text` at some time since `since_us`. */
bool buses_has_shown(const struct config *config, int desk, const char *text, int64_t since_us);
/* Called after each transaction that has changed a glass. */
extern void (*buses_changed)(const char *bus, unsigned index);
