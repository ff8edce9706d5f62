/* Pixels of a part of a picture, line by line, into a small buffer of the caller. Blending is exact:
 * (ink * alpha + below * (255 - alpha)) / 255, rounded, in each channel; so the order of items, not the way a
 * part was cut out, decides every pixel.
 */
#pragma once

#include "board/picture.h"

/* A picture with the box of each glyph on the screen. */
struct content {
    struct picture picture;
    struct rect box[PICTURE_GLYPHS_MAX]; /* clipped to the screen; w = 0: not on it */
};
/* Copies the picture (only what it uses) and looks the boxes up. */
void content_set(struct content *content, const struct picture *picture, struct fonts *fonts,
                 struct rect screen);

/* Items that touch a rectangle, in order. */
struct selection {
    const struct content *content;
    unsigned nregions, nglyphs;
    uint8_t region[PICTURE_REGIONS_MAX];
    uint16_t glyph[PICTURE_GLYPHS_MAX];
};
void selection_of_all(struct selection *selection, const struct content *content);
/* `out` may be `from`. */
void selection_clip(struct selection *out, const struct selection *from, struct rect rect);

/* The items of a selection with their coverage at hand. */
struct band {
    const struct content *content;
    struct fonts *fonts;
    bool is_tight; /* the glyphs together exceed the cache: fetch each right before use */
    unsigned nregions, nglyphs;
    const struct region *region[PICTURE_REGIONS_MAX];
    struct {
        const struct placed *placed;
        const struct glyph *glyph;
    } item[PICTURE_GLYPHS_MAX];
};
/* All that shall be composed in turn is prepared together; valid until any other glyph_get() of the same
 * fonts. */
void bands_prepare(struct band *bands, const struct selection *selections, unsigned count,
                   struct fonts *fonts);
/* The coverage of the item at index i. */
const struct glyph *band_glyph(const struct band *band, unsigned i);
/* Pixels [x, x + width) of row y as 0x00RRGGBB. */
void compose_line(const struct band *band, int x, int y, int width, uint32_t *line);

/* Rounded to the nearest of 32, 64 and 32 steps. */
void pack_rgb565(uint16_t *out, const uint32_t *line, int width);
