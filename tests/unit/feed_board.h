/* The board of the world: its life, and how what the broker delivers reaches its feed. */
#pragma once

#include "tests/unit/feed_witness.h"

static struct message message;

/* ---- messages to the board ------------------------------------------------------------------- */

static void fill_event(const struct packet *packet)
{
    struct event *event = &message.event;
    memset(event, 0, offsetof(struct event, notice));
    message.kind = MESSAGE_EVENT;
    snprintf(event->epoch, EPOCH_SIZE, "E%u", packet->epoch);
    event->seq = packet->seq;
    event->ts_ms = packet->ts_us / 1000;
    event->type = packet->is_clear ? EVENT_CLEAR : EVENT_CALL;
    event->ttl_ms = -1;
    event->desk[0] = (char)('a' + packet->desk);
    if (!packet->is_clear)
        snprintf(event->ticket, TICKET_SIZE, "%x", packet->ticket);
}

static void fill_state(const struct packet *packet)
{
    struct state *state = &message.state;
    memset(state, 0, offsetof(struct state, desk[DESKS]));
    message.kind = MESSAGE_STATE;
    snprintf(state->epoch, EPOCH_SIZE, "E%u", packet->epoch);
    strcpy(state->re, packet->nonce);
    state->seq = packet->seq;
    state->ts_ms = packet->ts_us / 1000;
    for (unsigned i = 0; i < DESKS; i++) {
        struct state_desk *desk = &state->desk[state->ndesks];
        if (!packet->desks[i].ticket && i % 2)
            continue; /* this server leaves out some of its empty desks */
        desk->desk[0] = (char)('a' + i);
        desk->seq = packet->desks[i].seq;
        if (packet->desks[i].ticket)
            snprintf(desk->ticket, TICKET_SIZE, "%x", packet->desks[i].ticket);
        state->ndesks++;
    }
}

static void fill_server(const struct packet *packet)
{
    message.kind = MESSAGE_SERVER;
    message.server = (struct server){ .seq = packet->seq,
                                      .conn = packet->conn,
                                      .is_online = packet->is_online,
                                      .ts_ms = packet->ts_us / 1000 };
    snprintf(message.server.epoch, EPOCH_SIZE, "E%u", packet->epoch);
}

static void trace_packet(const struct packet *packet, bool is_retained)
{
    static const char *const kinds[TOPICS] = { "event", "state", "heartbeat", "answer" };
    bool is_will = packet->topic == TOPIC_SERVER && !packet->is_online;
    trace("board: receives %s%s E%u %u, %.1f s old%s%s", is_retained ? "a retained " : "",
          is_will ? "will" : kinds[packet->topic], packet->epoch, packet->seq,
          (double)(world.now_us - packet->written_us) / S, packet->nonce[0] ? ", to " : "", packet->nonce);
}

/* ---- the board ------------------------------------------------------------------------------- */

static void board_starts(void)
{
    static const struct feed_config config = { .id = "hall-1", .boot = "b", .ttl_ms = TTL_US / 1000 };
    struct feed_config own = config;
    own.nonce_seed = (uint32_t)chance_bits();
    feed_destroy(board.feed);
    board.feed = feed_create(&own, &board.memory);
    board.is_dead = false;
    board.told_us = INT64_MIN / 2;
    memset(board.desk, 0, sizeof board.desk);
    memset(board.undecided, 0, sizeof board.undecided);
}

static void board_connects(void)
{
    trace("the board is connected");
    world.is_connected = true;
    world.generation++;
    board.connected_us = world.now_us;
    feed_connected(board.feed, world.now_us);
    broker_sends_retained();
}

static void board_is_cut_off(int64_t for_us)
{
    world.is_connected = false;
    world.generation++;
    board.connect_us = world.now_us + for_us;
    feed_disconnected(board.feed, world.now_us);
}

static void power_is_cut(void)
{
    trace("the board loses its power");
    memset(&board.memory, 0, sizeof board.memory);
    memset(board.sounded, 0, sizeof board.sounded);
    board_starts();
    board_is_cut_off(15 * S);
}

static void board_turns(const struct pending *arrived)
{
    char epoch[EPOCH_SIZE];
    strcpy(epoch, status_now().epoch);
    board.arrived = arrived;
    if (arrived)
        feed_message(board.feed, &message, world.now_us, &sink);
    else
        feed_tick(board.feed, world.now_us, &sink);
    if (!board.is_dead)
        watch_epoch(epoch);
    if (arrived && !arrived->is_retained) {
        const struct packet *packet = &arrived->packet;
        bool is_ours = packet->epoch == epoch_number(status_now().epoch);
        bool is_will = packet->topic == TOPIC_SERVER && !packet->is_online;
        if (is_ours && !is_will && packet->written_us > board.told_us)
            board.told_us = packet->written_us;
    }
    if (is_misled())
        board.misled_us = world.now_us;
    board.arrived = NULL;
    if (!board.is_dead)
        return;
    if (arrived && chance_of(.5)) /* its acknowledgement was lost: it comes again */
        deliver_later(&arrived->packet, 2 * S + chance_up_to_us(3), ANY_GENERATION, false);
    board.memory = board.kept;
    board_starts();
    board_is_cut_off(S);
}

static void board_receives(const struct pending *pending)
{
    static void (*const fill[TOPICS])(const struct packet *packet) = { fill_event, fill_state, fill_server,
                                                                       fill_state };
    bool is_gone = pending->generation != ANY_GENERATION && pending->generation != world.generation;
    if (!world.is_connected || is_gone)
        return;
    if (world.now_us < world.stall_us) {
        deliver_later(&pending->packet, world.stall_us - world.now_us + S / 100, pending->generation,
                      pending->is_retained);
        return;
    }
    trace_packet(&pending->packet, pending->is_retained);
    fill[pending->packet.topic](&pending->packet);
    message.is_retained = pending->is_retained;
    message.received_us = world.now_us;
    board_turns(pending);
}
