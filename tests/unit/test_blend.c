#include "board/paint/blend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

static void every_value_is_packed_to_the_nearest_step_wherever_it_stands(void **state)
{
    uint32_t line[256 + 7];
    uint16_t packed[256 + 7];

    (void)state;
    for (unsigned i = 0; i < 256 + 7; i++)
        line[i] = (i & 0xff) * 0x10101;
    for (int width = 256; width < 256 + 8; width++) {
        pack_rgb565(packed, line, width);
        for (int i = 0; i < width; i++) {
            const unsigned value = line[i] & 0xff, five = (value * 31 * 2 + 255) / 510,
                           six = (value * 63 * 2 + 255) / 510;

            assert_int_equal(packed[i], five << 11 | six << 5 | five);
        }
    }
}

static void a_shade_is_what_blending_gives(void **state)
{
    static const color colors[] = { 0x000000, 0xffffff, 0x0b1424, 0xffd400, 0x123456 };
    static struct shades shades;
    uint8_t alpha[256 + 7];
    uint32_t line[256 + 7];
    uint16_t packed[256 + 7], expected[256 + 7];

    (void)state;
    for (unsigned i = 0; i < 256 + 7; i++)
        alpha[i] = i < 16 ? i < 8 ? 0 : 255 : (uint8_t)i; /* two groups that are even, too */
    for (unsigned pair = 0; pair < 25; pair++) {
        const color ink = colors[pair / 5], below = colors[pair % 5];

        shades_init(&shades, ink, below);
        for (int width = 256; width < 256 + 8; width++) {
            memset(line, 0xa5, sizeof(line));
            memset(packed, 0xa5, sizeof(packed));
            shade_row(line, alpha, NULL, width, &shades);
            shade_row_rgb565(packed, alpha, NULL, width, &shades);
            pack_rgb565(expected, line, width);
            for (int i = 0; i < width; i++)
                assert_int_equal(line[i], blend_one(below, ink, alpha[i]));
            assert_memory_equal(packed, expected, (size_t)width * sizeof(packed[0]));
            for (int i = width; i < 256 + 7; i++)
                assert_true(line[i] == 0xa5a5a5a5 && packed[i] == 0xa5a5);
        }
    }
}

/* Whole groups, the last of which may begin earlier; what lies beyond stays. */
static void groups_that_have_not_changed_keep_what_they_have(void **state)
{
    enum { WIDTH = 256 + 35 };
    static const uint64_t changed[] = { 1 | 1u << 5 | UINT64_C(1) << 63, 1 << 1 | 1 << 8 };
    static struct shades shades;
    uint8_t alpha[WIDTH];
    uint32_t line[WIDTH] = { 0 };
    uint16_t packed[WIDTH] = { 0 };

    (void)state;
    shades_init(&shades, 0xffd400, 0x0b1424);
    memset(alpha, 100, sizeof(alpha));
    shade_row(line, alpha, changed, WIDTH, &shades);
    shade_row_rgb565(packed, alpha, changed, WIDTH, &shades);
    for (int i = 0; i < WIDTH; i++) {
        const bool is_new = (changed[i / 256] >> i / 4 % 64 & 1) || i >= WIDTH - 4;

        assert_int_equal(line[i], is_new ? shades.wide[100] : 0);
        assert_int_equal(packed[i], is_new ? shades.packed[100] : 0);
    }
}

static void a_narrow_letter_stops_where_it_shall(void **state)
{
    static const uint64_t changed = 1 | 1 << 1;
    static struct shades shades;
    const uint8_t alpha[8] = { 9, 9, 9, 9, 9, 9, 9, 9 };

    (void)state;
    shades_init(&shades, 0xffd400, 0x0b1424);
    for (int width = 0; width <= 8; width++) {
        uint32_t line[8] = { 0 };
        uint16_t packed[8] = { 0 };

        shade_row(line, alpha, &changed, width, &shades);
        shade_row_rgb565(packed, alpha, &changed, width, &shades);
        for (int i = 0; i < 8; i++) {
            assert_int_equal(line[i], i < width ? shades.wide[9] : 0);
            assert_int_equal(packed[i], i < width ? shades.packed[9] : 0);
        }
    }
}

/* A neighbour may stand right behind a glyph's last column, and in the last group of it. */
static void a_blended_glyph_packs_nothing_beyond_its_width(void **state)
{
    const uint8_t alpha[16] = { 255, 255, 255, 255, 255, 255, 255, 255, 7, 7, 7 };
    uint32_t line[16] = { 0 };
    uint16_t packed[16];

    (void)state;
    memset(packed, 0xa5, sizeof(packed));
    blend_row_rgb565(line, packed, alpha, 2, 11, 0xffffff);
    for (int i = 0; i < 16; i++)
        assert_int_equal(packed[i], i < 8 ? 0xffff : i < 11 ? 0x0841 : 0xa5a5);
}

static void a_fill_of_16_bits_stops_where_it_shall(void **state)
{
    uint16_t out[40];

    (void)state;
    for (int start = 0; start < 4; start++)
        for (int width = 0; width < 33; width++) {
            memset(out, 0, sizeof(out));
            fill_rgb565(out + start, width, 0xffd400);
            for (int i = 0; i < 40; i++)
                assert_int_equal(out[i], i >= start && i < start + width ? 0xfe80 : 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_packed_to_the_nearest_step_wherever_it_stands),
        cmocka_unit_test(a_shade_is_what_blending_gives),
        cmocka_unit_test(groups_that_have_not_changed_keep_what_they_have),
        cmocka_unit_test(a_narrow_letter_stops_where_it_shall),
        cmocka_unit_test(a_blended_glyph_packs_nothing_beyond_its_width),
        cmocka_unit_test(a_fill_of_16_bits_stops_where_it_shall),
    };

    return cmocka_run_group_tests_name("blend", tests, NULL, NULL);
}
