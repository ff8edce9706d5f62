/* Tells the service manager that the board is up, and then again and again that it does its work, by systemd's protocol
 * ($NOTIFY_SOCKET and $WATCHDOG_USEC, sd_notify(3)): no library of systemd is needed for two words on a socket. Without the two
 * variables nothing happens, and nothing wakes up.
 *
 * It is told three times in the time that was given. It is no longer told, so that the service is started again, when
 *   - the loop stands, or a turn of the feed, the hall and the outlets is overdue by WATCHDOG_PATIENCE_US;
 *   - a screen that takes frames owes a picture for so long, without one on its way;
 *   - a bus's worker has not taken for so long what it was given.
 * Never for what a restart does not mend: a broker, a queue server, a display or an LED board that is away, a screen whose kernel
 * driver hangs, a child process that dies.
 */
#pragma once

#include "board/config/config.h"

#include <stdbool.h>
#include <stdint.h>

#define WATCHDOG_PATIENCE_US 30000000

struct watchdog_facts {
    int64_t turn_us; /* when the next turn was due */
    unsigned nscreens, nbuses;
    bool is_owing[SCREENS_MAX];      /* a picture, to a device that takes frames and has none on its way */
    int64_t waiting_us[BUSES_MAX];   /* since when the worker has something to take; 0: it has taken all */
    const char *screen[SCREENS_MAX]; /* ids, borrowed */
    const char *bus[BUSES_MAX];
};

struct watchdog {
    int64_t period_us; /* 0: nobody listens */
    int64_t next_us;
    bool is_told; /* the defect */
    int64_t owing_us[SCREENS_MAX];
};

/* Reads the environment. */
void watchdog_init(struct watchdog *watchdog, int64_t now_us);
/* The board is up: READY=1. */
void watchdog_ready(void);
/* Call it at watchdog->next_us (INT64_MAX: never) or when you like: tells that all is well, or logs once that it is not. */
void watchdog_tick(struct watchdog *watchdog, const struct watchdog_facts *facts, int64_t now_us);
/* What does not turn, in `why`; false: everything does. */
bool watchdog_finds(struct watchdog *watchdog, const struct watchdog_facts *facts, int64_t now_us, char *why,
                    size_t size);
