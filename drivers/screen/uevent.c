#include "drivers/screen/uevent.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GROUP_KERNEL 1u
#define GROUP_UDEV   2u
#define MAGIC        0xfeedcafeu
#define DRAIN_MAX    256
#define MESSAGE_MAX  8192 /* the kernel's are 2 KiB at most; udev adds what it knows */

/* As udev sends it; what follows is for filters in the kernel. */
struct udev_head {
    char prefix[8];
    uint32_t magic;
    uint32_t head_bytes;
    uint32_t properties_at;
    uint32_t properties_bytes;
};

int uevent_open(void)
{
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL | GROUP_UDEV };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);
    if (fd < 0)
        return -errno;
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
        int error = -errno;
        close(fd);
        return error;
    }
    return fd;
}

/* Of strings that are each ended by NUL, is one KEY=VALUE? The last may be cut. */
static bool has_property(const char *text, size_t bytes, const char *key, const char *value)
{
    const size_t key_length = strlen(key), length = key_length + strlen(value);
    for (size_t at = 0; at < bytes;) {
        size_t size = strnlen(text + at, bytes - at);
        if (size == length && memcmp(text + at, key, key_length) == 0 &&
            memcmp(text + at + key_length, value, length - key_length) == 0)
            return true;
        at += size + 1;
    }
    return false;
}

static bool is_of_udev(const void *message, size_t bytes, struct udev_head *head)
{
    if (bytes < sizeof *head)
        return false;
    memcpy(head, message, sizeof *head);
    return memcmp(head->prefix, "libudev", sizeof head->prefix) == 0 && ntohl(head->magic) == MAGIC;
}

bool uevent_is_about(const void *message, size_t bytes, const char *subsystem)
{
    struct udev_head head;
    const char *text = message;
    if (is_of_udev(message, bytes, &head)) {
        size_t at = head.properties_at, size = head.properties_bytes;
        return at <= bytes &&
               has_property(text + at, size < bytes - at ? size : bytes - at, "SUBSYSTEM=", subsystem);
    }
    size_t action = strnlen(text, bytes);
    return memchr(text, '@', action) && has_property(text, bytes, "SUBSYSTEM=", subsystem);
}

/* Others may send to our port, but only the privileged to a group. */
static bool is_private(const struct sockaddr_nl *from)
{
    return from->nl_family == AF_NETLINK && from->nl_groups == 0;
}

bool uevent_drain(int fd, const char *subsystem)
{
    bool is_about = false;
    for (int i = 0; i < DRAIN_MAX; i++) {
        char message[MESSAGE_MAX];
        struct sockaddr_nl from = { 0 };
        socklen_t from_size = sizeof from;
        ssize_t bytes = recvfrom(fd, message, sizeof message, 0, (struct sockaddr *)&from, &from_size);
        if (bytes < 0 && errno == ENOBUFS)
            is_about = true; /* what was lost may have been it */
        else if (bytes < 0 && errno != EINTR)
            break;
        else if (bytes > 0 && !is_private(&from))
            is_about |= uevent_is_about(message, (size_t)bytes, subsystem);
    }
    return is_about;
}
