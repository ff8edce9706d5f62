#include "protocol/json.h"
#include "protocol/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Keys of all objects that are open at the place of reading, innermost last. */
struct key {
    uint64_t hash;
    const char *text; /* first byte after the quote */
};
struct scan {
    const char *start, *at, *end;
    struct json_error *error;
    unsigned depth, nkeys;
    struct key key[JSON_MEMBERS_MAX];
};

static void locate(struct json_error *error, const char *start, const char *at)
{
    error->offset = (size_t)(at - start);
    error->line = 1;
    const char *line = start;
    for (const char *byte = start; byte < at; byte++)
        if (*byte == '\n') {
            error->line++;
            line = byte + 1;
        }
    error->column = 1;
    for (; line < at; line++)
        error->column += ((unsigned char)*line & 0xC0) != 0x80;
}

__attribute__((format(printf, 3, 4))) static bool fail(struct scan *scan, const char *at, const char *format,
                                                       ...)
{
    locate(scan->error, scan->start, at);
    va_list args;
    va_start(args, format);
    vsnprintf(scan->error->text, sizeof scan->error->text, format, args);
    va_end(args);
    return false;
}

static bool fail_expected(struct scan *scan, const char *expected)
{
    if (scan->at == scan->end)
        return fail(scan, scan->at, "the text ends here; expected %s", expected);
    unsigned char byte = (unsigned char)*scan->at;
    if (byte == '"')
        return fail(scan, scan->at, "unexpected string; expected %s", expected);
    if (byte > 0x20 && byte < 0x7F)
        return fail(scan, scan->at, "unexpected %c; expected %s", byte, expected);
    return fail(scan, scan->at, "unexpected byte 0x%02X; expected %s", byte, expected);
}

static void skip_space(struct scan *scan)
{
    while (scan->at < scan->end && (unsigned char)*scan->at <= ' ' &&
           (*scan->at == ' ' || *scan->at == '\n' || *scan->at == '\t' || *scan->at == '\r'))
        scan->at++;
}

static bool next_is(const struct scan *scan, char wanted)
{
    return scan->at < scan->end && *scan->at == wanted;
}

static bool accept(struct scan *scan, char wanted)
{
    bool is_there = next_is(scan, wanted);
    scan->at += is_there;
    return is_there;
}

/* ---- strings --------------------------------------------------------------------------------- */

static bool hex4(const char **at, const char *end, uint32_t *value)
{
    *value = 0;
    if (end - *at < 4)
        return false;
    for (unsigned i = 0; i < 4; i++, (*at)++) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;
        if (digit == 16)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

/* After `\u`. */
static uint32_t unicode_escape(const char **at, const char *end, const char **why)
{
    uint32_t high, low;
    *why = "broken escape; expected \\u and four hexadecimal digits";
    if (!hex4(at, end, &high))
        return UTF8_BAD;
    *why = "U+0000 cannot stand in a text";
    if (high == 0)
        return UTF8_BAD;
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    *why = "half a surrogate pair; expected \\uD800..DBFF and then \\uDC00..DFFF";
    if (high > 0xDBFF || end - *at < 2 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return UTF8_BAD;
    *at += 2;
    if (!hex4(at, end, &low) || low < 0xDC00 || low > 0xDFFF)
        return UTF8_BAD;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

static uint32_t escape(const char **at, const char *end, const char **why)
{
    static const char letters[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    *why = "unknown escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u";
    if (*at == end)
        return UTF8_BAD;
    char letter = *(*at)++;
    if (letter == 'u')
        return unicode_escape(at, end, why);
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? (uint32_t)values[found - letters] : UTF8_BAD;
}

/* One decoded character inside quotes, or UTF8_BAD and the reason. */
static uint32_t character(const char **at, const char *end, const char **why)
{
    unsigned char byte = (unsigned char)**at;
    if (byte == '\\') {
        (*at)++;
        return escape(at, end, why);
    }
    if (byte >= 0x20 && byte < 0x80) {
        (*at)++;
        return byte;
    }
    *why = byte < 0x20 ? "control character in a string; expected an escape such as \\n" : "malformed UTF-8";
    return byte < 0x20 ? UTF8_BAD : utf8_next(at, end);
}

/* Stands in a string as itself, and is one character. A table: most bytes of most messages are asked. */
static inline bool is_plain(char c)
{
    static const bool plain[256] = { [0x20 ... 0x21] = true, [0x23 ... 0x5B] = true, [0x5D ... 0x7E] = true };
    return plain[(unsigned char)c];
}

/* The next character, which is not plain. */
static bool scan_character(struct scan *scan, uint32_t *cp)
{
    const char *start = scan->at, *why = "";
    *cp = character(&scan->at, scan->end, &why);
    return *cp != UTF8_BAD || fail(scan, start, "%s", why);
}

static bool fail_open(struct scan *scan, const char *opening)
{
    return fail(scan, opening, "the string that starts here does not end; expected a closing quote");
}

/* At the opening quote. */
static bool scan_string(struct scan *scan)
{
    const char *opening = scan->at++, *end = scan->end;
    uint32_t ignored;
    for (;;) {
        const char *at = scan->at;
        while (at < end && is_plain(*at))
            at++;
        scan->at = at;
        if (at == end)
            return fail_open(scan, opening);
        if (accept(scan, '"'))
            return true;
        if (!scan_character(scan, &ignored))
            return false;
    }
}

/* The same, with a hash (FNV-1a over code points) that spares most comparisons of keys. */
static bool scan_key_string(struct scan *scan, uint64_t *hash)
{
    const char *opening = scan->at++, *end = scan->end;
    uint64_t sum = 0xcbf29ce484222325;
    for (;;) {
        const char *at = scan->at;
        for (; at < end && is_plain(*at); at++)
            sum = (sum ^ (unsigned char)*at) * 0x100000001b3;
        scan->at = at;
        *hash = sum;
        if (at == end)
            return fail_open(scan, opening);
        if (accept(scan, '"'))
            return true;
        uint32_t cp;
        if (!scan_character(scan, &cp))
            return false;
        sum = (sum ^ cp) * 0x100000001b3;
    }
}

/* Both are inside quotes and were scanned before. */
static bool is_same_key(const char *a, const char *b, const char *end)
{
    const char *why;
    while (*a != '"' && *b != '"')
        if (character(&a, end, &why) != character(&b, end, &why))
            return false;
    return *a == '"' && *b == '"';
}

static bool fail_duplicate(struct scan *scan, const char *opening)
{
    char key[JSON_SHOW_MAX], shown[JSON_SHOW_MAX];
    const char *at = opening + 1, *why;
    size_t length = 0;
    while (*at != '"' && length < sizeof key - 5)
        length += utf8_put(key + length, character(&at, scan->end, &why));
    key[length] = '\0';
    return fail(scan, opening, "duplicate key %s; expected each key once", json_show_text(key, shown));
}

static bool scan_key(struct scan *scan, unsigned first)
{
    const char *opening = scan->at;
    uint64_t hash = 0;
    if (!next_is(scan, '"'))
        return fail_expected(scan, "a key in quotes");
    if (!scan_key_string(scan, &hash))
        return false;
    for (unsigned i = first; i < scan->nkeys; i++)
        if (scan->key[i].hash == hash && is_same_key(scan->key[i].text, opening + 1, scan->end))
            return fail_duplicate(scan, opening);
    if (scan->nkeys == JSON_MEMBERS_MAX)
        return fail(scan, opening, "more than %d members", JSON_MEMBERS_MAX);
    scan->key[scan->nkeys++] = (struct key){ hash, opening + 1 };
    return true;
}

/* ---- values ---------------------------------------------------------------------------------- */

static unsigned scan_digits(struct scan *scan, uint64_t *value)
{
    const char *start = scan->at, *end = scan->end, *at = start;
    uint64_t sum = 0;
    for (unsigned digit; at < end && (digit = (unsigned)(*at - '0')) <= 9; at++)
        if (sum <= JSON_INTEGER_MAX)
            sum = sum * 10 + digit;
    scan->at = at;
    *value = sum;
    return (unsigned)(at - start);
}

static bool scan_fraction(struct scan *scan, bool *is_integer)
{
    uint64_t ignored;
    if (!accept(scan, '.'))
        return true;
    *is_integer = false;
    return scan_digits(scan, &ignored) || fail_expected(scan, "a digit");
}

static bool scan_exponent(struct scan *scan, const char *number, bool *is_integer)
{
    uint64_t exponent;
    if (!accept(scan, 'e') && !accept(scan, 'E'))
        return true;
    *is_integer = false;
    if (!accept(scan, '-'))
        accept(scan, '+');
    if (!scan_digits(scan, &exponent))
        return fail_expected(scan, "a digit");
    return exponent <= JSON_EXPONENT_MAX ||
           fail(scan, number, "number out of range; expected an exponent of at most %d", JSON_EXPONENT_MAX);
}

static bool scan_number(struct scan *scan)
{
    const char *start = scan->at;
    bool is_integer = true;
    uint64_t value;
    accept(scan, '-');
    const char *first = scan->at;
    unsigned digits = scan_digits(scan, &value);
    if (digits == 0)
        return fail_expected(scan, "a digit");
    if (digits > 1 && *first == '0')
        return fail(scan, start, "number with leading zero");
    if (!scan_fraction(scan, &is_integer) || !scan_exponent(scan, start, &is_integer))
        return false;
    if (is_integer && value > JSON_INTEGER_MAX)
        return fail(scan, start, "integer out of range; expected at most %lld", JSON_INTEGER_MAX);
    /* cJSON copies a number to 64 bytes before it reads it. */
    return scan->at - start < 64 || fail(scan, start, "number of more than 63 characters");
}

static bool scan_word(struct scan *scan, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(scan->end - scan->at) < length || memcmp(scan->at, word, length) != 0)
        return fail_expected(scan, "a value");
    scan->at += length;
    return true;
}

static bool scan_value(struct scan *scan);

static bool scan_members(struct scan *scan)
{
    unsigned first = scan->nkeys;
    do {
        skip_space(scan);
        if (!scan_key(scan, first))
            return false;
        skip_space(scan);
        if (!accept(scan, ':'))
            return fail_expected(scan, "a colon");
        if (!scan_value(scan))
            return false;
    } while (accept(scan, ','));
    scan->nkeys = first;
    return accept(scan, '}') || fail_expected(scan, "a comma or }");
}

static bool scan_elements(struct scan *scan)
{
    do {
        if (!scan_value(scan))
            return false;
    } while (accept(scan, ','));
    return accept(scan, ']') || fail_expected(scan, "a comma or ]");
}

static bool scan_nested(struct scan *scan, char close, bool (*content)(struct scan *))
{
    if (scan->depth == JSON_DEPTH_MAX)
        return fail(scan, scan->at, "nested deeper than %d", JSON_DEPTH_MAX);
    scan->depth++;
    scan->at++;
    skip_space(scan);
    bool is_fine = accept(scan, close) || content(scan);
    scan->depth--;
    return is_fine;
}

static bool scan_bare_value(struct scan *scan)
{
    switch (scan->at < scan->end ? *scan->at : '\0') {
    case '{': return scan_nested(scan, '}', scan_members);
    case '[': return scan_nested(scan, ']', scan_elements);
    case '"': return scan_string(scan);
    case 't': return scan_word(scan, "true");
    case 'f': return scan_word(scan, "false");
    case 'n': return scan_word(scan, "null");
    case '-':
    case '0' ... '9': return scan_number(scan);
    default: return fail_expected(scan, "a value");
    }
}

static bool scan_value(struct scan *scan)
{
    skip_space(scan);
    if (!scan_bare_value(scan))
        return false;
    skip_space(scan);
    return true;
}

bool json_check(const char *bytes, size_t length, struct json_error *error)
{
    struct scan scan;
    scan.start = scan.at = bytes;
    scan.end = bytes + length;
    scan.error = error;
    scan.depth = scan.nkeys = 0;
    if (length >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0)
        return fail(&scan, bytes, "byte order mark; expected UTF-8 without it");
    if (!scan_value(&scan))
        return false;
    return scan.at == scan.end || fail_expected(&scan, "the end of the text");
}
