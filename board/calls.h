/* The life of a call inside the board: what the feed says becomes the hall's state, panels, LED texts, sounds
 * and receipts. */
#pragma once

#include "board/board.h"

/* The sink of the feed; valid as long as the board. */
struct feed_sink calls_sink(struct board *board);
/* An event that holds, from the feed or from a technician. False if its desk is not in the hall file. */
bool calls_apply(struct board *board, const struct event *event, bool is_current, enum feed_sound sound,
                 int64_t received_us);
/* Looks whether the fonts have all characters of all notices: board->lacking, and a line in the log when that changes. */
void calls_note_lacking(struct board *board);
/* Answers for the calls that left a wall's announcing before a picture carried them. */
void calls_answer_gone(struct board *board, struct wall *wall);
/* For struct wall_events: what flipped on a wall that is seen was shown, and what a wall that is not seen carries has failed. */
void calls_flipped(void *board, struct wall *wall);
void calls_wall_changed(void *board, struct wall *wall);
