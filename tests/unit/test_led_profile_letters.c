/* A hall's own words for letters, and tickets that do not fit. */
#include "tests/unit/led_profiles.h"

#include <errno.h>

static const struct led_letters map = {
    false,
    4,
    { { 0x413 /* Г */, "L" }, { 0x414 /* Д */, "" }, { 0x416 /* Ж */, "П" }, { 0x41B /* Л */, "-1" } }
};

struct row {
    const char *ticket;
    int error;
    const char *shown;
};

static void check_rows(const struct led_letters *letters, const struct row *row, size_t count)
{
    struct led_profile *smi2 = load("owen-smi2");
    for (size_t i = 0; i < count; i++) {
        char out[32] = "", why[96] = "";
        int error = led_fold_letters(smi2, letters, row[i].ticket, out, sizeof out, why, sizeof why);
        if (error != row[i].error || strcmp(out, row[i].shown) != 0 || (error != 0) != (*why != '\0'))
            fail_msg("%s: %d \"%s\" %s", row[i].ticket, error, out, why);
    }
    led_profile_destroy(smi2);
}

static void letters_become_what_the_hall_says(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "Г042", 0, "L042" },   { "Д042", 0, "042" },     { "А042", 0, "A042" }, { "ГГ42", 0, "LL42" },
        { "Л42", 0, "-142" },    { "г042", -EILSEQ, "" },  { "Ж1", -EILSEQ, "" }, { "Б042", -EILSEQ, "" },
        { "А0042", -E2BIG, "" }, { "Д10042", -E2BIG, "" }, { "", 0, "" },         { "Д", 0, "" },
        { "\xff", -EILSEQ, "" },
    };
    check_rows(&map, rows, sizeof rows / sizeof rows[0]);
}

static void zeros_go_only_where_the_hall_allows_it_and_where_they_must(void **state)
{
    (void)state;
    static const struct row rows[] = {
        { "А042", 0, "A042" },    { "А0042", 0, "A042" },   { "А00042", 0, "A042" },
        { "00042", 0, "0042" },   { "А12345", -E2BIG, "" }, { "А01234", -E2BIG, "" },
        { "1.0005", -E2BIG, "" }, { "Б0042", -EILSEQ, "" }, { "А00000", 0, "A000" },
    };
    const struct led_letters dropping = { .is_dropping_zeros = true };
    check_rows(&dropping, rows, sizeof rows / sizeof rows[0]);
}

static void a_ticket_without_end_is_refused(void **state)
{
    (void)state;
    char ticket[200], out[32], why[96];
    struct led_profile *smi2 = load("owen-smi2");
    memset(ticket, '0', sizeof ticket);
    ticket[sizeof ticket - 1] = '\0';
    assert_int_equal(led_fold_letters(smi2, NULL, ticket, out, sizeof out, why, sizeof why), -E2BIG);
    assert_string_equal(why, "over 127 bytes");
    ticket[100] = '\0';
    assert_int_equal(led_fold_letters(smi2, NULL, ticket, out, sizeof out, why, sizeof why), -E2BIG);
    led_profile_destroy(smi2);
}

static void series_that_end_on_one_shape_are_found(void **state)
{
    (void)state;
    static const struct {
        struct led_letters letters;
        const char *series[4];
        unsigned count;
        bool is_clash;
        unsigned clash[2];
    } rows[] = {
        { { 0 }, { "А", "Е", "Н" }, 3, false, { 0 } },
        { { 0 }, { "A", "Е", "А" }, 3, true, { 0, 2 } }, /* Latin and Cyrillic */
        { { .count = 1, .entry = { { 0x413, "H" } } }, { "Г", "Н" }, 2, true, { 0, 1 } },
        { { .count = 1, .entry = { { 0x413, "" } } }, { "Г", "Н" }, 2, false, { 0 } },
        { { .count = 1, .entry = { { 0x413, "" } } }, { "Г", "" }, 2, true, { 0, 1 } },
        { { .count = 1, .entry = { { 0x417, "3" } } }, { "З", "А" }, 2, false, { 0 } },
        { { .count = 1, .entry = { { 0x417, "3" } } }, { "З", "" }, 2, true, { 0, 1 } },
        { { .count = 2, .entry = { { 0x411, "1" }, { 0x412, "2" } } }, { "Б", "В" }, 2, false, { 0 } },
        { { .count = 1, .entry = { { 0x411, "A1" } } }, { "Б", "А" }, 2, true, { 0, 1 } },
        { { 0 }, { "Б", "Б", "В" }, 3, false, { 0 } }, /* cannot be shown at all */
        { { 0 }, { "А", "А" }, 2, false, { 0 } },
        /* of several letters */
        { { 0 }, { "АН", "АЕ", "НА" }, 3, false, { 0 } },
        { { 0 }, { "АН", "АЕ", "AH" }, 3, true, { 0, 2 } },
        { { .count = 1, .entry = { { 0x413, "H" } } }, { "С", "АГ", "АН" }, 3, true, { 1, 2 } },
        { { .count = 1, .entry = { { 0x413, "" } } }, { "АГ", "А" }, 2, true, { 0, 1 } },
        { { .count = 1, .entry = { { 0x413, "" } } }, { "ГА", "АГ" }, 2, true, { 0, 1 } },
        { { .count = 1, .entry = { { 0x417, "3" } } }, { "АЗ", "А" }, 2, true, { 0, 1 } },
        { { 0 }, { "А", "АН" }, 2, false, { 0 } },
        { { 0 }, { "00А", "0А" }, 2, false, { 0 } },
        { { .is_dropping_zeros = true }, { "00А", "0А" }, 2, true, { 0, 1 } },
    };
    struct led_profile *smi2 = load("owen-smi2");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned clash[2] = { 0 };
        bool is_clash = led_series_clash(smi2, &rows[i].letters, rows[i].series, rows[i].count, clash);
        if (is_clash != rows[i].is_clash || memcmp(clash, rows[i].clash, sizeof clash) != 0)
            fail_msg("row %zu: %d %u %u", i, is_clash, clash[0], clash[1]);
    }
    led_profile_destroy(smi2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_become_what_the_hall_says),
        cmocka_unit_test(zeros_go_only_where_the_hall_allows_it_and_where_they_must),
        cmocka_unit_test(a_ticket_without_end_is_refused),
        cmocka_unit_test(series_that_end_on_one_shape_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
