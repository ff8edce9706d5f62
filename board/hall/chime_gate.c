#include "board/hall/chime_gate.h"

#include <string.h>

void chime_gates_init(struct chime_gates *gates, const struct config *config)
{
    memset(gates, 0, sizeof *gates);
    gates->count = config->nchimes;
    for (unsigned i = 0; i < gates->count; i++)
        gates->gate[i].zones = config->chime[i].zones;
}

bool chime_gate_ask(struct chime_gates *gates, unsigned chime, uint64_t token, enum chime_kind kind,
                    int64_t expires_us, int64_t now_us)
{
    struct chime_gate *gate = &gates->gate[chime];
    if (gate->nwaiting == CHIME_MERGE_MAX)
        return false;
    unsigned at = gate->nwaiting++;
    gate->waiting[at].token = token;
    gate->waiting[at].asked_us = now_us;
    gate->waiting[at].expires_us = expires_us;
    gate->waiting[at].kind = (uint8_t)kind;
    return true;
}

/* ---- zones ----------------------------------------------------------------------------------- */

/* When all zones of the chime are silent; one that begins at this very moment is the same sound. */
static int64_t silent_us(const struct chime_gates *gates, unsigned chime, int64_t now_us)
{
    int64_t at_us = INT64_MIN;
    for (unsigned zone = 0; zone < ZONES_MAX; zone++)
        if (gates->gate[chime].zones >> zone & 1 && gates->begun_us[zone] != now_us &&
            gates->free_us[zone] > at_us)
            at_us = gates->free_us[zone];
    return at_us;
}

static bool is_wanted(const struct chime_gate *gate)
{
    return gate->nwaiting > 0 && !gate->is_sounding;
}

static bool is_before(const struct chime_gate *other, const struct chime_gate *gate)
{
    return other->zones & gate->zones && is_wanted(other) &&
           other->waiting[0].asked_us < gate->waiting[0].asked_us;
}

/* Of a chime that somebody waits for: when it may sound, as far as is known now. */
static int64_t may_sound_us(const struct chime_gates *gates, unsigned chime, int64_t now_us)
{
    int64_t at_us = silent_us(gates, chime, now_us);
    for (unsigned other = 0; other < gates->count; other++) {
        int64_t other_us =
            is_before(&gates->gate[other], &gates->gate[chime]) ? silent_us(gates, other, now_us) : INT64_MIN;
        at_us = other_us > at_us ? other_us : at_us;
    }
    return at_us;
}

/* ---- turns ----------------------------------------------------------------------------------- */

static bool take_late(struct chime_gate *gate, int64_t now_us, struct chime_turn *turn)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < gate->nwaiting; i++) {
        if (gate->waiting[i].expires_us < now_us)
            turn->late[turn->nlate++] = gate->waiting[i].token;
        else
            gate->waiting[kept++] = gate->waiting[i];
    }
    gate->nwaiting = (uint16_t)kept;
    return turn->nlate > 0;
}

static bool take_waiting(struct chime_gate *gate, struct chime_turn *turn)
{
    turn->kind = gate->waiting[0].kind;
    for (unsigned i = 0; i < gate->nwaiting; i++) {
        turn->token[turn->ntokens++] = gate->waiting[i].token;
        if (gate->waiting[i].kind != turn->kind)
            turn->kind = CHIME_CALL;
    }
    gate->nwaiting = 0;
    return true;
}

bool chime_gates_turn(struct chime_gates *gates, int64_t now_us, struct chime_turn *turn)
{
    *turn = (struct chime_turn){ 0 };
    for (turn->chime = 0; turn->chime < gates->count; turn->chime++)
        if (take_late(&gates->gate[turn->chime], now_us, turn))
            return true;
    for (turn->chime = 0; turn->chime < gates->count; turn->chime++)
        if (is_wanted(&gates->gate[turn->chime]) && now_us >= may_sound_us(gates, turn->chime, now_us))
            return take_waiting(&gates->gate[turn->chime], turn);
    return false;
}

void chime_gate_begin(struct chime_gates *gates, unsigned chime, int64_t length_us, int64_t now_us)
{
    int64_t until_us = now_us + (length_us > CHIME_GAP_US ? length_us : CHIME_GAP_US);
    gates->gate[chime].is_sounding = true;
    for (unsigned zone = 0; zone < ZONES_MAX; zone++) {
        if (!(gates->gate[chime].zones >> zone & 1))
            continue;
        gates->begun_us[zone] = now_us;
        if (gates->free_us[zone] < until_us)
            gates->free_us[zone] = until_us;
    }
}

void chime_gate_prolong(struct chime_gates *gates, unsigned chime, int64_t until_us)
{
    for (unsigned zone = 0; zone < ZONES_MAX; zone++)
        if (gates->gate[chime].zones >> zone & 1 && gates->free_us[zone] < until_us)
            gates->free_us[zone] = until_us;
}

static bool is_sounding_in(const struct chime_gates *gates, unsigned zone)
{
    for (unsigned i = 0; i < gates->count; i++)
        if (gates->gate[i].is_sounding && gates->gate[i].zones >> zone & 1)
            return true;
    return false;
}

void chime_gate_end(struct chime_gates *gates, unsigned chime, bool was_heard)
{
    gates->gate[chime].is_sounding = false;
    for (unsigned zone = 0; zone < ZONES_MAX && !was_heard; zone++)
        if (gates->gate[chime].zones >> zone & 1 && !is_sounding_in(gates, zone))
            gates->free_us[zone] = gates->begun_us[zone];
}

int64_t chime_gates_deadline_us(const struct chime_gates *gates)
{
    int64_t deadline_us = INT64_MAX;
    for (unsigned chime = 0; chime < gates->count; chime++) {
        const struct chime_gate *gate = &gates->gate[chime];
        int64_t at_us = is_wanted(gate) ? may_sound_us(gates, chime, INT64_MAX) : INT64_MAX;
        for (unsigned i = 0; i < gate->nwaiting; i++)
            if (gate->waiting[i].expires_us + 1 < at_us)
                at_us = gate->waiting[i].expires_us + 1;
        deadline_us = at_us < deadline_us ? at_us : deadline_us;
    }
    return deadline_us;
}
