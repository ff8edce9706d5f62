/* A pty in the place of a serial adapter, and what the program at its port has set it to. */
#pragma once

#include "drivers/led/profile.h"

#include <stdbool.h>
#include <stddef.h>

struct pty {
    int ours,
        port; /* our end, non-blocking; and the other one, held open so that the pty outlives each client */
};
/* Makes one, raw, and writes the path of its port to `name`. 0, or negative errno; then both are -1. */
int pty_open(struct pty *pty, char *name, size_t size);
void pty_close(struct pty *pty); /* also of a closed one */

/* Settings of the port as it was left by whoever set them last. A pty keeps speed, stop bits and PARODD, and drops
 * PARENB: parity is told by INPCK, which libmodbus and drivers/led set with it. False: the port is gone, or has a speed
 * that has no number. */
bool pty_serial(const struct pty *pty, struct led_serial *serial);
/* As if a client had set them. */
void pty_set_serial(struct pty *pty, const struct led_serial *serial);
