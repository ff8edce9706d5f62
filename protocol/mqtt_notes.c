#include "protocol/mqtt_session.h"

#include <mosquitto.h>
#include <mqtt_protocol.h>

static void on_connack(struct mosquitto *client, void *data, int code, int flags,
                       const mosquitto_property *properties)
{
    (void)client, (void)flags;
    struct mqtt *mqtt = data;
    uint8_t qos = 1;
    uint32_t size = 0;
    mqtt->connack = code;
    mqtt->is_acknowledged = code == 0;
    mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &qos, false);
    mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &size, false);
    mqtt->is_qos_0_only = qos == 0;
    mqtt->client_is_limited = qos == 0 || size > 0;
}

static void on_disconnected(struct mosquitto *client, void *data, int reason,
                            const mosquitto_property *properties)
{
    (void)client, (void)properties;
    struct mqtt *mqtt = data;
    if (reason >= 0x80)
        mqtt->farewell = reason;
}

static void on_suback(struct mosquitto *client, void *data, int mid, int count, const int *granted)
{
    (void)client;
    struct mqtt *mqtt = data;
    if (mid != mqtt->subscribe_mid)
        return;
    for (int i = 0; i < count && i < (int)mqtt->settings.ntopics; i++)
        if (granted[i] >= 0x80)
            mqtt->refused_topic = i;
    mqtt->granted = count;
    mqtt->is_subscribed = true;
}

static void on_message(struct mosquitto *client, void *data, const struct mosquitto_message *message)
{
    (void)client;
    struct mqtt *mqtt = data;
    struct mqtt_message letter = { .topic = message->topic,
                                   .payload = message->payload,
                                   .length = (size_t)message->payloadlen,
                                   .is_retained = message->retain,
                                   .received_us = session_now_us() };
    if (!inbox_put(&mqtt->inbox, &letter, mqtt->conn))
        mqtt->is_overrun = true;
}

/* Comes for QoS 0 as well, hence the look-up. */
static void on_published(struct mosquitto *client, void *data, int mid)
{
    (void)client;
    struct mqtt *mqtt = data;
    for (unsigned i = 0; i < mqtt->nin_flight; i++) {
        if (mqtt->in_flight[i] != mid)
            continue;
        mqtt->in_flight[i] = mqtt->in_flight[--mqtt->nin_flight];
        return;
    }
}
void session_listen(struct mosquitto *client)
{
    mosquitto_connect_v5_callback_set(client, on_connack);
    mosquitto_disconnect_v5_callback_set(client, on_disconnected);
    mosquitto_subscribe_callback_set(client, on_suback);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_publish_callback_set(client, on_published);
}

/* Messages of this connection come after its `up`; those of an earlier one need not wait. */
void session_hand_on(struct mqtt *mqtt)
{
    struct mqtt_letter *letter;
    while ((letter = mqtt->inbox.first) && !mqtt->is_paused &&
           (mqtt->stage == UP || letter->conn != mqtt->conn)) {
        mqtt->events.message(mqtt->events.data, &letter->message);
        inbox_drop_first(&mqtt->inbox);
    }
}
