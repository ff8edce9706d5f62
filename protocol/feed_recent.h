/* Duplicates of the basic profile, where no sequence number tells them: the same (desk, ticket, type) within 2 s. The newest
 * 256 are remembered; a flood beyond that may let a duplicate pass. */
#pragma once

#include "protocol/message.h"

#define FEED_REPEAT_US (2 * 1000000LL)
#define FEED_RECENT    256

struct feed_recent {
    unsigned next;
    struct {
        uint64_t hash; /* 0: free */
        int64_t at_us;
    } event[FEED_RECENT];
};

/* Was it there within the last 2 s? If not, it is now. Never for notices: repeating one does no harm. */
bool feed_recent_has(struct feed_recent *recent, const struct event *event, int64_t received_us);
