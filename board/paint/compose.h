/* Pixels of a part of a picture, row by row, into a small buffer that stays in the first cache. Blending is exact (blend.h);
 * so the order of items, not the way a part was cut out, decides every pixel.
 *
 * The buffer still has the row before, and of most rows nearly all pixels are those of the row before: of the ground, columns are
 * painted again where a region begins, ends or bends; of a glyph that stands alone on one colour, groups of eight pixels whose
 * coverage is not that of the row above (glyph.h). Glyphs that share columns, or lie across two colours, are blended anew in
 * every row.
 */
#pragma once

#include "board/paint/blend.h"
#include "board/paint/ground.h"

#define LETTERS_ALONE_MAX 256 /* of more glyphs in a row none is looked at for being alone */
#define SHADES_MAX        16
#define BENDS_MAX         16 /* of more stretches of the ground that change at once, all is painted */

/* What has become of an item of the band. Most stand alone on one colour, and are looked up; the others are blended. */
struct letter {
    bool is_here;                /* crosses the row */
    bool is_new;                 /* not so the row before */
    bool is_alone;               /* no other glyph that crosses has one of its columns */
    struct stretch on;           /* its columns in the row */
    int x;                       /* its first column; may lie outside */
    const struct shades *shades; /* NULL: blend */
    int shown; /* row of the picture that its columns have; the one above its first: nothing of it */
};

/* The row that is being composed, as 0x00RRGGBB and, if the output wants it, packed. */
struct row {
    int x, width;
    enum pixel_format format;
    int band_until;    /* another band follows with this row */
    int ground_y;      /* the row that the ground is of */
    int ground_until;  /* and of all rows above this one */
    int letters_until; /* so are the glyphs that cross */
    uint32_t *memory;  /* of all that follow */
    uint32_t *ground, *line;
    uint16_t *packed_ground, *packed;
    unsigned nshades, nhere, nblended;
    uint16_t here[PICTURE_GLYPHS_MAX];        /* items that cross, in order */
    struct letter letter[PICTURE_GLYPHS_MAX]; /* [item of the band] */
    struct shades shades[SHADES_MAX];         /* kept from part to part: a hall has few colours */
};
/* For rows up to `width` pixels; -ENOMEM. */
int row_init(struct row *row, int width);
void row_finish(struct row *row);
/* Another part of a picture follows: pixels [x, x + width), from top to bottom. */
void row_begin(struct row *row, int x, int width, enum pixel_format format);
/* Row y, in the format of row_begin(); rows may be left out. Only [left, right), counted from x, has its glyphs. Valid until the
 * next call. */
const void *row_compose(struct row *row, const struct band *band, int y, int left, int right);
