/* How large the texts of a screen are when the hall is at its fullest, measured in the pictures that its scene really makes:
 * every panel and row taken, each series of tickets at each kind of desk, each word of a call, each page of notices, and the
 * walls that show no calls. What is told of a hall is then what is drawn there, whatever its layout.
 *
 * Tickets are those of the hall file's series; where it names none, a wide letter and three figures (TRIAL_TICKET).
 */
#pragma once

#include "board/scene/scene.h"

#define TRIAL_TICKET "Ш000"

struct trial;
/* NULL: out of memory. Both are borrowed. */
struct trial *trial_create(const struct config *config, struct fonts *fonts);
void trial_destroy(struct trial *trial);

struct trial_sizes {
    int width_px,
        height_px; /* of the upright picture; Full HD where the mode is that of a display nobody has seen yet */
    int cap_px[ROLES]; /* the least height of capitals; 0: no such text */
    unsigned panels;   /* calls that stood at once */
    unsigned rows;     /* lines of the list */
    unsigned desks;    /* of the screen's zones */
    bool is_lawful;    /* languages_hold() of each picture; false: what the first did wrong */
    char unlawful[160];
};
/* At most so many; 0: as the hall file says. Of desks the first of the screen's zones stay. */
struct trial_limits {
    unsigned panels, rows, desks;
};
/* Screen `index` of the hall file. */
void trial_measure(struct trial *trial, unsigned index, struct trial_limits limits,
                   struct trial_sizes *sizes);
