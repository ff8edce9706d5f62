/* The chime of ALSA without a sound card: its `file` plug-in catches what a device would hear. The plug-in takes samples as fast
 * as they come, so this tells nothing about time. */
#include "drivers/chime/bell.h"
#include "drivers/chime/chime.h"
#include "tests/heap_count.h"
#include "tests/unit/speech_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define RATE 48000

static char folder[] = "/tmp/kezek-alsa-XXXXXX", settings[64], caught[64];
static int16_t heard[RATE * 6 * 2];
static struct chime *chime;
static char error[160];

static int open_device(const char *device, uint16_t lead_ms)
{
    struct chime_config config = { .id = "hall", .driver = "alsa", .lead_ms = lead_ms };
    snprintf(config.device, sizeof config.device, "%s", device);
    return chime_alsa.open(&chime, &config, error, sizeof error);
}

static void close_device(void)
{
    chime_alsa.close(chime);
    chime = NULL;
}

static struct chime_report next_report(void)
{
    struct chime_report report;
    struct pollfd wait = { chime_alsa.fd(chime), POLLIN, 0 };
    while (!chime_alsa.take(chime, &report))
        assert_int_equal(poll(&wait, 1, 5000), 1);
    return report;
}

static void play_to_the_end(const char *melody)
{
    assert_int_equal(chime_alsa.play(chime, melody_find(melody), 100, 7), 0);
    struct chime_report report = next_report();
    assert_int_equal(report.result, CHIME_STARTED);
    assert_int_equal(report.token, 7);
    int64_t started_us = report.at_us;
    report = next_report();
    assert_int_equal(report.result, CHIME_FINISHED);
    assert_int_equal(report.late_edges, 0);
    assert_true(report.at_us >= started_us);
}

/* Frames that were caught. */
static size_t listen_back(void)
{
    FILE *file = fopen(caught, "rbe");
    assert_non_null(file);
    size_t count = fread(heard, 2 * sizeof *heard, sizeof heard / sizeof *heard / 2, file);
    fclose(file);
    return count;
}

static void both_channels_hear_the_bell_and_then_silence(void **state)
{
    (void)state;
    static int16_t want[RATE * 4];
    struct bell bell;
    bell_strike(&bell, melody_find("gong3"), 100, RATE);
    size_t length = bell_render(&bell, want, RATE * 4);
    assert_int_equal(open_device("caught", 0), 0);
    play_to_the_end("gong3");
    close_device();
    size_t count = listen_back();
    assert_true(count >= length + RATE / 25 && count < length + RATE / 5); /* a buffer of silence behind it */
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(heard[2 * i], i < length ? want[i] : 0);
        assert_int_equal(heard[2 * i + 1], heard[2 * i]);
    }
}

/* Each fundamental is there when its note sounds, and a semitone beside it there is nothing. */
static void the_captured_bell_has_the_notes_of_its_melody(void **state)
{
    (void)state;
    static float mono[RATE * 6];
    const struct melody *melody = melody_find("gong3");
    assert_int_equal(open_device("caught", 0), 0);
    play_to_the_end("gong3");
    close_device();
    size_t count = listen_back(), at = 0;
    int loudest = 0;
    for (size_t i = 0; i < count; i++) {
        mono[i] = heard[2 * i] / 32768.0F;
        loudest = abs(heard[2 * i]) > loudest ? abs(heard[2 * i]) : loudest;
    }
    for (unsigned n = 0; n < melody->nnotes; n++) {
        const struct note *note = &melody->note[n];
        size_t length = (size_t)note->ms * RATE / 1000;
        double there = tone_in(mono + at, length, note->hz, RATE);
        assert_true(there > 0.05);
        assert_true(tone_in(mono + at, length, note->hz * 1.0595, RATE) < there / 10);
        assert_true(tone_in(mono + at, length, note->hz / 1.0595, RATE) < there / 10);
        at += (size_t)(note->ms + note->pause_ms) * RATE / 1000;
    }
    assert_true(loudest > 8000 && loudest <= 29205);
}

static void a_lead_of_silence_goes_before(void **state)
{
    (void)state;
    assert_int_equal(open_device("caught", 500), 0);
    play_to_the_end("gong1");
    close_device();
    size_t count = listen_back(), first = 0;
    while (first < count && heard[2 * first] == 0)
        first++;
    assert_in_range(first, RATE / 2 + 1, RATE / 2 + 10); /* the bell begins with a zero */
}

static void it_plays_again_and_again(void **state)
{
    (void)state;
    assert_int_equal(open_device("nothing", 0), 0);
    for (unsigned i = 0; i < 5; i++)
        play_to_the_end("gong1");
    close_device();
}

static void one_sound_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(open_device("nothing", 0), 0);
    assert_int_equal(chime_alsa.play(chime, melody_find("gong1"), 100, 1), 0);
    assert_int_equal(chime_alsa.play(chime, melody_find("gong1"), 100, 2), -EBUSY);
    assert_int_equal(next_report().result, CHIME_STARTED);
    assert_int_equal(next_report().token, 1);
    assert_int_equal(chime_alsa.play(chime, melody_find("gong1"), 0, 3), -EINVAL);
    close_device();
}

static void a_device_that_is_not_there_is_named(void **state)
{
    (void)state;
    assert_int_equal(open_device("hw:CARD=Absent", 0), -ENODEV);
    assert_non_null(strstr(error, "hw:CARD=Absent: "));
    assert_non_null(strstr(error, "card"));
    assert_int_equal(open_device("no-such-name", 0), -ENOENT);
    assert_non_null(strstr(error, "no-such-name: "));
}

/* A word of a voice: from silence to silence. */
static int16_t word[RATE];

static void make_word(void)
{
    for (int i = 0; i < RATE; i++)
        word[i] = (int16_t)lrint(30000 * sin(M_PI * i / RATE) * sin(2 * M_PI * 300 * i / RATE));
}

static void say_to_the_end(unsigned volume_percent)
{
    assert_int_equal(chime_alsa.say(chime, word, RATE, volume_percent, 11), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    struct chime_report report = next_report();
    assert_int_equal(report.result, CHIME_FINISHED);
    assert_int_equal(report.token, 11);
}

static void speech_is_heard_as_it_was_given(void **state)
{
    (void)state;
    make_word();
    assert_int_equal(open_device("caught", 0), 0);
    say_to_the_end(100);
    close_device();
    size_t count = listen_back();
    assert_true(count > RATE);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(heard[2 * i], i < RATE ? word[i] : 0);
        assert_int_equal(heard[2 * i + 1], heard[2 * i]);
    }
}

static void speech_has_the_volume_that_was_asked_for_after_the_lead(void **state)
{
    (void)state;
    make_word();
    assert_int_equal(open_device("caught", 100), 0);
    say_to_the_end(50);
    close_device();
    const size_t lead = RATE / 10;
    assert_true(listen_back() > RATE + lead);
    for (size_t i = 0; i < RATE + lead; i++) {
        double want = i < lead ? 0 : (double)word[i - lead] / 2;
        assert_true(fabs(heard[2 * i] - want) <= 1);
    }
}

static void a_bell_sounds_again_after_speech(void **state)
{
    (void)state;
    make_word();
    assert_int_equal(open_device("caught", 0), 0);
    say_to_the_end(100);
    size_t spoken = listen_back();
    play_to_the_end("gong1");
    close_device();
    assert_true(listen_back() > spoken + RATE);
}

static void speech_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    assert_int_equal(open_device("nothing", 0), 0);
    assert_int_equal(chime_alsa.say(chime, word, 0, 100, 1), -EINVAL);
    assert_int_equal(chime_alsa.say(chime, word, RATE, 0, 1), -EINVAL);
    assert_int_equal(chime_alsa.say(chime, word, RATE, 101, 1), -EINVAL);
    assert_int_equal(chime_alsa.say(chime, NULL, RATE, 100, 1), -EINVAL);
    close_device();
}

static void a_device_that_is_pulled_in_the_middle_of_a_word_is_told_once(void **state)
{
    (void)state;
    make_word();
    assert_int_equal(open_device("pulled", 0), 0);
    assert_int_equal(chime_alsa.say(chime, word, RATE, 100, 9), 0);
    struct chime_report report = next_report();
    if (report.result == CHIME_STARTED)
        report = next_report();
    assert_int_equal(report.result, CHIME_FAILED);
    assert_int_equal(report.token, 9);
    close_device();
    assert_int_equal(open_device("caught", 0), 0); /* another is there */
    say_to_the_end(100);
    close_device();
    assert_true(listen_back() > RATE);
}

static void speech_allocates_nothing(void **state)
{
    (void)state;
    make_word();
    assert_int_equal(open_device("nothing", 0), 0);
    say_to_the_end(100);
    unsigned before = allocations;
    say_to_the_end(100);
    play_to_the_end("gong1");
    assert_int_equal(allocations, before);
    close_device();
}

static bool is_refused_as_busy(void)
{
    if (open_device("shared", 0) != 0 || open_device("shared", 0) != -EBUSY)
        return false;
    return strcmp(error,
                  "shared: Device or resource busy: another program plays on it (fuser -v /dev/snd/*)") == 0;
}

/* The plug-in `share` gives each channel of its device to one, and refuses the next as hardware does. A process of its own
 * ends without closing it: libasound 1.2.8 writes into freed memory then. */
static void a_device_that_another_one_plays_on_is_told(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(is_refused_as_busy() ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

/* A file that takes nothing stands for a device that was pulled. */
static void what_fails_is_told_once(void **state)
{
    (void)state;
    assert_int_equal(open_device("pulled", 0), 0);
    int result = chime_alsa.play(chime, melody_find("gong3"), 100, 9);
    assert_int_equal(result, 0);
    struct chime_report report = next_report();
    if (report.result == CHIME_STARTED)
        report = next_report();
    assert_int_equal(report.result, CHIME_FAILED);
    assert_true(report.error < 0);
    assert_non_null(strstr(report.detail, "pulled: "));
    close_device();
}

static int write_settings(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(settings, sizeof settings, "%s/asound.conf", folder);
    snprintf(caught, sizeof caught, "%s/caught", folder);
    FILE *file = fopen(settings, "we");
    fprintf(file, "pcm.caught { type file slave.pcm nothing file \"%s\" format raw }\n", caught);
    fprintf(file, "pcm.nothing { type null }\n");
    fprintf(file, "pcm.shared { type share slave { pcm nothing rate 48000 channels 2 format S16_LE } "
                  "bindings { 0 0 1 1 } }\n");
    fprintf(file, "pcm.pulled { type file slave.pcm nothing file \"/dev/full\" format raw }\n");
    fprintf(file, "pcm.hw { @args [ CARD ] @args.CARD { type string } type hw card $CARD }\n");
    fclose(file);
    return setenv("ALSA_CONFIG_PATH", settings, 1);
}

static int remove_settings(void **state)
{
    (void)state;
    unlink(settings);
    unlink(caught);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_channels_hear_the_bell_and_then_silence),
        cmocka_unit_test(the_captured_bell_has_the_notes_of_its_melody),
        cmocka_unit_test(a_lead_of_silence_goes_before),
        cmocka_unit_test(it_plays_again_and_again),
        cmocka_unit_test(one_sound_at_a_time),
        cmocka_unit_test(a_device_that_is_not_there_is_named),
        cmocka_unit_test(what_fails_is_told_once),
        cmocka_unit_test(speech_is_heard_as_it_was_given),
        cmocka_unit_test(speech_has_the_volume_that_was_asked_for_after_the_lead),
        cmocka_unit_test(a_bell_sounds_again_after_speech),
        cmocka_unit_test(speech_that_makes_no_sense_is_refused),
        cmocka_unit_test(a_device_that_is_pulled_in_the_middle_of_a_word_is_told_once),
        cmocka_unit_test(speech_allocates_nothing),
        cmocka_unit_test(a_device_that_another_one_plays_on_is_told),
    };
    return cmocka_run_group_tests(tests, write_settings, remove_settings);
}
