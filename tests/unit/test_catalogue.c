/* A new language or alphabet is a file: it is loaded, and check finds all its letters or names those that no font has. */
#include "board/check/check.h"
#include "tests/unit/config_fixture.h"

static struct fonts *fonts;

static void copy_catalogue(const struct bench *bench, const char *from, const char *lang, const char *key,
                           const char *value)
{
    char path[160];
    static char text[65536];
    FILE *file = fopen(from, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    cJSON *catalogue = cJSON_Parse(text);
    assert_non_null(catalogue);
    for (int i = 0; i < PHRASES; i++) /* tests/data need not follow each new phrase */
        if (!cJSON_GetObjectItemCaseSensitive(catalogue, phrase_keys[i]))
            cJSON_AddStringToObject(catalogue, phrase_keys[i], "1308");
    if (key)
        cJSON_ReplaceItemInObjectCaseSensitive(catalogue, key, cJSON_CreateString(value));
    snprintf(path, sizeof path, "%s/%s.json", bench->folder, lang);
    file = fopen(path, "w");
    assert_non_null(file);
    char *out = cJSON_Print(catalogue);
    fputs(out, file);
    fclose(file);
    cJSON_free(out);
    cJSON_Delete(catalogue);
}

static void remove_catalogue(const struct bench *bench, const char *lang)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s.json", bench->folder, lang);
    unlink(path);
}

/* The good hall with Kazakh and `lang`, whose catalogue is a copy of `from`. */
static struct config *load_in(struct bench *bench, const char *lang, const char *from, const char *key,
                              const char *value)
{
    static char text[8192];
    const struct config_paths paths = { .phrases = bench->folder };
    char tag[16];
    snprintf(tag, sizeof tag, "\"%s\"", lang);
    const char *at = good;
    size_t used = 0;
    for (const char *ru; (ru = strstr(at, "\"ru\"")) != NULL; at = ru + 4)
        used += (size_t)snprintf(text + used, sizeof text - used, "%.*s%s", (int)(ru - at), at, tag);
    used += (size_t)snprintf(text + used, sizeof text - used, "%s", at);
    config_destroy(
        load(bench, text, used)); /* writes the file; the shipped folder does not know the language */
    copy_catalogue(bench, "board/phrases/kk.json", "kk", NULL, NULL);
    copy_catalogue(bench, from, lang, key, value);
    bench->said[0] = '\0';
    bench->report = (struct json_report){ .line = hear, .data = bench };
    struct config *config = config_load(bench->file, &paths, &bench->report);
    remove_catalogue(bench, "kk");
    remove_catalogue(bench, lang);
    return config;
}

static char *check(const struct config *config, int wanted)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    int missing = check_glyphs(config, fonts, out);
    fclose(out);
    if (missing != wanted)
        fail_msg("%d are missing: %s", missing, text);
    return text;
}

static void arabic_is_a_file(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_in(bench, "ar", "tests/data/phrases/ar.json", NULL, NULL);
    assert_string_equal(bench->said, "");
    assert_non_null(config);
    assert_true(config->writing[1].is_rtl && !config->writing[0].is_rtl);
    assert_string_equal(config->phrase[PHRASE_WINDOW].text[1], "شباك");
    assert_string_equal(config->writing[1].month[10], "نوفمبر");
    free(check(config, 0));
    config_destroy(config);
}

static void another_alphabet_is_a_file(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_in(bench, "kk-Latn", "tests/data/phrases/kk-Latn.json", NULL, NULL);
    assert_string_equal(bench->said, "");
    assert_non_null(config);
    assert_false(config->writing[1].is_rtl);
    assert_string_equal(config->phrase[PHRASE_DESK].text[1], "Üstel");
    assert_string_equal(config->writing[1].weekday[6], "jeksenbı");
    free(check(config, 0));
    config_destroy(config);
}

static void letters_that_no_font_has_are_named(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_in(bench, "zh", "board/phrases/en.json", "called", "叫号");
    assert_string_equal(bench->said, "");
    char *text = check(config, 2);
    assert_non_null(strstr(text, ": phrases.called.zh: no regular and bold glyph for '叫' (U+53EB); "));
    free(text);
    config_destroy(config);
    config = load_in(bench, "zh", "board/phrases/en.json", "date", "{year}年{month}{day}");
    assert_string_equal(bench->said, "");
    text = check(config, 1);
    assert_non_null(strstr(text, ": dates.zh: no regular and bold glyph for '年' (U+5E74); "));
    free(text);
    config_destroy(config);
}

static int open_fonts(void **state)
{
    char error[256];
    (void)state;
    fonts = fonts_create(&font_files_debian, error, sizeof error);
    return fonts ? 0 : -1;
}

static int close_fonts(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(arabic_is_a_file),
        TEST(another_alphabet_is_a_file),
        TEST(letters_that_no_font_has_are_named),
    };
    return cmocka_run_group_tests(tests, open_fonts, close_fonts);
}
