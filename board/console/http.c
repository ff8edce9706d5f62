#include "board/console/http.h"

#include "board/log.h"
#include "protocol/json.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECTION_MEMORY 16384 /* of the library: headers; more is answered by 431 */
#define STREAM_BLOCK      4096
#define ALIVE             ": alive\n\n"

/* Scripts and styles come from this server only, and no other page may frame or post to it. */
#define POLICY                                                                                               \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src "      \
    "'self'; "                                                                                               \
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

struct http_request {
    struct http *http;
    struct http_request *next;
    struct MHD_Connection *connection;
    const struct http_route *route;
    struct MHD_Response *response; /* the answer that waits for the library's next call */
    unsigned status;
    uint64_t id;
    const char *rest;
    bool is_handled; /* the route's function was called */
    bool is_suspended;
    bool is_stream, is_cut;
    char *body;
    size_t length;
    char *queue; /* of a stream: HTTP_STREAM_BACKLOG bytes, [at, end) not sent */
    size_t at, end;
};

struct http {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    struct loop_source *source;
    struct loop_timer *timer, *alive_timer;
    const struct http_route *route;
    unsigned nroutes, nstreams;
    void (*streams)(void *data, unsigned count);
    void *data;
    bool has_resumed; /* the library neither raises its descriptor nor shortens its timeout for that */
    struct http_request *requests;
    uint64_t last_id;
    char host[64], machine[64];
};

static struct http_request *find(const struct http *http, uint64_t id)
{
    struct http_request *request = http->requests;
    while (request && request->id != id)
        request = request->next;
    return request;
}

/* ---- who may ask ---- */

static bool is_address(const char *name)
{
    unsigned char address[16];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

/* "name:port", "1.2.3.4", "[::1]:8080" → the name. */
static void host_name(const char *header, char *name, size_t size)
{
    size_t length = strcspn(header, header[0] == '[' ? "]" : ":");
    if (header[0] == '[')
        header++, length -= length > 0;
    snprintf(name, size, "%.*s", (int)length, header);
}

static bool is_own_host(const struct http *http, const char *header)
{
    char name[128], local[80];
    host_name(header, name, sizeof name);
    snprintf(local, sizeof local, "%s.local", http->machine);
    if (!name[0])
        return false; /* a machine without a name must not make it match */
    return is_address(name) || !strcasecmp(name, "localhost") || !strcasecmp(name, http->host) ||
           !strcasecmp(name, http->machine) || !strcasecmp(name, local);
}

static const char *header(struct MHD_Connection *connection, const char *name)
{
    const char *value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
    return value ? value : "";
}

static bool is_own_origin(const char *origin, const char *host)
{
    return origin[0] == '\0' || (!strncmp(origin, "http://", 7) && !strcasecmp(origin + 7, host));
}

static bool is_json_type(const char *type)
{
    return !strncasecmp(type, "application/json", 16) &&
           (type[16] == '\0' || type[16] == ';' || type[16] == ' ');
}

/* 0: welcome; otherwise the status and why. */
static unsigned gate(const struct http *http, struct MHD_Connection *connection, const char *method,
                     const char **why)
{
    const char *host = header(connection, "Host");
    *why = "this server does not answer to that name; use its IP address";
    if (!is_own_host(http, host))
        return MHD_HTTP_MISDIRECTED_REQUEST;
    if (strcmp(method, "POST") != 0)
        return 0;
    *why = "a request of another page is not taken";
    if (!is_own_origin(header(connection, "Origin"), host))
        return MHD_HTTP_FORBIDDEN;
    *why = "the body must be application/json";
    if (!is_json_type(header(connection, "Content-Type")))
        return MHD_HTTP_UNSUPPORTED_MEDIA_TYPE;
    *why = "the body is too long; at most 65536 bytes";
    if (strtoull(header(connection, "Content-Length"), NULL, 10) > HTTP_BODY_MAX)
        return MHD_HTTP_CONTENT_TOO_LARGE;
    return 0;
}

/* ---- routes ---- */

static bool path_matches(const struct http_route *route, const char *url)
{
    size_t length = strlen(route->path);
    if (route->path[length - 1] == '*')
        return !strncmp(route->path, url, length - 1);
    return !strcmp(route->path, url);
}

static bool method_matches(const struct http_route *route, const char *method)
{
    return !strcmp(route->method, method) || (!strcmp(route->method, "GET") && !strcmp(method, "HEAD"));
}

/* NULL with the status. */
static const struct http_route *find_route(const struct http *http, const char *url, const char *method,
                                           unsigned *status)
{
    *status = MHD_HTTP_NOT_FOUND;
    for (unsigned i = 0; i < http->nroutes; i++) {
        if (!path_matches(&http->route[i], url))
            continue;
        if (method_matches(&http->route[i], method))
            return &http->route[i];
        *status = MHD_HTTP_METHOD_NOT_ALLOWED;
    }
    return NULL;
}

static const char *rest_of(const struct http_route *route, const char *url)
{
    size_t length = strlen(route->path);
    return route->path[length - 1] == '*' ? url + length - 1 : "";
}

/* ---- replies ---- */

static void add_headers(struct MHD_Response *response, const char *type)
{
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "Content-Security-Policy", POLICY);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
}

static void resume(struct http_request *request)
{
    if (!request->is_suspended)
        return;
    request->is_suspended = false;
    MHD_resume_connection(request->connection);
    request->http->has_resumed = true;
    loop_timer_at(request->http->timer, 0);
}

static void answer(struct http_request *request, unsigned status, const char *type,
                   struct MHD_Response *response)
{
    if (!response)
        return; /* out of memory: the connection times out */
    add_headers(response, type);
    request->status = status;
    request->response = response;
    resume(request);
}

static struct http_request *unanswered(const struct http *http, uint64_t id)
{
    struct http_request *request = find(http, id);
    return request && !request->response && !request->is_stream ? request : NULL;
}

static void reply(struct http *http, uint64_t id, unsigned status, const char *type, void *bytes, size_t size,
                  enum MHD_ResponseMemoryMode mode)
{
    struct http_request *request = unanswered(http, id);
    if (request)
        answer(request, status, type, MHD_create_response_from_buffer(size, bytes, mode));
    else if (mode == MHD_RESPMEM_MUST_FREE)
        free(bytes);
}

void http_reply(struct http *http, uint64_t id, unsigned status, const char *type, const void *bytes,
                size_t size)
{
    reply(http, id, status, type, (void *)bytes, size, MHD_RESPMEM_MUST_COPY);
}

void http_reply_take(struct http *http, uint64_t id, unsigned status, const char *type, void *bytes,
                     size_t size)
{
    reply(http, id, status, type, bytes, size, MHD_RESPMEM_MUST_FREE);
}

void http_reply_static(struct http *http, uint64_t id, const char *type, const void *bytes, size_t size)
{
    reply(http, id, MHD_HTTP_OK, type, (void *)bytes, size, MHD_RESPMEM_PERSISTENT);
}

void http_reply_error(struct http *http, uint64_t id, unsigned status, const char *format, ...)
{
    char text[512], quoted[3100], line[3200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (json_quote(quoted, sizeof quoted, text) < 0)
        strcpy(quoted, "\"error\"");
    int length = snprintf(line, sizeof line, "{\"ok\":false,\"error\":%s}\n", quoted);
    http_reply(http, id, status, "application/json", line, (size_t)length);
}

uint64_t http_request_id(const struct http_request *request)
{
    return request->id;
}

const char *http_request_rest(const struct http_request *request)
{
    return request->rest;
}

const char *http_request_body(const struct http_request *request, size_t *length)
{
    *length = request->length;
    return request->body ? request->body : "";
}

/* ---- event streams ---- */

static ssize_t read_stream(void *data, uint64_t position, char *out, size_t size)
{
    (void)position;
    struct http_request *request = data;
    size_t have = request->end - request->at, part = have < size ? have : size;
    if (request->is_cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (part == 0) {
        request->is_suspended = true;
        MHD_suspend_connection(request->connection);
        return 0;
    }
    memcpy(out, request->queue + request->at, part);
    request->at += part;
    return (ssize_t)part;
}

static void cut(struct http_request *request)
{
    request->is_cut = true;
    resume(request);
}

static void push(struct http_request *request, const char *bytes, size_t length)
{
    if (request->is_cut)
        return;
    if (request->at > 0) {
        memmove(request->queue, request->queue + request->at, request->end - request->at);
        request->end -= request->at;
        request->at = 0;
    }
    if (request->end + length > HTTP_STREAM_BACKLOG) {
        log_debug("http: an event stream is read too slowly; cut");
        cut(request);
        return;
    }
    memcpy(request->queue + request->end, bytes, length);
    request->end += length;
    resume(request);
}

static void count_streams(struct http *http, int difference)
{
    http->nstreams += (unsigned)difference;
    if (difference > 0 && http->nstreams == 1)
        loop_timer_at(http->alive_timer, clock_us() + HTTP_ALIVE_S * INT64_C(1000000));
    if (http->streams)
        http->streams(http->data, http->nstreams);
}

bool http_stream(struct http *http, uint64_t id)
{
    struct http_request *request = unanswered(http, id);
    if (!request)
        return false;
    if (http->nstreams == HTTP_STREAMS_MAX) {
        http_reply_error(http, id, MHD_HTTP_SERVICE_UNAVAILABLE,
                         "too many pages are open; close one of them");
        return false;
    }
    request->queue = malloc(HTTP_STREAM_BACKLOG);
    struct MHD_Response *response =
        request->queue
            ? MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, request, NULL)
            : NULL;
    if (!response)
        return false;
    count_streams(http, 1);
    request->is_stream = true;
    push(request, ALIVE, sizeof ALIVE - 1); /* so that the page knows at once that it is open */
    answer(request, MHD_HTTP_OK, "text/event-stream", response);
    return true;
}

void http_event(struct http *http, uint64_t id, const char *event, const char *data)
{
    if (http->nstreams == 0)
        return;
    char *text = NULL;
    int length = asprintf(&text, "event: %s\ndata: %s\n\n", event, data);
    if (length < 0)
        return;
    for (struct http_request *request = http->requests; request; request = request->next)
        if (request->is_stream && (id == 0 || id == request->id))
            push(request, text, (size_t)length);
    free(text);
}

unsigned http_nstreams(const struct http *http)
{
    return http->nstreams;
}

/* A suspended connection is not looked at by the library: writing is what finds out that the other side is
 * gone. */
static void keep_alive(void *data, int64_t now_us)
{
    struct http *http = data;
    for (struct http_request *request = http->requests; request; request = request->next)
        if (request->is_stream && request->at == request->end)
            push(request, ALIVE, sizeof ALIVE - 1);
    if (http->nstreams > 0)
        loop_timer_at(http->alive_timer, now_us + HTTP_ALIVE_S * INT64_C(1000000));
}

/* ---- the library's callbacks ---- */

static enum MHD_Result send_answer(struct http_request *request)
{
    enum MHD_Result result = MHD_queue_response(request->connection, request->status, request->response);
    MHD_destroy_response(request->response);
    request->response = NULL;
    return result;
}

static struct http_request *open_request(struct http *http, struct MHD_Connection *connection,
                                         const char *url)
{
    struct http_request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    *request = (struct http_request){
        .http = http, .connection = connection, .next = http->requests, .id = ++http->last_id, .rest = ""
    };
    http->requests = request;
    log_debug("http: %s", url);
    return request;
}

static enum MHD_Result first_call(struct http *http, struct http_request *request, const char *url,
                                  const char *method)
{
    const char *why;
    unsigned status = gate(http, request->connection, method, &why);
    if (status == 0) {
        request->route = find_route(http, url, method, &status);
        why = status == MHD_HTTP_NOT_FOUND ? "there is nothing here" : "this is not done with that method";
        if (request->route) {
            request->rest = rest_of(request->route, url);
            return MHD_YES;
        }
    }
    http_reply_error(http, request->id, status, "%s", why);
    return request->response ? send_answer(request) : MHD_NO;
}

static enum MHD_Result take_body(struct http_request *request, const char *bytes, size_t *size)
{
    if (request->length + *size > HTTP_BODY_MAX)
        return MHD_NO; /* chunked, without an announced length: nothing can be answered before its end */
    char *body = realloc(request->body, request->length + *size + 1);
    if (!body)
        return MHD_NO;
    memcpy(body + request->length, bytes, *size);
    request->length += *size;
    body[request->length] = '\0';
    request->body = body;
    *size = 0;
    return MHD_YES;
}

static enum MHD_Result on_request(void *data, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    (void)version;
    struct http *http = data;
    struct http_request *request = *context;
    if (!request) {
        request = *context = open_request(http, connection, url);
        return request ? first_call(http, request, url, method) : MHD_NO;
    }
    if (*upload_size > 0)
        return take_body(request, upload, upload_size);
    if (!request->is_handled) {
        request->is_handled = true;
        request->route->fn(http->data, request);
    }
    if (request->response)
        return send_answer(request);
    request->is_suspended = true;
    MHD_suspend_connection(connection);
    return MHD_YES;
}

static void on_completed(void *data, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode code)
{
    (void)connection, (void)code;
    struct http *http = data;
    struct http_request *request = *context;
    if (!request)
        return;
    struct http_request **at = &http->requests;
    while (*at != request)
        at = &(*at)->next;
    *at = request->next;
    if (request->is_stream)
        count_streams(http, -1);
    if (request->response)
        MHD_destroy_response(request->response);
    free(request->body);
    free(request->queue);
    free(request);
    *context = NULL;
}

/* ---- life ---- */

static int64_t next_run_us(const struct http *http)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    if (http->has_resumed)
        return 0;
    if (MHD_get_timeout(http->daemon, &timeout_ms) != MHD_YES)
        return INT64_MAX;
    return clock_us() + (int64_t)timeout_ms * 1000;
}

static void run(struct http *http)
{
    http->has_resumed = false;
    MHD_run(http->daemon);
    loop_timer_at(http->timer, next_run_us(http));
}

static void on_ready(void *data, uint32_t events)
{
    (void)events;
    run(data);
}

static void on_timer(void *data, int64_t now_us)
{
    (void)now_us;
    run(data);
}

static struct MHD_Daemon *start_daemon(struct http *http, const struct sockaddr *address)
{
    unsigned flags =
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (address->sa_family == AF_INET6 ? MHD_USE_IPv6 : 0);
    return MHD_start_daemon(flags, 0, NULL, NULL, on_request, http, MHD_OPTION_SOCK_ADDR, address,
                            MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_CONNECTION_LIMIT,
                            (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                            (unsigned)HTTP_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)CONNECTION_MEMORY, MHD_OPTION_END);
}

static int listen_at(struct http *http, const struct http_config *config, char *error, size_t error_size)
{
    char port[8];
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV }, *list;
    snprintf(port, sizeof port, "%u", config->port);
    int code = getaddrinfo(config->host, port, &hints, &list);
    if (code != 0) {
        snprintf(error, error_size, "%s: %s", config->host, gai_strerror(code));
        return -EINVAL;
    }
    errno = 0;
    http->daemon = start_daemon(http, list->ai_addr);
    code = errno;
    freeaddrinfo(list);
    if (http->daemon)
        return 0;
    snprintf(error, error_size, "%s:%u: %s", config->host, config->port, strerror(code ? code : EADDRINUSE));
    return -EADDRINUSE;
}

static int attach(struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    http->timer = loop_timer(http->loop, "http", on_timer, http);
    http->alive_timer = loop_timer(http->loop, "http alive", keep_alive, http);
    http->source = info ? loop_add(http->loop, info->epoll_fd, EPOLLIN, "http", on_ready, http) : NULL;
    if (!http->timer || !http->alive_timer || !http->source)
        return -ENOMEM;
    run(http);
    return 0;
}

struct http *http_create(struct loop *loop, const struct http_config *config, char *error, size_t error_size)
{
    struct http *http = calloc(1, sizeof *http);
    if (!http)
        return NULL;
    *http = (struct http){ .loop = loop,
                           .route = config->route,
                           .nroutes = config->nroutes,
                           .streams = config->streams,
                           .data = config->data };
    snprintf(http->host, sizeof http->host, "%s", config->host);
    gethostname(http->machine, sizeof http->machine - 1);
    int result = listen_at(http, config, error, error_size);
    if (result == 0 && (result = attach(http)) < 0)
        snprintf(error, error_size, "%s", strerror(-result));
    if (result == 0)
        return http;
    http_destroy(http);
    return NULL;
}

void http_destroy(struct http *http)
{
    if (!http)
        return;
    loop_remove(http->source);
    loop_timer_remove(http->alive_timer);
    if (http->daemon) {
        for (struct http_request *request = http->requests; request; request = request->next)
            cut(request); /* the library aborts the process if a connection is suspended when it stops */
        MHD_stop_daemon(http->daemon);
    }
    loop_timer_remove(http->timer);
    free(http);
}

uint16_t http_port(const struct http *http)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_BIND_PORT);
    return info ? info->port : 0;
}

void http_url(char *out, size_t size, const char *host, uint16_t port)
{
    snprintf(out, size, strchr(host, ':') ? "http://[%s]:%u/" : "http://%s:%u/", host, port);
}
