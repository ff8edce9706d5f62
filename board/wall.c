#include "board/wall.h"

#include "board/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MIN_US 1000000
#define RETRY_MAX_US 10000000
#define BUSY_US      20000
#define STUCK_US     1000000

const char *const wall_state_names[WALL_STATES] = {
    "absent", "shown", "unplugged", "standby", "away", "stuck"
};

void wall_init(struct wall *wall, struct loop *loop, struct outputs *outputs, struct fonts *fonts,
               const struct config *config, unsigned index, const struct wall_events *events)
{
    memset(wall, 0, sizeof *wall);
    wall->loop = loop;
    wall->outputs = outputs;
    wall->fonts = fonts;
    wall->events = *events;
    wall->is_on = true;
    wall->status.state = SCREEN_AWAY;
    scanout_init(&wall->scanout);
    wall_change(wall, config, index);
}

void wall_change(struct wall *wall, const struct config *config, unsigned index)
{
    wall->config = &config->screen[index];
    images_clear(&wall->images); /* the painter keeps those that it shows */
    wall->is_dirty = wall->must_look = true;
    wall->ncarried = 0; /* their receipts have ended */
    wall->notice_page = 0;
    wall->notice_until_us = wall->test_until_us = 0;
    announce_init(&wall->announce, config, wall->config->zones,
                  config_dwell_ms(config, wall->config) * INT64_C(1000));
    wall->announce.desk = wall->config->desk;
    wall->announce.is_pulsing = !config->calls.is_steady;
    if (wall->config->panels)
        wall->announce.most = wall->config->panels;
}

/* ---- what a frame carries -------------------------------------------------------------------- */
static bool hides_calls(const struct wall *wall, const struct scene_input *input)
{
    return wall->test_until_us || scene_hides_calls(input);
}

bool wall_hides_calls(const struct wall *wall, const struct scene_input *input)
{
    return wall->state != WALL_SHOWN || hides_calls(wall, input);
}

/* Where each desk has one place and nothing else shows calls, its next one is not seen before the last one's dwell is over. */
static bool is_in_picture(const struct wall *wall, const struct announce_slot *slot)
{
    const struct announce_slot *first = wall->announce.slot;
    const struct layout *layout = &wall->config->layout;
    if (!layout_has(layout, PART_DESKS) || layout_has(layout, PART_FEATURED) ||
        layout_has(layout, PART_LISTS))
        return slot->is_used;
    while (first < slot && !(first->is_used && first->is_new && first->desk == slot->desk))
        first++;
    return slot->is_used && first == slot;
}

/* The calls that this picture shows for the first time: they count as shown when it flips. */
static void carry(struct wall *wall, const struct scene_input *input)
{
    bool are_hidden = hides_calls(wall, input);
    for (unsigned i = 0; !are_hidden && i < ANNOUNCE_SLOTS; i++) {
        struct announce_slot *slot = &wall->announce.slot[i];
        if (!is_in_picture(wall, slot) || !slot->token || wall->ncarried == ANNOUNCE_SLOTS)
            continue;
        wall->carried_call[wall->ncarried].desk = slot->desk;
        memcpy(wall->carried_call[wall->ncarried].ticket, slot->ticket, TICKET_SIZE);
        wall->carried[wall->ncarried++] = slot->token;
        slot->token = 0;
    }
}

/* The frame will never flip: the next one carries what still stands. */
static void uncarry(struct wall *wall)
{
    for (unsigned i = 0; i < wall->ncarried; i++)
        for (struct announce_slot *slot = wall->announce.slot; slot < wall->announce.slot + ANNOUNCE_SLOTS;
             slot++)
            if (slot->is_used && !slot->token && slot->desk == wall->carried_call[i].desk &&
                strcmp(slot->ticket, wall->carried_call[i].ticket) == 0) {
                slot->token = wall->carried[i];
                break;
            }
    wall->ncarried = 0;
}

static void shut(struct wall *wall)
{
    loop_remove(wall->source);
    wall->source = NULL;
    painter_destroy(wall->painter);
    wall->painter = NULL;
    scanout_close(&wall->scanout);
    if (wall->screen)
        wall->ops->close(wall->screen);
    wall->screen = NULL;
    wall->status = (struct screen_status){ .state = SCREEN_AWAY };
    wall->is_flipping = wall->is_late = false;
    wall->busy_us = 0;
    wall->hash = 0;
    uncarry(wall);
}

void wall_finish(struct wall *wall)
{
    shut(wall);
    images_clear(&wall->images);
    scanout_finish(&wall->scanout);
    free(wall->picture);
    memset(wall, 0, sizeof *wall);
}

/* ---- what is known of the device ------------------------------------------------------------- */
static void log_state(const struct wall *wall)
{
    const struct screen_config *device = &wall->config->device;
    const struct screen_status *status = &wall->status;
    const char *state = wall_state_names[wall->state];
    if (wall->state == WALL_SHOWN && !wall->detail[0])
        log_info("screen/%s: %s%s%s, %ux%u at %.2f Hz%s%s", device->id, state,
                 device->output[0] ? " on " : "", device->output, status->mode_width, status->mode_height,
                 status->refresh_mhz / 1000.0, status->monitor[0] ? ", " : "", status->monitor);
    else
        (wall->state == WALL_STANDBY ? log_info : log_warn)("screen/%s: %s: %s", device->id, state,
                                                            wall->detail);
}

/* Once per change, also if the device is tried again and again. */
static void note(struct wall *wall, enum wall_state state, const char *detail)
{
    char text[sizeof wall->detail];
    snprintf(text, sizeof text, "%s", detail); /* may be ours */
    if (state == wall->state && strcmp(text, wall->detail) == 0)
        return;
    memcpy(wall->detail, text, sizeof text);
    wall->state = state;
    log_state(wall);
    wall->events.changed(wall->events.data, wall);
}

/* May frames be queued, as far as is known? */
static bool can_paint(const struct wall *wall)
{
    return wall->status.state == SCREEN_SHOWN || wall->status.state == SCREEN_UNPLUGGED;
}

static void judge(struct wall *wall)
{
    static const struct {
        enum wall_state state;
        const char *detail; /* where the device has nothing to say */
    } words[SCREEN_STATES] = {
        [SCREEN_SHOWN] = { WALL_SHOWN, "" },
        [SCREEN_UNPLUGGED] = { WALL_UNPLUGGED, "no display is plugged in" },
        [SCREEN_STANDBY] = { WALL_STANDBY, "the display is in stand-by" },
        [SCREEN_AWAY] = { WALL_AWAY, "another program or the text console has the screen" },
        [SCREEN_STUCK] = { WALL_STUCK, "" },
    };
    const struct screen_status *status = &wall->status;
    const char *output = wall->config->device.output, *detail = status->detail;
    char text[sizeof wall->detail];
    if (wall->is_suspect && status->state == SCREEN_SHOWN)
        return;
    if (status->state == SCREEN_STUCK && !detail[0]) /* not for long yet */
        return;
    if (!detail[0] && words[status->state].detail[0]) {
        snprintf(text, sizeof text, "%s%s%s", output, output[0] ? ": " : "", words[status->state].detail);
        detail = text;
    }
    note(wall, words[status->state].state, detail);
}

/* The device is back: what it shows is not known. */
static void resume(struct wall *wall, int64_t now_us)
{
    wall->commit_us = now_us;
    wall->is_late = false;
    wall->is_dirty = wall->must_flip = wall->may_set = true;
}

/* Whoever had the card may have thrown the pending frame away. The next one follows when somebody can see it. */
static void find_dropped_frame(struct wall *wall)
{
    struct screen_buffer back;
    if (!wall->is_flipping || wall->ops->begin(wall->screen, &back) != 0)
        return;
    wall->is_flipping = wall->is_late = false;
    if (wall->status.state == SCREEN_SHOWN)
        wall->is_dirty = wall->must_flip = true;
    uncarry(wall);
}

static void look(struct wall *wall, int64_t now_us)
{
    struct screen_status *status = &wall->status;
    bool was_shown = status->state == SCREEN_SHOWN;
    wall->ops->status(wall->screen, status);
    bool is_wanted = wall->is_on || wall->test_until_us;
    bool is_wrong = status->state == (is_wanted ? SCREEN_STANDBY : SCREEN_SHOWN);
    if (is_wrong && wall->ops->power(wall->screen, is_wanted) == 0)
        wall->ops->status(wall->screen, status);
    if (!was_shown && status->state == SCREEN_SHOWN)
        resume(wall, now_us);
    find_dropped_frame(wall);
    judge(wall);
}

/* ---- opening, losing and opening again ------------------------------------------------------- */
static void back_off(struct wall *wall, int64_t now_us, int64_t least_us)
{
    int64_t delay_us = wall->retry_delay_us > least_us ? wall->retry_delay_us : least_us;
    wall->retry_us = now_us + delay_us;
    delay_us = delay_us < RETRY_MIN_US / 2 ? RETRY_MIN_US : delay_us * 2;
    wall->retry_delay_us = delay_us < RETRY_MAX_US ? delay_us : RETRY_MAX_US;
}

/* The device knows best. */
static void explain(const struct wall *wall, int error, char *out, size_t size)
{
    bool is_too_much = error == -ENOSPC || error == -ENOMEM || error == -EINVAL;
    struct screen_status status = { .detail = "" };
    if (error == -ENODEV)
        wall->ops->status(wall->screen, &status);
    if (error == -ENODEV)
        snprintf(out, size, "%s", status.detail[0] ? status.detail : "the device is gone");
    else
        snprintf(out, size, "a frame was refused: %s%s", strerror(-error),
                 is_too_much ? "; try a smaller \"mode\" in the hall file" : "");
}

/* The first failure may be the display's wish for another mode: nothing has changed for visitors if it can be opened again
 * at once. */
static void lose(struct wall *wall, int error, int64_t now_us)
{
    char text[sizeof wall->detail];
    bool is_first = !wall->is_suspect;
    explain(wall, error, text, sizeof text);
    shut(wall);
    wall->is_suspect = wall->is_dirty = true;
    back_off(wall, now_us, 0);
    if (is_first)
        log_warn("screen/%s: %s; opened again", wall->config->device.id, text);
    else
        note(wall, WALL_ABSENT, text);
}

/* For whoever copies it. */
static int show_front(struct wall *wall)
{
    struct screen_buffer front;
    int error = wall->ops->front(wall->screen, &front);
    if (error == 0)
        scanout_show(&wall->scanout, &front, wall->hash);
    else
        scanout_close(&wall->scanout);
    return error;
}

static void flipped(void *data, const struct screen_flip *flip)
{
    struct wall *wall = data;
    wall->hash = wall->queued_hash;
    if (scanout_is_read(&wall->scanout))
        show_front(wall);
    wall->is_flipping = wall->is_late = wall->is_suspect = wall->may_set = false;
    wall->retry_delay_us = 0;
    wall->frames++;
    wall->flip_us = flip->at_us;
    if (wall->test_until_us && wall->test_pattern == TEST_MOTION)
        wall->is_dirty = wall->must_flip = true;
    judge(wall);
    wall->events.flipped(wall->events.data,
                         wall); /* wall_present() follows in the same turn, if it is dirty */
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

static int open_device(struct wall *wall, char *error, size_t size)
{
    const struct screen_config *device = &wall->config->device;
    const struct screen_events events = { .data = wall, .flipped = flipped };
    wall->ops = screen_backend(device->driver);
    if (!wall->ops) {
        snprintf(error, size, "no driver \"%s\" in this build", device->driver);
        return -ENODEV;
    }
    int result = wall->ops->open(&wall->screen, wall->outputs, device, &events, error, size);
    if (result < 0)
        return result;
    wall->picture = wall->picture ? wall->picture : calloc(1, sizeof *wall->picture);
    wall->source = loop_add(wall->loop, wall->ops->fd(wall->screen), EPOLLIN, "screen", ready, wall);
    return wall->picture && wall->source ? 0 : -ENOMEM;
}

static void try_open(struct wall *wall, int64_t now_us)
{
    char text[sizeof wall->detail] = "";
    int error = open_device(wall, text, sizeof text);
    if (error == 0) {
        wall->is_dirty = wall->may_set = true;
        look(wall, now_us);
        return;
    }
    shut(wall);
    back_off(wall, now_us, RETRY_MIN_US);
    if (error == -EINPROGRESS) /* the device is still being closed, which is nothing to tell of yet */
        return;
    note(wall,
         error == -EAGAIN      ? WALL_UNPLUGGED
         : error == -EBUSY     ? WALL_AWAY
         : error == -ETIMEDOUT ? WALL_STUCK
                               : WALL_ABSENT,
         text[0] ? text : strerror(-error));
}

static int64_t patience_us(const struct wall *wall)
{
    return wall->may_set ? FLIP_SET_US : FLIP_LATE_US;
}

static void note_stuck(struct wall *wall)
{
    char text[sizeof wall->detail];
    wall->late_flips++;
    if (wall->state == WALL_STUCK)
        return;
    snprintf(text, sizeof text, "no page flip for %.1f s after frame %llu; opened again after %.0f s",
             (double)patience_us(wall) / 1e6, (unsigned long long)wall->frames, FLIP_LOST_US / 1e6);
    note(wall, WALL_STUCK, text);
}

/* A flip that does not come holds nobody up, and in the end the device is opened anew. Drivers may lose it with the display:
 * that is no reason to let go of the card. */
static void watch_flip(struct wall *wall, int64_t now_us)
{
    int64_t pending_us = now_us - wall->commit_us;
    if (pending_us >= patience_us(wall)) /* the loop itself may have been held up */
        wall->ops->dispatch(wall->screen);
    if (!wall->is_flipping)
        return;
    if (pending_us >= patience_us(wall) && !wall->is_late) {
        wall->is_late = wall->is_suspect = true;
        if (wall->status.state == SCREEN_SHOWN)
            note_stuck(wall);
    }
    if (pending_us < FLIP_LOST_US)
        return;
    wall->commit_us = now_us;
    if (wall->status.state != SCREEN_SHOWN) {
        find_dropped_frame(wall);
        return;
    }
    shut(wall);
    wall->is_dirty = true;
    back_off(wall, now_us, 0);
}

void wall_tick(struct wall *wall, int64_t now_us)
{
    if (wall->is_flipping && can_paint(wall))
        watch_flip(wall, now_us);
    if (wall->screen && wall->status.state == SCREEN_STUCK && now_us >= wall->again_us) {
        wall->again_us = now_us + STUCK_US;
        look(wall, now_us);
    }
    if (!wall->screen && now_us >= wall->retry_us)
        try_open(wall, now_us);
}

void wall_look(struct wall *wall, int64_t now_us)
{
    struct screen_buffer back;
    wall->retry_us = 0;
    if (!wall->is_suspect)
        wall->retry_delay_us = 0;
    if (!wall->screen)
        return;
    int error = wall->ops->begin(wall->screen, &back); /* also tells what a status cannot: -ENODEV */
    if (error < 0 && error != -EBUSY && error != -EAGAIN)
        lose(wall, error, now_us);
    else
        look(wall, now_us);
}

void wall_set_power(struct wall *wall, bool is_on, int64_t now_us)
{
    bool is_change = is_on != wall->is_on || wall->must_look;
    wall->is_on = is_on;
    wall->must_look = false;
    if (is_change && wall->screen)
        look(wall, now_us);
}

void wall_test(struct wall *wall, enum test_pattern pattern, int64_t until_us, int64_t now_us)
{
    wall->test_pattern = pattern;
    wall->test_until_us = until_us;
    wall->test_frame = 0;
    wall->is_dirty = true;
    if (wall->screen)
        look(wall, now_us); /* it may have to wake */
}

void wall_test_end(struct wall *wall, int64_t now_us)
{
    wall->test_until_us = 0;
    wall->is_dirty = true;
    if (wall->screen)
        look(wall, now_us);
}

const char *wall_test_name(const struct wall *wall)
{
    return wall->test_until_us ? test_pattern_names[wall->test_pattern] : NULL;
}

/* ---- frames ---------------------------------------------------------------------------------- */
static void turn_notice(struct wall *wall, struct scene_input *input, int64_t now_us)
{
    input->notice_page = wall->notice_page;
    if (now_us < wall->notice_until_us)
        return;
    if (wall->notice_until_us)
        wall->notice_page++;
    input->notice_page = wall->notice_page;
    int64_t stay_us = scene_notice_us(input);
    wall->notice_until_us = stay_us ? now_us + stay_us : INT64_MAX;
    wall->is_dirty = true;
}

/* It is on scan-out already, e.g. the same call told twice. */
static void show_again(struct wall *wall, const struct scene_input *input)
{
    carry(wall, input);
    if (wall->ncarried)
        wall->events.flipped(wall->events.data, wall);
    wall->ncarried = 0;
}

static void build(struct wall *wall, const struct scene_input *input, const struct screen_buffer *back)
{
    if (wall->test_until_us)
        scene_test(wall->picture, wall->fonts, input, wall->test_pattern, wall->test_frame++, back->width,
                   back->height);
    else
        scene_build(wall->picture, wall->fonts, input, back->width, back->height);
}

static int queue(struct wall *wall, const struct screen_buffer *back)
{
    struct rect damage[DAMAGE_MAX];
    unsigned ndamage = 0;
    uint64_t frame;
    wall->pixels += painter_paint(wall->painter, back, wall->picture, damage, &ndamage);
    if (ndamage == 0)
        damage[ndamage++] = (struct rect){ 0, 0, (int16_t)back->width, (int16_t)back->height };
    return wall->ops->commit(wall->screen, damage, ndamage, &frame);
}

/* 0: painted, or there was nothing to paint; -EBUSY, -EAGAIN: not now; else the device is lost. */
static int paint(struct wall *wall, const struct scene_input *input, int64_t now_us)
{
    struct screen_buffer back;
    int error = wall->ops->begin(wall->screen, &back);
    if (error < 0)
        return error;
    if (!wall->painter)
        wall->painter = painter_create(wall->fonts, back.width, back.height, back.format);
    if (!wall->painter)
        return -ENOMEM;
    wall->is_dirty = false;
    build(wall, input, &back);
    if (!wall->must_flip && !painter_differs(wall->painter, wall->picture)) {
        show_again(wall, input);
        return 0;
    }
    int64_t allowed_us = wall->test_until_us ? now_us : flash_allows_us(&wall->flash, wall->picture, now_us);
    if (allowed_us > now_us) {
        wall->calm_us = allowed_us;
        wall->is_dirty = true;
        return 0;
    }
    error = queue(wall, &back);
    if (error < 0) {
        wall->is_dirty = wall->must_flip = true; /* the painter takes it for queued */
        return error;
    }
    flash_note(&wall->flash, wall->picture, now_us);
    carry(wall, input);
    wall->queued_hash = picture_hash(wall->picture, wall->fonts);
    wall->must_flip = false;
    wall->is_flipping = true;
    wall->commit_us = now_us;
    return 0;
}

/* No flip is pending that would tell when. */
static void ask_again(struct wall *wall, int64_t now_us)
{
    if (!wall->busy_us)
        wall->busy_us = now_us;
    wall->again_us = now_us + BUSY_US;
}

void wall_present(struct wall *wall, const struct scene_input *shared, int64_t now_us)
{
    if (wall->test_until_us && (now_us >= wall->test_until_us || hall_alert(shared->hall)))
        wall_test_end(wall, now_us);
    if (!wall->screen || !can_paint(wall))
        return;
    struct scene_input input = *shared;
    input.screen = wall->config;
    input.announce = &wall->announce;
    input.images = &wall->images;
    turn_notice(wall, &input, now_us);
    if (!wall->is_dirty || wall->is_flipping || now_us < wall->calm_us)
        return;
    wall->calm_us = 0;
    int error = paint(wall, &input, now_us);
    if (error != -EBUSY)
        wall->busy_us = 0;
    if (error == -EAGAIN)
        look(wall, now_us);
    else if (error == -EBUSY && (!wall->busy_us || now_us - wall->busy_us < patience_us(wall)))
        ask_again(wall, now_us);
    else if (error < 0)
        lose(wall, error, now_us);
}

bool wall_is_flipping(const struct wall *wall)
{
    return wall->is_flipping && !wall->is_late && !wall->may_set && !wall->test_until_us &&
           wall->status.state == SCREEN_SHOWN;
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t wall_deadline_us(const struct wall *wall)
{
    int64_t test_us = wall->test_until_us ? wall->test_until_us : INT64_MAX;
    if (!wall->screen)
        return min(wall->retry_us, test_us);
    int64_t at_us = min(announce_deadline_us(&wall->announce), test_us);
    if (wall->status.state == SCREEN_STUCK)
        return min(at_us, wall->again_us);
    if (!can_paint(wall))
        return at_us;
    at_us = min(at_us, wall->notice_until_us);
    if (wall->calm_us)
        at_us = min(at_us, wall->calm_us);
    if (wall->busy_us)
        at_us = min(at_us, wall->again_us);
    int64_t flip_us = wall->commit_us + (wall->is_late ? FLIP_LOST_US : patience_us(wall));
    return wall->is_flipping ? min(at_us, flip_us) : at_us;
}

bool wall_is_owing(const struct wall *wall)
{
    return wall->screen && wall->is_dirty && wall->is_on && wall->status.state == SCREEN_SHOWN &&
           !wall->is_flipping && !wall->busy_us && !wall->calm_us;
}

int wall_snapshot(struct wall *wall, struct snapshots *snapshots, uint64_t client)
{
    if (!wall->screen || !wall->painter)
        return -ENODEV;
    int error = show_front(wall);
    return error < 0 ? error : snapshots_take(snapshots, client, &wall->scanout);
}
