#include "board/config/config_read.h"

#include <stdio.h>
#include <string.h>

#define THEME_BYTES_MAX (16u << 10) /* the shipped ones have half of 1 KiB */
#define THEME_DEFAULT   "dark"

static void read_color(const struct json_at *at, const cJSON *value, struct theme *theme, unsigned key)
{
    char seen[JSON_SHOW_MAX];
    color found = 0;
    if (cJSON_IsString(value) && color_parse(value->valuestring, &found))
        theme_set(theme, key, found);
    else
        json_complain(at->report, at->path, "%s is no colour; write it like \"#ffd400\"",
                      json_show(value, seen));
}

static void read_colors(const struct json_at *at, const cJSON *object, struct theme *theme, bool has_base)
{
    const char *keys[THEME_KEYS + 3] = { "base", "$schema", "logo" };
    char path[JSON_PATH_MAX];
    memcpy(keys + 3, theme_keys, sizeof theme_keys);
    json_known_keys(at, object, keys, THEME_KEYS + 3);
    for (unsigned i = 0; i < THEME_KEYS; i++) {
        const cJSON *value = json_member(object, theme_keys[i]);
        struct json_at here = json_at_key(at, theme_keys[i], path);
        if (value)
            read_color(&here, value, theme, i);
        else if (!has_base)
            json_complain(at->report, here.path,
                          "is missing; add the colour, or name the theme it comes from as \"base\"");
    }
}

/* The place of a wrong pair is a colour that stands in this object, since only that can be mended here. */
static void check_pair(const struct json_at *at, const cJSON *object, const struct theme *theme,
                       const struct theme_pair *pair)
{
    char path[JSON_PATH_MAX], remedy[96];
    const color ink = theme_get(theme, pair->ink), ground = theme_get(theme, pair->ground);
    const double contrast = color_contrast(ink, ground);
    if (contrast >= pair->least)
        return;
    const bool is_ink = json_member(object, theme_keys[pair->ink]);
    const color other = is_ink ? ground : ink;
    const color right = color_readable(is_ink ? ink : ground, other, pair->least);
    const struct json_at here = json_at_key(at, theme_keys[is_ink ? pair->ink : pair->ground], path);
    if (color_contrast(right, other) >= pair->least)
        snprintf(remedy, sizeof remedy, "\"#%06x\" would do", right);
    else
        snprintf(remedy, sizeof remedy, "no colour has that with #%06x: make that lighter or darker", other);
    json_complain(at->report, here.path,
                  "%s #%06x on %s #%06x has a contrast of %.2f : 1, at least %.0f : 1 is needed; %s",
                  theme_keys[pair->ink], ink, theme_keys[pair->ground], ground, contrast, pair->least,
                  remedy);
}

/* Of a logo some part must be seen: one for white paper is lost on a dark wall. */
static void check_logo(const struct json_at *at, const struct theme *theme)
{
    char path[JSON_PATH_MAX];
    if (image_stands_out(theme->logo, theme->background, THEME_LEAST_PLATE) < THEME_LOGO_PART)
        json_complain(
            at->report, json_at_key(at, "logo", path).path,
            "hardly stands out from the background #%06x: take the logo for %s ground", theme->background,
            color_contrast(theme->background, 0xffffff) > color_contrast(theme->background, 0) ? "dark"
                                                                                               : "light");
}

static void load_theme(struct reader *reader, const char *file, struct json_report *parent,
                       struct theme *theme);

static void load_named(struct reader *reader, const struct json_at *at, const cJSON *value,
                       struct theme *theme)
{
    const char *const folders[] = { reader->themes, LOCAL_THEMES };
    char name[ID_SIZE] = "", file[CONFIG_PATH_SIZE + ID_SIZE + 8], known[256];
    if (!read_id(at, value, name))
        return;
    if (find_json(folders, name, file, sizeof file))
        load_theme(reader, file, at->report, theme);
    else
        json_complain(at->report, at->path, "there is no theme \"%s\"; known are %s; own ones go into %s",
                      name, list_json(folders, known, sizeof known), LOCAL_THEMES);
}

/* A base is a name, and a shipped theme has none: so bases end. */
static void read_object(struct reader *reader, const struct json_at *at, const cJSON *object,
                        struct theme *theme)
{
    const unsigned before = at->report->count;
    const cJSON *base = json_member(object, "base");
    char path[JSON_PATH_MAX];
    struct json_at here = json_at_key(at, "base", path);
    if (base && reader->theme_depth == THEME_DEPTH_MAX)
        json_complain(at->report, here.path, "a theme that is a base has no base of its own");
    else if (base) {
        reader->theme_depth++;
        load_named(reader, &here, base, theme);
        reader->theme_depth--;
    }
    read_colors(at, object, theme, base);
    const cJSON *logo = json_member(object, "logo");
    here = json_at_key(at, "logo", path);
    if (logo)
        read_logo(reader, &here, logo, theme);
    const bool is_whole = at->report->count == before;
    for (unsigned i = 0; i < THEME_PAIRS && is_whole; i++)
        check_pair(at, object, theme, &theme_pairs[i]);
    if (is_whole && theme->logo)
        check_logo(at, theme);
}

static void load_theme(struct reader *reader, const char *file, struct json_report *parent,
                       struct theme *theme)
{
    struct json_report report = { parent->line, parent->data, file, 0 };
    struct json_at at = { &report, "" };
    cJSON *root = read_json(file, THEME_BYTES_MAX, &report);
    char folder[CONFIG_PATH_SIZE];
    memcpy(folder, reader->folder, sizeof folder);
    set_folder(reader, file);
    if (root && !cJSON_IsObject(root))
        json_complain(&report, "", "is not an object of colours");
    else if (root)
        read_object(reader, &at, root, theme);
    memcpy(reader->folder, folder, sizeof folder);
    cJSON_Delete(root);
    parent->count += report.count;
}

static bool is_file(const cJSON *value)
{
    return cJSON_IsString(value) && (strchr(value->valuestring, '/') || strchr(value->valuestring, '.'));
}

void read_theme(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char file[CONFIG_PATH_SIZE];
    if (cJSON_IsObject(value))
        read_object(reader, at, value, out);
    else if (!is_file(value))
        load_named(reader, at, value, out);
    else if (read_path(reader, at, value->valuestring, file, sizeof file))
        load_theme(reader, file, at->report, out);
}

void read_default_theme(struct reader *reader, struct theme *theme)
{
    cJSON *name = cJSON_CreateString(THEME_DEFAULT);
    const struct json_at at = { reader->at.report, "theme" };
    if (name)
        load_named(reader, &at, name, theme);
    cJSON_Delete(name);
}
