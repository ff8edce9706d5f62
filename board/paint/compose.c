#include "board/paint/compose.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ROW_MARGIN_PX 32 /* on both sides: glyphs are painted in groups of eight; keeps lines aligned */

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
    row->band_until = INT_MIN;
}

static struct stretch clip(const struct row *row, int left, int right)
{
    return (struct stretch){ left < 0 ? 0 : left, right > row->width ? row->width : right };
}

static bool overlaps(struct stretch a, struct stretch b)
{
    return a.left < b.right && b.left < a.right;
}

static void put_back_ground(struct row *row, struct stretch on)
{
    const size_t count = (size_t)(on.right - on.left);

    memcpy(row->line + on.left, row->ground + on.left, count * sizeof(row->line[0]));
    if (row->format == PIXEL_RGB565)
        memcpy(row->packed + on.left, row->packed_ground + on.left, count * sizeof(row->packed[0]));
}

/* ---- shades ---------------------------------------------------------------------------------- */

/* NULL: other letters of the band have all the shades already. */
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

/* The columns of the letter have the ground, and nothing else. */
static void look_below(struct row *row, struct letter *letter, const struct item *item)
{
    const uint32_t *ground = row->ground + letter->on.left;
    const size_t others = (size_t)(letter->on.right - letter->on.left - 1);

    letter->shades = NULL;
    letter->shown = item->top - 1;
    if (letter->is_alone && memcmp(ground, ground + 1, others * sizeof(*ground)) == 0)
        letter->shades = find_shades(row, item->placed->ink, *ground);
}

/* ---- ground ---------------------------------------------------------------------------------- */

static void renew_part(struct row *row, const struct band *band, int y, struct stretch part)
{
    const bool is_packed = row->format == PIXEL_RGB565;

    if (part.left >= part.right)
        return;
    ground_paint(band, &(struct span){ row->x + part.left, y, part.right - part.left, row->ground + part.left,
                                       is_packed ? row->packed_ground + part.left : NULL });
    put_back_ground(row, part);
    for (unsigned i = 0; i < row->nhere; i++) {
        struct letter *letter = &row->letter[row->here[i]];

        if (overlaps(letter->on, part)) {
            put_back_ground(row, letter->on);
            look_below(row, letter, &band->item[row->here[i]]);
        }
    }
}

/* Where the ground of row y is not that of the row it was painted for; more than BENDS_MAX: all of it. */
static unsigned find_bends(const struct row *row, const struct band *band, int y, struct stretch *bends)
{
    unsigned count = 0;

    for (unsigned i = 0; i < band->nregions && count <= BENDS_MAX; i++)
        count += region_changes(band->region[i], row->ground_y, y, bends + count);
    return count;
}

static void hold_ground(struct row *row, const struct band *band, int y)
{
    row->ground_y = y;
    row->ground_until = band->until;
    for (unsigned i = 0; i < band->nregions; i++) {
        const int until = region_holds_until(band->region[i], y);

        row->ground_until = until < row->ground_until ? until : row->ground_until;
    }
}

static void renew_ground(struct row *row, const struct band *band, int y)
{
    struct stretch bends[BENDS_MAX + 2];
    const unsigned count = find_bends(row, band, y, bends);

    if (count > BENDS_MAX)
        renew_part(row, band, y, clip(row, 0, row->width));
    for (unsigned i = 0; i < count && count <= BENDS_MAX; i++)
        renew_part(row, band, y, clip(row, bends[i].left - row->x, bends[i].right - row->x));
    hold_ground(row, band, y);
}

/* ---- the glyphs that cross a row ------------------------------------------------------------- */

/* Those that have ended leave the ground behind. */
static void find_letters(struct row *row, const struct band *band, int y)
{
    row->nhere = 0;
    row->letters_until = band->until;
    for (unsigned i = 0; i < band->nglyphs; i++) {
        const struct item *item = &band->item[i];
        const int change = y < item->top ? item->top : item->bottom;

        if (y < item->bottom && change < row->letters_until)
            row->letters_until = change;
        if (y >= item->top && y < item->bottom) {
            row->here[row->nhere++] = (uint16_t)i;
        } else if (row->letter[i].is_here) {
            row->letter[i].is_here = false;
            put_back_ground(row, row->letter[i].on);
        }
    }
}

static void share_columns(struct letter *letter)
{
    letter->is_alone = false;
    letter->shades = NULL;
}

static void compare(struct row *row, struct letter *letter)
{
    for (unsigned i = 0; i < row->nhere; i++) {
        struct letter *other = &row->letter[row->here[i]];

        if (overlaps(letter->on, other->on) && other->is_here) {
            share_columns(letter);
            share_columns(other);
        }
    }
}

static void meet(struct row *row, const struct band *band, unsigned index)
{
    const int x = band->item[index].x - row->x;
    const struct stretch on = clip(row, x, x + band_glyph(band, &band->item[index])->width);
    struct letter *letter = &row->letter[index];

    assert(on.left < on.right);
    *letter = (struct letter){ .on = on, .x = x, .is_new = true, .is_alone = !band->is_tight };
    if (row->nhere <= LETTERS_ALONE_MAX)
        compare(row, letter);
    letter->is_here = true;
}

static void renew_letters(struct row *row, const struct band *band, int y)
{
    find_letters(row, band, y);
    for (unsigned i = 0; i < row->nhere; i++)
        if (!row->letter[row->here[i]].is_here)
            meet(row, band, row->here[i]);
    for (unsigned i = 0; i < row->nhere; i++) {
        struct letter *letter = &row->letter[row->here[i]];

        if (row->nhere > LETTERS_ALONE_MAX)
            share_columns(letter);
        else if (letter->is_new)
            look_below(row, letter, &band->item[row->here[i]]);
        letter->is_new = false;
    }
}

/* Whole groups of eight, from the first to the last that are wanted: up to seven pixels more on each side. */
static void blend_letter(struct row *row, const struct letter *letter, const struct item *item,
                         const struct glyph *glyph, int y, struct stretch wanted)
{
    const int start = letter->x;
    const int first = start < wanted.left ? (wanted.left - start) / 8 : 0;
    const int last =
        start + glyph->stride > wanted.right ? (wanted.right - start + 7) / 8 : glyph->stride / 8;

    if (first >= last)
        return;
    const int left = start + first * 8, count = last - first;
    const uint8_t *alpha = glyph->alpha + (y - item->top) * glyph->stride + first * 8;

    if (row->format == PIXEL_RGB565)
        blend_row_rgb565(row->line + left, row->packed + left, alpha, count, glyph->width - first * 8,
                         item->placed->ink);
    else
        blend_row(row->line + left, alpha, count, item->placed->ink);
}

static void blend_letters(struct row *row, const struct band *band, int y, struct stretch wanted)
{
    for (unsigned i = 0; i < row->nhere; i++)
        if (!row->letter[row->here[i]].shades)
            put_back_ground(row, row->letter[row->here[i]].on);
    for (unsigned i = 0; i < row->nhere; i++) {
        const struct letter *letter = &row->letter[row->here[i]];
        const struct item *item = &band->item[row->here[i]];

        if (!letter->shades)
            blend_letter(row, letter, item, band_glyph(band, item), y, wanted);
    }
}

/* Only what is not in the line from the row above; all of a letter that the row cuts off. */
static void shade_letter(struct row *row, struct letter *letter, const struct item *item, int y)
{
    const struct glyph *glyph = item->glyph;
    const unsigned at = (unsigned)(y - item->top);
    const int left = letter->on.left, width = letter->on.right - left;
    const bool is_next = letter->shown == y - 1 && width == glyph->width;
    const uint64_t *changed = is_next ? glyph->changed + at * glyph->changed_words : NULL;
    const uint8_t *alpha = glyph->alpha + at * glyph->stride + (left - letter->x);

    letter->shown = y;
    if (row->format == PIXEL_RGB565)
        shade_row_rgb565(row->packed + left, alpha, changed, width, letter->shades);
    else
        shade_row(row->line + left, alpha, changed, width, letter->shades);
}

static void paint_letters(struct row *row, const struct band *band, int y, struct stretch wanted)
{
    if (row->nblended > 0)
        blend_letters(row, band, y, wanted);
    for (unsigned i = 0; i < row->nhere; i++) {
        struct letter *letter = &row->letter[row->here[i]];

        if (letter->shades && overlaps(letter->on, wanted))
            shade_letter(row, letter, &band->item[row->here[i]], y);
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void meet_band(struct row *row, const struct band *band, int y)
{
    row->band_until = band->until;
    row->nhere = 0;
    for (unsigned i = 0; i < band->nglyphs; i++)
        row->letter[i].is_here = false;
    if (row->nshades == SHADES_MAX)
        row->nshades = 0;
    renew_part(row, band, y, clip(row, 0, row->width));
    hold_ground(row, band, y);
    row->letters_until = y;
}

static void count_blended(struct row *row)
{
    row->nblended = 0;
    for (unsigned i = 0; i < row->nhere; i++)
        row->nblended += !row->letter[row->here[i]].shades;
}

const void *row_compose(struct row *row, const struct band *band, int y, int left, int right)
{
    if (y >= row->band_until)
        meet_band(row, band, y);
    if (y >= row->ground_until || y >= row->letters_until) {
        if (y >= row->ground_until)
            renew_ground(row, band, y);
        if (y >= row->letters_until)
            renew_letters(row, band, y);
        count_blended(row);
    }
    paint_letters(row, band, y, clip(row, left, right));
    return row->format == PIXEL_RGB565 ? (const void *)row->packed : row->line;
}
