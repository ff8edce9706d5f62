/* Test pictures: what a technician puts on a screen to see whether it shows every pixel, where it stands and in what
 * colours; a photograph of one is evidence for the acceptance. Pure, as scenes are.
 *
 *   grid      squares and circles, the outermost pixels, frames at 2.5 % and 5 % from the edge, stripes of single pixels:
 *             overscan, scaling, cut edges, the wrong mode, the wrong rotation
 *   bars      colour bars of 100 % and 75 %, steps of grey, steps next to black and next to white: range, gamma, wiring
 *   gradient  grey, red, green and blue in all 256 values: banding, lost bits
 *   text      tickets and phrases of the hall at several sizes, with their height and how far away they can be read
 *   motion    bars that move with each frame: tearing, dropped and doubled frames
 *
 * Each says whose it is: hall, board, screen, output, size, rotation, and day and time if they are known.
 */
#pragma once

#include "board/scene/scene.h"

enum test_pattern { TEST_GRID, TEST_BARS, TEST_GRADIENT, TEST_TEXT, TEST_MOTION, TEST_PATTERNS };
extern const char *const test_pattern_names[TEST_PATTERNS]; /* "grid", "bars", "gradient", "text", "motion" */

/* False: there is no pattern of that name. */
bool scene_test_pattern(const char *name, enum test_pattern *pattern);
/* The whole picture. `frame` counts up by one for each picture that is shown; only TEST_MOTION depends on it. Of the input,
 * config, screen and clock are looked at. */
void scene_test(struct picture *picture, struct fonts *fonts, const struct scene_input *input,
                enum test_pattern pattern, uint64_t frame, int width, int height);
