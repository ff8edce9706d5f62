/* Pictures of the screens as PNG, encoded off the loop: one short-lived worker a request. */
#pragma once

#include "board/loop.h"
#include "drivers/screen/screen.h"

#define SNAPSHOTS_MAX 4 /* at once */

struct snapshots;
/* `done` gets the PNG (malloc, taken by the callee; NULL with a negative errno in `error`) on the loop's
 * thread. */
struct snapshots *
snapshots_create(struct loop *loop,
                 void (*done)(void *data, uint64_t client, uint8_t *png, size_t size, int error), void *data);
void snapshots_destroy(struct snapshots *snapshots); /* waits for the workers; NULL is fine */
/* Takes buffer->pixels (malloc), also when it fails: -EBUSY when SNAPSHOTS_MAX are under way. */
int snapshots_encode(struct snapshots *snapshots, uint64_t client, const struct screen_buffer *buffer);
