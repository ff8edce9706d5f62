/* Leaving a virtual terminal and coming back, on a kernel that the test plays. The signals are real. */
#include "drivers/screen/vt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/kd.h>
#include <linux/vt.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define TERMINAL 100 /* a descriptor that is none */

static struct {
    bool is_terminal, may_switch, may_draw;
    pid_t foreground; /* -1: not our session's */
    dev_t device;
    int text_mode, shown, reldisp;
    struct vt_mode switching;
    struct termios keys;
    unsigned flushes, activations;
} tty;

static int refuse(int error)
{
    errno = error;
    return -1;
}

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *at = va_arg(list, void *);
    va_end(list);
    assert_int_equal(fd, TERMINAL);
    if (!tty.is_terminal)
        return refuse(ENOTTY);
    switch (request) {
    case KDGETMODE: *(int *)at = tty.text_mode; return 0;
    case KDSETMODE:
        tty.text_mode = tty.may_draw ? (int)(intptr_t)at : tty.text_mode;
        return tty.may_draw ? 0 : refuse(EPERM);
    case VT_SETMODE:
        if (!tty.may_switch)
            return refuse(EPERM);
        tty.switching = *(struct vt_mode *)at;
        return 0;
    case VT_GETSTATE: ((struct vt_stat *)at)->v_active = (unsigned short)tty.shown; return 0;
    case VT_ACTIVATE:
        tty.activations++;
        tty.shown = (int)(intptr_t)at;
        return 0;
    case VT_RELDISP: tty.reldisp = (int)(intptr_t)at; return 0;
    default: fail_msg("request %lx", request); return -1;
    }
}

int __wrap_fstat(int fd, struct stat *stat);
int __wrap_fstat(int fd, struct stat *stat)
{
    assert_int_equal(fd, TERMINAL);
    stat->st_rdev = tty.device;
    return 0;
}

pid_t __wrap_tcgetpgrp(int fd);
pid_t __wrap_tcgetpgrp(int fd)
{
    assert_int_equal(fd, TERMINAL);
    return tty.foreground >= 0 ? tty.foreground : refuse(ENOTTY);
}

int __wrap_tcgetattr(int fd, struct termios *keys);
int __wrap_tcgetattr(int fd, struct termios *keys)
{
    assert_int_equal(fd, TERMINAL);
    *keys = tty.keys;
    return 0;
}

int __wrap_tcsetattr(int fd, int when, const struct termios *keys);
int __wrap_tcsetattr(int fd, int when, const struct termios *keys)
{
    assert_int_equal(fd, TERMINAL);
    tty.keys = *keys;
    tty.flushes += when == TCSAFLUSH;
    return 0;
}

#define LETTERS (ISIG | ICANON | ECHO | IEXTEN)

static int start(void **unused)
{
    (void)unused;
    memset(&tty, 0, sizeof tty);
    tty.is_terminal = tty.may_switch = tty.may_draw = true;
    tty.foreground = getpgrp();
    tty.device = makedev(4, 7);
    tty.shown = 7;
    tty.keys.c_lflag = LETTERS;
    tty.reldisp = -1;
    return 0;
}

static void assert_as_before(void)
{
    assert_int_equal(tty.text_mode, KD_TEXT);
    assert_int_equal(tty.switching.mode, VT_AUTO);
    assert_int_equal(tty.keys.c_lflag, LETTERS);
}

static enum vt_wish next_wish(struct vt *vt)
{
    struct pollfd wait = { .fd = vt_fd(vt), .events = POLLIN };
    assert_int_equal(poll(&wait, 1, 5000), 1);
    return vt_take(vt);
}

static void a_process_without_a_terminal_has_none(void **unused)
{
    (void)unused;
    bool is_shown = false;
    tty.is_terminal = false;
    assert_null(vt_open(TERMINAL, &is_shown));
    assert_true(is_shown);
    vt_close(NULL);
}

static void a_job_in_the_background_leaves_the_terminal_alone(void **unused)
{
    (void)unused;
    bool is_shown = false;
    tty.foreground = getpgrp() + 1;
    assert_null(vt_open(TERMINAL, &is_shown));
    assert_true(is_shown);
    assert_as_before();
}

static void a_terminal_that_may_not_be_ruled_is_left_as_it_was(void **unused)
{
    (void)unused;
    bool is_shown = false;
    tty.may_switch = false;
    assert_null(vt_open(TERMINAL, &is_shown));
    assert_as_before();
    tty.may_switch = true;
    tty.may_draw = false;
    assert_null(vt_open(TERMINAL, &is_shown));
    assert_true(is_shown);
    assert_as_before();
}

static void the_terminal_shows_no_text_makes_no_signals_and_asks_us_and_is_as_before_in_the_end(void **unused)
{
    (void)unused;
    bool is_shown = false;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    assert_non_null(vt);
    assert_true(is_shown);
    assert_int_equal(tty.text_mode, KD_GRAPHICS);
    assert_int_equal(tty.switching.mode, VT_PROCESS);
    assert_int_equal(tty.keys.c_lflag, IEXTEN);
    assert_int_equal(vt_take(vt), VT_NO_WISH);
    vt_close(vt);
    assert_as_before();
    assert_int_equal(tty.flushes, 1);
    assert_int_equal(tty.activations, 0);
}

/* The kernel returns it only when somebody switches terminals. */
static void one_that_a_killed_process_has_left_behind_is_text_in_the_end(void **unused)
{
    (void)unused;
    bool is_shown;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    __auto_type left = tty;
    vt_close(vt);
    tty = left;
    vt = vt_open(TERMINAL, &is_shown);
    assert_non_null(vt);
    vt_close(vt);
    assert_as_before();
}

static void one_that_is_not_our_sessions_is_ruled_too(void **unused)
{
    (void)unused;
    bool is_shown = false;
    tty.foreground = -1;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    assert_non_null(vt);
    vt_close(vt);
}

static void who_leaves_says_so_and_who_comes_back_too(void **unused)
{
    (void)unused;
    bool is_shown;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    kill(getpid(), tty.switching.relsig);
    assert_int_equal(next_wish(vt), VT_LEAVE);
    assert_int_equal(tty.reldisp, -1); /* the kernel waits until the screens are given away */
    vt_let_go(vt);
    assert_int_equal(tty.reldisp, 1);
    kill(getpid(), tty.switching.acqsig);
    assert_int_equal(next_wish(vt), VT_BACK);
    assert_int_equal(tty.reldisp, VT_ACKACQ);
    assert_int_equal(vt_take(vt), VT_NO_WISH);
    vt_close(vt);
}

/* Of two signals that wait the lower one is read first, whichever was sent first. */
static void who_comes_and_leaves_in_one_turn_of_the_loop_has_left(void **unused)
{
    (void)unused;
    bool is_shown;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    kill(getpid(), tty.switching.acqsig);
    kill(getpid(), tty.switching.relsig);
    assert_int_equal(next_wish(vt), VT_LEAVE);
    vt_let_go(vt);
    tty.shown = 2;
    tty.reldisp = -1;
    assert_int_equal(next_wish(vt), VT_NO_WISH);
    assert_int_equal(tty.reldisp, -1);
    vt_close(vt);
}

static void another_terminal_that_was_shown_comes_back_in_the_end(void **unused)
{
    (void)unused;
    bool is_shown = true;
    tty.shown = 1;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    assert_false(is_shown); /* the kernel says when */
    assert_int_equal(tty.shown, 7);
    kill(getpid(), tty.switching.acqsig);
    assert_int_equal(next_wish(vt), VT_BACK);
    vt_close(vt);
    assert_int_equal(tty.shown, 1);
    assert_as_before();
}

static void who_has_switched_elsewhere_meanwhile_stays_there(void **unused)
{
    (void)unused;
    bool is_shown;
    tty.shown = 1;
    struct vt *vt = vt_open(TERMINAL, &is_shown);
    tty.shown = 2;
    vt_close(vt);
    assert_int_equal(tty.shown, 2);
}

/* /dev/console is some terminal, a serial line is none. */
static void a_terminal_without_a_number_is_never_switched_to(void **unused)
{
    (void)unused;
    static const unsigned rows[][2] = { { 5, 1 }, { 4, 64 }, { 4, 0 } };
    for (size_t i = 0; i < 3; i++) {
        bool is_shown = false;
        tty.device = makedev(rows[i][0], rows[i][1]);
        tty.shown = 1;
        struct vt *vt = vt_open(TERMINAL, &is_shown);
        assert_non_null(vt);
        assert_true(is_shown);
        vt_close(vt);
        assert_int_equal(tty.activations, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_process_without_a_terminal_has_none, start),
        cmocka_unit_test_setup(a_job_in_the_background_leaves_the_terminal_alone, start),
        cmocka_unit_test_setup(a_terminal_that_may_not_be_ruled_is_left_as_it_was, start),
        cmocka_unit_test_setup(
            the_terminal_shows_no_text_makes_no_signals_and_asks_us_and_is_as_before_in_the_end, start),
        cmocka_unit_test_setup(one_that_a_killed_process_has_left_behind_is_text_in_the_end, start),
        cmocka_unit_test_setup(one_that_is_not_our_sessions_is_ruled_too, start),
        cmocka_unit_test_setup(who_leaves_says_so_and_who_comes_back_too, start),
        cmocka_unit_test_setup(who_comes_and_leaves_in_one_turn_of_the_loop_has_left, start),
        cmocka_unit_test_setup(another_terminal_that_was_shown_comes_back_in_the_end, start),
        cmocka_unit_test_setup(who_has_switched_elsewhere_meanwhile_stays_there, start),
        cmocka_unit_test_setup(a_terminal_without_a_number_is_never_switched_to, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
