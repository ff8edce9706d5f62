/* A picture as a display list: what stands where, in pixels. Plain value; two of them can be compared, and
 * their difference is the damage. Regions are painted in order, then glyphs; a glyph blends over whatever the
 * regions left there.
 */
#pragma once

#include "drivers/screen/screen.h"
#include "fonts/text.h"

#define PICTURE_REGIONS_MAX 160
#define PICTURE_GLYPHS_MAX  3072

typedef uint32_t color; /* 0x00RRGGBB */

struct region {
    struct rect box;
    color fill, until; /* of the first and the last column; what is between rises or falls evenly */
    int16_t radius_px; /* of all corners; 0 square */
};
struct placed {
    glyph_key key;
    int16_t x, y; /* pen position on the baseline; icons: top left corner */
    color ink;
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
void picture_line(struct picture *picture, const struct text_line *line, int x, int baseline_y, color ink);
void picture_icon(struct picture *picture, enum icon icon, int x, int y, int size_px, color ink);
/* A number for the display list: equal lists have equal numbers, and different ones practically never. So for equal fonts it
 * tells whether two screens, or one at two times, show the same pixels. Not meant for every frame (1 us for 200 letters). */
uint64_t picture_hash(const struct picture *picture);
