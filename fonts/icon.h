/* Outlines of the icons, as plain points in a unit square (y grows downwards). Pure; glyph.c rasterises them.
 *
 * Arrows keep one length and one stroke in all eight directions: they are one polygon, turned about the
 * middle of the square. The stroke is that of the bold face where the arrow is about as high as its capitals.
 */
#pragma once

#include "fonts/glyph.h"

#define ICON_POINTS_MAX   20
#define ICON_CONTOURS_MAX 3

struct icon_outline {
    unsigned npoints, ncontours;
    struct {
        float x, y;
        bool is_control; /* of a cubic curve; they come in pairs */
    } point[ICON_POINTS_MAX];
    uint8_t contour_end[ICON_CONTOURS_MAX]; /* index of the last point */
};

/* Contours inside others are holes (even-odd). */
void icon_outline(enum icon icon, struct icon_outline *outline);
