/* The inside of an MQTT session, shared by the files that make it: mqtt.c (the turn, publishing, creation), mqtt_attempt.c
 * (connecting, failing, trying again), mqtt_notes.c (what libmosquitto calls back), mqtt_socket.c (its descriptor and our
 * timer). For these only. */
#pragma once

#include "protocol/mqtt_client.h"
#include "protocol/mqtt_inbox.h"

#define SECOND    INT64_C(1000000)
#define TICK_US   (2 * SECOND) /* adds to the keep-alive: well within the broker's patience of 15 s */
#define WHY_SIZE  256
#define NO_SOCKET (-1)

struct mosquitto;

enum stage { IDLE, CONNECTING, SUBSCRIBING, UP };

struct mqtt {
    struct mqtt_events events;
    struct mqtt_settings settings;
    unsigned at_route;

    struct mosquitto *client;
    bool client_is_tls, client_is_limited; /* by a broker, for good */
    uint8_t client_version;

    int epoll_fd, timer_fd, socket_fd;
    uint32_t interest;
    enum stage stage;
    uint64_t conn, random;
    unsigned failures; /* in a row, for the back-off */
    int64_t retry_at_us, attempt_until_us, up_since_us, beat_at_us;
    bool is_paused, is_unread, is_handshake_waiting;
    char why[WHY_SIZE];  /* first failure since the last back-off */
    char told[WHY_SIZE]; /* the reason that `down` has told, "" while connected */

    /* noted by callbacks */
    bool is_acknowledged, is_subscribed;
    int connack;                /* reason code, or -1 */
    int farewell;               /* reason of the broker's DISCONNECT, or 0 */
    int refused_topic;          /* index of a subscription that was refused, or -1 */
    int subscribe_mid, granted; /* topics in SUBACK */
    bool is_qos_0_only;
    uint16_t in_flight[MQTT_IN_FLIGHT_MAX];
    unsigned nin_flight;

    struct mqtt_inbox inbox;
    bool is_overrun;
};

int64_t session_now_us(void);
/* The timer is ours alone: this replaces what it was set to. */
void session_wake_at(struct mqtt *mqtt, int64_t at_us);
void session_watch(struct mqtt *mqtt);
void session_unwatch(struct mqtt *mqtt);
/* After anything that may have changed what the library wants to write, or whether we read. */
void session_update_interest(struct mqtt *mqtt);
int session_errno(const struct mqtt *mqtt); /* what broke the socket */

/* Sets the callbacks of a new client; they only take notes in the session. */
void session_listen(struct mosquitto *client);
/* Gives the user the messages that wait, while he takes them: those of this connection after its `up`. */
void session_hand_on(struct mqtt *mqtt);

void session_attempt(struct mqtt *mqtt);
/* Gives up the connection or the attempt and plans the next one: a return code of the library with its words, or with
 * ours. Nothing when there is none. */
void session_fail(struct mqtt *mqtt, int rc, const char *text);
void session_fail_code(struct mqtt *mqtt, int rc, int error);
/* Turns what the last call of the library noted into progress. */
void session_settle(struct mqtt *mqtt);
