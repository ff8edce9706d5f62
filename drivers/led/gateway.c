#include "drivers/led/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEME "tcp://"

static bool refuse(char *why, size_t size, const char *reason)
{
    snprintf(why, size, "%s; a gateway is tcp://HOST or tcp://HOST:PORT, IPv6 in brackets", reason);
    return false;
}

/* The end of the host, and where it begins; NULL: none. */
static const char *host_end(const char **host)
{
    if (**host != '[')
        return *host + strcspn(*host, ":");
    *host += 1;
    const char *end = strchr(*host, ']');
    return end && strchr(*host, ':') && strchr(*host, ':') < end ? end : NULL;
}

static bool is_port(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    int port = digits && digits <= 5 && !text[digits] ? atoi(text) : 0;
    return port >= 1 && port <= 65535;
}

bool gateway_parse(const char *device, struct gateway_address *out, char *why, size_t why_size)
{
    if (strncmp(device, SCHEME, strlen(SCHEME)) != 0)
        return refuse(why, why_size, "no tcp://");
    const char *host = device + strlen(SCHEME);
    const char *end = host_end(&host);
    if (!end || end == host || (size_t)(end - host) >= sizeof out->host ||
        memchr(host, '/', (size_t)(end - host)))
        return refuse(why, why_size, "no host");
    const char *rest = *end == ']' ? end + 1 : end;
    if (*rest && (*rest != ':' || !is_port(rest + 1)))
        return refuse(why, why_size, "the port is not 1 to 65535");
    snprintf(out->host, sizeof out->host, "%.*s", (int)(end - host), host);
    snprintf(out->port, sizeof out->port, "%.5s", *rest ? rest + 1 : "502");
    return true;
}
