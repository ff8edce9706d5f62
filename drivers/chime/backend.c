#include "drivers/chime/backend.h"

#include <errno.h>
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

int backend_speech_defect(const int16_t *samples, size_t count, unsigned volume_percent)
{
    bool is_fine =
        samples && count >= 1 && count <= CHIME_VOICE_MAX && volume_percent >= 1 && volume_percent <= 100;
    return is_fine ? 0 : -EINVAL;
}

int backend_start(struct chime *chime, const struct tone_sink *sink, char *error, size_t error_size)
{
    int result = tone_create(&chime->tone, sink);
    if (result)
        snprintf(error, error_size, "the player cannot start: %s", strerrordesc_np(-result));
    return result;
}

void backend_stop(struct chime *chime)
{
    tone_stop(chime->tone);
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
