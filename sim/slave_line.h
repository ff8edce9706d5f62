/* A slave_bus on a pty, in a loop: a serial adapter with its boards. */
#pragma once

#include "board/loop.h"
#include "sim/relay.h"
#include "sim/slave.h"

struct slave_line;
/* Makes the pty, and a symbolic link to it at `path` (an old link there is replaced, nothing else is). `bus`
 * is borrowed. NULL with errno.
 *
 * `pace`: the line has a speed (sim/relay.h), that of the port's settings; these are what `pace` says until a
 * client sets others, and boards that have other settings are deaf. What the boards see is reckoned from the
 * times at which bytes were written and are due, not from those at which this process was scheduled: a busy
 * machine delays answers, but spoils no frame. NULL: bytes take no time, and settings make no difference. */
struct slave_line *slave_line_create(struct loop *loop, const char *path, struct slave_bus *bus,
                                     const struct led_serial *pace);
void slave_line_destroy(struct slave_line *line); /* removes the link; NULL is fine */

/* Called after each frame by which a glass has changed, when a safe state begins, and after unplugging and
 * plugging in. NULL: nobody. */
void slave_line_notify(struct slave_line *line, void (*changed)(void *data), void *data);
/* Called with each byte on a line with a speed, when it is complete; for those who measure. NULL: nobody. */
void slave_line_tap(struct slave_line *line,
                    void (*tap)(void *data, bool is_request, int64_t at_us, uint8_t byte), void *data);

/* Pulls the adapter: whoever has the port open reads EIO, and the path is gone until the line is plugged in
 * again with a new pty. The boards keep their power. 0, or negative errno. */
void slave_line_unplug(struct slave_line *line);
int slave_line_plug(struct slave_line *line);
/* So many of a thousand requests pull the adapter; it is back after SLAVE_LINE_PULLED_US. */
void slave_line_pull(struct slave_line *line, uint16_t permille, uint64_t seed);
#define SLAVE_LINE_PULLED_US 2000000
bool slave_line_is_plugged(const struct slave_line *line);
