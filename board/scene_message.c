/* Walls without numbers: waiting, starting, no connection; and the alert that replaces everything. Each
 * language is a block of its own, all blocks at one size. */
#include "board/stage.h"

struct block_sizes {
    int headline_px, sentence_px;
};

/* What all languages together can have in a block of this size. */
static struct block_sizes fit_blocks(const struct stage *stage, struct rect block, enum phrase headline,
                                     enum phrase sentence)
{
    struct block_sizes sizes = { stage_px(stage, 104), stage_px(stage, 54) };
    struct rect upper = box_of(0, 0, block.w, block.h * 54 / 100),
                lower = box_of(0, 0, block.w, block.h * 46 / 100);
    for (int i = 0; i < stage->in->config->nlangs; i++) {
        struct type bold = { .weight = WEIGHT_BOLD, .lang = (uint8_t)i };
        struct type regular = { .weight = WEIGHT_REGULAR, .lang = (uint8_t)i };
        sizes.headline_px = passage_fit(stage, &bold, stage_phrase(stage, headline, i), upper, LEADING_TEXT,
                                        stage_px(stage, 28), sizes.headline_px);
        sizes.sentence_px = passage_fit(stage, &regular, stage_phrase(stage, sentence, i), lower,
                                        LEADING_TEXT, stage_px(stage, 22), sizes.sentence_px);
    }
    if (sizes.sentence_px > sizes.headline_px * 3 / 5)
        sizes.sentence_px = sizes.headline_px * 3 / 5;
    return sizes;
}

static void put_block(const struct stage *stage, struct rect block, struct block_sizes sizes, int lang,
                      const char *headline, const char *sentence)
{
    struct type bold = {
        .weight = WEIGHT_BOLD, .size_px = sizes.headline_px, .lang = (uint8_t)lang, .ink = stage->theme->ink
    };
    struct type regular = { .weight = WEIGHT_REGULAR,
                            .size_px = sizes.sentence_px,
                            .lang = (uint8_t)lang,
                            .ink = stage->theme->soft };
    int upper = passage_height(stage, &bold, headline, block, LEADING_TEXT);
    int lower =
        passage_height(stage, &regular, sentence, box_of(0, 0, block.w, block.h - upper), LEADING_TEXT);
    box_cut_top(&block, (block.h - upper - lower) / 2);
    passage_put(stage, &bold, box_cut_top(&block, upper), LEADING_TEXT, headline);
    passage_put(stage, &regular, box_cut_top(&block, lower), LEADING_TEXT, sentence);
}

void scene_put_message(const struct stage *stage, struct rect box, enum phrase headline, enum phrase sentence,
                       bool is_warning)
{
    int n = stage->in->config->nlangs, hair = stage_px(stage, 2), pad = stage_px(stage, 56);
    box_fill(stage, box, stage->theme->panel, stage_px(stage, 14));
    box = box_inset(box, pad, stage_px(stage, 28));
    if (is_warning) {
        int side = stage_px(stage, stage->is_portrait ? 180 : 260);
        picture_icon(stage->picture, ICON_WARNING, box.x, box.y + (box.h - side) / 2, side,
                     stage->theme->ink);
        box_cut_left(&box, side + pad);
    }
    struct rect first = box_cell(box, 1, n, 0, hair);
    struct block_sizes sizes =
        fit_blocks(stage, box_inset(first, 0, stage_px(stage, 16)), headline, sentence);
    for (int i = 0; i < n; i++) {
        struct rect cell = box_cell(box, 1, n, i, hair);
        if (i > 0)
            box_fill(stage, box_of(cell.x, cell.y - hair, cell.w, hair), stage->theme->hairline, 0);
        put_block(stage, box_inset(cell, 0, stage_px(stage, 16)), sizes, i, stage_phrase(stage, headline, i),
                  stage_phrase(stage, sentence, i));
    }
}
