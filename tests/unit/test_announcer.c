/* What is spoken behind a chime, on a virtual clock; the voice's process and the speaker are the test's. */
#include "board/announcer.h"
#include "board/voices.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#define S       INT64_C(1000000)
#define LANGS   3
#define SECONDS 4 /* of a sentence */

static struct hall {
    struct config config;
    struct grammar grammar[LANGS];
    struct chime_gates gates;
    struct receipts receipts;
    struct announcer *announcer;
    int64_t now_us;
    char heard[400]; /* "kk:а бір kk! " asked for, and spoken */
    unsigned held, ends;
    int render_error, ready_error, say_error;
    const char *dumb; /* the language that has no words; NULL: as ready_error says, for all */
    bool is_mute;     /* the process does not answer */
    char asked[20];
    uint64_t id;
} * hall;
static const int16_t samples[SECONDS * CHIME_VOICE_HZ];

int64_t clock_us(void)
{
    return hall->now_us;
}

/* ---- the voice's process --------------------------------------------------------------------- */

struct voices {
    voices_ready_fn on_ready;
    void *data;
};
static struct voices voices;

struct voices *voices_create(struct loop *loop, const struct config *config, voices_ready_fn on_ready,
                             void *data)
{
    (void)loop, (void)config;
    voices = (struct voices){ on_ready, data };
    return &voices;
}

void voices_destroy(struct voices *unused)
{
    (void)unused;
}

int voices_render(struct voices *unused, const struct sentence *sentence, unsigned n, uint64_t id)
{
    (void)unused;
    assert_int_equal(n, 1);
    snprintf(hall->asked, sizeof hall->asked, "%s %.10s", sentence->lang, sentence->word[0]);
    hall->held += !hall->render_error;
    hall->id = hall->render_error ? 0 : id;
    return hall->render_error;
}

void voices_release(struct voices *unused, uint64_t id)
{
    (void)unused, (void)id;
    hall->held--;
}

bool voices_died(struct voices *unused, pid_t pid, int status, int64_t now_us)
{
    (void)unused, (void)status, (void)now_us;
    return pid == 7;
}

/* It has rendered what it was asked for. */
static void answer(void)
{
    uint64_t id = hall->id;
    hall->id = 0;
    if (!id || hall->is_mute)
        return;
    int error = !hall->dumb || strncmp(hall->asked, hall->dumb, 2) == 0 ? hall->ready_error : 0;
    hall->held -= error != 0;
    voices.on_ready(voices.data, id, error, error ? "no pack has «жетінші»" : NULL, samples,
                    SECONDS * CHIME_VOICE_HZ);
}

/* ---- the speaker ----------------------------------------------------------------------------- */

static int say(void *data, unsigned chime, const int16_t *spoken, size_t count)
{
    (void)data;
    assert_int_equal(chime, 0);
    assert_ptr_equal(spoken, samples);
    assert_int_equal(count, SECONDS * CHIME_VOICE_HZ);
    if (hall->say_error)
        return hall->say_error;
    size_t used = strlen(hall->heard);
    snprintf(hall->heard + used, sizeof hall->heard - used, "%s, ", hall->asked);
    return 0;
}

static void ended(void *data, unsigned chime)
{
    (void)data;
    hall->ends++;
    chime_gate_end(&hall->gates, chime, true);
}

/* ---- the hall -------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    static const char *const langs[] = { "kk", "ru", "en" };
    (void)state;
    hall = calloc(1, sizeof *hall);
    struct config *config = &hall->config;
    config->nlangs = config->voice.nlangs = LANGS;
    config->nchimes = config->ndesks = 1;
    config->chime[0].zones = 1;
    snprintf(config->chime[0].device.id, sizeof config->chime[0].device.id, "hall");
    snprintf(config->desk[0].label, sizeof config->desk[0].label, "7");
    for (unsigned i = 0; i < LANGS; i++) {
        struct grammar *grammar = &hall->grammar[i];
        snprintf(config->lang[i], LANG_SIZE, "%s", langs[i]);
        snprintf(grammar->lang, LANG_SIZE, "%s", langs[i]);
        snprintf(grammar->saying[SAY_CALL], sizeof grammar->saying[0], "{ticket}");
        grammar->cardinal.count = 1;
        snprintf(grammar->cardinal.word[0].text, GRAMMAR_TEXT_SIZE, "0");
        config->voice.lang[i] = (uint8_t)i;
        config->voice.grammar[i] = grammar;
    }
    chime_gates_init(&hall->gates, config);
    receipts_init(&hall->receipts, "hall-1");
    const struct announcer_sinks sinks = { NULL, say, ended };
    hall->announcer = announcer_create(NULL, config, &hall->gates, &hall->receipts, &sinks);
    hall->now_us = 100 * S;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    announcer_destroy(hall->announcer);
    int held = (int)hall->held;
    free(hall);
    return held;
}

/* A call whose chime asks for its turn: its token. */
static uint64_t ask(const char *ticket, int lang)
{
    static uint64_t seq;
    struct event event = { .type = EVENT_CALL, .seq = ++seq };
    struct announcer_call call = { .saying = SAY_CALL, .lang = lang };
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    snprintf(call.ticket, sizeof call.ticket, "%s", ticket);
    uint64_t token = receipts_open(&hall->receipts, &event, hall->now_us);
    assert_true(chime_gate_ask(&hall->gates, 0, token, CHIME_CALL, hall->now_us + 10 * S, hall->now_us));
    announcer_note(hall->announcer, 0, token, &call, hall->now_us);
    return token;
}

static void begin_chime(void)
{
    struct chime_turn turn;
    assert_true(chime_gates_turn(&hall->gates, hall->now_us, &turn));
    assert_int_equal(turn.nlate, 0);
    chime_gate_begin(&hall->gates, 0, 2 * S, hall->now_us);
    announcer_begin(hall->announcer, 0, &turn);
}

/* From deadline to deadline, sentence after sentence, until it is over or so much time has passed. */
static void let_speak(int64_t length_us)
{
    for (int64_t until_us = hall->now_us + length_us; hall->now_us < until_us && !hall->ends;) {
        char before[sizeof hall->heard];
        strcpy(before, hall->heard);
        answer();
        int64_t at_us = announcer_deadline_us(hall->announcer);
        if (at_us <= until_us) {
            hall->now_us = at_us;
            announcer_tick(hall->announcer, at_us);
        }
        if (strcmp(before, hall->heard) == 0)
            continue;
        announcer_said(hall->announcer, 0, 0, "", hall->now_us, false);
        hall->now_us += SECONDS * S;
        announcer_said(hall->announcer, 0, 0, "", hall->now_us, true);
    }
}

static const struct receipt_outlet *voice_of(const char *ticket)
{
    static struct receipt receipt;
    while (receipts_take(&hall->receipts, hall->now_us, &receipt))
        if (strcmp(receipt.ticket, ticket) == 0)
            return &receipt.outlet[0];
    fail_msg("no receipt of %s", ticket);
    return NULL;
}

static void assert_voice(const char *ticket, const char *result, const char *detail)
{
    const struct receipt_outlet *outlet = voice_of(ticket);
    assert_string_equal(outlet->outlet, "voice/hall");
    assert_string_equal(outlet->result, result);
    assert_string_equal(outlet->detail, detail);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void a_call_is_said_in_all_languages_behind_its_chime(void **state)
{
    (void)state;
    ask("A", NONE);
    begin_chime();
    assert_string_equal(hall->asked, "kk A"); /* while the gong is heard */
    hall->now_us += 2 * S;
    assert_true(announcer_chimed(hall->announcer, 0, hall->now_us));
    assert_int_equal(announcer_deadline_us(hall->announcer), hall->now_us + VOICE_GAP_US);
    let_speak(60 * S);
    assert_string_equal(hall->heard, "kk A, ru A, en A, ");
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "finished", "");
    assert_int_equal(announcer_deadline_us(hall->announcer), INT64_MAX);
}

static void a_visitor_is_called_in_his_own_language(void **state)
{
    (void)state;
    ask("A", 2);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(60 * S);
    assert_string_equal(hall->heard, "en A, ");
    assert_voice("A", "finished", "");
}

static void calls_that_share_a_chime_are_said_one_after_the_other(void **state)
{
    (void)state;
    ask("A", NONE);
    ask("B", NONE);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(90 * S);
    /* The third sentence of B would begin more than 20 s after its call. */
    assert_string_equal(hall->heard, "kk A, ru A, en A, kk B, ru B, ");
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "finished", "");
    assert_voice("B", "finished", "not in all languages: others were called");
}

/* The third language gives way, the second does not. */
static void who_waits_for_a_chime_shortens_the_voice(void **state)
{
    (void)state;
    ask("A", NONE);
    begin_chime();
    hall->now_us += 2 * S;
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(S); /* and says kk, for 4 s */
    ask("B", NONE);
    let_speak(60 * S);
    assert_string_equal(hall->heard, "kk A, ru A, ");
    assert_voice("A", "finished", "not in all languages: others were called");
    struct chime_turn turn;
    assert_true(chime_gates_turn(&hall->gates, hall->now_us, &turn)); /* at once, and not too late */
    assert_int_equal(turn.ntokens, 1);
}

static void a_chime_that_would_be_lost_leaves_no_time_for_a_voice(void **state)
{
    (void)state;
    ask("A", NONE);
    begin_chime();
    ask("B", NONE); /* within 8 s there is no room for two sentences behind the chime */
    hall->now_us += 2 * S;
    assert_true(announcer_chimed(hall->announcer, 0, hall->now_us));
    let_speak(60 * S);
    assert_string_equal(hall->heard, "");
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "dropped_late", "others were called");
}

static void a_process_that_does_not_answer_costs_the_voice_only(void **state)
{
    (void)state;
    hall->is_mute = true;
    ask("A", NONE);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(20 * S);
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "failed", "no speech within 4 s");
    assert_in_range(hall->now_us, 104 * S, 106 * S);
}

static void what_cannot_be_rendered_is_told(void **state)
{
    (void)state;
    hall->ready_error = -ENOENT;
    ask("A", NONE);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(20 * S);
    assert_voice("A", "failed", "no pack has «жетінші»");
    hall->render_error = -EAGAIN;
    hall->ends = 0;
    hall->now_us += 10 * S;
    ask("B", NONE);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(20 * S);
    assert_voice("B", "failed", "the voice's process is down");
}

static void a_language_without_words_does_not_silence_the_others(void **state)
{
    static const char *const langs[LANGS] = { "kk", "ru", "en" };
    static const char *const heard[LANGS] = { "ru A, en A, ", "kk A, en A, ", "kk A, ru A, " };
    (void)state;
    hall->ready_error = -ENOENT;
    for (unsigned i = 0; i < LANGS; i++) {
        hall->dumb = langs[i];
        hall->heard[0] = '\0';
        hall->ends = 0;
        hall->now_us += 20 * S;
        ask("A", NONE);
        begin_chime();
        announcer_chimed(hall->announcer, 0, hall->now_us);
        let_speak(60 * S);
        assert_string_equal(hall->heard, heard[i]);
        assert_int_equal(hall->ends, 1);
        assert_voice("A", "finished", "not in all languages: no pack has «жетінші»");
    }
}

/* Two calls share a chime; of the first nothing can be said, which is no fault of the second. */
static void a_failure_is_told_of_its_own_call_only(void **state)
{
    (void)state;
    hall->ready_error = -ENOENT;
    ask("A", 2);
    ask("B", 0);
    hall->dumb = "en";
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(60 * S);
    assert_string_equal(hall->heard, "kk B, ");
    assert_voice("A", "failed", "no pack has «жетінші»");
    assert_voice("B", "finished", "");
}

/* The wait for a sentence that never came right does not count against the next one. */
static void each_sentence_has_its_own_time_to_be_rendered(void **state)
{
    (void)state;
    hall->ready_error = -ENOENT;
    hall->dumb = "kk";
    ask("A", NONE);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    hall->now_us = announcer_deadline_us(hall->announcer);
    announcer_tick(hall->announcer, hall->now_us); /* kk is waited for */
    assert_int_equal(announcer_deadline_us(hall->announcer), hall->now_us + 4 * S);
    hall->now_us += 3 * S;
    answer(); /* it fails, and ru is waited for */
    assert_string_equal(hall->asked, "ru A");
    assert_int_equal(announcer_deadline_us(hall->announcer), hall->now_us + 4 * S);
    hall->is_mute = true;
    hall->now_us = announcer_deadline_us(hall->announcer);
    announcer_tick(hall->announcer, hall->now_us);
    assert_int_equal(hall->ends, 1);
}

/* One that came too late to be said: nor does its wait count. */
static void a_call_that_grew_old_leaves_the_next_its_time(void **state)
{
    (void)state;
    ask("A", NONE);
    hall->now_us += 10 * S;
    ask("B", NONE);
    begin_chime();
    hall->now_us += 9 * S;
    announcer_chimed(hall->announcer, 0, hall->now_us);
    hall->now_us = announcer_deadline_us(hall->announcer);
    announcer_tick(hall->announcer, hall->now_us);
    assert_string_equal(hall->asked, "kk A");
    hall->now_us += 3 * S;
    answer();
    assert_string_equal(hall->asked, "kk B");
    assert_int_equal(announcer_deadline_us(hall->announcer), hall->now_us + 4 * S);
    answer();
    assert_string_equal(hall->heard, "kk B, ");
    announcer_said(hall->announcer, 0, -ENODEV, "USB is gone", hall->now_us, true);
    assert_voice("A", "dropped_late", "others were called");
}

/* Nothing of it was said, so its second language is as old as its first. */
static void a_language_that_failed_does_not_make_the_next_younger(void **state)
{
    (void)state;
    hall->ready_error = -ENOENT;
    hall->dumb = "kk";
    ask("A", NONE);
    begin_chime();
    hall->now_us += 19 * S;
    announcer_chimed(hall->announcer, 0, hall->now_us);
    answer();
    hall->now_us = announcer_deadline_us(hall->announcer);
    announcer_tick(hall->announcer, hall->now_us);
    assert_string_equal(hall->asked, "ru A");
    hall->now_us += 3 * S;
    answer();
    assert_string_equal(hall->heard, "");
    assert_voice("A", "failed", "no pack has «жетінші»");
}

static void a_device_that_goes_after_a_language_is_told(void **state)
{
    (void)state;
    ask("A", NONE);
    begin_chime();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    let_speak(S); /* kk is said */
    hall->now_us = announcer_deadline_us(hall->announcer);
    answer();
    announcer_tick(hall->announcer, hall->now_us);
    announcer_said(hall->announcer, 0, -ENODEV, "USB is gone", hall->now_us, true); /* in ru */
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "finished", "not in all languages: USB is gone");
}

static void a_device_that_goes_ends_the_turn(void **state)
{
    (void)state;
    ask("A", NONE);
    ask("B", NONE);
    begin_chime();
    announcer_said(hall->announcer, 0, -ENODEV, "USB is gone", hall->now_us, true); /* in the chime */
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "failed", "USB is gone");
    assert_voice("B", "failed", "USB is gone");
    answer(); /* of what nobody waits for any more */
    assert_false(announcer_chimed(hall->announcer, 0, hall->now_us));
}

static void the_fire_alarm_ends_the_turn(void **state)
{
    (void)state;
    ask("A", NONE);
    ask("B", NONE);
    begin_chime();
    announcer_said(hall->announcer, 0, -ECANCELED, "", hall->now_us, true); /* in the chime */
    assert_int_equal(hall->ends, 1);
    assert_voice("A", "muted_alarm", "");
    assert_voice("B", "muted_alarm", "");
}

/* It came between the chime and the voice. */
static void the_fire_alarm_lets_no_voice_begin(void **state)
{
    (void)state;
    hall->say_error = -ECANCELED;
    ask("A", NONE);
    begin_chime();
    answer();
    announcer_chimed(hall->announcer, 0, hall->now_us);
    hall->now_us = announcer_deadline_us(hall->announcer);
    announcer_tick(hall->announcer, hall->now_us);
    assert_int_equal(hall->ends, 1);
    assert_string_equal(hall->heard, "");
    assert_voice("A", "muted_alarm", "");
}

static void what_is_not_sounded_is_not_spoken(void **state)
{
    (void)state;
    struct event event = { .type = EVENT_CALL, .seq = 900, .ticket = "M" };
    uint64_t token = receipts_open(&hall->receipts, &event, hall->now_us);
    announcer_mute(hall->announcer, 0, token, "muted_late", "");
    assert_voice("M", "muted_late", "");
    const struct chime_turn turn = { .ntokens = 1, .token = { token } };
    announcer_begin(hall->announcer, 0, &turn); /* nobody noted it */
    assert_false(announcer_chimed(hall->announcer, 0, hall->now_us));
}

static void a_child_that_died_may_be_the_voice(void **state)
{
    (void)state;
    assert_true(announcer_died(hall->announcer, 7, 0, 0));
    assert_false(announcer_died(hall->announcer, 8, 0, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_said_in_all_languages_behind_its_chime),
        TEST(a_visitor_is_called_in_his_own_language),
        TEST(calls_that_share_a_chime_are_said_one_after_the_other),
        TEST(who_waits_for_a_chime_shortens_the_voice),
        TEST(a_chime_that_would_be_lost_leaves_no_time_for_a_voice),
        TEST(a_process_that_does_not_answer_costs_the_voice_only),
        TEST(what_cannot_be_rendered_is_told),
        TEST(a_language_without_words_does_not_silence_the_others),
        TEST(a_failure_is_told_of_its_own_call_only),
        TEST(each_sentence_has_its_own_time_to_be_rendered),
        TEST(a_call_that_grew_old_leaves_the_next_its_time),
        TEST(a_language_that_failed_does_not_make_the_next_younger),
        TEST(a_device_that_goes_after_a_language_is_told),
        TEST(a_device_that_goes_ends_the_turn),
        TEST(the_fire_alarm_ends_the_turn),
        TEST(the_fire_alarm_lets_no_voice_begin),
        TEST(what_is_not_sounded_is_not_spoken),
        TEST(a_child_that_died_may_be_the_voice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
