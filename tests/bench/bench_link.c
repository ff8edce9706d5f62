/* Link: from publishing on a loopback broker to the checked record in the board's hands; what a flood costs; idle. */
#include "board/link.h"
#include "board/log.h"
#include "board/loop.h"
#include "protocol/mqtt.h"
#include "protocol/record.h"

#include "tests/broker.h"

#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>

#define CALLS  1000
#define FLOOD  50000
#define IDLE_S 5
#define TOPIC  "kezek/v1/bench/event"

static struct record record;
static int board_fd;
static unsigned nmessages;
static bool is_link_up, is_publisher_up;
static struct mqtt *publisher;

static void publisher_up(void *data, uint64_t conn, int version, const char *url)
{
    (void)data, (void)conn, (void)version, (void)url;
    is_publisher_up = true;
}

static void publisher_down(void *data, const char *why)
{
    (void)data;
    fprintf(stderr, "publisher: %s\n", why);
    exit(1);
}

static void turn(int timeout_ms)
{
    struct pollfd fds[] = { { .fd = board_fd, .events = POLLIN },
                            { .fd = mqtt_fd(publisher), .events = POLLIN } };
    poll(fds, 2, timeout_ms);
    if (fds[1].revents)
        mqtt_dispatch(publisher);
    while (fds[0].revents && record_receive(board_fd, &record) == 1) {
        nmessages += record.kind == RECORD_MESSAGE;
        is_link_up |= record.kind == RECORD_LINK && record.link.is_connected;
    }
}

static bool publish(unsigned seq, bool is_best_effort)
{
    char text[256];
    int length = snprintf(text, sizeof text,
                          "{\"v\":1,\"epoch\":\"7f3c9a12\",\"seq\":%u,\"ts\":1763802000123,\"type\":\"call\","
                          "\"desk\":\"3\",\"ticket\":\"А042\",\"lane\":\"booked\",\"ttl_ms\":10000}",
                          seq);
    return mqtt_publish(publisher, TOPIC, text, (size_t)length, false, is_best_effort, 0) == 0;
}

static int by_value(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void measure_latency(void)
{
    static int64_t waited_us[CALLS];
    nmessages = 0;
    for (unsigned i = 0; i < CALLS; i++) {
        int64_t at_us = clock_us();
        while (!publish(i + 1, false))
            turn(-1);
        while (nmessages <= i)
            turn(-1);
        waited_us[i] = clock_us() - at_us;
    }
    qsort(waited_us, CALLS, sizeof *waited_us, by_value);
    printf("link: published to record at the board, median %" PRId64 " us, p99 %" PRId64 " us, worst %" PRId64
           " us\n",
           waited_us[CALLS / 2], waited_us[CALLS * 99 / 100], waited_us[CALLS - 1]);
}

/* The number after `label` in a file of /proc/PID. */
static long long proc_value(pid_t pid, const char *file, const char *label)
{
    char path[64], line[256];
    long long value = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    FILE *lines = fopen(path, "re");
    while (lines && fgets(line, sizeof line, lines))
        if (strncmp(line, label, strlen(label)) == 0)
            value = strtoll(line + strlen(label), NULL, 10);
    if (lines)
        fclose(lines);
    return value;
}

/* On the processor since its start, nanoseconds. */
static double cpu_us(pid_t pid)
{
    return (double)proc_value(pid, "schedstat", "") / 1000;
}

static void measure_flood(pid_t pid, bool is_best_effort)
{
    double before_us = cpu_us(pid);
    int64_t start_us = clock_us();
    nmessages = 0;
    for (unsigned sent = 0; nmessages < FLOOD; turn(sent < FLOOD ? 0 : -1))
        for (int i = 0; i < 50 && sent < FLOOD && publish(sent + 1, is_best_effort); i++)
            sent++;
    double seconds = (double)(clock_us() - start_us) / 1e6;
    printf("link: flood of %d events, QoS %d: %.0f a second, %.1f us of processor each, PSS %lld KiB, none "
           "lost\n",
           FLOOD, !is_best_effort, FLOOD / seconds, (cpu_us(pid) - before_us) / FLOOD,
           proc_value(pid, "smaps_rollup", "Pss:"));
}

static void measure_idle(pid_t pid)
{
    int64_t end_us = clock_us() + IDLE_S * INT64_C(1000000);
    long long before = proc_value(pid, "status", "voluntary_ctxt_switches:");
    while (clock_us() < end_us)
        turn((int)((end_us - clock_us()) / 1000 + 1));
    long long wakeups = proc_value(pid, "status", "voluntary_ctxt_switches:") - before;
    printf("link: idle, %.2f wake-ups a second\n", (double)wakeups / IDLE_S);
}

static pid_t start_link(const struct broker *broker)
{
    static struct config config;
    int fd[2];
    assert_int_equal(record_pair(fd), 0);
    snprintf(config.hall, sizeof config.hall, "bench");
    snprintf(config.board, sizeof config.board, "bench");
    snprintf(config.broker.url[0], sizeof config.broker.url[0], "%s", broker->url);
    config.broker.nurls = 1;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(fd[0]);
        exit(link_run(fd[1], &config));
    }
    close(fd[1]);
    board_fd = fd[0];
    return pid;
}

int main(void)
{
    struct broker broker;
    char error[128];
    broker_start(&broker, "max_queued_messages 0\n");
    pid_t pid = start_link(&broker);
    struct mqtt_config session = { .url = { broker.url }, .nurls = 1, .client_id = "bench" };
    struct mqtt_events events = { .up = publisher_up, .down = publisher_down };
    publisher = mqtt_create(&session, &events, error, sizeof error);
    while (!is_link_up || !is_publisher_up)
        turn(-1);
    measure_latency();
    measure_flood(pid, true);
    measure_flood(pid, false);
    measure_idle(pid);
    close(board_fd);
    waitpid(pid, NULL, 0);
    mqtt_destroy(publisher);
    broker_stop(&broker);
    return 0;
}
