/* What a script expects of the hall as people see and hear it: the words behind "expect". */
#pragma once

#include "board/config/config.h"

/* Complains if it is not so. `config` is borrowed for the call; `word` ends with NULL. */
void expect(const struct config *config, char **word);
