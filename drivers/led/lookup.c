#include "drivers/led/lookup.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct lookup {
    char host[112], port[6];
    int fd;
    pthread_mutex_t lock;
    unsigned owners; /* the caller, and the thread while it runs */
    bool is_done;
    int error; /* EAI_… */
    struct addrinfo *result;
};

static void look_up(struct lookup *lookup, int flags)
{
    const struct addrinfo hints = { .ai_flags = flags | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
    struct addrinfo *result = NULL;
    int error = getaddrinfo(lookup->host, lookup->port, &hints, &result);
    pthread_mutex_lock(&lookup->lock);
    lookup->error = error;
    lookup->result = error ? NULL : result;
    lookup->is_done = !error || !(flags & AI_NUMERICHOST);
    pthread_mutex_unlock(&lookup->lock);
    if (lookup->is_done)
        eventfd_write(lookup->fd, 1);
}

static void release(struct lookup *lookup)
{
    pthread_mutex_lock(&lookup->lock);
    bool is_last = --lookup->owners == 0;
    pthread_mutex_unlock(&lookup->lock);
    if (!is_last)
        return;
    if (lookup->result)
        freeaddrinfo(lookup->result);
    if (lookup->fd >= 0)
        close(lookup->fd);
    pthread_mutex_destroy(&lookup->lock);
    free(lookup);
}

static void *work(void *data)
{
    look_up(data, AI_ADDRCONFIG);
    release(data);
    return NULL;
}

/* Its starter blocks all signals already: they belong to the loop's thread. */
static bool start(struct lookup *lookup)
{
    pthread_t thread;
    lookup->owners++;
    if (pthread_create(&thread, NULL, work, lookup) == 0) {
        pthread_detach(thread);
        return true;
    }
    lookup->owners--;
    return false;
}

struct lookup *lookup_create(const char *host, const char *port)
{
    struct lookup *lookup = calloc(1, sizeof *lookup);
    if (!lookup)
        return NULL;
    snprintf(lookup->host, sizeof lookup->host, "%s", host);
    snprintf(lookup->port, sizeof lookup->port, "%s", port);
    pthread_mutex_init(&lookup->lock, NULL);
    lookup->owners = 1;
    lookup->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    look_up(lookup, AI_NUMERICHOST);
    if (lookup->fd >= 0 && (lookup->is_done || start(lookup)))
        return lookup;
    release(lookup);
    return NULL;
}

void lookup_destroy(struct lookup *lookup)
{
    if (lookup)
        release(lookup);
}

int lookup_fd(const struct lookup *lookup)
{
    return lookup->fd;
}

bool lookup_is_done(struct lookup *lookup)
{
    pthread_mutex_lock(&lookup->lock);
    bool is_done = lookup->is_done;
    pthread_mutex_unlock(&lookup->lock);
    return is_done;
}

const struct addrinfo *lookup_result(const struct lookup *lookup, const char **reason)
{
    *reason = lookup->error ? gai_strerror(lookup->error) : "";
    return lookup->result;
}
