/* What a chime's trace file sounds like: the edges of the line back to tones, with the pitch and loudness that a speaker on
 * that line would have. Pure: bytes in, sounds out. It knows nothing of the melody that was meant.
 *
 * A tone begins when EAR_CYCLES cycles have the same length, and ends when the line is still for EAR_STILL_NS or the cycle
 * leaves its phase. Loudness is the fundamental of a pulse of that width, sin(pi * duty).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EAR_CYCLES   4
#define EAR_STILL_NS 12000000 /* one cycle of 100 Hz, the lowest note, and a little */

enum ear_kind { EAR_MELODY, EAR_ON, EAR_LEVEL, EAR_OFF };
struct ear_sound {
    uint8_t kind;     /* enum ear_kind */
    char melody[33];  /* EAR_MELODY: as the file calls it */
    double at_ms;     /* since the melody's first edge */
    double hz;        /* EAR_ON: of the first cycles; EAR_OFF: of the whole tone */
    double amplitude; /* EAR_ON, EAR_LEVEL: 0..1 */
};
typedef void (*ear_fn)(void *data, const struct ear_sound *sound);

/* Zeroed memory is an ear that heard nothing yet. */
struct ear {
    char line[64];
    unsigned length;
    bool has_start, is_tone;
    int64_t start_ns, first_ns, rise_ns, edge_ns; /* melody, tone, last rising edge, last edge */
    unsigned cycles;
    double amplitude; /* of the last finished pulse */
    double told;      /* amplitude that was told last */
};
void ear_feed(struct ear *ear, const char *bytes, size_t length, ear_fn fn, void *data);
/* Nothing more was written until now_ns (CLOCK_MONOTONIC): ends a tone that is over. */
void ear_wait(struct ear *ear, int64_t now_ns, ear_fn fn, void *data);
