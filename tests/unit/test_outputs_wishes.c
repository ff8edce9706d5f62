/* What others want of the outputs: whoever leaves the terminal or comes back, and screens whose televisions shall sleep. */
#include "tests/unit/outputs_fixture.h"

static void wish(enum vt_wish which)
{
    terminal_wish = which;
    eventfd_write(terminal_fd, 1);
}

static void get_terminal(bool is_shown)
{
    has_terminal = true;
    is_shown_at_first = is_shown;
    terminal_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

static void who_leaves_the_terminal_gives_the_cards_away_and_takes_them_when_back(void **unused)
{
    (void)unused;
    add_card(0, 1);
    add_card(1, 1);
    get_terminal(true);
    create();
    struct kms_card *card = outputs_enter(outputs, "HDMI-A-1");
    unsigned gives = node[0].gives;
    assert_false(outputs_is_away(outputs));
    wish(VT_LEAVE);
    UNTIL(outputs_is_away(outputs));
    assert_int_equal(changes, 1);
    assert_int_equal(gives_before_let_go, gives + 1);
    assert_int_equal(lets_go, 1);
    wish(VT_BACK);
    UNTIL(!outputs_is_away(outputs));
    assert_int_equal(changes, 2);
    outputs_leave(outputs, card, "HDMI-A-1");
    outputs_destroy(outputs);
    outputs = NULL;
    assert_int_equal(closes_before_text, 1);
}

static void displays_are_not_asked_while_another_terminal_is_shown(void **unused)
{
    (void)unused;
    get_terminal(false);
    create();
    assert_true(outputs_is_away(outputs));
    add_card(0, 1);
    outputs_probe(outputs);
    UNTIL(find("HDMI-A-1")); /* yet new cards are seen */
    say("drm");
    UNTIL(count_of(&node[0].looks) == 2);
    assert_int_equal(count_of(&node[0].probes), 0);
    wish(VT_BACK);
    UNTIL(count_of(&node[0].probes) == 1);
    assert_false(outputs_is_away(outputs));
}

static void
who_leaves_the_terminal_while_displays_are_asked_is_not_followed_by_another_question(void **unused)
{
    (void)unused;
    get_terminal(true);
    add_card(0, 1);
    create();
    move_gate(true);
    outputs_probe(outputs);
    turn(monotonic_us() + PATIENCE);
    wait_for_the_worker_to_ask();
    outputs_probe(outputs);
    const unsigned before = dispatches, nlooks = count_of(&node[0].looks);
    UNTIL(dispatches > before); /* the second wish is the worker's now */
    wish(VT_LEAVE);
    UNTIL(outputs_is_away(outputs));
    move_gate(false);
    UNTIL(count_of(&node[0].looks) > nlooks);
    assert_int_equal(count_of(&node[0].probes), 1);
}

static bool is_heard(const char *what)
{
    pthread_mutex_lock(&lock);
    bool is = strcmp(heard, what) == 0;
    pthread_mutex_unlock(&lock);
    return is;
}

static void wishes_over_cec_are_told_once_and_what_came_of_them(void **unused)
{
    (void)unused;
    add_card(1, 2);
    create();
    answer = "the TV did not answer";
    outputs_cec(outputs, "HDMI-A-11", false);
    UNTIL(find("HDMI-A-11")->cec[0]);
    assert_string_equal(find("HDMI-A-11")->cec, answer);
    assert_string_equal(find("HDMI-A-12")->cec, "");
    assert_int_equal(changes, 1);
    outputs_cec(outputs, "HDMI-A-11", false);
    outputs_cec(outputs, "HDMI-A-13", false); /* there is none */
    outputs_cec(outputs, "", false);
    node[1].real[0].current.width = 1920;
    outputs_probe(outputs);
    UNTIL(find("HDMI-A-11")->current.width == 1920);
    assert_string_equal(find("HDMI-A-11")->cec, answer); /* also in the new list */
    answer = "";
    outputs_cec(outputs, "HDMI-A-11", true);
    UNTIL(!find("HDMI-A-11")->cec[0]);
    assert_true(is_heard("1/111 off, 1/111 on, "));
    assert_int_equal(changes, 2);
}

/* It was off at the mains, and its plug is seen now. */
static void a_tv_that_did_not_hear_is_told_again_when_it_comes_and_one_that_did_is_not(void **unused)
{
    (void)unused;
    add_card(0, 2);
    create();
    answer = "the TV did not answer";
    outputs_cec(outputs, "HDMI-A-1", true);
    UNTIL(find("HDMI-A-1")->cec[0]);
    answer = "";
    outputs_cec(outputs, "HDMI-A-2", true);
    UNTIL(is_heard("0/1 on, 0/2 on, "));
    for (int row = 0; row < 3; row++) {
        pthread_mutex_lock(&lock);
        for (int i = 0; i < 2; i++)
            plug(&node[0].real[i], row % 2 ? OUTPUT_PLUGGED : OUTPUT_UNPLUGGED, row % 2);
        memcpy(node[0].known, node[0].real, sizeof node[0].known);
        pthread_mutex_unlock(&lock);
        changes = 0;
        say("drm");
        UNTIL(changes);
        UNTIL(!find("HDMI-A-1")->cec[0]);
    }
    UNTIL(count_of(&node[0].probes) == 2);
    assert_true(is_heard("0/1 on, 0/2 on, 0/1 on, "));
}

static void a_wish_without_its_card_is_told_when_the_card_is_back(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    node[0].read_error = -ENODEV;
    put_node(0, false);
    say("drm");
    UNTIL(!find("HDMI-A-1"));
    outputs_cec(outputs, "HDMI-A-1", true);
    add_card(0, 1);
    say("drm");
    UNTIL(is_heard("0/1 on, "));
}

/* The worker is busy for seconds; what was wished in between does not matter any more. */
static void only_the_newest_wish_counts(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    move_gate(true);
    outputs_cec(outputs, "HDMI-A-1", false);
    wait_for_the_worker_to_ask();
    outputs_cec(outputs, "HDMI-A-1", true);
    outputs_cec(outputs, "HDMI-A-1", false);
    outputs_cec(outputs, "HDMI-A-1", true);
    move_gate(false);
    UNTIL(is_heard("0/1 off, 0/1 on, "));
}

/* A transmission that the adapter never ends: it is left behind, with what it uses. */
static void who_ends_does_not_wait_for_a_television_for_ever(void **unused)
{
    (void)unused;
    add_card(0, 1);
    create();
    move_gate(true);
    outputs_cec(outputs, "HDMI-A-1", false);
    wait_for_the_worker_to_ask();
    outputs_cec(outputs, "HDMI-A-1", true);
    alarm(60);
    outputs_destroy(outputs);
    alarm(0);
    outputs = NULL;
    assert_true(is_heard(""));
    move_gate(false);
    while (!is_heard("0/1 off, "))
        usleep(1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(who_leaves_the_terminal_gives_the_cards_away_and_takes_them_when_back),
        TEST(displays_are_not_asked_while_another_terminal_is_shown),
        TEST(who_leaves_the_terminal_while_displays_are_asked_is_not_followed_by_another_question),
        TEST(wishes_over_cec_are_told_once_and_what_came_of_them),
        TEST(a_tv_that_did_not_hear_is_told_again_when_it_comes_and_one_that_did_is_not),
        TEST(a_wish_without_its_card_is_told_when_the_card_is_back),
        TEST(only_the_newest_wish_counts),
        TEST(who_ends_does_not_wait_for_a_television_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
