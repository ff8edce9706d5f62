#include "drivers/led/modbus_wire.h"

#include "drivers/clock.h"
#include "drivers/led/modbus_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct modbus_wire {
    const struct modbus_port_ops *ops;
    struct modbus_port *port;
    char detail[PORT_DETAIL_MAX];
};

struct modbus_wire *modbus_wire_create(const struct led_bus_config *config)
{
    struct modbus_wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    wire->ops = led_bus_is_gateway(config) ? &modbus_tcp : &modbus_rtu;
    wire->port = wire->ops->create(config);
    if (wire->port)
        return wire;
    free(wire);
    return NULL;
}

void modbus_wire_destroy(struct modbus_wire *wire)
{
    if (!wire)
        return;
    wire->ops->close(wire->port);
    wire->ops->destroy(wire->port);
    free(wire);
}

int modbus_wire_open(struct modbus_wire *wire)
{
    *wire->detail = '\0';
    int error = wire->ops->open(wire->port, wire->detail);
    if (!error) /* when it is not open any more, this is why */
        snprintf(wire->detail, sizeof wire->detail, "%s", wire->ops->lost);
    else if (!*wire->detail)
        snprintf(wire->detail, sizeof wire->detail, "%.79s", strerror(-error));
    if (error && error != -EINPROGRESS)
        wire->ops->close(wire->port);
    return error;
}

void modbus_wire_close(struct modbus_wire *wire)
{
    wire->ops->close(wire->port);
}

const char *modbus_wire_detail(const struct modbus_wire *wire)
{
    return wire->detail;
}

uint16_t modbus_wire_latency_ms(const struct modbus_wire *wire)
{
    return wire->ops->latency_ms(wire->port);
}

bool modbus_wire_hears_itself(const struct modbus_wire *wire)
{
    return wire->ops->hears_itself(wire->port);
}

int modbus_wire_fd(const struct modbus_wire *wire)
{
    return wire->ops->fd(wire->port);
}

short modbus_wire_events(const struct modbus_wire *wire)
{
    return wire->ops->events(wire->port);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static unsigned build(const struct schedule_step *step, uint8_t *out)
{
    const struct led_write *write = &step->write;
    bool is_single = write->function == 5 || write->function == 6;
    uint16_t second = is_single ? write->value[0] : write->count;
    uint8_t head[] = { step->unit,       write->function, write->reg >> 8,
                       write->reg & 255, second >> 8,     second & 255 };
    memcpy(out, head, sizeof head);
    if (write->function == 17)
        return 2;
    if (write->function != 16)
        return sizeof head;
    out[6] = (uint8_t)(2 * write->count);
    for (unsigned i = 0; i < write->count; i++) {
        out[7 + 2 * i] = write->value[i] >> 8;
        out[8 + 2 * i] = write->value[i] & 255;
    }
    return 7u + 2u * write->count;
}

static int take_server_id(const uint8_t *answer, int length, struct schedule_result *result)
{
    if (answer[1] != 17 || length < 3 || length != 3 + answer[2])
        return -EPROTO;
    result->id.count = answer[2] < LED_SERVER_ID_MAX ? answer[2] : LED_SERVER_ID_MAX;
    memcpy(result->id.byte, answer + 3, result->id.count);
    return 0;
}

static int take_registers(const struct led_write *read, const uint8_t *answer, int length,
                          struct schedule_result *result)
{
    if (answer[1] != 3 || answer[2] != 2 * read->count || length != 3 + answer[2])
        return -EPROTO;
    for (unsigned i = 0; i < read->count; i++)
        result->value[i] = (uint16_t)(answer[3 + 2 * i] << 8 | answer[4 + 2 * i]);
    return 0;
}

static int take_coil(const uint8_t *answer, int length, struct schedule_result *result)
{
    if (answer[1] != 1 || answer[2] != 1 || length != 4)
        return -EPROTO;
    result->value[0] = answer[3] & 1 ? LED_COIL_ON : 0;
    return 0;
}

static int classify(const struct schedule_step *step, const uint8_t *request, const uint8_t *answer,
                    int length, struct schedule_result *result)
{
    uint8_t function = step->write.function;
    if (answer[1] == (function | 0x80) && length == 3) {
        result->exception = answer[2];
        return -EREMOTEIO;
    }
    if (function == 17)
        return take_server_id(answer, length, result);
    if (function == 3)
        return take_registers(&step->write, answer, length, result);
    if (function == 1)
        return take_coil(answer, length, result);
    /* an echo of unit, function, register, and value or count */
    return length == 6 && memcmp(answer, request, 6) == 0 ? 0 : -EPROTO;
}

/* ---- one transaction ------------------------------------------------------------------------- */

static bool is_result(int error)
{
    return error >= 0 || error == -ETIMEDOUT || error == -EBADMSG || error == -EPROTO;
}

/* A damaged answer may be noise ahead of the right one, which then comes late: it is waited for as after
 * silence. */
static int settle(struct modbus_wire *wire, const struct schedule_step *step, struct schedule_result *result)
{
    bool is_answered = !result->error || result->error == -EREMOTEIO;
    if (is_answered && !step->is_probe)
        return 0;
    int more = wire->ops->settle(wire->port, result->wire_us + step->timeout_us + step->quiet_us);
    if (!is_answered)
        result->done_us = monotonic_us();
    else if (more > 0)
        result->error = -EBADMSG;
    return more;
}

static int ask(struct modbus_wire *wire, const struct schedule_step *step, const uint8_t *request,
               struct schedule_result *result)
{
    uint8_t answer[PORT_FRAME_MAX] = { 0 };
    int length = wire->ops->receive(wire->port, step, answer);
    if (!is_result(length))
        return length;
    result->error = length < 0 ? length : classify(step, request, answer, length, result);
    result->done_us = monotonic_us();
    return settle(wire, step, result);
}

int modbus_wire_exchange(struct modbus_wire *wire, const struct schedule_step *step,
                         struct schedule_result *result)
{
    uint8_t request[PORT_FRAME_MAX] = { 0 };
    unsigned length = build(step, request);
    *result = (struct schedule_result){ .start_us = monotonic_us() };
    int error = wire->ops->send(wire->port, step, request, length);
    result->wire_us = result->done_us = monotonic_us();
    if (!error && step->unit == 0) {
        error = wire->ops->rest(wire->port, step, length);
        result->done_us = monotonic_us();
    } else if (!error) {
        error = ask(wire, step, request, result);
    }
    return error < 0 ? -ENODEV : 0;
}
