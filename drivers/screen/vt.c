#include "drivers/screen/vt.h"

#include <errno.h>
#include <linux/kd.h>
#include <linux/major.h>
#include <linux/vt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#define SIGNAL_LEAVE (SIGRTMIN + 1)
#define SIGNAL_BACK  (SIGRTMIN + 2)
#define KEYS         ((tcflag_t)(ISIG | ICANON | ECHO)) /* what keys do on a terminal of text */

struct vt {
    int fd, signal_fd;
    int number; /* 7: /dev/tty7; 0 unknown */
    int shown;  /* before us, if it was another one; else 0 */
    struct termios keys;
    bool has_keys;
};

/* A job in the background of a shell would be stopped for touching the terminal. One that is not our session's does not care. */
static bool is_ours(int fd)
{
    pid_t foreground = tcgetpgrp(fd);
    return foreground < 0 || foreground == getpgrp();
}

static int number_of(int fd)
{
    struct stat stat;
    if (fstat(fd, &stat) < 0 || major(stat.st_rdev) != TTY_MAJOR || minor(stat.st_rdev) > MAX_NR_CONSOLES)
        return 0;
    return (int)minor(stat.st_rdev);
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGNAL_LEAVE);
    sigaddset(&set, SIGNAL_BACK);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Not as it was before: one of us that was killed has left it as we want it now. */
static void give_back(struct vt *vt)
{
    struct vt_mode mode = { .mode = VT_AUTO };
    ioctl(vt->fd, KDSETMODE, KD_TEXT);
    ioctl(vt->fd, VT_SETMODE, &mode);
    vt->keys.c_lflag |= KEYS;
    if (vt->has_keys)
        tcsetattr(vt->fd, TCSAFLUSH, &vt->keys); /* what was typed at the wall is not for the next shell */
}

static void mute_keys(struct vt *vt)
{
    vt->has_keys = tcgetattr(vt->fd, &vt->keys) == 0;
    struct termios keys = vt->keys;
    keys.c_lflag &= ~KEYS;
    if (vt->has_keys)
        tcsetattr(vt->fd, TCSANOW, &keys);
}

static bool take_over(struct vt *vt)
{
    struct vt_mode mode = { .mode = VT_PROCESS, .relsig = (short)SIGNAL_LEAVE, .acqsig = (short)SIGNAL_BACK };
    if (ioctl(vt->fd, VT_SETMODE, &mode) < 0)
        return false;
    if (ioctl(vt->fd, KDSETMODE, KD_GRAPHICS) == 0)
        return true;
    mode.mode = VT_AUTO;
    ioctl(vt->fd, VT_SETMODE, &mode);
    return false;
}

static bool is_still_shown(const struct vt *vt)
{
    struct vt_stat state;
    return ioctl(vt->fd, VT_GETSTATE, &state) == 0 && state.v_active == vt->number;
}

/* False: another one is shown now; the kernel's signal follows when it is ours. */
static bool show(struct vt *vt)
{
    struct vt_stat state;
    if (!vt->number || ioctl(vt->fd, VT_GETSTATE, &state) < 0 || state.v_active == vt->number)
        return true;
    vt->shown = state.v_active;
    ioctl(vt->fd, VT_ACTIVATE, vt->number);
    return false;
}

struct vt *vt_open(int fd, bool *is_shown)
{
    int mode;
    *is_shown = true;
    if (ioctl(fd, KDGETMODE, &mode) < 0 || !is_ours(fd))
        return NULL;
    struct vt *vt = calloc(1, sizeof *vt);
    if (!vt)
        return NULL;
    vt->fd = fd;
    vt->number = number_of(fd);
    vt->signal_fd = open_signals();
    if (vt->signal_fd >= 0 && take_over(vt)) {
        mute_keys(vt);
        *is_shown = show(vt);
        return vt;
    }
    if (vt->signal_fd >= 0)
        close(vt->signal_fd);
    free(vt);
    return NULL;
}

void vt_close(struct vt *vt)
{
    if (!vt)
        return;
    give_back(vt);
    if (vt->shown && is_still_shown(vt))
        ioctl(vt->fd, VT_ACTIVATE, vt->shown);
    close(vt->signal_fd);
    free(vt);
}

int vt_fd(const struct vt *vt)
{
    return vt->signal_fd;
}

enum vt_wish vt_take(struct vt *vt)
{
    struct signalfd_siginfo info;
    if (read(vt->signal_fd, &info, sizeof info) != (ssize_t)sizeof info)
        return VT_NO_WISH;
    if ((int)info.ssi_signo == SIGNAL_LEAVE)
        return VT_LEAVE;
    if (vt->number &&
        !is_still_shown(vt)) /* both waited, and this one is read last whichever was sent first */
        return VT_NO_WISH;
    ioctl(vt->fd, VT_RELDISP, VT_ACKACQ);
    return VT_BACK;
}

void vt_let_go(struct vt *vt)
{
    ioctl(vt->fd, VT_RELDISP, 1);
}
