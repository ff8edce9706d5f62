/* A colour of the wall, and how well two of them can be told apart. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t color; /* 0x00RRGGBB */

/* "#RRGGBB", in capitals or not. */
bool color_parse(const char *text, color *out);
/* From 1 (equal) to 21 (black and white), whichever is lighter (WCAG 2.2, contrast ratio over relative luminance). */
double color_contrast(color a, color b);
/* The colour nearest to `ink`, on its way to black or to white, whose contrast with `ground` is at least `least`; black or white
 * itself, whichever is farther from the ground, if none is. */
color color_readable(color ink, color ground, double least);
