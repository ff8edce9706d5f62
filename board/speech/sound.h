/* Sounds of words: made alike, and joined to sentences. Pure; one channel, samples from -1 to 1, SOUND_HZ.
 *
 * A word is cut to what is heard of it: from the first to the last stretch of 5 ms that is within 40 dB of its loudest one (and
 * above -60 dB of full scale), with 5 ms around. Its level is the mean power of the stretches of 10 ms within 20 dB of the
 * loudest one, so that pauses within it do not count: SOUND_LEVEL_DB for each, whoever recorded it and how. Peaks
 * beyond 0.7 of full scale are bent so that none exceeds 0.89 (-1 dB).
 *
 * Words overlap by SOUND_OVERLAP_MS and fade into each other at equal power: no gap is left between them, and no click. A sentence fades
 * in and out within 5 ms.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOUND_HZ       48000 /* CHIME_VOICE_HZ */
#define SOUND_MAX      (60 * SOUND_HZ)
#define SOUND_WORD_MAX (30 * SOUND_HZ) /* a notice in one clip */
#define SOUND_LEVEL_DB                                                                                       \
    (-20.0) /* of full scale: with the peaks of speech what a melody has at the same volume */
#define SOUND_OVERLAP_MS 40
#define SOUND_FADE_MS    5

struct sound {
    float *samples; /* malloc */
    size_t count;
};
void sound_finish(struct sound *sound);

/* Cuts and levels a word. 0, or -ENODATA: nothing is heard in it; it stays as it was. */
int sound_prepare(struct sound *sound);
/* The level as above, in dB of full scale; -120 for silence. */
double sound_level_db(const float *samples, size_t count);

/* From another rate, by a sinc under a Kaiser window: flat within 0.1 dB up to 0.4 of the lower rate, what would fold is down by
 * 60 dB above 0.6 of it. The rates must have a common divisor that makes at most SOUND_PHASES of it, as all rates of recordings have.
 * The old samples are freed. 0, -EINVAL (rate), -ENOMEM: it stays as it was. */
#define SOUND_PHASES 640 /* 11025 Hz */
bool sound_knows_rate(unsigned rate_hz);
int sound_resample(struct sound *sound, unsigned rate_hz);

/* A sentence in the making, in the caller's memory. */
struct joined {
    int16_t *samples;
    size_t count, max;
    size_t overlap; /* samples at the end that the next word may cover */
};
/* Adds a prepared word, over the end of the one before unless there was a pause. 0, -E2BIG: it does not fit, and nothing is added. */
int joined_add(struct joined *joined, const struct sound *word);
/* Ends a phrase: the last word fades out, and `ms` of silence follow. -E2BIG. */
int joined_pause(struct joined *joined, unsigned ms);
