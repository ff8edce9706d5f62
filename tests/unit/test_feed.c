#include "protocol/feed.h"
#include "protocol/feed_window.h"

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

/* A feed, its virtual time, and what it told its sink: one line each. */
static struct {
    struct feed *feed;
    struct feed_memory memory;
    struct message message;
    int64_t now_us;
    char nonce[NONCE_SIZE];
    char log[LOG_SIZE];
} board;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...)
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

static void on_event(void *data, const struct event *event, bool is_current, enum feed_sound sound,
                     int64_t received_us)
{
    (void)data;
    (void)received_us;
    note("%s %s %s %s%s\n", event_type_names[event->type], event->desk[0] ? event->desk : "-", what(event),
         sound_word(sound), is_current ? "" : " old");
}

static void on_decide(void *data, const struct event *event, enum feed_sound sound)
{
    (void)data;
    note("decide %s %s\n", event->ticket, sound_word(sound));
}

static void on_duplicate(void *data, const struct event *event)
{
    (void)data;
    note("duplicate %s\n", what(event));
}

static void on_desk(void *data, const struct state_desk *desk)
{
    (void)data;
    note("desk %s %s\n", desk->desk, desk->ticket[0] ? desk->ticket : "-");
}

static void on_gone(void *data, const char *desk)
{
    (void)data;
    note("gone %s\n", desk);
}

static void on_snapshot(void *data, const struct state *state)
{
    (void)data;
    note("snapshot %llu\n", (unsigned long long)state->seq);
}

static void on_hello(void *data, const struct hello *hello)
{
    (void)data;
    strcpy(board.nonce, hello->nonce);
    note("hello %s %llu\n", hello->epoch[0] ? hello->epoch : "-", (unsigned long long)hello->seq);
}

static const struct feed_sink sink = { NULL,    on_event, on_decide,   on_duplicate,
                                       on_desk, on_gone,  on_snapshot, on_hello };

static void start(void)
{
    static const struct feed_config config = {
        .id = "hall-1", .boot = "b7c1", .nonce_seed = 7, .ttl_ms = 10000
    };
    board.feed = feed_create(&config, &board.memory);
    board.log[0] = board.nonce[0] = '\0';
}

static int set_up(void **state)
{
    (void)state;
    memset(&board, 0, sizeof board);
    board.now_us = START_US;
    start();
    return 0;
}

/* For the next row of a table. */
static void renew(void)
{
    feed_destroy(board.feed);
    set_up(NULL);
}

static int tear_down(void **state)
{
    (void)state;
    feed_destroy(board.feed);
    return 0;
}

static void expect(const char *log)
{
    assert_string_equal(board.log, log);
    board.log[0] = '\0';
}

static int64_t server_ms(void)
{
    return SERVER_MS + board.now_us / 1000;
}

static void tick(void)
{
    feed_tick(board.feed, board.now_us, &sink);
}

static void wait_us(int64_t us)
{
    board.now_us += us;
}

static void give(void)
{
    board.message.received_us = board.now_us;
    feed_message(board.feed, &board.message, board.now_us, &sink);
}

/* ---- what a server sends ---- */

static struct event *new_event(const char *epoch, uint64_t seq, enum event_type type, const char *desk,
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

static void give_event(const char *epoch, uint64_t seq, enum event_type type, const char *desk,
                       const char *ticket)
{
    new_event(epoch, seq, type, desk, ticket);
    give();
}

static void give_call(const char *epoch, uint64_t seq, const char *desk, const char *ticket)
{
    give_event(epoch, seq, EVENT_CALL, desk, ticket);
}

/* desks: "3 A1 5" is desk 3 with ticket A1 at 5; ticket - is none; divided by commas. */
static struct state *new_state(const char *epoch, uint64_t seq, const char *re, const char *desks)
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

static void give_state(const char *epoch, uint64_t seq, const char *re, const char *desks)
{
    new_state(epoch, seq, re, desks);
    give();
}

static struct server *new_server(const char *epoch, uint64_t seq, bool is_online, uint64_t conn)
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

static void give_server(const char *epoch, uint64_t seq, bool is_online, uint64_t conn)
{
    new_server(epoch, seq, is_online, conn);
    give();
}

/* Connected and in step with epoch `epoch` at `seq`, with an empty log. */
static void adopt(const char *epoch, uint64_t seq, const char *desks)
{
    feed_connected(board.feed, board.now_us);
    tick();
    give_state(epoch, seq, board.nonce, desks);
    board.log[0] = '\0';
}

static enum feed_truth truth(void)
{
    return feed_truth(board.feed, board.now_us);
}

static struct feed_status status(void)
{
    struct feed_status filled;
    feed_status(board.feed, &filled);
    return filled;
}

/* Ticks at each deadline until `until_us`, as the loop does. */
static void run_until(int64_t until_us)
{
    for (int turns = 0; feed_deadline_us(board.feed) <= until_us; turns++) {
        assert_true(turns < 1000);
        if (feed_deadline_us(board.feed) > board.now_us)
            board.now_us = feed_deadline_us(board.feed);
        tick();
    }
    board.now_us = until_us;
}

/* ---- FEED-1 ---- */

static void feed_1_hello_follows_the_connection_at_once(void **state)
{
    (void)state;
    tick();
    expect("");
    assert_true(feed_deadline_us(board.feed) == INT64_MAX);
    feed_connected(board.feed, board.now_us);
    assert_true(feed_deadline_us(board.feed) <= board.now_us);
    tick();
    expect("hello - 0\n");
}

static void feed_1_unanswered_hellos_back_off_from_1_s_to_5_s(void **state)
{
    (void)state;
    static const int64_t pauses[] = { 1, 2, 4, 5, 5, 5 };
    feed_connected(board.feed, board.now_us);
    tick();
    for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++) {
        expect("hello - 0\n");
        assert_true(feed_deadline_us(board.feed) == board.now_us + pauses[i] * S);
        wait_us(pauses[i] * S - 1);
        tick();
        expect("");
        wait_us(1);
        tick();
    }
}

static void feed_1_each_hello_has_a_fresh_nonce(void **state)
{
    (void)state;
    char nonces[10][NONCE_SIZE];
    feed_connected(board.feed, board.now_us);
    for (int i = 0; i < 10; i++) {
        tick();
        strcpy(nonces[i], board.nonce);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(nonces[i], nonces[k]);
        wait_us(5 * S);
    }
}

static void feed_1_in_peace_hello_every_30_s(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A1 5");
    for (int i = 0; i < 6; i++) {
        int64_t sent_us = board.now_us;
        for (int beat = 0; beat < 5; beat++) {
            wait_us(5 * S);
            give_server("e1", 5, true, 1);
        }
        expect("");
        run_until(sent_us + 30 * S);
        expect("hello e1 5\n");
        give_state("e1", 5, board.nonce, "3 A1 5");
        expect("snapshot 5\n");
    }
}

static void feed_1_a_reconnection_voids_earlier_questions(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    char old[NONCE_SIZE];
    strcpy(old, board.nonce);
    feed_disconnected(board.feed, board.now_us);
    feed_connected(board.feed, board.now_us);
    tick();
    expect("hello - 0\nhello - 0\n");
    give_state("e1", 5, old, "3 A1 5");
    expect("");
    give_state("e1", 5, board.nonce, "3 A1 5");
    expect("desk 3 A1\nsnapshot 5\n");
}

/* ---- FEED-2 ---- */

static void feed_2_an_epoch_is_adopted_only_from_an_answer_to_my_nonce(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    expect("hello - 0\n");
    give_state("e1", 5, "", "3 A1 5");
    give_state("e1", 5, "someone-else", "3 A1 5");
    give_server("e1", 5, true, 1);
    expect("");
    assert_int_equal(truth(), FEED_NOTHING);
    give_state("e1", 5, board.nonce, "3 A1 5");
    expect("desk 3 A1\nsnapshot 5\nsnapshot 5\n"); /* the public one that waited agrees */
    assert_int_equal(truth(), FEED_FRESH);
    assert_int_equal(status().profile, FEED_FULL);
    assert_string_equal(status().epoch, "e1");
}

static void feed_2_an_answer_older_than_5_s_is_refused(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    wait_us(5 * S + 1);
    give_state("e1", 5, board.nonce, "3 A1 5");
    assert_int_equal(truth(), FEED_NOTHING);
}

static void feed_2_a_nonce_is_good_for_one_answer(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A1 5");
    give_state("e2", 1, board.nonce, "");
    expect("");
    assert_string_equal(status().epoch, "e1");
}

static void feed_2_messages_of_another_epoch_wait_and_follow_in_order(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A1 5,4 B1 4");
    wait_us(2 * S);
    give_call("e2", 8, "3", "A8");
    expect("hello e1 5\n");
    give_call("e2", 9, "4", "B9");
    give_call("e2", 10, "3", "A10");
    expect("");
    give_state("e2", 7, board.nonce, "3 A1 0,4 B1 0");
    expect("desk 3 A1\ndesk 4 B1\nsnapshot 7\n"
           "call 3 A8 live\ncall 4 B9 live\ncall 3 A10 live\n");
}

static void feed_2_only_the_newest_64_messages_wait(void **state)
{
    (void)state;
    adopt("e1", 5, "");
    wait_us(2 * S);
    for (uint64_t seq = 1; seq <= FEED_PENDING + 6; seq++)
        give_call("e2", seq, "3", "A1");
    assert_int_equal(status().pending_dropped, 6);
    board.log[0] = '\0';
    give_state("e2", 6, board.nonce, "3 A6 6");
    assert_int_equal(status().events, FEED_PENDING);
}

static void feed_2_what_came_before_the_question_and_is_not_of_the_answer_is_past(void **state)
{
    (void)state;
    adopt("e2", 5, "");
    wait_us(2 * S);
    give_call("e1", 900, "3", "OLD"); /* a late copy from before the restart */
    expect("hello e2 5\n");
    wait_us(1);
    give_call("e3", 1, "3", "NEW"); /* the server restarts while the answer is on its way */
    give_state("e2", 5, board.nonce, "");
    expect("snapshot 5\n");
    assert_int_equal(status().pending_dropped, 1);
    wait_us(S);
    tick();
    expect("hello e2 5\n"); /* the newer one still waits */
    give_state("e3", 0, board.nonce, "");
    expect("snapshot 0\ncall 3 NEW live\n");
}

static void feed_2_a_new_epoch_replaces_the_picture_and_says_what_is_gone(void **state)
{
    (void)state;
    adopt("e1", 500, "3 A1 500,4 B1 400,5 C1 300");
    wait_us(2 * S);
    give_state("e2", 0, "", "3 A1 0,4 - 0");
    expect("hello e1 500\n");
    give_state("e2", 0, board.nonce, "3 A1 0,4 - 0");
    expect("gone 5\ndesk 3 A1\ndesk 4 -\nsnapshot 0\nsnapshot 0\n");
}

/* ---- FEED-3 ---- */

static void feed_3_the_age_of_a_call_is_its_upper_bound(void **state)
{
    (void)state;
    static const struct {
        int64_t round_trip_us, delay_us;
        const char *sound;
    } rows[] = {
        { 0, 10 * S, "live" },
        { 0, 10 * S + 1000, "muted" },
        { 4 * S, 6 * S, "live" },
        { 4 * S, 6 * S + 1000, "muted" }, /* the answer may have been written at once */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        renew();
        feed_connected(board.feed, board.now_us);
        tick();
        wait_us(rows[i].round_trip_us);
        give_state("e1", 0, board.nonce, "");
        board.log[0] = '\0';
        new_event("e1", 1, EVENT_CALL, "3", "A1");
        wait_us(rows[i].delay_us);
        give();
        char wanted[64];
        snprintf(wanted, sizeof wanted, "call 3 A1 %s\n", rows[i].sound);
        assert_non_null(strstr(board.log, wanted));
    }
}

static void feed_3_the_servers_clock_is_known_within_the_round_trip(void **state)
{
    (void)state;
    assert_int_equal(feed_server_ms(board.feed, board.now_us), -1);
    feed_connected(board.feed, board.now_us);
    tick();
    wait_us(40000);
    new_state("e1", 0, board.nonce, "")->ts_ms = server_ms() - 20; /* written half way */
    give();
    assert_int_equal(feed_server_ms(board.feed, board.now_us), server_ms());
}

static void feed_3_a_call_that_waits_may_sound_until_its_time_is_over(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    struct event *event = new_event("e1", 1, EVENT_CALL, "3", "A1");
    int64_t called_us = board.now_us;
    wait_us(3 * S);
    assert_true(feed_sound_until_us(board.feed, event, board.now_us) == called_us + 10 * S);
    event->ttl_ms = 4000;
    assert_true(feed_sound_until_us(board.feed, event, board.now_us) == called_us + 4 * S);
    event->epoch[0] = '\0';
    assert_true(feed_sound_until_us(board.feed, event, board.now_us) == board.now_us + 4 * S);
}

/* ---- FEED-4 ---- */

static void feed_4_an_event_seen_before_is_a_duplicate(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    give_call("e1", 1, "3", "A1");
    give_call("e1", 1, "3", "A1");
    give_call("e1", 3, "4", "B3");
    give_call("e1", 2, "5", "C2");
    give_call("e1", 2, "5", "C2");
    give_call("e1", 3, "4", "B3");
    expect("call 3 A1 live\nduplicate A1\ncall 4 B3 live\ncall 5 C2 live\nduplicate C2\nduplicate B3\n");
    assert_int_equal(status().duplicates, 3);
}

static void feed_4_an_event_below_the_window_is_dropped(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    give_call("e1", 300, "3", "A1");
    give_call("e1", 45, "4", "B1");
    give_call("e1", 44, "5", "C1");
    expect("call 3 A1 live\ncall 4 B1 live\nduplicate C1\n");
}

static void feed_4_the_window_remembers_exactly_the_last_256(void **state)
{
    (void)state;
    static bool seen[6000];
    struct feed_memory memory = { 0 };
    struct feed_window *window = feed_window(&memory, "e");
    unsigned random = 1;
    uint64_t top = 0;
    for (int i = 0; i < 20000; i++) {
        random = random * 1103515245 + 12345;
        uint64_t seq = 1 + i / 5 + (random >> 16) % 400 + ((random >> 10) % 97 == 0 ? 600 : 0);
        bool is_old = seen[seq] || (top >= FEED_WINDOW && seq <= top - FEED_WINDOW);
        assert_int_equal(feed_window_has(window, seq), is_old);
        if (!is_old)
            feed_window_add(window, seq);
        seen[seq] = true;
        top = seq > top ? seq : top;
    }
}

static void feed_4_the_windows_of_the_last_four_epochs_are_kept(void **state)
{
    (void)state;
    struct feed_memory memory = { 0 };
    const char *const epochs[] = { "e1", "e2", "e3", "e4" };
    for (int i = 0; i < 4; i++)
        feed_window_add(feed_window(&memory, epochs[i]), 7);
    assert_true(feed_window_has(feed_window(&memory, "e1"), 7));
    assert_false(feed_window_has(feed_window(&memory, "e5"), 7)); /* takes the place of e2 */
    assert_true(feed_window_has(feed_window(&memory, "e1"), 7));
    assert_true(feed_window_has(feed_window(&memory, "e3"), 7));
    assert_false(feed_window_has(feed_window(&memory, "e2"), 7));
}

static void feed_4_a_restart_with_kept_memory_never_repeats_a_sound(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    give_call("e1", 1, "3", "A1");
    expect("call 3 A1 live\n");
    feed_destroy(board.feed);
    wait_us(S);
    start();
    adopt("e1", 1, "3 A1 1");
    give_call("e1", 1, "3", "A1");
    expect("duplicate A1\n");
}

static void feed_4_broken_memory_is_emptied(void **state)
{
    (void)state;
    feed_destroy(board.feed);
    memset(&board.memory, 0xFF, sizeof board.memory);
    start();
    adopt("e1", 0, "");
    give_call("e1", 1, "3", "A1");
    expect("call 3 A1 live\n");
}

static void feed_4_a_desk_changes_only_to_a_higher_number(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    give_call("e1", 2, "3", "A2");
    give_call("e1", 1, "3", "A1");
    expect("call 3 A2 live\ncall 3 A1 muted old\n");
}

static void feed_4_a_flood_of_made_up_desks_stays_bounded(void **state)
{
    (void)state;
    adopt("e1", 1, "real A1 1");
    for (unsigned i = 0; i < 2000; i++) {
        char desk[ID_SIZE];
        snprintf(desk, sizeof desk, "fake-%u", i);
        board.log[0] = '\0';
        give_call("e1", 2 + i, desk, "X");
        if (i == DESKS_MAX - 1)
            expect("gone real\ncall fake-255 X live\n");
    }
    board.log[0] = '\0';
    run_until(board.now_us + 31 * S);
    give_state("e1", 2002, board.nonce, "real A1 1");
    assert_non_null(strstr(board.log, "gone fake-1999\n"));
    assert_non_null(strstr(board.log, "desk real A1\nsnapshot 2002\n"));
}

/* ---- FEED-5 ---- */

static void feed_5_only_a_call_that_is_new_young_and_current_may_sound(void **state)
{
    (void)state;
    static const struct {
        enum event_type type;
        int ttl_ms;
        int64_t delay_us;
        const char *log;
    } rows[] = {
        { EVENT_CALL, -1, 0, "call 3 A2 live\n" },        { EVENT_RECALL, -1, 0, "recall 3 A2 live\n" },
        { EVENT_SERVE, -1, 0, "serve 3 A2 muted\n" },     { EVENT_CLEAR, -1, 0, "clear 3 A2 muted\n" },
        { EVENT_DESK, -1, 0, "desk 3 A2 muted\n" },       { EVENT_CALL, -1, 4 * S, "call 3 A2 live\n" },
        { EVENT_CALL, 3000, 4 * S, "call 3 A2 muted\n" }, { EVENT_CALL, 0, 0, "call 3 A2 live\n" },
        { EVENT_CALL, 0, 1000, "call 3 A2 muted\n" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        renew();
        adopt("e1", 1, "");
        new_event("e1", 2, rows[i].type, "3", "A2")->ttl_ms = rows[i].ttl_ms;
        wait_us(rows[i].delay_us);
        give();
        expect(rows[i].log);
    }
}

static void feed_5_a_snapshot_never_sounds_but_its_call_still_may(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    give_state("e1", 2, "", "3 A2 2"); /* another topic: it overtook the event */
    expect("desk 3 A2\nsnapshot 2\n");
    give_call("e1", 2, "3", "A2");
    expect("call 3 A2 live\n");
}

static void feed_5_a_call_overtaken_by_a_snapshot_is_silent(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    give_state("e1", 3, "", "3 A3 3,4 - 2");
    board.log[0] = '\0';
    give_call("e1", 2, "3", "A2");
    expect("call 3 A2 muted old\n");
    give_state("e1", 4, "", "3 A3 3");
    expect("gone 4\nsnapshot 4\n");
    give_call("e1", 4, "4", "B4"); /* that desk is not in the snapshot that knows of it */
    expect("call 4 B4 muted old\n");
}

static void feed_5_undecidable_calls_get_their_verdict_with_the_answer(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    wait_us(S);
    new_event("e1", 1, EVENT_CALL, "3", "A1")->ts_ms += 60000; /* the server's clock stepped */
    give();
    expect("call 3 A1 undecided\nhello e1 1\n");
    new_event("e1", 2, EVENT_CALL, "4", "B2")->ts_ms += 60000;
    give();
    new_event("e1", 3, EVENT_CALL, "4", "B3")->ts_ms += 60000;
    give();
    expect("call 4 B2 undecided\ncall 4 B3 undecided\n");
    new_state("e1", 3, board.nonce, "3 A1 1,4 B3 3")->ts_ms += 60000;
    give();
    expect("snapshot 3\ndecide A1 live\ndecide B2 muted\ndecide B3 live\n");
    assert_int_equal(status().clock_steps, 1);
}

static void feed_5_every_undecided_call_gets_a_verdict_even_when_too_many_wait(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    for (unsigned i = 1; i <= FEED_DEFERRED + 1; i++) {
        new_event("e1", i, EVENT_CALL, "3", "A1")->ts_ms += 60000;
        give();
    }
    assert_non_null(strstr(board.log, "call 3 A1 undecided\ndecide A1 muted\n"));
    board.log[0] = '\0';
    wait_us(S);
    tick();
    give_state("e2", 0, board.nonce, "");
    unsigned verdicts = 0;
    for (const char *at = board.log; (at = strstr(at, "decide A1 muted\n")); at++)
        verdicts++;
    assert_int_equal(verdicts, FEED_DEFERRED);
}

static void feed_5_a_clock_that_steps_again_while_the_answer_is_read_leaves_calls_undecided(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    new_event("e1", 2, EVENT_CALL, "3", "A2")->ts_ms += 60000; /* waits for the epoch */
    give();
    give_state("e1", 1, board.nonce, "");
    expect("hello - 0\nsnapshot 1\ncall 3 A2 undecided\n");
    wait_us(S);
    tick();
    new_state("e1", 2, board.nonce, "3 A2 2")->ts_ms += 60000;
    give();
    expect("hello e1 2\nsnapshot 2\ndecide A2 live\n");
}

/* ---- FEED-6 ---- */

static void feed_6_a_snapshot_below_the_last_one_is_ignored(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5");
    give_state("e1", 4, "", "3 A4 4,9 Z1 1");
    expect("");
    give_state("e1", 6, "", "3 A5 5,9 Z6 6");
    expect("desk 9 Z6\nsnapshot 6\n");
}

static void feed_6_per_desk_the_higher_number_wins(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5,4 B4 4");
    give_call("e1", 7, "3", "A7");
    give_state("e1", 6, "", "3 A5 5,4 B6 6");
    expect("call 3 A7 live\ndesk 4 B6\n"); /* the lists are older than A7: not told */
    give_state("e1", 7, "", "3 A7 7,4 B6 6");
    expect("snapshot 7\n");
}

static void feed_6_absent_desks_disappear_unless_newer(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5,4 B4 4");
    give_call("e1", 7, "5", "C7");
    board.log[0] = '\0';
    give_state("e1", 6, "", "3 A5 5");
    expect("gone 4\n");
}

/* ---- FEED-7 ---- */

static void feed_7_retained_copies_only_ask(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    expect("hello - 0\n");
    new_state("e1", 5, "", "3 A5 5");
    board.message.is_retained = true;
    give();
    new_event("e1", 6, EVENT_CALL, "3", "A6");
    board.message.is_retained = true;
    give();
    new_event("", 0, EVENT_CALL, "3", "A6");
    board.message.is_retained = true;
    give();
    new_server("e1", 6, true, 1);
    board.message.is_retained = true;
    give();
    expect("");
    assert_int_equal(truth(), FEED_NOTHING);
    give_state("e1", 6, board.nonce, "");
    expect("snapshot 6\n");
    wait_us(2 * S);
    new_server("e0", 6, true, 1);
    board.message.is_retained = true;
    give();
    expect("hello e1 6\n");
}

static void feed_7_a_retained_answer_is_no_answer(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    new_state("e1", 5, board.nonce, "3 A5 5");
    board.message.is_retained = true;
    give();
    assert_int_equal(truth(), FEED_NOTHING);
}

/* ---- FEED-8 ---- */

static void feed_8_the_lease_ends_15_s_after_sending_and_numbers_45_s_later(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    int64_t asked_us = board.now_us;
    wait_us(2 * S);
    give_state("e1", 5, board.nonce, "3 A1 5");
    feed_disconnected(board.feed, board.now_us);
    board.now_us = asked_us + 15 * S - 1; /* from the earliest time at which it can have been sent */
    assert_int_equal(truth(), FEED_FRESH);
    assert_true(feed_deadline_us(board.feed) == asked_us + 15 * S);
    board.now_us++;
    tick();
    assert_int_equal(truth(), FEED_STALE);
    assert_true(feed_deadline_us(board.feed) == asked_us + 60 * S);
    board.now_us = asked_us + 60 * S - 1;
    assert_int_equal(truth(), FEED_STALE);
    board.now_us++;
    tick();
    assert_int_equal(truth(), FEED_BLANK);
    assert_true(feed_deadline_us(board.feed) == INT64_MAX);
}

static void feed_8_a_message_that_was_long_on_its_way_prolongs_nothing(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A1 5");
    new_server("e1", 5, true, 1);
    wait_us(14 * S);
    give();
    wait_us(S);
    assert_int_equal(truth(), FEED_STALE);
    give_server("e1", 5, true, 1);
    assert_int_equal(truth(), FEED_FRESH);
}

static void feed_8_a_heartbeat_ahead_of_the_picture_prolongs_nothing(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A1 5");
    feed_disconnected(board.feed, board.now_us);
    wait_us(120 * S);
    assert_int_equal(truth(), FEED_BLANK);
    feed_connected(board.feed, board.now_us);
    give_server("e1", 9, true, 1); /* before the answer: the numbers are two minutes old */
    assert_int_equal(truth(), FEED_BLANK);
    give_state("e1", 9, board.nonce, "3 A9 9");
    assert_int_equal(truth(), FEED_FRESH);
}

/* ---- FEED-9 ---- */

static void feed_9_a_gap_asks_after_half_a_second(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    wait_us(2 * S);
    give_call("e1", 2, "3", "A2");
    expect("call 3 A2 live\n");
    assert_true(feed_deadline_us(board.feed) == board.now_us + S / 2);
    wait_us(S / 2 - 1);
    tick();
    expect("");
    wait_us(1);
    tick();
    expect("hello e1 0\n");
    give_state("e1", 2, board.nonce, "3 A2 2,4 B1 1");
    expect("desk 4 B1\nsnapshot 2\n");
    assert_int_equal(status().gaps, 1);
}

static void feed_9_a_gap_that_closes_in_time_asks_nobody(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    wait_us(2 * S);
    give_call("e1", 2, "3", "A2");
    wait_us(S / 4);
    give_call("e1", 1, "4", "B1");
    expect("call 3 A2 live\ncall 4 B1 live\n");
    run_until(board.now_us + 2 * S);
    expect("");
    assert_int_equal(status().seq, 2);
}

static void feed_9_a_heartbeat_ahead_asks(void **state)
{
    (void)state;
    adopt("e1", 3, "");
    wait_us(2 * S);
    give_server("e1", 4, true, 1);
    run_until(board.now_us + S / 2);
    expect("hello e1 3\n");
}

static void feed_9_a_flood_without_gaps_asks_nobody(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    wait_us(2 * S);
    for (unsigned i = 1; i <= 5000; i++) {
        board.log[0] = '\0';
        give_call("e1", i, "3", "A1");
    }
    assert_int_equal(status().seq, 5000);
    assert_int_equal(status().hellos, 1);
    assert_int_equal(status().gaps, 0);
}

static void feed_9_a_message_from_the_future_forgets_the_bounds(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    wait_us(2 * S);
    new_server("e1", 1, true, 1)->ts_ms += 49;
    give();
    expect("");
    assert_true(status().is_synchronised);
    new_server("e1", 1, true, 1)->ts_ms += 51;
    give();
    expect("hello e1 1\n");
    assert_false(status().is_synchronised);
    give_call("e1", 2, "3", "A2");
    expect("call 3 A2 undecided\n");
}

static void feed_9_a_clock_that_stepped_back_is_asked_too(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    wait_us(2 * S);
    new_server("e1", 1, true, 1)->ts_ms -= 60000;
    give();
    expect("hello e1 1\n");
    new_state("e1", 1, board.nonce, "")->ts_ms -= 60000;
    give();
    board.log[0] = '\0';
    new_event("e1", 2, EVENT_CALL, "3", "A2")->ts_ms -= 60000;
    give();
    expect("call 3 A2 live\n");
}

static void feed_9_numbers_that_were_never_given_do_not_lock_the_sequence(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    wait_us(2 * S);
    give_call("e1", 9007199254740991, "3", "EVIL");
    run_until(board.now_us + S);
    assert_non_null(strstr(board.log, "hello e1 1\n"));
    board.log[0] = '\0';
    give_state("e1", 1, board.nonce, "3 A1 1");
    expect("desk 3 A1\nsnapshot 1\n");
    give_call("e1", 2, "3", "A2");
    expect("call 3 A2 live\n");
    run_until(board.now_us + 5 * S);
    expect("");
}

/* ---- FEED-10 ---- */

static void feed_10_a_will_with_an_older_connection_is_ignored(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    give_server("e1", 1, true, 18);
    give_server("e1", 0, false, 17);
    assert_int_equal(truth(), FEED_FRESH);
    give_server("e1", 0, false, 18);
    assert_int_equal(truth(), FEED_STALE);
    give_server("e1", 1, true, 17); /* a late copy */
    assert_int_equal(truth(), FEED_STALE);
    give_server("e1", 1, true, 18); /* it read its own will and says that it lives */
    assert_int_equal(truth(), FEED_FRESH);
    give_server("e1", 0, false, 18);
    give_server("e1", 1, true, 19);
    assert_int_equal(truth(), FEED_FRESH);
}

static void feed_10_a_will_of_another_epoch_says_nothing_about_this_one(void **state)
{
    (void)state;
    adopt("e2", 1, "");
    wait_us(2 * S);
    give_server("e1", 0, false, 99);
    assert_int_equal(truth(), FEED_FRESH);
    expect("hello e2 1\n");
}

/* ---- the basic profile ---- */

static void basic_events_are_shown_and_heard_as_they_come(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    expect("hello - 0\n");
    give_call("", 0, "3", "A1");
    give_event("", 0, EVENT_SERVE, "3", "");
    expect("call 3 A1 live\nserve 3 - muted\n");
    assert_int_equal(status().profile, FEED_BASIC);
    wait_us(3600 * S);
    assert_int_equal(truth(), FEED_FRESH); /* no lease */
}

static void basic_duplicates_are_removed_within_2_s(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    board.log[0] = '\0';
    give_call("", 0, "3", "A1");
    give_call("", 0, "3", "A1");
    give_call("", 0, "4", "A1");
    give_event("", 0, EVENT_RECALL, "3", "A1");
    wait_us(2 * S - 1);
    give_call("", 0, "3", "A1");
    wait_us(1);
    give_call("", 0, "3", "A1");
    expect("call 3 A1 live\nduplicate A1\ncall 4 A1 live\nrecall 3 A1 live\nduplicate A1\nhello - 0\n"
           "call 3 A1 live\n");
}

static void basic_desk_status_may_change_back_at_once(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    board.log[0] = '\0';
    give_event("", 0, EVENT_DESK, "3", "");
    new_event("", 0, EVENT_DESK, "3", "")->status = DESK_CLOSED;
    give();
    expect("desk 3 - muted\ndesk 3 - muted\n");
}

static void basic_calls_that_waited_in_the_board_are_silent_after_their_ttl(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    board.log[0] = '\0';
    new_event("", 0, EVENT_CALL, "3", "A1")->ttl_ms = 5000;
    board.message.received_us = board.now_us;
    feed_message(board.feed, &board.message, board.now_us + 5 * S + 1, &sink);
    expect("call 3 A1 muted\nhello - 0\n");
}

static void basic_truth_ends_only_with_the_broker(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    give_call("", 0, "3", "A1");
    feed_disconnected(board.feed, board.now_us);
    int64_t lost_us = board.now_us;
    board.now_us = lost_us + 15 * S - 1;
    assert_int_equal(truth(), FEED_FRESH);
    assert_true(feed_deadline_us(board.feed) == lost_us + 15 * S);
    board.now_us = lost_us + 15 * S;
    tick();
    assert_int_equal(truth(), FEED_STALE);
    board.now_us = lost_us + 60 * S;
    tick();
    assert_int_equal(truth(), FEED_BLANK);
    board.log[0] = '\0';
    feed_connected(board.feed, board.now_us);
    assert_true(feed_deadline_us(board.feed) <= board.now_us);
    tick();
    assert_non_null(strstr(board.log, "gone 3\n")); /* nobody knows what was called meanwhile */
    assert_int_equal(truth(), FEED_FRESH);
}

static void basic_hellos_are_rare_until_something_with_an_epoch_comes(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    give_call("", 0, "3", "A1");
    run_until(board.now_us + 300 * S);
    assert_in_range(status().hellos, 8, 14);
    uint64_t before = status().hellos;
    give_server("e1", 5, true, 1);
    assert_true(feed_deadline_us(board.feed) <= board.now_us + 5 * S);
    run_until(board.now_us + 5 * S);
    assert_true(status().hellos > before);
    give_state("e1", 5, board.nonce, "3 B5 5");
    assert_int_equal(status().profile, FEED_FULL);
    assert_non_null(strstr(board.log, "desk 3 B5\n"));
}

static void basic_becomes_full_and_forgets_what_the_answer_does_not_know(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    give_call("", 0, "3", "A1");
    give_call("", 0, "4", "B1");
    board.log[0] = '\0';
    give_state("e1", 5, board.nonce, "3 - 0");
    expect("gone 4\ndesk 3 -\nsnapshot 5\n");
}

static void a_server_that_never_answers_is_shown_after_a_minute(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    board.log[0] = '\0';
    int64_t began_us = board.now_us;
    give_call("e1", 1, "3", "A1");
    assert_int_equal(status().profile, FEED_UNDECIDED);
    run_until(began_us + 55 * S);
    give_call("e1", 2, "4", "B2");
    assert_null(strstr(board.log, "call"));
    run_until(began_us + 60 * S);
    assert_non_null(strstr(board.log, "call 3 A1 muted\ncall 4 B2 live\n"));
    assert_int_equal(status().profile, FEED_BASIC);
    board.log[0] = '\0';
    give_call("e1", 3, "3", "A3");
    give_call("e1", 3, "3", "A3");
    assert_non_null(strstr(board.log, "call 3 A3 live\nduplicate A3\n"));
    run_until(board.now_us + 5 * S);
    board.log[0] = '\0';
    give_state("e1", 3, board.nonce, "3 A3 3");
    expect("gone 4\ndesk 3 A3\nsnapshot 3\n");
    give_call("e1", 3, "3", "A3");
    expect("duplicate A3\n"); /* never twice, whichever way it came */
}

static void a_server_with_a_heart_is_waited_for(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    new_server("e1", 1, true, 1);
    board.message.is_retained = true;
    give();
    give_call("e1", 1, "3", "A1");
    run_until(board.now_us + 300 * S);
    assert_null(strstr(board.log, "call"));
    assert_int_equal(truth(), FEED_NOTHING);
}

static void a_call_by_hand_stands_beside_a_full_server_for_a_while(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5");
    give_call("", 0, "3", "HAND");
    expect("call 3 HAND live\n");
    wait_us(5 * S);
    give_state("e1", 5, "", "3 A5 5");
    expect("snapshot 5\n");
    wait_us(5 * S);
    give_state("e1", 5, "", "3 A5 5");
    expect("desk 3 A5\nsnapshot 5\n");
    give_call("", 0, "9", "HAND");
    give_call("e1", 6, "9", "B6");
    expect("call 9 HAND live\ncall 9 B6 live\n");
}

static void a_blanked_full_server_gives_way_to_a_basic_one(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5,4 B4 4");
    wait_us(60 * S);
    board.log[0] = '\0';
    give_call("", 0, "3", "NEW");
    assert_non_null(strstr(board.log, "gone 3\ngone 4\ncall 3 NEW live\n"));
    assert_int_equal(status().profile, FEED_BASIC);
    assert_int_equal(truth(), FEED_FRESH);
}

static void notices_pass_in_both_profiles(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    board.log[0] = '\0';
    strcpy(new_event("", 0, EVENT_NOTICE, "", "")->notice.id, "n1");
    give();
    give();
    expect("notice - n1 muted\nnotice - n1 muted\n");
    give_state("e1", 5, board.nonce, "");
    expect("snapshot 5\n");
    strcpy(new_event("e1", 6, EVENT_NOTICE, "", "")->notice.id, "n2");
    give();
    expect("notice - n2 muted\n");
    give_state("e1", 8, "", "");
    strcpy(new_event("e1", 7, EVENT_NOTICE, "", "")->notice.id, "n3");
    give();
    expect("snapshot 8\nnotice - n3 muted old\n");
}

static void commands_are_not_of_the_feed(void **state)
{
    (void)state;
    memset(&board.message, 0, sizeof board.message);
    board.message.kind = MESSAGE_COMMAND;
    give();
    expect("");
}

#define FEED_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FEED_TEST(feed_1_hello_follows_the_connection_at_once),
        FEED_TEST(feed_1_unanswered_hellos_back_off_from_1_s_to_5_s),
        FEED_TEST(feed_1_each_hello_has_a_fresh_nonce),
        FEED_TEST(feed_1_in_peace_hello_every_30_s),
        FEED_TEST(feed_1_a_reconnection_voids_earlier_questions),
        FEED_TEST(feed_2_an_epoch_is_adopted_only_from_an_answer_to_my_nonce),
        FEED_TEST(feed_2_an_answer_older_than_5_s_is_refused),
        FEED_TEST(feed_2_a_nonce_is_good_for_one_answer),
        FEED_TEST(feed_2_messages_of_another_epoch_wait_and_follow_in_order),
        FEED_TEST(feed_2_only_the_newest_64_messages_wait),
        FEED_TEST(feed_2_what_came_before_the_question_and_is_not_of_the_answer_is_past),
        FEED_TEST(feed_2_a_new_epoch_replaces_the_picture_and_says_what_is_gone),
        FEED_TEST(feed_3_the_age_of_a_call_is_its_upper_bound),
        FEED_TEST(feed_3_the_servers_clock_is_known_within_the_round_trip),
        FEED_TEST(feed_3_a_call_that_waits_may_sound_until_its_time_is_over),
        FEED_TEST(feed_4_an_event_seen_before_is_a_duplicate),
        FEED_TEST(feed_4_an_event_below_the_window_is_dropped),
        FEED_TEST(feed_4_the_window_remembers_exactly_the_last_256),
        FEED_TEST(feed_4_the_windows_of_the_last_four_epochs_are_kept),
        FEED_TEST(feed_4_a_restart_with_kept_memory_never_repeats_a_sound),
        FEED_TEST(feed_4_broken_memory_is_emptied),
        FEED_TEST(feed_4_a_desk_changes_only_to_a_higher_number),
        FEED_TEST(feed_4_a_flood_of_made_up_desks_stays_bounded),
        FEED_TEST(feed_5_only_a_call_that_is_new_young_and_current_may_sound),
        FEED_TEST(feed_5_a_snapshot_never_sounds_but_its_call_still_may),
        FEED_TEST(feed_5_a_call_overtaken_by_a_snapshot_is_silent),
        FEED_TEST(feed_5_undecidable_calls_get_their_verdict_with_the_answer),
        FEED_TEST(feed_5_every_undecided_call_gets_a_verdict_even_when_too_many_wait),
        FEED_TEST(feed_5_a_clock_that_steps_again_while_the_answer_is_read_leaves_calls_undecided),
        FEED_TEST(feed_6_a_snapshot_below_the_last_one_is_ignored),
        FEED_TEST(feed_6_per_desk_the_higher_number_wins),
        FEED_TEST(feed_6_absent_desks_disappear_unless_newer),
        FEED_TEST(feed_7_retained_copies_only_ask),
        FEED_TEST(feed_7_a_retained_answer_is_no_answer),
        FEED_TEST(feed_8_the_lease_ends_15_s_after_sending_and_numbers_45_s_later),
        FEED_TEST(feed_8_a_message_that_was_long_on_its_way_prolongs_nothing),
        FEED_TEST(feed_8_a_heartbeat_ahead_of_the_picture_prolongs_nothing),
        FEED_TEST(feed_9_a_gap_asks_after_half_a_second),
        FEED_TEST(feed_9_a_gap_that_closes_in_time_asks_nobody),
        FEED_TEST(feed_9_a_heartbeat_ahead_asks),
        FEED_TEST(feed_9_a_flood_without_gaps_asks_nobody),
        FEED_TEST(feed_9_a_message_from_the_future_forgets_the_bounds),
        FEED_TEST(feed_9_a_clock_that_stepped_back_is_asked_too),
        FEED_TEST(feed_9_numbers_that_were_never_given_do_not_lock_the_sequence),
        FEED_TEST(feed_10_a_will_with_an_older_connection_is_ignored),
        FEED_TEST(feed_10_a_will_of_another_epoch_says_nothing_about_this_one),
        FEED_TEST(basic_events_are_shown_and_heard_as_they_come),
        FEED_TEST(basic_duplicates_are_removed_within_2_s),
        FEED_TEST(basic_desk_status_may_change_back_at_once),
        FEED_TEST(basic_calls_that_waited_in_the_board_are_silent_after_their_ttl),
        FEED_TEST(basic_truth_ends_only_with_the_broker),
        FEED_TEST(basic_hellos_are_rare_until_something_with_an_epoch_comes),
        FEED_TEST(basic_becomes_full_and_forgets_what_the_answer_does_not_know),
        FEED_TEST(a_server_that_never_answers_is_shown_after_a_minute),
        FEED_TEST(a_server_with_a_heart_is_waited_for),
        FEED_TEST(a_call_by_hand_stands_beside_a_full_server_for_a_while),
        FEED_TEST(a_blanked_full_server_gives_way_to_a_basic_one),
        FEED_TEST(notices_pass_in_both_profiles),
        FEED_TEST(commands_are_not_of_the_feed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
