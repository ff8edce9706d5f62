/* One suite for every backend of class chime, for test_chime_v1 and _v2: the lines end in
 * tests/doubles/gpio_model. */
#pragma once

#include "drivers/chime/chime.h"

#include "tests/contract/pwm_tree.h"
#include "tests/doubles/gpio_model.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static atomic_uint allocations;
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations++;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations++;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
    allocations++;
    return __real_realloc(memory, size);
}

/* 20 ms of sound with a pause that is longer than the trace keeps edges back. */
static const struct melody ping = { "ping", 2, { { 1000, 10, 60, 0 }, { 800, 10, 0, 0 } } };
#define PING_EDGES 36

struct bed {
    const struct chime_ops *ops;
    struct chime_config config;
    struct chime *chime;
    struct model_line *line; /* NULL: trace, pwm */
    char error[160];
};
static struct bed bed;
static char folder[] = "/tmp/kezek-chime-XXXXXX";

static void lay_bed(const char *driver)
{
    memset(&bed, 0, sizeof bed);
    gpio_model_reset();
    struct model_chip *chip = gpio_model_add("/dev/gpiochip0", "gpiochip0", "pinctrl-bcm2711", 58);
    bed.ops = chime_backend(driver);
    bed.config =
        (struct chime_config){ .id = "hall", .chip = "pinctrl-bcm2711", .line = "18", .pulse_ms = 50 };
    snprintf(bed.config.driver, sizeof bed.config.driver, "%s", driver);
    snprintf(bed.config.file, sizeof bed.config.file, "%s/trace", folder);
    if (strcmp(driver, "pwm") == 0) {
        pwm_tree_make();
        strcpy(bed.config.sysfs, pwm_tree.root);
        strcpy(bed.config.chip, PWM_CHIP);
        bed.config.channel = 1;
    }
    if (strncmp(driver, "gpio", 4) == 0)
        bed.line = &chip->line[18];
}

static int open_bed(void)
{
    return bed.ops->open(&bed.chime, &bed.config, bed.error, sizeof bed.error);
}

static int set_up(void **state)
{
    lay_bed(*state);
    return open_bed();
}

static int tear_down(void **state)
{
    (void)state;
    bed.ops->close(bed.chime);
    pwm_tree_remove();
    return gpio_model.open_chips || gpio_model.requests || gpio_model.objects;
}

static struct chime_report next_report(void)
{
    struct chime_report report;
    struct pollfd wait = { bed.ops->fd(bed.chime), POLLIN, 0 };
    while (!bed.ops->take(bed.chime, &report))
        assert_int_equal(poll(&wait, 1, 5000), 1);
    return report;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* Edges of the trace file; the level after the last one in *level. */
static unsigned read_trace(int *level)
{
    char text[40];
    unsigned count = 0;
    FILE *file = fopen(bed.config.file, "re");
    assert_non_null(file);
    while (fgets(text, sizeof text, file))
        if (text[0] != '#') {
            *level = strchr(text, ' ')[1] - '0';
            count++;
        }
    fclose(file);
    return count;
}

static void assert_low(void)
{
    int level = 0;
    if (bed.line)
        level = gpio_model_is_on(bed.line);
    else if (strcmp(bed.config.driver, "pwm") == 0)
        level = pwm_last("duty_cycle") != 0 || pwm_last("enable") != 0;
    else
        read_trace(&level);
    assert_int_equal(level, 0);
}

static void a_melody_starts_and_finishes(void **state)
{
    (void)state;
    int64_t asked_us = now_us();
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 0x123456789abcULL), 0);
    struct chime_report start = next_report(), end = next_report();
    assert_int_equal(start.result, CHIME_STARTED);
    assert_int_equal(end.result, CHIME_FINISHED);
    assert_int_equal(start.token, 0x123456789abcULL);
    assert_int_equal(end.token, 0x123456789abcULL);
    assert_true(asked_us <= start.at_us && start.at_us < end.at_us && end.at_us <= now_us());
    assert_int_equal(end.error, 0);
    assert_low();
}

static void one_melody_plays_at_a_time(void **state)
{
    (void)state;
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 1), 0);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 2), -EBUSY);
    assert_int_equal(next_report().result, CHIME_STARTED);
    assert_int_equal(next_report().result, CHIME_FINISHED);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 3), 0);
    assert_int_equal(next_report().token, 3);
    assert_int_equal(next_report().token, 3);
}

static void there_is_nothing_to_read_while_nothing_plays(void **state)
{
    (void)state;
    struct chime_report report;
    struct pollfd wait = { bed.ops->fd(bed.chime), POLLIN, 0 };
    assert_int_equal(poll(&wait, 1, 0), 0);
    assert_false(bed.ops->take(bed.chime, &report));
}

static void closing_stops_the_sound_and_leaves_the_line_low(void **state)
{
    (void)state;
    static const struct melody long_note = { "long", 1, { { 660, 2000, 0, 0 } } };
    bed.config.pulse_ms = 1000;
    bed.ops->close(bed.chime);
    assert_int_equal(open_bed(), 0);
    assert_int_equal(bed.ops->play(bed.chime, &long_note, 100, 1), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    int64_t before_us = now_us();
    bed.ops->close(bed.chime);
    bed.chime = NULL;
    assert_true(now_us() - before_us < 900000);
    assert_low();
}

static void a_play_allocates_nothing(void **state)
{
    (void)state;
    unsigned before = allocations;
    assert_true(before > 0); /* of the open: they are counted */
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 1), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    assert_int_equal(next_report().result, CHIME_FINISHED);
    assert_int_equal(allocations, before);
}

static void a_stop_ends_the_sound_low_and_the_chime_plays_on(void **state)
{
    (void)state;
    static const struct melody long_note = { "long", 1, { { 660, 2000, 0, 0 } } };
    bed.config.pulse_ms = 1000;
    bed.ops->close(bed.chime);
    assert_int_equal(open_bed(), 0);
    bed.ops->stop(bed.chime); /* of nothing */
    assert_int_equal(bed.ops->play(bed.chime, &long_note, 100, 1), 0);
    if (strcmp(bed.config.driver, "gpio-pulse") != 0) /* a pulse is told of when it is over */
        assert_int_equal(next_report().result, CHIME_STARTED);
    int64_t before_us = now_us();
    bed.ops->stop(bed.chime);
    struct chime_report end = next_report();
    if (end.result == CHIME_STARTED)
        end = next_report();
    assert_int_equal(end.result, CHIME_STOPPED);
    assert_int_equal(end.token, 1);
    assert_int_equal(end.error, 0);
    assert_true(now_us() - before_us < 500000); /* 20 ms on a machine at rest */
    assert_low();
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 2), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    assert_int_equal(next_report().result, CHIME_FINISHED);
}

static void who_cannot_speak_says_so(void **state)
{
    (void)state;
    assert_false(bed.ops->can_speak);
    assert_null(bed.ops->say);
}

static void speech_starts_finishes_and_allocates_nothing(void **state)
{
    (void)state;
    static const int16_t samples[CHIME_VOICE_HZ / 20];
    size_t count = sizeof samples / sizeof *samples;
    assert_true(bed.ops->can_speak);
    assert_int_equal(bed.ops->say(bed.chime, samples, 0, 80, 1), -EINVAL);
    assert_int_equal(bed.ops->say(bed.chime, samples, CHIME_VOICE_MAX + 1, 80, 1), -EINVAL);
    assert_int_equal(bed.ops->say(bed.chime, samples, count, 101, 1), -EINVAL);
    unsigned before = allocations;
    assert_int_equal(bed.ops->say(bed.chime, samples, count, 80, 5), 0);
    assert_int_equal(bed.ops->say(bed.chime, samples, count, 80, 6), -EBUSY);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 6), -EBUSY);
    struct chime_report start = next_report(), end = next_report();
    assert_int_equal(allocations, before);
    assert_int_equal(start.result, CHIME_STARTED);
    assert_int_equal(end.result, CHIME_FINISHED);
    assert_int_equal(end.token, 5);
    assert_int_equal(end.edges + end.late_edges, 0);
    assert_true(end.at_us - start.at_us >= 50000);
}

static void a_trace_notes_what_was_said(void **state)
{
    (void)state;
    static const int16_t samples[480];
    char text[40] = "";
    assert_int_equal(bed.ops->say(bed.chime, samples, 480, 80, 1), 0);
    next_report();
    next_report();
    FILE *file = fopen(bed.config.file, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "# say 480\n");
}

static void speech_can_be_stopped(void **state)
{
    (void)state;
    static const int16_t samples[2 * CHIME_VOICE_HZ];
    assert_int_equal(bed.ops->say(bed.chime, samples, 2 * CHIME_VOICE_HZ, 80, 1), 0);
    struct chime_report start = next_report();
    bed.ops->stop(bed.chime);
    struct chime_report end = next_report();
    assert_int_equal(end.result, CHIME_STOPPED);
    assert_true(end.at_us - start.at_us < 500000);
}

static void it_opens_again_after_a_close(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++) {
        bed.ops->close(bed.chime);
        bed.chime = NULL;
        assert_int_equal(open_bed(), 0);
    }
}

static void closing_nothing_is_fine(void **state)
{
    (void)state;
    bed.ops->close(NULL);
}

static void a_melody_with_a_defect_is_refused(void **state)
{
    (void)state;
    struct melody bad = ping;
    bad.note[0].hz = 20000;
    assert_int_equal(bed.ops->play(bed.chime, &bad, 80, 1), -EINVAL);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 0, 1), -EINVAL);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 2), 0);
    assert_int_equal(next_report().token, 2);
}

static void all_edges_are_made_or_counted_as_late(void **state)
{
    (void)state;
    int level;
    unsigned before = bed.line ? bed.line->nsets : 0;
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 1), 0);
    next_report();
    struct chime_report end = next_report();
    unsigned made = bed.line ? bed.line->nsets - before : read_trace(&level);
    assert_int_equal(end.edges, PING_EDGES);
    assert_true(made <= PING_EDGES && made + end.late_edges >= PING_EDGES);
}

static void a_line_that_fails_is_reported_and_ends_low(void **state)
{
    (void)state;
    gpio_model.set_errno = EREMOTEIO;
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 5), 0);
    struct chime_report report = next_report();
    assert_int_equal(report.result, CHIME_FAILED);
    assert_int_equal(report.error, -EREMOTEIO);
    assert_int_equal(report.token, 5);
    assert_true(report.detail[0] != '\0');
    assert_low();
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 6), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
}

static void a_line_in_use_is_refused_at_open(void **state)
{
    lay_bed(*state);
    bed.line->is_held = true;
    strcpy(bed.line->consumer, "led0");
    assert_int_equal(open_bed(), -EBUSY);
    assert_non_null(strstr(bed.error, "\"led0\""));
    assert_int_equal(gpio_model.open_chips, 0);
}

static void a_slow_line_is_refused_for_tones_with_advice(void **state)
{
    (void)state;
    lay_bed("gpio-tone");
    gpio_model.set_cost_ns = 60000;
    assert_int_equal(open_bed(), -EOPNOTSUPP);
    assert_non_null(strstr(bed.error, "gpio-pulse"));
    assert_int_equal(gpio_model.open_chips + gpio_model.requests, 0);
    assert_false(gpio_model_is_on(bed.line));
}

static void a_line_that_cannot_be_set_is_refused_for_tones(void **state)
{
    (void)state;
    lay_bed("gpio-tone");
    gpio_model.set_errno = EIO;
    assert_int_equal(open_bed(), -EIO);
    assert_non_null(strstr(bed.error, "cannot be set"));
}

static void a_slow_line_is_good_enough_for_pulses(void **state)
{
    (void)state;
    lay_bed("gpio-pulse");
    gpio_model.set_cost_ns = 1000000;
    assert_int_equal(open_bed(), 0);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 5), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    struct chime_report end = next_report();
    assert_int_equal(end.result, CHIME_FINISHED);
    assert_int_equal(end.edges, 2);
    bed.ops->close(bed.chime);
}

static void a_pulse_outside_50_to_1000_ms_is_refused(void **state)
{
    (void)state;
    lay_bed("gpio-pulse");
    bed.config.pulse_ms = 49;
    assert_int_equal(open_bed(), -EINVAL);
    bed.config.pulse_ms = 1001;
    assert_int_equal(open_bed(), -EINVAL);
    assert_non_null(strstr(bed.error, "50 to 1000"));
}

static void a_pulse_follows_the_active_low_setting(void **state)
{
    (void)state;
    lay_bed("gpio-pulse");
    bed.config.is_active_low = true;
    assert_int_equal(open_bed(), 0);
    assert_true(bed.line->is_high);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 5), 0);
    next_report();
    next_report();
    assert_true(bed.line->is_high);
    bed.ops->close(bed.chime);
}

static void a_trace_names_its_melodies_and_alternates(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(bed.ops->play(bed.chime, &ping, 80, i), 0);
        next_report();
        next_report();
    }
    char text[40];
    int64_t at_ns = 0, last_ns = 0;
    int level, last_level = 0;
    unsigned names = 0;
    FILE *file = fopen(bed.config.file, "re");
    assert_non_null(file);
    while (fgets(text, sizeof text, file)) {
        if (text[0] == '#') {
            assert_string_equal(text, "# ping\n");
            names++;
            continue;
        }
        assert_int_equal(sscanf(text, "%ld %d\n", &at_ns, &level), 2);
        assert_true(at_ns > last_ns);
        assert_int_equal(level, !last_level);
        last_ns = at_ns;
        last_level = level;
    }
    fclose(file);
    assert_int_equal(names, 2);
    assert_int_equal(last_level, 0);
}

static void a_trace_can_be_followed_while_it_plays(void **state)
{
    (void)state;
    static const struct melody two = { "two", 2, { { 1000, 10, 800, 0 }, { 900, 10, 0, 0 } } };
    int level;
    assert_int_equal(bed.ops->play(bed.chime, &two, 80, 1), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    int64_t deadline_us = now_us() + 600000; /* the second note comes later */
    while (read_trace(&level) == 0)
        assert_true(now_us() < deadline_us);
}

static void a_trace_starts_again_when_it_is_too_long(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(truncate(bed.config.file, CHIME_TRACE_MAX + 1), 0);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 1), 0);
    next_report();
    next_report();
    assert_int_equal(stat(bed.config.file, &status), 0);
    assert_true(status.st_size > 0 && status.st_size < 4096);
}

static void a_trace_that_cannot_be_written_says_why(void **state)
{
    (void)state;
    lay_bed("trace");
    snprintf(bed.config.file, sizeof bed.config.file, "%s/no/such/folder", folder);
    assert_int_equal(open_bed(), -ENOENT);
    assert_non_null(strstr(bed.error, "/no/such/folder cannot be written: No such file"));
    snprintf(bed.config.file, sizeof bed.config.file, "%s/fifo", folder);
    assert_int_equal(mkfifo(bed.config.file, 0600), 0);
    assert_int_equal(open_bed(), -ENXIO);
    unlink(bed.config.file);
}

static void a_full_disk_is_reported(void **state)
{
    (void)state;
    lay_bed("trace");
    strcpy(bed.config.file, "/dev/full");
    assert_int_equal(open_bed(), 0);
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 9), 0);
    struct chime_report report = next_report();
    if (report.result == CHIME_STARTED)
        report = next_report();
    assert_int_equal(report.result, CHIME_FAILED);
    assert_int_equal(report.error, -ENOSPC);
    bed.ops->close(bed.chime);
}

#include "tests/contract/chime_pwm.h"

static void backends_are_found_by_their_names(void **state)
{
    (void)state;
    assert_ptr_equal(chime_backend("gpio-tone"), &chime_gpio_tone);
    assert_ptr_equal(chime_backend("gpio-pulse"), &chime_gpio_pulse);
    assert_ptr_equal(chime_backend("pwm"), &chime_pwm);
    assert_ptr_equal(chime_backend("trace"), &chime_trace);
    assert_null(chime_backend("alsa9"));
    assert_null(chime_backend(""));
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/trace", folder);
    unlink(path);
    return rmdir(folder);
}

#define WITH(test, driver) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, (char *)driver)
#define EACH(test)         WITH(test, "gpio-tone"), WITH(test, "gpio-pulse"), WITH(test, "pwm"), WITH(test, "trace")
#define TONES(test)        WITH(test, "gpio-tone"), WITH(test, "trace")
#define LINES(test)        WITH(test, "gpio-tone"), WITH(test, "gpio-pulse")

int main(void)
{
    static char tone[] = "gpio-tone", pulse[] = "gpio-pulse";
    const struct CMUnitTest tests[] = {
        EACH(a_melody_starts_and_finishes),
        EACH(one_melody_plays_at_a_time),
        EACH(there_is_nothing_to_read_while_nothing_plays),
        EACH(closing_stops_the_sound_and_leaves_the_line_low),
        EACH(a_play_allocates_nothing),
        EACH(a_stop_ends_the_sound_low_and_the_chime_plays_on),
        LINES(who_cannot_speak_says_so),
        WITH(speech_starts_finishes_and_allocates_nothing, "trace"),
        WITH(a_trace_notes_what_was_said, "trace"),
        WITH(speech_can_be_stopped, "trace"),
        EACH(it_opens_again_after_a_close),
        EACH(closing_nothing_is_fine),
        TONES(a_melody_with_a_defect_is_refused),
        WITH(a_melody_with_a_defect_is_refused, "pwm"),
        WITH(who_cannot_speak_says_so, "pwm"),
        WITH(a_pwm_rings_as_the_bell_does, "pwm"),
        WITH(a_pwm_that_fails_in_the_middle_is_silenced, "pwm"),
        WITH(a_pwm_that_was_left_on_is_silenced_at_open, "pwm"),
        cmocka_unit_test_teardown(a_pwm_that_cannot_be_had_says_why, tear_down),
        TONES(all_edges_are_made_or_counted_as_late),
        LINES(a_line_that_fails_is_reported_and_ends_low),
        cmocka_unit_test_prestate(a_line_in_use_is_refused_at_open, tone),
        cmocka_unit_test_prestate(a_line_in_use_is_refused_at_open, pulse),
        cmocka_unit_test(a_slow_line_is_refused_for_tones_with_advice),
        cmocka_unit_test(a_line_that_cannot_be_set_is_refused_for_tones),
        cmocka_unit_test(a_slow_line_is_good_enough_for_pulses),
        cmocka_unit_test(a_pulse_outside_50_to_1000_ms_is_refused),
        cmocka_unit_test(a_pulse_follows_the_active_low_setting),
        WITH(a_trace_names_its_melodies_and_alternates, "trace"),
        WITH(a_trace_can_be_followed_while_it_plays, "trace"),
        WITH(a_trace_starts_again_when_it_is_too_long, "trace"),
        cmocka_unit_test(a_trace_that_cannot_be_written_says_why),
        cmocka_unit_test(a_full_disk_is_reported),
        cmocka_unit_test(backends_are_found_by_their_names),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
