#include "board/paint/dirty.h"

#include <string.h>

#define GAP_PX 4

void dirty_begin(struct dirty *dirty, int width)
{
    dirty->nwords = (unsigned)(width + 63) / 64;
    memset(dirty->bits, 0, dirty->nwords * sizeof(uint64_t));
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

/* 64 bits of a mask from bit `from` on, which may lie outside. */
static inline uint64_t bits_at(const uint64_t *mask, int nwords, int from)
{
    const int word = from >> 6, shift = from & 63;
    const uint64_t low = word >= 0 && word < nwords ? mask[word] : 0;
    const uint64_t high = word + 1 >= 0 && word + 1 < nwords ? mask[word + 1] : 0;

    return shift ? low >> shift | high << (64 - shift) : low;
}

/* The words of the row that a glyph reaches. */
struct reach {
    int first, end;
};

static struct reach reach_of(const struct dirty *dirty, const struct glyph *glyph, int x)
{
    const int first = x >> 6, end = (x + glyph->width + 63) >> 6;

    return (struct reach){ first < 0 ? 0 : first, end > (int)dirty->nwords ? (int)dirty->nwords : end };
}

void dirty_glyph(struct dirty *dirty, struct dirty_layer *layer, const struct glyph *glyph, int row, int x,
                 bool is_solid)
{
    const struct reach reach = reach_of(dirty, glyph, x);
    const int nwords = glyph->mask_words;
    const uint64_t *inked = glyph->inked + (size_t)row * glyph->mask_words;
    const uint64_t *solid = glyph->solid + (size_t)row * glyph->mask_words;

    for (int i = reach.first; i < reach.end; i++) {
        const uint64_t touched = bits_at(inked, nwords, i * 64 - x);

        layer->twice[i] |= layer->inked[i] & touched;
        layer->inked[i] |= touched;
        if (is_solid)
            layer->solid[i] |= bits_at(solid, nwords, i * 64 - x);
    }
}

void dirty_kept(struct dirty *dirty, const struct glyph *glyph, int row, int x)
{
    const struct reach reach = reach_of(dirty, glyph, x);
    const uint64_t *inked = glyph->inked + (size_t)row * glyph->mask_words;

    for (int i = reach.first; i < reach.end; i++)
        dirty->kept[i] |= bits_at(inked, glyph->mask_words, i * 64 - x);
}

void dirty_end(struct dirty *dirty)
{
    struct dirty_layer *gone = &dirty->gone, *come = &dirty->come;

    for (unsigned i = 0; i < dirty->nwords; i++) {
        const uint64_t busy = gone->twice[i] | come->twice[i] | dirty->kept[i];
        const uint64_t same = gone->solid[i] & come->solid[i] & ~busy;

        dirty->bits[i] |= (gone->inked[i] | come->inked[i]) & ~same;
        gone->inked[i] = gone->twice[i] = gone->solid[i] = 0;
        come->inked[i] = come->twice[i] = come->solid[i] = 0;
        dirty->kept[i] = 0;
    }
}

bool dirty_hull(const struct dirty *dirty, int *left, int *right)
{
    unsigned first = 0, end = dirty->nwords;

    while (first < end && !dirty->bits[first])
        first++;
    while (end > first && !dirty->bits[end - 1])
        end--;
    *left = (int)first * 64;
    *right = (int)end * 64;
    return first < end;
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
