#include "sim/wires.h"

#include "board/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void add_units(struct wire *wire, const struct led_bus_config *bus)
{
    for (unsigned i = 0; i < bus->nunits; i++) {
        const char *model = led_profile_name(bus->unit[i].profile);
        int index = slave_bus_add(wire->bus, model, bus->unit[i].unit);
        wire->slave[i] = (int8_t)(index < 0 ? NONE : index);
        if (index < 0)
            log_warn("%s/%u: no simulated board of type %s: %s", bus->id, bus->unit[i].unit, model,
                     strerror(-index));
    }
}

static int add_wire(struct wire *wire, struct loop *loop, const struct led_bus_config *bus,
                    const struct wires_config *how)
{
    const struct led_serial serial = { bus->baud, bus->parity, bus->stop_bits };
    wire->bus = slave_bus_create(relay_gap_us(&serial));
    if (!wire->bus)
        return -ENOMEM;
    slave_bus_set_line(wire->bus, &serial);
    slave_seed(wire->bus, how->seed);
    add_units(wire, bus);
    wire->line = slave_line_create(loop, bus->device, wire->bus, how->is_paced ? &serial : NULL);
    return wire->line ? 0 : -errno;
}

int wires_init(struct wires *wires, struct loop *loop, const struct config *config,
               const struct wires_config *how, void (*changed)(void *data), void *data, char *error,
               size_t error_size)
{
    *wires = (struct wires){ .seed = how->seed };
    for (unsigned i = 0; i < config->nbuses; i++) {
        wires->nbuses++;
        int result = add_wire(&wires->wire[i], loop, &config->bus[i], how);
        if (result < 0) {
            snprintf(error, error_size, "bus %s: %s: %s", config->bus[i].id, config->bus[i].device,
                     strerror(-result));
            return result;
        }
        slave_line_notify(wires->wire[i].line, changed, data);
    }
    wires_trouble_all(wires, &how->faults);
    return 0;
}

void wires_finish(struct wires *wires)
{
    for (unsigned i = 0; i < wires->nbuses; i++) {
        slave_line_destroy(wires->wire[i].line);
        slave_bus_destroy(wires->wire[i].bus);
    }
    wires->nbuses = 0;
}

static const struct wire *wire_of(const struct wires *wires, const struct config_desk *desk, unsigned *index)
{
    if (desk->bus < 0 || (unsigned)desk->bus >= wires->nbuses)
        return NULL;
    const struct wire *wire = &wires->wire[desk->bus];
    if (wire->slave[desk->bus_index] == NONE)
        return NULL;
    *index = (unsigned)wire->slave[desk->bus_index];
    return wire;
}

bool wires_view(const struct wires *wires, const struct config_desk *desk, struct slave_view *view)
{
    unsigned index;
    const struct wire *wire = wire_of(wires, desk, &index);
    if (wire)
        slave_view(wire->bus, index, view);
    return wire != NULL;
}

int wires_power(struct wires *wires, const struct config_desk *desk, bool is_on)
{
    unsigned index;
    const struct wire *wire = wire_of(wires, desk, &index);
    if (!wire)
        return -ENOENT;
    slave_set_power(wire->bus, index, is_on);
    return 0;
}

int wires_replace(struct wires *wires, const struct config_desk *desk, uint8_t unit)
{
    unsigned index;
    const struct wire *wire = wire_of(wires, desk, &index);
    if (!wire)
        return -ENOENT;
    if (unit)
        slave_set_settings(wire->bus, index, unit, NULL);
    else
        slave_set_new(wire->bus, index);
    return 0;
}

/* ---- faults and adapters --------------------------------------------------------------------- */

uint16_t *wires_fault(struct wires_faults *faults, const char *name)
{
    for (unsigned i = 0; i < SLAVE_FAULTS; i++)
        if (strcmp(slave_fault_names[i], name) == 0)
            return &faults->board.permille[i];
    return strcmp(name, "unplug") == 0 ? &faults->unplug : NULL;
}

int wires_trouble(struct wires *wires, const struct config_desk *desk, const struct wires_faults *faults)
{
    unsigned index;
    const struct wire *wire = wire_of(wires, desk, &index);
    if (!wire)
        return -ENOENT;
    slave_set_faults(wire->bus, index, &faults->board);
    return 0;
}

void wires_trouble_all(struct wires *wires, const struct wires_faults *faults)
{
    for (unsigned i = 0; i < wires->nbuses; i++) {
        const struct wire *wire = &wires->wire[i];
        slave_line_pull(wire->line, faults->unplug, wires->seed + i);
        for (unsigned unit = 0; unit < slave_bus_units(wire->bus); unit++)
            slave_set_faults(wire->bus, unit, &faults->board);
    }
}

int wires_plug(struct wires *wires, unsigned bus, bool is_in)
{
    struct slave_line *line = wires->wire[bus].line;
    if (is_in)
        return slave_line_plug(line);
    slave_line_unplug(line);
    return 0;
}

bool wires_is_plugged(const struct wires *wires, unsigned bus)
{
    return slave_line_is_plugged(wires->wire[bus].line);
}
