/* The compositor: pictures to pixels, writing only. For each damaged scanline it composes background, regions and glyphs
 * in a small cached line and stores once, and only, the pixels that can differ; the frame buffer is never read.
 *
 * It keeps the picture that is in each of an output's two buffers and paints the difference, so after any sequence of
 * paints a buffer equals a full repaint bit for bit (tested). What a change costs: of glyphs that come and go, the pixels
 * they touch, but for those that one old and one new glyph both cover wholly in the same ink; of a region that changed, all
 * of its old and new box: a panel that changes its colour is as dear as its size. Allocates nothing but glyphs that the
 * cache does not have. A buffer that is turned gets the same pixels in other places; of one a quarter turned, lines of 128 bytes
 * are stored that have a pixel which can differ (turn.h). One painter an output, at most 8192 pixels wide. One thread.
 */
#pragma once

#include "board/paint/picture.h"

#define DAMAGE_MAX 64

struct painter;
/* NULL: no memory, or too wide. Each buffer names its own format. */
struct painter *painter_create(struct fonts *fonts, int width, int height, enum pixel_format format);
void painter_destroy(struct painter *painter);

/* Brings `back` (buffer index 0 or 1 with its known old content) to `picture`. Returns the number of pixels
 * written, and in damage[] what differs from the picture painted last into the *other* buffer (for commit). 0
 * with *ndamage 0: that buffer already shows it, and so does the other: nothing to commit. */
uint64_t painter_paint(struct painter *painter, const struct screen_buffer *back,
                       const struct picture *picture, struct rect damage[DAMAGE_MAX], unsigned *ndamage);
/* Is there anything to paint for this picture on the screen (compared with what was committed last)? */
bool painter_differs(const struct painter *painter, const struct picture *picture);
/* Off the path of a call: brings the back buffer up to the committed picture after a flip. Returns pixels
 * written. */
uint64_t painter_repair(struct painter *painter, const struct screen_buffer *back);
/* The buffers' contents are unknown (new output): the next paint is a full one. */
void painter_forget(struct painter *painter);
/* A full paint of `picture` into any buffer, without touching the painter's state (snapshots, tests). */
uint64_t painter_full(struct painter *painter, const struct screen_buffer *buffer,
                      const struct picture *picture);
