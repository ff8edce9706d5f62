/* A card and the path of one picture through it, with libdrm's types. Private to drivers/screen: kms*.c only.
 *
 *   kms_card.c     the card: node, master, connectors, events
 *   kms_pipe.c     a pipe: connector ← CRTC ← primary plane ← two dumb buffers
 *   kms_atomic.c, kms_legacy.c   struct kms_api: how a pipe is set, flipped and switched off
 *   kms_check.c    may a screen be opened, and the sentence if not
 *   kms.c, kms_open.c   class screen over a pipe (kms_screen.h)
 *
 * Facts: drm-kms(7), drm-memory(7), drm_mode.h, and the kernel's "Kernel Mode Setting (KMS)" book.
 */
#pragma once

#include "drivers/screen/kms.h"
#include "drivers/screen/worker.h"

#include <pthread.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define KMS_TICKETS_MAX                                                                                      \
    32 /* flips under way on a card: one a CRTC, and those of screens that were closed meanwhile */
#define KMS_REFUSED_MAX    16
#define KMS_PLANES_MAX     32 /* of one CRTC that the boot may have left on */
#define KMS_CONNECTORS_MAX 32 /* of a card */
#define KMS_CLIPS_MAX      64 /* damage rectangles a frame; more are sent as none, which means everything */
#define KMS_HANG_US                                                                                          \
    INT64_C(2000000) /* a display may take as long to follow a new mode; what takes longer is told of */
#define KMS_FRAME_US    16667
#define KMS_GIVEN_UP_US 11000000 /* the kernel gives a CRTC that hangs up after ten seconds */

struct kms_pipe;

/* The user data of a page-flip event. The card's, so that an event that comes after its screen was closed finds nobody
 * rather than freed memory. */
struct kms_ticket {
    struct kms_pipe *pipe; /* NULL: nobody waits any more */
    bool is_pending;       /* until the event, or kms_card_return() */
};

/* A mode that a commit has refused although a test had accepted it. */
struct kms_refused {
    uint32_t connector_id, version;
    struct output_mode mode;
};

struct kms_card {
    int fd;
    char node[64];   /* "/dev/dri/card0" */
    char name[32];   /* "card0" */
    char driver[32]; /* "vc4" */
    bool is_atomic;
    bool is_monotonic;      /* time stamps of events */
    pthread_mutex_t ruling; /* of workers, while one is becoming master or gives up what it borrowed */
    /* Of what follows, but for the tickets, which are the loop's. Held for no call that waits. */
    pthread_mutex_t lock;
    unsigned holders;
    bool is_wanted;   /* the loop wants to be master … */
    bool is_taken;    /* … and is */
    bool is_borrowed; /* for as long as displays are asked */
    bool is_refused;  /* somebody else was master when last asked */
    uint32_t reign;   /* counts how often we became master: a new reign needs a full set */
    struct {
        char name[32];
        uint32_t id;
    } connector[KMS_CONNECTORS_MAX]; /* as last read */
    struct kms_pipe *pipes;
    struct kms_refused refused[KMS_REFUSED_MAX];
    unsigned nrefused; /* counts on; the oldest are overwritten */
    struct kms_ticket ticket[KMS_TICKETS_MAX];
};

struct kms_buffer {
    uint32_t handle, fb_id, pitch;
    uint64_t bytes;
    uint8_t *pixels;       /* mapped for writing */
    const uint8_t *reader; /* mapped for reading, once it was asked for */
};

/* Property ids; 0: the driver does not have it. */
struct kms_properties {
    uint32_t connector_crtc, link_status, dpms;
    uint32_t crtc_active, crtc_mode;
    uint32_t plane_crtc, plane_fb, damage_clips;
    uint32_t src_x, src_y, src_w, src_h, crtc_x, crtc_y, crtc_w, crtc_h;
    uint32_t gamma, degamma, colours, rotation, alpha; /* what another program may have left */
};

struct kms_pipe {
    struct kms_card *card;
    struct kms_pipe *next; /* on the same card */
    const struct kms_api *api;
    uint32_t connector_id, crtc_id, plane_id;
    unsigned crtc_index; /* bit in masks of possible CRTCs */
    bool has_format[PIXEL_FORMATS];
    drmModeModeInfo mode;
    bool had_mode_set; /* since the pipe exists */
    uint8_t format;
    struct kms_buffer buffer[2];
    struct kms_properties property;
    uint32_t others[KMS_PLANES_MAX]; /* planes on our CRTC that are not ours */
    unsigned nothers;
    uint32_t strangers[KMS_CONNECTORS_MAX]; /* connectors on our CRTC that are not ours */
    unsigned nstrangers;
    void *data;
    void (*flipped)(void *data, int64_t at_us); /* from kms_card_dispatch() */
};

/* All answer 0 or -errno as the kernel gave it. -EBUSY: an earlier frame is still on its way. keep() and flip() wait for nothing but
 * the kernel's locks, which only others on the same card can hold for long; the rest is for a worker (worker.h). Not to wait for a
 * flip (DRM_MODE_ATOMIC_NONBLOCK) is not to take no lock: drm_mode_atomic_ioctl() takes those of what it names first. Of other
 * processes only the master may hold them for long, and that is us; what the kernel does by itself (a link that is trained anew, a
 * resume) can make one flip wait on the loop, at a time when there is no picture to be late for. */
struct kms_api {
    const char *name;
    int (*init)(struct kms_pipe *pipe); /* property ids */
    /* Would a set with the mode and buffer 0 be accepted? Changes nothing. Legacy cannot know: 0. */
    int (*test)(struct kms_pipe *pipe);
    /* Everything but the mode, which runs already: connector, plane, picture. -EINVAL: it does not, or this driver cannot part
     * them; set() it. ticket NULL: no event. */
    int (*keep)(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket);
    /* Everything: mode, connector, plane, picture, power on. A mode set happens only where the display does not run that mode
     * yet. ticket NULL: no event. */
    int (*set)(struct kms_pipe *pipe, unsigned buffer, struct kms_ticket *ticket);
    /* The other buffer at the next vblank. Clips in memory coordinates, none: all of it. Allocates nothing. */
    int (*flip)(struct kms_pipe *pipe, unsigned buffer, const struct drm_mode_rect *clips, unsigned nclips,
                struct kms_ticket *ticket);
    /* Display asleep or on; buffers and mode stay. */
    int (*power)(struct kms_pipe *pipe, bool is_on);
    /* Nothing of ours stays on scan-out. Keeps the mode running where the driver can, so that the next owner needs no mode set. */
    int (*stop)(struct kms_pipe *pipe);
};
extern const struct kms_api kms_atomic, kms_legacy;

/* ---- kms_card.c ------------------------------------------------------------------------------ */
int kms_card_fd(const struct kms_card *card);
/* Reads the events that are there, and tells the pipes concerned. */
void kms_card_dispatch(struct kms_card *card);
struct kms_ticket *kms_card_ticket(struct kms_card *card, struct kms_pipe *pipe); /* never NULL */
/* The flip was refused: there will be no event. */
void kms_card_return(struct kms_ticket *ticket);
/* The events of that pipe find nobody from now on. */
void kms_card_ignore(struct kms_card *card, const struct kms_pipe *pipe);
/* It stays open until kms_card_close() was called once more. */
struct kms_card *kms_card_hold(struct kms_card *card);
/* The device was taken out. */
bool kms_card_is_gone(const struct kms_card *card);
/* The kernel has said that we are not master any more. */
void kms_card_lost(struct kms_card *card);
bool kms_card_is_refused(struct kms_card *card, uint32_t connector_id, uint32_t version,
                         const struct output_mode *mode);
void kms_card_refuse(struct kms_card *card, uint32_t connector_id, uint32_t version,
                     const struct output_mode *mode);
/* None of the modes of that connector works: whatever the reason was, it may be over when they are tried again. */
void kms_card_forgive(struct kms_card *card, uint32_t connector_id);
void kms_mode_from_drm(const drmModeModeInfo *mode, struct output_mode *out);
void kms_mode_to_drm(const struct output_mode *mode, drmModeModeInfo *out);
/* Id of a property, 0: none. `value` may be NULL. `type` is DRM_MODE_OBJECT_…. */
uint32_t kms_property(int fd, uint32_t object, uint32_t type, const char *name, uint64_t *value);
void kms_connector_name(const drmModeConnector *connector, char *out, size_t size);

/* ---- kms_pipe.c ------------------------------------------------------------------------------ */
/* All of it for a worker, but for kms_pipe_reader(). */
/* Chooses how the kernel is told, CRTC and plane for the connector, and enters the card's list. -ENODEV: the connector is gone;
 * -EBUSY: another screen has the connector, or all CRTCs that can drive it are in use (-ENOSPC). */
int kms_pipe_init(struct kms_pipe *pipe, struct kms_card *card, const char *connector, enum kms_calls calls);
/* Buffers go, and the pipe leaves the list. What is on scan-out must have been stopped, and its events ignored. */
void kms_pipe_finish(struct kms_pipe *pipe);
/* Two buffers of the size of the mode. */
int kms_pipe_buffers(struct kms_pipe *pipe, const drmModeModeInfo *mode, uint8_t format);
void kms_pipe_free_buffers(struct kms_pipe *pipe);
/* What others have left on our CRTC: fills pipe->others, and pipe->strangers. */
void kms_pipe_survey_planes(struct kms_pipe *pipe);
void kms_pipe_survey_connectors(struct kms_pipe *pipe);
/* Maps the buffer for reading. NULL: errno. */
const uint8_t *kms_pipe_reader(struct kms_pipe *pipe, unsigned buffer);
/* Plugged in, as the kernel knows it without asking. -ENODEV: the connector or the card is gone. */
int kms_pipe_is_plugged(const struct kms_pipe *pipe);

/* ---- kms_check.c ----------------------------------------------------------------------------- */
struct kms_complaint {
    char *text;
    size_t size;
};
/* Writes the sentence, and answers `status`. */
__attribute__((format(printf, 3, 4))) int kms_complain(const struct kms_complaint *complaint, int status,
                                                       const char *format, ...);
int kms_complain_of_absence(const struct kms_complaint *complaint, const struct outputs *outputs,
                            const char *name);
int kms_complain_of_holder(const struct kms_complaint *complaint, const struct kms_card *card,
                           const char *name);
/* "HDMI-A-1: held by Xorg (pid 812); stop it", by what the list of outputs says, or that the console has it. */
void kms_describe_absence(const struct outputs *outputs, const char *name, char *text, size_t size);
/* "HDMI-A-1: its driver does not answer since 14:03:27; …" */
void kms_describe_hang(const char *name, time_t since, char *text, size_t size);
/* No display: where one is that nobody uses, or what to look at. */
void kms_describe_darkness(const struct outputs *outputs, const char *name, char *text, size_t size);
/* 0 or an error of open() (screen.h), as far as the list of outputs tells. `outputs` may be NULL. */
int kms_check(const struct outputs *outputs, const struct screen_config *config,
              const struct kms_complaint *complaint);
