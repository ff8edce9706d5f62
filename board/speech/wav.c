#include "board/speech/wav.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHANNELS_MAX 2

static int check(const SF_INFO *info, unsigned rate_hz, char *error, size_t error_size)
{
    if (info->samplerate != (int)rate_hz)
        snprintf(error, error_size, "has %d Hz where the pack says %u; convert it: sox IN.wav -r %u OUT.wav",
                 info->samplerate, rate_hz, rate_hz);
    else if (info->channels > CHANNELS_MAX)
        snprintf(error, error_size, "has %d channels; one is right", info->channels);
    else if (info->frames > (sf_count_t)rate_hz * (SOUND_WORD_MAX / SOUND_HZ)) {
        snprintf(error, error_size, "lasts longer than %d s", SOUND_WORD_MAX / SOUND_HZ);
        return -EFBIG;
    } else
        return 0;
    return -EINVAL;
}

static int read_all(SNDFILE *file, const SF_INFO *info, struct sound *sound)
{
    size_t room = (size_t)info->frames * (size_t)info->channels;
    sound->samples = malloc((room + 1) * sizeof *sound->samples);
    if (!sound->samples)
        return -ENOMEM;
    sf_count_t frames = sf_readf_float(file, sound->samples, info->frames);
    sound->count = frames > 0 ? (size_t)frames : 0;
    for (size_t i = 0; info->channels == 2 && i < sound->count; i++)
        sound->samples[i] = (sound->samples[2 * i] + sound->samples[2 * i + 1]) / 2;
    return 0;
}

/* The library reads thirty formats; a pack needs one. */
static SNDFILE *open_wav(int fd, SF_INFO *info)
{
    char head[4];
    bool is_wav = pread(fd, head, sizeof head, 0) == sizeof head && memcmp(head, "RIFF", sizeof head) == 0;
    return is_wav ? sf_open_fd(fd, SFM_READ, info, 0) : NULL;
}

static int read_fd(int fd, unsigned rate_hz, struct sound *sound, char *error, size_t error_size)
{
    SF_INFO info = { 0 };
    SNDFILE *file = open_wav(fd, &info);
    if (!file) {
        snprintf(error, error_size, "is no WAV file");
        return -EBADMSG;
    }
    int result = check(&info, rate_hz, error, error_size);
    if (result == 0 && (result = read_all(file, &info, sound)) < 0)
        snprintf(error, error_size, "out of memory");
    sf_close(file);
    return result;
}

int wav_read(const char *path, unsigned rate_hz, struct sound *sound, char *error, size_t error_size)
{
    struct stat status;
    *sound = (struct sound){ 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    int result = fd < 0 || fstat(fd, &status) < 0 ? -errno : S_ISREG(status.st_mode) ? 0 : -EINVAL;
    if (result)
        snprintf(error, error_size, "cannot be read: %s", fd < 0 ? strerror(errno) : "no regular file");
    else
        result = read_fd(fd, rate_hz, sound, error, error_size);
    if (fd >= 0)
        close(fd);
    if (result == 0 && (result = sound_resample(sound, rate_hz)) < 0)
        snprintf(error, error_size, "cannot be converted from %u Hz: %s", rate_hz, strerror(-result));
    if (result)
        sound_finish(sound);
    return result;
}

int wav_write(const char *path, unsigned rate_hz, const int16_t *samples, size_t count, char *error,
              size_t error_size)
{
    SF_INFO info = { .samplerate = (int)rate_hz, .channels = 1, .format = SF_FORMAT_WAV | SF_FORMAT_PCM_16 };
    SNDFILE *file = sf_open(path, SFM_WRITE, &info);
    if (!file) {
        snprintf(error, error_size, "%s: %s", path, sf_strerror(NULL));
        return -EIO;
    }
    bool is_written = sf_writef_short(file, samples, (sf_count_t)count) == (sf_count_t)count;
    if (sf_close(file) == 0 && is_written)
        return 0;
    snprintf(error, error_size, "%s cannot be written: %s", path, strerror(errno));
    return -EIO;
}
