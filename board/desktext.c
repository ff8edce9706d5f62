#include "board/desktext.h"

#include <stdio.h>
#include <string.h>

static void dashes(const struct led_profile *profile, struct led_text *text)
{
    unsigned cells = led_profile_cells(profile);
    unsigned count = cells < LED_CELLS_MAX ? cells : LED_CELLS_MAX;
    memset(text->text, '-', count);
    text->text[count] = '\0';
}

void desktext(const struct hall_desk *desk, const struct led_profile *profile, enum feed_truth truth,
              struct led_text *text)
{
    *text = (struct led_text){ 0 };
    if (truth == FEED_BLANK || (desk->status != DESK_OPEN && !desk->ticket[0])) {
        dashes(profile, text);
        return;
    }
    if (!desk->ticket[0])
        return;
    char why[80];
    if (led_fold(profile, desk->ticket, text->text, sizeof text->text, why, sizeof why) < 0) {
        dashes(profile, text); /* a number that cannot be shown truly is not shown */
        return;
    }
    text->is_blinking = desk->phase == PHASE_CALLED;
}
