/* Dates as the catalogue orders them. strftime() has the wrong order and capitals for kk. */
#include "board/scene/scene.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What stands for {name}; NULL: no such part. */
static const char *part_of(const char *name, size_t length, const struct writing *writing,
                           const struct scene_clock *clock, char number[16])
{
    const struct {
        const char *name, *text;
        int value;
    } parts[] = {
        { "year", NULL, clock->year },
        { "month", writing->month[clock->month - 1], 0 },
        { "day", NULL, clock->day },
        { "weekday", writing->weekday[clock->weekday], 0 },
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strlen(parts[i].name) == length && memcmp(parts[i].name, name, length) == 0) {
            snprintf(number, 16, "%d", parts[i].value);
            return parts[i].text ? parts[i].text : number;
        }
    return NULL;
}

int scene_date(char *out, size_t size, const struct writing *writing, const struct scene_clock *clock)
{
    if (clock->month < 1 || clock->month > MONTHS || clock->weekday < 0 || clock->weekday >= WEEKDAYS)
        return -EINVAL;
    size_t used = 0;
    for (const char *at = writing->date; *at;) {
        char number[16];
        const size_t name = *at == '{' ? strcspn(at + 1, "}") : 0;
        const char *part = name ? part_of(at + 1, name, writing, clock, number) : NULL;
        const size_t length = part ? strlen(part) : 1;
        if (used + length >= size)
            return -ENOSPC;
        memcpy(out + used, part ? part : at, length);
        used += length;
        at += part ? name + 2 : 1;
    }
    out[used] = '\0';
    return (int)used;
}
