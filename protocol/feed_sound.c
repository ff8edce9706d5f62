#include "protocol/feed_own.h"

/* FEED-5, for an event that is live and new. */
enum feed_sound feed_verdict(struct feed *feed, const struct event *event)
{
    if (!feed_is_call(event))
        return FEED_MUTED;
    if (!feed->clock.is_known)
        return FEED_UNDECIDED_SOUND;
    const struct feed_desk *desk = feed_desks_find(&feed->desks, event->desk);
    int64_t age_us = feed_clock_age_us(&feed->clock, event->ts_ms, feed->now_us);
    bool is_shown = desk && desk->is_confirmed && desk->seq == event->seq;
    if (is_shown && age_us <= feed_ttl_us(feed, event))
        return FEED_LIVE;
    feed->count.muted++;
    return FEED_MUTED;
}

static void mute_oldest_deferred(struct feed *feed)
{
    const struct event *event = &feed->deferred[feed->first_deferred];
    feed->first_deferred = (feed->first_deferred + 1) % FEED_DEFERRED;
    feed->ndeferred--;
    feed->count.muted++;
    feed->sink->decide(feed->sink->data, event, FEED_MUTED);
}

void feed_defer(struct feed *feed, const struct event *event)
{
    if (feed->ndeferred == FEED_DEFERRED)
        mute_oldest_deferred(feed);
    event_copy(&feed->deferred[(feed->first_deferred + feed->ndeferred++) % FEED_DEFERRED], event);
}

void feed_decide_deferred(struct feed *feed)
{
    if (!feed->clock.is_known) /* it stepped again in what was just replayed */
        return;
    for (unsigned i = 0; i < feed->ndeferred; i++) {
        const struct event *event = &feed->deferred[(feed->first_deferred + i) % FEED_DEFERRED];
        feed->sink->decide(feed->sink->data, event, feed_verdict(feed, event));
    }
    feed->ndeferred = 0;
}

void feed_mute_deferred(struct feed *feed)
{
    while (feed->ndeferred)
        mute_oldest_deferred(feed);
}
