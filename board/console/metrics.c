#include "board/console/metrics.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum section { ROOT, LINK, FEED, SCREEN, BUS, UNIT, CHIME };
/* A number that is not negative; 1 if true; 1 if it is the text `match`; each word of `match`, 1 for the one it is. */
enum value { NUMBER, TRUTH, EQUALS, STATES };

struct metric {
    const char *name;
    bool is_counter;
    uint8_t section, value;
    const char *key, *match;
    double scale;
    const char *help;
};

/* clang-format off */
static const struct metric metrics[] = {
    { "kezek_uptime_seconds", false, ROOT, NUMBER, "uptime_s", NULL, 1, "Time since the service started." },
    { "kezek_wakeups", true, ROOT, NUMBER, "wakeups", NULL, 1, "Turns of the board's loop." },
    { "kezek_link_connected", false, LINK, TRUTH, "connected", NULL, 1, "Is there a broker?" },
    { "kezek_link_starts", true, LINK, NUMBER, "starts", NULL, 1, "Starts of the network process." },
    { "kezek_feed_fresh", false, FEED, EQUALS, "truth", "fresh", 1, "Is what is shown known to be true?" },
    { "kezek_feed_full_profile", false, FEED, EQUALS, "profile", "full", 1, "Does the server speak the full profile?" },
    { "kezek_feed_sequence", false, FEED, NUMBER, "seq", NULL, 1, "Number of the newest change." },
    { "kezek_feed_events", true, FEED, NUMBER, "events", NULL, 1, "Events taken." },
    { "kezek_feed_duplicates", true, FEED, NUMBER, "duplicates", NULL, 1, "Events seen before." },
    { "kezek_feed_muted", true, FEED, NUMBER, "muted", NULL, 1, "Calls shown silently because they were late." },
    { "kezek_feed_gaps", true, FEED, NUMBER, "gaps", NULL, 1, "Gaps in the sequence." },
    { "kezek_feed_hellos", true, FEED, NUMBER, "hellos", NULL, 1, "Snapshots asked for." },
    { "kezek_feed_invalid", true, FEED, NUMBER, "invalid", NULL, 1, "Messages refused." },
    { "kezek_feed_unknown_desks", true, FEED, NUMBER, "unknown_desks", NULL, 1, "Calls for desks that are not there." },
    { "kezek_screen_on", false, SCREEN, EQUALS, "state", "shown", 1, "Can visitors see the screen?" },
    { "kezek_screen_state", false, SCREEN, STATES, "state", "shown unplugged standby away stuck absent", 1, "What visitors see of the screen." },
    { "kezek_screen_late_flips", true, SCREEN, NUMBER, "late_flips", NULL, 1, "Frames that did not flip within half a second." },
    { "kezek_screen_frames", true, SCREEN, NUMBER, "frames", NULL, 1, "Page flips." },
    { "kezek_screen_picture_age_seconds", false, SCREEN, NUMBER, "last_flip_ms", NULL, 1e-3, "Time since the last flip." },
    { "kezek_bus_open", false, BUS, TRUTH, "open", NULL, 1, "Is the adapter there?" },
    { "kezek_bus_busy_ratio", false, BUS, NUMBER, "busy_permille", NULL, 1e-3, "Use of the wire in the last 10 s." },
    { "kezek_bus_latency_seconds", false, BUS, NUMBER, "latency_ms", NULL, 1e-3, "Of the adapter, as it is counted with." },
    { "kezek_bus_group_frames", true, BUS, NUMBER, "group_frames", NULL, 1, "Requests with the texts of several boards." },
    { "kezek_led_certainty", false, UNIT, STATES, "certainty", "unknown sent acked verified lit", 1, "How sure the text of the board is." },
    { "kezek_led_age_seconds", false, UNIT, NUMBER, "age_ms", NULL, 1e-3, "Time since its text was confirmed." },
    { "kezek_led_other", false, UNIT, TRUTH, "other", NULL, 1, "Another device answers, which is left alone." },
    { "kezek_led_dead", false, UNIT, TRUTH, "dead", NULL, 1, "The LED board does not answer." },
    { "kezek_led_requests", true, UNIT, NUMBER, "requests", NULL, 1, "Requests to the board." },
    { "kezek_led_timeouts", true, UNIT, NUMBER, "timeouts", NULL, 1, "Requests without a reply." },
    { "kezek_led_crc_errors", true, UNIT, NUMBER, "crc_errors", NULL, 1, "Damaged replies." },
    { "kezek_led_exceptions", true, UNIT, NUMBER, "exceptions", NULL, 1, "Requests that the board refused." },
    { "kezek_led_round_trip_seconds", false, UNIT, NUMBER, "round_trip_ms", NULL, 1e-3, "Of the last request." },
    { "kezek_chime_ready", false, CHIME, EQUALS, "state", "ready", 1, "Can the speaker be used?" },
    { "kezek_chime_realtime", false, CHIME, TRUTH, "realtime", NULL, 1, "Is real-time scheduling granted?" },
    { "kezek_chime_played", true, CHIME, NUMBER, "played", NULL, 1, "Melodies played." },
    { "kezek_chime_failures", true, CHIME, NUMBER, "failed", NULL, 1, "Melodies that could not be played." },
};
/* clang-format on */

static const char *text(const cJSON *object, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return value ? value : "";
}

static void put_label(FILE *out, const char *mark, const char *name, const char *value)
{
    fprintf(out, "%s%s=\"", mark, name);
    for (; *value; value++) {
        if (*value == '\\' || *value == '"')
            fputc('\\', out);
        fputs(*value == '\n' ? "\\n" : (char[2]){ *value, '\0' }, out);
    }
    fputc('"', out);
}

/* Returns what stands before a further label: "{" or ",". */
static const char *put_labels(FILE *out, const char *label, const cJSON *bus, const cJSON *object)
{
    char number[16];
    const cJSON *unit = cJSON_GetObjectItemCaseSensitive(object, "unit");
    if (!bus && !label)
        return "{";
    put_label(out, "{", bus ? "bus" : label, text(bus ? bus : object, "id"));
    if (!bus)
        return ",";
    snprintf(number, sizeof number, "%.0f", cJSON_IsNumber(unit) ? unit->valuedouble : 0);
    put_label(out, ",", "unit", number);
    put_label(out, ",", "desk", text(object, "desk"));
    return ",";
}

static double value_of(const struct metric *metric, const cJSON *item)
{
    if (metric->value == TRUTH)
        return cJSON_IsTrue(item);
    if (metric->value == EQUALS)
        return cJSON_IsString(item) && !strcmp(item->valuestring, metric->match);
    return cJSON_IsNumber(item) ? item->valuedouble * metric->scale : 0;
}

static void put_states(FILE *out, const struct metric *metric, const char *label, const cJSON *bus,
                       const cJSON *object)
{
    const char *is = text(object, metric->key);
    for (const char *at = metric->match; *at;) {
        char word[16];
        int length = (int)strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", length, at);
        fputs(metric->name, out);
        put_label(out, put_labels(out, label, bus, object), metric->name, word);
        fprintf(out, "} %d\n", !strcmp(is, word));
        at += length + (at[length] == ' ');
    }
}

static void put_sample(FILE *out, const struct metric *metric, const char *label, const cJSON *bus,
                       const cJSON *object)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, metric->key);
    if (!item || (metric->value == NUMBER && item->valuedouble < 0)) /* -1: never yet */
        return;
    if (metric->value == STATES) {
        put_states(out, metric, label, bus, object);
        return;
    }
    fprintf(out, "%s%s", metric->name, metric->is_counter ? "_total" : "");
    if (*put_labels(out, label, bus, object) == ',')
        fputc('}', out);
    fprintf(out, " %.12g\n", value_of(metric, item));
}

static void put_list(FILE *out, const struct metric *metric, const cJSON *status, const char *list,
                     const char *label)
{
    const cJSON *object;
    cJSON_ArrayForEach(object, cJSON_GetObjectItemCaseSensitive(status, list))
        put_sample(out, metric, label, NULL, object);
}

static void put_units(FILE *out, const struct metric *metric, const cJSON *status)
{
    const cJSON *bus, *unit;
    cJSON_ArrayForEach(bus, cJSON_GetObjectItemCaseSensitive(status, "buses"))
        cJSON_ArrayForEach(unit, cJSON_GetObjectItemCaseSensitive(bus, "units"))
            put_sample(out, metric, NULL, bus, unit);
}

static void put_metric(FILE *out, const struct metric *metric, const cJSON *status)
{
    fprintf(out, "# TYPE %s %s\n# HELP %s %s\n", metric->name,
            metric->is_counter        ? "counter"
            : metric->value == STATES ? "stateset"
                                      : "gauge",
            metric->name, metric->help);
    switch ((enum section)metric->section) {
    case ROOT: put_sample(out, metric, NULL, NULL, status); break;
    case LINK: put_sample(out, metric, NULL, NULL, cJSON_GetObjectItemCaseSensitive(status, "link")); break;
    case FEED: put_sample(out, metric, NULL, NULL, cJSON_GetObjectItemCaseSensitive(status, "feed")); break;
    case SCREEN: put_list(out, metric, status, "screens", "screen"); break;
    case BUS: put_list(out, metric, status, "buses", "bus"); break;
    case UNIT: put_units(out, metric, status); break;
    case CHIME: put_list(out, metric, status, "chimes", "chime"); break;
    }
}

static void put_info(FILE *out, const cJSON *status)
{
    fputs("# TYPE kezek info\n# HELP kezek Which board this is.\nkezek_info", out);
    put_label(out, "{", "version", text(status, "version"));
    put_label(out, ",", "hall", text(status, "hall"));
    put_label(out, ",", "board", text(status, "board"));
    fputs("} 1\n", out);
}

char *metrics_format(const cJSON *status, size_t *size)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, size);
    if (!out)
        return NULL;
    fprintf(out, "# TYPE kezek_up gauge\n# HELP kezek_up Does the board process answer?\nkezek_up %d\n",
            status != NULL);
    if (status)
        put_info(out, status);
    for (size_t i = 0; status && i < sizeof metrics / sizeof *metrics; i++)
        put_metric(out, &metrics[i], status);
    fputs("# EOF\n", out);
    if (fclose(out) == 0)
        return bytes;
    free(bytes);
    return NULL;
}
