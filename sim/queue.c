#include "sim/queue.h"

#include "protocol/mqtt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define SECOND       INT64_C(1000000)
#define HEARTBEAT_US (5 * SECOND)
#define STATE_US     (1 * SECOND)
#define TOPIC_SIZE   128

enum heard { HEARD_HELLO, HEARD_RECEIPT, HEARD_STATUS, HEARD_HEALTH, HEARD };
static const char *const heard_words[HEARD] = { "hello", "receipt", "status", "health" };

/* An event that waits for acknowledgements of those before it. */
struct backlog {
    struct backlog *next;
    int length;
    uint32_t expiry_s;
    char text[];
};

struct queue {
    const struct config *hall;
    struct queue_watch watch;
    struct loop *loop;
    struct loop_source *source;
    struct loop_timer *visitors_timer, *heartbeat_timer, *state_timer;
    struct mqtt *mqtt;
    struct queue_server server;
    struct visitors visitors;
    struct queue_counts counts;
    char heard_topic[HEARD][TOPIC_SIZE], event_topic[TOPIC_SIZE], state_topic[TOPIC_SIZE],
        server_topic[TOPIC_SIZE];
    uint64_t conn;
    bool is_up, is_mute, is_state_due;
    struct backlog *backlog, **backlog_end;
    unsigned nbacklog;
    int64_t state_at_us; /* not earlier */
    struct state state;  /* large: not on the stack */
    char text[STATE_BYTES_MAX + 1];
};

static int64_t wall_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

static void new_epoch(char epoch[EPOCH_SIZE])
{
    uint32_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0)
        number = (uint32_t)clock_us();
    snprintf(epoch, EPOCH_SIZE, "%08x", number);
}

/* ---- to the boards --------------------------------------------------------------------------- */

static int publish_text(struct queue *queue, const char *topic, const char *text, int length,
                        bool is_retained, uint32_t expiry_s)
{
    if (!queue->is_up || queue->is_mute)
        return -ENOTCONN;
    if (length < 0)
        return length;
    return mqtt_publish(queue->mqtt, topic, text, (size_t)length, is_retained, false, expiry_s);
}

static bool publish(struct queue *queue, const char *topic, int length, bool is_retained, uint32_t expiry_s)
{
    return publish_text(queue, topic, queue->text, length, is_retained, expiry_s) == 0;
}

static void publish_heartbeat(struct queue *queue, int64_t now_us)
{
    struct server heartbeat;
    server_heartbeat(&queue->server, true, queue->conn, now_us, &heartbeat);
    int length = message_format_server(queue->text, sizeof queue->text, &heartbeat);
    queue->counts.heartbeats += publish(queue, queue->server_topic, length, true, 0);
    loop_timer_at(queue->heartbeat_timer, now_us + HEARTBEAT_US);
}

static void publish_state(struct queue *queue, int64_t now_us)
{
    server_state(&queue->server, "", now_us, &queue->state);
    int length = message_format_state(queue->text, sizeof queue->text, &queue->state);
    queue->counts.states += publish(queue, queue->state_topic, length, true, 0);
    queue->is_state_due = false;
    queue->state_at_us = now_us + STATE_US;
}

static void plan_state(struct queue *queue, int64_t now_us)
{
    queue->is_state_due = true;
    loop_timer_at(queue->state_timer, now_us < queue->state_at_us ? queue->state_at_us : now_us);
}

/* What every board needs to find its way: rule 1 of a server. */
static void introduce(struct queue *queue)
{
    int64_t now_us = clock_us();
    publish_heartbeat(queue, now_us);
    publish_state(queue, now_us);
}

static void drop_first(struct queue *queue)
{
    struct backlog *first = queue->backlog;
    if (!first)
        return;
    queue->backlog = first->next;
    if (!queue->backlog)
        queue->backlog_end = &queue->backlog;
    queue->nbacklog--;
    free(first);
}

/* In order; what cannot go because the broker is away is a gap, as with any server. */
static void flush_backlog(struct queue *queue)
{
    while (queue->backlog) {
        const struct backlog *first = queue->backlog;
        int rc = publish_text(queue, queue->event_topic, first->text, first->length, false, first->expiry_s);
        if (rc == -EAGAIN)
            return;
        queue->counts.unpublished += rc != 0;
        drop_first(queue);
    }
}

static bool keep(struct queue *queue, int length, uint32_t expiry_s)
{
    struct backlog *last = queue->nbacklog < QUEUE_BACKLOG ? malloc(sizeof *last + (size_t)length) : NULL;
    if (!last)
        return false;
    *last = (struct backlog){ .length = length, .expiry_s = expiry_s };
    memcpy(last->text, queue->text, (size_t)length);
    *queue->backlog_end = last;
    queue->backlog_end = &last->next;
    queue->nbacklog++;
    return true;
}

static bool publish_event(struct queue *queue, int length, uint32_t expiry_s)
{
    int rc = -EAGAIN;
    if (length < 0)
        return false;
    if (!queue->backlog)
        rc = publish_text(queue, queue->event_topic, queue->text, length, false, expiry_s);
    return rc == 0 || (rc == -EAGAIN && keep(queue, length, expiry_s));
}

static void tell(struct queue *queue, const struct event *event, int64_t now_us)
{
    int length = message_format_event(queue->text, sizeof queue->text, event);
    uint32_t expiry_s = event->ttl_ms > 0 ? (uint32_t)(event->ttl_ms + 999) / 1000 : 60;
    queue->counts.events++;
    if (!publish_event(queue, length, expiry_s))
        queue->counts.unpublished++;
    plan_state(queue, now_us);
    if (queue->watch.event)
        queue->watch.event(queue->watch.data, event);
}

/* ---- from the boards ------------------------------------------------------------------------- */

static void answer_hello(struct queue *queue, const struct mqtt_message *message)
{
    struct hello hello;
    char error[160], suffix[ID_SIZE + 16], topic[TOPIC_SIZE];
    if (message_parse_hello(&hello, message->payload, message->length, error, sizeof error) < 0)
        return;
    queue->counts.hellos++;
    snprintf(suffix, sizeof suffix, "board/%s/state", hello.id);
    if (topic_format(topic, sizeof topic, queue->hall->hall, suffix) < 0)
        return;
    server_state(&queue->server, hello.nonce, clock_us(), &queue->state);
    publish(queue, topic, message_format_state(queue->text, sizeof queue->text, &queue->state), false, 5);
}

static void pass_on(struct queue *queue, enum heard what, const struct mqtt_message *message)
{
    if (what == HEARD_RECEIPT)
        queue->counts.receipts++;
    if (!queue->watch.board || message->length >= sizeof queue->text)
        return;
    char *json = strndup(message->payload, message->length);
    if (json)
        queue->watch.board(queue->watch.data, heard_words[what], json, message->length, message->is_retained);
    free(json);
}

static void on_message(void *data, const struct mqtt_message *message)
{
    struct queue *queue = data;
    for (int i = 0; i < HEARD; i++) {
        if (strcmp(message->topic, queue->heard_topic[i]) != 0)
            continue;
        if (i == HEARD_HELLO)
            answer_hello(queue, message);
        else
            pass_on(queue, i, message);
    }
}

static int write_will(void *data, uint64_t conn, char *out, size_t size)
{
    struct queue *queue = data;
    struct server heartbeat;
    server_heartbeat(&queue->server, false, conn, clock_us(), &heartbeat);
    int length = message_format_server(out, size, &heartbeat);
    return length > 0 ? length : 0;
}

static void on_up(void *data, uint64_t conn, int version, const char *url)
{
    (void)version, (void)url;
    struct queue *queue = data;
    queue->conn = conn;
    queue->is_up = true;
    introduce(queue);
    if (queue->watch.link)
        queue->watch.link(queue->watch.data, true, "");
}

static void on_down(void *data, const char *why)
{
    struct queue *queue = data;
    queue->is_up = false;
    flush_backlog(queue);
    if (queue->watch.link)
        queue->watch.link(queue->watch.data, false, why);
}

/* Who only joins a queue is no event, and a new waiting count. */
static int act(struct queue *queue, const struct action *action, int64_t now_us)
{
    struct event event;
    int rc = visitors_act(&queue->server, action, now_us, &event);
    if (rc > 0)
        tell(queue, &event, now_us);
    else if (rc == 0)
        plan_state(queue, now_us);
    return rc < 0 ? rc : 0;
}

/* ---- time ------------------------------------------------------------------------------------ */

static void on_visitors(void *data, int64_t now_us)
{
    struct queue *queue = data;
    struct action action;
    while (visitors_next(&queue->visitors, &queue->server, now_us, &action))
        act(queue, &action, now_us);
    loop_timer_at(queue->visitors_timer, visitors_deadline_us(&queue->visitors));
}

static void on_heartbeat(void *data, int64_t now_us)
{
    publish_heartbeat(data, now_us);
}

static void on_state(void *data, int64_t now_us)
{
    struct queue *queue = data;
    if (queue->is_state_due)
        publish_state(queue, now_us);
}

static void on_broker(void *data, uint32_t events)
{
    (void)events;
    struct queue *queue = data;
    mqtt_dispatch(queue->mqtt);
    flush_backlog(queue);
}

/* ---- what the owner does --------------------------------------------------------------------- */

int queue_do(struct queue *queue, const struct action *action)
{
    return act(queue, action, clock_us());
}

const struct queue_server *queue_server(const struct queue *queue)
{
    return &queue->server;
}

void queue_pace(struct queue *queue, enum pace pace, uint64_t seed)
{
    time_t now = time(NULL);
    struct tm local = { 0 };
    localtime_r(&now, &local);
    visitors_init(&queue->visitors, queue->hall, seed, pace, clock_us());
    queue->visitors.first_minute = (uint16_t)(local.tm_hour * 60 + local.tm_min);
    loop_timer_at(queue->visitors_timer, visitors_deadline_us(&queue->visitors));
}

void queue_mute(struct queue *queue, bool is_mute)
{
    bool was_mute = queue->is_mute;
    queue->is_mute = is_mute;
    if (was_mute && !is_mute)
        introduce(queue);
}

void queue_restart(struct queue *queue, bool keeps_desks)
{
    char epoch[EPOCH_SIZE];
    new_epoch(epoch);
    server_restart(&queue->server, epoch, keeps_desks, wall_ms(), clock_us());
    introduce(queue);
}

void queue_counts(const struct queue *queue, struct queue_counts *counts)
{
    *counts = queue->counts;
}

/* ---- start and end --------------------------------------------------------------------------- */

static void name_topics(struct queue *queue)
{
    const char *hall = queue->hall->hall;
    char suffix[ID_SIZE + 16];
    topic_format(queue->event_topic, TOPIC_SIZE, hall, "event");
    topic_format(queue->state_topic, TOPIC_SIZE, hall, "state");
    topic_format(queue->server_topic, TOPIC_SIZE, hall, "server");
    topic_format(queue->heard_topic[HEARD_HELLO], TOPIC_SIZE, hall, "hello");
    for (int i = HEARD_RECEIPT; i < HEARD; i++) {
        snprintf(suffix, sizeof suffix, "board/%s/%s", queue->hall->board, heard_words[i]);
        topic_format(queue->heard_topic[i], TOPIC_SIZE, hall, suffix);
    }
}

static int open_session(struct queue *queue, const char *url, char *error, size_t error_size)
{
    char client_id[ID_SIZE + 32];
    snprintf(client_id, sizeof client_id, "kezek-sim-%s-%d", queue->hall->hall, (int)getpid());
    struct mqtt_config session = {
        .client_id = client_id,
        .ntopics = HEARD,
        .will_topic = queue->server_topic,
        .first_conn = (uint64_t)(clock_us() / 1000), /* grows from one run to the next */
    };
    for (unsigned i = 0; !url && i < queue->hall->broker.nurls; i++)
        session.url[session.nurls++] = queue->hall->broker.url[i];
    if (url)
        session.url[session.nurls++] = url;
    for (int i = 0; i < HEARD; i++)
        session.topic[i] = queue->heard_topic[i];
    struct mqtt_events events = { queue, write_will, on_up, on_down, on_message };
    queue->mqtt = mqtt_create(&session, &events, error, error_size);
    return queue->mqtt ? 0 : -errno;
}

static int open_timers(struct queue *queue)
{
    queue->source = loop_add(queue->loop, mqtt_fd(queue->mqtt), EPOLLIN, "queue server", on_broker, queue);
    queue->visitors_timer = loop_timer(queue->loop, "visitors", on_visitors, queue);
    queue->heartbeat_timer = loop_timer(queue->loop, "heartbeat", on_heartbeat, queue);
    queue->state_timer = loop_timer(queue->loop, "state", on_state, queue);
    bool is_fine = queue->source && queue->visitors_timer && queue->heartbeat_timer && queue->state_timer;
    return is_fine ? 0 : -ENOMEM;
}

struct queue *queue_create(struct loop *loop, const struct queue_config *config,
                           const struct queue_watch *watch, char *error, size_t error_size)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (!queue)
        return NULL;
    char epoch[EPOCH_SIZE];
    new_epoch(epoch);
    queue->hall = config->hall;
    queue->watch = *watch;
    queue->loop = loop;
    queue->backlog_end = &queue->backlog;
    server_init(&queue->server, config->hall, epoch, wall_ms(), clock_us());
    name_topics(queue);
    int rc = open_session(queue, config->url, error, error_size);
    if (rc == 0 && (rc = open_timers(queue)) < 0)
        snprintf(error, error_size, "%s", strerror(-rc));
    if (rc < 0) {
        queue_destroy(queue);
        errno = -rc;
        return NULL;
    }
    queue_pace(queue, config->pace, config->seed);
    return queue;
}

/* If it does not get through, the will says the same. */
static void say_goodbye(struct queue *queue)
{
    struct server heartbeat;
    server_heartbeat(&queue->server, false, queue->conn, clock_us(), &heartbeat);
    publish(queue, queue->server_topic, message_format_server(queue->text, sizeof queue->text, &heartbeat),
            true, 0);
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    say_goodbye(queue);
    loop_remove(queue->source);
    loop_timer_remove(queue->visitors_timer);
    loop_timer_remove(queue->heartbeat_timer);
    loop_timer_remove(queue->state_timer);
    mqtt_destroy(queue->mqtt);
    while (queue->backlog)
        drop_first(queue);
    free(queue);
}
