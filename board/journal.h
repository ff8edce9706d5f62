/* What must survive a kill of the board process: a small file in the run directory (memory, not the SD card),
 * mapped, so that a store is enough to keep it.
 */
#pragma once

#include <stddef.h>

/* Maps `size` bytes of RUNDIR/name, zeroed if the file is new, has another size or was written by another
 * version of the layout (`layout` is any number that changes with the struct). NULL with errno. */
void *journal_map(const char *name, size_t size, unsigned layout);
void journal_unmap(void *memory, size_t size);
