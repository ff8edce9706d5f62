/* LED: from led_want() to the last byte of the request.
 *
 * First on a pty without speed, with boards that answer after DELAY_US: what is seen is our own part, worker wake-up, gap,
 * library, and the transaction that was in flight. Then through the simulator's wire (sim/relay.h), which gives the
 * line a speed, with the boards' own delays; there the last byte is when the boards have it. Of the line, "busy" is
 * what frames, silences of 3.5 characters and the boards' delays take at least: 100 % would be a master that costs no
 * time at all. */
#include "tests/led_line.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define CALLS       100
#define CALLS_PACED 1000
#define DELAY_US    2000
#define DM_DELAY_US 5000
#define DEAD        4

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void print_row(const char *what, int64_t *waited_us, unsigned calls)
{
    qsort(waited_us, calls, sizeof *waited_us, by_value);
    printf("led: %-52s median %6" PRId64 " us, p99 %6" PRId64 " us, worst %6" PRId64 " us\n", what,
           waited_us[calls / 2], waited_us[calls * 99 / 100], waited_us[calls - 1]);
}

static struct led_bus *open_bus(const struct led_line *line, const struct led_profile *profile, int baud,
                                unsigned units, uint32_t reassert_ms)
{
    struct led_bus *bus;
    char error[128];
    struct led_bus_config config = { .id = "bench",
                                     .driver = "modbus",
                                     .baud = baud,
                                     .parity = 'N',
                                     .stop_bits = 1,
                                     .adapter_latency_ms = 16,
                                     .reassert_ms = reassert_ms,
                                     .nunits = (uint8_t)units };
    snprintf(config.device, sizeof config.device, "%s", line->path);
    for (unsigned i = 0; i < units; i++)
        config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), profile };
    if (led_modbus.open(&bus, &config, error, sizeof error) == 0)
        return bus;
    fprintf(stderr, "%s\n", error);
    exit(1);
}

static const char *const *models_of(unsigned units)
{
    static const char *models[LED_UNITS_MAX + 1];
    for (unsigned i = 0; i <= units; i++)
        models[i] = i < units ? "dm56a04" : NULL;
    return models;
}

/* ---- without speed --------------------------------------------------------------------------- */

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
    static int64_t waited_us[CALLS];
    struct led_profile *profile = led_line_profile("dm56a04");
    struct led_line line;
    led_line_start(&line, models_of(units), DELAY_US);
    struct led_bus *bus = open_bus(&line, profile, baud, units, reassert_ms);
    for (unsigned i = 0; i < units; i++)
        led_modbus.want(bus, i, &(struct led_text){ .text = "42" }, 1000000 + i);
    int failed = measure(bus, units, pause_ms, waited_us);
    if (!failed)
        print_row(what, waited_us, CALLS);
    led_modbus.close(bus);
    led_line_stop(&line);
    led_profile_destroy(profile);
    return failed;
}

/* ---- at the speed of the line ---------------------------------------------------------------- */

struct paced {
    int baud;
    unsigned dead;
    /* What came of it: */
    int failed;
    double busy;
    unsigned requests;
    int64_t refresh_us, waited_us[CALLS_PACED];
};

/* Seen on the line: by its own thread, read by the other one. */
struct tap {
    size_t count;
    uint8_t request[SLAVE_FRAME_MAX];
    _Atomic int64_t
        text_us[LED_UNITS_MAX + 1]; /* when the last request with a text to this unit was complete */
    _Atomic int64_t last_us;
    _Atomic unsigned bytes, requests;
};

static void tap_byte(void *data, bool is_request, int64_t at_us, uint8_t byte)
{
    struct tap *tap = data;
    tap->bytes++;
    tap->last_us = at_us;
    if (!is_request)
        return;
    tap->request[tap->count++] = byte;
    if (tap->count < 7 || tap->count < (tap->request[1] == 16 ? 9u + tap->request[6] : 8u))
        return;
    if (tap->request[1] == 16)
        tap->text_us[tap->request[0]] = at_us;
    tap->requests++;
    tap->count = 0;
}

static void begin_tap(struct led_line *line, void *data)
{
    slave_line_tap(line->line, tap_byte, data);
}

static void power_off(struct led_line *line, void *data)
{
    for (unsigned i = 0; i < *(unsigned *)data; i++)
        slave_set_power(line->bus, i, false);
}

/* From the first wish to the last proof, beside the least that its bytes, silences and delays take. */
static int measure_refresh(struct paced *paced, struct led_bus *bus, struct tap *tap,
                           const struct led_serial *serial)
{
    int64_t begin_us = clock_us();
    for (unsigned i = 0; i < LED_UNITS_MAX; i++)
        led_modbus.want(bus, i, &(struct led_text){ .text = "42" }, i + 1);
    for (unsigned i = 0; i < LED_UNITS_MAX; i++)
        if (led_line_final(&led_modbus, bus, i + 1).error)
            return 1;
    int64_t least_us = relay_bytes_us(serial, tap->bytes) +
                       (int64_t)tap->requests * (DM_DELAY_US + (int64_t)relay_gap_us(serial));
    paced->requests = tap->requests;
    paced->refresh_us = tap->last_us - begin_us;
    paced->busy = 100.0 * (double)least_us / (double)paced->refresh_us;
    return 0;
}

static int measure_calls(struct paced *paced, struct led_bus *bus, struct tap *tap)
{
    unsigned living = LED_UNITS_MAX - paced->dead;
    for (unsigned call = 0; call < CALLS_PACED; call++) {
        struct led_text text = { .is_blinking = false };
        struct led_report report;
        unsigned index = paced->dead + call * 7 % living;
        poll(NULL, 0, (int)(call * 13 % 37));
        snprintf(text.text, sizeof text.text, "%u", call);
        int64_t wished_us = clock_us();
        led_modbus.want(bus, index, &text, 1000 + call);
        do
            if (!led_line_report(&led_modbus, bus, &report))
                return 1;
        while (report.token != 1000 + call);
        if (report.error) {
            fprintf(stderr, "call %u: %s %s\n", call, strerror(-report.error), report.detail);
            return 1;
        }
        paced->waited_us[call] = tap->text_us[index + 1] - wished_us;
    }
    return 0;
}

static void run_paced(struct paced *paced)
{
    const struct led_serial serial = { paced->baud, 'N', 1 };
    struct led_profile *profile = led_line_profile("dm56a04");
    static struct tap tap;
    struct led_line line;
    led_line_start_paced(&line, models_of(LED_UNITS_MAX), 0, &serial);
    led_line_call(&line, begin_tap, &tap);
    struct led_bus *bus = open_bus(&line, profile, paced->baud, LED_UNITS_MAX, 1); /* refreshes without end */
    paced->failed = measure_refresh(paced, bus, &tap, &serial);
    led_line_call(&line, power_off, &paced->dead);
    if (!paced->failed)
        paced->failed = measure_calls(paced, bus, &tap);
    led_modbus.close(bus);
    led_line_stop(&line);
    led_profile_destroy(profile);
}

/* A process each, side by side: they wait for their lines nearly all of the time. */
static int run_all_paced(struct paced *paced, unsigned count)
{
    int failed = 0, status;
    fflush(stdout);
    for (unsigned i = 0; i < count; i++)
        if (fork() == 0) {
            run_paced(&paced[i]);
            _exit(paced[i].failed);
        }
    while (wait(&status) > 0)
        failed |= status != 0;
    return failed;
}

static void print_paced(struct paced *paced)
{
    const struct led_serial serial = { paced->baud, 'N', 1 };
    char what[96];
    if (!paced->dead)
        printf("led: %d baud, 32 boards: a full refresh %.2f s in %u requests, the line busy for %.1f %%\n",
               paced->baud, (double)paced->refresh_us / 1e6, paced->requests, paced->busy);
    if (!paced
             ->dead) /* 17 bytes of a text; before it a text in flight, 17 and 8 bytes; two silences, one delay */
        printf("led: %d baud: own frame and one transaction in flight take %" PRId64 " us\n", paced->baud,
               relay_bytes_us(&serial, 17 + 25) + 2 * (int64_t)relay_gap_us(&serial) + DM_DELAY_US);
    snprintf(what, sizeof what, "%d baud, 32 boards refreshing, %u of them dead:", paced->baud, paced->dead);
    print_row(what, paced->waited_us, CALLS_PACED);
}

int main(void)
{
    static const struct paced rows[] = {
        { .baud = 9600 }, { .baud = 9600, .dead = DEAD }, { .baud = 19200 }, { .baud = 19200, .dead = DEAD }
    };
    int failed = run("call to last byte written, idle bus, 115200 baud", 115200, 1, 30000, 2);
    failed |= run("idle bus, 9600 baud", 9600, 1, 30000, 4);
    failed |= run("bus without speed always refreshing, 32 boards", 115200, 32, 1, 0);
    struct paced *paced = mmap(NULL, sizeof rows, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (paced == MAP_FAILED)
        return 1;
    memcpy(paced, rows, sizeof rows);
    failed |= run_all_paced(paced, 4);
    for (unsigned i = 0; i < 4 && !failed; i++)
        print_paced(&paced[i]);
    return failed;
}
