/* Packs of sound files in a folder, and sentences made of them, or by espeak-ng. */
#include "board/speech/pack.h"
#include "board/speech/render.h"
#include "board/speech/wav.h"

#include "tests/unit/speech_tools.h"

#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/kezek-speech-XXXXXX";
static char complaints[2000];
static struct config *config;
static struct render *render;
static int16_t samples[SOUND_MAX];
static char why[WIRE_WHY_SIZE];

static void complain(void *data, const char *line)
{
    (void)data;
    size_t used = strlen(complaints);
    snprintf(complaints + used, sizeof complaints - used, "%s\n", line);
}

static const char *path_of(const char *file)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static void write_manifest(const char *text)
{
    FILE *file = fopen(path_of(PACK_MANIFEST), "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void write_tone(const char *file, unsigned rate_hz, double hz, double amplitude)
{
    char error[200];
    static int16_t tone[48000];
    for (unsigned i = 0; i < rate_hz; i++)
        tone[i] = i < rate_hz / 4 || i > rate_hz * 3 / 4
                      ? 0
                      : (int16_t)lrint(32767 * amplitude * sin(2 * M_PI * hz * i / rate_hz));
    assert_int_equal(wav_write(path_of(file), rate_hz, tone, rate_hz, error, sizeof error), 0);
}

#define HEAD "{\"lang\": \"kk\", \"name\": \"a\", \"licence\": \"b\", \"rate\": 22050, \"clips\": "
static const char whole[] = HEAD "{\"бес\": \"1.wav\", \"жетінші\": \"2.wav\", \"алты\": \"3.wav\", "
                                 "\"терезеге өтіңіз\": \"4.wav\", \"жоқ\": \"5.wav\", \"тыныш\": \"6.wav\"}}";

static int set_up(void **state)
{
    (void)state;
    complaints[0] = why[0] = '\0';
    config = calloc(1, sizeof *config);
    config->nlangs = 2;
    strcpy(config->lang[0], "kk");
    strcpy(config->lang[1], "ru");
    snprintf(config->voice.pack[0], VOICE_PATH_SIZE, "%s", folder);
    write_tone("1.wav", 22050, 300, 0.02);
    write_tone("2.wav", 22050, 500, 0.9);
    write_tone("3.wav", 44100, 300, 0.5); /* another rate than the pack says */
    write_tone("4.wav", 22050, 220, 0.2);
    write_tone("6.wav", 22050, 220, 0);
    write_manifest(whole);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    render_destroy(render);
    render = NULL;
    free(config);
    return 0;
}

static struct sentence say(const char *lang, const char *a, const char *b, const char *c)
{
    struct sentence sentence = { 0 };
    const char *words[] = { a, b, c };
    snprintf(sentence.lang, sizeof sentence.lang, "%s", lang);
    for (unsigned i = 0; i < 3 && words[i]; i++)
        snprintf(sentence.word[sentence.nwords++], WORD_SIZE, "%s", words[i]);
    return sentence;
}

static int rendered(const struct sentence *sentence, unsigned n)
{
    if (!render)
        render = render_create(config);
    assert_non_null(render);
    return render_sentences(render, sentence, n, samples, why, sizeof why);
}

static void clips_of_a_pack_are_joined_at_one_level_without_gaps(void **state)
{
    (void)state;
    struct sentence sentence = say("kk", "бес", "жетінші", "терезеге өтіңіз");
    int count = rendered(&sentence, 1);
    /* each tone of half a second, less two overlaps, plus what is left around */
    assert_in_range(count, 1420 * MS, 1480 * MS);
    assert_int_equal(longest_gap_ms(samples, (size_t)count), 0);
    assert_true(largest_step(samples, (size_t)count) < 0.02);
    double first = level_of(samples + 50 * MS, 350 * MS), second = level_of(samples + 550 * MS, 350 * MS);
    assert_true(fabs(first - second) < 1 && fabs(first - SOUND_LEVEL_DB) < 1);
    assert_string_equal(why, "");
}

static void a_comma_makes_a_pause(void **state)
{
    (void)state;
    struct sentence sentence = say("kk", "бес", "жетінші,", "терезеге өтіңіз.");
    int count = rendered(&sentence, 1);
    assert_true(count > 0);
    assert_in_range(longest_gap_ms(samples, (size_t)count), 135, 170);
}

static void two_sentences_have_a_longer_pause_between(void **state)
{
    (void)state;
    struct sentence both[2] = { say("kk", "бес", NULL, NULL), say("kk", "жетінші", NULL, NULL) };
    int count = rendered(both, 2);
    assert_true(count > 0);
    assert_in_range(longest_gap_ms(samples, (size_t)count), SENTENCE_PAUSE_MS - 15, SENTENCE_PAUSE_MS + 25);
}

static void a_word_that_the_pack_lacks_is_named(void **state)
{
    (void)state;
    struct sentence sentence = say("kk", "бес", "сегізінші", NULL);
    assert_int_equal(rendered(&sentence, 1), -ENOENT);
    assert_non_null(strstr(why, "has no \"сегізінші\""));
    sentence = say("kk", "бес", NULL, NULL);
    assert_true(rendered(&sentence, 1) > 0); /* others are spoken */
}

static void a_file_of_another_rate_is_named_with_both(void **state)
{
    (void)state;
    struct sentence sentence = say("kk", "алты", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -EINVAL);
    assert_non_null(strstr(why, "3.wav (алты): has 44100 Hz where the pack says 22050"));
}

static void a_file_that_is_missing_silent_or_no_sound_is_named(void **state)
{
    (void)state;
    struct sentence sentence = say("kk", "жоқ", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -EINVAL);
    assert_non_null(strstr(why, "5.wav (жоқ): cannot be read: No such file"));
    sentence = say("kk", "тыныш", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -EINVAL);
    assert_non_null(strstr(why, "6.wav (тыныш): nothing is heard in it"));
    FILE *file = fopen(path_of("4.wav"), "we");
    fputs("fLaC is read by the library, and not wanted", file);
    fclose(file);
    sentence = say("kk", "терезеге өтіңіз", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -EINVAL);
    assert_non_null(strstr(why, "4.wav (терезеге өтіңіз): is no WAV file"));
}

static void a_language_without_any_voice_is_named(void **state)
{
    (void)state;
    struct sentence sentence = say("ru", "пять", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -ENOENT);
    assert_non_null(
        strstr(why, "nothing speaks \"ru\": no pack, and the hall file does not allow espeak-ng"));
}

static void more_than_a_minute_is_refused(void **state)
{
    (void)state;
    static struct sentence sentences[4];
    for (unsigned s = 0; s < 4; s++) {
        sentences[s] = say("kk", "бес", NULL, NULL);
        while (sentences[s].nwords < SENTENCE_WORDS_MAX)
            strcpy(sentences[s].word[sentences[s].nwords++], "бес.");
    }
    assert_int_equal(rendered(sentences, 4), -E2BIG);
    assert_non_null(strstr(why, "longer than a minute"));
}

/* One render for the tests of espeak-ng (synth.h). */
static struct render *speaking;

static int said_by_espeak(const struct sentence *sentence, unsigned n)
{
    static const char *const langs[] = { "kk", "ru", "en", "xx" };
    static struct config everywhere;
    everywhere = *config;
    everywhere.voice.is_espeak = true;
    everywhere.nlangs = 4;
    for (unsigned i = 0; i < 4; i++)
        strcpy(everywhere.lang[i], langs[i]);
    if (!speaking)
        speaking = render_create(&everywhere);
    assert_non_null(speaking);
    return render_sentences(speaking, sentence, n, samples, why, sizeof why);
}

static void espeak_speaks_what_no_pack_has(void **state)
{
    (void)state;
    struct sentence both[2] = { say("kk", "бес", "сегізінші", "терезеге өтіңіз"),
                                say("ru", "Пройдите", "к окну", "номер восемь") };
    int count = said_by_espeak(both, 2);
    assert_in_range(count, 2 * SOUND_HZ, 8 * SOUND_HZ);
    assert_true(fabs(level_of(samples, (size_t)count) - SOUND_LEVEL_DB) < 1.5);
}

static void espeak_tells_what_it_does_not_speak(void **state)
{
    (void)state;
    struct sentence sentence = say("xx", "a", NULL, NULL);
    assert_int_equal(said_by_espeak(&sentence, 1), -ENOENT);
    assert_non_null(strstr(why, "espeak-ng cannot say it in \"xx\""));
}

static bool is_installed = true;
void *__real_dlopen(const char *file, int mode);
void *__wrap_dlopen(const char *file, int mode);

void *__wrap_dlopen(const char *file, int mode)
{
    return is_installed ? __real_dlopen(file, mode) : NULL;
}

static void without_espeak_the_packs_speak_on_and_the_rest_says_what_to_install(void **state)
{
    (void)state;
    config->voice.is_espeak = true;
    is_installed = false;
    struct sentence sentence = say("ru", "пять", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -ENOENT);
    assert_non_null(strstr(why, "espeak-ng is not installed (libespeak-ng.so.1); apt install libespeak-ng1"));
    sentence = say("kk", "бес", NULL, NULL);
    assert_true(rendered(&sentence, 1) > 0);
    is_installed = true;
}

/* Real words: a pack of espeak-ng's, as `make voices` builds one, in each language. */
static void real_words_join_without_long_gaps_and_steps(void **state)
{
    (void)state;
    static const struct {
        const char *lang, *word[4];
    } real[] = { { "kk", { "қырық", "бес", "жетінші", "терезеге өтіңіз" } },
                 { "ru", { "талон", "сорок", "пять", "номер семь" } },
                 { "en", { "ticket", "forty", "five", "window seven" } } };
    static int16_t room[20 * SOUND_HZ];
    for (size_t i = 0; i < sizeof real / sizeof *real; i++) {
        struct joined joined = { .samples = room, .max = sizeof room / sizeof *room };
        double lowest = 0, highest = -120;
        for (unsigned w = 0; w < 4; w++) {
            struct sentence alone = say(real[i].lang, real[i].word[w], NULL, NULL);
            struct sound word = { .count = (size_t)said_by_espeak(&alone, 1) };
            assert_in_range(word.count, 100 * MS, 2000 * MS);
            word.samples = malloc(word.count * sizeof *word.samples);
            for (size_t s = 0; s < word.count; s++)
                word.samples[s] = samples[s] / 32767.0F;
            assert_int_equal(sound_prepare(&word), 0);
            size_t before = joined.count;
            assert_int_equal(joined_add(&joined, &word), 0);
            if (w)
                assert_true(longest_gap_ms(room + before - 100 * MS, 200 * MS) <= 60);
            double level = level_of(room + joined.count - word.count, word.count);
            lowest = w ? fmin(lowest, level) : level;
            highest = fmax(highest, level);
            sound_finish(&word);
        }
        print_message("%s: level within %.1f dB, longest silence %u ms\n", real[i].lang, highest - lowest,
                      longest_gap_ms(room, joined.count));
        assert_true(highest - lowest <= 3);
    }
}

/* ---- manifests ------------------------------------------------------------------------------- */

static void refuses(const char *manifest, const char *complaint)
{
    struct json_report report = { .line = complain };
    complaints[0] = '\0';
    write_manifest(manifest);
    assert_null(pack_load(folder, &report));
    assert_true(report.count > 0);
    if (!strstr(complaints, complaint) || !strstr(complaints, "/" PACK_MANIFEST))
        fail_msg("%s", complaints);
}

static void a_wrong_manifest_says_where_and_what(void **state)
{
    (void)state;
    refuses("[]", "is no object");
    refuses("{", "line 1");
    refuses(HEAD "{}}", "clips: must name 1 to 1000 words");
    refuses(HEAD "{\"а\": 7}}", "clips.а: 7 is no file of this folder");
    refuses(HEAD "{\"а\": \"../etc/passwd\"}}", "clips.а: \"../etc/passwd\" is no file of this folder");
    refuses(HEAD "{\"а\": \".hidden\"}}", "is no file of this folder");
    refuses(HEAD "{\"\": \"a.wav\"}}", "a word has 1 to 95 bytes");
    refuses("{\"lang\": \"kk\", \"name\": \"a\", \"licence\": \"b\", \"rate\": 47999, \"clips\": {\"а\": "
            "\"a.wav\"}}",
            "rate: 47999 Hz is no rate of recordings");
    refuses("{\"lang\": \"kk\", \"name\": \"a\", \"rate\": 48000, \"clips\": {\"а\": \"a.wav\"}}", "licence");
    refuses("{\"lang\": \"kk\", \"licence\": \"b\", \"name\": \"a\", \"rate\": 48000, \"clip\": {}}", "clip");
    unlink(path_of(PACK_MANIFEST));
    struct json_report report = { .line = complain };
    assert_null(pack_load(folder, &report));
    assert_non_null(strstr(complaints, "cannot be read: No such file"));
}

static void a_pack_of_another_language_is_not_used(void **state)
{
    (void)state;
    snprintf(config->voice.pack[1], VOICE_PATH_SIZE, "%s", folder);
    struct sentence sentence = say("ru", "бес", NULL, NULL);
    assert_int_equal(rendered(&sentence, 1), -ENOENT);
    assert_non_null(strstr(why, "nothing speaks \"ru\""));
}

static void marks_of_a_pause_are_no_part_of_a_word(void **state)
{
    (void)state;
    char word[WORD_SIZE];
    assert_int_equal(pack_word("иесі,", word), 150);
    assert_string_equal(word, "иесі");
    assert_int_equal(pack_word("бес.", word), 300);
    assert_int_equal(pack_word("бес!?,", word), 300);
    assert_string_equal(word, "бес");
    assert_int_equal(pack_word("бес", word), 0);
    assert_int_equal(pack_word("", word), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    render_destroy(speaking);
    static const char *const files[] = { "1.wav", "2.wav", "3.wav", "4.wav", "6.wav", PACK_MANIFEST };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        unlink(path_of(files[i]));
    return rmdir(folder);
}

#define WITH_PACK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PACK(clips_of_a_pack_are_joined_at_one_level_without_gaps),
        WITH_PACK(a_comma_makes_a_pause),
        WITH_PACK(two_sentences_have_a_longer_pause_between),
        WITH_PACK(a_word_that_the_pack_lacks_is_named),
        WITH_PACK(a_file_of_another_rate_is_named_with_both),
        WITH_PACK(a_file_that_is_missing_silent_or_no_sound_is_named),
        WITH_PACK(a_language_without_any_voice_is_named),
        WITH_PACK(more_than_a_minute_is_refused),
        WITH_PACK(espeak_speaks_what_no_pack_has),
        WITH_PACK(espeak_tells_what_it_does_not_speak),
        WITH_PACK(without_espeak_the_packs_speak_on_and_the_rest_says_what_to_install),
        WITH_PACK(real_words_join_without_long_gaps_and_steps),
        WITH_PACK(a_wrong_manifest_says_where_and_what),
        WITH_PACK(a_pack_of_another_language_is_not_used),
        cmocka_unit_test(marks_of_a_pause_are_no_part_of_a_word),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
