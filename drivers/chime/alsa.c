/* ALSA: the melody as a struck bell, and speech, on HDMI, USB or I2S sound. The device is opened once and rests prepared, so that a sound
 * starts at once and nothing wakes up in between. */
#include "drivers/chime/backend.h"
#include "drivers/chime/bell.h"
#include "drivers/chime/player.h"

#include <alsa/asoundlib.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RATE_HZ    CHIME_VOICE_HZ
#define CHANNELS   2
#define BUFFER_US  40000 /* what the scheduler may owe us under load */
#define PIECE      480   /* 10 ms: a stop is noticed within two */
#define STALLED_MS 2000  /* a device that takes nothing for so long will not */
#define WAIT_MS    20

struct alsa {
    struct chime chime;
    struct player *player;
    snd_pcm_t *pcm;
    snd_pcm_uframes_t buffer_frames;
    char device[64];
    size_t lead_frames;
    struct bell bell; /* sounds, unless there is speech */
    struct {
        const int16_t *samples;
        size_t count;
        int volume_percent;
    } speech;
};

/* One sound, on the player's stack. */
struct sound {
    struct alsa *alsa;
    uint32_t underruns;
    int16_t piece[PIECE * CHANNELS];
};

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* ---- the device ------------------------------------------------------------------------------ */

/* The library would write to the log by itself. */
static void say_nothing(const char *file, int line, const char *function, int error, const char *format, ...)
{
    (void)file, (void)line, (void)function, (void)error, (void)format;
}

static int reach(struct alsa *alsa)
{
    int error = snd_pcm_open(&alsa->pcm, alsa->device, SND_PCM_STREAM_PLAYBACK, SND_PCM_NONBLOCK);
    if (error)
        return error;
    snd_pcm_uframes_t period;
    error = snd_pcm_set_params(alsa->pcm, SND_PCM_FORMAT_S16, SND_PCM_ACCESS_RW_INTERLEAVED, CHANNELS,
                               RATE_HZ, 1, BUFFER_US);
    if (!error)
        error = snd_pcm_get_params(alsa->pcm, &alsa->buffer_frames, &period);
    return error;
}

static void leave(struct alsa *alsa)
{
    if (alsa->pcm)
        snd_pcm_close(alsa->pcm);
    snd_config_update_free_global();
}

/* " (cards: vc4hdmi0 Headphones)" */
static void name_cards(char *out, size_t size)
{
    size_t used = (size_t)snprintf(out, size, "; cards:");
    int card = -1;
    while (snd_card_next(&card) == 0 && card >= 0 && used < size) {
        char name[16];
        snd_ctl_card_info_t *info;
        snd_ctl_t *control;
        snd_ctl_card_info_alloca(&info);
        snprintf(name, sizeof name, "hw:%d", card);
        if (snd_ctl_open(&control, name, 0) != 0)
            continue;
        if (snd_ctl_card_info(control, info) == 0)
            used += (size_t)snprintf(out + used, size - used, " %s", snd_ctl_card_info_get_id(info));
        snd_ctl_close(control);
    }
    if (strcmp(out, "; cards:") == 0)
        snprintf(out, size, "; this machine has no sound card");
}

static void explain(const struct alsa *alsa, int result, char *error, size_t error_size)
{
    char cards[64] = "";
    if (result == -EBUSY)
        snprintf(cards, sizeof cards, ": another program plays on it (fuser -v /dev/snd/*)");
    else if (result == -EACCES || result == -EPERM)
        snprintf(cards, sizeof cards, ": is the service in the group audio?");
    else
        name_cards(cards, sizeof cards);
    snprintf(error, error_size, "%s: %s%s", alsa->device, snd_strerror(result), cards);
}

/* ---- a sound --------------------------------------------------------------------------------- */

static void report(struct sound *sound, enum chime_result result, int error, int64_t at_us)
{
    struct chime_report letter = { .result = result, .error = error, .at_us = at_us };
    letter.late_edges = sound->underruns;
    if (error)
        snprintf(letter.detail, sizeof letter.detail, "%s: %s", sound->alsa->device, snd_strerror(error));
    player_post(sound->alsa->player, letter);
}

/* Frames that the device took; 0 after an underrun or a wait. */
static snd_pcm_sframes_t offer(struct sound *sound, const int16_t *samples, size_t count)
{
    snd_pcm_t *pcm = sound->alsa->pcm;
    snd_pcm_sframes_t taken = snd_pcm_writei(pcm, samples, count);
    if (taken == -EAGAIN) {
        int ready = snd_pcm_wait(pcm, WAIT_MS);
        return ready < 0 && ready != -EPIPE && ready != -EINTR ? ready : 0;
    }
    if (taken == -EPIPE || taken == -ESTRPIPE) {
        sound->underruns++;
        int error = snd_pcm_recover(pcm, (int)taken, 1);
        return error < 0 ? error : 0;
    }
    return taken;
}

static int put(struct sound *sound, const int16_t *samples, size_t count)
{
    int64_t deadline_us = now_us() + STALLED_MS * 1000;
    for (size_t done = 0; done < count;) {
        if (player_is_stopping(sound->alsa->player))
            return -ECANCELED;
        snd_pcm_sframes_t taken = offer(sound, samples + done * CHANNELS, count - done);
        if (taken < 0)
            return (int)taken;
        done += (size_t)taken;
        if (taken > 0)
            deadline_us = now_us() + STALLED_MS * 1000;
        else if (now_us() > deadline_us)
            return -ETIMEDOUT;
    }
    return 0;
}

static int put_silence(struct sound *sound, size_t frames)
{
    int error = 0;
    memset(sound->piece, 0, sizeof sound->piece);
    for (size_t left = frames; left > 0 && !error;) {
        size_t now = left < PIECE ? left : PIECE;
        error = put(sound, sound->piece, now);
        left -= now;
    }
    return error;
}

/* When the first sample of the melody will be heard: it waits behind what the device has. */
static void announce(struct sound *sound)
{
    snd_pcm_sframes_t ahead = 0;
    if (snd_pcm_delay(sound->alsa->pcm, &ahead) != 0 || ahead < 0)
        ahead = 0;
    report(sound, CHIME_STARTED, 0, now_us() + ahead * 1000000LL / RATE_HZ);
}

/* The next samples of one channel, PIECE at most; 0 at the end. `done` samples went before. */
static size_t render(struct alsa *alsa, size_t done, int16_t *samples)
{
    if (!alsa->speech.samples)
        return bell_render(&alsa->bell, samples, PIECE);
    size_t left = alsa->speech.count - done, count = left < PIECE ? left : PIECE;
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)(alsa->speech.samples[done + i] * alsa->speech.volume_percent / 100);
    return count;
}

static int put_samples(struct sound *sound)
{
    int error = 0;
    size_t count;
    announce(sound);
    for (size_t done = 0; !error && (count = render(sound->alsa, done, sound->piece)) > 0; done += count) {
        for (size_t i = count; i-- > 0;) /* one channel to two, in place */
            sound->piece[CHANNELS * i] = sound->piece[CHANNELS * i + 1] = sound->piece[i];
        error = put(sound, sound->piece, count);
    }
    return error;
}

/* A buffer of silence behind the sound: once the device took it, the sound is out. */
static int put_all(struct sound *sound)
{
    struct alsa *alsa = sound->alsa;
    int error = put_silence(sound, alsa->lead_frames);
    if (!error)
        error = put_samples(sound);
    if (!error)
        error = put_silence(sound, alsa->buffer_frames);
    snd_pcm_drop(alsa->pcm);
    int prepared = !error || error == -ECANCELED ? snd_pcm_prepare(alsa->pcm) : 0;
    return prepared ? prepared : error;
}

static void play_sound(void *data)
{
    struct alsa *alsa = data;
    struct sound sound = { .alsa = alsa };
    int error = put_all(&sound);
    if (error == -ECANCELED)
        report(&sound, CHIME_STOPPED, 0, now_us());
    else
        report(&sound, error ? CHIME_FAILED : CHIME_FINISHED, error, now_us());
}

/* ---- the class ------------------------------------------------------------------------------- */

static void close_alsa(struct chime *chime)
{
    if (!chime)
        return;
    struct alsa *alsa = (struct alsa *)chime;
    player_destroy(alsa->player);
    leave(alsa);
    free(alsa);
}

static int start(struct alsa *alsa, char *error, size_t error_size)
{
    snd_lib_error_set_handler(say_nothing);
    int result = reach(alsa);
    if (result) {
        explain(alsa, result, error, error_size);
        return result;
    }
    result = player_create(&alsa->player, play_sound, alsa);
    if (result)
        snprintf(error, error_size, "the player cannot start: %s", strerrordesc_np(-result));
    return result;
}

static int open_alsa(struct chime **chime, const struct chime_config *config, char *error, size_t error_size)
{
    struct alsa *alsa = backend_alloc(sizeof *alsa, error, error_size);
    if (!alsa)
        return -ENOMEM;
    snprintf(alsa->device, sizeof alsa->device, "%s", config->device);
    alsa->lead_frames = (size_t)config->lead_ms * RATE_HZ / 1000;
    int result = start(alsa, error, error_size);
    if (result)
        close_alsa(&alsa->chime);
    else
        *chime = &alsa->chime;
    return result;
}

static int play(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    struct alsa *alsa = (struct alsa *)chime;
    if (player_is_busy(alsa->player))
        return -EBUSY;
    if (melody_defect(melody) || volume_percent < 1 || volume_percent > 100)
        return -EINVAL;
    alsa->speech.samples = NULL;
    bell_strike(&alsa->bell, melody, volume_percent, RATE_HZ);
    player_begin(alsa->player, token);
    return 0;
}

static int say(struct chime *chime, const int16_t *samples, size_t count, unsigned volume_percent,
               uint64_t token)
{
    struct alsa *alsa = (struct alsa *)chime;
    if (player_is_busy(alsa->player))
        return -EBUSY;
    int error = backend_speech_defect(samples, count, volume_percent);
    if (error)
        return error;
    alsa->speech.samples = samples;
    alsa->speech.count = count;
    alsa->speech.volume_percent = (int)volume_percent;
    player_begin(alsa->player, token);
    return 0;
}

static void stop(struct chime *chime)
{
    player_stop(((struct alsa *)chime)->player);
}

static int fd(struct chime *chime)
{
    return player_fd(((struct alsa *)chime)->player);
}

static bool take(struct chime *chime, struct chime_report *letter)
{
    return player_take(((struct alsa *)chime)->player, letter);
}

static bool is_realtime(struct chime *chime)
{
    return player_is_realtime(((struct alsa *)chime)->player);
}

const struct chime_ops chime_alsa = {
    .name = "alsa",
    .open = open_alsa,
    .close = close_alsa,
    .play = play,
    .can_speak = true,
    .say = say,
    .stop = stop,
    .fd = fd,
    .take = take,
    .is_realtime = is_realtime,
};
