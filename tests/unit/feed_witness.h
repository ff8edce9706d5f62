/* A board in the world of feed_world.h, and the witnesses: each holds what the feed does against the truth of that world,
 * and knows nothing of how the feed decides. The first violation is kept.
 */
#pragma once

#include "tests/unit/feed_world.h"

#define TTL_US     (10 * S)
#define HONEST_US  (FEED_LEASE_US + FEED_HOLD_US + S) /* a number may outlive its truth by this */
#define CLOCK_US   (FEED_LEASE_US / 6 + S / 10)       /* half of the longest round trip, and the slack */
#define QUESTIONS  16
#define LAST_WORDS 256

static struct board {
    struct feed *feed;
    struct feed_memory memory, kept;
    bool
        is_dead; /* killed inside a turn: what it says after is not said, and `kept` is what remains of its memory */
    bool is_mortal;
    int64_t connect_us;
    struct {
        uint32_t ticket;
        uint64_t seq;
        char epoch[EPOCH_SIZE];
    } desk[DESKS];
    /* what the witnesses remember */
    const struct pending *arrived; /* in this turn; NULL: a tick */
    struct {
        char nonce[NONCE_SIZE];
        int64_t at_us;
        uint32_t generation;
    } question[QUESTIONS];
    unsigned nquestions;
    int64_t asked_us, connected_us;
    int64_t told_us;   /* when the server wrote the newest message of our epoch that has arrived */
    int64_t misled_us; /* when the server's clock was last not what it promised to be */
    bool has_steps;    /* it breaks that promise in this schedule */
    uint8_t sounded[EPOCHS * NUMBERS];
    uint8_t undecided[EPOCHS * NUMBERS];
    uint64_t sounds, late_sounds, kills;
    char violation[200];
} board;

__attribute__((format(printf, 1, 2))) static void violated(const char *format, ...)
{
    va_list args;
    if (board.violation[0])
        return;
    va_start(args, format);
    vsnprintf(board.violation, sizeof board.violation, format, args);
    va_end(args);
    trace("VIOLATION: %s", board.violation);
}

static unsigned desk_number(const char *id)
{
    return (unsigned)(id[0] - 'a');
}

static uint32_t number_of(const char *ticket)
{
    return (uint32_t)strtoul(ticket, NULL, 16);
}

static uint32_t epoch_number(const char *epoch)
{
    return epoch[0] ? (uint32_t)strtoul(epoch + 1, NULL, 10) : 0;
}

static struct feed_status status_now(void)
{
    struct feed_status status;
    feed_status(board.feed, &status);
    return status;
}

static bool is_shown_truth(enum feed_truth truth)
{
    return truth == FEED_FRESH || truth == FEED_STALE;
}

static uint32_t shown_on(unsigned desk)
{
    return is_shown_truth(feed_truth(board.feed, world.now_us)) ? board.desk[desk].ticket : 0;
}

/* ---- the server's clock ---------------------------------------------------------------------- */

/* FEED-3: does the feed know the clock of its epoch, if it says so? */
static bool is_clock_wrong(void)
{
    struct feed_status status = status_now();
    int64_t known_ms = feed_server_ms(board.feed, world.now_us);
    if (!status.epoch[0] || known_ms < 0)
        return false;
    int64_t error_us = known_ms * 1000 - (world.now_us + world.clock_us[epoch_number(status.epoch)]);
    bool is_wrong = error_us > CLOCK_US || error_us < -CLOCK_US;
    if (is_wrong && !board.has_steps)
        violated("the server's clock is believed %.1f s wrong", (double)error_us / S);
    return is_wrong;
}

/* Or was the message written before that clock stepped? */
static bool is_misled(void)
{
    const struct packet *packet = board.arrived ? &board.arrived->packet : NULL;
    return is_clock_wrong() || (packet && packet->clock_us != world.clock_us[packet->epoch]);
}

/* ---- sound ----------------------------------------------------------------------------------- */

static void sounds(const struct event *event)
{
    uint32_t ticket = number_of(event->ticket);
    int64_t age_us = world.now_us - world.called_us[ticket];
    trace("board: sounds for %s, %.1f s old", event->ticket, (double)age_us / S);
    board.sounds++;
    if (board.sounded[ticket]++)
        violated("%s sounds twice", event->ticket);
    if (board.desk[desk_number(event->desk)].ticket != ticket)
        violated("%s sounds while its desk shows another one", event->ticket);
    if (age_us <= TTL_US + S / 5)
        return;
    board.late_sounds++;
    if (world.now_us - board.misled_us > HONEST_US)
        violated("%s sounds after %.1f s", event->ticket, (double)age_us / S);
}

/* ---- what the feed tells --------------------------------------------------------------------- */

/* True from then on, until the turn is over. */
static bool dies(void)
{
    if (board.is_dead || !board.is_mortal || !chance_of(.001))
        return board.is_dead;
    trace("the board is killed inside a turn");
    board.kept = board.memory;
    board.kills++;
    return board.is_dead = true;
}

static void watch_picture(const char *what)
{
    if (board.arrived && board.arrived->is_retained)
        violated("a retained copy changes the picture: %s", what);
}

static void show(unsigned desk, uint32_t ticket, uint64_t seq)
{
    struct feed_status status = status_now();
    bool is_same = strcmp(status.epoch, board.desk[desk].epoch) == 0;
    trace("board: desk %c shows %x", 'a' + desk, ticket);
    if (is_same && seq < board.desk[desk].seq)
        violated("desk %c goes back from %llu to %llu", 'a' + desk, (unsigned long long)board.desk[desk].seq,
                 (unsigned long long)seq);
    board.desk[desk].ticket = ticket;
    board.desk[desk].seq = seq;
    memcpy(board.desk[desk].epoch, status.epoch, EPOCH_SIZE);
}

static void on_event(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                     int64_t received_us)
{
    (void)data;
    (void)received_us;
    if (dies())
        return;
    watch_picture("event");
    if (is_current)
        show(desk_number(event->desk), event->type == EVENT_CALL ? number_of(event->ticket) : 0, event->seq);
    if (sound == FEED_LIVE)
        sounds(event);
    if (sound == FEED_UNDECIDED_SOUND)
        board.undecided[number_of(event->ticket)]++;
    dies();
}

static void on_decide(void *data, const struct event *event, enum feed_sound sound)
{
    (void)data;
    if (dies())
        return;
    if (!board.undecided[number_of(event->ticket)]--)
        violated("%s gets a verdict that nobody waits for", event->ticket);
    if (sound == FEED_LIVE)
        sounds(event);
    dies();
}

static void on_duplicate(void *data, const struct event *event)
{
    (void)data;
    if (!dies())
        trace("board: knows %s %llu", event->epoch, (unsigned long long)event->seq);
}

static void on_desk(void *data, const struct state_desk *desk)
{
    (void)data;
    if (dies())
        return;
    watch_picture("desk");
    show(desk_number(desk->desk), number_of(desk->ticket), desk->seq);
}

static void on_gone(void *data, const char *desk)
{
    (void)data;
    if (dies())
        return;
    watch_picture("gone");
    trace("board: desk %s is gone", desk);
    board.desk[desk_number(desk)].ticket = 0;
}

static void on_snapshot(void *data, const struct state *state)
{
    (void)data;
    if (dies())
        return;
    watch_picture("snapshot");
    trace("board: has %s up to %llu", state->epoch, (unsigned long long)state->seq);
}

/* FEED-1 */
static void on_hello(void *data, const struct hello *hello)
{
    (void)data;
    if (dies())
        return;
    trace("board: hello %s", hello->nonce);
    if (world.now_us - board.asked_us < S && board.asked_us >= board.connected_us)
        violated("two hellos within %.1f s", (double)(world.now_us - board.asked_us) / S);
    board.asked_us = world.now_us;
    unsigned slot = board.nquestions++ % QUESTIONS;
    strcpy(board.question[slot].nonce, hello->nonce);
    board.question[slot].at_us = world.now_us;
    board.question[slot].generation = world.generation;
    if (!world.server.is_connected || world.server.is_down)
        return;
    int copies = chance_of(.05) ? 2 : 1;
    int64_t stall_us = world.stall_us > world.now_us ? world.stall_us - world.now_us : 0;
    for (int copy = 0; copy < copies; copy++) {
        int64_t after_us = stall_us + chance_about_us(.05);
        struct pending *pending = later(after_us + copy * chance_up_to_us(5), HELLO);
        strcpy(pending->packet.nonce, hello->nonce);
        enqueue(pending);
    }
}

static const struct feed_sink sink = { NULL,    on_event, on_decide,   on_duplicate,
                                       on_desk, on_gone,  on_snapshot, on_hello };

/* ---- after each turn ------------------------------------------------------------------------- */

/* FEED-2: only the answer to a question of this connection, at most 5 s old, changes the epoch. */
static void watch_epoch(const char *before)
{
    struct feed_status status = status_now();
    if (strcmp(before, status.epoch) == 0)
        return;
    trace("board: adopts %s", status.epoch);
    board.told_us = INT64_MIN / 2;
    for (unsigned i = 0; i < QUESTIONS; i++)
        if (board.arrived && board.arrived->packet.nonce[0] && !board.arrived->is_retained &&
            strcmp(board.question[i].nonce, board.arrived->packet.nonce) == 0 &&
            board.question[i].generation == world.generation &&
            world.now_us - board.question[i].at_us <= 5 * S)
            return;
    violated("%s is adopted without an answer", status.epoch);
}

/* FEED-8: without the sign, somebody wrote to us within the lease. */
static void watch_sign(void)
{
    if (feed_truth(board.feed, world.now_us) != FEED_FRESH || world.now_us - board.misled_us < HONEST_US)
        return;
    if (world.now_us - board.told_us > FEED_LEASE_US + S / 5)
        violated("no sign %.1f s after the server wrote", (double)(world.now_us - board.told_us) / S);
}

/* When did this ticket stop being what the desk shows? Now, if it still is; -1: it never was. */
static int64_t ended_us(unsigned desk, uint32_t ticket)
{
    for (unsigned i = world.nhistory[desk]; i-- > 0;)
        if (world.history[desk][i].ticket == ticket)
            return i + 1 == world.nhistory[desk] ? world.now_us : world.history[desk][i + 1].at_us;
    return -1;
}

static void watch_numbers(void)
{
    for (unsigned desk = 0; desk < DESKS; desk++) {
        uint32_t ticket = shown_on(desk);
        int64_t ended = ticket ? ended_us(desk, ticket) : world.now_us;
        if (ended < 0)
            violated("desk %c shows %x, which it never had", 'a' + desk, ticket);
        else if (world.now_us - ended > HONEST_US && world.now_us - board.misled_us > HONEST_US)
            violated("desk %c shows %x %.1f s too long", 'a' + desk, ticket,
                     (double)(world.now_us - ended) / S);
    }
}

/* FEED-1: in peace every 30 s. */
static void watch_hello(void)
{
    int64_t since_us = board.asked_us > board.connected_us ? board.asked_us : board.connected_us;
    if (world.is_connected && world.now_us - since_us > 31 * S)
        violated("no hello for %.1f s", (double)(world.now_us - since_us) / S);
}
