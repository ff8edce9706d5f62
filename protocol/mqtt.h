/* One MQTT session on libmosquitto: connects, re-connects with back-off, MQTT 5 first and 3.1.1 if refused, clean session,
 * exact subscriptions, QoS 1. Owns everything that libmosquitto needs to be trusted (its traps are listed in mqtt.c).
 *
 * Name look-ups block inside: use it only in a process that may wait. One thread. The session has its own epoll set;
 * mqtt_fd() is that set: wait for EPOLLIN on it (level-triggered), then call mqtt_dispatch().
 *
 * The URLs are tried in turn, a host name by IPv4 and then by IPv6, and after the last one the session waits: 0.5 s, doubling
 * to 15 s, ±30 %; from 0.5 s again after a connection that held for 60 s. An attempt has 10 s. MQTT 3.1.1 is tried at once
 * when a broker refuses MQTT 5, and remembered when it got through. A broker that is gone without a word is noticed in 6 s
 * (TCP) to 20 s (keep-alive). SIGPIPE is ignored from mqtt_create() on, unless the program handles it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MQTT_URLS_MAX   4
#define MQTT_TOPICS_MAX 8
#define MQTT_PACKET_MAX 65536 /* maximum-packet-size of the session */

enum mqtt_protocol { MQTT_AUTO, MQTT_5, MQTT_311 };

/* All strings are borrowed until mqtt_create() returns. */
struct mqtt_config {
    const char *url[MQTT_URLS_MAX]; /* mqtt://host[:1883], mqtts://host[:8883]; tried in turn */
    unsigned nurls;
    const char *client_id;
    const char *username, *password;            /* or NULL */
    const char *ca_file, *cert_file, *key_file; /* or NULL */
    enum mqtt_protocol protocol;
    const char *topic[MQTT_TOPICS_MAX]; /* subscribed with QoS 1 on every connection */
    unsigned ntopics;
    const char *will_topic; /* retained; or NULL */
    uint64_t
        first_conn; /* number of the first attempt, 0: 1. Let it grow over restarts of the process, so that a late
                               will of the one before is recognised as old. */
};

struct mqtt_message {
    const char *topic;
    const char *payload; /* not terminated */
    size_t length; /* MQTT_PACKET_MAX + 1: longer than anything sensible, and cut there (MQTT 3.1.1 only) */
    bool is_retained;
    int64_t received_us; /* CLOCK_MONOTONIC */
};
struct mqtt_events {
    void *data;
    /* Before each attempt: writes the will for it into `out`; length, or 0 for none. `conn` counts attempts and only grows. */
    int (*will)(void *data, uint64_t conn, char *out, size_t size);
    /* Connected and every subscription acknowledged. version 4 or 5. */
    void (*up)(void *data, uint64_t conn, int version, const char *url);
    /* A loss, or a first round of attempts that failed; again only when the reason becomes another one. The error, and
     * when the next try is. */
    void (*down)(void *data, const char *why);
    /* After `up` of its connection, in the order of arrival. */
    void (*message)(void *data, const struct mqtt_message *message);
};

struct mqtt;
/* Callbacks come from inside mqtt_dispatch() only; they may publish and pause, not destroy. */
/* NULL with errno on a bad configuration (`error` says what). Connects at once, at the first mqtt_dispatch(). */
struct mqtt *mqtt_create(const struct mqtt_config *config, const struct mqtt_events *events, char *error,
                         size_t error_size);
/* Sends DISCONNECT if connected (so no will is published by the broker). NULL is fine. */
void mqtt_destroy(struct mqtt *mqtt);
int mqtt_fd(const struct mqtt *mqtt);
void mqtt_dispatch(struct mqtt *mqtt);
/* While paused, nothing is read from the broker (back-pressure) and `message` is not called, from this call on; keep-alive
 * and publishing go on, so a pause may last for hours. What the broker then queues is its limit (max_queued_messages). A
 * loss of the connection is told after the pause. */
void mqtt_pause(struct mqtt *mqtt, bool is_paused);
/* QoS 1 (0 for `is_best_effort`). 0, -ENOTCONN (never queued while offline), -EAGAIN when 64 are unacknowledged (best effort:
 * when anything waits to be written), -EMSGSIZE. What was accepted and not acknowledged when the connection breaks is sent
 * again after it. expiry_s 0: none (MQTT 5 only). */
int mqtt_publish(struct mqtt *mqtt, const char *topic, const void *payload, size_t length, bool is_retained,
                 bool is_best_effort, uint32_t expiry_s);
/* Published with QoS 1 and not yet acknowledged. Whoever wants to part without a trace waits for 0 before mqtt_destroy(): a
 * broker that cannot deliver an acknowledgement takes the DISCONNECT for a loss and publishes the will. */
unsigned mqtt_in_flight(const struct mqtt *mqtt);
