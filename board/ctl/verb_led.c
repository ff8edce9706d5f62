#include "board/ctl/ctl.h"

#include <string.h>

void ctl_print_buses(FILE *out, const cJSON *items)
{
    struct ctl_table table;
    const cJSON *item;
    ctl_table_init(&table, "BUS|STATE|>BUSY|>BOARDS|DEVICE|DETAIL");
    cJSON_ArrayForEach(item, items)
    {
        ctl_cell(&table, "%s", ctl_text(item, "id"));
        ctl_cell(&table, "%s", ctl_bool(item, "open") ? "open" : "absent");
        ctl_cell(&table, "%.1f %%", ctl_number(item, "busy_permille") / 10);
        ctl_cell(&table, "%d", cJSON_GetArraySize(ctl_member(item, "units")));
        ctl_cell(&table, "%s", ctl_text(item, "device"));
        ctl_cell(&table, "%s", ctl_text(item, "detail"));
    }
    ctl_table_print(&table, out);
}

static void print_unit(struct ctl_table *table, const char *bus, const cJSON *unit)
{
    char age[24];
    bool is_sure = ctl_text(unit, "certainty")[0] && strcmp(ctl_text(unit, "certainty"), "unknown") != 0;
    ctl_cell(table, "%s", ctl_text(unit, "desk"));
    ctl_cell(table, "%s/%.0f", bus, ctl_number(unit, "unit"));
    ctl_cell(table, "%s", ctl_text(unit, "profile"));
    ctl_cell(table, "%s%s", ctl_text(unit, "want"), ctl_bool(unit, "blink") ? " *" : "");
    ctl_cell(table, "%s", ctl_text(unit, "shown"));
    ctl_cell(table, "%s", ctl_bool(unit, "dead") ? "no reply" : ctl_text(unit, "certainty"));
    ctl_cell(table, "%s", is_sure ? ctl_duration(ctl_number(unit, "age_ms"), age) : "");
    ctl_cell(table, "%.0f", ctl_number(unit, "timeouts"));
    ctl_cell(table, "%.0f", ctl_number(unit, "crc_errors"));
    ctl_cell(table, "%.0f", ctl_number(unit, "exceptions"));
    ctl_cell(table, "%.1f ms", ctl_number(unit, "round_trip_ms"));
}

void ctl_print_units(FILE *out, const cJSON *buses)
{
    struct ctl_table table;
    const cJSON *bus, *unit;
    ctl_table_init(&table,
                   "DESK|BOARD|PROFILE|WANTED|SHOWN|SURE|>SINCE|>TIMEOUTS|>CRC|>EXCEPTIONS|>ROUND TRIP");
    cJSON_ArrayForEach(bus, buses) cJSON_ArrayForEach(unit, ctl_member(bus, "units"))
        print_unit(&table, ctl_text(bus, "id"), unit);
    ctl_table_print(&table, out);
}

int ctl_led_list(struct ctl *ctl, const struct ctl_args *args)
{
    (void)args;
    cJSON *reply;
    int status = ctl_ask(ctl, ctl_request("leds"), &reply);
    if (status == CTL_OK && !ctl->is_json)
        ctl_print_units(ctl->out, ctl_member(reply, "buses"));
    cJSON_Delete(reply);
    return status;
}

static int for_seconds(struct ctl *ctl, const struct ctl_args *args, cJSON *request, const char *what)
{
    long seconds = 10;
    if (ctl_option_number(ctl, args, "--seconds", 1, 600, &seconds) != CTL_OK) {
        cJSON_Delete(request);
        return CTL_USAGE;
    }
    cJSON_AddStringToObject(request, "desk", args->word[0]);
    cJSON_AddNumberToObject(request, "seconds", (double)seconds);
    return ctl_do(ctl, request, "the board above desk %s shows %s for %ld s", args->word[0], what, seconds);
}

int ctl_led_show(struct ctl *ctl, const struct ctl_args *args)
{
    cJSON *request = ctl_request("led-show");
    cJSON_AddStringToObject(request, "text", args->word[1]);
    return for_seconds(ctl, args, request, args->word[1][0] ? args->word[1] : "nothing");
}

int ctl_led_identify(struct ctl *ctl, const struct ctl_args *args)
{
    return for_seconds(ctl, args, ctl_request("led-identify"), "its unit number");
}
