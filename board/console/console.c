#include "board/console/console.h"

#include "board/console/embed.h"
#include "board/console/http.h"
#include "board/console/metrics.h"
#include "board/console/upstream.h"
#include "board/log.h"
#include "protocol/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PENDING_MAX 32
#define TYPE_JSON   "application/json"

EMBED(console_page_html, "board/console/page.html");
EMBED(console_page_css, "board/console/page.css");
EMBED(console_page_js, "board/console/page.js");

struct pending {
    uint64_t id; /* of the HTTP request */
    bool is_metrics;
};

struct console {
    struct loop *loop;
    const struct config *config;
    struct http *http;
    struct upstream *board, *watch; /* requests; events, only while a page listens */
    char control_path[128];
    struct pending pending[PENDING_MAX]; /* a ring: replies come in order */
    unsigned head, npending;
    char why[128]; /* the board is not there; "" when it is */
};

/* ---- requests to the board ---- */

static void reply_metrics(struct console *console, uint64_t id, const cJSON *status)
{
    size_t size;
    char *text = metrics_format(status, &size);
    if (text)
        http_reply_take(console->http, id, 200, METRICS_TYPE, text, size);
    else
        http_reply_error(console->http, id, 503, "out of memory");
}

static void fail(struct console *console, const struct pending *pending, unsigned status, const char *why)
{
    if (pending->is_metrics)
        reply_metrics(console, pending->id, NULL);
    else
        http_reply_error(console->http, pending->id, status, "%s", why);
}

static void forward(struct console *console, uint64_t id, const char *line, size_t length, bool is_metrics)
{
    struct pending pending = { .id = id, .is_metrics = is_metrics };
    int error = console->npending < PENDING_MAX ? upstream_send(console->board, line, length) : -EAGAIN;
    if (error < 0) {
        fail(console, &pending, 503, error == -ENOTCONN ? console->why : "the board is busy; try again");
        return;
    }
    console->pending[(console->head + console->npending++) % PENDING_MAX] = pending;
}

static bool take_pending(struct console *console, struct pending *pending)
{
    if (console->npending == 0)
        return false;
    *pending = console->pending[console->head];
    console->head = (console->head + 1) % PENDING_MAX;
    console->npending--;
    return true;
}

static void board_line(void *data, const cJSON *json, const char *line, size_t length, void *bytes,
                       size_t size)
{
    struct console *console = data;
    struct pending pending;
    bool is_ok = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "ok"));
    if (!take_pending(console, &pending))
        free(bytes);
    else if (pending.is_metrics)
        reply_metrics(console, pending.id, is_ok ? json : NULL);
    else if (bytes)
        http_reply_take(console->http, pending.id, 200, "image/png", bytes, size);
    else
        http_reply(console->http, pending.id, is_ok ? 200 : 409, TYPE_JSON, line, length);
}

static void board_up(void *data)
{
    struct console *console = data;
    console->why[0] = '\0';
    log_info("board: it answers");
}

static void board_down(void *data, const char *why)
{
    struct console *console = data;
    struct pending pending;
    snprintf(console->why, sizeof console->why, "%s", why);
    log_warn("%s; trying again", why);
    while (take_pending(console, &pending))
        fail(console, &pending, 504, why);
}

/* ---- events for pages ---- */

static void watch_up(void *data)
{
    struct console *console = data;
    static const char request[] = "{\"cmd\":\"watch\"}";
    upstream_send(console->watch, request, sizeof request - 1);
    http_event(console->http, 0, "board", "{\"connected\":true}");
}

static void watch_down(void *data, const char *why)
{
    (void)why;
    struct console *console = data;
    http_event(console->http, 0, "board", "{\"connected\":false}");
}

static void watch_line(void *data, const cJSON *json, const char *line, size_t length, void *bytes,
                       size_t size)
{
    (void)length, (void)size;
    struct console *console = data;
    const cJSON *kind = cJSON_GetObjectItemCaseSensitive(json, "watch");
    if (cJSON_IsString(kind) && id_is_valid(kind->valuestring))
        http_event(console->http, 0, kind->valuestring, line);
    free(bytes);
}

/* The board formats watch lines only while somebody listens. */
static void on_streams(void *data, unsigned count)
{
    struct console *console = data;
    const struct upstream_events events = {
        .data = console, .up = watch_up, .down = watch_down, .line = watch_line
    };
    if (count > 0 && !console->watch)
        console->watch = upstream_create(console->loop, console->control_path, &events);
    if (count == 0) {
        upstream_destroy(console->watch);
        console->watch = NULL;
    }
}

/* ---- routes ---- */

static void get_page(void *data, struct http_request *request)
{
    struct console *console = data;
    http_reply_static(console->http, http_request_id(request), "text/html; charset=utf-8", console_page_html,
                      EMBED_SIZE(console_page_html));
}

static void get_css(void *data, struct http_request *request)
{
    struct console *console = data;
    http_reply_static(console->http, http_request_id(request), "text/css; charset=utf-8", console_page_css,
                      EMBED_SIZE(console_page_css));
}

static void get_js(void *data, struct http_request *request)
{
    struct console *console = data;
    http_reply_static(console->http, http_request_id(request), "text/javascript; charset=utf-8",
                      console_page_js, EMBED_SIZE(console_page_js));
}

static cJSON *label_json(const struct config *config, const struct label *label)
{
    cJSON *object = cJSON_CreateObject();
    for (unsigned i = 0; i < config->nlangs; i++)
        cJSON_AddStringToObject(object, config->lang[i], label->text[i]);
    return object;
}

static cJSON *desk_json(const struct config *config, const struct config_desk *desk)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", desk->id);
    cJSON_AddStringToObject(object, "label", desk->label);
    cJSON_AddBoolToObject(object, "led", desk->bus != NONE);
    if (desk->agency != NONE)
        cJSON_AddItemToObject(object, "agency", label_json(config, &config->agency[desk->agency].name));
    return object;
}

static void get_hall(void *data, struct http_request *request)
{
    struct console *console = data;
    const struct config *config = console->config;
    cJSON *reply = cJSON_CreateObject(), *desks;
    cJSON_AddBoolToObject(reply, "ok", true);
    cJSON_AddStringToObject(reply, "hall", config->hall);
    cJSON_AddStringToObject(reply, "board", config->board);
    cJSON_AddItemToObject(reply, "name", label_json(config, &config->name));
    desks = cJSON_AddArrayToObject(reply, "desks");
    for (unsigned i = 0; i < config->ndesks; i++)
        cJSON_AddItemToArray(desks, desk_json(config, &config->desk[i]));
    char *text = cJSON_PrintUnformatted(reply);
    cJSON_Delete(reply);
    if (text)
        http_reply(console->http, http_request_id(request), 200, TYPE_JSON, text, strlen(text));
    else
        http_reply_error(console->http, http_request_id(request), 503, "out of memory");
    cJSON_free(text);
}

static void ask(struct console *console, const struct http_request *request, const char *command)
{
    char line[64];
    int length = snprintf(line, sizeof line, "{\"cmd\":\"%s\"}", command);
    forward(console, http_request_id(request), line, (size_t)length, false);
}

static void get_status(void *data, struct http_request *request)
{
    ask(data, request, "status");
}

static void get_screens(void *data, struct http_request *request)
{
    ask(data, request, "screens");
}

static void get_leds(void *data, struct http_request *request)
{
    ask(data, request, "leds");
}

static void get_chimes(void *data, struct http_request *request)
{
    ask(data, request, "chimes");
}

static void get_metrics(void *data, struct http_request *request)
{
    static const char line[] = "{\"cmd\":\"status\"}";
    forward(data, http_request_id(request), line, sizeof line - 1, true);
}

static void get_picture(void *data, struct http_request *request)
{
    struct console *console = data;
    const char *name = http_request_rest(request);
    char id[ID_SIZE] = "", line[96];
    size_t length = strlen(name);
    if (length > 4 && length - 4 < sizeof id && !strcmp(name + length - 4, ".png"))
        snprintf(id, sizeof id, "%.*s", (int)(length - 4), name);
    if (!id_is_valid(id)) {
        http_reply_error(console->http, http_request_id(request), 404, "there is no such picture");
        return;
    }
    int size = snprintf(line, sizeof line, "{\"cmd\":\"snapshot\",\"screen\":\"%s\"}", id);
    forward(console, http_request_id(request), line, (size_t)size, false);
}

static void get_watch(void *data, struct http_request *request)
{
    struct console *console = data;
    uint64_t id = http_request_id(request);
    if (http_stream(console->http, id))
        http_event(console->http, id, "board",
                   console->why[0] ? "{\"connected\":false}" : "{\"connected\":true}");
}

static bool is_offered(const cJSON *command)
{
    static const char *const offered[] = { "event",       "led-show", "led-identify", "led-walk",
                                           "led-end",     "led-scan", "led-job",      "led-stop",
                                           "screen-test", "chime",    "reload" };
    for (size_t i = 0; cJSON_IsString(command) && i < sizeof offered / sizeof *offered; i++)
        if (!strcmp(offered[i], command->valuestring))
            return true;
    return false;
}

static void post_command(void *data, struct http_request *request)
{
    struct console *console = data;
    uint64_t id = http_request_id(request);
    struct json_error error;
    size_t length;
    const char *body = http_request_body(request, &length);
    cJSON *json = json_parse(body, length, &error);
    char *line = NULL;
    if (!json)
        http_reply_error(console->http, id, 400, "no JSON: byte %zu: %s", error.offset, error.text);
    else if (!is_offered(cJSON_GetObjectItemCaseSensitive(json, "cmd")))
        http_reply_error(
            console->http, id, 400,
            "cmd must be event, led-show, led-identify, led-walk, led-end, led-scan, led-job, led-stop, "
            "screen-test, chime or reload");
    else if (!(line = cJSON_PrintUnformatted(json))) /* on one line, whatever the body looked like */
        http_reply_error(console->http, id, 503, "out of memory");
    else
        forward(console, id, line, strlen(line), false);
    cJSON_free(line);
    cJSON_Delete(json);
}

static const struct http_route routes[] = {
    { "GET", "/", get_page },
    { "GET", "/page.css", get_css },
    { "GET", "/page.js", get_js },
    { "GET", "/metrics", get_metrics },
    { "GET", "/api/hall", get_hall },
    { "GET", "/api/status", get_status },
    { "GET", "/api/screens", get_screens },
    { "GET", "/api/screens/*", get_picture },
    { "GET", "/api/leds", get_leds },
    { "GET", "/api/chimes", get_chimes },
    { "GET", "/api/watch", get_watch },
    { "POST", "/api/command", post_command },
};

/* ---- life ---- */

struct console *console_create(struct loop *loop, const struct config *config, const char *control_path,
                               char *error, size_t error_size)
{
    struct console *console = calloc(1, sizeof *console);
    if (!console)
        return NULL;
    const struct upstream_events events = {
        .data = console, .up = board_up, .down = board_down, .line = board_line
    };
    const struct http_config http = { .host = config->console.host,
                                      .port = config->console.port,
                                      .route = routes,
                                      .nroutes = sizeof routes / sizeof *routes,
                                      .streams = on_streams,
                                      .data = console };
    *console = (struct console){ .loop = loop, .config = config, .why = "the board is not reached yet" };
    snprintf(console->control_path, sizeof console->control_path, "%s", control_path);
    console->http = http_create(loop, &http, error, error_size);
    console->board = console->http ? upstream_create(loop, control_path, &events) : NULL;
    if (console->board)
        return console;
    console_destroy(console);
    return NULL;
}

void console_destroy(struct console *console)
{
    if (!console)
        return;
    http_destroy(console->http);
    upstream_destroy(console->watch);
    upstream_destroy(console->board);
    free(console);
}

uint16_t console_port(const struct console *console)
{
    return http_port(console->http);
}

static bool is_loopback(const char *host)
{
    return !strncmp(host, "127.", 4) || !strcmp(host, "::1") || !strcmp(host, "localhost");
}

int console_run(const struct config *config, const char *control_path)
{
    char error[256] = "out of memory";
    struct loop *loop = loop_create();
    struct console *console = loop ? console_create(loop, config, control_path, error, sizeof error) : NULL;
    int status = 1;
    if (console && !is_loopback(config->console.host))
        log_warn("page: whoever reaches %s may operate the hall, there is no log-in", config->console.host);
    if (console) {
        char url[96];
        http_url(url, sizeof url, config->console.host, console_port(console));
        log_info("page: %s", url);
        status = loop_run(loop) < 0;
    } else {
        log_error("page: %s", error);
    }
    console_destroy(console);
    loop_destroy(loop);
    return status;
}
