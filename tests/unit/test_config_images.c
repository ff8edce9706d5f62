/* Images that a hall file names: taken whole, or refused with the file and the reason. */
#include "board/paint/png.h"
#include "tests/unit/config_fixture.h"

#include <sys/stat.h>

static void write_png(const struct bench *bench, const char *name, uint32_t colour, uint16_t width)
{
    char path[160];
    uint32_t pixels[64];
    for (unsigned i = 0; i < 64; i++)
        pixels[i] = colour;
    const struct screen_buffer buffer = {
        .pixels = (uint8_t *)pixels, .stride = sizeof pixels, .width = width, .height = 1
    };
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    assert_int_equal(png_write(&buffer, path), 0);
}

static void write_text(const struct bench *bench, const char *name, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void drop(const struct bench *bench, const char *name)
{
    char path[160];
    snprintf(path, sizeof path, "%s/%s", bench->folder, name);
    assert_int_equal(remove(path), 0);
}

static struct config *load_theme(struct bench *bench, const char *theme)
{
    char to[1024];
    snprintf(to, sizeof to, "\"theme\":%s,\"broker\":", theme);
    return load_with(bench, "\"broker\":", to);
}

static void a_theme_has_the_logo_of_its_own_folder(void **state)
{
    struct bench *bench = *state;
    char folder[160];
    snprintf(folder, sizeof folder, "%s/ours", bench->folder);
    assert_int_equal(mkdir(folder, 0755), 0);
    write_png(bench, "ours/logo.png", 0xffffff, 7);
    write_png(bench, "logo.png", 0xffffff, 8);
    write_text(bench, "ours/theme.json", "{\"base\":\"dark\",\"logo\":\"logo.png\"}");
    struct config *config = load_theme(bench, "\"ours/theme.json\"");
    assert_string_equal(bench->said, "");
    assert_int_equal(config->theme.logo->width, 7);
    assert_int_equal(config->theme.logo->shares, 1);
    config_destroy(config);
    config = load_theme(bench, "{\"base\":\"dark\",\"logo\":\"logo.png\"}");
    assert_int_equal(config->theme.logo->width, 8);
    assert_string_equal(config->screen[0].device.path + strlen(config->screen[0].device.path) - 8,
                        "/main.fb"); /* paths after it are of the hall file's folder again */
    config_destroy(config);
    config = load_theme(bench, "\"dark\"");
    assert_null(config->theme.logo);
    config_destroy(config);
    drop(bench, "ours/theme.json");
    drop(bench, "ours/logo.png");
    drop(bench, "ours");
    drop(bench, "logo.png");
}

static void a_logo_that_cannot_be_shown_is_refused(void **state)
{
    struct bench *bench = *state;
    static const struct {
        const char *theme, *said;
    } rows[] = {
        { "{\"base\":\"dark\",\"logo\":\"none.png\"}",
          "theme.logo: DIR/none.png cannot be read: No such file or directory" },
        { "{\"base\":\"dark\",\"logo\":\"text.png\"}", "theme.logo: DIR/text.png is no PNG: Not a PNG file" },
        { "{\"base\":\"dark\",\"logo\":7}", "theme.logo: 7 is not a text" },
        { "{\"base\":\"dark\",\"logo\":\"night.png\"}",
          "theme.logo: hardly stands out from the background #081528: take the logo for dark ground" },
        { "{\"base\":\"light\",\"logo\":\"day.png\"}",
          "theme.logo: hardly stands out from the background #e6ecf3: take the logo for light ground" },
    };
    write_text(bench, "text.png", "This is no picture at all.");
    write_png(bench, "night.png", 0x102040, 9);
    write_png(bench, "day.png", 0xffffff, 9);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_null(load_theme(bench, rows[i].theme));
        assert_string_equal(bench->said, rows[i].said);
    }
    drop(bench, "text.png");
    drop(bench, "night.png");
    drop(bench, "day.png");
}

#define NOTICE "{\"id\":\"phone\",\"text\":{\"kk\":\"1308\",\"ru\":\"1308\"}"
static void a_notice_may_have_a_picture(void **state)
{
    struct bench *bench = *state;
    write_png(bench, "plan.png", 0x123456, 11);
    struct config *config = load_with(bench, NOTICE "}", NOTICE ",\"picture\":\"plan.png\"}");
    assert_string_equal(bench->said, "");
    assert_int_equal(config->notice[0].picture->width, 11);
    assert_int_equal(config->notice[0].picture->pixel[10], 0xff123456);
    config_destroy(config);
    assert_refused(bench, NOTICE "}", NOTICE ",\"picture\":\"plan.png\",\"level\":\"alert\"}",
                   "notices[0].picture: is of an alert, whose text takes the whole wall; leave this out");
    assert_refused(bench, NOTICE "}", NOTICE ",\"picture\":\"\"}",
                   "notices[0].picture: is empty; write a text");
    assert_refused(bench, NOTICE "}", NOTICE ",\"picture\":\"hall.json\"}",
                   "notices[0].picture: DIR/hall.json is no PNG: Not a PNG file");
    drop(bench, "plan.png");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_theme_has_the_logo_of_its_own_folder),
        TEST(a_logo_that_cannot_be_shown_is_refused),
        TEST(a_notice_may_have_a_picture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
