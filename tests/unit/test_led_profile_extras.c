#include "tests/unit/led_profiles.h"

#include <errno.h>

static void per_cents_become_the_steps_of_the_device(void **state)
{
    (void)state;
    static const struct {
        unsigned percent;
        uint16_t value;
    } rows[] = { { 0, 1 }, { 7, 1 }, { 8, 2 }, { 50, 5 }, { 100, 8 }, { 101, 8 }, { 4000000000, 8 } };
    struct led_profile *dm56 = load("dm56a04"), *smi2 = load("owen-smi2");
    struct led_write write;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(led_profile_brightness(dm56, rows[i].percent, &write));
        assert_int_equal(write.function, 6);
        assert_int_equal(write.reg, 9);
        assert_int_equal(write.count, 1);
        assert_int_equal(write.value[0], rows[i].value);
    }
    assert_false(led_profile_brightness(smi2, 50, &write));
    led_profile_destroy(dm56);
    led_profile_destroy(smi2);
}

static void a_group_frame_carries_the_texts_of_neighbours(void **state)
{
    (void)state;
    static const char *const text[30] = { "A105", "7", "", "1.5", NULL };
    static const uint16_t expected[] = { 0x4131, 0x3035, 0x2020, 0x2020, 0x2020, 0x2037, 0x2020, 0x2020,
                                         0x2020, 0x2020, 0x2020, 0x2020, 0x2020, 0x312E, 0x3520, 0x2020 };
    struct led_profile *smi2 = load("owen-smi2"), *dm56 = load("dm56a04");
    struct led_write write;
    assert_int_equal(led_profile_group_max(smi2), 30);
    assert_int_equal(led_profile_broadcast_ms(smi2), 100);
    assert_true(led_profile_group(smi2, 1, 4, text, &write));
    assert_int_equal(write.function, 16);
    assert_int_equal(write.reg, 1001);
    assert_int_equal(write.count, 16);
    assert_memory_equal(write.value, expected, sizeof expected);
    assert_true(led_profile_group(smi2, 246, 2, text, &write));
    assert_int_equal(write.reg, 1246);
    assert_false(led_profile_group(smi2, 247, 2, text, &write));
    assert_false(led_profile_group(smi2, 0, 2, text, &write));
    assert_false(led_profile_group(smi2, 1, 31, text, &write));
    assert_false(led_profile_group(smi2, 1, 0, text, &write));
    assert_false(led_profile_group(smi2, 1, 2, (const char *const[]){ "A105", "S" }, &write));
    assert_int_equal(led_profile_group_max(dm56), 0);
    assert_false(led_profile_group(dm56, 1, 2, text, &write));
    led_profile_destroy(smi2);
    led_profile_destroy(dm56);
}

static void a_device_is_asked_who_it_is(void **state)
{
    (void)state;
    struct led_profile *smi2 = load("owen-smi2"), *dm56 = load("dm56a04");
    struct led_write write;
    assert_true(led_profile_identity(smi2, &write));
    assert_int_equal(write.function, 17);
    assert_int_equal(write.count, 0);
    assert_false(led_profile_identity(dm56, &write));
    led_profile_destroy(smi2);
    led_profile_destroy(dm56);
}

/* ---- commissioning --------------------------------------------------------------------------- */

static const struct led_serial even19200 = { 19200, 'E', 2 };

static void assert_step(const struct led_commission_step *step, uint16_t reg, uint16_t value)
{
    assert_int_equal(step->write.function, 6);
    assert_int_equal(step->write.count, 1);
    assert_int_equal(step->write.reg, reg);
    assert_int_equal(step->write.value[0], value);
}

static void settings_that_count_when_saved_are_written_first(void **state)
{
    (void)state;
    struct led_profile *smi2 = load("owen-smi2");
    struct led_commission_step step[LED_COMMISSION_MAX];
    char why[128];
    assert_int_equal(led_profile_commission(smi2, 7, &even19200, step, why, sizeof why), 5);
    assert_step(&step[0], 10, 7);
    assert_step(&step[1], 4, 4);
    assert_step(&step[2], 6, 1);
    assert_step(&step[3], 7, 2);
    assert_step(&step[4], 15, 129);
    for (unsigned i = 0; i < 5; i++) {
        assert_int_equal(step[i].is_effective, i == 4);
        assert_int_equal(step[i].is_silent, i == 4);
        assert_int_equal(step[i].rest_ms, i == 4 ? 1000 : 0);
        assert_false(step[i].is_answered_anew);
        assert_int_equal(step[i].takes, 0);
        assert_false(led_profile_may_write(smi2, &step[i].write));
    }
    assert_int_equal(led_profile_commission(smi2, 7, NULL, step, why, sizeof why), 2);
    assert_step(&step[1], 15, 129);
    led_profile_destroy(smi2);
}

static void settings_that_count_at_once_say_so_one_by_one(void **state)
{
    (void)state;
    const struct led_serial serial = { 19200, 'E', 1 };
    struct led_profile *dm56 = load("dm56a04");
    struct led_commission_step step[LED_COMMISSION_MAX];
    char why[128];
    assert_int_equal(led_profile_commission(dm56, 32, &serial, step, why, sizeof why), 3);
    assert_step(&step[0], 253, 32);
    assert_step(&step[1], 254, 4);
    assert_step(&step[2], 255, 1);
    assert_int_equal(step[0].takes, LED_TAKES_UNIT);
    assert_int_equal(step[1].takes, LED_TAKES_BAUD);
    assert_int_equal(step[2].takes, LED_TAKES_PARITY);
    assert_true(!step[0].is_effective && !step[1].is_effective && step[2].is_effective);
    led_profile_destroy(dm56);
}

static void the_answer_comes_from_where_the_profile_says(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        bool is_anew, is_silent;
    } rows[] = { { "\"old\"", false, false }, { "\"new\"", true, false }, { "\"unknown\"", false, true } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char lines[LINES_SIZE], why[128];
        struct led_commission_step step[LED_COMMISSION_MAX];
        struct led_profile *saved = load_changed("owen-smi2", "commission", "answer", rows[i].answer, lines);
        struct led_profile *at_once = load_changed("led-485", "commission", "answer", rows[i].answer, lines);
        assert_int_equal(led_profile_commission(saved, 7, NULL, step, why, sizeof why), 2);
        assert_false(step[0].is_answered_anew || step[0].is_silent); /* nothing counts yet */
        assert_int_equal(step[1].is_answered_anew, rows[i].is_anew);
        assert_int_equal(step[1].is_silent, rows[i].is_silent);
        assert_int_equal(led_profile_commission(at_once, 7, NULL, step, why, sizeof why), 1);
        assert_int_equal(step[0].is_answered_anew, rows[i].is_anew);
        assert_int_equal(step[0].is_silent, rows[i].is_silent);
        assert_true(step[0].is_effective);
        led_profile_destroy(saved);
        led_profile_destroy(at_once);
    }
}

static void what_a_device_cannot_be_given_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        unsigned unit;
        struct led_serial serial;
        int error;
        const char *why;
    } rows[] = {
        { "owen-smi2", 0, { 9600, 'N', 1 }, -EINVAL, "0 is no address; 1 to 247 are" },
        { "owen-smi2", 248, { 9600, 'N', 1 }, -EINVAL, "248 is no address; 1 to 247 are" },
        { "owen-smi2",
          7,
          { 1200, 'N', 1 },
          -EINVAL,
          "owen-smi2 has no speed 1200; it has 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 115200" },
        { "ditel-dn",
          7,
          { 9600, 'N', 1 },
          -ENOTSUP,
          "the address of ditel-dn cannot be set over the line; it has a menu or a page of its own" },
        { "led-485",
          7,
          { 9600, 'E', 1 },
          -ENOTSUP,
          "the parity of led-485 cannot be set over the line; it comes with none" },
        { "dm56a04",
          7,
          { 9600, 'N', 2 },
          -ENOTSUP,
          "the stop bits of dm56a04 cannot be set over the line; it comes with 1" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct led_profile *profile = load(rows[i].name);
        struct led_commission_step step[LED_COMMISSION_MAX];
        char why[128] = "";
        assert_int_equal(
            led_profile_commission(profile, (uint8_t)rows[i].unit, &rows[i].serial, step, why, sizeof why),
            rows[i].error);
        assert_string_equal(why, rows[i].why);
        led_profile_destroy(profile);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(per_cents_become_the_steps_of_the_device),
        cmocka_unit_test(a_group_frame_carries_the_texts_of_neighbours),
        cmocka_unit_test(a_device_is_asked_who_it_is),
        cmocka_unit_test(settings_that_count_when_saved_are_written_first),
        cmocka_unit_test(settings_that_count_at_once_say_so_one_by_one),
        cmocka_unit_test(the_answer_comes_from_where_the_profile_says),
        cmocka_unit_test(what_a_device_cannot_be_given_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
