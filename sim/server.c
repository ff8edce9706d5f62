#include "sim/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TICKET_NUMBERS 999
#define COPY(to, text) snprintf((to), sizeof(to), "%s", (text))

/* Capitals that nobody takes for a digit; first those that seven segments can show. */
static const char *const prefixes[] = { "А", "Е", "Н", "Р", "С", "Т", "У", "Г", "Д", "К", "Л", "М", "П" };

/* ---- queues ---------------------------------------------------------------------------------- */

static struct server_visit no_visit(void)
{
    return (struct server_visit){ .from = NONE };
}

static bool is_privileged(const struct server_visit *visit)
{
    return visit->lane == LANE_BOOKED || visit->from != NONE;
}

static void insert(struct server_queue *queue, unsigned at, const struct server_visit *visit)
{
    memmove(&queue->visit[at + 1], &queue->visit[at], (queue->count - at) * sizeof queue->visit[0]);
    queue->visit[at] = *visit;
    queue->count++;
}

static struct server_visit take(struct server_queue *queue, unsigned at)
{
    struct server_visit visit = queue->visit[at];
    queue->count--;
    memmove(&queue->visit[at], &queue->visit[at + 1], (queue->count - at) * sizeof queue->visit[0]);
    return visit;
}

static struct server_visit *find_waiting(struct queue_server *server, const char *ticket, unsigned *agency)
{
    for (*agency = 0; *agency < server_agencies(server); ++*agency) {
        struct server_queue *queue = &server->queue[*agency];
        for (unsigned i = 0; i < queue->count; i++)
            if (strcmp(queue->visit[i].ticket, ticket) == 0)
                return &queue->visit[i];
    }
    return NULL;
}

unsigned server_agencies(const struct queue_server *server)
{
    return server->config->nagencies + 1u;
}

int server_arrive(struct queue_server *server, unsigned agency, struct server_visit *visit)
{
    if (agency >= server_agencies(server))
        return -ENOENT;
    struct server_queue *queue = &server->queue[agency];
    if (queue->count == SERVER_WAITING_MAX)
        return -ENOSPC;
    unsigned number = queue->tickets++ % TICKET_NUMBERS + 1;
    snprintf(visit->ticket, sizeof visit->ticket, "%s%03u",
             prefixes[agency % (sizeof prefixes / sizeof prefixes[0])], number);
    visit->from = NONE;
    unsigned at = queue->count;
    if (is_privileged(visit)) /* who booked waits only for others who did, or who are passed on */
        for (at = 0; at < queue->count && is_privileged(&queue->visit[at]);)
            at++;
    insert(queue, at, visit);
    return 0;
}

/* ---- events and lists ------------------------------------------------------------------------ */

int64_t server_clock_ms(const struct queue_server *server, int64_t now_us)
{
    return server->start_wall_ms + (now_us - server->start_us) / 1000;
}

static void begin_event(struct queue_server *server, enum event_type type, int64_t now_us,
                        struct event *event)
{
    *event = (struct event){
        .seq = ++server->seq, .ts_ms = server_clock_ms(server, now_us), .type = (uint8_t)type, .ttl_ms = -1
    };
    memcpy(event->epoch, server->epoch, sizeof event->epoch);
}

static const char *desk_id(const struct queue_server *server, int desk)
{
    return desk == NONE ? "" : server->config->desk[desk].id;
}

/* An event about the visit at a desk, as it is before the change. */
static void begin_desk_event(struct queue_server *server, enum event_type type, unsigned desk, int64_t now_us,
                             struct event *event)
{
    const struct server_visit *visit = &server->desk[desk].visit;
    begin_event(server, type, now_us, event);
    COPY(event->desk, desk_id(server, (int)desk));
    COPY(event->ticket, visit->ticket);
    server->desk[desk].seq = event->seq;
    if (type != EVENT_CALL && type != EVENT_RECALL)
        return;
    event->lane = visit->lane;
    event->ttl_ms = server->ttl_ms;
    COPY(event->booked_at, visit->booked_at);
    COPY(event->lang, visit->lang);
    COPY(event->from, desk_id(server, visit->from));
}

static void leave_list(struct state_call *list, uint16_t *count, const char *ticket)
{
    for (unsigned i = 0; i < *count; i++) {
        if (strcmp(list[i].ticket, ticket) != 0)
            continue;
        --*count;
        memmove(&list[i], &list[i + 1], (*count - i) * sizeof list[0]);
        return;
    }
}

static void head_list(struct state_call *list, uint16_t *count, uint16_t limit, const struct event *event)
{
    leave_list(list, count, event->ticket);
    if (*count == limit)
        --*count;
    memmove(&list[1], &list[0], *count * sizeof list[0]);
    list[0] = (struct state_call){ .seq = event->seq };
    COPY(list[0].ticket, event->ticket);
    COPY(list[0].desk, event->desk);
    ++*count;
}

/* ---- transitions ----------------------------------------------------------------------------- */

static int open_desk(const struct queue_server *server, unsigned desk)
{
    if (desk >= server->config->ndesks)
        return -ENOENT;
    return server->desk[desk].status == DESK_OPEN ? 0 : -EHOSTDOWN;
}

static int call_visit(struct queue_server *server, unsigned desk, const struct server_visit *visit,
                      int64_t now_us, struct event *event)
{
    server->desk[desk].visit = *visit;
    server->desk[desk].phase = PHASE_CALLED;
    server->desk[desk].called_us = now_us;
    begin_desk_event(server, EVENT_CALL, desk, now_us, event);
    head_list(server->recent, &server->nrecent, RECENT_MAX, event);
    leave_list(server->missed, &server->nmissed, event->ticket);
    return 0;
}

int server_call_next(struct queue_server *server, unsigned desk, int64_t now_us, struct event *event)
{
    int rc = open_desk(server, desk);
    if (rc < 0)
        return rc;
    if (server->desk[desk].phase != PHASE_IDLE)
        return -EBUSY;
    struct server_queue *queue = &server->queue[server->desk[desk].agency];
    if (queue->count == 0)
        return -ENOENT;
    struct server_visit visit = take(queue, 0);
    return call_visit(server, desk, &visit, now_us, event);
}

int server_call(struct queue_server *server, unsigned desk, const struct server_visit *visit, int64_t now_us,
                struct event *event)
{
    int rc = open_desk(server, desk);
    if (rc < 0)
        return rc;
    if (ticket_defect(visit->ticket) || (visit->from != NONE && visit->from >= server->config->ndesks))
        return -EINVAL;
    struct server_visit called = *visit;
    unsigned agency;
    struct server_visit *waiting = find_waiting(server, visit->ticket, &agency);
    if (waiting)
        called = take(&server->queue[agency], (unsigned)(waiting - server->queue[agency].visit));
    return call_visit(server, desk, &called, now_us, event);
}

int server_recall(struct queue_server *server, unsigned desk, int64_t now_us, struct event *event)
{
    int rc = open_desk(server, desk);
    if (rc < 0)
        return rc;
    if (server->desk[desk].phase == PHASE_IDLE)
        return -EINVAL;
    server->desk[desk].phase = PHASE_CALLED;
    begin_desk_event(server, EVENT_RECALL, desk, now_us, event);
    head_list(server->recent, &server->nrecent, RECENT_MAX, event);
    return 0;
}

int server_serve(struct queue_server *server, unsigned desk, int64_t now_us, struct event *event)
{
    int rc = open_desk(server, desk);
    if (rc < 0)
        return rc;
    if (server->desk[desk].phase != PHASE_CALLED)
        return -EINVAL;
    begin_desk_event(server, EVENT_SERVE, desk, now_us, event);
    server->desk[desk].phase = PHASE_SERVING;
    return 0;
}

static struct server_queue *queue_of(struct queue_server *server, const char *to)
{
    const struct config *config = server->config;
    for (unsigned i = 0; i < config->nagencies; i++)
        if (strcmp(config->agency[i].id, to) == 0)
            return &server->queue[i];
    for (unsigned i = 0; i < config->ndesks; i++)
        if (strcmp(config->desk[i].id, to) == 0)
            return &server->queue[server->desk[i].agency];
    return NULL;
}

/* Where the visit goes on, NULL: it ends here. */
static int next_queue(struct queue_server *server, unsigned desk, enum clear_reason reason, const char *to,
                      struct server_queue **queue)
{
    *queue = NULL;
    if (reason == CLEAR_TRANSFERRED) {
        *queue = queue_of(server, to);
        if (!*queue)
            return -ENOENT;
    }
    if (reason == CLEAR_PARKED)
        *queue = &server->queue[server->desk[desk].agency];
    return *queue && (*queue)->count == SERVER_WAITING_MAX ? -ENOSPC : 0;
}

int server_clear(struct queue_server *server, unsigned desk, enum clear_reason reason, const char *to,
                 int64_t now_us, struct event *event)
{
    if (desk >= server->config->ndesks)
        return -ENOENT;
    struct server_desk *cleared = &server->desk[desk];
    if (cleared->phase == PHASE_IDLE || reason >= CLEAR_REASONS)
        return -EINVAL;
    struct server_queue *queue;
    int rc = next_queue(server, desk, reason, to, &queue);
    if (rc < 0)
        return rc;
    begin_desk_event(server, EVENT_CLEAR, desk, now_us, event);
    event->reason = (uint8_t)reason;
    if (reason == CLEAR_TRANSFERRED) {
        COPY(event->to, to);
        cleared->visit.from = (int16_t)desk;
    }
    if (queue)
        insert(queue, reason == CLEAR_TRANSFERRED ? 0 : queue->count, &cleared->visit);
    if (reason == CLEAR_DONE) {
        server->queue[cleared->agency].served++;
        server->queue[cleared->agency].served_us += now_us - cleared->called_us;
    }
    if (reason == CLEAR_NO_SHOW)
        head_list(server->missed, &server->nmissed, MISSED_MAX, event);
    cleared->visit = no_visit();
    cleared->phase = PHASE_IDLE;
    return 0;
}

int server_desk(struct queue_server *server, unsigned desk, enum desk_status status, int64_t now_us,
                struct event *event)
{
    if (desk >= server->config->ndesks)
        return -ENOENT;
    if (status >= DESK_STATUSES)
        return -EINVAL;
    if (status != DESK_OPEN && server->desk[desk].phase != PHASE_IDLE)
        return -EBUSY;
    server->desk[desk].status = (uint8_t)status;
    begin_desk_event(server, EVENT_DESK, desk, now_us, event);
    event->status = (uint8_t)status;
    return 0;
}

static unsigned find_notice(const struct queue_server *server, const char *id)
{
    unsigned at = 0;
    while (at < server->nnotices && strcmp(server->notice[at].id, id) != 0)
        at++;
    return at;
}

int server_notice(struct queue_server *server, const struct notice *notice, int64_t now_us,
                  struct event *event)
{
    unsigned at = find_notice(server, notice->id);
    if (notice->ntexts == 0 && at == server->nnotices)
        return -ENOENT;
    if (at == NOTICES_MAX)
        return -ENOSPC;
    if (notice->ntexts == 0)
        memmove(&server->notice[at], &server->notice[at + 1], (--server->nnotices - at) * sizeof *notice);
    else
        server->notice[at] = *notice;
    if (at == server->nnotices && notice->ntexts > 0)
        server->nnotices++;
    begin_event(server, EVENT_NOTICE, now_us, event);
    event->notice = *notice;
    return 0;
}

/* ---- start and snapshots --------------------------------------------------------------------- */

static void begin_epoch(struct queue_server *server, const char *epoch, int64_t wall_ms, int64_t now_us)
{
    snprintf(server->epoch, sizeof server->epoch, "%s", epoch);
    server->seq = 0;
    server->start_us = now_us;
    server->start_wall_ms = wall_ms;
}

static void free_desks(struct queue_server *server)
{
    for (unsigned i = 0; i < server->config->ndesks; i++) {
        struct server_desk *desk = &server->desk[i];
        int agency = server->config->desk[i].agency;
        *desk = (struct server_desk){ .status = DESK_OPEN, .phase = PHASE_IDLE, .visit = no_visit() };
        desk->agency = (uint8_t)(agency == NONE ? server->config->nagencies : agency);
    }
}

void server_init(struct queue_server *server, const struct config *config, const char *epoch, int64_t wall_ms,
                 int64_t now_us)
{
    memset(server, 0, sizeof *server);
    server->config = config;
    server->ttl_ms = config->calls.ttl_ms > 0 ? config->calls.ttl_ms : TTL_DEFAULT_MS;
    free_desks(server);
    begin_epoch(server, epoch, wall_ms, now_us);
}

static void forget_numbers(struct queue_server *server)
{
    for (unsigned i = 0; i < server->config->ndesks; i++)
        server->desk[i].seq = 0;
    for (unsigned i = 0; i < server->nrecent; i++)
        server->recent[i].seq = 0;
    for (unsigned i = 0; i < server->nmissed; i++)
        server->missed[i].seq = 0;
}

void server_restart(struct queue_server *server, const char *epoch, bool keeps_desks, int64_t wall_ms,
                    int64_t now_us)
{
    begin_epoch(server, epoch, wall_ms, now_us);
    forget_numbers(server);
    if (keeps_desks)
        return;
    free_desks(server);
    server->nrecent = server->nmissed = server->nnotices = 0;
    for (unsigned i = 0; i < server_agencies(server); i++)
        server->queue[i].count = 0; /* the numbers go on: nobody may get a ticket that someone still holds */
}

static void state_desks(const struct queue_server *server, struct state *state)
{
    state->ndesks = server->config->ndesks;
    for (unsigned i = 0; i < state->ndesks; i++) {
        const struct server_desk *from = &server->desk[i];
        struct state_desk *to = &state->desk[i];
        *to = (struct state_desk){
            .seq = from->seq, .status = from->status, .phase = from->phase, .lane = from->visit.lane
        };
        COPY(to->desk, desk_id(server, (int)i));
        COPY(to->ticket, from->visit.ticket);
        COPY(to->booked_at, from->visit.booked_at);
        COPY(to->from, desk_id(server, from->visit.from));
    }
}

static unsigned open_desks(const struct queue_server *server, unsigned agency)
{
    unsigned count = 0;
    for (unsigned i = 0; i < server->config->ndesks; i++)
        count += server->desk[i].agency == agency && server->desk[i].status == DESK_OPEN;
    return count;
}

/* As long as visits took until now, over the desks that are open; -1 before any was done, or if none is open. */
static int16_t wait_minutes(const struct queue_server *server, unsigned agency)
{
    const struct server_queue *queue = &server->queue[agency];
    const int64_t minute_us = 60000000, desks = open_desks(server, agency);
    if (queue->served == 0 || desks == 0)
        return -1;
    int64_t minutes = (queue->served_us / queue->served * queue->count / desks + minute_us - 1) / minute_us;
    return (int16_t)(minutes < WAITING_MINUTES ? minutes : WAITING_MINUTES);
}

/* Of each agency; of a hall without agencies its one queue. */
static void state_waiting(const struct queue_server *server, struct state *state)
{
    const unsigned nagencies = server->config->nagencies;
    state->nwaiting = (uint16_t)(nagencies ? nagencies : 1);
    for (unsigned i = 0; i < state->nwaiting; i++) {
        state->waiting[i] = (struct state_waiting){ .count = (uint16_t)server->queue[i].count,
                                                    .wait_min = wait_minutes(server, i) };
        if (nagencies)
            COPY(state->waiting[i].agency, server->config->agency[i].id);
    }
}

void server_state(const struct queue_server *server, const char *re, int64_t now_us, struct state *state)
{
    memcpy(state->epoch, server->epoch, sizeof state->epoch);
    snprintf(state->re, sizeof state->re, "%s", re);
    state->seq = server->seq;
    state->ts_ms = server_clock_ms(server, now_us);
    state_desks(server, state);
    state_waiting(server, state);
    state->nrecent = server->nrecent;
    state->nmissed = server->nmissed;
    state->nnotices = server->nnotices;
    memcpy(state->recent, server->recent, server->nrecent * sizeof server->recent[0]);
    memcpy(state->missed, server->missed, server->nmissed * sizeof server->missed[0]);
    memcpy(state->notice, server->notice, server->nnotices * sizeof server->notice[0]);
}

void server_heartbeat(const struct queue_server *server, bool is_online, uint64_t conn, int64_t now_us,
                      struct server *heartbeat)
{
    *heartbeat = (struct server){ .conn = conn, .is_online = is_online };
    memcpy(heartbeat->epoch, server->epoch, sizeof heartbeat->epoch);
    if (!is_online)
        return;
    heartbeat->seq = server->seq;
    heartbeat->ts_ms = server_clock_ms(server, now_us);
}
