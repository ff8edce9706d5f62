/* The buffer of one screen that is on scan-out, for workers that copy it while the loop goes on painting.
 *
 * Real buffers are slow to read: a copy takes a quarter of a second, during which the screen may flip. Nobody waits for
 * anybody: a worker copies what is on scan-out, and keeps the copy if there was no flip meanwhile, because a buffer is painted
 * over only after it has left scan-out. Only closing waits, for the row that is being copied.
 *
 * A plain member of its owner, who runs on the loop's thread, as everything here but scanout_copy().
 */
#pragma once

#include "drivers/screen/screen.h"

#include <pthread.h>

#define SCANOUT_TRIES 8 /* of a copy: each ends at a flip, so bars that move for ever take 130 ms */

struct scanout {
    /* private */
    pthread_mutex_t lock; /* of readers, and of the condition */
    pthread_cond_t left;
    unsigned readers;
    bool is_open;                /* atomic */
    uint64_t flips;              /* atomic, written after `pixels` and `picture` */
    const uint8_t *pixels;       /* atomic */
    uint64_t picture;            /* atomic */
    struct screen_buffer buffer; /* the shape of both; does not change while it is open */
};

void scanout_init(struct scanout *scanout);
void scanout_finish(struct scanout *scanout); /* closed, that is */
/* This is on scan-out, and picture_hash() of what is in it. At every flip that comes while scanout_is_read(), before the other
 * buffer is painted. */
void scanout_show(struct scanout *scanout, const struct screen_buffer *front, uint64_t picture);
bool scanout_is_read(struct scanout *scanout);
/* The buffers go: ends all copies. Not open is fine. */
void scanout_close(struct scanout *scanout);

/* A worker is about to copy; scanout_copy() or scanout_leave() must follow. -ENODEV: not open. */
__attribute__((warn_unused_result)) int scanout_enter(struct scanout *scanout);
void scanout_leave(struct scanout *scanout);
/* Any thread. Copies what is on scan-out (malloc in copy->pixels, the caller frees), says which picture it is, and leaves.
 * -ENOMEM; -ENODEV: closed meanwhile; -EAGAIN: it flipped during each try. */
__attribute__((warn_unused_result)) int scanout_copy(struct scanout *scanout, struct screen_buffer *copy,
                                                     uint64_t *picture);
