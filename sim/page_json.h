/* What the demo page is told, as JSON on one line. Pure; the caller frees the text with free(), NULL: out of memory. */
#pragma once

#include "sim/ear.h"
#include "sim/server.h"
#include "sim/visitors.h"
#include "sim/wires.h"

struct page_situation {
    const struct config *config;
    const struct queue_server *server; /* NULL: kezek-sim runs without one */
    enum pace pace;
    bool is_connected, is_mute, is_alert;
    const char *why; /* not connected */
    const char *broker;
};
char *page_json_place(const struct config *config);           /* what stays: names, desks, screens */
char *page_json_hall(const struct page_situation *situation); /* what the queue server knows */
char *page_json_leds(const struct config *config, const struct wires *wires);  /* what each board shows */
char *page_json_buses(const struct config *config, const struct wires *wires); /* who has its adapter */
char *page_json_sound(const char *chime, const struct ear_sound *sound);
/* A payload from the broker on one line; NULL also when it is no JSON object. */
char *page_json_payload(const char *payload, size_t length);
