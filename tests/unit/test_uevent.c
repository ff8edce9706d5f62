/* Messages of the kernel and of udev about devices. */
#include "drivers/screen/uevent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Literals may hold NUL: sizeof - 1 leaves out the one at the end. */
#define BYTES(literal) literal, sizeof(literal) - 1

static const char drm_change[] =
    "change@/devices/platform/gpu/drm/card0\0ACTION=change\0"
    "DEVPATH=/devices/platform/gpu/drm/card0\0SUBSYSTEM=drm\0HOTPLUG=1\0MAJOR=226\0"
    "MINOR=0\0DEVNAME=dri/card0\0DEVTYPE=drm_minor\0SEQNUM=2153\0";

static void the_kernels_messages_are_read(void **unused)
{
    (void)unused;
    static const struct {
        const char *message;
        size_t bytes;
        bool is_about;
    } rows[] = {
        { BYTES(drm_change), true },
        { BYTES("add@/devices/x/drm/card1\0ACTION=add\0SUBSYSTEM=drm\0"), true },
        { BYTES("add@/devices/x/drm/card1\0ACTION=add\0SUBSYSTEM=drm"), true }, /* its end was cut */
        { BYTES("add@/devices/x/usb1\0ACTION=add\0SUBSYSTEM=usb\0"), false },
        { BYTES("add@/devices/x\0ACTION=add\0SUBSYSTEM=drm_dp_aux_dev\0"), false },
        { BYTES("add@/devices/x\0ACTION=add\0SUBSYSTEM=dr\0m\0"), false },
        { BYTES("add@/devices/x\0ACTION=add\0XSUBSYSTEM=drm\0"), false },
        { BYTES("add@/devices/SUBSYSTEM=drm\0ACTION=add\0"), false },
        { BYTES("SUBSYSTEM=drm\0"), false }, /* no action, no path */
        { BYTES("add@"), false },
        { BYTES(""), false },
        { BYTES("\0\0\0"), false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(uevent_is_about(rows[i].message, rows[i].bytes, "drm"), rows[i].is_about);
}

/* As systemd's device monitor lays it out: a head of 40 bytes, then the properties. */
static size_t of_udev(uint8_t *out, const char *properties, size_t bytes, uint32_t at, uint32_t size)
{
    const uint32_t head[] = { htonl(0xfeedcafe), 40, at, size, htonl(0x1234), 0, 0, 0 };
    memcpy(out, "libudev", 8);
    memcpy(out + 8, head, sizeof head);
    memcpy(out + 40, properties, bytes);
    return 40 + bytes;
}

static void those_of_udev_are_read_too(void **unused)
{
    (void)unused;
    static const char drm[] = "ACTION=add\0DEVPATH=/devices/x/drm/card0\0SUBSYSTEM=drm\0TAGS=:seat:\0";
    static const struct {
        uint32_t at, size;
        uint32_t magic;
        bool is_about;
    } rows[] = {
        { 40, sizeof drm - 1, 0xfeedcafe, true },
        { 40, 4000000000u, 0xfeedcafe, true }, /* more than there is: what there is counts */
        { 40, 20, 0xfeedcafe, false },         /* SUBSYSTEM lies behind */
        { 4000000000u, 10, 0xfeedcafe, false },
        { UINT32_MAX, UINT32_MAX, 0xfeedcafe, false },
        { 40, sizeof drm - 1, 0xcafefeed, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t message[256];
        size_t bytes = of_udev(message, drm, sizeof drm - 1, rows[i].at, rows[i].size);
        const uint32_t magic = htonl(rows[i].magic);
        memcpy(message + 8, &magic, 4);
        assert_int_equal(uevent_is_about(message, bytes, "drm"), rows[i].is_about);
        assert_false(uevent_is_about(message, 20, "drm"));
    }
}

/* Under the address sanitizer this is a fuzzer of its own: each message lies at the end of its memory. */
static void no_bytes_can_hurt(void **unused)
{
    (void)unused;
    srand(11);
    for (int round = 0; round < 100000; round++) {
        size_t bytes = (size_t)rand() % 120;
        uint8_t *message = malloc(bytes ? bytes : 1);
        for (size_t i = 0; i < bytes; i++)
            message[i] = (uint8_t) "\0\0@=SUBSYSTEMdrm"[rand() % 16];
        uint8_t head[160];
        size_t size = of_udev(head, "SUBSYSTEM=drm\0", 14, (uint32_t)rand() % 80, (uint32_t)rand() % 80);
        memcpy(message, head, size < bytes && rand() % 2 ? size : 0);
        uevent_is_about(message, bytes, "drm");
        free(message);
    }
}

/* ---- the socket ------------------------------------------------------------------------------ */

static struct {
    const char *message;
    size_t bytes;
    int error;
    uint32_t groups;
} waiting[8];
static unsigned nwaiting, ntaken;

ssize_t __wrap_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from,
                        socklen_t *from_size);
ssize_t __wrap_recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *from,
                        socklen_t *from_size)
{
    (void)fd, (void)flags;
    if (ntaken == nwaiting) {
        errno = EAGAIN;
        return -1;
    }
    unsigned i = ntaken++;
    errno = waiting[i].error;
    if (errno)
        return -1;
    const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK, .nl_groups = waiting[i].groups };
    assert_in_range(*from_size, sizeof kernel, 128);
    memcpy(from, &kernel, sizeof kernel);
    assert_in_range(waiting[i].bytes, 0, size);
    memcpy(buffer, waiting[i].message, waiting[i].bytes);
    return (ssize_t)waiting[i].bytes;
}

static void wait_with(const char *message, size_t bytes, int error, uint32_t groups)
{
    waiting[nwaiting].message = message;
    waiting[nwaiting].bytes = bytes;
    waiting[nwaiting].error = error;
    waiting[nwaiting++].groups = groups;
}

static int start(void **unused)
{
    (void)unused;
    nwaiting = ntaken = 0;
    return 0;
}

static const char usb[] = "add@/devices/usb\0ACTION=add\0SUBSYSTEM=usb\0";

static void all_that_waits_is_read_and_one_that_matters_is_enough(void **unused)
{
    (void)unused;
    wait_with(BYTES(usb), 0, 1);
    wait_with(BYTES(drm_change), 0, 1);
    wait_with("", 0, EINTR, 1);
    wait_with(BYTES(usb), 0, 2);
    assert_true(uevent_drain(0, "drm"));
    assert_int_equal(ntaken, 4);
    assert_false(uevent_drain(0, "drm"));
}

static void what_others_are_told_does_not_matter(void **unused)
{
    (void)unused;
    wait_with(BYTES(usb), 0, 1);
    assert_false(uevent_drain(0, "drm"));
}

static void lost_messages_may_have_been_about_anything(void **unused)
{
    (void)unused;
    wait_with("", 0, ENOBUFS, 0);
    wait_with(BYTES(usb), 0, 1);
    assert_true(uevent_drain(0, "drm"));
    assert_int_equal(ntaken, 2);
}

static void a_message_to_us_alone_is_nobodys_business(void **unused)
{
    (void)unused;
    wait_with(BYTES(drm_change), 0, 0);
    assert_false(uevent_drain(0, "drm"));
}

static void a_broken_socket_is_no_event(void **unused)
{
    (void)unused;
    wait_with("", 0, EBADF, 0);
    assert_false(uevent_drain(-1, "drm"));
}

static void the_real_socket_opens_without_privilege(void **unused)
{
    (void)unused;
    int fd = uevent_open();
    assert_true(fd >= 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_kernels_messages_are_read),
        cmocka_unit_test(those_of_udev_are_read_too),
        cmocka_unit_test(no_bytes_can_hurt),
        cmocka_unit_test_setup(all_that_waits_is_read_and_one_that_matters_is_enough, start),
        cmocka_unit_test_setup(what_others_are_told_does_not_matter, start),
        cmocka_unit_test_setup(lost_messages_may_have_been_about_anything, start),
        cmocka_unit_test_setup(a_message_to_us_alone_is_nobodys_business, start),
        cmocka_unit_test_setup(a_broken_socket_is_no_event, start),
        cmocka_unit_test(the_real_socket_opens_without_privilege),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
