/* How large letters must be to be read from a distance. Pure. All heights are those of capitals.
 *
 * Rules are written distance / k. ISO 9241-303 and the German ASR A6 ask for 22 to 31 minutes of arc, which is D/155 to
 * D/110; the EU's PRM TSI has D/250 as its floor (13.8'). The number that is called, and the desk it is called to, must be read
 * at a glance by everyone who waits; the other texts by whoever looks for them.
 */
#pragma once

struct legibility_rule {
    int good_k;  /* PASS */
    int least_k; /* WARN down to this, FAIL below */
};
extern const struct legibility_rule legibility_called; /* D/110, D/155 */
extern const struct legibility_rule legibility_other;  /* D/155, D/250 */

#define LEGIBILITY_EYE_M 1.2 /* of a seated visitor */
#define LEGIBILITY_ASIDE                                                                                     \
    45 /* degrees from the middle; letters seen from farther aside are too narrow for any size */

enum verdict { VERDICT_PASS, VERDICT_WARN, VERDICT_FAIL, VERDICTS };
extern const char *const verdict_names[VERDICTS];

/* Millimetres of a square pixel. */
double legibility_pitch_mm(double diagonal_in, int width_px, int height_px);
/* What is left of it for eyes that are so far aside: letters get narrower by the cosine, and count as smaller by that. */
double legibility_seen_mm(double pitch_mm, double off_axis_deg);
/* From the eyes on the farthest seat to the screen; height_m 0: not known, taken as eye height. */
double legibility_distance_m(double farthest_m, double height_m);
/* The inverse: the farthest seat from which the screen is that near; 0 if there is none. */
double legibility_seat_m(double distance_m, double height_m);
/* Height that distance / k asks for, in pixels, rounded up. */
int legibility_need_px(double pitch_mm, double distance_m, int k);
/* ADA 703.5.5 (a baseline above 3.05 m asks for more), in pixels, rounded up. */
int legibility_ada_px(double pitch_mm, double distance_m, double height_m);
/* How far away cap_px can be read by distance / k. */
double legibility_reach_m(double pitch_mm, int cap_px, int k);
/* Of the capitals, in minutes of arc. */
double legibility_angle_min(double pitch_mm, double distance_m, int cap_px);
enum verdict legibility_verdict(const struct legibility_rule *rule, double pitch_mm, double distance_m,
                                int cap_px);
