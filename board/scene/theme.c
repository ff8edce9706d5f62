#include "board/scene/theme.h"

const char *const theme_keys[THEME_KEYS] = {
#define X(name) #name,
    THEME_COLORS(X)
#undef X
};

static const size_t offsets[THEME_KEYS] = {
#define X(name) offsetof(struct theme, name),
    THEME_COLORS(X)
#undef X
};

color theme_get(const struct theme *theme, unsigned key)
{
    return *(const color *)((const char *)theme + offsets[key]);
}

void theme_set(struct theme *theme, unsigned key, color value)
{
    *(color *)((char *)theme + offsets[key]) = value;
}

#define TEXT(ink, ground)                                                                                    \
    {                                                                                                        \
        THEME_##ink, THEME_##ground, THEME_LEAST_TEXT                                                        \
    }
#define PLATE(plate, beside)                                                                                 \
    {                                                                                                        \
        THEME_##plate, THEME_##beside, THEME_LEAST_PLATE                                                     \
    }
const struct theme_pair theme_pairs[THEME_PAIRS] = {
    TEXT(ink, background),  TEXT(ink, panel),     TEXT(ink, row),           TEXT(soft, background),
    TEXT(soft, panel),      TEXT(soft, row),      TEXT(arrow, row),         TEXT(fresh_ink, fresh),
    TEXT(paper_ink, paper), TEXT(band_ink, band), TEXT(band_sign, band),    PLATE(fresh, background),
    PLATE(fresh, panel),    PLATE(fresh, row),    PLATE(paper, background), PLATE(band, paper),
};
