#include "protocol/json.h"
#include "protocol/json_arena.h"
#include "protocol/message.h"
#include "protocol/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Parsing stops at the first complaint: whoever publishes repairs one member after the other, and a flood of
 * bad messages stays cheap. */
struct complaint {
    char *text;
    size_t size;
};

static void keep(void *data, const char *line)
{
    struct complaint *complaint = data;
    snprintf(complaint->text, complaint->size, "%s", line);
}

static bool refuse(const struct json_at *at, const char *key, const cJSON *item, const char *why)
{
    char path[JSON_PATH_MAX], shown[JSON_SHOW_MAX];
    json_complain(at->report, json_at_key(at, key, path).path, "%s %s", json_show(item, shown), why);
    return false;
}

/* ---- members --------------------------------------------------------------------------------- */

/* NULL is fine; otherwise what is wrong with a text and what would be right. */
typedef const char *(*defect_fn)(const char *text);

static const char *id_defect(const char *text)
{
    return id_is_valid(text) ? NULL : "is not an id; expected 1 to 32 of a-z 0-9 _ -";
}

static const char *opaque_defect(const char *text)
{
    size_t length = strlen(text);
    bool is_fine = length > 0 && length < EPOCH_SIZE;
    for (; *text; text++)
        is_fine = is_fine && *text >= 0x20 && *text < 0x7F;
    return is_fine ? NULL : "is not 1 to 32 printable ASCII characters";
}

static const char *boot_defect(const char *text)
{
    return strlen(text) > 8 ? "is longer than 8 bytes" : id_defect(text);
}

static const char *lang_defect(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char any[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t primary = strspn(text, letters);
    size_t subtag = text[primary] == '-' ? strspn(text + primary + 1, any) : 0;
    size_t length = primary + (text[primary] == '-' ? 1 + subtag : 0);
    bool is_fine = primary >= 2 && primary <= 3 && (text[primary] != '-' || subtag >= 2) &&
                   text[length] == '\0' && length < LANG_SIZE;
    return is_fine ? NULL : "is not a language tag such as kk, ru or kk-Latn";
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *clock_defect(const char *text)
{
    bool is_fine = strlen(text) == 5 && is_digit(text[0]) && is_digit(text[1]) && text[2] == ':' &&
                   text[3] >= '0' && text[3] <= '5' && is_digit(text[4]) &&
                   (text[0] - '0') * 10 + text[1] - '0' < 24;
    return is_fine ? NULL : "is not a time of day such as \"10:30\"";
}

static const char *notice_defect(const char *text)
{
    const char *at = text, *end = text + strlen(text);
    if (end - at >= NOTICE_SIZE)
        return "is longer than 511 bytes";
    while (at < end)
        if (!utf8_is_printable(utf8_next(&at, end)))
            return "has a character that cannot be seen; expected one line of plain text";
    return NULL;
}

/* Every defect function bounds the length by the size of its member. */
static bool read_text(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                      defect_fn defect, char *out)
{
    const cJSON *item = json_member(object, key);
    if (!item && !is_required)
        return true;
    if (!item || !cJSON_IsString(item))
        return json_string(at, object, key, is_required, out, 1); /* complains, or is fine without it */
    const char *why = defect(item->valuestring);
    if (why)
        return refuse(at, key, item, why);
    memcpy(out, item->valuestring, strlen(item->valuestring) + 1);
    return true;
}

static bool read_id(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                    char out[ID_SIZE])
{
    return read_text(at, object, key, is_required, id_defect, out);
}

static const char *ticket_defect_in_full(const char *ticket)
{
    static const struct {
        const char *reason, *in_full;
    } hints[] = {
        { "is empty", "is empty; expected 1 to 8 characters" },
        { "has more than 8 characters", "has more than 8 characters; expected 1 to 8" },
        { "has a character that cannot be seen", "has a character that cannot be seen; expected 1 to 8 "
                                                 "characters without controls or direction marks" },
    };
    const char *reason = ticket_defect(ticket);
    for (size_t i = 0; reason && i < sizeof hints / sizeof *hints; i++)
        if (strcmp(reason, hints[i].reason) == 0)
            return hints[i].in_full;
    return reason;
}

static bool read_ticket(const struct json_at *at, const cJSON *object, bool is_required,
                        char out[TICKET_SIZE])
{
    return read_text(at, object, "ticket", is_required, ticket_defect_in_full, out);
}

static bool read_u64(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                     long long min, uint64_t *out)
{
    long long value = (long long)*out;
    bool is_fine = json_integer(at, object, key, is_required, min, JSON_INTEGER_MAX, &value);
    *out = (uint64_t)value;
    return is_fine;
}

static bool read_ms(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                    long long min, int64_t *out)
{
    long long value = *out;
    bool is_fine = json_integer(at, object, key, is_required, min, JSON_INTEGER_MAX, &value);
    *out = value;
    return is_fine;
}

static bool read_choice(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                        const char *const *names, unsigned count, uint8_t *out)
{
    int value = *out;
    bool is_fine = json_choice(at, object, key, is_required, names, count, &value);
    *out = (uint8_t)value;
    return is_fine;
}

static bool read_lane(const struct json_at *at, const cJSON *object, uint8_t *out)
{
    int value = *out - 1; /* absence has no word on the wire */
    bool is_fine = json_choice(at, object, "lane", false, lane_names + 1, LANES - 1, &value);
    *out = (uint8_t)(value + 1);
    return is_fine;
}

static bool read_version(const struct json_at *at, const cJSON *object)
{
    long long version = 0;
    if (!json_integer(at, object, "v", true, 0, JSON_INTEGER_MAX, &version))
        return false;
    if (version != 1)
        json_complain(at->report, "v", "%lld is not 1, the only version known here", version);
    return version == 1;
}

/* epoch, seq and ts, as everything but basic events carries them. */
static bool read_origin(const struct json_at *at, const cJSON *object, char epoch[EPOCH_SIZE], uint64_t *seq,
                        int64_t *ts_ms, bool is_required, long long min_seq)
{
    if (!read_text(at, object, "epoch", is_required, opaque_defect, epoch))
        return false;
    is_required = is_required || epoch[0];
    return read_u64(at, object, "seq", is_required, min_seq, seq) &&
           read_ms(at, object, "ts", is_required, 1, ts_ms);
}

/* ---- notices --------------------------------------------------------------------------------- */

static bool read_notice_text(const struct json_at *at, const cJSON *item, struct notice *notice)
{
    const char *why = lang_defect(item->string);
    if (why) {
        char shown[JSON_SHOW_MAX];
        json_complain(at->report, at->path, "%s %s", json_show_text(item->string, shown), why);
        return false;
    }
    if (cJSON_IsString(item) && item->valuestring[0] == '\0')
        return true;
    if (notice->ntexts == LANGS_MAX) {
        json_complain(at->report, at->path, "more than %d languages", LANGS_MAX);
        return false;
    }
    struct notice_text *text = &notice->text[notice->ntexts++];
    memcpy(text->lang, item->string, strlen(item->string) + 1);
    if (!cJSON_IsString(item))
        return refuse(at, item->string, item, "is not a string");
    why = notice_defect(item->valuestring);
    if (why)
        return refuse(at, item->string, item, why);
    memcpy(text->text, item->valuestring, strlen(item->valuestring) + 1);
    return true;
}

static bool read_notice(const struct json_at *at, const cJSON *object, struct notice *notice)
{
    notice->id[0] = '\0';
    notice->level = NOTICE_INFO;
    notice->ntexts = 0;
    notice->until_ms = 0;
    const cJSON *texts = json_object(at, object, "text", true), *item;
    if (!texts || !read_id(at, object, "id", true, notice->id))
        return false;
    char path[JSON_PATH_MAX];
    struct json_at text_at = json_at_key(at, "text", path);
    cJSON_ArrayForEach(item, texts) if (!read_notice_text(&text_at, item, notice)) return false;
    return read_choice(at, object, "level", notice->ntexts > 0, notice_level_names, NOTICE_LEVELS,
                       &notice->level) &&
           read_ms(at, object, "until_ts", false, 0, &notice->until_ms);
}

/* ---- kinds ----------------------------------------------------------------------------------- */

static const struct {
    bool desk, ticket, reason, status, notice;
} event_members[EVENT_TYPES] = {
    [EVENT_CALL] = { .desk = true, .ticket = true },
    [EVENT_RECALL] = { .desk = true, .ticket = true },
    [EVENT_SERVE] = { .desk = true },
    [EVENT_CLEAR] = { .desk = true, .reason = true },
    [EVENT_DESK] = { .desk = true, .status = true },
    [EVENT_NOTICE] = { .notice = true },
};

static bool read_visit(const struct json_at *at, const cJSON *object, struct event *event)
{
    long long ttl_ms = -1;
    if (!json_integer(at, object, "ttl_ms", false, 0, TTL_MAX_MS, &ttl_ms))
        return false;
    event->ttl_ms = (int32_t)ttl_ms;
    return read_id(at, object, "desk", event_members[event->type].desk, event->desk) &&
           read_ticket(at, object, event_members[event->type].ticket, event->ticket) &&
           read_lane(at, object, &event->lane) &&
           read_text(at, object, "lang", false, lang_defect, event->lang) &&
           read_text(at, object, "booked_at", false, clock_defect, event->booked_at) &&
           read_id(at, object, "from", false, event->from) && read_id(at, object, "to", false, event->to);
}

static bool read_event(const struct json_at *at, const cJSON *root, struct message *message)
{
    struct event *event = &message->event;
    memset(event, 0, offsetof(struct event, notice) + offsetof(struct notice, text));
    if (!read_choice(at, root, "type", true, event_type_names, EVENT_TYPES, &event->type) ||
        !read_origin(at, root, event->epoch, &event->seq, &event->ts_ms, false, 1) ||
        !read_visit(at, root, event))
        return false;
    if (event_members[event->type].reason)
        return read_choice(at, root, "reason", false, clear_reason_names, CLEAR_REASONS, &event->reason);
    if (event_members[event->type].status)
        return read_choice(at, root, "status", true, desk_status_names, DESK_STATUSES, &event->status);
    return !event_members[event->type].notice || read_notice(at, root, &event->notice);
}

/* An empty desk may also say so: "ticket":null or "". */
static bool read_shown_ticket(const struct json_at *at, const cJSON *object, char ticket[TICKET_SIZE])
{
    const cJSON *item = json_member(object, "ticket");
    bool is_none = cJSON_IsNull(item) || (cJSON_IsString(item) && item->valuestring[0] == '\0');
    return is_none || read_ticket(at, object, false, ticket);
}

static bool read_phase(const struct json_at *at, const cJSON *object, struct state_desk *desk)
{
    desk->phase = desk->ticket[0] ? PHASE_CALLED : PHASE_IDLE;
    if (!read_choice(at, object, "phase", false, phase_names, PHASES, &desk->phase))
        return false;
    if (desk->phase == PHASE_IDLE || desk->ticket[0])
        return true;
    return refuse(at, "phase", json_member(object, "phase"), "needs a ticket; expected idle without");
}

static bool is_new_desk(const struct json_at *at, const cJSON *object, const struct state *state)
{
    const struct state_desk *desk = &state->desk[state->ndesks];
    for (unsigned i = 0; i < state->ndesks; i++)
        if (strcmp(state->desk[i].desk, desk->desk) == 0)
            return refuse(at, "desk", json_member(object, "desk"), "stands twice; expected each desk once");
    return true;
}

static bool read_state_desk(const struct json_at *at, const cJSON *object, struct state *state)
{
    struct state_desk *desk = &state->desk[state->ndesks];
    *desk = (struct state_desk){ 0 };
    bool is_fine = read_id(at, object, "desk", true, desk->desk) && is_new_desk(at, object, state) &&
                   read_choice(at, object, "status", true, desk_status_names, DESK_STATUSES, &desk->status) &&
                   read_shown_ticket(at, object, desk->ticket) && read_phase(at, object, desk) &&
                   read_u64(at, object, "seq", true, 0, &desk->seq) && read_lane(at, object, &desk->lane) &&
                   read_text(at, object, "booked_at", false, clock_defect, desk->booked_at) &&
                   read_id(at, object, "from", false, desk->from);
    state->ndesks += is_fine;
    return is_fine;
}

static bool read_state_call(const struct json_at *at, const cJSON *object, struct state_call *call)
{
    *call = (struct state_call){ 0 };
    return read_ticket(at, object, true, call->ticket) && read_id(at, object, "desk", true, call->desk) &&
           read_u64(at, object, "seq", false, 0, &call->seq);
}

static bool read_recent(const struct json_at *at, const cJSON *object, struct state *state)
{
    return read_state_call(at, object, &state->recent[state->nrecent++]);
}

static bool read_missed(const struct json_at *at, const cJSON *object, struct state *state)
{
    return read_state_call(at, object, &state->missed[state->nmissed++]);
}

/* A notice without text is none. */
static bool read_state_notice(const struct json_at *at, const cJSON *object, struct state *state)
{
    struct notice *notice = &state->notice[state->nnotices];
    bool is_fine = read_notice(at, object, notice);
    state->nnotices += notice->ntexts > 0;
    return is_fine;
}

static bool is_new_waiting(const struct json_at *at, const cJSON *object, const struct state *state)
{
    const struct state_waiting *waiting = &state->waiting[state->nwaiting];
    for (unsigned i = 0; i < state->nwaiting; i++)
        if (strcmp(state->waiting[i].agency, waiting->agency) == 0) {
            const cJSON *agency = json_member(object, "agency");
            if (agency)
                return refuse(at, "agency", agency, "stands twice; expected each agency once");
            json_complain(at->report, at->path, "the whole hall stands twice; expected it once");
            return false;
        }
    return true;
}

static bool read_waiting(const struct json_at *at, const cJSON *object, struct state *state)
{
    struct state_waiting *waiting = &state->waiting[state->nwaiting];
    long long count = 0, wait_min = -1;
    *waiting = (struct state_waiting){ 0 };
    bool is_fine = read_id(at, object, "agency", false, waiting->agency) &&
                   is_new_waiting(at, object, state) &&
                   json_integer(at, object, "count", true, 0, WAITING_PEOPLE, &count) &&
                   json_integer(at, object, "wait_min", false, 0, WAITING_MINUTES, &wait_min);
    waiting->count = (uint16_t)count;
    waiting->wait_min = (int16_t)wait_min;
    state->nwaiting += is_fine;
    return is_fine;
}

static bool read_list(const struct json_at *at, const cJSON *root, const char *key, bool is_required, int max,
                      bool (*read)(const struct json_at *at, const cJSON *object, struct state *state),
                      struct state *state)
{
    char path[JSON_PATH_MAX], item_path[JSON_PATH_MAX];
    const cJSON *list = json_member(root, key), *item;
    struct json_at list_at = json_at_key(at, key, path);
    if (!list && !is_required)
        return true;
    list = json_array(at, root, key, true);
    if (!list)
        return false;
    int count = cJSON_GetArraySize(list);
    if (count > max)
        json_complain(at->report, path, "%d entries; expected at most %d", count, max);
    if (count > max)
        return false;
    unsigned index = 0;
    cJSON_ArrayForEach(item, list)
    {
        struct json_at item_at = json_at_index(&list_at, index++, item_path);
        if (!cJSON_IsObject(item)) {
            char shown[JSON_SHOW_MAX];
            json_complain(at->report, item_path, "%s is not an object", json_show(item, shown));
            return false;
        }
        if (!read(&item_at, item, state))
            return false;
    }
    return true;
}

static bool read_state(const struct json_at *at, const cJSON *root, struct message *message)
{
    struct state *state = &message->state;
    memset(state, 0, offsetof(struct state, desk));
    return read_origin(at, root, state->epoch, &state->seq, &state->ts_ms, true, 0) &&
           read_text(at, root, "re", false, opaque_defect, state->re) &&
           read_list(at, root, "desks", true, DESKS_MAX, read_state_desk, state) &&
           read_list(at, root, "recent", false, RECENT_MAX, read_recent, state) &&
           read_list(at, root, "missed", false, MISSED_MAX, read_missed, state) &&
           read_list(at, root, "waiting", false, WAITING_COUNTS_MAX, read_waiting, state) &&
           read_list(at, root, "notices", false, NOTICES_MAX, read_state_notice, state);
}

/* The will was written when the connection began: it has no seq and ts. */
static bool read_server(const struct json_at *at, const cJSON *root, struct message *message)
{
    struct server *server = &message->server;
    *server = (struct server){ 0 };
    return json_bool(at, root, "online", true, &server->is_online) &&
           read_u64(at, root, "conn", true, 0, &server->conn) &&
           read_text(at, root, "epoch", true, opaque_defect, server->epoch) &&
           read_u64(at, root, "seq", server->is_online, 0, &server->seq) &&
           read_ms(at, root, "ts", server->is_online, 1, &server->ts_ms);
}

static bool read_command(const struct json_at *at, const cJSON *root, struct message *message)
{
    struct command *command = &message->command;
    *command = (struct command){ 0 };
    return read_id(at, root, "id", true, command->id) &&
           read_id(at, root, "command", true, command->command) &&
           read_id(at, root, "target", false, command->target) &&
           read_id(at, root, "value", false, command->value);
}

/* ---- documents ------------------------------------------------------------------------------- */

struct document {
    struct complaint complaint;
    struct json_report report;
    struct json_at at;
    cJSON *root; /* NULL: not parsed */
};

/* The tree of one message. True: an object of version 1; otherwise with a complaint. In any case to be closed. */
static bool open_document(struct document *document, const char *bytes, size_t length, size_t limit,
                          char *error_text, size_t error_size)
{
    struct json_error error;
    document->complaint = (struct complaint){ error_text, error_size };
    document->report = (struct json_report){ .line = keep, .data = &document->complaint };
    document->at = (struct json_at){ &document->report, "" };
    document->root = NULL;
    json_arena_begin();
    if (length > limit) {
        json_complain(&document->report, "", "message of %zu bytes; expected at most %zu", length, limit);
        return false;
    }
    document->root = json_parse(bytes, length, &error);
    if (!document->root) {
        json_complain(&document->report, "", "byte %zu: %s", error.offset, error.text);
        return false;
    }
    if (cJSON_IsObject(document->root))
        return read_version(&document->at, document->root);
    char shown[JSON_SHOW_MAX];
    json_complain(&document->report, "", "%s is not an object", json_show(document->root, shown));
    return false;
}

static void close_document(struct document *document)
{
    json_arena_end(document->root);
}

int message_parse(struct message *message, enum message_kind kind, const char *bytes, size_t length,
                  char *error, size_t error_size)
{
    static const struct {
        size_t limit;
        bool (*read)(const struct json_at *at, const cJSON *root, struct message *message);
    } kinds[MESSAGE_KINDS] = {
        [MESSAGE_EVENT] = { EVENT_BYTES_MAX, read_event },
        [MESSAGE_STATE] = { STATE_BYTES_MAX, read_state },
        [MESSAGE_SERVER] = { EVENT_BYTES_MAX, read_server },
        [MESSAGE_COMMAND] = { EVENT_BYTES_MAX, read_command },
    };
    struct document document;
    bool is_fine = open_document(&document, bytes, length, kinds[kind].limit, error, error_size) &&
                   kinds[kind].read(&document.at, document.root, message);
    message->kind = (uint8_t)kind;
    close_document(&document);
    return is_fine ? 0 : -EBADMSG;
}

int message_parse_hello(struct hello *hello, const char *bytes, size_t length, char *error, size_t error_size)
{
    struct document document;
    *hello = (struct hello){ 0 };
    bool is_fine = open_document(&document, bytes, length, EVENT_BYTES_MAX, error, error_size);
    const struct json_at *at = &document.at;
    const cJSON *root = document.root;
    is_fine = is_fine && read_id(at, root, "id", true, hello->id) &&
              read_text(at, root, "boot", true, boot_defect, hello->boot) &&
              read_text(at, root, "nonce", true, opaque_defect, hello->nonce) &&
              read_text(at, root, "epoch", false, opaque_defect, hello->epoch) &&
              read_u64(at, root, "seq", false, 0, &hello->seq);
    close_document(&document);
    return is_fine ? 0 : -EBADMSG;
}
