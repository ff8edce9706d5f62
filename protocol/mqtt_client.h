/* A client of libmosquitto for one route: made, connected, tuned. Return codes are the library's. For mqtt.c. */
#pragma once

#include "protocol/mqtt_settings.h"

#define MQTT_IN_FLIGHT_MAX 64

struct mosquitto;

/* With version, TLS and credentials; without callbacks. *client is NULL on failure. */
int mqtt_client_create(struct mosquitto **client, const struct mqtt_settings *settings,
                       const struct mqtt_route *route, void *data);
/* Begins; the rest is up to the socket. MQTT 5 carries maximum-packet-size. */
int mqtt_client_connect(struct mosquitto *client, const struct mqtt_route *route);
/* No Nagle; a peer that is gone without a word is noticed in 6 s. */
void mqtt_client_tune(int fd);
/* `version` 4 or 5; an expiry needs 5. */
int mqtt_client_publish(struct mosquitto *client, uint8_t version, int *mid, const char *topic,
                        const void *payload, size_t length, int qos, bool is_retained, uint32_t expiry_s);
