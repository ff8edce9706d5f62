/* A screen of the kms backend, between its two files. Private to drivers/screen: those two only.
 *
 *   kms.c        what becomes of it, frames, status, power
 *   kms_open.c   how it comes and goes, and its worker
 */
#pragma once

#include "drivers/screen/kms_api.h"

enum plug { PLUG_OUT, PLUG_WAKING, PLUG_IN };

/* What a worker does for a screen. The pipe is the worker's until it has ended. */
enum task_kind { TASK_OPEN, TASK_TAKE, TASK_FRAME, TASK_SLEEP };
enum level { LEVEL_FLIP, LEVEL_KEEP, LEVEL_SET }; /* how much of a frame is set; struct kms_api */
struct task {
    enum task_kind kind;
    /* open */
    struct output output; /* as it was listed */
    char error[200];      /* what is wrong */
    /* a frame */
    enum level level; /* to try next */
    unsigned buffer;
    struct kms_ticket *ticket; /* NULL: no event */
    bool must_sleep;           /* then to stand-by */
    bool is_sleepless;         /* it could not */
    unsigned nclips;
    struct drm_mode_rect clips[KMS_CLIPS_MAX];
    int is_plugged; /* kms_pipe_is_plugged(), once it was refused */
};

struct screen {
    struct screen_config config;
    struct outputs *outputs;
    struct screen_events events;
    struct kms_card *card;
    struct kms_pipe pipe;
    struct worker *worker;
    struct task task;
    bool is_working; /* longer than we had patience for */
    bool had_mode_set;
    bool must_stop;                 /* something of ours is on scan-out */
    struct output_mode mode, shown; /* shown: for a status while the worker has the other */
    int fd;                         /* epoll over that of the card, of which there may be several screens */
    uint32_t version;               /* of the output, when it was last looked at */
    uint32_t reign;                 /* of the card, when everything was last set */
    enum plug plug;
    bool is_gone, is_away, is_standby;
    bool needs_set; /* the next frame sets everything */
    bool is_queued;
    unsigned queued; /* index of the buffer that goes on scan-out then */
    unsigned back;   /* index; the other one is on scan-out */
    uint64_t frame;
    int64_t begun_us, queued_us; /* when the queued frame was given to the kernel, and when that returned */
    struct kms_ticket *ticket;   /* of the queued frame; NULL: it has failed, and is to be sent again */
    char note[160];              /* what differs from the hall file, as long as this mode is shown */
    char reason[160];            /* why it is gone */
};

/* ---- kms.c ----------------------------------------------------------------------------------- */
void kms_screen_flipped(void *screen, int64_t at_us);

/* ---- kms_open.c ------------------------------------------------------------------------------ */
/* As worker_run(). The loop waits for a frame or two, but not while something hangs on this card, which may hold locks that
 * the job needs. */
int kms_screen_work(struct screen *screen, worker_job *job);
/* Operations of the class. */
int kms_screen_open(struct screen **screen, struct outputs *outputs, const struct screen_config *config,
                    const struct screen_events *events, char *error, size_t error_size);
void kms_screen_close(struct screen *screen);
