#include "protocol/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void well_formed_text_is_read_code_point_by_code_point(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t cp;
    } rows[] = {
        { "A", 'A' },
        { "\x7F", 0x7F },
        { "\xC2\x80", 0x80 },
        { "\xD2\x9A", 0x49A }, /* Қ */
        { "\xDF\xBF", 0x7FF },
        { "\xE0\xA0\x80", 0x800 },
        { "\xED\x9F\xBF", 0xD7FF },
        { "\xEE\x80\x80", 0xE000 },
        { "\xEF\xBF\xBD", 0xFFFD },
        { "\xF0\x90\x80\x80", 0x10000 },
        { "\xF4\x8F\xBF\xBF", 0x10FFFF },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *at = rows[i].text, *end = at + strlen(at);
        assert_int_equal(utf8_next(&at, end), rows[i].cp);
        assert_ptr_equal(at, end);
        char out[4];
        assert_int_equal(utf8_put(out, rows[i].cp), strlen(rows[i].text));
        assert_memory_equal(out, rows[i].text, strlen(rows[i].text));
    }
}

static void a_malformed_byte_is_found_at_its_offset(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t bad;
    } rows[] = {
        { "\x80", 0 }, /* continuation without lead */
        { "ab\xBF", 2 },
        { "\xC0\x80", 0 },         /* overlong NUL */
        { "\xC1\xBF", 0 },         /* overlong DEL */
        { "\xE0\x9F\xBF", 0 },     /* overlong three bytes */
        { "\xF0\x8F\xBF\xBF", 0 }, /* overlong four bytes */
        { "\xED\xA0\x80", 0 },     /* surrogate */
        { "a\xED\xBF\xBF", 1 },
        { "\xF4\x90\x80\x80", 0 }, /* U+110000 */
        { "\xF5\x80\x80\x80", 0 },
        { "\xFF", 0 },
        { "\xFE", 0 },
        { "\xC2", 0 }, /* cut off */
        { "\xE2\x82", 0 },
        { "x\xF0\x9F\x98", 1 },
        { "\xC2\x41", 0 }, /* lead without continuation */
        { "\xE2\x82\x41", 0 },
        { "\xD0\x90\xD0", 2 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(utf8_check(rows[i].text, strlen(rows[i].text)), rows[i].bad);
        const char *at = rows[i].text + rows[i].bad;
        assert_int_equal(utf8_next(&at, rows[i].text + strlen(rows[i].text)), UTF8_BAD);
        assert_ptr_equal(at, rows[i].text + rows[i].bad + 1);
    }
    assert_int_equal(utf8_check("a\0b", 3), 3);
    assert_int_equal(utf8_check("", 0), 0);
}

static void every_scalar_value_survives_the_round_trip(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x110000; cp++) {
        char out[4];
        unsigned length = utf8_put(out, cp);
        bool is_scalar = cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
        if ((length > 0) != is_scalar)
            fail_msg("U+%X", cp);
        const char *at = out;
        if (is_scalar && (utf8_next(&at, out + length) != cp || at != out + length))
            fail_msg("U+%X", cp);
    }
    char out[4];
    assert_int_equal(utf8_put(out, UTF8_BAD), 0);
}

static void code_points_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(""), 0);
    assert_int_equal(utf8_count("А042"), 4);
    assert_int_equal(utf8_count("Қ€\xF0\x9F\x98\x80"), 3);
}

static void what_hides_or_reorders_text_is_not_printable(void **state)
{
    (void)state;
    static const uint32_t bad[] = { 0,       0x09,    0x0A,    0x1F,    0x7F,     0x80,     0x9F,
                                    0xAD,    0x61C,   0x200B,  0x200E,  0x200F,   0x2028,   0x2029,
                                    0x202A,  0x202E,  0x2060,  0x2066,  0x2069,   0xD800,   0xDFFF,
                                    0xE000,  0xF8FF,  0xFDD0,  0xFEFF,  0xFFFE,   0xFFFF,   0xFFF9,
                                    0x1FFFE, 0xE0001, 0xE0041, 0xF0000, 0x10FFFF, 0x110000, UTF8_BAD };
    static const uint32_t good[] = { ' ',    '~',    'A',    0xA0,   0x410,  0x49A,
                                     0x2014, 0x2116, 0x200D, 0x20B8, 0xFFFD, 0x1F600 };
    for (size_t i = 0; i < COUNT(bad); i++)
        if (utf8_is_printable(bad[i]))
            fail_msg("U+%X is printable", bad[i]);
    for (size_t i = 0; i < COUNT(good); i++)
        if (!utf8_is_printable(good[i]))
            fail_msg("U+%X is not printable", good[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed_text_is_read_code_point_by_code_point),
        cmocka_unit_test(a_malformed_byte_is_found_at_its_offset),
        cmocka_unit_test(every_scalar_value_survives_the_round_trip),
        cmocka_unit_test(code_points_are_counted_not_bytes),
        cmocka_unit_test(what_hides_or_reorders_text_is_not_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
