/* The column beside the featured calls: who was called, newest first, and who did not come. Rows share one
 * size and their letters, figures, arrows and desks stand in columns. */
#include "board/scene/stage.h"

#include <string.h>

#define ROW_UNITS      140
#define ROW_MIN_UNITS  64
#define ROW_MAX_UNITS  170
#define GAP_UNITS      12
#define HEAD_UNITS     58
#define MISSED_COLUMNS 3
#define MISSED_MOST    6

struct list {
    int count;
    const struct hall_call *call[RECENT_MAX];
};
struct columns {
    struct type type;
    int prefix, figures, piece, desk, ticket, arrow; /* widths */
};

/* ---- what is listed --------------------------------------------------------------------------------------
 */

static const struct announce_slot *slot_of(const struct stage *stage, const struct hall_call *call)
{
    const struct announce *announce = stage->in->announce;
    for (int i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used && announce->slot[i].desk == call->desk &&
            strcmp(announce->slot[i].ticket, call->ticket) == 0)
            return &announce->slot[i];
    return NULL;
}

/* Beside panels the list leaves out what stands there; in other views it has everything. */
static bool has_panels(const struct stage *stage)
{
    const struct layout *layout = &stage->in->screen->layout;
    const struct layout_grid *grid = stage->is_portrait ? &layout->portrait : &layout->landscape;
    for (unsigned i = 0; i < grid->nregions; i++)
        if (grid->region[i].part == PART_FEATURED)
            return true;
    return false;
}

static void collect(const struct stage *stage, const struct hall_call *calls, int ncalls, int most,
                    struct list *list)
{
    bool is_beside = has_panels(stage);
    list->count = 0;
    for (int i = 0; i < ncalls && list->count < most; i++)
        if (stage_has_desk(stage, calls[i].desk) && !(is_beside && slot_of(stage, &calls[i])))
            list->call[list->count++] = &calls[i];
}

static const char *label_of(const struct stage *stage, const struct hall_call *call)
{
    return stage->in->config->desk[call->desk].label;
}

/* ---- columns --------------------------------------------------------------------------------- */

static void widen(int *column, int width)
{
    *column = width > *column ? width : *column;
}

static struct columns measure(const struct stage *stage, struct type type, const struct list *list)
{
    struct columns columns = { .type = type, .arrow = type_cap(stage, &type) * 3 / 4 };
    columns.desk = type_width(stage, &type, "00");
    for (int i = 0; i < list->count; i++) {
        struct ticket ticket = ticket_split(list->call[i]->ticket);
        int width = type_width(stage, &type, ticket.figures);
        bool is_piece = !ticket.prefix[0] && (ticket.figures[0] < '0' || ticket.figures[0] > '9');
        widen(is_piece ? &columns.piece : &columns.figures, width);
        if (ticket.prefix[0])
            widen(&columns.prefix, type_width(stage, &type, ticket.prefix));
        widen(&columns.desk, type_width(stage, &type, label_of(stage, list->call[i])));
    }
    if (columns.prefix > 0)
        columns.prefix += ticket_gap(&type);
    columns.ticket = columns.prefix + columns.figures;
    widen(&columns.ticket, columns.piece);
    return columns;
}

static int extent(const struct stage *stage, const struct columns *columns)
{
    return columns->ticket + columns->arrow + columns->desk + type_cap(stage, &columns->type);
}

/* The size at which the widest of all rows fits. */
static struct columns fit_columns(const struct stage *stage, int cap_px, int room, const struct list *list)
{
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = type_size_of_cap(stage, cap_px),
                         .is_number = true,
                         .role = ROLE_ROW,
                         .ink = stage->theme->ink };
    struct columns columns = measure(stage, type, list);
    int width = extent(stage, &columns);
    if (width > room)
        type.size_px = type.size_px * room / width;
    for (; width > room && type.size_px >= 6; type.size_px--) {
        columns = measure(stage, type, list);
        width = extent(stage, &columns);
    }
    return columns;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Letters flush left, figures in their column from the right: 7 stands under the 7 of 117. */
static void put_ticket(const struct stage *stage, const struct columns *columns, int x, int baseline,
                       const char *text)
{
    struct ticket ticket = ticket_split(text);
    bool is_piece = !ticket.prefix[0] && (ticket.figures[0] < '0' || ticket.figures[0] > '9');
    if (is_piece) {
        ticket_put(stage, &columns->type, &ticket, x, baseline);
        return;
    }
    if (ticket.prefix[0])
        type_put_at(stage, &columns->type, x - type_shape(stage, &columns->type, ticket.prefix)->ink_left_px,
                    baseline, ticket.prefix);
    int right = x + columns->prefix + columns->figures;
    type_put_at(stage, &columns->type, right - type_width(stage, &columns->type, ticket.figures), baseline,
                ticket.figures);
}

static void put_row(const struct stage *stage, const struct columns *columns, struct rect row,
                    const struct hall_call *call, color arrow)
{
    const struct config_desk *desk = &stage->in->config->desk[call->desk];
    int cap = type_cap(stage, &columns->type);
    /* A little above the middle: letters have tails, not heads. */
    int baseline = row.y + (row.h + cap) / 2 - row.h / 60;
    put_ticket(stage, columns, row.x, baseline, call->ticket);
    type_put_at(stage, &columns->type, row.x + row.w - type_width(stage, &columns->type, desk->label),
                baseline, desk->label);
    enum icon icon;
    /* In the middle, but never far from the desk that it points out. */
    int left = row.x + columns->ticket, right = row.x + row.w - columns->desk;
    int free = (right - left - columns->arrow) / 2, x = right - columns->arrow - (free < cap ? free : cap);
    if (direction_icon(desk->arrow, &icon))
        picture_icon(stage->picture, icon, x, baseline - (cap + columns->arrow) / 2, columns->arrow, arrow);
}

void scene_put_heading(const struct stage *stage, struct rect box, enum phrase phrase)
{
    char text[JOINED_SIZE];
    struct type type = {
        .weight = WEIGHT_BOLD, .size_px = stage_px(stage, 36), .role = ROLE_LABEL, .ink = stage->theme->soft
    };
    type.is_joined = true;
    stage_join(stage, phrase, LANGS_MAX, text);
    if (type_width(stage, &type, text) > box.w) {
        stage_join(stage, phrase, 2, text);
        type_fit(stage, &type, text, box.w, stage_px(stage, 22));
    }
    type_put(stage, &type, box, ALIGN_LEFT, text);
}

/* How many rows stand in this height: as the hall file says, else as many as fit at the natural size. */
static int count_rows(const struct stage *stage, int height)
{
    int gap = stage_px(stage, GAP_UNITS), asked = (int)config_recent(stage->in->config, stage->in->screen);
    /* Two thirds of a row are enough for one more: all get a little lower. */
    int row = stage_px(stage, ROW_UNITS) + gap, natural = (height + gap + row / 3) / row;
    int most = (height + gap) / (stage_px(stage, ROW_MIN_UNITS) + gap);
    int rows = asked == 0 ? natural : asked < most ? asked : most;
    return rows < 1 ? 1 : rows > RECENT_MAX ? RECENT_MAX : rows;
}

static void put_recent(const struct stage *stage, struct rect box, int pad)
{
    const struct theme *theme = stage->theme;
    scene_put_heading(stage, box_inset(box_cut_top(&box, stage_px(stage, HEAD_UNITS)), pad, 0),
                      PHRASE_CALLED);
    int rows = count_rows(stage, box.h), gap = stage_px(stage, GAP_UNITS);
    int tallest = rows * (stage_px(stage, ROW_MAX_UNITS) + gap) - gap;
    if (box.h > tallest)
        box.h = (int16_t)tallest;
    struct list list;
    collect(stage, stage->in->hall->recent, stage->in->hall->nrecent, rows, &list);
    struct rect first = box_cell(box, 1, rows, 0, gap);
    struct columns columns = fit_columns(stage, first.h * 56 / 100, first.w - 2 * pad, &list);
    for (int i = 0; i < rows; i++) {
        struct rect row = box_cell(box, 1, rows, i, gap);
        const struct announce_slot *slot = i < list.count ? slot_of(stage, list.call[i]) : NULL;
        bool is_new = slot && slot->is_new;
        box_fill(stage, row, is_new ? theme->fresh : theme->row, stage_px(stage, 14));
        columns.type.ink = is_new ? theme->fresh_ink : theme->ink;
        if (i < list.count)
            put_row(stage, &columns, box_inset(row, pad, 0), list.call[i],
                    is_new ? theme->fresh_ink : theme->arrow);
    }
}

/* Only tickets: who missed the call asks at the desk. */
static void put_missed(const struct stage *stage, struct rect box, int pad, const struct list *list)
{
    scene_put_heading(stage, box_inset(box_cut_top(&box, stage_px(stage, HEAD_UNITS)), pad, 0),
                      PHRASE_MISSED);
    box_fill(stage, box, stage->theme->row, stage_px(stage, 14));
    struct rect cells = box_inset(box, pad, stage_px(stage, 10));
    int rows = (list->count + MISSED_COLUMNS - 1) / MISSED_COLUMNS, gap = stage_px(stage, 24);
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = stage_px(stage, 64),
                         .is_number = true,
                         .role = ROLE_MISSED,
                         .ink = stage->theme->soft };
    struct rect first = box_cell(cells, MISSED_COLUMNS, rows, 0, gap);
    for (int i = 0; i < list->count; i++) {
        struct ticket ticket = ticket_split(list->call[i]->ticket);
        while (type.size_px > 8 && ticket_width(stage, &type, &ticket) > first.w)
            type.size_px--;
    }
    for (int i = 0; i < list->count; i++) {
        struct ticket ticket = ticket_split(list->call[i]->ticket);
        struct rect cell = box_cell(cells, MISSED_COLUMNS, rows, i, gap);
        ticket_put(stage, &type, &ticket, cell.x, cell.y + (cell.h + type_cap(stage, &type)) / 2);
    }
}

bool scene_has_lists(const struct stage *stage)
{
    struct list list;
    collect(stage, stage->in->hall->recent, stage->in->hall->nrecent, 1, &list);
    if (list.count > 0)
        return true;
    collect(stage, stage->in->hall->missed, stage->in->hall->nmissed, 1, &list);
    return list.count > 0;
}

void scene_put_lists(const struct stage *stage, struct rect box)
{
    int pad = stage_px(stage, 28);
    struct list missed;
    collect(stage, stage->in->hall->missed, stage->in->hall->nmissed, MISSED_MOST, &missed);
    if (missed.count > 0) {
        int rows = (missed.count + MISSED_COLUMNS - 1) / MISSED_COLUMNS;
        put_missed(stage, box_cut_bottom(&box, stage_px(stage, HEAD_UNITS + 20 + rows * 82)), pad, &missed);
        box_cut_bottom(&box, stage_px(stage, GAP_UNITS));
    }
    put_recent(stage, box, pad);
}
