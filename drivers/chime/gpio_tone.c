#include "drivers/chime/backend.h"
#include "drivers/chime/gpio_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define EDGE_COST_MAX_NS                                                                                     \
    50000 /* half of what makes an edge late; an expander on I2C or USB needs 300 us and more */
#define TRIAL_PULSES 4

struct gpio_tone {
    struct chime chime;
    struct gpio_line *line;
};

static int set(void *data, bool level, int64_t now_ns)
{
    (void)now_ns;
    struct gpio_tone *tone = data;
    return gpio_line_set(tone->line, level);
}

static int timed_set(struct gpio_line *line, bool level, int64_t *cost_ns)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    int error = gpio_line_set(line, level);
    clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t ns = (after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec;
    if (ns < *cost_ns)
        *cost_ns = ns;
    return error;
}

/* Real edges, because a driver with a register cache answers a level that does not change for nothing. The
 * least of a few is the cost of the line; the others carry what else ran on the machine. On a fast line
 * nobody hears these pulses. */
static int measure(struct gpio_line *line, int64_t *cost_ns)
{
    *cost_ns = INT64_MAX;
    int error = 0;
    for (unsigned i = 0; i < TRIAL_PULSES && !error; i++) {
        error = timed_set(line, true, cost_ns);
        if (!error)
            error = timed_set(line, false, cost_ns);
    }
    return error;
}

static int check_cost(struct gpio_line *line, char *error, size_t error_size)
{
    int64_t cost_ns;
    int result = measure(line, &cost_ns);
    if (result) {
        snprintf(error, error_size, "the line cannot be set: %s", strerrordesc_np(-result));
        return result;
    }
    if (cost_ns <= EDGE_COST_MAX_NS)
        return 0;
    snprintf(error, error_size,
             "one edge takes %lld us, a tone needs 50 or less: take a line of the processor instead of an "
             "expander, or "
             "the driver gpio-pulse with a chime module",
             (long long)(cost_ns / 1000));
    return -EOPNOTSUPP;
}

static void close_gpio_tone(struct chime *chime)
{
    if (!chime)
        return;
    struct gpio_tone *tone = (struct gpio_tone *)chime;
    tone_destroy(tone->chime.tone);
    gpio_line_close(tone->line);
    free(tone);
}

static int reach(struct gpio_tone *tone, const struct chime_config *config, char *error, size_t error_size)
{
    int result =
        gpio_line_open(&tone->line, config->chip, config->line, config->is_active_low, error, error_size);
    if (!result)
        result = check_cost(tone->line, error, error_size);
    if (result)
        return result;
    return backend_start(&tone->chime, &(struct tone_sink){ .data = tone, .set = set }, error, error_size);
}

static int open_gpio_tone(struct chime **chime, const struct chime_config *config, char *error,
                          size_t error_size)
{
    struct gpio_tone *tone = backend_alloc(sizeof *tone, error, error_size);
    if (!tone)
        return -ENOMEM;
    int result = reach(tone, config, error, error_size);
    if (result)
        close_gpio_tone(&tone->chime);
    else
        *chime = &tone->chime;
    return result;
}

static int play(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    return tone_play(chime->tone, melody, volume_percent, token);
}

const struct chime_ops chime_gpio_tone = {
    .name = "gpio-tone",
    .open = open_gpio_tone,
    .close = close_gpio_tone,
    .play = play,
    .stop = backend_stop,
    .fd = backend_fd,
    .take = backend_take,
    .is_realtime = backend_is_realtime,
};
