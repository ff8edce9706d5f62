/* Random arrivals at a wall, on a virtual clock that stops at every deadline, as the board's loop does. The test keeps books of
 * its own about each call, by its token, and holds the wall against them:
 *
 *   no call is lost, and none is featured for less than its dwell or moved meanwhile
 *   the order of calls is kept: nobody is featured before those who were called earlier, at whichever desks of the zones
 *   a recall merges with its call that waits, or that is featured while nobody waits; nobody is on the wall or in line twice
 *   lateness is bounded: a call is featured when those before it in line have been
 *   no number is featured or stands as called for more than 60 s after that ceased to be true; who is not featured for it was
 *   over, and by the time its turn came could not have been shown for its dwell
 *   what nobody can see has no time: while the wall is hidden no dwell runs, and what is over by then is not featured
 *   each call ends once: merged, gone (announce_take_gone(), as soon as it is let go or its panel is), or on the wall
 *   bars of new calls come or go at two moments a second at most, and none is left on a panel that is not new
 *   an alert is never hidden by whatever else is announced
 *
 *   test_announce_random          100 days; KEZEK_SCHEDULES: how many, KEZEK_SEED: the first one
 *   test_announce_random SEED     one day, with a line for all that happens
 */
#include "tests/unit/announce_wall.h"

#include "tests/unit/chance.h"

#define STEPS  300
#define TOKENS (STEPS + 1)

struct life { /* of one call */
    int desk;
    char ticket[TICKET_SIZE];
    uint64_t turn;                     /* in the order of calls; a recall that merges keeps it */
    int64_t due_us, shown_us, dark_us; /* on the wall's clock, that stands while it is hidden */
    int64_t over_us;                   /* INT64_MAX: it is true */
    int place;                         /* -1: waits */
    bool is_merged, is_recall, is_let_go, is_gone;
};
static struct day {
    struct wall *wall;
    FILE *trace;
    struct life life[TOKENS];
    unsigned nalerts;
    bool has_alert; /* the newest one stands */
    bool is_hidden;
    int64_t hidden_us, unseen_us; /* since when; in all before */
    bool is_marked[ANNOUNCE_SLOTS];
    int64_t beat_us[2]; /* when bars came or went last, oldest first */
    uint64_t beats;
    uint64_t merged, again, let_go, hidden;
} day;

__attribute__((format(printf, 1, 2))) static void trace(const char *format, ...)
{
    if (!day.trace)
        return;
    va_list args;
    va_start(args, format);
    fprintf(day.trace, "%7.1f s  ", (double)day.wall->now_us / SECOND);
    vfprintf(day.trace, format, args);
    fputc('\n', day.trace);
    va_end(args);
}

/* How long the wall could be seen. */
static int64_t wall_us(void)
{
    return (day.is_hidden ? day.hidden_us : day.wall->now_us) - day.unseen_us;
}

static bool is_waiting(const struct life *life)
{
    return !life->is_merged && !life->is_let_go && life->place < 0;
}

static bool is_lit(const struct life *life)
{
    return !life->is_merged && !life->is_let_go && life->place >= 0 && wall_us() < life->dark_us;
}

static bool is_of(const struct life *life, int desk, const char *ticket)
{
    return life->desk == desk && strcmp(life->ticket, ticket) == 0;
}

/* ---- the wall -------------------------------------------------------------------------------- */

static void first_seen(uint64_t token, int place)
{
    struct life *life = &day.life[token];
    life->place = place;
    life->shown_us = wall_us();
    life->dark_us = life->shown_us + DWELL;
    trace("token %llu is featured in place %d", (unsigned long long)token, place);
    assert_true(life->shown_us <= life->due_us);
    assert_true(life->over_us == INT64_MAX || day.wall->now_us + DWELL <= life->over_us + ANNOUNCE_OVER_US);
}

/* Whose time has passed unseen, by the test's own books. */
static void watch_let_go(void)
{
    for (uint64_t token = 1; token <= day.wall->token; token++) {
        struct life *life = &day.life[token];
        bool is_over = life->over_us != INT64_MAX;
        bool is_late = is_over && day.wall->now_us + DWELL > life->over_us + ANNOUNCE_OVER_US;
        if ((is_waiting(life) && is_late) ||
            ((is_waiting(life) || is_lit(life)) && is_over && day.is_hidden)) {
            life->is_let_go = true;
            day.let_go++;
            trace("token %llu is let go", (unsigned long long)token);
        }
    }
}

/* Its own panel lets a recall in line wait. */
static bool is_featured(const struct life *life)
{
    for (uint64_t token = 1; token <= day.wall->token; token++)
        if (is_lit(&day.life[token]) && is_of(&day.life[token], life->desk, life->ticket))
            return true;
    return false;
}

static void watch_order(void)
{
    uint64_t newest = 0;
    for (uint64_t token = 1; token <= day.wall->token; token++)
        if (day.life[token].place >= 0 && !day.life[token].is_merged && day.life[token].turn > newest)
            newest = day.life[token].turn;
    for (uint64_t token = 1; token <= day.wall->token; token++) {
        const struct life *life = &day.life[token];
        assert_true(!is_waiting(life) || life->turn > newest || is_featured(life));
    }
}

static unsigned count_used(const struct announce *announce)
{
    unsigned count = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        count += announce->slot[i].is_used;
    return count;
}

static void watch_places(void)
{
    const struct announce *announce = &day.wall->announce;
    unsigned used = 0, lit = 0, timed = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++) {
        const struct announce_slot *slot = &announce->slot[i];
        used += slot->is_used ? i + 1 - used : 0;
        lit += slot->is_new;
        timed += slot->is_new || (slot->is_used && slot->is_over);
        assert_true(!slot->is_used || day.is_hidden || day.life[slot->token].over_us == INT64_MAX ||
                    day.wall->now_us <
                        day.life[slot->token].over_us + ANNOUNCE_OVER_US + (slot->is_new ? 1 : 0));
        if (slot->is_new && day.life[slot->token].place < 0)
            first_seen(slot->token, (int)i);
    }
    watch_order();
    assert_true(used <= announce->nslots && announce->nslots <= announce->most);
    assert_true((announce->nslots & (announce->nslots - 1)) == 0);
    assert_true((announce_deadline_us(announce) == INT64_MAX) == (timed == 0 || day.is_hidden));
    assert_true(lit > 0 || used == count_used(announce)); /* no empty place among dark ones */
    assert_int_equal(announce->overflowed, 0);
}

static void watch_books(void)
{
    const struct announce *announce = &day.wall->announce;
    unsigned lit = 0, waiting = 0;
    for (uint64_t token = 1; token <= day.wall->token; token++) {
        const struct life *life = &day.life[token];
        waiting += is_waiting(life);
        lit += is_lit(life);
        if (is_lit(life)) { /* where it was, as long as it was to be */
            assert_true(announce->slot[life->place].is_new);
            assert_int_equal(announce->slot[life->place].token, token);
        }
        for (uint64_t i = 1; (is_lit(life) || is_waiting(life)) && i < token; i++) /* nobody twice */
            assert_false(is_of(&day.life[i], life->desk, life->ticket) &&
                         is_waiting(&day.life[i]) == is_waiting(life) &&
                         (is_lit(&day.life[i]) || is_waiting(&day.life[i])));
    }
    unsigned new = 0;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        new += announce->slot[i].is_new;
    assert_int_equal(new, lit);
    assert_int_equal(announce->nwaiting, waiting);
}

/* Of a call whose token no picture took, since here none does. */
static void watch_gone(void)
{
    for (uint64_t token; (token = announce_take_gone(&day.wall->announce)) != 0;) {
        struct life *life = &day.life[token];
        assert_false(is_waiting(life) || is_lit(life) || life->is_merged || life->is_gone);
        life->is_gone = true;
    }
    for (uint64_t token = 1; token <= day.wall->token; token++)
        assert_true(day.life[token].is_gone || !day.life[token].is_let_go || day.life[token].place >= 0);
}

static void watch_bars(void)
{
    bool is_changed = false, is_gone = false;
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++) {
        const struct announce_slot *slot = &day.wall->announce.slot[i];
        assert_true(!slot->is_marked || slot->is_new);
        is_gone |= day.is_marked[i] && !slot->is_new;
        is_changed |= day.is_marked[i] != slot->is_marked;
        day.is_marked[i] = slot->is_marked;
    }
    if (!is_changed || is_gone || day.is_hidden || day.beat_us[1] == wall_us()) /* gone with its panel */
        return;
    assert_true(day.beat_us[0] == 0 || wall_us() >= day.beat_us[0] + SECOND);
    day.beat_us[0] = day.beat_us[1];
    day.beat_us[1] = wall_us();
    day.beats++;
}

static bool stands(uint64_t token)
{
    for (unsigned i = 0; i < ANNOUNCE_SLOTS; i++)
        if (day.wall->announce.slot[i].is_used && day.wall->announce.slot[i].token == token)
            return true;
    return false;
}

/* ---- what happens ---------------------------------------------------------------------------- */

static void watch(void)
{
    watch_let_go();
    watch_gone();
    watch_bars();
    watch_places();
    watch_books();
    const struct notice *alert = hall_alert(day.wall->hall);
    char id[ID_SIZE];
    snprintf(id, sizeof id, "alert-%u", day.nalerts);
    assert_true(!day.has_alert || (alert && strcmp(alert->id, id) == 0));
}

static void pass_time(int64_t until_us)
{
    for (;;) {
        int64_t at_us = announce_deadline_us(&day.wall->announce);
        if (at_us > until_us)
            break;
        assert_true(at_us > day.wall->now_us); /* else the loop would spin */
        day.wall->now_us = at_us;
        assert_true(announce_tick(&day.wall->announce, at_us)); /* a deadline is never for nothing */
        watch();
    }
    if (until_us != INT64_MAX - 1)
        day.wall->now_us = until_us;
    announce_tick(&day.wall->announce, day.wall->now_us);
    watch();
}

/* The token with which a recall has to merge; 0 none. */
static uint64_t to_merge(int desk, const char *ticket)
{
    uint64_t lit = 0;
    bool waits = false;
    for (uint64_t token = 1; token <= day.wall->token; token++) {
        const struct life *life = &day.life[token];
        waits |= is_waiting(life);
        if (is_waiting(life) && is_of(life, desk, ticket))
            return token;
        if (is_lit(life) && is_of(life, desk, ticket))
            lit = token;
    }
    return waits ? 0 : lit;
}

static void end_life(struct life *life)
{
    if (life->over_us == INT64_MAX)
        life->over_us = day.wall->now_us;
}

/* A desk has one visitor, and a visitor one desk. */
static void end_others(int desk, const char *ticket)
{
    for (uint64_t token = 1; token <= day.wall->token; token++)
        if ((day.life[token].desk == desk) != (strcmp(day.life[token].ticket, ticket) == 0))
            end_life(&day.life[token]);
}

static void end_visit(int desk)
{
    trace("desk %d: its visit came to it", desk + 1);
    for (uint64_t token = 1; token <= day.wall->token; token++)
        if (day.life[token].desk == desk)
            end_life(&day.life[token]);
    serve(day.wall, desk + 1, "");
}

static void hide(bool is_hidden)
{
    trace(is_hidden ? "the wall is hidden" : "the wall is seen again");
    announce_hide(&day.wall->announce, is_hidden, day.wall->now_us);
    if (is_hidden)
        day.hidden_us = day.wall->now_us;
    else
        day.unseen_us += day.wall->now_us - day.hidden_us;
    day.is_hidden = is_hidden;
    day.hidden += is_hidden;
}

static void arrive(int desk, bool is_recall)
{
    struct wall *wall = day.wall;
    char ticket[TICKET_SIZE];
    snprintf(ticket, sizeof ticket, "А%llu", (unsigned long long)wall->token + 1);
    if (is_recall)
        strcpy(ticket, wall->hall->desk[desk].ticket);
    if (!*ticket)
        return;
    unsigned ahead = wall->announce.nwaiting;
    end_others(desk, ticket);
    uint64_t merged = is_recall ? to_merge(desk, ticket) : 0;
    if (is_recall)
        recall(wall, desk + 1);
    else
        assert_true(call(wall, desk + 1, ticket));
    struct life *life = &day.life[wall->token];
    *life = (struct life){ .desk = desk, .turn = wall->token, .place = -1 };
    trace("token %llu: desk %d %s %s", (unsigned long long)wall->token, desk + 1,
          is_recall ? "recalls" : "calls", ticket);
    assert_int_equal(wall->announce.superseded, merged);
    if (merged) {
        *life = day.life[merged];
        life->dark_us = life->place >= 0 ? wall_us() + DWELL : 0;
        day.life[merged].is_merged = true;
        day.merged++;
    } else {
        life->due_us = wall_us() + (ahead / wall->announce.most + 1) * DWELL;
    }
    life->over_us = INT64_MAX;
    strcpy(life->ticket, ticket);
    life->is_recall = is_recall;
}

static void announce_notice(void)
{
    struct event notice = { .type = EVENT_NOTICE, .seq = 1 };
    int desk;
    bool is_alert = chance_of(.3);
    day.nalerts += is_alert;
    day.has_alert |= is_alert;
    notice.notice.level = is_alert ? NOTICE_ALERT : NOTICE_INFO;
    notice.notice.ntexts = 1;
    strcpy(notice.notice.text[0].text, "x");
    snprintf(notice.notice.id, ID_SIZE, is_alert ? "alert-%u" : "info-%u",
             is_alert ? day.nalerts : chance_below(40));
    if (!is_alert && day.has_alert && chance_of(.1)) { /* the newest alert ends */
        snprintf(notice.notice.id, ID_SIZE, "alert-%u", day.nalerts);
        notice.notice.ntexts = 0;
        day.has_alert = false;
    }
    trace("notice %s, %u texts", notice.notice.id, notice.notice.ntexts);
    hall_apply(day.wall->hall, &notice, day.wall->now_us, &desk);
}

static void something_happens(void)
{
    int desk = (int)chance_below(DESKS - 1), before = desk;
    double lot = chance();
    for (uint64_t token = 1; token <= day.wall->token; token++)
        if (is_lit(&day.life[token]) && chance_of(.3))
            before = day.life[token].desk; /* a desk whose last call is still featured */
    if (lot < .5) {
        day.again += before != desk;
        arrive(before, false);
    } else if (lot < .8) {
        arrive(before, true);
    } else if (lot < .9) {
        end_visit(desk);
    } else if (lot < .93) {
        hide(!day.is_hidden);
    } else {
        announce_notice();
    }
}

static void run(struct wall *wall, uint64_t seed, FILE *to)
{
    static const uint16_t places[] = { 8, 4, 2, 1 };
    day = (struct day){ .wall = wall, .trace = to };
    chance_state = seed;
    wall->token = 0;
    wall->now_us = 100 * SECOND;
    hall_init(wall->hall, wall->config);
    announce_init(&wall->announce, wall->config, 1, DWELL);
    wall->announce.most = places[seed % 4];
    wall->announce.is_pulsing = seed / 4 % 2;
    double pause = chance() * 16 / wall->announce.most; /* rush hours and quiet ones */
    for (unsigned i = 0; i < STEPS; i++) {
        if (day.is_hidden && wall->announce.nwaiting > 40)
            hide(false);
        pass_time(wall->now_us + (wall->announce.nwaiting > 40 ? 60 * SECOND : 0) +
                  (chance_of(.3) ? 0 : chance_up_to_us(pause)));
        something_happens();
        watch();
    }
    if (day.is_hidden)
        hide(false);
    pass_time(INT64_MAX - 1);
    for (uint64_t token = 1; token <= wall->token; token++) {
        const struct life *life = &day.life[token];
        assert_true(life->is_merged || life->place >= 0 || life->is_let_go);
        assert_int_equal(life->is_merged + life->is_gone + stands(token), 1);
    }
}

/* ---- the tests ------------------------------------------------------------------------------- */

static uint64_t environment(const char *name, uint64_t standard)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : standard;
}

static uint64_t present; /* the seed, for a failure inside a day */

static void random_arrivals_lose_shorten_swap_and_delay_nothing(void **state)
{
    uint64_t count = environment("KEZEK_SCHEDULES", 100), first = environment("KEZEK_SEED", 1);
    uint64_t calls = 0, merged = 0, again = 0, let_go = 0, hidden = 0, beats = 0;
    for (present = first; present < first + count; present++) {
        run(*state, present, NULL);
        calls += day.wall->token;
        merged += day.merged;
        again += day.again;
        let_go += day.let_go;
        hidden += day.hidden;
        beats += day.beats;
    }
    print_message("%llu days, %llu calls (%llu at a desk whose last one was featured), %llu merged recalls, "
                  "%llu calls over before anybody could see them, %llu times hidden, %llu beats\n",
                  (unsigned long long)count, (unsigned long long)calls, (unsigned long long)again,
                  (unsigned long long)merged, (unsigned long long)let_go, (unsigned long long)hidden,
                  (unsigned long long)beats);
    assert_true(merged && again && let_go && hidden && beats); /* all of it happened */
}

static int tell_seed_and_tear_down(void **state)
{
    print_message("the last day: test_announce_random %llu\n", (unsigned long long)present);
    return tear_down(state);
}

static void replayed(void **state)
{
    run(*state, present, stdout);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(random_arrivals_lose_shorten_swap_and_delay_nothing, set_up,
                                        tell_seed_and_tear_down),
    };
    const struct CMUnitTest one[] = { cmocka_unit_test_setup_teardown(replayed, set_up, tear_down) };
    if (argc == 1)
        return cmocka_run_group_tests(tests, NULL, NULL);
    present = strtoull(argv[1], NULL, 10);
    return cmocka_run_group_tests(one, NULL, NULL);
}
