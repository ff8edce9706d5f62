#include "protocol/feed_window.h"

#include "tests/unit/feed_bench.h"

/* ---- FEED-4 ------------------------------------------------------------------------------------------- */

static void an_event_seen_before_is_a_duplicate(void **state)
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

static void an_event_below_the_window_is_dropped(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    give_call("e1", 300, "3", "A1");
    give_call("e1", 45, "4", "B1");
    give_call("e1", 44, "5", "C1");
    expect("call 3 A1 live\ncall 4 B1 live\nduplicate C1\n");
}

static void the_window_remembers_exactly_the_last_256(void **state)
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

static void the_windows_of_the_last_four_epochs_are_kept(void **state)
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

static void a_restart_with_kept_memory_never_repeats_a_sound(void **state)
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

static void broken_memory_is_emptied(void **state)
{
    (void)state;
    feed_destroy(board.feed);
    memset(&board.memory, 0xFF, sizeof board.memory);
    start();
    adopt("e1", 0, "");
    give_call("e1", 1, "3", "A1");
    expect("call 3 A1 live\n");
}

static void a_desk_changes_only_to_a_higher_number(void **state)
{
    (void)state;
    adopt("e1", 0, "");
    give_call("e1", 2, "3", "A2");
    give_call("e1", 1, "3", "A1");
    expect("call 3 A2 live\ncall 3 A1 muted old\n");
}

static void a_flood_of_made_up_desks_stays_bounded(void **state)
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

/* ---- FEED-5 ------------------------------------------------------------------------------------------- */

static void only_a_call_that_is_new_young_and_current_may_sound(void **state)
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

static void a_snapshot_never_sounds_but_its_call_still_may(void **state)
{
    (void)state;
    adopt("e1", 1, "");
    give_state("e1", 2, "", "3 A2 2"); /* another topic: it overtook the event */
    expect("desk 3 A2\nsnapshot 2\n");
    give_call("e1", 2, "3", "A2");
    expect("call 3 A2 live\n");
}

static void a_call_overtaken_by_a_snapshot_is_silent(void **state)
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

static void undecidable_calls_get_their_verdict_with_the_answer(void **state)
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

static void every_undecided_call_gets_a_verdict_even_when_too_many_wait(void **state)
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

static void a_clock_that_steps_again_while_the_answer_is_read_leaves_calls_undecided(void **state)
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

/* ---- FEED-6 ------------------------------------------------------------------------------------------- */

static void a_snapshot_below_the_last_one_is_ignored(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5");
    give_state("e1", 4, "", "3 A4 4,9 Z1 1");
    expect("");
    give_state("e1", 6, "", "3 A5 5,9 Z6 6");
    expect("desk 9 Z6\nsnapshot 6\n");
}

static void per_desk_the_higher_number_wins(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5,4 B4 4");
    give_call("e1", 7, "3", "A7");
    give_state("e1", 6, "", "3 A5 5,4 B6 6");
    expect("call 3 A7 live\ndesk 4 B6\n"); /* the lists are older than A7: not told */
    give_state("e1", 7, "", "3 A7 7,4 B6 6");
    expect("snapshot 7\n");
}

static void absent_desks_disappear_unless_newer(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A5 5,4 B4 4");
    give_call("e1", 7, "5", "C7");
    board.log[0] = '\0';
    give_state("e1", 6, "", "3 A5 5");
    expect("gone 4\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROVES("FEED-4", an_event_seen_before_is_a_duplicate),
        PROVES("FEED-4", an_event_below_the_window_is_dropped),
        PROVES("FEED-4", the_window_remembers_exactly_the_last_256),
        PROVES("FEED-4", the_windows_of_the_last_four_epochs_are_kept),
        PROVES("FEED-4 FEED-5", a_restart_with_kept_memory_never_repeats_a_sound),
        PROVES("FEED-4", broken_memory_is_emptied),
        PROVES("FEED-4", a_desk_changes_only_to_a_higher_number),
        PROVES("FEED-4", a_flood_of_made_up_desks_stays_bounded),
        PROVES("FEED-5", only_a_call_that_is_new_young_and_current_may_sound),
        PROVES("FEED-5", a_snapshot_never_sounds_but_its_call_still_may),
        PROVES("FEED-5 FEED-6", a_call_overtaken_by_a_snapshot_is_silent),
        PROVES("FEED-5 FEED-9", undecidable_calls_get_their_verdict_with_the_answer),
        PROVES("FEED-5", every_undecided_call_gets_a_verdict_even_when_too_many_wait),
        PROVES("FEED-5", a_clock_that_steps_again_while_the_answer_is_read_leaves_calls_undecided),
        PROVES("FEED-6", a_snapshot_below_the_last_one_is_ignored),
        PROVES("FEED-6 FEED-4", per_desk_the_higher_number_wins),
        PROVES("FEED-6", absent_desks_disappear_unless_newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
