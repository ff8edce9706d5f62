/* What tests of HTTP servers ask with: one request a connection, over loopback. Failures end the test. Not all of a test
 * program's functions are used by each. */
#pragma once

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* A connected descriptor; the caller closes it. */
static inline int http_join(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static inline void http_say(int fd, const char *text)
{
    size_t length = strlen(text);
    assert_int_equal(send(fd, text, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* Sends `head` ("GET /path") with a JSON body, which may be empty. */
static inline int http_ask(uint16_t port, const char *head, const char *body)
{
    char text[1024];
    int fd = http_join(port);
    snprintf(text, sizeof text,
             "%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
             head, strlen(body), body);
    http_say(fd, text);
    return fd;
}

/* All that comes until the server closes, or until `until` is in it; NULL: until it closes. malloc()ed, with a 0 behind;
 * `size` may be NULL. */
static inline char *http_hear(int fd, const char *until, size_t *size)
{
    size_t length = 0, capacity = 1 << 19;
    char *text = calloc(1, capacity);
    for (ssize_t n; (n = recv(fd, text + length, capacity - length - 1, 0)) > 0;) {
        length += (size_t)n;
        text[length] = 0;
        if (until && strstr(text, until))
            break;
    }
    assert_true(length + 1 < capacity);
    if (size)
        *size = length;
    return text;
}

/* Hears until `part` has come. */
static inline void http_await(int fd, const char *part)
{
    char *text = http_hear(fd, part, NULL);
    if (!strstr(text, part))
        fail_msg("\"%s\" did not come, but:\n%.1500s", part, text);
    free(text);
}

/* The whole answer has this status ("200") and this part in it; closes the descriptor. */
static inline void http_expect(int fd, const char *status, const char *part)
{
    char *text = http_hear(fd, NULL, NULL);
    if (strncmp(text, "HTTP/1.1 ", 9) != 0 || strncmp(text + 9, status, 3) != 0 || !strstr(text, part))
        fail_msg("expected %s and \"%s\" in:\n%.600s", status, part, text);
    free(text);
    close(fd);
}
