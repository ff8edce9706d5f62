#include "sim/slave_line.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

struct slave_line {
    struct loop *loop;
    struct slave_bus *bus;
    struct loop_source *source;
    struct loop_timer *timer;
    int pty, port; /* our end; and the other one, held open so that the pty outlives each client */
    uint64_t changes;
    void (*changed)(void *data);
    void *data;
    char path[PATH_MAX];
};

/* ---- the pty --------------------------------------------------------------------------------- */

static int open_pty(struct slave_line *line, char *name, size_t size)
{
    struct termios raw;
    line->pty = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (line->pty < 0 || grantpt(line->pty) < 0 || unlockpt(line->pty) < 0)
        return -errno;
    int error = ptsname_r(line->pty, name, size);
    if (error)
        return -error;
    line->port = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line->port < 0 || tcgetattr(line->port, &raw) < 0)
        return -errno;
    cfmakeraw(&raw);
    return tcsetattr(line->port, TCSANOW, &raw) < 0 ? -errno : 0;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static int link_to(const char *name, const char *path)
{
    struct stat there;
    if (lstat(path, &there) == 0 && !S_ISLNK(there.st_mode))
        return -EEXIST;
    unlink(path);
    return symlink(name, path) < 0 ? -errno : 0;
}

/* ---- traffic --------------------------------------------------------------------------------- */

static void tell_changes(struct slave_line *line)
{
    uint64_t changes = 0;
    for (unsigned i = 0; i < slave_bus_units(line->bus); i++) {
        struct slave_view view;
        slave_view(line->bus, i, &view);
        changes += view.changes;
    }
    if (changes == line->changes)
        return;
    line->changes = changes;
    if (line->changed)
        line->changed(line->data);
}

/* A client that does not read loses the answer, as on a wire. */
static void send_due(void *data, int64_t now_us)
{
    struct slave_line *line = data;
    uint8_t frame[SLAVE_FRAME_MAX];
    size_t count;
    while ((count = slave_bus_take(line->bus, now_us, frame)) > 0)
        if (line->pty >= 0 && write(line->pty, frame, count) < 0)
            break;
    loop_timer_at(line->timer, slave_bus_due_us(line->bus));
}

static void receive(void *data, uint32_t events)
{
    (void)events;
    struct slave_line *line = data;
    uint8_t bytes[1024];
    ssize_t count;
    while ((count = read(line->pty, bytes, sizeof bytes)) > 0)
        slave_bus_feed(line->bus, clock_us(), bytes, (size_t)count);
    send_due(line, clock_us());
    tell_changes(line);
}

/* ---- life ------------------------------------------------------------------------------------ */

void slave_line_unplug(struct slave_line *line)
{
    if (line->pty < 0)
        return;
    loop_remove(line->source);
    line->source = NULL;
    unlink(line->path);
    close_fd(&line->port);
    close_fd(&line->pty);
    if (line->changed)
        line->changed(line->data);
}

int slave_line_plug(struct slave_line *line)
{
    char name[64];
    if (line->pty >= 0)
        return 0;
    int error = open_pty(line, name, sizeof name);
    if (!error)
        error = link_to(name, line->path);
    if (!error) {
        line->source = loop_add(line->loop, line->pty, EPOLLIN, "led line", receive, line);
        error = line->source ? 0 : -errno;
    }
    if (error) {
        close_fd(&line->port);
        close_fd(&line->pty);
    }
    return error;
}

bool slave_line_is_plugged(const struct slave_line *line)
{
    return line->pty >= 0;
}

struct slave_line *slave_line_create(struct loop *loop, const char *path, struct slave_bus *bus)
{
    struct slave_line *line = calloc(1, sizeof *line);
    if (!line)
        return NULL;
    line->loop = loop;
    line->bus = bus;
    line->pty = line->port = -1;
    snprintf(line->path, sizeof line->path, "%s", path);
    line->timer = loop_timer(loop, "led answers", send_due, line);
    int error = line->timer ? slave_line_plug(line) : -ENOMEM;
    if (!error)
        return line;
    slave_line_destroy(line);
    errno = -error;
    return NULL;
}

void slave_line_destroy(struct slave_line *line)
{
    if (!line)
        return;
    slave_line_unplug(line);
    loop_timer_remove(line->timer);
    free(line);
}

void slave_line_notify(struct slave_line *line, void (*changed)(void *data), void *data)
{
    line->changed = changed;
    line->data = data;
}
