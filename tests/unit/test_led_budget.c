#include "drivers/led/budget.h"
#include "drivers/led/schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct led_profile *profile_of(const char *name)
{
    struct json_report report = { 0 };
    char path[512];
    const char *root = getenv("KEZEK_SOURCE");
    snprintf(path, sizeof path, "%s/drivers/led/profiles/%s.json", root ? root : ".", name);
    struct led_profile *profile = led_profile_load(path, &report);
    assert_non_null(profile);
    return profile;
}

static struct led_bus_config bus_of(const struct led_profile *profile, unsigned units, int baud, char parity)
{
    struct led_bus_config bus = { .baud = baud, .parity = parity, .stop_bits = 1, .reassert_ms = 30000 };
    for (unsigned i = 0; i < units; i++)
        bus.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), profile };
    bus.nunits = (uint8_t)units;
    return bus;
}

/* 17 bytes of a write of four registers behind 3.5 characters of silence. */
static void a_call_needs_its_frame_and_the_silence_before_it(void **state)
{
    static const struct {
        int baud;
        char parity;
        uint32_t idle_us;
    } rows[] = {
        { 9600, 'N', 21355 }, { 9600, 'E', 23490 },  { 19200, 'N', 10678 },
        { 38400, 'N', 6178 }, { 115200, 'N', 3226 },
    };
    (void)state;
    struct led_profile *profile = profile_of("dm56a04");
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct led_bus_config bus = bus_of(profile, 3, rows[i].baud, rows[i].parity);
        struct led_budget budget;
        led_bus_budget(&bus, &budget);
        assert_in_range(budget.idle_us, rows[i].idle_us - 5, rows[i].idle_us + 5);
    }
    led_profile_destroy(profile);
}

static void a_transaction_in_flight_and_a_dead_board_are_waited_for(void **state)
{
    (void)state;
    struct led_profile *profile = profile_of("dm56a04");
    struct led_bus_config bus = bus_of(profile, 3, 9600, 'N');
    struct led_budget budget, slower;
    led_bus_budget(&bus, &budget);
    /* silence 3.65, request 17.71, answer after 20, 8.33 ms */
    assert_in_range(budget.behind_us - budget.idle_us, 49600, 49750);
    assert_true(budget.dead_us > budget.behind_us);
    bus.adapter_latency_ms = 16;
    led_bus_budget(&bus, &slower);
    assert_int_equal(slower.idle_us, budget.idle_us);
    assert_int_equal(slower.behind_us, budget.behind_us + 16000);
    assert_int_equal(slower.dead_us, budget.dead_us + 16000);
    led_profile_destroy(profile);
}

static void a_refresh_is_the_sum_of_all_boards(void **state)
{
    (void)state;
    struct led_profile *profile = profile_of("owen-smi2");
    struct led_bus_config one = bus_of(profile, 1, 9600, 'N'), many = bus_of(profile, 30, 9600, 'N');
    struct led_budget alone, all;
    led_bus_budget(&one, &alone);
    led_bus_budget(&many, &all);
    /* The rests of 20 ms after each of its four transactions are only waited for when there is nobody else to
     * serve. */
    assert_int_equal(all.refresh_us, 30 * (alone.refresh_us - 4 * 20000));
    assert_int_equal(all.load_permille, all.refresh_us / 30000);
    assert_int_equal(all.loads, 31);
    led_profile_destroy(profile);
}

/* 32 boards with the addresses 1 to 32: frames of 30 (249 bytes) and of 2, each with its rest of the line. */
static void group_frames_change_all_boards_at_once(void **state)
{
    (void)state;
    struct led_profile *smi2 = profile_of("owen-smi2"), *dm56 = profile_of("dm56a04");
    uint32_t rest_us = led_profile_broadcast_ms(smi2) * 1000;
    struct led_bus_config bus = bus_of(smi2, 32, 9600, 'N');
    struct led_budget budget;
    led_bus_budget(&bus, &budget);
    uint32_t frame_us = 3646 + 259375 + rest_us, pair_us = 3646 + 26042 + rest_us;
    assert_in_range(budget.change_us, frame_us + pair_us - 10, frame_us + pair_us + 10);
    assert_in_range(budget.group_us - budget.idle_us, frame_us - 5, frame_us + 5);
    assert_int_equal(budget.worst_us, budget.group_us);
    bus.unit[31].unit = 100; /* alone: by its own frame, 75 ms */
    led_bus_budget(&bus, &budget);
    assert_in_range(budget.change_us, frame_us + 2 * 74600, frame_us + 2 * 74800);
    bus.unit[7].profile = dm56; /* another kind on the line: no frames to all */
    led_bus_budget(&bus, &budget);
    assert_int_equal(budget.group_us, 0);
    assert_true(budget.change_us > 31 * 74600);
    assert_int_equal(budget.worst_us, budget.dead_us);
    led_profile_destroy(smi2);
    led_profile_destroy(dm56);
}

static void the_start_asks_each_board_who_it_is(void **state)
{
    (void)state;
    struct led_profile *smi2 = profile_of("owen-smi2"), *dm56 = profile_of("dm56a04");
    struct led_bus_config bus = bus_of(smi2, 10, 9600, 'N');
    struct led_budget budget;
    led_bus_budget(&bus, &budget);
    /* silence 3.65, 4 bytes 4.17, answer after 45, at most 69 bytes 71.9 ms */
    assert_in_range(budget.start_us - budget.refresh_us, 1246000, 1248000);
    bus = bus_of(dm56, 10, 9600, 'N');
    led_bus_budget(&bus, &budget);
    assert_int_equal(budget.start_us, budget.refresh_us); /* these have no question */
    led_profile_destroy(smi2);
    led_profile_destroy(dm56);
}

static void brightness_is_part_of_a_refresh(void **state)
{
    (void)state;
    struct led_profile *profile = profile_of("dm56a04");
    struct led_bus_config bus = bus_of(profile, 2, 9600, 'N');
    struct led_budget budget;
    led_bus_budget(&bus, &budget);
    /* text 49.7 ms, blinking and brightness 40.3, read-back of 9 registers */
    struct led_write read = { .function = 3, .reg = profile->verify_reg, .count = profile->verify_regs };
    uint32_t each_us = 49688 + 2 * 40313 + schedule_exchange_us(&bus, profile, &read);
    assert_in_range(budget.refresh_us, 2 * each_us - 10, 2 * each_us + 10);
    led_profile_destroy(profile);
}

static void a_bus_without_boards_costs_nothing(void **state)
{
    (void)state;
    struct led_bus_config bus = bus_of(NULL, 0, 9600, 'N');
    struct led_budget budget, zero = { 0 };
    led_bus_budget(&bus, &budget);
    assert_memory_equal(&budget, &zero, sizeof zero);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_needs_its_frame_and_the_silence_before_it),
        cmocka_unit_test(a_transaction_in_flight_and_a_dead_board_are_waited_for),
        cmocka_unit_test(a_refresh_is_the_sum_of_all_boards),
        cmocka_unit_test(group_frames_change_all_boards_at_once),
        cmocka_unit_test(the_start_asks_each_board_who_it_is),
        cmocka_unit_test(brightness_is_part_of_a_refresh),
        cmocka_unit_test(a_bus_without_boards_costs_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
