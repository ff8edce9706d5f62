#include "drivers/led/profile_read.h"

#include "protocol/utf8.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- small readers --------------------------------------------------------------------------- */

/* Integers default to what the profile has already, so that an optional key needs no second variable. */
bool profile_read_u16(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                      unsigned min, unsigned max, uint16_t *out)
{
    long long value = *out;
    bool is_ok = json_integer(at, object, key, is_required, min, max, &value);
    *out = (uint16_t)value;
    return is_ok;
}

bool profile_read_u8(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                     unsigned min, unsigned max, uint8_t *out)
{
    uint16_t value = *out;
    bool is_ok = profile_read_u16(at, object, key, is_required, min, max, &value);
    *out = (uint8_t)value;
    return is_ok;
}

/* An array element as the member of nothing: json_integer() wants objects. */
bool profile_read_element(const struct json_at *at, const cJSON *item, long long max, uint16_t *out)
{
    if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble > (double)max ||
        item->valuedouble != (double)(long long)item->valuedouble) {
        char shown[JSON_SHOW_MAX];
        json_complain(at->report, at->path, "%s is not an integer from 0 to %lld", json_show(item, shown),
                      max);
        return false;
    }
    *out = (uint16_t)item->valuedouble;
    return true;
}

uint8_t profile_read_values(const struct json_at *at, const cJSON *object, const char *key, uint16_t *out,
                            unsigned max)
{
    char path[JSON_PATH_MAX], path_of_element[JSON_PATH_MAX];
    const cJSON *array = json_array(at, object, key, true);
    struct json_at at_array = json_at_key(at, key, path);
    unsigned count = (unsigned)cJSON_GetArraySize(array);
    if (!array)
        return 0;
    if (count < 1 || count > max) {
        json_complain(at->report, path, "has %u values; 1 to %u are possible", count, max);
        return 0;
    }
    for (unsigned i = 0; i < count; i++) {
        struct json_at at_element = json_at_index(&at_array, i, path_of_element);
        profile_read_element(&at_element, cJSON_GetArrayItem(array, (int)i), 65535, &out[i]);
    }
    return (uint8_t)count;
}

char profile_read_ascii(const struct json_at *at, const cJSON *object, const char *key, char otherwise)
{
    char text[2] = { otherwise, '\0' };
    if (json_string(at, object, key, false, text, sizeof text) && (text[0] < ' ' || text[0] > '~')) {
        char path[JSON_PATH_MAX];
        json_complain(at->report, json_at_key(at, key, path).path, "is not one ASCII character");
        return otherwise;
    }
    return text[0];
}

#define FIELDS_MAX 16

void profile_read_fields(const struct json_at *at, const cJSON *object, const struct profile_field *field,
                         unsigned count)
{
    const char *keys[FIELDS_MAX] = { NULL };
    for (unsigned i = 0; i < count; i++)
        keys[i] = field[i].key;
    json_known_keys(at, object, keys, count);
    for (unsigned i = 0; i < count; i++)
        if (field[i].out)
            profile_read_u16(at, object, field[i].key, field[i].is_required, field[i].min, field[i].max,
                             field[i].out);
}

const cJSON *profile_read_section(const struct json_at *at, const cJSON *root, const char *key,
                                  bool is_required, const struct profile_field *field, unsigned count,
                                  struct profile_place *place)
{
    const cJSON *object = json_object(at, root, key, is_required);
    if (!object)
        return NULL;
    place->at = json_at_key(at, key, place->path);
    place->before = at->report->count;
    profile_read_fields(&place->at, object, field, count);
    return object;
}

bool profile_is_sound(const struct profile_place *place)
{
    return place->at.report->count == place->before;
}

uint8_t profile_read_choice(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                            const char *const *names, unsigned count)
{
    int index = 0;
    json_choice(at, object, key, is_required, names, count, &index);
    return (uint8_t)index;
}

struct json_at profile_at_entry(const struct json_at *at, const cJSON *item, char path[JSON_PATH_MAX])
{
    char shown[JSON_SHOW_MAX];
    const char *key = item->string, *end = key + strlen(key);
    bool is_fit = end - key < JSON_SHOW_MAX; /* else the path would be cut, perhaps within a character */
    for (const char *c = key; c < end;)
        is_fit &= utf8_is_printable(utf8_next(&c, end));
    if (!is_fit)
        key = json_show_text(item->string, shown);
    return json_at_key(at, key, path);
}

/* ---- writes ---------------------------------------------------------------------------------- */

bool profile_overlaps(uint16_t reg, uint16_t count, uint16_t first, uint16_t last)
{
    return reg <= last && reg + count > first;
}

bool led_profile_may_write(const struct led_profile *profile, const struct led_write *write)
{
    for (unsigned i = 0; write->function != 5 && i < profile->nnever; i++)
        if (profile_overlaps(write->reg, write->count, profile->never_write[i].first,
                             profile->never_write[i].last))
            return false;
    return true;
}

/* Refuses what the device must never get. */
void profile_check_range(const struct json_at *at, const struct led_profile *profile,
                         const struct led_write *write)
{
    if (write->count > profile->max_regs)
        json_complain(at->report, at->path, "writes %u registers; \"max_registers\" is %u", write->count,
                      profile->max_regs);
    if (write->reg + write->count > 65536)
        json_complain(at->report, at->path, "goes beyond register 65535");
    if (!led_profile_may_write(profile, write))
        json_complain(at->report, at->path, "writes registers %u to %u, of which some are in \"never_write\"",
                      write->reg, write->reg + write->count - 1);
}

/* Coils are numbered apart from registers. */
static void check_coil(const struct json_at *at, const struct led_profile *profile)
{
    if (!profile->has_fc05)
        json_complain(at->report, at->path, "writes a coil, which needs function 5 in \"functions\"");
}

void profile_check_write(const struct json_at *at, const struct led_profile *profile, struct led_write *write)
{
    if (write->function == 5) {
        check_coil(at, profile);
        return;
    }
    write->function = write->count == 1 && profile->has_fc06 ? 6 : 16;
    if (write->function == 16 && !profile->has_fc16)
        json_complain(at->report, at->path,
                      "writes %u registers at once, which needs function 16, which is not in \"functions\"",
                      write->count);
    profile_check_range(at, profile, write);
}

void profile_check_register(const struct json_at *at, const struct led_profile *profile, uint16_t reg)
{
    struct led_write write = { .reg = reg, .count = 1 };
    profile_check_write(at, profile, &write);
    if (profile->text.regs &&
        profile_overlaps(reg, 1, profile->text.reg, (uint16_t)(profile->text.reg + profile->text.regs - 1)))
        json_complain(at->report, at->path, "register %u is inside the text area", reg);
}

static void read_coil(const struct json_at *at, const struct led_profile *profile, const cJSON *object,
                      struct led_write *write)
{
    const struct profile_field fields[] = {
        { "coil", true, 0, 65535, &write->reg },
        { "value", true, 0, 0, NULL },
        { "why", false, 0, 0, NULL },
    };
    bool is_on = false;
    profile_read_fields(at, object, fields, COUNT(fields));
    json_bool(at, object, "value", true, &is_on);
    write->count = 1;
    write->function = 5;
    write->value[0] = is_on ? LED_COIL_ON : 0;
    profile_check_write(at, profile, write);
}

static void read_registers(const struct json_at *at, const struct led_profile *profile, const cJSON *object,
                           struct led_write *write)
{
    const struct profile_field fields[] = {
        { "register", true, 0, 65535, &write->reg },
        { "values", true, 0, 0, NULL },
        { "why", false, 0, 0, NULL },
    };
    profile_read_fields(at, object, fields, COUNT(fields));
    write->count = profile_read_values(at, object, "values", write->value, LED_TEXT_REGS_MAX);
    if (write->count)
        profile_check_write(at, profile, write);
}

static void read_write(const struct json_at *at, const struct led_profile *profile, const cJSON *object,
                       struct led_write *write)
{
    if (!cJSON_IsObject(object))
        json_complain(at->report, at->path,
                      "is not an object with \"register\" and \"values\", or \"coil\" and \"value\"");
    else
        (json_member(object, "coil") ? read_coil : read_registers)(at, profile, object, write);
}

uint8_t profile_read_writes(const struct json_at *at, const struct led_profile *profile, const cJSON *root,
                            const char *key, struct led_write out[LED_WRITES_MAX])
{
    char path[JSON_PATH_MAX], path_of_element[JSON_PATH_MAX];
    const cJSON *array = json_array(at, root, key, false);
    struct json_at at_array = json_at_key(at, key, path);
    int count = cJSON_GetArraySize(array);
    if (count > LED_WRITES_MAX) {
        json_complain(at->report, path, "has %d writes; %d are possible", count, LED_WRITES_MAX);
        return 0;
    }
    for (int i = 0; i < count; i++) {
        struct json_at at_element = json_at_index(&at_array, (unsigned)i, path_of_element);
        read_write(&at_element, profile, cJSON_GetArrayItem(array, i), &out[i]);
    }
    return (uint8_t)count;
}
