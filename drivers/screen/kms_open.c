#include "drivers/clock.h"
#include "drivers/screen/kms_screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define FLIP_LATE_US INT64_C(500000) /* after this long the CRTC may hang */

/* How long the loop waits for a worker that should need a frame or two, and for one that opens a screen: its buffers are
 * cleared first, and nothing is on the wall yet. What takes longer goes on alone. */
#define PATIENCE_US      INT64_C(100000)
#define OPEN_PATIENCE_US INT64_C(300000)

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

static int choose_mode(struct screen *screen, const struct kms_complaint *complaint)
{
    const struct output *output = &screen->task.output;
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

/* ---- its worker ------------------------------------------------------------------------------ */

int kms_screen_work(struct screen *screen, worker_job *job)
{
    const bool is_busy = workers_are_busy(outputs_workers(screen->outputs), screen->card);
    const int64_t hurry_us = screen->task.kind == TASK_FRAME ? WORKER_QUIETLY : 0,
                  patience_us = screen->task.kind == TASK_OPEN ? OPEN_PATIENCE_US : PATIENCE_US;
    const int status = worker_run(screen->worker, job, screen, is_busy ? hurry_us : patience_us);

    screen->is_working = status == -EINPROGRESS;
    return status;
}

/* ---- open and close -------------------------------------------------------------------------- */

static int choose_pipe(struct screen *screen, const struct kms_complaint *complaint)
{
    const char *name = screen->config.output;
    const int status = kms_pipe_init(&screen->pipe, screen->card, name, screen->config.kms);

    screen->pipe.data = screen;
    screen->pipe.flipped = kms_screen_flipped;
    if (status == -EBUSY)
        return kms_complain(complaint, -EINVAL, "%s is in use by another screen of the hall file", name);
    if (status == -ENOSPC)
        return kms_complain(complaint, -ENOSPC, "%s: the card drives no more displays at once; unplug one",
                            name);
    if (status < 0)
        return kms_complain(complaint, -ENODEV, "%s is gone", name);
    return 0;
}

/* Another file may have come in the place of the card's: only now there are its events to wait for. */
static int take_card(struct screen *screen, const struct kms_complaint *complaint)
{
    struct epoll_event event = { .events = EPOLLIN };

    if (kms_card_take(screen->card) < 0)
        return kms_complain_of_holder(complaint, screen->card, screen->config.output);
    if (epoll_ctl(screen->fd, EPOLL_CTL_ADD, kms_card_fd(screen->card), &event) < 0)
        return kms_complain(complaint, -errno, "%s: %s", screen->config.output, strerror(errno));
    return 0;
}

static int open_job(void *data)
{
    struct screen *screen = data;
    const struct kms_complaint complaint = { screen->task.error, sizeof(screen->task.error) };
    int status = take_card(screen, &complaint);

    if (status == 0)
        status = choose_pipe(screen, &complaint);
    return status < 0 ? status : choose_mode(screen, &complaint);
}

/* A screen that is not opened in time is there all the same: the end shows later, like that of anything else. */
static int open_pipe(struct screen *screen, const struct kms_complaint *complaint)
{
    screen->task.kind = TASK_OPEN;
    screen->task.output = *outputs_find(screen->outputs, screen->config.output);
    const int status = kms_screen_work(screen, open_job);

    if (status < 0 && status != -EINPROGRESS)
        return kms_complain(complaint, status, "%s", screen->task.error);
    return 0;
}

static int prepare(struct screen *screen, const struct kms_complaint *complaint)
{
    const char *name = screen->config.output;
    struct kms_card *card = outputs_enter(screen->outputs, name);

    if (!card)
        return kms_complain_of_absence(complaint, screen->outputs, name);
    screen->worker = worker_create(outputs_workers(screen->outputs), card, name, NULL, NULL);
    if (!screen->worker) {
        outputs_leave(screen->outputs, card, name);
        return kms_complain(complaint, -ENOMEM, "%s: no thread: %s", name, strerror(errno));
    }
    screen->card = kms_card_hold(card);
    screen->fd = epoll_create1(EPOLL_CLOEXEC);
    if (screen->fd < 0)
        return kms_complain(complaint, -errno, "%s: %s", name, strerror(errno));
    kms_card_want(card);
    screen->version = outputs_version(screen->outputs, name);
    return open_pipe(screen, complaint);
}

/* A picture left standing would be a lie. */
static int close_job(void *data)
{
    struct screen *screen = data;

    if (screen->fd >= 0)
        close(screen->fd);
    if (screen->must_stop)
        screen->pipe.api->stop(&screen->pipe);
    kms_pipe_finish(&screen->pipe);
    kms_card_close(screen->card);
    free(screen);
    return 0;
}

/* The worker leaves the card when it has ended. */
void kms_screen_close(struct screen *screen)
{
    if (!screen)
        return;
    if (!screen->worker) {
        free(screen);
        return;
    }
    const bool is_late = screen->is_queued && monotonic_us() - screen->queued_us >= FLIP_LATE_US;
    const int64_t patience_us = screen->is_working || is_late ? 0 : PATIENCE_US;

    kms_card_ignore(screen->card, &screen->pipe);
    screen->must_stop = screen->frame && !screen->is_away;
    worker_let_go(screen->worker, close_job, screen, patience_us);
}

int kms_screen_open(struct screen **result, struct outputs *outputs, const struct screen_config *config,
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
        kms_screen_close(screen);
    return status;
}
