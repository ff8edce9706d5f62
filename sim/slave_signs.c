#include "sim/slave_model.h"

#include <stdio.h>
#include <string.h>

/* ---- Ditel DN…/NB ---------------------------------------------------------------------------- */

/* Where a write begins tells what it is; a numeric one may carry point, colour and luminosity behind it. */
enum { D_TEXT = 0, D_INT = 2, D_WORD = 6, D_LONG = 10, D_DOUBLE = 14, D_BLINK_COIL = 5 };
static const struct slave_area d_areas[] = { { 0, 17, SLAVE_RAM, 0, 0 }, SLAVE_END };
static const struct slave_area d_coils[] = { { 1, 5, SLAVE_RAM, 0, 0 }, SLAVE_END };

static bool is_double(uint16_t first)
{
    return first == D_LONG || first == D_DOUBLE;
}

static bool is_style(uint16_t style)
{
    unsigned colour = style >> 8, light = style & 255;
    return (!colour || (colour >= 0x30 && colour <= 0x33) || colour == 8 || colour == 9) &&
           (!light || (light >= 0x30 && light <= 0x34));
}

static int d_refuses(const struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                     const uint16_t *value)
{
    (void)unit;
    (void)function;
    if (first == D_TEXT)
        return count <= 10 ? 0 : ILLEGAL_ADDRESS;
    if (first == D_INT || first == D_WORD)
        return count > 2 ? ILLEGAL_ADDRESS : count == 2 && !is_style(value[1]) ? ILLEGAL_VALUE : 0;
    if (is_double(first) && count >= 2)
        return count > 4 ? ILLEGAL_ADDRESS : count == 4 && !is_style(value[3]) ? ILLEGAL_VALUE : 0;
    return ILLEGAL_ADDRESS;
}

static void take_style(struct slave_unit *unit, uint16_t style)
{
    unsigned colour = style >> 8, light = style & 255;
    if (colour == 8 || colour == 9)
        unit->coil[D_BLINK_COIL] = colour == 8;
    else if (colour)
        unit->colour = (uint8_t)(LED_RED + colour - 0x30);
    if (light)
        unit->luminosity = (uint8_t)(light - 0x30);
}

static void d_written(struct slave_unit *unit, uint16_t first, uint16_t count)
{
    if (!count)
        return;
    unit->showing = first;
    unit->shown_count = count;
    if (first == D_TEXT || count != (is_double(first) ? 4 : 2))
        return;
    take_style(unit, slave_unit_reg(unit, (uint16_t)(first + count - 1)));
}

static void d_power_on(struct slave_unit *unit)
{
    unit->colour = LED_RED;
    unit->luminosity = 4;
}

static void d_put_double(const struct slave_unit *unit, struct slave_view *view)
{
    uint16_t at = unit->showing;
    uint32_t value = (uint32_t)slave_unit_reg(unit, at) << 16 | slave_unit_reg(unit, (uint16_t)(at + 1));
    unsigned point = unit->shown_count > 2 ? slave_unit_reg(unit, (uint16_t)(at + 2)) >> 8 : 0;
    slave_put_number(view, at == D_LONG ? (int32_t)value : (long)value, point, "OUL");
}

static void d_show(const struct slave_unit *unit, struct slave_view *view)
{
    uint16_t value = slave_unit_reg(unit, unit->showing);
    if (unit->showing == D_TEXT)
        slave_put_pairs(unit, view, D_TEXT, unit->shown_count);
    else if (is_double(unit->showing))
        d_put_double(unit, view);
    else
        slave_put_number(view, unit->showing == D_INT ? (int16_t)value : value, 0, "OUL");
    view->colour = unit->colour;
    view->is_blinking = unit->coil[D_BLINK_COIL];
    view->brightness_percent = (uint8_t)(20 * (unit->luminosity + 1));
}

static void blank_factory(struct slave_unit *unit)
{
    (void)unit;
}

const struct slave_model slave_ditel_dn = {
    .name = "ditel-dn",
    .functions = 1 << WRITE_COIL | 1 << WRITE_ONE | 1 << WRITE_COILS | 1 << WRITE_MANY,
    .delay_us = 5000,
    .cells = 4,
    .area = d_areas,
    .coils = d_coils,
    .places = { SLAVE_NO_REG, SLAVE_NO_REG, SLAVE_NO_REG, NULL },
    .factory = blank_factory,
    .power_on = d_power_on,
    .refuses = d_refuses,
    .written = d_written,
    .show = d_show,
};

/* ---- ICP DAS iKAN ---------------------------------------------------------------------------- */

enum { I_MESSAGE_COIL = 100, I_MESSAGES = 128 };
static const struct slave_area i_areas[] = { { 0, 63, SLAVE_RAM, 0, 0 },
                                             { 128, 255, SLAVE_RAM, 0, 0 },
                                             SLAVE_END };
static const struct slave_area i_coils[] = { { 0, 39, SLAVE_RAM, 0, 0 },
                                             { 100, 227, SLAVE_RAM, 0, 0 },
                                             SLAVE_END };

/* What the technician has stored by its web page: message 0 shows integer variable 0 and nothing else. */
static const char *const messages[] = { "%u000" };

/* %u### and %i### are variables; anything else is itself. */
static void put_message(const struct slave_unit *unit, const char *message, char *out, size_t size)
{
    char kind;
    unsigned variable;
    int length = 0;
    for (size_t used = 0; *message && used + 1 < size; message += length) {
        length = 1;
        if (sscanf(message, "%%%1c%3u", &kind, &variable) == 2 && (kind == 'u' || kind == 'i')) {
            uint16_t value = slave_unit_reg(unit, (uint16_t)variable);
            snprintf(out + used, size - used, "%d", kind == 'i' ? (int16_t)value : value);
            length = 5;
        } else {
            snprintf(out + used, size - used, "%c", *message);
        }
        used = strlen(out);
    }
}

/* Enabled messages take turns; the first one of them stands for all. */
static void i_show(const struct slave_unit *unit, struct slave_view *view)
{
    for (unsigned i = 0; i < sizeof messages / sizeof messages[0] && !*view->text; i++)
        if (unit->coil[I_MESSAGE_COIL + i])
            put_message(unit, messages[i], view->text, SLAVE_CELLS_MAX + 1);
    slave_put_joined(view, view->text, SLAVE_CELLS_MAX);
    view->brightness_percent = 100;
}

const struct slave_model slave_ikan = {
    .name = "icpdas-ikan",
    .functions = 1 << READ_COILS | 1 << READ_HOLDING | 1 << WRITE_COIL | 1 << WRITE_ONE | 1 << WRITE_COILS |
                 1 << WRITE_MANY,
    .is_matrix = true,
    .delay_us = 5000,
    .cells = SLAVE_CELLS_MAX,
    .area = i_areas,
    .coils = i_coils,
    .places = { SLAVE_NO_REG, SLAVE_NO_REG, SLAVE_NO_REG, NULL },
    .factory = blank_factory,
    .show = i_show,
};
