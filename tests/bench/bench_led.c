/* LED: from led_want() to the last byte of the request in the kernel's hands, on a pty with simulated boards.
 *
 * A pty has no speed: bytes take no time on it, so what is seen is our own part: worker wake-up, gap, library, and the
 * transaction that was in flight. The boards answer after DELAY_US. */
#include "tests/led_line.h"

#include <inttypes.h>

#define CALLS    100
#define DELAY_US 2000

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void print_row(const char *what, int64_t *waited_us)
{
    qsort(waited_us, CALLS, sizeof *waited_us, by_value);
    printf("led: call to last byte written, %-28s median %6" PRId64 " us, p99 %6" PRId64
           " us, worst %6" PRId64 " us\n",
           what, waited_us[CALLS / 2], waited_us[CALLS * 99 / 100], waited_us[CALLS - 1]);
}

/* Calls one after another, each after the last one is confirmed and `pause_ms` more, and up to 2 ms of chance. */
static int measure(struct led_bus *bus, unsigned units, unsigned pause_ms, int64_t *waited_us)
{
    for (unsigned call = 0; call < CALLS; call++) {
        struct led_text text = { .is_blinking = false };
        poll(NULL, 0, (int)(pause_ms + call % 3));
        snprintf(text.text, sizeof text.text, "%u", call);
        int64_t wished_us = clock_us();
        led_modbus.want(bus, call % units, &text, call + 1);
        struct led_report report = led_line_final(&led_modbus, bus, call + 1);
        if (report.error) {
            fprintf(stderr, "call %u: %s %s\n", call, strerror(-report.error), report.detail);
            return 1;
        }
        waited_us[call] = report.wire_us - wished_us;
    }
    return 0;
}

static int run(const char *what, int baud, unsigned units, uint32_t reassert_ms, unsigned pause_ms)
{
    static const char *models[LED_UNITS_MAX + 1];
    static int64_t waited_us[CALLS];
    struct led_profile *profile = led_line_profile("dm56a04");
    struct led_line line;
    struct led_bus *bus;
    char error[128];
    for (unsigned i = 0; i <= units; i++)
        models[i] = i < units ? "dm56a04" : NULL;
    led_line_start(&line, models, DELAY_US);
    struct led_bus_config config = { .id = "bench",
                                     .driver = "modbus",
                                     .baud = baud,
                                     .parity = 'N',
                                     .stop_bits = 1,
                                     .reassert_ms = reassert_ms,
                                     .nunits = (uint8_t)units };
    snprintf(config.device, sizeof config.device, "%s", line.path);
    for (unsigned i = 0; i < units; i++)
        config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), profile };
    int failed = led_modbus.open(&bus, &config, error, sizeof error);
    for (unsigned i = 0; i < units && !failed; i++)
        led_modbus.want(bus, i, &(struct led_text){ .text = "42" }, 1000000 + i);
    failed = failed || measure(bus, units, pause_ms, waited_us);
    if (!failed)
        print_row(what, waited_us);
    led_modbus.close(bus);
    led_line_stop(&line);
    led_profile_destroy(profile);
    return failed;
}

int main(void)
{
    int failed = run("idle bus, 115200 baud", 115200, 1, 30000, 2);
    failed |= run("idle bus, 9600 baud", 9600, 1, 30000, 4);
    failed |= run("bus always refreshing, 32:", 115200, 32, 1, 0);
    return failed;
}
