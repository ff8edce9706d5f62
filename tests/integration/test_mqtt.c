/* The session with a real broker. Each trap of libmosquitto (the list in protocol/mqtt.c) and each kind of bad network has its
 * test:
 *
 *   100 MB published, MQTT 5 and 3.1.1; assertions; limits of a broker; short AUTH;    test_mqtt_hostile.c
 *     every reason of CONNACK and DISCONNECT; silence in the TLS handshake
 *   refused port, also with TLS, at 0 % CPU; half-open connection; back-off, jitter;   test_mqtt_connect.c
 *     MQTT 3.1.1 after 5; both address families; keep-alive while paused
 *   CA, name, client certificate; a CA file that is missing                           test_mqtt_tls.c
 *   publishing while offline; in flight over a loss; session taken over; URLs in       here
 *     turn; pauses; wills; receive-maximum; a broker without retained messages
 *   a name server that does not answer; user and password file                        brokers.py, test_link.c
 */
#include "tests/mqtt_peer.h"

#include <errno.h>

static void it_connects_with_mqtt_5_and_is_subscribed_when_it_says_up(void **context)
{
    (void)context;
    struct peer *reader = open_peer(), *writer = open_peer();
    WAIT_FOR(reader->ups == 1 && writer->ups == 1);
    assert_int_equal(reader->version, 5);
    assert_int_equal(reader->conn, 1);
    assert_string_equal(reader->url, broker.url);
    assert_int_equal(mqtt_publish(writer->mqtt, "a/b", "hello", 5, false, false, 30), 0);
    WAIT_FOR(reader->nmessages == 1);
    assert_string_equal(reader->message[0].topic, "a/b");
    assert_string_equal(reader->message[0].payload, "hello");
    assert_false(reader->message[0].is_retained);
}

static void it_speaks_mqtt_3_1_1_when_told_to(void **context)
{
    (void)context;
    struct mqtt_config config = plain;
    config.protocol = MQTT_311;
    struct peer *peer = open_peer_with(config);
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(peer->version, 4);
    assert_int_equal(mqtt_publish(peer->mqtt, "a/b", "x", 1, false, true, 30), 0);
    WAIT_FOR(peer->nmessages == 1);
}

static void a_stored_message_comes_with_the_retained_flag(void **context)
{
    (void)context;
    BROKER_PUB(&broker, "-t", "a/b", "-m", "old", "-r", "-q", "1");
    struct peer *peer = open_peer();
    WAIT_FOR(peer->nmessages == 1);
    assert_int_equal(peer->ups, 1);
    assert_true(peer->message[0].is_retained);
    BROKER_PUB(&broker, "-t", "a/b", "-m", "new", "-r", "-q", "1");
    WAIT_FOR(peer->nmessages == 2);
    assert_false(peer->message[1].is_retained);
}

static void publishing_while_offline_is_refused_and_never_queued(void **context)
{
    (void)context;
    struct peer *peer = open_peer();
    for (int i = 0; i < 1000; i++)
        assert_int_equal(mqtt_publish(peer->mqtt, "a/b", "x", 1, false, false, 0), -ENOTCONN);
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(mqtt_publish(peer->mqtt, "a/b", "last", 4, false, false, 0), 0);
    WAIT_FOR(peer->nmessages == 1);
    assert_string_equal(peer->message[0].payload, "last");
}

static void sixty_four_are_in_flight_at_most(void **context)
{
    (void)context;
    struct peer *peer = open_peer();
    WAIT_FOR(peer->ups == 1);
    int rc = 0;
    unsigned accepted = 0;
    for (; rc == 0; accepted += rc == 0)
        rc = mqtt_publish(peer->mqtt, "a/b", "x", 1, false, false, 0);
    assert_int_equal(rc, -EAGAIN);
    assert_int_equal(accepted, 64);
    WAIT_FOR(peer->nmessages == 64);
    WAIT_FOR(mqtt_publish(peer->mqtt, "a/b", "x", 1, false, false, 0) == 0);
}

static void too_large_a_payload_is_refused(void **context)
{
    (void)context;
    static char large[MQTT_PACKET_MAX];
    struct peer *peer = open_peer();
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(mqtt_publish(peer->mqtt, "a/b", large, sizeof large, false, false, 0), -EMSGSIZE);
}

static void a_flood_of_two_hundred_kilobytes_is_dropped_and_later_messages_arrive(void **context)
{
    (void)context;
    char path[] = "/tmp/kezek-large-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 200000), 0);
    close(fd);
    struct peer *peer = open_peer();
    WAIT_FOR(peer->ups == 1);
    BROKER_PUB(&broker, "-t", "a/b", "-f", path, "-q", "1");
    BROKER_PUB(&broker, "-t", "a/b", "-m", "after", "-q", "1");
    unlink(path);
    WAIT_FOR(peer->nmessages == 1);
    assert_string_equal(peer->message[0].payload, "after");
    assert_int_equal(peer->downs, 0);
}

/* In a child: says that it is alive, and goes on until it is killed. */
static void live_until_killed(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    peers[0].mqtt = NULL; /* the parent's */
    struct peer *dying = open_peer();
    dying->will = "died";
    while (dying->ups == 0)
        turn(-1, now_us() + PATIENCE_US);
    mqtt_publish(dying->mqtt, "w", "alive", 5, true, false, 0);
    for (;;)
        turn(-1, now_us() + PATIENCE_US);
}

static void the_will_of_a_killed_session_is_retained_and_names_its_connection(void **context)
{
    (void)context;
    struct mqtt_config config = plain;
    config.topic[0] = "w";
    struct peer *watcher = open_peer_with(config);
    WAIT_FOR(watcher->ups == 1);
    pid_t pid = fork();
    if (pid == 0)
        live_until_killed();
    WAIT_FOR(watcher->nmessages == 1);
    assert_string_equal(watcher->message[0].payload, "alive");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    WAIT_FOR(watcher->nmessages == 2);
    assert_string_equal(watcher->message[1].payload, "died 1");
    struct peer *late = open_peer_with(config);
    WAIT_FOR(late->nmessages == 1);
    assert_true(late->message[0].is_retained);
}

static void a_session_that_ends_in_order_leaves_no_will(void **context)
{
    (void)context;
    struct mqtt_config config = plain;
    config.topic[0] = "w";
    struct peer *watcher = open_peer_with(config), *leaving = open_peer();
    leaving->will = "died";
    WAIT_FOR(watcher->ups == 1 && leaving->ups == 1);
    mqtt_destroy(leaving->mqtt);
    leaving->mqtt = NULL;
    BROKER_PUB(&broker, "-t", "w", "-m", "marker", "-q", "1");
    WAIT_FOR(watcher->nmessages == 1);
    assert_string_equal(watcher->message[0].payload, "marker");
}

static void it_comes_back_after_the_broker_was_killed_and_tells_each_reason_once(void **context)
{
    (void)context;
    struct peer *peer = open_peer();
    WAIT_FOR(peer->ups == 1);
    broker_kill(&broker);
    WAIT_FOR(peer->downs == 1);
    assert_non_null(strstr(peer->why, "closed by the broker"));
    assert_non_null(strstr(peer->why, "next try in"));
    assert_int_equal(mqtt_publish(peer->mqtt, "a/b", "x", 1, false, false, 0), -ENOTCONN);
    unsigned attempts = peer->attempts;
    WAIT_FOR(peer->attempts == attempts + 2);
    broker_run(&broker);
    WAIT_FOR(peer->ups == 2);
    assert_int_equal(peer->downs, 2);
    assert_non_null(strstr(peer->why, "Connection refused"));
    assert_true(peer->conn >= 4);
    BROKER_PUB(&broker, "-t", "a/b", "-m", "again", "-q", "1");
    WAIT_FOR(peer->nmessages == 1);
}

static void what_is_in_flight_when_the_broker_freezes_and_dies_arrives_after_it(void **context)
{
    (void)context;
    struct peer *peer = open_peer();
    WAIT_FOR(peer->ups == 1);
    kill(broker.pid, SIGSTOP);
    assert_int_equal(mqtt_publish(peer->mqtt, "w", "receipt", 7, true, false, 0), 0);
    broker_kill(&broker);
    WAIT_FOR(peer->downs == 1);
    broker_run(&broker);
    struct mqtt_config config = plain;
    config.topic[0] = "w";
    struct peer *watcher = open_peer_with(config);
    WAIT_FOR(peer->ups == 2 && watcher->nmessages == 1);
    assert_string_equal(watcher->message[0].payload, "receipt");
}

static void a_host_name_is_tried_by_both_families(void **context)
{
    (void)context;
    char url[64];
    snprintf(url, sizeof url, "mqtt://localhost:%u", broker.port);
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(peer->downs, 0);
}

static void a_broker_that_refuses_is_passed_over_for_the_next_url_at_once(void **context)
{
    (void)context;
    char url[64];
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%u", free_port());
    struct mqtt_config config = plain;
    config.nurls = 2;
    config.url[0] = url;
    config.url[1] = broker.url;
    struct peer *peer = open_peer_with(config);
    WAIT_FOR(peer->ups == 1);
    assert_string_equal(peer->url, broker.url);
    assert_int_equal(peer->downs, 0);
    assert_int_equal(peer->conn, 2);
}

static void a_pause_stops_delivery_at_once_and_loses_nothing(void **context)
{
    (void)context;
    struct peer *reader = open_peer();
    struct mqtt_config silent = plain;
    silent.ntopics = 0;
    struct peer *writer = open_peer_with(silent);
    reader->pauses_on_message = true;
    WAIT_FOR(reader->ups == 1 && writer->ups == 1);
    char text[16];
    for (int i = 0; i < 200; i++) {
        int length = snprintf(text, sizeof text, "%d", i);
        WAIT_FOR(mqtt_publish(writer->mqtt, "a/b", text, (size_t)length, false, false, 0) == 0);
    }
    for (unsigned i = 1; i <= 200; i++) {
        WAIT_FOR(reader->nmessages == i);
        snprintf(text, sizeof text, "%u", i - 1);
        assert_string_equal(reader->message[i - 1].payload, text);
        if (i % 50 == 0)
            assert_int_equal(mqtt_publish(reader->mqtt, "w", "x", 1, false, true, 0), 0);
        mqtt_pause(reader->mqtt, false);
    }
    assert_int_equal(reader->downs, 0);
}

static void a_broker_that_dies_in_a_pause_costs_no_time_and_is_told_after_it(void **context)
{
    (void)context;
    struct peer *reader = open_peer();
    reader->pauses_on_message = true;
    WAIT_FOR(reader->ups == 1);
    BROKER_PUB(&broker, "-t", "a/b", "-m", "1", "-q", "1");
    BROKER_PUB(&broker, "-t", "a/b", "-m", "2", "-q", "1");
    WAIT_FOR(reader->nmessages == 1);
    kill(broker.pid, SIGTERM);
    waitpid(broker.pid, NULL, 0);
    broker.pid = 0;
    unsigned before = reader->dispatches;
    int64_t until_us = now_us() + 300000;
    while (now_us() < until_us)
        turn(-1, until_us);
    assert_in_range(reader->dispatches - before, 0, 5);
    assert_int_equal(reader->downs, 0);
    reader->pauses_on_message = false;
    mqtt_pause(reader->mqtt, false);
    WAIT_FOR(reader->nmessages == 2);
    assert_string_equal(reader->message[1].payload, "2");
    WAIT_FOR(reader->downs == 1);
}

static void a_broker_that_takes_one_at_a_time_gets_all_in_order(void **context)
{
    (void)context;
    struct peer *peer = open_peer();
    char text[16];
    WAIT_FOR(peer->ups == 1);
    for (int i = 0; i < 64; i++) {
        int length = snprintf(text, sizeof text, "%d", i);
        assert_int_equal(mqtt_publish(peer->mqtt, "a/b", text, (size_t)length, false, false, 0), 0);
    }
    WAIT_FOR(peer->nmessages == 64 && mqtt_in_flight(peer->mqtt) == 0);
    for (int i = 0; i < 64; i++) {
        snprintf(text, sizeof text, "%d", i);
        assert_string_equal(peer->message[i].payload, text);
    }
}

static void a_broker_that_keeps_nothing_gets_what_is_retained_all_the_same(void **context)
{
    (void)context;
    struct mqtt_config config = plain;
    config.will_topic = NULL; /* or there would be no session */
    struct peer *peer = open_peer_with(config);
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(mqtt_publish(peer->mqtt, "a/b", "x", 1, true, false, 0), 0);
    WAIT_FOR(peer->nmessages == 1 && mqtt_in_flight(peer->mqtt) == 0);
    assert_int_equal(peer->downs, 0);
}

static void a_session_that_is_taken_over_says_so(void **context)
{
    (void)context;
    struct mqtt_config config = plain;
    config.client_id = "twin";
    struct peer *first = open_peer_with(config);
    WAIT_FOR(first->ups == 1);
    open_peer_with(config);
    WAIT_FOR(first->downs == 1);
    assert_non_null(strstr(first->why, "is board used twice in the hall?"));
}

#define WITH_LIMIT(name, line)                                                                               \
    {                                                                                                        \
#name, name, start_with, stop, (void *)(uintptr_t)(line)                                             \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH(it_connects_with_mqtt_5_and_is_subscribed_when_it_says_up),
        WITH(it_speaks_mqtt_3_1_1_when_told_to),
        WITH(a_stored_message_comes_with_the_retained_flag),
        WITH(publishing_while_offline_is_refused_and_never_queued),
        WITH(sixty_four_are_in_flight_at_most),
        WITH(too_large_a_payload_is_refused),
        WITH(a_flood_of_two_hundred_kilobytes_is_dropped_and_later_messages_arrive),
        WITH(the_will_of_a_killed_session_is_retained_and_names_its_connection),
        WITH(a_session_that_ends_in_order_leaves_no_will),
        WITH(it_comes_back_after_the_broker_was_killed_and_tells_each_reason_once),
        WITH(what_is_in_flight_when_the_broker_freezes_and_dies_arrives_after_it),
        WITH(a_host_name_is_tried_by_both_families),
        WITH(a_broker_that_refuses_is_passed_over_for_the_next_url_at_once),
        WITH(a_pause_stops_delivery_at_once_and_loses_nothing),
        WITH(a_broker_that_dies_in_a_pause_costs_no_time_and_is_told_after_it),
        WITH(a_session_that_is_taken_over_says_so),
        WITH_LIMIT(a_broker_that_takes_one_at_a_time_gets_all_in_order, "max_inflight_messages 1\n"),
        WITH_LIMIT(a_broker_that_keeps_nothing_gets_what_is_retained_all_the_same,
                   "retain_available false\n"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
