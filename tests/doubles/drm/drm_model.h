/* Between the files of the double. */
#pragma once

#include "tests/doubles/drm/drm_double.h"

#include <errno.h>
#include <xf86drm.h>

/* An open file of a card: who is master, and what it may see. */
struct double_file {
    struct double_card *card; /* NULL: free */
    unsigned refs;
    int fd; /* of its timer */
    bool is_master, was_master, is_atomic, has_planes, has_aspect;
};

/* Holds the lock until the scope ends. */
#define DOUBLE_LOCK __attribute__((unused, cleanup(double_unlock))) int locked = double_lock()
int double_lock(void);
void double_unlock(int *locked);

static inline int double_error(int error)
{
    errno = error;
    return -error;
}

/* Until something has moved. With the lock held once; others may have it meanwhile. */
void double_wait(void);
void double_move(void);
/* drm_stall.c. Whoever needs the locks of the card waits as long as somebody hangs with all of them. */
void double_enter(struct double_card *card);
/* Waits if that call hangs; true: it did, and everything may have changed. */
bool double_stall(struct double_card *card, enum double_call call);
/* Waits until the flips under way of these CRTCs, by index, are over; true as above. */
bool double_finish_flips(struct double_file *file, uint32_t crtcs, enum double_call call);

struct double_file *double_file(int fd); /* NULL and errno: none, or the card was taken out */
/* The lock until the scope ends, and the file in it. */
#define DOUBLE_FILE(fd)                                                                                      \
    DOUBLE_LOCK;                                                                                             \
    struct double_file *file = double_file(fd)
bool double_fails(struct double_card *card, enum double_call call); /* with errno */
struct double_connector *double_connector(struct double_card *card, uint32_t id);
struct double_crtc *double_crtc(struct double_card *card, uint32_t id);
struct double_plane *double_plane(struct double_card *card, uint32_t id);
struct double_buffer *double_fb(struct double_card *card, uint32_t fb_id);
struct double_blob *double_blob(struct double_card *card, uint32_t id);
bool double_same_mode(const drmModeModeInfo *a, const drmModeModeInfo *b);
bool double_become_master(struct double_file *file); /* false: errno */
/* A flip is under way until the next vblank. */
void double_queue_event(struct double_file *file, struct double_crtc *crtc, uint64_t user_data,
                        bool wants_event);
bool double_is_flipping(struct double_file *file, const struct double_crtc *crtc);
int double_deliver(struct double_file *file, drmEventContextPtr context);
/* Those that do not hang, now. */
void double_hasten_flips(struct double_file *file, uint32_t crtcs);
int double_atomic(struct double_file *file, const struct drm_mode_atomic *atomic); /* 0 or -errno */

enum {
    PROP_CRTC_ID = 20,
    PROP_ACTIVE = 30,
    PROP_MODE_ID,
    PROP_GAMMA,
    PROP_TYPE = 40,
    PROP_FB_ID,
    PROP_SRC_X,
    PROP_SRC_Y,
    PROP_SRC_W,
    PROP_SRC_H,
    PROP_CRTC_X,
    PROP_CRTC_Y,
    PROP_CRTC_W,
    PROP_CRTC_H,
    PROP_CLIPS,
    PROP_ROTATION,
    PROP_ALPHA,
    PROP_EDID = 60,
    PROP_DPMS,
    PROP_LINK
};
