#include "drivers/chime/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *backend_alloc(size_t size, char *error, size_t error_size)
{
    void *memory = calloc(1, size);
    if (!memory)
        snprintf(error, error_size, "out of memory");
    return memory;
}

int backend_start(struct chime *chime, const struct tone_sink *sink, char *error, size_t error_size)
{
    int result = tone_create(&chime->tone, sink);
    if (result)
        snprintf(error, error_size, "the player cannot start: %s", strerrordesc_np(-result));
    return result;
}

int backend_fd(struct chime *chime)
{
    return tone_fd(chime->tone);
}

bool backend_take(struct chime *chime, struct chime_report *report)
{
    return tone_take(chime->tone, report);
}

bool backend_is_realtime(struct chime *chime)
{
    return tone_is_realtime(chime->tone);
}
