/* Words are cut, brought to one level and one rate, and joined. */
#include "board/speech/sound.h"

#include "tests/unit/speech_tools.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static int16_t room[10 * SOUND_HZ];

static struct joined empty(void)
{
    memset(room, 0x55, sizeof room);
    return (struct joined){ .samples = room, .max = sizeof room / sizeof *room };
}

static struct sound prepared(unsigned ms, double hz, double amplitude)
{
    struct sound word = tone_between(200, ms, 300, hz, amplitude);
    assert_int_equal(sound_prepare(&word), 0);
    return word;
}

static void silence_around_a_word_is_cut(void **state)
{
    (void)state;
    struct sound word = tone_between(700, 400, 900, 300, 0.3);
    assert_int_equal(sound_prepare(&word), 0);
    assert_in_range(word.count, 400 * MS, 420 * MS);
    sound_finish(&word);
}

static void a_word_without_silence_stays_whole(void **state)
{
    (void)state;
    struct sound word = tone_between(0, 333, 0, 300, 0.3);
    assert_int_equal(sound_prepare(&word), 0);
    assert_int_equal(word.count, 333 * MS);
    sound_finish(&word);
}

static void words_of_any_loudness_get_one_level(void **state)
{
    (void)state;
    static const double amplitudes[] = { 0.005, 0.02, 0.1, 0.5, 1.0 };
    for (size_t i = 0; i < sizeof amplitudes / sizeof *amplitudes; i++) {
        struct sound word = prepared(400, 300, amplitudes[i]);
        assert_true(fabs(sound_level_db(word.samples, word.count) - SOUND_LEVEL_DB) < 0.5);
        sound_finish(&word);
    }
}

/* A pause in it would lower the mean of the whole. */
static void a_pause_within_a_word_does_not_make_it_louder(void **state)
{
    (void)state;
    struct sound word = tone_between(0, 200, 800, 300, 0.3), end = tone_between(0, 200, 0, 300, 0.3);
    word.samples = realloc(word.samples, (word.count + end.count) * sizeof(float));
    memcpy(word.samples + word.count, end.samples, end.count * sizeof(float));
    word.count += end.count;
    assert_int_equal(sound_prepare(&word), 0);
    assert_in_range(word.count, 1190 * MS, 1200 * MS);
    assert_true(fabs(sound_level_db(word.samples, 200 * MS) - SOUND_LEVEL_DB) < 0.5);
    sound_finish(&word);
    sound_finish(&end);
}

static void no_sample_is_louder_than_the_ceiling(void **state)
{
    (void)state;
    struct sound word = tone_between(0, 400, 0, 300, 0.02);
    for (size_t i = 0; i < word.count; i += 4800)
        word.samples[i] = 0.9F; /* a click in a quiet recording */
    assert_int_equal(sound_prepare(&word), 0);
    double most = 0;
    for (size_t i = 0; i < word.count; i++)
        most = fmax(most, fabs((double)word.samples[i]));
    assert_true(most > 0.7 && most <= 0.891);
    sound_finish(&word);
}

static void a_silent_word_is_told_and_left_alone(void **state)
{
    (void)state;
    struct sound word = tone_between(0, 400, 0, 300, 0.0005), none = { 0 };
    assert_int_equal(sound_prepare(&word), -ENODATA);
    assert_int_equal(word.count, 400 * MS);
    assert_int_equal(sound_prepare(&none), -ENODATA);
    sound_finish(&word);
}

static void joined_words_overlap_without_a_gap_or_a_click_at_one_level(void **state)
{
    (void)state;
    static const struct {
        double hz, amplitude;
    } words[] = { { 300, 0.01 }, { 450, 0.9 }, { 220, 0.1 }, { 700, 0.5 }, { 150, 0.03 } };
    struct joined joined = empty();
    size_t starts[5], counts[5];
    for (unsigned i = 0; i < 5; i++) {
        struct sound word = prepared(400, words[i].hz, words[i].amplitude);
        counts[i] = word.count;
        assert_int_equal(joined_add(&joined, &word), 0);
        starts[i] = joined.count - word.count;
        sound_finish(&word);
    }
    assert_int_equal(joined_pause(&joined, 0), 0);
    for (unsigned i = 1; i < 5; i++)
        assert_int_equal(starts[i - 1] + counts[i - 1] - starts[i], SOUND_OVERLAP_MS * MS);
    assert_int_equal(longest_gap_ms(room, joined.count), 0);
    assert_true(largest_step(room, joined.count) < 0.02); /* 700 Hz at this level moves by 0.013 */
    for (unsigned i = 1; i < 5; i++) {
        double before = level_of(room + starts[i - 1] + 50 * MS, 300 * MS);
        double after = level_of(room + starts[i] + 50 * MS, 300 * MS),
               seam = level_of(room + starts[i], 40 * MS);
        assert_true(fabs(before - after) < 1);
        assert_true(fabs(seam - after) < 3);
    }
}

static void a_pause_ends_a_phrase_and_the_next_word_begins_after_it(void **state)
{
    (void)state;
    struct joined joined = empty();
    struct sound word = prepared(400, 300, 0.3);
    assert_int_equal(joined_add(&joined, &word), 0);
    assert_int_equal(joined_pause(&joined, 300), 0);
    assert_int_equal(joined_add(&joined, &word), 0);
    assert_int_equal(joined.count, 2 * word.count + 300 * MS);
    assert_in_range(longest_gap_ms(room, joined.count), 290, 320);
    assert_true(largest_step(room, joined.count) < 0.01);
    sound_finish(&word);
}

static void a_very_short_word_is_not_swallowed_by_its_neighbours(void **state)
{
    (void)state;
    struct joined joined = empty();
    struct sound word = prepared(400, 300, 0.3), brief = prepared(45, 500, 0.3);
    assert_int_equal(joined_add(&joined, &word), 0);
    size_t before = joined.count;
    assert_int_equal(joined_add(&joined, &brief), 0);
    assert_true(joined.count >= before + brief.count / 2);
    assert_int_equal(joined_add(&joined, &word), 0);
    assert_true(joined.count >= before + brief.count / 3 + word.count);
    sound_finish(&word);
    sound_finish(&brief);
}

static void what_does_not_fit_is_refused_whole(void **state)
{
    (void)state;
    struct joined joined = empty();
    struct sound word = prepared(400, 300, 0.3);
    joined.max = word.count + 10;
    assert_int_equal(joined_add(&joined, &word), 0);
    size_t count = joined.count;
    assert_int_equal(joined_add(&joined, &word), -E2BIG);
    assert_int_equal(joined_pause(&joined, 1), -E2BIG);
    assert_int_equal(joined.count, count);
    assert_int_equal(room[joined.max], 0x5555);
    sound_finish(&word);
}

static struct sound tone_at(unsigned rate_hz, double hz)
{
    struct sound sound = { .count = rate_hz / 2 };
    sound.samples = malloc(sound.count * sizeof *sound.samples);
    for (size_t i = 0; i < sound.count; i++)
        sound.samples[i] = (float)(0.5 * sin(2 * M_PI * hz * (double)i / rate_hz));
    return sound;
}

/* Away from the ends, where the filter finds nothing on one side. */
static double tone_after(unsigned rate_hz, double hz, double wanted_hz)
{
    struct sound sound = tone_at(rate_hz, hz);
    assert_int_equal(sound_resample(&sound, rate_hz), 0);
    assert_in_range(sound.count, SOUND_HZ / 2 - 4, SOUND_HZ / 2); /* 5512 of 11025 */
    double amplitude = tone_in(sound.samples + 2400, SOUND_HZ / 2 - 4800, wanted_hz, SOUND_HZ);
    sound_finish(&sound);
    return amplitude;
}

static void other_rates_keep_pitch_and_amplitude(void **state)
{
    (void)state;
    static const unsigned rates[] = { 8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 192000 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (unsigned percent = 2; percent <= 40; percent += 19) {
            double hz = 0.01 * percent * (rates[i] < SOUND_HZ ? rates[i] : SOUND_HZ);
            assert_true(fabs(20 * log10(tone_after(rates[i], hz, hz) / 0.5)) < 0.1);
        }
}

static void what_would_fold_is_gone(void **state)
{
    (void)state;
    assert_true(tone_after(96000, 0.6 * 48000, 0.4 * 48000) < 0.0005);
    assert_true(tone_after(22050, 0.4 * 22050, 0.6 * 22050) < 0.0005); /* its image */
}

static void a_rate_of_no_recording_is_refused(void **state)
{
    (void)state;
    struct sound sound = tone_at(48000, 100);
    const float *samples = sound.samples;
    assert_int_equal(sound_resample(&sound, 47999), -EINVAL);
    assert_int_equal(sound_resample(&sound, 0), -EINVAL);
    assert_int_equal(sound_resample(&sound, 4000), -EINVAL);
    assert_ptr_equal(sound.samples, samples);
    assert_false(sound_knows_rate(384000));
    sound_finish(&sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_around_a_word_is_cut),
        cmocka_unit_test(a_word_without_silence_stays_whole),
        cmocka_unit_test(words_of_any_loudness_get_one_level),
        cmocka_unit_test(a_pause_within_a_word_does_not_make_it_louder),
        cmocka_unit_test(no_sample_is_louder_than_the_ceiling),
        cmocka_unit_test(a_silent_word_is_told_and_left_alone),
        cmocka_unit_test(joined_words_overlap_without_a_gap_or_a_click_at_one_level),
        cmocka_unit_test(a_pause_ends_a_phrase_and_the_next_word_begins_after_it),
        cmocka_unit_test(a_very_short_word_is_not_swallowed_by_its_neighbours),
        cmocka_unit_test(what_does_not_fit_is_refused_whole),
        cmocka_unit_test(other_rates_keep_pitch_and_amplitude),
        cmocka_unit_test(what_would_fold_is_gone),
        cmocka_unit_test(a_rate_of_no_recording_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
