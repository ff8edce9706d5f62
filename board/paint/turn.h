/* How composed rows get into a buffer whose picture is turned (screen.h has the formulas). Pure.
 *
 * Stores go to rising addresses within each row of memory, so that write-combined memory gets whole lines; nothing is read back.
 */
#pragma once

#include "drivers/screen/screen.h"

/* What is stored at once in a row of memory: two lines that write-combined memory takes in one go. One would meet twice as many
 * pages, and their look-up costs more than the pixels; four make a strip of 4K larger than a small board's cache. */
#define TURN_LINE_BYTES 128

static inline bool turn_is_sideways(const struct screen_buffer *buffer)
{
    return buffer->rotation % 180 != 0;
}

/* Half a turn: pixels [x, x + count) of row y. `from` is the first of them. */
void turn_store_reversed(const struct screen_buffer *buffer, const void *from, int x, int y, int count);

/* Rows of a picture that go into a buffer a quarter turned, where each is a column: as many as make up a line of memory. */
struct strip {
    int top, until; /* rows of the picture */
    /* private */
    int width;
    uint32_t stride, pixel_bytes;
    bool is_falling; /* columns fall as rows rise */
    uint8_t *memory; /* its first row is that of the lowest column */
};
/* For parts of up to `width` pixels; -ENOMEM. */
int strip_init(struct strip *strip, int width);
void strip_finish(struct strip *strip);
/* Another strip: from row `top` to the end of the line of memory, or to `bottom`. */
void strip_begin(struct strip *strip, const struct screen_buffer *buffer, int top, int bottom);
/* Takes pixels [left, right) of row y, counted from `row`, in the format of the buffer. */
void strip_take(struct strip *strip, const void *row, int y, int left, int right);
/* Stores [left, right) of all rows of the strip; all have been taken. Pixel 0 is at x. */
void strip_store(const struct strip *strip, const struct screen_buffer *buffer, int x, int left, int right);
