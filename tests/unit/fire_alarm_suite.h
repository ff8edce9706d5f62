/* The tests of board/fire_alarm, for test_fire_alarm_v1 and _v2: a contact that closes and opens. */
#pragma once

#include "board/fire_alarm.h"

#include "drivers/chime/gpio_line.h"
#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct loop *loop;
static struct loop_timer *end, *step;
static struct fire_alarm *alarm_input;
static struct model_line *contact;
static unsigned changes;
static const struct config_fire_alarm config = { "gpiochip0", "23", true, GPIO_BIAS_UP };

static void on_change(void *data)
{
    (void)data;
    changes++;
}

static void quit(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    loop_quit(loop, 0);
}

static void run_ms(int64_t ms)
{
    loop_timer_at(end, clock_us() + ms * 1000);
    assert_int_equal(loop_run(loop), 0);
}

static int set_up(void **state)
{
    (void)state;
    gpio_model_reset();
    contact = &gpio_model_add("/dev/gpiochip0", "gpiochip0", "pinctrl-bcm2711", 58)->line[23];
    contact->is_high = true; /* quiet: active low */
    changes = 0;
    loop = loop_create();
    end = loop_timer(loop, "end", quit, NULL);
    step = NULL;
    alarm_input = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fire_alarm_destroy(alarm_input);
    loop_timer_remove(end);
    loop_timer_remove(step);
    loop_destroy(loop);
    return gpio_model.open_chips || gpio_model.requests || gpio_model.objects;
}

static void begin(void)
{
    alarm_input = fire_alarm_create(loop, &config, on_change, NULL);
    assert_non_null(alarm_input);
}

static void an_alarm_comes_at_once_and_goes_when_it_was_quiet_for_a_second(void **state)
{
    (void)state;
    begin();
    run_ms(30);
    assert_string_equal(fire_alarm_state(alarm_input), "quiet");
    assert_int_equal(contact->bias, 1);
    gpio_model_drive(contact, false);
    run_ms(200);
    assert_true(fire_alarm_is_on(alarm_input));
    assert_string_equal(fire_alarm_state(alarm_input), "alarm");
    assert_int_equal(changes, 1);
    gpio_model_drive(contact, true);
    run_ms(600);
    assert_true(fire_alarm_is_on(alarm_input));
    run_ms(1000);
    assert_false(fire_alarm_is_on(alarm_input));
    assert_int_equal(changes, 2);
}

static void the_level_at_the_start_counts(void **state)
{
    (void)state;
    contact->is_high = false;
    begin();
    run_ms(200);
    assert_true(fire_alarm_is_on(alarm_input));
}

static void a_level_whose_edge_was_lost_is_seen(void **state)
{
    (void)state;
    begin();
    run_ms(30);
    contact->is_high = false; /* no edge */
    run_ms(1300);
    assert_true(fire_alarm_is_on(alarm_input));
}

static void open_again(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    gpio_model_drive(contact, true);
}

static void a_bounce_is_no_alarm(void **state)
{
    (void)state;
    begin();
    run_ms(30);
    step = loop_timer(loop, "open", open_again, NULL);
    loop_timer_at(step, clock_us() + 2000);
    gpio_model_drive(contact, false);
    run_ms(1200);
    assert_false(fire_alarm_is_on(alarm_input));
    assert_int_equal(changes, 0);
}

static void a_line_that_is_not_there_is_tried_again_and_silences_nothing(void **state)
{
    (void)state;
    contact->is_high = false;
    gpio_model.chip[0].open_errno = EACCES;
    begin();
    run_ms(50);
    assert_string_equal(fire_alarm_state(alarm_input), "absent");
    assert_non_null(strstr(fire_alarm_detail(alarm_input), "group gpio"));
    assert_false(fire_alarm_is_on(alarm_input));
    gpio_model.chip[0].open_errno = 0;
    run_ms(1300);
    assert_string_equal(fire_alarm_detail(alarm_input), "");
    assert_true(fire_alarm_is_on(alarm_input));
}

static void a_line_that_is_lost_ends_the_silence(void **state)
{
    (void)state;
    contact->is_high = false;
    begin();
    run_ms(200);
    assert_true(fire_alarm_is_on(alarm_input));
    gpio_model.get_errno = ENODEV;
    run_ms(1300);
    assert_false(fire_alarm_is_on(alarm_input));
    assert_string_equal(fire_alarm_state(alarm_input), "absent");
    gpio_model.get_errno = 0;
}

static void no_alarm_is_never_on(void **state)
{
    (void)state;
    assert_false(fire_alarm_is_on(NULL));
    fire_alarm_destroy(NULL);
}

#define WITH_LINE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(an_alarm_comes_at_once_and_goes_when_it_was_quiet_for_a_second),
        WITH_LINE(the_level_at_the_start_counts),
        WITH_LINE(a_level_whose_edge_was_lost_is_seen),
        WITH_LINE(a_bounce_is_no_alarm),
        WITH_LINE(a_line_that_is_not_there_is_tried_again_and_silences_nothing),
        WITH_LINE(a_line_that_is_lost_ends_the_silence),
        WITH_LINE(no_alarm_is_never_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
