/* What a board can do beside its text: brightness, colour, group frames, saying who it is. */
#include "drivers/led/profile_data.h"

#include <string.h>

const char *const led_colour_names[LED_COLOURS] = {
    [LED_COLOUR_OWN] = "own", [LED_RED] = "red",       [LED_GREEN] = "green",
    [LED_YELLOW] = "yellow",  [LED_ORANGE] = "orange",
};

static struct led_write write_one(const struct led_profile *profile, uint16_t reg, uint16_t value)
{
    return (struct led_write){ reg, 1, profile->has_fc06 ? 6 : 16, { value } };
}

bool led_profile_brightness(const struct led_profile *profile, unsigned percent, struct led_write *out)
{
    unsigned span = profile->brightness.max - profile->brightness.min;
    if (profile->brightness.max == 0)
        return false;
    if (percent > 100)
        percent = 100;
    *out = write_one(profile, profile->brightness.reg,
                     (uint16_t)(profile->brightness.min + (span * percent + 50) / 100));
    return true;
}

bool led_profile_colour(const struct led_profile *profile, enum led_colour colour, struct led_write *out)
{
    if (colour >= LED_COLOURS || !profile->colour.has[colour])
        return false;
    *out = write_one(profile, profile->colour.reg, profile->colour.value[colour]);
    return true;
}

unsigned led_profile_group_max(const struct led_profile *profile)
{
    return profile->group.max_units;
}

bool led_profile_group(const struct led_profile *profile, uint8_t first_unit, unsigned count,
                       const char *const *text, struct led_write *out)
{
    struct led_write one[LED_WRITES_MAX];
    if (count < 1 || count > profile->group.max_units || first_unit < 1 || first_unit + count > 248)
        return false;
    *out = (struct led_write){ (uint16_t)(profile->group.base + first_unit), 0, 16, { 0 } };
    for (unsigned i = 0; i < count; i++) {
        if (led_profile_writes(profile, text[i], one) != 1 || one[0].reg != profile->text.reg ||
            one[0].count != profile->text.regs)
            return false;
        memcpy(out->value + out->count, one[0].value, one[0].count * sizeof *one[0].value);
        out->count = (uint16_t)(out->count + one[0].count);
    }
    return true;
}

unsigned led_profile_broadcast_ms(const struct led_profile *profile)
{
    return profile->broadcast_ms;
}

bool led_profile_identity(const struct led_profile *profile, struct led_write *out)
{
    if (profile->identify == LED_IDENTIFY_NONE)
        return false;
    *out = (struct led_write){ .function = 17 };
    if (profile->identify == LED_IDENTIFY_REGISTERS)
        *out = (struct led_write){ profile->identity.reg, profile->identity.count, 3, { 0 } };
    return true;
}
