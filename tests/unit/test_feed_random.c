/* A server, a broker and a board under random faults on a virtual clock: connections drop, TCP stalls, the
 * broker dies with its retained messages, retained copies are old or missing, messages double, overtake each
 * other or come a minute late, the server restarts with or without its desks, goes away, steps its clock, the
 * board is killed or loses its power.
 *
 * Whatever happens: in the end the picture is the truth; no call sounds twice (a power cut forgets); none
 * sounds later than its ttl; no number stands longer than lease and hold after it ceased to be true.
 *
 * In every fourth schedule the server's clock steps inside an epoch. It has promised not to, and a step that hides in the delay
 * of a message cannot be told from a fast network: there, only the end and the double sounds are held against the feed.
 *
 * KEZEK_SCHEDULES: how many schedules (2000); KEZEK_SEED: the first one.
 */
#include "protocol/feed.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S              1000000LL
#define STEP_US        100000
#define END_US         (200 * S)
#define FAULTS_US      (140 * S)
#define HEART_US       (5 * S)
#define TTL_US         (10 * S)
#define DESKS          8
#define EPOCHS         64
#define NUMBERS        512
#define HISTORY        1024
#define QUEUE          4096
#define ANY_GENERATION UINT32_MAX

/* ---- chance ---- */

static uint64_t chance_state;

static uint64_t chance_bits(void)
{
    chance_state += 0x9E3779B97F4A7C15;
    uint64_t z = chance_state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return z ^ z >> 31;
}

static double chance(void)
{
    return (double)(chance_bits() >> 11) * 0x1p-53;
}

static bool chance_of(double probability)
{
    return chance() < probability;
}

static int64_t up_to_us(double seconds)
{
    return (int64_t)(chance() * seconds * S);
}

static int64_t delay_us(void) /* 50 ms in the mean */
{
    return (int64_t)(-log(1 - chance()) * 0.05 * S);
}

/* ---- the world ---- */

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
    uint8_t desk;
    char nonce[NONCE_SIZE];
    struct shown desks[DESKS];
};
enum happening { DELIVERY, HELLO, SERVER_BACK, SERVER_UP, SERVER_TELLS };
struct pending {
    int64_t at_us;
    uint64_t order;
    enum happening happening;
    bool is_retained;
    uint32_t generation;
    struct packet packet;
};

static struct {
    int64_t now_us;
    bool has_steps;
    uint64_t order;
    unsigned nqueue;
    struct pending queue[QUEUE];
    struct {
        bool is_there;
        struct packet packet;
    } retained[TOPICS], retained_before[TOPICS];
    int64_t stall_us;
    uint32_t generation; /* of the board's connection */

    struct {
        uint32_t epoch, seq, conn;
        struct shown desks[DESKS];
        int64_t clock_us, heart_us, snapshot_us;
        bool is_connected, is_down, is_dirty;
    } server;

    struct {
        struct feed *feed;
        struct feed_memory memory;
        bool is_connected;
        int64_t connect_us;
        uint32_t shown[DESKS];
    } board;

    int64_t called_us[EPOCHS * NUMBERS];
    uint8_t sounded[EPOCHS * NUMBERS];
    unsigned nhistory[DESKS];
    struct {
        int64_t at_us;
        uint32_t ticket;
    } history[DESKS][HISTORY];
    char violation[200];
    uint64_t calls, sounds, faults;
} world;

static struct message message;

__attribute__((format(printf, 1, 2))) static void violated(const char *format, ...)
{
    va_list args;
    if (world.violation[0])
        return;
    va_start(args, format);
    vsnprintf(world.violation, sizeof world.violation, format, args);
    va_end(args);
}

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

/* ---- broker ---- */

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
    if (!world.board.is_connected)
        return;
    int copies = 1 + chance_of(.1) + chance_of(.03);
    for (int copy = 0; copy < copies; copy++)
        deliver_later(packet, S / 100 + delay_us() + (chance_of(.05) ? up_to_us(.4) : 0) + copy * up_to_us(3),
                      world.generation, false);
    if (chance_of(.02))
        deliver_later(packet, up_to_us(60), ANY_GENERATION, false);
}

static void board_connects(void)
{
    world.board.is_connected = true;
    world.generation++;
    feed_connected(world.board.feed, world.now_us);
    for (enum topic topic = 0; topic < TOPICS; topic++) {
        bool is_old = chance_of(.15), is_missing = chance_of(.1);
        bool is_there = is_old ? world.retained_before[topic].is_there : world.retained[topic].is_there;
        if (is_there && !is_missing)
            deliver_later(is_old ? &world.retained_before[topic].packet : &world.retained[topic].packet,
                          S / 50 + up_to_us(.3), world.generation, true);
    }
}

static void board_is_cut_off(int64_t for_us)
{
    world.board.is_connected = false;
    world.generation++;
    world.board.connect_us = world.now_us + for_us;
    feed_disconnected(world.board.feed, world.now_us);
}

/* ---- server ---- */

static void server_says(struct packet *packet, bool is_retained)
{
    if (!world.server.is_connected || world.server.is_down)
        return;
    packet->epoch = world.server.epoch;
    packet->seq = world.server.seq;
    packet->conn = world.server.conn;
    packet->ts_us = world.now_us + world.server.clock_us;
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
    struct packet packet = { .topic = TOPIC_EVENT,
                             .desk = (uint8_t)(chance_bits() % DESKS),
                             .is_clear = chance_of(.15) };
    uint32_t seq = ++world.server.seq;
    assert_true(seq < NUMBERS);
    packet.ticket = packet.is_clear ? 0 : world.server.epoch * NUMBERS + seq;
    world.server.desks[packet.desk] = (struct shown){ packet.ticket, seq };
    world.called_us[packet.ticket] = world.now_us;
    world.calls += !packet.is_clear;
    remember_truth(packet.desk, packet.ticket);
    server_says(&packet, chance_of(.1)); /* now and then someone retains an event by mistake */
    world.server.is_dirty = true;
}

static void server_restarts(bool keeps_desks)
{
    world.server.epoch++;
    assert_true(world.server.epoch < EPOCHS);
    world.server.seq = 0;
    world.server.clock_us = (int64_t)(chance() * 1e12);
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

static void server_is_lost(void)
{
    struct packet will = { .topic = TOPIC_SERVER, .epoch = world.server.epoch, .conn = world.server.conn };
    broker_takes(&will, true);
}

static void server_returns(void)
{
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

/* ---- board ---- */

static unsigned desk_number(const char *id)
{
    return (unsigned)(id[0] - 'a');
}

static uint32_t ticket_number(const char *ticket)
{
    return (uint32_t)strtoul(ticket, NULL, 16);
}

static void sounds(const struct event *event)
{
    uint32_t ticket = ticket_number(event->ticket);
    int64_t age_us = world.now_us - world.called_us[ticket];
    world.sounds++;
    if (world.sounded[ticket]++)
        violated("%s sounds twice", event->ticket);
    if (age_us > TTL_US + S / 5 && !world.has_steps)
        violated("%s sounds after %.1f s", event->ticket, (double)age_us / S);
}

static void on_event(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                     int64_t received_us)
{
    (void)data;
    (void)received_us;
    if (is_current)
        world.board.shown[desk_number(event->desk)] =
            event->type == EVENT_CALL ? ticket_number(event->ticket) : 0;
    if (sound == FEED_LIVE)
        sounds(event);
}

static void on_decide(void *data, const struct event *event, enum feed_sound sound)
{
    (void)data;
    if (sound == FEED_LIVE)
        sounds(event);
}

static void on_duplicate(void *data, const struct event *event)
{
    (void)data;
    (void)event;
}

static void on_desk(void *data, const struct state_desk *desk)
{
    (void)data;
    world.board.shown[desk_number(desk->desk)] = ticket_number(desk->ticket);
}

static void on_gone(void *data, const char *desk)
{
    (void)data;
    world.board.shown[desk_number(desk)] = 0;
}

static void on_snapshot(void *data, const struct state *state)
{
    (void)data;
    (void)state;
}

static void on_hello(void *data, const struct hello *hello)
{
    (void)data;
    if (!world.server.is_connected || world.server.is_down)
        return;
    int copies = 1 + chance_of(.05);
    int64_t stall_us = world.stall_us > world.now_us ? world.stall_us - world.now_us : 0;
    for (int copy = 0; copy < copies; copy++) {
        struct pending *pending = later(stall_us + delay_us() + copy * up_to_us(5), HELLO);
        strcpy(pending->packet.nonce, hello->nonce);
        enqueue(pending);
    }
}

static const struct feed_sink sink = { NULL,    on_event, on_decide,   on_duplicate,
                                       on_desk, on_gone,  on_snapshot, on_hello };

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

static void board_receives(const struct pending *pending)
{
    static void (*const fill[TOPICS])(const struct packet *packet) = { fill_event, fill_state, fill_server,
                                                                       fill_state };
    bool is_gone = pending->generation != ANY_GENERATION && pending->generation != world.generation;
    if (!world.board.is_connected || is_gone)
        return;
    if (world.now_us < world.stall_us) {
        deliver_later(&pending->packet, world.stall_us - world.now_us + S / 100, pending->generation,
                      pending->is_retained);
        return;
    }
    fill[pending->packet.topic](&pending->packet);
    message.is_retained = pending->is_retained;
    message.received_us = world.now_us;
    feed_message(world.board.feed, &message, world.now_us, &sink);
}

static void board_starts(void)
{
    static const struct feed_config config = { .id = "hall-1", .boot = "b", .ttl_ms = TTL_US / 1000 };
    struct feed_config own = config;
    own.nonce_seed = (uint32_t)chance_bits();
    feed_destroy(world.board.feed);
    world.board.feed = feed_create(&own, &world.board.memory);
    memset(world.board.shown, 0, sizeof world.board.shown);
}

static void power_is_cut(void)
{
    memset(&world.board.memory, 0, sizeof world.board.memory);
    memset(world.sounded, 0, sizeof world.sounded);
    board_starts();
    board_is_cut_off(15 * S);
}

/* ---- the run ---- */

static void happens(const struct pending *pending)
{
    bool can_answer = world.server.is_connected && !world.server.is_down;
    switch (pending->happening) {
    case DELIVERY: board_receives(pending); break;
    case HELLO:
        if (can_answer)
            server_answers(pending->packet.nonce);
        break;
    case SERVER_BACK: server_returns(); break;
    case SERVER_UP:
        world.server.is_down = false;
        world.server.conn++;
        server_restarts(true);
        break;
    case SERVER_TELLS:
        server_snapshot();
        server_heartbeat();
        break;
    }
}

static void broker_dies(void)
{
    memset(world.retained, 0, sizeof world.retained);
    board_is_cut_off(S + up_to_us(5));
    enqueue(later(S / 2, SERVER_TELLS));
}

static void server_loses_its_connection(void)
{
    if (!world.server.is_connected)
        return;
    server_is_lost();
    world.server.is_connected = false;
    enqueue(later(up_to_us(15), SERVER_BACK));
}

static void server_goes_down(void)
{
    if (world.server.is_down)
        return;
    server_is_lost();
    world.server.is_down = true;
    enqueue(later(up_to_us(40), SERVER_UP));
}

static void something_fails(void)
{
    double lot = chance();
    world.faults += lot < .019;
    if (lot < .004 && world.board.is_connected) {
        board_is_cut_off(up_to_us(20));
    } else if (lot < .008) {
        world.stall_us = world.now_us + up_to_us(20);
    } else if (lot < .010) {
        server_restarts(chance_of(.7));
    } else if (lot < .012) {
        server_loses_its_connection();
    } else if (lot < .013) {
        server_goes_down();
    } else if (lot < .015) {
        broker_dies();
    } else if (lot < .017) {
        board_starts();
        board_is_cut_off(S);
    } else if (lot < .018) {
        power_is_cut();
    } else if (lot < .019 && world.has_steps) {
        world.server.clock_us += (int64_t)((chance() - .5) * 200 * S);
    }
}

static uint32_t shown_on(unsigned desk)
{
    enum feed_truth truth = feed_truth(world.board.feed, world.now_us);
    return truth == FEED_FRESH || truth == FEED_STALE ? world.board.shown[desk] : 0;
}

/* When did this ticket stop being what the desk shows? Now, if it still is. */
static int64_t ended_us(unsigned desk, uint32_t ticket)
{
    unsigned count = world.nhistory[desk];
    if (count == 0 || world.history[desk][count - 1].ticket == ticket)
        return world.now_us;
    for (unsigned i = count - 1; i-- > 0;)
        if (world.history[desk][i].ticket == ticket)
            return world.history[desk][i + 1].at_us;
    return world.now_us;
}

static void check_staleness(void)
{
    for (unsigned desk = 0; desk < DESKS; desk++) {
        uint32_t ticket = shown_on(desk);
        int64_t stale_us = ticket ? world.now_us - ended_us(desk, ticket) : 0;
        if (!world.has_steps && stale_us > FEED_LEASE_US + FEED_HOLD_US + S)
            violated("desk %u shows %x %.1f s too long", desk, ticket, (double)stale_us / S);
    }
}

static void step(void)
{
    struct pending pending;
    world.now_us += STEP_US;
    while (world.nqueue && world.queue[0].at_us <= world.now_us) {
        dequeue(&pending);
        happens(&pending);
    }
    if (world.now_us < FAULTS_US) {
        if (!world.server.is_down && chance_of(.05))
            server_event();
        something_fails();
    }
    if (!world.board.is_connected && world.now_us >= world.board.connect_us)
        board_connects();
    server_works();
    if (feed_deadline_us(world.board.feed) <= world.now_us)
        feed_tick(world.board.feed, world.now_us, &sink);
    if (feed_deadline_us(world.board.feed) <= world.now_us)
        violated("the deadline stays in the past at %.1f s: the loop would spin", (double)world.now_us / S);
    if (world.now_us % S == 0)
        check_staleness();
}

static void run(uint64_t seed)
{
    memset(&world, 0, sizeof world);
    chance_state = seed;
    world.has_steps = seed % 4 == 3;
    world.server.epoch = world.server.conn = 1;
    world.server.is_connected = true;
    world.server.clock_us = (int64_t)(chance() * 1e12);
    world.board.connect_us = S / 2;
    board_starts();
    while (world.now_us < END_US)
        step();
    for (unsigned desk = 0; desk < DESKS; desk++)
        if (shown_on(desk) != world.server.desks[desk].ticket)
            violated("in the end desk %u shows %x instead of %x", desk, shown_on(desk),
                     world.server.desks[desk].ticket);
    feed_destroy(world.board.feed);
}

static uint64_t environment(const char *name, uint64_t standard)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : standard;
}

static void the_wall_tells_the_truth_whatever_fails(void **state)
{
    (void)state;
    uint64_t count = environment("KEZEK_SCHEDULES", 2000), first = environment("KEZEK_SEED", 1);
    uint64_t bad = 0, calls = 0, heard = 0, faults = 0;
    for (uint64_t seed = first; seed < first + count; seed++) {
        run(seed);
        calls += world.calls;
        heard += world.sounds;
        faults += world.faults;
        if (!world.violation[0])
            continue;
        if (bad++ < 5)
            print_error("KEZEK_SEED=%llu KEZEK_SCHEDULES=1: %s\n", (unsigned long long)seed, world.violation);
    }
    print_message("%llu schedules, %llu faults, %llu calls, %llu sounds, %llu violations\n",
                  (unsigned long long)count, (unsigned long long)faults, (unsigned long long)calls,
                  (unsigned long long)heard, (unsigned long long)bad);
    assert_int_equal(bad, 0);
    assert_true(heard > calls / 3); /* silence would be safe, and useless */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_tells_the_truth_whatever_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
