#include "board/hall/announce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000LL
#define DWELL  (8 * SECOND)
#define DESKS  12

struct wall {
    struct config *config;
    struct hall *hall;
    struct announce announce;
    int64_t now_us;
    uint64_t token;
};

static int set_up(void **state)
{
    struct wall *wall = calloc(1, sizeof *wall);
    wall->config = calloc(1, sizeof *wall->config);
    wall->hall = calloc(1, sizeof *wall->hall);
    wall->config->nlangs = 1;
    strcpy(wall->config->lang[0], "kk");
    wall->config->nzones = 2;
    for (int i = 0; i < DESKS; i++) {
        struct config_desk *desk = &wall->config->desk[wall->config->ndesks++];
        snprintf(desk->id, sizeof desk->id, "%d", i + 1);
        desk->zone = i == DESKS - 1; /* the last desk stands in the second zone */
        desk->agency = desk->bus = NONE;
    }
    hall_init(wall->hall, wall->config);
    announce_init(&wall->announce, wall->config, 1, DWELL);
    wall->now_us = 100 * SECOND;
    *state = wall;
    return 0;
}

static int tear_down(void **state)
{
    struct wall *wall = *state;
    free(wall->hall);
    free(wall->config);
    free(wall);
    return 0;
}

static int event(struct wall *wall, enum event_type type, int desk, const char *ticket)
{
    struct event event = { .type = (uint8_t)type, .seq = 1 };
    int index;
    snprintf(event.desk, sizeof event.desk, "%d", desk);
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    assert_true(hall_apply(wall->hall, &event, wall->now_us, &index) >= 0);
    return index;
}

static bool call(struct wall *wall, int desk, const char *ticket)
{
    int index = event(wall, EVENT_CALL, desk, ticket);
    return announce_call(&wall->announce, wall->hall, index, ++wall->token, wall->now_us);
}

static void recall(struct wall *wall, int desk)
{
    int index = event(wall, EVENT_RECALL, desk, "");
    assert_true(announce_call(&wall->announce, wall->hall, index, ++wall->token, wall->now_us));
}

static void serve(struct wall *wall, int desk, const char *ticket)
{
    int index = event(wall, EVENT_SERVE, desk, ticket);
    announce_end(&wall->announce, index, ticket, wall->now_us);
}

/* Desks 1..count call А1, А2 … */
static void rush(struct wall *wall, int count)
{
    char ticket[16];
    for (int i = 1; i <= count; i++) {
        snprintf(ticket, sizeof ticket, "А%d", i);
        assert_true(call(wall, i, ticket));
    }
}

static bool pass(struct wall *wall, int64_t us)
{
    return announce_tick(&wall->announce, wall->now_us += us);
}

/* "2: 5*А1 7 А2 +1": places, then desk and ticket in each (* new), then how many wait. */
static void assert_wall(const struct wall *wall, const char *wanted)
{
    char seen[512];
    const struct announce *announce = &wall->announce;
    int used = snprintf(seen, sizeof seen, "%u:", announce->nslots);
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_used)
            used += snprintf(seen + used, sizeof seen - (size_t)used, " %d%s%s", announce->slot[i].desk + 1,
                             announce->slot[i].is_new ? "*" : "-", announce->slot[i].ticket);
    if (announce->nwaiting)
        snprintf(seen + used, sizeof seen - (size_t)used, " +%u", announce->nwaiting);
    assert_string_equal(seen, wanted);
}

/* ---- one after the other --------------------------------------------------------------------- */

static void a_call_is_new_for_its_dwell_and_then_stands_dark(void **state)
{
    struct wall *wall = *state;
    assert_wall(wall, "1:");
    assert_true(call(wall, 3, "А1"));
    assert_wall(wall, "1: 3*А1");
    assert_int_equal(announce_deadline_us(&wall->announce), wall->now_us + DWELL);
    assert_false(pass(wall, DWELL - 1));
    assert_wall(wall, "1: 3*А1");
    assert_true(pass(wall, 1));
    assert_wall(wall, "1: 3-А1");
    assert_true(announce_deadline_us(&wall->announce) == INT64_MAX);
    assert_false(pass(wall, 3600 * SECOND));
    assert_wall(wall, "1: 3-А1");
}

static void a_newer_call_takes_the_place_of_a_dark_one(void **state)
{
    struct wall *wall = *state;
    call(wall, 3, "А1");
    pass(wall, DWELL);
    call(wall, 4, "А2");
    assert_wall(wall, "1: 4*А2");
}

static void a_desk_of_another_zone_is_not_ours(void **state)
{
    struct wall *wall = *state;
    assert_false(call(wall, DESKS, "А1"));
    assert_wall(wall, "1:");
    assert_false(announce_call(&wall->announce, wall->hall, NONE, 1, wall->now_us));
    assert_false(announce_call(&wall->announce, wall->hall, 0, 1, wall->now_us)); /* calls nobody */
}

static void a_panel_carries_what_the_call_said(void **state)
{
    struct wall *wall = *state;
    struct event told = { .type = EVENT_CALL, .seq = 1, .lane = LANE_BOOKED, .desk = "2", .ticket = "К7" };
    int desk;
    strcpy(told.booked_at, "10:30");
    strcpy(told.from, "5");
    hall_apply(wall->hall, &told, wall->now_us, &desk);
    announce_call(&wall->announce, wall->hall, desk, 77, wall->now_us);
    const struct announce_slot *slot = &wall->announce.slot[0];
    assert_int_equal(slot->lane, LANE_BOOKED);
    assert_string_equal(slot->booked_at, "10:30");
    assert_int_equal(slot->from, 4);
    assert_int_equal(slot->token, 77);
    assert_false(slot->is_recall);
}

/* ---- together -------------------------------------------------------------------------------- */

static void calls_that_arrive_together_share_the_wall(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    assert_wall(wall, "2: 1*А1 2*А2");
    call(wall, 3, "А3");
    call(wall, 4, "А4");
    assert_wall(wall, "4: 1*А1 2*А2 3*А3 4*А4");
    call(wall, 5, "А5");
    assert_wall(wall, "8: 1*А1 2*А2 3*А3 4*А4 5*А5");
}

static void the_wall_is_large_again_after_a_rush(void **state)
{
    struct wall *wall = *state;
    rush(wall, 5);
    pass(wall, DWELL);
    assert_int_equal(wall->announce.nslots, 8);
    call(wall, 6, "Б");
    assert_wall(wall, "1: 6*Б");
}

static void the_layout_shrinks_only_as_far_as_new_panels_allow(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    pass(wall, 4 * SECOND);
    call(wall, 3, "А3");
    pass(wall, 4 * SECOND);
    assert_wall(wall, "4: 1-А1 2-А2 3*А3");
    call(wall, 4, "А4");
    assert_wall(wall, "4: 4*А4 2-А2 3*А3");
    pass(wall, 4 * SECOND);
    call(wall, 5, "А5");
    assert_wall(wall, "2: 4*А4 5*А5");
}

static void the_ninth_waits_and_comes_in_order(void **state)
{
    struct wall *wall = *state;
    rush(wall, 11);
    assert_wall(wall, "8: 1*А1 2*А2 3*А3 4*А4 5*А5 6*А6 7*А7 8*А8 +3");
    assert_true(pass(wall, DWELL));
    assert_wall(wall, "4: 9*А9 10*А10 11*А11");
    assert_false(pass(wall, DWELL - 1));
}

static void a_wall_with_fewer_places_lets_calls_wait_earlier(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 2;
    rush(wall, 5);
    assert_wall(wall, "2: 1*А1 2*А2 +3");
    pass(wall, DWELL);
    assert_wall(wall, "2: 3*А3 4*А4 +1");
    pass(wall, DWELL);
    assert_wall(wall, "1: 5*А5");
    wall->announce.most = 1;
    call(wall, 6, "А6");
    assert_wall(wall, "1: 5*А5 +1");
}

static void a_full_waiting_room_is_counted(void **state)
{
    struct wall *wall = *state;
    char ticket[8];
    for (int i = 0; i < ANNOUNCE_SLOTS + ANNOUNCE_WAITING + 3; i++) {
        snprintf(ticket, sizeof ticket, "А%d", i);
        assert_true(call(wall, 1, ticket));
    }
    assert_int_equal(wall->announce.nwaiting, ANNOUNCE_WAITING);
    assert_int_equal(wall->announce.overflowed, 3);
}

/* ---- again ----------------------------------------------------------------------------------- */

static void a_recall_renews_the_panel_in_place(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    pass(wall, 7 * SECOND);
    recall(wall, 1);
    assert_wall(wall, "2: 1*А1 2*А2");
    assert_true(wall->announce.slot[0].is_recall);
    assert_int_equal(wall->announce.slot[0].token, wall->token);
    assert_int_equal(wall->announce.superseded, 1);
    wall->announce.slot[0].token = 0; /* a picture carries it */
    recall(wall, 1);
    assert_int_equal(wall->announce.superseded, 0);
    pass(wall, 7 * SECOND);
    assert_wall(wall, "2: 1*А1 2-А2");
}

static void a_recall_of_a_waiting_call_keeps_its_turn(void **state)
{
    struct wall *wall = *state;
    rush(wall, 11);
    recall(wall, 9);
    assert_int_equal(wall->announce.nwaiting, 3);
    pass(wall, DWELL);
    assert_wall(wall, "4: 9*А9 10*А10 11*А11");
    assert_int_equal(wall->announce.slot[0].token, wall->token);
    assert_int_equal(wall->announce.slot[0].until_us, wall->now_us + DWELL);
}

static void a_recall_of_a_dark_panel_stands_once(void **state)
{
    struct wall *wall = *state;
    rush(wall, 4);
    pass(wall, 4 * SECOND);
    recall(wall, 1);
    recall(wall, 2);
    pass(wall, 4 * SECOND);
    assert_wall(wall, "4: 1*А1 2*А2 3-А3 4-А4");
    recall(wall, 4);
    assert_wall(wall, "4: 1*А1 2*А2 3-А3 4*А4");
}

static void a_desk_that_calls_its_next_visitor_shows_both_in_order(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    pass(wall, SECOND);
    call(wall, 1, "А2");
    assert_wall(wall, "2: 1*А1 1*А2");
    pass(wall, 7 * SECOND);
    assert_wall(wall, "2: 1-А1 1*А2");
    pass(wall, SECOND);
    assert_wall(wall, "1: 1-А2");
}

static void a_visitor_who_is_sent_on_has_one_desk(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    pass(wall, SECOND);
    call(wall, 2, "А1");
    assert_wall(wall, "2: 1*А1 2*А1");
    pass(wall, DWELL);
    assert_wall(wall, "1: 2-А1");
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void a_visit_that_ends_keeps_its_dwell(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    pass(wall, SECOND);
    serve(wall, 1, "А1");
    assert_wall(wall, "1: 1*А1");
    pass(wall, 7 * SECOND);
    assert_wall(wall, "1:");
}

static void a_dark_panel_leaves_when_its_visit_ends(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    pass(wall, DWELL);
    serve(wall, 1, "A1"); /* a Latin keyboard */
    assert_wall(wall, "1:");
}

static void nobody_moves_while_a_later_panel_is_new(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    pass(wall, SECOND);
    call(wall, 3, "А3");
    serve(wall, 1, "");
    pass(wall, 7 * SECOND);
    assert_wall(wall, "4: 1-А1 2-А2 3*А3");
    pass(wall, SECOND);
    assert_wall(wall, "2: 2-А2 3-А3");
}

/* ---- after a start --------------------------------------------------------------------------- */

static void after_a_start_the_newest_call_stands_dark(void **state)
{
    struct wall *wall = *state;
    event(wall, EVENT_CALL, 1, "А1");
    event(wall, EVENT_CALL, 2, "А2");
    event(wall, EVENT_CALL, DESKS, "А3");
    announce_restore(&wall->announce, wall->hall, wall->now_us);
    assert_wall(wall, "1: 2-А2");
    assert_int_equal(wall->announce.slot[0].token, 0);
    assert_true(announce_deadline_us(&wall->announce) == INT64_MAX);
}

static void an_adoption_cuts_nothing_short_that_is_still_true(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    pass(wall, SECOND);
    struct state_desk desk = { .desk = "1", .ticket = "А7", .phase = PHASE_CALLED };
    hall_set_desk(wall->hall, &desk, wall->now_us);
    announce_restore(&wall->announce, wall->hall, wall->now_us);
    assert_wall(wall, "1: 2*А2");
}

static void a_served_visitor_is_not_put_back_on_the_wall(void **state)
{
    struct wall *wall = *state;
    event(wall, EVENT_CALL, 1, "А1");
    event(wall, EVENT_SERVE, 1, "А1");
    announce_restore(&wall->announce, wall->hall, wall->now_us);
    assert_wall(wall, "1:");
}

/* ---- random arrivals ------------------------------------------------------------------------- */

#define STEPS 400

struct life { /* of one call, by token */
    int64_t shown_us, dark_us;
    int place;
    uint64_t turn;    /* in the order of calls; a recall in place keeps it */
    bool is_replaced; /* a recall took over */
};
struct trial {
    struct wall *wall;
    struct life life[STEPS + 1];
    uint32_t random;
};

static uint32_t dice(struct trial *trial, uint32_t sides)
{
    trial->random = trial->random * 1664525u + 1013904223u;
    return (trial->random >> 8) % sides;
}

static void watch_slot(struct trial *trial, unsigned place)
{
    const struct announce_slot *slot = &trial->wall->announce.slot[place];
    struct life *life = &trial->life[slot->token];
    if (!slot->is_used || !slot->is_new)
        return;
    if (life->place < 0) {
        life->place = (int)place;
        life->shown_us = trial->wall->now_us;
    }
    assert_int_equal(life->place, place); /* nobody moves while new */
    life->dark_us = slot->until_us;
}

/* Nobody is shown before those who were called earlier. */
static void watch_order(const struct trial *trial)
{
    uint64_t last = 0;
    for (uint64_t token = 1; token <= trial->wall->token; token++)
        if (trial->life[token].place >= 0 && trial->life[token].turn > last)
            last = trial->life[token].turn;
    for (uint64_t token = 1; token <= trial->wall->token; token++) {
        const struct life *life = &trial->life[token];
        assert_true(life->place >= 0 || life->is_replaced || life->turn > last);
    }
}

static bool is_featured(const struct announce *announce, uint64_t token)
{
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_new && announce->slot[i].token == token)
            return true;
    return false;
}

static void watch_dwell(const struct trial *trial)
{
    for (uint64_t token = 1; token <= trial->wall->token; token++) {
        const struct life *life = &trial->life[token];
        if (life->place >= 0 && !life->is_replaced && life->dark_us > trial->wall->now_us)
            assert_true(is_featured(&trial->wall->announce, token));
    }
}

static void watch(struct trial *trial)
{
    const struct announce *announce = &trial->wall->announce;
    unsigned used = 0, lit = 0;
    while (used < ANNOUNCE_SLOTS && announce->slot[used].is_used)
        used++;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++) {
        assert_true(i < used || !announce->slot[i].is_used);
        lit += announce->slot[i].is_new;
        watch_slot(trial, i);
    }
    assert_true(announce->nslots == 1 || announce->nslots == 2 || announce->nslots == 4 ||
                announce->nslots == 8);
    assert_true(used <= announce->nslots);
    assert_true(announce->nwaiting == 0 || lit == announce->most);
    assert_true((announce_deadline_us(announce) == INT64_MAX) == (lit == 0));
    assert_int_equal(announce->overflowed, 0);
    watch_dwell(trial);
}

static uint64_t token_of(const struct wall *wall, int desk)
{
    const char *ticket = wall->hall->desk[desk].ticket;
    const struct announce *announce = &wall->announce;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (announce->slot[i].is_new && announce->slot[i].desk == desk &&
            strcmp(announce->slot[i].ticket, ticket) == 0)
            return announce->slot[i].token;
    for (unsigned i = 0; i < announce->nwaiting; i++)
        if (announce->waiting[i].desk == desk && strcmp(announce->waiting[i].ticket, ticket) == 0)
            return announce->waiting[i].token;
    return 0;
}

static void random_recall(struct trial *trial, int desk)
{
    struct wall *wall = trial->wall;
    announce_tick(&wall->announce, wall->now_us);
    uint64_t renewed = token_of(wall, desk);
    if (!wall->hall->desk[desk].ticket[0])
        return;
    recall(wall, desk + 1);
    if (!renewed)
        return;
    trial->life[wall->token] = trial->life[renewed];
    trial->life[renewed].is_replaced = true;
}

static void random_step(struct trial *trial)
{
    struct wall *wall = trial->wall;
    char ticket[16];
    int desk = (int)dice(trial, DESKS - 1);
    uint32_t what = dice(trial, 10);
    int64_t deadline_us = announce_deadline_us(&wall->announce);
    wall->now_us += dice(trial, 4) ? (int64_t)dice(trial, 3 * SECOND) : 0;
    if (dice(trial, 3) == 0 && deadline_us > wall->now_us && deadline_us != INT64_MAX)
        wall->now_us = deadline_us;
    snprintf(ticket, sizeof ticket, "А%llu", (unsigned long long)wall->token + 1);
    if (what < 6)
        call(wall, desk + 1, ticket);
    else if (what < 8)
        random_recall(trial, desk);
    else
        serve(wall, desk + 1, "");
    if (dice(trial, 2))
        announce_tick(&wall->announce, wall->now_us);
}

static void run_out(struct trial *trial)
{
    struct wall *wall = trial->wall;
    for (int i = 0; announce_deadline_us(&wall->announce) != INT64_MAX; i++) {
        assert_true(i < 1000);
        wall->now_us = announce_deadline_us(&wall->announce);
        assert_true(announce_tick(&wall->announce, wall->now_us)); /* a deadline is never for nothing */
        watch(trial);
        watch_order(trial);
    }
}

static void run_trial(struct wall *wall, uint32_t seed)
{
    struct trial trial = { .wall = wall, .random = seed };
    wall->token = 0;
    hall_init(wall->hall, wall->config);
    announce_init(&wall->announce, wall->config, 1, DWELL);
    wall->announce.most = seed % 4 ? 8 : 4;
    for (unsigned i = 0; i <= STEPS; i++)
        trial.life[i] = (struct life){ .place = -1, .turn = i };
    for (unsigned i = 0; i < STEPS; i++) {
        random_step(&trial);
        watch(&trial);
        watch_order(&trial);
    }
    run_out(&trial);
    for (uint64_t token = 1; token <= wall->token; token++) {
        assert_true(trial.life[token].place >= 0 || trial.life[token].is_replaced); /* no call lost */
        assert_true(trial.life[token].is_replaced ||
                    trial.life[token].dark_us - trial.life[token].shown_us >= DWELL);
    }
}

static void random_arrivals_lose_shorten_and_move_nothing(void **state)
{
    for (uint32_t seed = 1; seed <= 100; seed++)
        run_trial(*state, seed);
}

/* ---- chime ----------------------------------------------------------------------------------- */

static void a_first_call_sounds_at_once(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    assert_true(chime_gate_deadline_us(&gate) == INT64_MAX);
    assert_false(chime_gate_turn(&gate, 5 * SECOND, &turn));
    chime_gate_ask(&gate, 1, false, 15 * SECOND, 5 * SECOND);
    assert_true(chime_gate_deadline_us(&gate) <= 5 * SECOND);
    assert_true(chime_gate_turn(&gate, 5 * SECOND, &turn));
    assert_int_equal(turn.ntokens, 1);
    assert_int_equal(turn.token[0], 1);
    assert_false(turn.is_recall);
}

static void calls_within_four_seconds_merge_into_the_next_chime(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_ask(&gate, 1, false, 20 * SECOND, 5 * SECOND);
    chime_gate_turn(&gate, 5 * SECOND, &turn);
    chime_gate_ask(&gate, 2, true, 20 * SECOND, 6 * SECOND);
    chime_gate_ask(&gate, 3, false, 20 * SECOND, 7 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 9 * SECOND);
    assert_false(chime_gate_turn(&gate, 9 * SECOND - 1, &turn));
    assert_true(chime_gate_turn(&gate, 9 * SECOND, &turn));
    assert_int_equal(turn.ntokens, 2);
    assert_int_equal(turn.token[0], 2);
    assert_int_equal(turn.token[1], 3);
    assert_false(turn.is_recall); /* one of them is a first call */
    assert_false(chime_gate_turn(&gate, 30 * SECOND, &turn));
}

static void recalls_alone_sound_as_a_recall(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_ask(&gate, 1, false, 6 * SECOND, 5 * SECOND);
    chime_gate_ask(&gate, 2, true, 20 * SECOND, 5 * SECOND);
    assert_true(chime_gate_turn(&gate, 7 * SECOND, &turn));
    assert_true(turn.is_recall); /* the first call came too late */
    assert_int_equal(turn.nlate, 1);
    assert_int_equal(turn.late[0], 1);
}

static void a_request_that_grew_old_is_given_back(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_busy_until(&gate, 20 * SECOND);
    chime_gate_ask(&gate, 1, false, 10 * SECOND, 5 * SECOND);
    chime_gate_ask(&gate, 2, false, 30 * SECOND, 5 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 10 * SECOND + 1);
    assert_false(chime_gate_turn(&gate, 10 * SECOND, &turn));
    assert_int_equal(turn.nlate, 0);
    assert_false(chime_gate_turn(&gate, 10 * SECOND + 1, &turn));
    assert_int_equal(turn.nlate, 1);
    assert_int_equal(turn.late[0], 1);
    assert_int_equal(chime_gate_deadline_us(&gate), 20 * SECOND);
    assert_true(chime_gate_turn(&gate, 20 * SECOND, &turn));
    assert_int_equal(turn.token[0], 2);
}

static void a_long_melody_holds_the_gate(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    chime_gate_ask(&gate, 1, false, 99 * SECOND, 1 * SECOND);
    chime_gate_turn(&gate, 1 * SECOND, &turn);
    chime_gate_busy_until(&gate, 2 * SECOND); /* shorter than the gap */
    chime_gate_ask(&gate, 2, false, 99 * SECOND, 2 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 5 * SECOND);
    chime_gate_busy_until(&gate, 7 * SECOND);
    assert_int_equal(chime_gate_deadline_us(&gate), 7 * SECOND);
}

static void a_full_gate_says_so(void **state)
{
    (void)state;
    struct chime_gate gate = { 0 };
    struct chime_turn turn;
    for (unsigned i = 0; i < CHIME_MERGE_MAX; i++)
        assert_true(chime_gate_ask(&gate, i + 1, false, 99 * SECOND, SECOND));
    assert_false(chime_gate_ask(&gate, 99, false, 99 * SECOND, SECOND));
    assert_true(chime_gate_turn(&gate, SECOND, &turn));
    assert_int_equal(turn.ntokens, CHIME_MERGE_MAX);
    assert_int_equal(turn.token[CHIME_MERGE_MAX - 1], CHIME_MERGE_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_new_for_its_dwell_and_then_stands_dark),
        TEST(a_newer_call_takes_the_place_of_a_dark_one),
        TEST(a_desk_of_another_zone_is_not_ours),
        TEST(a_panel_carries_what_the_call_said),
        TEST(calls_that_arrive_together_share_the_wall),
        TEST(the_wall_is_large_again_after_a_rush),
        TEST(the_layout_shrinks_only_as_far_as_new_panels_allow),
        TEST(the_ninth_waits_and_comes_in_order),
        TEST(a_wall_with_fewer_places_lets_calls_wait_earlier),
        TEST(a_full_waiting_room_is_counted),
        TEST(a_recall_renews_the_panel_in_place),
        TEST(a_recall_of_a_waiting_call_keeps_its_turn),
        TEST(a_recall_of_a_dark_panel_stands_once),
        TEST(a_desk_that_calls_its_next_visitor_shows_both_in_order),
        TEST(a_visitor_who_is_sent_on_has_one_desk),
        TEST(a_visit_that_ends_keeps_its_dwell),
        TEST(a_dark_panel_leaves_when_its_visit_ends),
        TEST(nobody_moves_while_a_later_panel_is_new),
        TEST(after_a_start_the_newest_call_stands_dark),
        TEST(an_adoption_cuts_nothing_short_that_is_still_true),
        TEST(a_served_visitor_is_not_put_back_on_the_wall),
        TEST(random_arrivals_lose_shorten_and_move_nothing),
        cmocka_unit_test(a_first_call_sounds_at_once),
        cmocka_unit_test(calls_within_four_seconds_merge_into_the_next_chime),
        cmocka_unit_test(recalls_alone_sound_as_a_recall),
        cmocka_unit_test(a_request_that_grew_old_is_given_back),
        cmocka_unit_test(a_long_melody_holds_the_gate),
        cmocka_unit_test(a_full_gate_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
