/* How much of a call is spoken. Pure, on top of the chimes' turns (chime_gate.h).
 *
 * A chime and what is said behind it are one sound: the chime is "sounding" until the last word, so its zones hear one voice at a time, and
 * what comes meanwhile waits and merges. Speech takes long (5 s a sentence, against 1.6 s of a gong), a hall calls whenever it
 * calls, and the chime matters more: so a voice gives way. All languages are said when nobody waits; the two of the law (the
 * first two) while somebody does; and no sentence begins that would keep a waiting call from its chime for more than
 * VOICE_YIELD_US since it was made, or beyond the time at which it would be silent. What was not said stands on the wall, and in
 * the receipt as dropped_late. It comes back by itself as soon as nobody waits.
 */
#pragma once

#include "board/hall/chime_gate.h"

#define VOICE_GAP_US   400000   /* between a chime and its voice */
#define VOICE_PAUSE_US 250000   /* between two languages */
#define VOICE_AGE_US   20000000 /* a call that is older is not spoken any more */
#define VOICE_YIELD_US 8000000
#define VOICE_LAWFUL   2 /* languages that belong together */

/* How many of `nlangs` languages, for a call whose turn it is now. */
unsigned voice_languages(const struct chime_gates *gates, unsigned chime, unsigned nlangs);
/* May a sentence of length_us, of a call that asked for its chime at asked_us, begin now? For what belongs together (the languages of the
 * law) ask for the first with the length of all, and then with is_begun: half of it said is worse than a chime that waits, so
 * only a chime that would be lost breaks it off. */
bool voice_has_time(const struct chime_gates *gates, unsigned chime, int64_t asked_us, int64_t length_us,
                    bool is_begun, int64_t now_us);
