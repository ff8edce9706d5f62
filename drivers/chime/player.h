/* The thread of a chime: sleeps until there is something to play, plays it, and reports. What it plays is its owner's:
 * edges of a line (tone) or samples (alsa).
 *
 * The thread asks for SCHED_FIFO 50 (LimitRTPRIO= or CAP_SYS_NICE) and runs as a normal one where that is refused. Its stack
 * is touched before the first sound; locking memory (mlockall) is a decision of the process. All functions but player_post()
 * and player_is_stopping() belong to the thread of the loop.
 */
#pragma once

#include "drivers/chime/chime.h"

struct player;
/* `play` is called on the thread, once for each player_begin(), and posts STARTED and then FINISHED, FAILED or STOPPED, or one of the latter alone; it
 * ends within 20 ms once player_is_stopping(). 0, -ENOMEM, -EAGAIN (no more threads). */
int player_create(struct player **player, void (*play)(void *data), void *data);
void player_destroy(struct player *player); /* stops the sound and waits for the thread; NULL is fine */

/* From the last call of player_begin() until its last report is taken: what play() reads must not be touched. */
bool player_is_busy(const struct player *player);
void player_begin(struct player *player, uint64_t token);
int player_fd(const struct player *player); /* readable while there are reports */
bool player_take(struct player *player, struct chime_report *report);
bool player_is_realtime(const struct player *player);

/* What plays now ends within 20 ms; player_begin() forgets it. */
void player_stop(struct player *player);

/* On the thread. The token is that of player_begin(). */
bool player_is_stopping(const struct player *player);
void player_post(struct player *player, struct chime_report report);
