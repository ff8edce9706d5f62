/* The foot of the wall: calm pages of notices, or the sign that the truth is not known any more. */
#include "board/scene/stage.h"

#include "protocol/utf8.h"

#include <stdio.h>
#include <string.h>

#define NOTICE_UNITS     40
#define NOTICE_LOW_UNITS 33 /* side by side not below this: stacked lines are larger */
#define NOTICE_MIN_UNITS 22
#define PAGE_LEAST_US    5000000
#define PAGE_START_US    2000000 /* to notice that there is something new */
#define PAGE_POINT_US    100000  /* 10 letters a second */
#define PAGE_PICTURE_US  4000000 /* to look at what stands beside the text */

const char *notice_in(const struct stage *stage, const struct notice *notice, int lang)
{
    for (int i = 0; i < notice->ntexts; i++)
        if (strcmp(notice->text[i].lang, stage->in->config->lang[lang]) == 0)
            return notice->text[i].text;
    return "";
}

/* ---- pages: notices of the feed first, then those of the hall file ---------------------------------------
 */

static int count_pages(const struct scene_input *in)
{
    int pages = 0;
    for (int i = 0; i < in->hall->nnotices; i++)
        pages += in->hall->notice[i].level == NOTICE_INFO;
    for (int i = 0; i < in->config->nnotices; i++)
        pages += in->config->notice[i].level == NOTICE_INFO;
    return pages;
}

/* A page that is in none of the hall's languages shows what there is. */
static void lines_of_notice(const struct stage *stage, const struct notice *notice, struct texts *lines)
{
    for (int i = 0; i < stage->in->config->nlangs; i++)
        texts_add(lines, i, notice_in(stage, notice, i));
    if (lines->count == 0 && notice->ntexts > 0)
        texts_add(lines, 0, notice->text[0].text);
}

static void lines_of_page(const struct stage *stage, int page, struct texts *lines)
{
    const struct hall *hall = stage->in->hall;
    const struct config *config = stage->in->config;
    for (int i = 0; i < hall->nnotices; i++)
        if (hall->notice[i].level == NOTICE_INFO && page-- == 0)
            lines_of_notice(stage, &hall->notice[i], lines);
    for (int i = 0; i < config->nnotices; i++)
        if (config->notice[i].level == NOTICE_INFO && page-- == 0)
            for (int lang = 0; lang < config->nlangs; lang++)
                texts_add(lines, lang, config->notice[i].text.text[lang]);
}

static int page_now(const struct stage *stage, int pages)
{
    return (int)(stage->in->notice_page % (uint32_t)pages);
}

/* Only notices of the hall file have pictures; they come after those of the feed. */
struct image *notice_picture(const struct stage *stage)
{
    const struct config *config = stage->in->config;
    int pages = count_pages(stage->in), left = pages ? page_now(stage, pages) : -1;
    for (int i = 0; i < stage->in->hall->nnotices; i++)
        left -= stage->in->hall->notice[i].level == NOTICE_INFO;
    for (int i = 0; i < config->nnotices && left >= 0; i++)
        if (config->notice[i].level == NOTICE_INFO && left-- == 0)
            return config->notice[i].picture;
    return NULL;
}

void notice_texts(const struct stage *stage, struct texts *texts)
{
    int pages = count_pages(stage->in);
    if (pages > 0)
        lines_of_page(stage, page_now(stage, pages), texts);
}

int64_t scene_notice_us(const struct scene_input *input)
{
    struct stage stage = { .in = input };
    int counts = layout_has(&input->screen->layout, PART_WAITING) ? scene_waiting_pages(&stage) : 0;
    if (count_pages(input) < 2 && counts < 2)
        return 0;
    struct texts lines = { 0 };
    notice_texts(&stage, &lines);
    int64_t longest = PAGE_LEAST_US;
    for (int i = 0; i < lines.count; i++) {
        int64_t us = PAGE_START_US + (int64_t)utf8_count(lines.text[i]) * PAGE_POINT_US;
        longest = us > longest ? us : longest;
    }
    bool has_picture = layout_has(&input->screen->layout, PART_NOTICE) && notice_picture(&stage);
    return has_picture ? longest + PAGE_PICTURE_US : longest;
}

/* ---- setting --------------------------------------------------------------------------------- */

/* Side by side, the first at the left edge, last at the right one. False: they do not fit. */
static bool put_beside(const struct stage *stage, const struct texts *lines, struct type type,
                       struct rect box)
{
    int gap = stage_px(stage, 72), n = lines->count, total = 0;
    int low = type.size_px * NOTICE_LOW_UNITS / NOTICE_UNITS;
    for (; type.size_px >= low; type.size_px--) {
        total = 0;
        for (int i = 0; i < n; i++) {
            type.lang = lines->lang[i];
            total += type_width(stage, &type, lines->text[i]) + 2;
        }
        if (total + (n - 1) * gap <= box.w)
            break;
    }
    if (type.size_px < low)
        return false;
    int spread = n > 1 ? (box.w - total) / (n - 1) : 0;
    for (int i = 0; i < n; i++) {
        type.lang = lines->lang[i];
        struct rect place = box_cut_left(&box, type_width(stage, &type, lines->text[i]) + 2);
        type_put(stage, &type, place, i > 0 && i + 1 == n ? ALIGN_RIGHT : ALIGN_LEFT, lines->text[i]);
        box_cut_left(&box, spread);
    }
    return true;
}

/* All languages if they fit, else the first two: those the law asks for. */
static void put_lines(const struct stage *stage, const struct texts *lines, struct type type, struct rect box)
{
    if (lines->count == 0)
        return;
    struct texts two = *lines;
    two.count = lines->count < 2 ? lines->count : 2;
    if (!stage->is_portrait && (put_beside(stage, lines, type, box) || put_beside(stage, &two, type, box)))
        return;
    type.size_px =
        texts_fit(stage, &type, &two, box, LEADING_TIGHT, stage_px(stage, NOTICE_MIN_UNITS), type.size_px);
    texts_put(stage, &type, &two, box, LEADING_TIGHT);
}

void scene_put_warning(const struct stage *stage, struct rect box, struct rect bleed)
{
    char text[LANGS_MAX][2 * LABEL_SIZE + 4];
    struct texts lines = { 0 };
    for (int i = 0; i < stage->in->config->nlangs; i++) {
        const char *first = stage_phrase(stage, PHRASE_NO_CONNECTION, i);
        snprintf(text[i], sizeof text[i], "%s. %s", first, stage_phrase(stage, PHRASE_STALE, i));
        texts_add(&lines, i, first[0] ? text[i] : "");
    }
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = stage_px(stage, 36),
                         .role = ROLE_NOTICE,
                         .ink = stage->theme->paper_ink };
    box_fill(stage, bleed, stage->theme->paper, 0);
    int side = stage_px(stage, 60);
    picture_icon(stage->picture, ICON_WARNING, box.x, box.y + (box.h - side) / 2, side,
                 stage->theme->paper_ink);
    box_cut_left(&box, side + stage_px(stage, 28));
    put_lines(stage, &lines, type, box);
}

void scene_put_footer(const struct stage *stage, struct rect box, struct rect bleed)
{
    box_cut_top(&box, stage_px(stage, 10)); /* towards the middle of what is seen when nothing is cut off */
    if (stage_is_stale(stage)) {
        scene_put_warning(stage, box, bleed);
        return;
    }
    struct texts lines = { 0 };
    notice_texts(stage, &lines);
    if (lines.count == 0)
        return;
    struct type type = { .weight = WEIGHT_REGULAR,
                         .size_px = stage_px(stage, NOTICE_UNITS),
                         .role = ROLE_NOTICE,
                         .ink = stage->theme->ink };
    box_fill(stage, box_of(bleed.x, bleed.y, bleed.w, stage_px(stage, 2)), stage->theme->hairline, 0);
    put_lines(stage, &lines, type, box);
}
