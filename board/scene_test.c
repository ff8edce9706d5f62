#include "board/scene_test.h"
#include "board/stage.h"

#include <stdio.h>
#include <string.h>

#define CAPTION_LINE  128
#define CAPTION_LINES 4

#define GROUND        0x20242cu
#define PLATE         0x0a0c10u
#define LINE          0x8a94a6u
#define WHITE         0xffffffu
#define AMBER         0xffd400u
#define CYAN          0x36c3dcu

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

/* ---- whose picture it is --------------------------------------------------------------------- */

static void say_when(const struct scene_clock *clock, const char *pattern, char out[CAPTION_LINE])
{
    if (clock->is_known)
        snprintf(out, CAPTION_LINE, "%s · %04d-%02d-%02d %02d:%02d", pattern, clock->year, clock->month,
                 clock->day, clock->hour, clock->minute);
    else
        snprintf(out, CAPTION_LINE, "%s", pattern);
}

static void say_where(const struct stage *stage, char out[CAPTION_LINE])
{
    const struct screen_config *device = &stage->in->screen->device;
    int n = snprintf(out, CAPTION_LINE, "%s · %d × %d", device->output[0] ? device->output : device->driver,
                     stage->picture->width, stage->picture->height);
    if (device->rotation)
        snprintf(out + n, (size_t)(CAPTION_LINE - n), " · %u°", device->rotation);
}

static void put_caption(const struct stage *stage, struct rect box, const char *pattern)
{
    char line[CAPTION_LINES][CAPTION_LINE];
    snprintf(line[0], CAPTION_LINE, "%s", stage->in->screen->device.id);
    snprintf(line[1], CAPTION_LINE, "%s · %s", stage->in->config->hall, stage->in->config->board);
    say_where(stage, line[2]);
    say_when(&stage->in->clock, pattern, line[3]);
    box_fill(stage, box, PLATE, 0);
    box = box_inset(box, stage_px(stage, 12), stage_px(stage, 8));
    for (int i = 0; i < CAPTION_LINES; i++) {
        struct rect row = box_cell(box, 1, CAPTION_LINES, i, 0);
        struct type type = { .weight = i ? WEIGHT_REGULAR : WEIGHT_BOLD,
                             .size_px = row.h * (i ? 62 : 80) / 100,
                             .ink = WHITE };
        type_fit(stage, &type, line[i], row.w, stage_px(stage, 12));
        type_put(stage, &type, row, ALIGN_CENTER, line[i]);
    }
}

/* ---- grid ------------------------------------------------------------------------------------ */

struct grid {
    int cx, cy; /* the centre, between two pixels */
    int cell;
    int line; /* even, so that lines stand on the centre */
};

static struct grid grid_of(int width, int height)
{
    const int small = width < height ? width : height, large = width < height ? height : width;
    const int cell = small / 9 > large / 32 ? small / 9 : large / 32;
    return (struct grid){ .cx = width / 2, .cy = height / 2, .cell = cell, .line = 2 * (1 + small / 1620) };
}

/* Later regions cover the inside. */
static void put_ring(const struct stage *stage, const struct grid *grid, int x, int y, int radius)
{
    const int outer = radius + grid->line / 2, inner = radius - grid->line / 2;
    box_fill(stage, box_of(x - outer, y - outer, 2 * outer, 2 * outer), WHITE, outer);
    box_fill(stage, box_of(x - inner, y - inner, 2 * inner, 2 * inner), GROUND, inner);
}

static void put_rings(const struct stage *stage, const struct grid *grid)
{
    const int w = stage->picture->width, h = stage->picture->height, small = w < h ? w : h;
    const int radius = grid->cell * 3 / 4;
    const int dx = (w * 9 / 20 - radius) / grid->cell * grid->cell;
    const int dy = (h * 9 / 20 - radius) / grid->cell * grid->cell;
    put_ring(stage, grid, grid->cx, grid->cy, small * 4 / 9);
    for (int i = 0; i < 4; i++)
        put_ring(stage, grid, grid->cx + (i % 2 ? dx : -dx), grid->cy + (i / 2 ? dy : -dy), radius);
}

static void put_lines(const struct stage *stage, const struct grid *grid)
{
    const int w = stage->picture->width, h = stage->picture->height, half = grid->line / 2;
    for (int x = grid->cx % grid->cell; x < w; x += grid->cell)
        box_fill(stage, box_of(x - half, 0, grid->line, h), x == grid->cx ? WHITE : LINE, 0);
    for (int y = grid->cy % grid->cell; y < h; y += grid->cell)
        box_fill(stage, box_of(0, y - half, w, grid->line), y == grid->cy ? WHITE : LINE, 0);
}

static void put_outline(const struct stage *stage, struct rect box, int line, color ink)
{
    box_fill(stage, box_of(box.x, box.y, box.w, line), ink, 0);
    box_fill(stage, box_of(box.x, box.y + box.h - line, box.w, line), ink, 0);
    box_fill(stage, box_of(box.x, box.y, line, box.h), ink, 0);
    box_fill(stage, box_of(box.x + box.w - line, box.y, line, box.h), ink, 0);
}

static void put_plate(const struct stage *stage, int x, int y, color ink, const char *text)
{
    const struct type type = { .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 20), .ink = ink };
    const int w = type_width(stage, &type, text) + stage_px(stage, 16), h = stage_px(stage, 24);
    const struct rect box = box_of(x - w / 2, y - h / 2, w, h);
    box_fill(stage, box, PLATE, 0);
    type_put(stage, &type, box, ALIGN_CENTER, text);
}

/* Overscan is a fraction of each side, so frames keep the shape of the picture. */
static void put_frames(const struct stage *stage, const struct grid *grid)
{
    static const struct {
        int permille;
        color ink;
        const char *name;
    } frame[] = { { 25, AMBER, "2.5 %" }, { 50, CYAN, "5 %" } };
    const int w = stage->picture->width, h = stage->picture->height;
    put_outline(stage, box_of(0, 0, w, h), 1, WHITE);
    for (int i = 0; i < 2; i++) {
        const int dx = w * frame[i].permille / 1000, dy = h * frame[i].permille / 1000;
        const int at = grid->cell * (2 * i + 1) / 2; /* beside each other: they nearly touch in height */
        put_outline(stage, box_inset(box_of(0, 0, w, h), dx, dy), grid->line, frame[i].ink);
        put_plate(stage, grid->cx - at, dy, frame[i].ink, frame[i].name);
        put_plate(stage, grid->cx + at, h - dy, frame[i].ink, frame[i].name);
    }
}

/* Which pixel stands in which corner: tells rotation and mode at a glance. */
static void put_corners(const struct stage *stage)
{
    const int w = stage->picture->width, h = stage->picture->height;
    const struct type type = { .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 26), .ink = WHITE };
    const struct rect inside = box_inset(box_of(0, 0, w, h), w / 20, h / 20);
    for (int i = 0; i < 4; i++) {
        struct rect column = inside;
        char text[32];
        snprintf(text, sizeof text, "%d, %d", i % 2 ? w - 1 : 0, i / 2 ? h - 1 : 0);
        const int wide = type_width(stage, &type, text) + stage_px(stage, 24), high = stage_px(stage, 40);
        column = i % 2 ? box_cut_right(&column, wide) : box_cut_left(&column, wide);
        column = i / 2 ? box_cut_bottom(&column, high) : box_cut_top(&column, high);
        box_fill(stage, column, PLATE, 0);
        type_put(stage, &type, column, ALIGN_CENTER, text);
    }
}

/* Every other line of pixels: an even grey or moving bands if the display scales the picture. */
static void put_stripes(const struct stage *stage, struct rect box, bool is_upright)
{
    const int lines = (is_upright ? box.w : box.h) / 2;
    box_fill(stage, box, 0, 0);
    for (int i = 0; i < lines; i++)
        box_fill(stage,
                 is_upright ? box_of(box.x + 2 * i, box.y, 1, box.h) : box_of(box.x, box.y + 2 * i, box.w, 1),
                 WHITE, 0);
}

#define STRIPES_PX 48

static void put_grid(const struct stage *stage)
{
    const struct grid grid = grid_of(stage->picture->width, stage->picture->height);
    const int cell = grid.cell;
    put_rings(stage, &grid);
    put_lines(stage, &grid);
    put_corners(stage);
    put_frames(stage, &grid);
    put_stripes(
        stage,
        box_of(grid.cx - cell - STRIPES_PX / 2, grid.cy + cell * 2 - STRIPES_PX / 2, STRIPES_PX, STRIPES_PX),
        true);
    put_stripes(
        stage,
        box_of(grid.cx + cell - STRIPES_PX / 2, grid.cy + cell * 2 - STRIPES_PX / 2, STRIPES_PX, STRIPES_PX),
        false);
    put_caption(stage, box_of(grid.cx - cell * 5 / 2, grid.cy - cell * 3, cell * 5, cell * 2),
                test_pattern_names[TEST_GRID]);
}

void scene_test(struct picture *picture, struct fonts *fonts, const struct scene_input *input,
                enum test_pattern pattern, uint64_t frame, int width, int height)
{
    struct stage stage;
    (void)pattern;
    (void)frame;
    picture_init(picture, width, height, GROUND);
    stage_init(&stage, picture, fonts, input);
    put_grid(&stage);
}
