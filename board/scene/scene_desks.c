/* Every desk of a zone in its own place: where it stands and whom it calls, or what it does instead. Places depend on the hall
 * file only, so nothing moves while it is read. */
#include "board/scene/scene_calls.h"

#include <stdio.h>
#include <string.h>

#define GAP_UNITS   12
#define CAP_PERCENT 49 /* of a cell's height */
#define COLUMNS_MAX 6

/* The measures of all cells. */
struct cells {
    struct rect box;
    int columns, rows, count;
    struct type type;
    int cap, pad, label, ticket, arrow; /* widths of what stands in a cell */
    struct ticket usual;                /* the widest ticket that is to be expected */
};

/* ---- measures -------------------------------------------------------------------------------- */

static int widest_label(const struct stage *stage, const struct type *type)
{
    int widest = type_width(stage, type, "0");
    for (int i = 0; i < stage->in->config->ndesks; i++) {
        int width = stage_has_desk(stage, i) ? type_width(stage, type, stage->in->config->desk[i].label) : 0;
        widest = width > widest ? width : widest;
    }
    return widest;
}

/* Of the series in the hall file the widest, with as many figures as it says; else a wide letter and three. */
static struct ticket usual_ticket(const struct stage *stage, const struct type *type)
{
    const struct config *config = stage->in->config;
    struct ticket widest = { "Д", "000" };
    int digits = config->tickets.nseries ? config->tickets.digits : 0, most = 0;
    for (int i = 0; i < config->tickets.nseries; i++) {
        struct ticket ticket = { .prefix = "" };
        snprintf(ticket.prefix, sizeof ticket.prefix, "%s", config->tickets.series[i]);
        snprintf(ticket.figures, sizeof ticket.figures, "%.*s", digits, "00000000");
        int width = ticket_width(stage, type, &ticket);
        if (width > most) {
            most = width;
            widest = ticket;
        }
    }
    return widest;
}

static int extent(const struct cells *cells)
{
    return cells->label + cells->ticket + cells->arrow + 6 * cells->pad;
}

static void measure(const struct stage *stage, struct cells *cells, int size_px)
{
    cells->type.size_px = size_px;
    cells->cap = type_cap(stage, &cells->type);
    cells->pad = cells->cap * 2 / 5;
    cells->arrow = cells->cap * 9 / 10;
    cells->label = widest_label(stage, &cells->type);
    cells->ticket = ticket_width(stage, &cells->type, &cells->usual);
}

/* The largest type for this many columns. */
static void fit(const struct stage *stage, struct cells *cells, int columns)
{
    cells->columns = columns;
    cells->rows = (cells->count + columns - 1) / columns;
    struct rect first = box_cell(cells->box, cells->columns, cells->rows, 0, stage_px(stage, GAP_UNITS));
    measure(stage, cells, type_size_of_cap(stage, first.h * CAP_PERCENT / 100));
    int width = extent(cells);
    if (width > first.w)
        measure(stage, cells, cells->type.size_px * first.w / width);
    while (extent(cells) > first.w && cells->type.size_px > 6)
        measure(stage, cells, cells->type.size_px - 1);
}

static struct cells cells_of(const struct stage *stage, struct rect box)
{
    struct cells best = { .box = box, .columns = 1, .rows = 1 }, cells;
    for (int i = 0; i < stage->in->config->ndesks; i++)
        best.count += stage_has_desk(stage, i);
    best.type = (struct type){ .weight = WEIGHT_BOLD, .is_number = true };
    best.type.size_px = stage_px(stage, 100);
    best.usual = usual_ticket(stage, &best.type);
    best.type.size_px = 0;
    cells = best;
    for (int columns = 1; columns <= COLUMNS_MAX && columns <= cells.count; columns++) {
        fit(stage, &cells, columns);
        if (cells.type.size_px > best.type.size_px)
            best = cells;
    }
    return best;
}

/* Down the first column, then down the next. */
static struct rect cell_of(const struct stage *stage, const struct cells *cells, int i)
{
    int at = i % cells->rows * cells->columns + i / cells->rows;
    return box_cell(cells->box, cells->columns, cells->rows, at, stage_px(stage, GAP_UNITS));
}

/* ---- a cell ---------------------------------------------------------------------------------- */

/* The languages of the law, one under the other: larger than in one line. */
static void put_word(const struct stage *stage, const struct cells *cells, struct rect box,
                     const struct present *present)
{
    struct texts words = { 0 };
    struct type type = { .weight = WEIGHT_REGULAR, .role = ROLE_LABEL, .ink = stage->theme->soft };
    int side = cells->cap * 4 / 5;
    picture_icon(stage->picture, present->icon, box.x, box.y + (box.h - side) / 2, side, type.ink);
    box_cut_left(&box, side + cells->pad * 4 / 5);
    for (int i = 0; i < stage->in->config->nlangs && i < 2; i++)
        texts_add(&words, i, stage_phrase(stage, present->word, i));
    type.size_px = texts_fit(stage, &type, &words, box, LEADING_TIGHT, 6, cells->type.size_px * 46 / 100);
    texts_put(stage, &type, &words, box, LEADING_TIGHT);
}

/* A ticket of another kind than the hall file says may be too wide: it alone gets smaller. */
static void put_ticket(const struct stage *stage, struct type type, struct rect box, int baseline,
                       const char *text)
{
    struct ticket ticket = ticket_split(text);
    while (ticket_width(stage, &type, &ticket) > box.w && type.size_px > 6)
        type.size_px--;
    ticket_put(stage, &type, &ticket, box.x, baseline);
}

static void put_cell(const struct stage *stage, const struct cells *cells, struct rect cell, int index)
{
    const struct config_desk *desk = &stage->in->config->desk[index];
    const struct theme *theme = stage->theme;
    struct present present = desk_present(stage, index);
    struct type type = cells->type;
    int baseline = cell.y + (cell.h + cells->cap) / 2, pad = cells->pad;
    bool has_ticket = present.call.ticket[0] != '\0';
    box_fill(stage, cell, present.call.is_new ? theme->fresh : theme->row, stage_px(stage, 14));
    mark_put(stage, cell, GAP_UNITS, &present.call);
    struct rect box = box_inset(cell, pad, 0);
    type.ink = present.call.is_new ? theme->fresh_ink : has_ticket ? theme->ink : theme->soft;
    type.role = present.call.is_new ? ROLE_DESK : ROLE_ROW;
    type_put(stage, &type, box_cut_left(&box, cells->label), ALIGN_LEFT, desk->label);
    box_cut_left(&box, pad);
    struct rect line = box_cut_left(&box, stage_px(stage, 2));
    box_fill(stage, box_of(line.x, cell.y + cell.h / 10, line.w, cell.h - 2 * (cell.h / 10)),
             present.call.is_new ? theme->fresh_line : theme->hairline, 0);
    box_cut_left(&box, pad);
    if (!has_ticket) {
        put_word(stage, cells, box, &present);
        return;
    }
    enum icon icon;
    struct rect place = box_cut_right(&box, cells->arrow);
    if (present.is_called && direction_icon(desk->arrow, &icon))
        picture_icon(stage->picture, icon, place.x, baseline - (cells->cap + cells->arrow) / 2, cells->arrow,
                     present.call.is_new ? theme->fresh_ink : theme->arrow);
    box_cut_right(&box, pad);
    type.role = present.call.is_new ? ROLE_TICKET : ROLE_ROW;
    type.ink = present.call.is_new ? theme->fresh_ink : present.is_called ? theme->ink : theme->soft;
    if (!present.is_called)
        type.weight =
            WEIGHT_REGULAR; /* not by colour alone: a desk may have no arrow, a theme no softer ink */
    put_ticket(stage, type, box, baseline, present.call.ticket);
}

void scene_put_desks(const struct stage *stage, struct rect box)
{
    struct cells cells = cells_of(stage, box);
    int at = 0;
    for (int i = 0; i < stage->in->config->ndesks; i++)
        if (stage_has_desk(stage, i))
            put_cell(stage, &cells, cell_of(stage, &cells, at++), i);
}
