/* The player of edges: one thread that puts a table of edges on a line at their times. gpio-tone, gpio-pulse
 * and trace are sinks of it.
 *
 * The table is computed before the sound starts; the thread sleeps to absolute times (clock_nanosleep,
 * CLOCK_MONOTONIC) and busy-waits only the last 30 us of each sleep. The first edge goes out as soon as the
 * thread runs and is the origin of all others, so that nothing accumulates. An edge that is more than 100 us
 * late is not made up for: a late rise is skipped together with its pulse, a late fall is put out at once
 * (the line must not rest high), and the next edge keeps its time.
 *
 * The thread is a player (player.h); a play allocates nothing.
 *
 * The line is low at the end of a play, after an error of the sink, and after tone_destroy().
 * All functions belong to one thread, that of the loop; the sink is called on the player's thread, and on the
 * caller's thread only from tone_destroy() after the player ended.
 */
#pragma once

#include "drivers/chime/chime.h"

#define TONE_LATE_NS 100000 /* 7 % of a period at 660 Hz; beyond it a pulse adds more noise than tone */
#define TONE_SPIN_NS 30000

struct tone_sink {
    void *data;
    /* Puts the level on the line; now_ns is CLOCK_MONOTONIC. 0 or -errno. Must not wait. */
    int (*set)(void *data, bool level, int64_t now_ns);
    /* After each edge: the time until the next one (INT64_MAX after the last), for work that is slower than
     * an edge. 0 or -errno. May be NULL. */
    int (*gap)(void *data, int64_t now_ns, int64_t gap_ns);
};

struct tone;
/* Starts the thread. 0, -ENOMEM, -EAGAIN (no more threads). The sink's data outlives the tone. */
int tone_create(struct tone **tone, const struct tone_sink *sink);
void tone_destroy(
    struct tone *tone); /* stops the sound within 20 ms and waits for the thread; NULL is fine */

/* 0: the reports STARTED and then FINISHED, FAILED or STOPPED follow, or one of the latter alone. -EBUSY: the last report of the
 * play before has not been taken yet. -EINVAL, -E2BIG: as melody_edges(). */
int tone_play(struct tone *tone, const struct melody *melody, unsigned volume_percent, uint64_t token);
int tone_pulse(struct tone *tone, unsigned pulse_ms, uint64_t token); /* one pulse, never skipped */
/* No edge at all for so long; the sink's gap() is called once, at the start. The reports are those of a play. -EBUSY. */
int tone_rest(struct tone *tone, int64_t rest_ms, uint64_t token);
/* What plays now ends within 20 ms, low, and reports STOPPED; nothing plays: nothing happens. */
void tone_stop(struct tone *tone);
bool tone_is_busy(const struct tone *tone);
int tone_fd(const struct tone *tone); /* readable while there are reports */
bool tone_take(struct tone *tone, struct chime_report *report);
bool tone_is_realtime(const struct tone *tone);
