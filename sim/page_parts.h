/* What the parts of the demo page share: what it shows (page.c), and what is done to the hall with it (page_hands.c). */
#pragma once

#include "board/console/http.h"
#include "sim/camera.h"
#include "sim/listener.h"
#include "sim/page.h"
#include "sim/page_json.h"

#define TYPE_JSON   "application/json"
#define WAITING_MAX 16 /* requests for one picture */

struct wall {
    uint64_t told;  /* frame that the pages know */
    uint64_t frame; /* of the picture kept */
    void *png;
    size_t size;
    unsigned nwaiting;
    uint64_t waiting[WAITING_MAX]; /* HTTP requests */
};

struct page {
    struct loop *loop;
    const struct config *hall;
    struct wires *wires;
    struct queue *queue;
    struct http *http;
    struct camera *camera;
    struct loop_timer *look_timer, *tell_timer;
    struct wall wall[SCREENS_MAX];
    struct listener chime[CHIMES_MAX];
    struct page_situation situation;
    uint64_t seed;
    bool is_looking, is_hall_new, are_leds_new;
    char why[128];
};

void page_post_desk(void *page, struct http_request *request);
void page_post_led(void *page, struct http_request *request);
void page_post_bus(void *page, struct http_request *request);
void page_post_faults(void *page, struct http_request *request);
void page_post_hall(void *page, struct http_request *request);
