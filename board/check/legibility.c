#include "board/check/legibility.h"

#include <math.h>

#define MM_PER_INCH 25.4
#define DEGREES     (180 / 3.14159265358979323846)

const struct legibility_rule legibility_called = { 110, 155 };
const struct legibility_rule legibility_other = { 155, 250 };

const char *const verdict_names[VERDICTS] = { "PASS", "WARN", "FAIL" };

double legibility_pitch_mm(double diagonal_in, int width_px, int height_px)
{
    return MM_PER_INCH * diagonal_in / hypot(width_px, height_px);
}

double legibility_seen_mm(double pitch_mm, double off_axis_deg)
{
    return pitch_mm * cos(off_axis_deg / DEGREES);
}

double legibility_distance_m(double farthest_m, double height_m)
{
    return height_m > 0 ? hypot(farthest_m, height_m - LEGIBILITY_EYE_M) : farthest_m;
}

double legibility_seat_m(double distance_m, double height_m)
{
    double rise_m = height_m > 0 ? height_m - LEGIBILITY_EYE_M : 0;
    return distance_m > fabs(rise_m) ? sqrt(distance_m * distance_m - rise_m * rise_m) : 0;
}

int legibility_need_px(double pitch_mm, double distance_m, int k)
{
    return (int)ceil(1000 * distance_m / (k * pitch_mm));
}

int legibility_ada_px(double pitch_mm, double distance_m, double height_m)
{
    double distance_mm = 1000 * distance_m;
    double need_mm = height_m <= 3.05 ? 51 + fmax(0, 3.2 * (distance_mm - 4570) / 305)
                                      : 75 + fmax(0, 3.2 * (distance_mm - 6400) / 305);
    return (int)ceil(need_mm / pitch_mm);
}

double legibility_reach_m(double pitch_mm, int cap_px, int k)
{
    return cap_px * pitch_mm * k / 1000;
}

double legibility_angle_min(double pitch_mm, double distance_m, int cap_px)
{
    return 2 * atan(cap_px * pitch_mm / (2000 * distance_m)) * DEGREES * 60;
}

enum verdict legibility_verdict(const struct legibility_rule *rule, double pitch_mm, double distance_m,
                                int cap_px)
{
    if (cap_px >= legibility_need_px(pitch_mm, distance_m, rule->good_k))
        return VERDICT_PASS;
    return cap_px >= legibility_need_px(pitch_mm, distance_m, rule->least_k) ? VERDICT_WARN : VERDICT_FAIL;
}
