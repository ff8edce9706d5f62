/* One GPIO output line through libgpiod; gpio_line_v1.c for libgpiod 1.6, gpio_line_v2.c for 2.x (picked by pkg-config).
 * Owners of gpiod.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct gpio_line;
/* `chip` is a chip label ("pinctrl-bcm2711"), name ("gpiochip0") or path; `line` an offset, or a line name if chip is "".
 * The line is requested as output, low. 0 or -errno (-ENOENT no such chip or line, -EBUSY used by another: `error` says whom). */
int gpio_line_open(struct gpio_line **line, const char *chip, const char *name_or_offset, bool is_active_low, char *error,
                   size_t error_size);
int gpio_line_set(struct gpio_line *line, bool is_on); /* 0 or -errno; no allocation, async-signal-unsafe */
void gpio_line_close(struct gpio_line *line);          /* sets it low, releases; NULL is fine */
