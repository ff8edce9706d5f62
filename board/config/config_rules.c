#include "board/config/config_read.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

__attribute__((format(printf, 5, 6))) static void complain_at(struct reader *reader, const char *section,
                                                              unsigned index, const char *key,
                                                              const char *format, ...)
{
    char path[64], what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(path, sizeof path, "%s[%u]%s", section, index, key);
    json_complain(reader->at.report, path, "%s", what);
}

/* ---- zones ----------------------------------------------------------------------------------- */

static bool has_desk(const struct config *config, int zone)
{
    for (unsigned i = 0; i < config->ndesks; i++)
        if (config->desk[i].zone == zone)
            return true;
    return false;
}

static bool has_screen(const struct config *config, unsigned zone)
{
    for (unsigned i = 0; i < config->nscreens; i++)
        if (config->screen[i].zones & 1u << zone)
            return true;
    return false;
}

static void rule_zones_are_shown(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 0; i < config->nzones && config->nscreens > 0; i++)
        if (has_desk(config, (int)i) && !has_screen(config, i))
            complain_at(reader, "zones", i, "",
                        "\"%s\" has desks but no screen shows it; add it to the zones of a screen",
                        config->zone[i].id);
}

/* ---- devices --------------------------------------------------------------------------------- */

static void rule_outputs_are_single(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 1; i < config->nscreens; i++)
        for (unsigned j = 0; j < i; j++) {
            const struct screen_config *a = &config->screen[i].device, *b = &config->screen[j].device;
            if (strcmp(a->driver, b->driver) != 0)
                continue;
            bool is_kms = strcmp(a->driver, "kms") == 0;
            const char *mine = is_kms ? a->output : a->path, *other = is_kms ? b->output : b->path;
            if (*mine && strcmp(mine, other) == 0)
                complain_at(reader, "screens", i, is_kms ? ".output" : ".path",
                            "\"%s\" is wanted by the screens \"%s\" and \"%s\"; give each its own", mine,
                            b->id, a->id);
        }
}

static void rule_bus_devices_are_single(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 1; i < config->nbuses; i++)
        for (unsigned j = 0; j < i; j++)
            if (config->bus[i].device[0] && strcmp(config->bus[i].device, config->bus[j].device) == 0)
                complain_at(reader, "buses", i, ".device",
                            "\"%s\" already belongs to bus \"%s\"; one device is one bus",
                            config->bus[i].device, config->bus[j].id);
}

static void rule_chime_lines_are_single(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 1; i < config->nchimes; i++)
        for (unsigned j = 0; j < i; j++) {
            const struct chime_config *a = &config->chime[i].device, *b = &config->chime[j].device;
            bool is_trace = strcmp(a->driver, "trace") == 0;
            if (is_trace != (strcmp(b->driver, "trace") == 0))
                continue;
            if (is_trace ? a->file[0] && strcmp(a->file, b->file) == 0
                         : a->line[0] && strcmp(a->line, b->line) == 0 && strcmp(a->chip, b->chip) == 0)
                complain_at(reader, "chimes", i, is_trace ? ".file" : ".line",
                            "\"%s\" already belongs to chime \"%s\"; give each its own",
                            is_trace ? a->file : a->line, b->id);
        }
}

/* ---- broker ---------------------------------------------------------------------------------- */

static void rule_broker_files_exist(struct reader *reader)
{
    const struct config *config = reader->config;
    const struct {
        const char *key, *path;
    } file[] = {
        { "broker.password_file", config->broker.password_file },
        { "broker.ca_file", config->broker.ca_file },
        { "broker.cert_file", config->broker.cert_file },
        { "broker.key_file", config->broker.key_file },
    };
    for (unsigned i = 0; i < sizeof file / sizeof *file; i++)
        if (*file[i].path && access(file[i].path, F_OK) != 0 && errno == ENOENT)
            json_complain(reader->at.report, file[i].key, "there is no file \"%s\"", file[i].path);
}

static void rule_broker_pairs(struct reader *reader)
{
    const struct config *config = reader->config;
    if (!config->broker.cert_file[0] != !config->broker.key_file[0])
        json_complain(reader->at.report, "broker",
                      "cert_file and key_file belong together; give both or none");
    if (config->broker.password_file[0] && !config->broker.username[0])
        json_complain(reader->at.report, "broker", "password_file has no username; give both");
}

void read_rules(struct reader *reader)
{
    rule_zones_are_shown(reader);
    rule_outputs_are_single(reader);
    rule_bus_devices_are_single(reader);
    rule_chime_lines_are_single(reader);
    rule_broker_files_exist(reader);
    rule_broker_pairs(reader);
    rule_tickets_are_tickets(reader);
    rule_boards_show_tickets(reader);
}
