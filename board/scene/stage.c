#include "board/scene/stage.h"

#include <stdio.h>
#include <string.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

void stage_init(struct stage *stage, struct picture *picture, struct fonts *fonts,
                const struct scene_input *input)
{
    int w = picture->width, h = picture->height;
    bool is_portrait = h > w;
    int base = is_portrait ? least(w, h * 9 / 16) : least(h, w * 9 / 16);
    *stage = (struct stage){
        .picture = picture,
        .fonts = fonts,
        .in = input,
        .theme = &input->config->theme,
        .unit_permille = base * 1000 / 1080,
        .cap_permille = fonts_metrics(fonts, WEIGHT_BOLD, 1000).cap_px,
        .is_portrait = is_portrait,
    };
    double overscan = input->screen->overscan;
    int left = stage_px(stage, 40), top = stage_px(stage, 24);
    stage->safe =
        box_inset(box_of(0, 0, w, h), most((int)(w * overscan), left), most((int)(h * overscan), top));
}

int stage_px(const struct stage *stage, int n)
{
    return most(1, (n * stage->unit_permille + 500) / 1000);
}

const char *stage_phrase(const struct stage *stage, enum phrase phrase, int lang)
{
    return stage->in->config->phrase[phrase].text[lang];
}

static bool stands_before(const struct stage *stage, enum phrase phrase, int lang)
{
    for (int i = 0; i < lang; i++)
        if (strcmp(stage_phrase(stage, phrase, i), stage_phrase(stage, phrase, lang)) == 0)
            return true;
    return false;
}

void stage_join(const struct stage *stage, enum phrase phrase, int nlangs, char out[JOINED_SIZE])
{
    int length = 0;
    out[0] = '\0';
    for (int i = 0; i < least(nlangs, stage->in->config->nlangs); i++) {
        const char *text = stage_phrase(stage, phrase, i);
        if (text[0] != '\0' && !stands_before(stage, phrase, i))
            length +=
                snprintf(out + length, (size_t)(JOINED_SIZE - length), "%s%s", length ? " · " : "", text);
    }
}

int stage_minute(const struct stage *stage)
{
    const struct scene_clock *clock = &stage->in->clock;
    return clock->is_known ? clock->weekday * HOURS_DAY + clock->hour * 60 + clock->minute : HOURS_UNKNOWN;
}

bool stage_is_closed(const struct stage *stage)
{
    return !hours_at(&stage->in->config->hours, stage_minute(stage)).is_open;
}

bool stage_has_desk(const struct stage *stage, int desk)
{
    return config_screen_has_desk(stage->in->config, stage->in->screen, desk);
}

/* ---- boxes ----------------------------------------------------------------------------------- */

struct rect box_of(int x, int y, int w, int h)
{
    return (struct rect){ (int16_t)x, (int16_t)y, (int16_t)most(w, 0), (int16_t)most(h, 0) };
}

struct rect box_cut_top(struct rect *box, int h)
{
    struct rect piece = box_of(box->x, box->y, box->w, least(h, box->h));
    *box = box_of(box->x, box->y + piece.h, box->w, box->h - piece.h);
    return piece;
}

struct rect box_cut_bottom(struct rect *box, int h)
{
    struct rect rest = box_cut_top(box, box->h - least(h, box->h));
    struct rect piece = *box;
    *box = rest;
    return piece;
}

struct rect box_cut_left(struct rect *box, int w)
{
    struct rect piece = box_of(box->x, box->y, least(w, box->w), box->h);
    *box = box_of(box->x + piece.w, box->y, box->w - piece.w, box->h);
    return piece;
}

struct rect box_cut_right(struct rect *box, int w)
{
    struct rect rest = box_cut_left(box, box->w - least(w, box->w));
    struct rect piece = *box;
    *box = rest;
    return piece;
}

struct rect box_inset(struct rect box, int dx, int dy)
{
    return box_of(box.x + dx, box.y + dy, box.w - 2 * dx, box.h - 2 * dy);
}

/* Edges are rounded, not sizes: cells differ by a pixel at most and the last one ends where the box does. */
struct rect box_cell(struct rect box, int columns, int rows, int i, int gap)
{
    int column = i % columns, row = i / columns;
    int left = column * (box.w + gap) / columns, right = (column + 1) * (box.w + gap) / columns - gap;
    int top = row * (box.h + gap) / rows, bottom = (row + 1) * (box.h + gap) / rows - gap;
    return box_of(box.x + left, box.y + top, right - left, bottom - top);
}

void box_fill(const struct stage *stage, struct rect box, color fill, int radius_px)
{
    picture_region(stage->picture, box, fill, radius_px);
}

/* ---- one line -------------------------------------------------------------------------------- */

static bool is_rtl(const struct stage *stage, const struct type *type)
{
    return stage->in->config->writing[type->lang].is_rtl;
}

static struct text_style style_of(const struct stage *stage, const struct type *type)
{
    struct text_style style = { .weight = type->weight,
                                .size_px = type->size_px,
                                .is_number = type->is_number,
                                .is_rtl = is_rtl(stage, type) };
    memcpy(style.lang, stage->in->config->lang[type->lang], sizeof style.lang);
    return style;
}

const struct text_line *type_shape(const struct stage *stage, const struct type *type, const char *text)
{
    const struct text_style style = style_of(stage, type);
    return text_shape(stage->fonts, &style, text);
}

int type_width(const struct stage *stage, const struct type *type, const char *text)
{
    return type_shape(stage, type, text)->width_px;
}

int type_cap(const struct stage *stage, const struct type *type)
{
    return type->size_px * stage->cap_permille / 1000;
}

int type_size_of_cap(const struct stage *stage, int cap_px)
{
    return most(6, cap_px * 1000 / stage->cap_permille);
}

bool type_fit(const struct stage *stage, struct type *type, const char *text, int width_px, int min_px)
{
    int width = type_width(stage, type, text);
    if (width > width_px && type->size_px > min_px) {
        type->size_px = most(min_px, (int)((int64_t)type->size_px * width_px / width));
        while ((width = type_width(stage, type, text)) > width_px && type->size_px > min_px)
            type->size_px--;
    }
    return width <= width_px;
}

static void put_line(const struct stage *stage, const struct type *type, const struct text_line *line, int x,
                     int baseline_y)
{
    struct picture *picture = stage->picture;
    unsigned first = picture->nglyphs;
    picture_line(picture, line, x, baseline_y, type->ink);
    for (unsigned i = first; i < picture->nglyphs; i++) {
        picture->glyph[i].role = type->role & 31u;
        picture->glyph[i].lang = type->is_joined ? PICTURE_LANGS : type->lang & 7u;
    }
}

void type_put_at(const struct stage *stage, const struct type *type, int x, int baseline_y, const char *text)
{
    put_line(stage, type, type_shape(stage, type, text), x, baseline_y);
}

/* The glyphs that leave room for an ellipsis, and the ellipsis. */
static void put_cut(const struct stage *stage, const struct type *type, int x, int baseline_y, int width,
                    const char *text)
{
    struct text_line ellipsis = *type_shape(stage, type, "…");
    struct text_line line = *type_shape(stage, type, text);
    int room = width - ellipsis.width_px;
    unsigned n = 0;
    while (n + 1u < line.nglyphs && line.glyph[n + 1].x <= room)
        n++;
    int end = n < line.nglyphs ? line.glyph[n].x : line.width_px;
    line.nglyphs = (uint16_t)n;
    put_line(stage, type, &line, x, baseline_y);
    if (ellipsis.width_px <= width)
        put_line(stage, type, &ellipsis, x + end, baseline_y);
}

void type_put(const struct stage *stage, const struct type *type, struct rect box, enum align align,
              const char *text)
{
    const struct text_line *line = type_shape(stage, type, text);
    int baseline = box.y + (box.h + type_cap(stage, type)) / 2;
    int ink = line->ink_right_px - line->ink_left_px;
    char cut[1][TEXT_LINE_BYTES];
    if (align == ALIGN_START)
        align = is_rtl(stage, type) ? ALIGN_RIGHT : ALIGN_LEFT;
    if (ink > box.w && is_rtl(stage, type)) { /* the end of the text is on the left, and goes first */
        struct text_style style = style_of(stage, type);
        text_break(stage->fonts, &style, text, box.w, cut, 1);
        line = type_shape(stage, type, cut[0]);
        ink = line->ink_right_px - line->ink_left_px;
        align = ALIGN_RIGHT;
    } else if (ink > box.w) {
        put_cut(stage, type, box.x, baseline, box.w, text);
        return;
    }
    int shift = align == ALIGN_LEFT ? 0 : align == ALIGN_RIGHT ? box.w - ink : (box.w - ink) / 2;
    put_line(stage, type, line, box.x + shift - line->ink_left_px, baseline);
}
