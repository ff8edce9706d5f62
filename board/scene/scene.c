#include "board/scene/stage.h"

#define HEADER_UNITS          92
#define HEADER_PORTRAIT_UNITS 168
#define FOOTER_UNITS          86
#define FOOTER_PORTRAIT_UNITS 112
#define GUTTER_UNITS          20
#define HEADER_GAP_UNITS      6 /* under the tails of the name */
#define COLUMN_GAP_UNITS      28
#define FEATURED_PERMILLE     616 /* of the width, beside the list */
#define FEATURED_PORTRAIT     470 /* of the height, above the list */

/* Cuts head and foot; what is left is the body. */
static struct rect put_frame(const struct stage *stage)
{
    struct rect box = stage->safe, all = box_of(0, 0, stage->picture->width, stage->picture->height);
    int gutter = stage_px(stage, GUTTER_UNITS), hair = stage_px(stage, 2);
    struct rect header =
        box_cut_top(&box, stage_px(stage, stage->is_portrait ? HEADER_PORTRAIT_UNITS : HEADER_UNITS));
    scene_put_header(stage, header);
    box_cut_top(&box, stage_px(stage, HEADER_GAP_UNITS));
    box_fill(stage, box_of(0, box.y, all.w, hair), stage->theme->hairline, 0);
    box_cut_top(&box, gutter);
    struct rect footer =
        box_cut_bottom(&box, stage_px(stage, stage->is_portrait ? FOOTER_PORTRAIT_UNITS : FOOTER_UNITS));
    scene_put_footer(stage, footer, box_of(0, footer.y, all.w, all.h - footer.y));
    box_cut_bottom(&box, gutter);
    return box;
}

static void put_calls(const struct stage *stage, struct rect box)
{
    bool is_busy = scene_has_featured(stage) || scene_has_lists(stage);
    if (!is_busy) {
        scene_put_message(stage, box, PHRASE_PLEASE_WAIT, PHRASE_WAIT_FOR_NUMBER, false);
        return;
    }
    int gap = stage_px(stage, COLUMN_GAP_UNITS);
    struct rect featured = stage->is_portrait ? box_cut_top(&box, box.h * FEATURED_PORTRAIT / 1000)
                                              : box_cut_left(&box, box.w * FEATURED_PERMILLE / 1000);
    if (stage->is_portrait)
        box_cut_top(&box, gap);
    else
        box_cut_left(&box, gap);
    scene_put_featured(stage, featured);
    scene_put_lists(stage, box);
}

static void put_body(const struct stage *stage, struct rect box)
{
    switch (stage->in->truth) {
    case FEED_NOTHING: scene_put_message(stage, box, PHRASE_STARTING, PHRASE_PLEASE_WAIT, false); break;
    case FEED_BLANK: scene_put_message(stage, box, PHRASE_NO_CONNECTION, PHRASE_BLANKED, true); break;
    default: put_calls(stage, box); break;
    }
}

bool scene_hides_calls(const struct scene_input *input)
{
    return hall_alert(input->hall) || input->truth == FEED_NOTHING || input->truth == FEED_BLANK;
}

void scene_build(struct picture *picture, struct fonts *fonts, const struct scene_input *input, int width,
                 int height)
{
    struct stage stage;
    picture_init(picture, width, height, input->config->theme.background);
    stage_init(&stage, picture, fonts, input);
    const struct notice *alert = hall_alert(input->hall);
    if (alert)
        scene_put_alert(&stage, alert);
    else
        put_body(&stage, put_frame(&stage));
}
