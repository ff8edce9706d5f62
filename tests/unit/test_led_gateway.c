/* The modbus backend through a Modbus TCP gateway, with gateways that fail. */
#include "tests/led_gateway.h"
#include "tests/led_three.h"

#include "drivers/led/modbus_wire.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct {
    struct led_three three;
    struct led_gateway gateway;
    struct modbus_wire *wire;
} f;

static int start(void **state)
{
    (void)state;
    memset(&f, 0, sizeof f);
    assert_true(led_gateway_start(&f.gateway, led_three_models, AF_INET, 0));
    led_three_begin(&f.three, f.gateway.device);
    f.three.config.adapter_latency_ms = 20;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    led_three_end(&f.three);
    modbus_wire_destroy(f.wire);
    led_gateway_stop(&f.gateway);
    return 0;
}

static void open_bus(void)
{
    led_three_open(&f.three);
}

static void want(unsigned index, const char *text, uint64_t token)
{
    led_three_want(&f.three, index, text, token);
}

static struct led_report final_of(uint64_t token)
{
    return led_line_final(&led_modbus, f.three.bus, token);
}

/* Until the bus is open, or not, and has said why. */
static struct led_bus_status bus_becomes(bool is_open)
{
    struct led_bus_status status;
    struct led_report report;
    for (;;) {
        led_modbus.bus_status(f.three.bus, &status);
        if (status.error != -EINPROGRESS && status.is_open == is_open)
            return status;
        assert_true(led_line_any_report(&led_modbus, f.three.bus, &report));
    }
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void the_glass_behind_a_gateway_shows_what_is_reported(void **state)
{
    (void)state;
    open_bus();
    want(0, "А042", 1);
    assert_int_equal(final_of(1).certainty, LED_LIT);
    assert_string_equal(led_gateway_view(&f.gateway, 0).text, "A042");
    struct led_bus_status status = bus_becomes(true);
    assert_int_equal(status.latency_ms, 20);
    assert_int_equal(status.error, 0);
}

static void a_gateway_is_found_by_its_name(void **state)
{
    (void)state;
    snprintf(f.three.config.device, sizeof f.three.config.device, "tcp://localhost%s",
             strrchr(f.gateway.device, ':'));
    open_bus();
    want(1, "7", 1); /* before it is connected */
    assert_int_equal(final_of(1).error, 0);
}

static void a_gateway_may_have_ipv6(void **state)
{
    (void)state;
    static const char *const one[] = { "dm56a04", NULL };
    struct led_gateway six;
    if (!led_gateway_start(&six, one, AF_INET6, 0))
        skip();
    f.three.config.nunits = 1;
    f.three.config.unit[0] = (struct led_unit_config){ 1, f.three.dm56 };
    snprintf(f.three.config.device, sizeof f.three.config.device, "%s", six.device);
    open_bus();
    want(0, "7", 1);
    assert_int_equal(final_of(1).error, 0);
    led_modbus.close(f.three.bus);
    f.three.bus = NULL;
    led_gateway_stop(&six);
}

/* ---- silent units ---------------------------------------------------------------------------- */

/* The gateway waits longer for a unit than we do: what comes behind it is not to blame. */
static void others_are_served_behind_a_silent_unit(int silence_code)
{
    struct led_unit_status status;
    f.gateway.silence_code = silence_code;
    led_gateway_power(&f.gateway, 1, false);
    open_bus();
    want(1, "1", 1);
    for (uint64_t token = 2; token < 8; token++) {
        want(token % 2 ? 0 : 2, "42", token);
        assert_int_equal(final_of(token).error, 0);
    }
    want(1, "2", 100);
    assert_int_equal(final_of(100).error, -ETIMEDOUT);
    led_modbus.unit_status(f.three.bus, 1, &status);
    assert_true(status.is_dead);
    for (unsigned i = 0; i < 3; i += 2) {
        led_modbus.unit_status(f.three.bus, i, &status);
        assert_int_equal(status.timeouts, 0);
    }
}

static void a_gateway_that_tells_of_a_silent_unit_is_understood(void **state)
{
    (void)state;
    others_are_served_behind_a_silent_unit(11);
}

static void a_gateway_without_a_path_to_a_unit_is_understood(void **state)
{
    (void)state;
    others_are_served_behind_a_silent_unit(10);
}

static void a_gateway_that_tells_nothing_of_a_silent_unit_is_waited_for(void **state)
{
    (void)state;
    others_are_served_behind_a_silent_unit(0);
}

/* ---- single transactions --------------------------------------------------------------------- */

static struct schedule_result exchange(uint8_t unit, struct led_write write)
{
    struct schedule_step step = { .unit = unit, .write = write, .timeout_us = 100000 };
    struct schedule_result result;
    assert_int_equal(modbus_wire_exchange(f.wire, &step, &result), 0);
    return result;
}

static void open_wire(void)
{
    int error;
    f.wire = modbus_wire_create(&f.three.config);
    while ((error = modbus_wire_open(f.wire)) == -EINPROGRESS) {
        struct pollfd fd = { .fd = modbus_wire_fd(f.wire), .events = modbus_wire_events(f.wire) };
        poll(&fd, 1, 1000);
    }
    assert_int_equal(error, 0);
}

static const struct led_write show_1 = { 0, 2, 16, { '1', ' ' } }, show_2 = { 0, 2, 16, { '2', ' ' } };

static void an_answer_to_the_request_before_confirms_nothing(void **state)
{
    (void)state;
    f.gateway.is_one_behind = true;
    open_wire();
    assert_int_equal(exchange(2, show_1).error, -ETIMEDOUT);
    assert_int_equal(exchange(2, show_2).error,
                     -ETIMEDOUT); /* the first one's answer is there, and is equal */
}

static void a_frame_to_all_may_be_answered(void **state)
{
    (void)state;
    f.gateway.is_answering_all = true;
    open_wire();
    assert_int_equal(exchange(0, (struct led_write){ 17, 1, 6, { 3 } }).error, 0);
    struct schedule_result result = exchange(1, (struct led_write){ 17, 1, 3, { 0 } });
    assert_int_equal(result.error, 0);
    assert_int_equal(result.value[0], 3);
    assert_int_equal(exchange(1, (struct led_write){ .function = 17 }).error, 0);
    assert_int_equal(exchange(2, (struct led_write){ .function = 17 }).error, -EREMOTEIO);
}

/* ---- a gateway that hears itself ------------------------------------------------------------- */

static const struct led_write write_17 = { 17, 1, 6, { 3 } }, read_17 = { 17, 1, 3, { 0 } };

static void acknowledgements_of_a_gateway_that_hears_itself_are_not_believed(void **state)
{
    (void)state;
    f.gateway.is_echoing = true;
    open_wire();
    assert_int_equal(exchange(1, read_17).error, 0);
    assert_false(modbus_wire_hears_itself(f.wire)); /* nobody had to know */
    assert_int_equal(exchange(1, write_17).error, -EPROTO);
    assert_true(modbus_wire_hears_itself(f.wire));
    assert_int_equal(exchange(1, read_17).error, 0);
}

static void acknowledgements_of_other_gateways_are_believed(void **state)
{
    (void)state;
    f.gateway.patience_us = 10000;
    open_wire();
    assert_int_equal(exchange(1, write_17).error, 0);
    assert_int_equal(exchange(1, write_17).error, 0);
    assert_false(modbus_wire_hears_itself(f.wire));
    assert_int_equal(f.gateway.requests, 3);
}

/* ---- the connection -------------------------------------------------------------------------- */

static void a_gateway_that_is_not_there_is_waited_for(void **state)
{
    (void)state;
    uint16_t port = (uint16_t)atoi(strrchr(f.gateway.device, ':') + 1);
    led_gateway_stop(&f.gateway);
    open_bus();
    want(1, "1", 1);
    assert_int_equal(final_of(1).error, -ENODEV);
    struct led_bus_status status = bus_becomes(false);
    assert_int_equal(status.error, -ECONNREFUSED);
    assert_string_equal(status.detail, "Connection refused");
    assert_true(led_gateway_start(&f.gateway, led_three_models, AF_INET, port));
    bus_becomes(true);
    want(1, "2", 2);
    assert_int_equal(final_of(2).error, 0);
}

static void a_gateway_that_hangs_up_is_called_again(void **state)
{
    (void)state;
    open_bus();
    want(1, "1", 1);
    assert_int_equal(final_of(1).error, 0);
    led_gateway_hang_up(&f.gateway);
    struct led_bus_status status = bus_becomes(false);
    assert_int_equal(status.error, -ENODEV);
    assert_string_equal(status.detail, "the gateway hung up, or is out of reach");
    bus_becomes(true);
    want(1, "2", 2);
    assert_int_equal(final_of(2).error, 0);
}

static void what_is_no_gateway_is_left(void **state)
{
    (void)state;
    f.gateway.is_speaking_http = true;
    open_bus();
    want(1, "1", 1);
    assert_int_equal(final_of(1).error, -ENODEV);
}

static void a_name_that_nobody_has_is_told(void **state)
{
    (void)state;
    /* No name server is asked for a part of more than 63 letters. */
    snprintf(f.three.config.device, sizeof f.three.config.device, "tcp://%070d.invalid", 0);
    open_bus();
    struct led_bus_status status = bus_becomes(false);
    assert_int_equal(status.error, -EHOSTUNREACH);
    assert_non_null(strstr(status.detail, "name is not found"));
}

static void a_bus_is_closed_while_its_gateway_is_looked_for(void **state)
{
    (void)state;
    snprintf(f.three.config.device, sizeof f.three.config.device, "tcp://nobody.invalid");
    open_bus();
    want(0, "1", 1);
}

static void what_is_no_address_is_refused(void **state)
{
    (void)state;
    char error[160];
    snprintf(f.three.config.device, sizeof f.three.config.device, "tcp://gw:99999");
    assert_int_equal(led_modbus.open(&f.three.bus, &f.three.config, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "port is not 1 to 65535"));
    snprintf(f.three.config.device, sizeof f.three.config.device, "tcp://gw");
    f.three.config.rs485.is_wanted = true;
    assert_int_equal(led_modbus.open(&f.three.bus, &f.three.config, error, sizeof error), -EINVAL);
    assert_non_null(strstr(error, "rs485"));
}

/* ---- jobs ------------------------------------------------------------------------------------ */

static void a_job_has_the_settings_of_the_gateways_line(void **state)
{
    (void)state;
    struct led_job job = { .kind = LED_JOB_SCAN, .first = 1, .last = 4, .nserials = 1, .nprofiles = 1 };
    struct led_job_status status;
    f.gateway.patience_us = 10000;
    open_bus();
    bus_becomes(true);
    job.profile[0] = f.three.smi2;
    job.serial[0] = (struct led_serial){ 9600, 'N', 1 };
    assert_int_equal(led_modbus.start_job(f.three.bus, &job), -ENOTSUP);
    status = led_three_job(&f.three);
    assert_non_null(strstr(status.detail, "gateway's settings"));
    job.serial[0].baud = 115200;
    assert_int_equal(led_modbus.start_job(f.three.bus, &job), 0);
    status = led_three_job_end(&f.three);
    assert_int_equal(status.nfound, 3);
    assert_ptr_equal(status.found[0].profile, f.three.smi2);
}

#define EACH(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(the_glass_behind_a_gateway_shows_what_is_reported),
        EACH(a_gateway_is_found_by_its_name),
        EACH(a_gateway_may_have_ipv6),
        EACH(a_gateway_that_tells_of_a_silent_unit_is_understood),
        EACH(a_gateway_without_a_path_to_a_unit_is_understood),
        EACH(a_gateway_that_tells_nothing_of_a_silent_unit_is_waited_for),
        EACH(an_answer_to_the_request_before_confirms_nothing),
        EACH(a_frame_to_all_may_be_answered),
        EACH(acknowledgements_of_a_gateway_that_hears_itself_are_not_believed),
        EACH(acknowledgements_of_other_gateways_are_believed),
        EACH(a_gateway_that_is_not_there_is_waited_for),
        EACH(a_gateway_that_hangs_up_is_called_again),
        EACH(what_is_no_gateway_is_left),
        EACH(a_name_that_nobody_has_is_told),
        EACH(a_bus_is_closed_while_its_gateway_is_looked_for),
        EACH(what_is_no_address_is_refused),
        EACH(a_job_has_the_settings_of_the_gateways_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
