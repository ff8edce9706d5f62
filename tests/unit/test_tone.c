#include "drivers/chime/tone.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define MADE_MAX 4096

/* A line that remembers what was made of it. Written by the player, read after its last report (or its end).
 */
struct line {
    struct {
        int64_t at_ns;
        bool level;
    } made[MADE_MAX];
    unsigned nmade, nsets, ngaps;
    unsigned fail_at; /* this set fails; 0: none */
    unsigned slow_at; /* this set takes slow_ns */
    int64_t slow_ns;
    int gap_error;
    bool level;
};
static struct line line;

/* 40 periods, 40 ms: long enough to see, short enough for a test. */
static const struct melody ping = { "ping", 1, { { 1000, 40, 0, 0 } } };
static const struct melody slow_ping = { "slow", 2, { { 1000, 10, 2000, 0 }, { 900, 10, 0, 0 } } };

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static int set(void *data, bool level, int64_t at_ns)
{
    struct line *to = data;
    to->nsets++;
    if (to->nsets == to->slow_at)
        for (int64_t end = now_ns() + to->slow_ns; now_ns() < end;)
            ;
    if (to->nsets == to->fail_at)
        return -EIO;
    to->level = level;
    if (to->nmade < MADE_MAX) {
        to->made[to->nmade].at_ns = at_ns;
        to->made[to->nmade++].level = level;
    }
    return 0;
}

static int gap(void *data, int64_t at_ns, int64_t gap_ns)
{
    struct line *to = data;
    (void)at_ns;
    (void)gap_ns;
    to->ngaps++;
    return to->gap_error;
}

static struct tone *tone;

static int set_up(void **state)
{
    (void)state;
    memset(&line, 0, sizeof line);
    return tone_create(&tone, &(struct tone_sink){ .data = &line, .set = set, .gap = gap });
}

static int tear_down(void **state)
{
    (void)state;
    tone_destroy(tone);
    tone = NULL;
    return line.level;
}

static struct chime_report next_report(void)
{
    struct chime_report report;
    struct pollfd wait = { tone_fd(tone), POLLIN, 0 };
    while (!tone_take(tone, &report))
        assert_int_equal(poll(&wait, 1, 5000), 1);
    return report;
}

static struct chime_report last_report(void)
{
    struct chime_report report = next_report();
    return report.result == CHIME_STARTED ? next_report() : report;
}

static void a_play_reports_its_start_and_its_end(void **state)
{
    (void)state;
    assert_int_equal(tone_play(tone, &ping, 100, 42), 0);
    struct chime_report start = next_report(), end = next_report();
    assert_int_equal(start.result, CHIME_STARTED);
    assert_int_equal(start.token, 42);
    assert_int_equal(start.at_us, line.made[0].at_ns / 1000);
    assert_int_equal(end.result, CHIME_FINISHED);
    assert_int_equal(end.token, 42);
    assert_int_equal(end.edges, 80);
    assert_int_equal(end.at_us, line.made[line.nmade - 1].at_ns / 1000);
    assert_int_equal(end.error, 0);
}

/* A loaded machine may skip edges, but it never moves them: each one made stands at its place of the table.
 */
static void check_places(const struct chime_report *end)
{
    struct edge table[80];
    unsigned at = 0, late_falls = 0;
    assert_int_equal(melody_edges(&ping, 100, table, 80), 80);
    for (unsigned i = 0; i < line.nmade; i++, at++) {
        int64_t since_ns = line.made[i].at_ns - line.made[0].at_ns;
        at += table[at].level != line.made[i].level;
        while (at + 2 < 80 && line.made[i].level && since_ns >= table[at + 2].at_ns)
            at += 2;
        assert_true(since_ns >= table[at].at_ns);
        bool is_late = since_ns > table[at].at_ns + TONE_LATE_NS;
        assert_false(is_late && line.made[i].level);
        late_falls += is_late;
    }
    assert_int_equal(line.nmade + end->late_edges, 80 + late_falls);
}

static void edges_alternate_and_keep_their_places(void **state)
{
    (void)state;
    assert_int_equal(tone_play(tone, &ping, 100, 1), 0);
    struct chime_report end = last_report();
    for (unsigned i = 0; i < line.nmade; i++)
        assert_int_equal(line.made[i].level, i % 2 == 0);
    check_places(&end);
}

static void after_a_stall_edges_are_skipped_not_shifted(void **state)
{
    (void)state;
    line.slow_at = 11; /* the rise at 5 ms */
    line.slow_ns = 7250000;
    assert_int_equal(tone_play(tone, &ping, 100, 1), 0);
    struct chime_report end = last_report();
    assert_int_equal(end.result, CHIME_FINISHED);
    assert_int_equal(end.edges, 80);
    assert_true(end.late_edges >= 13);
    assert_true(line.nmade <= 80 - 12);
    check_places(&end);
}

static void a_failing_line_ends_the_play_low_and_says_why(void **state)
{
    (void)state;
    line.fail_at = 4; /* a fall: the line would rest high */
    assert_int_equal(tone_play(tone, &ping, 100, 7), 0);
    struct chime_report end = last_report();
    assert_int_equal(end.result, CHIME_FAILED);
    assert_int_equal(end.error, -EIO);
    assert_int_equal(end.token, 7);
    assert_non_null(strstr(end.detail, "Input/output error"));
    assert_false(line.level);
}

static void a_line_that_fails_at_once_reports_only_the_failure(void **state)
{
    (void)state;
    line.fail_at = 1;
    assert_int_equal(tone_play(tone, &ping, 100, 7), 0);
    assert_int_equal(next_report().result, CHIME_FAILED);
    assert_false(tone_is_busy(tone));
}

static void an_error_in_a_gap_ends_the_play_too(void **state)
{
    (void)state;
    line.gap_error = -ENOSPC;
    assert_int_equal(tone_play(tone, &ping, 100, 7), 0);
    assert_int_equal(last_report().error, -ENOSPC);
    assert_false(line.level);
}

static void a_second_play_is_refused_until_the_last_report_was_taken(void **state)
{
    (void)state;
    assert_int_equal(tone_play(tone, &ping, 100, 1), 0);
    assert_int_equal(tone_play(tone, &ping, 100, 2), -EBUSY);
    assert_int_equal(tone_pulse(tone, 1, 2), -EBUSY);
    assert_int_equal(next_report().result, CHIME_STARTED);
    assert_int_equal(tone_play(tone, &ping, 100, 2), -EBUSY);
    assert_int_equal(next_report().result, CHIME_FINISHED);
    assert_int_equal(tone_play(tone, &ping, 100, 2), 0);
    assert_int_equal(last_report().token, 2);
}

static void a_melody_with_a_defect_is_refused_and_nothing_starts(void **state)
{
    (void)state;
    struct melody bad = ping;
    bad.note[0].hz = 20000;
    assert_int_equal(tone_play(tone, &bad, 100, 1), -EINVAL);
    assert_int_equal(tone_play(tone, &ping, 0, 1), -EINVAL);
    assert_false(tone_is_busy(tone));
    assert_int_equal(line.nsets, 0);
}

static void a_pulse_has_its_length(void **state)
{
    (void)state;
    assert_int_equal(tone_pulse(tone, 60, 3), 0);
    struct chime_report end = last_report();
    assert_int_equal(end.result, CHIME_FINISHED);
    assert_int_equal(line.nmade, 2);
    assert_true(line.made[0].level && !line.made[1].level);
    assert_true(line.made[1].at_ns - line.made[0].at_ns >= 60000000);
}

static void destroying_stops_a_pause_at_once_and_leaves_the_line_low(void **state)
{
    (void)state;
    assert_int_equal(tone_play(tone, &slow_ping, 100, 1), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    int64_t before_ns = now_ns();
    tone_destroy(tone);
    tone = NULL;
    assert_true(now_ns() - before_ns < 1000000000);
    assert_false(line.level);
    assert_true(line.nmade <= 22);
}

static void destroying_in_the_middle_of_a_pulse_leaves_the_line_low(void **state)
{
    (void)state;
    assert_int_equal(tone_pulse(tone, 5000, 1), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    tone_destroy(tone);
    tone = NULL;
    assert_false(line.level);
    assert_int_equal(line.nmade, 3); /* up, down by the player, down again for certain */
}

static void a_sound_of_silence_costs_no_gap_and_no_edge(void **state)
{
    (void)state;
    assert_int_equal(line.nsets, 0);
    assert_int_equal(line.ngaps, 0);
}

static void whether_it_is_realtime_is_what_the_kernel_says(void **state)
{
    (void)state;
    struct sched_param priority = { .sched_priority = 50 };
    pthread_t self = pthread_self();
    int policy, error = pthread_setschedparam(self, SCHED_FIFO, &priority);
    priority.sched_priority = 0;
    pthread_setschedparam(self, SCHED_OTHER, &priority);
    pthread_getschedparam(self, &policy, &priority);
    assert_int_equal(tone_is_realtime(tone), error == 0);
}

static void destroying_nothing_is_fine(void **state)
{
    (void)state;
    tone_destroy(NULL);
}

#define PLAYING(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLAYING(a_play_reports_its_start_and_its_end),
        PLAYING(edges_alternate_and_keep_their_places),
        PLAYING(after_a_stall_edges_are_skipped_not_shifted),
        PLAYING(a_failing_line_ends_the_play_low_and_says_why),
        PLAYING(a_line_that_fails_at_once_reports_only_the_failure),
        PLAYING(an_error_in_a_gap_ends_the_play_too),
        PLAYING(a_second_play_is_refused_until_the_last_report_was_taken),
        PLAYING(a_melody_with_a_defect_is_refused_and_nothing_starts),
        PLAYING(a_pulse_has_its_length),
        PLAYING(destroying_stops_a_pause_at_once_and_leaves_the_line_low),
        PLAYING(destroying_in_the_middle_of_a_pulse_leaves_the_line_low),
        PLAYING(a_sound_of_silence_costs_no_gap_and_no_edge),
        PLAYING(whether_it_is_realtime_is_what_the_kernel_says),
        cmocka_unit_test(destroying_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
