/* The driver over a pty whose line has a speed. Times are lower bounds only: a loaded machine is late. */
#include "tests/led_line.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define UNITS 4

static const struct led_serial at_9600 = { 9600, 'N', 1 };

static struct led_bus *open_bus(const struct led_line *line, const struct led_profile *profile, int baud,
                                char parity)
{
    struct led_bus_config config = { .id = "paced",
                                     .driver = "modbus",
                                     .baud = baud,
                                     .parity = parity,
                                     .stop_bits = 1,
                                     .adapter_latency_ms = 200, /* of this machine */
                                     .reassert_ms = 60000,
                                     .nunits = UNITS };
    struct led_bus *bus;
    char error[128];
    snprintf(config.device, sizeof config.device, "%s", line->path);
    for (unsigned i = 0; i < UNITS; i++)
        config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), profile };
    assert_int_equal(led_modbus.open(&bus, &config, error, sizeof error), 0);
    return bus;
}

static void get_counters(struct led_line *line, void *data)
{
    slave_bus_counters(line->bus, data);
}

static void frames_take_their_time_and_none_is_lost(void **state)
{
    (void)state;
    static const char *const models[UNITS + 1] = { "dm56a04", "dm56a04", "dm56a04", "dm56a04" };
    struct led_profile *profile = led_line_profile("dm56a04");
    struct led_line line;
    struct slave_bus_counters counters;
    led_line_start_paced(&line, models, 0, &at_9600);
    int64_t begin_us = clock_us();
    struct led_bus *bus = open_bus(&line, profile, 9600, 'N');
    for (unsigned i = 0; i < UNITS; i++)
        led_modbus.want(bus, i, &(struct led_text){ .text = "A105" }, i + 1);
    for (unsigned i = 0; i < UNITS; i++) {
        assert_int_equal(led_line_final(&led_modbus, bus, i + 1).certainty, LED_VERIFIED);
        assert_string_equal(led_line_view(&line, i).text, "A105");
    }
    led_line_call(&line, get_counters, &counters);
    assert_int_equal(counters.gap_errors + counters.crc_errors, 0);
    /* 17 and 8 bytes to write a text, 8 and 8 to blink, 8 and 13 to read back; each after 5 ms and a gap. */
    int64_t least_us = UNITS * (62 * INT64_C(1041) + 3 * (5000 + 3645)) - 3645;
    assert_true(clock_us() - begin_us >= least_us);
    led_modbus.close(bus);
    led_line_stop(&line);
    led_profile_destroy(profile);
}

static void boards_at_another_speed_or_parity_hear_nothing(void **state)
{
    (void)state;
    static const char *const models[UNITS + 1] = { "dm56a04", "dm56a04", "dm56a04", "dm56a04" };
    static const struct led_serial rows[] = { { 19200, 'N', 1 }, { 9600, 'E', 1 }, { 9600, 'O', 1 } };
    struct led_profile *profile = led_line_profile("dm56a04");
    struct led_line line;
    led_line_start_paced(&line, models, 0, &at_9600);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_bus *bus = open_bus(&line, profile, rows[i].baud, rows[i].parity);
        led_modbus.want(bus, 0, &(struct led_text){ .text = "77" }, 1);
        assert_int_equal(led_line_final(&led_modbus, bus, 1).error, -ETIMEDOUT);
        assert_string_equal(led_line_view(&line, 0).text, "    ");
        led_modbus.close(bus);
    }
    struct led_bus *bus = open_bus(&line, profile, 9600, 'N');
    led_modbus.want(bus, 0, &(struct led_text){ .text = "77" }, 1);
    assert_int_equal(led_line_final(&led_modbus, bus, 1).error, 0);
    led_modbus.close(bus);
    led_line_stop(&line);
    led_profile_destroy(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_take_their_time_and_none_is_lost),
        cmocka_unit_test(boards_at_another_speed_or_parity_hear_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
