#include "sim/slave_model.h"

#include <stdio.h>
#include <string.h>

enum { A = 1, B = 2, C = 4, D = 8, E = 16, F = 32, G = 64, DOT = 128 };

/* What the modules' own fonts draw; characters without a shape stay dark. */
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

/* ---- text on a glass ------------------------------------------------------------------------- */

static void put_cell(struct slave_view *view, unsigned cell, char character)
{
    view->segments[cell] = character > 0 ? font[(unsigned char)character] : 0;
}

/* Left to right; a dot is lit in the cell before it. */
static void put_joined(struct slave_view *view, const char *text, size_t length)
{
    unsigned cell = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '.' && cell > 0 && !(view->segments[cell - 1] & DOT))
            view->segments[cell - 1] |= DOT;
        else if (cell < view->cells)
            put_cell(view, cell++, text[i]);
    }
}

static void put_number(struct slave_view *view, long value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%*ld", view->cells, value);
    put_joined(view, length > view->cells ? "----" : text, view->cells);
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

static void read_glass(struct slave_view *view)
{
    char *out = view->text;
    for (unsigned i = 0; i < view->cells; i++) {
        *out++ = read_cell(view->segments[i]);
        if (view->segments[i] & DOT)
            *out++ = '.';
    }
    *out = '\0';
}

/* ---- OWEN SMI2 ------------------------------------------------------------------------------- */

enum { SMI2_INT, SMI2_WORD, SMI2_FLOAT, SMI2_STRING, SMI2_IMAGE };
enum {
    SMI2_DELAY = 8,
    SMI2_UNIT = 10,
    SMI2_GROUP = 16,
    SMI2_TYPE = 17,
    SMI2_VAL_INT = 25,
    SMI2_VAL_WORD = 26,
    SMI2_VAL_FLOAT = 27,
    SMI2_VAL_STRING = 29,
    SMI2_VAL_IMAGE = 33,
    SMI2_FLASH = 35,
    SMI2_LIT = 36,
    SMI2_FLASHES = 38
};
static const struct slave_area smi2_areas[] = { { 0, 3, false },
                                                { 4, 12, true },
                                                { 13, 14, false },
                                                { 15, 35, true },
                                                { 36, 38, false },
                                                { 39, 44, true },
                                                { 0 } };

/* Bit 7 = a … bit 1 = g, bit 0 = dot. */
static uint8_t smi2_bits(uint8_t segments)
{
    uint8_t out = segments & DOT ? 1 : 0;
    for (unsigned i = 0; i < 7; i++)
        if (segments >> i & 1)
            out |= (uint8_t)(0x80 >> i);
    return out;
}

static uint8_t smi2_segments(uint8_t bits)
{
    uint8_t out = bits & 1 ? DOT : 0;
    for (unsigned i = 0; i < 7; i++)
        if (bits & 0x80 >> i)
            out |= (uint8_t)(1 << i);
    return out;
}

static void smi2_put_string(const struct slave_unit *unit, struct slave_view *view)
{
    char text[8];
    for (unsigned i = 0; i < 4; i++) {
        text[2 * i] = (char)(unit->reg[SMI2_VAL_STRING + i] >> 8);
        text[2 * i + 1] = (char)(unit->reg[SMI2_VAL_STRING + i] & 255);
    }
    put_joined(view, text, sizeof text);
}

static void smi2_put_float(const struct slave_unit *unit, struct slave_view *view)
{
    uint32_t bits = (uint32_t)unit->reg[SMI2_VAL_FLOAT] << 16 | unit->reg[SMI2_VAL_FLOAT + 1];
    float value;
    char text[24];
    memcpy(&value, &bits, sizeof value);
    snprintf(text, sizeof text, "%4.3g", (double)value);
    put_joined(view, text, strlen(text));
}

static void smi2_put_image(const struct slave_unit *unit, struct slave_view *view)
{
    for (unsigned i = 0; i < 4; i++) {
        uint16_t pair = unit->reg[SMI2_VAL_IMAGE + i / 2];
        view->segments[3 - i] = smi2_segments((uint8_t)(i % 2 ? pair : pair >> 8));
    }
}

static void smi2_show(const struct slave_unit *unit, struct slave_view *view)
{
    uint16_t type = unit->reg[SMI2_TYPE];
    switch (type) {
    case SMI2_INT: put_number(view, (int16_t)unit->reg[SMI2_VAL_INT]); break;
    case SMI2_WORD: put_number(view, unit->reg[SMI2_VAL_WORD]); break;
    case SMI2_FLOAT: smi2_put_float(unit, view); break;
    case SMI2_STRING: smi2_put_string(unit, view); break;
    default: smi2_put_image(unit, view); break;
    }
    view->is_blinking = unit->reg[SMI2_FLASH] != 0 && type >= SMI2_STRING;
    view->brightness_percent = 100;
}

static void smi2_written(struct slave_unit *unit, uint16_t first, uint16_t count)
{
    (void)first;
    (void)count;
    struct slave_view view;
    slave_unit_view(unit, &view);
    for (unsigned i = 0; i < 2; i++)
        unit->reg[SMI2_LIT + i] =
            (uint16_t)(smi2_bits(view.segments[3 - 2 * i]) << 8 | smi2_bits(view.segments[2 - 2 * i]));
    unit->reg[SMI2_FLASHES] = view.is_blinking ? 0xBB : 0;
}

static void smi2_power_on(struct slave_unit *unit)
{
    static const uint16_t head[] = { 0x534D, 0x4932, 0x312E, 0x3032, 2, 1, 0, 0, 45, 0 };
    memcpy(unit->reg, head, sizeof head);
    unit->reg[SMI2_UNIT] = unit->address;
    unit->reg[11] = 1;
    unit->reg[SMI2_GROUP] = 1000;
    smi2_written(unit, 0, 0);
}

/* "Broadband" frame: 4 registers a board, in the order of their addresses, from register Ad.Ad + first
 * address. */
static bool smi2_group(struct slave_unit *unit, const uint8_t *request)
{
    unsigned first = (unsigned)(request[2] << 8 | request[3]),
             count = (unsigned)(request[4] << 8 | request[5]);
    if (first <= unit->reg[SMI2_GROUP])
        return false;
    unsigned mine = unit->reg[SMI2_GROUP] + unit->address;
    if (mine < first || (mine - first + 1) * 4 > count)
        return true; /* a group frame, but for others */
    const uint8_t *slot = request + 7 + (mine - first) * 8;
    uint16_t value[4];
    for (unsigned i = 0; i < 4; i++)
        value[i] = (uint16_t)(slot[2 * i] << 8 | slot[2 * i + 1]);
    slave_unit_write(unit, SMI2_VAL_STRING, 4, value);
    return true;
}

/* ---- DM56A04 --------------------------------------------------------------------------------- */

enum { DM_TEXT = 0, DM_NUMBER = 7, DM_BLINK = 8, DM_BRIGHTNESS = 9 };
static const struct slave_area dm_areas[] = { { 0, 9, true }, { 251, 251, true }, { 253, 255, true }, { 0 } };

static void dm_power_on(struct slave_unit *unit)
{
    for (unsigned i = 0; i < 6; i++)
        unit->reg[DM_TEXT + i] = ' ';
    unit->reg[DM_BRIGHTNESS] = 8;
    unit->reg[253] = unit->address;
    unit->reg[254] = 3;
}

static void dm_written(struct slave_unit *unit, uint16_t first, uint16_t count)
{
    if (first < 4)
        unit->shows_number = false;
    else if (first <= DM_NUMBER && first + count > DM_NUMBER)
        unit->shows_number = true;
}

static void dm_show(const struct slave_unit *unit, struct slave_view *view)
{
    if (unit->shows_number)
        put_number(view, unit->reg[DM_NUMBER]);
    for (unsigned i = 0; i < view->cells && !unit->shows_number; i++) {
        uint16_t character = unit->reg[DM_TEXT + i];
        view->segments[i] = character == '.' ? DOT : character < 128 ? font[character] : 0;
    }
    view->is_blinking = unit->reg[DM_BLINK] != 0;
    view->brightness_percent = (uint8_t)(unit->reg[DM_BRIGHTNESS] * 100 / 8);
}

/* ---- the table ------------------------------------------------------------------------------- */

static const struct slave_model models[] = {
    { "owen-smi2", "SMI2 V1.02", 1 << 3 | 1 << 4 | 1 << 6 | 1 << 16 | 1 << 17, 45000, 4, smi2_areas,
      smi2_power_on, smi2_written, smi2_show, smi2_group },
    { "dm56a04", "", 1 << 3 | 1 << 6 | 1 << 16, 5000, 4, dm_areas, dm_power_on, dm_written, dm_show, NULL },
};

const struct slave_model *slave_model_find(const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (strcmp(models[i].name, name) == 0)
            return &models[i];
    return NULL;
}

void slave_unit_power_on(struct slave_unit *unit)
{
    memset(unit->reg, 0, sizeof unit->reg);
    unit->shows_number = false;
    unit->is_powered = true;
    unit->changes++;
    unit->model->power_on(unit);
}

void slave_unit_power_off(struct slave_unit *unit)
{
    unit->is_powered = false;
    unit->changes++;
}

static const struct slave_area *area_of(const struct slave_unit *unit, unsigned reg)
{
    for (const struct slave_area *area = unit->model->area; area->last; area++)
        if (reg >= area->first && reg <= area->last)
            return area;
    return NULL;
}

bool slave_unit_has(const struct slave_unit *unit, uint16_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!area_of(unit, first + i))
            return false;
    return true;
}

static bool is_writable(const struct slave_unit *unit, uint16_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        const struct slave_area *area = area_of(unit, first + i);
        if (!area || !area->is_writable)
            return false;
    }
    return true;
}

bool slave_unit_write(struct slave_unit *unit, uint16_t first, unsigned count, const uint16_t *value)
{
    struct slave_view before, after;
    if (!is_writable(unit, first, count))
        return false;
    slave_unit_view(unit, &before);
    memcpy(unit->reg + first, value, count * sizeof *value);
    unit->writes += count;
    unit->model->written(unit, first, (uint16_t)count);
    slave_unit_view(unit, &after);
    if (memcmp(before.segments, after.segments, sizeof after.segments) != 0 ||
        before.is_blinking != after.is_blinking || before.brightness_percent != after.brightness_percent)
        unit->changes++;
    return true;
}

void slave_unit_view(const struct slave_unit *unit, struct slave_view *view)
{
    *view = (struct slave_view){ .model = unit->model->name,
                                 .address = unit->address,
                                 .is_powered = unit->is_powered,
                                 .cells = unit->model->cells,
                                 .changes = unit->changes };
    if (unit->is_powered)
        unit->model->show(unit, view);
    read_glass(view);
}
