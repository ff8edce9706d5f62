/* Pictures of the screens as PNG: copied and encoded off the loop, by one short-lived worker a request. */
#pragma once

#include "board/loop.h"
#include "board/scanout.h"

#define SNAPSHOTS_MAX 4 /* at once */

struct snapshots;
/* `done` gets the PNG (malloc, taken by the callee; NULL with a negative errno in `error`: those of scanout_copy() and
 * png_encode()) on the loop's thread. */
struct snapshots *
snapshots_create(struct loop *loop,
                 void (*done)(void *data, uint64_t client, uint8_t *png, size_t size, int error), void *data);
void snapshots_destroy(struct snapshots *snapshots); /* waits for the workers; NULL is fine */
/* What is on scan-out, upright. The scanout may be closed and finished while the worker runs. -EBUSY: SNAPSHOTS_MAX are under
 * way; -ENODEV: not open; -EAGAIN: no thread. */
__attribute__((warn_unused_result)) int snapshots_take(struct snapshots *snapshots, uint64_t client,
                                                       struct scanout *scanout);
