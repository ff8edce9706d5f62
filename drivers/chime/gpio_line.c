#include "drivers/chime/gpio_line.h"

#include "drivers/chime/gpio_chip.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONSUMER   "kezek"
#define NAME_BYTES 80

struct gpio_line {
    struct gpio_chip *chip; /* the line it was requested for */
    bool is_input;
};

/* What is looked for, and where complaints go. */
struct search {
    const char *chip, *line;
    bool is_offset;
    unsigned offset;
    char *error;
    size_t error_size;
};

/* What a walk over the chips found. */
struct found {
    struct gpio_chip *chip;
    unsigned offset;
    int denied; /* -errno of the first chip that could not be opened */
    char denied_path[24];
    char present[96]; /* names and labels, for the message */
};

__attribute__((format(printf, 3, 4))) static int complain(const struct search *search, int result,
                                                          const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(search->error, search->error_size, format, arguments);
    va_end(arguments);
    return result;
}

static int complain_open(const struct search *search, const char *path, int result)
{
    if (result == -EACCES || result == -EPERM)
        return complain(
            search, -EACCES,
            "%s: permission denied; put the service's user into the group gpio and give the device to that "
            "group by a udev rule",
            path);
    return complain(search, result, "%s: %s", path, strerrordesc_np(-result));
}

static bool parse_offset(const char *text, unsigned *offset)
{
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    unsigned long value = strtoul(text, &end, 10);
    *offset = value < 65536 ? (unsigned)value : 65536;
    return *end == '\0';
}

static bool is_chip(const struct gpio_chip *chip, const char *wanted)
{
    return strcmp(gpio_chip_name(chip), wanted) == 0 || strcmp(gpio_chip_label(chip), wanted) == 0;
}

/* 1: this chip, 0: not this one, or -errno. */
static int matches(const struct search *search, struct gpio_chip *chip, unsigned *offset)
{
    *offset = search->offset;
    if (search->chip[0])
        return is_chip(chip, search->chip);
    int at = gpio_chip_find(chip, search->line);
    if (at == -ENOENT)
        return 0;
    *offset = at < 0 ? 0 : (unsigned)at;
    return at < 0 ? at : 1;
}

static void note_present(struct found *found, const struct gpio_chip *chip)
{
    size_t used = strlen(found->present);
    snprintf(found->present + used, sizeof found->present - used, "%s%s [%s]", used ? ", " : "",
             gpio_chip_name(chip), gpio_chip_label(chip));
}

/* The second path to one chip is no second chip: Raspberry Pi OS links gpiochip4 to gpiochip0 on the Pi 5. */
static int keep(const struct search *search, struct found *found, struct gpio_chip *chip, unsigned offset)
{
    bool is_same = found->chip && strcmp(gpio_chip_name(found->chip), gpio_chip_name(chip)) == 0;
    int result = 0;
    if (found->chip && !is_same)
        result = complain(search, -ENOTUNIQ, "\"%s\" is on %s and on %s: name the chip by its path",
                          search->chip[0] ? search->chip : search->line, gpio_chip_name(found->chip),
                          gpio_chip_name(chip));
    if (found->chip) {
        gpio_chip_close(chip);
        return result;
    }
    found->chip = chip;
    found->offset = offset;
    return 0;
}

static int look_at(const struct search *search, struct found *found, const char *path)
{
    struct gpio_chip *chip;
    unsigned offset;
    int result = gpio_chip_open(&chip, path);
    if (result && result != -ENOENT && !found->denied) {
        found->denied = result;
        snprintf(found->denied_path, sizeof found->denied_path, "%s", path);
    }
    if (result)
        return 0;
    note_present(found, chip);
    result = matches(search, chip, &offset);
    if (result > 0)
        return keep(search, found, chip, offset);
    gpio_chip_close(chip);
    return result < 0 ? complain_open(search, path, result) : 0;
}

static int complain_missing(const struct search *search, const struct found *found)
{
    if (found->denied)
        return complain_open(search, found->denied_path, found->denied);
    return complain(search, -ENOENT, "no GPIO %s \"%s\"; present: %s", search->chip[0] ? "chip" : "line",
                    search->chip[0] ? search->chip : search->line,
                    found->present[0] ? found->present : "none");
}

static int walk_chips(const struct search *search, struct found *found)
{
    int result = 0;
    for (unsigned i = 0; i < GPIO_CHIPS_MAX && !result; i++) {
        char path[24];
        snprintf(path, sizeof path, "/dev/gpiochip%u", i);
        result = look_at(search, found, path);
    }
    if (!result && !found->chip)
        result = complain_missing(search, found);
    return result;
}

static int open_path(const struct search *search, struct found *found)
{
    int result = gpio_chip_open(&found->chip, search->chip);
    found->offset = search->offset;
    return result ? complain_open(search, search->chip, result) : 0;
}

static int find_chip(const struct search *search, struct found *found)
{
    if (!search->line[0])
        return complain(search, -EINVAL, "no line given: an offset or a line name");
    if (search->is_offset && !search->chip[0])
        return complain(search, -EINVAL, "line %s: an offset needs a chip, by label or path", search->line);
    return strchr(search->chip, '/') ? open_path(search, found) : walk_chips(search, found);
}

static int find_line(const struct search *search, struct found *found)
{
    if (search->is_offset)
        return 0;
    int offset = gpio_chip_find(found->chip, search->line);
    if (offset < 0)
        return complain(search, offset, "no line \"%s\" on %s [%s]; gpioinfo lists the names", search->line,
                        gpio_chip_name(found->chip), gpio_chip_label(found->chip));
    found->offset = (unsigned)offset;
    return 0;
}

static int complain_request(const struct search *search, const struct found *found, int result)
{
    char consumer[NAME_BYTES] = "";
    const char *name = gpio_chip_name(found->chip);
    if (result == -ENOENT)
        return complain(search, result, "%s has no line %s", name, search->line);
    if (result != -EBUSY)
        return complain(search, result, "%s line %s: %s", name, search->line, strerrordesc_np(-result));
    gpio_chip_consumer(found->chip, found->offset, consumer, sizeof consumer);
    return complain(search, result, "%s line %s is in use by %s%s%s; pick another line or stop that program",
                    name, search->line, consumer[0] ? "\"" : "the kernel", consumer, consumer[0] ? "\"" : "");
}

static int find_and_request(const struct search *search, struct found *found, const struct gpio_use *use)
{
    int result = find_chip(search, found);
    if (!result)
        result = find_line(search, found);
    if (result)
        return result;
    result = gpio_chip_request(found->chip, found->offset, use, CONSUMER);
    return result ? complain_request(search, found, result) : 0;
}

static int open_as(struct gpio_line **out, struct search *search, const struct gpio_use *use)
{
    struct found found = { 0 };
    search->is_offset = parse_offset(search->line, &search->offset);
    struct gpio_line *line = calloc(1, sizeof *line);
    int result = line ? find_and_request(search, &found, use) : -ENOMEM;
    if (result) {
        gpio_chip_close(found.chip);
        free(line);
        return result;
    }
    line->chip = found.chip;
    line->is_input = use->is_input;
    *out = line;
    return 0;
}

int gpio_line_open(struct gpio_line **out, const char *chip, const char *name_or_offset, bool is_active_low,
                   char *error, size_t error_size)
{
    struct search search = { .chip = chip, .line = name_or_offset, .error = error, .error_size = error_size };
    return open_as(out, &search, &(struct gpio_use){ .is_active_low = is_active_low });
}

int gpio_line_watch(struct gpio_line **out, const char *chip, const char *name_or_offset, bool is_active_low,
                    enum gpio_bias bias, char *error, size_t error_size)
{
    struct search search = { .chip = chip, .line = name_or_offset, .error = error, .error_size = error_size };
    return open_as(out, &search, &(struct gpio_use){ true, is_active_low, bias });
}

int gpio_line_get(struct gpio_line *line)
{
    return gpio_chip_get(line->chip);
}

int gpio_line_fd(struct gpio_line *line)
{
    return gpio_chip_fd(line->chip);
}

int gpio_line_drain(struct gpio_line *line)
{
    return gpio_chip_drain(line->chip);
}

int gpio_line_set(struct gpio_line *line, bool is_on)
{
    return gpio_chip_set(line->chip, is_on);
}

void gpio_line_close(struct gpio_line *line)
{
    if (!line)
        return;
    if (!line->is_input)
        (void)gpio_chip_set(line->chip, false); /* a line that cannot be set cannot be helped either */
    gpio_chip_close(line->chip);
    free(line);
}
