#include "board/link.h"

#include "board/log.h"
#include "board/loop.h"
#include "board/outbox.h"
#include "protocol/json.h"
#include "protocol/json_arena.h"
#include "protocol/mqtt.h"
#include "protocol/record.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TOPIC_SIZE  128
#define STATUS_SIZE 256
#define SECOND_US   INT64_C(1000000)
#define CONN_STEP_US                                                                                         \
    1000 /* in the mean attempts are further apart than that, so a number from the clock only grows */
#define PATIENCE_US    (SECOND_US / 2) /* child_stop() kills after 2 s */
#define PUBLISHES_TURN 64
#define PUBLISHES_LAST 4096 /* more than its socket holds of a board that waits for our end */

/* ---- what is heard and what is said ---------------------------------------------------------- */

enum heard { HEARD_EVENT, HEARD_STATE, HEARD_SERVER, HEARD_PRIVATE, HEARD_COMMAND, HEARD_STATUS, HEARD };

static const struct {
    const char *suffix; /* below board/{id}/ if is_private */
    bool is_private;
    enum message_kind kind;
} heard[HEARD] = {
    [HEARD_EVENT] = { "event", false, MESSAGE_EVENT },
    [HEARD_STATE] = { "state", false, MESSAGE_STATE },
    [HEARD_SERVER] = { "server", false, MESSAGE_SERVER },
    [HEARD_PRIVATE] = { "state", true, MESSAGE_STATE },
    [HEARD_COMMAND] = { "command", true, MESSAGE_COMMAND },
    [HEARD_STATUS] = { "status", true, MESSAGE_KINDS }, /* our own: answered here */
};

static const struct {
    const char *suffix;
    bool is_private, is_retained, is_best_effort;
    bool can_wait; /* worth something after the broker is back */
    uint32_t expiry_s;
} said[PUBLISH_TOPICS] = {
    [PUBLISH_HELLO] = { "hello", false, .expiry_s = 5 },
    [PUBLISH_STATUS] = { "status", true, .is_retained = true },
    [PUBLISH_HEALTH] = { "health", true, .is_best_effort = true, .expiry_s = 60 },
    [PUBLISH_RECEIPT] = { "receipt", true, .can_wait = true, .expiry_s = 3600 },
    [PUBLISH_RESULT] = { "result", true, .can_wait = true, .expiry_s = 60 },
};

struct link {
    const struct config *config;
    int fd, signal_fd;
    struct loop *loop;
    struct loop_source *board_source, *broker_source, *signal_source;
    struct mqtt *mqtt;
    char boot[9];
    char heard_topic[HEARD][TOPIC_SIZE], said_topic[PUBLISH_TOPICS][TOPIC_SIZE];

    struct record outgoing; /* to the board; waits while has_outgoing */
    bool has_outgoing, is_state_due, is_blocked;
    struct record_link state;
    struct record incoming; /* from the board */

    struct outbox outbox;  /* waits for the broker */
    int64_t sent_at_us;    /* when the broker took something of it last */
    bool is_rushed;        /* its first ones need no acknowledgement */
    bool is_deaf;          /* the board is not read: the outbox is full */
    uint32_t board_events; /* what board_source waits for */

    bool is_leaving;
    struct loop_timer
        *patience; /* with a broker that takes nothing: to hear the board again; then to leave */
    uint64_t conn;
    int64_t birth_at_us, invalid_since_us;
    unsigned invalid_count, invalid_left_out;
};

static bool name_topic(const struct link *link, char out[TOPIC_SIZE], const char *suffix, bool is_private)
{
    char full[TOPIC_SIZE];
    if (is_private)
        snprintf(full, sizeof full, "board/%s/%s", link->config->board, suffix);
    else
        snprintf(full, sizeof full, "%s", suffix);
    return topic_format(out, TOPIC_SIZE, link->config->hall, full) > 0;
}

static bool name_topics(struct link *link)
{
    bool is_fine = true;
    for (int i = 0; i < HEARD; i++)
        is_fine &= name_topic(link, link->heard_topic[i], heard[i].suffix, heard[i].is_private);
    for (int i = 0; i < PUBLISH_TOPICS; i++)
        is_fine &= name_topic(link, link->said_topic[i], said[i].suffix, said[i].is_private);
    return is_fine;
}

/* ---- to the board ---------------------------------------------------------------------------- */

static bool next_record(struct link *link)
{
    if (link->has_outgoing || !link->is_state_due)
        return link->has_outgoing;
    link->is_state_due = false;
    link->outgoing.kind = RECORD_LINK;
    link->outgoing.link = link->state;
    return link->has_outgoing = true;
}

static void wait_for_board(struct link *link)
{
    uint32_t events = (link->is_deaf ? 0 : EPOLLIN) | (link->is_blocked ? EPOLLOUT : 0);
    if (!link->board_source || events == link->board_events)
        return;
    loop_modify(link->board_source, events);
    link->board_events = events;
}

static void block(struct link *link, bool is_blocked)
{
    if (link->is_blocked == is_blocked)
        return;
    link->is_blocked = is_blocked;
    mqtt_pause(link->mqtt, is_blocked);
    wait_for_board(link);
}

/* The broker is read only while nothing waits here. */
static void flush_records(struct link *link)
{
    while (next_record(link)) {
        int rc = record_send(link->fd, &link->outgoing);
        if (rc == -EAGAIN) {
            block(link, true);
            return;
        }
        link->has_outgoing = false;
        if (rc == -EPIPE)
            return; /* on_board() sees it too */
        if (rc < 0)
            log_error("link: a record for the board was lost: %s", strerror(-rc));
    }
    block(link, false);
}

static void send_outgoing(struct link *link)
{
    link->has_outgoing = true;
    flush_records(link);
}

/* A flood of bad messages must not become a flood of reports. */
static bool may_report(struct link *link, int64_t now_us)
{
    if (now_us - link->invalid_since_us >= SECOND_US) {
        link->invalid_since_us = now_us;
        link->invalid_count = 0;
    }
    if (link->invalid_count++ < LINK_INVALID_MAX)
        return true;
    link->invalid_left_out++;
    return false;
}

/* What could be told about the sender in spite of the defect, for the receipt. */
static void read_origin(const char *payload, size_t length, struct record_invalid *invalid)
{
    struct json_error error;
    cJSON *root = length <= EVENT_BYTES_MAX ? json_parse(payload, length, &error) : NULL;
    const cJSON *epoch = cJSON_GetObjectItemCaseSensitive(root, "epoch");
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(root, "seq");
    if (cJSON_IsString(epoch) && strlen(epoch->valuestring) < EPOCH_SIZE && cJSON_IsNumber(seq) &&
        seq->valuedouble >= 1 && seq->valuedouble <= (double)JSON_INTEGER_MAX) {
        snprintf(invalid->epoch, sizeof invalid->epoch, "%s", epoch->valuestring);
        invalid->seq = (uint64_t)seq->valuedouble;
    }
    cJSON_Delete(root);
}

static void report_invalid(struct link *link, const struct mqtt_message *message, const char *reason)
{
    if (!may_report(link, message->received_us))
        return;
    struct record_invalid *invalid = &link->outgoing.invalid;
    memset(invalid, 0, sizeof *invalid);
    link->outgoing.kind = RECORD_INVALID;
    snprintf(invalid->topic, sizeof invalid->topic, "%s", message->topic);
    if (link->invalid_left_out)
        snprintf(invalid->reason, sizeof invalid->reason, "%.110s (%u more were left out)", reason,
                 link->invalid_left_out);
    else
        snprintf(invalid->reason, sizeof invalid->reason, "%s", reason);
    link->invalid_left_out = 0;
    read_origin(message->payload, message->length, invalid);
    send_outgoing(link);
}

static void pass_on(struct link *link, const struct mqtt_message *message, enum message_kind kind)
{
    char reason[160];
    struct message *parsed = &link->outgoing.message;
    assert(!link->has_outgoing);                           /* a paused session delivers nothing */
    if (kind == MESSAGE_COMMAND && message->is_retained) { /* it would be obeyed again after each connect */
        report_invalid(link, message, "a command must not be retained");
        return;
    }
    if (message_parse(parsed, kind, message->payload, message->length, reason, sizeof reason) < 0) {
        report_invalid(link, message, reason);
        return;
    }
    link->outgoing.kind = RECORD_MESSAGE;
    parsed->is_retained = message->is_retained;
    parsed->received_us = message->received_us;
    send_outgoing(link);
}

/* ---- birth, death and stray wills ------------------------------------------------------------ */

static int format_status(struct link *link, bool is_online, uint64_t conn, char *out, size_t size)
{
    return message_format_status(out, size, link->config->board, is_online, conn, link->boot, KEZEK_VERSION);
}

static void publish_status(struct link *link, bool is_online)
{
    char text[STATUS_SIZE];
    int length = format_status(link, is_online, link->conn, text, sizeof text);
    if (length > 0)
        mqtt_publish(link->mqtt, link->said_topic[PUBLISH_STATUS], text, (size_t)length, true, false, 0);
}

static int write_will(void *data, uint64_t conn, char *out, size_t size)
{
    struct link *link = data;
    int length = format_status(link, false, conn, out, size);
    return length > 0 ? length : 0;
}

/* Whatever number it carries: this board is connected, or it would not read it. */
static void answer_status(struct link *link, const struct mqtt_message *message)
{
    struct json_error error;
    cJSON *root =
        message->length < STATE_BYTES_MAX ? json_parse(message->payload, message->length, &error) : NULL;
    bool is_offline = cJSON_IsFalse(cJSON_GetObjectItemCaseSensitive(root, "online"));
    cJSON_Delete(root);
    if (!is_offline || message->received_us < link->birth_at_us)
        return;
    link->birth_at_us = message->received_us + SECOND_US;
    publish_status(link, true);
}

/* ---- to the broker --------------------------------------------------------------------------- */

static int say(struct link *link, uint8_t topic, const char *text, size_t length, bool is_best_effort)
{
    return mqtt_publish(link->mqtt, link->said_topic[topic], text, length, said[topic].is_retained,
                        is_best_effort, said[topic].expiry_s);
}

/* An acknowledgement lies behind all the calls that the broker sent before it, so that receipts of a flood cannot wait for theirs.
 * Once the outbox is full they go without (QoS 0), as fast as the socket takes them, until it is not crowded any more. */
static int say_first(struct link *link)
{
    const struct outbox_text *text = link->outbox.first;
    int rc = say(link, text->topic, text->bytes, text->length, false);
    if (rc == -EAGAIN && link->is_rushed)
        rc = say(link, text->topic, text->bytes, text->length, true);
    return rc;
}

static void flush_texts(struct link *link)
{
    bool is_moving = false;
    while (link->outbox.first) {
        int rc = say_first(link);
        if (rc == -ENOTCONN || rc == -EAGAIN)
            break;
        outbox_drop_first(&link->outbox);
        is_moving = true;
        link->is_rushed &= outbox_is_crowded(&link->outbox);
    }
    if (is_moving)
        link->sent_at_us = clock_us();
}

static void keep_text(struct link *link, const struct record_publish *publish)
{
    uint64_t before = link->outbox.dropped;
    if (!link->outbox.first)
        link->sent_at_us = clock_us();
    outbox_put(&link->outbox, publish);
    if (before == 0 && link->outbox.dropped > 0)
        log_warn("link: %u receipts wait for the broker; the oldest are dropped", link->outbox.count);
    if (link->state.is_connected && outbox_is_full(&link->outbox)) {
        link->is_rushed = true;
        flush_texts(link);
    }
}

static void publish(struct link *link, const struct record_publish *publish)
{
    bool can_wait = said[publish->topic].can_wait, is_behind = can_wait && link->outbox.first;
    int rc = is_behind ? -EAGAIN
                       : say(link, publish->topic, publish->text, publish->length,
                             said[publish->topic].is_best_effort);
    if (can_wait && (rc == -EAGAIN || rc == -ENOTCONN))
        keep_text(link, publish);
}

/* A board with more receipts than the broker takes waits, and so do the calls that would owe the next ones; but for no broker
 * that takes nothing at all. */
static void listen_to_board(struct link *link)
{
    int64_t until_us = link->sent_at_us + LINK_DEAF_US;
    link->is_deaf = link->state.is_connected && !link->is_leaving && outbox_is_full(&link->outbox) &&
                    clock_us() < until_us;
    if (link->is_deaf)
        loop_timer_at(link->patience, until_us);
    wait_for_board(link);
}

/* ---- events of the session ------------------------------------------------------------------- */

static void on_up(void *data, uint64_t conn, int version, const char *url)
{
    struct link *link = data;
    link->conn = conn;
    link->birth_at_us = 0;
    publish_status(link, true);
    flush_texts(link);
    if (link->outbox.dropped)
        log_warn("link: %llu receipts were dropped while the broker was away",
                 (unsigned long long)link->outbox.dropped);
    link->outbox.dropped = 0;
    link->state =
        (struct record_link){ .is_connected = true, .mqtt_version = (uint8_t)version, .conn = conn };
    snprintf(link->state.url, sizeof link->state.url, "%s", url);
    link->is_state_due = true;
    flush_records(link);
}

static void tell_down(struct link *link, const char *why)
{
    link->state = (struct record_link){ .conn = link->conn };
    snprintf(link->state.why, sizeof link->state.why, "%s", why);
    link->is_state_due = true;
}

static void on_down(void *data, const char *why)
{
    struct link *link = data;
    link->is_rushed = false;
    tell_down(link, why);
    flush_records(link);
}

static void on_message(void *data, const struct mqtt_message *message)
{
    struct link *link = data;
    for (int i = 0; i < HEARD && !link->is_leaving; i++) {
        if (strcmp(message->topic, link->heard_topic[i]) != 0)
            continue;
        if (i == HEARD_STATUS)
            answer_status(link, message);
        else
            pass_on(link, message, heard[i].kind);
        return;
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

/* Says goodbye and waits until that, and every receipt on its way, has arrived. */
static void leave(struct link *link)
{
    if (link->is_leaving)
        return;
    link->is_leaving = true;
    loop_remove(link->board_source);
    link->board_source = NULL;
    mqtt_pause(link->mqtt, false);
    flush_texts(link);
    publish_status(link, false);
    bool is_done = mqtt_in_flight(link->mqtt) == 0;
    loop_timer_at(link->patience, clock_us() + (is_done ? 0 : PATIENCE_US));
}

static void on_patience(void *data, int64_t now_us)
{
    (void)now_us;
    struct link *link = data;
    if (link->is_leaving)
        loop_quit(link->loop, 0);
    else
        listen_to_board(link);
}

static void on_broker(void *data, uint32_t events)
{
    (void)events;
    struct link *link = data;
    mqtt_dispatch(link->mqtt);
    flush_texts(link);
    listen_to_board(link);
    if (link->is_leaving && mqtt_in_flight(link->mqtt) == 0)
        loop_quit(link->loop, 0);
}

static int take_publish(struct link *link)
{
    int rc = record_receive(link->fd, &link->incoming);
    if (rc == 1 && link->incoming.kind == RECORD_PUBLISH)
        publish(link, &link->incoming.publish);
    return rc;
}

/* False: the board is gone. */
static bool take_publishes(struct link *link)
{
    int rc = 1;
    for (int i = 0; i < PUBLISHES_TURN && !link->is_deaf && rc != 0 && rc != -EPIPE; i++) {
        rc = take_publish(link);
        listen_to_board(link);
    }
    return rc != -EPIPE;
}

static void take_last_publishes(struct link *link)
{
    int rc = 1;
    for (int i = 0; i < PUBLISHES_LAST && rc != 0 && rc != -EPIPE; i++)
        rc = take_publish(link);
}

static void on_board(void *data, uint32_t events)
{
    struct link *link = data;
    if (events & EPOLLOUT)
        flush_records(link);
    if (events & EPOLLHUP)
        take_last_publishes(link);
    if (events & EPOLLHUP || !take_publishes(link))
        leave(link);
}

static void on_signal(void *data, uint32_t events)
{
    (void)events;
    struct link *link = data;
    struct signalfd_siginfo info;
    if (read(link->signal_fd, &info, sizeof info) <= 0 || link->is_leaving)
        return;
    take_last_publishes(link);
    leave(link);
}

/* ---- start and end --------------------------------------------------------------------------- */

void link_boot(char boot[9])
{
    const char *given = getenv("KEZEK_BOOT");
    if (given && id_is_valid(given) && strlen(given) < 9) {
        snprintf(boot, 9, "%s", given);
        return;
    }
    static const char hex[] = "0123456789abcdef";
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, boot, 8) : -1;
    if (fd >= 0)
        close(fd);
    boot[8] = '\0';
    if (n == 8 && strspn(boot, hex) == 8)
        return;
    uint32_t number = 0; /* a sandbox may hide /proc/sys */
    getrandom(&number, sizeof number, 0);
    snprintf(boot, 9, "%08x", number);
}

/* The first line; the rest is no part of the password. */
static int read_password(const char *path, char *password, size_t size)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    if (!fgets(password, (int)size, file))
        password[0] = '\0';
    fclose(file);
    password[strcspn(password, "\r\n")] = '\0';
    return 0;
}

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

static int open_session(struct link *link, char *error, size_t error_size)
{
    char password[256] = "", client_id[80];
    const struct config *config = link->config;
    const char *password_file = config->broker.password_file;
    int rc = password_file[0] ? read_password(password_file, password, sizeof password) : 0;
    if (rc < 0) {
        snprintf(error, error_size, "broker.password_file: %.60s: %s", password_file, strerror(-rc));
        return rc;
    }
    snprintf(client_id, sizeof client_id, "kezek-%s-%s", config->hall, config->board);
    struct mqtt_config session = {
        .nurls = config->broker.nurls,
        .client_id = client_id,
        .username = or_null(config->broker.username),
        .password = or_null(password),
        .ca_file = or_null(config->broker.ca_file),
        .cert_file = or_null(config->broker.cert_file),
        .key_file = or_null(config->broker.key_file),
        .protocol = config->broker.protocol,
        .ntopics = HEARD,
        .will_topic = link->said_topic[PUBLISH_STATUS],
        .first_conn = (uint64_t)(clock_us() / CONN_STEP_US),
    };
    for (unsigned i = 0; i < config->broker.nurls; i++)
        session.url[i] = config->broker.url[i];
    for (unsigned i = 0; i < HEARD; i++)
        session.topic[i] = link->heard_topic[i];
    struct mqtt_events events = { link, write_will, on_up, on_down, on_message };
    link->mqtt = mqtt_create(&session, &events, error, error_size);
    explicit_bzero(password, sizeof password);
    return link->mqtt ? 0 : -errno;
}

static int open_loop(struct link *link)
{
    sigset_t term;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    link->signal_fd = signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
    link->loop = loop_create();
    if (link->signal_fd < 0 || !link->loop)
        return -errno;
    link->board_source = loop_add(link->loop, link->fd, EPOLLIN, "board", on_board, link);
    link->board_events = EPOLLIN;
    link->broker_source = loop_add(link->loop, mqtt_fd(link->mqtt), EPOLLIN, "broker", on_broker, link);
    link->signal_source = loop_add(link->loop, link->signal_fd, EPOLLIN, "signals", on_signal, link);
    link->patience = loop_timer(link->loop, "patience", on_patience, link);
    return link->board_source && link->broker_source && link->signal_source && link->patience ? 0 : -errno;
}

static int open_link(struct link *link, char *error, size_t error_size)
{
    if (!name_topics(link)) {
        snprintf(error, error_size, "hall and board ids do not fit a topic");
        return -EINVAL;
    }
    int rc = open_session(link, error, error_size);
    if (rc == 0 && (rc = open_loop(link)) < 0)
        snprintf(error, error_size, "%s", strerror(-rc));
    return rc;
}

static void close_link(struct link *link)
{
    if (link->loop) {
        loop_remove(link->board_source);
        loop_remove(link->broker_source);
        loop_remove(link->signal_source);
        loop_timer_remove(link->patience);
        loop_destroy(link->loop);
    }
    mqtt_destroy(link->mqtt);
    outbox_finish(&link->outbox);
    if (link->signal_fd >= 0)
        close(link->signal_fd);
    free(link);
}

int link_run(int fd, const struct config *config)
{
    char error[256] = "";
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        return 1;
    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    link->config = config;
    link->fd = fd;
    link->signal_fd = -1;
    outbox_init(&link->outbox);
    json_arena_install();
    link_boot(link->boot);
    int status = 1;
    if (open_link(link, error, sizeof error) == 0) {
        status = loop_run(link->loop);
    } else {
        log_error("link: %s", error);
        tell_down(link, error);
        next_record(link);
        record_send(fd, &link->outgoing);
    }
    close_link(link);
    return status;
}
