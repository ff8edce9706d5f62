/* Group frames on a virtual clock: many texts in one request to unit 0. */
#include "tests/unit/led_world.h"

#define PER_FRAME 30 /* of the SMI2: function 16 takes 123 registers, each board has 4 */

/* Everything is shown and proved, and the next texts are waited for. */
static void begin_shown(unsigned units, int baud)
{
    begin_alike(units, baud, "owen-smi2");
    want_all("1", 100);
    run_for(20 * SECOND);
}

static unsigned steps_of(char phase, unsigned first)
{
    unsigned count = 0;
    for (unsigned i = first; i < w->nsteps; i++)
        count += (w->step[i].step.unit ? "QPITBSV"[w->step[i].step.phase] : 'G') == phase;
    return count;
}

static void assert_all_lit(const char *text, uint64_t first_token)
{
    for (unsigned i = 0; i < w->config.nunits; i++) {
        assert_string_equal(seen(i), text);
        assert_int_equal(final_of(first_token + i)->certainty, LED_LIT);
        assert_int_equal(final_of(first_token + i)->error, 0);
    }
}

static void many_texts_go_in_one_frame_and_are_proved_by_read_back(void **state)
{
    (void)state;
    begin_shown(PER_FRAME, 9600);
    unsigned before = w->nsteps, reports = w->nreports;
    want_all("", 200);
    run_for(10 * SECOND);
    assert_string_equal(phases(before), "GVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV");
    assert_int_equal(w->schedule.group_frames, 1);
    assert_int_equal(w->step[before].step.timeout_us,
                     led_profile_broadcast_ms(profile_of("owen-smi2")) * 1000);
    assert_int_equal(w->step[before].step.quiet_us, 0);
    assert_all_lit("    ", 200);
    for (unsigned i = 0; i < PER_FRAME; i++) {
        assert_int_equal(w->report[reports + i].certainty, LED_SENT);
        assert_false(w->report[reports + i].is_final);
        assert_int_equal(w->report[reports + i].wire_us, w->step[before].start_us);
    }
    for (unsigned i = 0; i < w->nreports - reports; i++)
        assert_int_not_equal(w->report[reports + i].certainty, LED_ACKED);
}

static void what_does_not_fit_into_one_frame_goes_by_the_next(void **state)
{
    (void)state;
    begin_shown(32, 9600);
    unsigned before = w->nsteps;
    want_all("2", 200);
    run_for(10 * SECOND);
    assert_memory_equal(phases(before), "GGV", 3);
    assert_all_lit("   2", 200);
}

/* 3.6 ms of silence, 9 bytes and 8 for each board, and the rest, against 75 or 49 ms for each single one. */
static void a_frame_is_used_where_it_is_shorter_than_what_it_saves(void **state)
{
    static const struct {
        int baud;
        unsigned calls;
        const char *phases;
    } rows[] = {
        { 9600, 1, "TV" },     { 9600, 2, "GVV" },    { 9600, 3, "GVVV" },
        { 115200, 2, "TTVV" }, { 115200, 3, "GVVV" },
    };
    (void)state;
    for (unsigned row = 0; row < sizeof rows / sizeof *rows; row++) {
        begin_shown(8, rows[row].baud);
        unsigned before = w->nsteps;
        for (unsigned i = 0; i < rows[row].calls; i++)
            want(i, "7", false, 200 + i);
        run_for(2 * SECOND);
        assert_string_equal(phases(before), rows[row].phases);
    }
}

static void a_gap_is_filled_by_repeating_what_stands_there(void **state)
{
    (void)state;
    begin_shown(8, 9600);
    unsigned before = w->nsteps;
    want(1, "7", false, 200);
    want(3, "8", false, 201);
    run_for(2 * SECOND);
    assert_string_equal(phases(before), "GVV");
    assert_int_equal(w->step[before].step.write.reg, 1002);
    assert_int_equal(w->step[before].step.write.count, 3 * 4);
    assert_string_equal(seen(2), "   1");
    assert_string_equal(seen(3), "   8");
    assert_int_equal(schedule_status(&w->schedule, 2)->certainty, LED_LIT);
}

static void a_gap_that_is_too_long_is_not_worth_it(void **state)
{
    (void)state;
    begin_shown(12, 9600);
    unsigned before = w->nsteps;
    want(0, "7", false, 200);
    want(11, "8", false, 201);
    run_for(2 * SECOND);
    assert_string_equal(phases(before), "TTVV");
}

static void addresses_that_are_not_ours_get_no_part(void **state)
{
    (void)state;
    begin_alike(4, 9600, "owen-smi2");
    w->config.unit[2].unit = 30; /* so nobody of ours has the address 3 */
    schedule_init(&w->schedule, &w->config);
    schedule_open(&w->schedule);
    want_all("1", 100);
    run_for(5 * SECOND);
    unsigned before = w->nsteps;
    want(1, "7", false, 200);
    want(3, "8", false, 201);
    run_for(300000);
    assert_int_equal(steps_of('G', before), 0);
}

static void a_dead_unit_and_one_without_its_init_block_get_no_part(void **state)
{
    (void)state;
    begin_shown(5, 9600);
    slave_set_power(w->bus, 2, false);
    want(2, "7", false, 200);
    run_for(5 * SECOND);
    unsigned before = w->nsteps;
    want_all("8", 300);
    run_for(5 * SECOND);
    assert_int_equal(steps_of('G', before), 2);
    for (unsigned i = before; i < w->nsteps; i++)
        if (w->step[i].step.unit == 0)
            assert_int_equal(w->step[i].step.write.count, 2 * 4);
}

static void say_pump(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_IDENTIFY && step->index == 4) {
        result->id.count = 4;
        memcpy(result->id.byte, "PUMP", 4);
    }
}

static void a_device_of_another_kind_on_the_line_forbids_frames_to_all(void **state)
{
    (void)state;
    begin_alike(5, 9600, "owen-smi2");
    w->tamper = say_pump;
    want_all("1", 100);
    run_for(10 * SECOND);
    want_all("2", 200);
    run_for(10 * SECOND);
    assert_int_equal(final_of(204)->error, -EMEDIUMTYPE);
    assert_int_equal(w->schedule.group_frames, 0);
    begin(6, 9600); /* and so does one that is meant to be there */
    want_all("1", 100);
    run_for(10 * SECOND);
    want_all("2", 200);
    run_for(10 * SECOND);
    assert_int_equal(w->schedule.group_frames, 0);
}

static void a_lost_frame_is_made_good_by_single_writes(void **state)
{
    (void)state;
    begin_shown(6, 9600);
    w->rules.has_broadcast = false;
    unsigned reports = w->nreports;
    want_all("2", 200);
    run_for(10 * SECOND);
    assert_all_lit("   2", 200);
    for (unsigned i = reports; i < w->nreports; i++)
        assert_int_equal(w->report[i].error, 0);
    unsigned before = w->nsteps;
    want_all("3", 300); /* and not tried with them again before the next refresh */
    run_for(10 * SECOND);
    assert_int_equal(steps_of('G', before), 0);
    assert_all_lit("   3", 300);
    w->rules.has_broadcast = true;
    run_for(40 * SECOND);
    before = w->nsteps;
    want_all("4", 400);
    run_for(10 * SECOND);
    assert_int_equal(steps_of('G', before), 1);
}

static void refuse_reading(const struct schedule_step *step, struct schedule_result *result)
{
    if (step->phase == SCHEDULE_VERIFY)
        result->error = -EREMOTEIO;
}

static void boards_that_cannot_be_read_acknowledge_each_text(void **state)
{
    (void)state;
    begin_shown(6, 9600);
    w->tamper = refuse_reading; /* from now on: so one frame goes out before it is known */
    want_all("2", 200);
    run_for(10 * SECOND);
    for (unsigned i = 0; i < 6; i++) {
        assert_string_equal(seen(i), "   2");
        assert_int_equal(final_of(200 + i)->certainty, LED_ACKED);
    }
    unsigned before = w->nsteps;
    want_all("3", 300);
    run_for(10 * SECOND);
    assert_memory_equal(phases(before), "TTTTTT", 6);
}

static void blinking_after_a_frame_acknowledges_no_text(void **state)
{
    (void)state;
    begin_shown(6, 9600);
    unsigned before = w->nsteps, reports = w->nreports;
    for (unsigned i = 0; i < 6; i++)
        want(i, "2", true, 200 + i);
    run_for(10 * SECOND);
    assert_string_equal(phases(before), "GBBBBBBVVVVVV");
    for (unsigned i = reports; i < w->nreports; i++)
        assert_int_not_equal(w->report[i].certainty, LED_ACKED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_texts_go_in_one_frame_and_are_proved_by_read_back),
        cmocka_unit_test(what_does_not_fit_into_one_frame_goes_by_the_next),
        cmocka_unit_test(a_frame_is_used_where_it_is_shorter_than_what_it_saves),
        cmocka_unit_test(a_gap_is_filled_by_repeating_what_stands_there),
        cmocka_unit_test(a_gap_that_is_too_long_is_not_worth_it),
        cmocka_unit_test(addresses_that_are_not_ours_get_no_part),
        cmocka_unit_test(a_dead_unit_and_one_without_its_init_block_get_no_part),
        cmocka_unit_test(a_device_of_another_kind_on_the_line_forbids_frames_to_all),
        cmocka_unit_test(a_lost_frame_is_made_good_by_single_writes),
        cmocka_unit_test(boards_that_cannot_be_read_acknowledge_each_text),
        cmocka_unit_test(blinking_after_a_frame_acknowledges_no_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
