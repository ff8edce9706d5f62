#include "drivers/screen/errands.h"

#include "drivers/screen/cec.h"
#include "drivers/screen/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of one output; kept, so that the next wish for it finds the same place. */
struct place {
    struct cec_wish wish;
    bool is_wanted, is_done;
    char result[48];
};

struct errands {
    struct worker *worker;
    struct place place[OUTPUTS_MAX];
    struct place *running; /* NULL: idle */

    /* the worker's while it runs */
    struct cec_wish wish;
    char result[48];
};

static int cec_job(void *data)
{
    struct errands *errands = data;
    const struct cec_wish *wish = &errands->wish;
    cec_tell(wish->card, wish->connector, wish->is_on, errands->result, sizeof errands->result);
    return 0;
}

static int free_job(void *data)
{
    free(data);
    return 0;
}

static void go_on(struct errands *errands)
{
    for (unsigned i = 0; i < OUTPUTS_MAX && !errands->running; i++) {
        struct place *place = &errands->place[i];
        if (!place->is_wanted)
            continue;
        place->is_wanted = false;
        errands->running = place;
        errands->wish = place->wish;
        worker_run(errands->worker, cec_job, errands, 0);
    }
}

static void ended(void *data)
{
    struct errands *errands = data;
    struct place *place = errands->running;
    int status;
    if (!worker_take(errands->worker, &status))
        return;
    memcpy(place->result, errands->result, sizeof place->result);
    place->is_done = !place->is_wanted; /* again already: only that one's result counts */
    errands->running = NULL;
    go_on(errands);
}

struct errands *errands_create(struct workers *workers)
{
    struct errands *errands = calloc(1, sizeof *errands);
    if (!errands)
        return NULL;
    errands->worker = worker_create(workers, NULL, "", ended, errands);
    if (errands->worker)
        return errands;
    int error = errno;
    free(errands);
    errno = error;
    return NULL;
}

void errands_let_go(struct errands *errands)
{
    if (errands)
        worker_let_go(errands->worker, free_job, errands, 0);
}

bool errands_take(struct errands *errands, struct errand_report *report)
{
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        struct place *place = &errands->place[i];
        if (!place->is_done)
            continue;
        place->is_done = false;
        memcpy(report->output, place->wish.output, sizeof report->output);
        memcpy(report->result, place->result, sizeof report->result);
        return true;
    }
    return false;
}

/* The place of that output, or one that nobody waits for. */
static struct place *place_of(struct errands *errands, const char *output)
{
    struct place *idle = NULL;
    for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
        struct place *place = &errands->place[i];
        if (strcmp(place->wish.output, output) == 0)
            return place;
        if (!idle && !place->is_wanted && !place->is_done && place != errands->running)
            idle = place;
    }
    return idle;
}

void errands_cec(struct errands *errands, const struct cec_wish *wish)
{
    struct place *place = place_of(errands, wish->output);
    if (!place)
        return;
    place->wish = *wish;
    place->is_wanted = true;
    place->is_done = false; /* of an older wish */
    go_on(errands);
}
