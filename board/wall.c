#include "board/wall.h"

#include "board/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MIN_US 1000000
#define RETRY_MAX_US 60000000

void wall_init(struct wall *wall, struct loop *loop, struct outputs *outputs, struct fonts *fonts,
               const struct config *config, unsigned index, void (*on_flip)(void *data, struct wall *wall),
               void *data)
{
    memset(wall, 0, sizeof *wall);
    wall->config = &config->screen[index];
    wall->loop = loop;
    wall->outputs = outputs;
    wall->fonts = fonts;
    wall->on_flip = on_flip;
    wall->data = data;
    wall->is_dirty = true;
    announce_init(&wall->announce, config, wall->config->zones, config->calls.dwell_ms * INT64_C(1000));
    if (wall->config->panels)
        wall->announce.most = wall->config->panels;
}

static void shut(struct wall *wall)
{
    loop_remove(wall->source);
    wall->source = NULL;
    painter_destroy(wall->painter);
    wall->painter = NULL;
    if (wall->screen)
        wall->ops->close(wall->screen);
    wall->screen = NULL;
    wall->state = WALL_ABSENT;
    wall->is_flipping = false;
}

void wall_finish(struct wall *wall)
{
    shut(wall);
    free(wall->picture);
    wall->picture = NULL;
}

static void flipped(void *data, const struct screen_flip *flip)
{
    struct wall *wall = data;
    wall->is_flipping = false;
    wall->frames = flip->frame;
    wall->flip_us = flip->at_us;
    wall->on_flip(wall->data, wall); /* wall_present() follows in the same turn, if it is dirty */
    wall->ncarried = 0;
    struct screen_buffer back;
    if (!wall->is_dirty && wall->ops->begin(wall->screen, &back) == 0)
        wall->pixels += painter_repair(wall->painter, &back);
}

static void ready(void *data, uint32_t events)
{
    (void)events;
    struct wall *wall = data;
    wall->ops->dispatch(wall->screen);
}

static int open_device(struct wall *wall)
{
    const struct screen_config *device = &wall->config->device;
    wall->ops = screen_backend(device->driver);
    if (!wall->ops) {
        snprintf(wall->detail, sizeof wall->detail, "no driver \"%s\" in this build", device->driver);
        return -ENODEV;
    }
    const struct screen_events events = { .data = wall, .flipped = flipped };
    int error =
        wall->ops->open(&wall->screen, wall->outputs, device, &events, wall->detail, sizeof wall->detail);
    if (error < 0)
        return error;
    struct screen_buffer back;
    error = wall->ops->begin(wall->screen, &back);
    if (error == 0) {
        wall->picture = wall->picture ? wall->picture : calloc(1, sizeof *wall->picture);
        wall->painter = painter_create(wall->fonts, back.width, back.height, back.format);
        wall->source = loop_add(wall->loop, wall->ops->fd(wall->screen), EPOLLIN, "screen", ready, wall);
    }
    if (error < 0 || !wall->picture || !wall->painter || !wall->source)
        return error < 0 ? error : -ENOMEM;
    return 0;
}

bool wall_try(struct wall *wall, int64_t now_us)
{
    if (wall->state == WALL_ON || now_us < wall->retry_us)
        return false;
    bool is_first = wall->retry_delay_us == 0;
    if (open_device(wall) < 0) {
        shut(wall);
        wall->retry_delay_us = is_first ? RETRY_MIN_US : wall->retry_delay_us * 2;
        if (wall->retry_delay_us > RETRY_MAX_US)
            wall->retry_delay_us = RETRY_MAX_US;
        wall->retry_us = now_us + wall->retry_delay_us;
        if (is_first)
            log_warn("screen/%s: absent: %s; tried again every minute", wall->config->device.id,
                     wall->detail);
        return is_first;
    }
    wall->state = WALL_ON;
    wall->retry_delay_us = 0;
    wall->retry_us = 0;
    wall->is_dirty = true;
    wall->detail[0] = '\0';
    log_info("screen/%s: on", wall->config->device.id);
    return true;
}

/* The calls that this picture shows for the first time: they count as shown when it flips. */
static void carry(struct wall *wall, const struct scene_input *input)
{
    for (unsigned i = 0; !scene_hides_calls(input) && i < ANNOUNCE_SLOTS; i++) {
        struct announce_slot *slot = &wall->announce.slot[i];
        if (!slot->is_used || !slot->token || wall->ncarried == ANNOUNCE_SLOTS)
            continue;
        wall->carried[wall->ncarried++] = slot->token;
        slot->token = 0;
    }
}

static void turn_notice(struct wall *wall, const struct scene_input *input, int64_t now_us)
{
    if (now_us < wall->notice_until_us)
        return;
    if (wall->notice_until_us)
        wall->notice_page++;
    int64_t stay_us = scene_notice_us(input);
    wall->notice_until_us = stay_us ? now_us + stay_us : INT64_MAX;
    wall->is_dirty = true;
}

/* Opened again in the next turn. What was on its way to scan-out never came there: its receipts run out. */
static void lose(struct wall *wall, int error)
{
    shut(wall);
    wall->ncarried = 0;
    snprintf(wall->detail, sizeof wall->detail, "lost: %s", strerror(-error));
    log_warn("screen/%s: %s; opened again", wall->config->device.id, wall->detail);
}

void wall_present(struct wall *wall, const struct scene_input *shared, int64_t now_us)
{
    struct scene_input input = *shared;
    input.screen = wall->config;
    input.announce = &wall->announce;
    input.notice_page = wall->notice_page;
    turn_notice(wall, &input, now_us);
    input.notice_page = wall->notice_page;
    if (!wall->is_dirty || wall->is_flipping || wall->state != WALL_ON)
        return;
    struct screen_buffer back;
    int error = wall->ops->begin(wall->screen, &back);
    if (error == -EBUSY)
        return;
    if (error < 0) {
        lose(wall, error);
        return;
    }
    wall->is_dirty = false;
    scene_build(wall->picture, wall->fonts, &input, back.width, back.height);
    if (!painter_differs(wall->painter, wall->picture)) {
        carry(wall, &input);
        if (wall->ncarried) { /* it is on scan-out already, e.g. the same call told twice */
            wall->on_flip(wall->data, wall);
            wall->ncarried = 0;
        }
        return;
    }
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage = 0;
    uint64_t frame;
    wall->pixels += painter_paint(wall->painter, &back, wall->picture, damage, &ndamage);
    error = wall->ops->commit(wall->screen, damage, ndamage, &frame);
    if (error < 0) {
        lose(wall, error);
        return;
    }
    carry(wall, &input);
    wall->is_flipping = true;
}

int64_t wall_deadline_us(const struct wall *wall)
{
    if (wall->state == WALL_ABSENT)
        return wall->retry_us;
    int64_t at_us = announce_deadline_us(&wall->announce);
    return at_us < wall->notice_until_us ? at_us : wall->notice_until_us;
}

int wall_snapshot(struct wall *wall, struct screen_buffer *buffer)
{
    struct screen_buffer front;
    if (wall->state != WALL_ON)
        return -ENODEV;
    int error = wall->ops->front(wall->screen, &front);
    if (error < 0)
        return error;
    *buffer = front;
    buffer->pixels = malloc((size_t)front.stride * front.height);
    if (!buffer->pixels)
        return -ENOMEM;
    memcpy(buffer->pixels, front.pixels, (size_t)front.stride * front.height);
    return 0;
}
