/* From sentences to samples: the clips of a pack where it has all words of a sentence, else espeak-ng for the whole sentence, if the
 * hall allows it; so that nobody hears two voices in one sentence. Reads files when a word is first needed and keeps
 * RENDER_KEPT_BYTES of them. One thread.
 */
#pragma once

#include "board/speech/sound.h"
#include "board/speech/wire.h"

#include "board/config/config.h"

#define RENDER_KEPT_BYTES (24 << 20) /* two minutes of words: all of three small packs */
#define SENTENCE_PAUSE_MS 400

struct render;
/* Loads the manifests of the packs and, if it is allowed, espeak-ng. What cannot be had is logged once, with the remedy. NULL: out of memory.
 * The config outlives it. */
struct render *render_create(const struct config *config);
void render_destroy(struct render *render); /* NULL is fine */
/* Up to SOUND_MAX samples. Their number, or -errno with a line in `why`: -ENOENT, -E2BIG, -EINVAL (a clip), -ENOMEM … */
int render_sentences(struct render *render, const struct sentence *sentence, unsigned n, int16_t *samples,
                     char *why, size_t why_size);
