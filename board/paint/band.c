#include "board/paint/band.h"
#include "board/paint/damage.h"

#include <assert.h>
#include <string.h>

static_assert(PICTURE_REGIONS_MAX <= 256, "regions are selected by one byte");

/* What comes is kept before what goes: they may be the same images. */
static void keep_images(struct content *content, const struct picture *picture)
{
    for (unsigned i = 0; i < picture->nregions; i++)
        image_keep(picture->region[i].image);
    for (unsigned i = 0; i < content->picture.nregions; i++)
        image_drop(content->picture.region[i].image);
}

void content_drop(struct content *content)
{
    for (unsigned i = 0; i < content->picture.nregions; i++)
        image_drop(content->picture.region[i].image);
    content->picture.nregions = content->picture.nglyphs = 0;
}

void content_set(struct content *content, const struct picture *picture, struct fonts *fonts,
                 struct rect screen)
{
    struct picture *copy = &content->picture;

    keep_images(content, picture);
    copy->width = picture->width;
    copy->height = picture->height;
    copy->background = picture->background;
    copy->is_full = picture->is_full;
    copy->nregions = picture->nregions;
    copy->nglyphs = picture->nglyphs;
    memcpy(copy->region, picture->region, picture->nregions * sizeof(picture->region[0]));
    memcpy(copy->glyph, picture->glyph, picture->nglyphs * sizeof(picture->glyph[0]));
    for (unsigned i = 0; i < picture->nglyphs; i++) {
        const struct placed *placed = &picture->glyph[i];
        const struct glyph *glyph = glyph_get(fonts, placed->key);

        content->box[i] =
            rect_clip(placed->x + glyph->left, placed->y + glyph->top, glyph->width, glyph->height, screen);
    }
}

void selection_of_all(struct selection *selection, const struct content *content)
{
    selection->content = content;
    selection->nregions = content->picture.nregions;
    selection->nglyphs = content->picture.nglyphs;
    for (unsigned i = 0; i < selection->nregions; i++)
        selection->region[i] = (uint8_t)i;
    for (unsigned i = 0; i < selection->nglyphs; i++)
        selection->glyph[i] = (uint16_t)i;
}

void selection_clip(struct selection *out, const struct selection *from, struct rect rect)
{
    const struct content *content = from->content;
    unsigned nregions = 0, nglyphs = 0;

    for (unsigned i = 0; i < from->nregions; i++)
        if (rect_overlaps(content->picture.region[from->region[i]].box, rect))
            out->region[nregions++] = from->region[i];
    for (unsigned i = 0; i < from->nglyphs; i++)
        if (rect_overlaps(content->box[from->glyph[i]], rect))
            out->glyph[nglyphs++] = from->glyph[i];
    out->content = content;
    out->nregions = nregions;
    out->nglyphs = nglyphs;
}

static uint64_t count_evictions(const struct fonts *fonts)
{
    struct glyph_cache_stats stats;

    glyph_cache_stats(fonts, &stats);
    return stats.evictions;
}

static void band_open(struct band *band, const struct selection *selection, struct fonts *fonts)
{
    const struct picture *picture = &selection->content->picture;

    band->content = selection->content;
    band->fonts = fonts;
    band->is_tight = false;
    band->nregions = selection->nregions;
    band->nglyphs = selection->nglyphs;
    for (unsigned i = 0; i < band->nregions; i++)
        band->region[i] = &picture->region[selection->region[i]];
    for (unsigned i = 0; i < band->nglyphs; i++)
        band->item[i].placed = &picture->glyph[selection->glyph[i]];
}

static void item_fetch(struct item *item, struct fonts *fonts)
{
    item->glyph = glyph_get(fonts, item->placed->key);
    item->x = item->placed->x + item->glyph->left;
    item->top = item->placed->y + item->glyph->top;
    item->bottom = item->top + item->glyph->height;
}

static void band_fetch(struct band *band)
{
    for (unsigned i = 0; i < band->nregions; i++)
        if (region_radius(band->region[i]) > 0)
            glyph_get(band->fonts, icon_key(ICON_CORNER, region_radius(band->region[i])));
    for (unsigned i = 0; i < band->nglyphs; i++)
        item_fetch(&band->item[i], band->fonts);
}

void bands_prepare(struct band *bands, const struct selection *selections, unsigned count,
                   struct fonts *fonts, int until)
{
    for (unsigned i = 0; i < count; i++) {
        band_open(&bands[i], &selections[i], fonts);
        bands[i].until = until;
    }
    for (int round = 0; round < 2; round++) {
        const uint64_t evictions = count_evictions(fonts);

        for (unsigned i = 0; i < count; i++)
            band_fetch(&bands[i]);
        if (count_evictions(fonts) == evictions)
            return;
    }
    for (unsigned i = 0; i < count; i++)
        bands[i].is_tight = true;
}
