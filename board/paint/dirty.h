/* Which pixels of a row differ between two pictures, told from the masks of the glyphs that come, go and stay. Pure.
 *
 * May say too much, never too little. A pixel is left out only if one glyph that goes and one that comes both cover it
 * wholly with the same ink, and nothing else touches it: most of the inside of two figures that take turns.
 */
#pragma once

#include "board/paint/picture.h"

#define DIRTY_PX_MAX 8192
#define DIRTY_WORDS  (DIRTY_PX_MAX / 64)

struct dirty_layer {
    uint64_t inked[DIRTY_WORDS]; /* touched */
    uint64_t twice[DIRTY_WORDS]; /* by more than one glyph */
    uint64_t solid[DIRTY_WORDS]; /* wholly covered with the ink that counts */
};

/* All zero before its first use. */
struct dirty {
    unsigned nwords;
    struct dirty_layer gone, come;
    uint64_t kept[DIRTY_WORDS]; /* touched by glyphs that stay */
    uint64_t bits[DIRTY_WORDS]; /* the result; before that: what is dirty in any case */
};

/* A new row of `width` pixels, at most DIRTY_PX_MAX. */
void dirty_begin(struct dirty *dirty, int width);
/* [left, right) differs in any case; may reach outside. */
void dirty_range(struct dirty *dirty, int left, int right);
/* Row `row` of a glyph with its first pixel at x, which may be outside. `is_solid`: it has the ink that counts for layers;
 * one ink in a row. */
void dirty_glyph(struct dirty *dirty, struct dirty_layer *layer, const struct glyph *glyph, int row, int x,
                 bool is_solid);
void dirty_kept(struct dirty *dirty, const struct glyph *glyph, int row, int x);
/* Works the result out. More rows may follow without dirty_begin(): their results are joined. */
void dirty_end(struct dirty *dirty);
/* All dirty pixels lie in [*left, *right), which may be up to 63 pixels wider; false if there are none. */
bool dirty_hull(const struct dirty *dirty, int *left, int *right);
/* The next run of dirty pixels from *right on, as [*left, *right); false if there is none. Start with *right = 0. Gaps
 * of up to four pixels are taken in: the stores around them cost more. */
bool dirty_next(const struct dirty *dirty, int *left, int *right);
