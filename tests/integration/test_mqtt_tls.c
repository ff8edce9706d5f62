#include "tests/mqtt_peer.h"

static char tls_folder[] = "/tmp/kezek-tls-XXXXXX", tls_extra[1024], tls_url[64], strict_url[64],
            other_name_url[64], cert_path[64], key_path[64], ca_path[64], other_ca_path[64];

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
    uint16_t port = free_port(), strict_port = free_port();
    snprintf(strict_url, sizeof strict_url, "mqtts://localhost:%u", strict_port);
    snprintf(other_name_url, sizeof other_name_url, "mqtts://127.0.0.2:%u", port);
    snprintf(cert_path, sizeof cert_path, "%s/s.crt", tls_folder); /* it does for a client, too */
    snprintf(key_path, sizeof key_path, "%s/s.key", tls_folder);
    snprintf(tls_url, sizeof tls_url, "mqtts://localhost:%u", port);
    snprintf(ca_path, sizeof ca_path, "%s/ca.crt", tls_folder);
    snprintf(other_ca_path, sizeof other_ca_path, "%s/other.crt", tls_folder);
    snprintf(
        tls_extra, sizeof tls_extra,
        "listener %u 127.0.0.1\ncertfile %s\nkeyfile %s\nlistener %u 127.0.0.2\ncertfile %s\nkeyfile %s\n"
        "listener %u 127.0.0.1\ncertfile %s\nkeyfile %s\ncafile %s\nrequire_certificate true\n",
        port, cert_path, key_path, port, cert_path, key_path, strict_port, cert_path, key_path, ca_path);
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

static struct peer *open_strict_peer(bool has_certificate)
{
    struct mqtt_config config = plain;
    config.url[0] = strict_url;
    config.ca_file = ca_path;
    config.cert_file = has_certificate ? cert_path : NULL;
    config.key_file = has_certificate ? key_path : NULL;
    return open_peer_with(config);
}

static void a_broker_that_wants_a_certificate_gets_it(void **context)
{
    (void)context;
    struct peer *with = open_strict_peer(true), *without = open_strict_peer(false);
    WAIT_FOR(with->ups == 1 && without->downs == 1);
    assert_int_equal(without->ups, 0);
}

static void a_certificate_for_another_name_is_not_trusted(void **context)
{
    (void)context;
    struct mqtt_config config = plain;
    config.url[0] = other_name_url;
    config.ca_file = ca_path;
    struct peer *peer = open_peer_with(config);
    WAIT_FOR(peer->downs == 1);
    assert_non_null(strstr(peer->why, "the host name of the broker's certificate"));
    assert_int_equal(peer->ups, 0);
}

#define WITH_TLS(name) cmocka_unit_test_setup_teardown(name, start_tls, stop_tls)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_TLS(it_connects_with_tls_and_delivers_in_order_around_pauses),
        WITH_TLS(a_certificate_of_another_ca_is_told_in_words_and_costs_no_time),
        WITH_TLS(a_ca_file_that_is_not_there_never_falls_back_to_plain_text),
        WITH_TLS(it_comes_back_with_tls_too),
        WITH_TLS(a_broker_that_wants_a_certificate_gets_it),
        WITH_TLS(a_certificate_for_another_name_is_not_trusted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
