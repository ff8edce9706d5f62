/* Whether a wall's display is to be on. Level, not edge: it follows from the hours, the clock and the hall as they are
 * now. Pure.
 *
 * A display sleeps outside its hours, but not while an alert stands, and not within its awake_minutes after a call to a
 * desk of its zones: a visitor who came late must see the call. A snapshot that says "called" counts as a call when it is
 * first heard. While the wall clock is not known, nothing sleeps.
 */
#pragma once

#include "board/scene/scene.h"

struct standby {
    bool is_asleep;
    int until;         /* minute of the week when its hours begin, HOURS_NEVER while awake */
    int64_t called_us; /* newest call that its zones have seen, 0 none */
    int64_t again_us;  /* decide again then, besides at each minute of the clock; INT64_MAX */
};

/* A zeroed struct is one that has seen nothing. */
void standby_decide(struct standby *standby, const struct config_screen *screen, const struct hall *hall,
                    const struct scene_clock *clock, int64_t now_us);
/* "standby until 08:00", or "" while awake. */
void standby_text(const struct standby *standby, const struct scene_clock *clock, char *out, size_t size);
