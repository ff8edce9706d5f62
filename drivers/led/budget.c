#include "drivers/led/budget.h"
#include "drivers/led/schedule.h"

#include <string.h>

#define ADDRESSES 248 /* 1 to 247 */

struct visit { /* of one unit */
    const struct led_bus_config *config;
    const struct led_profile *profile;
    uint32_t sum_us, rested_us; /* its transactions; the same with the rests it asks for */
    uint32_t longest_us, timeout_us;
};

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

static uint32_t request_us(const struct led_bus_config *config, const struct led_write *write)
{
    return schedule_gap_us(config) + schedule_wire_us(config, schedule_request_bytes(write));
}

static uint32_t exchange_us(const struct led_bus_config *config, const struct led_profile *profile,
                            const struct led_write *write)
{
    return schedule_exchange_us(config, profile, write) + config->adapter_latency_ms * 1000u;
}

static void add_step(struct visit *visit, const struct led_write *write)
{
    const struct led_bus_config *config = visit->config;
    struct schedule_step step = { .write = *write };
    schedule_set_times(config, visit->profile, &step);
    uint32_t whole_us = exchange_us(config, visit->profile, write);
    visit->sum_us += whole_us;
    visit->rested_us += whole_us + visit->profile->min_gap_ms * 1000u;
    visit->longest_us = larger(visit->longest_us, whole_us);
    visit->timeout_us = larger(visit->timeout_us, schedule_gap_us(config) + step.timeout_us + step.quiet_us);
}

/* ---- one board ------------------------------------------------------------------------------- */

/* A text that fills the cells: what a refresh writes when every desk shows a number. */
static void fill_text(const struct led_profile *profile, char text[LED_CELLS_MAX + 1])
{
    unsigned cells = led_profile_cells(profile);
    memset(text, '8', cells);
    text[cells] = '\0';
}

static unsigned full_text(const struct led_profile *profile, struct led_write write[LED_WRITES_MAX])
{
    char text[LED_CELLS_MAX + 1];
    fill_text(profile, text);
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

static void add_styles(struct visit *visit)
{
    struct led_write write;
    enum led_colour colour = LED_COLOUR_OWN;
    if (visit->profile->has_blink)
        add_step(visit, &visit->profile->blink_off);
    while (++colour < LED_COLOURS && !led_profile_colour(visit->profile, colour, &write))
        ;
    if (colour < LED_COLOURS)
        add_step(visit, &write);
    if (led_profile_brightness(visit->profile, 100, &write))
        add_step(visit, &write);
}

/* A refresh of one board. Returns the time from an idle bus to the last byte of the text. */
static uint32_t add_unit(struct visit *visit)
{
    const struct led_profile *profile = visit->profile;
    for (unsigned i = 0; i < profile->ninit; i++)
        add_step(visit, &profile->init[i]);
    uint32_t idle_us = add_text(visit);
    add_styles(visit);
    if (profile->verify_regs)
        add_step(visit, &(struct led_write){
                            .function = 3, .reg = profile->verify_reg, .count = profile->verify_regs });
    if (profile->mode.count)
        add_step(visit, &profile->mode);
    return idle_us;
}

static uint32_t question_us(const struct led_bus_config *config, const struct led_profile *profile)
{
    struct led_write question;
    return led_profile_identity(profile, &question) ? exchange_us(config, profile, &question) : 0;
}

/* ---- all boards at once ---------------------------------------------------------------------- */

static uint32_t single_us(const struct led_bus_config *config, const struct led_profile *profile)
{
    struct led_write write[LED_WRITES_MAX];
    unsigned count = full_text(profile, write);
    uint32_t sum_us = 0;
    for (unsigned i = 0; i < count; i++)
        sum_us += exchange_us(config, profile, &write[i]);
    return sum_us;
}

/* 0: there is no such frame. */
static uint32_t group_us(const struct led_bus_config *config, const struct led_profile *profile,
                         unsigned first, unsigned count)
{
    char full[LED_CELLS_MAX + 1];
    const char *text[LED_UNITS_MAX];
    struct led_write write;
    fill_text(profile, full);
    for (unsigned i = 0; i < count; i++)
        text[i] = full;
    bool has_frame = profile->verify_regs && led_profile_group(profile, (uint8_t)first, count, text, &write);
    return has_frame ? schedule_broadcast_us(config, profile, &write) : 0;
}

/* Group frames need boards of one profile. */
static unsigned group_max(const struct led_bus_config *config)
{
    unsigned max = led_profile_group_max(config->unit[0].profile);
    for (unsigned i = 1; i < config->nunits; i++)
        if (config->unit[i].profile != config->unit[0].profile)
            return 0;
    return max < LED_UNITS_MAX ? max : LED_UNITS_MAX;
}

/* By frames of boards with consecutive addresses. */
static void add_groups(const struct led_bus_config *config, unsigned max, struct led_budget *budget)
{
    bool is_ours[ADDRESSES + LED_UNITS_MAX] = { false };
    const struct led_profile *profile = config->unit[0].profile;
    for (unsigned i = 0; i < config->nunits; i++)
        is_ours[config->unit[i].unit] = true;
    for (unsigned first = 1, count; first < ADDRESSES; first += count) {
        for (count = 0; count < max && is_ours[first + count]; count++)
            ;
        uint32_t singly_us = count * single_us(config, profile);
        uint32_t together_us = count > 1 ? group_us(config, profile, first, count) : 0;
        bool is_worth_it = together_us && together_us < singly_us;
        budget->change_us += is_worth_it ? together_us : singly_us;
        if (is_worth_it)
            budget->group_us = larger(budget->group_us, together_us);
        count += count == 0;
    }
}

static void add_changes(const struct led_bus_config *config, struct led_budget *budget)
{
    unsigned max = group_max(config);
    if (max)
        add_groups(config, max, budget);
    for (unsigned i = 0; i < config->nunits && !max; i++)
        budget->change_us += single_us(config, config->unit[i].profile);
}

void led_bus_budget(const struct led_bus_config *config, struct led_budget *budget)
{
    uint32_t longest_us = 0, timeout_us = 0, rested_us = 0, questions_us = 0;
    *budget = (struct led_budget){ 0 };
    if (config->nunits == 0)
        return;
    for (unsigned i = 0; i < config->nunits; i++) {
        struct visit visit = { .config = config, .profile = config->unit[i].profile };
        budget->idle_us = larger(budget->idle_us, add_unit(&visit));
        longest_us = larger(longest_us, visit.longest_us);
        timeout_us = larger(timeout_us, visit.timeout_us);
        rested_us = larger(rested_us, visit.rested_us);
        budget->refresh_us += visit.sum_us;
        questions_us += question_us(config, visit.profile);
    }
    add_changes(config, budget);
    budget->behind_us = budget->idle_us + longest_us;
    budget->dead_us = budget->idle_us + timeout_us;
    budget->group_us += budget->group_us ? budget->idle_us : 0;
    budget->worst_us = larger(budget->group_us, larger(budget->behind_us, budget->dead_us));
    /* While one board rests, the others are served: only one that is alone is waited for. */
    budget->refresh_us = larger(budget->refresh_us, rested_us);
    budget->start_us = budget->refresh_us + questions_us;
    budget->load_permille = config->reassert_ms ? budget->refresh_us / config->reassert_ms : 0;
    budget->loads = config->nunits + 1u;
}
