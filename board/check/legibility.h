/* How large figures must be to be read from a distance. Pure. All heights are those of capitals.
 *
 * Rules are written distance / k: ISO 9241-303 and the German ASR A6 ask for 22 to 31 minutes of arc, which
 * is D/155 to D/110; the EU's PRM TSI has D/250 as its floor. The called number must be read at a glance by
 * everyone who waits: PASS at D/110, WARN down to D/155, FAIL below.
 */
#pragma once

#define LEGIBILITY_TARGET  110
#define LEGIBILITY_MINIMUM 155
#define LEGIBILITY_FLOOR   250
#define LEGIBILITY_EYE_M   1.2 /* of a seated visitor */

enum verdict { VERDICT_PASS, VERDICT_WARN, VERDICT_FAIL, VERDICTS };
extern const char *const verdict_names[VERDICTS];

/* Millimetres of a square pixel. */
double legibility_pitch_mm(double diagonal_in, int width_px, int height_px);
/* From the eyes on the farthest seat to the screen; height_m 0: not known, taken as eye height. */
double legibility_distance_m(double farthest_m, double height_m);
/* Height that distance / k asks for, in pixels, rounded up. */
int legibility_need_px(double pitch_mm, double distance_m, int k);
/* ADA 703.5.5 (a baseline above 3.05 m asks for more), in pixels, rounded up. */
int legibility_ada_px(double pitch_mm, double distance_m, double height_m);
/* How far away cap_px can be read by distance / k. */
double legibility_reach_m(double pitch_mm, int cap_px, int k);
enum verdict legibility_verdict(double pitch_mm, double distance_m, int cap_px);
