#include "board/check/check.h"
#include "board/check/legibility.h"
#include "board/scene/scene.h"
#include "drivers/led/budget.h"

#include <stdlib.h>
#include <string.h>

/* ---- legibility ------------------------------------------------------------------------------ */

/* Large values that a trial of the wall needs. */
struct trial {
    struct hall hall;
    struct announce announce;
    struct picture picture;
};

/* The first desks of the screen call, all at once. Returns how many there are. */
static unsigned call_desks(struct trial *trial, const struct config *config,
                           const struct config_screen *screen, unsigned wanted)
{
    unsigned called = 0;
    hall_init(&trial->hall, config);
    trial->hall.standing.ntexts = 0; /* an alert of the hall file would hide the calls */
    announce_init(&trial->announce, config, screen->zones, config->calls.dwell_ms * INT64_C(1000));
    for (unsigned i = 0; i < config->ndesks && called < wanted; i++) {
        struct event event = { .type = EVENT_CALL, .seq = i + 1 };
        int desk;
        memcpy(event.desk, config->desk[i].id, sizeof event.desk);
        snprintf(event.ticket, sizeof event.ticket, "А%03u", i + 42);
        if (hall_apply(&trial->hall, &event, 0, &desk) > 0)
            called += announce_call(&trial->announce, &trial->hall, desk, i + 1, 0);
    }
    return called;
}

/* The called number is the largest text of a picture that shows calls. */
static int largest_text_px(const struct picture *picture)
{
    int largest_px = 0;
    for (unsigned i = 0; i < picture->nglyphs; i++) {
        int size_px = glyph_size_px(picture->glyph[i].key);
        largest_px = largest_px < size_px ? size_px : largest_px;
    }
    return largest_px;
}

static int number_cap_px(struct trial *trial, const struct config *config, const struct config_screen *screen,
                         struct fonts *fonts, int width, int height)
{
    const struct scene_input input = {
        .config = config,
        .screen = screen,
        .hall = &trial->hall,
        .announce = &trial->announce,
        .truth = FEED_FRESH,
        .clock = { .year = 2026,
                   .month = 9,
                   .day = 23,
                   .weekday = 2,
                   .hour = 9,
                   .minute = 5,
                   .is_known = true },
    };
    scene_build(&trial->picture, fonts, &input, width, height);
    return fonts_metrics(fonts, WEIGHT_BOLD, largest_text_px(&trial->picture)).cap_px;
}

struct sight {
    int width, height;
    double pitch_mm, distance_m;
};

static void print_need(const struct config_screen *screen, const struct sight *sight, FILE *out)
{
    fprintf(out,
            "  the called number should be %d px high (distance/110), at least %d px (/155); floor %d px "
            "(/250), ADA %d px\n",
            legibility_need_px(sight->pitch_mm, sight->distance_m, LEGIBILITY_TARGET),
            legibility_need_px(sight->pitch_mm, sight->distance_m, LEGIBILITY_MINIMUM),
            legibility_need_px(sight->pitch_mm, sight->distance_m, LEGIBILITY_FLOOR),
            legibility_ada_px(sight->pitch_mm, sight->distance_m, screen->height_m));
}

static void print_panels(const struct sight *sight, unsigned panels, int cap_px, FILE *out)
{
    fprintf(out, "  %u panel%s  %4d px  target to %4.1f m, minimum to %4.1f m  %s\n", panels,
            panels == 1 ? " " : "s", cap_px, legibility_reach_m(sight->pitch_mm, cap_px, LEGIBILITY_TARGET),
            legibility_reach_m(sight->pitch_mm, cap_px, LEGIBILITY_MINIMUM),
            verdict_names[legibility_verdict(sight->pitch_mm, sight->distance_m, cap_px)]);
}

/* True if even a single call cannot be read. */
static bool check_panels(struct trial *trial, const struct config *config, const struct config_screen *screen,
                         struct fonts *fonts, const struct sight *sight, FILE *out)
{
    bool is_failed = false;
    unsigned readable = 0;
    for (unsigned panels = 1; panels <= screen->panels; panels *= 2) {
        if (call_desks(trial, config, screen, panels) < panels)
            break;
        int cap_px = number_cap_px(trial, config, screen, fonts, sight->width, sight->height);
        print_panels(sight, panels, cap_px, out);
        is_failed = legibility_verdict(sight->pitch_mm, sight->distance_m, cap_px) == VERDICT_FAIL;
        readable = is_failed ? readable : panels;
    }
    if (is_failed && readable)
        fprintf(out, "  \"panels\": %u keeps every number readable; further calls then wait for their turn\n",
                readable);
    else if (is_failed)
        fprintf(
            out,
            "  text cannot grow further: take a larger screen, or hang another one nearer to the seats\n");
    return is_failed && !readable;
}

/* Of the upright picture; Full HD where the mode is the preferred one of a display that nobody has seen yet. */
static void size_of(const struct screen_config *device, struct sight *sight)
{
    int width = device->width ? device->width : 1920;
    int height = device->width ? device->height : 1080;
    bool is_turned = device->rotation % 180 != 0;
    sight->width = is_turned ? height : width;
    sight->height = is_turned ? width : height;
}

static bool check_screen(struct trial *trial, const struct config *config, const struct config_screen *screen,
                         struct fonts *fonts, FILE *out)
{
    struct sight sight = { 0 };
    size_of(&screen->device, &sight);
    fprintf(out, "screen %s: %dx%d", screen->device.id, sight.width, sight.height);
    if (screen->diagonal_in <= 0 || screen->farthest_m <= 0) {
        fprintf(out, "; not calculated: give diagonal_in and farthest_m\n");
        return false;
    }
    sight.pitch_mm = legibility_pitch_mm(screen->diagonal_in, sight.width, sight.height);
    sight.distance_m = legibility_distance_m(screen->farthest_m, screen->height_m);
    fprintf(out, ", %.4g in, %.3f mm a pixel, %.1f m from the farthest eyes\n", screen->diagonal_in,
            sight.pitch_mm, sight.distance_m);
    print_need(screen, &sight, out);
    return check_panels(trial, config, screen, fonts, &sight, out);
}

static int check_screens(const struct config *config, struct fonts *fonts, FILE *out)
{
    int errors = 0;
    struct trial *trial = calloc(1, sizeof *trial);
    if (!trial) {
        fprintf(out, "screens: out of memory\n");
        return 1;
    }
    for (unsigned i = 0; i < config->nscreens; i++)
        errors += check_screen(trial, config, &config->screen[i], fonts, out);
    free(trial);
    return errors;
}

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
    errors += check_screens(config, fonts, out);
    for (unsigned i = 0; i < config->nbuses; i++)
        errors += check_bus(&config->bus[i], out);
    return errors;
}
