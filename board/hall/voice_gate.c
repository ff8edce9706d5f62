#include "board/hall/voice_gate.h"

#define CALL_AGE_MAX_US                                                                                      \
    INT64_C(600000000) /* as long as the hall file may let calls sound: only that counts then */

/* When the calls that wait in a zone of that chime must have theirs; INT64_MAX: nobody waits. */
static int64_t due_us(const struct chime_gates *gates, unsigned chime, int64_t most_us)
{
    int64_t due_us = INT64_MAX;
    for (unsigned i = 0; i < gates->count; i++) {
        const struct chime_gate *gate = &gates->gate[i];
        if (!(gate->zones & gates->gate[chime].zones))
            continue;
        for (unsigned k = 0; k < gate->nwaiting; k++) {
            int64_t patience_us = gate->waiting[k].asked_us + most_us;
            int64_t at_us =
                gate->waiting[k].expires_us < patience_us ? gate->waiting[k].expires_us : patience_us;
            due_us = at_us < due_us ? at_us : due_us;
        }
    }
    return due_us;
}

unsigned voice_languages(const struct chime_gates *gates, unsigned chime, unsigned nlangs)
{
    bool is_awaited = due_us(gates, chime, VOICE_YIELD_US) != INT64_MAX;
    return is_awaited && nlangs > VOICE_LAWFUL ? VOICE_LAWFUL : nlangs;
}

bool voice_has_time(const struct chime_gates *gates, unsigned chime, int64_t asked_us, int64_t length_us,
                    bool is_begun, int64_t now_us)
{
    int64_t due = due_us(gates, chime, is_begun ? CALL_AGE_MAX_US : VOICE_YIELD_US);
    bool is_young = is_begun || now_us <= asked_us + VOICE_AGE_US;
    return is_young && (due == INT64_MAX || now_us + length_us <= due);
}
