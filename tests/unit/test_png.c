#include "board/paint/png.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define W 61
#define H 37

static char path[] = "/tmp/kezek-png-XXXXXX";

static struct screen_buffer noise(enum pixel_format format)
{
    unsigned bytes = format == PIXEL_RGB565 ? 2 : 4;
    struct screen_buffer buffer = { .stride = W * bytes + 20, .width = W, .height = H, .format = format };
    size_t size = (size_t)buffer.stride * H;
    buffer.pixels = malloc(size);
    uint32_t seed = 7;
    for (size_t i = 0; i < size; i++)
        buffer.pixels[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
    return buffer;
}

static uint32_t pixel(const struct screen_buffer *buffer, int x, int y)
{
    const uint8_t *p = buffer->pixels + (size_t)y * buffer->stride;
    if (buffer->format != PIXEL_RGB565)
        return (uint32_t)p[x * 4] | (uint32_t)p[x * 4 + 1] << 8 | (uint32_t)p[x * 4 + 2] << 16;
    uint32_t v = p[x * 2] | (uint32_t)p[x * 2 + 1] << 8;
    uint32_t r = v >> 11, g = v >> 5 & 63, b = v & 31;
    return (r * 255 + 15) / 31 << 16 | (g * 255 + 31) / 63 << 8 | (b * 255 + 15) / 31;
}

static bool is_near(uint32_t a, uint32_t b)
{
    for (int shift = 0; shift < 24; shift += 8)
        if (abs((int)(a >> shift & 255) - (int)(b >> shift & 255)) > 1)
            return false;
    return true;
}

static void what_was_written_is_read_again(void **state)
{
    (void)state;
    for (int format = 0; format < PIXEL_FORMATS; format++) {
        struct screen_buffer out = noise((enum pixel_format)format), in;
        assert_int_equal(png_write(&out, path), 0);
        assert_int_equal(png_read(path, &in), 0);
        assert_int_equal(in.width, W);
        assert_int_equal(in.height, H);
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                assert_true(format == PIXEL_RGB565 ? is_near(pixel(&in, x, y), pixel(&out, x, y))
                                                   : pixel(&in, x, y) == pixel(&out, x, y));
        free(in.pixels);
        free(out.pixels);
    }
}

/* As drivers/screen/screen.h says where pixel (x, y) of a turned picture is. */
static void place(const struct screen_buffer *turned, int x, int y, const uint8_t *from, unsigned bytes)
{
    int w = turned->width, h = turned->height, column = x, row = y;
    if (turned->rotation == 90)
        column = h - 1 - y, row = x;
    else if (turned->rotation == 180)
        column = w - 1 - x, row = h - 1 - y;
    else if (turned->rotation == 270)
        column = y, row = w - 1 - x;
    memcpy(turned->pixels + (size_t)row * turned->stride + (size_t)column * bytes, from, bytes);
}

static void a_turned_screen_is_written_upright(void **state)
{
    (void)state;
    for (int format = 0; format < PIXEL_FORMATS; format++)
        for (uint16_t rotation = 0; rotation < 360; rotation = (uint16_t)(rotation + 90)) {
            unsigned bytes = format == PIXEL_RGB565 ? 2 : 4, side = rotation % 180 ? H : W;
            struct screen_buffer upright = noise((enum pixel_format)format), turned = upright, in;
            turned.rotation = rotation;
            turned.stride = side * bytes;
            turned.pixels = malloc((size_t)W * H * bytes); /* not a byte more than there is */
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    place(&turned, x, y, upright.pixels + (size_t)y * upright.stride + (size_t)x * bytes,
                          bytes);
            assert_int_equal(png_write(&turned, path), 0);
            assert_int_equal(png_read(path, &in), 0);
            assert_int_equal(in.width, W);
            for (int y = 0; y < H; y++)
                for (int x = 0; x < W; x++)
                    assert_true(is_near(pixel(&in, x, y), pixel(&upright, x, y)));
            free(in.pixels);
            free(turned.pixels);
            free(upright.pixels);
        }
}

static void full_intensity_stays_full(void **state)
{
    (void)state;
    uint8_t white[2] = { 0xff, 0xff };
    struct screen_buffer out = { .pixels = white,
                                 .stride = 2,
                                 .width = 1,
                                 .height = 1,
                                 .format = PIXEL_RGB565 },
                         in;
    assert_int_equal(png_write(&out, path), 0);
    assert_int_equal(png_read(path, &in), 0);
    assert_int_equal(pixel(&in, 0, 0), 0xffffff);
    free(in.pixels);
}

static void the_file_says_which_picture_it_is(void **state)
{
    static const char chunk[] = "tEXt" PNG_PICTURE "\0"
                                "5f0c91d2a77be630";
    uint8_t white[4] = { 0xff, 0xff, 0xff, 0 }, *bytes;
    struct screen_buffer out = { .pixels = white, .stride = 4, .width = 1, .height = 1 };
    size_t size;
    (void)state;
    assert_int_equal(png_encode(&out, 1, "5f0c91d2a77be630", &bytes, &size), 0);
    assert_non_null(memmem(bytes, size, chunk, sizeof chunk - 1));
    free(bytes);
    assert_int_equal(png_encode(&out, 1, "", &bytes, &size), 0);
    assert_null(memmem(bytes, size, "tEXt", 4));
    free(bytes);
}

static void a_buffer_without_pixels_is_refused(void **state)
{
    (void)state;
    struct screen_buffer none = { .width = 0, .height = 4 };
    uint8_t *bytes = NULL;
    size_t size = 1;
    assert_int_equal(png_encode(&none, 1, NULL, &bytes, &size), -EINVAL);
    assert_null(bytes);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    struct screen_buffer in;
    assert_int_equal(png_read("/nonexistent/x.png", &in), -ENOENT);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs("GIF89a", file);
    fclose(file);
    assert_int_equal(png_read(path, &in), -EBADMSG);
}

static void a_cut_file_is_refused(void **state)
{
    (void)state;
    struct screen_buffer out = noise(PIXEL_XRGB8888), in;
    assert_int_equal(png_write(&out, path), 0);
    assert_int_equal(truncate(path, 1500), 0);
    assert_int_equal(png_read(path, &in), -EBADMSG);
    free(out.pixels);
}

/* ---- images ---------------------------------------------------------------------------------- */

static struct image *load(const char *name, char why[PNG_WHY_SIZE])
{
    const char *source = getenv("KEZEK_SOURCE");
    char file[256];
    snprintf(file, sizeof file, "%s/tests/data/images/%s.png", source ? source : ".", name);
    return png_load(file, IMAGE_KEPT_PX, why);
}

static void every_kind_of_pixel_is_taken(void **state)
{
    static const uint32_t colours[] = { 0xffffffff, 0xffff0000, 0x80ff0000, 0 };
    static const uint32_t greys[] = { 0xffffffff, 0xff000000, 0xff808080, 0xff000000 };
    static const struct {
        const char *name;
        const uint32_t *pixels;
    } files[] = { { "rgba", colours }, { "rgba16", colours }, { "palette", colours },
                  { "grey", greys },   { "rgb", greys },      { "grey-alpha16", greys } };
    char why[PNG_WHY_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct image *image = load(files[i].name, why);
        assert_non_null(image);
        assert_int_equal(image->width, 2);
        for (unsigned at = 0; at < 4; at++)
            if (image->pixel[at] != files[i].pixels[at])
                fail_msg("%s: pixel %u is %08x", files[i].name, at, image->pixel[at]);
        image_drop(image);
    }
}

static void an_image_that_cannot_be_taken_says_why(void **state)
{
    static const struct {
        const char *name, *why;
    } files[] = {
        { "none", "cannot be read: No such file or directory" },
        { "damaged", "is a damaged PNG: IDAT: " }, /* zlib says the rest, each its own */
        { "interlaced", "is interlaced; save it without" },
        { "wide", "has 5000 x 1 pixels; at most 4096 a side are possible: scale it down" },
    };
    char why[PNG_WHY_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        assert_null(load(files[i].name, why));
        if (strncmp(why, files[i].why, strlen(files[i].why)) != 0)
            fail_msg("%s %s", files[i].name, why);
    }
    assert_null(png_load("/dev/zero", 1000, why));
    assert_string_equal(why, "cannot be read: Invalid argument");
    assert_null(png_load("/tmp", 1000, why));
    assert_string_equal(why, "cannot be read: Is a directory");
    assert_int_equal(truncate(path, PNG_BYTES_MAX + 1), 0);
    assert_null(png_load(path, 1000, why));
    assert_string_equal(why, "has more than 8 MiB; save it smaller");
    assert_int_equal(truncate(path, 0), 0);
    assert_null(png_load(path, 1000, why));
    assert_string_equal(why, "is no PNG: it ends too early");
}

/* Wherever it was cut: never half an image. */
static void an_image_that_was_cut_is_refused(void **state)
{
    char why[PNG_WHY_SIZE];
    uint8_t *bytes;
    size_t size;
    struct screen_buffer out = noise(PIXEL_XRGB8888);
    (void)state;
    assert_int_equal(png_encode(&out, 1, NULL, &bytes, &size), 0);
    for (size_t cut = 0; cut < size; cut += cut < 100 ? 1 : 97) {
        uint8_t *part = malloc(cut + 1); /* not a byte more: the sanitizer watches */
        memcpy(part, bytes, cut);
        assert_null(png_decode(part, cut, IMAGE_KEPT_PX, why));
        free(part);
    }
    struct image *image = png_decode(bytes, size, IMAGE_KEPT_PX, why);
    assert_non_null(image);
    for (int i = 0; i < W * H; i++)
        assert_int_equal(image->pixel[i] & 0xffffff, pixel(&out, i % W, i / W));
    image_drop(image);
    free(bytes);
    free(out.pixels);
}

static void an_image_is_kept_no_larger_than_asked_for(void **state)
{
    char why[PNG_WHY_SIZE];
    uint8_t *bytes;
    size_t size;
    struct screen_buffer out = noise(PIXEL_XRGB8888);
    (void)state;
    assert_int_equal(png_encode(&out, 1, NULL, &bytes, &size), 0);
    for (unsigned most = 1; most < W * H; most = most * 3 / 2 + 1) {
        struct image *image = png_decode(bytes, size, most, why);
        assert_true((unsigned)image->width * image->height <= most);
        assert_true((unsigned)(image->width + 1) * (image->height + 1u) > most);
        image_drop(image);
    }
    free(bytes);
    free(out.pixels);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct screen_buffer out = noise(PIXEL_XRGB8888);
    assert_int_equal(png_write(&out, "/nonexistent/x.png"), -ENOENT);
    assert_int_equal(png_write(&out, "/dev/full"), -ENOSPC);
    free(out.pixels);
}

static int setup(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read_again),
        cmocka_unit_test(a_turned_screen_is_written_upright),
        cmocka_unit_test(full_intensity_stays_full),
        cmocka_unit_test(the_file_says_which_picture_it_is),
        cmocka_unit_test(a_buffer_without_pixels_is_refused),
        cmocka_unit_test(what_is_no_picture_is_refused),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(every_kind_of_pixel_is_taken),
        cmocka_unit_test(an_image_that_cannot_be_taken_says_why),
        cmocka_unit_test(an_image_that_was_cut_is_refused),
        cmocka_unit_test(an_image_is_kept_no_larger_than_asked_for),
        cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
