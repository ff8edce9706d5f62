#include "board/walls.h"

#include "board/calls.h"

#include <stdio.h>
#include <string.h>

void walls_mark(struct board *board)
{
    for (unsigned i = 0; i < board->config->nscreens; i++)
        board->wall[i].is_dirty = true;
}

/* ---- the walls ------------------------------------------------------------------------------- */
void walls_set_up(struct board *board)
{
    const struct config *config = board->config;
    const struct wall_events events = { .data = board,
                                        .flipped = calls_flipped,
                                        .changed = calls_wall_changed };
    for (unsigned i = 0; i < config->nscreens; i++)
        wall_init(&board->wall[i], board->loop, NULL, board->fonts, config, i, &events);
    memset(board->standby, 0, sizeof board->standby);
}

void walls_take_down(struct board *board)
{
    for (unsigned i = 0; i < board->config->nscreens; i++)
        wall_finish(&board->wall[i]);
}

void walls_set_power(struct board *board, int64_t now_us)
{
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        struct standby *standby = &board->standby[i];
        standby_decide(standby, &board->config->screen[i], &board->hall, &board->clock, now_us);
        wall_set_power(&board->wall[i], !standby->is_asleep, now_us);
    }
}

void walls_detail(const struct board *board, unsigned index, char *out, size_t size)
{
    const struct wall *wall = &board->wall[index];
    if (wall->state == WALL_STANDBY && board->standby[index].is_asleep)
        standby_text(&board->standby[index], &board->clock, out, size);
    else
        snprintf(out, size, "%s", wall->detail);
}

void walls_present(struct board *board, const struct scene_input *input, int64_t now_us)
{
    walls_set_power(board, now_us);
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        struct wall *wall = &board->wall[i];
        wall_tick(wall, now_us);
        wall->is_dirty |= announce_tick(&wall->announce, now_us);
        wall_present(wall, input, now_us);
    }
}

bool walls_are_flipping(const struct board *board)
{
    for (unsigned i = 0; i < board->config->nscreens; i++)
        if (wall_is_flipping(&board->wall[i]))
            return true;
    return false;
}

int64_t walls_deadline_us(const struct board *board)
{
    int64_t at_us = INT64_MAX;
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        int64_t wall_us = wall_deadline_us(&board->wall[i]);
        at_us = wall_us < at_us ? wall_us : at_us;
        at_us = board->standby[i].again_us < at_us ? board->standby[i].again_us : at_us;
    }
    return at_us;
}
