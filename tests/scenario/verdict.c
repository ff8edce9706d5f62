#include "tests/scenario/verdict.h"

#include "tests/scenario/moment.h"

#include <inttypes.h>
#include <stdarg.h>

#define PRINTED_MAX 10
#define START_US    (1000 * SECOND_US)

static FILE *traced;
static const char *file;
static unsigned line, count, printed_max;
static char first[512];

void verdict_begin(FILE *out, bool is_quiet)
{
    printed_max = is_quiet ? 0 : PRINTED_MAX;
    traced = out;
    file = "";
    line = count = 0;
    first[0] = '\0';
}

void verdict_at(const char *script, unsigned number)
{
    file = script;
    line = number;
}

static int format_time(char *out, size_t size)
{
    int64_t ms = (moment_us() - START_US) / 1000;
    return snprintf(out, size, "+%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 3600000,
                    ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

void complain(const char *format, ...)
{
    char when[32], what[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    format_time(when, sizeof when);
    if (count == 0)
        snprintf(first, sizeof first, "%s:%u: %s: %s", file, line, when, what);
    if (count++ < printed_max)
        fprintf(stderr, "%s:%u: %s: %s\n", file, line, when, what);
}

void trace(const char *format, ...)
{
    char when[32];
    va_list arguments;
    if (!traced)
        return;
    format_time(when, sizeof when);
    fprintf(traced, "%s ", when);
    va_start(arguments, format);
    vfprintf(traced, format, arguments);
    va_end(arguments);
    fputc('\n', traced);
}

unsigned complaints(void)
{
    return count;
}

const char *verdict_first(void)
{
    return first;
}
