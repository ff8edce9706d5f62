/* What the parts of the feed say to each other. Private to protocol: feed.c and its parts only.
 *
 *   feed.c          turns, truth, deadline: what the header promises
 *   feed_take.c     what a message means: live, retained, of another epoch, an answer (FEED-2, 3, 4, 7, 9, 10)
 *   feed_picture.c  the sequence, the desks and snapshots (FEED-4, 6, 8, 9)
 *   feed_sound.c    which call may be heard (FEED-5)
 *   feed_basic.c    the basic profile (BASIC-1 to 7)
 */
#pragma once

#include "protocol/feed.h"
#include "protocol/feed_clock.h"
#include "protocol/feed_desks.h"
#include "protocol/feed_hello.h"
#include "protocol/feed_recent.h"
#include "protocol/feed_waiting.h"

#define FEED_PATIENCE_US (FEED_LEASE_US + FEED_HOLD_US) /* for a server that gives epochs and no answers */

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

bool feed_is_call(const struct event *event); /* or a recall */
int64_t feed_ttl_us(const struct feed *feed, const struct event *event);
bool feed_is_mine(const struct feed *feed, const char *epoch);
enum feed_profile feed_profile_now(const struct feed *feed);

void feed_take_live(struct feed *feed, const struct message *message);
void feed_take_retained(struct feed *feed, const struct message *message);
/* No epoch any more: its numbers count for nothing, its desks stay until somebody says otherwise. */
void feed_leave_epoch(struct feed *feed);

/* Counts on what is in the picture without a gap. */
void feed_advance(struct feed *feed);
void feed_watch_gap(struct feed *feed);
/* The server said `seq` at its ts_ms: the lease. */
void feed_touch(struct feed *feed, uint64_t seq, int64_t ts_ms);
/* Forgets numbers far beyond those of the server's own answer. */
void feed_heal(struct feed *feed, uint64_t seq);
struct feed_desk *feed_add_desk(struct feed *feed, const char *id);
void feed_forget_desks(struct feed *feed);
/* Does the event change its desk (or is it a notice not older than the snapshot)? Then it has. */
bool feed_place(struct feed *feed, const struct event *event);
void feed_apply_state(struct feed *feed, const struct state *state);

/* For an event that is live, new and placed. */
enum feed_sound feed_verdict(struct feed *feed, const struct event *event);
void feed_defer(struct feed *feed, const struct event *event);
void feed_decide_deferred(struct feed *feed);
void feed_mute_deferred(struct feed *feed); /* all of them */

void feed_take_basic_event(struct feed *feed, const struct event *event, int64_t received_us);
void feed_lose_patience(struct feed *feed);
