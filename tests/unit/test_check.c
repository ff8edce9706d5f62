#include "board/check/check.h"
#include "board/speech/pack.h"
#include "board/speech/words.h"
#include "board/voice/grammar_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- a font that lacks characters ------------------------------------------------------------ */

static struct {
    uint32_t cp[WEIGHTS];
} lack;

bool __real_fonts_cover(const struct fonts *fonts, enum weight weight, uint32_t cp);
bool __wrap_fonts_cover(const struct fonts *fonts, enum weight weight, uint32_t cp);
bool __wrap_fonts_cover(const struct fonts *fonts, enum weight weight, uint32_t cp)
{
    return cp != lack.cp[weight] && __real_fonts_cover(fonts, weight, cp);
}

struct bench {
    struct config *config;
    struct fonts *fonts;
    char *said;
    size_t size;
    FILE *out;
};

static void fail_line(void *data, const char *line)
{
    (void)data;
    fail_msg("%s", line);
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    struct json_report report = { .line = fail_line };
    char error[256], path[512];
    const char *root = getenv("KEZEK_SOURCE");
    snprintf(path, sizeof path, "%s/board/halls/open-almaty.json", root ? root : ".");
    bench->config = config_load(path, NULL, &report);
    bench->fonts = fonts_create(&font_files_debian, error, sizeof error);
    assert_non_null(bench->config);
    assert_non_null(bench->fonts);
    bench->out = open_memstream(&bench->said, &bench->size);
    memset(&lack, 0, sizeof lack);
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    fclose(bench->out);
    free(bench->said);
    fonts_destroy(bench->fonts);
    config_destroy(bench->config);
    free(bench);
    return 0;
}

static void assert_says(struct bench *bench, const char *text)
{
    fflush(bench->out);
    if (!strstr(bench->said, text))
        fail_msg("\"%s\" is not in:\n%s", text, bench->said);
}

/* ---- glyphs ---------------------------------------------------------------------------------- */

static void the_first_hall_can_be_drawn(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(check_glyphs(bench->config, bench->fonts, bench->out), 0);
    fflush(bench->out);
    assert_int_equal(bench->size, 0);
}

static void a_missing_glyph_is_named_with_its_places(void **state)
{
    struct bench *bench = *state;
    lack.cp[WEIGHT_REGULAR] = lack.cp[WEIGHT_BOLD] = 0x49A;
    assert_true(check_glyphs(bench->config, bench->fonts, bench->out) >= 4);
    assert_says(bench, ": agencies[6].name.kk: no regular and bold glyph for 'Қ' (U+049A); ");
    assert_says(bench, ": notices[0].text.kk: no regular and bold glyph for 'Қ' (U+049A); ");
    assert_says(bench, ": phrases.recalled.kk: no regular and bold glyph for 'Қ' (U+049A); ");
    assert_says(bench, ": letters of tickets: no regular and bold glyph for 'Қ' (U+049A); ");
}

static void each_weight_is_checked(void **state)
{
    struct bench *bench = *state;
    lack.cp[WEIGHT_BOLD] = '7';
    assert_true(check_glyphs(bench->config, bench->fonts, bench->out) > 0);
    assert_says(bench, ": desks[6].label: no bold glyph for '7' (U+0037); ");
    lack.cp[WEIGHT_BOLD] = 0;
    lack.cp[WEIGHT_REGULAR] = 0x43D; /* н, of every Russian day and month */
    assert_true(check_glyphs(bench->config, bench->fonts, bench->out) > 0);
    assert_says(bench, ": dates.ru: no regular glyph for 'н' (U+043D); ");
}

static void missing_glyphs_are_errors_of_the_hall(void **state)
{
    struct bench *bench = *state;
    lack.cp[WEIGHT_BOLD] = 0x49A;
    int missing = check_glyphs(bench->config, bench->fonts, bench->out);
    assert_true(missing > 0);
    assert_int_equal(check_hall(bench->config, bench->fonts, bench->out), missing);
    lack.cp[WEIGHT_BOLD] = 0;
    assert_int_equal(check_hall(bench->config, bench->fonts, bench->out), 0);
}

/* ---- tables ---------------------------------------------------------------------------------- */

static void the_table_shows_screens_and_buses(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(check_hall(bench->config, bench->fonts, bench->out), 0);
    assert_says(bench,
                "\nscreen main: calls, 1920x1080, 55 in, 0.634 mm a pixel, 10.1 m from the farthest eyes\n");
    assert_says(
        bench, "bus west: /dev/serial/by-id/usb-FTDI_USB-RS485_Cable_west-if00-port0, 9600 8N1, 6 boards\n"
               "  6 of type owen-smi2: answer within 45 ms; registers documented, not confirmed on hardware\n"
               "  the adapter adds 16 ms to each answer\n"
               "  a call is on the wire after 21 ms when nothing else is, at the worst after ");
    assert_says(bench, "  7 of 32 unit loads with the adapter  PASS\n");
}

/* Of one bus, from the line of its name to the next bus. */
static const char *bus_text(struct bench *bench, const char *id)
{
    static char text[2048];
    fflush(bench->out);
    const char *start = strstr(bench->said, id);
    assert_non_null(start);
    const char *end = strstr(start, "\nbus ");
    snprintf(text, sizeof text, "%.*s", end ? (int)(end - start) : 2000, start);
    return text;
}

static void the_budget_of_a_bus_is_that_of_its_boards_line_and_adapter(void **state)
{
    struct bench *bench = *state;
    struct config *config = bench->config;
    struct led_bus_config *west = &config->bus[0];
    const struct led_profile *other = config->bus[1].unit[0].profile;
    check_hall(config, bench->fonts, bench->out);
    assert_non_null(strstr(bus_text(bench, "bus west"),
                           " ms behind a group frame\n  all boards change in 0.16 s "
                           "by group frames\n"));
    assert_null(strstr(bus_text(bench, "bus east"), "group"));
    assert_non_null(strstr(bus_text(bench, "bus east"),
                           "  6 of type dm56a04: answer within 20 ms; registers tested by others, "));

    rewind(bench->out);
    west->unit[2].profile = west->unit[4].profile = other; /* two kinds on one bus: no group frames */
    west->baud = 115200;
    west->adapter_latency_ms = 40;
    west->reassert_ms = 1000;
    strcpy(west->device, "tcp://10.0.0.7:502");
    check_hall(config, bench->fonts, bench->out);
    const char *text = bus_text(bench, "bus west");
    assert_non_null(
        strstr(text, "bus west: tcp://10.0.0.7:502, 115200 8N1, 6 boards\n  4 of type owen-smi2: "));
    assert_non_null(strstr(text, "\n  2 of type dm56a04: answer within 20 ms"));
    assert_non_null(strstr(text, "\n  the gateway adds 40 ms to each answer\n"));
    assert_non_null(
        strstr(text, "\n  7 of 32 unit loads with the gateway  PASS\n  WARN: the bus cannot repeat "));
    assert_null(strstr(text, "group"));
}

static void load_bus(struct bench *bench, unsigned boards)
{
    struct led_bus_config *bus = &bench->config->bus[0];
    for (bus->nunits = 0; bus->nunits < boards; bus->nunits++)
        bus->unit[bus->nunits] = (struct led_unit_config){ (uint8_t)(bus->nunits + 1), bus->unit[0].profile };
}

static void more_than_28_unit_loads_are_warned_about_and_more_than_32_are_an_error(void **state)
{
    struct bench *bench = *state;
    load_bus(bench, 28);
    assert_int_equal(check_hall(bench->config, bench->fonts, bench->out), 0);
    assert_says(bench, "  29 of 32 unit loads with the adapter  WARN: bias resistors take 4 more; ");
    load_bus(bench, 31);
    assert_int_equal(check_hall(bench->config, bench->fonts, bench->out), 0);
    load_bus(bench, 32);
    assert_int_equal(check_hall(bench->config, bench->fonts, bench->out), 1);
    assert_says(bench, "  33 of 32 unit loads with the adapter  FAIL: ");
}

static void a_board_at_the_address_that_new_ones_have_is_warned_about(void **state)
{
    struct bench *bench = *state;
    struct led_bus_config *west = &bench->config->bus[0];
    check_hall(bench->config, bench->fonts, bench->out);
    assert_non_null(
        strstr(bus_text(bench, "bus west"),
               "\n  WARN: unit 16 is the address that each new owen-smi2 comes with; leave it free"));
    rewind(bench->out);
    west->stop_bits = 2; /* a new one does not hear the bus, nor the bus it */
    check_hall(bench->config, bench->fonts, bench->out);
    assert_null(strstr(bus_text(bench, "bus west"), "comes with"));
    rewind(bench->out);
    west->stop_bits = 1;
    west->unit[0].unit = 30;
    check_hall(bench->config, bench->fonts, bench->out);
    assert_null(strstr(bus_text(bench, "bus west"), "comes with"));
}

/* ---- the board ------------------------------------------------------------------------------- */

static void the_first_hall_fits_its_board(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(check_profile(bench->config, bench->out), 0);
    assert_says(bench, "board rpi4: has the outputs and GPIO lines of the hall file\n");
    bench->config->board_profile.name[0] = '\0';
    assert_int_equal(check_profile(bench->config, bench->out), 0);
    fflush(bench->out);
    assert_ptr_equal(strchr(bench->said, '\n'), strrchr(bench->said, '\n')); /* said once */
}

static void what_the_board_does_not_have_is_named_with_what_it_has(void **state)
{
    struct bench *bench = *state;
    struct config *config = bench->config;
    strcpy(config->screen[1].device.output, "HDMI-A-3");
    strcpy(config->chime[0].device.chip, "pinctrl-rp1");
    assert_int_equal(check_profile(config, bench->out), 2);
    assert_says(bench, "screen children: rpi4 has HDMI-A-1 and HDMI-A-2, not HDMI-A-3  FAIL\n");
    assert_says(bench, "chime hall: rpi4 has GPIO at pinctrl-bcm2711 and raspberrypi-exp-gpio, not at "
                       "pinctrl-rp1  FAIL\n");
    strcpy(config->screen[1].device.output, "HDMI-A-2");
    strcpy(config->chime[0].device.chip, "pinctrl-bcm2711");
    strcpy(config->chime[0].device.line, "58");
    config->board_profile.formats = 1 << PIXEL_RGB565;
    config->screen[0].device.format = PIXEL_RGB565;
    assert_int_equal(check_profile(config, bench->out), 2);
    assert_says(bench, "chime hall: pinctrl-bcm2711 has the lines 0 to 57, not 58  FAIL\n");
    assert_says(bench, "screen children: rpi4 shows \"format\": \"rgb565\", not \"xrgb8888\"  FAIL\n");
    assert_int_equal(check_hall(config, bench->fonts, bench->out), 2);
}

static void what_says_nothing_of_its_kind_is_left_alone(void **state)
{
    static const char *const chips[] = { "", "gpiochip0", "/dev/gpiochip4" };
    struct bench *bench = *state;
    struct config *config = bench->config;
    strcpy(config->chime[0].device.line, "GPIO18");
    for (unsigned i = 0; i < 3; i++) {
        strcpy(config->chime[0].device.chip, chips[i]);
        assert_int_equal(check_profile(config, bench->out), 0);
    }
    strcpy(config->chime[0].device.chip, "pinctrl-bcm2711");
    assert_int_equal(check_profile(config, bench->out), 0); /* a name, not a number */
    strcpy(config->screen[0].device.driver, "memory");
    config->screen[0].device.output[0] = '\0';
    assert_int_equal(check_profile(config, bench->out), 0);
}

static void modes_that_are_too_much_are_warned_about(void **state)
{
    struct bench *bench = *state;
    struct screen_config *main = &bench->config->screen[0].device, *second = &bench->config->screen[1].device;
    main->width = second->width = 3840;
    main->height = second->height = 2160;
    assert_int_equal(check_profile(bench->config, bench->out), 0);
    assert_says(bench,
                "screen children: HDMI-A-2 of rpi4 shows 4096x2160@30 at most, not 3840x2160@60  WARN");
    assert_says(bench,
                "board rpi4: shows 4096x2160@60 and 1920x1080@60 at once; the screens ask for more  WARN");
    size_t before = bench->size;
    main->refresh_hz = second->refresh_hz = 30;
    assert_int_equal(check_profile(bench->config, bench->out), 0);
    fflush(bench->out);
    assert_null(strstr(bench->said + before, "WARN"));
}

/* ---- voices ---------------------------------------------------------------------------------- */

static int add_clip(void *data, const char *word)
{
    cJSON *clips = data;
    if (strcmp(word, "жетінші") != 0 && !cJSON_GetObjectItemCaseSensitive(clips, word))
        cJSON_AddStringToObject(clips, word, "x.wav");
    return 0;
}

/* A pack of everything but «жетінші», or of one word alone; the hall's Kazakh speaks by it. */
static void give_pack(struct config *config, const char *folder, bool is_nearly_whole)
{
    char path[128];
    cJSON *clips = cJSON_CreateObject();
    if (is_nearly_whole)
        words_each(config->voice.grammar[0], add_clip, clips);
    else
        add_clip(clips, "бір");
    char *text = cJSON_Print(clips);
    snprintf(path, sizeof path, "%s/" PACK_MANIFEST, folder);
    FILE *file = fopen(path, "we");
    fprintf(file,
            "{\"lang\": \"kk\", \"name\": \"Aigul\", \"licence\": \"ours\", \"rate\": 48000, \"clips\": %s}",
            text);
    fclose(file);
    free(text);
    cJSON_Delete(clips);
    snprintf(config->voice.pack[0], sizeof config->voice.pack[0], "%s", folder);
}

static void give_grammar(struct config *config)
{
    char path[512];
    struct json_report report = { .line = fail_line };
    const char *root = getenv("KEZEK_SOURCE");
    snprintf(path, sizeof path, "%s/board/voices/kk.json", root ? root : ".");
    cJSON *json = pack_read_json(path, &report);
    if (!config->voice.grammar[0])
        config->voice.grammar[0] = calloc(1, sizeof *config->voice.grammar[0]);
    assert_true(grammar_load(config->voice.grammar[0], "kk", json, &report));
    cJSON_Delete(json);
    config->voice.is_on = config->voice.is_espeak = true;
    memset(config->voice.pack, 0, sizeof config->voice.pack);
}

static void the_words_that_a_voice_pack_lacks_are_named(void **state)
{
    struct bench *bench = *state;
    char folder[] = "/tmp/kezek-check-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    give_grammar(bench->config);
    give_pack(bench->config, folder, true);
    check_voice(bench->config, bench->out);
    assert_says(bench, "voice kk: 85 of 86 words in /tmp/kezek-check-");
    assert_says(bench, " (Aigul, ours)  WARN: espeak-ng says calls with жетінші\n");
    bench->config->voice.is_espeak = false;
    give_pack(bench->config, folder, false);
    check_voice(bench->config, bench->out);
    assert_says(bench, "voice kk: 1 of 86 words in ");
    assert_says(bench, "WARN: nothing says calls with нөмірлі талон иесі, ");
    assert_says(bench, " and 77 more\n");
    snprintf(path, sizeof path, "%s/" PACK_MANIFEST, folder);
    unlink(path);
    check_voice(bench->config, bench->out);
    assert_says(bench, "/" PACK_MANIFEST ": cannot be read: No such file or directory\n");
    rmdir(folder);
}

static void a_language_without_a_pack_says_who_speaks_it(void **state)
{
    struct bench *bench = *state;
    give_grammar(bench->config);
    check_voice(bench->config, bench->out);
    assert_says(bench, "voice kk: no pack; espeak-ng speaks\n");
    bench->config->voice.is_espeak = false;
    check_voice(bench->config, bench->out);
    assert_says(bench, "voice kk: no pack; WARN: nothing speaks, since voice.espeak is false\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_hall_can_be_drawn),
        TEST(a_missing_glyph_is_named_with_its_places),
        TEST(the_budget_of_a_bus_is_that_of_its_boards_line_and_adapter),
        TEST(each_weight_is_checked),
        TEST(missing_glyphs_are_errors_of_the_hall),
        TEST(the_table_shows_screens_and_buses),
        TEST(a_board_at_the_address_that_new_ones_have_is_warned_about),
        TEST(more_than_28_unit_loads_are_warned_about_and_more_than_32_are_an_error),
        TEST(the_first_hall_fits_its_board),
        TEST(what_the_board_does_not_have_is_named_with_what_it_has),
        TEST(what_says_nothing_of_its_kind_is_left_alone),
        TEST(modes_that_are_too_much_are_warned_about),
        TEST(the_words_that_a_voice_pack_lacks_are_named),
        TEST(a_language_without_a_pack_says_who_speaks_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
