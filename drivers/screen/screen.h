/* Class screen: an output that scans a frame buffer out. Backends: memory (a simulated output with a 60 Hz
 * vblank, in a file that others may look at), kms (later). The painter writes into the back buffer and never
 * reads it (real ones are write-combined).
 *
 * Life of a frame: begin() gives the back buffer → paint → commit() queues it for the next vblank → flip
 * event: it is on scan-out, and the other buffer becomes the back buffer. At most one frame is queued:
 * begin() answers -EBUSY until the flip. One thread (that of the loop).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum pixel_format { PIXEL_XRGB8888, PIXEL_RGB565, PIXEL_FORMATS };

struct rect {
    int16_t x, y, w, h;
};

struct screen_config {
    char id[33];
    char driver[16];        /* memory | kms */
    char output[32];        /* kms: connector */
    uint16_t width, height; /* memory: size; kms: wanted mode, 0 for the preferred one */
    uint16_t refresh_hz;    /* 60 */
    uint8_t format;         /* enum pixel_format */
    char path[108];         /* memory: file of struct screen_share and the pixels, "" for none */
};

struct screen_buffer {
    uint8_t *pixels;
    uint32_t stride; /* bytes */
    uint16_t width, height;
    uint8_t format;
    uint8_t index; /* 0 or 1: which of the two; contents are what was painted into it two frames ago */
};

struct screen_flip {
    uint64_t frame; /* the number that commit() returned */
    int64_t at_us;  /* CLOCK_MONOTONIC of the vblank */
};

struct screen;
struct screen_ops {
    const char *name;
    int (*open)(struct screen **screen, const struct screen_config *config, char *error, size_t error_size);
    void (*close)(struct screen *screen);
    int (*begin)(struct screen *screen,
                 struct screen_buffer *back); /* 0, -EBUSY: flip pending, -ENODEV: gone */
    int (*commit)(struct screen *screen, const struct rect *damage, unsigned ndamage, uint64_t *frame);
    int (*fd)(struct screen *screen); /* readable: call dispatch */
    /* 1: *flip filled; 0: nothing */
    int (*dispatch)(struct screen *screen, struct screen_flip *flip);
    /* The buffer on scan-out, for snapshots. Slow to read on real outputs. */
    int (*front)(struct screen *screen, struct screen_buffer *front);
};
extern const struct screen_ops screen_memory;

/* Backend by name, NULL if there is none. */
const struct screen_ops *screen_backend(const char *name);

/* The file of a memory screen: this header, then two buffers, each at a page boundary. A reader maps it
 * read-only, reads `front` and `frame`, copies, and takes the copy if `frame` did not change meanwhile. */
#define SCREEN_SHARE_MAGIC 0x4b5a4b53u /* "SKZK" */
struct screen_share {
    uint32_t magic, version; /* 1 */
    uint16_t width, height;
    uint32_t stride;
    uint32_t format;
    uint32_t offset[2]; /* of the buffers in the file */
    uint32_t front;     /* index on scan-out; atomic */
    uint64_t frame;     /* counts flips; atomic */
    int64_t flip_us;    /* CLOCK_MONOTONIC */
    uint64_t queued;    /* counts commits; atomic, written after commit_us */
    int64_t commit_us;  /* CLOCK_MONOTONIC of the newest commit: when a frame was submitted */
};
