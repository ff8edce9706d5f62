/* Devices without text: a ticket as the number that they show, or why it is not that number. */
#include "drivers/led/profile_data.h"

#include <ctype.h>
#include <string.h>

unsigned profile_number_digits(const struct led_profile *profile)
{
    static const uint8_t digits[] = { [LED_U16] = 4,
                                      [LED_I16] = 4,
                                      [LED_U32] = 9,
                                      [LED_I32] = 9,
                                      [LED_F32] = 7 /* below 2^24 every whole number is exact */ };
    return profile->number.negative == LED_NEGATIVE_NIBBLE ? 7 : digits[profile->number.type];
}

unsigned profile_number_decimals(const char *text)
{
    const char *dot = strchr(text, '.');
    return dot ? (unsigned)strlen(dot + 1) : 0;
}

static bool has_shape(const char *text)
{
    const char *at = text + (*text == '-');
    unsigned whole = 0, decimals = 0;
    while (isdigit((unsigned char)at[whole]))
        whole++;
    at += whole;
    if (*at == '.')
        for (at++; isdigit((unsigned char)at[decimals]);)
            decimals++;
    bool is_ended = at[decimals] == '\0' && (decimals > 0 || at == text || at[-1] != '.');
    return whole > 0 && is_ended;
}

static bool is_zero(const char *text)
{
    return text[strspn(text, "-0.")] == '\0';
}

const char *profile_number_defect(const struct led_profile *profile, const char *text)
{
    const char *digits = text + (*text == '-');
    if (!has_shape(text))
        return "is no number";
    if (*text == '-' && is_zero(text))
        return "would lose its sign";
    if (profile_number_decimals(text) > profile->number.decimals)
        return "has too many decimals";
    if (profile->number.has_leading_zeros)
        return strspn(text, "0123456789") == profile->text.cells ? NULL : "would be filled up with zeros";
    if (digits[0] == '0' && digits[1] != '.' && digits[1] != '\0')
        return "would lose its leading zero";
    return NULL;
}

static uint32_t bits_of(const struct led_profile *profile, const char *text)
{
    uint32_t magnitude = 0, bits;
    bool is_negative = *text == '-';
    for (const char *c = text; *c; c++)
        if (isdigit((unsigned char)*c))
            magnitude = magnitude * 10 + (uint32_t)(*c - '0');
    switch (profile->number.negative) {
    case LED_NEGATIVE_TWOS: bits = is_negative ? -magnitude : magnitude; break;
    case LED_NEGATIVE_ONES: bits = is_negative ? ~magnitude : magnitude; break;
    case LED_NEGATIVE_NIBBLE:
        bits = (uint32_t)is_negative << 28 | profile_number_decimals(text) << 24 | magnitude;
        break;
    default: bits = magnitude; break;
    }
    if (profile->number.type == LED_F32) {
        float real = (float)magnitude;
        memcpy(&bits, &real, sizeof bits);
    }
    return bits;
}

void profile_number_pack(const struct led_profile *profile, const char *text, uint16_t value[2])
{
    uint32_t bits = bits_of(profile, text);
    uint16_t high = (uint16_t)(bits >> 16), low = (uint16_t)bits;
    if (profile->text.regs == 1) {
        value[0] = low;
        return;
    }
    value[0] = profile->number.is_low_first ? low : high;
    value[1] = profile->number.is_low_first ? high : low;
}
