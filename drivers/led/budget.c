#include "drivers/led/budget.h"
#include "drivers/led/schedule.h"

#include <string.h>

struct visit { /* of one unit */
    const struct led_bus_config *config;
    const struct led_profile *profile;
    uint32_t sum_us, rested_us; /* its transactions; the same with the rests it asks for */
    uint32_t longest_us, timeout_us;
};

static uint32_t request_us(const struct led_bus_config *config, const struct led_write *write)
{
    return schedule_gap_us(config) + schedule_wire_us(config, schedule_request_bytes(write));
}

static void add_step(struct visit *visit, const struct led_write *write)
{
    const struct led_bus_config *config = visit->config;
    struct schedule_step step = { .write = *write };
    schedule_set_times(config, visit->profile, &step);
    uint32_t whole_us = request_us(config, write) + visit->profile->turnaround_ms * 1000u +
                        schedule_wire_us(config, schedule_answer_bytes(write)) +
                        config->adapter_latency_ms * 1000u;
    uint32_t timeout_us = request_us(config, write) + step.timeout_us + step.quiet_us;
    visit->sum_us += whole_us;
    visit->rested_us += whole_us + visit->profile->min_gap_ms * 1000u;
    if (visit->longest_us < whole_us)
        visit->longest_us = whole_us;
    if (visit->timeout_us < timeout_us)
        visit->timeout_us = timeout_us;
}

/* A text that fills the cells: what a refresh writes when every desk shows a number. */
static unsigned full_text(const struct led_profile *profile, struct led_write write[LED_WRITES_MAX])
{
    char text[LED_CELLS_MAX + 1];
    unsigned cells = led_profile_cells(profile);
    memset(text, '8', cells);
    text[cells] = '\0';
    int count = led_profile_writes(profile, text, write);
    return count > 0 ? (unsigned)count : 0;
}

static uint32_t add_text(struct visit *visit)
{
    struct led_write write[LED_WRITES_MAX];
    unsigned count = full_text(visit->profile, write);
    uint32_t before_us = visit->rested_us;
    for (unsigned i = 0; i + 1 < count; i++)
        add_step(visit, &write[i]);
    uint32_t idle_us =
        visit->rested_us - before_us + (count ? request_us(visit->config, &write[count - 1]) : 0);
    if (count)
        add_step(visit, &write[count - 1]);
    return idle_us;
}

/* Returns the time from an idle bus to the last byte of the text. */
static uint32_t add_unit(struct visit *visit)
{
    const struct led_profile *profile = visit->profile;
    for (unsigned i = 0; i < profile->ninit; i++)
        add_step(visit, &profile->init[i]);
    uint32_t idle_us = add_text(visit);
    if (profile->has_blink)
        add_step(visit, &profile->blink_off);
    if (profile->verify_regs)
        add_step(visit, &(struct led_write){
                            .function = 3, .reg = profile->verify_reg, .count = profile->verify_regs });
    return idle_us;
}

void led_bus_budget(const struct led_bus_config *config, struct led_budget *budget)
{
    uint32_t longest_us = 0, timeout_us = 0, rested_us = 0;
    *budget = (struct led_budget){ 0 };
    for (unsigned i = 0; i < config->nunits; i++) {
        struct visit visit = { .config = config, .profile = config->unit[i].profile };
        uint32_t idle_us = add_unit(&visit);
        budget->idle_us = budget->idle_us < idle_us ? idle_us : budget->idle_us;
        longest_us = longest_us < visit.longest_us ? visit.longest_us : longest_us;
        timeout_us = timeout_us < visit.timeout_us ? visit.timeout_us : timeout_us;
        rested_us = rested_us < visit.rested_us ? visit.rested_us : rested_us;
        budget->refresh_us += visit.sum_us;
    }
    if (config->nunits == 0)
        return;
    budget->behind_us = budget->idle_us + longest_us;
    budget->dead_us = budget->idle_us + timeout_us;
    /* While one board rests, the others are served: only one that is alone is waited for. */
    budget->refresh_us = budget->refresh_us < rested_us ? rested_us : budget->refresh_us;
    budget->load_permille = config->reassert_ms ? budget->refresh_us / config->reassert_ms : 0;
    budget->loads = config->nunits + 1u;
}
