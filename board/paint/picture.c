#include "board/paint/picture.h"

#include <inttypes.h>
#include <stdio.h>

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

void picture_image(struct picture *picture, struct image *image, int x, int y)
{
    add_region(picture, &(struct region){
                            .box = { (int16_t)x, (int16_t)y, (int16_t)image->width, (int16_t)image->height },
                            .image = image });
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

/* Each step is a bijection of the hash for any value and of the value for any hash: a change of one value is never lost. */
static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static uint64_t pair(int16_t high, int16_t low)
{
    return (uint64_t)(uint16_t)high << 16 | (uint16_t)low;
}

static uint64_t mix_region(uint64_t hash, const struct region *region, struct fonts *fonts)
{
    const int radius = region_radius(region);

    hash = mix(hash, pair(region->box.x, region->box.y) << 32 | pair(region->box.w, region->box.h));
    if (region->image)
        return mix(hash, region->image->hash);
    hash = mix(hash, (uint64_t)region->fill << 32 | region->until);
    hash = mix(hash, (uint16_t)region->radius_px);
    return radius > 0 ? mix(hash, glyph_get(fonts, icon_key(ICON_CORNER, radius))->hash) : hash;
}

/* Spaces paint nothing, wherever they stand. */
static uint64_t mix_glyph(uint64_t hash, const struct placed *placed, struct fonts *fonts)
{
    const struct glyph *glyph = glyph_get(fonts, placed->key);
    const int16_t x = (int16_t)(placed->x + glyph->left), y = (int16_t)(placed->y + glyph->top);

    if (glyph->width == 0)
        return hash;
    return mix(mix(hash, glyph->hash), pair(x, y) << 32 | placed->ink);
}

uint64_t picture_hash(const struct picture *picture, struct fonts *fonts)
{
    uint64_t hash = mix(0, pair(picture->width, picture->height) << 32 | picture->background);

    hash = mix(hash, picture->nregions);
    for (unsigned i = 0; i < picture->nregions; i++)
        hash = mix_region(hash, &picture->region[i], fonts);
    for (unsigned i = 0; i < picture->nglyphs; i++)
        hash = mix_glyph(hash, &picture->glyph[i], fonts);
    return hash;
}

void picture_hash_text(uint64_t hash, char text[PICTURE_HASH_SIZE])
{
    text[0] = '\0';
    if (hash)
        snprintf(text, PICTURE_HASH_SIZE, "%016" PRIx64, hash);
}
