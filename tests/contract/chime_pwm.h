/* What is a pwm's own; a part of chime_suite.h. */
#pragma once

#include <math.h>

/* The pulses of one note: their number; each at its time and as wide as the decay wants it. */
static unsigned check_note(unsigned at, int64_t start_ns, const struct note *note, unsigned volume_percent)
{
    int64_t period_ns = (1000000000 + note->hz / 2) / note->hz;
    double decay_s = (note->decay_ms ? note->decay_ms : 1600) / 1000.0;
    unsigned count = 0;
    for (; at + count < pwm_tree.count; count++) {
        const struct pwm_write *write = &pwm_tree.write[at + count];
        if (strcmp(write->name, "duty_cycle") != 0 || write->value == 0)
            break;
        double s = count * 0.01, amplitude = volume_percent / 100.0 * pow(10, -3 * s / decay_s);
        double width_ns = asin(amplitude) / M_PI * (double)period_ns;
        assert_true(fabs((double)write->value - width_ns) <= 1);
        assert_true(write->at_ns >= start_ns + count * 10000000LL);
    }
    return count;
}

static void expect_write(unsigned at, const char *name, int64_t value)
{
    assert_true(at < pwm_tree.count);
    assert_string_equal(pwm_tree.write[at].name, name);
    assert_int_equal(pwm_tree.write[at].value, value);
}

/* The kernel refuses a pulse longer than the period: zero comes before each new one. */
static void a_pwm_rings_as_the_bell_does(void **state)
{
    (void)state;
    static const struct melody two = { "two", 2, { { 660, 100, 20, 400 }, { 550, 50, 0, 0 } } };
    unsigned at = pwm_tree.count;
    int64_t asked_ns = now_us() * 1000;
    assert_int_equal(bed.ops->play(bed.chime, &two, 70, 1), 0);
    struct chime_report start = next_report(), end = next_report();

    assert_int_equal(end.result, CHIME_FINISHED);
    assert_true(end.at_us - start.at_us > 1300000); /* 120 ms, and 1200 in which the last note rings out */
    expect_write(at, "duty_cycle", 0);
    expect_write(at + 1, "period", 1515152);
    expect_write(at + 2, "enable", 1);
    unsigned first = check_note(at + 3, asked_ns, &two.note[0], 70);
    assert_int_equal(first, 12);
    at += 3 + first;
    expect_write(at, "duty_cycle", 0);
    expect_write(at + 1, "period", 1818182);
    expect_write(at + 2, "enable", 1);
    unsigned second = check_note(at + 3, asked_ns + 120000000, &two.note[1], 70);
    assert_int_equal(second, 120);
    expect_write(at + 3 + second, "duty_cycle", 0);
    expect_write(at + 4 + second, "enable", 0);
    assert_int_equal(at + 5 + second, pwm_tree.count);
}

static void a_pwm_that_fails_in_the_middle_is_silenced(void **state)
{
    (void)state;
    pwm_tree.fail_errno = EIO;
    pwm_tree.fail_after = 9;
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 5), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
    struct chime_report end = next_report();
    assert_int_equal(end.result, CHIME_FAILED);
    assert_int_equal(end.error, -EIO);
    assert_string_equal(end.detail, "pwm: Input/output error");
    assert_low();
    assert_int_equal(bed.ops->play(bed.chime, &ping, 80, 6), 0);
    assert_int_equal(next_report().result, CHIME_STARTED);
}

static void a_pwm_that_was_left_on_is_silenced_at_open(void **state)
{
    (void)state;
    bed.ops->close(bed.chime);
    bed.chime = NULL;
    pwm_tree.count = 0;
    assert_int_equal(open_bed(), 0);
    expect_write(0, "duty_cycle", 0);
    expect_write(1, "enable", 0);
}

static void refused(int result, const char *because)
{
    assert_int_equal(open_bed(), result);
    assert_non_null(strstr(bed.error, because));
    bed.chime = NULL;
}

static void a_pwm_that_cannot_be_had_says_why(void **state)
{
    (void)state;
    lay_bed("pwm");
    strcpy(bed.config.chip, "1f0009c000.pwm");
    refused(-ENOENT, "present: ");
    assert_non_null(strstr(bed.error, PWM_CHIP));
    assert_non_null(strstr(bed.error, "fan"));
    strcpy(bed.config.chip, "pwm");
    refused(-ENOTUNIQ, "several");
    strcpy(bed.config.chip, PWM_CHIP);
    bed.config.channel = 2;
    refused(-EINVAL, "has 2, counted from 0");
    bed.config.channel = 0; /* not exported */
    pwm_tree.fail_errno = EBUSY;
    pwm_tree.fail_after = 0;
    refused(-EBUSY, "in use by the kernel");
    pwm_tree.fail_errno = EACCES;
    pwm_tree.fail_after = 0;
    refused(-EACCES, "60-kezek-pwm.rules");
    refused(-ENOENT, "pwm0/period"); /* exported by a file that exports nothing */
    expect_write(pwm_tree.count - 1, "export", 0);
}
