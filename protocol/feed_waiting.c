#include "protocol/feed_waiting.h"

#include <stddef.h>

bool feed_waiting_add(struct feed_waiting *waiting, const struct event *event, int64_t received_us)
{
    bool is_full = waiting->count == FEED_PENDING;
    if (is_full)
        feed_waiting_take(waiting);
    struct feed_waiting_event *last = &waiting->event[(waiting->first + waiting->count++) % FEED_PENDING];
    if (&last->event != event)
        event_copy(&last->event, event);
    last->received_us = received_us;
    return is_full;
}

void feed_waiting_set_state(struct feed_waiting *waiting, const struct state *state, int64_t received_us)
{
    waiting->state = *state;
    waiting->has_state = true;
    waiting->state_received_us = received_us;
}

void feed_waiting_set_server(struct feed_waiting *waiting, const struct server *server, int64_t received_us)
{
    waiting->server = *server;
    waiting->has_server = true;
    waiting->server_received_us = received_us;
}

const struct feed_waiting_event *feed_waiting_take(struct feed_waiting *waiting)
{
    if (waiting->count == 0)
        return NULL;
    const struct feed_waiting_event *oldest = &waiting->event[waiting->first];
    waiting->first = (waiting->first + 1) % FEED_PENDING;
    waiting->count--;
    return oldest;
}

void feed_waiting_clear(struct feed_waiting *waiting)
{
    waiting->count = 0;
    waiting->has_state = waiting->has_server = false;
}

bool feed_waiting_is_empty(const struct feed_waiting *waiting)
{
    return waiting->count == 0 && !waiting->has_state && !waiting->has_server;
}
