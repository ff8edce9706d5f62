#include "board/snapshots.h"

#include "board/paint/picture.h"
#include "board/paint/png.h"
#include "drivers/mailbox.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define LEVEL 3 /* zlib: a wall at 1080p takes 30 ms and 40 KiB */

struct job {
    struct snapshots *snapshots;
    pthread_t thread;
    bool is_used;
    struct scanout *scanout;
    struct snapshot result;
};

struct snapshots {
    struct mailbox *mailbox; /* of struct job * */
    struct loop_source *source;
    void (*done)(void *data, const struct snapshot *snapshot);
    void *data;
    struct job job[SNAPSHOTS_MAX];
};

static void *work(void *data)
{
    struct job *job = data;
    struct snapshot *result = &job->result;
    struct screen_buffer copy;
    char picture[PICTURE_HASH_SIZE];
    result->error = scanout_copy(job->scanout, &copy, &result->picture);
    if (result->error == 0) {
        picture_hash_text(result->picture, picture);
        result->error = png_encode(&copy, LEVEL, picture, &result->png, &result->size);
        free(copy.pixels);
    }
    mailbox_post(job->snapshots->mailbox, &job); /* has room: one letter a job */
    return NULL;
}

static void finish(struct job *job)
{
    pthread_join(job->thread, NULL);
    job->is_used = false;
}

static void ready(void *data, uint32_t events)
{
    (void)events;
    struct snapshots *snapshots = data;
    struct job *job;
    while (mailbox_take(snapshots->mailbox, &job)) {
        finish(job);
        snapshots->done(snapshots->data, &job->result);
    }
}

struct snapshots *snapshots_create(struct loop *loop,
                                   void (*done)(void *data, const struct snapshot *snapshot), void *data)
{
    struct snapshots *snapshots = calloc(1, sizeof *snapshots);
    if (!snapshots)
        return NULL;
    snapshots->done = done;
    snapshots->data = data;
    snapshots->mailbox = mailbox_create(sizeof(struct job *), SNAPSHOTS_MAX);
    if (snapshots->mailbox)
        snapshots->source =
            loop_add(loop, mailbox_fd(snapshots->mailbox), EPOLLIN, "snapshots", ready, snapshots);
    if (snapshots->source)
        return snapshots;
    mailbox_destroy(snapshots->mailbox);
    free(snapshots);
    return NULL;
}

void snapshots_destroy(struct snapshots *snapshots)
{
    if (!snapshots)
        return;
    for (unsigned i = 0; i < SNAPSHOTS_MAX; i++) {
        struct job *job = &snapshots->job[i];
        if (!job->is_used)
            continue;
        finish(job);
        free(job->result.png);
    }
    loop_remove(snapshots->source);
    mailbox_destroy(snapshots->mailbox);
    free(snapshots);
}

static int start(struct snapshots *snapshots, struct job *job, uint64_t client, struct scanout *scanout)
{
    *job = (struct job){ .snapshots = snapshots, .scanout = scanout, .result.client = client };
    int error = scanout_enter(scanout);
    if (error < 0)
        return error;
    error = pthread_create(&job->thread, NULL, work, job);
    if (error)
        scanout_leave(scanout);
    job->is_used = error == 0;
    return -error;
}

int snapshots_take(struct snapshots *snapshots, uint64_t client, struct scanout *scanout)
{
    for (unsigned i = 0; i < SNAPSHOTS_MAX; i++)
        if (!snapshots->job[i].is_used)
            return start(snapshots, &snapshots->job[i], client, scanout);
    return -EBUSY;
}
