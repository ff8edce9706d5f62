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

#define BABBLE_US  200000           /* a line that never falls silent is given up for this transaction */
#define ECHO_US    INT64_C(5000000) /* so long it is believed whether the adapter hears itself */
#define SUSPECT_US INT64_C(1000000) /* damaged answers are a reason to look anew, at most so often */
#define NOBODY     248              /* reserved: no unit has it (Modbus over Serial Line V1.02, 2.2) */

/* Does the adapter hear what it sends? */
enum ear { DEAF, HEARS_ITSELF, UNSURE };

struct modbus_port {
    const struct led_bus_config *config;
    uint16_t configured_latency_ms, latency_ms;
    modbus_t *modbus;         /* NULL while closed */
    struct led_serial serial; /* as the port is set now */
    uint32_t gap_us;
    int64_t last_us; /* of the last byte on the line, as far as we know */
    unsigned nsent;
    uint8_t sent[PORT_FRAME_MAX]; /* the last request */
    enum ear ear;
    int64_t listened_us; /* that was found out then; 0: not yet */
    bool is_suspect;     /* it may have changed: to be found out before the next frame */
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
    port->ear = DEAF;
    port->is_suspect = false;
    port->listened_us = 0;
    return connect_port(port, detail);
}

/* ---- traffic --------------------------------------------------------------------------------- */

static int wait_for_bytes(const struct modbus_port *port, int64_t wait_us)
{
    struct pollfd fd = { .fd = fd_of(port), .events = POLLIN };
    struct timespec wait = { .tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000 };
    int ready = ppoll(&fd, 1, &wait, NULL);
    return ready < 0 || fd.revents & (POLLERR | POLLHUP | POLLNVAL) ? -ENODEV : ready;
}

static int put(struct modbus_port *port, const uint8_t *frame, unsigned length)
{
    uint8_t copy[PORT_FRAME_MAX]; /* 3.1.6 wants bytes that it may change */
    memcpy(copy, frame, length);
    memcpy(port->sent, frame, length);
    port->nsent = length;
    sleep_until(port->last_us + port->gap_us);
    /* Not modbus_flush(): that one drops what is unsent, too. */
    if (tcflush(fd_of(port), TCIFLUSH) < 0 || modbus_send_raw_request(port->modbus, copy, (int)length) < 0)
        return -ENODEV;
    port->last_us = monotonic_us();
    return 0;
}

/* ---- an adapter that hears itself ------------------------------------------------------------ */

/* Takes from the line what was sent, ahead of any answer. HEARS_ITSELF: it was there; DEAF: silence; UNSURE: something else
 * came; or -ENODEV. */
static int take_own(struct modbus_port *port)
{
    const struct led_bus_config line = line_of(&port->serial);
    unsigned count = 0, length = port->nsent + 2;
    int64_t until_us =
        port->last_us + schedule_wire_us(&line, length) + byte_timeout_us(port) + SCHEDULE_MARGIN_US;
    while (count < length) {
        uint8_t heard[PORT_FRAME_MAX + 2];
        int64_t left_us = until_us - monotonic_us();
        int ready = left_us > 0 ? wait_for_bytes(port, left_us) : 0;
        if (ready <= 0)
            return ready < 0 ? ready : count ? UNSURE : DEAF;
        ssize_t more = read(fd_of(port), heard, length - count);
        if (more <= 0)
            return -ENODEV;
        unsigned known = count < port->nsent ? port->nsent - count : 0; /* the rest is the CRC */
        if (memcmp(heard, port->sent + count, (size_t)more < known ? (size_t)more : known) != 0)
            return UNSURE;
        count += (unsigned)more;
        port->last_us = monotonic_us();
    }
    return HEARS_ITSELF;
}

/* The acknowledgement of functions 5 and 6 is the request itself: only who knows can believe it. Other answers come out
 * damaged if what was sent stands ahead of them, so that each of them tells, and a question is seldom needed. */
static bool must_listen(const struct modbus_port *port, const uint8_t *frame)
{
    bool is_fresh = port->listened_us && monotonic_us() - port->listened_us < ECHO_US;
    return port->is_suspect || (port_answer_is_request(frame) && !is_fresh);
}

static int listen_to_self(struct modbus_port *port)
{
    static const uint8_t question[] = { NOBODY, 3, 0, 0, 0, 1 };
    int ear = put(port, question, sizeof question);
    if (ear >= 0)
        ear = take_own(port);
    if (ear < 0)
        return ear;
    port->ear = (enum ear)ear;
    port->is_suspect = ear == UNSURE;
    port->last_us = port->listened_us = monotonic_us();
    return 0;
}

static bool hears_itself(const struct modbus_port *port)
{
    return port->modbus && port->ear == HEARS_ITSELF;
}

static int send_frame(struct modbus_port *port, const struct schedule_step *step, const uint8_t *frame,
                      unsigned length)
{
    int error = use_serial(port, &step->serial) ? -ENODEV : 0;
    if (!error && must_listen(port, frame))
        error = listen_to_self(port);
    if (error || modbus_set_slave(port->modbus, step->unit) < 0)
        return -ENODEV;
    return put(port, frame, length);
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
static int receive_answer(struct modbus_port *port, const struct schedule_step *step,
                          uint8_t frame[PORT_FRAME_MAX])
{
    int64_t deadline_us = port->last_us + step->timeout_us;
    int ear = port->ear == DEAF ? HEARS_ITSELF : take_own(port);
    if (ear != HEARS_ITSELF) {
        port->is_suspect = true;
        return ear < 0 ? ear : -EBADMSG;
    }
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

/* What may mean that the adapter has begun or ceased to hear itself; silence without an echo does not. */
static bool is_suspicious(const struct modbus_port *port, int error)
{
    if (error == -EBADMSG)
        return monotonic_us() - port->listened_us > SUSPECT_US;
    return error == -ETIMEDOUT && port->ear != DEAF;
}

static int receive_frame(struct modbus_port *port, const struct schedule_step *step,
                         uint8_t frame[PORT_FRAME_MAX])
{
    int length = receive_answer(port, step, frame);
    port->is_suspect |= is_suspicious(port, length);
    if (length > 0 &&
        (frame[1] & 0x80 || !port_answer_is_request(frame))) /* it would have come out damaged */
        port->listened_us = monotonic_us();
    return length;
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
    .hears_itself = hears_itself,
    .send = send_frame,
    .receive = receive_frame,
    .rest = rest,
    .settle = settle,
};
