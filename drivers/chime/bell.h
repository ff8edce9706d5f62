/* Melodies as a struck bell: notes to samples. Pure; allocates nothing.
 *
 * A note is four partials (1, 2, 3.01 and 4.1 times its frequency, the higher ones weaker and shorter) that lose equal dB in
 * equal times and ring on under the notes that follow; the last one rings out. The fundamental falls by 60 dB in the note's decay, 1.6 s where it has none, which
 * keeps three notes apart and still sounds like metal; the sound ends 1.2 s after the last stroke. Each partial is a resonator of two poles in double precision, so that
 * its pitch is exact and nothing accumulates.
 *
 * No sample is louder than 0.89 of full scale (-1 dB) at volume 100, whatever overlaps: the loudest case is calculated from
 * the melody before. Strokes rise within 3 ms and the end fades within 20 ms: no click.
 */
#pragma once

#include "drivers/chime/melody.h"

#define BELL_PARTIALS 4

struct bell_note {
    double b1[BELL_PARTIALS], b2[BELL_PARTIALS]; /* y[n] = b1 y[n-1] + b2 y[n-2] */
    double y1[BELL_PARTIALS], y2[BELL_PARTIALS];
};
struct bell {
    struct melody melody;
    unsigned rate_hz, nstruck;
    size_t at, length;              /* samples */
    size_t start[MELODY_NOTES_MAX]; /* the stroke of each note */
    double scale;
    struct bell_note note[MELODY_NOTES_MAX];
};
/* volume_percent 1..100 is the amplitude; rate_hz 8000..192000. The melody has no defect (melody.h). */
void bell_strike(struct bell *bell, const struct melody *melody, unsigned volume_percent, unsigned rate_hz);
/* The next samples, at most `count`; how many: fewer than count at the end, then 0. */
size_t bell_render(struct bell *bell, int16_t *samples, size_t count);
/* What is left of the fundamental `s` seconds after its stroke: 1 to 0. */
double bell_decayed(const struct note *note, double s);
/* From the first stroke until the last one has rung out. */
int bell_length_ms(const struct melody *melody);
