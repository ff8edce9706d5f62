/* The little that gpio_line.c needs of libgpiod. gpio_line_v1.c does it with libgpiod 1.6, gpio_line_v2.c
 * with 2.x; the two share no source and no SONAME, so pkg-config picks the one that is compiled. Owners of
 * gpiod.h.
 *
 * A chip that was opened can be asked; after gpio_chip_request() it stands for the one line that was
 * requested.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

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
/* As output, inactive. 0, -ENOENT (no such offset), -EBUSY, -EPERM, other -errno. */
int gpio_chip_request(struct gpio_chip *chip, unsigned offset, bool is_active_low, const char *consumer);
int gpio_chip_set(struct gpio_chip *chip, bool is_active); /* after the request; 0 or -errno */
