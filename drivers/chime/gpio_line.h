/* One GPIO line through libgpiod: finds the chip and the line, says why not. "High" and "low" are
 * meant after `is_active_low`: low is the state at rest. One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define GPIO_CHIPS_MAX 64 /* /dev/gpiochip0 … 63 are looked at */

struct gpio_line;
/* `chip` is a chip label ("pinctrl-bcm2711"), name ("gpiochip0"; it changes with the kernel) or path, or ""
 * for any chip; `name_or_offset` an offset on that chip, or a line name ("GPIO18"). The line is requested as
 * output, low. 0, or -errno and a line for people in `error`: -EINVAL (no line, or an offset without a chip),
 * -ENOENT (no such chip or line; says what is there), -ENOTUNIQ (two chips carry the label), -EBUSY (says who
 * uses the line), -EACCES (says which group), others. */
int gpio_line_open(struct gpio_line **line, const char *chip, const char *name_or_offset, bool is_active_low,
                   char *error, size_t error_size);
int gpio_line_set(struct gpio_line *line, bool is_on); /* 0 or -errno; one system call, no allocation */
void gpio_line_close(struct gpio_line *line);          /* sets an output low, releases; NULL is fine */

/* An input. Edges only say when to look: what counts is the level, since events can be lost. */
enum gpio_bias { GPIO_BIAS_NONE, GPIO_BIAS_UP, GPIO_BIAS_DOWN, GPIO_BIASES };
/* As gpio_line_open(). GPIO_BIAS_NONE leaves the resistors of the pin as they are. */
int gpio_line_watch(struct gpio_line **line, const char *chip, const char *name_or_offset, bool is_active_low,
                    enum gpio_bias bias, char *error, size_t error_size);
int gpio_line_get(struct gpio_line *line);   /* 1 active, 0, or -errno */
int gpio_line_fd(struct gpio_line *line);    /* readable after an edge */
int gpio_line_drain(struct gpio_line *line); /* only while that is readable: 0 or -errno */
