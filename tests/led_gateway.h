/* A Modbus TCP gateway in front of simulated LED boards, in a thread of its own, for tests of the LED class. It
 * has one line, as the real ones: while it waits for a unit, the next request waits. One client. */
#pragma once

#include "drivers/clock.h"
#include "sim/slave.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct led_gateway {
    char device[48]; /* tcp://… */
    int listener, client, wake_fd;
    pthread_t thread;
    struct slave_bus *bus; /* under the lock */
    pthread_mutex_t lock;
    atomic_bool is_stopping, is_hanging_up;
    atomic_uint patience_us;      /* how long it waits for a unit */
    atomic_int silence_code;      /* exception after that; 0: it says nothing */
    atomic_bool is_answering_all; /* also for unit 0 */
    atomic_bool is_echoing;       /* hears itself: functions 5 and 6 come back as they are */
    atomic_bool is_one_behind;    /* answers each request with the answer to the one before */
    atomic_bool is_speaking_http;
    atomic_uint requests;
    size_t nheld;
    uint8_t held[300];
};

static inline void led_gateway_send(struct led_gateway *gateway, const uint8_t *bytes, size_t count)
{
    if (gateway->is_one_behind) {
        uint8_t before[300];
        size_t nbefore = gateway->nheld;
        memcpy(before, gateway->held, nbefore);
        memcpy(gateway->held, bytes, count);
        gateway->nheld = count;
        if (nbefore && send(gateway->client, before, nbefore, MSG_NOSIGNAL) < 0)
            return;
    } else if (send(gateway->client, bytes, count, MSG_NOSIGNAL) < 0) {
        return;
    }
}

/* What the line says within the gateway's patience: its length with CRC, 0 for silence. */
static inline size_t led_gateway_ask(struct led_gateway *gateway, const uint8_t *frame, size_t length,
                                     uint8_t answer[SLAVE_FRAME_MAX])
{
    uint8_t request[SLAVE_FRAME_MAX + 2];
    uint16_t crc = slave_crc(frame, length);
    int64_t give_up_us = monotonic_us() + gateway->patience_us;
    size_t count = 0;
    memcpy(request, frame, length);
    request[length] = crc & 255;
    request[length + 1] = crc >> 8;
    pthread_mutex_lock(&gateway->lock);
    slave_bus_feed(gateway->bus, monotonic_us(), request, length + 2);
    pthread_mutex_unlock(&gateway->lock);
    while (!count && monotonic_us() < give_up_us && frame[0]) {
        poll(NULL, 0, 1);
        pthread_mutex_lock(&gateway->lock);
        count = slave_bus_take(gateway->bus, monotonic_us(), answer);
        pthread_mutex_unlock(&gateway->lock);
    }
    return count;
}

static inline void led_gateway_serve(struct led_gateway *gateway, const uint8_t *request, size_t length)
{
    uint8_t out[6 + SLAVE_FRAME_MAX];
    bool is_echo = gateway->is_echoing && (request[7] == 5 || request[7] == 6);
    size_t count = is_echo ? length : led_gateway_ask(gateway, request + 6, length, out + 6);
    atomic_fetch_add(&gateway->requests, 1);
    if (is_echo) {
        memcpy(out + 6, request + 6, count);
    } else if (count) {
        count -= 2;
    } else if (request[6] == 0 && gateway->is_answering_all) {
        count = 6;
        memcpy(out + 6, request + 6, count);
    } else if (request[6] && gateway->silence_code) {
        count = 3;
        memcpy(out + 6, (uint8_t[]){ request[6], request[7] | 0x80, (uint8_t)gateway->silence_code }, count);
    }
    if (!count)
        return;
    memcpy(out, request, 4);
    out[4] = 0;
    out[5] = (uint8_t)count;
    led_gateway_send(gateway, out, 6 + count);
}

/* Requests come one by one and small: each read begins with a whole one. */
static inline void led_gateway_receive(struct led_gateway *gateway)
{
    uint8_t bytes[4096];
    ssize_t count = recv(gateway->client, bytes, sizeof bytes, 0), at = 0;
    if (count <= 0) {
        close(gateway->client);
        gateway->client = -1;
    }
    if (count > 0 && gateway->is_speaking_http) {
        led_gateway_send(gateway, (const uint8_t *)"HTTP/1.1 400 Bad Request\r\n\r\n", 28);
        return;
    }
    while (at + 6 < count) {
        size_t length = (size_t)(bytes[at + 4] << 8 | bytes[at + 5]);
        led_gateway_serve(gateway, bytes + at, length);
        at += (ssize_t)(6 + length);
    }
}

static inline void *led_gateway_work(void *data)
{
    struct led_gateway *gateway = data;
    while (!gateway->is_stopping) {
        struct pollfd fds[] = { { .fd = gateway->wake_fd, .events = POLLIN },
                                { .fd = gateway->client < 0 ? gateway->listener : gateway->client,
                                  .events = POLLIN } };
        eventfd_t ignored;
        poll(fds, 2, -1);
        if (fds[0].revents)
            eventfd_read(gateway->wake_fd, &ignored);
        if (gateway->client >= 0 && atomic_exchange(&gateway->is_hanging_up, false)) {
            close(gateway->client);
            gateway->client = -1;
        } else if (fds[1].revents && gateway->client < 0) {
            gateway->client = accept4(gateway->listener, NULL, NULL, SOCK_CLOEXEC);
        } else if (fds[1].revents) {
            led_gateway_receive(gateway);
        }
    }
    return NULL;
}

static inline void led_gateway_hang_up(struct led_gateway *gateway)
{
    gateway->is_hanging_up = true;
    eventfd_write(gateway->wake_fd, 1);
}

/* False: the machine does not have this family. `port` 0: any. */
static inline bool led_gateway_listen(struct led_gateway *gateway, int family, uint16_t port)
{
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT,
                                .sin6_port = htons(port) };
    struct sockaddr_in four = { .sin_family = AF_INET,
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                .sin_port = htons(port) };
    struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&four : (struct sockaddr *)&six;
    socklen_t size = family == AF_INET ? sizeof four : sizeof six;
    int one = 1;
    gateway->listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(gateway->listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(gateway->listener, address, size) < 0 || listen(gateway->listener, 4) < 0 ||
        getsockname(gateway->listener, address, &size) < 0) {
        close(gateway->listener);
        gateway->listener = -1;
        return false;
    }
    snprintf(gateway->device, sizeof gateway->device,
             family == AF_INET ? "tcp://127.0.0.1:%u" : "tcp://[::1]:%u",
             ntohs(family == AF_INET ? four.sin_port : six.sin6_port));
    return true;
}

static inline bool led_gateway_start(struct led_gateway *gateway, const char *const *models, int family,
                                     uint16_t port)
{
    *gateway = (struct led_gateway){ .client = -1, .patience_us = 300000, .silence_code = 11 };
    if (!led_gateway_listen(gateway, family, port))
        return false;
    pthread_mutex_init(&gateway->lock, NULL);
    gateway->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    gateway->bus = slave_bus_create(0);
    for (unsigned i = 0; models[i]; i++)
        if (slave_bus_add(gateway->bus, models[i], (uint8_t)(i + 1)) >= 0)
            slave_set_delay(gateway->bus, i, 500);
    return pthread_create(&gateway->thread, NULL, led_gateway_work, gateway) == 0;
}

static inline void led_gateway_stop(struct led_gateway *gateway)
{
    if (!gateway->bus)
        return;
    gateway->is_stopping = true;
    eventfd_write(gateway->wake_fd, 1);
    pthread_join(gateway->thread, NULL);
    if (gateway->client >= 0)
        close(gateway->client);
    close(gateway->listener);
    close(gateway->wake_fd);
    slave_bus_destroy(gateway->bus);
    pthread_mutex_destroy(&gateway->lock);
    gateway->bus = NULL;
}

static inline void led_gateway_power(struct led_gateway *gateway, unsigned index, bool is_on)
{
    pthread_mutex_lock(&gateway->lock);
    slave_set_power(gateway->bus, index, is_on);
    pthread_mutex_unlock(&gateway->lock);
}

static inline struct slave_view led_gateway_view(struct led_gateway *gateway, unsigned index)
{
    struct slave_view view;
    pthread_mutex_lock(&gateway->lock);
    slave_view(gateway->bus, index, &view);
    pthread_mutex_unlock(&gateway->lock);
    return view;
}
