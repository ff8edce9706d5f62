#include "sim/slave.h"

#include "sim/slave_answer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fault {
    uint32_t delay_us;
    unsigned drop_nth, damage_nth, answers;
    uint8_t exception;
    bool is_anew;
    struct slave_faults rates;
    size_t last_count; /* the answer before, for SLAVE_STALE */
    uint8_t last[SLAVE_FRAME_MAX];
};

struct slave_bus {
    uint32_t gap_us;
    struct led_serial line; /* baud 0: a line without speed */
    uint64_t chance;
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

    struct answers answers;
};

struct slave_bus *slave_bus_create(uint32_t gap_us)
{
    struct slave_bus *bus = calloc(1, sizeof *bus);
    if (bus) {
        bus->gap_us = gap_us;
        bus->last_us = INT64_MIN / 2;
        slave_seed(bus, 1);
    }
    return bus;
}

void slave_bus_destroy(struct slave_bus *bus)
{
    free(bus);
}

void slave_bus_set_line(struct slave_bus *bus, const struct led_serial *serial)
{
    bus->line = serial ? *serial : (struct led_serial){ 0 };
}

static int64_t line_us(const struct slave_bus *bus, size_t count)
{
    return bus->line.baud ? relay_bytes_us(&bus->line, count) : 0;
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
    struct slave_unit *unit = &bus->unit[bus->nunits];
    slave_unit_init(unit, found);
    slave_unit_set(unit, address, bus->line.baud ? &bus->line : NULL);
    bus->fault[bus->nunits].delay_us = found->delay_us;
    slave_unit_power_on(unit);
    return (int)bus->nunits++;
}

unsigned slave_bus_units(const struct slave_bus *bus)
{
    return bus->nunits;
}

/* ---- answers --------------------------------------------------------------------------------- */

static bool is_nth(unsigned answers, unsigned nth)
{
    return nth && answers % nth == 0;
}

static bool happens(struct slave_bus *bus, unsigned index, enum slave_fault fault)
{
    uint16_t permille = bus->fault[index].rates.permille[fault];
    bool is = permille && answer_chance(&bus->chance) % 1000 < permille;
    bus->counters[index].faults += is;
    return is;
}

static bool hears(const struct slave_bus *bus, const struct led_serial *serial)
{
    return !bus->line.baud || (serial->baud == bus->line.baud && serial->parity == bus->line.parity);
}

static void push(struct slave_bus *bus, int64_t at_us, const uint8_t *bytes, size_t count, bool is_echo)
{
    answers_add(&bus->answers, &(struct answer){ .at_us = at_us, .is_echo = is_echo, .count = count }, bytes);
}

static int refusal(struct slave_bus *bus, unsigned index)
{
    static const uint8_t codes[] = { 1, 2, 3, 4, 8 };
    const struct fault *fault = &bus->fault[index];
    if (fault->exception)
        return fault->exception;
    if (!happens(bus, index, SLAVE_REFUSE))
        return 0;
    return fault->rates.exception ? fault->rates.exception
                                  : codes[answer_chance(&bus->chance) % sizeof codes];
}

/* The request does not come through; true: it is over. */
static bool is_lost(struct slave_bus *bus, unsigned index, int64_t now_us)
{
    struct fault *fault = &bus->fault[index];
    if (happens(bus, index, SLAVE_REBOOT)) {
        slave_unit_power_on(&bus->unit[index]);
        return true;
    }
    if (happens(bus, index, SLAVE_LOST))
        return true;
    if (!slave_is_write(bus->request[1]) || !happens(bus, index, SLAVE_STALE))
        return false;
    if (fault->last_count)
        push(bus, now_us + fault->delay_us, fault->last, fault->last_count, false);
    return true;
}

static void spoil_answer(struct slave_bus *bus, unsigned index, uint8_t *frame, size_t *count)
{
    if (happens(bus, index, SLAVE_NOISE))
        frame[answer_chance(&bus->chance) % *count] ^= (uint8_t)(1 + answer_chance(&bus->chance) % 255);
    if (happens(bus, index, SLAVE_HALF))
        *count = 1 + answer_chance(&bus->chance) % (*count - 1);
    if (happens(bus, index, SLAVE_GARBAGE_BEFORE))
        *count = answer_garbage(&bus->chance, frame, *count, 0);
    if (happens(bus, index, SLAVE_GARBAGE_AFTER))
        *count = answer_garbage(&bus->chance, frame, *count, *count);
}

/* `before` are its address and speed as they were when it was asked. */
static void answer(struct slave_bus *bus, unsigned index, const struct slave_unit *before,
                   const uint8_t *body, int length, int64_t now_us)
{
    struct fault *fault = &bus->fault[index];
    const struct slave_unit *from = fault->is_anew ? &bus->unit[index] : before;
    uint8_t frame[SLAVE_FRAME_MAX] = { from->address, bus->request[1] };
    size_t count = 2 + (size_t)(length < 0 ? 1 : length);
    if (length < 0) {
        bus->counters[index].exceptions++;
        frame[1] |= 0x80;
        frame[2] = (uint8_t)-length;
    } else {
        memcpy(frame + 2, body, (size_t)length);
    }
    if (happens(bus, index, SLAVE_WRONG_UNIT))
        frame[0] = (uint8_t)(1 + frame[0] % 247);
    count = answer_seal(frame, count, is_nth(fault->answers, fault->damage_nth));
    memcpy(fault->last, frame, count);
    fault->last_count = count;
    spoil_answer(bus, index, frame, &count);
    if (!hears(bus, &from->serial))
        answer_scramble(&bus->chance, frame, count);
    int64_t late_us = happens(bus, index, SLAVE_LATE) ? fault->rates.late_us : 0;
    push(bus, now_us + fault->delay_us + late_us, frame, count, false);
}

static void serve(struct slave_bus *bus, unsigned index, int64_t now_us)
{
    struct slave_unit *unit = &bus->unit[index],
                      before = { .address = unit->address, .serial = unit->serial };
    struct fault *fault = &bus->fault[index];
    uint8_t body[SLAVE_FRAME_MAX];
    bus->counters[index].requests++;
    if (is_lost(bus, index, now_us))
        return;
    int exception = refusal(bus, index);
    int length = exception ? -exception : slave_carry_out(unit, bus->request, body);
    fault->answers++;
    if (is_nth(fault->answers, fault->drop_nth)) {
        bus->counters[index].dropped++;
        return;
    }
    if (length != 0 && !happens(bus, index, SLAVE_MUTE))
        answer(bus, index, &before, body, length, now_us);
}

static void broadcast(struct slave_bus *bus)
{
    uint8_t ignored[SLAVE_FRAME_MAX];
    for (unsigned i = 0; i < bus->nunits; i++) {
        struct slave_unit *unit = &bus->unit[i];
        if (!unit->is_powered || !unit->model->group || !hears(bus, &unit->serial))
            continue;
        bus->counters[i].broadcasts++;
        if (!unit->model->group(unit, bus->request) && slave_is_write(bus->request[1]))
            slave_carry_out(unit, bus->request, ignored);
    }
}

static void babble(struct slave_bus *bus, unsigned index, int64_t now_us)
{
    uint8_t bytes[SLAVE_FRAME_MAX];
    if (!happens(bus, index, SLAVE_BABBLE))
        return;
    size_t count = answer_garbage(&bus->chance, bytes, 0, 0);
    push(bus, now_us + (int64_t)(answer_chance(&bus->chance) % 10000), bytes, count, false);
}

/* It is the adapter's, whoever is asked, also nobody: so the first board's chance of it counts. */
static void echo(struct slave_bus *bus, int64_t now_us)
{
    if (bus->nunits && happens(bus, 0, SLAVE_ECHO))
        push(bus, now_us, bus->request, bus->count, true);
}

static void dispatch(struct slave_bus *bus, int64_t now_us)
{
    uint8_t asked = bus->request[0];
    bus->bus_counters.frames++;
    echo(bus, now_us);
    if (asked == 0) {
        broadcast(bus);
        return;
    }
    for (unsigned i = 0; i < bus->nunits; i++) {
        const struct slave_unit *unit = &bus->unit[i];
        if (!unit->is_powered)
            continue;
        if (unit->address != asked)
            babble(bus, i, now_us);
        else if (hears(bus, &unit->serial))
            serve(bus, i, now_us);
    }
}

/* ---- framing --------------------------------------------------------------------------------- */

static void spoil(struct slave_bus *bus, uint64_t *counter)
{
    ++*counter;
    bus->count = 0;
    bus->is_deaf = true;
}

static void try_frame(struct slave_bus *bus, int64_t now_us)
{
    size_t length = slave_request_length(bus->request, bus->count);
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
static void note_silence(struct slave_bus *bus, int64_t begin_us, int64_t now_us)
{
    bool is_silent = begin_us - bus->last_us >= bus->gap_us;
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
    slave_bus_pass(bus, now_us);
    if (count == 0)
        return;
    note_silence(bus, now_us - line_us(bus, count), now_us);
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
    return answers_due_us(&bus->answers);
}

size_t slave_bus_take(struct slave_bus *bus, int64_t now_us, uint8_t out[SLAVE_FRAME_MAX])
{
    slave_bus_pass(bus, now_us);
    int64_t at_us = slave_bus_due_us(bus);
    if (at_us > now_us)
        return 0;
    size_t count = answers_take(&bus->answers, &bus->line, out, &bus->bus_counters.collisions);
    bus->is_ended = bus->line.baud > 0; /* without a speed, whoever answers has waited */
    if (bus->line.baud)
        bus->last_us = at_us + line_us(bus, count);
    return count;
}

void slave_bus_pass(struct slave_bus *bus, int64_t now_us)
{
    for (unsigned i = 0; i < bus->nunits; i++)
        slave_unit_pass(&bus->unit[i], now_us);
}

int64_t slave_bus_change_us(const struct slave_bus *bus)
{
    int64_t first_us = INT64_MAX;
    for (unsigned i = 0; i < bus->nunits; i++)
        if (bus->unit[i].is_powered && !bus->unit[i].is_safe && bus->unit[i].safe_us < first_us)
            first_us = bus->unit[i].safe_us;
    return first_us;
}

/* ---- what is seen, what is done by hand, and faults ------------------------------------------ */

void slave_view(const struct slave_bus *bus, unsigned index, struct slave_view *view)
{
    slave_unit_view(&bus->unit[index], view);
}

void slave_counters(const struct slave_bus *bus, unsigned index, struct slave_counters *counters)
{
    *counters = bus->counters[index];
    counters->writes = bus->unit[index].writes;
    counters->flash_writes = bus->unit[index].flash_writes;
}

void slave_bus_counters(const struct slave_bus *bus, struct slave_bus_counters *counters)
{
    *counters = bus->bus_counters;
}

uint16_t slave_register(const struct slave_bus *bus, unsigned index, uint16_t reg)
{
    return slave_unit_reg(&bus->unit[index], reg);
}

struct led_serial slave_settings(const struct slave_bus *bus, unsigned index)
{
    return bus->unit[index].serial;
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

void slave_set_settings(struct slave_bus *bus, unsigned index, uint8_t address,
                        const struct led_serial *serial)
{
    slave_unit_set(&bus->unit[index], address, serial);
}

void slave_set_new(struct slave_bus *bus, unsigned index)
{
    struct slave_unit *unit = &bus->unit[index];
    uint64_t changes = unit->changes;
    slave_unit_init(unit, unit->model);
    unit->changes = changes;
    slave_unit_power_on(unit);
}

void slave_answer_anew(struct slave_bus *bus, unsigned index, bool is_anew)
{
    bus->fault[index].is_anew = is_anew;
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

void slave_set_faults(struct slave_bus *bus, unsigned index, const struct slave_faults *faults)
{
    bus->fault[index].rates = *faults;
}

void slave_seed(struct slave_bus *bus, uint64_t seed)
{
    bus->chance = seed * UINT64_C(2862933555777941757) + UINT64_C(3037000493);
}
