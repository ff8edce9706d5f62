/* The schedule on a virtual clock: one unit on its way from a wish to its proof. */
#include "tests/unit/led_world.h"

/* ---- one unit -------------------------------------------------------------------------------- */

static void a_first_wish_goes_by_init_text_blinking_and_read_back(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "А042", true, 1);
    run_for(SECOND);
    assert_string_equal(phases(0), "QITBV");
    assert_string_equal(seen(0), "A042");
    assert_int_equal(w->nreports, 2);
    assert_int_equal(w->report[0].certainty, LED_ACKED);
    assert_false(w->report[0].is_final);
    assert_int_equal(final_of(1)->certainty, LED_LIT);
    assert_int_equal(schedule_status(&w->schedule, 0)->certainty, LED_LIT);
}

static void a_later_wish_writes_only_what_changes(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "A042", true, 1);
    run_for(SECOND);
    unsigned before = w->nsteps;
    want(0, "A043", true, 2);
    run_for(SECOND);
    assert_string_equal(phases(before), "TV");
    want(0, "A043", false, 3);
    run_for(SECOND);
    assert_string_equal(phases(before), "TVTBV");
    assert_int_equal(final_of(3)->certainty, LED_LIT);
}

static void the_newest_of_two_wishes_is_the_only_one_written(void **state)
{
    (void)state;
    begin(2, 9600);
    want(1, "1", false, 1);
    want(1, "2", false, 2);
    assert_true(final_of(1)->is_superseded);
    assert_int_equal(final_of(1)->certainty, LED_UNKNOWN);
    run_for(SECOND);
    assert_string_equal(phases(0), "TBV");
    assert_string_equal(seen(1), "   2");
    assert_int_equal(final_of(2)->certainty, LED_VERIFIED);
}

static void a_wish_superseded_late_says_how_far_it_came(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "1", false, 1);
    while (w->nreports == 0)
        turn(INT64_MAX);
    want(0, "2", false, 2);
    assert_true(final_of(1)->is_superseded);
    assert_int_equal(final_of(1)->certainty, LED_ACKED);
}

static void a_blank_wish_does_not_blink(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "", true, 1);
    run_for(SECOND);
    struct slave_view view;
    slave_view(w->bus, 0, &view);
    assert_string_equal(view.text, "    ");
    assert_false(view.is_blinking);
    assert_int_equal(final_of(1)->certainty, LED_LIT);
}

/* Its own sequence makes it dark; a refresh does not light what was there before, and nothing is claimed that no
 * register tells. The init block goes ahead of the next number. */
static void a_board_with_a_blank_sequence_stays_dark_at_a_refresh(void **state)
{
    (void)state;
    begin_alike(1, 9600, "icpdas-ikan");
    want(0, "7", false, 1);
    run_for(SECOND);
    assert_int_equal(final_of(1)->certainty, LED_VERIFIED);
    unsigned before = w->nsteps;
    want(0, "", false, 2);
    run_for(40 * SECOND);
    assert_string_equal(phases(before), "TT");
    assert_int_equal(final_of(2)->certainty, LED_ACKED);
    assert_int_equal(strspn(seen(0), " "), strlen(seen(0)));
    before = w->nsteps;
    want(0, "8", false, 3);
    run_for(SECOND);
    assert_string_equal(phases(before), "ITVV");
}

static void nothing_is_sent_without_a_wish_or_between_refreshes(void **state)
{
    (void)state;
    begin(4, 9600);
    run_for(100 * SECOND);
    assert_int_equal(w->nsteps, 0);
    want(0, "7", false, 1);
    run_for(29 * SECOND);
    assert_string_equal(phases(0), "QITBV");
}

static void everything_is_written_again_at_each_refresh(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "A042", true, 1);
    run_for(SECOND);
    slave_set_power(w->bus, 0, false); /* a blink of the mains that nobody noticed */
    slave_set_power(w->bus, 0, true);
    run_for(35 * SECOND);
    assert_string_equal(phases(0), "QITBVITBV");
    assert_string_equal(seen(0), "A042");
    assert_int_equal(w->nreports, 2);
}

static void calls_do_not_put_a_refresh_off_for_ever(void **state)
{
    (void)state;
    begin(1, 9600);
    for (unsigned second = 0; second < 100; second++) {
        char text[8];
        snprintf(text, sizeof text, "%u", second);
        want(0, text, false, second + 1);
        run_for(SECOND);
    }
    unsigned inits = 0;
    for (unsigned i = 0; i < w->nsteps; i++)
        inits += w->step[i].step.phase == SCHEDULE_INIT;
    assert_in_range(inits, 4, 6); /* one that a call interrupts begins anew */
}

/* ---- units that do not answer ---------------------------------------------------------------- */

static void a_dead_unit_is_tried_again_by_half_second_steps_up_to_ten(void **state)
{
    (void)state;
    begin(1, 9600);
    slave_set_power(w->bus, 0, false);
    want(0, "A042", false, 1);
    run_for(200 * SECOND);
    for (unsigned i = 1; i < 30; i++) {
        int64_t wait_us = w->step[i].start_us - w->step[i - 1].done_us;
        int64_t expected_us = (i - 1) * SCHEDULE_BACKOFF_MIN_US / SCHEDULE_BACKOFF_STEPS;
        if (expected_us > SCHEDULE_BACKOFF_MIN_US)
            expected_us = SCHEDULE_BACKOFF_MIN_US;
        assert_int_equal(wait_us, i == 1 ? SCHEDULE_FIRST_RETRY_US : expected_us);
    }
    assert_int_equal(w->nreports, 1);
    assert_int_equal(final_of(1)->error, -ETIMEDOUT);
    assert_true(final_of(1)->done_us - START_US < SECOND / 2);
    assert_true(schedule_status(&w->schedule, 0)->is_dead);
}

static void a_unit_that_comes_back_gets_its_init_and_the_newest_text(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "1", false, 1);
    run_for(SECOND);
    slave_set_power(w->bus, 0, false);
    want(0, "2", false, 2);
    run_for(60 * SECOND);
    assert_int_equal(final_of(2)->error, -ETIMEDOUT);
    want(0, "3", false, 3);
    assert_int_equal(final_of(3)->error, -ETIMEDOUT); /* told at once: nobody waits for a dead board */
    slave_set_power(w->bus, 0, true);
    run_for(12 * SECOND);
    assert_string_equal(seen(0), "   3");
    assert_false(schedule_status(&w->schedule, 0)->is_dead);
    assert_int_equal(schedule_status(&w->schedule, 0)->certainty, LED_LIT);
    assert_string_equal(schedule_status(&w->schedule, 0)->shown, "3");
}

static void one_lost_answer_is_made_good_without_a_word(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "1", false, 1);
    run_for(SECOND);
    slave_drop_answers(w->bus, 0, 1);
    want(0, "2", false, 2);
    turn(INT64_MAX);
    slave_drop_answers(w->bus, 0, 0);
    run_for(SECOND);
    assert_int_equal(final_of(2)->error, 0);
    assert_int_equal(final_of(2)->certainty, LED_LIT);
    assert_int_equal(schedule_status(&w->schedule, 0)->timeouts, 1);
    assert_int_equal(schedule_status(&w->schedule, 0)->error, 0);
}

static void damaged_replies_are_told_apart_from_silence(void **state)
{
    (void)state;
    begin(1, 9600);
    slave_damage_answers(w->bus, 0, 1);
    want(0, "1", false, 1);
    run_for(SECOND);
    assert_int_equal(final_of(1)->error, -EBADMSG);
    assert_false(schedule_status(&w->schedule, 0)->is_dead);
    assert_true(schedule_status(&w->schedule, 0)->crc_errors >= 2);
    assert_int_equal(schedule_status(&w->schedule, 0)->error, -EBADMSG);
    assert_int_equal(schedule_status(&w->schedule, 0)->timeouts, 0);
}

static void a_unit_that_refuses_is_alive_and_asked_again_by_steps(void **state)
{
    (void)state;
    begin(1, 9600);
    slave_set_exception(w->bus, 0, 4);
    want(0, "1", false, 1);
    run_for(60 * SECOND);
    assert_int_equal(final_of(1)->error, -EREMOTEIO);
    assert_string_equal(final_of(1)->detail, "exception 4 at function 6, register 17");
    assert_false(schedule_status(&w->schedule, 0)->is_dead);
    assert_in_range(w->nsteps, 10, 20);
    assert_int_equal(schedule_status(&w->schedule, 0)->error, -EREMOTEIO);
    slave_set_exception(w->bus, 0, 0);
    want(0, "2", false, 2);
    run_for(SECOND);
    assert_int_equal(final_of(2)->certainty, LED_LIT);
}

static void refuse_reading(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_VERIFY) {
        result->error = -EREMOTEIO;
        result->exception = 1;
    }
}

static void a_clone_that_cannot_be_read_stays_at_acknowledged(void **state)
{
    (void)state;
    begin(2, 9600);
    w->tamper = refuse_reading;
    want(1, "1", false, 1);
    run_for(20 * SECOND);
    assert_int_equal(final_of(1)->error, 0);
    assert_int_equal(final_of(1)->certainty, LED_ACKED);
    assert_string_equal(phases(0), "TBV");
}

static void read_something_else(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_VERIFY)
        result->value[0] ^= 1;
}

static void a_false_read_back_is_never_called_verified(void **state)
{
    (void)state;
    begin(2, 9600);
    w->tamper = read_something_else;
    want(1, "1", false, 1);
    run_for(20 * SECOND);
    assert_int_equal(final_of(1)->error, -EIO);
    assert_int_equal(final_of(1)->certainty, LED_ACKED);
    assert_int_equal(schedule_status(&w->schedule, 1)->certainty, LED_UNKNOWN);
    w->tamper = NULL;
    run_for(20 * SECOND);
    assert_int_equal(schedule_status(&w->schedule, 1)->certainty, LED_VERIFIED);
}

static void light_other_segments(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_VERIFY)
        result->value[7] = 0;
}

static void other_segments_than_expected_end_at_verified_with_a_remark(void **state)
{
    (void)state;
    begin(1, 9600);
    w->tamper = light_other_segments;
    want(0, "A042", false, 1);
    run_for(20 * SECOND);
    assert_string_equal(phases(0), "QITBVVITBV");
    assert_int_equal(final_of(1)->error, 0);
    assert_int_equal(final_of(1)->certainty, LED_VERIFIED);
    assert_string_equal(final_of(1)->detail, "other segments are lit than expected");
}

static void lit_segments_reveal_a_lost_init_block(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "A042", false, 1);
    run_for(SECOND);
    slave_set_power(w->bus, 0, false);
    slave_set_power(w->bus, 0, true);
    want(0, "A043", false, 2); /* its data type is Int now: the string reads back, and is not shown */
    run_for(2 * SECOND);
    assert_string_equal(seen(0), "A043");
    assert_int_equal(final_of(2)->certainty, LED_LIT);
}

static void a_mode_that_fell_back_reveals_a_lost_init_block(void **state)
{
    (void)state;
    begin_alike(1, 9600, "owen-smi2-m");
    want(0, "A042", false, 1);
    run_for(SECOND);
    assert_string_equal(phases(0), "IIITBVV");
    slave_set_power(w->bus, 0, false);
    slave_set_power(w->bus, 0, true);
    want(0, "A043", false, 2);
    while (!final_of(2))
        turn(w->now_us + SECOND);
    assert_string_equal(seen(0), "A043");
    assert_int_equal(final_of(2)->certainty, LED_VERIFIED);
    assert_string_equal(phases(7), "TVVIIITBVV");
}

/* ---- who it is ------------------------------------------------------------------------------- */

static const uint8_t *server_id; /* what the unit answers to function 17; NULL: its own */
static int question_error;
static unsigned questions;

static void answer_question(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase != SCHEDULE_IDENTIFY || result->error == -ETIMEDOUT)
        return;
    questions++;
    result->error = question_error;
    result->exception = 1;
    if (server_id) {
        result->id.count = (uint8_t)strlen((const char *)server_id);
        memcpy(result->id.byte, server_id, result->id.count);
    }
}

static void begin_asking(const char *id, int error)
{
    begin(1, 9600);
    w->tamper = answer_question;
    server_id = (const uint8_t *)id;
    question_error = error;
    questions = 0;
}

static unsigned writes_to(unsigned index)
{
    struct slave_counters counters;
    slave_counters(w->bus, index, &counters);
    return (unsigned)counters.writes;
}

static void a_unit_says_who_it_is_before_anything_is_written(void **state)
{
    (void)state;
    begin_asking(NULL, 0);
    want(0, "A042", false, 1);
    run_for(100 * SECOND);
    assert_memory_equal(phases(0), "QITBV", 5);
    assert_int_equal(questions, 1);
    assert_string_equal(schedule_status(&w->schedule, 0)->identity, "SMI2 V1.02");
    assert_false(schedule_status(&w->schedule, 0)->is_other);
}

static void another_device_is_told_and_left_alone(void **state)
{
    (void)state;
    begin_asking("PUMP 7", 0);
    want(0, "A042", false, 1);
    run_for(60 * SECOND);
    assert_int_equal(writes_to(0), 0);
    assert_int_equal(final_of(1)->error, -EMEDIUMTYPE);
    assert_string_equal(final_of(1)->detail, "another device answers: \"PUMP 7\"; it is left alone");
    assert_true(schedule_status(&w->schedule, 0)->is_other);
    assert_false(schedule_status(&w->schedule, 0)->is_dead);
    assert_string_equal(schedule_status(&w->schedule, 0)->identity, "PUMP 7");
    assert_in_range(questions, 10, 20); /* by back-off */
    want(0, "A043", false, 2);
    assert_int_equal(final_of(2)->error, -EMEDIUMTYPE); /* at once */
    server_id = NULL;                                   /* the right one is connected */
    run_for(12 * SECOND);
    assert_string_equal(seen(0), "A043");
    assert_false(schedule_status(&w->schedule, 0)->is_other);
}

static void a_damaged_or_lost_answer_does_not_free_another_device(void **state)
{
    (void)state;
    begin_asking("PUMP 7", 0);
    want(0, "A042", false, 1);
    run_for(5 * SECOND);
    for (unsigned i = 0; i < 20; i++) {
        question_error = i % 2 ? -EBADMSG : 0;
        slave_drop_answers(w->bus, 0, i % 4 == 2);
        turn(INT64_MAX);
        turn(INT64_MAX);
    }
    assert_int_equal(writes_to(0), 0);
}

static void a_clone_that_refuses_the_question_is_served(void **state)
{
    (void)state;
    begin_asking(NULL, -EREMOTEIO);
    want(0, "A042", false, 1);
    run_for(SECOND);
    assert_string_equal(phases(0), "QITBV");
    assert_int_equal(final_of(1)->certainty, LED_LIT);
    assert_string_equal(schedule_status(&w->schedule, 0)->identity, "");
}

static void a_clone_that_is_mute_to_the_question_costs_one_time_out_a_connection(void **state)
{
    (void)state;
    begin_asking(NULL, -ETIMEDOUT);
    want(0, "A042", false, 1);
    run_for(100 * SECOND);
    assert_memory_equal(phases(0), "QPITBV", 6);
    assert_int_equal(questions, 1);
    assert_int_equal(final_of(1)->certainty, LED_LIT);
    assert_int_equal(schedule_status(&w->schedule, 0)->timeouts, 1);
    slave_set_power(w->bus, 0, false);
    run_for(200 * SECOND);
    assert_true(schedule_status(&w->schedule, 0)->is_dead);
    slave_set_power(w->bus, 0, true);
    questions = 0; /* of those that it heard */
    want(0, "A043", false, 2);
    run_for(25 * SECOND);
    assert_int_equal(questions, 1);
    assert_string_equal(seen(0), "A043");
}

static void a_clone_whose_answer_to_the_question_is_rubbish_is_served(void **state)
{
    (void)state;
    begin_asking(NULL, -EBADMSG);
    want(0, "A042", false, 1);
    run_for(5 * SECOND);
    assert_memory_equal(phases(0), "QQPITBV", 7);
    assert_string_equal(seen(0), "A042");
}

/* It is exchanged while it is dead, and first heard by the probe: the question comes before any write. */
static void a_device_that_took_a_dead_ones_place_is_found_out_before_a_write(void **state)
{
    (void)state;
    for (unsigned delay_ms = 0; delay_ms < 20000; delay_ms += 500) {
        begin_asking("PUMP 7", 0);
        slave_set_power(w->bus, 0, false);
        want(0, "A042", false, 1);
        run_for(60 * SECOND + delay_ms * 1000);
        slave_set_power(w->bus, 0, true);
        run_for(25 * SECOND);
        assert_true(schedule_status(&w->schedule, 0)->is_other);
        assert_int_equal(writes_to(0), 0);
    }
}

static void registers_tell_who_it_is_as_well(void **state)
{
    static const struct led_profile profile = { .identify = LED_IDENTIFY_REGISTERS,
                                                .identity = { 100, 2, 3, { 0x4C45, 0x0102 } } };
    struct led_write question, another = { 101, 2, 3, { 0 } };
    struct schedule_result result = { .value = { 0x4C45, 0x0102 } };
    char text[48];
    (void)state;
    assert_true(led_profile_identity(&profile, &question));
    assert_true(schedule_is_identified(&profile, &question, &result));
    assert_false(schedule_is_identified(&profile, &another, &result)); /* the answer to something else */
    schedule_identity_text(&question, &result, text, sizeof text);
    assert_string_equal(text, "4C450102");
    result.value[1] = 0x4434;
    assert_false(schedule_is_identified(&profile, &question, &result));
    schedule_identity_text(&question, &result, text, sizeof text);
    assert_string_equal(text, "LED4");
}

/* ---- brightness and colour ------------------------------------------------------------------- */

static unsigned styles(unsigned first)
{
    unsigned count = 0;
    for (unsigned i = first; i < w->nsteps; i++)
        count += w->step[i].step.phase == SCHEDULE_STYLE;
    return count;
}

static uint8_t brightness_of(unsigned index)
{
    struct slave_view view;
    slave_view(w->bus, index, &view);
    return view.brightness_percent;
}

static void brightness_is_written_when_it_changes_and_at_each_refresh(void **state)
{
    (void)state;
    begin_alike(1, 9600, "dm56a04");
    want(0, "1", false, 1);
    run_for(SECOND);
    assert_int_equal(styles(0), 0); /* its own */
    schedule_brightness(&w->schedule, 0);
    run_for(SECOND);
    assert_int_equal(brightness_of(0), 12);
    want(0, "2", false, 2);
    schedule_brightness(&w->schedule, 0);
    run_for(SECOND);
    assert_int_equal(styles(0), 1);
    slave_set_power(w->bus, 0, false); /* a blink of the mains that nobody noticed */
    slave_set_power(w->bus, 0, true);
    run_for(32 * SECOND);
    assert_int_equal(styles(0), 2);
    assert_int_equal(brightness_of(0), 12);
    schedule_brightness(&w->schedule, LED_BRIGHTNESS_OWN);
    run_for(100 * SECOND);
    assert_int_equal(styles(0), 2);
}

static void brightness_waits_for_calls_and_proof(void **state)
{
    (void)state;
    begin_alike(4, 9600, "dm56a04");
    want_all("1", 100);
    run_for(5 * SECOND);
    unsigned before = w->nsteps;
    schedule_brightness(&w->schedule, 50);
    want_all("2", 200);
    run_for(5 * SECOND);
    assert_string_equal(phases(before), "TTTTVVVVSSSS");
}

static void a_colour_goes_with_its_call_and_again_at_each_refresh(void **state)
{
    struct slave_view view;
    struct led_text red = { .text = "1", .colour = LED_RED }, own = { .text = "2" };
    (void)state;
    begin_alike(1, 9600, "owen-smi2-m");
    want_text(0, &red, 1);
    run_for(2 * SECOND);
    slave_view(w->bus, 0, &view);
    assert_int_equal(view.colour, LED_RED);
    assert_int_equal(styles(0), 1);
    snprintf(red.text, sizeof red.text, "3");
    want_text(0, &red, 2);
    run_for(2 * SECOND);
    assert_int_equal(styles(0), 1); /* it is red */
    slave_set_power(w->bus, 0, false);
    slave_set_power(w->bus, 0, true);
    run_for(32 * SECOND);
    slave_view(w->bus, 0, &view);
    assert_int_equal(view.colour, LED_RED);
    assert_int_equal(styles(0), 2);
    want_text(0, &own, 3); /* nobody knows what its own was */
    run_for(2 * SECOND);
    assert_int_equal(styles(0), 2);
}

static void refuse_style(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_STYLE)
        result->error = -EREMOTEIO;
}

static void a_board_that_refuses_its_brightness_still_shows_its_text(void **state)
{
    (void)state;
    begin_alike(1, 9600, "dm56a04");
    w->tamper = refuse_style;
    schedule_brightness(&w->schedule, 50);
    want(0, "1", false, 1);
    run_for(20 * SECOND);
    assert_int_equal(final_of(1)->certainty, LED_VERIFIED);
    assert_int_equal(styles(0), 1);
}

static void ignore_style(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_STYLE)
        result->error = -ETIMEDOUT;
}

static void a_board_that_is_silent_to_its_brightness_is_not_asked_for_ever(void **state)
{
    (void)state;
    begin_alike(1, 9600, "dm56a04");
    w->tamper = ignore_style;
    schedule_brightness(&w->schedule, 50);
    want(0, "1", false, 1);
    run_for(20 * SECOND);
    assert_int_equal(styles(0), 3);
    run_for(90 * SECOND); /* and then once a refresh */
    assert_int_equal(styles(0), 6);
    assert_int_equal(final_of(1)->certainty, LED_VERIFIED);
    assert_false(schedule_status(&w->schedule, 0)->is_dead);
}

/* ---- the port -------------------------------------------------------------------------------- */

static void without_a_port_wishes_fail_and_stay(void **state)
{
    (void)state;
    begin(2, 9600);
    want(0, "1", false, 1);
    run_for(SECOND);
    want(0, "2", false, 2);
    schedule_close(&w->schedule, -ENODEV, "the serial port went away", w->now_us);
    collect();
    assert_int_equal(final_of(2)->error, -ENODEV);
    want(1, "3", false, 3);
    assert_int_equal(final_of(3)->error, -ENODEV);
    unsigned before = w->nsteps;
    run_for(SECOND);
    assert_int_equal(w->nsteps, before);
    schedule_open(&w->schedule);
    run_for(SECOND);
    assert_string_equal(seen(0), "   2");
    assert_string_equal(seen(1), "   3");
    assert_memory_equal(phases(before), "QTI", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_wish_goes_by_init_text_blinking_and_read_back),
        cmocka_unit_test(a_later_wish_writes_only_what_changes),
        cmocka_unit_test(the_newest_of_two_wishes_is_the_only_one_written),
        cmocka_unit_test(a_wish_superseded_late_says_how_far_it_came),
        cmocka_unit_test(a_blank_wish_does_not_blink),
        cmocka_unit_test(a_board_with_a_blank_sequence_stays_dark_at_a_refresh),
        cmocka_unit_test(nothing_is_sent_without_a_wish_or_between_refreshes),
        cmocka_unit_test(everything_is_written_again_at_each_refresh),
        cmocka_unit_test(calls_do_not_put_a_refresh_off_for_ever),
        cmocka_unit_test(a_dead_unit_is_tried_again_by_half_second_steps_up_to_ten),
        cmocka_unit_test(a_unit_that_comes_back_gets_its_init_and_the_newest_text),
        cmocka_unit_test(one_lost_answer_is_made_good_without_a_word),
        cmocka_unit_test(damaged_replies_are_told_apart_from_silence),
        cmocka_unit_test(a_unit_that_refuses_is_alive_and_asked_again_by_steps),
        cmocka_unit_test(a_clone_that_cannot_be_read_stays_at_acknowledged),
        cmocka_unit_test(a_false_read_back_is_never_called_verified),
        cmocka_unit_test(other_segments_than_expected_end_at_verified_with_a_remark),
        cmocka_unit_test(lit_segments_reveal_a_lost_init_block),
        cmocka_unit_test(a_mode_that_fell_back_reveals_a_lost_init_block),
        cmocka_unit_test(a_unit_says_who_it_is_before_anything_is_written),
        cmocka_unit_test(another_device_is_told_and_left_alone),
        cmocka_unit_test(a_damaged_or_lost_answer_does_not_free_another_device),
        cmocka_unit_test(a_clone_that_refuses_the_question_is_served),
        cmocka_unit_test(a_clone_that_is_mute_to_the_question_costs_one_time_out_a_connection),
        cmocka_unit_test(a_clone_whose_answer_to_the_question_is_rubbish_is_served),
        cmocka_unit_test(a_device_that_took_a_dead_ones_place_is_found_out_before_a_write),
        cmocka_unit_test(registers_tell_who_it_is_as_well),
        cmocka_unit_test(brightness_is_written_when_it_changes_and_at_each_refresh),
        cmocka_unit_test(brightness_waits_for_calls_and_proof),
        cmocka_unit_test(a_colour_goes_with_its_call_and_again_at_each_refresh),
        cmocka_unit_test(a_board_that_refuses_its_brightness_still_shows_its_text),
        cmocka_unit_test(a_board_that_is_silent_to_its_brightness_is_not_asked_for_ever),
        cmocka_unit_test(without_a_port_wishes_fail_and_stay),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
