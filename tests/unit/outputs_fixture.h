/* A machine whose cards, displays, uevents, televisions and terminal are the test's, for the programs that test its outputs.
 * One in a program. Needs the flags of test_outputs.ld. */
#pragma once

#define DEVICE_FOLDER "/dev/dri"
#include "drivers/clock.h"
#include "drivers/screen/cec.h"
#include "drivers/screen/kms.h"
#include "drivers/screen/uevent.h"
#include "drivers/screen/vt.h"
#include "tests/unit/device_folder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
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
    unsigned opens, closes, gives, looks, probes;
    bool is_probing, hangs_in_open; /* until let_open() */
};

static struct node node[CARDS];
static int event_fd[2]; /* ours, theirs */
static struct outputs *outputs;
static unsigned changes; /* dispatches that said so */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_moved = PTHREAD_COND_INITIALIZER;
static bool is_gate_shut, is_probing;

static inline void wait_at_gate(void);

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
    pthread_mutex_lock(&lock);
    node[index].opens++;
    while (node[index].hangs_in_open)
        pthread_cond_wait(&is_moved, &lock);
    int result = node[index].open_error;
    if (result)
        snprintf(error, error_size, "%s: %s", path, strerror(-result));
    else
        *card = malloc(sizeof **card);
    if (!result)
        **card = (struct kms_card){ index, node[index].generation };
    pthread_mutex_unlock(&lock);
    return result;
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

static inline void wait_at_gate(void)
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

void kms_card_give(struct kms_card *card)
{
    node[card->index].gives++;
}

/* ---- telling it what happens ----------------------------------------------------------------- */

static inline void put_node(unsigned index, bool is_there)
{
    char name[16];
    snprintf(name, sizeof name, "card%u", index);
    device_folder_put(name, is_there);
}

static inline void plug(struct output *output, enum output_state state, bool has_edid)
{
    output->state = state;
    output->has_edid = has_edid;
    output->nmodes = state == OUTPUT_PLUGGED;
    output->mode[0] =
        (struct output_mode){ .width = has_edid ? 1920 : 1024, .height = has_edid ? 1080 : 768 };
    snprintf(output->monitor, sizeof output->monitor, "%s", has_edid ? "Samsung UE55" : "");
}

/* A card with `n` connectors, all of them plugged, and the kernel knows. */
static inline void add_card(unsigned index, unsigned n)
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

static inline void say(const char *subsystem)
{
    char message[128];
    int bytes = snprintf(message, sizeof message, "change@/devices/x%cSUBSYSTEM=%s", 0, subsystem);
    assert_int_equal(send(event_fd[0], message, (size_t)bytes + 1, MSG_DONTWAIT), bytes + 1);
}

static inline void move_gate(bool is_shut)
{
    pthread_mutex_lock(&lock);
    is_gate_shut = is_shut;
    pthread_cond_broadcast(&is_moved);
    pthread_mutex_unlock(&lock);
}

static inline void let_open(unsigned index)
{
    pthread_mutex_lock(&lock);
    node[index].hangs_in_open = false;
    pthread_cond_broadcast(&is_moved);
    pthread_mutex_unlock(&lock);
}

static inline void wait_for_the_worker_to_ask(void)
{
    pthread_mutex_lock(&lock);
    while (!is_probing)
        pthread_cond_wait(&is_moved, &lock);
    pthread_mutex_unlock(&lock);
}

/* ---- living with it -------------------------------------------------------------------------- */

static unsigned dispatches;

/* One turn of a loop, if there is one within the time. */
static inline bool turn(int64_t until_us)
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

static inline unsigned count_of(const unsigned *counter)
{
    pthread_mutex_lock(&lock);
    unsigned count = *counter;
    pthread_mutex_unlock(&lock);
    return count;
}

static inline const struct output *find(const char *name)
{
    return outputs_find(outputs, name);
}

static inline int start(void **unused)
{
    (void)unused;
    memset(node, 0, sizeof node);
    is_gate_shut = is_probing = false;
    changes = dispatches = lets_go = 0;
    heard[0] = '\0';
    answer = "";
    has_terminal = false;
    is_shown_at_first = true;
    terminal_fd = -1;
    return device_folder_make()
               ? socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, event_fd)
               : -1;
}

static inline int stop(void **unused)
{
    (void)unused;
    move_gate(false);
    for (unsigned i = 0; i < CARDS; i++)
        let_open(i);
    outputs_destroy(outputs);
    outputs = NULL;
    for (unsigned i = 0; i < CARDS; i++)
        put_node(i, false);
    close(event_fd[0]);
    if (terminal_fd >= 0)
        close(terminal_fd);
    return rmdir(device_folder);
}

static inline void create(void)
{
    outputs = outputs_create();
    assert_non_null(outputs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
