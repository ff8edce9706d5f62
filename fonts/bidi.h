/* The order of letters on a line that has both directions (Unicode annex 9). Owner of FriBidi (fribidi.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BIDI_MAX 160 /* letters of a line, as TEXT_GLYPHS_MAX */

/* The embedding level of each of at most BIDI_MAX code points; odd ones run to the left. `is_rtl`: the line as a whole does. A
 * line without a letter that runs to the left, which does not itself, has level 0 throughout; only others allocate, and if that
 * fails, all letters have the level of the line. */
void bidi_levels(const uint32_t *cp, unsigned count, bool is_rtl, uint8_t *level);
/* Pieces of one level each, in the order of the text, to their order on the wall from left to right: order[0] is the index of the
 * leftmost (rule L2). */
void bidi_order(const uint8_t *level, unsigned count, unsigned *order);
