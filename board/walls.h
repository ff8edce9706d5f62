/* All walls of the board. */
#pragma once

#include "board/board.h"

void walls_set_up(struct board *board); /* those of board->config */
void walls_take_down(struct board *board);
/* What every wall shows may have changed. */
void walls_mark(struct board *board);
/* One turn: opens and watches the devices, moves the panels on, paints. `input` as for wall_present(). */
void walls_present(struct board *board, const struct scene_input *input, int64_t now_us);
bool walls_are_flipping(const struct board *board);
int64_t walls_deadline_us(const struct board *board);
