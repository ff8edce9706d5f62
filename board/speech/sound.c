#include "board/speech/sound.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FINE       (SOUND_HZ / 200) /* 5 ms */
#define COARSE     (SOUND_HZ / 100) /* 10 ms */
#define HEARD      0.01             /* -40 dB of the loudest stretch */
#define FLOOR      0.001            /* -60 dB of full scale */
#define ACTIVE     0.1              /* -20 dB of the loudest stretch */
#define BEND       0.7
#define CEILING    0.89
#define FULL_SCALE 32767.0
#define TAPS       48 /* of one phase, at rates below ours */
#define BETA       6.0

void sound_finish(struct sound *sound)
{
    free(sound->samples);
    *sound = (struct sound){ 0 };
}

/* ---- level ----------------------------------------------------------------------------------- */

static double mean_square(const float *samples, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)samples[i] * (double)samples[i];
    return count ? sum / (double)count : 0;
}

static size_t stretch(size_t at, size_t count, size_t length)
{
    return count - at < length ? count - at : length;
}

static double loudest(const float *samples, size_t count, size_t length)
{
    double most = 0;
    for (size_t at = 0; at < count; at += length)
        most = fmax(most, mean_square(samples + at, stretch(at, count, length)));
    return sqrt(most);
}

static double level(const float *samples, size_t count)
{
    double floor = loudest(samples, count, COARSE) * ACTIVE, sum = 0;
    size_t active = 0;
    for (size_t at = 0; at < count; at += COARSE) {
        size_t length = stretch(at, count, COARSE);
        double square = mean_square(samples + at, length);
        if (square > 0 && square >= floor * floor) {
            sum += square * (double)length;
            active += length;
        }
    }
    return active ? sqrt(sum / (double)active) : 0;
}

double sound_level_db(const float *samples, size_t count)
{
    double amplitude = level(samples, count);
    return amplitude > 1e-6 ? 20 * log10(amplitude) : -120;
}

static float bent(double sample)
{
    double size = fabs(sample), room = CEILING - BEND;
    return (float)(size <= BEND ? sample : copysign(BEND + room * tanh((size - BEND) / room), sample));
}

/* ---- one word -------------------------------------------------------------------------------- */

static bool is_heard(const struct sound *sound, size_t at, double floor)
{
    return mean_square(sound->samples + at, stretch(at, sound->count, FINE)) > floor * floor;
}

static bool cut(struct sound *sound)
{
    double floor = fmax(loudest(sound->samples, sound->count, FINE) * HEARD, FLOOR);
    size_t from = 0, to = sound->count / FINE * FINE;
    while (from < sound->count && !is_heard(sound, from, floor))
        from += FINE;
    if (from >= sound->count)
        return false;
    while (to >= sound->count || !is_heard(sound, to, floor))
        to -= FINE;
    from = from > FINE ? from - FINE : 0;
    to = to + 2 * FINE < sound->count ? to + 2 * FINE : sound->count;
    memmove(sound->samples, sound->samples + from, (to - from) * sizeof *sound->samples);
    sound->count = to - from;
    return true;
}

int sound_prepare(struct sound *sound)
{
    if (!sound->count || !cut(sound))
        return -ENODATA;
    double gain = pow(10, SOUND_LEVEL_DB / 20) / level(sound->samples, sound->count);
    for (size_t i = 0; i < sound->count; i++)
        sound->samples[i] = bent((double)sound->samples[i] * gain);
    return 0;
}

/* ---- rates ----------------------------------------------------------------------------------- */

static unsigned divisor(unsigned a, unsigned b)
{
    while (b) {
        unsigned rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool sound_knows_rate(unsigned rate_hz)
{
    return rate_hz >= 8000 && rate_hz <= 192000 && SOUND_HZ / divisor(SOUND_HZ, rate_hz) <= SOUND_PHASES;
}

static double bessel(double x)
{
    double sum = 1, term = 1;
    for (int k = 1; k < 30; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* The filter at a distance from the wanted instant, in old samples; `cutoff` of their rate, half a `width` to each side. */
static double kernel(double distance, double cutoff, double width)
{
    double edge = 2 * distance / width, x = M_PI * 2 * cutoff * distance;
    if (fabs(edge) >= 1)
        return 0;
    return 2 * cutoff * (fabs(x) < 1e-9 ? 1 : sin(x) / x) * bessel(BETA * sqrt(1 - edge * edge)) /
           bessel(BETA);
}

struct filter {
    unsigned up, down, taps; /* SOUND_HZ / rate is up / down */
    float *weight;           /* [up][taps] */
};

static int make_filter(struct filter *filter, unsigned rate_hz)
{
    unsigned common = divisor(SOUND_HZ, rate_hz);
    double cutoff = 0.5 * fmin(1, (double)SOUND_HZ / rate_hz);
    filter->up = SOUND_HZ / common;
    filter->down = rate_hz / common;
    filter->taps = 2 * (unsigned)ceil(TAPS / 2.0 * fmax(1, (double)rate_hz / SOUND_HZ));
    filter->weight = malloc(sizeof *filter->weight * filter->up * filter->taps);
    if (!filter->weight)
        return -ENOMEM;
    for (unsigned phase = 0; phase < filter->up; phase++)
        for (unsigned tap = 0; tap < filter->taps; tap++) {
            double distance = (double)tap - (double)filter->taps / 2 + 1 - (double)phase / (double)filter->up;
            filter->weight[phase * filter->taps + tap] =
                (float)kernel(distance, cutoff, (double)filter->taps);
        }
    return 0;
}

static float filtered(const struct filter *filter, const struct sound *sound, size_t at)
{
    size_t place = at * filter->down;
    const float *weight = filter->weight + (place % filter->up) * filter->taps;
    ptrdiff_t first = (ptrdiff_t)(place / filter->up) - (ptrdiff_t)filter->taps / 2 + 1;
    double sum = 0;
    for (unsigned tap = 0; tap < filter->taps; tap++) {
        ptrdiff_t from = first + (ptrdiff_t)tap;
        if (from >= 0 && from < (ptrdiff_t)sound->count)
            sum += (double)sound->samples[from] * (double)weight[tap];
    }
    return (float)sum;
}

int sound_resample(struct sound *sound, unsigned rate_hz)
{
    struct filter filter;
    if (!sound_knows_rate(rate_hz))
        return -EINVAL;
    if (rate_hz == SOUND_HZ)
        return 0;
    int error = make_filter(&filter, rate_hz);
    if (error)
        return error;
    struct sound out = { .count = sound->count * filter.up / filter.down };
    out.samples = malloc(sizeof *out.samples * (out.count + 1));
    for (size_t i = 0; out.samples && i < out.count; i++)
        out.samples[i] = filtered(&filter, sound, i);
    free(filter.weight);
    if (!out.samples)
        return -ENOMEM;
    sound_finish(sound);
    *sound = out;
    return 0;
}

/* ---- a sentence ------------------------------------------------------------------------------ */

static int16_t pcm(double sample)
{
    return (int16_t)lrint(fmax(-1, fmin(1, sample)) * FULL_SCALE);
}

/* Square roots: two words that have nothing in common keep their power. */
static double rising(size_t i, size_t length)
{
    return i < length ? sqrt(((double)i + 0.5) / (double)length) : 1;
}

int joined_add(struct joined *joined, const struct sound *word)
{
    size_t overlap = joined->overlap < word->count / 3 ? joined->overlap : word->count / 3;
    size_t fade = overlap ? overlap : (size_t)SOUND_FADE_MS * SOUND_HZ / 1000;
    size_t start = joined->count - overlap;
    if (word->count > joined->max - start)
        return -E2BIG;
    for (size_t i = 0; i < word->count; i++) {
        double sample = (double)word->samples[i] * rising(i, fade);
        if (i < overlap)
            sample += joined->samples[start + i] / FULL_SCALE * rising(overlap - 1 - i, overlap);
        joined->samples[start + i] = pcm(sample);
    }
    joined->count = start + word->count;
    size_t full = (size_t)SOUND_OVERLAP_MS * SOUND_HZ / 1000;
    joined->overlap = full < word->count / 3 ? full : word->count / 3;
    return 0;
}

int joined_pause(struct joined *joined, unsigned ms)
{
    size_t silence = (size_t)ms * SOUND_HZ / 1000, fade = (size_t)SOUND_FADE_MS * SOUND_HZ / 1000;
    if (silence > joined->max - joined->count)
        return -E2BIG;
    fade = fade < joined->overlap ? fade : joined->overlap;
    for (size_t i = 0; i < fade; i++) {
        int16_t *sample = &joined->samples[joined->count - 1 - i];
        *sample = (int16_t)lrint(*sample * rising(i, fade));
    }
    memset(joined->samples + joined->count, 0, silence * sizeof *joined->samples);
    joined->count += silence;
    joined->overlap = 0;
    return 0;
}
