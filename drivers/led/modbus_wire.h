/* One bus of Modbus units: a port and single transactions. Behind it stands a serial line by libmodbus
 * (modbus_rtu.c, the only owner of modbus.h) or a gateway in the network (modbus_tcp.c).
 *
 * What libmodbus leaves to its user is done here: silence of t3.5 before each request; input flushed before
 * each request, so that an answer that came too late is not taken for the next one's; after a time-out, and
 * after a damaged answer, the line is listened to until time-out and schedule_step.quiet_us are over, and what
 * arrives then is thrown away; what an adapter hears of our own transmission is taken off, and looked for every 5 s before a
 * function 5 or 6, whose acknowledgement looks the same; the time-out runs on
 * while another unit's answer comes in; the answer is compared with the request byte by byte; a frame to unit
 * 0 waits for no answer, and nothing that is unsent is flushed; other line settings for one step; no recovery
 * by the library (it loops inside the call when an adapter is unplugged). The library's blocking calls return
 * within the step's time-out. One thread.
 *
 * A device that answers later than time-out and quiet together, and whose line lost just the next request, can
 * still have its old answer taken for the new one's: the frames are the same. Only reading back tells.
 *
 * A gateway: its answers carry the number of their request, so a late one is never taken for another's. While
 * it still waits for a silent unit, it serves nobody else: the next request is given that time in addition.
 * "Gateway path unavailable" and "target failed to respond" (exceptions 10 and 11) are silence. Two units with
 * one address look like silence, too.
 */
#pragma once

#include "drivers/led/schedule.h"

struct modbus_wire;
/* `config` is borrowed; its adapter_latency_ms may be set to modbus_wire_latency_ms() later. NULL: out of
 * memory. The port is not touched yet. */
struct modbus_wire *modbus_wire_create(const struct led_bus_config *config);
void modbus_wire_destroy(struct modbus_wire *wire); /* NULL is fine */

/* 0, or negative errno: -ENOENT, -EACCES, -ENOTTY (no serial port), -ECONNREFUSED, … -EINPROGRESS: a gateway
 * is being looked for; call it again when modbus_wire_fd() has modbus_wire_events(), or a little later.
 * Opening again after modbus_wire_close() follows the path or the name anew, which is how an adapter that was
 * plugged in again is found. */
int modbus_wire_open(struct modbus_wire *wire);
void modbus_wire_close(struct modbus_wire *wire);
/* Why it did not open, or was lost; for people. */
const char *modbus_wire_detail(const struct modbus_wire *wire);
/* Of the adapter, while open. */
uint16_t modbus_wire_latency_ms(const struct modbus_wire *wire);
/* Found out before the first request whose answer depends on it. A line whose adapter hears itself works all the same; of a
 * gateway that does, acknowledgements of functions 5 and 6 are not believed (-EPROTO). */
bool modbus_wire_hears_itself(const struct modbus_wire *wire);

/* To be polled between transactions: a hang-up, or that opening goes on; -1 while closed. */
int modbus_wire_fd(const struct modbus_wire *wire);
short modbus_wire_events(const struct modbus_wire *wire);

/* Does the step, and fills *result as schedule.h says. 0, or -ENODEV when the port is lost. */
int modbus_wire_exchange(struct modbus_wire *wire, const struct schedule_step *step,
                         struct schedule_result *result);
