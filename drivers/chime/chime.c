#include "drivers/chime/chime.h"

#include <string.h>

static const struct chime_ops *const backends[] = { &chime_alsa, &chime_gpio_tone, &chime_gpio_pulse,
                                                    &chime_pwm, &chime_trace };

const struct chime_ops *chime_backend(const char *name)
{
    for (unsigned i = 0; i < sizeof backends / sizeof backends[0]; i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
