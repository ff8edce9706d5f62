#include "drivers/screen/kms_api.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define STRIDE_ALIGN 64 /* bytes: a cache line, and what most scan-out engines want anyway */

static const struct {
    uint32_t fourcc, bytes;
} formats[PIXEL_FORMATS] = {
    [PIXEL_XRGB8888] = { DRM_FORMAT_XRGB8888, 4 },
    [PIXEL_RGB565] = { DRM_FORMAT_RGB565, 2 },
};

/* ---- connector and CRTC ---------------------------------------------------------------------- */

struct wire {
    char name[32];
    uint32_t id, crtc_id; /* 0: dark */
    uint32_t possible;    /* CRTCs, by index */
};

static void look_at_wire(int fd, const drmModeConnector *connector, struct wire *wire)
{
    *wire = (struct wire){ .id = connector->connector_id };
    kms_connector_name(connector, wire->name, sizeof(wire->name));
    for (int i = 0; i < connector->count_encoders; i++) {
        drmModeEncoder *encoder = drmModeGetEncoder(fd, connector->encoders[i]);

        if (encoder)
            wire->possible |= encoder->possible_crtcs;
        if (encoder && connector->encoder_id == encoder->encoder_id)
            wire->crtc_id = encoder->crtc_id;
        drmModeFreeEncoder(encoder);
    }
}

static unsigned look_at_wires(int fd, const drmModeRes *resources, struct wire *wires)
{
    unsigned count = 0;

    for (int i = 0; i < resources->count_connectors && count < KMS_CONNECTORS_MAX; i++) {
        drmModeConnector *connector = drmModeGetConnectorCurrent(fd, resources->connectors[i]);

        if (connector)
            look_at_wire(fd, connector, &wires[count++]);
        drmModeFreeConnector(connector);
    }
    return count;
}

static bool has_entered(const struct kms_card *card, uint32_t object)
{
    bool is_found = false;

    for (const struct kms_pipe *pipe = card->pipes; pipe && object; pipe = pipe->next)
        is_found |= pipe->connector_id == object || pipe->crtc_id == object || pipe->plane_id == object;
    return is_found;
}

static bool is_taken(struct kms_card *card, uint32_t object)
{
    pthread_mutex_lock(&card->lock);
    const bool answer = has_entered(card, object);

    pthread_mutex_unlock(&card->lock);
    return answer;
}

/* Low is good: best the CRTC that drives the connector already, worst one that shows something elsewhere; in between, the one
 * that fewest others could need. */
static unsigned cost(const struct wire *own, const struct wire *wires, unsigned count, unsigned index,
                     uint32_t crtc_id)
{
    unsigned sum = 1;

    if (own->crtc_id == crtc_id)
        return 0;
    for (unsigned i = 0; i < count; i++) {
        if (wires[i].id == own->id)
            continue;
        sum += wires[i].possible >> index & 1;
        sum += wires[i].crtc_id == crtc_id ? KMS_CONNECTORS_MAX : 0;
    }
    return sum;
}

static int choose_crtc(struct kms_pipe *pipe, const drmModeRes *resources, const struct wire *own,
                       const struct wire *wires, unsigned count)
{
    unsigned least = UINT32_MAX;

    for (unsigned i = 0; i < (unsigned)resources->count_crtcs && i < 32; i++) {
        const uint32_t id = resources->crtcs[i];

        if (!(own->possible >> i & 1) || is_taken(pipe->card, id) || cost(own, wires, count, i, id) >= least)
            continue;
        least = cost(own, wires, count, i, id);
        pipe->crtc_id = id;
        pipe->crtc_index = i;
    }
    return least == UINT32_MAX ? -ENOSPC : 0;
}

static int choose_path(struct kms_pipe *pipe, const drmModeRes *resources, const char *name)
{
    struct wire wires[KMS_CONNECTORS_MAX];
    const unsigned count = look_at_wires(pipe->card->fd, resources, wires);

    for (unsigned i = 0; i < count; i++) {
        if (strcmp(wires[i].name, name) != 0)
            continue;
        if (is_taken(pipe->card, wires[i].id))
            return -EBUSY;
        pipe->connector_id = wires[i].id;
        return choose_crtc(pipe, resources, &wires[i], wires, count);
    }
    return -ENODEV;
}

int kms_pipe_is_plugged(const struct kms_pipe *pipe)
{
    drmModeConnector *connector = drmModeGetConnectorCurrent(pipe->card->fd, pipe->connector_id);
    const int answer = connector ? connector->connection != DRM_MODE_DISCONNECTED : -ENODEV;

    drmModeFreeConnector(connector);
    return answer;
}

/* ---- planes ---------------------------------------------------------------------------------- */

static void read_formats(struct kms_pipe *pipe, const drmModePlane *plane)
{
    for (uint32_t i = 0; i < plane->count_formats; i++)
        for (unsigned f = 0; f < PIXEL_FORMATS; f++)
            pipe->has_format[f] |= plane->formats[i] == formats[f].fourcc;
}

static bool is_primary(int fd, uint32_t plane_id)
{
    uint64_t type = DRM_PLANE_TYPE_OVERLAY;

    return kms_property(fd, plane_id, DRM_MODE_OBJECT_PLANE, "type", &type) && type == DRM_PLANE_TYPE_PRIMARY;
}

static bool is_candidate(const struct kms_pipe *pipe, const drmModePlane *plane)
{
    return (plane->possible_crtcs >> pipe->crtc_index & 1) && !is_taken(pipe->card, plane->plane_id) &&
           is_primary(pipe->card->fd, plane->plane_id);
}

/* The one that is on the CRTC already, else the first that is free. */
static void choose_plane(struct kms_pipe *pipe)
{
    const int fd = pipe->card->fd;
    drmModePlaneRes *planes = drmModeGetPlaneResources(fd);

    for (uint32_t i = 0; planes && i < planes->count_planes; i++) {
        drmModePlane *plane = drmModeGetPlane(fd, planes->planes[i]);

        if (plane && is_candidate(pipe, plane) && (!pipe->plane_id || plane->crtc_id == pipe->crtc_id)) {
            memset(pipe->has_format, 0, sizeof(pipe->has_format));
            read_formats(pipe, plane);
            pipe->plane_id = plane->plane_id;
        }
        drmModeFreePlane(plane);
    }
    drmModeFreePlaneResources(planes);
}

/* A driver without planes of its own does not say its formats; all know these. */
static int find_plane(struct kms_pipe *pipe)
{
    choose_plane(pipe);
    if (pipe->plane_id == 0 && pipe->api == &kms_atomic)
        return -ENOSPC;
    if (!pipe->has_format[PIXEL_XRGB8888] && !pipe->has_format[PIXEL_RGB565])
        pipe->has_format[PIXEL_XRGB8888] = pipe->has_format[PIXEL_RGB565] = true;
    return 0;
}

void kms_pipe_survey_planes(struct kms_pipe *pipe)
{
    const int fd = pipe->card->fd;
    drmModePlaneRes *planes = drmModeGetPlaneResources(fd);

    pipe->nothers = 0;
    for (uint32_t i = 0; planes && i < planes->count_planes; i++) {
        drmModePlane *plane = drmModeGetPlane(fd, planes->planes[i]);

        if (plane && plane->crtc_id == pipe->crtc_id && plane->plane_id != pipe->plane_id &&
            pipe->nothers < KMS_PLANES_MAX)
            pipe->others[pipe->nothers++] = plane->plane_id;
        drmModeFreePlane(plane);
    }
    drmModeFreePlaneResources(planes);
}

void kms_pipe_survey_connectors(struct kms_pipe *pipe)
{
    struct wire wires[KMS_CONNECTORS_MAX];
    drmModeRes *resources = drmModeGetResources(pipe->card->fd);
    const unsigned count = resources ? look_at_wires(pipe->card->fd, resources, wires) : 0;

    pipe->nstrangers = 0;
    for (unsigned i = 0; i < count; i++)
        if (wires[i].crtc_id == pipe->crtc_id && wires[i].id != pipe->connector_id)
            pipe->strangers[pipe->nstrangers++] = wires[i].id;
    drmModeFreeResources(resources);
}

/* ---- buffers --------------------------------------------------------------------------------- */

/* The offsets of buffers are beyond 2 GiB, also where addresses have 32 bits. */
static int map_buffer(int fd, struct kms_buffer *buffer)
{
    uint64_t offset;

    if (drmModeMapDumbBuffer(fd, buffer->handle, &offset) < 0)
        return -errno;
    void *memory = mmap64(NULL, buffer->bytes, PROT_WRITE, MAP_SHARED, fd, (off64_t)offset);

    if (memory == MAP_FAILED)
        return -errno;
    buffer->pixels = memory;
    return 0;
}

/* Rows are made a little longer where the width would not give whole cache lines; the display sees the mode's width. */
static int create_buffer(int fd, const drmModeModeInfo *mode, uint8_t format, struct kms_buffer *buffer)
{
    const uint32_t pixel_bytes = formats[format].bytes, step = STRIDE_ALIGN / pixel_bytes;
    const uint32_t width = (mode->hdisplay + step - 1) / step * step;

    if (drmModeCreateDumbBuffer(fd, width, mode->vdisplay, pixel_bytes * 8, 0, &buffer->handle,
                                &buffer->pitch, &buffer->bytes) < 0)
        return -errno;
    const uint32_t handles[4] = { buffer->handle }, pitches[4] = { buffer->pitch }, offsets[4] = { 0 };

    if (drmModeAddFB2(fd, mode->hdisplay, mode->vdisplay, formats[format].fourcc, handles, pitches, offsets,
                      &buffer->fb_id, 0) < 0)
        return -errno;
    return map_buffer(fd, buffer);
}

static void free_buffer(int fd, struct kms_buffer *buffer)
{
    if (buffer->pixels)
        munmap(buffer->pixels, buffer->bytes);
    if (buffer->reader)
        munmap((void *)(uintptr_t)buffer->reader, buffer->bytes);
    if (buffer->fb_id)
        drmModeRmFB(fd, buffer->fb_id);
    if (buffer->handle)
        drmModeDestroyDumbBuffer(fd, buffer->handle);
    *buffer = (struct kms_buffer){ .handle = 0 };
}

void kms_pipe_free_buffers(struct kms_pipe *pipe)
{
    for (unsigned i = 0; i < 2; i++)
        free_buffer(pipe->card->fd, &pipe->buffer[i]);
}

int kms_pipe_buffers(struct kms_pipe *pipe, const drmModeModeInfo *mode, uint8_t format)
{
    int status = create_buffer(pipe->card->fd, mode, format, &pipe->buffer[0]);

    if (status == 0)
        status = create_buffer(pipe->card->fd, mode, format, &pipe->buffer[1]);
    if (status < 0)
        kms_pipe_free_buffers(pipe);
    pipe->mode = *mode;
    pipe->format = format;
    return status;
}

const uint8_t *kms_pipe_reader(struct kms_pipe *pipe, unsigned index)
{
    struct kms_buffer *buffer = &pipe->buffer[index];
    uint64_t offset;

    if (!buffer->reader && drmModeMapDumbBuffer(pipe->card->fd, buffer->handle, &offset) == 0) {
        void *memory = mmap64(NULL, buffer->bytes, PROT_READ, MAP_SHARED, pipe->card->fd, (off64_t)offset);

        buffer->reader = memory == MAP_FAILED ? NULL : memory;
    }
    return buffer->reader;
}

/* ---- life ------------------------------------------------------------------------------------ */

/* False: another worker has chosen some of the same, and was faster. */
static bool enter(struct kms_pipe *pipe)
{
    struct kms_card *card = pipe->card;

    pthread_mutex_lock(&card->lock);
    const bool is_free = !has_entered(card, pipe->connector_id) && !has_entered(card, pipe->crtc_id) &&
                         !has_entered(card, pipe->plane_id);

    if (is_free) {
        pipe->next = card->pipes;
        card->pipes = pipe;
    }
    pthread_mutex_unlock(&card->lock);
    return is_free;
}

static void leave(struct kms_pipe *pipe)
{
    struct kms_card *card = pipe->card;

    pthread_mutex_lock(&card->lock);
    for (struct kms_pipe **at = &card->pipes; *at; at = &(*at)->next)
        if (*at == pipe) {
            *at = pipe->next;
            break;
        }
    pthread_mutex_unlock(&card->lock);
}

static int choose(struct kms_pipe *pipe, const char *connector)
{
    drmModeRes *resources = drmModeGetResources(pipe->card->fd);
    int status = resources ? choose_path(pipe, resources, connector) : -ENODEV;

    drmModeFreeResources(resources);
    if (status == 0)
        status = find_plane(pipe);
    if (status == 0)
        status = pipe->api->init(pipe);
    return status;
}

int kms_pipe_init(struct kms_pipe *pipe, struct kms_card *card, const char *connector, enum kms_calls calls)
{
    const struct kms_pipe fresh = {
        .card = card,
        .api = card->is_atomic && calls == KMS_AUTO ? &kms_atomic : &kms_legacy,
    };
    int status;

    do {
        *pipe = fresh;
        status = choose(pipe, connector);
    } while (status == 0 && !enter(pipe));
    return status;
}

void kms_pipe_finish(struct kms_pipe *pipe)
{
    if (!pipe->card)
        return;
    kms_pipe_free_buffers(pipe);
    leave(pipe);
}
