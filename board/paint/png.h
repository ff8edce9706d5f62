/* PNG of a frame buffer. Owner of libpng (png.h). Slow (100 ms for 1080p): call it from a worker or a tool, not from the
 * loop. No state; any thread. */
#pragma once

#include "drivers/screen/screen.h"

/* The chunk of text (tEXt, before the pixels) that says which picture it is, as health does: picture_hash_text(). */
#define PNG_PICTURE "kezek-picture"

/* Encodes the upright picture into *out (malloc, the caller frees). `level` of zlib, 1 fast … 9 small. `picture` goes into
 * PNG_PICTURE; NULL or "": no such chunk. 0, -ENOMEM, or -EINVAL for a buffer without pixels; on errors *out and *size stay as
 * they are. */
__attribute__((warn_unused_result)) int png_encode(const struct screen_buffer *buffer, int level,
                                                   const char *picture, uint8_t **out, size_t *size);
/* Encodes at level 9 and writes `path`; leaves no half file behind. 0 or -errno. */
__attribute__((warn_unused_result)) int png_write(const struct screen_buffer *buffer, const char *path);
/* Reads an 8-bit RGB(A) PNG of at most 8192 pixels a side into XRGB8888 pixels, X = 0 (malloc in buffer->pixels). For tests
 * and tools. 0; -EBADMSG: no PNG, or a damaged one; -EFBIG: too large; -errno of opening. */
__attribute__((warn_unused_result)) int png_read(const char *path, struct screen_buffer *buffer);
