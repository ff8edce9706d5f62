#include "board/walls.h"

#include "board/calls.h"
#include "board/log.h"
#include "drivers/screen/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PROBE_US 10000000

void walls_mark(struct board *board)
{
    for (unsigned i = 0; i < board->config->nscreens; i++)
        board->wall[i].is_dirty = true;
}

/* ---- outputs --------------------------------------------------------------------------------- */
static bool is_output(const struct config_screen *screen)
{
    return strcmp(screen->device.driver, "kms") == 0;
}

static void outputs_ready(void *data, uint32_t events)
{
    (void)events;
    struct board *board = data;
    if (!outputs_dispatch(board->outputs))
        return;
    int64_t now_us = clock_us();
    for (unsigned i = 0; i < board->config->nscreens; i++)
        wall_look(&board->wall[i], now_us);
    board_soon(board);
}

static int open_outputs(struct board *board)
{
    board->probe_us = INT64_MAX;
    board->outputs = outputs_create();
    if (board->outputs)
        board->outputs_source =
            loop_add(board->loop, outputs_fd(board->outputs), EPOLLIN, "outputs", outputs_ready, board);
    if (board->outputs_source)
        return 0;
    log_error("outputs: %s", strerror(errno));
    walls_finish(board);
    return -ENOMEM;
}

void walls_finish(struct board *board)
{
    char names[160];
    loop_remove(board->outputs_source);
    if (board->outputs && !outputs_settle(board->outputs, names, sizeof names))
        log_warn("outputs: %s: the driver does not let go; what hangs in the kernel for ever takes a restart "
                 "of the board",
                 names);
    outputs_destroy(board->outputs);
    board->outputs_source = NULL;
    board->outputs = NULL;
}

/* Some kernels lose a plug, and nobody tells that another program let go of a card. A display in stand-by is left alone. */
static bool waits(const struct wall *wall)
{
    return is_output(wall->config) && wall->state != WALL_SHOWN && wall->state != WALL_STANDBY;
}

void walls_probe(struct board *board)
{
    if (board->outputs)
        outputs_probe(board->outputs);
}

static void probe_in_time(struct board *board, int64_t now_us)
{
    bool is_waiting = false;
    for (unsigned i = 0; i < board->config->nscreens; i++)
        is_waiting |= waits(&board->wall[i]);
    if (is_waiting && now_us >= board->probe_us)
        walls_probe(board);
    if (!is_waiting)
        board->probe_us = INT64_MAX;
    else if (board->probe_us == INT64_MAX || now_us >= board->probe_us)
        board->probe_us = now_us + PROBE_US;
}

/* ---- the walls ------------------------------------------------------------------------------- */
int walls_set_up(struct board *board)
{
    const struct config *config = board->config;
    const struct wall_events events = { .data = board,
                                        .flipped = calls_flipped,
                                        .changed = calls_wall_changed };
    bool has_output = false;
    for (unsigned i = 0; i < config->nscreens; i++)
        has_output |= is_output(&config->screen[i]);
    if (!has_output)
        walls_finish(board);
    else if (!board->outputs && open_outputs(board) < 0)
        return -ENOMEM;
    for (unsigned i = 0; i < config->nscreens; i++)
        if (board->wall[i].loop)
            wall_change(&board->wall[i], config, i);
        else
            wall_init(&board->wall[i], board->loop, board->outputs, board->fonts, config, i, &events);
    memset(board->standby, 0, sizeof board->standby);
    return 0;
}

static bool is_same_device(const struct screen_config *a, const struct screen_config *b)
{
    return strcmp(a->id, b->id) == 0 && strcmp(a->driver, b->driver) == 0 &&
           strcmp(a->output, b->output) == 0 && strcmp(a->path, b->path) == 0 && a->width == b->width &&
           a->height == b->height && a->refresh_hz == b->refresh_hz && a->rotation == b->rotation &&
           a->format == b->format && a->kms == b->kms;
}

void walls_take_down(struct board *board, const struct config *fresh)
{
    const struct config *old = board->config;
    for (unsigned i = 0; i < old->nscreens; i++)
        if (!fresh || i >= fresh->nscreens ||
            !is_same_device(&old->screen[i].device, &fresh->screen[i].device))
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
        wall->is_dirty |= announce_hide(&wall->announce, wall_hides_calls(wall, input), now_us);
        wall->is_dirty |= announce_tick(&wall->announce, now_us);
        calls_answer_gone(board, wall);
        wall_present(wall, input, now_us);
    }
    if (board->outputs)
        probe_in_time(board, now_us);
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
    int64_t at_us = board->outputs ? board->probe_us : INT64_MAX;
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        int64_t wall_us = wall_deadline_us(&board->wall[i]);
        at_us = wall_us < at_us ? wall_us : at_us;
        at_us = board->standby[i].again_us < at_us ? board->standby[i].again_us : at_us;
    }
    return at_us;
}
