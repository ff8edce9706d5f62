#include "board/check/check.h"
#include "drivers/led/budget.h"

#include <string.h>

/* ---- buses ----------------------------------------------------------------------------------- */

static const char *loads_verdict(unsigned loads)
{
    if (loads > LED_LOADS_MAX)
        return "FAIL: more than a bus drives; take another bus, or a repeater and boards of less than a "
               "whole load";
    if (loads > LED_LOADS_WARN)
        return "WARN: bias resistors take 4 more; a repeater or another bus leaves room";
    return "PASS";
}

static const char *interface(const struct led_bus_config *bus)
{
    return led_bus_is_gateway(bus) ? "gateway" : "adapter";
}

static const char *confidence_words(const struct led_profile *profile)
{
    const char *confidence = led_profile_confidence(profile);
    if (!strcmp(confidence, "confirmed"))
        return "confirmed on hardware";
    if (!strcmp(confidence, "tested"))
        return "tested by others, not by this project";
    return !strcmp(confidence, "documented") ? "documented, not confirmed on hardware" : "hearsay";
}

/* Each type of board once: what the figures below stand on. */
static void print_types(const struct led_bus_config *bus, FILE *out)
{
    for (unsigned i = 0; i < bus->nunits; i++) {
        const struct led_profile *profile = bus->unit[i].profile;
        unsigned before = 0, count = 0;
        for (unsigned j = 0; j < bus->nunits; j++) {
            before += j < i && bus->unit[j].profile == profile;
            count += bus->unit[j].profile == profile;
        }
        if (!before)
            fprintf(out, "  %u of type %s: answer within %u ms; registers %s\n", count,
                    led_profile_name(profile), led_profile_turnaround_ms(profile), confidence_words(profile));
    }
    fprintf(out, "  the %s adds %u ms to each answer\n", interface(bus), bus->adapter_latency_ms);
}

static void print_calls(const struct led_budget *budget, FILE *out)
{
    fprintf(out, "  a call is on the wire after %.0f ms when nothing else is, at the worst after %.0f ms:\n",
            budget->idle_us / 1e3, budget->worst_us / 1e3);
    fprintf(out, "    %.0f ms behind another board, %.0f ms behind a dead one", budget->behind_us / 1e3,
            budget->dead_us / 1e3);
    if (budget->group_us)
        fprintf(out, ", %.0f ms behind a group frame", budget->group_us / 1e3);
    fprintf(out, "\n  all boards change in %.2f s%s\n", budget->change_us / 1e6,
            budget->group_us ? " by group frames" : "");
}

static bool is_line_of(const struct led_bus_config *bus, const struct led_serial *serial)
{
    return bus->baud == serial->baud && bus->parity == serial->parity && bus->stop_bits == serial->stop_bits;
}

/* A new board of that type would answer at the same time as the one that hangs there. */
static void print_factory_addresses(const struct led_bus_config *bus, FILE *out)
{
    for (unsigned i = 0; i < bus->nunits; i++) {
        struct led_serial serial;
        uint8_t unit;
        if (led_profile_factory(bus->unit[i].profile, &unit, &serial) && unit == bus->unit[i].unit &&
            is_line_of(bus, &serial))
            fprintf(
                out,
                "  WARN: unit %u is the address that each new %s comes with; leave it free, or switch this "
                "board off while a new one gets its address\n",
                unit, led_profile_name(bus->unit[i].profile));
    }
}

static void print_bus(const struct led_bus_config *bus, const struct led_budget *budget, FILE *out)
{
    print_types(bus, out);
    print_calls(budget, out);
    fprintf(
        out,
        "  everything written and read back: %.2f s (%.2f s at the start), each %u s: %.1f %% of the bus\n",
        budget->refresh_us / 1e6, budget->start_us / 1e6, bus->reassert_ms / 1000,
        budget->load_permille / 10.0);
    fprintf(out, "  %u of %d unit loads with the %s  %s\n", budget->loads, LED_LOADS_MAX, interface(bus),
            loads_verdict(budget->loads));
    print_factory_addresses(bus, out);
    if (budget->load_permille >= 1000)
        fprintf(out, "  WARN: the bus cannot repeat everything in that time; raise the baud rate or share "
                     "the boards out\n");
}

/* The number of errors. */
static int check_bus(const struct led_bus_config *bus, FILE *out)
{
    struct led_budget budget;
    fprintf(out, "bus %s: %s, %d %u%c%u, %u board%s\n", bus->id, bus->device[0] ? bus->device : "simulated",
            bus->baud, 8, bus->parity, bus->stop_bits, bus->nunits, bus->nunits == 1 ? "" : "s");
    led_bus_budget(bus, &budget);
    if (bus->nunits)
        print_bus(bus, &budget, out);
    return budget.loads > LED_LOADS_MAX;
}

int check_hall(const struct config *config, struct fonts *fonts, FILE *out)
{
    int errors = check_glyphs(config, fonts, out);
    if (!errors)
        fprintf(out, "glyphs: every character of every text is there, regular and bold\n");
    errors += check_profile(config, out);
    check_tickets(config, out);
    check_voice(config, out);
    errors += check_languages(config, fonts, out);
    errors += check_screens(config, fonts, out);
    for (unsigned i = 0; i < config->nbuses; i++)
        errors += check_bus(&config->bus[i], out);
    return errors;
}
