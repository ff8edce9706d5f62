#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

struct gpiod_line {
    struct gpiod_chip *chip;
    struct model_line *line;
    unsigned offset;
    bool is_requested;
};
struct gpiod_chip {
    struct model_chip *chip;
    struct gpiod_line line[MODEL_LINES];
};

const bool gpio_double_keeps_chip = true;

struct gpiod_chip *gpiod_chip_open(const char *path)
{
    struct model_chip *model = gpio_model_open(path);
    if (!model)
        return NULL;
    struct gpiod_chip *chip = calloc(1, sizeof *chip);
    chip->chip = model;
    for (unsigned i = 0; i < model->nlines; i++)
        chip->line[i] = (struct gpiod_line){ chip, &model->line[i], i, false };
    return chip;
}

void gpiod_chip_close(struct gpiod_chip *chip)
{
    for (unsigned i = 0; i < chip->chip->nlines; i++)
        if (chip->line[i].is_requested)
            gpio_model_release(chip->line[i].line);
    gpio_model.open_chips--;
    free(chip);
}

const char *gpiod_chip_name(struct gpiod_chip *chip)
{
    return chip->chip->name;
}

const char *gpiod_chip_label(struct gpiod_chip *chip)
{
    return chip->chip->label;
}

unsigned int gpiod_chip_num_lines(struct gpiod_chip *chip)
{
    return chip->chip->nlines;
}

struct gpiod_line *gpiod_chip_get_line(struct gpiod_chip *chip, unsigned int offset)
{
    if (offset >= chip->chip->nlines) {
        errno = EINVAL;
        return NULL;
    }
    return &chip->line[offset];
}

struct gpiod_line *gpiod_chip_find_line(struct gpiod_chip *chip, const char *name)
{
    int offset = gpio_model_find(chip->chip, name);
    return offset < 0 ? NULL : &chip->line[offset];
}

unsigned int gpiod_line_offset(struct gpiod_line *line)
{
    return line->offset;
}

const char *gpiod_line_consumer(struct gpiod_line *line)
{
    return line->line->consumer[0] ? line->line->consumer : NULL;
}

int gpiod_line_request_output_flags(struct gpiod_line *line, const char *consumer, int flags, int default_val)
{
    bool is_active_low = flags & GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW;
    if (gpio_model_request(line->chip->chip, line->offset, is_active_low, default_val, consumer) != 0)
        return -1;
    line->is_requested = true;
    return 0;
}

int gpiod_line_set_value(struct gpiod_line *line, int value)
{
    if (!line->is_requested) {
        errno = EPERM;
        return -1;
    }
    return gpio_model_set(line->line, value);
}

int gpiod_line_request_both_edges_events_flags(struct gpiod_line *line, const char *consumer, int flags)
{
    int bias = flags & GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP ? 1 : 0;
    bias = flags & GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN ? -1 : bias;
    if (gpio_model_watch(line->chip->chip, line->offset, flags & GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW, bias,
                         consumer) != 0)
        return -1;
    line->is_requested = true;
    return 0;
}

int gpiod_line_get_value(struct gpiod_line *line)
{
    if (!line->is_requested) {
        errno = EPERM;
        return -1;
    }
    return gpio_model_get(line->line);
}

int gpiod_line_event_get_fd(struct gpiod_line *line)
{
    return line->line->edge_fd;
}

int gpiod_line_event_read_multiple(struct gpiod_line *line, struct gpiod_line_event *events,
                                   unsigned int num_events)
{
    int count = gpio_model_take_edges(line->line);
    if (count > (int)num_events)
        count = (int)num_events;
    for (int i = 0; i < count; i++)
        events[i].event_type = 1;
    return count;
}
