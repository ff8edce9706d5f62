/* The order and size of languages: what the judge finds in pictures made by hand, in real walls, and what check says of it. */
#include "board/check/check.h"
#include "board/check/languages.h"
#include "tests/unit/scene_bench.h"

enum { KK, RU, EN };
static char reason[160];

static void put(int lang, int size_px, int x, int y, enum text_role role)
{
    struct text_style style = { .weight = WEIGHT_BOLD, .size_px = size_px };
    unsigned first = picture.nglyphs;
    picture_line(&picture, text_shape(fonts, &style, "аб"), x, y, 0xffffff);
    for (unsigned i = first; i < picture.nglyphs; i++) {
        picture.glyph[i].role = role;
        picture.glyph[i].lang = (uint32_t)lang & 7;
    }
}

static bool is_good(void)
{
    reason[0] = '\0';
    bool is_held = languages_hold(&room.config, &picture, reason, sizeof reason);
    assert_true(is_held == (reason[0] == '\0'));
    return is_held;
}

static void start(void)
{
    room_init(&room, 3);
    picture_init(&picture, 1920, 1080, 0);
}

static void kazakh_stands_above_or_on_the_left(void **state)
{
    (void)state;
    start();
    put(KK, 40, 100, 100, ROLE_NOTICE);
    put(RU, 40, 100, 150, ROLE_NOTICE);
    assert_true(is_good());
    start();
    put(KK, 40, 100, 100, ROLE_NOTICE);
    put(RU, 40, 900, 100, ROLE_NOTICE);
    put(EN, 40, 500, 100, ROLE_NOTICE);
    assert_true(is_good());
    start();
    put(KK, 40, 100, 150, ROLE_NOTICE);
    put(RU, 40, 100, 100, ROLE_NOTICE);
    assert_false(is_good());
    assert_string_equal(reason,
                        "notices: kk at 100,150 in 40 px, ru at 100,100 in 40 px: Kazakh must stand above or "
                        "on the left; put it first in languages");
    start();
    put(KK, 40, 900, 100, ROLE_NOTICE);
    put(RU, 40, 100, 100, ROLE_NOTICE);
    assert_false(is_good());
    start(); /* two lines beside one are neither above nor on the left */
    put(RU, 40, 100, 100, ROLE_ALERT);
    put(KK, 40, 100, 150, ROLE_ALERT);
    assert_false(is_good());
}

static void the_two_have_one_size_and_others_are_not_larger(void **state)
{
    (void)state;
    static const struct {
        int kk, ru, en;
        bool is_good;
    } rows[] = { { 40, 40, 40, true },  { 40, 40, 30, true }, { 40, 39, 30, false }, { 39, 40, 30, false },
                 { 40, 40, 41, false }, { 40, 0, 41, false }, { 40, 0, 40, true },   { 40, 41, 0, false } };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        start();
        put(KK, rows[i].kk, 100, 100, ROLE_HEADER);
        if (rows[i].ru)
            put(RU, rows[i].ru, 100, 150, ROLE_HEADER);
        if (rows[i].en)
            put(EN, rows[i].en, 100, 200, ROLE_HEADER);
        if (is_good() != rows[i].is_good)
            fail_msg("row %u: %s", i, reason);
    }
}

static void headline_is_held_against_headline(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        start();
        put(KK, 80, 100, 100, ROLE_MESSAGE);
        put(KK, 40, 100, 150, ROLE_MESSAGE);
        put(RU, 80, 100, 300, ROLE_MESSAGE);
        put(RU, wrong ? 41 : 40, 100, 350, ROLE_MESSAGE);
        assert_true(is_good() != wrong);
    }
}

/* A text ends where another begins: a date need not be as large as the name. */
static void texts_are_judged_one_by_one(void **state)
{
    (void)state;
    start();
    put(KK, 29, 1500, 40, ROLE_HEADER);
    put(RU, 29, 1500, 80, ROLE_HEADER);
    put(KK, 38, 100, 40, ROLE_HEADER);
    put(RU, 38, 100, 80, ROLE_HEADER);
    put(KK, 40, 100, 1000, ROLE_NOTICE);
    put(RU, 40, 900, 1000, ROLE_NOTICE);
    put(PICTURE_LANGS, 60, 100, 500, ROLE_LABEL); /* a joined line is none of them */
    put(KK, 30, 100, 600, ROLE_LABEL);
    put(RU, 30, 100, 640, ROLE_LABEL);
    assert_true(is_good());
    put(KK, 30, 100, 700, ROLE_LABEL);
    put(RU, 31, 100, 740, ROLE_LABEL);
    assert_false(is_good());
}

static void a_hall_without_kazakh_has_no_rule(void **state)
{
    (void)state;
    start();
    strcpy(room.config.lang[KK], "uz");
    put(KK, 20, 100, 150, ROLE_NOTICE);
    put(RU, 40, 100, 100, ROLE_NOTICE);
    assert_false(languages_are_judged(&room.config));
    assert_true(is_good());
    strcpy(room.config.lang[KK], "kk-Latn"); /* another alphabet, the same language */
    assert_true(languages_are_judged(&room.config));
    assert_false(is_good());
}

/* Kazakh and Russian stand at the same time on every wall that speaks; the page turns for both. */
static void no_wall_speaks_one_language_of_the_two(void **state)
{
    static const enum feed_truth truths[] = { FEED_NOTHING, FEED_FRESH, FEED_STALE, FEED_BLANK };
    static const int size[][2] = { { 1920, 1080 }, { 1080, 1920 }, { 1280, 1024 } };
    (void)state;
    for (unsigned s = 0; s < 3; s++)
        for (unsigned truth = 0; truth < 4; truth++)
            for (unsigned page = 0; page < 2; page++) {
                bool has[ROLES][LANGS_MAX] = { 0 };
                room_init(&room, 3);
                room.input.truth = truths[truth];
                room.input.notice_page = page;
                room_notice(&room, "Бірінші бет", "Первая страница", "First page");
                room_notice(&room, "Екінші бет", "Вторая страница", "Second page");
                if (page)
                    room_call(&room, "А042", 7, true);
                build(&picture, size[s][0], size[s][1]);
                if (!is_good())
                    fail_wall(&picture, "%s", reason);
                for (unsigned i = 0; i < picture.nglyphs; i++)
                    if (picture.glyph[i].lang < LANGS_MAX)
                        has[picture.glyph[i].role][picture.glyph[i].lang] = true;
                assert_true(has[ROLE_HEADER][KK] && has[ROLE_NOTICE][KK]);
                for (unsigned role = ROLE_NONE + 1; role < ROLES; role++)
                    if (role != ROLE_TICKET && role != ROLE_DESK && role != ROLE_ROW && role != ROLE_CLOCK)
                        if (has[role][KK] != has[role][RU])
                            fail_wall(&picture, "role %u", role);
            }
}

static void check_says_whether_they_hold(void **state)
{
    static struct config config;
    char *text = NULL;
    size_t size;
    (void)state;
    start();
    config = room.config;
    config.nscreens = 1;
    config.screen[0] = room.screen;
    config.screen[0].device.width = 1920;
    config.screen[0].device.height = 1080;
    for (int wrong = 0; wrong < 2; wrong++) {
        FILE *out = open_memstream(&text, &size);
        if (wrong) {
            strcpy(config.lang[0], "ru");
            strcpy(config.lang[1], "kk");
        }
        assert_int_equal(check_languages(&config, fonts, out), wrong);
        fclose(out);
        if (wrong)
            assert_non_null(strstr(
                text, "languages: kk first, ru at the same size, en not larger: FAIL\n  screens[0]: "));
        else
            assert_string_equal(text, "languages: kk first, ru at the same size, en not larger: PASS\n");
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kazakh_stands_above_or_on_the_left),
        cmocka_unit_test(the_two_have_one_size_and_others_are_not_larger),
        cmocka_unit_test(headline_is_held_against_headline),
        cmocka_unit_test(texts_are_judged_one_by_one),
        cmocka_unit_test(a_hall_without_kazakh_has_no_rule),
        cmocka_unit_test(no_wall_speaks_one_language_of_the_two),
        cmocka_unit_test(check_says_whether_they_hold),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
