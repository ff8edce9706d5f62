/* The functions of libdrm that Kezek uses, over the model: buffers, and what shows them without atomic commits. */
#include "tests/doubles/drm/drm_model.h"

#include <sys/mman.h>
#include <unistd.h>

/* ---- buffers --------------------------------------------------------------------------------- */

static uint64_t bytes_in_use(const struct double_card *card)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < DOUBLE_BUFFERS; i++)
        sum += card->buffer[i].handle ? card->buffer[i].bytes : 0;
    return sum;
}

int drmModeCreateDumbBuffer(int fd, uint32_t width, uint32_t height, uint32_t bpp, uint32_t flags,
                            uint32_t *handle, uint32_t *pitch, uint64_t *size)
{
    DOUBLE_FILE(fd);
    struct double_buffer *buffer = file ? file->card->buffer : NULL;

    (void)flags;
    if (!file || double_fails(file->card, CALL_CREATE_DUMB))
        return -errno;
    *pitch = width * bpp / 8;
    *size = ((uint64_t)*pitch * height + 4095) / 4096 * 4096;
    if (file->card->memory_bytes && bytes_in_use(file->card) + *size > file->card->memory_bytes)
        return double_error(ENOMEM);
    while (buffer->handle)
        buffer++;
    *handle = file->card->next_id++;
    *buffer = (struct double_buffer){
        .handle = *handle, .width = width, .height = height, .pitch = *pitch, .bpp = bpp, .bytes = *size
    };
    buffer->memory = memfd_create("dumb", MFD_CLOEXEC);
    drm_double.nbuffers++;
    return ftruncate(buffer->memory, (off_t)*size);
}

static struct double_buffer *by_handle(struct double_card *card, uint32_t handle)
{
    for (unsigned i = 0; i < DOUBLE_BUFFERS; i++)
        if (handle && card->buffer[i].handle == handle)
            return &card->buffer[i];
    return NULL;
}

int drmModeMapDumbBuffer(int fd, uint32_t handle, uint64_t *offset)
{
    DOUBLE_FILE(fd);

    if (!file || !by_handle(file->card, handle))
        return double_error(file ? ENOENT : ENODEV);
    *offset = (uint64_t)handle << 32;
    return 0;
}

int drmModeDestroyDumbBuffer(int fd, uint32_t handle)
{
    DOUBLE_FILE(fd);
    struct double_buffer *buffer = file ? by_handle(file->card, handle) : NULL;

    if (!buffer)
        return double_error(file ? EINVAL : ENODEV);
    close(buffer->memory);
    buffer->handle = 0;
    drm_double.nbuffers--;
    return 0;
}

int drmModeAddFB2(int fd, uint32_t width, uint32_t height, uint32_t format, const uint32_t handles[4],
                  const uint32_t pitches[4], const uint32_t offsets[4], uint32_t *fb_id, uint32_t flags)
{
    DOUBLE_FILE(fd);
    struct double_buffer *buffer = file ? by_handle(file->card, handles[0]) : NULL;

    (void)flags;
    if (!buffer)
        return double_error(file ? ENOENT : ENODEV);
    if (double_fails(file->card, CALL_ADD_FB))
        return -errno;
    if (width > buffer->width || height > buffer->height || pitches[0] != buffer->pitch || offsets[0])
        return double_error(EINVAL);
    *fb_id = buffer->fb_id = file->card->next_id++;
    buffer->fb_width = width;
    buffer->fb_height = height;
    buffer->fourcc = format;
    drm_double.nfbs++;
    return 0;
}

/* A picture that is on scan-out when its buffer goes takes the plane with it. */
int drmModeRmFB(int fd, uint32_t fb_id)
{
    DOUBLE_FILE(fd);
    struct double_buffer *buffer = file ? double_fb(file->card, fb_id) : NULL;

    if (!buffer)
        return double_error(file ? ENOENT : ENODEV);
    double_enter(file->card);
    double_stall(file->card, CALL_RM_FB);
    for (unsigned i = 0; i < file->card->nplanes; i++)
        if (file->card->plane[i].fb_id == fb_id)
            file->card->plane[i].fb_id = file->card->plane[i].crtc_id = 0;
    buffer->fb_id = 0;
    drm_double.nfbs--;
    return 0;
}

/* ---- without atomic commits ------------------------------------------------------------------ */

static struct double_plane *primary_of(struct double_card *card, const struct double_crtc *crtc)
{
    return &card->plane[crtc - card->crtc];
}

static void dark(struct double_card *card, struct double_crtc *crtc)
{
    for (unsigned i = 0; i < card->nconnectors; i++)
        if (card->connector[i].crtc_id == crtc->id)
            card->connector[i].crtc_id = 0;
    crtc->is_active = crtc->has_mode = false;
    primary_of(card, crtc)->crtc_id = primary_of(card, crtc)->fb_id = 0;
}

static int set_crtc(struct double_file *file, struct double_crtc *crtc, uint32_t fb_id, uint32_t connector_id,
                    const drmModeModeInfo *mode)
{
    struct double_card *card = file->card;
    struct double_connector *connector = double_connector(card, connector_id);
    const struct double_buffer *buffer = double_fb(card, fb_id);

    if (!connector || !buffer)
        return double_error(ENOENT);
    if (mode->hdisplay > buffer->fb_width || mode->vdisplay > buffer->fb_height ||
        (card->commit_max_width && mode->hdisplay > card->commit_max_width))
        return double_error(ENOSPC);
    double_finish_flips(file, 1u << (crtc - card->crtc), CALL_SET_CRTC);
    card->nblocking++;
    card->ncommits++;
    if (connector->crtc_id != crtc->id || !crtc->is_active || !double_same_mode(&crtc->mode, mode)) {
        card->nmodesets++;
        crtc->nmodesets++;
    }
    for (unsigned i = 0; i < card->nconnectors; i++)
        if (card->connector[i].crtc_id == crtc->id)
            card->connector[i].crtc_id = 0;
    connector->crtc_id = crtc->id;
    crtc->is_active = crtc->has_mode = true;
    crtc->mode = *mode;
    primary_of(card, crtc)->crtc_id = crtc->id;
    primary_of(card, crtc)->fb_id = fb_id;
    return 0;
}

int drmModeSetCrtc(int fd, uint32_t crtc_id, uint32_t fb_id, uint32_t x, uint32_t y, uint32_t *connectors,
                   int count, drmModeModeInfoPtr mode)
{
    DOUBLE_FILE(fd);
    struct double_crtc *crtc = file ? double_crtc(file->card, crtc_id) : NULL;

    if (!crtc)
        return double_error(file ? ENOENT : ENODEV);
    if (!file->is_master)
        return double_error(EACCES);
    if (double_fails(file->card, CALL_SET_CRTC))
        return -errno;
    if (x || y || count > 1)
        return double_error(EINVAL);
    double_enter(file->card);
    double_stall(file->card, CALL_SET_CRTC);
    if (count == 1)
        return set_crtc(file, crtc, fb_id, connectors[0], mode);
    double_finish_flips(file, 1u << (crtc - file->card->crtc), CALL_SET_CRTC);
    dark(file->card, crtc);
    return 0;
}

int drmModePageFlip(int fd, uint32_t crtc_id, uint32_t fb_id, uint32_t flags, void *user_data)
{
    DOUBLE_FILE(fd);
    struct double_crtc *crtc = file ? double_crtc(file->card, crtc_id) : NULL;
    const struct double_buffer *buffer = file ? double_fb(file->card, fb_id) : NULL;

    if (!crtc || !buffer)
        return double_error(file ? ENOENT : ENODEV);
    if (!file->is_master)
        return double_error(EACCES);
    double_enter(file->card);
    if (double_is_flipping(file, crtc))
        return double_error(EBUSY);
    if (!crtc->is_active || buffer->fb_width < crtc->mode.hdisplay || buffer->fb_height < crtc->mode.vdisplay)
        return double_error(crtc->is_active ? ENOSPC : EBUSY);
    if (double_fails(file->card, CALL_FLIP))
        return -errno;
    file->card->nflips++;
    primary_of(file->card, crtc)->fb_id = fb_id;
    double_queue_event(file, crtc, (uintptr_t)user_data, flags & DRM_MODE_PAGE_FLIP_EVENT);
    return 0;
}

int drmModeSetPlane(int fd, uint32_t id, uint32_t crtc_id, uint32_t fb_id, uint32_t flags, int32_t crtc_x,
                    int32_t crtc_y, uint32_t crtc_w, uint32_t crtc_h, uint32_t src_x, uint32_t src_y,
                    uint32_t src_w, uint32_t src_h)
{
    DOUBLE_FILE(fd);
    struct double_plane *plane = file ? double_plane(file->card, id) : NULL;

    (void)flags, (void)crtc_x, (void)crtc_y, (void)crtc_w, (void)crtc_h;
    (void)src_x, (void)src_y, (void)src_w, (void)src_h;
    if (!plane)
        return double_error(file ? ENOENT : ENODEV);
    if (!file->is_master)
        return double_error(EACCES);
    plane->crtc_id = fb_id ? crtc_id : 0;
    plane->fb_id = fb_id;
    return 0;
}

int drmModeSetCursor(int fd, uint32_t crtc_id, uint32_t handle, uint32_t width, uint32_t height)
{
    (void)fd, (void)crtc_id, (void)handle, (void)width, (void)height;
    return 0;
}
