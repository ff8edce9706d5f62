#include "sim/visitors.h"

#include <stdio.h>
#include <string.h>

#define SECOND       INT64_C(1000000)
#define NEVER        INT64_MAX
#define QUEUE_LONG   12                           /* waiting per desk: who sees that many people goes home */
#define QUEUE_FULL   (SERVER_WAITING_MAX * 3 / 4) /* the rest is for visits that are passed on */
#define FIRST_MINUTE (9 * 60)

const char *const pace_names[PACES] = { "none", "quiet", "rush" };

/* What a desk does when its time comes. */
enum plan { PLAN_NEXT, PLAN_COME, PLAN_RECALL, PLAN_GIVE_UP, PLAN_FINISH, PLAN_OPEN };

struct span {
    int16_t min_ds, max_ds; /* tenths of a second */
};
static const struct {
    int32_t cycle_ms; /* of one desk from call to call, as far as arrivals decide */
    uint8_t early;    /* per desk, waiting when the doors open */
    struct span walk, service, rest, pause;
} paces[PACES] = {
    [PACE_QUIET] = { 120000, 0, { 40, 110 }, { 300, 900 }, { 20, 60 }, { 600, 1800 } },
    [PACE_RUSH] = { 23000, 2, { 20, 80 }, { 70, 230 }, { 8, 30 }, { 150, 450 } },
};
/* Patience of the clerk before the recall, and after it. */
static const struct span recall_after = { 110, 140 }, give_up_after = { 60, 100 }, reaction = { 8, 25 };

#define MISS_PERCENT     7
#define SLOW_PERCENT     10
#define TRANSFER_PERCENT 12
#define PARK_PERCENT     3
#define PAUSE_PERCENT    2
#define BOOKED_PERCENT   35

/* ---- chance ---------------------------------------------------------------------------------- */

/* splitmix64: any seed is a good one, also 0. */
static uint64_t random_next(struct visitors *visitors)
{
    uint64_t z = visitors->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static unsigned below(struct visitors *visitors, unsigned limit)
{
    return (unsigned)(random_next(visitors) >> 33) % limit;
}

static bool chance(struct visitors *visitors, unsigned percent)
{
    return below(visitors, 100) < percent;
}

static int64_t within(struct visitors *visitors, struct span span)
{
    unsigned milliseconds = (unsigned)(span.max_ds - span.min_ds) * 100 + 1;
    return (span.min_ds * 100 + (int64_t)below(visitors, milliseconds)) * 1000;
}

/* ---- arrivals -------------------------------------------------------------------------------- */

static unsigned desks_of(const struct visitors *visitors, unsigned agency)
{
    const struct config *config = visitors->config;
    unsigned count = 0;
    for (unsigned i = 0; i < config->ndesks; i++)
        count += config->desk[i].agency == (agency == config->nagencies ? NONE : (int)agency);
    return count;
}

static int64_t arrival_after(struct visitors *visitors, unsigned agency, int64_t at_us)
{
    if (visitors->early[agency] > 0) {
        visitors->early[agency]--;
        return at_us + 1000;
    }
    unsigned desks = desks_of(visitors, agency);
    if (desks == 0)
        return NEVER;
    int64_t mean_us = paces[visitors->pace].cycle_ms * INT64_C(1000) / desks;
    return at_us + mean_us * (int64_t)(400 + below(visitors, 1201)) / 1000;
}

static void book(struct visitors *visitors, struct server_visit *visit, int64_t at_us)
{
    int64_t minute = visitors->first_minute + (at_us - visitors->start_us) / (60 * SECOND);
    unsigned slot = (unsigned)((minute + 7) / 15 * 15 % (24 * 60));
    visit->lane = LANE_BOOKED;
    snprintf(visit->booked_at, sizeof visit->booked_at, "%02u:%02u", slot / 60 % 24, slot % 60);
}

static void pick_language(struct visitors *visitors, struct server_visit *visit)
{
    const struct config *config = visitors->config;
    unsigned dice = below(visitors, 100), at = dice < 55 ? 0 : dice < 95 ? 1 : 2;
    if (config->nlangs > 0)
        snprintf(visit->lang, sizeof visit->lang, "%s", config->lang[at < config->nlangs ? at : 0]);
}

static void wake_desks(struct visitors *visitors, const struct queue_server *server, unsigned agency,
                       int64_t at_us)
{
    for (unsigned i = 0; i < visitors->config->ndesks; i++) {
        struct visitors_desk *desk = &visitors->desk[i];
        if (desk->plan == PLAN_NEXT && desk->due_us == NEVER && server->desk[i].agency == agency)
            desk->due_us = at_us + within(visitors, reaction);
    }
}

/* False: the visitor saw the queue and left. */
static bool arrive(struct visitors *visitors, const struct queue_server *server, unsigned agency,
                   int64_t at_us, struct action *action)
{
    visitors->arrival_us[agency] = arrival_after(visitors, agency, at_us);
    *action = (struct action){ .act = ACT_ARRIVE, .agency = (uint8_t)agency };
    action->visit = (struct server_visit){ .lane = LANE_WALKIN, .from = NONE };
    if (chance(visitors, BOOKED_PERCENT))
        book(visitors, &action->visit, at_us);
    pick_language(visitors, &action->visit);
    unsigned waiting = server->queue[agency].count;
    if (waiting >= QUEUE_LONG * desks_of(visitors, agency) || waiting >= QUEUE_FULL)
        return false;
    wake_desks(visitors, server, agency, at_us);
    return true;
}

/* ---- desks ----------------------------------------------------------------------------------- */

static void plan(struct visitors_desk *desk, enum plan next, int64_t due_us)
{
    desk->plan = (uint8_t)next;
    desk->due_us = due_us;
}

static bool plan_fits(const struct visitors_desk *desk, const struct server_desk *now)
{
    static const uint8_t phase[] = {
        [PLAN_NEXT] = PHASE_IDLE,      [PLAN_COME] = PHASE_CALLED,    [PLAN_RECALL] = PHASE_CALLED,
        [PLAN_GIVE_UP] = PHASE_CALLED, [PLAN_FINISH] = PHASE_SERVING, [PLAN_OPEN] = PHASE_IDLE,
    };
    return now->phase == phase[desk->plan] && (now->status == DESK_OPEN) == (desk->plan != PLAN_OPEN);
}

/* Somebody pressed a button meanwhile: go on from what is there. */
static void plan_again(struct visitors *visitors, unsigned index, const struct server_desk *now,
                       int64_t at_us)
{
    struct visitors_desk *desk = &visitors->desk[index];
    desk->will_miss = false;
    if (now->status != DESK_OPEN)
        plan(desk, PLAN_OPEN, at_us + within(visitors, paces[visitors->pace].pause));
    else if (now->phase == PHASE_CALLED)
        plan(desk, PLAN_COME, at_us + within(visitors, paces[visitors->pace].walk));
    else if (now->phase == PHASE_SERVING)
        plan(desk, PLAN_FINISH, at_us + within(visitors, paces[visitors->pace].service));
    else
        plan(desk, PLAN_NEXT, at_us + within(visitors, reaction));
}

/* False: nobody waits; the next arrival wakes the desk. */
static bool call_next(struct visitors *visitors, const struct queue_server *server, unsigned index,
                      int64_t at_us, struct action *action)
{
    struct visitors_desk *desk = &visitors->desk[index];
    if (server->queue[server->desk[index].agency].count == 0) {
        desk->due_us = NEVER;
        return false;
    }
    if (chance(visitors, PAUSE_PERCENT)) {
        action->act = ACT_DESK;
        action->status = chance(visitors, 75) ? DESK_PAUSED : DESK_CLOSED;
        plan(desk, PLAN_OPEN, at_us + within(visitors, paces[visitors->pace].pause));
        return true;
    }
    action->act = ACT_CALL_NEXT;
    desk->will_miss = chance(visitors, MISS_PERCENT);
    if (desk->will_miss || chance(visitors, SLOW_PERCENT))
        plan(desk, PLAN_RECALL, at_us + within(visitors, recall_after));
    else
        plan(desk, PLAN_COME, at_us + within(visitors, paces[visitors->pace].walk));
    return true;
}

/* Another agency with desks, or "" when there is none. */
static void pick_other_agency(struct visitors *visitors, const struct queue_server *server, unsigned index,
                              int64_t at_us, char to[ID_SIZE])
{
    const struct config *config = visitors->config;
    to[0] = '\0';
    if (config->nagencies < 2)
        return;
    unsigned first = below(visitors, config->nagencies);
    for (unsigned i = 0; i < config->nagencies; i++) {
        unsigned agency = (first + i) % config->nagencies;
        if ((int)agency == config->desk[index].agency || desks_of(visitors, agency) == 0 ||
            server->queue[agency].count == SERVER_WAITING_MAX)
            continue;
        snprintf(to, ID_SIZE, "%s", config->agency[agency].id);
        wake_desks(visitors, server, agency, at_us);
        return;
    }
}

static void finish(struct visitors *visitors, const struct queue_server *server, unsigned index,
                   int64_t at_us, struct action *action)
{
    unsigned dice = below(visitors, 100);
    action->act = ACT_CLEAR;
    action->reason = CLEAR_DONE;
    if (dice < TRANSFER_PERCENT)
        pick_other_agency(visitors, server, index, at_us, action->to);
    if (action->to[0])
        action->reason = CLEAR_TRANSFERRED;
    else if (dice >= 100 - PARK_PERCENT &&
             server->queue[server->desk[index].agency].count < SERVER_WAITING_MAX)
        action->reason = CLEAR_PARKED;
}

static bool go_on(struct visitors *visitors, const struct queue_server *server, unsigned index, int64_t at_us,
                  struct action *action)
{
    struct visitors_desk *desk = &visitors->desk[index];
    if (!plan_fits(desk, &server->desk[index])) {
        plan_again(visitors, index, &server->desk[index], at_us);
        return false;
    }
    *action = (struct action){ .desk = (uint16_t)index };
    switch ((enum plan)desk->plan) {
    case PLAN_NEXT: return call_next(visitors, server, index, at_us, action);
    case PLAN_COME:
        action->act = ACT_SERVE;
        plan(desk, PLAN_FINISH, at_us + within(visitors, paces[visitors->pace].service));
        return true;
    case PLAN_RECALL:
        action->act = ACT_RECALL;
        plan(desk, desk->will_miss ? PLAN_GIVE_UP : PLAN_COME, at_us + within(visitors, give_up_after));
        return true;
    case PLAN_GIVE_UP:
        action->act = ACT_CLEAR;
        action->reason = CLEAR_NO_SHOW;
        break;
    case PLAN_FINISH: finish(visitors, server, index, at_us, action); break;
    case PLAN_OPEN:
        action->act = ACT_DESK;
        action->status = DESK_OPEN;
        break;
    }
    plan(desk, PLAN_NEXT, at_us + within(visitors, paces[visitors->pace].rest));
    return true;
}

/* ---- the day --------------------------------------------------------------------------------- */

void visitors_init(struct visitors *visitors, const struct config *config, uint64_t seed, enum pace pace,
                   int64_t now_us)
{
    memset(visitors, 0, sizeof *visitors);
    visitors->config = config;
    visitors->random = seed;
    visitors->pace = pace;
    visitors->start_us = now_us;
    visitors->first_minute = FIRST_MINUTE;
    for (unsigned i = 0; i < SERVER_AGENCIES_MAX; i++) {
        visitors->arrival_us[i] = NEVER;
        if (pace == PACE_NONE || i > config->nagencies)
            continue;
        unsigned early = paces[pace].early * desks_of(visitors, i);
        visitors->early[i] = (uint8_t)(early < QUEUE_FULL ? early : QUEUE_FULL);
        visitors->arrival_us[i] = arrival_after(visitors, i, now_us);
    }
    for (unsigned i = 0; i < config->ndesks; i++)
        plan(&visitors->desk[i], PLAN_NEXT,
             pace == PACE_NONE ? NEVER : now_us + 10000 + (int64_t)below(visitors, 6000) * 1000);
}

struct due {
    int64_t at_us;
    unsigned index;
    bool is_desk;
};

static struct due earliest(const struct visitors *visitors)
{
    struct due due = { NEVER, 0, false };
    for (unsigned i = 0; i <= visitors->config->nagencies; i++)
        if (visitors->arrival_us[i] < due.at_us)
            due = (struct due){ visitors->arrival_us[i], i, false };
    for (unsigned i = 0; i < visitors->config->ndesks; i++)
        if (visitors->desk[i].due_us < due.at_us)
            due = (struct due){ visitors->desk[i].due_us, i, true };
    return due;
}

bool visitors_next(struct visitors *visitors, const struct queue_server *server, int64_t now_us,
                   struct action *action)
{
    for (;;) {
        struct due due = earliest(visitors);
        if (due.at_us > now_us || due.at_us == NEVER)
            return false;
        bool is_action = due.is_desk ? go_on(visitors, server, due.index, due.at_us, action)
                                     : arrive(visitors, server, due.index, due.at_us, action);
        if (is_action)
            return true;
    }
}

int64_t visitors_deadline_us(const struct visitors *visitors)
{
    return earliest(visitors).at_us;
}

int visitors_act(struct queue_server *server, const struct action *action, int64_t now_us,
                 struct event *event)
{
    struct server_visit visit = action->visit;
    int rc = 0;
    switch ((enum act)action->act) {
    case ACT_ARRIVE: return server_arrive(server, action->agency, &visit);
    case ACT_CALL_NEXT: rc = server_call_next(server, action->desk, now_us, event); break;
    case ACT_CALL: rc = server_call(server, action->desk, &visit, now_us, event); break;
    case ACT_RECALL: rc = server_recall(server, action->desk, now_us, event); break;
    case ACT_SERVE: rc = server_serve(server, action->desk, now_us, event); break;
    case ACT_CLEAR: rc = server_clear(server, action->desk, action->reason, action->to, now_us, event); break;
    case ACT_DESK: rc = server_desk(server, action->desk, action->status, now_us, event); break;
    case ACT_NOTICE: rc = server_notice(server, action->notice, now_us, event); break;
    case ACTS: return 0;
    }
    return rc < 0 ? rc : 1;
}
