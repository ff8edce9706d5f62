#include "protocol/feed_own.h"

#include "protocol/feed_window.h"

#define LEAP_MAX (1u << 20) /* no server is this far ahead of its own answer: its numbers were wrong */

/* ---- the sequence ---------------------------------------------------------------------------- */

/* FEED-9: what is missing between the snapshot and the highest number. */
void feed_advance(struct feed *feed)
{
    const struct feed_window *window = feed_window(feed->memory, feed->epoch);
    if (feed->whole < feed->base)
        feed->whole = feed->base;
    while (feed->whole < window->top && window->top - feed->whole <= FEED_WINDOW &&
           feed_window_has(window, feed->whole + 1))
        feed->whole++;
    if (feed->highest < feed->whole)
        feed->highest = feed->whole;
}

void feed_watch_gap(struct feed *feed)
{
    bool has_gap = feed->epoch[0] && feed->whole < feed->highest;
    if (has_gap && feed->gap_us == INT64_MAX) {
        feed->gap_us = feed->now_us;
        feed->count.gaps++;
    }
    if (!has_gap)
        feed->gap_us = INT64_MAX;
}

/* FEED-8: the picture was the truth when the server said that its number is `seq`, if it holds everything up
 * to there. The server said so at its ts, so a message that was long on its way prolongs nothing. */
void feed_touch(struct feed *feed, uint64_t seq, int64_t ts_ms)
{
    int64_t until_us = feed_clock_sent_us(&feed->clock, ts_ms) + FEED_LEASE_US;
    if (feed->clock.is_known && seq <= feed->whole && until_us > feed->lease_until_us)
        feed->lease_until_us = until_us;
}

/* Numbers far beyond the server's own answer were never given: without this, one wrong message would lock the
 * sequence. */
void feed_heal(struct feed *feed, uint64_t seq)
{
    struct feed_window *window = feed_window(feed->memory, feed->epoch);
    if (window->top > seq && window->top - seq > LEAP_MAX)
        feed_window_reset(window, seq);
    if (feed->highest > seq && feed->highest - seq > LEAP_MAX)
        feed->highest = feed->whole = feed->applied = seq;
    for (unsigned i = 0; i < feed->desks.count; i++)
        if (feed->desks.desk[i].seq > seq && feed->desks.desk[i].seq - seq > LEAP_MAX)
            feed->desks.desk[i].is_confirmed = false;
}

/* ---- desks ---------------------------------------------------------------------------------------- */

struct feed_desk *feed_add_desk(struct feed *feed, const char *id)
{
    char left[ID_SIZE];
    struct feed_desk *desk = feed_desks_add(&feed->desks, id, left);
    if (left[0])
        feed->sink->gone(feed->sink->data, left);
    return desk;
}

void feed_forget_desks(struct feed *feed)
{
    for (unsigned i = 0; i < feed->desks.count; i++)
        feed->sink->gone(feed->sink->data, feed->desks.desk[i].id);
    feed->desks.count = 0;
}

/* FEED-4: a desk changes only to a higher number. An equal one is the event that a snapshot has told already;
 * a desk that the snapshot does not know has ended before it. */
bool feed_place(struct feed *feed, const struct event *event)
{
    if (event->type == EVENT_NOTICE)
        return event->seq >= feed->base;
    struct feed_desk *desk = feed_desks_find(&feed->desks, event->desk);
    if (desk && desk->is_confirmed ? event->seq < desk->seq : event->seq <= feed->base)
        return false;
    desk = feed_add_desk(feed, event->desk);
    desk->is_confirmed = true;
    desk->seq = event->seq;
    desk->by_hand_us = 0;
    return true;
}

static bool is_by_hand(const struct feed *feed, const struct feed_desk *desk)
{
    return desk->by_hand_us > feed->now_us;
}

static void drop_absent_desks(struct feed *feed, const struct state *state)
{
    feed_desks_mention(&feed->desks, state);
    for (unsigned i = feed->desks.count; i-- > 0;) {
        struct feed_desk *desk = &feed->desks.desk[i];
        bool is_newer = (desk->is_confirmed && desk->seq > state->seq) || is_by_hand(feed, desk);
        if (desk->is_mentioned || is_newer)
            continue;
        feed->sink->gone(feed->sink->data, desk->id);
        feed_desks_remove(&feed->desks, desk);
    }
}

static void take_desk(struct feed *feed, const struct state_desk *state)
{
    struct feed_desk *desk = feed_add_desk(feed, state->desk);
    bool was_by_hand = desk->by_hand_us && !is_by_hand(feed, desk);
    if (desk->is_confirmed && state->seq <= desk->seq && !was_by_hand)
        return;
    desk->is_confirmed = true;
    desk->seq = state->seq;
    desk->by_hand_us = 0;
    feed->sink->desk(feed->sink->data, state);
}

/* FEED-6. The lists are told only if they are not older than an event that was told before. */
void feed_apply_state(struct feed *feed, const struct state *state)
{
    if (state->seq < feed->base)
        return;
    drop_absent_desks(feed, state);
    for (unsigned i = 0; i < state->ndesks; i++)
        take_desk(feed, &state->desk[i]);
    feed->base = state->seq;
    feed_advance(feed);
    if (state->seq >= feed->applied)
        feed->sink->snapshot(feed->sink->data, state);
}
