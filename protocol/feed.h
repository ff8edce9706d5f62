/* The rules of the feed: which message is true, which is new, which may be heard. Pure: time is an argument, there is no
 * I/O, nothing is allocated, and what should follow is told to a sink.
 *
 * The full profile. The server's clock is bounded on our monotonic clock by question and answer; no wall clock is used.
 *   FEED-1   a connection begins with hello and a fresh nonce; at most once a second, backing off to 5 s, every 30 s in peace
 *   FEED-2   an epoch is adopted only from the answer to a nonce of mine that is at most 5 s old; messages of another epoch
 *            wait (64), ask, and are applied after the answer
 *   FEED-3   that answer bounds the server's clock; a call is as old as it can be
 *   FEED-4   an event in the replay window of its epoch (256 numbers, four epochs, they survive a kill), or below it, is
 *            dropped; a desk changes only to a higher number
 *   FEED-5   heard is only a call that is live, new, not older than its ttl and still what its desk shows; what cannot be
 *            decided yet is decided after the answer; a snapshot never sounds
 *   FEED-6   a snapshot below the last one is ignored; per desk the higher number wins; absent desks that are not newer go
 *   FEED-7   retained copies only ask
 *   FEED-8   the lease runs 15 s from the sending of the newest message that the picture agrees with; then a sign, 45 s later
 *            no numbers
 *   FEED-9   asks: a gap that is older than 0.5 s, a heartbeat ahead; a message from the future, which also voids the bounds
 *            of the server's clock
 *   FEED-10  the will of an older connection is ignored
 *
 * The basic profile, for servers without epoch, answers or heartbeat. What it cannot promise is in feed_guarantees().
 *   BASIC-1  an event without epoch is shown and heard as it comes; its arrival is its time
 *   BASIC-2  the same (desk, ticket, type) within 2 s is a duplicate
 *   BASIC-3  there is no lease: what is shown becomes stale and blank only after the broker itself is lost, and a
 *            reconnection after that begins empty
 *   BASIC-4  an event with epoch that waited 60 s (as long as a number may stand at all), while no hello was answered and no
 *            heartbeat ever received, not even a retained one, is shown; further ones as they come, once per number
 *   BASIC-5  hellos are rare until something with an epoch comes, also retained: that asks at once, and an answer makes the
 *            profile full and forgets what it does not know
 *   BASIC-6  an event without epoch beside a full server (a call by hand) is shown and heard, and stands for 10 s at least;
 *            then the next event of its desk or the next snapshot wins
 *   BASIC-7  when the numbers of a full server were blanked, an event without epoch makes the profile basic
 *   BASIC-8  the profile and what it does not promise are in the health message
 *
 * All times are microseconds of CLOCK_MONOTONIC. One thread.
 */
#pragma once

#include "protocol/message.h"

#define FEED_WINDOW   256 /* replay window, sequence numbers */
#define FEED_EPOCHS   4   /* windows kept */
#define FEED_PENDING  64  /* messages of another epoch that wait for the answer */
#define FEED_DEFERRED 32  /* calls whose age is not decidable yet */
#define FEED_LEASE_US (15 * 1000000LL)
#define FEED_HOLD_US  (45 * 1000000LL)

/* What must survive a kill of the process: lives in memory that the caller maps from /run/kezek. Zeroed memory is a
 * valid empty one. */
struct feed_memory {
    struct feed_window {
        char epoch[EPOCH_SIZE];
        uint64_t top;                    /* highest number seen */
        uint64_t bits[FEED_WINDOW / 64]; /* bit (seq % FEED_WINDOW): seen */
        uint64_t used;                   /* order of last use */
    } window[FEED_EPOCHS];
    uint64_t clock;
};

enum feed_profile { FEED_UNDECIDED, FEED_BASIC, FEED_FULL };

/* May this call be heard? */
enum feed_sound {
    FEED_LIVE,  /* new, young enough, still what the desk shows */
    FEED_MUTED, /* shown silently: too old, or overtaken; also every event that is no call or recall */
    FEED_UNDECIDED_SOUND, /* shown silently now; sink.decide follows after the next answer */
};

/* All sinks are called from inside feed_message() and feed_tick(); they must not call the feed, except for its questions
 * (functions that take a const feed). All are required. */
struct feed_sink {
    void *data;
    /* A new event, to be applied. `is_current`: false when the desk already has a newer one (count it, show nothing). */
    void (*event)(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                  int64_t received_us);
    /* The verdict on an event told before as FEED_UNDECIDED_SOUND: FEED_LIVE or FEED_MUTED. Each one gets a verdict. */
    void (*decide)(void *data, const struct event *event, enum feed_sound sound);
    /* An event that was seen before (receipt: duplicate). */
    void (*duplicate)(void *data, const struct event *event);
    /* A snapshot says: this is the desk's truth (only desks where it is newer than what we have). */
    void (*desk)(void *data, const struct state_desk *desk);
    void (*gone)(void *data, const char *desk); /* the desk shows nothing any more */
    /* After the desks: lists and notices of the snapshot hold. Not told when they are older than an event told before. */
    void (*snapshot)(void *data, const struct state *state);
    void (*hello)(void *data, const struct hello *hello); /* publish it now */
};

struct feed; /* about 300 KiB with its waiting messages: created once, nothing is allocated later */
struct feed_config {
    char id[ID_SIZE]; /* of this board */
    char boot[9];     /* random per start of the service */
    uint32_t nonce_seed;
    int32_t ttl_ms; /* for calls that carry none */
};
/* `memory` stays the caller's and must outlive the feed. NULL without memory. */
struct feed *feed_create(const struct feed_config *config, struct feed_memory *memory);
void feed_destroy(struct feed *feed);

void feed_connected(struct feed *feed, int64_t now_us); /* subscriptions are acknowledged: rule 1 */
void feed_disconnected(struct feed *feed, int64_t now_us);
/* `message` as the link received it (message->received_us is its arrival). */
void feed_message(struct feed *feed, const struct message *message, int64_t now_us,
                  const struct feed_sink *sink);
/* Time passes: gaps, hello, lease. Call it at feed_deadline_us() or later; earlier is harmless. */
void feed_tick(struct feed *feed, int64_t now_us, const struct feed_sink *sink);
int64_t feed_deadline_us(const struct feed *feed); /* INT64_MAX: nothing to wait for */

/* How far what is shown can be trusted. */
enum feed_truth {
    FEED_NOTHING, /* no data since the start */
    FEED_FRESH,
    FEED_STALE, /* lease over: sign on the screens */
    FEED_BLANK, /* 45 s after that: no numbers */
};
enum feed_truth feed_truth(const struct feed *feed, int64_t now_us);

/* Until when a call that is FEED_LIVE may begin to sound: its upper-bound age reaches its ttl. For whoever has to queue it. */
int64_t feed_sound_until_us(const struct feed *feed, const struct event *event, int64_t received_us);
/* The server's clock now (notices end by it), or -1 while its bounds are unknown. */
int64_t feed_server_ms(const struct feed *feed, int64_t now_us);

struct feed_status {
    enum feed_profile profile;
    char epoch[EPOCH_SIZE];
    uint64_t seq; /* everything up to it is in the picture */
    int64_t lease_until_us;
    bool is_synchronised; /* bounds of the server's clock are known */
    uint64_t events, duplicates, muted, gaps, hellos, adoptions, clock_steps, pending_dropped;
};
void feed_status(const struct feed *feed, struct feed_status *status);
/* For technicians: what this profile promises, or does not. */
const char *feed_guarantees(enum feed_profile profile);
