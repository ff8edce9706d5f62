#include "drivers/clock.h"
#include "drivers/screen/kms_api.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EDID_BYTES 128 /* of its first block; VESA E-EDID */
#define MODES_READ 256 /* of a connector, before the largest are kept */

/* ---- open ------------------------------------------------------------------------------------ */

static bool has_capability(int fd, uint64_t capability)
{
    uint64_t value = 0;

    return drmGetCap(fd, capability, &value) == 0 && value != 0;
}

static bool has_connectors(int fd)
{
    drmModeRes *resources = drmModeGetResources(fd);
    const bool has = resources && resources->count_connectors > 0 && resources->count_crtcs > 0;

    drmModeFreeResources(resources);
    return has;
}

/* Aspect ratios are asked for because the boot's mode has one: without it the kernel takes the same mode for another. */
static bool ask_for_abilities(int fd)
{
    drmSetClientCap(fd, DRM_CLIENT_CAP_UNIVERSAL_PLANES, 1);
    const bool is_atomic = drmSetClientCap(fd, DRM_CLIENT_CAP_ATOMIC, 1) == 0;

    drmSetClientCap(fd, DRM_CLIENT_CAP_ASPECT_RATIO, 1);
    return is_atomic;
}

/* Events are read without waiting. */
static int open_node(const char *node)
{
    const int fd = open(node, O_RDWR | O_CLOEXEC | O_NONBLOCK);

    return fd < 0 ? -errno : fd;
}

static void complain(int status, const char *node, char *error, size_t size)
{
    if (status == -EACCES || status == -EPERM)
        snprintf(error, size, "%s: permission denied; add the user to group video", node);
    else if (status == -ENODEV)
        snprintf(error, size, "%s: no display card: it has no connectors", node);
    else if (status == -ENOTSUP)
        snprintf(error, size,
                 "%s: its driver has no buffers that programs can paint into; use another kernel or driver",
                 node);
    else
        snprintf(error, size, "%s: %s", node, strerror(-status));
}

static void read_driver(struct kms_card *card)
{
    drmVersion *version = drmGetVersion(card->fd);

    if (version)
        snprintf(card->driver, sizeof(card->driver), "%.*s", version->name_len, version->name);
    drmFreeVersion(version);
}

/* Whoever opens the node while nobody is master, is; who was, may become it again without root. */
static void give_up(struct kms_card *card)
{
    card->is_refused = !drmIsMaster(card->fd);
    if (!card->is_refused)
        drmDropMaster(card->fd);
}

static int examine(struct kms_card *card)
{
    if (!has_connectors(card->fd))
        return -ENODEV;
    if (!has_capability(card->fd, DRM_CAP_DUMB_BUFFER))
        return -ENOTSUP;
    card->is_atomic = ask_for_abilities(card->fd);
    card->is_monotonic = has_capability(card->fd, DRM_CAP_TIMESTAMP_MONOTONIC);
    read_driver(card);
    return 0;
}

int kms_card_open(struct kms_card **result, const char *node, char *error, size_t error_size)
{
    const char *slash = strrchr(node, '/');
    struct kms_card *card = calloc(1, sizeof(*card));
    int status;

    if (!card) {
        complain(-ENOMEM, node, error, error_size);
        return -ENOMEM;
    }
    pthread_mutex_init(&card->lock, NULL);
    pthread_mutex_init(&card->ruling, NULL);
    card->holders = 1;
    snprintf(card->node, sizeof(card->node), "%s", node);
    snprintf(card->name, sizeof(card->name), "%s", slash ? slash + 1 : node);
    card->fd = open_node(node);
    status = card->fd < 0 ? card->fd : examine(card);
    if (status == 0) {
        give_up(card);
        *result = card;
        return 0;
    }
    complain(status, node, error, error_size);
    kms_card_close(card);
    return status;
}

struct kms_card *kms_card_hold(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    card->holders++;
    pthread_mutex_unlock(&card->lock);
    return card;
}

void kms_card_close(struct kms_card *card)
{
    if (!card)
        return;
    pthread_mutex_lock(&card->lock);
    const bool is_held = --card->holders > 0;

    pthread_mutex_unlock(&card->lock);
    if (is_held)
        return;
    if (card->fd >= 0)
        close(card->fd);
    pthread_mutex_destroy(&card->ruling);
    pthread_mutex_destroy(&card->lock);
    free(card);
}

int kms_card_fd(const struct kms_card *card)
{
    return card->fd;
}

bool kms_card_is_gone(const struct kms_card *card)
{
    uint64_t value;

    return drmGetCap(card->fd, DRM_CAP_DUMB_BUFFER, &value) < 0;
}

/* ---- DRM master ------------------------------------------------------------------------------ */

/* Without root only he who was master before may ask for it; but whoever opens the node while nobody is master, is. So a
 * card that was opened too early is opened again, as long as nothing of ours is in it. */
static bool open_again(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    const bool is_used = card->pipes;

    pthread_mutex_unlock(&card->lock);
    const int fd = is_used ? -1 : open_node(card->node);

    if (fd < 0)
        return false;
    const bool is_master = drmIsMaster(fd);

    if (is_master) {
        ask_for_abilities(fd);
        dup3(fd, card->fd, O_CLOEXEC);
    }
    close(fd);
    return is_master;
}

static bool become_master(struct kms_card *card)
{
    if (drmIsMaster(card->fd) || drmSetMaster(card->fd) == 0)
        return true;
    return (errno == EACCES || errno == EPERM) && open_again(card);
}

uint32_t kms_card_reign(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    const uint32_t reign = card->is_taken ? card->reign : 0;

    pthread_mutex_unlock(&card->lock);
    return reign;
}

uint32_t kms_card_want(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    card->is_wanted = true;
    pthread_mutex_unlock(&card->lock);
    return kms_card_reign(card);
}

/* What the kernel has answered, unless the loop has given the card away meanwhile. */
static bool enthrone(struct kms_card *card, bool is_master)
{
    pthread_mutex_lock(&card->lock);
    card->is_refused = !is_master;
    if (is_master && !card->is_wanted)
        drmDropMaster(card->fd);
    card->is_taken = is_master && card->is_wanted;
    card->reign += card->is_taken;
    const bool is_taken = card->is_taken;

    pthread_mutex_unlock(&card->lock);
    return is_taken;
}

int kms_card_take(struct kms_card *card)
{
    pthread_mutex_lock(&card->ruling);
    const bool is_taken = kms_card_reign(card) || enthrone(card, become_master(card));

    pthread_mutex_unlock(&card->ruling);
    return is_taken ? 0 : -EBUSY;
}

void kms_card_give(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    if (card->is_taken || card->is_borrowed)
        drmDropMaster(card->fd);
    card->is_wanted = card->is_taken = card->is_borrowed = false;
    pthread_mutex_unlock(&card->lock);
}

void kms_card_lost(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    card->is_taken = false;
    card->is_refused = true;
    pthread_mutex_unlock(&card->lock);
}

/* The kernel asks displays only for the master, and answers all others with what it knows already. */
static void borrow(struct kms_card *card)
{
    pthread_mutex_lock(&card->ruling);
    if (!kms_card_reign(card)) {
        const bool is_master = become_master(card);

        pthread_mutex_lock(&card->lock);
        card->is_borrowed = is_master;
        card->is_refused = !is_master;
        pthread_mutex_unlock(&card->lock);
    }
    pthread_mutex_unlock(&card->ruling);
}

static void give_back(struct kms_card *card)
{
    pthread_mutex_lock(&card->ruling);
    pthread_mutex_lock(&card->lock);
    if (card->is_borrowed && !card->is_taken)
        drmDropMaster(card->fd);
    card->is_borrowed = false;
    pthread_mutex_unlock(&card->lock);
    pthread_mutex_unlock(&card->ruling);
}

static bool is_refused(struct kms_card *card)
{
    pthread_mutex_lock(&card->lock);
    const bool answer = card->is_refused;

    pthread_mutex_unlock(&card->lock);
    return answer;
}

/* ---- who else is there ----------------------------------------------------------------------- */

static bool read_line(const char *path, char *out, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd < 0 ? -1 : read(fd, out, size - 1);

    if (fd >= 0)
        close(fd);
    out[length > 0 ? length : 0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    return length > 0;
}

static bool has_node_open(const char *process, const char *node)
{
    char folder[64], path[128], target[128];
    bool has = false;

    snprintf(folder, sizeof(folder), "/proc/%.16s/fd", process);
    DIR *dir = opendir(folder);

    for (struct dirent *entry; !has && dir && (entry = readdir(dir));) {
        snprintf(path, sizeof(path), "%s/%.16s", folder, entry->d_name);
        const ssize_t length = readlink(path, target, sizeof(target) - 1);

        target[length > 0 ? length : 0] = '\0';
        has = strcmp(target, node) == 0;
    }
    if (dir)
        closedir(dir);
    return has;
}

/* The session manager keeps the node open on behalf of another program, which says more. */
static bool is_keeper(const char *command)
{
    return strcmp(command, "systemd-logind") == 0 || strcmp(command, "seatd") == 0;
}

void kms_card_holder(const struct kms_card *card, char *out, size_t size)
{
    DIR *dir = opendir("/proc");

    out[0] = '\0';
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        char path[64], command[32];
        const long pid = strtol(entry->d_name, NULL, 10);

        if (pid <= 0 || pid == getpid() || !has_node_open(entry->d_name, card->node))
            continue;
        snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
        if (!read_line(path, command, sizeof(command)))
            continue;
        snprintf(out, size, "%s (pid %ld)", command, pid);
        if (!is_keeper(command))
            break;
    }
    if (dir)
        closedir(dir);
}

/* Others' processes can be looked into by root only. */
static void name_holder(const struct kms_card *card, char *out, size_t size)
{
    kms_card_holder(card, out, size);
    if (out[0] == '\0')
        snprintf(out, size, "another program");
}

/* ---- connectors ------------------------------------------------------------------------------ */

void kms_mode_from_drm(const drmModeModeInfo *mode, struct output_mode *out)
{
    *out = (struct output_mode){ .clock_khz = mode->clock,
                                 .width = mode->hdisplay,
                                 .hsync_start = mode->hsync_start,
                                 .hsync_end = mode->hsync_end,
                                 .htotal = mode->htotal,
                                 .hskew = mode->hskew,
                                 .height = mode->vdisplay,
                                 .vsync_start = mode->vsync_start,
                                 .vsync_end = mode->vsync_end,
                                 .vtotal = mode->vtotal,
                                 .vscan = mode->vscan,
                                 .flags = mode->flags,
                                 .is_preferred = mode->type & DRM_MODE_TYPE_PREFERRED };
    out->refresh_mhz = mode_refresh_mhz(out);
}

void kms_mode_to_drm(const struct output_mode *mode, drmModeModeInfo *out)
{
    *out = (drmModeModeInfo){ .clock = mode->clock_khz,
                              .hdisplay = mode->width,
                              .hsync_start = mode->hsync_start,
                              .hsync_end = mode->hsync_end,
                              .htotal = mode->htotal,
                              .hskew = mode->hskew,
                              .vdisplay = mode->height,
                              .vsync_start = mode->vsync_start,
                              .vsync_end = mode->vsync_end,
                              .vtotal = mode->vtotal,
                              .vscan = mode->vscan,
                              .vrefresh = (mode->refresh_mhz + 500) / 1000,
                              .flags = mode->flags };
    snprintf(out->name, sizeof(out->name), "%ux%u", mode->width, mode->height);
}

void kms_connector_name(const drmModeConnector *connector, char *out, size_t size)
{
    const char *type = drmModeGetConnectorTypeName(connector->connector_type);

    snprintf(out, size, "%s-%u", type ? type : "Unknown", connector->connector_type_id);
}

uint32_t kms_property(int fd, uint32_t object, uint32_t type, const char *name, uint64_t *value)
{
    drmModeObjectProperties *list = drmModeObjectGetProperties(fd, object, type);
    uint32_t id = 0;

    for (uint32_t i = 0; list && id == 0 && i < list->count_props; i++) {
        drmModePropertyRes *property = drmModeGetProperty(fd, list->props[i]);

        if (property && strcmp(property->name, name) == 0) {
            id = list->props[i];
            if (value)
                *value = list->prop_values[i];
        }
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(list);
    return id;
}

static void read_edid(int fd, uint32_t connector_id, struct output *output)
{
    static const uint8_t magic[8] = { 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00 };
    uint64_t blob_id = 0;

    if (!kms_property(fd, connector_id, DRM_MODE_OBJECT_CONNECTOR, "EDID", &blob_id) || blob_id == 0)
        return;
    drmModePropertyBlobRes *blob = drmModeGetPropertyBlob(fd, (uint32_t)blob_id);

    output->has_edid = blob && blob->length >= EDID_BYTES && memcmp(blob->data, magic, sizeof(magic)) == 0;
    if (output->has_edid)
        monitor_name(blob->data, blob->length, output->monitor, sizeof(output->monitor));
    drmModeFreePropertyBlob(blob);
}

static int larger_first(const void *left, const void *right)
{
    const struct output_mode *a = left, *b = right;
    const uint32_t a_pixels = (uint32_t)a->width * a->height, b_pixels = (uint32_t)b->width * b->height;

    if (a_pixels != b_pixels)
        return a_pixels < b_pixels ? 1 : -1;
    return (a->refresh_mhz < b->refresh_mhz) - (a->refresh_mhz > b->refresh_mhz);
}

static void read_modes(const drmModeConnector *connector, struct output *output)
{
    struct output_mode all[MODES_READ];
    unsigned count = 0;

    for (int i = 0; i < connector->count_modes && count < MODES_READ; i++)
        kms_mode_from_drm(&connector->modes[i], &all[count++]);
    qsort(all, count, sizeof(all[0]), larger_first);
    output->nmodes = (uint16_t)(count < OUTPUT_MODES_MAX ? count : OUTPUT_MODES_MAX);
    memcpy(output->mode, all, output->nmodes * sizeof(all[0]));
}

static void read_current(int fd, uint32_t encoder_id, struct output *output)
{
    drmModeEncoder *encoder = encoder_id ? drmModeGetEncoder(fd, encoder_id) : NULL;
    drmModeCrtc *crtc = encoder && encoder->crtc_id ? drmModeGetCrtc(fd, encoder->crtc_id) : NULL;

    if (crtc && crtc->mode_valid)
        kms_mode_from_drm(&crtc->mode, &output->current);
    drmModeFreeCrtc(crtc);
    drmModeFreeEncoder(encoder);
}

static enum output_state state_of(const drmModeConnector *connector)
{
    if (connector->count_modes > 0 && connector->connection != DRM_MODE_DISCONNECTED)
        return OUTPUT_PLUGGED;
    return connector->connection == DRM_MODE_CONNECTED ? OUTPUT_WAKING : OUTPUT_UNPLUGGED;
}

static void read_connector(const struct kms_card *card, const drmModeConnector *connector,
                           struct output *output)
{
    memset(output, 0, sizeof(*output));
    kms_connector_name(connector, output->name, sizeof(output->name));
    memcpy(output->card, card->name, sizeof(output->card));
    memcpy(output->driver, card->driver, sizeof(output->driver));
    output->state = state_of(connector);
    read_current(card->fd, connector->encoder_id, output);
    if (output->state == OUTPUT_UNPLUGGED)
        return;
    output->width_mm = (uint16_t)connector->mmWidth;
    output->height_mm = (uint16_t)connector->mmHeight;
    read_modes(connector, output);
    read_edid(card->fd, connector->connector_id, output);
}

/* For those who must not ask the kernel: a probe that is under way would make them wait. */
static void remember(struct kms_card *card, unsigned index, const char *name, uint32_t id)
{
    if (index >= KMS_CONNECTORS_MAX)
        return;
    pthread_mutex_lock(&card->lock);
    card->connector[index].id = id;
    snprintf(card->connector[index].name, sizeof(card->connector[index].name), "%s", name);
    pthread_mutex_unlock(&card->lock);
}

uint32_t kms_card_connector(const struct kms_card *card, const char *output)
{
    pthread_mutex_t *lock = (pthread_mutex_t *)(uintptr_t)&card->lock;
    uint32_t id = 0;

    pthread_mutex_lock(lock);
    for (unsigned i = 0; i < KMS_CONNECTORS_MAX; i++)
        if (strcmp(card->connector[i].name, output) == 0)
            id = card->connector[i].id;
    pthread_mutex_unlock(lock);
    return id;
}

static unsigned read_connectors(struct kms_card *card, const drmModeRes *resources, bool is_probe,
                                struct output *list, unsigned max)
{
    unsigned count = 0;

    for (int i = 0; i < resources->count_connectors && count < max; i++) {
        const uint32_t id = resources->connectors[i];
        drmModeConnector *connector =
            is_probe ? drmModeGetConnector(card->fd, id) : drmModeGetConnectorCurrent(card->fd, id);

        if (connector) {
            read_connector(card, connector, &list[count]);
            remember(card, count, list[count].name, id);
            count++;
        }
        drmModeFreeConnector(connector);
    }
    return count;
}

int kms_card_read(struct kms_card *card, bool is_probe, struct output *list, unsigned max)
{
    char holder[sizeof(list->held_by)] = "";
    unsigned count;

    if (is_probe)
        borrow(card);
    drmModeRes *resources = drmModeGetResources(card->fd);

    count = resources ? read_connectors(card, resources, is_probe, list, max) : 0;
    const int status = resources ? (int)count : -ENODEV;

    drmModeFreeResources(resources);
    if (is_probe)
        give_back(card);
    if (is_refused(card))
        name_holder(card, holder, sizeof(holder));
    for (unsigned i = 0; i < count; i++)
        memcpy(list[i].held_by, holder, sizeof(holder));
    return status;
}

/* ---- page-flip events ------------------------------------------------------------------------ */

void kms_card_return(struct kms_ticket *ticket)
{
    *ticket = (struct kms_ticket){ .pipe = NULL };
}

void kms_card_ignore(struct kms_card *card, const struct kms_pipe *pipe)
{
    for (unsigned i = 0; i < KMS_TICKETS_MAX; i++)
        if (card->ticket[i].pipe == pipe)
            card->ticket[i].pipe = NULL;
}

/* A ticket whose event never came is used again only when there is no other. */
struct kms_ticket *kms_card_ticket(struct kms_card *card, struct kms_pipe *pipe)
{
    struct kms_ticket *ticket = NULL;

    for (unsigned i = 0; i < KMS_TICKETS_MAX; i++) {
        struct kms_ticket *other = &card->ticket[i];

        if (!other->is_pending) {
            ticket = other;
            break;
        }
        if (!other->pipe)
            ticket = other;
    }
    if (!ticket)
        ticket = &card->ticket[0];
    *ticket = (struct kms_ticket){ .pipe = pipe, .is_pending = true };
    return ticket;
}

static void page_flipped(int fd, unsigned sequence, unsigned tv_sec, unsigned tv_usec, unsigned crtc_id,
                         void *user_data)
{
    struct kms_ticket *ticket = user_data;
    struct kms_pipe *pipe = ticket->pipe;

    (void)fd;
    (void)sequence;
    if (pipe && crtc_id &&
        crtc_id != pipe->crtc_id) /* the one that our connector has left; 0: Linux before 4.12 */
        return;
    kms_card_return(ticket);
    if (pipe)
        pipe->flipped(pipe->data,
                      pipe->card->is_monotonic ? tv_sec * INT64_C(1000000) + tv_usec : monotonic_us());
}

void kms_card_dispatch(struct kms_card *card)
{
    drmEventContext context = { .version = 3, .page_flip_handler2 = page_flipped };

    drmHandleEvent(card->fd, &context);
}

/* ---- modes that do not work ------------------------------------------------------------------ */

bool kms_card_is_refused(struct kms_card *card, uint32_t connector_id, uint32_t version,
                         const struct output_mode *mode)
{
    bool is_found = false;

    pthread_mutex_lock(&card->lock);
    for (unsigned i = 0; i < KMS_REFUSED_MAX && i < card->nrefused; i++) {
        const struct kms_refused *refused = &card->refused[i];

        is_found |= refused->connector_id == connector_id && refused->version == version &&
                    mode_is_same(&refused->mode, mode);
    }
    pthread_mutex_unlock(&card->lock);
    return is_found;
}

void kms_card_refuse(struct kms_card *card, uint32_t connector_id, uint32_t version,
                     const struct output_mode *mode)
{
    pthread_mutex_lock(&card->lock);
    card->refused[card->nrefused++ % KMS_REFUSED_MAX] =
        (struct kms_refused){ .connector_id = connector_id, .version = version, .mode = *mode };
    pthread_mutex_unlock(&card->lock);
}

void kms_card_forgive(struct kms_card *card, uint32_t connector_id)
{
    pthread_mutex_lock(&card->lock);
    for (unsigned i = 0; i < KMS_REFUSED_MAX; i++)
        if (card->refused[i].connector_id == connector_id)
            card->refused[i].connector_id = 0;
    pthread_mutex_unlock(&card->lock);
}
