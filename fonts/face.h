/* What glyph.c (FreeType) and text.c (HarfBuzz) need of each other, in plain types: neither foreign header
 * crosses here. Both read the same mapped font file, so the hb-ft bridge, which would need both headers in
 * one file, is not needed. Not for other folders.
 */
#pragma once

#include "fonts/glyph.h"

#define FACES_PER_WEIGHT_MAX 4

struct font_file {
    const void *data; /* mapped, lives as long as the fonts */
    size_t size;
};

unsigned fonts_faces(const struct fonts *fonts, enum weight weight);
struct font_file fonts_face_file(const struct fonts *fonts, enum weight weight, unsigned face);
/* First face of the weight that has a glyph for cp, -1 if none has. */
int fonts_face_of(const struct fonts *fonts, enum weight weight, uint32_t cp);
glyph_key fonts_glyph_key(enum weight weight, unsigned face, int size_px, uint32_t glyph_index);

/* Decodes one code point and moves *text on; 0 at the end. A byte that is not UTF-8 counts as U+FFFD. */
uint32_t fonts_next_cp(const char **text);

/* The shaping half of the fonts: made by fonts_create(), which owns it. */
struct shaper;
struct shaper *shaper_create(const struct fonts *fonts);
void shaper_destroy(struct shaper *shaper);
struct shaper *fonts_shaper(const struct fonts *fonts);
