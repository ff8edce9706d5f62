#include "board/board.h"

#include "board/check/check.h"
#include "board/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct refusal {
    char *first;
    size_t size;
};

static void refuse(void *data, const char *line)
{
    struct refusal *refusal = data;
    log_error("%s", line);
    if (refusal->size && !refusal->first[0])
        snprintf(refusal->first, refusal->size, "%s", line);
}

/* NULL: refused, and `error` has the first complaint. */
static struct config *load_again(struct board *board, char *error, size_t error_size)
{
    struct refusal refusal = { error, error_size };
    struct json_report report = { .line = refuse, .data = &refusal, .file = board->config->path };
    struct config *fresh = config_load(board->config->path, &board->paths, &report);
    if (fresh && check_glyphs(fresh, board->fonts, stderr) > 0) {
        snprintf(error, error_size, "characters without a glyph; the log names them");
        config_destroy(fresh);
        fresh = NULL;
    }
    if (fresh && !check_legible(fresh, board->fonts, error, error_size)) {
        log_error("%s", error);
        config_destroy(fresh);
        fresh = NULL;
    }
    return fresh;
}

/* The feed speaks for one board of one hall and has one time-out; else it stays, and with it the truth. */
static bool keeps_feed(const struct config *old, const struct config *fresh)
{
    return strcmp(old->hall, fresh->hall) == 0 && strcmp(old->board, fresh->board) == 0 &&
           old->calls.ttl_ms == fresh->calls.ttl_ms;
}

static int take_over(struct board *board, struct config *fresh)
{
    struct config *old = board->config;
    struct hall *hall = malloc(sizeof *hall);
    if (!hall) {
        config_destroy(fresh);
        return -ENOMEM;
    }
    *hall = board->hall;
    feed_disconnected(board->feed, clock_us());
    if (!keeps_feed(old, fresh)) {
        feed_destroy(board->feed);
        board->feed = NULL;
    }
    bool has_feed = board->feed != NULL;
    board->config = fresh;
    int error = board_set_up(board);
    if (error == 0 && has_feed)
        hall_adopt(&board->hall, hall);
    for (unsigned i = 0; error == 0 && i < fresh->nscreens; i++)
        announce_restore(&board->wall[i].announce, &board->hall, clock_us());
    if (error == 0)
        desks_update_all(board->desks, &board->hall, board->truth);
    free(hall);
    config_destroy(old);
    return error;
}

int board_reload(struct board *board, char *error, size_t error_size)
{
    error[0] = '\0';
    struct config *fresh = load_again(board, error, error_size);
    if (!fresh) {
        log_error("reload: refused, the old hall file stays in force");
        return -EINVAL;
    }
    config_destroy(board->fresh);
    board->fresh = fresh;
    board_soon(board);
    return 0;
}

/* Processes and devices but for screens are set up anew; what is known of the hall stays. */
int reload_put_in_force(struct board *board)
{
    struct config *fresh = board->fresh;
    board->fresh = NULL;
    board_stop_children(board);
    board_take_down(board, fresh);
    board->link = (struct record_link){ 0 };
    board->link_start_us = board->console_start_us = 0;
    if (take_over(board, fresh) < 0) {
        log_error("reload: out of memory");
        loop_quit(board->loop, 1);
        return -ENOMEM;
    }
    log_info("reload: %s is in force", fresh->path);
    return 0;
}
