/* What libmosquitto 2.0.11 and 2.0.21 need to be trusted, and where it is done here:
 *
 *  - Incoming packets have no limit: MQTT 5's maximum-packet-size stands in every CONNECT. No asynchronous
 *    connect takes properties; the one of v5 with an illegal keep-alive stores them and then refuses, and
 *    the asynchronous one sends them (mqtt_client.c). MQTT 3.1.1 has the broker's limit, the address
 *    space of the process, and inbox_put(), which keeps heads: no loop of losses by a retained giant.
 *  - 2.0.11 with TLS spins on a refused port and tells nobody: EPOLLERR and EPOLLHUP before CONNACK are a
 *    failure (on_socket).
 *  - 2.0.21 wants to write while TLS waits for the broker's word, and would spin: until something is read it is not
 *    asked (mqtt_socket.c).
 *  - TLS errors reach no callback: return codes and the library's socket decide, callbacks only note facts
 *    (session_settle). A CA file that is missing leaves a client that would talk in the clear: it is dropped
 *    (mqtt_client.c).
 *  - A connect that nobody answers has no limit: ATTEMPT_US (on_timer).
 *  - An asynchronous connect tries only the first address of a name (localhost: often ::1): each host is
 *    tried by IPv4, then by IPv6, selected by the address to bind (mqtt_settings.c, mqtt_client.c).
 *  - Publishing while offline fails and queues without limit all the same: never before CONNACK
 *    (mqtt_publish). What is in flight at a loss stays in the library, 64 at most, and is sent again.
 *  - The library's own loop and thread give up for good on some errors: neither is used; the back-off is
 *    ours (mqtt_attempt.c).
 *  - It closes its descriptor inside its calls and may get the same number again: level-triggered, added
 *    anew for each attempt (session_watch).
 *  - 2.0.11 holds a lock while it calls back, and one read may deliver many packets: callbacks only copy,
 *    and the copies are handed on outside (mqtt_notes.c); that also makes a pause exact.
 *  - A property that MQTT 5 does not know ends the process by an assertion: reading is guarded (mqtt_guard.h).
 *  - What a CONNACK says of maximum QoS and packet size outlives its connection, and would bind us with the next
 *    broker too: then the client is a new one (mqtt_attempt.c).
 *  - SUBACK may have more reasons than we have topics, or less: counted (mqtt_attempt.c).
 *  - A short AUTH is reported as "out of memory": errno tells (read_packets).
 *  - Bytes that TLS has decrypted already do not raise EPOLLIN: one look a tick (keep_alive).
 *  - PINGRESP lies behind what a paused session does not read: it keeps alive by an UNSUBSCRIBE of a topic
 *    that nobody subscribed (beat).
 *  - PUBACK leaves before the message callback: QoS 1 is no crash safety, and the contract does not need it.
 *  - 2.0.11 writes without MSG_NOSIGNAL: SIGPIPE is ignored (ignore_sigpipe).
 *  - mosquitto_strerror() does not know all codes: the texts are ours (mqtt_text.c).
 *  - Nagle costs 40 ms: TCP_NODELAY; a pulled cable is noticed in 6 s by TCP instead of 20 s (mqtt_client.c).
 */
#include "protocol/mqtt_session.h"

#include "protocol/mqtt_guard.h"

#include <errno.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BEAT_US   (4 * SECOND)
#define READS_MAX 32 /* packets a turn, so that publishing gets its turn in a flood */

/* ---- the turn -------------------------------------------------------------------------------- */

static void check(struct mqtt *mqtt, int rc, int error)
{
    if (rc != MOSQ_ERR_SUCCESS)
        session_fail_code(mqtt, rc, error);
    session_settle(mqtt);
}

static void read_packets(struct mqtt *mqtt)
{
    mqtt->is_unread = mqtt->is_handshake_waiting = false;
    for (int i = 0; i < READS_MAX; i++) {
        errno = 0;
        int rc = mqtt_guarded_read(mqtt->client), error = errno;
        if (rc == MOSQ_ERR_NOMEM && error != ENOMEM)
            rc = MOSQ_ERR_MALFORMED_PACKET;
        check(mqtt, rc, error);
        bool is_drained = error == EAGAIN || error == EWOULDBLOCK;
        if (is_drained || mqtt->stage == IDLE || (mqtt->is_paused && mqtt->stage == UP))
            return;
    }
}

static void on_socket(struct mqtt *mqtt, uint32_t events)
{
    if (mqtt->stage == UP && mqtt->is_paused && (events & (EPOLLERR | EPOLLHUP))) {
        session_unwatch(mqtt); /* what came before the end is read when the pause is over */
        return;
    }
    if (events & EPOLLIN)
        read_packets(mqtt);
    if (mqtt->stage == IDLE)
        return;
    if (events & (EPOLLERR | EPOLLHUP) && (mqtt->stage != UP || !(events & EPOLLIN))) {
        session_fail_code(mqtt, MOSQ_ERR_ERRNO, session_errno(mqtt));
        return;
    }
    if (events & EPOLLOUT) {
        errno = 0;
        int rc = mosquitto_loop_write(mqtt->client, 1), error = errno;
        mqtt->is_handshake_waiting = mqtt->client_is_tls && mqtt->stage == CONNECTING && error == EAGAIN;
        check(mqtt, rc, error);
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
    int64_t now = session_now_us();
    if (mqtt->stage == IDLE) {
        if (now >= mqtt->retry_at_us)
            session_attempt(mqtt);
        else
            session_wake_at(mqtt, mqtt->retry_at_us);
        return;
    }
    if (mqtt->stage != UP && now >= mqtt->attempt_until_us) {
        session_fail(mqtt, MOSQ_ERR_TIMEOUT, "no answer for 10 s");
        return;
    }
    session_wake_at(mqtt, now + TICK_US);
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
    session_settle(mqtt);
    session_update_interest(mqtt);
}

void mqtt_pause(struct mqtt *mqtt, bool is_paused)
{
    if (mqtt->is_paused == is_paused)
        return;
    mqtt->is_paused = is_paused;
    if (!is_paused && mqtt->stage != IDLE) {
        mqtt->is_unread = true;
        if (mqtt->socket_fd == NO_SOCKET)
            session_watch(mqtt);
    }
    if (!is_paused && (mqtt->inbox.first || mqtt->stage != IDLE))
        session_wake_at(mqtt, 1); /* held messages raise no descriptor */
    session_update_interest(mqtt);
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
    default: session_wake_at(mqtt, 1); return -ENOTCONN; /* the next turn finds the socket closed */
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
    session_update_interest(mqtt);
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
    session_wake_at(mqtt, 1);
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
        mqtt->random = (uint64_t)session_now_us() | 1;
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
