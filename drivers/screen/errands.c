#include "drivers/screen/errands.h"

#include "drivers/mailbox.h"
#include "drivers/screen/cec.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* Of one output; kept, so that the next wish for it finds the same place. */
struct cec_job {
    struct cec_wish wish;
    bool is_wanted, is_running, is_done;
    char result[48];
};

struct errands {
    struct mailbox *bell; /* a letter says only that there is a report */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows; never held across I/O */
    pthread_cond_t is_news;
    bool is_stopping;
    struct cec_job job[OUTPUTS_MAX];
};

/* ---- the worker ------------------------------------------------------------------------------ */

static void ring(struct errands *errands)
{
    mailbox_post(errands->bell, &(char){ 0 }); /* full: it rings already */
}

static void run_cec(struct errands *errands, struct cec_job *job, const struct cec_wish *wish)
{
    char result[sizeof job->result];
    cec_tell(wish->card, wish->connector, wish->is_on, result, sizeof result);
    pthread_mutex_lock(&errands->lock);
    memcpy(job->result, result, sizeof result);
    job->is_running = false;
    job->is_done = !job->is_wanted; /* again already: only that one's result counts */
    pthread_mutex_unlock(&errands->lock);
    ring(errands);
}

static struct cec_job *wanted_job(struct errands *errands)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++)
        if (errands->job[i].is_wanted)
            return &errands->job[i];
    return NULL;
}

/* False: the end. */
static bool next(struct errands *errands, struct cec_job **job, struct cec_wish *wish)
{
    pthread_mutex_lock(&errands->lock);
    while (!errands->is_stopping && !wanted_job(errands))
        pthread_cond_wait(&errands->is_news, &errands->lock);
    *job = errands->is_stopping ? NULL : wanted_job(errands);
    bool is_any = *job;
    if (is_any) {
        *wish = (*job)->wish;
        (*job)->is_wanted = false;
        (*job)->is_running = true;
    }
    pthread_mutex_unlock(&errands->lock);
    return is_any;
}

static void *work(void *data)
{
    struct errands *errands = data;
    struct cec_job *job;
    struct cec_wish wish;
    while (next(errands, &job, &wish))
        run_cec(errands, job, &wish);
    return NULL;
}

/* ---- the loop's side ------------------------------------------------------------------------- */

static int start(struct errands *errands)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&errands->thread, NULL, work, errands);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

struct errands *errands_create(void)
{
    struct errands *errands = calloc(1, sizeof *errands);
    if (!errands)
        return NULL;
    pthread_mutex_init(&errands->lock, NULL);
    pthread_cond_init(&errands->is_news, NULL);
    errands->bell = mailbox_create(1, 1);
    int error = errands->bell ? start(errands) : errno;
    if (!error)
        return errands;
    mailbox_destroy(errands->bell);
    free(errands);
    errno = error;
    return NULL;
}

void errands_destroy(struct errands *errands)
{
    if (!errands)
        return;
    pthread_mutex_lock(&errands->lock);
    errands->is_stopping = true;
    pthread_cond_signal(&errands->is_news);
    pthread_mutex_unlock(&errands->lock);
    pthread_join(errands->thread, NULL);
    mailbox_destroy(errands->bell);
    pthread_cond_destroy(&errands->is_news);
    pthread_mutex_destroy(&errands->lock);
    free(errands);
}

int errands_fd(const struct errands *errands)
{
    return mailbox_fd(errands->bell);
}

static bool take(struct errands *errands, struct errand_report *report)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        struct cec_job *job = &errands->job[i];
        if (!job->is_done)
            continue;
        job->is_done = false;
        memcpy(report->output, job->wish.output, sizeof report->output);
        memcpy(report->result, job->result, sizeof report->result);
        return true;
    }
    return false;
}

/* The bell is emptied first: what is done from now on rings again. */
bool errands_take(struct errands *errands, struct errand_report *report)
{
    for (char letter; mailbox_take(errands->bell, &letter);)
        continue;
    pthread_mutex_lock(&errands->lock);
    bool is_any = take(errands, report);
    pthread_mutex_unlock(&errands->lock);
    return is_any;
}

/* The place of that output, or one that nobody waits for. */
static struct cec_job *place_of(struct errands *errands, const char *output)
{
    struct cec_job *idle = NULL;
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        struct cec_job *job = &errands->job[i];
        if (strcmp(job->wish.output, output) == 0)
            return job;
        if (!idle && !job->is_wanted && !job->is_running && !job->is_done)
            idle = job;
    }
    return idle;
}

void errands_cec(struct errands *errands, const struct cec_wish *wish)
{
    pthread_mutex_lock(&errands->lock);
    struct cec_job *job = place_of(errands, wish->output);
    if (job) {
        job->wish = *wish;
        job->is_wanted = true;
        job->is_done = false; /* of an older wish */
        pthread_cond_signal(&errands->is_news);
    }
    pthread_mutex_unlock(&errands->lock);
}
