#include "drivers/led/profile_read.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void read_blink_coil(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    const struct profile_field fields[] = { { "coil", true, 0, 65535, &profile->blink_on.reg } };
    profile_read_fields(at, object, fields, COUNT(fields));
    profile->blink_on.value[0] = LED_COIL_ON;
    profile->blink_on.count = 1;
    profile->blink_on.function = 5;
    profile_check_write(at, profile, &profile->blink_on);
}

static void read_blink_register(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    struct led_write *on = &profile->blink_on, *off = &profile->blink_off;
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &on->reg },
        { "on", true, 0, 65535, &on->value[0] },
        { "off", true, 0, 65535, &off->value[0] },
    };
    profile_read_fields(at, object, fields, COUNT(fields));
    profile_check_register(at, profile, on->reg);
    on->count = 1;
    on->function = profile->has_fc06 ? 6 : 16;
    if (on->value[0] == off->value[0])
        json_complain(at->report, at->path, "on and off are equal");
}

static void read_blink(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "blink", false);
    struct json_at here = json_at_key(at, "blink", path);
    struct led_write *on = &profile->blink_on, *off = &profile->blink_off;
    if (!object)
        return;
    profile->has_blink = true;
    (json_member(object, "coil") ? read_blink_coil : read_blink_register)(&here, object, profile);
    off->reg = on->reg;
    off->count = on->count;
    off->function = on->function;
}

static void read_brightness(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->brightness.reg },
        { "min", true, 0, 65535, &profile->brightness.min },
        { "max", true, 1, 65535, &profile->brightness.max },
    };
    struct profile_place place;
    if (!profile_read_section(at, root, "brightness", false, fields, COUNT(fields), &place) ||
        !profile_is_sound(&place))
        return;
    profile_check_register(&place.at, profile, profile->brightness.reg);
    if (profile->brightness.min >= profile->brightness.max)
        json_complain(at->report, place.path, "min is not below max");
}

static void read_colour(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->colour.reg },
        { "values", true, 0, 0, NULL },
    };
    struct profile_field colours[LED_COLOURS - 1];
    struct profile_place place, values;
    const cJSON *object = profile_read_section(at, root, "colour", false, fields, COUNT(fields), &place);
    if (!object)
        return;
    for (unsigned i = 0; i < COUNT(colours); i++)
        colours[i] =
            (struct profile_field){ led_colour_names[i + 1], false, 0, 65535, &profile->colour.value[i + 1] };
    const cJSON *map =
        profile_read_section(&place.at, object, "values", true, colours, COUNT(colours), &values);
    for (unsigned i = 0; map && i < COUNT(colours); i++)
        profile->colour.has[i + 1] = json_member(map, colours[i].key) != NULL;
    profile_check_register(&place.at, profile, profile->colour.reg);
    if (map && !map->child)
        json_complain(at->report, values.path, "names no colour");
}

/* Frames for the units 1 to 247, as long as they can be. */
static void check_frames(const struct json_at *at, const struct led_profile *profile, unsigned longest)
{
    struct led_write all = { .reg = (uint16_t)(profile->group.base + 1), .count = (uint16_t)(246 + longest) };
    if (all.reg + all.count > 65536)
        json_complain(at->report, at->path, "goes beyond register 65535");
    else if (!led_profile_may_write(profile, &all))
        json_complain(at->report, at->path, "writes registers %u to %u, of which some are in \"never_write\"",
                      all.reg, all.reg + all.count - 1);
}

static void read_group(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    uint16_t per_unit = 0, max_units = 0;
    const struct profile_field fields[] = {
        { "base", true, 0, 65535 - 247, &profile->group.base },
        { "registers_per_unit", true, 1, LED_TEXT_REGS_MAX, &per_unit },
        { "max_units", true, 2, LED_REGS_MAX, &max_units },
    };
    struct profile_place place;
    if (!profile_read_section(at, root, "group", false, fields, COUNT(fields), &place) ||
        !profile_is_sound(&place))
        return;
    profile->group.max_units = (uint8_t)max_units;
    if (!profile->has_fc16)
        json_complain(at->report, place.path, "needs function 16, which is not in \"functions\"");
    if (profile->text.packing == LED_PACK_NUMBER || profile->text.has_length)
        json_complain(at->report, place.path, "carries text of fixed length only; leave it out");
    if (profile->text.regs && per_unit != profile->text.regs)
        json_complain(at->report, place.path, "%u registers per unit are not the %u of the text", per_unit,
                      profile->text.regs);
    if (per_unit * max_units > profile->max_regs)
        json_complain(at->report, place.path, "%u units take %u registers; \"max_registers\" is %u",
                      max_units, per_unit * max_units, profile->max_regs);
    check_frames(&place.at, profile, per_unit * max_units);
}

static void read_verify(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->verify_reg },
        { "registers", true, 1, LED_TEXT_REGS_MAX, &profile->verify_regs },
    };
    struct profile_place place;
    if (!profile_read_section(at, root, "verify", false, fields, COUNT(fields), &place) ||
        !profile_is_sound(&place))
        return;
    if (profile->verify_regs > profile->max_regs)
        json_complain(at->report, place.path, "reads %u registers; \"max_registers\" is %u",
                      profile->verify_regs, profile->max_regs);
    if (profile->verify_reg + profile->verify_regs > 65536)
        json_complain(at->report, place.path, "goes beyond register 65535");
    if (profile->text.regs &&
        (profile->verify_reg > profile->text.reg ||
         profile->verify_reg + profile->verify_regs < profile->text.reg + profile->text.regs))
        json_complain(at->report, place.path, "does not cover the text area, registers %u to %u",
                      profile->text.reg, profile->text.reg + profile->text.regs - 1);
}

static void read_lit(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const orders[] = { "left-first", "right-first" };
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->lit_reg },
        { "registers", true, 1, LED_TEXT_REGS_MAX, &profile->lit_regs },
        { "order", true, 0, 0, NULL },
    };
    struct profile_place place;
    const cJSON *object = profile_read_section(at, root, "lit", false, fields, COUNT(fields), &place);
    if (!object)
        return;
    profile->is_lit_right_first =
        profile_read_choice(&place.at, object, "order", true, orders, COUNT(orders));
    if (!profile_is_sound(&place))
        return;
    if (profile->lit_reg < profile->verify_reg ||
        profile->lit_reg + profile->lit_regs > profile->verify_reg + profile->verify_regs)
        json_complain(at->report, place.path, "is outside of what \"verify\" reads");
    if (profile->lit_regs * 2 < profile->text.cells)
        json_complain(at->report, place.path, "%u registers do not hold the segments of %u cells",
                      profile->lit_regs, profile->text.cells);
    if (!*profile->bits)
        json_complain(at->report, place.path, "needs \"glyphs\" and \"segment_bits\"");
}

/* What the init block wrote there last; false: it does not write it. */
static bool find_init(const struct led_profile *profile, bool is_coil, unsigned reg, uint16_t *value)
{
    bool is_found = false;
    for (unsigned i = 0; i < profile->ninit; i++) {
        const struct led_write *write = &profile->init[i];
        if ((write->function == 5) != is_coil || reg < write->reg ||
            reg >= (unsigned)write->reg + write->count)
            continue;
        *value = write->value[reg - write->reg];
        is_found = true;
    }
    return is_found;
}

static void check_mode(const struct json_at *at, struct led_profile *profile)
{
    struct led_write *mode = &profile->mode;
    bool is_coil = mode->function == 1;
    if (profile->lit_regs)
        json_complain(at->report, at->path, "says less than \"lit\"; leave it out");
    if (mode->count > profile->max_regs)
        json_complain(at->report, at->path, "reads %u registers; \"max_registers\" is %u", mode->count,
                      profile->max_regs);
    for (unsigned i = 0; i < mode->count; i++)
        if (!find_init(profile, is_coil, mode->reg + i, &mode->value[i]))
            json_complain(at->report, at->path, "\"init\" does not write %s %u",
                          is_coil ? "coil" : "register", mode->reg + i);
}

static void read_mode(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    struct led_write *mode = &profile->mode;
    const struct profile_field registers[] = {
        { "register", true, 0, 65535, &mode->reg },
        { "registers", true, 1, LED_TEXT_REGS_MAX, &mode->count },
    };
    const struct profile_field coil[] = { { "coil", true, 0, 65535, &mode->reg } };
    const cJSON *object = json_member(root, "mode");
    bool is_coil = object && json_member(object, "coil");
    struct profile_place place;
    mode->function = is_coil ? 1 : 3;
    if (!profile_read_section(at, root, "mode", false, is_coil ? coil : registers,
                              is_coil ? COUNT(coil) : COUNT(registers), &place) ||
        !profile_is_sound(&place))
        return;
    if (!json_member(root, "verify"))
        json_complain(at->report, place.path, "needs \"verify\"");
    if (is_coil)
        mode->count = 1;
    check_mode(&place.at, profile);
}

static void read_pattern(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "function", true, 0, 0, NULL },
        { "pattern", true, 0, 0, NULL },
    };
    char text[128], path[JSON_PATH_MAX], why[96];
    profile_read_fields(at, object, fields, COUNT(fields));
    if (!json_string(at, object, "pattern", true, text, sizeof text))
        return;
    int error = regcomp(&profile->pattern, text, REG_EXTENDED | REG_NOSUB);
    if (!error) {
        profile->identify = LED_IDENTIFY_SERVER_ID;
        return;
    }
    regerror(error, &profile->pattern, why, sizeof why);
    json_complain(at->report, json_at_key(at, "pattern", path).path, "is no extended regular expression: %s",
                  why);
}

static void read_identity(const struct json_at *at, const cJSON *object, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "function", true, 0, 0, NULL },
        { "register", true, 0, 65535, &profile->identity.reg },
        { "values", true, 0, 0, NULL },
    };
    profile->identify = LED_IDENTIFY_REGISTERS;
    profile_read_fields(at, object, fields, COUNT(fields));
    profile->identity.count =
        profile_read_values(at, object, "values", profile->identity.value, LED_TEXT_REGS_MAX);
    if (profile->identity.reg + profile->identity.count > 65536)
        json_complain(at->report, at->path, "goes beyond register 65535");
}

static void read_identify(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    char path[JSON_PATH_MAX];
    const cJSON *object = json_object(at, root, "identify", false);
    struct json_at here = json_at_key(at, "identify", path);
    uint8_t function = 3;
    if (!object || !profile_read_u8(&here, object, "function", true, 3, 17, &function))
        return;
    if (function == 17)
        read_pattern(&here, object, profile);
    else if (function == 3)
        read_identity(&here, object, profile);
    else
        json_complain(at->report, path, "function %u does not identify; 17 (server id) and 3 (registers) do",
                      function);
}

static bool has_colours(const struct led_profile *profile)
{
    for (unsigned i = 0; i < LED_COLOURS; i++)
        if (profile->colour.has[i])
            return true;
    return false;
}

/* Settings of one register each must not meet each other, nor what init writes: a refresh would undo them. */
static void check_settings(const struct json_at *at, const struct led_profile *profile)
{
    const struct {
        const char *key;
        bool has;
        uint16_t reg;
    } setting[] = {
        { "blink", profile->has_blink && profile->blink_on.function != 5, profile->blink_on.reg },
        { "brightness", profile->brightness.max > 0, profile->brightness.reg },
        { "colour", has_colours(profile), profile->colour.reg },
    };
    for (unsigned i = 0; i < COUNT(setting); i++) {
        for (unsigned j = i + 1; j < COUNT(setting); j++)
            if (setting[i].has && setting[j].has && setting[i].reg == setting[j].reg)
                json_complain(at->report, setting[j].key, "register %u is that of \"%s\"", setting[j].reg,
                              setting[i].key);
        for (unsigned k = 0; setting[i].has && k < profile->ninit; k++)
            if (profile->init[k].function != 5 &&
                profile_overlaps(setting[i].reg, 1, profile->init[k].reg,
                                 (uint16_t)(profile->init[k].reg + profile->init[k].count - 1)))
                json_complain(at->report, setting[i].key,
                              "register %u is written by init[%u] too, which would undo it at each refresh",
                              setting[i].reg, k);
    }
}

void profile_read_extras(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    read_blink(at, root, profile);
    read_brightness(at, root, profile);
    read_colour(at, root, profile);
    read_group(at, root, profile);
    read_verify(at, root, profile);
    read_lit(at, root, profile);
    read_mode(at, root, profile);
    read_identify(at, root, profile);
    check_settings(at, profile);
}
