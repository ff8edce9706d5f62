/* Any bytes on a control socket, and how many replies come back before the connection ends. */
#pragma once

#include "board/control.h"
#include "board/log.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    char path[64];
    struct loop *loop;
    struct control *control;
    struct loop_source *source;
    int client;
    size_t replies, at; /* at: how much of a reply's first word the present line has */
    bool is_other;      /* the line is none */
} fuzz;

static inline void fuzz_require(bool is_true)
{
    if (!is_true)
        abort();
}

static inline void fuzz_open(void (*answer)(void *data, struct control_client *from, const cJSON *request),
                             void *data)
{
    log_open("fuzz", LOG_LEVEL_ERROR + 1);
    snprintf(fuzz.path, sizeof fuzz.path, "/tmp/kezek-fuzz-%d", getpid());
    fuzz.loop = loop_create();
    fuzz.control = fuzz.loop ? control_create(fuzz.loop, fuzz.path, answer, data) : NULL;
    fuzz_require(fuzz.control);
}

/* A reply is a line that begins with {"ok": */
static inline void fuzz_count(const char *text, size_t length)
{
    static const char word[] = "{\"ok\":";
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            fuzz.at = 0;
            fuzz.is_other = false;
        } else if (!fuzz.is_other && fuzz.at < sizeof word - 1) {
            fuzz.is_other = text[i] != word[fuzz.at++];
            fuzz.replies += !fuzz.is_other && fuzz.at == sizeof word - 1;
        }
    }
}

static inline void fuzz_reply(void *data, uint32_t events)
{
    (void)data, (void)events;
    static char text[1 << 16];
    ssize_t n = recv(fuzz.client, text, sizeof text, 0);
    if (n > 0) {
        fuzz_count(text, (size_t)n);
        return;
    }
    loop_remove(fuzz.source);
    loop_quit(fuzz.loop, 0);
}

/* Lines that are not blank. */
static inline size_t fuzz_requests(const uint8_t *data, size_t size)
{
    size_t lines = 0;
    for (size_t start = 0, i = 0; i < size; i++) {
        if (data[i] != '\n')
            continue;
        size_t length = i - start;
        lines += length > 1 || (length == 1 && data[start] != '\r');
        start = i + 1;
    }
    return lines;
}

/* Each request has a reply, and then it is the end. */
static inline void fuzz_say(const uint8_t *data, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", fuzz.path);
    fuzz.client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    fuzz_require(fuzz.client >= 0 && connect(fuzz.client, (struct sockaddr *)&address, sizeof address) == 0);
    fuzz.replies = fuzz.at = 0;
    fuzz.is_other = false;
    fuzz_require(size == 0 || send(fuzz.client, data, size, MSG_NOSIGNAL) == (ssize_t)size);
    fuzz_require(shutdown(fuzz.client, SHUT_WR) == 0);
    fuzz.source = loop_add(fuzz.loop, fuzz.client, EPOLLIN, "fuzz", fuzz_reply, NULL);
    fuzz_require(fuzz.source && loop_run(fuzz.loop) == 0);
    close(fuzz.client);
    fuzz_require(fuzz.replies == fuzz_requests(data, size));
}
