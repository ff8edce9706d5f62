/* A server and a clock gone mad: any order of messages with any numbers and times. Never a crash, never an overflow, never a
 * deadline that stays in the past (the loop would spin), a verdict for every undecided call, no call heard twice.
 *
 *   make B=build-fuzz CC=clang SAN=fuzzer-no-link,address,undefined build-fuzz/tests/fuzz/fuzz_feed
 */
#include "protocol/feed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *next, *last;
static char nonce[NONCE_SIZE];
static int undecided;
static struct message message;

static void require(bool is_true)
{
    if (!is_true)
        abort();
}

static uint8_t byte(void)
{
    return next < last ? *next++ : 0;
}

/* Small numbers mostly, and the edges. */
static uint64_t number(void)
{
    uint8_t lot = byte();
    if (lot < 200)
        return lot;
    if (lot < 220)
        return (uint64_t)byte() << 8 | byte();
    return 9007199254740991 - (lot - 220);
}

static void on_event(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                     int64_t received_us)
{
    (void)data;
    (void)event;
    (void)received_us;
    require(is_current || sound == FEED_MUTED);
    undecided += sound == FEED_UNDECIDED_SOUND;
}

static void on_decide(void *data, const struct event *event, enum feed_sound sound)
{
    (void)data;
    (void)event;
    undecided--;
    require(undecided >= 0 && sound != FEED_UNDECIDED_SOUND);
}

static void on_duplicate(void *data, const struct event *event)
{
    (void)data;
    (void)event;
}

static void on_desk(void *data, const struct state_desk *desk)
{
    (void)data;
    (void)desk;
}

static void on_gone(void *data, const char *desk)
{
    (void)data;
    require(desk[0] == 'd');
}

static void on_snapshot(void *data, const struct state *state)
{
    (void)data;
    (void)state;
}

static void on_hello(void *data, const struct hello *hello)
{
    (void)data;
    memcpy(nonce, hello->nonce, sizeof nonce);
}

static const struct feed_sink sink = { NULL,    on_event, on_decide,   on_duplicate,
                                       on_desk, on_gone,  on_snapshot, on_hello };

static void fill_epoch(char epoch[EPOCH_SIZE])
{
    uint8_t which = byte() % 7;
    snprintf(epoch, EPOCH_SIZE, "e%u", which);
    if (!which)
        epoch[0] = '\0';
}

static void fill_event(struct event *event)
{
    memset(event, 0, sizeof *event);
    fill_epoch(event->epoch);
    event->type = byte() % EVENT_TYPES;
    event->ttl_ms = byte() % 4 ? -1 : (int32_t)(number() % TTL_MAX_MS);
    event->seq = event->epoch[0] ? number() + 1 : 0;
    event->seq -= event->seq > 9007199254740991;
    event->ts_ms = event->epoch[0] ? (int64_t)number() : 0;
    snprintf(event->desk, ID_SIZE, "d%u", byte() % 40 ? byte() % 4 : byte() * 7);
    snprintf(event->ticket, TICKET_SIZE, "%u", byte() % 4);
}

static void fill_state(struct state *state)
{
    memset(state, 0, offsetof(struct state, desk));
    fill_epoch(state->epoch);
    if (!state->epoch[0])
        state->epoch[0] = 'x';
    if (byte() % 2)
        memcpy(state->re, nonce, sizeof nonce);
    state->seq = number();
    state->ts_ms = (int64_t)number();
    state->ndesks = byte() % 6;
    for (unsigned i = 0; i < state->ndesks; i++) {
        memset(&state->desk[i], 0, sizeof state->desk[i]);
        snprintf(state->desk[i].desk, ID_SIZE, "d%u", i * 2);
        state->desk[i].seq = number();
    }
}

static void fill_server(struct server *server)
{
    fill_epoch(server->epoch);
    server->is_online = byte() % 4;
    server->seq = number();
    server->ts_ms = (int64_t)number();
    server->conn = number();
}

static void fill_message(void)
{
    uint8_t lot = byte();
    message.is_retained = lot >= 224;
    message.kind = lot % 3;
    if (message.kind == MESSAGE_EVENT)
        fill_event(&message.event);
    else if (message.kind == MESSAGE_STATE)
        fill_state(&message.state);
    else
        fill_server(&message.server);
}

static void step(struct feed *feed, int64_t now_us)
{
    uint8_t lot = byte();
    if (lot < 8)
        feed_connected(feed, now_us);
    else if (lot < 12)
        feed_disconnected(feed, now_us);
    fill_message();
    message.received_us = now_us - (int64_t)(number() % 20000000);
    feed_message(feed, &message, now_us, &sink);
    if (feed_deadline_us(feed) <= now_us)
        feed_tick(feed, now_us, &sink);
    require(feed_deadline_us(feed) > now_us);
    require(undecided <= FEED_DEFERRED);
    feed_truth(feed, now_us);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct feed_config config = { .id = "a", .boot = "b", .ttl_ms = TTL_DEFAULT_MS };
    struct feed_memory memory = { 0 };
    struct feed *feed = feed_create(&config, &memory);
    int64_t now_us = 1000000000;
    next = data;
    last = data + size;
    undecided = 0;
    nonce[0] = 'n';
    nonce[1] = '\0';
    if (!feed)
        return 0;
    feed_connected(feed, now_us);
    feed_tick(feed, now_us, &sink);
    while (next < last) {
        now_us += (int64_t)byte() * byte() * 1000;
        step(feed, now_us);
    }
    feed_destroy(feed);
    return 0;
}
