/* The virtual terminal on which this process runs, if any: console_ioctl(2), VT_PROCESS. Private to drivers/screen.
 *
 * Whoever presses Ctrl-Alt-F2 asks this process first: it gives its screens away, says so, and the kernel switches; when
 * its terminal comes back, it takes them again. Meanwhile the kernel does not draw text on it (KD_GRAPHICS), and the keys of
 * a keyboard make no signals, so that Ctrl-C at the wall is nothing.
 *
 * Two real-time signals carry the kernel's wishes; they are blocked in the calling thread for good, and must be in every
 * thread: whoever starts one starts it with all signals blocked or from this thread. Children need an empty mask.
 *
 * If the process is killed, the kernel gives the screens to the console; at the next switch it finds nobody to ask, and
 * returns the terminal to text and to automatic switching by itself (drivers/tty/vt/vt_ioctl.c, change_console). A
 * service manager resets it sooner (systemd: TTYReset=yes).
 */
#pragma once

#include <stdbool.h>

enum vt_wish { VT_NO_WISH, VT_LEAVE, VT_BACK };

struct vt;
/* `fd` stays the caller's, and open. Shows that terminal, as X does; if another one was shown, is_shown is false until VT_BACK.
 * NULL: it is no virtual terminal, or we run in its background, or may not rule it. */
struct vt *vt_open(int fd, bool *is_shown);
/* Text again, automatic switching; back to the terminal that was shown before. Give the cards away first. NULL is fine. */
void vt_close(struct vt *vt);
int vt_fd(const struct vt *vt); /* readable: take */
/* One wish. VT_LEAVE: give the screens away, then vt_let_go(); nothing is switched until then. */
enum vt_wish vt_take(struct vt *vt);
void vt_let_go(struct vt *vt);
