#include "board/config/config_read.h"
#include "protocol/mqtt.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HALL_FILE_BYTES_MAX (1u << 20) /* 256 desks with long names need 100 KiB */
#define ZONEINFO            "/usr/share/zoneinfo"

/* ---- single values --------------------------------------------------------------------------- */

static bool is_time_zone(const char *name)
{
    struct stat stat_buffer;
    char file[128];
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";
    if (!isalpha((unsigned char)name[0]) || strspn(name, letters) != strlen(name))
        return false;
    if (stat(ZONEINFO, &stat_buffer) != 0)
        return true; /* a minimal system: nothing to compare with */
    snprintf(file, sizeof file, ZONEINFO "/%s", name);
    return stat(file, &stat_buffer) == 0 && S_ISREG(stat_buffer.st_mode);
}

static void read_timezone(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX], name[sizeof((struct config *)0)->timezone];
    if (!read_text(reader, at, value, name, sizeof name))
        return;
    if (is_time_zone(name))
        memcpy(out, name, sizeof name);
    else
        json_complain(at->report, at->path,
                      "%s is no time zone of " ZONEINFO "; write it like \"Asia/Almaty\"",
                      json_show(value, seen));
}

static bool parse_port(const char *text, long *port)
{
    char *end;
    *port = isdigit((unsigned char)*text) ? strtol(text, &end, 10) : 0;
    return *port >= 1 && *port <= 65535 && !*end;
}

/* Splits HOST:PORT or [HOST]:PORT; without a port only if one is given in *port. */
static bool parse_host(const char *text, char *host, size_t size, long *port)
{
    bool is_v6 = *text == '[';
    size_t length = is_v6 ? strcspn(++text, "]") : strcspn(text, ":");
    if (!length || length >= size || (is_v6 && text[length] != ']'))
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    text += length + is_v6;
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (strspn(host, is_v6 ? "0123456789abcdefABCDEF:.%" : letters) != length)
        return false;
    return *text == ':' ? parse_port(text + 1, port) : !*text && *port;
}

static void read_listen(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    struct config *config = out;
    long port = 0;
    (void)reader;
    if (cJSON_IsString(value) &&
        parse_host(value->valuestring, config->console.host, sizeof config->console.host, &port))
        config->console.port = (uint16_t)port;
    else
        json_complain(at->report, at->path, "%s is no address to listen on; write it like \"127.0.0.1:8080\"",
                      json_show(value, seen));
}

static bool is_url(const char *url)
{
    char host[128];
    long port = 1883;
    if (strncmp(url, "mqtt://", 7) == 0)
        return parse_host(url + 7, host, sizeof host, &port);
    return strncmp(url, "mqtts://", 8) == 0 && parse_host(url + 8, host, sizeof host, &port);
}

static void read_url(struct reader *reader, const struct json_at *at, const cJSON *value)
{
    char seen[JSON_SHOW_MAX];
    struct config *config = reader->config;
    char *out = config->broker.url[config->broker.nurls];
    if (!cJSON_IsString(value) || !is_url(value->valuestring))
        json_complain(at->report, at->path,
                      "%s is no broker; write it like \"mqtt://10.0.0.5:1883\" or \"mqtts://host\"",
                      json_show(value, seen));
    else if (read_text(reader, at, value, out, sizeof config->broker.url[0]))
        config->broker.nurls++;
}

static void read_urls(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char path[JSON_PATH_MAX], seen[JSON_SHOW_MAX];
    int size = cJSON_IsArray(value) ? cJSON_GetArraySize(value) : 0;
    (void)out;
    if (size < 1 || size > URLS_MAX)
        json_complain(at->report, at->path, "%s is not a list of 1 to %d brokers: they are tried in turn",
                      size                   ? "a longer list"
                      : cJSON_IsArray(value) ? "an empty list"
                                             : json_show(value, seen),
                      URLS_MAX);
    for (int i = 0; i < size && i < URLS_MAX; i++) {
        struct json_at here = json_at_index(at, (unsigned)i, path);
        read_url(reader, &here, cJSON_GetArrayItem(value, i));
    }
}

/* "$schema" is for editors. */
static void read_nothing(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    (void)reader, (void)at, (void)value, (void)out;
}

/* ---- the file -------------------------------------------------------------------------------- */

static const char *const protocols[] = { [MQTT_AUTO] = "auto", [MQTT_5] = "5", [MQTT_311] = "3.1.1" };

static const char *const highlights[] = { "pulse", "steady" }; /* is_steady */

static const struct field broker_fields[] = {
    { "urls", FIELD_CUSTOM, true, .read = read_urls },
    { "username", FIELD_TEXT, false, IN(struct config, broker.username) },
    { "password_file", FIELD_PATH, false, IN(struct config, broker.password_file) },
    { "ca_file", FIELD_PATH, false, IN(struct config, broker.ca_file) },
    { "cert_file", FIELD_PATH, false, IN(struct config, broker.cert_file) },
    { "key_file", FIELD_PATH, false, IN(struct config, broker.key_file) },
    { "protocol", FIELD_CHOICE, false, IN(struct config, broker.protocol), NAMES(protocols) },
};
static const struct field calls_fields[] = {
    { "ttl_ms", FIELD_INTEGER, false, IN(struct config, calls.ttl_ms), .min = 0, .max = TTL_MAX_MS },
    { "dwell_ms", FIELD_INTEGER, false, IN(struct config, calls.dwell_ms), DWELL_MS },
    { "recent", FIELD_INTEGER, false, IN(struct config, calls.recent), .min = 0, .max = RECENT_MAX },
    { "highlight", FIELD_CHOICE, false, IN(struct config, calls.is_steady), NAMES(highlights) },
};
static const struct field console_fields[] = {
    { "listen", FIELD_CUSTOM, true, .read = read_listen },
};

/* Read in this order: what refers comes after what it refers to. */
static const struct field hall_fields[] = {
    { "$schema", FIELD_CUSTOM, .read = read_nothing },
    { "hall", FIELD_ID, true, IN(struct config, hall) },
    { "board", FIELD_ID, true, IN(struct config, board) },
    { "languages", FIELD_CUSTOM, true, .read = read_languages },
    { "name", FIELD_LABEL, true, IN(struct config, name) },
    { "timezone", FIELD_CUSTOM, true, IN(struct config, timezone), .read = read_timezone },
    { "hours", FIELD_CUSTOM, false, IN(struct config, hours), .read = read_hours },
    { "awake_minutes", FIELD_INTEGER, false, IN(struct config, awake_minutes), AWAKE_MINUTES },
    { "broker", FIELD_OBJECT, true, FIELDS(broker_fields) },
    { "agencies", FIELD_SECTION, false, .section = &section_agencies },
    { "led", FIELD_OBJECT, false, FIELDS(led_section_fields) },
    { "zones", FIELD_SECTION, true, .section = &section_zones },
    { "buses", FIELD_SECTION, false, .section = &section_buses },
    { "desks", FIELD_SECTION, true, .section = &section_desks },
    { "screens", FIELD_SECTION, true, .section = &section_screens },
    { "melodies", FIELD_SECTION, false, .section = &section_melodies },
    { "chimes", FIELD_SECTION, false, .section = &section_chimes },
    { "notices", FIELD_SECTION, false, .section = &section_notices },
    { "tickets", FIELD_OBJECT, false, FIELDS(ticket_fields) },
    { "board_profile", FIELD_CUSTOM, false, IN(struct config, board_profile), .read = read_board_profile },
    { "voice", FIELD_CUSTOM, false, IN(struct config, voice), .read = read_voice },
    { "fire_alarm", FIELD_CUSTOM, false, IN(struct config, fire_alarm), .read = read_fire_alarm },
    { "console", FIELD_OBJECT, false, FIELDS(console_fields) },
    { "calls", FIELD_OBJECT, false, FIELDS(calls_fields) },
    { "theme", FIELD_CUSTOM, false, IN(struct config, theme), .read = read_theme },
    { "phrases", FIELD_CUSTOM, false, .read = read_phrases },
};

static void read_hall(struct reader *reader)
{
    struct config *config = reader->config;
    config->awake_minutes = 15; /* the way to the desk, a recall, and whoever comes along */
    config->calls.ttl_ms = TTL_DEFAULT_MS;
    config->calls.dwell_ms =
        8000; /* no standard names one; two readings of three words and a glance for the way */
    read_fields(reader, &reader->at, reader->root, hall_fields, sizeof hall_fields / sizeof *hall_fields,
                config);
    if (!json_member(reader->root, "theme"))
        read_default_theme(reader, &config->theme);
    uint32_t zones = config->nzones < 32 ? (1u << config->nzones) - 1 : UINT32_MAX;
    for (unsigned i = 0; i < config->nscreens; i++)
        config->screen[i].zones &= zones;
    for (unsigned i = 0; i < config->nchimes; i++)
        config->chime[i].zones &= zones;
    read_rules(reader);
}

static cJSON *parse_file(const char *path, struct json_report *report)
{
    cJSON *root = read_json(path, HALL_FILE_BYTES_MAX, report);
    if (!root || cJSON_IsObject(root))
        return root;
    json_complain(report, "", "is not an object; a hall file starts with {");
    cJSON_Delete(root);
    return NULL;
}

struct config *config_load(const char *path, const struct config_paths *paths, struct json_report *report)
{
    unsigned before = report->count;
    struct reader *reader = calloc(1, sizeof *reader);
    struct config *config = calloc(1, sizeof *config);
    cJSON *root = NULL;
    bool is_read = false;
    if (!reader || !config) {
        json_complain(report, "", "out of memory");
        goto out;
    }
    if (!report->file)
        report->file = path;
    snprintf(config->path, sizeof config->path, "%s", path);
    root = parse_file(path, report);
    if (!root)
        goto out;
    *reader = (struct reader){ .root = root, .at = { report, "" }, .config = config };
    set_folder(reader, path);
    find_folders(reader, paths);
    read_hall(reader);
    is_read = report->count == before;
out:
    cJSON_Delete(root);
    free(reader);
    if (is_read)
        return config;
    config_destroy(config);
    return NULL;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (unsigned i = 0; i < config->nprofiles; i++)
        led_profile_destroy(config->profile[i]);
    for (unsigned i = 0; i < HALL_NOTICES_MAX; i++)
        image_drop(config->notice[i].picture);
    image_drop(config->theme.logo);
    for (unsigned i = 0; i < LANGS_MAX; i++)
        free(config->voice.grammar[i]);
    free(config);
}
