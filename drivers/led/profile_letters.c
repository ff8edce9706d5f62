/* A hall's own words for letters that boards cannot show, and whether they keep tickets apart. */
#include "drivers/led/profile.h"
#include "protocol/utf8.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TICKET_MAX 128

static const char *replacement(const struct led_letters *letters, uint32_t letter)
{
    for (unsigned i = 0; i < letters->count; i++)
        if (letters->entry[i].letter == letter)
            return letters->entry[i].to;
    return NULL;
}

/* False: too long. */
static bool apply(const struct led_letters *letters, const char *ticket, char out[TICKET_MAX])
{
    const char *at = ticket, *end = ticket + strlen(ticket);
    size_t used = 0;
    while (at < end) {
        const char *from = at, *to = replacement(letters, utf8_next(&at, end));
        size_t length = to ? strlen(to) : (size_t)(at - from);
        if (used + length >= TICKET_MAX)
            return false;
        memcpy(out + used, to ? to : from, length);
        used += length;
    }
    out[used] = '\0';
    return true;
}

/* The first zero ahead of a number goes; false when there is none. */
static bool drop_zero(char *text)
{
    for (char *c = text; *c; c++) {
        bool begins = c == text || (!isdigit((unsigned char)c[-1]) && c[-1] != '.');
        if (*c != '0' || !begins || !isdigit((unsigned char)c[1]))
            continue;
        memmove(c, c + 1, strlen(c));
        return true;
    }
    return false;
}

int led_fold_letters(const struct led_profile *profile, const struct led_letters *letters, const char *ticket,
                     char *out, size_t size, char *why, size_t why_size)
{
    static const struct led_letters none;
    char text[TICKET_MAX];
    if (!letters)
        letters = &none;
    if (!apply(letters, ticket, text)) {
        snprintf(why, why_size, "over %d bytes", TICKET_MAX - 1);
        return -E2BIG;
    }
    int error = led_fold(profile, text, out, size, why, why_size), again = error;
    while (again && letters->is_dropping_zeros && drop_zero(text))
        again = led_fold(profile, text, out, size, NULL, 0);
    if (!again && why_size)
        why[0] = '\0';
    return again ? error : 0;
}

/* False: it cannot be shown. Zeros that may go are gone, because a longer ticket may need their cells. */
static bool shape_of(const struct led_profile *profile, const struct led_letters *letters, const char *series,
                     char shape[TICKET_MAX])
{
    char why[8];
    if (led_fold_letters(profile, letters, series, shape, TICKET_MAX, why, sizeof why) < 0)
        return false;
    while (letters && letters->is_dropping_zeros && drop_zero(shape))
        ;
    return true;
}

/* With a number behind them: "" and "" or "A" and "A1" make equal texts, "A" and "b" or "1" and "2" do not. */
static bool is_ambiguous(const char *a, const char *b)
{
    size_t length_a = strlen(a), length_b = strlen(b);
    if (length_a > length_b)
        return is_ambiguous(b, a);
    return strncmp(a, b, length_a) == 0 && b[length_a + strspn(b + length_a, "0123456789")] == '\0';
}

bool led_series_clash(const struct led_profile *profile, const struct led_letters *letters,
                      const char *const *series, unsigned count, unsigned clash[2])
{
    char shape[TICKET_MAX], other[TICKET_MAX];
    for (unsigned i = 0; i < count; i++) {
        if (!shape_of(profile, letters, series[i], shape))
            continue;
        for (unsigned j = 0; j < i; j++)
            if (strcmp(series[j], series[i]) != 0 && shape_of(profile, letters, series[j], other) &&
                is_ambiguous(shape, other)) {
                clash[0] = j;
                clash[1] = i;
                return true;
            }
    }
    return false;
}
