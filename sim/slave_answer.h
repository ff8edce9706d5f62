/* What simulated LED boards send: frames that wait for their time, and what becomes of them on the way. For
 * sim/slave.c. Pure. */
#pragma once

#include "sim/relay.h"
#include "sim/slave_model.h"

#define ANSWERS_MAX 8 /* a master has one request in flight; late answers may pile up behind it */

struct answer {
    int64_t at_us;
    bool is_echo; /* heard by the master's adapter only */
    size_t count;
    uint8_t bytes[SLAVE_FRAME_MAX];
};
struct answers {
    unsigned count;
    struct answer answer[ANSWERS_MAX]; /* by rising time */
};

/* Without room it is lost. */
void answers_add(struct answers *answers, const struct answer *answer, const uint8_t *bytes);
int64_t answers_due_us(const struct answers *answers); /* INT64_MAX: none */
/* Takes the first one, together with all that begin before it has ended: then `collisions` rises, and what
 * comes out is rubbish. Its length. */
size_t answers_take(struct answers *answers, const struct led_serial *line, uint8_t out[SLAVE_FRAME_MAX],
                    uint64_t *collisions);

uint32_t answer_chance(uint64_t *chance);
size_t answer_seal(uint8_t *frame, size_t count, bool is_damaged); /* adds the CRC */
/* Puts 1 to 8 bytes of chance at `at`; the new length. */
size_t answer_garbage(uint64_t *chance, uint8_t *frame, size_t count, size_t at);
/* What a receiver with other settings makes of it. */
void answer_scramble(uint64_t *chance, uint8_t *frame, size_t count);
