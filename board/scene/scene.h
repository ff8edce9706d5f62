/* Layout of a wall screen: the hall's state to a picture. Pure but for the font caches; allocates nothing once they are
 * warm (20 us for eight calls).
 *
 * All sizes are fractions of the short side, so 720p, 1080p and 4K look alike; a portrait screen has the featured calls
 * above the list. Nothing stands in the overscan of the screen (at least 2 % are kept free). Text that is too long is made
 * smaller within limits, then broken at spaces, then cut with an ellipsis; it never overlaps.
 *
 * Languages stand in the order of the hall file at one size, Kazakh above or left of Russian (law on languages, art. 21).
 * Where there is no room for all, the first two stand: the head of the wall never has more.
 *
 * Images (the logo of the theme, pictures of notices) are fitted on their first use, which allocates.
 *
 * Nothing scrolls, and nothing blinks but the bar of a call that is new, three times (board/hall/highlight.h); the call is told by
 * its inverse panel, its arrow and the chime as well (WCAG 2.2.2).
 *
 * What is shown, first match: an alert alone; FEED_NOTHING: "starting"; FEED_BLANK: "no connection", no numbers; else calls
 * and lists, or "please wait" when there are none, outside the hours of the hall "closed" and when it opens. FEED_STALE with a lease
 * puts a warning strip in the place of notices. A
 * panel depends on its own call and on announce.nslots only: it does not move for anything else.
 */
#pragma once

#include "board/hall/announce.h"
#include "board/paint/picture.h"
#include "protocol/feed.h"

/* What a text is to visitors: `role` of each letter of a picture. Who sets text names it; its size is judged by it (board/check). */
enum text_role {
    ROLE_NONE,    /* of test pictures */
    ROLE_TICKET,  /* a featured call: the number that is called */
    ROLE_DESK,    /* and where to go */
    ROLE_ROW,     /* tickets and desks of lists */
    ROLE_MISSED,  /* tickets whose visitor did not come */
    ROLE_LABEL,   /* words beside a number: what the desk is, by appointment; headings of lists */
    ROLE_AGENCY,  /* whose desk it is */
    ROLE_NOTICE,  /* the foot of the wall, also its warning */
    ROLE_CLOCK,   /* the time */
    ROLE_HEADER,  /* name of the hall, dates */
    ROLE_MESSAGE, /* in the place of calls: please wait, no connection */
    ROLE_ALERT,
    ROLE_WAITING, /* how many people wait */
    ROLES
};
/* Wall time, split up by the caller in the hall's time zone. */
struct scene_clock {
    int year, month, day, weekday; /* month 1..12, weekday 0 = Monday */
    int hour, minute;
    bool is_known; /* false: the board has no time yet (no RTC): no clock is shown */
};
struct scene_input {
    const struct config *config;
    const struct config_screen *screen;
    const struct hall *hall;
    const struct announce *announce;
    enum feed_truth truth;
    bool has_lease; /* full profile: staleness is known */
    struct scene_clock clock;
    uint32_t notice_page;  /* counts up: which of the notices */
    struct images *images; /* fitted to this screen; NULL: none are shown, but their places stay */
};
void scene_build(struct picture *picture, struct fonts *fonts, const struct scene_input *input, int width,
                 int height);
/* An alert, or not knowing the truth, takes the place of all calls. */
bool scene_hides_calls(const struct scene_input *input);
/* How long the notice page `page` stays, microseconds (by the length of its text); 0: there is one page or none. */
int64_t scene_notice_us(const struct scene_input *input);
/* A date as the language's catalogue writes it: kk "2026 ж. 22 қараша, жексенбі", en "Sunday, 22 November 2026". Its length; -EINVAL
 * without such a month or weekday; -ENOSPC. */
int scene_date(char *out, size_t size, const struct writing *writing, const struct scene_clock *clock);
