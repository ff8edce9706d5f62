/* What every backend of class led must do, run against each of them. */
#include "tests/led_line.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define UNITS 4

struct fixture {
    const char *driver;
    const struct led_ops *ops;
    struct led_bus *bus;
    struct led_bus_config config;
    struct led_profile *profile[2];
    struct led_line line;
};

static int start(void **state)
{
    static const char *const models[] = { "owen-smi2", "dm56a04", "owen-smi2", "dm56a04", NULL };
    struct fixture *f = *state;
    char error[128];
    f->ops = led_backend(f->driver);
    led_line_start(&f->line, models, 500);
    f->profile[0] = led_line_profile(models[0]);
    f->profile[1] = led_line_profile(models[1]);
    f->config = (struct led_bus_config){
        .id = "west", .baud = 115200, .parity = 'N', .stop_bits = 1, .reassert_ms = 30000
    };
    snprintf(f->config.driver, sizeof f->config.driver, "%s", f->driver);
    snprintf(f->config.device, sizeof f->config.device, "%s", f->line.path);
    f->config.nunits = UNITS;
    for (unsigned i = 0; i < UNITS; i++)
        f->config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), f->profile[i % 2] };
    return f->ops->open(&f->bus, &f->config, error, sizeof error);
}

static int stop(void **state)
{
    struct fixture *f = *state;
    f->ops->close(f->bus);
    f->ops->close(NULL);
    led_line_stop(&f->line);
    led_profile_destroy(f->profile[0]);
    led_profile_destroy(f->profile[1]);
    return 0;
}

static void want(struct fixture *f, unsigned index, const char *text, bool is_blinking, uint64_t token)
{
    struct led_text wish = { .is_blinking = is_blinking };
    snprintf(wish.text, sizeof wish.text, "%s", text);
    f->ops->want(f->bus, index, &wish, token);
}

static void a_backend_is_found_by_its_name(void **state)
{
    struct fixture *f = *state;
    assert_string_equal(f->ops->name, f->driver);
    assert_null(led_backend("abacus"));
}

static void a_wish_ends_in_one_final_report_with_rising_certainty(void **state)
{
    struct fixture *f = *state;
    struct led_report report, before = { 0 };
    int64_t wished_us = clock_us();
    want(f, 1, "А042", false, 7);
    do {
        assert_true(led_line_report(f->ops, f->bus, &report));
        assert_int_equal(report.index, 1);
        assert_int_equal(report.token, 7);
        assert_int_equal(report.error, 0);
        assert_true(report.certainty > before.certainty);
        assert_false(before.is_final);
        before = report;
    } while (!report.is_final);
    assert_true(report.certainty >= LED_VERIFIED);
    assert_false(report.is_superseded);
    assert_in_range(report.wire_us, wished_us, report.done_us);
    assert_in_range(report.done_us, wished_us, clock_us());
    assert_false(f->ops->take(f->bus, &report));
}

static void the_status_tells_what_is_confirmed(void **state)
{
    struct fixture *f = *state;
    struct led_unit_status unit;
    struct led_bus_status bus;
    f->ops->unit_status(f->bus, 2, &unit);
    assert_int_equal(unit.certainty, LED_UNKNOWN);
    assert_string_equal(unit.shown, "");
    want(f, 2, "C17", true, 1);
    struct led_report report = led_line_final(f->ops, f->bus, 1);
    f->ops->unit_status(f->bus, 2, &unit);
    f->ops->bus_status(f->bus, &bus);
    assert_int_equal(unit.certainty, report.certainty);
    assert_string_equal(unit.shown, "C17");
    assert_false(unit.is_dead);
    assert_true(unit.requests > 0);
    assert_true(bus.is_open);
    assert_int_equal(bus.error, 0);
    assert_true(bus.busy_permille <= 1000);
}

/* Takes reports until `count` tokens are final; checks that none is final twice. */
static unsigned count_superseded(struct fixture *f, unsigned count, bool *is_final, struct led_report *last)
{
    unsigned superseded = 0;
    for (unsigned finals = 0; finals < count;) {
        struct led_report report;
        assert_true(led_line_report(f->ops, f->bus, &report));
        if (!report.is_final)
            continue;
        assert_false(is_final[report.token]);
        is_final[report.token] = true;
        finals++;
        superseded += report.is_superseded;
        if (report.token == last->token)
            *last = report;
    }
    return superseded;
}

static void of_many_wishes_the_newest_wins_and_each_is_accounted_for(void **state)
{
    struct fixture *f = *state;
    bool is_final[201] = { false };
    struct led_report last = { .token = 200 };
    struct led_unit_status status;
    for (unsigned token = 1; token <= 200; token++) {
        char text[8];
        snprintf(text, sizeof text, "A%03u", token);
        want(f, 0, text, false, token);
    }
    count_superseded(f, 200, is_final, &last);
    assert_false(last.is_superseded);
    assert_int_equal(last.error, 0);
    f->ops->unit_status(f->bus, 0, &status);
    assert_string_equal(status.shown, "A200");
}

static void all_units_are_served(void **state)
{
    struct fixture *f = *state;
    bool is_final[UNITS + 1] = { false };
    struct led_report last = { .token = UNITS };
    for (unsigned i = 0; i < UNITS; i++)
        want(f, i, "42", i % 2, i + 1);
    assert_int_equal(count_superseded(f, UNITS, is_final, &last), 0);
}

static void the_same_text_again_gets_its_own_proof(void **state)
{
    struct fixture *f = *state;
    want(f, 3, "A105", false, 1);
    struct led_report first = led_line_final(f->ops, f->bus, 1);
    want(f, 3, "A105", false, 2);
    struct led_report second = led_line_final(f->ops, f->bus, 2);
    assert_int_equal(second.error, 0);
    assert_true(second.wire_us >= first.wire_us);
    assert_int_equal(second.certainty, first.certainty);
}

static void an_empty_text_blanks(void **state)
{
    struct fixture *f = *state;
    struct led_unit_status status;
    want(f, 0, "A105", true, 1);
    led_line_final(f->ops, f->bus, 1);
    want(f, 0, "", false, 2);
    assert_int_equal(led_line_final(f->ops, f->bus, 2).error, 0);
    f->ops->unit_status(f->bus, 0, &status);
    assert_string_equal(status.shown, "");
}

static void a_text_that_cannot_be_shown_fails_and_leaves_no_old_number(void **state)
{
    struct fixture *f = *state;
    struct led_unit_status status;
    want(f, 0, "A105", false, 1);
    led_line_final(f->ops, f->bus, 1);
    want(f, 0, "Қ105", false, 2);
    struct led_report report = led_line_final(f->ops, f->bus, 2);
    assert_int_equal(report.error, -EILSEQ);
    assert_int_equal(report.certainty, LED_UNKNOWN);
    assert_true(*report.detail);
    want(f, 1, "7", false, 3); /* by then the first unit had its turn */
    led_line_final(f->ops, f->bus, 3);
    do
        f->ops->unit_status(f->bus, 0, &status);
    while (*status.shown);
}

static void what_can_never_work_is_refused(void **state)
{
    struct fixture *f = *state;
    static const struct {
        int baud;
        char parity;
        uint8_t stop_bits, nunits, unit[2];
        const char *complaint;
    } rows[] = {
        { 14400, 'N', 1, 1, { 1, 0 }, "14400 baud" },   { 9600, 'X', 1, 1, { 1, 0 }, "parity" },
        { 9600, 'E', 3, 1, { 1, 0 }, "3 stop bits" },   { 9600, 'E', 1, 2, { 7, 7 }, "unit 7 stands twice" },
        { 9600, 'E', 1, 2, { 7, 0 }, "unit 0 is not" }, { 9600, 'E', 1, 1, { 248, 0 }, "unit 248 is not" },
        { 9600, 'N', 1, 33, { 1, 2 }, "33 units" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char error[128] = "";
        struct led_bus *bus = NULL;
        struct led_bus_config config = f->config;
        config.baud = rows[i].baud;
        config.parity = rows[i].parity;
        config.stop_bits = rows[i].stop_bits;
        config.nunits = rows[i].nunits;
        config.unit[0].unit = rows[i].unit[0];
        config.unit[1].unit = rows[i].unit[1];
        assert_int_equal(f->ops->open(&bus, &config, error, sizeof error), -EINVAL);
        if (!strstr(error, rows[i].complaint))
            fail_msg("row %zu: %s", i, error);
        assert_null(bus);
    }
}

/* A bus with a wire looks for its boards; one without says that it cannot. */
static void a_scan_finds_the_boards_or_is_refused(void **state)
{
    struct fixture *f = *state;
    struct led_job job = { .kind = LED_JOB_SCAN, .first = 1, .last = UNITS, .nserials = 1, .nprofiles = 1 };
    struct led_job_status status;
    job.serial[0] = (struct led_serial){ 115200, 'N', 1 };
    job.profile[0] = f->profile[0];
    want(f, 0, "42", false, 1);
    led_line_final(f->ops, f->bus, 1); /* the port is open */
    int error = f->ops->start_job(f->bus, &job);
    f->ops->job_status(f->bus, &status);
    if (error) {
        assert_int_equal(error, -ENOTSUP);
        assert_int_equal(status.kind, LED_JOB_NONE);
        return;
    }
    while (status.is_running) {
        struct led_report report;
        assert_true(led_line_any_report(f->ops, f->bus, &report));
        f->ops->job_status(f->bus, &status);
        assert_true(status.done <= status.total);
    }
    assert_int_equal(status.error, 0);
    assert_int_equal(status.nfound, UNITS);
    assert_ptr_equal(status.found[0].profile, f->profile[0]);
    assert_null(status.found[UNITS - 1].profile);
}

static void a_job_can_be_stopped_and_a_second_one_is_refused(void **state)
{
    struct fixture *f = *state;
    struct led_job job = { .kind = LED_JOB_SCAN, .first = 1, .last = 247, .nserials = 1 };
    struct led_job_status status;
    job.serial[0] = (struct led_serial){ 115200, 'N', 1 };
    want(f, 0, "42", false, 1);
    led_line_final(f->ops, f->bus, 1);
    f->ops->stop_job(f->bus); /* none: nothing happens */
    if (f->ops->start_job(f->bus, &job))
        return;
    assert_int_equal(f->ops->start_job(f->bus, &job), -EBUSY);
    f->ops->stop_job(f->bus);
    do {
        struct led_report report;
        assert_true(led_line_any_report(f->ops, f->bus, &report));
        f->ops->job_status(f->bus, &status);
    } while (status.is_running);
    assert_int_equal(status.error, -ECANCELED);
    assert_string_equal(status.detail, "stopped");
}

static void closing_does_not_wait_for_open_wishes(void **state)
{
    struct fixture *f = *state;
    for (unsigned i = 0; i < UNITS; i++)
        want(f, i, "88", false, i);
}

#define EACH(f)                                                                                              \
    {                                                                                                        \
        "" #f "", f, start, stop, NULL                                                                       \
    }

int main(void)
{
    static const char *const drivers[] = { "memory", "modbus" };
    int failed = 0;
    for (unsigned i = 0; i < sizeof drivers / sizeof drivers[0]; i++) {
        struct fixture fixture = { .driver = drivers[i] };
        struct CMUnitTest tests[] = {
            EACH(a_backend_is_found_by_its_name),
            EACH(a_wish_ends_in_one_final_report_with_rising_certainty),
            EACH(the_status_tells_what_is_confirmed),
            EACH(of_many_wishes_the_newest_wins_and_each_is_accounted_for),
            EACH(all_units_are_served),
            EACH(the_same_text_again_gets_its_own_proof),
            EACH(an_empty_text_blanks),
            EACH(a_text_that_cannot_be_shown_fails_and_leaves_no_old_number),
            EACH(what_can_never_work_is_refused),
            EACH(a_scan_finds_the_boards_or_is_refused),
            EACH(a_job_can_be_stopped_and_a_second_one_is_refused),
            EACH(closing_does_not_wait_for_open_wishes),
        };
        for (size_t t = 0; t < sizeof tests / sizeof tests[0]; t++)
            tests[t].initial_state = &fixture;
        failed += cmocka_run_group_tests_name(drivers[i], tests, NULL, NULL);
    }
    return failed;
}
