/* Themes: by name, as an object, as a file; and every pair of colours that cannot be read is told. */
#include "tests/unit/config_fixture.h"

static struct config *load_theme(struct bench *bench, const char *theme)
{
    char to[1024];
    snprintf(to, sizeof to, "\"theme\":%s,\"broker\":", theme);
    return load_with(bench, "\"broker\":", to);
}

static void write_file(const struct bench *bench, const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void remove_file(const struct bench *bench, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    unlink(path);
}

static void the_shipped_themes_can_be_read_and_differ(void **state)
{
    static const char *const names[] = { "\"dark\"", "\"light\"", "\"contrast\"" };
    struct theme seen[3];
    for (unsigned i = 0; i < 3; i++) {
        struct config *config = load_theme(*state, names[i]);
        assert_string_equal(((struct bench *)*state)->said, "");
        seen[i] = config->theme;
        config_destroy(config);
        for (unsigned j = 0; j < i; j++)
            assert_memory_not_equal(&seen[i], &seen[j], sizeof *seen);
    }
    for (unsigned i = 0; i < THEME_PAIRS; i++) /* the one for weak eyes is far above what all must have */
        assert_true(theme_pairs[i].least < THEME_LEAST_TEXT ||
                    color_contrast(theme_get(&seen[2], theme_pairs[i].ink),
                                   theme_get(&seen[2], theme_pairs[i].ground)) >= 12);
    struct config *config = load(*state, good, strlen(good));
    assert_memory_equal(&config->theme, &seen[0], sizeof *seen);
    config_destroy(config);
}

static void own_colours_stand_on_a_base(void **state)
{
    struct config *config = load_theme(*state, "{\"base\":\"light\",\"fresh\":\"#003B00\"}");
    assert_string_equal(((struct bench *)*state)->said, "");
    assert_int_equal(config->theme.fresh, 0x003b00);
    assert_int_equal(config->theme.fresh_ink, 0xffffff);
    assert_int_equal(config->theme.ink, 0x0b1424);
    config_destroy(config);
}

static void a_theme_is_a_file_beside_the_hall_file(void **state)
{
    struct bench *bench = *state;
    write_file(bench, "own.json", "{\"base\":\"dark\",\"ink\":\"#ffffee\"}");
    struct config *config = load_theme(bench, "\"own.json\"");
    assert_string_equal(bench->said, "");
    assert_int_equal(config->theme.ink, 0xffffee);
    config_destroy(config);
    write_file(bench, "own.json", "{\"base\":\"dark\",\"ink\":\"#556677\",\"inc\":\"#ffffff\"}");
    assert_null(load_theme(bench, "\"own.json\""));
    assert_string_equal(bench->said, "DIR/own.json: unknown key \"inc\"; did you mean \"ink\"?");
    write_file(bench, "own.json", "{\"ink\":}");
    assert_null(load_theme(bench, "\"own.json\""));
    assert_string_equal(bench->said, "DIR/own.json: line 1, column 8: unexpected }; expected a value");
    write_file(bench, "own.json", "{}");
    assert_null(load_theme(bench, "\"own.json\""));
    assert_int_equal(bench->report.count, THEME_KEYS);
    assert_non_null(strstr(bench->said,
                           "DIR/own.json: fresh_ink: is missing; add the colour, or name the theme "
                           "it comes from as \"base\""));
    remove_file(bench, "own.json");
}

static void a_base_has_no_base(void **state)
{
    struct bench *bench = *state;
    const struct config_paths paths = { .themes = bench->folder };
    write_file(bench, "ring.json", "{\"base\":\"ring\"}");
    config_destroy(load_theme(bench, "\"ring\""));
    bench->said[0] = '\0';
    bench->report = (struct json_report){ .line = hear, .data = bench };
    assert_null(config_load(bench->file, &paths, &bench->report));
    assert_string_equal(bench->said, "DIR/ring.json: base: a theme that is a base has no base of its own");
    remove_file(bench, "ring.json");
}

static void what_cannot_be_read_is_refused_with_what_can(void **state)
{
    static const struct {
        const char *theme, *said;
    } rows[] = {
        { "\"pink\"", "theme: there is no theme \"pink\"; known are contrast, dark, light; own ones go into "
                      "/etc/kezek/themes" },
        { "7", "theme: 7 is no id; write 1 to 32 of a-z 0-9 _ -" },
        { "\"none.json\"", "DIR/none.json: cannot be read: No such file or directory" },
        { "{\"base\":\"dark\",\"ink\":\"white\"}",
          "theme.ink: \"white\" is no colour; write it like \"#ffd400\"" },
        { "{\"base\":\"dark\",\"ink\":\"#fffff\"}",
          "theme.ink: \"#fffff\" is no colour; write it like \"#ffd400\"" },
        { "{\"base\":\"drak\"}",
          "theme.base: there is no theme \"drak\"; known are contrast, dark, light; own "
          "ones go into /etc/kezek/themes" },
        /* the ink is wrong on a ground that was not given; a ground, under ink that was not */
        { "{\"base\":\"dark\",\"arrow\":\"#1f6f7f\"}",
          "theme.arrow: arrow #1f6f7f on row #0c1c37 has a contrast of 2.94 : 1, at least 7 : 1 is needed; "
          "\"#81aeb7\" would do" },
        { "{\"base\":\"dark\",\"fresh\":\"#c02020\"}", "theme.fresh: fresh_ink #0b1424 on fresh #c02020 has "
                                                       "a contrast of 3.04 : 1, at least 7 : 1 is needed; "
                                                       "\"#dd8989\" would do" },
        { "{\"base\":\"dark\",\"band\":\"#808080\",\"band_ink\":\"#ffffff\"}",
          "theme.band_ink: band_ink #ffffff on band #808080 has a contrast of 3.95 : 1, at least 7 : 1 is "
          "needed; "
          "no colour has that with #808080: make that lighter or darker\n"
          "theme.band: band_sign #ffd400 on band #808080 has a contrast of 2.76 : 1, at least 7 : 1 is "
          "needed; "
          "\"#424242\" would do" },
        /* a state that only its hue would tell */
        { "{\"base\":\"dark\",\"fresh\":\"#203010\",\"fresh_ink\":\"#ffffff\"}",
          "theme.fresh: fresh #203010 on background #081528 has a contrast of 1.30 : 1, at least 3 : 1 is "
          "needed; "
          "\"#5a664e\" would do" },
    };
    struct bench *bench = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct config *config = load_theme(bench, rows[i].theme);
        if (strncmp(bench->said, rows[i].said, strlen(rows[i].said)) != 0)
            fail_msg("%s says\n%s", rows[i].theme, bench->said);
        assert_null(config);
    }
}

static void contrast_is_that_of_wcag(void **state)
{
    (void)state;
    static const struct {
        color a, b;
        double ratio; /* as the sample calculators of the W3C tell it */
    } rows[] = { { 0x000000, 0xffffff, 21 },    { 0xffffff, 0xffffff, 1 },    { 0x777777, 0xffffff, 4.48 },
                 { 0xff0000, 0xffffff, 3.998 }, { 0x0000ff, 0xffffff, 8.59 }, { 0x00ff00, 0x000000, 15.3 } };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_float_equal(color_contrast(rows[i].a, rows[i].b), rows[i].ratio, 0.005);
        assert_float_equal(color_contrast(rows[i].b, rows[i].a), rows[i].ratio, 0.005);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_shipped_themes_can_be_read_and_differ),    TEST(own_colours_stand_on_a_base),
        TEST(a_theme_is_a_file_beside_the_hall_file),       TEST(a_base_has_no_base),
        TEST(what_cannot_be_read_is_refused_with_what_can), cmocka_unit_test(contrast_is_that_of_wcag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
