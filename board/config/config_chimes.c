/* What sounds: melodies of a hall's own, and chimes; and what silences them. */
#include "board/config/config_read.h"
#include "drivers/chime/gpio_line.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- melodies -------------------------------------------------------------------------------- */

static void read_note(const struct json_at *at, const cJSON *item, struct note *note)
{
    static const char *const keys[] = { "hz", "ms", "pause_ms", "decay_ms" };
    char seen[JSON_SHOW_MAX];
    long long hz = 0, ms = 0, pause_ms = 0, decay_ms = 0;
    if (!cJSON_IsObject(item)) {
        json_complain(at->report, at->path, "%s is no note like {\"hz\": 660, \"ms\": 440, \"pause_ms\": 30}",
                      json_show(item, seen));
        return;
    }
    json_known_keys(at, item, keys, sizeof keys / sizeof *keys);
    json_integer(at, item, "hz", true, NOTE_HZ_MIN, NOTE_HZ_MAX, &hz);
    json_integer(at, item, "ms", true, NOTE_MS_MIN, NOTE_MS_MAX, &ms);
    json_integer(at, item, "pause_ms", false, 0, NOTE_PAUSE_MS_MAX, &pause_ms);
    json_integer(at, item, "decay_ms", false, NOTE_DECAY_MS_MIN, NOTE_DECAY_MS_MAX, &decay_ms);
    *note = (struct note){ (uint16_t)hz, (uint16_t)ms, (uint16_t)pause_ms, (uint16_t)decay_ms };
}

static void read_notes(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    struct melody *melody = out;
    int count = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    unsigned before = at->report->count;
    (void)reader;
    if (count < 1 || count > MELODY_NOTES_MAX) {
        json_complain(at->report, at->path, "%s is not a list of 1 to %d notes",
                      cJSON_IsArray(value) ? "this" : json_show(value, seen), MELODY_NOTES_MAX);
        return;
    }
    for (int i = 0; i < count; i++) {
        struct json_at item = json_at_index(at, (unsigned)i, path);
        read_note(&item, cJSON_GetArrayItem(value, i), &melody->note[melody->nnotes++]);
    }
    const char *defect = at->report->count == before ? melody_defect(melody) : NULL;
    if (defect)
        json_complain(at->report, at->path, "%s", defect);
}

static void check_melody(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index)
{
    char path[JSON_PATH_MAX];
    const struct melody *melody = &reader->config->melody[index];
    (void)item;
    if (melody_find(melody->id))
        json_complain(at->report, json_at_key(at, "id", path).path,
                      "\"%s\" is a built-in melody; name it otherwise", melody->id);
}

static const struct field melody_fields[] = {
    { "id", FIELD_ID, true, IN(struct melody, id) },
    { "notes", FIELD_CUSTOM, true, .read = read_notes },
};
const struct section section_melodies = {
    .max = MELODIES_MAX,
    .why_max = "nobody tells more apart",
    FIELDS(melody_fields),
    .items = offsetof(struct config, melody),
    .item_size = sizeof(struct melody),
    .count = offsetof(struct config, nmelodies),
    .check = check_melody,
};

/* ---- chimes ---------------------------------------------------------------------------------- */

static const char *const chime_drivers[] = { "alsa", "gpio-tone", "gpio-pulse", "pwm", "trace" };

#define LINE_SIZE sizeof((struct chime_config *)0)->line

static void read_line(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    if (cJSON_IsString(value))
        read_text(reader, at, value, out, LINE_SIZE);
    else if (cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= 1023 &&
             value->valuedouble == value->valueint)
        snprintf(out, LINE_SIZE, "%d", value->valueint);
    else
        json_complain(at->report, at->path, "%s is neither a line number from 0 to 1023 nor a line name",
                      json_show(value, seen));
}

static void read_melody(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    const char *known[MELODIES_MAX + 8];
    char list[400], seen[JSON_SHOW_MAX];
    unsigned count = 0;
    for (; count < MELODIES_MAX + 8 && config_melody_at(reader->config, count); count++)
        known[count] = config_melody_at(reader->config, count)->id;
    if (cJSON_IsString(value) && config_melody(reader->config, value->valuestring))
        snprintf(out, sizeof((struct config_chime *)0)->melody[0], "%s", value->valuestring);
    else
        json_complain(at->report, at->path, "%s is no melody; known are %s", json_show(value, seen),
                      joined(known, count, list, sizeof list));
}

static void require_chip(const struct json_at *at, const cJSON *item)
{
    if (cJSON_IsNumber(cJSON_GetObjectItemCaseSensitive(item, "line")))
        require(at, item, "chip", "a line number needs its chip, for example \"pinctrl-bcm2711\"");
}

static void check_chime(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index)
{
    struct config_chime *chime = &reader->config->chime[index];
    const struct chime_config *device = &chime->device;
    if (!cJSON_GetObjectItemCaseSensitive(item, "booked"))
        memcpy(chime->melody[2], chime->melody[0], sizeof chime->melody[0]);
    if (strcmp(device->driver, "pwm") == 0) {
        require(at, item, "chip",
                "give a part of the PWM chip's device path, for example \"1f00098000.pwm\"");
        require(at, item, "channel", "give the number of the PWM channel");
    }
    bool is_gpio = strncmp(device->driver, "gpio", 4) == 0;
    if (strcmp(device->driver, "trace") == 0)
        require(at, item, "file", "name the file for the edges");
    if (is_gpio)
        require(at, item, "line", "give the number or the name of the GPIO line");
    if (is_gpio)
        require_chip(at, item);
}

static const struct config_chime chime_defaults = {
    .device = { .device = "default", .pulse_ms = 300 },
    .zones = UINT32_MAX,
    .melody = { "gong3", "gong1", "gong3" },
    .volume_percent = 80,
    .is_speaking = true,
    .standby_for = -1,
};
static const struct field chime_fields[] = {
    { "id", FIELD_ID, true, IN(struct config_chime, device.id) },
    { "driver", FIELD_WORD, true, IN(struct config_chime, device.driver), NAMES(chime_drivers) },
    { "device", FIELD_TEXT, false, IN(struct config_chime, device.device) },
    { "lead_ms", FIELD_INTEGER, false, IN(struct config_chime, device.lead_ms), .max = 3000 },
    { "chip", FIELD_TEXT, false, IN(struct config_chime, device.chip) },
    { "line", FIELD_CUSTOM, false, IN(struct config_chime, device.line), .read = read_line },
    { "active_low", FIELD_BOOL, false, IN(struct config_chime, device.is_active_low) },
    { "channel", FIELD_INTEGER, false, IN(struct config_chime, device.channel), .max = 63 },
    { "pulse_ms", FIELD_INTEGER, false, IN(struct config_chime, device.pulse_ms), .min = 50, .max = 1000 },
    { "file", FIELD_PATH, false, IN(struct config_chime, device.file) },
    { "zones", FIELD_ZONES, false, IN(struct config_chime, zones) },
    { "call", FIELD_CUSTOM, false, IN(struct config_chime, melody[0]), .read = read_melody },
    { "recall", FIELD_CUSTOM, false, IN(struct config_chime, melody[1]), .read = read_melody },
    { "booked", FIELD_CUSTOM, false, IN(struct config_chime, melody[2]), .read = read_melody },
    { "speaks", FIELD_BOOL, false, IN(struct config_chime, is_speaking) },
    { "volume", FIELD_INTEGER, false, IN(struct config_chime, volume_percent), .min = 1, .max = 100 },
    { "standby_for", FIELD_REF, false, IN(struct config_chime, standby_for), .of = "chimes" },
};
const struct section section_chimes = {
    .max = CHIMES_MAX,
    .why_max = "each has a real-time thread of its own",
    FIELDS(chime_fields),
    .items = offsetof(struct config, chime),
    .item_size = sizeof(struct config_chime),
    .count = offsetof(struct config, nchimes),
    .defaults = &chime_defaults,
    .check = check_chime,
};

/* ---- the fire alarm -------------------------------------------------------------------------- */

static const char *const actives[] = { "high", "low" }; /* is_active_low */
static const char *const biases[GPIO_BIASES] = { "none", "up", "down" };
static const struct field fire_alarm_fields[] = {
    { "chip", FIELD_TEXT, false, IN(struct config_fire_alarm, chip) },
    { "line", FIELD_CUSTOM, true, IN(struct config_fire_alarm, line), .read = read_line },
    { "active", FIELD_CHOICE, true, IN(struct config_fire_alarm, is_active_low), NAMES(actives) },
    { "bias", FIELD_CHOICE, false, IN(struct config_fire_alarm, bias), NAMES(biases) },
};

void read_fire_alarm(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    if (!cJSON_IsObject(value)) {
        json_complain(at->report, at->path,
                      "%s is no input like {\"line\": \"GPIO23\", \"active\": \"low\", \"bias\": \"up\"}",
                      json_show(value, seen));
        return;
    }
    read_fields(reader, at, value, fire_alarm_fields, sizeof fire_alarm_fields / sizeof *fire_alarm_fields,
                out);
    require_chip(at, value);
}
