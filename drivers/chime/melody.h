/* Melodies: notes to edges of one digital line. Pure.
 *
 * One line, two levels: loudness is the width of the pulse (duty = asin(amplitude)/pi gives the fundamental's amplitude),
 * lowered in steps as the note decays. Edge times come from an exact rational clock, so that pitch errors do not add up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MELODY_NOTES_MAX 16
#define MELODY_MS_MAX    6000
#define MELODY_EDGES_MAX 16384

struct note {
    uint16_t hz;       /* 100..2500: above, age-related hearing loss hides it */
    uint16_t ms;       /* sounding time */
    uint16_t pause_ms; /* silence after it */
};
struct melody {
    char id[33];
    uint8_t nnotes;
    struct note note[MELODY_NOTES_MAX];
};
/* gong3: 660-550-440 Hz, gong1: 660 Hz. NULL for an unknown id. */
const struct melody *melody_find(const char *id);
const struct melody *melody_at(unsigned index); /* NULL past the end */

/* An edge: the line goes to `level` at at_ns after the start. Levels alternate, the last one is 0. */
struct edge {
    int64_t at_ns;
    uint8_t level;
};
/* Number of edges written, or -E2BIG / -EINVAL. */
int melody_edges(const struct melody *melody, unsigned volume_percent, struct edge *edge, size_t capacity);
int melody_length_ms(const struct melody *melody);
