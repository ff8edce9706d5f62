/* The queue server on a broker: server and visitors driven by a loop, spoken over MQTT as the full profile says.
 *
 * On connect it publishes server (retained, with a will) and state (retained), then a heartbeat every 5 s, the state at
 * most once a second after changes, and a private state for each hello. While the broker is away the day goes on; what was
 * not published is a gap that the boards notice and repair.
 *
 * One thread. Name look-ups block.
 */
#pragma once

#include "board/loop.h"
#include "sim/visitors.h"

#define QUEUE_BACKLOG                                                                                        \
    4096 /* events of a burst that wait for acknowledgements of those before; more become a gap */

struct queue;
struct queue_config {
    const struct config *hall; /* borrowed: hall id, board id, desks, agencies */
    const char *url;           /* mqtt://host:port; NULL: the hall file's broker.urls */
    uint64_t seed;
    enum pace pace;
};
/* What the owner may watch; members may be NULL. Callbacks must not destroy the queue; queue_do() is fine. */
struct queue_watch {
    void *data;
    void (*event)(void *data, const struct event *event); /* happened, published if the broker is there */
    /* From the hall's board: `what` is "receipt", "status" or "health", `json` its payload, terminated, not checked. */
    void (*board)(void *data, const char *what, const char *json, size_t length, bool is_retained);
    void (*link)(void *data, bool is_connected, const char *why);
};
/* NULL with errno; `error` says what is wrong. */
struct queue *queue_create(struct loop *loop, const struct queue_config *config,
                           const struct queue_watch *watch, char *error, size_t error_size);
void queue_destroy(struct queue *queue); /* NULL is fine */

/* A button was pressed: performs and publishes. 0 or -errno of sim/server.h. */
int queue_do(struct queue *queue, const struct action *action);
/* Desks, waiting visits, lists: to be shown. Valid until the next call or turn of the loop. */
const struct queue_server *queue_server(const struct queue *queue);
void queue_pace(struct queue *queue, enum pace pace, uint64_t seed); /* new visitors from now on */

/* Faults. */
void queue_mute(struct queue *queue, bool is_mute); /* publishes nothing, not even heartbeats and answers */
void queue_restart(struct queue *queue, bool keeps_desks); /* a new epoch */

struct queue_counts {
    uint64_t events, unpublished, hellos, states, heartbeats, receipts;
};
void queue_counts(const struct queue *queue, struct queue_counts *counts);
