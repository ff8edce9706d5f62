/* The functions of libdrm that Kezek uses, over the model: cards, lists and properties. */
#include "tests/doubles/drm/drm_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENCODER_OF(connector_id) ((connector_id) + 100)
#define EDID_BLOB_OF(connector)  (9000 + (connector)->id)

static void *copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes ? bytes : 1);

    if (!to)
        abort();
    return memcpy(to, from, bytes);
}

/* ---- the card -------------------------------------------------------------------------------- */

int drmGetCap(int fd, uint64_t capability, uint64_t *value)
{
    DOUBLE_FILE(fd);

    if (!file)
        return -1;
    *value =
        capability == DRM_CAP_DUMB_BUFFER ? file->card->has_dumb : capability == DRM_CAP_TIMESTAMP_MONOTONIC;
    return 0;
}

int drmSetClientCap(int fd, uint64_t capability, uint64_t value)
{
    DOUBLE_FILE(fd);

    if (!file)
        return -1;
    if (capability == DRM_CLIENT_CAP_UNIVERSAL_PLANES)
        file->has_planes = value;
    if (capability == DRM_CLIENT_CAP_ASPECT_RATIO)
        file->has_aspect = value;
    if (capability != DRM_CLIENT_CAP_ATOMIC)
        return 0;
    if (!file->card->is_atomic)
        return double_error(EOPNOTSUPP), -1;
    file->is_atomic = file->has_planes = value;
    return 0;
}

drmVersionPtr drmGetVersion(int fd)
{
    DOUBLE_FILE(fd);
    drmVersion *version = file ? calloc(1, sizeof(*version)) : NULL;

    if (version) {
        version->name = copy(file->card->driver, strlen(file->card->driver) + 1);
        version->name_len = (int)strlen(version->name);
    }
    return version;
}

void drmFreeVersion(drmVersionPtr version)
{
    if (version)
        free(version->name);
    free(version);
}

int drmIsMaster(int fd)
{
    DOUBLE_FILE(fd);

    return file && file->is_master;
}

int drmSetMaster(int fd)
{
    DOUBLE_FILE(fd);

    if (file)
        double_stall(file->card, CALL_SET_MASTER);
    return file && double_become_master(file) ? 0 : -errno;
}

int drmDropMaster(int fd)
{
    DOUBLE_FILE(fd);

    if (!file || !file->is_master)
        return double_error(EINVAL);
    file->is_master = false;
    file->card->ndrops++;
    return 0;
}

int drmIoctl(int fd, unsigned long request, void *argument)
{
    DOUBLE_FILE(fd);
    const int status = !file                              ? -errno
                       : request == DRM_IOCTL_MODE_ATOMIC ? double_atomic(file, argument)
                                                          : -ENOTTY;

    if (status == 0)
        return 0;
    errno = -status;
    return -1;
}

int drmHandleEvent(int fd, drmEventContextPtr context)
{
    struct double_file *file = double_file(fd);

    return file ? double_deliver(file, context) : -1;
}

/* ---- lists ----------------------------------------------------------------------------------- */

drmModeResPtr drmModeGetResources(int fd)
{
    DOUBLE_FILE(fd);
    drmModeRes *list = file ? calloc(1, sizeof(*list)) : NULL;

    if (!list)
        return NULL;
    list->count_connectors = (int)file->card->nconnectors;
    list->count_encoders = list->count_connectors;
    list->count_crtcs = (int)file->card->ncrtcs;
    list->connectors = calloc(DOUBLE_CONNECTORS, sizeof(uint32_t));
    list->encoders = calloc(DOUBLE_CONNECTORS, sizeof(uint32_t));
    list->crtcs = calloc(DOUBLE_CRTCS, sizeof(uint32_t));
    for (unsigned i = 0; i < file->card->nconnectors; i++) {
        list->connectors[i] = file->card->connector[i].id;
        list->encoders[i] = ENCODER_OF(file->card->connector[i].id);
    }
    for (unsigned i = 0; i < file->card->ncrtcs; i++)
        list->crtcs[i] = file->card->crtc[i].id;
    return list;
}

void drmModeFreeResources(drmModeResPtr list)
{
    if (list) {
        free(list->connectors);
        free(list->encoders);
        free(list->crtcs);
    }
    free(list);
}

/* The shape of the picture is for those who have asked for it. */
static uint32_t flags_for(const struct double_file *file, const drmModeModeInfo *mode)
{
    return file->has_aspect ? mode->flags : mode->flags & ~(uint32_t)DRM_MODE_FLAG_PIC_AR_MASK;
}

static drmModeConnector *get_connector(int fd, uint32_t id, bool is_probe)
{
    DOUBLE_FILE(fd);

    if (file) {
        double_enter(file->card);
        double_stall(file->card, CALL_GET_CONNECTOR);
    }
    struct double_connector *from = file ? double_connector(file->card, id) : NULL;
    drmModeConnector *connector = from ? calloc(1, sizeof(*connector)) : NULL;

    if (!connector) {
        errno = file ? ENOENT : ENODEV;
        return NULL;
    }
    if (is_probe && file->is_master) {
        from->nprobes++;
        from->known = from->display;
    }
    connector->connector_id = id;
    connector->connector_type = from->type;
    connector->connector_type_id = from->type_id;
    connector->connection = from->connection;
    connector->mmWidth = from->known.width_mm;
    connector->mmHeight = from->known.height_mm;
    connector->count_modes = (int)from->known.nmodes;
    connector->modes = copy(from->known.mode, from->known.nmodes * sizeof(from->known.mode[0]));
    for (int i = 0; connector->modes && i < connector->count_modes; i++)
        connector->modes[i].flags = flags_for(file, &from->known.mode[i]);
    connector->count_encoders = 1;
    connector->encoders = copy(&(uint32_t){ ENCODER_OF(id) }, sizeof(uint32_t));
    connector->encoder_id = from->crtc_id ? ENCODER_OF(id) : 0;
    return connector;
}

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
    return get_connector(fd, id, true);
}

drmModeConnectorPtr drmModeGetConnectorCurrent(int fd, uint32_t id)
{
    return get_connector(fd, id, false);
}

void drmModeFreeConnector(drmModeConnectorPtr connector)
{
    if (connector) {
        free(connector->modes);
        free(connector->encoders);
    }
    free(connector);
}

const char *drmModeGetConnectorTypeName(uint32_t type)
{
    switch (type) {
    case DRM_MODE_CONNECTOR_HDMIA: return "HDMI-A";
    case DRM_MODE_CONNECTOR_DisplayPort: return "DP";
    case DRM_MODE_CONNECTOR_VIRTUAL: return "Virtual";
    default: return NULL;
    }
}

drmModeEncoderPtr drmModeGetEncoder(int fd, uint32_t id)
{
    DOUBLE_FILE(fd);
    const struct double_connector *connector = file ? double_connector(file->card, id - 100) : NULL;
    drmModeEncoder *encoder = connector ? calloc(1, sizeof(*encoder)) : NULL;

    if (encoder)
        *encoder = (drmModeEncoder){ .encoder_id = id,
                                     .crtc_id = connector->crtc_id,
                                     .possible_crtcs = connector->possible_crtcs };
    return encoder;
}

void drmModeFreeEncoder(drmModeEncoderPtr encoder)
{
    free(encoder);
}

drmModeCrtcPtr drmModeGetCrtc(int fd, uint32_t id)
{
    DOUBLE_FILE(fd);
    const struct double_crtc *from = file ? double_crtc(file->card, id) : NULL;
    drmModeCrtc *crtc = from ? calloc(1, sizeof(*crtc)) : NULL;

    if (crtc)
        *crtc = (drmModeCrtc){ .crtc_id = id,
                               .mode_valid = from->has_mode && from->is_active,
                               .mode = from->mode };
    if (crtc)
        crtc->mode.flags = flags_for(file, &from->mode);
    return crtc;
}

void drmModeFreeCrtc(drmModeCrtcPtr crtc)
{
    free(crtc);
}

drmModePlaneResPtr drmModeGetPlaneResources(int fd)
{
    DOUBLE_FILE(fd);
    drmModePlaneRes *list = file ? calloc(1, sizeof(*list)) : NULL;

    if (!list)
        return NULL;
    double_stall(file->card, CALL_GET_PLANES);
    list->planes = calloc(DOUBLE_PLANES, sizeof(uint32_t));
    for (unsigned i = 0; i < file->card->nplanes; i++)
        if (file->has_planes || file->card->plane[i].type == DRM_PLANE_TYPE_OVERLAY)
            list->planes[list->count_planes++] = file->card->plane[i].id;
    return list;
}

void drmModeFreePlaneResources(drmModePlaneResPtr list)
{
    if (list)
        free(list->planes);
    free(list);
}

drmModePlanePtr drmModeGetPlane(int fd, uint32_t id)
{
    DOUBLE_FILE(fd);
    const struct double_plane *from = file ? double_plane(file->card, id) : NULL;

    if (file)
        double_enter(file->card);
    drmModePlane *plane = from ? calloc(1, sizeof(*plane)) : NULL;

    if (!plane)
        return NULL;
    plane->plane_id = id;
    plane->crtc_id = from->crtc_id;
    plane->fb_id = from->fb_id;
    plane->possible_crtcs = from->possible_crtcs;
    plane->count_formats = file->card->nformats;
    plane->formats = copy(file->card->formats, sizeof(file->card->formats));
    return plane;
}

void drmModeFreePlane(drmModePlanePtr plane)
{
    if (plane)
        free(plane->formats);
    free(plane);
}

/* ---- properties ------------------------------------------------------------------------------ */

static const struct {
    uint32_t type, id;
    const char *name;
    bool is_atomic;
} properties[] = {
    { DRM_MODE_OBJECT_CONNECTOR, PROP_EDID, "EDID", false },
    { DRM_MODE_OBJECT_CONNECTOR, PROP_DPMS, "DPMS", false },
    { DRM_MODE_OBJECT_CONNECTOR, PROP_LINK, "link-status", false },
    { DRM_MODE_OBJECT_CONNECTOR, PROP_CRTC_ID, "CRTC_ID", true },
    { DRM_MODE_OBJECT_CRTC, PROP_ACTIVE, "ACTIVE", true },
    { DRM_MODE_OBJECT_CRTC, PROP_MODE_ID, "MODE_ID", true },
    { DRM_MODE_OBJECT_CRTC, PROP_GAMMA, "GAMMA_LUT", true },
    { DRM_MODE_OBJECT_PLANE, PROP_ROTATION, "rotation", true },
    { DRM_MODE_OBJECT_PLANE, PROP_ALPHA, "alpha", true },
    { DRM_MODE_OBJECT_PLANE, PROP_TYPE, "type", false },
    { DRM_MODE_OBJECT_PLANE, PROP_CRTC_ID, "CRTC_ID", true },
    { DRM_MODE_OBJECT_PLANE, PROP_FB_ID, "FB_ID", true },
    { DRM_MODE_OBJECT_PLANE, PROP_SRC_X, "SRC_X", true },
    { DRM_MODE_OBJECT_PLANE, PROP_SRC_Y, "SRC_Y", true },
    { DRM_MODE_OBJECT_PLANE, PROP_SRC_W, "SRC_W", true },
    { DRM_MODE_OBJECT_PLANE, PROP_SRC_H, "SRC_H", true },
    { DRM_MODE_OBJECT_PLANE, PROP_CRTC_X, "CRTC_X", true },
    { DRM_MODE_OBJECT_PLANE, PROP_CRTC_Y, "CRTC_Y", true },
    { DRM_MODE_OBJECT_PLANE, PROP_CRTC_W, "CRTC_W", true },
    { DRM_MODE_OBJECT_PLANE, PROP_CRTC_H, "CRTC_H", true },
    { DRM_MODE_OBJECT_PLANE, PROP_CLIPS, "FB_DAMAGE_CLIPS", true },
};
#define NPROPERTIES (sizeof(properties) / sizeof(properties[0]))

static uint64_t value_of(struct double_card *card, uint32_t object, uint32_t id)
{
    const struct double_connector *connector = double_connector(card, object);
    const struct double_plane *plane = double_plane(card, object);

    switch (id) {
    case PROP_EDID: return connector->known.has_edid ? EDID_BLOB_OF(connector) : 0;
    case PROP_DPMS: return connector->dpms;
    case PROP_LINK: return connector->is_link_bad ? DRM_MODE_LINK_STATUS_BAD : DRM_MODE_LINK_STATUS_GOOD;
    case PROP_TYPE: return plane->type;
    default: return 0;
    }
}

static bool has_property(const struct double_file *file, size_t i, uint32_t type)
{
    return properties[i].type == type && (file->is_atomic || !properties[i].is_atomic) &&
           (properties[i].id != PROP_CLIPS || file->card->has_damage) &&
           (properties[i].id != PROP_LINK || file->card->has_link_status);
}

drmModeObjectPropertiesPtr drmModeObjectGetProperties(int fd, uint32_t object, uint32_t type)
{
    DOUBLE_FILE(fd);
    drmModeObjectProperties *list = file ? calloc(1, sizeof(*list)) : NULL;

    if (!list)
        return NULL;
    double_enter(file->card);
    list->props = calloc(NPROPERTIES, sizeof(list->props[0]));
    list->prop_values = calloc(NPROPERTIES, sizeof(list->prop_values[0]));
    for (size_t i = 0; i < NPROPERTIES; i++)
        if (has_property(file, i, type)) {
            list->prop_values[list->count_props] = value_of(file->card, object, properties[i].id);
            list->props[list->count_props++] = properties[i].id;
        }
    return list;
}

void drmModeFreeObjectProperties(drmModeObjectPropertiesPtr list)
{
    if (list) {
        free(list->props);
        free(list->prop_values);
    }
    free(list);
}

drmModePropertyPtr drmModeGetProperty(int fd, uint32_t id)
{
    (void)fd;
    for (size_t i = 0; i < NPROPERTIES; i++)
        if (properties[i].id == id) {
            drmModePropertyRes *property = calloc(1, sizeof(*property));

            property->prop_id = id;
            snprintf(property->name, sizeof(property->name), "%s", properties[i].name);
            return property;
        }
    return NULL;
}

void drmModeFreeProperty(drmModePropertyPtr property)
{
    free(property);
}

drmModePropertyBlobPtr drmModeGetPropertyBlob(int fd, uint32_t id)
{
    DOUBLE_FILE(fd);
    const struct double_connector *connector = file ? double_connector(file->card, id - 9000) : NULL;
    drmModePropertyBlobRes *blob = connector && connector->known.has_edid ? calloc(1, sizeof(*blob)) : NULL;

    if (!blob)
        return NULL;
    blob->id = id;
    blob->length = sizeof(connector->known.edid);
    blob->data = copy(connector->known.edid, sizeof(connector->known.edid));
    return blob;
}

void drmModeFreePropertyBlob(drmModePropertyBlobPtr blob)
{
    if (blob)
        free(blob->data);
    free(blob);
}

int drmModeCreatePropertyBlob(int fd, const void *data, size_t bytes, uint32_t *id)
{
    DOUBLE_FILE(fd);

    if (!file)
        return -errno;
    for (unsigned i = 0; i < DOUBLE_BLOBS && bytes <= DOUBLE_BLOB_BYTES; i++) {
        struct double_blob *blob = &file->card->blob[i];

        if (blob->id)
            continue;
        *id = blob->id = file->card->next_id++;
        blob->bytes = bytes;
        memcpy(blob->data, data, bytes);
        drm_double.nblobs++;
        return 0;
    }
    return double_error(ENOMEM);
}

int drmModeDestroyPropertyBlob(int fd, uint32_t id)
{
    DOUBLE_FILE(fd);
    struct double_blob *blob = file ? double_blob(file->card, id) : NULL;

    if (!blob)
        return double_error(ENOENT);
    blob->id = 0;
    drm_double.nblobs--;
    return 0;
}

int drmModeConnectorSetProperty(int fd, uint32_t id, uint32_t property, uint64_t value)
{
    DOUBLE_FILE(fd);
    struct double_connector *connector = file ? double_connector(file->card, id) : NULL;
    struct double_crtc *crtc = connector ? drm_double_crtc(file->card, connector) : NULL;

    if (!connector || property != PROP_DPMS)
        return double_error(ENOENT);
    if (!file->is_master)
        return double_error(EACCES);
    double_enter(file->card);
    double_stall(file->card, CALL_DPMS);
    if (double_fails(file->card, CALL_DPMS))
        return -errno;
    connector->dpms = value;
    if (crtc)
        crtc->is_active = value == DRM_MODE_DPMS_ON;
    return 0;
}
