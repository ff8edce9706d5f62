#include "protocol/feed_own.h"

#include "protocol/feed_window.h"

#include <stdlib.h>
#include <string.h>

#define GAP_US 500000 /* messages of different topics may overtake each other */

bool feed_is_call(const struct event *event)
{
    return event->type == EVENT_CALL || event->type == EVENT_RECALL;
}

int64_t feed_ttl_us(const struct feed *feed, const struct event *event)
{
    return 1000LL * (event->ttl_ms >= 0 ? event->ttl_ms : feed->config.ttl_ms);
}

bool feed_is_mine(const struct feed *feed, const char *epoch)
{
    return feed->epoch[0] && strcmp(feed->epoch, epoch) == 0;
}

enum feed_profile feed_profile_now(const struct feed *feed)
{
    if (feed->epoch[0])
        return FEED_FULL;
    return feed->has_basic || feed->is_unanswered ? FEED_BASIC : FEED_UNDECIDED;
}

/* ---- turns ---------------------------------------------------------------------------------------- */

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
        feed_forget_desks(feed);
    feed->must_forget = false;
}

static void end_turn(struct feed *feed)
{
    feed_watch_gap(feed);
    say_hello(feed);
    feed->sink = NULL;
}

void feed_message(struct feed *feed, const struct message *message, int64_t now_us,
                  const struct feed_sink *sink)
{
    begin_turn(feed, now_us, sink);
    feed->has_heart = feed->has_heart || message->kind == MESSAGE_SERVER;
    if (message->is_retained && message->kind != MESSAGE_COMMAND)
        feed_take_retained(feed, message);
    else
        feed_take_live(feed, message);
    end_turn(feed);
}

void feed_tick(struct feed *feed, int64_t now_us, const struct feed_sink *sink)
{
    begin_turn(feed, now_us, sink);
    feed_lose_patience(feed);
    end_turn(feed);
}

/* ---- the connection ------------------------------------------------------------------------------- */

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

/* ---- what is true --------------------------------------------------------------------------------- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Until when what is shown counts as the truth (FEED-8); INT64_MAX in the basic profile while connected (BASIC-3). */
static int64_t fresh_until_us(const struct feed *feed)
{
    if (feed->epoch[0])
        return feed->lease_until_us;
    return feed->is_connected || feed_profile_now(feed) == FEED_UNDECIDED ? INT64_MAX
                                                                          : feed->lost_us + FEED_LEASE_US;
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
    if (feed_profile_now(feed) == FEED_UNDECIDED)
        return FEED_NOTHING;
    if (until_us == INT64_MAX)
        return FEED_FRESH;
    if (now_us >= until_us + FEED_HOLD_US)
        return FEED_BLANK;
    return now_us >= until_us || feed->is_server_gone ? FEED_STALE : FEED_FRESH;
}

int64_t feed_sound_until_us(const struct feed *feed, const struct event *event, int64_t received_us)
{
    bool is_bounded = feed_is_mine(feed, event->epoch) && feed->clock.is_known;
    return feed_ttl_us(feed, event) +
           (is_bounded ? feed_clock_sent_us(&feed->clock, event->ts_ms) : received_us);
}

int64_t feed_server_ms(const struct feed *feed, int64_t now_us)
{
    return feed->clock.is_known ? feed_clock_server_ms(&feed->clock, now_us) : -1;
}

void feed_status(const struct feed *feed, struct feed_status *status)
{
    *status = feed->count;
    status->profile = feed_profile_now(feed);
    memcpy(status->epoch, feed->epoch, EPOCH_SIZE);
    status->seq = feed->whole;
    status->lease_until_us = feed->lease_until_us;
    status->is_synchronised = feed->clock.is_known;
}

/* BASIC-8 */
const char *feed_guarantees(enum feed_profile profile)
{
    static const char *const words[] = {
        [FEED_UNDECIDED] = "none yet: no server has answered",
        [FEED_BASIC] =
            ("basic: no sign when the server is lost, and its numbers stay; missed calls are not repaired; "
             "a call that was long on its way sounds, a copy after 2 s sounds again"),
        [FEED_FULL] = "full",
    };
    return words[profile];
}

/* ---- life ----------------------------------------------------------------------------------------- */

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
