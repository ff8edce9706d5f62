#include "sim/slave_model.h"

#include <stdio.h>
#include <stdlib.h>

static const uint8_t font[128] = {
    ['0'] = A | B | C | D | E | F,
    ['1'] = B | C,
    ['2'] = A | B | D | E | G,
    ['3'] = A | B | C | D | G,
    ['4'] = B | C | F | G,
    ['5'] = A | C | D | F | G,
    ['6'] = A | C | D | E | F | G,
    ['7'] = A | B | C,
    ['8'] = A | B | C | D | E | F | G,
    ['9'] = A | B | C | D | F | G,
    ['A'] = A | B | C | E | F | G,
    ['B'] = C | D | E | F | G,
    ['C'] = A | D | E | F,
    ['D'] = B | C | D | E | G,
    ['E'] = A | D | E | F | G,
    ['F'] = A | E | F | G,
    ['G'] = A | C | D | E | F,
    ['H'] = B | C | E | F | G,
    ['I'] = B | C,
    ['J'] = B | C | D | E,
    ['L'] = D | E | F,
    ['N'] = C | E | G,
    ['O'] = A | B | C | D | E | F,
    ['P'] = A | B | E | F | G,
    ['R'] = E | G,
    ['S'] = A | C | D | F | G,
    ['T'] = D | E | F | G,
    ['U'] = B | C | D | E | F,
    ['Y'] = B | C | D | F | G,
    ['b'] = C | D | E | F | G,
    ['d'] = B | C | D | E | G,
    ['n'] = C | E | G,
    ['o'] = C | D | E | G,
    ['r'] = E | G,
    ['t'] = D | E | F | G,
    ['-'] = G,
    ['_'] = D,
};

uint8_t slave_glyph(char character)
{
    return character > 0 ? font[(unsigned char)character] : 0;
}

void slave_put_joined(struct slave_view *view, const char *text, size_t length)
{
    unsigned cell = 0;
    for (size_t i = 0; i < length && text[i]; i++) {
        if (text[i] == '.' && cell > 0 && !(view->segments[cell - 1] & DOT))
            view->segments[cell - 1] |= DOT;
        else if (cell < view->cells)
            view->segments[cell++] = slave_glyph(text[i]);
    }
}

void slave_put_number(struct slave_view *view, long value, unsigned decimals, const char *too_large)
{
    char digits[40], text[48];
    decimals = decimals < SLAVE_CELLS_MAX ? decimals : 0;
    snprintf(digits, sizeof digits, "%s%0*ld", value < 0 ? "-" : "", (int)decimals + 1, labs(value));
    int length = snprintf(text, sizeof text, "%*s", view->cells, digits);
    slave_put_joined(view, length > view->cells ? too_large : text, sizeof text);
    if (decimals && decimals < view->cells && length <= view->cells)
        view->segments[view->cells - 1 - decimals] |= DOT;
}

void slave_put_pairs(const struct slave_unit *unit, struct slave_view *view, uint16_t first, unsigned count)
{
    char text[2 * 16];
    for (unsigned i = 0; i < count && i < sizeof text / 2; i++) {
        uint16_t pair = slave_unit_reg(unit, (uint16_t)(first + i));
        text[2 * i] = (char)(pair >> 8);
        text[2 * i + 1] = (char)(pair & 255);
    }
    slave_put_joined(view, text, 2 * (size_t)count);
}

static char read_cell(uint8_t segments)
{
    static const char order[] = "0123456789ACEFGHJLPUYbdnort-_";
    uint8_t shape = segments & (uint8_t)~DOT;
    if (!shape)
        return ' ';
    for (const char *c = order; *c; c++)
        if (font[(unsigned char)*c] == shape)
            return *c;
    return '?';
}

void slave_read_glass(struct slave_view *view)
{
    char *out = view->text;
    for (unsigned i = 0; i < view->cells; i++) {
        *out++ = read_cell(view->segments[i]);
        if (view->segments[i] & DOT)
            *out++ = '.';
    }
    *out = '\0';
}
