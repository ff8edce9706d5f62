#include "sim/page.h"

#include "board/console/embed.h"
#include "board/console/http.h"
#include "sim/page_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_US   33000 /* walls and chimes are looked at 30 times a second, while a page is open */
#define SETTLE_US 20000 /* changes that come together are told together */

EMBED(sim_page_html, "sim/page.html");
EMBED(sim_page_css, "sim/page.css");
EMBED(sim_page_js, "sim/page.js");

/* ---- telling the pages ---- */

/* `json` is taken; NULL is fine. */
static void tell(struct page *page, uint64_t id, const char *event, char *json)
{
    if (json)
        http_event(page->http, id, event, json);
    free(json);
}

static char *hall_json(struct page *page)
{
    page->situation.server = page->queue ? queue_server(page->queue) : NULL;
    return page_json_hall(&page->situation);
}

static void tell_soon(struct page *page)
{
    if (http_nstreams(page->http) > 0)
        loop_timer_at(page->tell_timer, clock_us() + SETTLE_US);
}

static void tell_leds(struct page *page, uint64_t id)
{
    tell(page, id, "buses", page_json_buses(page->hall, page->wires));
    tell(page, id, "leds", page_json_leds(page->hall, page->wires));
}

static void tell_changes(void *data, int64_t now_us)
{
    (void)now_us;
    struct page *page = data;
    if (page->is_hall_new)
        tell(page, 0, "hall", hall_json(page));
    if (page->are_leds_new)
        tell_leds(page, 0);
    page->is_hall_new = page->are_leds_new = false;
}

static void tell_screen(struct page *page, uint64_t id, unsigned screen)
{
    char *text = NULL;
    if (asprintf(&text, "{\"screen\":\"%s\",\"frame\":%llu}", page->hall->screen[screen].device.id,
                 (unsigned long long)page->wall[screen].told) >= 0)
        tell(page, id, "screen", text);
}

void page_event(void *data, const struct event *event)
{
    struct page *page = data;
    char text[EVENT_BYTES_MAX];
    page->is_hall_new = true;
    tell_soon(page);
    if (event && message_format_event(text, sizeof text, event) > 0)
        http_event(page->http, 0, "event", text);
}

void page_board(void *data, const char *what, const char *json, size_t length, bool is_retained)
{
    struct page *page = data;
    if (!is_retained && !strcmp(what, "receipt"))
        tell(page, 0, what, page_json_payload(json, length));
}

void page_link(void *data, bool is_connected, const char *why)
{
    struct page *page = data;
    snprintf(page->why, sizeof page->why, "%s", is_connected || !why ? "" : why);
    page->situation.is_connected = is_connected;
    page_event(page, NULL);
}

void page_leds(void *data)
{
    struct page *page = data;
    page->are_leds_new = true;
    tell_soon(page);
}

/* ---- eyes and ears ---- */

struct heard {
    struct page *page;
    unsigned chime;
};

static void on_sound(void *data, const struct ear_sound *sound)
{
    struct heard *heard = data;
    const char *id = heard->page->hall->chime[heard->chime].device.id;
    tell(heard->page, 0, "sound", page_json_sound(id, sound));
}

static void look(void *data, int64_t now_us)
{
    struct page *page = data;
    for (unsigned i = 0; i < page->hall->nscreens; i++) {
        uint64_t frame = camera_look(page->camera, i);
        if (frame == page->wall[i].told)
            continue;
        page->wall[i].told = frame;
        tell_screen(page, 0, i);
    }
    for (unsigned i = 0; i < page->hall->nchimes; i++)
        listener_poll(&page->chime[i], on_sound, &(struct heard){ page, i });
    loop_timer_at(page->look_timer, now_us + LOOK_US);
}

static void listen_from_now(struct page *page)
{
    for (unsigned i = 0; i < page->hall->nchimes; i++) {
        const struct chime_config *chime = &page->hall->chime[i].device;
        listener_finish(&page->chime[i]);
        listener_init(&page->chime[i], strcmp(chime->driver, "trace") == 0 ? chime->file : NULL);
    }
}

static void on_streams(void *data, unsigned count)
{
    struct page *page = data;
    if (count > 0 && !page->is_looking)
        listen_from_now(page);
    if ((count > 0) != page->is_looking)
        loop_timer_at(page->look_timer, count > 0 ? 0 : INT64_MAX);
    page->is_looking = count > 0;
}

static void answer_picture(struct page *page, unsigned screen, uint64_t id)
{
    const struct wall *wall = &page->wall[screen];
    if (wall->png)
        http_reply(page->http, id, 200, "image/png", wall->png, wall->size);
    else
        http_reply_error(page->http, id, 404, "screen %s shows nothing yet",
                         page->hall->screen[screen].device.id);
}

static void on_picture(void *data, const struct camera_picture *picture)
{
    struct page *page = data;
    struct wall *wall = &page->wall[picture->screen];
    free(wall->png);
    wall->png = picture->png;
    wall->size = picture->size;
    wall->frame = picture->frame;
    for (unsigned i = 0; i < wall->nwaiting; i++)
        answer_picture(page, picture->screen, wall->waiting[i]);
    wall->nwaiting = 0;
}

/* ---- routes ---- */

static void reply_page(struct page *page, const struct http_request *request, const char *type,
                       const char *text, size_t size)
{
    http_reply_static(page->http, http_request_id(request), type, text, size);
}

static void get_page(void *data, struct http_request *request)
{
    reply_page(data, request, "text/html; charset=utf-8", sim_page_html, EMBED_SIZE(sim_page_html));
}

static void get_css(void *data, struct http_request *request)
{
    reply_page(data, request, "text/css; charset=utf-8", sim_page_css, EMBED_SIZE(sim_page_css));
}

static void get_js(void *data, struct http_request *request)
{
    reply_page(data, request, "text/javascript; charset=utf-8", sim_page_js, EMBED_SIZE(sim_page_js));
}

static void get_place(void *data, struct http_request *request)
{
    struct page *page = data;
    char *text = page_json_place(page->hall);
    if (text)
        http_reply_take(page->http, http_request_id(request), 200, TYPE_JSON, text, strlen(text));
    else
        http_reply_error(page->http, http_request_id(request), 503, "out of memory");
}

static void get_watch(void *data, struct http_request *request)
{
    struct page *page = data;
    uint64_t id = http_request_id(request);
    if (!http_stream(page->http, id))
        return;
    tell(page, id, "hall", hall_json(page));
    tell_leds(page, id);
    for (unsigned i = 0; i < page->hall->nscreens; i++) {
        page->wall[i].told = camera_look(page->camera, i);
        tell_screen(page, id, i);
    }
}

static int screen_index(const struct config *hall, const char *name)
{
    size_t length = strlen(name);
    for (unsigned i = 0; i < hall->nscreens; i++) {
        const char *id = hall->screen[i].device.id;
        if (length == strlen(id) + 4 && !strncmp(name, id, length - 4) && !strcmp(name + length - 4, ".png"))
            return (int)i;
    }
    return NONE;
}

static void get_picture(void *data, struct http_request *request)
{
    struct page *page = data;
    uint64_t id = http_request_id(request);
    int screen = screen_index(page->hall, http_request_rest(request));
    if (screen == NONE) {
        http_reply_error(page->http, id, 404, "there is no such screen");
        return;
    }
    struct wall *wall = &page->wall[screen];
    if (wall->png && camera_look(page->camera, (unsigned)screen) == wall->frame) {
        answer_picture(page, (unsigned)screen, id);
    } else if (wall->nwaiting < WAITING_MAX) {
        wall->waiting[wall->nwaiting++] = id;
        camera_shoot(page->camera, (unsigned)screen);
    } else {
        http_reply_error(page->http, id, 503, "too many ask for this picture");
    }
}

static const struct http_route routes[] = {
    { "GET", "/", get_page },
    { "GET", "/page.css", get_css },
    { "GET", "/page.js", get_js },
    { "GET", "/api/place", get_place },
    { "GET", "/api/watch", get_watch },
    { "GET", "/api/screens/*", get_picture },
    { "POST", "/api/desk", page_post_desk },
    { "POST", "/api/led", page_post_led },
    { "POST", "/api/bus", page_post_bus },
    { "POST", "/api/faults", page_post_faults },
    { "POST", "/api/hall", page_post_hall },
};

/* ---- life ---- */

static int attach(struct page *page, const struct page_config *config, char *error, size_t error_size)
{
    const struct http_config http = { .host = config->host,
                                      .port = config->port,
                                      .route = routes,
                                      .nroutes = sizeof routes / sizeof *routes,
                                      .streams = on_streams,
                                      .data = page };
    snprintf(error, error_size, "out of memory or threads");
    page->look_timer = loop_timer(page->loop, "look", look, page);
    page->tell_timer = loop_timer(page->loop, "tell", tell_changes, page);
    page->camera = camera_create(page->loop, page->hall, on_picture, page);
    if (!page->look_timer || !page->tell_timer || !page->camera)
        return -ENOMEM;
    page->http = http_create(page->loop, &http, error, error_size);
    return page->http ? 0 : -EADDRINUSE;
}

struct page *page_create(struct loop *loop, const struct page_config *config, char *error, size_t error_size)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page)
        return NULL;
    *page = (struct page){ .loop = loop, .hall = config->hall, .wires = config->wires, .seed = config->seed };
    page->situation = (struct page_situation){
        .config = config->hall, .pace = config->pace, .why = page->why, .broker = config->hall->broker.url[0]
    };
    snprintf(page->why, sizeof page->why, "not connected yet");
    for (unsigned i = 0; i < CHIMES_MAX; i++)
        listener_init(&page->chime[i], NULL);
    if (attach(page, config, error, error_size) == 0)
        return page;
    page_destroy(page);
    return NULL;
}

void page_destroy(struct page *page)
{
    if (!page)
        return;
    http_destroy(page->http);
    camera_destroy(page->camera);
    loop_timer_remove(page->look_timer);
    loop_timer_remove(page->tell_timer);
    for (unsigned i = 0; i < CHIMES_MAX; i++)
        listener_finish(&page->chime[i]);
    for (unsigned i = 0; i < SCREENS_MAX; i++)
        free(page->wall[i].png);
    free(page);
}

uint16_t page_port(const struct page *page)
{
    return http_port(page->http);
}

void page_attach(struct page *page, struct queue *queue)
{
    page->queue = queue;
    page_event(page, NULL);
}
