#include "tests/doubles/drm/drm_model.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a commit would make of a card. Kept apart until all of it was found right. */
struct draft {
    struct double_card *card;
    uint32_t flags;
    struct double_connector connector[DOUBLE_CONNECTORS];
    struct double_crtc crtc[DOUBLE_CRTCS];
    struct double_plane plane[DOUBLE_PLANES];
    uint32_t touched, planes; /* CRTCs, planes, by index */
    bool needs_modeset, is_relinked;
};

/* ---- properties ------------------------------------------------------------------------------ */

static void touch(struct draft *draft, uint32_t crtc_id)
{
    for (unsigned i = 0; i < draft->card->ncrtcs; i++)
        if (draft->crtc[i].id == crtc_id)
            draft->touched |= 1u << i;
}

static int put_connector(struct draft *draft, struct double_connector *connector, uint32_t property,
                         uint64_t value)
{
    touch(draft, connector->crtc_id);
    switch (property) {
    case PROP_CRTC_ID:
        connector->crtc_id = (uint32_t)value;
        touch(draft, connector->crtc_id);
        return value && !double_crtc(draft->card, (uint32_t)value) ? -ENOENT : 0;
    case PROP_LINK:
        if (!draft->card->has_link_status)
            return -ENOENT;
        draft->is_relinked |= connector->is_link_bad && value == DRM_MODE_LINK_STATUS_GOOD;
        connector->is_link_bad = connector->is_link_bad && value != DRM_MODE_LINK_STATUS_GOOD;
        return 0;
    default: return -ENOENT;
    }
}

static int put_mode(struct draft *draft, struct double_crtc *crtc, uint32_t blob_id)
{
    const struct double_blob *blob = double_blob(draft->card, blob_id);

    crtc->has_mode = blob_id != 0;
    if (blob_id == 0)
        return 0;
    if (!blob || blob->bytes != sizeof(crtc->mode))
        return -EINVAL;
    memcpy(&crtc->mode, blob->data, sizeof(crtc->mode));
    return 0;
}

static int put_crtc(struct draft *draft, struct double_crtc *crtc, uint32_t property, uint64_t value)
{
    touch(draft, crtc->id);
    switch (property) {
    case PROP_ACTIVE: crtc->is_active = value; return value > 1 ? -EINVAL : 0;
    case PROP_GAMMA: crtc->gamma_blob = (uint32_t)value; return 0;
    case PROP_MODE_ID: return put_mode(draft, crtc, (uint32_t)value);
    default: return -ENOENT;
    }
}

static int put_clips(struct draft *draft, struct double_plane *plane, uint32_t blob_id)
{
    const struct double_blob *blob = double_blob(draft->card, blob_id);

    if (!draft->card->has_damage || (blob_id && !blob))
        return -ENOENT;
    plane->nclips = blob ? (unsigned)(blob->bytes / sizeof(plane->clip[0])) : 0;
    if (blob)
        memcpy(plane->clip, blob->data, blob->bytes);
    return 0;
}

static int put_plane(struct draft *draft, struct double_plane *plane, uint32_t property, uint64_t value)
{
    touch(draft, plane->crtc_id);
    switch (property) {
    case PROP_CRTC_ID: plane->crtc_id = (uint32_t)value; break;
    case PROP_FB_ID:
        plane->fb_id = (uint32_t)value;
        return value && !double_fb(draft->card, (uint32_t)value) ? -EINVAL : 0;
    case PROP_SRC_X: plane->src_x = value; break;
    case PROP_SRC_Y: plane->src_y = value; break;
    case PROP_SRC_W: plane->src_w = value; break;
    case PROP_SRC_H: plane->src_h = value; break;
    case PROP_CRTC_X: plane->crtc_x = value; break;
    case PROP_CRTC_Y: plane->crtc_y = value; break;
    case PROP_CRTC_W: plane->crtc_w = value; break;
    case PROP_CRTC_H: plane->crtc_h = value; break;
    case PROP_ROTATION: plane->rotation = value; break;
    case PROP_ALPHA: plane->alpha = value; break;
    case PROP_CLIPS: return put_clips(draft, plane, (uint32_t)value);
    default: return -ENOENT;
    }
    touch(draft, plane->crtc_id);
    return 0;
}

static int put(struct draft *draft, uint32_t object, uint32_t property, uint64_t value)
{
    for (unsigned i = 0; i < draft->card->nconnectors; i++)
        if (draft->connector[i].id == object)
            return put_connector(draft, &draft->connector[i], property, value);
    for (unsigned i = 0; i < draft->card->ncrtcs; i++)
        if (draft->crtc[i].id == object)
            return put_crtc(draft, &draft->crtc[i], property, value);
    for (unsigned i = 0; i < draft->card->nplanes; i++)
        if (draft->plane[i].id == object) {
            if (!(draft->planes >> i & 1))
                draft->plane[i].nclips = 0; /* damage is of one commit */
            draft->planes |= 1u << i;
            return put_plane(draft, &draft->plane[i], property, value);
        }
    return -ENOENT;
}

static int put_all(struct draft *draft, const struct drm_mode_atomic *atomic)
{
    const uint32_t *object = (const uint32_t *)(uintptr_t)atomic->objs_ptr;
    const uint32_t *count = (const uint32_t *)(uintptr_t)atomic->count_props_ptr;
    const uint32_t *property = (const uint32_t *)(uintptr_t)atomic->props_ptr;
    const uint64_t *value = (const uint64_t *)(uintptr_t)atomic->prop_values_ptr;
    int status = 0;

    for (uint32_t i = 0; i < atomic->count_objs; i++)
        for (uint32_t n = 0; n < count[i] && status == 0; n++)
            status = put(draft, object[i], *property++, *value++);
    return status;
}

/* ---- what the kernel checks ------------------------------------------------------------------ */

static bool has_format(const struct double_card *card, uint32_t fourcc)
{
    for (unsigned i = 0; i < card->nformats; i++)
        if (card->formats[i] == fourcc)
            return true;
    return false;
}

static int check_clips(const struct double_plane *plane, const struct double_buffer *buffer)
{
    for (unsigned i = 0; i < plane->nclips; i++) {
        const struct drm_mode_rect *clip = &plane->clip[i];

        if (clip->x1 < 0 || clip->y1 < 0 || clip->x1 >= clip->x2 || clip->y1 >= clip->y2 ||
            clip->x2 > (int32_t)buffer->fb_width || clip->y2 > (int32_t)buffer->fb_height)
            return -EINVAL;
    }
    return 0;
}

static int check_plane(const struct draft *draft, const struct double_plane *plane)
{
    const struct double_buffer *buffer = double_fb(draft->card, plane->fb_id);
    unsigned index = 0;

    if ((plane->crtc_id == 0) != (plane->fb_id == 0))
        return -EINVAL;
    if (!buffer) /* dark, or the console's */
        return 0;
    while (draft->crtc[index].id != plane->crtc_id)
        index++;
    if (!(plane->possible_crtcs >> index & 1) || !has_format(draft->card, buffer->fourcc))
        return -EINVAL;
    if (plane->src_x + plane->src_w > (uint64_t)buffer->fb_width << 16 ||
        plane->src_y + plane->src_h > (uint64_t)buffer->fb_height << 16)
        return -ENOSPC;
    if (plane->crtc_w != draft->crtc[index].mode.hdisplay ||
        plane->crtc_h != draft->crtc[index].mode.vdisplay)
        return -EINVAL;
    return check_clips(plane, buffer);
}

static unsigned count_connectors(const struct draft *draft, uint32_t crtc_id)
{
    unsigned count = 0;

    for (unsigned i = 0; i < draft->card->nconnectors; i++)
        count += draft->connector[i].crtc_id == crtc_id;
    return count;
}

static bool has_picture(const struct draft *draft, uint32_t crtc_id)
{
    for (unsigned i = 0; i < draft->card->nplanes; i++)
        if (draft->plane[i].crtc_id == crtc_id && draft->plane[i].type == DRM_PLANE_TYPE_PRIMARY)
            return true;
    return false;
}

static int check_crtc(const struct draft *draft, const struct double_crtc *crtc)
{
    const bool is_test = draft->flags & DRM_MODE_ATOMIC_TEST_ONLY;
    const uint32_t widest = is_test ? draft->card->test_max_width : draft->card->commit_max_width;

    if (crtc->is_active && !crtc->has_mode)
        return -EINVAL;
    if (crtc->has_mode != (count_connectors(draft, crtc->id) > 0))
        return -EINVAL;
    if (crtc->is_active && count_connectors(draft, crtc->id) > 1)
        return -EINVAL;
    if (crtc->has_mode && widest && crtc->mode.hdisplay > widest)
        return -ENOSPC;
    if (draft->card->needs_plane && crtc->is_active && !has_picture(draft, crtc->id))
        return -EINVAL;
    return 0;
}

static bool is_mode_set(const struct draft *draft)
{
    const struct double_card *card = draft->card;
    bool is_set = draft->is_relinked;

    for (unsigned i = 0; i < card->nconnectors; i++)
        is_set |= card->connector[i].crtc_id != draft->connector[i].crtc_id;
    for (unsigned i = 0; i < card->ncrtcs; i++) {
        const struct double_crtc *old = &card->crtc[i], *new = &draft->crtc[i];

        is_set |= old->is_active != new->is_active || old->has_mode != new->has_mode ||
                  (new->has_mode && !double_same_mode(&old->mode, &new->mode));
    }
    return is_set;
}

static int check(struct draft *draft)
{
    int status = 0;

    draft->needs_modeset = is_mode_set(draft);
    if (draft->needs_modeset && !(draft->flags & DRM_MODE_ATOMIC_ALLOW_MODESET))
        return -EINVAL;
    for (unsigned i = 0; i < draft->card->nplanes && status == 0; i++)
        status = check_plane(draft, &draft->plane[i]);
    for (unsigned i = 0; i < draft->card->ncrtcs && status == 0; i++)
        if (draft->touched >> i & 1)
            status = check_crtc(draft, &draft->crtc[i]);
    return status;
}

/* ---- commit ---------------------------------------------------------------------------------- */

static int wait_for_flips(struct double_file *file, const struct draft *draft)
{
    bool is_flipping = false;

    for (unsigned i = 0; i < draft->card->ncrtcs; i++)
        if (draft->touched >> i & 1)
            is_flipping |= double_is_flipping(file, &draft->card->crtc[i]);
    if (is_flipping && draft->flags & DRM_MODE_ATOMIC_NONBLOCK)
        return -EBUSY;
    draft->card->nblocking += !(draft->flags & DRM_MODE_ATOMIC_NONBLOCK);
    if (is_flipping && double_finish_flips(file, draft->touched, CALL_BLOCKING))
        return -ERESTART; /* the draft is not true any more */
    return 0;
}

static void count(struct draft *draft)
{
    struct double_card *card = draft->card;

    card->ncommits++;
    card->nmodesets += draft->needs_modeset;
    card->nflips += !draft->needs_modeset;
    for (unsigned i = 0; i < card->ncrtcs; i++)
        if (draft->needs_modeset && draft->touched >> i & 1)
            draft->crtc[i].nmodesets++;
}

static int commit(struct double_file *file, struct draft *draft, uint64_t user_data)
{
    struct double_card *card = draft->card;
    const bool wants_event = draft->flags & DRM_MODE_PAGE_FLIP_EVENT;
    const int status = wait_for_flips(file, draft);

    if (status < 0)
        return status;
    count(draft);
    memcpy(card->connector, draft->connector, sizeof(card->connector));
    memcpy(card->plane, draft->plane, sizeof(card->plane));
    for (unsigned i = 0; i < card->ncrtcs; i++) {
        if (!(draft->touched >> i & 1))
            continue;
        card->crtc[i] = draft->crtc[i];
        card->crtc[i].is_flipping = false;
        if (card->crtc[i].is_active)
            double_queue_event(file, &card->crtc[i], user_data, wants_event);
    }
    return 0;
}

static enum double_call call_of(const struct draft *draft)
{
    if (draft->flags & DRM_MODE_ATOMIC_TEST_ONLY)
        return CALL_TEST;
    return draft->flags & DRM_MODE_ATOMIC_ALLOW_MODESET ? CALL_COMMIT : CALL_FLIP;
}

/* An event of a CRTC that is off would never come. */
static bool has_event_of_dark_crtc(const struct draft *draft)
{
    for (unsigned i = 0; i < draft->card->ncrtcs; i++)
        if (draft->flags & DRM_MODE_PAGE_FLIP_EVENT && draft->touched >> i & 1 && !draft->crtc[i].is_active)
            return true;
    return false;
}

static int try_atomic(struct double_file *file, const struct drm_mode_atomic *atomic)
{
    static struct draft draft; /* under the lock; true until somebody hangs */
    struct double_card *card = file->card;
    int status;

    draft = (struct draft){ .card = card, .flags = atomic->flags };
    memcpy(draft.connector, card->connector, sizeof(draft.connector));
    memcpy(draft.crtc, card->crtc, sizeof(draft.crtc));
    memcpy(draft.plane, card->plane, sizeof(draft.plane));
    status = put_all(&draft, atomic);
    if (status == 0)
        status = check(&draft);
    if (status == 0 && has_event_of_dark_crtc(&draft))
        status = -EINVAL;
    if (status == 0 && double_fails(card, call_of(&draft)))
        status = -errno;
    if (draft.flags & DRM_MODE_ATOMIC_TEST_ONLY) {
        card->ntests++;
        return status;
    }
    return status < 0 ? status : commit(file, &draft, atomic->user_data);
}

/* Such commits need the lock that a probe has. */
static bool names_connector(struct double_card *card, const struct drm_mode_atomic *atomic)
{
    const uint32_t *object = (const uint32_t *)(uintptr_t)atomic->objs_ptr;

    for (uint32_t i = 0; i < atomic->count_objs; i++)
        if (double_connector(card, object[i]))
            return true;
    return false;
}

int double_atomic(struct double_file *file, const struct drm_mode_atomic *atomic)
{
    int status;

    if (!file->is_atomic ||
        (atomic->flags & DRM_MODE_ATOMIC_TEST_ONLY && atomic->flags & DRM_MODE_PAGE_FLIP_EVENT))
        return -EINVAL;
    if (!file->is_master)
        return -EACCES;
    double_enter(file->card);
    while (names_connector(file->card, atomic) && file->card->nstalled[CALL_GET_CONNECTOR])
        double_wait();
    if (!(atomic->flags & (DRM_MODE_ATOMIC_TEST_ONLY | DRM_MODE_ATOMIC_NONBLOCK)))
        double_stall(file->card, CALL_BLOCKING);
    do
        status = try_atomic(file, atomic);
    while (status == -ERESTART);
    return status;
}
