/* PNG of a frame buffer. Owner of libpng (png.h). Slow (100 ms for 1080p): call it from a worker or a tool, not from the loop. */
#pragma once

#include "drivers/screen/screen.h"

/* Encodes into *out (malloc, the caller frees). `level` of zlib, 1 fast … 9 small. 0 or -errno. */
int png_encode(const struct screen_buffer *buffer, int level, uint8_t **out, size_t *size);
int png_write(const struct screen_buffer *buffer, const char *path);
/* Reads an 8-bit RGB(A) PNG into XRGB8888 pixels (malloc in buffer->pixels). 0 or -errno. For tests and tools. */
int png_read(const char *path, struct screen_buffer *buffer);
