/* Publishes calls at a broker, for tests/bench/hall.py, which starts the hall around it:
 *   probe PORT HALL calls SHARE CALLS GAP_MS   watches a memory screen's file: how long from publishing to
 * the frame that was submitted, median and p99 probe PORT HALL flood RATE SECONDS         as many a second,
 * evenly; says how many went out and what each desk got last
 */
#include "board/loop.h"
#include "drivers/screen/screen.h"
#include "protocol/message.h"
#include "protocol/mqtt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PATIENCE_US 1000000

struct probe {
    struct mqtt *mqtt;
    const struct screen_share *share;
    bool is_up;
};

static void up(void *data, uint64_t conn, int version, const char *url)
{
    (void)conn, (void)version, (void)url;
    ((struct probe *)data)->is_up = true;
}

static void down(void *data, const char *why)
{
    (void)data;
    fprintf(stderr, "probe: %s\n", why);
}

static void message(void *data, const struct mqtt_message *message)
{
    (void)data, (void)message;
}

static void serve(struct probe *probe, int wait_ms)
{
    struct pollfd fd = { .fd = mqtt_fd(probe->mqtt), .events = POLLIN };
    if (poll(&fd, 1, wait_ms) > 0)
        mqtt_dispatch(probe->mqtt);
}

/* Busy: it measures. */
static int64_t submitted_us(struct probe *probe, uint64_t frame, int64_t start_us)
{
    while (__atomic_load_n(&probe->share->queued, __ATOMIC_ACQUIRE) == frame)
        if (clock_us() - start_us > PATIENCE_US)
            return -1;
    return probe->share->commit_us;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int measure(struct probe *probe, const char *topic, int calls, int gap_ms)
{
    int64_t *took_us = calloc((size_t)calls, sizeof *took_us);
    int got = 0;
    for (int i = 0; i < calls && took_us; i++) {
        char json[200];
        for (int64_t until_us = clock_us() + gap_ms * INT64_C(1000); clock_us() < until_us;)
            serve(probe, 1);
        int length =
            snprintf(json, sizeof json, "{\"v\":1,\"type\":\"call\",\"desk\":\"%d\",\"ticket\":\"А%03d\"}",
                     i * 5 % 12 + 1, i % 1000);
        uint64_t frame = __atomic_load_n(&probe->share->queued, __ATOMIC_ACQUIRE);
        int64_t start_us = clock_us();
        if (mqtt_publish(probe->mqtt, topic, json, (size_t)length, false, false, 0) < 0)
            continue;
        int64_t at_us = submitted_us(probe, frame, start_us);
        if (at_us >= start_us)
            took_us[got++] = at_us - start_us;
    }
    if (got > 0) {
        int64_t *median_us = took_us + got / 2, *p99_us = took_us + got * 99 / 100;
        qsort(took_us, (size_t)got, sizeof *took_us, compare);
        printf(
            "published -> frame submitted   median %.2f ms   p99 %.2f ms   max %.2f ms   (%d of %d calls)\n",
            (double)*median_us / 1e3, (double)*p99_us / 1e3, (double)took_us[got - 1] / 1e3, got, calls);
    }
    free(took_us);
    return got > 0 ? 0 : 1;
}

/* Every desk gets the tickets in turn, so that the newest value of each is known in the end. */
static int flood(struct probe *probe, const char *topic, int rate, int seconds)
{
    int64_t start_us = clock_us(), sent = 0, total = (int64_t)rate * seconds;
    while (sent < total) {
        int64_t due = (clock_us() - start_us) * rate / 1000000;
        for (; sent < due && sent < total; sent++) {
            char json[200];
            int length =
                snprintf(json, sizeof json, "{\"v\":1,\"type\":\"call\",\"desk\":\"%d\",\"ticket\":\"%04d\"}",
                         (int)(sent % 12) + 1, (int)(sent / 12 % 10000));
            while (mqtt_publish(probe->mqtt, topic, json, (size_t)length, false, true, 0) == -EAGAIN)
                serve(probe, 1);
        }
        serve(probe, 1);
    }
    for (int64_t until_us = clock_us() + PATIENCE_US; clock_us() < until_us;)
        serve(probe, 10);
    printf("%lld sent in %.1f s; last:", (long long)sent,
           (double)(clock_us() - start_us - PATIENCE_US) / 1e6);
    for (int64_t i = total - 12; i < total; i++)
        printf(" %d=%04d", (int)(i % 12) + 1, (int)(i / 12 % 10000));
    putchar('\n');
    return 0;
}

static const struct screen_share *map_share(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *memory =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct screen_share), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

static int run(struct probe *probe, const char *topic, int argc, char **argv)
{
    for (int64_t until_us = clock_us() + 5 * PATIENCE_US; !probe->is_up && clock_us() < until_us;)
        serve(probe, 100);
    if (!probe->is_up)
        return 1;
    if (argc == 6 && strcmp(argv[3], "flood") == 0)
        return flood(probe, topic, atoi(argv[4]), atoi(argv[5]));
    probe->share = map_share(argv[4]);
    if (probe->share)
        return measure(probe, topic, atoi(argv[5]), atoi(argv[6]));
    fprintf(stderr, "probe: %s is no screen file\n", argv[4]);
    return 1;
}

int main(int argc, char **argv)
{
    if (argc != 6 && argc != 7) {
        fprintf(stderr, "usage: probe PORT HALL calls SHARE CALLS GAP_MS | flood RATE SECONDS\n");
        return 64;
    }
    char url[64], topic[96], error[160];
    struct probe probe = { 0 };
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%s", argv[1]);
    topic_format(topic, sizeof topic, argv[2], "event");
    struct mqtt_config config = { .url = { url }, .nurls = 1, .client_id = "probe" };
    struct mqtt_events events = { .data = &probe, .up = up, .down = down, .message = message };
    probe.mqtt = mqtt_create(&config, &events, error, sizeof error);
    if (!probe.mqtt) {
        fprintf(stderr, "probe: %s\n", error);
        return 1;
    }
    int status = run(&probe, topic, argc, argv);
    mqtt_destroy(probe.mqtt);
    return status;
}
