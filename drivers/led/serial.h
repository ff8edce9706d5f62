/* Settings of an open serial port that libmodbus leaves alone. Private to drivers/led. */
#pragma once

#include "drivers/led/led.h"

/* Speed, parity and stop bits, after what is being sent has gone. 0, or negative errno. */
int serial_set(int fd, const struct led_serial *serial);

/* The kernel switches the direction of the pair by RTS (TIOCSRS485, Linux driver-api/serial/serial-rs485).
 * 0, or negative errno with a reason: -ENOTTY where the driver cannot (USB adapters, ptys), -ENOTSUP where it
 * took other values than these. */
int serial_set_rs485(int fd, const struct led_rs485 *rs485, char *error, size_t error_size);

/* USB adapters hold received bytes back until a timer has run out: 16 ms in FTDI's, and one of them in each
 * answer. Sets it to 1 ms where that is allowed, by /sys and by ASYNC_LOW_LATENCY (which needs no root).
 * `sysfs`: where sysfs is mounted. What the adapter has then, in ms, or -ENOENT: it has no such timer. */
int serial_shorten_latency(int fd, const char *sysfs);

/* Waits until the port has sent what was written, `longest_us` at most. */
void serial_drain(int fd, uint32_t longest_us);
