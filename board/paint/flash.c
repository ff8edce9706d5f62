#include "board/paint/flash.h"

#include <stdlib.h>
#include <string.h>

#define STEP   20  /* of 255: a little under a tenth */
#define BRIGHT 204 /* 0.80 */
#define SHARE  4   /* a step over a quarter of the picture is a large one */

/* Gamma 2 for the exact curve: no darker by 0.01 or more, and a tenth is a tenth. */
static uint8_t light_of(color fill)
{
    unsigned r = fill >> 16 & 0xff, g = fill >> 8 & 0xff, b = fill & 0xff;
    return (uint8_t)((2126 * r * r + 7152 * g * g + 722 * b * b) / (10000 * 255));
}

/* The middle of a cell, in cells of the image. */
static int image_cell_at(int cell, int cells, int size, int from, int length)
{
    int at = ((2 * cell + 1) * size / (2 * cells) - from) * IMAGE_CELLS / length;
    return at < 0 ? 0 : at < IMAGE_CELLS ? at : IMAGE_CELLS - 1;
}

/* The first cell whose middle is not before `edge`. */
static int cell_at(int edge, int cells, int size)
{
    int cell = (2 * edge * cells + size - 1) / (2 * size);
    return edge <= 0 ? 0 : cell > cells ? cells : cell;
}

/* Cells [left, right) of row y. */
static void cover_row(const struct picture *picture, const struct region *region, int y, int left, int right,
                      uint8_t light[FLASH_COLUMNS])
{
    const struct rect *box = &region->box;
    if (!region->image) {
        memset(&light[left], light_of(region->fill), (size_t)(right - left));
        return;
    }
    const struct image_cell *row =
        region->image->cell[image_cell_at(y, FLASH_ROWS, picture->height, box->y, box->h)];
    for (int x = left; x < right; x++) {
        const struct image_cell *cell = &row[image_cell_at(x, FLASH_COLUMNS, picture->width, box->x, box->w)];
        light[x] = (uint8_t)((cell->light * cell->alpha + light[x] * (255 - cell->alpha) + 127) / 255);
    }
}

static void look(const struct picture *picture, uint8_t light[FLASH_ROWS][FLASH_COLUMNS])
{
    memset(light, light_of(picture->background), FLASH_ROWS * FLASH_COLUMNS);
    for (unsigned i = 0; i < picture->nregions; i++) {
        const struct rect *box = &picture->region[i].box;
        int left = cell_at(box->x, FLASH_COLUMNS, picture->width);
        int right = cell_at(box->x + box->w, FLASH_COLUMNS, picture->width);
        int bottom = cell_at(box->y + box->h, FLASH_ROWS, picture->height);
        for (int y = cell_at(box->y, FLASH_ROWS, picture->height); y < bottom && left < right; y++)
            cover_row(picture, &picture->region[i], y, left, right, light[y]);
    }
}

static bool is_large_step(const struct flash *flash, uint8_t light[FLASH_ROWS][FLASH_COLUMNS])
{
    unsigned changed = 0;
    for (unsigned y = 0; y < FLASH_ROWS; y++)
        for (unsigned x = 0; x < FLASH_COLUMNS; x++) {
            int before = flash->light[y][x], after = light[y][x];
            changed += abs(after - before) >= STEP && (before < BRIGHT || after < BRIGHT);
        }
    return flash->is_known && changed * SHARE > FLASH_ROWS * FLASH_COLUMNS;
}

int64_t flash_allows_us(const struct flash *flash, const struct picture *picture, int64_t now_us)
{
    uint8_t light[FLASH_ROWS][FLASH_COLUMNS];
    int64_t allowed_us = flash->step_us[0] ? flash->step_us[0] + FLASH_US : 0;
    if (now_us >= allowed_us)
        return now_us;
    look(picture, light);
    return is_large_step(flash, light) ? allowed_us : now_us;
}

void flash_note(struct flash *flash, const struct picture *picture, int64_t now_us)
{
    uint8_t light[FLASH_ROWS][FLASH_COLUMNS];
    look(picture, light);
    if (is_large_step(flash, light)) {
        memmove(flash->step_us, flash->step_us + 1, (FLASH_STEPS - 1) * sizeof *flash->step_us);
        flash->step_us[FLASH_STEPS - 1] = now_us;
    }
    memcpy(flash->light, light, sizeof light);
    flash->is_known = true;
}
