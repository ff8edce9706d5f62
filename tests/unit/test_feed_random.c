/* A server, a broker and a board under random faults on a virtual clock: connections drop, TCP stalls, the broker dies with
 * its retained messages, retained copies are old or missing, messages double, overtake each other or come a minute late,
 * wills come late, the server restarts with or without its desks, goes away, steps its clock, the board is killed, also
 * inside a turn, or loses its power.
 *
 * Whatever happens: in the end the picture is the truth, without a sign; no call sounds twice (a power cut forgets); none
 * sounds later than its ttl; no number stands longer than lease and hold after it ceased to be true; none is shown that was
 * never true. And the witnesses of single rules (feed_witness.h) are content.
 *
 * In every eighth schedule the board is cut off for over a minute, once. In every eighth nothing fails but the network's
 * order and copies, and wills that come late: there every call sounds whose desk has no other one at once, and the sign is
 * never seen.
 *
 * In every fourth schedule the server's clock steps inside an epoch. It has promised not to, and a step that hides in the
 * delay of a message cannot be told from a fast network: ages are held against the feed there only when for a minute
 * there was no step, it knew the server's clock, and every message was written by that clock.
 *
 *   test_feed_random           2,000 schedules; KEZEK_SCHEDULES: how many, KEZEK_SEED: the first one
 *   test_feed_random SEED      one schedule, with a line for all that happens
 */
#include "tests/unit/feed_board.h"

#define STEP_US   100000
#define OUTAGE_US (30 * S)
#define END_US    (200 * S)
#define FAULTS_US (140 * S)
#define BEGUN_US  (4 * S) /* from here on a calm schedule is calm */
#define CLOSE_US                                                                                             \
    (3 * S / 2) /* another event of the desk within it may be on the wall before the call was heard */
#define LAST_LINES 40
#define BAD_MAX    3 /* enough to look at */
#define TRACE_SIZE (1 << 20)

static bool is_calm, has_outage;
static int64_t outage_ends_us;

/* ---- faults ---------------------------------------------------------------------------------- */

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
    case WILL: broker_takes(&pending->packet, true); break;
    }
}

static void broker_dies(void)
{
    trace("the broker dies");
    memset(world.retained, 0, sizeof world.retained);
    board_is_cut_off(S + chance_up_to_us(5));
    enqueue(later(S / 2, SERVER_TELLS));
}

static void server_loses_its_connection(void)
{
    if (!world.server.is_connected)
        return;
    trace("the server loses its connection");
    server_is_lost(chance_of(.3) ? chance_up_to_us(20) : 0);
    world.server.is_connected = false;
    enqueue(later(chance_up_to_us(15), SERVER_BACK));
}

static void server_goes_down(void)
{
    if (world.server.is_down)
        return;
    trace("the server is away");
    server_is_lost(chance_of(.3) ? chance_up_to_us(20) : 0);
    world.server.is_down = true;
    enqueue(later(chance_up_to_us(40), SERVER_UP));
}

static void servers_clock_steps(void)
{
    int64_t by_us = (int64_t)((chance() - .5) * 200 * S);
    world.clock_us[world.server.epoch] += by_us;
    board.misled_us = world.now_us;
    trace("the server's clock steps by %.1f s", (double)by_us / S);
}

static void something_fails(void)
{
    double lot = chance();
    world.faults += lot < .019;
    if (lot < .004 && world.is_connected) {
        trace("the board's connection drops");
        board_is_cut_off(chance_up_to_us(20));
    } else if (lot < .008) {
        world.stall_us = world.now_us + chance_up_to_us(20);
        trace("the network stalls for %.1f s", (double)(world.stall_us - world.now_us) / S);
    } else if (lot < .010) {
        server_restarts(chance_of(.7));
    } else if (lot < .012) {
        server_loses_its_connection();
    } else if (lot < .013) {
        server_goes_down();
    } else if (lot < .015) {
        broker_dies();
    } else if (lot < .017) {
        trace("the board is killed");
        board_starts();
        board_is_cut_off(S);
    } else if (lot < .018) {
        power_is_cut();
    } else if (lot < .019 && board.has_steps) {
        servers_clock_steps();
    }
}

/* Long enough for the numbers to be blanked, and nothing else meanwhile. */
static void long_outage(void)
{
    int64_t for_us = FEED_LEASE_US + FEED_HOLD_US + chance_up_to_us(30);
    trace("the board's connection drops for %.1f s", (double)for_us / S);
    board_is_cut_off(for_us);
    outage_ends_us = world.now_us + for_us + 2 * S;
}

/* The server has a new connection at once; the broker notices the end of the old one when it likes. */
static void calm_life(void)
{
    if (world.now_us < BEGUN_US || !chance_of(.005))
        return;
    server_is_lost(2 * S + chance_up_to_us(18));
    world.server.conn++;
    server_heartbeat();
}

/* ---- the run --------------------------------------------------------------------------------- */

static void step(void)
{
    struct pending pending;
    world.now_us += STEP_US;
    while (world.nqueue && world.queue[0].at_us <= world.now_us) {
        dequeue(&pending);
        happens(&pending);
    }
    board.is_mortal = !is_calm && world.now_us < FAULTS_US && world.now_us >= outage_ends_us;
    if (world.now_us < FAULTS_US && !world.server.is_down && chance_of(.05))
        server_event();
    if (has_outage && world.now_us == OUTAGE_US)
        long_outage();
    if (is_calm)
        calm_life();
    else if (world.now_us < FAULTS_US && world.now_us >= outage_ends_us)
        something_fails();
    if (!world.is_connected && world.now_us >= board.connect_us)
        board_connects();
    server_works();
    if (feed_deadline_us(board.feed) <= world.now_us)
        board_turns(NULL);
    if (feed_deadline_us(board.feed) <= world.now_us)
        violated("the deadline stays in the past: the loop would spin");
    watch_sign();
    if (is_calm && world.now_us > BEGUN_US && feed_truth(board.feed, world.now_us) != FEED_FRESH)
        violated("a sign, though nothing failed");
    watch_numbers();
    watch_hello();
}

static void check_end(void)
{
    if (feed_truth(board.feed, world.now_us) != FEED_FRESH)
        violated("in the end there still is a sign");
    for (unsigned desk = 0; desk < DESKS; desk++)
        if (shown_on(desk) != world.server.desks[desk].ticket)
            violated("in the end desk %c shows %x instead of %x", 'a' + desk, shown_on(desk),
                     world.server.desks[desk].ticket);
    for (unsigned i = 0; i < EPOCHS * NUMBERS; i++)
        if (board.undecided[i])
            violated("%x never gets its verdict", i);
}

/* Silence would be safe, and useless. */
static void check_calm(void)
{
    for (unsigned desk = 0; desk < DESKS; desk++) {
        for (unsigned i = 0; i < world.nhistory[desk]; i++) {
            uint32_t ticket = world.history[desk][i].ticket;
            int64_t at_us = world.history[desk][i].at_us;
            bool is_overtaken =
                i + 1 < world.nhistory[desk] && world.history[desk][i + 1].at_us - at_us < CLOSE_US;
            if (ticket && at_us > BEGUN_US && !is_overtaken && !board.sounded[ticket])
                violated("%x is never heard, though nothing failed", ticket);
        }
    }
}

static void run(uint64_t seed, FILE *to)
{
    memset(&world, 0, sizeof world);
    memset(&board, 0, sizeof board);
    world.trace = to;
    chance_state = seed;
    is_calm = seed % 8 == 0;
    has_outage = seed % 8 == 4;
    outage_ends_us = 0;
    board.has_steps = seed % 4 == 3;
    board.misled_us = INT64_MIN / 2;
    world.server.epoch = world.server.conn = 1;
    world.server.is_connected = true;
    world.clock_us[1] = (int64_t)(chance() * 1e12);
    board.connect_us = S / 2;
    board_starts();
    while (world.now_us < END_US)
        step();
    check_end();
    if (is_calm)
        check_calm();
    feed_destroy(board.feed);
    board.feed = NULL;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static const char *trace_of(uint64_t seed, char buffer[TRACE_SIZE])
{
    FILE *to = fmemopen(buffer, TRACE_SIZE, "w");
    assert_non_null(to);
    run(seed, to);
    fclose(to);
    return buffer;
}

/* The lines up to the violation. */
static void print_trace(uint64_t seed)
{
    static char text[TRACE_SIZE];
    trace_of(seed, text);
    char *begin = strstr(text, "VIOLATION");
    assert_non_null(begin);
    begin[strcspn(begin, "\n")] = '\0';
    for (unsigned lines = 0; begin > text && lines < LAST_LINES; begin--)
        lines += begin[-1] == '\n';
    fprintf(stderr, "%s\nschedule %llu; all of it: test_feed_random %llu\n", begin, (unsigned long long)seed,
            (unsigned long long)seed);
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
    unsigned long long bad = 0, calls = 0, heard = 0, late = 0, faults = 0, kills = 0;
    for (uint64_t seed = first; seed < first + count && bad < BAD_MAX; seed++) {
        run(seed, NULL);
        calls += world.calls;
        heard += board.sounds;
        late += board.late_sounds;
        faults += world.faults + board.kills;
        kills += board.kills;
        if (board.violation[0]) {
            bad++;
            print_trace(seed);
        }
    }
    print_message("%llu schedules, %llu faults (%llu kills inside a turn), %llu calls, %llu sounds, "
                  "%llu of them late by a hidden step of the server's clock, %llu violations\n",
                  (unsigned long long)count, faults, kills, calls, heard, late, bad);
    assert_int_equal(bad, 0);
    assert_true(heard > calls / 3);
}

static void the_same_seed_gives_the_same_trace_byte_for_byte(void **state)
{
    (void)state;
    static char first[TRACE_SIZE], again[TRACE_SIZE];
    for (uint64_t seed = 1; seed <= 8; seed++) {
        assert_string_equal(trace_of(seed, first), trace_of(seed, again));
        assert_string_not_equal(first, trace_of(seed + 8, again));
    }
}

static int replay(uint64_t seed)
{
    run(seed, stdout);
    if (board.violation[0])
        fprintf(stderr, "%s\n", board.violation);
    return board.violation[0] ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wall_tells_the_truth_whatever_fails),
        cmocka_unit_test(the_same_seed_gives_the_same_trace_byte_for_byte),
    };
    return argc > 1 ? replay(strtoull(argv[1], NULL, 10)) : cmocka_run_group_tests(tests, NULL, NULL);
}
