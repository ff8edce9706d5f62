#include "board/paint/damage.h"

#include <string.h>

static bool is_same(const struct mark *a, const struct mark *b)
{
    return a->what == b->what && a->where == b->where;
}

static unsigned hash_mark(const struct mark *mark)
{
    const uint64_t hash = (mark->what * 0x9e3779b97f4a7c15u ^ mark->where) * 0xbf58476d1ce4e5b9u;

    return (unsigned)(hash >> 40);
}

/* The part of the lists between a common start and a common end. */
struct middle {
    const struct mark *before, *now;
    unsigned start, before_end, now_end;
};

static void fill_table(struct diff *diff, const struct middle *middle, unsigned mask)
{
    memset(diff->table, 0, (mask + 1) * sizeof(diff->table[0]));
    for (unsigned i = middle->start; i < middle->before_end; i++) {
        unsigned at = hash_mark(&middle->before[i]) & mask;

        while (diff->table[at])
            at = (at + 1) & mask;
        diff->table[at] = (uint16_t)(i + 1);
    }
}

/* Twins are given out once each, first ones first. */
static uint16_t take_match(struct diff *diff, const struct middle *middle, const struct mark *mark,
                           unsigned mask)
{
    for (unsigned at = hash_mark(mark) & mask; diff->table[at]; at = (at + 1) & mask) {
        const uint16_t i = diff->table[at];

        if (!diff->is_kept_before[i - 1] && is_same(&middle->before[i - 1], mark)) {
            diff->is_kept_before[i - 1] = true;
            return i;
        }
    }
    return 0;
}

static void match_all(struct diff *diff, const struct middle *middle)
{
    unsigned mask = 15;

    while (mask < 2 * (middle->before_end - middle->start))
        mask = mask * 2 + 1;
    fill_table(diff, middle, mask);
    for (unsigned i = middle->start; i < middle->now_end; i++)
        diff->match[i] = take_match(diff, middle, &middle->now[i], mask);
}

/* Patience sorting: the longest run of matches whose old indices rise. Returns its length; it ends at
 * tail[length - 1]. */
static unsigned longest_run(struct diff *diff, const struct middle *middle)
{
    unsigned length = 0;

    for (unsigned i = middle->start; i < middle->now_end; i++) {
        unsigned low = 0, high = length;

        if (!diff->match[i])
            continue;
        while (low < high) {
            const unsigned mid = (low + high) / 2;

            if (diff->match[diff->tail[mid]] < diff->match[i])
                low = mid + 1;
            else
                high = mid;
        }
        diff->tail[low] = (uint16_t)i;
        diff->previous[i] = low ? (uint16_t)(diff->tail[low - 1] + 1) : 0;
        if (low == length)
            length++;
    }
    return length;
}

static void keep_run(struct diff *diff, const struct middle *middle)
{
    const unsigned length = longest_run(diff, middle);

    memset(diff->is_kept_before + middle->start, 0, middle->before_end - middle->start);
    for (unsigned i = length ? diff->tail[length - 1] + 1u : 0; i; i = diff->previous[i - 1]) {
        diff->is_kept_now[i - 1] = true;
        diff->is_kept_before[diff->match[i - 1] - 1] = true;
    }
}

void diff_lists(struct diff *diff, const struct mark *before, unsigned nbefore, const struct mark *now,
                unsigned nnow)
{
    struct middle middle = { before, now, 0, nbefore, nnow };

    while (middle.start < nbefore && middle.start < nnow &&
           is_same(&before[middle.start], &now[middle.start]))
        middle.start++;
    while (middle.before_end > middle.start && middle.now_end > middle.start &&
           is_same(&before[middle.before_end - 1], &now[middle.now_end - 1])) {
        middle.before_end--;
        middle.now_end--;
    }
    memset(diff->is_kept_before, true, nbefore);
    memset(diff->is_kept_now, true, nnow);
    memset(diff->is_kept_before + middle.start, false, middle.before_end - middle.start);
    memset(diff->is_kept_now + middle.start, false, middle.now_end - middle.start);
    if (middle.before_end > middle.start && middle.now_end > middle.start) {
        match_all(diff, &middle);
        keep_run(diff, &middle);
    }
}

/* ---- rectangles ------------------------------------------------------------------------------ */

static int max_int(int a, int b)
{
    return a > b ? a : b;
}

static int min_int(int a, int b)
{
    return a < b ? a : b;
}

struct rect rect_clip(int x, int y, int w, int h, struct rect to)
{
    const int left = max_int(x, to.x), right = min_int(x + w, to.x + to.w);
    const int top = max_int(y, to.y), bottom = min_int(y + h, to.y + to.h);

    if (left >= right || top >= bottom)
        return (struct rect){ 0 };
    return (struct rect){ (int16_t)left, (int16_t)top, (int16_t)(right - left), (int16_t)(bottom - top) };
}

static struct rect join(struct rect a, struct rect b)
{
    const int left = min_int(a.x, b.x), right = max_int(a.x + a.w, b.x + b.w);
    const int top = min_int(a.y, b.y), bottom = max_int(a.y + a.h, b.y + b.h);

    return (struct rect){ (int16_t)left, (int16_t)top, (int16_t)(right - left), (int16_t)(bottom - top) };
}

static int64_t area(struct rect rect)
{
    return (int64_t)rect.w * rect.h;
}

static int64_t waste(struct rect a, struct rect b)
{
    return area(join(a, b)) - area(a) - area(b);
}

/* A rectangle that the new one must or should be joined with; damage->count if there is none. */
static unsigned find_partner(const struct damage *damage, struct rect rect)
{
    unsigned i = 0;

    for (; i < damage->count; i++)
        if (rect_overlaps(damage->rect[i], rect) ||
            waste(damage->rect[i], rect) * 4 <= area(join(damage->rect[i], rect)))
            break;
    return i;
}

static unsigned find_cheapest(const struct damage *damage, struct rect rect)
{
    unsigned best = 0;

    for (unsigned i = 1; i < damage->count; i++)
        if (waste(damage->rect[i], rect) < waste(damage->rect[best], rect))
            best = i;
    return best;
}

void damage_add(struct damage *damage, struct rect rect)
{
    if (rect.w <= 0 || rect.h <= 0)
        return;
    for (;;) {
        unsigned partner = find_partner(damage, rect);

        if (partner == damage->count && damage->count < DAMAGE_MAX) {
            damage->rect[damage->count++] = rect;
            return;
        }
        if (partner == damage->count)
            partner = find_cheapest(damage, rect);
        rect = join(rect, damage->rect[partner]);
        damage->rect[partner] = damage->rect[--damage->count];
    }
}
