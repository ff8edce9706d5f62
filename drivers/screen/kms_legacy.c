#include "drivers/screen/kms_api.h"

#include <errno.h>
#include <unistd.h>

#define PATIENCE 3 /* frames */

/* For drivers without atomic mode setting, and screens whose hall file asks for it (screen.h). */

static int legacy_init(struct kms_pipe *pipe)
{
    pipe->property.dpms =
        kms_property(pipe->card->fd, pipe->connector_id, DRM_MODE_OBJECT_CONNECTOR, "DPMS", NULL);
    return 0;
}

static int legacy_test(struct kms_pipe *pipe)
{
    (void)pipe;
    return 0;
}

static int ask_for_flip(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket)
{
    return drmModePageFlip(pipe->card->fd, pipe->crtc_id, pipe->buffer[buffer].fb_id,
                           DRM_MODE_PAGE_FLIP_EVENT, ticket) == 0
               ? 0
               : -errno;
}

static int legacy_power(struct kms_pipe *pipe, bool is_on)
{
    if (!pipe->property.dpms)
        return is_on ? 0 : -ENOTSUP;
    return drmModeConnectorSetProperty(pipe->card->fd, pipe->connector_id, pipe->property.dpms,
                                       is_on ? DRM_MODE_DPMS_ON : DRM_MODE_DPMS_OFF) < 0
               ? -errno
               : 0;
}

static void others_off(struct kms_pipe *pipe)
{
    kms_pipe_survey_planes(pipe);
    for (unsigned i = 0; i < pipe->nothers; i++)
        drmModeSetPlane(pipe->card->fd, pipe->others[i], pipe->crtc_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    drmModeSetCursor(pipe->card->fd, pipe->crtc_id, 0, 0, 0);
}

/* The set may still be on its way to the display. */
static int ask_patiently(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket)
{
    int status = ask_for_flip(pipe, buffer, ticket);

    for (unsigned i = 0; status == -EBUSY && i < PATIENCE; i++) {
        usleep(KMS_FRAME_US);
        status = ask_for_flip(pipe, buffer, ticket);
    }
    return status;
}

static bool runs_mode(const struct kms_pipe *pipe)
{
    drmModeCrtc *crtc = drmModeGetCrtc(pipe->card->fd, pipe->crtc_id);
    struct output_mode wanted, current = { .width = 0 };

    kms_mode_from_drm(&pipe->mode, &wanted);
    if (crtc && crtc->mode_valid)
        kms_mode_from_drm(&crtc->mode, &current);
    drmModeFreeCrtc(crtc);
    return mode_is_same(&wanted, &current);
}

static int legacy_keep(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket)
{
    (void)pipe, (void)buffer, (void)ticket;
    return -EINVAL;
}

/* Setting a CRTC sends no event, so the same buffer is flipped to: its event tells that the picture is there. The kernel
 * sets no mode if the CRTC runs it already. */
static int legacy_set(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket)
{
    const bool is_running = runs_mode(pipe);

    if (drmModeSetCrtc(pipe->card->fd, pipe->crtc_id, pipe->buffer[buffer].fb_id, 0, 0, &pipe->connector_id,
                       1, &pipe->mode) < 0)
        return -errno;
    pipe->had_mode_set |= !is_running;
    others_off(pipe);
    legacy_power(pipe, true);
    return ticket ? ask_patiently(pipe, buffer, ticket) : 0;
}

static int legacy_flip(struct kms_pipe *pipe, unsigned buffer, const struct drm_mode_rect *clips,
                       unsigned nclips, struct kms_ticket *ticket)
{
    (void)clips;
    (void)nclips;
    return ask_for_flip(pipe, buffer, ticket);
}

static int legacy_stop(struct kms_pipe *pipe)
{
    return drmModeSetCrtc(pipe->card->fd, pipe->crtc_id, 0, 0, 0, NULL, 0, NULL) < 0 ? -errno : 0;
}

const struct kms_api kms_legacy = {
    .name = "legacy",
    .init = legacy_init,
    .test = legacy_test,
    .keep = legacy_keep,
    .set = legacy_set,
    .flip = legacy_flip,
    .power = legacy_power,
    .stop = legacy_stop,
};
