#include "protocol/feed_recent.h"

static uint64_t mix(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3;
    while (*text++);
    return hash;
}

/* A desk that closes and opens again at once says two things. */
static uint64_t hash_of(const struct event *event)
{
    uint64_t hash = 0xcbf29ce484222325 ^ event->type ^ (uint64_t)event->status << 8;
    return mix(mix(hash, event->desk), event->ticket) | 1;
}

bool feed_recent_has(struct feed_recent *recent, const struct event *event, int64_t received_us)
{
    if (event->type == EVENT_NOTICE)
        return false;
    uint64_t hash = hash_of(event);
    for (unsigned i = 0; i < FEED_RECENT; i++)
        if (recent->event[i].hash == hash && received_us - recent->event[i].at_us < FEED_REPEAT_US)
            return true;
    recent->event[recent->next].hash = hash;
    recent->event[recent->next].at_us = received_us;
    recent->next = (recent->next + 1) % FEED_RECENT;
    return false;
}
