/* Two speakers of a hall, on lines that fail (tests/doubles/gpio_model). */
#include "board/speakers.h"

#include "board/config/config.h"
#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define FIRST  18
#define SECOND 19

static struct room {
    struct config config;
    struct receipts receipts;
    struct loop *loop;
    struct speakers *speakers;
    struct model_chip *chip;
    struct receipt receipt;
    struct loop_timer *timer;
    int64_t deadline_us;
    bool is_ready_enough; /* wait for the first chime instead of a receipt */
} * room;

static void on_report(void *data)
{
    (void)data;
}

static void add_chime(const char *id, unsigned line, int standby_for)
{
    struct config_chime *chime = &room->config.chime[room->config.nchimes++];
    *chime = (struct config_chime){ .zones = UINT32_MAX,
                                    .volume_percent = 80,
                                    .standby_for = (int8_t)standby_for };
    chime->device =
        (struct chime_config){ .driver = "gpio-pulse", .chip = "pinctrl-bcm2711", .pulse_ms = 50 };
    snprintf(chime->device.id, sizeof chime->device.id, "%s", id);
    snprintf(chime->device.line, sizeof chime->device.line, "%u", line);
    snprintf(chime->melody[CHIME_CALL], sizeof chime->melody[0], "gong3");
}

static bool is_over(void)
{
    struct speaker_status status;
    speakers_status(room->speakers, 0, &status);
    return room->is_ready_enough ? status.is_ready
                                 : receipts_take(&room->receipts, clock_us(), &room->receipt);
}

static void tick(void *data, int64_t now_us)
{
    (void)data;
    speakers_tick(room->speakers, now_us);
    if (is_over() || now_us > room->deadline_us)
        loop_quit(room->loop, now_us > room->deadline_us);
    else
        loop_timer_at(room->timer, now_us + 5000);
}

static int set_up(void **state)
{
    (void)state;
    gpio_model_reset();
    room = calloc(1, sizeof *room);
    room->chip = gpio_model_add("/dev/gpiochip0", "gpiochip0", "pinctrl-bcm2711", 58);
    add_chime("hall", FIRST, -1);
    add_chime("spare", SECOND, 0);
    receipts_init(&room->receipts, "hall-1");
    room->loop = loop_create();
    room->timer = loop_timer(room->loop, "test", tick, NULL);
    room->speakers = speakers_create(room->loop, &room->config, &room->receipts, on_report, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    speakers_destroy(room->speakers);
    loop_timer_remove(room->timer);
    loop_destroy(room->loop);
    free(room);
    return gpio_model.open_chips || gpio_model.requests || gpio_model.objects;
}

static void wait_until_over(void)
{
    room->deadline_us = clock_us() + 8000000;
    loop_timer_at(room->timer, 0);
    assert_int_equal(loop_run(room->loop), 0);
}

/* One call, until its receipt is there. */
static void call(void)
{
    static int seq;
    struct event event = { .type = EVENT_CALL, .ticket = "А042", .seq = (uint64_t)++seq };
    uint64_t token = receipts_open(&room->receipts, &event, clock_us());
    const struct announcer_call said = { .lang = NONE };
    speakers_ask(room->speakers, token, CHIME_CALL, &said, clock_us() + 5000000, clock_us());
    wait_until_over();
}

static const char *result_of(const char *outlet)
{
    for (unsigned i = 0; i < room->receipt.noutlets; i++)
        if (strcmp(room->receipt.outlet[i].outlet, outlet) == 0)
            return room->receipt.outlet[i].result;
    return "";
}

static void one_that_stands_by_is_silent(void **state)
{
    (void)state;
    call();
    assert_string_equal(result_of("chime/hall"), "finished");
    assert_string_equal(result_of("chime/spare"), "");
    assert_int_equal(room->chip->line[SECOND].nsets, 0);
}

static void it_sounds_the_call_that_the_other_failed(void **state)
{
    (void)state;
    gpio_model.set_errno = ENODEV;
    call();
    assert_string_equal(result_of("chime/hall"), "failed");
    assert_string_equal(result_of("chime/spare"), "finished");
    assert_int_equal(room->receipt.result, RECEIPT_PARTIAL);
}

static void it_sounds_while_the_other_is_absent(void **state)
{
    (void)state;
    struct speaker_status status;
    room->chip->open_errno = ENODEV; /* both keep what they have */
    gpio_model.set_errno = ENODEV;
    call();
    call();
    assert_string_equal(result_of("chime/hall"), "failed");
    assert_string_equal(result_of("chime/spare"), "finished");
    speakers_status(room->speakers, 0, &status);
    assert_false(status.is_ready);
    assert_string_not_equal(status.detail, "");
}

static void one_that_failed_comes_back(void **state)
{
    (void)state;
    gpio_model.set_errno = ENODEV;
    call();
    room->is_ready_enough = true;
    wait_until_over();
    room->is_ready_enough = false;
    call();
    assert_string_equal(result_of("chime/hall"), "finished");
    assert_string_equal(result_of("chime/spare"), "");
}

static void silence(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    speakers_silence(room->speakers, true);
}

static void the_fire_alarm_stops_what_sounds(void **state)
{
    (void)state;
    room->config.chime[0].device.pulse_ms = 1000;
    speakers_destroy(room->speakers);
    room->speakers = speakers_create(room->loop, &room->config, &room->receipts, on_report, NULL);
    struct loop_timer *alarm = loop_timer(room->loop, "alarm", silence, NULL);
    int64_t begun_us = clock_us();
    loop_timer_at(alarm, begun_us + 200000);
    call();
    loop_timer_remove(alarm);
    assert_string_equal(result_of("chime/hall"), "muted_alarm");
    assert_true(clock_us() - begun_us < 900000);
    assert_false(gpio_model_is_on(&room->chip->line[FIRST]));
}

static void while_the_fire_alarm_is_on_nothing_sounds(void **state)
{
    (void)state;
    struct speaker_status status;
    speakers_silence(room->speakers, true);
    call();
    assert_string_equal(result_of("chime/hall"), "muted_alarm");
    assert_int_equal(speakers_play(room->speakers, "hall", "gong3"), -ECANCELED);
    assert_int_equal(room->chip->line[FIRST].nsets, 0);
    speakers_status(room->speakers, 0, &status);
    assert_true(status.is_ready);
    assert_string_equal(status.detail, "silent: the fire alarm is on");
    speakers_silence(room->speakers, false);
    call();
    assert_string_equal(result_of("chime/hall"), "finished");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_that_stands_by_is_silent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_sounds_the_call_that_the_other_failed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_sounds_while_the_other_is_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_failed_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_fire_alarm_stops_what_sounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(while_the_fire_alarm_is_on_nothing_sounds, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
