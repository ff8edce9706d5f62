#include "board/paint/png.h"

#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIDE_MAX                                                                                             \
    8192 /* of pictures that are read: no screen is larger, and a small file may claim any size */
#define FIRST_BYTES (256u << 10)

struct sink {
    uint8_t *bytes;
    size_t size, room;
};

static void sink_write(png_structp png, png_bytep bytes, size_t size)
{
    struct sink *sink = png_get_io_ptr(png);
    if (sink->room - sink->size < size) {
        size_t room = sink->room ? sink->room : FIRST_BYTES;
        while (room - sink->size < size)
            room *= 2;
        uint8_t *grown = realloc(sink->bytes, room);
        if (!grown)
            png_error(png, "out of memory");
        sink->bytes = grown;
        sink->room = room;
    }
    memcpy(sink->bytes + sink->size, bytes, size);
    sink->size += size;
}

static void sink_flush(png_structp png)
{
    (void)png;
}

/* libpng prints to stderr unless told otherwise; a tool reports the error code. */
static void be_silent(png_structp png, png_const_charp text)
{
    (void)png;
    (void)text;
}

static void fail(png_structp png, png_const_charp text)
{
    (void)text;
    png_longjmp(png, 1);
}

/* One row of the upright picture: where its first pixel is in memory, and how many bytes lie from one to the next. */
struct walk {
    const uint8_t *first;
    ptrdiff_t step;
};

static struct walk walk_row(const struct screen_buffer *buffer, unsigned y)
{
    const unsigned bytes = buffer->format == PIXEL_RGB565 ? 2 : 4;
    const size_t stride = buffer->stride, right = buffer->width - 1u, down = buffer->height - 1u - y;
    const uint8_t *pixels = buffer->pixels;
    switch (buffer->rotation) {
    case 90: return (struct walk){ pixels + down * bytes, (ptrdiff_t)stride };
    case 180: return (struct walk){ pixels + down * stride + right * bytes, -(ptrdiff_t)bytes };
    case 270: return (struct walk){ pixels + right * stride + y * bytes, -(ptrdiff_t)stride };
    default: return (struct walk){ pixels + y * stride, (ptrdiff_t)bytes };
    }
}

static void row_from_xrgb(uint8_t *rgb, struct walk walk, unsigned width)
{
    for (unsigned x = 0; x < width; x++, rgb += 3) {
        const uint8_t *pixels = walk.first + (ptrdiff_t)x * walk.step;
        rgb[0] = pixels[2];
        rgb[1] = pixels[1];
        rgb[2] = pixels[0];
    }
}

static void row_from_565(uint8_t *rgb, struct walk walk, unsigned width)
{
    for (unsigned x = 0; x < width; x++, rgb += 3) {
        const uint8_t *pixels = walk.first + (ptrdiff_t)x * walk.step;
        unsigned p = pixels[0] | (unsigned)pixels[1] << 8;
        unsigned r = p >> 11, g = p >> 5 & 63, b = p & 31;
        rgb[0] = (uint8_t)(r << 3 | r >> 2);
        rgb[1] = (uint8_t)(g << 2 | g >> 4);
        rgb[2] = (uint8_t)(b << 3 | b >> 2);
    }
}

static void set_picture(png_structp png, png_infop info, const char *picture)
{
    char key[] = PNG_PICTURE;
    png_text text = { .compression = PNG_TEXT_COMPRESSION_NONE, .key = key, .text = (char *)picture };
    if (picture && picture[0])
        png_set_text(png, info, &text, 1); /* copies */
}

/* Apart from its caller, so that no local of the caller lives across setjmp. */
static int encode_rows(png_structp png, png_infop info, const struct screen_buffer *buffer, int level,
                       const char *picture, uint8_t *row)
{
    if (setjmp(png_jmpbuf(png)))
        return -ENOMEM;
    png_set_IHDR(png, info, buffer->width, buffer->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(png, level);
    png_set_filter(png, PNG_FILTER_TYPE_BASE,
                   PNG_FILTER_NONE); /* flat colours and letters repeat: a fifth smaller */
    set_picture(png, info, picture);
    png_write_info(png, info);
    for (unsigned y = 0; y < buffer->height; y++) {
        struct walk walk = walk_row(buffer, y);
        if (buffer->format == PIXEL_RGB565)
            row_from_565(row, walk, buffer->width);
        else
            row_from_xrgb(row, walk, buffer->width);
        png_write_row(png, row);
    }
    png_write_end(png, info);
    return 0;
}

int png_encode(const struct screen_buffer *buffer, int level, const char *picture, uint8_t **out,
               size_t *size)
{
    struct sink sink = { 0 };
    int result = -ENOMEM;
    uint8_t *row = malloc((size_t)buffer->width * 3 + 1);
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, fail, be_silent);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (row && info) {
        png_set_write_fn(png, &sink, sink_write, sink_flush);
        result =
            buffer->width && buffer->height ? encode_rows(png, info, buffer, level, picture, row) : -EINVAL;
    }
    png_destroy_write_struct(&png, &info);
    free(row);
    if (result < 0) {
        free(sink.bytes);
        return result;
    }
    *out = sink.bytes;
    *size = sink.size;
    return 0;
}

/* Only a regular file: /dev/stdout is a path, too. */
static void remove_part(const char *path)
{
    struct stat status;
    if (lstat(path, &status) == 0 && S_ISREG(status.st_mode))
        unlink(path);
}

static int write_file(const char *path, const uint8_t *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file)
        return -errno;
    int result = fwrite(bytes, 1, size, file) == size ? 0 : -errno;
    if (fclose(file) != 0 && result == 0)
        result = -errno;
    if (result < 0)
        remove_part(path);
    return result;
}

int png_write(const struct screen_buffer *buffer, const char *path)
{
    uint8_t *bytes;
    size_t size;
    int result = png_encode(buffer, 9, NULL, &bytes, &size);
    if (result < 0)
        return result;
    result = write_file(path, bytes, size);
    free(bytes);
    return result;
}

static int read_pixels(png_image *image, struct screen_buffer *buffer)
{
    if (image->width > SIDE_MAX || image->height > SIDE_MAX)
        return -EFBIG;
    image->format = PNG_FORMAT_BGRA;
    size_t stride = (size_t)image->width * 4, size = stride * image->height;
    uint8_t *pixels = malloc(size);
    if (!pixels)
        return -ENOMEM;
    if (!png_image_finish_read(image, NULL, pixels, (png_int_32)stride, NULL)) {
        free(pixels);
        return -EBADMSG;
    }
    for (size_t i = 3; i < size; i += 4)
        pixels[i] = 0;
    *buffer = (struct screen_buffer){ .pixels = pixels,
                                      .stride = (uint32_t)stride,
                                      .width = (uint16_t)image->width,
                                      .height = (uint16_t)image->height,
                                      .format = PIXEL_XRGB8888 };
    return 0;
}

int png_read(const char *path, struct screen_buffer *buffer)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        return -errno;
    png_image image = { .version = PNG_IMAGE_VERSION };
    int result = -EBADMSG;
    if (png_image_begin_read_from_stdio(&image, file))
        result = read_pixels(&image, buffer);
    png_image_free(&image);
    fclose(file);
    return result;
}
