#include "protocol/mqtt_settings.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct mqtt_settings settings;
static char error[256];

static int init(const char *url)
{
    struct mqtt_config config = { .url = { url }, .nurls = 1, .client_id = "x" };
    error[0] = '\0';
    return mqtt_settings_init(&settings, &config, error, sizeof error);
}

static void each_good_url_makes_its_routes(void **context)
{
    (void)context;
    static const struct {
        const char *url, *host;
        int port;
        bool is_tls;
        unsigned nroutes;
        enum mqtt_family first;
    } rows[] = {
        { "mqtt://broker", "broker", 1883, false, 2, FAMILY_IPV4 },
        { "mqtt://broker/", "broker", 1883, false, 2, FAMILY_IPV4 },
        { "mqtt://broker.example.kz:18830", "broker.example.kz", 18830, false, 2, FAMILY_IPV4 },
        { "mqtts://broker", "broker", 8883, true, 2, FAMILY_IPV4 },
        { "mqtts://broker:443/", "broker", 443, true, 2, FAMILY_IPV4 },
        { "mqtt://127.0.0.1:1", "127.0.0.1", 1, false, 1, FAMILY_IPV4 },
        { "mqtt://[::1]", "::1", 1883, false, 1, FAMILY_IPV6 },
        { "mqtts://[fe80::1]:65535", "fe80::1", 65535, true, 1, FAMILY_IPV6 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(init(rows[i].url), 0);
        const struct mqtt_route *route = &settings.route[0];
        assert_string_equal(route->host, rows[i].host);
        assert_string_equal(route->url, rows[i].url);
        assert_int_equal(route->port, rows[i].port);
        assert_int_equal(route->is_tls, rows[i].is_tls);
        assert_int_equal(route->family, rows[i].first);
        assert_int_equal(settings.nroutes, rows[i].nroutes);
        if (rows[i].nroutes == 2)
            assert_int_equal(settings.route[1].family, FAMILY_IPV6);
        mqtt_settings_finish(&settings);
    }
}

static void each_bad_url_is_named_with_what_would_be_right(void **context)
{
    (void)context;
    static const char *const rows[] = {
        "",
        "broker",
        "http://x",
        "mqtt:/x",
        "mqtt://",
        "mqtt:///",
        "mqtt://h:",
        "mqtt://h:0",
        "mqtt://h:-1",
        "mqtt://h:65536",
        "mqtt://h:18x",
        "mqtt://h: 1883",
        "mqtt://u@h",
        "mqtt://u:pw@h:1",
        "mqtt://[::1",
        "mqtt://[]",
        "mqtt://[::1]x",
        "mqtt://h/path",
        "MQTT://h",
        "mqtt://h:99999999999999999999",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (init(rows[i]) != -EINVAL)
            fail_msg("%s was accepted", rows[i]);
        assert_non_null(strstr(error, "not a broker URL; mqtt://host[:1883] or mqtts://host[:8883]"));
        mqtt_settings_finish(&settings);
    }
}

static void a_host_that_is_too_long_is_refused(void **context)
{
    (void)context;
    char url[300] = "mqtt://";
    memset(url + 7, 'h', 256);
    assert_int_equal(init(url), -EINVAL);
    mqtt_settings_finish(&settings);
    url[7 + 255] = '\0';
    assert_int_equal(init(url), 0);
    mqtt_settings_finish(&settings);
}

static void the_version_to_begin_with_follows_the_configuration(void **context)
{
    (void)context;
    static const struct {
        enum mqtt_protocol protocol;
        int version;
        bool is_auto;
    } rows[] = { { MQTT_AUTO, 5, true }, { MQTT_5, 5, false }, { MQTT_311, 4, false } };
    for (size_t i = 0; i < 3; i++) {
        struct mqtt_config config = { .url = { "mqtt://h" }, .nurls = 1, .client_id = "x" };
        config.protocol = rows[i].protocol;
        assert_int_equal(mqtt_settings_init(&settings, &config, error, sizeof error), 0);
        assert_int_equal(settings.route[1].version, rows[i].version);
        assert_int_equal(settings.is_auto, rows[i].is_auto);
        mqtt_settings_finish(&settings);
    }
}

static void what_is_missing_is_said(void **context)
{
    (void)context;
    static const struct {
        struct mqtt_config config;
        const char *reason;
    } rows[] = {
        { { .nurls = 0, .client_id = "x" }, "one to four broker URLs" },
        { { .nurls = 5, .client_id = "x" }, "one to four broker URLs" },
        { { .url = { "mqtt://h" }, .nurls = 1 }, "a client id" },
        { { .url = { "mqtt://h" }, .nurls = 1, .client_id = "" }, "a client id" },
        { { .url = { "mqtt://h" }, .nurls = 1, .client_id = "x", .cert_file = "c" },
          "both cert_file and key_file" },
        { { .url = { "mqtt://h" }, .nurls = 1, .client_id = "x", .key_file = "k" },
          "both cert_file and key_file" },
        { { .url = { "mqtt://h" }, .nurls = 1, .client_id = "x", .ntopics = 9 }, "too many topics" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(mqtt_settings_init(&settings, &rows[i].config, error, sizeof error), -EINVAL);
        assert_non_null(strstr(error, rows[i].reason));
        mqtt_settings_finish(&settings);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_good_url_makes_its_routes),
        cmocka_unit_test(each_bad_url_is_named_with_what_would_be_right),
        cmocka_unit_test(a_host_that_is_too_long_is_refused),
        cmocka_unit_test(the_version_to_begin_with_follows_the_configuration),
        cmocka_unit_test(what_is_missing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
