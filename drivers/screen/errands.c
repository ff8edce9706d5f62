#include "drivers/screen/errands.h"

#include "drivers/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define REPORTS (OUTPUTS_MAX + 1)

struct errands {
    struct mailbox *mailbox; /* of struct errand_report */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows; never held across I/O */
    pthread_cond_t is_news;
    bool is_stopping, is_probe_wanted;
    struct kms_card *card[OUTPUTS_MAX];
    unsigned ncards;

    struct output scratch[OUTPUTS_MAX]; /* the worker's: what counts is that the kernel has asked */
};

/* ---- the worker ------------------------------------------------------------------------------ */

static void probe(struct errands *errands)
{
    for (unsigned i = 0; i < errands->ncards; i++)
        kms_card_read(errands->card[i], true, errands->scratch, OUTPUTS_MAX);
    mailbox_post(errands->mailbox, &(struct errand_report){ .is_probe = true });
}

/* False: the end. */
static bool next(struct errands *errands, bool *is_probe)
{
    pthread_mutex_lock(&errands->lock);
    while (!errands->is_stopping && !errands->is_probe_wanted)
        pthread_cond_wait(&errands->is_news, &errands->lock);
    bool is_stopping = errands->is_stopping;
    *is_probe = errands->is_probe_wanted;
    errands->is_probe_wanted = false;
    pthread_mutex_unlock(&errands->lock);
    return !is_stopping;
}

static void *work(void *data)
{
    struct errands *errands = data;
    bool is_probe;
    while (next(errands, &is_probe))
        if (is_probe)
            probe(errands);
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
    errands->mailbox = mailbox_create(sizeof(struct errand_report), REPORTS);
    int error = errands->mailbox ? start(errands) : errno;
    if (!error)
        return errands;
    mailbox_destroy(errands->mailbox);
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
    mailbox_destroy(errands->mailbox);
    pthread_cond_destroy(&errands->is_news);
    pthread_mutex_destroy(&errands->lock);
    free(errands);
}

int errands_fd(const struct errands *errands)
{
    return mailbox_fd(errands->mailbox);
}

bool errands_take(struct errands *errands, struct errand_report *report)
{
    return mailbox_take(errands->mailbox, report);
}

void errands_probe(struct errands *errands, struct kms_card *const *cards, unsigned ncards)
{
    pthread_mutex_lock(&errands->lock);
    memcpy(errands->card, cards, ncards * sizeof *cards);
    errands->ncards = ncards;
    errands->is_probe_wanted = true;
    pthread_cond_signal(&errands->is_news);
    pthread_mutex_unlock(&errands->lock);
}
