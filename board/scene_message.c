/* Walls without numbers: waiting, starting, no connection; and the alert that replaces everything. Each
 * language is a block of its own, all blocks at one size. */
#include "board/stage.h"

#include <string.h>

#define LEADING_ALERT 121

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
    int height = passage_height(stage, &bold, headline, block.w, LEADING_TEXT) +
                 passage_height(stage, &regular, sentence, block.w, LEADING_TEXT);
    box_cut_top(&block, (block.h - height) / 2);
    box_cut_top(&block, passage_put(stage, &bold, block, LEADING_TEXT, headline));
    passage_put(stage, &regular, block, LEADING_TEXT, sentence);
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

/* ---- alert
 * --------------------------------------------------------------------------------------------------------------
 */

/* The band says "Attention!" already. */
static const char *without_attention(const struct stage *stage, const char *text, int lang)
{
    const char *attention = stage_phrase(stage, PHRASE_ATTENTION, lang);
    size_t length = strlen(attention);
    if (length == 0 || strncmp(text, attention, length) != 0)
        return text;
    const char *rest = text + length + strspn(text + length, " ");
    return *rest != '\0' ? rest : text;
}

static int alert_texts(const struct stage *stage, const struct notice *alert, const char *text[LANGS_MAX],
                       uint8_t lang[LANGS_MAX])
{
    int n = 0;
    for (int i = 0; i < stage->in->config->nlangs; i++) {
        const char *found = notice_in(stage, alert, i);
        if (found[0] == '\0')
            continue;
        lang[n] = (uint8_t)i;
        text[n++] = without_attention(stage, found, i);
    }
    if (n == 0 && alert->ntexts > 0) {
        lang[0] = 0;
        text[n++] = alert->text[0].text;
    }
    return n;
}

static void put_band(const struct stage *stage, struct rect box)
{
    int lines = stage->in->config->nlangs < 2 ? stage->in->config->nlangs : 2;
    int side = stage_px(stage, 140);
    picture_icon(stage->picture, ICON_WARNING, box.x, box.y + (box.h - side) / 2, side,
                 stage->theme->band_sign);
    box_cut_left(&box, side + stage_px(stage, 64));
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = stage_px(stage, 86),
                         .ink = stage->theme->band_ink };
    for (int i = 0; i < lines; i++) {
        type.lang = (uint8_t)i;
        type_fit(stage, &type, stage_phrase(stage, PHRASE_ATTENTION, i), box.w, stage_px(stage, 40));
    }
    int pitch = type.size_px * LEADING_TIGHT / 100;
    box_cut_top(&box, (box.h - lines * pitch) / 2);
    for (int i = 0; i < lines; i++) {
        type.lang = (uint8_t)i;
        type_put(stage, &type, box_cut_top(&box, pitch), ALIGN_LEFT,
                 stage_phrase(stage, PHRASE_ATTENTION, i));
    }
}

void scene_put_alert(const struct stage *stage, const struct notice *alert)
{
    const struct theme *theme = stage->theme;
    struct rect rest = box_of(0, 0, stage->picture->width, stage->picture->height), safe = stage->safe;
    int band = stage_px(stage, 206), hair = stage_px(stage, 3), safe_top = safe.y;
    box_fill(stage, rest, theme->paper, 0);
    box_fill(stage, box_cut_top(&rest, safe.y + band), theme->band, 0);
    int indent = stage_px(stage, 36);
    struct rect head = box_cut_top(&safe, band);
    head.y = (int16_t)(head.y - safe_top / 3);
    put_band(stage, box_inset(head, indent, 0));

    const char *text[LANGS_MAX];
    uint8_t lang[LANGS_MAX];
    int n = alert_texts(stage, alert, text, lang), size = stage_px(stage, 150);
    box_cut_top(&safe, stage_px(stage, 12));
    struct rect inner = box_inset(box_cell(safe, 1, n ? n : 1, 0, hair), indent, stage_px(stage, 10));
    for (int i = 0; i < n; i++) {
        struct type type = { .weight = WEIGHT_BOLD, .lang = lang[i] };
        size = passage_fit(stage, &type, text[i], inner, LEADING_ALERT, stage_px(stage, 24), size);
    }
    for (int i = 0; i < n; i++) {
        struct type type = {
            .weight = WEIGHT_BOLD, .size_px = size, .lang = lang[i], .ink = theme->paper_ink
        };
        struct rect cell = box_cell(safe, 1, n, i, hair);
        if (i > 0)
            box_fill(stage, box_of(0, cell.y - hair, stage->picture->width, hair), theme->paper_line, 0);
        cell = box_inset(cell, indent, stage_px(stage, 10));
        int height = passage_height(stage, &type, text[i], cell.w, LEADING_ALERT);
        box_cut_top(&cell, (cell.h - height) / 2);
        passage_put(stage, &type, cell, LEADING_ALERT, text[i]);
    }
}
