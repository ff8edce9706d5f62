/* Sound files, by libsndfile: WAV of any usual sample format. This file alone knows the library, and only kezek-voice
 * loads it. */
#pragma once

#include "board/speech/sound.h"

/* One or two channels (mixed), at rate_hz; brought to SOUND_HZ. 0; otherwise -errno with a line in `error`: -ENOENT …, -EINVAL (another rate, more channels), -EBADMSG
 * (no WAV), -EFBIG (more than 30 s), -ENOMEM. */
int wav_read(const char *path, unsigned rate_hz, struct sound *sound, char *error, size_t error_size);
/* One channel of 16 bits. 0 or -errno with a line in `error`. */
int wav_write(const char *path, unsigned rate_hz, const int16_t *samples, size_t count, char *error,
              size_t error_size);
