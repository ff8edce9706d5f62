/* The words of a script's line. A word may be NULL: it is not there. */
#pragma once

#include "board/config/config.h"

#include <stdbool.h>

bool is_word(const char *a, const char *b);
/* -1: none of them. */
int index_of(const char *word, const char *const *names, unsigned count);
/* Index in the hall file; a name that it does not have is complained of, and below 0. */
int desk_of(const struct config *config, const char *word);
int screen_of(const struct config *config, const char *word);
