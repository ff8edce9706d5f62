/* The tests of gpio_line, for test_gpio_line_v1 and _v2. */
#pragma once

#include "drivers/chime/gpio_line.h"

#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct model_chip *soc, *expander;
static struct gpio_line *line;
static char error[200];

static int set_up(void **state)
{
    (void)state;
    gpio_model_reset();
    expander = gpio_model_add("/dev/gpiochip1", "gpiochip1", "raspberrypi-exp-gpio", 8);
    soc = gpio_model_add("/dev/gpiochip3", "gpiochip3", "pinctrl-bcm2711", 58);
    strcpy(soc->line[18].name, "GPIO18");
    strcpy(expander->line[2].name, "BT_ON");
    line = NULL;
    error[0] = '\0';
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gpio_line_close(line);
    return gpio_model.open_chips || gpio_model.requests || gpio_model.objects;
}

static int open_line(const char *chip, const char *name)
{
    return gpio_line_open(&line, chip, name, false, error, sizeof error);
}

static void check_refused(int result, int want, const char *part)
{
    if (result != want || !strstr(error, part))
        fail_msg("%d instead of %d; \"%s\" should say \"%s\"", result, want, error, part);
    assert_null(line);
    assert_int_equal(gpio_model.open_chips + gpio_model.requests + gpio_model.objects, 0);
}

static void a_chip_is_found_by_label_name_or_path(void **state)
{
    (void)state;
    static const char *const chips[] = { "pinctrl-bcm2711", "gpiochip3", "/dev/gpiochip3" };
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(open_line(chips[i], "18"), 0);
        assert_string_equal(soc->line[18].consumer, "kezek");
        gpio_line_close(line);
        assert_false(soc->line[18].is_held);
    }
    line = NULL;
}

static void a_line_is_found_by_name_on_any_chip(void **state)
{
    (void)state;
    assert_int_equal(open_line("", "GPIO18"), 0);
    assert_true(soc->line[18].is_held);
}

static void a_line_is_found_by_name_on_a_named_chip(void **state)
{
    (void)state;
    assert_int_equal(open_line("/dev/gpiochip1", "BT_ON"), 0);
    assert_true(expander->line[2].is_held);
}

static void a_line_starts_low_follows_and_ends_low(void **state)
{
    (void)state;
    soc->line[18].is_high = true;
    assert_int_equal(open_line("gpiochip3", "18"), 0);
    assert_false(soc->line[18].is_high);
    assert_int_equal(gpio_line_set(line, true), 0);
    assert_true(soc->line[18].is_high);
    gpio_line_close(line);
    line = NULL;
    assert_false(soc->line[18].is_high);
}

static void an_active_low_line_rests_at_the_high_voltage(void **state)
{
    (void)state;
    assert_int_equal(gpio_line_open(&line, "gpiochip3", "18", true, error, sizeof error), 0);
    assert_true(soc->line[18].is_high);
    assert_int_equal(gpio_line_set(line, true), 0);
    assert_false(soc->line[18].is_high);
    gpio_line_close(line);
    line = NULL;
    assert_true(soc->line[18].is_high);
}

static void the_chip_stays_open_only_where_the_library_needs_it(void **state)
{
    (void)state;
    assert_int_equal(open_line("gpiochip3", "18"), 0);
    assert_int_equal(gpio_model.open_chips, gpio_double_keeps_chip);
    assert_int_equal(gpio_model.objects, 0);
    assert_int_equal(gpio_line_set(line, true), 0);
}

static void a_line_in_use_says_who_uses_it(void **state)
{
    (void)state;
    soc->line[18].is_held = true;
    strcpy(soc->line[18].consumer, "w1-gpio");
    check_refused(open_line("gpiochip3", "18"), -EBUSY, "gpiochip3 line 18 is in use by \"w1-gpio\"");
    soc->line[18].consumer[0] = '\0';
    check_refused(open_line("", "GPIO18"), -EBUSY, "in use by the kernel");
}

static void a_chip_that_is_not_there_is_answered_with_those_that_are(void **state)
{
    (void)state;
    check_refused(open_line("pinctrl-rp1", "18"), -ENOENT,
                  "no GPIO chip \"pinctrl-rp1\"; present: gpiochip1 [raspberrypi-exp-gpio], gpiochip3 "
                  "[pinctrl-bcm2711]");
    check_refused(open_line("/dev/gpiochip0", "18"), -ENOENT, "/dev/gpiochip0: No such file");
    check_refused(open_line("", "GPIO99"), -ENOENT, "no GPIO line \"GPIO99\"");
    gpio_model.nchips = 0;
    check_refused(open_line("pinctrl-rp1", "18"), -ENOENT, "present: none");
}

static void a_line_that_is_not_there_is_named(void **state)
{
    (void)state;
    check_refused(open_line("gpiochip3", "58"), -ENOENT, "gpiochip3 has no line 58");
    check_refused(open_line("gpiochip3", "4294967314"), -ENOENT, "has no line");
    check_refused(open_line("gpiochip3", "GPIO99"), -ENOENT,
                  "no line \"GPIO99\" on gpiochip3 [pinctrl-bcm2711]");
}

static void an_offset_without_a_chip_or_no_line_at_all_is_refused(void **state)
{
    (void)state;
    check_refused(open_line("gpiochip3", ""), -EINVAL,
                  "no line given"); /* libgpiod 2 finds the first unnamed one */
    check_refused(open_line("", "18"), -EINVAL, "an offset needs a chip");
}

static void a_denied_chip_is_answered_with_the_group(void **state)
{
    (void)state;
    soc->open_errno = EACCES;
    check_refused(open_line("/dev/gpiochip3", "18"), -EACCES, "group gpio");
    check_refused(open_line("pinctrl-bcm2711", "18"), -EACCES, "/dev/gpiochip3: permission denied");
    check_refused(open_line("", "GPIO18"), -EACCES, "udev rule");
    soc->open_errno = EPERM; /* the device controller of a container or a systemd unit */
    check_refused(open_line("pinctrl-bcm2711", "18"), -EACCES, "permission denied");
}

static void a_denied_chip_does_not_hide_the_one_that_is_wanted(void **state)
{
    (void)state;
    expander->open_errno = EACCES;
    assert_int_equal(open_line("pinctrl-bcm2711", "18"), 0);
}

static void two_chips_with_one_label_are_ambiguous(void **state)
{
    (void)state;
    gpio_model_add("/dev/gpiochip5", "gpiochip5", "pinctrl-bcm2711", 58);
    check_refused(open_line("pinctrl-bcm2711", "18"), -ENOTUNIQ, "on gpiochip3 and on gpiochip5");
}

static void a_second_path_to_one_chip_is_no_second_chip(void **state)
{
    (void)state;
    gpio_model_add("/dev/gpiochip4", "gpiochip3", "pinctrl-bcm2711", 58);
    assert_int_equal(open_line("pinctrl-bcm2711", "18"), 0);
}

static void an_error_of_a_set_is_passed_on(void **state)
{
    (void)state;
    assert_int_equal(open_line("gpiochip3", "18"), 0);
    gpio_model.set_errno = EREMOTEIO;
    assert_int_equal(gpio_line_set(line, true), -EREMOTEIO);
    assert_int_equal(gpio_line_set(line, true), 0);
}

static int watch(bool is_active_low, enum gpio_bias bias)
{
    return gpio_line_watch(&line, "gpiochip3", "18", is_active_low, bias, error, sizeof error);
}

static bool has_edges(void)
{
    struct pollfd wait = { gpio_line_fd(line), POLLIN, 0 };
    return poll(&wait, 1, 0) == 1;
}

static void an_input_follows_its_line_and_tells_of_edges(void **state)
{
    (void)state;
    assert_int_equal(watch(false, GPIO_BIAS_DOWN), 0);
    assert_int_equal(soc->line[18].bias, -1);
    assert_int_equal(gpio_line_get(line), 0);
    assert_false(has_edges());
    gpio_model_drive(&soc->line[18], true);
    assert_true(has_edges());
    assert_int_equal(gpio_line_drain(line), 0);
    assert_false(has_edges());
    assert_int_equal(gpio_line_get(line), 1);
    gpio_model.get_errno = ENODEV;
    assert_int_equal(gpio_line_get(line), -ENODEV);
}

static void an_active_low_input_is_on_at_the_low_voltage(void **state)
{
    (void)state;
    soc->line[18].is_high = true;
    assert_int_equal(watch(true, GPIO_BIAS_UP), 0);
    assert_int_equal(soc->line[18].bias, 1);
    assert_int_equal(gpio_line_get(line), 0);
    gpio_model_drive(&soc->line[18], false);
    assert_int_equal(gpio_line_get(line), 1);
}

static void an_input_is_left_as_it_is(void **state)
{
    (void)state;
    soc->line[18].is_high = true;
    assert_int_equal(watch(false, GPIO_BIAS_NONE), 0);
    assert_int_equal(soc->line[18].bias, 0);
    gpio_line_close(line);
    line = NULL;
    assert_true(soc->line[18].is_high);
    assert_int_equal(soc->line[18].nsets, 0);
    assert_false(soc->line[18].is_held);
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    gpio_line_close(NULL);
}

#define WITH_CHIPS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CHIPS(a_chip_is_found_by_label_name_or_path),
        WITH_CHIPS(a_line_is_found_by_name_on_any_chip),
        WITH_CHIPS(a_line_is_found_by_name_on_a_named_chip),
        WITH_CHIPS(a_line_starts_low_follows_and_ends_low),
        WITH_CHIPS(an_active_low_line_rests_at_the_high_voltage),
        WITH_CHIPS(the_chip_stays_open_only_where_the_library_needs_it),
        WITH_CHIPS(a_line_in_use_says_who_uses_it),
        WITH_CHIPS(a_chip_that_is_not_there_is_answered_with_those_that_are),
        WITH_CHIPS(a_line_that_is_not_there_is_named),
        WITH_CHIPS(an_offset_without_a_chip_or_no_line_at_all_is_refused),
        WITH_CHIPS(a_denied_chip_is_answered_with_the_group),
        WITH_CHIPS(a_denied_chip_does_not_hide_the_one_that_is_wanted),
        WITH_CHIPS(two_chips_with_one_label_are_ambiguous),
        WITH_CHIPS(a_second_path_to_one_chip_is_no_second_chip),
        WITH_CHIPS(an_error_of_a_set_is_passed_on),
        WITH_CHIPS(an_input_follows_its_line_and_tells_of_edges),
        WITH_CHIPS(an_active_low_input_is_on_at_the_low_voltage),
        WITH_CHIPS(an_input_is_left_as_it_is),
        WITH_CHIPS(closing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
