/* How much of a call is spoken: single cases, and an hour of a busy hall on a virtual clock. */
#include "board/hall/voice_gate.h"
#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S        INT64_C(1000000)
#define CHIME_US (S * 16 / 10)
#define LANGS    3

/* Of espeak-ng at 140 words a minute: a sentence in Kazakh, Russian and English. */
static const int64_t sentence_us[LANGS] = { 4900000, 4000000, 4800000 };

static struct chime_gates gates;

static int start(void **state)
{
    static struct config config;
    (void)state;
    memset(&config, 0, sizeof config);
    config.nchimes = 2;
    config.chime[0].zones = 1;
    config.chime[1].zones = 2;
    chime_gates_init(&gates, &config);
    return 0;
}

static void ask(unsigned chime, int64_t now_us)
{
    assert_true(chime_gate_ask(&gates, chime, 7, CHIME_CALL, now_us + 10 * S, now_us));
}

static void all_languages_are_said_while_nobody_waits(void **state)
{
    (void)state;
    assert_int_equal(voice_languages(&gates, 0, 3), 3);
    assert_int_equal(voice_languages(&gates, 0, 1), 1);
    ask(1, 0); /* of another zone */
    assert_int_equal(voice_languages(&gates, 0, 3), 3);
    ask(0, 0);
    assert_int_equal(voice_languages(&gates, 0, 3), 2);
    assert_int_equal(voice_languages(&gates, 0, 2), 2);
    assert_int_equal(voice_languages(&gates, 0, 1), 1);
}

static void no_sentence_begins_that_keeps_a_call_from_its_chime(void **state)
{
    (void)state;
    assert_true(voice_has_time(&gates, 0, 0, 60 * S, false, S));
    ask(0, 2 * S);
    assert_true(voice_has_time(&gates, 0, 0, 5 * S, false, 5 * S));
    assert_false(voice_has_time(&gates, 0, 0, 5 * S, false, 5 * S + 1));
    assert_true(voice_has_time(&gates, 0, 0, 7 * S, true,
                               5 * S)); /* what is half said goes on, until the chime would be lost */
    assert_false(voice_has_time(&gates, 0, 0, 7 * S, true, 5 * S + 1));
}

/* Where calls may sound for 3 s only, a voice gives way sooner. */
static void a_call_that_is_silent_soon_is_given_way_sooner(void **state)
{
    (void)state;
    assert_true(chime_gate_ask(&gates, 0, 7, CHIME_CALL, 3 * S, 0));
    assert_true(voice_has_time(&gates, 0, 0, 2 * S, false, S));
    assert_false(voice_has_time(&gates, 0, 0, 2 * S + 1, false, S));
}

static void an_old_call_is_not_spoken(void **state)
{
    (void)state;
    assert_true(voice_has_time(&gates, 0, S, S, false, 21 * S));
    assert_false(voice_has_time(&gates, 0, S, S, false, 21 * S + 1));
}

/* ---- an hour --------------------------------------------------------------------------------- */

#define CALLS_MAX 2000
static struct {
    int64_t asked_us, chimed_us;
    unsigned languages; /* that were said */
} made[CALLS_MAX];
static unsigned nmade;
static struct {
    uint64_t token[CHIME_MERGE_MAX];
    unsigned count, at, lang, nlangs;
    int64_t until_us; /* what sounds now does so until then */
    bool is_sounding;
} speaker;

static void begin_sound(const struct chime_turn *turn, int64_t now_us)
{
    for (unsigned i = 0; i < turn->nlate; i++)
        fail_msg("a call had no chime: asked at %.1f s, now it is %.1f s",
                 (double)made[turn->late[i]].asked_us / S, (double)now_us / S);
    if (!turn->ntokens)
        return;
    assert_false(speaker.is_sounding);
    memcpy(speaker.token, turn->token, sizeof speaker.token);
    speaker.count = turn->ntokens;
    speaker.at = speaker.lang = 0;
    speaker.nlangs = voice_languages(&gates, 0, LANGS);
    speaker.is_sounding = true;
    speaker.until_us = now_us + CHIME_US + VOICE_GAP_US;
    for (unsigned i = 0; i < turn->ntokens; i++)
        made[turn->token[i]].chimed_us = now_us;
    chime_gate_begin(&gates, 0, CHIME_US, now_us);
}

/* The first two belong together. */
static bool has_time(uint64_t token, int64_t now_us)
{
    int64_t length_us =
        speaker.lang == 0 ? sentence_us[0] + VOICE_PAUSE_US + sentence_us[1] : sentence_us[speaker.lang];
    return voice_has_time(&gates, 0, made[token].asked_us, length_us, speaker.lang == 1, now_us);
}

/* The next sentence, or the end of the sound. */
static void go_on(int64_t now_us)
{
    while (speaker.at < speaker.count) {
        uint64_t token = speaker.token[speaker.at];
        if (speaker.lang < speaker.nlangs && has_time(token, now_us)) {
            made[token].languages++;
            speaker.until_us = now_us + sentence_us[speaker.lang++] + VOICE_PAUSE_US;
            chime_gate_prolong(&gates, 0, speaker.until_us);
            return;
        }
        speaker.at++;
        speaker.lang = 0;
        speaker.nlangs = voice_languages(&gates, 0, LANGS);
    }
    speaker.is_sounding = false;
    chime_gate_end(&gates, 0, true);
}

/* Calls by chance, so many a minute in the mean; `share` of them as a desk beside another calls: a second later. */
static void hour(double a_minute, uint64_t seed)
{
    int64_t next_us = 0;
    chance_state = seed;
    nmade = 0;
    memset(&speaker, 0, sizeof speaker);
    start(NULL);
    for (int64_t now_us = 0; now_us < 3600 * S; now_us += 50000) {
        struct chime_turn turn;
        while (now_us >= next_us && nmade < CALLS_MAX) {
            memset(&made[nmade], 0, sizeof made[0]);
            made[nmade].asked_us = now_us;
            assert_true(chime_gate_ask(&gates, 0, nmade, CHIME_CALL, now_us + 10 * S, now_us));
            nmade++;
            next_us += chance_up_to_us(2 * 60 / a_minute);
        }
        if (speaker.is_sounding && now_us >= speaker.until_us)
            go_on(now_us);
        while (chime_gates_turn(&gates, now_us, &turn))
            begin_sound(&turn, now_us);
    }
}

static void an_hour_of_a_busy_hall_gives_every_call_its_chime(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        unsigned with[LANGS + 1] = { 0 };
        int64_t longest_us = 0;
        hour(5, seed);
        for (unsigned i = 0; i < nmade; i++) {
            int64_t waited_us = made[i].chimed_us - made[i].asked_us;
            if (made[i].asked_us > 3580 * S)
                continue; /* the hour ended first */
            assert_true(made[i].chimed_us > 0 || i == 0);
            assert_true(waited_us <= 10 * S);
            longest_us = waited_us > longest_us ? waited_us : longest_us;
            with[made[i].languages]++;
        }
        if (seed == 1)
            print_message("%u calls: %u in three languages, %u in two, %u by the chime alone; a "
                          "chime waited "
                          "%.1f s at most\n",
                          nmade, with[3], with[2], with[0], (double)longest_us / S);
        assert_true(with[3] > 0 && with[2] > 0 && with[0] > 0);
        assert_int_equal(with[1], 0); /* never without the other language of the law */
    }
}

static void a_quiet_hall_hears_all_languages(void **state)
{
    (void)state;
    hour(0.5, 1); /* the rare two that meet have two languages */
    unsigned all = 0;
    for (unsigned i = 0; i < nmade; i++)
        all += made[i].languages == LANGS;
    assert_true(all * 10 >= nmade * 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_languages_are_said_while_nobody_waits, start),
        cmocka_unit_test_setup(no_sentence_begins_that_keeps_a_call_from_its_chime, start),
        cmocka_unit_test_setup(a_call_that_is_silent_soon_is_given_way_sooner, start),
        cmocka_unit_test_setup(an_old_call_is_not_spoken, start),
        cmocka_unit_test(an_hour_of_a_busy_hall_gives_every_call_its_chime),
        cmocka_unit_test(a_quiet_hall_hears_all_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
