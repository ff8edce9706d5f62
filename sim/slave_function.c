#include "sim/slave_model.h"

#include <string.h>

static uint16_t word(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static int read_registers(const struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    uint16_t first = word(request + 2), count = word(request + 4);
    if (count < 1 || count > 125)
        return -ILLEGAL_VALUE;
    if (!slave_unit_has(unit, first, count))
        return -ILLEGAL_ADDRESS;
    answer[0] = (uint8_t)(2 * count);
    for (unsigned i = 0; i < count; i++) {
        uint16_t value = slave_unit_reg(unit, (uint16_t)(first + i));
        answer[1 + 2 * i] = value >> 8;
        answer[2 + 2 * i] = value & 255;
    }
    return 1 + 2 * count;
}

static int read_coils(const struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    uint16_t first = word(request + 2), count = word(request + 4);
    if (count < 1 || count > 2000)
        return -ILLEGAL_VALUE;
    if (!slave_unit_has_coils(unit, first, count))
        return -ILLEGAL_ADDRESS;
    answer[0] = (uint8_t)((count + 7) / 8);
    memset(answer + 1, 0, answer[0]);
    for (unsigned i = 0; i < count; i++)
        answer[1 + i / 8] |= (uint8_t)(unit->coil[first + i] << i % 8);
    return 1 + answer[0];
}

/* Single writes are answered by themselves, others by their place and count: the same four bytes. */
static int acknowledge(int exception, const uint8_t *request, uint8_t *answer)
{
    memcpy(answer, request + 2, 4);
    return exception ? -exception : 4;
}

static int write_one(struct slave_unit *unit, const uint8_t *request)
{
    uint16_t value = word(request + 4);
    return slave_unit_write(unit, WRITE_ONE, word(request + 2), 1, &value);
}

static int write_many(struct slave_unit *unit, const uint8_t *request)
{
    uint16_t count = word(request + 4), value[123];
    if (count < 1 || count > 123 || request[6] != 2 * count)
        return ILLEGAL_VALUE;
    for (unsigned i = 0; i < count; i++)
        value[i] = word(request + 7 + 2 * i);
    return slave_unit_write(unit, WRITE_MANY, word(request + 2), count, value);
}

static int write_coil(struct slave_unit *unit, const uint8_t *request)
{
    uint16_t value = word(request + 4);
    if (value != 0 && value != 0xFF00)
        return ILLEGAL_VALUE;
    return slave_unit_write_coils(unit, word(request + 2), 1, &(bool){ value != 0 });
}

static int write_coils(struct slave_unit *unit, const uint8_t *request)
{
    uint16_t count = word(request + 4);
    bool value[SLAVE_COILS];
    if (count < 1 || count > 1968 || request[6] != (count + 7) / 8)
        return ILLEGAL_VALUE;
    if (count > SLAVE_COILS)
        return ILLEGAL_ADDRESS;
    for (unsigned i = 0; i < count; i++)
        value[i] = request[7 + i / 8] >> i % 8 & 1;
    return slave_unit_write_coils(unit, word(request + 2), count, value);
}

static int server_id(const struct slave_unit *unit, uint8_t *answer)
{
    size_t length = strlen(unit->model->server_id);
    answer[0] = (uint8_t)length;
    memcpy(answer + 1, unit->model->server_id, length);
    return 1 + (int)length;
}

int slave_carry_out(struct slave_unit *unit, const uint8_t *request, uint8_t *answer)
{
    uint8_t function = request[1];
    if (function >= 32 || !(unit->model->functions >> function & 1))
        return unit->model->is_mute ? 0 : -ILLEGAL_FUNCTION;
    switch (function) {
    case READ_COILS: return read_coils(unit, request, answer);
    case READ_HOLDING:
    case READ_INPUT: return read_registers(unit, request, answer);
    case WRITE_COIL: return acknowledge(write_coil(unit, request), request, answer);
    case WRITE_ONE: return acknowledge(write_one(unit, request), request, answer);
    case WRITE_COILS: return acknowledge(write_coils(unit, request), request, answer);
    case WRITE_MANY: return acknowledge(write_many(unit, request), request, answer);
    default: return server_id(unit, answer);
    }
}

/* A function that nobody knows is taken for a short request. */
size_t slave_request_length(const uint8_t *request, size_t count)
{
    if (count < 2)
        return 0;
    switch (request[1]) {
    case WRITE_COILS:
    case WRITE_MANY: return count < 7 ? 0 : 9u + request[6];
    case SERVER_ID: return 4;
    default: return 8;
    }
}

bool slave_is_write(uint8_t function)
{
    return function == WRITE_COIL || function == WRITE_ONE || function == WRITE_COILS ||
           function == WRITE_MANY;
}
