/* Good hall files, the limits of all, and what surrounds them. */
#include "tests/unit/config_fixture.h"

/* ---- good files ------------------------------------------------------------------------------ */

static void a_good_file_becomes_plain_values(void **state)
{
    struct bench *bench = *state;
    char wanted[128];
    struct config *config = load(bench, good, strlen(good));
    assert_string_equal(bench->said, "");
    assert_non_null(config);
    assert_string_equal(config->hall, "h");
    assert_int_equal(config->nlangs, 2);
    assert_string_equal(config->lang[1], "ru");
    assert_string_equal(config->agency[0].name.text[0], "Әкімдік");
    assert_int_equal(config->ndesks, 2);
    assert_int_equal(config->desk[0].agency, 0);
    assert_int_equal(config->desk[1].agency, NONE);
    assert_string_equal(config->desk[1].label, "2");
    assert_int_equal(config->desk[1].bus_index, 1);
    assert_int_equal(config->bus[0].nunits, 2);
    assert_int_equal(config->bus[0].unit[1].unit, 17);
    assert_string_equal(led_profile_name(config->bus[0].unit[1].profile), "owen-smi2");
    snprintf(wanted, sizeof wanted, "%s/bus-west", bench->folder);
    assert_string_equal(config->bus[0].device, wanted);
    assert_string_equal(config->phrase[PHRASE_WINDOW].text[0], "Терезе");
    assert_int_equal(config_desk_index(config, "2"), 1);
    assert_int_equal(config_desk_index(config, "3"), NONE);
    config_destroy(config);
}

static void what_is_left_out_has_a_default(void **state)
{
    struct bench *bench = *state;
    struct config *config = load(bench, good, strlen(good));
    assert_string_equal(config->bus[0].driver, "modbus");
    assert_int_equal(config->bus[0].baud, 9600);
    assert_int_equal(config->bus[0].parity, 'N');
    assert_int_equal(config->bus[0].stop_bits, 1);
    assert_int_equal(config->bus[0].reassert_ms, 30000);
    assert_int_equal(config->desk[0].kind, KIND_WINDOW);
    assert_int_equal(config->desk[0].arrow, ARROW_NONE);
    assert_int_equal(config->screen[0].device.width, 1920);
    assert_int_equal(config->screen[0].device.height, 1080);
    assert_int_equal(config->screen[0].device.format, PIXEL_XRGB8888);
    assert_int_equal(config->screen[0].device.rotation, 0);
    assert_int_equal(config->screen[0].zones, 3);
    assert_string_equal(config->screen[0].view, "calls");
    assert_int_equal(config->screen[0].panels, 8);
    assert_string_equal(config->chime[0].melody[0], "gong3");
    assert_string_equal(config->chime[0].melody[1], "gong1");
    assert_int_equal(config->chime[0].zones, 3);
    assert_int_equal(config->calls.ttl_ms, 10000);
    assert_int_equal(config->calls.dwell_ms, 8000);
    assert_string_equal(config->console.host, "");
    config_destroy(config);
}

static void what_is_given_is_taken(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_with(
        bench, "\"broker\":",
        "\"board_profile\":\"rpi4\",\"theme\":\"dark\",\"calls\":{\"ttl_ms\":5000,\"dwell_ms\":6000,"
        "\"recent\":7},"
        "\"console\":{\"listen\":\"[::1]:8081\"},\"phrases\":{\"window\":{\"ru\":\"Окошко\"}},\"broker\":");
    assert_string_equal(bench->said, "");
    const struct board_profile *profile = &config->board_profile;
    assert_string_equal(profile->name, "rpi4");
    assert_int_equal(profile->noutputs, 2);
    assert_string_equal(profile->output[1].name, "HDMI-A-2");
    assert_int_equal(profile->output[1].max.hz, 30);
    assert_int_equal(profile->ntogether, 2);
    assert_int_equal(profile->formats, 3);
    assert_string_equal(profile->chip[0].label, "pinctrl-bcm2711");
    assert_int_equal(profile->chip[0].lines, 58);
    assert_int_equal(config->calls.ttl_ms, 5000);
    assert_int_equal(config->calls.dwell_ms, 6000);
    assert_int_equal(config->calls.recent, 7);
    assert_string_equal(config->console.host, "::1");
    assert_int_equal(config->console.port, 8081);
    assert_string_equal(config->phrase[PHRASE_WINDOW].text[0], "Терезе");
    assert_string_equal(config->phrase[PHRASE_WINDOW].text[1], "Окошко");
    config_destroy(config);

    config = load_with(
        bench, "{\"id\":\"main\",\"driver\":\"memory\",\"path\":\"main.fb\"}",
        "{\"id\":\"main\",\"driver\":\"kms\",\"output\":\"HDMI-A-1\",\"mode\":\"3840x2160@"
        "30\",\"size\":\"640x480\","
        "\"format\":\"rgb565\",\"rotation\":270,\"zones\":[\"front\"],\"diagonal_in\":55.5,\"overscan\":0}");
    assert_string_equal(bench->said, "");
    assert_string_equal(config->screen[0].device.output, "HDMI-A-1");
    assert_int_equal(config->screen[0].device.width, 3840); /* the size is for memory */
    assert_int_equal(config->screen[0].device.refresh_hz, 30);
    assert_int_equal(config->screen[0].device.format, PIXEL_RGB565);
    assert_int_equal(config->screen[0].device.rotation, 270);
    assert_int_equal(config->screen[0].zones, 1);
    assert_true(config->screen[0].diagonal_in == 55.5 && config->screen[0].overscan == 0);
    assert_int_equal(config_dwell_ms(config, &config->screen[0]), config->calls.dwell_ms);
    assert_int_equal(config_recent(config, &config->screen[0]), config->calls.recent);
    config_destroy(config);

    config =
        load_with(bench, "\"driver\":\"memory\",", "\"driver\":\"memory\",\"dwell_ms\":15000,\"recent\":9,");
    assert_string_equal(bench->said, "");
    assert_int_equal(config_dwell_ms(config, &config->screen[0]), 15000);
    assert_int_equal(config_recent(config, &config->screen[0]), 9);
    config_destroy(config);

    config = load_with(bench, "{\"id\":\"hall\",\"driver\":\"trace\",\"file\":\"chime.txt\"}",
                       "{\"id\":\"hall\",\"driver\":\"gpio-pulse\",\"chip\":\"pinctrl-bcm2711\",\"line\":18,"
                       "\"active_low\":true,"
                       "\"pulse_ms\":500,\"call\":\"gong1\",\"volume\":35,\"zones\":[\"kids\"]}");
    assert_string_equal(bench->said, "");
    assert_string_equal(config->chime[0].device.line, "18");
    assert_true(config->chime[0].device.is_active_low);
    assert_int_equal(config->chime[0].device.pulse_ms, 500);
    assert_string_equal(config->chime[0].melody[0], "gong1");
    assert_int_equal(config->chime[0].volume_percent, 35);
    assert_int_equal(config->chime[0].zones, 2);
    config_destroy(config);
}

static void a_simulated_screen_can_be_turned(void **state)
{
    struct bench *bench = *state;
    struct config *config = load_with(bench, "\"driver\":\"memory\"",
                                      "\"driver\":\"memory\",\"size\":\"1280x720\",\"rotation\":90");
    assert_string_equal(bench->said, "");
    assert_int_equal(config->screen[0].device.rotation, 90);
    assert_int_equal(config->screen[0].device.width, 1280); /* as the screen has it */
    config_destroy(config);
}

static void a_screen_has_its_own_hours_or_the_halls(void **state)
{
    static const struct hours_span office = { 0x1f, 480, 1200 }, weekend = { 0x61, 1320, 90 };
    struct bench *bench = *state;
    struct config *config =
        load_with(bench, "\"screens\":[{",
                  "\"hours\":[{\"days\":\"mon-fri\",\"from\":\"08:00\",\"to\":\"20:00\"}],\"screens\":["
                  "{\"id\":\"a\",\"driver\":\"memory\",\"hours\":\"always\"},"
                  "{\"id\":\"b\",\"driver\":\"memory\",\"hours\":[{\"from\":\"00:00\",\"to\":\"24:00\"},"
                  "{\"days\":[\"sun\",\"sat-mon\"],\"from\":\"22:00\",\"to\":\"01:30\"}]},{");
    assert_string_equal(bench->said, "");
    assert_int_equal(config->screen[0].hours.nspans, 0);
    assert_int_equal(config->screen[1].hours.nspans, 2);
    assert_int_equal(config->screen[1].hours.span[0].days, 0x7f);
    assert_int_equal(config->screen[1].hours.span[0].to_min, HOURS_DAY);
    assert_memory_equal(&config->screen[1].hours.span[1], &weekend, sizeof weekend);
    assert_int_equal(config->screen[2].hours.nspans, 1);
    assert_memory_equal(&config->screen[2].hours.span[0], &office, sizeof office);
    config_destroy(config);
}

static void a_screen_stays_awake_for_its_own_time_or_the_halls(void **state)
{
    static const struct {
        const char *hall;
        int screen[2];
    } rows[] = { { "", { 15, 1 } }, { "\"awake_minutes\":240,", { 240, 1 } } };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        char with[200];
        snprintf(with, sizeof with,
                 "%s\"screens\":[{\"id\":\"a\",\"driver\":\"memory\"},"
                 "{\"id\":\"b\",\"driver\":\"memory\",\"awake_minutes\":1},{",
                 rows[i].hall);
        struct config *config = load_with(*state, "\"screens\":[{", with);
        assert_string_equal(((struct bench *)*state)->said, "");
        for (int screen = 0; screen < 2; screen++)
            assert_int_equal(config->screen[screen].awake_minutes, rows[i].screen[screen]);
        config_destroy(config);
    }
}

static void count_text(void *data, const char *where, const char *text)
{
    char *seen = data;
    assert_true(*text != '\0');
    if (strcmp(where, "zones[1].name.ru") == 0 || strcmp(where, "desks[0].label") == 0)
        strcat(strcat(seen, text), ";");
}

static void every_text_of_the_wall_is_told_with_its_place(void **state)
{
    char seen[256] = "";
    struct config *config = load(*state, good, strlen(good));
    config_each_text(config, count_text, seen);
    assert_string_equal(seen, "Дети;1;");
    config_destroy(config);
}

/* ---- limits ---------------------------------------------------------------------------------- */

struct many {
    char text[160000];
    size_t used;
};

/* `count` items after each other, each # its number. */
static const char *repeat(struct many *many, int count, const char *item)
{
    many->used = 0;
    many->text[0] = '\0';
    for (int i = 1; i <= count; i++)
        for (const char *at = item; *at; at++)
            many->used += (size_t)snprintf(many->text + many->used, sizeof many->text - many->used,
                                           *at == '#' ? "%d" : "%c", *at == '#' ? i : *at);
    return many->text;
}

static void a_hall_may_have_melodies_of_its_own(void **state)
{
    struct config *config = load_with(
        *state, "\"chimes\":[",
        "\"melodies\":[{\"id\":\"ours\",\"notes\":[{\"hz\":523,\"ms\":300,\"pause_ms\":20,\"decay_ms\":900},"
        "{\"hz\":392,\"ms\":600}]}],\"chimes\":[{\"id\":\"own\",\"driver\":\"alsa\",\"call\":\"ours\"},");
    assert_non_null(config);
    const struct melody *ours = config_melody(config, "ours");
    assert_ptr_equal(ours, config_melody_at(config, 0));
    assert_int_equal(ours->nnotes, 2);
    assert_memory_equal(&ours->note[0], (&(struct note){ 523, 300, 20, 900 }), sizeof(struct note));
    assert_ptr_equal(config_melody(config, "gong3"), melody_find("gong3"));
    assert_null(config_melody(config, "theirs"));
    assert_string_equal(config->chime[0].melody[0], "ours");
    assert_string_equal(config->chime[0].melody[1], "gong1");
    assert_string_equal(config->chime[0].melody[2], "ours"); /* a booked call sounds like any other */
    config_destroy(config);
}

static void more_than_fits_names_the_limit_and_its_reason(void **state)
{
    static const struct {
        const char *at, *item, *said;
        int most; /* beside those of the good file */
    } rows[] = {
        { "\"zones\":[", "{\"id\":\"z#\",\"name\":{\"kk\":\"#\",\"ru\":\"1\"}},",
          "zones: 17 items; at most 16: one board cannot drive screens for more", ZONES_MAX - 2 },
        { "\"agencies\":[", "{\"id\":\"a#\",\"name\":{\"kk\":\"#\",\"ru\":\"1\"}},",
          "agencies: 33 items; at most 32: one front office has fewer bodies, and a wall cannot name more",
          AGENCIES_MAX - 1 },
        { "\"desks\":[", "{\"id\":\"d#\",\"label\":\"#\",\"zone\":\"front\"},",
          "desks: 257 items; at most 256: a snapshot of more desks is larger than a message may be",
          DESKS_MAX - 2 },
        { "\"buses\":[", "{\"id\":\"b#\",\"device\":\"p#\"},",
          "buses: 17 items; at most 16: each has a thread and a serial adapter of its own", BUSES_MAX - 1 },
        { "\"screens\":[", "{\"id\":\"s#\",\"driver\":\"kms\",\"output\":\"HDMI-A-#\"},",
          "screens: 9 items; at most 8: no board of this class has more outputs", SCREENS_MAX - 1 },
        { "\"chimes\":[", "{\"id\":\"c#\",\"driver\":\"gpio-tone\",\"line\":\"GPIO#\"},",
          "chimes: 9 items; at most 8: each has a real-time thread of its own", CHIMES_MAX - 1 },
        { "\"notices\":[", "{\"id\":\"n#\",\"text\":{\"kk\":\"#\",\"ru\":\"1\"}},",
          "notices: 9 items; at most 8: pages turn every few seconds, and the last one would come after a "
          "minute",
          HALL_NOTICES_MAX - 1 },
    };
    static struct many many;
    char to[sizeof many.text + 64];
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int over = 0; over < 2 && rows[i].said[0]; over++) {
            snprintf(to, sizeof to, "%s%s", rows[i].at, repeat(&many, rows[i].most + over, rows[i].item));
            struct config *config = load_with(*state, rows[i].at, to);
            const struct bench *bench = *state;
            /* The reason is all that is said, but for what refers to items beyond the limit. */
            assert_int_equal(
                strncmp(bench->said, over ? rows[i].said : "", strlen(rows[i].said) * (size_t)over), 0);
            assert_true((config == NULL) == (over == 1));
            config_destroy(config);
        }
}

static void a_bus_drives_thirty_two_boards(void **state)
{
    static struct many many;
    char to[sizeof many.text + 64];
    struct bench *bench = *state;
    repeat(&many, 33,
           "{\"id\":\"d#\",\"label\":\"1\",\"zone\":\"front\",\"led\":{\"bus\":\"east\",\"unit\":#,"
           "\"profile\":\"dm56a04\"}},");
    snprintf(to, sizeof to,
             "{\"id\":\"east\",\"device\":\"e\"},{\"id\":\"west\",\"device\":\"w\"}],\"desks\":[%s",
             many.text);
    assert_null(load_with(bench, "{\"id\":\"west\",\"device\":\"bus-west\"}],\"desks\":[", to));
    assert_string_equal(
        bench->said,
        "desks[32].led: bus \"east\" has 32 boards already: RS-485 drives 32 unit loads; use another bus");
}

/* ---- surroundings ---------------------------------------------------------------------------- */

static void the_data_folder_of_the_environment_is_taken(void **state)
{
    struct bench *bench = *state;
    setenv("KEZEK_DATADIR", bench->folder, 1);
    assert_null(load(bench, good, strlen(good)));
    unsetenv("KEZEK_DATADIR");
    assert_non_null(
        strstr(bench->said, "languages[0]: \"kk\" has no phrases; there are none in DIR/phrases"));
    assert_non_null(strstr(bench->said, "there is no LED profile \"owen-smi2\"; known are none"));
}

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

/* Cuts, doubles or replaces a piece, so that much of it stays legal JSON. */
static size_t damage(char *text, size_t length, uint32_t *random)
{
    static const char *const piece[] = { "0", "-1",   "\"",   "{",    "}",  "[",  "]",
                                         ",", "null", "1e99", "\"\"", "[]", "{}", "true" };
    size_t at = next_random(random) % length, size = next_random(random) % 12;
    const char *new = piece[next_random(random) % (sizeof piece / sizeof *piece)];
    size_t new_size = strlen(new);
    if (at + size > length)
        size = length - at;
    memmove(text + at + new_size, text + at + size, length - at - size);
    memcpy(text + at, new, new_size);
    return length - size + new_size;
}

static void replace(cJSON *parent, cJSON *item, cJSON *by)
{
    if (cJSON_IsObject(parent))
        cJSON_ReplaceItemInObjectCaseSensitive(parent, item->string, by);
    else
        cJSON_ReplaceItemViaPointer(parent, item, by);
}

static cJSON *random_item(const cJSON *parent, uint32_t *random)
{
    int size = cJSON_GetArraySize(parent);
    return size ? cJSON_GetArrayItem(parent, (int)(next_random(random) % (unsigned)size)) : NULL;
}

/* A section where something else is expected, up to four levels down. */
static size_t exchange(char *text, size_t size, uint32_t *random)
{
    cJSON *root = cJSON_Parse(good), *parent = root, *item = random_item(root, random);
    for (unsigned depth = next_random(random) % 4; depth && cJSON_GetArraySize(item); depth--) {
        parent = item;
        item = random_item(parent, random);
    }
    replace(parent, item, cJSON_Duplicate(random_item(root, random), true));
    assert_true(cJSON_PrintPreallocated(root, text, (int)size, false));
    cJSON_Delete(root);
    return strlen(text);
}

static void no_damage_to_the_file_harms_its_reader(void **state)
{
    static char text[4 * sizeof good];
    uint32_t random = 7;
    for (int i = 0; i < 500; i++) {
        memcpy(text, good, sizeof good);
        size_t length = i % 2 ? exchange(text, sizeof text, &random) : damage(text, sizeof good - 1, &random);
        struct config *config = load(*state, text, length);
        const struct bench *bench = *state;
        assert_true((config == NULL) == (bench->report.count > 0));
        assert_true((config == NULL) == (bench->said[0] != '\0'));
        config_destroy(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_file_becomes_plain_values),
        TEST(what_is_left_out_has_a_default),
        TEST(a_screen_has_its_own_hours_or_the_halls),
        TEST(a_screen_stays_awake_for_its_own_time_or_the_halls),
        TEST(a_simulated_screen_can_be_turned),
        TEST(what_is_given_is_taken),
        TEST(every_text_of_the_wall_is_told_with_its_place),
        TEST(a_hall_may_have_melodies_of_its_own),
        TEST(more_than_fits_names_the_limit_and_its_reason),
        TEST(a_bus_drives_thirty_two_boards),
        TEST(the_data_folder_of_the_environment_is_taken),
        TEST(no_damage_to_the_file_harms_its_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
