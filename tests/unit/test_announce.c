#include "tests/unit/announce_wall.h"

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

/* A clerk who recalls again and again would otherwise keep the wall for himself. */
static void a_recall_while_others_wait_gets_in_line(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 1;
    rush(wall, 2);
    assert_wall(wall, "1: 1*А1 +1");
    pass(wall, 7 * SECOND);
    recall(wall, 1);
    assert_int_equal(wall->announce.superseded, 0); /* its own panel stands */
    recall(wall, 1);
    assert_int_equal(wall->announce.superseded, 3); /* merged with the one in line */
    assert_wall(wall, "1: 1*А1 +2");
    pass(wall, SECOND);
    assert_wall(wall, "1: 2*А2 +1");
    pass(wall, DWELL);
    assert_wall(wall, "1: 1*А1");
    assert_int_equal(wall->announce.slot[0].token, 4);
}

static void a_recall_in_line_lets_others_pass_while_it_is_featured(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 4;
    call(wall, 1, "А1");
    pass(wall, SECOND);
    call(wall, 2, "А2");
    pass(wall, 6 * SECOND);
    call(wall, 3, "А3");
    call(wall, 4, "А4");
    call(wall, 5, "А5");
    recall(wall, 4);
    call(wall, 6, "А6");
    assert_wall(wall, "4: 1*А1 2*А2 3*А3 4*А4 +3");
    pass(wall, SECOND);
    assert_wall(wall, "4: 5*А5 2*А2 3*А3 4*А4 +2");
    pass(wall, SECOND);
    assert_wall(wall, "4: 5*А5 6*А6 3*А3 4*А4 +1");
    pass(wall, 6 * SECOND);
    assert_wall(wall, "4: 5*А5 6*А6 3-А3 4*А4");
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

/* ---- over, or unseen ------------------------------------------------------------------------- */

static void a_call_in_line_that_is_over_too_long_is_not_featured(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 1;
    rush(wall, 9); /* the last one's turn would come after 64 s */
    serve(wall, 8, "");
    serve(wall, 9, "");
    for (int i = 2; i < 8; i++)
        pass(wall, DWELL);
    assert_wall(wall, "1: 7*А7 +2");
    assert_int_equal(announce_deadline_us(&wall->announce), wall->now_us + DWELL);
    pass(wall, 4 * SECOND);
    assert_wall(wall, "1: 7*А7 +2"); /* at 52 s there is time for a dwell */
    pass(wall, 1);
    assert_wall(wall, "1: 7*А7");
}

static void a_call_in_line_that_is_still_true_waits_for_ever(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 1;
    rush(wall, 11);
    for (int i = 1; i < 11; i++)
        pass(wall, DWELL);
    assert_wall(wall, "1: 11*А11");
}

static void a_dark_panel_that_is_over_leaves_its_place_empty_in_the_end(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    serve(wall, 1, "");
    for (int i = 0; i < 10; i++) {
        pass(wall, 6 * SECOND - (i == 9));
        recall(wall, 2);
    }
    assert_wall(wall, "2: 1-А1 2*А2");
    assert_int_equal(announce_deadline_us(&wall->announce), wall->now_us + 1);
    assert_true(pass(wall, 1));
    assert_wall(wall, "2: 2*А2");
    assert_true(pass(wall, DWELL));
    assert_wall(wall, "1: 2-А2");
}

static void time_stands_still_while_nobody_can_see_the_wall(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    pass(wall, 3 * SECOND);
    announce_hide(&wall->announce, true, wall->now_us);
    assert_true(announce_deadline_us(&wall->announce) == INT64_MAX);
    pass(wall, 100 * SECOND);
    call(wall, 2, "А2");
    pass(wall, 100 * SECOND);
    announce_hide(&wall->announce, false, wall->now_us);
    assert_wall(wall, "2: 1*А1 2*А2");
    pass(wall, 5 * SECOND - 1);
    assert_wall(wall, "2: 1*А1 2*А2");
    pass(wall, 1);
    assert_wall(wall, "2: 1-А1 2*А2");
    pass(wall, 3 * SECOND);
    assert_wall(wall, "2: 1-А1 2-А2");
}

static void what_was_over_before_it_could_be_seen_is_not_featured(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 2;
    announce_hide(&wall->announce, true, wall->now_us);
    rush(wall, 5);
    pass(wall, SECOND);
    serve(wall, 1, "");
    call(wall, 4, "Б4");
    announce_hide(&wall->announce, false, wall->now_us);
    assert_wall(wall, "2: 3*А3 2*А2 +2");
    pass(wall, DWELL);
    assert_wall(wall, "2: 5*А5 4*Б4");
}

static void what_a_snapshot_says_to_be_over_does_not_wait(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 1;
    rush(wall, 3);
    announce_correct(&wall->announce, 1, wall->now_us);
    assert_wall(wall, "1: 1*А1 +1");
    announce_correct(&wall->announce, 0, wall->now_us);
    assert_wall(wall, "1: 1*А1 +1"); /* keeps its dwell */
    pass(wall, DWELL);
    assert_wall(wall, "1: 3*А3");
    assert_false(announce_is_empty(&wall->announce));
    announce_correct(&wall->announce, 2, wall->now_us);
    pass(wall, DWELL);
    assert_true(announce_is_empty(&wall->announce));
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
        TEST(a_recall_while_others_wait_gets_in_line),
        TEST(a_recall_in_line_lets_others_pass_while_it_is_featured),
        TEST(a_recall_of_a_dark_panel_stands_once),
        TEST(a_desk_that_calls_its_next_visitor_shows_both_in_order),
        TEST(a_visitor_who_is_sent_on_has_one_desk),
        TEST(a_visit_that_ends_keeps_its_dwell),
        TEST(a_dark_panel_leaves_when_its_visit_ends),
        TEST(nobody_moves_while_a_later_panel_is_new),
        TEST(a_call_in_line_that_is_over_too_long_is_not_featured),
        TEST(a_call_in_line_that_is_still_true_waits_for_ever),
        TEST(a_dark_panel_that_is_over_leaves_its_place_empty_in_the_end),
        TEST(time_stands_still_while_nobody_can_see_the_wall),
        TEST(what_was_over_before_it_could_be_seen_is_not_featured),
        TEST(what_a_snapshot_says_to_be_over_does_not_wait),
        TEST(after_a_start_the_newest_call_stands_dark),
        TEST(an_adoption_cuts_nothing_short_that_is_still_true),
        TEST(a_served_visitor_is_not_put_back_on_the_wall),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
