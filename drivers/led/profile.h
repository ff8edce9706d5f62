/* A LED board type as data: drivers/led/profiles/NAME.json, checked by drivers/led/profiles/schema.json.
 * This header holds the plain value and what can be computed from it; profile files are read by led_profile_load().
 */
#pragma once

#include "protocol/json.h"

#define LED_CELLS_MAX 16
#define LED_WRITES_MAX 8

/* One register write of a transaction, produced by the engine. Registers are PDU addresses (0-based). */
struct led_write {
    uint16_t reg;
    uint16_t count;       /* registers */
    uint8_t function;     /* 6 or 16 */
    uint16_t value[32];
};

struct led_profile; /* opaque here; profile.c and schedule.c know the inside through profile_data.h */

/* Reads and checks a profile file. NULL with complaints in `report`. */
struct led_profile *led_profile_load(const char *path, struct json_report *report);
void led_profile_destroy(struct led_profile *profile);
const char *led_profile_name(const struct led_profile *profile);
unsigned led_profile_cells(const struct led_profile *profile);

/* Folds a ticket to what the board can show (Cyrillic А → A …). 0, or -EILSEQ with a reason in `why`: a letter that the
 * cells cannot show without a lie, -E2BIG: too long for the cells. */
int led_fold(const struct led_profile *profile, const char *text, char *out, size_t size, char *why, size_t why_size);
