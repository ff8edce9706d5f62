/* The bar of new calls, on a virtual clock that stops at every deadline, as the board's loop does. */
#include "tests/unit/announce_wall.h"

#include "board/hall/highlight.h"

/* "+" a bar is there, "-" it is not; one letter for each place in use. */
static const char *marks(const struct wall *wall)
{
    static char out[ANNOUNCE_SLOTS + 1];
    unsigned n = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (wall->announce.slot[i].is_used)
            out[n++] = wall->announce.slot[i].is_marked ? '+' : '-';
    out[n] = '\0';
    return out;
}

/* From deadline to deadline for so long; what the marks became at each, and when: " 500:-". */
static const char *watch(struct wall *wall, int64_t length_us)
{
    static char out[600];
    int64_t start_us = wall->now_us, until_us = start_us + length_us;
    size_t used = 0;
    out[0] = '\0';
    for (int64_t at_us; (at_us = announce_deadline_us(&wall->announce)) <= until_us;) {
        assert_true(at_us > wall->now_us);
        wall->now_us = at_us;
        assert_true(announce_tick(&wall->announce, at_us)); /* a deadline is never for nothing */
        used += (size_t)snprintf(out + used, sizeof out - used, " %lld:%s",
                                 (long long)(at_us - start_us) / 1000, marks(wall));
    }
    wall->now_us = until_us;
    announce_tick(&wall->announce, until_us);
    return out;
}

static int set_up_pulsing(void **state)
{
    set_up(state);
    ((struct wall *)*state)->announce.is_pulsing = true;
    return 0;
}

static void a_bar_is_there_at_once_comes_three_times_and_stays_away(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    assert_string_equal(marks(wall), "+");
    assert_string_equal(watch(wall, 7 * SECOND), " 500:- 1000:+ 1500:- 2000:+ 2500:-");
    assert_true(wall->announce.slot[0].is_new); /* and stands still, for the rest of its dwell */
    assert_int_equal(announce_deadline_us(&wall->announce), wall->announce.slot[0].until_us);
}

static void a_wall_that_is_steady_has_none(void **state)
{
    struct wall *wall = *state;
    wall->announce.is_pulsing = false;
    call(wall, 1, "А1");
    assert_string_equal(marks(wall), "-");
    assert_string_equal(watch(wall, 7 * SECOND), "");
}

/* However many calls there are, something comes or goes twice a second. */
static void all_bars_come_and_go_together(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    watch(wall, 300000);
    call(wall, 2, "А2");
    assert_string_equal(marks(wall), "+-"); /* it is new and inverse at once, its bar comes with the beat */
    assert_string_equal(watch(wall, 4 * SECOND), " 200:-- 700:++ 1200:-- 1700:++ 2200:-- 2700:-+ 3200:--");
    call(wall, 3, "А3");
    assert_string_equal(marks(wall), "--+"); /* nothing beats any more: at once again */
}

static void a_bar_never_comes_within_a_second_of_another(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    watch(wall, 2600000); /* its last bar has gone, but came only 0.6 s ago */
    call(wall, 2, "А2");
    assert_string_equal(marks(wall), "--");
    assert_string_equal(watch(wall, 3 * SECOND), " 400:-+ 900:-- 1400:-+ 1900:-- 2400:-+ 2900:--");
}

static void a_burst_is_one_beat(void **state)
{
    struct wall *wall = *state;
    for (int desk = 1; desk <= 8; desk++) {
        char ticket[8];
        snprintf(ticket, sizeof ticket, "Б%d", desk);
        call(wall, desk, ticket);
    }
    const char *seen = watch(wall, 3 * SECOND);
    assert_non_null(strstr(seen, " 500:--------"));
    assert_non_null(strstr(seen, " 1000:++++++++"));
    assert_non_null(strstr(seen, " 2500:--------"));
}

static void a_recall_beats_again(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    watch(wall, 3 * SECOND);
    recall(wall, 1);
    assert_string_equal(marks(wall), "+");
    assert_string_equal(watch(wall, 4 * SECOND), " 500:- 1000:+ 1500:- 2000:+ 2500:-");
}

/* An alert for a minute takes none of the beats away. */
static void beats_wait_while_nobody_can_see_the_wall(void **state)
{
    struct wall *wall = *state;
    call(wall, 1, "А1");
    watch(wall, 700000);
    announce_hide(&wall->announce, true, wall->now_us);
    assert_string_equal(watch(wall, 60 * SECOND), "");
    announce_hide(&wall->announce, false, wall->now_us);
    assert_string_equal(marks(wall), "-");
    assert_string_equal(watch(wall, 4 * SECOND), " 300:+ 800:- 1300:+ 1800:-");
}

static void a_bar_ends_with_its_dwell(void **state)
{
    struct wall *wall = *state;
    wall->announce.dwell_us = 1200000;
    call(wall, 1, "А1");
    assert_string_equal(watch(wall, 4 * SECOND), " 500:- 1000:+ 1200:-");
    assert_false(wall->announce.slot[0].is_new);
}

static void a_call_from_the_line_beats_when_its_turn_comes(void **state)
{
    struct wall *wall = *state;
    wall->announce.most = 1;
    call(wall, 1, "А1");
    call(wall, 2, "А2");
    watch(wall, 7 * SECOND);
    assert_string_equal(watch(wall, 3 * SECOND), " 1000:+ 1500:- 2000:+ 2500:- 3000:+");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_pulsing, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_bar_is_there_at_once_comes_three_times_and_stays_away),
        TEST(a_wall_that_is_steady_has_none),
        TEST(all_bars_come_and_go_together),
        TEST(a_bar_never_comes_within_a_second_of_another),
        TEST(a_burst_is_one_beat),
        TEST(a_recall_beats_again),
        TEST(beats_wait_while_nobody_can_see_the_wall),
        TEST(a_bar_ends_with_its_dwell),
        TEST(a_call_from_the_line_beats_when_its_turn_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
