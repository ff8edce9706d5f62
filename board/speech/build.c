#include "board/speech/build.h"

#include "board/speech/pack.h"
#include "board/speech/synth.h"
#include "board/speech/wav.h"

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

static int add_word(struct build *build, const char *word)
{
    char file[PACK_FILE_SIZE], error[200] = "espeak-ng cannot say it";
    struct sound sound;
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

static int add_words(struct build *build)
{
    char line[WORD_SIZE + 2], word[WORD_SIZE];
    int result = 0;
    while (!result && fgets(line, sizeof line, stdin)) {
        if (!strchr(line, '\n') && !feof(stdin)) {
            fprintf(stderr, "kezek-voice: longer than %d bytes: %s…\n", WORD_SIZE - 1, line);
            return -EINVAL;
        }
        line[strcspn(line, "\n")] = '\0';
        pack_word(line, word);
        if (word[0] && !cJSON_GetObjectItemCaseSensitive(build->clips, word))
            result = add_word(build, word);
    }
    if (!result && !build->count)
        fprintf(stderr, "kezek-voice: no words came on the standard input\n");
    return build->count ? result : -ENODATA;
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

int build_pack(const char *lang, const char *folder)
{
    char error[200];
    struct build build = { .lang = lang, .folder = folder, .clips = cJSON_CreateObject() };
    build.synth = synth_create(error, sizeof error);
    int result = build.synth && build.clips ? 0 : -ENOENT;
    if (result)
        fprintf(stderr, "kezek-voice: %s\n", error);
    else if (!synth_speaks(build.synth, lang)) {
        fprintf(stderr, "kezek-voice: espeak-ng does not speak \"%s\"\n", lang);
        result = -ENOENT;
    } else if (mkdir(folder, 0755) < 0 && errno != EEXIST) {
        fprintf(stderr, "kezek-voice: %s cannot be made: %s\n", folder, strerror(errno));
        result = -EIO;
    }
    if (!result && (result = add_words(&build)) == 0 && (result = write_manifest(&build)) == 0)
        printf("%s: %u words in \"%s\"\n", folder, build.count, lang);
    cJSON_Delete(build.clips);
    synth_destroy(build.synth);
    return result ? EX_CANTCREAT : 0;
}
