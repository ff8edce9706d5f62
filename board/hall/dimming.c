#include "board/hall/dimming.h"

#include "drivers/led/led.h"

static uint8_t brightest(const struct dimming *dimming)
{
    uint8_t percent = 0;
    for (unsigned i = 0; i < dimming->nsteps; i++)
        percent = dimming->step[i].percent > percent ? dimming->step[i].percent : percent;
    return percent;
}

uint8_t dimming_at(const struct dimming *dimming, int minute)
{
    if (!dimming->nsteps)
        return LED_BRIGHTNESS_OWN;
    if (minute < 0)
        return brightest(dimming);
    unsigned at = dimming->nsteps - 1u;
    for (unsigned i = 0; i < dimming->nsteps && dimming->step[i].from_min <= minute; i++)
        at = i;
    return dimming->step[at].percent;
}
