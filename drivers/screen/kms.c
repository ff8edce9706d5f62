#include "drivers/clock.h"
#include "drivers/screen/kms_screen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A flip takes a frame or two. After this long its event will not come any more: drivers lose it when the display is
 * unplugged or the machine slept. */
#define FLIP_LOST_US INT64_C(2000000)

static bool is_hanging(const struct screen *screen)
{
    return screen->is_working && monotonic_us() - worker_busy_us(screen->worker, NULL) >= KMS_HANG_US;
}

/* Nothing can be said of it, nor done with it. */
static bool is_stuck(const struct screen *screen)
{
    return (screen->is_working && screen->task.kind == TASK_OPEN) || is_hanging(screen);
}

/* ---- what has become of it ------------------------------------------------------------------- */

static void leave_for_good(struct screen *screen, const char *why)
{
    screen->is_gone = true;
    snprintf(screen->reason, sizeof(screen->reason), "%s: %s", screen->config.output, why);
}

/* The set was refused: for good in this mode, unless the display has just been unplugged. */
static void refuse_mode(struct screen *screen, int status)
{
    char mode[48], why[100];
    const int is_plugged = screen->task.is_plugged;

    if (is_plugged > 0)
        kms_card_refuse(screen->card, screen->pipe.connector_id, screen->version, &screen->mode);
    mode_text(&screen->mode, mode, sizeof(mode));
    snprintf(why, sizeof(why), "%s refused: %s; another mode is tried", mode, strerror(-status));
    leave_for_good(screen, is_plugged > 0 ? why : is_plugged == 0 ? "unplugged" : "the card is gone");
}

static int fail(struct screen *screen, int status)
{
    switch (status) {
    case -EACCES:
    case -EPERM:
        kms_card_lost(screen->card);
        outputs_probe(screen->outputs); /* tells who has it */
        screen->is_away = true;
        return -EAGAIN;
    case -EBUSY:
    case -ENOMEM: return status;
    default: refuse_mode(screen, status); return -ENODEV;
    }
}

/* ---- a frame on its way ---------------------------------------------------------------------- */

static bool may_be_the_mode(int status)
{
    return status < 0 && status != -EACCES && status != -EPERM && status != -EBUSY && status != -ENOMEM;
}

/* What is refused although nobody took the card: its state was changed under us, so more of it is set. */
static bool is_stale(int status)
{
    return status == -EINVAL || status == -ENOSPC || status == -ERANGE;
}

static int try_level(struct screen *screen)
{
    struct kms_pipe *pipe = &screen->pipe;
    const struct task *task = &screen->task;

    switch (task->level) {
    case LEVEL_FLIP: return pipe->api->flip(pipe, task->buffer, task->clips, task->nclips, task->ticket);
    case LEVEL_KEEP: return pipe->api->keep(pipe, task->buffer, task->ticket);
    default: return pipe->api->set(pipe, task->buffer, task->ticket);
    }
}

static int push(struct screen *screen, enum level last)
{
    int status = try_level(screen);

    while (is_stale(status) && screen->task.level < last) {
        screen->task.level++;
        status = try_level(screen);
    }
    return status;
}

/* An earlier frame of this screen may be on its way, or a mode set of another one that has drawn our CRTC in. */
static int push_patiently(struct screen *screen)
{
    int status = push(screen, LEVEL_SET);

    for (unsigned waited_us = 0; status == -EBUSY && waited_us < KMS_GIVEN_UP_US; waited_us += KMS_FRAME_US) {
        usleep(KMS_FRAME_US);
        status = push(screen, LEVEL_SET);
    }
    return status;
}

static int frame_job(void *data)
{
    struct screen *screen = data;
    const int status = push_patiently(screen);

    if (may_be_the_mode(status))
        screen->task.is_plugged = kms_pipe_is_plugged(&screen->pipe);
    if (status < 0 || !screen->task.must_sleep)
        return status;
    const int asleep = screen->pipe.api->power(&screen->pipe, false);

    screen->task.is_sleepless = asleep < 0;
    return asleep;
}

/* A display that cannot sleep shows the truth; nor does its television sleep then. */
static void stay_awake(struct screen *screen)
{
    screen->is_standby = false;
    outputs_cec(screen->outputs, screen->config.output, true);
}

/* The frame itself is sent. */
static int forgive_sleepless(struct screen *screen, int status)
{
    if (!screen->task.is_sleepless)
        return status;
    screen->task.is_sleepless = false;
    stay_awake(screen);
    return 0;
}

/* On the loop as long as nothing there can block: not what sets a mode, nor anything while somebody is in the kernel who may hold
 * its locks for long. A flip that comes too early is the wall's to repeat. */
static int push_now(struct screen *screen)
{
    const struct workers *workers = outputs_workers(screen->outputs);
    const bool may_block = screen->task.must_sleep || workers_are_busy(workers, screen->card) ||
                           (screen->task.level > LEVEL_FLIP && workers_are_asking(workers, screen->card));
    int status = may_block ? -EINPROGRESS : push(screen, LEVEL_KEEP);

    if (is_stale(status))
        screen->task.level = LEVEL_SET;
    if (may_be_the_mode(status) || (status == -EBUSY && screen->task.level > LEVEL_FLIP))
        status = kms_screen_work(screen, frame_job);
    return status == -EINPROGRESS ? status : forgive_sleepless(screen, status);
}

/* Sets the reign and needs_set as if what is still in progress will succeed. */
static int send(struct screen *screen)
{
    const uint32_t before = screen->reign;

    screen->task.kind = TASK_FRAME;
    const int status = push_now(screen);
    const bool is_sent = status == 0 || status == -EINPROGRESS;

    screen->reign = is_sent ? kms_card_reign(screen->card) : before;
    screen->needs_set = !is_sent && (screen->needs_set || screen->task.level > LEVEL_FLIP);
    return is_sent ? 0 : status;
}

static int send_frame(struct screen *screen)
{
    struct task *task = &screen->task;
    const int64_t begun_us = monotonic_us();
    const int status = send(screen);

    if (!task->ticket)
        return status;
    if (status < 0) {
        kms_card_return(task->ticket);
        return status;
    }
    screen->ticket = task->ticket;
    screen->is_queued = true;
    screen->queued = task->buffer;
    screen->begun_us = begun_us;
    screen->queued_us = monotonic_us();
    return 0;
}

static int sleep_job(void *data)
{
    struct screen *screen = data;

    return screen->pipe.api->power(&screen->pipe, false);
}

static int send_to_sleep(struct screen *screen)
{
    screen->task.kind = TASK_SLEEP;
    const int status = kms_screen_work(screen, sleep_job);

    return status == -EINPROGRESS ? 0 : status;
}

/* The picture that was on scan-out, after others had the card or the link broke. Its flip is told like any other. */
static void restore(struct screen *screen)
{
    const bool wants_event = (!screen->is_queued || !screen->ticket) && !screen->is_standby;
    int status;

    screen->needs_set = true;
    if (screen->frame == 0) {
        screen->reign = kms_card_reign(screen->card);
        if (screen->is_standby && send_to_sleep(screen) < 0)
            stay_awake(screen);
        return;
    }
    screen->task.level = LEVEL_KEEP;
    screen->task.buffer = screen->is_queued ? screen->queued : 1 - screen->back;
    screen->task.ticket = wants_event ? kms_card_ticket(screen->card, &screen->pipe) : NULL;
    screen->task.must_sleep = screen->is_standby;
    status = send_frame(screen);
    if (status < 0)
        fail(screen, status);
}

/* ---- what the worker has ended after all ----------------------------------------------------- */

/* Who queued the frame waits for its flip, so it is owed: the one before must not flip in its place. */
static void fail_late(struct screen *screen, int status)
{
    screen->reign = 0;
    screen->needs_set = true;
    if (screen->task.ticket) {
        kms_card_return(screen->task.ticket);
        screen->ticket = NULL;
    }
    fail(screen, status);
}

static void fail_to_open(struct screen *screen)
{
    screen->is_gone = true;
    snprintf(screen->reason, sizeof(screen->reason), "%.*s", (int)sizeof(screen->reason) - 1,
             screen->task.error);
}

/* True: it is at nothing. A card that was refused is asked for again the next time. */
static bool is_idle(struct screen *screen)
{
    int status;

    if (!screen->is_working)
        return true;
    if (!worker_take(screen->worker, &status))
        return false;
    screen->is_working = false;
    if (screen->task.kind == TASK_FRAME)
        status = forgive_sleepless(screen, status);
    if (status == 0)
        return true;
    switch (screen->task.kind) {
    case TASK_OPEN: fail_to_open(screen); break;
    case TASK_TAKE: return false;
    case TASK_FRAME: fail_late(screen, status); break;
    case TASK_SLEEP: stay_awake(screen); break;
    }
    return true;
}

/* ---- looking --------------------------------------------------------------------------------- */

static bool has_better_mode(const struct screen *screen, const struct output *output)
{
    struct output_mode tried[MODES_TRIED_MAX];
    const unsigned count =
        modes_choose(output, screen->config.width, screen->config.height, screen->config.refresh_hz, tried);

    for (unsigned i = 0; i < count; i++)
        if (!kms_card_is_refused(screen->card, screen->pipe.connector_id, screen->version, &tried[i]))
            return !mode_is_same(&tried[i], &screen->mode);
    return false;
}

/* The modes of a display that does not tell its EDID are guesses: a mode that it showed before is better. */
static void look_at_output(struct screen *screen)
{
    const struct output *output = outputs_find(screen->outputs, screen->config.output);
    const enum plug before = screen->plug;

    if (!output || kms_card_is_gone(screen->card)) {
        leave_for_good(screen, "the card is gone");
        return;
    }
    screen->plug = output->state == OUTPUT_PLUGGED  ? PLUG_IN
                   : output->state == OUTPUT_WAKING ? PLUG_WAKING
                                                    : PLUG_OUT;
    if (screen->plug != PLUG_IN)
        return;
    if (output->has_edid && has_better_mode(screen, output))
        leave_for_good(screen, "the display wants another mode");
    else if (before != PLUG_IN && !screen->needs_set && !screen->is_standby)
        screen->reign = 0; /* the link may have to be trained again; in stand-by all is set when it wakes */
}

static int take_job(void *data)
{
    const struct screen *screen = data;

    return kms_card_take(screen->card);
}

static bool is_master(struct screen *screen)
{
    if (kms_card_want(screen->card))
        return true;
    screen->task.kind = TASK_TAKE;
    return kms_screen_work(screen, take_job) == 0;
}

static void refresh(struct screen *screen)
{
    const uint32_t version = outputs_version(screen->outputs, screen->config.output);

    if (screen->is_gone || !is_idle(screen) || screen->is_gone)
        return;
    if (version != screen->version) {
        screen->version = version;
        look_at_output(screen);
    }
    if (screen->is_gone)
        return;
    screen->is_away = outputs_is_away(screen->outputs) || !is_master(screen);
    if (!screen->is_away && screen->reign != kms_card_reign(screen->card))
        restore(screen);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void describe(const struct screen *screen, unsigned index, struct screen_buffer *buffer)
{
    const bool is_turned = screen->config.rotation % 180 != 0;
    const drmModeModeInfo *mode = &screen->pipe.mode;

    *buffer = (struct screen_buffer){ .pixels = screen->pipe.buffer[index].pixels,
                                      .stride = screen->pipe.buffer[index].pitch,
                                      .width = is_turned ? mode->vdisplay : mode->hdisplay,
                                      .height = is_turned ? mode->hdisplay : mode->vdisplay,
                                      .rotation = screen->config.rotation,
                                      .format = screen->pipe.format,
                                      .index = (uint8_t)index };
}

/* Whether the picture of a lost flip is on scan-out, nobody can say: the same frame is sent again. */
static void owe_lost_flip(struct screen *screen)
{
    if (!screen->is_queued || !screen->ticket || screen->is_working ||
        monotonic_us() - screen->queued_us < FLIP_LOST_US)
        return;
    screen->ticket->pipe = NULL;
    screen->ticket = NULL;
    screen->reign = 0;
}

static int may_queue(struct screen *screen)
{
    owe_lost_flip(screen);
    refresh(screen);
    if (screen->is_gone)
        return -ENODEV;
    if (is_stuck(screen))
        return -EAGAIN;
    if (screen->is_queued || (screen->is_working && !screen->is_away))
        return -EBUSY;
    return screen->is_away || screen->is_standby ? -EAGAIN : 0;
}

static int kms_begin(struct screen *screen, struct screen_buffer *back)
{
    const int status = may_queue(screen);

    if (status == 0)
        describe(screen, screen->back, back);
    return status;
}

/* A rectangle of the upright picture as it lies in memory (screen.h), cut to the picture: the kernel refuses a frame with a
 * clip that is empty or outside. */
static bool turn(const struct screen_buffer *buffer, const struct rect *rect, struct drm_mode_rect *clip)
{
    const int32_t width = buffer->width, height = buffer->height;
    const int32_t x1 = rect->x < 0 ? 0 : rect->x, x2 = rect->x + rect->w > width ? width : rect->x + rect->w;
    const int32_t y1 = rect->y < 0 ? 0 : rect->y,
                  y2 = rect->y + rect->h > height ? height : rect->y + rect->h;

    switch (buffer->rotation) {
    case 90: *clip = (struct drm_mode_rect){ height - y2, x1, height - y1, x2 }; break;
    case 180: *clip = (struct drm_mode_rect){ width - x2, height - y2, width - x1, height - y1 }; break;
    case 270: *clip = (struct drm_mode_rect){ y1, width - x2, y2, width - x1 }; break;
    default: *clip = (struct drm_mode_rect){ x1, y1, x2, y2 }; break;
    }
    return x1 < x2 && y1 < y2;
}

static unsigned turn_all(const struct screen *screen, const struct rect *damage, unsigned ndamage,
                         struct drm_mode_rect clips[KMS_CLIPS_MAX])
{
    struct screen_buffer buffer;
    unsigned count = 0;

    if (ndamage > KMS_CLIPS_MAX)
        return 0;
    describe(screen, screen->back, &buffer);
    for (unsigned i = 0; i < ndamage; i++)
        count += turn(&buffer, &damage[i], &clips[count]);
    return count;
}

static int queue(struct screen *screen, const struct rect *damage, unsigned ndamage)
{
    struct task *task = &screen->task;

    task->level = screen->needs_set ? LEVEL_KEEP : LEVEL_FLIP;
    task->buffer = screen->back;
    task->ticket = kms_card_ticket(screen->card, &screen->pipe);
    task->must_sleep = false;
    task->nclips = turn_all(screen, damage, ndamage, task->clips);
    return send_frame(screen);
}

static int kms_commit(struct screen *screen, const struct rect *damage, unsigned ndamage, uint64_t *frame)
{
    int status = may_queue(screen);

    if (status == 0 && ndamage == 0)
        status = -EINVAL;
    if (status < 0)
        return status;
    status = queue(screen, damage, ndamage);
    if (status < 0)
        return fail(screen, status);
    *frame = ++screen->frame;
    return 0;
}

static int kms_fd(struct screen *screen)
{
    return screen->fd;
}

static void kms_dispatch(struct screen *screen)
{
    kms_card_dispatch(screen->card);
}

void kms_screen_flipped(void *data, int64_t at_us)
{
    struct screen *screen = data;
    /* Some drivers tell of the vblank before the mode was set. */
    const struct screen_flip flip = { .frame = screen->frame,
                                      .at_us = at_us < screen->begun_us ? monotonic_us() : at_us };

    screen->is_queued = false;
    screen->back = 1 - screen->queued;
    screen->events.flipped(screen->events.data, &flip);
}

/* ---- status, power, picture ------------------------------------------------------------------ */

static enum screen_state state_of(const struct screen *screen)
{
    if (is_stuck(screen) && !screen->is_gone)
        return SCREEN_STUCK;
    if (screen->is_gone || screen->is_away)
        return SCREEN_AWAY;
    if (screen->is_standby)
        return SCREEN_STANDBY;
    return screen->plug == PLUG_IN ? SCREEN_SHOWN : SCREEN_UNPLUGGED;
}

static void describe_hang(const struct screen *screen, char *detail, size_t size)
{
    time_t since;

    if (!is_hanging(screen))
        return;
    worker_busy_us(screen->worker, &since);
    kms_describe_hang(screen->config.output, since, detail, size);
}

static void write_detail(const struct screen *screen, char *detail, size_t size)
{
    if (screen->is_gone)
        snprintf(detail, size, "%s", screen->reason);
    else if (is_stuck(screen))
        describe_hang(screen, detail, size);
    else if (screen->is_away)
        kms_describe_absence(screen->outputs, screen->config.output, detail, size);
    else if (screen->plug == PLUG_OUT)
        kms_describe_darkness(screen->outputs, screen->config.output, detail, size);
    else if (screen->plug == PLUG_WAKING)
        snprintf(detail, size, "%s: the display tells no modes yet; if it stays so, check the plug",
                 screen->config.output);
    else
        snprintf(detail, size, "%s", screen->note);
}

static void kms_status(struct screen *screen, struct screen_status *status)
{
    const struct output *output;

    refresh(screen);
    output = outputs_find(screen->outputs, screen->config.output);
    if (!screen->is_working) {
        screen->had_mode_set = screen->pipe.had_mode_set;
        screen->shown = screen->mode;
    }
    *status = (struct screen_status){ .state = state_of(screen),
                                      .mode_width = screen->shown.width,
                                      .mode_height = screen->shown.height,
                                      .refresh_mhz = screen->shown.refresh_mhz,
                                      .had_mode_set = screen->had_mode_set };
    if (output) {
        status->width_mm = output->width_mm;
        status->height_mm = output->height_mm;
        memcpy(status->monitor, output->monitor, sizeof(status->monitor));
    }
    write_detail(screen, status->detail, sizeof(status->detail));
}

/* All is set, with an event: a display that was only switched on would keep the next frame waiting for as long as that takes. */
static int wake(struct screen *screen)
{
    screen->is_standby = false;
    screen->reign = 0;
    refresh(screen);
    return 0;
}

/* A display that cannot be switched off stays on: a picture that is not renewed would be a lie. Before our first frame there
 * is the console's to switch off. */
static int sleep_now(struct screen *screen)
{
    int status = 0;

    refresh(screen);
    if (screen->is_working) /* the picture is being put back: then */
        screen->reign = 0;
    else if (!screen->is_away && !screen->is_gone)
        status = send_to_sleep(screen);
    if (status == -EACCES || status == -EPERM)
        status = fail(screen, status) == -EAGAIN ? 0 : status;
    if (status == 0)
        screen->is_standby = true;
    return status;
}

/* While another has the card, or the worker is at something, the wish is kept for when that is over. */
static int kms_power(struct screen *screen, bool is_on)
{
    int status = 0;

    if (screen->is_standby == !is_on)
        return 0;
    if (is_idle(screen)) {
        status = is_on ? wake(screen) : sleep_now(screen);
    } else {
        screen->is_standby = !is_on;
        screen->reign = 0;
    }
    if (status == 0)
        outputs_cec(screen->outputs, screen->config.output, is_on);
    return status;
}

static int kms_front(struct screen *screen, struct screen_buffer *front)
{
    const unsigned index = 1 - screen->back;
    const uint8_t *pixels;

    if (screen->frame == 0)
        return -ENODEV;
    pixels = kms_pipe_reader(&screen->pipe, index);
    if (!pixels)
        return -errno;
    describe(screen, index, front);
    front->pixels = (uint8_t *)(uintptr_t)pixels;
    return 0;
}

const struct screen_ops screen_kms = {
    .name = "kms",
    .open = kms_screen_open,
    .close = kms_screen_close,
    .begin = kms_begin,
    .commit = kms_commit,
    .fd = kms_fd,
    .dispatch = kms_dispatch,
    .status = kms_status,
    .power = kms_power,
    .front = kms_front,
};
