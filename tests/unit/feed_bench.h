/* A feed, its virtual time, and what it told its sink: one line each. What a server sends is made here too.
 *
 * A test names the rules that it proves (protocol/feed.h): PROVES("FEED-4 FEED-5", name). tests/checks/rules reads them.
 */
#pragma once

#include "protocol/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S         1000000LL
#define START_US  (1000 * S)
#define SERVER_MS 1763802000000LL /* the server's clock at our time 0 */
#define LOG_SIZE  8192

static struct {
    struct feed *feed;
    struct feed_memory memory;
    struct message message;
    int64_t now_us;
    char nonce[NONCE_SIZE];
    char log[LOG_SIZE];
} board;

__attribute__((format(printf, 1, 2))) static inline void note(const char *format, ...)
{
    size_t used = strlen(board.log);
    va_list args;
    va_start(args, format);
    vsnprintf(board.log + used, LOG_SIZE - used, format, args);
    va_end(args);
}

static const char *sound_word(enum feed_sound sound)
{
    return sound == FEED_LIVE ? "live" : sound == FEED_MUTED ? "muted" : "undecided";
}

static const char *what(const struct event *event)
{
    return event->type == EVENT_NOTICE ? event->notice.id : event->ticket[0] ? event->ticket : "-";
}

static inline void on_event(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                            int64_t received_us)
{
    (void)data;
    (void)received_us;
    note("%s %s %s %s%s\n", event_type_names[event->type], event->desk[0] ? event->desk : "-", what(event),
         sound_word(sound), is_current ? "" : " old");
}

static inline void on_decide(void *data, const struct event *event, enum feed_sound sound)
{
    (void)data;
    note("decide %s %s\n", event->ticket, sound_word(sound));
}

static inline void on_duplicate(void *data, const struct event *event)
{
    (void)data;
    note("duplicate %s\n", what(event));
}

static inline void on_desk(void *data, const struct state_desk *desk)
{
    (void)data;
    note("desk %s %s\n", desk->desk, desk->ticket[0] ? desk->ticket : "-");
}

static inline void on_gone(void *data, const char *desk)
{
    (void)data;
    note("gone %s\n", desk);
}

static inline void on_snapshot(void *data, const struct state *state)
{
    (void)data;
    note("snapshot %llu\n", (unsigned long long)state->seq);
}

static inline void on_hello(void *data, const struct hello *hello)
{
    (void)data;
    strcpy(board.nonce, hello->nonce);
    note("hello %s %llu\n", hello->epoch[0] ? hello->epoch : "-", (unsigned long long)hello->seq);
}

static const struct feed_sink sink = { NULL,    on_event, on_decide,   on_duplicate,
                                       on_desk, on_gone,  on_snapshot, on_hello };

static inline void start(void)
{
    static const struct feed_config config = {
        .id = "hall-1", .boot = "b7c1", .nonce_seed = 7, .ttl_ms = 10000
    };
    board.feed = feed_create(&config, &board.memory);
    board.log[0] = board.nonce[0] = '\0';
}

static inline int set_up(void **state)
{
    (void)state;
    memset(&board, 0, sizeof board);
    board.now_us = START_US;
    start();
    return 0;
}

/* For the next row of a table. */
static inline void renew(void)
{
    feed_destroy(board.feed);
    set_up(NULL);
}

static inline int tear_down(void **state)
{
    (void)state;
    feed_destroy(board.feed);
    return 0;
}

static inline void expect(const char *log)
{
    assert_string_equal(board.log, log);
    board.log[0] = '\0';
}

static inline int64_t server_ms(void)
{
    return SERVER_MS + board.now_us / 1000;
}

static inline void tick(void)
{
    feed_tick(board.feed, board.now_us, &sink);
}

static inline void wait_us(int64_t us)
{
    board.now_us += us;
}

static inline void give(void)
{
    board.message.received_us = board.now_us;
    feed_message(board.feed, &board.message, board.now_us, &sink);
}

/* ---- what a server sends ---- */

static inline struct event *new_event(const char *epoch, uint64_t seq, enum event_type type, const char *desk,
                                      const char *ticket)
{
    struct event *event = &board.message.event;
    memset(&board.message, 0, sizeof board.message);
    board.message.kind = MESSAGE_EVENT;
    strcpy(event->epoch, epoch);
    event->seq = seq;
    event->ts_ms = *epoch ? server_ms() : 0;
    event->type = type;
    event->ttl_ms = -1;
    strcpy(event->desk, desk);
    strcpy(event->ticket, ticket);
    return event;
}

static inline void give_retained(void)
{
    board.message.is_retained = true;
    give();
}

static inline void give_event(const char *epoch, uint64_t seq, enum event_type type, const char *desk,
                              const char *ticket)
{
    new_event(epoch, seq, type, desk, ticket);
    give();
}

static inline void give_call(const char *epoch, uint64_t seq, const char *desk, const char *ticket)
{
    give_event(epoch, seq, EVENT_CALL, desk, ticket);
}

/* desks: "3 A1 5" is desk 3 with ticket A1 at 5; ticket - is none; divided by commas. */
static inline struct state *new_state(const char *epoch, uint64_t seq, const char *re, const char *desks)
{
    struct state *state = &board.message.state;
    memset(&board.message, 0, sizeof board.message);
    board.message.kind = MESSAGE_STATE;
    strcpy(state->epoch, epoch);
    strcpy(state->re, re);
    state->seq = seq;
    state->ts_ms = server_ms();
    for (const char *at = desks; at && *at; at = strchr(at, ','), at = at ? at + 1 : NULL) {
        struct state_desk *desk = &state->desk[state->ndesks++];
        unsigned long long desk_seq;
        assert_int_equal(sscanf(at, "%32s %32s %llu", desk->desk, desk->ticket, &desk_seq), 3);
        desk->seq = desk_seq;
        if (strcmp(desk->ticket, "-") == 0)
            desk->ticket[0] = '\0';
        desk->phase = desk->ticket[0] ? PHASE_CALLED : PHASE_IDLE;
    }
    return state;
}

static inline void give_state(const char *epoch, uint64_t seq, const char *re, const char *desks)
{
    new_state(epoch, seq, re, desks);
    give();
}

static inline struct server *new_server(const char *epoch, uint64_t seq, bool is_online, uint64_t conn)
{
    memset(&board.message, 0, sizeof board.message);
    board.message.kind = MESSAGE_SERVER;
    struct server *server = &board.message.server;
    strcpy(server->epoch, epoch);
    server->seq = seq;
    server->ts_ms = is_online ? server_ms() : 0;
    server->is_online = is_online;
    server->conn = conn;
    return server;
}

static inline void give_server(const char *epoch, uint64_t seq, bool is_online, uint64_t conn)
{
    new_server(epoch, seq, is_online, conn);
    give();
}

/* Connected and in step with epoch `epoch` at `seq`, with an empty log. */
static inline void adopt(const char *epoch, uint64_t seq, const char *desks)
{
    feed_connected(board.feed, board.now_us);
    tick();
    give_state(epoch, seq, board.nonce, desks);
    board.log[0] = '\0';
}

static inline enum feed_truth truth(void)
{
    return feed_truth(board.feed, board.now_us);
}

static inline struct feed_status status(void)
{
    struct feed_status filled;
    feed_status(board.feed, &filled);
    return filled;
}

/* Ticks at each deadline until `until_us`, as the loop does. */
static inline void run_until(int64_t until_us)
{
    for (int turns = 0; feed_deadline_us(board.feed) <= until_us; turns++) {
        assert_true(turns < 1000);
        if (feed_deadline_us(board.feed) > board.now_us)
            board.now_us = feed_deadline_us(board.feed);
        tick();
    }
    board.now_us = until_us;
}

#define PROVES(ids, name)                                                                                    \
    {                                                                                                        \
        ids " " #name, name, set_up, tear_down, NULL                                                         \
    }
