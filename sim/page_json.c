#include "sim/page_json.h"

#include "board/console/http.h"
#include "protocol/json.h"

static char *print(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return text;
}

static cJSON *label_json(const struct config *config, const struct label *label)
{
    cJSON *object = cJSON_CreateObject();
    for (unsigned i = 0; i < config->nlangs; i++)
        cJSON_AddStringToObject(object, config->lang[i], label->text[i]);
    return object;
}

static cJSON *desk_place(const struct config *config, const struct config_desk *desk)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", desk->id);
    cJSON_AddStringToObject(object, "label", desk->label);
    if (desk->agency != NONE)
        cJSON_AddItemToObject(object, "agency", label_json(config, &config->agency[desk->agency].name));
    if (desk->bus != NONE) {
        const struct led_bus_config *bus = &config->bus[desk->bus];
        const struct led_unit_config *unit = &bus->unit[desk->bus_index];
        cJSON_AddStringToObject(object, "bus", bus->id);
        cJSON_AddNumberToObject(object, "unit", unit->unit);
        cJSON_AddStringToObject(object, "type", led_profile_name(unit->profile));
    }
    return object;
}

static cJSON *screen_place(const struct config_screen *screen)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", screen->device.id);
    cJSON_AddNumberToObject(object, "width", screen->device.width);
    cJSON_AddNumberToObject(object, "height", screen->device.height);
    cJSON_AddNumberToObject(object, "diagonal_in", screen->diagonal_in);
    return object;
}

static void add_console(cJSON *object, const struct config *config)
{
    char url[96];
    http_url(url, sizeof url, config->console.host, config->console.port);
    if (config->console.host[0])
        cJSON_AddStringToObject(object, "console", url);
}

char *page_json_place(const struct config *config)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "hall", config->hall);
    cJSON_AddStringToObject(object, "board", config->board);
    cJSON_AddItemToObject(object, "name", label_json(config, &config->name));
    add_console(object, config);
    cJSON *desks = cJSON_AddArrayToObject(object, "desks");
    for (unsigned i = 0; i < config->ndesks; i++)
        cJSON_AddItemToArray(desks, desk_place(config, &config->desk[i]));
    cJSON *screens = cJSON_AddArrayToObject(object, "screens");
    for (unsigned i = 0; i < config->nscreens; i++)
        cJSON_AddItemToArray(screens, screen_place(&config->screen[i]));
    return print(object);
}

static cJSON *desk_state(const struct queue_server *server, unsigned index)
{
    const struct server_desk *desk = &server->desk[index];
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "desk", server->config->desk[index].id);
    cJSON_AddStringToObject(object, "status", desk_status_names[desk->status]);
    cJSON_AddStringToObject(object, "phase", phase_names[desk->phase]);
    cJSON_AddStringToObject(object, "ticket", desk->visit.ticket);
    cJSON_AddStringToObject(object, "booked_at", desk->visit.booked_at);
    cJSON_AddNumberToObject(object, "waiting", server->queue[desk->agency].count);
    return object;
}

char *page_json_hall(const struct page_situation *situation)
{
    const struct queue_server *server = situation->server;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddBoolToObject(object, "server", server != NULL);
    cJSON_AddBoolToObject(object, "connected", situation->is_connected);
    cJSON_AddStringToObject(object, "why", situation->why);
    cJSON_AddStringToObject(object, "broker", situation->broker);
    cJSON_AddBoolToObject(object, "mute", situation->is_mute);
    cJSON_AddBoolToObject(object, "alert", situation->is_alert);
    cJSON_AddStringToObject(object, "pace",
                            situation->pace == PACE_NONE ? "off" : pace_names[situation->pace]);
    cJSON *desks = cJSON_AddArrayToObject(object, "desks");
    unsigned waiting = 0;
    for (unsigned i = 0; server && i < situation->config->ndesks; i++)
        cJSON_AddItemToArray(desks, desk_state(server, i));
    for (unsigned i = 0; server && i < server_agencies(server); i++)
        waiting += server->queue[i].count;
    cJSON_AddNumberToObject(object, "waiting", waiting);
    return print(object);
}

static cJSON *led_state(const char *desk, const struct slave_view *view)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "desk", desk);
    cJSON_AddBoolToObject(object, "on", view->is_powered);
    cJSON_AddBoolToObject(object, "blink", view->is_blinking);
    cJSON_AddBoolToObject(object, "safe", view->is_safe);
    cJSON_AddNumberToObject(object, "brightness", view->brightness_percent);
    cJSON_AddStringToObject(object, "colour", led_colour_names[view->colour]);
    cJSON_AddStringToObject(object, "text", view->text);
    cJSON *segments = cJSON_AddArrayToObject(object, "segments");
    for (unsigned i = 0; i < view->cells; i++)
        cJSON_AddItemToArray(segments, cJSON_CreateNumber(view->segments[i]));
    return object;
}

char *page_json_leds(const struct config *config, const struct wires *wires)
{
    cJSON *list = cJSON_CreateArray();
    struct slave_view view;
    for (unsigned i = 0; i < config->ndesks; i++)
        if (wires_view(wires, &config->desk[i], &view))
            cJSON_AddItemToArray(list, led_state(config->desk[i].id, &view));
    return print(list);
}

char *page_json_buses(const struct config *config, const struct wires *wires)
{
    cJSON *list = cJSON_CreateArray();
    for (unsigned i = 0; i < wires->nbuses; i++) {
        cJSON *object = cJSON_CreateObject();
        cJSON_AddStringToObject(object, "bus", config->bus[i].id);
        cJSON_AddBoolToObject(object, "plugged", wires_is_plugged(wires, i));
        cJSON_AddItemToArray(list, object);
    }
    return print(list);
}

char *page_json_sound(const char *chime, const struct ear_sound *sound)
{
    static const char *const kinds[] = { "melody", "on", "level", "off" };
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "chime", chime);
    cJSON_AddStringToObject(object, "kind", kinds[sound->kind]);
    if (sound->kind == EAR_MELODY)
        cJSON_AddStringToObject(object, "melody", sound->melody);
    else
        cJSON_AddNumberToObject(object, "at_ms", sound->at_ms);
    if (sound->hz > 0)
        cJSON_AddNumberToObject(object, "hz", sound->hz);
    if (sound->amplitude > 0)
        cJSON_AddNumberToObject(object, "amplitude", sound->amplitude);
    return print(object);
}

char *page_json_payload(const char *payload, size_t length)
{
    struct json_error error;
    cJSON *object = json_parse(payload, length, &error);
    if (cJSON_IsObject(object))
        return print(object);
    cJSON_Delete(object);
    return NULL;
}
