#include "board/paint/ground.h"
#include "board/paint/blend.h"

#include <assert.h>
#include <limits.h>
#include <wchar.h>

static_assert(sizeof(wchar_t) == sizeof(uint32_t), "wmemset fills pixels");

static void fill(uint32_t *line, int count, color fill)
{
    wmemset((wchar_t *)line, (wchar_t)fill, (size_t)count);
}

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

static color ink_at(const struct region *region, int x)
{
    return is_gradient(region) ? column_ink(region, x) : region->fill;
}

/* The corner is that at the top left; on the right it is mirrored. */
static void paint_corner(const struct span *span, const struct region *region, const struct glyph *corner,
                         int row, bool is_right)
{
    const int y = row - corner->top, edge = is_right ? region->box.x + region->box.w - 1 : region->box.x;
    const int step = is_right ? -1 : 1, near = edge + step * corner->left,
              far = near + step * (corner->width - 1);
    int left = is_right ? far : near, right = (is_right ? near : far) + 1;

    if (y < 0 || y >= corner->height || !clip(span, &left, &right))
        return;
    const uint8_t *alpha = corner->alpha + y * corner->stride + (left - near) * step;

    for (int x = left; x < right; x++, alpha += step)
        if (*alpha == 255)
            span->line[x - span->x] = ink_at(region, x);
        else if (*alpha > 0)
            span->line[x - span->x] = blend_one(span->line[x - span->x], ink_at(region, x), *alpha);
    pack_part(span, left, right);
}

/* How a row of the picture crosses the region: -1 where it does not, a row of the corner's mask, or the row below that. */
static int crossing(const struct region *region, int y)
{
    const int from_top = y - region->box.y, from_bottom = region->box.h - 1 - from_top;
    const int row = from_top < from_bottom ? from_top : from_bottom, radius = region_radius(region);

    return row < 0 ? -1 : row < radius ? row : radius;
}

static void paint_image(const struct region *region, const struct span *span)
{
    const struct image *image = region->image;
    int left = region->box.x, right = left + image->width;

    if (!clip(span, &left, &right))
        return;
    const uint32_t *row =
        image->pixel + (size_t)(span->y - region->box.y) * image->width + (left - region->box.x);

    blend_pixels(span->line + left - span->x, row, right - left);
    pack_part(span, left, right);
}

static void paint_region(const struct band *band, const struct region *region, const struct span *span)
{
    const int radius = region_radius(region), row = crossing(region, span->y);
    const int left = region->box.x, right = left + region->box.w;

    if (row < 0 || left >= span->x + span->width || right <= span->x)
        return;
    if (region->image) {
        paint_image(region, span);
        return;
    }
    if (row == radius) {
        fill_region(span, region, left, right);
        return;
    }
    const struct glyph *corner = glyph_get(band->fonts, icon_key(ICON_CORNER, radius));

    paint_corner(span, region, corner, row, false);
    fill_region(span, region, left + radius, right - radius);
    paint_corner(span, region, corner, row, true);
}

static bool hides_all_below(const struct region *region, const struct span *span)
{
    return (!region->image || region->image->is_opaque) && span->x >= region->box.x &&
           span->x + span->width <= region->box.x + region->box.w &&
           crossing(region, span->y) == region_radius(region);
}

void ground_paint(const struct band *band, const struct span *span)
{
    unsigned first = band->nregions;

    while (first > 0 && !hides_all_below(band->region[first - 1], span))
        first--;
    if (first == 0)
        fill_part(span, span->x, span->x + span->width, band->content->picture.background);
    for (unsigned i = first ? first - 1 : 0; i < band->nregions; i++)
        paint_region(band, band->region[i], span);
}

/* ---- from row to row ------------------------------------------------------------------------- */

unsigned region_changes(const struct region *region, int before, int now, struct stretch changes[2])
{
    const int then = crossing(region, before), radius = region_radius(region), row = crossing(region, now);
    const int left = region->box.x, right = left + region->box.w;

    if (then == row && (!region->image || row < 0))
        return 0;
    if (then < 0 || row < 0 || region->image) {
        changes[0] = (struct stretch){ left, right };
        return 1;
    }
    changes[0] = (struct stretch){ left, left + radius };
    changes[1] = (struct stretch){ right - radius, right };
    return 2;
}

int region_holds_until(const struct region *region, int y)
{
    const int bottom = region->box.y + region->box.h, radius = region_radius(region);

    if (y < region->box.y)
        return region->box.y;
    if (y >= bottom)
        return INT_MAX;
    return crossing(region, y) == radius && !region->image ? bottom - radius : y + 1;
}
