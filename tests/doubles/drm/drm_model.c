#include "tests/doubles/drm/drm_model.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <drm_fourcc.h>

#define NODES      "/dev/dri"
#define FILES      16
#define FDS        1024
#define MAPPINGS   64
#define REFRESH_HZ 60
#define NS         1000000000ull

struct drm_double drm_double;

static struct double_file files[FILES];
static struct double_file *file_of[FDS];
static void *mapping[MAPPINGS];
static char folder[40];
static pthread_mutex_t lock;
static pthread_cond_t has_moved = PTHREAD_COND_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_dup3(int from, int to, int flags);
int __wrap_dup3(int from, int to, int flags);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
ssize_t __real_readlink(const char *path, char *out, size_t size);
ssize_t __wrap_readlink(const char *path, char *out, size_t size);
void *__real_mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset);
void *__wrap_mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset);
int __real_munmap(void *address, size_t bytes);
int __wrap_munmap(void *address, size_t bytes);

/* ---- one at a time --------------------------------------------------------------------------- */

static void make_lock(void)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
}

int double_lock(void)
{
    pthread_once(&once, make_lock);
    return pthread_mutex_lock(&lock);
}

void double_unlock(int *locked)
{
    const int saved = errno;

    (void)locked;
    pthread_mutex_unlock(&lock);
    errno = saved;
}

void double_wait(void)
{
    pthread_cond_wait(&has_moved, &lock);
}

void double_move(void)
{
    pthread_cond_broadcast(&has_moved);
}

/* ---- scripting ------------------------------------------------------------------------------- */

static void remove_folder(void)
{
    for (unsigned i = 0; i < DOUBLE_CARDS; i++) {
        char path[80];

        snprintf(path, sizeof(path), "%s/card%u", folder, i);
        unlink(path);
    }
    rmdir(folder);
}

static void put_node(const struct double_card *card, bool is_there)
{
    char path[80];

    snprintf(path, sizeof(path), "%s/%s", folder, card->name);
    unlink(path);
    if (is_there)
        __real_close(__real_open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
}

const char *drm_double_folder(void)
{
    return folder;
}

void drm_double_reset(void)
{
    DOUBLE_LOCK;
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/kezek-dri-XXXXXX");
        if (!mkdtemp(folder))
            abort();
        atexit(remove_folder);
    }
    for (unsigned i = 0; i < drm_double.ncards; i++)
        put_node(&drm_double.card[i], false);
    for (unsigned c = 0; c < DOUBLE_CARDS; c++)
        for (unsigned i = 0; i < DOUBLE_BUFFERS; i++)
            if (drm_double.card[c].buffer[i].handle)
                __real_close(drm_double.card[c].buffer[i].memory);
    memset(&drm_double, 0, sizeof(drm_double));
    memset(files, 0, sizeof(files));
    memset(file_of, 0, sizeof(file_of));
    memset(mapping, 0, sizeof(mapping));
}

static void add_crtcs(struct double_card *card, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        card->crtc[i] = (struct double_crtc){ .id = 400 + i };
        card->plane[i] =
            (struct double_plane){ .id = 500 + i, .possible_crtcs = 1u << i, .type = DRM_PLANE_TYPE_PRIMARY };
    }
    card->ncrtcs = card->nplanes = count;
}

struct double_card *drm_double_add(const char *name, unsigned ncrtcs)
{
    DOUBLE_LOCK;
    struct double_card *card = &drm_double.card[drm_double.ncards++];

    memset(card, 0, sizeof(*card));
    snprintf(card->name, sizeof(card->name), "%s", name);
    strcpy(card->driver, "double");
    card->is_atomic = card->has_dumb = card->has_damage = card->has_link_status = true;
    card->formats[0] = DRM_FORMAT_XRGB8888;
    card->formats[1] = DRM_FORMAT_RGB565;
    card->nformats = 2;
    card->next_id = 1000;
    add_crtcs(card, ncrtcs);
    put_node(card, true);
    return card;
}

struct double_connector *drm_double_connector(struct double_card *card, uint32_t type, uint32_t type_id)
{
    DOUBLE_LOCK;
    struct double_connector *connector = &card->connector[card->nconnectors];

    *connector = (struct double_connector){ .id = 200 + card->nconnectors++,
                                            .type = type,
                                            .type_id = type_id,
                                            .connection = DRM_MODE_DISCONNECTED,
                                            .possible_crtcs = (1u << card->ncrtcs) - 1 };
    return connector;
}

/* The parts of a base block that say who it is (VESA E-EDID A2). */
static void write_edid(uint8_t edid[128], const char *model)
{
    static const uint8_t magic[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
    const unsigned maker = ('K' - '@') << 10 | ('Z' - '@') << 5 | ('K' - '@');
    uint8_t sum = 0;

    memset(edid, 0, 128);
    memcpy(edid, magic, sizeof(magic));
    edid[8] = (uint8_t)(maker >> 8);
    edid[9] = (uint8_t)maker;
    edid[54 + 3] = 0xfc;
    memset(edid + 54 + 5, ' ', 13);
    memcpy(edid + 54 + 5, model, strlen(model) < 13 ? strlen(model) : 13);
    for (unsigned i = 0; i < 127; i++)
        sum += edid[i];
    edid[127] = (uint8_t)-sum;
}

void drm_double_plug(struct double_connector *connector, const char *model, unsigned nmodes,
                     const drmModeModeInfo *modes)
{
    DOUBLE_LOCK;
    struct double_display *display = &connector->display;

    connector->connection = DRM_MODE_CONNECTED;
    *display = (struct double_display){ .nmodes = nmodes, .has_edid = model != NULL };
    for (unsigned i = 0; i < nmodes; i++) {
        display->mode[i] = modes[i];
        display->mode[i].type = DRM_MODE_TYPE_DRIVER | (i == 0 ? DRM_MODE_TYPE_PREFERRED : 0);
    }
    if (!model)
        return;
    display->width_mm = 1210;
    display->height_mm = 680;
    write_edid(display->edid, model);
}

void drm_double_unplug(struct double_connector *connector)
{
    DOUBLE_LOCK;
    connector->connection = DRM_MODE_DISCONNECTED;
    connector->display = (struct double_display){ .nmodes = 0 };
}

drmModeModeInfo drm_double_mode(uint16_t width, uint16_t height, unsigned refresh_hz)
{
    drmModeModeInfo mode = { .hdisplay = width,
                             .hsync_start = (uint16_t)(width + 40),
                             .hsync_end = (uint16_t)(width + 80),
                             .htotal = (uint16_t)(width + 200),
                             .vdisplay = height,
                             .vsync_start = (uint16_t)(height + 4),
                             .vsync_end = (uint16_t)(height + 8),
                             .vtotal = (uint16_t)(height + 50),
                             .vrefresh = refresh_hz,
                             .flags = DRM_MODE_FLAG_PHSYNC | DRM_MODE_FLAG_PVSYNC };

    mode.clock = (mode.htotal * mode.vtotal * refresh_hz + 500) / 1000;
    snprintf(mode.name, sizeof(mode.name), "%ux%u", width, height);
    return mode;
}

void drm_double_boot(struct double_card *card, struct double_connector *connector,
                     const drmModeModeInfo *mode)
{
    DOUBLE_LOCK;
    for (unsigned i = 0; i < card->ncrtcs; i++) {
        struct double_crtc *crtc = &card->crtc[i];

        if (crtc->is_active || !(connector->possible_crtcs >> i & 1))
            continue;
        crtc->is_active = crtc->has_mode = true;
        crtc->mode = *mode;
        connector->crtc_id = crtc->id;
        card->plane[i].crtc_id = crtc->id;
        card->plane[i].fb_id = 1; /* of the console: nobody's here */
        return;
    }
}

void drm_double_remove(struct double_card *card)
{
    DOUBLE_LOCK;
    card->is_removed = true;
    put_node(card, false);
}

void drm_double_return(struct double_card *card)
{
    DOUBLE_LOCK;
    card->is_removed = false;
    put_node(card, true);
}

void drm_double_fail(struct double_card *card, enum double_call call, int error, unsigned times)
{
    DOUBLE_LOCK;
    card->error[call] = error;
    card->nerrors[call] = times;
}

void drm_double_usurp(struct double_card *card, bool is_other)
{
    DOUBLE_LOCK;
    card->is_other_master = is_other;
    for (unsigned i = 0; is_other && i < FILES; i++)
        if (files[i].card == card)
            files[i].is_master = false;
}

int drm_double_open_files(void)
{
    DOUBLE_LOCK;
    return drm_double.nopen;
}

bool double_fails(struct double_card *card, enum double_call call)
{
    card->ncalls[call]++;
    if (card->nerrors[call] == 0)
        return false;
    card->nerrors[call]--;
    errno = card->error[call];
    return true;
}

/* ---- looking --------------------------------------------------------------------------------- */

#define FIND(list, count, wanted)                                                                            \
    for (unsigned i = 0; i < (count); i++)                                                                   \
        if ((list)[i].id == (wanted))                                                                        \
            return &(list)[i];                                                                               \
    return NULL

struct double_connector *double_connector(struct double_card *card, uint32_t id)
{
    FIND(card->connector, card->nconnectors, id);
}

struct double_crtc *double_crtc(struct double_card *card, uint32_t id)
{
    FIND(card->crtc, card->ncrtcs, id);
}

struct double_plane *double_plane(struct double_card *card, uint32_t id)
{
    FIND(card->plane, card->nplanes, id);
}

struct double_blob *double_blob(struct double_card *card, uint32_t id)
{
    if (id == 0)
        return NULL;
    FIND(card->blob, DOUBLE_BLOBS, id);
}

struct double_buffer *double_fb(struct double_card *card, uint32_t fb_id)
{
    for (unsigned i = 0; i < DOUBLE_BUFFERS; i++)
        if (fb_id && card->buffer[i].fb_id == fb_id)
            return &card->buffer[i];
    return NULL;
}

struct double_crtc *drm_double_crtc(struct double_card *card, const struct double_connector *connector)
{
    DOUBLE_LOCK;
    return connector->crtc_id ? double_crtc(card, connector->crtc_id) : NULL;
}

const struct double_buffer *drm_double_shown(struct double_card *card,
                                             const struct double_connector *connector)
{
    DOUBLE_LOCK;
    const struct double_crtc *crtc = drm_double_crtc(card, connector);

    for (unsigned i = 0; crtc && crtc->is_active && i < card->nplanes; i++)
        if (card->plane[i].crtc_id == crtc->id && card->plane[i].type == DRM_PLANE_TYPE_PRIMARY)
            return double_fb(card, card->plane[i].fb_id);
    return NULL;
}

uint8_t drm_double_byte(const struct double_buffer *buffer, size_t offset)
{
    uint8_t byte = 0;

    if (pread(buffer->memory, &byte, 1, (off_t)offset) != 1)
        abort();
    return byte;
}

bool double_same_mode(const drmModeModeInfo *a, const drmModeModeInfo *b)
{
    return a->clock == b->clock && a->hdisplay == b->hdisplay && a->hsync_start == b->hsync_start &&
           a->hsync_end == b->hsync_end && a->htotal == b->htotal && a->hskew == b->hskew &&
           a->vdisplay == b->vdisplay && a->vsync_start == b->vsync_start && a->vsync_end == b->vsync_end &&
           a->vtotal == b->vtotal && a->vscan == b->vscan && a->flags == b->flags;
}

/* ---- vblank ---------------------------------------------------------------------------------- */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS + (uint64_t)now.tv_nsec;
}

static uint64_t next_vblank_ns(void)
{
    const uint64_t now = now_ns(), second = now / NS, part = now % NS;

    return second * NS + ((part * REFRESH_HZ / NS + 1) * NS + REFRESH_HZ - 1) / REFRESH_HZ;
}

/* Flips whose vblank is over become events. */
static void settle(struct double_card *card)
{
    const uint64_t now = now_ns();

    for (unsigned i = 0; i < card->ncrtcs; i++) {
        struct double_crtc *crtc = &card->crtc[i];

        if (!crtc->is_flipping || crtc->is_hanging || crtc->due_ns > now)
            continue;
        crtc->is_flipping = false;
        if (crtc->wants_event && !card->is_lost_flip && card->nevents < DOUBLE_EVENTS)
            card->event[card->nevents++] = (struct double_event){ crtc->id, crtc->due_ns, crtc->user_data };
    }
}

static void arm(const struct double_file *file)
{
    const struct double_card *card = file->card;
    uint64_t first = card->nevents ? 1 : 0;

    for (unsigned i = 0; i < card->ncrtcs; i++)
        if (card->crtc[i].is_flipping && !card->crtc[i].is_hanging && card->crtc[i].wants_event &&
            !card->is_lost_flip && (first == 0 || card->crtc[i].due_ns < first))
            first = card->crtc[i].due_ns;
    const struct itimerspec at = { .it_value = { (time_t)(first / NS), (long)(first % NS) } };

    timerfd_settime(file->fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void double_queue_event(struct double_file *file, struct double_crtc *crtc, uint64_t user_data,
                        bool wants_event)
{
    crtc->is_flipping = true;
    crtc->wants_event = wants_event;
    crtc->due_ns = next_vblank_ns();
    crtc->user_data = user_data;
    arm(file);
}

void double_hasten_flips(struct double_file *file, uint32_t crtcs)
{
    for (unsigned i = 0; i < file->card->ncrtcs; i++)
        if (crtcs >> i & 1 && file->card->crtc[i].is_flipping)
            file->card->crtc[i].due_ns = now_ns();
    settle(file->card);
    arm(file);
}

bool double_is_flipping(struct double_file *file, const struct double_crtc *crtc)
{
    settle(file->card);
    return crtc->is_flipping;
}

/* One after the other, without the lock: handlers come back with new flips. */
int double_deliver(struct double_file *file, drmEventContextPtr context)
{
    struct double_event events[DOUBLE_EVENTS];
    uint64_t expirations;
    unsigned count;
    {
        DOUBLE_LOCK;
        if (read(file->fd, &expirations, sizeof(expirations)) < 0)
            return -1;
        settle(file->card);
        count = file->card->nevents;
        memcpy(events, file->card->event, sizeof(events));
        file->card->nevents = 0;
        arm(file);
    }
    for (unsigned i = 0; i < count; i++) {
        const uint64_t told_ns = events[i].at_ns - drm_double.early_ns;

        context->page_flip_handler2(file->fd, 0, (unsigned)(told_ns / NS), (unsigned)(told_ns % NS / 1000),
                                    events[i].crtc_id, (void *)(uintptr_t)events[i].user_data);
    }
    return 0;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static struct double_card *find_card(const char *path)
{
    const char *slash = strrchr(path, '/');

    for (unsigned i = 0; slash && i < drm_double.ncards; i++)
        if (!drm_double.card[i].is_removed && strcmp(drm_double.card[i].name, slash + 1) == 0)
            return &drm_double.card[i];
    errno = ENOENT;
    return NULL;
}

static bool has_master(const struct double_card *card)
{
    for (unsigned i = 0; i < FILES; i++)
        if (files[i].card == card && files[i].is_master)
            return true;
    return card->is_other_master;
}

static int open_card(struct double_card *card)
{
    struct double_file *file = files;

    if (double_fails(card, CALL_OPEN))
        return -1;
    while (file->card)
        file++;
    const int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (fd < 0 || fd >= FDS)
        return fd;
    *file = (struct double_file){ .card = card, .refs = 1, .fd = fd };
    file->is_master = file->was_master = !has_master(card);
    file_of[fd] = file;
    drm_double.nopen++;
    return fd;
}

int __wrap_open(const char *path, int flags, ...)
{
    va_list arguments;

    va_start(arguments, flags);
    const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;

    va_end(arguments);
    if (strncmp(path, NODES "/", strlen(NODES "/")) != 0)
        return __real_open(path, flags, mode);
    DOUBLE_LOCK;
    struct double_card *card = find_card(path);

    return card ? open_card(card) : -1;
}

/* What a closed file leaves is freed, as the kernel does, but stays counted. */
static void drop(struct double_file *file)
{
    if (--file->refs)
        return;
    drm_double.nopen--;
    *file = (struct double_file){ .card = NULL };
}

int __wrap_close(int fd)
{
    DOUBLE_LOCK;
    if (fd >= 0 && fd < FDS && file_of[fd]) {
        struct double_file *file = file_of[fd];

        file_of[fd] = NULL;
        for (int other = 0; file->refs > 1 && file->fd == fd && other < FDS; other++)
            if (file_of[other] == file)
                file->fd = other;
        drop(file);
    }
    return __real_close(fd);
}

int __wrap_dup3(int from, int to, int flags)
{
    DOUBLE_LOCK;
    const int fd = __real_dup3(from, to, flags);

    if (fd < 0 || from >= FDS || fd >= FDS)
        return fd;
    if (file_of[fd])
        drop(file_of[fd]);
    file_of[fd] = file_of[from];
    if (file_of[fd])
        file_of[fd]->refs++;
    return fd;
}

DIR *__wrap_opendir(const char *path)
{
    return __real_opendir(strcmp(path, NODES) == 0 ? folder : path);
}

ssize_t __wrap_readlink(const char *path, char *out, size_t size)
{
    char target[512], name[512];
    const ssize_t length = __real_readlink(path, target, sizeof(target) - 1);

    target[length > 0 ? length : 0] = '\0';
    if (length <= 0 || folder[0] == '\0' || strncmp(target, folder, strlen(folder)) != 0)
        return __real_readlink(path, out, size);
    snprintf(name, sizeof(name), NODES "%s", target + strlen(folder));
    const size_t bytes = strlen(name) < size ? strlen(name) : size;

    memcpy(out, name, bytes);
    return (ssize_t)bytes;
}

struct double_file *double_file(int fd)
{
    struct double_file *file = fd >= 0 && fd < FDS ? file_of[fd] : NULL;

    errno = file ? ENODEV : EBADF;
    return file && !file->card->is_removed ? file : NULL;
}

bool double_become_master(struct double_file *file)
{
    if (file->is_master)
        return true;
    if (file->card->is_unprivileged && !file->was_master) {
        errno = EACCES;
        return false;
    }
    if (has_master(file->card)) {
        errno = EBUSY;
        return false;
    }
    file->is_master = file->was_master = true;
    file->card->nmasters++;
    return true;
}

/* ---- mappings -------------------------------------------------------------------------------- */

static struct double_buffer *buffer_at(struct double_card *card, off64_t offset)
{
    for (unsigned i = 0; i < DOUBLE_BUFFERS; i++)
        if (card->buffer[i].handle && (off64_t)card->buffer[i].handle << 32 == offset)
            return &card->buffer[i];
    return NULL;
}

static void *map_buffer(struct double_file *file, size_t bytes, int protection, int flags, off64_t offset)
{
    struct double_buffer *buffer = buffer_at(file->card, offset);

    if (!buffer || bytes > buffer->bytes) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    if (double_fails(file->card, CALL_MAP))
        return MAP_FAILED;
    void *address = __real_mmap64(NULL, bytes, protection, flags, buffer->memory, 0);

    for (unsigned i = 0; address != MAP_FAILED && i < MAPPINGS; i++)
        if (!mapping[i]) {
            mapping[i] = address;
            drm_double.nmapped++;
            drm_double.nreadable += (protection & PROT_READ) != 0;
            break;
        }
    return address;
}

void *__wrap_mmap64(void *address, size_t bytes, int protection, int flags, int fd, off64_t offset)
{
    DOUBLE_LOCK;
    struct double_file *file = fd >= 0 && fd < FDS ? file_of[fd] : NULL;

    return file ? map_buffer(file, bytes, protection, flags, offset)
                : __real_mmap64(address, bytes, protection, flags, fd, offset);
}

int __wrap_munmap(void *address, size_t bytes)
{
    DOUBLE_LOCK;
    for (unsigned i = 0; i < MAPPINGS; i++)
        if (mapping[i] == address) {
            mapping[i] = NULL;
            drm_double.nmapped--;
        }
    return __real_munmap(address, bytes);
}
