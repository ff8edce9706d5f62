/* Strict JSON on top of cJSON: parsing of bytes from outside, and typed reading with errors that name the place.
 *
 * cJSON alone accepts invalid UTF-8, duplicate keys, bytes after the value, 1e999 and any depth its stack allows;
 * json_parse() refuses all of these before cJSON sees the text (json_check.c). This header is a leaf that every floor may
 * include.
 *
 * Nothing here keeps state; every function may be called from any thread.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MAX 16 /* deepest legal document (hall file) uses 6 */
#define JSON_INTEGER_MAX                                                                                     \
    9007199254740991LL /* 2^53 - 1: the largest integer every JSON reader keeps exact (RFC 8259, 6) */

#define JSON_MEMBERS_MAX                                                                                     \
    1024 /* of all objects open at one place: bounds the search for duplicates; 256 desks use 300 */
#define JSON_EXPONENT_MAX 200 /* with at most 63 digits every number stays finite */

struct json_error {
    size_t offset; /* byte at which the text stops being acceptable */
    unsigned line; /* 1-based, for files */
    unsigned column;
    char text[160]; /* what is wrong and what would be right, one line without full stop */
};

/* Parses exactly one JSON value. NULL on any defect, with *error filled. The caller frees with cJSON_Delete(). */
cJSON *json_parse(const char *bytes, size_t length, struct json_error *error);

/* The strictness without the tree: is this exactly one acceptable JSON value? Also refuses a byte order mark, U+0000 and
 * half surrogate pairs in escapes, and keys that are equal once their escapes are read. Allocates nothing, uses 17 KiB of stack. */
bool json_check(const char *bytes, size_t length, struct json_error *error);

/* A value as it may stand in a log line: one line, printable, shortened; strings in quotes, "an array", "an object".
 * Returns `buffer`. */
#define JSON_SHOW_MAX 64
const char *json_show(const cJSON *item, char buffer[JSON_SHOW_MAX]);
const char *json_show_text(const char *text, char buffer[JSON_SHOW_MAX]);

/* Collects complaints about one document. `line` gets finished lines "where: what; what would be right", no newline.
 * Lives in the caller's memory. */
struct json_report {
    void (*line)(void *data, const char *line);
    void *data;
    const char *file; /* prefix of every line, or NULL */
    unsigned count;   /* complaints so far */
};
void json_complain(struct json_report *report, const char *path, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A place in a document: paths are written `desks[3].led.unit`. json_at_* build a child path in `buffer`. */
struct json_at {
    struct json_report *report;
    const char *path; /* "" for the root */
};
#define JSON_PATH_MAX 128
struct json_at json_at_key(const struct json_at *at, const char *key, char buffer[JSON_PATH_MAX]);
struct json_at json_at_index(const struct json_at *at, unsigned index, char buffer[JSON_PATH_MAX]);

/* The member of that name, or NULL. `object` must not be NULL. */
const cJSON *json_member(const cJSON *object, const char *key);

/* Typed members of an object. All: an absent member leaves *out as it is and returns `!is_required` (a required one
 * that is absent is a complaint); a member of another type or out of range is a complaint naming the value and the
 * range, and returns false. */
bool json_string(const struct json_at *at, const cJSON *object, const char *key, bool is_required, char *out,
                 size_t size);
bool json_integer(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                  long long min, long long max, long long *out);
bool json_number(const struct json_at *at, const cJSON *object, const char *key, bool is_required, double min,
                 double max, double *out);
bool json_bool(const struct json_at *at, const cJSON *object, const char *key, bool is_required, bool *out);
/* names[0..count): *out becomes the index; the complaint lists the names. */
bool json_choice(const struct json_at *at, const cJSON *object, const char *key, bool is_required,
                 const char *const *names, unsigned count, int *out);
/* The member as array or object, or NULL (complains if it is required or of another type). */
const cJSON *json_array(const struct json_at *at, const cJSON *object, const char *key, bool is_required);
const cJSON *json_object(const struct json_at *at, const cJSON *object, const char *key, bool is_required);
/* Complains about every member not in keys[0..count), naming the nearest known key. */
void json_known_keys(const struct json_at *at, const cJSON *object, const char *const *keys, unsigned count);
/* The nearest of names[0..count) by edit distance, or NULL when none is near. */
const char *json_nearest(const char *word, const char *const *names, unsigned count);

/* Writes `text` as a JSON string with quotes; returns the length without NUL, or -ENOSPC. No allocation. */
int json_quote(char *out, size_t size, const char *text);
