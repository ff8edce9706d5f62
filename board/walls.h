/* All walls of the board, and the outputs below them. */
#pragma once

#include "board/board.h"

/* The walls of board->config. The outputs exist while a screen of the hall file is kms, and stay over a reload. 0 or -ENOMEM. */
int walls_set_up(struct board *board);
/* Before `fresh` takes the place of board->config: a screen whose device stays the same stays open, since a television takes
 * seconds to follow a mode. NULL: all are closed. */
void walls_take_down(struct board *board, const struct config *fresh);
/* Takes the outputs down, too. */
void walls_finish(struct board *board);
/* What every wall shows may have changed. */
void walls_mark(struct board *board);
/* Displays sleep and wake, as hours, clock and hall want it now. Before a call is promised to a wall, too: it may wake one. */
void walls_set_power(struct board *board, int64_t now_us);
/* One turn: power, opens and watches the devices, moves the panels on, paints. `input` as for wall_present(). */
void walls_present(struct board *board, const struct scene_input *input, int64_t now_us);
/* Why a wall is not shown, or not as the hall file wants it; "standby until 08:00" while its hours are over. "": all is well. */
void walls_detail(const struct board *board, unsigned index, char *out, size_t size);
/* Asks the displays what they are, for what no event told of: once a minute, with the clock; every 10 s by itself while a kms
 * screen waits for its display. */
void walls_probe(struct board *board);
bool walls_are_flipping(const struct board *board);
int64_t walls_deadline_us(const struct board *board);
