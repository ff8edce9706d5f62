/* What is to be read while one waits: a notice as a large calm page, and the time of day. */
#include "board/scene/stage.h"

#include <stdio.h>

#define PAGE_MAX_UNITS     104
#define PAGE_MIN_UNITS     30
#define PAGE_GOOD_UNITS    52 /* below this, a third language makes place for the others */
#define PAGE_AIR_UNITS     20
#define LANGS_OF_LAW       2
#define PICTURE_PERCENT    52 /* of the height or the width, at most; the text has the rest */
#define LOGO_PERCENT       36
#define STRIP_UNITS        92
#define DATE_MAX_UNITS     54
#define DATE_MIN_UNITS     20
#define CLOCK_PERCENT      34 /* height of the figures, of the part's */
#define CLOCK_FULL_PERCENT 84 /* and of all */
#define DATE_LANGS         2  /* those of the law */
#define DATE_SIZE          128

/* ---- notices --------------------------------------------------------------------------------- */

/* Without a notice the hall says whose it is. */
static bool texts_of_page(const struct stage *stage, struct texts *texts)
{
    notice_texts(stage, texts);
    if (texts->count > 0)
        return true;
    for (int i = 0; i < stage->in->config->nlangs; i++)
        texts_add(texts, i, stage->in->config->name.text[i]);
    return false;
}

/* The largest size at which each language fits its cell of the box. */
static int size_of_page(const struct stage *stage, struct type type, const struct texts *texts,
                        struct rect box)
{
    int size_px = stage_px(stage, PAGE_MAX_UNITS);
    struct rect cell =
        box_inset(box_cell(box, 1, texts->count, 0, stage_px(stage, 2)), 0, stage_px(stage, PAGE_AIR_UNITS));
    for (int i = 0; i < texts->count; i++) {
        type.lang = texts->lang[i];
        size_px = passage_fit(stage, &type, texts->text[i], cell, LEADING_TEXT,
                              stage_px(stage, PAGE_MIN_UNITS), size_px);
    }
    return size_px;
}

/* Above the text or at its left, whichever leaves the picture larger; the rest of the box is the text's. */
static void put_picture(const struct stage *stage, struct image *image, int percent, struct rect *box)
{
    struct rect upper = *box, left = *box;
    int air = stage_px(stage, 2 * PAGE_AIR_UNITS);
    upper.h = (int16_t)(box->h * percent / 100);
    left.w = (int16_t)(box->w * percent / 100);
    struct rect above = stage_fit(image, upper), beside = stage_fit(image, left);
    bool is_above = above.w * above.h >= beside.w * beside.h;
    if (is_above) {
        box_cut_top(box, stage_px(stage, PAGE_AIR_UNITS));
        stage_image(stage, image, stage_fit(image, box_cut_top(box, above.h)));
        box_cut_top(box, stage_px(stage, PAGE_AIR_UNITS));
    } else {
        stage_image(stage, image, stage_fit(image, box_cut_left(box, beside.w)));
        box_cut_left(box, air);
    }
}

static void put_page(const struct stage *stage, struct rect box)
{
    struct texts texts = { 0 };
    int hair = stage_px(stage, 2), pad = stage_px(stage, 56), air = stage_px(stage, PAGE_AIR_UNITS);
    bool is_notice = texts_of_page(stage, &texts);
    struct type type = { .weight = is_notice ? WEIGHT_REGULAR : WEIGHT_BOLD,
                         .role = is_notice ? ROLE_NOTICE : ROLE_HEADER,
                         .ink = stage->theme->ink };
    box_fill(stage, box, stage->theme->panel, stage_px(stage, 14));
    box = box_inset(box, pad, air);
    struct image *image = is_notice ? notice_picture(stage) : stage->theme->logo;
    if (image)
        put_picture(stage, image, is_notice ? PICTURE_PERCENT : LOGO_PERCENT, &box);
    type.size_px = size_of_page(stage, type, &texts, box);
    if (texts.count > LANGS_OF_LAW && type.size_px < stage_px(stage, PAGE_GOOD_UNITS)) {
        texts.count = LANGS_OF_LAW;
        type.size_px = size_of_page(stage, type, &texts, box);
    }
    for (int i = 0; i < texts.count; i++) {
        struct rect cell = box_cell(box, 1, texts.count, i, hair);
        if (i > 0)
            box_fill(stage, box_of(cell.x, cell.y - hair, cell.w, hair), stage->theme->hairline, 0);
        const struct texts one = { .count = 1, .text = { texts.text[i] }, .lang = { texts.lang[i] } };
        texts_put(stage, &type, &one, box_inset(cell, 0, air), LEADING_TEXT);
    }
}

/* The warning comes last, after its sign: its text and that of a page in one language are not one text (board/check/languages). */
void scene_put_notice(const struct stage *stage, struct rect box)
{
    bool is_stale = stage_is_stale(stage);
    struct rect strip = box_cut_bottom(&box, is_stale ? stage_px(stage, STRIP_UNITS) : 0);
    if (is_stale)
        box_cut_bottom(&box, stage_px(stage, PAGE_AIR_UNITS));
    put_page(stage, box);
    if (is_stale)
        scene_put_warning(stage, box_inset(strip, stage_px(stage, 28), 0), strip);
}

/* ---- the time -------------------------------------------------------------------------------- */

struct dates {
    int count;
    char text[DATE_LANGS][DATE_SIZE];
    struct type type;
};

/* None where they would be too small. */
static struct dates dates_of(const struct stage *stage, int width, int height)
{
    struct dates dates = { .type = { .weight = WEIGHT_REGULAR,
                                     .size_px = stage_px(stage, DATE_MAX_UNITS),
                                     .role = ROLE_HEADER,
                                     .ink = stage->theme->soft } };
    const struct config *config = stage->in->config;
    for (int i = 0; i < config->nlangs && dates.count < DATE_LANGS; i++) {
        char *text = dates.text[dates.count];
        if (scene_date(text, DATE_SIZE, &config->writing[i], &stage->in->clock) <= 0)
            break;
        dates.type.lang = (uint8_t)i;
        type_fit(stage, &dates.type, text, width, stage_px(stage, DATE_MIN_UNITS));
        dates.count++;
    }
    int most_px = dates.count ? height * 100 / LEADING_TEXT / dates.count : 0;
    dates.type.size_px = dates.type.size_px < most_px ? dates.type.size_px : most_px;
    if (dates.type.size_px < stage_px(stage, DATE_MIN_UNITS))
        dates.count = 0;
    return dates;
}

static void put_dates(const struct stage *stage, struct dates *dates, struct rect box)
{
    int pitch = dates->count ? box.h / dates->count : 0;
    for (int i = 0; i < dates->count; i++) {
        dates->type.lang = (uint8_t)i;
        type_put(stage, &dates->type, box_cut_top(&box, pitch), ALIGN_CENTER, dates->text[i]);
    }
}

/* A board that does not know the time yet says so. */
void scene_put_clock(const struct stage *stage, struct rect box)
{
    const struct scene_clock *clock = &stage->in->clock;
    char text[16] = "--:--";
    box_fill(stage, box, stage->theme->row, stage_px(stage, 14));
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = type_size_of_cap(stage, box.h * CLOCK_PERCENT / 100),
                         .is_number = true,
                         .role = ROLE_CLOCK,
                         .ink = clock->is_known ? stage->theme->ink : stage->theme->soft };
    box = box_inset(box, stage_px(stage, 28), 0);
    type_fit(stage, &type, "00:00", box.w * 88 / 100, 6);
    struct dates dates = { .count = 0 };
    int cap = type_cap(stage, &type), gap = cap * 2 / 5;
    if (clock->is_known) {
        snprintf(text, sizeof text, "%02d:%02d", clock->hour % 100, clock->minute % 100);
        dates = dates_of(stage, box.w, box.h * CLOCK_FULL_PERCENT / 100 - cap - gap);
    }
    gap = dates.count ? gap : 0;
    int height = dates.count * dates.type.size_px * LEADING_TEXT / 100;
    box_cut_top(&box, (box.h - cap - gap - height) / 2);
    struct rect line = box_cut_top(&box, cap);
    /* The place is that of the pen, not of the ink, so that a tick moves only what it changes. */
    int left = line.x + (line.w - type_width(stage, &type, clock->is_known ? "00:00" : text)) / 2;
    type_put_at(stage, &type, left, line.y + cap, text);
    box_cut_top(&box, gap);
    put_dates(stage, &dates, box_cut_top(&box, height));
}
