#include "board/board.h"

#include "board/led_trouble.h"
#include "board/walls.h"

#include <stdio.h>
#include <string.h>

const char *const feed_truth_words[] = { "nothing", "fresh", "stale", "blank" };
static const char *const profile_words[] = { "undecided", "basic", "full" };

double health_ms_since(int64_t at_us)
{
    return at_us ? (double)(clock_us() - at_us) / 1000 : -1;
}

static double uptime_s(const struct board *board)
{
    int64_t whole_s = (clock_us() - board->started_us) / 1000000;
    return (double)whole_s;
}

cJSON *health_item(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToArray(array, object);
    return object;
}

cJSON *health_chimes(struct board *board)
{
    cJSON *chimes = cJSON_CreateArray();
    for (unsigned i = 0; i < board->config->nchimes; i++) {
        struct speaker_status status;
        speakers_status(board->speakers, i, &status);
        cJSON *chime = health_item(chimes);
        cJSON_AddStringToObject(chime, "id", status.id);
        cJSON_AddStringToObject(chime, "driver", status.driver);
        cJSON_AddStringToObject(chime, "state", status.is_ready ? "ready" : "absent");
        cJSON_AddBoolToObject(chime, "realtime", status.is_realtime);
        cJSON_AddNumberToObject(chime, "played", (double)status.played);
        cJSON_AddNumberToObject(chime, "failed", (double)status.failed);
        cJSON_AddStringToObject(chime, "detail", status.detail);
    }
    return chimes;
}

static cJSON *health_link(const struct board *board)
{
    cJSON *link = cJSON_CreateObject();
    cJSON_AddBoolToObject(link, "connected", board->link.is_connected);
    cJSON_AddStringToObject(link, "url", board->link.url);
    cJSON_AddNumberToObject(link, "mqtt", board->link.mqtt_version);
    cJSON_AddNumberToObject(link, "conn", (double)board->link.conn);
    cJSON_AddNumberToObject(link, "starts", (double)board->link_child.starts);
    cJSON_AddStringToObject(link, "why", board->link.why);
    return link;
}

const char *health_profile(const struct board *board)
{
    struct feed_status status;
    feed_status(board->feed, &status);
    return board->is_manual ? "manual" : profile_words[status.profile];
}

static cJSON *health_feed(const struct board *board)
{
    struct feed_status status;
    feed_status(board->feed, &status);
    cJSON *feed = cJSON_CreateObject();
    cJSON_AddStringToObject(feed, "profile", health_profile(board));
    cJSON_AddStringToObject(feed, "truth", feed_truth_words[board->truth]);
    cJSON_AddStringToObject(feed, "epoch", status.epoch);
    const struct {
        const char *name;
        uint64_t value;
    } counters[] = { { "seq", status.seq },
                     { "events", board->events },
                     { "duplicates", status.duplicates },
                     { "muted", status.muted },
                     { "gaps", status.gaps },
                     { "hellos", status.hellos },
                     { "adoptions", status.adoptions },
                     { "clock_steps", status.clock_steps },
                     { "invalid", board->invalid },
                     { "unknown_desks", board->unknown_desks },
                     { "receipts_crowded", board->receipts.crowded },
                     { "receipts_lost", board->receipts.lost } };
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        cJSON_AddNumberToObject(feed, counters[i].name, (double)counters[i].value);
    return feed;
}

static cJSON *health_fire_alarm(const struct fire_alarm *alarm)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "state", fire_alarm_state(alarm));
    cJSON_AddStringToObject(object, "detail", fire_alarm_detail(alarm));
    return object;
}

static cJSON *health_desks(const struct board *board)
{
    cJSON *desks = cJSON_CreateArray();
    for (int i = 0; i < board->config->ndesks; i++) {
        const struct hall_desk *desk = &board->hall.desk[i];
        cJSON *object = health_item(desks);
        cJSON_AddStringToObject(object, "desk", board->config->desk[i].id);
        cJSON_AddStringToObject(object, "status", desk_status_names[desk->status]);
        cJSON_AddStringToObject(object, "phase", phase_names[desk->phase]);
        cJSON_AddStringToObject(object, "ticket", desk->ticket);
    }
    return desks;
}

cJSON *health_status(struct board *board)
{
    cJSON *status = cJSON_CreateObject();
    cJSON_AddBoolToObject(status, "ok", true);
    cJSON_AddStringToObject(status, "board", board->config->board);
    cJSON_AddStringToObject(status, "hall", board->config->hall);
    cJSON_AddStringToObject(status, "version", KEZEK_VERSION);
    cJSON_AddStringToObject(status, "boot", board->boot);
    cJSON_AddNumberToObject(status, "uptime_s", uptime_s(board));
    cJSON_AddNumberToObject(status, "wakeups", (double)loop_wakeups(board->loop));
    cJSON_AddStringToObject(status, "lacking", board->lacking);
    cJSON_AddItemToObject(status, "link", health_link(board));
    cJSON_AddItemToObject(status, "feed", health_feed(board));
    cJSON_AddItemToObject(status, "screens", health_screens(board));
    cJSON_AddItemToObject(status, "buses", health_buses(board));
    cJSON_AddItemToObject(status, "chimes", health_chimes(board));
    if (board->fire_alarm)
        cJSON_AddItemToObject(status, "fire_alarm", health_fire_alarm(board->fire_alarm));
    cJSON_AddItemToObject(status, "desks", health_desks(board));
    return status;
}

static cJSON *add_outlet(cJSON *outlets, const char *kind, const char *id, const char *state,
                         const char *detail)
{
    char name[ID_SIZE + 8];
    snprintf(name, sizeof name, "%s/%s", kind, id);
    cJSON *outlet = health_item(outlets);
    cJSON_AddStringToObject(outlet, "outlet", name);
    cJSON_AddStringToObject(outlet, "state", state);
    if (detail[0])
        cJSON_AddStringToObject(outlet, "detail", detail);
    return outlet;
}

/* With the proof of its picture. */
static void add_screen(cJSON *outlets, const struct board *board, unsigned index)
{
    const struct wall *wall = &board->wall[index];
    char detail[sizeof wall->detail];
    walls_detail(board, index, detail, sizeof detail);
    cJSON *outlet =
        add_outlet(outlets, "screen", wall->config->device.id, wall_state_names[wall->state], detail);
    cJSON_AddNumberToObject(outlet, "frames", (double)wall->frames);
    cJSON_AddNumberToObject(outlet, "late_flips", (double)wall->late_flips);
    if (wall->flip_us)
        cJSON_AddNumberToObject(outlet, "last_flip_ms", health_ms_since(wall->flip_us));
    health_picture(outlet, wall);
}

static void add_outlets(cJSON *outlets, struct board *board)
{
    const struct config *config = board->config;
    for (unsigned i = 0; i < config->nscreens; i++)
        add_screen(outlets, board, i);
    for (int i = 0; i < config->ndesks; i++) {
        struct led_unit_status unit;
        if (config->desk[i].bus < 0)
            continue;
        desks_unit_status(board->desks, i, &unit);
        char why[LED_TROUBLE_SIZE];
        health_led_why(board, i, &unit, why);
        add_outlet(outlets, "led", config->desk[i].id, led_state(&unit), why);
    }
    for (unsigned i = 0; i < config->nchimes; i++) {
        struct speaker_status chime;
        speakers_status(board->speakers, i, &chime);
        add_outlet(outlets, "chime", chime.id, chime.is_ready ? "ready" : "absent", chime.detail);
    }
    if (board->fire_alarm)
        add_outlet(outlets, "input", "fire_alarm", fire_alarm_state(board->fire_alarm),
                   fire_alarm_detail(board->fire_alarm));
}

/* ---- shorter than the limit ------------------------------------------------------------------ */

/* Of LED boards, from the last one on, until `excess` bytes are saved; states stay. How many. */
static unsigned leave_details_out(const cJSON *outlets, size_t excess)
{
    unsigned count = 0;
    for (int i = cJSON_GetArraySize(outlets) - 1; i >= 0 && excess > 0; i--) {
        cJSON *outlet = cJSON_GetArrayItem(outlets, i);
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(outlet, "outlet"));
        const cJSON *detail = cJSON_GetObjectItemCaseSensitive(outlet, "detail");
        if (!detail || strncmp(name, "led/", 4) != 0)
            continue;
        size_t saved = strlen(detail->valuestring) + sizeof ",\"detail\":\"\"" - 1;
        excess -= saved < excess ? saved : excess;
        cJSON_DeleteItemFromObjectCaseSensitive(outlet, "detail");
        count++;
    }
    return count;
}

static char *print_shortened(cJSON *health)
{
    char *text = cJSON_PrintUnformatted(health);
    size_t length = text ? strlen(text) : 0;
    const size_t note = sizeof ",\"shortened\":256";
    if (length < PUBLISH_BYTES_MAX)
        return text;
    cJSON_free(text);
    unsigned count = leave_details_out(cJSON_GetObjectItemCaseSensitive(health, "outlets"),
                                       length + note - PUBLISH_BYTES_MAX);
    cJSON_AddNumberToObject(health, "shortened", count);
    return cJSON_PrintUnformatted(health);
}

char *health_text(struct board *board)
{
    struct feed_status status;
    feed_status(board->feed, &status);
    cJSON *health = cJSON_CreateObject();
    cJSON_AddNumberToObject(health, "v", 1);
    cJSON_AddStringToObject(health, "id", board->config->board);
    cJSON_AddStringToObject(health, "boot", board->boot);
    cJSON_AddNumberToObject(health, "uptime_s", uptime_s(board));
    cJSON_AddStringToObject(health, "guarantees", feed_guarantees(status.profile)); /* BASIC-8 */
    cJSON_AddItemToObject(health, "feed", health_feed(board));
    add_outlets(cJSON_AddArrayToObject(health, "outlets"), board);
    char *text = print_shortened(health);
    cJSON_Delete(health);
    return text;
}

/* ---- what is news ---------------------------------------------------------------------------- */

/* FNV-1a */
static uint64_t digest(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (uint8_t)*text) * UINT64_C(1099511628211);
    while (*text++);
    return hash;
}

static uint64_t digest_number(uint64_t hash, uint64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)number);
    return digest(hash, text);
}

static uint64_t digest_leds(uint64_t hash, const struct board *board)
{
    for (unsigned i = 0; i < board->config->nbuses; i++) {
        struct led_bus_status bus;
        desks_bus_status(board->desks, i, &bus);
        hash = digest(hash, bus.detail);
    }
    for (int i = 0; i < board->config->ndesks; i++) {
        struct led_unit_status unit;
        if (board->config->desk[i].bus < 0)
            continue;
        desks_unit_status(board->desks, i, &unit);
        hash = digest(hash,
                      led_is_well(&unit) ? "" : led_state(&unit)); /* how sure each call is, receipts tell */
    }
    return hash;
}

uint64_t health_digest(struct board *board)
{
    uint64_t hash = digest_number(UINT64_C(14695981039346656037), board->link.conn);
    hash = digest(hash, health_profile(board));
    hash = digest(hash, feed_truth_words[board->truth]);
    for (unsigned i = 0; i < board->config->nscreens; i++)
        hash = digest(digest(hash, wall_state_names[board->wall[i].state]), board->wall[i].detail);
    for (unsigned i = 0; i < board->config->nchimes; i++) {
        struct speaker_status chime;
        speakers_status(board->speakers, i, &chime);
        hash = digest(digest_number(hash, chime.is_ready), chime.detail);
    }
    if (board->fire_alarm)
        hash =
            digest(digest(hash, fire_alarm_state(board->fire_alarm)), fire_alarm_detail(board->fire_alarm));
    return digest_leds(hash, board);
}
