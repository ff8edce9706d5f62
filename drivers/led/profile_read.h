/* Reading of a profile file: its pieces (profile_read.c) and its sections (profile_read_*.c).
 *
 * Private to drivers/led. Each complains with the path of the place, and leaves *out as it was on a complaint.
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
    unsigned before; /* complaints until then */
};
/* Nothing in it was complained about: only then it is worth to compare its members with others. */
bool profile_is_sound(const struct profile_place *place);
/* The members of an object, and no others. */
void profile_read_fields(const struct json_at *at, const cJSON *object, const struct profile_field *field,
                         unsigned count);
/* The index of a word, 0 if it is absent. */
uint8_t profile_read_choice(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                            const char *const *names, unsigned count);
/* A section: an object with these members and no others. NULL if there is none, else its place is filled. */
const cJSON *profile_read_section(const struct json_at *at, const cJSON *root, const char *key,
                                  bool is_required, const struct profile_field *field, unsigned count,
                                  struct profile_place *place);

/* The place of a member whose key is free: as it is, or made fit for a line if it is long or has what cannot
 * be printed. */
struct json_at profile_at_entry(const struct json_at *at, const cJSON *item, char path[JSON_PATH_MAX]);

/* An optional list of writes: how many. Each is checked as below. */
uint8_t profile_read_writes(const struct json_at *at, const struct led_profile *profile, const cJSON *root,
                            const char *key, struct led_write out[LED_WRITES_MAX]);
/* Register numbers, max_registers and never_write; the profile must have read those already. */
void profile_check_range(const struct json_at *at, const struct led_profile *profile,
                         const struct led_write *write);
/* The same, and chooses the function: 6 for one register if the device knows it, else 16. */
void profile_check_write(const struct json_at *at, const struct led_profile *profile,
                         struct led_write *write);
bool profile_overlaps(uint16_t reg, uint16_t count, uint16_t first, uint16_t last);
/* One register of a section, which must be none of never_write or of the text area. */
void profile_check_register(const struct json_at *at, const struct led_profile *profile, uint16_t reg);

/* Sections, in this order; after functions, max_registers and never_write. */
void profile_read_text(const struct json_at *at, const cJSON *root, struct led_profile *profile);
void profile_read_extras(const struct json_at *at, const cJSON *root, struct led_profile *profile);
void profile_read_commission(const struct json_at *at, const cJSON *root, struct led_profile *profile);
