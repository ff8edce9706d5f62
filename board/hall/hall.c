#include "board/hall/hall.h"
#include "protocol/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- tickets --------------------------------------------------------------------------------- */

static bool is_cyrillic_language(const char *lang)
{
    static const char *const tags[] = { "kk", "ru", "ky", "tg", "tt", "ba", "mn", "uk", "be", "bg", "mk" };
    for (unsigned i = 0; i < sizeof tags / sizeof *tags; i++)
        if (strcmp(lang, tags[i]) == 0)
            return true;
    return strstr(lang, "-Cyrl") != NULL;
}

/* The Cyrillic letter that looks the same, or cp. */
static uint32_t look_alike(uint32_t cp)
{
    static const char latin[] = "ABEKMHOPCTXY";
    static const uint32_t cyrillic[] = { 0x410, 0x412, 0x415, 0x41A, 0x41C, 0x41D,
                                         0x41E, 0x420, 0x421, 0x422, 0x425, 0x423 };
    const char *at = cp && cp < 0x80 ? strchr(latin, (int)cp) : NULL;
    return at ? cyrillic[at - latin] : cp;
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

static bool is_latin(uint32_t cp)
{
    return (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z') || (cp >= 0xC0 && cp <= 0x24F);
}

/* End of the prefix if all its letters are or can be made Cyrillic, else its start. */
static const char *look_alike_end(const char *ticket)
{
    const char *at = ticket, *end = ticket + strlen(ticket), *prefix = ticket;
    while (at < end) {
        uint32_t cp = utf8_next(&at, end);
        if (is_digit(cp))
            break;
        if (cp == UTF8_BAD || is_latin(look_alike(cp)))
            return ticket;
        prefix = at;
    }
    return prefix;
}

void hall_ticket(const struct config *config, const char *ticket, char out[TICKET_SIZE])
{
    const char *at = ticket;
    const char *prefix = is_cyrillic_language(config->lang[0]) ? look_alike_end(ticket) : ticket;
    size_t used = 0;
    while (at < prefix && used + 4 < TICKET_SIZE)
        used += utf8_put(out + used, look_alike(utf8_next(&at, prefix)));
    snprintf(out + used, TICKET_SIZE - used, "%s", at);
}

/* ---- lists ----------------------------------------------------------------------------------- */

static int list_find(const struct hall_call *list, unsigned count, const char *ticket)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i].ticket, ticket) == 0)
            return (int)i;
    return NONE;
}

static bool list_remove(struct hall_call *list, uint16_t *count, const char *ticket)
{
    int index = list_find(list, *count, ticket);
    if (index == NONE)
        return false;
    memmove(&list[index], &list[index + 1], (*count - (unsigned)index - 1) * sizeof *list);
    --*count;
    return true;
}

static void list_lead(struct hall_call *list, uint16_t *count, unsigned max, const struct hall_call *call)
{
    list_remove(list, count, call->ticket);
    unsigned kept = *count < max ? *count : max - 1;
    memmove(&list[1], &list[0], kept * sizeof *list);
    list[0] = *call;
    *count = (uint16_t)(kept + 1);
}

static bool call_equals(const struct hall_call *a, const struct hall_call *b)
{
    return a->desk == b->desk && a->seq == b->seq && a->lane == b->lane && strcmp(a->ticket, b->ticket) == 0;
}

static bool list_equals(const struct hall_call *a, unsigned na, const struct hall_call *b, unsigned nb)
{
    for (unsigned i = 0; i < na && na == nb; i++)
        if (!call_equals(&a[i], &b[i]))
            return false;
    return na == nb;
}

/* ---- events ---------------------------------------------------------------------------------- */

static int desk_or_none(const struct hall *hall, const char *id)
{
    return *id ? config_desk_index(hall->config, id) : NONE;
}

static int show_ticket(struct hall_desk *desk, const char *ticket, uint8_t phase, int64_t now_us)
{
    if (strcmp(desk->ticket, ticket) == 0 && desk->phase == phase)
        return 0;
    snprintf(desk->ticket, sizeof desk->ticket, "%s", ticket);
    desk->phase = phase;
    desk->since_us = now_us;
    return HALL_DESK;
}

static void forget_visit(struct hall_desk *desk)
{
    desk->lane = LANE_NONE;
    desk->is_recall = false;
    desk->booked_at[0] = '\0';
    desk->from = NONE;
}

/* A recall without its visit's details keeps those of the call. */
static void take_visit(struct hall *hall, struct hall_desk *desk, const struct event *event, bool is_same)
{
    if (!is_same)
        forget_visit(desk);
    if (event->lane != LANE_NONE)
        desk->lane = event->lane;
    if (event->booked_at[0])
        memcpy(desk->booked_at, event->booked_at, sizeof desk->booked_at);
    if (event->from[0])
        desk->from = (int16_t)desk_or_none(hall, event->from);
    desk->is_recall = event->type == EVENT_RECALL;
}

static int apply_call(struct hall *hall, int index, const struct event *event, const char *ticket,
                      int64_t now_us)
{
    struct hall_desk *desk = &hall->desk[index];
    if (!*ticket)
        return 0; /* a recall on a desk that called nobody */
    take_visit(hall, desk, event, strcmp(desk->ticket, ticket) == 0);
    show_ticket(desk, ticket, PHASE_CALLED, now_us);
    desk->since_us = now_us;
    desk->status = DESK_OPEN;
    struct hall_call call = {
        .desk = (int16_t)index, .lane = desk->lane, .seq = event->seq, .at_us = now_us
    };
    memcpy(call.ticket, desk->ticket, sizeof call.ticket);
    list_lead(hall->recent, &hall->nrecent, RECENT_MAX, &call);
    list_remove(hall->missed, &hall->nmissed, ticket);
    return HALL_DESK | HALL_LISTS;
}

static int apply_serve(struct hall *hall, int index, const struct event *event, const char *ticket,
                       int64_t now_us)
{
    struct hall_desk *desk = &hall->desk[index];
    if (!*ticket)
        return 0;
    if (strcmp(desk->ticket, ticket) != 0)
        take_visit(hall, desk, event, false);
    desk->is_recall = false;
    return show_ticket(desk, ticket, PHASE_SERVING, now_us);
}

/* What a clear does to the lists. A ticket that another desk has called since is no longer this desk's to move. */
static int clear_lists(struct hall *hall, int index, const struct event *event, const char *ticket,
                       int64_t now_us)
{
    int place = list_find(hall->recent, hall->nrecent, ticket);
    if (!*ticket || event->reason == CLEAR_DONE || (place != NONE && hall->recent[place].desk != index))
        return 0;
    bool is_changed = list_remove(hall->recent, &hall->nrecent, ticket);
    if (event->reason == CLEAR_NO_SHOW) {
        struct hall_call call = { .desk = (int16_t)index, .seq = event->seq, .at_us = now_us };
        snprintf(call.ticket, sizeof call.ticket, "%s", ticket);
        if (strcmp(hall->desk[index].ticket, ticket) == 0)
            call.lane = hall->desk[index].lane;
        list_lead(hall->missed, &hall->nmissed, MISSED_MAX, &call);
        is_changed = true;
    }
    return is_changed ? HALL_LISTS : 0;
}

static int apply_clear(struct hall *hall, int index, const struct event *event, const char *ticket,
                       int64_t now_us)
{
    struct hall_desk *desk = &hall->desk[index];
    int change = clear_lists(hall, index, event, ticket, now_us);
    if (strcmp(desk->ticket, ticket) != 0)
        return change;
    forget_visit(desk);
    return change | show_ticket(desk, "", PHASE_IDLE, now_us);
}

static int apply_desk(struct hall *hall, int index, const struct event *event, const char *ticket,
                      int64_t now_us)
{
    (void)ticket, (void)now_us;
    if (hall->desk[index].status == event->status)
        return 0;
    hall->desk[index].status = event->status;
    return HALL_DESK;
}

/* ---- notices --------------------------------------------------------------------------------- */

static int notice_find(const struct hall *hall, const char *id)
{
    for (unsigned i = 0; i < hall->nnotices; i++)
        if (strcmp(hall->notice[i].id, id) == 0)
            return (int)i;
    return NONE;
}

static void notice_remove(struct hall *hall, int index)
{
    memmove(&hall->notice[index], &hall->notice[index + 1],
            (hall->nnotices - (unsigned)index - 1) * sizeof *hall->notice);
    hall->nnotices--;
}

static int least_notice(const struct hall *hall)
{
    for (unsigned i = 0; i < hall->nnotices; i++)
        if (hall->notice[i].level == NOTICE_INFO)
            return (int)i;
    return 0;
}

static bool notice_equals(const struct notice *a, const struct notice *b)
{
    if (strcmp(a->id, b->id) != 0 || a->level != b->level || a->until_ms != b->until_ms ||
        a->ntexts != b->ntexts)
        return false;
    for (unsigned i = 0; i < a->ntexts; i++)
        if (strcmp(a->text[i].lang, b->text[i].lang) != 0 || strcmp(a->text[i].text, b->text[i].text) != 0)
            return false;
    return true;
}

static int apply_notice(struct hall *hall, const struct notice *notice)
{
    int index = notice_find(hall, notice->id);
    if (index != NONE && notice_equals(&hall->notice[index], notice))
        return 0;
    if (notice->ntexts == 0 && index == NONE)
        return 0;
    if (notice->ntexts == 0)
        notice_remove(hall, index);
    else if (index != NONE)
        hall->notice[index] = *notice;
    else {
        if (hall->nnotices == NOTICES_MAX)
            notice_remove(hall, least_notice(hall));
        hall->notice[hall->nnotices++] = *notice;
    }
    return HALL_NOTICE;
}

int hall_expire(struct hall *hall, int64_t server_ms)
{
    int change = 0;
    for (int i = hall->nnotices - 1; i >= 0; i--)
        if (hall->notice[i].until_ms && hall->notice[i].until_ms <= server_ms) {
            notice_remove(hall, i);
            change = HALL_NOTICE;
        }
    return change;
}

int64_t hall_expires_ms(const struct hall *hall)
{
    int64_t at_ms = INT64_MAX;
    for (unsigned i = 0; i < hall->nnotices; i++)
        if (hall->notice[i].until_ms && hall->notice[i].until_ms < at_ms)
            at_ms = hall->notice[i].until_ms;
    return at_ms;
}

/* A desk keeps its id from one hall file to the next, not its index. */
static int adopted_desk(const struct hall *hall, const struct hall *old, int desk)
{
    return desk == NONE ? NONE : config_desk_index(hall->config, old->config->desk[desk].id);
}

static uint16_t adopt_calls(const struct hall *hall, struct hall_call *to, const struct hall *old,
                            const struct hall_call *from, uint16_t count)
{
    uint16_t n = 0;
    for (uint16_t i = 0; i < count; i++) {
        int desk = adopted_desk(hall, old, from[i].desk);
        if (desk == NONE)
            continue;
        to[n] = from[i];
        to[n++].desk = (int16_t)desk;
    }
    return n;
}

static int agency_index(const struct config *config, const char *id)
{
    for (int i = 0; i < config->nagencies; i++)
        if (strcmp(config->agency[i].id, id) == 0)
            return i;
    return NONE;
}

void hall_adopt(struct hall *hall, const struct hall *old)
{
    for (int i = 0; i < old->config->ndesks; i++) {
        int desk = adopted_desk(hall, old, i);
        if (desk == NONE)
            continue;
        hall->desk[desk] = old->desk[i];
        hall->desk[desk].from = (int16_t)adopted_desk(hall, old, old->desk[i].from);
    }
    hall->nrecent = adopt_calls(hall, hall->recent, old, old->recent, old->nrecent);
    hall->nmissed = adopt_calls(hall, hall->missed, old, old->missed, old->nmissed);
    hall->nnotices = old->nnotices;
    memcpy(hall->notice, old->notice, sizeof hall->notice);
    hall->waiting_in_all = old->waiting_in_all;
    for (int i = 0; i < old->config->nagencies; i++) {
        int agency = agency_index(hall->config, old->config->agency[i].id);
        if (agency != NONE)
            hall->waiting[agency] = old->waiting[i];
    }
}

const struct notice *hall_alert(const struct hall *hall)
{
    for (int i = hall->nnotices - 1; i >= 0; i--)
        if (hall->notice[i].level == NOTICE_ALERT)
            return &hall->notice[i];
    return hall->standing.ntexts ? &hall->standing : NULL;
}

static void set_standing(struct notice *notice, const struct config *config, const struct config_notice *from)
{
    memcpy(notice->id, from->id, sizeof notice->id);
    notice->level = NOTICE_ALERT;
    notice->ntexts = config->nlangs;
    for (unsigned i = 0; i < config->nlangs; i++) {
        memcpy(notice->text[i].lang, config->lang[i], LANG_SIZE);
        snprintf(notice->text[i].text, NOTICE_SIZE, "%s", from->text.text[i]);
    }
}

/* ---- the hall -------------------------------------------------------------------------------- */

void hall_init(struct hall *hall, const struct config *config)
{
    memset(hall, 0, sizeof *hall);
    hall->config = config;
    for (unsigned i = 0; i < DESKS_MAX; i++)
        hall->desk[i].from = NONE;
    for (unsigned i = config->nnotices; i-- > 0;)
        if (config->notice[i].level == NOTICE_ALERT)
            set_standing(&hall->standing, config, &config->notice[i]);
}

int hall_apply(struct hall *hall, const struct event *event, int64_t now_us, int *desk)
{
    static int (*const apply[EVENT_TYPES])(struct hall *, int, const struct event *, const char *,
                                           int64_t) = {
        [EVENT_CALL] = apply_call,   [EVENT_RECALL] = apply_call, [EVENT_SERVE] = apply_serve,
        [EVENT_CLEAR] = apply_clear, [EVENT_DESK] = apply_desk,
    };
    char ticket[TICKET_SIZE];
    *desk = NONE;
    if (event->type == EVENT_NOTICE)
        return apply_notice(hall, &event->notice);
    *desk = config_desk_index(hall->config, event->desk);
    if (*desk == NONE)
        return -ENOENT;
    if (event->ticket[0])
        hall_ticket(hall->config, event->ticket, ticket);
    else /* "this desk's visitor" */
        memcpy(ticket, hall->desk[*desk].ticket, sizeof ticket);
    hall->desk[*desk].seq = event->seq;
    return apply[event->type](hall, *desk, event, ticket, now_us);
}

/* ---- snapshots ------------------------------------------------------------------------------- */

static bool desk_equals(const struct hall_desk *a, const struct hall_desk *b)
{
    return a->status == b->status && a->phase == b->phase && a->lane == b->lane &&
           a->is_recall == b->is_recall && a->from == b->from && strcmp(a->ticket, b->ticket) == 0 &&
           strcmp(a->booked_at, b->booked_at) == 0;
}

int hall_set_desk(struct hall *hall, const struct state_desk *state, int64_t now_us)
{
    int index = config_desk_index(hall->config, state->desk);
    if (index == NONE)
        return -ENOENT;
    struct hall_desk *desk = &hall->desk[index], before = *desk;
    char ticket[TICKET_SIZE];
    hall_ticket(hall->config, state->ticket, ticket);
    bool is_same = strcmp(desk->ticket, ticket) == 0 && state->phase == PHASE_CALLED;
    forget_visit(desk);
    desk->status = state->status;
    desk->lane = state->lane;
    desk->from = (int16_t)desk_or_none(hall, state->from);
    desk->is_recall = is_same && before.is_recall;
    memcpy(desk->booked_at, state->booked_at, sizeof desk->booked_at);
    desk->seq = state->seq;
    show_ticket(desk, ticket, *ticket ? state->phase : PHASE_IDLE, now_us);
    return desk_equals(desk, &before) ? 0 : HALL_DESK;
}

int hall_clear_desk(struct hall *hall, const char *desk, int64_t now_us)
{
    int index = config_desk_index(hall->config, desk);
    if (index == NONE)
        return -ENOENT;
    forget_visit(&hall->desk[index]);
    return show_ticket(&hall->desk[index], "", PHASE_IDLE, now_us);
}

/* What a snapshot does not tell of a call (lane, time) is kept from what was known. */
static bool call_of_state(const struct hall *hall, const struct state_call *state, struct hall_call *call)
{
    int desk = config_desk_index(hall->config, state->desk);
    *call = (struct hall_call){ .desk = (int16_t)desk, .seq = state->seq };
    if (desk == NONE)
        return false;
    hall_ticket(hall->config, state->ticket, call->ticket);
    int known = list_find(hall->recent, hall->nrecent, call->ticket);
    if (known != NONE && hall->recent[known].desk == desk) {
        call->lane = hall->recent[known].lane;
        call->at_us = hall->recent[known].at_us;
    } else if (strcmp(hall->desk[desk].ticket, call->ticket) == 0)
        call->lane = hall->desk[desk].lane;
    return true;
}

static unsigned list_of_state(const struct hall *hall, const struct state_call *state, unsigned count,
                              struct hall_call *list)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < count; i++)
        if (call_of_state(hall, &state[i], &list[kept]) && list_find(list, kept, list[kept].ticket) == NONE)
            kept++;
    return kept;
}

static int set_list(struct hall_call *list, uint16_t *count, const struct hall_call *wanted, unsigned nwanted)
{
    if (list_equals(list, *count, wanted, nwanted))
        return 0;
    memcpy(list, wanted, nwanted * sizeof *list);
    *count = (uint16_t)nwanted;
    return HALL_LISTS;
}

static int set_notices(struct hall *hall, const struct state *state)
{
    bool is_same = hall->nnotices == state->nnotices;
    for (unsigned i = 0; i < state->nnotices && is_same; i++)
        is_same = notice_equals(&hall->notice[i], &state->notice[i]);
    if (is_same)
        return 0;
    memcpy(hall->notice, state->notice, state->nnotices * sizeof *hall->notice);
    hall->nnotices = state->nnotices;
    return HALL_NOTICE;
}

static bool is_same_waiting(const struct hall_waiting *a, const struct hall_waiting *b)
{
    return a->is_known == b->is_known && a->count == b->count && a->wait_min == b->wait_min;
}

static int set_waiting(struct hall *hall, const struct state *state)
{
    struct hall_waiting now[AGENCIES_MAX] = { 0 }, in_all = { 0 };
    for (unsigned i = 0; i < state->nwaiting; i++) {
        const struct state_waiting *told = &state->waiting[i];
        int agency = told->agency[0] ? agency_index(hall->config, told->agency) : NONE;
        struct hall_waiting *waiting = agency != NONE ? &now[agency] : told->agency[0] ? NULL : &in_all;
        if (waiting)
            *waiting = (struct hall_waiting){ true, told->count, told->wait_min };
    }
    bool is_same = is_same_waiting(&hall->waiting_in_all, &in_all);
    for (unsigned i = 0; i < AGENCIES_MAX; i++)
        is_same = is_same && is_same_waiting(&hall->waiting[i], &now[i]);
    hall->waiting_in_all = in_all;
    memcpy(hall->waiting, now, sizeof now);
    return is_same ? 0 : HALL_WAITING;
}

int hall_set_lists(struct hall *hall, const struct state *state, int64_t now_us)
{
    struct hall_call recent[RECENT_MAX], missed[MISSED_MAX];
    (void)now_us;
    unsigned nrecent = list_of_state(hall, state->recent, state->nrecent, recent);
    unsigned nmissed = list_of_state(hall, state->missed, state->nmissed, missed);
    return set_list(hall->recent, &hall->nrecent, recent, nrecent) |
           set_list(hall->missed, &hall->nmissed, missed, nmissed) | set_notices(hall, state) |
           set_waiting(hall, state);
}
