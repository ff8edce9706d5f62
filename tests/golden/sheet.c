/* A sheet of thumbnails: build/tests/golden/sheet OUT.png COLUMNS SIDE PICTURE.png ... Each picture is made smaller until its
 * longer side is SIDE, by averaging. */
#include "board/paint/png.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP_PX 12
#define GROUND 0x9a

static struct screen_buffer buffer_of(int width, int height)
{
    struct screen_buffer buffer = { .stride = (uint32_t)width * 4,
                                    .width = (uint16_t)width,
                                    .height = (uint16_t)height,
                                    .format = PIXEL_XRGB8888 };
    buffer.pixels = malloc((size_t)height * buffer.stride);
    if (!buffer.pixels)
        exit(1);
    memset(buffer.pixels, GROUND, (size_t)height * buffer.stride);
    return buffer;
}

/* The mean of the picture's pixels in [left, right) x [top, bottom). */
static uint8_t mean(const struct screen_buffer *picture, int left, int top, int right, int bottom,
                    int channel)
{
    unsigned sum = 0, count = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++, count++)
            sum += picture->pixels[(size_t)y * picture->stride + (size_t)x * 4 + (size_t)channel];
    return (uint8_t)((sum + count / 2) / (count ? count : 1));
}

static void put_small(struct screen_buffer *sheet, int left, int top, int side,
                      const struct screen_buffer *picture)
{
    int w = picture->width, h = picture->height, longer = w > h ? w : h;
    int width = w * side / longer, height = h * side / longer;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width * 4; x++)
            sheet->pixels[(size_t)(top + y) * sheet->stride + (size_t)(left * 4 + x)] =
                mean(picture, x / 4 * w / width, y * h / height, (x / 4 + 1) * w / width,
                     (y + 1) * h / height, x % 4);
}

/* As high as its highest picture. */
static int height_of_row(struct screen_buffer *picture, int count, int side)
{
    int highest = 0;
    for (int i = 0; i < count; i++) {
        int longer = picture[i].width > picture[i].height ? picture[i].width : picture[i].height;
        int height = picture[i].height * side / longer;
        highest = height > highest ? height : highest;
    }
    return highest + GAP_PX;
}

int main(int argc, char **argv)
{
    int columns = argc > 4 ? atoi(argv[2]) : 0, side = columns ? atoi(argv[3]) : 0, n = argc - 4;
    if (columns < 1 || side < 16 || side > 1080) {
        fprintf(stderr, "usage: sheet OUT.png COLUMNS SIDE PICTURE.png ...\n");
        return 2;
    }
    struct screen_buffer *picture = calloc((size_t)n, sizeof *picture);
    int height = GAP_PX;
    for (int i = 0; picture && i < n; i++) {
        int error = png_read(argv[4 + i], &picture[i]);
        if (error < 0 || picture[i].width < side / 8 || picture[i].height < side / 8) {
            fprintf(stderr, "%s: %s\n", argv[4 + i], error < 0 ? strerror(-error) : "is too small");
            return 1;
        }
    }
    for (int i = 0; picture && i < n; i += columns)
        height += height_of_row(picture + i, n - i < columns ? n - i : columns, side);
    struct screen_buffer sheet = buffer_of(GAP_PX + columns * (side + GAP_PX), height);
    int top = GAP_PX;
    for (int i = 0; picture && i < n; i++) {
        put_small(&sheet, GAP_PX + i % columns * (side + GAP_PX), top, side, &picture[i]);
        if (i % columns == columns - 1)
            top += height_of_row(picture + i - i % columns, columns, side);
    }
    for (int i = 0; picture && i < n; i++)
        free(picture[i].pixels);
    int error = picture ? png_write(&sheet, argv[1]) : -1;
    free(sheet.pixels);
    free(picture);
    return error < 0;
}
