/* A LED board type as data: drivers/led/profiles/NAME.json, checked by drivers/led/profiles/schema.json.
 *
 * This header holds the plain value and what can be computed from it; profile files are read by
 * led_profile_load().
 *
 * Loading is strict, because a wrong profile writes wrong registers of a device on a wall: unknown keys,
 * values out of range, a text area that is too small for the cells, registers that overlap, and any write
 * that touches a register of `never_write` (line settings, address, "save to EEPROM") are complaints with
 * their JSON path, all of them at once, and such a profile does not exist.
 *
 * Text on few cells. A profile names the characters its cells can show (`charset`, ASCII) and how other
 * characters are folded to them (`fold`). Seven segments lie easily: S is 5, O is 0, Z is 2, I is 1, B is 8.
 * The shipped profiles fold to shapes that cannot be read as another sign (O → o, B → b, D → d; Cyrillic А →
 * A, Е → E, Н → H, О → o, Р → P, С → C, Т → t, У → Y), and leave out letters that have none: S, Z, I, K, M,
 * Q, V, W, X, and Cyrillic Б and В, which both would become b. Of the Kazakh letters none is left: Ө and І are
 * digits, Ә, Ғ, Қ, Ң, Ұ have no shape, and Һ and Ү could not be told from Н and У. A ticket with such a letter
 * is refused with a reason; it is never shown as something else.
 *
 * A device without text takes a number, and shows a ticket only if it is exactly what the device makes of that
 * number: no letters, and no leading zeros where they would be lost.
 *
 * Alignment is right unless a profile says otherwise: people compare numbers by their last digits, and
 * technicians expect a counter's units at the right edge.
 */
#pragma once

#include "protocol/json.h"

#define LED_CELLS_MAX  16
#define LED_WRITES_MAX 8
#define LED_REGS_MAX   123 /* of one request: Modbus Application Protocol V1.1b3, 6.12 */

/* One request, produced by the engine. Registers and coils are PDU addresses (0-based). */
struct led_write {
    uint16_t reg;
    uint16_t count; /* registers; 0 for function 17 */
    uint8_t
        function; /* writes: 5 (coil: value[0] is 0xFF00 or 0), 6, 16; reads: 1 (a coil), 3, 17 (server id) */
    uint16_t value[LED_REGS_MAX];
};

/* Colours that boards have; what a board without colours is told of one is nothing. */
enum led_colour { LED_COLOUR_OWN, LED_RED, LED_GREEN, LED_YELLOW, LED_ORANGE, LED_COLOURS };
extern const char *const led_colour_names[LED_COLOURS]; /* "own" (as the board comes), "red" … */

/* Settings of a serial line: 8 data bits always. */
struct led_serial {
    int baud;
    char parity; /* 'N' 'E' 'O' */
    uint8_t stop_bits;
};

struct led_profile; /* opaque here; profile.c and schedule.c know the inside through profile_data.h */

/* Reads and checks a profile file. NULL with complaints in `report` (their prefix is `path`, not
 * report->file). */
struct led_profile *led_profile_load(const char *path, struct json_report *report);
void led_profile_destroy(struct led_profile *profile); /* NULL is fine */

const char *led_profile_name(const struct led_profile *profile);  /* owen-smi2 */
const char *led_profile_title(const struct led_profile *profile); /* for people */
unsigned led_profile_cells(const struct led_profile *profile);
unsigned led_profile_turnaround_ms(const struct led_profile *profile); /* longest delay before its answer */
/* Where a new device listens; false: not known. */
bool led_profile_factory(const struct led_profile *profile, uint8_t *unit, struct led_serial *serial);
/* How far its map can be trusted: "confirmed" (by this project, on hardware), "tested" (by others, on
 * hardware), "documented" (by the vendor), "hearsay". And where it comes from. */
const char *led_profile_confidence(const struct led_profile *profile);
const char *led_profile_source(const struct led_profile *profile);

/* Folds a ticket to what the board can show (Cyrillic А → A …). 0, or -EILSEQ with a reason in `why`: a
 * letter that the cells cannot show without a lie, -E2BIG: too long for the cells (or for `out`). A folded
 * text folds to itself. */
int led_fold(const struct led_profile *profile, const char *text, char *out, size_t size, char *why,
             size_t why_size);

/* What a hall says about letters that its boards cannot show (led.letters, led.zeros in the hall file). */
#define LED_LETTERS_MAX 64
struct led_letters {
    bool is_dropping_zeros; /* zeros ahead of a number may go, where the ticket does not fit otherwise */
    uint8_t count;
    struct {
        uint32_t letter; /* code point, exactly: Г is not г */
        char to[5];      /* UTF-8, folded like the rest of the ticket; "" drops the letter */
    } entry[LED_LETTERS_MAX];
};

/* led_fold() after the hall's letters (NULL: none). No ticket is ever cut: А0042 on 4 cells is refused, because
 * what is missing could be the digit that matters. A hall that knows that its tickets stay apart says
 * is_dropping_zeros, and then it becomes A042: as few zeros as needed, from the left, never the number's last
 * digit. On boards for numbers only it also saves a ticket like 042, which they would show as 42. */
int led_fold_letters(const struct led_profile *profile, const struct led_letters *letters, const char *ticket,
                     char *out, size_t size, char *why, size_t why_size);

/* Do two of these series ("" too: tickets without a letter), each followed by a number, become texts that can be
 * equal? Then clash[] has the indexes of the two: Г → "L" beside Л → "L", ГА beside ЛА, or З → "3" beside "".
 * Series that the board cannot show at all are no clash: led_fold_letters() refuses them. */
bool led_series_clash(const struct led_profile *profile, const struct led_letters *letters,
                      const char *const *series, unsigned count, unsigned clash[2]);
