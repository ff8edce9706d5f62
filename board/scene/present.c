#include "board/scene/stage.h"

#include <stdio.h>

/* A call that is new keeps its place for its dwell, also when the desk already calls the next. */
static const struct announce_slot *newest_call(const struct stage *stage, int desk)
{
    const struct announce *announce = stage->in->announce;
    for (int i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used && announce->slot[i].is_new && announce->slot[i].desk == desk)
            return &announce->slot[i];
    return NULL;
}

static struct announce_slot standing_call(const struct hall_desk *desk, int index)
{
    struct announce_slot call = {
        .desk = (int16_t)index, .is_recall = desk->is_recall, .lane = desk->lane, .from = desk->from
    };
    snprintf(call.ticket, sizeof call.ticket, "%s", desk->ticket);
    snprintf(call.booked_at, sizeof call.booked_at, "%s", desk->booked_at);
    return call;
}

struct present desk_present(const struct stage *stage, int index)
{
    static const struct {
        enum phrase word;
        enum icon icon;
    } states[] = { [DESK_OPEN] = { PHRASE_FREE, ICON_FREE },
                   [DESK_PAUSED] = { PHRASE_BREAK, ICON_PAUSE },
                   [DESK_CLOSED] = { PHRASE_CLOSED, ICON_CLOSED } };
    const struct hall_desk *desk = &stage->in->hall->desk[index];
    const struct announce_slot *slot = newest_call(stage, index);
    unsigned status = desk->status < sizeof states / sizeof *states ? desk->status : DESK_OPEN;
    if (stage_is_closed(stage))
        status = DESK_CLOSED; /* a server may forget to say so in the evening */
    return (struct present){ .call = slot ? *slot : standing_call(desk, index),
                             .is_called = slot || desk->phase == PHASE_CALLED,
                             .word = states[status].word,
                             .icon = states[status].icon };
}
