#include "board/blend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void every_value_is_packed_to_the_nearest_step_wherever_it_stands(void **state)
{
    uint32_t line[256 + 7];
    uint16_t packed[256 + 7];

    (void)state;
    for (unsigned i = 0; i < 256 + 7; i++)
        line[i] = (i & 0xff) * 0x10101;
    for (int width = 256; width < 256 + 8; width++) {
        pack_rgb565(packed, line, width);
        for (int i = 0; i < width; i++) {
            const unsigned value = line[i] & 0xff, five = (value * 31 * 2 + 255) / 510,
                           six = (value * 63 * 2 + 255) / 510;

            assert_int_equal(packed[i], five << 11 | six << 5 | five);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_is_packed_to_the_nearest_step_wherever_it_stands),
    };

    return cmocka_run_group_tests_name("blend", tests, NULL, NULL);
}
