#include "board/hall/chime_gate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND 1000000LL
#define NEVER  (99 * SECOND)

static struct chime_gates gates;
static struct chime_turn turn;

/* Chimes of these zones, 0 ends the list. */
static void hang(const uint32_t *zones)
{
    struct config *config = calloc(1, sizeof *config);
    while (*zones)
        config->chime[config->nchimes++].zones = *zones++;
    chime_gates_init(&gates, config);
    free(config);
}

static int hang_one(void **state)
{
    (void)state;
    hang((const uint32_t[]){ 1, 0 });
    return 0;
}

static void ask(unsigned chime, uint64_t token, int64_t at_us)
{
    assert_true(chime_gate_ask(&gates, chime, token, CHIME_CALL, NEVER, at_us));
}

static bool sounds(int64_t now_us)
{
    if (!chime_gates_turn(&gates, now_us, &turn) || !turn.ntokens)
        return false;
    chime_gate_begin(&gates, turn.chime, SECOND, now_us);
    chime_gate_end(&gates, turn.chime, true);
    return true;
}

static void assert_sounds(unsigned chime, int64_t now_us)
{
    assert_true(sounds(now_us));
    assert_int_equal(turn.chime, chime);
}

static void assert_silent(int64_t now_us)
{
    assert_false(chime_gates_turn(&gates, now_us, &turn));
}

/* ---- one chime ------------------------------------------------------------------------------- */

static void a_first_call_sounds_at_once(void **state)
{
    (void)state;
    assert_true(chime_gates_deadline_us(&gates) == INT64_MAX);
    assert_silent(5 * SECOND);
    ask(0, 1, 5 * SECOND);
    assert_true(chime_gates_deadline_us(&gates) <= 5 * SECOND);
    assert_sounds(0, 5 * SECOND);
    assert_int_equal(turn.ntokens, 1);
    assert_int_equal(turn.token[0], 1);
    assert_int_equal(turn.kind, CHIME_CALL);
}

static void calls_within_four_seconds_merge_into_the_next_chime(void **state)
{
    (void)state;
    ask(0, 1, 5 * SECOND);
    assert_sounds(0, 5 * SECOND);
    chime_gate_ask(&gates, 0, 2, CHIME_RECALL, NEVER, 6 * SECOND);
    ask(0, 3, 7 * SECOND);
    assert_int_equal(chime_gates_deadline_us(&gates), 9 * SECOND);
    assert_silent(9 * SECOND - 1);
    assert_sounds(0, 9 * SECOND);
    assert_int_equal(turn.ntokens, 2);
    assert_int_equal(turn.token[0], 2);
    assert_int_equal(turn.token[1], 3);
    assert_int_equal(turn.kind, CHIME_CALL); /* one of them is a first call */
    assert_silent(30 * SECOND);
}

static void recalls_alone_sound_as_a_recall(void **state)
{
    (void)state;
    chime_gate_ask(&gates, 0, 1, CHIME_CALL, 6 * SECOND, 5 * SECOND);
    chime_gate_ask(&gates, 0, 2, CHIME_RECALL, 20 * SECOND, 5 * SECOND);
    assert_true(chime_gates_turn(&gates, 7 * SECOND, &turn)); /* the first call came too late */
    assert_int_equal(turn.nlate, 1);
    assert_int_equal(turn.late[0], 1);
    assert_int_equal(turn.ntokens, 0);
    assert_true(chime_gates_turn(&gates, 7 * SECOND, &turn));
    assert_int_equal(turn.ntokens, 1);
    assert_int_equal(turn.kind, CHIME_RECALL);
}

static void booked_calls_alone_sound_as_booked(void **state)
{
    (void)state;
    chime_gate_ask(&gates, 0, 1, CHIME_BOOKED, NEVER, 5 * SECOND);
    chime_gate_ask(&gates, 0, 2, CHIME_BOOKED, NEVER, 5 * SECOND);
    assert_sounds(0, 5 * SECOND);
    assert_int_equal(turn.kind, CHIME_BOOKED);
    chime_gate_ask(&gates, 0, 3, CHIME_BOOKED, NEVER, 6 * SECOND);
    chime_gate_ask(&gates, 0, 4, CHIME_RECALL, NEVER, 6 * SECOND);
    assert_sounds(0, 9 * SECOND);
    assert_int_equal(turn.kind, CHIME_CALL); /* neither speaks for both */
}

static void a_request_that_grew_old_is_given_back(void **state)
{
    (void)state;
    chime_gate_begin(&gates, 0, 15 * SECOND, 5 * SECOND);
    chime_gate_ask(&gates, 0, 1, CHIME_CALL, 10 * SECOND, 5 * SECOND);
    chime_gate_ask(&gates, 0, 2, CHIME_CALL, 30 * SECOND, 5 * SECOND);
    assert_int_equal(chime_gates_deadline_us(&gates), 10 * SECOND + 1);
    assert_silent(10 * SECOND);
    assert_true(chime_gates_turn(&gates, 10 * SECOND + 1, &turn)); /* also while it sounds */
    assert_int_equal(turn.nlate, 1);
    assert_int_equal(turn.late[0], 1);
    chime_gate_end(&gates, 0, true);
    assert_int_equal(chime_gates_deadline_us(&gates), 20 * SECOND);
    assert_sounds(0, 20 * SECOND);
    assert_int_equal(turn.token[0], 2);
}

static void a_long_melody_holds_the_gate(void **state)
{
    (void)state;
    chime_gate_begin(&gates, 0, SECOND, 1 * SECOND); /* shorter than the gap */
    chime_gate_end(&gates, 0, true);
    ask(0, 1, 2 * SECOND);
    assert_int_equal(chime_gates_deadline_us(&gates), 5 * SECOND);
    assert_sounds(0, 5 * SECOND);
    chime_gate_begin(&gates, 0, 7 * SECOND, 9 * SECOND);
    ask(0, 2, 10 * SECOND);
    assert_silent(16 * SECOND); /* it should have ended, and has not */
    chime_gate_end(&gates, 0, true);
    assert_int_equal(chime_gates_deadline_us(&gates), 16 * SECOND);
    assert_sounds(0, 16 * SECOND);
}

static void a_full_gate_says_so(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CHIME_MERGE_MAX; i++)
        ask(0, i + 1, SECOND);
    assert_false(chime_gate_ask(&gates, 0, 99, CHIME_CALL, NEVER, SECOND));
    assert_sounds(0, SECOND);
    assert_int_equal(turn.ntokens, CHIME_MERGE_MAX);
    assert_int_equal(turn.token[CHIME_MERGE_MAX - 1], CHIME_MERGE_MAX);
}

static void what_could_not_be_played_holds_nobody_up(void **state)
{
    (void)state;
    ask(0, 1, SECOND);
    assert_true(chime_gates_turn(&gates, SECOND, &turn)); /* and no chime_gate_begin() */
    ask(0, 2, SECOND);
    assert_sounds(0, SECOND);
}

/* ---- several --------------------------------------------------------------------------------- */

static void chimes_of_the_same_zone_sound_for_a_call_together(void **state)
{
    (void)state;
    hang((const uint32_t[]){ 1, 3, 2, 0 });
    ask(0, 1, SECOND);
    ask(1, 1, SECOND);
    assert_sounds(0, SECOND);
    assert_sounds(1, SECOND);
    assert_silent(SECOND);
    assert_true(chime_gates_deadline_us(&gates) == INT64_MAX);
}

static void a_zone_that_heard_one_chime_hears_no_other_for_four_seconds(void **state)
{
    (void)state;
    hang((const uint32_t[]){ 1, 3, 2, 4, 0 });
    ask(1, 1, SECOND);
    assert_sounds(1, SECOND);
    ask(0, 2, 2 * SECOND);
    ask(2, 3, 2 * SECOND);
    ask(3, 4, 2 * SECOND);
    assert_sounds(3, 2 * SECOND); /* its zone heard nothing */
    assert_silent(2 * SECOND);
    assert_int_equal(chime_gates_deadline_us(&gates), 5 * SECOND);
    assert_silent(5 * SECOND - 1);
    assert_sounds(0, 5 * SECOND);
    assert_sounds(2, 5 * SECOND);
}

static void a_chime_of_many_zones_is_not_starved_by_its_neighbours(void **state)
{
    (void)state;
    hang((const uint32_t[]){ 1, 2, 3, 0 });
    ask(0, 1, SECOND);
    assert_sounds(0, SECOND);
    ask(1, 2, 3 * SECOND);
    assert_sounds(1, 3 * SECOND);
    ask(2, 3, 4 * SECOND);
    ask(0, 4, 4 * SECOND + 1);
    assert_silent(5 * SECOND); /* the first zone is silent, but the other's turn comes before */
    assert_int_equal(chime_gates_deadline_us(&gates), 7 * SECOND);
    assert_sounds(0, 7 * SECOND);
    assert_sounds(2, 7 * SECOND);
}

static void whoever_hangs_while_it_sounds_holds_only_its_melody(void **state)
{
    (void)state;
    hang((const uint32_t[]){ 1, 3, 0 });
    chime_gate_begin(&gates, 1, SECOND, SECOND);
    ask(1, 1, 2 * SECOND);
    ask(0, 2, 3 * SECOND);
    assert_int_equal(chime_gates_deadline_us(&gates), 5 * SECOND);
    assert_sounds(0, 5 * SECOND);
}

static void one_that_failed_unheard_leaves_its_zone_to_another(void **state)
{
    (void)state;
    hang((const uint32_t[]){ 1, 3, 3, 0 });
    chime_gate_begin(&gates, 0, SECOND, SECOND);
    chime_gate_end(&gates, 0, false);
    ask(1, 1, SECOND + 1);
    assert_sounds(1, SECOND + 1);
    chime_gate_begin(&gates, 0, SECOND, 9 * SECOND); /* both at once, one is heard */
    chime_gate_begin(&gates, 1, SECOND, 9 * SECOND);
    chime_gate_end(&gates, 0, false);
    ask(2, 2, 9 * SECOND + 1);
    assert_silent(9 * SECOND + 1);
}

#define TEST(name) cmocka_unit_test_setup(name, hang_one)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_call_sounds_at_once),
        TEST(calls_within_four_seconds_merge_into_the_next_chime),
        TEST(recalls_alone_sound_as_a_recall),
        TEST(booked_calls_alone_sound_as_booked),
        TEST(a_request_that_grew_old_is_given_back),
        TEST(a_long_melody_holds_the_gate),
        TEST(a_full_gate_says_so),
        TEST(what_could_not_be_played_holds_nobody_up),
        TEST(chimes_of_the_same_zone_sound_for_a_call_together),
        TEST(a_zone_that_heard_one_chime_hears_no_other_for_four_seconds),
        TEST(a_chime_of_many_zones_is_not_starved_by_its_neighbours),
        TEST(one_that_failed_unheard_leaves_its_zone_to_another),
        TEST(whoever_hangs_while_it_sounds_holds_only_its_melody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
