#include "board/config/config_read.h"

#include <stdio.h>
#include <string.h>

#define CATALOGUE_BYTES_MAX 65536

/* ---- languages ------------------------------------------------------------------------------- */

struct names {
    unsigned count;
    char name[32][ID_SIZE];
};

static void add_name(void *data, const char *name)
{
    struct names *names = data;
    if (names->count < sizeof names->name / sizeof *names->name)
        snprintf(names->name[names->count++], ID_SIZE, "%s", name);
}

/* A tag becomes part of a file name. */
static bool is_language(const cJSON *value)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-";
    if (!cJSON_IsString(value))
        return false;
    size_t length = strlen(value->valuestring);
    return length >= 2 && length < LANG_SIZE && strspn(value->valuestring, letters) == length;
}

/* Whoever makes the file needs to know what goes into it. */
static void complain_unknown_language(struct reader *reader, const struct json_at *at, const cJSON *value)
{
    struct names found = { 0 };
    const char *name[32];
    char list[200], keys[1024], remedy[1024 + 2 * CONFIG_PATH_SIZE] = "", seen[JSON_SHOW_MAX];
    each_json(reader->phrases, add_name, &found);
    for (unsigned i = 0; i < found.count; i++)
        name[i] = found.name[i];
    if (is_language(value))
        snprintf(
            remedy, sizeof remedy,
            "; for a new one make %s.json there, with texts of %s; \"date\", \"months\" and \"weekdays\" as "
            "the others have them; \"direction\": \"rtl\" if it begins at the right",
            value->valuestring, joined(phrase_keys, PHRASES, keys, sizeof keys));
    json_complain(at->report, at->path, "%s has no phrases; there are %s in %s%s", json_show(value, seen),
                  found.count ? joined(name, found.count, list, sizeof list) : "none", reader->phrases,
                  remedy);
}

static bool has_catalogue(const struct reader *reader, const char *lang)
{
    struct names found = { 0 };
    each_json(reader->phrases, add_name, &found);
    for (unsigned i = 0; i < found.count; i++)
        if (strcmp(found.name[i], lang) == 0)
            return true;
    return false;
}

static bool is_known_language(const struct config *config, const char *lang)
{
    for (unsigned i = 0; i < config->nlangs; i++)
        if (strcmp(config->lang[i], lang) == 0)
            return true;
    return false;
}

static void read_language(struct reader *reader, const struct json_at *at, const cJSON *value)
{
    struct config *config = reader->config;
    if (!is_language(value) || !has_catalogue(reader, value->valuestring)) {
        reader->has_wrong_language = true;
        complain_unknown_language(reader, at, value);
    } else if (is_known_language(config, value->valuestring)) {
        reader->has_wrong_language = true;
        json_complain(at->report, at->path, "\"%s\" stands twice", value->valuestring);
    } else
        snprintf(config->lang[config->nlangs++], LANG_SIZE, "%s", value->valuestring);
}

/* ---- phrases --------------------------------------------------------------------------------- */

/* A list of `count` words. */
static void read_words(const struct json_at *at, const cJSON *root, const char *key, unsigned count,
                       char (*out)[DATE_WORD_SIZE])
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    const struct json_at here = json_at_key(at, key, path);
    const cJSON *list = json_array(at, root, key, true);
    if (list && (unsigned)cJSON_GetArraySize(list) != count)
        json_complain(at->report, here.path, "has %d items; it must have %u", cJSON_GetArraySize(list),
                      count);
    for (unsigned i = 0; list && i < count; i++) {
        const cJSON *item = cJSON_GetArrayItem(list, (int)i);
        const struct json_at there = json_at_index(&here, i, item_path);
        if (item &&
            (!cJSON_IsString(item) || !item->valuestring[0] || strlen(item->valuestring) >= DATE_WORD_SIZE))
            json_complain(at->report, there.path, "%s is no word of at most %d bytes", json_show(item, seen),
                          DATE_WORD_SIZE - 1);
        else if (item)
            snprintf(out[i], DATE_WORD_SIZE, "%s", item->valuestring);
    }
}

static void read_writing(const struct json_at *at, const cJSON *root, struct writing *writing)
{
    static const char *const directions[] = { "ltr", "rtl" };
    static const char *const parts[] = { "{day}", "{month}", "{year}" };
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    int direction = 0;
    json_choice(at, root, "direction", false, directions, 2, &direction);
    writing->is_rtl = direction;
    read_words(at, root, "months", MONTHS, writing->month);
    read_words(at, root, "weekdays", WEEKDAYS, writing->weekday);
    if (!json_string(at, root, "date", true, writing->date, sizeof writing->date))
        return;
    for (unsigned i = 0; i < 3; i++)
        if (!strstr(writing->date, parts[i]))
            json_complain(at->report, json_at_key(at, "date", path).path,
                          "%s has no %s; write it like \"{weekday}, {day} {month} {year}\"",
                          json_show_text(writing->date, seen), parts[i]);
}

static void read_catalogue(struct reader *reader, unsigned lang, struct json_report *report,
                           const cJSON *root)
{
    struct json_at at = { report, "" };
    const char *keys[PHRASES + 4] = { "date", "months", "weekdays", "direction" };
    memcpy(keys + 4, phrase_keys, sizeof phrase_keys);
    json_known_keys(&at, root, keys, PHRASES + 4);
    for (unsigned i = 0; i < PHRASES; i++)
        json_string(&at, root, phrase_keys[i], true, reader->config->phrase[i].text[lang], LABEL_SIZE);
    read_writing(&at, root, &reader->config->writing[lang]);
}

static void load_catalogue(struct reader *reader, unsigned lang)
{
    char file[CONFIG_PATH_SIZE + LANG_SIZE + 8];
    struct json_report report = { reader->at.report->line, reader->at.report->data, file, 0 };
    snprintf(file, sizeof file, "%s/%s.json", reader->phrases, reader->config->lang[lang]);
    cJSON *root = read_json(file, CATALOGUE_BYTES_MAX, &report);
    if (root)
        read_catalogue(reader, lang, &report, root);
    cJSON_Delete(root);
    reader->at.report->count += report.count;
}

void read_languages(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    int size = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    (void)out;
    if (size < 1 || size > LANGS_MAX) {
        json_complain(at->report, at->path,
                      "%s is not a list of 1 to %d languages: more do not fit one above the other",
                      size                   ? "a longer list"
                      : cJSON_IsArray(value) ? "an empty list"
                                             : json_show(value, seen),
                      LANGS_MAX);
        reader->has_wrong_language = true;
        return;
    }
    for (int i = 0; i < size; i++) {
        struct json_at here = json_at_index(at, (unsigned)i, path);
        read_language(reader, &here, cJSON_GetArrayItem(value, i));
    }
    for (unsigned i = 0; i < reader->config->nlangs; i++)
        load_catalogue(reader, i);
}

void read_phrases(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    struct config *config = out;
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path, "%s is not an object of phrases", json_show(value, seen));
        return;
    }
    json_known_keys(at, value, phrase_keys, PHRASES);
    for (unsigned i = 0; i < PHRASES; i++) {
        const cJSON *phrase = cJSON_GetObjectItemCaseSensitive(value, phrase_keys[i]);
        struct json_at here = json_at_key(at, phrase_keys[i], path);
        if (phrase)
            read_label(reader, &here, phrase, &config->phrase[i]);
    }
}
