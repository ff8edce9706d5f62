#include "protocol/feed_own.h"

#include "protocol/feed_window.h"

#include <string.h>

#define SLACK_US 50000   /* of the server's clock against ours, between two answers */
#define PAST_US  5000000 /* a message that looks this old: stalled, or the server's clock stepped back */

static void take_event(struct feed *feed, const struct event *event, int64_t received_us);
static void take_state(struct feed *feed, const struct state *state, int64_t received_us);
static void take_server(struct feed *feed, const struct server *server, int64_t received_us);

/* FEED-9: a message from the future means that the server's clock stepped, and one from the past may. */
static void watch_clock(struct feed *feed, int64_t ts_ms, int64_t received_us)
{
    if (!feed->clock.is_known)
        return;
    int64_t age_us = feed_clock_age_us(&feed->clock, ts_ms, received_us);
    if (age_us < -SLACK_US) {
        feed->clock.is_known = false;
        feed->count.clock_steps++;
    }
    if (age_us < -SLACK_US || age_us > PAST_US)
        feed_hello_want(&feed->hello);
}

/* ---- messages of another epoch -------------------------------------------------------------------- */

static void wait_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    feed->count.pending_dropped += feed_waiting_add(&feed->waiting, event, received_us);
    if (!feed->epoch[0] && feed->patience_us == INT64_MAX)
        feed->patience_us = feed->now_us + FEED_PATIENCE_US;
}

/* What arrived before the question and is of another epoch than the answer belongs to the past: the server
 * answers with its newest. What arrived after it may be of a still newer epoch, and waits on. */
static bool is_past(const struct feed *feed, const char *epoch, int64_t received_us, int64_t asked_us)
{
    return !feed_is_mine(feed, epoch) && received_us <= asked_us;
}

static void replay_snapshot(struct feed *feed, int64_t asked_us)
{
    struct feed_waiting *waiting = &feed->waiting;
    if (waiting->has_state && feed_is_mine(feed, waiting->state.epoch)) {
        waiting->has_state = false;
        take_state(feed, &waiting->state, waiting->state_received_us);
    }
    if (waiting->has_server && feed_is_mine(feed, waiting->server.epoch)) {
        waiting->has_server = false;
        take_server(feed, &waiting->server, waiting->server_received_us);
    }
    if (is_past(feed, waiting->state.epoch, waiting->state_received_us, asked_us))
        waiting->has_state = false;
    if (is_past(feed, waiting->server.epoch, waiting->server_received_us, asked_us))
        waiting->has_server = false;
}

/* FEED-2: in the order of arrival. */
static void replay(struct feed *feed, int64_t asked_us)
{
    replay_snapshot(feed, asked_us);
    for (unsigned left = feed->waiting.count; left > 0; left--) {
        const struct feed_waiting_event *waiting = feed_waiting_take(&feed->waiting);
        if (feed_is_mine(feed, waiting->event.epoch))
            take_event(feed, &waiting->event, waiting->received_us);
        else if (is_past(feed, waiting->event.epoch, waiting->received_us, asked_us))
            feed->count.pending_dropped++;
        else
            feed_waiting_add(&feed->waiting, &waiting->event, waiting->received_us);
    }
    if (!feed_waiting_is_empty(&feed->waiting))
        feed_hello_want(&feed->hello);
}

/* ---- the answer ----------------------------------------------------------------------------------- */

void feed_leave_epoch(struct feed *feed)
{
    feed_mute_deferred(feed);
    for (unsigned i = 0; i < feed->desks.count; i++)
        feed->desks.desk[i].is_confirmed = false;
    feed->epoch[0] = '\0';
    feed->base = feed->whole = feed->highest = feed->applied = 0;
    feed->gap_us = INT64_MAX;
    feed->clock.is_known = false;
    feed->lease_until_us = INT64_MIN / 2;
    feed->conn = 0;
    feed->is_server_gone = false;
}

/* FEED-2 */
static void adopt(struct feed *feed, const char *epoch)
{
    if (feed_is_mine(feed, epoch))
        return;
    feed_leave_epoch(feed);
    memcpy(feed->epoch, epoch, EPOCH_SIZE);
    feed->count.adoptions++;
    feed->has_basic = feed->is_unanswered = feed->must_forget = false;
    feed->hello.is_basic = false;
    feed->patience_us = INT64_MAX;
}

static void take_answer(struct feed *feed, const struct state *state, int64_t received_us)
{
    int64_t sent_us = feed_hello_answered(&feed->hello, state->re, received_us);
    if (sent_us < 0)
        return;
    adopt(feed, state->epoch);
    feed_heal(feed, state->seq);
    feed_clock_set(&feed->clock, state->ts_ms, sent_us, received_us); /* FEED-3 */
    feed_apply_state(feed, state);
    feed_touch(feed, state->seq, state->ts_ms);
    replay(feed, sent_us);
    feed_decide_deferred(feed);
}

/* ---- live messages -------------------------------------------------------------------------------- */

static void take_own_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    struct feed_window *window = feed_window(feed->memory, feed->epoch);
    watch_clock(feed, event->ts_ms, received_us);
    if (feed_window_has(window, event->seq)) { /* FEED-4 */
        feed->count.duplicates++;
        feed->sink->duplicate(feed->sink->data, event);
        feed_touch(feed, event->seq, event->ts_ms);
        return;
    }
    feed_window_add(window, event->seq); /* before anything is heard of it */
    if (feed->highest < event->seq)
        feed->highest = event->seq;
    feed_advance(feed);
    bool is_current = feed_place(feed, event);
    enum feed_sound sound = is_current ? feed_verdict(feed, event) : FEED_MUTED;
    feed->count.events++;
    feed->count.muted += !is_current && feed_is_call(event);
    if (feed->applied < event->seq)
        feed->applied = event->seq;
    feed->sink->event(feed->sink->data, event, is_current, sound, received_us);
    if (sound == FEED_UNDECIDED_SOUND)
        feed_defer(feed, event);
    feed_touch(feed, event->seq, event->ts_ms);
}

static void take_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (feed_is_mine(feed, event->epoch)) {
        take_own_event(feed, event, received_us);
        return;
    }
    if (event->epoch[0])
        feed_hello_want(&feed->hello);
    if (!event->epoch[0] || feed->is_unanswered)
        feed_take_basic_event(feed, event, received_us);
    else
        wait_event(feed, event, received_us);
}

static void take_state(struct feed *feed, const struct state *state, int64_t received_us)
{
    if (feed_is_mine(feed, state->epoch)) {
        watch_clock(feed, state->ts_ms, received_us);
        feed_apply_state(feed, state);
        feed_touch(feed, state->seq, state->ts_ms);
        return;
    }
    feed_hello_want(&feed->hello);
    feed_waiting_set_state(&feed->waiting, state, received_us);
}

/* FEED-10 */
static void take_will(struct feed *feed, const struct server *server)
{
    feed->is_server_gone = feed->is_server_gone || server->conn >= feed->conn;
    if (feed->conn < server->conn)
        feed->conn = server->conn;
}

static void take_heartbeat(struct feed *feed, const struct server *server, int64_t received_us)
{
    watch_clock(feed, server->ts_ms, received_us);
    if (server->conn >= feed->conn) {
        feed->conn = server->conn;
        feed->is_server_gone = false;
    }
    if (feed->highest < server->seq)
        feed->highest = server->seq;
    feed_touch(feed, server->seq, server->ts_ms);
}

static void take_server(struct feed *feed, const struct server *server, int64_t received_us)
{
    if (feed_is_mine(feed, server->epoch) && server->is_online) {
        take_heartbeat(feed, server, received_us);
        return;
    }
    if (feed_is_mine(feed, server->epoch)) {
        take_will(feed, server);
        return;
    }
    feed_hello_want(&feed->hello);
    if (server->is_online)
        feed_waiting_set_server(&feed->waiting, server, received_us);
}

/* FEED-7: a retained copy may be hours old; it only tells that there is someone to ask. */
void feed_take_retained(struct feed *feed, const struct message *message)
{
    const char *epoch = message->kind == MESSAGE_EVENT   ? message->event.epoch
                        : message->kind == MESSAGE_STATE ? message->state.epoch
                                                         : message->server.epoch;
    if (epoch[0] && !feed_is_mine(feed, epoch))
        feed_hello_want(&feed->hello);
}

void feed_take_live(struct feed *feed, const struct message *message)
{
    switch ((enum message_kind)message->kind) {
    case MESSAGE_EVENT: take_event(feed, &message->event, message->received_us); break;
    case MESSAGE_STATE:
        if (message->state.re[0])
            take_answer(feed, &message->state, message->received_us);
        else
            take_state(feed, &message->state, message->received_us);
        break;
    case MESSAGE_SERVER: take_server(feed, &message->server, message->received_us); break;
    case MESSAGE_COMMAND:
    case MESSAGE_KINDS: break; /* not of the feed */
    }
}
