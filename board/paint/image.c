#include "board/paint/image.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LIGHTS             65536 /* steps of linear light */
#define STANDS_OUT_SAMPLES 16384

enum { RED, GREEN, BLUE, ALPHA, CHANNELS };

struct image_scaler {
    int from_width, from_height, y; /* y: rows taken */
    int row;                        /* of the image that is being summed up */
    struct image *image;
    uint64_t *across;        /* [column][channel]: the row taken last, at the width of the image */
    uint64_t *sum;           /* of the rows that the row of the image covers */
    uint16_t light[256];     /* of a byte of a channel */
    uint8_t byte_of[LIGHTS]; /* the nearest */
};

struct image *image_keep(struct image *image)
{
    if (image)
        image->shares++;
    return image;
}

void image_drop(struct image *image)
{
    if (image && --image->shares == 0)
        free(image);
}

void image_fit(const struct image *image, int box_width, int box_height, int *width, int *height)
{
    const long w = image->width, h = image->height;
    const bool is_wide = w * box_height > h * box_width;
    const long fit_w = is_wide ? box_width : w * box_height / h;
    const long fit_h = is_wide ? h * box_width / w : box_height;

    *width = fit_w > 1 ? (int)fit_w : 1;
    *height = fit_h > 1 ? (int)fit_h : 1;
}

/* ---- light ----------------------------------------------------------------------------------- */

/* Gamma of IEC 61966-2-1. */
static double linear_of(double channel)
{
    return channel <= 0.04045 ? channel / 12.92 : pow((channel + 0.055) / 1.055, 2.4);
}

static void make_tables(struct image_scaler *scaler)
{
    unsigned byte = 0;

    for (unsigned i = 0; i < 256; i++)
        scaler->light[i] = (uint16_t)lround(linear_of(i / 255.0) * (LIGHTS - 1));
    for (unsigned light = 0; light < LIGHTS; light++) {
        while (byte < 255 && 2 * light > (unsigned)scaler->light[byte] + scaler->light[byte + 1])
            byte++;
        scaler->byte_of[light] = (uint8_t)byte;
    }
}

/* ---- scaling --------------------------------------------------------------------------------- */

struct image_scaler *image_scaler_create(int from_width, int from_height, int width, int height)
{
    const size_t pixels = (size_t)width * (size_t)height;
    struct image_scaler *scaler = calloc(1, sizeof(*scaler));

    assert(from_width > 0 && from_height > 0 && width > 0 && height > 0);
    assert(from_width <= IMAGE_SIDE_MAX && from_height <= IMAGE_SIDE_MAX && width <= IMAGE_SIDE_MAX &&
           height <= IMAGE_SIDE_MAX);
    if (!scaler)
        return NULL;
    scaler->from_width = from_width;
    scaler->from_height = from_height;
    scaler->across = calloc((size_t)width * CHANNELS, sizeof(uint64_t));
    scaler->sum = calloc((size_t)width * CHANNELS, sizeof(uint64_t));
    scaler->image = calloc(1, sizeof(struct image) + pixels * sizeof(uint32_t));
    if (!scaler->across || !scaler->sum || !scaler->image) {
        image_scaler_destroy(scaler);
        return NULL;
    }
    scaler->image->shares = 1;
    scaler->image->width = (uint16_t)width;
    scaler->image->height = (uint16_t)height;
    make_tables(scaler);
    return scaler;
}

void image_scaler_destroy(struct image_scaler *scaler)
{
    if (!scaler)
        return;
    free(scaler->across);
    free(scaler->sum);
    image_drop(scaler->image);
    free(scaler);
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Both widths are stretched to their product, so that shares of pixels are whole numbers. */
static void sum_across(struct image_scaler *scaler, const uint8_t *rgba)
{
    const int from = scaler->from_width, to = scaler->image->width;
    uint64_t *column = scaler->across;
    int until = from;

    memset(column, 0, (size_t)to * CHANNELS * sizeof(*column));
    for (int x = 0; x < from; x++, rgba += CHANNELS) {
        const uint64_t alpha = rgba[ALPHA];

        for (int at = x * to, end = at + to; at < end;) {
            const int stop = least(end, until);
            const uint64_t share = (uint64_t)(stop - at) * alpha;

            column[RED] += share * scaler->light[rgba[RED]];
            column[GREEN] += share * scaler->light[rgba[GREEN]];
            column[BLUE] += share * scaler->light[rgba[BLUE]];
            column[ALPHA] += share;
            at = stop;
            if (at == until) {
                column += CHANNELS;
                until += from;
            }
        }
    }
}

/* At most 65535 * 255 * 4096 * 4096: 48 bits. */
static void sum_down(struct image_scaler *scaler, uint64_t share)
{
    const size_t count = (size_t)scaler->image->width * CHANNELS;

    for (size_t i = 0; i < count; i++)
        scaler->sum[i] += scaler->across[i] * share;
}

static uint32_t pixel_of(const struct image_scaler *scaler, const uint64_t *sum)
{
    const uint64_t total = (uint64_t)scaler->from_width * (uint64_t)scaler->from_height, by = sum[ALPHA];
    uint32_t pixel = (uint32_t)((by + total / 2) / total) << 24;

    for (unsigned channel = RED; channel <= BLUE && pixel; channel++)
        pixel |= (uint32_t)scaler->byte_of[(sum[channel] + by / 2) / by] << (16 - 8 * channel);
    return pixel;
}

static void put_row(struct image_scaler *scaler)
{
    const size_t width = scaler->image->width;
    uint32_t *row = scaler->image->pixel + width * (size_t)scaler->row++;

    for (size_t x = 0; x < width; x++)
        row[x] = pixel_of(scaler, scaler->sum + x * CHANNELS);
    memset(scaler->sum, 0, width * CHANNELS * sizeof(*scaler->sum));
}

void image_scaler_take(struct image_scaler *scaler, const uint8_t *rgba)
{
    const int from = scaler->from_height, to = scaler->image->height;

    assert(scaler->y < from);
    sum_across(scaler, rgba);
    for (int at = scaler->y * to, end = at + to; at < end;) {
        const int until = (scaler->row + 1) * from, stop = least(end, until);

        sum_down(scaler, (uint64_t)(stop - at));
        at = stop;
        if (at == until)
            put_row(scaler);
    }
    scaler->y++;
}

/* ---- what is known of it --------------------------------------------------------------------- */

/* Gamma 2 for the exact curve, as flash.c has it. */
static unsigned light_of(uint32_t pixel)
{
    const unsigned r = pixel >> 16 & 0xff, g = pixel >> 8 & 0xff, b = pixel & 0xff;

    return (2126 * r * r + 7152 * g * g + 722 * b * b) / (10000 * 255);
}

static struct image_cell cell_of(const struct image *image, unsigned column, unsigned row)
{
    const unsigned left = column * image->width / IMAGE_CELLS, top = row * image->height / IMAGE_CELLS;
    const unsigned right = (column + 1) * image->width / IMAGE_CELLS;
    const unsigned bottom = (row + 1) * image->height / IMAGE_CELLS;
    uint64_t light = 0, alpha = 0, count = 0;

    for (unsigned y = top; y < bottom || y == top; y++)
        for (unsigned x = left; x < right || x == left; x++, count++) {
            const uint32_t pixel = image->pixel[(size_t)y * image->width + x];

            alpha += pixel >> 24;
            light += (uint64_t)(pixel >> 24) * light_of(pixel);
        }
    return (struct image_cell){ (uint8_t)(alpha ? light / alpha : 0), (uint8_t)(alpha / count) };
}

static void know(struct image *image)
{
    const size_t count = (size_t)image->width * image->height;
    uint64_t hash = (uint64_t)image->width << 16 | image->height;

    image->is_opaque = true;
    for (size_t i = 0; i < count; i++) {
        hash = (hash ^ image->pixel[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
        image->is_opaque = image->is_opaque && image->pixel[i] >> 24 == 255;
    }
    image->hash = hash;
    for (unsigned row = 0; row < IMAGE_CELLS; row++)
        for (unsigned column = 0; column < IMAGE_CELLS; column++)
            image->cell[row][column] = cell_of(image, column, row);
}

struct image *image_scaler_finish(struct image_scaler *scaler)
{
    struct image *image = scaler->image;

    assert(scaler->y == scaler->from_height && scaler->row == image->height);
    know(image);
    scaler->image = NULL;
    return image;
}

static void take_image(struct image_scaler *scaler, const struct image *image, uint8_t *rgba)
{
    const uint32_t *pixel = image->pixel;

    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++, pixel++)
            for (unsigned channel = 0; channel < CHANNELS; channel++)
                rgba[x * CHANNELS + (int)channel] =
                    (uint8_t)(*pixel >> (channel == ALPHA ? 24 : 16 - 8 * channel));
        image_scaler_take(scaler, rgba);
    }
}

struct image *image_scale(struct image *image, int width, int height)
{
    if (width == image->width && height == image->height)
        return image_keep(image);
    struct image_scaler *scaler = image_scaler_create(image->width, image->height, width, height);
    uint8_t *row = malloc((size_t)image->width * CHANNELS);
    struct image *scaled = NULL;

    if (scaler && row) {
        take_image(scaler, image, row);
        scaled = image_scaler_finish(scaler);
    }
    free(row);
    image_scaler_destroy(scaler);
    return scaled;
}

double image_stands_out(const struct image *image, color ground, double least_contrast)
{
    const size_t count = (size_t)image->width * image->height, step = count / STANDS_OUT_SAMPLES + 1;
    uint64_t covered = 0, seen = 0;

    for (size_t i = 0; i < count; i += step) {
        const uint32_t alpha = image->pixel[i] >> 24;

        covered += alpha;
        if (alpha && color_contrast(image->pixel[i] & 0xffffff, ground) >= least_contrast)
            seen += alpha;
    }
    return covered ? (double)seen / (double)covered : 0;
}

/* ---- fitted to one wall ---------------------------------------------------------------------- */

static bool has(const struct image_slot *slot, const struct image *image, int width, int height)
{
    return slot->image && slot->of == image->hash && slot->image->width == width &&
           slot->image->height == height;
}

struct image *images_get(struct images *images, struct image *image, int width, int height)
{
    struct image_slot *oldest = images->slot;

    for (struct image_slot *slot = images->slot; slot < images->slot + IMAGES_MAX; slot++) {
        if (has(slot, image, width, height)) {
            slot->turn = ++images->turns;
            return slot->image;
        }
        if (slot->turn < oldest->turn)
            oldest = slot;
    }
    image_drop(oldest->image);
    *oldest = (struct image_slot){ image->hash, ++images->turns, image_scale(image, width, height) };
    return oldest->image;
}

void images_clear(struct images *images)
{
    for (unsigned i = 0; i < IMAGES_MAX; i++)
        image_drop(images->slot[i].image);
    *images = (struct images){ 0 };
}

size_t images_bytes(const struct images *images)
{
    size_t bytes = 0;

    for (unsigned i = 0; i < IMAGES_MAX; i++)
        if (images->slot[i].image)
            bytes += sizeof(struct image) +
                     (size_t)images->slot[i].image->width * images->slot[i].image->height * sizeof(uint32_t);
    return bytes;
}
