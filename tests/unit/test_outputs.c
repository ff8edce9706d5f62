/* The list of outputs on a machine whose cards, displays and uevents are the test's. */
#include "drivers/clock.h"
#include "drivers/screen/cec.h"
#include "drivers/screen/kms.h"
#include "drivers/screen/uevent.h"
#include "drivers/screen/vt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CARDS      4
#define CONNECTORS 20
#define PATIENCE   5000000 /* of a test: far more than anything takes */

/* ---- the machine ----------------------------------------------------------------------------- */

struct kms_card {
    unsigned index; /* of the node */
    unsigned generation;
};

struct node {
    int open_error, read_error;
    unsigned generation; /* another card in the same place has another one */
    unsigned nconnectors;
    struct output known[CONNECTORS]; /* by the kernel */
    struct output real[CONNECTORS];  /* it knows after a probe */
    unsigned opens, closes, gives, takes, looks, probes;
    bool is_probing;
};

static struct node node[CARDS];
static char folder[64];
static int event_fd[2]; /* ours, theirs */
static struct outputs *outputs;
static unsigned changes; /* dispatches that said so */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_moved = PTHREAD_COND_INITIALIZER;
static bool is_gate_shut, is_probing;

static void wait_at_gate(void);

DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path)
{
    return __real_opendir(strcmp(path, "/dev/dri") == 0 ? folder : path);
}

int __wrap_uevent_open(void);
int __wrap_uevent_open(void)
{
    return event_fd[1];
}

uint32_t kms_card_connector(const struct kms_card *card, const char *output)
{
    return 100 * card->index + (unsigned)strtoul(strrchr(output, '-') + 1, NULL, 10);
}

/* What televisions heard: "1/111 on, ". Their answer. */
static char heard[200];
static const char *answer;

void __wrap_cec_tell(unsigned card, uint32_t connector, bool is_on, char *result, size_t size);
void __wrap_cec_tell(unsigned card, uint32_t connector, bool is_on, char *result, size_t size)
{
    pthread_mutex_lock(&lock);
    wait_at_gate();
    size_t length = strlen(heard);
    snprintf(heard + length, sizeof heard - length, "%u/%u %s, ", card, connector, is_on ? "on" : "off");
    snprintf(result, size, "%s", answer);
    pthread_mutex_unlock(&lock);
}

/* A terminal, for the tests that set has_terminal. */
static bool has_terminal, is_shown_at_first;
static int terminal_fd;
static enum vt_wish terminal_wish;
static unsigned gives_before_let_go, lets_go, closes_before_text;

struct vt *__wrap_vt_open(int fd, bool *is_shown);
struct vt *__wrap_vt_open(int fd, bool *is_shown)
{
    assert_int_equal(fd, STDIN_FILENO);
    *is_shown = is_shown_at_first;
    return has_terminal ? (struct vt *)&terminal_fd : NULL;
}

void __wrap_vt_close(struct vt *vt);
void __wrap_vt_close(struct vt *vt)
{
    closes_before_text = vt ? node[0].closes : 0;
}

int __wrap_vt_fd(const struct vt *vt);
int __wrap_vt_fd(const struct vt *vt)
{
    return *(const int *)vt;
}

enum vt_wish __wrap_vt_take(struct vt *vt);
enum vt_wish __wrap_vt_take(struct vt *vt)
{
    eventfd_t ignored;
    eventfd_read(*(const int *)vt, &ignored);
    return terminal_wish;
}

void __wrap_vt_let_go(struct vt *vt);
void __wrap_vt_let_go(struct vt *vt)
{
    assert_ptr_equal(vt, &terminal_fd);
    gives_before_let_go = node[0].gives;
    lets_go++;
}

int kms_card_open(struct kms_card **card, const char *path, char *error, size_t error_size)
{
    unsigned index;
    assert_int_equal(sscanf(path, "/dev/dri/card%u", &index), 1);
    node[index].opens++;
    if (node[index].open_error)
        snprintf(error, error_size, "%s: %s", path, strerror(-node[index].open_error));
    if (node[index].open_error)
        return node[index].open_error;
    *card = malloc(sizeof **card);
    **card = (struct kms_card){ index, node[index].generation };
    return 0;
}

void kms_card_close(struct kms_card *card)
{
    if (!card)
        return;
    pthread_mutex_lock(&lock);
    assert_false(node[card->index].is_probing);
    node[card->index].closes++;
    pthread_mutex_unlock(&lock);
    free(card);
}

static void wait_at_gate(void)
{
    is_probing = true;
    pthread_cond_broadcast(&is_moved);
    while (is_gate_shut)
        pthread_cond_wait(&is_moved, &lock);
    is_probing = false;
}

int kms_card_read(struct kms_card *card, bool is_probe, struct output *list, unsigned max)
{
    pthread_mutex_lock(&lock);
    struct node *mine = &node[card->index];
    if (is_probe) {
        mine->is_probing = true;
        wait_at_gate();
        mine->is_probing = false;
        mine->probes++;
        memcpy(mine->known, mine->real, sizeof mine->known);
    } else {
        assert_false(mine->is_probing); /* a card has one worker */
        mine->looks++;
    }
    int result = mine->read_error                       ? mine->read_error
                 : card->generation != mine->generation ? -ENODEV
                 : mine->nconnectors < max              ? (int)mine->nconnectors
                                                        : (int)max;
    for (int i = 0; i < result; i++) {
        list[i] = mine->known[i];
        memset(list[i].cec, 0x55, sizeof list[i].cec); /* not the card's to say, nor is_used */
        list[i].is_used = true;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int kms_card_take(struct kms_card *card)
{
    node[card->index].takes++;
    return 0;
}

void kms_card_give(struct kms_card *card)
{
    node[card->index].gives++;
}

/* ---- telling it what happens ----------------------------------------------------------------- */

static void put_node(unsigned index, bool is_there)
{
    char path[96];
    snprintf(path, sizeof path, "%s/card%u", folder, index);
    if (is_there)
        fclose(fopen(path, "w"));
    else
        unlink(path);
}

static void plug(struct output *output, enum output_state state, bool has_edid)
{
    output->state = state;
    output->has_edid = has_edid;
    output->nmodes = state == OUTPUT_PLUGGED;
    output->mode[0] =
        (struct output_mode){ .width = has_edid ? 1920 : 1024, .height = has_edid ? 1080 : 768 };
    snprintf(output->monitor, sizeof output->monitor, "%s", has_edid ? "Samsung UE55" : "");
}

/* A card with `n` connectors, all of them plugged, and the kernel knows. */
static void add_card(unsigned index, unsigned n)
{
    struct node *mine = &node[index];
    pthread_mutex_lock(&lock);
    *mine = (struct node){ .nconnectors = n, .generation = mine->generation + 1 };
    for (unsigned i = 0; i < n; i++) {
        snprintf(mine->real[i].name, sizeof mine->real[i].name, "HDMI-A-%u", 10 * index + i + 1);
        snprintf(mine->real[i].card, sizeof mine->real[i].card, "card%u", index);
        plug(&mine->real[i], OUTPUT_PLUGGED, true);
    }
    memcpy(mine->known, mine->real, sizeof mine->known);
    pthread_mutex_unlock(&lock);
    put_node(index, true);
}

static void say(const char *subsystem)
{
    char message[128];
    int bytes = snprintf(message, sizeof message, "change@/devices/x%cSUBSYSTEM=%s", 0, subsystem);
    assert_int_equal(send(event_fd[0], message, (size_t)bytes + 1, MSG_DONTWAIT), bytes + 1);
}

static void move_gate(bool is_shut)
{
    pthread_mutex_lock(&lock);
    is_gate_shut = is_shut;
    pthread_cond_broadcast(&is_moved);
    pthread_mutex_unlock(&lock);
}

static void wait_for_the_worker_to_ask(void)
{
    pthread_mutex_lock(&lock);
    while (!is_probing)
        pthread_cond_wait(&is_moved, &lock);
    pthread_mutex_unlock(&lock);
}

/* ---- living with it -------------------------------------------------------------------------- */

static unsigned dispatches;

/* One turn of a loop, if there is one within the time. */
static bool turn(int64_t until_us)
{
    int64_t left_us = until_us - monotonic_us();
    struct pollfd wait = { .fd = outputs_fd(outputs), .events = POLLIN };
    if (left_us <= 0 || poll(&wait, 1, (int)(left_us / 1000) + 1) <= 0)
        return false;
    changes += outputs_dispatch(outputs);
    dispatches++;
    return true;
}

#define UNTIL(condition)                                                                                     \
    do {                                                                                                     \
        int64_t until_us = monotonic_us() + PATIENCE;                                                        \
        while (!(condition))                                                                                 \
            if (!turn(until_us))                                                                             \
                fail_msg("it never came: %s", #condition);                                                   \
    } while (0)

static unsigned count_of(const unsigned *counter)
{
    pthread_mutex_lock(&lock);
    unsigned count = *counter;
    pthread_mutex_unlock(&lock);
    return count;
}

static const struct output *find(const char *name)
{
    return outputs_find(outputs, name);
}

static int start(void **unused)
{
    (void)unused;
    memset(node, 0, sizeof node);
    snprintf(folder, sizeof folder, "/tmp/test_outputs.XXXXXX");
    is_gate_shut = is_probing = false;
    changes = dispatches = lets_go = 0;
    heard[0] = '\0';
    answer = "";
    has_terminal = false;
    is_shown_at_first = true;
    terminal_fd = -1;
    return mkdtemp(folder) ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, event_fd)
                           : -1;
}

static int stop(void **unused)
{
    (void)unused;
    move_gate(false);
    outputs_destroy(outputs);
    outputs = NULL;
    for (unsigned i = 0; i < CARDS; i++)
        put_node(i, false);
    close(event_fd[0]);
    if (terminal_fd >= 0)
        close(terminal_fd);
    return rmdir(folder);
}

static void create(void)
{
    outputs = outputs_create();
    assert_non_null(outputs);
}

/* ---- tests ----------------------------------------------------------------------------------- */

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
    assert_false(turn(monotonic_us() + 1)); /* nothing is due */
    assert_int_equal(count_of(&node[1].probes), 0);
    assert_int_equal(node[1].gives, 1); /* no screen is on it yet */
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
    assert_int_equal(node[0].takes, 1);
    assert_int_equal(node[1].takes, 0); /* nobody is on it */
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
        cmocka_unit_test_setup_teardown(a_machine_without_cards_has_no_outputs_yet, start, stop),
        cmocka_unit_test_setup_teardown(cards_that_are_there_are_listed_at_once_and_need_no_probe, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_card_on_which_nothing_is_plugged_is_asked_once, start, stop),
        cmocka_unit_test_setup_teardown(a_card_that_comes_later_is_found_when_the_kernel_says_so, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_card_of_which_nobody_speaks_is_found_by_a_probe, start, stop),
        cmocka_unit_test_setup_teardown(a_card_that_is_denied_is_opened_when_udev_is_done, start, stop),
        cmocka_unit_test_setup_teardown(a_display_that_is_plugged_is_asked_and_the_screens_hear_of_it, start,
                                        stop),
        cmocka_unit_test_setup_teardown(an_event_that_changes_nothing_is_no_change, start, stop),
        cmocka_unit_test_setup_teardown(events_of_other_devices_are_none, start, stop),
        cmocka_unit_test_setup_teardown(whatever_a_screen_would_choose_by_is_a_change, start, stop),
        cmocka_unit_test_setup_teardown(who_holds_the_card_is_a_change_but_not_another_display, start, stop),
        cmocka_unit_test_setup_teardown(a_card_that_goes_stays_open_until_its_screens_have_left, start, stop),
        cmocka_unit_test_setup_teardown(another_card_in_its_place_is_opened_at_once, start, stop),
        cmocka_unit_test_setup_teardown(a_card_is_given_away_by_the_last_screen_on_it, start, stop),
        cmocka_unit_test_setup_teardown(
            the_loop_never_waits_for_a_display_and_no_card_is_closed_under_the_worker, start, stop),
        cmocka_unit_test_setup_teardown(wishes_for_probes_are_one_a_second, start, stop),
        cmocka_unit_test_setup_teardown(a_storm_of_events_costs_ten_looks_a_second, start, stop),
        cmocka_unit_test_setup_teardown(a_display_without_an_edid_is_asked_again_until_it_answers, start,
                                        stop),
        cmocka_unit_test_setup_teardown(more_outputs_than_the_list_holds_are_left_out, start, stop),
        cmocka_unit_test_setup_teardown(who_leaves_the_terminal_gives_the_cards_away_and_takes_them_when_back,
                                        start, stop),
        cmocka_unit_test_setup_teardown(displays_are_not_asked_while_another_terminal_is_shown, start, stop),
        cmocka_unit_test_setup_teardown(wishes_over_cec_are_told_once_and_what_came_of_them, start, stop),
        cmocka_unit_test_setup_teardown(
            a_tv_that_did_not_hear_is_told_again_when_it_comes_and_one_that_did_is_not, start, stop),
        cmocka_unit_test_setup_teardown(a_wish_without_its_card_is_told_when_the_card_is_back, start, stop),
        cmocka_unit_test_setup_teardown(only_the_newest_wish_counts, start, stop),
        cmocka_unit_test_setup_teardown(names_that_never_come_back_are_forgotten_in_the_end, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
