#include "drivers/screen/screen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define SIZE_MAX_PX  8192
#define STRIDE_ALIGN 64     /* bytes: a cache line */
#define PAGE         65536u /* the largest of arm64, so that a reader can map a buffer alone */
#define NS           1000000000ull

struct screen {
    struct screen_share *share; /* start of the mapping */
    size_t map_bytes;
    struct screen_events events;
    int timer_fd;
    uint16_t refresh_hz, rotation;
    bool is_queued, is_standby;
    unsigned back;      /* index; the other one is on scan-out */
    uint64_t frame;     /* committed last */
    uint64_t vblank_ns; /* of the queued frame */
    char path[sizeof(((struct screen_config *)0)->path)];
    ino_t inode; /* of the file at path */
};

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
}

/* Vblank number k is at k / refresh seconds of the monotonic clock: a grid that never drifts, the same for
 * all screens. */
static uint64_t next_vblank_ns(uint64_t after_ns, unsigned refresh_hz)
{
    const uint64_t second = after_ns / NS, part = after_ns % NS;
    const uint64_t number = part * refresh_hz / NS + 1;

    return second * NS + (number * NS + refresh_hz - 1) / refresh_hz;
}

/* ---- the file -------------------------------------------------------------------------------- */

/* A full file system would answer the first store with SIGBUS. Room is asked for, not reserved: reserving clears every
 * page, which takes longer than the first picture. */
static int reserve(int fd, size_t bytes)
{
    struct statvfs room;

    if (fstatvfs(fd, &room) == 0 && room.f_blocks && room.f_bavail < bytes / room.f_bsize + 1)
        return -ENOSPC;
    return ftruncate(fd, (off_t)bytes) < 0 ? -errno : 0;
}

/* A new file beside `path`; renamed into place once it is complete. */
static int create_file(const char *path, char *new_path, size_t size)
{
    if (path[0] == '\0') {
        const int fd = memfd_create("kezek-screen", MFD_CLOEXEC);

        return fd < 0 ? -errno : fd;
    }
    snprintf(new_path, size, "%s.new", path);
    unlink(new_path);
    const int fd = open(new_path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

    return fd < 0 ? -errno : fd;
}

static int map(struct screen *screen, int fd)
{
    const int status = screen->path[0] ? reserve(fd, screen->map_bytes)
                                       : (ftruncate(fd, (off_t)screen->map_bytes) < 0 ? -errno : 0);
    struct stat stat;
    void *memory;

    if (status < 0)
        return status;
    memory = mmap(NULL, screen->map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    screen->share = memory;
    if (fstat(fd, &stat) == 0)
        screen->inode = stat.st_ino;
    return 0;
}

static uint32_t stride_bytes(const struct screen_config *config)
{
    const uint32_t pixel_bytes = config->format == PIXEL_RGB565 ? 2 : 4;

    return (config->width * pixel_bytes + STRIDE_ALIGN - 1) / STRIDE_ALIGN * STRIDE_ALIGN;
}

static size_t buffer_bytes(const struct screen_config *config)
{
    const size_t bytes = (size_t)stride_bytes(config) * config->height;

    return (bytes + PAGE - 1) / PAGE * PAGE;
}

static void write_header(struct screen *screen, const struct screen_config *config)
{
    *screen->share = (struct screen_share){ .magic = SCREEN_SHARE_MAGIC,
                                            .version = 1,
                                            .width = config->width,
                                            .height = config->height,
                                            .stride = stride_bytes(config),
                                            .format = config->format,
                                            .rotation = config->rotation,
                                            .offset = { PAGE, (uint32_t)(PAGE + buffer_bytes(config)) },
                                            .front = 1 };
}

/* Old readers keep the file they mapped; new ones never see a half-made one. */
static int publish_file(struct screen *screen, const struct screen_config *config)
{
    char new_path[sizeof(screen->path) + 8];
    const int fd = create_file(screen->path, new_path, sizeof(new_path));
    int status;

    if (fd < 0)
        return fd;
    status = map(screen, fd);
    close(fd);
    if (screen->share)
        write_header(screen, config);
    if (screen->path[0] == '\0')
        return status;
    if (status == 0 && rename(new_path, screen->path) < 0)
        status = -errno;
    if (status < 0)
        unlink(new_path);
    return status;
}

/* ---- open and close -------------------------------------------------------------------------- */

/* Not if another screen has put its own file there. */
static void remove_file(const struct screen *screen)
{
    struct stat stat;

    if (screen->path[0] && lstat(screen->path, &stat) == 0 && stat.st_ino == screen->inode)
        unlink(screen->path);
}

static void memory_close(struct screen *screen)
{
    if (!screen)
        return;
    if (screen->share) {
        munmap(screen->share, screen->map_bytes);
        remove_file(screen);
    }
    if (screen->timer_fd >= 0)
        close(screen->timer_fd);
    free(screen);
}

static bool is_possible(const struct screen_config *config)
{
    return config->width >= 1 && config->width <= SIZE_MAX_PX && config->height >= 1 &&
           config->height <= SIZE_MAX_PX && config->format < PIXEL_FORMATS && config->refresh_hz <= 1000 &&
           config->rotation < 360 && config->rotation % 90 == 0;
}

static int memory_open(struct screen **result, struct outputs *outputs, const struct screen_config *config,
                       const struct screen_events *events, char *error, size_t error_size)
{
    struct screen *screen = NULL;
    int status = -EINVAL;

    (void)outputs;
    if (!is_possible(config)) {
        snprintf(
            error, error_size,
            "a memory screen needs a size of 1x1 to %dx%d and a rotation of 0, 90, 180 or 270, not %dx%d "
            "and %d",
            SIZE_MAX_PX, SIZE_MAX_PX, config->width, config->height, config->rotation);
        return status;
    }
    screen = calloc(1, sizeof(*screen));
    if (!screen) {
        snprintf(error, error_size, "out of memory");
        return -ENOMEM;
    }
    screen->events = *events;
    screen->rotation = config->rotation;
    screen->refresh_hz = config->refresh_hz ? config->refresh_hz : 60;
    screen->map_bytes = PAGE + 2 * buffer_bytes(config);
    memcpy(screen->path, config->path, sizeof(screen->path));
    screen->path[sizeof(screen->path) - 1] = '\0';
    screen->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    status = screen->timer_fd < 0 ? -errno : publish_file(screen, config);
    if (status == 0) {
        *result = screen;
        return 0;
    }
    snprintf(error, error_size, "%s: %s", screen->path[0] ? screen->path : "memory", strerror(-status));
    memory_close(screen);
    return status;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void describe(const struct screen *screen, unsigned index, struct screen_buffer *buffer)
{
    const struct screen_share *share = screen->share;
    const bool is_turned = screen->rotation % 180 != 0;

    *buffer = (struct screen_buffer){ .pixels = (uint8_t *)screen->share + share->offset[index],
                                      .stride = share->stride,
                                      .width = is_turned ? share->height : share->width,
                                      .height = is_turned ? share->width : share->height,
                                      .rotation = screen->rotation,
                                      .format = (uint8_t)share->format,
                                      .index = (uint8_t)index };
}

static int memory_begin(struct screen *screen, struct screen_buffer *back)
{
    if (screen->is_queued)
        return -EBUSY;
    if (screen->is_standby)
        return -EAGAIN;
    describe(screen, screen->back, back);
    return 0;
}

/* The timer runs for a queued frame only: an idle screen wakes nobody. */
static int memory_commit(struct screen *screen, const struct rect *damage, unsigned ndamage, uint64_t *frame)
{
    struct itimerspec at = { 0 };

    (void)damage;
    (void)ndamage;
    if (screen->is_queued)
        return -EBUSY;
    if (screen->is_standby)
        return -EAGAIN;
    const uint64_t now = now_ns();
    screen->vblank_ns = next_vblank_ns(now, screen->refresh_hz);
    at.it_value.tv_sec = (time_t)(screen->vblank_ns / NS);
    at.it_value.tv_nsec = (long)(screen->vblank_ns % NS);
    if (timerfd_settime(screen->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
        return -errno;
    screen->is_queued = true;
    *frame = ++screen->frame;
    screen->share->commit_us = (int64_t)(now / 1000);
    __atomic_store_n(&screen->share->queued, screen->frame, __ATOMIC_RELEASE);
    return 0;
}

static int memory_fd(struct screen *screen)
{
    return screen->timer_fd;
}

/* `frame` is written last, and before any pixel of the buffer that leaves scan-out: a reader that finds it
 * unchanged has copied a whole picture. */
static void publish_flip(struct screen *screen)
{
    struct screen_share *share = screen->share;

    __atomic_store_n(&share->flip_us, (int64_t)(screen->vblank_ns / 1000), __ATOMIC_RELAXED);
    __atomic_store_n(&share->front, screen->back, __ATOMIC_RELAXED);
    __atomic_store_n(&share->frame, screen->frame, __ATOMIC_RELEASE);
    __sync_synchronize(); /* a fence that gcc also takes under ThreadSanitizer */
}

static void memory_dispatch(struct screen *screen)
{
    uint64_t expirations;

    if (read(screen->timer_fd, &expirations, sizeof(expirations)) < 0 || !screen->is_queued)
        return;
    publish_flip(screen);
    screen->is_queued = false;
    screen->back = 1 - screen->back;
    const struct screen_flip flip = { .frame = screen->frame, .at_us = (int64_t)(screen->vblank_ns / 1000) };
    screen->events.flipped(screen->events.data, &flip);
}

static void memory_status(struct screen *screen, struct screen_status *status)
{
    *status = (struct screen_status){ .state = screen->is_standby ? SCREEN_STANDBY : SCREEN_SHOWN,
                                      .mode_width = screen->share->width,
                                      .mode_height = screen->share->height,
                                      .refresh_mhz = screen->refresh_hz * 1000u };
}

static int memory_power(struct screen *screen, bool is_on)
{
    screen->is_standby = !is_on;
    return 0;
}

static int memory_front(struct screen *screen, struct screen_buffer *front)
{
    describe(screen, 1 - screen->back, front);
    return 0;
}

const struct screen_ops screen_memory = {
    .name = "memory",
    .open = memory_open,
    .close = memory_close,
    .begin = memory_begin,
    .commit = memory_commit,
    .fd = memory_fd,
    .dispatch = memory_dispatch,
    .status = memory_status,
    .power = memory_power,
    .front = memory_front,
};
