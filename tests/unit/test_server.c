#include "sim/server.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define START_US  INT64_C(5000000)
#define WALL_MS   INT64_C(1763802000000)
#define NOW       (START_US + 123000)
#define NO_TICKET ((struct server_visit){ .from = NONE })

static struct config config;
static struct queue_server server;
static struct event event;
static struct state state;
static char text[STATE_BYTES_MAX + 1];

/* Agencies a and b; desks 1 and 2 of a, 3 of b, 4 of none. */
static int open_hall(void **context)
{
    (void)context;
    static const int8_t agency[] = { 0, 0, 1, NONE };
    memset(&config, 0, sizeof config);
    config.nagencies = 2;
    strcpy(config.agency[0].id, "a");
    strcpy(config.agency[1].id, "b");
    config.ndesks = 4;
    for (int i = 0; i < 4; i++) {
        snprintf(config.desk[i].id, ID_SIZE, "%d", i + 1);
        config.desk[i].agency = agency[i];
    }
    server_init(&server, &config, "7f3c9a12", WALL_MS, START_US);
    return 0;
}

static const char *arrive(unsigned agency, enum lane lane)
{
    static struct server_visit visit;
    visit = NO_TICKET;
    visit.lane = (uint8_t)lane;
    if (lane == LANE_BOOKED)
        strcpy(visit.booked_at, "10:30");
    assert_int_equal(server_arrive(&server, agency, &visit), 0);
    return visit.ticket;
}

static void call_next(unsigned desk, const char *ticket)
{
    assert_int_equal(server_call_next(&server, desk, NOW, &event), 0);
    assert_string_equal(event.ticket, ticket);
}

static void tickets_are_a_letter_of_the_agency_and_a_number(void **context)
{
    (void)context;
    assert_string_equal(arrive(0, LANE_WALKIN), "А001");
    assert_string_equal(arrive(0, LANE_WALKIN), "А002");
    assert_string_equal(arrive(1, LANE_WALKIN), "Е001");
    assert_string_equal(arrive(2, LANE_WALKIN), "Н001");
    struct server_visit visit = NO_TICKET;
    assert_int_equal(server_arrive(&server, 3, &visit), -ENOENT);
}

static void a_call_is_an_event_with_the_next_number_and_the_servers_time(void **context)
{
    (void)context;
    arrive(0, LANE_BOOKED);
    call_next(0, "А001");
    assert_int_equal(event.type, EVENT_CALL);
    assert_string_equal(event.epoch, "7f3c9a12");
    assert_int_equal(event.seq, 1);
    assert_int_equal(event.ts_ms, WALL_MS + 123);
    assert_string_equal(event.desk, "1");
    assert_int_equal(event.lane, LANE_BOOKED);
    assert_string_equal(event.booked_at, "10:30");
    assert_int_equal(event.ttl_ms, TTL_DEFAULT_MS);
}

static void who_booked_is_called_before_who_walked_in(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    arrive(0, LANE_BOOKED);
    arrive(0, LANE_BOOKED);
    call_next(0, "А002");
    call_next(1, "А003");
    assert_int_equal(server_clear(&server, 0, CLEAR_DONE, NULL, NOW, &event), 0);
    call_next(0, "А001");
}

static void desks_without_agency_share_a_queue(void **context)
{
    (void)context;
    arrive(2, LANE_WALKIN);
    call_next(3, "Н001");
}

static void a_visit_goes_through_its_steps(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    call_next(0, "А001");
    assert_int_equal(server_recall(&server, 0, NOW, &event), 0);
    assert_int_equal(event.type, EVENT_RECALL);
    assert_int_equal(server_serve(&server, 0, NOW, &event), 0);
    assert_int_equal(event.type, EVENT_SERVE);
    assert_int_equal(server.desk[0].phase, PHASE_SERVING);
    assert_int_equal(server_clear(&server, 0, CLEAR_DONE, NULL, NOW, &event), 0);
    assert_int_equal(event.type, EVENT_CLEAR);
    assert_int_equal(event.seq, 4);
    assert_string_equal(event.ticket, "А001");
    assert_int_equal(server.desk[0].phase, PHASE_IDLE);
    assert_string_equal(server.desk[0].visit.ticket, "");
}

static void a_transferred_visit_is_next_elsewhere_and_says_where_it_comes_from(void **context)
{
    (void)context;
    arrive(1, LANE_BOOKED);
    arrive(0, LANE_WALKIN);
    call_next(0, "А001");
    assert_int_equal(server_clear(&server, 0, CLEAR_TRANSFERRED, "nowhere", NOW, &event), -ENOENT);
    assert_int_equal(server_clear(&server, 0, CLEAR_TRANSFERRED, "b", NOW, &event), 0);
    assert_int_equal(event.reason, CLEAR_TRANSFERRED);
    assert_string_equal(event.to, "b");
    call_next(2, "А001");
    assert_string_equal(event.from, "1");
    assert_int_equal(server_clear(&server, 2, CLEAR_TRANSFERRED, "4", NOW, &event), 0);
    call_next(3, "А001");
    assert_string_equal(event.from, "3");
}

static void a_parked_visit_waits_last(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    arrive(0, LANE_WALKIN);
    call_next(0, "А001");
    assert_int_equal(server_clear(&server, 0, CLEAR_PARKED, NULL, NOW, &event), 0);
    call_next(0, "А002");
    call_next(1, "А001");
}

static void a_no_show_is_missed_until_it_is_called_again(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    call_next(0, "А001");
    assert_int_equal(server_clear(&server, 0, CLEAR_NO_SHOW, NULL, NOW, &event), 0);
    assert_int_equal(server.nmissed, 1);
    struct server_visit visit = NO_TICKET;
    strcpy(visit.ticket, "А001");
    assert_int_equal(server_call(&server, 1, &visit, NOW, &event), 0);
    assert_int_equal(server.nmissed, 0);
    assert_int_equal(server.nrecent, 1);
    assert_string_equal(server.recent[0].desk, "2");
}

static void calling_a_waiting_ticket_by_name_takes_it_from_its_queue(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    arrive(0, LANE_BOOKED);
    struct server_visit visit = NO_TICKET;
    strcpy(visit.ticket, "А001");
    assert_int_equal(server_call(&server, 2, &visit, NOW, &event), 0);
    assert_int_equal(event.lane, LANE_WALKIN);
    assert_int_equal(server.queue[0].count, 1);
    assert_string_equal(server.queue[0].visit[0].ticket, "А002");
}

static void wrong_orders_of_steps_are_refused_and_change_nothing(void **context)
{
    (void)context;
    struct server_visit visit = NO_TICKET;
    assert_int_equal(server_call_next(&server, 0, NOW, &event), -ENOENT);
    assert_int_equal(server_call_next(&server, 4, NOW, &event), -ENOENT);
    assert_int_equal(server_recall(&server, 0, NOW, &event), -EINVAL);
    assert_int_equal(server_serve(&server, 0, NOW, &event), -EINVAL);
    assert_int_equal(server_clear(&server, 0, CLEAR_DONE, NULL, NOW, &event), -EINVAL);
    assert_int_equal(server_call(&server, 0, &visit, NOW, &event), -EINVAL);
    strcpy(visit.ticket, "Б\nХ");
    assert_int_equal(server_call(&server, 0, &visit, NOW, &event), -EINVAL);
    arrive(0, LANE_WALKIN);
    arrive(0, LANE_WALKIN);
    call_next(0, "А001");
    assert_int_equal(server_call_next(&server, 0, NOW, &event), -EBUSY);
    assert_int_equal(server_desk(&server, 0, DESK_PAUSED, NOW, &event), -EBUSY);
    assert_int_equal(server_serve(&server, 0, NOW, &event), 0);
    assert_int_equal(server_serve(&server, 0, NOW, &event), -EINVAL);
    assert_int_equal(server.seq, 2);
}

static void a_desk_that_is_not_open_calls_nobody(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    assert_int_equal(server_desk(&server, 0, DESK_PAUSED, NOW, &event), 0);
    assert_int_equal(event.type, EVENT_DESK);
    assert_int_equal(event.status, DESK_PAUSED);
    assert_int_equal(server_call_next(&server, 0, NOW, &event), -EHOSTDOWN);
    assert_int_equal(server_desk(&server, 0, DESK_OPEN, NOW, &event), 0);
    call_next(0, "А001");
}

static void a_full_queue_takes_nobody(void **context)
{
    (void)context;
    for (int i = 0; i < SERVER_WAITING_MAX; i++)
        arrive(0, i % 3 ? LANE_WALKIN : LANE_BOOKED);
    struct server_visit visit = NO_TICKET;
    assert_int_equal(server_arrive(&server, 0, &visit), -ENOSPC);
    arrive(1, LANE_WALKIN);
    call_next(2, "Е001");
    assert_int_equal(server_clear(&server, 2, CLEAR_TRANSFERRED, "a", NOW, &event), -ENOSPC);
    assert_int_equal(server.desk[2].phase, PHASE_CALLED);
}

static void the_lists_keep_the_newest(void **context)
{
    (void)context;
    for (int i = 0; i < RECENT_MAX + 5; i++) {
        arrive(0, LANE_WALKIN);
        assert_int_equal(server_call_next(&server, 0, NOW, &event), 0);
        assert_int_equal(server_clear(&server, 0, CLEAR_NO_SHOW, NULL, NOW, &event), 0);
    }
    assert_int_equal(server.nrecent, RECENT_MAX);
    assert_int_equal(server.nmissed, MISSED_MAX);
    assert_string_equal(server.recent[0].ticket, "А037");
    assert_string_equal(server.recent[RECENT_MAX - 1].ticket, "А006");
}

static struct notice make_notice(const char *id, const char *words)
{
    struct notice notice = { .level = NOTICE_INFO };
    strcpy(notice.id, id);
    if (words) {
        notice.ntexts = 1;
        strcpy(notice.text[0].lang, "kk");
        strcpy(notice.text[0].text, words);
    }
    return notice;
}

static void notices_are_added_replaced_and_removed(void **context)
{
    (void)context;
    char id[ID_SIZE];
    struct notice notice;
    for (int i = 0; i < NOTICES_MAX; i++) {
        snprintf(id, sizeof id, "n%d", i);
        notice = make_notice(id, "x");
        assert_int_equal(server_notice(&server, &notice, NOW, &event), 0);
    }
    notice = make_notice("one-more", "x");
    assert_int_equal(server_notice(&server, &notice, NOW, &event), -ENOSPC);
    notice = make_notice("n3", "y");
    assert_int_equal(server_notice(&server, &notice, NOW, &event), 0);
    assert_int_equal(server.nnotices, NOTICES_MAX);
    assert_string_equal(server.notice[3].text[0].text, "y");
    notice = make_notice("n0", NULL);
    assert_int_equal(server_notice(&server, &notice, NOW, &event), 0);
    assert_int_equal(event.notice.ntexts, 0);
    assert_int_equal(server_notice(&server, &notice, NOW, &event), -ENOENT);
    assert_int_equal(server.nnotices, NOTICES_MAX - 1);
    assert_string_equal(server.notice[2].id, "n3");
}

static void parse_back(enum message_kind kind, int length)
{
    static struct message message;
    char error[160] = "";
    assert_true(length > 0);
    if (message_parse(&message, kind, text, (size_t)length, error, sizeof error) < 0)
        fail_msg("%s: %s", text, error);
}

static void a_snapshot_holds_the_whole_hall_and_can_be_parsed(void **context)
{
    (void)context;
    arrive(0, LANE_BOOKED);
    call_next(0, "А001");
    assert_int_equal(server_serve(&server, 0, NOW, &event), 0);
    server_state(&server, "5d1e-17", NOW, &state);
    assert_string_equal(state.re, "5d1e-17");
    assert_int_equal(state.seq, 2);
    assert_int_equal(state.ndesks, 4);
    assert_int_equal(state.desk[0].phase, PHASE_SERVING);
    assert_int_equal(state.desk[0].seq, 2);
    assert_string_equal(state.desk[0].booked_at, "10:30");
    assert_int_equal(state.nrecent, 1);
    parse_back(MESSAGE_STATE, message_format_state(text, sizeof text, &state));
}

static void the_largest_hall_fits_a_snapshot(void **context)
{
    (void)context;
    config.ndesks = DESKS_MAX;
    for (int i = 0; i < DESKS_MAX; i++) {
        snprintf(config.desk[i].id, ID_SIZE, "room-%d", i);
        config.desk[i].agency = (int8_t)(i % 2);
    }
    server_init(&server, &config, "7f3c9a12", WALL_MS, START_US);
    for (unsigned i = 0; i < DESKS_MAX; i++) {
        arrive(i % 2, LANE_BOOKED);
        assert_int_equal(server_call_next(&server, i, NOW, &event), 0);
    }
    server_state(&server, "", NOW, &state);
    parse_back(MESSAGE_STATE, message_format_state(text, sizeof text, &state));
}

static void a_heartbeat_and_a_will_can_be_parsed(void **context)
{
    (void)context;
    struct server heartbeat;
    server_heartbeat(&server, true, 18, NOW, &heartbeat);
    assert_int_equal(heartbeat.ts_ms, WALL_MS + 123);
    parse_back(MESSAGE_SERVER, message_format_server(text, sizeof text, &heartbeat));
    server_heartbeat(&server, false, 18, NOW, &heartbeat);
    assert_int_equal(heartbeat.ts_ms, 0);
    parse_back(MESSAGE_SERVER, message_format_server(text, sizeof text, &heartbeat));
}

static void a_restart_counts_from_one_and_may_keep_the_desks(void **context)
{
    (void)context;
    arrive(0, LANE_WALKIN);
    arrive(0, LANE_WALKIN);
    call_next(0, "А001");
    server_restart(&server, "new", true, WALL_MS, NOW);
    assert_string_equal(server.desk[0].visit.ticket, "А001");
    assert_int_equal(server.desk[0].seq, 0);
    call_next(1, "А002");
    assert_int_equal(event.seq, 1);
    assert_string_equal(event.epoch, "new");
    server_restart(&server, "newer", false, WALL_MS, NOW);
    assert_int_equal(server.desk[0].phase, PHASE_IDLE);
    assert_int_equal(server.nrecent, 0);
    assert_string_equal(arrive(0, LANE_WALKIN), "А003");
}

/* 20 minutes a visit, two desks, three waiting: 30 minutes. */
static void a_snapshot_says_who_waits_and_how_long_it_will_take(void **context)
{
    (void)context;
    const int64_t minute_us = 60000000;
    for (int i = 0; i < 4; i++)
        arrive(0, LANE_WALKIN);
    server_state(&server, "", NOW, &state);
    assert_int_equal(state.nwaiting, 2);
    assert_string_equal(state.waiting[0].agency, "a");
    assert_int_equal(state.waiting[0].count, 4);
    assert_int_equal(state.waiting[0].wait_min, -1); /* nobody was served yet */
    assert_int_equal(state.waiting[1].count, 0);
    call_next(0, "А001");
    assert_int_equal(server_clear(&server, 0, CLEAR_DONE, NULL, NOW + 20 * minute_us, &event), 0);
    server_state(&server, "", NOW, &state);
    assert_int_equal(state.waiting[0].count, 3);
    assert_int_equal(state.waiting[0].wait_min, 30);
    assert_int_equal(server_desk(&server, 1, DESK_CLOSED, NOW, &event), 0);
    server_state(&server, "", NOW, &state);
    assert_int_equal(state.waiting[0].wait_min, 60);
    assert_int_equal(server_desk(&server, 0, DESK_CLOSED, NOW, &event), 0);
    server_state(&server, "", NOW, &state);
    assert_int_equal(state.waiting[0].wait_min, -1); /* nobody will call */
    config.nagencies = 0;
    server_state(&server, "", NOW, &state);
    assert_int_equal(state.nwaiting, 1);
    assert_string_equal(state.waiting[0].agency, "");
}

#define TEST(name) cmocka_unit_test_setup(name, open_hall)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(tickets_are_a_letter_of_the_agency_and_a_number),
        TEST(a_call_is_an_event_with_the_next_number_and_the_servers_time),
        TEST(who_booked_is_called_before_who_walked_in),
        TEST(desks_without_agency_share_a_queue),
        TEST(a_visit_goes_through_its_steps),
        TEST(a_transferred_visit_is_next_elsewhere_and_says_where_it_comes_from),
        TEST(a_parked_visit_waits_last),
        TEST(a_no_show_is_missed_until_it_is_called_again),
        TEST(calling_a_waiting_ticket_by_name_takes_it_from_its_queue),
        TEST(wrong_orders_of_steps_are_refused_and_change_nothing),
        TEST(a_desk_that_is_not_open_calls_nobody),
        TEST(a_full_queue_takes_nobody),
        TEST(the_lists_keep_the_newest),
        TEST(notices_are_added_replaced_and_removed),
        TEST(a_snapshot_holds_the_whole_hall_and_can_be_parsed),
        TEST(a_snapshot_says_who_waits_and_how_long_it_will_take),
        TEST(the_largest_hall_fits_a_snapshot),
        TEST(a_heartbeat_and_a_will_can_be_parsed),
        TEST(a_restart_counts_from_one_and_may_keep_the_desks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
