/* Looks a name up on a thread of its own, because the C library waits for name servers and cannot be told to
 * stop. Private to drivers/led. */
#pragma once

#include <stdbool.h>

struct addrinfo;
struct lookup;

/* Numeric addresses are done at once, without a thread. NULL: out of memory or threads. */
struct lookup *lookup_create(const char *host, const char *port);
/* Does not wait: what goes on then ends by itself, unheard. NULL is fine. */
void lookup_destroy(struct lookup *lookup);
int lookup_fd(const struct lookup *lookup); /* readable when it is done */
bool lookup_is_done(struct lookup *lookup);
/* Of a lookup that is done: stream addresses, which live as long as it; NULL with `reason`: there are none. */
const struct addrinfo *lookup_result(const struct lookup *lookup, const char **reason);
