/* Who a unit says it is. */
#include "drivers/led/job_kinds.h"

#include <stdio.h>
#include <string.h>

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

bool job_is_identified(const struct led_profile *profile, const struct led_write *write,
                       const struct schedule_result *result)
{
    uint8_t bytes[2 * LED_REGS_MAX];
    struct led_write question;
    if (!led_profile_identity(profile, &question) || question.function != write->function ||
        question.reg != write->reg || question.count != write->count)
        return false;
    return led_profile_identifies(profile, bytes, answer_bytes(write, result, bytes));
}

void job_identity_text(const struct led_write *write, const struct schedule_result *result, char *out,
                       size_t size)
{
    uint8_t bytes[2 * LED_REGS_MAX];
    unsigned count = answer_bytes(write, result, bytes);
    size_t used = 0;
    *out = '\0';
    for (unsigned i = 0; i < count && used + 3 < size; i++)
        if (bytes[i] >= ' ' && bytes[i] <= '~')
            used += (size_t)snprintf(out + used, size - used, "%c", bytes[i]);
}
