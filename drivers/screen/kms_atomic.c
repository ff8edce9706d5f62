#include "drivers/screen/kms_api.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* drmModeAtomicCommit() sorts and allocates for every frame; the ioctl takes plain arrays in any order. */
#define OPAQUE      0xffff
#define OBJECTS_MAX (6 + KMS_PLANES_MAX + KMS_CONNECTORS_MAX)
#define VALUES_MAX  (25 + 2 * KMS_PLANES_MAX + KMS_CONNECTORS_MAX)

struct request {
    unsigned nobjects, nvalues;
    uint32_t object[OBJECTS_MAX], count[OBJECTS_MAX], property[VALUES_MAX];
    uint64_t value[VALUES_MAX];
};

static void object(struct request *request, uint32_t id)
{
    request->object[request->nobjects] = id;
    request->count[request->nobjects++] = 0;
}

/* Of the object named last. What the driver does not have is left out. */
static void put(struct request *request, uint32_t property, uint64_t value)
{
    if (property == 0)
        return;
    request->property[request->nvalues] = property;
    request->value[request->nvalues++] = value;
    request->count[request->nobjects - 1]++;
}

static int commit(const struct kms_pipe *pipe, const struct request *request, uint32_t flags,
                  struct kms_ticket *ticket)
{
    struct drm_mode_atomic atomic = { .flags = flags | (ticket ? DRM_MODE_PAGE_FLIP_EVENT : 0),
                                      .count_objs = request->nobjects,
                                      .objs_ptr = (uintptr_t)request->object,
                                      .count_props_ptr = (uintptr_t)request->count,
                                      .props_ptr = (uintptr_t)request->property,
                                      .prop_values_ptr = (uintptr_t)request->value,
                                      .user_data = (uintptr_t)ticket };

    return drmIoctl(pipe->card->fd, DRM_IOCTL_MODE_ATOMIC, &atomic) == 0 ? 0 : -errno;
}

/* On a worker. Whoever waits in the kernel holds locks there, for which the flips of other screens may have to wait; so we
 * ask again and again instead, until the kernel has given up on a CRTC that hangs: then it takes the next commit, or nobody
 * but one who waits. A mode set of another screen that has drawn our CRTC in is over after one or two frames. Old drivers set modes
 * only for those who wait. */
static int commit_patiently(const struct kms_pipe *pipe, const struct request *request, uint32_t flags,
                            struct kms_ticket *ticket)
{
    int status = commit(pipe, request, flags | DRM_MODE_ATOMIC_NONBLOCK, ticket);

    for (unsigned waited_us = 0; status == -EBUSY && waited_us < KMS_GIVEN_UP_US; waited_us += KMS_FRAME_US) {
        usleep(KMS_FRAME_US);
        status = commit(pipe, request, flags | DRM_MODE_ATOMIC_NONBLOCK, ticket);
    }
    const bool is_old_driver = status == -EINVAL && flags & DRM_MODE_ATOMIC_ALLOW_MODESET;

    return status == -EBUSY || is_old_driver ? commit(pipe, request, flags, ticket) : status;
}

/* ---- properties ------------------------------------------------------------------------------ */

struct row {
    uint32_t object, type;
    const char *name;
    uint32_t *id;
    bool is_needed;
};

static void fill(const drmModePropertyRes *property, uint32_t object, const struct row *rows, size_t nrows)
{
    for (size_t i = 0; i < nrows; i++)
        if (rows[i].object == object && strcmp(rows[i].name, property->name) == 0)
            *rows[i].id = property->prop_id;
}

/* Each name costs two calls of the kernel, so each is asked for once. */
static void find(int fd, uint32_t object, uint32_t type, const struct row *rows, size_t nrows)
{
    drmModeObjectProperties *list = drmModeObjectGetProperties(fd, object, type);

    for (uint32_t i = 0; list && i < list->count_props; i++) {
        drmModePropertyRes *property = drmModeGetProperty(fd, list->props[i]);

        if (property)
            fill(property, object, rows, nrows);
        drmModeFreeProperty(property);
    }
    drmModeFreeObjectProperties(list);
}

static int atomic_init(struct kms_pipe *pipe)
{
    struct kms_properties *p = &pipe->property;
    const struct row rows[] = {
        { pipe->connector_id, DRM_MODE_OBJECT_CONNECTOR, "CRTC_ID", &p->connector_crtc, true },
        { pipe->connector_id, DRM_MODE_OBJECT_CONNECTOR, "link-status", &p->link_status, false },
        { pipe->crtc_id, DRM_MODE_OBJECT_CRTC, "ACTIVE", &p->crtc_active, true },
        { pipe->crtc_id, DRM_MODE_OBJECT_CRTC, "MODE_ID", &p->crtc_mode, true },
        { pipe->crtc_id, DRM_MODE_OBJECT_CRTC, "GAMMA_LUT", &p->gamma, false },
        { pipe->crtc_id, DRM_MODE_OBJECT_CRTC, "DEGAMMA_LUT", &p->degamma, false },
        { pipe->crtc_id, DRM_MODE_OBJECT_CRTC, "CTM", &p->colours, false },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "rotation", &p->rotation, false },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "alpha", &p->alpha, false },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_ID", &p->plane_crtc, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "FB_ID", &p->plane_fb, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "FB_DAMAGE_CLIPS", &p->damage_clips, false },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "SRC_X", &p->src_x, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "SRC_Y", &p->src_y, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "SRC_W", &p->src_w, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "SRC_H", &p->src_h, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_X", &p->crtc_x, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_Y", &p->crtc_y, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_W", &p->crtc_w, true },
        { pipe->plane_id, DRM_MODE_OBJECT_PLANE, "CRTC_H", &p->crtc_h, true },
    };
    const size_t nrows = sizeof(rows) / sizeof(rows[0]);

    for (size_t i = 0; i < nrows; i++)
        if (i == 0 || rows[i].object != rows[i - 1].object)
            find(pipe->card->fd, rows[i].object, rows[i].type, rows, nrows);
    for (size_t i = 0; i < nrows; i++)
        if (rows[i].is_needed && *rows[i].id == 0)
            return -ENODEV;
    return 0;
}

/* ---- set ------------------------------------------------------------------------------------- */

static void put_plane(struct request *request, const struct kms_pipe *pipe, unsigned buffer)
{
    const struct kms_properties *p = &pipe->property;
    const uint64_t width = pipe->mode.hdisplay, height = pipe->mode.vdisplay;

    object(request, pipe->plane_id);
    put(request, p->plane_crtc, pipe->crtc_id);
    put(request, p->plane_fb, pipe->buffer[buffer].fb_id);
    put(request, p->src_x, 0);
    put(request, p->src_y, 0);
    put(request, p->src_w, width << 16);
    put(request, p->src_h, height << 16);
    put(request, p->crtc_x, 0);
    put(request, p->crtc_y, 0);
    put(request, p->crtc_w, width);
    put(request, p->crtc_h, height);
    put(request, p->damage_clips, 0);
}

/* A night light, a turned or half-transparent desktop: the kernel keeps them for the next owner. */
static void put_colours_back(struct request *request, const struct kms_pipe *pipe)
{
    object(request, pipe->crtc_id);
    put(request, pipe->property.gamma, 0);
    put(request, pipe->property.degamma, 0);
    put(request, pipe->property.colours, 0);
    object(request, pipe->plane_id);
    put(request, pipe->property.rotation, DRM_MODE_ROTATE_0);
    put(request, pipe->property.alpha, OPAQUE);
}

/* Property ids are the driver's, the same for all objects of a kind. */
static void put_others_off(struct request *request, const struct kms_pipe *pipe)
{
    for (unsigned i = 0; i < pipe->nothers; i++) {
        object(request, pipe->others[i]);
        put(request, pipe->property.plane_crtc, 0);
        put(request, pipe->property.plane_fb, 0);
    }
    for (unsigned i = 0; i < pipe->nstrangers; i++) {
        object(request, pipe->strangers[i]);
        put(request, pipe->property.connector_crtc, 0);
    }
}

static void put_everything(struct request *request, const struct kms_pipe *pipe, uint32_t mode_blob,
                           unsigned buffer)
{
    *request = (struct request){ .nobjects = 0 };
    object(request, pipe->connector_id);
    put(request, pipe->property.connector_crtc, pipe->crtc_id);
    put(request, pipe->property.link_status, DRM_MODE_LINK_STATUS_GOOD);
    object(request, pipe->crtc_id);
    put(request, pipe->property.crtc_mode, mode_blob);
    put(request, pipe->property.crtc_active, 1);
    put_plane(request, pipe, buffer);
    put_colours_back(request, pipe);
    put_others_off(request, pipe);
}

static int atomic_test(struct kms_pipe *pipe)
{
    struct request request;
    uint32_t blob;

    if (drmModeCreatePropertyBlob(pipe->card->fd, &pipe->mode, sizeof(pipe->mode), &blob) < 0)
        return -errno;
    kms_pipe_survey_planes(pipe);
    kms_pipe_survey_connectors(pipe);
    put_everything(&request, pipe, blob, 0);
    const int status =
        commit(pipe, &request, DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);

    drmModeDestroyPropertyBlob(pipe->card->fd, blob);
    return status;
}

typedef int committer(const struct kms_pipe *pipe, const struct request *request, uint32_t flags,
                      struct kms_ticket *ticket);

static int commit_everything(struct kms_pipe *pipe, unsigned buffer, uint32_t flags,
                             struct kms_ticket *ticket, committer *how)
{
    struct request request;
    uint32_t blob;

    if (drmModeCreatePropertyBlob(pipe->card->fd, &pipe->mode, sizeof(pipe->mode), &blob) < 0)
        return -errno;
    put_everything(&request, pipe, blob, buffer);
    const int status = how(pipe, &request, flags, ticket);

    drmModeDestroyPropertyBlob(pipe->card->fd, blob);
    return status;
}

static int atomic_keep(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket)
{
    kms_pipe_survey_planes(pipe);
    pipe->nstrangers = 0;
    return commit_everything(pipe, buffer, DRM_MODE_ATOMIC_NONBLOCK, ticket, commit);
}

static int atomic_set(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket)
{
    const uint32_t flags = DRM_MODE_ATOMIC_ALLOW_MODESET;

    kms_pipe_survey_planes(pipe);
    kms_pipe_survey_connectors(pipe);
    const int status = commit_everything(pipe, buffer, flags, ticket, commit_patiently);

    pipe->had_mode_set |= status == 0;
    return status;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static int atomic_flip(struct kms_pipe *pipe, unsigned buffer, const struct drm_mode_rect *clips,
                       unsigned nclips, struct kms_ticket *ticket)
{
    struct request request = { 0 };
    uint32_t blob = 0;

    if (pipe->property.damage_clips && nclips &&
        drmModeCreatePropertyBlob(pipe->card->fd, clips, nclips * sizeof(*clips), &blob) < 0)
        blob = 0;
    object(&request, pipe->plane_id);
    put(&request, pipe->property.plane_fb, pipe->buffer[buffer].fb_id);
    put(&request, pipe->property.damage_clips, blob);
    const int status = commit(pipe, &request, DRM_MODE_ATOMIC_NONBLOCK, ticket);

    if (blob)
        drmModeDestroyPropertyBlob(pipe->card->fd, blob);
    return status;
}

static int atomic_power(struct kms_pipe *pipe, bool is_on)
{
    struct request request = { 0 };

    object(&request, pipe->crtc_id);
    put(&request, pipe->property.crtc_active, is_on);
    return commit_patiently(pipe, &request, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
}

static void put_plane_off(struct request *request, const struct kms_pipe *pipe)
{
    object(request, pipe->plane_id);
    put(request, pipe->property.plane_crtc, 0);
    put(request, pipe->property.plane_fb, 0);
}

static int atomic_stop(struct kms_pipe *pipe)
{
    struct request picture = { 0 }, everything = { 0 };

    put_plane_off(&picture, pipe);
    if (commit_patiently(pipe, &picture, 0, NULL) == 0)
        return 0;
    put_plane_off(&everything, pipe);
    object(&everything, pipe->connector_id);
    put(&everything, pipe->property.connector_crtc, 0);
    object(&everything, pipe->crtc_id);
    put(&everything, pipe->property.crtc_active, 0);
    put(&everything, pipe->property.crtc_mode, 0);
    return commit_patiently(pipe, &everything, DRM_MODE_ATOMIC_ALLOW_MODESET, NULL);
}

const struct kms_api kms_atomic = {
    .name = "atomic",
    .init = atomic_init,
    .test = atomic_test,
    .keep = atomic_keep,
    .set = atomic_set,
    .flip = atomic_flip,
    .power = atomic_power,
    .stop = atomic_stop,
};
