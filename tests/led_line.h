/* A line of simulated LED boards on a pty, in a thread of its own, for tests and benches of the LED class. */
#pragma once

#include "drivers/led/led.h"
#include "sim/slave_line.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct led_line {
    char folder[32], path[64];
    pthread_t thread;
    struct loop *loop;
    struct slave_bus *bus;
    struct slave_line *line;
    int call_fd, changed_fd; /* the second one is readable after a glass has changed */
    sem_t is_called;
    void (*call)(struct led_line *line, void *data); /* run by the line's thread */
    void *data;
};

static inline void led_line_run_call(void *data, uint32_t events)
{
    struct led_line *line = data;
    eventfd_t ignored;
    (void)events;
    eventfd_read(line->call_fd, &ignored);
    if (line->call)
        line->call(line, line->data);
    else
        loop_quit(line->loop, 0);
    sem_post(&line->is_called);
}

static inline void led_line_changed(void *data)
{
    struct led_line *line = data;
    eventfd_write(line->changed_fd, 1);
}

static inline void *led_line_work(void *data)
{
    struct led_line *line = data;
    struct loop_source *source =
        loop_add(line->loop, line->call_fd, EPOLLIN, "call", led_line_run_call, line);
    loop_run(line->loop);
    loop_remove(source);
    return NULL;
}

/* Runs `call` between two frames of the line, and waits for it. */
static inline void led_line_call(struct led_line *line, void (*call)(struct led_line *line, void *data),
                                 void *data)
{
    line->call = call;
    line->data = data;
    eventfd_write(line->call_fd, 1);
    while (sem_wait(&line->is_called) < 0)
        ;
}

/* `models` ends with NULL; units are numbered from 1, in that order. `pace` NULL: bytes take no time; then
 * gaps are not looked at, because a loaded machine reads late. delay_us 0: the models' own. */
static inline void led_line_start_paced(struct led_line *line, const char *const *models, uint32_t delay_us,
                                        const struct led_serial *pace)
{
    *line = (struct led_line){ .folder = "/tmp/kezek-led-XXXXXX" };
    if (!mkdtemp(line->folder))
        abort();
    snprintf(line->path, sizeof line->path, "%s/tty", line->folder);
    line->loop = loop_create();
    line->bus = slave_bus_create(pace ? relay_gap_us(pace) : 0);
    slave_bus_set_line(line->bus, pace);
    for (unsigned i = 0; models[i]; i++)
        if (slave_bus_add(line->bus, models[i], (uint8_t)(i + 1)) >= 0 && delay_us)
            slave_set_delay(line->bus, i, delay_us);
    line->line = slave_line_create(line->loop, line->path, line->bus, pace);
    line->call_fd = eventfd(0, EFD_CLOEXEC);
    line->changed_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (!line->line || line->call_fd < 0)
        abort();
    slave_line_notify(line->line, led_line_changed, line);
    sem_init(&line->is_called, 0, 0);
    pthread_create(&line->thread, NULL, led_line_work, line);
}

static inline void led_line_start(struct led_line *line, const char *const *models, uint32_t delay_us)
{
    led_line_start_paced(line, models, delay_us, NULL);
}

static inline void led_line_stop(struct led_line *line)
{
    led_line_call(line, NULL, NULL);
    pthread_join(line->thread, NULL);
    slave_line_destroy(line->line);
    slave_bus_destroy(line->bus);
    loop_destroy(line->loop);
    close(line->call_fd);
    close(line->changed_fd);
    sem_destroy(&line->is_called);
    rmdir(line->folder);
}

/* ---- calls for the line's thread ------------------------------------------------------------- */

struct led_line_view {
    unsigned index;
    struct slave_view view;
};
static inline void led_line_do_view(struct led_line *line, void *data)
{
    struct led_line_view *view = data;
    slave_view(line->bus, view->index, &view->view);
}
static inline struct slave_view led_line_view(struct led_line *line, unsigned index)
{
    struct led_line_view view = { .index = index };
    led_line_call(line, led_line_do_view, &view);
    return view.view;
}

/* Waits until a glass shows `text`, 15 s at most. */
static inline bool led_line_shows(struct led_line *line, unsigned index, const char *text)
{
    struct pollfd changed = { .fd = line->changed_fd, .events = POLLIN };
    for (;;) {
        eventfd_t ignored;
        eventfd_read(line->changed_fd, &ignored);
        struct slave_view view = led_line_view(line, index);
        if (strcmp(view.text, text) == 0)
            return true;
        if (poll(&changed, 1, 15000) <= 0)
            return false;
    }
}

/* ---- the board's side ------------------------------------------------------------------------ */

static inline struct led_profile *led_line_profile(const char *name)
{
    char path[96];
    struct json_report report = { 0 };
    snprintf(path, sizeof path, "drivers/led/profiles/%s.json", name);
    struct led_profile *profile = led_profile_load(path, &report);
    if (!profile)
        abort();
    return profile;
}

/* The next report within 5 s; false: none came. */
static inline bool led_line_any_report(const struct led_ops *ops, struct led_bus *bus,
                                       struct led_report *report)
{
    struct pollfd fd = { .fd = ops->fd(bus), .events = POLLIN };
    while (!ops->take(bus, report))
        if (poll(&fd, 1, 5000) <= 0)
            return false;
    return true;
}

/* The same, about wishes only. */
static inline bool led_line_report(const struct led_ops *ops, struct led_bus *bus, struct led_report *report)
{
    do
        if (!led_line_any_report(ops, bus, report))
            return false;
    while (report->is_status);
    return true;
}

/* The final report about `token`; others are passed over. */
static inline struct led_report led_line_final(const struct led_ops *ops, struct led_bus *bus, uint64_t token)
{
    struct led_report report;
    while (led_line_report(ops, bus, &report))
        if (report.token == token && report.is_final)
            return report;
    return (struct led_report){ .error = -ETIME };
}
