/* Walls without numbers: waiting, starting, closed, no connection. Each language is a block of its own, all at one size. */
#include "board/scene/stage.h"

#include <stdio.h>

struct saying {
    enum phrase headline;
    const char *sentence[LANGS_MAX];
    int nblocks;
    uint8_t lang[LANGS_MAX]; /* of the blocks: a language without the headline has none */
    struct type bold, regular;
};

static struct saying saying_of(const struct stage *stage, enum phrase headline)
{
    struct saying saying = {
        .headline = headline,
        .bold = { .weight = WEIGHT_BOLD, .role = ROLE_MESSAGE, .ink = stage->theme->ink },
        .regular = { .weight = WEIGHT_REGULAR, .role = ROLE_MESSAGE, .ink = stage->theme->soft }
    };
    for (int i = 0; i < stage->in->config->nlangs; i++)
        if (stage_phrase(stage, headline, i)[0] != '\0')
            saying.lang[saying.nblocks++] = (uint8_t)i;
    return saying;
}

static void speak(struct saying *saying, int block)
{
    saying->bold.lang = saying->regular.lang = saying->lang[block];
}

/* The sizes at which every language fits a block like this one. */
static void fit(const struct stage *stage, struct saying *saying, struct rect block)
{
    int headline_px = stage_px(stage, 136), sentence_px = stage_px(stage, 60);
    struct rect upper = box_of(0, 0, block.w, block.h * 54 / 100), lower = upper;
    lower.h = (int16_t)(block.h - upper.h);
    for (int i = 0; i < saying->nblocks; i++) {
        speak(saying, i);
        headline_px =
            passage_fit(stage, &saying->bold, stage_phrase(stage, saying->headline, saying->lang[i]), upper,
                        LEADING_TEXT, stage_px(stage, 28), headline_px);
        sentence_px = passage_fit(stage, &saying->regular, saying->sentence[saying->lang[i]], lower,
                                  LEADING_TEXT, stage_px(stage, 22), sentence_px);
    }
    saying->bold.size_px = headline_px;
    saying->regular.size_px = sentence_px < headline_px * 3 / 5 ? sentence_px : headline_px * 3 / 5;
}

static void put_block(const struct stage *stage, struct saying *saying, int i, struct rect block)
{
    const char *headline = stage_phrase(stage, saying->headline, saying->lang[i]);
    const char *sentence = saying->sentence[saying->lang[i]];
    speak(saying, i);
    int upper = passage_height(stage, &saying->bold, headline, block, LEADING_TEXT);
    struct rect below = box_of(0, 0, block.w, block.h - upper);
    int lower = passage_height(stage, &saying->regular, sentence, below, LEADING_TEXT);
    box_cut_top(&block, (block.h - upper - lower) / 2);
    passage_put(stage, &saying->bold, box_cut_top(&block, upper), LEADING_TEXT, headline);
    passage_put(stage, &saying->regular, box_cut_top(&block, lower), LEADING_TEXT, sentence);
}

static void put_saying(const struct stage *stage, struct saying saying, struct rect box, bool is_warning)
{
    int hair = stage_px(stage, 2), pad = stage_px(stage, 56), air = stage_px(stage, 16);
    box_fill(stage, box, stage->theme->panel, stage_px(stage, 14));
    box = box_inset(box, pad, stage_px(stage, 28));
    if (is_warning) {
        int side = stage_px(stage, stage->is_portrait ? 180 : 260), most = box.w * 21 / 100;
        side = side < most ? side : most;
        picture_icon(stage->picture, ICON_WARNING, box.x, box.y + (box.h - side) / 2, side,
                     stage->theme->ink);
        box_cut_left(&box, side + pad);
    }
    for (int i = 0; i < saying.nblocks; i++) {
        struct rect cell = box_cell(box, 1, saying.nblocks, i, hair);
        if (i == 0)
            fit(stage, &saying, box_inset(cell, 0, air));
        else
            box_fill(stage, box_of(cell.x, cell.y - hair, cell.w, hair), stage->theme->hairline, 0);
        put_block(stage, &saying, i, box_inset(cell, 0, air));
    }
}

void scene_put_message(const struct stage *stage, struct rect box, enum phrase headline, enum phrase sentence,
                       bool is_warning)
{
    struct saying saying = saying_of(stage, headline);
    for (int i = 0; i < stage->in->config->nlangs; i++)
        saying.sentence[i] = stage_phrase(stage, sentence, i);
    put_saying(stage, saying, box, is_warning);
}

/* "Ашылады: дүйсенбі, 08:30"; without the day if it is today. */
static void write_opening(const struct stage *stage, int lang, int now, int at, char *out, size_t size)
{
    const char *weekday = stage->in->config->writing[lang].weekday[at / HOURS_DAY];
    bool is_today = at / HOURS_DAY == now / HOURS_DAY && at > now;
    snprintf(out, size, "%s: %s%s%02d:%02d", stage_phrase(stage, PHRASE_OPENS, lang), is_today ? "" : weekday,
             is_today ? "" : ", ", at % HOURS_DAY / 60, at % 60);
}

static void put_closed(const struct stage *stage, struct rect box)
{
    char opening[LANGS_MAX][LABEL_SIZE + DATE_WORD_SIZE + 16];
    int now = stage_minute(stage), at = hours_at(&stage->in->config->hours, now).until;
    struct saying saying = saying_of(stage, PHRASE_CLOSED);
    for (int i = 0; i < stage->in->config->nlangs; i++) {
        opening[i][0] = '\0';
        if (at != HOURS_NEVER)
            write_opening(stage, i, now, at, opening[i], sizeof opening[i]);
        saying.sentence[i] = opening[i];
    }
    put_saying(stage, saying, box, false);
}

void scene_put_waiting(const struct stage *stage, struct rect box)
{
    if (stage_is_closed(stage))
        put_closed(stage, box);
    else
        scene_put_message(stage, box, PHRASE_PLEASE_WAIT, PHRASE_WAIT_FOR_NUMBER, false);
}
