#include "drivers/chime/gpio_chip.h"

#include <errno.h>
#include <gpiod.h>
#include <stdio.h>
#include <stdlib.h>

struct gpio_chip {
    struct gpiod_chip *chip; /* closing it would release the line */
    struct gpiod_line *line; /* the chip's */
};

int gpio_chip_open(struct gpio_chip **out, const char *path)
{
    struct gpio_chip *chip = calloc(1, sizeof *chip);
    if (!chip)
        return -ENOMEM;
    chip->chip = gpiod_chip_open(path);
    if (!chip->chip) {
        int error = -errno;
        free(chip);
        return error;
    }
    *out = chip;
    return 0;
}

void gpio_chip_close(struct gpio_chip *chip)
{
    if (!chip)
        return;
    gpiod_chip_close(chip->chip);
    free(chip);
}

const char *gpio_chip_name(const struct gpio_chip *chip)
{
    return gpiod_chip_name(chip->chip);
}

const char *gpio_chip_label(const struct gpio_chip *chip)
{
    return gpiod_chip_label(chip->chip);
}

int gpio_chip_find(struct gpio_chip *chip, const char *name)
{
    struct gpiod_line *line = gpiod_chip_find_line(chip->chip, name);
    return line ? (int)gpiod_line_offset(line) : -errno;
}

void gpio_chip_consumer(struct gpio_chip *chip, unsigned offset, char *out, size_t size)
{
    struct gpiod_line *line = gpiod_chip_get_line(chip->chip, offset);
    const char *consumer = line ? gpiod_line_consumer(line) : NULL;
    snprintf(out, size, "%s", consumer ? consumer : "");
}

static int request(struct gpiod_line *line, const struct gpio_use *use, const char *consumer)
{
    static const int biases[GPIO_BIASES] = { [GPIO_BIAS_UP] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP,
                                             [GPIO_BIAS_DOWN] = GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN };
    int flags = use->is_active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
    if (use->is_input)
        return gpiod_line_request_both_edges_events_flags(line, consumer, flags | biases[use->bias]);
    return gpiod_line_request_output_flags(line, consumer, flags, 0);
}

int gpio_chip_request(struct gpio_chip *chip, unsigned offset, const struct gpio_use *use,
                      const char *consumer)
{
    if (offset >= gpiod_chip_num_lines(chip->chip))
        return -ENOENT;
    struct gpiod_line *line = gpiod_chip_get_line(chip->chip, offset);
    if (!line || request(line, use, consumer) != 0)
        return -errno;
    chip->line = line;
    return 0;
}

int gpio_chip_set(struct gpio_chip *chip, bool is_active)
{
    return gpiod_line_set_value(chip->line, is_active) == 0 ? 0 : -errno;
}

int gpio_chip_get(struct gpio_chip *chip)
{
    int level = gpiod_line_get_value(chip->line);
    return level < 0 ? -errno : level;
}

int gpio_chip_fd(struct gpio_chip *chip)
{
    return gpiod_line_event_get_fd(chip->line);
}

int gpio_chip_drain(struct gpio_chip *chip)
{
    struct gpiod_line_event events[16]; /* as many as the kernel keeps */
    return gpiod_line_event_read_multiple(chip->line, events, 16) < 0 ? -errno : 0;
}
