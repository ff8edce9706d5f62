#include "sim/slave_model.h"

/* ---- DM56A04 and DM36B06 --------------------------------------------------------------------- */

enum { DM_TEXT = 0, DM_SIGN = 6, DM_NUMBER = 7, DM_BLINK = 8, DM_BRIGHTNESS = 9 };
enum { DM_RESET = 251, DM_UNIT = 253, DM_BAUD = 254, DM_PARITY = 255 };
static const struct slave_area dm_areas[] = {
    { 0, 7, SLAVE_RAM, 0, 0 },        { 8, 8, SLAVE_RAM, 0, 0x3F },
    { 9, 9, SLAVE_RAM, 1, 8 },        { 251, 251, SLAVE_RAM, 0, 0 },
    { 253, 253, SLAVE_KEPT, 1, 247 }, { 254, 254, SLAVE_KEPT, 0, 7 },
    { 255, 255, SLAVE_KEPT, 0, 2 },   SLAVE_END,
};
static const int dm_bauds[] = { 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, -1 };

static void dm_factory(struct slave_unit *unit)
{
    for (uint16_t i = 0; i < 6; i++)
        *slave_unit_at(unit, DM_TEXT + i) = ' ';
    *slave_unit_at(unit, DM_BRIGHTNESS) = 8;
    *slave_unit_at(unit, DM_UNIT) = 1;
    *slave_unit_at(unit, DM_BAUD) = 3;
    *slave_unit_at(unit, DM_PARITY) = 0;
}

/* The upper half of a number cannot be written alone. */
static int dm_refuses(const struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                      const uint16_t *value)
{
    (void)unit;
    (void)function;
    (void)value;
    return first <= DM_SIGN && first + count == DM_SIGN + 1 ? ILLEGAL_ADDRESS : 0;
}

static void dm_written(struct slave_unit *unit, uint16_t first, uint16_t count)
{
    if (first == DM_RESET) {
        dm_factory(unit);
        slave_unit_set(unit, 1, &(struct led_serial){ .baud = 9600, .parity = 'N', .stop_bits = 1 });
    } else if (first < unit->model->cells) {
        unit->showing = DM_TEXT;
    } else if (first <= DM_NUMBER && first + count > DM_NUMBER) {
        unit->showing = DM_NUMBER;
        if (first == DM_NUMBER)
            *slave_unit_at(unit, DM_SIGN) = 0;
    }
}

/* Sign in the upper 4 bits of register 6, decimals in the next 4, then 24 bits of magnitude. */
static void dm_put_number(const struct slave_unit *unit, struct slave_view *view)
{
    uint16_t head = slave_unit_reg(unit, DM_SIGN);
    long value = (head & 255) << 16 | slave_unit_reg(unit, DM_NUMBER);
    slave_put_number(view, head >> 12 == 1 ? -value : value, head >> 8 & 15, "------");
}

static void dm_show(const struct slave_unit *unit, struct slave_view *view)
{
    if (unit->showing == DM_NUMBER)
        dm_put_number(unit, view);
    for (unsigned i = 0; i < view->cells && unit->showing == DM_TEXT; i++) {
        uint16_t character = slave_unit_reg(unit, (uint16_t)(DM_TEXT + i));
        view->segments[i] = character == '.' ? DOT : character < 128 ? slave_glyph((char)character) : 0;
    }
    view->is_blinking = (slave_unit_reg(unit, DM_BLINK) & ((1u << view->cells) - 1)) != 0;
    view->brightness_percent = (uint8_t)(slave_unit_reg(unit, DM_BRIGHTNESS) * 100 / 8);
}

#define DM(model, digits)                                                                                    \
    {                                                                                                        \
        .name = model, .functions = 1 << READ_HOLDING | 1 << WRITE_ONE | 1 << WRITE_MANY, .delay_us = 5000,  \
        .cells = digits, .area = dm_areas, .places = { DM_UNIT, DM_BAUD, DM_PARITY, dm_bauds },              \
        .unit_takes = SLAVE_AT_ONCE, .serial_takes = SLAVE_AT_POWER_ON, .factory = dm_factory,               \
        .refuses = dm_refuses, .written = dm_written, .show = dm_show                                        \
    }
const struct slave_model slave_dm56a04 = DM("dm56a04", 4);
const struct slave_model slave_dm36b06 = DM("dm36b06", 6);

/* ---- LED-485-046 ----------------------------------------------------------------------------- */

enum { L_NUMBER = 0, L_UNIT = 2, L_BAUD = 3, L_POINT = 4, L_SEGMENTS = 0x80, L_FLOAT = 0x90 };
static const struct slave_area l_areas[] = {
    { 0, 0, SLAVE_RAM, 0, 0 },
    { 2, 2, SLAVE_KEPT, 1, 255 },
    { 3, 3, SLAVE_KEPT, 1, 8 },
    { 4, 4, SLAVE_RAM, 0, 3 },
    { 0x80, 0x82, SLAVE_RAM, 0, 0 },
    { 0x90, 0x91, SLAVE_RAM, 0, 0 },
    SLAVE_END,
};
static const int l_bauds[] = { 0, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, -1 };

static void l_factory(struct slave_unit *unit)
{
    *slave_unit_at(unit, L_UNIT) = 1;
    *slave_unit_at(unit, L_BAUD) = 4;
}

/* Numbers and settings by function 6, segments by 16. */
static int l_refuses(const struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                     const uint16_t *value)
{
    (void)unit;
    (void)count;
    (void)value;
    return (function == WRITE_ONE) == (first < L_SEGMENTS) ? 0 : ILLEGAL_ADDRESS;
}

/* A float is taken and shows nothing. */
static void l_written(struct slave_unit *unit, uint16_t first, uint16_t count)
{
    (void)count;
    if (first == L_NUMBER || (first >= L_SEGMENTS && first < L_FLOAT))
        unit->showing = first >= L_SEGMENTS ? L_SEGMENTS : L_NUMBER;
}

static void l_show(const struct slave_unit *unit, struct slave_view *view)
{
    if (unit->showing == L_NUMBER)
        slave_put_number(view, (int16_t)slave_unit_reg(unit, L_NUMBER), slave_unit_reg(unit, L_POINT),
                         "------");
    for (unsigned i = 0; i < view->cells && unit->showing == L_SEGMENTS; i++) {
        uint16_t pair = slave_unit_reg(unit, (uint16_t)(L_SEGMENTS + i / 2));
        view->segments[i] = (uint8_t)(i % 2 ? pair : pair >> 8);
    }
    view->brightness_percent = 100;
}

const struct slave_model slave_led_485 = {
    .name = "led-485",
    .functions = 1 << WRITE_ONE | 1 << WRITE_MANY,
    .is_mute = true,
    .delay_us = 5000,
    .cells = 6,
    .area = l_areas,
    .places = { L_UNIT, L_BAUD, SLAVE_NO_REG, l_bauds },
    .unit_takes = SLAVE_AT_ONCE,
    .serial_takes = SLAVE_AT_ONCE,
    .factory = l_factory,
    .refuses = l_refuses,
    .written = l_written,
    .show = l_show,
};
