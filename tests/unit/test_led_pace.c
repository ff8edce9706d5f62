/* How well the schedule uses a line, on a virtual clock: what a refresh costs beside the least that the line and the
 * boards allow, and how long a call waits while the line is busy. */
#include "tests/unit/led_world.h"

#include "sim/relay.h"

#define UNITS 32

/* Boards see the line's own time, so that a gap that is too short is found. */
static void begin_paced(unsigned units, int baud, const char *const *kinds, unsigned nkinds)
{
    begin_kinds(units, baud, kinds, nkinds);
    slave_bus_set_line(w->bus, &(struct led_serial){ baud, 'N', 1 });
    for (unsigned i = 0; i < units; i++)
        slave_set_settings(w->bus, i, (uint8_t)(i + 1), &(struct led_serial){ baud, 'N', 1 });
}

static uint32_t delay_of(const char *kind)
{
    return strcmp(kind, "owen-smi2") == 0 ? 45000 : 5000;
}

/* Silence, request, the board's own delay, answer; to all: the rest of the line. By the wire's own reckoning. */
static int64_t least_us(const struct schedule_step *step)
{
    const struct led_serial serial = { w->config.baud, 'N', 1 };
    int64_t us = relay_gap_us(&serial) + relay_bytes_us(&serial, schedule_request_bytes(&step->write));
    if (step->unit == 0)
        return us + step->timeout_us;
    return us + delay_of(led_profile_name(w->config.unit[step->index].profile)) +
           relay_bytes_us(&serial, schedule_answer_bytes(&step->write));
}

/* Steps until all is confirmed and nothing is left to do. */
static unsigned fill(unsigned units)
{
    w->nsteps = w->nreports = 0;
    for (unsigned i = 0; i < units; i++)
        want(i, "42", false, i + 1);
    while (w->now_us < START_US + 20 * SECOND && (w->nreports == 0 || !final_of(units) || w->nsteps == 0 ||
                                                  w->now_us < w->step[w->nsteps - 1].done_us + SECOND))
        turn(w->now_us + SECOND);
    for (unsigned i = 0; i < units; i++)
        assert_int_equal(final_of(i + 1)->error, 0);
    return w->nsteps;
}

static void a_full_refresh_keeps_the_line_busy_for_95_per_cent(void **state)
{
    (void)state;
    static const char *const rows[][2] = { { "dm56a04", "dm56a04" },
                                           { "owen-smi2", "owen-smi2" },
                                           { "owen-smi2-m", "owen-smi2-m" },
                                           { "led-485", "led-485" },
                                           { "owen-smi2", "dm56a04" } };
    static const int bauds[] = { 9600, 19200 };
    struct slave_bus_counters counters;
    for (unsigned row = 0; row < 2 * sizeof rows / sizeof rows[0]; row++) {
        const char *const *kinds = rows[row / 2];
        begin_paced(2, bauds[row % 2], kinds, 2);
        unsigned of_two = fill(2);
        begin_paced(UNITS, bauds[row % 2], kinds, 2);
        unsigned count = fill(UNITS);
        int64_t least = 0, taken = w->step[count - 1].done_us - w->step[0].start_us;
        for (unsigned i = 0; i < count; i++) {
            assert_int_equal(w->step[i].error, 0);
            least += least_us(&w->step[i].step);
        }
        slave_bus_counters(w->bus, &counters);
        assert_int_equal(counters.gap_errors + counters.crc_errors, 0);
        if (count > of_two * UNITS / 2 || least * 100 < taken * 95)
            fail_msg("%s and %s, %d baud: %u steps, %u for two; %lld of %lld us", kinds[0], kinds[1],
                     bauds[row % 2], count, of_two, (long long)least, (long long)taken);
    }
}

/* ---- calls while the line is never idle ------------------------------------------------------ */

static uint32_t chance = 1;
static unsigned any(unsigned below)
{
    chance = chance * 1103515245 + 12345;
    return (chance >> 16) % below;
}

/* So the longest that a call can wait is the transaction that has just begun. (A board that wants rest between
 * requests, min_gap_ms of its profile, may have to be left alone for that time first.) */
static void a_call_has_the_next_transaction_whatever_the_bus_is_doing(void **state)
{
    (void)state;
    static const char *const kinds[] = { "dm56a04", "dm36b06" };
    for (int baud = 9600; baud <= 19200; baud *= 2) {
        begin_paced(UNITS, baud, kinds, 2);
        w->config.reassert_ms = 1;
        fill(UNITS);
        for (unsigned call = 0; call < 1000; call++) {
            char text[8];
            unsigned index = any(UNITS);
            for (unsigned busy = any(20); busy; busy--)
                turn(INT64_MAX);
            snprintf(text, sizeof text, "%u", 1000 + call);
            w->nsteps = w->nreports = 0;
            want(index, text, false, 1000 + call);
            turn(INT64_MAX);
            assert_int_equal(w->step[0].step.index, index);
            assert_int_equal(w->step[0].step.phase, SCHEDULE_TEXT);
            assert_non_null(strstr(seen(index), text));
        }
    }
}

/* ---- boards that are dead -------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* From a wish at any moment, also in the middle of a transaction, to the acknowledgement. Returns the longest
 * transaction. */
static int64_t measure(unsigned dead, int64_t *waited_us, unsigned calls)
{
    static const char *const kind[] = { "dm56a04" };
    int64_t longest_us = 0;
    begin_paced(UNITS, 9600, kind, 1);
    for (unsigned i = 0; i < dead; i++)
        slave_set_power(w->bus, i, false);
    want_all("42", 1);
    run_for(120 * SECOND); /* back-off has grown */
    for (unsigned call = 0; call < calls; call++) {
        int64_t wished_us = w->now_us + any(700) * 1000;
        w->nsteps = 0;
        run_until(wished_us);
        longest_us = longest_step_us(0) > longest_us ? longest_step_us(0) : longest_us;
        w->nreports = 0;
        want(dead + any(UNITS - dead), call % 2 ? "1" : "2", false, 1000 + call);
        while (w->nreports == 0)
            turn(INT64_MAX);
        waited_us[call] = w->report[0].done_us - wished_us;
    }
    qsort(waited_us, calls, sizeof *waited_us, by_value);
    return longest_us;
}

static void four_dead_boards_of_32_cost_calls_to_the_others_one_time_out_at_most(void **state)
{
    (void)state;
    static int64_t none[1000], four[1000];
    chance = 1;
    measure(0, none, 1000);
    chance = 1;
    int64_t try_us = measure(4, four, 1000);
    assert_int_equal(four[500], none[500]);
    assert_true(four[900] <= none[900] + none[500]);
    assert_true(four[999] <= none[500] + try_us);
    assert_true(try_us > 2 * none[500]); /* or the line above says nothing */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_full_refresh_keeps_the_line_busy_for_95_per_cent),
        cmocka_unit_test(a_call_has_the_next_transaction_whatever_the_bus_is_doing),
        cmocka_unit_test(four_dead_boards_of_32_cost_calls_to_the_others_one_time_out_at_most),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
