/* Numbers and sentences of the shipped languages, against words that are made here in another way; and what is wrong with a file. */
#include "board/voice/grammar_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <errno.h>

static char said[2000]; /* complaints, one a line */

static void hear(void *data, const char *line)
{
    (void)data;
    strncat(said, line, sizeof said - strlen(said) - 2);
    strcat(said, "\n");
}

static bool parse(struct grammar *grammar, const char *lang, const char *text)
{
    struct json_report report = { .line = hear };
    struct json_error error;
    cJSON *root = json_parse(text, strlen(text), &error);
    said[0] = '\0';
    assert_non_null(root);
    bool is_right = grammar_load(grammar, lang, root, &report);
    cJSON_Delete(root);
    assert_int_equal(is_right, report.count == 0);
    return is_right;
}

static struct grammar *shipped(const char *lang)
{
    static struct grammar grammar;
    static char text[GRAMMAR_BYTES_MAX];
    char path[300];
    const char *source = getenv("KEZEK_SOURCE");
    snprintf(path, sizeof path, "%s/board/voices/%s.json", source ? source : ".", lang);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    if (!parse(&grammar, lang, text))
        fail_msg("%s", said);
    return &grammar;
}

/* "а қырық екі нөмірлі …": all words of the sentence. */
static const char *joined(const struct sentence *sentence)
{
    static char out[SENTENCE_WORDS_MAX * WORD_SIZE];
    out[0] = '\0';
    for (unsigned i = 0; i < sentence->nwords; i++) {
        strcat(out, i ? " " : "");
        strcat(out, sentence->word[i]);
    }
    return out;
}

/* A grammar that says nothing but the desk. */
static const char *number(struct grammar *grammar, const char *how, unsigned value)
{
    static struct sentence sentence;
    char label[8];
    snprintf(label, sizeof label, "%u", value);
    snprintf(grammar->saying[SAY_CALL], sizeof grammar->saying[0], "%s", how);
    const struct said_call call = { SAY_CALL, KIND_WINDOW, "", label };
    assert_int_equal(grammar_say(grammar, &call, &sentence), 0);
    return joined(&sentence);
}

/* ---- numbers --------------------------------------------------------------------------------- */

static const char *const kk_unit[] = { "нөл", "бір",  "екі",  "үш",    "төрт",
                                       "бес", "алты", "жеті", "сегіз", "тоғыз" };
static const char *const kk_ten[] = { "",    "он",    "жиырма", "отыз",   "қырық",
                                      "елу", "алпыс", "жетпіс", "сексен", "тоқсан" };

static void add(char *out, const char *word)
{
    if (*out)
        strcat(out, " ");
    strcat(out, word);
}

static const char *kk_cardinal(unsigned n)
{
    static char out[100];
    out[0] = '\0';
    if (n >= 200)
        add(out, kk_unit[n / 100]);
    if (n >= 100)
        add(out, "жүз");
    if (n / 10 % 10)
        add(out, kk_ten[n / 10 % 10]);
    if (n % 10 || n == 0)
        add(out, kk_unit[n % 10]);
    return out;
}

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* By the rules of the suffix: -нші after a vowel, -інші after anything else, ы for і where the last vowel is a back one; жиырма and
 * қырық are exceptions. */
static const char *kk_ordinal(unsigned n)
{
    static const char *const back[] = { "а", "о", "ұ", "ы" }, *const front[] = { "ә", "е", "ө", "ү", "і" };
    static char out[120];
    strcpy(out, kk_cardinal(n));
    if (ends_in(out, "жиырма"))
        return strcat(out, "сыншы");
    if (ends_in(out, "қырық")) {
        strcpy(out + strlen(out) - strlen("ық"), "қыншы");
        return out;
    }
    bool is_back = false, is_open = false;
    for (char *at = out; *at; at += 2) { /* Cyrillic letters have two bytes, a blank one */
        at += *at == ' ';
        for (unsigned i = 0; i < 4; i++)
            is_back |= strncmp(at, back[i], 2) == 0;
        is_open = false;
        for (unsigned i = 0; i < 4; i++)
            is_open |= strncmp(at, back[i], 2) == 0;
        for (unsigned i = 0; i < 5; i++)
            if (strncmp(at, front[i], 2) == 0) {
                is_back = false;
                is_open = true;
            }
    }
    return strcat(out, is_back ? is_open ? "ншы" : "ыншы" : is_open ? "нші" : "інші");
}

static void kazakh_numbers_are_right_from_0_to_999(void **state)
{
    (void)state;
    struct grammar *grammar = shipped("kk");
    for (unsigned n = 0; n <= 999; n++)
        assert_string_equal(number(grammar, "{desk}", n), kk_cardinal(n));
    for (unsigned n = 0; n <= 999; n++)
        assert_string_equal(number(grammar, "{nth_desk}", n), kk_ordinal(n));
    assert_string_equal(number(grammar, "{nth_desk}", 23), "жиырма үшінші");
    assert_string_equal(number(grammar, "{nth_desk}", 40), "қырқыншы");
    assert_string_equal(number(grammar, "{nth_desk}", 20), "жиырмасыншы");
    assert_string_equal(number(grammar, "{desk}", 245), "екі жүз қырық бес");
}

static void russian_numbers_are_right_from_0_to_999(void **state)
{
    static const char *const unit[] = { "ноль",        "один",       "два",          "три",
                                        "четыре",      "пять",       "шесть",        "семь",
                                        "восемь",      "девять",     "десять",       "одиннадцать",
                                        "двенадцать",  "тринадцать", "четырнадцать", "пятнадцать",
                                        "шестнадцать", "семнадцать", "восемнадцать", "девятнадцать" };
    static const char *const ten[] = { "",          "",           "двадцать",  "тридцать",    "сорок",
                                       "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто" };
    static const char *const hundred[] = { "",        "сто",      "двести",  "триста",    "четыреста",
                                           "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот" };
    (void)state;
    struct grammar *grammar = shipped("ru");
    for (unsigned n = 0; n <= 999; n++) {
        char wanted[100] = "";
        if (n / 100)
            add(wanted, hundred[n / 100]);
        if (n % 100 >= 20)
            add(wanted, ten[n / 10 % 10]);
        unsigned rest = n % 100 < 20 ? n % 100 : n % 10;
        if (rest || n == 0)
            add(wanted, unit[rest]);
        assert_string_equal(number(grammar, "{desk}", n), wanted);
    }
}

static void english_numbers_are_right_from_0_to_999(void **state)
{
    static const char *const unit[] = { "zero",    "one",     "two",       "three",    "four",
                                        "five",    "six",     "seven",     "eight",    "nine",
                                        "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                        "fifteen", "sixteen", "seventeen", "eighteen", "nineteen" };
    static const char *const ten[] = { "",      "",      "twenty",  "thirty", "forty",
                                       "fifty", "sixty", "seventy", "eighty", "ninety" };
    (void)state;
    struct grammar *grammar = shipped("en");
    for (unsigned n = 0; n <= 999; n++) {
        char wanted[100] = "";
        if (n / 100) {
            add(wanted, unit[n / 100]);
            add(wanted, n % 100 ? "hundred and" : "hundred");
        }
        if (n % 100 >= 20)
            add(wanted, ten[n / 10 % 10]);
        unsigned rest = n % 100 < 20 ? n % 100 : n % 10;
        if (rest || n == 0)
            add(wanted, unit[rest]);
        assert_string_equal(number(grammar, "{desk}", n), wanted);
    }
}

/* ---- sentences ------------------------------------------------------------------------------- */

static void twelve_kinds_of_call_are_said_in_three_languages(void **state)
{
    static const char *const langs[] = { "kk", "ru", "en" };
    static const struct {
        struct said_call call;
        const char *wanted[3];
    } rows[] = {
        { { SAY_CALL, KIND_WINDOW, "А045", "7" },
          { "а қырық бес нөмірлі талон иесі, жетінші терезеге өтіңіз.",
            "талон а сорок пять. пройдите к окну номер семь.",
            "ticket ah forty five. please go to window seven." } },
        { { SAY_CALL, KIND_DESK, "Б118", "12" },
          { "бе жүз он сегіз нөмірлі талон иесі, он екінші үстелге өтіңіз.",
            "талон бэ сто восемнадцать. пройдите к столу номер двенадцать.",
            "ticket beh one hundred and eighteen. please go to desk twelve." } },
        { { SAY_CALL, KIND_ROOM, "К009", "210" },
          { "ка тоғыз нөмірлі талон иесі, екі жүз оныншы кабинетке кіріңіз.",
            "талон ка девять. пройдите в кабинет номер двести десять.",
            "ticket kah nine. please go to room two hundred and ten." } },
        { { SAY_RECALL, KIND_WINDOW, "Д064", "40" },
          { "қайта шақыру, де алпыс төрт нөмірлі талон иесі, қырқыншы терезеге өтіңіз.",
            "повторный вызов, талон дэ шестьдесят четыре. пройдите к окну номер сорок.",
            "repeat call, ticket deh sixty four. please go to window forty." } },
        { { SAY_RECALL, KIND_DESK, "П017", "1" },
          { "қайта шақыру, пе он жеті нөмірлі талон иесі, бірінші үстелге өтіңіз.",
            "повторный вызов, талон пэ семнадцать. пройдите к столу номер один.",
            "repeat call, ticket peh seventeen. please go to desk one." } },
        { { SAY_RECALL, KIND_ROOM, "Т205", "20" },
          { "қайта шақыру, те екі жүз бес нөмірлі талон иесі, жиырмасыншы кабинетке кіріңіз.",
            "повторный вызов, талон тэ двести пять. пройдите в кабинет номер двадцать.",
            "repeat call, ticket teh two hundred and five. please go to room twenty." } },
        { { SAY_BOOKED, KIND_WINDOW, "М031", "2" },
          { "алдын ала жазылу бойынша, эм отыз бір нөмірлі талон иесі, екінші терезеге өтіңіз.",
            "по предварительной записи, талон эм тридцать один. пройдите к окну номер два.",
            "by appointment, ticket em thirty one. please go to window two." } },
        { { SAY_BOOKED, KIND_DESK, "Қ100", "50" },
          { "алдын ала жазылу бойынша, қа жүз нөмірлі талон иесі, елуінші үстелге өтіңіз.",
            "по предварительной записи, талон қа сто. пройдите к столу номер пятьдесят.",
            "by appointment, ticket Қ one hundred. please go to desk fifty." } },
        { { SAY_BOOKED, KIND_ROOM, "007", "3" },
          { "алдын ала жазылу бойынша, жеті нөмірлі талон иесі, үшінші кабинетке кіріңіз.",
            "по предварительной записи, талон семь. пройдите в кабинет номер три.",
            "by appointment, ticket seven. please go to room three." } },
        { { SAY_PASSED, KIND_WINDOW, "Й-1008", "9" },
          { "қысқа и бір нөл нөл сегіз нөмірлі талон иесі, тоғызыншы терезеге өтіңіз.",
            "талон и краткое один ноль ноль восемь. пройдите к окну номер девять.",
            "ticket Й one zero zero eight. please go to window nine." } },
        { { SAY_PASSED, KIND_DESK, "0", "12А" },
          { "нөл нөмірлі талон иесі, он екі а үстелге өтіңіз.",
            "талон ноль. пройдите к столу номер двенадцать а.",
            "ticket zero. please go to desk twelve ah." } },
        { { SAY_PASSED, KIND_ROOM, "АБ12", "А" },
          { "а бе он екі нөмірлі талон иесі, а кабинетке кіріңіз.",
            "талон а бэ двенадцать. пройдите в кабинет номер а.",
            "ticket ah beh twelve. please go to room ah." } },
    };
    (void)state;
    for (unsigned lang = 0; lang < 3; lang++) {
        const struct grammar *grammar = shipped(langs[lang]);
        for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
            struct sentence sentence;
            assert_int_equal(grammar_say(grammar, &rows[i].call, &sentence), 0);
            assert_string_equal(sentence.lang, langs[lang]);
            assert_string_equal(joined(&sentence), rows[i].wanted[lang]);
        }
    }
}

/* A phrase is one clip, a number several. */
static void phrases_between_placeholders_are_one_word(void **state)
{
    (void)state;
    struct sentence sentence;
    const struct said_call call = { SAY_CALL, KIND_WINDOW, "А045", "7" };
    assert_int_equal(grammar_say(shipped("kk"), &call, &sentence), 0);
    assert_int_equal(sentence.nwords, 6);
    assert_string_equal(sentence.word[0], "а");
    assert_string_equal(sentence.word[3], "нөмірлі талон иесі,");
    assert_string_equal(sentence.word[4], "жетінші");
    assert_string_equal(sentence.word[5], "терезеге өтіңіз.");
}

static void the_longest_call_fits_and_a_longer_one_is_refused(void **state)
{
    (void)state;
    struct sentence sentence;
    struct grammar *grammar = shipped("ru");
    struct said_call call = { SAY_RECALL, KIND_ROOM, "ЙЙЙЙЙЙЙЙ", "999" };
    assert_int_equal(grammar_say(grammar, &call, &sentence), 0);
    call.ticket = "ЙЙЙЙЙЙЙЙЙЙЙЙЙЙЙЙ";
    assert_int_equal(grammar_say(grammar, &call, &sentence), -E2BIG);
}

static void a_text_is_read_word_by_word(void **state)
{
    (void)state;
    struct sentence sentence;
    assert_int_equal(grammar_read("kk", "Назар аударыңыз!  Ғимараттан дереу шығыңыз.", &sentence), 0);
    assert_int_equal(sentence.nwords, 5);
    assert_string_equal(joined(&sentence), "Назар аударыңыз! Ғимараттан дереу шығыңыз.");
    assert_int_equal(grammar_read("kk", "", &sentence), 0);
    assert_int_equal(sentence.nwords, 0);
    assert_int_equal(
        grammar_read("en", "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", &sentence), 0);
    assert_int_equal(
        grammar_read("en", "a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a", &sentence),
        -E2BIG);
}

/* ---- wrong files ----------------------------------------------------------------------------- */

#define NUMBERS                                                                                              \
    "\"cardinals\":{\"0\":\"z\",\"1\":\"a\",\"2\":\"b\",\"3\":\"c\",\"4\":\"d\",\"5\":\"e\",\"6\":\"f\","    \
    "\"7\":\"g\",\"8\":\"h\",\"9\":\"i\",\"10\":\"j\",\"100\":\"k\"}"
#define REST "\"letters\":{\"A\":\"a\"},\"places\":{\"window\":\"w\",\"desk\":\"d\",\"room\":\"r\"}"
#define CALL "\"sentences\":{\"call\":\"{ticket} {place} {desk}\"}"

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        { "{" NUMBERS "," REST "," CALL "}", "" },
        { "[]", "is not an object of words and sentences\n" },
        { "{" REST "," CALL "}", "cardinals: is missing\n" },
        { "{\"cardinals\":{\"0\":\"z\",\"2\":\"b\"}," REST "," CALL "}",
          "cardinals: has no words for 1; add it, or a smaller number that it is made of\n" },
        { "{\"cardinals\":{\"1000\":\"m\",\"01\":\"a\",\"x\":\"y\"}," REST "," CALL "}",
          "cardinals.1000: is no number from 0 to 999\ncardinals.01: is no number from 0 to 999\n"
          "cardinals.x: is no number from 0 to 999\n" },
        { "{" NUMBERS
          ",\"letters\":{\"AB\":\"a\",\"C\":7},\"places\":{\"window\":\"w\",\"desk\":\"d.\"}," CALL "}",
          "letters.AB: is not one letter\nletters.C: 7 is no word or phrase of at most 63 bytes without "
          "punctuation\n"
          "places.desk: \"d.\" is no word or phrase of at most 95 bytes without punctuation\n"
          "places.room: is missing; say how visitors are sent there\n" },
        { "{" NUMBERS "," REST ",\"sentences\":{\"call\":\"{ticket} {desk}\",\"recal\":\"x\"}}",
          "sentences: unknown key \"recal\"; did you mean \"recall\"?\n"
          "sentences.call: says not whom it calls where: {ticket}, {place}, and {desk} or {nth_desk} are "
          "needed\n" },
        { "{" NUMBERS "," REST ",\"sentences\":{\"call\":\"{ticket} {place} {desk} {tiket}\"}}",
          "sentences.call: {tiket} is not one of {ticket}, {desk}, {nth_desk}, {place}\n" },
        { "{" NUMBERS "," REST ",\"sentences\":{\"call\":\"{ticket} {place} {nth_desk}\"}}",
          "ordinals: is missing\n" },
    };
    static struct grammar grammar;
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        parse(&grammar, "xx", rows[i].text);
        assert_string_equal(said, rows[i].said);
    }
}

static void a_sentence_of_its_own_stands_in_for_those_there_are_not(void **state)
{
    static struct grammar grammar;
    struct sentence sentence;
    const struct said_call call = { SAY_PASSED, KIND_ROOM, "A120", "3" };
    (void)state;
    assert_true(parse(&grammar, "xx", "{" NUMBERS "," REST "," CALL "}"));
    assert_int_equal(grammar_say(&grammar, &call, &sentence), 0);
    assert_string_equal(joined(&sentence), "a k j j r c"); /* 120 is 100 and 10 and 10 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kazakh_numbers_are_right_from_0_to_999),
        cmocka_unit_test(russian_numbers_are_right_from_0_to_999),
        cmocka_unit_test(english_numbers_are_right_from_0_to_999),
        cmocka_unit_test(twelve_kinds_of_call_are_said_in_three_languages),
        cmocka_unit_test(phrases_between_placeholders_are_one_word),
        cmocka_unit_test(the_longest_call_fits_and_a_longer_one_is_refused),
        cmocka_unit_test(a_text_is_read_word_by_word),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_sentence_of_its_own_stands_in_for_those_there_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
