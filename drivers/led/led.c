#include "drivers/led/led.h"

#include <string.h>

const char *const led_certainty_names[LED_CERTAINTIES] = {
    [LED_UNKNOWN] = "unknown",   [LED_SENT] = "sent", [LED_ACKED] = "acked",
    [LED_VERIFIED] = "verified", [LED_LIT] = "lit",
};

const char *const led_address_steps[LED_ADDRESS_STEPS] = {
    "it answers, alone, and as its type",
    "nobody else is at its new place",
    "its new place is written",
    "it answers at its new place",
    "it shows its address",
};

static const struct led_ops *const backends[] = { &led_modbus, &led_memory };

const struct led_ops *led_backend(const char *name)
{
    for (size_t i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
