/* Threads for what may block in the kernel: one for each screen on a graphics card, one for each card, and one for HDMI-CEC. A CRTC that
 * hangs ("flip_done timed out") keeps each call that waits for it for ten seconds (drm_atomic_helper.c, 10 * HZ); the loop must
 * not stand still as long, nor what belongs to other screens. So there are as many threads as things that can hang, each
 * with one job at a time, and no queue.
 *
 * A worker ends with its last job (worker_let_go), however long that takes; until then its screen is not opened
 * again, so a hang piles nothing up. Its thread has all signals blocked.
 *
 * Loop only, but for the jobs. What a job uses is its own until it has ended. Private to drivers/screen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct workers;
struct worker;
struct outputs;
struct kms_card;
typedef int worker_job(void *data); /* on the thread; 0 or -errno, never -EINPROGRESS */

/* A screen's worker that was let go leaves its card when it has ended: outputs_leave(). All patience below is multiplied by
 * `slowness`: 1; more for a program that runs under tools or on a machine that is overloaded. NULL with errno. */
struct workers *workers_create(struct outputs *outputs, unsigned slowness);
/* Readable: reap. */
int workers_fd(const struct workers *workers);
/* True: a job of a screen has ended that nobody waited for any more, or a screen's worker has left. */
bool workers_reap(struct workers *workers);
/* Until all that were let go have ended; reaps. False: some have not. */
bool workers_wait(struct workers *workers, int64_t until_us);
/* All must have been let go. Those that still hang are forgotten: their threads end their jobs and free what is theirs, as long as
 * the process lives. */
void workers_destroy(struct workers *workers);

/* For the screen on that output; or for the card itself, or for neither (`card` NULL): output "" and `late`, which workers_reap()
 * calls after each job that nobody waited for. `card` is a name only: it is not looked into. NULL with errno. */
struct worker *worker_create(struct workers *workers, struct kms_card *card, const char *output,
                             void (*late)(void *data), void *data);
/* A card that was not open yet when its worker was created. */
void worker_name(struct worker *worker, struct kms_card *card);
#define WORKER_QUIETLY INT64_C(-1)
/* The job's answer, if it comes within `patience_us`; else -EINPROGRESS, and the end shows on workers_fd(); with WORKER_QUIETLY
 * only if it failed. Allocates nothing. Must be idle. */
int worker_run(struct worker *worker, worker_job *job, void *data, int64_t patience_us);
/* True, once: the job that was in progress has ended with *status; the worker is idle again. */
bool worker_take(struct worker *worker, int *status);
/* Since when it is busy, CLOCK_MONOTONIC; 0: it is idle. `at` (or NULL) gets the same as time of day. */
int64_t worker_busy_us(const struct worker *worker, time_t *at);
/* After this job, or the present one if `job` is NULL, the worker ends; it waits for that at most `patience_us`. `data` is the job's to
 * free. NULL is fine. */
void worker_let_go(struct worker *worker, worker_job *job, void *data, int64_t patience_us);

/* Is a screen of that card in a job? Then calls for others on it may have to wait in the kernel for its locks. */
bool workers_are_busy(const struct workers *workers, const struct kms_card *card);
/* Is the card's own? Whoever asks displays has the lock of all connectors, for seconds (drm_probe_helper.c,
 * drm_helper_probe_single_connector_modes()): a flip does not need it, but all that names a connector. */
bool workers_are_asking(const struct workers *workers, const struct kms_card *card);
/* The worker of that output that was let go and has not ended; NULL: none. */
const struct worker *workers_leaving(const struct workers *workers, const char *output);
/* All such outputs: "HDMI-A-1, HDMI-A-2"; "" none. */
void workers_list_leaving(const struct workers *workers, char *out, size_t size);
