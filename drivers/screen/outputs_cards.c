#include "drivers/screen/outputs_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/dev/dri"

struct card *card_find(struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (strcmp(outputs->card[i].name, name) == 0 && (name[0] || !outputs->card[i].reader))
            return &outputs->card[i];
    return NULL;
}

static void let_go(struct card *card)
{
    reader_let_go(card->reader);
    card->reader = NULL;
    card->kms = NULL;
}

/* Only when no screen is in it any more. */
static void close_card(struct card *card)
{
    if (!card->name[0] && !card->screens && card->reader)
        let_go(card);
}

void card_lose(struct outputs *outputs, struct card *card)
{
    for (unsigned i = 0; i < outputs->count; i++)
        if (strcmp(outputs->list[i].card, card->name) == 0)
            outputs->list[i].card[0] = '\0';
    card->name[0] = '\0';
    close_card(card);
}

bool card_is_there(const struct card *card)
{
    return card->reader && card->name[0];
}

void cards_read(struct outputs *outputs, bool is_probe)
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (card_is_there(&outputs->card[i]))
            reader_read(outputs->card[i].reader, is_probe, is_probe ? 0 : outputs->patience_us);
}

static void open_card(struct outputs *outputs, struct card *card)
{
    char node[sizeof card->name + sizeof FOLDER];
    snprintf(node, sizeof node, FOLDER "/%s", card->name);
    card->reader = reader_create(outputs->workers, node);
    card->is_new = true;
    if (card->reader)
        reader_read(card->reader, false, outputs->patience_us);
    else
        snprintf(card->trouble, sizeof card->trouble, "%s: out of memory", node);
}

void card_note_open(struct card *card, int error)
{
    /* -ENODEV: it renders only */
    snprintf(card->trouble, sizeof card->trouble, "%s", error == -ENODEV ? "" : reader_trouble(card->reader));
    card->kms = reader_card(card->reader);
    if (!card->kms)
        let_go(card);
}

static bool is_card(const char *name)
{
    return strncmp(name, CARD, strlen(CARD)) == 0 && name[strlen(CARD)] >= '0' && name[strlen(CARD)] <= '9' &&
           strlen(name) < sizeof(((struct card *)0)->name);
}

static void find_card_node(struct outputs *outputs, const char *name)
{
    struct card *card = card_find(outputs, name);
    card = card ? card : card_find(outputs, "");
    if (!card)
        return;
    snprintf(card->name, sizeof card->name, "%s", name);
    card->is_there = true;
    if (!card->reader)
        open_card(outputs, card);
}

void cards_scan(struct outputs *outputs)
{
    DIR *folder = opendir(FOLDER);
    for (unsigned i = 0; i < CARDS_MAX; i++)
        outputs->card[i].is_there = false;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_card(entry->d_name))
            find_card_node(outputs, entry->d_name);
    if (folder)
        closedir(folder);
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (!outputs->card[i].reader && !outputs->card[i].is_there)
            outputs->card[i] = (struct card){ 0 };
}

bool cards_any(const struct outputs *outputs, bool (*is_it)(const struct reader *reader))
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (card_is_there(&outputs->card[i]) && is_it(outputs->card[i].reader))
            return true;
    return false;
}

bool cards_renew_trouble(struct outputs *outputs)
{
    char trouble[sizeof outputs->trouble] = "";
    for (unsigned i = 0; i < CARDS_MAX && !trouble[0]; i++)
        memcpy(trouble, outputs->card[i].trouble, sizeof trouble);
    bool is_changed = strcmp(trouble, outputs->trouble) != 0;
    memcpy(outputs->trouble, trouble, sizeof trouble);
    return is_changed;
}

void cards_give(struct outputs *outputs)
{
    for (unsigned i = 0; i < CARDS_MAX; i++)
        if (outputs->card[i].kms)
            kms_card_give(outputs->card[i].kms);
}

void cards_close(struct outputs *outputs)
{
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        struct card *card = &outputs->card[i];
        if (card->screens)
            kms_card_give(card->kms);
        if (card->reader)
            let_go(card);
    }
}

/* ---- who has a screen on them ---------------------------------------------------------------- */

bool output_is_used(const struct outputs *outputs, const char *name)
{
    for (unsigned i = 0; i < outputs->nuses; i++)
        if (strcmp(outputs->use[i].output, name) == 0)
            return true;
    return false;
}

struct kms_card *outputs_enter(struct outputs *outputs, const char *name)
{
    const struct output *output = outputs_find(outputs, name);
    struct card *card = output ? card_find(outputs, output->card) : NULL;
    if (!card || !card->kms || outputs->nuses == OUTPUTS_MAX)
        return NULL;
    card->screens++;
    struct use *use = &outputs->use[outputs->nuses++];
    snprintf(use->output, sizeof use->output, "%s", name);
    use->card = card->kms;
    outputs->list[output - outputs->list].is_used = true;
    return card->kms;
}

static void forget_use(struct outputs *outputs, const struct kms_card *card, const char *name)
{
    for (unsigned i = 0; i < outputs->nuses; i++)
        if (outputs->use[i].card == card && strcmp(outputs->use[i].output, name) == 0) {
            outputs->use[i] = outputs->use[--outputs->nuses];
            break;
        }
    const struct output *output = outputs_find(outputs, name);
    if (output)
        outputs->list[output - outputs->list].is_used = output_is_used(outputs, name);
}

void outputs_leave(struct outputs *outputs, struct kms_card *kms, const char *name)
{
    forget_use(outputs, kms, name);
    for (unsigned i = 0; i < CARDS_MAX; i++) {
        struct card *card = &outputs->card[i];
        if (card->kms != kms || --card->screens)
            continue;
        kms_card_give(kms);
        close_card(card);
    }
}
