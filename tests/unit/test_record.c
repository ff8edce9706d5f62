#include "protocol/record.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct record sent, got;

struct ends {
    int fd[2];
};

static int open_pair(void **context)
{
    static struct ends ends;
    memset(&sent, 0, sizeof sent);
    memset(&got, 0xA5, sizeof got);
    *context = &ends;
    return record_pair(ends.fd);
}

static int close_pair(void **context)
{
    struct ends *ends = *context;
    for (int i = 0; i < 2; i++)
        if (ends->fd[i] >= 0)
            close(ends->fd[i]);
    return 0;
}

static void fill_event(struct record *record, uint64_t seq)
{
    record->kind = RECORD_MESSAGE;
    struct message *message = &record->message;
    message->kind = MESSAGE_EVENT;
    message->is_retained = false;
    message->received_us = 77;
    struct event *event = &message->event;
    *event = (struct event){ .seq = seq, .type = EVENT_CALL, .lane = LANE_BOOKED, .ttl_ms = -1 };
    strcpy(event->epoch, "7f3c9a12");
    strcpy(event->desk, "3");
    strcpy(event->ticket, "А042");
    strcpy(event->booked_at, "10:30");
}

static void fill_notice(struct notice *notice, unsigned ntexts)
{
    strcpy(notice->id, "fire");
    notice->level = NOTICE_ALERT;
    notice->ntexts = (uint8_t)ntexts;
    for (unsigned i = 0; i < ntexts; i++) {
        strcpy(notice->text[i].lang, "kk");
        memset(notice->text[i].text, 'x', NOTICE_SIZE - 1);
    }
}

static void fill_state(struct record *record)
{
    record->kind = RECORD_MESSAGE;
    record->message.kind = MESSAGE_STATE;
    struct state *state = &record->message.state;
    strcpy(state->epoch, "7f3c9a12");
    strcpy(state->re, "5d1e-17");
    state->seq = 9;
    state->ndesks = DESKS_MAX;
    for (int i = 0; i < DESKS_MAX; i++)
        snprintf(state->desk[i].desk, ID_SIZE, "desk-%d", i);
    state->nrecent = 2;
    strcpy(state->recent[1].ticket, "Б7");
    state->nmissed = 1;
    strcpy(state->missed[0].desk, "9");
    state->nwaiting = WAITING_COUNTS_MAX;
    strcpy(state->waiting[1].agency, "akimat");
    state->waiting[WAITING_COUNTS_MAX - 1] = (struct state_waiting){ "police", 7, -1 };
    state->nnotices = NOTICES_MAX;
    for (int i = 0; i < NOTICES_MAX; i++)
        fill_notice(&state->notice[i], LANGS_MAX);
}

static void pass(const struct ends *ends)
{
    assert_int_equal(record_send(ends->fd[0], &sent), 0);
    assert_int_equal(record_receive(ends->fd[1], &got), 1);
}

static void an_event_arrives_as_it_was_sent_and_is_small(void **context)
{
    const struct ends *ends = *context;
    fill_event(&sent, 1042);
    assert_int_equal(record_send(ends->fd[0], &sent), 0);
    char peek[sizeof sent];
    ssize_t size = recv(ends->fd[1], peek, sizeof peek, MSG_PEEK);
    assert_in_range(size, 1, 319);
    assert_int_equal(record_receive(ends->fd[1], &got), 1);
    assert_int_equal(got.kind, RECORD_MESSAGE);
    assert_int_equal(got.message.received_us, 77);
    assert_int_equal(got.message.event.seq, 1042);
    assert_string_equal(got.message.event.ticket, "А042");
    assert_string_equal(got.message.event.booked_at, "10:30");
    assert_int_equal(got.message.event.notice.ntexts, 0);
}

static void a_notice_event_carries_its_texts(void **context)
{
    const struct ends *ends = *context;
    fill_event(&sent, 5);
    sent.message.event.type = EVENT_NOTICE;
    fill_notice(&sent.message.event.notice, 3);
    pass(ends);
    assert_int_equal(got.message.event.notice.ntexts, 3);
    assert_int_equal(strlen(got.message.event.notice.text[2].text), NOTICE_SIZE - 1);
}

static void the_largest_state_arrives_whole(void **context)
{
    const struct ends *ends = *context;
    fill_state(&sent);
    pass(ends);
    const struct state *state = &got.message.state;
    assert_int_equal(state->ndesks, DESKS_MAX);
    assert_string_equal(state->re, "5d1e-17");
    assert_string_equal(state->desk[255].desk, "desk-255");
    assert_string_equal(state->recent[1].ticket, "Б7");
    assert_string_equal(state->missed[0].desk, "9");
    assert_string_equal(state->notice[7].text[3].lang, "kk");
    assert_string_equal(state->waiting[1].agency, "akimat");
    assert_int_equal(state->waiting[WAITING_COUNTS_MAX - 1].count, 7);
    assert_int_equal(state->waiting[WAITING_COUNTS_MAX - 1].wait_min, -1);
}

static void eight_of_the_largest_states_fit_the_socket(void **context)
{
    const struct ends *ends = *context;
    fill_state(&sent);
    for (int i = 0; i < 8; i++)
        assert_int_equal(record_send(ends->fd[0], &sent), 0);
}

static void every_other_kind_arrives_as_it_was_sent(void **context)
{
    const struct ends *ends = *context;
    sent.kind = RECORD_MESSAGE;
    sent.message.kind = MESSAGE_SERVER;
    sent.message.server = (struct server){ .epoch = "e", .seq = 3, .conn = 18, .is_online = true };
    pass(ends);
    assert_int_equal(got.message.server.conn, 18);
    sent.message.kind = MESSAGE_COMMAND;
    sent.message.command = (struct command){ .id = "r-1", .command = "chime", .target = "hall" };
    pass(ends);
    assert_string_equal(got.message.command.command, "chime");
    sent.kind = RECORD_INVALID;
    sent.invalid = (struct record_invalid){ .topic = "t", .reason = "why", .epoch = "e", .seq = 4 };
    pass(ends);
    assert_string_equal(got.invalid.reason, "why");
    sent.kind = RECORD_LINK;
    sent.link = (struct record_link){ .is_connected = true, .mqtt_version = 5, .conn = 2, .url = "mqtt://x" };
    pass(ends);
    assert_string_equal(got.link.url, "mqtt://x");
    sent.kind = RECORD_PUBLISH;
    sent.publish.topic = PUBLISH_RECEIPT;
    sent.publish.length = PUBLISH_BYTES_MAX;
    memset(sent.publish.text, 'r', PUBLISH_BYTES_MAX);
    pass(ends);
    assert_int_equal(got.publish.length, PUBLISH_BYTES_MAX);
    assert_memory_equal(got.publish.text, sent.publish.text, PUBLISH_BYTES_MAX);
}

static void an_empty_socket_gives_nothing(void **context)
{
    const struct ends *ends = *context;
    assert_int_equal(record_receive(ends->fd[1], &got), 0);
}

static void a_full_socket_makes_the_sender_wait_and_loses_nothing(void **context)
{
    const struct ends *ends = *context;
    uint64_t count = 0;
    int rc = 0;
    while (rc == 0) {
        fill_event(&sent, count + 1);
        rc = record_send(ends->fd[0], &sent);
        count += rc == 0;
    }
    assert_int_equal(rc, -EAGAIN);
    assert_true(count > 8);
    for (uint64_t i = 1; i <= count; i++) {
        assert_int_equal(record_receive(ends->fd[1], &got), 1);
        assert_int_equal(got.message.event.seq, i);
    }
    assert_int_equal(record_receive(ends->fd[1], &got), 0);
}

static void a_peer_that_is_gone_is_a_broken_pipe_for_both(void **context)
{
    struct ends *ends = *context;
    fill_event(&sent, 1);
    assert_int_equal(record_send(ends->fd[0], &sent), 0);
    close(ends->fd[1]);
    ends->fd[1] = -1;
    assert_int_equal(record_send(ends->fd[0], &sent), -EPIPE);
    assert_int_equal(record_receive(ends->fd[0], &got), -EPIPE);
}

static void what_the_sender_left_is_read_before_the_end(void **context)
{
    struct ends *ends = *context;
    fill_event(&sent, 1);
    assert_int_equal(record_send(ends->fd[0], &sent), 0);
    close(ends->fd[0]);
    ends->fd[0] = -1;
    assert_int_equal(record_receive(ends->fd[1], &got), 1);
    assert_int_equal(record_receive(ends->fd[1], &got), -EPIPE);
}

static void a_record_of_impossible_counts_is_not_sent(void **context)
{
    const struct ends *ends = *context;
    fill_state(&sent);
    sent.message.state.ndesks = DESKS_MAX + 1;
    assert_int_equal(record_send(ends->fd[0], &sent), -EINVAL);
    memset(&sent, 0, sizeof sent);
    sent.kind = 77;
    assert_int_equal(record_send(ends->fd[0], &sent), -EINVAL);
}

/* ---- packets of a broken peer ---------------------------------------------------------------- */

static void refuse(const struct ends *ends, const void *bytes, size_t size)
{
    assert_int_equal(send(ends->fd[0], bytes, size, 0), (ssize_t)size);
    assert_int_equal(record_receive(ends->fd[1], &got), -EBADMSG);
}

static size_t packet_of(const struct ends *ends, const struct record *record, unsigned char *bytes,
                        size_t size)
{
    assert_int_equal(record_send(ends->fd[0], record), 0);
    ssize_t n = recv(ends->fd[1], bytes, size, 0);
    assert_true(n > 0);
    return (size_t)n;
}

static void each_truncated_packet_is_refused(void **context)
{
    const struct ends *ends = *context;
    unsigned char bytes[sizeof sent];
    fill_event(&sent, 5);
    sent.message.event.type = EVENT_NOTICE;
    fill_notice(&sent.message.event.notice, 2);
    size_t size = packet_of(ends, &sent, bytes, sizeof bytes);
    for (size_t cut = 1; cut < size; cut++)
        refuse(ends, bytes, cut);
    fill_state(&sent);
    size = packet_of(ends, &sent, bytes, sizeof bytes);
    for (size_t cut = 1; cut < size; cut += 997)
        refuse(ends, bytes, cut);
}

static void a_packet_with_bytes_left_over_is_refused(void **context)
{
    const struct ends *ends = *context;
    static unsigned char bytes[2 * sizeof sent];
    fill_event(&sent, 5);
    size_t size = packet_of(ends, &sent, bytes, sizeof bytes);
    refuse(ends, bytes, size + 1);
    refuse(ends, bytes, sizeof sent + 1);
}

static void random_packets_are_refused_or_sound(void **context)
{
    const struct ends *ends = *context;
    unsigned char bytes[600];
    srandom(7);
    for (int round = 0; round < 20000; round++) {
        size_t size = 1 + (size_t)random() % sizeof bytes;
        for (size_t i = 0; i < size; i++)
            bytes[i] = random() % 4 ? 0 : (unsigned char)random();
        bytes[0] = (unsigned char)(random() % 5);
        assert_int_equal(send(ends->fd[0], bytes, size, 0), (ssize_t)size);
        int rc = record_receive(ends->fd[1], &got);
        assert_true(rc == 1 || rc == -EBADMSG);
    }
}

/* Rows: a sound record, one defect, refused. */
#define EVENT        (sent.message.event)
#define STATE        (sent.message.state)
#define NO_END(text) memset((text), 'x', sizeof(text))

enum defect {
    EVENT_TYPE,
    EVENT_LANE,
    EVENT_REASON,
    EVENT_STATUS,
    EVENT_TTL,
    EVENT_EPOCH_END,
    EVENT_DESK_END,
    EVENT_TICKET_END,
    EVENT_LANG_END,
    EVENT_BOOKED_END,
    EVENT_FROM_END,
    EVENT_TO_END,
    EVENT_TICKET_UTF8,
    RETAINED_BOOL,
    NOTICE_LEVEL,
    NOTICE_ID_END,
    NOTICE_TEXT_END,
    STATE_RE_END,
    STATE_PHASE,
    STATE_DESK_END,
    STATE_RECENT_END,
    STATE_MISSED_END,
    STATE_NOTICE_COUNT,
    STATE_WAITING_END,
    STATE_WAITING_PEOPLE,
    STATE_WAITING_MINUTES,
    SERVER_BOOL,
    SERVER_EPOCH_END,
    COMMAND_END,
    INVALID_REASON_END,
    LINK_BOOL,
    LINK_WHY_END,
    PUBLISH_TOPIC,
    DEFECTS
};

static void make_notice_event(void)
{
    fill_event(&sent, 1);
    EVENT.type = EVENT_NOTICE;
    fill_notice(&EVENT.notice, 1);
}

static void make_kind(enum record_kind kind, enum message_kind message)
{
    sent.kind = (uint8_t)kind;
    if (kind == RECORD_MESSAGE)
        sent.message.kind = (uint8_t)message;
}

static void spoil(enum defect defect)
{
    memset(&sent, 0, sizeof sent);
    if (defect < NOTICE_LEVEL)
        fill_event(&sent, 1);
    else if (defect < STATE_RE_END)
        make_notice_event();
    else if (defect < SERVER_BOOL)
        fill_state(&sent);
    switch (defect) {
    case EVENT_TYPE: EVENT.type = EVENT_TYPES; break;
    case EVENT_LANE: EVENT.lane = LANES; break;
    case EVENT_REASON: EVENT.reason = CLEAR_REASONS; break;
    case EVENT_STATUS: EVENT.status = DESK_STATUSES; break;
    case EVENT_TTL: EVENT.ttl_ms = TTL_MAX_MS + 1; break;
    case EVENT_EPOCH_END: NO_END(EVENT.epoch); break;
    case EVENT_DESK_END: NO_END(EVENT.desk); break;
    case EVENT_TICKET_END: NO_END(EVENT.ticket); break;
    case EVENT_LANG_END: NO_END(EVENT.lang); break;
    case EVENT_BOOKED_END: NO_END(EVENT.booked_at); break;
    case EVENT_FROM_END: NO_END(EVENT.from); break;
    case EVENT_TO_END: NO_END(EVENT.to); break;
    case EVENT_TICKET_UTF8: strcpy(EVENT.ticket, "\xD0"); break;
    case RETAINED_BOOL: memset(&sent.message.is_retained, 2, 1); break;
    case NOTICE_LEVEL: EVENT.notice.level = NOTICE_LEVELS; break;
    case NOTICE_ID_END: NO_END(EVENT.notice.id); break;
    case NOTICE_TEXT_END: NO_END(EVENT.notice.text[0].text); break;
    case STATE_RE_END: NO_END(STATE.re); break;
    case STATE_PHASE: STATE.desk[200].phase = PHASES; break;
    case STATE_DESK_END: NO_END(STATE.desk[255].desk); break;
    case STATE_RECENT_END: NO_END(STATE.recent[0].ticket); break;
    case STATE_MISSED_END: NO_END(STATE.missed[0].desk); break;
    case STATE_NOTICE_COUNT: STATE.notice[3].ntexts = LANGS_MAX + 1; break;
    case STATE_WAITING_END: NO_END(STATE.waiting[2].agency); break;
    case STATE_WAITING_PEOPLE: STATE.waiting[2].count = WAITING_PEOPLE + 1; break;
    case STATE_WAITING_MINUTES: STATE.waiting[2].wait_min = -2; break;
    case SERVER_BOOL:
        make_kind(RECORD_MESSAGE, MESSAGE_SERVER), memset(&sent.message.server.is_online, 3, 1);
        break;
    case SERVER_EPOCH_END:
        make_kind(RECORD_MESSAGE, MESSAGE_SERVER), NO_END(sent.message.server.epoch);
        break;
    case COMMAND_END: make_kind(RECORD_MESSAGE, MESSAGE_COMMAND), NO_END(sent.message.command.value); break;
    case INVALID_REASON_END: make_kind(RECORD_INVALID, 0), NO_END(sent.invalid.reason); break;
    case LINK_BOOL: make_kind(RECORD_LINK, 0), memset(&sent.link.is_connected, 9, 1); break;
    case LINK_WHY_END: make_kind(RECORD_LINK, 0), NO_END(sent.link.why); break;
    case PUBLISH_TOPIC: make_kind(RECORD_PUBLISH, 0), sent.publish.topic = PUBLISH_TOPICS; break;
    case DEFECTS: break;
    }
}

static void each_defect_of_a_broken_peer_is_refused(void **context)
{
    const struct ends *ends = *context;
    for (enum defect defect = 0; defect < DEFECTS; defect++) {
        spoil(defect);
        assert_int_equal(record_send(ends->fd[0], &sent), 0);
        if (record_receive(ends->fd[1], &got) != -EBADMSG)
            fail_msg("defect %d was accepted", (int)defect);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_pair, close_pair)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(an_event_arrives_as_it_was_sent_and_is_small),
        TEST(a_notice_event_carries_its_texts),
        TEST(the_largest_state_arrives_whole),
        TEST(eight_of_the_largest_states_fit_the_socket),
        TEST(every_other_kind_arrives_as_it_was_sent),
        TEST(an_empty_socket_gives_nothing),
        TEST(a_full_socket_makes_the_sender_wait_and_loses_nothing),
        TEST(a_peer_that_is_gone_is_a_broken_pipe_for_both),
        TEST(what_the_sender_left_is_read_before_the_end),
        TEST(a_record_of_impossible_counts_is_not_sent),
        TEST(each_truncated_packet_is_refused),
        TEST(a_packet_with_bytes_left_over_is_refused),
        TEST(random_packets_are_refused_or_sound),
        TEST(each_defect_of_a_broken_peer_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
