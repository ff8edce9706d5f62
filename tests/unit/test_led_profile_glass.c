/* What a shipped profile writes, and what a board of that type then shows. The boards are written from the vendors'
 * maps (sim/slave.h), so a wrong register, packing, value or bit of a profile is seen here as a wrong glass. */
#include "drivers/led/profile_data.h"
#include "sim/slave_model.h"
#include "tests/unit/slave_ask.h"

static const char *const names[] = { "owen-smi2", "owen-smi2-m", "dm56a04",    "dm36b06",
                                     "led-485",   "ditel-dn",    "icpdas-ikan" };
#define NAMES (sizeof names / sizeof names[0])

struct pair {
    struct led_profile *profile;
    struct slave_bus *bus;
    uint8_t unit;
};

static struct led_profile *load(const char *name)
{
    char path[512];
    struct json_report report = { 0 };
    const char *root = getenv("KEZEK_SOURCE");
    snprintf(path, sizeof path, "%s/drivers/led/profiles/%s.json", root ? root : ".", name);
    struct led_profile *profile = led_profile_load(path, &report);
    assert_non_null(profile);
    return profile;
}

static void format_write(const struct led_write *write, uint8_t unit, char *out, size_t size)
{
    bool is_many = write->function == 16;
    uint16_t second = is_many ? write->count : write->value[0];
    int used = snprintf(out, size, "%02X %02X %02X %02X %02X %02X", unit, write->function, write->reg >> 8,
                        write->reg & 255, second >> 8, second & 255);
    if (is_many)
        used += snprintf(out + used, size - (size_t)used, " %02X", 2 * write->count);
    for (unsigned i = 0; is_many && i < write->count; i++)
        used += snprintf(out + used, size - (size_t)used, " %02X %02X", write->value[i] >> 8,
                         write->value[i] & 255);
}

/* Every write is acknowledged by its first six bytes; a refusal is a wrong profile. */
static void do_write(const struct pair *pair, const struct led_write *write)
{
    char request[1024];
    format_write(write, pair->unit, request, sizeof request);
    const char *said = hex(ask(pair->bus, request));
    if (strncmp(said, request, 17) != 0 || strlen(said) != 17)
        fail_msg("%s: %s is answered by \"%s\"", led_profile_name(pair->profile), request, said);
}

static void initialise(const struct pair *pair)
{
    for (unsigned i = 0; i < pair->profile->ninit; i++)
        do_write(pair, &pair->profile->init[i]);
}

static struct pair begin(const char *name)
{
    struct pair pair = { load(name), bus_with(name, 5), 5 };
    initialise(&pair);
    return pair;
}

static void end(struct pair *pair)
{
    slave_bus_destroy(pair->bus);
    led_profile_destroy(pair->profile);
}

static void show(const struct pair *pair, const char *text)
{
    struct led_write write[LED_WRITES_MAX];
    int count = led_profile_writes(pair->profile, text, write);
    if (count <= 0)
        fail_msg("%s: \"%s\" cannot be written: %d", led_profile_name(pair->profile), text, count);
    for (int i = 0; i < count; i++)
        do_write(pair, &write[i]);
}

static struct slave_view view_of(const struct pair *pair)
{
    struct slave_view view;
    slave_view(pair->bus, 0, &view);
    return view;
}

/* The text at its edge, each character in the shape that the boards' font has, the rest dark. */
static void check_glass(const struct pair *pair, const char *text)
{
    struct slave_view view = view_of(pair), expected = { .cells = view.cells };
    char line[2 * SLAVE_CELLS_MAX + 1];
    unsigned cells = 0;
    for (const char *c = text; *c; c++)
        cells += *c != '.' || pair->profile->text.dot != LED_DOT_JOINS;
    bool is_left = pair->profile->text.is_left_aligned || view.cells == SLAVE_CELLS_MAX;
    snprintf(line, sizeof line, "%*s%s", is_left ? 0 : (int)(view.cells - cells), "", text);
    if (pair->profile->text.dot == LED_DOT_CELL)
        for (unsigned i = 0; line[i]; i++)
            expected.segments[i] = line[i] == '.' ? DOT : slave_glyph(line[i]);
    else
        slave_put_joined(&expected, line, strlen(line));
    if (memcmp(view.segments, expected.segments, view.cells) != 0)
        fail_msg("%s: \"%s\" is shown as \"%s\"", led_profile_name(pair->profile), text, view.text);
}

static void every_character_is_shown_as_itself(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        struct pair pair = begin(names[i]);
        for (char c = ' ' + 1; c < 127; c++) {
            const char text[] = { c, '1', '\0' };
            char folded[16] = "", why[128];
            if (led_fold(pair.profile, text, folded, sizeof folded, why, sizeof why) < 0 ||
                strcmp(folded, text) != 0)
                continue; /* not a character of its own */
            show(&pair, text);
            check_glass(&pair, text);
        }
        end(&pair);
    }
}

static void texts_of_every_length_stand_at_their_edge(void **state)
{
    (void)state;
    static const char digits[] = "987654";
    for (unsigned i = 0; i < NAMES; i++) {
        struct pair pair = begin(names[i]);
        for (unsigned length = led_profile_cells(pair.profile); length > 0; length--) {
            char text[16];
            snprintf(text, sizeof text, "%.*s", (int)(length < 6 ? length : 6), digits);
            show(&pair, text);
            check_glass(&pair, text);
        }
        show(&pair, "");
        struct slave_view view = view_of(&pair);
        for (unsigned cell = 0; cell < view.cells; cell++)
            assert_int_equal(view.segments[cell], 0);
        if (pair.profile->nblank)
            initialise(&pair); /* as the schedule does: a blank sequence may have undone it */
        show(&pair, "7");
        check_glass(&pair, "7");
        end(&pair);
    }
}

static void blinking_brightness_and_colours_are_what_was_asked_for(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        struct pair pair = begin(names[i]);
        struct led_write write;
        show(&pair, "42");
        if (pair.profile->has_blink) {
            do_write(&pair, &pair.profile->blink_on);
            assert_true(view_of(&pair).is_blinking);
            do_write(&pair, &pair.profile->blink_off);
            assert_false(view_of(&pair).is_blinking);
        }
        for (int colour = LED_RED; colour < LED_COLOURS; colour++)
            if (led_profile_colour(pair.profile, (enum led_colour)colour, &write)) {
                do_write(&pair, &write);
                assert_int_equal(view_of(&pair).colour, colour);
            }
        unsigned before = 0;
        for (unsigned percent = 0; percent <= 100; percent += 25)
            if (led_profile_brightness(pair.profile, percent, &write)) {
                do_write(&pair, &write);
                assert_true(view_of(&pair).brightness_percent > before); /* never dark, and rising */
                before = view_of(&pair).brightness_percent;
            }
        assert_true(before == 0 || before == 100);
        check_glass(&pair, "42");
        end(&pair);
    }
}

static void read_values(const struct pair *pair, const struct led_write *read, uint16_t *value)
{
    char request[64];
    snprintf(request, sizeof request, "%02X %02X %02X %02X %02X %02X", pair->unit, read->function,
             read->reg >> 8, read->reg & 255, read->count >> 8, read->count & 255);
    size_t size = ask(pair->bus, request);
    assert_int_equal(size, read->function == 1 ? 4 : 3 + 2 * read->count);
    for (unsigned i = 0; i < read->count; i++)
        value[i] = read->function == 1 ? (answer[3] & 1 ? LED_COIL_ON : 0)
                                       : (uint16_t)(answer[3 + 2 * i] << 8 | answer[4 + 2 * i]);
}

static bool is_called_verified(const struct pair *pair, const char *text)
{
    const struct led_profile *profile = pair->profile;
    uint16_t read[LED_REGS_MAX];
    if (!profile->verify_regs)
        return false;
    read_values(pair, &(struct led_write){ profile->verify_reg, profile->verify_regs, 3, { 0 } }, read);
    if (!led_profile_equals(profile, text, false, read) ||
        led_profile_lit(profile, text, read) == LED_LIT_OTHER)
        return false;
    if (profile->mode.count)
        read_values(pair, &profile->mode, read);
    return memcmp(read, profile->mode.value, profile->mode.count * sizeof *read) == 0;
}

/* What a board without its init block does with a text must not read back as right, unless it is. */
static void what_reads_back_right_is_on_the_glass_also_after_a_cut_of_power(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        struct pair pair = begin(names[i]);
        show(&pair, "42");
        assert_int_equal(is_called_verified(&pair, "42"), pair.profile->verify_regs > 0);
        slave_set_power(pair.bus, 0, false);
        slave_set_power(pair.bus, 0, true);
        assert_false(is_called_verified(&pair, "42"));
        show(&pair, "42");
        if (is_called_verified(&pair, "42"))
            check_glass(&pair, "42");
        end(&pair);
    }
}

static void no_board_falls_into_its_safe_state_or_wears_out(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        struct pair pair = begin(names[i]);
        struct slave_counters counters;
        for (unsigned text = 1; text < 100; text++)
            show(&pair, text % 2 ? "42" : "7");
        slave_counters(pair.bus, 0, &counters);
        assert_int_equal(counters.flash_writes, 0);
        assert_int_equal(counters.exceptions, 0);
        assert_int_equal(slave_bus_change_us(pair.bus), INT64_MAX);
        end(&pair);
    }
}

static void a_group_frame_is_shown_by_all_it_names(void **state)
{
    (void)state;
    static const char *const texts[] = { "1", "22", "333" };
    struct led_write group;
    for (unsigned i = 0; i < NAMES; i++) {
        struct pair pair = begin(names[i]);
        if (led_profile_group_max(pair.profile)) {
            char request[1024];
            assert_true(led_profile_group(pair.profile, 3, 3, texts, &group));
            format_write(&group, 0, request, sizeof request);
            assert_int_equal(ask(pair.bus, request), 0);
            check_glass(&pair, "333"); /* address 5 is the third one */
        }
        end(&pair);
    }
}

static void the_right_board_is_recognised_and_no_other(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NAMES; i++) {
        struct led_profile *profile = load(names[i]);
        struct led_write question;
        for (unsigned other = 0; other < NAMES && led_profile_identity(profile, &question); other++) {
            struct slave_bus *bus = bus_with(names[other], 5);
            assert_int_equal(question.function, 17);
            size_t count = ask(bus, "05 11");
            bool is_known =
                count > 3 && answer[1] == 17 && led_profile_identifies(profile, answer + 3, count - 3);
            assert_int_equal(is_known, i == other);
            slave_bus_destroy(bus);
        }
        led_profile_destroy(profile);
    }
}

/* ---- a new board ----------------------------------------------------------------------------- */

static void take_step(struct pair *pair, const struct led_commission_step *step, uint8_t unit)
{
    char request[1024];
    format_write(&step->write, pair->unit, request, sizeof request);
    assert_true(ask(pair->bus, request) == 6 && !(answer[1] & 0x80));
    if (step->is_effective || step->takes & LED_TAKES_UNIT)
        pair->unit = unit;
}

static void a_new_board_gets_its_address_and_speed(void **state)
{
    (void)state;
    static const struct led_serial wanted = { 19200, 'N', 1 };
    for (unsigned i = 0; i < NAMES; i++) {
        struct led_profile *profile = load(names[i]);
        struct led_commission_step step[LED_COMMISSION_MAX];
        char why[128];
        int count = led_profile_commission(profile, 7, &wanted, step, why, sizeof why);
        if (count > 0) {
            struct pair pair = { profile, bus_with(names[i], profile->factory.unit), profile->factory.unit };
            for (int s = 0; s < count; s++)
                take_step(&pair, &step[s], 7);
            assert_int_equal(view_of(&pair).address, 7);
            slave_set_power(pair.bus, 0,
                            false); /* all is kept, and where it did not count at once it does now */
            slave_set_power(pair.bus, 0, true);
            assert_int_equal(view_of(&pair).address, 7);
            assert_int_equal(slave_settings(pair.bus, 0).baud, 19200);
            slave_bus_destroy(pair.bus);
        }
        led_profile_destroy(profile);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_shown_as_itself),
        cmocka_unit_test(texts_of_every_length_stand_at_their_edge),
        cmocka_unit_test(blinking_brightness_and_colours_are_what_was_asked_for),
        cmocka_unit_test(what_reads_back_right_is_on_the_glass_also_after_a_cut_of_power),
        cmocka_unit_test(no_board_falls_into_its_safe_state_or_wears_out),
        cmocka_unit_test(a_group_frame_is_shown_by_all_it_names),
        cmocka_unit_test(the_right_board_is_recognised_and_no_other),
        cmocka_unit_test(a_new_board_gets_its_address_and_speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
