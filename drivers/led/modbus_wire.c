#include "drivers/led/modbus_wire.h"

#include "drivers/clock.h"

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BABBLE_US 200000 /* a line that never falls silent is given up for this transaction */

struct modbus_wire {
    const struct led_bus_config *config;
    modbus_t *modbus; /* NULL while closed */
    uint32_t gap_us;
    int64_t last_us; /* of the last byte on the line, as far as we know */
};

static void sleep_until(int64_t at_us)
{
    struct timespec at = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

struct modbus_wire *modbus_wire_create(const struct led_bus_config *config)
{
    struct modbus_wire *wire = calloc(1, sizeof *wire);
    if (!wire)
        return NULL;
    wire->config = config;
    wire->gap_us = schedule_gap_us(config);
    return wire;
}

void modbus_wire_destroy(struct modbus_wire *wire)
{
    if (!wire)
        return;
    modbus_wire_close(wire);
    free(wire);
}

/* ---- the port -------------------------------------------------------------------------------- */

void modbus_wire_close(struct modbus_wire *wire)
{
    if (!wire->modbus)
        return;
    modbus_close(wire->modbus);
    modbus_free(wire->modbus);
    wire->modbus = NULL;
}

/* Between the chunks of one answer: four gaps, two ticks of an adapter, and never below what a loaded Linux
 * needs. */
static uint32_t byte_timeout_us(const struct modbus_wire *wire)
{
    uint32_t gaps = 4 * wire->gap_us, ticks = 2000u * wire->config->adapter_latency_ms;
    uint32_t longest = gaps > ticks ? gaps : ticks;
    return longest > 20000 ? longest : 20000;
}

static int connect_port(struct modbus_wire *wire)
{
    if (modbus_set_byte_timeout(wire->modbus, 0, byte_timeout_us(wire)) < 0 ||
        modbus_connect(wire->modbus) < 0)
        return -errno;
    int fd = modbus_get_socket(wire->modbus);
    if (fd >= FD_SETSIZE)
        return -EMFILE; /* before 3.1.12 the library puts any descriptor into an fd_set */
    return isatty(fd) ? 0 : -ENOTTY;
}

int modbus_wire_open(struct modbus_wire *wire)
{
    const struct led_bus_config *config = wire->config;
    modbus_wire_close(wire);
    wire->modbus = modbus_new_rtu(config->device, config->baud, config->parity, 8, config->stop_bits);
    if (!wire->modbus)
        return -errno;
    int error = connect_port(wire);
    if (error)
        modbus_wire_close(wire);
    wire->last_us = monotonic_us();
    return error;
}

int modbus_wire_fd(const struct modbus_wire *wire)
{
    return wire->modbus ? modbus_get_socket(wire->modbus) : -1;
}

/* ---- one transaction ------------------------------------------------------------------------- */

static int build(const struct schedule_step *step, uint8_t *out)
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
    return 7 + 2 * write->count;
}

/* Foreign error numbers stop here: 0 or what schedule_result.error may be; anything else means that the port
 * is lost. */
static int from_library(int error)
{
    switch (error) {
    case ETIMEDOUT: return -ETIMEDOUT;
    case EMBBADCRC: return -EBADMSG;
    case EMBBADDATA:
    case EMBBADSLAVE:
    case EMBMDATA: return -EPROTO;
    default: return -ENODEV;
    }
}

static int send_request(struct modbus_wire *wire, const struct schedule_step *step, const uint8_t *request,
                        int length)
{
    sleep_until(wire->last_us + wire->gap_us);
    uint8_t copy[7 + 2 * LED_REGS_MAX];
    memcpy(copy, request, sizeof copy); /* 3.1.6 wants bytes that it may change */
    if (modbus_set_slave(wire->modbus, step->unit) < 0 || modbus_flush(wire->modbus) < 0 ||
        modbus_send_raw_request(wire->modbus, copy, length) < 0)
        return -ENODEV;
    return 0;
}

static int set_response_timeout(struct modbus_wire *wire, int64_t deadline_us)
{
    int64_t left_us = deadline_us - monotonic_us();
    if (left_us <= 0)
        return -ETIMEDOUT;
    modbus_set_response_timeout(wire->modbus, (uint32_t)(left_us / 1000000), (uint32_t)(left_us % 1000000));
    return 0;
}

static bool is_of_another(const uint8_t *answer, int length, const struct schedule_step *step)
{
    return length == 0 ||
           answer[0] != step->unit; /* 3.1.6 returns 0 for another unit's frame, later ones an error */
}

/* The answer's length without CRC, or an error. "Answer from an unexpected slave": the time-out keeps running
 * (Modbus over Serial Line V1.02, 2.4.1). */
static int receive(struct modbus_wire *wire, const struct schedule_step *step, int64_t deadline_us,
                   uint8_t *answer)
{
    for (;;) {
        int error = set_response_timeout(wire, deadline_us);
        if (error)
            return error;
        int length = modbus_receive_confirmation(wire->modbus, answer);
        if (length < 0 && errno != EMBBADSLAVE)
            return from_library(errno);
        if (length > 4 && !is_of_another(answer, length, step))
            return length - 2;
    }
}

static int take_server_id(const uint8_t *answer, int length, struct schedule_result *result)
{
    if (answer[1] != 17 || length < 3 || length != 3 + answer[2])
        return -EPROTO;
    result->id.count = answer[2] < LED_SERVER_ID_MAX ? answer[2] : LED_SERVER_ID_MAX;
    memcpy(result->id.byte, answer + 3, result->id.count);
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
    if (function != 3) /* an echo of unit, function, register, and value or count */
        return length == 6 && memcmp(answer, request, 6) == 0 ? 0 : -EPROTO;
    if (answer[1] != 3 || answer[2] != 2 * step->write.count || length != 3 + answer[2])
        return -EPROTO;
    for (unsigned i = 0; i < step->write.count; i++)
        result->value[i] = (uint16_t)(answer[3 + 2 * i] << 8 | answer[4 + 2 * i]);
    return 0;
}

/* Throws away what arrives, until the line was silent for `silence_us`. */
static int listen_for_silence(struct modbus_wire *wire, uint32_t silence_us)
{
    struct pollfd port = { .fd = modbus_get_socket(wire->modbus), .events = POLLIN };
    int64_t give_up_us = monotonic_us() + silence_us + BABBLE_US;
    while (monotonic_us() < give_up_us) {
        struct timespec wait = { .tv_sec = silence_us / 1000000, .tv_nsec = silence_us % 1000000 * 1000 };
        int ready = ppoll(&port, 1, &wait, NULL);
        if (ready == 0)
            return 0;
        if (ready < 0 || port.revents & (POLLERR | POLLHUP | POLLNVAL))
            return -ENODEV;
        tcflush(port.fd, TCIFLUSH);
        silence_us = 2 * wire->gap_us; /* it has come: only its end is to be waited for */
    }
    return 0;
}

static bool is_port_lost(int error)
{
    return error == -ENODEV;
}

int modbus_wire_exchange(struct modbus_wire *wire, const struct schedule_step *step,
                         struct schedule_result *result)
{
    uint8_t request[7 + 2 * LED_REGS_MAX] = { 0 }, answer[MODBUS_RTU_MAX_ADU_LENGTH];
    int length = build(step, request);
    *result = (struct schedule_result){ .start_us = monotonic_us() };
    int error = send_request(wire, step, request, length);
    if (error)
        return error;
    result->wire_us = monotonic_us();
    if (step->unit == 0) {
        sleep_until(result->wire_us + schedule_wire_us(wire->config, (unsigned)length + 2) +
                    step->timeout_us);
        wire->last_us = result->done_us = monotonic_us();
        return 0;
    }
    length = receive(wire, step, result->wire_us + step->timeout_us, answer);
    result->error = length < 0 ? length : classify(step, request, answer, length, result);
    if (result->error && result->error != -EREMOTEIO && !is_port_lost(result->error))
        error = listen_for_silence(wire, result->error == -ETIMEDOUT ? step->quiet_us : 2 * wire->gap_us);
    wire->last_us = result->done_us = monotonic_us();
    return is_port_lost(result->error) ? result->error : error;
}
