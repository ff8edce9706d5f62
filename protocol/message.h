/* Messages of kezek/v1 (DESIGN of the contract: protocol/asyncapi.yaml, protocol/schemas).
 *
 * Plain values of fixed size; parsing checks everything, so a struct that message_parse() filled needs no second look.
 * Unknown members are ignored, a known member of a wrong type or range rejects the whole message. No function keeps state.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_SIZE            33 /* [a-z0-9_-]{1,32} and NUL */
#define EPOCH_SIZE         33 /* 1..32 printable ASCII and NUL; opaque */
#define NONCE_SIZE         33
#define TICKET_SIZE        33 /* 1..8 printable code points (an LED board shows 4 to 8), and NUL */
#define TICKET_POINTS      8
#define LANG_SIZE          9   /* BCP 47 primary tag with one subtag: kk, ru, en, kk-Latn */
#define LANGS_MAX          4   /* kk, ru, en and one more */
#define NOTICE_SIZE        512 /* the evacuation text needs 220 bytes in Kazakh */
#define DESKS_MAX          256
#define RECENT_MAX         32
#define MISSED_MAX         32
#define NOTICES_MAX        8
#define WAITING_COUNTS_MAX 33 /* the agencies of a hall, and the whole hall */
#define WAITING_PEOPLE     9999
#define WAITING_MINUTES    999
#define EVENT_BYTES_MAX    4096
#define STATE_BYTES_MAX    65536
#define TTL_DEFAULT_MS     10000
#define TTL_MAX_MS         600000

enum message_kind { MESSAGE_EVENT, MESSAGE_STATE, MESSAGE_SERVER, MESSAGE_COMMAND, MESSAGE_KINDS };
enum event_type { EVENT_CALL, EVENT_RECALL, EVENT_SERVE, EVENT_CLEAR, EVENT_DESK, EVENT_NOTICE, EVENT_TYPES };
enum clear_reason { CLEAR_DONE, CLEAR_NO_SHOW, CLEAR_TRANSFERRED, CLEAR_PARKED, CLEAR_REASONS };
enum desk_status { DESK_OPEN, DESK_PAUSED, DESK_CLOSED, DESK_STATUSES };
enum phase { PHASE_IDLE, PHASE_CALLED, PHASE_SERVING, PHASES };
enum lane { LANE_NONE, LANE_WALKIN, LANE_BOOKED, LANES };
enum notice_level { NOTICE_INFO, NOTICE_ALERT, NOTICE_LEVELS };

/* The words of the wire, indexed by the enums above. */
extern const char *const event_type_names[EVENT_TYPES];
extern const char *const clear_reason_names[CLEAR_REASONS];
extern const char *const desk_status_names[DESK_STATUSES];
extern const char *const phase_names[PHASES];
extern const char *const lane_names[LANES]; /* "" for LANE_NONE */
extern const char *const notice_level_names[NOTICE_LEVELS];

/* One text in several languages, in the order of the message. Empty: no text at all. */
struct notice_text {
    char lang[LANG_SIZE];
    char text[NOTICE_SIZE];
};
struct notice {
    char id[ID_SIZE];
    uint8_t level;    /* enum notice_level */
    uint8_t ntexts;   /* 0 removes the notice */
    int64_t until_ms; /* server clock; 0: until removed */
    struct notice_text text[LANGS_MAX];
};

/* One change. A server of the basic profile leaves epoch empty, seq and ts_ms 0; with an epoch, seq and ts are required.
 * Required besides: call, recall: desk, ticket; serve, clear: desk; desk: desk, status; notice: id, text (an object language →
 * text, empty texts are dropped) and, unless no text remains, level. Members of another type's list are ignored (`id` on a call). */
struct event {
    char epoch[EPOCH_SIZE];
    uint64_t seq; /* 1..2^53-1; 0: absent */
    int64_t ts_ms;
    uint8_t type;   /* enum event_type */
    uint8_t lane;   /* enum lane */
    uint8_t reason; /* enum clear_reason, EVENT_CLEAR; absent: done */
    uint8_t status; /* enum desk_status, EVENT_DESK */
    int32_t ttl_ms; /* -1: absent, the hall file's calls.ttl_ms holds */
    char desk[ID_SIZE];
    char ticket[TICKET_SIZE];
    char lang[LANG_SIZE];
    char booked_at[6]; /* "10:30" or "" */
    char from[ID_SIZE];
    char to[ID_SIZE];
    struct notice notice; /* EVENT_NOTICE only, last so that other events travel without it */
};

/* Copies what is in use: notices are ten times as long as all else. */
void event_copy(struct event *to, const struct event *from);

/* On the wire desk, status and seq are required; an absent phase is called with a ticket and idle without. A phase other
 * than idle needs a ticket. */
struct state_desk {
    char desk[ID_SIZE];
    char ticket[TICKET_SIZE]; /* "" none: absent, null or "" on the wire */
    uint64_t seq;
    uint8_t status, phase, lane;
    char booked_at[6];
    char from[ID_SIZE];
};
struct state_call {
    char ticket[TICKET_SIZE];
    char desk[ID_SIZE];
    uint64_t seq;
};
/* Who waits: a fact of the server, not worked out here. Without agency it is of the whole hall. Each stands once; what does not stand
 * is not known, which is not nobody. */
struct state_waiting {
    char agency[ID_SIZE]; /* "" the whole hall: absent on the wire */
    uint16_t count;       /* "count", people, at most WAITING_PEOPLE */
    int16_t
        wait_min; /* "wait_min", minutes that a visitor who comes now will wait, at most WAITING_MINUTES; -1: absent */
};
/* The whole hall, each desk once. About 54 KiB: keep it on the heap or static. */
struct state {
    char epoch[EPOCH_SIZE];
    char re[NONCE_SIZE]; /* "" for the public copy */
    uint64_t seq;
    int64_t ts_ms;
    uint16_t ndesks, nrecent, nmissed, nnotices, nwaiting;
    struct state_desk desk[DESKS_MAX];
    struct state_call recent[RECENT_MAX]; /* newest first */
    struct state_call missed[MISSED_MAX]; /* newest first */
    struct notice notice[NOTICES_MAX];
    struct state_waiting waiting[WAITING_COUNTS_MAX];
};

/* The heartbeat. As a will (online false) it carries no seq and ts: they are 0. */
struct server {
    char epoch[EPOCH_SIZE];
    uint64_t seq;
    int64_t ts_ms;
    uint64_t conn;
    bool is_online;
};

/* A technician's command over MQTT: {"v":1,"id":"<request id>","command":"chime","target":"hall","value":"gong3"}. */
struct command {
    char id[ID_SIZE];
    char command[ID_SIZE]; /* identify, test, chime, snapshot, reload */
    char target[ID_SIZE];
    char value[ID_SIZE];
};

struct message {
    uint8_t kind; /* enum message_kind */
    bool is_retained;
    int64_t received_us; /* CLOCK_MONOTONIC, when the link took it from the socket */
    union {
        struct event event;
        struct state state;
        struct server server;
        struct command command;
    };
};

/* Parses one payload of the given kind (the topic tells the kind). 0, or -EBADMSG with a line for the log in `error`
 * that names the member, its value (shortened, made printable) and what would be right. `received_us` and `is_retained`
 * stay as they are. */
int message_parse(struct message *message, enum message_kind kind, const char *bytes, size_t length,
                  char *error, size_t error_size);

/* Formatters write one JSON document and NUL; length without NUL, or -ENOSPC. They allocate nothing. */
int message_format_event(char *out, size_t size, const struct event *event);
int message_format_state(char *out, size_t size, const struct state *state);
int message_format_server(char *out, size_t size, const struct server *server);

struct hello {
    char id[ID_SIZE];
    char boot[9];
    char nonce[NONCE_SIZE];
    char epoch[EPOCH_SIZE]; /* "" before the first adoption */
    uint64_t seq;
};
int message_format_hello(char *out, size_t size, const struct hello *hello);
/* For servers (kezek-sim): reads a hello. 0 or -EBADMSG. */
int message_parse_hello(struct hello *hello, const char *bytes, size_t length, char *error,
                        size_t error_size);

int message_format_status(char *out, size_t size, const char *id, bool is_online, uint64_t conn,
                          const char *boot, const char *version);

/* What became of a call on one outlet. `outlet` is "screen/main", "led/3", "chime/hall", "voice/hall". */
struct receipt_outlet {
    char outlet[ID_SIZE + 8];
    char result
        [16]; /* screen: shown; led: sent acked verified lit; chime, voice: started finished muted_alarm dropped_late; all: failed superseded muted_late */
    int64_t latency_us; /* from the arrival of the call on the board; -1: none */
    char detail[80];    /* why, if it failed; "" */
};
#define RECEIPT_OUTLETS_MAX 32
enum receipt_result {
    RECEIPT_SHOWN,
    RECEIPT_PARTIAL,
    RECEIPT_MUTED_LATE,
    RECEIPT_DUPLICATE,
    RECEIPT_UNKNOWN_DESK,
    RECEIPT_INVALID,
    RECEIPT_FAILED,
    RECEIPT_RESULTS
};
extern const char *const receipt_result_names[RECEIPT_RESULTS];
struct receipt {
    char id[ID_SIZE];
    char epoch[EPOCH_SIZE];
    uint64_t seq;
    char ticket[TICKET_SIZE]; /* "" when unknown; written so that a basic-profile server can match it */
    char desk[ID_SIZE];
    uint8_t result; /* enum receipt_result */
    uint8_t noutlets;
    char detail[160]; /* for invalid: what is wrong */
    struct receipt_outlet outlet[RECEIPT_OUTLETS_MAX];
};
int message_format_receipt(char *out, size_t size, const struct receipt *receipt);

/* [a-z0-9_-]{1,32} */
bool id_is_valid(const char *id);
/* 1..TICKET_POINTS printable code points, no leading or trailing space, no joiners. NULL if fine, else the reason as a verb
 * phrase ("has more than 8 characters"). Nothing is normalised: the same ticket means the same bytes. */
const char *ticket_defect(const char *ticket);

/* kezek/v1/{hall}/{suffix}, e.g. suffix "event" or "board/hall-1/receipt". Length, or -ENOSPC. */
int topic_format(char *out, size_t size, const char *hall, const char *suffix);
