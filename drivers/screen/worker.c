#include "drivers/screen/worker.h"

#include "drivers/clock.h"
#include "drivers/screen/kms.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct work {
    worker_job *job; /* NULL: none */
    void *data;
};

struct worker {
    struct workers *workers;
    struct worker *next;
    struct kms_card *card;
    char output[32];
    void (*late)(void *data);
    void *data;
    pthread_t thread;
    pthread_cond_t has_news;

    /* under the lock of all */
    struct work work, last;
    bool is_let_go, is_over;
    bool has_ended, is_told; /* the job; and who reaps knows */
    bool is_waited_for, is_quiet;
    int status;
    int64_t busy_us; /* 0: idle */
    time_t busy_at;
};

struct workers {
    struct outputs *outputs;
    unsigned slowness;
    int bell; /* eventfd */
    struct worker *list;
    pthread_mutex_t lock; /* never held across a job */
    pthread_cond_t has_ended;
    unsigned nthreads;
    bool is_forgotten;
};

/* ---- the thread ------------------------------------------------------------------------------ */

static void dispose(struct worker *worker)
{
    pthread_cond_destroy(&worker->has_news);
    free(worker);
}

static void dispose_all(struct workers *workers)
{
    close(workers->bell);
    pthread_cond_destroy(&workers->has_ended);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

/* False: there will be no more. */
static bool next(struct worker *worker, struct work *work)
{
    while (!worker->work.job && !worker->is_let_go)
        pthread_cond_wait(&worker->has_news, &worker->workers->lock);
    if (!worker->work.job) {
        worker->work = worker->last;
        worker->last.job = NULL;
    }
    *work = worker->work;
    return work->job != NULL;
}

static void tell(struct worker *worker, bool is_quiet)
{
    pthread_cond_broadcast(&worker->workers->has_ended);
    if (!worker->is_waited_for && !worker->workers->is_forgotten && !is_quiet)
        eventfd_write(worker->workers->bell, 1);
}

static void end(struct worker *worker)
{
    struct workers *workers = worker->workers;
    worker->is_over = true;
    tell(worker, false);
    bool is_forgotten = workers->is_forgotten, is_last = --workers->nthreads == 0;
    pthread_mutex_unlock(&workers->lock);
    if (is_forgotten)
        dispose(worker);
    if (is_forgotten && is_last)
        dispose_all(workers);
}

static void *labour(void *data)
{
    struct worker *worker = data;
    struct work work;
    pthread_mutex_lock(&worker->workers->lock);
    while (next(worker, &work)) {
        pthread_mutex_unlock(&worker->workers->lock);
        int status = work.job(work.data);
        pthread_mutex_lock(&worker->workers->lock);
        worker->work.job = NULL;
        worker->status = status;
        worker->has_ended = true;
        tell(worker, worker->is_quiet && status == 0);
    }
    end(worker);
    return NULL;
}

/* ---- the loop's side: one -------------------------------------------------------------------- */

static int start(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&worker->thread, NULL, labour, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct worker *worker_create(struct workers *workers, struct kms_card *card, const char *output,
                             void (*late)(void *data), void *data)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    *worker = (struct worker){ .workers = workers, .card = card, .late = late, .data = data };
    snprintf(worker->output, sizeof worker->output, "%s", output);
    pthread_cond_init(&worker->has_news, NULL);
    pthread_mutex_lock(&workers->lock);
    workers->nthreads++;
    pthread_mutex_unlock(&workers->lock);
    int error = start(worker);
    if (error == 0) {
        worker->next = workers->list;
        workers->list = worker;
        return worker;
    }
    pthread_mutex_lock(&workers->lock);
    workers->nthreads--;
    pthread_mutex_unlock(&workers->lock);
    dispose(worker);
    errno = error;
    return NULL;
}

void worker_name(struct worker *worker, struct kms_card *card)
{
    worker->card = card;
}

/* Until *is_done, or it is too late. */
static void wait_for(struct workers *workers, const bool *is_done, int64_t until_us)
{
    const struct timespec until = { until_us / 1000000, until_us % 1000000 * 1000 };
    while (!*is_done)
        if (pthread_cond_timedwait(&workers->has_ended, &workers->lock, &until) == ETIMEDOUT)
            break;
}

static void be_busy(struct worker *worker, int64_t now_us)
{
    worker->busy_us = now_us;
    worker->busy_at = time(NULL);
}

int worker_run(struct worker *worker, worker_job *job, void *data, int64_t patience_us)
{
    struct workers *workers = worker->workers;
    int64_t now_us = monotonic_us();
    pthread_mutex_lock(&workers->lock);
    assert(worker->busy_us == 0 && !worker->is_let_go);
    be_busy(worker, now_us);
    worker->work = (struct work){ job, data };
    worker->has_ended = worker->is_told = false;
    worker->is_quiet = patience_us == WORKER_QUIETLY;
    worker->is_waited_for = true;
    pthread_cond_signal(&worker->has_news);
    if (patience_us > 0)
        wait_for(workers, &worker->has_ended, now_us + patience_us * workers->slowness);
    worker->is_waited_for = false;
    int status = worker->has_ended ? worker->status : -EINPROGRESS;
    worker->is_told = worker->has_ended;
    if (worker->has_ended)
        worker->busy_us = 0;
    pthread_mutex_unlock(&workers->lock);
    return status;
}

bool worker_take(struct worker *worker, int *status)
{
    pthread_mutex_lock(&worker->workers->lock);
    bool has_ended = worker->has_ended && worker->busy_us;
    if (has_ended) {
        *status = worker->status;
        worker->busy_us = 0;
    }
    pthread_mutex_unlock(&worker->workers->lock);
    return has_ended;
}

int64_t worker_busy_us(const struct worker *worker, time_t *at)
{
    pthread_mutex_lock(&worker->workers->lock);
    int64_t busy_us = worker->busy_us;
    if (at)
        *at = worker->busy_at;
    pthread_mutex_unlock(&worker->workers->lock);
    return busy_us;
}

static bool is_of_screen(const struct worker *worker)
{
    return worker->output[0] != '\0';
}

/* Out of the list already. */
static void leave(struct worker *worker)
{
    pthread_join(worker->thread, NULL);
    if (is_of_screen(worker))
        outputs_leave(worker->workers->outputs, worker->card, worker->output);
    dispose(worker);
}

static void unlink_worker(struct worker *worker)
{
    struct worker **at = &worker->workers->list;
    while (*at != worker)
        at = &(*at)->next;
    *at = worker->next;
}

void worker_let_go(struct worker *worker, worker_job *job, void *data, int64_t patience_us)
{
    if (!worker)
        return;
    struct workers *workers = worker->workers;
    int64_t now_us = monotonic_us();
    pthread_mutex_lock(&workers->lock);
    if (!worker->work.job)
        be_busy(worker, now_us);
    worker->last = (struct work){ job, data };
    worker->is_let_go = worker->is_waited_for = true;
    pthread_cond_signal(&worker->has_news);
    if (patience_us > 0)
        wait_for(workers, &worker->is_over, now_us + patience_us * workers->slowness);
    worker->is_waited_for = false;
    bool is_over = worker->is_over;
    pthread_mutex_unlock(&workers->lock);
    if (!is_over)
        return;
    unlink_worker(worker);
    leave(worker);
}

/* ---- the loop's side: all -------------------------------------------------------------------- */

struct workers *workers_create(struct outputs *outputs, unsigned slowness)
{
    struct workers *workers = calloc(1, sizeof *workers);
    pthread_condattr_t monotonic;
    if (!workers)
        return NULL;
    workers->outputs = outputs;
    workers->slowness = slowness;
    workers->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (workers->bell < 0) {
        free(workers);
        return NULL;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&workers->has_ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&workers->lock, NULL);
    return workers;
}

int workers_fd(const struct workers *workers)
{
    return workers->bell;
}

/* What is to be told of this worker, once. */
static bool has_report(struct worker *worker, bool *is_over)
{
    pthread_mutex_lock(&worker->workers->lock);
    bool has = worker->has_ended && !worker->is_told;
    worker->is_told |= has;
    has &= !worker->is_quiet || worker->status < 0;
    *is_over = worker->is_over;
    pthread_mutex_unlock(&worker->workers->lock);
    return has;
}

/* The bell is emptied first: what ends from now on rings again. */
bool workers_reap(struct workers *workers)
{
    eventfd_t ignored;
    eventfd_read(workers->bell, &ignored);
    bool is_any = false;
    for (struct worker **at = &workers->list, *worker; (worker = *at);) {
        bool is_over, has = has_report(worker, &is_over);
        if (is_over) {
            is_any |= is_of_screen(worker);
            *at = worker->next;
            leave(worker);
            continue;
        }
        if (has && !worker->is_let_go) {
            if (worker->late)
                worker->late(worker->data);
            is_any |= !worker->late;
        }
        at = &worker->next;
    }
    return is_any;
}

static bool is_any_leaving(const struct workers *workers)
{
    for (const struct worker *worker = workers->list; worker; worker = worker->next)
        if (worker->is_let_go)
            return true;
    return false;
}

bool workers_wait(struct workers *workers, int64_t until_us)
{
    for (;;) {
        workers_reap(workers);
        int64_t left_us = until_us - monotonic_us();
        if (!is_any_leaving(workers) || left_us <= 0)
            return !is_any_leaving(workers);
        struct pollfd bell = { .fd = workers->bell, .events = POLLIN };
        poll(&bell, 1, left_us < 1000000 ? (int)(left_us / 1000) + 1 : 1000);
    }
}

static void forget(struct workers *workers)
{
    struct worker *following;
    for (struct worker *worker = workers->list; worker; worker = following) {
        following = worker->next;
        pthread_detach(worker->thread);
        if (worker->is_over)
            dispose(worker);
    }
    workers->is_forgotten = true;
}

void workers_destroy(struct workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    forget(workers);
    bool is_last = workers->nthreads == 0;
    pthread_mutex_unlock(&workers->lock);
    if (is_last)
        dispose_all(workers);
}

static bool is_in_job(const struct worker *worker)
{
    pthread_mutex_lock(&worker->workers->lock);
    bool answer = worker->work.job || worker->last.job;
    pthread_mutex_unlock(&worker->workers->lock);
    return answer;
}

static bool is_any_in_job(const struct workers *workers, const struct kms_card *card, bool is_screen)
{
    for (const struct worker *worker = workers->list; worker; worker = worker->next)
        if (worker->card == card && is_of_screen(worker) == is_screen && is_in_job(worker))
            return true;
    return false;
}

bool workers_are_busy(const struct workers *workers, const struct kms_card *card)
{
    return is_any_in_job(workers, card, true);
}

bool workers_are_asking(const struct workers *workers, const struct kms_card *card)
{
    return is_any_in_job(workers, card, false);
}

const struct worker *workers_leaving(const struct workers *workers, const char *output)
{
    for (const struct worker *worker = workers->list; worker; worker = worker->next)
        if (worker->is_let_go && strcmp(worker->output, output) == 0)
            return worker;
    return NULL;
}

void workers_list_leaving(const struct workers *workers, char *out, size_t size)
{
    out[0] = '\0';
    for (const struct worker *worker = workers->list; worker; worker = worker->next) {
        size_t length = strlen(out);
        if (worker->is_let_go && is_of_screen(worker))
            snprintf(out + length, size - length, "%s%s", length ? ", " : "", worker->output);
    }
}
