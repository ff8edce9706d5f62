#include "protocol/record.h"
#include "protocol/utf8.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define SEND_BUFFER                                                                                          \
    (8 * 2 * sizeof(struct record)) /* the kernel counts its own overhead too, about as much again */

/* One description of the layout serves both directions, so that they cannot drift apart: fill and spill walk
 * the same members, and the counts that decide how far to walk are checked before they are used. */
struct packet {
    unsigned char *bytes;
    size_t used, size;
    bool is_filling; /* bytes → record */
};

static bool move(struct packet *packet, void *at, size_t size)
{
    if (size > packet->size - packet->used)
        return false;
    unsigned char *bytes = packet->bytes + packet->used;
    if (packet->is_filling)
        memcpy(at, bytes, size);
    else
        memcpy(bytes, at, size);
    packet->used += size;
    return true;
}

static bool move_event(struct packet *packet, struct event *event)
{
    if (!move(packet, event, offsetof(struct event, notice)))
        return false;
    struct notice *notice = &event->notice;
    if (event->type != EVENT_NOTICE) {
        if (packet->is_filling)
            memset(notice, 0, sizeof *notice);
        return true;
    }
    if (!move(packet, notice, offsetof(struct notice, text)) || notice->ntexts > LANGS_MAX)
        return false;
    return move(packet, notice->text, notice->ntexts * sizeof notice->text[0]);
}

static bool move_state(struct packet *packet, struct state *state)
{
    if (!move(packet, state, offsetof(struct state, desk)))
        return false;
    if (state->ndesks > DESKS_MAX || state->nrecent > RECENT_MAX || state->nmissed > MISSED_MAX ||
        state->nnotices > NOTICES_MAX || state->nwaiting > WAITING_COUNTS_MAX)
        return false;
    return move(packet, state->desk, state->ndesks * sizeof state->desk[0]) &&
           move(packet, state->recent, state->nrecent * sizeof state->recent[0]) &&
           move(packet, state->missed, state->nmissed * sizeof state->missed[0]) &&
           move(packet, state->notice, state->nnotices * sizeof state->notice[0]) &&
           move(packet, state->waiting, state->nwaiting * sizeof state->waiting[0]);
}

static bool move_message(struct packet *packet, struct message *message)
{
    if (!move(packet, message, offsetof(struct message, event)))
        return false;
    switch (message->kind) {
    case MESSAGE_EVENT: return move_event(packet, &message->event);
    case MESSAGE_STATE: return move_state(packet, &message->state);
    case MESSAGE_SERVER: return move(packet, &message->server, sizeof message->server);
    case MESSAGE_COMMAND: return move(packet, &message->command, sizeof message->command);
    default: return false;
    }
}

static bool move_publish(struct packet *packet, struct record_publish *publish)
{
    return move(packet, publish, offsetof(struct record_publish, text)) &&
           publish->length <= PUBLISH_BYTES_MAX && move(packet, publish->text, publish->length);
}

static bool move_record(struct packet *packet, struct record *record)
{
    if (!move(packet, &record->kind, sizeof record->kind))
        return false;
    switch (record->kind) {
    case RECORD_MESSAGE: return move_message(packet, &record->message);
    case RECORD_INVALID: return move(packet, &record->invalid, sizeof record->invalid);
    case RECORD_LINK: return move(packet, &record->link, sizeof record->link);
    case RECORD_PUBLISH: return move_publish(packet, &record->publish);
    default: return false;
    }
}

/* ---- what a reader may rely on --------------------------------------------------------------- */

struct place {
    size_t offset, size;
};
#define TEXT(type, member)                                                                                   \
    {                                                                                                        \
        offsetof(struct type, member), sizeof(((struct type *)NULL)->member)                                 \
    }
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Ended and well-formed: what draws and quotes them need not ask again. */
static bool texts_are_sound(const void *value, const struct place *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *at = (const char *)value + text[i].offset;
        size_t length = strnlen(at, text[i].size);
        if (length == text[i].size || utf8_check(at, length) != length)
            return false;
    }
    return true;
}

/* A bool that holds 2 is undefined behaviour before it is wrong: look at the byte. */
static bool bool_is_sound(const bool *value)
{
    unsigned char byte;
    memcpy(&byte, value, 1);
    return byte <= 1;
}

static bool notice_is_sound(const struct notice *notice)
{
    static const struct place id = TEXT(notice, id);
    static const struct place text[] = { TEXT(notice_text, lang), TEXT(notice_text, text) };
    if (!texts_are_sound(notice, &id, 1) || notice->level >= NOTICE_LEVELS || notice->ntexts > LANGS_MAX)
        return false;
    for (unsigned i = 0; i < notice->ntexts; i++)
        if (!texts_are_sound(&notice->text[i], text, COUNT(text)))
            return false;
    return true;
}

static bool event_is_sound(const struct event *event)
{
    static const struct place text[] = { TEXT(event, epoch), TEXT(event, desk),      TEXT(event, ticket),
                                         TEXT(event, lang),  TEXT(event, booked_at), TEXT(event, from),
                                         TEXT(event, to) };
    return texts_are_sound(event, text, COUNT(text)) && event->type < EVENT_TYPES && event->lane < LANES &&
           event->reason < CLEAR_REASONS && event->status < DESK_STATUSES && event->ttl_ms >= -1 &&
           event->ttl_ms <= TTL_MAX_MS && notice_is_sound(&event->notice);
}

static bool desk_is_sound(const struct state_desk *desk)
{
    static const struct place text[] = { TEXT(state_desk, desk), TEXT(state_desk, ticket),
                                         TEXT(state_desk, booked_at), TEXT(state_desk, from) };
    return texts_are_sound(desk, text, COUNT(text)) && desk->status < DESK_STATUSES && desk->phase < PHASES &&
           desk->lane < LANES;
}

static bool calls_are_sound(const struct state_call *call, unsigned count)
{
    static const struct place text[] = { TEXT(state_call, ticket), TEXT(state_call, desk) };
    for (unsigned i = 0; i < count; i++)
        if (!texts_are_sound(&call[i], text, COUNT(text)))
            return false;
    return true;
}

static bool waiting_is_sound(const struct state_waiting *waiting)
{
    static const struct place agency = TEXT(state_waiting, agency);
    return texts_are_sound(waiting, &agency, 1) && waiting->count <= WAITING_PEOPLE &&
           waiting->wait_min >= -1 && waiting->wait_min <= WAITING_MINUTES;
}

static bool state_is_sound(const struct state *state)
{
    static const struct place text[] = { TEXT(state, epoch), TEXT(state, re) };
    if (!texts_are_sound(state, text, COUNT(text)))
        return false;
    for (unsigned i = 0; i < state->ndesks; i++)
        if (!desk_is_sound(&state->desk[i]))
            return false;
    for (unsigned i = 0; i < state->nnotices; i++)
        if (!notice_is_sound(&state->notice[i]))
            return false;
    for (unsigned i = 0; i < state->nwaiting; i++)
        if (!waiting_is_sound(&state->waiting[i]))
            return false;
    return calls_are_sound(state->recent, state->nrecent) && calls_are_sound(state->missed, state->nmissed);
}

static bool server_is_sound(const struct server *server)
{
    static const struct place epoch = TEXT(server, epoch);
    return texts_are_sound(server, &epoch, 1) && bool_is_sound(&server->is_online);
}

static bool command_is_sound(const struct command *command)
{
    static const struct place text[] = { TEXT(command, id), TEXT(command, command), TEXT(command, target),
                                         TEXT(command, value) };
    return texts_are_sound(command, text, COUNT(text));
}

static bool message_is_sound(const struct message *message)
{
    if (!bool_is_sound(&message->is_retained))
        return false;
    switch (message->kind) {
    case MESSAGE_EVENT: return event_is_sound(&message->event);
    case MESSAGE_STATE: return state_is_sound(&message->state);
    case MESSAGE_SERVER: return server_is_sound(&message->server);
    case MESSAGE_COMMAND: return command_is_sound(&message->command);
    default: return false;
    }
}

static bool link_is_sound(const struct record_link *link)
{
    static const struct place text[] = { TEXT(record_link, url), TEXT(record_link, why) };
    return texts_are_sound(link, text, COUNT(text)) && bool_is_sound(&link->is_connected);
}

static bool invalid_is_sound(const struct record_invalid *invalid)
{
    static const struct place text[] = { TEXT(record_invalid, topic), TEXT(record_invalid, reason),
                                         TEXT(record_invalid, epoch) };
    return texts_are_sound(invalid, text, COUNT(text));
}

static bool record_is_sound(const struct record *record)
{
    switch (record->kind) {
    case RECORD_MESSAGE: return message_is_sound(&record->message);
    case RECORD_INVALID: return invalid_is_sound(&record->invalid);
    case RECORD_LINK: return link_is_sound(&record->link);
    case RECORD_PUBLISH: return record->publish.topic < PUBLISH_TOPICS;
    default: return false;
    }
}

/* ---- the socket ------------------------------------------------------------------------------ */

static int enlarge(int fd)
{
    int size = SEND_BUFFER;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0)
        return 0;
    return setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size) < 0 ? -errno : 0;
}

int record_pair(int fd[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) < 0)
        return -errno;
    int rc = enlarge(fd[0]);
    if (rc == 0)
        rc = enlarge(fd[1]);
    if (rc < 0) {
        close(fd[0]);
        close(fd[1]);
    }
    return rc;
}

static int socket_error(int error)
{
    switch (error) {
    case EWOULDBLOCK: return -EAGAIN;
    case ECONNRESET: return -EPIPE;
    default: return -error;
    }
}

int record_send(int fd, const struct record *record)
{
    unsigned char bytes[sizeof *record];
    struct packet packet = { .bytes = bytes, .size = sizeof bytes };
    if (!move_record(&packet, (struct record *)record))
        return -EINVAL;
    ssize_t n;
    do
        n = send(fd, bytes, packet.used, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n < 0 ? socket_error(errno) : 0;
}

int record_receive(int fd, struct record *record)
{
    unsigned char bytes[sizeof *record];
    ssize_t n;
    do
        n = recv(fd, bytes, sizeof bytes, MSG_TRUNC | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : socket_error(errno);
    if (n == 0)
        return -EPIPE;
    struct packet packet = { .bytes = bytes, .size = (size_t)n, .is_filling = true };
    if (packet.size > sizeof bytes || !move_record(&packet, record) || packet.used != packet.size)
        return -EBADMSG;
    return record_is_sound(record) ? 1 : -EBADMSG;
}
