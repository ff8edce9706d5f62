#include "board/voice/grammar_load.h"

#include "protocol/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kind_keys[KINDS] = { "window", "desk", "room" };
static const char *const place_holders[] = { "ticket", "desk", "nth_desk", "place" };

/* A text of one word or several: printable, not empty, no marks of its own. */
static bool read_word(const struct json_at *at, const cJSON *value, char *out, size_t size)
{
    char seen[JSON_SHOW_MAX];
    const char *text = cJSON_IsString(value) ? value->valuestring : "";
    if (text[0] && strlen(text) < size && !strpbrk(text, ".,!?{}")) {
        snprintf(out, size, "%s", text);
        return true;
    }
    json_complain(at->report, at->path, "%s is no word or phrase of at most %zu bytes without punctuation",
                  json_show(value, seen), size - 1);
    return false;
}

/* ---- numbers --------------------------------------------------------------------------------- */

static bool read_value(const struct json_at *at, const char *key, uint16_t *value)
{
    char *end;
    unsigned long number = strtoul(key, &end, 10);
    bool is_right = key[0] >= '0' && key[0] <= '9' && !*end && number <= 999 && (key[0] != '0' || !key[1]);
    if (!is_right)
        json_complain(at->report, at->path, "is no number from 0 to 999");
    *value = (uint16_t)number;
    return is_right;
}

static int larger_first(const void *left, const void *right)
{
    return *(const uint16_t *)right - *(const uint16_t *)left;
}

static void read_numbers(const struct json_at *parent, const cJSON *root, const char *key, bool is_required,
                         struct grammar_numbers *out)
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    const struct json_at at = json_at_key(parent, key, path);
    const cJSON *table = json_object(parent, root, key, is_required), *item;
    unsigned before = at.report->count;
    cJSON_ArrayForEach(item, table)
    {
        struct json_at here = json_at_key(&at, item->string, item_path);
        if (out->count == GRAMMAR_NUMBERS_MAX) {
            json_complain(at.report, at.path, "has more than %d numbers", GRAMMAR_NUMBERS_MAX);
            return;
        }
        if (read_value(&here, item->string, &out->word[out->count].value) &&
            read_word(&here, item, out->word[out->count].text, sizeof out->word[0].text))
            out->count++;
    }
    qsort(out->word, out->count, sizeof out->word[0], larger_first);
    int gap = table && at.report->count == before ? grammar_gap(out) : -1;
    if (gap >= 0)
        json_complain(at.report, at.path,
                      "has no words for %d; add it, or a smaller number that it is made of", gap);
}

/* ---- letters --------------------------------------------------------------------------------- */

static void read_letters(const struct json_at *parent, const cJSON *root, struct grammar *out)
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    const struct json_at at = json_at_key(parent, "letters", path);
    const cJSON *table = json_object(parent, root, "letters", true), *item;
    cJSON_ArrayForEach(item, table)
    {
        struct json_at here = json_at_key(&at, item->string, item_path);
        const char *next = item->string, *end = next + strlen(next);
        uint32_t letter = next < end ? utf8_next(&next, end) : UTF8_BAD;
        if (out->nletters == GRAMMAR_LETTERS_MAX) {
            json_complain(at.report, at.path, "has more than %d letters", GRAMMAR_LETTERS_MAX);
            return;
        }
        if (letter == UTF8_BAD || next != end)
            json_complain(at.report, here.path, "is not one letter");
        else if (read_word(&here, item, out->letter[out->nletters].name, sizeof out->letter[0].name))
            out->letter[out->nletters++].letter = letter;
    }
}

/* ---- sentences ------------------------------------------------------------------------------- */

static bool is_place_holder(const char *name, size_t length)
{
    for (unsigned i = 0; i < sizeof place_holders / sizeof *place_holders; i++)
        if (strlen(place_holders[i]) == length && memcmp(place_holders[i], name, length) == 0)
            return true;
    return false;
}

static void check_saying(const struct json_at *at, const char *saying)
{
    bool has_desk = strstr(saying, "{desk}") || strstr(saying, "{nth_desk}");
    if (!strstr(saying, "{ticket}") || !has_desk || !strstr(saying, "{place}"))
        json_complain(at->report, at->path,
                      "says not whom it calls where: {ticket}, {place}, and {desk} or {nth_desk} are needed");
    for (const char *open = strchr(saying, '{'); open; open = strchr(open + 1, '{'))
        if (!is_place_holder(open + 1, strcspn(open + 1, "}")))
            json_complain(at->report, at->path, "{%.*s} is not one of {ticket}, {desk}, {nth_desk}, {place}",
                          (int)strcspn(open + 1, "}"), open + 1);
}

static void read_sayings(const struct json_at *parent, const cJSON *root, struct grammar *out)
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    const struct json_at at = json_at_key(parent, "sentences", path);
    const cJSON *table = json_object(parent, root, "sentences", true);
    if (!table)
        return;
    json_known_keys(&at, table, saying_keys, SAYINGS);
    for (unsigned i = 0; i < SAYINGS; i++) {
        struct json_at here = json_at_key(&at, saying_keys[i], item_path);
        if (i != SAY_CALL) /* in want of another */
            memcpy(out->saying[i], out->saying[SAY_CALL], sizeof out->saying[i]);
        if (json_string(&at, table, saying_keys[i], i == SAY_CALL, out->saying[i], sizeof out->saying[i]) &&
            json_member(table, saying_keys[i]))
            check_saying(&here, out->saying[i]);
    }
}

static bool counts_desks(const struct grammar *grammar)
{
    for (unsigned i = 0; i < SAYINGS; i++)
        if (strstr(grammar->saying[i], "{nth_desk}"))
            return true;
    return false;
}

static void read_places(const struct json_at *parent, const cJSON *root, struct grammar *out)
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    const struct json_at at = json_at_key(parent, "places", path);
    const cJSON *table = json_object(parent, root, "places", true);
    if (!table)
        return;
    json_known_keys(&at, table, kind_keys, KINDS);
    for (unsigned i = 0; i < KINDS; i++) {
        const cJSON *value = json_member(table, kind_keys[i]);
        struct json_at here = json_at_key(&at, kind_keys[i], item_path);
        if (value)
            read_word(&here, value, out->place[i], sizeof out->place[i]);
        else
            json_complain(at.report, here.path, "is missing; say how visitors are sent there");
    }
}

bool grammar_load(struct grammar *out, const char *lang, const cJSON *root, struct json_report *report)
{
    static const char *const keys[] = { "$schema", "cardinals", "ordinals", "joint",
                                        "letters", "places",    "sentences" };
    char path[JSON_PATH_MAX];
    const struct json_at at = { report, "" };
    unsigned before = report->count;
    *out = (struct grammar){ 0 };
    snprintf(out->lang, sizeof out->lang, "%s", lang);
    if (!cJSON_IsObject(root)) {
        json_complain(report, "", "is not an object of words and sentences");
        return false;
    }
    json_known_keys(&at, root, keys, sizeof keys / sizeof *keys);
    read_sayings(&at, root, out);
    read_numbers(&at, root, "cardinals", true, &out->cardinal);
    read_numbers(&at, root, "ordinals", counts_desks(out), &out->ordinal);
    if (json_member(root, "joint")) {
        const struct json_at here = json_at_key(&at, "joint", path);
        read_word(&here, json_member(root, "joint"), out->joint, sizeof out->joint);
    }
    read_letters(&at, root, out);
    read_places(&at, root, out);
    return report->count == before;
}
