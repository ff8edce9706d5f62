#include "sim/visitors.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)

static struct config config;
static struct queue_server server;
static struct visitors visitors;
static struct event event;

/* What a day was like. */
struct day {
    uint64_t fingerprint; /* of all events, without times */
    unsigned events, type[EVENT_TYPES], reason[CLEAR_REASONS], booked, passed_on;
};

static int open_hall(void **context)
{
    (void)context;
    memset(&config, 0, sizeof config);
    config.nagencies = 4;
    for (int i = 0; i < 4; i++)
        snprintf(config.agency[i].id, ID_SIZE, "agency-%d", i);
    config.ndesks = 12;
    for (int i = 0; i < 12; i++) {
        snprintf(config.desk[i].id, ID_SIZE, "%d", i + 1);
        config.desk[i].agency = (int8_t)(i / 4); /* the fourth agency has no desk */
    }
    config.nlangs = 3;
    strcpy(config.lang[0], "kk");
    strcpy(config.lang[1], "ru");
    strcpy(config.lang[2], "en");
    return 0;
}

static void mix(struct day *day, const char *text)
{
    for (; *text; text++)
        day->fingerprint = (day->fingerprint ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
}

static void note(struct day *day)
{
    char text[EVENT_BYTES_MAX], error[160];
    struct message message;
    int length = message_format_event(text, sizeof text, &event);
    assert_true(length > 0);
    if (message_parse(&message, MESSAGE_EVENT, text, (size_t)length, error, sizeof error) < 0)
        fail_msg("%s: %s", text, error);
    day->events++;
    day->type[event.type]++;
    day->reason[event.reason] += event.type == EVENT_CLEAR;
    day->booked += event.type == EVENT_CALL && event.lane == LANE_BOOKED;
    day->passed_on += event.type == EVENT_CALL && event.from[0];
    mix(day, event_type_names[event.type]);
    mix(day, event.desk);
    mix(day, event.ticket);
    mix(day, event.booked_at);
    mix(day, event.to);
}

static void nobody_is_at_two_desks(void)
{
    for (unsigned a = 0; a < config.ndesks; a++)
        for (unsigned b = 0; b < a; b++)
            if (server.desk[a].phase != PHASE_IDLE && server.desk[b].phase != PHASE_IDLE)
                assert_string_not_equal(server.desk[a].visit.ticket, server.desk[b].visit.ticket);
}

static void act_due(struct day *day, int64_t now_us)
{
    struct action action;
    while (visitors_next(&visitors, &server, now_us, &action)) {
        int rc = visitors_act(&server, &action, now_us, &event);
        assert_true(rc >= 0);
        if (rc > 0)
            note(day);
    }
}

/* step_us 0: exactly at each deadline. */
static struct day live(uint64_t seed, enum pace pace, int64_t length_us, int64_t step_us)
{
    struct day day = { .fingerprint = UINT64_C(0xCBF29CE484222325) };
    int64_t now_us = 77 * SECOND, end_us = now_us + length_us;
    server_init(&server, &config, "e", 1, now_us);
    visitors_init(&visitors, &config, seed, pace, now_us);
    while (now_us < end_us) {
        act_due(&day, now_us);
        nobody_is_at_two_desks();
        int64_t deadline_us = visitors_deadline_us(&visitors);
        assert_true(deadline_us > now_us);
        now_us = step_us ? now_us + step_us : deadline_us < end_us ? deadline_us : end_us;
    }
    act_due(&day, end_us);
    return day;
}

static void the_same_seed_gives_the_same_day_and_another_one_does_not(void **context)
{
    (void)context;
    struct day first = live(7, PACE_RUSH, HOUR, 0), again = live(7, PACE_RUSH, HOUR, 0),
               other = live(8, PACE_RUSH, HOUR, 0);
    assert_int_equal(first.fingerprint, again.fingerprint);
    assert_int_equal(first.events, again.events);
    assert_int_not_equal(first.fingerprint, other.fingerprint);
}

static void a_caller_that_is_late_changes_nothing(void **context)
{
    (void)context;
    struct day exact = live(7, PACE_RUSH, HOUR, 0), late = live(7, PACE_RUSH, HOUR, 700000);
    assert_int_equal(exact.fingerprint, late.fingerprint);
}

static void a_rush_calls_every_two_seconds_and_everything_happens(void **context)
{
    (void)context;
    struct day day = live(1, PACE_RUSH, HOUR, 0);
    assert_in_range(day.type[EVENT_CALL], 1400, 2400);
    for (int type = EVENT_CALL; type <= EVENT_DESK; type++)
        assert_true(day.type[type] > 10);
    for (int reason = 0; reason < CLEAR_REASONS; reason++)
        assert_true(day.reason[reason] > 10);
    assert_true(day.reason[CLEAR_DONE] > day.type[EVENT_CALL] / 2);
    assert_in_range(day.booked, day.type[EVENT_CALL] / 5, day.type[EVENT_CALL] / 2);
    assert_true(day.passed_on > 50);
}

static void a_quiet_hour_calls_every_ten_seconds(void **context)
{
    (void)context;
    struct day day = live(1, PACE_QUIET, HOUR, 0);
    assert_in_range(day.type[EVENT_CALL], 240, 480);
}

static void the_first_call_of_a_rush_comes_within_a_second_or_two(void **context)
{
    (void)context;
    assert_true(live(1, PACE_RUSH, 2 * SECOND, 0).type[EVENT_CALL] >= 1);
}

static void nobody_comes_without_pace(void **context)
{
    (void)context;
    server_init(&server, &config, "e", 1, 0);
    visitors_init(&visitors, &config, 7, PACE_NONE, 0);
    assert_int_equal(visitors_deadline_us(&visitors), INT64_MAX);
    struct action action;
    assert_false(visitors_next(&visitors, &server, HOUR, &action));
}

static void queues_stay_within_their_bounds(void **context)
{
    (void)context;
    config.ndesks = 1;
    live(3, PACE_RUSH, 3 * HOUR, 0);
    assert_in_range(server.queue[0].count, 0, 13);
}

static void a_hall_without_agencies_works(void **context)
{
    (void)context;
    config.nagencies = 0;
    for (int i = 0; i < 12; i++)
        config.desk[i].agency = NONE;
    struct day day = live(1, PACE_RUSH, HOUR, 0);
    assert_true(day.type[EVENT_CALL] > 1000);
    assert_int_equal(day.reason[CLEAR_TRANSFERRED], 0);
}

static void buttons_pressed_in_between_upset_nobody(void **context)
{
    (void)context;
    struct day day = { 0 };
    int64_t now_us = 0;
    server_init(&server, &config, "e", 1, now_us);
    visitors_init(&visitors, &config, 5, PACE_RUSH, now_us);
    for (unsigned i = 0; i < 3000; i++, now_us += 500000) {
        struct action action;
        while (visitors_next(&visitors, &server, now_us, &action))
            if (visitors_act(&server, &action, now_us, &event) > 0)
                note(&day);
        action = (struct action){ .act = (uint8_t)(ACT_CALL + i % 5),
                                  .desk = (uint16_t)(i * 7 % 12),
                                  .status = (uint8_t)(i % 3),
                                  .visit = { .ticket = "Я77", .from = NONE } };
        int rc = visitors_act(&server, &action, now_us, &event);
        assert_true(rc == 1 || rc == -EINVAL || rc == -EBUSY || rc == -EHOSTDOWN);
    }
    assert_true(day.type[EVENT_CALL] > 100);
}

static void booked_times_are_quarters_of_an_hour_from_nine(void **context)
{
    (void)context;
    server_init(&server, &config, "e", 1, 0);
    visitors_init(&visitors, &config, 5, PACE_QUIET, 0);
    struct action action;
    unsigned seen = 0;
    for (int64_t now_us = 0; seen < 20; now_us += SECOND)
        while (visitors_next(&visitors, &server, now_us, &action)) {
            if (action.act == ACT_ARRIVE && action.visit.lane == LANE_BOOKED) {
                int hour, minute;
                assert_int_equal(sscanf(action.visit.booked_at, "%02d:%02d", &hour, &minute), 2);
                assert_int_equal(minute % 15, 0);
                assert_in_range(hour, 9, 11);
                seen++;
            }
            visitors_act(&server, &action, now_us, &event);
        }
}

#define TEST(name) cmocka_unit_test_setup(name, open_hall)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(the_same_seed_gives_the_same_day_and_another_one_does_not),
        TEST(a_caller_that_is_late_changes_nothing),
        TEST(a_rush_calls_every_two_seconds_and_everything_happens),
        TEST(a_quiet_hour_calls_every_ten_seconds),
        TEST(the_first_call_of_a_rush_comes_within_a_second_or_two),
        TEST(nobody_comes_without_pace),
        TEST(queues_stay_within_their_bounds),
        TEST(a_hall_without_agencies_works),
        TEST(buttons_pressed_in_between_upset_nobody),
        TEST(booked_times_are_quarters_of_an_hour_from_nine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
