/* Bars and gradients: what becomes of values. */
#include "board/scene/scene_test_parts.h"

#include <stdio.h>

#define BARS 8

/* ---- bars ------------------------------------------------------------------------------------ */

static void put_word(const struct stage *stage, struct rect box, color ink, const char *text)
{
    const struct type type = { .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 24), .ink = ink };
    type_put(stage, &type, box, ALIGN_CENTER, text);
}

static color grey(int value)
{
    return (color)value * 0x010101u;
}

/* From bright to dark, as television has them. Letters tell which is which where wires are swapped. */
static void put_colors(const struct stage *stage, struct rect box, int value, bool has_letters)
{
    static const struct {
        color mask;
        const char *letter;
    } bar[BARS] = { { 0xffffff, "W" }, { 0xffff00, "Y" }, { 0x00ffff, "C" }, { 0x00ff00, "G" },
                    { 0xff00ff, "M" }, { 0xff0000, "R" }, { 0x0000ff, "B" }, { 0x000000, "K" } };
    for (int i = 0; i < BARS; i++) {
        struct rect cell = box_cell(box, BARS, 1, i, 0);
        box_fill(stage, cell, bar[i].mask & grey(value), 0);
        if (has_letters)
            put_word(stage, box_cut_bottom(&cell, stage_px(stage, 60)), i < 4 ? 0 : TEST_WHITE,
                     bar[i].letter);
    }
}

#define GREYS 11

static void put_greys(const struct stage *stage, struct rect box)
{
    for (int i = 0; i < GREYS; i++) {
        const struct rect cell = box_cell(box, GREYS, 1, i, 0);
        char text[16];
        snprintf(text, sizeof text, "%d %%", i * 10);
        box_fill(stage, cell, grey((i * 255 + 5) / 10), 0);
        put_word(stage, cell, i < 5 ? TEST_WHITE : 0, text);
    }
}

#define NEAR 8

/* Values that a display with the wrong range makes equal to its ground: 16 and below, 235 and above. */
static void put_near(const struct stage *stage, struct rect box, int ground, const uint8_t value[NEAR])
{
    box_fill(stage, box, grey(ground), 0);
    box = box_inset(box, stage_px(stage, 16), stage_px(stage, 8));
    const struct rect words = box_cut_bottom(&box, box.h * 2 / 5);
    for (int i = 0; i < NEAR; i++) {
        char text[8];
        snprintf(text, sizeof text, "%d", value[i]);
        box_fill(stage, box_cell(box, NEAR, 1, i, stage_px(stage, 12)), grey(value[i]), 0);
        put_word(stage, box_cell(words, NEAR, 1, i, 0), grey(ground ? 96 : 144), text);
    }
}

void test_bars(const struct stage *stage)
{
    static const uint8_t dark[NEAR] = { 2, 4, 8, 12, 16, 20, 24, 32 };
    static const uint8_t bright[NEAR] = { 253, 251, 247, 243, 239, 235, 231, 223 };
    struct rect box = box_of(0, 0, stage->picture->width, stage->picture->height);
    const int h = box.h;
    const struct rect full = box_cut_top(&box, h * 27 / 100), most = box_cut_top(&box, h * 24 / 100);
    const int left = full.w / BARS / 2;
    put_colors(stage, full, 255, true);
    test_plate(stage, left, h / 10, TEST_WHITE, "100 %");
    put_colors(stage, most, 191, false);
    test_plate(stage, left, most.y + most.h / 2, TEST_WHITE, "75 %");
    test_caption(stage, box_cut_top(&box, h * 11 / 100), TEST_BARS);
    put_greys(stage, box_cut_top(&box, h * 17 / 100));
    struct rect low = box_cut_top(&box, box.h * 3 / 4);
    put_near(stage, box_cut_left(&low, low.w / 2), 0, dark);
    put_near(stage, low, 255, bright);
    box_fill(stage, box_of(0, box.y, box.w / 2, box.h), 0, 0);
    box_fill(stage, box_of(box.w / 2, box.y, box.w - box.w / 2, box.h), TEST_WHITE, 0);
}

/* ---- gradients ------------------------------------------------------------------------------- */

static const struct ramp {
    const char *name;
    color from, until;
} ramps[] = {
    { "W 0 – 255", 0x000000, 0xffffff }, { "R 0 – 255", 0x000000, 0xff0000 },
    { "G 0 – 255", 0x000000, 0x00ff00 }, { "B 0 – 255", 0x000000, 0x0000ff },
    { "W 0 – 63", 0x000000, 0x3f3f3f },  { "W 192 – 255", 0xc0c0c0, 0xffffff },
};
#define RAMPS (int)(sizeof ramps / sizeof *ramps)

void test_gradient(const struct stage *stage)
{
    struct rect box = box_of(0, 0, stage->picture->width, stage->picture->height);
    const int gap = stage_px(stage, 8), h = box.h;
    const struct rect inside = test_inside(stage);
    struct rect foot = box_cut_bottom(&box, h * 17 / 100);
    for (int i = 0; i < RAMPS; i++) {
        const struct rect cell = box_cell(box, 1, RAMPS, i, gap);
        picture_gradient(stage->picture, cell, ramps[i].from, ramps[i].until);
        test_plate(stage, inside.x + stage_px(stage, 70), cell.y + cell.h / 2, TEST_WHITE, ramps[i].name);
    }
    box_cut_bottom(&foot, h / 20);
    test_caption(stage, box_inset(foot, inside.x, gap), TEST_GRADIENT);
}
