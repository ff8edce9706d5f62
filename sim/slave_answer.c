#include "sim/slave_answer.h"

#include <string.h>

const char *const slave_fault_names[SLAVE_FAULTS] = {
    "lost",          "mute", "late",   "stale", "wrong-unit", "noise",  "garbage-before",
    "garbage-after", "half", "refuse", "echo",  "babble",     "reboot",
};

uint16_t slave_crc(const uint8_t *bytes, size_t count)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? (uint16_t)(crc >> 1 ^ 0xA001) : crc >> 1;
    }
    return crc;
}

/* The upper half of a linear congruential generator (Knuth's MMIX). */
uint32_t answer_chance(uint64_t *chance)
{
    *chance = *chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*chance >> 33);
}

size_t answer_seal(uint8_t *frame, size_t count, bool is_damaged)
{
    uint16_t crc = slave_crc(frame, count) ^ (is_damaged ? 0x5A5A : 0);
    frame[count++] = crc & 255;
    frame[count++] = crc >> 8;
    return count;
}

size_t answer_garbage(uint64_t *chance, uint8_t *frame, size_t count, size_t at)
{
    size_t more = 1 + answer_chance(chance) % 8;
    if (more > SLAVE_FRAME_MAX - count)
        more = SLAVE_FRAME_MAX - count;
    memmove(frame + at + more, frame + at, count - at);
    for (size_t i = 0; i < more; i++)
        frame[at + i] = (uint8_t)answer_chance(chance);
    return count + more;
}

void answer_scramble(uint64_t *chance, uint8_t *frame, size_t count)
{
    for (size_t i = 0; i < count; i++)
        frame[i] ^= (uint8_t)(1 + answer_chance(chance) % 255);
}

void answers_add(struct answers *answers, const struct answer *answer, const uint8_t *bytes)
{
    if (answers->count == ANSWERS_MAX)
        return;
    unsigned at = answers->count++;
    for (; at > 0 && answers->answer[at - 1].at_us > answer->at_us; at--)
        answers->answer[at] = answers->answer[at - 1];
    answers->answer[at] = *answer;
    memcpy(answers->answer[at].bytes, bytes, answer->count);
}

int64_t answers_due_us(const struct answers *answers)
{
    return answers->count ? answers->answer[0].at_us : INT64_MAX;
}

static void drop_first(struct answers *answers)
{
    memmove(answers->answer, answers->answer + 1, --answers->count * sizeof answers->answer[0]);
}

/* Two drivers pull at the pair; the later one is some bits behind, so that equal frames are damaged, too. */
static size_t collide(uint8_t *out, size_t count, size_t offset, const struct answer *other)
{
    for (size_t i = 0; i < other->count && offset + i < SLAVE_FRAME_MAX; i++) {
        uint8_t byte = other->bytes[i];
        if (offset + i < count)
            out[offset + i] &= (uint8_t)(byte << 3 | byte >> 5);
        else
            out[count++] = byte;
    }
    return count;
}

size_t answers_take(struct answers *answers, const struct led_serial *line, uint8_t out[SLAVE_FRAME_MAX],
                    uint64_t *collisions)
{
    const struct answer *first = answers->answer;
    int64_t at_us = first->at_us;
    bool is_echo = first->is_echo;
    size_t count = first->count;
    memcpy(out, first->bytes, count);
    drop_first(answers);
    while (answers->count && !is_echo && !first->is_echo &&
           (first->at_us == at_us || first->at_us < at_us + (line->baud ? relay_bytes_us(line, count) : 0))) {
        size_t offset = line->baud ? (size_t)((first->at_us - at_us) / relay_bytes_us(line, 1)) : 0;
        count = collide(out, count, offset, first);
        ++*collisions;
        drop_first(answers);
    }
    return count;
}
