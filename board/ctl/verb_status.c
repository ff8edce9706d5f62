#include "board/ctl/ctl.h"

#include <string.h>

static const char *or_else(const char *text, const char *otherwise)
{
    return text[0] ? text : otherwise;
}

static void trouble_feed(struct ctl_trouble *list, const cJSON *reply)
{
    const cJSON *link = ctl_member(reply, "link"), *feed = ctl_member(reply, "feed");
    const char *truth = ctl_text(feed, "truth");
    if (!ctl_bool(link, "connected"))
        ctl_trouble(list, "link: no broker: %s", or_else(ctl_text(link, "why"), "connecting"));
    if (!strcmp(truth, "nothing"))
        ctl_trouble(list, "feed: no data since the start; does the queue server publish for this hall?");
    else if (!strcmp(truth, "stale"))
        ctl_trouble(list, "feed: no sign of the queue server for 15 s; the walls say \"no connection\"");
    else if (!strcmp(truth, "blank"))
        ctl_trouble(list, "feed: no sign of the queue server for a minute; the walls show no numbers");
}

/* A screen that is shown may still not be as the hall file wants it; one in stand-by has its hours. */
static bool needs_a_hand(const cJSON *screen)
{
    const char *state = ctl_text(screen, "state");
    bool is_shown = strcmp(state, "shown") == 0;
    return is_shown ? ctl_text(screen, "detail")[0] : strcmp(state, "standby") != 0;
}

static void trouble_outlets(struct ctl_trouble *list, const cJSON *reply)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, ctl_member(reply, "screens")) if (needs_a_hand(item))
        ctl_trouble(list, "screen %s: %s: %s", ctl_text(item, "id"), ctl_text(item, "state"),
                    or_else(ctl_text(item, "detail"), "no reason given"));
    ctl_trouble_leds(list, ctl_member(reply, "buses"));
    cJSON_ArrayForEach(item, ctl_member(reply, "chimes")) if (strcmp(ctl_text(item, "state"), "ready") != 0 &&
                                                              strcmp(ctl_text(item, "state"), "playing") != 0)
        ctl_trouble(list, "chime %s: %s: %s", ctl_text(item, "id"), ctl_text(item, "state"),
                    or_else(ctl_text(item, "detail"), "no reason given"));
    item = ctl_member(reply, "fire_alarm");
    if (item && strcmp(ctl_text(item, "state"), "alarm") == 0)
        ctl_trouble(list, "fire alarm: on: nothing sounds");
    else if (item && strcmp(ctl_text(item, "state"), "absent") == 0)
        ctl_trouble(list, "fire alarm: absent: %s", ctl_text(item, "detail"));
}

static void print_head(FILE *out, const cJSON *reply)
{
    char up[24];
    const cJSON *link = ctl_member(reply, "link"), *feed = ctl_member(reply, "feed");
    ctl_say(out, "board %s of hall %s, kezekd %s, up %s", ctl_text(reply, "board"), ctl_text(reply, "hall"),
            ctl_text(reply, "version"), ctl_duration(ctl_number(reply, "uptime_s") * 1000, up));
    if (ctl_bool(link, "connected"))
        ctl_say(out, "link  connected to %s (%s)", ctl_text(link, "url"),
                ctl_number(link, "mqtt") == 5 ? "MQTT 5" : "MQTT 3.1.1");
    else
        ctl_say(out, "link  not connected");
    ctl_say(out,
            "feed  %s, %s profile: %.0f events, %.0f duplicates, %.0f muted, %.0f gaps, %.0f invalid, "
            "%.0f for unknown desks",
            ctl_text(feed, "truth"), ctl_text(feed, "profile"), ctl_number(feed, "events"),
            ctl_number(feed, "duplicates"), ctl_number(feed, "muted"), ctl_number(feed, "gaps"),
            ctl_number(feed, "invalid"), ctl_number(feed, "unknown_desks"));
    if (ctl_text(feed, "epoch")[0])
        ctl_say(out, "      epoch %s, number %.0f", ctl_text(feed, "epoch"), ctl_number(feed, "seq"));
}

static void print_part(FILE *out, const cJSON *reply, const char *key,
                       void (*print)(FILE *out, const cJSON *items))
{
    const cJSON *items = ctl_member(reply, key);
    if (cJSON_GetArraySize(items) == 0)
        return;
    fputc('\n', out);
    print(out, items);
}

int ctl_status(struct ctl *ctl, const struct ctl_args *args)
{
    (void)args;
    cJSON *reply;
    int status = ctl_ask(ctl, ctl_request("status"), &reply);
    if (status == CTL_OK && !ctl->is_json) {
        struct ctl_trouble list = { .out = ctl->out, .heading = "Look at:" };
        print_head(ctl->out, reply);
        trouble_feed(&list, reply);
        if (*ctl_text(reply, "lacking"))
            ctl_trouble(&list, "%s", ctl_text(reply, "lacking"));
        trouble_outlets(&list, reply);
        if (list.count == 0)
            fputs("\nNothing needs a hand.\n", ctl->out);
        print_part(ctl->out, reply, "screens", ctl_print_screens);
        print_part(ctl->out, reply, "buses", ctl_print_buses);
        print_part(ctl->out, reply, "buses", ctl_print_units);
        print_part(ctl->out, reply, "chimes", ctl_print_chimes);
    }
    cJSON_Delete(reply);
    return status;
}

int ctl_reload(struct ctl *ctl, const struct ctl_args *args)
{
    (void)args;
    return ctl_do(ctl, ctl_request("reload"), "the hall file is in force");
}
