/* Hostile brokers, one per row and all at once: each plays its row to a session byte by byte, then turns into a sound broker
 * on the same port. Every session must say what is wrong, what would be right and when it tries again, wait without spinning,
 * come back, deliver, and leave no descriptor behind; a row without a complaint must do no harm at all: one connection, and
 * the message that follows arrives. Packets: MQTT 3.1.1 and 5.0, chapter 3 of each. */
#include "protocol/mqtt.h"

#include "tests/broker.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <time.h>

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define GUARD_US     INT64_C(180000000) /* against hanging only */
#define DRIP_US      50000
#define TOPICS       3
#define BYTES(text)  .bytes = (text), .size = sizeof(text) - 1

#define MALFORMED    "is it an MQTT broker, and this its port? (broker.urls)"
#define GONE         "the connection "
#define SILENT       "no answer for 10 s"
#define DEAF         "the broker does not answer any more"
#define TLS          "check broker.ca_file"

enum at { CONNACK, SUBACK, UP }; /* what the bytes stand in place of; UP: after both */
enum end {
    WAITS, /* says no more; the session has to give up */
    CLOSES,
    RESETS,
    DRIPS,  /* one byte at a time, and closes */
    FLOODS, /* zeros for as long as the session reads them, at most 100 MB */
    GOES_ON /* as a sound broker */
};
enum kind { V5, V311, V5_TLS };

static const struct script {
    const char *name;
    enum at at;
    const char *bytes; /* SUBACK: the packet id is filled in at 2 and 3 */
    size_t size;
    enum end end;
    const char *why; /* part of what the session says; NULL: nothing is to be said */
    enum kind kind;
    unsigned strikes;  /* hostile connections before the sound one; 0: 1 */
    unsigned after_ms; /* CLOSES: later */
} scripts[] = {
#define ROW(n, a, b, e, w, ...)                                                                              \
    {                                                                                                        \
        .name = n, .at = a, BYTES(b), .end = e, .why = w, ##__VA_ARGS__                                      \
    }
    ROW("no CONNACK", CONNACK, "", WAITS, SILENT),
    ROW("hangs up before CONNACK", CONNACK, "", CLOSES, GONE),
    ROW("hangs up before CONNACK, three times", CONNACK, "", CLOSES, GONE, .strikes = 3),
    ROW("resets before CONNACK", CONNACK, "", RESETS, GONE),
    ROW("half a CONNACK", CONNACK, "\x20\x03\0", WAITS, SILENT),
    ROW("a CONNACK of one byte", CONNACK, "\x20", CLOSES, GONE),
    ROW("a CONNACK in drips, cut", CONNACK, "\x20\x09\0\0\x06\x24", DRIPS, GONE),
    ROW("a CONNACK whose length has five bytes", CONNACK, "\x20\xFF\xFF\xFF\xFF\x01", WAITS, MALFORMED),
    ROW("a CONNACK without content", CONNACK, "\x20\0", WAITS, MALFORMED),
    ROW("a CONNACK whose properties are longer", CONNACK, "\x20\x03\0\0\x7F", WAITS, MALFORMED),
    ROW("a CONNACK with a property twice", CONNACK, "\x20\x09\0\0\x06\x21\0\x01\x21\0\x01", WAITS, MALFORMED),
    ROW("a CONNACK with an unknown property", CONNACK, "\x20\x05\0\0\x02\x7E\0", WAITS, MALFORMED),
    ROW("a CONNACK with a property of PUBLISH", CONNACK, "\x20\x06\0\0\x03\x23\0\x01", WAITS, MALFORMED),
    ROW("a CONNACK with a client id of its own", CONNACK, "\x20\x07\0\0\x04\x12\0\x01x", WAITS, MALFORMED),
    ROW("a CONNACK with receive-maximum 0", CONNACK, "\x20\x06\0\0\x03\x21\0\0", WAITS, MALFORMED),
    ROW("a CONNACK with maximum-packet-size 0", CONNACK, "\x20\x08\0\0\x05\x27\0\0\0\0", WAITS, MALFORMED),
    ROW("a CONNACK with maximum QoS 0", CONNACK, "\x20\x05\0\0\x02\x24\0", WAITS, "let it grant QoS 1"),
    ROW("receive-maximum 1", CONNACK, "\x20\x06\0\0\x03\x21\0\x01", GOES_ON, NULL),
    ROW("maximum-packet-size 30", CONNACK, "\x20\x08\0\0\x05\x27\0\0\0\x1E", GOES_ON, NULL),
    ROW("maximum-packet-size 5, and gone", CONNACK, "\x20\x08\0\0\x05\x27\0\0\0\x05", CLOSES, ""),
    ROW("retained messages not available", CONNACK, "\x20\x05\0\0\x02\x25\0", GOES_ON, NULL),
    ROW("session present, though a clean one was asked for", CONNACK, "\x20\x03\x01\0\0", GOES_ON, NULL),
    ROW("server keep-alive 1 s", CONNACK, "\x20\x06\0\0\x03\x13\0\x01", GOES_ON, NULL),
    ROW("server keep-alive 0", CONNACK, "\x20\x06\0\0\x03\x13\0\0", GOES_ON, NULL),
    ROW("all CONNACK flags set", CONNACK, "\x20\x03\xFF\0\0", GOES_ON, NULL),
    ROW("SUBACK in place of CONNACK", CONNACK, "\x90\x04\0\x01\0\x01", WAITS, MALFORMED),
    ROW("PUBLISH in place of CONNACK", CONNACK,
        "\x30\x06\0\x03"
        "a/b\0",
        WAITS, MALFORMED),
    ROW("HTTP", CONNACK, "HTTP/1.1 400 Bad Request\r\n\r\n", CLOSES, GONE),
    ROW("TLS alert on a plain port", CONNACK, "\x15\x03\x03\0\x02\x02\x46", CLOSES, MALFORMED),
    ROW("256 MB announced before CONNACK", CONNACK, "\x20\xFF\xFF\xFF\x7F", WAITS, SILENT),
    ROW("TLS: nothing", CONNACK, "", WAITS, SILENT, .kind = V5_TLS),
    ROW("TLS: hangs up", CONNACK, "", CLOSES, "", .kind = V5_TLS),
    ROW("TLS: resets", CONNACK, "", RESETS, "", .kind = V5_TLS),
    ROW("TLS: CONNACK in the clear", CONNACK, "\x20\x03\0\0\0", WAITS, TLS, .kind = V5_TLS),
    ROW("TLS: HTTP", CONNACK, "HTTP/1.1 400 Bad Request\r\n\r\n", CLOSES, TLS, .kind = V5_TLS),
    ROW("TLS: alert, handshake failure", CONNACK, "\x15\x03\x03\0\x02\x02\x28", WAITS, TLS, .kind = V5_TLS),
    ROW("TLS: half a ServerHello", CONNACK, "\x16\x03\x03\0\x40\x02\0\0\x3C\x03\x03", WAITS, SILENT, V5_TLS),
    ROW("TLS: a record longer than allowed", CONNACK, "\x16\x03\x03\xFF\xFF\x02\0\0\0", WAITS, TLS, V5_TLS),
    ROW("TLS: zeros", CONNACK, "\0\0\0\0\0\0\0\0\0\0\0\0", WAITS, TLS, .kind = V5_TLS),
    ROW("refusal 0x80, unspecified", CONNACK, "\x20\x03\0\x80\0", WAITS, "without a reason; its log"),
    ROW("refusal 0x81, malformed packet", CONNACK, "\x20\x03\0\x81\0", WAITS,
        "our packet malformed; its log"),
    ROW("refusal 0x82, protocol error", CONNACK, "\x20\x03\0\x82\0", WAITS, "break the protocol; its log"),
    ROW("refusal 0x83, implementation", CONNACK, "\x20\x03\0\x83\0", WAITS, "own reasons; its log"),
    ROW("refusal 0x85, client id", CONNACK, "\x20\x03\0\x85\0", WAITS, "it must allow kezek-HALL-BOARD"),
    ROW("refusal 0x86, password", CONNACK, "\x20\x03\0\x86\0", WAITS,
        "wrong user name or password; check broker.username and broker.password_file"),
    ROW("refusal 0x87, not authorised", CONNACK, "\x20\x03\0\x87\0", WAITS,
        "not authorised; check broker.username and the broker's access list"),
    ROW("refusal 0x88, not available", CONNACK, "\x20\x03\0\x88\0", WAITS,
        "the broker is not available; its log"),
    ROW("refusal 0x89, busy", CONNACK, "\x20\x03\0\x89\0", WAITS, "the broker is busy"),
    ROW("refusal 0x8A, banned", CONNACK, "\x20\x03\0\x8A\0", WAITS, "its administrator can lift that"),
    ROW("refusal 0x8C, authentication method", CONNACK, "\x20\x03\0\x8C\0", WAITS,
        "let it take a password or a certificate"),
    ROW("refusal 0x90, topic name", CONNACK, "\x20\x03\0\x90\0", WAITS, "let it allow kezek/v1/#"),
    ROW("refusal 0x95, packet too large", CONNACK, "\x20\x03\0\x95\0", WAITS, "let it take 64 KiB"),
    ROW("refusal 0x97, quota", CONNACK, "\x20\x03\0\x97\0", WAITS, "raise it"),
    ROW("refusal 0x99, payload format", CONNACK, "\x20\x03\0\x99\0", WAITS, "let it take JSON"),
    ROW("refusal 0x9A, retain", CONNACK, "\x20\x03\0\x9A\0", WAITS, "switch them on there"),
    ROW("refusal 0x9B, QoS", CONNACK, "\x20\x03\0\x9B\0", WAITS, "let it grant QoS 1"),
    ROW("refusal 0x9C, another server", CONNACK, "\x20\x03\0\x9C\0", WAITS,
        "another broker; check broker.urls"),
    ROW("refusal 0x9D, server moved", CONNACK, "\x20\x03\0\x9D\0", WAITS, "moved; check broker.urls"),
    ROW("refusal 0x9F, rate", CONNACK, "\x20\x03\0\x9F\0", WAITS, "limits the rate of connections; raise"),
    ROW("refusal 0xFF, no code of MQTT", CONNACK, "\x20\x03\0\xFF\0", WAITS, "no reason that is known here"),
    ROW("refusal 0x9C with the name of the other", CONNACK,
        "\x20\x09\0\x9C\x06\x1C\0\x03"
        "b:1",
        WAITS, "another broker; check broker.urls"),
    ROW("3.1.1: refusal 1, version", CONNACK, "\x20\x02\0\x01", WAITS, "check broker.protocol", .kind = V311),
    ROW("3.1.1: refusal 2, client id", CONNACK, "\x20\x02\0\x02", WAITS, "it must allow kezek-HALL-BOARD",
        .kind = V311),
    ROW("3.1.1: refusal 3, not available", CONNACK, "\x20\x02\0\x03", WAITS,
        "the broker is not available; its log", .kind = V311),
    ROW("3.1.1: refusal 4, password", CONNACK, "\x20\x02\0\x04", WAITS,
        "check broker.username and broker.password_file", .kind = V311),
    ROW("3.1.1: refusal 5, not authorised", CONNACK, "\x20\x02\0\x05", WAITS,
        "check broker.username and the broker's access list", .kind = V311),
    ROW("3.1.1: refusal 99, unknown", CONNACK, "\x20\x02\0\x63", WAITS, "no reason that is known here", V311),
    ROW("3.1.1: session present", CONNACK, "\x20\x02\x01\0", GOES_ON, NULL, .kind = V311),
    ROW("no SUBACK", SUBACK, "", WAITS, SILENT),
    ROW("hangs up instead of SUBACK", SUBACK, "", CLOSES, GONE),
    ROW("half a SUBACK", SUBACK, "\x90\x06\0", CLOSES, GONE),
    ROW("SUBACK refuses the topic a/b", SUBACK, "\x90\x06\0\0\0\x87\x01\x01", WAITS,
        "refuses the subscription to a/b; check its access list"),
    ROW("SUBACK refuses the topic a/c", SUBACK, "\x90\x06\0\0\0\x01\x80\x01", WAITS,
        "refuses the subscription to a/c; check its access list"),
    ROW("SUBACK refuses the topic a/d", SUBACK, "\x90\x06\0\0\0\x01\x01\x8F", WAITS,
        "refuses the subscription to a/d; check its access list"),
    ROW("SUBACK for two topics of three", SUBACK, "\x90\x05\0\0\0\x01\x01", WAITS, "2 subscriptions of 3"),
    ROW("SUBACK for nine topics, the last refused", SUBACK,
        "\x90\x0C\0\0\0\x01\x01\x01\x01\x01\x01\x01\x01\x87", WAITS, "9 subscriptions of 3"),
    ROW("SUBACK for no topic", SUBACK, "\x90\x03\0\0\0", WAITS, "the broker"),
    ROW("SUBACK with an unknown property", SUBACK, "\x90\x08\0\0\x02\x7E\0\x01\x01\x01", WAITS, MALFORMED),
    ROW("SUBACK grants other QoS", SUBACK, "\x90\x06\0\0\0\x02\0\x01", GOES_ON, NULL),
    ROW("3.1.1: SUBACK refuses the topic a/c", SUBACK, "\x90\x05\0\0\x01\x80\x01", WAITS,
        "refuses the subscription to a/c; check its access list", .kind = V311),
    ROW("DISCONNECT 0x00, normal", UP, "\xE0\x02\x00\0", CLOSES, "the connection "),
    ROW("DISCONNECT 0x80, unspecified", UP, "\xE0\x02\x80\0", CLOSES, "without a reason; its log"),
    ROW("DISCONNECT 0x81, malformed packet", UP, "\xE0\x02\x81\0", CLOSES, "our packet malformed; its log"),
    ROW("DISCONNECT 0x82, protocol error", UP, "\xE0\x02\x82\0", CLOSES, "break the protocol; its log"),
    ROW("DISCONNECT 0x83, implementation", UP, "\xE0\x02\x83\0", CLOSES, "own reasons; its log"),
    ROW("DISCONNECT 0x87, not authorised", UP, "\xE0\x02\x87\0", CLOSES, "the broker's access list"),
    ROW("DISCONNECT 0x89, busy", UP, "\xE0\x02\x89\0", CLOSES, "the broker is busy"),
    ROW("DISCONNECT 0x8B, shutting down", UP, "\xE0\x02\x8B\0", CLOSES, "the broker is shutting down"),
    ROW("DISCONNECT 0x8D, keep-alive", UP, "\xE0\x02\x8D\0", CLOSES,
        "the broker has not heard from us; is the network overloaded?"),
    ROW("DISCONNECT 0x8E, session taken over", UP, "\xE0\x02\x8E\0", CLOSES,
        "another client connected with this client id; is board used twice"),
    ROW("DISCONNECT 0x8F, topic filter", UP, "\xE0\x02\x8F\0", CLOSES, "let it allow kezek/v1/#"),
    ROW("DISCONNECT 0x90, topic name", UP, "\xE0\x02\x90\0", CLOSES, "let it allow kezek/v1/#"),
    ROW("DISCONNECT 0x93, receive-maximum", UP, "\xE0\x02\x93\0", CLOSES,
        "more at once than the broker takes; its log"),
    ROW("DISCONNECT 0x94, topic alias", UP, "\xE0\x02\x94\0", CLOSES, "we use none; its log"),
    ROW("DISCONNECT 0x95, packet too large", UP, "\xE0\x02\x95\0", CLOSES, "let it take 64 KiB"),
    ROW("DISCONNECT 0x96, message rate", UP, "\xE0\x02\x96\0", CLOSES, "raise its limit"),
    ROW("DISCONNECT 0x97, quota", UP, "\xE0\x02\x97\0", CLOSES, "raise it"),
    ROW("DISCONNECT 0x98, administrator", UP, "\xE0\x02\x98\0", CLOSES,
        "disconnected by the broker's administrator"),
    ROW("DISCONNECT 0x99, payload format", UP, "\xE0\x02\x99\0", CLOSES, "let it take JSON"),
    ROW("DISCONNECT 0x9A, retain", UP, "\xE0\x02\x9A\0", CLOSES, "switch them on there"),
    ROW("DISCONNECT 0x9B, QoS", UP, "\xE0\x02\x9B\0", CLOSES, "let it grant QoS 1"),
    ROW("DISCONNECT 0x9C, another server", UP, "\xE0\x02\x9C\0", CLOSES, "another broker; check broker.urls"),
    ROW("DISCONNECT 0x9D, server moved", UP, "\xE0\x02\x9D\0", CLOSES, "moved; check broker.urls"),
    ROW("DISCONNECT 0x9E, shared subscriptions", UP, "\xE0\x02\x9E\0", CLOSES, "we use none; its log"),
    ROW("DISCONNECT 0x9F, rate", UP, "\xE0\x02\x9F\0", CLOSES, "raise its limit"),
    ROW("DISCONNECT 0xA0, connect time", UP, "\xE0\x02\xA0\0", CLOSES, "lift that limit"),
    ROW("DISCONNECT 0xA1, subscription ids", UP, "\xE0\x02\xA1\0", CLOSES, "we use none; its log"),
    ROW("DISCONNECT 0xA2, wildcards", UP, "\xE0\x02\xA2\0", CLOSES, "we use none; its log"),
    ROW("DISCONNECT 0xFF, no code of MQTT", UP, "\xE0\x02\xFF\0", CLOSES, "no reason that is known here"),
    ROW("DISCONNECT without a reason", UP, "\xE0\0", CLOSES, "the broker"),
    ROW("DISCONNECT with an unknown property", UP, "\xE0\x04\x8B\x02\x7E\0", CLOSES, MALFORMED),
    ROW("AUTH without a reason", UP, "\xF0\0", WAITS, MALFORMED),
    ROW("AUTH with wrong flags", UP, "\xF8\0", WAITS, MALFORMED),
    ROW("AUTH with an unknown property", UP, "\xF0\x04\x18\x02\x7E\0", WAITS, MALFORMED),
    ROW("AUTH, though none was begun", UP, "\xF0\x02\x18\0", GOES_ON, NULL),
    ROW("a message to a topic that was never subscribed", UP,
        "\x30\x0A\0\x03"
        "x/y\0evil",
        GOES_ON, NULL),
    ROW("a message with an empty payload", UP,
        "\x30\x06\0\x03"
        "a/b\0",
        GOES_ON, NULL),
    ROW("a message marked as sent again", UP,
        "\x3A\x09\0\x03"
        "a/b\0\x05\0x",
        GOES_ON, NULL),
    ROW("PUBACK, SUBACK, UNSUBACK and PINGRESP for nothing", UP,
        "\x40\x02\0\x09\x40\x02\0\x09\x90\x04\x12\x34\0\x01\xB0\x04\x12\x34\0\x11\xD0\0\xD0\0", GOES_ON,
        NULL),
    ROW("PUBREC, PUBREL and PUBCOMP for nothing", UP, "\x50\x02\x12\x34\x62\x02\x12\x34\x70\x02\x12\x34",
        CLOSES, "the "),
    ROW("a message with QoS 2 that is never released", UP,
        "\x34\x09\0\x03"
        "a/b\0\x01\0x",
        CLOSES, GONE),
    ROW("a message with QoS 3", UP,
        "\x36\x09\0\x03"
        "a/b\0\x01\0x",
        WAITS, "the broker"),
    ROW("a message with packet id 0", UP,
        "\x32\x09\0\x03"
        "a/b\0\0\0x",
        WAITS, MALFORMED),
    ROW("a message with half a packet id", UP,
        "\x32\x06\0\x03"
        "a/b\0",
        WAITS, MALFORMED),
    ROW("a message to a topic with a wildcard", UP,
        "\x30\x07\0\x03"
        "a/#\0x",
        CLOSES, "the "),
    ROW("a message whose topic is not UTF-8", UP, "\x30\x06\0\x03\xC3\x28/\0", CLOSES, "the "),
    ROW("a message with NUL in the topic", UP,
        "\x30\x06\0\x03"
        "a\0b\0",
        CLOSES, "the "),
    ROW("a message with a topic longer than it", UP, "\x30\x02\xFF\xFF", WAITS, MALFORMED),
    ROW("a message without topic", UP, "\x30\x03\0\0\0", WAITS, MALFORMED),
    ROW("a message with a topic alias", UP,
        "\x30\x09\0\x03"
        "a/b\x03\x23\0\x09",
        CLOSES, "the "),
    ROW("a message with an unknown property", UP,
        "\x30\x08\0\x03"
        "a/b\x02\x7E\0",
        WAITS, MALFORMED),
    ROW("a message with properties longer than it", UP,
        "\x30\x07\0\x03"
        "a/b\xFF\xFF",
        WAITS, MALFORMED),
    ROW("a message with a property that runs into the payload", UP,
        "\x30\x0B\0\x03"
        "a/b\x01\x27\0\0\0\x7E",
        WAITS, MALFORMED),
    ROW("a message half sent", UP,
        "\x30\x20\0\x03"
        "a/b\0x",
        WAITS, DEAF),
    ROW("a message in drips, cut", UP,
        "\x30\x20\0\x03"
        "a/b\0xxxxx",
        DRIPS, GONE),
    ROW("half a header", UP, "\x32", CLOSES, GONE),
    ROW("CONNACK once more", UP, "\x20\x03\0\0\0", GOES_ON, NULL),
    ROW("CONNACK once more, now a refusal", UP, "\x20\x03\0\x87\0", WAITS, "the broker's access list"),
    ROW("CONNECT, from the wrong side", UP, "\x10\0", WAITS, MALFORMED),
    ROW("a packet of no type", UP, "\0\0\0\0", WAITS, ""),
    ROW("a length of five bytes", UP, "\x30\xFF\xFF\xFF\xFF\x7F", WAITS, MALFORMED),
    ROW("256 MB announced and never sent", UP,
        "\x30\xFF\xFF\xFF\x7F\0\x03"
        "a/b",
        CLOSES, GONE),
    ROW("100 MB announced and sent", UP,
        "\x30\x80\xC0\xD7\x2F\0\x03"
        "a/b\0",
        FLOODS, "the broker"),
    ROW("3.1.1: 100 MB announced and sent", UP,
        "\x30\x80\xC0\xD7\x2F\0\x03"
        "a/b",
        FLOODS, "the broker", .kind = V311),
    ROW("PINGRESP never", UP, "", WAITS, DEAF),
    ROW("up and gone after 100 ms, three times", UP, "", CLOSES, GONE, .strikes = 3, .after_ms = 100),
    ROW("up and gone after 500 ms, three times", UP, "", CLOSES, GONE, .strikes = 3, .after_ms = 500),
    ROW("up and gone after 1500 ms, three times", UP, "", CLOSES, GONE, .strikes = 3, .after_ms = 1500),
    ROW("up and gone after 3000 ms, three times", UP, "", CLOSES, GONE, .strikes = 3, .after_ms = 3000),
    ROW("gone 300 ms after CONNECT, three times", CONNACK, "", CLOSES, GONE, .strikes = 3, .after_ms = 300),
};

static struct role {
    struct mqtt *mqtt;
    const struct script *script;
    int listener, fd;
    unsigned connections, downs, ups, dispatches, delivered;
    bool is_scripted, is_subscribed;
    unsigned char id[2]; /* of SUBSCRIBE */
    const char *drip;
    size_t drip_size, flooded;
    int64_t drip_at_us, hang_up_at_us;
    int publish_rc; /* of what is said when it is up */
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
    struct role *role = data;
    role->ups++;
    role->publish_rc = mqtt_publish(role->mqtt, "w", "x", 1, false, false, 0);
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

static void greet(struct role *role)
{
    bool is_5 = role->script->kind != V311;
    say(role, is_5 ? "\x20\x03\0\0\0" : "\x20\x02\0\0", is_5 ? 5 : 4);
}

static void grant(struct role *role)
{
    bool is_5 = role->script->kind != V311;
    const unsigned char v5[] = { 0x90, 6, role->id[0], role->id[1], 0, 1, 1, 1 };
    const unsigned char v311[] = { 0x90, 5, role->id[0], role->id[1], 1, 1, 1 };
    say(role, is_5 ? v5 : v311, is_5 ? sizeof v5 : sizeof v311);
}

static void deliver(struct role *role)
{
    bool is_5 = role->script->kind != V311;
    say(role,
        is_5 ? "\x30\x0A\0\x03"
               "a/b\0good"
             : "\x30\x09\0\x03"
               "a/bgood",
        is_5 ? 12 : 11);
}

/* The row's bytes, and what comes after them. False: nothing more. */
static bool perform(struct role *role)
{
    const struct script *script = role->script;
    char bytes[64];
    assert_true(script->size <= sizeof bytes);
    memcpy(bytes, script->bytes, script->size);
    if (script->at == SUBACK && script->size > 3)
        memcpy(bytes + 2, role->id, 2);
    if (script->end == DRIPS) {
        role->drip = script->bytes;
        role->drip_size = script->size;
        return false;
    }
    say(role, bytes, script->size);
    if (script->end == CLOSES || script->end == RESETS)
        role->hang_up_at_us = now_us() + 1000 * script->after_ms;
    return script->end == GOES_ON;
}

static bool is_cue(const struct role *role, enum at at)
{
    return role->is_scripted && role->script->at == at;
}

static void on_connect(struct role *role)
{
    if (is_cue(role, CONNACK))
        perform(role);
    else
        greet(role);
}

static void on_subscribe(struct role *role, const unsigned char *request)
{
    memcpy(role->id, request + 2, 2);
    if (!is_cue(role, SUBACK))
        grant(role);
    else if (!perform(role))
        return;
    role->is_subscribed = true;
    if (!is_cue(role, UP) || perform(role))
        deliver(role);
}

static void hear_packet(struct role *role, const unsigned char *packet)
{
    switch (packet[0] & 0xF0) {
    case 0x10: on_connect(role); break;
    case 0x80: on_subscribe(role, packet); break;
    case 0xC0:
        if (!role->is_scripted || role->script->end == GOES_ON)
            say(role, "\xD0", 2); /* PINGRESP */
        break;
    default: break;
    }
}

static void hear(struct role *role)
{
    unsigned char bytes[512];
    ssize_t n = recv(role->fd, bytes, sizeof bytes, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        hang_up(role, false);
    else if (role->script->kind == V5_TLS)
        on_connect(role); /* ClientHello */
    else
        for (ssize_t at = 0; at + 2 <= n && role->fd >= 0; at += 2 + bytes[at + 1])
            hear_packet(role, bytes + at);
}

/* A TLS broker never becomes sound. */
static unsigned strikes_of(const struct script *script)
{
    return script->kind == V5_TLS ? UINT_MAX : script->strikes ? script->strikes : 1;
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
    role->hang_up_at_us = 0;
    role->is_scripted = role->connections++ < strikes_of(role->script);
}

static void act_in_time(struct role *role)
{
    if (role->hang_up_at_us && role->fd >= 0 && now_us() >= role->hang_up_at_us) {
        role->hang_up_at_us = 0;
        hang_up(role, role->script->end == RESETS);
    }
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
    snprintf(url, sizeof url, "%s://127.0.0.1:%u", script->kind == V5_TLS ? "mqtts" : "mqtt", port);
    snprintf(id, sizeof id, "role-%u", (unsigned)(role - roles));
    struct mqtt_config config = {
        .url = { url }, .nurls = 1, .client_id = id, .ntopics = TOPICS, .topic = { "a/b", "a/c", "a/d" }
    };
    config.protocol = script->kind == V311 ? MQTT_311 : MQTT_5;
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
        act_in_time(role);
    }
}

/* Told and back; behind TLS: told, and tried again. */
static bool is_through(const struct role *role)
{
    return role->script->kind == V5_TLS ? role->downs > 0 && role->connections > 1 : role->delivered > 0;
}

static const struct role *next_unfinished(void)
{
    for (size_t i = 0; i < COUNT(roles); i++)
        if (!is_through(&roles[i]))
            return &roles[i];
    return NULL;
}

static bool is_as_expected(const struct role *role)
{
    const struct script *script = role->script;
    bool is_tls = script->kind == V5_TLS;
    if (role->publish_rc != 0)
        return false; /* what a broker before it forbade */
    if (!script->why)
        return role->downs == 0 && role->connections == 1 && role->ups == 1 && role->dispatches < 100;
    return strstr(role->why, script->why) && strstr(role->why, "next try in") &&
           (!is_tls || role->ups == 0) && (is_tls || role->connections == strikes_of(script) + 1) &&
           (script->end == FLOODS || role->dispatches < 100);
}

static bool judge(const struct role *role)
{
    const struct script *script = role->script;
    bool is_fine = is_as_expected(role);
    print_message("%s%s: %s; %u connections, up %u times, %u turns\n",
                  is_fine ? "" : "NOT AS EXPECTED: ", script->name, role->why, role->connections, role->ups,
                  role->dispatches);
    if (!is_fine)
        print_message("    expected: \"%s\", %u connections, less than 100 turns\n",
                      script->why ? script->why : "", script->why ? strikes_of(script) + 1 : 1);
    return is_fine;
}

static void every_session_outlives_its_hostile_broker(void **context)
{
    (void)context;
    unsigned descriptors = open_descriptors();
    for (size_t i = 0; i < COUNT(roles); i++)
        open_role(&roles[i], &scripts[i]);
    int64_t start_us = now_us(), start_cpu_us = cpu_us();
    for (const struct role *role; (role = next_unfinished());) {
        if (now_us() - start_us > GUARD_US)
            fail_msg("%s: nothing delivered after it; says \"%s\"", role->script->name, role->why);
        turn();
    }
    int64_t wall_us = now_us() - start_us, used_us = cpu_us() - start_cpu_us;
    print_message("%zu brokers: %.1f s, %.1f %% of a core\n", COUNT(roles), 1e-6 * (double)wall_us,
                  100.0 * (double)used_us / (double)wall_us);
    unsigned bad = 0;
    for (size_t i = 0; i < COUNT(roles); i++)
        bad += !judge(&roles[i]);
    assert_int_equal(bad, 0);
    assert_true(used_us < wall_us / 2); /* what spins takes all of a core */
    for (size_t i = 0; i < COUNT(roles); i++) {
        mqtt_destroy(roles[i].mqtt);
        close(roles[i].listener);
        if (roles[i].fd >= 0)
            close(roles[i].fd);
    }
    assert_int_equal(open_descriptors(), descriptors);
}

/* What the library had allocated when it met a property that it does not know (mqtt_guard.h). */
const char *known_leaks(void) __asm__("__lsan_default_suppressions");
const char *known_leaks(void)
{
    return "leak:libmosquitto.so";
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_session_outlives_its_hostile_broker) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
