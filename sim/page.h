/* The demo page of kezek-sim: the hall as it looks and sounds, live, with buttons for what clerks do. It shows what the
 * outside of the board sees: walls by camera, LED boards by their own registers, the chime by its line, receipts by MQTT.
 *
 *   GET  /                      the page                      GET /api/place     what stays: names, desks, screens
 *   GET  /api/watch             server-sent events: hall, buses, leds, screen, sound, event, receipt
 *   GET  /api/screens/ID.png    a wall, on scan-out now
 *   POST /api/desk              {"desk":"3","action":"call"}  see sim/buttons.h
 *   POST /api/led               {"desk":"3","power":false}    pulls the plug of one LED board
 *                               {"desk":"3","new":true}       another one from its box, as the factory set it
 *                               {"desk":"3","unit":17}        it has this address
 *   POST /api/bus               {"bus":"west","plugged":false}  pulls the adapter of a bus
 *   POST /api/faults            {"faults":{"noise":20}}       permille, from now on, in place of those before;
 *                               {"desk":"3","faults":{…}}     of one LED board. See sim/slave.h, sim/wires.h
 *   POST /api/hall              {"pace":"rush"}, {"alert":true}, {"mute":true}: any of them
 *
 * 409: not possible now, with the reason. Who may ask: board/console/http.h.
 */
#pragma once

#include "sim/queue.h"
#include "sim/wires.h"

struct page;
struct page_config {
    const struct config *hall; /* borrowed, as all below */
    struct wires *wires;
    const char *host;
    uint16_t port; /* 0: a free one */
    enum pace pace;
    uint64_t seed; /* for a change of pace */
};
/* NULL with a reason. */
struct page *page_create(struct loop *loop, const struct page_config *config, char *error, size_t error_size);
void page_destroy(struct page *page); /* NULL is fine */
uint16_t page_port(const struct page *page);
/* The queue server behind the buttons; it must be destroyed before the page. Without one the buttons are refused. */
void page_attach(struct page *page, struct queue *queue);

/* What happened: for queue_watch and wires_init(), with the page as data. */
void page_event(void *page, const struct event *event);
void page_board(void *page, const char *what, const char *json, size_t length, bool is_retained);
void page_link(void *page, bool is_connected, const char *why);
void page_leds(void *page);
