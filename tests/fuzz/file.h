/* What fuzzers of files share: bytes as a file, and complaints that must be lines for people. */
#pragma once

#include "protocol/utf8.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static inline void require(bool is_true)
{
    if (!is_true)
        abort();
}

/* Takes a line of a report: printable, and not empty. */
static inline void hear(void *data, const char *line)
{
    (void)data;
    const char *at = line, *end = line + strlen(line);
    require(at < end);
    while (at < end) {
        uint32_t cp = utf8_next(&at, end);
        require(utf8_is_printable(cp) || (cp == UTF8_BAD && end - at < 4)); /* cut at the end of its room */
    }
}

/* A file with these bytes and its path; the caller closes it. */
static inline int memory_file(const uint8_t *data, size_t size, char path[64])
{
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    require(fd >= 0);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    require(write(fd, data, size) == (ssize_t)size);
    return fd;
}
