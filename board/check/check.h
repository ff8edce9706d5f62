/* What a hall file promises, calculated before anyone climbs a ladder: can every text be drawn, can the
 * called number be read from the farthest seat, how long does a bus need. For `kezekctl check`, `kezekd -n`,
 * the start of kezekd and its reload.
 *
 * Of the running service only a reload needs it: it builds pictures and opens glyphs. One thread, that of the font set.
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

/* Series of tickets whose letter looks like a figure from afar: a warning each. */
void check_tickets(const struct config *config, FILE *out);

/* How many of the words that calls need each voice pack has, and which are missing: a line for each language that is spoken. */
void check_voice(const struct config *config, FILE *out);

/* A table for each screen: how high the capitals of each kind of text are when the hall is at its fullest (trial.h), at which
 * angle the farthest eyes see them, from how far they can be read (legibility.h), and what would help, calculated by the
 * same scene: fewer panels, rows or desks, a larger screen, nearer seats. ADA 703.5.5 is told beside it. Returns the number of
 * errors: screens whose called number FAILs, unless they say "accept_illegible". A screen without diagonal_in or farthest_m
 * is not calculated. */
int check_screens(const struct config *config, struct fonts *fonts, FILE *out);
/* The same judgement alone: true, or false and `reason` has the first screen and what would help. Milliseconds, tens of them for
 * many series and kinds of desks. */
bool check_legible(const struct config *config, struct fonts *fonts, char *reason, size_t size);

/* Kazakh before Russian at one size, others not larger (languages.h), in every picture of each screen when the hall is at its
 * fullest: one line, PASS or FAIL with the first place. Returns the number of errors. Silent in a hall without Kazakh. */
int check_languages(const struct config *config, struct fonts *fonts, FILE *out);

/* All of these, and of each bus led_bus_budget(): a warning above 28 of 32 unit loads, an error above 32. Returns the
 * number of errors. */
int check_hall(const struct config *config, struct fonts *fonts, FILE *out);
