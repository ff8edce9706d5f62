#include "board/config/config_read.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOCAL_LAYOUTS    "/etc/kezek/layouts"
#define LAYOUT_BYTES_MAX 16384

#define X(name, key)     key,
const char *const layout_part_names[LAYOUT_PARTS] = { LAYOUT_PART_LIST(X) };
#undef X

const char *const layout_logo_names[LAYOUT_LOGOS] = { "left", "right", "none" };

/* ---- rows and columns ------------------------------------------------------------------------ */

/* One track: a fraction in permille, or LAYOUT_AUTO. */
static uint16_t read_track(const struct json_at *at, const cJSON *value, bool may_be_auto)
{
    char seen[JSON_SHOW_MAX];
    bool is_auto = cJSON_IsString(value) && strcmp(value->valuestring, "auto") == 0;
    if (is_auto && may_be_auto)
        return LAYOUT_AUTO;
    if (cJSON_IsNumber(value) && value->valuedouble >= 0.05 && value->valuedouble <= 1)
        return (uint16_t)lround(value->valuedouble * 1000);
    json_complain(at->report, at->path, "%s is no fraction from 0.05 to 1%s", json_show(value, seen),
                  may_be_auto ? ", and not \"auto\"" : "");
    return 0;
}

static uint8_t read_tracks(const struct json_at *parent, const cJSON *object, const char *key,
                           bool may_be_auto, uint16_t track[LAYOUT_TRACKS_MAX])
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    struct json_at at = json_at_key(parent, key, path);
    const cJSON *array = json_array(parent, object, key, true);
    int count = array ? cJSON_GetArraySize(array) : 0, sum = 0;
    unsigned before = at.report->count;
    if (array && (count < 1 || count > LAYOUT_TRACKS_MAX)) {
        json_complain(at.report, at.path, "%d of them; 1 to %d are possible", count, LAYOUT_TRACKS_MAX);
        return 0;
    }
    bool has_fraction = false;
    for (int i = 0; i < count; i++) {
        struct json_at item = json_at_index(&at, (unsigned)i, item_path);
        track[i] = read_track(&item, cJSON_GetArrayItem(array, i), may_be_auto);
        has_fraction |= track[i] != LAYOUT_AUTO;
        sum += track[i];
    }
    if (at.report->count == before && array && (!has_fraction || abs(sum - 1000) > 2))
        json_complain(at.report, at.path, "the fractions make %g together, not 1", sum / 1000.0);
    return (uint8_t)count;
}

/* ---- regions --------------------------------------------------------------------------------- */

static uint8_t read_cell(const struct json_at *at, const cJSON *item, const char *key, bool is_required,
                         long long least, long long most)
{
    long long value = 1;
    json_integer(at, item, key, is_required, least, most < least ? least : most, &value);
    return (uint8_t)value;
}

static bool is_natural(unsigned part)
{
    return part == PART_HEADER || part == PART_NOTICES || part == PART_WAITING;
}

static void check_rows(const struct json_at *at, const struct layout_grid *grid,
                       const struct layout_region *region)
{
    bool is_in_auto = false, has_fraction = false;
    for (unsigned row = region->row; row < region->row + (unsigned)region->rows; row++) {
        is_in_auto |= grid->row[row] == LAYOUT_AUTO;
        has_fraction |= grid->row[row] != LAYOUT_AUTO;
    }
    if (is_natural(region->part) && (!is_in_auto || region->rows > 1))
        json_complain(at->report, at->path,
                      "\"%s\" has a height of its own; put it into one row that is \"auto\"",
                      layout_part_names[region->part]);
    else if (!is_natural(region->part) && !has_fraction)
        json_complain(at->report, at->path,
                      "\"%s\" takes what there is; one of its rows needs a fraction, not \"auto\"",
                      layout_part_names[region->part]);
}

static bool do_overlap(const struct layout_region *a, const struct layout_region *b)
{
    return a->row < b->row + b->rows && b->row < a->row + a->rows && a->column < b->column + b->columns &&
           b->column < a->column + a->columns;
}

static void check_others(const struct json_at *at, const struct layout_grid *grid,
                         const struct layout_region *region)
{
    for (unsigned i = 0; i < grid->nregions; i++) {
        const struct layout_region *other = &grid->region[i];
        if (other->part == region->part)
            json_complain(at->report, at->path, "\"%s\" stands twice", layout_part_names[region->part]);
        else if (do_overlap(other, region))
            json_complain(at->report, at->path, "\"%s\" overlaps \"%s\"", layout_part_names[region->part],
                          layout_part_names[other->part]);
    }
}

static void read_region(const struct json_at *at, const cJSON *item, struct layout_grid *grid)
{
    static const char *const keys[] = { "part", "row", "column", "rows", "columns", "logo" };
    char seen[JSON_SHOW_MAX];
    int part = 0, logo = LOGO_LEFT;
    unsigned before = at->report->count;
    if (!cJSON_IsObject(item)) {
        json_complain(at->report, at->path,
                      "%s is no region like {\"part\": \"lists\", \"row\": 2, \"column\": 1}",
                      json_show(item, seen));
        return;
    }
    json_known_keys(at, item, keys, sizeof keys / sizeof *keys);
    json_choice(at, item, "part", true, layout_part_names, LAYOUT_PARTS, &part);
    struct layout_region region = { .part = (uint8_t)part };
    region.row = (uint8_t)(read_cell(at, item, "row", true, 1, grid->nrows) - 1);
    region.column = (uint8_t)(read_cell(at, item, "column", true, 1, grid->ncolumns) - 1);
    region.rows = read_cell(at, item, "rows", false, 1, grid->nrows - region.row);
    region.columns = read_cell(at, item, "columns", false, 1, grid->ncolumns - region.column);
    json_choice(at, item, "logo", false, layout_logo_names, LAYOUT_LOGOS, &logo);
    region.logo = (uint8_t)logo;
    if (json_member(item, "logo") && part != PART_HEADER)
        json_complain(at->report, at->path, "a logo stands in the part \"header\" only; leave \"logo\" out");
    if (at->report->count != before)
        return;
    check_rows(at, grid, &region);
    check_others(at, grid, &region);
    grid->region[grid->nregions++] = region;
}

static void check_notices(const struct json_at *at, const struct layout_grid *grid)
{
    for (unsigned i = 0; i < grid->nregions; i++)
        if (grid->region[i].part == PART_NOTICES || grid->region[i].part == PART_NOTICE)
            return;
    json_complain(at->report, at->path,
                  "lacks the part \"notices\" or \"notice\": a lost connection is told there");
}

static void read_grid(const struct json_at *parent, const cJSON *root, const char *key,
                      struct layout_grid *grid)
{
    static const char *const keys[] = { "rows", "columns", "regions" };
    char path[JSON_PATH_MAX], list_path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    struct json_at at = json_at_key(parent, key, path);
    const cJSON *object = json_object(parent, root, key, true);
    unsigned before = at.report->count;
    if (!object)
        return;
    json_known_keys(&at, object, keys, sizeof keys / sizeof *keys);
    grid->nrows = read_tracks(&at, object, "rows", true, grid->row);
    grid->ncolumns = read_tracks(&at, object, "columns", false, grid->column);
    const cJSON *regions = json_array(&at, object, "regions", true);
    struct json_at list = json_at_key(&at, "regions", list_path);
    int count = regions ? cJSON_GetArraySize(regions) : 0;
    if (count > LAYOUT_REGIONS_MAX)
        json_complain(list.report, list.path, "%d of them; at most %d are possible", count,
                      LAYOUT_REGIONS_MAX);
    if (at.report->count != before)
        return; /* cells of a grid that is wrong would only be wrong again */
    for (int i = 0; i < count; i++) {
        struct json_at item = json_at_index(&list, (unsigned)i, item_path);
        read_region(&item, cJSON_GetArrayItem(regions, i), grid);
    }
    if (at.report->count == before)
        check_notices(&at, grid);
}

/* ---- the file -------------------------------------------------------------------------------- */

static void read_layout(struct json_report *report, const cJSON *root, struct layout *layout)
{
    static const char *const keys[] = { "$schema", "landscape", "portrait" };
    struct json_at at = { report, "" };
    char seen[JSON_SHOW_MAX];
    if (!cJSON_IsObject(root)) {
        json_complain(report, "", "%s is no layout; it is an object with landscape and portrait",
                      json_show(root, seen));
        return;
    }
    json_known_keys(&at, root, keys, sizeof keys / sizeof *keys);
    read_grid(&at, root, "landscape", &layout->landscape);
    read_grid(&at, root, "portrait", &layout->portrait);
}

static void load_layout(struct json_report *outer, const char *file, struct layout *layout)
{
    struct json_report report = { outer->line, outer->data, file, 0 };
    cJSON *root = read_json(file, LAYOUT_BYTES_MAX, &report);
    *layout = (struct layout){ 0 };
    if (root)
        read_layout(&report, root, layout);
    cJSON_Delete(root);
    outer->count += report.count;
}

static bool load_named(const struct reader *reader, const struct json_at *at, const char *name,
                       struct layout *layout)
{
    const char *const folders[] = { reader->layouts, LOCAL_LAYOUTS };
    char file[CONFIG_PATH_SIZE + ID_SIZE + 8], known[256];
    unsigned before = at->report->count;
    if (id_is_valid(name) && find_json(folders, name, file, sizeof file))
        load_layout(at->report, file, layout);
    else
        json_complain(at->report, at->path,
                      "there is no view \"%.40s\"; known are %s; own ones go into " LOCAL_LAYOUTS
                      ", or name the path of a file that ends in .json",
                      name, list_json(folders, known, sizeof known));
    return at->report->count == before;
}

bool config_load_layout(const struct config_paths *paths, const char *name, struct layout *layout,
                        struct json_report *report)
{
    struct reader reader = { 0 }; /* only its folders are used */
    find_folders(&reader, paths);
    return load_named(&reader, &(struct json_at){ report, "" }, name, layout);
}

void load_view(struct reader *reader, const struct json_at *at, const char *name,
               struct config_screen *screen)
{
    snprintf(screen->view, sizeof screen->view, "%.*s", ID_SIZE - 1, name);
    load_named(reader, at, name, &screen->layout);
}

/* "views/night.json" is the view "night". */
static void load_path(struct reader *reader, const struct json_at *at, const char *text,
                      struct config_screen *screen)
{
    char file[CONFIG_PATH_SIZE];
    const char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text;
    snprintf(screen->view, sizeof screen->view, "%.*s", (int)strlen(name) - 5, name);
    if (read_path(reader, at, text, file, sizeof file))
        load_layout(at->report, file, &screen->layout);
}

void read_view(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    const char *name = cJSON_IsString(value) ? value->valuestring : "";
    size_t length = strlen(name);
    if (!length)
        json_complain(at->report, at->path, "%s is no name of a view", json_show(value, seen));
    else if (length > 5 && strcmp(name + length - 5, ".json") == 0)
        load_path(reader, at, name, out);
    else
        load_view(reader, at, name, out);
}
