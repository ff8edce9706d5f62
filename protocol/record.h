/* What passes between the link process and the board process: one record a packet on a SOCK_SEQPACKET pair.
 *
 * The link parses and checks bytes from the network and sends fixed-size values; the board formats JSON (formatting is
 * safe beside the devices) and the link publishes it. A full socket makes the sender wait: that is the back-pressure that
 * stops the link from reading the broker while the board is busy.
 */
#pragma once

#include "protocol/message.h"

enum record_kind {
    RECORD_MESSAGE, /* link → board: a checked message */
    RECORD_INVALID, /* link → board: a message that was refused: topic and reason, for counters, log and receipt */
    RECORD_LINK,    /* link → board: the connection came or went */
    RECORD_PUBLISH, /* board → link: publish this text */
};

struct record_invalid {
    char topic[96];
    char reason[160];
    char epoch[EPOCH_SIZE]; /* as far as it could be read; "" */
    uint64_t seq;           /* 0 */
};
struct record_link {
    bool is_connected;
    uint8_t mqtt_version; /* 4 (3.1.1) or 5 */
    uint64_t conn;        /* counts the connections of this boot; stands in the will */
    char url[128];
    char why[256]; /* when not connected: the error and what happens next */
};
enum publish_topic {
    PUBLISH_HELLO,
    PUBLISH_STATUS,
    PUBLISH_HEALTH,
    PUBLISH_RECEIPT,
    PUBLISH_RESULT,
    PUBLISH_TOPICS
};
#define PUBLISH_BYTES_MAX 32768 /* the states of the largest hall need 20 KiB */
struct record_publish {
    uint8_t topic; /* enum publish_topic */
    uint16_t length;
    char text[PUBLISH_BYTES_MAX];
};

struct record {
    uint8_t kind; /* enum record_kind */
    union {
        struct message message;
        struct record_invalid invalid;
        struct record_link link;
        struct record_publish publish;
    };
};

/* A connected pair, both ends non-blocking and close-on-exec, send buffers large enough for 8 state records. 0 or -errno. */
int record_pair(int fd[2]);
/* Sends only the part of the record that is in use (an event without notice: under 320 bytes). 0, -EAGAIN when the
 * socket is full, -EPIPE when the other side is gone, -EINVAL for kinds and counts that cannot be, other -errno. */
int record_send(int fd, const struct record *record);
/* 1: *record filled and checked (lengths, enums, booleans, terminated strings of well-formed UTF-8: a broken peer cannot
 * harm the reader; ids, tickets and numbers are as the peer claims). What is not in use is zero, or undefined beyond a count.
 * 0: nothing there; -EPIPE: peer gone, or an empty packet, which looks the same; -EBADMSG: a packet that is no record
 * (dropped). */
int record_receive(int fd, struct record *record);
