/* Who speaks: a voice pack for each language, and espeak-ng. */
#include "board/config/config_read.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int language(const struct config *config, const char *lang)
{
    for (unsigned i = 0; i < config->nlangs; i++)
        if (strcmp(config->lang[i], lang) == 0)
            return (int)i;
    return NONE;
}

static const char *known_languages(const struct config *config, char *out, size_t size)
{
    const char *names[LANGS_MAX];
    for (unsigned i = 0; i < config->nlangs; i++)
        names[i] = config->lang[i];
    return joined(names, config->nlangs, out, size);
}

static void read_packs(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX], known[64];
    struct config *config = reader->config;
    (void)out;
    if (!cJSON_IsObject(value) || !value->child) {
        json_complain(at->report, at->path, "%s names no packs like {\"kk\": \"voices/kk\"}",
                      json_show(value, seen));
        return;
    }
    for (const cJSON *item = value->child; item; item = item->next) {
        struct json_at here = json_at_key(at, item->string, path);
        int lang = language(config, item->string);
        if (lang == NONE && !reader->has_wrong_language)
            json_complain(at->report, here.path, "is no language of the hall; known are %s",
                          known_languages(config, known, sizeof known));
        else if (!cJSON_IsString(item))
            json_complain(at->report, here.path, "%s is no folder", json_show(item, seen));
        else if (lang != NONE)
            read_path(reader, &here, item->valuestring, config->voice.pack[lang], VOICE_PATH_SIZE);
    }
}

/* What the file does not name is looked for where a technician puts own ones, then where it is installed. */
static void find_pack(const struct reader *reader, unsigned lang)
{
    const char *folders[] = { LOCAL_VOICES, reader->voices };
    char folder[VOICE_PATH_SIZE], manifest[VOICE_PATH_SIZE + 16];
    char *pack = reader->config->voice.pack[lang];
    for (unsigned i = 0; i < 2 && !pack[0]; i++) {
        snprintf(folder, sizeof folder, "%.240s/%s", folders[i], reader->config->lang[lang]);
        snprintf(manifest, sizeof manifest, "%s/voice.json", folder);
        if (access(manifest, F_OK) == 0)
            snprintf(pack, VOICE_PATH_SIZE, "%s", folder);
    }
}

static const struct field voice_fields[] = {
    { "packs", FIELD_CUSTOM, false, .read = read_packs },
    { "espeak", FIELD_BOOL, false, IN(struct config, voice.is_espeak) },
};

void read_voice(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct config *config = reader->config;
    char seen[JSON_SHOW_MAX];
    (void)out;
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path, "%s is no object; {} is enough", json_show(value, seen));
        return;
    }
    config->voice.is_on = config->voice.is_espeak = true;
    read_fields(reader, at, value, voice_fields, sizeof voice_fields / sizeof *voice_fields, config);
    for (unsigned i = 0; i < config->nlangs; i++)
        find_pack(reader, i);
}
