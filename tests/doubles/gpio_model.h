/* GPIO chips that exist only in a test. Two doubles of libgpiod stand on this model, gpiod_v1 (1.6) and
 * gpiod_v2 (2.x), so that both of our shims are tested on every machine: the real headers cannot be installed
 * together. Each double declares only the functions that Kezek uses, after the documented interface, and
 * fails as the real one does: NULL or -1 and errno.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define MODEL_CHIPS 4
#define MODEL_LINES 64

struct model_line {
    char name[33];     /* "" unnamed */
    char consumer[33]; /* of whoever holds it */
    bool is_held;      /* by somebody else, or by us */
    bool is_active_low;
    bool is_high; /* the voltage */
    unsigned nsets;
    int bias;    /* of an input: -1 down, 1 up */
    int edge_fd; /* of an input that is watched, an eventfd; 0: none */
};
struct model_chip {
    char path[40];
    char name[33];
    char label[33];
    unsigned nlines;
    int open_errno; /* opening fails with it */
    struct model_line line[MODEL_LINES];
};
struct gpio_model {
    unsigned nchips;
    struct model_chip chip[MODEL_CHIPS];
    int set_errno;                     /* the next set fails with it, once */
    int get_errno;                     /* each get fails with it */
    int64_t set_cost_ns;               /* a set takes at least so long */
    int open_chips, requests, objects; /* not yet closed, released, freed */
};
extern struct gpio_model gpio_model;
extern const bool gpio_double_keeps_chip; /* closing the chip releases the line: 1.6 */

void gpio_model_reset(void);
struct model_chip *gpio_model_add(const char *path, const char *name, const char *label, unsigned nlines);
/* The logical level of a line, as its user set it. */
bool gpio_model_is_on(const struct model_line *line);

/* Somebody outside drives the line, which makes an edge. */
void gpio_model_drive(struct model_line *line, bool is_high);

/* For the doubles. */
int gpio_model_watch(struct model_chip *chip, unsigned offset, bool is_active_low, int bias,
                     const char *consumer);
int gpio_model_get(const struct model_line *line);    /* or -1 and errno */
int gpio_model_take_edges(struct model_line *line);   /* how many; waits for one as the real one does */
struct model_chip *gpio_model_open(const char *path); /* NULL and errno */
int gpio_model_find(const struct model_chip *chip, const char *line); /* offset, or -1 and errno */
int gpio_model_request(struct model_chip *chip, unsigned offset, bool is_active_low, bool is_on,
                       const char *consumer);
int gpio_model_set(struct model_line *line, bool is_on);
void gpio_model_release(struct model_line *line);
