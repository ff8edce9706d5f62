/* A slave_bus on a pty, in a loop: a serial adapter with its boards. */
#pragma once

#include "board/loop.h"
#include "sim/slave.h"

struct slave_line;
/* Makes the pty, and a symbolic link to it at `path` (an old link there is replaced, nothing else is). `bus`
 * is borrowed. NULL with errno. */
struct slave_line *slave_line_create(struct loop *loop, const char *path, struct slave_bus *bus);
void slave_line_destroy(struct slave_line *line); /* removes the link; NULL is fine */

/* Called after each frame by which a glass has changed, and after unplugging. NULL: nobody. */
void slave_line_notify(struct slave_line *line, void (*changed)(void *data), void *data);

/* Pulls the adapter: whoever has the port open reads EIO, and the path is gone until the line is plugged in
 * again with a new pty. The boards keep their power. 0, or negative errno. */
void slave_line_unplug(struct slave_line *line);
int slave_line_plug(struct slave_line *line);
bool slave_line_is_plugged(const struct slave_line *line);
