/* The feed's own table of desks: which sequence number each one stands at. Everything that the hall shows is in it.
 *
 * At most DESKS_MAX desks. When a flood of made-up desks fills it, the desk with the oldest number leaves, and its owner is
 * told to forget it too; the next snapshot brings it back.
 */
#pragma once

#include "protocol/message.h"

struct feed_desk {
    char id[ID_SIZE];
    bool is_confirmed; /* seq counts in the present epoch; false: whatever a snapshot says replaces it */
    bool is_mentioned; /* by the snapshot that is being applied */
    uint32_t hash;
    uint64_t seq;
    int64_t by_hand_us; /* set by an event without epoch: snapshots leave it alone until then */
};
struct feed_desks {
    unsigned count;
    struct feed_desk desk[DESKS_MAX];
};

struct feed_desk *feed_desks_find(struct feed_desks *desks, const char *id); /* or NULL */
/* Finds or adds. When another desk had to leave, its id is in `left`, else "". */
struct feed_desk *feed_desks_add(struct feed_desks *desks, const char *id, char left[ID_SIZE]);
/* The last desk takes its place. */
void feed_desks_remove(struct feed_desks *desks, struct feed_desk *desk);
/* Sets is_mentioned of every desk: does the snapshot speak of it? */
void feed_desks_mention(struct feed_desks *desks, const struct state *state);
