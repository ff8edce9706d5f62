#include "sim/ear.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAME_PHASE 0.15 /* of a cycle */
#define SAME_LEVEL 0.15
#define SMOOTH     16 /* pulses */

static double ms_of(const struct ear *ear, int64_t at_ns)
{
    return (double)(at_ns - ear->start_ns) / 1e6;
}

static double cycle_ns(const struct ear *ear)
{
    return (double)(ear->rise_ns - ear->first_ns) / ear->cycles;
}

static void end_tone(struct ear *ear, ear_fn fn, void *data)
{
    if (ear->is_tone)
        fn(data, &(struct ear_sound){
                     .kind = EAR_OFF, .at_ms = ms_of(ear, ear->edge_ns), .hz = 1e9 / cycle_ns(ear) });
    ear->is_tone = false;
    ear->cycles = 0;
}

static void begin_tone(struct ear *ear, ear_fn fn, void *data)
{
    ear->is_tone = true;
    ear->told = ear->amplitude;
    fn(data, &(struct ear_sound){ .kind = EAR_ON,
                                  .at_ms = ms_of(ear, ear->first_ns),
                                  .hz = 1e9 / cycle_ns(ear),
                                  .amplitude = ear->amplitude });
}

static void tell_level(struct ear *ear, int64_t at_ns, ear_fn fn, void *data)
{
    if (fabs(ear->amplitude - ear->told) <= SAME_LEVEL * ear->told)
        return;
    ear->told = ear->amplitude;
    fn(data,
       &(struct ear_sound){ .kind = EAR_LEVEL, .at_ms = ms_of(ear, at_ns), .amplitude = ear->amplitude });
}

/* Cycles that fit into the time since the last rising edge; 0: another pitch. It is the phase of the whole tone that
 * decides, because single edges of a player in user space may be late or left out. */
static unsigned fitting_cycles(const struct ear *ear, int64_t at_ns)
{
    if (ear->cycles == 0)
        return 1;
    double phase = (double)(at_ns - ear->first_ns) / cycle_ns(ear), whole = round(phase);
    bool fits = fabs(phase - whole) <= SAME_PHASE && whole > ear->cycles;
    return fits ? (unsigned)whole - ear->cycles : 0;
}

static void hear_rise(struct ear *ear, int64_t at_ns, ear_fn fn, void *data)
{
    bool is_still = !ear->has_start || at_ns - ear->edge_ns > EAR_STILL_NS;
    unsigned cycles = is_still ? 0 : fitting_cycles(ear, at_ns);
    if (!ear->has_start)
        ear->start_ns = at_ns;
    if (cycles == 0) {
        end_tone(ear, fn, data);
        ear->first_ns = is_still ? at_ns : ear->rise_ns;
        cycles = is_still ? 0 : 1;
    }
    ear->has_start = true;
    ear->cycles += cycles;
    ear->rise_ns = at_ns;
    if (!ear->is_tone && ear->cycles >= EAR_CYCLES)
        begin_tone(ear, fn, data);
}

static void hear_fall(struct ear *ear, int64_t at_ns, ear_fn fn, void *data)
{
    if (ear->cycles == 0)
        return;
    double duty = (double)(at_ns - ear->rise_ns) / cycle_ns(ear);
    double amplitude = duty < 0.5 ? sin(M_PI * duty) : 1;
    /* Over some pulses, because single edges may be late. */
    ear->amplitude = ear->cycles == 1 ? amplitude : ear->amplitude + (amplitude - ear->amplitude) / SMOOTH;
    if (ear->is_tone)
        tell_level(ear, at_ns, fn, data);
}

static void hear_melody(struct ear *ear, const char *name, ear_fn fn, void *data)
{
    struct ear_sound sound = { .kind = EAR_MELODY };
    end_tone(ear, fn, data);
    ear->has_start = false;
    ear->edge_ns = 0;
    snprintf(sound.melody, sizeof sound.melody, "%.32s", name);
    fn(data, &sound);
}

static void hear_line(struct ear *ear, ear_fn fn, void *data)
{
    char *end;
    if (!strncmp(ear->line, "# ", 2)) {
        hear_melody(ear, ear->line + 2, fn, data);
        return;
    }
    int64_t at_ns = strtoll(ear->line, &end, 10);
    if (at_ns <= ear->edge_ns || at_ns == INT64_MAX) /* time goes on, and strtoll() found it */
        return;
    if (end == ear->line || (strcmp(end, " 0") != 0 && strcmp(end, " 1") != 0))
        return;
    if (end[1] == '1')
        hear_rise(ear, at_ns, fn, data);
    else
        hear_fall(ear, at_ns, fn, data);
    ear->edge_ns = at_ns;
}

void ear_feed(struct ear *ear, const char *bytes, size_t length, ear_fn fn, void *data)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] != '\n') {
            if (ear->length < sizeof ear->line - 1)
                ear->line[ear->length++] = bytes[i];
            continue;
        }
        ear->line[ear->length] = '\0';
        ear->length = 0;
        hear_line(ear, fn, data);
    }
}

void ear_wait(struct ear *ear, int64_t now_ns, ear_fn fn, void *data)
{
    /* The file is written in blocks of up to 90 ms. */
    if (ear->is_tone && now_ns - ear->edge_ns > 150000000 + EAR_STILL_NS)
        end_tone(ear, fn, data);
}
