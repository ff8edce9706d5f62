#include "drivers/screen/outputs_parts.h"

#include "drivers/clock.h"
#include "drivers/screen/uevent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SUBSYSTEM      "drm"
#define DEAF_US        INT64_C(100000)
#define PROBE_PAUSE_US INT64_C(1000000) /* between the starts of two probes */
#define NEVER          INT64_MAX
#define FIRST_LOOK_US  INT64_C(500000)
#define LAST_WAIT_US   INT64_C(2000000) /* at the end, for what still hangs */

/* Pauses before a display that has no modes or no EDID yet is asked again: 2, 4 and 8 s after the event. */
static const int64_t pauses_us[] = { 2000000, 2000000, 4000000 };
#define AGAIN (sizeof pauses_us / sizeof pauses_us[0])

/* ---- when to look, and when to ask ----------------------------------------------------------- */

static void look(struct outputs *outputs)
{
    outputs->is_look_wanted = false;
    cards_read(outputs, false);
    cards_scan(outputs);
}

/* While another has the screens its displays are not ours to ask; there may be new cards all the same. */
static void start_probe(struct outputs *outputs, int64_t now_us)
{
    outputs->is_probe_wanted = false;
    outputs->probe_us = now_us + PROBE_PAUSE_US;
    if (!outputs->is_away)
        cards_read(outputs, true);
    cards_scan(outputs);
}

static void ask_again(struct outputs *outputs, int64_t now_us)
{
    bool is_any_silent = false;
    for (unsigned i = 0; i < outputs->count; i++)
        is_any_silent |= outputs->list[i].state != OUTPUT_UNPLUGGED && !outputs->list[i].has_edid;
    bool is_asked =
        outputs->is_probe_wanted || outputs->again_us != NEVER || cards_any(outputs, reader_is_reading);
    if (is_any_silent && !is_asked && outputs->nagain < AGAIN)
        outputs->again_us = now_us + pauses_us[outputs->nagain++];
}

/* The timer shows what is due without anybody's message. */
static void arm(const struct outputs *outputs)
{
    int64_t at_us = outputs->again_us;
    if (outputs->is_deaf && outputs->hear_us < at_us)
        at_us = outputs->hear_us;
    if (outputs->is_probe_wanted && outputs->probe_us < at_us)
        at_us = outputs->probe_us;
    if (outputs->is_look_wanted)
        at_us = 0;
    struct itimerspec spec = { 0 };
    if (at_us != NEVER) {
        at_us = at_us > 0 ? at_us : 1; /* 0 would disarm it */
        spec.it_value.tv_sec = at_us / 1000000;
        spec.it_value.tv_nsec = at_us % 1000000 * 1000;
    }
    timerfd_settime(outputs->timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static bool act(struct outputs *outputs, int64_t now_us)
{
    bool is_changed = cards_any(outputs, reader_has_news) && list_renew(outputs);
    if (outputs->is_look_wanted)
        look(outputs);
    is_changed |=
        cards_any(outputs, reader_has_news) && list_renew(outputs); /* of cards that did not need long */
    ask_again(outputs, now_us);
    if (now_us >= outputs->again_us) {
        outputs->again_us = NEVER;
        outputs->is_probe_wanted = true;
    }
    if (outputs->is_probe_wanted && now_us >= outputs->probe_us)
        start_probe(outputs, now_us);
    is_changed |= cards_renew_trouble(outputs);
    arm(outputs);
    return is_changed;
}

void outputs_probe(struct outputs *outputs)
{
    outputs->is_probe_wanted = true;
    arm(outputs);
}

/* ---- messages -------------------------------------------------------------------------------- */

static void listen_again(struct outputs *outputs, bool is_listening)
{
    struct epoll_event event = { .events = is_listening ? EPOLLIN : 0, .data.fd = outputs->uevent_fd };
    epoll_ctl(outputs->fd, EPOLL_CTL_MOD, outputs->uevent_fd, &event);
    outputs->is_deaf = !is_listening;
}

/* More messages wait in the socket for a while: a storm of them costs ten looks a second. */
static void hear(struct outputs *outputs, int64_t now_us)
{
    listen_again(outputs, false);
    outputs->hear_us = now_us + DEAF_US;
    if (!uevent_drain(outputs->uevent_fd, SUBSYSTEM))
        return;
    outputs->is_look_wanted = outputs->is_probe_wanted = true;
    outputs->again_us = NEVER;
    outputs->nagain = 0;
}

static void tick(struct outputs *outputs, int64_t now_us)
{
    uint64_t ignored;
    if (read(outputs->timer_fd, &ignored, sizeof ignored) < 0)
        return;
    if (outputs->is_deaf && now_us >= outputs->hear_us)
        listen_again(outputs, true);
}

static bool follow_terminal(struct outputs *outputs)
{
    switch (vt_take(outputs->vt)) {
    case VT_LEAVE:
        outputs->is_away = true;
        cards_give(outputs);
        vt_let_go(outputs->vt);
        return true;
    case VT_BACK:
        outputs->is_away = false;
        outputs->is_look_wanted = outputs->is_probe_wanted = true; /* displays may have come and gone */
        return true;
    default: return false;
    }
}

bool outputs_dispatch(struct outputs *outputs)
{
    struct epoll_event events[4];
    struct errand_report report;
    int n = epoll_wait(outputs->fd, events, 4, 0);
    int64_t now_us = monotonic_us();
    bool is_changed = false;
    for (int i = 0; i < n; i++) {
        int fd = events[i].data.fd;
        if (fd == outputs->uevent_fd)
            hear(outputs, now_us);
        else if (fd == outputs->timer_fd)
            tick(outputs, now_us);
        else if (outputs->vt && fd == vt_fd(outputs->vt))
            is_changed |= follow_terminal(outputs);
        else if (fd == workers_fd(outputs->workers))
            is_changed |= workers_reap(outputs->workers);
    }
    while (errands_take(outputs->errands, &report))
        is_changed |= list_note_cec(outputs, &report);
    return act(outputs, now_us) || is_changed;
}

/* ---- for everybody --------------------------------------------------------------------------- */

static bool watch(const struct outputs *outputs, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };
    return fd >= 0 && epoll_ctl(outputs->fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void open_terminal(struct outputs *outputs)
{
    bool is_shown;
    outputs->vt = vt_open(STDIN_FILENO, &is_shown);
    outputs->is_away = !is_shown;
    if (outputs->vt)
        watch(outputs, vt_fd(outputs->vt));
}

/* Without uevents (a container may forbid them) the probes of the caller remain. */
struct outputs *outputs_create(void)
{
    struct outputs *outputs = calloc(1, sizeof *outputs);
    if (!outputs)
        return NULL;
    outputs->list = outputs->lists[0];
    outputs->next = outputs->lists[1];
    outputs->again_us = NEVER;
    outputs->fd = epoll_create1(EPOLL_CLOEXEC);
    outputs->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    outputs->uevent_fd = uevent_open();
    outputs->workers = workers_create(outputs, 1);
    outputs->errands = outputs->workers ? errands_create(outputs->workers) : NULL;
    if (outputs->fd < 0 || !outputs->errands || !watch(outputs, outputs->timer_fd) ||
        !watch(outputs, workers_fd(outputs->workers))) {
        int error = errno;
        outputs_destroy(outputs);
        errno = error;
        return NULL;
    }
    watch(outputs, outputs->uevent_fd);
    open_terminal(outputs);
    outputs->is_look_wanted = true;
    outputs->patience_us = FIRST_LOOK_US;
    act(outputs, monotonic_us());
    outputs->patience_us = 0;
    return outputs;
}

bool outputs_settle(struct outputs *outputs, char *names, size_t size)
{
    outputs->last_us = monotonic_us() + LAST_WAIT_US;
    workers_wait(outputs->workers, outputs->last_us);
    workers_list_leaving(outputs->workers, names, size);
    return !names[0];
}

/* What hangs is left behind; a card that does is given away nevertheless. */
static void close_all(struct outputs *outputs)
{
    const int64_t until_us = outputs->last_us ? outputs->last_us : monotonic_us() + LAST_WAIT_US;
    workers_wait(outputs->workers, until_us);
    cards_close(outputs);
    errands_let_go(outputs->errands);
    workers_wait(outputs->workers, until_us);
    workers_destroy(outputs->workers);
}

void outputs_destroy(struct outputs *outputs)
{
    if (!outputs)
        return;
    if (outputs->workers)
        close_all(outputs);
    vt_close(outputs->vt); /* the console can draw now */
    const int fds[] = { outputs->uevent_fd, outputs->timer_fd, outputs->fd };
    for (unsigned i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            close(fds[i]);
    free(outputs);
}

int outputs_fd(const struct outputs *outputs)
{
    return outputs->fd;
}

struct workers *outputs_workers(const struct outputs *outputs)
{
    return outputs->workers;
}

bool outputs_is_away(const struct outputs *outputs)
{
    return outputs->is_away;
}

const char *outputs_trouble(const struct outputs *outputs)
{
    return outputs->trouble;
}
