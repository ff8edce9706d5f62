#include "protocol/mqtt_client.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define KEEPALIVE_S   10
#define BAD_KEEPALIVE 1 /* below the 5 s that the library accepts: see the trick in mqtt.c */

static int set_tls(struct mosquitto *client, const struct mqtt_settings *settings)
{
    const char *system_store = settings->ca_file ? NULL : "/etc/ssl/certs";
    int rc = mosquitto_tls_set(client, settings->ca_file, system_store, settings->cert_file,
                               settings->key_file, NULL);
    return rc == MOSQ_ERR_INVAL ? MOSQ_ERR_TLS : rc; /* a file that cannot be read */
}

static void set_options(struct mosquitto *client, const struct mqtt_route *route)
{
    mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION,
                         route->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);
    mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, MQTT_IN_FLIGHT_MAX);
    mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
}

int mqtt_client_create(struct mosquitto **client, const struct mqtt_settings *settings,
                       const struct mqtt_route *route, void *data)
{
    int rc = MOSQ_ERR_SUCCESS;
    *client = mosquitto_new(settings->client_id, true, data);
    if (!*client)
        return MOSQ_ERR_NOMEM;
    set_options(*client, route);
    if (settings->username)
        rc = mosquitto_username_pw_set(*client, settings->username, settings->password);
    if (rc == MOSQ_ERR_SUCCESS && route->is_tls)
        rc = set_tls(*client, settings);
    if (rc == MOSQ_ERR_SUCCESS)
        return rc;
    mosquitto_destroy(*client);
    *client = NULL; /* or the next attempt would go without what is missing here */
    return rc;
}

static int store_properties(struct mosquitto *client, const struct mqtt_route *route)
{
    if (route->version != 5)
        return MOSQ_ERR_SUCCESS;
    mosquitto_property *properties = NULL;
    int rc = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, MQTT_PACKET_MAX);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_connect_bind_v5(client, route->host, route->port, BAD_KEEPALIVE, NULL, properties);
    mosquitto_property_free_all(&properties);
    return rc == MOSQ_ERR_INVAL ? MOSQ_ERR_SUCCESS : rc;
}

int mqtt_client_connect(struct mosquitto *client, const struct mqtt_route *route)
{
    static const char *const bind_to[] = {
        [FAMILY_ANY] = NULL, [FAMILY_IPV4] = "0.0.0.0", [FAMILY_IPV6] = "::"
    };
    int rc = store_properties(client, route);
    if (rc != MOSQ_ERR_SUCCESS)
        return rc;
    return mosquitto_connect_bind_async(client, route->host, route->port, KEEPALIVE_S,
                                        bind_to[route->family]);
}

void mqtt_client_tune(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        { SOL_SOCKET, SO_KEEPALIVE, 1 },         { IPPROTO_TCP, TCP_KEEPIDLE, 3 },
        { IPPROTO_TCP, TCP_KEEPINTVL, 1 },       { IPPROTO_TCP, TCP_KEEPCNT, 3 },
        { IPPROTO_TCP, TCP_USER_TIMEOUT, 6000 }, { IPPROTO_TCP, TCP_NODELAY, 1 },
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

int mqtt_client_publish(struct mosquitto *client, uint8_t version, int *mid, const char *topic,
                        const void *payload, size_t length, int qos, bool is_retained, uint32_t expiry_s)
{
    if (version != 5 || expiry_s == 0)
        return mosquitto_publish(client, mid, topic, (int)length, payload, qos, is_retained);
    mosquitto_property *properties = NULL;
    int rc = mosquitto_property_add_int32(&properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, expiry_s);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_publish_v5(client, mid, topic, (int)length, payload, qos, is_retained, properties);
    mosquitto_property_free_all(&properties);
    return rc;
}
