#include "board/config/config_read.h"

#include <string.h>

#define PROFILE_BYTES_MAX (64u << 10) /* the largest has 4 KiB */
#define LOCAL_BOARDS      "/etc/kezek/boards"

/* What only people read. The schema has its rules. */
static void read_nothing(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    (void)reader, (void)at, (void)value, (void)out;
}

static void read_profile_mode(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct screen_config device = { 0 };
    struct profile_mode *mode = out;
    (void)reader;
    read_mode_text(at, value, &device);
    *mode = (struct profile_mode){ device.width, device.height, device.refresh_hz };
}

/* Calls read(…, index) for the items of a list of 1 to max. How many; 0 after a complaint about the list. */
static uint16_t read_list(struct reader *reader, const struct json_at *at, const cJSON *value, unsigned max,
                          void (*read)(struct reader *reader, const struct json_at *at, const cJSON *item,
                                       void *out),
                          void *out, size_t size)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    unsigned count = cJSON_IsArray(value) ? (unsigned)cJSON_GetArraySize(value) : 0;
    if (count < 1 || count > max) {
        json_complain(at->report, at->path, "%s is not a list of 1 to %u items", json_show(value, seen), max);
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        struct json_at here = json_at_index(at, i, path);
        read(reader, &here, cJSON_GetArrayItem(value, (int)i), (char *)out + i * size);
    }
    return (uint16_t)count;
}

static void read_members(struct reader *reader, const struct json_at *at, const cJSON *item,
                         const struct field *field, unsigned nfields, void *out)
{
    char seen[JSON_SHOW_MAX];
    if (cJSON_IsObject(item))
        read_fields(reader, at, item, field, nfields, out);
    else
        json_complain(at->report, at->path, "%s is not an object", json_show(item, seen));
}
#define MEMBERS(array) array, sizeof(array) / sizeof(*array)

/* ---- screens --------------------------------------------------------------------------------- */

static void read_output(struct reader *reader, const struct json_at *at, const cJSON *item, void *out)
{
    static const struct field fields[] = {
        { "name", FIELD_TEXT, true, IN(struct profile_output, name) },
        { "label", FIELD_CUSTOM, .read = read_nothing },
        { "max", FIELD_CUSTOM, false, IN(struct profile_output, max), .read = read_profile_mode },
    };
    read_members(reader, at, item, MEMBERS(fields), out);
}

static void read_outputs(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct board_profile *profile = out;
    profile->noutputs = read_list(reader, at, value, PROFILE_OUTPUTS_MAX, read_output, profile->output,
                                  sizeof *profile->output);
}

static void read_together(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct board_profile *profile = out;
    profile->ntogether = read_list(reader, at, value, PROFILE_MODES_MAX, read_profile_mode, profile->together,
                                   sizeof *profile->together);
}

static void read_format(struct reader *reader, const struct json_at *at, const cJSON *item, void *out)
{
    char list[64], seen[JSON_SHOW_MAX];
    uint8_t *format = out;
    (void)reader;
    for (*format = 0; *format < PIXEL_FORMATS; (*format)++)
        if (cJSON_IsString(item) && strcmp(item->valuestring, pixel_format_names[*format]) == 0)
            return;
    json_complain(at->report, at->path, "%s is not one of %s", json_show(item, seen),
                  joined(pixel_format_names, PIXEL_FORMATS, list, sizeof list));
}

static void read_formats(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct board_profile *profile = out;
    uint8_t format[PIXEL_FORMATS] = { 0 };
    uint16_t count = read_list(reader, at, value, PIXEL_FORMATS, read_format, format, 1);
    for (uint16_t i = 0; i < count; i++)
        profile->formats |= (uint8_t)(1u << format[i]);
}

static const struct field screens_fields[] = {
    { "driver", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "outputs", FIELD_CUSTOM, .is_required = true, .read = read_outputs },
    { "together", FIELD_CUSTOM, .read = read_together },
    { "formats", FIELD_CUSTOM, .is_required = true, .read = read_formats },
    { "confidence", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "source", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
};

/* ---- GPIO ------------------------------------------------------------------------------------ */

static void read_chip(struct reader *reader, const struct json_at *at, const cJSON *item, void *out)
{
    static const struct field fields[] = {
        { "label", FIELD_TEXT, true, IN(struct profile_chip, label) },
        { "lines", FIELD_INTEGER, true, IN(struct profile_chip, lines), .min = 1, .max = 1024 },
    };
    read_members(reader, at, item, MEMBERS(fields), out);
}

static void read_chips(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct board_profile *profile = out;
    profile->nchips =
        read_list(reader, at, value, PROFILE_CHIPS_MAX, read_chip, profile->chip, sizeof *profile->chip);
}

static const struct field gpio_fields[] = {
    { "chips", FIELD_CUSTOM, .is_required = true, .read = read_chips },
    { "chime", FIELD_CUSTOM, .read = read_nothing },
    { "confidence", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "source", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
};

/* ---- the file -------------------------------------------------------------------------------- */

static const struct field profile_fields[] = {
    { "$schema", FIELD_CUSTOM, .read = read_nothing },
    { "name", FIELD_ID, true, IN(struct board_profile, name) },
    { "title", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "screens", FIELD_OBJECT, true, FIELDS(screens_fields) },
    { "gpio", FIELD_OBJECT, true, FIELDS(gpio_fields) },
    { "serial", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "groups", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "boot", FIELD_CUSTOM, .is_required = true, .read = read_nothing },
    { "notes", FIELD_CUSTOM, .read = read_nothing },
};

static void load_profile(struct reader *reader, const char *file, struct json_report *report,
                         struct board_profile *profile)
{
    struct json_at at = { report, "" };
    cJSON *root = read_json(file, PROFILE_BYTES_MAX, report);
    if (root)
        read_members(reader, &at, root, MEMBERS(profile_fields), profile);
    cJSON_Delete(root);
}

void read_board_profile(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    const char *const folders[] = { reader->boards, LOCAL_BOARDS };
    char name[ID_SIZE] = "", file[CONFIG_PATH_SIZE + ID_SIZE + 8], known[256];
    struct board_profile *profile = out;
    if (!read_id(at, value, name))
        return;
    if (!find_json(folders, name, file, sizeof file)) {
        json_complain(at->report, at->path,
                      "there is no board profile \"%s\"; known are %s; own ones go into " LOCAL_BOARDS, name,
                      list_json(folders, known, sizeof known));
        return;
    }
    struct json_report report = { at->report->line, at->report->data, file, 0 };
    load_profile(reader, file, &report, profile);
    if (profile->name[0] && strcmp(profile->name, name) != 0)
        json_complain(&report, "name", "\"%s\" is not the name of the file", profile->name);
    at->report->count += report.count;
}
