#include "board/loop.h"

#include "board/log.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32

struct loop_source {
    struct loop *loop;
    struct loop_source *next;
    int fd;
    bool is_removed;
    const char *name;
    loop_fd_fn fn;
    void *data;
};

struct loop_timer {
    struct loop *loop;
    struct loop_timer *next;
    int64_t at_us;
    bool is_removed;
    const char *name;
    loop_timer_fn fn;
    void *data;
};

/* A process has about twenty sources and ten timers: plain lists are the fastest structure for that. */
struct loop {
    int epoll_fd;
    int status;
    bool is_quitting;
    bool has_removed;
    uint64_t wakeups;
    struct loop_source *sources;
    struct loop_timer *timers;
};

int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

struct loop *loop_create(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll_fd < 0) {
        free(loop);
        return NULL;
    }
    return loop;
}

static void sweep(struct loop *loop)
{
    if (!loop->has_removed)
        return;
    loop->has_removed = false;
    for (struct loop_source **at = &loop->sources; *at;) {
        struct loop_source *source = *at;
        if (!source->is_removed) {
            at = &source->next;
            continue;
        }
        *at = source->next;
        free(source);
    }
    for (struct loop_timer **at = &loop->timers; *at;) {
        struct loop_timer *timer = *at;
        if (!timer->is_removed) {
            at = &timer->next;
            continue;
        }
        *at = timer->next;
        free(timer);
    }
}

void loop_destroy(struct loop *loop)
{
    if (!loop)
        return;
    sweep(loop);
    for (struct loop_source *source = loop->sources; source; source = source->next)
        log_error("loop: descriptor %d (%s) is still registered at exit", source->fd, source->name);
    for (struct loop_timer *timer = loop->timers; timer; timer = timer->next)
        log_error("loop: timer %s is still registered at exit", timer->name);
    while (loop->sources)
        loop_remove(loop->sources), sweep(loop);
    while (loop->timers)
        loop_timer_remove(loop->timers), sweep(loop);
    close(loop->epoll_fd);
    free(loop);
}

struct loop_source *loop_add(struct loop *loop, int fd, uint32_t events, const char *name, loop_fd_fn fn,
                             void *data)
{
    struct loop_source *source = calloc(1, sizeof *source);
    if (!source)
        return NULL;
    *source = (struct loop_source){ .loop = loop, .fd = fd, .name = name, .fn = fn, .data = data };
    struct epoll_event event = { .events = events, .data.ptr = source };
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        free(source);
        return NULL;
    }
    source->next = loop->sources;
    loop->sources = source;
    return source;
}

void loop_modify(struct loop_source *source, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = source };
    epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_MOD, source->fd, &event);
}

void loop_remove(struct loop_source *source)
{
    if (!source || source->is_removed)
        return;
    epoll_ctl(source->loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    source->is_removed = true;
    source->loop->has_removed = true;
}

struct loop_timer *loop_timer(struct loop *loop, const char *name, loop_timer_fn fn, void *data)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    *timer = (struct loop_timer){
        .loop = loop, .next = loop->timers, .at_us = INT64_MAX, .name = name, .fn = fn, .data = data
    };
    loop->timers = timer;
    return timer;
}

void loop_timer_at(struct loop_timer *timer, int64_t at_us)
{
    timer->at_us = at_us;
}

void loop_timer_remove(struct loop_timer *timer)
{
    if (!timer)
        return;
    timer->is_removed = true;
    timer->at_us = INT64_MAX;
    timer->loop->has_removed = true;
}

static int64_t next_deadline(const struct loop *loop)
{
    int64_t at_us = INT64_MAX;
    for (const struct loop_timer *timer = loop->timers; timer; timer = timer->next)
        if (timer->at_us < at_us)
            at_us = timer->at_us;
    return at_us;
}

static void run_timers(struct loop *loop)
{
    int64_t now_us = clock_us();
    for (struct loop_timer *timer = loop->timers; timer; timer = timer->next) {
        if (timer->at_us > now_us)
            continue;
        timer->at_us = INT64_MAX;
        timer->fn(timer->data, now_us);
    }
}

static int wait_batch(struct loop *loop, struct epoll_event batch[BATCH])
{
    int64_t at_us = next_deadline(loop);
    struct timespec wait, *timeout = NULL;
    if (at_us != INT64_MAX) {
        int64_t now_us = clock_us();
        int64_t left_us = at_us > now_us ? at_us - now_us : 0;
        wait = (struct timespec){ left_us / 1000000, left_us % 1000000 * 1000 };
        timeout = &wait;
    }
    int n = epoll_pwait2(loop->epoll_fd, batch, BATCH, timeout, NULL);
    loop->wakeups++;
    return n;
}

int loop_run(struct loop *loop)
{
    loop->is_quitting = false;
    while (!loop->is_quitting) {
        struct epoll_event batch[BATCH];
        int n = wait_batch(loop, batch);
        if (n < 0 && errno != EINTR)
            return -errno;
        for (int i = 0; i < n; i++) {
            struct loop_source *source = batch[i].data.ptr;
            if (!source->is_removed)
                source->fn(source->data, batch[i].events);
        }
        run_timers(loop);
        sweep(loop);
    }
    return loop->status;
}

void loop_quit(struct loop *loop, int status)
{
    loop->is_quitting = true;
    loop->status = status;
}

uint64_t loop_wakeups(const struct loop *loop)
{
    return loop->wakeups;
}
