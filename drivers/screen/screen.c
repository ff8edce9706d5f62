#include "drivers/screen/screen.h"

#include <string.h>

const char *const screen_state_names[SCREEN_STATES] = { "shown", "unplugged", "standby", "away", "stuck" };

static const struct screen_ops *const backends[] = { &screen_memory, &screen_kms };

const struct screen_ops *screen_backend(const char *name)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
