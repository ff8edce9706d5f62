/* Random calls in a hall of several chimes whose zones overlap, on a virtual clock that stops at every deadline, as the board's
 * loop does. The test keeps books of its own about each zone and each call, and holds the chimes against them:
 *
 *   a zone hears at most one chime in 4 s, and none into a melody; what begins at the same moment is one
 *   a call sounds once or never on each chime of its zone; in order; never after its time
 *   a chime is silent only for a reason: a zone of it that is not yet free, or an earlier one that shares a zone
 *   nobody is starved: a call waits no longer than a melody for each chime
 *
 *   test_chime_random          100 days; KEZEK_SCHEDULES: how many, KEZEK_SEED: the first one
 *   test_chime_random SEED     one day, with a line for all that happens
 */
#include "board/hall/chime_gate.h"

#include "tests/unit/chance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SECOND   1000000LL
#define STEPS    300
#define ZONES    4
#define CHIMES   4
#define MELODY_S 6

struct request { /* of one call to one chime */
    int64_t asked_us, expires_us;
    uint8_t kind;
    bool is_asked, is_heard, is_late;
};
static struct day {
    FILE *trace;
    struct chime_gates gates;
    int64_t now_us;
    uint64_t token;
    uint32_t zones[CHIMES];
    bool is_sounding[CHIMES];
    int64_t end_us[CHIMES]; /* of its melody */
    uint64_t last_heard[CHIMES];
    int64_t begun_us[ZONES], quiet_us[ZONES];
    struct request request[STEPS + 1][CHIMES];
    uint64_t chimes, together, late, refused, shared;
} day;

__attribute__((format(printf, 1, 2))) static void trace(const char *format, ...)
{
    if (!day.trace)
        return;
    va_list args;
    va_start(args, format);
    fprintf(day.trace, "%9.3f s  ", (double)day.now_us / SECOND);
    vfprintf(day.trace, format, args);
    fputc('\n', day.trace);
    va_end(args);
}

static bool waits(const struct request *request)
{
    return request->is_asked && !request->is_heard && !request->is_late;
}

/* ---- what sounds ----------------------------------------------------------------------------- */

static void hear_in_zones(unsigned chime, int64_t end_us)
{
    bool is_together = false;
    for (unsigned zone = 0; zone < ZONES; zone++) {
        if (!(day.zones[chime] >> zone & 1))
            continue;
        bool is_same = day.begun_us[zone] == day.now_us;
        assert_true(is_same ||
                    (day.now_us >= day.begun_us[zone] + CHIME_GAP_US && day.now_us >= day.quiet_us[zone]));
        is_together |= is_same;
        day.begun_us[zone] = day.now_us;
        day.quiet_us[zone] = day.quiet_us[zone] > end_us ? day.quiet_us[zone] : end_us;
    }
    day.together += is_together;
}

static void hear(const struct chime_turn *turn)
{
    unsigned kinds = 0;
    assert_false(day.is_sounding[turn->chime]);
    for (unsigned i = 0; i < turn->ntokens; i++) {
        struct request *request = &day.request[turn->token[i]][turn->chime];
        assert_true(waits(request) && day.now_us <= request->expires_us);
        assert_true(turn->token[i] > day.last_heard[turn->chime]);
        assert_true(day.now_us - request->asked_us <= CHIMES * MELODY_S * SECOND);
        day.last_heard[turn->chime] = turn->token[i];
        request->is_heard = true;
        kinds |= 1u << request->kind;
    }
    assert_int_equal(turn->kind, kinds == 1u << CHIME_RECALL   ? CHIME_RECALL
                                 : kinds == 1u << CHIME_BOOKED ? CHIME_BOOKED
                                                               : CHIME_CALL);
    if (chance_of(.05)) { /* the device refuses */
        trace("chime %u fails for %u calls", turn->chime, turn->ntokens);
        return;
    }
    int64_t length_us = chance_up_to_us(MELODY_S);
    day.end_us[turn->chime] = day.now_us + length_us;
    day.is_sounding[turn->chime] = true;
    hear_in_zones(turn->chime, day.end_us[turn->chime]);
    chime_gate_begin(&day.gates, turn->chime, length_us, day.now_us);
    day.chimes++;
    trace("chime %u for %u calls", turn->chime, turn->ntokens);
}

static void give_back(const struct chime_turn *turn)
{
    for (unsigned i = 0; i < turn->nlate; i++) {
        struct request *request = &day.request[turn->late[i]][turn->chime];
        assert_true(waits(request) && day.now_us > request->expires_us);
        request->is_late = true;
        day.late++;
    }
}

/* ---- why it is silent ------------------------------------------------------------------------ */

static bool is_quiet(unsigned chime)
{
    for (unsigned zone = 0; zone < ZONES; zone++)
        if (day.zones[chime] >> zone & 1 && day.begun_us[zone] != day.now_us &&
            (day.now_us < day.begun_us[zone] + CHIME_GAP_US || day.now_us < day.quiet_us[zone]))
            return false;
    return true;
}

static int64_t oldest_us(unsigned chime)
{
    for (uint64_t token = 1; token <= day.token; token++)
        if (waits(&day.request[token][chime]))
            return day.request[token][chime].asked_us;
    return INT64_MAX;
}

static bool has_reason(unsigned chime)
{
    if (day.is_sounding[chime] || !is_quiet(chime))
        return true;
    for (unsigned other = 0; other < CHIMES; other++)
        if (day.zones[other] & day.zones[chime] && !day.is_sounding[other] && !is_quiet(other) &&
            oldest_us(other) < oldest_us(chime))
            return true;
    return false;
}

static void turn_all(void)
{
    struct chime_turn turn;
    while (chime_gates_turn(&day.gates, day.now_us, &turn)) {
        assert_true((turn.ntokens == 0) != (turn.nlate == 0) && turn.chime < CHIMES);
        if (turn.ntokens)
            hear(&turn);
        else
            give_back(&turn);
    }
    for (unsigned chime = 0; chime < CHIMES; chime++)
        assert_true(oldest_us(chime) == INT64_MAX || has_reason(chime));
    assert_true(chime_gates_deadline_us(&day.gates) > day.now_us);
}

/* ---- what happens ---------------------------------------------------------------------------- */

static int64_t next_end_us(unsigned *chime)
{
    int64_t at_us = INT64_MAX;
    for (unsigned i = 0; i < CHIMES; i++)
        if (day.is_sounding[i] && day.end_us[i] < at_us) {
            at_us = day.end_us[i];
            *chime = i;
        }
    return at_us;
}

static void pass_time(int64_t until_us)
{
    for (;;) {
        unsigned ending = 0;
        int64_t end_us = next_end_us(&ending), gates_us = chime_gates_deadline_us(&day.gates);
        int64_t at_us = end_us < gates_us ? end_us : gates_us;
        if (at_us > until_us)
            break;
        day.now_us = at_us;
        if (end_us == at_us) {
            day.is_sounding[ending] = false;
            chime_gate_end(&day.gates, ending, true);
        }
        turn_all();
    }
    if (until_us != INT64_MAX - 1)
        day.now_us = until_us;
    turn_all();
}

static void call(unsigned zone)
{
    enum chime_kind kind = chance_of(.3) ? CHIME_RECALL : chance_of(.3) ? CHIME_BOOKED : CHIME_CALL;
    unsigned asked = 0;
    int64_t expires_us = day.now_us + SECOND + chance_up_to_us(chance_of(.5) ? 15 : 60);
    day.token++;
    trace("token %llu in zone %u", (unsigned long long)day.token, zone);
    for (unsigned chime = 0; chime < CHIMES; chime++) {
        if (!(day.zones[chime] >> zone & 1))
            continue;
        struct request *request = &day.request[day.token][chime];
        *request =
            (struct request){ .asked_us = day.now_us, .expires_us = expires_us, .kind = (uint8_t)kind };
        request->is_asked = chime_gate_ask(&day.gates, chime, day.token, kind, expires_us, day.now_us);
        day.refused += !request->is_asked;
        asked++;
    }
    day.shared += asked > 1;
}

static void hang_chimes(void)
{
    struct config *config = calloc(1, sizeof *config);
    config->nchimes = CHIMES;
    for (unsigned chime = 0; chime < CHIMES; chime++)
        config->chime[chime].zones = day.zones[chime] = 1 + chance_below((1 << ZONES) - 1);
    chime_gates_init(&day.gates, config);
    free(config);
}

static void run(uint64_t seed, FILE *to)
{
    day = (struct day){ .trace = to, .now_us = 100 * SECOND };
    chance_state = seed;
    hang_chimes();
    double pause = chance() * 4; /* rush hours and quiet ones */
    for (unsigned i = 0; i < STEPS; i++) {
        pass_time(day.now_us + (chance_of(.3) ? 0 : chance_up_to_us(pause)));
        call(chance_below(ZONES));
        turn_all();
    }
    pass_time(INT64_MAX - 1);
    for (uint64_t token = 1; token <= day.token; token++)
        for (unsigned chime = 0; chime < CHIMES; chime++)
            assert_false(waits(&day.request[token][chime]));
}

/* ---- the tests ------------------------------------------------------------------------------- */

static uint64_t environment(const char *name, uint64_t standard)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : standard;
}

static uint64_t present; /* the seed, for a failure inside a day */

static void no_zone_hears_two_chimes_in_four_seconds_and_none_is_starved(void **state)
{
    (void)state;
    uint64_t count = environment("KEZEK_SCHEDULES", 100), first = environment("KEZEK_SEED", 1);
    uint64_t chimes = 0, together = 0, late = 0, refused = 0, shared = 0;
    for (present = first; present < first + count; present++) {
        run(present, NULL);
        chimes += day.chimes;
        together += day.together;
        late += day.late;
        refused += day.refused;
        shared += day.shared;
    }
    print_message("%llu days, %llu calls for several chimes, %llu chimes (%llu together with another), %llu "
                  "requests too late, %llu unnamed\n",
                  (unsigned long long)count, (unsigned long long)shared, (unsigned long long)chimes,
                  (unsigned long long)together, (unsigned long long)late, (unsigned long long)refused);
    assert_true(chimes && together && late && shared); /* all of it happened */
}

static int tell_seed(void **state)
{
    (void)state;
    print_message("the last day: test_chime_random %llu\n", (unsigned long long)present);
    return 0;
}

static void replayed(void **state)
{
    (void)state;
    run(present, stdout);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(no_zone_hears_two_chimes_in_four_seconds_and_none_is_starved, tell_seed),
    };
    const struct CMUnitTest one[] = { cmocka_unit_test(replayed) };
    if (argc == 1)
        return cmocka_run_group_tests(tests, NULL, NULL);
    present = strtoull(argv[1], NULL, 10);
    return cmocka_run_group_tests(one, NULL, NULL);
}
