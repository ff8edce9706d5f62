#include "protocol/utf8.h"

#include <string.h>

/* The second byte's range carries all of RFC 3629's exceptions: it excludes overlong forms (E0, F0),
 * surrogates (ED) and values above U+10FFFF (F4). Further bytes are always 80..BF. */
static unsigned sequence(unsigned char lead, unsigned char *low, unsigned char *high)
{
    *low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    *high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (lead < 0xC2 || lead > 0xF4)
        return 0;
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
}

uint32_t utf8_next(const char **at, const char *end)
{
    static const unsigned char lead_bits[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    const unsigned char *byte = (const unsigned char *)*at;
    unsigned char low, high;
    if (*byte < 0x80) {
        *at += 1;
        return *byte;
    }
    unsigned length = sequence(*byte, &low, &high);
    *at += 1;
    if (length == 0 || (size_t)(end - *at) + 1 < length)
        return UTF8_BAD;
    uint32_t cp = *byte & lead_bits[length];
    for (unsigned i = 1; i < length; i++) {
        if (byte[i] < low || byte[i] > high)
            return UTF8_BAD;
        cp = cp << 6 | (byte[i] & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    *at += length - 1;
    return cp;
}

size_t utf8_check(const char *text, size_t length)
{
    const char *at = text, *end = text + length;
    while (at < end) {
        const char *start = at;
        if (utf8_next(&at, end) == UTF8_BAD)
            return (size_t)(start - text);
    }
    return length;
}

size_t utf8_count(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool is_scalar(uint32_t cp)
{
    return cp <= 0x10FFFF && (cp < 0xD800 || cp > 0xDFFF);
}

unsigned utf8_put(char out[4], uint32_t cp)
{
    if (!is_scalar(cp))
        return 0;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    unsigned length = cp < 0x800 ? 2 : cp < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (unsigned i = length - 1; i > 0; i--, cp >>= 6)
        out[i] = (char)(0x80 | (cp & 0x3F));
    out[0] = (char)(lead[length] | cp);
    return length;
}

bool utf8_is_printable(uint32_t cp)
{
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        { 0x0000, 0x001F },
        { 0x007F, 0x009F }, /* controls */
        { 0x00AD, 0x00AD },
        { 0x061C, 0x061C }, /* soft hyphen, Arabic letter mark */
        { 0x180E, 0x180E },
        { 0x200B, 0x200B }, /* zero-width spaces */
        { 0x200E, 0x200F },
        { 0x2028, 0x202E }, /* marks, separators, embeddings */
        { 0x2060, 0x206F },
        { 0xD800, 0xF8FF }, /* invisible operators, isolates; surrogates, private use */
        { 0xFDD0, 0xFDEF },
        { 0xFEFF, 0xFEFF }, /* noncharacters, byte order mark */
        { 0xFFF0, 0xFFFB },
        { 0xE0000, 0xE0FFF },    /* annotation controls, tags */
        { 0xF0000, UINT32_MAX }, /* private planes, and no code points at all */
    };
    if (cp < 0x7F)
        return cp >= 0x20;
    if ((cp & 0xFFFE) == 0xFFFE)
        return false;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (cp >= hidden[i].first && cp <= hidden[i].last)
            return false;
    return true;
}
