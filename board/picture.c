#include "board/picture.h"

#define RGB 0xffffffu /* the fourth byte is 0: the painter may blend it or not */

void picture_init(struct picture *picture, int width, int height, color background)
{
    picture->width = (int16_t)width;
    picture->height = (int16_t)height;
    picture->background = background & RGB;
    picture->nregions = picture->nglyphs = 0;
    picture->is_full = false;
}

static void add_region(struct picture *picture, const struct region *region)
{
    if (region->box.w <= 0 || region->box.h <= 0)
        return;
    if (picture->nregions == PICTURE_REGIONS_MAX) {
        picture->is_full = true;
        return;
    }
    picture->region[picture->nregions++] = *region;
}

void picture_region(struct picture *picture, struct rect box, color fill, int radius_px)
{
    fill &= RGB;
    add_region(picture,
               &(struct region){ .box = box, .fill = fill, .until = fill, .radius_px = (int16_t)radius_px });
}

void picture_gradient(struct picture *picture, struct rect box, color fill, color until)
{
    add_region(picture, &(struct region){ .box = box, .fill = fill & RGB, .until = until & RGB });
}

static void place(struct picture *picture, glyph_key key, int x, int y, color ink)
{
    if (key == 0)
        return;
    if (picture->nglyphs == PICTURE_GLYPHS_MAX) {
        picture->is_full = true;
        return;
    }
    picture->glyph[picture->nglyphs++] =
        (struct placed){ .key = key, .x = (int16_t)x, .y = (int16_t)y, .ink = ink & RGB };
}

void picture_line(struct picture *picture, const struct text_line *line, int x, int baseline_y, color ink)
{
    for (unsigned i = 0; i < line->nglyphs; i++)
        place(picture, line->glyph[i].key, x + line->glyph[i].x, baseline_y + line->glyph[i].y, ink);
}

void picture_icon(struct picture *picture, enum icon icon, int x, int y, int size_px, color ink)
{
    place(picture, icon_key(icon, size_px), x, y, ink);
}
