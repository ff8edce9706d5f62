#include "drivers/chime/tone.h"

#include "drivers/chime/player.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NS_PER_S        1000000000LL
#define NS_PER_MS       1000000LL
#define STOP_LATENCY_NS (20 * NS_PER_MS)
#define REPORT_GAP_NS   100000 /* posting a report takes a few microseconds */

struct tone {
    struct tone_sink sink;
    struct player *player;
    /* written by the loop while nothing is played */
    unsigned nedges; /* 0: a rest of rest_ns */
    int64_t rest_ns;
    struct edge edge[MELODY_EDGES_MAX];
};

/* One play, on the player's stack. */
struct play {
    struct tone *tone;
    int64_t origin_ns; /* of the edge table on CLOCK_MONOTONIC: when the first edge went out */
    int64_t last_ns;   /* when the newest edge was made */
    uint32_t edges, late;
    bool is_high, is_announced;
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void sleep_until(int64_t at_ns)
{
    struct timespec at = { at_ns / NS_PER_S, at_ns % NS_PER_S };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* Pauses between notes are slept in slices, so that a stop is noticed. */
static int64_t wait_until(struct tone *tone, int64_t at_ns)
{
    int64_t now = now_ns();
    while (at_ns - now > TONE_SPIN_NS && !player_is_stopping(tone->player)) {
        int64_t wake_ns = at_ns - TONE_SPIN_NS;
        sleep_until(wake_ns - now > STOP_LATENCY_NS ? now + STOP_LATENCY_NS : wake_ns);
        now = now_ns();
    }
    while (now < at_ns && !player_is_stopping(tone->player))
        now = now_ns();
    return now;
}

static void report(const struct play *play, enum chime_result result, int error, int64_t at_ns)
{
    struct chime_report letter = { .result = result, .error = error };
    letter.at_us = at_ns / 1000;
    letter.edges = play->edges;
    letter.late_edges = play->late;
    if (error)
        snprintf(letter.detail, sizeof letter.detail, "edge %u of %u: %s", play->edges, play->tone->nedges,
                 strerrordesc_np(-error));
    player_post(play->tone->player, letter);
}

static int put_level(struct play *play, bool level, int64_t at_ns)
{
    const struct tone_sink *sink = &play->tone->sink;
    int error = sink->set(sink->data, level, at_ns);
    if (error)
        return error;
    play->is_high = level;
    play->last_ns = at_ns;
    return 0;
}

static int put_first_edge(struct play *play, const struct edge *edge)
{
    int64_t now = now_ns();
    play->edges++;
    play->origin_ns = now - edge->at_ns;
    return put_level(play, edge->level, now);
}

static int put_edge(struct play *play, const struct edge *edge)
{
    int64_t at_ns = play->origin_ns + edge->at_ns;
    int64_t now = wait_until(play->tone, at_ns);
    if (player_is_stopping(play->tone->player))
        return 0;
    bool is_late = now - at_ns > TONE_LATE_NS;
    bool is_of_skipped_pulse = edge->level == play->is_high;
    play->edges++;
    play->late += is_late || is_of_skipped_pulse;
    if (is_of_skipped_pulse || (is_late && edge->level))
        return 0;
    return put_level(play, edge->level, now);
}

/* STARTED is posted in the first silence that is long enough for a system call, so that no pulse is stretched
 * by it. */
static int use_gap(struct play *play, const struct edge *edge)
{
    struct tone *tone = play->tone;
    bool is_last = play->edges == tone->nedges;
    int64_t now = now_ns();
    int64_t gap_ns = is_last ? INT64_MAX : play->origin_ns + edge[1].at_ns - now;
    if (!play->is_announced && (is_last || gap_ns > REPORT_GAP_NS)) {
        report(play, CHIME_STARTED, 0, play->origin_ns);
        play->is_announced = true;
    }
    return tone->sink.gap ? tone->sink.gap(tone->sink.data, now, gap_ns) : 0;
}

static int put_all(struct play *play)
{
    struct tone *tone = play->tone;
    int error = 0;
    for (unsigned i = 0; i < tone->nedges && !error && !player_is_stopping(tone->player); i++) {
        error = i ? put_edge(play, &tone->edge[i]) : put_first_edge(play, &tone->edge[i]);
        if (!error)
            error = use_gap(play, &tone->edge[i]);
    }
    return error;
}

static void rest_low(const struct tone *tone)
{
    int64_t now = now_ns();
    tone->sink.set(tone->sink.data, false, now);
    if (tone->sink.gap)
        tone->sink.gap(tone->sink.data, now, INT64_MAX);
}

static int rest(struct play *play)
{
    struct tone *tone = play->tone;
    int64_t start_ns = now_ns();
    report(play, CHIME_STARTED, 0, start_ns);
    int error = tone->sink.gap ? tone->sink.gap(tone->sink.data, start_ns, tone->rest_ns) : 0;
    play->last_ns = error ? start_ns : wait_until(tone, start_ns + tone->rest_ns);
    return error;
}

static void play_table(void *data)
{
    struct tone *tone = data;
    struct play play = { .tone = tone };
    int error = tone->nedges ? put_all(&play) : rest(&play);
    bool is_cut = player_is_stopping(tone->player);
    if (error || is_cut)
        rest_low(tone);
    report(&play,
           error    ? CHIME_FAILED
           : is_cut ? CHIME_STOPPED
                    : CHIME_FINISHED,
           error, error || is_cut ? now_ns() : play.last_ns);
}

int tone_create(struct tone **out, const struct tone_sink *sink)
{
    struct tone *tone = calloc(1, sizeof *tone);
    if (!tone)
        return -ENOMEM;
    tone->sink = *sink;
    int error = player_create(&tone->player, play_table, tone);
    if (error)
        free(tone);
    else
        *out = tone;
    return error;
}

void tone_destroy(struct tone *tone)
{
    if (!tone)
        return;
    player_destroy(tone->player);
    rest_low(tone);
    free(tone);
}

static void start(struct tone *tone, unsigned nedges, uint64_t token)
{
    tone->nedges = nedges;
    player_begin(tone->player, token);
}

int tone_play(struct tone *tone, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    if (tone_is_busy(tone))
        return -EBUSY;
    int nedges = melody_edges(melody, volume_percent, tone->edge, MELODY_EDGES_MAX);
    if (nedges < 0)
        return nedges;
    start(tone, (unsigned)nedges, token);
    return 0;
}

int tone_pulse(struct tone *tone, unsigned pulse_ms, uint64_t token)
{
    if (tone_is_busy(tone))
        return -EBUSY;
    tone->edge[0] = (struct edge){ 0, 1 };
    tone->edge[1] = (struct edge){ pulse_ms * NS_PER_MS, 0 };
    start(tone, 2, token);
    return 0;
}

int tone_rest(struct tone *tone, int64_t rest_ms, uint64_t token)
{
    if (tone_is_busy(tone))
        return -EBUSY;
    tone->rest_ns = rest_ms * NS_PER_MS;
    start(tone, 0, token);
    return 0;
}

void tone_stop(struct tone *tone)
{
    player_stop(tone->player);
}

bool tone_is_busy(const struct tone *tone)
{
    return player_is_busy(tone->player);
}

int tone_fd(const struct tone *tone)
{
    return player_fd(tone->player);
}

bool tone_take(struct tone *tone, struct chime_report *letter)
{
    return player_take(tone->player, letter);
}

bool tone_is_realtime(const struct tone *tone)
{
    return player_is_realtime(tone->player);
}
