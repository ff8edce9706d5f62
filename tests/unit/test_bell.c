#include "drivers/chime/bell.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RATE 48000

static int16_t samples[RATE * 10];

static size_t ring(const struct melody *melody, unsigned volume)
{
    struct bell bell;
    bell_strike(&bell, melody, volume, RATE);
    size_t count = 0, more;
    while ((more = bell_render(&bell, samples + count, 479)) > 0) /* pieces that no period divides */
        count += more;
    return count;
}

/* Amplitude of hz in samples[from, to), by Goertzel's algorithm under a Hann window. */
static double level(double hz, size_t from, size_t to)
{
    double k = 2 * cos(2 * M_PI * hz / RATE), y1 = 0, y2 = 0;
    for (size_t i = from; i < to; i++) {
        double window = 0.5 - 0.5 * cos(2 * M_PI * (double)(i - from) / (double)(to - from));
        double y = samples[i] * window + k * y1 - y2;
        y2 = y1;
        y1 = y;
    }
    return sqrt(y1 * y1 + y2 * y2 - k * y1 * y2) * 4 / (double)(to - from);
}

/* The strongest frequency near hz: a search by thirds. */
static double pitch(double hz, size_t from, size_t to)
{
    double low = hz * 0.99, high = hz * 1.01;
    while (high - low > hz * 1e-6) {
        double third = (high - low) / 3;
        if (level(low + third, from, to) < level(high - third, from, to))
            low += third;
        else
            high -= third;
    }
    return (low + high) / 2;
}

static struct melody random_melody(void)
{
    struct melody melody;
    do {
        melody = (struct melody){ .id = "random", .nnotes = (uint8_t)(1 + rand() % MELODY_NOTES_MAX) };
        for (unsigned i = 0; i < melody.nnotes; i++)
            melody.note[i] = (struct note){ (uint16_t)(NOTE_HZ_MIN + rand() % 2400),
                                            (uint16_t)(NOTE_MS_MIN + rand() % 600), (uint16_t)(rand() % 90),
                                            (uint16_t)(rand() % 2 * (200 + rand() % 2000)) };
    } while (melody_defect(&melody));
    return melody;
}

static void gong3_has_660_550_and_440_hz_where_the_melody_says(void **state)
{
    (void)state;
    const struct melody *gong = melody_find("gong3");
    size_t count = ring(gong, 100), at = 0;
    assert_int_equal(count, RATE * (470 + 470 + 1200) / 1000);
    for (unsigned i = 0; i < gong->nnotes; i++) {
        size_t end = at + RATE * gong->note[i].ms / 1000;
        double own = level(gong->note[i].hz, at, end);
        assert_true(fabs(pitch(gong->note[i].hz, at, end) / gong->note[i].hz - 1) < 1e-3);
        assert_true(own > 2000);
        for (unsigned k = 0; k < gong->nnotes; k++) /* what rings on is 10 dB below the new stroke */
            assert_true(k == i || level(gong->note[k].hz, at, end) < own / 3);
        at += RATE * (size_t)(gong->note[i].ms + gong->note[i].pause_ms) / 1000;
    }
}

static void pitch_is_exact_from_the_lowest_to_the_highest_note(void **state)
{
    (void)state;
    for (unsigned hz = NOTE_HZ_MIN; hz <= NOTE_HZ_MAX; hz += 240) {
        struct melody melody = { "one", 1, { { (uint16_t)hz, 1000, 0, 0 } } };
        ring(&melody, 100);
        assert_true(fabs(pitch(hz, 0, RATE) / hz - 1) < 1e-3);
    }
}

static void it_dies_away_like_metal(void **state)
{
    (void)state;
    struct melody melody = { "one", 1, { { 440, 2000, 0, 0 } } };
    ring(&melody, 100);
    double early = level(440, RATE / 10, RATE * 3 / 10), late = level(440, RATE * 9 / 10, RATE * 11 / 10);
    assert_true(fabs(20 * log10(early / late) - 0.8 * 60 / 1.6) < 0.5);
    double octave = level(880, RATE / 10, RATE * 3 / 10) / level(880, RATE * 9 / 10, RATE * 11 / 10);
    assert_true(octave > early / late * 3); /* the higher partials go first */
}

static void nothing_clips_whatever_overlaps(void **state)
{
    (void)state;
    srand(7);
    for (unsigned round = 0; round < 60; round++) {
        struct melody melody = random_melody();
        size_t count = ring(&melody, 100);
        assert_int_equal(count, (size_t)bell_length_ms(&melody) * RATE / 1000);
        for (size_t i = 0; i < count; i++)
            assert_in_range(abs(samples[i]), 0, INT16_MAX * 9 / 10);
    }
}

/* A step between two samples is a click where nothing else sounds: at the first stroke and at the end. */
static void it_begins_and_ends_without_a_click(void **state)
{
    (void)state;
    size_t count = ring(melody_find("gong3"), 100);
    assert_int_equal(samples[0], 0);
    for (unsigned i = 1; i < 16; i++)
        assert_true(abs(samples[i] - samples[i - 1]) < 400);
    for (size_t i = count - RATE / 50; i < count; i++)
        assert_true(abs(samples[i]) < 330); /* -40 dB */
    assert_true(abs(samples[count - 1]) <= 1);
}

static void volume_is_the_amplitude(void **state)
{
    (void)state;
    struct melody melody = { "one", 1, { { 440, 1000, 0, 0 } } };
    ring(&melody, 100);
    double full = level(440, 0, RATE);
    ring(&melody, 50);
    assert_true(fabs(full / level(440, 0, RATE) - 2) < 0.01);
}

static void pieces_of_any_size_are_one_sound(void **state)
{
    (void)state;
    static int16_t whole[RATE * 3];
    struct bell bell;
    size_t count = ring(melody_find("gong3"), 80);
    bell_strike(&bell, melody_find("gong3"), 80, RATE);
    assert_int_equal(bell_render(&bell, whole, RATE * 3), count);
    assert_memory_equal(whole, samples, count * sizeof *samples);
    assert_int_equal(bell_render(&bell, whole, 100), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gong3_has_660_550_and_440_hz_where_the_melody_says),
        cmocka_unit_test(pitch_is_exact_from_the_lowest_to_the_highest_note),
        cmocka_unit_test(it_dies_away_like_metal),
        cmocka_unit_test(nothing_clips_whatever_overlaps),
        cmocka_unit_test(it_begins_and_ends_without_a_click),
        cmocka_unit_test(volume_is_the_amplitude),
        cmocka_unit_test(pieces_of_any_size_are_one_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
