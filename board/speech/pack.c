#include "board/speech/pack.h"

#include "board/speech/sound.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAUSE_MS 150 /* of a comma */
#define END_MS   300

unsigned pack_word(const char *word, char out[WORD_SIZE])
{
    size_t length = strnlen(word, WORD_SIZE - 1);
    unsigned pause_ms = 0;
    while (length && strchr(",.!?", word[length - 1]))
        if (word[--length] == ',')
            pause_ms = pause_ms > PAUSE_MS ? pause_ms : PAUSE_MS;
        else
            pause_ms = END_MS;
    memcpy(out, word, length);
    out[length] = '\0';
    return pause_ms;
}

static int by_word(const void *a, const void *b)
{
    return strcmp(((const struct pack_clip *)a)->word, ((const struct pack_clip *)b)->word);
}

const struct pack_clip *pack_find(const struct pack *pack, const char *word)
{
    struct pack_clip wanted;
    pack_word(word, wanted.word);
    return bsearch(&wanted, pack->clip, pack->nclips, sizeof *pack->clip, by_word);
}

static void read_clip(const struct json_at *at, const cJSON *item, struct pack *pack)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    struct pack_clip *clip = &pack->clip[pack->nclips];
    struct json_at here = json_at_key(at, item->string, path);
    const char *file = cJSON_GetStringValue(item);
    if (!file || !*file || file[0] == '.' || strchr(file, '/') || strlen(file) >= PACK_FILE_SIZE)
        json_complain(at->report, here.path, "%s is no file of this folder, such as \"word-07.wav\"",
                      json_show(item, seen));
    else if (!*item->string || strlen(item->string) >= WORD_SIZE)
        json_complain(at->report, here.path, "a word has 1 to %d bytes", WORD_SIZE - 1);
    else {
        snprintf(clip->word, sizeof clip->word, "%s", item->string);
        snprintf(clip->file, sizeof clip->file, "%s", file);
        pack->nclips++;
    }
}

static void read_clips(const struct json_at *root, const cJSON *clips, struct pack *pack)
{
    char path[JSON_PATH_MAX];
    struct json_at at = json_at_key(root, "clips", path);
    int count = cJSON_IsObject(clips) ? cJSON_GetArraySize(clips) : 0;
    if (count < 1 || count > PACK_CLIPS_MAX) {
        json_complain(at.report, at.path, "must name 1 to %d words and their files", PACK_CLIPS_MAX);
        return;
    }
    pack->clip = calloc((size_t)count, sizeof *pack->clip);
    for (const cJSON *item = clips->child; item && pack->clip; item = item->next)
        read_clip(&at, item, pack);
    if (pack->clip)
        qsort(pack->clip, pack->nclips, sizeof *pack->clip, by_word);
    else
        json_complain(at.report, at.path, "out of memory");
}

static void read_manifest(const struct json_at *at, const cJSON *root, struct pack *pack)
{
    static const char *const keys[] = { "$schema", "lang", "name", "licence", "rate", "clips" };
    char path[JSON_PATH_MAX];
    long long rate = SOUND_HZ;
    if (!cJSON_IsObject(root)) {
        json_complain(at->report, "", "is no object like {\"lang\": \"kk\", \"name\": …, \"clips\": {…}}");
        return;
    }
    json_known_keys(at, root, keys, sizeof keys / sizeof *keys);
    json_string(at, root, "lang", true, pack->lang, sizeof pack->lang);
    json_string(at, root, "name", true, pack->name, sizeof pack->name);
    json_string(at, root, "licence", true, pack->licence, sizeof pack->licence);
    if (json_integer(at, root, "rate", true, 8000, 192000, &rate) && !sound_knows_rate((unsigned)rate))
        json_complain(at->report, json_at_key(at, "rate", path).path,
                      "%lld Hz is no rate of recordings; 48000 or 44100 is", rate);
    pack->rate_hz = (unsigned)rate;
    read_clips(at, json_member(root, "clips"), pack);
}

cJSON *pack_read_json(const char *path, struct json_report *report)
{
    struct json_error error = { 0 };
    FILE *file = fopen(path, "re");
    if (!file) {
        json_complain(report, "", "cannot be read: %s", strerror(errno));
        return NULL;
    }
    char *text = malloc(PACK_BYTES_MAX + 1);
    size_t length = text ? fread(text, 1, PACK_BYTES_MAX + 1, file) : 0;
    fclose(file);
    cJSON *root = length <= PACK_BYTES_MAX && text ? json_parse(text, length, &error) : NULL;
    if (length > PACK_BYTES_MAX || !text)
        json_complain(report, "", "is larger than %d bytes", PACK_BYTES_MAX);
    else if (!root)
        json_complain(report, "", "line %u, column %u: %s", error.line, error.column, error.text);
    free(text);
    return root;
}

struct pack *pack_load(const char *folder, struct json_report *report)
{
    char path[300];
    snprintf(path, sizeof path, "%.255s/" PACK_MANIFEST, folder);
    struct json_report here = { report->line, report->data, path, 0 };
    struct json_at at = { &here, "" };
    struct pack *pack = calloc(1, sizeof *pack);
    cJSON *root = pack ? pack_read_json(path, &here) : NULL;
    if (root) {
        snprintf(pack->folder, sizeof pack->folder, "%s", folder);
        read_manifest(&at, root, pack);
    }
    cJSON_Delete(root);
    report->count += here.count + !pack;
    if (root && !here.count)
        return pack;
    pack_destroy(pack);
    return NULL;
}

void pack_destroy(struct pack *pack)
{
    if (!pack)
        return;
    free(pack->clip);
    free(pack);
}
