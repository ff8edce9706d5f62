/* How a language says a call: its words for numbers and letters, and its sentences. Data, from board/voices/LANG.json; here they
 * become a list of words (sentence.h). Pure, allocates nothing.
 *
 * A number up to 999 is the largest number that has a word and is not larger, and then the rest, which is said in the same way: 245 is
 * 200, 40, 5. So a language that says 21 in another way than 20 and 1 has a word for 21. A longer number is said figure by figure.
 * Of an ordinal only the last word differs (kk: жиырма үшінші), in languages that have a table of them.
 *
 * A ticket is said by the names of its letters and the value of its figures: А042 is «А қырық екі», as visitors say it themselves.
 * A letter without a name is said as it stands.
 */
#pragma once

#include "board/config/config.h"
#include "board/voice/sentence.h"

#define GRAMMAR_NUMBERS_MAX 128 /* all to 100, and the hundreds */
#define GRAMMAR_LETTERS_MAX 96  /* two alphabets */
#define GRAMMAR_TEXT_SIZE   64  /* of a word for a number or a letter */

enum saying { SAY_CALL, SAY_RECALL, SAY_BOOKED, SAY_PASSED, SAYINGS };
extern const char *const saying_keys[SAYINGS]; /* "call", "recall" … */

struct grammar_numbers {
    uint8_t count;
    struct {
        uint16_t value;
        char text[GRAMMAR_TEXT_SIZE];
    } word[GRAMMAR_NUMBERS_MAX]; /* the largest first */
};
struct grammar {
    char lang[LANG_SIZE];
    struct grammar_numbers cardinal, ordinal; /* ordinal: empty where the sentences do not ask for it */
    char joint[GRAMMAR_TEXT_SIZE];            /* between hundreds and the rest: en "and"; "" none */
    uint8_t nletters;
    struct {
        uint32_t letter; /* a capital */
        char name[GRAMMAR_TEXT_SIZE];
    } letter[GRAMMAR_LETTERS_MAX];
    char place[KINDS][WORD_SIZE]; /* where to: "терезеге өтіңіз." */
    char saying[SAYINGS][2 * WORD_SIZE];
};

/* What is said of a call. `desk` is the label above it. */
struct said_call {
    enum saying saying;
    enum desk_kind kind;
    const char *ticket, *desk;
};
/* 0, or -E2BIG: more words than a sentence has. */
__attribute__((warn_unused_result)) int grammar_say(const struct grammar *grammar,
                                                    const struct said_call *call, struct sentence *out);
/* A text as it stands, word by word: notices. 0, or -E2BIG: too many words, or one that is too long. */
__attribute__((warn_unused_result)) int grammar_read(const char *lang, const char *text,
                                                     struct sentence *out);
/* Is there a word for each number from 0 to 999? Else the first that cannot be said; -1: all can. */
int grammar_gap(const struct grammar_numbers *numbers);
