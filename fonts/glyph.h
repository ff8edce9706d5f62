/* Glyphs: faces opened by file, coverage, and A8 bitmaps in a bounded cache. Owner of FreeType (ft2build.h).
 *
 * A glyph key is a plain number that names (face, pixel size, glyph index); equal keys are equal pixels for
 * the life of the font set, so display lists may keep and compare keys. Besides the letters of font files
 * there are icons (arrows, the warning triangle, corners), drawn from own outlines with the same rasteriser:
 * for the painter everything is A8.
 *
 * One thread. Structs are opaque.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum weight { WEIGHT_REGULAR, WEIGHT_BOLD, WEIGHTS };

/* Font files, first is preferred, later ones are fallbacks for missing characters. NULL-terminated lists of
 * paths. */
struct font_files {
    const char *const *path[WEIGHTS];
};
/* Debian's fonts-noto-core with fonts-dejavu-core as fallback. */
extern const struct font_files font_files_debian;

struct fonts;
/* NULL on failure; `error` says which file and what to install. At least one face per weight must open. */
struct fonts *fonts_create(const struct font_files *files, char *error, size_t error_size);
void fonts_destroy(struct fonts *fonts);

/* Is there a glyph for cp in any face of the weight? */
bool fonts_cover(const struct fonts *fonts, enum weight weight, uint32_t cp);
/* First code point of the UTF-8 text without a glyph, 0 if all are covered. */
uint32_t fonts_uncovered(const struct fonts *fonts, enum weight weight, const char *text);

/* Height of capitals and of figures in pixels at size_px (em size), from the preferred face; ascent/descent
 * positive. */
struct font_metrics {
    int cap_px, digit_px, ascent_px, descent_px;
};
struct font_metrics fonts_metrics(const struct fonts *fonts, enum weight weight, int size_px);

typedef uint64_t glyph_key; /* 0: no glyph */

enum icon {
    ICON_ARROW_LEFT,
    ICON_ARROW_RIGHT,
    ICON_ARROW_UP,
    ICON_ARROW_DOWN,
    ICON_ARROW_UP_LEFT,
    ICON_ARROW_UP_RIGHT,
    ICON_ARROW_DOWN_LEFT,
    ICON_ARROW_DOWN_RIGHT,
    ICON_WARNING,
    ICON_FREE,   /* a disc with a tick */
    ICON_PAUSE,  /* with two bars */
    ICON_CLOSED, /* with one bar across: no entry */
    ICON_CORNER, /* quarter disc, top left; the painter mirrors it */
    ICONS
};
/* An icon in a square of size_px, its top left corner is the origin. */
glyph_key icon_key(enum icon icon, int size_px);
/* The em size of a letter's key; 0 for icons and for 0. */
int glyph_size_px(glyph_key key);

/* Pixels of a glyph: top-left corner relative to the pen position on the baseline (y grows downwards). */
struct glyph {
    int16_t left, top;
    uint16_t width, height;
    uint16_t stride;
    uint16_t mask_words, changed_words; /* of a row */
    /* Valid until the next glyph_get() that has to evict; the painter fetches right before use. `inked` and
     * `solid` have a bit for each pixel of a row (the first in bit 0 of the first word): coverage above 0,
     * coverage 255. `changed` has one for each group of four: coverage is not that of the row above, or, in the first row, 0. */
    const uint8_t *alpha;
    const uint64_t *inked, *solid, *changed;
    /* Of width, height and coverage, 0 if empty. Equal coverage has equal numbers on every machine, whatever its fonts and
     * rasteriser; other coverage practically never has the same. */
    uint64_t hash;
};
/* Never NULL: a glyph that cannot be rasterised is empty. Rasterises on a miss; allocates only while the
 * cache grows to its bound (GLYPH_CACHE_BYTES), then recycles the least recently used. */
#define GLYPH_CACHE_BYTES (12u << 20)
const struct glyph *glyph_get(struct fonts *fonts, glyph_key key);

struct glyph_cache_stats {
    size_t bytes, glyphs;
    uint64_t hits, misses, evictions;
};
void glyph_cache_stats(const struct fonts *fonts, struct glyph_cache_stats *stats);
