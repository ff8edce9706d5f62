#include "board/calls.h"

#include "board/log.h"
#include "board/walls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WATCH_LINE 4096

static bool is_call(const struct event *event)
{
    return event->type == EVENT_CALL || event->type == EVENT_RECALL;
}

static void outlet_name(const struct wall *wall, char out[ID_SIZE + 8])
{
    snprintf(out, ID_SIZE + 8, "screen/%s", wall->config->device.id);
}

/* A watcher sees the event as it stands on the wire, with our verdict in front. */
static void tell_event(struct board *board, const struct event *event, const char *verdict)
{
    static char line[WATCH_LINE];
    if (!control_is_watched(board->control))
        return;
    int head = snprintf(line, sizeof line, "{\"watch\":\"event\",\"sound\":\"%s\",", verdict);
    int body = message_format_event(line + head - 1, sizeof line - (size_t)head, event);
    if (body <= 0)
        return;
    line[head - 1] = ','; /* the event's own brace */
    control_tell(board->control, line);
}

/* Why this wall cannot show the call, NULL if it can. A box in a letter's place is no proof that it could be read. */
static const char *obstacle(const struct board *board, const struct wall *wall, int desk, char out[48])
{
    uint32_t unknown = fonts_uncovered(board->fonts, WEIGHT_BOLD, board->hall.desk[desk].ticket);
    if (wall->state != WALL_SHOWN)
        return wall->detail;
    if (hall_alert(&board->hall))
        return "an alert has the whole wall";
    if (wall_test_name(wall))
        return "a test picture stands there";
    if (!unknown)
        return NULL;
    snprintf(out, 48, "the fonts have no glyph for U+%04X", (unsigned)unknown);
    return out;
}

static void show_on_wall(struct board *board, struct wall *wall, int desk, uint64_t token, int64_t now_us)
{
    if (!config_screen_has_desk(board->config, wall->config, desk) ||
        !layout_shows_calls(&wall->config->layout))
        return;
    char name[ID_SIZE + 8];
    outlet_name(wall, name);
    receipts_expect(&board->receipts, token, name);
    uint64_t overflowed = wall->announce.overflowed;
    announce_call(&wall->announce, &board->hall, desk, token, now_us);
    receipts_settle(&board->receipts, wall->announce.superseded, name, "superseded", 0,
                    "called again before it was drawn", true);
    char buffer[48];
    const char *why = obstacle(board, wall, desk, buffer);
    if (why)
        receipts_settle(&board->receipts, token, name, "failed", 0, why, true);
    else if (wall->announce.overflowed != overflowed)
        receipts_settle(&board->receipts, token, name, "failed", 0,
                        "too many calls wait for a panel; it stands in the list", true);
}

static enum chime_kind kind_of(const struct event *event)
{
    return event->type == EVENT_RECALL  ? CHIME_RECALL
           : event->lane == LANE_BOOKED ? CHIME_BOOKED
                                        : CHIME_CALL;
}

static struct announcer_call spoken(const struct board *board, const struct event *event, int desk)
{
    const struct config *config = board->config;
    struct announcer_call call = { .desk = desk, .lang = NONE };
    call.saying = event->type == EVENT_RECALL  ? SAY_RECALL
                  : event->from[0]             ? SAY_PASSED
                  : event->lane == LANE_BOOKED ? SAY_BOOKED
                                               : SAY_CALL;
    memcpy(call.ticket, board->hall.desk[desk].ticket, sizeof call.ticket);
    for (unsigned i = 0; i < config->nlangs; i++)
        if (config->voice.grammar[i] && strcmp(config->lang[i], event->lang) == 0)
            call.lang = (int)i;
    return call;
}

static void sound(struct board *board, const struct event *event, int desk, uint64_t token,
                  enum feed_sound verdict, int64_t received_us)
{
    int zone = board->config->desk[desk].zone;
    const struct announcer_call call = spoken(board, event, desk);
    if (verdict == FEED_LIVE)
        speakers_ask(board->speakers, token, kind_of(event), &call,
                     feed_sound_until_us(board->feed, event, received_us), clock_us());
    else if (verdict == FEED_MUTED)
        speakers_mute(board->speakers, zone, token);
    else
        speakers_expect(board->speakers, zone, token);
}

static void announce(struct board *board, const struct event *event, int desk, uint64_t token,
                     enum feed_sound verdict, int64_t received_us)
{
    int64_t now_us = clock_us();
    walls_set_power(board, now_us); /* a call wakes the displays that are to show it */
    for (unsigned i = 0; i < board->config->nscreens; i++)
        show_on_wall(board, &board->wall[i], desk, token, now_us);
    desks_update(board->desks, &board->hall, desk, board->truth, token);
    sound(board, event, desk, token, verdict, received_us);
}

static void end_visit(struct board *board, const struct event *event, int desk)
{
    int64_t now_us = clock_us();
    for (unsigned i = 0; i < board->config->nscreens; i++)
        announce_end(&board->wall[i].announce, desk, event->ticket, now_us);
}

static void unknown_desk(struct board *board, const struct event *event, uint64_t token)
{
    char detail[96];
    snprintf(detail, sizeof detail, "desk \"%s\" is not in the hall file", event->desk);
    receipts_close(&board->receipts, token, RECEIPT_UNKNOWN_DESK, detail);
    if (board->unknown_desks++ == 0)
        log_warn("feed: %s; further ones are only counted (kezekctl status)", detail);
}

/* A server may write any character. The notice is shown all the same, with a box: better than nothing in an alert. */
void calls_note_lacking(struct board *board)
{
    char lacking[sizeof board->lacking] = "";
    for (unsigned i = 0; i < board->hall.nnotices; i++) {
        const struct notice *notice = &board->hall.notice[i];
        for (unsigned j = 0; !*lacking && j < notice->ntexts; j++) {
            uint32_t cp = fonts_uncovered(board->fonts, WEIGHT_REGULAR, notice->text[j].text);
            if (!cp)
                cp = fonts_uncovered(board->fonts, WEIGHT_BOLD, notice->text[j].text);
            if (cp)
                snprintf(
                    lacking, sizeof lacking,
                    "notice %s: %s: the fonts have no glyph for U+%04X, a box is shown; write it differently",
                    notice->id, notice->text[j].lang, cp);
        }
    }
    if (!strcmp(lacking, board->lacking))
        return;
    memcpy(board->lacking, lacking, sizeof lacking);
    if (*lacking)
        log_warn("%s", lacking);
}

bool calls_apply(struct board *board, const struct event *event, bool is_current, enum feed_sound verdict,
                 int64_t received_us)
{
    uint64_t token = is_call(event) ? board_open_receipt(board, event, received_us) : 0;
    board->events++;
    if (!is_current) {
        receipts_close(&board->receipts, token, RECEIPT_MUTED_LATE, "the desk has a newer call");
        return true;
    }
    int desk = NONE;
    int change = hall_apply(&board->hall, event, clock_us(), &desk);
    if (change == -ENOENT) {
        unknown_desk(board, event, token);
        return false;
    }
    if (is_call(event))
        announce(board, event, desk, token, verdict, received_us);
    else if (event->type == EVENT_SERVE || event->type == EVENT_CLEAR)
        end_visit(board, event, desk);
    if (!is_call(event) && desk >= 0 && change > 0)
        desks_update(board->desks, &board->hall, desk, board->truth, 0);
    if (change > 0 && (change & HALL_NOTICE))
        calls_note_lacking(board);
    if (change > 0 || is_call(event))
        walls_mark(board);
    tell_event(board, event, verdict == FEED_LIVE ? "live" : verdict == FEED_MUTED ? "muted" : "undecided");
    return true;
}

static void settle_wall(struct board *board, const struct wall *wall, uint64_t token)
{
    bool is_seen = wall->state == WALL_SHOWN;
    char name[ID_SIZE + 8];
    outlet_name(wall, name);
    receipts_settle(&board->receipts, token, name, is_seen ? "shown" : "failed", is_seen ? wall->flip_us : 0,
                    is_seen ? "" : wall->detail, true);
}

void calls_answer_gone(struct board *board, struct wall *wall)
{
    char name[ID_SIZE + 8];
    outlet_name(wall, name);
    for (uint64_t token; (token = announce_take_gone(&wall->announce)) != 0;)
        receipts_settle(&board->receipts, token, name, "superseded", 0, "over before a picture carried it",
                        true);
}

void calls_flipped(void *data, struct wall *wall)
{
    struct board *board = data;
    for (unsigned i = 0; i < wall->ncarried; i++)
        settle_wall(board, wall, wall->carried[i]);
    if (control_is_watched(board->control)) {
        char line[128];
        snprintf(line, sizeof line, "{\"watch\":\"frame\",\"screen\":\"%s\",\"frame\":%llu}",
                 wall->config->device.id, (unsigned long long)wall->frames);
        control_tell(board->control, line);
    }
    board_soon(board);
}

static void tell_wall(struct board *board, const struct wall *wall)
{
    char detail[2 + 6 * sizeof wall->detail], line[sizeof detail + 128];
    if (!control_is_watched(board->control))
        return;
    json_quote(detail, sizeof detail, wall->detail);
    snprintf(line, sizeof line, "{\"watch\":\"screen\",\"screen\":\"%s\",\"state\":\"%s\",\"detail\":%s}",
             wall->config->device.id, wall_state_names[wall->state], detail);
    control_tell(board->control, line);
}

/* Nobody knows when it will be seen again: the calls that it was to show have failed here now. */
void calls_wall_changed(void *data, struct wall *wall)
{
    struct board *board = data;
    const struct announce *announce = &wall->announce;
    board->is_health_changed = true;
    tell_wall(board, wall);
    board_soon(board);
    if (wall->state == WALL_SHOWN)
        return;
    for (unsigned i = 0; i < wall->ncarried; i++)
        settle_wall(board, wall, wall->carried[i]);
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        settle_wall(board, wall, announce->slot[i].token);
    for (unsigned i = 0; i < announce->nwaiting; i++)
        settle_wall(board, wall, announce->waiting[i].token);
}

/* ---- the feed's sink ------------------------------------------------------------------------- */
static void on_event(void *data, const struct event *event, bool is_current, enum feed_sound verdict,
                     int64_t received_us)
{
    calls_apply(data, event, is_current, verdict, received_us);
}

static void on_decide(void *data, const struct event *event, enum feed_sound verdict)
{
    struct board *board = data;
    int desk = config_desk_index(board->config, event->desk);
    uint64_t token = receipts_find(&board->receipts, event);
    if (desk >= 0)
        sound(board, event, desk, token, verdict, clock_us());
}

static void on_duplicate(void *data, const struct event *event)
{
    struct board *board = data;
    if (!is_call(event))
        return;
    uint64_t token = board_open_receipt(board, event, clock_us());
    receipts_close(&board->receipts, token, RECEIPT_DUPLICATE, "");
}

/* The visit that a panel speaks of has ended without our hearing of it. */
static void end_panels(struct board *board, const char *id)
{
    int desk = config_desk_index(board->config, id);
    int64_t now_us = clock_us();
    for (unsigned i = 0; desk >= 0 && i < board->config->nscreens; i++)
        announce_correct(&board->wall[i].announce, desk, now_us);
}

/* Snapshots never sound and never feature anything new. */
static void on_desk(void *data, const struct state_desk *state)
{
    struct board *board = data;
    int desk = config_desk_index(board->config, state->desk);
    char ticket[TICKET_SIZE];
    hall_ticket(board->config, state->ticket, ticket);
    if (desk >= 0 && (strcmp(board->hall.desk[desk].ticket, ticket) != 0 || state->phase != PHASE_CALLED))
        end_panels(board, state->desk);
    hall_set_desk(&board->hall, state, clock_us());
}

static void on_gone(void *data, const char *id)
{
    struct board *board = data;
    end_panels(board, id);
    hall_clear_desk(&board->hall, id, clock_us());
}

static void on_snapshot(void *data, const struct state *state)
{
    struct board *board = data;
    int64_t now_us = clock_us();
    hall_set_lists(&board->hall, state, now_us);
    calls_note_lacking(board);
    for (unsigned i = 0; i < board->config->nscreens; i++) {
        struct announce *wall = &board->wall[i].announce;
        if (announce_is_empty(wall))
            announce_restore(wall, &board->hall, now_us);
    }
    desks_update_all(board->desks, &board->hall, board->truth);
    walls_mark(board);
}

static void on_hello(void *data, const struct hello *hello)
{
    struct board *board = data;
    char text[512];
    if (message_format_hello(text, sizeof text, hello) > 0)
        board_publish(board, PUBLISH_HELLO, text);
}

struct feed_sink calls_sink(struct board *board)
{
    return (struct feed_sink){ .data = board,
                               .event = on_event,
                               .decide = on_decide,
                               .duplicate = on_duplicate,
                               .desk = on_desk,
                               .gone = on_gone,
                               .snapshot = on_snapshot,
                               .hello = on_hello };
}
