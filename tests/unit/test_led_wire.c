/* Single transactions on a pty, against a unit that does what a script says. */
#include "drivers/clock.h"
#include "drivers/led/gateway.h"
#include "drivers/led/modbus_wire.h"
#include "sim/slave.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUESTS   16
#define TIMEOUT_US 60000
#define QUIET_US   60000

struct request {
    int64_t at_us;
    speed_t speed;
    size_t count;
    uint8_t bytes[SLAVE_FRAME_MAX];
};
/* What the unit says to its nth request: the bytes, a moment later. */
struct saying {
    unsigned request;
    uint32_t after_us;
    size_t count; /* 0: ends the script */
    uint8_t bytes[80];
    bool has_no_crc;
};

struct fixture {
    int pty, stop_fd;
    pthread_t thread;
    pthread_mutex_t lock;
    unsigned nrequests;
    struct request request[REQUESTS];
    const struct saying *script;
    speed_t only_speed; /* deaf at others; B0: hears all */
    bool has_echo;      /* the adapter hears what the master sends */
    unsigned nlooks;    /* questions to the unit that nobody is; they count as no request */
    int64_t said_us;
    struct led_bus_config config;
    struct modbus_wire *wire;
};
static struct fixture f;

/* ---- the unit -------------------------------------------------------------------------------- */

static void say(const struct saying *saying)
{
    uint8_t bytes[sizeof saying->bytes + 2];
    memcpy(bytes, saying->bytes, saying->count);
    uint16_t crc = slave_crc(bytes, saying->count);
    bytes[saying->count] = crc & 255;
    bytes[saying->count + 1] = crc >> 8;
    size_t count = saying->count + (saying->has_no_crc ? 0 : 2);
    f.said_us = monotonic_us();
    assert_int_equal(write(f.pty, bytes, count), count);
}

static int64_t due_us(const struct saying *saying)
{
    return f.nrequests > saying->request ? f.request[saying->request].at_us + saying->after_us : INT64_MAX;
}

static void hear(void)
{
    struct termios line;
    assert_true(f.nrequests < REQUESTS);
    struct request *request = &f.request[f.nrequests];
    ssize_t count = read(f.pty, request->bytes, sizeof request->bytes);
    if (count > 0 && f.has_echo)
        assert_int_equal(write(f.pty, request->bytes, (size_t)count), count);
    if (count > 0 && request->bytes[0] == 248) {
        f.nlooks++;
        return;
    }
    assert_int_equal(tcgetattr(f.pty, &line), 0);
    request->at_us = monotonic_us();
    request->speed = cfgetospeed(&line);
    request->count = count > 0 ? (size_t)count : 0;
    f.nrequests += count > 0 && (f.only_speed == B0 || request->speed == f.only_speed);
}

/* The script is in the order of time. */
static void *live(void *data)
{
    (void)data;
    struct pollfd fds[] = { { .fd = f.stop_fd, .events = POLLIN }, { .fd = f.pty, .events = POLLIN } };
    for (const struct saying *next = f.script;;) {
        pthread_mutex_lock(&f.lock);
        int64_t due = next && next->count ? due_us(next) : INT64_MAX, now = monotonic_us();
        if (next && due <= now)
            say(next++);
        pthread_mutex_unlock(&f.lock);
        if (due <= now)
            continue;
        int64_t left_us = due - now;
        struct timespec left = { left_us / 1000000, left_us % 1000000 * 1000 };
        if (ppoll(fds, 2, due == INT64_MAX ? NULL : &left, NULL) > 0 && fds[0].revents)
            return NULL;
        pthread_mutex_lock(&f.lock);
        if (fds[1].revents)
            hear();
        pthread_mutex_unlock(&f.lock);
    }
}

static int start(void **state)
{
    (void)state;
    struct termios raw;
    f = (struct fixture){ .pty = posix_openpt(O_RDWR | O_NOCTTY), .stop_fd = eventfd(0, 0) };
    pthread_mutex_init(&f.lock, NULL);
    f.config = (struct led_bus_config){ .baud = 115200, .parity = 'N', .stop_bits = 1 };
    assert_int_equal(grantpt(f.pty) | unlockpt(f.pty), 0);
    assert_int_equal(ptsname_r(f.pty, f.config.device, sizeof f.config.device), 0);
    assert_int_equal(tcgetattr(f.pty, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(f.pty, TCSANOW, &raw), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    if (f.thread) {
        eventfd_write(f.stop_fd, 1);
        pthread_join(f.thread, NULL);
    }
    modbus_wire_destroy(f.wire);
    pthread_mutex_destroy(&f.lock);
    close(f.pty);
    close(f.stop_fd);
    return 0;
}

static void open_wire(const struct saying *script)
{
    f.script = script;
    f.wire = modbus_wire_create(&f.config);
    assert_non_null(f.wire);
    assert_int_equal(modbus_wire_open(f.wire), 0);
    assert_int_equal(pthread_create(&f.thread, NULL, live, NULL), 0);
}

/* ---- the master ------------------------------------------------------------------------------ */

static struct schedule_step step_of(uint8_t unit, struct led_write write)
{
    return (struct schedule_step){ .unit = unit,
                                   .serial = { f.config.baud, f.config.parity, f.config.stop_bits },
                                   .write = write,
                                   .timeout_us = TIMEOUT_US,
                                   .quiet_us = QUIET_US };
}

static struct schedule_result do_step(const struct schedule_step *step)
{
    struct schedule_result result;
    assert_int_equal(modbus_wire_exchange(f.wire, step, &result), 0);
    return result;
}

static struct schedule_result exchange(struct led_write write)
{
    struct schedule_step step = step_of(1, write);
    return do_step(&step);
}

static int64_t said_us(void)
{
    pthread_mutex_lock(&f.lock);
    int64_t at_us = f.said_us;
    pthread_mutex_unlock(&f.lock);
    return at_us;
}

static unsigned read_locked(const unsigned *counter)
{
    pthread_mutex_lock(&f.lock);
    unsigned value = *counter;
    pthread_mutex_unlock(&f.lock);
    return value;
}

static struct request request_at(unsigned index)
{
    pthread_mutex_lock(&f.lock);
    struct request request = f.request[index];
    assert_true(index < f.nrequests);
    pthread_mutex_unlock(&f.lock);
    return request;
}

static const struct led_write write_17 = { 17, 1, 6, { 3 } }, write_35 = { 35, 1, 6, { 1 } };
static const struct led_write show_a105 = { 29, 2, 16, { 0x4131, 0x3035 } },
                              show_a106 = { 29, 2, 16, { 0x4131, 0x3036 } };
#define ACK_17                                                                                               \
    6,                                                                                                       \
    {                                                                                                        \
        1, 6, 0, 17, 0, 3                                                                                    \
    }
#define ACK_35                                                                                               \
    6,                                                                                                       \
    {                                                                                                        \
        1, 6, 0, 35, 0, 1                                                                                    \
    }
#define ACK_TEXT                                                                                             \
    6,                                                                                                       \
    {                                                                                                        \
        1, 16, 0, 29, 0, 2                                                                                   \
    }

/* ---- late answers ---------------------------------------------------------------------------- */

static void a_late_answer_is_not_taken_for_that_of_another_register(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, TIMEOUT_US + 30000, ACK_17, false },
                                            { 1, 1000, ACK_35, false },
                                            { 0 } };
    open_wire(script);
    assert_int_equal(exchange(write_17).error, -ETIMEDOUT);
    assert_int_equal(exchange(write_35).error, 0);
    assert_true(request_at(1).at_us > request_at(0).at_us + TIMEOUT_US + 30000);
}

static void a_late_answer_does_not_confirm_a_text_that_was_lost(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, TIMEOUT_US + 30000, ACK_TEXT, false }, { 0 } };
    open_wire(script);
    assert_int_equal(exchange(show_a105).error, -ETIMEDOUT);
    assert_int_equal(exchange(show_a106).error, -ETIMEDOUT);
}

static void an_answer_that_comes_between_transactions_confirms_nothing(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, TIMEOUT_US + QUIET_US + 30000, ACK_TEXT, false }, { 0 } };
    open_wire(script);
    assert_int_equal(exchange(show_a105).error, -ETIMEDOUT);
    while (monotonic_us() < request_at(0).at_us + TIMEOUT_US + QUIET_US + 60000)
        poll(NULL, 0, 10);
    assert_int_equal(exchange(show_a106).error, -ETIMEDOUT);
}

static void noise_ahead_of_a_slow_answer_does_not_make_it_the_next_ones(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, 5, { 1, 0x90, 7, 7, 7 }, true },
                                            { 0, TIMEOUT_US, ACK_TEXT, false },
                                            { 0 } };
    open_wire(script);
    int error = exchange(show_a105).error;
    assert_true(error == -EBADMSG || error == -EPROTO);
    assert_int_equal(exchange(show_a106).error, -ETIMEDOUT);
}

/* ---- whose answer ---------------------------------------------------------------------------- */

static void the_time_runs_on_while_another_unit_answers(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, 6, { 2, 6, 0, 17, 0, 3 }, false },
                                            { 0, 20000, ACK_17, false },
                                            { 0 } };
    open_wire(script);
    struct schedule_result result = exchange(write_17);
    assert_int_equal(result.error, 0);
    assert_true(result.done_us - result.start_us >= 19000);
}

static void an_answer_to_something_else_is_none(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, ACK_35, false },
                                            { 1, 1000, 6, { 1, 6, 0, 17, 0, 4 }, false },
                                            { 2, 1000, 7, { 1, 3, 4, 0, 1, 0, 2 }, false },
                                            { 0 } };
    open_wire(script);
    assert_int_equal(exchange(write_17).error, -EPROTO);
    assert_int_equal(exchange(write_17).error, -EPROTO);
    assert_int_equal(exchange((struct led_write){ 29, 1, 3, { 0 } }).error, -EPROTO);
}

static void a_damaged_answer_is_told_from_none(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, 8, { 1, 6, 0, 17, 0, 3, 0, 0 }, true }, { 0 } };
    open_wire(script);
    assert_int_equal(exchange(write_17).error, -EBADMSG);
}

static void two_units_with_one_address_are_noticed(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, ACK_17, false },  { 0, 30000, ACK_17, false },
                                            { 1, 1000, ACK_17, false },  { 2, 1000, ACK_17, false },
                                            { 2, 30000, ACK_17, false }, { 0 } };
    struct schedule_step step = step_of(1, write_17);
    open_wire(script);
    step.is_probe = true;
    assert_int_equal(do_step(&step).error, -EBADMSG);
    assert_int_equal(do_step(&step).error, 0);
    step.is_probe = false; /* a call does not wait for such things */
    assert_int_equal(do_step(&step).error, 0);
}

/* ---- functions ------------------------------------------------------------------------------- */

static void a_server_id_is_taken_whole_or_cut(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, 9, { 1, 17, 6, 'S', 'M', 'I', '2', ' ', 'V' }, false },
                                            { 1, 1000, 73, { 1, 17, 70, 'x' }, false },
                                            { 2, 1000, 3, { 1, 0x91, 1 }, false },
                                            { 0 } };
    open_wire(script);
    struct schedule_result result = exchange((struct led_write){ .function = 17 });
    assert_int_equal(result.error, 0);
    assert_int_equal(result.id.count, 6);
    assert_memory_equal(result.id.byte, "SMI2 V", 6);
    assert_int_equal(request_at(0).count, 4);
    result = exchange((struct led_write){ .function = 17 });
    assert_int_equal(result.id.count, LED_SERVER_ID_MAX);
    result = exchange((struct led_write){ .function = 17 });
    assert_int_equal(result.error, -EREMOTEIO);
    assert_int_equal(result.exception, 1);
}

static void a_coil_is_written(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, 6, { 1, 5, 0, 5, 0xFF, 0 }, false }, { 0 } };
    static const uint8_t request[] = { 1, 5, 0, 5, 0xFF, 0 };
    open_wire(script);
    assert_int_equal(exchange((struct led_write){ 5, 1, 5, { 0xFF00 } }).error, 0);
    assert_memory_equal(request_at(0).bytes, request, sizeof request);
}

static void a_frame_to_all_waits_for_no_answer_and_arrives_whole(void **state)
{
    (void)state;
    static const struct saying script[] = { { 1, 1000, ACK_17, false }, { 0 } };
    struct led_write group = { 1001, 120, 16, { 0x4131 } };
    struct schedule_step step = step_of(0, group);
    step.timeout_us = 30000; /* rest of the line */
    step.quiet_us = 0;
    open_wire(script);
    struct schedule_result result = do_step(&step);
    assert_int_equal(result.error, 0);
    assert_true(result.done_us - result.wire_us >= 30000);
    assert_int_equal(exchange(write_17).error, 0);
    assert_int_equal(request_at(0).count, 9 + 240);
    assert_int_equal(slave_crc(request_at(0).bytes, 9 + 240), 0);
    assert_true(request_at(1).at_us - request_at(0).at_us >= 30000);
}

/* ---- an adapter that hears itself ------------------------------------------------------------ */

static void set_echo(bool has_echo)
{
    pthread_mutex_lock(&f.lock);
    f.has_echo = has_echo;
    pthread_mutex_unlock(&f.lock);
}

static const struct led_write read_17 = { 17, 1, 3, { 0 } };
#define ANSWER_17                                                                                            \
    5,                                                                                                       \
    {                                                                                                        \
        1, 3, 2, 0, 3                                                                                        \
    }

static void an_echo_is_not_taken_for_an_acknowledgement(void **state)
{
    (void)state;
    open_wire(NULL);
    set_echo(true);
    assert_int_equal(exchange(write_17).error, -ETIMEDOUT);
    assert_true(modbus_wire_hears_itself(f.wire));
    assert_int_equal(exchange((struct led_write){ 5, 1, 5, { 0xFF00 } }).error, -ETIMEDOUT);
    assert_int_equal(exchange(show_a105).error, -ETIMEDOUT);
    assert_int_equal(read_locked(&f.nrequests), 3);
}

/* These want no time-out, on a loaded machine either. */
static struct schedule_result exchange_patiently(struct led_write write)
{
    struct schedule_step step = step_of(1, write);
    step.timeout_us = 2000000;
    return do_step(&step);
}

static void answers_behind_an_echo_are_understood(void **state)
{
    (void)state;
    static const struct saying script[] = {
        { 0, 1000, ACK_17, false }, { 1, 1000, ANSWER_17, false }, { 2, 1000, ACK_TEXT, false }, { 0 }
    };
    open_wire(script);
    set_echo(true);
    assert_int_equal(exchange_patiently(write_17).error, 0);
    struct schedule_result result = exchange_patiently(read_17);
    assert_int_equal(result.error, 0);
    assert_int_equal(result.value[0], 3);
    assert_int_equal(exchange_patiently(show_a105).error, 0);
    assert_int_equal(read_locked(&f.nlooks), 1);
}

/* Where no acknowledgement depends on it nobody looks, until answers come out damaged for a while. */
static void reading_finds_an_echo_by_the_damage(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, ANSWER_17, false }, { 0 } };
    unsigned damaged = 0;
    open_wire(script);
    assert_int_equal(exchange_patiently(read_17).error, 0);
    assert_int_equal(read_locked(&f.nlooks), 0);
    set_echo(true);
    while (exchange(read_17).error == -EBADMSG)
        assert_true(++damaged < REQUESTS - 2);
    assert_true(damaged > 0 && modbus_wire_hears_itself(f.wire));
    assert_int_equal(exchange(read_17).error, -ETIMEDOUT); /* nothing was behind the echo */
}

static void an_adapter_may_cease_to_hear_itself(void **state)
{
    (void)state;
    static const struct saying script[] = {
        { 0, 1000, ACK_17, false }, { 1, 1000, ANSWER_17, false }, { 2, 1000, ANSWER_17, false }, { 0 }
    };
    open_wire(script);
    set_echo(true);
    assert_int_equal(exchange_patiently(write_17).error, 0);
    set_echo(false);
    assert_int_equal(exchange_patiently(read_17).error, -EBADMSG);
    assert_int_equal(exchange_patiently(read_17).error, 0);
    assert_false(modbus_wire_hears_itself(f.wire));
}

/* ---- the line -------------------------------------------------------------------------------- */

static void there_is_silence_between_frames(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, ACK_17, false }, { 1, 1000, ACK_17, false }, { 0 } };
    f.config.baud = 1200;
    open_wire(script);
    assert_int_equal(exchange(write_17).error, 0);
    int64_t answered_us = said_us();
    assert_int_equal(exchange(write_17).error, 0);
    assert_true(request_at(1).at_us - answered_us >= schedule_gap_us(&f.config));
}

static void one_step_may_have_other_line_settings(void **state)
{
    (void)state;
    static const struct saying script[] = { { 0, 1000, ACK_17, false }, { 1, 1000, ACK_17, false }, { 0 } };
    struct schedule_step step = step_of(1, write_17);
    struct termios line;
    f.only_speed = B9600;
    open_wire(script);
    assert_int_equal(do_step(&step).error, -ETIMEDOUT);
    step.serial = (struct led_serial){ 9600, 'E', 2 };
    assert_int_equal(do_step(&step).error, 0);
    assert_int_equal(tcgetattr(f.pty, &line), 0);
    assert_int_equal(line.c_cflag & (CSTOPB | PARODD), CSTOPB); /* a pty has no PARENB */
    step.serial = (struct led_serial){ 9600, 'O', 1 };
    assert_int_equal(do_step(&step).error, 0);
    assert_int_equal(tcgetattr(f.pty, &line), 0);
    assert_int_equal(line.c_cflag & (CSTOPB | PARODD), PARODD);
    step.serial = (struct led_serial){ 115200, 'N', 1 };
    assert_int_equal(do_step(&step).error, -ETIMEDOUT);
    assert_int_equal(tcgetattr(f.pty, &line), 0);
    assert_int_equal(cfgetospeed(&line), B115200);
    assert_int_equal(line.c_cflag & (CSTOPB | PARODD), 0);
}

static void a_port_that_cannot_switch_rts_says_so_only_if_it_shall(void **state)
{
    (void)state;
    f.config.rs485.is_wanted = true;
    f.wire = modbus_wire_create(&f.config);
    assert_int_equal(modbus_wire_open(f.wire), -ENOTTY);
    assert_non_null(strstr(modbus_wire_detail(f.wire), "cannot switch RTS"));
    assert_int_equal(modbus_wire_fd(f.wire), -1);
    f.config.rs485.is_wanted = false;
    assert_int_equal(modbus_wire_open(f.wire), 0);
}

/* ---- addresses of gateways ------------------------------------------------------------------- */

static void addresses_of_gateways_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *device, *host, *port;
    } rows[] = {
        { "tcp://192.168.0.7", "192.168.0.7", "502" },
        { "tcp://gw-west:1502", "gw-west", "1502" },
        { "tcp://[::1]", "::1", "502" },
        { "tcp://[fe80::1%eth0]:65535", "fe80::1%eth0", "65535" },
        { "tcp://", NULL, NULL },
        { "tcp://:502", NULL, NULL },
        { "tcp://gw:", NULL, NULL },
        { "tcp://gw:0", NULL, NULL },
        { "tcp://gw:65536", NULL, NULL },
        { "tcp://gw:12x", NULL, NULL },
        { "tcp://::1", NULL, NULL },
        { "tcp://[::1", NULL, NULL },
        { "tcp://[::1]x", NULL, NULL },
        { "tcp://[gw]:502", NULL, NULL },
        { "tcp://gw/1", NULL, NULL },
        { "/dev/ttyUSB0", NULL, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct gateway_address address;
        char why[120] = "";
        bool is_read = gateway_parse(rows[i].device, &address, why, sizeof why);
        if (is_read != (rows[i].host != NULL) || (is_read && strcmp(address.host, rows[i].host) != 0) ||
            (is_read && strcmp(address.port, rows[i].port) != 0) || (!is_read && !strstr(why, "tcp://HOST")))
            fail_msg("%s: %s %s %s", rows[i].device, address.host, address.port, why);
    }
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(a_late_answer_is_not_taken_for_that_of_another_register),
        EACH(a_late_answer_does_not_confirm_a_text_that_was_lost),
        EACH(an_answer_that_comes_between_transactions_confirms_nothing),
        EACH(noise_ahead_of_a_slow_answer_does_not_make_it_the_next_ones),
        EACH(the_time_runs_on_while_another_unit_answers),
        EACH(an_answer_to_something_else_is_none),
        EACH(a_damaged_answer_is_told_from_none),
        EACH(two_units_with_one_address_are_noticed),
        EACH(a_server_id_is_taken_whole_or_cut),
        EACH(a_coil_is_written),
        EACH(a_frame_to_all_waits_for_no_answer_and_arrives_whole),
        EACH(an_echo_is_not_taken_for_an_acknowledgement),
        EACH(answers_behind_an_echo_are_understood),
        EACH(reading_finds_an_echo_by_the_damage),
        EACH(an_adapter_may_cease_to_hear_itself),
        EACH(there_is_silence_between_frames),
        EACH(one_step_may_have_other_line_settings),
        EACH(a_port_that_cannot_switch_rts_says_so_only_if_it_shall),
        cmocka_unit_test(addresses_of_gateways_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
