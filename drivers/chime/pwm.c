/* Kernel PWM in sysfs: the hardware makes the edges, so that no thread has to be on time; what is written is the period of a note
 * once, and the width of its pulses 100 times a second. The struck bell of bell.c with one partial: a note is as long as until
 * the next, falls by 60 dB in its decay, and the last one rings out.
 *
 * The kernel keeps a channel that was exported, and what it does, when the program ends: open() begins with silence. It stays
 * exported after close(), since udev hands over its files only some time after the export. */
#include "drivers/chime/backend.h"
#include "drivers/chime/bell.h"
#include "drivers/chime/player.h"
#include "drivers/chime/pwm_channel.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_NS   10000000 /* steps of 0.4 dB in a bell of 1.6 s: nobody hears them */
#define SECOND_NS 1000000000LL

struct pwm {
    struct chime chime;
    struct player *player;
    struct pwm_channel channel;
    struct melody melody;
    unsigned volume_percent;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND_NS + now.tv_nsec;
}

static void sleep_until(int64_t at_ns)
{
    struct timespec at = { at_ns / SECOND_NS, at_ns % SECOND_NS };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* ---- a sound --------------------------------------------------------------------------------- */

/* Pulses of the width asin(A)/pi have a fundamental of the amplitude A. */
static int64_t pulse_ns(int64_t period_ns, double amplitude)
{
    return llrint((double)period_ns * asin(amplitude) / M_PI);
}

static int64_t period_of(const struct note *note)
{
    return (SECOND_NS + note->hz / 2) / note->hz;
}

/* Rings from at_ns to end_ns; its steps are counted from the stroke, so that nothing adds up. */
static int ring(struct pwm *pwm, const struct note *note, int64_t at_ns, int64_t end_ns)
{
    int64_t period_ns = period_of(note), start_ns = at_ns;
    int error = 0;
    for (; at_ns < end_ns && !error; at_ns += STEP_NS) {
        double left = bell_decayed(note, (double)(at_ns - start_ns) / SECOND_NS);
        sleep_until(at_ns);
        if (player_is_stopping(pwm->player))
            return -ECANCELED;
        error = pwm_channel_pulse(&pwm->channel, pulse_ns(period_ns, left * pwm->volume_percent / 100));
    }
    sleep_until(end_ns);
    return error;
}

static void report(struct pwm *pwm, enum chime_result result, int error)
{
    struct chime_report letter = { .result = result, .error = error, .at_us = now_ns() / 1000 };
    if (error)
        snprintf(letter.detail, sizeof letter.detail, "pwm: %s", strerrordesc_np(-error));
    player_post(pwm->player, letter);
}

static int ring_all(struct pwm *pwm)
{
    const struct melody *melody = &pwm->melody;
    int64_t at_ns = now_ns(), stop_ns = at_ns + bell_length_ms(melody) * 1000000LL;
    int error = 0;
    for (unsigned i = 0; i < melody->nnotes && !error; i++) {
        const struct note *note = &melody->note[i];
        int64_t end_ns = i + 1 < melody->nnotes ? at_ns + (note->ms + note->pause_ms) * 1000000LL : stop_ns;
        error = pwm_channel_tune(&pwm->channel, period_of(note));
        if (!error && i == 0)
            report(pwm, CHIME_STARTED, 0);
        if (!error)
            error = ring(pwm, note, at_ns, end_ns);
        at_ns = end_ns;
    }
    return error;
}

static void play_melody(void *data)
{
    struct pwm *pwm = data;
    int error = ring_all(pwm), silenced = pwm_channel_silence(&pwm->channel);
    if (error == -ECANCELED && !silenced)
        report(pwm, CHIME_STOPPED, 0);
    else if (error && error != -ECANCELED)
        report(pwm, CHIME_FAILED, error);
    else
        report(pwm, silenced ? CHIME_FAILED : CHIME_FINISHED, silenced);
}

/* ---- the class ------------------------------------------------------------------------------- */

static void close_pwm(struct chime *chime)
{
    if (!chime)
        return;
    struct pwm *pwm = (struct pwm *)chime;
    player_destroy(pwm->player);
    pwm_channel_close(&pwm->channel);
    free(pwm);
}

static int open_pwm(struct chime **chime, const struct chime_config *config, char *error, size_t error_size)
{
    struct pwm *pwm = backend_alloc(sizeof *pwm, error, error_size);
    if (!pwm)
        return -ENOMEM;
    int result = pwm_channel_open(&pwm->channel, config->sysfs[0] ? config->sysfs : "/sys", config->chip,
                                  config->channel, error, error_size);
    if (!result) {
        result = player_create(&pwm->player, play_melody, pwm);
        if (result)
            snprintf(error, error_size, "the player cannot start: %s", strerrordesc_np(-result));
    }
    if (result)
        close_pwm(&pwm->chime);
    else
        *chime = &pwm->chime;
    return result;
}

static int play(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    struct pwm *pwm = (struct pwm *)chime;
    if (player_is_busy(pwm->player))
        return -EBUSY;
    if (melody_defect(melody) || volume_percent < 1 || volume_percent > 100)
        return -EINVAL;
    pwm->melody = *melody;
    pwm->volume_percent = volume_percent;
    player_begin(pwm->player, token);
    return 0;
}

static void stop(struct chime *chime)
{
    player_stop(((struct pwm *)chime)->player);
}

static int fd(struct chime *chime)
{
    return player_fd(((struct pwm *)chime)->player);
}

static bool take(struct chime *chime, struct chime_report *letter)
{
    return player_take(((struct pwm *)chime)->player, letter);
}

static bool is_realtime(struct chime *chime)
{
    return player_is_realtime(((struct pwm *)chime)->player);
}

const struct chime_ops chime_pwm = {
    .name = "pwm",
    .open = open_pwm,
    .close = close_pwm,
    .play = play,
    .stop = stop,
    .fd = fd,
    .take = take,
    .is_realtime = is_realtime,
};
