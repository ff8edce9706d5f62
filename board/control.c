#include "board/control.h"

#include "board/log.h"
#include "protocol/json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPT_RETRY_US 1000000 /* after EMFILE: the waiting connection would wake the loop for ever */
#define ERROR_TEXT_MAX  512

/* What a socket did not take yet. */
struct chunk {
    struct chunk *next;
    char *bytes;
    size_t size, sent;
    bool is_watch;
};

struct control_client {
    struct control *control;
    struct loop_source *source; /* NULL: the slot is free */
    uint64_t id;
    int fd;
    uint32_t events; /* the loop waits for these */
    bool is_busy;    /* a request waits for its reply: the next one is not taken, so replies stay in order */
    bool is_closing; /* flush, then close */
    bool is_eof;     /* it may have closed its writing side only */
    bool is_watching;
    char *in; /* CONTROL_LINE_MAX bytes; [at, end) is not handled yet */
    size_t at, end;
    struct chunk *first, *last;
    size_t watch_backlog;
};

struct control {
    struct loop *loop;
    struct loop_source *source;
    struct loop_timer *accept_timer, *work_timer;
    control_fn fn;
    void *data;
    int fd;
    unsigned nwatchers;
    uint64_t last_id;
    dev_t device; /* of the socket file: another one's is not removed */
    ino_t inode;
    struct sockaddr_un address;
    struct control_client client[CONTROL_CLIENTS_MAX];
};

static void chunk_free(struct chunk *chunk)
{
    free(chunk->bytes);
    free(chunk);
}

static void client_close(struct control_client *client)
{
    if (!client->source)
        return;
    control_watch(client->control, client->id, false);
    loop_remove(client->source);
    close(client->fd);
    while (client->first) {
        struct chunk *chunk = client->first;
        client->first = chunk->next;
        chunk_free(chunk);
    }
    free(client->in);
    *client = (struct control_client){ .control = client->control, .fd = -1 };
}

static struct control_client *find(struct control *control, uint64_t id)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->client[i].source && control->client[i].id == id)
            return &control->client[i];
    return NULL;
}

static bool has_line(const struct control_client *client)
{
    return client->end > client->at && memchr(client->in + client->at, '\n', client->end - client->at);
}

/* A client that does not read its replies gets no further ones: its requests stay in its own socket. */
static bool can_take(const struct control_client *client)
{
    return client->source && !client->is_busy && !client->is_closing && !client->first;
}

static bool is_finished(const struct control_client *client)
{
    if (client->first || client->is_busy)
        return false;
    return client->is_closing || (client->is_eof && !client->is_watching && !has_line(client));
}

/* What the client waits for next; the one place that decides about its life. */
static void settle(struct control_client *client)
{
    if (!client->source)
        return;
    if (is_finished(client)) {
        client_close(client);
        return;
    }
    bool is_ready = can_take(client);
    if (is_ready && has_line(client))
        loop_timer_at(client->control->work_timer, 0);
    bool wants_bytes = is_ready && !client->is_eof && !has_line(client);
    uint32_t events = (wants_bytes ? EPOLLIN : 0) | (client->first ? EPOLLOUT : 0);
    if (events != client->events)
        loop_modify(client->source, events);
    client->events = events;
}

static void flush(struct control_client *client)
{
    while (client->first) {
        struct chunk *chunk = client->first;
        ssize_t n = send(client->fd, chunk->bytes + chunk->sent, chunk->size - chunk->sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno != EAGAIN)
                client_close(client);
            return;
        }
        chunk->sent += (size_t)n;
        if (chunk->is_watch)
            client->watch_backlog -= (size_t)n;
        if (chunk->sent < chunk->size)
            return;
        client->first = chunk->next;
        if (!client->first)
            client->last = NULL;
        chunk_free(chunk);
    }
}

/* `bytes` is taken. */
static void queue(struct control_client *client, char *bytes, size_t size, bool is_watch)
{
    struct chunk *chunk = bytes ? calloc(1, sizeof *chunk) : NULL;
    if (!chunk) {
        free(bytes);
        client_close(client);
        return;
    }
    *chunk = (struct chunk){ .bytes = bytes, .size = size, .is_watch = is_watch };
    if (client->last)
        client->last->next = chunk;
    else
        client->first = chunk;
    client->last = chunk;
    client->watch_backlog += is_watch ? size : 0;
}

static void queue_line(struct control_client *client, const char *line, bool is_watch)
{
    size_t length = strlen(line);
    char *copy = malloc(length + 1);
    if (copy) {
        memcpy(copy, line, length);
        copy[length] = '\n';
    }
    queue(client, copy, length + 1, is_watch);
}

static void send_line(struct control_client *client, const char *line, bool is_watch)
{
    queue_line(client, line, is_watch);
    if (client->source)
        flush(client);
}

/* The client whose request this answers, or NULL if it is gone or was answered before. */
static struct control_client *answer(struct control *control, uint64_t id)
{
    struct control_client *client = find(control, id);
    if (!client || !client->is_busy)
        return NULL;
    client->is_busy = false;
    return client;
}

uint64_t control_client_id(const struct control_client *client)
{
    return client->id;
}

void control_reply(struct control *control, uint64_t id, const char *line)
{
    struct control_client *client = answer(control, id);
    if (!client)
        return;
    send_line(client, line, false);
    settle(client);
}

void control_reply_bytes(struct control *control, uint64_t id, const char *line, void *bytes, size_t size)
{
    struct control_client *client = answer(control, id);
    if (!client) {
        free(bytes);
        return;
    }
    queue_line(client, line, false);
    if (!client->source || size == 0)
        free(bytes);
    else
        queue(client, bytes, size, false);
    if (client->source)
        flush(client);
    settle(client);
}

static void format_error(char *line, size_t size, const char *text)
{
    char quoted[ERROR_TEXT_MAX * 6 + 3];
    if (json_quote(quoted, sizeof quoted, text) < 0)
        snprintf(quoted, sizeof quoted, "\"error\"");
    snprintf(line, size, "{\"ok\":false,\"error\":%s}", quoted);
}

void control_error(struct control *control, uint64_t id, const char *format, ...)
{
    char text[ERROR_TEXT_MAX], line[ERROR_TEXT_MAX * 6 + 64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    format_error(line, sizeof line, text);
    control_reply(control, id, line);
}

void control_watch(struct control *control, uint64_t id, bool is_on)
{
    struct control_client *client = find(control, id);
    if (!client || client->is_watching == is_on)
        return;
    client->is_watching = is_on;
    control->nwatchers += is_on ? 1 : -1u;
}

bool control_is_watched(const struct control *control)
{
    return control->nwatchers > 0;
}

static void tell_one(struct control_client *client, const char *line)
{
    send_line(client, line, true);
    if (client->source && client->watch_backlog > CONTROL_BACKLOG_MAX) {
        log_warn("control: a watcher does not read; cut at %zu bytes of backlog", client->watch_backlog);
        client_close(client);
    }
    settle(client);
}

void control_tell(struct control *control, const char *line)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (control->client[i].source && control->client[i].is_watching && !control->client[i].is_closing)
            tell_one(&control->client[i], line);
}

static bool has_command(const cJSON *request)
{
    return cJSON_IsObject(request) && cJSON_IsString(cJSON_GetObjectItemCaseSensitive(request, "cmd"));
}

static void handle_line(struct control_client *client, const char *line, size_t length)
{
    struct control *control = client->control;
    uint64_t id = client->id;
    struct json_error error;
    client->is_busy = true;
    cJSON *request = json_parse(line, length, &error);
    if (!request)
        control_error(control, id, "request is no JSON: byte %zu: %s", error.offset, error.text);
    else if (!has_command(request))
        control_error(control, id, "request has no command; expected {\"cmd\":\"…\"}");
    else
        control->fn(control->data, client, request);
    cJSON_Delete(request);
}

static bool is_blank(const char *line, size_t length)
{
    return length == 0 || (length == 1 && line[0] == '\r');
}

/* One request a client and turn, so that a client that floods delays the others by one request only. */
static void take_line(struct control_client *client)
{
    const char *line = client->in + client->at;
    const char *newline = memchr(line, '\n', client->end - client->at);
    size_t length = (size_t)(newline - line);
    client->at += length + 1;
    if (!is_blank(line, length))
        handle_line(client, line, length);
}

static void work(void *data, int64_t now_us)
{
    (void)now_us;
    struct control *control = data;
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++) {
        struct control_client *client = &control->client[i];
        if (can_take(client) && has_line(client))
            take_line(client);
        settle(client);
    }
}

static void refuse_line(struct control_client *client)
{
    char text[96];
    snprintf(text, sizeof text, "request is longer than %d bytes; closing", CONTROL_LINE_MAX);
    client->is_busy = true;
    client->is_closing = true;
    control_error(client->control, client->id, "%s", text);
}

static void receive(struct control_client *client)
{
    memmove(client->in, client->in + client->at, client->end - client->at);
    client->end -= client->at;
    client->at = 0;
    ssize_t n = recv(client->fd, client->in + client->end, CONTROL_LINE_MAX - client->end, 0);
    if (n < 0 && errno != EAGAIN)
        client_close(client);
    else if (n == 0)
        client->is_eof = true;
    else if (n > 0)
        client->end += (size_t)n;
    if (client->source && client->end == CONTROL_LINE_MAX && !has_line(client))
        refuse_line(client);
}

static void on_client(void *data, uint32_t events)
{
    struct control_client *client = data;
    if (events & EPOLLOUT)
        flush(client);
    if (client->source && (events & EPOLLIN))
        receive(client);
    else if (client->source && (events & (EPOLLHUP | EPOLLERR)))
        client_close(client);
    settle(client);
}

static struct control_client *free_slot(struct control *control)
{
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
        if (!control->client[i].source)
            return &control->client[i];
    return NULL;
}

static void refuse(int fd)
{
    char text[96], line[192];
    snprintf(text, sizeof text, "too many clients: %d are connected; close one of them", CONTROL_CLIENTS_MAX);
    format_error(line, sizeof line - 1, text);
    size_t length = strlen(line);
    line[length++] = '\n';
    if (send(fd, line, length, MSG_NOSIGNAL) < 0)
        log_debug("control: refused a client that is gone already");
    close(fd);
}

static void welcome(struct control *control, int fd)
{
    struct control_client *client = free_slot(control);
    if (!client) {
        refuse(fd);
        return;
    }
    char *in = malloc(CONTROL_LINE_MAX);
    struct loop_source *source =
        in ? loop_add(control->loop, fd, EPOLLIN, "control client", on_client, client) : NULL;
    if (!source) {
        free(in);
        close(fd);
        return;
    }
    *client = (struct control_client){
        .control = control, .source = source, .id = ++control->last_id, .fd = fd, .events = EPOLLIN, .in = in
    };
}

static void on_listen(void *data, uint32_t events)
{
    (void)events;
    struct control *control = data;
    int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        welcome(control, fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        loop_modify(control->source, 0);
        loop_timer_at(control->accept_timer, clock_us() + ACCEPT_RETRY_US);
    }
}

static void accept_again(void *data, int64_t now_us)
{
    (void)now_us;
    struct control *control = data;
    loop_modify(control->source, EPOLLIN);
}

/* 0: nobody listens there; EADDRINUSE: someone does; EEXIST: a file that is not ours to remove. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) < 0)
        return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(status.st_mode))
        return EEXIST;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno;
    int result = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 ? 0 : errno;
    close(fd);
    if (result == 0 || result == EAGAIN)
        return EADDRINUSE;
    if (result != ECONNREFUSED)
        return result;
    return unlink(address->sun_path) == 0 || errno == ENOENT ? 0 : errno;
}

static int listen_at(struct control *control)
{
    const struct sockaddr *address = (const struct sockaddr *)&control->address;
    control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (control->fd < 0)
        return errno;
    /* The mode before bind() closes the moment in which the umask alone would decide; chmod() undoes the
     * umask. */
    struct stat status;
    if (fchmod(control->fd, 0660) < 0 || bind(control->fd, address, sizeof control->address) < 0)
        return errno;
    if (lstat(control->address.sun_path, &status) < 0)
        return errno;
    control->device = status.st_dev;
    control->inode = status.st_ino;
    if (chmod(control->address.sun_path, 0660) < 0 || listen(control->fd, CONTROL_CLIENTS_MAX) < 0)
        return errno;
    return 0;
}

static int attach(struct control *control)
{
    control->source = loop_add(control->loop, control->fd, EPOLLIN, "control", on_listen, control);
    control->accept_timer = loop_timer(control->loop, "control accept", accept_again, control);
    control->work_timer = loop_timer(control->loop, "control work", work, control);
    return control->source && control->accept_timer && control->work_timer ? 0 : ENOMEM;
}

struct control *control_create(struct loop *loop, const char *path, control_fn fn, void *data)
{
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return NULL;
    *control = (struct control){ .loop = loop, .fn = fn, .data = data, .fd = -1 };
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
        control->client[i] = (struct control_client){ .control = control, .fd = -1 };
    control->address.sun_family = AF_UNIX;
    size_t length = strlen(path);
    int error = length < sizeof control->address.sun_path ? 0 : ENAMETOOLONG;
    if (error == 0) {
        memcpy(control->address.sun_path, path, length + 1);
        error = remove_stale(&control->address);
    }
    if (error == 0)
        error = listen_at(control);
    if (error == 0)
        error = attach(control);
    if (error == 0)
        return control;
    control_destroy(control);
    errno = error;
    return NULL;
}

static void remove_own_file(const struct control *control)
{
    struct stat status;
    const char *path = control->address.sun_path;
    if (control->inode && lstat(path, &status) == 0 && status.st_dev == control->device &&
        status.st_ino == control->inode)
        unlink(path);
}

void control_destroy(struct control *control)
{
    if (!control)
        return;
    for (unsigned i = 0; i < CONTROL_CLIENTS_MAX; i++)
        client_close(&control->client[i]);
    loop_remove(control->source);
    loop_timer_remove(control->accept_timer);
    loop_timer_remove(control->work_timer);
    remove_own_file(control);
    if (control->fd >= 0)
        close(control->fd);
    free(control);
}
