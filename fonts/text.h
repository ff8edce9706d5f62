/* Lines of text: UTF-8 to positioned glyphs. Owner of HarfBuzz (hb.h). Shaped lines are cached (bounded,
 * least recently used goes), so a repeated text costs a look-up and no allocation.
 */
#pragma once

#include "fonts/glyph.h"

#define TEXT_GLYPHS_MAX  160 /* of one line; longer text is cut and ends in an ellipsis */
#define TEXT_CACHE_LINES 512

struct text_style {
    enum weight weight;
    int size_px;    /* em size, 6..1200 */
    char lang[9];   /* BCP 47: kk, ru, en */
    bool is_number; /* tabular figures, slashed zero */
    bool is_rtl;    /* a language that runs to the left: so does the line, whatever it begins with */
};

struct text_line {
    uint16_t nglyphs;
    bool is_cut;
    int width_px;                  /* advance width */
    int ink_left_px, ink_right_px; /* inked extent relative to the pen origin */
    struct {
        glyph_key key;
        int16_t x, y; /* pen position relative to the line's origin on the baseline, whole pixels */
    } glyph[TEXT_GLYPHS_MAX];
};

/* Shapes `text`. The result lives in the cache until TEXT_CACHE_LINES other lines were shaped: copy what must
 * last. */
const struct text_line *text_shape(struct fonts *fonts, const struct text_style *style, const char *text);

/* Largest size in [min_px, max_px] at which the text fits width_px; min_px if none does (then the caller
 * breaks or cuts). */
int text_fit(struct fonts *fonts, const struct text_style *style, const char *text, int width_px, int min_px,
             int max_px);

/* Breaks at spaces into at most max_lines lines no wider than width_px; a word that is too wide, and text
 * beyond the last line, is cut with an ellipsis. Writes the lines into out[i] (each TEXT_LINE_BYTES), returns
 * their number. */
#define TEXT_LINE_BYTES 512
unsigned text_break(struct fonts *fonts, const struct text_style *style, const char *text, int width_px,
                    char (*out)[TEXT_LINE_BYTES], unsigned max_lines);
