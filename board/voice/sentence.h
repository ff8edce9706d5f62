/* What is to be spoken: the words and frame phrases of one sentence, in order. A plain value; whoever makes it decides the words,
 * whoever speaks it (board/speech) only the sound.
 *
 * The text of a word is also the id of its clip in a voice pack (board/speech/pack.h): as it is spoken, in lower case but for what
 * a pack has otherwise, UTF-8 in its composed form. A comma at its end asks for a short pause behind it, one of . ! ? for a long
 * one; they are no part of the id.
 */
#pragma once

#include "protocol/message.h"

#include <stdint.h>

#define SENTENCE_WORDS_MAX 32 /* an evacuation notice has 24 */
#define WORD_SIZE          96 /* bytes with NUL: a frame phrase of 45 letters of Cyrillic */

struct sentence {
    char lang[LANG_SIZE]; /* "kk" */
    uint8_t nwords;
    char word[SENTENCE_WORDS_MAX][WORD_SIZE];
};
