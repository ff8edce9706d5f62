#include "drivers/led/schedule_unit.h"

/* The addresses first … last; `max` of them at most. */
struct span {
    unsigned first, last, max;
};

/* ---- who may have a part --------------------------------------------------------------------- */

/* A frame to all must mean nothing to a device that it is not for. */
static bool is_safe(const struct schedule *schedule, const struct led_profile *profile)
{
    for (unsigned i = 0; i < schedule->config->nunits; i++)
        if (schedule->unit[i].profile != profile || schedule->unit[i].status.is_other)
            return false;
    return true;
}

/* It has answered since it was last lost, and its text is that of its wish, or may become it. */
static bool can_join(const struct schedule_unit *unit)
{
    return unit->is_initialised && unit->has_wish && !unit->is_single && !unit_is_blanked(unit);
}

static bool is_waiting(const struct schedule_unit *unit, int64_t now_us)
{
    return unit->is_fresh && unit->text_at == 0 && unit->init_at >= unit->profile->ninit &&
           unit->next_try_us <= now_us && unit->not_before_us <= now_us;
}

static struct schedule_unit *member_at(struct schedule *schedule, unsigned address)
{
    for (unsigned i = 0; i < schedule->config->nunits; i++)
        if (schedule->unit[i].unit == address)
            return can_join(&schedule->unit[i]) ? &schedule->unit[i] : NULL;
    return NULL;
}

/* ---- how far it pays ------------------------------------------------------------------------- */

/* Each member makes the frame longer, each waiting one saves a transaction: up to where the sum is best. */
static void extend(struct schedule *schedule, struct span *span, int direction, int64_t single_us,
                   int64_t now_us)
{
    const struct schedule_unit *member;
    unsigned *end = direction > 0 ? &span->last : &span->first,
             room = span->max - 1 - (span->last - span->first);
    int64_t gain_us = 0, best_us = 0;
    for (unsigned at = *end + (unsigned)direction; room > 0 && (member = member_at(schedule, at));
         at += (unsigned)direction, room--) {
        gain_us -= schedule_wire_us(schedule->config, 2u * member->profile->text.regs);
        gain_us += is_waiting(member, now_us) ? single_us : 0;
        if (gain_us > best_us) {
            best_us = gain_us;
            *end = at;
        }
    }
}

/* The number of waiting units, whose indexes are noted; 0: there is no such frame. */
static unsigned build(struct schedule *schedule, const struct span *span, int64_t now_us,
                      struct led_write *write)
{
    const char *text[LED_UNITS_MAX];
    const struct led_profile *profile = NULL;
    schedule->group.count = 0;
    for (unsigned at = span->first; at <= span->last; at++) {
        const struct schedule_unit *member = member_at(schedule, at);
        text[at - span->first] = member->wish.text;
        profile = member->profile;
        if (is_waiting(member, now_us))
            schedule->group.index[schedule->group.count++] = (uint8_t)(member - schedule->unit);
    }
    bool is_built =
        led_profile_group(profile, (uint8_t)span->first, span->last - span->first + 1, text, write);
    return is_built ? schedule->group.count : 0;
}

void group_gather(struct schedule *schedule, const struct schedule_unit *first, int64_t now_us,
                  struct schedule_step *step)
{
    const struct led_bus_config *config = schedule->config;
    unsigned max = led_profile_group_max(first->profile);
    struct span span = { first->unit, first->unit, max < LED_UNITS_MAX ? max : LED_UNITS_MAX };
    struct led_write write;
    if (max < 2 || !first->profile->verify_regs || !can_join(first) || !is_waiting(first, now_us) ||
        !is_safe(schedule, first->profile))
        return;
    uint32_t single_us = schedule_exchange_us(config, first->profile, &step->write);
    extend(schedule, &span, 1, single_us, now_us);
    extend(schedule, &span, -1, single_us, now_us);
    unsigned count = build(schedule, &span, now_us, &write);
    if (count * single_us <= schedule_broadcast_us(config, first->profile, &write))
        return;
    step->unit = 0;
    step->write = write;
    step->timeout_us = led_profile_broadcast_ms(first->profile) * 1000u;
    step->quiet_us = 0;
}

void group_done(struct schedule *schedule, const struct schedule_result *result)
{
    schedule->group_frames += !result->error;
    for (unsigned i = 0; i < schedule->group.count; i++) {
        struct schedule_unit *unit = &schedule->unit[schedule->group.index[i]];
        if (result->error)
            unit->is_single = true;
        else
            unit_sent(schedule, unit, result);
    }
}
