/* What a hall file promises, calculated before anyone climbs a ladder: can every text be drawn, can the
 * called number be read from the farthest seat, how long does a bus need. For `kezekctl check`, `kezekd -n`
 * and the start of kezekd.
 *
 * Not for the running service: it builds pictures and opens glyphs. One thread, that of the font set.
 */
#pragma once

#include "board/config/config.h"
#include "fonts/glyph.h"

#include <stdio.h>

/* Every character of every text of the wall (config_each_text(), dates, figures) must have a glyph in both
 * weights. Writes one line for each place and character that has none; returns their number. Silent when all
 * is well. */
int check_glyphs(const struct config *config, struct fonts *fonts, FILE *out);

/* What the hall file asks of the computer, held against its board_profile: outputs, modes, formats, GPIO chips and lines.
 * Returns the number of errors: what is not there at all. A mode that is too much is a warning: the service takes the best
 * one that works. Without a board_profile there is nothing to say. */
int check_profile(const struct config *config, FILE *out);

/* check_glyphs(), check_profile(), then tables of legibility and of the buses. Returns the number of errors: missing glyphs, outlets that the board does not have,
 * and screens whose called number cannot be read from the farthest seat even when it has the wall to itself
 * (verdict FAIL).
 *
 * Legibility: the cap height of the called number, as the scene really sets it (ticket of a letter and three
 * figures), with 1, 2, 4 and 8 panels on the wall, against distance / 110 (PASS), / 155 (WARN: German ASR A6
 * after DIN EN ISO 9241-303, 31' and 22'), below FAIL; / 250 is the floor of the EU's PRM TSI, and ADA
 * 703.5.5 is told beside it. Distance: from eyes at 1.2 m (seated) to the screen at height_m. A screen
 * without diagonal_in or farthest_m is not calculated.
 *
 * Buses: led_bus_budget(); a warning above 28 of 32 unit loads, an error above 32. */
int check_hall(const struct config *config, struct fonts *fonts, FILE *out);
