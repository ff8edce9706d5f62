#include "board/compose.h"
#include "board/damage.h"

#include <assert.h>
#include <string.h>
#include <wchar.h>

static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wmemset fills pixels");
static_assert(PICTURE_REGIONS_MAX <= 256, "regions are selected by one byte");

void content_set(struct content *content, const struct picture *picture, struct fonts *fonts,
                 struct rect screen)
{
    struct picture *copy = &content->picture;

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

static int corner_radius(const struct region *region)
{
    const int smaller = region->box.w < region->box.h ? region->box.w : region->box.h;

    return region->radius_px < smaller / 2 ? region->radius_px : smaller / 2;
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

static void band_fetch(struct band *band)
{
    for (unsigned i = 0; i < band->nregions; i++)
        if (corner_radius(band->region[i]) > 0)
            glyph_get(band->fonts, icon_key(ICON_CORNER, corner_radius(band->region[i])));
    for (unsigned i = 0; i < band->nglyphs; i++)
        band->item[i].glyph = glyph_get(band->fonts, band->item[i].placed->key);
}

void bands_prepare(struct band *bands, const struct selection *selections, unsigned count,
                   struct fonts *fonts)
{
    for (unsigned i = 0; i < count; i++)
        band_open(&bands[i], &selections[i], fonts);
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

const struct glyph *band_glyph(const struct band *band, unsigned i)
{
    return band->is_tight ? glyph_get(band->fonts, band->item[i].placed->key) : band->item[i].glyph;
}

/* ---- blending -------------------------------------------------------------------------------- */

typedef uint8_t bytes8 __attribute__((vector_size(8)));
typedef uint16_t words8 __attribute__((vector_size(16)));
typedef uint32_t longs4 __attribute__((vector_size(16)));
typedef uint64_t longs2 __attribute__((vector_size(16)));

/* x / 255 rounded to the nearest, for x up to 255 * 255. */
static inline words8 div255(words8 x)
{
    x += 128;
    return (x + (x >> 8)) >> 8;
}

static inline words8 widen(uint64_t two_pixels)
{
    bytes8 bytes;

    memcpy(&bytes, &two_pixels, sizeof(bytes));
    return __builtin_convertvector(bytes, words8);
}

static inline void blend_two(uint32_t *line, words8 ink, unsigned alpha0, unsigned alpha1)
{
    const longs2 spread = { alpha0 * 0x0001000100010001u, alpha1 * 0x0001000100010001u };
    const words8 alpha = (words8)spread;
    uint64_t below;

    memcpy(&below, line, sizeof(below));
    const bytes8 result = __builtin_convertvector(div255(ink * alpha + widen(below) * (255 - alpha)), bytes8);
    memcpy(line, &result, sizeof(result));
}

static inline uint32_t blend_one(uint32_t below, uint32_t ink, uint32_t alpha)
{
    const uint32_t rest = 255 - alpha;
    uint32_t even = (ink & 0xff00ff) * alpha + (below & 0xff00ff) * rest + 0x800080;
    uint32_t odd = (ink >> 8 & 0xff) * alpha + (below >> 8 & 0xff) * rest + 0x80;

    even = (even + (even >> 8 & 0xff00ff)) >> 8 & 0xff00ff;
    odd = (odd + (odd >> 8)) & 0xff00;
    return even | odd;
}

static void blend_few(uint32_t *line, const uint8_t *alpha, int count, color ink)
{
    for (int i = 0; i < count; i++)
        line[i] = blend_one(line[i], ink, alpha[i]);
}

static inline void blend_eight(uint32_t *line, const uint8_t *alpha, color ink, words8 ink_words)
{
    uint64_t eight;

    memcpy(&eight, alpha, sizeof(eight));
    if (eight == 0)
        return;
    if (eight == UINT64_MAX) {
        for (int i = 0; i < 8; i++)
            line[i] = ink;
        return;
    }
    for (int i = 0; i < 8; i += 2)
        blend_two(line + i, ink_words, alpha[i], alpha[i + 1]);
}

static void blend_row(uint32_t *line, const uint8_t *alpha, int count, color ink)
{
    const words8 ink_words = widen((uint64_t)ink << 32 | ink);
    int i = 0;

    for (; i + 8 <= count; i += 8)
        blend_eight(line + i, alpha + i, ink, ink_words);
    blend_few(line + i, alpha + i, count - i, ink);
}

static void fill(uint32_t *line, int count, color fill)
{
    wmemset((wchar_t *)line, (wchar_t)fill, (size_t)count);
}

/* ---- lines ----------------------------------------------------------------------------------- */

/* The part of a line that is being composed. */
struct span {
    int x, y, width;
    uint32_t *line;
};

/* Clips [left, right) to the span; false if nothing is left. */
static bool clip(const struct span *span, int *left, int *right)
{
    if (*left < span->x)
        *left = span->x;
    if (*right > span->x + span->width)
        *right = span->x + span->width;
    return *left < *right;
}

static void fill_part(const struct span *span, int left, int right, color ink)
{
    if (clip(span, &left, &right))
        fill(span->line + left - span->x, right - left, ink);
}

static uint8_t coverage(const struct glyph *glyph, int x, int y)
{
    x -= glyph->left;
    y -= glyph->top;
    if (x < 0 || y < 0 || x >= glyph->width || y >= glyph->height)
        return 0;
    return glyph->alpha[y * glyph->stride + x];
}

static void paint_corner(const struct span *span, const struct glyph *corner, int radius, int left, int row,
                         bool is_right, color ink)
{
    for (int i = 0; i < radius; i++) {
        const int at = left + i - span->x;

        if (at >= 0 && at < span->width)
            span->line[at] =
                blend_one(span->line[at], ink, coverage(corner, is_right ? radius - 1 - i : i, row));
    }
}

/* Row of the corner mask for a row of the region, -1 where its sides are straight. */
static int corner_row(const struct region *region, int radius, int y)
{
    const int from_top = y - region->box.y, from_bottom = region->box.h - 1 - from_top;

    if (from_top < radius)
        return from_top;
    return from_bottom < radius ? from_bottom : -1;
}

static void paint_region(const struct band *band, const struct region *region, const struct span *span)
{
    const int radius = corner_radius(region), row = corner_row(region, radius, span->y);
    const int left = region->box.x, right = left + region->box.w;

    if (span->y < region->box.y || span->y >= region->box.y + region->box.h)
        return;
    if (row < 0) {
        fill_part(span, left, right, region->fill);
        return;
    }
    const struct glyph *corner = glyph_get(band->fonts, icon_key(ICON_CORNER, radius));

    paint_corner(span, corner, radius, left, row, false, region->fill);
    fill_part(span, left + radius, right - radius, region->fill);
    paint_corner(span, corner, radius, right - radius, row, true, region->fill);
}

static bool hides_all_below(const struct region *region, const struct span *span)
{
    return span->y >= region->box.y && span->y < region->box.y + region->box.h && span->x >= region->box.x &&
           span->x + span->width <= region->box.x + region->box.w &&
           corner_row(region, corner_radius(region), span->y) < 0;
}

static void paint_regions(const struct band *band, const struct span *span)
{
    unsigned first = band->nregions;

    while (first > 0 && !hides_all_below(band->region[first - 1], span))
        first--;
    if (first == 0)
        fill(span->line, span->width, band->content->picture.background);
    for (unsigned i = first ? first - 1 : 0; i < band->nregions; i++)
        paint_region(band, band->region[i], span);
}

static void paint_glyph(const struct placed *placed, const struct glyph *glyph, const struct span *span)
{
    const int row = span->y - placed->y - glyph->top;
    const int start = placed->x + glyph->left;
    int left = start, right = start + glyph->width;

    if (row < 0 || row >= glyph->height || !clip(span, &left, &right))
        return;
    blend_row(span->line + left - span->x, glyph->alpha + row * glyph->stride + left - start, right - left,
              placed->ink);
}

void compose_line(const struct band *band, int x, int y, int width, uint32_t *line)
{
    const struct span span = { x, y, width, line };

    paint_regions(band, &span);
    for (unsigned i = 0; i < band->nglyphs; i++)
        paint_glyph(band->item[i].placed, band_glyph(band, i), &span);
}

/* Red and blue go through one multiplication, in the halves of each pixel: products stay below 65536. */
static inline longs4 pack_four(longs4 pixels)
{
    const words8 red_blue = (words8)(pixels & 0xff00ff) * 249 + 1014;
    const words8 green = (words8)(pixels >> 8 & 0xff) * 253 + 505;
    const longs4 steps = (longs4)(red_blue >> 11);

    return (steps >> 5 & 0xf800) | (steps & 0x1f) | ((longs4)(green >> 10) << 5 & 0x7e0);
}

/* Moves the second of each two pixels down beside the first, on a little-endian machine. */
static inline longs4 pair_up(longs4 pixels)
{
    const longs2 pairs = (longs2)pixels;

    return (longs4)(pairs | pairs >> 16);
}

struct eight {
    longs4 low, high;
};

static inline longs4 pack_eight(const struct eight *pixels)
{
    return __builtin_shufflevector(pair_up(pack_four(pixels->low)), pair_up(pack_four(pixels->high)), 0, 2, 4,
                                   6);
}

static inline bool is_same_eight(const struct eight *a, const struct eight *b)
{
    const longs2 difference = (longs2)((a->low ^ b->low) | (a->high ^ b->high));

    return (difference[0] | difference[1]) == 0;
}

/* Most pixels are those of a plain ground: eight like the eight before are not computed again. */
void pack_rgb565(uint16_t *out, const uint32_t *line, int width)
{
    struct eight last = { 0 }, now = { 0 };
    longs4 packed = { 0 }; /* of last */
    int i = 0;

    for (; i + 8 <= width; i += 8) {
        memcpy(&now, line + i, sizeof(now));
        if (!is_same_eight(&now, &last))
            packed = pack_eight(&now);
        memcpy(out + i, &packed, sizeof(packed));
        last = now;
    }
    if (i == width)
        return;
    memcpy(&now, line + i, (size_t)(width - i) * sizeof(*line));
    packed = pack_eight(&now);
    memcpy(out + i, &packed, (size_t)(width - i) * sizeof(*out));
}
