#include "drivers/clock.h"
#include "drivers/screen/kms_api.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A flip takes a frame or two. After this long its event will not come any more: drivers lose it when the display is
 * unplugged or the machine slept. */
#define FLIP_LOST_US INT64_C(2000000)

enum plug { PLUG_OUT, PLUG_WAKING, PLUG_IN };

struct screen {
    struct screen_config config;
    struct outputs *outputs;
    struct screen_events events;
    struct kms_card *card;
    struct kms_pipe pipe;
    struct output_mode mode;
    int fd;
    uint32_t version; /* of the output, when it was last looked at */
    uint32_t reign;   /* of the card, when everything was last set */
    enum plug plug;
    bool is_gone, is_away, is_standby;
    bool needs_set; /* the next frame sets everything */
    bool is_queued;
    unsigned queued; /* index of the buffer that goes on scan-out then */
    unsigned back;   /* index; the other one is on scan-out */
    uint64_t frame;
    int64_t queued_us;
    struct kms_ticket *ticket; /* of the queued frame */
    char note[160];            /* what differs from the hall file, as long as this mode is shown */
    char reason[160];          /* why it is gone or away */
};

/* ---- open: a mode that works ----------------------------------------------------------------- */

/* What does not fit into memory at 32 bits a pixel may at 16. */
static int try_mode(struct screen *screen, const struct output_mode *mode)
{
    const uint8_t first = screen->config.format, second = PIXEL_FORMATS - 1 - first;
    drmModeModeInfo timings;
    int status = -EINVAL;

    kms_mode_to_drm(mode, &timings);
    if (screen->pipe.has_format[first])
        status = kms_pipe_buffers(&screen->pipe, &timings, first);
    if (screen->pipe.has_format[second] && (!screen->pipe.has_format[first] || status == -ENOMEM))
        status = kms_pipe_buffers(&screen->pipe, &timings, second);
    if (status == 0)
        status = screen->pipe.api->test(&screen->pipe);
    if (status < 0)
        kms_pipe_free_buffers(&screen->pipe);
    return status;
}

/* Remarks are sentences side by side. */
__attribute__((format(printf, 2, 3))) static void note(struct screen *screen, const char *format, ...)
{
    const size_t size = sizeof(screen->note);
    va_list arguments;

    if (screen->note[0])
        strncat(screen->note, "; ", size - strlen(screen->note) - 1);
    const size_t length = strlen(screen->note);

    va_start(arguments, format);
    vsnprintf(screen->note + length, size - length, format, arguments);
    va_end(arguments);
}

static void note_mode(struct screen *screen, const struct output *output)
{
    char text[48];

    mode_text(&screen->mode, text, sizeof(text));
    if (screen->config.width &&
        (screen->config.width != screen->mode.width || screen->config.height != screen->mode.height))
        note(screen, "%s cannot show %ux%u, %s instead", output->name, screen->config.width,
             screen->config.height, text);
    if (screen->pipe.format != screen->config.format)
        note(screen, "pixels are %s: the other format does not fit",
             screen->pipe.format == PIXEL_RGB565 ? "rgb565" : "xrgb8888");
}

static int choose_mode(struct screen *screen, const struct output *output,
                       const struct kms_complaint *complaint)
{
    struct output_mode tried[MODES_TRIED_MAX];
    const unsigned count =
        modes_choose(output, screen->config.width, screen->config.height, screen->config.refresh_hz, tried);
    char text[48];
    int status = -EINVAL;

    for (unsigned i = 0; i < count; i++) {
        if (kms_card_is_refused(screen->card, screen->pipe.connector_id, screen->version, &tried[i]))
            continue;
        status = try_mode(screen, &tried[i]);
        if (status == 0) {
            screen->mode = tried[i];
            note_mode(screen, output);
            return 0;
        }
        if (status == -EACCES || status == -EPERM)
            return kms_complain_of_holder(complaint, screen->card, output->name);
        mode_text(&tried[i], text, sizeof(text));
        if (screen->note[0] == '\0')
            note(screen, "%s refused: %s", text, strerror(-status));
    }
    kms_card_forgive(screen->card, screen->pipe.connector_id);
    return kms_complain(complaint, status, "%s: none of its modes works (%s); try another display or cable",
                        output->name, screen->note[0] ? screen->note : "all were refused before");
}

/* ---- open and close -------------------------------------------------------------------------- */

static void flipped(void *data, int64_t at_us);

static int choose_pipe(struct screen *screen, const struct kms_complaint *complaint)
{
    const char *name = screen->config.output;
    const int status = kms_pipe_init(&screen->pipe, screen->card, name, screen->config.kms);

    screen->pipe.data = screen;
    screen->pipe.flipped = flipped;
    if (status == -EBUSY)
        return kms_complain(complaint, -EINVAL, "%s is in use by another screen of the hall file", name);
    if (status == -ENOSPC)
        return kms_complain(complaint, -ENOSPC, "%s: the card drives no more displays at once; unplug one",
                            name);
    if (status < 0)
        return kms_complain(complaint, -ENODEV, "%s is gone", name);
    return 0;
}

static int prepare(struct screen *screen, const struct kms_complaint *complaint)
{
    const char *name = screen->config.output;
    const struct output *output;
    int status;

    screen->card = outputs_enter(screen->outputs, name);
    output = outputs_find(screen->outputs, name);
    if (!screen->card || !output)
        return kms_complain_of_absence(complaint, screen->outputs, name);
    if (kms_card_take(screen->card) < 0)
        return kms_complain_of_holder(complaint, screen->card, name);
    screen->version = outputs_version(screen->outputs, name);
    status = choose_pipe(screen, complaint);
    if (status == 0)
        status = choose_mode(screen, output, complaint);
    if (status < 0)
        return status;
    screen->fd = fcntl(kms_card_fd(screen->card), F_DUPFD_CLOEXEC, 0);
    return screen->fd < 0 ? kms_complain(complaint, -errno, "%s", strerror(errno)) : 0;
}

/* A picture left standing would be a lie. */
static void kms_close(struct screen *screen)
{
    if (!screen)
        return;
    if (screen->frame && !screen->is_away)
        screen->pipe.api->stop(&screen->pipe);
    kms_pipe_finish(&screen->pipe);
    if (screen->fd >= 0)
        close(screen->fd);
    if (screen->card)
        outputs_leave(screen->outputs, screen->card, screen->config.output);
    free(screen);
}

static int kms_open(struct screen **result, struct outputs *outputs, const struct screen_config *config,
                    const struct screen_events *events, char *error, size_t error_size)
{
    const struct kms_complaint complaint = { error, error_size };
    struct screen *screen;
    int status = kms_check(outputs, config, &complaint);

    if (status < 0)
        return status;
    screen = calloc(1, sizeof(*screen));
    if (!screen)
        return kms_complain(&complaint, -ENOMEM, "out of memory");
    screen->config = *config;
    screen->outputs = outputs;
    screen->events = *events;
    screen->fd = -1;
    screen->plug = PLUG_IN;
    screen->needs_set = true;
    status = prepare(screen, &complaint);
    if (status == 0)
        *result = screen;
    else
        kms_close(screen);
    return status;
}

/* ---- what has become of it ------------------------------------------------------------------- */

static void leave_for_good(struct screen *screen, const char *why)
{
    screen->is_gone = true;
    snprintf(screen->reason, sizeof(screen->reason), "%s: %s", screen->config.output, why);
}

static void go_away(struct screen *screen)
{
    char holder[64];

    if (screen->is_away)
        return;
    screen->is_away = true;
    if (outputs_is_away(screen->outputs)) {
        snprintf(screen->reason, sizeof(screen->reason),
                 "%s: the console has it until its terminal is shown again", screen->config.output);
        return;
    }
    kms_card_holder(screen->card, holder, sizeof(holder));
    snprintf(screen->reason, sizeof(screen->reason), "%s: held by %s; stop it", screen->config.output,
             holder[0] ? holder : "another program");
}

/* The set was refused: for good in this mode, unless the display has just been unplugged. */
static void refuse_mode(struct screen *screen, int status)
{
    char mode[48], why[100];
    const int is_plugged = kms_pipe_is_plugged(&screen->pipe);

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
        go_away(screen);
        return -EAGAIN;
    case -EBUSY: /* although we waited */
    case -ENOMEM: return status;
    default: refuse_mode(screen, status); return -ENODEV;
    }
}

static int set(struct screen *screen, unsigned buffer, struct kms_ticket *ticket)
{
    const int status = screen->pipe.api->set(&screen->pipe, buffer, ticket);

    screen->needs_set = status < 0;
    if (status == 0)
        screen->reign = screen->card->reign;
    return status;
}

static void expect_flip(struct screen *screen, unsigned buffer)
{
    screen->is_queued = true;
    screen->queued = buffer;
    screen->queued_us = monotonic_us();
}

/* The picture that was on scan-out, after others had the card or the link broke. Its flip is told like any other. */
static void restore(struct screen *screen)
{
    const bool wants_event = !screen->is_queued && !screen->is_standby;
    const unsigned front = screen->is_queued ? screen->queued : 1 - screen->back;
    int status;

    screen->needs_set = true;
    if (screen->frame == 0) {
        if (screen->is_standby)
            screen->pipe.api->power(&screen->pipe, false);
        return;
    }
    if (wants_event)
        screen->ticket = kms_card_ticket(screen->card, &screen->pipe);
    status = set(screen, front, wants_event ? screen->ticket : NULL);
    if (status < 0)
        fail(screen, status);
    else if (wants_event)
        expect_flip(screen, front);
    else if (screen->is_standby)
        screen->pipe.api->power(&screen->pipe, false);
}

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

static void refresh(struct screen *screen)
{
    const uint32_t version = outputs_version(screen->outputs, screen->config.output);

    if (screen->is_gone)
        return;
    if (version != screen->version) {
        screen->version = version;
        look_at_output(screen);
    }
    if (screen->is_gone)
        return;
    if (outputs_is_away(screen->outputs) || kms_card_take(screen->card) < 0) {
        go_away(screen);
        return;
    }
    screen->is_away = false;
    if (screen->reign != screen->card->reign)
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

static void forget_lost_flip(struct screen *screen)
{
    if (!screen->is_queued || monotonic_us() - screen->queued_us < FLIP_LOST_US)
        return;
    screen->ticket->pipe = NULL;
    screen->is_queued = false;
    screen->needs_set = true;
}

static int may_queue(struct screen *screen)
{
    forget_lost_flip(screen);
    refresh(screen);
    if (screen->is_gone)
        return -ENODEV;
    if (screen->is_queued)
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

/* A flip that is refused although nobody took the card: its state was changed under us, so all of it is set again. */
static int queue(struct screen *screen, const struct rect *damage, unsigned ndamage)
{
    struct kms_pipe *pipe = &screen->pipe;
    struct drm_mode_rect clips[KMS_CLIPS_MAX];
    int status = -EINVAL;

    screen->ticket = kms_card_ticket(screen->card, pipe);
    if (!screen->needs_set) {
        const unsigned nclips = turn_all(screen, damage, ndamage, clips);

        status = pipe->api->flip(pipe, screen->back, clips, nclips, screen->ticket);
    }
    if (status == -EINVAL || status == -ENOSPC || status == -ERANGE)
        status = set(screen, screen->back, screen->ticket);
    return status;
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
    expect_flip(screen, screen->back);
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

static void flipped(void *data, int64_t at_us)
{
    struct screen *screen = data;
    const struct screen_flip flip = { .frame = screen->frame, .at_us = at_us };

    screen->is_queued = false;
    screen->back = 1 - screen->queued;
    screen->events.flipped(screen->events.data, &flip);
}

/* ---- status, power, picture ------------------------------------------------------------------ */

static enum screen_state state_of(const struct screen *screen)
{
    if (screen->is_gone || screen->is_away)
        return SCREEN_AWAY;
    if (screen->is_standby)
        return SCREEN_STANDBY;
    return screen->plug == PLUG_IN ? SCREEN_SHOWN : SCREEN_UNPLUGGED;
}

static void write_detail(const struct screen *screen, char *detail, size_t size)
{
    if (screen->is_gone || screen->is_away)
        snprintf(detail, size, "%s", screen->reason);
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
    *status = (struct screen_status){ .state = state_of(screen),
                                      .mode_width = screen->mode.width,
                                      .mode_height = screen->mode.height,
                                      .refresh_mhz = screen->mode.refresh_mhz,
                                      .had_mode_set = screen->pipe.had_mode_set };
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
    if (!screen->is_away && !screen->is_gone)
        status = screen->pipe.api->power(&screen->pipe, false);
    if (status == -EACCES || status == -EPERM)
        status = fail(screen, status) == -EAGAIN ? 0 : status;
    if (status == 0)
        screen->is_standby = true;
    return status;
}

/* While another has the card the wish is kept for when it comes back. */
static int kms_power(struct screen *screen, bool is_on)
{
    if (screen->is_standby == !is_on)
        return 0;
    outputs_cec(screen->outputs, screen->config.output, is_on);
    return is_on ? wake(screen) : sleep_now(screen);
}

static int kms_front(struct screen *screen, struct screen_buffer *front)
{
    const unsigned index = 1 - screen->back;
    const uint8_t *pixels = kms_pipe_reader(&screen->pipe, index);

    if (!pixels)
        return -errno;
    describe(screen, index, front);
    front->pixels = (uint8_t *)(uintptr_t)pixels;
    return 0;
}

const struct screen_ops screen_kms = {
    .name = "kms",
    .open = kms_open,
    .close = kms_close,
    .begin = kms_begin,
    .commit = kms_commit,
    .fd = kms_fd,
    .dispatch = kms_dispatch,
    .status = kms_status,
    .power = kms_power,
    .front = kms_front,
};
