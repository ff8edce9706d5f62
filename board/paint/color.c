#include "board/paint/color.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool color_parse(const char *text, color *out)
{
    if (text[0] != '#' || strlen(text) != 7 || strspn(text + 1, "0123456789abcdefABCDEF") != 6)
        return false;
    *out = (color)strtoul(text + 1, NULL, 16);
    return true;
}

static double luminance(color ink)
{
    static const double share[] = { 0.0722, 0.7152, 0.2126 };
    double sum = 0;
    for (int i = 0; i < 3; i++) {
        double c = (ink >> (8 * i) & 255) / 255.0;
        sum += share[i] * (c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    return sum;
}

double color_contrast(color a, color b)
{
    double la = luminance(a) + 0.05, lb = luminance(b) + 0.05;
    return la > lb ? la / lb : lb / la;
}

/* `part` of 255 on the way. */
static color mix(color from, color to, uint32_t part)
{
    color mixed = 0;
    for (int shift = 0; shift < 24; shift += 8)
        mixed |= ((from >> shift & 255) * (255 - part) + (to >> shift & 255) * part) / 255 << shift;
    return mixed;
}

color color_readable(color ink, color ground, double least)
{
    const color end = color_contrast(0xffffff, ground) > color_contrast(0, ground) ? 0xffffff : 0;
    for (uint32_t part = 0; part < 255; part++)
        if (color_contrast(mix(ink, end, part), ground) >= least)
            return mix(ink, end, part);
        else if (color_contrast(mix(ink, ~end & 0xffffff, part), ground) >= least)
            return mix(ink, ~end & 0xffffff, part);
    return end;
}
