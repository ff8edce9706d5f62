/* PNG: of a frame buffer, and images for the wall. Owner of libpng (png.h). Slow (100 ms for 1080p): call it from a worker or a
 * tool, or where a file may be read, not for a call. No state; any thread. */
#pragma once

#include "board/paint/image.h"
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

/* ---- images from files that a technician wrote ------------------------------------------------ */
#define PNG_BYTES_MAX (8u << 20) /* of a file */
#define PNG_WHY_SIZE  128

/* Any PNG but interlaced ones: 1 to 16 bits, palettes, grey, transparent or not, up to IMAGE_SIDE_MAX a side. It is read row by row
 * and made smaller on the way, so that not more than `most_px` pixels are kept; never larger. NULL: not possible, and `why` says, as a
 * verb phrase, what is wrong and what would be right. */
struct image *png_load(const char *path, unsigned most_px, char why[PNG_WHY_SIZE]);
/* The same from memory. */
struct image *png_decode(const uint8_t *bytes, size_t size, unsigned most_px, char why[PNG_WHY_SIZE]);
