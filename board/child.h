/* Child processes of the service (link, console, voice): programs of their own, kezek-link and so on, restarted with back-off
 * when they die.
 *
 * A child gets the checked configuration as a sealed memory file on descriptor 4, so that it needs no file
 * system and sees exactly what the board accepted, and descriptor 3 if there is one (the link's record
 * socket). It dies with the board.
 */
#pragma once

#include "board/config/config.h"
#include "board/loop.h"

#include <sys/types.h>

#define CHILD_FD_SOCKET 3
#define CHILD_FD_CONFIG 4

struct child {
    const char *name; /* of kezek-NAME: "link" */
    pid_t pid;        /* 0: not running */
    int64_t delay_us; /* back-off: 0.2 s doubling to 10 s, reset after a minute of life */
    int64_t started_us;
    bool is_looping; /* it died again before it was stable: told once, then again when it is stable */
    uint64_t starts;
};

/* Forks and executes kezek-NAME. `fd` is passed as CHILD_FD_SOCKET (-1: none) and stays the caller's. 0
 * or -errno. */
int child_start(struct child *child, const struct config *config, int fd, int64_t now_us);
/* The child died (status of waitpid). Logs why, but not each time that it dies again within a minute of its start;
 * returns when to start it again. */
int64_t child_died(struct child *child, int status, int64_t now_us);
/* Logs that a child which died again and again has lived for a minute. Call it at child_deadline_us() (INT64_MAX:
 * no need), or when you like. */
void child_tick(struct child *child, int64_t now_us);
int64_t child_deadline_us(const struct child *child);
void child_stop(struct child *child); /* SIGTERM, waits up to 2 s, then SIGKILL */

/* main() of kezek-NAME: runs it with the configuration from CHILD_FD_CONFIG, unless that does not fit this program file (it was
 * replaced while the service ran) or there is none (started by hand). What is owned by pointer
 * (LED profiles, grammars, images) stays behind: NULL. */
int child_main(int argc, char **argv, const char *name, int (*run)(struct config *config));
