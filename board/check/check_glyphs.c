#include "board/check/check.h"
#include "protocol/utf8.h"

#include <string.h>

/* What the scene adds of its own, and what tickets are made of whatever the hall file says. */
static const char scene_signs[] = "0123456789:.,-–—·…→№«»";
static const char ticket_letters[] = "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯӘҒҚҢӨҰҮҺІABCDEFGHIJKLMNOPQRSTUVWXYZ";

struct glyph_check {
    const struct config *config;
    const struct fonts *fonts;
    FILE *out;
    int missing;
    uint64_t found[0x3000 / 64]; /* what has been looked up: texts say the same letters over and over */
};

static bool was_found(const struct glyph_check *check, uint32_t cp)
{
    return cp / 64 < sizeof check->found / sizeof *check->found && (check->found[cp / 64] >> cp % 64 & 1);
}

static void note_found(struct glyph_check *check, uint32_t cp)
{
    if (cp / 64 < sizeof check->found / sizeof *check->found)
        check->found[cp / 64] |= UINT64_C(1) << cp % 64;
}

static const char *lacking(const struct fonts *fonts, uint32_t cp)
{
    bool has_regular = fonts_cover(fonts, WEIGHT_REGULAR, cp), has_bold = fonts_cover(fonts, WEIGHT_BOLD, cp);
    return has_regular && has_bold ? NULL : has_regular ? "bold" : has_bold ? "regular" : "regular and bold";
}

static void check_text(void *data, const char *where, const char *text)
{
    struct glyph_check *check = data;
    const char *at = text, *end = text + strlen(text);
    while (at < end) {
        char character[5] = "";
        const char *start = at;
        uint32_t cp = utf8_next(&at, end);
        if (was_found(check, cp))
            continue;
        const char *weights = cp == UTF8_BAD ? "regular and bold" : lacking(check->fonts, cp);
        if (!weights)
            note_found(check, cp);
        /* Told once in a text; no face needs one for spaces. */
        if (!weights || memmem(text, (size_t)(start - text), start, (size_t)(at - start)))
            continue;
        memcpy(character, start, (size_t)(at - start));
        fprintf(check->out,
                "%s: %s: no %s glyph for '%s' (U+%04X); install fonts-noto-core, or write it differently\n",
                check->config->path, where, weights, character, cp);
        check->missing++;
    }
}

static void check_dates(struct glyph_check *check, const char *lang, const struct writing *writing)
{
    char where[32];
    snprintf(where, sizeof where, "dates.%s", lang);
    check_text(check, where, writing->date);
    for (int i = 0; i < MONTHS; i++)
        check_text(check, where, writing->month[i]);
    for (int i = 0; i < WEEKDAYS; i++)
        check_text(check, where, writing->weekday[i]);
}

int check_glyphs(const struct config *config, struct fonts *fonts, FILE *out)
{
    struct glyph_check check = { .config = config, .fonts = fonts, .out = out };
    config_each_text(config, check_text, &check);
    for (unsigned i = 0; i < config->nlangs; i++)
        check_dates(&check, config->lang[i], &config->writing[i]);
    check_text(&check, "signs of the wall", scene_signs);
    check_text(&check, "letters of tickets", ticket_letters);
    return check.missing;
}
