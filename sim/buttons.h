/* The buttons of the demo page as steps of the queue server. */
#pragma once

#include "sim/queue.h"

/* action: call, recall, serve, done, no_show, pause, open. "call" does what a clerk would: opens the desk, ends the visit that
 * is still there, and calls the next one; when nobody waits, somebody comes. 0 or -errno with a sentence in `error`. */
int buttons_press(struct queue *queue, unsigned desk, const char *action, char *error, size_t error_size);
/* The evacuation text on all walls, in the languages of the hall. */
int buttons_alert(struct queue *queue, const struct config *config, bool is_on, char *error,
                  size_t error_size);
