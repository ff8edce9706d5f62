#include "board/scene/stage.h"

#include "protocol/utf8.h"

#include <stdio.h>
#include <string.h>

#define PREFIX_LETTERS 3

static bool is_letter(uint32_t cp)
{
    return cp >= 0x80 || (cp >= 'A' && cp <= 'Z') || (cp >= 'a' && cp <= 'z');
}

/* Bytes of one to three leading letters that are followed by a figure; 0 if the ticket is built otherwise. */
static size_t prefix_length(const char *text)
{
    const char *at = text, *end = text + strlen(text);
    for (int letters = 0; at < end && letters <= PREFIX_LETTERS; letters++) {
        const char *before = at;
        uint32_t cp = utf8_next(&at, end);
        if (cp >= '0' && cp <= '9')
            return (size_t)(before - text);
        if (!is_letter(cp))
            return 0;
    }
    return 0;
}

struct ticket ticket_split(const char *text)
{
    struct ticket ticket = { 0 };
    size_t length = prefix_length(text);
    memcpy(ticket.prefix, text, length);
    snprintf(ticket.figures, sizeof ticket.figures, "%s", text + length);
    return ticket;
}

int ticket_gap(const struct type *type)
{
    return type->size_px / 5;
}

int ticket_width(const struct stage *stage, const struct type *type, const struct ticket *ticket)
{
    int width = type_width(stage, type, ticket->figures);
    return ticket->prefix[0] ? type_width(stage, type, ticket->prefix) + ticket_gap(type) + width : width;
}

void ticket_put(const struct stage *stage, const struct type *type, const struct ticket *ticket, int x,
                int baseline_y)
{
    const char *first = ticket->prefix[0] ? ticket->prefix : ticket->figures;
    x -= type_shape(stage, type, first)->ink_left_px;
    if (ticket->prefix[0]) {
        type_put_at(stage, type, x, baseline_y, ticket->prefix);
        x += type_width(stage, type, ticket->prefix) + ticket_gap(type);
    }
    type_put_at(stage, type, x, baseline_y, ticket->figures);
}

bool ticket_is_tall(const char *text)
{
    const char *at = text, *end = text + strlen(text);
    while (at < end) {
        uint32_t cp = utf8_next(&at, end);
        bool is_plain = cp < 0x80 ||
                        (cp >= 0x402 && cp <= 0x45f && cp != 0x403 && cp != 0x407 && cp != 0x40c &&
                         cp != 0x40e && cp != 0x419) ||
                        (cp >= 0x48a && cp <= 0x4c0) || cp == 0x4d8 || cp == 0x4e8;
        if (!is_plain)
            return true;
    }
    return false;
}

/* Known to stand on the baseline; all others may hang. */
static bool stands(uint32_t cp)
{
    if (cp < 0x80)
        return (cp >= '0' && cp <= '9') || (cp >= 'A' && cp <= 'Z' && cp != 'J' && cp != 'Q') || cp == '-' ||
               cp == '.' || cp == ' ';
    bool is_russian = cp >= 0x410 && cp <= 0x42f && cp != 0x414 && cp != 0x426 && cp != 0x429;
    bool is_kazakh =
        cp == 0x406 || cp == 0x492 || cp == 0x4ae || cp == 0x4b0 || cp == 0x4ba || cp == 0x4d8 || cp == 0x4e8;
    return is_russian || is_kazakh || cp == 0x401;
}

bool ticket_has_tail(const char *text)
{
    const char *at = text, *end = text + strlen(text);
    while (at < end)
        if (!stands(utf8_next(&at, end)))
            return true;
    return false;
}

bool direction_icon(int direction, enum icon *icon)
{
    static const enum icon icons[ARROWS] = {
        [ARROW_LEFT] = ICON_ARROW_LEFT,
        [ARROW_RIGHT] = ICON_ARROW_RIGHT,
        [ARROW_UP] = ICON_ARROW_UP,
        [ARROW_DOWN] = ICON_ARROW_DOWN,
        [ARROW_UP_LEFT] = ICON_ARROW_UP_LEFT,
        [ARROW_UP_RIGHT] = ICON_ARROW_UP_RIGHT,
        [ARROW_DOWN_LEFT] = ICON_ARROW_DOWN_LEFT,
        [ARROW_DOWN_RIGHT] = ICON_ARROW_DOWN_RIGHT,
    };
    if (direction <= ARROW_NONE || direction >= ARROWS)
        return false;
    *icon = icons[direction];
    return true;
}
