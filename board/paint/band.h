/* What is painted in some rows of a picture: its items, chosen by where they are, with their coverage at hand. */
#pragma once

#include "board/paint/picture.h"

/* A picture with the box of each glyph on the screen. */
struct content {
    struct picture picture;
    struct rect box[PICTURE_GLYPHS_MAX]; /* clipped to the screen; w = 0: not on it */
};
/* Copies the picture (only what it uses), keeps its images, and looks the boxes up. Zeroed, or set before. */
void content_set(struct content *content, const struct picture *picture, struct fonts *fonts,
                 struct rect screen);
void content_drop(struct content *content); /* lets go of images; shows nothing */

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
    int until;     /* good for rows above this one */
    bool is_tight; /* the glyphs together exceed the cache: fetch each right before use */
    unsigned nregions, nglyphs;
    const struct region *region[PICTURE_REGIONS_MAX];
    struct item {
        const struct placed *placed;
        const struct glyph *glyph; /* NULL while is_tight */
        int x, top, bottom; /* of its pixels on the screen: first column, first row, row after the last */
    } item[PICTURE_GLYPHS_MAX];
};
/* All that shall be composed in turn is prepared together; valid until any other glyph_get() of the same
 * fonts, for rows above `until`. */
void bands_prepare(struct band *bands, const struct selection *selections, unsigned count,
                   struct fonts *fonts, int until);
/* The coverage of an item of the band. */
static inline const struct glyph *band_glyph(const struct band *band, const struct item *item)
{
    return band->is_tight ? glyph_get(band->fonts, item->placed->key) : item->glyph;
}
