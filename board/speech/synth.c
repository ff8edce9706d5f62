#include "board/speech/synth.h"

#include <dlfcn.h>
#include <errno.h>
#include <espeak-ng/speak_lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIBRARY        "libespeak-ng.so.1"
#define WORDS_A_MINUTE 140 /* its own 175 are too fast for a hall that echoes */
#define BUFFER_MS      200

struct synth {
    void *library;
    unsigned rate_hz;
    struct sound *heard; /* while it speaks */
    size_t room;
    int error;
    __typeof__(espeak_Initialize) *initialize;
    __typeof__(espeak_SetSynthCallback) *set_callback;
    __typeof__(espeak_SetVoiceByName) *set_voice;
    __typeof__(espeak_SetParameter) *set_parameter;
    __typeof__(espeak_Synth) *synth;
    __typeof__(espeak_Terminate) *terminate;
};

/* POSIX wants functions out of dlsym() to work, ISO C has no word for it. */
static bool find(struct synth *synth, void *function, const char *name)
{
    void *found = dlsym(synth->library, name);
    memcpy(function, &found, sizeof found);
    return found;
}

static bool load(struct synth *synth)
{
    synth->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    return synth->library && find(synth, &synth->initialize, "espeak_Initialize") &&
           find(synth, &synth->set_callback, "espeak_SetSynthCallback") &&
           find(synth, &synth->set_voice, "espeak_SetVoiceByName") &&
           find(synth, &synth->set_parameter, "espeak_SetParameter") &&
           find(synth, &synth->synth, "espeak_Synth") && find(synth, &synth->terminate, "espeak_Terminate");
}

static int grow(struct synth *synth, size_t count)
{
    size_t most = (size_t)synth->rate_hz * (SOUND_MAX / SOUND_HZ), room = synth->room * 2 + count;
    if (synth->heard->count + count > most)
        return -EFBIG;
    if (synth->heard->count + count <= synth->room)
        return 0;
    float *samples = realloc(synth->heard->samples, room * sizeof *samples);
    if (!samples)
        return -ENOMEM;
    synth->heard->samples = samples;
    synth->room = room;
    return 0;
}

/* Nonzero ends the speech. The library names whom it speaks for in its events. */
static int heard(short *samples, int count, espeak_EVENT *event)
{
    struct synth *synth = event ? event->user_data : NULL;
    if (!synth || !samples || count <= 0)
        return 0;
    synth->error = grow(synth, (size_t)count);
    for (int i = 0; i < count && !synth->error; i++)
        synth->heard->samples[synth->heard->count++] = (float)samples[i] / 32768.0F;
    return synth->error != 0;
}

/* It looks for a sound server although it is not to play: there is none, and none is to be started. Nor is a folder to be made for its
 * settings, and below a device none can be. */
static int initialize(struct synth *synth)
{
    setenv("PULSE_SERVER", "unix:/dev/null/none", 1);
    setenv("HOME", "/dev/null", 1);
    return synth->initialize(AUDIO_OUTPUT_SYNCHRONOUS, BUFFER_MS, NULL, espeakINITIALIZE_DONT_EXIT);
}

struct synth *synth_create(char *error, size_t error_size)
{
    struct synth *synth = calloc(1, sizeof *synth);
    if (!synth || !load(synth)) {
        snprintf(error, error_size,
                 "espeak-ng is not installed (" LIBRARY "); apt install libespeak-ng1 espeak-ng-data");
        synth_destroy(synth);
        return NULL;
    }
    int rate_hz = initialize(synth);
    if (rate_hz <= 0 || !sound_knows_rate((unsigned)rate_hz)) {
        snprintf(error, error_size, "espeak-ng does not start; apt install espeak-ng-data");
        synth_destroy(synth);
        return NULL;
    }
    synth->rate_hz = (unsigned)rate_hz;
    synth->set_callback(heard);
    synth->set_parameter(espeakRATE, WORDS_A_MINUTE, 0);
    return synth;
}

void synth_destroy(struct synth *synth)
{
    if (!synth)
        return;
    if (synth->rate_hz)
        synth->terminate();
    free(synth); /* the library stays loaded, for what it has not freed */
}

bool synth_speaks(struct synth *synth, const char *lang)
{
    return synth->set_voice(lang) == EE_OK;
}

int synth_speak(struct synth *synth, const char *lang, const char *text, struct sound *sound)
{
    *sound = (struct sound){ 0 };
    if (!synth_speaks(synth, lang))
        return -ENOENT;
    synth->heard = sound;
    synth->room = 0;
    synth->error = 0;
    espeak_ERROR said =
        synth->synth(text, strlen(text) + 1, 0, POS_CHARACTER, 0, espeakCHARS_UTF8, NULL, synth);
    synth->heard = NULL;
    int error = synth->error ? synth->error : said != EE_OK || !sound->count ? -EIO : 0;
    if (!error)
        error = sound_resample(sound, synth->rate_hz);
    if (error)
        sound_finish(sound);
    return error;
}
