#include "board/standby.h"

#include <stdio.h>

#define MINUTE_US INT64_C(60000000)

static int minute_of(const struct scene_clock *clock)
{
    return clock->is_known ? clock->weekday * HOURS_DAY + clock->hour * 60 + clock->minute : HOURS_UNKNOWN;
}

static bool is_seen(const struct config_screen *screen, const struct hall *hall, int desk)
{
    return config_screen_has_desk(hall->config, screen, desk);
}

/* The desks know calls that 32 newer ones have pushed out of the list; the list knows those whose visit has gone on. */
static int64_t newest_call_us(const struct config_screen *screen, const struct hall *hall)
{
    int64_t newest_us = 0;
    for (unsigned i = 0; i < hall->nrecent; i++)
        if (hall->recent[i].at_us > newest_us && is_seen(screen, hall, hall->recent[i].desk))
            newest_us = hall->recent[i].at_us;
    for (int i = 0; i < hall->config->ndesks; i++)
        if (hall->desk[i].ticket[0] && hall->desk[i].phase == PHASE_CALLED &&
            hall->desk[i].since_us > newest_us && is_seen(screen, hall, i))
            newest_us = hall->desk[i].since_us;
    return newest_us;
}

void standby_decide(struct standby *standby, const struct config_screen *screen, const struct hall *hall,
                    const struct scene_clock *clock, int64_t now_us)
{
    struct hours_state state = hours_at(&screen->hours, minute_of(clock));
    int64_t called_us = newest_call_us(screen, hall);
    if (called_us > standby->called_us)
        standby->called_us = called_us; /* a visit that is parked at once does not make the display flicker */
    int64_t awake_us = standby->called_us ? standby->called_us + screen->awake_minutes * MINUTE_US : 0;
    standby->is_asleep = !state.is_open && !hall_alert(hall) && now_us >= awake_us;
    standby->until = standby->is_asleep ? state.until : HOURS_NEVER;
    standby->again_us = !state.is_open && now_us < awake_us ? awake_us : INT64_MAX;
}

void standby_text(const struct standby *standby, const struct scene_clock *clock, char *out, size_t size)
{
    char until[16] = "";
    if (standby->is_asleep)
        hours_text(minute_of(clock), standby->until, until, sizeof until);
    snprintf(out, size, "%s%s", standby->is_asleep ? "standby until " : "", until);
}
