/* The alert replaces everything: a dark band that calls for attention, and under it what to do, each language
 * in its own share of the height, all at one size. */
#include "board/scene/stage.h"

#include <string.h>

#define LEADING_ALERT 122
#define BAND_UNITS    206
#define INDENT_UNITS  36

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

static struct texts texts_of(const struct stage *stage, const struct notice *alert)
{
    struct texts texts = { 0 };
    for (int i = 0; i < stage->in->config->nlangs; i++)
        texts_add(&texts, i, without_attention(stage, notice_in(stage, alert, i), i));
    if (texts.count == 0 && alert->ntexts > 0)
        texts_add(&texts, 0, alert->text[0].text);
    return texts;
}

static void put_band(const struct stage *stage, struct rect box)
{
    int side = stage_px(stage, 140);
    picture_icon(stage->picture, ICON_WARNING, box.x, box.y + (box.h - side) / 2, side,
                 stage->theme->band_sign);
    box_cut_left(&box, side + stage_px(stage, 64));
    struct texts texts = { 0 };
    for (int i = 0; i < stage->in->config->nlangs && i < 2; i++)
        texts_add(&texts, i, stage_phrase(stage, PHRASE_ATTENTION, i));
    struct type type = { .weight = WEIGHT_BOLD, .role = ROLE_ALERT, .ink = stage->theme->band_ink };
    type.size_px =
        texts_fit(stage, &type, &texts, box, LEADING_TIGHT, stage_px(stage, 40), stage_px(stage, 78));
    texts_put(stage, &type, &texts, box, LEADING_TIGHT);
}

static void put_texts(const struct stage *stage, struct rect box, const struct texts *texts)
{
    int hair = stage_px(stage, 3), air = stage_px(stage, 10), indent = stage_px(stage, INDENT_UNITS);
    int n = texts->count, size = stage_px(stage, 150);
    struct type type = { .weight = WEIGHT_BOLD, .role = ROLE_ALERT, .ink = stage->theme->paper_ink };
    for (int i = 0; i < n; i++) {
        struct rect cell = box_inset(box_cell(box, 1, n, i, hair), indent, air);
        type.lang = texts->lang[i];
        size = passage_fit(stage, &type, texts->text[i], cell, LEADING_ALERT, stage_px(stage, 20), size);
    }
    type.size_px = size;
    for (int i = 0; i < n; i++) {
        struct rect cell = box_cell(box, 1, n, i, hair);
        if (i > 0)
            box_fill(stage, box_of(0, cell.y - hair, stage->picture->width, hair), stage->theme->paper_line,
                     0);
        struct texts one = { .count = 1, .text = { texts->text[i] }, .lang = { texts->lang[i] } };
        texts_put(stage, &type, &one, box_inset(cell, indent, air), LEADING_ALERT);
    }
}

void scene_put_alert(const struct stage *stage, const struct notice *alert)
{
    struct rect all = box_of(0, 0, stage->picture->width, stage->picture->height), safe = stage->safe;
    struct rect band = box_cut_top(&safe, stage_px(stage, BAND_UNITS));
    box_fill(stage, all, stage->theme->paper, 0);
    box_fill(stage, box_cut_top(&all, band.y + band.h), stage->theme->band, 0);
    band.y = (int16_t)(band.y - stage_px(stage, 8)); /* towards the middle of what is dark */
    put_band(stage, box_inset(band, stage_px(stage, INDENT_UNITS), 0));
    box_cut_top(&safe, stage_px(stage, 12));
    struct texts texts = texts_of(stage, alert);
    put_texts(stage, safe, &texts);
}
