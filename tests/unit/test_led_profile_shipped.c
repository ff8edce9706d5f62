/* The shipped profiles against what is known of each device: whole request frames, with the check sum. */
#include "protocol/utf8.h"
#include "tests/unit/led_profiles.h"

#include <errno.h>

/* ---- frames as text -------------------------------------------------------------------------- */

#define FRAME_SIZE 1024

/* Modbus over Serial Line V1.02, 2.5.1.2 */
static uint16_t crc16(const uint8_t *bytes, size_t size)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ 0xA001 : crc >> 1;
    }
    return crc;
}

static size_t build(uint8_t unit, const struct led_write *write, uint8_t *out)
{
    uint16_t second = write->function == 16 ? write->count : write->value[0];
    size_t used = 0;
    out[used++] = unit;
    out[used++] = write->function;
    for (int shift = 8; shift >= 0; shift -= 8)
        out[used++] = (uint8_t)(write->reg >> shift);
    for (int shift = 8; shift >= 0; shift -= 8)
        out[used++] = (uint8_t)(second >> shift);
    if (write->function == 16)
        out[used++] = (uint8_t)(2 * write->count);
    for (unsigned i = 0; write->function == 16 && i < write->count; i++) {
        out[used++] = write->value[i] >> 8;
        out[used++] = write->value[i] & 255;
    }
    uint16_t crc = crc16(out, used);
    out[used++] = crc & 255;
    out[used++] = crc >> 8;
    return used;
}

static void assert_frame(uint8_t unit, const struct led_write *write, const char *expected)
{
    uint8_t bytes[300];
    char text[FRAME_SIZE] = "";
    size_t size = build(unit, write, bytes);
    for (size_t i = 0; i < size; i++)
        sprintf(text + strlen(text), "%s%02X", i ? " " : "", bytes[i]);
    assert_string_equal(text, expected);
}

/* ---- each of them ---------------------------------------------------------------------------- */

static void each_says_where_it_comes_from_and_what_is_not_known(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SHIPPED; i++) {
        struct led_profile *profile = load(shipped[i]);
        assert_string_equal(led_profile_name(profile), shipped[i]);
        assert_non_null(strstr(led_profile_source(profile), "Not confirmed by this project on hardware."));
        assert_string_not_equal(led_profile_confidence(profile), "confirmed");
        assert_true(led_profile_turnaround_ms(profile) > 0);
        assert_true(led_profile_cells(profile) >= 4);
        led_profile_destroy(profile);
    }
}

static void a_ticket_becomes_the_request_of_the_vendors_map(void **state)
{
    (void)state;
    static const struct {
        const char *name, *ticket;
        uint8_t unit;
        const char *frame;
    } rows[] = {
        { "owen-smi2", "A105", 16, "10 10 00 1D 00 04 08 41 31 30 35 20 20 20 20 35 83" },
        { "owen-smi2-m", "A105", 1,
          "01 10 10 70 00 10 20 41 31 30 35 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 "
          "20 20 20 20 20 20 20 58 E7" },
        { "dm56a04", "A105", 1, "01 10 00 00 00 04 08 00 41 00 31 00 30 00 35 5A A2" },
        { "dm36b06", "A105", 1, "01 10 00 00 00 06 0C 00 20 00 20 00 41 00 31 00 30 00 35 D4 0E" },
        { "led-485", "A105", 1, "01 10 00 80 00 03 06 77 06 3F 6D 00 00 FE 26" },
        { "ditel-dn", "A105", 1, "01 10 00 00 00 02 04 41 31 30 35 62 4B" },
        { "icpdas-ikan", "105", 1, "01 06 00 00 00 69 49 E4" },
        { "icpdas-ikan", "", 1, "01 05 00 64 00 00 8C 15" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_profile *profile = load(rows[i].name);
        struct led_write writes[LED_WRITES_MAX];
        assert_int_equal(led_profile_writes(profile, rows[i].ticket, writes), 1);
        assert_frame(rows[i].unit, &writes[0], rows[i].frame);
        led_profile_destroy(profile);
    }
}

static void blinking_and_light_become_requests(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint8_t unit;
        const char *on, *off, *half, *red;
    } rows[] = {
        { "owen-smi2", 16, "10 06 00 23 00 BB 3B 32", "10 06 00 23 00 00 7B 41", NULL, NULL },
        { "owen-smi2-m", 1, "01 10 10 06 00 01 02 00 01 76 37", "01 10 10 06 00 01 02 00 00 B7 F7",
          "01 10 10 05 00 01 02 00 35 77 D3", "01 10 10 04 00 01 02 00 01 77 D5" },
        { "dm56a04", 1, "01 06 00 08 00 0F 48 0C", "01 06 00 08 00 00 08 08", "01 06 00 09 00 05 99 CB",
          NULL },
        { "dm36b06", 1, "01 06 00 08 00 3F 48 18", "01 06 00 08 00 00 08 08", "01 06 00 09 00 05 99 CB",
          NULL },
        { "led-485", 1, NULL, NULL, NULL, NULL },
        { "ditel-dn", 1, "01 05 00 05 FF 00 9C 3B", "01 05 00 05 00 00 DD CB", NULL, NULL },
        { "icpdas-ikan", 1, NULL, NULL, NULL, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_profile *profile = load(rows[i].name);
        struct led_write write;
        assert_int_equal(profile->has_blink, rows[i].on != NULL);
        if (rows[i].on)
            assert_frame(rows[i].unit, &profile->blink_on, rows[i].on);
        if (rows[i].off)
            assert_frame(rows[i].unit, &profile->blink_off, rows[i].off);
        assert_int_equal(led_profile_brightness(profile, 50, &write), rows[i].half != NULL);
        if (rows[i].half)
            assert_frame(rows[i].unit, &write, rows[i].half);
        assert_int_equal(led_profile_colour(profile, LED_RED, &write), rows[i].red != NULL);
        if (rows[i].red)
            assert_frame(rows[i].unit, &write, rows[i].red);
        assert_false(led_profile_colour(profile, LED_COLOUR_OWN, &write));
        assert_false(led_profile_colour(profile, LED_ORANGE, &write));
        led_profile_destroy(profile);
    }
}

/* owen.ru, thread 10676: one frame for the units 1 to 3, with numbers (0x23 to 0x25) where we send text. */
static void a_group_frame_has_the_layout_that_was_seen_on_a_wire(void **state)
{
    (void)state;
    static const char *const text[] = { "A105", "7", "" };
    struct led_profile *smi2 = load("owen-smi2");
    struct led_write write;
    assert_true(led_profile_group(smi2, 1, 3, text, &write));
    assert_frame(0, &write,
                 "00 10 03 E9 00 0C 18 41 31 30 35 20 20 20 20 20 20 20 37 20 20 20 20 20 20 20 20 20 20 20 "
                 "20 26 AA");
    memset(write.value, 0, sizeof write.value);
    for (unsigned i = 0; i < 3; i++)
        write.value[4 * i + 3] = (uint16_t)(0x23 + i);
    assert_frame(0, &write,
                 "00 10 03 E9 00 0C 18 00 00 00 00 00 00 00 23 00 00 00 00 00 00 00 24 00 00 00 00 00 00 00 "
                 "25 4A BC");
    led_profile_destroy(smi2);
}

static void smi2_m_is_kept_from_its_safe_state_and_its_flash(void **state)
{
    (void)state;
    struct led_profile *profile = load("owen-smi2-m");
    assert_int_equal(profile->ninit, 3);
    assert_frame(1, &profile->init[0], "01 10 0F DD 00 02 04 00 00 00 00 7E 9A");
    assert_frame(1, &profile->init[1], "01 10 10 0A 00 02 04 00 00 00 05 7E 13");
    assert_frame(1, &profile->init[2], "01 10 10 99 00 01 02 00 04 AB 9B");
    assert_false(led_profile_may_write(profile, &(struct led_write){ .reg = 5000, .count = 1 }));
    assert_int_equal(profile->nblank, 0);
    led_profile_destroy(profile);
}

static void a_message_board_shows_its_message_first(void **state)
{
    (void)state;
    struct led_profile *profile = load("icpdas-ikan");
    char out[32], why[96];
    assert_int_equal(profile->ninit, 1);
    assert_frame(1, &profile->init[0], "01 05 00 64 FF 00 CD E5");
    assert_int_equal(led_fold(profile, "А105", out, sizeof out, why, sizeof why), -EILSEQ);
    assert_string_equal(why, "icpdas-ikan shows numbers only, and 'А' is of none");
    assert_int_equal(led_fold(profile, "05", out, sizeof out, why, sizeof why), -EILSEQ);
    led_profile_destroy(profile);
}

/* ---- letters --------------------------------------------------------------------------------- */

static const char alphabet[] = "АӘБВГҒДЕЁЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ";

/* What a letter becomes on boards with letters; those that are not here are refused. */
static const struct {
    const char *letter, *shown;
    bool has_ditel;
} shapes[] = {
    { "А", "A", true }, { "Е", "E", true }, { "Н", "H", true },  { "О", "o", false },
    { "Р", "P", true }, { "С", "C", true }, { "Т", "t", false }, { "У", "Y", false },
};

static const char *shape_of(const char *letter, bool is_ditel)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].letter, letter) == 0 && (!is_ditel || shapes[i].has_ditel))
            return shapes[i].shown;
    return NULL;
}

static void check_alphabet(const struct led_profile *profile)
{
    bool is_ditel = strcmp(led_profile_name(profile), "ditel-dn") == 0;
    static char letter[64][5];
    const char *series[64];
    unsigned count = 0;
    for (const char *at = alphabet, *end = alphabet + strlen(alphabet); at < end;) {
        char *utf8 = letter[count], out[32] = "", why[96];
        utf8[utf8_put(utf8, utf8_next(&at, end))] = '\0';
        series[count++] = utf8;
        const char *expected = shape_of(utf8, is_ditel);
        int error = led_fold(profile, utf8, out, sizeof out, why, sizeof why);
        if (error != (expected ? 0 : -EILSEQ) || strcmp(out, expected ? expected : "") != 0)
            fail_msg("%s: %s becomes \"%s\"", led_profile_name(profile), utf8, out);
    }
    unsigned clash[2];
    assert_false(led_series_clash(profile, NULL, series, count, clash));
}

static void letters_of_kazakh_and_russian_are_shown_truly_or_refused(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SHIPPED; i++) {
        struct led_profile *profile = load(shipped[i]);
        if (profile->text.packing != LED_PACK_NUMBER)
            check_alphabet(profile);
        led_profile_destroy(profile);
    }
}

/* Letters that seven segments draw as a digit or as another letter: S is 5, Z is 2, I is 1, K is H … */
static void latin_letters_that_lie_are_shown_by_no_board(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SHIPPED; i++) {
        struct led_profile *profile = load(shipped[i]);
        for (const char *c = "SZIKMQVWXsziqkmvwx"; *c; c++) {
            char out[32], why[96];
            assert_int_equal(led_fold(profile, (char[]){ *c, '\0' }, out, sizeof out, why, sizeof why),
                             -EILSEQ);
        }
        led_profile_destroy(profile);
    }
}

static void every_board_can_be_told_a_number_and_dark(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SHIPPED; i++) {
        struct led_profile *profile = load(shipped[i]);
        struct led_write writes[LED_WRITES_MAX];
        assert_true(led_profile_writes(profile, "8888", writes) > 0);
        int count = led_profile_writes(profile, "", writes);
        assert_true(count > 0);
        for (int w = 0; w < count; w++)
            assert_true(led_profile_may_write(profile, &writes[w]));
        led_profile_destroy(profile);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_says_where_it_comes_from_and_what_is_not_known),
        cmocka_unit_test(a_ticket_becomes_the_request_of_the_vendors_map),
        cmocka_unit_test(blinking_and_light_become_requests),
        cmocka_unit_test(a_group_frame_has_the_layout_that_was_seen_on_a_wire),
        cmocka_unit_test(smi2_m_is_kept_from_its_safe_state_and_its_flash),
        cmocka_unit_test(a_message_board_shows_its_message_first),
        cmocka_unit_test(letters_of_kazakh_and_russian_are_shown_truly_or_refused),
        cmocka_unit_test(latin_letters_that_lie_are_shown_by_no_board),
        cmocka_unit_test(every_board_can_be_told_a_number_and_dark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
