#include "drivers/led/profile_read.h"

#include "protocol/utf8.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

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
    if (from != end || !utf8_is_printable(cp))
        json_complain(at->report, at->path, "is not one printable character");
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
        struct json_at at_entry = profile_at_entry(&here, item, path_of_entry);
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

/* The whole area, by the functions that the device knows. */
static void check_area(const struct json_at *at, const struct led_profile *profile)
{
    struct led_write all = { .reg = profile->text.reg, .count = profile->text.regs };
    unsigned beside = profile->text.has_length + profile->number.has_point;
    profile_check_range(at, profile, &all);
    if (!profile->has_fc06 && !profile->has_fc16)
        json_complain(at->report, at->path, "needs function 6 or 16 in \"functions\"");
    else if (!profile->has_fc16 && profile->text.regs + beside > LED_WRITES_MAX)
        json_complain(at->report, at->path, "%u registers one by one are too many; %d are possible",
                      profile->text.regs, LED_WRITES_MAX - (int)beside);
}

static void check_text(const struct json_at *at, const struct led_profile *profile)
{
    check_area(at, profile);
    if (registers_needed(profile) > profile->text.regs)
        json_complain(at->report, at->path, "%u cells need %u registers, there are %u", profile->text.cells,
                      registers_needed(profile), profile->text.regs);
    if (profile->text.packing == LED_PACK_ONE && profile->text.dot == LED_DOT_JOINS)
        json_complain(at->report, at->path,
                      "a dot cannot join with one character per register; use \"cell\" or \"none\"");
    if (!profile->text.shows[(unsigned char)profile->text.pad])
        json_complain(at->report, at->path, "the pad is not in \"charset\"");
    if (profile->text.has_length)
        profile_check_register(at, profile, profile->text.length_reg);
}

static void read_text(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const packings[] = { "two-per-register", "one-per-register", "segments" };
    static const char *const aligns[] = { "right", "left" };
    static const char *const dots[] = { "none", "cell", "joins" };
    static const char *const fills[] = { "pad", "zero" };
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->text.reg },
        { "registers", true, 1, LED_TEXT_REGS_MAX, &profile->text.regs },
        { "cells", true, 1, LED_CELLS_MAX, &profile->text.cells },
        { "length_register", false, 0, 65535, &profile->text.length_reg },
        { "packing", true, 0, 0, NULL },
        { "align", false, 0, 0, NULL },
        { "dot", true, 0, 0, NULL },
        { "pad", false, 0, 0, NULL },
        { "fill", false, 0, 0, NULL },
        { "charset", true, 0, 0, NULL },
        { "fold", false, 0, 0, NULL },
    };
    struct profile_place place;
    const cJSON *object = profile_read_section(at, root, "text", false, fields, COUNT(fields), &place);
    if (!object)
        return;
    const struct json_at *here = &place.at;
    profile->text.packing = profile_read_choice(here, object, "packing", true, packings, COUNT(packings));
    profile->text.is_left_aligned = profile_read_choice(here, object, "align", false, aligns, COUNT(aligns));
    profile->text.dot = profile_read_choice(here, object, "dot", true, dots, COUNT(dots));
    profile->text.is_zero_filled = profile_read_choice(here, object, "fill", false, fills, COUNT(fills));
    profile->text.has_length = json_member(object, "length_register") != NULL;
    profile->text.pad = profile_read_ascii(here, object, "pad", ' ');
    read_charset(here, object, profile);
    read_fold(here, object, profile);
    if (profile_is_sound(&place))
        check_text(here, profile);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static void read_point(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->number.point_reg },
        { "max", true, 1, 9, &profile->number.decimals },
    };
    struct profile_place place;
    if (!profile_read_section(at, object, "point", false, fields, COUNT(fields), &place) ||
        !profile_is_sound(&place))
        return;
    profile->number.has_point = true;
    profile_check_register(&place.at, profile, profile->number.point_reg);
    if (profile->number.type == LED_F32 || profile->number.negative == LED_NEGATIVE_NIBBLE)
        json_complain(at->report, place.path,
                      "a number of this kind carries its own point; leave \"point\" out");
}

static void check_number(const struct json_at *at, const struct led_profile *profile)
{
    bool is_signed = profile->number.type == LED_I16 || profile->number.type == LED_I32;
    unsigned digits = profile_number_digits(profile);
    check_area(at, profile);
    if (profile->text.cells > digits)
        json_complain(at->report, at->path, "%u digits do not always fit the type; %u do",
                      profile->text.cells, digits);
    if (profile->number.negative != LED_NEGATIVE_NONE && !is_signed)
        json_complain(at->report, at->path, "\"negative\" needs the type i16 or i32");
    if (profile->number.negative == LED_NEGATIVE_NIBBLE && profile->number.type != LED_I32)
        json_complain(at->report, at->path, "\"sign-nibble\" takes two registers; the type is i32");
}

/* Digits are a text of a narrow character set in another packing. */
static void take_number(struct led_profile *profile)
{
    const bool is_16 = profile->number.type == LED_U16 || profile->number.type == LED_I16;
    profile->text.packing = LED_PACK_NUMBER;
    profile->text.regs = is_16 ? 1 : 2;
    if (profile->number.negative == LED_NEGATIVE_NIBBLE)
        profile->number.decimals = 5;
    profile->text.pad = ' ';
    for (unsigned c = '0'; c <= '9'; c++)
        profile->text.shows[c] = true;
    profile->text.shows['-'] = profile->number.negative != LED_NEGATIVE_NONE;
}

static void read_number(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const types[] = { "u16", "i16", "u32", "i32", "f32" };
    static const char *const negatives[] = { "none", "twos", "ones", "sign-nibble" };
    static const char *const words[] = { "high-first", "low-first" };
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->text.reg },
        { "digits", true, 1, 9, &profile->text.cells },
        { "type", true, 0, 0, NULL },
        { "negative", false, 0, 0, NULL },
        { "words", false, 0, 0, NULL },
        { "leading_zeros", false, 0, 0, NULL },
        { "point", false, 0, 0, NULL },
    };
    struct profile_place place;
    const cJSON *object = profile_read_section(at, root, "number", false, fields, COUNT(fields), &place);
    if (!object)
        return;
    const struct json_at *here = &place.at;
    profile->number.type = profile_read_choice(here, object, "type", true, types, COUNT(types));
    profile->number.negative =
        profile_read_choice(here, object, "negative", false, negatives, COUNT(negatives));
    profile->number.is_low_first = profile_read_choice(here, object, "words", false, words, COUNT(words));
    json_bool(here, object, "leading_zeros", false, &profile->number.has_leading_zeros);
    take_number(profile);
    read_point(here, object, profile);
    profile->text.dot = profile->number.decimals ? LED_DOT_JOINS : LED_DOT_NONE;
    if (profile_is_sound(&place))
        check_number(here, profile);
}

/* ---- segments -------------------------------------------------------------------------------- */

static void read_glyph(const struct json_at *at, const cJSON *item, struct led_profile *profile)
{
    unsigned char c = (unsigned char)item->string[0];
    char shown[JSON_SHOW_MAX];
    uint8_t segments = 0;
    if (strlen(item->string) != 1 || c >= 128 || !cJSON_IsString(item)) {
        json_complain(at->report, at->path, "is not one ASCII character with its segments as text");
        return;
    }
    if (item->valuestring[strspn(item->valuestring, "abcdefg")] != '\0')
        json_complain(at->report, at->path, "%s is not made of the segments a to g", json_show(item, shown));
    for (unsigned i = 0; i < 7; i++)
        segments |= (uint8_t)(strchr(item->valuestring, (int)('a' + i)) ? 1u << i : 0);
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

static void check_likeness(const struct json_at *at, const struct led_profile *profile)
{
    for (unsigned a = '!'; a < 127; a++)
        for (unsigned b = a + 1; b < 127; b++)
            if (profile->text.shows[a] && profile->text.shows[b] && profile->glyph[a] &&
                profile->glyph[a] == profile->glyph[b])
                json_complain(at->report, "glyphs", "'%c' and '%c' of text.charset look the same", a, b);
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
        struct json_at at_glyph = profile_at_entry(&here, item, path_of_glyph);
        read_glyph(&at_glyph, item, profile);
    }
    read_bits(at, root, profile);
    if (is_needed)
        check_glyphs(at, profile);
    check_likeness(at, profile);
}

void profile_read_text(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    bool has_text = json_member(root, "text") != NULL, has_number = json_member(root, "number") != NULL;
    if (has_text == has_number) {
        json_complain(at->report, "", "%s; a device has one of them, text if it can",
                      has_text ? "has \"text\" and \"number\"" : "has neither \"text\" nor \"number\"");
        return;
    }
    read_text(at, root, profile);
    read_number(at, root, profile);
    read_glyphs(at, root, profile);
}
