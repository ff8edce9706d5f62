/* The head of the wall: whose hall or which zone it is on the left, what day and time on the right. */
#include "board/scene/stage.h"

#include <stdio.h>

#define CLOCK_UNITS     68 /* a tick writes at most 1300 pixels at 1080p */
#define DATE_UNITS      29
#define NAME_MAX_UNITS  38
#define NAME_MIN_UNITS  22
#define NAME_GOOD_UNITS 31 /* below this, a long name takes the place of the dates */
#define NAME_LANGS      2  /* a third language would make the two of the law smaller */

static int count_names(const struct stage *stage)
{
    int n = stage->in->config->nlangs;
    return n < NAME_LANGS ? n : NAME_LANGS;
}

static struct type date_type(const struct stage *stage, int lang)
{
    return (struct type){ .weight = WEIGHT_REGULAR,
                          .size_px = stage_px(stage, DATE_UNITS),
                          .lang = (uint8_t)lang,
                          .role = ROLE_HEADER,
                          .ink = stage->theme->soft };
}

/* Cuts its own place from the right. */
static void put_clock(const struct stage *stage, struct rect *box)
{
    const struct scene_clock *clock = &stage->in->clock;
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = stage_px(stage, CLOCK_UNITS),
                         .is_number = true,
                         .role = ROLE_CLOCK,
                         .ink = stage->theme->ink };
    char text[16];
    snprintf(text, sizeof text, "%02d:%02d", clock->hour % 100, clock->minute % 100);
    /* The place is that of the pen, not of the ink, so that a tick moves only what it changes. */
    int width = type_width(stage, &type, text);
    struct rect place = box_cut_right(box, width);
    type_put_at(stage, &type, place.x, place.y + (place.h + type_cap(stage, &type)) / 2, text);
    box_cut_right(box, stage_px(stage, 40));
}

static int dates_width(const struct stage *stage)
{
    int widest = 0;
    for (int i = 0; i < count_names(stage); i++) {
        struct type type = date_type(stage, i);
        char text[DATE_SIZE];
        if (scene_date(text, sizeof text, &stage->in->config->writing[i], &stage->in->clock) < 0)
            return 0;
        int width = type_width(stage, &type, text);
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void put_dates(const struct stage *stage, struct rect box)
{
    int n = count_names(stage), pitch = stage_px(stage, 38);
    struct rect lines = box_of(box.x, box.y + (box.h - n * pitch) / 2, box.w, n * pitch);
    for (int i = 0; i < n; i++) {
        struct type type = date_type(stage, i);
        char text[DATE_SIZE];
        if (scene_date(text, sizeof text, &stage->in->config->writing[i], &stage->in->clock) > 0)
            type_put(stage, &type, box_cut_top(&lines, pitch), ALIGN_RIGHT, text);
    }
}

/* Portrait: one row under the name. */
static void put_date_row(const struct stage *stage, struct rect box)
{
    struct type type = date_type(stage, 0);
    struct rect halves[] = { box, box };
    enum align align[] = { ALIGN_LEFT, ALIGN_RIGHT };
    halves[0] = box_cut_left(&halves[1], box.w / 2);
    for (int i = 0; i < count_names(stage); i++) {
        char text[DATE_SIZE];
        type.lang = (uint8_t)i;
        if (scene_date(text, sizeof text, &stage->in->config->writing[i], &stage->in->clock) > 0)
            type_put(stage, &type, halves[i], align[i], text);
    }
}

/* A wall of all desks says which ones: its zone, where it has one of several; else the hall. */
static const struct label *name_of(const struct stage *stage)
{
    const struct config *config = stage->in->config;
    const uint32_t zones = stage->in->screen->zones;
    const bool is_one = zones && !(zones & (zones - 1)) && config->nzones > 1;
    return is_one && layout_has(&stage->in->screen->layout, PART_DESKS)
               ? &config->zone[__builtin_ctz(zones)].name
               : &config->name;
}

static struct texts names_of(const struct stage *stage)
{
    struct texts names = { 0 };
    for (int i = 0; i < count_names(stage); i++)
        texts_add(&names, i, name_of(stage)->text[i]);
    return names;
}

/* One size for all: the one that fits the longest. */
static int name_size(const struct stage *stage, const struct texts *names, struct rect box)
{
    struct type type = { .weight = WEIGHT_BOLD };
    return texts_fit(stage, &type, names, box, LEADING_TIGHT, stage_px(stage, NAME_MIN_UNITS),
                     stage_px(stage, NAME_MAX_UNITS));
}

/* The dates stand if the name keeps a good size beside them. */
static bool has_room_for_dates(const struct stage *stage, const struct texts *names, struct rect box,
                               int width)
{
    box_cut_right(&box, width);
    return width > 0 && name_size(stage, names, box) >= stage_px(stage, NAME_GOOD_UNITS);
}

void scene_put_header(const struct stage *stage, struct rect box)
{
    struct texts names = names_of(stage);
    box = box_inset(box, 0, stage_px(stage, 2)); /* for the breve of Й */
    if (stage->in->clock.is_known && stage->is_portrait)
        put_date_row(stage, box_cut_bottom(&box, stage_px(stage, 56)));
    scene_cut_logo(stage, &box);
    if (stage->in->clock.is_known) {
        put_clock(stage, &box);
        int width = stage->is_portrait ? 0 : dates_width(stage);
        int gap = stage_px(stage, 48);
        if (has_room_for_dates(stage, &names, box, width + gap)) {
            put_dates(stage, box_cut_right(&box, width));
            box_cut_right(&box, gap);
        }
    }
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = name_size(stage, &names, box),
                         .role = ROLE_HEADER,
                         .ink = stage->theme->ink };
    texts_put(stage, &type, &names, box, LEADING_TIGHT);
}
