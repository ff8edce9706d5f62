#include "board/config/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int config_desk_index(const struct config *config, const char *id)
{
    for (unsigned i = 0; i < config->ndesks; i++)
        if (strcmp(config->desk[i].id, id) == 0)
            return (int)i;
    return NONE;
}

int32_t config_dwell_ms(const struct config *config, const struct config_screen *screen)
{
    return screen->dwell_ms ? screen->dwell_ms : config->calls.dwell_ms;
}

unsigned config_recent(const struct config *config, const struct config_screen *screen)
{
    return screen->recent == NONE ? config->calls.recent : (unsigned)screen->recent;
}

bool config_screen_has_desk(const struct config *config, const struct config_screen *screen, int desk)
{
    int zone = desk >= 0 && desk < config->ndesks ? config->desk[desk].zone : NONE;
    return zone >= 0 && (screen->zones >> zone & 1) != 0 && (screen->desk == NONE || screen->desk == desk);
}

/* ---- texts of the wall ----------------------------------------------------------------------- */

struct visit {
    const struct config *config;
    void (*fn)(void *data, const char *where, const char *text);
    void *data;
};

__attribute__((format(printf, 3, 4))) static void
visit_label(const struct visit *visit, const struct label *label, const char *format, ...)
{
    char where[96], full[128];
    va_list args;
    va_start(args, format);
    vsnprintf(where, sizeof where, format, args);
    va_end(args);
    for (unsigned i = 0; i < visit->config->nlangs; i++) {
        snprintf(full, sizeof full, "%s.%s", where, visit->config->lang[i]);
        visit->fn(visit->data, full, label->text[i]);
    }
}

void config_each_text(const struct config *config,
                      void (*fn)(void *data, const char *where, const char *text), void *data)
{
    const struct visit visit = { config, fn, data };
    char where[64];
    visit_label(&visit, &config->name, "name");
    for (unsigned i = 0; i < config->nagencies; i++)
        visit_label(&visit, &config->agency[i].name, "agencies[%u].name", i);
    for (unsigned i = 0; i < config->nzones; i++)
        visit_label(&visit, &config->zone[i].name, "zones[%u].name", i);
    for (unsigned i = 0; i < config->ndesks; i++) {
        snprintf(where, sizeof where, "desks[%u].label", i);
        fn(data, where, config->desk[i].label);
    }
    for (unsigned i = 0; i < config->tickets.nseries; i++) {
        snprintf(where, sizeof where, "tickets.series[%u]", i);
        fn(data, where, config->tickets.series[i]);
    }
    for (unsigned i = 0; i < config->nnotices; i++)
        visit_label(&visit, &config->notice[i].text, "notices[%u].text", i);
    for (unsigned i = 0; i < PHRASES; i++)
        visit_label(&visit, &config->phrase[i], "phrases.%s", phrase_keys[i]);
}

/* ---- melodies -------------------------------------------------------------------------------- */

const struct melody *config_melody_at(const struct config *config, unsigned index)
{
    return index < config->nmelodies ? &config->melody[index] : melody_at(index - config->nmelodies);
}

const struct melody *config_melody(const struct config *config, const char *id)
{
    const struct melody *melody;
    for (unsigned i = 0; (melody = config_melody_at(config, i)); i++)
        if (strcmp(melody->id, id) == 0)
            return melody;
    return NULL;
}
