#include "tests/unit/feed_bench.h"

static void events_without_epoch_are_shown_and_heard_as_they_come(void **state)
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

static void duplicates_are_removed_within_2_s(void **state)
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

static void desk_status_may_change_back_at_once(void **state)
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

static void calls_that_waited_in_the_board_are_silent_after_their_ttl(void **state)
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

static void truth_ends_only_with_the_broker(void **state)
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

static void hellos_are_rare_until_something_with_an_epoch_comes(void **state)
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

static void an_answer_forgets_what_it_does_not_know(void **state)
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
    give_retained();
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

static void the_profile_names_what_it_does_not_promise(void **state)
{
    (void)state;
    static const char *const lacks[] = { "no sign when the server is lost", "numbers stay",
                                         "missed calls are not repaired", "long on its way sounds",
                                         "sounds again" };
    for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++)
        assert_non_null(strstr(feed_guarantees(FEED_BASIC), lacks[i]));
    assert_string_equal(feed_guarantees(FEED_FULL), "full");
    assert_non_null(strstr(feed_guarantees(status().profile), "no server has answered"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROVES("BASIC-1 BASIC-3", events_without_epoch_are_shown_and_heard_as_they_come),
        PROVES("BASIC-2", duplicates_are_removed_within_2_s),
        PROVES("BASIC-2", desk_status_may_change_back_at_once),
        PROVES("BASIC-1", calls_that_waited_in_the_board_are_silent_after_their_ttl),
        PROVES("BASIC-3", truth_ends_only_with_the_broker),
        PROVES("BASIC-5", hellos_are_rare_until_something_with_an_epoch_comes),
        PROVES("BASIC-5", an_answer_forgets_what_it_does_not_know),
        PROVES("BASIC-4 BASIC-5 FEED-4", a_server_that_never_answers_is_shown_after_a_minute),
        PROVES("BASIC-4", a_server_with_a_heart_is_waited_for),
        PROVES("BASIC-6", a_call_by_hand_stands_beside_a_full_server_for_a_while),
        PROVES("BASIC-7", a_blanked_full_server_gives_way_to_a_basic_one),
        PROVES("BASIC-1 BASIC-2 FEED-6", notices_pass_in_both_profiles),
        PROVES("BASIC-8", the_profile_names_what_it_does_not_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
