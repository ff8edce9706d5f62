#include "tests/unit/feed_bench.h"

/* ---- FEED-8 ------------------------------------------------------------------------------------------- */

static void the_lease_ends_15_s_after_sending_and_numbers_45_s_later(void **state)
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

static void a_message_that_was_long_on_its_way_prolongs_nothing(void **state)
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

static void a_heartbeat_ahead_of_the_picture_prolongs_nothing(void **state)
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

/* ---- FEED-9 ------------------------------------------------------------------------------------------- */

static void a_gap_asks_after_half_a_second(void **state)
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

static void a_gap_that_closes_in_time_asks_nobody(void **state)
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

static void a_heartbeat_ahead_asks(void **state)
{
    (void)state;
    adopt("e1", 3, "");
    wait_us(2 * S);
    give_server("e1", 4, true, 1);
    run_until(board.now_us + S / 2);
    expect("hello e1 3\n");
}

static void a_flood_without_gaps_asks_nobody(void **state)
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

static void a_message_from_the_future_forgets_the_bounds(void **state)
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

static void a_clock_that_stepped_back_is_asked_too(void **state)
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

static void numbers_that_were_never_given_do_not_lock_the_sequence(void **state)
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

/* ---- FEED-10 ------------------------------------------------------------------------------------------ */

static void a_will_with_an_older_connection_is_ignored(void **state)
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

static void a_will_of_another_epoch_says_nothing_about_this_one(void **state)
{
    (void)state;
    adopt("e2", 1, "");
    wait_us(2 * S);
    give_server("e1", 0, false, 99);
    assert_int_equal(truth(), FEED_FRESH);
    expect("hello e2 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROVES("FEED-8", the_lease_ends_15_s_after_sending_and_numbers_45_s_later),
        PROVES("FEED-8 FEED-3", a_message_that_was_long_on_its_way_prolongs_nothing),
        PROVES("FEED-8", a_heartbeat_ahead_of_the_picture_prolongs_nothing),
        PROVES("FEED-9", a_gap_asks_after_half_a_second),
        PROVES("FEED-9", a_gap_that_closes_in_time_asks_nobody),
        PROVES("FEED-9", a_heartbeat_ahead_asks),
        PROVES("FEED-9", a_flood_without_gaps_asks_nobody),
        PROVES("FEED-9", a_message_from_the_future_forgets_the_bounds),
        PROVES("FEED-9", a_clock_that_stepped_back_is_asked_too),
        PROVES("FEED-9", numbers_that_were_never_given_do_not_lock_the_sequence),
        PROVES("FEED-10", a_will_with_an_older_connection_is_ignored),
        PROVES("FEED-10", a_will_of_another_epoch_says_nothing_about_this_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
