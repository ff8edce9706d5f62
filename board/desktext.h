/* What the LED board above a desk shows, from the desk's state. Pure. */
#pragma once

#include "board/hall.h"
#include "protocol/feed.h"

/* Called: the ticket, blinking; being served: the ticket, steady; closed or paused: dashes, so that a dark
 * board always means a fault; open without a visitor: blank; truth lost (blanked): dashes. */
void desktext(const struct hall_desk *desk, const struct led_profile *profile, enum feed_truth truth,
              struct led_text *text);
