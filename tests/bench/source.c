/* A broker and a publisher in one, for floods that no real pair can make on a small machine: it speaks as much MQTT 5 as the link
 * needs, pushes messages as evenly as the link takes them, and loses nothing, so that what the link and the board use is all there
 * is to see.
 *   source PORT HALL DESKS
 * listens, and says on standard output when the link is up. Then it takes lines "KIND RATE SECONDS QOS" on standard input:
 *   calls    a new ticket for each desk in turn; each owes a receipt
 *   desks    desks open and pause in turn; no receipt is owed
 *   bad      not even JSON
 *   deaf     calls, of which it takes no receipt for the first 0.7 s: its buffers fill
 * and answers each, two seconds after the last message, with a line of JSON: what was sent and how late it was at most (the link
 * reads no faster), what is in the receipts that came meanwhile, and the newest ticket of each desk.
 */
#include "board/loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_BYTES   65536
#define IN_BYTES    (1 << 20)
#define WINDOW      20 /* messages of QoS 1 that are not acknowledged */
#define PATIENCE_US 2000000
#define LATENCIES   (1 << 20)
#define CALLS       (1 << 18) /* tickets of all desks, each with four figures */
#define DEAF_US     700000
#define ROOM        262144 /* for receipts; the kernel would keep 32 MB for one that is deaf */

enum kind { KIND_CALLS, KIND_DESKS, KIND_BAD, KIND_DEAF, KINDS };
static const char *const kind_names[KINDS] = { "calls", "desks", "bad", "deaf" };

static struct {
    int fd, desks;
    char topic[96];
    size_t in, out, out_done;
    uint8_t input[IN_BYTES], output[OUT_BYTES];
    bool is_up;
    int64_t deaf_until_us;
    unsigned unacknowledged;
    uint16_t packet_id;
    uint64_t ticket, sent;
    uint64_t receipts, shown;
    int64_t sent_us[CALLS];
    struct times {
        unsigned count;
        float ms[LATENCIES];
    } latency, answered; /* as the receipts say; from publishing until the receipt is here */
} source;

static void fail(const char *what)
{
    fprintf(stderr, "source: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* ---- packets --------------------------------------------------------------------------------- */

static void flush_out(void)
{
    while (source.out_done < source.out) {
        ssize_t n = send(source.fd, source.output + source.out_done, source.out - source.out_done,
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            fail("the link is gone");
        source.out_done += (size_t)n;
    }
    source.out = source.out_done = 0;
}

static bool put(const void *bytes, size_t size)
{
    if (source.out + size > OUT_BYTES)
        return false;
    memcpy(source.output + source.out, bytes, size);
    source.out += size;
    return true;
}

static size_t put_length(uint8_t *at, size_t length)
{
    size_t count = 0;
    do {
        at[count] = length & 127;
        length >>= 7;
        at[count] |= length ? 128 : 0;
        count++;
    } while (length);
    return count;
}

static void subscribed(const uint8_t *body, size_t length)
{
    uint8_t answer[32] = { 0x90, 3, body[0], body[1], 0 };
    for (size_t at = 3 + body[2]; at + 2 < length && answer[1] < 24;
         at += 3u + (size_t)(body[at] << 8 | body[at + 1]))
        answer[2 + answer[1]++] = 1;
    put(answer, 2u + answer[1]);
    source.is_up = true;
}

static void note(struct times *times, double ms)
{
    if (times->count < LATENCIES)
        times->ms[times->count++] = (float)ms;
}

static int64_t *sent_us_of(unsigned desk, unsigned value)
{
    return &source.sent_us[(value * (unsigned)source.desks + desk) % CALLS];
}

/* Of a call whose ticket was given again meanwhile (10,000 a desk) the newer one counts: such a receipt waited for a panel. */
static void note_answer(const char *json)
{
    unsigned desk, value;
    const char *ticket = strstr(json, "\"ticket\":\"");
    if (ticket && sscanf(ticket, "\"ticket\":\"%u\",\"desk\":\"%u\"", &value, &desk) == 2)
        note(&source.answered, (double)(clock_us() - *sent_us_of(desk, value)) / 1e3);
}

/* "latency_ms" behind each "shown" of an outlet. */
static void note_receipt(const char *json)
{
    source.receipts++;
    const char *outlet = strstr(json, "\"screen/");
    bool is_shown =
        outlet && strncmp(strchr(outlet + 1, '"'), "\",\"result\":\"shown\",\"latency_ms\":", 31) == 0;
    note_answer(json);
    if (!is_shown)
        return;
    source.shown++;
    const char *number = strstr(outlet, "latency_ms\":");
    if (number)
        note(&source.latency, strtof(number + 12, NULL));
}

static void published(const uint8_t *body, size_t length, uint8_t flags)
{
    static char json[65536];
    size_t topic = (size_t)(body[0] << 8 | body[1]), at = 2 + topic;
    if (flags & 6) {
        put((uint8_t[]){ 0x40, 2, body[at], body[at + 1] }, 4);
        at += 2;
    }
    at += 1u + body[at];
    if (at > length || length - at >= sizeof json || topic < 7 ||
        memcmp(body + 2 + topic - 7, "receipt", 7) != 0)
        return;
    memcpy(json, body + at, length - at);
    json[length - at] = '\0';
    note_receipt(json);
}

static void take(uint8_t head, const uint8_t *body, size_t length)
{
    switch (head >> 4) {
    case 1: put("\x20\x03\0\0\0", 5); break;
    case 3: published(body, length, head & 15); break;
    case 4: source.unacknowledged--; break;
    case 8: subscribed(body, length); break;
    case 12: put("\xD0\0", 2); break;
    default: break;
    }
}

/* Bytes of the first packet, 0: not all of it is there. */
static size_t first_packet(const uint8_t *bytes, size_t count, size_t *head)
{
    size_t length = 0;
    for (*head = 1; *head < count && *head < 5; ++*head) {
        length |= (size_t)(bytes[*head] & 127) << 7 * (*head - 1);
        if (!(bytes[*head] & 128)) {
            ++*head;
            return *head + length <= count ? *head + length : 0;
        }
    }
    return 0;
}

static void hear(void)
{
    ssize_t n = recv(source.fd, source.input + source.in, IN_BYTES - source.in, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        fail("the link hung up");
    source.in += n > 0 ? (size_t)n : 0;
    size_t used = 0, head, size;
    while (OUT_BYTES - source.out > 64 &&
           (size = first_packet(source.input + used, source.in - used, &head))) {
        take(source.input[used], source.input + used + head, size - head);
        used += size;
    }
    memmove(source.input, source.input + used, source.in -= used);
}

static void serve(int wait_ms)
{
    bool is_deaf = clock_us() < source.deaf_until_us;
    struct pollfd fd = { source.fd, (short)((is_deaf ? 0 : POLLIN) | (source.out ? POLLOUT : 0)), 0 };
    poll(&fd, 1, wait_ms);
    if (!is_deaf)
        hear();
    flush_out();
}

/* ---- messages -------------------------------------------------------------------------------- */

static int compose(enum kind kind, uint64_t number, char *out, size_t size)
{
    unsigned desk = (unsigned)(number % (unsigned)source.desks) + 1,
             value = (unsigned)(number / (unsigned)source.desks % 10000);
    *sent_us_of(desk, value) = clock_us();
    switch (kind) {
    case KIND_CALLS:
    case KIND_DEAF:
        return snprintf(out, size, "{\"v\":1,\"type\":\"call\",\"desk\":\"%u\",\"ticket\":\"%04u\"}", desk,
                        value);
    case KIND_DESKS:
        return snprintf(out, size, "{\"v\":1,\"type\":\"desk\",\"desk\":\"%u\",\"status\":\"%s\"}", desk,
                        value & 1 ? "open" : "paused");
    default:
        return snprintf(out, size, "{\"v\":1,\"type\":\"call\",\"desk\":\"%u\",\"ticket\":%u", desk, value);
    }
}

static bool publish(enum kind kind, uint64_t number, int qos)
{
    char json[128];
    uint8_t packet[256] = { (uint8_t)(0x30 | qos << 1) };
    size_t text = (size_t)compose(kind, number, json, sizeof json), topic = strlen(source.topic);
    if (qos && source.unacknowledged >= WINDOW)
        return false;
    size_t at = 1 + put_length(packet + 1, 2 + topic + (qos ? 2 : 0) + 1 + text);
    packet[at++] = (uint8_t)(topic >> 8);
    packet[at++] = (uint8_t)topic;
    memcpy(packet + at, source.topic, topic);
    at += topic;
    if (qos) {
        source.packet_id = source.packet_id == 65535 ? 1 : source.packet_id + 1;
        packet[at++] = (uint8_t)(source.packet_id >> 8);
        packet[at++] = (uint8_t)source.packet_id;
    }
    packet[at++] = 0;
    memcpy(packet + at, json, text);
    if (!put(packet, at + text))
        return false;
    source.unacknowledged += qos > 0;
    return true;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void print_times(const char *name, struct times *times)
{
    unsigned n = times->count;
    qsort(times->ms, n, sizeof *times->ms, by_value);
    printf("\"%s\":{\"count\":%u,\"p50\":%.2f,\"p99\":%.2f,\"max\":%.2f},", name, n,
           n ? (double)times->ms[n / 2] : 0, n ? (double)times->ms[n * 99ul / 100] : 0,
           n ? (double)times->ms[n - 1] : 0);
}

static void print_result(uint64_t sent, int64_t took_us, int64_t late_us)
{
    printf("{\"sent\":%" PRIu64 ",\"seconds\":%.3f,\"late_ms\":%.2f,\"receipts\":%" PRIu64
           ",\"shown\":%" PRIu64 ",",
           sent, (double)took_us / 1e6, (double)late_us / 1e3, source.receipts, source.shown);
    print_times("latency", &source.latency);
    print_times("answered", &source.answered);
    printf("\"last\":{");
    for (uint64_t i = sent - (unsigned)source.desks; i < sent; i++)
        printf("%s\"%u\":\"%04u\"", i == sent - (unsigned)source.desks ? "" : ",",
               (unsigned)(i % (unsigned)source.desks) + 1, (unsigned)(i / (unsigned)source.desks % 10000));
    puts("}}");
    fflush(stdout);
}

static void flood(enum kind kind, double rate, double seconds, int qos)
{
    uint64_t total = (uint64_t)(rate * seconds), sent = 0;
    int64_t start_us = clock_us(), late_us = 0;
    source.deaf_until_us = kind == KIND_DEAF ? start_us + DEAF_US : 0;
    source.receipts = source.shown = 0;
    source.latency.count = source.answered.count = 0;
    while (sent < total) {
        uint64_t due = (uint64_t)((double)(clock_us() - start_us) * rate / 1e6);
        for (due = due < total ? due : total; sent < due && publish(kind, sent, qos); sent++)
            ;
        flush_out();
        int64_t behind_us = clock_us() - start_us - (int64_t)((double)sent / rate * 1e6);
        late_us = behind_us > late_us ? behind_us : late_us;
        serve(1);
    }
    int64_t end_us = clock_us();
    while (clock_us() < end_us + PATIENCE_US)
        serve(10);
    print_result(sent, end_us - start_us, late_us);
}

/* ---- life ------------------------------------------------------------------------------------ */

static int listen_at(int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1, room = ROOM;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1) < 0)
        fail("no port");
    return fd;
}

static void take_orders(void)
{
    struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = source.fd, .events = POLLIN } };
    char line[128], word[16];
    double rate, seconds;
    int qos;
    for (;;) {
        poll(fds, 2, -1);
        serve(0);
        if (!(fds[0].revents & (POLLIN | POLLHUP)))
            continue;
        if (!fgets(line, sizeof line, stdin))
            return;
        int kind = KINDS;
        if (sscanf(line, "%15s %lf %lf %d", word, &rate, &seconds, &qos) == 4)
            for (kind = 0; kind < KINDS && strcmp(word, kind_names[kind]) != 0; kind++)
                ;
        if (kind == KINDS)
            fprintf(stderr, "source: calls|desks|bad|deaf RATE SECONDS QOS, not %s", line);
        else
            flood(kind, rate, seconds, qos);
    }
}

int main(int argc, char **argv)
{
    int yes = 1;
    if (argc != 4) {
        fprintf(stderr, "usage: source PORT HALL DESKS\n");
        return 64;
    }
    snprintf(source.topic, sizeof source.topic, "kezek/v1/%s/event", argv[2]);
    source.desks = atoi(argv[3]);
    setvbuf(stdin, NULL, _IONBF, 0);
    int fd = listen_at(atoi(argv[1]));
    source.fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    setsockopt(source.fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    while (!source.is_up)
        serve(100);
    puts("up");
    fflush(stdout);
    take_orders();
    return 0;
}
