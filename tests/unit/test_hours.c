/* Spans of the week: open or not, and when that changes next. */
#include "board/hall/hours.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORKDAYS              0x1f
#define SATURDAY              0x20
#define SUNDAY                0x40
#define ALL_DAYS              0x7f
#define AT(day, hour, minute) ((day)*HOURS_DAY + (hour)*60 + (minute))
enum { MON, TUE, WED, THU, FRI, SAT, SUN };

static const struct hours office = { 2, { { WORKDAYS, 480, 1200 }, { SATURDAY, 540, 780 } } };
static const struct hours night = { 1, { { WORKDAYS, 1320, 360 } } };     /* 22:00 to 06:00 */
static const struct hours sunday_night = { 1, { { SUNDAY, 1380, 60 } } }; /* 23:00 to 01:00 */
static const struct hours touching = { 2, { { ALL_DAYS, 480, 720 }, { ALL_DAYS, 720, 1200 } } };
static const struct hours overlapping = { 2, { { ALL_DAYS, 480, 800 }, { WORKDAYS, 700, 1200 } } };
static const struct hours whole_days = { 1, { { WORKDAYS, 0, 1440 } } };
static const struct hours whole_week = { 1, { { ALL_DAYS, 0, 1440 } } };
static const struct hours to_midnight = { 1, { { SATURDAY, 1200, 0 } } };
static const struct hours one_minute = { 1, { { 1u << WED, 599, 600 } } };
static const struct hours always = { 0 };

static const struct {
    const struct hours *hours;
    int minute;
    bool is_open;
    int until;
} rows[] = {
    { &office, AT(MON, 0, 0), false, AT(MON, 8, 0) },
    { &office, AT(MON, 7, 59), false, AT(MON, 8, 0) },
    { &office, AT(MON, 8, 0), true, AT(MON, 20, 0) },
    { &office, AT(MON, 19, 59), true, AT(MON, 20, 0) },
    { &office, AT(MON, 20, 0), false, AT(TUE, 8, 0) },
    { &office, AT(FRI, 20, 0), false, AT(SAT, 9, 0) },
    { &office, AT(SAT, 12, 59), true, AT(SAT, 13, 0) },
    { &office, AT(SAT, 13, 0), false, AT(MON, 8, 0) },
    { &office, AT(SUN, 23, 59), false, AT(MON, 8, 0) },
    { &night, AT(MON, 5, 59), false, AT(MON, 22, 0) }, /* Sunday night is not theirs */
    { &night, AT(MON, 23, 0), true, AT(TUE, 6, 0) },
    { &night, AT(TUE, 0, 0), true, AT(TUE, 6, 0) },
    { &night, AT(SAT, 5, 59), true, AT(SAT, 6, 0) },
    { &night, AT(SAT, 6, 0), false, AT(MON, 22, 0) },
    { &night, AT(SAT, 23, 0), false, AT(MON, 22, 0) },
    { &sunday_night, AT(SUN, 23, 30), true, AT(MON, 1, 0) }, /* over the end of the week */
    { &sunday_night, AT(MON, 0, 59), true, AT(MON, 1, 0) },
    { &sunday_night, AT(MON, 1, 0), false, AT(SUN, 23, 0) },
    { &touching, AT(WED, 11, 59), true, AT(WED, 20, 0) },
    { &touching, AT(WED, 12, 0), true, AT(WED, 20, 0) },
    { &touching, AT(SUN, 21, 0), false, AT(MON, 8, 0) },
    { &overlapping, AT(TUE, 8, 0), true, AT(TUE, 20, 0) },
    { &overlapping, AT(SUN, 8, 0), true, AT(SUN, 13, 20) },
    { &whole_days, AT(MON, 0, 0), true, AT(SAT, 0, 0) },
    { &whole_days, AT(FRI, 23, 59), true, AT(SAT, 0, 0) },
    { &whole_days, AT(SUN, 23, 59), false, AT(MON, 0, 0) },
    { &whole_week, AT(THU, 3, 0), true, HOURS_NEVER },
    { &to_midnight, AT(SAT, 23, 59), true, AT(SUN, 0, 0) },
    { &to_midnight, AT(SUN, 0, 0), false, AT(SAT, 20, 0) },
    { &one_minute, AT(WED, 9, 59), true, AT(WED, 10, 0) },
    { &one_minute, AT(WED, 10, 0), false, AT(WED, 9, 59) }, /* in a week less a minute */
    { &always, AT(SUN, 3, 0), true, HOURS_NEVER },
    { &office, HOURS_UNKNOWN, true, HOURS_NEVER },
};

static void a_time_is_inside_or_outside_and_changes_at(void **unused)
{
    (void)unused;
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hours_state state = hours_at(rows[i].hours, rows[i].minute);
        if (state.is_open != rows[i].is_open || state.until != rows[i].until)
            print_error("row %u: %d, until %d\n", i, state.is_open, state.until);
        assert_int_equal(state.is_open, rows[i].is_open);
        assert_int_equal(state.until, rows[i].until);
    }
}

/* What next_change() promises, by looking at every minute. */
static int seen_change(const struct hours *hours, int minute)
{
    bool is_open = hours_at(hours, minute).is_open;
    for (int wait = 1; wait <= HOURS_WEEK; wait++)
        if (hours_at(hours, (minute + wait) % HOURS_WEEK).is_open != is_open)
            return (minute + wait) % HOURS_WEEK;
    return HOURS_NEVER;
}

static struct hours random_hours(unsigned *seed)
{
    struct hours hours = { .nspans = (uint8_t)(1 + rand_r(seed) % 4) };
    for (unsigned i = 0; i < hours.nspans; i++) {
        int from = rand_r(seed) % HOURS_DAY, to = (from + 1 + rand_r(seed) % (HOURS_DAY - 1)) % HOURS_DAY;
        hours.span[i] =
            (struct hours_span){ (uint8_t)(rand_r(seed) % 127 + 1), (uint16_t)from, (uint16_t)to };
    }
    return hours;
}

static void the_next_change_is_the_first_minute_that_differs(void **unused)
{
    unsigned seed = 20261122;
    (void)unused;
    for (int round = 0; round < 200; round++) {
        struct hours hours = random_hours(&seed);
        int minute = rand_r(&seed) % HOURS_WEEK;
        assert_int_equal(hours_at(&hours, minute).until, seen_change(&hours, minute));
    }
}

/* ---- clocks that jump ------------------------------------------------------------------------ */

/* The minute of the week that the wall shows, as board/walltime has it. */
static int wall_minute(time_t when)
{
    struct tm tm;
    localtime_r(&when, &tm);
    return (tm.tm_wday + 6) % 7 * HOURS_DAY + tm.tm_hour * 60 + tm.tm_min;
}

static time_t local(int year, int month, int day, int hour, int minute)
{
    struct tm tm = { .tm_year = year - 1900,
                     .tm_mon = month - 1,
                     .tm_mday = day,
                     .tm_hour = hour,
                     .tm_min = minute,
                     .tm_isdst = -1 };
    return mktime(&tm);
}

/* Minutes of real time in which the hours are open, in the day that begins at local midnight. */
static int open_minutes(const struct hours *hours, int year, int month, int day)
{
    time_t from = local(year, month, day, 0, 0), to = local(year, month, day + 1, 0, 0);
    int count = 0;
    for (time_t now = from; now < to; now += 60)
        count += hours_at(hours, wall_minute(now)).is_open;
    return count;
}

static void the_clock_on_the_wall_rules_when_it_jumps(void **unused)
{
    static const struct hours day = { 1, { { ALL_DAYS, 480, 1200 } } };
    static const struct hours across = { 1, { { ALL_DAYS, 90, 240 } } };   /* 01:30 to 04:00 */
    static const struct hours skipped = { 1, { { ALL_DAYS, 150, 240 } } }; /* 02:30 to 04:00 */
    (void)unused;
    setenv("TZ", "Europe/Berlin",
           1); /* 29 March 2026: 02:00 becomes 03:00; 25 October: 03:00 becomes 02:00 */
    tzset();
    assert_int_equal(open_minutes(&day, 2026, 3, 29), 720);
    assert_int_equal(open_minutes(&day, 2026, 10, 25), 720);
    assert_int_equal(open_minutes(&across, 2026, 3, 28), 150);
    assert_int_equal(open_minutes(&across, 2026, 3, 29), 90);
    assert_int_equal(open_minutes(&across, 2026, 10, 25), 210);
    assert_int_equal(open_minutes(&skipped, 2026, 3, 29), 60); /* it begins at 03:00 */
    assert_true(hours_at(&skipped, wall_minute(local(2026, 3, 29, 3, 0))).is_open);
    setenv("TZ", "Asia/Almaty", 1);
    tzset();
    assert_int_equal(open_minutes(&day, 2024, 3, 1), 720); /* Kazakhstan took one hour back that midnight */
}

static void a_moment_is_written_as_people_say_it(void **unused)
{
    char text[16];
    (void)unused;
    hours_text(AT(MON, 22, 0), AT(TUE, 8, 0), text, sizeof text);
    assert_string_equal(text, "08:00");
    hours_text(AT(MON, 7, 0), AT(MON, 8, 5), text, sizeof text);
    assert_string_equal(text, "08:05");
    hours_text(AT(SAT, 13, 0), AT(MON, 8, 0), text, sizeof text);
    assert_string_equal(text, "Mon 08:00");
    hours_text(AT(SUN, 23, 0), AT(MON, 1, 0), text, sizeof text);
    assert_string_equal(text, "01:00");
    hours_text(HOURS_UNKNOWN, AT(SUN, 8, 0), text, sizeof text);
    assert_string_equal(text, "Sun 08:00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_inside_or_outside_and_changes_at),
        cmocka_unit_test(the_next_change_is_the_first_minute_that_differs),
        cmocka_unit_test(the_clock_on_the_wall_rules_when_it_jumps),
        cmocka_unit_test(a_moment_is_written_as_people_say_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
