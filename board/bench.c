#include "board/bench.h"

#include "board/control.h"
#include "board/hall/announce.h"
#include "board/log.h"
#include "board/loop.h"
#include "board/paint/paint.h"
#include "board/scene/scene.h"
#include "drivers/screen/outputs.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#define START_VARIABLE  "KEZEK_BENCH_START_US" /* CLOCK_MONOTONIC, on the brink of exec */
#define CONFIG_DEFAULT  "/etc/kezek/hall.json"
#define SECONDS_DEFAULT 10
#define SECONDS_MAX     600
#define SAMPLES_MAX     4096
#define COPIES          15
#define FLIP_PATIENCE   3000 /* ms: a display takes up to two seconds to follow a new mode */
#define BEGIN_US        3000000

enum change { CHANGE_ALL, CHANGE_CALL, CHANGE_DARK, CHANGE_ROW, CHANGE_CLOCK, CHANGES };
static const char *const change_names[CHANGES] = { "full repaint", "call, all rows move", "panel turns dark",
                                                   "one row", "clock tick" };

struct samples {
    unsigned count;
    double ms[SAMPLES_MAX];
};

/* What is shown: nobody's data. */
struct day {
    struct hall hall;
    struct announce announce;
    struct scene_clock clock;
    unsigned calls;
    int64_t now_us; /* of the day: a dwell passes at once */
};

struct subject {
    struct bench *bench;
    const struct config_screen *config;
    const struct screen_ops *ops;
    struct screen *screen;
    struct painter *painter;
    struct picture picture;
    struct screen_status status;
    struct screen_buffer back;
    struct day day;
    bool is_flipping;
    int64_t committed_us;
    int64_t flip_us;
    int64_t opened_us;
    double open_ms, paint_ms; /* of the first picture */
    double copy_ms;           /* median */
    struct samples paint[CHANGES], copy, fill, commit, flip, interval;
};

struct bench {
    struct config *config;
    struct fonts *fonts;
    struct outputs *outputs;
    int64_t start_us;
    int seconds;
    bool is_kms_only;
    unsigned nsubjects;
    struct subject *subject[SCREENS_MAX];
};

/* ---- figures --------------------------------------------------------------------------------- */

static double ms_since(int64_t start_us)
{
    return (double)(clock_us() - start_us) / 1e3;
}

static void add(struct samples *samples, double ms)
{
    if (samples->count < SAMPLES_MAX)
        samples->ms[samples->count++] = ms;
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double percentile(struct samples *samples, unsigned percent)
{
    qsort(samples->ms, samples->count, sizeof samples->ms[0], by_value);
    return samples->count ? samples->ms[samples->count * percent / 100] : 0;
}

static void print_name(const struct subject *subject, const char *what)
{
    printf("%-12s %-22s ", subject->config->device.id, what);
}

static void print_times(const struct subject *subject, const char *what, struct samples *samples)
{
    print_name(subject, what);
    if (samples->count == 0)
        printf("not measured");
    else
        printf("median %7.3f ms   p99 %7.3f ms", percentile(samples, 50), percentile(samples, 99));
}

/* ---- a made-up day --------------------------------------------------------------------------- */

static int desk_of(const struct subject *subject, unsigned number)
{
    const struct config *config = subject->bench->config;
    for (unsigned i = 0; i < config->ndesks; i++) {
        unsigned desk = (number * 5 + i) % config->ndesks;
        if (config_screen_has_desk(config, subject->config, (int)desk))
            return (int)desk;
    }
    return NONE;
}

static void call(struct subject *subject)
{
    static const char *const letters[] = { "А", "Б", "К", "Д" };
    struct day *day = &subject->day;
    unsigned number = ++day->calls;
    int desk = desk_of(subject, number);
    if (desk == NONE)
        return;
    struct event event = { .type = EVENT_CALL, .seq = number, .ttl_ms = -1 };
    memcpy(event.desk, subject->bench->config->desk[desk].id, sizeof event.desk);
    snprintf(event.ticket, sizeof event.ticket, "%s%03u", letters[number * 7 / 3 % 4], number * 97 % 1000);
    hall_apply(&day->hall, &event, day->now_us, &desk);
    announce_call(&day->announce, &day->hall, desk, number, day->now_us);
}

/* The dwell of what is shown is over. */
static void pass_dwell(struct day *day)
{
    day->now_us += day->announce.dwell_us + 1;
    announce_tick(&day->announce, day->now_us);
}

static void change(struct subject *subject, enum change what)
{
    struct day *day = &subject->day;
    unsigned row = day->hall.nrecent > 3 ? 3 : 0;
    switch (what) {
    case CHANGE_CALL: call(subject); break;
    case CHANGE_DARK: pass_dwell(day); break;
    case CHANGE_ROW:
        snprintf(day->hall.recent[row].ticket, TICKET_SIZE, "П%03u", ++day->calls * 97 % 1000);
        break;
    case CHANGE_CLOCK: day->clock.minute = (day->clock.minute + 1) % 60; break;
    default: painter_forget(subject->painter); break;
    }
}

static void start_day(struct subject *subject)
{
    struct day *day = &subject->day;
    const struct config *config = subject->bench->config;
    hall_init(&day->hall, config);
    announce_init(&day->announce, config, subject->config->zones,
                  config_dwell_ms(config, subject->config) * INT64_C(1000));
    day->announce.desk = subject->config->desk;
    if (subject->config->panels)
        day->announce.most = subject->config->panels;
    day->clock = (struct scene_clock){ 2026, 11, 22, 6, 10, 0, true };
    for (int i = 0; i < 12; i++) {
        call(subject);
        pass_dwell(day);
    }
}

static void build(struct subject *subject)
{
    const struct scene_input input = { .config = subject->bench->config,
                                       .screen = subject->config,
                                       .hall = &subject->day.hall,
                                       .announce = &subject->day.announce,
                                       .truth = FEED_FRESH,
                                       .has_lease = true,
                                       .clock = subject->day.clock };
    scene_build(&subject->picture, subject->bench->fonts, &input, subject->back.width, subject->back.height);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void flipped(void *data, const struct screen_flip *flip)
{
    struct subject *subject = data;
    subject->is_flipping = false;
    subject->flip_us = flip->at_us;
}

static int complain(const struct subject *subject, const char *where, int error)
{
    struct screen_status status;
    subject->ops->status(subject->screen, &status);
    print_name(subject, "lost");
    printf("%s: %s%s%s\n", where, strerror(-error), status.detail[0] ? "; " : "", status.detail);
    return error;
}

static int await_flip(struct subject *subject)
{
    struct outputs *outputs = subject->bench->outputs;
    struct pollfd fds[] = { { .fd = subject->ops->fd(subject->screen), .events = POLLIN },
                            { .fd = outputs ? outputs_fd(outputs) : -1, .events = POLLIN } };
    int64_t until_us = clock_us() + FLIP_PATIENCE * INT64_C(1000);
    while (subject->is_flipping) {
        if (clock_us() > until_us)
            return complain(subject, "no flip", -ETIMEDOUT);
        poll(fds, 2, 100);
        if (fds[0].revents)
            subject->ops->dispatch(subject->screen);
        if (fds[1].revents)
            outputs_dispatch(outputs);
    }
    return 0;
}

/* A screen that is being opened, or whose picture is just coming on, takes none yet. */
static int begin(struct subject *subject)
{
    struct outputs *outputs = subject->bench->outputs;
    struct pollfd fd = { .fd = outputs ? outputs_fd(outputs) : -1, .events = POLLIN };
    int64_t until_us = clock_us() + BEGIN_US;
    int error = subject->ops->begin(subject->screen, &subject->back);
    while ((error == -EBUSY || error == -EAGAIN) && outputs && clock_us() < until_us) {
        if (poll(&fd, 1, 1) > 0)
            outputs_dispatch(outputs);
        error = subject->ops->begin(subject->screen, &subject->back);
    }
    return error;
}

/* From the state to the last pixel, and queued. 0, 1 when there is nothing to show, or an error that is told. */
static int show(struct subject *subject, double *paint_ms)
{
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage = 0;
    uint64_t frame;
    int error = begin(subject);
    if (error < 0)
        return complain(subject, "no buffer", error);
    int64_t start_us = clock_us();
    build(subject);
    painter_paint(subject->painter, &subject->back, &subject->picture, damage, &ndamage);
    *paint_ms = ms_since(start_us);
    if (ndamage == 0)
        return 1;
    subject->is_flipping = true;
    subject->committed_us = clock_us();
    error = subject->ops->commit(subject->screen, damage, ndamage, &frame);
    if (error == 0)
        return 0;
    subject->is_flipping = false;
    return complain(subject, "frame refused", error);
}

static int repair(struct subject *subject)
{
    int error = begin(subject);
    if (error < 0)
        return complain(subject, "no buffer", error);
    painter_repair(subject->painter, &subject->back);
    return 0;
}

static int show_change(struct subject *subject, enum change what)
{
    double ms;
    change(subject, what);
    int error = show(subject, &ms);
    if (error < 0)
        return error;
    add(&subject->paint[what], ms);
    error = await_flip(subject);
    return error < 0 ? error : repair(subject);
}

/* ---- what is measured ------------------------------------------------------------------------ */

static size_t rows_of(const struct screen_buffer *buffer)
{
    return buffer->rotation % 180 ? buffer->width : buffer->height;
}

/* The buffer on its way to the display may be memory that is never cached: it is written, and read by nobody. */
static int measure_fill(struct subject *subject)
{
    int error = begin(subject);
    if (error < 0)
        return complain(subject, "no buffer", error);
    size_t bytes = subject->back.stride * rows_of(&subject->back);
    for (int i = 0; i < COPIES; i++) {
        int64_t start_us = clock_us();
        memset(subject->back.pixels, i, bytes);
        __asm__ volatile("" : : "r"(subject->back.pixels) : "memory");
        add(&subject->fill, ms_since(start_us));
    }
    return show_change(subject, CHANGE_ALL);
}

static int measure_copy(struct subject *subject)
{
    size_t bytes = subject->back.stride * rows_of(&subject->back);
    uint8_t *from = malloc(bytes), *to = malloc(bytes);
    for (int i = 0; i <= COPIES && from && to; i++) {
        memset(from, i, bytes);
        int64_t start_us = clock_us();
        memcpy(to, from, bytes);
        __asm__ volatile("" : : "r"(to) : "memory");
        if (i > 0) /* the first one maps pages */
            add(&subject->copy, ms_since(start_us));
    }
    free(from);
    free(to);
    subject->copy_ms = percentile(&subject->copy, 50);
    return from && to ? 0 : -ENOMEM;
}

static int measure_changes(struct subject *subject, int64_t until_us)
{
    static const enum change turn[] = { CHANGE_CALL, CHANGE_CLOCK, CHANGE_ROW, CHANGE_DARK, CHANGE_ALL };
    int error = 0;
    for (unsigned i = 0; error == 0 && clock_us() < until_us; i++)
        error = show_change(subject, turn[i % CHANGES]);
    return error;
}

/* The next picture as soon as the last one is on scan-out: a call, and the panel dark again. */
static int measure_full_rate(struct subject *subject, int64_t until_us)
{
    int64_t last_us = 0;
    for (unsigned i = 0; clock_us() < until_us; i++) {
        double ms;
        change(subject, i % 2 ? CHANGE_DARK : CHANGE_CALL);
        int error = show(subject, &ms);
        if (error)
            return error < 0 ? error : 0;
        add(&subject->commit, ms_since(subject->committed_us));
        error = await_flip(subject);
        if (error < 0)
            return error;
        add(&subject->flip, (double)(subject->flip_us - subject->committed_us) / 1e3);
        if (last_us)
            add(&subject->interval, (double)(subject->flip_us - last_us) / 1e3);
        last_us = subject->flip_us;
    }
    return 0;
}

static int measure(struct subject *subject)
{
    int64_t now_us = clock_us(), seconds_us = subject->bench->seconds * INT64_C(1000000);
    int error = measure_copy(subject);
    if (error == 0)
        error = measure_fill(subject);
    if (error == 0)
        error = measure_changes(subject, now_us + seconds_us * 3 / 4);
    return error ? error : measure_full_rate(subject, now_us + seconds_us);
}

/* ---- what is printed ------------------------------------------------------------------------- */

static void print_bandwidth(const struct subject *subject, const char *what, struct samples *samples)
{
    double bytes = (double)subject->back.stride * (double)rows_of(&subject->back);
    print_times(subject, what, samples);
    printf("   %.2f GB/s\n", bytes / percentile(samples, 50) / 1e6);
}

static unsigned missed(const struct subject *subject)
{
    double period_ms = 1e6 / subject->status.refresh_mhz;
    unsigned count = 0;
    for (unsigned i = 0; i < subject->interval.count; i++) {
        unsigned periods = (unsigned)(subject->interval.ms[i] / period_ms + 0.5);
        count += periods > 1 ? periods - 1 : 0;
    }
    return count;
}

static void print_figures(struct subject *subject)
{
    print_bandwidth(subject, "copy of a frame", &subject->copy);
    print_bandwidth(subject, "fill of the buffer", &subject->fill);
    for (unsigned i = 0; i < CHANGES; i++) {
        print_times(subject, change_names[i], &subject->paint[i]);
        printf("   %.3f x copy\n", percentile(&subject->paint[i], 50) / subject->copy_ms);
    }
    print_times(subject, "commit takes", &subject->commit);
    putchar('\n');
    print_times(subject, "commit -> flip", &subject->flip);
    putchar('\n');
    print_times(subject, "flip -> flip", &subject->interval);
    printf("   %u of %u vblanks missed\n", missed(subject), subject->interval.count + missed(subject));
}

static void print_start(struct subject *subject)
{
    const struct screen_status *status = &subject->status;
    const struct screen_config *config = &subject->config->device;
    print_name(subject, "screen");
    printf("%s%s%s%s%s, %ux%u at %.2f Hz, %s, rotation %u\n", config->driver, config->output[0] ? " " : "",
           config->output, status->monitor[0] ? " " : "", status->monitor, status->mode_width,
           status->mode_height, status->refresh_mhz / 1e3,
           subject->back.format == PIXEL_RGB565 ? "rgb565" : "xrgb8888", subject->back.rotation);
    if (status->detail[0]) {
        print_name(subject, "note");
        printf("%s\n", status->detail);
    }
    print_name(subject, "mode");
    puts(status->had_mode_set ? "set: the display did not run it" : "kept, no mode set");
    print_name(subject, "exec -> first flip");
    printf("%.1f ms: start %.1f, open %.1f, paint %.1f, commit -> flip %.1f\n",
           (double)(subject->flip_us - subject->bench->start_us) / 1e3,
           (double)(subject->opened_us - subject->bench->start_us) / 1e3, subject->open_ms, subject->paint_ms,
           (double)(subject->flip_us - subject->committed_us) / 1e3);
}

/* The frame buffers are the only memory that is shared and written. */
static void print_memory(void)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    char line[512], permissions[8] = "";
    unsigned long kib, total = 0;
    while (smaps && fgets(line, sizeof line, smaps)) {
        if (sscanf(line, "Pss: %lu", &kib) == 1)
            total += strcmp(permissions, "rw-s") == 0 || strcmp(permissions, "-w-s") == 0 ? 0 : kib;
        else if (!strchr(line, ':') || strchr(line, '-') < strchr(line, ':'))
            sscanf(line, "%*x-%*x %7s", permissions);
    }
    if (smaps)
        fclose(smaps);
    printf("%-12s %-22s %.1f MiB besides the frame buffers (PSS)\n", "kezekd", "memory",
           (double)total / 1024);
}

/* ---- screens --------------------------------------------------------------------------------- */

static int open_device(struct subject *subject, char *error, size_t error_size)
{
    const struct screen_config *config = &subject->config->device;
    const struct screen_events events = { .data = subject, .flipped = flipped };
    subject->ops = screen_backend(config->driver);
    int status = -EINVAL;
    snprintf(error, error_size, "no driver \"%s\" in this build", config->driver);
    if (subject->ops)
        status =
            subject->ops->open(&subject->screen, subject->bench->outputs, config, &events, error, error_size);
    if (status == 0)
        status = begin(subject);
    if (status == 0)
        subject->painter = painter_create(subject->bench->fonts, subject->back.width, subject->back.height,
                                          subject->back.format);
    return status ? status : subject->painter ? 0 : -ENOMEM;
}

static void close_subject(struct subject *subject)
{
    if (subject->screen)
        subject->ops->close(subject->screen);
    painter_destroy(subject->painter);
    free(subject);
}

/* With its first picture on the way. NULL: the reason is told. */
static struct subject *open_subject(struct bench *bench, const struct config_screen *config)
{
    char error[200] = "out of memory";
    struct subject *subject = calloc(1, sizeof *subject);
    if (!subject)
        return NULL;
    subject->bench = bench;
    subject->config = config;
    subject->opened_us = clock_us();
    if (open_device(subject, error, sizeof error) < 0) {
        print_name(subject, "absent");
        printf("%s\n", error);
        close_subject(subject);
        return NULL;
    }
    subject->open_ms = ms_since(subject->opened_us);
    start_day(subject);
    if (show(subject, &subject->paint_ms) != 0) {
        close_subject(subject);
        return NULL;
    }
    return subject;
}

/* All have their first picture before any of them is waited for, as in the service. */
static void open_all(struct bench *bench)
{
    for (unsigned i = 0; i < bench->config->nscreens; i++) {
        const struct config_screen *config = &bench->config->screen[i];
        if (bench->is_kms_only && strcmp(config->device.driver, "kms") != 0)
            continue;
        struct subject *subject = open_subject(bench, config);
        if (subject)
            bench->subject[bench->nsubjects++] = subject;
    }
}

static bool uses_outputs(const struct config *config)
{
    for (unsigned i = 0; i < config->nscreens; i++)
        if (strcmp(config->screen[i].device.driver, "kms") == 0)
            return true;
    return false;
}

static int run(struct bench *bench)
{
    unsigned measured = 0;
    bool is_open[SCREENS_MAX];
    open_all(bench);
    for (unsigned i = 0; i < bench->nsubjects; i++) {
        is_open[i] = await_flip(bench->subject[i]) == 0;
        bench->subject[i]->ops->status(bench->subject[i]->screen, &bench->subject[i]->status);
    }
    if (bench->nsubjects)
        print_memory();
    for (unsigned i = 0; i < bench->nsubjects; i++) {
        if (!is_open[i])
            continue;
        print_start(bench->subject[i]);
        fflush(stdout);
        measured += measure(bench->subject[i]) == 0;
        print_figures(bench->subject[i]);
        fflush(stdout);
    }
    if (bench->nsubjects == 0)
        fprintf(stderr, "kezekd bench: no screen to measure%s\n",
                bench->is_kms_only ? "; --kms leaves out those of other drivers" : "");
    return measured ? 0 : 1;
}

/* ---- program --------------------------------------------------------------------------------- */

/* The service listens at its control socket. */
static bool is_service_running(char *path, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (rundir_path(path, size, "control") < 0 || strlen(path) >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_running = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return is_running;
}

static int usage(FILE *out, int status)
{
    fputs("usage: kezekd bench [--kms] [-c FILE] [--seconds N]\n"
          "  -c, --config FILE  hall file (default " CONFIG_DEFAULT ")\n"
          "      --kms          only screens of the driver kms\n"
          "      --seconds N    how long each screen is measured, 1 to 600 (default 10)\n"
          "      --help         print this\n",
          out);
    return status;
}

static void print_line(void *data, const char *line)
{
    fprintf(data, "%s\n", line);
}

static struct config *load(const char *path)
{
    const struct config_paths paths = { 0 };
    struct json_report report = { .line = print_line, .data = stderr, .file = path };
    return config_load(path, &paths, &report);
}

/* What the kernel knows of a display may be from before it was awake; the service finds out while it runs. */
static void ask_displays(void)
{
    struct outputs *outputs = outputs_create();
    if (!outputs)
        return;
    outputs_probe(outputs);
    struct pollfd fd = { .fd = outputs_fd(outputs), .events = POLLIN };
    if (poll(&fd, 1, 1000) > 0)
        outputs_dispatch(outputs);
    outputs_destroy(outputs); /* waits for the answers */
}

/* Returns if the program cannot be started anew: then it was started now. */
static void start_anew(char **argv)
{
    char now[24];
    snprintf(now, sizeof now, "%lld", (long long)clock_us());
    setenv(START_VARIABLE, now, 1);
    execv("/proc/self/exe", argv);
}

static int bench(struct bench *bench)
{
    char error[256] = "";
    bench->fonts = fonts_create(&font_files_debian, error, sizeof error);
    bench->outputs = uses_outputs(bench->config) ? outputs_create() : NULL;
    if (!bench->fonts)
        fprintf(stderr, "kezekd bench: %s\n", error);
    int status = bench->fonts ? run(bench) : 1;
    for (unsigned i = 0; i < bench->nsubjects; i++)
        close_subject(bench->subject[i]);
    outputs_destroy(bench->outputs);
    fonts_destroy(bench->fonts);
    return status;
}

static int prepare_and_bench(struct bench *it, const char *path, char **argv)
{
    const char *start = getenv(START_VARIABLE);
    it->config = load(path);
    if (it->config && !start && uses_outputs(it->config))
        ask_displays();
    if (it->config && !start)
        start_anew(argv);
    it->start_us = start ? strtoll(start, NULL, 10) : clock_us();
    int status = it->config ? bench(it) : EX_CONFIG;
    config_destroy(it->config);
    return status;
}

int bench_main(int argc, char **argv)
{
    static const struct option options[] = {
        { "config", required_argument, NULL, 'c' },
        { "kms", no_argument, NULL, 'k' },
        { "seconds", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { 0 },
    };
    const char *path = CONFIG_DEFAULT;
    char socket_path[256];
    struct bench it = { .seconds = SECONDS_DEFAULT };
    optind = 2;
    for (int option; (option = getopt_long(argc, argv, "c:", options, NULL)) != -1;) {
        switch (option) {
        case 'c': path = optarg; break;
        case 'k': it.is_kms_only = true; break;
        case 's': it.seconds = atoi(optarg); break;
        case 'h': return usage(stdout, 0);
        default: return usage(stderr, EX_USAGE);
        }
    }
    if (optind < argc || it.seconds < 1 || it.seconds > SECONDS_MAX)
        return usage(stderr, EX_USAGE);
    if (is_service_running(socket_path, sizeof socket_path)) {
        fprintf(
            stderr,
            "kezekd bench: kezekd has the screens (it listens at %s); stop it first: systemctl stop kezekd\n",
            socket_path);
        return 1;
    }
    log_open("bench", LOG_LEVEL_WARN);
    return prepare_and_bench(&it, path, argv);
}
