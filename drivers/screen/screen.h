/* Class screen: an output that scans a frame buffer out. Backends: memory (a simulated output with a 60 Hz
 * vblank, in a file that others may look at), kms (a connector of a graphics card). The painter writes into the back
 * buffer and never reads it (real ones are write-combined).
 *
 * Life of a frame: begin() gives the back buffer → paint → commit() queues it for the next vblank → flip
 * event: it is on scan-out, and the other buffer becomes the back buffer. At most one frame is queued:
 * begin() answers -EBUSY until the flip. The first commit sets the mode, so nothing unpainted is ever seen.
 *
 * A screen that was opened stays open while its display sleeps, is unplugged, another program has the card, or its driver hangs:
 * status() tells, and begin() answers -EAGAIN while no frame can be queued. Both buffers keep what was painted. -ENODEV means
 * that it must be closed and opened again: the card is gone, or the display wants another mode. One thread (that of the
 * loop), which no call here holds up for longer than 0.3 s: what takes longer goes on in a thread of the screen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct outputs;

enum pixel_format { PIXEL_XRGB8888, PIXEL_RGB565, PIXEL_FORMATS };

/* kms: how the kernel is told. Atomic where the driver has it; or always the older calls (drmModeSetCrtc, drmModePageFlip), for
 * drivers of a vendor's kernel whose atomic ones fail: a mode is not tested before it is set then. */
enum kms_calls { KMS_AUTO, KMS_LEGACY, KMS_CALLS };

struct rect {
    int16_t x, y, w, h;
};

struct screen_config {
    char id[33];
    char driver[16];        /* memory | kms */
    char output[32];        /* kms: connector */
    uint16_t width, height; /* memory: size; kms: wanted mode, 0 for the preferred one */
    uint16_t refresh_hz;    /* 60 */
    uint16_t rotation;      /* 0, 90, 180, 270: how far the picture is turned clockwise in memory */
    uint8_t format;         /* enum pixel_format */
    uint8_t kms;            /* enum kms_calls */
    char path[108];         /* memory: file of struct screen_share and the pixels, "" for none */
};

/* Width and height are those of the upright picture. With rotation 90 or 270 the rows in memory are height pixels long
 * and there are width of them; pixel (x, y) of the picture is in memory at
 *   0: column x, row y          90: column height-1-y, row x
 *   180: column width-1-x, row height-1-y     270: column y, row width-1-x
 */
struct screen_buffer {
    uint8_t *pixels;
    uint32_t stride; /* bytes between rows in memory */
    uint16_t width, height;
    uint16_t rotation; /* 0, 90, 180, 270 */
    uint8_t format;
    uint8_t index; /* 0 or 1: which of the two; contents are what was painted into it two frames ago */
};

struct screen_flip {
    uint64_t frame; /* of commit(); the last one once more when the screen has put its picture back */
    int64_t at_us;  /* CLOCK_MONOTONIC of the vblank */
};

enum screen_state {
    SCREEN_SHOWN,     /* visitors can see what is on scan-out */
    SCREEN_UNPLUGGED, /* scanned out, but no display is connected */
    SCREEN_STANDBY,   /* switched off by power() */
    SCREEN_AWAY,      /* another program or the text console has the card */
    SCREEN_STUCK,     /* its driver has not ended an earlier call; detail "" until that takes too long */
    SCREEN_STATES
};
extern const char
    *const screen_state_names[SCREEN_STATES]; /* "shown", "unplugged", "standby", "away", "stuck" */

struct screen_status {
    enum screen_state state;
    uint16_t mode_width, mode_height; /* as the display sees it, before rotation */
    uint32_t refresh_mhz;
    bool had_mode_set;            /* kms: the display did not run this mode when the first picture came */
    uint16_t width_mm, height_mm; /* 0 unknown */
    char monitor[64];             /* from the EDID, "" unknown */
    char detail[160];             /* what is not as the hall file wants it, and what to do; "" nothing */
};

/* Called from dispatch(), also from that of another screen on the same card. Must not close a screen. */
struct screen_events {
    void *data;
    void (*flipped)(void *data, const struct screen_flip *flip);
};

struct screen;
struct screen_ops {
    const char *name;
    /* `outputs` is used by kms only, and stays the caller's. Errors: a sentence in `error` that says what to do. -EAGAIN:
     * nothing is wrong, the display sleeps or is not plugged in; -ENODEV: no such output; -EBUSY: another program has it,
     * named in `error`; -EINPROGRESS: it is still being closed, -ETIMEDOUT: for more than two seconds already (outputs_dispatch()
     * tells when that has ended); -EACCES, -EINVAL, -ENOMEM … */
    int (*open)(struct screen **screen, struct outputs *outputs, const struct screen_config *config,
                const struct screen_events *events, char *error, size_t error_size);
    void (*close)(struct screen *
                      screen); /* returns in time; the picture may stand until the driver has taken it down */
    /* 0; -EBUSY: flip pending, or not now; -EAGAIN: standby, away or stuck, the next status tells; -ENODEV: close it and open it again */
    int (*begin)(struct screen *screen, struct screen_buffer *back);
    /* ndamage ≥ 1, rectangles of the upright picture. Errors as begin(). */
    int (*commit)(struct screen *screen, const struct rect *damage, unsigned ndamage, uint64_t *frame);
    int (*fd)(struct screen *screen);        /* readable: call dispatch */
    void (*dispatch)(struct screen *screen); /* also when nothing is there to read */
    void (*status)(struct screen *screen, struct screen_status *status);
    /* Display on or in stand-by (DPMS, and CEC where the machine has it). The picture is kept; a screen may put it back as a
     * frame of its own, with a flip. 0 or -errno. */
    int (*power)(struct screen *screen, bool is_on);
    /* The buffer on scan-out, for snapshots. Slow to read on real outputs: not on the loop. */
    int (*front)(struct screen *screen, struct screen_buffer *front);
};
extern const struct screen_ops screen_memory, screen_kms;

/* Backend by name, NULL if there is none. */
const struct screen_ops *screen_backend(const char *name);

/* The file of a memory screen: this header, then two buffers, each at a page boundary. A reader maps it
 * read-only, reads `front` and `frame`, copies, and takes the copy if `frame` did not change meanwhile. */
#define SCREEN_SHARE_MAGIC 0x4b5a4b53u /* "SKZK" */
struct screen_share {
    uint32_t magic, version; /* 1 */
    uint16_t width, height;  /* as in memory, not turned upright */
    uint32_t stride;
    uint16_t format, rotation; /* as in struct screen_buffer */
    uint32_t offset[2];        /* of the buffers in the file */
    uint32_t front;            /* index on scan-out; atomic */
    uint64_t frame;            /* counts flips; atomic */
    int64_t flip_us;           /* CLOCK_MONOTONIC */
    uint64_t queued;           /* counts commits; atomic, written after commit_us */
    int64_t commit_us;         /* CLOCK_MONOTONIC of the newest commit: when a frame was submitted */
};
