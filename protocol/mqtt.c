/* What libmosquitto 2.0.11 and 2.0.21 need to be trusted, and where it is done here:
 *
 *  - Incoming packets have no limit: MQTT 5's maximum-packet-size stands in every CONNECT. No asynchronous
 *    connect takes properties; the one of v5 with an illegal keep-alive stores them and then refuses, and
 *    the asynchronous one sends them (mqtt_client.c). MQTT 3.1.1 has the broker's limit, the address
 *    space of the process, and inbox_put(), which keeps heads: no loop of losses by a retained giant.
 *  - 2.0.11 with TLS spins on a refused port and tells nobody: EPOLLERR and EPOLLHUP before CONNACK are a
 *    failure (on_socket).
 *  - TLS errors reach no callback: return codes and the library's socket decide, callbacks only note facts
 *    (settle). A CA file that is missing leaves a client that would talk in the clear: it is dropped
 *    (mqtt_client.c).
 *  - A connect that nobody answers has no limit: ATTEMPT_US (on_timer).
 *  - An asynchronous connect tries only the first address of a name (localhost: often ::1): each host is
 *    tried by IPv4, then by IPv6, selected by the address to bind (mqtt_settings.c, mqtt_client.c).
 *  - Publishing while offline fails and queues without limit all the same: never before CONNACK
 *    (mqtt_publish). What is in flight at a loss stays in the library, 64 at most, and is sent again.
 *  - The library's own loop and thread give up for good on some errors: neither is used; the back-off is
 *    ours (plan_retry).
 *  - It closes its descriptor inside its calls and may get the same number again: level-triggered, added
 *    anew for each attempt (watch_socket).
 *  - 2.0.11 holds a lock while it calls back, and one read may deliver many packets: callbacks only copy,
 *    and the copies are handed on outside (on_message, hand_on); that also makes a pause exact.
 *  - Bytes that TLS has decrypted already do not raise EPOLLIN: one look a tick (keep_alive).
 *  - PINGRESP lies behind what a paused session does not read: it keeps alive by an UNSUBSCRIBE of a topic
 *    that nobody subscribed (beat).
 *  - PUBACK leaves before the message callback: QoS 1 is no crash safety, and the contract does not need it.
 *  - 2.0.11 writes without MSG_NOSIGNAL: SIGPIPE is ignored (ignore_sigpipe).
 *  - mosquitto_strerror() does not know all codes: the texts are ours (mqtt_text.c).
 *  - Nagle costs 40 ms: TCP_NODELAY; a pulled cable is noticed in 6 s by TCP instead of 20 s (mqtt_client.c).
 */
#include "protocol/mqtt.h"

#include "protocol/mqtt_client.h"
#include "protocol/mqtt_inbox.h"
#include "protocol/mqtt_text.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SECOND         INT64_C(1000000)
#define ATTEMPT_US     (10 * SECOND)
#define TICK_US        (2 * SECOND) /* adds to the keep-alive: well within the broker's patience of 15 s */
#define BEAT_US        (4 * SECOND)
#define BACKOFF_MS     500
#define BACKOFF_MAX_MS 15000
#define STABLE_US      (60 * SECOND)
#define READS_MAX      32 /* packets a turn, so that publishing gets its turn in a flood */
#define WILL_SIZE      1024
#define WHY_SIZE       256
#define NO_SOCKET      (-1)

enum stage { IDLE, CONNECTING, SUBSCRIBING, UP };

struct mqtt {
    struct mqtt_events events;
    struct mqtt_settings settings;
    unsigned at_route;

    struct mosquitto *client;
    bool client_is_tls;
    uint8_t client_version;

    int epoll_fd, timer_fd, socket_fd;
    uint32_t interest;
    enum stage stage;
    uint64_t conn, random;
    unsigned failures; /* in a row, for the back-off */
    int64_t retry_at_us, attempt_until_us, up_since_us, beat_at_us;
    bool is_paused, is_unread;
    char why[WHY_SIZE];  /* first failure since the last back-off */
    char told[WHY_SIZE]; /* the reason that `down` has told, "" while connected */

    /* noted by callbacks */
    bool is_acknowledged, is_subscribed;
    int connack;       /* reason code, or -1 */
    int farewell;      /* reason of the broker's DISCONNECT, or 0 */
    int refused_topic; /* index of a subscription that was refused, or -1 */
    int subscribe_mid;
    uint16_t in_flight[MQTT_IN_FLIGHT_MAX];
    unsigned nin_flight;

    struct mqtt_inbox inbox;
    bool is_overrun;
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

static struct mqtt_route *route_now(struct mqtt *mqtt)
{
    return &mqtt->settings.route[mqtt->at_route];
}

/* ---- callbacks of the library: they only take notes ------------------------------------------ */

static void on_connack(struct mosquitto *client, void *data, int code, int flags,
                       const mosquitto_property *properties)
{
    (void)client, (void)flags, (void)properties;
    struct mqtt *mqtt = data;
    mqtt->connack = code;
    mqtt->is_acknowledged = code == 0;
}

static void on_disconnected(struct mosquitto *client, void *data, int reason,
                            const mosquitto_property *properties)
{
    (void)client, (void)properties;
    struct mqtt *mqtt = data;
    if (reason >= 0x80)
        mqtt->farewell = reason;
}

static void on_suback(struct mosquitto *client, void *data, int mid, int count, const int *granted)
{
    (void)client;
    struct mqtt *mqtt = data;
    if (mid != mqtt->subscribe_mid)
        return;
    for (int i = 0; i < count; i++)
        if (granted[i] >= 0x80)
            mqtt->refused_topic = i;
    mqtt->is_subscribed = true;
}

static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *message)
{
    (void)client;
    struct mqtt *mqtt = data;
    struct mqtt_message letter = { .topic = message->topic,
                                   .payload = message->payload,
                                   .length = (size_t)message->payloadlen,
                                   .is_retained = message->retain,
                                   .received_us = now_us() };
    if (!inbox_put(&mqtt->inbox, &letter, mqtt->conn))
        mqtt->is_overrun = true;
}

/* Comes for QoS 0 as well, hence the look-up. */
static void on_published(struct mosquitto *client, void *data, int mid)
{
    (void)client;
    struct mqtt *mqtt = data;
    for (unsigned i = 0; i < mqtt->nin_flight; i++) {
        if (mqtt->in_flight[i] != mid)
            continue;
        mqtt->in_flight[i] = mqtt->in_flight[--mqtt->nin_flight];
        return;
    }
}

/* Messages of this connection come after its `up`; those of an earlier one need not wait. */
static void hand_on(struct mqtt *mqtt)
{
    struct mqtt_letter *letter;
    while ((letter = mqtt->inbox.first) && !mqtt->is_paused &&
           (mqtt->stage == UP || letter->conn != mqtt->conn)) {
        mqtt->events.message(mqtt->events.data, &letter->message);
        inbox_drop_first(&mqtt->inbox);
    }
}

/* ---- time ------------------------------------------------------------------------------------ */

static void wake_at(struct mqtt *mqtt, int64_t at_us)
{
    if (at_us <= 0)
        at_us = 1; /* zero would disarm */
    struct itimerspec when = { .it_value = { at_us / SECOND, at_us % SECOND * 1000 } };
    timerfd_settime(mqtt->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static uint64_t random_next(struct mqtt *mqtt)
{
    mqtt->random ^= mqtt->random << 13;
    mqtt->random ^= mqtt->random >> 7;
    mqtt->random ^= mqtt->random << 17;
    return mqtt->random;
}

static int64_t backoff_us(struct mqtt *mqtt)
{
    unsigned doublings = mqtt->failures < 5 ? mqtt->failures : 5;
    int64_t delay_ms = (int64_t)BACKOFF_MS << doublings;
    if (delay_ms > BACKOFF_MAX_MS)
        delay_ms = BACKOFF_MAX_MS;
    return delay_ms * (int64_t)(700 + random_next(mqtt) % 601); /* ±30 %, ms × per mille = µs */
}

/* ---- the socket ------------------------------------------------------------------------------ */

static uint32_t wanted_interest(const struct mqtt *mqtt)
{
    bool is_reading = !mqtt->is_paused || mqtt->stage != UP;
    return (is_reading ? (uint32_t)EPOLLIN : 0) |
           (mosquitto_want_write(mqtt->client) ? (uint32_t)EPOLLOUT : 0);
}

static void watch_socket(struct mqtt *mqtt)
{
    mqtt->socket_fd = mosquitto_socket(mqtt->client);
    mqtt->interest = wanted_interest(mqtt);
    struct epoll_event event = { .events = mqtt->interest, .data.fd = mqtt->socket_fd };
    if (epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_ADD, mqtt->socket_fd, &event) < 0 && errno == EEXIST)
        epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_MOD, mqtt->socket_fd, &event);
}

static void unwatch_socket(struct mqtt *mqtt)
{
    if (mqtt->socket_fd != NO_SOCKET)
        epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_DEL, mqtt->socket_fd,
                  NULL); /* fails if the library has closed it: fine */
    mqtt->socket_fd = NO_SOCKET;
}

static void update_interest(struct mqtt *mqtt)
{
    if (mqtt->socket_fd == NO_SOCKET)
        return;
    uint32_t interest = wanted_interest(mqtt);
    if (interest == mqtt->interest)
        return;
    mqtt->interest = interest;
    struct epoll_event event = { .events = interest, .data.fd = mqtt->socket_fd };
    epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_MOD, mqtt->socket_fd, &event);
}

static int socket_errno(const struct mqtt *mqtt)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(mqtt->socket_fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}

/* ---- failure and the next attempt ------------------------------------------------------------ */

/* The last route of the list was tried: is it time to wait? Before that the next one is tried at once. */
static bool next_route(struct mqtt *mqtt)
{
    mqtt->at_route = (mqtt->at_route + 1) % mqtt->settings.nroutes;
    return mqtt->at_route == 0;
}

static void plan_retry(struct mqtt *mqtt, bool is_at_once)
{
    int64_t now = now_us(), delay_us = 0;
    if (mqtt->up_since_us && now - mqtt->up_since_us >= STABLE_US)
        mqtt->failures = 0;
    if (!is_at_once) {
        delay_us = backoff_us(mqtt);
        mqtt->failures++;
    }
    mqtt->retry_at_us = now + delay_us;
    wake_at(mqtt, mqtt->retry_at_us);
    if (is_at_once || strcmp(mqtt->told, mqtt->why) == 0)
        return;
    memcpy(mqtt->told, mqtt->why, sizeof mqtt->told);
    char line[WHY_SIZE + 32];
    snprintf(line, sizeof line, "%s; next try in %.1f s", mqtt->why, (double)delay_us / SECOND);
    mqtt->events.down(mqtt->events.data, line);
}

/* MQTT 5 is given up for 3.1.1 when the broker says so, or hangs up on a CONNECT that it has never
 * accepted. If 3.1.1 does not get through at once either, that was not the reason. */
static bool change_version(struct mqtt *mqtt, int rc)
{
    struct mqtt_route *route = route_now(mqtt);
    if (!mqtt->settings.is_auto || mqtt->stage == UP)
        return false;
    if (route->version == 4 && !route->is_proven) {
        route->version = 5;
        return false;
    }
    bool is_refused = mqtt->connack == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION || mqtt->connack == 1;
    bool is_hung_up =
        mqtt->connack < 0 && mqtt->stage == CONNECTING && !route->is_proven &&
        (rc == MOSQ_ERR_CONN_LOST || rc == MOSQ_ERR_PROTOCOL || rc == MOSQ_ERR_MALFORMED_PACKET);
    if (route->version == 4 || !(is_refused || is_hung_up))
        return false;
    route->version = 4;
    route->is_proven = false;
    return true;
}

static void fail(struct mqtt *mqtt, int rc, const char *text)
{
    if (mqtt->stage == IDLE)
        return;
    bool was_up = mqtt->stage == UP, is_other_version = change_version(mqtt, rc);
    int fd = mosquitto_socket(mqtt->client);
    unwatch_socket(mqtt);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR); /* the library keeps it until the next attempt, the broker must not */
    mqtt->stage = IDLE;
    hand_on(mqtt);
    if (was_up || !mqtt->why[0])
        snprintf(mqtt->why, sizeof mqtt->why, "%s: %s", route_now(mqtt)->url, text);
    bool is_at_once = !was_up && (is_other_version || !next_route(mqtt));
    plan_retry(mqtt, is_at_once);
    if (!is_at_once || is_other_version)
        mqtt->why[0] = '\0';
    mqtt->up_since_us = 0;
}

static void fail_code(struct mqtt *mqtt, int rc, int error)
{
    if (rc == MOSQ_ERR_ERRNO && error == EPROTO) /* how 2.0.21 says it while it writes */
        rc = MOSQ_ERR_TLS;
    if (mqtt->connack > 0)
        fail(mqtt, rc, mqtt_reason_text(mqtt->connack));
    else if (mqtt->farewell > 0)
        fail(mqtt, rc, mqtt_reason_text(mqtt->farewell));
    else
        fail(mqtt, rc, mqtt_error_text(rc, error));
}

/* ---- connecting ------------------------------------------------------------------------------ */

/* One client serves as long as it can, so that what is in flight survives a loss. TLS cannot be taken off a
 * client, nor can properties of MQTT 5 be sent by 3.1.1: then it is a new one. */
static int ensure_client(struct mqtt *mqtt)
{
    const struct mqtt_route *route = route_now(mqtt);
    if (mqtt->client && mqtt->client_is_tls == route->is_tls && mqtt->client_version == route->version)
        return MOSQ_ERR_SUCCESS;
    mosquitto_destroy(mqtt->client);
    mqtt->nin_flight = 0;
    int rc = mqtt_client_create(&mqtt->client, &mqtt->settings, route, mqtt);
    if (rc != MOSQ_ERR_SUCCESS)
        return rc;
    mqtt->client_is_tls = route->is_tls;
    mqtt->client_version = route->version;
    mosquitto_connect_v5_callback_set(mqtt->client, on_connack);
    mosquitto_disconnect_v5_callback_set(mqtt->client, on_disconnected);
    mosquitto_subscribe_callback_set(mqtt->client, on_suback);
    mosquitto_message_callback_set(mqtt->client, on_message);
    mosquitto_publish_callback_set(mqtt->client, on_published);
    return rc;
}

static int set_will(struct mqtt *mqtt)
{
    char will[WILL_SIZE];
    if (!mqtt->settings.will_topic || !mqtt->events.will)
        return MOSQ_ERR_SUCCESS;
    mosquitto_will_clear(mqtt->client);
    int length = mqtt->events.will(mqtt->events.data, mqtt->conn, will, sizeof will);
    if (length <= 0)
        return MOSQ_ERR_SUCCESS;
    return mosquitto_will_set(mqtt->client, mqtt->settings.will_topic, length, will, 1, true);
}

static int begin_attempt(struct mqtt *mqtt)
{
    int rc = ensure_client(mqtt);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = set_will(mqtt);
    return rc == MOSQ_ERR_SUCCESS ? mqtt_client_connect(mqtt->client, route_now(mqtt)) : rc;
}

static void attempt(struct mqtt *mqtt)
{
    mqtt->conn++;
    mqtt->stage = CONNECTING;
    mqtt->is_acknowledged = mqtt->is_subscribed = mqtt->is_overrun = false;
    mqtt->connack = mqtt->refused_topic = -1;
    mqtt->farewell = 0;
    errno = 0;
    int rc = begin_attempt(mqtt), error = errno;
    if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(mqtt->client) < 0) {
        fail_code(mqtt, rc,
                  error == EINVAL ? EADDRNOTAVAIL : error); /* EINVAL: no address of that family to bind */
        return;
    }
    mqtt_client_tune(mosquitto_socket(mqtt->client));
    watch_socket(mqtt);
    mqtt->attempt_until_us = now_us() + ATTEMPT_US;
    wake_at(mqtt, now_us() + TICK_US);
}

static void subscribe(struct mqtt *mqtt)
{
    mqtt->stage = SUBSCRIBING;
    route_now(mqtt)->is_proven = true;
    if (mqtt->settings.ntopics == 0) {
        mqtt->is_subscribed = true;
        return;
    }
    int rc = mosquitto_subscribe_multiple(mqtt->client, &mqtt->subscribe_mid, (int)mqtt->settings.ntopics,
                                          mqtt->settings.topic, 1, 0, NULL);
    if (rc != MOSQ_ERR_SUCCESS)
        fail_code(mqtt, rc, errno);
}

static void come_up(struct mqtt *mqtt)
{
    if (mqtt->refused_topic >= 0) {
        char text[WHY_SIZE];
        snprintf(text, sizeof text, "the broker refuses the subscription to %s; check its access list",
                 mqtt->settings.topic[mqtt->refused_topic]);
        mosquitto_disconnect(mqtt->client);
        fail(mqtt, MOSQ_ERR_ACL_DENIED, text);
        return;
    }
    mqtt->stage = UP;
    mqtt->up_since_us = now_us();
    mqtt->beat_at_us = mqtt->up_since_us;
    mqtt->told[0] = mqtt->why[0] = '\0';
    mqtt->events.up(mqtt->events.data, mqtt->conn, mqtt->client_version, route_now(mqtt)->url);
}

/* Turns what the last call of the library noted into progress. */
static void settle(struct mqtt *mqtt)
{
    if (mqtt->stage != IDLE && mosquitto_socket(mqtt->client) < 0)
        fail_code(mqtt, MOSQ_ERR_CONN_LOST, 0);
    if (mqtt->stage != IDLE && mqtt->is_overrun)
        fail(mqtt, MOSQ_ERR_NOMEM, "more messages at once than can be held");
    if (mqtt->stage == CONNECTING && mqtt->is_acknowledged)
        subscribe(mqtt);
    if (mqtt->stage == SUBSCRIBING && mqtt->is_subscribed)
        come_up(mqtt);
    hand_on(mqtt);
}

/* ---- the turn -------------------------------------------------------------------------------- */

static void check(struct mqtt *mqtt, int rc, int error)
{
    if (rc != MOSQ_ERR_SUCCESS)
        fail_code(mqtt, rc, error);
    settle(mqtt);
}

static void read_packets(struct mqtt *mqtt)
{
    mqtt->is_unread = false;
    for (int i = 0; i < READS_MAX; i++) {
        errno = 0;
        int rc = mosquitto_loop_read(mqtt->client, 1), error = errno;
        check(mqtt, rc, error);
        bool is_drained = error == EAGAIN || error == EWOULDBLOCK;
        if (is_drained || mqtt->stage == IDLE || (mqtt->is_paused && mqtt->stage == UP))
            return;
    }
}

static void on_socket(struct mqtt *mqtt, uint32_t events)
{
    if (mqtt->stage == UP && mqtt->is_paused && (events & (EPOLLERR | EPOLLHUP))) {
        unwatch_socket(mqtt); /* what came before the end is read when the pause is over */
        return;
    }
    if (events & EPOLLIN)
        read_packets(mqtt);
    if (mqtt->stage == IDLE)
        return;
    if (events & (EPOLLERR | EPOLLHUP) && (mqtt->stage != UP || !(events & EPOLLIN))) {
        fail_code(mqtt, MOSQ_ERR_ERRNO, socket_errno(mqtt));
        return;
    }
    if (events & EPOLLOUT) {
        errno = 0;
        int rc = mosquitto_loop_write(mqtt->client, 1);
        check(mqtt, rc, errno);
    }
}

/* The library's keep-alive counts on being read; this one needs no answer. */
static void beat(struct mqtt *mqtt, int64_t now)
{
    if (now - mqtt->beat_at_us < BEAT_US)
        return;
    mqtt->beat_at_us = now;
    mosquitto_unsubscribe(mqtt->client, NULL, mqtt->settings.idle_topic);
}

static void keep_alive(struct mqtt *mqtt, int64_t now)
{
    if (mqtt->stage == UP && mqtt->is_paused) {
        beat(mqtt, now);
        return;
    }
    if (mqtt->client_is_tls || mqtt->is_unread) {
        read_packets(mqtt);
        if (mqtt->stage == IDLE || mqtt->is_paused)
            return;
    }
    errno = 0;
    int rc = mosquitto_loop_misc(mqtt->client);
    check(mqtt, rc, errno);
}

static void on_timer(struct mqtt *mqtt)
{
    uint64_t expirations;
    if (read(mqtt->timer_fd, &expirations, sizeof expirations) < 0)
        return; /* armed anew since it fired */
    int64_t now = now_us();
    if (mqtt->stage == IDLE) {
        if (now >= mqtt->retry_at_us)
            attempt(mqtt);
        else
            wake_at(mqtt, mqtt->retry_at_us);
        return;
    }
    if (mqtt->stage != UP && now >= mqtt->attempt_until_us) {
        fail(mqtt, MOSQ_ERR_TIMEOUT, "no answer for 10 s");
        return;
    }
    wake_at(mqtt, now + TICK_US);
    keep_alive(mqtt, now);
}

void mqtt_dispatch(struct mqtt *mqtt)
{
    struct epoll_event batch[2];
    int n = epoll_wait(mqtt->epoll_fd, batch, 2, 0);
    bool is_timer = false;
    for (int i = 0; i < n; i++) {
        if (batch[i].data.fd == mqtt->timer_fd)
            is_timer = true;
        else if (batch[i].data.fd == mqtt->socket_fd)
            on_socket(mqtt, batch[i].events);
    }
    if (is_timer) /* after the socket: what has arrived counts for the keep-alive */
        on_timer(mqtt);
    settle(mqtt);
    update_interest(mqtt);
}

void mqtt_pause(struct mqtt *mqtt, bool is_paused)
{
    if (mqtt->is_paused == is_paused)
        return;
    mqtt->is_paused = is_paused;
    if (!is_paused && mqtt->stage != IDLE) {
        mqtt->is_unread = true;
        if (mqtt->socket_fd == NO_SOCKET)
            watch_socket(mqtt);
    }
    if (!is_paused && (mqtt->inbox.first || mqtt->stage != IDLE))
        wake_at(mqtt, 1); /* held messages raise no descriptor */
    update_interest(mqtt);
}

/* ---- publishing ------------------------------------------------------------------------------ */

static int publish_error(struct mqtt *mqtt, int rc)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS: return 0;
    case MOSQ_ERR_NOMEM: return -ENOMEM;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET: return -EMSGSIZE;
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8: return -EINVAL;
    case MOSQ_ERR_QOS_NOT_SUPPORTED: return -EPROTONOSUPPORT;
    default: wake_at(mqtt, 1); return -ENOTCONN; /* the next turn finds the socket closed */
    }
}

int mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t length, bool is_retained,
                 bool is_best_effort, uint32_t expiry_s)
{
    if (mqtt->stage != UP || mosquitto_socket(mqtt->client) < 0)
        return -ENOTCONN;
    if (length + strlen(topic) + 32 > MQTT_PACKET_MAX)
        return -EMSGSIZE;
    if (is_best_effort ? mosquitto_want_write(mqtt->client) : mqtt->nin_flight == MQTT_IN_FLIGHT_MAX)
        return -EAGAIN;
    int mid = 0, rc = mqtt_client_publish(mqtt->client, mqtt->client_version, &mid, topic, payload, length,
                                          is_best_effort ? 0 : 1, is_retained, expiry_s);
    int result = publish_error(mqtt, rc);
    if (!is_best_effort && (result == 0 || result == -ENOTCONN)) {
        mqtt->in_flight[mqtt->nin_flight++] = (uint16_t)mid;
        result = 0; /* a write that failed has queued it: it goes out after the next connection */
    }
    update_interest(mqtt);
    return result;
}

unsigned mqtt_in_flight(const struct mqtt *mqtt)
{
    return mqtt->nin_flight;
}

/* ---- creation -------------------------------------------------------------------------------- */

static int open_descriptors(struct mqtt *mqtt)
{
    mqtt->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    mqtt->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct epoll_event event = { .events = EPOLLIN, .data.fd = mqtt->timer_fd };
    if (mqtt->epoll_fd < 0 || mqtt->timer_fd < 0 ||
        epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_ADD, mqtt->timer_fd, &event) < 0)
        return -errno;
    wake_at(mqtt, 1);
    return 0;
}

static void ignore_sigpipe(void)
{
    struct sigaction action;
    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL)
        signal(SIGPIPE, SIG_IGN);
}

static int init(struct mqtt *mqtt, const struct mqtt_config *config, char *error, size_t error_size)
{
    if (getrandom(&mqtt->random, sizeof mqtt->random, GRND_NONBLOCK) < 0 || mqtt->random == 0)
        mqtt->random = (uint64_t)now_us() | 1;
    mqtt->conn = config->first_conn ? config->first_conn - 1 : 0;
    int rc = mqtt_settings_init(&mqtt->settings, config, error, error_size);
    if (rc == 0 && (rc = open_descriptors(mqtt)) < 0)
        snprintf(error, error_size, "%s", strerror(-rc));
    return rc;
}

struct mqtt *mqtt_create(const struct mqtt_config *config, const struct mqtt_events *events, char *error,
                         size_t error_size)
{
    struct mqtt *mqtt = calloc(1, sizeof *mqtt);
    if (!mqtt)
        return NULL;
    mosquitto_lib_init();
    ignore_sigpipe();
    mqtt->events = *events;
    mqtt->epoll_fd = mqtt->timer_fd = mqtt->socket_fd = NO_SOCKET;
    inbox_init(&mqtt->inbox);
    int rc = init(mqtt, config, error, error_size);
    if (rc == 0)
        return mqtt;
    mqtt_destroy(mqtt);
    errno = -rc;
    return NULL;
}

void mqtt_destroy(struct mqtt *mqtt)
{
    if (!mqtt)
        return;
    if (mqtt->stage == UP)
        mosquitto_disconnect(mqtt->client);
    mosquitto_destroy(mqtt->client);
    inbox_finish(&mqtt->inbox);
    if (mqtt->timer_fd >= 0)
        close(mqtt->timer_fd);
    if (mqtt->epoll_fd >= 0)
        close(mqtt->epoll_fd);
    mqtt_settings_finish(&mqtt->settings);
    free(mqtt);
    mosquitto_lib_cleanup();
}

int mqtt_fd(const struct mqtt *mqtt)
{
    return mqtt->epoll_fd;
}
