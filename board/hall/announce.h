/* Who is featured when, on one screen. Pure.
 *
 * A call is featured (its panel is "new", yellow) for at least dwell_us, while it can be seen: an alert, a lost truth or a screen
 * that is away stops the time. Calls that arrive together share the wall: up to
 * ANNOUNCE_SLOTS panels; further ones wait in order. After its dwell a panel turns dark in place and stays until a newer
 * call needs the place or the visit ends; then it is only in the list. LED boards never wait for any of this.
 *
 * No number stands as called for longer than ANNOUNCE_OVER_US after that ceased to be true, which it does when the visit was
 * served or cleared, when its desk called the next one, or when another desk called it:
 *   - its panel turns dark after its dwell, and leaves at once unless panels behind it are new;
 *   - a call in line that can no longer be featured for its dwell in time is not featured any more; nor is one that is over by
 *     the time when the wall can be seen again, or of which a snapshot says that it is over, since nobody knows since when.
 * Such a call is in the list, and its receipt tells (announce_take_gone()).
 *
 * A screen whose farthest seats cannot read eight panels may have fewer (`most`): then calls wait earlier.
 *
 * Places: a new call takes the first place whose panel is not new; the wall has the fewest places (1, 2, 4, 8) that hold all
 * new panels, so it is large again as soon as the rush is over. Nobody's panel moves while it is new: a panel in the middle
 * whose visit is over waits, dark, until its neighbours are dark too; if that takes too long its place is left empty.
 */
#pragma once

#include "board/hall/hall.h"

#define ANNOUNCE_SLOTS   8
#define ANNOUNCE_WAITING 64
#define ANNOUNCE_OVER_US 60000000

struct announce_slot {
    bool is_used;
    bool is_new;  /* within its dwell */
    bool is_over; /* the call is not true any more, since over_us */
    bool is_recall;
    bool is_marked; /* the bar of the highlight is there (highlight.h) */
    int16_t desk;
    uint8_t lane;
    int16_t from;
    char ticket[TICKET_SIZE];
    char booked_at[6];
    uint64_t
        token; /* of the call, for its receipt; 0 once a picture carries it, or when restored from a snapshot */
    int64_t until_us,
        over_us;     /* until_us: end of the dwell, on a clock that stands while the wall is hidden */
    int64_t mark_us; /* when the bar comes or goes next, on the same clock; INT64_MAX: not any more */
};
struct announce {
    int64_t dwell_us;
    uint32_t zones; /* of the screen */
    int16_t desk;   /* the only one of the screen, or NONE (default): all of its zones; as `most` */
    const struct config *config;
    struct announce_slot slot[ANNOUNCE_SLOTS]; /* in the order of the wall */
    bool is_hidden;
    int64_t hidden_us; /* since when */
    uint16_t
        most; /* places that the wall may have: 1, 2, 4 or 8 (default); to be set right after announce_init() */
    bool
        is_pulsing; /* new calls are marked by a bar that comes and goes (highlight.h); default: no; as `most` */
    int64_t beat_us,
        rest_us; /* when the first of the present beats began, and when they end, on the clock of until_us */
    uint16_t nslots; /* places of the present layout: 1, 2, 4 or 8; used ones ≤ nslots */
    uint16_t nwaiting;
    struct announce_slot waiting[ANNOUNCE_WAITING];
    uint64_t
        superseded; /* token that the last announce_call() took over before any picture carried it; 0: none */
    uint16_t ngone;
    uint64_t gone[ANNOUNCE_SLOTS + ANNOUNCE_WAITING]; /* for announce_take_gone() */
    /* Calls that found the waiting room full: their panel was skipped, the list still shows them. 8 panels × 8 s and 64
     * waiting: a hall that gets there calls over 70 visitors in a minute. */
    uint64_t overflowed;
};

void announce_init(struct announce *announce, const struct config *config, uint32_t zones, int64_t dwell_us);
/* A call or recall of `desk`, which hall_apply() has taken into `hall`. False if the desk is in none of the zones (or shows
 * nothing). A recall of a ticket that waits takes its turn over; of one that is featured it prolongs the panel, or gets in
 * line if others wait (else one clerk could keep the wall). What it takes over gets the new token; the caller answers for
 * `superseded`. Several calls of one desk are all shown, in order: no call waits longer than it takes those before it in line
 * to be featured. */
bool announce_call(struct announce *announce, const struct hall *hall, int desk, uint64_t token,
                   int64_t now_us);
/* The desk's visit came to the desk, ended or moved: its panel is over after its dwell. A call that still waits is shown for
 * its dwell all the same, if its turn comes soon enough: it was made, and its visitor may have missed it. `ticket` "": whatever the
 * desk called. */
void announce_end(struct announce *announce, int desk, const char *ticket, int64_t now_us);
/* The same, but nobody knows since when: what still waits is not shown any more. */
void announce_correct(struct announce *announce, int desk, int64_t now_us);
/* Nobody can see the calls from now on, or can again. True if the wall changes. */
bool announce_hide(struct announce *announce, bool is_hidden, int64_t now_us);
bool announce_is_empty(const struct announce *announce); /* no panel, and nobody waits */
/* Rebuilds from the hall: after a start or an adoption. Calls that are featured or wait stay if their desk still shows them;
 * nothing becomes new. If nothing stays, the newest call stands dark. */
void announce_restore(struct announce *announce, const struct hall *hall, int64_t now_us);
/* Moves on. True if the wall changes. Call it at announce_deadline_us(), and before announce_call() when time has passed. */
bool announce_tick(struct announce *announce, int64_t now_us);
int64_t announce_deadline_us(const struct announce *announce); /* INT64_MAX: none */
/* The token of a call that left without a picture that carried it, each once; 0: none. As many are kept as can be on their way to a
 * picture at once; to be taken after each turn. */
uint64_t announce_take_gone(struct announce *announce);
