#include "tests/scenario/player.h"

#include "drivers/chime/tone.h"
#include "drivers/mailbox.h"
#include "tests/scenario/moment.h"

#include <errno.h>
#include <stdlib.h>

struct tone {
    struct tone_sink sink;
    struct mailbox *mailbox;
    struct alarm alarm;
    bool is_busy;
    struct chime_report report;
    struct edge edge[MELODY_EDGES_MAX];
};

void (*player_started)(const void *player, int64_t now_us, int64_t end_us);

int __wrap_tone_create(struct tone **out, const struct tone_sink *sink);
void __wrap_tone_destroy(struct tone *tone);
int __wrap_tone_play(struct tone *tone, const struct melody *melody, unsigned volume_percent, uint64_t token);
int __wrap_tone_rest(struct tone *tone, int64_t rest_ms, uint64_t token);
void __wrap_tone_stop(struct tone *tone);
bool __wrap_tone_is_busy(const struct tone *tone);
int __wrap_tone_fd(const struct tone *tone);
bool __wrap_tone_take(struct tone *tone, struct chime_report *report);
bool __wrap_tone_is_realtime(const struct tone *tone);

static void finish(void *data, int64_t now_us)
{
    struct tone *tone = data;
    tone->report.result = CHIME_FINISHED;
    tone->report.at_us = now_us;
    mailbox_post(tone->mailbox, &tone->report);
}

int __wrap_tone_create(struct tone **out, const struct tone_sink *sink)
{
    struct tone *tone = calloc(1, sizeof *tone);
    if (!tone)
        return -ENOMEM;
    tone->sink = *sink;
    tone->mailbox = mailbox_create(sizeof(struct chime_report), 2);
    alarm_add(&tone->alarm, finish, tone);
    *out = tone;
    return 0;
}

void __wrap_tone_destroy(struct tone *tone)
{
    if (!tone)
        return;
    alarm_remove(&tone->alarm);
    mailbox_destroy(tone->mailbox);
    free(tone);
}

static void start(struct tone *tone, uint32_t edges, uint64_t token, int64_t now_us, int64_t end_us)
{
    tone->is_busy = true;
    tone->report =
        (struct chime_report){ .token = token, .result = CHIME_STARTED, .at_us = now_us, .edges = edges };
    mailbox_post(tone->mailbox, &tone->report);
    tone->alarm.at_us = end_us;
    if (player_started)
        player_started(tone, now_us, end_us);
}

int __wrap_tone_play(struct tone *tone, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    if (tone->is_busy)
        return -EBUSY;
    int count = melody_edges(melody, volume_percent, tone->edge, MELODY_EDGES_MAX);
    if (count < 0)
        return count;
    int64_t now_us = moment_us(), end_us = now_us + melody_length_ms(melody) * INT64_C(1000);
    for (int i = 0; i < count; i++) {
        int64_t at_ns = now_us * 1000 + tone->edge[i].at_ns;
        tone->sink.set(tone->sink.data, tone->edge[i].level, at_ns);
        if (tone->sink.gap)
            tone->sink.gap(tone->sink.data, at_ns,
                           i + 1 < count ? tone->edge[i + 1].at_ns - tone->edge[i].at_ns : INT64_MAX);
    }
    start(tone, (uint32_t)count, token, now_us, end_us);
    return 0;
}

int __wrap_tone_rest(struct tone *tone, int64_t rest_ms, uint64_t token)
{
    if (tone->is_busy)
        return -EBUSY;
    int64_t now_us = moment_us();
    if (tone->sink.gap)
        tone->sink.gap(tone->sink.data, now_us * 1000, rest_ms * INT64_C(1000000));
    start(tone, 0, token, now_us, now_us + rest_ms * INT64_C(1000));
    return 0;
}

void __wrap_tone_stop(struct tone *tone)
{
    if (!tone->is_busy || tone->report.result != CHIME_STARTED)
        return;
    tone->alarm.at_us = INT64_MAX;
    tone->report.result = CHIME_STOPPED;
    tone->report.at_us = moment_us();
    mailbox_post(tone->mailbox, &tone->report);
}

bool __wrap_tone_is_busy(const struct tone *tone)
{
    return tone->is_busy;
}

int __wrap_tone_fd(const struct tone *tone)
{
    return mailbox_fd(tone->mailbox);
}

bool __wrap_tone_take(struct tone *tone, struct chime_report *report)
{
    bool has_report = mailbox_take(tone->mailbox, report);
    if (has_report && report->result != CHIME_STARTED)
        tone->is_busy = false;
    return has_report;
}

bool __wrap_tone_is_realtime(const struct tone *tone)
{
    (void)tone;
    return true;
}
