/* Calls that hang in the kernel. */
#include "tests/doubles/drm/drm_model.h"

#include <string.h>

void drm_double_stall(struct double_card *card, enum double_call call)
{
    DOUBLE_LOCK;
    card->is_stalled[call] = true;
}

void drm_double_hang(struct double_card *card, const struct double_connector *connector)
{
    DOUBLE_LOCK;
    struct double_crtc *crtc = drm_double_crtc(card, connector);

    if (crtc)
        crtc->is_hanging = true;
}

void drm_double_release(struct double_card *card)
{
    DOUBLE_LOCK;
    memset(card->is_stalled, 0, sizeof(card->is_stalled));
    for (unsigned i = 0; i < card->ncrtcs; i++)
        if (card->crtc[i].is_hanging)
            card->crtc[i].is_hanging = card->crtc[i].is_flipping = false;
    double_move();
}

unsigned drm_double_stalled(struct double_card *card, enum double_call call)
{
    DOUBLE_LOCK;
    return card->nstalled[call];
}

void double_enter(struct double_card *card)
{
    while (card->is_held)
        double_wait();
}

static void hang(struct double_card *card, enum double_call call, const bool *is_hanging)
{
    const bool has_locks = call == CALL_SET_CRTC;

    card->nstalled[call]++;
    card->is_held |= has_locks;
    while (*is_hanging)
        double_wait();
    if (has_locks)
        card->is_held = false;
    card->nstalled[call]--;
    double_move();
}

bool double_stall(struct double_card *card, enum double_call call)
{
    const bool is_stalled = card->is_stalled[call];

    if (is_stalled)
        hang(card, call, &card->is_stalled[call]);
    return is_stalled;
}

bool double_finish_flips(struct double_file *file, uint32_t crtcs, enum double_call call)
{
    bool has_hung = false;

    for (unsigned i = 0; i < file->card->ncrtcs; i++) {
        struct double_crtc *crtc = &file->card->crtc[i];

        if (!(crtcs >> i & 1) || !crtc->is_flipping || !crtc->is_hanging)
            continue;
        hang(file->card, call, &crtc->is_hanging);
        has_hung = true;
    }
    double_hasten_flips(file, crtcs);
    return has_hung;
}
