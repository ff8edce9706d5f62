/* Where the parts of a wall picture stand: a grid for landscape and one for portrait screens, as a view's file says
 * (board/layouts/NAME.json, schema beside them). Plain values; all sizes are fractions, so one layout serves every screen.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define LAYOUT_TRACKS_MAX  8 /* rows, columns */
#define LAYOUT_REGIONS_MAX 8
#define LAYOUT_DESKS_MAX   64 /* in the part "desks": more are too small to read on any screen */
#define LAYOUT_AUTO        0  /* a row as high as its part wants to be */

#define LAYOUT_PART_LIST(X)                                                                                  \
    X(HEADER, "header")     /* name of the hall, date and time; in an auto row */                            \
    X(FEATURED, "featured") /* the calls of the moment, 1 to 8 panels */                                     \
    X(LISTS, "lists")       /* who was called, and who did not come */                                       \
    X(DESKS, "desks")       /* every desk of the screen's zones: its ticket, or what it does instead */      \
    X(DESK, "desk")         /* the desk of the screen: who it is, and whom it calls */                       \
    X(NOTICE, "notice")     /* notices as large pages, and the sign of the foot; in its place */             \
    X(WAITING,                                                                                               \
      "waiting")      /* who waits, by agency; in an auto row, which is not there while nothing is known */  \
    X(CLOCK, "clock") /* time and date, large */                                                             \
    X(NOTICES, "notices") /* notices, and the sign that the truth is not known; in an auto row; required */

#define X(name, key) PART_##name,
enum layout_part { LAYOUT_PART_LIST(X) LAYOUT_PARTS };
#undef X
extern const char *const layout_part_names[LAYOUT_PARTS];

enum layout_logo { LOGO_LEFT, LOGO_RIGHT, LOGO_NONE, LAYOUT_LOGOS };
extern const char *const layout_logo_names[LAYOUT_LOGOS]; /* "left" … */

struct layout_region {
    uint8_t part;                       /* enum layout_part; stands once at most */
    uint8_t logo;                       /* enum layout_logo, of the header */
    uint8_t row, column, rows, columns; /* from 0; regions do not overlap */
};
struct layout_grid {
    uint8_t nrows, ncolumns, nregions;
    uint16_t row[LAYOUT_TRACKS_MAX];    /* permille of what the auto rows leave, or LAYOUT_AUTO */
    uint16_t column[LAYOUT_TRACKS_MAX]; /* permille of the width; both sum up to 1000 */
    struct layout_region region[LAYOUT_REGIONS_MAX];
};
struct layout {
    struct layout_grid landscape, portrait;
};

/* Has one of the grids that part? */
static inline bool layout_has(const struct layout *layout, enum layout_part part)
{
    for (unsigned i = 0; i < LAYOUT_REGIONS_MAX; i++)
        if ((i < layout->landscape.nregions && layout->landscape.region[i].part == part) ||
            (i < layout->portrait.nregions && layout->portrait.region[i].part == part))
            return true;
    return false;
}
/* Does a screen of this layout show who is called? Else no call is owed to it. */
static inline bool layout_shows_calls(const struct layout *layout)
{
    return layout_has(layout, PART_FEATURED) || layout_has(layout, PART_LISTS) ||
           layout_has(layout, PART_DESKS) || layout_has(layout, PART_DESK);
}
