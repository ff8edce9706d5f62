/* The colours of the wall: a plain value, from board/themes/NAME.json or the hall file.
 *
 * A theme is taken only if every ink can be read on every ground that it stands on: theme_pairs. Whoever sets text or an icon in a
 * new pair of colours adds it there; tests/unit/test_scene_random finds pairs that are not there, and those that nobody sets.
 */
#pragma once

#include "board/paint/image.h"

#include <stddef.h>

#define THEME_COLORS(X)                                                                                      \
    X(background)                                                                                            \
    X(panel)    /* a featured call that is no longer new; messages */                                        \
    X(row)      /* plates of lists */                                                                        \
    X(hairline) /* separators; carries no meaning */                                                         \
    X(ink)                                                                                                   \
    X(soft)  /* labels, dates */                                                                             \
    X(arrow) /* directions in rows */                                                                        \
    X(fresh) /* a call that is new: unlike all other grounds in light, not in hue alone */                   \
    X(fresh_ink)                                                                                             \
    X(fresh_line)                                                                                            \
    X(paper) /* warning strip and alert */                                                                   \
    X(paper_ink)                                                                                             \
    X(paper_line)                                                                                            \
    X(band) /* head of an alert */                                                                           \
    X(band_ink)                                                                                              \
    X(band_sign)

struct theme {
#define X(name) color name;
    THEME_COLORS(X)
#undef X
    struct image *logo; /* of whoever owns the theme; NULL: none */
};

enum {
#define X(name) THEME_##name,
    THEME_COLORS(X)
#undef X
        THEME_KEYS
};
extern const char *const theme_keys[THEME_KEYS];
color theme_get(const struct theme *theme, unsigned key);
void theme_set(struct theme *theme, unsigned key, color value);

/* What must be told apart. */
struct theme_pair {
    uint8_t ink, ground; /* keys */
    double least;        /* contrast */
};
#define THEME_LEAST_TEXT  7.0 /* WCAG 2.2, 1.4.6: text for eyes that see a fourth */
#define THEME_LEAST_PLATE 3.0 /* WCAG 2.2, 1.4.11: a state that is known by its ground */
#define THEME_LOGO_PART   0.1 /* of a logo, that has that contrast with the background */
#define THEME_PAIRS       16
extern const struct theme_pair theme_pairs[THEME_PAIRS];
