#include "drivers/led/schedule_unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define DOUBTS_ENOUGH 2 /* one silence, or two damaged answers */

/* ---- the answer ------------------------------------------------------------------------------ */

/* Registers as their bytes, high one first. */
static unsigned answer_bytes(const struct led_write *write, const struct schedule_result *result,
                             uint8_t out[2 * LED_REGS_MAX])
{
    if (write->function == 17) {
        memcpy(out, result->id.byte, result->id.count);
        return result->id.count;
    }
    for (unsigned i = 0; i < write->count; i++) {
        out[2 * i] = result->value[i] >> 8;
        out[2 * i + 1] = result->value[i] & 255;
    }
    return 2u * write->count;
}

bool schedule_is_identified(const struct led_profile *profile, const struct led_write *write,
                            const struct schedule_result *result)
{
    uint8_t bytes[2 * LED_REGS_MAX];
    struct led_write own;
    if (!led_profile_identity(profile, &own) || own.function != write->function || own.reg != write->reg ||
        own.count != write->count)
        return false;
    unsigned count = answer_bytes(write, result, bytes);
    return led_profile_identifies(profile, bytes, count);
}

static bool is_printable(uint8_t byte)
{
    return byte >= ' ' && byte <= '~';
}

static bool is_text(const uint8_t *bytes, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!is_printable(bytes[i]))
            return false;
    return count > 0;
}

void schedule_identity_text(const struct led_write *write, const struct schedule_result *result, char *out,
                            size_t size)
{
    uint8_t bytes[2 * LED_REGS_MAX];
    unsigned count = answer_bytes(write, result, bytes);
    bool is_hexadecimal = write->function == 3 && !is_text(bytes, count);
    size_t used = 0;
    *out = '\0';
    for (unsigned i = 0; i < count && used + 3 < size; i++) {
        if (is_hexadecimal)
            used += (size_t)snprintf(out + used, size - used, "%02X", bytes[i]);
        else if (is_printable(bytes[i]) && (used || bytes[i] != ' '))
            used += (size_t)snprintf(out + used, size - used, "%c", bytes[i]);
    }
}

/* ---- what follows ---------------------------------------------------------------------------- */

void identity_forget(struct schedule_unit *unit, bool is_dead)
{
    struct led_write question;
    unit->is_known = !led_profile_identity(unit->profile, &question);
    unit->doubts = is_dead ? DOUBTS_ENOUGH : 0;
    unit->mute_us = unit->heard_us = INT64_MIN / 2;
    unit->status.is_other = false;
    *unit->status.identity = '\0';
}

bool identity_step(const struct schedule_unit *unit, struct schedule_step *step)
{
    if (unit->doubts < DOUBTS_ENOUGH) {
        step->phase = SCHEDULE_IDENTIFY;
        return led_profile_identity(unit->profile, &step->write);
    }
    step->phase = SCHEDULE_PROBE;
    step->write = (struct led_write){ unit->profile->verify_reg, unit->profile->verify_regs, 3, { 0 } };
    return unit->profile->verify_regs > 0;
}

bool identity_answered(struct schedule_unit *unit, const struct schedule_step *step,
                       const struct schedule_result *result)
{
    schedule_identity_text(&step->write, result, unit->status.identity, sizeof unit->status.identity);
    unit->doubts = 0;
    unit->is_known = schedule_is_identified(unit->profile, &step->write, result);
    unit->status.is_other = !unit->is_known;
    return unit->is_known;
}

void identity_excused(struct schedule_unit *unit)
{
    unit->is_known = true;
    unit->status.is_other = false;
    *unit->status.identity = '\0';
}

void identity_heard(struct schedule_unit *unit, int64_t now_us)
{
    if (unit->is_known)
        return;
    unit->heard_us = now_us;
    unit->doubts = unit->setbacks = 0;
    if (now_us - unit->mute_us <= SCHEDULE_MUTE_US)
        identity_excused(unit);
}

/* What once said that it is another device is believed until it is dead. */
void identity_lost(struct schedule_unit *unit, const struct schedule_step *step,
                   const struct schedule_result *result)
{
    if (unit->is_known || unit->status.is_other)
        return;
    if (step->phase != SCHEDULE_IDENTIFY) {
        if (step->phase != SCHEDULE_PROBE)
            unit->doubts = 0; /* a write reached nobody: a question may as well be the next probe */
        return;
    }
    unit->doubts += result->error == -ETIMEDOUT ? DOUBTS_ENOUGH : 1;
    if (unit->doubts < DOUBTS_ENOUGH)
        return;
    unit->mute_us = result->done_us;
    if (result->done_us - unit->heard_us <= SCHEDULE_MUTE_US)
        identity_excused(unit);
}

void identity_complain(const struct schedule_unit *unit, char *out, size_t size)
{
    snprintf(out, size, "another device answers: \"%.32s\"; it is left alone", unit->status.identity);
}
