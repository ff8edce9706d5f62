/* The schedule on a virtual clock: many units on one line, and the line itself. */
#include "tests/unit/led_world.h"

/* ---- many units ------------------------------------------------------------------------------ */

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
    want_all("42", 100);
    run_for(10 * SECOND);
    unsigned before = w->nsteps;
    w->now_us += 25 * SECOND; /* now all refreshes are due at once */
    int64_t worst = worst_call_us(32, 0, 60);
    /* 40 ms of the transaction passed before the wish is seen; its unit may still rest 20 ms after its last
     * one */
    assert_true(worst <= 40000 + 20000 + longest_step_us(before) + schedule_gap_us(&w->config));
}

/* All boards want their refresh, and the frame of a call is lost: it is not to wait for the 32 of them. */
static void a_call_that_is_lost_once_does_not_wait_for_a_refresh(void **state)
{
    (void)state;
    begin(32, 9600);
    want_all("42", 100);
    run_for(10 * SECOND);
    w->now_us += 25 * SECOND;
    turn(INT64_MAX);
    unsigned before = w->nsteps;
    slave_drop_answers(w->bus, 5, 1);
    want(5, "43", false, 500);
    while (w->nsteps == before || w->step[w->nsteps - 1].step.index != 5)
        turn(INT64_MAX);
    slave_drop_answers(w->bus, 5, 0);
    int64_t lost_us = w->step[w->nsteps - 1].done_us;
    while (w->step[w->nsteps - 1].step.index != 5 || w->step[w->nsteps - 1].error)
        turn(INT64_MAX);
    assert_true(w->step[w->nsteps - 1].start_us <=
                lost_us + SCHEDULE_FIRST_RETRY_US + longest_step_us(before) + schedule_gap_us(&w->config));
}

static struct {
    int64_t lost_us, longest_us;
} tries;

static void note_try(const struct schedule_step *step, const struct schedule_result *result)
{
    int64_t taken_us = result->done_us - result->start_us;
    (void)step;
    tries.lost_us += result->error ? taken_us : 0;
    tries.longest_us = taken_us > tries.longest_us ? taken_us : tries.longest_us;
}

/* The first four of 32 die. */
static void begin_with_dead(const char *kind, const char *other_kind, int baud)
{
    srand(2);
    begin_kinds(32, baud, (const char *const[]){ kind, other_kind }, 2);
    want_all("42", 100);
    run_for(20 * SECOND);
    for (unsigned i = 0; i < 4; i++)
        slave_set_power(w->bus, i, false);
    want_all("43", 200);
    run_for(250 * SECOND);
    w->see = note_try;
    tries.lost_us = tries.longest_us = 0;
}

static void dead_units_delay_calls_by_one_time_out_at_most(void **state)
{
    static const char *const kinds[][2] = {
        { "owen-smi2", "dm56a04" },   { "owen-smi2", "owen-smi2" },     { "dm56a04", "dm36b06" },
        { "led-485", "led-485" },     { "owen-smi2-m", "owen-smi2-m" }, { "ditel-dn", "ditel-dn" },
        { "icpdas-ikan", "led-485" }, { "icpdas-ikan", "icpdas-ikan" },
    };
    static const int bauds[] = { 9600, 115200 };
    (void)state;
    for (unsigned row = 0; row < 2 * sizeof kinds / sizeof *kinds; row++) {
        const char *const *kind = kinds[row / 2];
        begin_with_dead(kind[0], kind[1], bauds[row % 2]);
        int64_t from_us = w->now_us, worst = worst_call_us(32, 4, 180), all_us = w->now_us - from_us;
        if (getenv("KEZEK_FIGURES"))
            printf("4 dead of 32, %s and %s, %d baud: %.2f %% of the bus, worst call %.0f ms\n", kind[0],
                   kind[1], bauds[row % 2], (double)tries.lost_us * 100 / (double)all_us,
                   (double)worst / 1e3);
        assert_true(worst <= 40000 + 20000 + tries.longest_us + schedule_gap_us(&w->config));
        assert_true(tries.lost_us > 0 && tries.lost_us * 100 < 6 * all_us); /* under 6 % of the bus */
    }
}

/* However long its time-outs are. */
static void a_unit_that_was_dead_for_long_is_shown_within_35_s(void **state)
{
    static const uint16_t turnarounds_ms[] = { 20, 100, 200, 1000 };
    (void)state;
    for (unsigned row = 0; row < sizeof turnarounds_ms / sizeof *turnarounds_ms; row++) {
        begin_alike(8, 9600, "dm56a04");
        struct led_profile slow = *w->config.unit[0].profile;
        slow.turnaround_ms = turnarounds_ms[row];
        for (unsigned i = 0; i < 8; i++)
            w->schedule.unit[i].profile = &slow;
        slave_set_power(w->bus, 3, false);
        want_all("42", 100);
        run_for(600 * SECOND);
        for (unsigned round = 0; round < 10; round++) {
            run_for(rand() % SECOND * 30);
            slave_set_power(w->bus, 3, true);
            run_for(35 * SECOND);
            assert_string_equal(seen(3), "  42");
            slave_set_power(w->bus, 3, false);
            run_for(600 * SECOND);
        }
    }
}

static void a_dead_unit_is_tried_after_all_work_of_living_ones(void **state)
{
    (void)state;
    begin_alike(4, 9600, "dm56a04");
    want_all("42", 100);
    run_for(5 * SECOND);
    slave_set_power(w->bus, 0, false);
    want(0, "7", false, 200);
    run_for(5 * SECOND);
    w->now_us = schedule_status(&w->schedule, 0)->next_try_us; /* its try is due, and so are calls */
    unsigned before = w->nsteps;
    for (unsigned i = 1; i < 4; i++)
        want(i, "8", true, 200 + i);
    run_for(SECOND);
    assert_memory_equal(phases(before), "TTTBBBVVVT", 10);
    assert_int_equal(w->step[before + 9].step.index, 0);
}

static void numbers_come_before_blinking_and_proof(void **state)
{
    (void)state;
    begin(8, 9600);
    want_all("42", 100);
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

/* What the wire must carry at least: silences, frames, and the devices' own delays. */
static int64_t needed_us(const struct led_profile *profile, const char *text)
{
    struct led_write write[LED_WRITES_MAX + 1];
    unsigned count = (unsigned)led_profile_writes(profile, text, write);
    int64_t sum_us = 0;
    for (unsigned i = 0; i < count; i++)
        sum_us += schedule_exchange_us(&w->config, profile, &write[i]);
    for (unsigned i = 0; i < profile->ninit; i++)
        sum_us += schedule_exchange_us(&w->config, profile, &profile->init[i]);
    if (profile->has_blink)
        sum_us += schedule_exchange_us(&w->config, profile, &profile->blink_off);
    if (profile->verify_regs)
        sum_us += schedule_exchange_us(
            &w->config, profile, &(struct led_write){ profile->verify_reg, profile->verify_regs, 3, { 0 } });
    if (profile->mode.count)
        sum_us += schedule_exchange_us(&w->config, profile, &profile->mode);
    return sum_us;
}

/* While one unit takes the rest it asks for, others are served. */
static void a_full_refresh_leaves_no_gaps_on_the_wire(void **state)
{
    static const struct {
        int baud;
        const char *kind[2];
    } rows[] = {
        { 9600, { "owen-smi2", "dm56a04" } },   { 19200, { "owen-smi2", "dm56a04" } },
        { 9600, { "owen-smi2", "owen-smi2" } }, { 19200, { "owen-smi2", "owen-smi2" } },
        { 9600, { "dm56a04", "dm56a04" } },     { 19200, { "dm56a04", "dm56a04" } },
    };
    (void)state;
    for (unsigned row = 0; row < sizeof rows / sizeof *rows; row++) {
        begin_kinds(32, rows[row].baud, rows[row].kind, 2);
        for (unsigned i = 0; i < 32; i++)
            slave_set_delay(w->bus, i, w->config.unit[i].profile->turnaround_ms * 1000u);
        want_all("42", 100);
        run_for(20 * SECOND);
        w->now_us += 30 * SECOND; /* now all refreshes are due at once */
        unsigned before = w->nsteps;
        int64_t limit_us = 0;
        run_for(20 * SECOND);
        for (unsigned i = 0; i < 32; i++)
            limit_us += needed_us(w->config.unit[i].profile, "42");
        int64_t taken_us = w->step[w->nsteps - 1].done_us - w->step[before].start_us +
                           schedule_gap_us(&w->config); /* which had passed already */
        if (getenv("KEZEK_FIGURES"))
            printf("%d baud, %s and %s: %.1f %% of the limit\n", rows[row].baud, rows[row].kind[0],
                   rows[row].kind[1], (double)limit_us * 100 / (double)taken_us);
        assert_true(limit_us <= taken_us);
        assert_true(limit_us * 100 >= taken_us * 95);
    }
}

static void the_use_of_the_wire_is_told(void **state)
{
    (void)state;
    begin(8, 9600);
    assert_int_equal(schedule_use_permille(&w->schedule.use, w->now_us), 0);
    want_all("42", 100);
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
        { 9600, 'N', 0, 3646, 5209 + 45000 + 20000 }, /* 4 bytes of function 17, and the answer's first */
        { 9600, 'E', 16, 4011, 5730 + 45000 + 16000 + 20000 },
        { 19200, 'N', 16, 1823, 2605 + 45000 + 16000 + 20000 },
        { 115200, 'N', 1, 1750, 435 + 45000 + 1000 + 20000 },
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
        assert_int_equal(step.quiet_us, 45000);
        assert_int_equal(step.serial.baud, rows[i].baud);
        assert_int_equal(step.serial.parity, rows[i].parity);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_waits_for_one_transaction_in_flight),
        cmocka_unit_test(a_call_that_is_lost_once_does_not_wait_for_a_refresh),
        cmocka_unit_test(dead_units_delay_calls_by_one_time_out_at_most),
        cmocka_unit_test(a_unit_that_was_dead_for_long_is_shown_within_35_s),
        cmocka_unit_test(a_dead_unit_is_tried_after_all_work_of_living_ones),
        cmocka_unit_test(numbers_come_before_blinking_and_proof),
        cmocka_unit_test(a_full_refresh_leaves_no_gaps_on_the_wire),
        cmocka_unit_test(the_use_of_the_wire_is_told),
        cmocka_unit_test(time_outs_follow_line_profile_and_adapter),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
