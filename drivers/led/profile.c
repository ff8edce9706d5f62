#include "drivers/led/profile_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX 65536 /* the longest shipped profile has 5 KiB */
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- sections, in the order of the file ------------------------------------------------------ */

static void read_head(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const confidences[] = { "confirmed", "tested", "documented", "hearsay" };
    int confidence = 0;
    json_string(at, root, "name", true, profile->name, sizeof profile->name);
    json_string(at, root, "title", true, profile->title, sizeof profile->title);
    json_string(at, root, "source", true, profile->source, sizeof profile->source);
    json_choice(at, root, "confidence", true, confidences, COUNT(confidences), &confidence);
    profile->confidence = confidences[confidence];
}

static void read_factory(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "unit", "baud", "parity", "stop_bits" };
    static const char *const parities[] = { "none", "even", "odd" };
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "factory", false);
    if (!object)
        return;
    struct json_at here = json_at_key(at, "factory", path);
    long long baud = 9600;
    int parity = 0;
    json_known_keys(&here, object, keys, COUNT(keys));
    profile_read_u8(&here, object, "unit", true, 1, 247, &profile->factory.unit);
    json_integer(&here, object, "baud", true, 1200, 230400, &baud);
    json_choice(&here, object, "parity", true, parities, COUNT(parities), &parity);
    profile_read_u8(&here, object, "stop_bits", true, 1, 2, &profile->factory.serial.stop_bits);
    profile->factory.serial.baud = (int)baud;
    profile->factory.serial.parity = "NEO"[parity];
}

static void read_functions(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    uint16_t function[3];
    unsigned count = profile_read_values(at, root, "functions", function, COUNT(function));
    for (unsigned i = 0; i < count; i++) {
        profile->has_fc05 |= function[i] == 5;
        profile->has_fc06 |= function[i] == 6;
        profile->has_fc16 |= function[i] == 16;
        if (function[i] != 5 && function[i] != 6 && function[i] != 16)
            json_complain(at->report, "functions",
                          "%u is no function that is known to write; 5 (coil), 6 and 16 (registers) are",
                          function[i]);
    }
    profile->max_regs = 123;
    profile_read_u16(at, root, "max_registers", false, 1, 123, &profile->max_regs);
}

static void read_timing(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "turnaround_ms", true, 0, 1000, &profile->turnaround_ms },
        { "min_gap_ms", false, 0, 1000, &profile->min_gap_ms },
        { "broadcast_ms", false, 0, 1000, &profile->broadcast_ms },
    };
    struct profile_place place;
    profile->broadcast_ms = 100; /* Modbus over Serial Line V1.02, 2.4.1: typically 100 to 200 ms */
    profile_read_section(at, root, "timing", true, fields, COUNT(fields), &place);
}

static void read_never_write(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    char path[JSON_PATH_MAX], path_of_range[JSON_PATH_MAX];
    const cJSON *array = json_array(at, root, "never_write", true), *item;
    struct json_at at_array = json_at_key(at, "never_write", path);
    cJSON_ArrayForEach(item, array)
    {
        if (profile->nnever == LED_RANGES_MAX) {
            json_complain(at->report, path, "has over %d ranges", LED_RANGES_MAX);
            return;
        }
        struct json_at here = json_at_index(&at_array, profile->nnever, path_of_range);
        struct led_range *range = &profile->never_write[profile->nnever++];
        if (cJSON_GetArraySize(item) != 2 || !cJSON_IsArray(item)) {
            json_complain(at->report, here.path, "is not a range [first, last]");
            continue;
        }
        if (profile_read_element(&here, cJSON_GetArrayItem(item, 0), 65535, &range->first) &&
            profile_read_element(&here, cJSON_GetArrayItem(item, 1), 65535, &range->last) &&
            range->first > range->last)
            json_complain(at->report, here.path, "ends before it begins");
    }
}

static void read_writes(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    profile->ninit = profile_read_writes(at, profile, root, "init", profile->init);
    profile->nblank = profile_read_writes(at, profile, root, "blank", profile->blank);
    if (profile->text.packing == LED_PACK_NUMBER && !profile->nblank)
        json_complain(at->report, "blank", "is missing: no number leaves the cells dark");
}

static void read_profile(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "$schema", "name",       "title",       "confidence",    "source",
                                        "factory", "functions",  "text",        "number",        "blink",
                                        "blank",   "init",       "identify",    "verify",        "lit",
                                        "glyphs",  "brightness", "colour",      "segment_bits",  "timing",
                                        "group",   "commission", "never_write", "max_registers", "mode" };
    if (!cJSON_IsObject(root)) {
        json_complain(at->report, "", "is not an object");
        return;
    }
    json_known_keys(at, root, keys, COUNT(keys));
    read_head(at, root, profile);
    read_factory(at, root, profile);
    read_functions(at, root, profile);
    read_timing(at, root, profile);
    read_never_write(at, root, profile); /* before everything that writes */
    profile_read_text(at, root, profile);
    read_writes(at, root, profile);
    profile_read_extras(at, root, profile);
    profile_read_commission(at, root, profile);
}

/* ---- the file -------------------------------------------------------------------------------- */

static char *read_file(const char *path, struct json_report *report, size_t *length)
{
    FILE *file = fopen(path, "re");
    char *bytes = malloc(FILE_MAX);
    if (!file || !bytes) {
        json_complain(report, "", "cannot be read: %s", strerror(errno));
        free(bytes);
        bytes = NULL;
    } else {
        *length = fread(bytes, 1, FILE_MAX, file);
        if (*length == FILE_MAX || ferror(file)) {
            json_complain(report, "", "cannot be read, or is longer than %d bytes", FILE_MAX - 1);
            free(bytes);
            bytes = NULL;
        }
    }
    if (file)
        fclose(file);
    return bytes;
}

static struct led_profile *parse(const char *bytes, size_t length, struct json_report *report)
{
    struct json_error error;
    struct led_profile *profile = calloc(1, sizeof *profile);
    cJSON *root = json_parse(bytes, length, &error);
    if (!profile)
        json_complain(report, "", "out of memory");
    else if (!root)
        json_complain(report, "", "line %u, column %u: %s", error.line, error.column, error.text);
    else
        read_profile(&(struct json_at){ report, "" }, root, profile);
    cJSON_Delete(root);
    if (report->count == 0)
        return profile;
    led_profile_destroy(profile);
    return NULL;
}

struct led_profile *led_profile_load(const char *path, struct json_report *report)
{
    struct json_report own = { report->line, report->data, path, 0 };
    struct led_profile *profile = NULL;
    size_t length = 0;
    char *bytes = read_file(path, &own, &length);
    if (bytes)
        profile = parse(bytes, length, &own);
    free(bytes);
    report->count += own.count;
    return profile;
}

void led_profile_destroy(struct led_profile *profile)
{
    if (!profile)
        return;
    if (profile->identify == LED_IDENTIFY_SERVER_ID)
        regfree(&profile->pattern);
    free(profile);
}

const char *led_profile_name(const struct led_profile *profile)
{
    return profile->name;
}

const char *led_profile_title(const struct led_profile *profile)
{
    return profile->title;
}

unsigned led_profile_cells(const struct led_profile *profile)
{
    return profile->text.cells;
}

unsigned led_profile_turnaround_ms(const struct led_profile *profile)
{
    return profile->turnaround_ms;
}

bool led_profile_factory(const struct led_profile *profile, uint8_t *unit, struct led_serial *serial)
{
    *unit = profile->factory.unit;
    *serial = profile->factory.serial;
    return profile->factory.unit != 0;
}

const char *led_profile_confidence(const struct led_profile *profile)
{
    return profile->confidence;
}

const char *led_profile_source(const struct led_profile *profile)
{
    return profile->source;
}
