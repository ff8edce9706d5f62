#include "sim/camera.h"

#include "board/paint/png.h"
#include "drivers/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES     8
#define PNG_LEVEL 1

struct view {
    const struct screen_share *share; /* NULL: no file */
    size_t size;
    dev_t device;
    ino_t inode;
    bool is_shooting;
};

/* Own mapping of the file, so that the loop may unmap its one. */
struct job {
    unsigned screen;
    bool is_end;
    char path[sizeof(((struct screen_config *)0)->path)];
};

struct camera {
    struct loop *loop;
    struct loop_source *source;
    const struct config *config;
    camera_fn fn;
    void *data;
    struct view view[SCREENS_MAX];
    struct mailbox *jobs, *pictures;
    pthread_t thread;
    bool has_thread;
};

/* ---- the file of a screen ---- */

static bool is_whole(const struct screen_share *share, size_t size)
{
    size_t picture = (size_t)share->stride * share->height;
    unsigned pixel = share->format == PIXEL_RGB565 ? 2 : 4;
    return size >= sizeof *share && share->magic == SCREEN_SHARE_MAGIC && share->version == 1 &&
           share->format < PIXEL_FORMATS && share->rotation < 360 && share->rotation % 90 == 0 &&
           share->stride >= (uint32_t)share->width * pixel && share->offset[0] <= size &&
           share->offset[1] <= size && picture <= size - share->offset[0] &&
           picture <= size - share->offset[1];
}

static void unmap(struct view *view)
{
    if (view->share)
        munmap((void *)(uintptr_t)view->share, view->size);
    view->share = NULL;
}

static void map(struct view *view, const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    void *bytes = MAP_FAILED;
    if (fstat(fd, &status) == 0 && status.st_size >= (off_t)sizeof *view->share)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);
    if (bytes == MAP_FAILED)
        return;
    view->share = bytes;
    view->size = (size_t)status.st_size;
    view->device = status.st_dev;
    view->inode = status.st_ino;
    if (!is_whole(view->share, view->size))
        unmap(view);
}

static uint64_t frame_of(const struct screen_share *share)
{
    return __atomic_load_n(&share->frame, __ATOMIC_ACQUIRE);
}

uint64_t camera_look(struct camera *camera, unsigned screen)
{
    struct view *view = &camera->view[screen];
    const char *path = camera->config->screen[screen].device.path;
    struct stat status;
    bool is_there = path[0] && stat(path, &status) == 0;
    if (view->share && (!is_there || status.st_ino != view->inode || status.st_dev != view->device))
        unmap(view);
    if (!view->share && is_there)
        map(view, path);
    return view->share ? frame_of(view->share) : 0;
}

/* ---- the worker ---- */

/* A copy of the buffer on scan-out, taken while no flip happened; its frame, 0 if that does not succeed. */
static uint64_t copy_front(const struct screen_share *share, struct screen_buffer *copy)
{
    size_t size = (size_t)share->stride * share->height;
    copy->pixels = malloc(size);
    for (int i = 0; copy->pixels && i < TRIES; i++) {
        uint64_t frame = frame_of(share);
        unsigned front = __atomic_load_n(&share->front, __ATOMIC_RELAXED) & 1;
        memcpy(copy->pixels, (const uint8_t *)share + share->offset[front], size);
        __sync_synchronize(); /* a fence that gcc also takes under ThreadSanitizer */
        if (frame > 0 && frame_of(share) == frame)
            return frame;
    }
    return 0;
}

static void shoot(const struct job *job, struct camera_picture *picture)
{
    struct view view = { 0 };
    map(&view, job->path);
    if (!view.share)
        return;
    const bool is_turned = view.share->rotation % 180 != 0;
    struct screen_buffer copy = { .stride = view.share->stride,
                                  .width = is_turned ? view.share->height : view.share->width,
                                  .height = is_turned ? view.share->width : view.share->height,
                                  .rotation = view.share->rotation,
                                  .format = (uint8_t)view.share->format };
    uint8_t *png = NULL;
    picture->frame = copy_front(view.share, &copy);
    if (picture->frame > 0 && png_encode(&copy, PNG_LEVEL, NULL, &png, &picture->size) == 0)
        picture->png = png;
    free(copy.pixels);
    unmap(&view);
}

static void *work(void *data)
{
    struct camera *camera = data;
    for (;;) {
        struct pollfd wait = { .fd = mailbox_fd(camera->jobs), .events = POLLIN };
        struct job job;
        if (poll(&wait, 1, -1) < 0 || !mailbox_take(camera->jobs, &job))
            continue;
        if (job.is_end)
            return NULL;
        struct camera_picture picture = { .screen = job.screen };
        shoot(&job, &picture);
        mailbox_post(camera->pictures, &picture); /* one a screen is under way at most: there is room */
    }
}

/* ---- the loop's side ---- */

bool camera_shoot(struct camera *camera, unsigned screen)
{
    struct view *view = &camera->view[screen];
    if (view->is_shooting)
        return false;
    struct job job = { .screen = screen };
    memcpy(job.path, camera->config->screen[screen].device.path, sizeof job.path);
    view->is_shooting = mailbox_post(camera->jobs, &job);
    return view->is_shooting;
}

static void on_picture(void *data, uint32_t events)
{
    (void)events;
    struct camera *camera = data;
    struct camera_picture picture;
    while (mailbox_take(camera->pictures, &picture)) {
        camera->view[picture.screen].is_shooting = false;
        camera->fn(camera->data, &picture);
    }
}

struct camera *camera_create(struct loop *loop, const struct config *config, camera_fn fn, void *data)
{
    struct camera *camera = calloc(1, sizeof *camera);
    if (!camera)
        return NULL;
    *camera = (struct camera){ .loop = loop, .config = config, .fn = fn, .data = data };
    camera->jobs = mailbox_create(sizeof(struct job), SCREENS_MAX + 1);
    camera->pictures = mailbox_create(sizeof(struct camera_picture), SCREENS_MAX);
    if (camera->pictures)
        camera->source = loop_add(loop, mailbox_fd(camera->pictures), EPOLLIN, "camera", on_picture, camera);
    if (camera->jobs && camera->source)
        camera->has_thread = pthread_create(&camera->thread, NULL, work, camera) == 0;
    if (camera->has_thread)
        return camera;
    camera_destroy(camera);
    return NULL;
}

void camera_destroy(struct camera *camera)
{
    if (!camera)
        return;
    if (camera->has_thread) {
        mailbox_post(camera->jobs, &(struct job){ .is_end = true });
        pthread_join(camera->thread, NULL);
    }
    struct camera_picture picture;
    while (camera->pictures && mailbox_take(camera->pictures, &picture))
        free(picture.png);
    loop_remove(camera->source);
    mailbox_destroy(camera->jobs);
    mailbox_destroy(camera->pictures);
    for (unsigned i = 0; i < SCREENS_MAX; i++)
        unmap(&camera->view[i]);
    free(camera);
}
