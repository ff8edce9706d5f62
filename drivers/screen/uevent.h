/* What the kernel and udev tell about devices, over netlink. Private to drivers/screen.
 *
 * Two forms of message. Of the kernel (lib/kobject_uevent.c): "change@/devices/…", then "KEY=VALUE", each ended by NUL. Of
 * udev (sd-device, device-monitor.c): "libudev", NUL, the magic 0xfeedcafe in network order, the sizes of the head and
 * the place of the same KEY=VALUE strings, in the order of the machine. udev's comes later, when the node has its
 * group; a system without udev has the kernel's only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A descriptor that is readable when there is something to drain; or -errno. Needs no privilege. */
int uevent_open(void);
/* Reads what waits, at most some hundred messages. True if one is about `subsystem` ("drm"), or if messages were lost. */
bool uevent_drain(int fd, const char *subsystem);
/* Pure; any bytes. */
bool uevent_is_about(const void *message, size_t bytes, const char *subsystem);
