#include "protocol/mqtt.h"

#include "tests/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <time.h>

#define PATIENCE_US INT64_C(10000000)
#define LOG_MAX     256

/* A session under test and what it told. */
struct peer {
    struct mqtt *mqtt;
    const char *will; /* format with one %d for conn, or NULL */
    unsigned attempts, ups, downs, dispatches;
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

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int write_will(void *data, uint64_t conn, char *out, size_t size)
{
    struct peer *peer = data;
    peer->attempts++;
    return peer->will ? snprintf(out, size, "%s %d", peer->will, (int)conn) : 0;
}

static void note_up(void *data, uint64_t conn, int version, const char *url)
{
    struct peer *peer = data;
    peer->ups++;
    peer->conn = conn;
    peer->version = version;
    snprintf(peer->url, sizeof peer->url, "%s", url);
}

static void note_down(void *data, const char *why)
{
    struct peer *peer = data;
    peer->downs++;
    snprintf(peer->why, sizeof peer->why, "%s", why);
}

static void note_message(void *data, const struct mqtt_message *message)
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

static struct peer *open_peer_with(struct mqtt_config config)
{
    static char id[16];
    struct peer *peer = &peers[npeers++];
    struct mqtt_events events = { peer, write_will, note_up, note_down, note_message };
    char error[256] = "";
    snprintf(id, sizeof id, "peer-%u", npeers);
    config.client_id = id;
    if (!config.url[0])
        config.url[0] = broker.url;
    peer->mqtt = mqtt_create(&config, &events, error, sizeof error);
    assert_string_equal(error, "");
    assert_non_null(peer->mqtt);
    return peer;
}

static struct peer *open_peer(void)
{
    return open_peer_with(plain);
}

static void turn(int other_fd, int64_t until_us)
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

static int start(void **context)
{
    (void)context;
    memset(peers, 0, sizeof peers);
    npeers = 0;
    broker_start(&broker, "");
    return 0;
}

static int start_nothing(void **context)
{
    (void)context;
    memset(&broker, 0, sizeof broker);
    memset(peers, 0, sizeof peers);
    npeers = 0;
    return 0;
}

static int stop(void **context)
{
    (void)context;
    for (unsigned i = 0; i < npeers; i++)
        mqtt_destroy(peers[i].mqtt);
    npeers = 0;
    if (broker.pid > 0 || broker.folder[0])
        broker_stop(&broker);
    return 0;
}

/* ---- with a real broker ---------------------------------------------------------------------- */

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

static double cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* ---- with TLS -------------------------------------------------------------------------------- */

static char tls_folder[] = "/tmp/kezek-tls-XXXXXX", tls_extra[512], tls_url[64], ca_path[64],
            other_ca_path[64];

/* A CA, another CA, and a certificate of the first one for 127.0.0.1 and localhost. */
static bool make_certificates(void)
{
    char script[1024];
    snprintf(
        script, sizeof script,
        "cd %s && exec >openssl.log 2>&1 && for ca in ca other; do openssl req -x509 -newkey ec -pkeyopt "
        "ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.crt || exit 1; done "
        "&& "
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost -keyout s.key "
        "-out "
        "s.csr && echo subjectAltName=IP:127.0.0.1,DNS:localhost >s.ext && openssl x509 -req -in s.csr -CA "
        "ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile s.ext -out s.crt",
        tls_folder);
    return system(script) == 0;
}

static int start_tls(void **context)
{
    start_nothing(context);
    strcpy(tls_folder, "/tmp/kezek-tls-XXXXXX");
    assert_non_null(mkdtemp(tls_folder));
    uint16_t port = free_port();
    snprintf(tls_url, sizeof tls_url, "mqtts://localhost:%u", port);
    snprintf(ca_path, sizeof ca_path, "%s/ca.crt", tls_folder);
    snprintf(other_ca_path, sizeof other_ca_path, "%s/other.crt", tls_folder);
    snprintf(tls_extra, sizeof tls_extra, "listener %u 127.0.0.1\ncertfile %s/s.crt\nkeyfile %s/s.key\n",
             port, tls_folder, tls_folder);
    assert_true(make_certificates());
    broker_start(&broker, tls_extra);
    return 0;
}

static int stop_tls(void **context)
{
    char script[64];
    snprintf(script, sizeof script, "rm -r %s", tls_folder);
    assert_int_equal(system(script), 0);
    return stop(context);
}

static struct peer *open_tls_peer(const char *ca_file)
{
    struct mqtt_config config = plain;
    config.url[0] = tls_url;
    config.ca_file = ca_file;
    return open_peer_with(config);
}

static void it_connects_with_tls_and_delivers_in_order_around_pauses(void **context)
{
    (void)context;
    struct peer *reader = open_tls_peer(ca_path), *writer = open_peer();
    reader->pauses_on_message = true;
    WAIT_FOR(reader->ups == 1 && writer->ups == 1);
    char text[16];
    for (int i = 0; i < 100; i++) {
        int length = snprintf(text, sizeof text, "%d", i);
        WAIT_FOR(mqtt_publish(writer->mqtt, "a/b", text, (size_t)length, false, false, 0) == 0);
    }
    for (unsigned i = 1; i <= 100; i++) {
        WAIT_FOR(reader->nmessages == i);
        snprintf(text, sizeof text, "%u", i - 1);
        assert_string_equal(reader->message[i - 1].payload, text);
        mqtt_pause(reader->mqtt, false);
    }
    assert_int_equal(reader->downs, 0);
}

static void a_certificate_of_another_ca_is_told_in_words_and_costs_no_time(void **context)
{
    (void)context;
    struct peer *peer = open_tls_peer(other_ca_path);
    WAIT_FOR(peer->downs == 1);
    assert_non_null(strstr(peer->why, "broker.ca_file"));
    double before_s = cpu_s();
    unsigned attempts = peer->attempts;
    WAIT_FOR(peer->attempts >= attempts + 2);
    assert_int_equal(peer->ups, 0);
    assert_true(cpu_s() - before_s < 0.3);
}

static void a_ca_file_that_is_not_there_never_falls_back_to_plain_text(void **context)
{
    (void)context;
    struct peer *peer = open_tls_peer("/nonexistent/ca.crt");
    WAIT_FOR(peer->downs == 1);
    unsigned turns = peer->dispatches; /* each is an attempt of both address families */
    WAIT_FOR(peer->dispatches >= turns + 2);
    assert_non_null(strstr(peer->why, "broker.ca_file"));
    assert_int_equal(peer->ups, 0);
}

static void it_comes_back_with_tls_too(void **context)
{
    (void)context;
    struct peer *peer = open_tls_peer(ca_path);
    WAIT_FOR(peer->ups == 1);
    broker_kill(&broker);
    WAIT_FOR(peer->downs == 1);
    unsigned attempts = peer->attempts;
    WAIT_FOR(peer->attempts > attempts);
    broker_run(&broker);
    WAIT_FOR(peer->ups == 2);
}

/* ---- without a broker, or with a strange one ------------------------------------------------- */

static void count_wakeups(const char *scheme)
{
    char url[64];
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", scheme, free_port());
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    WAIT_FOR(peer->downs == 1);
    double before_s = cpu_s();
    WAIT_FOR(peer->attempts == 3);
    assert_int_equal(peer->downs, 1);
    assert_in_range(peer->dispatches, 3, 12);
    assert_true(cpu_s() - before_s < 0.2);
}

static void a_refused_port_costs_no_time(void **context)
{
    (void)context;
    count_wakeups("mqtt");
    assert_non_null(strstr(peers[0].why, "Connection refused; next try in"));
}

static void a_refused_port_costs_no_time_with_tls_either(void **context)
{
    (void)context;
    count_wakeups("mqtts");
}

/* A listener that plays a broker byte by byte. */
static int listen_on(char url[64])
{
    uint16_t port;
    int fd = loopback_socket(&port);
    assert_int_equal(listen(fd, 4), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    snprintf(url, 64, "mqtt://127.0.0.1:%u", port);
    return fd;
}

static int accept_one(int listener)
{
    int fd = -1;
    WAIT_FOR_WITH(listener, (fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0);
    return fd;
}

static size_t read_some(int fd, unsigned char *bytes, size_t size)
{
    ssize_t n = -1;
    WAIT_FOR_WITH(fd, (n = recv(fd, bytes, size, 0)) > 0);
    return (size_t)n;
}

static int read_connect(int listener, unsigned char bytes[256])
{
    int fd = accept_one(listener);
    assert_true(read_some(fd, bytes, 256) > 12);
    assert_int_equal(bytes[0], 0x10);
    assert_memory_equal(bytes + 4, "MQTT", 4);
    return fd;
}

static void the_connect_of_mqtt_5_limits_the_packet_size(void **context)
{
    (void)context;
    char url[64];
    unsigned char bytes[256];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    open_peer_with(config)->will = "died";
    int fd = read_connect(listener, bytes);
    assert_int_equal(bytes[8], 5);
    assert_int_equal(bytes[9], 0x02 | 0x04 | 0x08 | 0x20); /* clean, will, will QoS 1, will retained */
    assert_int_equal(bytes[10] << 8 | bytes[11], 10);      /* keep-alive */
    static const unsigned char limit[] = { 0x27, 0, 1, 0, 0 };
    assert_non_null(memmem(bytes + 13, bytes[12], limit, sizeof limit));
    assert_non_null(memmem(bytes, sizeof bytes, "died 1", 6));
    close(fd);
    close(listener);
}

static void expect_fallback(const void *answer, size_t size)
{
    char url[64];
    unsigned char bytes[256];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    int fd = read_connect(listener, bytes);
    assert_int_equal(bytes[8], 5);
    if (size > 0)
        assert_int_equal(send(fd, answer, size, 0), (ssize_t)size);
    close(fd);
    fd = read_connect(listener, bytes);
    assert_int_equal(bytes[8], 4);
    assert_int_equal(peer->downs, 0);
    assert_int_equal(send(fd, "\x20\x02\0\0", 4, 0), 4);
    unsigned char request[64];
    read_some(fd, request, sizeof request);
    assert_int_equal(request[0], 0x82);
    const unsigned char suback[] = { 0x90, 3, request[2], request[3], 1 };
    assert_int_equal(send(fd, suback, sizeof suback, 0), (ssize_t)sizeof suback);
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(peer->version, 4);
    close(fd);
    fd = read_connect(listener, bytes);
    assert_int_equal(bytes[8], 4); /* remembered */
    close(fd);
    close(listener);
}

static void a_broker_that_hangs_up_on_mqtt_5_gets_3_1_1(void **context)
{
    (void)context;
    expect_fallback(NULL, 0);
}

static void a_broker_that_refuses_mqtt_5_in_its_words_gets_3_1_1(void **context)
{
    (void)context;
    expect_fallback("\x20\x03\0\x84\0", 5);
}

static void a_broker_that_refuses_mqtt_5_in_the_old_words_gets_3_1_1(void **context)
{
    (void)context;
    expect_fallback("\x20\x02\0\x01", 4);
}

/* CONNACK of MQTT 5 and what follows the SUBSCRIBE. */
static int accept_session(int listener, unsigned char reason)
{
    unsigned char bytes[256];
    int fd = read_connect(listener, bytes);
    assert_int_equal(send(fd, "\x20\x03\0\0\0", 5, 0), 5);
    read_some(fd, bytes, sizeof bytes);
    assert_int_equal(bytes[0], 0x82);
    const unsigned char suback[] = { 0x90, 4, bytes[2], bytes[3], 0, reason };
    assert_int_equal(send(fd, suback, sizeof suback, 0), (ssize_t)sizeof suback);
    return fd;
}

static void a_subscription_that_is_refused_is_told_with_its_topic(void **context)
{
    (void)context;
    char url[64];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    int fd = accept_session(listener, 0x87);
    WAIT_FOR(peer->downs == 1);
    assert_non_null(strstr(peer->why, "refuses the subscription to a/b"));
    assert_int_equal(peer->ups, 0);
    close(fd);
    close(listener);
}

static void a_wrong_password_is_told_in_words(void **context)
{
    (void)context;
    char url[64];
    unsigned char bytes[256];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    config.username = "hall-1";
    config.password = "secret";
    struct peer *peer = open_peer_with(config);
    int fd = read_connect(listener, bytes);
    assert_int_equal(send(fd, "\x20\x03\0\x86\0", 5, 0), 5);
    WAIT_FOR(peer->downs == 1);
    assert_non_null(strstr(peer->why, "wrong user name or password"));
    assert_null(strstr(peer->why, "secret"));
    close(fd);
    close(listener);
}

static void a_session_that_is_taken_over_says_so(void **context)
{
    (void)context;
    char url[64];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    int fd = accept_session(listener, 1);
    WAIT_FOR(peer->ups == 1);
    assert_int_equal(send(fd, "\xE0\x02\x8E\0", 4, 0), 4);
    WAIT_FOR(peer->downs == 1);
    assert_non_null(strstr(peer->why, "used twice"));
    close(fd);
    close(listener);
}

static void a_paused_session_stays_alive_without_being_answered(void **context)
{
    (void)context;
    char url[64];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    int fd = accept_session(listener, 1);
    WAIT_FOR(peer->ups == 1);
    mqtt_pause(peer->mqtt, true);
    unsigned char bytes[64];
    read_some(fd, bytes, sizeof bytes);
    assert_int_equal(bytes[0], 0xA2); /* UNSUBSCRIBE: a packet that a broker counts */
    assert_int_equal(peer->downs, 0);
    close(fd);
    close(listener);
}

static void garbage_from_the_broker_ends_the_attempt_not_the_session(void **context)
{
    (void)context;
    char url[64];
    unsigned char bytes[256];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    config.protocol = MQTT_5;
    struct peer *peer = open_peer_with(config);
    int fd = read_connect(listener, bytes);
    assert_int_equal(send(fd, "\x20\xFF\xFF\xFF\xFF\xFF\xFF", 7, 0), 7);
    WAIT_FOR(peer->downs == 1);
    close(fd);
    fd = accept_session(listener, 1);
    WAIT_FOR(peer->ups == 1);
    close(fd);
    close(listener);
}

/* Packets that a sound broker never sends, to a session that is up. None may do more harm than end the connection. */
static void no_packet_of_a_hostile_broker_does_harm(void **context)
{
    (void)context;
    static const struct {
        const char *defect, *bytes;
        size_t size;
    } rows[] = {
        { "PUBLISH, topic is not UTF-8", "\x30\x05\0\x03\xC3\x28/", 7 },
        { "PUBLISH, NUL in the topic", "\x30\x06\0\x03\x61\0\x62\0", 8 },
        { "PUBLISH, topic longer than the packet", "\x30\x02\xFF\xFF", 4 },
        { "PUBLISH without topic", "\x30\x03\0\0\0", 5 },
        { "PUBLISH with QoS 3", "\x36\x08\0\x03\x61/\x62\0\x01\0", 10 },
        { "PUBLISH with QoS 2, never released", "\x34\x08\0\x03\x61/\x62\0\x01\0", 10 },
        { "PUBLISH with half a packet id", "\x32\x06\0\x03\x61/\x62\0", 8 },
        { "PUBLISH with an unknown topic alias", "\x30\x09\0\x03\x61/\x62\x03\x23\0\x09", 11 },
        { "PUBLISH, properties longer than the packet", "\x30\x07\0\x03\x61/\x62\xFF\xFF", 9 },
        { "PUBACK for nothing", "\x40\x02\x12\x34", 4 },
        { "PUBREC for nothing", "\x50\x02\x12\x34", 4 },
        { "PUBREL for nothing", "\x62\x02\x12\x34", 4 },
        { "PUBCOMP for nothing", "\x70\x02\x12\x34", 4 },
        { "SUBACK for nothing", "\x90\x04\x12\x34\0\x01", 6 },
        { "SUBACK without reasons", "\x90\x03\x12\x34\0", 5 },
        { "UNSUBACK for nothing", "\xB0\x04\x12\x34\0\x11", 6 },
        { "CONNACK once more", "\x20\x03\0\0\0", 5 },
        { "CONNACK once more, now a refusal", "\x20\x03\0\x87\0", 5 },
        { "PINGRESP for nothing", "\xD0\0\xD0\0\xD0\0", 6 },
        { "DISCONNECT without reason", "\xE0\0", 2 },
        { "AUTH", "\xF0\x02\x18\0", 4 },
        { "CONNECT, from the wrong side", "\x10\0", 2 },
        { "no packet at all", "\0\0\0\0", 4 },
        { "a length of five bytes", "\x30\xFF\xFF\xFF\xFF\x7F", 6 },
        { "256 MiB announced and never sent", "\x30\xFF\xFF\xFF\x7F\0\x03\x61/\x62", 10 },
        { "half a header", "\x32", 1 },
    };
    char url[64];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].defect);
        struct peer *peer = open_peer_with(config);
        int fd = accept_session(listener, 1);
        WAIT_FOR(peer->ups == 1);
        assert_int_equal(send(fd, rows[i].bytes, rows[i].size, 0), (ssize_t)rows[i].size);
        shutdown(fd, SHUT_WR);
        WAIT_FOR(peer->downs == 1);
        close(fd);
        mqtt_destroy(peer->mqtt);
        npeers = 0;
        memset(peers, 0, sizeof peers);
    }
    close(listener);
}

static void a_wrong_configuration_is_refused_with_a_reason(void **context)
{
    (void)context;
    struct mqtt_events events = { 0 };
    struct mqtt_config config = { .url = { "http://x" }, .nurls = 1, .client_id = "x" };
    char error[256] = "";
    assert_null(mqtt_create(&config, &events, error, sizeof error));
    assert_int_equal(errno, EINVAL);
    assert_non_null(strstr(error, "not a broker URL"));
}

#define WITH(name)     cmocka_unit_test_setup_teardown(name, start, stop)
#define WITH_TLS(name) cmocka_unit_test_setup_teardown(name, start_tls, stop_tls)
#define WITHOUT(name)  cmocka_unit_test_setup_teardown(name, start_nothing, stop)

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
        WITH_TLS(it_connects_with_tls_and_delivers_in_order_around_pauses),
        WITH_TLS(a_certificate_of_another_ca_is_told_in_words_and_costs_no_time),
        WITH_TLS(a_ca_file_that_is_not_there_never_falls_back_to_plain_text),
        WITH_TLS(it_comes_back_with_tls_too),
        WITHOUT(a_refused_port_costs_no_time),
        WITHOUT(a_refused_port_costs_no_time_with_tls_either),
        WITHOUT(the_connect_of_mqtt_5_limits_the_packet_size),
        WITHOUT(a_broker_that_hangs_up_on_mqtt_5_gets_3_1_1),
        WITHOUT(a_broker_that_refuses_mqtt_5_in_its_words_gets_3_1_1),
        WITHOUT(a_broker_that_refuses_mqtt_5_in_the_old_words_gets_3_1_1),
        WITHOUT(a_subscription_that_is_refused_is_told_with_its_topic),
        WITHOUT(a_wrong_password_is_told_in_words),
        WITHOUT(a_session_that_is_taken_over_says_so),
        WITHOUT(a_paused_session_stays_alive_without_being_answered),
        WITHOUT(garbage_from_the_broker_ends_the_attempt_not_the_session),
        WITHOUT(no_packet_of_a_hostile_broker_does_harm),
        WITHOUT(a_wrong_configuration_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
