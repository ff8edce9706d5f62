#include "board/paint/damage.h"
#include "tests/unit/paint_bench.h"

static void damage_rectangles_never_overlap_and_cover_all(void **state)
{
    struct damage damage;
    struct rect boxes[300];

    (void)state;
    seed = 7;
    for (int round = 0; round < 50; round++) {
        const unsigned count = 1 + random_below(300);

        damage.count = 0;
        for (unsigned i = 0; i < count; i++) {
            boxes[i] = (struct rect){ (int16_t)random_below(1900), (int16_t)random_below(1000),
                                      (int16_t)(1 + random_below(20)), (int16_t)(1 + random_below(20)) };
            damage_add(&damage, boxes[i]);
        }
        assert_in_range(damage.count, 1, DAMAGE_MAX);
        for (unsigned i = 0; i < damage.count; i++)
            for (unsigned j = 0; j < i; j++)
                assert_false(rect_overlaps(damage.rect[i], damage.rect[j]));
        for (unsigned i = 0; i < count; i++)
            for (int corner = 0; corner < 4; corner++)
                assert_true(is_inside_damage(damage.rect, damage.count,
                                             boxes[i].x + (corner & 1 ? boxes[i].w - 1 : 0),
                                             boxes[i].y + (corner & 2 ? boxes[i].h - 1 : 0)));
    }
}

static void an_item_added_or_taken_out_leaves_the_others_alone(void **state)
{
    static struct diff diff;
    static const struct mark before[] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 3, 0 }, { 4, 0 } };
    static const struct mark now[] = { { 1, 0 }, { 5, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 } };

    (void)state;
    diff_lists(&diff, before, 5, now, 5);
    assert_true(diff.is_kept_before[0] && diff.is_kept_before[1] && diff.is_kept_before[4]);
    assert_int_equal(diff.is_kept_before[2] + diff.is_kept_before[3], 1);
    assert_true(diff.is_kept_now[0] && !diff.is_kept_now[1] && diff.is_kept_now[2] && diff.is_kept_now[3]);
}

static void an_item_that_changed_places_is_the_only_damage(void **state)
{
    static struct diff diff;
    static const struct mark before[] = { { 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 } };
    static const struct mark now[] = { { 2, 0 }, { 3, 0 }, { 4, 0 }, { 1, 0 }, { 5, 0 } };

    (void)state;
    diff_lists(&diff, before, 5, now, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(diff.is_kept_before[i], i != 0);
        assert_int_equal(diff.is_kept_now[i], i != 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_rectangles_never_overlap_and_cover_all),
        cmocka_unit_test(an_item_added_or_taken_out_leaves_the_others_alone),
        cmocka_unit_test(an_item_that_changed_places_is_the_only_damage),
    };

    return cmocka_run_group_tests_name("damage", tests, open_fonts, close_fonts);
}
