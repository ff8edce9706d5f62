#include "board/announcer.h"

#include "board/voices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTED_MAX     (4 * CHIME_MERGE_MAX)
#define GUESS_US      INT64_C(5000000) /* of a sentence that is not rendered yet */
#define RENDER_MAX_US INT64_C(4000000) /* a sentence that is not there by then is given up */

enum stage { IDLE, CHIMING, PAUSE, RENDERING, SAYING };

struct noted {
    uint64_t token; /* 0: free */
    uint64_t order;
    int64_t asked_us;
    struct announcer_call call;
};

/* A sentence: of the call `at` of the turn, in its language number `nth`. */
struct piece {
    uint64_t id; /* of the request, 0: none */
    unsigned at, nth;
    bool is_ready;
    int error;
    const int16_t *samples;
    size_t count;
    char why[80];
};

struct mouth { /* of one chime */
    struct announcer *announcer;
    enum stage stage;
    struct noted call[CHIME_MERGE_MAX]; /* of the turn */
    unsigned ncalls, at, nth, nlangs, nsaid;
    int64_t due_us; /* PAUSE, RENDERING */
    char why[80];   /* what kept a language of the present call from being said; "" nothing */
    struct piece piece;
    char name[ID_SIZE + 8];
};

struct announcer {
    const struct config *config;
    struct chime_gates *gates;
    struct receipts *receipts;
    struct announcer_sinks sinks;
    struct voices *voices;
    uint64_t order, ids;
    struct noted noted[NOTED_MAX];
    struct mouth mouth[CHIMES_MAX];
};

static unsigned index_of(const struct mouth *mouth)
{
    return (unsigned)(mouth - mouth->announcer->mouth);
}

static void settle(const struct mouth *mouth, uint64_t token, const char *result, int64_t at_us,
                   const char *detail, bool is_final)
{
    receipts_settle(mouth->announcer->receipts, token, mouth->name, result, at_us, detail, is_final);
}

/* ---- calls that are noted -------------------------------------------------------------------- */

static struct noted *find(struct announcer *announcer, uint64_t token)
{
    for (unsigned i = 0; i < NOTED_MAX; i++)
        if (announcer->noted[i].token == token)
            return &announcer->noted[i];
    return NULL;
}

/* A free place, or that of the oldest, which nobody will speak any more. */
static struct noted *make_room(struct announcer *announcer)
{
    struct noted *oldest = announcer->noted;
    for (unsigned i = 0; i < NOTED_MAX && oldest->token; i++)
        if (!announcer->noted[i].token || announcer->noted[i].order < oldest->order)
            oldest = &announcer->noted[i];
    return oldest;
}

void announcer_note(struct announcer *announcer, unsigned chime, uint64_t token,
                    const struct announcer_call *call, int64_t now_us)
{
    receipts_expect(announcer->receipts, token, announcer->mouth[chime].name);
    struct noted *noted = find(announcer, token);
    noted = noted ? noted : make_room(announcer);
    *noted = (struct noted){ token, ++announcer->order, now_us, *call };
}

void announcer_again(struct announcer *announcer, unsigned chime, uint64_t token)
{
    if (find(announcer, token))
        receipts_expect(announcer->receipts, token, announcer->mouth[chime].name);
}

void announcer_mute(struct announcer *announcer, unsigned chime, uint64_t token, const char *result,
                    const char *detail)
{
    receipts_expect(announcer->receipts, token, announcer->mouth[chime].name);
    settle(&announcer->mouth[chime], token, result, 0, detail, true);
}

/* ---- sentences ------------------------------------------------------------------------------- */

static unsigned languages_of(const struct announcer *announcer, const struct announcer_call *call)
{
    return call->lang != NONE ? 1 : announcer->config->voice.nlangs;
}

static const struct grammar *grammar_of(const struct announcer *announcer, const struct announcer_call *call,
                                        unsigned nth)
{
    int lang = call->lang != NONE ? call->lang : announcer->config->voice.lang[nth];
    return announcer->config->voice.grammar[lang];
}

static void release(struct mouth *mouth)
{
    if (mouth->piece.id)
        voices_release(mouth->announcer->voices, mouth->piece.id);
    mouth->piece = (struct piece){ 0 };
}

/* Its end shows in `ready`, or in the piece. */
static void render(struct mouth *mouth)
{
    struct announcer *announcer = mouth->announcer;
    const struct announcer_call *call = &mouth->call[mouth->at].call;
    const struct config_desk *desk = &announcer->config->desk[call->desk];
    const struct said_call said = { call->saying, desk->kind, call->ticket, desk->label };
    struct sentence sentence;
    release(mouth);
    mouth->piece.id = ++announcer->ids;
    int error = grammar_say(grammar_of(announcer, call, mouth->nth), &said, &sentence);
    if (!error)
        error = voices_render(announcer->voices, &sentence, 1, mouth->piece.id);
    if (!error)
        return;
    mouth->piece = (struct piece){ .is_ready = true, .error = error };
    snprintf(mouth->piece.why, sizeof mouth->piece.why, "%s",
             error == -EAGAIN ? "the voice's process is down" : strerror(-error));
}

static int64_t length_us(const struct mouth *mouth)
{
    return mouth->piece.is_ready && !mouth->piece.error
               ? (int64_t)mouth->piece.count * 1000000 / CHIME_VOICE_HZ
               : GUESS_US;
}

/* The languages of the law belong together. */
static bool has_time(const struct mouth *mouth, int64_t now_us)
{
    bool is_begun = mouth->nsaid > 0 && mouth->nth < VOICE_LAWFUL;
    bool has_twin = mouth->nth == 0 && mouth->nlangs >= VOICE_LAWFUL;
    int64_t all_us = length_us(mouth) + (has_twin ? VOICE_PAUSE_US + GUESS_US : 0);
    return voice_has_time(mouth->announcer->gates, index_of(mouth), mouth->call[mouth->at].asked_us, all_us,
                          is_begun, now_us);
}

/* ---- a turn ---------------------------------------------------------------------------------- */

/* The next language of the call, or the next call; false: there is none. */
static bool move_on(struct mouth *mouth, bool is_next_call)
{
    if (!is_next_call && ++mouth->nth < mouth->nlangs)
        return true;
    mouth->at++;
    mouth->nth = mouth->nsaid = 0;
    mouth->why[0] = '\0';
    if (mouth->at < mouth->ncalls)
        mouth->nlangs = voice_languages(mouth->announcer->gates, index_of(mouth),
                                        languages_of(mouth->announcer, &mouth->call[mouth->at].call));
    return mouth->at < mouth->ncalls;
}

static void end(struct mouth *mouth)
{
    release(mouth);
    mouth->stage = IDLE;
    mouth->ncalls = 0;
    mouth->announcer->sinks.ended(mouth->announcer->sinks.data, index_of(mouth));
}

/* The call is done with: what was said of it counts, and what first went wrong. */
static void close_call(struct mouth *mouth, const char *result, int64_t at_us, const char *detail)
{
    bool is_said = mouth->nsaid > 0;
    const char *why = mouth->why[0] ? mouth->why : detail;
    char partly[sizeof mouth->why + 24];
    snprintf(partly, sizeof partly, "not in all languages: %s", why);
    settle(mouth, mouth->call[mouth->at].token,
           is_said         ? "finished"
           : mouth->why[0] ? "failed"
                           : result,
           is_said ? at_us : 0, is_said && mouth->nsaid < mouth->nlangs ? partly : why, true);
}

static void say(struct mouth *mouth, int64_t now_us);

static void wait_for_next(struct mouth *mouth, int64_t pause_us, int64_t now_us)
{
    mouth->stage = PAUSE;
    mouth->due_us = now_us + pause_us;
}

/* Of an error of say(): what the receipt says. */
static const char *failure(int error)
{
    return error == -ECANCELED ? "muted_alarm" : "failed";
}

static void skip_call(struct mouth *mouth, const char *result, const char *detail, int64_t now_us)
{
    close_call(mouth, result, now_us, detail);
    if (!move_on(mouth, true)) {
        end(mouth);
        return;
    }
    render(mouth);
    say(mouth, now_us);
}

/* What cannot be said in one language is said in the others. */
static void skip_language(struct mouth *mouth, const char *why, int64_t now_us)
{
    if (!mouth->why[0])
        snprintf(mouth->why, sizeof mouth->why, "%s", why);
    mouth->stage = PAUSE; /* the next one has its own time to be rendered */
    if (mouth->nth + 1 == mouth->nlangs) {
        skip_call(mouth, "failed", "", now_us);
        return;
    }
    move_on(mouth, false);
    render(mouth);
    say(mouth, now_us);
}

/* What is to be said next, if it is there and there is time. */
static void say(struct mouth *mouth, int64_t now_us)
{
    struct announcer *announcer = mouth->announcer;
    struct piece *piece = &mouth->piece;
    if (!has_time(mouth, now_us)) {
        mouth->stage = PAUSE;
        skip_call(mouth, "dropped_late", "others were called", now_us);
        return;
    }
    if (!piece->is_ready) {
        mouth->due_us = mouth->stage == RENDERING ? mouth->due_us : now_us + RENDER_MAX_US;
        mouth->stage = RENDERING;
        if (now_us >= mouth->due_us)
            skip_call(mouth, "failed", "no speech within 4 s", now_us);
        return;
    }
    int error = piece->error;
    if (!error)
        error = announcer->sinks.say(announcer->sinks.data, index_of(mouth), piece->samples, piece->count);
    if (error == -ECANCELED && !piece->error) {
        skip_call(mouth, failure(error), "", now_us);
        return;
    }
    if (error) {
        skip_language(mouth, piece->error ? piece->why : strerror(-error), now_us);
        return;
    }
    chime_gate_prolong(announcer->gates, index_of(mouth), now_us + length_us(mouth) + VOICE_PAUSE_US);
    mouth->stage = SAYING;
}

void announcer_begin(struct announcer *announcer, unsigned chime, const struct chime_turn *turn)
{
    struct mouth *mouth = &announcer->mouth[chime];
    mouth->ncalls = 0;
    for (unsigned i = 0; i < turn->ntokens; i++) {
        struct noted *noted = find(announcer, turn->token[i]);
        if (!noted)
            continue;
        mouth->call[mouth->ncalls++] = *noted;
    }
    mouth->at = mouth->nth = mouth->nsaid = 0;
    mouth->why[0] = '\0';
    mouth->stage = mouth->ncalls ? CHIMING : IDLE;
    if (!mouth->ncalls)
        return;
    mouth->nlangs = voice_languages(announcer->gates, chime, languages_of(announcer, &mouth->call[0].call));
    render(mouth);
}

bool announcer_chimed(struct announcer *announcer, unsigned chime, int64_t now_us)
{
    struct mouth *mouth = &announcer->mouth[chime];
    if (mouth->stage != CHIMING)
        return false;
    wait_for_next(mouth, VOICE_GAP_US, now_us);
    return true;
}

void announcer_said(struct announcer *announcer, unsigned chime, int error, const char *detail, int64_t at_us,
                    bool is_final)
{
    struct mouth *mouth = &announcer->mouth[chime];
    if (mouth->stage != SAYING && mouth->stage != CHIMING)
        return;
    if (!is_final) {
        if (mouth->stage == SAYING && mouth->nth == 0)
            settle(mouth, mouth->call[mouth->at].token, "started", at_us, "", false);
        return;
    }
    if (error) { /* the device is gone, or was told to be silent */
        do
            close_call(mouth, failure(error), at_us, detail);
        while (move_on(mouth, true));
        end(mouth);
        return;
    }
    mouth->nsaid++;
    bool is_last = mouth->nth + 1 == mouth->nlangs;
    if (is_last)
        close_call(mouth, "finished", at_us, "");
    if (!move_on(mouth, false)) {
        end(mouth);
        return;
    }
    render(mouth);
    wait_for_next(mouth, is_last ? VOICE_GAP_US : VOICE_PAUSE_US, at_us);
}

static void ready(void *data, uint64_t id, int error, const char *why, const int16_t *samples, size_t count)
{
    struct announcer *announcer = data;
    for (unsigned i = 0; i < announcer->config->nchimes; i++) {
        struct mouth *mouth = &announcer->mouth[i];
        struct piece *piece = &mouth->piece;
        if (piece->id != id)
            continue;
        *piece = (struct piece){
            .id = error ? 0 : id, .is_ready = true, .error = error, .samples = samples, .count = count
        };
        snprintf(piece->why, sizeof piece->why, "%s", why ? why : "");
        if (mouth->stage == RENDERING)
            say(mouth, clock_us());
        return;
    }
}

void announcer_tick(struct announcer *announcer, int64_t now_us)
{
    for (unsigned i = 0; i < announcer->config->nchimes; i++) {
        struct mouth *mouth = &announcer->mouth[i];
        if ((mouth->stage == PAUSE || mouth->stage == RENDERING) && now_us >= mouth->due_us)
            say(mouth, now_us);
    }
}

int64_t announcer_deadline_us(const struct announcer *announcer)
{
    int64_t at_us = INT64_MAX;
    for (unsigned i = 0; i < announcer->config->nchimes; i++) {
        const struct mouth *mouth = &announcer->mouth[i];
        if ((mouth->stage == PAUSE || mouth->stage == RENDERING) && mouth->due_us < at_us)
            at_us = mouth->due_us;
    }
    return at_us;
}

bool announcer_died(struct announcer *announcer, pid_t pid, int status, int64_t now_us)
{
    return voices_died(announcer->voices, pid, status, now_us);
}

struct announcer *announcer_create(struct loop *loop, const struct config *config, struct chime_gates *gates,
                                   struct receipts *receipts, const struct announcer_sinks *sinks)
{
    struct announcer *announcer = calloc(1, sizeof *announcer);
    if (!announcer)
        return NULL;
    announcer->config = config;
    announcer->gates = gates;
    announcer->receipts = receipts;
    announcer->sinks = *sinks;
    for (unsigned i = 0; i < config->nchimes; i++) {
        announcer->mouth[i].announcer = announcer;
        snprintf(announcer->mouth[i].name, sizeof announcer->mouth[i].name, "voice/%s",
                 config->chime[i].device.id);
    }
    announcer->voices = voices_create(loop, config, ready, announcer);
    if (announcer->voices)
        return announcer;
    int error = errno;
    free(announcer);
    errno = error;
    return NULL;
}

void announcer_destroy(struct announcer *announcer)
{
    if (!announcer)
        return;
    voices_destroy(announcer->voices);
    free(announcer);
}
