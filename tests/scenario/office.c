#include "tests/scenario/office.h"

#include "board/child.h"
#include "protocol/record.h"
#include "tests/scenario/eyes.h"
#include "tests/scenario/moment.h"
#include "tests/scenario/said.h"
#include "tests/scenario/verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DELAY_US     2000
#define JITTER_US    3000
#define CONNECT_US   50000
#define HEARTBEAT_US (5 * SECOND_US)
#define STATE_US     SECOND_US
#define RETRY_US     1000
#define SERVE_US     (15 * SECOND_US)
#define TALK_US      (120 * SECOND_US)

/* On its way to the board. */
struct letter {
    struct letter *next;
    int64_t at_us;
    struct record record;
};

static struct {
    const struct config *config;
    struct queue_server server;
    struct visitors visitors;
    uint64_t random;
    int64_t wall_ms;
    bool has_broker, has_server;
    int64_t silent_us;
    unsigned epochs, conn;
    int fd; /* the link's end of the record socket; -1: no link process */
    struct letter *letters, **letters_end;
    int64_t last_us;
    struct alarm post, heartbeat, state, connect, rush_next, rush_burst, desks;
    bool is_state_due;
    int64_t state_at_us;
    struct rush rush;
    int64_t due_us[DESKS_MAX]; /* of each desk: when its visit goes on */
    unsigned tickets;
    unsigned long calls;
    struct record heard;
} office;

static double chance(void)
{
    return (double)(moment_random(&office.random) >> 11) / (double)(UINT64_C(1) << 53);
}

/* ---- to the board ---------------------------------------------------------------------------- */

static void post(void *data, int64_t now_us)
{
    (void)data;
    while (office.letters && office.letters->at_us <= now_us) {
        struct letter *letter = office.letters;
        letter->record.message.received_us = now_us;
        int error = office.fd >= 0 ? record_send(office.fd, &letter->record) : 0;
        if (error == -EAGAIN) {
            office.post.at_us = now_us + RETRY_US;
            return;
        }
        bool is_said = office.fd >= 0 && error == 0 && letter->record.kind == RECORD_MESSAGE;
        if (is_said)
            said_by_server(&letter->record.message);
        if (is_said && letter->record.message.kind == MESSAGE_EVENT)
            eyes_called(&letter->record.message.event);
        office.letters = letter->next;
        if (!office.letters)
            office.letters_end = &office.letters;
        free(letter);
    }
    if (office.letters)
        office.post.at_us = office.letters->at_us;
}

static struct record *send_later(enum record_kind kind)
{
    struct letter *letter = malloc(sizeof *letter);
    if (!letter)
        abort();
    int64_t at_us = moment_us() + DELAY_US + (int64_t)(moment_random(&office.random) % JITTER_US);
    letter->next = NULL;
    letter->at_us = office.last_us = at_us > office.last_us ? at_us : office.last_us;
    letter->record.kind = (uint8_t)kind;
    *office.letters_end = letter;
    office.letters_end = &letter->next;
    office.post.at_us = office.letters->at_us;
    return &letter->record;
}

static void forget_letters(void)
{
    while (office.letters) {
        struct letter *letter = office.letters;
        office.letters = letter->next;
        free(letter);
    }
    office.letters_end = &office.letters;
}

static bool can_publish(void)
{
    return office.has_broker && office.has_server && office.fd >= 0;
}

static struct message *publish(enum message_kind kind, bool is_retained)
{
    struct message *message = &send_later(RECORD_MESSAGE)->message;
    message->kind = (uint8_t)kind;
    message->is_retained = is_retained;
    return message;
}

static void publish_heartbeat(bool is_retained)
{
    if (can_publish())
        server_heartbeat(&office.server, true, 1, moment_us(), &publish(MESSAGE_SERVER, is_retained)->server);
}

static void publish_state(const char *nonce, bool is_retained)
{
    if (can_publish())
        server_state(&office.server, nonce, moment_us(), &publish(MESSAGE_STATE, is_retained)->state);
}

static void beat(void *data, int64_t now_us)
{
    (void)data;
    publish_heartbeat(false);
    office.heartbeat.at_us = now_us + HEARTBEAT_US;
}

static void state_is_due(void *data, int64_t now_us)
{
    (void)data;
    publish_state("", false);
    office.is_state_due = false;
    office.state_at_us = now_us + STATE_US;
}

static void plan_state(void)
{
    if (!office.is_state_due)
        office.state.at_us = moment_us() < office.state_at_us ? office.state_at_us : moment_us();
    office.is_state_due = true;
}

static void tell_link(bool is_connected, const char *why)
{
    if (office.fd < 0)
        return;
    struct record_link *link = &send_later(RECORD_LINK)->link;
    *link = (struct record_link){ .is_connected = is_connected, .mqtt_version = 5, .conn = office.conn };
    snprintf(link->url, sizeof link->url, "mqtt://office");
    snprintf(link->why, sizeof link->why, "%s", why);
}

static void connected(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    if (!office.has_broker || office.fd < 0)
        return;
    office.conn++;
    tell_link(true, "");
    publish_heartbeat(true);
    publish_state("", true);
}

/* ---- from the board -------------------------------------------------------------------------- */

static void answer(const struct record_publish *publish)
{
    struct hello hello;
    char error[160];
    said_by_board(publish);
    if (publish->topic == PUBLISH_RECEIPT)
        eyes_receipt(publish->text, publish->length);
    if (publish->topic != PUBLISH_HELLO || !office.has_broker)
        return; /* receipts wait in the link until the broker is back */
    if (message_parse_hello(&hello, publish->text, publish->length, error, sizeof error) < 0)
        complain("the board's hello is wrong: %s", error);
    else
        publish_state(hello.nonce, false);
}

static void hear(void)
{
    while (office.fd >= 0 && record_receive(office.fd, &office.heard) == 1)
        if (office.heard.kind == RECORD_PUBLISH)
            answer(&office.heard.publish);
}

int __wrap_child_start(struct child *child, const struct config *config, int fd, int64_t now_us);
void __wrap_child_stop(struct child *child);

int __wrap_child_start(struct child *child, const struct config *config, int fd, int64_t now_us)
{
    (void)config;
    child->started_us = now_us;
    child->starts++;
    if (fd < 0)
        return 0;
    child->pid = getpid(); /* somebody is there; nobody is killed, because child_stop is ours as well */
    office.fd = dup(fd);
    office.connect.at_us = now_us + CONNECT_US;
    return 0;
}

void __wrap_child_stop(struct child *child)
{
    if (!child->pid)
        return;
    child->pid = 0;
    hear();
    if (office.fd >= 0)
        close(office.fd);
    office.fd = -1;
    forget_letters();
}

void office_board_died(bool has_said_goodbye)
{
    hear();
    if (has_said_goodbye || office.fd < 0)
        return;
    close(office.fd);
    office.fd = -1;
    forget_letters();
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void note_silence(void)
{
    bool is_silent = !office.has_broker || !office.has_server;
    if (!is_silent)
        office.silent_us = MOMENT_MAX;
    else if (office.silent_us == MOMENT_MAX)
        office.silent_us = moment_us();
}

int64_t office_silent_us(void)
{
    return office.silent_us;
}

void office_broker(bool is_there)
{
    if (office.has_broker == is_there)
        return;
    office.has_broker = is_there;
    note_silence();
    if (is_there)
        office.connect.at_us = moment_us() + CONNECT_US;
    else
        tell_link(false, "the broker is gone; tried again");
}

void office_server(bool is_there)
{
    office.has_server = is_there;
    note_silence();
    publish_heartbeat(false);
    publish_state("", false);
}

static void new_epoch(char epoch[EPOCH_SIZE])
{
    snprintf(epoch, EPOCH_SIZE, "epoch-%u", ++office.epochs);
}

void office_restart(bool keeps_desks)
{
    char epoch[EPOCH_SIZE];
    new_epoch(epoch);
    server_restart(&office.server, epoch, keeps_desks,
                   office.wall_ms + (moment_us() - office.server.start_us) / 1000, moment_us());
    eyes_truth(&office.server);
    publish_heartbeat(false);
    publish_state("", false);
}

int office_do(const struct action *action)
{
    struct event event;
    int rc = visitors_act(&office.server, action, moment_us(), &event);
    if (rc <= 0)
        return rc;
    office.calls += event.type == EVENT_CALL || event.type == EVENT_RECALL;
    eyes_truth(&office.server);
    if (can_publish())
        publish(MESSAGE_EVENT, false)->event = event;
    plan_state();
    return 0;
}

const struct queue_server *office_truth(void)
{
    return &office.server;
}

unsigned long office_calls(void)
{
    return office.calls;
}

/* ---- visitors -------------------------------------------------------------------------------- */

static void act_at(unsigned desk, enum act act, enum clear_reason reason)
{
    office_do(&(struct action){
        .act = (uint8_t)act, .reason = (uint8_t)reason, .desk = (uint16_t)desk, .visit.from = NONE });
}

static void call_somebody(void)
{
    static const char *const letters[] = { "А", "С", "Е", "Р" };
    unsigned desk = (unsigned)(moment_random(&office.random) % office.config->ndesks);
    const struct server_desk *place = &office.server.desk[desk];
    struct action action = { .act = ACT_CALL,
                             .desk = (uint16_t)desk,
                             .visit = { .lane = LANE_WALKIN, .from = NONE } };
    if (place->status != DESK_OPEN)
        return;
    if (place->phase == PHASE_CALLED && chance() < 0.1) {
        act_at(desk, ACT_RECALL, 0);
        return;
    }
    if (place->phase != PHASE_IDLE)
        act_at(desk, ACT_CLEAR, place->phase == PHASE_CALLED && chance() < 0.1 ? CLEAR_NO_SHOW : CLEAR_DONE);
    unsigned number = office.tickets++;
    snprintf(action.visit.ticket, sizeof action.visit.ticket, "%s%03u", letters[number / 1000 % 4],
             number % 1000);
    office_do(&action);
    office.due_us[desk] = moment_us() + (int64_t)((0.5 + chance()) * (double)SERVE_US);
}

static bool is_rush_over(int64_t now_us)
{
    return now_us >= office.rush.until_us;
}

static void visitor(void *data, int64_t now_us)
{
    (void)data;
    if (is_rush_over(now_us))
        return;
    call_somebody();
    office.rush_next.at_us = now_us + (int64_t)((0.2 + 1.6 * chance()) * 60e6 / office.rush.per_minute);
}

static void crowd(void *data, int64_t now_us)
{
    (void)data;
    if (is_rush_over(now_us))
        return;
    for (unsigned i = 0; i < office.rush.burst; i++)
        call_somebody();
    office.rush_burst.at_us = now_us + office.rush.burst_every_s * SECOND_US;
}

static void desks_go_on(void *data, int64_t now_us)
{
    (void)data;
    for (unsigned i = 0; i < office.config->ndesks; i++) {
        if (now_us < office.due_us[i])
            continue;
        enum phase phase = office.server.desk[i].phase;
        office.due_us[i] =
            phase == PHASE_CALLED ? now_us + (int64_t)((0.5 + chance()) * (double)TALK_US) : MOMENT_MAX;
        if (phase != PHASE_IDLE)
            act_at(i, phase == PHASE_CALLED ? ACT_SERVE : ACT_CLEAR, CLEAR_DONE);
    }
    office.desks.at_us = now_us + SECOND_US;
}

void office_rush(const struct rush *rush)
{
    office.rush = *rush;
    office.rush_next.at_us = moment_us();
    office.desks.at_us = moment_us() + SECOND_US;
    if (rush->burst)
        office.rush_burst.at_us = moment_us() + rush->burst_every_s * SECOND_US;
}

/* ---- life ------------------------------------------------------------------------------------ */

void office_begin(const struct config *config, int64_t wall_ms, uint64_t seed)
{
    char epoch[EPOCH_SIZE];
    memset(&office, 0, sizeof office);
    said_begin(config);
    office.config = config;
    office.random = seed;
    office.wall_ms = wall_ms;
    office.has_broker = office.has_server = true;
    office.silent_us = MOMENT_MAX;
    office.fd = -1;
    office.letters_end = &office.letters;
    new_epoch(epoch);
    server_init(&office.server, config, epoch, wall_ms, moment_us());
    for (unsigned i = 0; i < DESKS_MAX; i++)
        office.due_us[i] = MOMENT_MAX;
    alarm_add(&office.post, post, NULL);
    alarm_add(&office.heartbeat, beat, NULL);
    alarm_add(&office.state, state_is_due, NULL);
    alarm_add(&office.connect, connected, NULL);
    alarm_add(&office.rush_next, visitor, NULL);
    alarm_add(&office.rush_burst, crowd, NULL);
    alarm_add(&office.desks, desks_go_on, NULL);
    office.heartbeat.at_us = moment_us() + HEARTBEAT_US;
    moment_turned = hear;
}

void office_end(void)
{
    moment_turned = NULL;
    said_end();
    forget_letters();
    if (office.fd >= 0)
        close(office.fd);
    office.fd = -1;
}
