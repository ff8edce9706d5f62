#include "board/console/upstream.h"

#include "protocol/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define BLOCK        65536
#define DELAY_MIN_US 200000
#define DELAY_MAX_US 5000000

struct upstream {
    struct loop *loop;
    struct loop_source *source;
    struct loop_timer *retry_timer, *wait_timer;
    struct upstream_events events;
    struct sockaddr_un address;
    int fd;
    bool was_told;     /* that it is down */
    unsigned nwaiting; /* replies */
    int64_t delay_us;
    char *in, *out;
    size_t at, end, capacity; /* of `in` */
    size_t out_length;        /* what the socket did not take */
    cJSON *reply;             /* whose bytes are coming */
    char *line;
    unsigned char *bytes;
    size_t size, got;
};

static void forget_reply(struct upstream *upstream)
{
    cJSON_Delete(upstream->reply);
    free(upstream->line);
    free(upstream->bytes);
    upstream->reply = NULL;
    upstream->line = NULL;
    upstream->bytes = NULL;
    upstream->size = upstream->got = 0;
}

static void disconnect(struct upstream *upstream)
{
    loop_remove(upstream->source);
    upstream->source = NULL;
    if (upstream->fd >= 0)
        close(upstream->fd);
    upstream->fd = -1;
    upstream->at = upstream->end = upstream->out_length = 0;
    upstream->nwaiting = 0;
    loop_timer_at(upstream->wait_timer, INT64_MAX);
    forget_reply(upstream);
}

static void lose(struct upstream *upstream, const char *why)
{
    disconnect(upstream);
    loop_timer_at(upstream->retry_timer, clock_us() + upstream->delay_us);
    upstream->delay_us = upstream->delay_us * 2 < DELAY_MAX_US ? upstream->delay_us * 2 : DELAY_MAX_US;
    if (!upstream->was_told) {
        upstream->was_told = true;
        upstream->events.down(upstream->events.data, why);
    }
}

static void expect_reply(struct upstream *upstream)
{
    int64_t until_us = clock_us() + UPSTREAM_WAIT_S * INT64_C(1000000);
    loop_timer_at(upstream->wait_timer, upstream->nwaiting > 0 ? until_us : INT64_MAX);
}

static void flush(struct upstream *upstream)
{
    ssize_t n = send(upstream->fd, upstream->out, upstream->out_length, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN) {
        lose(upstream, strerror(errno));
        return;
    }
    if (n > 0) {
        upstream->out_length -= (size_t)n;
        memmove(upstream->out, upstream->out + n, upstream->out_length);
    }
    loop_modify(upstream->source, EPOLLIN | (upstream->out_length > 0 ? EPOLLOUT : 0));
}

int upstream_send(struct upstream *upstream, const char *line, size_t length)
{
    if (upstream->fd < 0)
        return -ENOTCONN;
    if (upstream->out_length > 0)
        return -EAGAIN;
    char *out = realloc(upstream->out, length + 1);
    if (!out)
        return -EAGAIN;
    memcpy(out, line, length);
    out[length] = '\n';
    upstream->out = out;
    upstream->out_length = length + 1;
    upstream->nwaiting++;
    if (upstream->nwaiting == 1)
        expect_reply(upstream);
    flush(upstream);
    return upstream->fd >= 0 ? 0 : -ENOTCONN;
}

static void deliver(struct upstream *upstream, const cJSON *json, const char *line, size_t length,
                    void *bytes, size_t size)
{
    if (!cJSON_GetObjectItemCaseSensitive(json, "watch") && upstream->nwaiting > 0) {
        upstream->nwaiting--;
        expect_reply(upstream);
    }
    upstream->events.line(upstream->events.data, json, line, length, bytes, size);
}

static void deliver_bytes(struct upstream *upstream)
{
    cJSON *reply = upstream->reply;
    char *line = upstream->line;
    void *bytes = upstream->bytes;
    size_t size = upstream->size;
    upstream->reply = NULL;
    upstream->line = NULL;
    upstream->bytes = NULL;
    upstream->size = upstream->got = 0;
    deliver(upstream, reply, line, strlen(line), bytes, size);
    cJSON_Delete(reply);
    free(line);
}

/* The reply announces raw bytes: keep it until they are there. */
static bool keep_for_bytes(struct upstream *upstream, cJSON *json, const char *line, size_t length)
{
    const cJSON *size = cJSON_GetObjectItemCaseSensitive(json, "bytes");
    if (!cJSON_IsNumber(size) || size->valuedouble < 1 || cJSON_HasObjectItem(json, "watch"))
        return false;
    if (size->valuedouble > UPSTREAM_BYTES_MAX)
        return false; /* what follows is no JSON then, and ends the connection */
    upstream->size = (size_t)size->valuedouble;
    upstream->bytes = malloc(upstream->size);
    upstream->line = strndup(line, length);
    if (!upstream->bytes || !upstream->line) {
        forget_reply(upstream);
        return false;
    }
    upstream->reply = json;
    return true;
}

static void take_line(struct upstream *upstream, const char *line, size_t length)
{
    struct json_error error;
    cJSON *json = json_parse(line, length, &error);
    if (!json) {
        lose(upstream, "the board said what is no JSON");
        return;
    }
    if (keep_for_bytes(upstream, json, line, length))
        return;
    deliver(upstream, json, line, length, NULL, 0);
    cJSON_Delete(json);
}

static void take_bytes(struct upstream *upstream)
{
    size_t have = upstream->end - upstream->at, want = upstream->size - upstream->got;
    size_t part = have < want ? have : want;
    memcpy(upstream->bytes + upstream->got, upstream->in + upstream->at, part);
    upstream->at += part;
    upstream->got += part;
    if (upstream->got == upstream->size)
        deliver_bytes(upstream);
}

/* A callback may have ended the connection: then nothing is left to take. */
static void take_all(struct upstream *upstream)
{
    while (upstream->fd >= 0 && upstream->at < upstream->end) {
        if (upstream->reply) {
            take_bytes(upstream);
            continue;
        }
        char *line = upstream->in + upstream->at;
        char *newline = memchr(line, '\n', upstream->end - upstream->at);
        if (!newline)
            return;
        *newline = '\0';
        upstream->at += (size_t)(newline - line) + 1;
        take_line(upstream, line, (size_t)(newline - line));
    }
}

static bool make_room(struct upstream *upstream)
{
    memmove(upstream->in, upstream->in + upstream->at, upstream->end - upstream->at);
    upstream->end -= upstream->at;
    upstream->at = 0;
    if (upstream->end < upstream->capacity)
        return true;
    if (upstream->capacity >= UPSTREAM_LINE_MAX)
        return false;
    char *in = realloc(upstream->in, upstream->capacity * 2);
    if (!in)
        return false;
    upstream->in = in;
    upstream->capacity *= 2;
    return true;
}

static void on_socket(void *data, uint32_t events)
{
    struct upstream *upstream = data;
    if (events & EPOLLOUT)
        flush(upstream);
    if (upstream->fd < 0 || !(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    if (!make_room(upstream)) {
        lose(upstream, "the board said a line that is too long");
        return;
    }
    ssize_t n = recv(upstream->fd, upstream->in + upstream->end, upstream->capacity - upstream->end, 0);
    if (n > 0) {
        upstream->end += (size_t)n;
        take_all(upstream);
    } else if (n == 0 || errno != EAGAIN) {
        lose(upstream, n == 0 ? "the board closed the connection" : strerror(errno));
    }
}

static void reach(void *data, int64_t now_us)
{
    (void)now_us;
    struct upstream *upstream = data;
    upstream->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (upstream->fd < 0 ||
        connect(upstream->fd, (struct sockaddr *)&upstream->address, sizeof upstream->address) < 0) {
        lose(upstream,
             errno == ENOENT || errno == ECONNREFUSED ? "the board is not running" : strerror(errno));
        return;
    }
    upstream->source = loop_add(upstream->loop, upstream->fd, EPOLLIN, "upstream", on_socket, upstream);
    if (!upstream->source) {
        lose(upstream, strerror(ENOMEM));
        return;
    }
    upstream->delay_us = DELAY_MIN_US;
    upstream->was_told = false;
    upstream->events.up(upstream->events.data);
}

static void waited(void *data, int64_t now_us)
{
    (void)now_us;
    lose(data, "the board does not answer");
}

struct upstream *upstream_create(struct loop *loop, const char *path, const struct upstream_events *events)
{
    struct upstream *upstream = calloc(1, sizeof *upstream);
    if (!upstream)
        return NULL;
    *upstream = (struct upstream){ .loop = loop, .events = *events, .fd = -1, .delay_us = DELAY_MIN_US };
    upstream->address.sun_family = AF_UNIX;
    snprintf(upstream->address.sun_path, sizeof upstream->address.sun_path, "%s", path);
    upstream->in = malloc(BLOCK);
    upstream->capacity = BLOCK;
    upstream->retry_timer = loop_timer(loop, "upstream retry", reach, upstream);
    upstream->wait_timer = loop_timer(loop, "upstream wait", waited, upstream);
    if (!upstream->in || !upstream->retry_timer || !upstream->wait_timer) {
        upstream_destroy(upstream);
        return NULL;
    }
    loop_timer_at(upstream->retry_timer, 0);
    return upstream;
}

void upstream_destroy(struct upstream *upstream)
{
    if (!upstream)
        return;
    if (upstream->wait_timer)
        disconnect(upstream);
    loop_timer_remove(upstream->retry_timer);
    loop_timer_remove(upstream->wait_timer);
    free(upstream->in);
    free(upstream->out);
    free(upstream);
}
