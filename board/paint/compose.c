#include "board/paint/compose.h"
#include "board/paint/damage.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define ROW_MARGIN_PX 32 /* on both sides: glyphs are painted in groups of eight; keeps lines aligned */

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

const struct glyph *band_glyph(const struct band *band, const struct item *item)
{
    return band->is_tight ? glyph_get(band->fonts, item->placed->key) : item->glyph;
}

/* ---- ground ---------------------------------------------------------------------------------- */

static void fill(uint32_t *line, int count, color fill)
{
    wmemset((wchar_t *)line, (wchar_t)fill, (size_t)count);
}

/* The part of a line that is being composed. */
struct span {
    int x, y, width;
    uint32_t *line;
    uint16_t *packed; /* NULL: nothing is packed */
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

static bool is_gradient(const struct region *region)
{
    return region->fill != region->until;
}

static unsigned between(unsigned first, unsigned last, unsigned at, unsigned steps)
{
    return (first * (steps - at) + last * at + steps / 2) / steps;
}

/* Of a column of a gradient. */
static color column_ink(const struct region *region, int x)
{
    const unsigned at = (unsigned)(x - region->box.x),
                   steps = region->box.w > 1 ? (unsigned)region->box.w - 1 : 1;
    color ink = 0;

    for (int shift = 0; shift < 24; shift += 8)
        ink |= between(region->fill >> shift & 0xff, region->until >> shift & 0xff, at, steps) << shift;
    return ink;
}

/* Columns [left, right) have been painted, pixel by pixel. */
static void pack_part(const struct span *span, int left, int right)
{
    if (span->packed && clip(span, &left, &right))
        pack_rgb565(span->packed + left - span->x, span->line + left - span->x, right - left);
}

static void fill_part(const struct span *span, int left, int right, color ink)
{
    if (!clip(span, &left, &right))
        return;
    fill(span->line + left - span->x, right - left, ink);
    if (span->packed)
        fill_rgb565(span->packed + left - span->x, right - left, ink);
}

static void fill_region(const struct span *span, const struct region *region, int left, int right)
{
    if (!is_gradient(region)) {
        fill_part(span, left, right, region->fill);
        return;
    }
    if (!clip(span, &left, &right))
        return;
    for (int x = left; x < right; x++)
        span->line[x - span->x] = column_ink(region, x);
    pack_part(span, left, right);
}

/* The corner is that at the top left; on the right it is mirrored. */
static void paint_corner(const struct span *span, const struct region *region, const struct glyph *corner,
                         int radius, int row, bool is_right)
{
    const int y = row - corner->top, left = region->box.x, right = left + region->box.w - 1;
    const bool is_even = !is_gradient(region);
    const color fill = region->fill;
    const int end = corner->left + corner->width;

    if (y < 0 || y >= corner->height)
        return;
    const uint8_t *alpha = corner->alpha + y * corner->stride - corner->left;

    for (int i = corner->left; i < end && i < radius; i++) {
        const int x = is_right ? right - i : left + i, at = x - span->x;

        if (at >= 0 && at < span->width)
            span->line[at] = blend_one(span->line[at], is_even ? fill : column_ink(region, x), alpha[i]);
    }
    pack_part(span, is_right ? right + 1 - radius : left, is_right ? right + 1 : left + radius);
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
    const int radius = region_radius(region), row = corner_row(region, radius, span->y);
    const int left = region->box.x, right = left + region->box.w;

    if (span->y < region->box.y || span->y >= region->box.y + region->box.h)
        return;
    if (row < 0) {
        fill_region(span, region, left, right);
        return;
    }
    const struct glyph *corner = glyph_get(band->fonts, icon_key(ICON_CORNER, radius));

    paint_corner(span, region, corner, radius, row, false);
    fill_region(span, region, left + radius, right - radius);
    paint_corner(span, region, corner, radius, row, true);
}

static bool hides_all_below(const struct region *region, const struct span *span)
{
    return span->y >= region->box.y && span->y < region->box.y + region->box.h && span->x >= region->box.x &&
           span->x + span->width <= region->box.x + region->box.w &&
           corner_row(region, region_radius(region), span->y) < 0;
}

static void paint_regions(const struct band *band, const struct span *span)
{
    unsigned first = band->nregions;

    while (first > 0 && !hides_all_below(band->region[first - 1], span))
        first--;
    if (first == 0)
        fill_part(span, span->x, span->x + span->width, band->content->picture.background);
    for (unsigned i = first ? first - 1 : 0; i < band->nregions; i++)
        paint_region(band, band->region[i], span);
}

/* The first row below y that the region paints in another way. */
static int region_holds_until(const struct region *region, int y)
{
    const int radius = region_radius(region), bottom = region->box.y + region->box.h;

    if (y < region->box.y)
        return region->box.y;
    if (y >= bottom)
        return INT_MAX;
    return corner_row(region, radius, y) < 0 ? bottom - radius : y + 1;
}

static void renew_ground(struct row *row, const struct band *band, int y)
{
    const bool is_packed = row->format == PIXEL_RGB565;
    const struct span span = { row->x, y, row->width, row->ground, is_packed ? row->packed_ground : NULL };
    const size_t width = (size_t)row->width;

    paint_regions(band, &span);
    row->ground_until = band->until;
    for (unsigned i = 0; i < band->nregions; i++) {
        const int until = region_holds_until(band->region[i], y);

        row->ground_until = until < row->ground_until ? until : row->ground_until;
    }
    memcpy(row->line, row->ground, width * sizeof(row->line[0]));
    if (is_packed)
        memcpy(row->packed, row->packed_ground, width * sizeof(row->packed[0]));
    row->nletters = 0;
    row->letters_until = INT_MIN;
}

/* ---- rows ------------------------------------------------------------------------------------ */

int row_init(struct row *row, int width)
{
    const size_t line_px = ((size_t)width + 31) / 32 * 32 + 2 * ROW_MARGIN_PX;

    memset(row, 0, sizeof(*row));
    row->memory = aligned_alloc(64, line_px * 3 * sizeof(uint32_t));
    if (!row->memory)
        return -ENOMEM;
    memset(row->memory, 0, line_px * 3 * sizeof(uint32_t));
    row->ground = row->memory + ROW_MARGIN_PX;
    row->line = row->ground + line_px;
    row->packed_ground = (uint16_t *)(row->memory + 2 * line_px) + ROW_MARGIN_PX;
    row->packed = row->packed_ground + line_px;
    return 0;
}

void row_finish(struct row *row)
{
    free(row->memory);
}

void row_begin(struct row *row, int x, int width, enum pixel_format format)
{
    row->x = x;
    row->width = width;
    row->format = format;
    row->ground_until = INT_MIN;
}

static struct stretch overlap(struct stretch a, struct stretch b)
{
    return (struct stretch){ a.left > b.left ? a.left : b.left, a.right < b.right ? a.right : b.right };
}

static void put_back_ground(struct row *row, const struct letter *letter)
{
    const struct stretch on = overlap(letter->on, (struct stretch){ 0, row->width });
    const size_t count = (size_t)(on.right - on.left);

    memcpy(row->line + on.left, row->ground + on.left, count * sizeof(row->line[0]));
    if (row->format == PIXEL_RGB565)
        memcpy(row->packed + on.left, row->packed_ground + on.left, count * sizeof(row->packed[0]));
}

/* ---- the glyphs that cross a row ------------------------------------------------------------- */

static void find_letters(struct row *row, const struct band *band, int y)
{
    const struct stretch all = { 0, row->width };

    row->nletters = 0;
    row->letters_until = row->ground_until;
    for (const struct item *item = band->item; item < band->item + band->nglyphs; item++) {
        const int left = item->x - row->x, change = y < item->top ? item->top : item->bottom;
        struct stretch on;

        if (y >= item->bottom)
            continue;
        row->letters_until = change < row->letters_until ? change : row->letters_until;
        if (y < item->top)
            continue;
        on = (struct stretch){ left, left + band_glyph(band, item)->width };
        if (overlap(on, all).left < overlap(on, all).right)
            row->letter[row->nletters++] = (struct letter){ .item = item, .on = on, .is_alone = true };
    }
}

static void find_alone(struct row *row)
{
    for (struct letter *letter = row->letter; letter < row->letter + row->nletters; letter++)
        for (struct letter *before = row->letter; before < letter; before++)
            if (letter->on.left < before->on.right && before->on.left < letter->on.right)
                letter->is_alone = before->is_alone = false;
}

/* NULL: letters of this row have all the shades already. */
static const struct shades *find_shades(struct row *row, color ink, color below)
{
    for (unsigned i = 0; i < row->nshades; i++)
        if (row->shades[i].ink == ink && row->shades[i].below == below)
            return &row->shades[i];
    if (row->nshades == SHADES_MAX)
        return NULL;
    shades_init(&row->shades[row->nshades], ink, below);
    return &row->shades[row->nshades++];
}

static void find_all_shades(struct row *row)
{
    if (row->nshades == SHADES_MAX)
        row->nshades = 0;
    for (struct letter *letter = row->letter; letter < row->letter + row->nletters; letter++) {
        const struct stretch on = overlap(letter->on, (struct stretch){ 0, row->width });
        const uint32_t *ground = row->ground + on.left;

        if (letter->is_alone &&
            memcmp(ground, ground + 1, (size_t)(on.right - on.left - 1) * sizeof(*ground)) == 0)
            letter->shades = find_shades(row, letter->item->placed->ink, *ground);
    }
}

static void renew_letters(struct row *row, const struct band *band, int y)
{
    for (const struct letter *letter = row->letter; letter < row->letter + row->nletters; letter++)
        put_back_ground(row, letter);
    find_letters(row, band, y);
    if (row->nletters > LETTERS_ALONE_MAX)
        return;
    find_alone(row);
    find_all_shades(row);
}

/* Whole groups of eight, from the first to the last that are wanted: up to seven pixels more on each side. */
static void blend_letter(struct row *row, const struct letter *letter, const struct glyph *glyph, int y,
                         struct stretch wanted)
{
    const int start = letter->on.left;
    const int first = start < wanted.left ? (wanted.left - start) / 8 : 0;
    const int last =
        start + glyph->stride > wanted.right ? (wanted.right - start + 7) / 8 : glyph->stride / 8;

    if (first >= last)
        return;
    const int left = start + first * 8, count = last - first;
    const uint8_t *alpha = glyph->alpha + (y - letter->item->top) * glyph->stride + first * 8;

    if (row->format == PIXEL_RGB565)
        blend_row_rgb565(row->line + left, row->packed + left, alpha, count, letter->item->placed->ink);
    else
        blend_row(row->line + left, alpha, count, letter->item->placed->ink);
}

static void shade_letter(struct row *row, const struct letter *letter, const struct glyph *glyph, int y,
                         struct stretch wanted)
{
    const struct stretch on = overlap(letter->on, wanted);
    const uint8_t *alpha = glyph->alpha + (y - letter->item->top) * glyph->stride + on.left - letter->on.left;

    if (row->format == PIXEL_RGB565)
        shade_row_rgb565(row->packed + on.left, alpha, on.right - on.left, letter->shades);
    else
        shade_row(row->line + on.left, alpha, on.right - on.left, letter->shades);
}

/* Blended ones come first: their groups may reach into the columns of another, and would pack what is not there yet. */
static void paint_letters(struct row *row, const struct band *band, int y, struct stretch wanted)
{
    const struct letter *const end = row->letter + row->nletters;

    for (const struct letter *letter = row->letter; letter < end; letter++)
        if (!letter->shades)
            put_back_ground(row, letter);
    for (const struct letter *letter = row->letter; letter < end; letter++)
        if (!letter->shades)
            blend_letter(row, letter, band_glyph(band, letter->item), y, wanted);
    for (const struct letter *letter = row->letter; letter < end; letter++)
        if (letter->shades)
            shade_letter(row, letter, band_glyph(band, letter->item), y, wanted);
}

const void *row_compose(struct row *row, const struct band *band, int y, int left, int right)
{
    if (y >= row->ground_until)
        renew_ground(row, band, y);
    if (y >= row->letters_until)
        renew_letters(row, band, y);
    paint_letters(row, band, y, (struct stretch){ left, right });
    return row->format == PIXEL_RGB565 ? (const void *)row->packed : row->line;
}
