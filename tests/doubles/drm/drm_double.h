/* Graphics cards that exist only in a test: a double of libdrm (after its headers and the kernel's behaviour) and of what the
 * kernel does behind it. A test program links its objects before the library and wraps the calls named in wrap.ld:
 * "/dev/dri" is then a folder of the double, its nodes can be opened, polled, duplicated and mapped, and a page flip makes
 * them readable at the next vblank of a 60 Hz grid of the monotonic clock.
 *
 * It refuses what the kernel refuses: commits of those who are not master, mode sets without ALLOW_MODESET, a second flip
 * while one is under way, pictures smaller than the mode, formats that the plane lacks, clips outside of the picture.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xf86drmMode.h>

#define DOUBLE_CARDS      4
#define DOUBLE_CONNECTORS 4
#define DOUBLE_CRTCS      4
#define DOUBLE_PLANES     8
#define DOUBLE_MODES      64
#define DOUBLE_CLIPS      64
#define DOUBLE_BUFFERS    32
#define DOUBLE_EVENTS     16
#define DOUBLE_BLOBS      64
#define DOUBLE_BLOB_BYTES 1024

/* A call that can be made to fail, or to hang (SET_CRTC, DPMS, and the last ones). */
enum double_call {
    CALL_OPEN,
    CALL_TEST,   /* TEST_ONLY */
    CALL_COMMIT, /* other atomic commits */
    CALL_FLIP,   /* atomic commits without ALLOW_MODESET that change a picture only, and drmModePageFlip */
    CALL_SET_CRTC,
    CALL_CREATE_DUMB,
    CALL_ADD_FB,
    CALL_MAP,
    CALL_DPMS,
    CALL_BLOCKING, /* an atomic commit that waits. From here on: can hang, not fail */
    CALL_RM_FB,
    CALL_GET_CONNECTOR, /* both kinds: a probe has their lock, which commits that name a connector wait for */
    CALL_GET_PLANES,
    CALL_SET_MASTER,
    CALLS
};

struct double_display {
    unsigned nmodes;
    drmModeModeInfo mode[DOUBLE_MODES];
    uint32_t width_mm, height_mm;
    uint8_t edid[128];
    bool has_edid;
};

/* The hot-plug line tells the kernel at once that there is a display; what it can show is known after a probe. */
struct double_connector {
    uint32_t id, type, type_id; /* DRM_MODE_CONNECTOR_… */
    drmModeConnection connection;
    struct double_display display, known;
    uint32_t possible_crtcs;
    uint32_t crtc_id;
    bool is_link_bad;
    uint64_t dpms;
    unsigned nprobes; /* how often the display was asked */
};

struct double_crtc {
    uint32_t id;
    bool is_active;
    bool has_mode;
    drmModeModeInfo mode;
    uint32_t gamma_blob;
    unsigned nmodesets;
    bool is_flipping, wants_event;
    bool is_hanging; /* "flip_done timed out" is yet to come */
    uint64_t due_ns, user_data;
};

struct double_plane {
    uint32_t id, possible_crtcs, crtc_id, fb_id;
    uint64_t type, src_x, src_y, src_w, src_h, crtc_x, crtc_y, crtc_w, crtc_h;
    uint64_t rotation, alpha; /* DRM_MODE_ROTATE_…; 0xffff opaque */
    unsigned nclips;          /* of the last commit */
    struct drm_mode_rect clip[DOUBLE_CLIPS];
};

struct double_buffer {
    uint32_t handle, fb_id, width, height, pitch, bpp; /* handle 0: free */
    uint32_t fb_width, fb_height, fourcc;
    size_t bytes;
    int memory; /* memfd */
};

struct double_event {
    uint32_t crtc_id;
    uint64_t at_ns, user_data;
};

struct double_blob {
    uint32_t id; /* 0: free */
    size_t bytes;
    uint8_t data[DOUBLE_BLOB_BYTES];
};

struct double_card {
    char name[16]; /* "card0" */
    char driver[16];
    bool is_atomic, has_dumb, has_damage, has_link_status;
    bool needs_plane;     /* a CRTC cannot run without a picture (the kernel's simple display pipe) */
    bool is_lost_flip;    /* events of flips never come */
    bool is_other_master; /* another program is */
    bool is_unprivileged; /* only who was master may become it again */
    bool is_removed;      /* every call answers ENODEV */
    uint32_t formats[2], nformats; /* of primary planes */
    uint32_t test_max_width;       /* wider modes fail in a test, with ENOSPC; 0: any */
    uint32_t commit_max_width;     /* … only when they are set in earnest */
    uint64_t memory_bytes;         /* all buffers together; 0: any */
    unsigned nconnectors, ncrtcs, nplanes;
    struct double_connector connector[DOUBLE_CONNECTORS];
    struct double_crtc crtc[DOUBLE_CRTCS];
    struct double_plane plane[DOUBLE_PLANES];
    struct double_buffer buffer[DOUBLE_BUFFERS];
    struct double_blob blob[DOUBLE_BLOBS];
    struct double_event event[DOUBLE_EVENTS]; /* happened, not read yet */
    unsigned nevents;
    int error[CALLS];        /* errno with which the next calls fail … */
    unsigned nerrors[CALLS]; /* … so many times */
    unsigned ncalls[CALLS];
    bool is_stalled[CALLS];   /* such calls hang */
    unsigned nstalled[CALLS]; /* threads that do */
    bool is_held;             /* by one that hangs with all locks of the card */
    unsigned ncommits, nmodesets, nflips, ntests, nblocking;
    unsigned ndrops, nmasters;
    uint32_t next_id;
};

struct drm_double {
    unsigned ncards;
    struct double_card card[DOUBLE_CARDS];
    int nopen, nmapped, nfbs, nbuffers, nblobs; /* not yet given back */
    unsigned nreadable;                         /* mappings with PROT_READ, ever */
    uint64_t early_ns;                          /* flips tell of so much earlier a time than their own */
};
extern struct drm_double drm_double;

/* No card is left; the folder is made anew. */
void drm_double_reset(void);
/* An atomic card with dumb buffers, damage clips, and as many CRTCs with a primary plane each as connectors will be added. */
struct double_card *drm_double_add(const char *name, unsigned ncrtcs);
/* HDMI-A, or DP, … with that number; unplugged. */
struct double_connector *drm_double_connector(struct double_card *card, uint32_t type, uint32_t type_id);
/* A display with these modes, the first preferred, and an EDID of the maker "KZK" and that model; NULL: none yet. */
void drm_double_plug(struct double_connector *connector, const char *model, unsigned nmodes,
                     const drmModeModeInfo *modes);
void drm_double_unplug(struct double_connector *connector);
/* Some timings of that size and refresh. */
drmModeModeInfo drm_double_mode(uint16_t width, uint16_t height, unsigned refresh_hz);
/* The boot (fbcon) shows something in that mode on the connector, over its first CRTC. */
void drm_double_boot(struct double_card *card, struct double_connector *connector,
                     const drmModeModeInfo *mode);
/* Takes the card out, or puts it in: its node vanishes or comes. */
void drm_double_remove(struct double_card *card);
void drm_double_return(struct double_card *card);
void drm_double_fail(struct double_card *card, enum double_call call, int error, unsigned times);
/* From now on such calls do not return until drm_double_release(): on their threads alone, but for SET_CRTC, which holds all locks
 * of the card as the kernel's does, so that others who need one wait as well. */
void drm_double_stall(struct double_card *card, enum double_call call);
/* The CRTC of that connector never flips again: its event does not come, commits that do not wait are answered EBUSY, and those that
 * wait hang like the above. At the release the kernel has given up: the flip is over, without an event. */
void drm_double_hang(struct double_card *card, const struct double_connector *connector);
void drm_double_release(struct double_card *card);
/* Threads that hang in such a call of that card now. */
unsigned drm_double_stalled(struct double_card *card, enum double_call call);
/* The CRTC that drives the connector; NULL: dark. */
struct double_crtc *drm_double_crtc(struct double_card *card, const struct double_connector *connector);
/* The buffer that the connector shows; NULL: darkness. */
const struct double_buffer *drm_double_shown(struct double_card *card,
                                             const struct double_connector *connector);
/* Byte `offset` of it. */
uint8_t drm_double_byte(const struct double_buffer *buffer, size_t offset);
/* Of all cards, not closed yet. */
int drm_double_open_files(void);
/* The other program is master from now on, as if it had taken it while we had dropped it, or not any more. */
void drm_double_usurp(struct double_card *card, bool is_other);
/* The real folder behind "/dev/dri": whoever opens a file there holds the node in the eyes of /proc. */
const char *drm_double_folder(void);
