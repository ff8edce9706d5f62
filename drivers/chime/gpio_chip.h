/* The little that gpio_line.c needs of libgpiod. gpio_line_v1.c does it with libgpiod 1.6, gpio_line_v2.c
 * with 2.x; the two share no source and no SONAME, so pkg-config picks the one that is compiled. Owners of
 * gpiod.h.
 *
 * A chip that was opened can be asked; after gpio_chip_request() it stands for the one line that was
 * requested.
 */
#pragma once

#include "drivers/chime/gpio_line.h"

struct gpio_chip;
int gpio_chip_open(struct gpio_chip **chip, const char *path); /* 0 or -errno */
void gpio_chip_close(struct gpio_chip *chip);                  /* releases the line, as it is; NULL is fine */
/* "gpiochip0" and "pinctrl-bcm2711"; until the request. */
const char *gpio_chip_name(const struct gpio_chip *chip);
const char *gpio_chip_label(const struct gpio_chip *chip);
int gpio_chip_find(struct gpio_chip *chip,
                   const char *line); /* the line's offset, or -ENOENT, other -errno */
/* Who holds the line, "" if nobody says so. */
void gpio_chip_consumer(struct gpio_chip *chip, unsigned offset, char *out, size_t size);
struct gpio_use {
    bool is_input, is_active_low;
    enum gpio_bias bias; /* input */
};
/* As output, inactive, or as input that tells of its edges. 0, -ENOENT (no such offset), -EBUSY, -EPERM, other -errno. */
int gpio_chip_request(struct gpio_chip *chip, unsigned offset, const struct gpio_use *use,
                      const char *consumer);
int gpio_chip_set(struct gpio_chip *chip, bool is_active); /* after the request; 0 or -errno */
/* Of an input. */
int gpio_chip_get(struct gpio_chip *chip);   /* 1 active, 0, or -errno */
int gpio_chip_fd(struct gpio_chip *chip);    /* readable while there are edges */
int gpio_chip_drain(struct gpio_chip *chip); /* after that: takes some of them; 0 or -errno */
