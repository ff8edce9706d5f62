/* Small buffers with guards, pictures made at random, and a painter of two buffers: for tests of what is painted. */
#pragma once

#include "board/paint/paint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH    317 /* and height: no multiple of what is stored at once */
#define HEIGHT   203
#define GUARD    64 /* bytes after each row, and rows before and after */
#define NO_PIXEL 0xa5

static struct fonts *fonts;
static uint32_t seed;

static inline unsigned random_below(unsigned limit)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

/* ---- buffers with guards --------------------------------------------------------------------- */

struct canvas {
    uint8_t *memory;
    size_t size;
    unsigned columns, rows;       /* in memory */
    ptrdiff_t first, right, down; /* of pixel 0, 0; from a pixel to its neighbours; bytes */
    struct screen_buffer buffer;
};

static inline unsigned row_bytes(const struct canvas *canvas)
{
    return canvas->columns * (canvas->buffer.format == PIXEL_RGB565 ? 2 : 4);
}

/* The formulas of drivers/screen/screen.h, word for word. */
static inline ptrdiff_t place_of(const struct canvas *canvas, int x, int y)
{
    int column = x, row = y;

    switch (canvas->buffer.rotation) {
    case 90: column = HEIGHT - 1 - y, row = x; break;
    case 180: column = WIDTH - 1 - x, row = HEIGHT - 1 - y; break;
    case 270: column = y, row = WIDTH - 1 - x; break;
    default: break;
    }
    return (ptrdiff_t)row * canvas->buffer.stride + column * (canvas->buffer.format == PIXEL_RGB565 ? 2 : 4);
}

static inline uint32_t pixel_bits(const struct canvas *canvas, int x, int y)
{
    const uint8_t *pixel = canvas->buffer.pixels + canvas->first + x * canvas->right + y * canvas->down;
    uint32_t value = 0;

    if (canvas->buffer.format == PIXEL_RGB565)
        memcpy(&value, pixel, 2);
    else
        memcpy(&value, pixel, 4);
    return value;
}

static inline struct canvas canvas_create(enum pixel_format format, unsigned rotation, unsigned index)
{
    const bool is_sideways = rotation % 180 != 0;
    struct canvas canvas = { .columns = is_sideways ? HEIGHT : WIDTH,
                             .rows = is_sideways ? WIDTH : HEIGHT,
                             .buffer = { .width = WIDTH,
                                         .height = HEIGHT,
                                         .rotation = (uint16_t)rotation,
                                         .format = format,
                                         .index = index } };
    const uint32_t stride = (row_bytes(&canvas) + GUARD + GUARD - 1) / GUARD * GUARD;

    canvas.size = (size_t)stride * (canvas.rows + 2);
    canvas.memory = aligned_alloc(GUARD, canvas.size);
    assert_non_null(canvas.memory);
    memset(canvas.memory, NO_PIXEL, canvas.size);
    canvas.buffer.pixels = canvas.memory + stride;
    canvas.buffer.stride = stride;
    canvas.first = place_of(&canvas, 0, 0);
    canvas.right = place_of(&canvas, 1, 0) - canvas.first;
    canvas.down = place_of(&canvas, 0, 1) - canvas.first;
    return canvas;
}

static inline void assert_guards_untouched(const struct canvas *canvas)
{
    const uint32_t stride = canvas->buffer.stride;
    uint8_t guard[WIDTH * 4 + 2 * GUARD];

    memset(guard, NO_PIXEL, sizeof(guard));
    assert_memory_equal(canvas->memory, guard, stride);
    assert_memory_equal(canvas->buffer.pixels + canvas->rows * stride, guard, stride);
    for (unsigned y = 0; y < canvas->rows; y++)
        assert_memory_equal(canvas->buffer.pixels + y * stride + row_bytes(canvas), guard,
                            stride - row_bytes(canvas));
}

static inline uint32_t pixel(const struct canvas *canvas, int x, int y)
{
    return pixel_bits(canvas, x, y);
}

/* ---- random pictures ------------------------------------------------------------------------- */

static inline struct rect random_box(void)
{
    return (struct rect){ (int16_t)((int)random_below(WIDTH + 80) - 60),
                          (int16_t)((int)random_below(HEIGHT + 60) - 40), (int16_t)(1 + random_below(140)),
                          (int16_t)(1 + random_below(90)) };
}

static inline color random_color(void)
{
    static const color colors[] = { 0x081528, 0x0f2344, 0xffd400, 0xffffff, 0x0b1424, 0x36c3dc };

    return random_below(4) ? colors[random_below(6)] : random_below(0x1000000);
}

static inline void add_region(struct picture *picture)
{
    picture_region(picture, random_box(), random_color(), random_below(3) ? (int)random_below(20) : 0);
}

/* A few that stay for good; the sanitizers still reach them. */
static inline struct image *some_image(void)
{
    static struct image *images[5];
    const unsigned at = random_below(5);
    const int width = 3 + (int)at * 37, height = 2 + (int)at * 23;
    uint8_t row[4 * 160];

    if (images[at])
        return images[at];
    struct image_scaler *scaler = image_scaler_create(width, height, width, height);

    for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
            const uint32_t value = ((unsigned)x * 2654435761u ^ (unsigned)y * 40503u) * 2246822519u;

            memcpy(row + 4 * x, &value, 4);
            if (at == 2 || value % 3)
                row[4 * x + 3] = at != 2 && value % 5 == 0 ? 0 : 255; /* one has no hole */
        }
        image_scaler_take(scaler, row);
    }
    images[at] = image_scaler_finish(scaler);
    image_scaler_destroy(scaler);
    return images[at];
}

static inline void add_image(struct picture *picture)
{
    const struct rect box = random_box();

    picture_image(picture, some_image(), box.x, box.y);
}

static inline void add_glyphs(struct picture *picture)
{
    static const char *const texts[] = { "А 042", "7", "Қабылдау", "12", "Б 117", "Терезе", "014" };
    const struct text_style style = { .weight = random_below(2),
                                      .size_px = 10 + (int)random_below(6) * 12,
                                      .lang = "kk",
                                      .is_number = random_below(2) };
    const int x = (int)random_below(WIDTH + 100) - 80, y = (int)random_below(HEIGHT + 80) - 20;

    if (random_below(4) == 0)
        picture_icon(picture, random_below(ICONS), x, y, 4 + (int)random_below(8) * 9, random_color());
    else
        picture_line(picture, text_shape(fonts, &style, texts[random_below(7)]), x, y, random_color());
}

static inline void remove_some(struct picture *picture)
{
    if (picture->nglyphs > 0 && random_below(2)) {
        const unsigned at = random_below(picture->nglyphs);

        memmove(&picture->glyph[at], &picture->glyph[at + 1],
                (picture->nglyphs - at - 1) * sizeof(picture->glyph[0]));
        picture->nglyphs--;
    }
    if (picture->nregions > 0 && random_below(3) == 0) {
        const unsigned at = random_below(picture->nregions);

        picture->region[at] = picture->region[--picture->nregions];
    }
}

static inline void swap_some(struct picture *picture)
{
    if (picture->nglyphs < 2)
        return;
    const unsigned a = random_below(picture->nglyphs), b = random_below(picture->nglyphs);
    const struct placed placed = picture->glyph[a];

    picture->glyph[a] = picture->glyph[b];
    picture->glyph[b] = placed;
}

static inline void move_or_colour(struct picture *picture)
{
    if (picture->nglyphs > 0) {
        struct placed *placed = &picture->glyph[random_below(picture->nglyphs)];

        placed->x = (int16_t)(placed->x + (int)random_below(5) - 2);
        placed->ink = random_below(2) ? placed->ink : random_color();
    }
    if (picture->nregions > 0 && random_below(2))
        picture->region[random_below(picture->nregions)].fill = random_color();
}

static inline void change(struct picture *picture)
{
    const unsigned changes = random_below(4);

    if (random_below(60) == 0)
        picture_init(picture, WIDTH, HEIGHT, random_color());
    if (picture->nregions > 30 || picture->nglyphs > 120)
        picture->nregions = picture->nglyphs = 0;
    for (unsigned i = 0; i < changes; i++)
        switch (random_below(6)) {
        case 0: add_region(picture); break;
        case 1: add_glyphs(picture); break;
        case 2: remove_some(picture); break;
        case 3: swap_some(picture); break;
        case 4: add_image(picture); break;
        default: move_or_colour(picture); break;
        }
}

static inline bool is_inside_damage(const struct rect *damage, unsigned count, int x, int y)
{
    for (unsigned i = 0; i < count; i++)
        if (x >= damage[i].x && x < damage[i].x + damage[i].w && y >= damage[i].y &&
            y < damage[i].y + damage[i].h)
            return true;
    return false;
}

/* ---- a painter ------------------------------------------------------------------------------- */

static inline void assert_equals_full(struct painter *painter, const struct canvas *canvas,
                                      const struct picture *picture, struct canvas *scratch)
{
    memset(scratch->memory, NO_PIXEL, scratch->size);
    assert_int_equal(painter_full(painter, &scratch->buffer, picture), WIDTH * HEIGHT);
    assert_memory_equal(canvas->memory, scratch->memory, canvas->size);
}

/* One picture and one painter with two buffers, set up for each test. */
struct bench {
    struct painter *painter;
    struct canvas canvas[2];
    struct picture picture;
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;
};

static inline int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->painter = painter_create(fonts, WIDTH, HEIGHT, PIXEL_XRGB8888);
    for (unsigned i = 0; i < 2; i++)
        bench->canvas[i] = canvas_create(PIXEL_XRGB8888, 0, i);
    picture_init(&bench->picture, WIDTH, HEIGHT, 0x081528);
    *state = bench;
    return 0;
}

static inline int close_bench(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < 2; i++)
        free(bench->canvas[i].memory);
    painter_destroy(bench->painter);
    free(bench);
    return 0;
}

static inline uint64_t paint(struct bench *bench, unsigned index)
{
    return painter_paint(bench->painter, &bench->canvas[index].buffer, &bench->picture, bench->damage,
                         &bench->ndamage);
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

static inline int open_fonts(void **state)
{
    char error[200];

    (void)state;
    fonts = fonts_create(&font_files_debian, error, sizeof(error));
    return fonts ? 0 : -1;
}

static inline int close_fonts(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}
