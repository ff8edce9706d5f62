#include "protocol/feed_own.h"

#include "protocol/feed_window.h"

#define BY_HAND_US                                                                                           \
    (10 * 1000000LL) /* BASIC-6: how long a call by hand stands against the snapshots of a server */

/* BASIC-2; BASIC-4 knows an event by its number. */
static bool is_known(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (!event->epoch[0])
        return feed_recent_has(&feed->recent, event, received_us);
    struct feed_window *window = feed_window(feed->memory, event->epoch);
    bool is_seen = feed_window_has(window, event->seq);
    if (!is_seen)
        feed_window_add(window, event->seq);
    return is_seen;
}

/* BASIC-1 */
static enum feed_sound basic_verdict(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (!feed_is_call(event))
        return FEED_MUTED;
    bool is_young = feed->now_us - received_us <= feed_ttl_us(feed, event);
    feed->count.muted += !is_young;
    return is_young ? FEED_LIVE : FEED_MUTED;
}

/* BASIC-7: a full server whose numbers were blanked has given up the hall. */
static void leave_full(struct feed *feed)
{
    feed_forget_desks(feed);
    feed_leave_epoch(feed);
    feed_waiting_clear(&feed->waiting);
}

void feed_take_basic_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (feed->epoch[0] && feed_truth(feed, feed->now_us) == FEED_BLANK)
        leave_full(feed);
    feed->has_basic = feed->has_basic || (!feed->epoch[0] && !event->epoch[0]);
    feed->hello.is_basic = feed_profile_now(feed) == FEED_BASIC;
    if (is_known(feed, event, received_us)) {
        feed->count.duplicates++;
        feed->sink->duplicate(feed->sink->data, event);
        return;
    }
    if (event->type != EVENT_NOTICE) {
        struct feed_desk *desk = feed_add_desk(feed, event->desk);
        desk->by_hand_us = feed->epoch[0] ? feed->now_us + BY_HAND_US : 0;
    }
    feed->count.events++;
    feed->sink->event(feed->sink->data, event, true, basic_verdict(feed, event, received_us), received_us);
}

/* BASIC-4: the events are all that this server gives. */
void feed_lose_patience(struct feed *feed)
{
    if (feed->now_us < feed->patience_us)
        return;
    feed->patience_us = INT64_MAX;
    if (feed->has_heart)
        return;
    feed->is_unanswered = feed->hello.is_basic = true;
    feed->waiting.has_state = feed->waiting.has_server = false;
    for (const struct feed_waiting_event *waiting; (waiting = feed_waiting_take(&feed->waiting));)
        feed_take_basic_event(feed, &waiting->event, waiting->received_us);
}
