/* Pieces of a profile file: integers, lists of registers, and writes with what must hold for every write.
 * Private to drivers/led: the other half of profile.c. Each complains with the path of the place, and leaves *out as it was on a complaint.
 */
#pragma once

#include "drivers/led/profile_data.h"

/* Optional keys keep what *out has. */
bool profile_read_u16(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                      unsigned min, unsigned max, uint16_t *out);
bool profile_read_u8(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                     unsigned min, unsigned max, uint8_t *out);
/* An element of an array, 0 to max; `at` is its own place. */
bool profile_read_element(const struct json_at *at, const cJSON *item, long long max, uint16_t *out);
/* A required list of 1 to max values; how many there are, 0 after a complaint about their number. */
uint8_t profile_read_values(const struct json_at *at, const cJSON *object, const char *key, uint16_t *out,
                            unsigned max);
/* One ASCII character, or `otherwise` when the key is absent. */
char profile_read_ascii(const struct json_at *at, const cJSON *object, const char *key, char otherwise);

/* A member of a section, and where it goes. */
struct profile_field {
    const char *key;
    bool is_required;
    uint16_t min, max;
    uint16_t *out; /* NULL: the caller reads it */
};
struct profile_place {
    struct json_at at;
    char path[JSON_PATH_MAX];
};
/* A section: an object with these members and no others. NULL if there is none, else its place is filled. */
const cJSON *profile_read_section(const struct json_at *at, const cJSON *root, const char *key,
                                  bool is_required, const struct profile_field *field, unsigned count,
                                  struct profile_place *place);

/* An optional list of writes: how many. Each is checked as below. */
uint8_t profile_read_writes(const struct json_at *at, const struct led_profile *profile, const cJSON *root,
                            const char *key, struct led_write out[LED_WRITES_MAX]);
/* Register numbers, max_registers and never_write; the profile must have read those already. */
void profile_check_range(const struct json_at *at, const struct led_profile *profile,
                         const struct led_write *write);
/* The same, and chooses the function: 6 for one register if the device knows it, else 16. */
void profile_check_write(const struct json_at *at, const struct led_profile *profile,
                         struct led_write *write);
/* One register of a section, which must be none of never_write or the text area. */
void profile_check_register(const struct json_at *at, const struct led_profile *profile, uint16_t reg);
/* What a board can do beside its text; after text and never_write. */
void profile_read_extras(const struct json_at *at, const cJSON *root, struct led_profile *profile);
void profile_read_commission(const struct json_at *at, const cJSON *root, struct led_profile *profile);
bool profile_overlaps(uint16_t reg, uint16_t count, uint16_t first, uint16_t last);
