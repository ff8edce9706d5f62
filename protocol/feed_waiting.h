/* The waiting room of the feed: messages of an epoch that no answer has confirmed yet (FEED-2). Bounded: 64 events in the
 * order of arrival (a further one takes the place of the oldest), the newest public state and the newest heartbeat. */
#pragma once

#include "protocol/feed.h"

struct feed_waiting_event {
    struct event event;
    int64_t received_us;
};
struct feed_waiting {
    unsigned first, count;
    struct feed_waiting_event event[FEED_PENDING];
    bool has_state, has_server;
    int64_t state_received_us, server_received_us;
    struct server server;
    struct state state;
};

/* True if the oldest had to leave. `event` may be the one taken last. */
bool feed_waiting_add(struct feed_waiting *waiting, const struct event *event, int64_t received_us);
void feed_waiting_set_state(struct feed_waiting *waiting, const struct state *state, int64_t received_us);
void feed_waiting_set_server(struct feed_waiting *waiting, const struct server *server, int64_t received_us);
/* Takes out the oldest event, or NULL. Valid until the next one is added. */
const struct feed_waiting_event *feed_waiting_take(struct feed_waiting *waiting);
void feed_waiting_clear(struct feed_waiting *waiting);
bool feed_waiting_is_empty(const struct feed_waiting *waiting);
