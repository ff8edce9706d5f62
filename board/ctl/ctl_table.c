#include "board/ctl/ctl.h"
#include "protocol/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MAX 512

struct range {
    uint32_t first, last;
};

static const struct range no_columns[] = {
    { 0x0300, 0x036F }, { 0x0483, 0x0489 }, { 0x0591, 0x05BD }, { 0x064B, 0x065F }, { 0x1AB0, 0x1AFF },
    { 0x1DC0, 0x1DFF }, { 0x200B, 0x200F }, { 0x20D0, 0x20FF }, { 0xFE00, 0xFE0F }, { 0xFE20, 0xFE2F },
};
static const struct range two_columns[] = {
    { 0x1100, 0x115F }, { 0x2E80, 0xA4CF }, { 0xAC00, 0xD7A3 },   { 0xF900, 0xFAFF },   { 0xFE30, 0xFE6F },
    { 0xFF00, 0xFF60 }, { 0xFFE0, 0xFFE6 }, { 0x1F300, 0x1FAFF }, { 0x20000, 0x3FFFD },
};

static bool is_within(uint32_t cp, const struct range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (cp >= ranges[i].first && cp <= ranges[i].last)
            return true;
    return false;
}

unsigned ctl_width(const char *text)
{
    unsigned width = 0;
    for (const char *end = text + strlen(text); text < end;) {
        uint32_t cp = utf8_next(&text, end);
        if (is_within(cp, two_columns, sizeof two_columns / sizeof *two_columns))
            width += 2;
        else if (!is_within(cp, no_columns, sizeof no_columns / sizeof *no_columns))
            width += 1;
    }
    return width;
}

void ctl_table_init(struct ctl_table *table, const char *headings)
{
    table->ncolumns = table->ncells = 0;
    for (const char *at = headings; *at && table->ncolumns < CTL_COLUMNS_MAX;) {
        bool is_right = *at == '>';
        at += is_right;
        int length = (int)strcspn(at, "|");
        table->is_right[table->ncolumns++] = is_right;
        ctl_cell(table, "%.*s", length, at);
        at += length + (at[length] == '|');
    }
}

void ctl_clean(char *text)
{
    char *out = text;
    for (const char *at = text, *end = text + strlen(text); at < end;) {
        const char *start = at;
        uint32_t cp = utf8_next(&at, end);
        if (cp == UTF8_BAD || !utf8_is_printable(cp)) {
            *out++ = '?';
            continue;
        }
        memmove(out, start, (size_t)(at - start));
        out += at - start;
    }
    *out = '\0';
}

void ctl_say(FILE *out, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ctl_clean(text);
    fprintf(out, "%s\n", text);
}

/* Bytes of `text` that fit into `width` columns, ending where a word ends; a longer word is not broken. */
static int line_bytes(const char *text, unsigned width)
{
    int fit = 0;
    for (int at = 0;; at++) {
        if (text[at] != ' ' && text[at] != '\0')
            continue;
        char line[CELL_MAX];
        snprintf(line, sizeof line, "%.*s", at, text);
        if (fit && ctl_width(line) > width)
            return fit;
        fit = at;
        if (!text[at])
            return fit;
    }
}

void ctl_trouble(struct ctl_trouble *list, const char *format, ...)
{
    char text[CELL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ctl_clean(text);
    if (list->count++ == 0)
        fprintf(list->out, "\n%s\n", list->heading);
    for (const char *at = text, *indent = "  "; *at; indent = "    ") {
        int bytes = line_bytes(at, CTL_WRAP - (unsigned)strlen(indent));
        fprintf(list->out, "%s%.*s\n", indent, bytes, at);
        at += bytes + (at[bytes] == ' ');
    }
}

void ctl_cell(struct ctl_table *table, const char *format, ...)
{
    if (table->ncells == CTL_CELLS_MAX)
        return;
    char text[CELL_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ctl_clean(text);
    table->cell[table->ncells++] = strdup(text[0] ? text : "–");
}

static void measure(const struct ctl_table *table, unsigned width[CTL_COLUMNS_MAX])
{
    memset(width, 0, sizeof(unsigned) * CTL_COLUMNS_MAX);
    for (unsigned i = 0; i < table->ncells; i++) {
        unsigned cell = ctl_width(table->cell[i]), column = i % table->ncolumns;
        if (cell > width[column])
            width[column] = cell;
    }
}

static void print_cell(FILE *out, const char *text, unsigned width, bool is_right, bool is_last)
{
    unsigned pad = width - ctl_width(text);
    if (is_right)
        fprintf(out, "%*s", (int)pad, "");
    fputs(text, out);
    if (!is_right && !is_last)
        fprintf(out, "%*s", (int)pad, "");
    fputs(is_last ? "\n" : "  ", out);
}

void ctl_table_print(struct ctl_table *table, FILE *out)
{
    unsigned width[CTL_COLUMNS_MAX];
    measure(table, width);
    unsigned nrows = table->ncells / table->ncolumns;
    for (unsigned i = 0; nrows > 1 && i < nrows * table->ncolumns; i++) {
        unsigned column = i % table->ncolumns;
        print_cell(out, table->cell[i], width[column], table->is_right[column],
                   column + 1 == table->ncolumns);
    }
    for (unsigned i = 0; i < table->ncells; i++)
        free(table->cell[i]);
    table->ncells = 0;
}

const char *ctl_duration(double ms, char buffer[24])
{
    if (!(ms >= 0))
        snprintf(buffer, 24, "–");
    else if (ms < 1000)
        snprintf(buffer, 24, "%.0f ms", ms);
    else if (ms < 99.95e3)
        snprintf(buffer, 24, "%.1f s", ms / 1e3);
    else if (ms < 120 * 60e3)
        snprintf(buffer, 24, "%.0f min", ms / 60e3);
    else if (ms < 48 * 3600e3)
        snprintf(buffer, 24, "%.0f h", ms / 3600e3);
    else
        snprintf(buffer, 24, "%.0f d", ms / 86400e3);
    return buffer;
}
