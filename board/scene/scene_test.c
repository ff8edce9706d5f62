#include "board/scene/scene_test_parts.h"

#include <stdio.h>
#include <string.h>

#define CAPTION_LINE  192
#define CAPTION_LINES 4

const char *const test_pattern_names[TEST_PATTERNS] = { "grid", "bars", "gradient", "text", "motion" };

bool scene_test_pattern(const char *name, enum test_pattern *pattern)
{
    for (int i = 0; i < TEST_PATTERNS; i++)
        if (strcmp(name, test_pattern_names[i]) == 0) {
            *pattern = (enum test_pattern)i;
            return true;
        }
    return false;
}

struct rect test_inside(const struct stage *stage)
{
    const int w = stage->picture->width, h = stage->picture->height;
    return box_inset(box_of(0, 0, w, h), w / 20, h / 20);
}

void test_plate(const struct stage *stage, int x, int y, color ink, const char *text)
{
    const struct type type = { .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 20), .ink = ink };
    const int w = type_width(stage, &type, text) + stage_px(stage, 16), h = stage_px(stage, 24);
    const struct rect box = box_of(x - w / 2, y - h / 2, w, h);
    box_fill(stage, box, TEST_PLATE, 0);
    type_put(stage, &type, box, ALIGN_CENTER, text);
}

/* ---- whose picture it is --------------------------------------------------------------------- */

static void say_where(const struct stage *stage, char *out, size_t size)
{
    const struct screen_config *device = &stage->in->screen->device;
    int n = snprintf(out, size, "%s · %d × %d", device->output[0] ? device->output : device->driver,
                     stage->picture->width, stage->picture->height);
    if (device->rotation && n >= 0 && (size_t)n < size)
        snprintf(out + n, size - (size_t)n, " · %u°", device->rotation);
}

static void say_when(const struct stage *stage, enum test_pattern pattern, char *out, size_t size)
{
    const struct scene_clock *clock = &stage->in->clock;
    if (clock->is_known)
        snprintf(out, size, "%s · %04d-%02d-%02d %02d:%02d", test_pattern_names[pattern], clock->year,
                 clock->month, clock->day, clock->hour, clock->minute);
    else
        snprintf(out, size, "%s", test_pattern_names[pattern]);
}

static void put_captions(const struct stage *stage, struct rect box, char (*line)[CAPTION_LINE], int nlines)
{
    for (int i = 0; i < nlines; i++) {
        struct rect row = box_cell(box, 1, nlines, i, 0);
        struct type type = { .weight = i ? WEIGHT_REGULAR : WEIGHT_BOLD,
                             .size_px = row.h * (i ? 62 : 80) / 100,
                             .ink = TEST_WHITE };
        type_fit(stage, &type, line[i], row.w, stage_px(stage, 12));
        type_put(stage, &type, row, ALIGN_CENTER, line[i]);
    }
}

void test_caption(const struct stage *stage, struct rect box, enum test_pattern pattern)
{
    const struct scene_input *in = stage->in;
    char line[CAPTION_LINES][CAPTION_LINE], where[96], when[96];
    const bool is_flat = box.w > 6 * box.h;
    say_where(stage, where, sizeof where);
    say_when(stage, pattern, when, sizeof when);
    if (is_flat) {
        snprintf(line[0], CAPTION_LINE, "%s · %s", in->screen->device.id, where);
        snprintf(line[1], CAPTION_LINE, "%s · %s · %s", in->config->hall, in->config->board, when);
    } else {
        snprintf(line[0], CAPTION_LINE, "%s", in->screen->device.id);
        snprintf(line[1], CAPTION_LINE, "%s · %s", in->config->hall, in->config->board);
        snprintf(line[2], CAPTION_LINE, "%s", where);
        snprintf(line[3], CAPTION_LINE, "%s", when);
    }
    box_fill(stage, box, TEST_PLATE, 0);
    put_captions(stage, box_inset(box, stage_px(stage, 12), stage_px(stage, 8)), line,
                 is_flat ? 2 : CAPTION_LINES);
}

/* ---- motion ---------------------------------------------------------------------------------- */

#define MOTION_FRAMES 240 /* of a bar from one side to the other: four seconds at 60 Hz */
#define MOTION_CELLS  30

/* A photograph of half a second shows a cell for each frame; one that is dark was left out. */
static void put_cells(const struct stage *stage, struct rect box, uint64_t frame)
{
    const int gap = stage_px(stage, 6);
    box_fill(stage, box, TEST_PLATE, 0);
    box = box_inset(box, gap, gap);
    for (int i = 0; i < MOTION_CELLS; i++)
        box_fill(stage, box_cell(box, MOTION_CELLS, 1, i, gap),
                 i == (int)(frame % MOTION_CELLS) ? TEST_WHITE : TEST_GROUND, 0);
}

/* Upright bars show tearing where displays scan rows, level ones where they stand on their side. */
void test_motion(const struct stage *stage, uint64_t frame)
{
    const int w = stage->picture->width, h = stage->picture->height, at = (int)(frame % MOTION_FRAMES);
    struct rect box = test_inside(stage);
    const int thick = stage_px(stage, 96);
    char text[24];
    box_fill(stage, box_of((w + thick) * at / MOTION_FRAMES - thick, 0, thick, h), TEST_WHITE, 0);
    box_fill(stage, box_of(0, (h + thick) * at / MOTION_FRAMES - thick, w, thick), TEST_AMBER, 0);
    put_cells(stage, box_cut_bottom(&box, stage_px(stage, 64)), frame);
    box_cut_bottom(&box, stage_px(stage, 24));
    test_caption(stage, box_cut_bottom(&box, stage_px(stage, 110)), TEST_MOTION);
    snprintf(text, sizeof text, "%llu", (unsigned long long)frame);
    const struct type type = {
        .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 120), .is_number = true, .ink = TEST_WHITE
    };
    const struct rect plate = box_of(w / 2 - stage_px(stage, 320), h / 2 - stage_px(stage, 90),
                                     stage_px(stage, 640), stage_px(stage, 180));
    box_fill(stage, plate, TEST_PLATE, 0);
    type_put(stage, &type, plate, ALIGN_CENTER, text);
}

/* ---- all ------------------------------------------------------------------------------------- */

void scene_test(struct picture *picture, struct fonts *fonts, const struct scene_input *input,
                enum test_pattern pattern, uint64_t frame, int width, int height)
{
    struct stage stage;
    picture_init(picture, width, height, TEST_GROUND);
    stage_init(&stage, picture, fonts, input);
    switch (pattern) {
    case TEST_BARS: test_bars(&stage); break;
    case TEST_GRADIENT: test_gradient(&stage); break;
    case TEST_TEXT: test_text(&stage); break;
    case TEST_MOTION: test_motion(&stage, frame); break;
    default: test_grid(&stage); break;
    }
}
