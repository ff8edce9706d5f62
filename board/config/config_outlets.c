#include "board/config/config_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- buses ----------------------------------------------------------------------------------- */

static const char *const bus_drivers[] = { "modbus", "memory" };
static const char *const parities[] = { "none", "even", "odd" };

static void read_baud(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    int baud = cJSON_IsNumber(value) && value->valuedouble == value->valueint ? value->valueint : 0;
    (void)reader;
    if (led_baud_is_usable(baud))
        memcpy(out, &baud, sizeof baud);
    else
        json_complain(at->report, at->path, "%s is not one of " LED_BAUDS, json_show(value, seen));
}

/* A path of the file, or the address of a gateway. */
static void read_device(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char text[CONFIG_PATH_SIZE], error[160];
    struct led_bus_config bus = { .baud = 9600, .parity = 'N', .stop_bits = 1 };
    if (!read_text(reader, at, value, text, sizeof text))
        return;
    if (strncmp(text, "tcp://", 6) != 0) {
        read_path(reader, at, text, out, sizeof bus.device);
        return;
    }
    snprintf(bus.device, sizeof bus.device, "%.127s", text);
    if (strlen(text) >= sizeof bus.device)
        json_complain(at->report, at->path, "has %zu bytes; at most %zu fit", strlen(text),
                      sizeof bus.device - 1);
    else if (led_bus_check(&bus, error, sizeof error) < 0)
        json_complain(at->report, at->path, "%s", error);
    else
        memcpy(out, bus.device, sizeof bus.device);
}

static const char *const levels[] = { "high", "low" };
static const struct field rs485_fields[] = {
    { "rts", FIELD_CHOICE, true, IN(struct led_rs485, is_rts_low), NAMES(levels) },
    { "before_ms", FIELD_INTEGER, false, IN(struct led_rs485, before_ms), .min = 0, .max = 100 },
    { "after_ms", FIELD_INTEGER, false, IN(struct led_rs485, after_ms), .min = 0, .max = 100 },
    { "terminate", FIELD_BOOL, false, IN(struct led_rs485, has_termination) },
};

static void read_rs485(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    struct led_rs485 *rs485 = out;
    if (cJSON_IsObject(value))
        read_fields(reader, at, value, rs485_fields, sizeof rs485_fields / sizeof *rs485_fields, rs485);
    else
        json_complain(at->report, at->path, "%s is not an object like {\"rts\": \"high\"}",
                      json_show(value, seen));
    rs485->is_wanted = true;
}

static void check_bus(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index)
{
    char path[JSON_PATH_MAX];
    struct led_bus_config *bus = &reader->config->bus[index];
    bus->parity = "NEO"[(unsigned char)bus->parity % 3];
    if (strcmp(bus->driver, "modbus") == 0)
        require(at, item, "device", "name the serial device, best by its link in /dev/serial/by-id");
    if (bus->rs485.is_wanted && led_bus_is_gateway(bus))
        json_complain(at->report, json_at_key(at, "rs485", path).path,
                      "is of a serial port; a gateway switches its line by itself: leave it out");
}

static const struct led_bus_config bus_defaults = {
    .driver = "modbus",
    .baud = 9600,
    .stop_bits = 1,
    .adapter_latency_ms = 16, /* FTDI's timer */
    .reassert_ms = 30000,
};
static const struct field bus_fields[] = {
    { "id", FIELD_ID, true, IN(struct led_bus_config, id) },
    { "driver", FIELD_WORD, false, IN(struct led_bus_config, driver), NAMES(bus_drivers) },
    { "device", FIELD_CUSTOM, false, IN(struct led_bus_config, device), .read = read_device },
    { "baud", FIELD_CUSTOM, false, IN(struct led_bus_config, baud), .read = read_baud },
    { "parity", FIELD_CHOICE, false, IN(struct led_bus_config, parity), NAMES(parities) },
    { "stop_bits", FIELD_INTEGER, false, IN(struct led_bus_config, stop_bits), .min = 1, .max = 2 },
    { "adapter_latency_ms", FIELD_INTEGER, false, IN(struct led_bus_config, adapter_latency_ms), .min = 0,
      .max = 255 },
    { "rs485", FIELD_CUSTOM, false, IN(struct led_bus_config, rs485), .read = read_rs485 },
};
const struct section section_buses = {
    .max = BUSES_MAX,
    .why_max = "each has a thread and a serial adapter of its own",
    FIELDS(bus_fields),
    .items = offsetof(struct config, bus),
    .item_size = sizeof(struct led_bus_config),
    .count = offsetof(struct config, nbuses),
    .defaults = &bus_defaults,
    .check = check_bus,
};

/* ---- screens --------------------------------------------------------------------------------- */

static const char *const screen_drivers[] = { "kms", "memory" };
const char *const pixel_format_names[PIXEL_FORMATS] = { "xrgb8888", "rgb565" };
static const char *const kms_calls[KMS_CALLS] = { "auto", "legacy" };

#define SIDE_MIN_PX 240 /* a quarter of VGA, upright or not */
#define SIDE_MAX_PX 7680
#define HZ_MIN      20
#define HZ_MAX      240

struct mode {
    long width, height, hz;
};

/* "1920x1080" or "1920x1080@60". */
static bool parse_mode(const char *text, bool has_hz, struct mode *mode)
{
    char *end;
    mode->width = strtol(text, &end, 10);
    if (end == text || *end != 'x')
        return false;
    mode->height = strtol(text = end + 1, &end, 10);
    if (end == text)
        return false;
    if (has_hz && *end == '@') {
        mode->hz = strtol(text = end + 1, &end, 10);
        if (end == text)
            return false;
    }
    return !*end;
}

static bool is_side(long px)
{
    return px >= SIDE_MIN_PX && px <= SIDE_MAX_PX;
}

static void read_any_mode(const struct json_at *at, const cJSON *value, bool has_hz,
                          struct screen_config *device)
{
    char seen[JSON_SHOW_MAX];
    const char *like = has_hz ? "1920x1080@60" : "1920x1080";
    struct mode mode = { 0, 0, 60 };
    json_show(value, seen);
    if (!cJSON_IsString(value) || !parse_mode(value->valuestring, has_hz, &mode))
        json_complain(at->report, at->path, "%s is no size in pixels%s; write it like \"%s\"", seen,
                      has_hz ? " with whole hertz" : "", like);
    else if (!is_side(mode.width) || !is_side(mode.height))
        json_complain(at->report, at->path, "%s: displays have %d to %d pixels a side; write it like \"%s\"",
                      seen, SIDE_MIN_PX, SIDE_MAX_PX, like);
    else if (mode.hz < HZ_MIN || mode.hz > HZ_MAX)
        json_complain(at->report, at->path,
                      "%s: displays refresh %d to %d times a second; write it like \"%s\"", seen, HZ_MIN,
                      HZ_MAX, like);
    else {
        device->width = (uint16_t)mode.width;
        device->height = (uint16_t)mode.height;
        device->refresh_hz = (uint16_t)mode.hz;
    }
}

void read_mode_text(const struct json_at *at, const cJSON *value, struct screen_config *device)
{
    read_any_mode(at, value, true, device);
}

static void read_mode(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct config_screen *screen = out;
    struct screen_config unused;
    (void)reader;
    read_any_mode(at, value, true, strcmp(screen->device.driver, "kms") == 0 ? &screen->device : &unused);
}

static void read_size(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    struct config_screen *screen = out;
    struct screen_config unused;
    (void)reader;
    read_any_mode(at, value, false, strcmp(screen->device.driver, "memory") == 0 ? &screen->device : &unused);
}

static void read_panels(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    double panels = cJSON_IsNumber(value) ? value->valuedouble : 0;
    (void)reader;
    if (panels == 1 || panels == 2 || panels == 4 || panels == 8)
        *(uint8_t *)out = (uint8_t)panels;
    else
        json_complain(at->report, at->path, "%s is not one of 1, 2, 4, 8", json_show(value, seen));
}

static void read_rotation(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX];
    double degrees = cJSON_IsNumber(value) ? value->valuedouble : -1;
    (void)reader;
    if (degrees == 0 || degrees == 90 || degrees == 180 || degrees == 270)
        *(uint16_t *)out = (uint16_t)degrees;
    else
        json_complain(at->report, at->path, "%s is not one of 0, 90, 180, 270: degrees clockwise",
                      json_show(value, seen));
}

/* As the kernel names them (drm_connector_enum_list): X says HDMI-1 where the kernel says HDMI-A-1. */
static bool is_connector(const char *name)
{
    static const char *const types[] = { "HDMI-A", "HDMI-B", "DP",  "eDP", "DVI-I",     "DVI-D",  "DVI-A",
                                         "VGA",    "LVDS",   "DSI", "DPI", "Composite", "SVIDEO", "Component",
                                         "DIN",    "TV",     "USB", "SPI", "Virtual",   "Unknown" };
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++) {
        size_t length = strlen(types[i]);
        const char *number = name + length + 1;
        if (strncmp(name, types[i], length) == 0 && name[length] == '-' && *number >= '1' &&
            strspn(number, "0123456789") == strlen(number))
            return true;
    }
    return false;
}

static void read_output(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char seen[JSON_SHOW_MAX], name[sizeof((struct screen_config *)0)->output] = "";
    if (!read_text(reader, at, value, name, sizeof name))
        return;
    if (is_connector(name))
        memcpy(out, name, sizeof name);
    else
        json_complain(
            at->report, at->path,
            "%s is no connector; write it as the kernel names it in /sys/class/drm, like \"HDMI-A-1\" "
            "or \"DP-1\"",
            json_show(value, seen));
}

static void read_screen_desk(struct reader *reader, const struct json_at *at, const cJSON *value, void *out)
{
    char id[ID_SIZE];
    if (read_id(at, value, id))
        *(int16_t *)out = (int16_t)read_ref(reader, at, "desks", id);
}

/* A screen above a desk shows that desk only, and one call at a time. */
static void check_screen_desk(struct reader *reader, const struct json_at *at, const cJSON *item,
                              struct config_screen *screen)
{
    char path[JSON_PATH_MAX];
    unsigned before = at->report->count;
    bool has_desk = cJSON_GetObjectItemCaseSensitive(item, "desk") != NULL;
    bool is_shown = layout_has(&screen->layout, PART_DESK);
    if (is_shown && !has_desk)
        require(at, item, "desk", "the view shows one desk: give its id");
    else if (has_desk && !is_shown && screen->layout.landscape.nregions)
        json_complain(at->report, json_at_key(at, "desk", path).path,
                      "the view \"%s\" has no part \"desk\"; take the view \"desk\", or \"zones\" instead",
                      screen->view);
    else if (has_desk && cJSON_GetObjectItemCaseSensitive(item, "zones"))
        json_complain(at->report, json_at_key(at, "zones", path).path,
                      "a screen of one desk shows no zones; leave this out");
    if (at->report->count != before)
        screen->desk = NONE;
    if (screen->desk == NONE)
        return;
    const struct config_desk *desk = &reader->config->desk[screen->desk];
    screen->zones = desk->zone == NONE ? 0 : 1u << desk->zone;
    screen->panels = 1;
}

static void check_screen(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index)
{
    struct config_screen *screen = &reader->config->screen[index];
    struct screen_config *device = &screen->device;
    bool is_memory = strcmp(device->driver, "memory") == 0;
    if (strcmp(device->driver, "kms") == 0)
        require(at, item, "output", "name the connector, for example \"HDMI-A-1\"");
    if (is_memory && !device->width) {
        device->width = 1920;
        device->height = 1080;
    }
    if (!cJSON_GetObjectItemCaseSensitive(item, "view"))
        load_view(reader, at, "calls", screen);
    check_screen_desk(reader, at, item, screen);
    if (!cJSON_GetObjectItemCaseSensitive(item, "hours"))
        screen->hours = reader->config->hours;
    if (!cJSON_GetObjectItemCaseSensitive(item, "awake_minutes"))
        screen->awake_minutes = reader->config->awake_minutes;
}

static const struct config_screen screen_defaults = {
    .device = { .refresh_hz = 60, .format = PIXEL_XRGB8888 },
    .panels = 8,
    .zones = UINT32_MAX,
    .recent = NONE,
    .desk = NONE,
    .overscan = 0.025,
};
static const struct field screen_fields[] = {
    { "id", FIELD_ID, true, IN(struct config_screen, device.id) },
    { "driver", FIELD_WORD, true, IN(struct config_screen, device.driver), NAMES(screen_drivers) },
    { "output", FIELD_CUSTOM, false, IN(struct config_screen, device.output), .read = read_output },
    { "mode", FIELD_CUSTOM, .read = read_mode },
    { "size", FIELD_CUSTOM, .read = read_size },
    { "rotation", FIELD_CUSTOM, false, IN(struct config_screen, device.rotation), .read = read_rotation },
    { "format", FIELD_CHOICE, false, IN(struct config_screen, device.format), NAMES(pixel_format_names) },
    { "kms", FIELD_CHOICE, false, IN(struct config_screen, device.kms), NAMES(kms_calls) },
    { "path", FIELD_PATH, false, IN(struct config_screen, device.path) },
    { "view", FIELD_CUSTOM, .read = read_view },
    { "panels", FIELD_CUSTOM, false, IN(struct config_screen, panels), .read = read_panels },
    { "zones", FIELD_ZONES, false, IN(struct config_screen, zones) },
    { "dwell_ms", FIELD_INTEGER, false, IN(struct config_screen, dwell_ms), DWELL_MS },
    { "recent", FIELD_INTEGER, false, IN(struct config_screen, recent), .min = 0, .max = RECENT_MAX },
    { "desk", FIELD_CUSTOM, false, IN(struct config_screen, desk), .read = read_screen_desk },
    { "diagonal_in", FIELD_NUMBER, false, IN(struct config_screen, diagonal_in), .min = 5, .max = 300 },
    { "height_m", FIELD_NUMBER, false, IN(struct config_screen, height_m), .min = 0, .max = 20 },
    { "farthest_m", FIELD_NUMBER, false, IN(struct config_screen, farthest_m), .min = 0.5, .max = 200 },
    { "off_axis_deg", FIELD_NUMBER, false, IN(struct config_screen, off_axis_deg), .min = 0, .max = 80 },
    { "accept_illegible", FIELD_BOOL, false, IN(struct config_screen, accept_illegible) },
    { "hours", FIELD_CUSTOM, false, IN(struct config_screen, hours), .read = read_hours },
    { "awake_minutes", FIELD_INTEGER, false, IN(struct config_screen, awake_minutes), AWAKE_MINUTES },
    { "overscan", FIELD_NUMBER, false, IN(struct config_screen, overscan), .min = 0, .max = 0.1 },
};
const struct section section_screens = {
    .is_needed = true,
    .max = SCREENS_MAX,
    .why_max = "no board of this class has more outputs",
    FIELDS(screen_fields),
    .items = offsetof(struct config, screen),
    .item_size = sizeof(struct config_screen),
    .count = offsetof(struct config, nscreens),
    .defaults = &screen_defaults,
    .check = check_screen,
};

/* ---- notices --------------------------------------------------------------------------------- */

static const struct field notice_fields[] = {
    { "id", FIELD_ID, true, IN(struct config_notice, id) },
    { "level", FIELD_CHOICE, false, IN(struct config_notice, level), .names = notice_level_names,
      .nnames = NOTICE_LEVELS },
    { "text", FIELD_LABEL, true, IN(struct config_notice, text) },
    { "picture", FIELD_CUSTOM, .offset = offsetof(struct config_notice, picture), .read = read_picture },
};

static void check_notice(struct reader *reader, const struct json_at *at, const cJSON *item, unsigned index)
{
    char path[JSON_PATH_MAX];
    (void)item;
    const struct config_notice *notice = &reader->config->notice[index];
    if (notice->picture && notice->level == NOTICE_ALERT)
        json_complain(at->report, json_at_key(at, "picture", path).path,
                      "is of an alert, whose text takes the whole wall; leave this out");
}

const struct section section_notices = {
    .max = HALL_NOTICES_MAX,
    .why_max = "pages turn every few seconds, and the last one would come after a minute",
    FIELDS(notice_fields),
    .items = offsetof(struct config, notice),
    .item_size = sizeof(struct config_notice),
    .count = offsetof(struct config, nnotices),
    .check = check_notice,
};
