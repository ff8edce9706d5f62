#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct gpio_model gpio_model;

void gpio_model_reset(void)
{
    memset(&gpio_model, 0, sizeof gpio_model);
}

struct model_chip *gpio_model_add(const char *path, const char *name, const char *label, unsigned nlines)
{
    struct model_chip *chip = &gpio_model.chip[gpio_model.nchips++];
    snprintf(chip->path, sizeof chip->path, "%s", path);
    snprintf(chip->name, sizeof chip->name, "%s", name);
    snprintf(chip->label, sizeof chip->label, "%s", label);
    chip->nlines = nlines;
    return chip;
}

bool gpio_model_is_on(const struct model_line *line)
{
    return line->is_high != line->is_active_low;
}

struct model_chip *gpio_model_open(const char *path)
{
    for (unsigned i = 0; i < gpio_model.nchips; i++) {
        struct model_chip *chip = &gpio_model.chip[i];
        if (strcmp(chip->path, path) != 0)
            continue;
        errno = chip->open_errno;
        gpio_model.open_chips += !chip->open_errno;
        return chip->open_errno ? NULL : chip;
    }
    errno = ENOENT;
    return NULL;
}

int gpio_model_find(const struct model_chip *chip, const char *line)
{
    for (unsigned i = 0; i < chip->nlines; i++)
        if (strcmp(chip->line[i].name, line) == 0)
            return (int)i;
    errno = ENOENT;
    return -1;
}

static int hold(struct model_chip *chip, unsigned offset, bool is_active_low, const char *consumer)
{
    struct model_line *line = &chip->line[offset];
    if (offset >= chip->nlines || line->is_held) {
        errno = offset >= chip->nlines ? EINVAL : EBUSY;
        return -1;
    }
    line->is_held = true;
    line->is_active_low = is_active_low;
    snprintf(line->consumer, sizeof line->consumer, "%s", consumer);
    gpio_model.requests++;
    return 0;
}

int gpio_model_request(struct model_chip *chip, unsigned offset, bool is_active_low, bool is_on,
                       const char *consumer)
{
    int error = hold(chip, offset, is_active_low, consumer);
    if (!error)
        chip->line[offset].is_high = is_on != is_active_low;
    return error;
}

int gpio_model_watch(struct model_chip *chip, unsigned offset, bool is_active_low, int bias,
                     const char *consumer)
{
    int error = hold(chip, offset, is_active_low, consumer);
    if (error)
        return error;
    chip->line[offset].bias = bias;
    chip->line[offset].edge_fd = eventfd(0, EFD_CLOEXEC);
    return 0;
}

int gpio_model_get(const struct model_line *line)
{
    errno = gpio_model.get_errno;
    return gpio_model.get_errno ? -1 : gpio_model_is_on(line);
}

int gpio_model_take_edges(struct model_line *line)
{
    eventfd_t count;
    return eventfd_read(line->edge_fd, &count) == 0 ? (int)count : -1;
}

void gpio_model_drive(struct model_line *line, bool is_high)
{
    if (line->is_high != is_high && line->edge_fd)
        eventfd_write(line->edge_fd, 1);
    line->is_high = is_high;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int gpio_model_set(struct model_line *line, bool is_on)
{
    if (gpio_model.set_cost_ns)
        for (int64_t end = now_ns() + gpio_model.set_cost_ns; now_ns() < end;)
            ;
    if (gpio_model.set_errno) {
        errno = gpio_model.set_errno;
        gpio_model.set_errno = 0;
        return -1;
    }
    line->is_high = is_on != line->is_active_low;
    line->nsets++;
    return 0;
}

void gpio_model_release(struct model_line *line)
{
    line->is_held = false;
    if (line->edge_fd)
        close(line->edge_fd);
    line->edge_fd = 0;
    line->consumer[0] = '\0';
    gpio_model.requests--;
}
