#include "protocol/feed_desks.h"

#include <string.h>

static uint32_t hash_of(const char *id)
{
    uint32_t hash = 2166136261u;
    for (; *id; id++)
        hash = (hash ^ (unsigned char)*id) * 16777619u;
    return hash;
}

struct feed_desk *feed_desks_find(struct feed_desks *desks, const char *id)
{
    uint32_t hash = hash_of(id);
    for (unsigned i = 0; i < desks->count; i++)
        if (desks->desk[i].hash == hash && strcmp(desks->desk[i].id, id) == 0)
            return &desks->desk[i];
    return NULL;
}

static struct feed_desk *oldest(struct feed_desks *desks)
{
    struct feed_desk *found = &desks->desk[0];
    for (unsigned i = 1; i < desks->count; i++)
        if (desks->desk[i].seq < found->seq)
            found = &desks->desk[i];
    return found;
}

struct feed_desk *feed_desks_add(struct feed_desks *desks, const char *id, char left[ID_SIZE])
{
    left[0] = '\0';
    struct feed_desk *desk = feed_desks_find(desks, id);
    if (desk)
        return desk;
    if (desks->count == DESKS_MAX) {
        struct feed_desk *leaving = oldest(desks);
        memcpy(left, leaving->id, ID_SIZE);
        feed_desks_remove(desks, leaving);
    }
    desk = &desks->desk[desks->count++];
    *desk = (struct feed_desk){ .hash = hash_of(id) };
    memcpy(desk->id, id, strlen(id) + 1);
    return desk;
}

void feed_desks_remove(struct feed_desks *desks, struct feed_desk *desk)
{
    *desk = desks->desk[--desks->count];
}

void feed_desks_mention(struct feed_desks *desks, const struct state *state)
{
    for (unsigned i = 0; i < desks->count; i++)
        desks->desk[i].is_mentioned = false;
    for (unsigned i = 0; i < state->ndesks; i++) {
        struct feed_desk *desk = feed_desks_find(desks, state->desk[i].desk);
        if (desk)
            desk->is_mentioned = true;
    }
}
