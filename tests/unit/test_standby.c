/* When a display sleeps: never behind an alert, and never in the face of a late visitor. */
#include "board/standby.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_US INT64_C(60000000)
#define START_US  (1000 * MINUTE_US)

static struct {
    struct config config;
    struct hall hall;
    struct config_screen *screen;
    struct scene_clock clock;
    struct standby standby;
    int64_t now_us;
} bench;

/* Two zones with a desk each; the screen shows the first, from 08:00 to 20:00; it is Monday 22:00. */
static int set_up(void **unused)
{
    (void)unused;
    memset(&bench, 0, sizeof bench);
    struct config *config = &bench.config;
    config->nzones = config->ndesks = 2;
    config->nscreens = 1;
    config->desk[0] = (struct config_desk){ .id = "1", .label = "1", .zone = 0, .agency = NONE, .bus = NONE };
    config->desk[1] = (struct config_desk){ .id = "2", .label = "2", .zone = 1, .agency = NONE, .bus = NONE };
    config->screen[0].zones = 1;
    config->screen[0].desk = NONE;
    config->screen[0].awake_minutes = 15;
    config->screen[0].hours = (struct hours){ 1, { { 0x7f, 480, 1200 } } };
    hall_init(&bench.hall, config);
    bench.screen = &config->screen[0];
    bench.clock = (struct scene_clock){ 2026, 11, 23, 0, 22, 0, true };
    bench.now_us = START_US;
    return 0;
}

static bool is_asleep(void)
{
    standby_decide(&bench.standby, bench.screen, &bench.hall, &bench.clock, bench.now_us);
    return bench.standby.is_asleep;
}

static void happen(enum event_type type, const char *desk, const char *ticket)
{
    static uint64_t seq;
    struct event event = { .type = (uint8_t)type, .seq = ++seq };
    int index;
    strcpy(event.desk, desk);
    strcpy(event.ticket, ticket);
    assert_true(hall_apply(&bench.hall, &event, bench.now_us, &index) >= 0);
}

static void notice(enum notice_level level, const char *text)
{
    struct event event = { .type = EVENT_NOTICE };
    int index;
    strcpy(event.notice.id, "fire");
    event.notice.level = (uint8_t)level;
    event.notice.ntexts = *text ? 1 : 0;
    strcpy(event.notice.text[0].lang, "ru");
    strcpy(event.notice.text[0].text, text);
    assert_true(hall_apply(&bench.hall, &event, bench.now_us, &index) >= 0);
}

static void it_sleeps_outside_its_hours_only(void **unused)
{
    char text[32];
    (void)unused;
    assert_true(is_asleep());
    assert_int_equal(bench.standby.again_us, INT64_MAX);
    standby_text(&bench.standby, &bench.clock, text, sizeof text);
    assert_string_equal(text, "standby until 08:00");
    bench.clock.hour = 8;
    assert_false(is_asleep());
    standby_text(&bench.standby, &bench.clock, text, sizeof text);
    assert_string_equal(text, "");
    bench.clock.hour = 20;
    assert_true(is_asleep());
}

static void it_never_sleeps_without_hours_or_without_the_time(void **unused)
{
    (void)unused;
    bench.clock.is_known = false;
    assert_false(is_asleep());
    bench.clock.is_known = true;
    assert_true(is_asleep());
    bench.screen->hours.nspans = 0;
    assert_false(is_asleep());
}

static void an_alert_wakes_it_as_long_as_it_stands(void **unused)
{
    (void)unused;
    assert_true(is_asleep());
    notice(NOTICE_INFO, "Скользко");
    assert_true(is_asleep());
    notice(NOTICE_ALERT, "Пожар");
    assert_false(is_asleep());
    bench.now_us += 600 * MINUTE_US;
    assert_false(is_asleep());
    notice(NOTICE_ALERT, "");
    assert_true(is_asleep());
}

static void an_alert_of_the_hall_file_wakes_it(void **unused)
{
    (void)unused;
    struct config_notice *standing = &bench.config.notice[0];
    bench.config.nlangs = 1;
    strcpy(bench.config.lang[0], "ru");
    strcpy(standing->id, "closed");
    strcpy(standing->text.text[0], "Закрыто");
    standing->level = NOTICE_ALERT;
    bench.config.nnotices = 1;
    hall_init(&bench.hall, &bench.config);
    assert_false(is_asleep());
}

static void a_call_wakes_it_for_a_quarter_of_an_hour(void **unused)
{
    (void)unused;
    assert_true(is_asleep());
    happen(EVENT_CALL, "1", "А042");
    assert_false(is_asleep());
    assert_true(bench.standby.again_us == START_US + 15 * MINUTE_US);
    bench.now_us = bench.standby.again_us - 1;
    assert_false(is_asleep());
    bench.now_us++;
    assert_true(is_asleep());
    assert_true(bench.standby.again_us == INT64_MAX);
}

static void how_long_a_call_wakes_it_is_the_halls_choice(void **unused)
{
    (void)unused;
    bench.screen->awake_minutes = 240;
    happen(EVENT_CALL, "1", "А042");
    assert_false(is_asleep());
    bench.now_us += 240 * MINUTE_US - 1;
    assert_false(is_asleep());
    bench.now_us++;
    assert_true(is_asleep());
}

static void a_recall_wakes_it_again(void **unused)
{
    (void)unused;
    happen(EVENT_CALL, "1", "А042");
    assert_false(is_asleep());
    bench.now_us += 20 * MINUTE_US;
    assert_true(is_asleep());
    happen(EVENT_RECALL, "1", "А042");
    assert_false(is_asleep());
}

static void a_visit_that_goes_on_at_once_does_not_darken_it(void **unused)
{
    (void)unused;
    static const enum event_type after[] = { EVENT_SERVE, EVENT_CLEAR };
    for (unsigned i = 0; i < 2; i++) {
        happen(EVENT_CALL, "1", "А042");
        assert_false(is_asleep());
        bench.now_us += MINUTE_US;
        happen(after[i], "1", "А042");
        assert_false(is_asleep());
    }
    struct event parked = { .type = EVENT_CLEAR, .reason = CLEAR_PARKED, .seq = 1000, .desk = "1" };
    int desk;
    happen(EVENT_CALL, "1", "А043");
    assert_false(is_asleep());
    strcpy(parked.ticket, "А043");
    assert_true(hall_apply(&bench.hall, &parked, bench.now_us, &desk) > 0);
    assert_int_equal(bench.hall.recent[0].ticket[4], '2'); /* it has left the list */
    assert_false(is_asleep());
    bench.now_us += 15 * MINUTE_US;
    assert_true(is_asleep());
}

static void a_call_in_another_zone_lets_it_sleep(void **unused)
{
    (void)unused;
    happen(EVENT_CALL, "2", "А042");
    assert_true(is_asleep());
    bench.screen->zones = 3;
    assert_false(is_asleep());
}

static void a_call_that_newer_ones_have_pushed_out_of_the_list_counts(void **unused)
{
    char ticket[TICKET_SIZE];
    (void)unused;
    happen(EVENT_CALL, "1", "А042");
    for (unsigned i = 0; i < RECENT_MAX; i++) {
        snprintf(ticket, sizeof ticket, "Б%03u", i);
        happen(EVENT_CALL, "2", ticket);
    }
    assert_false(is_asleep());
}

static void a_snapshot_with_a_called_visitor_wakes_it_once(void **unused)
{
    struct state_desk state = { .desk = "1", .status = DESK_OPEN, .phase = PHASE_CALLED, .ticket = "А042" };
    (void)unused;
    hall_set_desk(&bench.hall, &state, bench.now_us);
    assert_false(is_asleep());
    for (int i = 0; i < 15; i++) {
        bench.now_us += MINUTE_US;
        hall_set_desk(&bench.hall, &state, bench.now_us);
    }
    assert_true(is_asleep());
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_sleeps_outside_its_hours_only),
        TEST(it_never_sleeps_without_hours_or_without_the_time),
        TEST(an_alert_wakes_it_as_long_as_it_stands),
        TEST(an_alert_of_the_hall_file_wakes_it),
        TEST(a_call_wakes_it_for_a_quarter_of_an_hour),
        TEST(how_long_a_call_wakes_it_is_the_halls_choice),
        TEST(a_recall_wakes_it_again),
        TEST(a_visit_that_goes_on_at_once_does_not_darken_it),
        TEST(a_call_in_another_zone_lets_it_sleep),
        TEST(a_call_that_newer_ones_have_pushed_out_of_the_list_counts),
        TEST(a_snapshot_with_a_called_visitor_wakes_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
