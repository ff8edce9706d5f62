/* Pictures of the screens as PNG: copied and encoded off the loop, by one short-lived worker a request. */
#pragma once

#include "board/loop.h"
#include "board/paint/scanout.h"

#define SNAPSHOTS_MAX 4 /* at once */

struct snapshot {
    uint64_t client;
    uint64_t picture; /* picture_hash() of it, also in the PNG (PNG_PICTURE) */
    uint8_t *png;     /* malloc */
    size_t size;
    int error; /* negative errno of scanout_copy() or png_encode(): there is no PNG */
};

struct snapshots;
/* `done` gets each on the loop's thread, and takes the PNG. */
struct snapshots *snapshots_create(struct loop *loop,
                                   void (*done)(void *data, const struct snapshot *snapshot), void *data);
void snapshots_destroy(struct snapshots *snapshots); /* waits for the workers; NULL is fine */
/* What is on scan-out, upright. The scanout may be closed and finished while the worker runs. -EBUSY: SNAPSHOTS_MAX are under
 * way; -ENODEV: not open; -EAGAIN: no thread. */
__attribute__((warn_unused_result)) int snapshots_take(struct snapshots *snapshots, uint64_t client,
                                                       struct scanout *scanout);
