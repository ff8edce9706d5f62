#include "board/paint/paint.h"
#include "board/paint/compose.h"
#include "board/paint/damage.h"
#include "board/paint/dirty.h"
#include "board/paint/turn.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BAND_ROWS  128                 /* items are selected anew for so many rows */
#define IMAGE_MARK (UINT64_C(1) << 63) /* no radius has this bit */

enum { NOW, BEFORE };

struct painter {
    struct fonts *fonts;
    struct rect screen;
    struct content content[3];
    struct content *shown[2];    /* NULL: unknown; both the same after a repair */
    unsigned last;               /* buffer painted last */
    struct diff regions, glyphs; /* of the comparison last made */
    struct dirty dirty;
    struct mark before[DIFF_ITEMS_MAX], now[DIFF_ITEMS_MAX];
    struct selection part[2], rows[2]; /* [NOW] and [BEFORE] */
    struct band band[2];
    struct rect part_box; /* what is being painted */
    color part_ink;
    struct row row;
    struct strip strip; /* of buffers a quarter turned */
};

struct painter *painter_create(struct fonts *fonts, int width, int height, enum pixel_format format)
{
    struct painter *painter = calloc(1, sizeof(*painter));

    (void)format; /* each buffer names its own */
    if (!painter || width > DIRTY_PX_MAX || row_init(&painter->row, width) < 0 ||
        strip_init(&painter->strip, width) < 0) {
        painter_destroy(painter);
        return NULL;
    }
    painter->fonts = fonts;
    painter->screen = (struct rect){ 0, 0, (int16_t)width, (int16_t)height };
    return painter;
}

void painter_destroy(struct painter *painter)
{
    if (!painter)
        return;
    for (unsigned i = 0; i < 3; i++)
        content_drop(&painter->content[i]);
    strip_finish(&painter->strip);
    row_finish(&painter->row);
    free(painter);
}

void painter_forget(struct painter *painter)
{
    painter->shown[0] = painter->shown[1] = NULL;
}

/* ---- what differs ---------------------------------------------------------------------------- */

static struct mark region_mark(const struct region *region)
{
    struct mark mark;

    static_assert(sizeof(region->box) == sizeof(mark.where), "a box is a mark's place");
    if (region->image)
        mark.what = region->image->hash | IMAGE_MARK;
    else
        mark.what =
            (uint64_t)(uint16_t)region->radius_px << 48 | (uint64_t)region->until << 24 | region->fill;
    memcpy(&mark.where, &region->box, sizeof(mark.where));
    return mark;
}

static struct mark glyph_mark(const struct placed *placed)
{
    return (struct mark){ placed->key, (uint64_t)(uint16_t)placed->x << 48 |
                                           (uint64_t)(uint16_t)placed->y << 32 | placed->ink };
}

static struct rect region_box(const struct painter *painter, const struct region *region)
{
    return rect_clip(region->box.x, region->box.y, region->box.w, region->box.h, painter->screen);
}

static void diff_regions(struct painter *painter, const struct picture *before, const struct picture *now,
                         struct damage *damage)
{
    struct diff *diff = &painter->regions;

    for (unsigned i = 0; i < before->nregions; i++)
        painter->before[i] = region_mark(&before->region[i]);
    for (unsigned i = 0; i < now->nregions; i++)
        painter->now[i] = region_mark(&now->region[i]);
    diff_lists(diff, painter->before, before->nregions, painter->now, now->nregions);
    for (unsigned i = 0; i < before->nregions; i++)
        if (!diff->is_kept_before[i])
            damage_add(damage, region_box(painter, &before->region[i]));
    for (unsigned i = 0; i < now->nregions; i++)
        if (!diff->is_kept_now[i])
            damage_add(damage, region_box(painter, &now->region[i]));
}

static void diff_glyphs(struct painter *painter, const struct content *before, const struct content *now,
                        struct damage *damage)
{
    const unsigned nbefore = before->picture.nglyphs, nnow = now->picture.nglyphs;
    struct diff *diff = &painter->glyphs;

    for (unsigned i = 0; i < nbefore; i++)
        painter->before[i] = glyph_mark(&before->picture.glyph[i]);
    for (unsigned i = 0; i < nnow; i++)
        painter->now[i] = glyph_mark(&now->picture.glyph[i]);
    diff_lists(diff, painter->before, nbefore, painter->now, nnow);
    for (unsigned i = 0; i < nbefore; i++)
        if (!diff->is_kept_before[i])
            damage_add(damage, before->box[i]);
    for (unsigned i = 0; i < nnow; i++)
        if (!diff->is_kept_now[i])
            damage_add(damage, now->box[i]);
}

static bool is_comparable(const struct content *before, const struct content *now)
{
    return before && before->picture.background == now->picture.background;
}

static void find_damage(struct painter *painter, const struct content *before, const struct content *now,
                        struct damage *damage)
{
    damage->count = 0;
    if (before == now)
        return;
    if (!is_comparable(before, now)) {
        damage_add(damage, painter->screen);
        return;
    }
    diff_regions(painter, &before->picture, &now->picture, damage);
    diff_glyphs(painter, before, now, damage);
}

static bool is_same_picture(const struct picture *a, const struct picture *b)
{
    static_assert(sizeof(struct placed) == 16, "without padding, glyphs compare as bytes");
    if (a->background != b->background || a->nregions != b->nregions || a->nglyphs != b->nglyphs)
        return false;
    for (unsigned i = 0; i < a->nregions; i++) {
        const struct mark mark_a = region_mark(&a->region[i]), mark_b = region_mark(&b->region[i]);

        if (memcmp(&mark_a, &mark_b, sizeof(mark_a)) != 0)
            return false;
    }
    return memcmp(a->glyph, b->glyph, a->nglyphs * sizeof(a->glyph[0])) == 0;
}

bool painter_differs(const struct painter *painter, const struct picture *picture)
{
    const struct content *shown = painter->shown[painter->last];

    return !shown || !is_same_picture(&shown->picture, picture);
}

/* ---- lines to the buffer --------------------------------------------------------------------- */

/* Composed pixels [left, right) of the part's row. */
static inline void store(const struct painter *painter, const struct screen_buffer *buffer, const void *row,
                         int y, int left, int right)
{
    const unsigned shift = buffer->format == PIXEL_RGB565 ? 1 : 2; /* bytes of a pixel */
    const uint8_t *from = (const uint8_t *)row + ((size_t)left << shift);
    const int x = painter->part_box.x + left, count = right - left;

    if (buffer->rotation)
        turn_store_reversed(buffer, from, x, y, count);
    else
        memcpy(buffer->pixels + (size_t)y * buffer->stride + ((size_t)x << shift), from,
               (size_t)count << shift);
}

static bool touches_row(const struct region *region, int y)
{
    return y >= region->box.y && y < region->box.y + region->box.h;
}

static void mark_regions(struct painter *painter, int side, const bool *is_kept, int y)
{
    const struct selection *selection = &painter->rows[side];
    const int x = painter->part_box.x;

    for (unsigned i = 0; i < selection->nregions; i++) {
        const unsigned index = selection->region[i];
        const struct region *region = &selection->content->picture.region[index];

        if (!is_kept[index] && touches_row(region, y))
            dirty_range(&painter->dirty, region->box.x - x, region->box.x - x + region->box.w);
    }
}

static void mark_glyphs(struct painter *painter, int side, const bool *is_kept, int y)
{
    const struct selection *selection = &painter->rows[side];
    const struct band *band = &painter->band[side];
    struct dirty *dirty = &painter->dirty;

    for (unsigned i = 0; i < band->nglyphs; i++) {
        const struct item *item = &band->item[i];
        const int x = item->x - painter->part_box.x;

        if (y < item->top || y >= item->bottom)
            continue;
        if (is_kept[selection->glyph[i]])
            dirty_kept(dirty, band_glyph(band, item), y - item->top, x);
        else
            dirty_glyph(dirty, side == NOW ? &dirty->come : &dirty->gone, band_glyph(band, item),
                        y - item->top, x, item->placed->ink == painter->part_ink);
    }
}

static void mark_row(struct painter *painter, int y)
{
    mark_regions(painter, BEFORE, painter->regions.is_kept_before, y);
    mark_regions(painter, NOW, painter->regions.is_kept_now, y);
    mark_glyphs(painter, BEFORE, painter->glyphs.is_kept_before, y);
    mark_glyphs(painter, NOW, painter->glyphs.is_kept_now, y);
    dirty_end(&painter->dirty);
}

/* Stores those pixels of the row that may differ from what the buffer shows. */
static uint64_t change_row(struct painter *painter, const struct screen_buffer *buffer, int y)
{
    const int width = painter->part_box.w;
    int left, end, right = 0;
    uint64_t written = 0;

    dirty_begin(&painter->dirty, width);
    mark_row(painter, y);
    if (!dirty_hull(&painter->dirty, &left, &end))
        return 0;
    const void *row = row_compose(&painter->row, &painter->band[NOW], y, left, end);

    while (dirty_next(&painter->dirty, &left, &right) && left < width) {
        end = right < width ? right : width;
        store(painter, buffer, row, y, left, end);
        written += (uint64_t)(end - left);
    }
    return written;
}

static uint64_t fill_row(struct painter *painter, const struct screen_buffer *buffer, int y)
{
    const int width = painter->part_box.w;

    store(painter, buffer, row_compose(&painter->row, &painter->band[NOW], y, 0, width), y, 0, width);
    return (uint64_t)width;
}

static uint64_t paint_rows(struct painter *painter, const struct screen_buffer *buffer, bool is_change,
                           int top, int until)
{
    uint64_t written = 0;

    for (int y = top; y < until; y++)
        written += is_change ? change_row(painter, buffer, y) : fill_row(painter, buffer, y);
    return written;
}

/* ---- strips to a buffer a quarter turned ----------------------------------------------------- */

static void compose_strip(struct painter *painter, int left, int right)
{
    for (int y = painter->strip.top; y < painter->strip.until; y++)
        strip_take(&painter->strip, row_compose(&painter->row, &painter->band[NOW], y, left, right), y, left,
                   right);
}

/* Whole lines of memory that have a pixel that may differ: a part of a line is no cheaper. */
static uint64_t change_strip(struct painter *painter, const struct screen_buffer *buffer)
{
    const struct strip *strip = &painter->strip;
    const int width = painter->part_box.w;
    int left, end, right = 0;
    uint64_t written = 0;

    dirty_begin(&painter->dirty, width);
    for (int y = strip->top; y < strip->until; y++)
        mark_row(painter, y);
    if (!dirty_hull(&painter->dirty, &left, &end))
        return 0;
    compose_strip(painter, left, end < width ? end : width);
    while (dirty_next(&painter->dirty, &left, &right) && left < width) {
        end = right < width ? right : width;
        strip_store(strip, buffer, painter->part_box.x, left, end);
        written += (uint64_t)(end - left) * (uint64_t)(strip->until - strip->top);
    }
    return written;
}

static uint64_t fill_strip(struct painter *painter, const struct screen_buffer *buffer)
{
    const int width = painter->part_box.w;

    compose_strip(painter, 0, width);
    strip_store(&painter->strip, buffer, painter->part_box.x, 0, width);
    return (uint64_t)width * (uint64_t)(painter->strip.until - painter->strip.top);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* The ink of the glyphs that come: of the first, if they have several. */
static color main_ink(const struct painter *painter)
{
    const struct selection *selection = &painter->part[NOW];

    for (unsigned i = 0; i < selection->nglyphs; i++)
        if (!painter->glyphs.is_kept_now[selection->glyph[i]])
            return selection->content->picture.glyph[selection->glyph[i]].ink;
    return 0;
}

static void select_part(struct painter *painter, const struct content *contents[2], unsigned ncontents,
                        struct rect box)
{
    painter->part_box = box;
    for (unsigned i = 0; i < ncontents; i++) {
        selection_of_all(&painter->part[i], contents[i]);
        selection_clip(&painter->part[i], &painter->part[i], box);
    }
    painter->part_ink = ncontents == 2 ? main_ink(painter) : 0;
}

static void prepare(struct painter *painter, unsigned ncontents, int top, int until)
{
    const struct rect box = painter->part_box;

    for (unsigned i = 0; i < ncontents; i++)
        selection_clip(&painter->rows[i], &painter->part[i], rect_clip(box.x, top, box.w, until - top, box));
    bands_prepare(painter->band, painter->rows, ncontents, painter->fonts, until);
}

/* `before` is what the buffer shows, painter->regions and painter->glyphs what it differs in; NULL: store all. */
static uint64_t paint_part(struct painter *painter, const struct screen_buffer *buffer,
                           const struct content *before, const struct content *now, struct rect box)
{
    const struct content *contents[] = { [NOW] = now, [BEFORE] = before };
    const unsigned ncontents = before ? 2 : 1;
    const int bottom = box.y + box.h;
    uint64_t written = 0;

    select_part(painter, contents, ncontents, box);
    row_begin(&painter->row, box.x, box.w, buffer->format);
    for (int y = box.y, until; y < bottom; y = until) {
        const bool is_sideways = turn_is_sideways(buffer);

        if (is_sideways)
            strip_begin(&painter->strip, buffer, y, bottom);
        until = is_sideways ? painter->strip.until : y + BAND_ROWS < bottom ? y + BAND_ROWS : bottom;
        prepare(painter, ncontents, y, until);
        if (!is_sideways)
            written += paint_rows(painter, buffer, before != NULL, y, until);
        else
            written += before ? change_strip(painter, buffer) : fill_strip(painter, buffer);
    }
    return written;
}

/* Right after find_damage() of the same contents. */
static uint64_t paint_damage(struct painter *painter, const struct screen_buffer *buffer,
                             const struct content *before, const struct content *now,
                             const struct damage *damage)
{
    uint64_t written = 0;

    if (!is_comparable(before, now))
        before = NULL;
    assert(buffer->width >= painter->screen.w && buffer->height >= painter->screen.h);
    for (unsigned i = 0; i < damage->count; i++)
        written += paint_part(painter, buffer, before, now, damage->rect[i]);
    return written;
}

/* ---- two buffers ----------------------------------------------------------------------------- */

static struct content *spare(struct painter *painter)
{
    for (unsigned i = 0; i < 3; i++)
        if (&painter->content[i] != painter->shown[0] && &painter->content[i] != painter->shown[1])
            return &painter->content[i];
    return NULL;
}

uint64_t painter_paint(struct painter *painter, const struct screen_buffer *back,
                       const struct picture *picture, struct rect damage[DAMAGE_MAX], unsigned *ndamage)
{
    const unsigned index = back->index & 1;
    struct content *now = spare(painter), *before = painter->shown[index], *other = painter->shown[1 - index];
    struct damage here, there;

    content_set(now, picture, painter->fonts, painter->screen);
    find_damage(painter, other, now, &there);
    if (other == before)
        here = there;
    else
        find_damage(painter, before, now, &here);
    const uint64_t written = paint_damage(painter, back, before, now, &here);

    painter->shown[index] = now;
    painter->last = index;
    memcpy(damage, there.rect, there.count * sizeof(damage[0]));
    *ndamage = there.count;
    return written;
}

uint64_t painter_repair(struct painter *painter, const struct screen_buffer *back)
{
    const unsigned index = back->index & 1;
    struct content *now = painter->shown[1 - index];
    struct damage damage;

    if (!now)
        return 0;
    find_damage(painter, painter->shown[index], now, &damage);
    const uint64_t written = paint_damage(painter, back, painter->shown[index], now, &damage);

    painter->shown[index] = now;
    return written;
}

uint64_t painter_full(struct painter *painter, const struct screen_buffer *buffer,
                      const struct picture *picture)
{
    struct content *now = spare(painter);

    content_set(now, picture, painter->fonts, painter->screen);
    return paint_part(painter, buffer, NULL, now, painter->screen);
}
