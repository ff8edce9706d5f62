/* Listens to a chime: follows the trace file that the hall file names, from now on. The file may come, go, be emptied or be
 * replaced. Not for FIFOs. For kezek-sim.
 */
#pragma once

#include "sim/ear.h"

#include <sys/types.h>

struct listener {
    const char *path; /* borrowed; NULL: nothing to listen to */
    int fd;           /* -1: no file */
    ino_t inode;
    off_t at;
    struct ear ear;
};
/* Skips what the file holds already. */
void listener_init(struct listener *listener, const char *path);
void listener_finish(struct listener *listener);
/* Tells what was written since the last time; call it some 30 times a second. */
void listener_poll(struct listener *listener, ear_fn fn, void *data);
