#include "protocol/mqtt_session.h"

#include <errno.h>
#include <mosquitto.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

int64_t session_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec / 1000;
}
void session_wake_at(struct mqtt *mqtt, int64_t at_us)
{
    if (at_us <= 0)
        at_us = 1; /* zero would disarm */
    struct itimerspec when = { .it_value = { at_us / SECOND, at_us % SECOND * 1000 } };
    timerfd_settime(mqtt->timer_fd, TFD_TIMER_ABSTIME, &when, NULL);
}
static uint32_t wanted_interest(const struct mqtt *mqtt)
{
    bool is_reading = !mqtt->is_paused || mqtt->stage != UP;
    return (is_reading ? (uint32_t)EPOLLIN : 0) |
           (mosquitto_want_write(mqtt->client) && !mqtt->is_handshake_waiting ? (uint32_t)EPOLLOUT : 0);
}

void session_watch(struct mqtt *mqtt)
{
    mqtt->socket_fd = mosquitto_socket(mqtt->client);
    mqtt->interest = wanted_interest(mqtt);
    struct epoll_event event = { .events = mqtt->interest, .data.fd = mqtt->socket_fd };
    if (epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_ADD, mqtt->socket_fd, &event) < 0 && errno == EEXIST)
        epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_MOD, mqtt->socket_fd, &event);
}

void session_unwatch(struct mqtt *mqtt)
{
    if (mqtt->socket_fd != NO_SOCKET)
        epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_DEL, mqtt->socket_fd,
                  NULL); /* fails if the library has closed it: fine */
    mqtt->socket_fd = NO_SOCKET;
}

void session_update_interest(struct mqtt *mqtt)
{
    if (mqtt->socket_fd == NO_SOCKET)
        return;
    uint32_t interest = wanted_interest(mqtt);
    if (interest == mqtt->interest)
        return;
    mqtt->interest = interest;
    struct epoll_event event = { .events = interest, .data.fd = mqtt->socket_fd };
    epoll_ctl(mqtt->epoll_fd, EPOLL_CTL_MOD, mqtt->socket_fd, &event);
}

int session_errno(const struct mqtt *mqtt)
{
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(mqtt->socket_fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return error;
}
