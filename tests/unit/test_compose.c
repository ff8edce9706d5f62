#include "board/paint/compose.h"
#include "tests/unit/paint_bench.h"

#define PICTURES 200

/* ---- a painter that takes every pixel of every item in turn ---------------------------------- */

static uint32_t reference[HEIGHT][WIDTH];

static unsigned channel(unsigned ink, unsigned below, unsigned alpha)
{
    return (2 * (ink * alpha + below * (255 - alpha)) + 255) / 510; /* to the nearest */
}

static void cover(int x, int y, color ink, unsigned alpha)
{
    uint32_t below, value = 0;

    if (x < 0 || x >= WIDTH || y < 0 || y >= HEIGHT)
        return;
    below = reference[y][x];
    for (int shift = 0; shift < 24; shift += 8)
        value |= channel(ink >> shift & 0xff, below >> shift & 0xff, alpha) << shift;
    reference[y][x] = value;
}

static unsigned coverage(const struct glyph *glyph, int x, int y)
{
    x -= glyph->left;
    y -= glyph->top;
    return x < 0 || x >= glyph->width || y < 0 || y >= glyph->height ? 0
                                                                     : glyph->alpha[y * glyph->stride + x];
}

static color column_of(const struct region *region, unsigned at)
{
    const unsigned steps = region->box.w > 1 ? (unsigned)region->box.w - 1 : 1;
    color ink = 0;

    for (int shift = 0; shift < 24; shift += 8)
        ink |= ((region->fill >> shift & 0xff) * (steps - at) + (region->until >> shift & 0xff) * at +
                steps / 2) /
                   steps
               << shift;
    return ink;
}

static void cover_image(const struct region *region)
{
    const struct image *image = region->image;

    for (int y = 0; y < image->height; y++)
        for (int x = 0; x < image->width; x++) {
            const uint32_t pixel = image->pixel[y * image->width + x];

            cover(region->box.x + x, region->box.y + y, pixel & 0xffffff, pixel >> 24);
        }
}

static void cover_region(const struct region *region)
{
    const int w = region->box.w, h = region->box.h, half = (w < h ? w : h) / 2,
              radius = region->radius_px < half ? region->radius_px : half;
    const struct glyph *corner = radius ? glyph_get(fonts, icon_key(ICON_CORNER, radius)) : NULL;

    if (region->image) {
        cover_image(region);
        return;
    }
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const int across = x < w - 1 - x ? x : w - 1 - x, down = y < h - 1 - y ? y : h - 1 - y;

            cover(region->box.x + x, region->box.y + y, column_of(region, (unsigned)x),
                  across < radius && down < radius ? coverage(corner, across, down) : 255);
        }
}

static void cover_glyph(const struct placed *placed)
{
    const struct glyph *glyph = glyph_get(fonts, placed->key);

    for (int y = glyph->top; y < glyph->top + glyph->height; y++)
        for (int x = glyph->left; x < glyph->left + glyph->width; x++)
            cover(placed->x + x, placed->y + y, placed->ink, coverage(glyph, x, y));
}

static void assert_is_painted_as_by_the_reference(struct painter *painter, const struct picture *picture)
{
    struct canvas canvas = canvas_create(PIXEL_XRGB8888, 0, 0);

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            reference[y][x] = picture->background;
    for (unsigned i = 0; i < picture->nregions; i++)
        cover_region(&picture->region[i]);
    for (unsigned i = 0; i < picture->nglyphs; i++)
        cover_glyph(&picture->glyph[i]);
    painter_full(painter, &canvas.buffer, picture);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            if (pixel(&canvas, x, y) != reference[y][x])
                fail_msg("pixel %d %d is %x, not %x", x, y, pixel(&canvas, x, y), reference[y][x]);
    free(canvas.memory);
}

static void each_pixel_is_what_its_items_give_in_their_order(void **state)
{
    struct bench *bench = *state;

    seed = 11;
    for (int i = 0; i < PICTURES; i++) {
        change(&bench->picture);
        assert_is_painted_as_by_the_reference(bench->painter, &bench->picture);
    }
}

static void a_row_may_have_more_colours_than_are_kept(void **state)
{
    struct bench *bench = *state;

    seed = 12;
    for (int y = 0; y < HEIGHT; y += 5)
        for (int x = 0; x < WIDTH; x += 11)
            picture_icon(&bench->picture, ICON_ARROW_UP, x, y, 10, random_below(0x1000000));
    assert_is_painted_as_by_the_reference(bench->painter, &bench->picture);
}

static void a_row_may_have_more_glyphs_than_are_compared(void **state)
{
    struct bench *bench = *state;

    for (int x = 0; x < WIDTH; x++)
        picture_icon(&bench->picture, ICON_WARNING, x, 50, 1 + x % 3, 0xffffff);
    assert_true(WIDTH > LETTERS_ALONE_MAX);
    assert_is_painted_as_by_the_reference(bench->painter, &bench->picture);
}

/* ---- what is composed ------------------------------------------------------------------------ */

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
    for (int i = 0; i < PICTURES; i++) {
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH_TEST(each_pixel_is_what_its_items_give_in_their_order),
        BENCH_TEST(a_row_may_have_more_colours_than_are_kept),
        BENCH_TEST(a_row_may_have_more_glyphs_than_are_compared),
        cmocka_unit_test(a_picture_in_rgb565_is_that_in_xrgb8888_rounded),
        BENCH_TEST(corners_are_round_and_the_rest_is_solid),
        BENCH_TEST(a_radius_too_large_becomes_half_of_the_box),
        BENCH_TEST(a_gradient_goes_evenly_from_its_first_column_to_its_last),
        BENCH_TEST(later_glyphs_cover_earlier_ones),
    };

    return cmocka_run_group_tests_name("compose", tests, open_fonts, close_fonts);
}
