#include "board/ctl/ctl.h"

#include <string.h>

#define PROFILES_MAX 16

void ctl_trouble_leds(struct ctl_trouble *list, const cJSON *buses)
{
    const cJSON *bus, *unit;
    cJSON_ArrayForEach(bus, buses)
    {
        const char *why = ctl_text(bus, "why");
        if (*why)
            ctl_trouble(list, "bus %s (%s): %s", ctl_text(bus, "id"), ctl_text(bus, "device"), why);
        cJSON_ArrayForEach(unit, ctl_member(bus, "units")) if (!*why && *ctl_text(unit, "why"))
            ctl_trouble(list, "led %s/%.0f above desk %s: %s", ctl_text(bus, "id"), ctl_number(unit, "unit"),
                        ctl_text(unit, "desk"), ctl_text(unit, "why"));
    }
}

/* In lines: a stable device name is as long as a terminal is wide. */
void ctl_print_buses(FILE *out, const cJSON *items)
{
    const cJSON *bus;
    cJSON_ArrayForEach(bus, items)
    {
        double frames = ctl_number(bus, "group_frames");
        char groups[48] = "";
        if (frames > 0)
            snprintf(groups, sizeof groups, ", %.0f group frames", frames);
        ctl_say(out, "bus %s  %s, %.1f %% of its time used, %d boards, %.0f ms for the adapter%s%s",
                ctl_text(bus, "id"), ctl_bool(bus, "open") ? "open" : "absent",
                ctl_number(bus, "busy_permille") / 10, cJSON_GetArraySize(ctl_member(bus, "units")),
                ctl_number(bus, "latency_ms"), groups, ctl_bool(bus, "hears_itself") ? ", hears itself" : "");
        ctl_say(out, "  %s", ctl_text(bus, "device"));
    }
}

static const char *state_words(const cJSON *bus, const cJSON *unit)
{
    const char *state = ctl_text(unit, "state");
    if (!ctl_bool(bus, "open"))
        return "no bus";
    if (!strcmp(state, "dead"))
        return "no reply";
    return !strcmp(state, "unknown") ? "waits" : state;
}

static void print_unit(struct ctl_table *table, const cJSON *bus, const cJSON *unit)
{
    char age[24];
    ctl_cell(table, "%s", ctl_text(unit, "desk"));
    ctl_cell(table, "%s/%.0f", ctl_text(bus, "id"), ctl_number(unit, "unit"));
    ctl_cell(table, "%s", state_words(bus, unit));
    ctl_cell(table, "%s", ctl_duration(ctl_number(unit, "age_ms"), age));
    ctl_cell(table, "%s", ctl_text(unit, "shown"));
    ctl_cell(table, "%s%s", ctl_text(unit, "want"), ctl_bool(unit, "blink") ? " *" : "");
    ctl_cell(table, "%s", ctl_text(unit, "profile"));
    ctl_cell(table, "%.0f/%.0f/%.0f", ctl_number(unit, "timeouts"), ctl_number(unit, "crc_errors"),
             ctl_number(unit, "exceptions"));
    ctl_cell(table, "%.0f", ctl_number(unit, "requests"));
    ctl_cell(table, "%.1f ms", ctl_number(unit, "round_trip_ms"));
}

/* Each profile once; what this project has not seen on a wall is told as such. */
static void print_unconfirmed(FILE *out, const cJSON *buses)
{
    struct ctl_trouble list = { .out = out,
                                .heading = "Not confirmed on hardware by this project, so compare "
                                           "the glass with SHOWN:" };
    const cJSON *bus, *unit, *told[PROFILES_MAX];
    unsigned ntold = 0;
    cJSON_ArrayForEach(bus, buses) cJSON_ArrayForEach(unit, ctl_member(bus, "units"))
    {
        const char *confidence = ctl_text(unit, "confidence"), *profile = ctl_text(unit, "profile");
        unsigned i = 0;
        while (i < ntold && strcmp(ctl_text(told[i], "profile"), profile) != 0)
            i++;
        if (i < ntold || ntold == PROFILES_MAX || !*confidence || !strcmp(confidence, "confirmed"))
            continue;
        told[ntold++] = unit;
        ctl_trouble(&list, "%s: %s", profile,
                    !strcmp(confidence, "tested") ? "tested by others" : confidence);
    }
}

void ctl_print_units(FILE *out, const cJSON *buses)
{
    struct ctl_table table;
    const cJSON *bus, *unit;
    ctl_table_init(&table, "DESK|BOARD|STATE|>CONFIRMED|SHOWN|WANTED|PROFILE|>ERRORS|>REQUESTS|>ROUND TRIP");
    cJSON_ArrayForEach(bus, buses) cJSON_ArrayForEach(unit, ctl_member(bus, "units"))
        print_unit(&table, bus, unit);
    ctl_table_print(&table, out);
}

static void print_leds(FILE *out, const cJSON *buses)
{
    struct ctl_trouble list = { .out = out, .heading = "Look at:" };
    ctl_print_units(out, buses);
    fputc('\n', out);
    ctl_print_buses(out, buses);
    print_unconfirmed(out, buses);
    ctl_trouble_leds(&list, buses); /* last: that is what still stands above the prompt */
}

int ctl_led_list(struct ctl *ctl, const struct ctl_args *args)
{
    (void)args;
    cJSON *reply;
    int status = ctl_ask(ctl, ctl_request("leds"), &reply);
    if (status == CTL_OK && !ctl->is_json)
        print_leds(ctl->out, ctl_member(reply, "buses"));
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
    if (strcmp(args->word[0], "all") == 0)
        return ctl_do(ctl, request, "every board shows %s for %ld s", what, seconds);
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
