#include "drivers/led/profile_read.h"

#include "protocol/utf8.h"

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
    const cJSON *object = json_object(at, root, "factory", true);
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
    uint16_t function[2];
    unsigned count = profile_read_values(at, root, "functions", function, COUNT(function));
    for (unsigned i = 0; i < count; i++) {
        profile->has_fc06 |= function[i] == 6;
        profile->has_fc16 |= function[i] == 16;
        if (function[i] != 6 && function[i] != 16)
            json_complain(at->report, "functions", "%u is no function that writes registers; 6 and 16 are",
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

static void read_charset(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    char set[129] = "", path[JSON_PATH_MAX];
    json_string(at, object, "charset", true, set, sizeof set);
    for (const char *c = set; *c; c++) {
        if (*c < ' ' || *c > '~' || *c == '.')
            json_complain(
                at->report, json_at_key(at, "charset", path).path,
                "has a character that is not ASCII, or a dot; dots go by \"dot\", letters by \"fold\"");
        else
            profile->text.shows[(unsigned char)*c] = true;
    }
}

static int by_code_point(const void *a, const void *b)
{
    uint32_t left = ((const struct led_fold_entry *)a)->from,
             right = ((const struct led_fold_entry *)b)->from;
    return (left > right) - (left < right);
}

static void read_fold_entry(const struct json_at *at, const cJSON *item, struct led_profile *profile)
{
    const char *from = item->string, *end = from + strlen(from);
    uint32_t cp = utf8_next(&from, end);
    const char *to = cJSON_IsString(item) ? item->valuestring : "";
    const uint8_t letter = (uint8_t)to[0];
    if (cp == UTF8_BAD || from != end)
        json_complain(at->report, at->path, "is not one character");
    else if (cp < 128 && profile->text.shows[cp])
        json_complain(at->report, at->path, "is in \"charset\" and folded away; one of them is wrong");
    else if (strlen(to) != 1 || letter > 127 || !profile->text.shows[letter])
        json_complain(at->report, at->path, "is not folded to one character of \"charset\"");
    else
        profile->text.fold[profile->text.nfolds++] = (struct led_fold_entry){ cp, to[0] };
}

static void read_fold(const struct json_at *at, const cJSON *text, struct led_profile *profile)
{
    char path[JSON_PATH_MAX], path_of_entry[JSON_PATH_MAX];
    const cJSON *object = json_object(at, text, "fold", false), *item;
    struct json_at here = json_at_key(at, "fold", path);
    if (cJSON_GetArraySize(object) > LED_FOLDS_MAX) {
        json_complain(at->report, path, "has over %d characters", LED_FOLDS_MAX);
        return;
    }
    cJSON_ArrayForEach(item, object)
    {
        struct json_at at_entry = json_at_key(&here, item->string, path_of_entry);
        read_fold_entry(&at_entry, item, profile);
    }
    qsort(profile->text.fold, profile->text.nfolds, sizeof profile->text.fold[0], by_code_point);
}

/* Registers that `cells` need, dots included where they take bytes. */
static unsigned registers_needed(const struct led_profile *profile)
{
    if (profile->text.packing == LED_PACK_ONE)
        return profile->text.cells;
    return (profile->text.cells + 1u) / 2;
}

static void check_text(const struct json_at *at, const struct led_profile *profile)
{
    struct led_write all = { .reg = profile->text.reg, .count = profile->text.regs };
    profile_check_range(at, profile, &all);
    if (!profile->has_fc16 && profile->text.regs > LED_WRITES_MAX)
        json_complain(at->report, at->path, "%u registers one by one are too many; %d are possible",
                      profile->text.regs, LED_WRITES_MAX);
    if (registers_needed(profile) > profile->text.regs)
        json_complain(at->report, at->path, "%u cells need %u registers, there are %u", profile->text.cells,
                      registers_needed(profile), profile->text.regs);
    if (profile->text.packing == LED_PACK_ONE && profile->text.dot == LED_DOT_JOINS)
        json_complain(at->report, at->path,
                      "a dot cannot join with one character per register; use \"cell\" or \"none\"");
    if (!profile->text.shows[(unsigned char)profile->text.pad])
        json_complain(at->report, at->path, "the pad is not in \"charset\"");
}

static void read_text(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "register", "registers", "packing", "cells", "align",
                                        "pad",      "dot",       "charset", "fold" };
    static const char *const packings[] = { "two-per-register", "one-per-register", "segments" };
    static const char *const aligns[] = { "right", "left" };
    static const char *const dots[] = { "none", "cell", "joins" };
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "text", true);
    if (!object)
        return;
    struct json_at here = json_at_key(at, "text", path);
    unsigned before = here.report->count;
    int packing = 0, align = 0, dot = 0;
    json_known_keys(&here, object, keys, COUNT(keys));
    profile_read_u16(&here, object, "register", true, 0, 65535, &profile->text.reg);
    profile_read_u16(&here, object, "registers", true, 1, LED_TEXT_REGS_MAX, &profile->text.regs);
    profile_read_u8(&here, object, "cells", true, 1, LED_CELLS_MAX, &profile->text.cells);
    json_choice(&here, object, "packing", true, packings, COUNT(packings), &packing);
    json_choice(&here, object, "align", false, aligns, COUNT(aligns), &align);
    json_choice(&here, object, "dot", true, dots, COUNT(dots), &dot);
    profile->text.packing = (uint8_t)packing;
    profile->text.is_left_aligned = align;
    profile->text.dot = (uint8_t)dot;
    profile->text.pad = profile_read_ascii(&here, object, "pad", ' ');
    read_charset(&here, object, profile);
    read_fold(&here, object, profile);
    if (here.report->count == before)
        check_text(&here, profile);
}

static void read_blink(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    struct led_write *on = &profile->blink_on, *off = &profile->blink_off;
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &on->reg },
        { "on", true, 0, 65535, &on->value[0] },
        { "off", true, 0, 65535, &off->value[0] },
    };
    struct profile_place place;
    if (!profile_read_section(at, root, "blink", false, fields, COUNT(fields), &place))
        return;
    profile->has_blink = true;
    off->reg = on->reg;
    on->count = off->count = 1;
    on->function = off->function = profile->has_fc06 ? 6 : 16;
    profile_check_register(&place.at, profile, on->reg);
    if (profile->blink_on.value[0] == profile->blink_off.value[0])
        json_complain(at->report, place.path, "on and off are equal");
}

static void read_glyph(const struct json_at *at, const cJSON *item, struct led_profile *profile)
{
    unsigned char c = (unsigned char)item->string[0];
    uint8_t segments = 0;
    if (strlen(item->string) != 1 || c >= 128 || !cJSON_IsString(item)) {
        json_complain(at->report, at->path, "is not one ASCII character with its segments as text");
        return;
    }
    for (const char *s = item->valuestring; *s; s++) {
        if (*s < 'a' || *s > 'g')
            json_complain(at->report, at->path, "'%c' is no segment; a to g are", *s);
        else
            segments |= (uint8_t)(1u << (*s - 'a'));
    }
    profile->glyph[c] = segments;
}

static void read_bits(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    if (!json_string(at, root, "segment_bits", true, profile->bits, sizeof profile->bits))
        return;
    for (const char *c = ".abcdefg"; *c; c++)
        if (!strchr(profile->bits, *c)) {
            json_complain(at->report, "segment_bits",
                          "is not the letters a to g and a dot in the order of the device's bits,"
                          " bit 0 first");
            return;
        }
}

static void check_glyphs(const struct json_at *at, const struct led_profile *profile)
{
    for (unsigned c = 0; c < 128; c++)
        if (profile->text.shows[c] && c != ' ' && !profile->glyph[c])
            json_complain(at->report, "glyphs", "has no '%c', which is in text.charset", c);
}

static void read_glyphs(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    char path[JSON_PATH_MAX], path_of_glyph[JSON_PATH_MAX];
    bool is_needed = profile->text.packing == LED_PACK_SEGMENTS;
    const cJSON *object = json_object(at, root, "glyphs", is_needed), *item;
    if (!object)
        return;
    struct json_at here = json_at_key(at, "glyphs", path);
    cJSON_ArrayForEach(item, object)
    {
        struct json_at at_glyph = json_at_key(&here, item->string, path_of_glyph);
        read_glyph(&at_glyph, item, profile);
    }
    read_bits(at, root, profile);
    if (is_needed)
        check_glyphs(at, profile);
}

static void read_verify(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "register", "registers" };
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "verify", false);
    if (!object)
        return;
    struct json_at here = json_at_key(at, "verify", path);
    json_known_keys(&here, object, keys, COUNT(keys));
    profile_read_u16(&here, object, "register", true, 0, 65535, &profile->verify_reg);
    profile_read_u16(&here, object, "registers", true, 1, LED_TEXT_REGS_MAX, &profile->verify_regs);
    if (profile->verify_regs > profile->max_regs)
        json_complain(at->report, path, "reads %u registers; \"max_registers\" is %u", profile->verify_regs,
                      profile->max_regs);
    if (profile->verify_reg > profile->text.reg ||
        profile->verify_reg + profile->verify_regs < profile->text.reg + profile->text.regs)
        json_complain(at->report, path, "does not cover the text area, registers %u to %u", profile->text.reg,
                      profile->text.reg + profile->text.regs - 1);
}

static void read_lit(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "register", "registers", "order" };
    static const char *const orders[] = { "left-first", "right-first" };
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "lit", false);
    int order = 0;
    if (!object)
        return;
    struct json_at here = json_at_key(at, "lit", path);
    json_known_keys(&here, object, keys, COUNT(keys));
    profile_read_u16(&here, object, "register", true, 0, 65535, &profile->lit_reg);
    profile_read_u16(&here, object, "registers", true, 1, LED_TEXT_REGS_MAX, &profile->lit_regs);
    json_choice(&here, object, "order", true, orders, COUNT(orders), &order);
    profile->is_lit_right_first = order;
    if (profile->lit_reg < profile->verify_reg ||
        profile->lit_reg + profile->lit_regs > profile->verify_reg + profile->verify_regs)
        json_complain(at->report, path, "is outside of what \"verify\" reads");
    if (profile->lit_regs * 2 < profile->text.cells)
        json_complain(at->report, path, "%u registers do not hold the segments of %u cells",
                      profile->lit_regs, profile->text.cells);
    if (!*profile->bits)
        json_complain(at->report, path, "needs \"glyphs\" and \"segment_bits\"");
}

static void read_pattern(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    char text[128], path[JSON_PATH_MAX], why[96];
    if (!json_string(at, object, "pattern", true, text, sizeof text))
        return;
    int error = regcomp(&profile->pattern, text, REG_EXTENDED | REG_NOSUB);
    if (!error) {
        profile->identify = LED_IDENTIFY_SERVER_ID;
        return;
    }
    regerror(error, &profile->pattern, why, sizeof why);
    json_complain(at->report, json_at_key(at, "pattern", path).path, "is no extended regular expression: %s",
                  why);
}

static void read_identify(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "function", "pattern", "register", "values" };
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "identify", false);
    uint8_t function = 3;
    if (!object)
        return;
    struct json_at here = json_at_key(at, "identify", path);
    json_known_keys(&here, object, keys, COUNT(keys));
    profile_read_u8(&here, object, "function", true, 3, 17, &function);
    if (function == 17) {
        read_pattern(&here, object, profile);
    } else if (function == 3) {
        profile->identify = LED_IDENTIFY_REGISTERS;
        profile_read_u16(&here, object, "register", true, 0, 65535, &profile->identity.reg);
        profile->identity.count =
            profile_read_values(&here, object, "values", profile->identity.value, LED_TEXT_REGS_MAX);
    } else {
        json_complain(at->report, path, "function %u does not identify; 17 (server id) and 3 (registers) do",
                      function);
    }
}

static void read_profile(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const keys[] = { "$schema", "name",          "title",       "confidence",
                                        "source",  "factory",       "functions",   "text",
                                        "blink",   "blank",         "init",        "identify",
                                        "verify",  "lit",           "glyphs",      "segment_bits",
                                        "timing",  "max_registers", "never_write", "brightness",
                                        "colour",  "group",         "commission" };
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
    read_text(at, root, profile);
    read_blink(at, root, profile);
    profile->ninit = profile_read_writes(at, profile, root, "init", profile->init);
    profile->nblank = profile_read_writes(at, profile, root, "blank", profile->blank);
    read_glyphs(at, root, profile);
    read_verify(at, root, profile);
    read_lit(at, root, profile);
    read_identify(at, root, profile);
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

const char *led_profile_confidence(const struct led_profile *profile)
{
    return profile->confidence;
}

const char *led_profile_source(const struct led_profile *profile)
{
    return profile->source;
}
