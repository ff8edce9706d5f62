#include "tests/mqtt_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

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

/* What a cable does that somebody pulled: nothing comes, not even a reset. */
static void swallow_everything(int fd)
{
    int unacknowledged = 1; /* what is sent again would be a sign of life */
    WAIT_FOR(ioctl(fd, SIOCOUTQ, &unacknowledged) == 0 && unacknowledged == 0);
    struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    struct sock_fprog program = { .len = 1, .filter = &drop };
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), 0);
}

static void a_half_open_connection_is_noticed_before_the_keep_alive(void **context)
{
    (void)context;
    char url[64];
    int listener = listen_on(url);
    struct mqtt_config config = plain;
    config.url[0] = url;
    struct peer *peer = open_peer_with(config);
    int fd = accept_session(listener, 1);
    WAIT_FOR(peer->ups == 1);
    swallow_everything(fd);
    int64_t since_us = now_us();
    WAIT_FOR(peer->downs == 1);
    print_message("noticed after %.1f s\n", 1e-6 * (double)(now_us() - since_us));
    assert_non_null(strstr(peer->why, "Connection timed out")); /* by TCP: PINGRESP is due after 10 s */
    close(fd);
    close(listener);
}

#define TRIES 5

/* 0.5 s doubling, each up to 30 % less; upper bounds would be the machine's load. */
static void attempts_back_off_and_no_two_sessions_keep_step(void **context)
{
    (void)context;
    char url[64];
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%u", free_port());
    struct mqtt_config config = plain;
    config.url[0] = url;
    for (int i = 0; i < 4; i++)
        open_peer_with(config);
    WAIT_FOR(peers[0].attempts >= TRIES && peers[1].attempts >= TRIES && peers[2].attempts >= TRIES &&
             peers[3].attempts >= TRIES);
    for (int try = 1; try < TRIES; try++) {
        int64_t least_us = INT64_MAX, most_us = 0;
        for (int i = 0; i < 4; i++) {
            int64_t gap_us = peers[i].attempt_at_us[try] - peers[i].attempt_at_us[try - 1];
            assert_true(gap_us >= 350000 << (try - 1));
            least_us = gap_us < least_us ? gap_us : least_us;
            most_us = gap_us > most_us ? gap_us : most_us;
        }
        assert_true(most_us > least_us + (1000 << try)); /* of ±150 ms and more, four times */
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITHOUT(a_refused_port_costs_no_time),
        WITHOUT(a_refused_port_costs_no_time_with_tls_either),
        WITHOUT(the_connect_of_mqtt_5_limits_the_packet_size),
        WITHOUT(a_broker_that_hangs_up_on_mqtt_5_gets_3_1_1),
        WITHOUT(a_broker_that_refuses_mqtt_5_in_its_words_gets_3_1_1),
        WITHOUT(a_broker_that_refuses_mqtt_5_in_the_old_words_gets_3_1_1),
        WITHOUT(a_paused_session_stays_alive_without_being_answered),
        WITHOUT(a_half_open_connection_is_noticed_before_the_keep_alive),
        WITHOUT(attempts_back_off_and_no_two_sessions_keep_step),
        WITHOUT(a_wrong_configuration_is_refused_with_a_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
