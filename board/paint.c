#include "board/paint.h"
#include "board/compose.h"
#include "board/damage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BAND_ROWS 16 /* items are selected anew for so many rows */
#define RUN_BLOCK 2  /* pixels that are compared at once */

enum { NOW, BEFORE };

struct painter {
    struct fonts *fonts;
    struct rect screen;
    struct content content[3];
    struct content *shown[2]; /* NULL: unknown; both the same after a repair */
    unsigned last;            /* buffer painted last */
    struct diff diff;
    struct mark before[DIFF_ITEMS_MAX], now[DIFF_ITEMS_MAX];
    struct selection part[2], rows[2]; /* [NOW] and [BEFORE] */
    struct band band[2];
    uint32_t *line[2];
    uint16_t *packed;
};

struct painter *painter_create(struct fonts *fonts, int width, int height, enum pixel_format format)
{
    struct painter *painter = calloc(1, sizeof(*painter));
    const size_t line_px = ((size_t)width + 15) / 16 * 16;

    (void)format; /* each buffer names its own */
    if (!painter)
        return NULL;
    painter->fonts = fonts;
    painter->screen = (struct rect){ 0, 0, (int16_t)width, (int16_t)height };
    painter->line[BEFORE] = aligned_alloc(64, line_px * sizeof(uint32_t));
    painter->line[NOW] = aligned_alloc(64, line_px * sizeof(uint32_t));
    painter->packed = aligned_alloc(64, line_px * sizeof(uint32_t));
    if (painter->line[BEFORE] && painter->line[NOW] && painter->packed)
        return painter;
    painter_destroy(painter);
    return NULL;
}

void painter_destroy(struct painter *painter)
{
    if (!painter)
        return;
    free(painter->line[BEFORE]);
    free(painter->line[NOW]);
    free(painter->packed);
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
    mark.what = (uint64_t)(uint16_t)region->radius_px << 32 | region->fill;
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
    struct diff *diff = &painter->diff;

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
    struct diff *diff = &painter->diff;

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

static void find_damage(struct painter *painter, const struct content *before, const struct content *now,
                        struct damage *damage)
{
    damage->count = 0;
    if (before == now)
        return;
    if (!before || before->picture.background != now->picture.background) {
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

static void store(struct painter *painter, const struct screen_buffer *buffer, int x, int y, int width,
                  const uint32_t *line)
{
    uint8_t *row = buffer->pixels + (size_t)y * buffer->stride;

    if (buffer->format == PIXEL_RGB565) {
        pack_rgb565(painter->packed, line, width);
        memcpy(row + (size_t)x * sizeof(uint16_t), painter->packed, (size_t)width * sizeof(uint16_t));
    } else {
        memcpy(row + (size_t)x * sizeof(uint32_t), line, (size_t)width * sizeof(uint32_t));
    }
}

static bool is_same_block(const uint32_t *a, const uint32_t *b)
{
    uint64_t x, y;

    memcpy(&x, a, sizeof(x));
    memcpy(&y, b, sizeof(y));
    return x == y;
}

/* First pixel of a run of blocks that differ, from i on; `width` if there is none. */
static int run_start(const uint32_t *before, const uint32_t *now, int i, int width)
{
    while (i + RUN_BLOCK <= width && is_same_block(before + i, now + i))
        i += RUN_BLOCK;
    while (i < width && before[i] == now[i])
        i++;
    return i;
}

/* One past its last pixel. A block of equal pixels ends a run: fewer are not worth a store of their own. */
static int run_end(const uint32_t *before, const uint32_t *now, int i, int width)
{
    while (i + RUN_BLOCK <= width && !is_same_block(before + i, now + i))
        i += RUN_BLOCK;
    if (i + RUN_BLOCK > width)
        i = width;
    while (before[i - 1] == now[i - 1])
        i--;
    return i;
}

static uint64_t store_difference(struct painter *painter, const struct screen_buffer *buffer, int x, int y,
                                 int width)
{
    const uint32_t *before = painter->line[BEFORE], *now = painter->line[NOW];
    uint64_t written = 0;

    for (int start = run_start(before, now, 0, width); start < width;) {
        const int end = run_end(before, now, start, width);

        store(painter, buffer, x + start, y, end - start, now + start);
        written += (uint64_t)(end - start);
        start = run_start(before, now, end, width);
    }
    return written;
}

static uint64_t paint_rows(struct painter *painter, const struct screen_buffer *buffer, struct rect rows,
                           bool is_known)
{
    uint64_t written = 0;

    for (int y = rows.y; y < rows.y + rows.h; y++) {
        compose_line(&painter->band[NOW], rows.x, y, rows.w, painter->line[NOW]);
        if (is_known) {
            compose_line(&painter->band[BEFORE], rows.x, y, rows.w, painter->line[BEFORE]);
            written += store_difference(painter, buffer, rows.x, y, rows.w);
        } else {
            store(painter, buffer, rows.x, y, rows.w, painter->line[NOW]);
            written += (uint64_t)rows.w;
        }
    }
    return written;
}

/* Composes what the buffer shows beside what it shall show: the only pixels stored are those that differ. */
static uint64_t paint_part(struct painter *painter, const struct screen_buffer *buffer,
                           const struct content *before, const struct content *now, struct rect part)
{
    const struct content *contents[] = { [NOW] = now, [BEFORE] = before };
    const unsigned count = before ? 2 : 1;
    uint64_t written = 0;

    for (unsigned i = 0; i < count; i++) {
        selection_of_all(&painter->part[i], contents[i]);
        selection_clip(&painter->part[i], &painter->part[i], part);
    }
    for (int y = part.y; y < part.y + part.h; y += BAND_ROWS) {
        const struct rect rows = rect_clip(part.x, y, part.w, BAND_ROWS, part);

        for (unsigned i = 0; i < count; i++)
            selection_clip(&painter->rows[i], &painter->part[i], rows);
        bands_prepare(painter->band, painter->rows, count, painter->fonts);
        written += paint_rows(painter, buffer, rows, before != NULL);
    }
    return written;
}

static uint64_t paint_damage(struct painter *painter, const struct screen_buffer *buffer,
                             const struct content *before, const struct content *now,
                             const struct damage *damage)
{
    uint64_t written = 0;

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
    find_damage(painter, before, now, &here);
    if (other == before)
        there = here;
    else
        find_damage(painter, other, now, &there);
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
