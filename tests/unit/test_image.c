#include "board/paint/image.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* ---- one from pixels ------------------------------------------------------------------------- */

static struct image *scaled(const uint32_t *pixel, int w, int h, int to_w, int to_h)
{
    struct image_scaler *scaler = image_scaler_create(w, h, to_w, to_h);
    uint8_t row[4 * 256];

    assert_non_null(scaler);
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++, pixel++)
            for (int i = 0; i < 4; i++)
                row[4 * x + i] = (uint8_t)(*pixel >> (i == 3 ? 24 : 16 - 8 * i));
        image_scaler_take(scaler, row);
    }
    struct image *image = image_scaler_finish(scaler);

    image_scaler_destroy(scaler);
    return image;
}

static struct image *plain(uint32_t pixel, int w, int h)
{
    uint32_t *pixels = malloc((size_t)w * (size_t)h * sizeof(*pixels));

    for (int i = 0; i < w * h; i++)
        pixels[i] = pixel;
    struct image *image = scaled(pixels, w, h, w, h);

    free(pixels);
    return image;
}

/* ---- scaling --------------------------------------------------------------------------------- */

static void every_shade_survives_its_own_size(void **state)
{
    uint32_t pixel[256];

    (void)state;
    for (unsigned i = 0; i < 256; i++)
        pixel[i] = 0xff000000u | i << 16 | (255 - i) << 8 | i;
    struct image *image = scaled(pixel, 16, 16, 16, 16);

    assert_memory_equal(image->pixel, pixel, sizeof(pixel));
    assert_true(image->is_opaque);
    image_drop(image);
}

/* Half of the light is 188 of 255, not 128: fine lines keep their weight. */
static void a_mean_is_one_of_light(void **state)
{
    const uint32_t pixel[] = { 0xffffffff, 0xff000000, 0xff000000, 0xffffffff };
    struct image *image = scaled(pixel, 2, 2, 1, 1);

    (void)state;
    assert_int_equal(image->pixel[0], 0xffbcbcbc);
    image_drop(image);
}

static void what_cannot_be_seen_colours_nothing(void **state)
{
    const uint32_t pixel[] = { 0xffff0000, 0x0000ff00 };
    struct image *image = scaled(pixel, 2, 1, 1, 1);

    (void)state;
    assert_int_equal(image->pixel[0], 0x80ff0000);
    assert_false(image->is_opaque);
    image_drop(image);
}

/* Of three pixels two are made: the middle one goes half to each side. */
static void a_pixel_is_shared_by_what_covers_it(void **state)
{
    const uint32_t pixel[] = { 0xff000000, 0x00000000, 0xff000000 };
    struct image *image = scaled(pixel, 3, 1, 2, 1), *upright = scaled(pixel, 1, 3, 1, 2);

    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(image->pixel[i], 0xaa000000); /* two thirds */
        assert_int_equal(upright->pixel[i], 0xaa000000);
    }
    image_drop(image);
    image_drop(upright);
}

static void larger_is_the_same_in_more_pixels(void **state)
{
    const uint32_t pixel[] = { 0xff102030, 0xff405060, 0xff708090, 0xffa0b0c0 };
    struct image *image = scaled(pixel, 2, 2, 6, 4);

    (void)state;
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 6; x++)
            assert_int_equal(image->pixel[y * 6 + x], pixel[y / 2 * 2 + x / 3]);
    image_drop(image);
}

static void any_sizes_keep_a_plain_colour(void **state)
{
    (void)state;
    for (int from = 1; from < 60; from += 7)
        for (int to = 1; to < 60; to += 5) {
            struct image *image = plain(0x80c05a13, from, 60 - from);
            struct image *other = image_scale(image, to, 61 - to);

            for (int i = 0; i < to * (61 - to); i++)
                if (other->pixel[i] != 0x80c05a13)
                    fail_msg("%d to %d: %x", from, to, other->pixel[i]);
            image_drop(image);
            image_drop(other);
        }
}

static void the_largest_sums_fit(void **state)
{
    struct image_scaler *scaler = image_scaler_create(IMAGE_SIDE_MAX, IMAGE_SIDE_MAX, 1, 1);
    uint8_t *row = malloc(4 * IMAGE_SIDE_MAX);

    (void)state;
    memset(row, 255, 4 * IMAGE_SIDE_MAX);
    for (int y = 0; y < IMAGE_SIDE_MAX; y++)
        image_scaler_take(scaler, row);
    struct image *image = image_scaler_finish(scaler);

    assert_int_equal(image->pixel[0], 0xffffffff);
    image_drop(image);
    image_scaler_destroy(scaler);
    free(row);
}

/* ---- shape and light ------------------------------------------------------------------------- */

static void an_image_fits_a_box_and_keeps_its_shape(void **state)
{
    static const struct {
        int w, h, box_w, box_h, fit_w, fit_h;
    } rows[] = {
        { 200, 100, 50, 50, 50, 25 }, { 100, 200, 50, 50, 25, 50 },        { 10, 10, 300, 70, 70, 70 },
        { 250, 1, 40, 40, 40, 1 },    { 160, 90, 1920, 1080, 1920, 1080 },
    };
    int w, h;

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct image *image = plain(0xff000000, rows[i].w, rows[i].h);

        image_fit(image, rows[i].box_w, rows[i].box_h, &w, &h);
        assert_int_equal(w, rows[i].fit_w);
        assert_int_equal(h, rows[i].fit_h);
        image_drop(image);
    }
}

static void the_light_of_its_parts_is_known(void **state)
{
    uint32_t pixel[32 * 16];

    (void)state;
    for (int i = 0; i < 32 * 16; i++)
        pixel[i] = i % 32 < 16 ? 0xffffffff : i < 32 * 8 ? 0xff000000 : 0x40ffffff;
    struct image *image = scaled(pixel, 32, 16, 32, 16);

    assert_int_equal(image->cell[0][0].light, 255);
    assert_int_equal(image->cell[0][7].light, 0);
    assert_int_equal(image->cell[0][7].alpha, 255);
    assert_int_equal(image->cell[7][7].light, 255);
    assert_int_equal(image->cell[7][7].alpha, 0x40);
    image_drop(image);
}

static void what_stands_out_is_told(void **state)
{
    const uint32_t pixel[] = { 0xffffffff, 0xff081528, 0xff0a1020, 0x00ffffff };
    struct image *image = scaled(pixel, 4, 1, 4, 1), *hole = plain(0x00ffffff, 3, 3);

    (void)state;
    assert_true(image_stands_out(image, 0x081528, 3) > 0.33);
    assert_true(image_stands_out(image, 0x081528, 3) < 0.34);
    assert_true(image_stands_out(image, 0xffffff, 3) > 0.66);
    assert_true(image_stands_out(hole, 0, 3) == 0);
    image_drop(image);
    image_drop(hole);
}

static void a_hash_is_of_pixels_and_shape(void **state)
{
    const uint32_t pixel[] = { 0xff000000, 0xff000001, 0xff000002, 0xff000003 };
    uint32_t other[4];
    struct image *image = scaled(pixel, 2, 2, 2, 2), *flat = scaled(pixel, 4, 1, 4, 1),
                 *twin = scaled(pixel, 2, 2, 2, 2);

    (void)state;
    assert_true(image->hash == twin->hash);
    assert_true(image->hash != flat->hash);
    for (unsigned i = 0; i < 4; i++) {
        memcpy(other, pixel, sizeof(other));
        other[i] ^= 0x8000;
        struct image *changed = scaled(other, 2, 2, 2, 2);

        assert_true(changed->hash != image->hash);
        image_drop(changed);
    }
    image_drop(image);
    image_drop(flat);
    image_drop(twin);
}

/* ---- fitted to a wall ------------------------------------------------------------------------ */

static void each_size_is_made_once(void **state)
{
    struct images images = { 0 };
    struct image *image = plain(0xff123456, 40, 20);

    (void)state;
    struct image *half = images_get(&images, image, 20, 10);

    assert_int_equal(half->width, 20);
    assert_ptr_equal(images_get(&images, image, 20, 10), half);
    assert_int_equal(images_bytes(&images), sizeof(*half) + 20 * 10 * 4);
    assert_ptr_equal(images_get(&images, image, 40, 20), image); /* as it is: no copy */
    assert_int_equal(image->shares, 2);
    images_clear(&images);
    assert_int_equal(images_bytes(&images), 0);
    assert_int_equal(image->shares, 1);
    image_drop(image);
}

/* What was not asked for longest makes room: a wall never holds more. */
static void a_wall_keeps_so_many_and_no_more(void **state)
{
    struct images images = { 0 };
    struct image *image = plain(0xff123456, 40, 40);
    struct image *first = image_keep(images_get(&images, image, 1, 1));

    (void)state;
    for (int i = 2; i < 100; i++) {
        images_get(&images, image, i, 1);
        assert_ptr_equal(images_get(&images, image, 1, 1), first);
    }
    size_t most = IMAGES_MAX * (sizeof(struct image) + 100 * 4);

    assert_true(images_bytes(&images) <= most);
    for (int i = 2; i <= IMAGES_MAX + 1; i++)
        images_get(&images, image, i, 2);
    assert_int_equal(first->shares, 1); /* gone from the wall; who keeps it has it still */
    assert_int_equal(first->pixel[0], 0xff123456);
    image_drop(first);
    images_clear(&images);
    image_drop(image);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shade_survives_its_own_size),
        cmocka_unit_test(a_mean_is_one_of_light),
        cmocka_unit_test(what_cannot_be_seen_colours_nothing),
        cmocka_unit_test(a_pixel_is_shared_by_what_covers_it),
        cmocka_unit_test(larger_is_the_same_in_more_pixels),
        cmocka_unit_test(any_sizes_keep_a_plain_colour),
        cmocka_unit_test(the_largest_sums_fit),
        cmocka_unit_test(an_image_fits_a_box_and_keeps_its_shape),
        cmocka_unit_test(the_light_of_its_parts_is_known),
        cmocka_unit_test(what_stands_out_is_told),
        cmocka_unit_test(a_hash_is_of_pixels_and_shape),
        cmocka_unit_test(each_size_is_made_once),
        cmocka_unit_test(a_wall_keeps_so_many_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
