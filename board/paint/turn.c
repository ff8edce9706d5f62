#include "board/paint/turn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TILE_BYTES 16 /* a side of what is turned at once: four pixels of 32 bits, eight of 16 */

typedef uint16_t words8 __attribute__((vector_size(TILE_BYTES)));
typedef uint32_t longs4 __attribute__((vector_size(TILE_BYTES)));
typedef uint64_t longs2 __attribute__((vector_size(TILE_BYTES)));

static uint32_t pixel_bytes(const struct screen_buffer *buffer)
{
    return buffer->format == PIXEL_RGB565 ? sizeof(uint16_t) : sizeof(uint32_t);
}

/* ---- half a turn ----------------------------------------------------------------------------- */

static void reverse_32(uint8_t *to, const uint32_t *from, int count)
{
    longs4 four;

    for (; count >= 4; count -= 4, to += sizeof(four)) {
        memcpy(&four, from + count - 4, sizeof(four));
        four = __builtin_shufflevector(four, four, 3, 2, 1, 0);
        memcpy(to, &four, sizeof(four));
    }
    for (; count > 0; count--, to += sizeof(*from))
        memcpy(to, from + count - 1, sizeof(*from));
}

static void reverse_16(uint8_t *to, const uint16_t *from, int count)
{
    words8 eight;

    for (; count >= 8; count -= 8, to += sizeof(eight)) {
        memcpy(&eight, from + count - 8, sizeof(eight));
        eight = __builtin_shufflevector(eight, eight, 7, 6, 5, 4, 3, 2, 1, 0);
        memcpy(to, &eight, sizeof(eight));
    }
    for (; count > 0; count--, to += sizeof(*from))
        memcpy(to, from + count - 1, sizeof(*from));
}

void turn_store_reversed(const struct screen_buffer *buffer, const void *from, int x, int y, int count)
{
    const size_t row = (size_t)(buffer->height - 1 - y), column = (size_t)(buffer->width - x - count);
    uint8_t *to = buffer->pixels + row * buffer->stride + column * pixel_bytes(buffer);

    if (buffer->format == PIXEL_RGB565)
        reverse_16(to, from, count);
    else
        reverse_32(to, from, count);
}

/* ---- a quarter turn -------------------------------------------------------------------------- */

/* Rows of a tile that lie a power of two apart would share one place in the cache. */
static uint32_t stride_for(int width, uint32_t pixel_size)
{
    return ((uint32_t)width * pixel_size + TILE_BYTES + 255) / 256 * 256 + 5 * TILE_BYTES;
}

int strip_init(struct strip *strip, int width)
{
    memset(strip, 0, sizeof(*strip));
    strip->width = width;
    strip->memory = aligned_alloc(TURN_LINE_BYTES, (size_t)stride_for(width, 4) * TURN_LINE_BYTES / 2);
    return strip->memory ? 0 : -ENOMEM;
}

void strip_finish(struct strip *strip)
{
    free(strip->memory);
}

void strip_begin(struct strip *strip, const struct screen_buffer *buffer, int top, int bottom)
{
    strip->pixel_bytes = pixel_bytes(buffer);
    strip->is_falling = buffer->rotation == 90;
    const int line = (int)(TURN_LINE_BYTES / strip->pixel_bytes);
    const int rows = strip->is_falling ? (buffer->height - 1 - top) % line + 1 : line - top % line;

    strip->stride = stride_for(strip->width, strip->pixel_bytes);
    strip->top = top;
    strip->until = top + rows < bottom ? top + rows : bottom;
}

void strip_take(struct strip *strip, const void *row, int y, int left, int right)
{
    const size_t at = (size_t)(strip->is_falling ? strip->until - 1 - y : y - strip->top);
    const size_t from = (size_t)left * strip->pixel_bytes;

    memcpy(strip->memory + at * strip->stride + from, (const uint8_t *)row + from,
           (size_t)(right - left) * strip->pixel_bytes);
}

/* A square is turned by shuffling its rows like a deck of cards, once for each power of two in its side. */
static inline void shuffle_32(longs4 *out, const longs4 *in)
{
    for (int i = 0; i < 2; i++) {
        out[2 * i] = __builtin_shufflevector(in[i], in[i + 2], 0, 4, 1, 5);
        out[2 * i + 1] = __builtin_shufflevector(in[i], in[i + 2], 2, 6, 3, 7);
    }
}

static inline void shuffle_16(words8 *out, const words8 *in)
{
    for (int i = 0; i < 4; i++) {
        out[2 * i] = __builtin_shufflevector(in[i], in[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
        out[2 * i + 1] = __builtin_shufflevector(in[i], in[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
    }
}

struct lines {
    uint8_t bytes[TILE_BYTES / 2][TURN_LINE_BYTES]; /* of a column each */
};

static inline void turn_tile_32(struct lines *lines, size_t at, const uint8_t *from, size_t stride)
{
    longs4 rows[4], other[4];

    for (size_t i = 0; i < 4; i++)
        memcpy(&rows[i], from + i * stride, sizeof(rows[i]));
    shuffle_32(other, rows);
    shuffle_32(rows, other);
    for (size_t i = 0; i < 4; i++)
        memcpy(lines->bytes[i] + at, &rows[i], sizeof(rows[i]));
}

static inline void turn_tile_16(struct lines *lines, size_t at, const uint8_t *from, size_t stride)
{
    words8 rows[8], other[8];

    for (size_t i = 0; i < 8; i++)
        memcpy(&other[i], from + i * stride, sizeof(other[i]));
    shuffle_16(rows, other);
    shuffle_16(other, rows);
    shuffle_16(rows, other);
    for (size_t i = 0; i < 8; i++)
        memcpy(lines->bytes[i] + at, &rows[i], sizeof(rows[i]));
}

/* Whole tiles: pixels that belong to no row of the strip are turned, too, and not stored. */
static void turn_columns(const struct strip *strip, struct lines *lines, int x)
{
    const size_t pixel = strip->pixel_bytes, side = TILE_BYTES / pixel;
    const size_t rows = (size_t)(strip->until - strip->top);
    const uint8_t *from = strip->memory + (size_t)x * pixel;

    for (size_t row = 0; row < rows; row += side)
        if (pixel == sizeof(uint16_t))
            turn_tile_16(lines, row * pixel, from + row * strip->stride, strip->stride);
        else
            turn_tile_32(lines, row * pixel, from + row * strip->stride, strip->stride);
}

static inline void store_line(uint8_t *to, const uint8_t *line, size_t bytes)
{
    if (bytes == TURN_LINE_BYTES)
        memcpy(to, line, TURN_LINE_BYTES);
    else
        memcpy(to, line, bytes);
}

void strip_store(const struct strip *strip, const struct screen_buffer *buffer, int x, int left, int right)
{
    const int side = TILE_BYTES / strip->pixel_bytes;
    const size_t bytes = (size_t)(strip->until - strip->top) * strip->pixel_bytes;
    const int column = strip->is_falling ? buffer->height - strip->until : strip->top;
    const int row = strip->is_falling ? x + left : buffer->width - 1 - x - left;
    const ptrdiff_t step = strip->is_falling ? (ptrdiff_t)buffer->stride : -(ptrdiff_t)buffer->stride;
    uint8_t *to = buffer->pixels + (size_t)row * buffer->stride + (size_t)column * strip->pixel_bytes;
    struct lines lines;

    for (; left < right; left += side) {
        turn_columns(strip, &lines, left);
        for (int i = 0; i < side && left + i < right; i++, to += step)
            store_line(to, lines.bytes[i], bytes);
    }
}
