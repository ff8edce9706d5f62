/* The parts of the schedule, for drivers/led/schedule*.c alone: schedule.c says which unit is next,
 * schedule_unit.c what is next with it and what became of it, schedule_identity.c who it is,
 * schedule_group.c which texts go in one frame, schedule_report.c what is told.
 */
#pragma once

#include "drivers/led/schedule.h"

enum { LINK_UNTRIED, LINK_UP, LINK_DOWN }; /* schedule_unit.link; down: also another device */

/* ---- schedule_unit.c: a pass over one unit --------------------------------------------------- */

bool unit_has_writes(const struct schedule_unit *unit); /* of its wish, or of the init block */
bool unit_has_work(const struct schedule_unit *unit);
bool unit_is_blanked(const struct schedule_unit *unit); /* dark, by the profile's own sequence */
/* From the init block if `is_whole`, else from the text. */
void unit_begin_pass(const struct schedule *schedule, struct schedule_unit *unit, bool is_whole);
void unit_begin_refresh(const struct schedule *schedule, struct schedule_unit *unit);
void unit_forget_link(const struct schedule *schedule, struct schedule_unit *unit);
bool unit_wants_brightness(const struct schedule *schedule, const struct schedule_unit *unit);
/* Fills phase and write. */
void unit_step(const struct schedule *schedule, const struct schedule_unit *unit, struct schedule_step *step);
void unit_done(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_step *step,
               const struct schedule_result *result);
/* Its text went by a group frame. */
void unit_sent(struct schedule *schedule, struct schedule_unit *unit, const struct schedule_result *result);

/* ---- schedule_identity.c --------------------------------------------------------------------- */

/* Nothing is known of it, after the port was opened or when it dies. */
void identity_forget(struct schedule_unit *unit, bool is_dead);
/* The step with which a unit that is not known begins; false: the write that is due is its probe. */
bool identity_step(const struct schedule_unit *unit, struct schedule_step *step);
/* An answer to the question: is it the right device? */
bool identity_answered(struct schedule_unit *unit, const struct schedule_step *step,
                       const struct schedule_result *result);
/* It does not know the question. */
void identity_excused(struct schedule_unit *unit);
/* It answered anything else. */
void identity_heard(struct schedule_unit *unit, int64_t now_us);
/* No answer, or a damaged one. */
void identity_lost(struct schedule_unit *unit, const struct schedule_step *step,
                   const struct schedule_result *result);
void identity_complain(const struct schedule_unit *unit, char *out, size_t size);

/* ---- schedule_group.c ------------------------------------------------------------------------ */

/* Puts the text of `first`, which *step carries, and others into one frame, if that is faster. */
void group_gather(struct schedule *schedule, const struct schedule_unit *first, int64_t now_us,
                  struct schedule_step *step);
void group_done(struct schedule *schedule, const struct schedule_result *result);

/* ---- schedule_report.c ----------------------------------------------------------------------- */

void tell_superseded(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us);
void tell_failure(struct schedule *schedule, struct schedule_unit *unit, int error, const char *detail,
                  int64_t now_us);
/* Deaths, returns and other devices are told once each, whether or not somebody waits for a wish. */
void tell_life(struct schedule *schedule, struct schedule_unit *unit, int64_t now_us);
/* The token has come further; `is_final` when it cannot come further still. */
void tell_progress(struct schedule *schedule, struct schedule_unit *unit, enum led_certainty certainty,
                   bool is_final, const char *detail, int64_t now_us);
