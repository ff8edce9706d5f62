/* UTF-8, strictly: RFC 3629 without surrogates, overlong forms and values above U+10FFFF. A leaf for every floor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Next code point of [*at, end); advances *at. Returns UTF8_BAD (and advances one byte) on a malformed sequence. */
#define UTF8_BAD UINT32_MAX
uint32_t utf8_next(const char **at, const char *end);

/* Offset of the first malformed byte, or `length` if the whole text is well-formed. */
size_t utf8_check(const char *text, size_t length);

/* Number of code points of a well-formed text. */
size_t utf8_count(const char *text);

/* Writes cp, returns the bytes written (1..4), 0 if cp is no scalar value. */
unsigned utf8_put(char out[4], uint32_t cp);

/* May it stand in text for visitors? False for C0/C1 controls, U+2028/2029, bidirectional controls (U+061C, U+200E/F,
 * U+202A..2E, U+2066..69), zero-width spaces and other invisible format characters, private use, noncharacters and tag
 * characters: they can reorder or hide what is read. The joiners U+200C/D are text (they shape scripts and emoji). */
bool utf8_is_printable(uint32_t cp);
