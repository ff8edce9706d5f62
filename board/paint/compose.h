/* Pixels of a part of a picture, row by row, into a small buffer that stays in the first cache. Blending is exact (blend.h);
 * so the order of items, not the way a part was cut out, decides every pixel.
 *
 * What lies below the glyphs hardly changes from one row to the next, nor do the glyphs that cross it: both are found once and
 * kept. A glyph that stands alone on one colour overwrites what it left in the row before; only of others that is put back.
 */
#pragma once

#include "board/paint/blend.h"
#include "board/paint/picture.h"

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
const struct glyph *band_glyph(const struct band *band, const struct item *item);

#define LETTERS_ALONE_MAX 256 /* of more glyphs in a row none is looked at for being alone */
#define SHADES_MAX        16

/* Pixels [left, right), counted from the start of the row. */
struct stretch {
    int left, right;
};

/* A glyph that crosses the row. Most stand alone on one colour, and are looked up; the others are blended. */
struct letter {
    const struct item *item;
    struct stretch on;           /* its columns; may reach outside of the row */
    bool is_alone;               /* no other glyph has one of its columns */
    const struct shades *shades; /* NULL: blend */
};

/* The row that is being composed, as 0x00RRGGBB and, if the output wants it, packed. */
struct row {
    int x, width;
    enum pixel_format format;
    int ground_until;  /* the ground is that of all rows above this one */
    int letters_until; /* so are the glyphs that cross */
    uint32_t *memory;  /* of all that follow */
    uint32_t *ground, *line;
    uint16_t *packed_ground, *packed;
    unsigned nletters, nshades;
    struct letter letter[PICTURE_GLYPHS_MAX];
    struct shades shades[SHADES_MAX]; /* kept from part to part: a hall has few colours */
};
/* For rows up to `width` pixels; -ENOMEM. */
int row_init(struct row *row, int width);
void row_finish(struct row *row);
/* Another part of a picture follows: pixels [x, x + width), from top to bottom. */
void row_begin(struct row *row, int x, int width, enum pixel_format format);
/* Row y, in the format of row_begin(). Only [left, right), counted from x, has its glyphs. Valid until the next call. */
const void *row_compose(struct row *row, const struct band *band, int y, int left, int right);
