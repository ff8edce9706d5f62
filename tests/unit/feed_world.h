/* A server and a broker on a virtual clock, for a board under test. The server's own tables are the truth that the wall is
 * held against. Everything that happens can be traced, one line each.
 */
#pragma once

#include "protocol/feed.h"

#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S              1000000LL
#define HEART_US       (5 * S)
#define DESKS          8
#define EPOCHS         64
#define NUMBERS        512
#define HISTORY        1024
#define QUEUE          4096
#define ANY_GENERATION UINT32_MAX

struct shown {
    uint32_t ticket; /* epoch * NUMBERS + seq of its call; 0 none */
    uint32_t seq;
};
enum topic { TOPIC_EVENT, TOPIC_STATE, TOPIC_SERVER, TOPIC_PRIVATE, TOPICS };
struct packet {
    enum topic topic;
    bool is_online, is_clear;
    uint32_t epoch, seq, conn, ticket;
    int64_t ts_us;
    int64_t written_us, clock_us; /* when really, and the server's clock against ours then */
    uint8_t desk;
    char nonce[NONCE_SIZE];
    struct shown desks[DESKS];
};
enum happening { DELIVERY, HELLO, SERVER_BACK, SERVER_UP, SERVER_TELLS, WILL };
struct pending {
    int64_t at_us;
    uint64_t order;
    enum happening happening;
    bool is_retained;
    uint32_t generation;
    struct packet packet;
};

static struct world {
    FILE *trace; /* NULL: none */
    int64_t now_us;
    uint64_t order;
    unsigned nqueue;
    struct pending queue[QUEUE];
    struct {
        bool is_there;
        struct packet packet;
    } retained[TOPICS], retained_before[TOPICS];
    int64_t stall_us;
    bool is_connected;   /* the board */
    uint32_t generation; /* of its connection */

    struct {
        uint32_t epoch, seq, conn;
        struct shown desks[DESKS];
        int64_t heart_us, snapshot_us;
        bool is_connected, is_down, is_dirty;
    } server;

    /* The truth. */
    int64_t clock_us[EPOCHS]; /* the server's clock against ours, now */
    int64_t called_us[EPOCHS * NUMBERS];
    unsigned nhistory[DESKS];
    struct {
        int64_t at_us;
        uint32_t ticket;
    } history[DESKS][HISTORY];
    uint64_t calls, faults;
} world;

__attribute__((format(printf, 1, 2))) static void trace(const char *format, ...)
{
    if (!world.trace)
        return;
    va_list args;
    va_start(args, format);
    fprintf(world.trace, "%7.1f s  ", (double)world.now_us / S);
    vfprintf(world.trace, format, args);
    fputc('\n', world.trace);
    va_end(args);
}

/* ---- what will happen ------------------------------------------------------------------------ */

static bool is_before(const struct pending *a, const struct pending *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(unsigned a, unsigned b)
{
    struct pending kept = world.queue[a];
    world.queue[a] = world.queue[b];
    world.queue[b] = kept;
}

static struct pending *later(int64_t after_us, enum happening happening)
{
    static struct pending next;
    assert_true(world.nqueue < QUEUE);
    next = (struct pending){ .at_us = world.now_us + after_us,
                             .order = world.order++,
                             .happening = happening,
                             .generation = ANY_GENERATION };
    return &next;
}

static void enqueue(const struct pending *pending)
{
    unsigned at = world.nqueue++;
    world.queue[at] = *pending;
    for (; at && is_before(&world.queue[at], &world.queue[(at - 1) / 2]); at = (at - 1) / 2)
        swap(at, (at - 1) / 2);
}

static void dequeue(struct pending *first)
{
    *first = world.queue[0];
    world.queue[0] = world.queue[--world.nqueue];
    for (unsigned at = 0, child; (child = 2 * at + 1) < world.nqueue; at = child) {
        if (child + 1 < world.nqueue && is_before(&world.queue[child + 1], &world.queue[child]))
            child++;
        if (!is_before(&world.queue[child], &world.queue[at]))
            break;
        swap(at, child);
    }
}

/* ---- broker ---------------------------------------------------------------------------------- */

static void deliver_later(const struct packet *packet, int64_t after_us, uint32_t generation,
                          bool is_retained)
{
    struct pending *pending = later(after_us, DELIVERY);
    pending->generation = generation;
    pending->is_retained = is_retained;
    pending->packet = *packet;
    enqueue(pending);
}

static void broker_takes(const struct packet *packet, bool is_retained)
{
    if (is_retained) {
        world.retained_before[packet->topic] = world.retained[packet->topic];
        world.retained[packet->topic].is_there = true;
        world.retained[packet->topic].packet = *packet;
    }
    if (!world.is_connected)
        return;
    int copies = chance_of(.1) ? 2 : chance_of(.03) ? 3 : 1;
    for (int copy = 0; copy < copies; copy++) {
        int64_t after_us = S / 100 + chance_about_us(.05);
        after_us += chance_of(.05) ? chance_up_to_us(.4) : 0;
        after_us += copy * chance_up_to_us(3);
        deliver_later(packet, after_us, world.generation, false);
    }
    if (chance_of(.02))
        deliver_later(packet, chance_up_to_us(60), ANY_GENERATION, false);
}

static void broker_sends_retained(void)
{
    for (enum topic topic = 0; topic < TOPICS; topic++) {
        bool is_old = chance_of(.15), is_missing = chance_of(.1);
        bool is_there = is_old ? world.retained_before[topic].is_there : world.retained[topic].is_there;
        if (is_there && !is_missing)
            deliver_later(is_old ? &world.retained_before[topic].packet : &world.retained[topic].packet,
                          S / 50 + chance_up_to_us(.3), world.generation, true);
    }
}

/* ---- server ---------------------------------------------------------------------------------- */

static void server_says(struct packet *packet, bool is_retained)
{
    if (!world.server.is_connected || world.server.is_down)
        return;
    packet->epoch = world.server.epoch;
    packet->seq = world.server.seq;
    packet->conn = world.server.conn;
    packet->written_us = world.now_us;
    packet->clock_us = world.clock_us[packet->epoch];
    packet->ts_us = packet->written_us + packet->clock_us;
    memcpy(packet->desks, world.server.desks, sizeof packet->desks);
    broker_takes(packet, is_retained);
}

static void server_snapshot(void)
{
    server_says(&(struct packet){ .topic = TOPIC_STATE }, true);
    world.server.is_dirty = false;
}

static void server_heartbeat(void)
{
    server_says(&(struct packet){ .topic = TOPIC_SERVER, .is_online = true }, true);
}

static void server_answers(const char *nonce)
{
    struct packet packet = { .topic = TOPIC_PRIVATE };
    strcpy(packet.nonce, nonce);
    server_says(&packet, false);
}

static void remember_truth(unsigned desk, uint32_t ticket)
{
    assert_true(world.nhistory[desk] < HISTORY);
    world.history[desk][world.nhistory[desk]].at_us = world.now_us;
    world.history[desk][world.nhistory[desk]++].ticket = ticket;
}

static void server_event(void)
{
    struct packet packet = { .topic = TOPIC_EVENT, .desk = (uint8_t)chance_below(DESKS) };
    packet.is_clear = chance_of(.15);
    uint32_t seq = ++world.server.seq;
    assert_true(seq < NUMBERS);
    packet.ticket = packet.is_clear ? 0 : world.server.epoch * NUMBERS + seq;
    world.server.desks[packet.desk] = (struct shown){ packet.ticket, seq };
    world.called_us[packet.ticket] = world.now_us;
    world.calls += !packet.is_clear;
    remember_truth(packet.desk, packet.ticket);
    trace("server: %s desk %c, E%u %u, ticket %x", packet.is_clear ? "clears" : "calls to", 'a' + packet.desk,
          world.server.epoch, seq, packet.ticket);
    server_says(&packet, chance_of(.1)); /* now and then someone retains an event by mistake */
    world.server.is_dirty = true;
}

static void server_restarts(bool keeps_desks)
{
    trace("the server restarts, %s its desks", keeps_desks ? "with" : "without");
    world.server.epoch++;
    assert_true(world.server.epoch < EPOCHS);
    world.server.seq = 0;
    world.clock_us[world.server.epoch] = (int64_t)(chance() * 1e12);
    for (unsigned desk = 0; desk < DESKS; desk++) {
        world.server.desks[desk].seq = 0;
        if (keeps_desks)
            continue;
        world.server.desks[desk].ticket = 0;
        remember_truth(desk, 0);
    }
    server_snapshot();
    server_heartbeat();
    world.server.heart_us = world.now_us + HEART_US;
}

/* The broker may find out late, when the server is back with a newer connection. */
static void server_is_lost(int64_t noticed_after_us)
{
    struct pending *will = later(noticed_after_us, WILL);
    will->packet = (struct packet){ .topic = TOPIC_SERVER,
                                    .epoch = world.server.epoch,
                                    .conn = world.server.conn,
                                    .written_us = world.now_us,
                                    .clock_us = world.clock_us[world.server.epoch] };
    enqueue(will);
}

static void server_returns(void)
{
    trace("the server is connected again");
    world.server.conn++;
    world.server.is_connected = true;
    server_snapshot();
    server_heartbeat();
}

static void server_works(void)
{
    if (world.server.is_down)
        return;
    if (world.now_us >= world.server.heart_us) {
        server_heartbeat();
        world.server.heart_us = world.now_us + HEART_US;
    }
    if (world.server.is_dirty && world.now_us >= world.server.snapshot_us) {
        server_snapshot();
        world.server.snapshot_us = world.now_us + S;
    }
}
