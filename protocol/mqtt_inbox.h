/* Messages between the callback of libmosquitto, which must be quick and must not be re-entered, and the user's. A queue
 * with two bounds. For mqtt.c.
 */
#pragma once

#include "protocol/mqtt.h"

#define INBOX_MAX       1024 /* one read delivers at most the packets in flight, or one TLS record of 16 KiB */
#define INBOX_BYTES_MAX (8u << 20) /* 64 of the largest packets, and as much again */

struct mqtt_letter {
    struct mqtt_letter *next;
    struct mqtt_message message;
    uint64_t conn; /* connection that it came by */
    size_t size;
    char bytes[];
};
struct mqtt_inbox {
    struct mqtt_letter *first, **end;
    unsigned count;
    size_t bytes;
};

void inbox_init(struct mqtt_inbox *inbox);
void inbox_finish(struct mqtt_inbox *inbox);
/* Copies topic and payload, of which it keeps MQTT_PACKET_MAX + 1 bytes at most. False: full, or out of memory. */
bool inbox_put(struct mqtt_inbox *inbox, const struct mqtt_message *message, uint64_t conn);
void inbox_drop_first(struct mqtt_inbox *inbox);
