#include "sim/slave_line.h"

#include "sim/pty.h"
#include "sim/slave_answer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct slave_line {
    struct loop *loop;
    struct slave_bus *bus;
    struct loop_source *source;
    struct loop_timer *timer, *plug_timer;
    uint16_t pull_permille;
    uint64_t chance;
    struct pty pty;
    bool is_paced;
    struct led_serial serial; /* of the port */
    struct relay relay;
    int64_t given_us; /* when the client got its last piece */
    uint64_t changes;
    void (*changed)(void *data);
    void *data;
    void (*tap)(void *data, bool is_request, int64_t at_us, uint8_t byte);
    void *tap_data;
    char path[PATH_MAX];
};

static int link_to(const char *name, const char *path)
{
    struct stat there;
    if (lstat(path, &there) == 0 && !S_ISLNK(there.st_mode))
        return -EEXIST;
    unlink(path);
    return symlink(name, path) < 0 ? -errno : 0;
}

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
static void give(struct slave_line *line, const uint8_t *bytes, size_t count)
{
    if (count && line->pty.ours >= 0 && write(line->pty.ours, bytes, count) < 0)
        return;
}

/* ---- without speed --------------------------------------------------------------------------- */

static void send_due(struct slave_line *line, int64_t now_us)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    size_t count;
    while ((count = slave_bus_take(line->bus, now_us, frame)) > 0)
        give(line, frame, count);
}

/* ---- with speed ------------------------------------------------------------------------------ */

static void note(struct slave_line *line, bool is_request, int64_t at_us, uint8_t byte)
{
    if (line->tap)
        line->tap(line->tap_data, is_request, at_us, byte);
}

static bool move_request(struct slave_line *line, int64_t at_us)
{
    uint8_t byte;
    if (!relay_take(&line->relay, RELAY_UNITS, at_us, &byte, &at_us))
        return false;
    note(line, true, at_us, byte);
    slave_bus_feed(line->bus, at_us, &byte, 1);
    return true;
}

static bool move_answer(struct slave_line *line, int64_t at_us)
{
    uint8_t frame[SLAVE_FRAME_MAX];
    size_t count = slave_bus_take(line->bus, at_us, frame);
    relay_send(&line->relay, RELAY_UNITS, at_us, frame, count);
    return count > 0;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* What has happened on the line by now, in the order of its own time. */
static void run_line(struct slave_line *line, int64_t now_us)
{
    for (;;) {
        int64_t at_us = earlier(relay_due_us(&line->relay, RELAY_UNITS), slave_bus_due_us(line->bus));
        if (at_us > now_us)
            return;
        while (move_request(line, at_us) || move_answer(line, at_us))
            ;
    }
}

static void give_arrived(struct slave_line *line, int64_t now_us)
{
    uint8_t bytes[RELAY_BYTES];
    size_t count = 0;
    int64_t at_us;
    for (; count < sizeof bytes && relay_take(&line->relay, RELAY_MASTER, now_us, &bytes[count], &at_us);
         count++)
        note(line, false, at_us, bytes[count]);
    give(line, bytes, count);
    if (count)
        line->given_us = now_us;
}

/* Requests count when they are complete, answers in pieces. */
static int64_t next_us(const struct slave_line *line)
{
    return earlier(relay_wake_us(&line->relay, RELAY_MASTER, line->given_us),
                   relay_last_us(&line->relay, RELAY_UNITS));
}

/* ---- both ------------------------------------------------------------------------------------ */

static void take_settings(struct slave_line *line)
{
    struct led_serial serial;
    if (!pty_serial(&line->pty, &serial))
        return;
    line->serial = serial;
    for (unsigned end = 0; end < RELAY_ENDS; end++)
        relay_set(&line->relay, end, &serial);
    slave_bus_set_line(line->bus, &serial);
}

static void turn(void *data, int64_t now_us)
{
    struct slave_line *line = data;
    if (line->is_paced) {
        run_line(line, now_us);
        give_arrived(line, now_us);
    } else {
        send_due(line, now_us);
    }
    slave_bus_pass(line->bus, now_us);
    int64_t wake_us = earlier(slave_bus_due_us(line->bus), slave_bus_change_us(line->bus));
    loop_timer_at(line->timer, line->is_paced ? earlier(wake_us, next_us(line)) : wake_us);
    tell_changes(line);
}

static void pull_by_chance(struct slave_line *line)
{
    if (!line->pull_permille || answer_chance(&line->chance) % 1000 >= line->pull_permille)
        return;
    slave_line_unplug(line);
    loop_timer_at(line->plug_timer, clock_us() + SLAVE_LINE_PULLED_US);
}

static void receive(void *data, uint32_t events)
{
    (void)events;
    struct slave_line *line = data;
    uint8_t bytes[1024];
    ssize_t count;
    int64_t now_us = clock_us();
    if (line->is_paced) {
        run_line(line, now_us);
        take_settings(line);
    }
    while ((count = read(line->pty.ours, bytes, sizeof bytes)) > 0)
        if (line->is_paced)
            relay_send(&line->relay, RELAY_MASTER, now_us, bytes, (size_t)count);
        else
            slave_bus_feed(line->bus, now_us, bytes, (size_t)count);
    turn(line, clock_us());
    pull_by_chance(line);
}

/* ---- life ------------------------------------------------------------------------------------ */

void slave_line_unplug(struct slave_line *line)
{
    if (line->pty.ours < 0)
        return;
    loop_remove(line->source);
    line->source = NULL;
    unlink(line->path);
    pty_close(&line->pty);
    if (line->changed)
        line->changed(line->data);
}

int slave_line_plug(struct slave_line *line)
{
    char name[64];
    if (line->pty.ours >= 0)
        return 0;
    int error = pty_open(&line->pty, name, sizeof name);
    if (!error && line->is_paced)
        pty_set_serial(&line->pty, &line->serial);
    if (!error)
        error = link_to(name, line->path);
    if (!error) {
        line->source = loop_add(line->loop, line->pty.ours, EPOLLIN, "led line", receive, line);
        error = line->source ? 0 : -errno;
    }
    if (error)
        pty_close(&line->pty);
    else if (line->is_paced)
        relay_init(&line->relay, &line->serial);
    if (!error && line->changed)
        line->changed(line->data);
    return error;
}

static void plug_again(void *data, int64_t now_us)
{
    struct slave_line *line = data;
    if (slave_line_plug(line) < 0) /* somebody else has the path */
        loop_timer_at(line->plug_timer, now_us + SLAVE_LINE_PULLED_US);
}

void slave_line_pull(struct slave_line *line, uint16_t permille, uint64_t seed)
{
    line->pull_permille = permille;
    line->chance = seed;
}

bool slave_line_is_plugged(const struct slave_line *line)
{
    return line->pty.ours >= 0;
}

struct slave_line *slave_line_create(struct loop *loop, const char *path, struct slave_bus *bus,
                                     const struct led_serial *pace)
{
    struct slave_line *line = calloc(1, sizeof *line);
    if (!line)
        return NULL;
    line->loop = loop;
    line->bus = bus;
    line->pty = (struct pty){ -1, -1 };
    line->is_paced = pace != NULL;
    if (pace)
        line->serial = *pace;
    slave_bus_set_line(bus, pace);
    snprintf(line->path, sizeof line->path, "%s", path);
    line->timer = loop_timer(loop, "led answers", turn, line);
    line->plug_timer = loop_timer(loop, "led plug", plug_again, line);
    int error = line->timer && line->plug_timer ? slave_line_plug(line) : -ENOMEM;
    if (!error) {
        loop_timer_at(line->timer, slave_bus_change_us(bus));
        return line;
    }
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
    loop_timer_remove(line->plug_timer);
    free(line);
}

void slave_line_notify(struct slave_line *line, void (*changed)(void *data), void *data)
{
    line->changed = changed;
    line->data = data;
}

void slave_line_tap(struct slave_line *line,
                    void (*tap)(void *data, bool is_request, int64_t at_us, uint8_t byte), void *data)
{
    line->tap = tap;
    line->tap_data = data;
}
