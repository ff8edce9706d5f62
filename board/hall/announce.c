#include "board/hall/announce.h"

#include "board/hall/highlight.h"

#include <string.h>

/* Stands still while nobody can see the wall. */
static int64_t seen_us(const struct announce *announce, int64_t now_us)
{
    return announce->is_hidden ? announce->hidden_us : now_us;
}

/* ---- places ---------------------------------------------------------------------------------- */

static unsigned layout_for(unsigned panels)
{
    return panels <= 1 ? 1 : panels <= 2 ? 2 : panels <= 4 ? 4 : ANNOUNCE_SLOTS;
}

/* Places up to and including the last new panel: none of these may go. */
static unsigned held_slots(const struct announce *announce)
{
    for (unsigned i = ANNOUNCE_SLOTS; i > 0; i--)
        if (announce->slot[i - 1].is_new)
            return i;
    return 0;
}

/* The first place that is not new; better the one where the same desk's last visitor stands dark, if that keeps the layout. */
static unsigned choose_place(const struct announce *announce, int desk)
{
    unsigned first = 0, held = held_slots(announce);
    while (first < announce->most && announce->slot[first].is_new)
        first++;
    unsigned places = layout_for(held > first ? held : first + 1);
    for (unsigned i = first; i < places; i++)
        if (announce->slot[i].is_used && !announce->slot[i].is_new && announce->slot[i].desk == desk)
            return i;
    return first;
}

/* It will not be featured, or not any more. */
static void leave(struct announce *announce, const struct announce_slot *call)
{
    if (call->token && announce->ngone < sizeof announce->gone / sizeof announce->gone[0])
        announce->gone[announce->ngone++] = call->token;
}

static void vacate(struct announce *announce, struct announce_slot *slot)
{
    leave(announce, slot);
    *slot = (struct announce_slot){ 0 };
}

static void cut_slots(struct announce *announce, unsigned count)
{
    for (unsigned i = count; i < ANNOUNCE_SLOTS; i++)
        vacate(announce, &announce->slot[i]);
}

static bool place_call(struct announce *announce, const struct announce_slot *call, int64_t now_us)
{
    unsigned place = choose_place(announce, call->desk);
    if (place == announce->most)
        return false;
    struct announce_slot *slot = &announce->slot[place];
    highlight_begin(announce, seen_us(announce, now_us));
    leave(announce, slot);
    *slot = *call;
    slot->is_used = slot->is_new = true;
    slot->until_us = seen_us(announce, now_us) + announce->dwell_us;
    announce->nslots = (uint16_t)layout_for(held_slots(announce));
    cut_slots(announce, announce->nslots);
    return true;
}

/* ---- time ------------------------------------------------------------------------------------ */

static bool darken(struct announce *announce, int64_t now_us)
{
    bool is_changed = false;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++) {
        struct announce_slot *slot = &announce->slot[i];
        if (!slot->is_new || slot->until_us > seen_us(announce, now_us))
            continue;
        slot->is_new = false;
        is_changed = true;
    }
    return is_changed;
}

static bool is_same_call(const struct announce_slot *a, const struct announce_slot *b)
{
    return a->desk == b->desk && strcmp(a->ticket, b->ticket) == 0;
}

static struct announce_slot *find_featured(struct announce *announce, const struct announce_slot *call)
{
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_new && is_same_call(&announce->slot[i], call))
            return &announce->slot[i];
    return NULL;
}

static bool has_place(const struct announce *announce)
{
    for (unsigned i = 0; i < announce->most; i++)
        if (!announce->slot[i].is_new)
            return true;
    return false;
}

/* Moves one of those in line up to where the last one stays that was kept. */
static void keep_waiting(struct announce *announce, unsigned *kept, unsigned from)
{
    if (*kept != from)
        announce->waiting[*kept] = announce->waiting[from];
    ++*kept;
}

/* In order; only a recall whose own panel still is new lets others pass. A full wall is seen at once: in a flood it is full at
 * every call. */
static bool seat_waiting(struct announce *announce, int64_t now_us)
{
    unsigned kept = 0, waited = announce->nwaiting;
    bool has = waited > 0 && has_place(announce);
    if (!has)
        return false;
    for (unsigned i = 0; i < waited; i++)
        if (!has || find_featured(announce, &announce->waiting[i]) ||
            !place_call(announce, &announce->waiting[i], now_us))
            keep_waiting(announce, &kept, i);
        else
            has = has_place(announce);
    announce->nwaiting = (uint16_t)kept;
    return kept < waited;
}

static bool is_too_late(const struct announce *announce, const struct announce_slot *call, int64_t now_us)
{
    return call->is_over &&
           (announce->is_hidden || now_us + announce->dwell_us > call->over_us + ANNOUNCE_OVER_US);
}

/* Of what is over: what nobody has seen by now, nobody needs to see any more. */
static bool let_go(struct announce *announce, int64_t now_us)
{
    unsigned kept = 0;
    bool is_changed = false;
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (!is_too_late(announce, &announce->waiting[i], now_us))
            keep_waiting(announce, &kept, i);
        else
            leave(announce, &announce->waiting[i]);
    announce->nwaiting = (uint16_t)kept;
    for (struct announce_slot *slot = announce->slot; slot < announce->slot + ANNOUNCE_SLOTS; slot++) {
        is_changed |= announce->is_hidden && slot->is_new && slot->is_over;
        slot->is_new &= !(announce->is_hidden && slot->is_over);
    }
    return is_changed;
}

static void move_slot(struct announce *announce, unsigned from, unsigned to)
{
    struct announce_slot moved = announce->slot[from];
    announce->slot[from] = (struct announce_slot){ 0 };
    announce->slot[to] = moved;
}

/* The wall as it is when nothing is new: without empty places. */
static void close_up(struct announce *announce)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used)
            move_slot(announce, i, kept++);
    announce->nslots = (uint16_t)layout_for(kept);
}

static bool has_gap(const struct announce *announce)
{
    bool was_empty = false, has = false;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++) {
        has |= was_empty && announce->slot[i].is_used;
        was_empty |= !announce->slot[i].is_used;
    }
    return has;
}

static bool is_dark_and_over(const struct announce_slot *slot)
{
    return slot->is_used && !slot->is_new && slot->is_over;
}

/* Dark panels that are over leave: at once from behind the last new one, so all of them once nothing is new. */
static bool dismiss(struct announce *announce, int64_t now_us)
{
    bool is_changed = false;
    unsigned held = held_slots(announce);
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++) {
        struct announce_slot *slot = &announce->slot[i];
        bool stays = i < held && !announce->is_hidden && now_us < slot->over_us + ANNOUNCE_OVER_US;
        if (!is_dark_and_over(slot) || stays)
            continue;
        vacate(announce, slot);
        is_changed = true;
    }
    is_changed |= held == 0 && has_gap(announce);
    if (is_changed && held == 0)
        close_up(announce);
    return is_changed;
}

bool announce_tick(struct announce *announce, int64_t now_us)
{
    bool is_changed = let_go(announce, now_us);
    is_changed |= darken(announce, now_us);
    is_changed |= seat_waiting(announce, now_us);
    is_changed |= dismiss(announce, now_us);
    return highlight_mark(announce, seen_us(announce, now_us)) || is_changed;
}

bool announce_hide(struct announce *announce, bool is_hidden, int64_t now_us)
{
    if (is_hidden == announce->is_hidden)
        return false;
    bool is_changed = announce_tick(announce, now_us);
    for (struct announce_slot *slot = announce->slot; slot < announce->slot + ANNOUNCE_SLOTS; slot++)
        if (slot->is_new && !is_hidden)
            slot->until_us += now_us - announce->hidden_us;
    announce->beat_us += is_hidden ? 0 : now_us - announce->hidden_us;
    announce->rest_us += is_hidden ? 0 : now_us - announce->hidden_us;
    announce->is_hidden = is_hidden;
    announce->hidden_us = now_us;
    return announce_tick(announce, now_us) || is_changed;
}

int64_t announce_deadline_us(const struct announce *announce)
{
    int64_t deadline_us = INT64_MAX;
    for (unsigned i = 0; !announce->is_hidden && i < ANNOUNCE_SLOTS; i++) {
        const struct announce_slot *slot = &announce->slot[i];
        int64_t new_us = slot->mark_us < slot->until_us ? slot->mark_us : slot->until_us;
        int64_t at_us = slot->is_new             ? new_us
                        : is_dark_and_over(slot) ? slot->over_us + ANNOUNCE_OVER_US
                                                 : INT64_MAX;
        deadline_us = at_us < deadline_us ? at_us : deadline_us;
    }
    return deadline_us;
}

/* ---- calls ----------------------------------------------------------------------------------- */

void announce_init(struct announce *announce, const struct config *config, uint32_t zones, int64_t dwell_us)
{
    *announce = (struct announce){
        .dwell_us = dwell_us,
        .zones = zones,
        .desk = NONE,
        .config = config,
        .most = ANNOUNCE_SLOTS,
        .nslots = 1,
    };
}

static bool concerns(const struct announce *announce, int desk)
{
    int zone = desk >= 0 && desk < announce->config->ndesks ? announce->config->desk[desk].zone : NONE;
    bool is_mine = announce->desk == NONE || announce->desk == desk;
    return zone >= 0 && (announce->zones & 1u << zone) != 0 && is_mine;
}

static bool is_call_of(const struct announce_slot *slot, int desk, const char *ticket)
{
    return slot->desk == desk && (!*ticket || strcmp(slot->ticket, ticket) == 0);
}

static struct announce_slot *find_waiting(struct announce *announce, const struct announce_slot *call)
{
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (is_same_call(&announce->waiting[i], call))
            return &announce->waiting[i];
    return NULL;
}

static struct announce_slot call_of(const struct hall *hall, int desk, uint64_t token)
{
    const struct hall_desk *from = &hall->desk[desk];
    struct announce_slot call = {
        .desk = (int16_t)desk,
        .lane = from->lane,
        .from = from->from,
        .is_recall = from->is_recall,
        .token = token,
    };
    memcpy(call.ticket, from->ticket, sizeof call.ticket);
    memcpy(call.booked_at, from->booked_at, sizeof call.booked_at);
    return call;
}

/* A desk has one visitor, and a visitor one desk. */
static bool contradicts(const struct announce_slot *known, const struct announce_slot *call)
{
    return (known->desk == call->desk) != (strcmp(known->ticket, call->ticket) == 0);
}

static void end(struct announce_slot *call, int64_t now_us)
{
    call->over_us = call->is_over ? call->over_us : now_us;
    call->is_over = true;
}

static void end_others(struct announce *announce, const struct announce_slot *call, int64_t now_us)
{
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used && contradicts(&announce->slot[i], call))
            end(&announce->slot[i], now_us);
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (contradicts(&announce->waiting[i], call))
            end(&announce->waiting[i], now_us);
}

/* A dark panel that is called again is a new call: it may be given a better place. A new one is prolonged only if nobody
 * waits for its place; or if nobody can wait any more. */
static bool renew(struct announce *announce, const struct announce_slot *call, int64_t now_us)
{
    struct announce_slot *known = find_waiting(announce, call);
    if (!known && announce->nwaiting > 0 && announce->nwaiting < ANNOUNCE_WAITING)
        return false;
    if (!known)
        known = find_featured(announce, call);
    if (!known)
        return false;
    bool is_featured = known->is_new, is_marked = known->is_marked;
    if (is_featured)
        highlight_begin(announce, seen_us(announce, now_us));
    announce->superseded = known->token;
    *known = *call;
    known->is_used = known->is_new = is_featured;
    known->is_marked = is_marked;
    known->until_us = is_featured ? seen_us(announce, now_us) + announce->dwell_us : 0;
    return true;
}

static void wait_in_line(struct announce *announce, const struct announce_slot *call)
{
    if (announce->nwaiting == ANNOUNCE_WAITING)
        announce->overflowed++;
    else
        announce->waiting[announce->nwaiting++] = *call;
}

bool announce_call(struct announce *announce, const struct hall *hall, int desk, uint64_t token,
                   int64_t now_us)
{
    announce->superseded = 0;
    if (!concerns(announce, desk) || !hall->desk[desk].ticket[0])
        return false;
    announce_tick(announce, now_us);
    struct announce_slot call = call_of(hall, desk, token);
    end_others(announce, &call, now_us);
    if (!renew(announce, &call, now_us) && (announce->nwaiting > 0 || !place_call(announce, &call, now_us)))
        wait_in_line(announce, &call);
    announce_tick(announce, now_us);
    return true;
}

void announce_end(struct announce *announce, int desk, const char *ticket, int64_t now_us)
{
    char written[TICKET_SIZE] = "";
    if (*ticket)
        hall_ticket(announce->config, ticket, written);
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used && is_call_of(&announce->slot[i], desk, written))
            end(&announce->slot[i], now_us);
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (is_call_of(&announce->waiting[i], desk, written))
            end(&announce->waiting[i], now_us);
    announce_tick(announce, now_us);
}

void announce_correct(struct announce *announce, int desk, int64_t now_us)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (announce->waiting[i].desk != desk)
            keep_waiting(announce, &kept, i);
        else
            leave(announce, &announce->waiting[i]);
    announce->nwaiting = (uint16_t)kept;
    announce_end(announce, desk, "", now_us);
}

bool announce_is_empty(const struct announce *announce)
{
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used)
            return false;
    return announce->nwaiting == 0;
}

/* ---- after a start --------------------------------------------------------------------------- */

static bool is_still_true(const struct hall *hall, const struct announce_slot *call)
{
    return !call->is_over && strcmp(hall->desk[call->desk].ticket, call->ticket) == 0;
}

static void keep_true_ones(struct announce *announce, const struct hall *hall)
{
    unsigned kept = 0, waiting = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_new && is_still_true(hall, &announce->slot[i]))
            move_slot(announce, i, kept++);
        else
            vacate(announce, &announce->slot[i]);
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (is_still_true(hall, &announce->waiting[i]))
            keep_waiting(announce, &waiting, i);
        else
            leave(announce, &announce->waiting[i]);
    announce->nwaiting = (uint16_t)waiting;
    announce->nslots = (uint16_t)layout_for(kept);
}

static void stand_newest(struct announce *announce, const struct hall *hall)
{
    for (unsigned i = 0; i < hall->nrecent; i++) {
        int desk = hall->recent[i].desk;
        if (!concerns(announce, desk) || hall->desk[desk].phase != PHASE_CALLED ||
            strcmp(hall->desk[desk].ticket, hall->recent[i].ticket) != 0)
            continue;
        announce->slot[0] = call_of(hall, desk, 0);
        announce->slot[0].is_used = true;
        return;
    }
}

void announce_restore(struct announce *announce, const struct hall *hall, int64_t now_us)
{
    announce_tick(announce, now_us);
    keep_true_ones(announce, hall);
    seat_waiting(announce, now_us);
    highlight_mark(announce, seen_us(announce, now_us));
    if (!announce->slot[0].is_used)
        stand_newest(announce, hall);
}

uint64_t announce_take_gone(struct announce *announce)
{
    return announce->ngone ? announce->gone[--announce->ngone] : 0;
}
