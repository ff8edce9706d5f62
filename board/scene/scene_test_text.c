/* Text sizes: what can be read, and from how far. */
#include "board/check/legibility.h"
#include "board/scene/scene_test_parts.h"

#include <stdio.h>

#define LABEL_UNITS 340 /* beside the samples */
#define LABEL_HIGH  40  /* above them, on a portrait screen */

enum sample { SAMPLE_TICKET, SAMPLE_STACKED, SAMPLE_BESIDE }; /* languages one below the other, or beside */

static const struct size {
    int cap_units;
    enum sample sample;
} sizes[] = {
    { 140, SAMPLE_TICKET }, { 96, SAMPLE_TICKET }, { 64, SAMPLE_TICKET }, { 40, SAMPLE_STACKED },
    { 24, SAMPLE_BESIDE },  { 18, SAMPLE_BESIDE }, { 13, SAMPLE_BESIDE },
};
#define SIZES (int)(sizeof sizes / sizeof *sizes)

static double pitch_mm(const struct stage *stage)
{
    const double diagonal_in = stage->in->screen->diagonal_in;
    return diagonal_in > 0 ? legibility_pitch_mm(diagonal_in, stage->picture->width, stage->picture->height)
                           : 0;
}

static void put_label(const struct stage *stage, struct rect box, int cap_px)
{
    const struct type type = { .weight = WEIGHT_REGULAR, .size_px = stage_px(stage, 26), .ink = TEST_CYAN };
    const double pitch = pitch_mm(stage);
    char text[64];
    if (pitch > 0)
        snprintf(text, sizeof text, "%d px · %.0f mm · %.1f m", cap_px, cap_px * pitch,
                 legibility_reach_m(pitch, cap_px, legibility_called.good_k));
    else
        snprintf(text, sizeof text, "%d px", cap_px);
    type_put(stage, &type, box, ALIGN_LEFT, text);
}

static void put_phrases(const struct stage *stage, struct type *type, struct rect box, bool is_stacked)
{
    const int n = stage->in->config->nlangs, gap = stage_px(stage, 24);
    for (int i = 0; i < n; i++) {
        type->lang = (uint8_t)i;
        type_put(stage, type, is_stacked ? box_cell(box, 1, n, i, 0) : box_cell(box, n, 1, i, gap),
                 ALIGN_LEFT, stage_phrase(stage, PHRASE_PLEASE_WAIT, i));
    }
}

static bool is_stacked(const struct stage *stage, enum sample sample)
{
    return sample == SAMPLE_STACKED || (sample == SAMPLE_BESIDE && stage->is_portrait);
}

static int height_of(const struct stage *stage, const struct size *size)
{
    const int line = size->cap_units * (size->sample == SAMPLE_TICKET ? 145 : 195) / 100;
    const int lines = is_stacked(stage, size->sample) ? stage->in->config->nlangs : 1;
    return line * lines + (stage->is_portrait ? LABEL_HIGH : 0);
}

static void put_size(const struct stage *stage, struct rect box, const struct size *size)
{
    const int cap_px = stage_px(stage, size->cap_units);
    struct type type = { .weight = size->sample == SAMPLE_TICKET ? WEIGHT_BOLD : WEIGHT_REGULAR,
                         .size_px = type_size_of_cap(stage, cap_px),
                         .is_number = size->sample == SAMPLE_TICKET,
                         .ink = TEST_WHITE };
    put_label(stage,
              stage->is_portrait ? box_cut_top(&box, stage_px(stage, LABEL_HIGH))
                                 : box_cut_left(&box, stage_px(stage, LABEL_UNITS)),
              cap_px);
    if (size->sample == SAMPLE_TICKET)
        type_put(stage, &type, box, ALIGN_LEFT, "АҚ 0358");
    else
        put_phrases(stage, &type, box, is_stacked(stage, size->sample));
}

/* What the third figure of a label means, and what it is to be compared with. */
static void put_rule(const struct stage *stage, struct rect box)
{
    struct type type = { .weight = WEIGHT_REGULAR, .size_px = stage_px(stage, 24), .ink = TEST_CYAN };
    const struct config_screen *screen = stage->in->screen;
    char text[160];
    if (pitch_mm(stage) <= 0) {
        snprintf(text, sizeof text, "height of capitals; diagonal_in of the screen is not given");
    } else {
        int n = snprintf(text, sizeof text, "height of capitals, read at a glance up to %d times that far",
                         legibility_called.good_k);
        if (screen->farthest_m > 0)
            snprintf(text + n, sizeof text - (size_t)n, "; farthest eyes: %.1f m",
                     legibility_distance_m(screen->farthest_m, screen->height_m));
    }
    type_fit(stage, &type, text, box.w, 8);
    type_put(stage, &type, box, ALIGN_LEFT, text);
}

/* Sizes from the largest, as on the chart of an optician. */
void test_text(const struct stage *stage)
{
    struct rect box = test_inside(stage);
    int high = 0;
    test_caption(stage, box_cut_bottom(&box, stage_px(stage, 100)), TEST_TEXT);
    put_rule(stage, box_cut_bottom(&box, stage_px(stage, 52)));
    for (int i = 0; i < SIZES; i++)
        high += stage_px(stage, height_of(stage, &sizes[i]));
    const int gap = box.h > high ? (box.h - high) / SIZES : 0;
    for (int i = 0; i < SIZES; i++) {
        put_size(stage, box_cut_top(&box, stage_px(stage, height_of(stage, &sizes[i]))), &sizes[i]);
        box_cut_top(&box, gap);
    }
}
