#include "board/hall/hall.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct bench {
    struct config *config;
    struct hall *hall;
    int desk; /* of the last event */
    int64_t now_us;
    uint64_t seq;
};

static void add_desk(struct config *config, const char *id)
{
    struct config_desk *desk = &config->desk[config->ndesks++];
    snprintf(desk->id, sizeof desk->id, "%s", id);
    snprintf(desk->label, sizeof desk->label, "%s", id);
    desk->agency = desk->bus = NONE;
}

static int set_up(void **state)
{
    struct bench *bench = calloc(1, sizeof *bench);
    bench->config = calloc(1, sizeof *bench->config);
    bench->hall = calloc(1, sizeof *bench->hall);
    strcpy(bench->config->lang[0], "kk");
    strcpy(bench->config->lang[1], "ru");
    bench->config->nlangs = 2;
    add_desk(bench->config, "1");
    add_desk(bench->config, "2");
    add_desk(bench->config, "3");
    hall_init(bench->hall, bench->config);
    bench->now_us = 1000000;
    *state = bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;
    free(bench->hall);
    free(bench->config);
    free(bench);
    return 0;
}

static struct event event_of(struct bench *bench, enum event_type type, const char *desk, const char *ticket)
{
    struct event event = { .type = (uint8_t)type, .seq = ++bench->seq };
    snprintf(event.desk, sizeof event.desk, "%s", desk);
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    return event;
}

static int apply(struct bench *bench, enum event_type type, const char *desk, const char *ticket)
{
    struct event event = event_of(bench, type, desk, ticket);
    return hall_apply(bench->hall, &event, bench->now_us += 1000, &bench->desk);
}

static int clear(struct bench *bench, const char *desk, const char *ticket, enum clear_reason reason)
{
    struct event event = event_of(bench, EVENT_CLEAR, desk, ticket);
    event.reason = (uint8_t)reason;
    return hall_apply(bench->hall, &event, bench->now_us += 1000, &bench->desk);
}

static void assert_recent(const struct bench *bench, const char *wanted)
{
    char seen[512] = "";
    for (unsigned i = 0; i < bench->hall->nrecent; i++)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%s>%d", i ? " " : "",
                 bench->hall->recent[i].ticket, bench->hall->recent[i].desk + 1);
    assert_string_equal(seen, wanted);
}

static void assert_missed(const struct bench *bench, const char *wanted)
{
    char seen[512] = "";
    for (unsigned i = 0; i < bench->hall->nmissed; i++)
        snprintf(seen + strlen(seen), sizeof seen - strlen(seen), "%s%s", i ? " " : "",
                 bench->hall->missed[i].ticket);
    assert_string_equal(seen, wanted);
}

/* ---- events ---------------------------------------------------------------------------------- */

static void a_call_shows_the_ticket_and_leads_the_list(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(apply(bench, EVENT_CALL, "2", "А1"), HALL_DESK | HALL_LISTS);
    assert_int_equal(bench->desk, 1);
    assert_string_equal(bench->hall->desk[1].ticket, "А1");
    assert_int_equal(bench->hall->desk[1].phase, PHASE_CALLED);
    assert_int_equal(bench->hall->desk[1].since_us, bench->now_us);
    assert_int_equal(bench->hall->desk[1].seq, 1);
    apply(bench, EVENT_CALL, "1", "А2");
    assert_recent(bench, "А2>1 А1>2");
    assert_int_equal(bench->hall->recent[0].at_us, bench->now_us);
}

static void a_call_carries_lane_appointment_and_origin(void **state)
{
    struct bench *bench = *state;
    struct event event = event_of(bench, EVENT_CALL, "3", "К7");
    event.lane = LANE_BOOKED;
    strcpy(event.booked_at, "10:30");
    strcpy(event.from, "1");
    hall_apply(bench->hall, &event, 5, &bench->desk);
    assert_int_equal(bench->hall->desk[2].lane, LANE_BOOKED);
    assert_string_equal(bench->hall->desk[2].booked_at, "10:30");
    assert_int_equal(bench->hall->desk[2].from, 0);
    assert_int_equal(bench->hall->recent[0].lane, LANE_BOOKED);
    apply(bench, EVENT_RECALL, "3", "");
    assert_int_equal(bench->hall->desk[2].lane, LANE_BOOKED);
    assert_true(bench->hall->desk[2].is_recall);
    apply(bench, EVENT_CALL, "3", "К8");
    assert_int_equal(bench->hall->desk[2].lane, LANE_NONE);
    assert_int_equal(bench->hall->desk[2].from, NONE);
    assert_false(bench->hall->desk[2].is_recall);
    assert_string_equal(bench->hall->desk[2].booked_at, "");
}

static void a_desk_of_another_hall_is_refused(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(apply(bench, EVENT_CALL, "99", "А1"), -ENOENT);
    assert_int_equal(bench->desk, NONE);
    assert_recent(bench, "");
}

static void a_ticket_stands_once_in_the_list(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А1");
    apply(bench, EVENT_CALL, "2", "А2");
    apply(bench, EVENT_CALL, "3", "А1");
    assert_recent(bench, "А1>3 А2>2");
    apply(bench, EVENT_RECALL, "2", "А2");
    assert_recent(bench, "А2>2 А1>3");
}

static void the_list_keeps_the_newest(void **state)
{
    struct bench *bench = *state;
    char ticket[16];
    for (int i = 0; i < RECENT_MAX + 5; i++) {
        snprintf(ticket, sizeof ticket, "А%d", i);
        apply(bench, EVENT_CALL, "1", ticket);
    }
    assert_int_equal(bench->hall->nrecent, RECENT_MAX);
    assert_string_equal(bench->hall->recent[0].ticket, "А36");
    assert_string_equal(bench->hall->recent[RECENT_MAX - 1].ticket, "А5");
}

static void a_recall_of_nobody_changes_nothing(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(apply(bench, EVENT_RECALL, "1", ""), 0);
    assert_int_equal(apply(bench, EVENT_SERVE, "1", ""), 0);
    assert_int_equal(apply(bench, EVENT_CLEAR, "1", ""), 0);
}

static void serving_keeps_the_ticket_and_the_list(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А1");
    assert_int_equal(apply(bench, EVENT_SERVE, "1", ""), HALL_DESK);
    assert_int_equal(bench->hall->desk[0].phase, PHASE_SERVING);
    assert_string_equal(bench->hall->desk[0].ticket, "А1");
    assert_recent(bench, "А1>1");
    assert_int_equal(apply(bench, EVENT_SERVE, "1", "А1"), 0);
}

static void each_reason_of_a_clear_has_its_list(void **state)
{
    static const struct {
        enum clear_reason reason;
        const char *recent, *missed;
    } rows[] = {
        { CLEAR_DONE, "А1>1", "" },
        { CLEAR_NO_SHOW, "", "А1" },
        { CLEAR_TRANSFERRED, "", "" },
        { CLEAR_PARKED, "", "" },
    };
    struct bench *bench = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        hall_init(bench->hall, bench->config);
        apply(bench, EVENT_CALL, "1", "А1");
        assert_true(clear(bench, "1", i % 2 ? "А1" : "", rows[i].reason) & HALL_DESK);
        assert_string_equal(bench->hall->desk[0].ticket, "");
        assert_int_equal(bench->hall->desk[0].phase, PHASE_IDLE);
        assert_recent(bench, rows[i].recent);
        assert_missed(bench, rows[i].missed);
    }
}

static void who_did_not_come_leaves_the_missed_when_called_again(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А1");
    clear(bench, "1", "", CLEAR_NO_SHOW);
    apply(bench, EVENT_CALL, "2", "А2");
    clear(bench, "2", "", CLEAR_NO_SHOW);
    assert_missed(bench, "А2 А1");
    apply(bench, EVENT_CALL, "3", "А1");
    assert_missed(bench, "А2");
    assert_recent(bench, "А1>3");
}

static void a_late_clear_leaves_the_next_visitor_alone(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А1");
    apply(bench, EVENT_CALL, "1", "А2");
    assert_int_equal(clear(bench, "1", "А1", CLEAR_DONE), 0);
    assert_string_equal(bench->hall->desk[0].ticket, "А2");
}

static void a_transfer_does_not_take_back_the_call_of_the_next_desk(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А1");
    apply(bench, EVENT_CALL, "2", "А1");
    clear(bench, "1", "А1", CLEAR_TRANSFERRED);
    assert_recent(bench, "А1>2");
    assert_string_equal(bench->hall->desk[0].ticket, "");
    assert_string_equal(bench->hall->desk[1].ticket, "А1");
}

static void a_desk_pauses_and_opens_by_calling(void **state)
{
    struct bench *bench = *state;
    struct event event = event_of(bench, EVENT_DESK, "1", "");
    event.status = DESK_PAUSED;
    assert_int_equal(hall_apply(bench->hall, &event, 1, &bench->desk), HALL_DESK);
    assert_int_equal(hall_apply(bench->hall, &event, 1, &bench->desk), 0);
    assert_int_equal(bench->hall->desk[0].status, DESK_PAUSED);
    apply(bench, EVENT_CALL, "1", "А1");
    assert_int_equal(bench->hall->desk[0].status, DESK_OPEN);
}

/* ---- notices --------------------------------------------------------------------------------- */

static int notify(struct bench *bench, const char *id, enum notice_level level, const char *text,
                  int64_t until_ms)
{
    struct event event = event_of(bench, EVENT_NOTICE, "", "");
    snprintf(event.notice.id, sizeof event.notice.id, "%s", id);
    event.notice.level = (uint8_t)level;
    event.notice.until_ms = until_ms;
    event.notice.ntexts = *text != '\0';
    strcpy(event.notice.text[0].lang, "kk");
    snprintf(event.notice.text[0].text, NOTICE_SIZE, "%s", text);
    return hall_apply(bench->hall, &event, bench->now_us, &bench->desk);
}

static void a_notice_comes_changes_and_goes(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(notify(bench, "lunch", NOTICE_INFO, "x", 0), HALL_NOTICE);
    assert_int_equal(bench->desk, NONE);
    assert_int_equal(notify(bench, "lunch", NOTICE_INFO, "x", 0), 0);
    assert_int_equal(notify(bench, "lunch", NOTICE_INFO, "y", 0), HALL_NOTICE);
    assert_int_equal(bench->hall->nnotices, 1);
    assert_string_equal(bench->hall->notice[0].text[0].text, "y");
    assert_int_equal(notify(bench, "lunch", NOTICE_INFO, "", 0), HALL_NOTICE);
    assert_int_equal(notify(bench, "lunch", NOTICE_INFO, "", 0), 0);
    assert_int_equal(bench->hall->nnotices, 0);
}

static void a_notice_expires_on_the_servers_clock(void **state)
{
    struct bench *bench = *state;
    notify(bench, "a", NOTICE_INFO, "x", 5000);
    notify(bench, "b", NOTICE_INFO, "x", 0);
    assert_int_equal(hall_expires_ms(bench->hall), 5000);
    assert_int_equal(hall_expire(bench->hall, 4999), 0);
    assert_int_equal(hall_expire(bench->hall, 5000), HALL_NOTICE);
    assert_int_equal(bench->hall->nnotices, 1);
    assert_string_equal(bench->hall->notice[0].id, "b");
}

static void an_alert_is_never_pushed_out_by_notices(void **state)
{
    struct bench *bench = *state;
    char id[8];
    notify(bench, "fire", NOTICE_ALERT, "x", 0);
    for (int i = 0; i < NOTICES_MAX + 3; i++) {
        snprintf(id, sizeof id, "n%d", i);
        notify(bench, id, NOTICE_INFO, "x", 0);
    }
    assert_int_equal(bench->hall->nnotices, NOTICES_MAX);
    assert_string_equal(hall_alert(bench->hall)->id, "fire");
    assert_string_equal(bench->hall->notice[NOTICES_MAX - 1].id, "n10");
}

static void the_alert_of_the_feed_comes_before_that_of_the_hall_file(void **state)
{
    struct bench *bench = *state;
    bench->config->nnotices = 1;
    bench->config->notice[0].level = NOTICE_ALERT;
    strcpy(bench->config->notice[0].id, "drill");
    strcpy(bench->config->notice[0].text.text[1], "Учения");
    assert_null(hall_alert(bench->hall));
    hall_init(bench->hall, bench->config);
    assert_string_equal(hall_alert(bench->hall)->id, "drill");
    assert_string_equal(hall_alert(bench->hall)->text[1].lang, "ru");
    assert_string_equal(hall_alert(bench->hall)->text[1].text, "Учения");
    notify(bench, "fire", NOTICE_ALERT, "x", 0);
    assert_string_equal(hall_alert(bench->hall)->id, "fire");
}

/* ---- snapshots ------------------------------------------------------------------------------- */

static void a_snapshot_that_says_what_is_shown_changes_nothing(void **state)
{
    struct bench *bench = *state;
    struct state_desk desk = { .desk = "1", .ticket = "А1", .seq = 1, .phase = PHASE_CALLED };
    apply(bench, EVENT_CALL, "1", "А1");
    int64_t since_us = bench->hall->desk[0].since_us;
    assert_int_equal(hall_set_desk(bench->hall, &desk, 99000000), 0);
    assert_int_equal(bench->hall->desk[0].since_us, since_us);
    desk.phase = PHASE_SERVING;
    assert_int_equal(hall_set_desk(bench->hall, &desk, 99000000), HALL_DESK);
    assert_int_equal(bench->hall->desk[0].since_us, 99000000);
    strcpy(desk.desk, "99");
    assert_int_equal(hall_set_desk(bench->hall, &desk, 1), -ENOENT);
}

static void a_desk_that_the_snapshot_leaves_out_is_cleared(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А1");
    assert_int_equal(hall_clear_desk(bench->hall, "1", 5), HALL_DESK);
    assert_int_equal(hall_clear_desk(bench->hall, "1", 5), 0);
    assert_int_equal(hall_clear_desk(bench->hall, "99", 5), -ENOENT);
    assert_string_equal(bench->hall->desk[0].ticket, "");
}

static void lists_of_a_snapshot_replace_ours_but_keep_what_only_we_know(void **state)
{
    struct bench *bench = *state;
    struct state *snapshot = calloc(1, sizeof *snapshot);
    struct event event = event_of(bench, EVENT_CALL, "1", "А1");
    event.lane = LANE_BOOKED;
    hall_apply(bench->hall, &event, 777, &bench->desk);
    apply(bench, EVENT_CALL, "2", "А2");
    snapshot->nrecent = 3;
    snapshot->recent[0] = (struct state_call){ "A1", "1", 1 };
    snapshot->recent[1] = (struct state_call){ "Б5", "99", 9 };
    snapshot->recent[2] = (struct state_call){ "А3", "3", 7 };
    snapshot->nmissed = 1;
    snapshot->missed[0] = (struct state_call){ "А9", "2", 3 };
    snapshot->nnotices = 1;
    strcpy(snapshot->notice[0].id, "n");
    assert_int_equal(hall_set_lists(bench->hall, snapshot, 1), HALL_LISTS | HALL_NOTICE);
    assert_recent(bench, "А1>1 А3>3");
    assert_missed(bench, "А9");
    assert_int_equal(bench->hall->recent[0].at_us, 777);
    assert_int_equal(bench->hall->recent[0].lane, LANE_BOOKED);
    assert_int_equal(bench->hall->recent[1].at_us, 0);
    assert_int_equal(hall_set_lists(bench->hall, snapshot, 1), 0);
    free(snapshot);
}

static void waiting_counts_are_those_of_the_newest_snapshot(void **state)
{
    struct bench *bench = *state;
    struct state *snapshot = calloc(1, sizeof *snapshot);
    bench->config->nagencies = 2;
    strcpy(bench->config->agency[0].id, "akimat");
    strcpy(bench->config->agency[1].id, "police");
    assert_false(bench->hall->waiting[0].is_known);
    snapshot->nwaiting = 3;
    snapshot->waiting[0] = (struct state_waiting){ "police", 7, 12 };
    snapshot->waiting[1] = (struct state_waiting){ "nobody", 5, 5 };
    snapshot->waiting[2] = (struct state_waiting){ "", 30, -1 };
    assert_int_equal(hall_set_lists(bench->hall, snapshot, 1), HALL_WAITING);
    assert_false(bench->hall->waiting[0].is_known);
    assert_true(bench->hall->waiting[1].is_known && bench->hall->waiting_in_all.is_known);
    assert_int_equal(bench->hall->waiting[1].count, 7);
    assert_int_equal(bench->hall->waiting[1].wait_min, 12);
    assert_int_equal(bench->hall->waiting_in_all.count, 30);
    assert_int_equal(hall_set_lists(bench->hall, snapshot, 1), 0);
    snapshot->waiting[0].count = 0; /* nobody waits: that is known, too */
    assert_int_equal(hall_set_lists(bench->hall, snapshot, 1), HALL_WAITING);
    assert_true(bench->hall->waiting[1].is_known && bench->hall->waiting[1].count == 0);
    snapshot->nwaiting = 0;
    assert_int_equal(hall_set_lists(bench->hall, snapshot, 1), HALL_WAITING);
    assert_false(bench->hall->waiting[1].is_known || bench->hall->waiting_in_all.is_known);
    free(snapshot);
}

/* A reload may give agencies other places. */
static void a_reload_keeps_waiting_counts_with_their_agency(void **state)
{
    struct bench *bench = *state;
    struct config *config = calloc(1, sizeof *config);
    struct hall *hall = calloc(1, sizeof *hall);
    bench->config->nagencies = 2;
    strcpy(bench->config->agency[0].id, "akimat");
    strcpy(bench->config->agency[1].id, "police");
    bench->hall->waiting[1] = (struct hall_waiting){ true, 7, 12 };
    bench->hall->waiting_in_all = (struct hall_waiting){ true, 9, -1 };
    config->nagencies = 1;
    strcpy(config->agency[0].id, "police");
    hall_init(hall, config);
    hall_adopt(hall, bench->hall);
    assert_true(hall->waiting[0].is_known);
    assert_int_equal(hall->waiting[0].count, 7);
    assert_int_equal(hall->waiting_in_all.count, 9);
    free(hall);
    free(config);
}

/* ---- random events --------------------------------------------------------------------------- */

static void assert_list(const struct hall_call *list, unsigned count, unsigned max)
{
    assert_true(count <= max);
    for (unsigned i = 0; i < count; i++) {
        assert_in_range(list[i].desk, 0, 2);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(list[i].ticket, list[j].ticket);
    }
}

static void assert_sound(const struct hall *hall)
{
    assert_list(hall->recent, hall->nrecent, RECENT_MAX);
    assert_list(hall->missed, hall->nmissed, MISSED_MAX);
    for (unsigned i = 0; i < hall->nmissed; i++)
        for (unsigned j = 0; j < hall->nrecent; j++)
            assert_string_not_equal(hall->missed[i].ticket, hall->recent[j].ticket);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(hall->desk[i].phase == PHASE_IDLE, hall->desk[i].ticket[0] == '\0');
}

static void random_events_keep_the_hall_sound(void **state)
{
    struct bench *bench = *state;
    uint32_t random = 1;
    for (int i = 0; i < 20000; i++) {
        char desk[4], ticket[16];
        random = random * 1664525u + 1013904223u;
        snprintf(desk, sizeof desk, "%u", 1 + (random >> 8) % 3);
        ticket[0] = '\0';
        if ((random >> 10) % 4)
            snprintf(ticket, sizeof ticket, "А%u", (random >> 12) % 50);
        struct event event = event_of(bench, (random >> 20) % EVENT_DESK, desk, ticket);
        event.reason = (random >> 24) % CLEAR_REASONS;
        if (event.type == EVENT_CALL && !event.ticket[0])
            continue; /* no message has that */
        assert_true(hall_apply(bench->hall, &event, i, &bench->desk) >= 0);
        assert_sound(bench->hall);
    }
}

/* ---- tickets --------------------------------------------------------------------------------- */

static void latin_look_alikes_become_cyrillic_in_a_cyrillic_hall(void **state)
{
    static const struct {
        const char *lang, *in, *out;
    } rows[] = {
        { "kk", "A042", "А042" },      { "ru", "ABEKMHOPCTXY", "АВЕКМНОРСТХУ" },
        { "kk", "А042", "А042" },      { "kk", "VIP7", "VIP7" }, /* V and I look like nothing Cyrillic */
        { "kk", "AГ-12", "АГ-12" },    { "kk", "12A", "12A" },   /* no prefix */
        { "kk", "A12B", "А12B" },      { "kk", "a7", "a7" },     /* capitals only: small ones differ */
        { "en", "A042", "A042" },      { "kk-Latn", "A042", "A042" },
        { "uz-Cyrl", "A042", "А042" }, { "kk", "105", "105" },
        { "kk", "ÄA1", "ÄA1" },        { "kk", "", "" },
    };
    struct bench *bench = *state;
    char out[TICKET_SIZE];
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(bench->config->lang[0], LANG_SIZE, "%s", rows[i].lang);
        hall_ticket(bench->config, rows[i].in, out);
        assert_string_equal(out, rows[i].out);
    }
}

static void both_keyboards_write_the_same_ticket(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "A1");
    assert_string_equal(bench->hall->desk[0].ticket, "А1");
    apply(bench, EVENT_CALL, "2", "А1");
    assert_recent(bench, "А1>2");
    assert_true(clear(bench, "2", "A1", CLEAR_NO_SHOW) & HALL_DESK);
    assert_missed(bench, "А1");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
static void a_reload_keeps_what_is_known_of_the_desks_that_stay(void **state)
{
    struct bench *bench = *state;
    apply(bench, EVENT_CALL, "1", "А001");
    apply(bench, EVENT_CALL, "3", "А003");
    clear(bench, "3", "А003", CLEAR_NO_SHOW);
    apply(bench, EVENT_CALL, "2", "А002");
    struct config *config = calloc(1, sizeof *config);
    struct hall *hall = calloc(1, sizeof *hall);
    add_desk(config, "9");
    add_desk(config, "2");
    add_desk(config, "3");
    hall_init(hall, config);
    hall_adopt(hall, bench->hall);
    assert_string_equal(hall->desk[0].ticket, "");
    assert_string_equal(hall->desk[1].ticket, "А002");
    assert_int_equal(hall->desk[1].phase, PHASE_CALLED);
    assert_int_equal(hall->nrecent, 1); /* desk 1 is no more */
    assert_int_equal(hall->recent[0].desk, 1);
    assert_int_equal(hall->nmissed, 1);
    assert_int_equal(hall->missed[0].desk, 2);
    free(hall);
    free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_shows_the_ticket_and_leads_the_list),
        TEST(a_reload_keeps_what_is_known_of_the_desks_that_stay),
        TEST(a_call_carries_lane_appointment_and_origin),
        TEST(a_desk_of_another_hall_is_refused),
        TEST(a_ticket_stands_once_in_the_list),
        TEST(the_list_keeps_the_newest),
        TEST(a_recall_of_nobody_changes_nothing),
        TEST(serving_keeps_the_ticket_and_the_list),
        TEST(each_reason_of_a_clear_has_its_list),
        TEST(who_did_not_come_leaves_the_missed_when_called_again),
        TEST(a_late_clear_leaves_the_next_visitor_alone),
        TEST(a_transfer_does_not_take_back_the_call_of_the_next_desk),
        TEST(a_desk_pauses_and_opens_by_calling),
        TEST(a_notice_comes_changes_and_goes),
        TEST(a_notice_expires_on_the_servers_clock),
        TEST(an_alert_is_never_pushed_out_by_notices),
        TEST(the_alert_of_the_feed_comes_before_that_of_the_hall_file),
        TEST(a_snapshot_that_says_what_is_shown_changes_nothing),
        TEST(a_desk_that_the_snapshot_leaves_out_is_cleared),
        TEST(lists_of_a_snapshot_replace_ours_but_keep_what_only_we_know),
        TEST(waiting_counts_are_those_of_the_newest_snapshot),
        TEST(a_reload_keeps_waiting_counts_with_their_agency),
        TEST(random_events_keep_the_hall_sound),
        TEST(latin_look_alikes_become_cyrillic_in_a_cyrillic_hall),
        TEST(both_keyboards_write_the_same_ticket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
