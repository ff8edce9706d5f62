/* MQTT sessions under test in one poll loop, and what each told; with a broker of tests/broker.h, or without. Header only, like
 * that one. */
#pragma once

#include "protocol/mqtt.h"

#include "tests/broker.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <time.h>

#define PEER_TEST   __attribute__((unused)) static

#define PATIENCE_US INT64_C(20000000)
#define LOG_MAX     256

/* A session under test and what it told. */
struct peer {
    struct mqtt *mqtt;
    const char *will; /* format with one %d for conn, or NULL */
    unsigned attempts, ups, downs, dispatches;
    int64_t attempt_at_us[16]; /* of the first ones */
    uint64_t conn;
    int version;
    char url[128], why[256];
    unsigned nmessages;
    bool pauses_on_message;
    struct {
        char topic[64], payload[64];
        size_t length;
        bool is_retained;
    } message[LOG_MAX];
};

static struct broker broker;
static struct peer peers[4];
static unsigned npeers;

PEER_TEST int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

PEER_TEST int write_will(void *data, uint64_t conn, char *out, size_t size)
{
    struct peer *peer = data;
    if (peer->attempts < 16)
        peer->attempt_at_us[peer->attempts] = now_us();
    peer->attempts++;
    return peer->will ? snprintf(out, size, "%s %d", peer->will, (int)conn) : 0;
}

PEER_TEST void note_up(void *data, uint64_t conn, int version, const char *url)
{
    struct peer *peer = data;
    peer->ups++;
    peer->conn = conn;
    peer->version = version;
    snprintf(peer->url, sizeof peer->url, "%s", url);
}

PEER_TEST void note_down(void *data, const char *why)
{
    struct peer *peer = data;
    peer->downs++;
    snprintf(peer->why, sizeof peer->why, "%s", why);
}

PEER_TEST void note_message(void *data, const struct mqtt_message *message)
{
    struct peer *peer = data;
    unsigned i = peer->nmessages++ % LOG_MAX;
    snprintf(peer->message[i].topic, sizeof peer->message[i].topic, "%s", message->topic);
    snprintf(peer->message[i].payload, sizeof peer->message[i].payload, "%.*s", (int)message->length,
             message->payload);
    peer->message[i].length = message->length;
    peer->message[i].is_retained = message->is_retained;
    if (peer->pauses_on_message)
        mqtt_pause(peer->mqtt, true);
}

static const struct mqtt_config plain = { .nurls = 1, .ntopics = 1, .topic = { "a/b" }, .will_topic = "w" };

PEER_TEST struct peer *open_peer_with(struct mqtt_config config)
{
    static char id[16];
    struct peer *peer = &peers[npeers++];
    struct mqtt_events events = { peer, write_will, note_up, note_down, note_message };
    char error[256] = "";
    snprintf(id, sizeof id, "peer-%u", npeers);
    if (!config.client_id)
        config.client_id = id;
    if (!config.url[0])
        config.url[0] = broker.url;
    peer->mqtt = mqtt_create(&config, &events, error, sizeof error);
    assert_string_equal(error, "");
    assert_non_null(peer->mqtt);
    return peer;
}

PEER_TEST struct peer *open_peer(void)
{
    return open_peer_with(plain);
}

PEER_TEST void turn(int other_fd, int64_t until_us)
{
    struct pollfd fds[5];
    for (unsigned i = 0; i < npeers; i++)
        fds[i] = (struct pollfd){ .fd = peers[i].mqtt ? mqtt_fd(peers[i].mqtt) : -1, .events = POLLIN };
    fds[npeers] = (struct pollfd){ .fd = other_fd, .events = POLLIN };
    int64_t left_us = until_us - now_us();
    assert_true(poll(fds, npeers + 1, left_us > 0 ? (int)(left_us / 1000 + 1) : 0) >= 0);
    for (unsigned i = 0; i < npeers; i++) {
        if (!(fds[i].revents & POLLIN))
            continue;
        peers[i].dispatches++;
        mqtt_dispatch(peers[i].mqtt);
    }
}

#define WAIT_FOR(condition) WAIT_FOR_WITH(-1, condition)
#define WAIT_FOR_WITH(fd, condition)                                                                         \
    do {                                                                                                     \
        int64_t until_us_ = now_us() + PATIENCE_US;                                                          \
        while (!(condition)) {                                                                               \
            if (now_us() > until_us_)                                                                        \
                fail_msg("waited in vain for: %s", #condition);                                              \
            turn((fd), until_us_);                                                                           \
        }                                                                                                    \
    } while (0)

/* A broker with these lines more in its configuration. */
PEER_TEST int start_with(void **context)
{
    const char *extra = *context ? *context : "";
    memset(peers, 0, sizeof peers);
    npeers = 0;
    broker_start(&broker, extra);
    return 0;
}

PEER_TEST int start(void **context)
{
    *context = NULL;
    return start_with(context);
}

PEER_TEST int start_nothing(void **context)
{
    (void)context;
    memset(&broker, 0, sizeof broker);
    memset(peers, 0, sizeof peers);
    npeers = 0;
    return 0;
}

PEER_TEST int stop(void **context)
{
    (void)context;
    for (unsigned i = 0; i < npeers; i++)
        mqtt_destroy(peers[i].mqtt);
    npeers = 0;
    if (broker.pid > 0 || broker.folder[0])
        broker_stop(&broker);
    return 0;
}

PEER_TEST double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

#define WITH(name)    cmocka_unit_test_setup_teardown(name, start, stop)
#define WITHOUT(name) cmocka_unit_test_setup_teardown(name, start_nothing, stop)
