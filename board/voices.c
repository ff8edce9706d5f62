#include "board/voices.h"

#include "board/child.h"
#include "board/log.h"
#include "board/speech/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEALS         (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE)
#define REQUEST_BYTES (CHIME_VOICE_MAX * sizeof(int16_t))

_Static_assert(VOICES_SENTENCES == WIRE_SENTENCES, "a request has room for all");
_Static_assert(REQUEST_BYTES <= VOICES_BYTES_MAX, "the longest one can be had");

enum stage { FREE, WAITING, SENT, READY };

struct request {
    enum stage stage;
    bool is_dropped; /* SENT, and not wanted any more */
    uint64_t order;  /* of asking */
    struct speech_request what;
    const int16_t *samples;
    size_t count;
};

struct voices {
    struct loop *loop;
    const struct config *config;
    voices_ready_fn on_ready;
    void *data;
    struct child child;
    int fd; /* -1: the process is down */
    struct loop_source *source;
    struct loop_timer *patience; /* of the request that was sent */
    struct loop_timer *restart;
    struct loop_timer *soon; /* out of a caller's function */
    uint64_t asked;
    struct request request[VOICES_REQUESTS_MAX];
};

/* ---- requests -------------------------------------------------------------------------------- */

static struct request *find(struct voices *voices, uint64_t token)
{
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++) {
        struct request *request = &voices->request[i];
        if (request->stage != FREE && !request->is_dropped && request->what.token == token)
            return request;
    }
    return NULL;
}

static struct request *in_stage(struct voices *voices, enum stage stage)
{
    struct request *first = NULL;
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++) {
        struct request *request = &voices->request[i];
        if (request->stage == stage && (!first || request->order < first->order))
            first = request;
    }
    return first;
}

static size_t bytes_held(const struct voices *voices)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++)
        if (voices->request[i].stage == READY)
            bytes += voices->request[i].count * sizeof(int16_t);
    return bytes;
}

static void forget(struct request *request)
{
    if (request->samples)
        munmap((void *)(uintptr_t)request->samples, request->count * sizeof(int16_t));
    request->samples = NULL;
    request->stage = FREE;
    request->is_dropped = false;
}

static void fail(struct voices *voices, struct request *request, int error, const char *why)
{
    uint64_t token = request->what.token;
    bool is_wanted = !request->is_dropped;
    forget(request);
    if (is_wanted)
        voices->on_ready(voices->data, token, error, why, NULL, 0);
}

/* ---- the process ----------------------------------------------------------------------------- */

static void pump(struct voices *voices);

/* What it said before it went is lost, too: whoever waits is told. It is reaped by the board. */
static void drop(struct voices *voices, int error, const char *why)
{
    if (voices->fd < 0)
        return;
    loop_remove(voices->source);
    close(voices->fd);
    voices->source = NULL;
    voices->fd = -1;
    loop_timer_at(voices->patience, INT64_MAX);
    if (voices->child.pid > 0)
        kill(voices->child.pid, SIGKILL);
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++)
        if (voices->request[i].stage == SENT || voices->request[i].stage == WAITING)
            fail(voices, &voices->request[i], error, why);
}

static int map(struct request *request, const struct speech_answer *answer, int fd)
{
    struct stat status;
    size_t size = answer->count * sizeof(int16_t);
    if (fd < 0 || answer->count < 1 || answer->count > CHIME_VOICE_MAX || fstat(fd, &status) < 0 ||
        (size_t)status.st_size != size)
        return -EPROTO;
    int seals = fcntl(fd, F_GET_SEALS);
    if (seals < 0 || (seals & SEALS) != SEALS)
        return -EPROTO;
    void *memory = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (memory == MAP_FAILED)
        return -errno;
    request->samples = memory;
    request->count = answer->count;
    request->stage = READY;
    return 0;
}

/* False: nonsense. */
static bool settle(struct voices *voices, const struct speech_answer *answer, int fd)
{
    struct request *request = in_stage(voices, SENT);
    if (!request || request->what.token != answer->token)
        return false;
    loop_timer_at(voices->patience, INT64_MAX);
    if (answer->error) {
        fail(voices, request, answer->error < 0 ? answer->error : -EIO, answer->why);
        return true;
    }
    int error = map(request, answer, fd);
    if (error == -EPROTO)
        return false;
    if (error)
        fail(voices, request, error, strerror(-error));
    else if (request->is_dropped)
        forget(request);
    else
        voices->on_ready(voices->data, answer->token, 0, "", request->samples, request->count);
    return true;
}

static void answered(void *data, uint32_t events)
{
    (void)events;
    struct voices *voices = data;
    struct speech_answer answer;
    int fd, error = wire_take_answer(voices->fd, &answer, &fd);
    if (error == -EAGAIN || error == -EINTR)
        return;
    bool is_fine = error == 0 && settle(voices, &answer, fd);
    if (fd >= 0)
        close(fd);
    if (is_fine)
        pump(voices);
    else
        drop(voices, -EIO,
             error == -EPIPE ? "the voice process ended" : "the voice process answered nonsense");
}

static void hung(void *data, int64_t now_us)
{
    (void)now_us;
    drop(data, -ETIMEDOUT, "the voice process took too long");
}

/* One at a time, so that whose time it takes is known; and only if its samples have a place. */
static void pump(struct voices *voices)
{
    struct request *request = in_stage(voices, WAITING);
    if (!request || voices->fd < 0 || in_stage(voices, SENT) ||
        bytes_held(voices) + REQUEST_BYTES > VOICES_BYTES_MAX)
        return;
    ssize_t n = send(voices->fd, &request->what, sizeof request->what, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n != (ssize_t)sizeof request->what) {
        drop(voices, -EIO, "the voice process ended");
        return;
    }
    request->stage = SENT;
    loop_timer_at(voices->patience, clock_us() + request->what.nsentences * VOICES_PATIENCE_US);
}

static void pump_soon(void *data, int64_t now_us)
{
    (void)now_us;
    pump(data);
}

static int start(struct voices *voices, int64_t now_us)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    int error = child_start(&voices->child, voices->config, pair[1], now_us);
    close(pair[1]);
    voices->source = error ? NULL : loop_add(voices->loop, pair[0], EPOLLIN, "voice", answered, voices);
    if (!voices->source) {
        close(pair[0]);
        return error ? error : -ENOMEM;
    }
    voices->fd = pair[0];
    return 0;
}

static void restart(void *data, int64_t now_us)
{
    struct voices *voices = data;
    if (voices->child.pid > 0)
        return;
    int error = start(voices, now_us);
    if (error) {
        log_warn("voice: cannot be started: %s; tried again", strerror(-error));
        loop_timer_at(voices->restart, child_died(&voices->child, 0, now_us));
    }
}

bool voices_died(struct voices *voices, pid_t pid, int status, int64_t now_us)
{
    if (!voices || pid != voices->child.pid)
        return false;
    voices->child.pid = 0; /* not to be killed any more */
    drop(voices, -EIO, "the voice process ended");
    loop_timer_at(voices->restart, child_died(&voices->child, status, now_us));
    return true;
}

/* ---- the board ------------------------------------------------------------------------------- */

struct voices *voices_create(struct loop *loop, const struct config *config, voices_ready_fn on_ready,
                             void *data)
{
    struct voices *voices = calloc(1, sizeof *voices);
    if (!voices)
        return NULL;
    voices->loop = loop;
    voices->config = config;
    voices->on_ready = on_ready;
    voices->data = data;
    voices->child.name = "voice";
    voices->fd = -1;
    voices->patience = loop_timer(loop, "voice patience", hung, voices);
    voices->restart = loop_timer(loop, "voice restart", restart, voices);
    voices->soon = loop_timer(loop, "voice requests", pump_soon, voices);
    int error = voices->patience && voices->restart && voices->soon ? start(voices, clock_us()) : -ENOMEM;
    if (!error)
        return voices;
    voices_destroy(voices);
    errno = -error;
    return NULL;
}

void voices_destroy(struct voices *voices)
{
    if (!voices)
        return;
    loop_remove(voices->source);
    loop_timer_remove(voices->patience);
    loop_timer_remove(voices->restart);
    loop_timer_remove(voices->soon);
    if (voices->fd >= 0)
        close(voices->fd);
    child_stop(&voices->child);
    for (unsigned i = 0; i < VOICES_REQUESTS_MAX; i++)
        forget(&voices->request[i]);
    free(voices);
}

static bool is_speakable(const struct sentence *sentence, unsigned n)
{
    if (n < 1 || n > VOICES_SENTENCES)
        return false;
    for (unsigned i = 0; i < n; i++)
        if (sentence[i].nwords < 1 || sentence[i].nwords > SENTENCE_WORDS_MAX)
            return false;
    return true;
}

int voices_render(struct voices *voices, const struct sentence *sentence, unsigned n, uint64_t token)
{
    if (!is_speakable(sentence, n))
        return -EINVAL;
    if (find(voices, token))
        return -EEXIST;
    if (voices->fd < 0)
        return -EAGAIN;
    struct request *request = voices->request;
    while (request < voices->request + VOICES_REQUESTS_MAX && request->stage != FREE)
        request++;
    if (request == voices->request + VOICES_REQUESTS_MAX)
        return -EBUSY;
    *request = (struct request){ .stage = WAITING, .order = ++voices->asked };
    request->what.token = token;
    request->what.nsentences = n;
    memcpy(request->what.sentence, sentence, n * sizeof *sentence);
    loop_timer_at(voices->soon, clock_us());
    return 0;
}

void voices_release(struct voices *voices, uint64_t token)
{
    struct request *request = find(voices, token);
    if (!request)
        return;
    if (request->stage == SENT)
        request->is_dropped = true;
    else
        forget(request);
    loop_timer_at(voices->soon, clock_us());
}
