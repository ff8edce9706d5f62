/* What lies below the glyphs: background and regions. Pure.
 *
 * It hardly changes from one row to the next: who has painted it for one row asks which of its columns another has otherwise.
 */
#pragma once

#include "board/paint/band.h"

/* Columns [left, right). */
struct stretch {
    int left, right;
};

/* A part of row y: pixels [x, x + width). */
struct span {
    int x, y, width;
    uint32_t *line;
    uint16_t *packed; /* NULL: nothing is packed */
};
void ground_paint(const struct band *band, const struct span *span);

/* Where two rows of a region may differ, in columns of the screen; how many stretches that are. */
unsigned region_changes(const struct region *region, int before, int now, struct stretch changes[2]);
/* The first row below y that the region paints in another way. */
int region_holds_until(const struct region *region, int y);
