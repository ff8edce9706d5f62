/* The modbus backend on a pty, with boards and adapters that fail. */
#include "tests/led_three.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <termios.h>

#include <cmocka.h>

static struct {
    struct led_three three;
    struct led_line line;
} f;

static void open_bus(void)
{
    led_three_open(&f.three);
}

static int start(void **state)
{
    (void)state;
    led_line_start(&f.line, led_three_models, 500);
    led_three_begin(&f.three, f.line.path);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    led_three_end(&f.three);
    led_line_stop(&f.line);
    return 0;
}

static void want(unsigned index, const char *text, uint64_t token)
{
    led_three_want(&f.three, index, text, token);
}

static struct led_report final_of(uint64_t token)
{
    return led_line_final(&led_modbus, f.three.bus, token);
}

/* Calls that a fault makes in the line's thread. */
static void cut_power(struct led_line *line, void *data)
{
    slave_set_power(line->bus, *(unsigned *)data, false);
}

static void give_power(struct led_line *line, void *data)
{
    slave_set_power(line->bus, *(unsigned *)data, true);
}

static void refuse_all(struct led_line *line, void *data)
{
    slave_set_exception(line->bus, *(unsigned *)data, 2);
}

static void answer_late(struct led_line *line, void *data)
{
    slave_set_delay(line->bus, *(unsigned *)data, 90000);
}

static void unplug(struct led_line *line, void *data)
{
    (void)data;
    slave_line_unplug(line->line);
}

static void plug(struct led_line *line, void *data)
{
    (void)data;
    slave_line_plug(line->line);
}

static void wait_until_shown(unsigned index, const char *glass)
{
    assert_true(led_line_shows(&f.line, index, glass));
}

/* The next report about a state. */
static struct led_report status_report(void)
{
    struct led_report report;
    do
        assert_true(led_line_any_report(&led_modbus, f.three.bus, &report));
    while (!report.is_status);
    assert_int_equal(report.token, 0);
    assert_false(report.is_final);
    return report;
}

static void the_glass_shows_what_is_reported(void **state)
{
    (void)state;
    open_bus();
    want(0, "А042", 1);
    struct led_report report = final_of(1);
    assert_int_equal(report.certainty, LED_LIT);
    assert_string_equal(led_line_view(&f.line, 0).text, "A042");
    want(1, "7", 2);
    assert_int_equal(final_of(2).certainty, LED_VERIFIED);
    assert_string_equal(led_line_view(&f.line, 1).text, "   7");
}

static void a_dead_unit_fails_alone(void **state)
{
    (void)state;
    unsigned dead = 1;
    struct led_unit_status status;
    led_line_call(&f.line, cut_power, &dead);
    open_bus();
    want(1, "1", 1);
    for (uint64_t token = 2; token < 14; token++) {
        want(token % 2 ? 0 : 2, "42", token);
        struct led_report report = final_of(token);
        assert_int_equal(report.error, 0);
    }
    want(1, "2", 100);
    struct led_report report = final_of(100);
    assert_int_equal(report.error, -ETIMEDOUT);
    led_modbus.unit_status(f.three.bus, 1, &status);
    assert_true(status.is_dead);
    led_line_call(&f.line, give_power, &dead);
    wait_until_shown(1, "   2");
}

static void a_unit_that_lost_power_is_initialised_again(void **state)
{
    (void)state;
    unsigned unit = 0;
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).certainty, LED_LIT);
    led_line_call(&f.line, cut_power, &unit);
    want(0, "2", 2);
    assert_int_equal(final_of(2).error, -ETIMEDOUT);
    led_line_call(&f.line, give_power, &unit);
    wait_until_shown(0, "   2");
}

static void an_exception_is_reported_with_its_register(void **state)
{
    (void)state;
    unsigned unit = 2;
    struct led_unit_status status;
    led_line_call(&f.line, refuse_all, &unit);
    open_bus();
    want(2, "1", 1);
    struct led_report report = final_of(1);
    assert_int_equal(report.error, -EREMOTEIO);
    assert_string_equal(report.detail, "exception 2 at function 16, register 0");
    led_modbus.unit_status(f.three.bus, 2, &status);
    assert_false(status.is_dead);
}

static void an_answer_that_comes_too_late_confirms_nothing(void **state)
{
    (void)state;
    unsigned unit = 2;
    led_line_call(&f.line, answer_late,
                  &unit); /* time-out and quiet are over after 60 ms, the answer comes after 90 */
    open_bus();
    want(2, "1", 1);
    struct led_report report = final_of(1);
    assert_int_equal(report.error, -ETIMEDOUT);
    assert_int_equal(report.certainty, LED_UNKNOWN);
    want(1, "7", 2); /* its neighbour is not disturbed */
    assert_int_equal(final_of(2).error, 0);
}

static void an_adapter_that_is_pulled_and_plugged_in_again_heals(void **state)
{
    (void)state;
    struct led_bus_status status;
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).error, 0);
    led_line_call(&f.line, unplug, NULL);
    want(0, "2", 2);
    assert_int_equal(final_of(2).error, -ENODEV);
    led_modbus.bus_status(f.three.bus, &status);
    assert_false(status.is_open);
    assert_true(status.error < 0);
    led_line_call(&f.line, plug, NULL);
    wait_until_shown(0, "   2");
    want(0, "3", 3);
    assert_int_equal(final_of(3).certainty, LED_LIT);
}

static void an_adapter_that_is_pulled_while_nothing_happens_is_missed_at_once(void **state)
{
    (void)state;
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).error, 0);
    led_line_call(&f.line, unplug, NULL);
    assert_int_equal(status_report().error, -ENODEV);
    led_line_call(&f.line, plug, NULL);
    struct led_report report = status_report(); /* gone still, or open again */
    while (report.error)
        report = status_report();
    want(0, "2", 2);
    assert_int_equal(final_of(2).error, 0);
}

static void an_absent_adapter_is_waited_for(void **state)
{
    (void)state;
    struct led_bus_status status;
    led_line_call(&f.line, unplug, NULL);
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).error, -ENODEV);
    led_modbus.bus_status(f.three.bus, &status);
    assert_int_equal(status.error, -ENOENT);
    assert_string_equal(status.detail, "No such file or directory");
    led_line_call(&f.line, plug, NULL);
    wait_until_shown(0, "   1");
}

static void what_is_no_serial_port_is_reported(void **state)
{
    (void)state;
    struct led_bus_status status;
    snprintf(f.three.config.device, sizeof f.three.config.device, "/dev/null");
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).error, -ENODEV);
    led_modbus.bus_status(f.three.bus, &status);
    assert_false(status.is_open);
}

struct babbler {
    int fd, stop_fd;
};

static void *babble(void *data)
{
    struct babbler *babbler = data;
    struct pollfd fds[] = { { .fd = babbler->stop_fd, .events = POLLIN },
                            { .fd = babbler->fd, .events = POLLIN } };
    uint8_t noise[64];
    for (unsigned seed = 1; poll(fds, 1, 1) == 0;) {
        for (unsigned i = 0; i < sizeof noise; i++)
            noise[i] = (uint8_t)(seed = seed * 1103515245 + 12345);
        if (write(babbler->fd, noise, sizeof noise) < 0)
            continue; /* full: nobody reads just now */
    }
    return NULL;
}

static void a_line_of_noise_stops_nobody(void **state)
{
    (void)state;
    struct babbler babbler = { .fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK), .stop_fd = eventfd(0, 0) };
    pthread_t thread;
    assert_int_equal(grantpt(babbler.fd) | unlockpt(babbler.fd), 0);
    assert_int_equal(ptsname_r(babbler.fd, f.three.config.device, sizeof f.three.config.device), 0);
    pthread_create(&thread, NULL, babble, &babbler);
    open_bus();
    want(0, "1", 1);
    struct led_report report = final_of(1);
    assert_true(report.error < 0);
    assert_int_equal(report.certainty, LED_UNKNOWN);
    led_modbus.close(f.three.bus);
    f.three.bus = NULL;
    eventfd_write(babbler.stop_fd, 1);
    pthread_join(thread, NULL);
    close(babbler.fd);
    close(babbler.stop_fd);
}

static void a_reader_that_sleeps_keeps_the_newest_reports(void **state)
{
    (void)state;
    open_bus();
    for (uint64_t token = 1; token <= 2000; token++)
        want(token % 3, "8", token);
    for (uint64_t token = 2001; token <= 2003; token++)
        want(token % 3, "9", token);
    for (unsigned i = 0; i < 3; i++)
        wait_until_shown(i, "   9");
    struct led_report report;
    unsigned newest = 0;
    while (newest < 3 && led_line_report(&led_modbus, f.three.bus, &report))
        newest += report.is_final && report.token > 2000;
    assert_int_equal(newest, 3);
}

static void states_are_told_without_a_wish(void **state)
{
    (void)state;
    unsigned dead = 1;
    struct led_bus_status bus;
    open_bus();
    assert_int_equal(status_report().error, 0);
    want(1, "1", 1);
    assert_int_equal(final_of(1).error, 0);
    led_line_call(&f.line, cut_power, &dead);
    want(1, "2", 2);
    struct led_report death = status_report();
    assert_int_equal(death.index, 1);
    assert_int_equal(death.error, -ETIMEDOUT);
    led_line_call(&f.line, give_power, &dead);
    struct led_report life = status_report();
    assert_int_equal(life.index, 1);
    assert_int_equal(life.error, 0);
    led_line_call(&f.line, unplug, NULL);
    want(1, "3", 3);
    assert_true(status_report().error < 0);
    led_modbus.bus_status(f.three.bus, &bus);
    assert_false(bus.is_open);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static struct led_job_status job_status(void)
{
    return led_three_job(&f.three);
}

static struct led_job_status job_end(void)
{
    return led_three_job_end(&f.three);
}

static void start_scan(uint8_t last)
{
    struct led_job job = { .kind = LED_JOB_SCAN, .first = 1, .last = last, .nserials = 1, .nprofiles = 1 };
    job.serial[0] = (struct led_serial){ 115200, 'N', 1 };
    job.profile[0] = f.three.smi2;
    assert_int_equal(led_modbus.start_job(f.three.bus, &job), 0);
}

static void a_call_interrupts_a_scan(void **state)
{
    (void)state;
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).error, 0);
    start_scan(247);
    for (uint64_t token = 2; token < 6; token++) {
        struct led_report report;
        while (job_status().done < 20 * token)
            led_line_any_report(&led_modbus, f.three.bus, &report);
        uint32_t before = job_status().done;
        want(0, "42", token);
        assert_int_equal(final_of(token).certainty, LED_LIT);
        assert_in_range(job_status().done - before, 0,
                        2); /* one in flight; one after the report was written */
    }
    assert_true(job_status().is_running);
    led_modbus.stop_job(f.three.bus);
    struct led_job_status status = job_end();
    assert_int_equal(status.error, -ECANCELED);
    assert_string_equal(status.detail, "stopped");
    assert_int_equal(status.nfound, 3);
}

static void a_job_ends_with_its_adapter(void **state)
{
    (void)state;
    struct led_job job = { .kind = LED_JOB_SCAN, .nserials = 1 };
    open_bus();
    assert_int_equal(status_report().error, 0);
    start_scan(247);
    led_line_call(&f.line, unplug, NULL);
    struct led_job_status status = job_end();
    assert_int_equal(status.error, -ENODEV);
    assert_string_equal(status.detail, "the serial port went away");
    assert_int_equal(led_modbus.start_job(f.three.bus, &job), -ENODEV);
}

/* As after a reload: the technician's order comes before the worker has looked at its port. */
static void a_job_waits_for_the_first_look_at_the_port(void **state)
{
    (void)state;
    open_bus();
    start_scan(3);
    struct led_job_status status = job_end();
    assert_int_equal(status.error, 0);
    assert_int_equal(status.nfound, 3);
}

static void a_job_of_an_adapter_that_is_not_there_ends(void **state)
{
    (void)state;
    struct led_job job = { .kind = LED_JOB_SCAN, .first = 1, .last = 247, .nserials = 1 };
    job.serial[0] = (struct led_serial){ 115200, 'N', 1 };
    led_line_call(&f.line, unplug, NULL);
    open_bus();
    int error = led_modbus.start_job(f.three.bus, &job);
    if (error) /* the worker was quicker */
        assert_int_equal(error, -ENODEV);
    else
        assert_int_equal(job_end().error, -ENOENT);
}

static void a_bus_is_closed_in_the_middle_of_a_job(void **state)
{
    (void)state;
    open_bus();
    assert_int_equal(status_report().error, 0);
    start_scan(247);
    struct led_report report;
    while (job_status().nfound == 0)
        led_line_any_report(&led_modbus, f.three.bus, &report);
    assert_true(job_status().is_running);
}

/* A question asked at another speed leaves the port as it was for the next call. */
static void a_port_is_set_back_before_the_next_call(void **state)
{
    (void)state;
    struct led_job job = { .kind = LED_JOB_SCAN, .first = 1, .last = 247, .nserials = 1 };
    struct termios line;
    job.serial[0] = (struct led_serial){ 9600, 'N', 1 };
    open_bus();
    want(0, "1", 1);
    assert_int_equal(final_of(1).error, 0);
    assert_int_equal(led_modbus.start_job(f.three.bus, &job), 0);
    int port = open(f.line.path, O_RDWR | O_NOCTTY);
    struct led_report report;
    while (job_status().done < 2)
        led_line_any_report(&led_modbus, f.three.bus, &report);
    assert_int_equal(tcgetattr(port, &line), 0);
    assert_int_equal(cfgetospeed(&line), B9600);
    led_modbus.stop_job(f.three.bus);
    job_end();
    want(0, "2", 2);
    assert_int_equal(final_of(2).error, 0);
    assert_int_equal(tcgetattr(port, &line), 0);
    assert_int_equal(cfgetospeed(&line), B115200);
    close(port);
}

static void move_to_16(struct led_line *line, void *data)
{
    (void)data;
    slave_set_settings(line->bus, 0, 16, NULL);
}

static void a_new_board_gets_its_address(void **state)
{
    (void)state;
    struct led_job job = {
        .kind = LED_JOB_ADDRESS, .first = 16, .address = 7, .nserials = 1, .nprofiles = 1
    };
    job.serial[0] = (struct led_serial){ 115200, 'N', 1 };
    job.profile[0] = f.three.smi2;
    led_line_call(&f.line, move_to_16, NULL);
    open_bus();
    assert_int_equal(status_report().error, 0);
    assert_int_equal(led_modbus.start_job(f.three.bus, &job), 0);
    struct led_job_status status = job_end();
    if (status.error)
        fail_msg("%s", status.detail);
    assert_string_equal(led_line_view(&f.line, 0).text, "n 07");
    assert_int_equal(led_line_view(&f.line, 0).address, 7);
}

/* Of the thread of a bus; -1: only root may ask. */
static long timer_slack_ns(void)
{
    struct dirent *task;
    char path[300], line[32] = "";
    long slack_ns = 0;
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    while (slack_ns == 0 && (task = readdir(tasks))) {
        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        FILE *file = fopen(path, "r");
        bool is_bus = file && fgets(line, sizeof line, file) && strncmp(line, "led ", 4) == 0;
        if (file)
            fclose(file);
        snprintf(path, sizeof path, "/proc/%s/timerslack_ns", task->d_name);
        if (is_bus && (!(file = fopen(path, "r")) || fscanf(file, "%ld", &slack_ns) != 1))
            slack_ns = -1;
        if (is_bus && file)
            fclose(file);
    }
    closedir(tasks);
    return slack_ns;
}

/* The kernel's 50 us would come on top of each silence. */
static void silences_end_on_time(void **state)
{
    (void)state;
    open_bus();
    want(0, "1", 1);
    final_of(1);
    long slack_ns = timer_slack_ns();
    if (slack_ns < 0)
        skip();
    assert_int_equal(slack_ns, 1);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, start, stop)

static int64_t waiting_us(void)
{
    struct led_bus_status status;
    led_modbus.bus_status(f.three.bus, &status);
    return status.waiting_us;
}

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

/* It waits half a second for each board that does not answer; what is wanted meanwhile it cannot take. */
static void a_worker_that_takes_nothing_says_since_when(void **state)
{
    (void)state;
    bool is_seen = false;
    for (unsigned i = 0; i < 3; i++)
        led_line_call(&f.line, cut_power, &i);
    f.three.config.adapter_latency_ms = 500;
    open_bus();
    for (uint64_t token = 1; !is_seen && token <= 50; token++) {
        int64_t before_us = now_us();
        want(0, token % 2 ? "1" : "2", token);
        int64_t since_us = waiting_us(), after_us = now_us();
        usleep(20000);
        is_seen = since_us >= before_us && since_us <= after_us && waiting_us() == since_us;
    }
    assert_true(is_seen);
    for (unsigned i = 0; i < 3; i++)
        led_line_call(&f.line, give_power, &i);
    want(0, "7", 99);
    assert_int_equal(final_of(99).certainty, LED_LIT);
    assert_int_equal(waiting_us(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(silences_end_on_time),
        EACH(the_glass_shows_what_is_reported),
        EACH(a_worker_that_takes_nothing_says_since_when),
        EACH(a_dead_unit_fails_alone),
        EACH(a_unit_that_lost_power_is_initialised_again),
        EACH(an_exception_is_reported_with_its_register),
        EACH(an_answer_that_comes_too_late_confirms_nothing),
        EACH(an_adapter_that_is_pulled_and_plugged_in_again_heals),
        EACH(an_adapter_that_is_pulled_while_nothing_happens_is_missed_at_once),
        EACH(an_absent_adapter_is_waited_for),
        EACH(what_is_no_serial_port_is_reported),
        EACH(a_line_of_noise_stops_nobody),
        EACH(states_are_told_without_a_wish),
        EACH(a_call_interrupts_a_scan),
        EACH(a_job_ends_with_its_adapter),
        EACH(a_job_waits_for_the_first_look_at_the_port),
        EACH(a_job_of_an_adapter_that_is_not_there_ends),
        EACH(a_bus_is_closed_in_the_middle_of_a_job),
        EACH(a_port_is_set_back_before_the_next_call),
        EACH(a_new_board_gets_its_address),
        EACH(a_reader_that_sleeps_keeps_the_newest_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
