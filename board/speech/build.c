#include "board/speech/build.h"

#include "board/speech/pack.h"
#include "board/speech/synth.h"
#include "board/speech/wav.h"
#include "board/speech/words.h"
#include "board/voice/grammar_load.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

struct build {
    const char *lang, *folder;
    struct synth *synth;
    cJSON *clips;
    unsigned count;
};

static int write_clip(const struct build *build, const char *file, const struct sound *sound, char *error,
                      size_t error_size)
{
    char path[400];
    int16_t *samples = malloc((sound->count + 1) * sizeof *samples);
    if (!samples)
        return -ENOMEM;
    for (size_t i = 0; i < sound->count; i++)
        samples[i] = (int16_t)lrintf(sound->samples[i] * 32767);
    snprintf(path, sizeof path, "%s/%s", build->folder, file);
    int result = wav_write(path, SOUND_HZ, samples, sound->count, error, error_size);
    free(samples);
    return result;
}

static int add_word(void *data, const char *word)
{
    struct build *build = data;
    char file[PACK_FILE_SIZE], error[200] = "espeak-ng cannot say it";
    struct sound sound;
    if (cJSON_GetObjectItemCaseSensitive(build->clips, word))
        return 0;
    if (build->count == PACK_CLIPS_MAX) {
        fprintf(stderr, "kezek-voice: more than %d words\n", PACK_CLIPS_MAX);
        return -E2BIG;
    }
    snprintf(file, sizeof file, "%04u.wav", build->count + 1);
    int result = synth_speak(build->synth, build->lang, word, &sound);
    if (!result)
        result = sound_prepare(&sound);
    if (!result)
        result = write_clip(build, file, &sound, error, sizeof error);
    sound_finish(&sound);
    if (result)
        fprintf(stderr, "kezek-voice: %s: %s: %s\n", build->lang, word, error);
    else if (!cJSON_AddStringToObject(build->clips, word, file))
        result = -ENOMEM;
    build->count++;
    return result;
}

/* Last, so that a pack that was not finished is none. */
static int write_manifest(const struct build *build)
{
    char path[400];
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "lang", build->lang);
    cJSON_AddStringToObject(root, "name", "espeak-ng");
    cJSON_AddStringToObject(root, "licence", "made by espeak-ng, for use here");
    cJSON_AddNumberToObject(root, "rate", SOUND_HZ);
    cJSON_AddItemReferenceToObject(root, "clips", build->clips);
    char *text = cJSON_Print(root);
    snprintf(path, sizeof path, "%s/" PACK_MANIFEST, build->folder);
    FILE *file = text ? fopen(path, "we") : NULL;
    bool is_written = file && fprintf(file, "%s\n", text) > 0;
    if (file && fclose(file) != 0)
        is_written = false;
    if (!is_written)
        fprintf(stderr, "kezek-voice: %s cannot be written: %s\n", path, strerror(errno));
    free(text);
    cJSON_Delete(root);
    return is_written ? 0 : -EIO;
}

static void complain(void *data, const char *line)
{
    (void)data;
    fprintf(stderr, "kezek-voice: %s\n", line);
}

/* The language is the name of the file, as for the board. */
static bool load_grammar(const char *path, struct grammar *grammar)
{
    struct json_report report = { .line = complain, .file = path };
    const char *name = strrchr(path, '/');
    char lang[LANG_SIZE];
    snprintf(lang, sizeof lang, "%s", name ? name + 1 : path);
    lang[strcspn(lang, ".")] = '\0';
    cJSON *root = pack_read_json(path, &report);
    bool is_loaded = root && grammar_load(grammar, lang, root, &report);
    cJSON_Delete(root);
    return is_loaded;
}

static int start(struct build *build)
{
    char error[200] = "out of memory";
    build->clips = cJSON_CreateObject();
    build->synth = build->clips ? synth_create(error, sizeof error) : NULL;
    if (build->synth && !synth_speaks(build->synth, build->lang))
        snprintf(error, sizeof error, "espeak-ng does not speak \"%s\"", build->lang);
    else if (build->synth && mkdir(build->folder, 0755) < 0 && errno != EEXIST)
        snprintf(error, sizeof error, "%.100s cannot be made: %s", build->folder, strerror(errno));
    else if (build->synth)
        return 0;
    complain(NULL, error);
    return -ENOENT;
}

int build_pack(const char *path, const char *folder)
{
    struct grammar *grammar = calloc(1, sizeof *grammar);
    if (!grammar || !load_grammar(path, grammar)) {
        free(grammar);
        return EX_DATAERR;
    }
    struct build build = { .lang = grammar->lang, .folder = folder };
    int result = start(&build);
    result = result ? result : words_each(grammar, add_word, &build);
    result = result ? result : write_manifest(&build);
    if (!result)
        printf("%s: %u words in \"%s\"\n", folder, build.count, build.lang);
    cJSON_Delete(build.clips);
    synth_destroy(build.synth);
    free(grammar);
    return result ? EX_CANTCREAT : 0;
}
