#include "protocol/mqtt_session.h"
#include "protocol/mqtt_text.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ATTEMPT_US     (10 * SECOND)
#define BACKOFF_MS     500
#define BACKOFF_MAX_MS 15000
#define STABLE_US      (60 * SECOND)
#define WILL_SIZE      1024

static struct mqtt_route *route_now(struct mqtt *mqtt)
{
    return &mqtt->settings.route[mqtt->at_route];
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
/* ---- failure and the next attempt ------------------------------------------------------------ */

/* The last route of the list was tried: is it time to wait? Before that the next one is tried at once. */
static bool next_route(struct mqtt *mqtt)
{
    mqtt->at_route = (mqtt->at_route + 1) % mqtt->settings.nroutes;
    return mqtt->at_route == 0;
}

static void plan_retry(struct mqtt *mqtt, bool is_at_once)
{
    int64_t now = session_now_us(), delay_us = 0;
    if (mqtt->up_since_us && now - mqtt->up_since_us >= STABLE_US)
        mqtt->failures = 0;
    if (!is_at_once) {
        delay_us = backoff_us(mqtt);
        mqtt->failures++;
    }
    mqtt->retry_at_us = now + delay_us;
    session_wake_at(mqtt, mqtt->retry_at_us);
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

void session_fail(struct mqtt *mqtt, int rc, const char *text)
{
    if (mqtt->stage == IDLE)
        return;
    bool was_up = mqtt->stage == UP, is_other_version = change_version(mqtt, rc);
    int fd = mosquitto_socket(mqtt->client);
    session_unwatch(mqtt);
    if (fd >= 0)
        shutdown(fd, SHUT_RDWR); /* the library keeps it until the next attempt, the broker must not */
    mqtt->stage = IDLE;
    session_hand_on(mqtt);
    if (was_up || !mqtt->why[0])
        snprintf(mqtt->why, sizeof mqtt->why, "%s: %s", route_now(mqtt)->url, text);
    bool is_at_once = !was_up && (is_other_version || !next_route(mqtt));
    plan_retry(mqtt, is_at_once);
    if (!is_at_once || is_other_version)
        mqtt->why[0] = '\0';
    mqtt->up_since_us = 0;
}

void session_fail_code(struct mqtt *mqtt, int rc, int error)
{
    if (rc == MOSQ_ERR_ERRNO && error == EPROTO) /* how 2.0.21 says it while it writes */
        rc = MOSQ_ERR_TLS;
    if (mqtt->connack > 0)
        session_fail(mqtt, rc, mqtt_reason_text(mqtt->connack));
    else if (mqtt->farewell > 0)
        session_fail(mqtt, rc, mqtt_reason_text(mqtt->farewell));
    else if (mqtt->stage == UP &&
             rc == MOSQ_ERR_CONN_LOST) /* mosquitto 2.0.11 has no word for the one taken over */
        session_fail(
            mqtt, rc,
            "the connection was closed by the broker; did it stop, or is board used twice in the hall?");
    else
        session_fail(mqtt, rc, mqtt_error_text(rc, error));
}
/* ---- connecting ------------------------------------------------------------------------------ */

/* One client serves as long as it can, so that what is in flight survives a loss. TLS cannot be taken off a
 * client, nor a broker's limit, nor can properties of MQTT 5 be sent by 3.1.1: then it is a new one. */
static int ensure_client(struct mqtt *mqtt)
{
    const struct mqtt_route *route = route_now(mqtt);
    if (mqtt->client && mqtt->client_is_tls == route->is_tls && mqtt->client_version == route->version &&
        !mqtt->client_is_limited)
        return MOSQ_ERR_SUCCESS;
    mosquitto_destroy(mqtt->client);
    mqtt->nin_flight = 0;
    mqtt->client_is_limited = false;
    int rc = mqtt_client_create(&mqtt->client, &mqtt->settings, route, mqtt);
    if (rc != MOSQ_ERR_SUCCESS)
        return rc;
    mqtt->client_is_tls = route->is_tls;
    mqtt->client_version = route->version;
    session_listen(mqtt->client);
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

void session_attempt(struct mqtt *mqtt)
{
    mqtt->conn++;
    mqtt->stage = CONNECTING;
    mqtt->is_acknowledged = mqtt->is_subscribed = mqtt->is_overrun = false;
    mqtt->connack = mqtt->refused_topic = -1;
    mqtt->farewell = mqtt->granted = 0;
    mqtt->is_qos_0_only = mqtt->is_handshake_waiting = false;
    errno = 0;
    int rc = begin_attempt(mqtt), error = errno;
    if (rc != MOSQ_ERR_SUCCESS || mosquitto_socket(mqtt->client) < 0) {
        session_fail_code(mqtt, rc,
                          error == EINVAL ? EADDRNOTAVAIL
                                          : error); /* EINVAL: no address of that family to bind */
        return;
    }
    mqtt_client_tune(mosquitto_socket(mqtt->client));
    session_watch(mqtt);
    mqtt->attempt_until_us = session_now_us() + ATTEMPT_US;
    session_wake_at(mqtt, session_now_us() + TICK_US);
}

static void subscribe(struct mqtt *mqtt)
{
    mqtt->stage = SUBSCRIBING;
    route_now(mqtt)->is_proven = true;
    if (mqtt->is_qos_0_only) {
        session_fail_code(mqtt, MOSQ_ERR_QOS_NOT_SUPPORTED, 0);
        return;
    }
    if (mqtt->settings.ntopics == 0) {
        mqtt->is_subscribed = true;
        return;
    }
    int rc = mosquitto_subscribe_multiple(mqtt->client, &mqtt->subscribe_mid, (int)mqtt->settings.ntopics,
                                          mqtt->settings.topic, 1, 0, NULL);
    if (rc != MOSQ_ERR_SUCCESS)
        session_fail_code(mqtt, rc, errno);
}

static bool is_fully_subscribed(struct mqtt *mqtt)
{
    char text[WHY_SIZE];
    if (mqtt->refused_topic >= 0)
        snprintf(text, sizeof text, "the broker refuses the subscription to %s; check its access list",
                 mqtt->settings.topic[mqtt->refused_topic]);
    else if (mqtt->granted != (int)mqtt->settings.ntopics)
        snprintf(text, sizeof text, "the broker answers %d subscriptions of %u; is it an MQTT broker?",
                 mqtt->granted, mqtt->settings.ntopics);
    else
        return true;
    mosquitto_disconnect(mqtt->client);
    session_fail(mqtt, MOSQ_ERR_ACL_DENIED, text);
    return false;
}

static void come_up(struct mqtt *mqtt)
{
    if (!is_fully_subscribed(mqtt))
        return;
    mqtt->stage = UP;
    mqtt->up_since_us = session_now_us();
    mqtt->beat_at_us = mqtt->up_since_us;
    mqtt->told[0] = mqtt->why[0] = '\0';
    mqtt->events.up(mqtt->events.data, mqtt->conn, mqtt->client_version, route_now(mqtt)->url);
}

void session_settle(struct mqtt *mqtt)
{
    if (mqtt->stage != IDLE && mosquitto_socket(mqtt->client) < 0)
        session_fail_code(mqtt, MOSQ_ERR_CONN_LOST, 0);
    if (mqtt->stage != IDLE && mqtt->is_overrun)
        session_fail(mqtt, MOSQ_ERR_NOMEM, "more messages at once than can be held");
    if (mqtt->stage == CONNECTING && mqtt->is_acknowledged)
        subscribe(mqtt);
    if (mqtt->stage == SUBSCRIBING && mqtt->is_subscribed)
        come_up(mqtt);
    session_hand_on(mqtt);
}
