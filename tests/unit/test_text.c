#include "fonts/text.h"
#include "tests/heap_count.h"
#include "tests/unit/fonts_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct text_style text_40 = { .weight = WEIGHT_REGULAR, .size_px = 40, .lang = "kk" };
static const struct text_style number_100 = {
    .weight = WEIGHT_BOLD, .size_px = 100, .lang = "kk", .is_number = true
};

static void each_letter_stands_after_the_one_before(void **state)
{
    const struct text_line *line = text_shape(fonts, &text_40, "Қабылдау бөлмесі");

    (void)state;
    assert_int_equal(line->nglyphs, 16);
    for (unsigned i = 1; i < line->nglyphs; i++)
        assert_true(line->glyph[i].x > line->glyph[i - 1].x);
    assert_true(line->width_px > line->glyph[15].x);
    assert_false(line->is_cut);
}

static void figures_of_a_number_are_all_as_wide(void **state)
{
    const int width = text_shape(fonts, &number_100, "0000")->width_px;

    (void)state;
    for (char digit = '1'; digit <= '9'; digit++) {
        const char text[] = { digit, digit, digit, digit, '\0' };

        assert_int_equal(text_shape(fonts, &number_100, text)->width_px, width);
    }
}

static void zero_is_slashed_in_numbers_only(void **state)
{
    struct text_style plain = number_100;
    glyph_key slashed, round;

    (void)state;
    plain.is_number = false;
    slashed = text_shape(fonts, &number_100, "0")->glyph[0].key;
    round = text_shape(fonts, &plain, "0")->glyph[0].key;
    assert_true(slashed != round);
    assert_true(text_shape(fonts, &number_100, "1")->glyph[0].key ==
                text_shape(fonts, &plain, "1")->glyph[0].key);
}

static void a_character_missing_in_the_first_face_comes_from_the_second(void **state)
{
    const struct text_line *line = text_shape(fonts, &text_40, "a→b");

    (void)state;
    assert_int_equal(line->nglyphs, 3);
    assert_true(line->glyph[0].key >> 48 == line->glyph[2].key >> 48);
    assert_true(line->glyph[1].key >> 48 != line->glyph[0].key >> 48);
    assert_true(glyph_get(fonts, line->glyph[1].key)->width > 10);
}

static void a_character_without_any_glyph_is_a_box(void **state)
{
    const struct text_line *line = text_shape(fonts, &text_40, "a\U00012000b");

    (void)state;
    assert_int_equal(line->nglyphs, 3);
    assert_int_equal(line->glyph[1].key & 0xffffffff, 0);
    assert_true(glyph_get(fonts, line->glyph[1].key)->height > 0);
}

static void ink_lies_where_the_glyphs_are(void **state)
{
    static const char *const texts[] = { "А 042", "j", "Д 063", "Терезе", "7", "«Open Almaty» қоғамдық" };

    (void)state;
    for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++) {
        const struct text_line *line = text_shape(fonts, &number_100, texts[t]);
        int left = 10000, right = -10000;

        for (unsigned i = 0; i < line->nglyphs; i++) {
            const struct glyph *glyph = glyph_get(fonts, line->glyph[i].key);
            const int start = line->glyph[i].x + glyph->left;

            if (glyph->width > 0 && start < left)
                left = start;
            if (glyph->width > 0 && start + glyph->width > right)
                right = start + glyph->width;
        }
        assert_in_range(line->ink_left_px + 1000, left + 999, left + 1000);
        assert_in_range(line->ink_right_px + 1000, right + 1000, right + 1001);
    }
}

static void a_line_that_is_too_long_ends_in_an_ellipsis(void **state)
{
    char text[2 * 400 + 1] = "";
    const struct text_line *line;

    (void)state;
    for (int i = 0; i < 400; i++)
        strcat(text, "Қ");
    line = text_shape(fonts, &text_40, text);
    assert_true(line->is_cut);
    assert_int_equal(line->nglyphs, TEXT_GLYPHS_MAX);
    assert_true(line->glyph[TEXT_GLYPHS_MAX - 1].key != line->glyph[0].key);
    assert_true(line->glyph[TEXT_GLYPHS_MAX - 1].key == text_shape(fonts, &text_40, "…")->glyph[0].key);
}

static void broken_text_and_control_characters_do_no_harm(void **state)
{
    static const char *const texts[] = { "",          "\n",           "\xff\xfe", "\xd0",
                                         "a\xe2\x80", "\xed\xa0\x80", "\xf0\x9f", "\t\x7f" };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_true(text_shape(fonts, &text_40, texts[i])->width_px >= 0);
    assert_int_equal(text_shape(fonts, &text_40, "")->nglyphs, 0);
}

static void sizes_out_of_range_are_brought_into_it(void **state)
{
    struct text_style style = text_40;

    (void)state;
    style.size_px = -5;
    assert_true(text_shape(fonts, &style, "abc")->width_px > 0);
    style.size_px = 1 << 30;
    assert_true(text_shape(fonts, &style, "abc")->width_px < 1200 * 3);
}

static void the_fitted_size_is_the_largest_that_fits(void **state)
{
    static const char *const texts[] = { "А 042", "Қоғамдық қабылдау бөлмесі", "12",
                                         "Front office (desks 1 to 12)" };

    (void)state;
    for (size_t t = 0; t < sizeof(texts) / sizeof(texts[0]); t++)
        for (int width = 80; width < 900; width += 83) {
            struct text_style style = number_100;
            const int size = text_fit(fonts, &style, texts[t], width, 6, 300);

            style.size_px = size;
            if (size > 6)
                assert_true(text_shape(fonts, &style, texts[t])->width_px <= width);
            style.size_px = size + 1;
            if (size < 300)
                assert_true(text_shape(fonts, &style, texts[t])->width_px > width);
        }
}

static void a_text_that_never_fits_gets_the_least_size(void **state)
{
    (void)state;
    assert_int_equal(text_fit(fonts, &text_40, "Қоғамдық қабылдау бөлмесі", 10, 20, 60), 20);
    assert_int_equal(text_fit(fonts, &text_40, "", 10, 20, 60), 60);
}

static void lines_break_at_spaces_and_fit(void **state)
{
    const char *text =
        "Немедленно покиньте здание.  Двигайтесь по эвакуационным лестницам. Не пользуйтесь лифтом.";
    char out[6][TEXT_LINE_BYTES], joined[600] = "";
    const unsigned count = text_break(fonts, &text_40, text, 600, out, 6);

    (void)state;
    assert_in_range(count, 3, 4);
    for (unsigned i = 0; i < count; i++) {
        assert_true(text_shape(fonts, &text_40, out[i])->width_px <= 600);
        assert_true(out[i][0] != ' ' && out[i][strlen(out[i]) - 1] != ' ');
        strcat(strcat(joined, i ? " " : ""), out[i]);
    }
    assert_non_null(strstr(joined, "Не пользуйтесь лифтом."));
    assert_null(strstr(joined, "…"));
}

static void text_beyond_the_last_line_is_cut_with_an_ellipsis(void **state)
{
    char out[2][TEXT_LINE_BYTES];

    (void)state;
    assert_int_equal(
        text_break(fonts, &text_40, "один два три четыре пять шесть семь восемь девять", 300, out, 2), 2);
    assert_null(strstr(out[0], "…"));
    assert_string_equal(out[1] + strlen(out[1]) - 3, "…");
    assert_true(text_shape(fonts, &text_40, out[1])->width_px <= 300);
}

static void a_word_that_is_too_wide_is_cut_and_the_rest_goes_on(void **state)
{
    char out[4][TEXT_LINE_BYTES];

    (void)state;
    assert_int_equal(text_break(fonts, &text_40, "да Превысокомногорассмотрительствующий нет", 300, out, 4),
                     3);
    assert_string_equal(out[0], "да");
    assert_non_null(strstr(out[1], "…"));
    assert_true(text_shape(fonts, &text_40, out[1])->width_px <= 300);
    assert_string_equal(out[2], "нет");
}

static void breaking_survives_odd_texts(void **state)
{
    char out[2][TEXT_LINE_BYTES], long_word[2000];

    (void)state;
    memset(long_word, 'w', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    assert_int_equal(text_break(fonts, &text_40, "", 300, out, 2), 0);
    assert_int_equal(text_break(fonts, &text_40, "   ", 300, out, 2), 0);
    assert_int_equal(text_break(fonts, &text_40, "abc", 300, out, 0), 0);
    assert_int_equal(text_break(fonts, &text_40, "abc", 0, out, 2), 1);
    assert_int_equal(text_break(fonts, &text_40, long_word, 300, out, 2), 1);
    assert_int_equal(text_break(fonts, &text_40, long_word, 30000, out, 2), 1);
}

static void an_answer_lasts_until_the_cache_has_turned_over(void **state)
{
    const struct text_line *first = text_shape(fonts, &number_100, "first");
    const int width = first->width_px;
    char text[16];

    (void)state;
    for (int i = 0; i < TEXT_CACHE_LINES - 1; i++) {
        snprintf(text, sizeof(text), "n %d", i);
        text_shape(fonts, &number_100, text);
    }
    assert_int_equal(first->width_px, width);
    for (int i = 0; i < 3 * TEXT_CACHE_LINES; i++) {
        snprintf(text, sizeof(text), "m %d", i);
        text_shape(fonts, &number_100, text);
    }
    assert_int_equal(text_shape(fonts, &number_100, "first")->width_px, width);
}

static void a_new_ticket_of_known_letters_allocates_nothing(void **state)
{
    char text[16];
    unsigned before;

    (void)state;
#if COUNTS_HEAP
    assert_true(allocations > 100); /* the counting works */
#endif
    for (int digit = 0; digit < 10; digit++) {
        snprintf(text, sizeof(text), "А %d", digit);
        const struct text_line *line = text_shape(fonts, &number_100, text);

        for (unsigned i = 0; i < line->nglyphs; i++)
            glyph_get(fonts, line->glyph[i].key);
    }
    before = allocations;
    for (int number = 100; number < 999; number++) {
        snprintf(text, sizeof(text), "А %03d", number);
        const struct text_line *line = text_shape(fonts, &number_100, text);

        for (unsigned i = 0; i < line->nglyphs; i++)
            glyph_get(fonts, line->glyph[i].key);
    }
    assert_int_equal(allocations - before, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_letter_stands_after_the_one_before),
        cmocka_unit_test(figures_of_a_number_are_all_as_wide),
        cmocka_unit_test(zero_is_slashed_in_numbers_only),
        cmocka_unit_test(a_character_missing_in_the_first_face_comes_from_the_second),
        cmocka_unit_test(a_character_without_any_glyph_is_a_box),
        cmocka_unit_test(ink_lies_where_the_glyphs_are),
        cmocka_unit_test(a_line_that_is_too_long_ends_in_an_ellipsis),
        cmocka_unit_test(broken_text_and_control_characters_do_no_harm),
        cmocka_unit_test(sizes_out_of_range_are_brought_into_it),
        cmocka_unit_test(the_fitted_size_is_the_largest_that_fits),
        cmocka_unit_test(a_text_that_never_fits_gets_the_least_size),
        cmocka_unit_test(lines_break_at_spaces_and_fit),
        cmocka_unit_test(text_beyond_the_last_line_is_cut_with_an_ellipsis),
        cmocka_unit_test(a_word_that_is_too_wide_is_cut_and_the_rest_goes_on),
        cmocka_unit_test(breaking_survives_odd_texts),
        cmocka_unit_test(an_answer_lasts_until_the_cache_has_turned_over),
        cmocka_unit_test(a_new_ticket_of_known_letters_allocates_nothing),
    };

    return cmocka_run_group_tests_name("text", tests, open_fonts, close_fonts);
}
