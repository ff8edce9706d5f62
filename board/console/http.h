/* A small HTTP server on the loop. Owner of libmicrohttpd (microhttpd.h), which runs on its own epoll set
 * inside ours.
 *
 * Made for one hall's technicians, not for the internet: a table of routes, bodies up to HTTP_BODY_MAX,
 * HTTP_STREAMS_MAX streams of server-sent events with a bounded queue each (a reader that is too slow is
 * cut), HTTP_CONNECTIONS_MAX connections, no files, no TLS, no log-in. What keeps other people's web pages
 * out: the Host header must name this machine (IP address, localhost, its host name or the name it listens
 * on), so that a rebound DNS name gets 421; a POST must be application/json and its Origin, if any, must be
 * the page's own.
 *
 * One thread. A request is answered by its id, in its callback or later; the id of a request that is gone is
 * fine.
 */
#pragma once

#include "board/loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_BODY_MAX        65536
#define HTTP_STREAMS_MAX     16
#define HTTP_STREAM_BACKLOG  (256u << 10)
#define HTTP_CONNECTIONS_MAX 64
#define HTTP_IDLE_S          30 /* of a connection; an event stream sends a comment every HTTP_ALIVE_S */
#define HTTP_ALIVE_S         10

struct http;
struct http_request; /* valid inside its callback */

typedef void (*http_fn)(void *data, struct http_request *request);
struct http_route {
    const char *method; /* "GET" (answers HEAD, too) or "POST" */
    const char *path;   /* "/api/status"; with '*' at its end a prefix: "/api/screens/" and '*' */
    http_fn fn;
};
struct http_config {
    const char *host; /* numeric address or name, resolved once */
    uint16_t port;    /* 0: a free one, see http_port() */
    const struct http_route *route;
    unsigned nroutes;
    /* The number of event streams changed; must not call the server. May be NULL. */
    void (*streams)(void *data, unsigned count);
    void *data;
};

/* Routes are borrowed. NULL with a reason in `error`. */
struct http *http_create(struct loop *loop, const struct http_config *config, char *error, size_t error_size);
void http_destroy(struct http *http);
uint16_t http_port(const struct http *http);
/* "http://127.0.0.1:8080/", with brackets around an IPv6 address. */
void http_url(char *out, size_t size, const char *host, uint16_t port);

uint64_t http_request_id(const struct http_request *request);
const char *http_request_rest(const struct http_request *request); /* what '*' stands for; "" without */
const char *http_request_body(const struct http_request *request, size_t *length); /* NUL-terminated */

/* Each takes the bytes in its way: copied, free()d after sending, or static. */
void http_reply(struct http *http, uint64_t id, unsigned status, const char *type, const void *bytes,
                size_t size);
void http_reply_take(struct http *http, uint64_t id, unsigned status, const char *type, void *bytes,
                     size_t size);
void http_reply_static(struct http *http, uint64_t id, const char *type, const void *bytes, size_t size);
/* {"ok":false,"error":"…"} */
void http_reply_error(struct http *http, uint64_t id, unsigned status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Answers with an event stream (503 when there are too many). True if it is one now. */
bool http_stream(struct http *http, uint64_t id);
/* One event; `data` is one line. To one stream, or with id 0 to all. */
void http_event(struct http *http, uint64_t id, const char *event, const char *data);
unsigned http_nstreams(const struct http *http);
