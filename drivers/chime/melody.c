#include "drivers/chime/melody.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define NS_PER_S     1000000000LL
#define NS_PER_MS    1000000LL
#define PULSE_MIN_NS 30000 /* -24 dB at 660 Hz; what is narrower drowns in the jitter of user space */
#define DECAY_STEPS  4
#define DIRECTED_MAX 4 /* notes in a row that go one way */

static const double decay[DECAY_STEPS] = { 1.0, 0.5012, 0.2512, 0.1259 };

static const struct melody melodies[] = {
    { "gong3", 3, { { 660, 440, 30, 0 }, { 550, 440, 30, 0 }, { 440, 700, 0, 0 } } },
    { "gong2", 2, { { 660, 440, 30, 0 }, { 550, 700, 0, 0 } } },
    { "gong1", 1, { { 660, 700, 0, 0 } } },
    { "soft3", 3, { { 330, 440, 30, 0 }, { 275, 440, 30, 0 }, { 220, 700, 0, 0 } } },
    { "soft1", 1, { { 330, 700, 0, 0 } } },
    { "test", 4, { { 220, 300, 30, 0 }, { 440, 300, 30, 0 }, { 660, 300, 30, 0 }, { 880, 600, 0, 0 } } },
};

const struct melody *melody_at(unsigned index)
{
    return index < sizeof melodies / sizeof *melodies ? &melodies[index] : NULL;
}

const struct melody *melody_find(const char *id)
{
    const struct melody *melody;
    for (unsigned i = 0; (melody = melody_at(i)); i++)
        if (strcmp(melody->id, id) == 0)
            return melody;
    return NULL;
}

int melody_length_ms(const struct melody *melody)
{
    int ms = 0;
    for (unsigned i = 0; i < melody->nnotes; i++)
        ms += melody->note[i].ms + (i + 1 < melody->nnotes ? melody->note[i].pause_ms : 0);
    return ms;
}

static const char *note_defect(const struct note *note)
{
    if (note->hz < NOTE_HZ_MIN || note->hz > NOTE_HZ_MAX)
        return "a note must lie between 100 and 2500 Hz (old ears lose what is higher)";
    if (note->ms < NOTE_MS_MIN)
        return "a note must sound for at least 10 ms";
    if (note->ms > NOTE_MS_MAX)
        return "a note longer than 2.5 s sounds like a continuous alarm";
    if (note->pause_ms > NOTE_PAUSE_MS_MAX)
        return "a pause of more than 2 s is the end of a melody";
    if (note->decay_ms && (note->decay_ms < NOTE_DECAY_MS_MIN || note->decay_ms > NOTE_DECAY_MS_MAX))
        return "a note must die away within 200 to 4000 ms";
    return NULL;
}

static bool has_figure_at(const struct melody *melody, unsigned at, unsigned length, unsigned times)
{
    if (at + length * times > melody->nnotes)
        return false;
    for (unsigned i = at; i + length < at + length * times; i++)
        if (melody->note[i].hz != melody->note[i + length].hz)
            return false;
    return true;
}

static bool has_cadence(const struct melody *melody)
{
    for (unsigned at = 0; at < melody->nnotes; at++)
        for (unsigned length = 1; length <= MELODY_NOTES_MAX / 2; length++)
            if (has_figure_at(melody, at, length, length == 1 ? 3 : 2))
                return true;
    return false;
}

static bool has_sweep(const struct melody *melody)
{
    unsigned rising = 1, falling = 1;
    for (unsigned i = 1; i < melody->nnotes; i++) {
        int step = melody->note[i].hz - melody->note[i - 1].hz;
        rising = step > 0 ? rising + 1 : 1;
        falling = step < 0 ? falling + 1 : 1;
        if (rising > DIRECTED_MAX || falling > DIRECTED_MAX)
            return true;
    }
    return false;
}

const char *melody_defect(const struct melody *melody)
{
    if (melody->nnotes == 0 || melody->nnotes > MELODY_NOTES_MAX)
        return "a melody has 1 to 16 notes";
    for (unsigned i = 0; i < melody->nnotes; i++) {
        const char *defect = note_defect(&melody->note[i]);
        if (defect)
            return defect;
    }
    if (melody_length_ms(melody) > MELODY_MS_MAX)
        return "a melody must end within 6 s";
    if (has_cadence(melody))
        return "a figure that repeats sounds like an alarm signal";
    if (has_sweep(melody))
        return "five notes in one direction sound like the sweep of an alarm";
    return NULL;
}

static int64_t pulse_ns(unsigned hz, double amplitude)
{
    int64_t ns = llround(asin(amplitude) / M_PI * NS_PER_S / hz);
    return ns > PULSE_MIN_NS ? ns : PULSE_MIN_NS;
}

static size_t note_periods(const struct note *note)
{
    return (size_t)note->hz * note->ms / 1000;
}

static void note_edges(const struct note *note, int64_t start_ns, double volume, struct edge *edge)
{
    int64_t periods = (int64_t)note_periods(note);
    for (int64_t k = 0; k < periods; k++) {
        int64_t rise_ns = start_ns + (k * NS_PER_S + note->hz / 2) / note->hz;
        int64_t width_ns = pulse_ns(note->hz, volume * decay[k * DECAY_STEPS / periods]);
        edge[2 * k] = (struct edge){ rise_ns, 1 };
        edge[2 * k + 1] = (struct edge){ rise_ns + width_ns, 0 };
    }
}

int melody_edges(const struct melody *melody, unsigned volume_percent, struct edge *edge, size_t capacity)
{
    if (melody_defect(melody) || volume_percent < 1 || volume_percent > 100)
        return -EINVAL;
    size_t count = 0;
    int64_t start_ns = 0;
    for (unsigned i = 0; i < melody->nnotes; i++) {
        const struct note *note = &melody->note[i];
        size_t more = 2 * note_periods(note);
        if (more > capacity - count)
            return -E2BIG;
        note_edges(note, start_ns, volume_percent / 100.0, edge + count);
        count += more;
        start_ns += (note->ms + note->pause_ms) * NS_PER_MS;
    }
    return (int)count;
}
