#include "board/hall/receipts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define T0 1000000

static struct receipts receipts;
static struct receipt out;

static int start(void **unused)
{
    (void)unused;
    receipts_init(&receipts, "hall-1");
    return 0;
}

static uint64_t open_call(uint64_t seq)
{
    struct event event = { .epoch = "e1", .seq = seq, .ticket = "А042", .desk = "3" };
    return receipts_open(&receipts, &event, T0);
}

static void a_receipt_waits_for_every_outlet(void **unused)
{
    (void)unused;
    uint64_t token = open_call(1042);
    receipts_expect(&receipts, token, "screen/main");
    receipts_expect(&receipts, token, "led/3");
    receipts_settle(&receipts, token, "screen/main", "shown", T0 + 21400, "", true);
    assert_false(receipts_take(&receipts, T0, &out));
    receipts_settle(&receipts, token, "led/3", "acked", T0 + 30000, "", false);
    assert_false(receipts_take(&receipts, T0, &out));
    receipts_settle(&receipts, token, "led/3", "verified", T0 + 48000, "", true);
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_SHOWN);
    assert_string_equal(out.id, "hall-1");
    assert_int_equal(out.seq, 1042);
    assert_int_equal(out.outlet[0].latency_us, 21400);
    assert_string_equal(out.outlet[1].result, "verified");
    assert_false(receipts_take(&receipts, T0, &out));
}

/* A frame to several boards is answered by none: what is left of it is the read-back of each. */
static void what_was_sent_to_all_is_no_more_than_sent_until_it_is_read_back(void **unused)
{
    (void)unused;
    static const struct {
        const char *then, *result;
        enum receipt_result whole;
    } rows[] = { { NULL, "sent", RECEIPT_SHOWN },
                 { "verified", "verified", RECEIPT_SHOWN },
                 { "failed", "failed", RECEIPT_FAILED } };
    for (uint64_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t token = open_call(i + 1);
        receipts_expect(&receipts, token, "led/3");
        receipts_settle(&receipts, token, "led/3", "sent", T0 + 9000, "", false);
        assert_false(receipts_take(&receipts, T0 + 9000, &out));
        if (rows[i].then)
            receipts_settle(&receipts, token, "led/3", rows[i].then, T0 + 9000, "", true);
        assert_true(receipts_take(&receipts, T0 + RECEIPT_PATIENCE_US, &out));
        assert_int_equal(out.result, rows[i].whole);
        assert_string_equal(out.outlet[0].result, rows[i].result);
        assert_int_equal(out.outlet[0].latency_us, 9000);
    }
}

static void what_failed_makes_it_partial_and_all_failed_makes_it_failed(void **unused)
{
    (void)unused;
    uint64_t token = open_call(1);
    receipts_expect(&receipts, token, "screen/main");
    receipts_expect(&receipts, token, "led/3");
    receipts_settle(&receipts, token, "screen/main", "shown", T0 + 1, "", true);
    receipts_settle(&receipts, token, "led/3", "failed", 0, "no reply", true);
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_PARTIAL);
    assert_int_equal(out.outlet[1].latency_us, -1);
    assert_string_equal(out.outlet[1].detail, "no reply");
    token = open_call(2);
    receipts_expect(&receipts, token, "led/3");
    receipts_settle(&receipts, token, "led/3", "failed", 0, "no reply", true);
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_FAILED);
}

static void a_final_answer_stands(void **unused)
{
    (void)unused;
    uint64_t token = open_call(1);
    receipts_expect(&receipts, token, "screen/main");
    receipts_expect(&receipts, token, "led/3");
    receipts_settle(&receipts, token, "screen/main", "failed", 0, "no glyph", true);
    receipts_settle(&receipts, token, "screen/main", "shown", T0 + 1, "", true);
    receipts_settle(&receipts, token, "led/3", "acked", T0 + 1, "", true);
    assert_true(receipts_take(&receipts, T0, &out));
    assert_string_equal(out.outlet[0].result, "failed");
}

static void a_muted_sound_is_said_when_the_rest_is_fine(void **unused)
{
    (void)unused;
    uint64_t token = open_call(1);
    receipts_expect(&receipts, token, "screen/main");
    receipts_expect(&receipts, token, "chime/hall");
    receipts_settle(&receipts, token, "screen/main", "shown", T0 + 1, "", true);
    receipts_settle(&receipts, token, "chime/hall", "muted_late", 0, "", true);
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_MUTED_LATE);
}

/* Cut to its place, a reason is still UTF-8: wherever the cut falls. */
static void a_long_reason_ends_with_a_whole_character(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        char reason[2 * sizeof out.detail];
        size_t used = i; /* letters of two bytes, at even and odd places */
        memset(reason, 'x', i);
        for (; used + 3 < sizeof reason; used += 2)
            memcpy(reason + used, "ж", 3);
        uint64_t token = open_call(i + 1);
        receipts_expect(&receipts, token, "voice/hall");
        receipts_settle(&receipts, token, "voice/hall", "failed", 0, reason, true);
        receipts_close(&receipts, token, RECEIPT_INVALID, reason);
        assert_true(receipts_take(&receipts, T0, &out));
        assert_int_equal(strlen(out.outlet[0].detail), sizeof out.outlet[0].detail - 2 + i);
        assert_int_equal(strlen(out.detail), sizeof out.detail - 2 + i);
        assert_memory_equal(out.detail, reason, strlen(out.detail));
        assert_memory_equal(out.outlet[0].detail, reason, strlen(out.outlet[0].detail));
    }
}

static void patience_ends_and_says_superseded(void **unused)
{
    (void)unused;
    uint64_t token = open_call(1);
    receipts_expect(&receipts, token, "screen/main");
    receipts_expect(&receipts, token, "led/3");
    receipts_settle(&receipts, token, "led/3", "acked", T0 + 1, "", true);
    assert_int_equal(receipts_deadline_us(&receipts), T0 + RECEIPT_PATIENCE_US);
    assert_false(receipts_take(&receipts, T0 + RECEIPT_PATIENCE_US - 1, &out));
    assert_true(receipts_take(&receipts, T0 + RECEIPT_PATIENCE_US, &out));
    assert_int_equal(out.result, RECEIPT_PARTIAL);
    assert_string_equal(out.outlet[0].result, "superseded");
    assert_int_equal(receipts_deadline_us(&receipts), INT64_MAX);
}

static void a_closed_one_keeps_its_result(void **unused)
{
    (void)unused;
    receipts_close(&receipts, open_call(1), RECEIPT_UNKNOWN_DESK, "desk \"9\" is not in the hall file");
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_UNKNOWN_DESK);
    assert_string_equal(out.detail, "desk \"9\" is not in the hall file");
}

static void a_flood_loses_the_oldest_that_nobody_takes_and_counts_it(void **unused)
{
    (void)unused;
    for (uint64_t seq = 1; seq <= RECEIPTS_OPEN_MAX + 3; seq++)
        receipts_expect(&receipts, open_call(seq), "screen/main");
    assert_int_equal(receipts.lost, 3);
    struct event oldest = { .epoch = "e1", .seq = 3 }, next = { .epoch = "e1", .seq = 4 };
    assert_int_equal(receipts_find(&receipts, &oldest), 0);
    assert_int_not_equal(receipts_find(&receipts, &next), 0);
}

static void room_is_made_by_finishing_the_oldest_early(void **unused)
{
    (void)unused;
    for (uint64_t seq = 1; seq <= RECEIPTS_OPEN_MAX; seq++) {
        assert_false(receipts_make_room(&receipts, T0));
        receipts_expect(&receipts, open_call(seq), "screen/main");
    }
    assert_true(receipts_make_room(&receipts, T0));
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.seq, 1);
    assert_int_equal(out.result, RECEIPT_FAILED);
    assert_string_equal(out.outlet[0].result, "superseded");
    assert_false(receipts_take(&receipts, T0, &out));
    assert_int_equal(receipts.crowded, 1);
    open_call(99);
    assert_int_equal(receipts.lost, 0);
}

static void finished_ones_are_taken_before_any_is_finished_early(void **unused)
{
    (void)unused;
    for (uint64_t seq = 1; seq <= RECEIPTS_OPEN_MAX; seq++)
        receipts_expect(&receipts, open_call(seq), "screen/main");
    struct event last = { .epoch = "e1", .seq = RECEIPTS_OPEN_MAX };
    receipts_close(&receipts, receipts_find(&receipts, &last), RECEIPT_DUPLICATE, "");
    assert_true(receipts_make_room(&receipts, T0));
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_DUPLICATE);
    assert_false(receipts_take(&receipts, T0, &out));
    assert_int_equal(receipts.crowded, 0);
}

static void at_the_end_all_are_finished_as_they_stand(void **unused)
{
    (void)unused;
    uint64_t token = open_call(1);
    receipts_expect(&receipts, token, "screen/main");
    receipts_expect(&receipts, token, "chime/hall");
    receipts_settle(&receipts, token, "chime/hall", "started", T0 + 1, "", false);
    receipts_close(&receipts, open_call(2), RECEIPT_DUPLICATE, "");
    receipts_end_all(&receipts, T0);
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_PARTIAL);
    assert_string_equal(out.outlet[0].result, "superseded");
    assert_string_equal(out.outlet[1].result, "started");
    assert_true(receipts_take(&receipts, T0, &out));
    assert_int_equal(out.result, RECEIPT_DUPLICATE);
    assert_false(receipts_take(&receipts, T0, &out));
}

static void answers_to_unknown_tokens_are_ignored(void **unused)
{
    (void)unused;
    receipts_settle(&receipts, 99, "led/3", "acked", T0, "", true);
    receipts_expect(&receipts, 0, "led/3");
    receipts_close(&receipts, 0, RECEIPT_FAILED, "");
    assert_false(receipts_take(&receipts, INT64_MAX, &out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_receipt_waits_for_every_outlet, start),
        cmocka_unit_test_setup(what_was_sent_to_all_is_no_more_than_sent_until_it_is_read_back, start),
        cmocka_unit_test_setup(what_failed_makes_it_partial_and_all_failed_makes_it_failed, start),
        cmocka_unit_test_setup(a_final_answer_stands, start),
        cmocka_unit_test_setup(a_muted_sound_is_said_when_the_rest_is_fine, start),
        cmocka_unit_test_setup(a_long_reason_ends_with_a_whole_character, start),
        cmocka_unit_test_setup(patience_ends_and_says_superseded, start),
        cmocka_unit_test_setup(a_closed_one_keeps_its_result, start),
        cmocka_unit_test_setup(a_flood_loses_the_oldest_that_nobody_takes_and_counts_it, start),
        cmocka_unit_test_setup(room_is_made_by_finishing_the_oldest_early, start),
        cmocka_unit_test_setup(finished_ones_are_taken_before_any_is_finished_early, start),
        cmocka_unit_test_setup(at_the_end_all_are_finished_as_they_stand, start),
        cmocka_unit_test_setup(answers_to_unknown_tokens_are_ignored, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
