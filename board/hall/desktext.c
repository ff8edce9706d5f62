#include "board/hall/desktext.h"

#include <stdio.h>
#include <string.h>

/* A board for numbers only has no dashes; dark is what it has left. */
static void dashes(const struct led_profile *profile, const struct config_led *led, struct led_text *text)
{
    char shown[sizeof text->text];
    unsigned cells = led_profile_cells(profile);
    unsigned count = cells < LED_CELLS_MAX ? cells : LED_CELLS_MAX;
    memset(text->text, '-', count);
    text->text[count] = '\0';
    text->colour = led->closed;
    if (led_fold(profile, text->text, shown, sizeof shown, NULL, 0) < 0)
        text->text[0] = '\0';
}

int desktext(const struct hall_desk *desk, const struct led_profile *profile, const struct config_led *led,
             enum feed_truth truth, struct led_text *text, char *why, size_t why_size)
{
    *text = (struct led_text){ 0 };
    why[0] = '\0';
    if (truth == FEED_BLANK || (desk->status != DESK_OPEN && !desk->ticket[0])) {
        dashes(profile, led, text);
        return 0;
    }
    if (!desk->ticket[0])
        return 0;
    int error =
        led_fold_letters(profile, &led->letters, desk->ticket, text->text, sizeof text->text, why, why_size);
    if (error < 0) {
        dashes(profile, led, text); /* a number that cannot be shown truly is not shown */
        return error;
    }
    text->is_blinking = desk->phase == PHASE_CALLED;
    text->colour = text->is_blinking ? led->called : led->serving;
    return 0;
}
