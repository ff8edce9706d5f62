#include "drivers/chime/gpio_chip.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

struct gpio_chip {
    struct gpiod_chip *chip;      /* closed with the request */
    struct gpiod_chip_info *info; /* owns name and label */
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *edges; /* of an input */
    unsigned offset;
};

static void close_chip(struct gpio_chip *chip)
{
    if (chip->info)
        gpiod_chip_info_free(chip->info);
    if (chip->chip)
        gpiod_chip_close(chip->chip);
    chip->info = NULL;
    chip->chip = NULL;
}

int gpio_chip_open(struct gpio_chip **out, const char *path)
{
    struct gpio_chip *chip = calloc(1, sizeof *chip);
    if (!chip)
        return -ENOMEM;
    chip->chip = gpiod_chip_open(path);
    if (chip->chip)
        chip->info = gpiod_chip_get_info(chip->chip);
    if (!chip->info) {
        int error = -errno;
        gpio_chip_close(chip);
        return error;
    }
    *out = chip;
    return 0;
}

void gpio_chip_close(struct gpio_chip *chip)
{
    if (!chip)
        return;
    if (chip->request)
        gpiod_line_request_release(chip->request);
    if (chip->edges)
        gpiod_edge_event_buffer_free(chip->edges);
    close_chip(chip);
    free(chip);
}

const char *gpio_chip_name(const struct gpio_chip *chip)
{
    return gpiod_chip_info_get_name(chip->info);
}

const char *gpio_chip_label(const struct gpio_chip *chip)
{
    return gpiod_chip_info_get_label(chip->info);
}

int gpio_chip_find(struct gpio_chip *chip, const char *name)
{
    int offset = gpiod_chip_get_line_offset_from_name(chip->chip, name);
    return offset >= 0 ? offset : -errno;
}

void gpio_chip_consumer(struct gpio_chip *chip, unsigned offset, char *out, size_t size)
{
    struct gpiod_line_info *info = gpiod_chip_get_line_info(chip->chip, offset);
    const char *consumer = info ? gpiod_line_info_get_consumer(info) : NULL;
    snprintf(out, size, "%s", consumer ? consumer : "");
    if (info)
        gpiod_line_info_free(info);
}

static int set_direction(struct gpiod_line_settings *settings, const struct gpio_use *use)
{
    static const enum gpiod_line_bias biases[GPIO_BIASES] = { GPIOD_LINE_BIAS_AS_IS, GPIOD_LINE_BIAS_PULL_UP,
                                                              GPIOD_LINE_BIAS_PULL_DOWN };
    if (!use->is_input)
        return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT) |
               gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
    return gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT) |
           gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH) |
           gpiod_line_settings_set_bias(settings, biases[use->bias]);
}

static int add_line(struct gpiod_line_config *config, unsigned offset, const struct gpio_use *use)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    if (!settings)
        return -errno;
    gpiod_line_settings_set_active_low(settings, use->is_active_low);
    int error = 0;
    if (set_direction(settings, use) != 0 ||
        gpiod_line_config_add_line_settings(config, &offset, 1, settings) != 0)
        error = -errno;
    gpiod_line_settings_free(settings);
    return error;
}

/* The configs only carry arguments: they are freed here, whatever became of the request. */
static int request(struct gpio_chip *chip, unsigned offset, const struct gpio_use *use, const char *consumer)
{
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *how = gpiod_request_config_new();
    int error = lines && how ? add_line(lines, offset, use) : -ENOMEM;
    if (!error) {
        gpiod_request_config_set_consumer(how, consumer);
        chip->request = gpiod_chip_request_lines(chip->chip, how, lines);
        error = chip->request ? 0 : -errno;
    }
    gpiod_request_config_free(how);
    gpiod_line_config_free(lines);
    return error;
}

int gpio_chip_request(struct gpio_chip *chip, unsigned offset, const struct gpio_use *use,
                      const char *consumer)
{
    if (offset >= gpiod_chip_info_get_num_lines(chip->info))
        return -ENOENT;
    if (use->is_input)
        chip->edges = gpiod_edge_event_buffer_new(16); /* as many as the kernel keeps */
    if (use->is_input && !chip->edges)
        return -ENOMEM;
    int error = request(chip, offset, use, consumer);
    if (error)
        return error;
    chip->offset = offset;
    close_chip(chip);
    return 0;
}

int gpio_chip_set(struct gpio_chip *chip, bool is_active)
{
    enum gpiod_line_value value = is_active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
    return gpiod_line_request_set_value(chip->request, chip->offset, value) == 0 ? 0 : -errno;
}

int gpio_chip_get(struct gpio_chip *chip)
{
    int level = gpiod_line_request_get_value(chip->request, chip->offset);
    return level < 0 ? -errno : level == GPIOD_LINE_VALUE_ACTIVE;
}

int gpio_chip_fd(struct gpio_chip *chip)
{
    return gpiod_line_request_get_fd(chip->request);
}

int gpio_chip_drain(struct gpio_chip *chip)
{
    return gpiod_line_request_read_edge_events(chip->request, chip->edges, 16) < 0 ? -errno : 0;
}
