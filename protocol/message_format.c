#include "protocol/json.h"
#include "protocol/message.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Writes on until the room ends; what happened is asked once, at the end. */
struct writer {
    char *out;
    size_t size, used;
    bool is_full;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *writer, const char *format, ...)
{
    if (writer->is_full)
        return;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(writer->out + writer->used, writer->size - writer->used, format, args);
    va_end(args);
    writer->is_full = length < 0 || (size_t)length >= writer->size - writer->used;
    writer->used += writer->is_full ? 0 : (size_t)length;
}

/* What it is for: a flood of calls owes a flood of receipts, and vsnprintf() took most of what one costs. */
static void put_bytes(struct writer *writer, const char *bytes, size_t length)
{
    if (writer->is_full)
        return;
    writer->is_full = length >= writer->size - writer->used;
    if (writer->is_full)
        return;
    memcpy(writer->out + writer->used, bytes, length);
    writer->used += length;
    writer->out[writer->used] = '\0';
}

static void put_plain(struct writer *writer, const char *text)
{
    put_bytes(writer, text, strlen(text));
}

static void put_digits(struct writer *writer, uint64_t number)
{
    char digits[20], *at = digits + sizeof digits;
    do
        *--at = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    put_bytes(writer, at, (size_t)(digits + sizeof digits - at));
}

static void put_key(struct writer *writer, const char *key)
{
    put_plain(writer, ",\"");
    put_plain(writer, key);
    put_plain(writer, "\":");
}

static void put_quoted(struct writer *writer, const char *text)
{
    if (writer->is_full)
        return;
    int length = json_quote(writer->out + writer->used, writer->size - writer->used, text);
    writer->is_full = length < 0;
    writer->used += writer->is_full ? 0 : (size_t)length;
}

/* Members after the first; texts that are empty and numbers that are 0 are left out. */
static void put_text(struct writer *writer, const char *key, const char *text)
{
    if (!text[0])
        return;
    put_key(writer, key);
    put_quoted(writer, text);
}

static void put_number(struct writer *writer, const char *key, uint64_t number)
{
    if (!number)
        return;
    put_key(writer, key);
    put_digits(writer, number);
}

static void put_time(struct writer *writer, const char *key, int64_t ms)
{
    if (!ms)
        return;
    put_key(writer, key);
    if (ms < 0)
        put_plain(writer, "-");
    put_digits(writer, ms < 0 ? -(uint64_t)ms : (uint64_t)ms);
}

static int finish(struct writer *writer)
{
    put_plain(writer, "}");
    return writer->is_full ? -ENOSPC : (int)writer->used;
}

/* ---- from servers ---------------------------------------------------------------------------- */

static void put_notice_members(struct writer *writer, const struct notice *notice)
{
    put(writer, "\"id\":");
    put_quoted(writer, notice->id);
    put(writer, ",\"level\":\"%s\",\"text\":{", notice_level_names[notice->level]);
    for (unsigned i = 0; i < notice->ntexts; i++) {
        put(writer, i ? "," : "");
        put_quoted(writer, notice->text[i].lang);
        put(writer, ":");
        put_quoted(writer, notice->text[i].text);
    }
    put(writer, "}");
    put_time(writer, "until_ts", notice->until_ms);
}

static void put_event_members(struct writer *writer, const struct event *event)
{
    put_text(writer, "desk", event->desk);
    put_text(writer, "ticket", event->ticket);
    put_text(writer, "lane", lane_names[event->lane]);
    put_text(writer, "booked_at", event->booked_at);
    put_text(writer, "lang", event->lang);
    put_text(writer, "from", event->from);
    put_text(writer, "to", event->to);
    if (event->ttl_ms >= 0)
        put(writer, ",\"ttl_ms\":%" PRId32, event->ttl_ms);
}

int message_format_event(char *out, size_t size, const struct event *event)
{
    struct writer writer = { out, size, 0, false };
    put(&writer, "{\"v\":1");
    put_text(&writer, "epoch", event->epoch);
    put_number(&writer, "seq", event->seq);
    put_time(&writer, "ts", event->ts_ms);
    put_text(&writer, "type", event_type_names[event->type]);
    put_event_members(&writer, event);
    if (event->type == EVENT_CLEAR)
        put_text(&writer, "reason", clear_reason_names[event->reason]);
    if (event->type == EVENT_DESK)
        put_text(&writer, "status", desk_status_names[event->status]);
    if (event->type == EVENT_NOTICE) {
        put(&writer, ",");
        put_notice_members(&writer, &event->notice);
    }
    return finish(&writer);
}

static void put_state_desk(struct writer *writer, const struct state_desk *desk)
{
    put(writer, "{\"desk\":");
    put_quoted(writer, desk->desk);
    put_text(writer, "status", desk_status_names[desk->status]);
    put_text(writer, "ticket", desk->ticket);
    put_text(writer, "phase", phase_names[desk->phase]);
    put_text(writer, "lane", lane_names[desk->lane]);
    put_text(writer, "booked_at", desk->booked_at);
    put_text(writer, "from", desk->from);
    put(writer, ",\"seq\":%" PRIu64 "}", desk->seq);
}

static void put_state_calls(struct writer *writer, const char *key, const struct state_call *calls,
                            unsigned count)
{
    put(writer, ",\"%s\":[", key);
    for (unsigned i = 0; i < count; i++) {
        put(writer, i ? ",{\"ticket\":" : "{\"ticket\":");
        put_quoted(writer, calls[i].ticket);
        put_text(writer, "desk", calls[i].desk);
        put(writer, ",\"seq\":%" PRIu64 "}", calls[i].seq);
    }
    put(writer, "]");
}

/* Absent if nothing is known: so it is what it was to boards that do not know it. */
static void put_waiting(struct writer *writer, const struct state *state)
{
    for (unsigned i = 0; i < state->nwaiting; i++) {
        const struct state_waiting *waiting = &state->waiting[i];
        put(writer, i ? ",{\"count\":%u" : ",\"waiting\":[{\"count\":%u", waiting->count);
        put_text(writer, "agency", waiting->agency);
        if (waiting->wait_min >= 0)
            put(writer, ",\"wait_min\":%d", waiting->wait_min);
        put(writer, "}");
    }
    if (state->nwaiting > 0)
        put(writer, "]");
}

int message_format_state(char *out, size_t size, const struct state *state)
{
    struct writer writer = { out, size, 0, false };
    put(&writer, "{\"v\":1");
    put_text(&writer, "epoch", state->epoch);
    put(&writer, ",\"seq\":%" PRIu64, state->seq);
    put_time(&writer, "ts", state->ts_ms);
    put_text(&writer, "re", state->re);
    put(&writer, ",\"desks\":[");
    for (unsigned i = 0; i < state->ndesks; i++) {
        put(&writer, i ? "," : "");
        put_state_desk(&writer, &state->desk[i]);
    }
    put(&writer, "]");
    put_state_calls(&writer, "recent", state->recent, state->nrecent);
    put_state_calls(&writer, "missed", state->missed, state->nmissed);
    put(&writer, ",\"notices\":[");
    for (unsigned i = 0; i < state->nnotices; i++) {
        put(&writer, i ? ",{" : "{");
        put_notice_members(&writer, &state->notice[i]);
        put(&writer, "}");
    }
    put(&writer, "]");
    put_waiting(&writer, state);
    return finish(&writer);
}

int message_format_server(char *out, size_t size, const struct server *server)
{
    struct writer writer = { out, size, 0, false };
    put(&writer, "{\"v\":1");
    put_text(&writer, "epoch", server->epoch);
    if (server->is_online || server->seq)
        put(&writer, ",\"seq\":%" PRIu64, server->seq);
    put_time(&writer, "ts", server->ts_ms);
    put(&writer, ",\"online\":%s,\"conn\":%" PRIu64, server->is_online ? "true" : "false", server->conn);
    return finish(&writer);
}

/* ---- from the board -------------------------------------------------------------------------- */

int message_format_hello(char *out, size_t size, const struct hello *hello)
{
    struct writer writer = { out, size, 0, false };
    put(&writer, "{\"v\":1");
    put_text(&writer, "id", hello->id);
    put_text(&writer, "boot", hello->boot);
    put_text(&writer, "nonce", hello->nonce);
    put_text(&writer, "epoch", hello->epoch);
    if (hello->epoch[0])
        put(&writer, ",\"seq\":%" PRIu64, hello->seq);
    return finish(&writer);
}

int message_format_status(char *out, size_t size, const char *id, bool is_online, uint64_t conn,
                          const char *boot, const char *version)
{
    struct writer writer = { out, size, 0, false };
    put(&writer, "{\"v\":1");
    put_text(&writer, "id", id);
    put(&writer, ",\"online\":%s,\"conn\":%" PRIu64, is_online ? "true" : "false", conn);
    put_text(&writer, "boot", boot);
    put_text(&writer, "version", version);
    return finish(&writer);
}

static void put_outlet(struct writer *writer, const struct receipt_outlet *outlet)
{
    put_plain(writer, "{\"outlet\":");
    put_quoted(writer, outlet->outlet);
    put_text(writer, "result", outlet->result);
    if (outlet->latency_us >= 0) {
        uint64_t tenths = ((uint64_t)outlet->latency_us + 50) / 100;
        put_key(writer, "latency_ms");
        put_digits(writer, tenths / 10);
        put_plain(writer, ".");
        put_digits(writer, tenths % 10);
    }
    put_text(writer, "detail", outlet->detail);
    put_plain(writer, "}");
}

int message_format_receipt(char *out, size_t size, const struct receipt *receipt)
{
    struct writer writer = { out, size, 0, false };
    put_plain(&writer, "{\"v\":1");
    put_text(&writer, "id", receipt->id);
    put_text(&writer, "epoch", receipt->epoch);
    put_number(&writer, "seq", receipt->seq);
    put_text(&writer, "ticket", receipt->ticket);
    put_text(&writer, "desk", receipt->desk);
    put_text(&writer, "result", receipt_result_names[receipt->result]);
    put_text(&writer, "detail", receipt->detail);
    put_plain(&writer, ",\"outlets\":[");
    for (unsigned i = 0; i < receipt->noutlets; i++) {
        put_plain(&writer, i ? "," : "");
        put_outlet(&writer, &receipt->outlet[i]);
    }
    put_plain(&writer, "]");
    return finish(&writer);
}
