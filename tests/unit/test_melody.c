#include "drivers/chime/melody.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct edge edges[MELODY_EDGES_MAX];

static int edges_of(const struct melody *melody, unsigned volume)
{
    int count = melody_edges(melody, volume, edges, MELODY_EDGES_MAX);
    assert_true(count > 0);
    return count;
}

static struct melody melody_of(unsigned nnotes, const uint16_t *hz, uint16_t ms, uint16_t pause_ms)
{
    struct melody melody = { .id = "test", .nnotes = (uint8_t)nnotes };
    for (unsigned i = 0; i < nnotes; i++)
        melody.note[i] = (struct note){ hz[i], ms, pause_ms, 0 };
    return melody;
}

/* Hz of the note that sounds in [from_ms, to_ms), from its first rise to its last. */
static double measured_hz(int count, int from_ms, int to_ms)
{
    int64_t first = -1, last = -1;
    int periods = -1;
    for (int i = 0; i < count; i++) {
        if (!edges[i].level || edges[i].at_ns < from_ms * 1000000LL || edges[i].at_ns >= to_ms * 1000000LL)
            continue;
        first = first < 0 ? edges[i].at_ns : first;
        last = edges[i].at_ns;
        periods++;
    }
    return periods * 1e9 / (double)(last - first);
}

static void gong3_gives_660_550_and_440_hz(void **state)
{
    (void)state;
    const struct melody *gong = melody_find("gong3");
    static const double want[] = { 660, 550, 440 };
    int count = edges_of(gong, 100), at_ms = 0;
    assert_int_equal(gong->nnotes, 3);
    for (unsigned i = 0; i < 3; i++) {
        double hz = measured_hz(count, at_ms, at_ms + gong->note[i].ms);
        assert_true(fabs(hz / want[i] - 1) < 1e-6);
        at_ms += gong->note[i].ms + gong->note[i].pause_ms;
    }
}

static void every_frequency_is_exact_to_a_ppm(void **state)
{
    (void)state;
    for (uint16_t hz = NOTE_HZ_MIN; hz <= NOTE_HZ_MAX; hz += 7) {
        struct melody melody = melody_of(1, &hz, 2000, 0);
        double measured = measured_hz(edges_of(&melody, 100), 0, 2000);
        assert_true(fabs(measured / hz - 1) < 1e-6);
    }
}

static void rounding_does_not_add_up_over_a_melody(void **state)
{
    (void)state;
    static const uint16_t hz[] = {
        661, 547, 443, 661, 331, 457, 839
    }; /* periods that are no whole nanoseconds */
    struct melody melody = melody_of(7, hz, 800, 50);
    int count = edges_of(&melody, 100), at = 0;
    for (unsigned i = 0; i < melody.nnotes; i++) {
        int64_t start_ns = i * 850 * 1000000LL;
        for (int k = 0; k < hz[i] * 800 / 1000; k++, at += 2) {
            double exact = (double)start_ns + k * 1e9 / hz[i];
            assert_true(fabs((double)edges[at].at_ns - exact) <= 1);
        }
    }
    assert_int_equal(at, count);
}

static void check_shape(int count)
{
    assert_int_equal(edges[0].at_ns, 0);
    assert_int_equal(count % 2, 0);
    for (int i = 0; i < count; i++) {
        assert_int_equal(edges[i].level, i % 2 == 0);
        assert_true(i == 0 || edges[i].at_ns > edges[i - 1].at_ns);
    }
}

static void levels_alternate_times_rise_and_the_last_level_is_low(void **state)
{
    (void)state;
    const struct melody *melody;
    for (unsigned i = 0; (melody = melody_at(i)); i++) {
        static const unsigned volumes[] = { 1, 10, 50, 100 };
        for (unsigned v = 0; v < 4; v++) {
            int count = edges_of(melody, volumes[v]);
            check_shape(count);
            assert_true(edges[count - 1].at_ns <= melody_length_ms(melody) * 1000000LL);
        }
    }
}

static int64_t width(int pulse)
{
    return edges[2 * pulse + 1].at_ns - edges[2 * pulse].at_ns;
}

static void full_volume_begins_with_a_square_wave(void **state)
{
    (void)state;
    edges_of(melody_find("gong1"), 100);
    assert_int_equal(width(0), llround(1e9 / 660 / 2));
}

static void a_note_decays_to_18_db_in_four_steps(void **state)
{
    (void)state;
    int periods = edges_of(melody_find("gong1"), 100) / 2;
    static const double want_db[] = { 0, -6, -12, -18 };
    for (int step = 0; step < 4; step++) {
        double duty = (double)width(periods * step / 4 + 1) * 660 / 1e9;
        double db = 20 * log10(sin(M_PI * duty));
        assert_true(fabs(db - want_db[step]) < 0.1);
    }
}

static void volume_scales_the_fundamental_and_no_pulse_is_too_narrow(void **state)
{
    (void)state;
    edges_of(melody_find("gong1"), 50);
    assert_true(fabs(sin(M_PI * (double)width(0) * 660 / 1e9) - 0.5) < 0.001);
    int count = edges_of(melody_find("gong1"), 1);
    for (int i = 0; i < count / 2; i++)
        assert_true(width(i) >= 30000);
}

static void pauses_are_silent(void **state)
{
    (void)state;
    static const uint16_t hz[] = { 600, 500 };
    struct melody melody = melody_of(2, hz, 100, 300);
    int count = edges_of(&melody, 100);
    for (int i = 0; i < count; i++)
        assert_true(edges[i].at_ns <= 100000000LL || edges[i].at_ns >= 400000000LL);
}

static void the_length_leaves_out_the_last_pause(void **state)
{
    (void)state;
    static const uint16_t hz[] = { 600, 500 };
    struct melody melody = melody_of(2, hz, 100, 300);
    assert_int_equal(melody_length_ms(&melody), 500);
    assert_int_equal(melody_length_ms(melody_find("gong3")), 1640);
}

static void an_unknown_melody_is_not_found(void **state)
{
    (void)state;
    assert_null(melody_find("gong9"));
    assert_null(melody_find(""));
    assert_null(melody_at(1000));
}

static void more_edges_than_fit_are_refused(void **state)
{
    (void)state;
    static const uint16_t hz[] = { 2500, 2000, 2400 };
    struct melody melody = melody_of(3, hz, 2000, 0);
    assert_int_equal(melody_edges(&melody, 100, edges, MELODY_EDGES_MAX), -E2BIG);
    assert_int_equal(melody_edges(melody_find("gong1"), 100, edges, 923), -E2BIG);
    assert_int_equal(melody_edges(melody_find("gong1"), 100, edges, 924), 924);
}

static void a_volume_of_0_or_over_100_is_refused(void **state)
{
    (void)state;
    assert_int_equal(melody_edges(melody_find("gong1"), 0, edges, MELODY_EDGES_MAX), -EINVAL);
    assert_int_equal(melody_edges(melody_find("gong1"), 101, edges, MELODY_EDGES_MAX), -EINVAL);
}

struct row {
    const char *name;
    unsigned nnotes;
    uint16_t hz[MELODY_NOTES_MAX];
    uint16_t ms, pause_ms;
    const char *defect; /* part of the reason, NULL: fine */
};
static const struct row rows[] = {
    { "one note", 1, { 660 }, 700, 0, NULL },
    { "two equal notes", 2, { 660, 660 }, 300, 50, NULL },
    { "four falling notes", 4, { 880, 660, 550, 440 }, 300, 0, NULL },
    { "a tune", 6, { 660, 550, 660, 440, 550, 330 }, 200, 0, NULL },
    { "no note", 0, { 0 }, 0, 0, "1 to 16 notes" },
    { "20 kHz", 1, { 20000 }, 500, 0, "between 100 and 2500" },
    { "too deep", 1, { 99 }, 500, 0, "between 100 and 2500" },
    { "too short", 1, { 660 }, 9, 0, "at least 10 ms" },
    { "10 minutes", 1, { 660 }, 60000, 0, "continuous" },
    { "over six seconds", 4, { 660, 550, 660, 440 }, 1500, 100, "within 6 s" },
    { "a pause of a minute", 2, { 660, 550 }, 100, 60000, "more than 2 s" },
    { "ISO 8201 temporal-3", 3, { 520, 520, 520 }, 500, 500, "repeats" },
    { "two-tone alternating", 4, { 440, 554, 440, 554 }, 400, 0, "repeats" },
    { "a figure after an opening", 7, { 900, 440, 554, 700, 440, 554, 700 }, 200, 0, "repeats" },
    { "a falling sweep", 5, { 1200, 1000, 800, 650, 500 }, 200, 0, "sweep" },
    { "a rising sweep", 6, { 500, 560, 630, 720, 900, 1200 }, 100, 0, "sweep" },
};

static void each_defect_is_named(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct melody melody = melody_of(rows[i].nnotes, rows[i].hz, rows[i].ms, rows[i].pause_ms);
        const char *defect = melody_defect(&melody);
        bool is_right = rows[i].defect ? defect && strstr(defect, rows[i].defect) : !defect;
        if (!is_right)
            fail_msg("%s: %s", rows[i].name, defect ? defect : "no defect found");
        assert_int_equal(melody_edges(&melody, 50, edges, MELODY_EDGES_MAX) < 0, rows[i].defect != NULL);
    }
}

static void too_many_notes_are_refused_before_they_are_read(void **state)
{
    (void)state;
    struct melody melody = *melody_find("gong1");
    melody.nnotes = MELODY_NOTES_MAX + 1;
    assert_non_null(melody_defect(&melody));
}

static void the_melodies_of_the_house_have_no_defect(void **state)
{
    (void)state;
    const struct melody *melody;
    for (unsigned i = 0; (melody = melody_at(i)); i++) {
        assert_null(melody_defect(melody));
        assert_ptr_equal(melody_find(melody->id), melody);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gong3_gives_660_550_and_440_hz),
        cmocka_unit_test(every_frequency_is_exact_to_a_ppm),
        cmocka_unit_test(rounding_does_not_add_up_over_a_melody),
        cmocka_unit_test(levels_alternate_times_rise_and_the_last_level_is_low),
        cmocka_unit_test(full_volume_begins_with_a_square_wave),
        cmocka_unit_test(a_note_decays_to_18_db_in_four_steps),
        cmocka_unit_test(volume_scales_the_fundamental_and_no_pulse_is_too_narrow),
        cmocka_unit_test(pauses_are_silent),
        cmocka_unit_test(the_length_leaves_out_the_last_pause),
        cmocka_unit_test(an_unknown_melody_is_not_found),
        cmocka_unit_test(more_edges_than_fit_are_refused),
        cmocka_unit_test(a_volume_of_0_or_over_100_is_refused),
        cmocka_unit_test(each_defect_is_named),
        cmocka_unit_test(too_many_notes_are_refused_before_they_are_read),
        cmocka_unit_test(the_melodies_of_the_house_have_no_defect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
