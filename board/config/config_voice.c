/* Who speaks: a voice pack for each language, and espeak-ng. */
#include "board/config/config_read.h"

#include "board/voice/grammar_load.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VOICE_LANGS 2 /* those of the law; a third one is spoken where the file asks for it */

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

/* ---- sentences ------------------------------------------------------------------------------- */

static void read_spoken(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX], known[64];
    struct config *config = reader->config;
    int size = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    (void)out;
    config->voice.nlangs = 0;
    if (size < 1 || size > LANGS_MAX)
        json_complain(at->report, at->path, "%s is not a list of 1 to %d languages", json_show(value, seen),
                      LANGS_MAX);
    for (int i = 0; i < size && i < LANGS_MAX; i++) {
        const cJSON *item = cJSON_GetArrayItem(value, i);
        struct json_at here = json_at_index(at, (unsigned)i, path);
        int lang = cJSON_IsString(item) ? language(config, item->valuestring) : NONE;
        bool is_double = false;
        for (unsigned k = 0; k < config->voice.nlangs; k++)
            is_double |= config->voice.lang[k] == lang;
        if (lang == NONE && !reader->has_wrong_language)
            json_complain(at->report, here.path, "%s is no language of the hall; known are %s",
                          json_show(item, seen), known_languages(config, known, sizeof known));
        else if (is_double)
            json_complain(at->report, here.path, "%s stands twice", json_show(item, seen));
        else if (lang != NONE)
            config->voice.lang[config->voice.nlangs++] = (uint8_t)lang;
    }
}

static bool is_spoken(const struct config *config, unsigned lang)
{
    for (unsigned i = 0; i < config->voice.nlangs; i++)
        if (config->voice.lang[i] == lang)
            return true;
    return false;
}

static void load_grammar(struct reader *reader, unsigned lang, const char *file)
{
    struct json_report report = { reader->at.report->line, reader->at.report->data, file, 0 };
    struct grammar *grammar = malloc(sizeof *grammar);
    cJSON *root = grammar ? read_json(file, GRAMMAR_BYTES_MAX, &report) : NULL;
    if (!grammar)
        json_complain(&report, "", "out of memory");
    else if (root)
        grammar_load(grammar, reader->config->lang[lang], root, &report);
    cJSON_Delete(root);
    reader->config->voice.grammar[lang] = grammar;
    reader->at.report->count += report.count;
}

/* Also of languages that are not spoken by default: a visitor may have one of them. */
static void find_grammar(struct reader *reader, const struct json_at *at, unsigned lang)
{
    const char *const folders[] = { LOCAL_VOICES, reader->grammars };
    const char *name = reader->config->lang[lang];
    char file[CONFIG_PATH_SIZE + LANG_SIZE + 8], known[128];
    if (find_json(folders, name, file, sizeof file))
        load_grammar(reader, lang, file);
    else if (is_spoken(reader->config, lang))
        json_complain(at->report, at->path,
                      "\"%s\" has no sentences; there are %s; for a new one make %s.json in %s, with "
                      "cardinals, letters, "
                      "places and sentences as the others have them",
                      name, list_json(folders, known, sizeof known), name, LOCAL_VOICES);
}

/* ---- the section ----------------------------------------------------------------------------- */

static const struct field voice_fields[] = {
    { "languages", FIELD_CUSTOM, false, .read = read_spoken },
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
    for (unsigned i = 0; i < config->nlangs && i < VOICE_LANGS; i++)
        config->voice.lang[config->voice.nlangs++] = (uint8_t)i;
    read_fields(reader, at, value, voice_fields, sizeof voice_fields / sizeof *voice_fields, config);
    for (unsigned i = 0; i < config->nlangs; i++)
        find_pack(reader, i);
    for (unsigned i = 0; i < config->nlangs && !reader->has_wrong_language; i++)
        find_grammar(reader, at, i);
}
