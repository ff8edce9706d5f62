/* A machine's voice: espeak-ng, for what no pack has. Loaded while the program runs (libespeak-ng.so.1), so that a board without it
 * works, and within this process, which then needs no exec() in its sandbox. It reads its voices' files when a language is first
 * spoken. This file alone knows the library.
 *
 * The library keeps its state to itself, and starts a thread for what it does not do here: one synth in the life of a process (1.51 hangs when
 * a second one ends).
 */
#pragma once

#include "board/speech/sound.h"

struct synth;
/* NULL with a line in `error`: it is not installed, or its data are not. */
struct synth *synth_create(char *error, size_t error_size);
void synth_destroy(struct synth *synth); /* NULL is fine */
bool synth_speaks(struct synth *synth, const char *lang);
/* Speaks a text, at SOUND_HZ; not cut or levelled. 0, -ENOENT: no voice for the language, -EFBIG: more than a minute, -ENOMEM, -EIO. */
int synth_speak(struct synth *synth, const char *lang, const char *text, struct sound *sound);
