/* Sounds for tests of speech, and measures of what was made of them. One test file a program includes this. */
#pragma once

#include "board/speech/sound.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MS (SOUND_HZ / 1000)

/* A tone between two silences. */
static inline struct sound tone_between(unsigned before_ms, unsigned tone_ms, unsigned after_ms, double hz,
                                        double amplitude)
{
    struct sound sound = { .count = (size_t)(before_ms + tone_ms + after_ms) * MS };
    sound.samples = calloc(sound.count + 1, sizeof *sound.samples);
    for (size_t i = 0; i < (size_t)tone_ms * MS; i++)
        sound.samples[before_ms * MS + i] = (float)(amplitude * sin(2 * M_PI * hz * (double)i / SOUND_HZ));
    return sound;
}

/* The longest stretch, in ms, whose pieces of 5 ms are all 50 dB below full scale; not at the ends. */
static inline unsigned longest_gap_ms(const int16_t *samples, size_t count)
{
    unsigned longest = 0, gap = 0;
    bool has_begun = false;
    for (size_t at = 0; at + 5 * MS <= count; at += 5 * MS) {
        double sum = 0;
        for (size_t i = 0; i < 5 * MS; i++)
            sum += pow(samples[at + i] / 32767.0, 2);
        bool is_quiet = sqrt(sum / (5 * MS)) < 0.00316;
        if (!is_quiet && has_begun && gap > longest)
            longest = gap;
        has_begun = has_begun || !is_quiet;
        gap = is_quiet ? gap + 5 : 0;
    }
    return longest;
}

/* The largest jump from one sample to the next, of full scale. */
static inline double largest_step(const int16_t *samples, size_t count)
{
    double most = count ? fabs(samples[0] / 32767.0) : 0;
    for (size_t i = 1; i < count; i++)
        most = fmax(most, fabs((samples[i] - samples[i - 1]) / 32767.0));
    return count ? fmax(most, fabs(samples[count - 1] / 32767.0)) : 0;
}

static inline double level_of(const int16_t *samples, size_t count)
{
    float *copy = malloc((count + 1) * sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = samples[i] / 32767.0F;
    double level = sound_level_db(copy, count);
    free(copy);
    return level;
}

/* How much of a tone of `hz` there is: its amplitude, by one bin of a transform. */
static inline double tone_in(const float *samples, size_t count, double hz, double rate)
{
    double re = 0, im = 0;
    for (size_t i = 0; i < count; i++) {
        double window = 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)count);
        re += window * (double)samples[i] * cos(2 * M_PI * hz * (double)i / rate);
        im += window * (double)samples[i] * sin(2 * M_PI * hz * (double)i / rate);
    }
    return 4 * hypot(re, im) / (double)count;
}
