/* The contact of the fire alarm system, on a GPIO line: while it is active, the hall is silent, so that the evacuation is heard.
 *
 * The level counts, not its edges: it is read at the start, at each edge and once a second. 10 ms of it begin the silence, a whole
 * second without ends it: relays bounce, and evacuation tones pause. A line that cannot be read is reported and tried
 * again, after 1 s first and then up to every minute, and silences nothing: a board without its alarm still calls.
 */
#pragma once

#include "board/config/config.h"
#include "board/loop.h"

struct fire_alarm;
/* `on_change` is called when the state changes, never from here. The configuration stays the caller's and has a line. NULL: no
 * memory. */
struct fire_alarm *fire_alarm_create(struct loop *loop, const struct config_fire_alarm *config,
                                     void (*on_change)(void *data), void *data);
void fire_alarm_destroy(struct fire_alarm *alarm); /* NULL is fine */

/* NULL is an alarm that never comes. */
bool fire_alarm_is_on(const struct fire_alarm *alarm);
const char *fire_alarm_state(const struct fire_alarm *alarm);  /* "quiet", "alarm" or "absent" */
const char *fire_alarm_detail(const struct fire_alarm *alarm); /* why it is absent; "" */
