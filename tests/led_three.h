/* A bus of the modbus backend with three boards: unit 1 is an SMI2, 2 and 3 are DM56A04. For tests, which say
 * what it hangs on. */
#pragma once

#include "tests/led_line.h"

static const char *const led_three_models[] = { "owen-smi2", "dm56a04", "dm56a04", NULL };

struct led_three {
    struct led_bus *bus;
    struct led_bus_config config;
    struct led_profile *smi2, *dm56;
};

static inline void led_three_begin(struct led_three *three, const char *device)
{
    *three = (struct led_three){ .smi2 = led_line_profile("owen-smi2"), .dm56 = led_line_profile("dm56a04") };
    three->config =
        (struct led_bus_config){ .id = "west",
                                 .driver = "modbus",
                                 .baud = 115200,
                                 .parity = 'N',
                                 .stop_bits = 1,
                                 .reassert_ms = 30000,
                                 .nunits = 3,
                                 .unit = { { 1, three->smi2 }, { 2, three->dm56 }, { 3, three->dm56 } } };
    snprintf(three->config.device, sizeof three->config.device, "%s", device);
}

static inline void led_three_open(struct led_three *three)
{
    char error[160] = "";
    if (led_modbus.open(&three->bus, &three->config, error, sizeof error) == 0)
        return;
    fprintf(stderr, "%s\n", error);
    abort();
}

static inline void led_three_end(struct led_three *three)
{
    led_modbus.close(three->bus);
    led_profile_destroy(three->smi2);
    led_profile_destroy(three->dm56);
}

static inline void led_three_want(struct led_three *three, unsigned index, const char *text, uint64_t token)
{
    struct led_text wish = { 0 };
    snprintf(wish.text, sizeof wish.text, "%s", text);
    led_modbus.want(three->bus, index, &wish, token);
}

static inline struct led_job_status led_three_job(const struct led_three *three)
{
    struct led_job_status status;
    led_modbus.job_status(three->bus, &status);
    return status;
}

/* The job's end; a running one after 5 s without a report. */
static inline struct led_job_status led_three_job_end(const struct led_three *three)
{
    struct led_report report;
    while (led_three_job(three).is_running && led_line_any_report(&led_modbus, three->bus, &report))
        ;
    return led_three_job(three);
}
