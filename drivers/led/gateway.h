/* The address of a Modbus TCP gateway: tcp://HOST[:PORT]. Private to drivers/led. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct gateway_address {
    char host[112]; /* a name, or an address without brackets */
    char port[6];   /* 502 if none was given: Modbus Messaging on TCP/IP V1.0b, 4.3.1.1 */
};
/* False, with a reason: not such an address. IPv6 stands in brackets: tcp://[fe80::1]:502. */
bool gateway_parse(const char *device, struct gateway_address *out, char *why, size_t why_size);
