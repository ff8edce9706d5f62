#include "sim/slave_model.h"

#include <stdio.h>
#include <string.h>

/* ---- SMI2 ------------------------------------------------------------------------------------ */

enum { SMI2_INT, SMI2_WORD, SMI2_FLOAT, SMI2_STRING, SMI2_IMAGE };
enum {
    SMI2_BAUD = 4,
    SMI2_PARITY = 6,
    SMI2_DELAY = 8,
    SMI2_UNIT = 10,
    SMI2_PROTOCOL = 11,
    SMI2_APPLY = 15,
    SMI2_GROUP = 16,
    SMI2_TYPE = 17,
    SMI2_POINT = 18,
    SMI2_VAL_INT = 25,
    SMI2_VAL_WORD = 26,
    SMI2_VAL_FLOAT = 27,
    SMI2_VAL_STRING = 29,
    SMI2_VAL_IMAGE = 33,
    SMI2_FLASH = 35,
    SMI2_LIT = 36,
    SMI2_FLASHES = 38
};
static const struct slave_area smi2_areas[] = {
    { 0, 3, SLAVE_READ, 0, 0 },         { 4, 4, SLAVE_SAVED, 0, 8 },     { 5, 5, SLAVE_SAVED, 0, 0 },
    { 6, 6, SLAVE_SAVED, 0, 2 },        { 7, 7, SLAVE_SAVED, 0, 2 },     { 8, 8, SLAVE_SAVED, 0, 255 },
    { 9, 9, SLAVE_SAVED, 0, 600 },      { 10, 10, SLAVE_SAVED, 1, 247 }, { 11, 11, SLAVE_SAVED, 0, 2 },
    { 12, 12, SLAVE_SAVED, 0, 0 },      { 13, 14, SLAVE_READ, 0, 0 },    { 15, 15, SLAVE_RAM, 0, 0 },
    { 16, 16, SLAVE_SAVED, 0, 0 },      { 17, 17, SLAVE_SAVED, 0, 4 },   { 18, 18, SLAVE_SAVED, 0, 4 },
    { 19, 19, SLAVE_SAVED, 200, 9999 }, { 20, 24, SLAVE_SAVED, 0, 0 },   { 25, 35, SLAVE_RAM, 0, 0 },
    { 36, 38, SLAVE_READ, 0, 0 },       { 39, 44, SLAVE_SAVED, 0, 0 },   SLAVE_END,
};
static const int smi2_bauds[] = { 2400, 4800, 9600, 14400, 19200, 28800, 38400, 57600, 115200, -1 };

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

static void smi2_put_float(const struct slave_unit *unit, struct slave_view *view)
{
    uint32_t bits =
        (uint32_t)slave_unit_reg(unit, SMI2_VAL_FLOAT) << 16 | slave_unit_reg(unit, SMI2_VAL_FLOAT + 1);
    float value;
    char text[24];
    memcpy(&value, &bits, sizeof value);
    snprintf(text, sizeof text, "%4.3g", (double)value);
    slave_put_joined(view, text, sizeof text);
}

static void smi2_put_image(const struct slave_unit *unit, struct slave_view *view)
{
    for (unsigned i = 0; i < 4; i++) {
        uint16_t pair = slave_unit_reg(unit, (uint16_t)(SMI2_VAL_IMAGE + i / 2));
        view->segments[3 - i] = smi2_segments((uint8_t)(i % 2 ? pair : pair >> 8));
    }
}

static void smi2_show(const struct slave_unit *unit, struct slave_view *view)
{
    uint16_t type = slave_unit_reg(unit, SMI2_TYPE), point = slave_unit_reg(unit, SMI2_POINT);
    switch (type) {
    case SMI2_INT: slave_put_number(view, (int16_t)slave_unit_reg(unit, SMI2_VAL_INT), point, "----"); break;
    case SMI2_WORD: slave_put_number(view, slave_unit_reg(unit, SMI2_VAL_WORD), point, "----"); break;
    case SMI2_FLOAT: smi2_put_float(unit, view); break;
    case SMI2_STRING: slave_put_pairs(unit, view, SMI2_VAL_STRING, 4); break;
    default: smi2_put_image(unit, view); break;
    }
    view->is_blinking = slave_unit_reg(unit, SMI2_FLASH) != 0 && type >= SMI2_STRING;
    view->brightness_percent = 100;
}

static void smi2_written(struct slave_unit *unit, uint16_t first, uint16_t count)
{
    (void)first;
    (void)count;
    struct slave_view view;
    slave_unit_view(unit, &view);
    for (unsigned i = 0; i < 2; i++)
        *slave_unit_at(unit, (uint16_t)(SMI2_LIT + i)) =
            (uint16_t)(smi2_bits(view.segments[3 - 2 * i]) << 8 | smi2_bits(view.segments[2 - 2 * i]));
    *slave_unit_at(unit, SMI2_FLASHES) = view.is_blinking ? 0xBB : 0;
}

static void smi2_factory(struct slave_unit *unit)
{
    static const uint16_t head[] = { 0x534D, 0x4932, 0x312E, 0x3032, 2, 1, 0, 0, 45, 0 };
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        *slave_unit_at(unit, (uint16_t)i) = head[i];
    unit->address = 16;
    *slave_unit_at(unit, SMI2_UNIT) = 16;
    *slave_unit_at(unit, SMI2_PROTOCOL) = 1;
    *slave_unit_at(unit, SMI2_GROUP) = 1000;
    *slave_unit_at(unit, 19) = 500;
}

/* "Broadband" frame: 4 registers a board, in the order of their addresses, from register Ad.Ad + first
 * address. */
static bool smi2_group(struct slave_unit *unit, const uint8_t *request)
{
    unsigned first = (unsigned)(request[2] << 8 | request[3]),
             count = (unsigned)(request[4] << 8 | request[5]), base = slave_unit_reg(unit, SMI2_GROUP);
    if (request[1] != WRITE_MANY || first <= base)
        return false;
    unsigned mine = base + unit->address;
    if (count > 123 || request[6] != 2 * count || mine < first || (mine - first + 1) * 4 > count)
        return true; /* a group frame, but not for this one */
    const uint8_t *slot = request + 7 + (mine - first) * 8;
    uint16_t value[4];
    for (unsigned i = 0; i < 4; i++)
        value[i] = (uint16_t)(slot[2 * i] << 8 | slot[2 * i + 1]);
    slave_unit_write(unit, WRITE_MANY, SMI2_VAL_STRING, 4, value);
    return true;
}

const struct slave_model slave_smi2 = {
    .name = "owen-smi2",
    .server_id = "SMI2 V1.02",
    .functions = 1 << READ_HOLDING | 1 << READ_INPUT | 1 << WRITE_ONE | 1 << WRITE_MANY | 1 << SERVER_ID,
    .delay_us = 45000,
    .cells = 4,
    .area = smi2_areas,
    .places = { SMI2_UNIT, SMI2_BAUD, SMI2_PARITY, smi2_bauds },
    .unit_takes = SLAVE_AT_SAVE,
    .serial_takes = SLAVE_AT_SAVE,
    .save = SMI2_APPLY,
    .save_value = 0x81,
    .factory = smi2_factory,
    .written = smi2_written,
    .show = smi2_show,
    .group = smi2_group,
};

/* ---- SMI2-M ---------------------------------------------------------------------------------- */

enum { M_INT, M_UINT, M_DINT, M_UDINT, M_REAL, M_STRING, M_IMAGE, M_TIME };
enum {
    M_MODE = 4000,
    M_SAFE_S = 4062,
    M_SAFE_MASK = 4063,
    M_SAFE_COLOUR = 4065,
    M_SAFE_BLINK = 4066,
    M_COLOUR = 4100,
    M_BRIGHTNESS = 4101,
    M_BLINK = 4102,
    M_BLINK_MS = 4103,
    M_TICK_MS = 4105,
    M_TYPE = 4107,
    M_POINT = 4108,
    M_VAL_INT = 4200,
    M_VAL_UINT = 4201,
    M_VAL_DINT = 4202,
    M_VAL_UDINT = 4204,
    M_VAL_REAL = 4206,
    M_VAL_STRING = 4208,
    M_LENGTH = 4249,
    M_VAL_IMAGE = 4250,
    M_VAL_TIME = 4252,
    M_SAVE = 5000,
    M_FLASH_LEFT = 61624
};
static const struct slave_area m_areas[] = {
    { 4000, 4000, SLAVE_SAVED, 0, 2 },
    { 4061, 4061, SLAVE_SAVED, 0, 3 },
    { 4062, 4062, SLAVE_SAVED, 0, 60 },
    { 4063, 4064, SLAVE_SAVED, 0, 0 },
    { 4065, 4065, SLAVE_SAVED, 0, 2 },
    { 4066, 4066, SLAVE_SAVED, 0, 1 },
    { 4100, 4100, SLAVE_SAVED, 0, 2 },
    { 4101, 4101, SLAVE_SAVED, 0, 100 },
    { 4102, 4102, SLAVE_SAVED, 0, 1 },
    { 4103, 4103, SLAVE_SAVED, 250, 3000 },
    { 4104, 4104, SLAVE_SAVED, 0, 3 },
    { 4105, 4105, SLAVE_SAVED, 100, 1500 },
    { 4106, 4106, SLAVE_SAVED, 0, 2 },
    { 4107, 4107, SLAVE_SAVED, 0, 7 },
    { 4108, 4108, SLAVE_SAVED, 0, 3 },
    { 4109, 4112, SLAVE_SAVED, 0, 0 },
    { 4200, 4223, SLAVE_SAVED, 0, 0 },
    { 4249, 4249, SLAVE_SAVED, 4, 32 },
    { 4250, 4253, SLAVE_SAVED, 0, 0 },
    { 5000, 5000, SLAVE_RAM, 0, 1 },
    { 61620, 61621, SLAVE_READ, 0, 0 },
    { 61624, 61624, SLAVE_READ, 0, 0 },
    SLAVE_END,
};

/* Low word first: hardware refuses the other order. */
static uint32_t m_double(const struct slave_unit *unit, uint16_t reg)
{
    return slave_unit_reg(unit, reg) | (uint32_t)slave_unit_reg(unit, (uint16_t)(reg + 1)) << 16;
}

/* A byte a digit, rightmost one first; bit 0 = a … bit 6 = g, bit 7 = dot. */
static void m_put_mask(struct slave_view *view, uint32_t mask)
{
    for (unsigned i = 0; i < 4; i++)
        view->segments[3 - i] = (uint8_t)(mask >> 8 * i);
}

static void m_put_real(const struct slave_unit *unit, struct slave_view *view)
{
    uint32_t bits = m_double(unit, M_VAL_REAL);
    float value;
    char text[24];
    memcpy(&value, &bits, sizeof value);
    snprintf(text, sizeof text, "%5.*f", slave_unit_reg(unit, M_POINT), (double)value);
    slave_put_joined(view, text, sizeof text);
}

static void m_put_time(struct slave_view *view, uint32_t seconds)
{
    char text[32];
    snprintf(text, sizeof text, "%02u.%02u", (unsigned)(seconds / 60), (unsigned)(seconds % 60));
    slave_put_joined(view, text, sizeof text);
}

static void m_put_number(const struct slave_unit *unit, struct slave_view *view, long value)
{
    slave_put_number(view, value, slave_unit_reg(unit, M_POINT), "----");
}

static void m_put_value(const struct slave_unit *unit, struct slave_view *view)
{
    switch (slave_unit_reg(unit, M_TYPE)) {
    case M_INT: m_put_number(unit, view, (int16_t)slave_unit_reg(unit, M_VAL_INT)); break;
    case M_UINT: m_put_number(unit, view, slave_unit_reg(unit, M_VAL_UINT)); break;
    case M_DINT: m_put_number(unit, view, (int32_t)m_double(unit, M_VAL_DINT)); break;
    case M_UDINT: m_put_number(unit, view, m_double(unit, M_VAL_UDINT)); break;
    case M_REAL: m_put_real(unit, view); break;
    case M_STRING:
        slave_put_pairs(unit, view, M_VAL_STRING, (slave_unit_reg(unit, M_LENGTH) + 1u) / 2);
        break;
    case M_IMAGE: m_put_mask(view, m_double(unit, M_VAL_IMAGE)); break;
    default: m_put_time(view, m_double(unit, M_VAL_TIME)); break;
    }
}

static void m_show(const struct slave_unit *unit, struct slave_view *view)
{
    static const uint8_t colours[] = { LED_GREEN, LED_RED, LED_YELLOW };
    if (unit->is_safe)
        m_put_mask(view, m_double(unit, M_SAFE_MASK));
    else
        m_put_value(unit, view);
    view->colour = colours[slave_unit_reg(unit, unit->is_safe ? M_SAFE_COLOUR : M_COLOUR)];
    view->is_blinking = slave_unit_reg(unit, unit->is_safe ? M_SAFE_BLINK : M_BLINK) != 0;
    view->brightness_percent = (uint8_t)slave_unit_reg(unit, M_BRIGHTNESS);
}

/* A time is 0 to 5999 s. */
static int m_refuses(const struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                     const uint16_t *value)
{
    (void)unit;
    (void)function;
    for (unsigned i = 0; i < count; i++)
        if ((first + i == M_VAL_TIME && value[i] > 5999) || (first + i == M_VAL_TIME + 1 && value[i] > 0))
            return ILLEGAL_VALUE;
    return 0;
}

static void m_factory(struct slave_unit *unit)
{
    static const struct {
        uint16_t reg, value;
    } rows[] = {
        { M_SAFE_S, 10 },     { M_SAFE_MASK, 0x4040 }, { M_SAFE_MASK + 1, 0x4040 },
        { M_SAFE_COLOUR, 2 }, { M_BRIGHTNESS, 100 },   { M_BLINK_MS, 500 },
        { M_TICK_MS, 500 },   { M_LENGTH, 4 },         { M_FLASH_LEFT, 100 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        *slave_unit_at(unit, rows[i].reg) = rows[i].value;
}

const struct slave_model slave_smi2_m = {
    .name = "owen-smi2-m",
    .functions = 1 << READ_HOLDING | 1 << WRITE_ONE | 1 << WRITE_MANY,
    .delay_us = 5000,
    .cells = 4,
    .area = m_areas,
    .places = { SLAVE_NO_REG, SLAVE_NO_REG, SLAVE_NO_REG, NULL },
    .save = M_SAVE,
    .save_value = 1,
    .safe_s = M_SAFE_S,
    .whole = M_VAL_STRING,
    .whole_last = M_VAL_STRING + 15,
    .factory = m_factory,
    .refuses = m_refuses,
    .show = m_show,
};
