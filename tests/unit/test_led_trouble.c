/* What a technician is told about an LED board or its bus. */
#include "board/led_trouble.h"
#include "tests/unit/led_profiles.h"

#include <errno.h>

static struct led_profile *profile;

static int set_up(void **state)
{
    (void)state;
    profile = load("owen-smi2");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    led_profile_destroy(profile);
    return 0;
}

static void each_fault_of_a_board_is_named_with_what_to_do(void **state)
{
    (void)state;
    static const struct {
        struct led_unit_status status;
        const char *word, *says;
    } rows[] = {
        { { .certainty = LED_UNKNOWN }, "unknown", "" },
        { { .certainty = LED_SENT }, "sent", "" },
        { { .certainty = LED_VERIFIED, .requests = 4000, .timeouts = 900 }, "verified", "" }, /* it was off */
        { { .certainty = LED_LIT, .error = -ETIMEDOUT }, "lit", "" },                         /* lost once */
        { { .is_dead = true, .error = -ETIMEDOUT, .requests = 9, .timeouts = 9 },
          "dead",
          "no reply since the start; check its power, its address (16), and A against B" },
        { { .is_dead = true, .error = -ETIMEDOUT, .requests = 9, .timeouts = 8 },
          "dead",
          "no reply any more; check its power and its plug" },
        { { .is_other = true, .error = -EMEDIUMTYPE, .identity = "DM56A04" },
          "other",
          "answers as \"DM56A04\", not as owen-smi2, and is left alone; correct its profile or its address" },
        { { .error = -EBADMSG },
          "damaged",
          "damaged replies; does another board have the address 16, too? Then: termination, bias, shield" },
        { { .error = -EPROTO },
          "damaged",
          "damaged replies; does another board have the address 16, too? Then: termination, bias, shield" },
        { { .error = -EREMOTEIO }, "refuses", "refuses what it is given; is its profile (owen-smi2) right?" },
        { { .error = -EIO },
          "refuses",
          "reads back something else than was written; is its profile (owen-smi2) right?" },
        { { .certainty = LED_VERIFIED, .requests = 500, .crc_errors = 11 },
          "verified",
          "11 of 500 replies were damaged; check termination, bias and shield" },
        { { .certainty = LED_VERIFIED, .requests = 600, .crc_errors = 11 }, "verified", "" },
        { { .certainty = LED_VERIFIED, .requests = 20, .crc_errors = 9 }, "verified", "" },
    };
    const struct led_unit_config config = { 16, profile };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char says[LED_TROUBLE_SIZE];
        led_unit_trouble(&config, &rows[i].status, says);
        assert_string_equal(says, rows[i].says);
        assert_string_equal(led_state(&rows[i].status), rows[i].word);
    }
}

static void a_bus_is_blamed_when_none_of_its_boards_replies(void **state)
{
    (void)state;
    struct led_bus_config bus = { .device = "/dev/west", .baud = 9600, .parity = 'N', .stop_bits = 1 };
    struct led_bus_status status = { .is_open = true };
    struct led_unit_status unit[LED_UNITS_MAX] = { { .is_dead = true }, { .is_dead = true } };
    char says[LED_TROUBLE_SIZE];
    bus.nunits = 2;
    led_bus_trouble(&bus, &status, unit, says);
    assert_string_equal(says,
                        "none of its 2 boards replies; check their power, A against B, and 9600 8N1 on all");
    unit[1].is_dead = false;
    led_bus_trouble(&bus, &status, unit, says);
    assert_string_equal(says, "");
    bus.nunits = 1; /* may be the board as well */
    led_bus_trouble(&bus, &status, unit, says);
    assert_string_equal(says, "");
}

static void a_bus_is_blamed_when_several_boards_reply_damaged_and_none_well(void **state)
{
    (void)state;
    const struct led_unit_status damaged = { .error = -EBADMSG }, dead = { .is_dead = true }, well = { 0 };
    const struct {
        struct led_unit_status unit[3];
        bool is_told;
    } rows[] = {
        { { damaged, damaged, damaged }, true },
        { { damaged, damaged, dead }, true },
        { { damaged, dead, dead }, false }, /* may be two boards with one address */
        { { damaged, damaged, well }, false },
    };
    struct led_bus_config bus = {
        .device = "/dev/west", .baud = 9600, .parity = 'N', .stop_bits = 1, .nunits = 3
    };
    struct led_bus_status status = { .is_open = true };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char says[LED_TROUBLE_SIZE];
        led_bus_trouble(&bus, &status, rows[i].unit, says);
        assert_string_equal(
            says, rows[i].is_told
                      ? "the replies of all 3 boards are damaged or missing; check termination, bias and "
                        "common wire, and that nobody else talks on it"
                      : "");
    }
}

static void a_bus_that_is_not_there_says_where_to_look(void **state)
{
    (void)state;
    struct led_bus_config bus = { .device = "/dev/west" };
    struct led_bus_status status = { .detail = "No such file or directory" };
    struct led_unit_status unit[LED_UNITS_MAX] = { 0 };
    char says[LED_TROUBLE_SIZE];
    led_bus_trouble(&bus, &status, unit, says);
    assert_string_equal(says,
                        "No such file or directory; check the adapter, its plug and the name of its device");
    strcpy(bus.device, "tcp://10.0.0.7");
    *status.detail = '\0';
    led_bus_trouble(&bus, &status, unit, says);
    assert_string_equal(says, "not open; check the gateway, its address and its network cable");
}

/* A line that does is worked with. */
static void a_gateway_that_hears_itself_is_blamed(void **state)
{
    (void)state;
    struct led_bus_config bus = { .device = "tcp://10.0.0.7", .nunits = 1 };
    struct led_bus_status status = { .is_open = true, .hears_itself = true };
    struct led_unit_status unit = { 0 };
    char says[LED_TROUBLE_SIZE];
    led_bus_trouble(&bus, &status, &unit, says);
    assert_string_equal(says, "the gateway hears itself, so that some boards cannot be believed; let its "
                              "receiver be off while it sends");
    strcpy(bus.device, "/dev/west");
    led_bus_trouble(&bus, &status, &unit, says);
    assert_string_equal(says, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_of_a_board_is_named_with_what_to_do),
        cmocka_unit_test(a_bus_is_blamed_when_none_of_its_boards_replies),
        cmocka_unit_test(a_bus_is_blamed_when_several_boards_reply_damaged_and_none_well),
        cmocka_unit_test(a_bus_that_is_not_there_says_where_to_look),
        cmocka_unit_test(a_gateway_that_hears_itself_is_blamed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
