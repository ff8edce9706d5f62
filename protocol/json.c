#include "protocol/json.h"
#include "protocol/utf8.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

cJSON *json_parse(const char *bytes, size_t length, struct json_error *error)
{
    *error = (struct json_error){ .line = 1, .column = 1 };
    if (!json_check(bytes, length, error))
        return NULL;
    cJSON *root = cJSON_ParseWithLength(bytes, length);
    if (!root)
        snprintf(error->text, sizeof error->text, "out of memory");
    return root;
}

/* ---- text for people ------------------------------------------------------------------------- */

const char *json_show_text(const char *text, char buffer[JSON_SHOW_MAX])
{
    char *out = buffer,
         *limit = buffer + JSON_SHOW_MAX - 16; /* one escape, dots, quote and NUL fit behind it */
    const char *at = text, *end = text + strlen(text);
    *out++ = '"';
    while (at < end && out < limit) {
        unsigned char byte = (unsigned char)*at;
        uint32_t cp = utf8_next(&at, end);
        if (cp == UTF8_BAD)
            out += sprintf(out, "\\x%02X", byte);
        else if (utf8_is_printable(cp) && cp != 0x200C && cp != 0x200D) /* joiners: allowed, but not seen */
            out += utf8_put(out, cp);
        else
            out += sprintf(out, "\\u%04X", cp);
    }
    snprintf(out, (size_t)(buffer + JSON_SHOW_MAX - out), "%s", at < end ? "…\"" : "\"");
    return buffer;
}

const char *json_show(const cJSON *item, char buffer[JSON_SHOW_MAX])
{
    if (cJSON_IsString(item))
        return json_show_text(item->valuestring, buffer);
    if (cJSON_IsNumber(item))
        snprintf(buffer, JSON_SHOW_MAX, fabs(item->valuedouble) <= JSON_INTEGER_MAX ? "%.16g" : "%g",
                 item->valuedouble);
    else
        snprintf(buffer, JSON_SHOW_MAX, "%s",
                 cJSON_IsArray(item)    ? "an array"
                 : cJSON_IsObject(item) ? "an object"
                 : cJSON_IsTrue(item)   ? "true"
                 : cJSON_IsFalse(item)  ? "false"
                                        : "null");
    return buffer;
}

void json_complain(struct json_report *report, const char *path, const char *format, ...)
{
    char what[512], line[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(line, sizeof line, "%s%s%s%s%s", report->file ? report->file : "", report->file ? ": " : "",
             path, *path ? ": " : "", what);
    report->count++;
    if (report->line)
        report->line(report->data, line);
}

struct json_at json_at_key(const struct json_at *at, const char *key, char buffer[JSON_PATH_MAX])
{
    snprintf(buffer, JSON_PATH_MAX, "%s%s%s", at->path, *at->path ? "." : "", key);
    return (struct json_at){ at->report, buffer };
}

struct json_at json_at_index(const struct json_at *at, unsigned index, char buffer[JSON_PATH_MAX])
{
    snprintf(buffer, JSON_PATH_MAX, "%s[%u]", at->path, index);
    return (struct json_at){ at->report, buffer };
}

/* "key: VALUE is not WANTED"; false, for the caller to pass on. */
__attribute__((format(printf, 4, 5))) static bool refuse(const struct json_at *at, const char *key,
                                                         const cJSON *item, const char *format, ...)
{
    char path[JSON_PATH_MAX], shown[JSON_SHOW_MAX], wanted[256];
    va_list args;
    va_start(args, format);
    vsnprintf(wanted, sizeof wanted, format, args);
    va_end(args);
    json_complain(at->report, json_at_key(at, key, path).path, "%s is not %s", json_show(item, shown),
                  wanted);
    return false;
}

/* ---- typed members --------------------------------------------------------------------------- */

/* Looking at the first byte before strcmp() halves the cost of a message: most keys differ there. */
const cJSON *json_member(const cJSON *object, const char *key)
{
    const cJSON *item = object->child;
    while (item && (!item->string || item->string[0] != key[0] || strcmp(item->string, key) != 0))
        item = item->next;
    return item;
}

/* The member, or NULL with *result as an absent member has it. */
static const cJSON *member(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                           bool *result)
{
    const cJSON *item = json_member(object, key);
    *result = item || !is_required;
    if (!*result) {
        char path[JSON_PATH_MAX];
        json_complain(at->report, json_at_key(at, key, path).path, "is missing");
    }
    return item;
}

bool json_string(const struct json_at *at, const cJSON *object, const char *key, bool is_required, char *out,
                 size_t size)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item)
        return result;
    if (!cJSON_IsString(item))
        return refuse(at, key, item, "a string");
    size_t length = strlen(item->valuestring);
    if (length >= size)
        return refuse(at, key, item, "a string of at most %zu bytes", size - 1);
    memcpy(out, item->valuestring, length + 1);
    return true;
}

bool json_integer(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                  long long min, long long max, long long *out)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item)
        return result;
    if (!cJSON_IsNumber(item) || item->valuedouble != floor(item->valuedouble) ||
        fabs(item->valuedouble) > (double)JSON_INTEGER_MAX || (long long)item->valuedouble < min ||
        (long long)item->valuedouble > max)
        return refuse(at, key, item, "an integer from %lld to %lld", min, max);
    *out = (long long)item->valuedouble;
    return true;
}

bool json_number(const struct json_at *at, const cJSON *object, const char *key, bool is_required, double min,
                 double max, double *out)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item)
        return result;
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= min && item->valuedouble <= max))
        return refuse(at, key, item, "a number from %g to %g", min, max);
    *out = item->valuedouble;
    return true;
}

bool json_bool(const struct json_at *at, const cJSON *object, const char *key, bool is_required, bool *out)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item)
        return result;
    if (!cJSON_IsBool(item))
        return refuse(at, key, item, "true or false");
    *out = cJSON_IsTrue(item);
    return true;
}

static int name_index(const char *word, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(word, names[i]) == 0)
            return (int)i;
    return -1;
}

static void list_names(char *out, size_t size, const char *const *names, unsigned count)
{
    size_t used = 0;
    out[0] = '\0';
    for (unsigned i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", names[i]);
}

bool json_choice(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                 const char *const *names, unsigned count, int *out)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item)
        return result;
    int index = cJSON_IsString(item) ? name_index(item->valuestring, names, count) : -1;
    if (index < 0) {
        char list[224];
        list_names(list, sizeof list, names, count);
        return refuse(at, key, item, "one of %s", list);
    }
    *out = index;
    return true;
}

const cJSON *json_array(const struct json_at *at, const cJSON *object, const char *key, bool is_required)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item || cJSON_IsArray(item))
        return item;
    refuse(at, key, item, "an array");
    return NULL;
}

const cJSON *json_object(const struct json_at *at, const cJSON *object, const char *key, bool is_required)
{
    bool result;
    const cJSON *item = member(at, object, key, is_required, &result);
    if (!item || cJSON_IsObject(item))
        return item;
    refuse(at, key, item, "an object");
    return NULL;
}

/* ---- near names ------------------------------------------------------------------------------ */

#define WORD_MAX 40 /* longer words are compared by their head */

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;
    return least < c ? least : c;
}

static unsigned distance(const char *a, const char *b)
{
    size_t na = strnlen(a, WORD_MAX), nb = strnlen(b, WORD_MAX);
    unsigned row[WORD_MAX + 1];
    for (unsigned j = 0; j <= nb; j++)
        row[j] = j;
    for (unsigned i = 1; i <= na; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= nb; j++) {
            unsigned above = row[j];
            row[j] = min3(diagonal + (a[i - 1] != b[j - 1]), above + 1, row[j - 1] + 1);
            diagonal = above;
        }
    }
    return row[nb];
}

const char *json_nearest(const char *word, const char *const *names, unsigned count)
{
    const char *nearest = NULL;
    unsigned best = 1 + (unsigned)strnlen(word, WORD_MAX) / 3; /* a typo or two, not another word */
    for (unsigned i = 0; i < count; i++) {
        unsigned d = distance(word, names[i]);
        if (d <= best && (!nearest || d < best)) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

void json_known_keys(const struct json_at *at, const cJSON *object, const char *const *keys, unsigned count)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, object)
    {
        if (name_index(item->string, keys, count) >= 0)
            continue;
        char shown[JSON_SHOW_MAX], list[256];
        const char *nearest = json_nearest(item->string, keys, count);
        list_names(list, sizeof list, keys, count);
        json_show_text(item->string, shown);
        if (nearest)
            json_complain(at->report, at->path, "unknown key %s; did you mean \"%s\"?", shown, nearest);
        else
            json_complain(at->report, at->path, "unknown key %s; known are %s", shown, list);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* One character as it stands between quotes; `out` holds 6 bytes. */
static unsigned quote_character(char *out, uint32_t cp)
{
    if (cp == UTF8_BAD)
        return utf8_put(out, 0xFFFD);
    if (cp == '"' || cp == '\\') {
        out[0] = '\\';
        out[1] = (char)cp;
        return 2;
    }
    if (cp >= 0x20)
        return utf8_put(out, cp);
    static const char hex[] = "0123456789abcdef";
    memcpy(out, "\\u00", 4);
    out[4] = hex[cp >> 4];
    out[5] = hex[cp & 15];
    return 6;
}

/* Bytes from the start that stand between quotes as they are. */
static size_t plain_length(const char *at, const char *end)
{
    const char *start = at;
    while (at < end && *at >= 0x20 && *at < 0x7F && *at != '"' && *at != '\\')
        at++;
    return (size_t)(at - start);
}

int json_quote(char *out, size_t size, const char *text)
{
    const char *at = text, *end = text + strlen(text);
    size_t used = 0;
    if (size < 3)
        return -ENOSPC;
    out[used++] = '"';
    while (at < end) {
        char character[6];
        size_t plain = plain_length(at, end);
        if (used + plain + 2 > size)
            return -ENOSPC;
        memcpy(out + used, at, plain);
        used += plain;
        at += plain;
        if (at == end)
            break;
        unsigned length = quote_character(character, utf8_next(&at, end));
        if (used + length + 2 > size)
            return -ENOSPC;
        memcpy(out + used, character, length);
        used += length;
    }
    out[used++] = '"';
    out[used] = '\0';
    return (int)used;
}
