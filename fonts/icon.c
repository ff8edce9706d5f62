#include "fonts/icon.h"

#include <math.h>

#define STROKE 0.2f
#define KAPPA  0.5522847f /* a cubic's distance for a quarter circle of radius 1 */
#define ARM    0.455f     /* how far the arms of the head reach back and out */

static void add_point(struct icon_outline *outline, float x, float y)
{
    outline->point[outline->npoints].x = x;
    outline->point[outline->npoints].y = y;
    outline->point[outline->npoints].is_control = false;
    outline->npoints++;
}

static void add_control(struct icon_outline *outline, float x, float y)
{
    add_point(outline, x, y);
    outline->point[outline->npoints - 1].is_control = true;
}

static void end_contour(struct icon_outline *outline)
{
    outline->contour_end[outline->ncontours++] = (uint8_t)(outline->npoints - 1);
}

static void add_box(struct icon_outline *outline, float left, float top, float right, float bottom)
{
    add_point(outline, left, top);
    add_point(outline, right, top);
    add_point(outline, right, bottom);
    add_point(outline, left, bottom);
    end_contour(outline);
}

static void turn(struct icon_outline *outline, float eighths)
{
    const float angle = eighths * (float)M_PI / 4, c = cosf(angle), s = sinf(angle);

    for (unsigned i = 0; i < outline->npoints; i++) {
        const float x = outline->point[i].x - 0.5f, y = outline->point[i].y - 0.5f;

        outline->point[i].x = 0.5f + c * x - s * y;
        outline->point[i].y = 0.5f + s * x + c * y;
    }
}

/* Points to the right; `eighths` turns it clockwise. The arms end square to their direction. */
static void arrow(struct icon_outline *outline, float eighths)
{
    const float cap = STROKE * (float)M_SQRT1_2;
    const float arm_x = 1 - ARM, arm_y = 0.5f - ARM;
    const float inner_x = arm_x - cap, inner_y = arm_y + cap;
    const float shaft = 0.5f - STROKE / 2;
    const float neck_x = inner_x + (shaft - inner_y);

    add_point(outline, 1, 0.5f);
    add_point(outline, arm_x, 1 - arm_y);
    add_point(outline, inner_x, 1 - inner_y);
    add_point(outline, neck_x, 1 - shaft);
    add_point(outline, 0, 1 - shaft);
    add_point(outline, 0, shaft);
    add_point(outline, neck_x, shaft);
    add_point(outline, inner_x, inner_y);
    add_point(outline, arm_x, arm_y);
    end_contour(outline);
    turn(outline, eighths);
}

static void warning(struct icon_outline *outline)
{
    add_point(outline, 0.5f, 0.045f);
    add_point(outline, 1, 0.955f);
    add_point(outline, 0, 0.955f);
    end_contour(outline);
    add_box(outline, 0.44f, 0.36f, 0.56f, 0.69f);
    add_box(outline, 0.44f, 0.75f, 0.56f, 0.86f);
}

/* The states of a desk are holes in a disc: told apart by shape, not by colour. */
static void disc(struct icon_outline *outline)
{
    const float near = 0.5f * (1 - KAPPA), far = 1 - near;

    add_point(outline, 0.5f, 0);
    add_control(outline, far, 0);
    add_control(outline, 1, near);
    add_point(outline, 1, 0.5f);
    add_control(outline, 1, far);
    add_control(outline, far, 1);
    add_point(outline, 0.5f, 1);
    add_control(outline, near, 1);
    add_control(outline, 0, far);
    add_point(outline, 0, 0.5f);
    add_control(outline, 0, near);
    add_control(outline, near, 0);
    end_contour(outline);
}

static void free_desk(struct icon_outline *outline)
{
    disc(outline);
    add_point(outline, 0.22f, 0.53f);
    add_point(outline, 0.32f, 0.43f);
    add_point(outline, 0.44f, 0.55f);
    add_point(outline, 0.68f, 0.29f);
    add_point(outline, 0.78f, 0.39f);
    add_point(outline, 0.44f, 0.75f);
    end_contour(outline);
}

static void pause_desk(struct icon_outline *outline)
{
    disc(outline);
    add_box(outline, 0.30f, 0.26f, 0.43f, 0.74f);
    add_box(outline, 0.57f, 0.26f, 0.70f, 0.74f);
}

static void closed_desk(struct icon_outline *outline)
{
    disc(outline);
    add_box(outline, 0.20f, 0.42f, 0.80f, 0.58f);
}

static void corner(struct icon_outline *outline)
{
    add_point(outline, 1, 1);
    add_point(outline, 0, 1);
    add_control(outline, 0, 1 - KAPPA);
    add_control(outline, 1 - KAPPA, 0);
    add_point(outline, 1, 0);
    end_contour(outline);
}

void icon_outline(enum icon icon, struct icon_outline *outline)
{
    static const float eighths[] = {
        [ICON_ARROW_RIGHT] = 0,     [ICON_ARROW_DOWN_RIGHT] = 1, [ICON_ARROW_DOWN] = 2,
        [ICON_ARROW_DOWN_LEFT] = 3, [ICON_ARROW_LEFT] = 4,       [ICON_ARROW_UP_LEFT] = 5,
        [ICON_ARROW_UP] = 6,        [ICON_ARROW_UP_RIGHT] = 7,
    };

    outline->npoints = outline->ncontours = 0;
    switch (icon) {
    case ICON_WARNING: warning(outline); break;
    case ICON_FREE: free_desk(outline); break;
    case ICON_PAUSE: pause_desk(outline); break;
    case ICON_CLOSED: closed_desk(outline); break;
    case ICON_CORNER: corner(outline); break;
    default:
        if ((unsigned)icon < sizeof eighths / sizeof *eighths) /* else it is no icon: no outline */
            arrow(outline, eighths[icon]);
    }
}
