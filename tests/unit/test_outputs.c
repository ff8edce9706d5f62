/* The list of outputs on a machine whose cards, displays and uevents are the test's. */
#include "tests/unit/outputs_fixture.h"

static void a_machine_without_cards_has_no_outputs_yet(void **unused)
{
    (void)unused;
    create();
    assert_int_equal(outputs_count(outputs), 0);
    assert_null(find("HDMI-A-1"));
    assert_string_equal(outputs_trouble(outputs), "");
    assert_int_equal(outputs_version(outputs, "HDMI-A-1"), 0);
    assert_int_equal(outputs_version(outputs, ""), 0);
    assert_false(outputs_dispatch(outputs));
}

static void cards_that_are_there_are_listed_at_once_and_need_no_probe(void **unused)
{
    (void)unused;
    add_card(0, 0);
    node[0].open_error = -ENODEV; /* it renders only */
    add_card(1, 2);
    add_card(2, 1);
    create();
    assert_int_equal(outputs_count(outputs), 3);
    assert_string_equal(find("HDMI-A-12")->card, "card1");
    assert_int_equal(find("HDMI-A-21")->state, OUTPUT_PLUGGED);
    assert_false(find("HDMI-A-21")->is_used);
    assert_string_equal(find("HDMI-A-21")->cec, "");
    assert_string_equal(outputs_trouble(outputs), "");
    assert_int_not_equal(outputs_version(outputs, "HDMI-A-11"), 0);
    while (turn(monotonic_us() + 1000))
        assert_in_range(dispatches, 1, 3); /* the worker of card0 leaves; nothing else is due */
    assert_int_equal(changes, 0);
    assert_int_equal(count_of(&node[1].probes), 0);
}

/* The kernel may not have asked since the boot. */
static void a_card_on_which_nothing_is_plugged_is_asked_once(void **unused)
{
    (void)unused;
    add_card(0, 1);
    plug(&node[0].known[0], OUTPUT_UNPLUGGED, false);
    create();
    assert_int_equal(find("HDMI-A-1")->state, OUTPUT_UNPLUGGED);
    UNTIL(find("HDMI-A-1")->state == OUTPUT_PLUGGED);
    assert_int_equal(changes, 1);
    assert_int_equal(count_of(&node[0].probes), 1);
}

static void a_card_that_comes_later_is_found_when_the_kernel_says_so(void **unused)
{
    (void)unused;
    create();
    add_card(1, 1);
    say("drm");
    UNTIL(find("HDMI-A-11"));
    assert_true(changes >= 1);
    assert_int_not_equal(outputs_version(outputs, "HDMI-A-11"), 0);
}

static void a_card_of_which_nobody_speaks_is_found_by_a_probe(void **unused)
{
    (void)unused;
    create();
    add_card(1, 1);
    outputs_probe(outputs);
    UNTIL(find("HDMI-A-11"));
    assert_int_equal(changes, 1);
}

/* Its node belongs to root until udev has set the group; udev's own message comes then. */
static void a_card_that_is_denied_is_opened_when_udev_is_done(void **unused)
{
    (void)unused;
    create();
    add_card(0, 1);
    node[0].open_error = -EACCES;
    say("drm");
    UNTIL(outputs_trouble(outputs)[0]);
    assert_string_equal(outputs_trouble(outputs), "/dev/dri/card0: Permission denied");
    assert_true(changes >= 1);
    node[0].open_error = 0;
    say("drm");
    UNTIL(find("HDMI-A-1"));
    assert_string_equal(outputs_trouble(outputs), "");
}

static void a_display_that_is_plugged_is_asked_and_the_screens_hear_of_it(void **unused)
{
    (void)unused;
    add_card(0, 2);
    plug(&node[0].known[0], OUTPUT_UNPLUGGED, false);
    create();
    const uint32_t first = outputs_version(outputs, "HDMI-A-1"), other = outputs_version(outputs, "HDMI-A-2");
    plug(&node[0].known[0], OUTPUT_WAKING, false); /* the kernel sees the plug, and has no modes yet */
    say("drm");
    UNTIL(find("HDMI-A-1")->state == OUTPUT_WAKING);
    const uint32_t waking = outputs_version(outputs, "HDMI-A-1");
    assert_int_not_equal(waking, first);
    UNTIL(find("HDMI-A-1")->state == OUTPUT_PLUGGED);
    assert_int_not_equal(outputs_version(outputs, "HDMI-A-1"), waking);
    assert_int_equal(outputs_version(outputs, "HDMI-A-2"), other);
    assert_string_equal(find("HDMI-A-1")->monitor, "Samsung UE55");
    assert_int_equal(changes, 2);
}

static void an_event_that_changes_nothing_is_no_change(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    const uint32_t before = outputs_version(outputs, "HDMI-A-1");
    node[0].known[0].current = node[0].real[0].current =
        node[0].real[0].mode[0]; /* our own screen did that */
    say("drm");
    UNTIL(count_of(&node[0].probes) == 1 && count_of(&node[0].looks) == 2);
    assert_int_equal(changes, 0);
    assert_int_equal(outputs_version(outputs, "HDMI-A-1"), before);
    assert_int_equal(find("HDMI-A-1")->current.width, 1920);
}

static void events_of_other_devices_are_none(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    say("usb");
    UNTIL(dispatches == 2); /* it was heard, and there is silence again */
    assert_int_equal(count_of(&node[0].looks), 1);
    assert_int_equal(count_of(&node[0].probes), 0);
}

static void whatever_a_screen_would_choose_by_is_a_change(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    struct output *now = &node[0].real[0];
    for (int row = 0; row < 7; row++) {
        const uint32_t before = outputs_version(outputs, "HDMI-A-1");
        pthread_mutex_lock(&lock);
        switch (row) {
        case 0: now->nmodes = 2; break;
        case 1: now->mode[1].height = 7; break;
        case 2: now->mode[1].is_preferred = true; break;
        case 3: now->has_edid = false; break;
        case 4: strcpy(now->monitor, "LG TV"); break;
        case 5: now->width_mm = 1210; break;
        default: now->state = OUTPUT_UNPLUGGED;
        }
        node[0].known[0] = *now;
        pthread_mutex_unlock(&lock);
        say("drm");
        changes = 0;
        UNTIL(outputs_version(outputs, "HDMI-A-1") != before);
        assert_int_equal(changes, 1);
    }
}

static void who_holds_the_card_is_a_change_but_not_another_display(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    const uint32_t before = outputs_version(outputs, "HDMI-A-1");
    snprintf(node[0].real[0].held_by, sizeof node[0].real[0].held_by, "Xorg (pid 812)");
    outputs_probe(outputs);
    UNTIL(find("HDMI-A-1")->held_by[0]);
    assert_int_equal(changes, 1);
    assert_int_equal(outputs_version(outputs, "HDMI-A-1"), before);
}

static void a_card_that_goes_stays_open_until_its_screens_have_left(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    struct kms_card *card = outputs_enter(outputs, "HDMI-A-1");
    assert_non_null(card);
    const uint32_t before = outputs_version(outputs, "HDMI-A-1");
    node[0].read_error = -ENODEV;
    put_node(0, false);
    say("drm");
    UNTIL(!find("HDMI-A-1"));
    assert_int_equal(changes, 1);
    assert_int_not_equal(outputs_version(outputs, "HDMI-A-1"), before);
    assert_null(outputs_enter(outputs, "HDMI-A-1"));
    assert_int_equal(count_of(&node[0].closes), 0);
    outputs_leave(outputs, card, "HDMI-A-1");
    outputs_probe(outputs);
    UNTIL(count_of(&node[0].closes) == 1);
}

/* A graphics adapter on USB, pulled and plugged between two looks. */
static void another_card_in_its_place_is_opened_at_once(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    struct kms_card *card = outputs_enter(outputs, "HDMI-A-1");
    const uint32_t before = outputs_version(outputs, "HDMI-A-1");
    add_card(0, 2);
    say("drm");
    UNTIL(find("HDMI-A-2"));
    struct kms_card *other = outputs_enter(outputs, "HDMI-A-1");
    assert_non_null(other);
    assert_ptr_not_equal(other, card);
    outputs_leave(outputs, card, "HDMI-A-1");
    assert_true(find("HDMI-A-1")->is_used); /* the other screen's */
    UNTIL(count_of(&node[0].closes) == 1);
    assert_int_not_equal(outputs_version(outputs, "HDMI-A-1"),
                         before); /* the same display, yet not on that card */
    outputs_leave(outputs, other, "HDMI-A-1");
    assert_false(find("HDMI-A-1")->is_used);
}

static void a_card_is_given_away_by_the_last_screen_on_it(void **unused)
{
    (void)unused;
    add_card(0, 2);
    create();
    unsigned gives = node[0].gives;
    assert_null(outputs_enter(outputs, "HDMI-A-3"));
    struct kms_card *card = outputs_enter(outputs, "HDMI-A-1");
    assert_ptr_equal(outputs_enter(outputs, "HDMI-A-2"), card);
    assert_true(find("HDMI-A-1")->is_used && find("HDMI-A-2")->is_used);
    outputs_leave(outputs, card, "HDMI-A-1");
    assert_true(!find("HDMI-A-1")->is_used && find("HDMI-A-2")->is_used);
    assert_int_equal(node[0].gives, gives);
    outputs_leave(outputs, card, "HDMI-A-2");
    assert_int_equal(node[0].gives, gives + 1);
    assert_int_equal(count_of(&node[0].closes), 0);
    card = outputs_enter(outputs, "HDMI-A-2");
    node[0].real[0].current.width = 1920;
    outputs_probe(outputs);
    UNTIL(find("HDMI-A-1")->current.width == 1920);
    assert_true(!find("HDMI-A-1")->is_used && find("HDMI-A-2")->is_used); /* also in the new list */
    outputs_leave(outputs, card, "HDMI-A-2");
}

/* Displays take seconds to answer, and a card may go meanwhile. */
static void the_loop_never_waits_for_a_display_and_no_card_is_closed_under_the_worker(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    move_gate(true);
    outputs_probe(outputs);
    assert_true(turn(monotonic_us() + PATIENCE));
    wait_for_the_worker_to_ask();
    node[0].read_error = -ENODEV;
    put_node(0, false);
    say("drm");
    assert_true(turn(monotonic_us() + PATIENCE));
    assert_non_null(find("HDMI-A-1")); /* not looked at yet */
    move_gate(false);
    UNTIL(count_of(&node[0].closes) == 1);
    assert_null(find("HDMI-A-1"));
}

/* A driver that hangs in open() keeps its own card, and nobody else. */
static void a_card_that_hangs_while_it_is_opened_lets_the_others_be_shown(void **unused)
{
    (void)unused;
    add_card(0, 1);
    node[0].hangs_in_open = true;
    add_card(1, 1);
    create();
    assert_null(find("HDMI-A-1"));
    assert_int_equal(find("HDMI-A-11")->state, OUTPUT_PLUGGED);
    outputs_probe(outputs);
    UNTIL(count_of(&node[1].probes) == 1);
    assert_int_equal(count_of(&node[0].opens), 1); /* it is not opened a second time meanwhile */
    let_open(0);
    UNTIL(find("HDMI-A-1"));
    assert_int_equal(find("HDMI-A-1")->state, OUTPUT_PLUGGED);
}

static void a_card_that_goes_while_it_hangs_is_closed_when_it_does_not_any_more(void **unused)
{
    (void)unused;
    add_card(0, 1);
    node[0].hangs_in_open = true;
    create();
    put_node(0, false);
    node[0].read_error = -ENODEV;
    say("drm");
    assert_true(turn(monotonic_us() + PATIENCE));
    let_open(0);
    UNTIL(count_of(&node[0].closes) == 1);
    assert_int_equal(outputs_count(outputs), 0);
}

static void wishes_for_probes_are_one_a_second(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    int64_t started_us = monotonic_us();
    for (int i = 0; i < 100; i++)
        outputs_probe(outputs);
    UNTIL(count_of(&node[0].probes) == 1);
    for (int i = 0; i < 100; i++)
        outputs_probe(outputs);
    UNTIL(count_of(&node[0].probes) == 2);
    assert_in_range(monotonic_us() - started_us, 1000000, PATIENCE);
}

static void a_storm_of_events_costs_ten_looks_a_second(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    int64_t started_us = monotonic_us(), ended_us = started_us + 600000;
    while (monotonic_us() < ended_us) {
        for (int i = 0; i < 20; i++)
            if (send(event_fd[0], "change@/x\0SUBSYSTEM=drm", 24, MSG_DONTWAIT) < 0)
                break;
        turn(monotonic_us() + 1000);
    }
    unsigned tenths = (unsigned)((monotonic_us() - started_us) / 100000) + 1;
    assert_in_range(count_of(&node[0].looks), 3, 1 + tenths + count_of(&node[0].probes));
    assert_in_range(count_of(&node[0].probes), 1, 1 + tenths / 10);
    assert_in_range(dispatches, 3, 4 * tenths);
}

static void a_display_without_an_edid_is_asked_again_until_it_answers(void **unused)
{
    (void)unused;
    add_card(0, 1);
    plug(&node[0].known[0], OUTPUT_UNPLUGGED, false);
    plug(&node[0].real[0], OUTPUT_PLUGGED, false);
    create();
    UNTIL(find("HDMI-A-1")->state == OUTPUT_PLUGGED);
    assert_int_equal(find("HDMI-A-1")->mode[0].width, 1024);
    int64_t started_us = monotonic_us();
    pthread_mutex_lock(&lock);
    plug(&node[0].real[0], OUTPUT_PLUGGED, true);
    pthread_mutex_unlock(&lock);
    UNTIL(find("HDMI-A-1")->has_edid);
    assert_in_range(monotonic_us() - started_us, 1500000, PATIENCE);
    assert_int_equal(count_of(&node[0].probes), 2);
    assert_false(turn(monotonic_us() + 1)); /* nothing more is due */
}

static void more_outputs_than_the_list_holds_are_left_out(void **unused)
{
    (void)unused;
    add_card(0, CONNECTORS);
    add_card(2, 2); /* no name twice, whichever card is found first */
    create();
    assert_int_equal(outputs_count(outputs), OUTPUTS_MAX);
    for (unsigned i = 0; i < OUTPUTS_MAX; i++)
        assert_ptr_equal(outputs_find(outputs, outputs_at(outputs, i)->name), outputs_at(outputs, i));
}

static void rename_all(unsigned first)
{
    pthread_mutex_lock(&lock);
    for (unsigned i = 0; i < node[0].nconnectors; i++)
        snprintf(node[0].real[i].name, sizeof node[0].real[i].name, "DP-%u", first + i);
    memcpy(node[0].known, node[0].real, sizeof node[0].known);
    pthread_mutex_unlock(&lock);
}

/* Those of daisy-chained DisplayPorts change with each plug. */
static void names_that_never_come_back_are_forgotten_in_the_end(void **unused)
{
    (void)unused;
    add_card(0, OUTPUTS_MAX);
    create();
    for (unsigned first = 0; first < 5 * OUTPUTS_MAX; first += OUTPUTS_MAX) {
        char name[32];
        snprintf(name, sizeof name, "DP-%u", first);
        rename_all(first);
        say("drm");
        UNTIL(find(name));
        assert_int_not_equal(outputs_version(outputs, name), 0);
    }
    assert_int_equal(outputs_version(outputs, "DP-0"), 0);
    const uint32_t newest = outputs_version(outputs, "DP-64");
    rename_all(0);
    say("drm");
    UNTIL(find("DP-0"));
    assert_true(outputs_version(outputs, "DP-0") > newest); /* never a number that it had before */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_machine_without_cards_has_no_outputs_yet),
        TEST(cards_that_are_there_are_listed_at_once_and_need_no_probe),
        TEST(a_card_on_which_nothing_is_plugged_is_asked_once),
        TEST(a_card_that_comes_later_is_found_when_the_kernel_says_so),
        TEST(a_card_of_which_nobody_speaks_is_found_by_a_probe),
        TEST(a_card_that_is_denied_is_opened_when_udev_is_done),
        TEST(a_display_that_is_plugged_is_asked_and_the_screens_hear_of_it),
        TEST(an_event_that_changes_nothing_is_no_change),
        TEST(events_of_other_devices_are_none),
        TEST(whatever_a_screen_would_choose_by_is_a_change),
        TEST(who_holds_the_card_is_a_change_but_not_another_display),
        TEST(a_card_that_goes_stays_open_until_its_screens_have_left),
        TEST(another_card_in_its_place_is_opened_at_once),
        TEST(a_card_is_given_away_by_the_last_screen_on_it),
        TEST(the_loop_never_waits_for_a_display_and_no_card_is_closed_under_the_worker),
        TEST(a_card_that_hangs_while_it_is_opened_lets_the_others_be_shown),
        TEST(a_card_that_goes_while_it_hangs_is_closed_when_it_does_not_any_more),
        TEST(wishes_for_probes_are_one_a_second),
        TEST(a_storm_of_events_costs_ten_looks_a_second),
        TEST(a_display_without_an_edid_is_asked_again_until_it_answers),
        TEST(more_outputs_than_the_list_holds_are_left_out),
        TEST(names_that_never_come_back_are_forgotten_in_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
