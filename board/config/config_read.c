#include "board/config/config_read.h"
#include "protocol/utf8.h"

#include <stdio.h>
#include <string.h>

const char *joined(const char *const *names, unsigned count, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
    return out;
}

void require(const struct json_at *at, const cJSON *item, const char *key, const char *remedy)
{
    char path[JSON_PATH_MAX];
    if (!cJSON_GetObjectItemCaseSensitive(item, key))
        json_complain(at->report, json_at_key(at, key, path).path, "is missing; %s", remedy);
}

/* ---- values ---------------------------------------------------------------------------------- */

static bool is_printable(const char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        uint32_t cp = utf8_next(&text, end);
        if (cp == UTF8_BAD || !utf8_is_printable(cp))
            return false;
    }
    return true;
}

bool read_text(struct reader *reader, const struct json_at *at, const cJSON *value, char *out, size_t size)
{
    char seen[JSON_SHOW_MAX];
    (void)reader;
    if (!cJSON_IsString(value))
        json_complain(at->report, at->path, "%s is not a text", json_show(value, seen));
    else if (!*value->valuestring)
        json_complain(at->report, at->path, "is empty; write a text");
    else if (strlen(value->valuestring) >= size)
        json_complain(at->report, at->path, "%s has %zu bytes; at most %zu fit", json_show(value, seen),
                      strlen(value->valuestring), size - 1);
    else if (!is_printable(value->valuestring))
        json_complain(at->report, at->path,
                      "%s has characters that cannot be seen; write printable ones only",
                      json_show(value, seen));
    else {
        memcpy(out, value->valuestring, strlen(value->valuestring) + 1);
        return true;
    }
    return false;
}

bool read_id(const struct json_at *at, const cJSON *value, char out[ID_SIZE])
{
    char seen[JSON_SHOW_MAX];
    if (!cJSON_IsString(value) || !id_is_valid(value->valuestring)) {
        json_complain(at->report, at->path, "%s is no id; write 1 to 32 of a-z 0-9 _ -",
                      json_show(value, seen));
        return false;
    }
    memcpy(out, value->valuestring, strlen(value->valuestring) + 1);
    return true;
}

bool read_path(struct reader *reader, const struct json_at *at, const char *text, char *out, size_t size)
{
    bool is_absolute = text[0] == '/' || !reader->folder[0];
    int length =
        is_absolute ? snprintf(out, size, "%s", text) : snprintf(out, size, "%s/%s", reader->folder, text);
    if (length >= 0 && (size_t)length < size)
        return true;
    char seen[JSON_SHOW_MAX];
    json_complain(at->report, at->path, "the path %s has %d bytes with its folder; at most %zu fit",
                  json_show_text(text, seen), length, size - 1);
    out[0] = '\0';
    return false;
}

static void read_label_key(struct reader *reader, const struct json_at *at, const cJSON *value,
                           struct label *label)
{
    const struct config *config = reader->config;
    for (unsigned i = 0; i < config->nlangs; i++)
        if (strcmp(value->string, config->lang[i]) == 0)
            read_text(reader, at, value, label->text[i], sizeof label->text[i]);
}

void read_label(struct reader *reader, const struct json_at *at, const cJSON *value, struct label *label)
{
    const struct config *config = reader->config;
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    const char *langs[LANGS_MAX];
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path, "%s is not an object with a text in each language",
                      json_show(value, seen));
        return;
    }
    for (unsigned i = 0; i < config->nlangs; i++)
        langs[i] = config->lang[i];
    if (!reader->has_wrong_language)
        json_known_keys(at, value, langs, config->nlangs);
    const cJSON *item;
    cJSON_ArrayForEach(item, value)
    {
        struct json_at here = json_at_key(at, item->string, path);
        read_label_key(reader, &here, item, label);
    }
}

static void require_languages(struct reader *reader, const struct json_at *at, const cJSON *value)
{
    const struct config *config = reader->config;
    if (!cJSON_IsObject(value))
        return;
    for (unsigned i = 0; i < config->nlangs; i++)
        if (!cJSON_GetObjectItemCaseSensitive(value, config->lang[i]))
            json_complain(at->report, at->path,
                          "has no text in \"%s\"; give one in every language of the hall", config->lang[i]);
}

/* ---- references ------------------------------------------------------------------------------ */

/* Items keep their place from file to config, so the place in the file is the index. */
static unsigned list_ids(const cJSON *array, const char **id, unsigned max)
{
    unsigned count = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, array)
    {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(item, "id");
        if (count == max)
            break;
        id[count++] = cJSON_IsString(value) ? value->valuestring : "";
    }
    return count;
}

/* An id that is none is complained of where it stands, and not offered. */
static unsigned keep_valid(const char **id, unsigned count)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++)
        if (id_is_valid(id[i]))
            id[kept++] = id[i];
    return kept;
}

int read_ref(struct reader *reader, const struct json_at *at, const char *of, const char *id)
{
    const char *known[64];
    char list[200], seen[JSON_SHOW_MAX];
    unsigned count = list_ids(cJSON_GetObjectItemCaseSensitive(reader->root, of), known, 64);
    for (unsigned i = 0; i < count; i++)
        if (strcmp(known[i], id) == 0)
            return (int)i;
    count = keep_valid(known, count);
    const char *nearest = json_nearest(id, known, count);
    json_show_text(id, seen);
    if (nearest)
        json_complain(at->report, at->path, "%s is not in %s; did you mean \"%s\"?", seen, of, nearest);
    else
        json_complain(at->report, at->path, "%s is not in %s; known are %s", seen, of,
                      count ? joined(known, count, list, sizeof list) : "none");
    return NONE;
}

static uint32_t zone_bit(struct reader *reader, const struct json_at *at, const cJSON *value)
{
    char seen[JSON_SHOW_MAX];
    if (cJSON_IsString(value)) {
        int zone = read_ref(reader, at, "zones", value->valuestring);
        return zone != NONE && zone < ZONES_MAX ? 1u << zone
                                                : UINT32_MAX; /* no second complaint about other zones */
    }
    json_complain(at->report, at->path, "%s is not the id of a zone", json_show(value, seen));
    return UINT32_MAX;
}

static void read_zones(struct reader *reader, const struct json_at *at, const cJSON *value, uint32_t *zones)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    unsigned index = 0;
    const cJSON *item;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) == 0) {
        json_complain(at->report, at->path, "%s is not a list of zone ids; leave the key out for all zones",
                      cJSON_IsArray(value) ? "an empty list" : json_show(value, seen));
        return;
    }
    *zones = 0;
    cJSON_ArrayForEach(item, value)
    {
        struct json_at here = json_at_index(at, index++, path);
        *zones |= zone_bit(reader, &here, item);
    }
}

/* ---- fields ---------------------------------------------------------------------------------- */

struct place { /* of one value */
    struct reader *reader;
    const struct field *field;
    const struct json_at *object_at, *at; /* of the object, of the value in it */
    const cJSON *object, *value;
    void *target;
    unsigned char *out;
};

static void field_id(const struct place *p)
{
    read_id(p->at, p->value, (char *)p->out);
}

static void field_text(const struct place *p)
{
    read_text(p->reader, p->at, p->value, (char *)p->out, p->field->size);
}

static void field_path(const struct place *p)
{
    char text[CONFIG_PATH_SIZE];
    if (read_text(p->reader, p->at, p->value, text, sizeof text))
        read_path(p->reader, p->at, text, (char *)p->out, p->field->size);
}

static void field_label(const struct place *p)
{
    read_label(p->reader, p->at, p->value, (struct label *)(void *)p->out);
    require_languages(p->reader, p->at, p->value);
}

static void store(unsigned char *out, size_t size, long long value)
{
    uint8_t byte = (uint8_t)value;
    uint16_t half = (uint16_t)value;
    uint32_t word = (uint32_t)value;
    const void *from = size == 1 ? (void *)&byte : size == 2 ? (void *)&half : (void *)&word;
    memcpy(out, from, size == 1 || size == 2 ? size : sizeof word);
}

static void field_integer(const struct place *p)
{
    long long value = 0;
    const struct field *f = p->field;
    if (json_integer(p->object_at, p->object, f->key, true, (long long)f->min, (long long)f->max, &value))
        store(p->out, f->size, value);
}

static void field_number(const struct place *p)
{
    const struct field *f = p->field;
    double value;
    if (json_number(p->object_at, p->object, f->key, true, f->min, f->max, &value))
        memcpy(p->out, &value, sizeof value);
}

static void field_bool(const struct place *p)
{
    json_bool(p->object_at, p->object, p->field->key, true, (bool *)(void *)p->out);
}

static void field_choice(const struct place *p)
{
    int index;
    const struct field *f = p->field;
    if (json_choice(p->object_at, p->object, f->key, true, f->names, f->nnames, &index))
        store(p->out, f->size, index);
}

static void field_word(const struct place *p)
{
    int index;
    const struct field *f = p->field;
    if (json_choice(p->object_at, p->object, f->key, true, f->names, f->nnames, &index))
        snprintf((char *)p->out, f->size, "%s", f->names[index]);
}

static void field_ref(const struct place *p)
{
    char id[ID_SIZE];
    if (read_id(p->at, p->value, id))
        store(p->out, 1, read_ref(p->reader, p->at, p->field->of, id));
}

static void field_zones(const struct place *p)
{
    read_zones(p->reader, p->at, p->value, (uint32_t *)(void *)p->out);
}

static void field_custom(const struct place *p)
{
    p->field->read(p->reader, p->at, p->value, p->out);
}

static void field_object(const struct place *p)
{
    char seen[JSON_SHOW_MAX];
    if (cJSON_IsObject(p->value))
        read_fields(p->reader, p->at, p->value, p->field->field, p->field->nfields, p->target);
    else
        json_complain(p->at->report, p->at->path, "%s is not an object", json_show(p->value, seen));
}

static void read_section(struct reader *reader, const struct json_at *at, const cJSON *array,
                         const struct section *section);

static void field_section(const struct place *p)
{
    char seen[JSON_SHOW_MAX];
    if (cJSON_IsArray(p->value))
        read_section(p->reader, p->at, p->value, p->field->section);
    else
        json_complain(p->at->report, p->at->path, "%s is not an array", json_show(p->value, seen));
}

static void (*const read_kind[])(const struct place *place) = {
    [FIELD_ID] = field_id,           [FIELD_TEXT] = field_text,       [FIELD_PATH] = field_path,
    [FIELD_LABEL] = field_label,     [FIELD_INTEGER] = field_integer, [FIELD_NUMBER] = field_number,
    [FIELD_BOOL] = field_bool,       [FIELD_CHOICE] = field_choice,   [FIELD_WORD] = field_word,
    [FIELD_REF] = field_ref,         [FIELD_ZONES] = field_zones,     [FIELD_OBJECT] = field_object,
    [FIELD_SECTION] = field_section, [FIELD_CUSTOM] = field_custom,
};

static void read_field(struct reader *reader, const struct json_at *at, const cJSON *object,
                       const struct field *field, void *target)
{
    char path[JSON_PATH_MAX];
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, field->key);
    struct json_at here = json_at_key(at, field->key, path);
    struct place place = { reader, field, at,     &here,
                           object, value, target, (unsigned char *)target + field->offset };
    if (value)
        read_kind[field->kind](&place);
    else if (field->is_required)
        json_complain(at->report, here.path, "is missing");
}

void read_fields(struct reader *reader, const struct json_at *at, const cJSON *object,
                 const struct field *field, unsigned nfields, void *target)
{
    const char *keys[FIELDS_MAX] = { 0 };
    for (unsigned i = 0; i < nfields; i++)
        keys[i] = field[i].key;
    json_known_keys(at, object, keys, nfields);
    for (unsigned i = 0; i < nfields; i++)
        read_field(reader, at, object, &field[i], target);
}

/* ---- sections -------------------------------------------------------------------------------- */

static void refuse_duplicates(const struct json_at *at, const cJSON *array)
{
    char path[JSON_PATH_MAX], inner[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    const char *id[DESKS_MAX];
    unsigned count = list_ids(array, id, DESKS_MAX);
    for (unsigned i = 1; i < count; i++)
        for (unsigned j = 0; j < i; j++) {
            if (!*id[i] || strcmp(id[i], id[j]) != 0)
                continue;
            struct json_at here = json_at_index(at, i, path);
            json_complain(at->report, json_at_key(&here, "id", inner).path, "%s is also the id of %s[%u]",
                          json_show_text(id[i], seen), at->path, j);
            break;
        }
}

static void read_item(struct reader *reader, const struct section *section, const struct json_at *at,
                      const cJSON *item, unsigned index)
{
    char seen[JSON_SHOW_MAX];
    char *target = (char *)reader->config + section->items + index * section->item_size;
    if (section->defaults)
        memcpy(target, section->defaults, section->item_size);
    if (!cJSON_IsObject(item)) {
        json_complain(at->report, at->path, "%s is not an object", json_show(item, seen));
        return;
    }
    read_fields(reader, at, item, section->field, section->nfields, target);
    if (section->check)
        section->check(reader, at, item, index);
}

static void read_section(struct reader *reader, const struct json_at *at, const cJSON *array,
                         const struct section *section)
{
    char path[JSON_PATH_MAX];
    unsigned index = 0, size = (unsigned)cJSON_GetArraySize(array);
    const cJSON *item;
    if (section->is_needed && size == 0)
        json_complain(at->report, at->path, "is empty; at least one is needed");
    if (size > section->max)
        json_complain(at->report, at->path, "%u items; at most %u: %s", size, section->max, section->why_max);
    cJSON_ArrayForEach(item, array)
    {
        struct json_at here = json_at_index(at, index, path);
        if (index == section->max)
            break;
        read_item(reader, section, &here, item, index++);
    }
    store((unsigned char *)reader->config + section->count, sizeof(uint16_t), index);
    refuse_duplicates(at, array);
}
