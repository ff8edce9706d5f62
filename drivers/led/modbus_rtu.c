/* The serial line, over libmodbus. The only owner of modbus.h. */
#include "drivers/clock.h"
#include "drivers/led/modbus_port.h"
#include "drivers/led/serial.h"

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BABBLE_US 200000 /* a line that never falls silent is given up for this transaction */

struct modbus_port {
    const struct led_bus_config *config;
    uint16_t configured_latency_ms, latency_ms;
    modbus_t *modbus;         /* NULL while closed */
    struct led_serial serial; /* as the port is set now */
    uint32_t gap_us;
    int64_t last_us; /* of the last byte on the line, as far as we know */
};

static void sleep_until(int64_t at_us)
{
    struct timespec at = { .tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000 };
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

static int fd_of(const struct modbus_port *port)
{
    return port->modbus ? modbus_get_socket(port->modbus) : -1;
}

static short events_of(const struct modbus_port *port)
{
    (void)port;
    return 0;
}

static uint16_t latency_of(const struct modbus_port *port)
{
    return port->latency_ms;
}

static struct modbus_port *create(const struct led_bus_config *config)
{
    struct modbus_port *port = calloc(1, sizeof *port);
    if (!port)
        return NULL;
    port->config = config;
    port->configured_latency_ms = port->latency_ms = config->adapter_latency_ms;
    return port;
}

static void destroy(struct modbus_port *port)
{
    free(port);
}

/* ---- line settings --------------------------------------------------------------------------- */

static struct led_serial own_serial(const struct modbus_port *port)
{
    return (struct led_serial){ port->config->baud, port->config->parity, port->config->stop_bits };
}

static struct led_bus_config line_of(const struct led_serial *serial)
{
    return (struct led_bus_config){ .baud = serial->baud,
                                    .parity = serial->parity,
                                    .stop_bits = serial->stop_bits };
}

/* Between the chunks of one answer: four gaps, two ticks of an adapter, and never below what a loaded Linux
 * needs. */
static uint32_t byte_timeout_us(const struct modbus_port *port)
{
    uint32_t gaps = 4 * port->gap_us, ticks = 2000u * port->latency_ms;
    uint32_t longest = gaps > ticks ? gaps : ticks;
    return longest > 20000 ? longest : 20000;
}

static int keep_times(struct modbus_port *port, const struct led_serial *serial)
{
    const struct led_bus_config line = line_of(serial);
    port->serial = *serial;
    port->gap_us = schedule_gap_us(&line);
    uint32_t timeout_us = byte_timeout_us(port);
    return modbus_set_byte_timeout(port->modbus, timeout_us / 1000000, timeout_us % 1000000) < 0 ? -errno : 0;
}

static int use_serial(struct modbus_port *port, const struct led_serial *serial)
{
    if (serial->baud == port->serial.baud && serial->parity == port->serial.parity &&
        serial->stop_bits == port->serial.stop_bits)
        return 0;
    int error = serial_set(fd_of(port), serial);
    port->last_us = monotonic_us(); /* what was on the line belongs to other settings */
    return error ? error : keep_times(port, serial);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void close_port(struct modbus_port *port)
{
    if (!port->modbus)
        return;
    modbus_close(port->modbus);
    modbus_free(port->modbus);
    port->modbus = NULL;
}

static void shorten_latency(struct modbus_port *port)
{
    int latency_ms = serial_shorten_latency(fd_of(port), "/sys");
    port->latency_ms = latency_ms > 0 ? (uint16_t)latency_ms : port->configured_latency_ms;
}

static int connect_port(struct modbus_port *port, char detail[PORT_DETAIL_MAX])
{
    struct led_serial serial = own_serial(port);
    if (modbus_connect(port->modbus) < 0)
        return -errno;
    int fd = fd_of(port);
    if (fd >= FD_SETSIZE)
        return -EMFILE; /* before 3.1.12 the library puts any descriptor into an fd_set */
    if (!isatty(fd))
        return -ENOTTY;
    shorten_latency(port);
    int error = keep_times(port, &serial);
    if (!error && port->config->rs485.is_wanted)
        error = serial_set_rs485(fd, &port->config->rs485, detail, PORT_DETAIL_MAX);
    return error;
}

static int open_port(struct modbus_port *port, char detail[PORT_DETAIL_MAX])
{
    const struct led_bus_config *config = port->config;
    close_port(port);
    port->modbus = modbus_new_rtu(config->device, config->baud, config->parity, 8, config->stop_bits);
    if (!port->modbus)
        return -errno;
    port->last_us = monotonic_us();
    return connect_port(port, detail);
}

/* ---- traffic --------------------------------------------------------------------------------- */

static int send_frame(struct modbus_port *port, const struct schedule_step *step, const uint8_t *frame,
                      unsigned length)
{
    uint8_t copy[PORT_FRAME_MAX];
    memcpy(copy, frame, sizeof copy); /* 3.1.6 wants bytes that it may change */
    if (use_serial(port, &step->serial))
        return -ENODEV;
    sleep_until(port->last_us + port->gap_us);
    /* Not modbus_flush(): that one drops what is unsent, too. */
    if (modbus_set_slave(port->modbus, step->unit) < 0 || tcflush(fd_of(port), TCIFLUSH) < 0 ||
        modbus_send_raw_request(port->modbus, copy, (int)length) < 0)
        return -ENODEV;
    port->last_us = monotonic_us();
    return 0;
}

/* Foreign error numbers stop here. */
static int from_library(int error)
{
    switch (error) {
    case ETIMEDOUT: return -ETIMEDOUT;
    case EMBBADCRC:
    case EMBBADDATA:
    case EMBMDATA: return -EBADMSG; /* no whole frame came; one with other contents is told by its reader */
    default: return -ENODEV;
    }
}

static int set_response_timeout(struct modbus_port *port, int64_t deadline_us)
{
    int64_t left_us = deadline_us - monotonic_us();
    if (left_us <= 0)
        return -ETIMEDOUT;
    modbus_set_response_timeout(port->modbus, (uint32_t)(left_us / 1000000), (uint32_t)(left_us % 1000000));
    return 0;
}

/* 3.1.6 returns 0 for another unit's frame, later ones an error. */
static bool is_of_another(const uint8_t *answer, int length, const struct schedule_step *step)
{
    return length == 0 || answer[0] != step->unit;
}

/* "Answer from an unexpected slave": the time-out keeps running (Modbus over Serial Line V1.02, 2.4.1). */
static int receive_frame(struct modbus_port *port, const struct schedule_step *step,
                         uint8_t frame[PORT_FRAME_MAX])
{
    int64_t deadline_us = port->last_us + step->timeout_us;
    for (;;) {
        uint8_t answer[MODBUS_RTU_MAX_ADU_LENGTH];
        int error = set_response_timeout(port, deadline_us);
        if (error)
            return error;
        int length = modbus_receive_confirmation(port->modbus, answer);
        port->last_us = monotonic_us();
        if (length < 0 && errno != EMBBADSLAVE)
            return from_library(errno);
        if (length <= 4 || is_of_another(answer, length, step))
            continue;
        memcpy(frame, answer, (size_t)length - 2);
        return length - 2;
    }
}

static int rest(struct modbus_port *port, const struct schedule_step *step, unsigned length)
{
    const struct led_bus_config line = line_of(&port->serial);
    uint32_t wire_us = schedule_wire_us(&line, length + 2);
    serial_drain(fd_of(port), 2 * wire_us + port->latency_ms * 1000u + SCHEDULE_MARGIN_US);
    int64_t sent_us = port->last_us + wire_us, now = monotonic_us();
    sleep_until((sent_us > now ? sent_us : now) + step->timeout_us);
    port->last_us = monotonic_us();
    return 0;
}

static int wait_for_bytes(const struct modbus_port *port, int64_t wait_us)
{
    struct pollfd fd = { .fd = fd_of(port), .events = POLLIN };
    struct timespec wait = { .tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000 };
    int ready = ppoll(&fd, 1, &wait, NULL);
    return ready < 0 || fd.revents & (POLLERR | POLLHUP | POLLNVAL) ? -ENODEV : ready;
}

static int settle(struct modbus_port *port, int64_t until_us)
{
    int64_t silence_us = 2 * port->gap_us, now = monotonic_us(), give_up_us = until_us + BABBLE_US;
    bool has_come = false;
    while (now < give_up_us) {
        int ready = wait_for_bytes(port, until_us - now > silence_us ? until_us - now : silence_us);
        port->last_us = now = monotonic_us();
        if (ready <= 0)
            return ready < 0 ? ready : has_come;
        tcflush(fd_of(port), TCIFLUSH);
        has_come = true;
    }
    return has_come;
}

const struct modbus_port_ops modbus_rtu = {
    .lost = "the serial port went away",
    .create = create,
    .destroy = destroy,
    .open = open_port,
    .close = close_port,
    .fd = fd_of,
    .events = events_of,
    .latency_ms = latency_of,
    .send = send_frame,
    .receive = receive_frame,
    .rest = rest,
    .settle = settle,
};
