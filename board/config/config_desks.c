#include "board/config/config_read.h"

#include <stdio.h>
#include <string.h>

/* ---- agencies, zones ------------------------------------------------------------------------- */

static const struct field named_fields[] = {
    { "id", FIELD_ID, true, IN(struct config_named, id) },
    { "name", FIELD_LABEL, true, IN(struct config_named, name) },
};
const struct section section_agencies = {
    .max = AGENCIES_MAX,
    .why_max = "one front office has fewer bodies, and a wall cannot name more",
    FIELDS(named_fields),
    .items = offsetof(struct config, agency),
    .item_size = sizeof(struct config_named),
    .count = offsetof(struct config, nagencies),
};
const struct section section_zones = {
    .is_needed = true,
    .max = ZONES_MAX,
    .why_max = "one board cannot drive screens for more",
    FIELDS(named_fields),
    .items = offsetof(struct config, zone),
    .item_size = sizeof(struct config_named),
    .count = offsetof(struct config, nzones),
};

/* ---- LED profiles ---------------------------------------------------------------------------- */

int read_profile(struct reader *reader, const struct json_at *at, const char *name)
{
    char file[CONFIG_PATH_SIZE + ID_SIZE + 8], known[256];
    struct config *config = reader->config;
    for (unsigned i = 0; i < config->nprofiles; i++)
        if (strcmp(reader->profile[i], name) == 0)
            return config->profile[i] ? (int)i : NONE; /* a wrong profile has been complained about once */
    const char *const folders[] = { reader->profiles, LOCAL_PROFILES };
    if (!find_json(folders, name, file, sizeof file)) {
        json_complain(at->report, at->path,
                      "there is no LED profile \"%s\"; known are %s; own ones go into " LOCAL_PROFILES, name,
                      list_json(folders, known, sizeof known));
        return NONE;
    }
    if (config->nprofiles == PROFILES_MAX) {
        json_complain(at->report, at->path,
                      "more than %d LED profiles in one hall: nobody keeps spares for so many types",
                      PROFILES_MAX);
        return NONE;
    }
    struct json_report report = { at->report->line, at->report->data, file, 0 };
    unsigned index = config->nprofiles++;
    snprintf(reader->profile[index], ID_SIZE, "%s", name);
    config->profile[index] = led_profile_load(file, &report);
    at->report->count += report.count;
    return config->profile[index] ? (int)index : NONE;
}

/* ---- desks ----------------------------------------------------------------------------------- */

static const char *const kinds[] = { "window", "desk", "room" };
static const char *const arrows[] = { "none",    "left",     "right",     "up",        "down",
                                      "up-left", "up-right", "down-left", "down-right" };
_Static_assert(sizeof kinds / sizeof *kinds == KINDS, "a word for each kind");
_Static_assert(sizeof arrows / sizeof *arrows == ARROWS, "a word for each direction");

_Static_assert(ID_SIZE == TICKET_SIZE, "an id fits a label");

struct led_place {
    int8_t bus;
    uint8_t unit;
    char profile[ID_SIZE];
};
static const struct field led_fields[] = {
    { "bus", FIELD_REF, true, IN(struct led_place, bus), .of = "buses" },
    { "unit", FIELD_INTEGER, true, IN(struct led_place, unit), .min = 1, .max = 247 },
    { "profile", FIELD_ID, true, IN(struct led_place, profile) },
};

static const char *desk_of_unit(const struct config *config, int bus, unsigned index)
{
    for (unsigned i = 0; i < DESKS_MAX; i++)
        if (config->desk[i].id[0] && config->desk[i].bus == bus && config->desk[i].bus_index == index)
            return config->desk[i].id;
    return "";
}

static bool is_unit_free(struct reader *reader, const struct json_at *at, const struct led_place *place)
{
    const struct led_bus_config *bus = &reader->config->bus[place->bus];
    char path[JSON_PATH_MAX];
    for (unsigned i = 0; i < bus->nunits; i++) {
        if (bus->unit[i].unit != place->unit)
            continue;
        json_complain(at->report, json_at_key(at, "unit", path).path,
                      "unit %u of bus \"%s\" already belongs to desk \"%s\"; two boards with one address "
                      "answer at once",
                      place->unit, bus->id, desk_of_unit(reader->config, place->bus, i));
        return false;
    }
    if (bus->nunits < LED_UNITS_MAX)
        return true;
    json_complain(at->report, at->path,
                  "bus \"%s\" has %d boards already: RS-485 drives 32 unit loads; use another bus", bus->id,
                  LED_UNITS_MAX);
    return false;
}

static void read_led(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct led_place place = { .bus = NONE };
    struct config_desk *desk = out;
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path, "%s is not an object of bus, unit and profile",
                      json_show(value, seen));
        return;
    }
    read_fields(reader, at, value, led_fields, sizeof led_fields / sizeof *led_fields, &place);
    struct json_at here = json_at_key(at, "profile", path);
    int profile = place.profile[0] ? read_profile(reader, &here, place.profile) : NONE;
    if (place.bus == NONE || place.bus >= BUSES_MAX || !place.unit || !is_unit_free(reader, at, &place))
        return;
    struct led_bus_config *bus = &reader->config->bus[place.bus];
    desk->bus = place.bus;
    desk->bus_index = bus->nunits;
    bus->unit[bus->nunits++] =
        (struct led_unit_config){ place.unit, profile == NONE ? NULL : reader->config->profile[profile] };
}

static void check_desk_label(struct reader *reader, const struct json_at *at, const struct config_desk *desk)
{
    char path[JSON_PATH_MAX], shown[64], why[128] = "";
    struct json_at here = json_at_key(at, "label", path);
    const char *defect = ticket_defect(desk->label);
    if (defect) {
        json_complain(at->report, here.path, "\"%s\" %s; give a short label", desk->label, defect);
        return;
    }
    if (desk->bus == NONE)
        return;
    const struct led_profile *profile = reader->config->bus[desk->bus].unit[desk->bus_index].profile;
    if (profile && led_fold_letters(profile, &reader->config->led.letters, desk->label, shown, sizeof shown,
                                    why, sizeof why) < 0)
        json_complain(at->report, here.path, "\"%s\" cannot be shown on the LED board of the desk: %s",
                      desk->label, why);
}

static void check_desk(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index)
{
    (void)item;
    struct config_desk *desk = &reader->config->desk[index];
    if (!desk->id[0])
        return; /* has been complained about */
    if (!desk->label[0])
        memcpy(desk->label, desk->id, sizeof desk->label);
    check_desk_label(reader, at, desk);
}

static const struct config_desk desk_defaults = { .zone = NONE, .agency = NONE, .bus = NONE };
static const struct field desk_fields[] = {
    { "id", FIELD_ID, true, IN(struct config_desk, id) },
    { "label", FIELD_TEXT, false, IN(struct config_desk, label) },
    { "kind", FIELD_CHOICE, false, IN(struct config_desk, kind), NAMES(kinds) },
    { "zone", FIELD_REF, true, IN(struct config_desk, zone), .of = "zones" },
    { "agency", FIELD_REF, false, IN(struct config_desk, agency), .of = "agencies" },
    { "arrow", FIELD_CHOICE, false, IN(struct config_desk, arrow), NAMES(arrows) },
    { "led", FIELD_CUSTOM, .read = read_led },
};
const struct section section_desks = {
    .is_needed = true,
    .max = DESKS_MAX,
    .why_max = "a snapshot of more desks is larger than a message may be",
    FIELDS(desk_fields),
    .items = offsetof(struct config, desk),
    .item_size = sizeof(struct config_desk),
    .count = offsetof(struct config, ndesks),
    .defaults = &desk_defaults,
    .check = check_desk,
};
