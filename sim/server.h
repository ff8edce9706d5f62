/* The queue server of the full profile, as a pure core: visits wait per agency, desks call them, and each change becomes an
 * event with the next number of the epoch. Time is an argument, nothing is allocated, there is no I/O (sim/queue.h).
 *
 * A visit belongs to an agency; the desks of that agency call it. Desks without agency share one more queue, after the
 * last agency of the hall file (server_agencies() - 1). Tickets are a letter per agency and a number: А042.
 *
 * Transitions return 0 and fill *event (to be published), or -errno and change nothing:
 * -ENOENT no such desk, ticket, visit or target; -EBUSY the desk has a visit; -EINVAL wrong order of steps (recall without
 * call); -ENOSPC the queue is full; -EHOSTDOWN the desk is not open.
 *
 * All times are microseconds of CLOCK_MONOTONIC. The server's clock starts at a wall-clock time and never steps inside an
 * epoch.
 */
#pragma once

#include "board/config/config.h"

#define SERVER_AGENCIES_MAX (AGENCIES_MAX + 1)
#define SERVER_WAITING_MAX  64 /* visits per agency */

struct server_visit {
    char ticket[TICKET_SIZE]; /* "" none */
    uint8_t lane;             /* enum lane */
    char booked_at[6];        /* LANE_BOOKED: "10:30" */
    char lang[LANG_SIZE];     /* "" not known */
    int16_t from;             /* desk that passed the visit on, or NONE (0 is the first desk!) */
};
struct server_desk {
    struct server_visit visit;
    uint8_t status, phase; /* enum desk_status, enum phase */
    uint8_t agency;        /* queue that it calls from */
    uint64_t seq;          /* last change of this epoch, 0 none */
    int64_t called_us;     /* its visit */
};
struct server_queue {
    struct server_visit visit[SERVER_WAITING_MAX]; /* next first */
    unsigned count;
    unsigned tickets; /* given out, for the next number */
    unsigned served;  /* visits that are done, and the time from their calls: so long the others will wait */
    int64_t served_us;
};

struct queue_server {
    const struct config *config; /* borrowed */
    char epoch[EPOCH_SIZE];
    uint64_t seq;
    int64_t start_us, start_wall_ms;
    int32_t ttl_ms; /* on each call; -1: none is sent */
    struct server_desk desk[DESKS_MAX];
    struct server_queue queue[SERVER_AGENCIES_MAX];
    uint16_t nrecent, nmissed, nnotices;
    struct state_call recent[RECENT_MAX], missed[MISSED_MAX]; /* newest first, a ticket once */
    struct notice notice[NOTICES_MAX];
};

/* All desks open and free, nobody waits. `epoch`: any text that no earlier start of this server had. */
void server_init(struct queue_server *server, const struct config *config, const char *epoch, int64_t wall_ms,
                 int64_t now_us);
/* As after a restart of the server: new epoch, numbers from 1. With `keeps_desks` the desks show what they showed. */
void server_restart(struct queue_server *server, const char *epoch, bool keeps_desks, int64_t wall_ms,
                    int64_t now_us);
unsigned server_agencies(const struct queue_server *server); /* queues in use */
int64_t server_clock_ms(const struct queue_server *server, int64_t now_us);

/* A visitor takes a ticket and waits; `visit` comes with lane, booked_at and lang, and gets its ticket. No event. */
int server_arrive(struct queue_server *server, unsigned agency, struct server_visit *visit);

/* The next visit of the desk's queue. -ENOENT nobody waits. */
int server_call_next(struct queue_server *server, unsigned desk, int64_t now_us, struct event *event);
/* This visit, whatever the desk has now: the buttons of the demo page. A waiting visit with this ticket leaves its queue. */
int server_call(struct queue_server *server, unsigned desk, const struct server_visit *visit, int64_t now_us,
                struct event *event);
int server_recall(struct queue_server *server, unsigned desk, int64_t now_us, struct event *event);
int server_serve(struct queue_server *server, unsigned desk, int64_t now_us, struct event *event);
/* `to`, for CLEAR_TRANSFERRED: id of a desk or agency, where the visit waits as the next one. A parked visit waits last in
 * its own queue; a no-show joins the missed. */
int server_clear(struct queue_server *server, unsigned desk, enum clear_reason reason, const char *to,
                 int64_t now_us, struct event *event);
/* Not while the desk has a visit, unless it opens. */
int server_desk(struct queue_server *server, unsigned desk, enum desk_status status, int64_t now_us,
                struct event *event);
/* Adds or replaces by id; without texts: removes (-ENOENT if there is none). -ENOSPC: NOTICES_MAX are there. */
int server_notice(struct queue_server *server, const struct notice *notice, int64_t now_us,
                  struct event *event);

/* The whole hall as it is now; `re`: nonce of the hello that it answers, "" for the public copy. */
void server_state(const struct queue_server *server, const char *re, int64_t now_us, struct state *state);
void server_heartbeat(const struct queue_server *server, bool is_online, uint64_t conn, int64_t now_us,
                      struct server *heartbeat);
