/* Every word that calls of a language can need: what a voice pack must have. Pure. */
#pragma once

#include "board/voice/grammar.h"

#define WORDS_NUMBER_MAX 999 /* longer numbers are said figure by figure */

/* Calls fn for each, as the pack names it, some many times: phrases of all kinds of calls and places, numbers, letters. A nonzero result of fn
 * ends it and is returned; so does an error of grammar_say(). */
int words_each(const struct grammar *grammar, int (*fn)(void *data, const char *word), void *data);
