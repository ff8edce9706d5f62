/* The featured calls. The number is the picture: ticket and desk have one size, everything else steps back.
 *
 * A panel is laid out by its own box and call only, so that what happens beside it never moves it. High
 * panels have two rows (ticket above desk), flat ones a single row. All measures are shares of the panel. */
#include "board/scene/scene_calls.h"

#define GAP_UNITS 24 /* between panels */

/* A number's type and the room that goes with it. */
struct number {
    struct type type;
    int cap, arrow_px, gap;
};

struct look look_of(const struct theme *theme, bool is_new)
{
    return is_new ? (struct look){ theme->fresh, theme->fresh_ink, theme->fresh_line }
                  : (struct look){ theme->panel, theme->ink, theme->hairline };
}

void mark_put(const struct stage *stage, struct rect box, int gap_units, const struct announce_slot *slot)
{
    if (!slot->is_marked)
        return;
    int bar = stage_px(stage, gap_units / 3), reach = bar + stage_px(stage, gap_units / 8);
    struct rect rest = box_inset(box, -reach, -reach);
    box_fill(stage, box_cut_top(&rest, bar), stage->theme->ink, 0);
    box_fill(stage, box_cut_bottom(&rest, bar), stage->theme->ink, 0);
    box_fill(stage, box_cut_left(&rest, bar), stage->theme->ink, 0);
    box_fill(stage, box_cut_right(&rest, bar), stage->theme->ink, 0);
}

/* ---- the size of the number ------------------------------------------------------------------------------
 */

static struct number number_of(const struct stage *stage, const struct call *call, int size_px)
{
    struct number number = { .type = { .weight = WEIGHT_BOLD,
                                       .size_px = size_px,
                                       .is_number = true,
                                       .role = ROLE_TICKET,
                                       .ink = call->look.ink } };
    number.cap = type_cap(stage, &number.type);
    number.arrow_px = call->desk->arrow == ARROW_NONE ? 0 : number.cap * 4 / 5;
    number.gap = number.cap * 2 / 5;
    return number;
}

static struct number number_for_cap(const struct stage *stage, const struct call *call, int cap_px)
{
    bool is_tall = ticket_is_tall(call->slot->ticket) || ticket_is_tall(call->desk->label);
    return number_of(stage, call, type_size_of_cap(stage, is_tall ? cap_px * 4 / 5 : cap_px));
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Two figures are the least, so that arrows and words stand alike beside 7 and 12. */
static int label_width(const struct stage *stage, const struct number *number, const struct call *call)
{
    return larger(type_width(stage, &number->type, call->desk->label),
                  type_width(stage, &number->type, "00"));
}

/* A wide letter and three figures are the least, for the same reason. */
static int ticket_column(const struct stage *stage, const struct number *number, const struct call *call)
{
    static const struct ticket usual = { "Д", "000" };
    return larger(ticket_width(stage, &number->type, &call->ticket),
                  ticket_width(stage, &number->type, &usual));
}

static int desk_extent(const struct stage *stage, const struct number *number, const struct call *call)
{
    return number->arrow_px + number->gap + label_width(stage, number, call);
}

static int row_extent(const struct stage *stage, const struct number *number, const struct call *call)
{
    return ticket_column(stage, number, call) + number->gap + desk_extent(stage, number, call);
}

/* Makes the number smaller until the extent fits. */
static void fit_number(const struct stage *stage, struct number *number, const struct call *call, int room,
                       int (*extent)(const struct stage *, const struct number *, const struct call *))
{
    int width = extent(stage, number, call);
    if (width <= room)
        return;
    *number = number_of(stage, call, larger(6, number->type.size_px * room / width));
    while (number->type.size_px > 6 && extent(stage, number, call) > room)
        *number = number_of(stage, call, number->type.size_px - 1);
}

/* ---- panels ----------------------------------------------------------------------------------------------
 */

static struct type sign_type(const struct stage *stage, const struct call *call, int size_px, int most_units)
{
    int most_px = stage_px(stage, most_units);
    return (struct type){ .weight = WEIGHT_BOLD,
                          .size_px = size_px < most_px ? size_px : most_px,
                          .role = ROLE_LABEL,
                          .ink = call->look.ink };
}

static void put_arrow(const struct stage *stage, const struct number *number, const struct call *call, int x,
                      struct rect band)
{
    enum icon icon;
    if (direction_icon(call->desk->arrow, &icon))
        picture_icon(stage->picture, icon, x, band.y + (band.h - number->arrow_px) / 2, number->arrow_px,
                     number->type.ink);
}

static void put_label(const struct stage *stage, const struct number *number, struct rect band,
                      const struct call *call)
{
    struct type type = number->type;
    type.role = ROLE_DESK;
    type_put(stage, &type, band, ALIGN_RIGHT, call->desk->label);
}

/* Arrow, words, desk. False if the words had no room. */
static bool put_desk_row(const struct stage *stage, const struct number *number, struct rect band,
                         const struct call *call)
{
    struct rect words = band;
    put_label(stage, number, band, call);
    box_cut_right(&words, label_width(stage, number, call) + number->gap / 2);
    if (number->arrow_px) {
        put_arrow(stage, number, call, band.x, band);
        box_cut_left(&words, number->arrow_px + number->gap * 3 / 5);
    }
    return kind_put_beside(stage, call, number->cap, words);
}

/* Under the number: a second sign on the left, what the desk is on the right if there is room. */
static void put_foot(const struct stage *stage, const struct type *type, struct rect box,
                     const struct call *call, const struct sign *sign)
{
    struct rect left = box;
    if (!sign || sign_width(stage, type, sign) < box.w * 6 / 10)
        kind_put_line(stage, call, type, &left);
    if (sign)
        sign_put(stage, *type, left, sign);
}

static void put_high_panel(const struct stage *stage, struct rect box, const struct call *call)
{
    int h = box.h;
    struct rect rest = box_inset(box, stage_px(stage, 18) + box.w * 34 / 1000, 0);
    struct rect upper = box_cut_top(&rest, h * 138 / 1000), ticket = box_cut_top(&rest, h * 28 / 100);
    struct rect middle = box_cut_top(&rest, h * 165 / 1000), desk = box_cut_top(&rest, h * 28 / 100);
    struct rect lower = rest;

    bool has_tail = ticket_has_tail(call->desk->label); /* leaves less to what stands below */
    struct number number = number_for_cap(stage, call, has_tail ? ticket.h * 4 / 5 : ticket.h);
    fit_number(stage, &number, call, ticket.w, ticket_column);
    fit_number(stage, &number, call, desk.w, desk_extent);
    int drop = ticket_is_tall(call->slot->ticket) ? ticket.h : (ticket.h + number.cap) / 2;
    ticket_put(stage, &number.type, &call->ticket, ticket.x, ticket.y + drop);
    /* Below the tail of Д, which hangs a fifth of the size. */
    box_fill(stage, box_of(middle.x, middle.y + middle.h * 62 / 100, middle.w, stage_px(stage, 3)),
             call->look.line, 0);

    struct type type = sign_type(stage, call, h * 68 / 1000, 38);
    struct sign signs[SIGNS_MAX];
    int nsigns = signs_of(stage, call, signs);
    if (nsigns > 0)
        sign_put(stage, type, upper, &signs[0]);
    if (has_tail)
        box_cut_top(&lower, h * 3 / 100);
    if (!put_desk_row(stage, &number, desk, call))
        put_foot(stage, &type, lower, call, nsigns > 1 ? &signs[1] : NULL);
    else if (nsigns > 1)
        sign_put(stage, type, lower, &signs[1]);
}

static void put_flat_panel(const struct stage *stage, struct rect box, const struct call *call)
{
    struct rect rest = box_inset(box, stage_px(stage, 18) + box.w * 26 / 1000, 0);
    struct number number = number_for_cap(stage, call, box.h * 38 / 100);
    fit_number(stage, &number, call, rest.w, row_extent);

    int zone = (box.h - number.cap) / 2;
    struct rect upper = box_cut_top(&rest, zone), lower = box_cut_bottom(&rest, zone), band = rest;
    box_cut_bottom(&upper, zone / 5); /* off the number, which may have a tail */
    box_cut_top(&lower, zone / 5);
    ticket_put(stage, &number.type, &call->ticket, band.x, band.y + (band.h + number.cap) / 2);
    put_label(stage, &number, band, call);
    int left = band.x + ticket_column(stage, &number, call);
    int right = band.x + band.w - label_width(stage, &number, call);
    put_arrow(stage, &number, call, left + (right - left - number.arrow_px) / 2, band);

    struct type type = sign_type(stage, call, zone * 40 / 100, 40);
    struct sign signs[SIGNS_MAX];
    int nsigns = signs_of(stage, call, signs);
    if (nsigns > 0)
        sign_put(stage, type, upper, &signs[0]);
    put_foot(stage, &type, lower, call, nsigns > 1 ? &signs[1] : NULL);
}

static void put_panel(const struct stage *stage, struct rect box, const struct announce_slot *slot)
{
    struct call call = { .slot = slot,
                         .desk = &stage->in->config->desk[slot->desk],
                         .ticket = ticket_split(slot->ticket),
                         .look = look_of(stage->theme, slot->is_new) };
    box_fill(stage, box, call.look.fill, stage_px(stage, 14));
    mark_put(stage, box, GAP_UNITS, slot);
    if (box.w > 2 * box.h)
        put_flat_panel(stage, box, &call);
    else
        put_high_panel(stage, box, &call);
}

static bool is_shown(const struct stage *stage, const struct announce_slot *slot)
{
    return slot->is_used && slot->desk >= 0 && slot->desk < stage->in->config->ndesks;
}

bool scene_has_featured(const struct stage *stage)
{
    for (int i = 0; i < ANNOUNCE_SLOTS; i++)
        if (is_shown(stage, &stage->in->announce->slot[i]))
            return true;
    return false;
}

/* The grid is the announcement's, not the number of calls: a place that has become empty stays. */
void scene_put_featured(const struct stage *stage, struct rect box)
{
    const struct announce *announce = stage->in->announce;
    if (!scene_has_featured(stage)) {
        scene_put_waiting(stage, box);
        return;
    }
    int places = announce->nslots < 1                ? 1
                 : announce->nslots < ANNOUNCE_SLOTS ? announce->nslots
                                                     : ANNOUNCE_SLOTS;
    int columns = places <= 2 ? 1 : 2, rows = (places + columns - 1) / columns;
    for (int i = 0; i < places; i++) {
        struct rect cell = box_cell(box, columns, rows, i, stage_px(stage, GAP_UNITS));
        if (is_shown(stage, &announce->slot[i]))
            put_panel(stage, cell, &announce->slot[i]);
        else
            box_fill(stage, cell, stage->theme->row, stage_px(stage, 14));
    }
}
