#include "tests/unit/config_fixture.h"

static void what_a_hall_says_of_its_boards_is_taken(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_with(
        bench, "\"broker\":",
        "\"led\":{\"brightness\":[{\"from\":\"07:30\",\"percent\":100},{\"from\":\"20:00\",\"percent\":5}],"
        "\"letters\":{\"Г\":\"L\",\"Д\":\"\"},\"zeros\":\"drop\",\"colours\":{\"called\":\"red\"}},"
        "\"tickets\":{\"series\":[\"А\",\"Г\",\"\"],\"digits\":3},\"broker\":");
    assert_string_equal(bench->said, "");
    assert_int_equal(config->led.dimming.nsteps, 2);
    assert_int_equal(config->led.dimming.step[0].from_min, 450);
    assert_int_equal(config->led.dimming.step[1].percent, 5);
    assert_int_equal(config->led.letters.count, 2);
    assert_int_equal(config->led.letters.entry[0].letter, 0x413);
    assert_string_equal(config->led.letters.entry[0].to, "L");
    assert_string_equal(config->led.letters.entry[1].to, "");
    assert_true(config->led.letters.is_dropping_zeros);
    assert_int_equal(config->led.called, LED_RED);
    assert_int_equal(config->led.serving, LED_COLOUR_OWN);
    assert_int_equal(config->tickets.nseries, 3);
    assert_int_equal(config->tickets.digits, 3);
    config_destroy(config);
}

static void one_brightness_holds_all_day(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_with(bench, "\"broker\":", "\"led\":{\"brightness\":40},\"broker\":");
    assert_int_equal(dimming_at(&config->led.dimming, 0), 40);
    config_destroy(config);
    config = load(bench, good, strlen(good));
    assert_int_equal(dimming_at(&config->led.dimming, 0), LED_BRIGHTNESS_OWN);
    config_destroy(config);
}

static void a_bus_is_a_gateway_or_switches_its_direction(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_with(bench, "\"bus-west\"", "\"tcp://[fe80::1]:503\"");
    assert_string_equal(config->bus[0].device, "tcp://[fe80::1]:503");
    assert_false(config->bus[0].rs485.is_wanted);
    config_destroy(config);
    config = load_with(
        bench, "\"bus-west\"",
        "\"/dev/ttyAMA0\",\"rs485\":{\"rts\":\"low\",\"before_ms\":1,\"after_ms\":2,\"terminate\":true}");
    const struct led_rs485 *rs485 = &config->bus[0].rs485;
    assert_true(rs485->is_wanted && rs485->is_rts_low && rs485->has_termination);
    assert_int_equal(rs485->before_ms, 1);
    assert_int_equal(rs485->after_ms, 2);
    config_destroy(config);
}

static void one_error_about_boards_gets_one_line(void **state)
{
    static const struct {
        const char *from, *to, *said;
    } rows[] = {
        { "\"bus-west\"", "\"tcp://host:0\"",
          "buses[0].device: the port is not 1 to 65535; a gateway is tcp://HOST or tcp://HOST:PORT, IPv6 in "
          "brackets" },
        { "\"bus-west\"", "\"tcp://host\",\"rs485\":{\"rts\":\"high\"}",
          "buses[0].rs485: is of a serial port; a gateway switches its line by itself: leave it out" },
        { "\"bus-west\"", "\"x\",\"rs485\":{\"before_ms\":1}", "buses[0].rs485.rts: is missing" },
        { "\"bus-west\"", "\"x\",\"rs485\":7",
          "buses[0].rs485: 7 is not an object like {\"rts\": \"high\"}" },
        { "\"broker\":", "\"led\":{\"brightness\":-1},\"broker\":",
          "led.brightness: -1 is neither 0 to 100 per cent nor a list of 1 to 16 steps like {\"from\": "
          "\"08:00\", \"percent\": 80}" },
        { "\"broker\":",
          "\"led\":{\"brightness\":[{\"from\":\"20:00\",\"percent\":5},{\"from\":\"08:00\",\"percent\":9}]},"
          "\"broker\":",
          "led.brightness[1].from: is not later than the step before; write the steps of a day in their "
          "order" },
        { "\"broker\":", "\"led\":{\"letters\":{\"ГД\":\"L\"}},\"broker\":",
          "led.letters.ГД: \"ГД\" is not one letter; write it like \"Г\": \"L\"" },
        { "\"broker\":", "\"led\":{\"letters\":{\"Г\":\"LL\"}},\"broker\":",
          "led.letters.Г: \"LL\" is neither one character nor \"\", which leaves the letter out" },
        { "\"broker\":", "\"tickets\":{\"series\":[\"А\"]},\"broker\":", "tickets.digits: is missing" },
        { "\"broker\":", "\"tickets\":{\"series\":[\"Б\"],\"digits\":3},\"broker\":",
          "tickets.series[0]: \"Б888\" cannot be shown above desk \"1\" (owen-smi2): owen-smi2 cannot show "
          "'Б' without looking like another sign; write what it shall show instead into led.letters, like "
          "{\"Б\": \"L\"} or {\"Б\": \"\"}" },
        { "\"broker\":", "\"tickets\":{\"series\":[\"А\"],\"digits\":4},\"broker\":",
          "tickets.series[0]: \"А8888\" cannot be shown above desk \"1\" (owen-smi2): over 4 cells; take "
          "fewer digits, or leave a letter out in led.letters" },
        { "\"broker\":",
          "\"led\":{\"letters\":{\"Г\":\"L\",\"Л\":\"L\"}},"
          "\"tickets\":{\"series\":[\"Г\",\"А\",\"Л\"],\"digits\":3},\"broker\":",
          "tickets.series: the series \"Г\" and \"Л\" would look the same above desk \"1\" (owen-smi2); "
          "give one of them another letter in led.letters" },
        { "\"broker\":", "\"tickets\":{\"series\":[\"АС\",\"AC\"],\"digits\":2},\"broker\":",
          "tickets.series: the series \"АС\" and \"AC\" would look the same above desk \"1\" (owen-smi2); "
          "give one of them another letter in led.letters" },
        { "\"broker\":",
          "\"led\":{\"letters\":{\"Д\":\"\"}},\"tickets\":{\"series\":[\"Д\",\"\"],\"digits\":3},\"broker\":",
          "tickets.series: the series \"Д\" and \"\" would look the same above desk \"1\" (owen-smi2); give "
          "one of them another letter in led.letters" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_refused(*state, rows[i].from, rows[i].to, rows[i].said);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_hall_says_of_its_boards_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_brightness_holds_all_day, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_bus_is_a_gateway_or_switches_its_direction, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_error_about_boards_gets_one_line, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
