#include "drivers/chime/bell.h"

#include <math.h>

#define DECAY_MS 1600 /* by 60 dB */
#define RING_MS  1200 /* of the last note, unless it is longer: -45 dB */
#define STROKE_S 0.003
#define FADE_S   0.020
#define PEAK     0.89

static const struct {
    double ratio, amplitude, decay; /* to the fundamental */
} partials[BELL_PARTIALS] = {
    { 1.0, 1.0, 1.0 },
    { 2.0, 0.32, 0.55 },
    { 3.01, 0.14, 0.35 },
    { 4.1, 0.07, 0.25 },
};

/* What is left of a note's amplitude after `s` seconds; `decay` shortens it. */
static double decayed(const struct note *note, double s, double decay)
{
    return pow(10, -3 * s * 1000 / ((note->decay_ms ? note->decay_ms : DECAY_MS) * decay));
}

double bell_decayed(const struct note *note, double s)
{
    return decayed(note, s, 1);
}

/* The most that sounds at once, in strokes of the fundamental: right after a stroke, with what is left of those before. Higher
 * partials add their amplitudes, and decay faster. */
static double loudest(const struct melody *melody)
{
    double most = 0, sum = 0;
    for (unsigned i = 0; i < melody->nnotes; i++) {
        double sounding = 1, since_s = 0;
        for (unsigned before = i; before-- > 0;) {
            since_s += (melody->note[before].ms + melody->note[before].pause_ms) / 1000.0;
            sounding += decayed(&melody->note[before], since_s, 1);
        }
        most = fmax(most, sounding);
    }
    for (unsigned p = 0; p < BELL_PARTIALS; p++)
        sum += partials[p].amplitude;
    return most * sum;
}

/* y[n] = 2 r cos(w) y[n-1] - r² y[n-2] from y[-1] = -sin(w) / r and y[0] = 0 is r^n sin(w n). */
static void strike(struct bell_note *bell, const struct note *note, unsigned rate_hz)
{
    for (unsigned p = 0; p < BELL_PARTIALS; p++) {
        double w = 2 * M_PI * note->hz * partials[p].ratio / rate_hz;
        double r = decayed(note, 1.0 / rate_hz, partials[p].decay);
        bool is_below_nyquist = w < M_PI;
        bell->b1[p] = 2 * r * cos(w);
        bell->b2[p] = -r * r;
        bell->y1[p] = is_below_nyquist ? -partials[p].amplitude * sin(w) / r : 0;
        bell->y2[p] = is_below_nyquist ? -partials[p].amplitude * sin(2 * w) / (r * r) : 0;
    }
}

static double next(struct bell_note *note)
{
    double sum = 0;
    for (unsigned p = 0; p < BELL_PARTIALS; p++) {
        double y = note->b1[p] * note->y1[p] + note->b2[p] * note->y2[p];
        note->y2[p] = note->y1[p];
        note->y1[p] = y;
        sum += y;
    }
    return sum;
}

static int last_ms(const struct melody *melody)
{
    int ms = melody->note[melody->nnotes - 1].ms;
    return ms > RING_MS ? ms : RING_MS;
}

int bell_length_ms(const struct melody *melody)
{
    return melody_length_ms(melody) - melody->note[melody->nnotes - 1].ms + last_ms(melody);
}

void bell_strike(struct bell *bell, const struct melody *melody, unsigned volume_percent, unsigned rate_hz)
{
    *bell = (struct bell){ .melody = *melody, .rate_hz = rate_hz };
    size_t at_ms = 0;
    for (unsigned i = 0; i < melody->nnotes; i++) {
        bell->start[i] = at_ms * rate_hz / 1000;
        at_ms += melody->note[i].ms + melody->note[i].pause_ms;
    }
    bell->length = (size_t)bell_length_ms(melody) * rate_hz / 1000;
    bell->scale = INT16_MAX * PEAK * volume_percent / 100 / loudest(melody);
}

/* 0 to 1 over `rise` samples. */
static double ramp(size_t at, double rise)
{
    return (double)at < rise ? (double)at / rise : 1;
}

static double mixed(struct bell *bell)
{
    double sum = 0;
    if (bell->nstruck < bell->melody.nnotes && bell->at == bell->start[bell->nstruck]) {
        strike(&bell->note[bell->nstruck], &bell->melody.note[bell->nstruck], bell->rate_hz);
        bell->nstruck++;
    }
    for (unsigned i = 0; i < bell->nstruck; i++)
        sum += next(&bell->note[i]) * ramp(bell->at - bell->start[i], STROKE_S * bell->rate_hz);
    return sum;
}

size_t bell_render(struct bell *bell, int16_t *samples, size_t count)
{
    size_t done = 0;
    for (; done < count && bell->at < bell->length; done++) {
        double fade = ramp(bell->length - 1 - bell->at, FADE_S * bell->rate_hz);
        samples[done] = (int16_t)lrint(mixed(bell) * fade * bell->scale);
        bell->at++;
    }
    return done;
}
