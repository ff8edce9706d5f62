/* A picture from its layout: the cells of the grid in pixels, and what stands in each. */
#include "board/scene/stage.h"

#define HEADER_UNITS          92
#define HEADER_PORTRAIT_UNITS 168
#define FOOTER_UNITS          86
#define FOOTER_PORTRAIT_UNITS 112
#define GUTTER_UNITS          20
#define HEADER_GAP_UNITS      6 /* under the tails of the name */
#define CELL_GAP_UNITS        28

/* ---- parts ----------------------------------------------------------------------------------- */

static int header_height(const struct stage *stage)
{
    return stage_px(stage, stage->is_portrait ? HEADER_PORTRAIT_UNITS : HEADER_UNITS);
}

static int footer_height(const struct stage *stage)
{
    return stage_px(stage, stage->is_portrait ? FOOTER_PORTRAIT_UNITS : FOOTER_UNITS);
}

static void put_header(const struct stage *stage, struct rect box)
{
    scene_put_header(stage, box_cut_top(&box, header_height(stage)));
    box_cut_top(&box, stage_px(stage, HEADER_GAP_UNITS));
    box_fill(stage, box_of(0, box.y, stage->picture->width, stage_px(stage, 2)), stage->theme->hairline, 0);
}

/* At the lower edge its ground reaches to the edges of the picture. */
static void put_notices(const struct stage *stage, struct rect box)
{
    struct rect footer = box_cut_bottom(&box, footer_height(stage));
    bool is_last = footer.y + footer.h == stage->safe.y + stage->safe.h;
    struct rect bleed =
        is_last ? box_of(0, footer.y, stage->picture->width, stage->picture->height - footer.y) : footer;
    scene_put_footer(stage, footer, bleed);
}

static const struct {
    void (*put)(const struct stage *stage, struct rect box);
    bool (*has_some)(const struct stage *stage); /* of a part that shows numbers; NULL: always */
    bool is_of_numbers;                          /* says nothing while the truth is not known */
} parts[LAYOUT_PARTS] = {
    [PART_HEADER] = { put_header, NULL, false },
    [PART_FEATURED] = { scene_put_featured, scene_has_featured, true },
    [PART_LISTS] = { scene_put_lists, scene_has_lists, true },
    [PART_DESKS] = { scene_put_desks, NULL, true },
    [PART_DESK] = { scene_put_desk, NULL, false },
    [PART_NOTICE] = { scene_put_notice, NULL, false },
    [PART_WAITING] = { scene_put_waiting_counts, NULL, false },
    [PART_CLOCK] = { scene_put_clock, NULL, false },
    [PART_NOTICES] = { put_notices, NULL, false },
};

/* What an auto row needs, with the air around it. */
static int natural_height(const struct stage *stage, unsigned part)
{
    int gutter = stage_px(stage, GUTTER_UNITS);
    if (part == PART_WAITING)
        return scene_waiting_height(stage);
    return part == PART_HEADER ? header_height(stage) + stage_px(stage, HEADER_GAP_UNITS) + gutter
                               : footer_height(stage) + gutter;
}

/* ---- the grid in pixels ---------------------------------------------------------------------- */

/* The edges of rows and columns: track i lies between [i] and [i + 1]. */
struct edges {
    int x[LAYOUT_TRACKS_MAX + 1], y[LAYOUT_TRACKS_MAX + 1];
};

static int auto_height(const struct stage *stage, const struct layout_grid *grid, unsigned row)
{
    int height = 0;
    for (unsigned i = 0; i < grid->nregions; i++) {
        bool is_alone = grid->region[i].row == row && grid->region[i].rows == 1;
        int natural = is_alone ? natural_height(stage, grid->region[i].part) : 0;
        height = natural > height ? natural : height;
    }
    return height;
}

static struct edges edges_of(const struct stage *stage, const struct layout_grid *grid)
{
    struct edges edges = { .x = { stage->safe.x }, .y = { stage->safe.y } };
    int left = stage->safe.h, sum = 0, autos = 0;
    for (unsigned i = 0; i < grid->nrows; i++)
        left -= grid->row[i] == LAYOUT_AUTO ? auto_height(stage, grid, i) : 0;
    for (unsigned i = 0; i < grid->nrows; i++) {
        sum += grid->row[i];
        autos += grid->row[i] == LAYOUT_AUTO ? auto_height(stage, grid, i) : 0;
        edges.y[i + 1] = stage->safe.y + autos + left * sum / 1000;
    }
    for (unsigned i = sum = 0; i < grid->ncolumns; i++) {
        sum += grid->column[i];
        edges.x[i + 1] = stage->safe.x + stage->safe.w * sum / 1000;
    }
    return edges;
}

static bool has_part(const struct layout_grid *grid, unsigned row, unsigned part)
{
    for (unsigned i = 0; i < grid->nregions; i++)
        if (grid->region[i].row == row && grid->region[i].part == part)
            return true;
    return false;
}

/* Header and footer bring air for both sides, waiting counts for that above them; rows that are not there are nobody's neighbours. */
static bool needs_gap(const struct layout_grid *grid, const struct edges *edges, unsigned row)
{
    unsigned above = row;
    while (above > 0 && edges->y[above - 1] == edges->y[row])
        above--;
    if (above == 0 || grid->row[row] == LAYOUT_AUTO)
        return false;
    return grid->row[above - 1] != LAYOUT_AUTO || has_part(grid, above - 1, PART_WAITING);
}

/* A gap stands before each cell but the first; auto rows bring their own. */
static struct rect box_of_region(const struct stage *stage, const struct layout_grid *grid,
                                 const struct edges *edges, const struct layout_region *region)
{
    int x = edges->x[region->column], y = edges->y[region->row], gap = stage_px(stage, CELL_GAP_UNITS);
    int right = edges->x[region->column + region->columns], bottom = edges->y[region->row + region->rows];
    if (region->column > 0)
        x += gap;
    if (needs_gap(grid, edges, region->row))
        y += gap;
    return box_of(x, y, right - x, bottom - y);
}

static void join(struct rect *all, struct rect box)
{
    struct rect was = *all;
    if (!was.w) {
        *all = box;
        return;
    }
    int x = was.x < box.x ? was.x : box.x, y = was.y < box.y ? was.y : box.y;
    int right = was.x + was.w > box.x + box.w ? was.x + was.w : box.x + box.w;
    int bottom = was.y + was.h > box.y + box.h ? was.y + was.h : box.y + box.h;
    *all = box_of(x, y, right - x, bottom - y);
}

/* ---- the picture ----------------------------------------------------------------------------- */

/* One message in the place of all numbers; false: there are numbers to show. */
static bool put_message(const struct stage *stage, struct rect body, bool has_some)
{
    if (stage->in->truth == FEED_NOTHING)
        scene_put_message(stage, body, PHRASE_STARTING, PHRASE_PLEASE_WAIT, false);
    else if (stage->in->truth == FEED_BLANK)
        scene_put_message(stage, body, PHRASE_NO_CONNECTION, PHRASE_BLANKED, true);
    else if (!has_some)
        scene_put_waiting(stage, body);
    else
        return false;
    return true;
}

static void put_grid(const struct stage *stage, const struct layout_grid *grid)
{
    struct edges edges = edges_of(stage, grid);
    struct rect body = { 0 }, box[LAYOUT_REGIONS_MAX];
    bool has_some = false;
    for (unsigned i = 0; i < grid->nregions; i++) {
        unsigned part = grid->region[i].part;
        box[i] = box_of_region(stage, grid, &edges, &grid->region[i]);
        if (!parts[part].is_of_numbers) {
            parts[part].put(stage, box[i]);
            continue;
        }
        join(&body, box[i]);
        has_some |= !parts[part].has_some || parts[part].has_some(stage);
    }
    if (!body.w || put_message(stage, body, has_some))
        return;
    for (unsigned i = 0; i < grid->nregions; i++)
        if (parts[grid->region[i].part].is_of_numbers)
            parts[grid->region[i].part].put(stage, box[i]);
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
    const struct layout *layout = &input->screen->layout;
    const struct notice *alert = hall_alert(input->hall);
    if (alert)
        scene_put_alert(&stage, alert);
    else
        put_grid(&stage, stage.is_portrait ? &layout->portrait : &layout->landscape);
}
