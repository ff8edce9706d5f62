#include "board/check/check.h"

#include "protocol/utf8.h"

#include <string.h>

/* Letters of bold sans faces that are taken for a figure from afar; Cyrillic first, then Latin. */
static const struct {
    uint32_t letter;
    char figure;
} alike[] = {
    { 0x41e, '0' }, { 0x417, '3' }, { 0x412, '8' }, { 0x411, '6' }, { 0x406, '1' }, { 0x427, '4' },
    { 'O', '0' },   { 'B', '8' },   { 'I', '1' },   { 'S', '5' },   { 'Z', '2' },
};

static char figure_like(uint32_t letter)
{
    for (unsigned i = 0; i < sizeof alike / sizeof *alike; i++)
        if (alike[i].letter == letter)
            return alike[i].figure;
    return 0;
}

void check_tickets(const struct config *config, FILE *out)
{
    for (unsigned i = 0; i < config->tickets.nseries; i++) {
        const char *series = config->tickets.series[i], *end = series + strlen(series);
        for (const char *at = series; at < end;) {
            char figure = figure_like(utf8_next(&at, end));
            if (figure)
                fprintf(out,
                        "tickets.series[%u]: \"%s\" looks like %c from afar  WARN: letters like А Г Д Е К Л "
                        "М Н П "
                        "Р С Т do not\n",
                        i, series, figure);
        }
    }
}
