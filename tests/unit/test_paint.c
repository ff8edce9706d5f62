#include "board/blend.h"
#include "board/damage.h"
#include "board/paint.h"
#include "tests/write_only.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WIDTH    317 /* and height: no multiple of what is stored at once */
#define HEIGHT   203
#define GUARD    64 /* bytes after each row, and rows before and after */
#define CHANGES  1000
#define NO_PIXEL 0xa5

static struct fonts *fonts;
static uint32_t seed;

static unsigned random_below(unsigned limit)
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

static unsigned row_bytes(const struct canvas *canvas)
{
    return canvas->columns * (canvas->buffer.format == PIXEL_RGB565 ? 2 : 4);
}

/* The formulas of drivers/screen/screen.h, word for word. */
static ptrdiff_t place_of(const struct canvas *canvas, int x, int y)
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

static uint32_t pixel_bits(const struct canvas *canvas, int x, int y)
{
    const uint8_t *pixel = canvas->buffer.pixels + canvas->first + x * canvas->right + y * canvas->down;
    uint32_t value = 0;

    if (canvas->buffer.format == PIXEL_RGB565)
        memcpy(&value, pixel, 2);
    else
        memcpy(&value, pixel, 4);
    return value;
}

static struct canvas canvas_create(enum pixel_format format, unsigned rotation, unsigned index)
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

static void assert_guards_untouched(const struct canvas *canvas)
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

static uint64_t count_different(const struct canvas *a, const struct canvas *b)
{
    uint64_t count = 0;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            count += pixel_bits(a, x, y) != pixel_bits(b, x, y);
    return count;
}

static uint32_t pixel(const struct canvas *canvas, int x, int y)
{
    return pixel_bits(canvas, x, y);
}

/* ---- random pictures ------------------------------------------------------------------------- */

static struct rect random_box(void)
{
    return (struct rect){ (int16_t)((int)random_below(WIDTH + 80) - 60),
                          (int16_t)((int)random_below(HEIGHT + 60) - 40), (int16_t)(1 + random_below(140)),
                          (int16_t)(1 + random_below(90)) };
}

static color random_color(void)
{
    static const color colors[] = { 0x081528, 0x0f2344, 0xffd400, 0xffffff, 0x0b1424, 0x36c3dc };

    return random_below(4) ? colors[random_below(6)] : random_below(0x1000000);
}

static void add_region(struct picture *picture)
{
    picture_region(picture, random_box(), random_color(), random_below(3) ? (int)random_below(20) : 0);
}

static void add_glyphs(struct picture *picture)
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

static void remove_some(struct picture *picture)
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

static void swap_some(struct picture *picture)
{
    if (picture->nglyphs < 2)
        return;
    const unsigned a = random_below(picture->nglyphs), b = random_below(picture->nglyphs);
    const struct placed placed = picture->glyph[a];

    picture->glyph[a] = picture->glyph[b];
    picture->glyph[b] = placed;
}

static void move_or_colour(struct picture *picture)
{
    if (picture->nglyphs > 0) {
        struct placed *placed = &picture->glyph[random_below(picture->nglyphs)];

        placed->x = (int16_t)(placed->x + (int)random_below(5) - 2);
        placed->ink = random_below(2) ? placed->ink : random_color();
    }
    if (picture->nregions > 0 && random_below(2))
        picture->region[random_below(picture->nregions)].fill = random_color();
}

static void change(struct picture *picture)
{
    const unsigned changes = random_below(4);

    if (random_below(60) == 0)
        picture_init(picture, WIDTH, HEIGHT, random_color());
    if (picture->nregions > 30 || picture->nglyphs > 120)
        picture->nregions = picture->nglyphs = 0;
    for (unsigned i = 0; i < changes; i++)
        switch (random_below(5)) {
        case 0: add_region(picture); break;
        case 1: add_glyphs(picture); break;
        case 2: remove_some(picture); break;
        case 3: swap_some(picture); break;
        default: move_or_colour(picture); break;
        }
}

/* ---- tests ----------------------------------------------------------------------------------- */

static bool is_inside_damage(const struct rect *damage, unsigned count, int x, int y)
{
    for (unsigned i = 0; i < count; i++)
        if (x >= damage[i].x && x < damage[i].x + damage[i].w && y >= damage[i].y &&
            y < damage[i].y + damage[i].h)
            return true;
    return false;
}

static void assert_damage_covers(const struct canvas *shown, const struct canvas *back,
                                 const struct rect *damage, unsigned count)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            if (pixel_bits(shown, x, y) != pixel_bits(back, x, y) && !is_inside_damage(damage, count, x, y))
                fail_msg("pixel %d %d changed outside the damage", x, y);
}

static void assert_equals_full(struct painter *painter, const struct canvas *canvas,
                               const struct picture *picture, struct canvas *scratch)
{
    memset(scratch->memory, NO_PIXEL, scratch->size);
    assert_int_equal(painter_full(painter, &scratch->buffer, picture), WIDTH * HEIGHT);
    assert_memory_equal(canvas->memory, scratch->memory, canvas->size);
}

static void assert_shows_the_same(const struct canvas *turned, const struct canvas *upright)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            if (pixel_bits(turned, x, y) != pixel_bits(upright, x, y))
                fail_msg("pixel %d %d is %x, upright %x", x, y, pixel_bits(turned, x, y),
                         pixel_bits(upright, x, y));
}

/* An output with two buffers, and what its picture is compared with. */
struct stand {
    struct painter *painter;
    struct picture *picture;
    struct canvas canvas[2], old, full, upright;
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage, back;
};

static void stand_open(struct stand *stand, enum pixel_format format, unsigned rotation)
{
    stand->painter = painter_create(fonts, WIDTH, HEIGHT, format);
    stand->picture = calloc(1, sizeof(*stand->picture));
    for (unsigned i = 0; i < 2; i++)
        stand->canvas[i] = canvas_create(format, rotation, i);
    stand->old = canvas_create(format, rotation, 0);
    stand->full = canvas_create(format, rotation, 0);
    stand->upright = canvas_create(format, 0, 0);
    stand->back = 0;
    picture_init(stand->picture, WIDTH, HEIGHT, 0x081528);
}

static void stand_close(struct stand *stand)
{
    for (unsigned i = 0; i < 2; i++)
        free(stand->canvas[i].memory);
    free(stand->old.memory);
    free(stand->full.memory);
    free(stand->upright.memory);
    free(stand->picture);
    painter_destroy(stand->painter);
}

static void paint_once(struct stand *stand, bool is_first)
{
    struct canvas *back = &stand->canvas[stand->back];

    memcpy(stand->old.memory, back->memory, back->size);
    const uint64_t written =
        painter_paint(stand->painter, &back->buffer, stand->picture, stand->damage, &stand->ndamage);

    assert_equals_full(stand->painter, back, stand->picture, &stand->full);
    assert_guards_untouched(back);
    assert_true(written >= count_different(&stand->old, back));
    assert_in_range(stand->ndamage, 0, DAMAGE_MAX);
    if (!is_first)
        assert_damage_covers(&stand->canvas[1 - stand->back], back, stand->damage, stand->ndamage);
    assert_false(painter_differs(stand->painter, stand->picture));
}

/* As an output does it: paint the back buffer, flip, repair the other one or not. */
static void change_at_random(enum pixel_format format, unsigned rotation, uint32_t start)
{
    struct stand stand = { 0 };

    seed = start;
    stand_open(&stand, format, rotation);
    for (int i = 0; i < (rotation ? CHANGES / 2 : CHANGES); i++) {
        change(stand.picture);
        paint_once(&stand, i == 0);
        if (rotation) {
            painter_full(stand.painter, &stand.upright.buffer, stand.picture);
            assert_shows_the_same(&stand.canvas[stand.back], &stand.upright);
        }
        stand.back = 1 - stand.back;
        struct canvas *back = &stand.canvas[stand.back];
        if (random_below(3)) {
            painter_repair(stand.painter, &back->buffer);
            assert_equals_full(stand.painter, back, stand.picture, &stand.full);
        }
        if (random_below(100) == 0) {
            painter_forget(stand.painter);
            memset(back->buffer.pixels, 0x5a, row_bytes(back));
        }
    }
    stand_close(&stand);
}

static void an_incremental_picture_equals_a_full_one_in_xrgb8888(void **state)
{
    (void)state;
    change_at_random(PIXEL_XRGB8888, 0, 1);
}

static void an_incremental_picture_equals_a_full_one_in_rgb565(void **state)
{
    (void)state;
    change_at_random(PIXEL_RGB565, 0, 2);
}

static void a_turned_picture_is_the_upright_one_turned_in_xrgb8888(void **state)
{
    (void)state;
    for (unsigned rotation = 90; rotation < 360; rotation += 90)
        change_at_random(PIXEL_XRGB8888, rotation, rotation);
}

static void a_turned_picture_is_the_upright_one_turned_in_rgb565(void **state)
{
    (void)state;
    for (unsigned rotation = 90; rotation < 360; rotation += 90)
        change_at_random(PIXEL_RGB565, rotation, rotation + 1);
}

static unsigned packed(uint32_t value)
{
    const unsigned red = value >> 16 & 0xff, green = value >> 8 & 0xff, blue = value & 0xff;

    return (red * 62 + 255) / 510 << 11 | (green * 126 + 255) / 510 << 5 | (blue * 62 + 255) / 510;
}

static void a_picture_in_rgb565_is_that_in_xrgb8888_rounded(void **state)
{
    struct painter *painter = painter_create(fonts, WIDTH, HEIGHT, PIXEL_RGB565);
    struct canvas fine = canvas_create(PIXEL_XRGB8888, 0, 0), coarse = canvas_create(PIXEL_RGB565, 0, 0);
    struct picture *picture = calloc(1, sizeof(*picture));

    (void)state;
    seed = 3;
    picture_init(picture, WIDTH, HEIGHT, 0x081528);
    for (int i = 0; i < CHANGES / 5; i++) {
        change(picture);
        painter_full(painter, &fine.buffer, picture);
        painter_full(painter, &coarse.buffer, picture);
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                if (pixel_bits(&coarse, x, y) != packed(pixel_bits(&fine, x, y)))
                    fail_msg("pixel %d %d is %x, not %x packed", x, y, pixel_bits(&coarse, x, y),
                             pixel_bits(&fine, x, y));
    }
    free(fine.memory);
    free(coarse.memory);
    free(picture);
    painter_destroy(painter);
}

/* ---- buffers that may not be read ------------------------------------------------------------ */

struct sealed {
    struct write_only map;
    struct canvas canvas; /* what is painted into; its memory is the map's */
    struct canvas view;   /* the same bytes, to be looked at */
};

static void sealed_open(struct sealed *sealed, enum pixel_format format, unsigned rotation, unsigned index)
{
    sealed->canvas = canvas_create(format, rotation, index);
    free(sealed->canvas.memory);
    assert_true(write_only_open(&sealed->map, sealed->canvas.size));
    memset(sealed->map.view, NO_PIXEL, sealed->canvas.size);
    sealed->view = sealed->canvas;
    sealed->view.memory = sealed->map.view;
    sealed->view.buffer.pixels = sealed->view.memory + sealed->canvas.buffer.stride;
    sealed->canvas.memory = sealed->map.memory;
    sealed->canvas.buffer.pixels = sealed->canvas.memory + sealed->canvas.buffer.stride;
}

static void assert_was_never_read(const struct sealed *sealed)
{
    const struct screen_buffer *buffer = &sealed->canvas.buffer;

    if (sealed->map.loads)
        fail_msg("format %d, rotation %d: %lu loads, the first at byte %zu, by the instruction at %p",
                 buffer->format, buffer->rotation, sealed->map.loads, sealed->map.load_at,
                 sealed->map.load_by);
}

/* A store takes some 20 us: a part of the buffer does. */
#define SEALED_CHANGES 12
#define SEALED_WIDTH   (WIDTH / 2)
#define SEALED_HEIGHT  (HEIGHT / 2)

static void assert_sealed_equals_full(struct painter *painter, const struct sealed *sealed,
                                      const struct picture *picture, struct canvas *scratch)
{
    memset(scratch->memory, NO_PIXEL, scratch->size);
    painter_full(painter, &scratch->buffer, picture);
    assert_memory_equal(sealed->view.memory, scratch->memory, scratch->size);
}

static void change_unread(enum pixel_format format, unsigned rotation)
{
    struct painter *painter = painter_create(fonts, SEALED_WIDTH, SEALED_HEIGHT, format);
    struct canvas scratch = canvas_create(format, rotation, 0);
    struct picture *picture = calloc(1, sizeof(*picture));
    struct sealed sealed[2];
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;

    seed = rotation + format;
    for (unsigned i = 0; i < 2; i++)
        sealed_open(&sealed[i], format, rotation, i);
    picture_init(picture, WIDTH, HEIGHT, 0x081528);
    for (unsigned i = 0; i < SEALED_CHANGES; i++) {
        change(picture);
        painter_paint(painter, &sealed[i % 2].canvas.buffer, picture, damage, &ndamage);
        assert_sealed_equals_full(painter, &sealed[i % 2], picture, &scratch);
        painter_repair(painter, &sealed[1 - i % 2].canvas.buffer);
        assert_sealed_equals_full(painter, &sealed[1 - i % 2], picture, &scratch);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_was_never_read(&sealed[i]);
        assert_true(sealed[i].map.stores > 0);
        write_only_close(&sealed[i].map);
    }
    free(scratch.memory);
    free(picture);
    painter_destroy(painter);
}

static void skip_if_loads_are_not_seen(void)
{
    if (!write_only_missing())
        return;
    print_message("%s\n", write_only_missing());
    skip();
}

static void a_load_from_memory_that_may_not_be_read_is_seen(void **state)
{
    struct write_only map;
    volatile uint32_t *word;

    (void)state;
    skip_if_loads_are_not_seen();
    assert_true(write_only_open(&map, 10000));
    word = (volatile uint32_t *)map.memory;
    word[1] = 0x12345678;
    word[1023] = 1;
    assert_int_equal(map.loads, 0);
    assert_int_equal(map.stores, 2);
    assert_int_equal(word[1023], 1);
    assert_int_equal(map.loads, 1);
    assert_int_equal(map.load_at, 1023 * 4);
    word[1] |= 1; /* a load within a store */
    assert_int_equal(map.loads, 2);
    __atomic_exchange_n(&word[2], 9, __ATOMIC_RELAXED); /* one that only a register tells */
    assert_int_equal(map.loads, 3);
    assert_int_equal(((const uint32_t *)map.view)[1], 0x12345679);
    write_only_close(&map);
}

static void a_buffer_is_written_and_never_read(void **state)
{
    (void)state;
    skip_if_loads_are_not_seen();
    for (unsigned rotation = 0; rotation < 360; rotation += 90)
        for (enum pixel_format format = 0; format < PIXEL_FORMATS; format++)
            change_unread(format, rotation);
}

/* One picture and one painter with two buffers, for the tests below. */
struct bench {
    struct painter *painter;
    struct canvas canvas[2];
    struct picture picture;
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;
};

static int open_bench(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->painter = painter_create(fonts, WIDTH, HEIGHT, PIXEL_XRGB8888);
    for (unsigned i = 0; i < 2; i++)
        bench->canvas[i] = canvas_create(PIXEL_XRGB8888, 0, i);
    picture_init(&bench->picture, WIDTH, HEIGHT, 0x081528);
    *state = bench;
    return 0;
}

static int close_bench(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < 2; i++)
        free(bench->canvas[i].memory);
    painter_destroy(bench->painter);
    free(bench);
    return 0;
}

static uint64_t paint(struct bench *bench, unsigned index)
{
    return painter_paint(bench->painter, &bench->canvas[index].buffer, &bench->picture, bench->damage,
                         &bench->ndamage);
}

static void the_first_paint_is_full_and_an_equal_picture_costs_nothing(void **state)
{
    struct bench *bench = *state;

    assert_true(painter_differs(bench->painter, &bench->picture));
    assert_int_equal(paint(bench, 0), WIDTH * HEIGHT);
    assert_int_equal(bench->ndamage, 1);
    assert_false(painter_differs(bench->painter, &bench->picture));
    assert_int_equal(painter_repair(bench->painter, &bench->canvas[1].buffer), WIDTH * HEIGHT);
    assert_int_equal(paint(bench, 1), 0);
    assert_int_equal(bench->ndamage, 0);
}

static void a_square_costs_exactly_its_pixels(void **state)
{
    struct bench *bench = *state;

    paint(bench, 0);
    painter_repair(bench->painter, &bench->canvas[1].buffer);
    picture_region(&bench->picture, (struct rect){ 10, 20, 31, 17 }, 0xffffff, 0);
    assert_true(painter_differs(bench->painter, &bench->picture));
    assert_int_equal(paint(bench, 1), 31 * 17);
    assert_int_equal(bench->ndamage, 1);
    assert_memory_equal(&bench->damage[0], (&(struct rect){ 10, 20, 31, 17 }), sizeof(struct rect));
    assert_int_equal(painter_repair(bench->painter, &bench->canvas[0].buffer), 31 * 17);
    assert_int_equal(painter_repair(bench->painter, &bench->canvas[0].buffer), 0);
}

static void a_region_that_changes_costs_its_boxes(void **state)
{
    struct bench *bench = *state;

    picture_region(&bench->picture, (struct rect){ 0, 0, 100, 50 }, 0xffffff, 0);
    paint(bench, 0);
    painter_repair(bench->painter, &bench->canvas[1].buffer);
    bench->picture.region[0].box.w = 120;
    assert_int_equal(paint(bench, 1), 120 * 50);
}

static void what_is_outside_the_screen_costs_nothing(void **state)
{
    struct bench *bench = *state;
    const struct text_style style = { .weight = WEIGHT_BOLD, .size_px = 60, .lang = "kk" };

    paint(bench, 0);
    painter_repair(bench->painter, &bench->canvas[1].buffer);
    picture_region(&bench->picture, (struct rect){ -50, 0, 50, 50 }, 0xffffff, 10);
    picture_region(&bench->picture, (struct rect){ 0, HEIGHT, 50, 50 }, 0xffffff, 10);
    picture_line(&bench->picture, text_shape(fonts, &style, "А"), WIDTH + 5, 50, 0xffffff);
    picture_line(&bench->picture, text_shape(fonts, &style, "А"), 5, -20, 0xffffff);
    picture_icon(&bench->picture, ICON_WARNING, INT16_MAX - 10, INT16_MAX - 10, 200, 0xffffff);
    picture_region(&bench->picture, (struct rect){ INT16_MAX, INT16_MAX, INT16_MAX, INT16_MAX }, 0xffffff,
                   10);
    assert_int_equal(paint(bench, 1), 0);
    assert_guards_untouched(&bench->canvas[1]);
}

static void corners_are_round_and_the_rest_is_solid(void **state)
{
    struct bench *bench = *state;
    const struct canvas *canvas = &bench->canvas[0];

    picture_region(&bench->picture, (struct rect){ 100, 50, 80, 60 }, 0xffd400, 20);
    paint(bench, 0);
    assert_int_equal(pixel(canvas, 100, 50), 0x081528);
    assert_int_equal(pixel(canvas, 179, 50), 0x081528);
    assert_int_equal(pixel(canvas, 100, 109), 0x081528);
    assert_int_equal(pixel(canvas, 179, 109), 0x081528);
    assert_int_equal(pixel(canvas, 120, 50), 0xffd400);
    assert_int_equal(pixel(canvas, 100, 80), 0xffd400);
    assert_int_equal(pixel(canvas, 179, 80), 0xffd400);
    assert_int_equal(pixel(canvas, 140, 109), 0xffd400);
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 80; x++) {
            assert_int_equal(pixel(canvas, 100 + x, 50 + y), pixel(canvas, 179 - x, 50 + y));
            assert_int_equal(pixel(canvas, 100 + x, 50 + y), pixel(canvas, 100 + x, 109 - y));
        }
}

static void a_radius_too_large_becomes_half_of_the_box(void **state)
{
    struct bench *bench = *state;

    picture_region(&bench->picture, (struct rect){ 10, 10, 30, 20 }, 0xffffff, 500);
    paint(bench, 0);
    assert_int_equal(pixel(&bench->canvas[0], 10, 10), 0x081528);
    assert_int_equal(pixel(&bench->canvas[0], 25, 10), 0xffffff);
}

static void a_gradient_goes_evenly_from_its_first_column_to_its_last(void **state)
{
    struct bench *bench = *state;
    const struct canvas *canvas = &bench->canvas[0];

    picture_gradient(&bench->picture, (struct rect){ 10, 20, 256, 30 }, 0x00ff00, 0xff00ff);
    picture_gradient(&bench->picture, (struct rect){ 10, 60, 3, 5 }, 0x102030, 0x203040);
    picture_gradient(&bench->picture, (struct rect){ 10, 70, 1, 5 }, 0x102030, 0xffffff);
    paint(bench, 0);
    for (unsigned i = 0; i < 256; i++) {
        assert_int_equal(pixel(canvas, 10 + (int)i, 20), i << 16 | (255 - i) << 8 | i);
        assert_int_equal(pixel(canvas, 10 + (int)i, 49), i << 16 | (255 - i) << 8 | i);
    }
    assert_int_equal(pixel(canvas, 9, 20), 0x081528);
    assert_int_equal(pixel(canvas, 266, 20), 0x081528);
    assert_int_equal(pixel(canvas, 11, 60), 0x182838);
    assert_int_equal(pixel(canvas, 10, 70), 0x102030);
}

static void a_gradient_that_ends_in_another_colour_is_another_picture(void **state)
{
    struct bench *bench = *state;

    picture_gradient(&bench->picture, (struct rect){ 10, 20, 100, 30 }, 0x000000, 0xffffff);
    paint(bench, 0);
    assert_false(painter_differs(bench->painter, &bench->picture));
    bench->picture.region[0].until = 0xfffffe;
    assert_true(painter_differs(bench->painter, &bench->picture));
}

static void make_two_of_each(struct picture *picture)
{
    picture_region(picture, (struct rect){ 10, 20, 30, 40 }, 0x102030, 5);
    picture_gradient(picture, (struct rect){ 50, 20, 30, 40 }, 0x102030, 0x405060);
    picture_icon(picture, ICON_WARNING, 10, 20, 30, 0xffffff);
    picture_icon(picture, ICON_ARROW_UP, 50, 20, 30, 0xffffff);
}

#define MEMBER(name)                                                                                         \
    {                                                                                                        \
#name, offsetof(struct picture, name), sizeof(((struct picture *)0)->name)                           \
    }

static void a_hash_differs_for_each_kind_of_change(void **state)
{
    static const struct {
        const char *name;
        size_t at, size;
    } members[] = { MEMBER(width),
                    MEMBER(height),
                    MEMBER(background),
                    MEMBER(nregions),
                    MEMBER(region[1].box.x),
                    MEMBER(region[1].box.y),
                    MEMBER(region[1].box.w),
                    MEMBER(region[1].box.h),
                    MEMBER(region[1].fill),
                    MEMBER(region[1].until),
                    MEMBER(region[1].radius_px),
                    MEMBER(nglyphs),
                    MEMBER(glyph[1].key),
                    MEMBER(glyph[1].x),
                    MEMBER(glyph[1].y),
                    MEMBER(glyph[1].ink) };
    struct picture *picture = &((struct bench *)*state)->picture;

    make_two_of_each(picture);
    const uint64_t hash = picture_hash(picture);
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        for (size_t byte = 0; byte < members[i].size; byte++)
            for (unsigned bit = 0; bit < 8; bit++) {
                uint8_t *value = (uint8_t *)picture + members[i].at + byte;

                if (strncmp(members[i].name, "n", 1) == 0 && (byte || bit > 1))
                    continue; /* no more items than there are */
                *value ^= (uint8_t)(1 << bit);
                if (picture_hash(picture) == hash)
                    fail_msg("bit %u of byte %zu of %s is lost", bit, byte, members[i].name);
                *value ^= (uint8_t)(1 << bit);
            }
    assert_int_equal(picture_hash(picture), hash);
}

static void a_hash_differs_for_each_order(void **state)
{
    struct picture *picture = &((struct bench *)*state)->picture;
    const struct region region = {
        .box = { 10, 20, 30, 40 }, .fill = 0x102030, .until = 0x102030, .radius_px = 5
    };

    make_two_of_each(picture);
    const uint64_t first = picture_hash(picture);
    picture->region[0] = picture->region[1];
    picture->region[1] = region;
    const uint64_t second = picture_hash(picture);
    assert_int_not_equal(second, first);
    const struct placed placed = picture->glyph[0];
    picture->glyph[0] = picture->glyph[1];
    picture->glyph[1] = placed;
    const uint64_t third = picture_hash(picture);
    assert_int_not_equal(third, second);
    assert_int_not_equal(third, first);
}

static void a_hash_is_that_of_what_is_shown_and_of_nothing_else(void **state)
{
    struct picture *picture = &((struct bench *)*state)->picture, *other = malloc(sizeof(*other));

    memset(other, 0xa5, sizeof(*other));
    picture_init(other, WIDTH, HEIGHT, 0x081528);
    make_two_of_each(picture);
    make_two_of_each(other);
    assert_int_equal(picture_hash(picture), picture_hash(other));
    free(other);
}

static void later_glyphs_cover_earlier_ones(void **state)
{
    struct bench *bench = *state;

    picture_icon(&bench->picture, ICON_ARROW_RIGHT, 10, 10, 100, 0xff0000);
    picture_icon(&bench->picture, ICON_ARROW_UP, 10, 10, 100, 0x00ff00);
    paint(bench, 0);
    assert_int_equal(pixel(&bench->canvas[0], 60, 60), 0x00ff00);
    bench->picture.glyph[0].ink = 0x00ff00;
    bench->picture.glyph[1].ink = 0xff0000;
    paint(bench, 1);
    assert_int_equal(pixel(&bench->canvas[1], 60, 60), 0xff0000);
}

static void a_full_list_is_said_and_takes_no_more(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < PICTURE_REGIONS_MAX; i++)
        picture_region(&bench->picture, (struct rect){ 0, 0, 1, 1 }, 0, 0);
    assert_false(bench->picture.is_full);
    picture_region(&bench->picture, (struct rect){ 0, 0, 1, 1 }, 0, 0);
    assert_true(bench->picture.is_full);
    bench->picture.is_full = false;
    for (int i = 0; i < PICTURE_GLYPHS_MAX; i++)
        picture_icon(&bench->picture, ICON_WARNING, i % WIDTH, i % HEIGHT, 12, 0xffffff);
    assert_false(bench->picture.is_full);
    picture_icon(&bench->picture, ICON_WARNING, 0, 0, 12, 0);
    assert_true(bench->picture.is_full);
    assert_int_equal(bench->picture.nglyphs, PICTURE_GLYPHS_MAX);
    assert_int_equal(paint(bench, 0), WIDTH * HEIGHT);
    assert_guards_untouched(&bench->canvas[0]);
}

static void glyphs_that_exceed_the_cache_are_still_painted_right(void **state)
{
    struct bench *bench = *state;
    struct glyph_cache_stats stats;

    for (int i = 0; i < 12; i++)
        picture_icon(&bench->picture, ICON_CORNER, -i * 7, HEIGHT - 8, 1000 + i * 20,
                     0x101010u * (unsigned)i);
    paint(bench, 0);
    bench->picture.glyph[3].ink = 0xffffff;
    paint(bench, 1);
    glyph_cache_stats(fonts, &stats);
    assert_true(stats.evictions > 0);
    assert_equals_full(bench->painter, &bench->canvas[1], &bench->picture, &bench->canvas[0]);
}

static void every_value_is_packed_to_the_nearest_step_wherever_it_stands(void **state)
{
    uint32_t line[256 + 7];
    uint16_t packed[256 + 7];

    (void)state;
    for (unsigned i = 0; i < 256 + 7; i++)
        line[i] = (i & 0xff) * 0x10101;
    for (int width = 256; width < 256 + 8; width++) {
        pack_rgb565(packed, line, width);
        for (int i = 0; i < width; i++) {
            const unsigned value = line[i] & 0xff, five = (value * 31 * 2 + 255) / 510,
                           six = (value * 63 * 2 + 255) / 510;

            assert_int_equal(packed[i], five << 11 | six << 5 | five);
        }
    }
}

static void damage_rectangles_never_overlap_and_cover_all(void **state)
{
    struct damage damage;
    struct rect boxes[300];

    (void)state;
    seed = 7;
    for (int round = 0; round < 50; round++) {
        const unsigned count = 1 + random_below(300);

        damage.count = 0;
        for (unsigned i = 0; i < count; i++) {
            boxes[i] = (struct rect){ (int16_t)random_below(1900), (int16_t)random_below(1000),
                                      (int16_t)(1 + random_below(20)), (int16_t)(1 + random_below(20)) };
            damage_add(&damage, boxes[i]);
        }
        assert_in_range(damage.count, 1, DAMAGE_MAX);
        for (unsigned i = 0; i < damage.count; i++)
            for (unsigned j = 0; j < i; j++)
                assert_false(rect_overlaps(damage.rect[i], damage.rect[j]));
        for (unsigned i = 0; i < count; i++)
            for (int corner = 0; corner < 4; corner++)
                assert_true(is_inside_damage(damage.rect, damage.count,
                                             boxes[i].x + (corner & 1 ? boxes[i].w - 1 : 0),
                                             boxes[i].y + (corner & 2 ? boxes[i].h - 1 : 0)));
    }
}

static void an_item_added_or_taken_out_leaves_the_others_alone(void **state)
{
    static struct diff diff;
    static const struct mark before[] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 3, 0 }, { 4, 0 } };
    static const struct mark now[] = { { 1, 0 }, { 5, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 } };

    (void)state;
    diff_lists(&diff, before, 5, now, 5);
    assert_true(diff.is_kept_before[0] && diff.is_kept_before[1] && diff.is_kept_before[4]);
    assert_int_equal(diff.is_kept_before[2] + diff.is_kept_before[3], 1);
    assert_true(diff.is_kept_now[0] && !diff.is_kept_now[1] && diff.is_kept_now[2] && diff.is_kept_now[3]);
}

static void an_item_that_changed_places_is_the_only_damage(void **state)
{
    static struct diff diff;
    static const struct mark before[] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 } };
    static const struct mark now[] = { { 2, 0 }, { 3, 0 }, { 4, 0 }, { 1, 0 }, { 5, 0 } };

    (void)state;
    diff_lists(&diff, before, 5, now, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(diff.is_kept_before[i], i != 0);
        assert_int_equal(diff.is_kept_now[i], i != 3);
    }
}

#define BENCH_TEST(name) cmocka_unit_test_setup_teardown(name, open_bench, close_bench)

static int open_fonts(void **state)
{
    char error[200];

    (void)state;
    fonts = fonts_create(&font_files_debian, error, sizeof(error));
    return fonts ? 0 : -1;
}

static int close_fonts(void **state)
{
    (void)state;
    fonts_destroy(fonts);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_incremental_picture_equals_a_full_one_in_xrgb8888),
        cmocka_unit_test(an_incremental_picture_equals_a_full_one_in_rgb565),
        cmocka_unit_test(a_turned_picture_is_the_upright_one_turned_in_xrgb8888),
        cmocka_unit_test(a_turned_picture_is_the_upright_one_turned_in_rgb565),
        cmocka_unit_test(a_picture_in_rgb565_is_that_in_xrgb8888_rounded),
        cmocka_unit_test(a_load_from_memory_that_may_not_be_read_is_seen),
        cmocka_unit_test(a_buffer_is_written_and_never_read),
        BENCH_TEST(the_first_paint_is_full_and_an_equal_picture_costs_nothing),
        BENCH_TEST(a_square_costs_exactly_its_pixels),
        BENCH_TEST(a_region_that_changes_costs_its_boxes),
        BENCH_TEST(what_is_outside_the_screen_costs_nothing),
        BENCH_TEST(corners_are_round_and_the_rest_is_solid),
        BENCH_TEST(a_radius_too_large_becomes_half_of_the_box),
        BENCH_TEST(a_gradient_goes_evenly_from_its_first_column_to_its_last),
        BENCH_TEST(a_gradient_that_ends_in_another_colour_is_another_picture),
        BENCH_TEST(a_hash_differs_for_each_kind_of_change),
        BENCH_TEST(a_hash_differs_for_each_order),
        BENCH_TEST(a_hash_is_that_of_what_is_shown_and_of_nothing_else),
        BENCH_TEST(later_glyphs_cover_earlier_ones),
        BENCH_TEST(a_full_list_is_said_and_takes_no_more),
        BENCH_TEST(glyphs_that_exceed_the_cache_are_still_painted_right),
        cmocka_unit_test(every_value_is_packed_to_the_nearest_step_wherever_it_stands),
        cmocka_unit_test(damage_rectangles_never_overlap_and_cover_all),
        cmocka_unit_test(an_item_added_or_taken_out_leaves_the_others_alone),
        cmocka_unit_test(an_item_that_changed_places_is_the_only_damage),
    };

    return cmocka_run_group_tests_name("paint", tests, open_fonts, close_fonts);
}
