#include "fonts/face.h"
#include "tests/unit/fonts_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct glyph *icon(enum icon icon, int size_px)
{
    return glyph_get(fonts, icon_key(icon, size_px));
}

static uint8_t at(const struct glyph *glyph, int x, int y)
{
    x -= glyph->left;
    y -= glyph->top;
    return x < 0 || y < 0 || x >= glyph->width || y >= glyph->height ? 0
                                                                     : glyph->alpha[y * glyph->stride + x];
}

static void every_letter_of_the_three_languages_is_covered(void **state)
{
    (void)state;
    for (enum weight weight = 0; weight < WEIGHTS; weight++) {
        assert_int_equal(
            fonts_uncovered(fonts, weight, "ӘҒҚҢӨҰҮҺІәғқңөұүһі АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"), 0);
        assert_int_equal(fonts_uncovered(fonts, weight, "абвгдеёжзийклмнопрстуфхцчшщъыьэюя «№» – · ₸"), 0);
        assert_int_equal(fonts_uncovered(fonts, weight, "The quick brown fox 0123456789 →←↑↓"), 0);
    }
}

static void the_first_missing_character_is_named(void **state)
{
    (void)state;
    assert_int_equal(fonts_uncovered(fonts, WEIGHT_BOLD, "А𒀀Б漢"), 0x12000);
    assert_false(fonts_cover(fonts, WEIGHT_BOLD, 0x12000));
}

static void a_control_character_needs_no_glyph(void **state)
{
    (void)state;
    assert_int_equal(fonts_uncovered(fonts, WEIGHT_BOLD, "А\nБ"), 0);
}

static void a_broken_byte_counts_as_the_replacement_character(void **state)
{
    (void)state;
    assert_int_equal(fonts_uncovered(fonts, WEIGHT_BOLD, "\xd0"),
                     fonts_cover(fonts, WEIGHT_BOLD, 0xfffd) ? 0 : 0xfffd);
}

static void metrics_scale_with_the_size(void **state)
{
    const struct font_metrics m = fonts_metrics(fonts, WEIGHT_BOLD, 1000);

    (void)state;
    assert_int_equal(m.cap_px, 714);
    assert_int_equal(m.digit_px, 714);
    assert_true(m.ascent_px > m.cap_px && m.descent_px > 0);
    assert_int_equal(fonts_metrics(fonts, WEIGHT_BOLD, 100).cap_px, 71);
}

static void equal_keys_are_equal_pixels_also_after_eviction(void **state)
{
    struct glyph_cache_stats stats;
    const glyph_key key = icon_key(ICON_WARNING, 500);
    const struct glyph first = *glyph_get(fonts, key);
    const size_t bytes = (size_t)first.stride * first.height;
    uint8_t *copy = malloc(bytes);

    (void)state;
    memcpy(copy, first.alpha, bytes);
    for (int size = 600; size < 700; size++)
        icon(ICON_CORNER, size);
    glyph_cache_stats(fonts, &stats);
    assert_true(stats.evictions > 0);
    assert_true(stats.bytes <= GLYPH_CACHE_BYTES);
    assert_int_equal(glyph_get(fonts, key)->height, first.height);
    assert_memory_equal(glyph_get(fonts, key)->alpha, copy, bytes);
    free(copy);
}

static void groups_are_marked_that_differ_from_the_row_above(void **state)
{
    const struct glyph *glyph = icon(ICON_WARNING, 700); /* more than one word a row */
    unsigned marked = 0;

    (void)state;
    assert_int_equal(glyph->changed_words, 3);
    for (int y = 0; y < glyph->height; y++)
        for (int group = 0; group < glyph->stride / 4; group++) {
            const uint8_t *alpha = glyph->alpha + y * glyph->stride + group * 4, none[4] = { 0 };
            const bool is_marked = glyph->changed[y * 3 + group / 64] >> group % 64 & 1;

            assert_int_equal(is_marked, memcmp(alpha, y ? alpha - glyph->stride : none, 4) != 0);
            marked += is_marked;
        }
    assert_in_range(marked, 700, 5000);
}

/* Letters of some sizes: numbers are equal where the coverage is, and only there. */
static void equal_numbers_are_equal_coverage(void **state)
{
    enum { SIZES = 6, LETTERS = 40, COUNT = SIZES * LETTERS };
    static struct glyph glyph[COUNT];
    (void)state;
    for (unsigned i = 0; i < COUNT; i++)
        glyph[i] = *glyph_get(fonts, fonts_glyph_key(WEIGHT_BOLD, 0, 12 + (int)(i % SIZES), 36 + i / SIZES));
    for (unsigned i = 0; i < COUNT; i++)
        for (unsigned j = 0; j < i; j++) {
            const size_t bytes = (size_t)glyph[i].height * glyph[i].stride;
            bool is_same = glyph[i].width == glyph[j].width && glyph[i].height == glyph[j].height &&
                           (!bytes || memcmp(glyph[i].alpha, glyph[j].alpha, bytes) == 0);
            assert_int_equal(glyph[i].hash == glyph[j].hash, is_same);
        }
}

static void the_cache_stays_within_its_bounds_with_many_small_glyphs(void **state)
{
    struct glyph_cache_stats stats;

    (void)state;
    for (int round = 0; round < 2; round++)
        for (int size = 1; size <= 700; size++)
            for (enum icon i = 0; i < ICONS; i++)
                icon(i, size % 60 + 1 + (size / 60) * 3);
    for (int size = 1; size <= 500; size++)
        for (enum icon i = 0; i < ICONS; i++)
            icon(i, size);
    glyph_cache_stats(fonts, &stats);
    assert_true(stats.bytes <= GLYPH_CACHE_BYTES);
    assert_true(stats.glyphs <= 4096);
    assert_true(at(icon(ICON_ARROW_RIGHT, 9), 4, 4) > 0);
}

static void a_wrong_key_is_an_empty_glyph(void **state)
{
    (void)state;
    assert_int_equal(icon_key(ICON_WARNING, 0), 0);
    assert_int_equal(icon_key(ICON_WARNING, 100000), 0);
    assert_int_equal(glyph_get(fonts, 0)->height, 0);
    assert_int_equal(glyph_get(fonts, 0x77ull << 48 | 20ull << 32 | 5)->height, 0);
    assert_int_equal(glyph_get(fonts, 1ull << 48 | 20ull << 32 | 0xffffffu)->height, 0);
}

static void arrows_point_where_they_say(void **state)
{
    static const struct {
        enum icon icon;
        int tip_x, tip_y, tail_x, tail_y; /* inside the stroke at both ends, of 100 */
    } rows[] = {
        { ICON_ARROW_RIGHT, 95, 50, 3, 50 },      { ICON_ARROW_LEFT, 5, 50, 97, 50 },
        { ICON_ARROW_UP, 50, 5, 50, 97 },         { ICON_ARROW_DOWN, 50, 95, 50, 3 },
        { ICON_ARROW_UP_LEFT, 18, 18, 83, 83 },   { ICON_ARROW_UP_RIGHT, 82, 18, 17, 83 },
        { ICON_ARROW_DOWN_LEFT, 18, 82, 83, 17 }, { ICON_ARROW_DOWN_RIGHT, 82, 82, 17, 17 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct glyph *glyph = icon(rows[i].icon, 100);
        const int dx = rows[i].tip_x - rows[i].tail_x, dy = rows[i].tip_y - rows[i].tail_y;

        assert_int_equal(at(glyph, 50, 50), 255);
        assert_int_equal(at(glyph, rows[i].tip_x, rows[i].tip_y), 255);
        assert_int_equal(at(glyph, rows[i].tail_x, rows[i].tail_y), 255);
        /* The head is wide: a point beside the shaft near the tip is inked, the same beside the tail is not.
         */
        assert_int_equal(at(glyph, 50 + dx / 5 - dy * 28 / 100, 50 + dy / 5 + dx * 28 / 100), 255);
        assert_int_equal(at(glyph, 50 - dx * 2 / 5 - dy * 28 / 100, 50 - dy * 2 / 5 + dx * 28 / 100), 0);
    }
}

static void icons_stay_inside_their_square(void **state)
{
    (void)state;
    for (enum icon i = 0; i < ICONS; i++)
        for (int size = 8; size < 200; size += 7) {
            const struct glyph *glyph = icon(i, size);

            assert_true(glyph->left >= 0 && glyph->top >= 0);
            assert_true(glyph->left + glyph->width <= size && glyph->top + glyph->height <= size);
        }
}

static void the_warning_has_its_mark_cut_out(void **state)
{
    const struct glyph *glyph = icon(ICON_WARNING, 100);

    (void)state;
    assert_int_equal(at(glyph, 50, 25), 255);
    assert_int_equal(at(glyph, 50, 50), 0);
    assert_int_equal(at(glyph, 50, 72), 255);
    assert_int_equal(at(glyph, 50, 80), 0);
    assert_int_equal(at(glyph, 50, 90), 255);
}

static void a_corner_is_a_quarter_disc(void **state)
{
    const struct glyph *glyph = icon(ICON_CORNER, 40);

    (void)state;
    for (int y = 0; y < 40; y++)
        for (int x = 0; x < 40; x++) {
            const int distance2 = (39 - x) * (39 - x) + (39 - y) * (39 - y);

            if (distance2 < 37 * 37)
                assert_int_equal(at(glyph, x, y), 255);
            if (distance2 > 41 * 41)
                assert_int_equal(at(glyph, x, y), 0);
            assert_true(abs(at(glyph, x, y) - at(glyph, y, x)) <= 4);
        }
}

static void a_missing_preferred_file_is_replaced_by_the_next(void **state)
{
    static const char *const second[] = { "/nonexistent/font.ttf",
                                          "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", NULL };
    const struct font_files files = { .path = { second, second } };
    char error[200];
    struct fonts *other = fonts_create(&files, error, sizeof(error));

    (void)state;
    assert_non_null(other);
    assert_true(fonts_cover(other, WEIGHT_BOLD, 0x49a));
    fonts_destroy(other);
}

static void without_any_face_the_error_names_file_and_package(void **state)
{
    static const char *const none[] = { "/nonexistent/font.ttf", NULL };
    const struct font_files files = { .path = { none, none } };
    char error[200];

    (void)state;
    assert_null(fonts_create(&files, error, sizeof(error)));
    assert_non_null(strstr(error, "/nonexistent/font.ttf"));
    assert_non_null(strstr(error, "fonts-noto-core"));
}

static void a_file_that_is_no_font_is_refused(void **state)
{
    char path[] = "/tmp/kezek-font-XXXXXX", error[200];
    const int fd = mkstemp(path);
    const char *const paths[] = { path, NULL };
    const struct font_files files = { .path = { paths, paths } };

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "not a font at all", 17), 17);
    close(fd);
    assert_null(fonts_create(&files, error, sizeof(error)));
    assert_non_null(strstr(error, "not a usable font"));
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_letter_of_the_three_languages_is_covered),
        cmocka_unit_test(the_first_missing_character_is_named),
        cmocka_unit_test(a_control_character_needs_no_glyph),
        cmocka_unit_test(a_broken_byte_counts_as_the_replacement_character),
        cmocka_unit_test(metrics_scale_with_the_size),
        cmocka_unit_test(equal_keys_are_equal_pixels_also_after_eviction),
        cmocka_unit_test(groups_are_marked_that_differ_from_the_row_above),
        cmocka_unit_test(equal_numbers_are_equal_coverage),
        cmocka_unit_test(the_cache_stays_within_its_bounds_with_many_small_glyphs),
        cmocka_unit_test(a_wrong_key_is_an_empty_glyph),
        cmocka_unit_test(arrows_point_where_they_say),
        cmocka_unit_test(icons_stay_inside_their_square),
        cmocka_unit_test(the_warning_has_its_mark_cut_out),
        cmocka_unit_test(a_corner_is_a_quarter_disc),
        cmocka_unit_test(a_missing_preferred_file_is_replaced_by_the_next),
        cmocka_unit_test(without_any_face_the_error_names_file_and_package),
        cmocka_unit_test(a_file_that_is_no_font_is_refused),
    };

    return cmocka_run_group_tests_name("glyph", tests, open_fonts, close_fonts);
}
