/* What the backends of a chime share: each begins with a struct chime, whose player makes the edges. Private
 * to drivers/chime.
 */
#pragma once

#include "drivers/chime/tone.h"

struct chime {
    struct tone *tone;
};
/* Zeroed memory, or NULL with a line in `error`. */
void *backend_alloc(size_t size, char *error, size_t error_size);
/* 0, or -EINVAL: nothing that say() can say. */
int backend_speech_defect(const int16_t *samples, size_t count, unsigned volume_percent);
int backend_start(struct chime *chime, const struct tone_sink *sink, char *error, size_t error_size);
void backend_stop(struct chime *chime);
int backend_fd(struct chime *chime);
bool backend_take(struct chime *chime, struct chime_report *report);
bool backend_is_realtime(struct chime *chime);
