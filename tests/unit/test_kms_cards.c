/* Screens on graphics cards: several of them, what the hall file may get wrong, and other programs. */
#include "tests/unit/kms_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- several screens ------------------------------------------------------------------------- */

static void two_screens_on_one_card_flip_as_they_like(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    open_wall(&hall);
    open_wall(&side);
    show(&hall, 1);
    for (uint8_t i = 2; i < 10; i++) {
        const unsigned flips = hall.nflips;

        assert_int_equal(commit(&hall), 0);
        show(&side, i); /* its dispatch may read the event of the other */
        while (hall.nflips == flips)
            wait_flip(&hall);
        assert_int_equal(hall.nflips, flips + 1);
        assert_int_equal(hall.flip.frame, i);
        assert_int_equal(side.flip.frame, i - 1);
        assert_int_equal(shown_byte(other), i);
    }
    assert_int_equal(card->nmodesets, 2);
    shut(&side);
    show(&hall, 77);
    assert_int_equal(shown_byte(hdmi), 77);
}

static void a_flip_that_comes_after_its_screen_was_closed_is_nobody_s(void **state)
{
    struct wall side = second_wall();
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    (void)state;
    drm_double_plug(other, "Side", 1, &hd);
    open_wall(&hall);
    open_wall(&side);
    show(&side, 1);
    assert_int_equal(commit(&side), 0);
    shut(&side); /* waits for the vblank; its event is in the descriptor of the other */
    assert_true(card->nevents > 0);
    show(&hall, 2);
    assert_int_equal(side.nflips, 1);
}

static void the_crtc_that_others_need_is_left_to_them(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    other->possible_crtcs = 1; /* the first only */
    drm_double_plug(other, "Side", 1, &hd);
    open_wall(&hall);
    open_wall(&side);
    show(&hall, 1);
    show(&side, 2);
    assert_int_equal(hdmi->crtc_id, card->crtc[1].id);
    assert_int_equal(other->crtc_id, card->crtc[0].id);
    shut(&side);
}

static void a_display_keeps_the_crtc_of_the_boot(void **state)
{
    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    drm_double_boot(card, other, &hd); /* the first CRTC */
    drm_double_boot(card, hdmi, &full_hd);
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(hdmi->crtc_id, card->crtc[1].id);
    assert_int_equal(card->nmodesets, 0);
    assert_true(card->crtc[0].is_active);
}

static void a_boot_that_cloned_its_picture_is_parted(void **state)
{
    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    drm_double_boot(card, hdmi, &hd);
    other->crtc_id = hdmi->crtc_id;
    open_wall(&hall);
    show(&hall, 1);
    assert_int_equal(shown_byte(hdmi), 1);
    assert_int_equal(other->crtc_id, 0);
}

/* A connector that leaves a CRTC draws it into its commit, and the kernel sends an event for each. */
static void the_event_of_a_crtc_that_was_left_is_no_flip(void **state)
{
    struct wall side = second_wall();
    struct double_connector *other = drm_double_connector(card, HDMI, 2);
    struct screen_buffer back;

    (void)state;
    drm_double_plug(other, "Side", 1, &hd);
    drm_double_boot(card, hdmi, &hd);
    other->crtc_id = hdmi->crtc_id;
    open_wall(&hall);
    open_wall(&side);
    assert_int_equal(begin(&side, &back), 0);
    assert_int_equal(commit(&side), 0);
    drm_double_crtc(card, other)->due_ns += UINT64_C(50000000);
    wait_readable(&side);
    screen_kms.dispatch(side.screen);
    assert_int_equal(side.nflips, 0);
    wait_flip(&side);
    show(&side, 2);
    shut(&side);
}

static void more_displays_than_the_card_can_drive_are_refused(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_connector *other = drm_double_connector(card, HDMI, 2);

    drm_double_plug(other, "Side", 1, &hd);
    hdmi->possible_crtcs = other->possible_crtcs = 1;
    open_wall(&hall);
    assert_int_equal(try_open(&side), -ENOSPC);
    assert_says(side.error, "HDMI-A-2: the card drives no more displays at once");
    show(&hall, 1);
}

static void two_screens_on_one_output_are_refused(void **state)
{
    struct wall side = second_wall();

    (void)state;
    strcpy(side.config.output, "HDMI-A-1");
    open_wall(&hall);
    assert_int_equal(try_open(&side), -EINVAL);
    assert_says(side.error, "HDMI-A-1 is in use by another screen");
    show(&hall, 1);
}

static void screens_on_several_cards_are_found_by_name(void **state)
{
    struct wall side = second_wall();

    (void)state;
    struct double_card *render = drm_double_add("card1", 0); /* no connectors */
    struct double_card *usb = drm_double_add("card2", 1);
    struct double_connector *dp = drm_double_connector(usb, DP, 1);

    drm_double_plug(dp, "Side", 1, &hd);
    strcpy(side.config.output, "DP-1");
    open_wall(&hall);
    open_wall(&side);
    show(&hall, 1);
    show(&side, 2);
    assert_int_equal(drm_double_byte(drm_double_shown(usb, dp), 0), 2);
    assert_int_equal(shown_byte(hdmi), 1);
    assert_int_equal(render->ncommits, 0);
    assert_int_equal(outputs_count(outputs), 2);
    shut(&side);
}

/* ---- what the hall file may get wrong -------------------------------------------------------- */

static void an_output_that_is_not_there_is_named_with_those_that_are(void **state)
{
    (void)state;
    drm_double_connector(card, DP, 1);
    strcpy(hall.config.output, "HDMI-A-2");
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_string_equal(hall.error, "no output HDMI-A-2; this machine has HDMI-A-1, DP-1");
}

static void a_machine_without_a_card_says_so(void **state)
{
    (void)state;
    drm_double_remove(card);
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "no output HDMI-A-1: no graphics card yet");

    drm_double_return(card); /* fifteen seconds after the service */
    outputs_double_renew(outputs);
    open_wall(&hall);
    show(&hall, 1);
}

static void a_card_that_may_not_be_opened_names_the_group(void **state)
{
    (void)state;
    drm_double_fail(card, CALL_OPEN, EACCES, 1);
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "/dev/dri/card0: permission denied; add the user to group video");
}

static void a_card_that_may_not_be_opened_is_named_beside_those_that_may(void **state)
{
    (void)state;
    struct double_card *denied = drm_double_add("card1", 1);

    strcpy(hall.config.output, "DP-1");
    drm_double_fail(denied, CALL_OPEN, EACCES, 1);
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "no output DP-1; this machine has HDMI-A-1; /dev/dri/card1: permission denied");
}

static void a_card_without_dumb_buffers_says_so(void **state)
{
    (void)state;
    card->has_dumb = false;
    assert_int_equal(try_open(&hall), -ENODEV);
    assert_says(hall.error, "/dev/dri/card0: its driver has no buffers that programs can paint into");
}

static void impossible_rotations_are_refused(void **state)
{
    (void)state;
    hall.config.rotation = 45;
    assert_int_equal(try_open(&hall), -EINVAL);
    assert_says(hall.error, "a rotation of 0, 90, 180 or 270, not 45");
    hall.config.rotation = 360;
    assert_int_equal(try_open(&hall), -EINVAL);
    hall.config.rotation = 0;
    hall.config.output[0] = '\0';
    assert_int_equal(try_open(&hall), -EINVAL);
    assert_says(hall.error, "such as HDMI-A-1");
}

/* ---- other programs -------------------------------------------------------------------------- */

/* Something that has the node open, by another name than ours. */
static pid_t start_holder(void)
{
    char node[80];
    int ready[2];

    snprintf(node, sizeof(node), "%s/card0", drm_double_folder());
    assert_int_equal(pipe(ready), 0);
    const pid_t pid = fork();

    if (pid == 0) {
        const int fd = open(node, O_RDONLY), comm = open("/proc/self/comm", O_WRONLY);

        if (write(comm, "Xorg", 4) == 4 && fd >= 0 && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    char byte;

    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    return pid;
}

static void stop_holder(pid_t pid)
{
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void a_program_that_holds_the_card_is_named(void **state)
{
    char expected[100];
    const pid_t pid = start_holder();

    (void)state;
    drm_double_usurp(card, true);
    const int status = try_open(&hall);

    stop_holder(pid);
    assert_int_equal(status, -EBUSY);
    snprintf(expected, sizeof(expected), "HDMI-A-1: held by Xorg (pid %d); stop it", (int)pid);
    assert_string_equal(hall.error, expected);
    snprintf(expected, sizeof(expected), "Xorg (pid %d)", (int)pid);
    assert_string_equal(outputs_find(outputs, "HDMI-A-1")->held_by, expected);

    drm_double_usurp(card, false);
    outputs_double_renew(outputs);
    assert_string_equal(outputs_find(outputs, "HDMI-A-1")->held_by, "");
    open_wall(&hall);
    show(&hall, 1);
}

static void a_card_that_is_taken_away_is_taken_back_when_it_is_free(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    drm_double_usurp(card, true);
    assert_int_equal(commit(&hall), -EAGAIN);
    assert_int_equal(look(&hall).state, SCREEN_AWAY);
    assert_says(look(&hall).detail, "HDMI-A-1: held by another program; stop it");
    assert_int_equal(begin(&hall, &back), -EAGAIN);

    const pid_t pid = start_holder(); /* it is looked for where the displays are asked */

    outputs_double_renew(outputs);
    stop_holder(pid);
    assert_says(look(&hall).detail, "HDMI-A-1: held by Xorg (pid ");

    drm_double_usurp(card, false);
    card->plane[0].fb_id = 1; /* the other program's last picture */
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 1);
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

static void without_root_a_card_that_was_opened_too_early_is_opened_again(void **state)
{
    (void)state;
    card->is_unprivileged = true;
    hdmi->known = hdmi->display; /* the boot has asked it */
    drm_double_usurp(card, true);
    assert_int_equal(try_open(&hall), -EBUSY);
    drm_double_usurp(card, false);
    open_wall(&hall); /* before anybody asks its displays */
    show(&hall, 1);
    assert_int_equal(shown_byte(hdmi), 1);
}

static void the_console_gets_the_screen_and_gives_it_back(void **state)
{
    struct screen_buffer back;

    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    const unsigned commits = card->ncommits;

    outputs_log.is_away = true;
    kms_card_give(outputs_enter(outputs, "HDMI-A-1")); /* as vt.c does */
    assert_int_equal(look(&hall).state, SCREEN_AWAY);
    assert_says(look(&hall).detail, "the console has it");
    assert_int_equal(begin(&hall, &back), -EAGAIN);
    assert_int_equal(commit(&hall), -EAGAIN);
    assert_int_equal(card->ncommits, commits);
    card->crtc[0].mode = hd; /* the console's */
    card->plane[0].fb_id = 1;

    outputs_log.is_away = false;
    assert_int_equal(look(&hall).state, SCREEN_SHOWN);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 1);
    assert_int_equal(drm_double_crtc(card, hdmi)->mode.hdisplay, 1920);
    show(&hall, 2);
    outputs_log.nentered--; /* of the enter above; the card leaves with outputs */
}

static void while_the_console_has_the_screens_none_is_opened(void **state)
{
    (void)state;
    outputs = outputs_create();
    outputs_log.is_away = true;
    assert_int_equal(try_open(&hall), -EBUSY);
    assert_says(hall.error, "the console has it until its terminal is shown again");
}

static void a_flip_that_is_still_under_way_is_no_loss(void **state)
{
    (void)state;
    open_wall(&hall);
    show(&hall, 1);
    drm_double_fail(card, CALL_FLIP, EBUSY, 1);
    assert_int_equal(commit(&hall), -EBUSY); /* the wall asks again soon: nothing waits */
    show(&hall, 2);
    assert_int_equal(shown_byte(hdmi), 2);
    assert_int_equal(card->nmodesets, 1);
    assert_int_equal(card->nblocking, 0);
}

/* A frame that begins with 2 and whose flip is lost, three seconds ago. */
static void lose_flip(void)
{
    struct screen_buffer back;

    skipped_s = -3;
    open_wall(&hall);
    show(&hall, 1);
    card->is_lost_flip = true;
    assert_int_equal(begin(&hall, &back), 0);
    memset(back.pixels, 2, back.stride);
    assert_int_equal(commit(&hall), 0);
    assert_int_equal(begin(&hall, &back), -EBUSY);
    skipped_s = 0;
    card->is_lost_flip = false;
}

static void a_frame_whose_flip_never_comes_is_sent_again(void **state)
{
    struct screen_buffer back;

    (void)state;
    lose_flip();
    assert_int_equal(begin(&hall, &back), -EBUSY);
    wait_flip(&hall);
    assert_int_equal(shown_byte(hdmi), 2);
    show(&hall, 3);
    assert_int_equal(shown_byte(hdmi), 3);
}

/* The flip that is told is of the newest frame: then that one has to be what visitors see. */
static void a_frame_whose_flip_was_lost_is_shown_when_the_card_is_ours_again(void **state)
{
    struct screen_buffer back;

    (void)state;
    lose_flip();
    drm_double_usurp(card, true);
    begin(&hall, &back);
    drm_double_usurp(card, false);
    assert_int_equal(begin(&hall, &back), -EBUSY);
    wait_flip(&hall);
    assert_int_equal(hall.flip.frame, 2);
    assert_int_equal(shown_byte(hdmi), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_BOTH(two_screens_on_one_card_flip_as_they_like),
        TEST(a_flip_that_comes_after_its_screen_was_closed_is_nobody_s),
        TEST(the_crtc_that_others_need_is_left_to_them),
        TEST(a_display_keeps_the_crtc_of_the_boot),
        TEST(a_boot_that_cloned_its_picture_is_parted),
        TEST(the_event_of_a_crtc_that_was_left_is_no_flip),
        TEST(more_displays_than_the_card_can_drive_are_refused),
        TEST(two_screens_on_one_output_are_refused),
        TEST(screens_on_several_cards_are_found_by_name),
        TEST(an_output_that_is_not_there_is_named_with_those_that_are),
        TEST(a_machine_without_a_card_says_so),
        TEST(a_card_that_may_not_be_opened_names_the_group),
        TEST(a_card_that_may_not_be_opened_is_named_beside_those_that_may),
        TEST(a_card_without_dumb_buffers_says_so),
        TEST(impossible_rotations_are_refused),
        TEST(a_program_that_holds_the_card_is_named),
        TEST_BOTH(a_card_that_is_taken_away_is_taken_back_when_it_is_free),
        TEST(without_root_a_card_that_was_opened_too_early_is_opened_again),
        TEST(the_console_gets_the_screen_and_gives_it_back),
        TEST(while_the_console_has_the_screens_none_is_opened),
        TEST(a_flip_that_is_still_under_way_is_no_loss),
        TEST_BOTH(a_frame_whose_flip_never_comes_is_sent_again),
        TEST_BOTH(a_frame_whose_flip_was_lost_is_shown_when_the_card_is_ours_again),
    };

    return cmocka_run_group_tests_name("kms cards", tests, NULL, NULL);
}
