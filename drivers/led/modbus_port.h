/* A way on which frames reach units: the serial line itself, or a gateway in the network. Private to
 * drivers/led: modbus_wire.h stands on it, which makes the frames and judges the answers.
 *
 * Frames are without CRC and without the gateway's head: unit, function, data. One thread. A port is created
 * closed, and may be opened again after it was closed. Errors that are not named mean that the port is lost.
 */
#pragma once

#include "drivers/led/schedule.h"

#define PORT_FRAME_MAX  256
#define PORT_DETAIL_MAX 80

struct modbus_port;
struct modbus_port_ops {
    const char *lost; /* what has happened then, for people */
    struct modbus_port *(*create)(const struct led_bus_config *config); /* borrowed; NULL: out of memory */
    void (*destroy)(struct modbus_port *port);

    /* 0, or negative errno with `detail`. -EINPROGRESS: call it again when fd() has events(), or soon. */
    int (*open)(struct modbus_port *port, char detail[PORT_DETAIL_MAX]);
    void (*close)(struct modbus_port *port);                /* of a closed one: nothing */
    int (*fd)(const struct modbus_port *port);              /* -1: none */
    short (*events)(const struct modbus_port *port);        /* besides POLLHUP and POLLERR */
    uint16_t (*latency_ms)(const struct modbus_port *port); /* of the open port: led_bus_status.latency_ms */
    /* The open port hears what it sends, as was found out before the first frame whose answer depends on it. A line strips it
     * off; a gateway's acknowledgements of functions 5 and 6 are then -EPROTO, as nothing tells them from its own echo. */
    bool (*hears_itself)(const struct modbus_port *port);

    /* Sends after the silence that is due. What had arrived before is thrown away. */
    int (*send)(struct modbus_port *port, const struct schedule_step *step, const uint8_t *frame,
                unsigned length);
    /* The answer of the step's unit: its length, or -ETIMEDOUT or -EBADMSG. */
    int (*receive)(struct modbus_port *port, const struct schedule_step *step, uint8_t frame[PORT_FRAME_MAX]);
    /* After unit 0: until all of it is on the line and its rest is over. */
    int (*rest)(struct modbus_port *port, const struct schedule_step *step, unsigned length);
    /* Throws away what comes until `until_us`, and after it until the line is silent; 1 if something came. */
    int (*settle)(struct modbus_port *port, int64_t until_us);
};

/* The unit answers with the request itself; unit 0 does not answer. */
static inline bool port_answer_is_request(const uint8_t *frame)
{
    return frame[0] && (frame[1] == 5 || frame[1] == 6);
}

extern const struct modbus_port_ops modbus_rtu, modbus_tcp;
