/* Images on the wall: where they stand is known without their pixels, so that `check` can measure the text beside them. */
#include "board/scene/stage.h"

#define LOGO_UNITS          73 /* from the capitals of the first line of the name to the feet of the second */
#define LOGO_PORTRAIT_UNITS 96
#define LOGO_WIDTH_PERCENT  26 /* of the header, at most */
#define LOGO_GAP_UNITS      36

struct rect stage_fit(const struct image *image, struct rect box)
{
    int width, height;
    image_fit(image, box.w, box.h, &width, &height);
    return box_of(box.x + (box.w - width) / 2, box.y + (box.h - height) / 2, width, height);
}

void stage_image(const struct stage *stage, struct image *image, struct rect place)
{
    struct image *fitted = stage->in->images ? images_get(stage->in->images, image, place.w, place.h) : NULL;
    if (fitted)
        picture_image(stage->picture, fitted, place.x, place.y);
}

static unsigned side_of_logo(const struct stage *stage)
{
    const struct layout *layout = &stage->in->screen->layout;
    const struct layout_grid *grid = stage->is_portrait ? &layout->portrait : &layout->landscape;
    for (unsigned i = 0; i < grid->nregions; i++)
        if (grid->region[i].part == PART_HEADER)
            return grid->region[i].logo;
    return LOGO_NONE;
}

void scene_cut_logo(const struct stage *stage, struct rect *box)
{
    struct image *logo = stage->theme->logo;
    unsigned side = side_of_logo(stage);
    if (!logo || side == LOGO_NONE)
        return;
    int height = stage_px(stage, stage->is_portrait ? LOGO_PORTRAIT_UNITS : LOGO_UNITS);
    struct rect place =
        stage_fit(logo, box_of(0, 0, box->w * LOGO_WIDTH_PERCENT / 100, height < box->h ? height : box->h));
    struct rect cell = side == LOGO_RIGHT ? box_cut_right(box, place.w) : box_cut_left(box, place.w);
    stage_image(stage, logo,
                stage_fit(logo, box_of(cell.x, cell.y + (cell.h - place.h) / 2, place.w, place.h)));
    if (side == LOGO_RIGHT)
        box_cut_right(box, stage_px(stage, LOGO_GAP_UNITS));
    else
        box_cut_left(box, stage_px(stage, LOGO_GAP_UNITS));
}
