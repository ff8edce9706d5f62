#include "tests/unit/feed_bench.h"

static void hello_follows_the_connection_at_once(void **state)
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

static void unanswered_hellos_back_off_from_1_s_to_5_s(void **state)
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

static void each_hello_has_a_fresh_nonce(void **state)
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

static void in_peace_hello_every_30_s(void **state)
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

static void a_reconnection_voids_earlier_questions(void **state)
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROVES("FEED-1", hello_follows_the_connection_at_once),
        PROVES("FEED-1", unanswered_hellos_back_off_from_1_s_to_5_s),
        PROVES("FEED-1", each_hello_has_a_fresh_nonce),
        PROVES("FEED-1", in_peace_hello_every_30_s),
        PROVES("FEED-1", a_reconnection_voids_earlier_questions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
