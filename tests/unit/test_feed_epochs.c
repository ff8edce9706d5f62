#include "tests/unit/feed_bench.h"

/* ---- FEED-2 ------------------------------------------------------------------------------------------- */

static void an_epoch_is_adopted_only_from_an_answer_to_my_nonce(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    expect("hello - 0\n");
    give_state("e1", 5, "", "3 A1 5");
    give_state("e1", 5, "someone-else", "3 A1 5");
    give_server("e1", 5, true, 1);
    memset(&board.message, 0, sizeof board.message);
    board.message.kind = MESSAGE_COMMAND; /* not of the feed at all */
    give();
    expect("");
    assert_int_equal(truth(), FEED_NOTHING);
    give_state("e1", 5, board.nonce, "3 A1 5");
    expect("desk 3 A1\nsnapshot 5\nsnapshot 5\n"); /* the public one that waited agrees */
    assert_int_equal(truth(), FEED_FRESH);
    assert_int_equal(status().profile, FEED_FULL);
    assert_string_equal(status().epoch, "e1");
}

static void an_answer_older_than_5_s_is_refused(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    wait_us(5 * S + 1);
    give_state("e1", 5, board.nonce, "3 A1 5");
    assert_int_equal(truth(), FEED_NOTHING);
}

static void a_nonce_is_good_for_one_answer(void **state)
{
    (void)state;
    adopt("e1", 5, "3 A1 5");
    give_state("e2", 1, board.nonce, "");
    expect("");
    assert_string_equal(status().epoch, "e1");
}

static void messages_of_another_epoch_wait_and_follow_in_order(void **state)
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

static void only_the_newest_64_messages_wait(void **state)
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

static void what_came_before_the_question_and_is_not_of_the_answer_is_past(void **state)
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

static void a_new_epoch_replaces_the_picture_and_says_what_is_gone(void **state)
{
    (void)state;
    adopt("e1", 500, "3 A1 500,4 B1 400,5 C1 300");
    wait_us(2 * S);
    give_state("e2", 0, "", "3 A1 0,4 - 0");
    expect("hello e1 500\n");
    give_state("e2", 0, board.nonce, "3 A1 0,4 - 0");
    expect("gone 5\ndesk 3 A1\ndesk 4 -\nsnapshot 0\nsnapshot 0\n");
}

/* ---- FEED-3 ------------------------------------------------------------------------------------------- */

static void the_age_of_a_call_is_its_upper_bound(void **state)
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

static void the_servers_clock_is_known_within_the_round_trip(void **state)
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

static void a_call_that_waits_may_sound_until_its_time_is_over(void **state)
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

/* ---- FEED-7 ------------------------------------------------------------------------------------------- */

static void retained_copies_only_ask(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    expect("hello - 0\n");
    new_state("e1", 5, "", "3 A5 5");
    give_retained();
    new_event("e1", 6, EVENT_CALL, "3", "A6");
    give_retained();
    new_event("", 0, EVENT_CALL, "3", "A6");
    give_retained();
    new_server("e1", 6, true, 1);
    give_retained();
    expect("");
    assert_int_equal(truth(), FEED_NOTHING);
    give_state("e1", 6, board.nonce, "");
    expect("snapshot 6\n");
    wait_us(2 * S);
    new_server("e0", 6, true, 1);
    give_retained();
    expect("hello e1 6\n");
}

static void a_retained_answer_is_no_answer(void **state)
{
    (void)state;
    feed_connected(board.feed, board.now_us);
    tick();
    new_state("e1", 5, board.nonce, "3 A5 5");
    give_retained();
    assert_int_equal(truth(), FEED_NOTHING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROVES("FEED-2", an_epoch_is_adopted_only_from_an_answer_to_my_nonce),
        PROVES("FEED-2", an_answer_older_than_5_s_is_refused),
        PROVES("FEED-2", a_nonce_is_good_for_one_answer),
        PROVES("FEED-2", messages_of_another_epoch_wait_and_follow_in_order),
        PROVES("FEED-2", only_the_newest_64_messages_wait),
        PROVES("FEED-2", what_came_before_the_question_and_is_not_of_the_answer_is_past),
        PROVES("FEED-2", a_new_epoch_replaces_the_picture_and_says_what_is_gone),
        PROVES("FEED-3", the_age_of_a_call_is_its_upper_bound),
        PROVES("FEED-3", the_servers_clock_is_known_within_the_round_trip),
        PROVES("FEED-3", a_call_that_waits_may_sound_until_its_time_is_over),
        PROVES("FEED-7", retained_copies_only_ask),
        PROVES("FEED-7 FEED-2", a_retained_answer_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
