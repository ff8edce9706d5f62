#include "board/paint/paint.h"
#include "board/scene/scene_test.h"
#include "tests/wall_fixture.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct fonts *fonts;
static struct room room;
static struct picture picture, other;

static const struct {
    int width, height;
} sizes[] = { { 640, 480 },   { 800, 480 },   { 1024, 768 }, { 1366, 768 },  { 1920, 1080 },
              { 3840, 2160 }, { 4096, 2160 }, { 3840, 600 }, { 600, 3840 },  { 1080, 1920 },
              { 2160, 3840 }, { 1024, 1024 }, { 480, 320 },  { 1280, 1024 }, { 320, 240 } };
#define SIZES (sizeof sizes / sizeof *sizes)

static void build(struct picture *out, enum test_pattern pattern, uint64_t frame, size_t size)
{
    scene_test(out, fonts, &room.input, pattern, frame, sizes[size].width, sizes[size].height);
}

static bool is_same(const struct picture *a, const struct picture *b)
{
    return picture_hash(a, fonts) == picture_hash(b, fonts);
}

static int open_room(void **state)
{
    (void)state;
    room_init(&room, 3);
    memset(room.config.hall, 'h', ID_SIZE - 1);
    memset(room.config.board, 'b', ID_SIZE - 1);
    memset(room.screen.device.id, 's', sizeof room.screen.device.id - 1);
    memset(room.screen.device.output, 'o', sizeof room.screen.device.output - 1);
    room.screen.device.rotation = 270;
    room.screen.diagonal_in = 32;
    room.screen.farthest_m = 12.5;
    return 0;
}

static void every_pattern_has_a_name_and_no_other_has(void **state)
{
    enum test_pattern pattern;
    (void)state;
    for (int i = 0; i < TEST_PATTERNS; i++) {
        assert_true(scene_test_pattern(test_pattern_names[i], &pattern));
        assert_int_equal(pattern, i);
    }
    assert_false(scene_test_pattern("", &pattern));
    assert_false(scene_test_pattern("Grid", &pattern));
    assert_false(scene_test_pattern("grids", &pattern));
}

static void every_pattern_fits_every_screen_with_the_longest_names(void **state)
{
    (void)state;
    for (size_t size = 0; size < SIZES; size++)
        for (enum test_pattern pattern = 0; pattern < TEST_PATTERNS; pattern++) {
            build(&picture, pattern, 1234567890123, size);
            if (picture.is_full)
                fail_msg("%s does not fit %d x %d", test_pattern_names[pattern], sizes[size].width,
                         sizes[size].height);
        }
}

static void what_is_said_stands_off_the_edges(void **state)
{
    (void)state;
    for (size_t size = 0; size < SIZES; size++)
        for (enum test_pattern pattern = 0; pattern < TEST_PATTERNS; pattern++) {
            build(&picture, pattern, 0, size);
            const int dx = sizes[size].width / 100, dy = sizes[size].height / 100;
            for (int i = 0; i < picture.nglyphs; i++) {
                const struct placed *placed = &picture.glyph[i];
                const struct glyph *glyph = glyph_get(fonts, placed->key);
                const int left = placed->x + glyph->left, top = placed->y + glyph->top;
                if (glyph->width && (left < dx || top < dy || left + glyph->width > sizes[size].width - dx ||
                                     top + glyph->height > sizes[size].height - dy))
                    fail_msg("%s, %d x %d: a letter at %d, %d", test_pattern_names[pattern],
                             sizes[size].width, sizes[size].height, left, top);
            }
        }
}

static void only_motion_changes_with_the_frame(void **state)
{
    (void)state;
    for (enum test_pattern pattern = 0; pattern < TEST_PATTERNS; pattern++) {
        build(&picture, pattern, 41, 4);
        build(&other, pattern, 42, 4);
        assert_int_equal(is_same(&picture, &other), pattern != TEST_MOTION);
    }
}

static void a_pattern_says_what_time_it_is_if_that_is_known(void **state)
{
    (void)state;
    for (enum test_pattern pattern = 0; pattern < TEST_PATTERNS; pattern++) {
        build(&picture, pattern, 0, 4);
        room.input.clock.minute++;
        build(&other, pattern, 0, 4);
        assert_false(is_same(&picture, &other));
        room.input.clock.is_known = false;
        build(&picture, pattern, 0, 4);
        assert_true(picture.nglyphs < other.nglyphs);
        room.input.clock.is_known = true;
    }
}

static uint32_t pixel(const struct screen_buffer *buffer, int x, int y)
{
    uint32_t value;
    memcpy(&value, buffer->pixels + (size_t)y * buffer->stride + (size_t)x * 4, sizeof value);
    return value;
}

static void the_outermost_pixels_of_the_grid_are_a_white_line(void **state)
{
    struct painter *painter = painter_create(fonts, 800, 480, PIXEL_XRGB8888);
    struct screen_buffer buffer = { .stride = 3200, .width = 800, .height = 480, .format = PIXEL_XRGB8888 };
    (void)state;
    buffer.pixels = calloc(480, 3200);
    build(&picture, TEST_GRID, 0, 1);
    painter_full(painter, &buffer, &picture);
    for (int x = 0; x < 800; x++)
        assert_true(pixel(&buffer, x, 0) == 0xffffff && pixel(&buffer, x, 479) == 0xffffff);
    for (int y = 0; y < 480; y++)
        assert_true(pixel(&buffer, 0, y) == 0xffffff && pixel(&buffer, 799, y) == 0xffffff);
    assert_int_not_equal(pixel(&buffer, 1, 1), 0xffffff);
    assert_int_not_equal(pixel(&buffer, 798, 478), 0xffffff);
    free(buffer.pixels);
    painter_destroy(painter);
}

static int open_fonts(void **state)
{
    char error[256];
    (void)state;
    fonts = fonts_create(&font_files_debian, error, sizeof error);
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
        cmocka_unit_test(every_pattern_has_a_name_and_no_other_has),
        cmocka_unit_test_setup(every_pattern_fits_every_screen_with_the_longest_names, open_room),
        cmocka_unit_test_setup(what_is_said_stands_off_the_edges, open_room),
        cmocka_unit_test_setup(only_motion_changes_with_the_frame, open_room),
        cmocka_unit_test_setup(a_pattern_says_what_time_it_is_if_that_is_known, open_room),
        cmocka_unit_test_setup(the_outermost_pixels_of_the_grid_are_a_white_line, open_room),
    };
    return cmocka_run_group_tests(tests, open_fonts, close_fonts);
}
