#include "drivers/screen/outputs.h"

#include "drivers/clock.h"
#include "drivers/screen/errands.h"
#include "drivers/screen/kms.h"
#include "drivers/screen/reader.h"
#include "drivers/screen/uevent.h"
#include "drivers/screen/vt.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FOLDER         "/dev/dri"
#define CARD           "card"
#define SUBSYSTEM      "drm"
#define CARDS_MAX      8
#define DEAF_US        INT64_C(100000)
#define PROBE_PAUSE_US INT64_C(1000000) /* between the starts of two probes */
#define NEVER          INT64_MAX
#define FIRST_LOOK_US  INT64_C(500000)
#define LAST_WAIT_US   INT64_C(2000000) /* at the end, for what still hangs */

/* Pauses before a display that has no modes or no EDID yet is asked again: 2, 4 and 8 s after the event. */
static const int64_t pauses_us[] = { 2000000, 2000000, 4000000 };
#define AGAIN (sizeof pauses_us / sizeof pauses_us[0])

/* A node of the folder. One that went stays, nameless, until the last screen has left it. */
struct card {
    char name[32];        /* "card1"; "" it went */
    struct kms_card *kms; /* NULL: not opened; with no name either: the slot is free */
    struct reader *reader;
    bool is_new; /* not read yet */
    unsigned screens;
    bool is_there;     /* in the folder, in this look */
    char trouble[160]; /* why it is not open */
};

struct use {
    char output[32];
    struct kms_card *card;
};

/* Versions outlive the outputs, so that one that comes back is another one. */
struct track {
    char name[32];
    uint32_t version;
    bool is_changed;      /* in this look */
    bool has_wish, is_on; /* over CEC */
    bool is_told;         /* the worker */
    char cec[48];         /* what came of it */
};
#define TRACKS_MAX (2 * OUTPUTS_MAX)

struct outputs {
    int fd, uevent_fd, timer_fd; /* fd: the epoll of all */
    struct vt *vt;               /* NULL: no terminal of our own */
    bool is_away;
    struct errands *errands;
    struct workers *workers;
    int64_t last_us;     /* the end waits no longer; 0: it does not end yet */
    int64_t patience_us; /* for cards to be read: at the start pictures wait for it anyway */
    struct card card[CARDS_MAX];
    struct use use[OUTPUTS_MAX];
    unsigned nuses;
    struct track track[TRACKS_MAX];
    uint32_t versions; /* the newest one given */
    struct output lists[2][OUTPUTS_MAX];
    struct output *list, *next; /* the valid one, and the one in the making */
    unsigned count, ncoming;
    char trouble[160];
    bool is_look_wanted, is_probe_wanted;
    bool is_deaf; /* events wait in the socket until hear_us */
    int64_t hear_us;
    int64_t probe_us; /* the next probe, not before */
    int64_t again_us; /* when silent displays are asked again; NEVER */
    unsigned nagain;  /* how often they were, since the last event */
};

/* ---- what is known of an output by its name -------------------------------------------------- */

static struct track *find_track(const struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < TRACKS_MAX; i++)
        if (strcmp(outputs->track[i].name, name) == 0)
            return (struct track *)(uintptr_t)&outputs->track[i];
    return NULL;
}

static const struct output *find_in(const struct output *list, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

/* A name that is seen for the first time takes the place of the one that has been away for longest. */
static struct track *make_track(struct outputs *outputs, const char *name)
{
    struct track *track = find_track(outputs, name), *oldest = NULL;
    if (track)
        return track;
    for (unsigned i = 0; i < TRACKS_MAX; i++) {
        track = &outputs->track[i];
        bool is_there = find_in(outputs->next, outputs->ncoming, track->name);
        if (!is_there && (!oldest || track->version < oldest->version))
            oldest = track;
    }
    *oldest = (struct track){ 0 }; /* there is one: more names are known than a list holds */
    snprintf(oldest->name, sizeof oldest->name, "%s", name);
    return oldest;
}

static bool is_used(const struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < outputs->nuses; i++)
        if (strcmp(outputs->use[i].output, name) == 0)
            return true;
    return false;
}

/* ---- cards ----------------------------------------------------------------------------------- */

/* "": a free slot. */
static struct card *find_card(struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (strcmp(outputs->card[i].name, name) == 0 && (name[0] || !outputs->card[i].kms))
            return &outputs->card[i];
    return NULL;
}

static void let_go(struct card *card)
{
    reader_let_go(card->reader);
    card->reader = NULL;
    card->kms = NULL;
}

/* Only when no screen is in it any more. */
static void close_card(struct card *card)
{
    if (!card->name[0] && !card->screens && card->kms)
        let_go(card);
}

/* Outputs of the same names on another card are others. */
static void lose_card(struct outputs *outputs, struct card *card)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].card, card->name) == 0)
            outputs->list[i].card[0] = '\0';
    card->name[0] = '\0';
    close_card(card);
}

static bool is_there(const struct card *card)
{
    return card->kms && card->name[0];
}

static void read_cards(struct outputs *outputs, bool is_probe)
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (is_there(&outputs->card[i]))
            reader_read(outputs->card[i].reader, is_probe, is_probe ? 0 : outputs->patience_us);
}

static void open_card(struct outputs *outputs, struct card *card)
{
    char node[sizeof card->name + sizeof FOLDER];
    snprintf(node, sizeof node, FOLDER "/%s", card->name);
    card->trouble[0] = '\0';
    int error = reader_open(&card->reader, outputs->workers, node, card->trouble, sizeof card->trouble);
    if (error == -ENODEV) /* it renders only */
        card->trouble[0] = '\0';
    if (error < 0)
        return;
    card->kms = reader_card(card->reader);
    card->is_new = true;
    reader_read(card->reader, false, outputs->patience_us);
}

static bool is_card(const char *name)
{
    return strncmp(name, CARD, strlen(CARD)) == 0 && name[strlen(CARD)] >= '0' && name[strlen(CARD)] <= '9' &&
           strlen(name) < sizeof(((struct card *)0)->name);
}

static void find_card_node(struct outputs *outputs, const char *name)
{
    struct card *card = find_card(outputs, name);
    card = card ? card : find_card(outputs, "");
    if (!card)
        return;
    snprintf(card->name, sizeof card->name, "%s", name);
    card->is_there = true;
    if (!card->kms)
        open_card(outputs, card);
}

static void scan(struct outputs *outputs)
{
    DIR *folder = opendir(FOLDER);
    for (unsigned i = 0; i < CARDS_MAX; i++)
        outputs->card[i].is_there = false;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_card(entry->d_name))
            find_card_node(outputs, entry->d_name);
    if (folder)
        closedir(folder);
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (!outputs->card[i].kms && !outputs->card[i].is_there)
            outputs->card[i] = (struct card){ 0 };
}

/* ---- HDMI-CEC ------------------------------------------------------------------------------- */

static void tell(struct outputs *outputs, struct track *track)
{
    const struct output *output = outputs_find(outputs, track->name);
    const struct card *card = output && output->card[0] ? find_card(outputs, output->card) : NULL;
    track->is_told = card && card->kms;
    if (!track->is_told)
        return;
    struct cec_wish wish = { .is_on = track->is_on, .connector = kms_card_connector(card->kms, track->name) };
    snprintf(wish.output, sizeof wish.output, "%s", track->name);
    wish.card = (unsigned)strtoul(card->name + strlen(CARD), NULL, 10);
    errands_cec(outputs->errands, &wish);
}

/* A TV that was off at the mains, or still started, has not heard it. */
static void tell_again(struct outputs *outputs)
{
    for (unsigned i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &outputs->track[i];
        if (track->is_changed && track->has_wish && (track->cec[0] || !track->is_told))
            tell(outputs, track);
        track->is_changed = false;
    }
}

/* ---- the list -------------------------------------------------------------------------------- */

/* A number that no track has had. */
static bool update_track(struct outputs *outputs, const char *name, bool is_same)
{
    struct track *track = find_track(outputs, name);
    if (!is_same && track) {
        track->version = ++outputs->versions;
        track->is_changed = true;
    }
    return !is_same;
}

/* True if anything has changed that is worth a question to the screens. */
static bool adopt(struct outputs *outputs)
{
    bool is_changed = false;
    for (unsigned i = 0; i < outputs->ncoming; i++) {
        const struct output *now = &outputs->next[i], *old = outputs_find(outputs, now->name);
        is_changed |= update_track(outputs, now->name, old && output_is_same_display(old, now));
        is_changed |= old && strcmp(old->held_by, now->held_by) != 0;
    }
    for (unsigned i = 0; i < outputs->count; i++) {
        const char *name = outputs->list[i].name;
        is_changed |= update_track(outputs, name, find_in(outputs->next, outputs->ncoming, name));
    }
    struct output *old = outputs->list;
    outputs->list = outputs->next;
    outputs->count = outputs->ncoming;
    outputs->next = old;
    return is_changed;
}

static bool renew_trouble(struct outputs *outputs)
{
    char trouble[sizeof outputs->trouble] = "";
    for (unsigned i = 0; i < CARDS_MAX && !trouble[0]; i++)
        memcpy(trouble, outputs->card[i].trouble, sizeof trouble);
    bool is_changed = strcmp(trouble, outputs->trouble) != 0;
    memcpy(outputs->trouble, trouble, sizeof trouble);
    return is_changed;
}

static void look(struct outputs *outputs)
{
    outputs->is_look_wanted = false;
    read_cards(outputs, false);
    scan(outputs);
}

static void list(struct outputs *outputs, const struct output *output)
{
    if (outputs->ncoming == OUTPUTS_MAX)
        return;
    struct output *entry = &outputs->next[outputs->ncoming++];
    *entry = *output;
    entry->is_used = is_used(outputs, entry->name);
    snprintf(entry->cec, sizeof entry->cec, "%s", make_track(outputs, entry->name)->cec);
}

/* Where nobody has drawn since the boot, displays may never have been asked. Another card may have come in the place of one that
 * went. */
static void list_news(struct outputs *outputs, struct card *card)
{
    const struct output *news;
    int n = reader_take(card->reader, &news);
    bool is_any_plugged = false;
    for (int i = 0; i < n; i++) {
        list(outputs, &news[i]);
        is_any_plugged |= news[i].state == OUTPUT_PLUGGED;
    }
    outputs->is_probe_wanted |= card->is_new && !is_any_plugged;
    card->is_new = false;
    reader_go_on(card->reader, !outputs->is_away);
    if (n != -ENODEV)
        return;
    lose_card(outputs, card);
    outputs->is_look_wanted = true;
}

static void list_again(struct outputs *outputs, const struct card *card)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].card, card->name) == 0)
            list(outputs, &outputs->list[i]);
}

static bool is_any(const struct outputs *outputs, bool (*is_it)(const struct reader *reader))
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (is_there(&outputs->card[i]) && is_it(outputs->card[i].reader))
            return true;
    return false;
}

static bool take_news(struct outputs *outputs)
{
    outputs->ncoming = 0;
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        struct card *card = &outputs->card[i];
        if (is_there(card) && reader_has_news(card->reader))
            list_news(outputs, card);
        else if (is_there(card))
            list_again(outputs, card);
    }
    bool is_changed = adopt(outputs);
    tell_again(outputs);
    return is_changed;
}

/* ---- when to look, and when to ask ----------------------------------------------------------- */

/* While another has the screens its displays are not ours to ask; there may be new cards all the same. */
static void start_probe(struct outputs *outputs, int64_t now_us)
{
    outputs->is_probe_wanted = false;
    outputs->probe_us = now_us + PROBE_PAUSE_US;
    if (!outputs->is_away)
        read_cards(outputs, true);
    scan(outputs);
}

static void ask_again(struct outputs *outputs, int64_t now_us)
{
    bool is_any_silent = false;
    for (unsigned i = 0; i < outputs->count; i++)
        is_any_silent |= outputs->list[i].state != OUTPUT_UNPLUGGED && !outputs->list[i].has_edid;
    bool is_asked =
        outputs->is_probe_wanted || outputs->again_us != NEVER || is_any(outputs, reader_is_reading);
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
    bool is_changed = is_any(outputs, reader_has_news) && take_news(outputs);
    if (outputs->is_look_wanted)
        look(outputs);
    is_changed |=
        is_any(outputs, reader_has_news) && take_news(outputs); /* of cards that did not need long */
    ask_again(outputs, now_us);
    if (now_us >= outputs->again_us) {
        outputs->again_us = NEVER;
        outputs->is_probe_wanted = true;
    }
    if (outputs->is_probe_wanted && now_us >= outputs->probe_us)
        start_probe(outputs, now_us);
    is_changed |= renew_trouble(outputs);
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

/* In the list too, which is not read again for it. True if it is another result than before. */
static bool note_cec(struct outputs *outputs, const struct errand_report *report)
{
    struct track *track = find_track(outputs, report->output);
    const struct output *output = outputs_find(outputs, report->output);
    if (!track || strcmp(track->cec, report->result) == 0)
        return false;
    memcpy(track->cec, report->result, sizeof track->cec);
    if (output)
        memcpy(outputs->list[output - outputs->list].cec, track->cec, sizeof track->cec);
    return output;
}

static void tick(struct outputs *outputs, int64_t now_us)
{
    uint64_t ignored;
    if (read(outputs->timer_fd, &ignored, sizeof ignored) < 0)
        return;
    if (outputs->is_deaf && now_us >= outputs->hear_us)
        listen_again(outputs, true);
}

static void give_all(struct outputs *outputs)
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (outputs->card[i].kms)
            kms_card_give(outputs->card[i].kms);
}

static bool follow_terminal(struct outputs *outputs)
{
    switch (vt_take(outputs->vt)) {
    case VT_LEAVE:
        outputs->is_away = true;
        give_all(outputs);
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
        is_changed |= note_cec(outputs, &report);
    return act(outputs, now_us) || is_changed;
}

/* ---- for the screens ------------------------------------------------------------------------- */

struct kms_card *outputs_enter(struct outputs *outputs, const char *name)
{
    const struct output *output = outputs_find(outputs, name);
    struct card *card = output ? find_card(outputs, output->card) : NULL;
    if (!card || !card->kms || outputs->nuses == OUTPUTS_MAX)
        return NULL;
    card->screens++;
    struct use *use = &outputs->use[outputs->nuses++];
    snprintf(use->output, sizeof use->output, "%s", name);
    use->card = card->kms;
    outputs->list[output - outputs->list].is_used = true;
    return card->kms;
}

static void forget_use(struct outputs *outputs, const struct kms_card *card, const char *name)
{
    for (unsigned i = 0; i < outputs->nuses; i++)
        if (outputs->use[i].card == card && strcmp(outputs->use[i].output, name) == 0) {
            outputs->use[i] = outputs->use[--outputs->nuses];
            break;
        }
    const struct output *output = outputs_find(outputs, name);
    if (output)
        outputs->list[output - outputs->list].is_used = is_used(outputs, name);
}

void outputs_leave(struct outputs *outputs, struct kms_card *kms, const char *name)
{
    forget_use(outputs, kms, name);
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        struct card *card = &outputs->card[i];
        if (card->kms != kms || --card->screens)
            continue;
        kms_card_give(kms);
        close_card(card);
    }
}

struct workers *outputs_workers(const struct outputs *outputs)
{
    return outputs->workers;
}

bool outputs_is_away(const struct outputs *outputs)
{
    return outputs->is_away;
}

/* A wish that is heard is not repeated: whoever takes the remote control of the TV afterwards has a reason. */
void outputs_cec(struct outputs *outputs, const char *name, bool is_on)
{
    struct track *track = find_track(outputs, name);
    if (!track || !name[0] || (track->has_wish && track->is_on == is_on))
        return;
    track->has_wish = true;
    track->is_on = is_on;
    tell(outputs, track);
}

uint32_t outputs_version(const struct outputs *outputs, const char *output)
{
    const struct track *track = find_track(outputs, output);
    return track && output[0] ? track->version : 0;
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
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        struct card *card = &outputs->card[i];
        if (card->screens)
            kms_card_give(card->kms);
        if (card->kms)
            let_go(card);
    }
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

unsigned outputs_count(const struct outputs *outputs)
{
    return outputs->count;
}

const struct output *outputs_at(const struct outputs *outputs, unsigned index)
{
    return &outputs->list[index];
}

const struct output *outputs_find(const struct outputs *outputs, const char *name)
{
    return find_in(outputs->list, outputs->count, name);
}

const char *outputs_trouble(const struct outputs *outputs)
{
    return outputs->trouble;
}
