/* Private to board/sandbox: its parts. Each returns 0 or -errno. */
#pragma once

#include "board/sandbox/sandbox.h"

int files_hide(enum sandbox_kind kind,
               const char *const *also);                    /* files.c; -ENOSYS, -EOPNOTSUPP: no Landlock */
int calls_filter(const char *name, enum sandbox_kind kind); /* calls.c */
