#include "board/hall/highlight.h"

#define HALF_US (HIGHLIGHT_BEAT_US / 2)

/* The first beat that begins when the call is new already. */
static int64_t first_beat_us(const struct announce *announce, int64_t since_us)
{
    int64_t beats = (since_us - announce->beat_us + HIGHLIGHT_BEAT_US - 1) / HIGHLIGHT_BEAT_US;
    return announce->beat_us + beats * HIGHLIGHT_BEAT_US;
}

/* The last beat has its second half, too: the next one could come too soon after it. */
void highlight_begin(struct announce *announce, int64_t seen_us)
{
    if (seen_us >= announce->rest_us)
        announce->beat_us = seen_us;
    announce->rest_us = first_beat_us(announce, seen_us) + HIGHLIGHT_BEATS * HIGHLIGHT_BEAT_US;
}

/* A recall while its bar is there leaves it there for the rest of the half. */
static bool mark(const struct announce *announce, struct announce_slot *slot, int64_t seen_us)
{
    bool was_marked = slot->is_marked;
    slot->is_marked = false;
    slot->mark_us = INT64_MAX;
    if (!announce->is_pulsing || !slot->is_new)
        return was_marked;
    int64_t first_us = first_beat_us(announce, slot->until_us - announce->dwell_us);
    int64_t half = (seen_us - announce->beat_us) / HALF_US;
    if (seen_us >= first_us + (2 * HIGHLIGHT_BEATS - 1) * HALF_US)
        return was_marked;
    slot->is_marked = half % 2 == 0 && (was_marked || seen_us >= first_us);
    bool waits = !slot->is_marked && seen_us < first_us;
    slot->mark_us = waits ? first_us : announce->beat_us + (half + 1) * HALF_US;
    return slot->is_marked != was_marked;
}

bool highlight_mark(struct announce *announce, int64_t seen_us)
{
    bool is_changed = false;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        is_changed |= mark(announce, &announce->slot[i], seen_us);
    return is_changed;
}
