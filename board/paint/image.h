/* Still images of the wall, such as the logo of a hall: decoded pixels of one size. Pure but for memory.
 *
 * An image never changes once it is made, and is counted: whoever keeps a pointer takes a share of it. So a painter may show what a
 * reload has taken out of the hall file. One thread.
 *
 * What it costs: 4 bytes a pixel, and that twice: as it was loaded (IMAGE_KEPT_PX at most; png_load()), and fitted to each wall that
 * shows it, as large as it stands there. Equal sizes are one image.
 */
#pragma once

#include "board/paint/color.h"

#include <stddef.h>

#define IMAGE_KEPT_PX (1u << 20) /* 4 MiB: more than is told apart on a 1080p wall beside text */
#define IMAGE_SIDE_MAX                                                                                       \
    4096              /* of what is loaded or fitted: decoding more holds up a small board for seconds */
#define IMAGE_CELLS 8 /* columns, and rows, in which its light is known (flash.h) */

struct image {
    uint32_t shares;
    uint16_t width, height;
    bool is_opaque;
    uint64_t hash; /* of size and pixels: equal ones paint the same */
    struct image_cell {
        uint8_t light; /* relative luminance of what covers, 255 white */
        uint8_t alpha;
    } cell[IMAGE_CELLS][IMAGE_CELLS];
    uint32_t pixel[]; /* 0xAARRGGBB, row by row; colours are not multiplied by alpha */
};

struct image *image_keep(struct image *image); /* one share more; NULL is fine */
void image_drop(struct image *image);          /* the last one frees it */
/* The largest size of its shape that fits the box; at least a pixel. */
void image_fit(const struct image *image, int box_width, int box_height, int *width, int *height);
/* The same at another size, 1 to IMAGE_SIDE_MAX a side. Of the same size: the image itself, with one share more. NULL: no memory. */
struct image *image_scale(struct image *image, int width, int height);
/* The part of what it covers, 0 to 1, that has a contrast of `least` to the ground or more. */
double image_stands_out(const struct image *image, color ground, double least);

/* ---- making one, row by row -------------------------------------------------------------------
 *
 * Each pixel becomes the mean of the area that it covers, in linear light and by alpha: a chequered ground keeps its light, and no
 * edge is brighter than what it divides. Integers only, so an image is the same on every board. */
struct image_scaler;
/* From one size to another, each side 1 to IMAGE_SIDE_MAX. NULL: no memory. */
struct image_scaler *image_scaler_create(int from_width, int from_height, int width, int height);
void image_scaler_destroy(struct image_scaler *scaler);
/* The next row, from above: red, green, blue, alpha of each pixel, not multiplied. No more rows than there are. */
void image_scaler_take(struct image_scaler *scaler, const uint8_t *rgba);
/* After the last row: the image, which is the caller's. */
struct image *image_scaler_finish(struct image_scaler *scaler);

/* ---- fitted to one wall ----------------------------------------------------------------------- */
#define IMAGES_MAX 12 /* one more than a hall file can name (config.h) */
struct images {       /* zeroed: empty */
    uint64_t turns;
    struct image_slot {
        uint64_t of; /* hash of the one that was loaded */
        uint64_t turn;
        struct image *image;
    } slot[IMAGES_MAX];
};
/* At that size, scaled on its first use; valid until IMAGES_MAX others were asked for, or images_clear(). NULL: no memory. */
struct image *images_get(struct images *images, struct image *image, int width, int height);
void images_clear(struct images *images);
size_t images_bytes(const struct images *images); /* what they hold */
