#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

struct gpiod_chip {
    struct model_chip *chip;
};
struct gpiod_chip_info {
    struct model_chip chip; /* a copy: it outlives the chip */
};
struct gpiod_line_info {
    struct model_line line;
};
struct gpiod_line_settings {
    enum gpiod_line_direction direction;
    enum gpiod_line_value value;
    bool is_active_low;
    enum gpiod_line_edge edge;
    enum gpiod_line_bias bias;
};
struct gpiod_line_config {
    unsigned offset;
    bool has_line;
    struct gpiod_line_settings settings;
};
struct gpiod_request_config {
    char consumer[33];
};
struct gpiod_line_request {
    struct model_line *line;
    unsigned offset;
};

const bool gpio_double_keeps_chip = false;

static void *counted_new(size_t size)
{
    gpio_model.objects++;
    return calloc(1, size);
}

static void counted_free(void *object)
{
    gpio_model.objects -= object != NULL;
    free(object);
}

struct gpiod_chip *gpiod_chip_open(const char *path)
{
    struct model_chip *model = gpio_model_open(path);
    if (!model)
        return NULL;
    struct gpiod_chip *chip = calloc(1, sizeof *chip);
    chip->chip = model;
    return chip;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
    gpio_model.open_chips--;
    free(chip);
}

struct gpiod_chip_info *gpiod_chip_get_info(struct gpiod_chip *chip)
{
    struct gpiod_chip_info *info = counted_new(sizeof *info);
    info->chip = *chip->chip;
    return info;
}

void gpiod_chip_info_free(struct gpiod_chip_info *info)
{
    counted_free(info);
}

const char *gpiod_chip_info_get_name(struct gpiod_chip_info *info)
{
    return info->chip.name;
}

const char *gpiod_chip_info_get_label(struct gpiod_chip_info *info)
{
    return info->chip.label;
}

size_t gpiod_chip_info_get_num_lines(struct gpiod_chip_info *info)
{
    return info->chip.nlines;
}

struct gpiod_line_info *gpiod_chip_get_line_info(struct gpiod_chip *chip, unsigned int offset)
{
    struct gpiod_line_info *info = counted_new(sizeof *info);
    info->line = chip->chip->line[offset];
    return info;
}

void gpiod_line_info_free(struct gpiod_line_info *info)
{
    counted_free(info);
}

const char *gpiod_line_info_get_consumer(struct gpiod_line_info *info)
{
    return info->line.consumer[0] ? info->line.consumer : NULL;
}

int gpiod_chip_get_line_offset_from_name(struct gpiod_chip *chip, const char *name)
{
    return gpio_model_find(chip->chip, name);
}

struct gpiod_line_settings *gpiod_line_settings_new(void)
{
    return counted_new(sizeof(struct gpiod_line_settings));
}

void gpiod_line_settings_free(struct gpiod_line_settings *settings)
{
    counted_free(settings);
}

int gpiod_line_settings_set_direction(struct gpiod_line_settings *settings,
                                      enum gpiod_line_direction direction)
{
    settings->direction = direction;
    return 0;
}

void gpiod_line_settings_set_active_low(struct gpiod_line_settings *settings, bool active_low)
{
    settings->is_active_low = active_low;
}

int gpiod_line_settings_set_output_value(struct gpiod_line_settings *settings, enum gpiod_line_value value)
{
    settings->value = value;
    return 0;
}

struct gpiod_line_config *gpiod_line_config_new(void)
{
    return counted_new(sizeof(struct gpiod_line_config));
}

void gpiod_line_config_free(struct gpiod_line_config *config)
{
    counted_free(config);
}

int gpiod_line_config_add_line_settings(struct gpiod_line_config *config, const unsigned int *offsets,
                                        size_t num_offsets, struct gpiod_line_settings *settings)
{
    if (num_offsets != 1 || config->has_line) {
        errno = E2BIG;
        return -1;
    }
    *config = (struct gpiod_line_config){ offsets[0], true, *settings };
    return 0;
}

struct gpiod_request_config *gpiod_request_config_new(void)
{
    return counted_new(sizeof(struct gpiod_request_config));
}

void gpiod_request_config_free(struct gpiod_request_config *config)
{
    counted_free(config);
}

void gpiod_request_config_set_consumer(struct gpiod_request_config *config, const char *consumer)
{
    snprintf(config->consumer, sizeof config->consumer, "%s", consumer);
}

static int hold(struct model_chip *chip, unsigned offset, const struct gpiod_line_settings *settings,
                const char *consumer)
{
    if (settings->direction == GPIOD_LINE_DIRECTION_OUTPUT)
        return gpio_model_request(chip, offset, settings->is_active_low,
                                  settings->value == GPIOD_LINE_VALUE_ACTIVE, consumer);
    errno = EINVAL;
    if (settings->direction != GPIOD_LINE_DIRECTION_INPUT || settings->edge != GPIOD_LINE_EDGE_BOTH)
        return -1;
    int bias = settings->bias == GPIOD_LINE_BIAS_PULL_UP     ? 1
               : settings->bias == GPIOD_LINE_BIAS_PULL_DOWN ? -1
                                                             : 0;
    return gpio_model_watch(chip, offset, settings->is_active_low, bias, consumer);
}

struct gpiod_line_request *gpiod_chip_request_lines(struct gpiod_chip *chip,
                                                    struct gpiod_request_config *req_cfg,
                                                    struct gpiod_line_config *line_cfg)
{
    const struct gpiod_line_settings *settings = &line_cfg->settings;
    if (!line_cfg->has_line || hold(chip->chip, line_cfg->offset, settings, req_cfg->consumer) != 0)
        return NULL;
    struct gpiod_line_request *request = calloc(1, sizeof *request);
    *request = (struct gpiod_line_request){ &chip->chip->line[line_cfg->offset], line_cfg->offset };
    return request;
}

void gpiod_line_request_release(struct gpiod_line_request *request)
{
    gpio_model_release(request->line);
    free(request);
}

int gpiod_line_request_set_value(struct gpiod_line_request *request, unsigned int offset,
                                 enum gpiod_line_value value)
{
    if (offset != request->offset) {
        errno = EINVAL;
        return -1;
    }
    return gpio_model_set(request->line, value == GPIOD_LINE_VALUE_ACTIVE);
}

int gpiod_line_settings_set_edge_detection(struct gpiod_line_settings *settings, enum gpiod_line_edge edge)
{
    settings->edge = edge;
    return 0;
}

int gpiod_line_settings_set_bias(struct gpiod_line_settings *settings, enum gpiod_line_bias bias)
{
    settings->bias = bias;
    return 0;
}

enum gpiod_line_value gpiod_line_request_get_value(struct gpiod_line_request *request, unsigned int offset)
{
    if (offset != request->offset) {
        errno = EINVAL;
        return GPIOD_LINE_VALUE_ERROR;
    }
    return (enum gpiod_line_value)gpio_model_get(request->line);
}

int gpiod_line_request_get_fd(struct gpiod_line_request *request)
{
    return request->line->edge_fd;
}

int gpiod_line_request_read_edge_events(struct gpiod_line_request *request,
                                        struct gpiod_edge_event_buffer *buffer, size_t max_events)
{
    (void)buffer;
    int count = gpio_model_take_edges(request->line);
    return count > (int)max_events ? (int)max_events : count;
}

struct gpiod_edge_event_buffer *gpiod_edge_event_buffer_new(size_t capacity)
{
    return calloc(capacity, 8);
}

void gpiod_edge_event_buffer_free(struct gpiod_edge_event_buffer *buffer)
{
    free(buffer);
}
