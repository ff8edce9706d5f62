#include "protocol/feed.h"

#include "protocol/feed_clock.h"
#include "protocol/feed_desks.h"
#include "protocol/feed_hello.h"
#include "protocol/feed_recent.h"
#include "protocol/feed_waiting.h"
#include "protocol/feed_window.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define SLACK_US 50000  /* of the server's clock against ours, between two answers */
#define GAP_US   500000 /* messages of different topics may overtake each other */
#define PAST_US                                                                                              \
    (5 * 1000000LL) /* a message that looks this old: stalled, or the server's clock stepped back */
#define BY_HAND_US  (10 * 1000000LL) /* how long a call by hand stands against the snapshots of a server */
#define PATIENCE_US (FEED_LEASE_US + FEED_HOLD_US)
#define LEAP_MAX    (1u << 20) /* no server is this far ahead of its own answer: its numbers were wrong */

struct feed {
    struct feed_config config;
    struct feed_memory *memory;
    struct feed_hello hello;
    /* of the present turn */
    const struct feed_sink *sink;
    int64_t now_us;
    /* the connection */
    bool is_connected;
    int64_t lost_us; /* when it went, for the basic profile */
    /* the epoch; "" before the first adoption */
    char epoch[EPOCH_SIZE];
    uint64_t base;    /* of the newest snapshot */
    uint64_t whole;   /* everything up to here is in the picture */
    uint64_t highest; /* exists, as far as we know */
    uint64_t applied; /* newest event that the sink was told */
    int64_t gap_us;   /* since when something between is missing; INT64_MAX */
    struct feed_clock clock;
    int64_t lease_until_us;
    uint64_t conn; /* newest connection of the server */
    bool is_server_gone;
    /* the basic profile */
    bool has_basic;     /* something came without epoch */
    bool has_heart;     /* a heartbeat, old or new: someone here answers hellos */
    bool is_unanswered; /* this server gives epochs but no answers */
    bool must_forget;
    int64_t patience_us; /* INT64_MAX: nobody waits */
    struct feed_recent recent;

    struct feed_desks desks;
    unsigned first_deferred, ndeferred;
    struct event deferred[FEED_DEFERRED];
    struct feed_waiting waiting;
    struct feed_status count;
};

static void take_event(struct feed *feed, const struct event *event, int64_t received_us);
static void take_state(struct feed *feed, const struct state *state, int64_t received_us);
static void take_server(struct feed *feed, const struct server *server, int64_t received_us);

static bool is_call(const struct event *event)
{
    return event->type == EVENT_CALL || event->type == EVENT_RECALL;
}

static int64_t ttl_us(const struct feed *feed, const struct event *event)
{
    return 1000LL * (event->ttl_ms >= 0 ? event->ttl_ms : feed->config.ttl_ms);
}

static bool is_mine(const struct feed *feed, const char *epoch)
{
    return feed->epoch[0] && strcmp(feed->epoch, epoch) == 0;
}

static enum feed_profile profile(const struct feed *feed)
{
    if (feed->epoch[0])
        return FEED_FULL;
    return feed->has_basic || feed->is_unanswered ? FEED_BASIC : FEED_UNDECIDED;
}

/* ---- the sequence ---------------------------------------------------------------------------- */

/* FEED-9: what is missing between the snapshot and the highest number. */
static void advance(struct feed *feed)
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

static void watch_gap(struct feed *feed)
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
static void touch(struct feed *feed, uint64_t seq, int64_t ts_ms)
{
    int64_t until_us = feed_clock_sent_us(&feed->clock, ts_ms) + FEED_LEASE_US;
    if (feed->clock.is_known && seq <= feed->whole && until_us > feed->lease_until_us)
        feed->lease_until_us = until_us;
}

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

/* ---- sound ----------------------------------------------------------------------------------- */

/* FEED-5, for an event that is live and new. */
static enum feed_sound verdict(struct feed *feed, const struct event *event)
{
    if (!is_call(event))
        return FEED_MUTED;
    if (!feed->clock.is_known)
        return FEED_UNDECIDED_SOUND;
    const struct feed_desk *desk = feed_desks_find(&feed->desks, event->desk);
    int64_t age_us = feed_clock_age_us(&feed->clock, event->ts_ms, feed->now_us);
    bool is_shown = desk && desk->is_confirmed && desk->seq == event->seq;
    if (is_shown && age_us <= ttl_us(feed, event))
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

static void defer(struct feed *feed, const struct event *event)
{
    if (feed->ndeferred == FEED_DEFERRED)
        mute_oldest_deferred(feed);
    event_copy(&feed->deferred[(feed->first_deferred + feed->ndeferred++) % FEED_DEFERRED], event);
}

static void decide_deferred(struct feed *feed)
{
    if (!feed->clock.is_known) /* it stepped again in what was just replayed */
        return;
    for (unsigned i = 0; i < feed->ndeferred; i++) {
        const struct event *event = &feed->deferred[(feed->first_deferred + i) % FEED_DEFERRED];
        feed->sink->decide(feed->sink->data, event, verdict(feed, event));
    }
    feed->ndeferred = 0;
}

/* ---- desks ----------------------------------------------------------------------------------- */

static struct feed_desk *add_desk(struct feed *feed, const char *id)
{
    char left[ID_SIZE];
    struct feed_desk *desk = feed_desks_add(&feed->desks, id, left);
    if (left[0])
        feed->sink->gone(feed->sink->data, left);
    return desk;
}

static void forget_desks(struct feed *feed)
{
    for (unsigned i = 0; i < feed->desks.count; i++)
        feed->sink->gone(feed->sink->data, feed->desks.desk[i].id);
    feed->desks.count = 0;
}

/* FEED-4: a desk changes only to a higher number. An equal one is the event that a snapshot has told already;
 * a desk that the snapshot does not know has ended before it. */
static bool place(struct feed *feed, const struct event *event)
{
    if (event->type == EVENT_NOTICE)
        return event->seq >= feed->base;
    struct feed_desk *desk = feed_desks_find(&feed->desks, event->desk);
    if (desk && desk->is_confirmed ? event->seq < desk->seq : event->seq <= feed->base)
        return false;
    desk = add_desk(feed, event->desk);
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
    struct feed_desk *desk = add_desk(feed, state->desk);
    bool was_by_hand = desk->by_hand_us && !is_by_hand(feed, desk);
    if (desk->is_confirmed && state->seq <= desk->seq && !was_by_hand)
        return;
    desk->is_confirmed = true;
    desk->seq = state->seq;
    desk->by_hand_us = 0;
    feed->sink->desk(feed->sink->data, state);
}

/* FEED-6. The lists are told only if they are not older than an event that was told before. */
static void apply_state(struct feed *feed, const struct state *state)
{
    if (state->seq < feed->base)
        return;
    drop_absent_desks(feed, state);
    for (unsigned i = 0; i < state->ndesks; i++)
        take_desk(feed, &state->desk[i]);
    feed->base = state->seq;
    advance(feed);
    if (state->seq >= feed->applied)
        feed->sink->snapshot(feed->sink->data, state);
}

/* ---- messages of another epoch --------------------------------------------------------------- */

static void wait_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    feed->count.pending_dropped += feed_waiting_add(&feed->waiting, event, received_us);
    if (!feed->epoch[0] && feed->patience_us == INT64_MAX)
        feed->patience_us = feed->now_us + PATIENCE_US;
}

/* What arrived before the question and is of another epoch than the answer belongs to the past: the server
 * answers with its newest. What arrived after it may be of a still newer epoch, and waits on. */
static bool is_past(const struct feed *feed, const char *epoch, int64_t received_us, int64_t asked_us)
{
    return !is_mine(feed, epoch) && received_us <= asked_us;
}

static void replay_snapshot(struct feed *feed, int64_t asked_us)
{
    struct feed_waiting *waiting = &feed->waiting;
    if (waiting->has_state && is_mine(feed, waiting->state.epoch)) {
        waiting->has_state = false;
        take_state(feed, &waiting->state, waiting->state_received_us);
    }
    if (waiting->has_server && is_mine(feed, waiting->server.epoch)) {
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
        if (is_mine(feed, waiting->event.epoch))
            take_event(feed, &waiting->event, waiting->received_us);
        else if (is_past(feed, waiting->event.epoch, waiting->received_us, asked_us))
            feed->count.pending_dropped++;
        else
            feed_waiting_add(&feed->waiting, &waiting->event, waiting->received_us);
    }
    if (!feed_waiting_is_empty(&feed->waiting))
        feed_hello_want(&feed->hello);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static void leave_epoch(struct feed *feed)
{
    while (feed->ndeferred)
        mute_oldest_deferred(feed);
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
    if (is_mine(feed, epoch))
        return;
    leave_epoch(feed);
    memcpy(feed->epoch, epoch, EPOCH_SIZE);
    feed->count.adoptions++;
    feed->has_basic = feed->is_unanswered = feed->must_forget = false;
    feed->hello.is_basic = false;
    feed->patience_us = INT64_MAX;
}

/* Numbers far beyond the server's own answer were never given: without this, one wrong message would lock the
 * sequence. */
static void heal(struct feed *feed, uint64_t seq)
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

static void take_answer(struct feed *feed, const struct state *state, int64_t received_us)
{
    int64_t sent_us = feed_hello_answered(&feed->hello, state->re, received_us);
    if (sent_us < 0)
        return;
    adopt(feed, state->epoch);
    heal(feed, state->seq);
    feed_clock_set(&feed->clock, state->ts_ms, sent_us, received_us); /* FEED-3 */
    apply_state(feed, state);
    touch(feed, state->seq, state->ts_ms);
    replay(feed, sent_us);
    decide_deferred(feed);
}

/* ---- the basic profile ----------------------------------------------------------------------- */

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

static enum feed_sound basic_verdict(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (!is_call(event))
        return FEED_MUTED;
    bool is_young = feed->now_us - received_us <= ttl_us(feed, event);
    feed->count.muted += !is_young;
    return is_young ? FEED_LIVE : FEED_MUTED;
}

/* A full server whose numbers were blanked has given up the hall. */
static void leave_full(struct feed *feed)
{
    forget_desks(feed);
    leave_epoch(feed);
    feed_waiting_clear(&feed->waiting);
}

static void take_basic_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (feed->epoch[0] && feed_truth(feed, feed->now_us) == FEED_BLANK)
        leave_full(feed);
    feed->has_basic = feed->has_basic || (!feed->epoch[0] && !event->epoch[0]);
    feed->hello.is_basic = profile(feed) == FEED_BASIC;
    if (is_known(feed, event, received_us)) {
        feed->count.duplicates++;
        feed->sink->duplicate(feed->sink->data, event);
        return;
    }
    if (event->type != EVENT_NOTICE) {
        struct feed_desk *desk = add_desk(feed, event->desk);
        desk->by_hand_us = feed->epoch[0] ? feed->now_us + BY_HAND_US : 0;
    }
    feed->count.events++;
    feed->sink->event(feed->sink->data, event, true, basic_verdict(feed, event, received_us), received_us);
}

/* No heartbeat and no answer for as long as any number may stand: the events are all that this server gives.
 */
static void lose_patience(struct feed *feed)
{
    if (feed->now_us < feed->patience_us)
        return;
    feed->patience_us = INT64_MAX;
    if (feed->has_heart)
        return;
    feed->is_unanswered = feed->hello.is_basic = true;
    feed->waiting.has_state = feed->waiting.has_server = false;
    for (const struct feed_waiting_event *waiting; (waiting = feed_waiting_take(&feed->waiting));)
        take_basic_event(feed, &waiting->event, waiting->received_us);
}

/* ---- live messages --------------------------------------------------------------------------- */

static void take_own_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    struct feed_window *window = feed_window(feed->memory, feed->epoch);
    watch_clock(feed, event->ts_ms, received_us);
    if (feed_window_has(window, event->seq)) { /* FEED-4 */
        feed->count.duplicates++;
        feed->sink->duplicate(feed->sink->data, event);
        touch(feed, event->seq, event->ts_ms);
        return;
    }
    feed_window_add(window, event->seq); /* before anything is heard of it */
    if (feed->highest < event->seq)
        feed->highest = event->seq;
    advance(feed);
    bool is_current = place(feed, event);
    enum feed_sound sound = is_current ? verdict(feed, event) : FEED_MUTED;
    feed->count.events++;
    feed->count.muted += !is_current && is_call(event);
    if (feed->applied < event->seq)
        feed->applied = event->seq;
    feed->sink->event(feed->sink->data, event, is_current, sound, received_us);
    if (sound == FEED_UNDECIDED_SOUND)
        defer(feed, event);
    touch(feed, event->seq, event->ts_ms);
}

static void take_event(struct feed *feed, const struct event *event, int64_t received_us)
{
    if (is_mine(feed, event->epoch)) {
        take_own_event(feed, event, received_us);
        return;
    }
    if (event->epoch[0])
        feed_hello_want(&feed->hello);
    if (!event->epoch[0] || feed->is_unanswered)
        take_basic_event(feed, event, received_us);
    else
        wait_event(feed, event, received_us);
}

static void take_state(struct feed *feed, const struct state *state, int64_t received_us)
{
    if (is_mine(feed, state->epoch)) {
        watch_clock(feed, state->ts_ms, received_us);
        apply_state(feed, state);
        touch(feed, state->seq, state->ts_ms);
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
    touch(feed, server->seq, server->ts_ms);
}

static void take_server(struct feed *feed, const struct server *server, int64_t received_us)
{
    if (is_mine(feed, server->epoch) && server->is_online) {
        take_heartbeat(feed, server, received_us);
        return;
    }
    if (is_mine(feed, server->epoch)) {
        take_will(feed, server);
        return;
    }
    feed_hello_want(&feed->hello);
    if (server->is_online)
        feed_waiting_set_server(&feed->waiting, server, received_us);
}

/* FEED-7: a retained copy may be hours old; it only tells that there is someone to ask. */
static void take_retained(struct feed *feed, const struct message *message)
{
    const char *epoch = message->kind == MESSAGE_EVENT   ? message->event.epoch
                        : message->kind == MESSAGE_STATE ? message->state.epoch
                                                         : message->server.epoch;
    if (epoch[0] && !is_mine(feed, epoch))
        feed_hello_want(&feed->hello);
}

static void take_live(struct feed *feed, const struct message *message)
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

/* ---- turns ----------------------------------------------------------------------------------- */

static int64_t hello_due_us(const struct feed *feed)
{
    int64_t gap_us = feed->gap_us == INT64_MAX ? INT64_MAX : feed->gap_us + GAP_US;
    return feed->is_connected ? feed_hello_due_us(&feed->hello, gap_us) : INT64_MAX;
}

/* FEED-1 */
static void say_hello(struct feed *feed)
{
    if (feed->now_us < hello_due_us(feed))
        return;
    struct hello hello = { .seq = feed->whole };
    memcpy(hello.id, feed->config.id, sizeof hello.id);
    memcpy(hello.boot, feed->config.boot, sizeof hello.boot);
    memcpy(hello.epoch, feed->epoch, sizeof hello.epoch);
    feed_hello_send(&feed->hello, hello.nonce, feed->now_us);
    feed->count.hellos++;
    feed->sink->hello(feed->sink->data, &hello);
}

static void begin_turn(struct feed *feed, int64_t now_us, const struct feed_sink *sink)
{
    feed->now_us = now_us;
    feed->sink = sink;
    if (feed->must_forget)
        forget_desks(feed);
    feed->must_forget = false;
}

static void end_turn(struct feed *feed)
{
    watch_gap(feed);
    say_hello(feed);
    feed->sink = NULL;
}

void feed_message(struct feed *feed, const struct message *message, int64_t now_us,
                  const struct feed_sink *sink)
{
    begin_turn(feed, now_us, sink);
    feed->has_heart = feed->has_heart || message->kind == MESSAGE_SERVER;
    if (message->is_retained && message->kind != MESSAGE_COMMAND)
        take_retained(feed, message);
    else
        take_live(feed, message);
    end_turn(feed);
}

void feed_tick(struct feed *feed, int64_t now_us, const struct feed_sink *sink)
{
    begin_turn(feed, now_us, sink);
    lose_patience(feed);
    end_turn(feed);
}

void feed_connected(struct feed *feed, int64_t now_us)
{
    feed->now_us = now_us;
    feed->must_forget = !feed->epoch[0] && feed_truth(feed, now_us) == FEED_BLANK;
    feed->is_connected = true;
    feed_hello_connected(&feed->hello, now_us);
}

void feed_disconnected(struct feed *feed, int64_t now_us)
{
    feed->now_us = now_us;
    if (feed->is_connected)
        feed->lost_us = now_us;
    feed->is_connected = false;
    feed->patience_us = INT64_MAX;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until when what is shown counts as the truth; INT64_MAX in the basic profile while connected. */
static int64_t fresh_until_us(const struct feed *feed)
{
    if (feed->epoch[0])
        return feed->lease_until_us;
    return feed->is_connected || profile(feed) == FEED_UNDECIDED ? INT64_MAX : feed->lost_us + FEED_LEASE_US;
}

int64_t feed_deadline_us(const struct feed *feed)
{
    int64_t due_us = earlier(hello_due_us(feed), feed->patience_us);
    int64_t until_us = fresh_until_us(feed);
    if (feed->must_forget)
        return feed->now_us;
    if (until_us == INT64_MAX)
        return due_us;
    if (feed->now_us < until_us)
        return earlier(due_us, until_us);
    return feed->now_us < until_us + FEED_HOLD_US ? earlier(due_us, until_us + FEED_HOLD_US) : due_us;
}

enum feed_truth feed_truth(const struct feed *feed, int64_t now_us)
{
    int64_t until_us = fresh_until_us(feed);
    if (profile(feed) == FEED_UNDECIDED)
        return FEED_NOTHING;
    if (until_us == INT64_MAX)
        return FEED_FRESH;
    if (now_us >= until_us + FEED_HOLD_US)
        return FEED_BLANK;
    return now_us >= until_us || feed->is_server_gone ? FEED_STALE : FEED_FRESH;
}

int64_t feed_sound_until_us(const struct feed *feed, const struct event *event, int64_t received_us)
{
    bool is_bounded = is_mine(feed, event->epoch) && feed->clock.is_known;
    return ttl_us(feed, event) + (is_bounded ? feed_clock_sent_us(&feed->clock, event->ts_ms) : received_us);
}

int64_t feed_server_ms(const struct feed *feed, int64_t now_us)
{
    return feed->clock.is_known ? feed_clock_server_ms(&feed->clock, now_us) : -1;
}

void feed_status(const struct feed *feed, struct feed_status *status)
{
    *status = feed->count;
    status->profile = profile(feed);
    memcpy(status->epoch, feed->epoch, EPOCH_SIZE);
    status->seq = feed->whole;
    status->lease_until_us = feed->lease_until_us;
    status->is_synchronised = feed->clock.is_known;
}

struct feed *feed_create(const struct feed_config *config, struct feed_memory *memory)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->config = *config;
    feed->memory = memory;
    feed->hello.seed = config->nonce_seed;
    feed->gap_us = feed->patience_us = INT64_MAX;
    feed->lease_until_us = INT64_MIN / 2;
    feed_window_check(memory);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    free(feed);
}
