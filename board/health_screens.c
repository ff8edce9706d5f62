#include "board/board.h"

#include "board/walls.h"
#include "drivers/screen/outputs.h"

#include <stdio.h>
#include <string.h>

static const char *const format_words[] = { "xrgb8888", "rgb565" };

static void add_size(cJSON *object, const char *key, unsigned width, unsigned height)
{
    char size[16] = "";
    if (width && height)
        snprintf(size, sizeof size, "%ux%u", width, height);
    cJSON_AddStringToObject(object, key, size);
}

static void add_hertz(cJSON *object, uint32_t millihertz)
{
    cJSON_AddNumberToObject(object, "refresh_hz", millihertz / 1000.0);
}

/* ---- screens --------------------------------------------------------------------------------- */
static void add_shows(cJSON *screen, const struct board *board, const struct wall *wall)
{
    char text[32] = "";
    const char *test = wall_test_name(wall);
    if (wall->state != WALL_SHOWN)
        snprintf(text, sizeof text, "nothing");
    else if (test)
        snprintf(text, sizeof text, "test %s", test);
    else if (hall_alert(&board->hall))
        snprintf(text, sizeof text, "alert");
    else if (board->truth == FEED_NOTHING || board->truth == FEED_BLANK)
        snprintf(text, sizeof text, "%s", board->truth == FEED_BLANK ? "no connection" : "starting");
    else
        snprintf(text, sizeof text, "calls");
    cJSON_AddStringToObject(screen, "shows", text);
}

/* The mode that is on, or else the one that is wanted. */
static void add_mode(cJSON *screen, const struct wall *wall)
{
    const struct screen_config *device = &wall->config->device;
    const struct screen_status *status = &wall->status;
    if (status->mode_width)
        add_size(screen, "size", status->mode_width, status->mode_height);
    else
        add_size(screen, "size", device->width, device->height);
    add_hertz(screen, status->mode_width ? status->refresh_mhz : device->refresh_hz * 1000u);
    cJSON_AddNumberToObject(screen, "rotation", device->rotation);
    cJSON_AddStringToObject(screen, "format", format_words[device->format]);
}

static void add_monitor(cJSON *screen, const struct board *board, const struct wall *wall)
{
    const struct output *output =
        board->outputs ? outputs_find(board->outputs, wall->config->device.output) : NULL;
    cJSON_AddStringToObject(screen, "output", wall->config->device.output);
    cJSON_AddStringToObject(screen, "card", output ? output->card : "");
    cJSON_AddStringToObject(screen, "monitor", wall->status.monitor);
    cJSON_AddNumberToObject(screen, "width_mm", wall->status.width_mm);
    cJSON_AddNumberToObject(screen, "height_mm", wall->status.height_mm);
    cJSON_AddNumberToObject(screen, "diagonal_in", wall->config->diagonal_in);
}

static void add_detail(cJSON *screen, const struct board *board, unsigned index)
{
    char detail[sizeof board->wall[index].detail];
    walls_detail(board, index, detail, sizeof detail);
    cJSON_AddStringToObject(screen, "detail", detail);
}

void health_picture(cJSON *object, const struct wall *wall)
{
    char text[PICTURE_HASH_SIZE];
    picture_hash_text(wall->hash, text);
    cJSON_AddStringToObject(object, "picture", text);
}

cJSON *health_screens(struct board *board)
{
    cJSON *screens = cJSON_CreateArray();
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        const struct wall *wall = &board->wall[i];
        cJSON *screen = health_item(screens);
        cJSON_AddStringToObject(screen, "id", wall->config->device.id);
        cJSON_AddStringToObject(screen, "driver", wall->config->device.driver);
        cJSON_AddStringToObject(screen, "state", wall_state_names[wall->state]);
        add_detail(screen, board, i);
        add_shows(screen, board, wall);
        add_monitor(screen, board, wall);
        add_mode(screen, wall);
        cJSON_AddNumberToObject(screen, "frames", (double)wall->frames);
        cJSON_AddNumberToObject(screen, "late_flips", (double)wall->late_flips);
        cJSON_AddNumberToObject(screen, "last_flip_ms", health_ms_since(wall->flip_us));
        health_picture(screen, wall);
        cJSON_AddNumberToObject(screen, "pixels", (double)wall->pixels);
    }
    return screens;
}

/* ---- outputs --------------------------------------------------------------------------------- */
static const char *screen_of(const struct board *board, const char *output)
{
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        const struct screen_config *device = &board->config->screen[i].device;
        if (strcmp(device->driver, "kms") == 0 && strcmp(device->output, output) == 0)
            return device->id;
    }
    return "";
}

static void add_modes(cJSON *object, const struct output *output)
{
    cJSON *modes = cJSON_AddArrayToObject(object, "modes");
    for (unsigned i = 0; i < output->nmodes; i++) {
        cJSON *mode = health_item(modes);
        add_size(mode, "size", output->mode[i].width, output->mode[i].height);
        add_hertz(mode, output->mode[i].refresh_mhz);
        if (output->mode[i].is_preferred)
            cJSON_AddBoolToObject(mode, "preferred", true);
    }
}

static void add_output(cJSON *outputs, const struct board *board, const struct output *output)
{
    static const char *const states[] = { "unplugged", "waking", "plugged" };
    cJSON *object = health_item(outputs);
    cJSON_AddStringToObject(object, "output", output->name);
    cJSON_AddStringToObject(object, "card", output->card);
    cJSON_AddStringToObject(object, "driver", output->driver);
    cJSON_AddStringToObject(object, "state", states[output->state]);
    cJSON_AddStringToObject(object, "screen", screen_of(board, output->name));
    cJSON_AddStringToObject(object, "held_by", output->held_by);
    cJSON_AddStringToObject(object, "monitor", output->monitor);
    cJSON_AddBoolToObject(object, "edid", output->has_edid);
    cJSON_AddNumberToObject(object, "width_mm", output->width_mm);
    cJSON_AddNumberToObject(object, "height_mm", output->height_mm);
    add_size(object, "size", output->current.width, output->current.height);
    add_hertz(object, output->current.refresh_mhz);
    cJSON_AddStringToObject(object, "cec", output->cec);
    add_modes(object, output);
}

cJSON *health_outputs(struct board *board)
{
    cJSON *outputs = cJSON_CreateArray();
    for (unsigned i = 0; board->outputs && i < outputs_count(board->outputs); i++)
        add_output(outputs, board, outputs_at(board->outputs, i));
    return outputs;
}
