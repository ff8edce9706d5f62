#include "tests/scenario/eyes.h"

#include "board/calls.h"
#include "board/walls.h"
#include "protocol/json.h"
#include "tests/scenario/buses.h"
#include "tests/scenario/moment.h"
#include "tests/scenario/office.h"
#include "tests/scenario/player.h"
#include "tests/scenario/verdict.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS       512
#define VISITS      256 /* of a desk */
#define STARTS      64
#define SIGN_US     (15 * SECOND_US + SECOND_US / 10)
#define BLANK_US    (60 * SECOND_US + SECOND_US / 10)
#define OVER_US     (60 * SECOND_US + SECOND_US)
#define FEATURED_US (100 * SECOND_US)
#define VBLANK_US   17000
#define STEADY_US   (5 * SECOND_US)
#define RETURN_US   (20 * SECOND_US) /* the back-off of a board is 10 s at most */
#define DEATH_US    (45 * SECOND_US) /* everything is written anew each 30 s */
#define BOOT_US     (10 * SECOND_US)

const char *const sign_names[SIGNS] = { "dark", "none", "starting", "stale", "blank", "alert" };

struct call {
    char epoch[EPOCH_SIZE], ticket[TICKET_SIZE];
    uint64_t seq; /* 0: unused */
    int desk;
    int64_t at_us;
    uint32_t seen; /* bit per screen: featured there */
    uint32_t told; /* bit per screen: the receipt says that it was not */
    bool is_excused, is_judged, has_receipt;
    char result[24];
};
struct visit {
    char ticket[TICKET_SIZE];
    int64_t end_us; /* MOMENT_MAX: it stands */
};

static struct {
    const struct config *config;
    struct board *board;
    int64_t board_since_us;
    struct view painted[SCREENS_MAX], view[SCREENS_MAX];
    int64_t new_since_us[SCREENS_MAX]
                        [ANNOUNCE_SLOTS]; /* of view.panel; without the time in which nobody could see it */
    struct {                              /* when calls were last hidden */
        struct view view;
        int64_t seen_us[ANNOUNCE_SLOTS];
    } last[SCREENS_MAX];
    struct call call[CALLS];
    unsigned ncalls;
    struct visit visit[DESKS_MAX][VISITS];
    unsigned nvisits[DESKS_MAX];
    struct {
        const void *player;
        int64_t at_us, end_us;
    } start[STARTS];
    unsigned nstarts, nframes;
    struct {
        bool is_reachable;
        int64_t reach_us, want_us;
        struct led_text wanted;
    } led[DESKS_MAX];
    struct alarm tick;
} eyes;

static bool is_same_panel(const struct panel *a, const struct panel *b)
{
    return a->desk == b->desk && strcmp(a->ticket, b->ticket) == 0;
}

static bool is_same_list(const char a[][TICKET_SIZE], const char b[][TICKET_SIZE], unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

static bool is_same_view(const struct view *a, const struct view *b)
{
    if (a->sign != b->sign || a->npanels != b->npanels || a->nrecent != b->nrecent ||
        a->nmissed != b->nmissed)
        return false;
    for (unsigned i = 0; i < a->npanels; i++)
        if (!is_same_panel(&a->panel[i], &b->panel[i]) || a->panel[i].is_new != b->panel[i].is_new ||
            a->panel[i].is_recall != b->panel[i].is_recall)
            return false;
    return strcmp(a->clock, b->clock) == 0 && is_same_list(a->recent, b->recent, a->nrecent) &&
           is_same_list(a->missed, b->missed, a->nmissed);
}

static const struct panel *find(const struct view *view, const struct panel *wanted)
{
    for (unsigned i = 0; i < view->npanels; i++)
        if (is_same_panel(&view->panel[i], wanted))
            return &view->panel[i];
    return NULL;
}

static const char *desk_id(int desk)
{
    return desk >= 0 ? eyes.config->desk[desk].id : "?";
}

static const char *screen_id(unsigned screen)
{
    return eyes.config->screen[screen].device.id;
}

static bool is_seen(enum sign sign)
{
    return sign == SIGN_NONE || sign == SIGN_STALE;
}

/* Who cannot see calls now need not have seen them. */
static void excuse_calls(void)
{
    for (unsigned i = 0; i < CALLS; i++)
        eyes.call[i].is_excused = true;
}

/* ---- the screens ----------------------------------------------------------------------------- */

static enum sign sign_of(const struct scene_input *input)
{
    if (hall_alert(input->hall))
        return SIGN_ALERT;
    switch (input->truth) {
    case FEED_NOTHING: return SIGN_STARTING;
    case FEED_BLANK: return SIGN_BLANK;
    case FEED_STALE: return input->has_lease ? SIGN_STALE : SIGN_NONE;
    default: return SIGN_NONE;
    }
}

static void take_lists(struct view *view, const struct hall *hall)
{
    for (; view->nrecent < hall->nrecent; view->nrecent++)
        memcpy(view->recent[view->nrecent], hall->recent[view->nrecent].ticket, TICKET_SIZE);
    for (; view->nmissed < hall->nmissed; view->nmissed++)
        memcpy(view->missed[view->nmissed], hall->missed[view->nmissed].ticket, TICKET_SIZE);
}

static void look_at(struct view *view, const struct scene_input *input)
{
    const struct scene_clock *clock = &input->clock;
    memset(view, 0, sizeof *view);
    view->sign = sign_of(input);
    if (clock->is_known)
        snprintf(view->clock, sizeof view->clock, "%04d-%02d-%02d %02d:%02d", clock->year % 10000,
                 clock->month % 100, clock->day % 100, clock->hour % 100, clock->minute % 100);
    if (!is_seen(view->sign))
        return;
    for (unsigned i = 0; i < input->announce->nslots; i++) {
        const struct announce_slot *slot = &input->announce->slot[i];
        if (!slot->is_used)
            continue;
        struct panel *panel = &view->panel[view->npanels++];
        *panel = (struct panel){ .desk = slot->desk, .is_new = slot->is_new, .is_recall = slot->is_recall };
        memcpy(panel->ticket, slot->ticket, TICKET_SIZE);
    }
    take_lists(view, input->hall);
}

static void trace_view(unsigned screen, const struct view *view)
{
    char text[1024];
    size_t used = 0;
    text[0] = '\0';
    for (unsigned i = 0; i < view->npanels && used < sizeof text; i++) {
        const struct panel *panel = &view->panel[i];
        used += (size_t)snprintf(text + used, sizeof text - used, panel->is_new ? " [%s>%s%s]" : " %s>%s%s",
                                 panel->ticket, desk_id(panel->desk), panel->is_recall ? " again" : "");
    }
    trace("screen/%s: %s%s%s%s", screen_id(screen), view->clock, view->sign == SIGN_NONE ? "" : " sign ",
          view->sign == SIGN_NONE ? "" : sign_names[view->sign], text);
}

static void check_dwell(unsigned screen, const struct view *before, const struct view *after)
{
    int64_t dwell_us = eyes.config->calls.dwell_ms * INT64_C(1000);
    for (unsigned i = 0; i < before->npanels && is_seen(after->sign); i++) {
        const struct panel *panel = &before->panel[i], *now = find(after, panel);
        int64_t seen_us = moment_us() - eyes.new_since_us[screen][i];
        if (panel->is_new && (!now || !now->is_new) && seen_us < dwell_us - VBLANK_US)
            complain("DWELL: screen %s featured %s at desk %s for %lld ms only", screen_id(screen),
                     panel->ticket, desk_id(panel->desk), (long long)(seen_us / 1000));
    }
}

static void keep_hidden(unsigned screen, const struct view *before)
{
    eyes.last[screen].view = *before;
    for (unsigned i = 0; i < before->npanels; i++)
        eyes.last[screen].seen_us[i] = moment_us() - eyes.new_since_us[screen][i];
}

static int64_t new_since_us(unsigned screen, const struct view *before, const struct panel *panel)
{
    const struct view *last = &eyes.last[screen].view;
    const struct panel *old = find(is_seen(before->sign) ? before : last, panel);
    if (!old || !old->is_new)
        return moment_us();
    return is_seen(before->sign) ? eyes.new_since_us[screen][old - before->panel]
                                 : moment_us() - eyes.last[screen].seen_us[old - last->panel];
}

static void keep_times(unsigned screen, const struct view *before, const struct view *after)
{
    int64_t since_us[ANNOUNCE_SLOTS];
    if (is_seen(before->sign) && !is_seen(after->sign))
        keep_hidden(screen, before);
    for (unsigned i = 0; i < after->npanels; i++)
        since_us[i] = new_since_us(screen, before, &after->panel[i]);
    memcpy(eyes.new_since_us[screen], since_us, after->npanels * sizeof since_us[0]);
}

static void note_featured(unsigned screen, const struct view *view)
{
    for (unsigned i = 0; i < view->npanels; i++)
        for (struct call *call = eyes.call; view->panel[i].is_new && call < eyes.call + CALLS; call++)
            if (call->seq && call->desk == view->panel[i].desk &&
                strcmp(call->ticket, view->panel[i].ticket) == 0)
                call->seen |= 1u << screen;
}

static void see(unsigned screen, const struct view *view)
{
    struct view *before = &eyes.view[screen];
    if (is_same_view(before, view))
        return;
    check_dwell(screen, before, view);
    keep_times(screen, before, view);
    note_featured(screen, view);
    if (!is_seen(view->sign))
        excuse_calls();
    *before = *view;
    trace_view(screen, view);
}

void __real_scene_build(struct picture *picture, struct fonts *fonts, const struct scene_input *input,
                        int width, int height);
void __wrap_scene_build(struct picture *picture, struct fonts *fonts, const struct scene_input *input,
                        int width, int height);
void __real_calls_flipped(void *data, struct wall *wall);
void __wrap_calls_flipped(void *data, struct wall *wall);
void __real_walls_present(struct board *board, const struct scene_input *input, int64_t now_us);
void __wrap_walls_present(struct board *board, const struct scene_input *input, int64_t now_us);

void __wrap_scene_build(struct picture *picture, struct fonts *fonts, const struct scene_input *input,
                        int width, int height)
{
    __real_scene_build(picture, fonts, input, width, height);
    look_at(&eyes.painted[input->screen - input->config->screen], input);
}

void __wrap_calls_flipped(void *data, struct wall *wall)
{
    unsigned screen = (unsigned)(wall - ((struct board *)data)->wall);
    eyes.nframes++;
    if (wall->state == WALL_SHOWN)
        see(screen, &eyes.painted[screen]);
    __real_calls_flipped(data, wall);
}

void __wrap_walls_present(struct board *board, const struct scene_input *input, int64_t now_us)
{
    static const struct view dark = { .sign = SIGN_DARK };
    if (eyes.board != board)
        eyes.board_since_us = now_us;
    eyes.board = board;
    __real_walls_present(board, input, now_us);
    for (unsigned i = 0; i < board->config->nscreens; i++)
        if (board->wall[i].state != WALL_SHOWN)
            see(i, &dark);
}

/* ---- what is true ---------------------------------------------------------------------------- */

static struct visit *newest_visit(int desk)
{
    return eyes.nvisits[desk] ? &eyes.visit[desk][(eyes.nvisits[desk] - 1) % VISITS] : NULL;
}

static const struct visit *visit_of(int desk, const char *ticket)
{
    for (unsigned i = 0; i < VISITS && i < eyes.nvisits[desk]; i++) {
        const struct visit *visit = &eyes.visit[desk][(eyes.nvisits[desk] - 1 - i) % VISITS];
        if (strcmp(visit->ticket, ticket) == 0)
            return visit;
    }
    return NULL;
}

void eyes_truth(const struct queue_server *server)
{
    for (int desk = 0; desk < eyes.config->ndesks; desk++) {
        const struct server_desk *place = &server->desk[desk];
        const char *ticket = place->phase == PHASE_IDLE ? "" : place->visit.ticket;
        struct visit *visit = newest_visit(desk);
        bool is_standing = visit && visit->end_us == MOMENT_MAX;
        if (is_standing && strcmp(visit->ticket, ticket) == 0)
            continue;
        if (is_standing)
            visit->end_us = moment_us();
        if (!ticket[0])
            continue;
        visit = &eyes.visit[desk][eyes.nvisits[desk]++ % VISITS];
        *visit = (struct visit){ .end_us = MOMENT_MAX };
        snprintf(visit->ticket, sizeof visit->ticket, "%s", ticket);
    }
}

static void check_panels(unsigned screen)
{
    const struct view *view = &eyes.view[screen];
    for (unsigned i = 0; i < view->npanels; i++) {
        const struct panel *panel = &view->panel[i];
        const struct visit *visit = visit_of(panel->desk, panel->ticket);
        if (!visit)
            complain("TRUE: screen %s shows %s at desk %s, which was never called there", screen_id(screen),
                     panel->ticket, desk_id(panel->desk));
        else if (visit->end_us != MOMENT_MAX && moment_us() - visit->end_us > OVER_US)
            complain("TRUE: screen %s shows %s at desk %s, %lld s after it was over", screen_id(screen),
                     panel->ticket, desk_id(panel->desk),
                     (long long)((moment_us() - visit->end_us) / SECOND_US));
    }
}

static bool has_figure(const char *text)
{
    return text[strcspn(text, "0123456789")] != '\0';
}

static void check_signs(unsigned screen)
{
    const struct view *view = &eyes.view[screen];
    int64_t silent_us = office_silent_us();
    int64_t silence_us = silent_us == MOMENT_MAX ? 0 : moment_us() - silent_us;
    if (silence_us > SIGN_US && view->sign == SIGN_NONE)
        complain("SIGN: nothing was heard for %lld s, and screen %s does not say so",
                 (long long)(silence_us / SECOND_US), screen_id(screen));
    if (silence_us > BLANK_US && view->npanels > 0)
        complain("SIGN: nothing was heard for %lld s, and screen %s shows numbers",
                 (long long)(silence_us / SECOND_US), screen_id(screen));
}

/* ---- LED boards ------------------------------------------------------------------------------ */

static bool is_same_text(const struct led_text *a, const struct led_text *b)
{
    return strcmp(a->text, b->text) == 0 && a->is_blinking == b->is_blinking;
}

static const char *figures(const char *text, char out[24])
{
    size_t used = 0;
    for (; *text && used < 23; text++)
        if (isdigit((unsigned char)*text))
            out[used++] = *text;
    out[used] = '\0';
    return out;
}

/* A number on a glass is that of a visit of this desk. */
static void check_number(int desk, const char *glass)
{
    char shown[24], called[24];
    figures(glass, shown);
    for (unsigned i = 0; i < VISITS && i < eyes.nvisits[desk]; i++) {
        const struct visit *visit = &eyes.visit[desk][i];
        bool is_true = visit->end_us == MOMENT_MAX || moment_us() - visit->end_us <= OVER_US;
        if (is_true && strcmp(figures(visit->ticket, called), shown) == 0)
            return;
    }
    complain("TRUE: the LED board of desk %s shows \"%s\", and nobody was called there for a minute",
             desk_id(desk), glass);
}

static void note_led(int desk)
{
    const struct led_text *wanted = desks_wanted(eyes.board->desks, desk);
    bool is_reachable = buses_is_reachable(eyes.config, desk);
    int64_t now_us = moment_us();
    if (!is_same_text(wanted, &eyes.led[desk].wanted))
        eyes.led[desk].want_us = now_us;
    if (is_reachable != eyes.led[desk].is_reachable)
        eyes.led[desk].reach_us = now_us;
    eyes.led[desk].wanted = *wanted;
    eyes.led[desk].is_reachable = is_reachable;
}

static void check_led(int desk)
{
    bool is_blinking;
    const char *glass = buses_glass(eyes.config, desk, &is_blinking);
    if (!glass || !eyes.board || !eyes.board->desks)
        return;
    note_led(desk);
    struct led_unit_status status;
    desks_unit_status(eyes.board->desks, desk, &status);
    int64_t reach_us = moment_us() - eyes.led[desk].reach_us, want_us = moment_us() - eyes.led[desk].want_us;
    int64_t board_us = moment_us() - eyes.board_since_us;
    const struct led_text *wanted = &eyes.led[desk].wanted;
    if (!eyes.led[desk].is_reachable && reach_us > DEATH_US && board_us > DEATH_US && !status.is_dead)
        complain("GLASS: the LED board of desk %s cannot be reached for %lld s, and is not told as dead",
                 desk_id(desk), (long long)(reach_us / SECOND_US));
    if (!eyes.led[desk].is_reachable || reach_us < RETURN_US || board_us < BOOT_US || want_us < STEADY_US)
        return;
    if (strcmp(glass, wanted->text) != 0 || is_blinking != wanted->is_blinking)
        complain("GLASS: the LED board of desk %s shows \"%s\"%s, its desk asks for \"%s\"%s", desk_id(desk),
                 glass, is_blinking ? " blinking" : "", wanted->text, wanted->is_blinking ? " blinking" : "");
    if (has_figure(glass))
        check_number(desk, glass);
}

static void glass_changed(const char *bus, unsigned index)
{
    for (int desk = 0; desk < eyes.config->ndesks; desk++) {
        const struct config_desk *place = &eyes.config->desk[desk];
        bool is_blinking;
        if (place->bus < 0 || place->bus_index != index || strcmp(eyes.config->bus[place->bus].id, bus) != 0)
            continue;
        const char *glass = buses_glass(eyes.config, desk, &is_blinking);
        if (glass)
            trace("led/%s: \"%s\"", place->id, glass);
    }
}

/* ---- chimes ---------------------------------------------------------------------------------- */

static void chime_started(const void *player, int64_t now_us, int64_t end_us)
{
    for (unsigned i = 0; i < STARTS && i < eyes.nstarts; i++) {
        if (eyes.start[i].player != player)
            continue;
        if (now_us - eyes.start[i].at_us < CHIME_GAP_US || now_us < eyes.start[i].end_us)
            complain("CHIME: %lld ms after the one before",
                     (long long)((now_us - eyes.start[i].at_us) / 1000));
    }
    eyes.start[eyes.nstarts % STARTS].player = player;
    eyes.start[eyes.nstarts % STARTS].at_us = now_us;
    eyes.start[eyes.nstarts % STARTS].end_us = end_us;
    eyes.nstarts++;
    trace("chime: begins");
}

static bool was_heard(int64_t since_us)
{
    for (unsigned i = 0; i < STARTS && i < eyes.nstarts; i++)
        if (eyes.start[i].at_us >= since_us && eyes.start[i].end_us <= moment_us())
            return true;
    return false;
}

/* ---- calls and their receipts ---------------------------------------------------------------- */

static struct call *call_of(const char *epoch, uint64_t seq)
{
    for (struct call *call = eyes.call; call < eyes.call + CALLS; call++)
        if (call->seq && call->seq == seq && strcmp(call->epoch, epoch) == 0)
            return call;
    return NULL;
}

static uint32_t screens_of(int desk)
{
    uint32_t screens = 0;
    for (unsigned i = 0; i < eyes.config->nscreens; i++)
        if (eyes.config->screen[i].zones >> eyes.config->desk[desk].zone & 1)
            screens |= 1u << i;
    return screens;
}

static void judge_call(struct call *call)
{
    if (!call->seq || call->is_judged || moment_us() - call->at_us < FEATURED_US)
        return;
    call->is_judged = true;
    uint32_t unseen = screens_of(call->desk) & ~(call->seen | call->told);
    if (unseen && !call->is_excused)
        complain("FEATURED: %s was called to desk %s %lld s ago, and never featured on screen %s",
                 call->ticket, desk_id(call->desk), (long long)(FEATURED_US / SECOND_US),
                 screen_id((unsigned)__builtin_ctz(unseen)));
    if (!call->has_receipt && !call->is_excused)
        complain("RECEIPT: %s was called to desk %s, and no receipt came", call->ticket, desk_id(call->desk));
}

void eyes_called(const struct event *event)
{
    if (event->type != EVENT_CALL && event->type != EVENT_RECALL)
        return;
    struct call *call = &eyes.call[eyes.ncalls++ % CALLS];
    if (call->seq && !call->is_judged) /* 512 calls in 100 s: more than panels can show */
        call->is_judged = true;
    *call = (struct call){ .seq = event->seq, .at_us = moment_us() };
    call->desk = config_desk_index(eyes.config, event->desk);
    memcpy(call->epoch, event->epoch, sizeof call->epoch);
    memcpy(call->ticket, event->ticket, sizeof call->ticket);
    call->is_excused = !eyes.board || call->desk < 0;
    for (unsigned i = 0; i < eyes.config->nscreens; i++) {
        struct panel panel = { .desk = (int16_t)call->desk };
        memcpy(panel.ticket, call->ticket, sizeof panel.ticket);
        const struct panel *now = find(&eyes.view[i], &panel);
        call->is_excused |= !is_seen(eyes.view[i].sign);
        if (now && now->is_new)
            call->seen |= 1u << i;
    }
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(word, *words) == 0)
            return true;
    return false;
}

static bool is_true_of_led(const struct call *call, int desk)
{
    const struct config_desk *place = &eyes.config->desk[desk];
    struct hall_desk state = { .status = DESK_OPEN, .phase = PHASE_CALLED };
    struct led_text text;
    char why[80];
    if (place->bus < 0)
        return false;
    memcpy(state.ticket, call->ticket, sizeof state.ticket);
    desktext(&state, eyes.config->bus[place->bus].unit[place->bus_index].profile, &eyes.config->led,
             FEED_FRESH, &text, why, sizeof why);
    return buses_has_shown(eyes.config, desk, text.text, call->at_us);
}

static void check_screen(struct call *call, const char *screen, const char *result, bool *is_true)
{
    for (unsigned i = 0; i < eyes.config->nscreens; i++) {
        if (strcmp(screen_id(i), screen) != 0)
            continue;
        if (strcmp(result, "shown") == 0)
            *is_true = call->seen >> i & 1;
        else
            call->told |= 1u << i;
    }
}

static void check_outlet(struct call *call, const char *outlet, const char *result)
{
    static const char *const proven[] = { "acked", "verified", "lit", NULL };
    bool is_true = true;
    if (strncmp(outlet, "screen/", 7) == 0)
        check_screen(call, outlet + 7, result, &is_true);
    if (strncmp(outlet, "led/", 4) == 0 && is_one_of(result, proven))
        is_true = is_true_of_led(call, config_desk_index(eyes.config, outlet + 4));
    if (strncmp(outlet, "chime/", 6) == 0 && strcmp(result, "finished") == 0)
        is_true = was_heard(call->at_us);
    if (!is_true)
        complain("RECEIPT: %s at desk %s is said to be %s on %s, and was not", call->ticket,
                 desk_id(call->desk), result, outlet);
}

static const char *text_of(const cJSON *object, const char *key)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
    return text ? text : "";
}

void eyes_receipt(const char *json, size_t length)
{
    struct json_error error;
    cJSON *receipt = json_parse(json, length, &error);
    const cJSON *seq = cJSON_GetObjectItemCaseSensitive(receipt, "seq"), *outlet;
    struct call *call =
        cJSON_IsNumber(seq) ? call_of(text_of(receipt, "epoch"), (uint64_t)seq->valuedouble) : NULL;
    if (!receipt)
        complain("RECEIPT: is no JSON: %.*s", (int)length, json);
    cJSON_ArrayForEach(outlet, cJSON_GetObjectItemCaseSensitive(receipt, "outlets")) if (call)
        check_outlet(call, text_of(outlet, "outlet"), text_of(outlet, "result"));
    if (call) {
        call->has_receipt = true;
        snprintf(call->result, sizeof call->result, "%s", text_of(receipt, "result"));
        trace("receipt: %s>%s %s", call->ticket, desk_id(call->desk), call->result);
    }
    cJSON_Delete(receipt);
}

/* ---- all together ---------------------------------------------------------------------------- */

void eyes_check(void)
{
    for (unsigned i = 0; i < eyes.config->nscreens; i++) {
        check_panels(i);
        check_signs(i);
    }
    for (int i = 0; i < eyes.config->ndesks; i++)
        check_led(i);
    for (unsigned i = 0; i < CALLS; i++)
        judge_call(&eyes.call[i]);
}

static void tick(void *data, int64_t now_us)
{
    (void)data;
    eyes_check();
    eyes.tick.at_us = now_us + SECOND_US;
}

void eyes_board_gone(void)
{
    static const struct view dark = { .sign = SIGN_DARK };
    eyes.board = NULL;
    for (unsigned i = 0; i < eyes.config->nscreens; i++)
        see(i, &dark);
    memset(eyes.led, 0, sizeof eyes.led);
}

void eyes_begin(const struct config *config)
{
    memset(&eyes, 0, sizeof eyes);
    eyes.config = config;
    alarm_add(&eyes.tick, tick, NULL);
    eyes.tick.at_us = moment_us() + SECOND_US;
    player_started = chime_started;
    buses_changed = glass_changed;
}

void eyes_end(void)
{
    player_started = NULL;
    buses_changed = NULL;
}

struct board *eyes_board(void)
{
    return eyes.board;
}

const struct view *eyes_view(unsigned screen)
{
    return &eyes.view[screen];
}

unsigned eyes_chimes(void)
{
    return eyes.nstarts;
}

unsigned eyes_frames(void)
{
    return eyes.nframes;
}

const char *eyes_receipt_of(const char *ticket)
{
    for (unsigned i = 0; i < CALLS && i < eyes.ncalls; i++) {
        const struct call *call = &eyes.call[(eyes.ncalls - 1 - i) % CALLS];
        if (call->has_receipt && strcmp(call->ticket, ticket) == 0)
            return call->result;
    }
    return NULL;
}
