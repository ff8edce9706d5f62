/* Hostile brokers, one per row and all at once: each plays its script to a session byte by byte, then turns into a sound
 * broker on the same port. Every session must say what is wrong and when it tries again, wait without spinning, come back,
 * deliver, and leave no descriptor behind. Packets: MQTT 3.1.1 and 5.0, chapter 3 of each. Left out: a property that MQTT 5
 * does not know, at which libmosquitto 2.0.11 aborts by an assertion of its own; kezekd then starts the link process anew. */
#include "protocol/mqtt.h"

#include "tests/broker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define GUARD_US     INT64_C(120000000) /* against hanging only */
#define DRIP_US      50000
#define BYTES(text)  (text), sizeof(text) - 1

enum end {
    WAITS, /* says no more; the session has to give up */
    CLOSES,
    RESETS,
    DRIPS,  /* one byte at a time, and closes */
    FLOODS, /* zeros for as long as the session reads them, at most 100 MB */
};

/* Answers CONNECT with `connack` and SUBSCRIBE with `suback` (NULL: in order; packet id filled in), then sends `bytes`. A
 * script without one ends at the place of the other that is "". */
static const struct script {
    const char *name, *connack;
    size_t connack_size;
    const char *suback;
    size_t suback_size;
    const char *bytes;
    size_t size;
    enum end end;
    const char *why;  /* part of what the session says */
    unsigned strikes; /* hostile connections before the sound one; 0: 1 */
    bool is_311;
} scripts[] = {
#define CONNACK(name, bytes, end, why)                                                                       \
    {                                                                                                        \
        name, BYTES(bytes), "", 0, "", 0, end, why, 0, false                                                 \
    }
#define CONNACK_311(name, bytes, end, why)                                                                   \
    {                                                                                                        \
        name, BYTES(bytes), "", 0, "", 0, end, why, 0, true                                                  \
    }
#define SUBACK(name, bytes, end, why)                                                                        \
    {                                                                                                        \
        name, NULL, 0, BYTES(bytes), "", 0, end, why, 0, false                                               \
    }
#define UP(name, bytes, end, why)                                                                            \
    {                                                                                                        \
        name, NULL, 0, NULL, 0, BYTES(bytes), end, why, 0, false                                             \
    }
#define UP_311(name, bytes, end, why)                                                                        \
    {                                                                                                        \
        name, NULL, 0, NULL, 0, BYTES(bytes), end, why, 0, true                                              \
    }
    CONNACK("no CONNACK", "", WAITS, "no answer for 10 s"),
    CONNACK("hangs up before CONNACK", "", CLOSES, "the connection "),
    CONNACK("resets before CONNACK", "", RESETS, "the connection "),
    CONNACK("half a CONNACK", "\x20\x03\0", WAITS, "no answer for 10 s"),
    CONNACK("a CONNACK of one byte", "\x20", CLOSES, "the connection "),
    CONNACK("a CONNACK in drips, cut", "\x20\x09\0\0\x06\x24", DRIPS, "the connection "),
    CONNACK("a CONNACK whose length has five bytes", "\x20\xFF\xFF\xFF\xFF\x01", WAITS, "the broker"),
    CONNACK("a CONNACK without content", "\x20\0", WAITS, "the broker"),
    CONNACK("a CONNACK whose properties are longer", "\x20\x03\0\0\x7F", WAITS, "the broker"),
    CONNACK("a CONNACK with a property twice", "\x20\x09\0\0\x06\x21\0\x01\x21\0\x01", WAITS, "the broker"),
    CONNACK("SUBACK in place of CONNACK", "\x90\x04\0\x01\0\x01", WAITS, "the broker"),
    CONNACK("PUBLISH in place of CONNACK",
            "\x30\x06\0\x03"
            "a/b\0",
            WAITS, "the broker"),
    CONNACK("HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n", CLOSES, "the connection "),
    CONNACK("TLS alert on a plain port", "\x15\x03\x03\0\x02\x02\x46", CLOSES, "the broker"),
    CONNACK("256 MB announced before CONNACK", "\x20\xFF\xFF\xFF\x7F", WAITS, "no answer for 10 s"),
    CONNACK("refusal 0x80, unspecified", "\x20\x03\0\x80\0", WAITS, "without a reason"),
    CONNACK("refusal 0x81, malformed packet", "\x20\x03\0\x81\0", WAITS, "malformed"),
    CONNACK("refusal 0x82, protocol error", "\x20\x03\0\x82\0", WAITS, "break the protocol"),
    CONNACK("refusal 0x83, implementation", "\x20\x03\0\x83\0", WAITS, "own reasons"),
    CONNACK("refusal 0x85, client id", "\x20\x03\0\x85\0", WAITS, "the broker does not accept the client id"),
    CONNACK("refusal 0x86, password", "\x20\x03\0\x86\0", WAITS,
            "wrong user name or password; check broker.username and broker.password_file"),
    CONNACK("refusal 0x87, not authorised", "\x20\x03\0\x87\0", WAITS,
            "not authorised; check broker.username and the broker's access list"),
    CONNACK("refusal 0x88, not available", "\x20\x03\0\x88\0", WAITS, "the broker is not available"),
    CONNACK("refusal 0x89, busy", "\x20\x03\0\x89\0", WAITS, "the broker is busy"),
    CONNACK("refusal 0x8A, banned", "\x20\x03\0\x8A\0", WAITS, "this client is banned by the broker"),
    CONNACK("refusal 0x95, packet too large", "\x20\x03\0\x95\0", WAITS, "too large a packet for the broker"),
    CONNACK("refusal 0x97, quota", "\x20\x03\0\x97\0", WAITS, "a quota of the broker is used up"),
    CONNACK("refusal 0x9C, another server, with its name",
            "\x20\x09\0\x9C\x06\x1C\0\x03"
            "b:1",
            WAITS, "another broker"),
    CONNACK("refusal 0x9D, server moved", "\x20\x03\0\x9D\0", WAITS, "moved"),
    CONNACK("refusal 0x9F, rate", "\x20\x03\0\x9F\0", WAITS, "the broker limits the rate of connections"),
    CONNACK_311("3.1.1 refusal 1, version", "\x20\x02\0\x01", WAITS,
                "the broker does not speak this version of MQTT"),
    CONNACK_311("3.1.1 refusal 2, client id", "\x20\x02\0\x02", WAITS,
                "the broker does not accept the client id"),
    CONNACK_311("3.1.1 refusal 3, not available", "\x20\x02\0\x03", WAITS, "the broker is not available"),
    CONNACK_311("3.1.1 refusal 4, password", "\x20\x02\0\x04", WAITS,
                "wrong user name or password; check broker.username and broker.password_file"),
    CONNACK_311("3.1.1 refusal 5, not authorised", "\x20\x02\0\x05", WAITS,
                "not authorised; check broker.username and the broker's access list"),
    CONNACK_311("3.1.1 refusal 99, unknown", "\x20\x02\0\x63", WAITS,
                "the broker gave no reason that is known here"),
    SUBACK("no SUBACK", "", WAITS, "no answer for 10 s"),
    SUBACK("SUBACK refuses the topic", "\x90\x04\0\x01\0\x87", WAITS,
           "the broker refuses the subscription to a/b; check its access list"),
    SUBACK("hangs up instead of SUBACK", "", CLOSES, "the connection "),
    SUBACK("half a SUBACK", "\x90\x04\0", CLOSES, "the connection "),
    UP("DISCONNECT, shutting down", "\xE0\x02\x8B\0", CLOSES, "the broker is shutting down"),
    UP("DISCONNECT, administrator", "\xE0\x02\x98\0", CLOSES, "disconnected by the broker's administrator"),
    UP("DISCONNECT, use another server", "\xE0\x02\x9C\0", CLOSES, "another broker"),
    UP("DISCONNECT, keep-alive", "\xE0\x02\x8D\0", CLOSES, "the broker has not heard from us"),
    UP("a message with QoS 2 that is never released",
       "\x34\x08\0\x03"
       "a/b\0\x01\0",
       CLOSES, "the connection "),
    UP("a message with packet id 0",
       "\x32\x08\0\x03"
       "a/b\0\0\0",
       CLOSES, "the broker"),
    UP("a message to a topic with a wildcard",
       "\x30\x07\0\x03"
       "a/#\0x",
       CLOSES, "the connection "),
    UP("a message half sent",
       "\x30\x20\0\x03"
       "a/b\0x",
       WAITS, "the broker does not answer any more"),
    UP("a message in drips, cut",
       "\x30\x20\0\x03"
       "a/b\0xxxxx",
       DRIPS, "the connection "),
    UP("PUBACK twice for nothing", "\x40\x02\0\x09\x40\x02\0\x09", CLOSES, "the connection "),
    UP("an unknown packet type", "\xF8\0", WAITS, ""),
    UP("100 MB announced and sent",
       "\x30\x80\xC0\xD7\x2F\0\x03"
       "a/b\0",
       FLOODS, "the broker"),
    UP_311("3.1.1: 100 MB announced and sent",
           "\x30\x80\xC0\xD7\x2F\0\x03"
           "a/b",
           FLOODS, "the broker"),
    UP("PINGRESP never", "", WAITS, "the broker does not answer any more"),
    { "up and gone, three times", NULL, 0, NULL, 0, "", 0, CLOSES, "the connection ", 3, false },
    { "gone before CONNACK, three times", BYTES(""), "", 0, "", 0, CLOSES, "the connection ", 3, false },
};

static struct role {
    struct mqtt *mqtt;
    const struct script *script;
    int listener, fd;
    unsigned connections, downs, ups, dispatches, delivered;
    bool is_scripted, is_subscribed;
    const char *drip;
    size_t drip_size, flooded;
    int64_t drip_at_us;
    char why[256];
} roles[COUNT(scripts)];

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000) + now.tv_nsec / 1000;
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * INT64_C(1000000) + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static unsigned open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;
    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* ---- what the sessions tell ------------------------------------------------------------------ */

static int no_will(void *data, uint64_t conn, char *out, size_t size)
{
    (void)data, (void)conn, (void)out, (void)size;
    return 0;
}

static void note_up(void *data, uint64_t conn, int version, const char *url)
{
    (void)conn, (void)version, (void)url;
    ((struct role *)data)->ups++;
}

static void note_down(void *data, const char *why)
{
    struct role *role = data;
    if (role->downs++ == 0)
        snprintf(role->why, sizeof role->why, "%s", why);
}

static void note_message(void *data, const struct mqtt_message *message)
{
    struct role *role = data;
    role->delivered += message->length == 4 && memcmp(message->payload, "good", 4) == 0;
}

/* ---- what the brokers play ------------------------------------------------------------------- */

static void say(struct role *role, const void *bytes, size_t size)
{
    if (size > 0 && send(role->fd, bytes, size, MSG_NOSIGNAL) < 0 && errno != EPIPE && errno != ECONNRESET)
        fail_msg("%s: %s", role->script->name, strerror(errno));
}

static void hang_up(struct role *role, bool is_reset)
{
    struct linger linger = { .l_onoff = is_reset };
    setsockopt(role->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(role->fd);
    role->fd = -1;
}

/* The last act: `bytes`, and what comes after them. */
static void finale(struct role *role, const char *bytes, size_t size)
{
    if (role->script->end == DRIPS) {
        role->drip = bytes;
        role->drip_size = size;
        return;
    }
    say(role, bytes, size);
    if (role->script->end == CLOSES || role->script->end == RESETS)
        hang_up(role, role->script->end == RESETS);
}

static void on_connect(struct role *role)
{
    const struct script *script = role->script;
    if (role->is_scripted && script->connack)
        finale(role, script->connack, script->connack_size);
    else
        say(role, "\x20\x03\0\0\0", script->is_311 ? 0 : 5),
            say(role, "\x20\x02\0\0", script->is_311 ? 4 : 0);
}

static void on_subscribe(struct role *role, const unsigned char *request)
{
    const struct script *script = role->script;
    char suback[8];
    if (role->is_scripted && script->suback) {
        memcpy(suback, script->suback, script->suback_size);
        if (script->suback_size > 3)
            memcpy(suback + 2, request + 2, 2);
        finale(role, suback, script->suback_size);
        return;
    }
    const unsigned char v5[] = { 0x90, 4, request[2], request[3], 0, 1 };
    const unsigned char v4[] = { 0x90, 3, request[2], request[3], 1 };
    say(role, v5, script->is_311 ? 0 : sizeof v5);
    say(role, v4, script->is_311 ? sizeof v4 : 0);
    role->is_subscribed = true;
    if (role->is_scripted)
        finale(role, script->bytes, script->size);
    else
        say(role,
            script->is_311 ? "\x30\x09\0\x03"
                             "a/bgood"
                           : "\x30\x0A\0\x03"
                             "a/b\0good",
            script->is_311 ? 11 : 12);
}

static void hear(struct role *role)
{
    unsigned char bytes[512];
    ssize_t n = recv(role->fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        hang_up(role, false);
    else if (bytes[0] == 0x10)
        on_connect(role);
    else if (bytes[0] == 0x82)
        on_subscribe(role, bytes);
}

static void admit(struct role *role)
{
    int fd = accept4(role->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (role->fd >= 0)
        close(role->fd);
    role->fd = fd;
    role->is_subscribed = false;
    role->drip = NULL;
    unsigned strikes = role->script->strikes ? role->script->strikes : 1;
    role->is_scripted = role->connections++ < strikes;
}

static void drip(struct role *role)
{
    if (!role->drip || role->fd < 0 || now_us() < role->drip_at_us)
        return;
    role->drip_at_us = now_us() + DRIP_US;
    if (role->drip_size == 0) {
        role->drip = NULL;
        hang_up(role, false);
        return;
    }
    say(role, role->drip++, 1);
    role->drip_size--;
}

static bool is_flooding(const struct role *role)
{
    return role->fd >= 0 && role->is_scripted && role->is_subscribed && role->script->end == FLOODS;
}

static void flood(struct role *role)
{
    static const char zeros[65536];
    ssize_t n = send(role->fd, zeros, sizeof zeros, MSG_NOSIGNAL);
    role->flooded += n > 0 ? (size_t)n : 0;
    if ((n < 0 && errno != EAGAIN) || role->flooded >= 100000000)
        hang_up(role, false);
}

/* ---- the evening ----------------------------------------------------------------------------- */

static void open_role(struct role *role, const struct script *script)
{
    char url[64], id[16], error[256] = "";
    uint16_t port;
    *role = (struct role){ .script = script, .fd = -1, .listener = loopback_socket(&port) };
    assert_int_equal(listen(role->listener, 4), 0);
    assert_int_equal(fcntl(role->listener, F_SETFL, O_NONBLOCK), 0);
    snprintf(url, sizeof url, "mqtt://127.0.0.1:%u", port);
    snprintf(id, sizeof id, "role-%u", (unsigned)(role - roles));
    struct mqtt_config config = {
        .url = { url }, .nurls = 1, .client_id = id, .ntopics = 1, .topic = { "a/b" }
    };
    config.protocol = script->is_311 ? MQTT_311 : MQTT_5;
    struct mqtt_events events = { role, no_will, note_up, note_down, note_message };
    role->mqtt = mqtt_create(&config, &events, error, sizeof error);
    if (!role->mqtt)
        fail_msg("%s: %s", script->name, error);
}

static void turn(void)
{
    struct pollfd fds[3 * COUNT(scripts)], *at = fds;
    for (size_t i = 0; i < COUNT(roles); i++) {
        *at++ = (struct pollfd){ .fd = mqtt_fd(roles[i].mqtt), .events = POLLIN };
        *at++ = (struct pollfd){ .fd = roles[i].listener, .events = POLLIN };
        *at++ = (struct pollfd){ .fd = roles[i].fd,
                                 .events = (short)(POLLIN | (is_flooding(&roles[i]) ? POLLOUT : 0)) };
    }
    assert_true(poll(fds, COUNT(fds), DRIP_US / 1000) >= 0);
    for (size_t i = 0; i < COUNT(roles); i++) {
        struct role *role = &roles[i];
        if (fds[3 * i].revents) {
            role->dispatches++;
            mqtt_dispatch(role->mqtt);
        }
        if (fds[3 * i + 2].revents & (POLLIN | POLLHUP | POLLERR))
            hear(role);
        if (is_flooding(role) && fds[3 * i + 2].revents & POLLOUT)
            flood(role);
        if (fds[3 * i + 1].revents)
            admit(role);
        drip(role);
    }
}

static unsigned undelivered(const struct role **which)
{
    unsigned count = 0;
    for (size_t i = 0; i < COUNT(roles); i++)
        if (roles[i].delivered == 0) {
            count++;
            *which = &roles[i];
        }
    return count;
}

static void judge(const struct role *role)
{
    const struct script *script = role->script;
    unsigned strikes = script->strikes ? script->strikes : 1;
    print_message("%s: %s (%u turns)\n", script->name, role->why, role->dispatches);
    if (!strstr(role->why, script->why) || !strstr(role->why, "next try in"))
        fail_msg("%s: says \"%s\"; expected \"%s\" and when the next try is", script->name, role->why,
                 script->why);
    if (role->connections != strikes + 1)
        fail_msg("%s: %u connections; expected %u", script->name, role->connections, strikes + 1);
    if (script->end != FLOODS && role->dispatches > 100)
        fail_msg("%s: %u turns; expected less than 100", script->name, role->dispatches);
}

static void every_session_outlives_its_hostile_broker(void **context)
{
    (void)context;
    unsigned descriptors = open_descriptors();
    const struct role *last = NULL;
    for (size_t i = 0; i < COUNT(roles); i++)
        open_role(&roles[i], &scripts[i]);
    int64_t start_us = now_us(), start_cpu_us = cpu_us();
    while (undelivered(&last) > 0) {
        if (now_us() - start_us > GUARD_US)
            fail_msg("%s: nothing delivered after it; says \"%s\"", last->script->name, last->why);
        turn();
    }
    int64_t wall_us = now_us() - start_us, used_us = cpu_us() - start_cpu_us;
    print_message("%zu brokers: %.1f s, %.1f %% of a core\n", COUNT(roles), 1e-6 * (double)wall_us,
                  100.0 * (double)used_us / (double)wall_us);
    for (size_t i = 0; i < COUNT(roles); i++)
        judge(&roles[i]);
    assert_true(used_us < wall_us / 4);
    for (size_t i = 0; i < COUNT(roles); i++) {
        mqtt_destroy(roles[i].mqtt);
        close(roles[i].listener);
        if (roles[i].fd >= 0)
            close(roles[i].fd);
    }
    assert_int_equal(open_descriptors(), descriptors);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_session_outlives_its_hostile_broker) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
