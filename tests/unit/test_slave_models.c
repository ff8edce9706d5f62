/* Maps of the simulated boards, row by row from the vendors' tables. */
#include "tests/unit/slave_ask.h"

static void an_smi2_shows_what_its_data_type_says(void **state)
{
    (void)state;
    static const struct {
        const char *request, *text;
    } rows[] = {
        { "10 06 00 19 00 2A", "  42" }, /* Int, its type after power-on */
        { "10 06 00 19 FF FB", "  -5" },
        { "10 06 00 19 75 30", "----" },
        { "10 10 00 1D 00 04 08 41 31 30 35 20 20 20 20",
          "----" }, /* a string is not shown as long as it is Int */
        { "10 06 00 11 00 03", "A105" },
        { "10 10 00 1D 00 04 08 20 20 34 32 20 20 20 20", "  42" },
        { "10 10 00 1D 00 04 08 41 2E 31 2E 30 2E 35 2E", "A.1.0.5." },
        { "10 10 00 1D 00 04 08 41 31 30 35 36 37 38 39", "A105" },
        { "10 06 00 11 00 01", "   0" }, /* Word */
        { "10 06 00 1A 04 D2", "1234" },
        { "10 10 00 11 00 01 02 00 04", "    " }, /* Image */
        { "10 10 00 21 00 02 04 60 FC 00 01", " . 01" },
    };
    struct slave_bus *bus = bus_with("owen-smi2", 16);
    assert_string_equal(seen(bus, 0), "   0");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask(bus, rows[i].request);
        if (strcmp(seen(bus, 0), rows[i].text) != 0)
            fail_msg("row %zu: \"%s\"", i, seen(bus, 0));
    }
    slave_bus_destroy(bus);
}

static void an_smi2_flashes_strings_only(void **state)
{
    (void)state;
    struct slave_view view;
    struct slave_bus *bus = bus_with("owen-smi2", 16);
    ask(bus, "10 06 00 23 00 BB");
    slave_view(bus, 0, &view);
    assert_false(view.is_blinking);
    ask(bus, "10 06 00 11 00 03");
    slave_view(bus, 0, &view);
    assert_true(view.is_blinking);
    assert_int_equal(slave_register(bus, 0, 38), 0xBB);
    slave_bus_destroy(bus);
}

static void a_dm56a04_shows_characters_or_a_number(void **state)
{
    (void)state;
    struct slave_view view;
    struct slave_bus *bus = bus_with("dm56a04", 1);
    assert_string_equal(seen(bus, 0), "    ");
    assert_string_equal(hex(ask(bus, "01 10 00 00 00 04 08 00 41 00 31 00 30 00 35")), "01 10 00 00 00 04");
    assert_string_equal(seen(bus, 0), "A105");
    ask(bus, "01 06 00 07 00 2A");
    assert_string_equal(seen(bus, 0), "  42");
    ask(bus, "01 06 00 08 00 0F");
    slave_view(bus, 0, &view);
    assert_true(view.is_blinking);
    assert_string_equal(hex(ask(bus, "01 04 00 00 00 01")), "01 84 01");
    slave_bus_destroy(bus);
}

static void an_smi2_takes_new_settings_when_they_are_saved(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "10 06 00 0A 00 07", "10 06 00 0A 00 07", NULL },
        { "10 06 00 04 00 04", "10 06 00 04 00 04", NULL },
        { "10 06 00 04 00 09", "10 86 03", NULL },
        { "10 06 00 0F 00 81", "10 06 00 0F 00 81", NULL }, /* answered at the old address */
        { "10 03 00 0A 00 01", "", NULL },
        { "07 03 00 0A 00 01", "07 03 02 00 07", NULL },
    };
    struct slave_counters counters;
    struct slave_bus *bus = bus_with("owen-smi2", 16);
    CHECK_ROWS(bus, rows);
    slave_counters(bus, 0, &counters);
    assert_int_equal(counters.flash_writes, 1);
    assert_int_equal(slave_settings(bus, 0).baud, 19200);
    slave_set_power(bus, 0, false);
    slave_set_power(bus, 0, true);
    assert_string_equal(hex(ask(bus, "07 03 00 04 00 01")), "07 03 02 00 04");
    slave_bus_destroy(bus);
}

#define TEXT_A105                                                                                            \
    "41 31 30 35 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20"

static void an_smi2_m_shows_what_its_data_type_says(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "01 06 10 68 FF FB", "01 06 10 68 FF FB", "  -5" },
        { "01 06 10 0C 00 01", "01 06 10 0C 00 01", " -0.5" },
        { "01 10 10 70 00 10 20 " TEXT_A105, "01 10 10 70 00 10", " -0.5" },
        { "01 06 10 0B 00 05", "01 06 10 0B 00 05", "A105" },
        { "01 10 10 70 00 02 04 42 31 30 36", "01 90 02", "A105" }, /* a fragment of the text */
        { "01 06 10 7F 20 20", "01 86 02", "A105" },
        { "01 03 10 70 00 04", "01 83 02", NULL },
        { "01 03 10 70 00 10", "01 03 20 " TEXT_A105, NULL },
        { "01 10 10 9A 00 02 04 00 06 00 00", "01 10 10 9A 00 02", "A105" },
        { "01 06 10 0B 00 06", "01 06 10 0B 00 06",
          "   1" }, /* image: low word first, rightmost digit first */
        { "01 10 10 9A 00 02 04 00 00 00 00", "01 10 10 9A 00 02", "    " },
        { "01 10 10 9C 00 02 04 00 5A 00 00", "01 10 10 9C 00 02", NULL },
        { "01 06 10 0B 00 07", "01 06 10 0B 00 07", "01.30" },
        { "01 10 10 9C 00 02 04 00 00 00 5A", "01 90 03", "01.30" }, /* high word first is refused */
        { "01 06 10 0B 00 08", "01 86 03", NULL },
        { "01 06 10 99 00 03", "01 86 03", NULL },
        { "01 06 F0 B8 00 00", "01 86 02", NULL },
        { "01 11", "01 91 01", NULL },
    };
    struct slave_bus *bus = bus_with("owen-smi2-m", 1);
    assert_string_equal(seen(bus, 0), "   0");
    CHECK_ROWS(bus, rows);
    slave_bus_destroy(bus);
}

static void an_smi2_m_has_colour_brightness_and_blinking(void **state)
{
    (void)state;
    struct slave_view view;
    struct slave_bus *bus = bus_with("owen-smi2-m", 1);
    slave_view(bus, 0, &view);
    assert_int_equal(view.colour, LED_GREEN);
    ask(bus, "01 10 10 04 00 03 06 00 02 00 19 00 01");
    slave_view(bus, 0, &view);
    assert_int_equal(view.colour, LED_YELLOW);
    assert_int_equal(view.brightness_percent, 25);
    assert_true(view.is_blinking);
    slave_bus_destroy(bus);
}

static void an_smi2_m_that_nobody_writes_to_shows_its_safe_pattern(void **state)
{
    (void)state;
    struct slave_view view;
    struct slave_bus *bus = bus_with("owen-smi2-m", 1);
    now_us += 1000;
    ask(bus, "01 10 10 70 00 10 20 " TEXT_A105);
    ask(bus, "01 06 10 0B 00 05");
    int64_t at_us = slave_bus_change_us(bus);
    assert_in_range(at_us - now_us, 9900000, 10000000);
    slave_bus_pass(bus, at_us - 1);
    assert_string_equal(seen(bus, 0), "A105");
    slave_bus_pass(bus, at_us);
    slave_view(bus, 0, &view);
    assert_true(view.is_safe);
    assert_string_equal(view.text, "----");
    assert_int_equal(view.colour, LED_YELLOW);
    now_us = at_us;
    ask(bus, "01 03 10 0B 00 01"); /* to be read is not to be written */
    assert_string_equal(seen(bus, 0), "----");
    ask(bus, "01 06 0F DE 00 00"); /* switched off */
    assert_string_equal(seen(bus, 0), "A105");
    assert_int_equal(slave_bus_change_us(bus), INT64_MAX);
    slave_set_power(bus, 0, false);
    slave_set_power(bus, 0, true);
    assert_int_not_equal(slave_bus_change_us(bus), INT64_MAX); /* it was not saved */
    slave_bus_destroy(bus);
}

static void an_smi2_m_keeps_what_was_saved(void **state)
{
    (void)state;
    struct slave_counters counters;
    struct slave_bus *bus = bus_with("owen-smi2-m", 1);
    ask(bus, "01 06 10 68 00 2A");
    slave_counters(bus, 0, &counters);
    assert_int_equal(counters.flash_writes, 0);
    ask(bus, "01 06 13 88 00 01");
    ask(bus, "01 06 10 68 00 2B");
    slave_set_power(bus, 0, false);
    slave_set_power(bus, 0, true);
    assert_string_equal(seen(bus, 0), "  42");
    slave_counters(bus, 0, &counters);
    assert_int_equal(counters.flash_writes, 1);
    slave_bus_destroy(bus);
}

static void a_dm36b06_has_six_digits_and_signed_numbers(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "01 10 00 00 00 06 0C 00 41 00 31 00 30 00 35 00 2D 00 37", "01 10 00 00 00 06", "A105-7" },
        { "01 06 00 05 00 38", "01 06 00 05 00 38", "A105-8" },
        { "01 06 00 07 FF FF", "01 06 00 07 FF FF", " 65535" },
        { "01 10 00 06 00 02 04 12 01 00 00", "01 10 00 06 00 02", "-655.36" },
        { "01 06 00 06 00 01", "01 86 02", "-655.36" }, /* the upper half is not written alone */
        { "01 06 00 09 00 09", "01 86 03", NULL },
        { "01 06 00 09 00 02", "01 06 00 09 00 02", NULL },
        { "01 03 00 0A 00 01", "01 83 02", NULL },
        { "01 05 00 00 FF 00", "01 85 01", NULL },
    };
    struct slave_view view;
    struct slave_bus *bus = bus_with("dm36b06", 1);
    CHECK_ROWS(bus, rows);
    slave_view(bus, 0, &view);
    assert_int_equal(view.brightness_percent, 25);
    slave_bus_destroy(bus);
}

static void a_dm_module_takes_its_address_at_once_and_its_speed_after_power_on(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "01 06 00 FE 00 04", "01 06 00 FE 00 04", NULL },
        { "01 06 00 FF 00 01", "01 06 00 FF 00 01", NULL },
        { "01 06 00 FD 00 09", "01 06 00 FD 00 09", NULL },
        { "09 03 00 FD 00 03", "09 03 06 00 09 00 04 00 01", NULL },
        { "09 06 00 FD 00 F8", "09 86 03", NULL },
    };
    struct slave_bus *bus = bus_with("dm56a04", 1);
    CHECK_ROWS(bus, rows);
    assert_int_equal(slave_settings(bus, 0).baud, 9600);
    slave_set_power(bus, 0, false);
    slave_set_power(bus, 0, true);
    assert_int_equal(slave_settings(bus, 0).baud, 19200);
    assert_int_equal(slave_settings(bus, 0).parity, 'E');
    ask(bus, "09 06 00 FB 00 00"); /* back to the factory's settings */
    assert_string_equal(hex(ask(bus, "01 03 00 FD 00 03")), "01 03 06 00 01 00 03 00 00");
    assert_int_equal(slave_settings(bus, 0).baud, 9600);
    slave_bus_destroy(bus);
}

static void a_led_485_shows_segments_or_a_number_and_cannot_be_read(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "01 10 00 80 00 03 06 77 06 3F 6D 00 00", "01 10 00 80 00 03", "A105  " },
        { "01 06 00 00 FF 9C", "01 06 00 00 FF 9C", "  -100" },
        { "01 06 00 04 00 02", "01 06 00 04 00 02", "  -1.00" },
        { "01 10 00 80 00 01 02 79 80", "01 10 00 80 00 01",
          "E .0"
          "5  " },
        { "01 10 00 90 00 02 04 3F 80 00 00", "01 10 00 90 00 02", NULL }, /* taken, and not shown */
        { "01 06 00 80 77 06", "01 86 02", NULL },
        { "01 10 00 00 00 01 02 00 01", "01 90 02", NULL },
        { "01 06 00 03 00 00", "01 86 03", NULL },
        { "01 03 00 00 00 01", "", NULL },
        { "01 11", "", NULL },
        { "01 06 00 02 00 05", "01 06 00 02 00 05", NULL },
        { "05 06 00 03 00 05", "05 06 00 03 00 05", NULL },
    };
    struct slave_bus *bus = bus_with("led-485", 1);
    CHECK_ROWS(bus, rows);
    assert_int_equal(slave_settings(bus, 0).baud, 19200);
    slave_bus_destroy(bus);
}

static void a_ditel_reads_a_write_by_where_it_begins(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "01 06 00 02 04 D2", "01 06 00 02 04 D2", "1234" },
        { "01 10 00 02 00 02 04 F3 3A 31 32", "01 10 00 02 00 02", "0UL " },
        { "01 10 00 00 00 03 06 45 20 35 32 33 00", "01 10 00 00 00 03", "E 52" },
        { "01 06 00 06 00 2A", "01 06 00 06 00 2A", "  42" },
        { "01 10 00 0A 00 03 06 FF FF FE B9 02 00", "01 10 00 0A 00 03", "-3.27" },
        { "01 10 00 0E 00 02 04 FF FF F3 3A", "01 10 00 0E 00 02", "0UL " },
        { "01 06 00 01 00 00", "01 86 02", NULL },
        { "01 10 00 02 00 02 04 00 00 07 00", "01 90 03", NULL },
        { "01 03 00 00 00 01", "01 83 01", NULL },
        { "01 05 00 05 FF 00", "01 05 00 05 FF 00", NULL },
        { "01 05 00 06 FF 00", "01 85 02", NULL },
    };
    struct slave_view view;
    struct slave_bus *bus = bus_with("ditel-dn", 1);
    CHECK_ROWS(bus, rows);
    slave_view(bus, 0, &view);
    assert_int_equal(view.colour, LED_GREEN); /* the text and the numbers after it have left it */
    assert_int_equal(view.brightness_percent, 60);
    assert_true(view.is_blinking);
    ask(bus, "01 0F 00 01 00 05 01 00");
    slave_view(bus, 0, &view);
    assert_false(view.is_blinking);
    slave_bus_destroy(bus);
}

static void an_ikan_shows_the_variables_of_its_enabled_message(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "01 06 00 00 00 2A", "01 06 00 00 00 2A", "" },
        { "01 05 00 64 FF 00", "01 05 00 64 FF 00", "42" },
        { "01 01 00 64 00 0A", "01 01 02 01 00", NULL },
        { "01 10 00 00 00 01 02 FF FF", "01 10 00 00 00 01", "65535" },
        { "01 0F 00 64 00 02 01 02", "01 0F 00 64 00 02", "" },
        { "01 05 00 64 00 01", "01 85 03", NULL },
        { "01 05 00 28 FF 00", "01 85 02", NULL },
        { "01 06 00 40 00 00", "01 86 02", NULL },
        { "01 03 00 3F 00 01", "01 03 02 00 00", NULL },
    };
    struct slave_bus *bus = bus_with("icpdas-ikan", 1);
    CHECK_ROWS(bus, rows);
    slave_bus_destroy(bus);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_smi2_shows_what_its_data_type_says),
        cmocka_unit_test(an_smi2_flashes_strings_only),
        cmocka_unit_test(an_smi2_takes_new_settings_when_they_are_saved),
        cmocka_unit_test(an_smi2_m_shows_what_its_data_type_says),
        cmocka_unit_test(an_smi2_m_has_colour_brightness_and_blinking),
        cmocka_unit_test(an_smi2_m_that_nobody_writes_to_shows_its_safe_pattern),
        cmocka_unit_test(an_smi2_m_keeps_what_was_saved),
        cmocka_unit_test(a_dm56a04_shows_characters_or_a_number),
        cmocka_unit_test(a_dm36b06_has_six_digits_and_signed_numbers),
        cmocka_unit_test(a_dm_module_takes_its_address_at_once_and_its_speed_after_power_on),
        cmocka_unit_test(a_led_485_shows_segments_or_a_number_and_cannot_be_read),
        cmocka_unit_test(a_ditel_reads_a_write_by_where_it_begins),
        cmocka_unit_test(an_ikan_shows_the_variables_of_its_enabled_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
