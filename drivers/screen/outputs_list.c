#include "drivers/screen/outputs_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is known of an output by its name -------------------------------------------------- */

static struct track *find_track(const struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < TRACKS_MAX; i++)
        if (strcmp(outputs->track[i].name, name) == 0)
            return (struct track *)(uintptr_t)&outputs->track[i];
    return NULL;
}

static const struct output *find_in(const struct output *list, unsigned count, const char *name)
{
    for (unsigned i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0)
            return &list[i];
    return NULL;
}

/* A name that is seen for the first time takes the place of the one that has been away for longest. */
static struct track *make_track(struct outputs *outputs, const char *name)
{
    struct track *track = find_track(outputs, name), *oldest = NULL;
    if (track)
        return track;
    for (unsigned i = 0; i < TRACKS_MAX; i++) {
        track = &outputs->track[i];
        bool is_there = find_in(outputs->next, outputs->ncoming, track->name);
        if (!is_there && (!oldest || track->version < oldest->version))
            oldest = track;
    }
    *oldest = (struct track){ 0 }; /* there is one: more names are known than a list holds */
    snprintf(oldest->name, sizeof oldest->name, "%s", name);
    return oldest;
}

uint32_t outputs_version(const struct outputs *outputs, const char *output)
{
    const struct track *track = find_track(outputs, output);
    return track && output[0] ? track->version : 0;
}

/* ---- HDMI-CEC ------------------------------------------------------------------------------- */

static void tell(struct outputs *outputs, struct track *track)
{
    const struct output *output = outputs_find(outputs, track->name);
    const struct card *card = output && output->card[0] ? card_find(outputs, output->card) : NULL;
    track->is_told = card && card->kms;
    if (!track->is_told)
        return;
    struct cec_wish wish = { .is_on = track->is_on, .connector = kms_card_connector(card->kms, track->name) };
    snprintf(wish.output, sizeof wish.output, "%s", track->name);
    wish.card = (unsigned)strtoul(card->name + strlen(CARD), NULL, 10);
    errands_cec(outputs->errands, &wish);
}

/* A TV that was off at the mains, or still started, has not heard it. */
static void tell_again(struct outputs *outputs)
{
    for (unsigned i = 0; i < TRACKS_MAX; i++) {
        struct track *track = &outputs->track[i];
        if (track->is_changed && track->has_wish && (track->cec[0] || !track->is_told))
            tell(outputs, track);
        track->is_changed = false;
    }
}

bool list_note_cec(struct outputs *outputs, const struct errand_report *report)
{
    struct track *track = find_track(outputs, report->output);
    const struct output *output = outputs_find(outputs, report->output);
    if (!track || strcmp(track->cec, report->result) == 0)
        return false;
    memcpy(track->cec, report->result, sizeof track->cec);
    if (output)
        memcpy(outputs->list[output - outputs->list].cec, track->cec, sizeof track->cec);
    return output;
}

/* A wish that is heard is not repeated: whoever takes the remote control of the TV afterwards has a reason. */
void outputs_cec(struct outputs *outputs, const char *name, bool is_on)
{
    struct track *track = find_track(outputs, name);
    if (!track || !name[0] || (track->has_wish && track->is_on == is_on))
        return;
    track->has_wish = true;
    track->is_on = is_on;
    tell(outputs, track);
}

/* ---- the list -------------------------------------------------------------------------------- */

/* A number that no track has had. */
static bool update_track(struct outputs *outputs, const char *name, bool is_same)
{
    struct track *track = find_track(outputs, name);
    if (!is_same && track) {
        track->version = ++outputs->versions;
        track->is_changed = true;
    }
    return !is_same;
}

static bool adopt(struct outputs *outputs)
{
    bool is_changed = false;
    for (unsigned i = 0; i < outputs->ncoming; i++) {
        const struct output *now = &outputs->next[i], *old = outputs_find(outputs, now->name);
        is_changed |= update_track(outputs, now->name, old && output_is_same_display(old, now));
        is_changed |= old && strcmp(old->held_by, now->held_by) != 0;
    }
    for (unsigned i = 0; i < outputs->count; i++) {
        const char *name = outputs->list[i].name;
        is_changed |= update_track(outputs, name, find_in(outputs->next, outputs->ncoming, name));
    }
    struct output *old = outputs->list;
    outputs->list = outputs->next;
    outputs->count = outputs->ncoming;
    outputs->next = old;
    return is_changed;
}

static void list(struct outputs *outputs, const struct output *output)
{
    if (outputs->ncoming == OUTPUTS_MAX)
        return;
    struct output *entry = &outputs->next[outputs->ncoming++];
    *entry = *output;
    entry->is_used = output_is_used(outputs, entry->name);
    snprintf(entry->cec, sizeof entry->cec, "%s", make_track(outputs, entry->name)->cec);
}

/* Where nobody has drawn since the boot, displays may never have been asked. Another card may have come in the place of one that
 * went. */
static void list_news(struct outputs *outputs, struct card *card)
{
    const struct output *news;
    int n = reader_take(card->reader, &news);
    bool is_any_plugged = false;
    if (!card->kms)
        card_note_open(card, n);
    if (!card->kms)
        return;
    for (int i = 0; i < n; i++) {
        list(outputs, &news[i]);
        is_any_plugged |= news[i].state == OUTPUT_PLUGGED;
    }
    outputs->is_probe_wanted |= card->is_new && !is_any_plugged;
    card->is_new = false;
    reader_go_on(card->reader, !outputs->is_away);
    if (n != -ENODEV)
        return;
    card_lose(outputs, card);
    outputs->is_look_wanted = true;
}

static void list_again(struct outputs *outputs, const struct card *card)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].card, card->name) == 0)
            list(outputs, &outputs->list[i]);
}

bool list_renew(struct outputs *outputs)
{
    outputs->ncoming = 0;
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        struct card *card = &outputs->card[i];
        if (card_is_there(card) && reader_has_news(card->reader))
            list_news(outputs, card);
        else if (card_is_there(card))
            list_again(outputs, card);
    }
    bool is_changed = adopt(outputs);
    tell_again(outputs);
    return is_changed;
}

unsigned outputs_count(const struct outputs *outputs)
{
    return outputs->count;
}

const struct output *outputs_at(const struct outputs *outputs, unsigned index)
{
    return &outputs->list[index];
}

const struct output *outputs_find(const struct outputs *outputs, const char *name)
{
    return find_in(outputs->list, outputs->count, name);
}
