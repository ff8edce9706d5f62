#include "drivers/chime/backend.h"
#include "drivers/chime/gpio_line.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PULSE_MS_MIN 50 /* shorter ones are filtered out by the input of many modules */
#define PULSE_MS_MAX 1000

struct gpio_pulse {
    struct chime chime;
    struct gpio_line *line;
    unsigned pulse_ms;
};

static int set(void *data, bool level, int64_t now_ns)
{
    (void)now_ns;
    struct gpio_pulse *pulse = data;
    return gpio_line_set(pulse->line, level);
}

static void close_gpio_pulse(struct chime *chime)
{
    if (!chime)
        return;
    struct gpio_pulse *pulse = (struct gpio_pulse *)chime;
    tone_destroy(pulse->chime.tone);
    gpio_line_close(pulse->line);
    free(pulse);
}

static int reach(struct gpio_pulse *pulse, const struct chime_config *config, char *error, size_t error_size)
{
    int result =
        gpio_line_open(&pulse->line, config->chip, config->line, config->is_active_low, error, error_size);
    if (result)
        return result;
    return backend_start(&pulse->chime, &(struct tone_sink){ .data = pulse, .set = set }, error, error_size);
}

static int open_gpio_pulse(struct chime **chime, const struct chime_config *config, char *error,
                           size_t error_size)
{
    if (config->pulse_ms < PULSE_MS_MIN || config->pulse_ms > PULSE_MS_MAX) {
        snprintf(error, error_size, "a pulse of %u ms: must be 50 to 1000", config->pulse_ms);
        return -EINVAL;
    }
    struct gpio_pulse *pulse = backend_alloc(sizeof *pulse, error, error_size);
    if (!pulse)
        return -ENOMEM;
    pulse->pulse_ms = config->pulse_ms;
    int result = reach(pulse, config, error, error_size);
    if (result)
        close_gpio_pulse(&pulse->chime);
    else
        *chime = &pulse->chime;
    return result;
}

static int play(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    (void)melody;
    (void)volume_percent;
    struct gpio_pulse *pulse = (struct gpio_pulse *)chime;
    return tone_pulse(chime->tone, pulse->pulse_ms, token);
}

const struct chime_ops chime_gpio_pulse = {
    .name = "gpio-pulse",
    .open = open_gpio_pulse,
    .close = close_gpio_pulse,
    .play = play,
    .stop = backend_stop,
    .fd = backend_fd,
    .take = backend_take,
    .is_realtime = backend_is_realtime,
};
