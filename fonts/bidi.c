#include "fonts/bidi.h"

#include <fribidi.h>
#include <string.h>

static bool has_rtl(const FriBidiCharType *type, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (FRIBIDI_IS_RTL(type[i]) || type[i] == FRIBIDI_TYPE_AN)
            return true;
    return false;
}

void bidi_levels(const uint32_t *cp, unsigned count, bool is_rtl, uint8_t *level)
{
    FriBidiCharType type[BIDI_MAX];
    FriBidiBracketType bracket[BIDI_MAX];
    FriBidiLevel found[BIDI_MAX];
    FriBidiParType direction = is_rtl ? FRIBIDI_PAR_RTL : FRIBIDI_PAR_LTR;

    memset(level, is_rtl, count);
    fribidi_get_bidi_types(cp, (FriBidiStrIndex)count, type);
    if (count == 0 || (!is_rtl && !has_rtl(type, count)))
        return;
    fribidi_get_bracket_types(cp, (FriBidiStrIndex)count, type, bracket);
    if (!fribidi_get_par_embedding_levels_ex(type, bracket, (FriBidiStrIndex)count, &direction, found))
        return;
    for (unsigned i = 0; i < count; i++)
        level[i] = (uint8_t)found[i];
}

static void reverse(unsigned *order, unsigned first, unsigned end)
{
    for (; first + 1 < end; first++) {
        const unsigned other = order[--end];

        order[end] = order[first];
        order[first] = other;
    }
}

static uint8_t highest(const uint8_t *level, unsigned count)
{
    uint8_t most = 0;

    for (unsigned i = 0; i < count; i++)
        most = level[i] > most ? level[i] : most;
    return most;
}

void bidi_order(const uint8_t *level, unsigned count, unsigned *order)
{
    for (unsigned i = 0; i < count; i++)
        order[i] = i;
    for (uint8_t least = highest(level, count); least > 0; least--)
        for (unsigned i = 0; i < count; i++) {
            const unsigned first = i;

            while (i < count && level[i] >= least)
                i++;
            reverse(order, first, i);
        }
}
