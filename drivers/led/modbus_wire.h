/* One RS-485 line over libmodbus: a port and single transactions. The only owner of modbus.h.
 *
 * What libmodbus leaves to its user is done here: silence of t3.5 before each request; input flushed before
 * each request, so that an answer that came too late is not taken for the next one's; after a time-out the
 * line is listened to for schedule_step.quiet_us, and what arrives then is thrown away; the time-out runs on
 * while another unit's answer comes in; the answer is compared with the request byte by byte; no recovery by
 * the library (it loops inside the call when an adapter is unplugged). The library's blocking calls return
 * within the step's time-out. One thread.
 */
#pragma once

#include "drivers/led/schedule.h"

struct modbus_wire;
/* `config` is borrowed. NULL: out of memory. The port is not touched yet. */
struct modbus_wire *modbus_wire_create(const struct led_bus_config *config);
void modbus_wire_destroy(struct modbus_wire *wire); /* NULL is fine */

/* 0, or negative errno: -ENOENT, -EACCES, -ENOTTY (no serial port), … Opening again after modbus_wire_close()
 * follows the path anew, which is how an adapter that was plugged in again is found. */
int modbus_wire_open(struct modbus_wire *wire);
void modbus_wire_close(struct modbus_wire *wire);

/* To be polled for a hang-up between transactions; -1 while closed. */
int modbus_wire_fd(const struct modbus_wire *wire);

/* Does the step, and fills *result as schedule.h says. 0, or negative errno when the port is lost. */
int modbus_wire_exchange(struct modbus_wire *wire, const struct schedule_step *step,
                         struct schedule_result *result);
