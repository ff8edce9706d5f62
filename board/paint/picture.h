/* A picture as a display list: what stands where, in pixels. Plain value; two of them can be compared, and
 * their difference is the damage. Regions are painted in order, then glyphs; a glyph blends over whatever the
 * regions left there.
 */
#pragma once

#include "board/paint/color.h"
#include "board/paint/image.h"
#include "drivers/screen/screen.h"
#include "fonts/text.h"

#define PICTURE_REGIONS_MAX 160
#define PICTURE_GLYPHS_MAX  3072
#define PICTURE_LANGS       7

struct region {
    struct rect box;
    color fill, until;   /* of the first and the last column; what is between rises or falls evenly */
    int16_t radius_px;   /* of all corners; 0 square */
    struct image *image; /* of the size of the box, over what lies below; NULL: the colours above */
};
struct placed {
    glyph_key key;
    int16_t x, y; /* pen position on the baseline; icons: top left corner */
    color ink : 24;
    uint32_t role : 5; /* what the text is to whoever laid it out; paints nothing, 0: none */
    uint32_t lang : 3; /* and in which of the hall's languages, PICTURE_LANGS: several in one line */
};
struct picture {
    int16_t width, height;
    color background;
    uint16_t nregions, nglyphs;
    struct region region[PICTURE_REGIONS_MAX];
    struct placed glyph[PICTURE_GLYPHS_MAX];
    bool is_full; /* something did not fit: a bug of a layout, tested never to happen */
};

void picture_init(struct picture *picture, int width, int height, color background);
void picture_region(struct picture *picture, struct rect box, color fill, int radius_px);
/* From one colour on the left to another on the right. */
void picture_gradient(struct picture *picture, struct rect box, color fill, color until);
/* With its top left corner there. The picture does not keep it (image.h): a painter that was shown the picture does. */
void picture_image(struct picture *picture, struct image *image, int x, int y);
void picture_line(struct picture *picture, const struct text_line *line, int x, int baseline_y, color ink);
void picture_icon(struct picture *picture, enum icon icon, int x, int y, int size_px, color ink);
/* The radius that its corners are painted with: at most half of the smaller side. */
static inline int region_radius(const struct region *region)
{
    const int smaller = region->box.w < region->box.h ? region->box.w : region->box.h;

    return region->radius_px < smaller / 2 ? region->radius_px : smaller / 2;
}

/* A number for what the picture paints: its size, its regions, and of each glyph the coverage (glyph.h), the place and the ink.
 * Equal numbers are equal pixels, on any board, with any fonts and rasteriser, but for chance (1 in 10^19); and the same
 * scene set in the same fonts by the same versions has one number on every board. No pixel is read: buffers of real outputs
 * are for writing only. So the picture is taken upright: neither `rotation` nor the output's format nor its mode is part of it.
 * Two lists that paint the same in another way (a letter hidden by another) have different numbers. May rasterise glyphs that
 * the cache has lost; 6 us for 200 letters. */
uint64_t picture_hash(const struct picture *picture, struct fonts *fonts);
/* As text wherever it is told: 16 hexadecimal figures. "" for 0, which stands for no picture. */
#define PICTURE_HASH_SIZE 17
void picture_hash_text(uint64_t hash, char text[PICTURE_HASH_SIZE]);
