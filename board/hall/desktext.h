/* What the LED board above a desk shows, from the desk's state. Pure. */
#pragma once

#include "board/hall/hall.h"
#include "protocol/feed.h"

/* Called: the ticket, blinking; being served: the ticket, steady; closed or paused: dashes, so that a dark
 * board always means a fault; open without a visitor: blank; truth lost (blanked): dashes. A board for numbers
 * only has no dashes and stays dark instead. 0, or what led_fold() says (with `why`) of a ticket that the cells
 * cannot show truly: then the text is dashes, too. `led`: the hall's letters and colours. */
int desktext(const struct hall_desk *desk, const struct led_profile *profile, const struct config_led *led,
             enum feed_truth truth, struct led_text *text, char *why, size_t why_size);
