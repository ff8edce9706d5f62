/* LED: many buses of 32 boards in one process: what one bus costs in memory, wake-ups and processor time, and whether
 * the loop that all of them report to still turns in time.
 *
 * The boards are simulated in two threads of this process; only the threads of the buses are counted. A pty has no speed,
 * but the workers keep the silences of 19200 baud, and the boards take DELAY_US to answer. */
#include "tests/led_line.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/timerfd.h>

#define UNITS        32
#define BUSES_MAX    64
#define LINE_THREADS 2
#define DELAY_US     5000
#define WATCH_US     INT64_C(4000000)
#define TICK_US      10000
#define TICKS        (WATCH_US / TICK_US)

struct lines {
    struct loop *loop;
    pthread_t thread;
    int stop_fd;
    unsigned count;
    struct slave_bus *bus[BUSES_MAX];
    struct slave_line *line[BUSES_MAX];
};

struct many {
    char folder[32];
    unsigned nbuses;
    struct lines lines[LINE_THREADS];
    struct led_profile *profile;
    struct led_bus *bus[BUSES_MAX];
    uint64_t tokens, finals, failures;
};
static struct many m;

/* ---- the boards ------------------------------------------------------------------------------ */

static void stop_lines(void *data, uint32_t events)
{
    (void)events;
    loop_quit(((struct lines *)data)->loop, 0);
}

static void *run_lines(void *data)
{
    struct lines *lines = data;
    struct loop_source *source = loop_add(lines->loop, lines->stop_fd, EPOLLIN, "stop", stop_lines, lines);
    loop_run(lines->loop);
    loop_remove(source);
    return NULL;
}

static void device_path(unsigned index, char *out, size_t size)
{
    snprintf(out, size, "%s/tty%u", m.folder, index);
}

static void add_line(struct lines *lines, unsigned index)
{
    char path[64];
    struct slave_bus *bus = slave_bus_create(0);
    for (unsigned i = 0; i < UNITS; i++)
        if (slave_bus_add(bus, "dm56a04", (uint8_t)(i + 1)) >= 0)
            slave_set_delay(bus, i, DELAY_US);
    device_path(index, path, sizeof path);
    lines->bus[lines->count] = bus;
    lines->line[lines->count] = slave_line_create(lines->loop, path, bus, NULL);
    if (!lines->line[lines->count++])
        abort();
}

static void start_lines(void)
{
    for (unsigned i = 0; i < LINE_THREADS; i++) {
        m.lines[i].loop = loop_create();
        m.lines[i].stop_fd = eventfd(0, EFD_CLOEXEC);
    }
    for (unsigned i = 0; i < m.nbuses; i++)
        add_line(&m.lines[i % LINE_THREADS], i);
    for (unsigned i = 0; i < LINE_THREADS; i++)
        pthread_create(&m.lines[i].thread, NULL, run_lines, &m.lines[i]);
}

static void end_lines(void)
{
    for (unsigned i = 0; i < LINE_THREADS; i++) {
        struct lines *lines = &m.lines[i];
        eventfd_write(lines->stop_fd, 1);
        pthread_join(lines->thread, NULL);
        for (unsigned k = 0; k < lines->count; k++) {
            slave_line_destroy(lines->line[k]);
            slave_bus_destroy(lines->bus[k]);
        }
        loop_destroy(lines->loop);
        close(lines->stop_fd);
    }
}

/* ---- the buses ------------------------------------------------------------------------------- */

static void open_buses(uint32_t reassert_ms)
{
    struct led_bus_config config = { .driver = "modbus",
                                     .baud = 19200,
                                     .parity = 'N',
                                     .stop_bits = 1,
                                     .reassert_ms = reassert_ms,
                                     .nunits = UNITS };
    char error[128];
    for (unsigned i = 0; i < UNITS; i++)
        config.unit[i] = (struct led_unit_config){ (uint8_t)(i + 1), m.profile };
    for (unsigned i = 0; i < m.nbuses; i++) {
        snprintf(config.id, sizeof config.id, "%u", i);
        device_path(i, config.device, sizeof config.device);
        if (led_modbus.open(&m.bus[i], &config, error, sizeof error) < 0) {
            fprintf(stderr, "%s\n", error);
            exit(1);
        }
    }
}

static void take_reports(unsigned bus)
{
    struct led_report report;
    while (led_modbus.take(m.bus[bus], &report)) {
        m.finals += report.is_final;
        m.failures += report.is_final && report.error;
    }
}

static void want(unsigned bus, unsigned unit)
{
    struct led_text text = { .is_blinking = false };
    snprintf(text.text, sizeof text.text, "%u", (unsigned)(++m.tokens % 10000));
    led_modbus.want(m.bus[bus], unit, &text, m.tokens);
}

/* Until every wish has its end. */
static void settle(void)
{
    struct pollfd fds[BUSES_MAX];
    for (unsigned i = 0; i < m.nbuses; i++)
        fds[i] = (struct pollfd){ .fd = led_modbus.fd(m.bus[i]), .events = POLLIN };
    while (m.finals < m.tokens) {
        if (poll(fds, m.nbuses, 30000) <= 0)
            exit(1);
        for (unsigned i = 0; i < m.nbuses; i++)
            take_reports(i);
    }
}

/* ---- what is measured ------------------------------------------------------------------------ */

static long number_after(const char *path, const char *key)
{
    char line[256];
    long number = 0;
    FILE *file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            number = atol(line + strlen(key));
    if (file)
        fclose(file);
    return number;
}

static long rss_kib(void)
{
    return number_after("/proc/self/status", "VmRSS:");
}

static bool is_bus_thread(const char *task)
{
    char path[300], name[32] = "";
    snprintf(path, sizeof path, "/proc/self/task/%.32s/comm", task);
    FILE *file = fopen(path, "r");
    bool is = file && fgets(name, sizeof name, file) && strncmp(name, "led ", 4) == 0;
    if (file)
        fclose(file);
    return is;
}

struct cost {
    long wakeups;
    double cpu_ms;
};

/* Of the threads of all buses; a wait that ended is a voluntary switch. */
static struct cost cost_so_far(void)
{
    struct cost cost = { 0 };
    char path[300];
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));) {
        if (!is_bus_thread(task->d_name))
            continue;
        snprintf(path, sizeof path, "/proc/self/task/%.32s/status", task->d_name);
        cost.wakeups += number_after(path, "voluntary_ctxt_switches:");
        snprintf(path, sizeof path, "/proc/self/task/%.32s/schedstat", task->d_name);
        cost.cpu_ms += (double)number_after(path, "") / 1e6;
    }
    if (tasks)
        closedir(tasks);
    return cost;
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* The loop of a board, WATCH_US long: a tick each 10 ms, `calls` wishes in each, and reports as they come. How late each
 * tick was served. */
static void watch(unsigned calls, int64_t *late_us)
{
    struct pollfd fds[BUSES_MAX + 1];
    int64_t next_us = clock_us() + TICK_US;
    unsigned unit = 0;
    fds[m.nbuses] = (struct pollfd){ .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), .events = POLLIN };
    for (unsigned i = 0; i < m.nbuses; i++)
        fds[i] = (struct pollfd){ .fd = led_modbus.fd(m.bus[i]), .events = POLLIN };
    for (unsigned tick = 0; tick < TICKS;) {
        struct itimerspec at = { .it_value = { next_us / 1000000, next_us % 1000000 * 1000 } };
        timerfd_settime(fds[m.nbuses].fd, TFD_TIMER_ABSTIME, &at, NULL);
        poll(fds, m.nbuses + 1, -1);
        if (fds[m.nbuses].revents) {
            late_us[tick++] = clock_us() - next_us;
            next_us += TICK_US;
        }
        for (unsigned i = 0; i < m.nbuses; i++)
            if (fds[i].revents)
                take_reports(i);
        for (unsigned i = 0; fds[m.nbuses].revents && i < calls; i++, unit++)
            want(unit % m.nbuses, unit / m.nbuses % UNITS);
    }
    close(fds[m.nbuses].fd);
    qsort(late_us, TICKS, sizeof *late_us, by_value);
}

static void print_watch(const char *what, unsigned calls)
{
    static int64_t late_us[TICKS];
    struct cost before = cost_so_far();
    watch(calls, late_us);
    struct cost after = cost_so_far();
    double seconds = WATCH_US / 1e6, buses = m.nbuses;
    printf("led: %2u buses of %d, %-22s %6.1f wake-ups and %6.2f ms of processor a second and bus; ticks "
           "late by median %4" PRId64 " us, p99 %5" PRId64 " us\n",
           m.nbuses, UNITS, what, (double)(after.wakeups - before.wakeups) / seconds / buses,
           (after.cpu_ms - before.cpu_ms) / seconds / buses, late_us[TICKS / 2], late_us[TICKS * 99 / 100]);
}

static void begin(unsigned nbuses)
{
    m = (struct many){ .folder = "/tmp/kezek-led-XXXXXX", .nbuses = nbuses };
    if (!mkdtemp(m.folder))
        abort();
    m.profile = led_line_profile("dm56a04");
    start_lines();
}

static int end(void)
{
    for (unsigned i = 0; i < m.nbuses; i++)
        led_modbus.close(m.bus[i]);
    end_lines();
    led_profile_destroy(m.profile);
    rmdir(m.folder);
    if (m.failures)
        fprintf(stderr, "%" PRIu64 " wishes failed\n", m.failures);
    return m.failures != 0;
}

static int run(unsigned nbuses)
{
    begin(nbuses);
    long before_kib = rss_kib();
    open_buses(30000);
    for (unsigned i = 0; i < m.nbuses * UNITS; i++)
        want(i % m.nbuses, i / m.nbuses);
    settle();
    printf("led: %2u buses of %d, all confirmed:         %6.1f KiB a bus\n", m.nbuses, UNITS,
           (double)(rss_kib() - before_kib) / m.nbuses);
    print_watch("idle:", 0);
    print_watch("200 calls a second:", 2);
    settle();
    return end();
}

static int run_busy(unsigned nbuses)
{
    begin(nbuses);
    open_buses(1000);
    for (unsigned i = 0; i < m.nbuses * UNITS; i++)
        want(i % m.nbuses, i / m.nbuses);
    settle();
    print_watch("refreshed all the time:", 0);
    return end();
}

int main(void)
{
    static const unsigned counts[] = { 1, 8, 64 };
    int failed = 0;
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++)
        failed |= run(counts[i]) | run_busy(counts[i]);
    return failed;
}
