#include "board/board.h"

#include "board/calls.h"
#include "board/led_trouble.h"
#include "board/log.h"
#include "board/snapshots.h"
#include "drivers/screen/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOW_SECONDS 10
#define TEST_SECONDS 30
#define SECONDS_MAX  600

/* A command that needs no more than its words: answers 0, or negative errno with a sentence in `error`. */
struct words {
    const char *target, *value;
    int seconds;
    char error[320];
};

static int say(struct words *words, int error, const char *format, const char *what)
{
    int length = snprintf(words->error, sizeof words->error, "%s", format);
    if (what && length > 0 && (size_t)length < sizeof words->error)
        snprintf(words->error + length, sizeof words->error - (size_t)length, " \"%s\"", what);
    return error;
}

static int find_desk(struct board *board, struct words *words)
{
    int desk = config_desk_index(board->config, words->target);
    return desk >= 0 ? desk : say(words, -ENOENT, "the hall file has no desk", words->target);
}

/* What was told it will show when it answers again: whoever stands below it must know that it does not now. */
static int check_life(const struct board *board, struct words *words, int desk)
{
    struct led_unit_status unit;
    struct led_bus_status bus;
    char why[LED_TROUBLE_SIZE];
    desks_unit_status(board->desks, desk, &unit);
    desks_bus_status(board->desks, (unsigned)board->config->desk[desk].bus, &bus);
    if (bus.is_open && !unit.is_dead)
        return 0;
    health_led_why(board, desk, &unit, why);
    snprintf(words->error, sizeof words->error, "desk %s: %.150s", board->config->desk[desk].id, why);
    return -EHOSTDOWN;
}

static int show(struct board *board, struct words *words, int desk, const char *text, bool is_blinking)
{
    int64_t until_us = clock_us() + words->seconds * INT64_C(1000000);
    int error =
        desks_override(board->desks, desk, text, is_blinking, until_us, words->error, sizeof words->error);
    board_soon(board);
    return error ? error : check_life(board, words, desk);
}

static int do_led_show(struct board *board, struct words *words)
{
    int desk = find_desk(board, words);
    return desk < 0 ? desk : show(board, words, desk, words->value, false);
}

static int identify(struct board *board, struct words *words, int desk)
{
    const struct config_desk *place = &board->config->desk[desk];
    if (place->bus < 0)
        return say(words, -ENOENT, "no LED board at desk", place->id);
    char number[8];
    snprintf(number, sizeof number, "%u", board->config->bus[place->bus].unit[place->bus_index].unit);
    return show(board, words, desk, number, false);
}

static int do_identify(struct board *board, struct words *words)
{
    char first[sizeof words->error] = "";
    int error = 0, desk = find_desk(board, words);
    if (desk >= 0 || strcmp(words->target, "all") != 0)
        return desk < 0 ? desk : identify(board, words, desk);
    for (desk = 0; desk < board->config->ndesks; desk++) {
        int failed = board->config->desk[desk].bus >= 0 ? identify(board, words, desk) : 0;
        if (!failed || error)
            continue;
        error = failed;
        memcpy(first, words->error, sizeof first);
    }
    memcpy(words->error, first, sizeof first);
    return error;
}

/* The desk's own number, blinking: is this board above this desk? */
static int do_led_walk(struct board *board, struct words *words)
{
    int desk = find_desk(board, words);
    return desk < 0 ? desk : show(board, words, desk, board->config->desk[desk].label, true);
}

static int do_led_end(struct board *board, struct words *words)
{
    int desk = find_desk(board, words);
    if (desk < 0)
        return desk;
    desks_end_override(board->desks, desk);
    board_soon(board);
    return 0;
}

/* Without a melody: that of a call. */
static const char *melody_of(const struct board *board, const struct words *words)
{
    if (words->value && words->value[0])
        return words->value;
    for (unsigned i = 0; i < board->config->nchimes; i++)
        if (strcmp(board->config->chime[i].device.id, words->target) == 0)
            return board->config->chime[i].melody[CHIME_CALL];
    return "";
}

static int do_chime(struct board *board, struct words *words)
{
    int error = speakers_play(board->speakers, words->target, melody_of(board, words));
    board_soon(board);
    switch (error) {
    case 0: return 0;
    case -ENOENT: return say(words, error, "no such chime or melody", words->target);
    case -ECANCELED: return say(words, error, "the fire alarm is on: nothing sounds", NULL);
    case -EBUSY: return say(words, error, "it is sounding; try again when it has ended", NULL);
    default: return say(words, error, strerror(-error), words->target);
    }
}

static struct wall *find_wall(struct board *board, const char *id)
{
    for (unsigned i = 0; id && i < board->config->nscreens; i++)
        if (strcmp(board->wall[i].config->device.id, id) == 0)
            return &board->wall[i];
    return NULL;
}

static int do_screen_test(struct board *board, struct words *words)
{
    enum test_pattern pattern;
    int64_t now_us = clock_us();
    struct wall *wall = find_wall(board, words->target);
    bool is_off = strcmp(words->value, "off") == 0;
    if (!wall)
        return say(words, -ENOENT, "the hall file has no screen", words->target);
    if (!is_off && !scene_test_pattern(words->value, &pattern))
        return say(words, -EINVAL, "a pattern is grid, bars, gradient, text, motion or off, not",
                   words->value);
    if (!is_off && hall_alert(&board->hall))
        return say(words, -EBUSY, "an alert has the whole wall", NULL);
    if (!is_off && wall->state != WALL_SHOWN && wall->state != WALL_STANDBY)
        return say(words, -EAGAIN, wall->detail, NULL);
    if (is_off)
        wall_test_end(wall, now_us);
    else
        wall_test(wall, pattern, now_us + words->seconds * INT64_C(1000000), now_us);
    board_soon(board);
    return 0;
}

static int do_reload(struct board *board, struct words *words)
{
    return board_reload(board, words->error, sizeof words->error);
}

static const struct {
    const char *name, *mqtt_name; /* NULL: not over MQTT */
    const char *target_key, *value_key;
    bool is_value_optional;
    int seconds; /* unless the request says */
    int (*run)(struct board *board, struct words *words);
} table[] = {
    { "led-show", NULL, "desk", "text", false, SHOW_SECONDS, do_led_show },
    { "led-identify", "identify", "desk", NULL, false, SHOW_SECONDS, do_identify },
    { "led-walk", NULL, "desk", NULL, false, SHOW_SECONDS, do_led_walk },
    { "led-end", NULL, "desk", NULL, false, SHOW_SECONDS, do_led_end },
    { "screen-test", "test", "screen", "pattern", false, TEST_SECONDS, do_screen_test },
    { "chime", "chime", "chime", "melody", true, SHOW_SECONDS, do_chime },
    { "reload", "reload", NULL, NULL, false, SHOW_SECONDS, do_reload },
};
#define COMMANDS (sizeof table / sizeof table[0])

/* ---- over the control socket ----------------------------------------------------------------- */
static const char *text_of(const cJSON *request, const char *key)
{
    const cJSON *member = key ? cJSON_GetObjectItemCaseSensitive(request, key) : NULL;
    return member && cJSON_IsString(member) ? member->valuestring : NULL;
}

void commands_reply(struct board *board, uint64_t client, cJSON *reply)
{
    char *text = cJSON_PrintUnformatted(reply);
    control_reply(board->control, client, text ? text : "{\"ok\":false,\"error\":\"out of memory\"}");
    cJSON_free(text);
    cJSON_Delete(reply);
}

static void reply_part(struct board *board, uint64_t client, const char *name, cJSON *part)
{
    cJSON *reply = cJSON_CreateObject();
    cJSON_AddBoolToObject(reply, "ok", true);
    cJSON_AddItemToObject(reply, name, part);
    if (strcmp(name, "screens") == 0) {
        cJSON_AddItemToObject(reply, "outputs", health_outputs(board));
        cJSON_AddStringToObject(reply, "trouble", board->outputs ? outputs_trouble(board->outputs) : "");
    }
    if (strcmp(name, "chimes") == 0) {
        cJSON *melodies = cJSON_AddArrayToObject(reply, "melodies");
        for (unsigned i = 0; config_melody_at(board->config, i); i++)
            cJSON_AddItemToArray(melodies, cJSON_CreateString(config_melody_at(board->config, i)->id));
    }
    commands_reply(board, client, reply);
}

static const char *no_picture(int error)
{
    switch (error) {
    case -ENODEV: return "is absent, or shows nothing yet";
    case -EAGAIN: return "the picture changed during each copy; ask again when it stands still";
    case -EBUSY: return "other pictures are being made; ask again";
    default: return strerror(-error);
    }
}

static void encoded(void *data, const struct snapshot *snapshot)
{
    struct board *board = data;
    char line[128], picture[PICTURE_HASH_SIZE];
    if (snapshot->error) {
        control_error(board->control, snapshot->client, "no picture: %s", no_picture(snapshot->error));
        return;
    }
    picture_hash_text(snapshot->picture, picture);
    snprintf(line, sizeof line, "{\"ok\":true,\"format\":\"png\",\"bytes\":%zu,\"picture\":\"%s\"}",
             snapshot->size, picture);
    control_reply_bytes(board->control, snapshot->client, line, snapshot->png, snapshot->size);
}

static void answer_snapshot(struct board *board, uint64_t client, const cJSON *request)
{
    const char *id = text_of(request, "screen");
    struct wall *wall = find_wall(board, id);
    if (!id) {
        control_error(board->control, client,
                      "snapshot needs \"screen\", one of those that \"screens\" lists");
        return;
    }
    if (!wall) {
        control_error(board->control, client, "the hall file has no screen \"%s\"", id);
        return;
    }
    if (!board->snapshots)
        board->snapshots = snapshots_create(board->loop, encoded, board);
    int error = board->snapshots ? wall_snapshot(wall, board->snapshots, client) : -ENOMEM;
    if (error < 0)
        control_error(board->control, client, "screen \"%s\": %s", id, no_picture(error));
}

/* The request is an event of the contract in all but its version. */
static void answer_event(struct board *board, uint64_t client, const cJSON *request)
{
    struct message message = { 0 };
    char error[200] = "out of memory";
    cJSON *event = cJSON_Duplicate(request, true);
    cJSON_DeleteItemFromObjectCaseSensitive(event, "cmd");
    cJSON_AddNumberToObject(event, "v", 1);
    char *text = cJSON_PrintUnformatted(event);
    int result =
        text ? message_parse(&message, MESSAGE_EVENT, text, strlen(text), error, sizeof error) : -ENOMEM;
    cJSON_free(text);
    cJSON_Delete(event);
    if (result == 0)
        result = board_manual(board, &message.event);
    if (result == 0)
        control_reply(board->control, client, "{\"ok\":true}");
    else if (result == -EBUSY)
        control_error(board->control, client,
                      "a queue server is in charge; manual calls work when it is not there");
    else if (result == -ENOENT)
        control_error(board->control, client, "the hall file has no desk \"%s\"", message.event.desk);
    else
        control_error(board->control, client, "%s", error);
}

static bool answer_table(struct board *board, uint64_t client, const char *name, const cJSON *request)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        const cJSON *seconds = cJSON_GetObjectItemCaseSensitive(request, "seconds");
        struct words words = { .target = text_of(request, table[i].target_key),
                               .value = text_of(request, table[i].value_key),
                               .seconds = cJSON_IsNumber(seconds) ? seconds->valueint : table[i].seconds };
        const char *value_key = table[i].is_value_optional ? NULL : table[i].value_key;
        if ((table[i].target_key && !words.target) || (value_key && !words.value))
            control_error(board->control, client, "%s needs \"%s\"%s%s%s", name, table[i].target_key,
                          value_key ? " and \"" : "", value_key ? value_key : "", value_key ? "\"" : "");
        else if (words.seconds < 1 || words.seconds > SECONDS_MAX)
            control_error(board->control, client, "seconds: %d is out of range; 1 to %d", words.seconds,
                          SECONDS_MAX);
        else if (table[i].run(board, &words) < 0)
            control_error(board->control, client, "%s", words.error);
        else
            control_reply(board->control, client, "{\"ok\":true}");
        return true;
    }
    return false;
}

void commands_answer(void *data, struct control_client *from, const cJSON *request)
{
    struct board *board = data;
    uint64_t client = control_client_id(from);
    const char *name = text_of(request, "cmd");
    if (!name)
        control_error(board->control, client, "a request is an object with \"cmd\"");
    else if (strcmp(name, "status") == 0)
        commands_reply(board, client, health_status(board));
    else if (strcmp(name, "screens") == 0)
        reply_part(board, client, "screens", health_screens(board));
    else if (strcmp(name, "leds") == 0)
        reply_part(board, client, "buses", health_buses(board));
    else if (strcmp(name, "chimes") == 0)
        reply_part(board, client, "chimes", health_chimes(board));
    else if (strcmp(name, "snapshot") == 0)
        answer_snapshot(board, client, request);
    else if (strcmp(name, "event") == 0)
        answer_event(board, client, request);
    else if (strcmp(name, "watch") == 0) {
        control_watch(board->control, client, true);
        control_reply(board->control, client, "{\"ok\":true}");
    } else if (!jobs_answer(board, client, name, request) && !answer_table(board, client, name, request))
        control_error(board->control, client, "no command \"%s\"", name);
}

/* ---- over MQTT ------------------------------------------------------------------------------- */
void commands_mqtt(struct board *board, const struct command *command)
{
    struct words words = { .target = command->target, .value = command->value };
    size_t at = 0;
    while (at < COMMANDS && !(table[at].mqtt_name && strcmp(table[at].mqtt_name, command->command) == 0))
        at++;
    if (at < COMMANDS)
        words.seconds = table[at].seconds;
    int error =
        at < COMMANDS ? table[at].run(board, &words) : say(&words, -ENOTSUP, "no command", command->command);
    char quoted[420], text[640];
    json_quote(quoted, sizeof quoted, error < 0 ? words.error : "");
    snprintf(text, sizeof text, "{\"v\":1,\"id\":\"%s\",\"ok\":%s,\"error\":%s}", command->id,
             error < 0 ? "false" : "true", quoted);
    board_publish(board, PUBLISH_RESULT, text);
}
