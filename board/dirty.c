#include "board/dirty.h"

#include <string.h>

#define GAP_PX 2

void dirty_begin(struct dirty *dirty, int width)
{
    const size_t bytes = (size_t)(width + 63) / 64 * sizeof(uint64_t);

    dirty->nwords = (unsigned)(width + 63) / 64;
    memset(dirty->gone.inked, 0, bytes);
    memset(dirty->gone.twice, 0, bytes);
    memset(dirty->gone.solid, 0, bytes);
    memset(dirty->come.inked, 0, bytes);
    memset(dirty->come.twice, 0, bytes);
    memset(dirty->come.solid, 0, bytes);
    memset(dirty->kept, 0, bytes);
    memset(dirty->bits, 0, bytes);
}

void dirty_range(struct dirty *dirty, int left, int right)
{
    const int width = (int)dirty->nwords * 64;

    left = left < 0 ? 0 : left;
    right = right > width ? width : right;
    for (int x = left; x < right; x = (x / 64 + 1) * 64) {
        const int end = right - x / 64 * 64;

        dirty->bits[x / 64] |= UINT64_MAX << x % 64 & (end < 64 ? (UINT64_C(1) << end) - 1 : UINT64_MAX);
    }
}

/* The part of 64 bits, the first of which lies at pixel x, that falls into word `at` of a row. */
static uint64_t shifted(uint64_t bits, int x, int at)
{
    const int shift = x - at * 64;

    if (shift <= -64 || shift >= 64)
        return 0;
    return shift >= 0 ? bits << shift : bits >> -shift;
}

/* First word of the row that 64 bits at pixel x reach; x is above -64. */
static int first_word(int x)
{
    return x < 0 ? 0 : x / 64;
}

static void touch(struct dirty_layer *layer, int at, uint64_t bits)
{
    layer->twice[at] |= layer->inked[at] & bits;
    layer->inked[at] |= bits;
}

void dirty_glyph(struct dirty *dirty, struct dirty_layer *layer, const struct glyph *glyph, int row, int x,
                 bool is_solid)
{
    const uint64_t *inked = glyph->inked + (size_t)row * glyph->mask_words;
    const uint64_t *solid = glyph->solid + (size_t)row * glyph->mask_words;

    for (int i = 0; i < glyph->mask_words; i++, x += 64)
        for (int at = first_word(x); at <= first_word(x) + 1 && at < (int)dirty->nwords; at++) {
            touch(layer, at, shifted(inked[i], x, at));
            if (is_solid)
                layer->solid[at] |= shifted(solid[i], x, at);
        }
}

void dirty_kept(struct dirty *dirty, const struct glyph *glyph, int row, int x)
{
    const uint64_t *inked = glyph->inked + (size_t)row * glyph->mask_words;

    for (int i = 0; i < glyph->mask_words; i++, x += 64)
        for (int at = first_word(x); at <= first_word(x) + 1 && at < (int)dirty->nwords; at++)
            dirty->kept[at] |= shifted(inked[i], x, at);
}

void dirty_end(struct dirty *dirty)
{
    const struct dirty_layer *gone = &dirty->gone, *come = &dirty->come;

    for (unsigned i = 0; i < dirty->nwords; i++) {
        const uint64_t busy = gone->twice[i] | come->twice[i] | dirty->kept[i];
        const uint64_t same = gone->solid[i] & come->solid[i] & ~busy;

        dirty->bits[i] |= (gone->inked[i] | come->inked[i]) & ~same;
    }
}

/* First pixel from x on whose bit is set in `bits` ^ flip; the end of the row if there is none. */
static int find(const struct dirty *dirty, int x, uint64_t flip)
{
    for (unsigned at = (unsigned)x / 64; at < dirty->nwords; at++) {
        const uint64_t from = at == (unsigned)x / 64 ? UINT64_MAX << x % 64 : UINT64_MAX;
        const uint64_t bits = (dirty->bits[at] ^ flip) & from;

        if (bits)
            return (int)at * 64 + __builtin_ctzll(bits);
    }
    return (int)dirty->nwords * 64;
}

bool dirty_next(const struct dirty *dirty, int *left, int *right)
{
    const int width = (int)dirty->nwords * 64;
    int next;

    *left = find(dirty, *right, 0);
    if (*left == width)
        return false;
    next = *left;
    do {
        *right = find(dirty, next, UINT64_MAX);
        next = find(dirty, *right, 0);
    } while (next < width && next - *right <= GAP_PX);
    return true;
}
