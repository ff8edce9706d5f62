#include "sim/slave.h"

#include "sim/slave_model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ANSWERS_MAX 8 /* a master has one request in flight; late answers may pile up behind it */

enum { READ_HOLDING = 3, READ_INPUT = 4, WRITE_ONE = 6, WRITE_MANY = 16, SERVER_ID = 17 };
enum { ILLEGAL_FUNCTION = 1, ILLEGAL_ADDRESS = 2, ILLEGAL_VALUE = 3 };

struct answer {
    int64_t at_us;
    size_t count;
    uint8_t bytes[SLAVE_FRAME_MAX];
};

struct fault {
    uint32_t delay_us;
    unsigned drop_nth, damage_nth, answers;
    uint8_t exception;
};

struct slave_bus {
    uint32_t gap_us;
    unsigned nunits;
    struct slave_unit unit[SLAVE_UNITS_MAX];
    struct fault fault[SLAVE_UNITS_MAX];
    struct slave_counters counters[SLAVE_UNITS_MAX];
    struct slave_bus_counters bus_counters;

    size_t count; /* of the request so far */
    uint8_t request[SLAVE_FRAME_MAX];
    int64_t last_us; /* of the last byte */
    bool is_deaf;    /* until the line falls silent */
    bool is_ended;   /* the last byte ended a frame */

    unsigned nanswers;
    struct answer answer[ANSWERS_MAX]; /* by rising time */
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

static uint16_t word(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

struct slave_bus *slave_bus_create(uint32_t gap_us)
{
    struct slave_bus *bus = calloc(1, sizeof *bus);
    if (bus) {
        bus->gap_us = gap_us;
        bus->last_us = INT64_MIN / 2;
    }
    return bus;
}

void slave_bus_destroy(struct slave_bus *bus)
{
    free(bus);
}

int slave_bus_add(struct slave_bus *bus, const char *model, uint8_t address)
{
    const struct slave_model *found = slave_model_find(model);
    if (!found)
        return -ENOENT;
    if (address < 1 || address > 247)
        return -EINVAL;
    if (bus->nunits == SLAVE_UNITS_MAX)
        return -ENOSPC;
    for (unsigned i = 0; i < bus->nunits; i++)
        if (bus->unit[i].address == address)
            return -EEXIST;
    bus->unit[bus->nunits] = (struct slave_unit){ .model = found, .address = address };
    bus->fault[bus->nunits].delay_us = found->delay_us;
    slave_unit_power_on(&bus->unit[bus->nunits]);
    return (int)bus->nunits++;
}

unsigned slave_bus_units(const struct slave_bus *bus)
{
    return bus->nunits;
}

/* ---- functions: the answer's bytes behind the unit, or a negative exception ------------------ */

static int read_registers(const struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    uint16_t first = word(request + 2), count = word(request + 4);
    if (count < 1 || count > 125)
        return -ILLEGAL_VALUE;
    if (!slave_unit_has(unit, first, count))
        return -ILLEGAL_ADDRESS;
    answer[0] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        answer[1 + 2 * i] = unit->reg[first + i] >> 8;
        answer[2 + 2 * i] = unit->reg[first + i] & 255;
    }
    return 1 + 2 * count;
}

static int write_one(struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    uint16_t value = word(request + 4);
    if (!slave_unit_write(unit, word(request + 2), 1, &value))
        return -ILLEGAL_ADDRESS;
    memcpy(answer, request + 2, 4);
    return 4;
}

static int write_many(struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    uint16_t first = word(request + 2), count = word(request + 4), value[123];
    if (count < 1 || count > 123 || request[6] != 2 * count)
        return -ILLEGAL_VALUE;
    for (unsigned i = 0; i < count; i++)
        value[i] = word(request + 7 + 2 * i);
    if (!slave_unit_write(unit, first, count, value))
        return -ILLEGAL_ADDRESS;
    memcpy(answer, request + 2, 4);
    return 4;
}

static int server_id(const struct slave_unit *unit, uint8_t *answer)
{
    size_t length = strlen(unit->model->server_id);
    answer[0] = (uint8_t)length;
    memcpy(answer + 1, unit->model->server_id, length);
    return 1 + (int)length;
}

static bool knows(const struct slave_model *model, uint8_t function)
{
    return function < 32 && model->functions >> function & 1;
}

static int carry_out(struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    if (!knows(unit->model, request[1]))
        return -ILLEGAL_FUNCTION;
    switch (request[1]) {
    case READ_HOLDING:
    case READ_INPUT: return read_registers(unit, request, answer);
    case WRITE_ONE: return write_one(unit, request, answer);
    case WRITE_MANY: return write_many(unit, request, answer);
    default: return server_id(unit, answer);
    }
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool is_nth(unsigned answers, unsigned nth)
{
    return nth && answers % nth == 0;
}

static struct answer *add_answer(struct slave_bus *bus, int64_t at_us)
{
    if (bus->nanswers == ANSWERS_MAX)
        return NULL;
    unsigned at = bus->nanswers++;
    for (; at > 0 && bus->answer[at - 1].at_us > at_us; at--)
        bus->answer[at] = bus->answer[at - 1];
    bus->answer[at].at_us = at_us;
    return &bus->answer[at];
}

static void seal(struct answer *answer, bool is_damaged)
{
    uint16_t crc = slave_crc(answer->bytes, answer->count) ^ (is_damaged ? 0x5A5A : 0);
    answer->bytes[answer->count++] = crc & 255;
    answer->bytes[answer->count++] = crc >> 8;
}

static void serve(struct slave_bus *bus, unsigned index, int64_t now_us)
{
    struct slave_unit *unit = &bus->unit[index];
    struct fault *fault = &bus->fault[index];
    uint8_t body[SLAVE_FRAME_MAX];
    bus->counters[index].requests++;
    int length = fault->exception ? -fault->exception : carry_out(unit, bus->request, body);
    fault->answers++;
    if (is_nth(fault->answers, fault->drop_nth)) {
        bus->counters[index].dropped++;
        return;
    }
    struct answer *answer = add_answer(bus, now_us + fault->delay_us);
    if (!answer)
        return;
    answer->bytes[0] = unit->address;
    answer->bytes[1] = bus->request[1] | (length < 0 ? 0x80 : 0);
    if (length < 0) {
        bus->counters[index].exceptions++;
        body[0] = (uint8_t)-length;
        length = 1;
    }
    memcpy(answer->bytes + 2, body, (size_t)length);
    answer->count = 2 + (size_t)length;
    seal(answer, is_nth(fault->answers, fault->damage_nth));
}

static void broadcast(struct slave_bus *bus)
{
    uint8_t ignored[SLAVE_FRAME_MAX];
    for (unsigned i = 0; i < bus->nunits; i++) {
        struct slave_unit *unit = &bus->unit[i];
        if (!unit->is_powered)
            continue;
        bus->counters[i].broadcasts++;
        if (bus->request[1] == WRITE_MANY && unit->model->group && unit->model->group(unit, bus->request))
            continue;
        if (bus->request[1] == WRITE_ONE || bus->request[1] == WRITE_MANY)
            carry_out(unit, bus->request, ignored);
    }
}

static void dispatch(struct slave_bus *bus, int64_t now_us)
{
    bus->bus_counters.frames++;
    if (bus->request[0] == 0) {
        broadcast(bus);
        return;
    }
    for (unsigned i = 0; i < bus->nunits; i++)
        if (bus->unit[i].address == bus->request[0] && bus->unit[i].is_powered)
            serve(bus, i, now_us);
}

/* ---- framing --------------------------------------------------------------------------------- */

/* Length of the request, 0 while it cannot be told. A function that nobody knows is taken for a short
 * request. */
static size_t expected(const uint8_t *request, size_t count)
{
    if (count < 2)
        return 0;
    switch (request[1]) {
    case READ_HOLDING:
    case READ_INPUT:
    case WRITE_ONE: return 8;
    case WRITE_MANY: return count < 7 ? 0 : 9u + request[6];
    case SERVER_ID: return 4;
    default: return 8;
    }
}

static void spoil(struct slave_bus *bus, uint64_t *counter)
{
    ++*counter;
    bus->count = 0;
    bus->is_deaf = true;
}

static void try_frame(struct slave_bus *bus, int64_t now_us)
{
    size_t length = expected(bus->request, bus->count);
    if (!length || bus->count < length)
        return;
    if (bus->count > length) {
        spoil(bus, &bus->bus_counters.gap_errors);
        return;
    }
    if (length > SLAVE_FRAME_MAX || slave_crc(bus->request, length) != 0) {
        spoil(bus, &bus->bus_counters.crc_errors);
        return;
    }
    dispatch(bus, now_us);
    bus->count = 0;
    bus->is_ended = true;
}

/* A new frame begins with these bytes if the line was silent before them. */
static void note_silence(struct slave_bus *bus, int64_t now_us)
{
    bool is_silent = now_us - bus->last_us >= bus->gap_us;
    if (is_silent && bus->count)
        bus->bus_counters.crc_errors++;
    if (is_silent) {
        bus->count = 0;
        bus->is_deaf = false;
    } else if (bus->is_ended) {
        spoil(bus, &bus->bus_counters.gap_errors);
    }
    bus->is_ended = false;
    bus->last_us = now_us;
}

void slave_bus_feed(struct slave_bus *bus, int64_t now_us, const uint8_t *bytes, size_t count)
{
    if (count == 0)
        return;
    note_silence(bus, now_us);
    if (bus->is_deaf)
        return;
    if (count > SLAVE_FRAME_MAX - bus->count) {
        spoil(bus, &bus->bus_counters.crc_errors);
        return;
    }
    memcpy(bus->request + bus->count, bytes, count);
    bus->count += count;
    try_frame(bus, now_us);
}

int64_t slave_bus_due_us(const struct slave_bus *bus)
{
    return bus->nanswers ? bus->answer[0].at_us : INT64_MAX;
}

size_t slave_bus_take(struct slave_bus *bus, int64_t now_us, uint8_t out[SLAVE_FRAME_MAX])
{
    if (slave_bus_due_us(bus) > now_us)
        return 0;
    size_t count = bus->answer[0].count;
    memcpy(out, bus->answer[0].bytes, count);
    memmove(bus->answer, bus->answer + 1, --bus->nanswers * sizeof bus->answer[0]);
    bus->is_ended = false; /* whoever answers has waited: the next request is measured from the answer */
    return count;
}

/* ---- what is seen, and faults ---------------------------------------------------------------- */

void slave_view(const struct slave_bus *bus, unsigned index, struct slave_view *view)
{
    slave_unit_view(&bus->unit[index], view);
}

void slave_counters(const struct slave_bus *bus, unsigned index, struct slave_counters *counters)
{
    *counters = bus->counters[index];
    counters->writes = bus->unit[index].writes;
}

void slave_bus_counters(const struct slave_bus *bus, struct slave_bus_counters *counters)
{
    *counters = bus->bus_counters;
}

uint16_t slave_register(const struct slave_bus *bus, unsigned index, uint16_t reg)
{
    return slave_unit_has(&bus->unit[index], reg, 1) ? bus->unit[index].reg[reg] : 0;
}

void slave_set_power(struct slave_bus *bus, unsigned index, bool is_on)
{
    struct slave_unit *unit = &bus->unit[index];
    if (is_on == unit->is_powered)
        return;
    if (is_on)
        slave_unit_power_on(unit);
    else
        slave_unit_power_off(unit);
}

void slave_set_delay(struct slave_bus *bus, unsigned index, uint32_t delay_us)
{
    bus->fault[index].delay_us = delay_us;
}

void slave_drop_answers(struct slave_bus *bus, unsigned index, unsigned nth)
{
    bus->fault[index].drop_nth = nth;
    bus->fault[index].answers = 0;
}

void slave_set_exception(struct slave_bus *bus, unsigned index, uint8_t code)
{
    bus->fault[index].exception = code;
}

void slave_damage_answers(struct slave_bus *bus, unsigned index, unsigned nth)
{
    bus->fault[index].damage_nth = nth;
    bus->fault[index].answers = 0;
}
