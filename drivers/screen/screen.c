#include "drivers/screen/screen.h"

#include <string.h>

static const struct screen_ops *const backends[] = { &screen_memory };

const struct screen_ops *screen_backend(const char *name)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++)
        if (strcmp(backends[i]->name, name) == 0)
            return backends[i];
    return NULL;
}
