#include "drivers/led/profile_read.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The key of a choice as its code; 0: none of them. */
static int code_of(enum led_setting_kind kind, const char *key)
{
    static const char *const parities[] = { "none", "even", "odd" };
    int code = 0, end = 0;
    for (unsigned i = 0; kind == LED_PARITY && i < COUNT(parities); i++)
        if (strcmp(key, parities[i]) == 0)
            return "NEO"[i];
    if (kind == LED_PARITY || sscanf(key, "%6d%n", &code, &end) != 1 || key[end] != '\0' || key[0] < '1')
        return 0;
    return kind == LED_BAUD ? (code >= 1200 && code <= 230400 ? code : 0) : code <= 2 ? code : 0;
}

static void read_choice(const struct json_at *at, const cJSON *item, enum led_setting_kind kind,
                        struct led_setting *setting)
{
    static const char *const expected[LED_SETTINGS] = { "a speed from 1200 to 230400",
                                                        "one of none, even, odd", "1 or 2" };
    char path[JSON_PATH_MAX];
    struct json_at here = profile_at_entry(at, item, path);
    int code = code_of(kind, item->string);
    uint16_t value = 0;
    if (!code)
        json_complain(at->report, path, "the key is not %s", expected[kind]);
    else if (setting->nchoices == LED_CHOICES_MAX)
        json_complain(at->report, path, "over %d choices", LED_CHOICES_MAX);
    else if (profile_read_element(&here, item, 65535, &value)) {
        setting->choice[setting->nchoices].code = code;
        setting->choice[setting->nchoices++].value = value;
    }
}

static void read_setting(const struct json_at *at, const cJSON *root, const char *key,
                         enum led_setting_kind kind, struct led_setting *setting)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &setting->reg },
        { "values", true, 0, 0, NULL },
    };
    struct profile_place place;
    char path[JSON_PATH_MAX];
    const cJSON *object = profile_read_section(at, root, key, false, fields, COUNT(fields), &place), *item;
    const cJSON *values = object ? json_object(&place.at, object, "values", true) : NULL;
    struct json_at at_values = json_at_key(object ? &place.at : at, "values", path);
    cJSON_ArrayForEach(item, values) read_choice(&at_values, item, kind, setting);
    if (values && !values->child)
        json_complain(at->report, path, "names no setting");
}

static void read_save(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &profile->commission.save.reg },
        { "value", true, 0, 65535, &profile->commission.save.value[0] },
    };
    struct profile_place place;
    if (profile_read_section(at, root, "save", false, fields, COUNT(fields), &place))
        profile->commission.save.count = 1;
    else if (profile->commission.effect == LED_EFFECT_SAVE)
        json_complain(at->report, at->path, "nothing saves, but \"effect\" is \"save\"; add \"save\"");
}

void profile_read_commission(const struct json_at *at, const cJSON *root, struct led_profile *profile)
{
    static const char *const effects[] = { "each", "save", "power" }, *const answers[] = { "old", "new",
                                                                                           "unknown" };
    const struct profile_field fields[] = {
        { "unit", true, 0, 65535, &profile->commission.unit_reg },
        { "baud", false, 0, 0, NULL },
        { "parity", false, 0, 0, NULL },
        { "stop_bits", false, 0, 0, NULL },
        { "effect", true, 0, 0, NULL },
        { "answer", true, 0, 0, NULL },
        { "save", false, 0, 0, NULL },
        { "rest_ms", false, 0, 10000, &profile->commission.rest_ms },
    };
    struct profile_place place;
    const cJSON *object = profile_read_section(at, root, "commission", false, fields, COUNT(fields), &place);
    if (!object)
        return;
    profile->commission.has = true;
    if (!profile->factory.unit)
        json_complain(at->report, place.path, "needs \"factory\": how a new unit is found");
    profile->commission.effect =
        profile_read_choice(&place.at, object, "effect", true, effects, COUNT(effects));
    profile->commission.answer =
        profile_read_choice(&place.at, object, "answer", true, answers, COUNT(answers));
    for (unsigned kind = 0; kind < LED_SETTINGS; kind++)
        read_setting(&place.at, object, fields[1 + kind].key, kind, &profile->commission.setting[kind]);
    read_save(&place.at, object, profile);
}
