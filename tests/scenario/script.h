/* A scenario: a text of times, events and expectations (README.md here), played by the whole board process in its hall. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct script_run {
    const char *hall;   /* NULL: the one that the script names */
    const char *folder; /* where pictures and the run directory go */
    uint64_t seed;
    FILE *trace; /* NULL: none */
    bool is_quiet;
};
struct script_result {
    unsigned complaints, events, expectations, chimes, frames;
    unsigned long calls;
    int64_t virtual_us;
};
/* Plays the script `name`. `text` is its contents (not changed), NULL: they are read from the file `name`. Errors of the script
 * and what it found wrong are printed as NAME:LINE, and counted as complaints. */
void script_play(const char *name, const char *text, const struct script_run *run,
                 struct script_result *result);
