/* Two ptys with the simulator's wire between them, for other people's slaves: bytes take the time of the speed that each
 * port was set to, and what meets on the line, or is sent at another speed, is damaged.
 *
 *   out  MASTER SLAVE                (the paths of the two ports, once)
 *   in   spoil COUNT                 the next requests get a wrong last byte
 *   in   requests                    all requests so far, in order, as UNIT/FUNCTION; and no more of them next time
 *   in   silence                     the shortest one between an answer and a request so far, in microseconds
 * It ends with its input.
 */
#include "drivers/clock.h"
#include "sim/pty.h"
#include "sim/relay.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REQUESTS 4096

struct wire {
    struct relay relay;
    struct pty pty[RELAY_ENDS];
    int64_t taken_us[RELAY_ENDS]; /* when the end got its last bytes */
    int64_t answered_us, silence_us;
    unsigned spoil, nrequests;
    uint8_t request[REQUESTS][2];
};

/* A master writes a request at once. */
static void note_request(struct wire *wire, int64_t now_us, uint8_t *bytes, size_t count)
{
    if (wire->answered_us && now_us - wire->answered_us < wire->silence_us)
        wire->silence_us = now_us - wire->answered_us;
    wire->answered_us = 0;
    if (count > 1 && wire->nrequests < REQUESTS)
        memcpy(wire->request[wire->nrequests++], bytes, 2);
    if (wire->spoil) {
        wire->spoil--;
        bytes[count - 1] ^= 0xFF;
    }
}

static void receive(struct wire *wire, unsigned end)
{
    uint8_t bytes[RELAY_BYTES];
    struct led_serial serial;
    ssize_t count = read(wire->pty[end].ours, bytes, sizeof bytes);
    int64_t now_us = monotonic_us();
    if (count <= 0)
        return;
    for (unsigned i = 0; i < RELAY_ENDS; i++)
        if (pty_serial(&wire->pty[i], &serial))
            relay_set(&wire->relay, i, &serial);
    if (end == RELAY_MASTER)
        note_request(wire, now_us, bytes, (size_t)count);
    relay_send(&wire->relay, end, now_us, bytes, (size_t)count);
}

static void give(struct wire *wire, unsigned end)
{
    uint8_t bytes[RELAY_BYTES];
    size_t count = 0;
    int64_t now_us = monotonic_us(), at_us = 0;
    while (count < sizeof bytes && relay_take(&wire->relay, end, now_us, &bytes[count], &at_us))
        count++;
    if (!count)
        return;
    wire->taken_us[end] = now_us;
    if (end == RELAY_MASTER)
        wire->answered_us = at_us;
    if (write(wire->pty[end].ours, bytes, count) < 0)
        perror("led_relay");
}

static void obey(struct wire *wire, const char *line)
{
    if (sscanf(line, "spoil %u", &wire->spoil) == 1)
        return;
    if (strncmp(line, "silence", 7) == 0) {
        printf("%" PRId64 "\n", wire->silence_us);
        return;
    }
    for (unsigned i = 0; i < wire->nrequests; i++)
        printf("%s%u/%u", i ? " " : "", wire->request[i][0], wire->request[i][1]);
    puts("");
    wire->nrequests = 0;
}

/* Input is line-buffered by its writer, so a readable descriptor gives whole lines. */
static void run(struct wire *wire)
{
    struct pollfd fds[] = { { .fd = wire->pty[RELAY_MASTER].ours, .events = POLLIN },
                            { .fd = wire->pty[RELAY_UNITS].ours, .events = POLLIN },
                            { .fd = 0, .events = POLLIN } };
    char line[64];
    for (;;) {
        int64_t wake_us = INT64_MAX, now_us = monotonic_us();
        for (unsigned end = 0; end < RELAY_ENDS; end++) {
            int64_t at_us = relay_wake_us(&wire->relay, end, wire->taken_us[end]);
            wake_us = at_us < wake_us ? at_us : wake_us;
        }
        int64_t left_us = wake_us > now_us ? wake_us - now_us : 0;
        struct timespec left = { left_us / 1000000, left_us % 1000000 * 1000 };
        ppoll(fds, 3, wake_us == INT64_MAX ? NULL : &left, NULL);
        for (unsigned end = 0; end < RELAY_ENDS; end++) {
            if (fds[end].revents & POLLIN)
                receive(wire, end);
            give(wire, end);
        }
        if (fds[2].revents && !fgets(line, sizeof line, stdin))
            return;
        if (fds[2].revents)
            obey(wire, line);
    }
}

int main(void)
{
    static struct wire wire = { .silence_us = INT64_MAX };
    char name[RELAY_ENDS][64];
    for (unsigned end = 0; end < RELAY_ENDS; end++)
        if (pty_open(&wire.pty[end], name[end], sizeof name[end]) < 0) {
            perror("led_relay: no pty");
            return 1;
        }
    relay_init(&wire.relay, &(struct led_serial){ 9600, 'N', 1 });
    setvbuf(stdin, NULL, _IONBF, 0);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("%s %s\n", name[RELAY_MASTER], name[RELAY_UNITS]);
    run(&wire);
    for (unsigned end = 0; end < RELAY_ENDS; end++)
        pty_close(&wire.pty[end]);
    return 0;
}
