#include "drivers/chime/backend.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FLUSH_NS     40000000 /* with the longest gap between edges that is not a pause: 50 ms */
#define FLUSH_GAP_NS 150000   /* a write into the page cache takes some 10 us */
#define LINE_BYTES   24
#define BUFFER_BYTES 8192 /* 50 ms of 2500 Hz are 5 KiB */

struct trace {
    struct chime chime;
    int fd;
    bool is_high;
    int64_t flushed_ns;
    size_t used;
    char buffer[BUFFER_BYTES];
};

static int flush(struct trace *trace, int64_t now_ns)
{
    size_t done = 0;
    while (done < trace->used) {
        ssize_t n = write(trace->fd, trace->buffer + done, trace->used - done);
        if (n < 0 && errno != EINTR) {
            trace->used = 0;
            return -errno;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    trace->used = 0;
    trace->flushed_ns = now_ns;
    return 0;
}

static int set(void *data, bool level, int64_t now_ns)
{
    struct trace *trace = data;
    if (level == trace->is_high)
        return 0;
    trace->is_high = level;
    if (trace->used + LINE_BYTES > sizeof trace->buffer) {
        int error = flush(trace, now_ns);
        if (error)
            return error;
    }
    trace->used +=
        (size_t)snprintf(trace->buffer + trace->used, LINE_BYTES, "%" PRId64 " %d\n", now_ns, level);
    return 0;
}

static int gap(void *data, int64_t now_ns, int64_t gap_ns)
{
    struct trace *trace = data;
    bool is_due = now_ns - trace->flushed_ns >= FLUSH_NS || gap_ns >= FLUSH_NS;
    return is_due && gap_ns >= FLUSH_GAP_NS ? flush(trace, now_ns) : 0;
}

static void close_trace(struct chime *chime)
{
    if (!chime)
        return;
    struct trace *trace = (struct trace *)chime;
    tone_destroy(trace->chime.tone);
    if (trace->fd >= 0) {
        (void)flush(trace, 0); /* nobody is left to be told */
        close(trace->fd);
    }
    free(trace);
}

/* Non-blocking, because a FIFO that nobody reads would hold the open. */
static int reach(struct trace *trace, const struct chime_config *config, char *error, size_t error_size)
{
    trace->fd = open(config->file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
    if (trace->fd < 0) {
        int result = -errno;
        snprintf(error, error_size, "%s cannot be written: %s", config->file, strerrordesc_np(-result));
        return result;
    }
    int result =
        tone_create(&trace->chime.tone, &(struct tone_sink){ .data = trace, .set = set, .gap = gap });
    if (result)
        snprintf(error, error_size, "the player cannot start: %s", strerrordesc_np(-result));
    return result;
}

static int open_trace(struct chime **chime, const struct chime_config *config, char *error, size_t error_size)
{
    struct trace *trace = backend_alloc(sizeof *trace, error, error_size);
    if (!trace)
        return -ENOMEM;
    int result = reach(trace, config, error, error_size);
    if (result)
        close_trace(&trace->chime);
    else
        *chime = &trace->chime;
    return result;
}

static void limit_file(int fd)
{
    struct stat status;
    if (fstat(fd, &status) == 0 && status.st_size > CHIME_TRACE_MAX && ftruncate(fd, 0) != 0)
        return; /* the next write tells what is wrong */
}

static int play(struct chime *chime, const struct melody *melody, unsigned volume_percent, uint64_t token)
{
    struct trace *trace = (struct trace *)chime;
    if (tone_is_busy(chime->tone))
        return -EBUSY;
    limit_file(trace->fd); /* the player sleeps: file and buffer are ours */
    trace->used = (size_t)snprintf(trace->buffer, sizeof trace->buffer, "# %.32s\n", melody->id);
    int result = tone_play(chime->tone, melody, volume_percent, token);
    if (result)
        trace->used = 0;
    return result;
}

static int say(struct chime *chime, const int16_t *samples, size_t count, unsigned volume_percent,
               uint64_t token)
{
    struct trace *trace = (struct trace *)chime;
    if (tone_is_busy(chime->tone))
        return -EBUSY;
    int result = backend_speech_defect(samples, count, volume_percent);
    if (result)
        return result;
    limit_file(trace->fd);
    trace->used = (size_t)snprintf(trace->buffer, sizeof trace->buffer, "# say %zu\n", count);
    return tone_rest(chime->tone, (int64_t)(count * 1000 / CHIME_VOICE_HZ), token);
}

const struct chime_ops chime_trace = {
    .name = "trace",
    .open = open_trace,
    .close = close_trace,
    .play = play,
    .can_speak = true,
    .say = say,
    .stop = backend_stop,
    .fd = backend_fd,
    .take = backend_take,
    .is_realtime = backend_is_realtime,
};
