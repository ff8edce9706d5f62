/* A wall of announcements on a virtual clock: a hall of twelve desks, the last of which stands in the second zone. */
#pragma once

#include "board/hall/announce.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND 1000000LL
#define DWELL  (8 * SECOND)
#define DESKS  12

struct wall {
    struct config *config;
    struct hall *hall;
    struct announce announce;
    int64_t now_us;
    uint64_t token;
};

static int set_up(void **state)
{
    struct wall *wall = calloc(1, sizeof *wall);
    wall->config = calloc(1, sizeof *wall->config);
    wall->hall = calloc(1, sizeof *wall->hall);
    wall->config->nlangs = 1;
    strcpy(wall->config->lang[0], "kk");
    wall->config->nzones = 2;
    for (int i = 0; i < DESKS; i++) {
        struct config_desk *desk = &wall->config->desk[wall->config->ndesks++];
        snprintf(desk->id, sizeof desk->id, "%d", i + 1);
        desk->zone = i == DESKS - 1; /* the last desk stands in the second zone */
        desk->agency = desk->bus = NONE;
    }
    hall_init(wall->hall, wall->config);
    announce_init(&wall->announce, wall->config, 1, DWELL);
    wall->now_us = 100 * SECOND;
    *state = wall;
    return 0;
}

static int tear_down(void **state)
{
    struct wall *wall = *state;
    free(wall->hall);
    free(wall->config);
    free(wall);
    return 0;
}

static int event(struct wall *wall, enum event_type type, int desk, const char *ticket)
{
    struct event event = { .type = (uint8_t)type, .seq = 1 };
    int index;
    snprintf(event.desk, sizeof event.desk, "%d", desk);
    snprintf(event.ticket, sizeof event.ticket, "%s", ticket);
    assert_true(hall_apply(wall->hall, &event, wall->now_us, &index) >= 0);
    return index;
}

static bool call(struct wall *wall, int desk, const char *ticket)
{
    int index = event(wall, EVENT_CALL, desk, ticket);
    return announce_call(&wall->announce, wall->hall, index, ++wall->token, wall->now_us);
}

static inline void recall(struct wall *wall, int desk)
{
    int index = event(wall, EVENT_RECALL, desk, "");
    assert_true(announce_call(&wall->announce, wall->hall, index, ++wall->token, wall->now_us));
}

static inline void serve(struct wall *wall, int desk, const char *ticket)
{
    int index = event(wall, EVENT_SERVE, desk, ticket);
    announce_end(&wall->announce, index, ticket, wall->now_us);
}
