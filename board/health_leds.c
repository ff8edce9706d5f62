#include "board/board.h"

#include "board/led_trouble.h"

static const struct led_unit_config *config_of(const struct board *board, int desk)
{
    const struct config_desk *place = &board->config->desk[desk];
    return &board->config->bus[place->bus].unit[place->bus_index];
}

static void bus_why(const struct board *board, unsigned index, char *why)
{
    struct led_unit_status unit[LED_UNITS_MAX] = { 0 };
    struct led_bus_status status;
    for (int desk = 0; desk < board->config->ndesks; desk++)
        if (board->config->desk[desk].bus == (int)index)
            desks_unit_status(board->desks, desk, &unit[board->config->desk[desk].bus_index]);
    desks_bus_status(board->desks, index, &status);
    led_bus_trouble(&board->config->bus[index], &status, unit, why);
}

void health_led_why(const struct board *board, int desk, const struct led_unit_status *status, char *why)
{
    bus_why(board, (unsigned)board->config->desk[desk].bus, why);
    if (!*why)
        led_unit_trouble(config_of(board, desk), status, why);
}

static void add_counters(cJSON *unit, const struct led_unit_status *status)
{
    cJSON_AddNumberToObject(unit, "requests", status->requests);
    cJSON_AddNumberToObject(unit, "timeouts", status->timeouts);
    cJSON_AddNumberToObject(unit, "crc_errors", status->crc_errors);
    cJSON_AddNumberToObject(unit, "exceptions", status->exceptions);
    cJSON_AddNumberToObject(unit, "round_trip_ms", (double)status->round_trip_us / 1000);
}

static void add_unit(cJSON *units, const struct board *board, int desk)
{
    const struct led_unit_config *config = config_of(board, desk);
    const struct led_text *wanted = desks_wanted(board->desks, desk);
    struct led_unit_status status;
    char why[LED_TROUBLE_SIZE];
    desks_unit_status(board->desks, desk, &status);
    led_unit_trouble(config, &status, why);
    cJSON *unit = health_item(units);
    cJSON_AddStringToObject(unit, "desk", board->config->desk[desk].id);
    cJSON_AddStringToObject(unit, "label", board->config->desk[desk].label);
    cJSON_AddStringToObject(unit, "zone", board->config->zone[board->config->desk[desk].zone].id);
    cJSON_AddNumberToObject(unit, "unit", config->unit);
    cJSON_AddStringToObject(unit, "profile", led_profile_name(config->profile));
    cJSON_AddStringToObject(unit, "confidence", led_profile_confidence(config->profile));
    cJSON_AddStringToObject(unit, "want", wanted->text);
    cJSON_AddBoolToObject(unit, "blink", wanted->is_blinking);
    cJSON_AddStringToObject(unit, "shown", status.shown);
    cJSON_AddStringToObject(unit, "state", led_state(&status));
    cJSON_AddStringToObject(unit, "why", why);
    cJSON_AddStringToObject(unit, "certainty", led_certainty_names[status.certainty]);
    cJSON_AddNumberToObject(unit, "age_ms", health_ms_since(status.confirmed_us));
    cJSON_AddBoolToObject(unit, "dead", status.is_dead);
    cJSON_AddBoolToObject(unit, "other", status.is_other);
    cJSON_AddStringToObject(unit, "identity", status.identity);
    add_counters(unit, &status);
}

cJSON *health_buses(struct board *board)
{
    cJSON *buses = cJSON_CreateArray();
    for (unsigned i = 0; i < board->config->nbuses; i++) {
        const struct led_bus_config *config = &board->config->bus[i];
        struct led_bus_status status;
        char why[LED_TROUBLE_SIZE];
        desks_bus_status(board->desks, i, &status);
        bus_why(board, i, why);
        cJSON *bus = health_item(buses);
        cJSON_AddStringToObject(bus, "id", config->id);
        cJSON_AddStringToObject(bus, "device", config->device);
        cJSON_AddBoolToObject(bus, "open", status.is_open);
        cJSON_AddStringToObject(bus, "why", why);
        cJSON_AddNumberToObject(bus, "busy_permille", status.busy_permille);
        cJSON_AddNumberToObject(bus, "latency_ms", status.latency_ms);
        cJSON_AddBoolToObject(bus, "hears_itself", status.hears_itself);
        cJSON_AddNumberToObject(bus, "group_frames", (double)status.group_frames);
        cJSON_AddStringToObject(bus, "detail", status.detail);
        cJSON *units = cJSON_AddArrayToObject(bus, "units");
        for (int desk = 0; desk < board->config->ndesks; desk++)
            if (board->config->desk[desk].bus == (int)i)
                add_unit(units, board, desk);
    }
    return buses;
}
