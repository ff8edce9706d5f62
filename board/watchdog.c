#include "board/watchdog.h"

#include "board/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMES 3 /* in the time given */

static void tell(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t length = path ? strlen(path) : 0;
    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* an abstract name */
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd < 0 || sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size) < 0)
        log_debug("watchdog: %s could not be told", state);
    if (fd >= 0)
        close(fd);
}

static int64_t number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoll(text, NULL, 10) : 0;
}

void watchdog_init(struct watchdog *watchdog, int64_t now_us)
{
    int64_t given_us = number_of("WATCHDOG_USEC"), pid = number_of("WATCHDOG_PID");
    bool is_ours = given_us > 0 && getenv("NOTIFY_SOCKET") && (pid == 0 || pid == getpid());
    *watchdog = (struct watchdog){ .period_us = is_ours ? given_us / TIMES : 0, .next_us = INT64_MAX };
    if (is_ours)
        watchdog->next_us = now_us + watchdog->period_us;
}

void watchdog_ready(void)
{
    tell("READY=1");
}

static bool is_overdue(int64_t since_us, int64_t now_us)
{
    return since_us && now_us - since_us > WATCHDOG_PATIENCE_US;
}

bool watchdog_finds(struct watchdog *watchdog, const struct watchdog_facts *facts, int64_t now_us, char *why,
                    size_t size)
{
    why[0] = '\0';
    if (facts->turn_us < now_us - WATCHDOG_PATIENCE_US)
        snprintf(why, size, "the loop: a turn is overdue");
    for (unsigned i = 0; i < facts->nscreens; i++) {
        int64_t *since_us = &watchdog->owing_us[i];
        *since_us = !facts->is_owing[i] ? 0 : *since_us ? *since_us : now_us;
        if (is_overdue(*since_us, now_us))
            snprintf(why, size, "screen %s: takes frames and gets none", facts->screen[i]);
    }
    for (unsigned i = 0; i < facts->nbuses; i++)
        if (is_overdue(facts->waiting_us[i], now_us))
            snprintf(why, size, "led %s: its worker takes nothing", facts->bus[i]);
    return why[0];
}

void watchdog_tick(struct watchdog *watchdog, const struct watchdog_facts *facts, int64_t now_us)
{
    char why[96];
    if (now_us < watchdog->next_us)
        return;
    watchdog->next_us = now_us + watchdog->period_us;
    bool is_found = watchdog_finds(watchdog, facts, now_us, why, sizeof why);
    if (is_found && !watchdog->is_told)
        log_error("watchdog: %s; the service is to be started again", why);
    watchdog->is_told = is_found;
    if (!is_found)
        tell("WATCHDOG=1");
}
