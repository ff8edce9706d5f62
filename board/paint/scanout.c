#include "board/paint/scanout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void scanout_init(struct scanout *scanout)
{
    memset(scanout, 0, sizeof *scanout);
    pthread_mutex_init(&scanout->lock, NULL);
    pthread_cond_init(&scanout->left, NULL);
}

void scanout_finish(struct scanout *scanout)
{
    scanout_close(scanout);
    pthread_cond_destroy(&scanout->left);
    pthread_mutex_destroy(&scanout->lock);
}

void scanout_show(struct scanout *scanout, const struct screen_buffer *front, uint64_t picture)
{
    const bool is_open = __atomic_load_n(&scanout->is_open, __ATOMIC_RELAXED);
    __atomic_store_n(&scanout->picture, picture, __ATOMIC_RELAXED);
    if (is_open && __atomic_load_n(&scanout->pixels, __ATOMIC_RELAXED) == front->pixels)
        return;
    if (!is_open)
        scanout->buffer = *front; /* nobody has entered */
    __atomic_store_n(&scanout->pixels, front->pixels, __ATOMIC_RELAXED);
    __atomic_store_n(&scanout->flips, scanout->flips + 1, __ATOMIC_RELEASE);
    __atomic_store_n(&scanout->is_open, true, __ATOMIC_RELEASE);
    __sync_synchronize(); /* before any pixel of the other buffer; a fence that gcc takes under ThreadSanitizer */
}

bool scanout_is_read(struct scanout *scanout)
{
    return __atomic_load_n(&scanout->readers, __ATOMIC_RELAXED) > 0;
}

void scanout_close(struct scanout *scanout)
{
    pthread_mutex_lock(&scanout->lock);
    __atomic_store_n(&scanout->is_open, false, __ATOMIC_RELAXED);
    while (scanout->readers)
        pthread_cond_wait(&scanout->left, &scanout->lock);
    pthread_mutex_unlock(&scanout->lock);
}

int scanout_enter(struct scanout *scanout)
{
    if (!__atomic_load_n(&scanout->is_open, __ATOMIC_RELAXED))
        return -ENODEV;
    pthread_mutex_lock(&scanout->lock);
    __atomic_store_n(&scanout->readers, scanout->readers + 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&scanout->lock);
    return 0;
}

void scanout_leave(struct scanout *scanout)
{
    pthread_mutex_lock(&scanout->lock);
    __atomic_store_n(&scanout->readers, scanout->readers - 1, __ATOMIC_RELAXED);
    pthread_cond_signal(&scanout->left);
    pthread_mutex_unlock(&scanout->lock);
}

/* ---- copying --------------------------------------------------------------------------------- */
/* The painter may be writing there, if a flip has just come; then what is read here is thrown away. This is why
 * ThreadSanitizer must not see it. */
__attribute__((no_sanitize("thread"), noinline)) static void read_row(uint8_t *to, const uint8_t *from,
                                                                      size_t bytes)
{
    size_t i = 0;
    if (((uintptr_t)from | (uintptr_t)to) % sizeof(uint64_t) == 0)
        for (; i + sizeof(uint64_t) <= bytes; i += sizeof(uint64_t))
            *(uint64_t *)(to + i) = *(const volatile uint64_t *)(from + i);
    for (; i < bytes; i++)
        to[i] = *(const volatile uint8_t *)(from + i);
}

static bool has_changed(const struct scanout *scanout, uint64_t flips)
{
    return __atomic_load_n(&scanout->flips, __ATOMIC_RELAXED) != flips ||
           !__atomic_load_n(&scanout->is_open, __ATOMIC_RELAXED);
}

static bool try_copy(const struct scanout *scanout, const struct screen_buffer *copy, size_t rows,
                     uint64_t *picture)
{
    const uint64_t flips = __atomic_load_n(&scanout->flips, __ATOMIC_ACQUIRE);
    const uint8_t *pixels = __atomic_load_n(&scanout->pixels, __ATOMIC_RELAXED);
    *picture = __atomic_load_n(&scanout->picture, __ATOMIC_RELAXED);
    for (size_t row = 0; row < rows; row++) {
        if (has_changed(scanout, flips))
            return false;
        read_row(copy->pixels + row * copy->stride, pixels + row * copy->stride, copy->stride);
    }
    __sync_synchronize();
    return !has_changed(scanout, flips);
}

static int copy_pixels(const struct scanout *scanout, struct screen_buffer *copy, uint64_t *picture)
{
    const size_t rows = copy->rotation % 180 ? copy->width : copy->height;
    copy->pixels = malloc(rows * copy->stride);
    if (!copy->pixels)
        return -ENOMEM;
    for (int i = 0; i < SCANOUT_TRIES; i++)
        if (try_copy(scanout, copy, rows, picture))
            return 0;
    free(copy->pixels);
    return __atomic_load_n(&scanout->is_open, __ATOMIC_RELAXED) ? -EAGAIN : -ENODEV;
}

int scanout_copy(struct scanout *scanout, struct screen_buffer *copy, uint64_t *picture)
{
    struct screen_buffer result = scanout->buffer;
    int error = copy_pixels(scanout, &result, picture);
    scanout_leave(scanout);
    if (error == 0)
        *copy = result;
    return error;
}
