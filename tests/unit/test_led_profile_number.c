/* LED boards for numbers only. */
#include "tests/unit/led_profiles.h"

#include <errno.h>

/* A profile of a meter whose "number" is `section`. */
static struct led_profile *load_number(const char *section, char *lines)
{
    char text[2048];
    snprintf(text, sizeof text,
             "{\"name\":\"meter\",\"title\":\"t\",\"source\":\"s\",\"confidence\":\"hearsay\","
             "\"factory\":{\"unit\":1,\"baud\":9600,\"parity\":\"none\",\"stop_bits\":1},"
             "\"functions\":[5,6,16],\"timing\":{\"turnaround_ms\":20},\"never_write\":[[2,3]],"
             "\"number\":%s,\"blank\":[{\"coil\":7,\"value\":false}]}",
             section);
    return load_text(text, lines);
}

static struct led_profile *load_good_number(const char *section)
{
    char lines[LINES_SIZE];
    struct led_profile *profile = load_number(section, lines);
    if (!profile)
        fail_msg("%s: %s", section, lines);
    return profile;
}

static void a_number_is_encoded_as_its_type_says(void **state)
{
    (void)state;
    static const struct {
        const char *section, *text;
        uint16_t count, value[2];
    } rows[] = {
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4}", "42", 1, { 42 } },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4}", "9999", 1, { 9999 } },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4}", "0", 1, { 0 } },
        { "{\"register\":0,\"type\":\"i16\",\"digits\":4,\"negative\":\"twos\"}", "-7", 1, { 0xFFF9 } },
        { "{\"register\":0,\"type\":\"i16\",\"digits\":4,\"negative\":\"ones\"}", "-7", 1, { 0xFFF8 } },
        { "{\"register\":0,\"type\":\"u32\",\"digits\":9}", "123456789", 2, { 0x075B, 0xCD15 } },
        { "{\"register\":0,\"type\":\"u32\",\"digits\":9,\"words\":\"low-first\"}",
          "123456789",
          2,
          { 0xCD15, 0x075B } },
        { "{\"register\":0,\"type\":\"i32\",\"digits\":9,\"negative\":\"twos\"}",
          "-1",
          2,
          { 0xFFFF, 0xFFFF } },
        { "{\"register\":0,\"type\":\"f32\",\"digits\":7}", "42", 2, { 0x4228, 0 } },
        { "{\"register\":0,\"type\":\"f32\",\"digits\":7}", "9999999", 2, { 0x4B18, 0x967F } },
        { "{\"register\":6,\"type\":\"i32\",\"digits\":6,\"negative\":\"sign-nibble\"}",
          "-12.5",
          2,
          { 0x1100, 125 } },
        { "{\"register\":6,\"type\":\"i32\",\"digits\":6,\"negative\":\"sign-nibble\"}",
          "99999",
          2,
          { 0x0001, 0x869F } },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4,\"leading_zeros\":true}", "0042", 1, { 42 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_profile *profile = load_good_number(rows[i].section);
        struct led_write writes[LED_WRITES_MAX];
        assert_int_equal(led_profile_writes(profile, rows[i].text, writes), 1);
        assert_int_equal(writes[0].function, rows[i].count == 1 ? 6 : 16);
        assert_int_equal(writes[0].count, rows[i].count);
        assert_memory_equal(writes[0].value, rows[i].value, rows[i].count * sizeof(uint16_t));
        led_profile_destroy(profile);
    }
}

static void a_point_goes_into_its_own_register_first(void **state)
{
    (void)state;
    struct led_profile *profile = load_good_number(
        "{\"register\":0,\"type\":\"u16\",\"digits\":4,\"point\":{\"register\":4,\"max\":3}}");
    struct led_write writes[LED_WRITES_MAX];
    assert_int_equal(led_profile_writes(profile, "10.01", writes), 2);
    assert_int_equal(writes[0].reg, 4);
    assert_int_equal(writes[0].value[0], 2);
    assert_int_equal(writes[1].reg, 0);
    assert_int_equal(writes[1].value[0], 1001);
    assert_int_equal(led_profile_writes(profile, "7", writes), 2);
    assert_int_equal(writes[0].value[0], 0);
    led_profile_destroy(profile);
}

static void what_would_be_shown_as_another_text_is_refused(void **state)
{
    (void)state;
    static const char plain[] = "{\"register\":0,\"type\":\"u16\",\"digits\":4}";
    static const char filled[] = "{\"register\":0,\"type\":\"u16\",\"digits\":4,\"leading_zeros\":true}";
    static const char rich[] = "{\"register\":0,\"type\":\"i16\",\"digits\":4,\"negative\":\"twos\","
                               "\"point\":{\"register\":4,\"max\":1}}";
    static const struct {
        const char *section, *text;
        int error;
        const char *why;
    } rows[] = {
        { plain, "А42", -EILSEQ, "meter shows numbers only, and 'А' is of none" },
        { plain, "----", -EILSEQ, "meter shows numbers only, and '-' is of none" },
        { plain, "4 2", -EILSEQ, "meter shows numbers only, and ' ' is of none" },
        { plain, "1.5", -EILSEQ, "meter shows numbers only, and '.' is of none" },
        { plain, "042", -EILSEQ, "meter shows numbers only, and 042 would lose its leading zero" },
        { plain, "00", -EILSEQ, "meter shows numbers only, and 00 would lose its leading zero" },
        { plain, "12345", -E2BIG, "over 4 cells" },
        { filled, "42", -EILSEQ, "meter shows numbers only, and 42 would be filled up with zeros" },
        { rich, "-", -EILSEQ, "meter shows numbers only, and - is no number" },
        { rich, "4-2", -EILSEQ, "meter shows numbers only, and 4-2 is no number" },
        { rich, "-0", -EILSEQ, "meter shows numbers only, and -0 would lose its sign" },
        { rich, "1.25", -EILSEQ, "meter shows numbers only, and 1.25 has too many decimals" },
        { rich, "1.", -EILSEQ, "meter shows numbers only, and 1. is no number" },
        { rich, ".5", -EILSEQ, "meter shows numbers only, and  .5 is no number" },
        { rich, "1.2.", -EILSEQ, "meter shows numbers only, and 1.2. is no number" },
        { rich, "00.5", -EILSEQ, "meter shows numbers only, and 00.5 would lose its leading zero" },
        { rich, "0.5", 0, "" },
        { rich, "-1.5", 0, "" },
        { plain, "", 0, "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64], why[128] = "";
        struct led_profile *profile = load_good_number(rows[i].section);
        int error = led_fold(profile, rows[i].text, out, sizeof out, why, sizeof why);
        if (error != rows[i].error || strcmp(why, rows[i].why) != 0)
            fail_msg("row %zu: %s: %d %s", i, rows[i].text, error, why);
        if (!error)
            assert_string_equal(out, rows[i].text);
        led_profile_destroy(profile);
    }
}

static void a_number_is_blanked_by_other_means(void **state)
{
    (void)state;
    struct led_profile *profile = load_good_number("{\"register\":0,\"type\":\"u16\",\"digits\":4}");
    struct led_write writes[LED_WRITES_MAX];
    assert_int_equal(led_profile_writes(profile, "", writes), 1);
    assert_int_equal(writes[0].function, 5);
    assert_int_equal(writes[0].reg, 7);
    assert_int_equal(writes[0].value[0], 0);
    assert_true(led_profile_may_write(profile, &writes[0]));
    led_profile_destroy(profile);
}

static void bad_numbers_are_refused_with_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *section, *complaint;
    } rows[] = {
        { "{\"register\":0,\"type\":\"u16\",\"digits\":5}",
          "number: 5 digits do not always fit the type; 4 do" },
        { "{\"register\":0,\"type\":\"f32\",\"digits\":8}",
          "number: 8 digits do not always fit the type; 7 do" },
        { "{\"register\":0,\"type\":\"u8\",\"digits\":2}",
          "number.type: \"u8\" is not one of u16, i16, u32, i32, f32" },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4,\"negative\":\"twos\"}",
          "number: \"negative\" needs the type i16 or i32" },
        { "{\"register\":0,\"type\":\"i16\",\"digits\":4,\"negative\":\"sign-nibble\"}",
          "number: \"sign-nibble\" takes two registers; the type is i32" },
        { "{\"register\":0,\"type\":\"i16\",\"digits\":4,\"negative\":\"bcd\"}",
          "number.negative: \"bcd\" is not one of none, twos, ones, sign-nibble" },
        { "{\"register\":2,\"type\":\"u16\",\"digits\":4}",
          "number: writes registers 2 to 2, of which some are in \"never_write\"" },
        { "{\"register\":1,\"type\":\"u32\",\"digits\":4}",
          "number: writes registers 1 to 2, of which some are in \"never_write\"" },
        { "{\"register\":65535,\"type\":\"u32\",\"digits\":4}", "number: goes beyond register 65535" },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4,\"point\":{\"register\":3,\"max\":3}}",
          "number.point: writes registers 3 to 3, of which some are in \"never_write\"" },
        { "{\"register\":0,\"type\":\"f32\",\"digits\":4,\"point\":{\"register\":4,\"max\":3}}",
          "number.point: a number of this kind carries its own point; leave \"point\" out" },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4,\"zeros\":true}", "number: unknown key \"zeros\"" },
        { "{\"register\":0,\"type\":\"u16\",\"digits\":4},\"text\":{}",
          "has \"text\" and \"number\"; a device has one of them, text if it can" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lines[LINES_SIZE];
        struct led_profile *profile = load_number(rows[i].section, lines);
        if (profile || !strstr(lines, rows[i].complaint))
            fail_msg("row %zu: \"%s\" is not in:\n%s", i, rows[i].complaint, lines);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_encoded_as_its_type_says),
        cmocka_unit_test(a_point_goes_into_its_own_register_first),
        cmocka_unit_test(what_would_be_shown_as_another_text_is_refused),
        cmocka_unit_test(a_number_is_blanked_by_other_means),
        cmocka_unit_test(bad_numbers_are_refused_with_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
