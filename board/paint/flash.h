/* Keeps a wall from flashing, whatever it is told to show (WCAG 2.3.1: not more than three flashes a second over a quarter of
 * the picture; a flash is a pair of opposing steps of relative luminance of a tenth, the darker one below 0.80). Pure; 6,000 instructions a frame.
 *
 * A wall is calm by its layout: a panel is bright for its dwell, and nothing blinks. What could make it flash is whoever speaks
 * to it: an alert that comes and goes ten times a second is a white picture that comes and goes. So of large steps two a second
 * are let through, one flash, and the next one waits: a call after a quiet second is never late, and an alert by a second at
 * most. Steps are judged by the regions of a picture in a grid of cells; letters are too small a part to count.
 */
#pragma once

#include "board/paint/picture.h"

#define FLASH_COLUMNS 32
#define FLASH_ROWS    18
#define FLASH_STEPS   2
#define FLASH_US      INT64_C(1000000)

struct flash { /* zeroed: nothing was shown yet */
    bool is_known;
    uint8_t light[FLASH_ROWS][FLASH_COLUMNS]; /* relative luminance of what is shown, 255 white */
    int64_t step_us[FLASH_STEPS];             /* of the last large ones, oldest first; 0: none */
};
/* When the picture may be shown: now, or later if it would be one large step too many. */
int64_t flash_allows_us(const struct flash *flash, const struct picture *picture, int64_t now_us);
/* It is shown. */
void flash_note(struct flash *flash, const struct picture *picture, int64_t now_us);
