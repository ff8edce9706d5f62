#include "board/control.h"
#include "board/ctl/ctl.h"
#include "protocol/json.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SERVICE_SOCKET "/run/kezek/control"
#define BLOCK          65536

int ctl_socket_path(char *out, size_t size)
{
    int error = rundir_path(out, size, "control");
    if (error == 0 && access(out, F_OK) == 0)
        return 0;
    /* The service runs as root or as its own user; a technician logs in as somebody else. */
    if (access(SERVICE_SOCKET, F_OK) == 0 && sizeof SERVICE_SOCKET <= size) {
        snprintf(out, size, "%s", SERVICE_SOCKET);
        return 0;
    }
    return error;
}

static const char *remedy(int error)
{
    switch (error) {
    case ENOENT: return "there is no such socket: is kezekd running?";
    case ECONNREFUSED: return "nobody listens there any more: kezekd has ended";
    case EACCES: return "permission denied: run it as root or as a member of the socket's group";
    default: return strerror(error);
    }
}

static int reach(struct ctl *ctl)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    char path[sizeof address.sun_path];
    int error = 0;
    if (ctl->socket)
        error = strlen(ctl->socket) < sizeof path ? 0 : -ENAMETOOLONG;
    else
        error = ctl_socket_path(path, sizeof path);
    if (error == -ENOENT)
        return ctl_complain(ctl, CTL_UNREACHABLE, "no run folder: set KEZEK_RUNDIR or give -s SOCKET");
    if (error < 0)
        return ctl_complain(ctl, CTL_UNREACHABLE, "socket path: %s", strerror(-error));
    snprintf(address.sun_path, sizeof address.sun_path, "%s", ctl->socket ? ctl->socket : path);
    ctl->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (ctl->fd >= 0 && connect(ctl->fd, (struct sockaddr *)&address, sizeof address) == 0)
        return CTL_OK;
    error = errno;
    ctl_close(ctl);
    return ctl_complain(ctl, CTL_UNREACHABLE, "%s: %s", address.sun_path, remedy(error));
}

void ctl_close(struct ctl *ctl)
{
    if (ctl->fd >= 0)
        close(ctl->fd);
    ctl->fd = -1;
    free(ctl->in);
    ctl->in = NULL;
    ctl->at = ctl->end = ctl->capacity = 0;
}

static int send_text(struct ctl *ctl, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = send(ctl->fd, text, length, MSG_NOSIGNAL);
        if (n < 0)
            return errno; /* a reply that explains it may still be there: the reader tells */
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

static bool make_room(struct ctl *ctl)
{
    if (ctl->at > 0) {
        memmove(ctl->in, ctl->in + ctl->at, ctl->end - ctl->at);
        ctl->end -= ctl->at;
        ctl->at = 0;
    }
    if (ctl->capacity - ctl->end >= BLOCK)
        return true;
    if (ctl->capacity >= CTL_REPLY_MAX)
        return false;
    size_t capacity = ctl->capacity ? ctl->capacity * 2 : BLOCK * 2;
    char *in = realloc(ctl->in, capacity);
    if (!in)
        return false;
    ctl->in = in;
    ctl->capacity = capacity;
    return true;
}

static int fill(struct ctl *ctl, int timeout_ms)
{
    if (!make_room(ctl))
        return ctl_complain(ctl, CTL_UNREACHABLE, "the reply is too long");
    struct pollfd wait = { .fd = ctl->fd, .events = POLLIN };
    int ready = poll(&wait, 1, timeout_ms);
    if (ready == 0)
        return ctl_complain(ctl, CTL_UNREACHABLE, "the board does not answer");
    ssize_t n = recv(ctl->fd, ctl->in + ctl->end, ctl->capacity - ctl->end, 0);
    if (n <= 0)
        return ctl_complain(ctl, CTL_UNREACHABLE, "the board closed the connection");
    ctl->end += (size_t)n;
    return CTL_OK;
}

int ctl_line(struct ctl *ctl, int timeout_ms, char **line, size_t *length)
{
    size_t looked = 0;
    for (;;) {
        char *start = ctl->in + ctl->at;
        char *newline =
            ctl->end > ctl->at + looked ? memchr(start + looked, '\n', ctl->end - ctl->at - looked) : NULL;
        if (newline) {
            *newline = '\0';
            *line = start;
            *length = (size_t)(newline - start);
            ctl->at += *length + 1;
            return CTL_OK;
        }
        looked = ctl->end - ctl->at;
        int status = fill(ctl, timeout_ms);
        if (status != CTL_OK)
            return status;
    }
}

int ctl_bytes(struct ctl *ctl, size_t size, FILE *file)
{
    while (size > 0) {
        if (ctl->at == ctl->end) {
            int status = fill(ctl, CTL_WAIT_MS);
            if (status != CTL_OK)
                return status;
        }
        size_t part = ctl->end - ctl->at < size ? ctl->end - ctl->at : size;
        if (fwrite(ctl->in + ctl->at, 1, part, file) != part)
            return ctl_complain(ctl, CTL_NO_FILE, "writing: %s", strerror(errno));
        ctl->at += part;
        size -= part;
    }
    return CTL_OK;
}

static int take_reply(struct ctl *ctl, cJSON **reply)
{
    char *line;
    size_t length;
    int status = ctl_line(ctl, CTL_WAIT_MS, &line, &length);
    if (status != CTL_OK)
        return status;
    if (ctl->is_json)
        fprintf(ctl->out, "%s\n", line);
    struct json_error error;
    *reply = json_parse(line, length, &error);
    if (!*reply)
        return ctl_complain(ctl, CTL_UNREACHABLE, "the reply is no JSON: %s", error.text);
    if (ctl_bool(*reply, "ok"))
        return CTL_OK;
    const char *why = ctl_text(*reply, "error");
    status = ctl_complain(ctl, CTL_REFUSED, "%s", why[0] ? why : "the board refused without a reason");
    cJSON_Delete(*reply);
    *reply = NULL;
    return status;
}

int ctl_ask(struct ctl *ctl, cJSON *request, cJSON **reply)
{
    *reply = NULL;
    char *text = cJSON_PrintUnformatted(request);
    cJSON_Delete(request);
    if (!text)
        return ctl_complain(ctl, CTL_USAGE, "out of memory");
    int status = ctl->fd >= 0 ? CTL_OK : reach(ctl);
    if (status == CTL_OK && send_text(ctl, text, strlen(text)) == 0)
        send_text(ctl, "\n", 1);
    free(text);
    return status == CTL_OK ? take_reply(ctl, reply) : status;
}

int ctl_ask_quietly(struct ctl *ctl, cJSON *request, cJSON **reply)
{
    bool is_json = ctl->is_json;
    ctl->is_json = false;
    int status = ctl_ask(ctl, request, reply);
    ctl->is_json = is_json;
    return status;
}

int ctl_do(struct ctl *ctl, cJSON *request, const char *format, ...)
{
    cJSON *reply;
    int status = ctl_ask(ctl, request, &reply);
    cJSON_Delete(reply);
    if (status != CTL_OK || ctl->is_json)
        return status;
    va_list args;
    va_start(args, format);
    vfprintf(ctl->out, format, args);
    va_end(args);
    fputc('\n', ctl->out);
    return CTL_OK;
}

cJSON *ctl_request(const char *command)
{
    cJSON *request = cJSON_CreateObject();
    cJSON_AddStringToObject(request, "cmd", command);
    return request;
}

const cJSON *ctl_member(const cJSON *object, const char *key)
{
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

const char *ctl_text(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(ctl_member(object, key));
    return text ? text : "";
}

double ctl_number(const cJSON *object, const char *key)
{
    const cJSON *item = ctl_member(object, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

bool ctl_bool(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(ctl_member(object, key));
}
