/* What a change of the wall may cost, in counts that are the same on every machine: pixels stored or composed, and allocations,
 * with the program's own layout at 1080p.
 */
#include "board/paint/blend.h"
#include "board/paint/ground.h"
#include "board/paint/paint.h"
#include "tests/heap_count.h"
#include "tests/wall_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define WIDTH      1920
#define HEIGHT     1080
#define CALL_PX    320000
#define BEAT_PX    45000
#define CLOCK_PX   1300
#define ZONE_PX    240000  /* two cells of twelve: one becomes inverse, one is no longer */
#define DESK_PX    1200000 /* its panel: the ground of two thirds of the wall changes */
#define GROUND_PX  40000   /* of a full repaint, of 2,073,600 */
#define LOOKED_PX  95000
#define BLENDED_PX 5000
#define RECENT     6
#define WARM_CALLS 120
#define CALLS      200

struct wall {
    struct fonts *fonts;
    struct painter *painter;
    struct screen_buffer buffer[2];
    unsigned back, number;
    struct room room;
    struct picture picture;
    char ticket[RECENT][16]; /* the newest first */
    int desk[RECENT];
};

static struct wall wall;

/* Builds the picture, paints it, flips, and repairs the other buffer; pixels stored up to the flip. */
static uint64_t show(void)
{
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;

    scene_build(&wall.picture, wall.fonts, &wall.room.input, WIDTH, HEIGHT);
    const uint64_t written =
        painter_paint(wall.painter, &wall.buffer[wall.back], &wall.picture, damage, &ndamage);
    wall.back = 1 - wall.back;
    painter_repair(wall.painter, &wall.buffer[wall.back]);
    return written;
}

/* A call while the one before is still new: its panel stays as it is, all other numbers move. */
static uint64_t call(void)
{
    static const char *const letters[] = { "А", "Б", "К", "Д", "П", "Т" };

    memmove(wall.ticket[1], wall.ticket[0], sizeof wall.ticket - sizeof wall.ticket[0]);
    memmove(wall.desk + 1, wall.desk, sizeof wall.desk - sizeof wall.desk[0]);
    wall.number++;
    snprintf(wall.ticket[0], sizeof wall.ticket[0], "%s%03u", letters[wall.number * 5 / 3 % 6],
             wall.number * 97 % 1000);
    wall.desk[0] = 1 + (int)(wall.number * 5 % 12);
    wall.room.hall.nrecent = 0;
    memset(wall.room.announce.slot, 0, sizeof wall.room.announce.slot);
    room_call(&wall.room, wall.ticket[0], wall.desk[0], true);
    for (unsigned i = 1; i < RECENT; i++)
        room_recent(&wall.room, wall.ticket[i], wall.desk[i]);
    return show();
}

static int open_wall(void **state)
{
    char error[200];

    (void)state;
    wall.fonts = fonts_create(&font_files_debian, error, sizeof error);
    wall.painter = painter_create(wall.fonts, WIDTH, HEIGHT, PIXEL_XRGB8888);
    for (unsigned i = 0; i < 2; i++)
        wall.buffer[i] = (struct screen_buffer){ .pixels = calloc(HEIGHT, WIDTH * 4),
                                                 .stride = WIDTH * 4,
                                                 .width = WIDTH,
                                                 .height = HEIGHT,
                                                 .format = PIXEL_XRGB8888,
                                                 .index = (uint8_t)i };
    room_init(&wall.room, 2);
    for (unsigned i = 0; i < WARM_CALLS; i++)
        call();
    return 0;
}

static int close_wall(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++)
        free(wall.buffer[i].pixels);
    painter_destroy(wall.painter);
    fonts_destroy(wall.fonts);
    return 0;
}

static void a_call_stores_few_pixels(void **state)
{
    uint64_t most = 0;

    (void)state;
    for (unsigned i = 0; i < CALLS; i++) {
        const uint64_t written = call();

        most = written > most ? written : most;
    }
    print_message("most pixels of a call: %u\n", (unsigned)most);
    assert_in_range(most, 1, CALL_PX);
}

/* Around the only panel, which is the largest. */
static void a_beat_of_the_highlight_stores_few_pixels(void **state)
{
    uint64_t most = 0;

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        wall.room.announce.slot[0].is_marked = i % 2 == 0;
        const uint64_t written = show();

        most = written > most ? written : most;
    }
    print_message("most pixels of a beat: %u\n", (unsigned)most);
    assert_in_range(most, 1, BEAT_PX);
}

static void a_clock_tick_stores_few_pixels(void **state)
{
    struct scene_clock *clock = &wall.room.input.clock;
    uint64_t most = 0;

    (void)state;
    show();
    for (int minute = 0; minute < 60; minute++) {
        clock->minute = minute;
        const uint64_t written = show();

        if (minute % 10 != 0 && written > most)
            most = written; /* the last figure alone changes */
    }
    print_message("most pixels of a tick: %u\n", (unsigned)most);
    assert_in_range(most, 1, CLOCK_PX);
}

/* ---- the other views ------------------------------------------------------------------------- */

/* The desk calls; its panel is new. */
static void call_at(int desk)
{
    struct hall_desk *now = &wall.room.hall.desk[desk - 1];
    char ticket[16];

    wall.number++;
    now->phase = PHASE_CALLED;
    snprintf(ticket, sizeof ticket, "К%03u", wall.number * 97 % 1000);
    memcpy(now->ticket, ticket, sizeof ticket);
    room_call(&wall.room, ticket, desk, true);
}

static void end_dwell(void)
{
    memset(wall.room.announce.slot, 0, sizeof wall.room.announce.slot);
    wall.room.hall.nrecent = 0;
}

static void look_at(const char *view)
{
    room_view(&wall.room, view);
    wall.room.screen.desk = strcmp(view, "desk") == 0 ? 6 : NONE;
    for (unsigned i = 0; i < WARM_CALLS; i++) {
        end_dwell();
        call_at(1 + (int)(i % 12));
        call_at(7);
        show();
    }
    end_dwell();
    show();
}

static void look_at_calls(void)
{
    wall.room.screen.desk = NONE;
    room_view(&wall.room, "calls");
    end_dwell();
    show();
}

/* Each call with the end of the one before. */
static uint64_t most_of_calls(bool is_one_desk)
{
    uint64_t most = 0;

    for (unsigned i = 0; i < CALLS; i++) {
        end_dwell();
        call_at(is_one_desk ? 7 : 1 + (int)(i * 5 % 12));
        const uint64_t written = show();

        most = written > most ? written : most;
    }
    return most;
}

static void a_call_in_a_zone_stores_two_cells(void **state)
{
    (void)state;
    look_at("zone");
    const uint64_t most = most_of_calls(false);

    print_message("most pixels of a call in a zone: %u\n", (unsigned)most);
    look_at_calls();
    assert_in_range(most, 1, ZONE_PX);
}

static void eight_calls_at_once_in_a_zone_are_one_paint(void **state)
{
    (void)state;
    look_at("zone");
    for (int desk = 1; desk <= 8; desk++)
        call_at(desk);
    const uint64_t written = show();

    print_message("pixels of eight calls in a zone: %u\n", (unsigned)written);
    look_at_calls();
    assert_in_range(written, 1, 8 * (ZONE_PX / 2));
}

static void a_call_above_a_desk_stores_its_panel(void **state)
{
    (void)state;
    look_at("desk");
    call_at(7);
    const uint64_t first = show(), next = most_of_calls(true);

    print_message("pixels of a call above a desk: %u, of the next one: %u\n", (unsigned)first,
                  (unsigned)next);
    look_at_calls();
    assert_in_range(first, 1, DESK_PX);
    assert_in_range(next, 1, CALL_PX);
}

static void no_view_allocates_for_a_call(void **state)
{
    (void)state;
#if !COUNTS_HEAP
    skip();
#endif
    static const char *const views[] = { "zone", "desk", "info" };

    for (unsigned i = 0; i < 3; i++) {
        look_at(views[i]);
        const unsigned before = allocations;

        most_of_calls(false);
        assert_int_equal(allocations - before, 0);
    }
    look_at_calls();
}

/* ---- what a full repaint composes ------------------------------------------------------------ */

static struct {
    unsigned long ground, looked, blended; /* pixels */
} composed;

void __real_ground_paint(const struct band *band, const struct span *span);
void __real_blend_row(uint32_t *line, const uint8_t *alpha, int eights, color ink);
void __real_shade_row(uint32_t *line, const uint8_t *alpha, const uint64_t *changed, int width,
                      const struct shades *shades);
void __wrap_ground_paint(const struct band *band, const struct span *span);
void __wrap_blend_row(uint32_t *line, const uint8_t *alpha, int eights, color ink);
void __wrap_shade_row(uint32_t *line, const uint8_t *alpha, const uint64_t *changed, int width,
                      const struct shades *shades);

void __wrap_ground_paint(const struct band *band, const struct span *span)
{
    composed.ground += (unsigned)span->width;
    __real_ground_paint(band, span);
}

void __wrap_blend_row(uint32_t *line, const uint8_t *alpha, int eights, color ink)
{
    composed.blended += 8 * (unsigned)eights;
    __real_blend_row(line, alpha, eights, ink);
}

void __wrap_shade_row(uint32_t *line, const uint8_t *alpha, const uint64_t *changed, int width,
                      const struct shades *shades)
{
    for (int i = 0; changed && i < width; i += 256)
        composed.looked += 4 * (unsigned)__builtin_popcountll(changed[i / 256]);
    composed.looked += changed ? 0 : (unsigned)width;
    __real_shade_row(line, alpha, changed, width, shades);
}

static void a_full_repaint_composes_what_differs_from_the_row_above(void **state)
{
    uint64_t written;

    (void)state;
    show();
    memset(&composed, 0, sizeof composed);
    written = painter_full(wall.painter, &wall.buffer[0], &wall.picture);
    print_message("of %u pixels: %lu of the ground, %lu looked up, %lu blended\n", (unsigned)written,
                  composed.ground, composed.looked, composed.blended);
    assert_int_equal(written, WIDTH * HEIGHT);
    assert_in_range(composed.ground, WIDTH, GROUND_PX);
    assert_in_range(composed.looked, 50000, LOOKED_PX);
    assert_in_range(composed.blended, 0, BLENDED_PX); /* letters that lean over each other (ТА) */
}

static void an_equal_state_stores_nothing(void **state)
{
    (void)state;
    show();
    assert_int_equal(show(), 0);
    assert_false(painter_differs(wall.painter, &wall.picture));
}

static void a_call_allocates_nothing(void **state)
{
    (void)state;
#if !COUNTS_HEAP
    skip();
#endif
    assert_true(allocations > 100); /* the counting works */
    const unsigned before = allocations;

    for (unsigned i = 0; i < CALLS; i++)
        call();
    assert_int_equal(allocations - before, 0);
}

static void the_caches_stay_within_their_bound(void **state)
{
    struct glyph_cache_stats stats;

    (void)state;
    glyph_cache_stats(wall.fonts, &stats);
    print_message("glyphs: %zu in %zu KiB\n", stats.glyphs, stats.bytes / 1024);
    assert_int_equal(stats.evictions, 0);
    assert_true(stats.bytes <= GLYPH_CACHE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_stores_few_pixels),
        cmocka_unit_test(a_beat_of_the_highlight_stores_few_pixels),
        cmocka_unit_test(a_clock_tick_stores_few_pixels),
        cmocka_unit_test(a_full_repaint_composes_what_differs_from_the_row_above),
        cmocka_unit_test(an_equal_state_stores_nothing),
        cmocka_unit_test(a_call_allocates_nothing),
        cmocka_unit_test(a_call_in_a_zone_stores_two_cells),
        cmocka_unit_test(eight_calls_at_once_in_a_zone_are_one_paint),
        cmocka_unit_test(a_call_above_a_desk_stores_its_panel),
        cmocka_unit_test(no_view_allocates_for_a_call),
        cmocka_unit_test(the_caches_stay_within_their_bound),
    };

    return cmocka_run_group_tests_name("budget", tests, open_wall, close_wall);
}
