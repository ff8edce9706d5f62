/* The configuration of a session, checked and owned, and the routes that its URLs make. For mqtt.c. */
#pragma once

#include "protocol/mqtt.h"

enum mqtt_family { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6 };

/* One way to a broker. A host name makes two: by IPv4 and by IPv6. */
struct mqtt_route {
    char *url;
    char host[256];
    int port;
    bool is_tls;
    uint8_t family;  /* enum mqtt_family */
    uint8_t version; /* 4 or 5, of the next attempt */
    bool is_proven;  /* this version was accepted once */
};

struct mqtt_settings {
    char *client_id, *username, *password, *ca_file, *cert_file, *key_file, *will_topic;
    char *idle_topic; /* nobody subscribes it */
    char *topic[MQTT_TOPICS_MAX];
    unsigned ntopics, nroutes;
    struct mqtt_route route[2 * MQTT_URLS_MAX];
    bool is_auto; /* the version may change */
};

/* 0, or -EINVAL with the defect in `error`. To be finished in any case. */
int mqtt_settings_init(struct mqtt_settings *settings, const struct mqtt_config *config, char *error,
                       size_t error_size);
void mqtt_settings_finish(struct mqtt_settings *settings);
