/* A gateway in the network. The head of a frame is made here and not by libmodbus, because its raw requests
 * all carry the number 0, by which a late answer could not be told from the one that is waited for. */
#include "drivers/clock.h"
#include "drivers/led/gateway.h"
#include "drivers/led/lookup.h"
#include "drivers/led/modbus_port.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECT_US INT64_C(3000000)
#define LOOKUP_US  INT64_C(10000000)
#define HEAD_BYTES 6 /* transaction, protocol 0, length: Modbus Messaging on TCP/IP V1.0b, 3.1.3 */
#define PATIENCE_US                                                                                          \
    INT64_C(1500000) /* the longest time that gateways commonly wait for a silent unit, and some more */

#define NOBODY 248 /* reserved: no unit has it */

enum { PATH_UNAVAILABLE = 10, TARGET_SILENT = 11 };
enum state { CLOSED, LOOKING_UP, CONNECTING, OPEN };

struct modbus_port {
    const struct led_bus_config *config;
    enum state state;
    int fd;
    int64_t give_up_us; /* of looking up, or of connecting to this address */
    struct lookup *lookup;
    const struct addrinfo *next;
    uint16_t number;                 /* of the last request */
    int64_t sent_us;                 /* the same */
    uint16_t owed;                   /* the number that the gateway has not answered yet … */
    int64_t owed_until_us;           /* … and may be busy with until then */
    bool has_listened, hears_itself; /* nobody answers where nobody is, but an echo */
    unsigned count;                  /* of bytes that have arrived */
    uint8_t bytes[HEAD_BYTES + PORT_FRAME_MAX];
};

static struct modbus_port *tcp_create(const struct led_bus_config *config)
{
    struct modbus_port *port = calloc(1, sizeof *port);
    if (!port)
        return NULL;
    port->config = config;
    port->fd = -1;
    return port;
}

static void tcp_destroy(struct modbus_port *port)
{
    free(port);
}

static int tcp_fd(const struct modbus_port *port)
{
    return port->state == LOOKING_UP ? lookup_fd(port->lookup) : port->fd;
}

static short tcp_events(const struct modbus_port *port)
{
    static const short events[] = { [LOOKING_UP] = POLLIN, [CONNECTING] = POLLOUT, [OPEN] = POLLRDHUP };
    return events[port->state];
}

static uint16_t tcp_latency_ms(const struct modbus_port *port)
{
    return port->config->adapter_latency_ms;
}

static void close_socket(struct modbus_port *port)
{
    if (port->fd >= 0)
        close(port->fd);
    port->fd = -1;
}

static void tcp_close(struct modbus_port *port)
{
    close_socket(port);
    lookup_destroy(port->lookup);
    port->lookup = NULL;
    port->has_listened = port->hears_itself = false;
    port->state = CLOSED;
}

/* ---- opening: name, addresses one by one, connection ----------------------------------------- */

static void set_options(int fd)
{
    /* A gateway that was switched off says nothing: found out by asking, or by what is not acknowledged. */
    static const struct {
        int level, name, value;
    } options[] = {
        { IPPROTO_TCP, TCP_NODELAY, 1 },  { SOL_SOCKET, SO_KEEPALIVE, 1 },
        { IPPROTO_TCP, TCP_KEEPIDLE, 5 }, { IPPROTO_TCP, TCP_KEEPINTVL, 2 },
        { IPPROTO_TCP, TCP_KEEPCNT, 3 },  { IPPROTO_TCP, TCP_USER_TIMEOUT, 5000 },
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value, sizeof options[i].value);
}

static int connect_to(struct modbus_port *port, const struct addrinfo *address)
{
    port->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (port->fd < 0)
        return -errno;
    set_options(port->fd);
    port->state = CONNECTING;
    port->give_up_us = monotonic_us() + CONNECT_US;
    return connect(port->fd, address->ai_addr, address->ai_addrlen) < 0 ? -errno : 0;
}

/* The first address that does not refuse at once; the last one's error if there is none. */
static int connect_next(struct modbus_port *port, int error)
{
    while (port->next && error && error != -EINPROGRESS) {
        const struct addrinfo *address = port->next;
        port->next = address->ai_next;
        close_socket(port);
        error = connect_to(port, address);
    }
    return error;
}

static int begin(struct modbus_port *port, char detail[PORT_DETAIL_MAX])
{
    struct gateway_address address;
    if (!gateway_parse(port->config->device, &address, detail, PORT_DETAIL_MAX))
        return -EINVAL;
    port->lookup = lookup_create(address.host, address.port);
    port->give_up_us = monotonic_us() + LOOKUP_US;
    port->state = LOOKING_UP;
    return port->lookup ? 0 : -ENOMEM;
}

static int finish_lookup(struct modbus_port *port, char detail[PORT_DETAIL_MAX])
{
    const char *reason;
    if (!lookup_is_done(port->lookup)) {
        snprintf(detail, PORT_DETAIL_MAX, "no name server answers");
        return monotonic_us() < port->give_up_us ? -EINPROGRESS : -ETIMEDOUT;
    }
    port->next = lookup_result(port->lookup, &reason);
    if (port->next)
        return connect_next(port, -EHOSTUNREACH);
    snprintf(detail, PORT_DETAIL_MAX, "the gateway's name is not found: %.40s", reason);
    return -EHOSTUNREACH;
}

static int finish_connection(struct modbus_port *port)
{
    struct pollfd fd = { .fd = port->fd, .events = POLLOUT };
    int error = 0;
    socklen_t size = sizeof error;
    if (poll(&fd, 1, 0) == 0)
        return monotonic_us() < port->give_up_us ? -EINPROGRESS : connect_next(port, -ETIMEDOUT);
    if (getsockopt(port->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        return -errno;
    return error ? connect_next(port, -error) : 0;
}

static int tcp_open(struct modbus_port *port, char detail[PORT_DETAIL_MAX])
{
    int error = 0;
    if (port->state == OPEN)
        tcp_close(port);
    if (port->state == CLOSED)
        error = begin(port, detail);
    if (!error)
        error = port->state == LOOKING_UP ? finish_lookup(port, detail) : finish_connection(port);
    if (error)
        return error;
    lookup_destroy(port->lookup);
    port->lookup = NULL;
    port->next = NULL;
    port->state = OPEN;
    port->count = 0;
    port->owed_until_us = 0;
    *detail = '\0';
    return 0;
}

/* ---- frames ---------------------------------------------------------------------------------- */

static unsigned word(const uint8_t *bytes)
{
    return (unsigned)(bytes[0] << 8 | bytes[1]);
}

/* What has arrived; -ENODEV: the gateway has gone. */
static int fill(struct modbus_port *port)
{
    ssize_t count = recv(port->fd, port->bytes + port->count, sizeof port->bytes - port->count, MSG_DONTWAIT);
    if (count > 0)
        port->count += (unsigned)count;
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR)) ? 0 : -ENODEV;
}

static void note_answer(struct modbus_port *port, unsigned number)
{
    if (number == port->owed)
        port->owed_until_us = 0;
}

/* The next whole frame: its length, 0: none yet. What is no Modbus TCP has no next frame to be found. */
static int take_frame(struct modbus_port *port, unsigned *number, uint8_t frame[PORT_FRAME_MAX])
{
    if (port->count < HEAD_BYTES)
        return 0;
    unsigned length = word(port->bytes + 4), whole = HEAD_BYTES + length;
    if (word(port->bytes + 2) != 0 || length < 3 || length > PORT_FRAME_MAX)
        return -ENODEV;
    if (port->count < whole)
        return 0;
    *number = word(port->bytes);
    memcpy(frame, port->bytes + HEAD_BYTES, length);
    port->count -= whole;
    memmove(port->bytes, port->bytes + whole, port->count);
    note_answer(port, *number);
    return (int)length;
}

static int drop_old(struct modbus_port *port)
{
    uint8_t frame[PORT_FRAME_MAX];
    unsigned number;
    int length;
    do {
        unsigned before = port->count;
        int error = fill(port);
        if (error)
            return error;
        while ((length = take_frame(port, &number, frame)) > 0)
            ;
        if (length < 0 || port->count == before)
            return length;
    } while (true);
}

static int put(struct modbus_port *port, const uint8_t *frame, unsigned length)
{
    uint8_t bytes[HEAD_BYTES + PORT_FRAME_MAX];
    int error = drop_old(port);
    if (error < 0)
        return error;
    port->number++;
    const uint8_t head[HEAD_BYTES] = { port->number >> 8,      port->number & 255, 0, 0,
                                       (uint8_t)(length >> 8), length & 255 };
    memcpy(bytes, head, HEAD_BYTES);
    memcpy(bytes + HEAD_BYTES, frame, length);
    port->sent_us = monotonic_us();
    return send(port->fd, bytes, HEAD_BYTES + length, MSG_NOSIGNAL) == (ssize_t)(HEAD_BYTES + length)
               ? 0
               : -ENODEV;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* False: `at_us` is over. */
static bool wait_for_bytes(struct modbus_port *port, int64_t at_us)
{
    struct pollfd fd = { .fd = port->fd, .events = POLLIN };
    int64_t left_us = at_us - monotonic_us();
    struct timespec left = { .tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000 };
    return left_us > 0 && ppoll(&fd, 1, &left, NULL) > 0;
}

static bool is_for(const struct modbus_port *port, const struct schedule_step *step, unsigned number,
                   const uint8_t *frame)
{
    return number == port->number && frame[0] == step->unit;
}

static bool is_silence(const uint8_t *frame)
{
    return frame[1] & 0x80 && (frame[2] == PATH_UNAVAILABLE || frame[2] == TARGET_SILENT);
}

/* When it should have answered: it may have to give up another unit first. */
static int64_t deadline_us(const struct modbus_port *port, const struct schedule_step *step, int64_t free_us)
{
    return later(later(port->sent_us, free_us), port->owed_until_us) + step->timeout_us;
}

static int receive_answer(struct modbus_port *port, const struct schedule_step *step,
                          uint8_t frame[PORT_FRAME_MAX])
{
    int64_t free_us = 0; /* when it was done with the one before */
    while (wait_for_bytes(port, deadline_us(port, step, free_us))) {
        unsigned number;
        int length, error = fill(port);
        if (error)
            return error;
        while ((length = take_frame(port, &number, frame)) > 0) {
            if (is_for(port, step, number, frame))
                return is_silence(frame) ? -ETIMEDOUT : length;
            free_us = monotonic_us();
        }
        if (length < 0)
            return length;
    }
    port->owed = port->number;
    port->owed_until_us = port->sent_us + PATIENCE_US;
    return -ETIMEDOUT;
}

/* The acknowledgement of functions 5 and 6 is the request itself, and so is what a gateway hears of its own on its line. */
static int listen_to_self(struct modbus_port *port, const struct schedule_step *like)
{
    static const uint8_t question[] = { NOBODY, 6, 0, 0, 0, 0 };
    struct schedule_step step = *like;
    uint8_t answer[PORT_FRAME_MAX];
    step.unit = NOBODY;
    int length = put(port, question, sizeof question);
    if (length == 0)
        length = receive_answer(port, &step, answer);
    port->hears_itself = length == sizeof question && memcmp(answer, question, sizeof question) == 0;
    port->has_listened = true;
    return length < 0 && length != -ETIMEDOUT && length != -EPROTO ? length : 0;
}

static bool tcp_hears_itself(const struct modbus_port *port)
{
    return port->state == OPEN && port->hears_itself;
}

static int tcp_send(struct modbus_port *port, const struct schedule_step *step, const uint8_t *frame,
                    unsigned length)
{
    int error = 0;
    if (port_answer_is_request(frame) && !port->has_listened)
        error = listen_to_self(port, step);
    return error < 0 ? -ENODEV : put(port, frame, length);
}

static int tcp_receive(struct modbus_port *port, const struct schedule_step *step,
                       uint8_t frame[PORT_FRAME_MAX])
{
    int length = receive_answer(port, step, frame);
    return length > 0 && port->hears_itself && port_answer_is_request(frame) ? -EPROTO : length;
}

/* Some gateways answer for unit 0; the next request throws that away. */
static int tcp_rest(struct modbus_port *port, const struct schedule_step *step, unsigned length)
{
    uint32_t wire_us = schedule_wire_us(port->config, length + 2);
    int64_t end_us = port->sent_us + wire_us + port->config->adapter_latency_ms * 1000 + step->timeout_us;
    while (wait_for_bytes(port, end_us)) {
        int error = drop_old(port);
        if (error < 0)
            return error;
    }
    return 0;
}

/* A late answer is known by its number. */
static int tcp_settle(struct modbus_port *port, int64_t until_us)
{
    (void)port;
    (void)until_us;
    return 0;
}

const struct modbus_port_ops modbus_tcp = {
    .lost = "the gateway hung up, or is out of reach",
    .create = tcp_create,
    .destroy = tcp_destroy,
    .open = tcp_open,
    .close = tcp_close,
    .fd = tcp_fd,
    .events = tcp_events,
    .latency_ms = tcp_latency_ms,
    .hears_itself = tcp_hears_itself,
    .send = tcp_send,
    .receive = tcp_receive,
    .rest = tcp_rest,
    .settle = tcp_settle,
};
