/* A call that hangs in the kernel, over a double of libdrm: the loop goes on,
 * and so do the other screens; the one that hangs says so, and comes back by
 * itself. Walls, outputs and loop are real. */
#include "board/wall.h"
#include "drivers/screen/outputs.h"
#include "drivers/screen/uevent.h"
#include "drivers/screen/vt.h"
#include "tests/doubles/drm/drm_double.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define S           INT64_C(1000000)
#define PATIENCE_US (30 * S) /* of a test: more than anything takes */
#define STEP_US     5000
#define A_WHILE     30 /* flips, messages: many more than one patience of the loop allows for */
#define WALLS       2

static struct {
    struct double_card *card[WALLS]; /* of each screen: the same, or not */
    struct double_connector *hdmi[WALLS];
    drmModeModeInfo hd;
    struct outputs *outputs;
    struct loop_source *outputs_source, *link_source;
    struct config *config;
    struct fonts *fonts;
    struct loop *loop;
    struct loop_timer *step;
    struct wall wall[WALLS];
    unsigned nwalls; /* that are driven */
    unsigned nflips[WALLS], nmessages, nchanges;
    unsigned nblack;               /* flips that were told of while the display was black */
    int message_fd[2], link_fd[2]; /* ours, theirs */
    int64_t ahead_us;              /* the clock of the first wall */
    struct hall hall;
    struct scene_input input;
} bench;

/* ---- a machine
 * -------------------------------------------------------------------------------
 */

int __wrap_uevent_open(void);
struct vt *__wrap_vt_open(int fd, bool *is_shown);
void __wrap_cec_tell(unsigned number, uint32_t connector_id, bool is_on, char *result, size_t size);

int __wrap_uevent_open(void)
{
    return bench.message_fd[1];
}

struct vt *__wrap_vt_open(int fd, bool *is_shown)
{
    (void)fd;
    *is_shown = true;
    return NULL;
}

void __wrap_cec_tell(unsigned number, uint32_t connector_id, bool is_on, char *result, size_t size)
{
    (void)number, (void)connector_id, (void)is_on, (void)size;
    result[0] = '\0';
}

static void complain(void *data, const char *line)
{
    (void)data;
    print_error("%s\n", line);
}

static struct config *load(void)
{
    char path[512];
    const char *source = getenv("KEZEK_SOURCE");
    struct config_paths paths = { 0 };
    struct json_report report = { .line = complain };
    snprintf(path, sizeof path, "%s/sim/demo.json", source ? source : ".");
    struct config *config = config_load(path, &paths, &report);
    assert_non_null(config);
    for (unsigned i = 0; i < WALLS; i++) {
        struct screen_config *device = &config->screen[i].device;
        strcpy(device->driver, "kms");
        snprintf(device->output, sizeof device->output, "HDMI-A-%u", i + 1);
        device->width = device->height = 0;
        device->path[0] = '\0';
    }
    return config;
}

/* ---- the board
 * -------------------------------------------------------------------------------
 */

/* As is every buffer that was not painted yet. */
static bool is_black(unsigned index)
{
    const struct double_buffer *shown = drm_double_shown(bench.card[index], bench.hdmi[index]);
    for (size_t i = 0; shown && i < shown->bytes; i += 997)
        if (drm_double_byte(shown, i))
            return false;
    return true;
}

/* A screen that shows something new all the time. */
static void on_flip(void *data, struct wall *wall)
{
    (void)data;
    bench.nflips[wall - bench.wall]++;
    bench.nblack += is_black((unsigned)(wall - bench.wall));
    wall->is_dirty = wall->must_flip = true;
}

static void on_change(void *data, struct wall *wall)
{
    (void)data, (void)wall;
}

/* Pauses of the first wall are skipped; those of its driver are not. */
static int64_t now(unsigned index)
{
    return clock_us() + (index == 0 ? bench.ahead_us : 0);
}

static void outputs_ready(void *data, uint32_t events)
{
    (void)data, (void)events;
    if (!outputs_dispatch(bench.outputs))
        return;
    bench.nchanges++;
    for (unsigned i = 0; i < bench.nwalls; i++)
        wall_look(&bench.wall[i], now(i));
}

static void link_ready(void *data, uint32_t events)
{
    char byte;
    (void)data, (void)events;
    bench.nmessages += read(bench.link_fd[1], &byte, 1) == 1;
}

static void stop_loop(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    loop_quit(bench.loop, 0);
}

/* Some turns of the loop; a server that never stops talking. */
static void live(void)
{
    assert_int_equal(write(bench.link_fd[0], "x", 1), 1);
    loop_timer_at(bench.step, clock_us() + STEP_US);
    assert_int_equal(loop_run(bench.loop), 0);
    for (unsigned i = 0; i < bench.nwalls; i++) {
        wall_tick(&bench.wall[i], now(i));
        wall_present(&bench.wall[i], &bench.input, now(i));
    }
}

#define UNTIL(condition)                                                                                     \
    do {                                                                                                     \
        const int64_t until_us = clock_us() + PATIENCE_US;                                                   \
        while (!(condition)) {                                                                               \
            live();                                                                                          \
            if (clock_us() > until_us)                                                                       \
                fail_msg("it never came: %s; the walls: %s; %s", #condition, bench.wall[0].detail,           \
                         bench.wall[1].detail);                                                              \
        }                                                                                                    \
    } while (0)

static void add_card(unsigned number, unsigned first, unsigned count)
{
    char name[16];
    snprintf(name, sizeof name, "card%u", number);
    struct double_card *card = drm_double_add(name, count);
    for (unsigned i = first; i < first + count; i++) {
        bench.card[i] = card;
        bench.hdmi[i] = drm_double_connector(card, DRM_MODE_CONNECTOR_HDMIA, i + 1);
        drm_double_plug(bench.hdmi[i], "TV", 1, &bench.hd);
    }
}

static void start_hall(bool is_atomic, unsigned ncards)
{
    char error[256];
    memset(&bench, 0, sizeof bench);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, bench.message_fd),
                     0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, bench.link_fd), 0);
    drm_double_reset();
    bench.hd = drm_double_mode(1280, 720, 60);
    for (unsigned i = 0; i < ncards; i++)
        add_card(i, i * WALLS / ncards, WALLS / ncards);
    for (unsigned i = 0; i < WALLS; i++)
        bench.card[i]->is_atomic = is_atomic;
    bench.config = load();
    bench.fonts = fonts_create(&font_files_debian, error, sizeof error);
    bench.loop = loop_create();
    bench.outputs = outputs_create();
    assert_true(bench.fonts && bench.loop && bench.outputs);
    bench.step = loop_timer(bench.loop, "step", stop_loop, NULL);
    bench.outputs_source =
        loop_add(bench.loop, outputs_fd(bench.outputs), EPOLLIN, "outputs", outputs_ready, NULL);
    bench.link_source = loop_add(bench.loop, bench.link_fd[1], EPOLLIN, "link", link_ready, NULL);
    hall_init(&bench.hall, bench.config);
    bench.input = (struct scene_input){ .config = bench.config, .hall = &bench.hall, .truth = FEED_FRESH };
    const struct wall_events events = { .flipped = on_flip, .changed = on_change };
    for (unsigned i = 0; i < WALLS; i++)
        wall_init(&bench.wall[i], bench.loop, bench.outputs, bench.fonts, bench.config, i, &events);
    bench.nwalls = WALLS;
}

/* Whatever hangs. */
static void end_devices(void)
{
    for (unsigned i = 0; i < WALLS; i++)
        wall_finish(&bench.wall[i]);
    loop_remove(bench.outputs_source);
    outputs_destroy(bench.outputs);
    bench.outputs = NULL;
}

static void end_hall(void)
{
    if (bench.outputs)
        end_devices();
    loop_remove(bench.link_source);
    loop_timer_remove(bench.step);
    loop_destroy(bench.loop);
    fonts_destroy(bench.fonts);
    config_destroy(bench.config);
    close(bench.message_fd[0]);
    close(bench.link_fd[0]);
    close(bench.link_fd[1]);
    assert_int_equal(drm_double_open_files() + drm_double.nmapped + drm_double.nfbs + drm_double.nbuffers +
                         drm_double.nblobs,
                     0);
}

static bool is_shown(unsigned index)
{
    return bench.wall[index].state == WALL_SHOWN && !bench.wall[index].detail[0];
}

static void show_both(void)
{
    UNTIL(bench.nflips[0] && bench.nflips[1] && is_shown(0) && is_shown(1));
}

static void assert_says(unsigned index, const char *part)
{
    if (!strstr(bench.wall[index].detail, part))
        fail_msg("\"%s\" does not say \"%s\"", bench.wall[index].detail, part);
}

/* The loop is read, and the other screen flips, though the first one hangs in
 * that call all the time. */
static void all_else_goes_on(enum double_call call, bool can_other_flip)
{
    const unsigned nflips = bench.nflips[1] + (can_other_flip ? A_WHILE : 0),
                   nmessages = bench.nmessages + A_WHILE;
    UNTIL(bench.nflips[1] >= nflips && bench.nmessages >= nmessages);
    assert_true(drm_double_stalled(bench.card[0], call) > 0);
}

static void comes_back(void)
{
    const unsigned nflips[WALLS] = { bench.nflips[0], bench.nflips[1] }, nchanges = bench.nchanges;
    drm_double_release(bench.card[0]);
    UNTIL(bench.nflips[0] > nflips[0] + 1 && bench.nflips[1] > nflips[1] && is_shown(0) && is_shown(1));
    assert_true(bench.nchanges > nchanges); /* nobody had to ask whether it is over */
    for (unsigned i = 0; i < WALLS; i++)
        assert_non_null(drm_double_shown(bench.card[i], bench.hdmi[i]));
}

/* ---- tests
 * -----------------------------------------------------------------------------------
 */

/* The commonest one: "flip_done timed out". An atomic screen is closed without
 * waiting in the kernel, a legacy one waits there with all locks of its card.
 */
static void a_screen_whose_crtc_hangs_comes_back_when_the_kernel_gives_it_up(void **unused)
{
    static const struct {
        bool is_atomic;
        unsigned ncards;
    } rows[] = { { true, 1 }, { false, 1 }, { false, 2 } };
    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        start_hall(rows[i].is_atomic, rows[i].ncards);
        show_both();
        drm_double_hang(bench.card[0], bench.hdmi[0]);
        UNTIL(bench.wall[0].state == WALL_STUCK);
        assert_says(0, "no page flip for 0.5 s");
        bench.ahead_us += FLIP_LOST_US;
        UNTIL(!bench.wall[0].screen);
        sleep(2);
        bench.ahead_us += 10 * S;
        UNTIL(strstr(bench.wall[0].detail, "does not answer"));
        assert_says(0, "HDMI-A-1: its driver does not answer since ");
        assert_says(0, "the screen comes back by itself");
        assert_int_equal(bench.wall[0].state, WALL_STUCK);
        if (rows[i].is_atomic) {
            const unsigned nflips = bench.nflips[1];
            UNTIL(bench.nflips[1] >= nflips + A_WHILE);
            assert_int_equal(drm_double_stalled(bench.card[0], CALL_BLOCKING), 0);
        } else {
            all_else_goes_on(CALL_SET_CRTC, rows[i].ncards == 2);
        }
        if (rows[i].is_atomic || rows[i].ncards == 2)
            UNTIL(is_shown(1));
        comes_back();
        end_hall();
    }
}

/* A mode set that needs to wait, and does so for ever. */
static void a_mode_set_that_hangs_holds_nobody_else_up(void **unused)
{
    static const struct {
        bool is_atomic;
        unsigned ncards;
        enum double_call call;
    } rows[] = { { true, 1, CALL_BLOCKING }, { true, 2, CALL_BLOCKING }, { false, 2, CALL_SET_CRTC } };
    (void)unused;
    for (unsigned i = 0; i < 3; i++) {
        start_hall(rows[i].is_atomic, rows[i].ncards);
        drm_double_fail(bench.card[0], CALL_COMMIT, rows[i].is_atomic ? EINVAL : 0, 1);
        drm_double_stall(bench.card[0], rows[i].call);
        UNTIL(bench.nflips[1] && drm_double_stalled(bench.card[0], rows[i].call));
        all_else_goes_on(rows[i].call, true);
        bench.ahead_us += FLIP_SET_US;
        UNTIL(bench.wall[0].state == WALL_STUCK);
        all_else_goes_on(rows[i].call, true);
        assert_true(is_shown(1));
        comes_back();
        end_hall();
    }
}

/* The first frame, so that no older picture stands in for it. */
static void a_frame_that_fails_after_all_is_shown_before_it_is_told_of(void **unused)
{
    static const int errors[] = { ENOMEM, EACCES };
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        start_hall(true, 2);
        drm_double_fail(bench.card[0], CALL_COMMIT, EINVAL, 1);
        drm_double_stall(bench.card[0], CALL_BLOCKING);
        UNTIL(drm_double_stalled(bench.card[0], CALL_BLOCKING));
        UNTIL(is_shown(1));
        drm_double_fail(bench.card[0], CALL_COMMIT, errors[i], 1);
        drm_double_release(bench.card[0]);
        UNTIL(bench.nflips[0] > 1 && is_shown(0));
        assert_int_equal(bench.nblack, 0);
        end_hall();
    }
}

static void a_display_that_hangs_on_its_way_to_sleep_holds_nobody_else_up_and_wakes(void **unused)
{
    (void)unused;
    start_hall(false, 2);
    show_both();
    drm_double_stall(bench.card[0], CALL_DPMS);
    wall_set_power(&bench.wall[0], false, now(0));
    all_else_goes_on(CALL_DPMS, true);
    assert_int_equal(bench.wall[0].state, WALL_STANDBY);
    wall_set_power(&bench.wall[0], true, now(0));
    all_else_goes_on(CALL_DPMS, true);
    comes_back();
    end_hall();
}

static void a_screen_is_not_opened_again_before_it_is_closed(void **unused)
{
    (void)unused;
    start_hall(true, 1);
    show_both();
    drm_double_stall(bench.card[0], CALL_RM_FB);
    wall_finish(&bench.wall[0]);
    const struct wall_events events = { .flipped = on_flip, .changed = on_change };
    wall_init(&bench.wall[0], bench.loop, bench.outputs, bench.fonts, bench.config, 0, &events);
    for (unsigned i = 0; i < A_WHILE; i++) {
        wall_look(&bench.wall[0], now(0)); /* it is tried in the next turn */
        live();
        assert_null(bench.wall[0].screen);
    }
    assert_int_equal(drm_double_stalled(bench.card[0], CALL_RM_FB), 1);
    all_else_goes_on(CALL_RM_FB, true);
    UNTIL(bench.wall[0].state == WALL_STUCK);
    assert_says(0, "HDMI-A-1: its driver does not answer since ");
    comes_back();
    end_hall();
}

static bool is_plugged(unsigned index)
{
    return outputs_find(bench.outputs, bench.config->screen[index].device.output)->state == OUTPUT_PLUGGED;
}

static void say(void)
{
    static const char message[] = "change@/devices/x\0SUBSYSTEM=drm";
    assert_int_equal(send(bench.message_fd[0], message, sizeof message, 0), sizeof message);
}

static void a_card_that_does_not_answer_keeps_no_other_from_being_found(void **unused)
{
    (void)unused;
    start_hall(true, 2);
    bench.nwalls = 0;
    UNTIL(is_plugged(0) && is_plugged(1));
    drm_double_stall(bench.card[0], CALL_GET_CONNECTOR);
    drm_double_unplug(bench.hdmi[1]);
    bench.nwalls = WALLS;
    say();
    UNTIL(bench.wall[0].state == WALL_STUCK && bench.wall[1].state == WALL_UNPLUGGED);
    assert_null(drm_double_shown(bench.card[0], bench.hdmi[0]));
    drm_double_plug(bench.hdmi[1], "TV", 1, &bench.hd);
    say();
    UNTIL(is_shown(1));
    all_else_goes_on(CALL_GET_CONNECTOR, true);
    comes_back();
    end_hall();
}

/* Displays are being asked while both pictures have to be put back. */
static void a_card_that_is_asked_for_long_does_not_stop_the_loop(void **unused)
{
    (void)unused;
    start_hall(true, 1);
    show_both();
    drm_double_stall(bench.card[0], CALL_GET_CONNECTOR);
    outputs_probe(bench.outputs);
    UNTIL(drm_double_stalled(bench.card[0], CALL_GET_CONNECTOR));
    drm_double_fail(bench.card[0], CALL_FLIP, EACCES, 1);
    UNTIL(drm_double.card[0].nerrors[CALL_FLIP] == 0);
    const unsigned nmessages = bench.nmessages;
    UNTIL(bench.nmessages >= nmessages + A_WHILE);
    assert_true(drm_double_stalled(bench.card[0], CALL_GET_CONNECTOR) > 0);
    comes_back();
    end_hall();
}

/* Another program had it, and the kernel draws its console now, with the lock of masters held. */
static void a_card_that_is_late_to_be_taken_holds_nobody_else_up(void **unused)
{
    (void)unused;
    for (unsigned ncards = 1; ncards <= 2; ncards++) {
        start_hall(true, ncards);
        show_both();
        drm_double_usurp(bench.card[0], true);
        drm_double_usurp(bench.card[0], false);
        drm_double_stall(bench.card[0], CALL_SET_MASTER);
        UNTIL(drm_double_stalled(bench.card[0], CALL_SET_MASTER));
        all_else_goes_on(CALL_SET_MASTER, ncards == 2);
        assert_int_equal(bench.wall[0].state, WALL_AWAY);
        comes_back();
        end_hall();
    }
}

static void a_card_that_is_late_to_be_taken_is_taken_when_a_screen_is_opened(void **unused)
{
    (void)unused;
    start_hall(true, 2);
    bench.nwalls = 0;
    UNTIL(is_plugged(0) && is_plugged(1));
    drm_double_stall(bench.card[0], CALL_SET_MASTER);
    bench.nwalls = WALLS;
    UNTIL(drm_double_stalled(bench.card[0], CALL_SET_MASTER));
    all_else_goes_on(CALL_SET_MASTER, true);
    UNTIL(bench.wall[0].state == WALL_STUCK);
    assert_null(drm_double_shown(bench.card[0], bench.hdmi[0]));
    comes_back();
    end_hall();
}

/* Both have chosen before either is entered. */
static void screens_that_are_opened_at_once_take_each_a_crtc_of_their_own(void **unused)
{
    (void)unused;
    for (unsigned is_atomic = 0; is_atomic < 2; is_atomic++) {
        start_hall(is_atomic, 1);
        bench.nwalls = 0;
        UNTIL(is_plugged(0) && is_plugged(1));
        drm_double_stall(bench.card[0], CALL_GET_PLANES);
        bench.nwalls = WALLS;
        UNTIL(drm_double_stalled(bench.card[0], CALL_GET_PLANES) == WALLS);
        drm_double_release(bench.card[0]);
        show_both();
        for (unsigned n = 0; n < WALLS; n++)
            assert_non_null(drm_double_shown(bench.card[n], bench.hdmi[n]));
        end_hall();
    }
}

/* ---- all of it at once, by chance ------------------------------------------------------------ */

static void let_something_hang(unsigned index)
{
    static const enum double_call calls[] = { CALL_SET_CRTC, CALL_DPMS,          CALL_BLOCKING,
                                              CALL_RM_FB,    CALL_GET_CONNECTOR, CALL_SET_MASTER };
    if (drm_double_crtc(bench.card[index], bench.hdmi[index]) && rand() % 2)
        drm_double_hang(bench.card[index], bench.hdmi[index]);
    else
        drm_double_stall(bench.card[index], calls[rand() % 6]);
}

static void let_something_fail(unsigned index)
{
    static const int errors[] = { EACCES, EBUSY, ENOMEM, EINVAL };
    drm_double_fail(bench.card[index], rand() % 2 ? CALL_FLIP : CALL_COMMIT, errors[rand() % 4], 1);
}

static void reload(unsigned index)
{
    const struct wall_events events = { .flipped = on_flip, .changed = on_change };
    wall_finish(&bench.wall[index]);
    wall_init(&bench.wall[index], bench.loop, bench.outputs, bench.fonts, bench.config, index, &events);
}

static void let_something_happen(void)
{
    const unsigned index = (unsigned)rand() % WALLS;
    switch (rand() % 9) {
    case 0: let_something_hang(index); break;
    case 1: let_something_fail(index); break;
    case 2: drm_double_unplug(bench.hdmi[index]), say(); break;
    case 3: drm_double_plug(bench.hdmi[index], "TV", 1, &bench.hd), say(); break;
    case 4: drm_double_usurp(bench.card[index], rand() % 2); break;
    case 5: wall_set_power(&bench.wall[index], rand() % 2, now(index)); break;
    case 6: reload(index); break;
    case 7: outputs_probe(bench.outputs); break;
    default: drm_double_release(bench.card[index]); break;
    }
}

static void whatever_happens_at_once_both_are_shown_when_it_is_over(void **unused)
{
    (void)unused;
    for (unsigned round = 0; round < 8; round++) {
        srand(round);
        start_hall(round % 2, 1 + round / 2 % 2);
        for (unsigned i = 0; i < 4 * A_WHILE; i++) {
            let_something_happen();
            live();
        }
        for (unsigned i = 0; i < WALLS; i++) {
            drm_double_release(bench.card[i]);
            drm_double_usurp(bench.card[i], false);
            drm_double_plug(bench.hdmi[i], "TV", 1, &bench.hd);
            wall_set_power(&bench.wall[i], true, now(i));
        }
        say();
        UNTIL(is_shown(0) && is_shown(1));
        bench.nblack = bench.nflips[0] = bench.nflips[1] = 0;
        UNTIL(bench.nflips[0] > 2 && bench.nflips[1] > 2);
        assert_int_equal(bench.nblack, 0);
        end_hall();
    }
}

/* Also for ever: what hangs is given up, and what it uses is not freed under
 * it. */
static void a_board_that_stops_waits_for_nobody_who_hangs(void **unused)
{
    static const struct {
        bool is_atomic;
        enum double_call call;
    } rows[] = { { false, CALL_SET_CRTC }, { true, CALL_GET_CONNECTOR } };
    (void)unused;
    for (unsigned i = 0; i < 2; i++) {
        start_hall(rows[i].is_atomic, 2);
        show_both();
        drm_double_stall(bench.card[0], rows[i].call);
        if (rows[i].call == CALL_GET_CONNECTOR)
            outputs_probe(bench.outputs);
        if (rows[i].call == CALL_GET_CONNECTOR)
            UNTIL(drm_double_stalled(bench.card[0], CALL_GET_CONNECTOR));
        end_devices();
        assert_int_equal(drm_double_stalled(bench.card[0], rows[i].call), 1);
        assert_null(drm_double_shown(bench.card[1], bench.hdmi[1]));
        drm_double_release(bench.card[0]);
        while (drm_double_open_files())
            usleep(1000);
        end_hall();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_screen_whose_crtc_hangs_comes_back_when_the_kernel_gives_it_up),
        cmocka_unit_test(a_mode_set_that_hangs_holds_nobody_else_up),
        cmocka_unit_test(a_frame_that_fails_after_all_is_shown_before_it_is_told_of),
        cmocka_unit_test(a_display_that_hangs_on_its_way_to_sleep_holds_nobody_else_up_and_wakes),
        cmocka_unit_test(a_screen_is_not_opened_again_before_it_is_closed),
        cmocka_unit_test(a_card_that_does_not_answer_keeps_no_other_from_being_found),
        cmocka_unit_test(a_card_that_is_asked_for_long_does_not_stop_the_loop),
        cmocka_unit_test(a_card_that_is_late_to_be_taken_holds_nobody_else_up),
        cmocka_unit_test(a_card_that_is_late_to_be_taken_is_taken_when_a_screen_is_opened),
        cmocka_unit_test(screens_that_are_opened_at_once_take_each_a_crtc_of_their_own),
        cmocka_unit_test(whatever_happens_at_once_both_are_shown_when_it_is_over),
        cmocka_unit_test(a_board_that_stops_waits_for_nobody_who_hangs),
    };
    return cmocka_run_group_tests_name("hang", tests, NULL, NULL);
}
