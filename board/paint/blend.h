/* Pixels: coverage blended over a ground, and the packing for outputs of 16 bits. Pure.
 *
 * Exact: (ink * alpha + below * (255 - alpha)) / 255, rounded to the nearest, in each channel.
 */
#pragma once

#include "board/paint/picture.h"

uint32_t blend_one(uint32_t below, color ink, unsigned alpha);
/* Takes groups of eight: a glyph's row without coverage up to its stride is one of those. */
void blend_row(uint32_t *line, const uint8_t *alpha, int eights, color ink);
/* The same; what has changed of the first `width` pixels is packed, too. */
void blend_row_rgb565(uint32_t *line, uint16_t *packed, const uint8_t *alpha, int eights, int width,
                      color ink);

/* Pixels 0xAARRGGBB, each with its own coverage, over the line. */
void blend_pixels(uint32_t *line, const uint32_t *pixels, int width);

/* Rounded to the nearest of 32, 64 and 32 steps. */
void pack_rgb565(uint16_t *out, const uint32_t *line, int width);
void fill_rgb565(uint16_t *out, int width, color fill);

/* All that coverage can make of one ink over one colour. Where nothing else lies below a glyph, a look-up takes a third of the
 * instructions of a blend, and pixels of 16 bits need not be packed. */
struct shades {
    color ink, below;
    uint32_t wide[256]; /* [coverage] */
    uint16_t packed[256];
};
void shades_init(struct shades *shades, color ink, color below);
/* `width` pixels, whatever stood there. `changed` has a bit for each group of four of them: the others stay. NULL: all. */
void shade_row(uint32_t *line, const uint8_t *alpha, const uint64_t *changed, int width,
               const struct shades *shades);
void shade_row_rgb565(uint16_t *packed, const uint8_t *alpha, const uint64_t *changed, int width,
                      const struct shades *shades);
