#include "tests/unit/paint_bench.h"
#include "tests/write_only.h"

#define CHANGES 1000

static uint64_t count_different(const struct canvas *a, const struct canvas *b)
{
    uint64_t count = 0;

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            count += pixel_bits(a, x, y) != pixel_bits(b, x, y);
    return count;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void assert_damage_covers(const struct canvas *shown, const struct canvas *back,
                                 const struct rect *damage, unsigned count)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            if (pixel_bits(shown, x, y) != pixel_bits(back, x, y) && !is_inside_damage(damage, count, x, y))
                fail_msg("pixel %d %d changed outside the damage", x, y);
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

static void an_image_costs_its_pixels_once(void **state)
{
    struct bench *bench = *state;
    struct image *image = some_image();
    const unsigned pixels = (unsigned)image->width * image->height;

    paint(bench, 0);
    painter_repair(bench->painter, &bench->canvas[1].buffer);
    picture_image(&bench->picture, image, 20, 30);
    assert_int_equal(paint(bench, 1), pixels);
    assert_int_equal(painter_repair(bench->painter, &bench->canvas[0].buffer), pixels);
    picture_icon(&bench->picture, ICON_WARNING, 250, 150, 30, 0xffffff); /* elsewhere */
    const uint64_t written = paint(bench, 0);

    assert_in_range(written, 1, 30 * 30);
    assert_int_equal(painter_repair(bench->painter, &bench->canvas[1].buffer), written);
}

/* A reload takes the images of the hall file away while the old picture still stands. */
static void a_painter_keeps_the_images_that_it_shows(void **state)
{
    struct bench *bench = *state;
    struct image *image = image_scale(some_image(), 31, 17);

    picture_image(&bench->picture, image, 20, 30);
    paint(bench, 0);
    assert_int_equal(image->shares, 2);
    paint(bench, 1);
    assert_int_equal(image->shares, 3);
    image_drop(image);
    painter_repair(bench->painter, &bench->canvas[0].buffer);
    bench->picture.nregions = 0;
    paint(bench, 0);
    painter_repair(bench->painter, &bench->canvas[1].buffer); /* the sanitizer watches */
    assert_equals_full(bench->painter, &bench->canvas[1], &bench->picture, &bench->canvas[0]);
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

static void a_gradient_that_ends_in_another_colour_is_another_picture(void **state)
{
    struct bench *bench = *state;

    picture_gradient(&bench->picture, (struct rect){ 10, 20, 100, 30 }, 0x000000, 0xffffff);
    paint(bench, 0);
    assert_false(painter_differs(bench->painter, &bench->picture));
    bench->picture.region[0].until = 0xfffffe;
    assert_true(painter_differs(bench->painter, &bench->picture));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_incremental_picture_equals_a_full_one_in_xrgb8888),
        cmocka_unit_test(an_incremental_picture_equals_a_full_one_in_rgb565),
        cmocka_unit_test(a_turned_picture_is_the_upright_one_turned_in_xrgb8888),
        cmocka_unit_test(a_turned_picture_is_the_upright_one_turned_in_rgb565),
        cmocka_unit_test(a_load_from_memory_that_may_not_be_read_is_seen),
        cmocka_unit_test(a_buffer_is_written_and_never_read),
        BENCH_TEST(the_first_paint_is_full_and_an_equal_picture_costs_nothing),
        BENCH_TEST(a_square_costs_exactly_its_pixels),
        BENCH_TEST(a_region_that_changes_costs_its_boxes),
        BENCH_TEST(an_image_costs_its_pixels_once),
        BENCH_TEST(a_painter_keeps_the_images_that_it_shows),
        BENCH_TEST(what_is_outside_the_screen_costs_nothing),
        BENCH_TEST(a_gradient_that_ends_in_another_colour_is_another_picture),
        BENCH_TEST(a_full_list_is_said_and_takes_no_more),
        BENCH_TEST(glyphs_that_exceed_the_cache_are_still_painted_right),
    };

    return cmocka_run_group_tests_name("paint", tests, open_fonts, close_fonts);
}
