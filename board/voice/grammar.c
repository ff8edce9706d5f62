#include "board/voice/grammar.h"

#include "protocol/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX   999
#define FIGURES_MAX 3

const char *const saying_keys[SAYINGS] = { "call", "recall", "booked", "passed_on" };

/* ---- words ----------------------------------------------------------------------------------- */

static int put_word(struct sentence *out, const char *word, size_t length)
{
    if (out->nwords == SENTENCE_WORDS_MAX || length >= WORD_SIZE)
        return -E2BIG;
    memcpy(out->word[out->nwords], word, length);
    out->word[out->nwords++][length] = '\0';
    return 0;
}

/* "екі жүз" is two words. */
static int put_words(struct sentence *out, const char *text)
{
    int error = 0;
    for (size_t length; *text && !error; text += length) {
        text += strspn(text, " ");
        length = strcspn(text, " ");
        error = length ? put_word(out, text, length) : 0;
    }
    return error;
}

/* A mark behind what was said already: "… терезеге өтіңіз" "." */
static int put_mark(struct sentence *out, char mark)
{
    if (!out->nwords)
        return 0;
    char *last = out->word[out->nwords - 1];
    size_t length = strlen(last);
    if (length + 1 >= WORD_SIZE)
        return -E2BIG;
    last[length] = mark;
    last[length + 1] = '\0';
    return 0;
}

/* ---- numbers --------------------------------------------------------------------------------- */

/* The word for the largest number that is not larger; NULL: there is none. */
static const char *largest(const struct grammar_numbers *numbers, unsigned value, unsigned *found)
{
    for (unsigned i = 0; i < numbers->count; i++)
        if (numbers->word[i].value <= value) {
            *found = numbers->word[i].value;
            return numbers->word[i].text;
        }
    return NULL;
}

static const char *exactly(const struct grammar_numbers *numbers, unsigned value)
{
    unsigned found;
    const char *text = largest(numbers, value, &found);
    return text && found == value ? text : NULL;
}

static int put_number(struct sentence *out, const struct grammar *grammar, unsigned value, bool is_ordinal)
{
    const char *whole = is_ordinal ? exactly(&grammar->ordinal, value) : NULL;
    unsigned part;
    const char *text = whole ? whole : largest(&grammar->cardinal, value, &part);
    if (!text)
        return -ENOENT; /* the loader has looked */
    int error = put_words(out, text);
    if (error || whole || part == value)
        return error;
    if (part >= 100 && grammar->joint[0])
        error = put_words(out, grammar->joint);
    return error ? error : put_number(out, grammar, value - part, is_ordinal);
}

int grammar_gap(const struct grammar_numbers *numbers)
{
    for (int value = 0; value <= VALUE_MAX; value++) {
        unsigned part = 0, rest = (unsigned)value;
        do {
            if (!largest(numbers, rest, &part) || (part == 0 && rest > 0))
                return value;
            rest -= part;
        } while (rest > 0);
    }
    return -1;
}

/* ---- tickets and desks ----------------------------------------------------------------------- */

static int put_letter(struct sentence *out, const struct grammar *grammar, const char *at, size_t bytes)
{
    const char *next = at;
    uint32_t letter = utf8_next(&next, at + bytes);
    for (unsigned i = 0; i < grammar->nletters; i++)
        if (grammar->letter[i].letter == letter)
            return put_words(out, grammar->letter[i].name);
    return utf8_is_printable(letter) && !strchr("-./ ", *at) ? put_word(out, at, bytes) : 0;
}

static int put_figures(struct sentence *out, const struct grammar *grammar, const char *figures, size_t count,
                       bool is_ordinal)
{
    if (count <= FIGURES_MAX)
        return put_number(out, grammar, (unsigned)strtoul(figures, NULL, 10), is_ordinal);
    int error = 0;
    for (size_t i = 0; i < count && !error; i++)
        error = put_number(out, grammar, (unsigned)(figures[i] - '0'), false);
    return error;
}

/* Letters and figures; an ordinal only if it is a number and nothing else. */
static int put_code(struct sentence *out, const struct grammar *grammar, const char *text, bool is_ordinal)
{
    const char *end = text + strlen(text);
    bool is_number = strspn(text, "0123456789") == strlen(text);
    int error = 0;
    while (text < end && !error) {
        size_t figures = strspn(text, "0123456789");
        const char *next = text;
        utf8_next(&next, end);
        error = figures ? put_figures(out, grammar, text, figures, is_ordinal && is_number)
                        : put_letter(out, grammar, text, (size_t)(next - text));
        text = figures ? text + figures : next;
    }
    return error;
}

/* ---- sentences ------------------------------------------------------------------------------- */

static int put_place_holder(struct sentence *out, const struct grammar *grammar, const struct said_call *call,
                            const char *name, size_t length)
{
    static const char ticket[] = "ticket", desk[] = "desk", nth[] = "nth_desk", place[] = "place";
    if (length == sizeof ticket - 1 && memcmp(name, ticket, length) == 0)
        return put_code(out, grammar, call->ticket, false);
    if (length == sizeof desk - 1 && memcmp(name, desk, length) == 0)
        return put_code(out, grammar, call->desk, false);
    if (length == sizeof nth - 1 && memcmp(name, nth, length) == 0)
        return put_code(out, grammar, call->desk, true);
    if (length == sizeof place - 1 && memcmp(name, place, length) == 0)
        return put_word(out, grammar->place[call->kind], strlen(grammar->place[call->kind]));
    return -EINVAL; /* the loader has looked */
}

/* What stands between two placeholders is one phrase; its leading marks belong to what was said before. */
static int put_phrase(struct sentence *out, const char *text, size_t length)
{
    int error = 0;
    for (; length && strchr(" ,.!?", *text) && !error; text++, length--)
        error = *text == ' ' ? 0 : put_mark(out, *text);
    while (length && text[length - 1] == ' ')
        length--;
    return error || !length ? error : put_word(out, text, length);
}

int grammar_say(const struct grammar *grammar, const struct said_call *call, struct sentence *out)
{
    const char *at = grammar->saying[call->saying];
    int error = 0;
    memcpy(out->lang, grammar->lang, sizeof out->lang);
    out->nwords = 0;
    while (*at && !error) {
        size_t length = strcspn(at, "{");
        error = put_phrase(out, at, length);
        at += length;
        if (*at != '{' || error)
            continue;
        length = strcspn(++at, "}");
        error = put_place_holder(out, grammar, call, at, length);
        at += length + (at[length] == '}');
    }
    return error;
}

int grammar_read(const char *lang, const char *text, struct sentence *out)
{
    snprintf(out->lang, sizeof out->lang, "%s", lang);
    out->nwords = 0;
    return put_words(out, text);
}
