/* Half a minute of a wall, frame by frame, judged by WCAG 2.3.1 and 2.2.2. The wall is the real one, over a screen that
 * flips when it is told to; its hours are the test's. */
#define FAKE_WIDTH  480
#define FAKE_HEIGHT 270
#include "tests/unit/chance.h"
#include "tests/unit/fake_screen.h"
#include "tests/unit/wall_bench.h"
#include "tests/wall_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#define PIXELS    (FAKE_WIDTH * FAKE_HEIGHT)
#define VBLANK_US 16667
#define START_US  (100 * S)

const struct screen_ops *__wrap_screen_backend(const char *name);
const struct screen_ops *__wrap_screen_backend(const char *name)
{
    (void)name;
    return &fake_ops;
}

/* ---- by the letter of WCAG -------------------------------------------------------------------- */

static double linear[256];

static void make_linear(void)
{
    for (int i = 0; i < 256; i++)
        linear[i] = i <= 10 ? i / 255.0 / 12.92 : pow((i / 255.0 + 0.055) / 1.055, 2.4);
}

/* A pixel: where its luminance last turned, and when its last transitions were. Two that oppose each other are a flash. */
struct pixel {
    float low, high;  /* since the last transition */
    int8_t direction; /* of that */
    uint8_t n;
    int64_t at_us[8]; /* of the latest ones */
    bool is_red;
};
static struct pixel pixel[PIXELS];

static struct {
    unsigned frames;
    double steps
        [9]; /* the largest share of the picture that made so many transitions, or more, in some second */
    unsigned red; /* pixels that became saturated red, or ceased to be */
} verdict;

static void turn(struct pixel *p, int direction, float luminance, int64_t now_us)
{
    p->direction = (int8_t)direction;
    p->low = p->high = luminance;
    memmove(p->at_us, p->at_us + 1, sizeof p->at_us - sizeof *p->at_us);
    p->at_us[7] = now_us;
    p->n = p->n < 8 ? p->n + 1 : 8;
}

/* A change of a tenth against the last extreme, the darker state below 0.80, the other way than the last one. */
static void follow(struct pixel *p, float luminance, int64_t now_us)
{
    if (luminance - p->low >= 0.1F && p->low < 0.8F && p->direction <= 0)
        turn(p, 1, luminance, now_us);
    else if (p->high - luminance >= 0.1F && luminance < 0.8F && p->direction >= 0)
        turn(p, -1, luminance, now_us);
    p->low = luminance < p->low ? luminance : p->low;
    p->high = luminance > p->high ? luminance : p->high;
}

/* Transitions of a pixel within the last second. */
static unsigned count_recent(const struct pixel *p, int64_t now_us)
{
    unsigned n = 0;
    for (unsigned i = 8 - p->n; i < 8; i++)
        n += now_us - p->at_us[i] < S;
    return n;
}

static void judge_frame(const uint8_t *frame, int64_t now_us)
{
    unsigned count[9] = { 0 };
    for (unsigned i = 0; i < PIXELS; i++) {
        double b = linear[frame[4 * i]], g = linear[frame[4 * i + 1]], r = linear[frame[4 * i + 2]];
        float luminance = (float)(0.2126 * r + 0.7152 * g + 0.0722 * b);
        bool is_red = r > 0.05 && r / (r + g + b) >= 0.8;
        struct pixel *p = &pixel[i];
        if (verdict.frames == 0)
            *p = (struct pixel){ .low = luminance, .high = luminance, .is_red = is_red };
        follow(p, luminance, now_us);
        verdict.red += is_red != p->is_red;
        p->is_red = is_red;
        for (unsigned n = count_recent(p, now_us); n > 0; n--)
            count[n]++;
    }
    for (unsigned n = 1; n < 9; n++)
        verdict.steps[n] = fmax(verdict.steps[n], (double)count[n] / PIXELS);
    verdict.frames++;
}

/* ---- a hall by the test's clock --------------------------------------------------------------- */

static int64_t now_us;

static int set_up(void **state)
{
    fake_init();
    fake.status = (struct screen_status){ .state = SCREEN_SHOWN };
    memset(&verdict, 0, sizeof verdict);
    make_linear();
    now_us = START_US;
    return start(state);
}

static int tear_down(void **state)
{
    int result = stop(state);
    close(fake.fd);
    return result;
}

/* One vblank: what the loop does in a turn. */
static void vblank(void)
{
    now_us += VBLANK_US;
    wall_tick(&bench.wall, now_us);
    if (fake.is_queued) {
        judge_frame(fake.pixels[fake.back], now_us);
        fake_flip(now_us);
    }
    if (announce_tick(&bench.wall.announce, now_us))
        bench.wall.is_dirty = true;
    wall_present(&bench.wall, &bench.input, now_us);
}

static void run_for(int64_t us)
{
    for (int64_t end_us = now_us + us; now_us < end_us;)
        vblank();
}

static void apply(enum event_type type, unsigned desk, unsigned ticket)
{
    static uint64_t seq;
    struct event event = { .type = type, .seq = ++seq };
    int index;
    snprintf(event.desk, sizeof event.desk, "%u", desk + 1);
    snprintf(event.ticket, sizeof event.ticket, "А%03u", ticket);
    if (hall_apply(&bench.hall, &event, now_us, &index) <= 0)
        return;
    if (type == EVENT_CLEAR || type == EVENT_SERVE)
        announce_end(&bench.wall.announce, index, event.ticket, now_us);
    else
        announce_call(&bench.wall.announce, &bench.hall, index, seq, now_us);
    bench.wall.is_dirty = true;
}

/* Three flashes are six transitions: a seventh in a second is too many, over more than a quarter of the picture. */
static void assert_calm(void)
{
    if (verdict.steps[7] > 0.25)
        fail_msg("%.0f %% of the picture flash more than three times in a second", verdict.steps[7] * 100);
    if (verdict.steps[3] > 0.25) /* our own rule: one flash */
        fail_msg("%.0f %% of the picture flash more than once in a second", verdict.steps[3] * 100);
    assert_int_equal(verdict.red, 0);
}

/* ---- tests ------------------------------------------------------------------------------------ */

static void half_a_minute_of_calls_does_not_flash(void **state)
{
    (void)state;
    static const char *const themes[] = { "dark", "light", "contrast" };
    unsigned frames = 0;
    for (unsigned seed = 0; seed < 6; seed++) {
        chance_state = seed;
        room_theme(bench.config, themes[seed % 3]);
        bench.config->calls.dwell_ms = seed % 2 ? 1000 : 8000;
        bench.config->calls.is_steady = seed % 3 == 2;
        wall_change(&bench.wall, bench.config, 0);
        verdict.frames = 0;
        unsigned ticket = 0, desk = 0;
        bool is_up = false;
        for (int64_t end_us = now_us + 30 * S; now_us < end_us; vblank()) {
            if (chance_of(0.002)) /* a burst: every other frame */
                for (unsigned i = 0; i < 8; i++, vblank(), vblank())
                    apply(EVENT_CALL, desk++ % 12, ticket++ % 1000);
            if (chance_of(0.01))
                apply(EVENT_CALL, chance_below(12), ticket++ % 1000);
            if (chance_of(0.01) && ticket)
                apply(EVENT_RECALL, chance_below(12), (ticket - 1) % 1000);
            if (chance_of(0.02))
                apply(EVENT_CLEAR, chance_below(12), ticket ? (ticket - 1) % 1000 : 0);
            if (chance_of(0.005))
                put_alert(is_up = !is_up);
            if (end_us - now_us < VBLANK_US && is_up)
                put_alert(is_up = false);
            if (chance_of(0.01))
                bench.input.truth = chance_below(2) ? FEED_FRESH : FEED_STALE, bench.wall.is_dirty = true;
        }
        frames += verdict.frames;
        assert_calm();
    }
    assert_true(frames > 200);
}

static void an_alert_that_comes_and_goes_does_not_flash(void **state)
{
    (void)state;
    bool is_up = false;
    apply(EVENT_CALL, 2, 42);
    for (unsigned i = 0; i < 300; i++) {
        put_alert(is_up = !is_up);
        run_for(S / 10);
    }
    put_alert(true);
    run_for(2 * S);
    assert_calm();
    assert_true(verdict.steps[2] > 0.5); /* it was shown now and then */
    assert_true(fake.pixels[1 - fake.back][4 * (FAKE_WIDTH * (FAKE_HEIGHT - 2) + 2)] ==
                0xff); /* and stands at last */
}

static void a_call_after_a_quiet_second_is_shown_at_once(void **state)
{
    (void)state;
    run_for(S);
    for (unsigned i = 0; i < 5; i++) {
        unsigned commits = fake.commits;
        apply(EVENT_CALL, i, i);
        vblank();
        assert_int_equal(fake.commits, commits + 1);
        run_for(9 * S); /* its dwell, and a second */
    }
}

/* WCAG 2.2.2: what starts by itself ends within five seconds. It is one step, and one when the dwell is over; between them the bar goes
 * and comes, and has gone after 2.5 s. */
static void assert_still_after_a_call(unsigned desk, unsigned beats)
{
    bench.config->nnotices = 1;
    bench.wall.announce.is_pulsing = beats > 0;
    run_for(9 * S);
    apply(EVENT_CALL, desk, 42 + desk);
    unsigned frames = verdict.frames;
    run_for(3 * S);
    assert_int_equal(verdict.frames, frames + 1 + beats);
    run_for(4 * S);
    assert_int_equal(verdict.frames, frames + 1 + beats);
    run_for(5 * S);
    assert_int_equal(verdict.frames, frames + 2 + beats);
    run_for(60 * S);
    assert_int_equal(verdict.frames, frames + 2 + beats);
    assert_true(wall_deadline_us(&bench.wall) > now_us + 3600 * S);
}

static void nothing_moves_by_itself_but_the_bar_of_a_new_call(void **state)
{
    (void)state;
    assert_still_after_a_call(2, 0);
    assert_still_after_a_call(3, 5);
    assert_calm();
    assert_true(verdict.steps[1] < 0.9); /* the bars are no step of the whole picture */
}

/* What is held back is shown when its second is over, and the loop is told when that is. */
static void a_held_picture_has_a_deadline(void **state)
{
    (void)state;
    run_for(S);
    for (unsigned i = 0; i < 3; i++) {
        put_alert(i % 2 == 0);
        vblank();
        vblank();
    }
    int64_t due_us = bench.wall.calm_us;
    assert_true(due_us > now_us && due_us <= now_us + FLASH_US);
    assert_true(wall_deadline_us(&bench.wall) <= due_us);
    assert_true(bench.wall.is_dirty && !wall_is_owing(&bench.wall));
    unsigned commits = fake.commits;
    wall_present(&bench.wall, &bench.input, due_us - 1);
    assert_int_equal(fake.commits, commits);
    wall_present(&bench.wall, &bench.input, due_us);
    assert_int_equal(fake.commits, commits + 1);
    assert_true(!bench.wall.is_dirty && !bench.wall.calm_us);
}

/* A picture among the notices that is all white, and one that hardly covers what lies below. */
static struct image *white_image(uint8_t alpha)
{
    struct image_scaler *scaler = image_scaler_create(1, 1, FAKE_WIDTH, FAKE_HEIGHT);
    image_scaler_take(scaler, (const uint8_t[]){ 255, 255, 255, alpha });
    struct image *image = image_scaler_finish(scaler);
    image_scaler_destroy(scaler);
    return image;
}

static void an_image_counts_by_its_light(void **state)
{
    (void)state;
    static struct picture with, without;
    picture_init(&without, FAKE_WIDTH, FAKE_HEIGHT, 0x081528);
    for (unsigned alpha = 10; alpha < 256; alpha += 245) {
        struct flash flash = { 0 };
        struct image *image = white_image((uint8_t)alpha);
        picture_init(&with, FAKE_WIDTH, FAKE_HEIGHT, 0x081528);
        picture_image(&with, image, FAKE_WIDTH / 2, 0); /* half of the picture */
        flash_note(&flash, &without, S);
        flash_note(&flash, &with, 2 * S);
        flash_note(&flash, &without, 2 * S + 1);
        assert_int_equal(flash_allows_us(&flash, &with, 2 * S + 2), alpha == 255 ? 3 * S : 2 * S + 2);
        image_drop(image);
    }
}

/* The view `info` in its worst hours: pages that are white and dark in turn, counts that come and go, and calls. The images are
 * the hall file's from then on. */
static void pages_with_pictures_do_not_flash(void **state)
{
    (void)state;
    struct json_report report = { .line = complain };
    struct image *image[] = { white_image(255), NULL };
    image[1] = white_image(0);
    struct config_screen *screen = &bench.config->screen[0];
    assert_true(config_load_layout(NULL, "info", &screen->layout, &report));
    for (unsigned i = 0; i < 2 && i < bench.config->nnotices; i++)
        bench.config->notice[i].picture = image[i];
    const uint32_t pages = bench.wall.notice_page;
    bench.input.has_lease = true;
    for (unsigned i = 0; i < 60; i++) {
        bench.hall.waiting[0] = (struct hall_waiting){ i % 3 > 0, (uint16_t)i, -1 };
        bench.wall.is_dirty = true;
        if (i % 7 == 0)
            apply(EVENT_CALL, i % 5, i);
        run_for(S / 2);
    }
    assert_true(bench.wall.notice_page >= pages + 3);
    assert_true(images_bytes(&bench.wall.images) > 0);
    assert_calm();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(half_a_minute_of_calls_does_not_flash),
        TEST(an_alert_that_comes_and_goes_does_not_flash),
        TEST(a_call_after_a_quiet_second_is_shown_at_once),
        TEST(nothing_moves_by_itself_but_the_bar_of_a_new_call),
        TEST(a_held_picture_has_a_deadline),
        TEST(an_image_counts_by_its_light),
        TEST(pages_with_pictures_do_not_flash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
