/* Edges to sound and back: what the melodies are made of must be what is heard. */
#include "drivers/chime/melody.h"
#include "sim/ear.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SOUNDS_MAX 64

struct heard {
    unsigned count;
    struct ear_sound sound[SOUNDS_MAX];
};

static void note_down(void *data, const struct ear_sound *sound)
{
    struct heard *heard = data;
    assert_in_range(heard->count, 0, SOUNDS_MAX - 1);
    heard->sound[heard->count++] = *sound;
}

static unsigned count_kind(const struct heard *heard, enum ear_kind kind)
{
    unsigned count = 0;
    for (unsigned i = 0; i < heard->count; i++)
        count += heard->sound[i].kind == kind;
    return count;
}

static const struct ear_sound *nth(const struct heard *heard, enum ear_kind kind, unsigned n)
{
    for (unsigned i = 0; i < heard->count; i++)
        if (heard->sound[i].kind == kind && n-- == 0)
            return &heard->sound[i];
    fail_msg("there is no such sound");
    return NULL;
}

static void feed_line(struct ear *ear, struct heard *heard, const char *line)
{
    ear_feed(ear, line, strlen(line), note_down, heard);
}

static void feed_edge(struct ear *ear, struct heard *heard, int64_t at_ns, int level)
{
    char line[40];
    snprintf(line, sizeof line, "%" PRId64 " %d\n", at_ns, level);
    feed_line(ear, heard, line);
}

/* jitter_ns: each edge is late by up to that; skip: each nth cycle is left out. */
static void play(const char *id, struct heard *heard, int64_t jitter_ns, unsigned skip)
{
    static struct edge edge[MELODY_EDGES_MAX];
    struct ear ear = { 0 };
    char line[40];
    int count = melody_edges(melody_find(id), 100, edge, MELODY_EDGES_MAX);
    assert_true(count > 0);
    snprintf(line, sizeof line, "# %s\n", id);
    feed_line(&ear, heard, line);
    uint64_t random = 1;
    for (int i = 0; i < count; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t late_ns = jitter_ns ? (int64_t)((random >> 33) % (uint64_t)jitter_ns) : 0;
        if (!skip || (unsigned)(i / 2) % skip != skip - 1)
            feed_edge(&ear, heard, 7000000000 + edge[i].at_ns + late_ns, edge[i].level);
    }
    ear_wait(&ear, 7000000000 + edge[count - 1].at_ns + 1000000000, note_down, heard);
}

static void expect_notes(const char *id, int64_t jitter_ns, unsigned skip, double tolerance)
{
    struct heard heard = { 0 };
    const struct melody *melody = melody_find(id);
    play(id, &heard, jitter_ns, skip);
    assert_int_equal(heard.sound[0].kind, EAR_MELODY);
    assert_string_equal(heard.sound[0].melody, id);
    assert_int_equal(count_kind(&heard, EAR_ON), melody->nnotes);
    assert_int_equal(count_kind(&heard, EAR_OFF), melody->nnotes);
    double at_ms = 0;
    for (unsigned i = 0; i < melody->nnotes; i++) {
        const struct note *note = &melody->note[i];
        const struct ear_sound *on = nth(&heard, EAR_ON, i), *off = nth(&heard, EAR_OFF, i);
        assert_true(fabs(off->hz - note->hz) <= note->hz * tolerance);
        assert_true(fabs(on->at_ms - at_ms) < 3);
        assert_true(fabs(off->at_ms - at_ms - note->ms) < 5);
        at_ms += note->ms + note->pause_ms;
    }
}

static void a_gong_is_heard_at_its_pitch(void **state)
{
    (void)state;
    expect_notes("gong3", 0, 0, 0.0005);
    expect_notes("gong1", 0, 0, 0.0005);
}

static void late_and_missing_edges_do_not_split_a_tone(void **state)
{
    (void)state;
    expect_notes("gong3", 100000, 0, 0.001);
    expect_notes("gong3", 50000, 17, 0.001);
}

static void a_gong_fades(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    play("gong1", &heard, 0, 0);
    double last = nth(&heard, EAR_ON, 0)->amplitude;
    assert_true(last > 0.9);
    assert_in_range(count_kind(&heard, EAR_LEVEL), 2, 20);
    for (unsigned i = 0; i < count_kind(&heard, EAR_LEVEL); i++) {
        assert_true(nth(&heard, EAR_LEVEL, i)->amplitude < last);
        last = nth(&heard, EAR_LEVEL, i)->amplitude;
    }
    assert_true(last < 0.3);
}

static void bytes_may_come_in_any_pieces(void **state)
{
    (void)state;
    struct heard heard = { 0 };
    struct ear ear = { 0 };
    static const char text[] =
        "# gong1\n1000000 1\n1500000 0\n2000000 1\n2500000 0\n3000000 1\n4000000 1\n5000000 1\n";
    for (const char *at = text; *at; at++)
        ear_feed(&ear, at, 1, note_down, &heard);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.sound[1].kind, EAR_ON);
    assert_true(fabs(heard.sound[1].hz - 1000) < 0.1);
}

static void nonsense_is_not_heard(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\n",
        "hello\n",
        "5\n",
        "5 2\n",
        "5 1 1\n",
        " 1\n",
        "#gong\n",
        "99999999999999999999999999 1\n",
        "a line that is much longer than any line that a trace file has, much longer indeed, longer\n",
    };
    struct heard heard = { 0 };
    struct ear ear = { 0 };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        feed_line(&ear, &heard, lines[i]);
    ear_wait(&ear, INT64_MAX, note_down, &heard);
    assert_int_equal(heard.count, 0);
    feed_edge(&ear, &heard, INT64_MAX, 1);
    feed_edge(&ear, &heard, INT64_MIN, 1);
    feed_edge(&ear, &heard, 0, 1);
    for (int i = 0; i < 20; i++)
        feed_edge(&ear, &heard, 5, i % 2); /* no time passes */
    for (unsigned i = 0; i < heard.count; i++)
        assert_true(isfinite(heard.sound[i].hz) && isfinite(heard.sound[i].amplitude));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gong_is_heard_at_its_pitch),
        cmocka_unit_test(late_and_missing_edges_do_not_split_a_tone),
        cmocka_unit_test(a_gong_fades),
        cmocka_unit_test(bytes_may_come_in_any_pieces),
        cmocka_unit_test(nonsense_is_not_heard),
    };
    return cmocka_run_group_tests_name("ear", tests, NULL, NULL);
}
