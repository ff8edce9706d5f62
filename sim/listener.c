#include "sim/listener.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BLOCK      16384
#define BLOCKS_MAX 64 /* 1 MiB a poll; the rest comes with the next */

static bool open_file(struct listener *listener)
{
    struct stat status;
    listener->fd = open(listener->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (listener->fd >= 0 && fstat(listener->fd, &status) == 0 && S_ISREG(status.st_mode)) {
        listener->inode = status.st_ino;
        return true;
    }
    listener_finish(listener);
    return false;
}

void listener_init(struct listener *listener, const char *path)
{
    struct stat status;
    *listener = (struct listener){ .path = path, .fd = -1 };
    if (path && open_file(listener) && fstat(listener->fd, &status) == 0)
        listener->at = status.st_size;
}

void listener_finish(struct listener *listener)
{
    if (listener->fd >= 0)
        close(listener->fd);
    listener->fd = -1;
    listener->at = 0;
}

/* The file that has the name now, from its start if it is another one or was emptied. */
static bool is_ready(struct listener *listener)
{
    struct stat status;
    if (stat(listener->path, &status) < 0) {
        listener_finish(listener);
        return false;
    }
    if (listener->fd >= 0 && status.st_ino != listener->inode)
        listener_finish(listener);
    if (listener->fd < 0)
        return open_file(listener);
    if (status.st_size < listener->at)
        listener->at = 0;
    return true;
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void listener_poll(struct listener *listener, ear_fn fn, void *data)
{
    char block[BLOCK];
    if (!listener->path || !is_ready(listener))
        return;
    for (int i = 0; i < BLOCKS_MAX; i++) {
        ssize_t n = pread(listener->fd, block, sizeof block, listener->at);
        if (n <= 0)
            break;
        listener->at += n;
        ear_feed(&listener->ear, block, (size_t)n, fn, data);
    }
    ear_wait(&listener->ear, now_ns(), fn, data);
}
