/* One wall of the demo hall on a memory screen, and what it has told: for tests of walls. */
#pragma once

#include "board/wall.h"
#include "tests/unit/demo_hall.h"

#include <string.h>

#define FLIP_PATIENCE_MS 5000
#define MS               INT64_C(1000)
#define S                INT64_C(1000000)

static struct {
    struct config *config;
    struct fonts *fonts;
    struct loop *loop;
    struct wall wall;
    struct hall hall;
    struct scene_input input;
    uint64_t shown[ANNOUNCE_SLOTS];
    unsigned nshown, flips;
    unsigned changes;
    enum wall_state state_at_flip;
} bench;

static inline void on_flip(void *data, struct wall *wall)
{
    (void)data;
    bench.flips++;
    bench.nshown = wall->ncarried;
    bench.state_at_flip = wall->state;
    memcpy(bench.shown, wall->carried, sizeof bench.shown);
    loop_quit(bench.loop, 0);
}

static inline void on_change(void *data, struct wall *wall)
{
    (void)data, (void)wall;
    bench.changes++;
}

static inline int start(void **unused)
{
    (void)unused;
    char error[256];
    memset(&bench, 0, sizeof bench);
    bench.config = demo_hall();
    bench.fonts = fonts_create(&font_files_debian, error, sizeof error);
    bench.loop = loop_create();
    if (!bench.config || !bench.fonts || !bench.loop)
        return -1;
    hall_init(&bench.hall, bench.config);
    bench.input = (struct scene_input){
        .config = bench.config,
        .hall = &bench.hall,
        .truth = FEED_FRESH,
        .clock = { .year = 2026, .month = 11, .day = 22, .weekday = 6, .hour = 14, .is_known = true },
    };
    const struct wall_events events = { .flipped = on_flip, .changed = on_change };
    bench.config->calls.is_steady = true; /* whoever tests the highlight turns it on */
    wall_init(&bench.wall, bench.loop, NULL, bench.fonts, bench.config, 0, &events);
    return 0;
}

static inline int stop(void **unused)
{
    (void)unused;
    wall_finish(&bench.wall);
    loop_destroy(bench.loop);
    fonts_destroy(bench.fonts);
    config_destroy(bench.config);
    return 0;
}

static inline void give_up(void *data, int64_t now_us)
{
    (void)data, (void)now_us;
    loop_quit(bench.loop, 1);
}

static inline void until_flip(void)
{
    struct loop_timer *patience = loop_timer(bench.loop, "patience", give_up, NULL);
    loop_timer_at(patience, clock_us() + FLIP_PATIENCE_MS * INT64_C(1000));
    assert_int_equal(loop_run(bench.loop), 0);
    loop_timer_remove(patience);
}

static inline void present(void)
{
    wall_present(&bench.wall, &bench.input, clock_us());
}

static inline void call(const char *desk, const char *ticket, uint64_t token)
{
    struct event event = { .type = EVENT_CALL };
    int index;
    snprintf(event.desk, sizeof event.desk, "%s", desk);
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    assert_true(hall_apply(&bench.hall, &event, clock_us(), &index) > 0);
    assert_true(announce_call(&bench.wall.announce, &bench.hall, index, token, clock_us()));
    bench.wall.is_dirty = true;
}

static inline void put_alert(bool is_up)
{
    struct event alert = { .type = EVENT_NOTICE };
    int desk;
    snprintf(alert.notice.id, sizeof alert.notice.id, "fire");
    alert.notice.level = NOTICE_ALERT;
    alert.notice.ntexts = is_up;
    snprintf(alert.notice.text[0].lang, sizeof alert.notice.text[0].lang, "ru");
    snprintf(alert.notice.text[0].text, sizeof alert.notice.text[0].text, "Пожар");
    assert_true(hall_apply(&bench.hall, &alert, clock_us(), &desk) > 0);
    bench.wall.is_dirty = true;
}

static inline void open_calm(void)
{
    wall_tick(&bench.wall, clock_us());
    assert_int_equal(bench.wall.state, WALL_SHOWN);
    present();
    until_flip();
    assert_int_equal(bench.flips, 1);
}
