#include "board/config/config_read.h"

#include <stdio.h>
#include <string.h>

struct installed {
    const char *folders[2];
    struct led_profile **out;
    unsigned count, max;
    struct json_report *report;
};

/* Of two files with one name the shipped one counts, as in a hall file. */
static void load(void *data, const char *name)
{
    struct installed *installed = data;
    char file[CONFIG_PATH_SIZE + ID_SIZE + 8];
    for (unsigned i = 0; i < installed->count; i++)
        if (strcmp(led_profile_name(installed->out[i]), name) == 0)
            return;
    if (installed->count == installed->max || !find_json(installed->folders, name, file, sizeof file))
        return;
    struct json_report report = { installed->report->line, installed->report->data, file, 0 };
    struct led_profile *profile = led_profile_load(file, &report);
    installed->report->count += report.count;
    if (profile)
        installed->out[installed->count++] = profile;
}

unsigned config_load_profiles(const struct config_paths *paths, const char *name, struct led_profile **out,
                              unsigned max, struct json_report *report)
{
    struct reader reader = { 0 }; /* only its folders are used */
    struct installed installed = {
        .folders = { reader.profiles, LOCAL_PROFILES }, .out = out, .max = max, .report = report
    };
    char file[CONFIG_PATH_SIZE + ID_SIZE + 8], known[256];
    find_folders(&reader, paths);
    if (!name) {
        each_json(installed.folders[0], load, &installed);
        each_json(installed.folders[1], load, &installed);
    } else if (id_is_valid(name) && find_json(installed.folders, name, file, sizeof file))
        load(&installed, name);
    else
        json_complain(report, "",
                      "there is no LED profile \"%.40s\"; known are %s; own ones go into " LOCAL_PROFILES,
                      name, list_json(installed.folders, known, sizeof known));
    return installed.count;
}
