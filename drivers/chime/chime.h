/* Class chime: a speaker. Backends: alsa (a struck bell on HDMI, USB or I2S sound), gpio-tone (edges on a line), gpio-pulse
 * (triggers a ready chime module), pwm (the fundamentals of that bell by a PWM of the kernel), trace (the edges of gpio-tone at the same times, written to a file). Each has a real-time
 * thread of its own.
 *
 * A chime plays one melody, or says one thing, at a time; a request before the last report of the one before was taken is refused
 * with -EBUSY (announcing decides what waits). Nothing here waits for the sound. All functions belong to the
 * thread of the loop.
 */
#pragma once

#include "drivers/chime/melody.h"

struct chime_config {
    char id[33];
    char driver[16];  /* alsa | gpio-tone | gpio-pulse | pwm | trace */
    char device[64];  /* alsa: name of a PCM, "default:CARD=vc4hdmi0" */
    uint16_t lead_ms; /* alsa: silence before each sound, for receivers that wake up on sound: 0..3000 */
    char chip[64];    /* pwm: a part of its device's path, "1f00098000.pwm" */
    char line[33];
    bool is_active_low;
    uint16_t pulse_ms; /* gpio-pulse: 50..1000 */
    uint16_t channel;  /* pwm: of the chip */
    char sysfs[48];    /* pwm: where sysfs is; "": /sys */
    char file[108];    /* trace */
};

/* What say() takes: one channel of 16 bits at the rate that HDMI and USB devices have in common, so that nothing converts
 * rates beside the bell. */
#define CHIME_VOICE_HZ 48000
#define CHIME_VOICE_MAX                                                                                      \
    (60 * CHIME_VOICE_HZ) /* samples: an evacuation notice in three languages takes 40 s */

enum chime_result { CHIME_STARTED, CHIME_FINISHED, CHIME_FAILED, CHIME_STOPPED };
struct chime_report {
    uint64_t token;
    enum chime_result result;
    int error;      /* negative errno for CHIME_FAILED */
    int64_t at_us;  /* CLOCK_MONOTONIC: first edge or sample (started), last one (finished) */
    uint32_t edges; /* of the table, up to now; 0 for alsa and pwm */
    uint32_t
        late_edges; /* more than 100 us late, or skipped for that (tone.h); alsa: times the device ran dry */
    char detail[80];
};

struct chime;
struct chime_ops {
    const char *name;
    /* Reaches the device; the line is low. 0 or -errno with a line for people in `error`: -EINVAL
     * (configuration), as gpio_line_open() or snd_pcm_open() (-ENOENT, -ENODEV no such device, -EBUSY another
     * program has it), pwm_channel_open(), -EOPNOTSUPP (gpio-tone: an edge costs more than 50 us), or why the file cannot be
     * written. */
    int (*open)(struct chime **chime, const struct chime_config *config, char *error, size_t error_size);
    void (*close)(struct chime *chime); /* stops the sound; the line ends low; NULL is fine */
    /* 0 (reports follow), -EBUSY, -EINVAL (volume not 1..100, or melody_defect()), -E2BIG. gpio-pulse gives
     * its pulse whatever the melody and the volume: the module plays its own. Allocates nothing. After a report
     * of CHIME_FAILED the device is to be closed and opened again. */
    int (*play)(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token);
    bool can_speak; /* else say() is NULL */
    /* As play(), for speech: `count` samples (1..CHIME_VOICE_MAX) that stay as they are until the last report is taken; they
     * begin and end in silence. volume_percent 1..100 is the amplitude. -EBUSY, -EINVAL. Allocates nothing. */
    int (*say)(struct chime *chime, const int16_t *samples, size_t count, unsigned volume_percent,
               uint64_t token);
    /* Ends what sounds now within 20 ms, without waiting for it: CHIME_STOPPED follows, unless another last report is on its
     * way. The device stays open. Nothing sounds: nothing happens. */
    void (*stop)(struct chime *chime);
    int (*fd)(struct chime *chime); /* readable while there are reports */
    bool (*take)(struct chime *chime, struct chime_report *report);
    bool (*is_realtime)(struct chime *chime); /* SCHED_FIFO was granted */
};
extern const struct chime_ops chime_alsa, chime_gpio_tone, chime_gpio_pulse, chime_pwm, chime_trace;
const struct chime_ops *chime_backend(const char *name); /* NULL: unknown */

/* Trace file, one line an edge: "<CLOCK_MONOTONIC ns> <0|1>\n", with the time at which the edge was made; a
 * line "# <melody id>" before each melody, and "# say <samples>" for speech, which lasts as long as on a loudspeaker. Created and truncated at open; a melody that finds more than
 * CHIME_TRACE_MAX bytes starts the file again from empty, so a reader that follows it must expect it to
 * shrink. Edges reach the file at most 50 ms after they were made.
 */
#define CHIME_TRACE_MAX (1 << 20)
