#include "tests/unit/led_profiles.h"

#include <errno.h>

#define SMI2 "owen-smi2"
#define DM56 "dm56a04"

/* ---- loading --------------------------------------------------------------------------------- */

static void a_bad_profile_is_refused_with_the_place(void **state)
{
    (void)state;
    static const struct {
        const char *section, *key, *json, *complaint;
    } rows[] = {
        { NULL, "text", NULL, "has neither \"text\" nor \"number\"" },
        { NULL, "name", "7", "name: 7 is not a string" },
        { NULL, "functions", "[5]", "text: needs function 6 or 16 in \"functions\"" },
        { NULL, "functions", "[4]",
          "functions: 4 is no function that is known to write; 5 (coil), 6 and 16" },
        { NULL, "functions", "[6]", "group: needs function 16, which is not in \"functions\"" },
        { NULL, "functions", "[6,16]", NULL },
        { NULL, "confidence", "\"sure\"", "confidence: \"sure\" is not one of" },
        { NULL, "color", "1", "unknown key \"color\"; did you mean \"colour\"?" },
        { "text", "packing", "\"three\"", "text.packing: \"three\" is not one of two-per-register" },
        { "text", "cells", "17", "text.cells: 17 is not an integer from 1 to 16" },
        { "text", "cells", "9", "text: 9 cells need 5 registers, there are 4" },
        { "text", "registers", "40", "text.registers: 40 is not" },
        { "text", "register", "15", "text: writes registers 15 to 18, of which some are in \"never_write\"" },
        { "text", "pad", "\"#\"", "text: the pad is not in \"charset\"" },
        { "text", "charset", "\"А\"", "text.charset: has a character that is not ASCII" },
        { "text", "fold", "{\"Б\":\"#\"}", "text.fold.Б: is not folded to one character" },
        { "text", "fold", "{\"БВ\":\"b\"}", "text.fold.БВ: is not one printable character" },
        { "text", "fold", "{\"0\":\"o\"}", "text.fold.0: is in \"charset\" and folded away" },
        { "text", "fold", "{\"\u202e\":\"A\"}", "text.fold.\"\\u202E\": is not one printable character" },
        { "text", "dot", "\"float\"", "text.dot: \"float\" is not one of" },
        { "blink", "register", "30", "blink: register 30 is inside the text area" },
        { "blink", "register", "10",
          "blink: writes registers 10 to 10, of which some are in \"never_write\"" },
        { "blink", "off", "187", "blink: on and off are equal" },
        { NULL, "init", "[{\"register\":15,\"values\":[129]}]", "init[0]: writes registers 15 to 15" },
        { NULL, "init", "[{\"register\":14,\"values\":[1,2,3,4]}]", "init[0]: writes registers 14 to 17" },
        { NULL, "init", "[{\"register\":65535,\"values\":[1,2]}]", "init[0]: goes beyond register 65535" },
        { NULL, "init", "[{\"register\":17}]", "init[0].values: is missing" },
        { NULL, "init", "[{\"register\":17,\"values\":[]}]", "init[0].values: has 0 values" },
        { NULL, "init", "[{\"register\":17,\"values\":[65536]}]",
          "init[0].values[0]: 65536 is not an integer" },
        { NULL, "init", "[7]", "init[0]: is not an object" },
        { NULL, "max_registers", "3", "text: writes 4 registers; \"max_registers\" is 3" },
        { NULL, "never_write", "[[5]]", "never_write[0]: is not a range" },
        { NULL, "never_write", "[[5,4]]", "never_write[0]: ends before it begins" },
        { NULL, "never_write", "[[35,35]]", "blink: writes registers 35 to 35" },
        { NULL, "never_write", NULL, "never_write: is missing" },
        { "verify", "registers", "3", "verify: does not cover the text area" },
        { "lit", "register", "40", "lit: is outside of what \"verify\" reads" },
        { "lit", "registers", "1", "lit: 1 registers do not hold the segments of 4 cells" },
        { NULL, "segment_bits", "\"aabcdefg\"", "segment_bits: is not the letters" },
        { NULL, "segment_bits", NULL, "segment_bits: is missing" },
        { "glyphs", "A", "\"abx\"", "glyphs.A: \"abx\" is not made of the segments a to g" },
        { "identify", "pattern", "\"(\"", "identify.pattern: is no extended regular expression" },
        { "identify", "function", "4", "identify: function 4 does not identify" },
        { "timing", "turnaround_ms", "-1", "timing.turnaround_ms: -1 is not an integer" },
        { "factory", "unit", "248", "factory.unit: 248 is not an integer from 1 to 247" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lines[LINES_SIZE];
        struct led_profile *profile = load_changed(SMI2, rows[i].section, rows[i].key, rows[i].json, lines);
        if (rows[i].complaint ? !strstr(lines, rows[i].complaint) : !profile)
            fail_msg("row %zu: \"%s\" is not in:\n%s", i, rows[i].complaint ? rows[i].complaint : "", lines);
        led_profile_destroy(profile);
    }
}

static void every_error_of_a_profile_is_told(void **state)
{
    (void)state;
    char lines[LINES_SIZE];
    assert_null(load_text("{\"name\":\"x\",\"hue\":1}", lines));
    assert_non_null(strstr(lines, "unknown key \"hue\""));
    assert_non_null(strstr(lines, "title: is missing"));
    assert_non_null(strstr(lines, "has neither \"text\" nor \"number\""));
}

static void the_example_of_the_manual_is_a_profile(void **state)
{
    (void)state;
    char bytes[FILE_SIZE], lines[LINES_SIZE];
    FILE *file = fopen("drivers/led/profiles/README.md", "r");
    assert_non_null(file);
    bytes[fread(bytes, 1, FILE_SIZE - 1, file)] = '\0';
    fclose(file);
    char *begin = strstr(bytes, "```json\n") + strlen("```json\n");
    *strstr(begin, "```") = '\0';
    struct led_profile *profile = load_text(begin, lines);
    struct led_commission_step step[LED_COMMISSION_MAX];
    if (!profile)
        fail_msg("%s", lines);
    assert_int_equal(led_profile_commission(profile, 3, NULL, step, NULL, 0), 1);
    assert_false(step[0].is_effective); /* not before it is switched off and on */
    led_profile_destroy(profile);
}

static void what_is_no_profile_at_all_is_refused(void **state)
{
    (void)state;
    char lines[LINES_SIZE] = "";
    struct json_report report = { keep_lines, lines, "hall.json", 0 };
    assert_null(load_text("[]", lines));
    assert_null(load_text("{\"name\":", lines));
    assert_non_null(strstr(lines, "line 1"));
    lines[0] = '\0';
    assert_null(led_profile_load("/nowhere/x.json", &report));
    assert_int_equal(report.count, 1);
    assert_non_null(strstr(lines, "/nowhere/x.json: cannot be read: No such file"));
}

static void change_bytes(const char *name, unsigned times)
{
    char bytes[FILE_SIZE], lines[LINES_SIZE];
    size_t length = read_bytes(name, bytes);
    for (unsigned i = 0; i < times; i++) {
        size_t at = (size_t)rand() % length;
        char before = bytes[at];
        bytes[at] = (char)(1 + rand() % 255);
        struct led_profile *profile = load_text(bytes, lines);
        struct led_write writes[LED_WRITES_MAX];
        int count = profile ? led_profile_writes(profile, "105", writes) : 0;
        for (int w = 0; w < count; w++)
            assert_true(led_profile_may_write(profile, &writes[w]));
        led_profile_destroy(profile);
        bytes[at] = before;
    }
}

static void a_profile_with_any_byte_changed_is_refused_or_sound(void **state)
{
    (void)state;
    srand(1);
    for (unsigned i = 0; i < SHIPPED; i++)
        change_bytes(shipped[i], 300);
}

/* ---- text ------------------------------------------------------------------------------------ */

static void tickets_are_folded_to_what_cells_can_show(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int error;
        const char *folded;
    } rows[] = {
        { "А042", 0, "A042" },     { "A105", 0, "A105" },
        { "42", 0, "42" },         { "", 0, "" },
        { "Н-7", 0, "H-7" },       { "Р12", 0, "P12" },
        { "С9", 0, "C9" },         { "Е1", 0, "E1" },
        { "О42", 0, "o42" },       { "B12", 0, "b12" },
        { "d12", 0, "d12" },       { "т5", 0, "t5" },
        { "1.5", 0, "1.5" },       { "1.2.3.4.", 0, "1.2.3.4." },
        { ".5", 0, " .5" },        { "В042", -EILSEQ, NULL },
        { "Б042", -EILSEQ, NULL }, { "S05", -EILSEQ, NULL },
        { "Z1", -EILSEQ, NULL },   { "I1", -EILSEQ, NULL },
        { "К7", -EILSEQ, NULL },   { "Қ7", -EILSEQ, NULL },
        { "Ү7", -EILSEQ, NULL },   { "A\n", -EILSEQ, NULL },
        { "\xff", -EILSEQ, NULL }, { "A\u202e1", -EILSEQ, NULL },
        { "A1055", -E2BIG, NULL }, { "А1055", -E2BIG, NULL },
    };
    struct led_profile *profile = load(SMI2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[32] = "?", again[32], why[96] = "";
        int error = led_fold(profile, rows[i].text, out, sizeof out, why, sizeof why);
        if (error != rows[i].error || (!error && strcmp(out, rows[i].folded) != 0))
            fail_msg("row %zu: \"%s\": %d \"%s\" %s", i, rows[i].text, error, out, why);
        assert_int_equal(error != 0, *why != '\0');
        if (!error) {
            assert_int_equal(led_fold(profile, out, again, sizeof again, why, sizeof why), 0);
            assert_string_equal(out, again);
        }
    }
    led_profile_destroy(profile);
}

static void a_refusal_names_the_letter(void **state)
{
    (void)state;
    char out[32], why[96];
    struct led_profile *profile = load(DM56);
    assert_int_equal(led_fold(profile, "Қ7", out, sizeof out, why, sizeof why), -EILSEQ);
    assert_string_equal(why, "dm56a04 cannot show 'Қ' without looking like another sign");
    assert_int_equal(led_fold(profile, "A042", out, 4, why, sizeof why), -E2BIG);
    led_profile_destroy(profile);
}

static void text_becomes_the_registers_of_the_vendors_map(void **state)
{
    (void)state;
    static const struct {
        const char *path, *text;
        uint16_t reg, count, value[4];
    } rows[] = {
        { SMI2, "А105", 29, 4, { 0x4131, 0x3035, 0x2020, 0x2020 } },
        { SMI2, "42", 29, 4, { 0x2020, 0x3432, 0x2020, 0x2020 } },
        { SMI2, "A1.05", 29, 4, { 0x4131, 0x2E30, 0x3520, 0x2020 } },
        { SMI2, "", 29, 4, { 0x2020, 0x2020, 0x2020, 0x2020 } },
        { DM56, "A105", 0, 4, { 0x0041, 0x0031, 0x0030, 0x0035 } },
        { DM56, "7", 0, 4, { 0x0020, 0x0020, 0x0020, 0x0037 } },
        { DM56, "1.5", 0, 4, { 0x0020, 0x0031, 0x002E, 0x0035 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_profile *profile = load(rows[i].path);
        struct led_write writes[LED_WRITES_MAX];
        assert_int_equal(led_profile_writes(profile, rows[i].text, writes), 1);
        assert_int_equal(writes[0].function, 16);
        assert_int_equal(writes[0].reg, rows[i].reg);
        assert_int_equal(writes[0].count, rows[i].count);
        assert_memory_equal(writes[0].value, rows[i].value, sizeof rows[i].value);
        led_profile_destroy(profile);
    }
}

static const char segments_profile[] =
    "{\"name\":\"led-485\",\"title\":\"t\",\"source\":\"s\",\"confidence\":\"tested\",\"factory\":{\"unit\":"
    "1,\"baud\":9600,"
    "\"parity\":\"none\",\"stop_bits\":1},\"functions\":[16],\"timing\":{\"turnaround_ms\":20},\"never_"
    "write\":[[2,3]],"
    "\"text\":{\"register\":128,\"registers\":3,\"packing\":\"segments\",\"cells\":6,\"dot\":\"joins\","
    "\"align\":\"left\","
    "\"charset\":\" "
    "015A\"},\"segment_bits\":\"abcdefg.\",\"glyphs\":{\"0\":\"abcdef\",\"1\":\"bc\",\"5\":\"acdfg\","
    "\"A\":\"abcefg\"},\"blank\":[{\"register\":128,\"values\":[0,0,0]}]}";

static void segments_are_packed_for_a_device_without_a_font(void **state)
{
    (void)state;
    char lines[LINES_SIZE];
    struct led_profile *profile = load_text(segments_profile, lines);
    struct led_write writes[LED_WRITES_MAX];
    assert_non_null(profile);
    assert_int_equal(led_profile_writes(profile, "A1.05", writes), 1);
    assert_int_equal(writes[0].value[0], 0x7786);
    assert_int_equal(writes[0].value[1], 0x3F6D);
    assert_int_equal(writes[0].value[2], 0);
    assert_int_equal(led_profile_writes(profile, "", writes), 1);
    assert_int_equal(writes[0].count, 3);
    assert_int_equal(led_profile_writes(profile, "7", writes), -EILSEQ);
    led_profile_destroy(profile);
}

static void a_device_with_function_6_only_gets_its_registers_one_by_one(void **state)
{
    (void)state;
    char lines[LINES_SIZE];
    struct led_profile *profile = load_changed(DM56, NULL, "functions", "[6]", lines);
    struct led_write writes[LED_WRITES_MAX];
    assert_int_equal(led_profile_writes(profile, "A105", writes), 4);
    assert_int_equal(writes[1].reg, 1);
    assert_int_equal(writes[1].function, 6);
    assert_int_equal(writes[1].value[0], '1');
    led_profile_destroy(profile);
}

static void a_length_is_written_after_the_text(void **state)
{
    (void)state;
    char lines[LINES_SIZE];
    struct led_profile *profile = load_changed("owen-smi2-m", "text", "length_register", "4249", lines);
    struct led_write writes[LED_WRITES_MAX];
    assert_int_equal(led_profile_writes(profile, "7", writes), 2);
    assert_int_equal(writes[0].reg, 4208);
    assert_int_equal(writes[1].reg, 4249);
    assert_int_equal(writes[1].function, 16);
    assert_int_equal(writes[1].value[0], 4); /* with the spaces before it */
    led_profile_destroy(profile);
}

static void what_is_behind_the_cells_is_pad_or_zero(void **state)
{
    (void)state;
    static const struct {
        const char *name, *fill;
        uint16_t last;
    } rows[] = { { SMI2, "\"pad\"", 0x2020 },
                 { SMI2, "\"zero\"", 0 },
                 { "dm36b06", "\"pad\"", 0x20 },
                 { "dm36b06", "\"zero\"", 0x20 } }; /* six cells fill its area */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lines[LINES_SIZE];
        struct led_profile *profile = load_changed(rows[i].name, "text", "fill", rows[i].fill, lines);
        struct led_write writes[LED_WRITES_MAX];
        assert_int_equal(led_profile_writes(profile, "", writes), 1);
        assert_int_equal(writes[0].value[writes[0].count - 1], rows[i].last);
        led_profile_destroy(profile);
    }
}

static void one_character_a_register_may_have_registers_to_spare(void **state)
{
    (void)state;
    char lines[LINES_SIZE];
    struct led_profile *profile = load_changed("dm36b06", "text", "cells", "5", lines);
    struct led_write writes[LED_WRITES_MAX];
    assert_int_equal(led_profile_writes(profile, "A105", writes), 1);
    assert_int_equal(writes[0].count, 6);
    assert_int_equal(writes[0].value[4], '5');
    assert_int_equal(writes[0].value[5], ' ');
    profile->text.is_zero_filled = true;
    assert_int_equal(led_profile_writes(profile, "A105", writes), 1);
    assert_int_equal(writes[0].value[5], 0);
    led_profile_destroy(profile);
}

/* ---- read-back ------------------------------------------------------------------------------- */

/* Registers 29 to 37 of an SMI2 that shows "A105": A=EE 1=60 0=FC 5=B6 with segment A in bit 7, rightmost
 * cell first. */
static const uint16_t smi2_shows_a105[9] = { 0x4131, 0x3035, 0x2020, 0x2020, 0, 0, 0, 0xB6FC, 0x60EE };

static void a_read_back_is_compared_with_what_was_wished(void **state)
{
    (void)state;
    uint16_t read[9];
    struct led_profile *profile = load(SMI2);
    memcpy(read, smi2_shows_a105, sizeof read);
    assert_true(led_profile_equals(profile, "А105", false, read));
    assert_false(led_profile_equals(profile, "А106", false, read));
    assert_false(led_profile_equals(profile, "A105", true, read));
    read[6] = 1; /* the device may read back 1 where 0xBB was written */
    assert_true(led_profile_equals(profile, "A105", true, read));
    led_profile_destroy(profile);
}

/* Coil 5 is not register 5. */
static void blinking_by_a_coil_is_not_read_back(void **state)
{
    (void)state;
    char lines[LINES_SIZE];
    const uint16_t read[8] = { 0x4131, 0x3035 };
    struct led_profile *profile =
        load_changed("ditel-dn", NULL, "verify", "{\"register\":0,\"registers\":8}", lines);
    assert_true(led_profile_equals(profile, "A105", true, read));
    assert_true(led_profile_equals(profile, "A105", false, read));
    assert_false(led_profile_equals(profile, "A106", false, read));
    led_profile_destroy(profile);
}

static void lit_segments_are_compared_with_the_glyphs(void **state)
{
    (void)state;
    uint16_t read[9];
    struct led_profile *smi2 = load(SMI2), *dm56 = load(DM56);
    memcpy(read, smi2_shows_a105, sizeof read);
    assert_int_equal(led_profile_lit(smi2, "A105", read), LED_LIT_EQUAL);
    read[7] = 0;
    assert_int_equal(led_profile_lit(smi2, "A105", read), LED_LIT_OTHER);
    assert_int_equal(led_profile_lit(dm56, "A105", read), LED_LIT_UNTOLD);
    led_profile_destroy(smi2);
    led_profile_destroy(dm56);
}

static void a_device_is_known_by_its_server_id(void **state)
{
    (void)state;
    struct led_profile *smi2 = load(SMI2), *dm56 = load(DM56);
    assert_true(led_profile_identifies(smi2, (const uint8_t *)"SMI2 V1.02", 10));
    assert_true(led_profile_identifies(smi2, (const uint8_t *)"\0SMI2 V1.02", 11));
    assert_false(led_profile_identifies(smi2, (const uint8_t *)"Pymodbus", 8));
    assert_false(led_profile_identifies(dm56, (const uint8_t *)"SMI2 V1.02", 10));
    led_profile_destroy(smi2);
    led_profile_destroy(dm56);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_profile_is_refused_with_the_place),
        cmocka_unit_test(every_error_of_a_profile_is_told),
        cmocka_unit_test(the_example_of_the_manual_is_a_profile),
        cmocka_unit_test(what_is_no_profile_at_all_is_refused),
        cmocka_unit_test(a_profile_with_any_byte_changed_is_refused_or_sound),
        cmocka_unit_test(tickets_are_folded_to_what_cells_can_show),
        cmocka_unit_test(a_refusal_names_the_letter),
        cmocka_unit_test(text_becomes_the_registers_of_the_vendors_map),
        cmocka_unit_test(segments_are_packed_for_a_device_without_a_font),
        cmocka_unit_test(a_device_with_function_6_only_gets_its_registers_one_by_one),
        cmocka_unit_test(a_length_is_written_after_the_text),
        cmocka_unit_test(what_is_behind_the_cells_is_pad_or_zero),
        cmocka_unit_test(one_character_a_register_may_have_registers_to_spare),
        cmocka_unit_test(blinking_by_a_coil_is_not_read_back),
        cmocka_unit_test(a_read_back_is_compared_with_what_was_wished),
        cmocka_unit_test(lit_segments_are_compared_with_the_glyphs),
        cmocka_unit_test(a_device_is_known_by_its_server_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
