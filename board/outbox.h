/* Texts for the broker that wait in the link process: a queue with two bounds, the oldest first. For link.c.
 *
 * Crowded from half of a bound on. Full when one more text of any length might not fit; what is put then takes the place of
 * the oldest, and is counted.
 */
#pragma once

#include "protocol/record.h"

#define OUTBOX_TEXTS 1024 /* what a flood owes while the broker acknowledges 64 of them */
#define OUTBOX_BYTES (1 << 20)

struct outbox_text {
    struct outbox_text *next;
    uint8_t topic; /* enum publish_topic */
    uint16_t length;
    char bytes[];
};
struct outbox {
    struct outbox_text *first, **end;
    unsigned count;
    size_t bytes;
    uint64_t dropped; /* since whoever tells of them has set it to 0 */
};

void outbox_init(struct outbox *outbox);
void outbox_finish(struct outbox *outbox);
/* Copies it. False: out of memory, and it counts as dropped. */
bool outbox_put(struct outbox *outbox, const struct record_publish *publish);
void outbox_drop_first(struct outbox *outbox); /* nothing if it is empty */
bool outbox_is_crowded(const struct outbox *outbox);
bool outbox_is_full(const struct outbox *outbox);
