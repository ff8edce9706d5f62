#include "board/hall/desktext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_led led = { .called = LED_RED, .serving = LED_GREEN, .closed = LED_YELLOW };
static struct led_profile *profile; /* owen-smi2: four cells, Latin letters */

static void complain(void *data, const char *line)
{
    (void)data;
    print_error("%s\n", line);
}

static int load(void **unused)
{
    (void)unused;
    char path[512];
    struct json_report report = { .line = complain };
    const char *source = getenv("KEZEK_SOURCE");
    snprintf(path, sizeof path, "%s/drivers/led/profiles/owen-smi2.json", source ? source : ".");
    profile = led_profile_load(path, &report);
    return profile ? 0 : -1;
}

static int unload(void **unused)
{
    (void)unused;
    led_profile_destroy(profile);
    return 0;
}

static void each_state_of_a_desk_has_its_text(void **unused)
{
    (void)unused;
    static const struct {
        struct hall_desk desk;
        enum feed_truth truth;
        const char *text;
        bool is_blinking;
    } rows[] = {
        { { .status = DESK_OPEN, .phase = PHASE_CALLED, .ticket = "А042" }, FEED_FRESH, "A042", true },
        { { .status = DESK_OPEN, .phase = PHASE_SERVING, .ticket = "А042" }, FEED_FRESH, "A042", false },
        { { .status = DESK_OPEN, .phase = PHASE_CALLED, .ticket = "А042" }, FEED_STALE, "A042", true },
        { { .status = DESK_OPEN }, FEED_FRESH, "", false },
        { { .status = DESK_CLOSED }, FEED_FRESH, "----", false },
        { { .status = DESK_PAUSED }, FEED_FRESH, "----", false },
        { { .status = DESK_PAUSED, .phase = PHASE_SERVING, .ticket = "А042" }, FEED_FRESH, "A042", false },
        { { .status = DESK_OPEN, .phase = PHASE_CALLED, .ticket = "А042" }, FEED_BLANK, "----", false },
        { { .status = DESK_OPEN }, FEED_NOTHING, "", false },
        { { .status = DESK_OPEN, .phase = PHASE_CALLED, .ticket = "А042" },
          FEED_NOTHING,
          "A042",
          true }, /* the first event */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_text text;
        char why[80];
        assert_int_equal(desktext(&rows[i].desk, profile, &led, rows[i].truth, &text, why, sizeof why), 0);
        assert_string_equal(text.text, rows[i].text);
        assert_int_equal(text.is_blinking, rows[i].is_blinking);
        assert_int_equal(text.colour, !text.text[0]         ? LED_COLOUR_OWN
                                      : text.text[0] == '-' ? LED_YELLOW
                                      : text.is_blinking    ? LED_RED
                                                            : LED_GREEN);
    }
}

static void the_halls_letters_stand_for_those_that_cells_do_not_have(void **unused)
{
    (void)unused;
    static const struct config_led hall = { .letters = { .count = 1, .entry = { { 0x416, "H" } } } };
    const struct hall_desk desk = { .status = DESK_OPEN, .phase = PHASE_CALLED, .ticket = "Ж042" };
    struct led_text text;
    char why[80];
    assert_int_equal(desktext(&desk, profile, &hall, FEED_FRESH, &text, why, sizeof why), 0);
    assert_string_equal(text.text, "H042");
}

static void a_ticket_that_the_cells_cannot_show_truly_becomes_dashes(void **unused)
{
    (void)unused;
    static const char *const tickets[] = { "Ж042", "А0420420" };
    for (size_t i = 0; i < sizeof tickets / sizeof tickets[0]; i++) {
        struct hall_desk desk = { .status = DESK_OPEN, .phase = PHASE_CALLED };
        struct led_text text;
        snprintf(desk.ticket, sizeof desk.ticket, "%s", tickets[i]);
        char why[80];
        assert_true(desktext(&desk, profile, &led, FEED_FRESH, &text, why, sizeof why) < 0);
        assert_true(why[0]);
        assert_string_equal(text.text, "----");
        assert_false(text.is_blinking);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_state_of_a_desk_has_its_text),
        cmocka_unit_test(a_ticket_that_the_cells_cannot_show_truly_becomes_dashes),
        cmocka_unit_test(the_halls_letters_stand_for_those_that_cells_do_not_have),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
