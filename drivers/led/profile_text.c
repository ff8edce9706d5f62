#include "drivers/led/profile_data.h"

#include "protocol/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What the cells show, left to right. */
struct cells {
    unsigned count;
    struct {
        char character;
        bool has_dot;
    } cell[LED_CELLS_MAX];
};

static char fold_one(const struct led_profile *profile, uint32_t cp)
{
    if (cp < 128 && profile->text.shows[cp])
        return (char)cp;
    unsigned low = 0, high = profile->text.nfolds;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (profile->text.fold[middle].from == cp)
            return profile->text.fold[middle].to;
        if (profile->text.fold[middle].from < cp)
            low = middle + 1;
        else
            high = middle;
    }
    return '\0';
}

__attribute__((format(printf, 4, 5))) static int refuse(int error, char *why, size_t size, const char *format,
                                                        ...)
{
    va_list args;
    va_start(args, format);
    if (why && size)
        vsnprintf(why, size, format, args);
    va_end(args);
    return error;
}

static int refuse_character(const struct led_profile *profile, uint32_t cp, char *why, size_t size)
{
    char utf8[5] = "";
    if (cp == UTF8_BAD || !utf8_is_printable(cp))
        return refuse(-EILSEQ, why, size, "a character that cannot be shown");
    utf8_put(utf8, cp);
    if (profile->text.packing == LED_PACK_NUMBER)
        return refuse(-EILSEQ, why, size, "%s shows numbers only, and '%s' is of none", profile->name, utf8);
    return refuse(-EILSEQ, why, size, "%s cannot show '%s' without looking like another sign", profile->name,
                  utf8);
}

static int add_dot(const struct led_profile *profile, struct cells *cells, char *why, size_t size)
{
    bool has_cell = cells->count > 0 && !cells->cell[cells->count - 1].has_dot;
    if (profile->text.dot == LED_DOT_CELL || (profile->text.dot == LED_DOT_JOINS && !has_cell)) {
        if (cells->count == profile->text.cells)
            return refuse(-E2BIG, why, size, "over %u cells", profile->text.cells);
        bool is_joined = profile->text.dot == LED_DOT_JOINS;
        cells->cell[cells->count].character = is_joined ? ' ' : '.';
        cells->cell[cells->count++].has_dot = is_joined;
        return 0;
    }
    if (profile->text.dot == LED_DOT_NONE)
        return refuse_character(profile, '.', why, size);
    cells->cell[cells->count - 1].has_dot = true;
    return 0;
}

static int lay_out(const struct led_profile *profile, const char *text, struct cells *cells, char *why,
                   size_t size)
{
    const char *end = text + strlen(text);
    cells->count = 0;
    while (text < end) {
        uint32_t cp = utf8_next(&text, end);
        char character = cp == '.' ? '.' : fold_one(profile, cp);
        if (character == '.') {
            int error = add_dot(profile, cells, why, size);
            if (error)
                return error;
            continue;
        }
        if (!character)
            return refuse_character(profile, cp, why, size);
        if (cells->count == profile->text.cells)
            return refuse(-E2BIG, why, size, "over %u cells", profile->text.cells);
        cells->cell[cells->count].has_dot = false;
        cells->cell[cells->count++].character = character;
    }
    return 0;
}

/* Cells as bytes, a joined dot behind its character: what ASCII devices take. */
static unsigned to_bytes(const struct cells *cells, char *out)
{
    unsigned used = 0;
    for (unsigned i = 0; i < cells->count; i++) {
        out[used++] = cells->cell[i].character;
        if (cells->cell[i].has_dot)
            out[used++] = '.';
    }
    return used;
}

/* A device whose bytes end before its cells are dotted out: 8 bytes for 4 cells always suffice, 4 bytes do
 * not. */
static int check_bytes(const struct led_profile *profile, const struct cells *cells, char *why, size_t size)
{
    char bytes[2 * LED_CELLS_MAX];
    unsigned used = to_bytes(cells, bytes),
             padding = profile->text.is_left_aligned ? 0 : profile->text.cells - cells->count;
    if (profile->text.packing == LED_PACK_TWO && used + padding > profile->text.regs * 2u)
        return refuse(-E2BIG, why, size, "too many dots: %u bytes, the device has %u", used + padding,
                      profile->text.regs * 2u);
    return 0;
}

static int check_number(const struct led_profile *profile, const struct cells *cells, char *why, size_t size)
{
    char text[2 * LED_CELLS_MAX + 1];
    if (profile->text.packing != LED_PACK_NUMBER || cells->count == 0)
        return 0;
    text[to_bytes(cells, text)] = '\0';
    const char *defect = profile_number_defect(profile, text);
    if (!defect)
        return 0;
    return refuse(-EILSEQ, why, size, "%s shows numbers only, and %s %s", profile->name, text, defect);
}

static int fit(const struct led_profile *profile, const char *text, struct cells *cells, char *why,
               size_t size)
{
    int error = lay_out(profile, text, cells, why, size);
    if (!error)
        error = check_bytes(profile, cells, why, size);
    return error ? error : check_number(profile, cells, why, size);
}

int led_fold(const struct led_profile *profile, const char *text, char *out, size_t size, char *why,
             size_t why_size)
{
    struct cells cells;
    char bytes[2 * LED_CELLS_MAX];
    int error = fit(profile, text, &cells, why, why_size);
    if (error)
        return error;
    unsigned used = to_bytes(&cells, bytes);
    if (used >= size)
        return refuse(-E2BIG, why, why_size, "over %zu bytes", size - 1);
    memcpy(out, bytes, used);
    out[used] = '\0';
    return 0;
}

/* ---- registers ------------------------------------------------------------------------------- */

/* Fills the cells to their full number, so that what stood there before is gone. */
static void align(const struct led_profile *profile, struct cells *cells)
{
    struct cells all = { .count = profile->text.cells };
    unsigned before = profile->text.is_left_aligned ? 0 : profile->text.cells - cells->count;
    for (unsigned i = 0; i < all.count; i++) {
        bool is_padding = i < before || i >= before + cells->count;
        all.cell[i].character = is_padding ? profile->text.pad : cells->cell[i - before].character;
        all.cell[i].has_dot = !is_padding && cells->cell[i - before].has_dot;
    }
    *cells = all;
}

static uint8_t segments_of(const struct led_profile *profile, char character, bool has_dot)
{
    uint8_t lit = profile->glyph[(unsigned char)character], out = 0;
    for (unsigned bit = 0; bit < 8; bit++) {
        bool is_on = profile->bits[bit] == '.' ? has_dot : lit >> (profile->bits[bit] - 'a') & 1;
        out |= (uint8_t)(is_on << bit);
    }
    return out;
}

static void pack_two(const struct led_profile *profile, const struct cells *cells, uint16_t *value)
{
    char bytes[2 * LED_TEXT_REGS_MAX];
    memset(bytes, profile->text.is_zero_filled ? 0 : profile->text.pad, sizeof bytes);
    to_bytes(cells, bytes);
    for (unsigned i = 0; i < profile->text.regs; i++)
        value[i] = (uint16_t)((unsigned char)bytes[2 * i] << 8 | (unsigned char)bytes[2 * i + 1]);
}

static void pack_one(const struct led_profile *profile, const struct cells *cells, uint16_t *value)
{
    for (unsigned i = 0; i < profile->text.regs; i++)
        value[i] = i < cells->count               ? (unsigned char)cells->cell[i].character
                   : profile->text.is_zero_filled ? 0
                                                  : (unsigned char)profile->text.pad;
}

static void pack_segments(const struct led_profile *profile, const struct cells *cells, uint16_t *value)
{
    memset(value, 0, profile->text.regs * sizeof *value);
    for (unsigned i = 0; i < cells->count; i++) {
        uint8_t segments = segments_of(profile, cells->cell[i].character, cells->cell[i].has_dot);
        value[i / 2] |= (uint16_t)(i % 2 ? segments : segments << 8);
    }
}

static void pack_number(const struct led_profile *profile, const struct cells *cells, uint16_t *value)
{
    char text[2 * LED_CELLS_MAX + 1];
    text[to_bytes(cells, text)] = '\0';
    profile_number_pack(profile, text + strspn(text, " "), value);
}

static void (*const pack[LED_PACKINGS])(const struct led_profile *, const struct cells *, uint16_t *) = {
    [LED_PACK_TWO] = pack_two,
    [LED_PACK_ONE] = pack_one,
    [LED_PACK_SEGMENTS] = pack_segments,
    [LED_PACK_NUMBER] = pack_number,
};

static int text_registers(const struct led_profile *profile, const char *text, struct cells *cells,
                          uint16_t *value)
{
    int error = fit(profile, text, cells, NULL, 0);
    if (error)
        return error;
    align(profile, cells);
    pack[profile->text.packing](profile, cells, value);
    return 0;
}

/* A device that knows only function 6 gets its registers one by one. */
static unsigned add_area(const struct led_profile *profile, const uint16_t *value, struct led_write *out)
{
    if (profile->has_fc16 && (profile->text.regs > 1 || !profile->has_fc06)) {
        *out = (struct led_write){ profile->text.reg, profile->text.regs, 16, { 0 } };
        memcpy(out->value, value, profile->text.regs * sizeof *value);
        return 1;
    }
    for (unsigned i = 0; i < profile->text.regs; i++)
        out[i] = (struct led_write){ (uint16_t)(profile->text.reg + i), 1, 6, { value[i] } };
    return profile->text.regs;
}

static unsigned add_one(const struct led_profile *profile, uint16_t reg, unsigned value,
                        struct led_write *out)
{
    *out = (struct led_write){ reg, 1, profile->has_fc06 ? 6 : 16, { (uint16_t)value } };
    return 1;
}

int led_profile_writes(const struct led_profile *profile, const char *text,
                       struct led_write out[LED_WRITES_MAX])
{
    struct cells cells;
    uint16_t value[LED_TEXT_REGS_MAX];
    char bytes[2 * LED_CELLS_MAX];
    unsigned count = 0;
    if (!*text && profile->nblank) {
        memcpy(out, profile->blank, profile->nblank * sizeof *out);
        return profile->nblank;
    }
    int error = text_registers(profile, text, &cells, value);
    if (error)
        return error;
    if (profile->number.has_point)
        count += add_one(profile, profile->number.point_reg, profile_number_decimals(text), out);
    count += add_area(profile, value, out + count);
    if (profile->text.has_length)
        count += add_one(profile, profile->text.length_reg, to_bytes(&cells, bytes), out + count);
    return (int)count;
}

/* ---- what was read --------------------------------------------------------------------------- */

bool led_profile_equals(const struct led_profile *profile, const char *text, bool is_blinking,
                        const uint16_t *read)
{
    struct cells cells;
    uint16_t value[LED_TEXT_REGS_MAX], blink = (uint16_t)(profile->blink_off.reg - profile->verify_reg);
    if (!*text && profile->nblank)
        return true; /* blanked by other means than its text */
    if (text_registers(profile, text, &cells, value))
        return false;
    if (memcmp(value, read + (profile->text.reg - profile->verify_reg), profile->text.regs * sizeof *value) !=
        0)
        return false;
    bool is_readable = profile->has_blink && profile->blink_on.function != 5 && blink < profile->verify_regs;
    return !is_readable || (read[blink] != profile->blink_off.value[0]) == is_blinking;
}

enum led_lit led_profile_lit(const struct led_profile *profile, const char *text, const uint16_t *read)
{
    struct cells cells;
    uint16_t value[LED_TEXT_REGS_MAX];
    if (!profile->lit_regs || (!*text && profile->nblank) || text_registers(profile, text, &cells, value))
        return LED_LIT_UNTOLD;
    for (unsigned i = 0; i < cells.count; i++) {
        char character = cells.cell[i].character;
        if (character != ' ' && !profile->glyph[(unsigned char)character])
            return LED_LIT_UNTOLD;
        unsigned at = profile->is_lit_right_first ? cells.count - 1 - i : i;
        uint16_t pair = read[profile->lit_reg - profile->verify_reg + at / 2];
        if ((uint8_t)(at % 2 ? pair : pair >> 8) != segments_of(profile, character, cells.cell[i].has_dot))
            return LED_LIT_OTHER;
    }
    return LED_LIT_EQUAL;
}

static bool matches(const struct led_profile *profile, const uint8_t *bytes, size_t size)
{
    char text[256];
    for (size_t i = 0; i < size; i++)
        text[i] = bytes[i] ? (char)bytes[i] : ' '; /* some devices put a run indicator of 0 before the text */
    text[size] = '\0';
    return regexec(&profile->pattern, text, 0, NULL, 0) == 0;
}

bool led_profile_identifies(const struct led_profile *profile, const uint8_t *bytes, size_t size)
{
    if (profile->identify == LED_IDENTIFY_SERVER_ID)
        return size < 256 && matches(profile, bytes, size);
    if (profile->identify != LED_IDENTIFY_REGISTERS || size != profile->identity.count * 2u)
        return false;
    for (unsigned i = 0; i < profile->identity.count; i++)
        if ((bytes[2 * i] << 8 | bytes[2 * i + 1]) != profile->identity.value[i])
            return false;
    return true;
}
