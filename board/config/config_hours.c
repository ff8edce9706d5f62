#include "board/config/config_read.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const char *const day_names[] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

/* ---- times ----------------------------------------------------------------------------------- */

/* "08:00", two figures each; 24:00 is the end of a day. */
static bool parse_time(const char *text, uint16_t *minute)
{
    static const char shape[] = "00:00";
    for (unsigned i = 0; i < sizeof shape; i++)
        if (shape[i] == '0' ? !isdigit((unsigned char)text[i]) : text[i] != shape[i])
            return false;
    int hour = (text[0] - '0') * 10 + text[1] - '0', rest = (text[3] - '0') * 10 + text[4] - '0';
    *minute = (uint16_t)(hour * 60 + rest);
    return rest < 60 && *minute <= HOURS_DAY;
}

static void read_time(const struct json_at *at, const cJSON *value, int max_min, const char *like,
                      uint16_t *out)
{
    char seen[JSON_SHOW_MAX];
    uint16_t minute;
    if (cJSON_IsString(value) && parse_time(value->valuestring, &minute) && minute <= max_min)
        *out = minute;
    else
        json_complain(at->report, at->path, "%s is no time of day; write it like \"%s\"",
                      json_show(value, seen), like);
}

void read_from(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    (void)reader;
    read_time(at, value, HOURS_DAY - 1, "08:00", out);
}

static void read_to(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    (void)reader;
    read_time(at, value, HOURS_DAY, "20:00", out);
}

/* ---- days ------------------------------------------------------------------------------------ */

static int parse_day(const char *text)
{
    for (int i = 0; i < 7; i++)
        if (strncmp(text, day_names[i], 3) == 0)
            return i;
    return NONE;
}

/* "mon" or "fri-mon": a bit for each, 0 if it is neither. */
static uint8_t parse_days(const char *text)
{
    int first = parse_day(text), last = first;
    uint8_t days = 0;
    if (first != NONE && text[3] == '-')
        last = parse_day(text += 4);
    if (first == NONE || last == NONE || text[3])
        return 0;
    for (int day = first;; day = (day + 1) % 7) {
        days |= (uint8_t)(1u << day);
        if (day == last)
            return days;
    }
}

static uint8_t read_some_days(const struct json_at *at, const cJSON *value)
{
    char seen[JSON_SHOW_MAX];
    uint8_t days = cJSON_IsString(value) ? parse_days(value->valuestring) : 0;
    if (!days)
        json_complain(at->report, at->path, "%s is no day; write \"mon\", \"mon-fri\", or a list of these",
                      json_show(value, seen));
    return days;
}

static void read_days(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX];
    uint8_t *days = out;
    unsigned index = 0;
    const cJSON *item;
    (void)reader;
    *days = 0;
    if (!cJSON_IsArray(value) || cJSON_GetArraySize(value) == 0)
        *days = read_some_days(at, value);
    else
        cJSON_ArrayForEach(item, value)
        {
            struct json_at here = json_at_index(at, index++, path);
            *days |= read_some_days(&here, item);
        }
}

/* ---- spans ----------------------------------------------------------------------------------- */

static const struct field span_fields[] = {
    { "days", FIELD_CUSTOM, false, IN(struct hours_span, days), .read = read_days },
    { "from", FIELD_CUSTOM, true, IN(struct hours_span, from_min), .read = read_from },
    { "to", FIELD_CUSTOM, true, IN(struct hours_span, to_min), .read = read_to },
};

static void read_span(struct reader *reader, const struct json_at *at, const cJSON *value,
                      struct hours_span *span)
{
    const uint16_t unread = UINT16_MAX;
    char seen[JSON_SHOW_MAX];
    *span = (struct hours_span){ .days = 0x7f, .from_min = unread, .to_min = unread };
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path, "%s is not an object of days, from and to",
                      json_show(value, seen));
        return;
    }
    read_fields(reader, at, value, span_fields, sizeof span_fields / sizeof *span_fields, span);
    if (span->from_min == span->to_min && span->to_min != unread)
        json_complain(at->report, at->path,
                      "ends when it begins; a whole day is from \"00:00\" to \"24:00\"");
}

void read_hours(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    struct hours *hours = out;
    int size = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    *hours = (struct hours){ 0 };
    if (cJSON_IsString(value) && strcmp(value->valuestring, "always") == 0)
        return;
    if (size < 1 || size > HOURS_SPANS_MAX)
        json_complain(at->report, at->path,
                      "%s is not a list of 1 to %d spans like {\"days\": \"mon-fri\", \"from\": \"08:00\", "
                      "\"to\": \"20:00\"}, and not \"always\"",
                      size                   ? "a longer list"
                      : cJSON_IsArray(value) ? "an empty list"
                                             : json_show(value, seen),
                      HOURS_SPANS_MAX);
    for (int i = 0; i < size && i < HOURS_SPANS_MAX; i++) {
        struct json_at here = json_at_index(at, (unsigned)i, path);
        read_span(reader, &here, cJSON_GetArrayItem(value, i), &hours->span[hours->nspans++]);
    }
}
