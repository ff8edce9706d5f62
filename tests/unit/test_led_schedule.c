/* The schedule on a virtual clock, against the simulated boards of sim/slave.h: hours of a bus in
 * milliseconds. */
#include "drivers/led/schedule.h"

#include "sim/slave.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND   INT64_C(1000000)
#define STEPS    4096
#define REPORTS  4096
#define START_US (1000 * SECOND)

struct done_step {
    struct schedule_step step;
    int64_t start_us, done_us;
    int error;
};

struct world {
    struct led_bus_config config;
    struct schedule schedule;
    struct led_profile *smi2, *dm56;
    struct slave_bus *bus;
    int64_t now_us, last_us;
    unsigned nsteps, nreports;
    struct done_step step[STEPS];
    struct led_report report[REPORTS];
    void (*tamper)(const struct schedule_step *step, struct schedule_result *result);
};
static struct world *w;

static struct led_profile *load(const char *path)
{
    struct json_report report = { 0 };
    struct led_profile *profile = led_profile_load(path, &report);
    assert_non_null(profile);
    return profile;
}

/* `units` boards, every second one of each type. */
static void begin(unsigned units, int baud)
{
    w->nsteps = w->nreports = 0;
    w->tamper = NULL;
    w->now_us = w->last_us = START_US;
    w->config = (struct led_bus_config){ .baud = baud,
                                         .parity = 'N',
                                         .stop_bits = 1,
                                         .adapter_latency_ms = 16,
                                         .reassert_ms = 30000,
                                         .nunits = (uint8_t)units };
    slave_bus_destroy(w->bus);
    w->bus = slave_bus_create(schedule_gap_us(&w->config));
    for (unsigned i = 0; i < units; i++) {
        w->config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), i % 2 ? w->dm56 : w->smi2 };
        slave_bus_add(w->bus, i % 2 ? "dm56a04" : "owen-smi2", (uint8_t)(i + 1));
    }
    schedule_init(&w->schedule, &w->config);
    schedule_open(&w->schedule);
}

static int setup(void **state)
{
    (void)state;
    w = calloc(1, sizeof *w);
    w->smi2 = load("drivers/led/profiles/owen-smi2.json");
    w->dm56 = load("drivers/led/profiles/dm56a04.json");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    slave_bus_destroy(w->bus);
    led_profile_destroy(w->smi2);
    led_profile_destroy(w->dm56);
    free(w);
    return 0;
}

/* ---- the wire, in virtual time --------------------------------------------------------------- */

static size_t encode(const struct schedule_step *step, uint8_t *frame)
{
    const struct led_write *write = &step->write;
    uint16_t second = write->function == 6 ? write->value[0] : write->count;
    uint8_t head[] = { step->unit,       write->function, write->reg >> 8,
                       write->reg & 255, second >> 8,     second & 255 };
    size_t count = sizeof head;
    memcpy(frame, head, sizeof head);
    if (write->function == 16) {
        frame[count++] = (uint8_t)(2 * write->count);
        for (unsigned i = 0; i < write->count; i++) {
            frame[count++] = write->value[i] >> 8;
            frame[count++] = write->value[i] & 255;
        }
    }
    uint16_t crc = slave_crc(frame, count);
    frame[count++] = crc & 255;
    frame[count++] = crc >> 8;
    return count;
}

static void decode(const uint8_t *frame, size_t count, struct schedule_result *result)
{
    if (slave_crc(frame, count) != 0) {
        result->error = -EBADMSG;
    } else if (frame[1] & 0x80) {
        result->error = -EREMOTEIO;
        result->exception = frame[2];
    } else if (frame[1] == 3) {
        for (unsigned i = 0; i < frame[2] / 2u; i++)
            result->value[i] = (uint16_t)(frame[3 + 2 * i] << 8 | frame[4 + 2 * i]);
    }
}

static void exchange(const struct schedule_step *step, struct schedule_result *result)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    int64_t begin_us = w->last_us + schedule_gap_us(&w->config);
    *result = (struct schedule_result){ .start_us = w->now_us };
    size_t count = encode(step, frame);
    w->now_us = (w->now_us > begin_us ? w->now_us : begin_us) + schedule_wire_us(&w->config, (unsigned)count);
    result->wire_us = w->now_us - schedule_wire_us(&w->config, (unsigned)count);
    slave_bus_feed(w->bus, w->now_us, frame, count);
    if (slave_bus_due_us(w->bus) == INT64_MAX) {
        result->error = -ETIMEDOUT;
        w->now_us = result->wire_us + step->timeout_us + step->quiet_us;
    } else {
        w->now_us = slave_bus_due_us(w->bus);
        count = slave_bus_take(w->bus, w->now_us, frame);
        w->now_us += schedule_wire_us(&w->config, (unsigned)count);
        decode(frame, count, result);
    }
    if (w->tamper)
        w->tamper(step, result);
    w->last_us = result->done_us = w->now_us;
}

static void collect(void)
{
    struct led_report report;
    while (schedule_take(&w->schedule, &report))
        if (w->nreports < REPORTS && !report.is_status)
            w->report[w->nreports++] = report;
}

/* One transaction, or the clock moves on. */
static void turn(int64_t until_us)
{
    struct schedule_step step;
    struct schedule_result result;
    int64_t wake_us;
    if (!schedule_next(&w->schedule, w->now_us, &step, &wake_us)) {
        w->now_us = wake_us < until_us ? wake_us : until_us;
        return;
    }
    int64_t start_us = w->now_us;
    exchange(&step, &result);
    schedule_done(&w->schedule, &step, &result);
    if (w->nsteps < STEPS)
        w->step[w->nsteps++] = (struct done_step){ step, start_us, w->now_us, result.error };
    collect();
}

static void run_until(int64_t until_us)
{
    while (w->now_us < until_us)
        turn(until_us);
}

static void run_for(int64_t us)
{
    run_until(w->now_us + us);
}

static void want(unsigned index, const char *text, bool is_blinking, uint64_t token)
{
    struct led_text wish = { .is_blinking = is_blinking };
    snprintf(wish.text, sizeof wish.text, "%s", text);
    schedule_want(&w->schedule, index, &wish, token, w->now_us);
    collect();
}

static const char *seen(unsigned index)
{
    static struct slave_view view;
    slave_view(w->bus, index, &view);
    return view.text;
}

static const struct led_report *final_of(uint64_t token)
{
    const struct led_report *found = NULL;
    for (unsigned i = 0; i < w->nreports; i++)
        if (w->report[i].token == token && w->report[i].is_final) {
            assert_null(found);
            found = &w->report[i];
        }
    return found;
}

static const char *phases(unsigned first)
{
    static char text[64];
    unsigned count = 0;
    for (unsigned i = first; i < w->nsteps && count < sizeof text - 1; i++)
        text[count++] = "ITBV"[w->step[i].step.phase];
    text[count] = '\0';
    return text;
}

/* ---- one unit -------------------------------------------------------------------------------- */

static void a_first_wish_goes_by_init_text_blinking_and_read_back(void **state)
{
    (void)state;
    begin(1, 9600);
    want(0, "А042", true, 1);
    run_for(SECOND);
    assert_string_equal(phases(0), "ITBV");
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

static void nothing_is_sent_without_a_wish_or_between_refreshes(void **state)
{
    (void)state;
    begin(4, 9600);
    run_for(100 * SECOND);
    assert_int_equal(w->nsteps, 0);
    want(0, "7", false, 1);
    run_for(29 * SECOND);
    assert_string_equal(phases(0), "ITBV");
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
    assert_string_equal(phases(0), "ITBVITBV");
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
        int64_t expected_us = (i - 1) * SCHEDULE_BACKOFF_STEP_US;
        if (expected_us > SCHEDULE_BACKOFF_MAX_US)
            expected_us = SCHEDULE_BACKOFF_MAX_US;
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
    assert_string_equal(phases(0), "ITBVVITBV");
    assert_int_equal(final_of(1)->error, 0);
    assert_int_equal(final_of(1)->certainty, LED_VERIFIED);
    assert_string_equal(final_of(1)->detail, "other segments are lit than expected");
}

/* ---- the port -------------------------------------------------------------------------------- */

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
    assert_int_equal(w->step[before].step.phase, SCHEDULE_INIT);
}

/* ---- many units ------------------------------------------------------------------------------ */

static void fill(unsigned units)
{
    for (unsigned i = 0; i < units; i++)
        want(i, "42", false, 100 + i);
}

static int64_t longest_step_us(unsigned first)
{
    int64_t longest = 0;
    for (unsigned i = first; i < w->nsteps; i++)
        if (w->step[i].done_us - w->step[i].start_us > longest)
            longest = w->step[i].done_us - w->step[i].start_us;
    return longest;
}

/* Calls at random moments of `seconds`; the worst time from wish to the beginning of its frame. */
static int64_t worst_call_us(unsigned units, unsigned first_live, int64_t seconds)
{
    int64_t worst = 0, end_us = w->now_us + seconds * SECOND;
    for (uint64_t token = 1000; w->now_us < end_us; token++) {
        run_for(37000 + rand() % 200000);
        unsigned index = first_live + (unsigned)rand() % (units - first_live);
        int64_t wished_us = w->now_us - rand() % 40000; /* it came while a transaction was on the wire */
        char text[8];
        snprintf(text, sizeof text, "%u", (unsigned)token % 1000);
        want(index, text, token % 2, token);
        while (w->schedule.unit[index].is_fresh)
            turn(w->now_us + SECOND);
        int64_t waited_us = w->schedule.unit[index].wire_us - wished_us;
        if (waited_us > worst)
            worst = waited_us;
    }
    return worst;
}

static void a_call_waits_for_one_transaction_in_flight(void **state)
{
    (void)state;
    srand(1);
    begin(32, 9600);
    fill(32);
    run_for(10 * SECOND);
    unsigned before = w->nsteps;
    w->now_us += 25 * SECOND; /* now all refreshes are due at once */
    int64_t worst = worst_call_us(32, 0, 60);
    /* 40 ms of the transaction passed before the wish is seen; its unit may still rest 20 ms after its last
     * one */
    assert_true(worst <= 40000 + 20000 + longest_step_us(before) + schedule_gap_us(&w->config));
}

static void dead_units_delay_calls_by_one_time_out_at_most(void **state)
{
    (void)state;
    srand(2);
    begin(32, 9600);
    fill(32);
    run_for(10 * SECOND);
    for (unsigned i = 0; i < 4; i++)
        slave_set_power(w->bus, i, false);
    fill(32);
    run_for(100 * SECOND);
    unsigned before = w->nsteps;
    int64_t worst = worst_call_us(32, 4, 60), dead_us = 0, from_us = w->step[before].start_us;
    for (unsigned i = before; i < w->nsteps; i++)
        if (w->step[i].error)
            dead_us += w->step[i].done_us - w->step[i].start_us;
    assert_true(worst <= 40000 + 20000 + longest_step_us(before) + schedule_gap_us(&w->config));
    assert_true(dead_us * 100 < 6 * (w->now_us - from_us)); /* under 6 % of the bus */
}

static void numbers_come_before_blinking_and_proof(void **state)
{
    (void)state;
    begin(8, 9600);
    fill(8);
    run_for(10 * SECOND);
    unsigned before = w->nsteps;
    for (unsigned i = 0; i < 8; i++)
        want(i, "7", true, 200 + i);
    run_for(5 * SECOND);
    assert_memory_equal(phases(before), "TTTTTTTT", 8);
    assert_int_equal(w->step[before].step.index, 0); /* in the order of the wishes */
    assert_int_equal(w->step[before + 7].step.index, 7);
    for (unsigned i = 0; i < 8; i++)
        assert_true(final_of(200 + i)->certainty >= LED_VERIFIED);
}

/* What the wire must carry at least: frames, silences, and the devices' own delays. */
static int64_t needed_us(const struct done_step *done)
{
    bool is_smi2 = w->config.unit[done->step.index].profile == w->smi2;
    const struct led_write *write = &done->step.write;
    unsigned request = write->function == 16 ? 9u + 2u * write->count : 8;
    unsigned answer = write->function == 3 ? 5u + 2u * write->count : 8;
    return schedule_gap_us(&w->config) + schedule_wire_us(&w->config, request + answer) +
           (is_smi2 ? 45000 : 5000);
}

static void a_full_refresh_leaves_no_gaps_on_the_wire(void **state)
{
    (void)state;
    begin(32, 9600);
    fill(32);
    run_for(20 * SECOND);
    int64_t needed = 0;
    for (unsigned i = 0; i < w->nsteps; i++)
        needed += needed_us(&w->step[i]);
    int64_t taken_us = w->step[w->nsteps - 1].done_us - w->step[0].start_us;
    assert_int_equal(w->nsteps, 16 * 4 + 16 * 3);
    assert_true(needed * 100 >= taken_us * 98);
}

static void the_use_of_the_wire_is_told(void **state)
{
    (void)state;
    begin(8, 9600);
    assert_int_equal(schedule_use_permille(&w->schedule.use, w->now_us), 0);
    fill(8);
    run_for(9 * SECOND);
    int64_t busy_us = 0;
    for (unsigned i = 0; i < w->nsteps; i++)
        busy_us += w->step[i].done_us - w->step[i].start_us;
    assert_int_equal(schedule_use_permille(&w->schedule.use, w->now_us), busy_us / 10000);
    run_for(12 * SECOND);
    assert_int_equal(schedule_use_permille(&w->schedule.use, w->now_us), 0);
}

static void time_outs_follow_line_profile_and_adapter(void **state)
{
    (void)state;
    static const struct {
        int baud;
        char parity;
        uint16_t latency_ms;
        uint32_t gap_us, timeout_us;
    } rows[] = {
        { 9600, 'N', 0, 3646, 9375 + 45000 + 20000 }, /* 8 bytes of FC06, and the answer's first */
        { 9600, 'E', 16, 4011, 10313 + 45000 + 16000 + 20000 },
        { 19200, 'N', 16, 1823, 4688 + 45000 + 16000 + 20000 },
        { 115200, 'N', 1, 1750, 782 + 45000 + 1000 + 20000 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct schedule_step step;
        int64_t wake_us;
        begin(1, rows[i].baud);
        w->config.parity = rows[i].parity;
        w->config.adapter_latency_ms = rows[i].latency_ms;
        want(0, "1", false, 1);
        assert_true(schedule_next(&w->schedule, w->now_us, &step, &wake_us));
        assert_in_range(schedule_gap_us(&w->config), rows[i].gap_us, rows[i].gap_us + 1);
        assert_int_equal(step.timeout_us, rows[i].timeout_us);
    }
}

/* ---- random faults --------------------------------------------------------------------------- */

#define RANDOM_UNITS 6

static uint64_t next_token;

static void random_wish(void)
{
    static const char *const texts[] = { "A042", "7", "", "Н-15", "1.5", "Қ1" };
    want((unsigned)rand() % RANDOM_UNITS, texts[rand() % 6], rand() % 2, ++next_token);
}

static void random_fault(void)
{
    unsigned index = (unsigned)rand() % RANDOM_UNITS;
    switch (rand() % 7) {
    case 0: slave_set_power(w->bus, index, false); break;
    case 1: slave_set_power(w->bus, index, true); break;
    case 2: slave_drop_answers(w->bus, index, (unsigned)rand() % 4); break;
    case 3: slave_damage_answers(w->bus, index, (unsigned)rand() % 4); break;
    case 4: slave_set_exception(w->bus, index, (uint8_t)(rand() % 5)); break;
    case 5: slave_set_delay(w->bus, index, (uint32_t)rand() % 40000); break;
    default:
        schedule_close(&w->schedule, -ENODEV, "gone", w->now_us);
        collect();
        schedule_open(&w->schedule);
    }
}

static void end_faults(void)
{
    for (unsigned i = 0; i < RANDOM_UNITS; i++) {
        slave_set_power(w->bus, i, true);
        slave_drop_answers(w->bus, i, 0);
        slave_damage_answers(w->bus, i, 0);
        slave_set_exception(w->bus, i, 0);
        slave_set_delay(w->bus, i, 5000);
    }
}

static bool shows(unsigned index, const char *text)
{
    char folded[32], joined[32];
    unsigned used = 0;
    led_fold(w->config.unit[index].profile, text, folded, sizeof folded, NULL, 0);
    for (const char *c = folded; *c; c++) {
        if (*c == '.' && w->config.unit[index].profile == w->dm56)
            joined[used++] = ' '; /* its dot has a cell of its own */
        joined[used++] = *c;
    }
    joined[used] = '\0';
    const char *glass = seen(index);
    return used <= strlen(glass) && strcmp(glass + strlen(glass) - used, joined) == 0;
}

/* "Lit" must be true at the moment it is claimed; nothing more than "acked" may be claimed for a text
 * refused. */
static void check_claims(unsigned seed, unsigned first)
{
    for (unsigned i = first; i < w->nreports; i++) {
        const struct led_report *report = &w->report[i];
        if (report->certainty == LED_LIT && !report->is_superseded &&
            !shows(report->index, w->schedule.unit[report->index].wish.text))
            fail_msg("seed %u: \"%s\" is claimed to be lit, \"%s\" is", seed,
                     w->schedule.unit[report->index].wish.text, seen(report->index));
    }
}

static void check_converged(unsigned seed)
{
    for (unsigned i = 0; i < RANDOM_UNITS; i++) {
        const struct schedule_unit *unit = &w->schedule.unit[i];
        if (unit->has_wish && (unit->status.certainty < LED_VERIFIED || !shows(i, unit->wish.text)))
            fail_msg("seed %u: unit %u shows \"%s\", wanted \"%s\"", seed, i, seen(i), unit->wish.text);
    }
}

static void after_random_faults_every_board_shows_what_is_wanted(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 1000; seed++) {
        srand(seed);
        next_token = 0;
        begin(RANDOM_UNITS, 19200);
        for (unsigned i = 0; i < 60; i++) {
            for (int64_t end_us = w->now_us + rand() % 1000000; w->now_us < end_us;) {
                unsigned before = w->nreports;
                turn(end_us);
                check_claims(seed, before);
            }
            random_fault();
            random_wish();
        }
        end_faults();
        run_for(35 * SECOND);
        check_converged(seed);
        for (uint64_t token = 1; token <= next_token; token++)
            if (!final_of(token))
                fail_msg("seed %u: token %u has no final report", seed, (unsigned)token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_first_wish_goes_by_init_text_blinking_and_read_back),
        cmocka_unit_test(a_later_wish_writes_only_what_changes),
        cmocka_unit_test(the_newest_of_two_wishes_is_the_only_one_written),
        cmocka_unit_test(a_wish_superseded_late_says_how_far_it_came),
        cmocka_unit_test(a_blank_wish_does_not_blink),
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
        cmocka_unit_test(without_a_port_wishes_fail_and_stay),
        cmocka_unit_test(a_call_waits_for_one_transaction_in_flight),
        cmocka_unit_test(dead_units_delay_calls_by_one_time_out_at_most),
        cmocka_unit_test(numbers_come_before_blinking_and_proof),
        cmocka_unit_test(a_full_refresh_leaves_no_gaps_on_the_wire),
        cmocka_unit_test(the_use_of_the_wire_is_told),
        cmocka_unit_test(time_outs_follow_line_profile_and_adapter),
        cmocka_unit_test(after_random_faults_every_board_shows_what_is_wanted),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
