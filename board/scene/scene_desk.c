/* The screen above one desk: who it is, and under that whom it calls, as large as the width allows. What the desk is stands
 * also while nothing is known of calls. */
#include "board/scene/scene_calls.h"

#define GAP_UNITS        24
#define NAME_PERMILLE    300 /* of the height */
#define NAME_PORTRAIT    330
#define LABEL_CAP        62 /* percent of the band of the name */
#define TICKET_CAP       54 /* percent of the panel */
#define WORD_MAX_UNITS   190
#define WORD_MIN_UNITS   40
#define AGENCY_MAX_UNITS 64
#define AGENCY_MIN_UNITS 26
#define NAME_LANGS       2 /* those of the law */

/* ---- who it is ------------------------------------------------------------------------------- */

static struct texts agency_of(const struct stage *stage, const struct config_desk *desk)
{
    struct texts names = { 0 };
    const struct config *config = stage->in->config;
    for (int i = 0; desk->agency >= 0 && i < config->nlangs && i < NAME_LANGS; i++)
        texts_add(&names, i, config->agency[desk->agency].name.text[i]);
    return names;
}

static void put_agency(const struct stage *stage, struct rect box, const struct texts *names)
{
    struct type type = { .weight = WEIGHT_REGULAR, .role = ROLE_AGENCY, .ink = stage->theme->ink };
    type.size_px = texts_fit(stage, &type, names, box, LEADING_TEXT, stage_px(stage, AGENCY_MIN_UNITS),
                             stage_px(stage, AGENCY_MAX_UNITS));
    texts_put(stage, &type, names, box, LEADING_TEXT);
}

/* The number, what it is the number of, and whose desk that is: beside each other, or the last below the others. */
static void put_name(const struct stage *stage, struct rect box, const struct call *call)
{
    struct texts agency = agency_of(stage, call->desk);
    int gap = stage_px(stage, 2 * GAP_UNITS);
    struct rect upper = box;
    if (stage->is_portrait && agency.count > 0) {
        upper = box_cut_top(&box, box.h * 55 / 100);
        put_agency(stage, box, &agency);
    }
    bool is_tall = ticket_is_tall(call->desk->label) || ticket_has_tail(call->desk->label);
    int cap = upper.h * LABEL_CAP / 100;
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = type_size_of_cap(stage, is_tall ? cap * 4 / 5 : cap),
                         .is_number = true,
                         .role = ROLE_DESK,
                         .ink = stage->theme->ink };
    type_fit(stage, &type, call->desk->label, upper.w * 45 / 100, 6);
    const struct text_line *label = type_shape(stage, &type, call->desk->label);
    int ink = label->ink_right_px - label->ink_left_px; /* j hangs out to the left */
    int width = ink > label->width_px ? ink : label->width_px;
    type_put(stage, &type, box_cut_left(&upper, width), ALIGN_LEFT, call->desk->label);
    box_cut_left(&upper, gap);
    bool is_beside = !stage->is_portrait && agency.count > 0;
    struct rect kind = is_beside ? box_cut_left(&upper, upper.w * 30 / 100) : upper;
    kind_put_beside(stage, call, type_cap(stage, &type), kind);
    if (!is_beside)
        return;
    struct rect line = box_cut_left(&upper, stage_px(stage, 2));
    box_fill(stage, box_inset(line, 0, line.h * 19 / 100), stage->theme->hairline, 0);
    box_cut_left(&upper, gap);
    put_agency(stage, upper, &agency);
}

/* ---- whom it calls --------------------------------------------------------------------------- */

/* Д over a sign, or Й under one, gets smaller. */
static int cap_of(const struct call *call, int height, int nsigns)
{
    int cap = height * TICKET_CAP / 100;
    bool is_tight = ticket_is_tall(call->slot->ticket) || (nsigns > 1 && ticket_has_tail(call->slot->ticket));
    return is_tight ? cap * 4 / 5 : cap;
}

/* Returns its left edge. */
static int put_ticket(const struct stage *stage, struct rect box, const struct call *call, int nsigns,
                      bool is_called)
{
    /* A wide letter and three figures fit at this size, so that it is the same from call to call. */
    static const struct ticket usual = { "Д", "000" };
    struct type type = { .weight = is_called ? WEIGHT_BOLD : WEIGHT_REGULAR, /* not told by colour alone */
                         .size_px = type_size_of_cap(stage, cap_of(call, box.h, nsigns)),
                         .is_number = true,
                         .role = ROLE_TICKET,
                         .ink = call->look.ink };
    while (type.size_px > 6 &&
           (ticket_width(stage, &type, &usual) > box.w || ticket_width(stage, &type, &call->ticket) > box.w))
        type.size_px -= type.size_px > 100 ? 4 : 1;
    int left = box.x + (box.w - ticket_width(stage, &type, &call->ticket)) / 2;
    ticket_put(stage, &type, &call->ticket, left, box.y + (box.h + type_cap(stage, &type)) / 2);
    return left;
}

static void put_signs(const struct stage *stage, struct rect box, const struct call *call,
                      const struct sign *signs, int nsigns)
{
    struct rect upper = box_cut_top(&box, box.h * 17 / 100), lower = box_cut_bottom(&box, upper.h);
    int size_px = upper.h * 48 / 100, most_px = stage_px(stage, 60);
    struct type type = { .weight = WEIGHT_BOLD,
                         .size_px = size_px < most_px ? size_px : most_px,
                         .role = ROLE_LABEL,
                         .ink = call->look.ink };
    if (nsigns > 0)
        sign_put(stage, type, upper, &signs[0]);
    if (nsigns > 1)
        sign_put(stage, type, lower, &signs[1]);
}

/* What the desk does instead. */
static void put_word(const struct stage *stage, struct rect box, const struct present *present)
{
    struct texts words = { 0 };
    for (int i = 0; i < stage->in->config->nlangs; i++)
        texts_add(&words, i, stage_phrase(stage, present->word, i));
    int side = stage_px(stage, stage->is_portrait ? 220 : 300), gap = stage_px(stage, 72);
    struct rect room = box_inset(box, 0, box.h / 10);
    struct type type = { .weight = WEIGHT_BOLD, .role = ROLE_MESSAGE, .ink = stage->theme->ink };
    room.w = (int16_t)(box.w - side - gap);
    type.size_px = texts_fit(stage, &type, &words, room, LEADING_TEXT, stage_px(stage, WORD_MIN_UNITS),
                             stage_px(stage, WORD_MAX_UNITS));
    int widest = 0;
    for (int i = 0; i < words.count; i++) {
        type.lang = words.lang[i];
        int width = type_width(stage, &type, words.text[i]);
        widest = width > widest ? width : widest;
    }
    if (widest > room.w)
        widest = room.w;
    room.x = (int16_t)(box.x + (box.w - side - gap - widest) / 2 + side + gap);
    room.w = (int16_t)(box.x + box.w - room.x);
    picture_icon(stage->picture, present->icon, room.x - gap - side, box.y + (box.h - side) / 2, side,
                 stage->theme->soft);
    texts_put(stage, &type, &words, room, LEADING_TEXT);
}

/* ---- the part -------------------------------------------------------------------------------- */

static bool put_silence(const struct stage *stage, struct rect box)
{
    if (stage->in->truth == FEED_NOTHING)
        scene_put_message(stage, box, PHRASE_STARTING, PHRASE_PLEASE_WAIT, false);
    else if (stage->in->truth == FEED_BLANK)
        scene_put_message(stage, box, PHRASE_NO_CONNECTION, PHRASE_BLANKED, true);
    return stage->in->truth == FEED_NOTHING || stage->in->truth == FEED_BLANK;
}

void scene_put_desk(const struct stage *stage, struct rect box)
{
    int index = stage->in->screen->desk;
    if (index < 0 || index >= stage->in->config->ndesks)
        return; /* the hall file was checked */
    struct present present = desk_present(stage, index);
    struct call call = { .slot = &present.call,
                         .desk = &stage->in->config->desk[index],
                         .ticket = ticket_split(present.call.ticket),
                         .look = look_of(stage->theme, false) };
    int pad = stage_px(stage, 28);
    struct rect name = box_cut_top(&box, box.h * (stage->is_portrait ? NAME_PORTRAIT : NAME_PERMILLE) / 1000);
    put_name(stage, box_inset(name, pad, 0), &call);
    box_cut_top(&box, stage_px(stage, GAP_UNITS));
    if (put_silence(stage, box))
        return;
    call.look = look_of(stage->theme, present.call.is_new);
    if (!present.is_called)
        call.look.ink = stage->theme->soft;
    box_fill(stage, box, call.look.fill, stage_px(stage, 14));
    mark_put(stage, box, GAP_UNITS, &present.call);
    box = box_inset(box, 2 * pad, 0);
    if (call.ticket.figures[0] == '\0') {
        put_word(stage, box, &present);
        return;
    }
    /* How the visitor came here says nothing any more. */
    struct sign signs[SIGNS_MAX] = { sign_in_service() };
    int nsigns = present.is_called ? signs_of(stage, &call, signs) : 1;
    int left = put_ticket(stage, box, &call, nsigns, present.is_called);
    box_cut_left(&box, left - box.x);
    put_signs(stage, box, &call, signs, nsigns);
}
