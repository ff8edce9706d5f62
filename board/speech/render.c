#include "board/speech/render.h"

#include "board/log.h"
#include "board/speech/pack.h"
#include "board/speech/synth.h"
#include "board/speech/wav.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHY_SIZE 160

/* One language of the hall. */
struct speaker {
    const char *lang;
    struct pack *pack;  /* NULL: espeak-ng alone */
    struct sound *kept; /* by the index of the pack's clips */
    uint64_t *used;     /* when; 0: never */
    bool has_told;      /* that a clip is missing, or wrong */
};

struct render {
    unsigned nspeakers;
    struct speaker speaker[LANGS_MAX];
    struct synth *synth; /* NULL: not allowed, or not there */
    char no_synth[WHY_SIZE];
    uint64_t turn;
    size_t bytes; /* of words that are kept */
};

/* ---- packs ----------------------------------------------------------------------------------- */

static void warn(void *data, const char *line)
{
    (void)data;
    log_warn("voice: %s", line);
}

static void load_pack(struct speaker *speaker, const char *folder)
{
    struct json_report report = { .line = warn };
    speaker->pack = folder[0] ? pack_load(folder, &report) : NULL;
    if (!speaker->pack)
        return;
    if (strcmp(speaker->pack->lang, speaker->lang) != 0) {
        log_warn("voice: %s: speaks \"%s\", not \"%s\"; it is not used", folder, speaker->pack->lang,
                 speaker->lang);
        pack_destroy(speaker->pack);
        speaker->pack = NULL;
        return;
    }
    speaker->kept = calloc(speaker->pack->nclips, sizeof *speaker->kept);
    speaker->used = calloc(speaker->pack->nclips, sizeof *speaker->used);
}

static void load_synth(struct render *render, bool is_allowed)
{
    if (!is_allowed) {
        snprintf(render->no_synth, sizeof render->no_synth,
                 "the hall file does not allow espeak-ng (voice.espeak)");
        return;
    }
    render->synth = synth_create(render->no_synth, sizeof render->no_synth);
    if (!render->synth)
        log_warn("voice: %s", render->no_synth);
    for (unsigned i = 0; render->synth && i < render->nspeakers; i++)
        if (!synth_speaks(render->synth, render->speaker[i].lang))
            log_warn("voice: espeak-ng does not speak \"%s\"", render->speaker[i].lang);
}

struct render *render_create(const struct config *config)
{
    struct render *render = calloc(1, sizeof *render);
    if (!render)
        return NULL;
    render->nspeakers = config->nlangs;
    for (unsigned i = 0; i < render->nspeakers; i++) {
        render->speaker[i].lang = config->lang[i];
        load_pack(&render->speaker[i], config->voice.pack[i]);
    }
    load_synth(render, config->voice.is_espeak);
    for (unsigned i = 0; i < render->nspeakers; i++)
        if (!render->speaker[i].pack && !render->synth)
            log_warn("voice: nothing speaks \"%s\": no pack, and %s", render->speaker[i].lang,
                     render->no_synth);
    return render;
}

static void finish_speaker(struct speaker *speaker)
{
    for (unsigned i = 0; speaker->kept && i < speaker->pack->nclips; i++)
        sound_finish(&speaker->kept[i]);
    free(speaker->kept);
    free(speaker->used);
    pack_destroy(speaker->pack);
}

void render_destroy(struct render *render)
{
    if (!render)
        return;
    for (unsigned i = 0; i < render->nspeakers; i++)
        finish_speaker(&render->speaker[i]);
    synth_destroy(render->synth);
    free(render);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void drop_oldest(struct render *render)
{
    struct speaker *of = NULL;
    unsigned oldest = 0;
    for (unsigned s = 0; s < render->nspeakers; s++)
        for (unsigned i = 0; render->speaker[s].kept && i < render->speaker[s].pack->nclips; i++)
            if (render->speaker[s].kept[i].samples &&
                (!of || render->speaker[s].used[i] < of->used[oldest])) {
                of = &render->speaker[s];
                oldest = i;
            }
    if (of) {
        render->bytes -= of->kept[oldest].count * sizeof(float);
        sound_finish(&of->kept[oldest]);
    }
}

static int load_word(struct render *render, struct speaker *speaker, const struct pack_clip *clip,
                     struct sound *sound, char *why, size_t why_size)
{
    char path[340], error[WHY_SIZE] = "";
    snprintf(path, sizeof path, "%s/%s", speaker->pack->folder, clip->file);
    int result = wav_read(path, speaker->pack->rate_hz, sound, error, sizeof error);
    if (result == 0 && (result = sound_prepare(sound)) < 0) {
        snprintf(error, sizeof error, "nothing is heard in it");
        sound_finish(sound);
    }
    if (result)
        snprintf(why, why_size, "%s (%s): %s", path, clip->word, error);
    render->bytes += sound->count * sizeof(float);
    return result;
}

/* The word, kept by its speaker until others are needed more. */
static const struct sound *get_word(struct render *render, struct speaker *speaker,
                                    const struct pack_clip *clip, char *why, size_t why_size)
{
    size_t index = (size_t)(clip - speaker->pack->clip);
    struct sound *sound = &speaker->kept[index];
    if (!sound->samples && load_word(render, speaker, clip, sound, why, why_size) < 0)
        return NULL;
    speaker->used[index] = ++render->turn;
    while (render->bytes > RENDER_KEPT_BYTES && render->bytes > sound->count * sizeof(float))
        drop_oldest(render);
    return sound;
}

/* ---- sentences ------------------------------------------------------------------------------- */

static int join_clips(struct render *render, struct speaker *speaker, const struct sentence *sentence,
                      struct joined *joined, char *why, size_t why_size)
{
    char id[WORD_SIZE];
    for (unsigned i = 0; i < sentence->nwords; i++) {
        unsigned pause_ms = pack_word(sentence->word[i], id);
        const struct pack_clip *clip = pack_find(speaker->pack, id);
        if (!clip) {
            snprintf(why, why_size, "%s has no \"%s\"", speaker->pack->folder, id);
            return -ENOENT;
        }
        const struct sound *word = get_word(render, speaker, clip, why, why_size);
        if (!word)
            return -EINVAL;
        int error = joined_add(joined, word);
        if (!error && pause_ms && i + 1U < sentence->nwords)
            error = joined_pause(joined, pause_ms);
        if (error) {
            snprintf(why, why_size, "longer than a minute");
            return error;
        }
    }
    return 0;
}

static int synthesize(struct render *render, const struct sentence *sentence, struct joined *joined,
                      char *why, size_t why_size)
{
    char text[SENTENCE_WORDS_MAX * WORD_SIZE] = "";
    size_t used = 0;
    struct sound sound;
    for (unsigned i = 0; i < sentence->nwords; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i ? " " : "", sentence->word[i]);
    int error = synth_speak(render->synth, sentence->lang, text, &sound);
    if (!error && (error = sound_prepare(&sound)) == 0)
        error = joined_add(joined, &sound);
    if (error)
        snprintf(why, why_size, "espeak-ng cannot say it in \"%s\": %s", sentence->lang, strerror(-error));
    sound_finish(&sound);
    return error;
}

static struct speaker *speaker_of(struct render *render, const char *lang)
{
    for (unsigned i = 0; i < render->nspeakers; i++)
        if (strcmp(render->speaker[i].lang, lang) == 0)
            return &render->speaker[i];
    return NULL;
}

static void tell_once(struct speaker *speaker, const char *why, const char *instead)
{
    if (!speaker->has_told)
        log_warn("voice: %s: %s; %s (told once)", speaker->lang, why, instead);
    speaker->has_told = true;
}

static int render_one(struct render *render, const struct sentence *sentence, struct joined *joined,
                      char *why, size_t why_size)
{
    struct speaker *speaker = speaker_of(render, sentence->lang);
    size_t before = joined->count;
    int error = -ENOENT;
    if (speaker && speaker->kept && speaker->used) {
        error = join_clips(render, speaker, sentence, joined, why, why_size);
        if (!error || error == -E2BIG)
            return error;
        tell_once(speaker, why, render->synth ? "espeak-ng speaks instead" : render->no_synth);
    } else
        snprintf(why, why_size, "nothing speaks \"%.8s\": no pack, and %s", sentence->lang, render->no_synth);
    joined->count = before;
    joined->overlap = 0;
    return render->synth ? synthesize(render, sentence, joined, why, why_size) : error;
}

int render_sentences(struct render *render, const struct sentence *sentence, unsigned n, int16_t *samples,
                     char *why, size_t why_size)
{
    struct joined joined = { .samples = samples, .max = SOUND_MAX };
    int error = 0;
    for (unsigned i = 0; i < n && !error; i++) {
        error = render_one(render, &sentence[i], &joined, why, why_size);
        if (!error && (error = joined_pause(&joined, i + 1 < n ? SENTENCE_PAUSE_MS : 0)) < 0)
            snprintf(why, why_size, "longer than a minute");
    }
    return error ? error : (int)joined.count;
}
