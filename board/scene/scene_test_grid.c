/* The grid: where pixels stand. */
#include "board/scene/scene_test_parts.h"

#include <stdio.h>

#define TEST_LINE  0x8a94a6u
#define STRIPES_PX 48

struct grid {
    int cx, cy; /* the centre, between two pixels */
    int cell;
    int line; /* even, so that lines stand on the centre */
};

static struct grid grid_of(int width, int height)
{
    const int small = width < height ? width : height, large = width < height ? height : width;
    const int cell = small / 9 > large / 64 ? small / 9 : large / 64;
    return (struct grid){ .cx = width / 2, .cy = height / 2, .cell = cell, .line = 2 * (1 + small / 1620) };
}

/* Later regions cover the inside. */
static void put_ring(const struct stage *stage, const struct grid *grid, int x, int y, int radius)
{
    const int outer = radius + grid->line / 2, inner = radius - grid->line / 2;
    box_fill(stage, box_of(x - outer, y - outer, 2 * outer, 2 * outer), TEST_WHITE, outer);
    box_fill(stage, box_of(x - inner, y - inner, 2 * inner, 2 * inner), TEST_GROUND, inner);
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
        box_fill(stage, box_of(x - half, 0, grid->line, h), x == grid->cx ? TEST_WHITE : TEST_LINE, 0);
    for (int y = grid->cy % grid->cell; y < h; y += grid->cell)
        box_fill(stage, box_of(0, y - half, w, grid->line), y == grid->cy ? TEST_WHITE : TEST_LINE, 0);
}

static void put_outline(const struct stage *stage, struct rect box, int line, color ink)
{
    box_fill(stage, box_of(box.x, box.y, box.w, line), ink, 0);
    box_fill(stage, box_of(box.x, box.y + box.h - line, box.w, line), ink, 0);
    box_fill(stage, box_of(box.x, box.y, line, box.h), ink, 0);
    box_fill(stage, box_of(box.x + box.w - line, box.y, line, box.h), ink, 0);
}

/* Overscan is a fraction of each side, so frames keep the shape of the picture. */
static void put_frames(const struct stage *stage, const struct grid *grid)
{
    static const struct {
        int permille;
        color ink;
        const char *name;
    } frame[] = { { 25, TEST_AMBER, "2.5 %" }, { 50, TEST_CYAN, "5 %" } };
    const int w = stage->picture->width, h = stage->picture->height;
    put_outline(stage, box_of(0, 0, w, h), 1, TEST_WHITE);
    for (int i = 0; i < 2; i++) {
        const int dx = w * frame[i].permille / 1000, dy = h * frame[i].permille / 1000;
        const int at = grid->cell * (2 * i + 1) / 2; /* beside each other: they nearly touch in height */
        put_outline(stage, box_inset(box_of(0, 0, w, h), dx, dy), grid->line, frame[i].ink);
        test_plate(stage, grid->cx - at, dy, frame[i].ink, frame[i].name);
        test_plate(stage, grid->cx + at, h - dy, frame[i].ink, frame[i].name);
    }
}

/* Which pixel stands in which corner: tells rotation and mode at a glance. */
static void put_corners(const struct stage *stage)
{
    const int w = stage->picture->width, h = stage->picture->height;
    const struct type type = { .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 26), .ink = TEST_WHITE };
    const struct rect inside = box_inset(box_of(0, 0, w, h), w / 20, h / 20);
    for (int i = 0; i < 4; i++) {
        struct rect column = inside;
        char text[32];
        snprintf(text, sizeof text, "%d, %d", i % 2 ? w - 1 : 0, i / 2 ? h - 1 : 0);
        const int wide = type_width(stage, &type, text) + stage_px(stage, 24), high = stage_px(stage, 40);
        column = i % 2 ? box_cut_right(&column, wide) : box_cut_left(&column, wide);
        column = i / 2 ? box_cut_bottom(&column, high) : box_cut_top(&column, high);
        box_fill(stage, column, TEST_PLATE, 0);
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
                 TEST_WHITE, 0);
}

void test_grid(const struct stage *stage)
{
    const int w = stage->picture->width, h = stage->picture->height, ninth = (w < h ? w : h) / 9;
    const struct grid grid = grid_of(w, h);
    const int left = grid.cx - STRIPES_PX / 2, top = grid.cy + ninth * 2 - STRIPES_PX / 2;
    put_rings(stage, &grid);
    put_lines(stage, &grid);
    put_corners(stage);
    put_frames(stage, &grid);
    put_stripes(stage, box_of(left - ninth, top, STRIPES_PX, STRIPES_PX), true);
    put_stripes(stage, box_of(left + ninth, top, STRIPES_PX, STRIPES_PX), false);
    test_caption(stage, box_of(grid.cx - ninth * 5 / 2, grid.cy - ninth * 3, ninth * 5, ninth * 2),
                 TEST_GRID);
}
