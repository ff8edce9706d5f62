/* What a run of a scenario leaves: complaints, and the trace, one line for each change of what people see and hear. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* `trace` is borrowed; NULL: none is kept. Quiet: complaints are counted, and not printed. */
void verdict_begin(FILE *trace, bool is_quiet);
/* The place in the script that complaints name from now on. */
void verdict_at(const char *file, unsigned line);
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));
unsigned complaints(void);
const char *verdict_first(void); /* the first complaint, "" */
