#include "protocol/message.h"
#include "protocol/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *const event_type_names[EVENT_TYPES] = { "call", "recall", "serve", "clear", "desk", "notice" };
const char *const clear_reason_names[CLEAR_REASONS] = { "done", "no_show", "transferred", "parked" };
const char *const desk_status_names[DESK_STATUSES] = { "open", "paused", "closed" };
const char *const phase_names[PHASES] = { "idle", "called", "serving" };
const char *const lane_names[LANES] = { "", "walkin", "booked" };
const char *const notice_level_names[NOTICE_LEVELS] = { "info", "alert" };
const char *const receipt_result_names[RECEIPT_RESULTS] = { "shown",     "partial",      "muted_late",
                                                            "duplicate", "unknown_desk", "invalid",
                                                            "failed" };

void event_copy(struct event *to, const struct event *from)
{
    memcpy(to, from, from->type == EVENT_NOTICE ? sizeof *to : offsetof(struct event, notice));
}

static bool is_of_id(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/* Not strspn(), which makes a table of its set first. */
bool id_is_valid(const char *id)
{
    size_t length = 0;
    while (length < ID_SIZE && is_of_id(id[length]))
        length++;
    return length > 0 && length < ID_SIZE && id[length] == '\0';
}

static bool is_space(uint32_t cp)
{
    return cp == ' ' || cp == 0xA0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200A) || cp == 0x202F ||
           cp == 0x205F || cp == 0x3000;
}

const char *ticket_defect(const char *ticket)
{
    const char *at = ticket, *end = ticket + strlen(ticket);
    bool ends_with_space = false;
    if (at == end)
        return "is empty";
    for (unsigned points = 0; at < end; points++) {
        uint32_t cp = utf8_next(&at, end);
        if (cp == UTF8_BAD)
            return "is malformed UTF-8";
        if (!utf8_is_printable(cp) || cp == 0x200C || cp == 0x200D)
            return "has a character that cannot be seen";
        if (points == TICKET_POINTS)
            return "has more than 8 characters";
        ends_with_space = is_space(cp);
        if (points == 0 && ends_with_space)
            return "starts with a space";
    }
    return ends_with_space ? "ends with a space" : NULL;
}

int topic_format(char *out, size_t size, const char *hall, const char *suffix)
{
    int length = snprintf(out, size, "kezek/v1/%s/%s", hall, suffix);
    return length >= 0 && (size_t)length < size ? length : -ENOSPC;
}
