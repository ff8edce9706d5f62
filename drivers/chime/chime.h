/* Class chime: a speaker. Backends: gpio-tone (edges on a line, own real-time thread), gpio-pulse (triggers a ready chime
 * module), trace (the same edges at the same times, written to a file).
 *
 * A chime plays one melody at a time; a request while one plays is refused with -EBUSY (announcing decides what waits).
 * Nothing here waits for the sound.
 */
#pragma once

#include "drivers/chime/melody.h"

struct chime_config {
    char id[33];
    char driver[16];  /* gpio-tone | gpio-pulse | trace */
    char chip[64];
    char line[33];
    bool is_active_low;
    uint16_t pulse_ms; /* gpio-pulse: 50..1000 */
    char file[108];    /* trace */
};

enum chime_result { CHIME_STARTED, CHIME_FINISHED, CHIME_FAILED };
struct chime_report {
    uint64_t token;
    enum chime_result result;
    int error;           /* negative errno for CHIME_FAILED */
    int64_t at_us;       /* CLOCK_MONOTONIC: first edge (started), last edge (finished) */
    uint32_t edges, late_edges; /* late: skipped, not shifted */
    char detail[80];
};

struct chime;
struct chime_ops {
    const char *name;
    int (*open)(struct chime **chime, const struct chime_config *config, char *error, size_t error_size);
    void (*close)(struct chime *chime); /* stops the sound; the line ends low */
    int (*play)(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token);
    int (*fd)(struct chime *chime);
    bool (*take)(struct chime *chime, struct chime_report *report);
    bool (*is_realtime)(struct chime *chime); /* SCHED_FIFO was granted */
};
extern const struct chime_ops chime_gpio_tone, chime_gpio_pulse, chime_trace;
const struct chime_ops *chime_backend(const char *name);

/* Trace file, one line an edge: "<CLOCK_MONOTONIC ns> <0|1>\n"; a line "# <melody id>" before each melody. */
