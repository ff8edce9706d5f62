/* Publishes calls at a broker, for the figures of whole processes, which start the hall around it:
 *   probe PORT HALL calls FILE CALLS GAP_MS   one by one, and watches the file of a memory screen: how long from publishing
 *                                             to the frame that was submitted, and to its vblank
 *   probe PORT HALL flood FILE RATE SECONDS   as many a second, evenly; how long after the last one the picture came to rest
 * FILE "-": nobody is watched. The answer is one line of JSON. Each call says when it was sent (sent_us, CLOCK_REALTIME).
 */
#include "board/loop.h"
#include "drivers/screen/screen.h"
#include "protocol/message.h"
#include "protocol/mqtt.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_US 2000000
#define REST_US     100000 /* six vblanks without a new picture */

struct probe {
    struct mqtt *mqtt;
    char topic[96];
    const struct screen_share *share; /* NULL: nobody is watched */
    int64_t sent_us;                  /* the newest call */
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

static void serve_until(struct probe *probe, int64_t until_us)
{
    for (int64_t now_us; (now_us = clock_us()) < until_us;)
        serve(probe, (int)((until_us - now_us + 999) / 1000));
}

static int64_t realtime_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* 0 when sent, with the time in probe->sent_us. */
static int publish(struct probe *probe, int desk, const char *ticket, bool is_best_effort)
{
    char json[200];
    int64_t sent_us = realtime_us();
    int length =
        snprintf(json, sizeof json,
                 "{\"v\":1,\"type\":\"call\",\"desk\":\"%d\",\"ticket\":\"%s\",\"sent_us\":%" PRId64 "}",
                 desk, ticket, sent_us);
    int error = mqtt_publish(probe->mqtt, probe->topic, json, (size_t)length, false, is_best_effort, 0);
    if (error == 0)
        probe->sent_us = sent_us;
    return error;
}

/* ---- one by one ------------------------------------------------------------------------------ */

/* Board and screen stamp what they do: to look every millisecond is enough, and leaves them the processor. */
static bool watch(struct probe *probe, uint64_t frame, int64_t start_us, int64_t *submitted_us,
                  int64_t *presented_us)
{
    const int64_t until_us = start_us + PATIENCE_US;
    while (__atomic_load_n(&probe->share->queued, __ATOMIC_ACQUIRE) == frame)
        if (clock_us() > until_us)
            return false;
        else
            serve(probe, 1);
    *submitted_us = probe->share->commit_us - start_us;
    while (__atomic_load_n(&probe->share->frame, __ATOMIC_ACQUIRE) <= frame)
        if (clock_us() > until_us)
            return false;
        else
            serve(probe, 1);
    *presented_us = probe->share->flip_us - start_us;
    return *submitted_us >= 0;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void print_figure(const char *name, int64_t *took_us, int got)
{
    qsort(took_us, (size_t)got, sizeof *took_us, compare);
    const int64_t *median_us = took_us + got / 2, *p99_us = took_us + got * 99 / 100;
    printf("\"%s\":{\"median\":%.2f,\"p99\":%.2f,\"max\":%.2f},", name, (double)*median_us / 1e3,
           (double)*p99_us / 1e3, (double)took_us[got - 1] / 1e3);
}

static int calls(struct probe *probe, int count, int gap_ms)
{
    int64_t *submitted_us = calloc((size_t)count, sizeof *submitted_us);
    int64_t *presented_us = calloc((size_t)count, sizeof *presented_us);
    int got = 0;
    int64_t next_us = clock_us();
    for (int i = 0; i < count && submitted_us && presented_us; i++) {
        char ticket[16];
        next_us += gap_ms * INT64_C(1000) + i * 5 % 17 * 1000; /* in step with no screen's vblank */
        serve_until(probe, next_us);
        snprintf(ticket, sizeof ticket, "А%03d", i % 1000);
        uint64_t frame = probe->share ? __atomic_load_n(&probe->share->queued, __ATOMIC_ACQUIRE) : 0;
        int64_t start_us = clock_us();
        if (publish(probe, i * 5 % 12 + 1, ticket, false) == 0 && probe->share)
            got += watch(probe, frame, start_us, &submitted_us[got], &presented_us[got]);
    }
    putchar('{');
    if (got > 0) {
        print_figure("submitted", submitted_us, got);
        print_figure("presented", presented_us, got);
    }
    printf("\"got\":%d,\"sent_us\":%" PRId64 "}\n", got, probe->sent_us);
    free(submitted_us);
    free(presented_us);
    return 0;
}

/* ---- a flood --------------------------------------------------------------------------------- */

/* When the newest picture after end_us came on scan-out that stood for REST_US. */
static int64_t rest_us(struct probe *probe, int64_t end_us)
{
    uint64_t frame = 0;
    for (int64_t since_us = end_us, now_us = end_us;
         probe->share && now_us < end_us + PATIENCE_US &&
         (probe->share->flip_us <= end_us || now_us - since_us < REST_US);
         now_us = clock_us()) {
        uint64_t newest = __atomic_load_n(&probe->share->frame, __ATOMIC_ACQUIRE);
        if (newest != frame)
            since_us = now_us;
        frame = newest;
        serve(probe, 1);
    }
    return probe->share ? probe->share->flip_us : 0;
}

/* Every desk gets the tickets in turn, so that the newest value of each is known in the end. */
static int flood(struct probe *probe, int rate, int seconds)
{
    int64_t start_us = clock_us(), sent = 0, total = (int64_t)rate * seconds;
    while (sent < total) {
        int64_t due = (clock_us() - start_us) * rate / 1000000;
        for (; sent < due && sent < total; sent++) {
            char ticket[16];
            snprintf(ticket, sizeof ticket, "%04d", (int)(sent / 12 % 10000));
            while (publish(probe, (int)(sent % 12) + 1, ticket, true) == -EAGAIN)
                serve(probe, 1);
        }
        serve(probe, 1);
    }
    int64_t end_us = clock_us(), rested_us = rest_us(probe, end_us);
    serve_until(probe, end_us + PATIENCE_US);
    printf("{\"sent\":%" PRId64 ",\"seconds\":%.2f,\"sent_us\":%" PRId64 ",\"lag\":%.2f,\"last\":{", sent,
           (double)(end_us - start_us) / 1e6, probe->sent_us, (double)(rested_us - end_us) / 1e3);
    for (int64_t i = total - 12; i < total; i++)
        printf("%s\"%d\":\"%04d\"", i == total - 12 ? "" : ",", (int)(i % 12) + 1, (int)(i / 12 % 10000));
    puts("}}");
    return 0;
}

/* ---- the rest -------------------------------------------------------------------------------- */

static const struct screen_share *map_share(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    void *memory =
        fd < 0 ? MAP_FAILED : mmap(NULL, sizeof(struct screen_share), PROT_READ, MAP_SHARED, fd, 0);
    if (fd >= 0)
        close(fd);
    return memory == MAP_FAILED ? NULL : memory;
}

static int run(struct probe *probe, char **argv)
{
    for (int64_t until_us = clock_us() + 5 * PATIENCE_US; !probe->is_up && clock_us() < until_us;)
        serve(probe, 100);
    if (!probe->is_up)
        return 1;
    if (strcmp(argv[4], "-") != 0 && !(probe->share = map_share(argv[4]))) {
        fprintf(stderr, "probe: %s is no screen file\n", argv[4]);
        return 1;
    }
    return (strcmp(argv[3], "flood") == 0 ? flood : calls)(probe, atoi(argv[5]), atoi(argv[6]));
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: probe PORT HALL calls FILE CALLS GAP_MS | flood FILE RATE SECONDS\n");
        return 64;
    }
    char url[64], error[160];
    struct probe probe = { 0 };
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%s", argv[1]);
    topic_format(probe.topic, sizeof probe.topic, argv[2], "event");
    struct mqtt_config config = { .url = { url }, .nurls = 1, .client_id = "probe" };
    struct mqtt_events events = { .data = &probe, .up = up, .down = down, .message = message };
    probe.mqtt = mqtt_create(&config, &events, error, sizeof error);
    if (!probe.mqtt) {
        fprintf(stderr, "probe: %s\n", error);
        return 1;
    }
    int status = run(&probe, argv);
    mqtt_destroy(probe.mqtt);
    return status;
}
