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

static bool is_desk_shown(const struct config *config, int desk)
{
    for (unsigned i = 0; i < config->nscreens; i++)
        if (config_screen_has_desk(config, &config->screen[i], desk))
            return true;
    return false;
}

/* Screens of one desk leave out the others of its zone. */
static void rule_desks_are_shown(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 0; i < config->ndesks && config->nscreens > 0; i++) {
        int zone = config->desk[i].zone;
        if (zone >= 0 && has_screen(config, (unsigned)zone) && !is_desk_shown(config, (int)i))
            complain_at(reader, "desks", i, "",
                        "no screen shows \"%s\"; add a screen with zone \"%s\", or one with this desk",
                        config->desk[i].id, config->zone[zone].id);
    }
}

static void rule_desks_fit_their_view(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 0; i < config->nscreens; i++) {
        const struct config_screen *screen = &config->screen[i];
        unsigned count = 0;
        for (unsigned desk = 0; desk < config->ndesks; desk++)
            count += config_screen_has_desk(config, screen, (int)desk);
        if (layout_has(&screen->layout, PART_DESKS) && count > LAYOUT_DESKS_MAX)
            complain_at(reader, "screens", i, ".view",
                        "\"%s\" shows every desk, and %u are in its zones; give it zones of at most %d",
                        screen->view, count, LAYOUT_DESKS_MAX);
    }
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
    for (unsigned i = 1; i < config->nbuses; i++) {
        unsigned first = 0;
        while (strcmp(config->bus[i].device, config->bus[first].device) != 0)
            first++;
        if (first < i && config->bus[i].device[0])
            complain_at(reader, "buses", i, ".device",
                        "\"%s\" already belongs to bus \"%s\"; one device is one bus", config->bus[i].device,
                        config->bus[first].id);
    }
}

/* What a chime has for itself alone: "" if that is not said. */
static const char *chime_place(const struct chime_config *device, const char **key)
{
    bool is_trace = strcmp(device->driver, "trace") == 0, is_alsa = strcmp(device->driver, "alsa") == 0;
    *key = is_trace ? ".file" : is_alsa ? ".device" : ".line";
    return is_trace ? device->file : is_alsa ? device->device : device->line;
}

static void rule_chime_lines_are_single(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 1; i < config->nchimes; i++)
        for (unsigned j = 0; j < i; j++) {
            const struct chime_config *a = &config->chime[i].device, *b = &config->chime[j].device;
            const char *mine_is, *other_is, *mine = chime_place(a, &mine_is);
            const char *other = chime_place(b, &other_is);
            bool is_line = strcmp(mine_is, ".line") == 0;
            if (strcmp(mine_is, other_is) != 0 || (is_line && strcmp(a->chip, b->chip) != 0))
                continue;
            if (*mine && strcmp(mine, other) == 0)
                complain_at(reader, "chimes", i, mine_is,
                            "\"%s\" already belongs to chime \"%s\"; give each its own", mine, b->id);
        }
}

static void rule_standby_has_a_principal(struct reader *reader)
{
    const struct config *config = reader->config;
    for (unsigned i = 0; i < config->nchimes; i++) {
        int other = config->chime[i].standby_for;
        if (other == (int)i)
            complain_at(reader, "chimes", i, ".standby_for", "\"%s\" is this chime itself",
                        config->chime[i].device.id);
        else if (other >= 0 && config->chime[other].standby_for >= 0)
            complain_at(reader, "chimes", i, ".standby_for",
                        "\"%s\" stands by for another one itself; name the one that sounds first",
                        config->chime[other].device.id);
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
    rule_desks_are_shown(reader);
    rule_desks_fit_their_view(reader);
    rule_outputs_are_single(reader);
    rule_bus_devices_are_single(reader);
    rule_chime_lines_are_single(reader);
    rule_standby_has_a_principal(reader);
    rule_broker_files_exist(reader);
    rule_broker_pairs(reader);
    rule_tickets_are_tickets(reader);
    rule_boards_show_tickets(reader);
}
