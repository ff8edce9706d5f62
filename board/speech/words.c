#include "board/speech/words.h"

#include "board/speech/pack.h"
#include "protocol/utf8.h"

#include <stdio.h>

struct listing {
    const struct grammar *grammar;
    int (*fn)(void *data, const char *word);
    void *data;
};

static int list_call(const struct listing *listing, const struct said_call *call)
{
    struct sentence sentence;
    char word[WORD_SIZE];
    int result = grammar_say(listing->grammar, call, &sentence);
    for (unsigned i = 0; i < sentence.nwords && !result; i++) {
        pack_word(sentence.word[i], word);
        result = word[0] ? listing->fn(listing->data, word) : 0;
    }
    return result;
}

static int list_phrases(const struct listing *listing)
{
    int result = 0;
    for (int saying = 0; saying < SAYINGS && !result; saying++)
        for (int kind = 0; kind < KINDS && !result; kind++)
            result = list_call(listing,
                               &(struct said_call){ (enum saying)saying, (enum desk_kind)kind, "1", "1" });
    return result;
}

static int list_numbers(const struct listing *listing)
{
    char number[8];
    int result = 0;
    for (unsigned value = 0; value <= WORDS_NUMBER_MAX && !result; value++) {
        snprintf(number, sizeof number, "%u", value);
        result = list_call(listing, &(struct said_call){ SAY_CALL, KIND_WINDOW, number, number });
    }
    return result;
}

static int list_letters(const struct listing *listing)
{
    char letter[8];
    int result = 0;
    for (unsigned i = 0; i < listing->grammar->nletters && !result; i++) {
        letter[utf8_put(letter, listing->grammar->letter[i].letter)] = '\0';
        result = list_call(listing, &(struct said_call){ SAY_CALL, KIND_WINDOW, letter, "1" });
    }
    return result;
}

int words_each(const struct grammar *grammar, int (*fn)(void *data, const char *word), void *data)
{
    const struct listing listing = { grammar, fn, data };
    int result = list_phrases(&listing);
    result = result ? result : list_numbers(&listing);
    return result ? result : list_letters(&listing);
}
