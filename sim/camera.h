/* Looks at the wall: pictures of the memory screens, as they are on scan-out, from the files that the hall file names. It
 * sees what a visitor would, not what kezekd believes.
 *
 * The files come and go with kezekd; camera_look() finds that out. PNG is encoded on a worker thread.
 */
#pragma once

#include "board/config/config.h"
#include "board/loop.h"

struct camera;
struct camera_picture {
    unsigned screen; /* index in the hall file */
    uint64_t frame;
    void *png; /* the callee frees it; NULL: the screen is not there */
    size_t size;
};
typedef void (*camera_fn)(void *data, const struct camera_picture *picture);

/* `config` is borrowed. NULL: out of memory or threads. */
struct camera *camera_create(struct loop *loop, const struct config *config, camera_fn fn, void *data);
void camera_destroy(struct camera *camera); /* NULL is fine; waits for a picture in work */
/* The frame on scan-out of a screen; 0: none is there. Maps anew when the file was replaced. */
uint64_t camera_look(struct camera *camera, unsigned screen);
/* Takes a picture; it comes by `fn`. False: one of this screen is in work already, and will come. */
bool camera_shoot(struct camera *camera, unsigned screen);
