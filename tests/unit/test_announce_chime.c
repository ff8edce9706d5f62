#include "board/hall/announce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000000LL

static void a_first_call_sounds_at_once(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    assert_true(chime_gate_deadline_us(&gate) == INT64_MAX);
    assert_false(chime_gate_turn(&gate, 5 * SECOND, &turn));
    chime_gate_ask(&gate, 1, false, 15 * SECOND, 5 * SECOND);
    assert_true(chime_gate_deadline_us(&gate) <= 5 * SECOND);
    assert_true(chime_gate_turn(&gate, 5 * SECOND, &turn));
    assert_int_equal(turn.ntokens, 1);
    assert_int_equal(turn.token[0], 1);
    assert_false(turn.is_recall);
}

static void calls_within_four_seconds_merge_into_the_next_chime(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_ask(&gate, 1, false, 20 * SECOND, 5 * SECOND);
    chime_gate_turn(&gate, 5 * SECOND, &turn);
    chime_gate_ask(&gate, 2, true, 20 * SECOND, 6 * SECOND);
    chime_gate_ask(&gate, 3, false, 20 * SECOND, 7 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 9 * SECOND);
    assert_false(chime_gate_turn(&gate, 9 * SECOND - 1, &turn));
    assert_true(chime_gate_turn(&gate, 9 * SECOND, &turn));
    assert_int_equal(turn.ntokens, 2);
    assert_int_equal(turn.token[0], 2);
    assert_int_equal(turn.token[1], 3);
    assert_false(turn.is_recall); /* one of them is a first call */
    assert_false(chime_gate_turn(&gate, 30 * SECOND, &turn));
}

static void recalls_alone_sound_as_a_recall(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_ask(&gate, 1, false, 6 * SECOND, 5 * SECOND);
    chime_gate_ask(&gate, 2, true, 20 * SECOND, 5 * SECOND);
    assert_true(chime_gate_turn(&gate, 7 * SECOND, &turn));
    assert_true(turn.is_recall); /* the first call came too late */
    assert_int_equal(turn.nlate, 1);
    assert_int_equal(turn.late[0], 1);
}

static void a_request_that_grew_old_is_given_back(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_busy_until(&gate, 20 * SECOND);
    chime_gate_ask(&gate, 1, false, 10 * SECOND, 5 * SECOND);
    chime_gate_ask(&gate, 2, false, 30 * SECOND, 5 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 10 * SECOND + 1);
    assert_false(chime_gate_turn(&gate, 10 * SECOND, &turn));
    assert_int_equal(turn.nlate, 0);
    assert_false(chime_gate_turn(&gate, 10 * SECOND + 1, &turn));
    assert_int_equal(turn.nlate, 1);
    assert_int_equal(turn.late[0], 1);
    assert_int_equal(chime_gate_deadline_us(&gate), 20 * SECOND);
    assert_true(chime_gate_turn(&gate, 20 * SECOND, &turn));
    assert_int_equal(turn.token[0], 2);
}

static void a_long_melody_holds_the_gate(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_ask(&gate, 1, false, 99 * SECOND, 1 * SECOND);
    chime_gate_turn(&gate, 1 * SECOND, &turn);
    chime_gate_busy_until(&gate, 2 * SECOND); /* shorter than the gap */
    chime_gate_ask(&gate, 2, false, 99 * SECOND, 2 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 5 * SECOND);
    chime_gate_busy_until(&gate, 7 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 7 * SECOND);
}

static void a_full_gate_says_so(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    for (unsigned i = 0; i < CHIME_MERGE_MAX; i++)
        assert_true(chime_gate_ask(&gate, i + 1, false, 99 * SECOND, SECOND));
    assert_false(chime_gate_ask(&gate, 99, false, 99 * SECOND, SECOND));
    assert_true(chime_gate_turn(&gate, SECOND, &turn));
    assert_int_equal(turn.ntokens, CHIME_MERGE_MAX);
    assert_int_equal(turn.token[CHIME_MERGE_MAX - 1], CHIME_MERGE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_call_sounds_at_once),
        cmocka_unit_test(calls_within_four_seconds_merge_into_the_next_chime),
        cmocka_unit_test(recalls_alone_sound_as_a_recall),
        cmocka_unit_test(a_request_that_grew_old_is_given_back),
        cmocka_unit_test(a_long_melody_holds_the_gate),
        cmocka_unit_test(a_full_gate_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
