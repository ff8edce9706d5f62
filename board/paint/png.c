#include "board/paint/png.h"

#include <errno.h>
#include <math.h>
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

/* ---- images ---------------------------------------------------------------------------------- */

#define CHUNK_MAX (1u << 20) /* of what is not pixels: profiles, texts; they are skipped */

struct source {
    const uint8_t *bytes;
    size_t size, at;
    char *why;
    bool has_pixels; /* its head was read: what fails now is damage */
    png_structp png;
    png_infop info;
    struct image_scaler *scaler;
    uint8_t *row;
};

static void source_read(png_structp png, png_bytep out, size_t size)
{
    struct source *source = png_get_io_ptr(png);
    if (source->size - source->at < size)
        png_error(png, "it ends too early");
    memcpy(out, source->bytes + source->at, size);
    source->at += size;
}

static void explain(png_structp png, png_const_charp text)
{
    struct source *source = png_get_error_ptr(png);
    snprintf(source->why, PNG_WHY_SIZE, "is %s PNG: %s", source->has_pixels ? "a damaged" : "no", text);
    png_longjmp(png, 1);
}

/* Whatever it is, rows of red, green, blue, alpha come out. */
static void unify(struct source *source)
{
    png_set_expand(source->png);
    png_set_scale_16(source->png);
    png_set_gray_to_rgb(source->png);
    png_set_add_alpha(source->png, 255, PNG_FILLER_AFTER);
    png_read_update_info(source->png, source->info);
}

static bool is_taken(struct source *source, unsigned width, unsigned height)
{
    if (width > IMAGE_SIDE_MAX || height > IMAGE_SIDE_MAX)
        snprintf(source->why, PNG_WHY_SIZE,
                 "has %u x %u pixels; at most %d a side are possible: scale it down", width, height,
                 IMAGE_SIDE_MAX);
    else if (png_get_interlace_type(source->png, source->info) != PNG_INTERLACE_NONE)
        snprintf(source->why, PNG_WHY_SIZE, "is interlaced; save it without");
    else
        return true;
    return false;
}

static bool open_scaler(struct source *source, unsigned most_px)
{
    const unsigned from_w = png_get_image_width(source->png, source->info);
    const unsigned from_h = png_get_image_height(source->png, source->info);
    unsigned width = from_w, height = from_h;
    if (!is_taken(source, width, height))
        return false;
    if (width * height > most_px) {
        const double part = sqrt((double)most_px / width / height);
        width = width * part < 1 ? 1 : (unsigned)(width * part);
        height = height * part < 1 ? 1 : (unsigned)(height * part);
    }
    unify(source);
    source->row = malloc(png_get_rowbytes(source->png, source->info));
    source->scaler = image_scaler_create((int)from_w, (int)from_h, (int)width, (int)height);
    if (source->row && source->scaler)
        return true;
    snprintf(source->why, PNG_WHY_SIZE, "needs more memory than there is");
    return false;
}

/* Apart from its caller, so that no local of the caller lives across setjmp. */
static bool take_rows(struct source *source, unsigned most_px)
{
    if (setjmp(png_jmpbuf(source->png)))
        return false;
    png_set_read_fn(source->png, source, source_read);
    png_set_user_limits(source->png, 0x7fffffff, 0x7fffffff); /* is_taken() says it better */
    png_set_chunk_malloc_max(source->png, CHUNK_MAX);
    png_read_info(source->png, source->info);
    source->has_pixels = true;
    if (!open_scaler(source, most_px))
        return false;
    const unsigned height = png_get_image_height(source->png, source->info);
    for (unsigned y = 0; y < height; y++) {
        png_read_row(source->png, source->row, NULL);
        image_scaler_take(source->scaler, source->row);
    }
    png_read_end(source->png, NULL);
    return true;
}

struct image *png_decode(const uint8_t *bytes, size_t size, unsigned most_px, char why[PNG_WHY_SIZE])
{
    struct source source = { .bytes = bytes, .size = size, .why = why };
    struct image *image = NULL;
    snprintf(why, PNG_WHY_SIZE, "needs more memory than there is");
    source.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, explain, be_silent);
    source.info = source.png ? png_create_info_struct(source.png) : NULL;
    if (source.info && take_rows(&source, most_px))
        image = image_scaler_finish(source.scaler);
    png_destroy_read_struct(&source.png, &source.info, NULL);
    image_scaler_destroy(source.scaler);
    free(source.row);
    return image;
}

/* malloc in *bytes. 0 or -errno; -EFBIG: more than PNG_BYTES_MAX. */
static int read_file(const char *path, uint8_t **bytes, size_t *size)
{
    struct stat status;
    int result = stat(path, &status) < 0          ? -errno
                 : S_ISDIR(status.st_mode)        ? -EISDIR
                 : !S_ISREG(status.st_mode)       ? -EINVAL
                 : status.st_size > PNG_BYTES_MAX ? -EFBIG
                                                  : 0;
    if (result < 0)
        return result;
    FILE *file = fopen(path, "rbe"); /* of a pipe it would wait */
    *bytes = file ? malloc((size_t)status.st_size + 1) : NULL;
    if (*bytes)
        *size = fread(*bytes, 1, (size_t)status.st_size, file);
    else
        result = file ? -ENOMEM : -errno;
    if (file)
        fclose(file);
    return result;
}

struct image *png_load(const char *path, unsigned most_px, char why[PNG_WHY_SIZE])
{
    uint8_t *bytes;
    size_t size = 0;
    int error = read_file(path, &bytes, &size);
    if (error == -EFBIG)
        snprintf(why, PNG_WHY_SIZE, "has more than %u MiB; save it smaller", PNG_BYTES_MAX >> 20);
    else if (error < 0)
        snprintf(why, PNG_WHY_SIZE, "cannot be read: %s", strerror(-error));
    if (error < 0)
        return NULL;
    struct image *image = png_decode(bytes, size, most_px, why);
    free(bytes);
    return image;
}
