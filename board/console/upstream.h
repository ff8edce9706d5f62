/* A client of the control socket that never waits: requests and their replies in order, and watch lines.
 * Connects again with back-off (0.2 s doubling to 5 s) when the board restarts; a reply that takes longer
 * than UPSTREAM_WAIT_S counts as a loss. One thread.
 */
#pragma once

#include "board/loop.h"

#include <cjson/cJSON.h>
#include <stddef.h>

#define UPSTREAM_WAIT_S    20          /* a 4K snapshot on a small board takes 5 s */
#define UPSTREAM_LINE_MAX  (4u << 20)  /* the status of 256 desks needs 70 KiB */
#define UPSTREAM_BYTES_MAX (64u << 20) /* a PNG of 4K needs at most 25 MiB */

struct upstream_events {
    void *data;
    void (*up)(void *data);
    /* Once per loss, and for the first failed attempt; every request that was sent stays without its reply.
     */
    void (*down)(void *data, const char *why);
    /* A line: parsed, and as it came. `bytes` (with bytes_size > 0) are the callee's to free. */
    void (*line)(void *data, const cJSON *json, const char *line, size_t length, void *bytes,
                 size_t bytes_size);
};

struct upstream;
/* Connects at the next turn of the loop. The path is copied. NULL: out of memory. */
struct upstream *upstream_create(struct loop *loop, const char *path, const struct upstream_events *events);
void upstream_destroy(struct upstream *upstream); /* NULL is fine */
/* One request line without newline. 0, -ENOTCONN, or -EAGAIN: the board does not take more now. */
int upstream_send(struct upstream *upstream, const char *line, size_t length);
