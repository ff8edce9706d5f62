#include "board/hall/dimming.h"

#include "drivers/led/led.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void each_step_holds_until_the_next_one(void **unused)
{
    (void)unused;
    static const struct dimming day = { 3, { { 420, 80 }, { 720, 100 }, { 1200, 20 } } };
    static const struct {
        int minute;
        uint8_t percent;
    } rows[] = { { 0, 20 },     { 419, 20 },  { 420, 80 },  { 719, 80 }, { 720, 100 },
                 { 1199, 100 }, { 1200, 20 }, { 1439, 20 }, { -1, 100 } };
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(dimming_at(&day, rows[i].minute), rows[i].percent);
}

static void one_step_holds_all_day(void **unused)
{
    (void)unused;
    static const struct dimming day = { 1, { { 600, 50 } } };
    assert_int_equal(dimming_at(&day, 0), 50);
    assert_int_equal(dimming_at(&day, 600), 50);
    assert_int_equal(dimming_at(&day, 1439), 50);
}

static void without_steps_the_boards_keep_their_own(void **unused)
{
    (void)unused;
    static const struct dimming none;
    assert_int_equal(dimming_at(&none, 700), LED_BRIGHTNESS_OWN);
    assert_int_equal(dimming_at(&none, -1), LED_BRIGHTNESS_OWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_step_holds_until_the_next_one),
        cmocka_unit_test(one_step_holds_all_day),
        cmocka_unit_test(without_steps_the_boards_keep_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
