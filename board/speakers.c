#include "board/speakers.h"

#include "board/log.h"
#include "drivers/chime/bell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MIN_US 1000000
#define RETRY_MAX_US 60000000
#define HAND_OVER_US 5000000 /* a sound that comes later is worth nothing */

struct speaker {
    struct speakers *speakers;
    const struct config_chime *config;
    struct loop_source *source;
    const struct chime_ops *ops;
    struct chime *chime;
    struct chime_turn turn; /* the calls that the present sound speaks for */
    bool is_heard;          /* the present one has begun */
    bool is_saying;         /* and it is speech */
    int64_t retry_us, retry_delay_us;
    uint64_t played, failed;
    char name[ID_SIZE + 8];
    char detail[160];
};

struct speakers {
    struct loop *loop;
    const struct config *config;
    struct receipts *receipts;
    void (*on_report)(void *data);
    void *data;
    struct chime_gates gates;    /* by the same index */
    struct announcer *announcer; /* NULL: nothing is spoken */
    bool is_silenced;            /* by the fire alarm */
    struct speaker speaker[CHIMES_MAX];
};

static unsigned index_of(const struct speaker *speaker)
{
    return (unsigned)(speaker - speaker->speakers->speaker);
}

/* Does it say what it sounds for? */
static bool speaks(const struct speaker *speaker)
{
    return speaker->speakers->announcer && speaker->config->is_speaking && speaker->ops &&
           speaker->ops->can_speak;
}

static void settle_turn(struct speaker *speaker, const char *result, int64_t at_us, const char *detail,
                        bool is_final)
{
    for (unsigned i = 0; i < speaker->turn.ntokens; i++)
        receipts_settle(speaker->speakers->receipts, speaker->turn.token[i], speaker->name, result, at_us,
                        detail, is_final);
}

/* What cannot get better by itself (a line that is too slow, a setting that makes no sense) is not tried again: each try
 * would click. */
static void later(struct speaker *speaker, int error, int64_t now_us)
{
    bool is_final = error == -EOPNOTSUPP || error == -EINVAL;
    if (!speaker->retry_delay_us)
        log_warn("chime/%s: absent: %s%s", speaker->config->device.id, speaker->detail,
                 is_final ? "" : "; tried again every minute");
    speaker->retry_delay_us = speaker->retry_delay_us ? speaker->retry_delay_us * 2 : RETRY_MIN_US;
    if (speaker->retry_delay_us > RETRY_MAX_US)
        speaker->retry_delay_us = RETRY_MAX_US;
    speaker->retry_us = is_final ? INT64_MAX : now_us + speaker->retry_delay_us;
}

/* What the failed sound would have told, those tell that stand by for it. */
static void hand_over(struct speaker *speaker)
{
    struct speakers *speakers = speaker->speakers;
    int64_t now_us = clock_us();
    for (unsigned i = 0; i < speakers->config->nchimes; i++) {
        struct speaker *other = &speakers->speaker[i];
        if (other->config->standby_for != (int)index_of(speaker) || !other->chime)
            continue;
        for (unsigned k = 0; k < speaker->turn.ntokens; k++)
            if (chime_gate_ask(&speakers->gates, i, speaker->turn.token[k], speaker->turn.kind,
                               now_us + HAND_OVER_US, now_us)) {
                receipts_expect(speakers->receipts, speaker->turn.token[k], other->name);
                if (speaks(other))
                    announcer_again(speakers->announcer, i, speaker->turn.token[k]);
            }
    }
}

/* A device that failed is closed and opened again: it may be another one by then. */
static void give_up(struct speaker *speaker, const struct chime_report *report)
{
    loop_remove(speaker->source);
    speaker->ops->close(speaker->chime);
    speaker->source = NULL;
    speaker->chime = NULL;
    snprintf(speaker->detail, sizeof speaker->detail, "%s", report->detail);
    later(speaker, report->error, clock_us());
}

/* The melody has ended: its voice follows, or its turn is over. */
static void chimed(struct speaker *speaker, const struct chime_report *report)
{
    struct speakers *speakers = speaker->speakers;
    bool is_good = report->result == CHIME_FINISHED, is_failed = report->result == CHIME_FAILED;
    speaker->played += is_good;
    speaker->failed += is_failed;
    if (is_failed && !speaker->is_heard)
        hand_over(speaker);
    settle_turn(speaker,
                is_good     ? "finished"
                : is_failed ? "failed"
                            : "muted_alarm",
                report->at_us, report->detail, true);
    if (!is_good && speaks(speaker))
        announcer_said(speakers->announcer, index_of(speaker), is_failed ? report->error : -ECANCELED,
                       report->detail, report->at_us, true);
    if (!is_good || !speaks(speaker) || !announcer_chimed(speakers->announcer, index_of(speaker), clock_us()))
        chime_gate_end(&speakers->gates, index_of(speaker), speaker->is_heard);
}

static void said(struct speaker *speaker, const struct chime_report *report)
{
    speaker->is_saying = false;
    announcer_said(speaker->speakers->announcer, index_of(speaker),
                   report->result == CHIME_FINISHED ? 0
                   : report->error                  ? report->error
                                                    : -ECANCELED,
                   report->detail, report->at_us, true);
}

static void reported(void *data, uint32_t events)
{
    (void)events;
    struct speaker *speaker = data;
    struct chime_report report;
    while (speaker->chime && speaker->ops->take(speaker->chime, &report)) {
        if (report.result == CHIME_STARTED && speaker->is_saying) {
            announcer_said(speaker->speakers->announcer, index_of(speaker), 0, "", report.at_us, false);
        } else if (report.result == CHIME_STARTED) {
            settle_turn(speaker, "started", report.at_us, "", false);
            speaker->is_heard = true;
        } else {
            (speaker->is_saying ? said : chimed)(speaker, &report);
            if (report.result == CHIME_FAILED)
                give_up(speaker, &report);
        }
    }
    speaker->speakers->on_report(speaker->speakers->data);
}

/* ---- the voice ------------------------------------------------------------------------------- */

static int say(void *data, unsigned chime, const int16_t *samples, size_t count)
{
    struct speakers *speakers = data;
    struct speaker *speaker = &speakers->speaker[chime];
    int error = speakers->is_silenced ? -ECANCELED
                : speaker->chime
                    ? speaker->ops->say(speaker->chime, samples, count, speaker->config->volume_percent, 1)
                    : -ENODEV;
    speaker->is_saying = !error;
    return error;
}

static void ended(void *data, unsigned chime)
{
    struct speakers *speakers = data;
    chime_gate_end(&speakers->gates, chime, speakers->speaker[chime].is_heard);
}

static void create_announcer(struct speakers *speakers)
{
    const struct announcer_sinks sinks = { speakers, say, ended };
    if (!speakers->config->voice.is_on)
        return;
    speakers->announcer =
        announcer_create(speakers->loop, speakers->config, &speakers->gates, speakers->receipts, &sinks);
    if (!speakers->announcer)
        log_warn("voice: cannot start: %s; calls are chimed only", strerror(errno));
}

static void try_open(struct speaker *speaker, int64_t now_us)
{
    const struct chime_config *device = &speaker->config->device;
    if (speaker->chime || now_us < speaker->retry_us)
        return;
    snprintf(speaker->detail, sizeof speaker->detail, "no driver \"%s\" in this build", device->driver);
    speaker->ops = chime_backend(device->driver);
    int error = speaker->ops
                    ? speaker->ops->open(&speaker->chime, device, speaker->detail, sizeof speaker->detail)
                    : -ENODEV;
    if (error < 0) {
        speaker->chime = NULL;
        later(speaker, error, now_us);
        return;
    }
    speaker->retry_delay_us = 0;
    speaker->detail[0] = '\0';
    speaker->source = loop_add(speaker->speakers->loop, speaker->ops->fd(speaker->chime), EPOLLIN, "chime",
                               reported, speaker);
    log_info("chime/%s: ready%s", device->id,
             speaker->ops->is_realtime(speaker->chime)
                 ? ""
                 : " (no real-time priority: the pitch may waver under load)");
}

struct speakers *speakers_create(struct loop *loop, const struct config *config, struct receipts *receipts,
                                 void (*on_report)(void *data), void *data)
{
    struct speakers *speakers = calloc(1, sizeof *speakers);
    if (!speakers)
        return NULL;
    speakers->loop = loop;
    speakers->config = config;
    speakers->receipts = receipts;
    speakers->on_report = on_report;
    speakers->data = data;
    chime_gates_init(&speakers->gates, config);
    create_announcer(speakers);
    for (unsigned i = 0; i < config->nchimes; i++) {
        struct speaker *speaker = &speakers->speaker[i];
        speaker->speakers = speakers;
        speaker->config = &config->chime[i];
        snprintf(speaker->name, sizeof speaker->name, "chime/%s", speaker->config->device.id);
        try_open(speaker, clock_us());
    }
    return speakers;
}

void speakers_destroy(struct speakers *speakers)
{
    if (!speakers)
        return;
    for (unsigned i = 0; i < speakers->config->nchimes; i++) {
        struct speaker *speaker = &speakers->speaker[i];
        loop_remove(speaker->source);
        if (speaker->chime)
            speaker->ops->close(speaker->chime);
    }
    announcer_destroy(speakers->announcer); /* nothing sounds any more that is its */
    free(speakers);
}

/* The speaker `index` if it sounds in the zone; one that stands by does so while the other is absent. */
static struct speaker *in_zone(struct speakers *speakers, unsigned index, int zone)
{
    struct speaker *speaker = &speakers->speaker[index];
    int first = speaker->config->standby_for;
    bool is_needed = first < 0 || !speakers->speaker[first].chime;
    return is_needed && speaker->config->zones >> zone & 1 ? speaker : NULL;
}

void speakers_expect(struct speakers *speakers, int zone, uint64_t token)
{
    for (unsigned i = 0; i < speakers->config->nchimes; i++) {
        struct speaker *speaker = in_zone(speakers, i, zone);
        if (speaker)
            receipts_expect(speakers->receipts, token, speaker->name);
    }
}

/* Not sounded, nor will it be. */
static void mute(struct speaker *speaker, uint64_t token, const char *result)
{
    struct speakers *speakers = speaker->speakers;
    receipts_settle(speakers->receipts, token, speaker->name, result, 0, "", true);
    if (speaks(speaker))
        announcer_mute(speakers->announcer, index_of(speaker), token, result, "");
}

static void ask(struct speaker *speaker, uint64_t token, enum chime_kind kind,
                const struct announcer_call *call, int64_t expires_us, int64_t now_us)
{
    struct speakers *speakers = speaker->speakers;
    if (speakers->is_silenced)
        mute(speaker, token, "muted_alarm");
    else if (!speaker->chime)
        receipts_settle(speakers->receipts, token, speaker->name, "failed", 0, speaker->detail, true);
    else if (!chime_gate_ask(&speakers->gates, index_of(speaker), token, kind, expires_us, now_us))
        receipts_settle(speakers->receipts, token, speaker->name, "superseded", 0,
                        "one chime sounds for more than 16 calls", true);
    else if (speaks(speaker))
        announcer_note(speakers->announcer, index_of(speaker), token, call, now_us);
}

void speakers_ask(struct speakers *speakers, uint64_t token, enum chime_kind kind,
                  const struct announcer_call *call, int64_t expires_us, int64_t now_us)
{
    int zone = speakers->config->desk[call->desk].zone;
    speakers_expect(speakers, zone, token);
    for (unsigned i = 0; i < speakers->config->nchimes; i++)
        if (in_zone(speakers, i, zone))
            ask(&speakers->speaker[i], token, kind, call, expires_us, now_us);
}

void speakers_mute(struct speakers *speakers, int zone, uint64_t token)
{
    speakers_expect(speakers, zone, token);
    for (unsigned i = 0; i < speakers->config->nchimes; i++)
        if (in_zone(speakers, i, zone))
            mute(&speakers->speaker[i], token, "muted_late");
}

/* A call that waits for its turn is answered then. */
void speakers_silence(struct speakers *speakers, bool is_silenced)
{
    speakers->is_silenced = is_silenced;
    for (unsigned i = 0; i < speakers->config->nchimes && is_silenced; i++)
        if (speakers->speaker[i].chime)
            speakers->speaker[i].ops->stop(speakers->speaker[i].chime);
}

static int play(struct speaker *speaker, const char *melody_id, int64_t now_us)
{
    const struct melody *melody = config_melody(speaker->speakers->config, melody_id);
    if (!melody)
        return -ENOENT;
    if (!speaker->chime)
        return -ENODEV;
    int error = speaker->ops->play(speaker->chime, melody, speaker->config->volume_percent, 1);
    if (error < 0)
        return error;
    speaker->is_heard = false;
    int length_ms =
        speaker->config->device.lead_ms + bell_length_ms(melody); /* the longest of the ways to sound */
    chime_gate_begin(&speaker->speakers->gates, index_of(speaker), length_ms * INT64_C(1000), now_us);
    return 0;
}

int speakers_play(struct speakers *speakers, const char *chime, const char *melody)
{
    for (unsigned i = 0; i < speakers->config->nchimes; i++) {
        struct speaker *speaker = &speakers->speaker[i];
        if (strcmp(speaker->config->device.id, chime) != 0)
            continue;
        if (speakers->is_silenced)
            return -ECANCELED;
        if (speakers->gates.gate[i].is_sounding)
            return -EBUSY;
        speaker->turn.ntokens = 0; /* a test speaks for no call */
        return play(speaker, melody, clock_us());
    }
    return -ENOENT;
}

static void take_turn(struct speaker *speaker, const struct chime_turn *turn, int64_t now_us)
{
    for (unsigned i = 0; i < turn->nlate; i++)
        mute(speaker, turn->late[i], "muted_late");
    for (unsigned i = 0; i < turn->ntokens && speaker->speakers->is_silenced; i++)
        mute(speaker, turn->token[i], "muted_alarm");
    if (!turn->ntokens || speaker->speakers->is_silenced)
        return;
    speaker->turn = *turn;
    if (speaks(speaker))
        announcer_begin(speaker->speakers->announcer, index_of(speaker), turn);
    int error = play(speaker, speaker->config->melody[turn->kind], now_us);
    if (error < 0) {
        speaker->failed++;
        hand_over(speaker);
        settle_turn(speaker, "failed", 0, strerror(-error), true);
        if (speaks(speaker))
            announcer_said(speaker->speakers->announcer, index_of(speaker), error, strerror(-error), 0, true);
    }
}

void speakers_tick(struct speakers *speakers, int64_t now_us)
{
    struct chime_turn turn;
    for (unsigned i = 0; i < speakers->config->nchimes; i++)
        try_open(&speakers->speaker[i], now_us);
    if (speakers->announcer)
        announcer_tick(speakers->announcer, now_us);
    while (chime_gates_turn(&speakers->gates, now_us, &turn))
        take_turn(&speakers->speaker[turn.chime], &turn, now_us);
}

int64_t speakers_deadline_us(const struct speakers *speakers)
{
    int64_t at_us = chime_gates_deadline_us(&speakers->gates);
    int64_t voice_us = speakers->announcer ? announcer_deadline_us(speakers->announcer) : INT64_MAX;
    at_us = voice_us < at_us ? voice_us : at_us;
    for (unsigned i = 0; i < speakers->config->nchimes; i++) {
        const struct speaker *speaker = &speakers->speaker[i];
        if (!speaker->chime && speaker->retry_us < at_us)
            at_us = speaker->retry_us;
    }
    return at_us;
}

bool speakers_died(struct speakers *speakers, pid_t pid, int status, int64_t now_us)
{
    return speakers && speakers->announcer && announcer_died(speakers->announcer, pid, status, now_us);
}

void speakers_status(const struct speakers *speakers, unsigned index, struct speaker_status *status)
{
    const struct speaker *speaker = &speakers->speaker[index];
    *status = (struct speaker_status){ .id = speaker->config->device.id,
                                       .driver = speaker->config->device.driver,
                                       .is_ready = speaker->chime != NULL,
                                       .played = speaker->played,
                                       .failed = speaker->failed };
    status->is_realtime = speaker->chime && speaker->ops->is_realtime(speaker->chime);
    bool is_muted = speaker->chime && speaker->speakers->is_silenced;
    snprintf(status->detail, sizeof status->detail, "%s",
             is_muted ? "silent: the fire alarm is on" : speaker->detail);
}
