/* One featured call and what its panel is made of. Internal to board/scene/scene_calls.c and board/scene/scene_signs.c.
 */
#pragma once

#include "board/scene/stage.h"

struct look {
    color fill, ink, line;
};
struct look look_of(const struct theme *theme, bool is_new);
/* The bar of the highlight around a panel, if it is there now (announce_slot.is_marked): in the gap to its neighbours, so that
 * nothing in the panel gives way to it. */
void mark_put(const struct stage *stage, struct rect box, int gap_units, const struct announce_slot *slot);
struct call {
    const struct announce_slot *slot;
    const struct config_desk *desk;
    struct ticket ticket;
    struct look look;
};

/* Words about the call: recalled, booked for 10:30, passed on from 3 to 7. The first stands above the number,
 * the second below; a third has no room. */
#define SIGNS_MAX 3
struct sign {
    enum phrase phrase, shorter;
    char before[16];
    char after[2 * TICKET_SIZE + 8];
};
int signs_of(const struct stage *stage, const struct call *call, struct sign out[SIGNS_MAX]);
/* Of a ticket that is not called any more: its visitor has come. */
struct sign sign_in_service(void);
/* Sets the richest wording that fits: all languages before the long words; the two of the law at least. */
void sign_put(const struct stage *stage, struct type type, struct rect box, const struct sign *sign);
/* Width of the poorest wording at this size. */
int sign_width(const struct stage *stage, const struct type *type, const struct sign *sign);

/* What the desk is (Терезе, Окно). One under the other, as large as the number allows; false: no room,
 * nothing was set. */
bool kind_put_beside(const struct stage *stage, const struct call *call, int cap_px, struct rect box);
/* In one line at the right edge; cuts its place from the box. */
void kind_put_line(const struct stage *stage, const struct call *call, const struct type *type,
                   struct rect *box);
