/* Screens and the list of outputs together, over a double of libdrm: from the kernel's message to the picture. */
#include "drivers/clock.h"
#include "drivers/screen/kms.h"
#include "drivers/screen/uevent.h"
#include "drivers/screen/vt.h"
#include "tests/doubles/drm/drm_double.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define WALLS    2
#define PATIENCE INT64_C(10000000) /* us, of a test: more than anything takes */
#define RETRY_MS 20                /* the board is more patient */
#define AT_MOST  INT64_C(1000000)  /* us from the plug to the picture */

/* A wall as the board drives it: tried when something has changed, and given a frame whenever it may have one. */
struct wall {
    struct screen *screen;
    struct screen_config config;
    char error[200];
    unsigned nflips;
    uint8_t value; /* what it paints */
    int status;    /* of the last open */
};

static struct double_card *card;
static struct double_connector *connector[WALLS];
static drmModeModeInfo full_hd, hd;
static struct outputs *outputs;
static struct wall wall[WALLS];
static unsigned nwalls;
static int message_fd[2]; /* ours, theirs */

/* ---- a terminal and messages ----------------------------------------------------------------- */

static struct {
    bool is_there;
    int fd;
    enum vt_wish wish;
    unsigned nlet_go;
} terminal;

int __wrap_uevent_open(void);
struct vt *__wrap_vt_open(int fd, bool *is_shown);
void __wrap_vt_close(struct vt *vt);
int __wrap_vt_fd(const struct vt *vt);
enum vt_wish __wrap_vt_take(struct vt *vt);
void __wrap_vt_let_go(struct vt *vt);
void __wrap_cec_tell(unsigned number, uint32_t connector_id, bool is_on, char *result, size_t size);

int __wrap_uevent_open(void)
{
    return message_fd[1];
}

struct vt *__wrap_vt_open(int fd, bool *is_shown)
{
    (void)fd;
    *is_shown = true;
    return terminal.is_there ? (struct vt *)&terminal : NULL;
}

void __wrap_vt_close(struct vt *vt)
{
    (void)vt;
}

int __wrap_vt_fd(const struct vt *vt)
{
    (void)vt;
    return terminal.fd;
}

enum vt_wish __wrap_vt_take(struct vt *vt)
{
    const enum vt_wish wish = terminal.wish;
    uint64_t count;

    (void)vt;
    assert_int_equal(read(terminal.fd, &count, sizeof(count)), sizeof(count));
    terminal.wish = VT_NO_WISH;
    return wish;
}

void __wrap_vt_let_go(struct vt *vt)
{
    (void)vt;
    terminal.nlet_go++;
}

void __wrap_cec_tell(unsigned number, uint32_t connector_id, bool is_on, char *result, size_t size)
{
    (void)number, (void)connector_id, (void)is_on;
    snprintf(result, size, "%s", "");
}

static void switch_terminal(enum vt_wish wish)
{
    terminal.wish = wish;
    assert_int_equal(write(terminal.fd, &(uint64_t){ 1 }, sizeof(uint64_t)), sizeof(uint64_t));
}

/* What the kernel says of any change of a card. */
static void say(void)
{
    static const char message[] = "change@/devices/x\0SUBSYSTEM=drm";

    assert_int_equal(send(message_fd[0], message, sizeof(message), MSG_DONTWAIT), sizeof(message));
}

/* ---- walls ----------------------------------------------------------------------------------- */

static void flipped(void *data, const struct screen_flip *flip)
{
    struct wall *mine = data;

    (void)flip;
    mine->nflips++;
}

static void try_wall(struct wall *mine)
{
    const struct screen_events events = { mine, flipped };

    if (!mine->screen)
        mine->status =
            screen_kms.open(&mine->screen, outputs, &mine->config, &events, mine->error, sizeof(mine->error));
}

/* As wall_look() and wall_present(): a status, and a frame if there may be one. */
static void drive(struct wall *mine)
{
    const struct rect damage = { 0, 0, 16, 1 };
    struct screen_status status;
    struct screen_buffer back;
    uint64_t frame;

    try_wall(mine);
    if (!mine->screen)
        return;
    screen_kms.status(mine->screen, &status);
    int error = screen_kms.begin(mine->screen, &back);

    if (error == 0) {
        memset(back.pixels, mine->value, back.stride);
        error = screen_kms.commit(mine->screen, &damage, 1, &frame);
    }
    if (error == 0 || error == -EBUSY || error == -EAGAIN)
        return;
    screen_kms.close(mine->screen);
    mine->screen = NULL;
}

static enum screen_state state_of(struct wall *mine)
{
    struct screen_status status;

    screen_kms.status(mine->screen, &status);
    return status.state;
}

/* False: it is too late. */
static bool turn(int64_t until_us)
{
    struct pollfd wait[1 + WALLS] = { { .fd = outputs_fd(outputs), .events = POLLIN } };

    for (unsigned i = 0; i < nwalls; i++)
        wait[1 + i] =
            (struct pollfd){ .fd = wall[i].screen ? screen_kms.fd(wall[i].screen) : -1, .events = POLLIN };
    const bool is_quiet = poll(wait, 1 + nwalls, RETRY_MS) == 0;

    for (unsigned i = 0; i < nwalls; i++)
        if (wait[1 + i].revents)
            screen_kms.dispatch(wall[i].screen);
    if ((wait[0].revents && outputs_dispatch(outputs)) || is_quiet)
        for (unsigned i = 0; i < nwalls; i++)
            drive(&wall[i]);
    return monotonic_us() < until_us;
}

static void tell_walls(void)
{
    for (unsigned i = 0; i < nwalls; i++) {
        struct screen_status status = { .detail = "" };

        if (wall[i].screen)
            screen_kms.status(wall[i].screen, &status);
        print_message("%s: %s: %s\n", wall[i].config.output,
                      wall[i].screen ? screen_state_names[status.state] : "absent",
                      wall[i].screen ? status.detail : wall[i].error);
    }
}

#define UNTIL(condition)                                                                                     \
    do {                                                                                                     \
        const int64_t until_us = monotonic_us() + PATIENCE;                                                  \
        while (!(condition))                                                                                 \
            if (!turn(until_us)) {                                                                           \
                tell_walls();                                                                                \
                fail_msg("it never came: %s", #condition);                                                   \
            }                                                                                                \
    } while (0)

static bool shows(unsigned index)
{
    const struct double_buffer *buffer = drm_double_shown(card, connector[index]);

    return wall[index].screen && state_of(&wall[index]) == SCREEN_SHOWN && buffer &&
           drm_double_byte(buffer, 0) == wall[index].value;
}

static void add_wall(unsigned index)
{
    wall[index] =
        (struct wall){ .config = { .driver = "kms", .refresh_hz = 60 }, .value = (uint8_t)(10 + index) };
    snprintf(wall[index].config.id, sizeof(wall[index].config.id), "wall-%u", index);
    snprintf(wall[index].config.output, sizeof(wall[index].config.output), "HDMI-A-%u", index + 1);
    nwalls = index + 1;
}

static void plug(unsigned index)
{
    drm_double_plug(connector[index], "TV", 2, (drmModeModeInfo[]){ full_hd, hd });
    say();
}

static void unplug(unsigned index)
{
    drm_double_unplug(connector[index]);
    say();
}

static int start(void **state)
{
    (void)state;
    full_hd = drm_double_mode(1920, 1080, 60);
    hd = drm_double_mode(1280, 720, 60);
    drm_double_reset();
    card = drm_double_add("card0", WALLS);
    for (unsigned i = 0; i < WALLS; i++)
        connector[i] = drm_double_connector(card, DRM_MODE_CONNECTOR_HDMIA, i + 1);
    terminal.is_there = false;
    terminal.nlet_go = 0;
    terminal.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    outputs = NULL;
    add_wall(0);
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, message_fd);
}

static int finish(void **state)
{
    (void)state;
    for (unsigned i = 0; i < nwalls; i++)
        screen_kms.close(wall[i].screen);
    outputs_destroy(outputs);
    close(message_fd[0]);
    close(terminal.fd);
    return drm_double.nopen || drm_double.nmapped || drm_double.nfbs || drm_double.nbuffers ||
           drm_double.nblobs;
}

/* ---- what happens in halls ------------------------------------------------------------------- */

static void a_television_that_is_switched_on_late_shows_the_picture_within_a_second(void **state)
{
    (void)state;
    outputs = outputs_create();
    drive(&wall[0]);
    assert_int_equal(wall[0].status, -EAGAIN);
    assert_true(drm_double.nopen > 0);
    plug(0);
    UNTIL(outputs_find(outputs, "HDMI-A-1")->state == OUTPUT_PLUGGED); /* its modes are known */
    const int64_t known_us = monotonic_us();

    UNTIL(wall[0].nflips);
    assert_true(monotonic_us() - known_us < AT_MOST);
    assert_true(shows(0));
}

static void a_display_that_was_off_at_night_is_shown_again_in_the_morning(void **state)
{
    (void)state;
    outputs = outputs_create();
    plug(0);
    UNTIL(shows(0));
    for (unsigned night = 0; night < 2; night++) {
        unplug(0);
        UNTIL(state_of(&wall[0]) == SCREEN_UNPLUGGED);
        const unsigned flips = wall[0].nflips;

        plug(0);
        UNTIL(shows(0) && wall[0].nflips > flips);
    }
    assert_int_equal(card->nmodesets, 1);
}

static void a_card_that_appears_after_the_service_is_used(void **state)
{
    (void)state;
    drm_double_plug(connector[0], "TV", 1, &full_hd);
    drm_double_remove(card);
    outputs = outputs_create();
    drive(&wall[0]);
    assert_int_equal(wall[0].status, -ENODEV);
    drm_double_return(card);
    say();
    UNTIL(shows(0));
}

static void a_card_that_was_pulled_out_is_used_again_when_it_is_back(void **state)
{
    (void)state;
    outputs = outputs_create();
    plug(0);
    UNTIL(shows(0));
    drm_double_remove(card);
    say();
    UNTIL(!wall[0].screen && drm_double_open_files() == 0);
    drm_double_return(card);
    drm_double.nfbs = drm_double.nbuffers = 0; /* the kernel freed it */
    memset(card->buffer, 0, sizeof(card->buffer));
    say();
    UNTIL(shows(0));
}

static void another_program_is_waited_for(void **state)
{
    (void)state;
    drm_double_plug(connector[0], "TV", 1, &full_hd);
    drm_double_usurp(card, true);
    outputs = outputs_create();
    drive(&wall[0]);
    UNTIL(wall[0].status == -EBUSY || wall[0].status == -EAGAIN);
    drm_double_usurp(card, false);
    outputs_probe(outputs); /* as the board does every ten seconds while a screen is dark */
    UNTIL(shows(0));
}

static void another_terminal_gets_the_card_and_gives_it_back(void **state)
{
    (void)state;
    terminal.is_there = true;
    outputs = outputs_create();
    plug(0);
    UNTIL(shows(0));
    for (unsigned i = 0; i < 3; i++) {
        switch_terminal(VT_LEAVE);
        UNTIL(terminal.nlet_go == i + 1);
        assert_int_equal(state_of(&wall[0]), SCREEN_AWAY);
        const unsigned commits = card->ncommits;

        drive(&wall[0]);
        assert_int_equal(card->ncommits, commits);
        card->plane[0].fb_id = 1; /* the console's text */
        switch_terminal(VT_BACK);
        UNTIL(shows(0));
    }
}

static void the_card_is_given_to_others_when_the_last_screen_is_closed(void **state)
{
    (void)state;
    add_wall(1);
    outputs = outputs_create();
    plug(0);
    plug(1);
    UNTIL(shows(0) && shows(1));
    const unsigned drops = card->ndrops;

    screen_kms.close(wall[0].screen);
    wall[0].screen = NULL;
    assert_int_equal(card->ndrops, drops);
    screen_kms.close(wall[1].screen);
    wall[1].screen = NULL;
    nwalls = 0; /* they stay closed */
    UNTIL(card->ndrops == drops + 1);
    assert_null(drm_double_shown(card, connector[0]));
    assert_null(drm_double_shown(card, connector[1]));
}

/* One of the troubles of a hall; those that last are mended by mend(). */
static void trouble(unsigned kind)
{
    const unsigned index = kind / 16 % WALLS;

    switch (kind % 8) {
    case 0: unplug(index); break;
    case 1: plug(index); break;
    case 2: drm_double_plug(connector[index], "Other", 1, &hd), say(); break;
    case 3: drm_double_plug(connector[index], NULL, 1, &hd), say(); break;
    case 4: drm_double_usurp(card, kind / 8 % 2); break;
    case 5:
        drm_double_fail(card, kind / 8 % 2 ? CALL_FLIP : CALL_COMMIT, kind / 32 % 2 ? ENOSPC : EBUSY, 1);
        break;
    case 6: card->nerrors[CALL_TEST] = 1, card->error[CALL_TEST] = EINVAL; break;
    default:
        if (wall[index].screen)
            screen_kms.power(wall[index].screen, kind / 8 % 2);
    }
}

static void mend(unsigned round)
{
    char model[14];

    snprintf(model, sizeof(model), "Last %u",
             round); /* a mode that failed is tried again with another display */
    drm_double_usurp(card, false);
    memset(card->nerrors, 0, sizeof(card->nerrors));
    for (unsigned i = 0; i < WALLS; i++) {
        drm_double_plug(connector[i], model, 2, (drmModeModeInfo[]){ full_hd, hd });
        if (wall[i].screen)
            screen_kms.power(wall[i].screen, true);
    }
    say();
}

static unsigned width_of(unsigned index)
{
    const struct double_crtc *crtc = drm_double_crtc(card, connector[index]);

    return crtc ? crtc->mode.hdisplay : 0;
}

static void whatever_happened_every_screen_shows_its_picture_in_the_end(void **state)
{
    unsigned seed = 20251122;

    (void)state;
    add_wall(1);
    outputs = outputs_create();
    plug(0);
    plug(1);
    UNTIL(shows(0) && shows(1));
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < 60; i++) {
            seed = seed * 1103515245 + 12345;
            trouble(seed >> 16);
            drive(&wall[seed >> 9 & 1]);
            for (unsigned n = seed >> 12 & 3; n > 0; n--)
                turn(0);
        }
        mend(round);
        UNTIL(shows(0) && shows(1) && width_of(0) == 1920 && width_of(1) == 1920);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_television_that_is_switched_on_late_shows_the_picture_within_a_second),
        TEST(a_display_that_was_off_at_night_is_shown_again_in_the_morning),
        TEST(a_card_that_appears_after_the_service_is_used),
        TEST(a_card_that_was_pulled_out_is_used_again_when_it_is_back),
        TEST(another_program_is_waited_for),
        TEST(another_terminal_gets_the_card_and_gives_it_back),
        TEST(the_card_is_given_to_others_when_the_last_screen_is_closed),
        TEST(whatever_happened_every_screen_shows_its_picture_in_the_end),
    };

    return cmocka_run_group_tests_name("hotplug", tests, NULL, NULL);
}
