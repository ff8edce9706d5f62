#include "sim/slave_model.h"

#include <string.h>

const struct slave_model *slave_model_find(const char *name)
{
    static const struct slave_model *const models[] = {
        &slave_smi2,    &slave_smi2_m,   &slave_dm56a04, &slave_dm36b06,
        &slave_led_485, &slave_ditel_dn, &slave_ikan,
    };
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
        if (strcmp(models[i]->name, name) == 0)
            return models[i];
    return NULL;
}

/* ---- registers ------------------------------------------------------------------------------- */

/* Its place in the memory of the board and the area it lies in, or -1. */
static int place_of(const struct slave_model *model, uint16_t reg, const struct slave_area **found)
{
    int before = 0;
    *found = model->area;
    for (const struct slave_area *area = model->area; area->first <= area->last; area++) {
        if (reg >= area->first && reg <= area->last) {
            *found = area;
            return before + reg - area->first;
        }
        before += area->last - area->first + 1;
    }
    return -1;
}

uint16_t *slave_unit_at(struct slave_unit *unit, uint16_t reg)
{
    const struct slave_area *area;
    int place = place_of(unit->model, reg, &area);
    return place < 0 ? NULL : &unit->reg[place];
}

uint16_t slave_unit_reg(const struct slave_unit *unit, uint16_t reg)
{
    const struct slave_area *area;
    int place = place_of(unit->model, reg, &area);
    return place < 0 ? 0 : unit->reg[place];
}

static bool is_fragment(const struct slave_model *model, uint16_t first, unsigned count)
{
    bool is_touched = model->whole_last && first <= model->whole_last && first + count > model->whole;
    return is_touched && (first > model->whole || first + count <= model->whole_last);
}

bool slave_unit_has(const struct slave_unit *unit, uint16_t first, unsigned count)
{
    const struct slave_area *area;
    for (unsigned i = 0; i < count; i++)
        if (first + i > 65535 || place_of(unit->model, (uint16_t)(first + i), &area) < 0)
            return false;
    return !is_fragment(unit->model, first, count);
}

bool slave_unit_has_coils(const struct slave_unit *unit, uint16_t first, unsigned count)
{
    for (const struct slave_area *area = unit->model->coils; area && area->first <= area->last; area++)
        if (first >= area->first && first + count - 1u <= area->last)
            return true;
    return false;
}

/* ---- settings -------------------------------------------------------------------------------- */

static const char parities[] = "NEO";

static void take_unit(struct slave_unit *unit)
{
    if (unit->model->places.unit != SLAVE_NO_REG)
        unit->address = (uint8_t)slave_unit_reg(unit, unit->model->places.unit);
}

static void take_serial(struct slave_unit *unit)
{
    const struct slave_places *places = &unit->model->places;
    uint16_t value = slave_unit_reg(unit, places->baud), parity = slave_unit_reg(unit, places->parity);
    if (places->baud != SLAVE_NO_REG)
        for (unsigned i = 0; places->bauds[i] >= 0; i++)
            if (i == value && places->bauds[i] > 0)
                unit->serial.baud = places->bauds[i];
    if (places->parity != SLAVE_NO_REG && parity < sizeof parities - 1)
        unit->serial.parity = parities[parity];
}

static void take_settings(struct slave_unit *unit, enum slave_takes when)
{
    if (when == SLAVE_AT_POWER_ON || unit->model->unit_takes == when)
        take_unit(unit);
    if (when == SLAVE_AT_POWER_ON || unit->model->serial_takes == when)
        take_serial(unit);
}

static void keep(struct slave_unit *unit, uint16_t reg, uint16_t value)
{
    const struct slave_area *area;
    int place = reg == SLAVE_NO_REG ? -1 : place_of(unit->model, reg, &area);
    if (place >= 0)
        unit->reg[place] = unit->kept[place] = value;
}

void slave_unit_set(struct slave_unit *unit, uint8_t address, const struct led_serial *serial)
{
    const struct slave_places *places = &unit->model->places;
    unit->address = address;
    keep(unit, places->unit, address);
    if (!serial)
        return;
    if (places->baud == SLAVE_NO_REG)
        unit->serial = *serial;
    else
        for (unsigned i = 0; places->bauds[i] >= 0; i++)
            if (places->bauds[i] == serial->baud)
                keep(unit, places->baud, (uint16_t)i);
    if (serial->parity && strchr(parities, serial->parity))
        keep(unit, places->parity, (uint16_t)(strchr(parities, serial->parity) - parities));
    unit->serial.stop_bits = serial->stop_bits;
    take_serial(unit);
}

/* ---- power and time -------------------------------------------------------------------------- */

void slave_unit_init(struct slave_unit *unit, const struct slave_model *model)
{
    *unit = (struct slave_unit){ .model = model,
                                 .address = 1,
                                 .serial = { .baud = 9600, .parity = 'N', .stop_bits = 1 },
                                 .safe_us = INT64_MAX };
    model->factory(unit);
    memcpy(unit->kept, unit->reg, sizeof unit->kept);
}

static void arm_safe_state(struct slave_unit *unit)
{
    uint16_t seconds = unit->model->safe_s ? slave_unit_reg(unit, unit->model->safe_s) : 0;
    unit->safe_us = seconds ? unit->now_us + seconds * INT64_C(1000000) : INT64_MAX;
}

void slave_unit_power_on(struct slave_unit *unit)
{
    memcpy(unit->reg, unit->kept, sizeof unit->reg);
    memset(unit->coil, 0, sizeof unit->coil);
    unit->showing = unit->shown_count = 0;
    unit->is_powered = true;
    unit->is_safe = false;
    unit->changes++;
    take_settings(unit, SLAVE_AT_POWER_ON);
    arm_safe_state(unit);
    if (unit->model->power_on)
        unit->model->power_on(unit);
    if (unit->model->written)
        unit->model->written(unit, SLAVE_NO_REG, 0);
}

void slave_unit_power_off(struct slave_unit *unit)
{
    unit->is_powered = false;
    unit->changes++;
}

void slave_unit_pass(struct slave_unit *unit, int64_t now_us)
{
    if (now_us > unit->now_us)
        unit->now_us = now_us;
    if (!unit->is_powered || unit->is_safe || now_us < unit->safe_us)
        return;
    unit->is_safe = true;
    unit->changes++;
}

/* ---- writes ---------------------------------------------------------------------------------- */

static int refuses(const struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                   const uint16_t *value)
{
    if (!slave_unit_has(unit, first, count))
        return ILLEGAL_ADDRESS;
    for (unsigned i = 0; i < count; i++) {
        const struct slave_area *area;
        place_of(unit->model, (uint16_t)(first + i), &area);
        if (area->access == SLAVE_READ)
            return ILLEGAL_ADDRESS;
        if (area->max && (value[i] < area->min || value[i] > area->max))
            return ILLEGAL_VALUE;
    }
    return unit->model->refuses ? unit->model->refuses(unit, function, first, count, value) : 0;
}

static void save(struct slave_unit *unit)
{
    unsigned place = 0;
    for (const struct slave_area *area = unit->model->area; area->first <= area->last; area++)
        for (unsigned i = area->first; i <= area->last; i++, place++)
            if (area->access == SLAVE_SAVED)
                unit->kept[place] = unit->reg[place];
    unit->flash_writes++;
    take_settings(unit, SLAVE_AT_SAVE);
}

static void store(struct slave_unit *unit, uint16_t first, uint16_t count, const uint16_t *value)
{
    for (unsigned i = 0; i < count; i++) {
        const struct slave_area *area;
        uint16_t reg = (uint16_t)(first + i);
        int place = place_of(unit->model, reg, &area);
        unit->reg[place] = value[i];
        if (area->access == SLAVE_KEPT) {
            unit->kept[place] = value[i];
            unit->flash_writes++;
        }
        if (unit->model->save && reg == unit->model->save && value[i] == unit->model->save_value)
            save(unit);
    }
    unit->writes += count;
    take_settings(unit, SLAVE_AT_ONCE);
}

static bool is_other(const struct slave_view *a, const struct slave_view *b)
{
    return strcmp(a->text, b->text) != 0 || memcmp(a->segments, b->segments, sizeof a->segments) != 0 ||
           a->is_blinking != b->is_blinking || a->brightness_percent != b->brightness_percent ||
           a->colour != b->colour || a->is_safe != b->is_safe;
}

static void note_change(struct slave_unit *unit, const struct slave_view *before)
{
    struct slave_view after;
    slave_unit_view(unit, &after);
    if (is_other(before, &after))
        unit->changes++;
}

int slave_unit_write(struct slave_unit *unit, uint8_t function, uint16_t first, uint16_t count,
                     const uint16_t *value)
{
    struct slave_view before;
    int exception = refuses(unit, function, first, count, value);
    if (exception)
        return exception;
    slave_unit_view(unit, &before);
    store(unit, first, count, value);
    unit->is_safe = false;
    arm_safe_state(unit);
    if (unit->model->written)
        unit->model->written(unit, first, count);
    note_change(unit, &before);
    return 0;
}

int slave_unit_write_coils(struct slave_unit *unit, uint16_t first, uint16_t count, const bool *value)
{
    struct slave_view before;
    if (!slave_unit_has_coils(unit, first, count))
        return ILLEGAL_ADDRESS;
    slave_unit_view(unit, &before);
    memcpy(unit->coil + first, value, count * sizeof *value);
    unit->writes += count;
    note_change(unit, &before);
    return 0;
}

void slave_unit_view(const struct slave_unit *unit, struct slave_view *view)
{
    *view = (struct slave_view){ .model = unit->model->name,
                                 .address = unit->address,
                                 .is_powered = unit->is_powered,
                                 .is_safe = unit->is_powered && unit->is_safe,
                                 .colour = LED_RED,
                                 .cells = unit->model->cells,
                                 .changes = unit->changes };
    if (unit->is_powered)
        unit->model->show(unit, view);
    if (!unit->model->is_matrix)
        slave_read_glass(view);
}
