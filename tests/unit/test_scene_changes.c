/* What a change of the hall changes on its wall, and what that costs. */
#include "tests/unit/scene_bench.h"

#include <time.h>

static void a_tick_of_the_clock_changes_only_its_figures(void **state)
{
    (void)state;
    static const struct {
        int hour, minute, then_hour, then_minute, figures;
    } rows[] = { { 14, 5, 14, 6, 1 }, { 14, 9, 14, 10, 2 }, { 19, 59, 20, 0, 4 } };
    for (int i = 0; i < 3; i++) {
        room_init(&room, 2);
        room_call(&room, "А042", 7, true);
        room.input.clock.hour = rows[i].hour;
        room.input.clock.minute = rows[i].minute;
        build(&picture, 1920, 1080);
        room.input.clock.hour = rows[i].then_hour;
        room.input.clock.minute = rows[i].then_minute;
        build(&other, 1920, 1080);
        int changed;
        difference(&picture, &other, &changed);
        assert_int_equal(changed, rows[i].figures);
        assert_true(has_same_regions(&picture, &other));
    }
}

static void a_call_that_ages_changes_only_its_panel(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, true);
    room_call(&room, "Б118", 12, true);
    room_call(&room, "К009", 2, true);
    build(&picture, 1920, 1080);
    room.announce.slot[1].is_new = false;
    build(&other, 1920, 1080);
    int changed, differing = 0;
    struct ink area = difference(&picture, &other, &changed);
    assert_true(changed > 0);
    for (int i = 0; i < picture.nregions; i++)
        if (!is_same_region(&picture.region[i], &other.region[i]) && differing++ == 0)
            assert_true(is_inside(area, ink_of_box(picture.region[i].box)));
    assert_int_equal(differing, 2); /* the panel and its hairline */
}

static void a_new_call_leaves_head_and_foot_alone(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308", "");
    room_call(&room, "А042", 7, false);
    build(&picture, 1920, 1080);
    room.announce.slot[0].is_used = false;
    room_call(&room, "Б118", 12, true);
    build(&other, 1920, 1080);
    for (int i = 0; i < picture.nglyphs; i++) {
        const struct placed *old = &picture.glyph[i];
        bool is_body = old->y > 140 && old->y < 960, is_kept = false;
        for (int j = 0; j < other.nglyphs && !is_kept; j++)
            is_kept = is_same_glyph(old, &other.glyph[j]);
        assert_true(is_body || is_kept);
    }
}

static void an_empty_place_keeps_its_room(void **state)
{
    (void)state;
    room_init(&room, 2);
    room_call(&room, "А042", 7, true);
    room_call(&room, "Б118", 12, true);
    room_call(&room, "К009", 2, true);
    build(&picture, 1920, 1080);
    struct found before = find(&picture, 0, WEIGHT_BOLD, true, "118");
    room_call(&room, "Д064", 9, true);
    build(&other, 1920, 1080);
    struct found after = find(&other, 0, WEIGHT_BOLD, true, "118");
    assert_int_equal(before.x, after.x);
    assert_int_equal(before.y, after.y);
    assert_int_equal(before.size_px, after.size_px);
}

/* ---- cost ------------------------------------------------------------------------------------ */

/* One frame on a pair of buffers, as the board paints: pixels written for it. */
static uint64_t paint(struct painter *painter, struct screen_buffer buffer[2])
{
    static unsigned back;
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage;
    build(&picture, 1920, 1080);
    uint64_t pixels = painter_paint(painter, &buffer[back], &picture, damage, &ndamage);
    back ^= 1;
    painter_repair(painter, &buffer[back]);
    return pixels;
}

static void what_changes_on_the_wall_is_all_that_is_written(void **state)
{
    (void)state;
    struct screen_buffer buffer[2];
    for (uint8_t i = 0; i < 2; i++) {
        buffer[i] = (struct screen_buffer){ .stride = 1920 * 4, .width = 1920, .height = 1080, .index = i };
        assert_non_null(buffer[i].pixels = calloc(1080, buffer[i].stride));
    }
    struct painter *painter = painter_create(fonts, 1920, 1080, PIXEL_XRGB8888);
    room_init(&room, 2);
    struct announce_slot *slot = room_call(&room, "А042", 7, false);
    for (int i = 0; i < 5; i++)
        room_recent(&room, "Б117", 12);
    paint(painter, buffer);
    for (int minute = 0; minute < 60; minute++) {
        room.input.clock.minute = minute;
        uint64_t pixels = paint(painter, buffer);
        if (minute % 10 > 0) /* one figure */
            assert_in_range(pixels, 400, 1300);
    }
    const struct rect panel = picture.region[1].box;
    slot->is_new = true;
    assert_in_range(paint(painter, buffer), 700000, (uint64_t)panel.w * (uint64_t)panel.h);
    room_recent(&room, "А042", 7);
    strcpy(slot->ticket, "А043"); /* another call in a panel that is yellow already */
    assert_in_range(paint(painter, buffer), 10000, 320000);
    assert_int_equal(paint(painter, buffer), 0);
    painter_destroy(painter);
    free(buffer[0].pixels);
    free(buffer[1].pixels);
}

static int64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * INT64_C(1000000000) + time.tv_nsec;
}

static void report_cost(const char *name)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 50; i++) {
        int64_t start = now_ns();
        build(&picture, 1920, 1080);
        int64_t took = now_ns() - start;
        best = took < best ? took : best;
    }
    print_message("cost of %s: %.1f us, %d glyphs, %d regions\n", name, (double)best / 1e3, picture.nglyphs,
                  picture.nregions);
}

static void the_cost_is_reported(void **state)
{
    (void)state;
    room_init(&room, 3);
    for (int i = 0; i < 8; i++)
        room_call(&room, "А042", 1 + i, true)->is_recall = i % 2;
    for (int i = 0; i < 8; i++)
        room_recent(&room, "Б117", 1 + i);
    room_notice(&room, "Қабылдау бөлмесінің телефоны: 1308", "Телефон приёмной: 1308", "Phone: 1308");
    report_cost("eight calls");
    room.announce.nslots = 1;
    for (int i = 1; i < 8; i++)
        room.announce.slot[i].is_used = false;
    report_cost("one call");
    room_alert(&room, "Ғимараттан дереу шығыңыз. Эвакуациялық баспалдақтармен жүріңіз. Лифтті пайдаланбаңыз.",
               "Немедленно покиньте здание. Двигайтесь по эвакуационным лестницам. Не пользуйтесь лифтом.",
               "Leave the building immediately. Use the emergency stairs. Do not use the lifts.");
    report_cost("an alert");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tick_of_the_clock_changes_only_its_figures),
        cmocka_unit_test(a_call_that_ages_changes_only_its_panel),
        cmocka_unit_test(a_new_call_leaves_head_and_foot_alone),
        cmocka_unit_test(an_empty_place_keeps_its_room),
        cmocka_unit_test(what_changes_on_the_wall_is_all_that_is_written),
        cmocka_unit_test(the_cost_is_reported),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
