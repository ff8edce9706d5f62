/* Melodies: notes to edges of one digital line. Pure.
 *
 * One line, two levels: loudness is the width of the pulse (duty = asin(amplitude)/pi gives the fundamental's
 * amplitude), lowered in steps as the note decays: 0, -6, -12 and -18 dB, a quarter of the note each, because
 * a struck bell loses equal dB in equal times and pulses below -18 dB are narrower than user space can time.
 * Edge times come from an exact rational clock (period k of a note starts at k * 10^9 / hz, rounded once), so
 * that pitch errors do not add up.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MELODY_NOTES_MAX  16
#define MELODY_MS_MAX     6000  /* a chime of 10 minutes is a mistake in the file */
#define MELODY_EDGES_MAX  16384 /* 6 s at 1365 Hz */
#define NOTE_HZ_MIN       100
#define NOTE_HZ_MAX       2500 /* above, age-related hearing loss hides it */
#define NOTE_MS_MIN       10   /* at least one period of the lowest note */
#define NOTE_PAUSE_MS_MAX 2000
#define NOTE_DECAY_MS_MIN 200
#define NOTE_DECAY_MS_MAX 4000
#define NOTE_MS_MAX       2500 /* longer is a continuous tone: an alarm */

struct note {
    uint16_t hz;       /* NOTE_HZ_MIN..NOTE_HZ_MAX */
    uint16_t ms;       /* sounding time, NOTE_MS_MIN..NOTE_MS_MAX */
    uint16_t pause_ms; /* silence after it, 0..NOTE_PAUSE_MS_MAX */
    uint16_t
        decay_ms; /* a bell falls by 60 dB in it, NOTE_DECAY_MS_MIN..MAX, 0: 1600; a pin has one decay for all */
};
struct melody {
    char id[33];
    uint8_t nnotes;
    struct note note[MELODY_NOTES_MAX];
};
/* gong3: 660-550-440 Hz, gong2: 660-550 Hz, gong1: 660 Hz (the gongs of public-address sets); soft3, soft1: an octave lower, for
 * where children are; test: four rising notes over two octaves. NULL for an unknown id. */
const struct melody *melody_find(const char *id);
const struct melody *melody_at(unsigned index); /* NULL past the end */

/* NULL if it may be played, else the reason. Besides the limits above, what sounds like an alarm is refused:
 * a figure that repeats (ISO 8201 temporal-3, NF S 32-001 two-tone) and a sweep (DIN 33404: five or more
 * notes in one direction). */
const char *melody_defect(const struct melody *melody);

/* An edge: the line goes to `level` at at_ns after the start. Levels alternate, the first is 1 at 0 ns, the
 * last is 0. */
struct edge {
    int64_t at_ns;
    uint8_t level;
};
/* Number of edges written. -EINVAL: the melody has a defect, or the volume is not 1..100 (a muted chime is
 * not played at all); -E2BIG: more than `capacity`. The volume is the amplitude of the fundamental; no pulse
 * is narrower than 30 us. */
int melody_edges(const struct melody *melody, unsigned volume_percent, struct edge *edge, size_t capacity);
/* From the first edge to the end of the last note. */
int melody_length_ms(const struct melody *melody);
