/* Damage: the difference of two display lists, and a bounded set of rectangles. Pure; allocates nothing.
 *
 * Two lists differ in the items that are not part of one long common subsequence. Order counts, because later
 * items are painted over earlier ones: an item that only changed places in the list is damage as well.
 */
#pragma once

#include "board/paint/paint.h"

/* An item by value: equal marks paint equal pixels. */
struct mark {
    uint64_t what, where;
};

#define DIFF_ITEMS_MAX PICTURE_GLYPHS_MAX

/* Scratch and result of one comparison. */
struct diff {
    bool is_kept_before[DIFF_ITEMS_MAX]; /* item i of the old list is also in the new one */
    bool is_kept_now[DIFF_ITEMS_MAX];
    uint16_t match[DIFF_ITEMS_MAX];    /* of new items: old index + 1 */
    uint16_t previous[DIFF_ITEMS_MAX]; /* of new items: the one before in the longest run, + 1 */
    uint16_t tail[DIFF_ITEMS_MAX];     /* of run lengths: new index that ends the best run */
    uint16_t table[4 * DIFF_ITEMS_MAX];
};
/* Both lists at most DIFF_ITEMS_MAX long. */
void diff_lists(struct diff *diff, const struct mark *before, unsigned nbefore, const struct mark *now,
                unsigned nnow);

/* Rectangles that never overlap. */
struct damage {
    unsigned count;
    struct rect rect[DAMAGE_MAX];
};
/* Takes in a rectangle; it is joined with others that it overlaps, that lie so close that one rectangle
 * wastes little, or, when the set is full, that cost the least. An empty one changes nothing. */
void damage_add(struct damage *damage, struct rect rect);

static inline bool rect_overlaps(struct rect a, struct rect b)
{
    return a.y < b.y + b.h && b.y < a.y + a.h && a.x < b.x + b.w && b.x < a.x + a.w;
}
/* The common part; w = 0 if there is none. Takes ints, for boxes that reach far outside. */
struct rect rect_clip(int x, int y, int w, int h, struct rect to);
